/**
 * Requests through TLS that the proxy ends: `requests` on kept connections, or `handshakes`, each with a name the proxy has not met, and one
 * request. The client checks the proxy's certificate as a browser would, under TLS 1.3, and resumes nothing.
 */
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import tls from 'node:tls';
import { familyMs } from '../support/machine.mjs';
import { createSamples, round } from '../support/stats.mjs';
import { warmUp } from './http.mjs';
import { createResponseMeter } from './response.mjs';

/** CONNECT, then TLS; `done(socket or null)`. */
function enter(job, context, host, done) {
  const target = `${host}:${job.originPort}`;
  const raw = net.connect({ port: job.port, host: '127.0.0.1', noDelay: true });
  raw.on('error', () => raw.destroy());
  raw.once('close', () => finish(null));
  raw.on('connect', () => raw.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`, 'latin1'));
  let finished = false;
  function finish(socket) {
    if (finished) return;
    finished = true;
    if (socket === null) raw.destroy();
    done(socket);
  }
  raw.once('data', (chunk) => {
    if (chunk[9] !== 0x32) return finish(null);
    const secure = tls.connect({ socket: raw, servername: host, secureContext: context, ALPNProtocols: ['http/1.1'] });
    secure.on('error', () => finish(null));
    secure.once('secureConnect', () => finish(secure));
  });
}

/** @param job {port, originPort, ca, hosts, path, mode, connections, warmMs, warmCount, measureMs, pid} */
export async function run(job) {
  const samples = createSamples();
  const context = tls.createSecureContext({ ca: [job.ca], minVersion: 'TLSv1.3' });
  const sockets = new Set();
  let next = 0;
  let wrong = 0;
  let lost = 0;
  let done = false;
  const requestFor = (host) => Buffer.from(job.head.replaceAll('@', `${host}:${job.originPort}`), 'latin1');

  function kept(i) {
    const host = job.hosts[i % job.hosts.length];
    const request = requestFor(host);
    const meter = createResponseMeter();
    enter(job, context, host, (socket) => {
      if (socket === null) return again();
      sockets.add(socket);
      let sentAt = performance.now();
      socket.on('data', (chunk) => {
        if (!meter.take(chunk, chunk.length)) return;
        if (meter.status !== 200) wrong++;
        const now = performance.now();
        samples.add(now - sentAt);
        if (done) return;
        sentAt = now;
        socket.write(request);
      });
      socket.on('close', () => {
        sockets.delete(socket);
        again();
      });
      socket.write(request);
    });
    function again() {
      if (done) return;
      lost++;
      setTimeout(() => kept(i), 20);
    }
  }

  function once() {
    if (done) return;
    const host = job.hosts[next++ % job.hosts.length];
    const startedAt = performance.now();
    const meter = createResponseMeter();
    enter(job, context, host, (socket) => {
      if (socket === null) {
        if (!done) lost++;
        setTimeout(once, 20);
        return;
      }
      sockets.add(socket);
      let over = false;
      const leave = (answered) => {
        if (over) return;
        over = true;
        sockets.delete(socket);
        if (answered) samples.add(performance.now() - startedAt);
        else if (!done) lost++;
        socket.destroy();
        once();
      };
      socket.on('data', (chunk) => {
        if (!meter.take(chunk, chunk.length)) return;
        if (meter.status !== 200) wrong++;
        leave(true);
      });
      socket.on('close', () => leave(false));
      socket.write(requestFor(host));
    });
  }

  for (let i = 0; i < job.connections; i++) {
    if (job.mode === 'requests') kept(i);
    else once();
  }
  await warmUp(job, () => samples.count());
  samples.clear();
  wrong = lost = 0;
  const cpuBefore = familyMs(job.pid);
  const ownBefore = process.cpuUsage();
  const startedAt = performance.now();
  await sleep(job.measureMs);
  const seconds = (performance.now() - startedAt) / 1_000;
  const latency = samples.summary();
  const own = process.cpuUsage(ownBefore);
  const cpu = familyMs(job.pid) - cpuBefore;
  done = true;
  for (const socket of sockets) socket.destroy();
  return {
    perSecond: round(latency.count / seconds, 0),
    cpuUs: round((cpu * 1_000) / latency.count, 1), core: round(cpu / seconds / 1_000),
    p50: latency.p50, p99: latency.p99, wrong, lost, used: next,
    loadCpuUs: round((own.user + own.system) / latency.count, 1),
  };
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
