/**
 * The school's CA at work: a leaf, a context for a new host, one from the cache, memory a context, and whole block pages over new TLS
 * connections (handshake, request, page, close) on loopback. Run on Node 24 after `npm run build`; about ten seconds. `--json` prints one object.
 */
import net from 'node:net';
import tls from 'node:tls';
import { parseArgs } from 'node:util';
import { Worker, isMainThread, parentPort, workerData } from 'node:worker_threads';
import { makeCa, readCa } from '../dist/tls/ca-certificate.js';
import { createTlsContexts } from '../dist/tls/contexts.js';
import { createLeafMaker } from '../dist/tls/leaf.js';
import { createInterceptor } from '../dist/proxy/intercept.js';
import { DEFAULT_LIMITS } from '../dist/proxy/settings.js';

if (!isMainThread) {
  await clients(workerData);
} else {
  await main();
}

/** So many connections at a time, each with its own handshake and no resumption. */
async function clients({ port, ca, hosts, ms, inFlight }) {
  const until = performance.now() + ms;
  const took = [];
  let failed = 0;
  let n = 0;
  const one = () =>
    new Promise((resolve) => {
      const host = hosts[n++ % hosts.length];
      const from = performance.now();
      let bytes = 0;
      const socket = tls.connect({ port, host: '127.0.0.1', servername: host, ca, ALPNProtocols: ['http/1.1'] });
      socket.on('secureConnect', () => socket.write(`GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`));
      socket.on('data', (chunk) => (bytes += chunk.length));
      socket.on('error', () => failed++);
      socket.on('close', () => {
        if (bytes > 1_000) took.push(performance.now() - from);
        resolve();
      });
    });
  await Promise.all(Array.from({ length: inFlight }, async () => {
    while (performance.now() < until) await one();
  }));
  parentPort.postMessage({ took, failed });
}

async function main() {
  const { values: options } = parseArgs({ options: { json: { type: 'boolean' } } });
  const quantile = (numbers, q) => numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * q))];
  const round = (value, digits = 3) => Number(value.toFixed(digits));
  const excluded = Array.from({ length: 270 }, (_, i) => `ngan-hang-${i}.vn`);
  const { key, certificate } = makeCa({ school: 'Trường đo tốc độ', excluded, addresses: ['192.0.2.1'], nowMs: Date.now() });
  const authority = readCa(key, certificate);
  const now = Date.now();

  const timed = (count, run) => {
    const took = [];
    for (let i = 0; i < count; i++) {
      const from = performance.now();
      run(i);
      took.push(performance.now() - from);
    }
    return { medianMs: round(quantile(took, 0.5)), p99Ms: round(quantile(took, 0.99)) };
  };

  const leaves = createLeafMaker(authority);
  timed(200, (i) => leaves.sign(`am${i}.vn`, now));
  const leaf = timed(2_000, (i) => leaves.sign(`trang-${i}.vn`, now));

  const contexts = createTlsContexts(authority, { neverDecrypt: () => false, max: 4_000 });
  timed(50, (i) => contexts.get(`am${i}.vn`, now));
  globalThis.gc?.();
  const before = process.memoryUsage().rss;
  const context = timed(2_000, (i) => contexts.get(`trang-${i}.vn`, now));
  const kbEach = round((process.memoryUsage().rss - before) / 2_000 / 1_024, 1);
  const from = performance.now();
  for (let i = 0; i < 200_000; i++) contexts.get(`trang-${i % 2_000}.vn`, now);
  const cachedNs = round(((performance.now() - from) / 200_000) * 1e6, 0);

  const page = `<!doctype html><p>${'Trang này chưa dành cho em. '.repeat(140)}</p>`;
  const decision = { profile: 0, reason: 'hard-category' };
  const snapshot = { data: { profiles: [{ tls: 'block-page' }], zones: [] } };
  const rates = {};
  for (const [name, hosts] of [['knownHost', ['mot-trang.vn']], ['newHostEachTime', Array.from({ length: 100_000 }, (_, i) => `t${i}.vn`)]]) {
    const interceptor = createInterceptor({
      limits: DEFAULT_LIMITS, forwardToPages: null, renderBlockPage: () => ({ html: page, policy: "default-src 'none'" }),
      signing: { authority, neverDecrypt: [] },
    });
    let at = 0;
    const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
      client.on('error', () => undefined);
      // as many names in the same order as the clients': the n-th connection is taken for the n-th name, near enough for a rate
      client.once('data', (hello) => interceptor.show({ client, hello: [hello], host: sniOf(hello) ?? hosts[at++ % hosts.length], decision, snapshot, zone: -1 }));
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    const cpu = process.cpuUsage();
    const threadCpu = process.threadCpuUsage?.();
    const ms = 4_000;
    const result = await new Promise((resolve, reject) => {
      const worker = new Worker(new URL(import.meta.url), { workerData: { port: server.address().port, ca: certificate.toString(), hosts, ms, inFlight: 8 } });
      worker.on('message', resolve);
      worker.on('error', reject);
    });
    const used = threadCpu === undefined ? process.cpuUsage(cpu) : process.threadCpuUsage(threadCpu);
    rates[name] = {
      pagesPerSecond: round((result.took.length / ms) * 1_000, 0), failed: result.failed,
      medianMs: round(quantile(result.took, 0.5), 2), p99Ms: round(quantile(result.took, 0.99), 2),
      serverCpuMsEach: round((used.user + used.system) / 1_000 / Math.max(1, result.took.length), 2),
    };
    interceptor.close();
    await new Promise((resolve) => server.close(resolve));
  }
  const out = { leaf, newContext: context, cachedContextNs: cachedNs, kbPerContext: kbEach, ...rates };
  if (options.json) return console.log(JSON.stringify(out));
  console.log(`leaf                       ${leaf.medianMs} ms median, ${leaf.p99Ms} p99`);
  console.log(`new host (leaf + context)  ${context.medianMs} ms median, ${context.p99Ms} p99 (bar: 2 ms)`);
  console.log(`known host                 ${cachedNs} ns; ${kbEach} KB held a context`);
  for (const [name, row] of Object.entries(rates)) console.log(`pages, ${name.padEnd(18)} ${row.pagesPerSecond}/s, ${row.medianMs} ms median, ${row.p99Ms} p99, ${row.serverCpuMsEach} ms of server CPU each, ${row.failed} failed`);
}

/** Server name of a ClientHello in one record: enough for clients of our own. */
function sniOf(hello) {
  const at = hello.indexOf(Buffer.from([0, 0, 0]), 43);
  for (let i = at; i > 0 && i < hello.length - 9; i++) {
    if (hello[i] !== 0 || hello[i + 1] !== 0 || hello[i + 6] !== 0) continue;
    const length = hello.readUInt16BE(i + 7);
    if (hello.readUInt16BE(i + 4) !== length + 3 || hello.readUInt16BE(i + 2) !== length + 5 || i + 9 + length > hello.length) continue;
    return hello.toString('latin1', i + 9, i + 9 + length);
  }
  return null;
}
