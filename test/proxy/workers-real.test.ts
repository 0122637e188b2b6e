/** Real proxy threads of the built program: one port, many threads, policy swapped under open connections. */
import { request } from 'node:http';
import net, { type AddressInfo, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { EventNote } from '../../src/activity/event.js';
import type { PolicyData } from '../../src/policy/snapshot.js';
import type { createWorkerPool, WorkerPool } from '../../src/proxy/workers.js';
import { policyData, zone } from '../policy/fixture.js';
import { builtProgram } from '../support/dist.js';
import { helloBytes } from '../support/hello-bytes.js';
import { gone, waitFor } from '../support/tunnel-rig.js';
import { wireSettings } from '../support/wire-settings.js';

const notes: EventNote[] = [];
const originSockets: Socket[] = [];
const failures: string[] = [];
let built: { createWorkerPool: typeof createWorkerPool };
let pool: WorkerPool;
let origin: net.Server;
let originPort = 0;
let zonePort = 0;
let generation = 1;

function policy(rest: Partial<PolicyData> = {}): PolicyData {
  return policyData([{ name: 'hoc', category: 'hoclieu', entries: ['ok.test', 'other.test'] }, { name: 'xau', category: 'khieudam', entries: ['bad.test'] }], {
    generation: generation++,
    zones: [zone('phong-a', 'thcs', { cidrs: ['127.0.0.1/32'] }), zone('phong-b', 'thcs', { cidrs: ['127.0.0.2/32'] })],
    ...rest,
  });
}

beforeAll(async () => {
  origin = net.createServer((socket) => {
    originSockets.push(socket);
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk) => socket.write(chunk[0] === 0x16 ? 'served' : 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'));
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  originPort = (origin.address() as AddressInfo).port;
  const spare = net.createServer();
  await new Promise<void>((resolve) => spare.listen(0, '127.0.0.1', resolve));
  zonePort = (spare.address() as AddressInfo).port;
  await new Promise<void>((resolve) => spare.close(() => resolve()));
  built = (await import(`${builtProgram()}/proxy/workers.js`)) as typeof built;
  pool = built.createWorkerPool({
    count: 2,
    settings: settings(),
    policy: policy(), deviceKey: new Uint8Array(32), onEvents: (got) => notes.push(...got),
    log: { info: () => undefined, warn: (m) => failures.push(m), error: (m) => failures.push(m) },
  });
  await pool.listening();
});

afterAll(async () => {
  await pool.stop(500);
  for (const socket of originSockets) socket.destroy();
  await new Promise<void>((resolve) => origin.close(() => resolve()));
});

function settings(): ReturnType<typeof wireSettings> {
  return wireSettings({ ports: [80, 443, originPort], transparentPort: 0, hosts: { 'ok.test': ['127.0.0.1'], 'other.test': ['127.0.0.1'], 'bad.test': ['127.0.0.1'] } });
}

async function connect(target: string, from: string, port = pool.ports().proxy): Promise<{ socket: Socket; answer: string }> {
  const socket = net.connect({ port, host: '127.0.0.1', localAddress: from, allowHalfOpen: true });
  socket.on('error', () => undefined);
  let text = '';
  socket.on('data', (chunk) => (text += chunk.toString('latin1')));
  socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
  await waitFor(() => text.includes('\r\n\r\n') || socket.readableEnded);
  return { socket, answer: text.slice(0, text.indexOf('\r\n')) };
}

function get(url: string): Promise<{ status: number; reason: string; body: string }> {
  return new Promise((resolve, reject) => {
    request({ host: '127.0.0.1', port: pool.ports().proxy, path: url, headers: { Host: new URL(url).host }, agent: false }, (response) => {
      let body = '';
      response.on('data', (chunk: Buffer) => (body += chunk.toString()));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, reason: String(response.headers['x-luytre-reason'] ?? ''), body }));
    }).on('error', reject).end();
  });
}

describe('real threads', () => {
  it('serve one port together', async () => {
    const answers = await Promise.all(Array.from({ length: 60 }, () => get(`http://ok.test:${originPort}/`)));
    expect(answers.every((a) => a.status === 200 && a.body === 'ok')).toBe(true);
    const tunnels = await Promise.all(Array.from({ length: 40 }, () => connect(`ok.test:${originPort}`, '127.0.0.1')));
    expect(tunnels.every((t) => t.answer.includes(' 200 '))).toBe(true);
    for (const { socket } of tunnels) socket.destroy();
  });

  it('show the block page, the reason, and the failure page', async () => {
    const bad = await get('http://bad.test/');
    expect(bad).toMatchObject({ status: 403, reason: 'hard-category' });
    expect(bad.body).toContain('<html');
    expect((await connect('bad.test:443', '127.0.0.1')).answer).toContain(' 403 ');
    expect((await get('http://ok.test/')).status).toBe(502);
  });

  it('close what a new policy blocks within two seconds, and spare the other room', async () => {
    const a = await connect(`ok.test:${originPort}`, '127.0.0.1');
    const b = await connect(`ok.test:${originPort}`, '127.0.0.2');
    for (const { socket } of [a, b]) socket.write(helloBytes({ sni: 'ok.test' }));
    await waitFor(() => a.socket.bytesRead >= 45 && b.socket.bytesRead >= 45);
    const startMs = performance.now();
    await pool.setPolicy(policy({ lessons: [{ zone: 'phong-a', profile: 5, fromMs: 0, untilMs: Date.now() + 3_600_000 }] }));
    await gone(a.socket);
    expect(performance.now() - startMs).toBeLessThan(2_000);
    expect(b.socket.readableEnded || b.socket.destroyed).toBe(false);
    expect((await connect(`other.test:${originPort}`, '127.0.0.1')).answer).toContain(' 403 ');
    await waitFor(() => notes.some((n) => n.event.reason === 'policy-changed'));
    await pool.setPolicy(policy());
    b.socket.destroy();
  });

  it('open and close a room\'s own port as the policy says', async () => {
    await pool.setPolicy(policy({ zones: [zone('phong-rieng', 'thcs', { port: zonePort })] }));
    let answer = '';
    const giveUpAt = performance.now() + 2_000;
    while (!answer.includes(' 200 ') && performance.now() < giveUpAt) {
      const tried = await connect(`ok.test:${originPort}`, '127.0.0.3', zonePort);
      answer = tried.answer;
      tried.socket.destroy();
    }
    expect(answer).toContain(' 200 ');
    await waitFor(() => notes.some((n) => n.event.zone === 'phong-rieng'));
    await pool.setPolicy(policy());
    await expect(new Promise((resolve, reject) => net.connect(zonePort, '127.0.0.1').once('connect', resolve).once('error', reject))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('find a room by MAC when the neighbour table names the address', async () => {
    await pool.setPolicy(policy({ zones: [zone('phong-thi', 'thi', { macs: ['aa:bb:cc:dd:ee:ff'] })] }));
    const before = await connect(`ok.test:${originPort}`, '127.0.0.4');
    expect(before.answer).toContain(' 200 ');
    pool.setNeighbours(new Map([['127.0.0.4', 'aa:bb:cc:dd:ee:ff']]));
    // The tunnel that is open falls under the room's exam as well.
    await gone(before.socket);
    expect((await connect(`ok.test:${originPort}`, '127.0.0.4')).answer).toContain(' 403 ');
    pool.setNeighbours(new Map());
    await pool.setPolicy(policy());
  });

  it('tell TLS from HTTP on the transparent port', async () => {
    const port = pool.ports().transparent ?? 0;
    const speak = async (bytes: Buffer | string): Promise<Buffer> => {
      const socket = net.connect(port, '127.0.0.1');
      const got: Buffer[] = [];
      socket.on('error', () => undefined).on('data', (chunk) => got.push(chunk));
      socket.write(bytes);
      await gone(socket);
      return Buffer.concat(got);
    };
    expect((await speak('GET / HTTP/1.1\r\nHost: bad.test\r\nConnection: close\r\n\r\n')).toString()).toMatch(/^HTTP\/1\.1 403 /);
    expect((await speak(helloBytes({ sni: 'bad.test' }))).toString('hex')).toBe('15030300020231');
    expect(await speak(Buffer.from([0, 1, 2, 3]))).toHaveLength(0);
  });

  it('send events without addresses, with a token for the device', async () => {
    await waitFor(() => notes.reduce((sum, note) => sum + note.event.requests, 0) > 50);
    expect(JSON.stringify(notes)).not.toMatch(/127\.0\.0|ok\.test:/);
    expect(notes.every((n) => n.device !== null && Number.isSafeInteger(n.device))).toBe(true);
    expect(failures).toEqual([]);
    expect(pool.alive()).toBe(2);
  });

  it('stop: accept nothing more, end quiet tunnels, hand over the last events', async () => {
    const last: EventNote[] = [];
    const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
    const own = built.createWorkerPool({ count: 1, settings: settings(), policy: policy(), deviceKey: new Uint8Array(32), onEvents: (got) => last.push(...got), log });
    await own.listening();
    const { socket } = await connect(`ok.test:${originPort}`, '127.0.0.1', own.ports().proxy);
    socket.write(helloBytes({ sni: 'ok.test' }));
    await waitFor(() => socket.bytesRead >= 45);
    const startMs = performance.now();
    await own.stop(10_000);
    expect(performance.now() - startMs).toBeLessThan(5_000);
    await gone(socket);
    expect(last.map((n) => [n.event.reason, n.event.channel])).toEqual([['category-open', 'tunnel']]);
    await expect(new Promise((resolve, reject) => net.connect(own.ports().proxy, '127.0.0.1').once('connect', resolve).once('error', reject))).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});
