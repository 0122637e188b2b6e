/**
 * A steady prober across a policy change: allowed pages at an even rate on kept and on new connections, and a canary that the
 * new list blocks. Every answer is kept with its second, so that the swap can be looked at afterwards.
 */
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { percentile, round } from '../support/stats.mjs';
import { createResponseMeter } from './response.mjs';

const LIMIT_MS = 10_000;

/** @param job {port, requests: string[], canary: string, rate, connections, baseMs, afterMs, timeoutMs} The caller starts the change at the note `base` and says `changed` when it has returned. */
export async function run(job) {
  const probes = [];
  const startedAt = performance.now();
  const since = () => performance.now() - startedAt;
  let failed = 0;
  let blocked = 0;
  let switchedMs = null;
  let over = false;

  const idle = [];
  function connect(i) {
    const meter = createResponseMeter();
    const slot = { request: Buffer.from(job.requests[i % job.requests.length], 'latin1'), sentMs: -1, socket: null };
    slot.socket = net.connect({ port: job.port, host: '127.0.0.1', noDelay: true });
    slot.socket.on('connect', () => idle.push(slot));
    slot.socket.on('data', (chunk) => {
      if (!meter.take(chunk, chunk.length)) return;
      probes.push({ atMs: slot.sentMs, ms: since() - slot.sentMs });
      if (meter.status === 403) blocked++;
      else if (meter.status !== 200) failed++;
      slot.sentMs = -1;
      idle.push(slot);
    });
    slot.socket.on('error', () => slot.socket.destroy());
    slot.socket.on('close', () => {
      if (slot.sentMs >= 0) failed++;
      const at = idle.indexOf(slot);
      if (at >= 0) idle.splice(at, 1);
      if (!over) setTimeout(() => over || connect(i), 20);
    });
  }
  for (let i = 0; i < job.connections; i++) connect(i);

  /** A new connection every time, as a browser that was just opened. */
  function probeCanary() {
    return new Promise((resolve) => {
      const sentMs = since();
      const meter = createResponseMeter();
      const socket = net.connect({ port: job.port, host: '127.0.0.1', noDelay: true }, () => socket.write(job.canary, 'latin1'));
      socket.setTimeout(LIMIT_MS, () => socket.destroy());
      socket.on('error', () => socket.destroy());
      socket.on('data', (chunk) => {
        if (!meter.take(chunk, chunk.length)) return;
        if (meter.status === 403) switchedMs ??= since();
        probes.push({ atMs: sentMs, ms: since() - sentMs });
        meter.whole = true;
        socket.destroy();
      });
      socket.on('close', () => {
        if (meter.whole !== true) failed++;
        resolve();
      });
    });
  }

  await sleep(500);
  const warmMs = since();
  let changeMs = null;
  let changedMs = null;
  const canaries = (async () => {
    while (!over) {
      await probeCanary();
      await sleep(25);
    }
  })();
  const onChange = (message) => {
    if (message.note === 'changed') changedMs ??= since();
  };
  process.on('message', onChange);
  const firstMs = since();
  let nextMs = firstMs;
  let starved = 0;
  for (;;) {
    const nowMs = since();
    if (changeMs === null && nowMs - warmMs >= job.baseMs) {
      changeMs = nowMs;
      process.send({ note: 'base' });
    }
    if (switchedMs !== null && changedMs !== null && nowMs - Math.max(switchedMs, changedMs) >= job.afterMs) break;
    if (nowMs > job.timeoutMs) break;
    if (nowMs >= nextMs) {
      nextMs += 1_000 / job.rate;
      const slot = idle.shift();
      if (slot === undefined) starved++;
      else {
        slot.sentMs = since();
        slot.socket.write(slot.request);
      }
    }
    await sleep(Math.max(0, nextMs - since()));
  }
  over = true;
  await canaries;
  process.removeListener('message', onChange);
  for (const slot of idle) slot.socket.destroy();

  const window = (from, to) => {
    const ms = probes.filter((probe) => probe.atMs >= from && probe.atMs < to).map((probe) => probe.ms).sort((a, b) => a - b);
    return { count: ms.length, p50: round(percentile(ms, 0.5), 3), p99: round(percentile(ms, 0.99), 3), max: round(percentile(ms, 1), 3) };
  };
  return {
    probes: probes.length, failed, blocked, starved,
    importS: round(((changedMs ?? NaN) - changeMs) / 1_000, 2), switchedAfterS: round(((switchedMs ?? NaN) - changeMs) / 1_000, 2),
    normal: window(warmMs, changeMs),
    working: window(changeMs, (switchedMs ?? Infinity) - 500),
    swap: switchedMs === null ? null : window(switchedMs - 500, switchedMs + 500),
    after: window((switchedMs ?? Infinity) + 500, Infinity),
  };
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
