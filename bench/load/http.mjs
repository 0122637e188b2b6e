/**
 * Plain HTTP at saturation: raw keep-alive sockets, one request at a time on each, about 6 µs of our own a request.
 * autocannon's client costs several times that and would measure itself (perf.md, "How to read").
 */
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { cpuMs, perThreadUs, threadsMs } from '../support/machine.mjs';
import { createSamples, round } from '../support/stats.mjs';
import { createResponseMeter } from './response.mjs';

/** @param job {port, requests: string[], connections, status, warmMs, measureMs, pid} */
export async function run(job) {
  const samples = createSamples();
  const sockets = new Set();
  let bytes = 0;
  let wrong = 0;
  let lost = 0;
  let done = false;

  function open(i) {
    const request = Buffer.from(job.requests[i % job.requests.length], 'latin1');
    const meter = createResponseMeter();
    let sentAt = 0;
    const socket = net.connect({
      port: job.port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafe(65_536),
        callback(n, buffer) {
          bytes += n;
          if (!meter.take(buffer, n)) return true;
          if (meter.status !== job.status) wrong++;
          const now = performance.now();
          samples.add(now - sentAt);
          if (done) return true;
          sentAt = now;
          socket.write(request);
          return true;
        },
      },
    });
    sockets.add(socket);
    socket.on('connect', () => {
      sentAt = performance.now();
      socket.write(request);
    });
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      sockets.delete(socket);
      if (done) return;
      lost++;
      setTimeout(() => done || open(i), 5);
    });
  }
  for (let i = 0; i < job.connections; i++) open(i);
  await warmUp(job, () => samples.count());
  samples.clear();
  bytes = wrong = lost = 0;
  const cpuBefore = cpuMs(job.pid);
  const threadsBefore = threadsMs(job.pid);
  const ownBefore = process.cpuUsage();
  const startedAt = performance.now();
  await sleep(job.measureMs);
  const seconds = (performance.now() - startedAt) / 1_000;
  const latency = samples.summary();
  const own = process.cpuUsage(ownBefore);
  const cpu = cpuMs(job.pid) - cpuBefore;
  const threads = perThreadUs(threadsBefore, threadsMs(job.pid), latency.count);
  done = true;
  for (const socket of sockets) socket.destroy();
  return {
    perSecond: round(latency.count / seconds, 0),
    cpuUs: round((cpu * 1_000) / latency.count, 2), core: round(cpu / seconds / 1_000),
    p50: latency.p50, p99: latency.p99,
    mbPerSecond: round(bytes / seconds / 1e6, 1),
    wrong, lost, threads,
    loadCpuUs: round((own.user + own.system) / latency.count, 2),
  };
}

/**
 * Until the proxy's code is compiled for what it now does: so many requests, not so many seconds, because a busy machine
 * compiles as slowly as it answers.
 */
export async function warmUp({ warmMs, warmCount }, done) {
  const startedAt = performance.now();
  await sleep(warmMs);
  while (done() < warmCount && performance.now() - startedAt < warmMs * 4) await sleep(50);
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
