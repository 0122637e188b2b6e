/** Tunnels at an even rate, through the proxy or straight to the origin: what CONNECT, the peek at the name and the splice add to one. */
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { createSamples } from '../support/stats.mjs';
import { pace } from './paced.mjs';
import { CLIENT_FINISH, SERVER_ANSWER, SERVER_FLIGHT } from './shape.mjs';
import { openTunnel } from './tunnel.mjs';

/** The same bytes without a proxy. */
function straight(port, hello, onDone) {
  let have = 0;
  let over = false;
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  const leave = (ok) => {
    if (over) return;
    over = true;
    onDone(ok, socket);
  };
  socket.on('connect', () => socket.write(hello));
  socket.on('data', (chunk) => {
    const before = have;
    have += chunk.length;
    if (before < SERVER_FLIGHT.length && have >= SERVER_FLIGHT.length) socket.write(CLIENT_FINISH);
    if (have >= SERVER_FLIGHT.length + SERVER_ANSWER.length) leave(true);
  });
  socket.on('error', () => leave(false));
  socket.on('close', () => leave(false));
}

/** @param job {port, targets: {target, hello}[], direct, rate, warmMs, measureMs} */
export async function run(job) {
  const samples = createSamples();
  const targets = job.targets.map(({ target, hello }) => ({ target, hello: Buffer.from(hello, 'base64') }));
  let next = 0;
  let failed = 0;
  const one = () => {
    const { target, hello } = targets[next++ % targets.length];
    const startedAt = performance.now();
    const onDone = (ok, socket) => {
      socket.destroy();
      if (ok) samples.add(performance.now() - startedAt);
      else failed++;
    };
    if (job.direct) straight(job.port, hello, onDone);
    else openTunnel(job.port, target, hello, (socket) => socket.write(CLIENT_FINISH), onDone);
  };
  await pace(job.rate, job.warmMs, one);
  samples.clear();
  failed = 0;
  await pace(job.rate, job.measureMs, one);
  await new Promise((resolve) => setTimeout(resolve, 300));
  const { count, p50, p90, p99, max } = samples.summary();
  return { count, p50, p90, p99, max, failed };
}
