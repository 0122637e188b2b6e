/** New CONNECT tunnels: a real ClientHello, then the byte pattern of a TLS session and one answer; then the client leaves. */
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { cpuMs, perThreadUs, threadsMs } from '../support/machine.mjs';
import { createSamples, round } from '../support/stats.mjs';
import { warmUp } from './http.mjs';
import { CLIENT_FINISH, SERVER_ANSWER, SERVER_FLIGHT } from './shape.mjs';

/**
 * One tunnel from connect to the last byte of the answer.
 * @param onFlight (socket) the server's flight is whole
 * @param onDone (ok, socket) once
 */
export function openTunnel(port, target, hello, onFlight, onDone) {
  let state = 'connect';
  let have = 0;
  const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
  socket.on('connect', () => socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`, 'latin1'));
  socket.on('data', (chunk) => {
    if (state === 'connect') {
      // "HTTP/1.1 200": the whole head comes in one piece from every proxy measured.
      if (chunk[9] !== 0x32 || chunk.indexOf('\r\n\r\n') < 0) return fail();
      state = 'flight';
      socket.write(hello);
      return;
    }
    have += chunk.length;
    if (state === 'flight' && have >= SERVER_FLIGHT.length) {
      state = 'answer';
      have -= SERVER_FLIGHT.length;
      onFlight(socket);
    }
    if (state === 'answer' && have >= SERVER_ANSWER.length) {
      state = 'done';
      onDone(true, socket);
    }
  });
  function fail() {
    if (state === 'done') return;
    state = 'done';
    socket.destroy();
    onDone(false, socket);
  }
  socket.on('error', fail);
  socket.on('close', fail);
  return socket;
}

/** @param job {port, targets: {target, hello}[], concurrency, warmMs, measureMs, pid} */
export async function run(job) {
  const samples = createSamples();
  const targets = job.targets.map(({ target, hello }) => ({ target, hello: Buffer.from(hello, 'base64') }));
  let next = 0;
  let failed = 0;
  let stopping = false;
  let open = 0;

  function one() {
    const { target, hello } = targets[next++ % targets.length];
    const startedAt = performance.now();
    open++;
    openTunnel(job.port, target, hello, (socket) => socket.write(CLIENT_FINISH), (ok, socket) => {
      open--;
      socket.destroy();
      if (ok) samples.add(performance.now() - startedAt);
      else failed++;
      if (!stopping) one();
    });
  }
  for (let i = 0; i < job.concurrency; i++) one();
  await warmUp(job, () => samples.count());
  samples.clear();
  failed = 0;
  const cpuBefore = cpuMs(job.pid);
  const threadsBefore = threadsMs(job.pid);
  const ownBefore = process.cpuUsage();
  const startedAt = performance.now();
  await sleep(job.measureMs);
  const seconds = (performance.now() - startedAt) / 1_000;
  const { count, p50, p99 } = samples.summary();
  const cpu = cpuMs(job.pid) - cpuBefore;
  const threads = perThreadUs(threadsBefore, threadsMs(job.pid), count);
  const own = process.cpuUsage(ownBefore);
  stopping = true;
  for (let i = 0; i < 100 && open > 0; i++) await sleep(20);
  return { perSecond: round(count / seconds, 0), cpuUs: round((cpu * 1_000) / count, 1), core: round(cpu / seconds / 1_000), p50, p99, failed, threads, loadCpuUs: round((own.user + own.system) / count, 1) };
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
