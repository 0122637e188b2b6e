/** Plain HTTP at a steady rate on warm connections, well below saturation: what one request waits, whoever else is waiting. */
import net from 'node:net';
import { performance } from 'node:perf_hooks';
import { createSamples } from '../support/stats.mjs';
import { createResponseMeter } from './response.mjs';

/** @param job {port, requests: string[], connections, status, rate, warmMs, measureMs} */
export async function run(job) {
  const samples = createSamples();
  let wrong = 0;
  let lost = 0;
  let late = 0;
  let done = false;
  const idle = [];
  const sockets = [];
  for (let i = 0; i < job.connections; i++) {
    const meter = createResponseMeter();
    const slot = { request: Buffer.from(job.requests[i % job.requests.length], 'latin1'), sentAt: 0, socket: null };
    slot.socket = net.connect({ port: job.port, host: '127.0.0.1', noDelay: true });
    slot.socket.on('data', (chunk) => {
      if (!meter.take(chunk, chunk.length)) return;
      samples.add(performance.now() - slot.sentAt);
      if (meter.status !== job.status) wrong++;
      idle.push(slot);
    });
    slot.socket.on('error', () => slot.socket.destroy());
    slot.socket.on('close', () => {
      if (!done) lost++;
    });
    slot.socket.on('connect', () => idle.push(slot));
    sockets.push(slot.socket);
  }
  await sleep(300);
  await pace(job.rate, job.warmMs, send);
  samples.clear();
  wrong = late = 0;
  await pace(job.rate, job.measureMs, send);
  await sleep(200);
  done = true;
  for (const socket of sockets) socket.destroy();
  const { count, p50, p90, p99, max } = samples.summary();
  return { count, p50, p90, p99, max, wrong, lost, late };

  function send() {
    const slot = idle.shift();
    // Every connection waits for its answer: a stall, but no fault.
    if (slot === undefined) {
      late++;
      return;
    }
    slot.sentAt = performance.now();
    slot.socket.write(slot.request);
  }
}

/** Calls `act` at an even rate; a late timer sends what is due one after the other, and each is timed from its own sending. */
export async function pace(rate, ms, act) {
  const startedAt = performance.now();
  const total = Math.round((rate * ms) / 1_000);
  for (let sent = 0; sent < total;) {
    const due = startedAt + (sent * 1_000) / rate - performance.now();
    if (due > 0) await sleep(due);
    act();
    sent++;
  }
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
