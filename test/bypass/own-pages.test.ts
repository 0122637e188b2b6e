/** The gateway's own pages and port as a target (security.md X1, X5–X8, C6, I2; block page, PAC): the proxy with its real forwarder in front of the real pages. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createBlockPages } from '../../src/pages/block-page.js';
import { createPagesServer, type PagesServer } from '../../src/pages/server.js';
import type { PageRequest } from '../../src/pages/request-page.js';
import { createPagesForwarder } from '../../src/proxy/forward.js';
import { bypassPolicy, startBypassRig, TEACHER, type BypassRig } from '../support/bypass-rig.js';
import { until } from '../support/origin.js';

const SECRET = 'bamboo-bamboo-bamboo-bamboo-1234';
const taken: PageRequest[] = [];
const snapshot = bypassPolicy();
let pages: PagesServer;
let pagesPort = 0;
let rig: BypassRig;

beforeAll(async () => {
  pages = createPagesServer({
    host: '127.0.0.1', port: 0, proxyPort: 3128, clients: ['127.0.0.0/8'], names: ['luytre.lan'], secret: SECRET, helpChannels: [],
    policy: () => snapshot,
    zoneOf: (address) => (address === TEACHER ? 'giao-vien' : null),
    addRequest: (request) => {
      taken.push(request);
      return { ref: request.ref, host: request.host, state: 'open', answer: null };
    },
    requestByRef: () => null,
    health: () => ({ ok: true }),
  });
  pagesPort = await pages.listen();
  const forwarder = createPagesForwarder({ port: pagesPort, secret: SECRET });
  rig = await startBypassRig({
    realDialer: true, policy: snapshot,
    settings: { pages: { port: pagesPort, names: ['luytre.lan'], secret: SECRET }, ports: [80, 443, pagesPort, 8443], dialPrivate: ['127.0.0.0/8'], ownPorts: [8443], hosts: { 'console.test': ['127.0.0.1'], 'ok.test': ['127.0.0.1'] } },
    deps: { forwardToPages: (socket, bytes, zone) => forwarder.forward(socket, bytes, zone), renderBlockPage: createBlockPages() },
  });
});
afterAll(async () => {
  await rig.close();
  await pages.close();
});

const form = new URLSearchParams({ host: 'blocked.test', ref: 'ABC234', profile: 'thpt', category: 'khieudam', reason: '' }).toString();
const post = (target: string, host: string, ...fields: string[]): string => `POST ${target} HTTP/1.1\r\nHost: ${host}\r\n${fields.map((f) => `${f}\r\n`).join('')}Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`;

describe('the secret between proxy and pages', () => {
  const smuggled = [
    ['X-Luytre-Secret: wrong', 'X-Luytre-Zone: giao-vien'],
    ['X-Luytre-Zone: giao-vien'],
    ['x-luytre-secret: a', 'X-LUYTRE-SECRET: b', 'x-luytre-zone: giao-vien', 'X-Luytre-Zone: giao-vien'],
    ['Connection: X-Luytre-Secret, X-Luytre-Zone', 'X-Luytre-Zone: giao-vien'],
    ['Connection: close, x-luytre-zone'],
    [`X-Luytre-Secret: ${'\xe9'.repeat(SECRET.length)}`, 'X-Luytre-Zone: giao-vien'],
    [`X-Luytre-Secret: ${SECRET.slice(0, -1)}5`, 'X-Luytre-Zone: giao-vien'],
  ];
  it.each(smuggled.map((fields) => [fields]))('H6, X7: %j through the proxy: the zone is the one the proxy found', async (fields) => {
    taken.length = 0;
    const { statuses } = await rig.send(Buffer.from(post(`http://127.0.0.1:${pagesPort}/yeu-cau`, 'x', ...fields), 'latin1'), { ms: 4_000 });
    expect(statuses).toEqual([200]);
    expect(taken.map((t) => t.zone)).toEqual(['hoc-sinh']);
  });
  it.each(smuggled.map((fields) => [fields]))('%j straight to the pages: no zone, and no failure', async (fields) => {
    taken.length = 0;
    const text = await direct(Buffer.from(post('/yeu-cau', `127.0.0.1:${pagesPort}`, ...fields, 'Connection: close'), 'latin1'));
    expect(text).toMatch(/^HTTP\/1\.1 200/);
    expect(taken.map((t) => t.zone)).toEqual([null]);
  });
  it('a connection to the pages serves one request: what is pipelined behind it reaches nothing', async () => {
    const { statuses, text } = await rig.send(`GET http://luytre.lan/help HTTP/1.1\r\nHost: luytre.lan\r\n\r\nGET http://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\n\r\n${post('http://luytre.lan/yeu-cau', 'luytre.lan')}`, { wanted: 3, ms: 1_000 });
    expect(statuses).toEqual([200]);
    expect(text.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });
  it('the secret is never shown to anyone, whatever is asked', async () => {
    const all = await Promise.all([`http://127.0.0.1:${pagesPort}/`, 'http://luytre.lan/healthz', 'http://luytre.lan/proxy.pac', 'http://luytre.lan/nothing', 'http://blocked.test/'].map((url) => rig.send(`GET ${url} HTTP/1.1\r\nHost: x\r\n\r\n`, { ms: 4_000 })));
    for (const { text } of all) {
      expect(text).toMatch(/^HTTP\/1\.1 \d/);
      expect(text).not.toContain(SECRET);
    }
  });
});

describe('own addresses and ports', () => {
  it.each(['127.0.0.1:8443', '127.0.0.2:8443', 'console.test:8443', '127.1:8443', '[::1]:8443', '[::ffff:127.0.0.1]:8443', 'localhost:8443', '0.0.0.0:8443'])('X1, X7: the console at %s is not reached, though its port and loopback are allowed', async (target) => {
    for (const bytes of [`GET http://${target}/ HTTP/1.1\r\nHost: x\r\n\r\n`, `CONNECT ${target} HTTP/1.1\r\n\r\n`]) {
      for (const from of ['127.0.0.1', TEACHER]) expect((await rig.send(bytes, { from })).statuses).toEqual([403]);
    }
  });
  it('C6: a CONNECT to our own pages is a refusal that can be read', async () => {
    for (const target of [`127.0.0.1:${pagesPort}`, `luytre.lan:${pagesPort}`, 'luytre.lan:80', `127.0.0.2:${pagesPort}`]) {
      const { statuses } = await rig.send(`CONNECT ${target} HTTP/1.1\r\n\r\n`, { ms: 6_000, from: TEACHER });
      expect([target, statuses.length, [403, 502].includes(statuses[0] ?? 0)]).toEqual([target, 1, true]);
    }
  });
  it('X5: our own mark in Via, in any place, or a chain of more than ten, is a loop', async () => {
    for (const via of ['1.1 test', '1.1 a, 1.1 test', '1.1 test, 1.1 b', Array.from({ length: 11 }, (_, i) => `1.1 p${i}`).join(', ')]) {
      expect((await rig.send(`GET http://ok.test:${rig.origin.port}/ HTTP/1.1\r\nHost: x\r\nVia: ${via}\r\n\r\n`, { from: TEACHER })).statuses).toEqual([508]);
      expect((await rig.send(`CONNECT ok.test:443 HTTP/1.1\r\nVia: 1.0 x\r\nVia: ${via}\r\n\r\n`, { from: TEACHER })).statuses).toEqual([508]);
    }
  });
  it('X6: who is not on the list of clients gets nothing, whatever it asks and claims', async () => {
    const closed = await startBypassRig({ settings: { clients: ['10.0.0.0/8'] } });
    for (const bytes of ['GET http://ok.test/ HTTP/1.1\r\nHost: ok.test\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n', 'CONNECT ok.test:443 HTTP/1.1\r\n\r\n']) {
      const { statuses, reasons } = await closed.send(bytes);
      expect([statuses, reasons]).toEqual([[403], ['client-not-allowed']]);
    }
    expect(closed.permits).toEqual([]);
    await closed.close();
  });
});

describe('what is reflected', () => {
  const evil = ['evil.test";alert(1)//', 'x"};DIRECT//', '<script>', 'evil.test', '127.0.0.1.evil.test', 'luytre.lan.evil.test', "luytre.lan'", '127.0.0.1\\', '[::2', '127.0.0.1:80:80', '', 'user@luytre.lan', 'luytre.lan:3128"', '2130706433'];
  it.each(evil)('X8: Host %j does not get into the PAC', async (host) => {
    for (const path of ['/proxy.pac', '/wpad.dat?x="']) {
      const text = await direct(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
      if (text === '' || /^HTTP\/1\.1 4/.test(text)) continue;
      expect(text).toContain('PROXY 127.0.0.1:3128');
      expect(text.match(/PROXY /g)).toHaveLength(1);
      if (host !== '' && host !== '2130706433') expect(text.split('\r\n\r\n')[1]).not.toContain(host);
    }
  });
  it('the block page shows the judged host and nothing else of the request', async () => {
    const marks = ['<script>alert(1)</script>', '"onload="x', "'><img src=x>", '${7*7}', '&#x3c;', '\u202e'];
    for (const mark of marks) {
      const raw = Buffer.from(`GET http://blocked.test/${encodeURIComponent(mark)}?q=geheim-${mark.replace(/[^\x21-\x7e]|[<>"# ]/g, '')} HTTP/1.1\r\nHost: <b>\r\nUser-Agent: ${mark}\r\nReferer: http://x/${mark}\r\nX-Luytre-Reason: ${mark}\r\n\r\n`, 'latin1');
      const { text } = await rig.send(raw);
      expect(text).not.toMatch(/geheim|<script|<img|<b>\s*<|onload=/);
    }
    const page = (await rig.send('GET http://a_b.BLOCKED.test./x HTTP/1.1\r\nHost: x\r\n\r\n')).answers[0];
    expect(page?.body).toContain('a_b.blocked.test');
    expect(page?.header('content-security-policy')).toMatch(/default-src 'none'/);
    expect(page?.header('x-luytre-reason')).toBe('hard-category');
  });
  it('a form that no page of ours would send is refused; what a pupil writes is text', async () => {
    const send = (fields: Record<string, string>): Promise<string> => {
      const body = new URLSearchParams({ host: 'blocked.test', ref: 'ABC239', profile: 'thpt', category: '', ...fields }).toString();
      return direct(`POST /yeu-cau HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
    };
    expect(await send({ reason: '<script>alert(1)</script>' })).not.toContain('<script>alert');
    expect(taken.at(-1)?.reason).toBe('<script>alert(1)</script>');
    const before = taken.length;
    // Beyond twenty a minute the room is told to wait, which is a refusal as well.
    for (const host of ['<script>', 'a"b', 'blocked.test/x', 'http://blocked.test', "x'y", 'a b', '%3cscript%3e', '\u202eblocked.test', 'blocked.test\r\nX: y']) expect(await send({ host })).toMatch(/^HTTP\/1\.1 4(?:00|29)/);
    for (const ref of ['<b>', 'ABC23', 'abc234', "ABC'34"]) expect(await send({ ref })).toMatch(/^HTTP\/1\.1 4(?:00|29)/);
    expect(taken.length).toBe(before);
    expect(await direct('GET /yeu-cau/%3Cscript%3E HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).not.toMatch(/<script/i);
  });
});

describe('floods', () => {
  it('one address holds 64 connections to the pages, and its half-open requests end within seconds', { timeout: 20_000 }, async () => {
    const sockets = Array.from({ length: 100 }, () => connect({ host: '127.0.0.1', port: pagesPort, localAddress: '127.0.0.9' }));
    let open = 0;
    for (const socket of sockets) {
      open++;
      socket.on('error', () => undefined);
      socket.on('close', () => open--);
      socket.write('GET /help HTTP/1.1\r\nHost: x\r\n');
    }
    await until(() => open <= 64, 3_000);
    expect(await direct('GET /proxy.pac HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).toContain('PROXY');
    await until(() => open === 0, 9_000);
  });
  it('C8: 400 silent connections and 400 half heads of one client are ended at the head deadline, and another client is served meanwhile', { timeout: 20_000 }, async () => {
    const small = await startBypassRig({ settings: { limits: { headMs: 800, connectionsPerClient: 500 } } });
    const clients = await Promise.all(Array.from({ length: 600 }, () => small.client().catch(() => null)));
    clients.forEach((c, i) => i % 2 === 0 && c?.send('GET http://ok.test/ HTTP/1.1\r\nHost: ok'));
    expect((await small.send('GET http://ok.test/ HTTP/1.1\r\nHost: ok.test\r\n\r\n', { from: TEACHER })).statuses).toEqual([200]);
    await until(() => clients.every((c) => c === null || c.ended() || c.closed()), 6_000);
    expect(small.permits).toHaveLength(1);
    await small.close();
  });
  it('a flood of pipelined requests is taken as it is answered, and costs no memory', { timeout: 20_000 }, async () => {
    const small = await startBypassRig();
    const c = await small.client('explicit', '127.0.0.1');
    const before = process.memoryUsage().rss;
    const burst = 'GET http://blocked.test/ HTTP/1.1\r\nHost: blocked.test\r\n\r\n'.repeat(2_000);
    c.socket.pause();
    for (let i = 0; i < 20; i++) c.send(burst);
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    // 2.2 MB of requests would be answered with 100 MB of pages.
    expect(process.memoryUsage().rss - before).toBeLessThan(96 * 2 ** 20);
    c.socket.destroy();
    await small.close();
  });
});

/** Bytes straight to the pages port. */
function direct(bytes: string | Buffer): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host: '127.0.0.1', port: pagesPort });
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
    socket.write(bytes);
  });
}
