/**
 * A change of policy while the proxy thread is full: from the end of the command that made it to the first request it bears on. Not pinned, so that the thread
 * may be real-time as it is in a school (decision 0020): whoever changes the policy has to get on all the same.
 */
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { startGateway } from './support/gateway.mjs';
import { ask, sleep } from './support/machine.mjs';
import { policyOf } from './support/order.mjs';
import { median, round } from './support/stats.mjs';
import { ALLOWED, browserHead } from './support/world.mjs';

const CHANGES = 5;
const GIVE_UP_MS = 20_000;

export const change = {
  name: 'change', about: 'seconds from a change to its being in force while the proxy is full', smoke: false, proxies: false, once: true,
  async run(world) {
    const hosts = Array.from({ length: CHANGES }, (_, i) => `change${i}.bench.example`);
    const gateway = await startGateway({ origin: world.origin, blockFile: null, name: 'luytre-change', core: null, hosts });
    try {
      const measureMs = CHANGES * 4_000 + 4_000;
      const full = ask(world.load, {
        kind: 'http', port: gateway.port, pid: gateway.pid, connections: 64, status: 200, warmMs: 1_000, warmCount: 0, measureMs,
        requests: ALLOWED.map((host) => browserHead(`http://${host}:${world.origin.http}/1k/page`, `${host}:${world.origin.http}`)),
      });
      await sleep(2_000);
      const commands = [];
      const waits = [];
      for (const host of hosts) {
        const begun = performance.now();
        const forced = untilBlocked(gateway.port, host, world.origin.http);
        await gateway.run('rules', 'block', host);
        const done = performance.now();
        commands.push(done - begun);
        // the gateway may have it before the command has ended
        waits.push(Math.max(0, (await forced) - done));
        await sleep(500);
      }
      const load = await full;
      const figures = { changes: CHANGES, commandMs: round(median(commands)), inForceMs: round(median(waits)), worstMs: round(Math.max(...waits)), perSecond: load.perSecond, core: load.core, proxyThread: policyOf(gateway.pid, 'proxy-0') };
      return { rows: [], ratios: {}, faults: [], figures: [figures] };
    } finally {
      await gateway.stop();
    }
  },
};

/** @returns when the host was refused for the first time */
async function untilBlocked(port, host, originPort) {
  const giveUpAt = performance.now() + GIVE_UP_MS;
  for (;;) {
    if ((await statusOf(port, browserHead(`http://${host}:${originPort}/1k/page`, `${host}:${originPort}`))) === '403') return performance.now();
    if (performance.now() > giveUpAt) throw new Error(`${host} was still open after ${GIVE_UP_MS} ms`);
    await sleep(20);
  }
}

function statusOf(port, request) {
  return new Promise((resolve, reject) => {
    const socket = net.connect({ port, host: '127.0.0.1' }, () => socket.write(request));
    socket.once('data', (chunk) => {
      resolve(chunk.toString('latin1', 9, 12));
      socket.destroy();
    });
    socket.once('error', reject);
  });
}
