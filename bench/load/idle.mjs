/** Thousands of tunnels that have shaken hands and say nothing more: what each of them costs in memory. */
import { rssKb, cpuMs } from '../support/machine.mjs';
import { round } from '../support/stats.mjs';
import { CLIENT_FINISH } from './shape.mjs';
import { openTunnel } from './tunnel.mjs';

const AT_ONCE = 50;

/** @param job {port, targets, count, settleMs, pid} */
export async function run(job) {
  const targets = job.targets.map(({ target, hello }) => ({ target, hello: Buffer.from(hello, 'base64') }));
  const beforeKb = rssKb(job.pid);
  const sockets = [];
  let failed = 0;
  let dropped = 0;
  let holding = true;
  for (let i = 0; i < job.count; i += AT_ONCE) {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, job.count - i) }, (_, k) => new Promise((resolve) => {
      const { target, hello } = targets[(i + k) % targets.length];
      openTunnel(job.port, target, hello, (socket) => socket.write(CLIENT_FINISH), (ok, socket) => {
        if (ok) sockets.push(socket);
        else failed++;
        socket.on('close', () => {
          if (ok && holding) dropped++;
        });
        resolve();
      });
    })));
  }
  await sleep(job.settleMs);
  const withKb = rssKb(job.pid);
  const cpuBefore = cpuMs(job.pid);
  await sleep(2_000);
  const idleCpuMs = (cpuMs(job.pid) - cpuBefore) / 2;
  holding = false;
  for (const socket of sockets) socket.destroy();
  await sleep(1_000);
  return {
    open: sockets.length, failed, dropped, beforeMb: round(beforeKb / 1_024, 1), withMb: round(withKb / 1_024, 1),
    kbPerTunnel: round((withKb - beforeKb) / sockets.length, 2), idleCpuMsPerSecond: round(idleCpuMs, 1),
  };
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
