/** The pages over real sockets: PAC, help, health, the request form from a browser without script, limits. */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPagesServer, type PagesServer } from '../../src/pages/server.js';
import type { PageRequest, RequestAnswer } from '../../src/pages/request-page.js';
import { snapshotOf, LIST_A_CATEGORY } from '../policy/fixture.js';

const taken: PageRequest[] = [];
const snapshot = snapshotOf(LIST_A_CATEGORY);
let pages: PagesServer;
let base = '';
let port = 0;

beforeAll(async () => {
  pages = createPagesServer({
    host: '127.0.0.1',
    port: 0,
    proxyPort: 3128,
    clients: ['127.0.0.1/32'],
    names: ['congloc.test'],
    secret: 's3cret',
    helpChannels: [{ name: 'Tổng đài 111', phone: '111', url: 'https://tongdai111.vn/', use: 'Bảo vệ trẻ em', useEn: 'child protection', pupils: true }],
    policy: () => snapshot,
    zoneOf: () => 'phong-thcs',
    addRequest: (request): RequestAnswer => {
      taken.push(request);
      return { ref: request.ref, host: request.host, state: 'open', answer: null };
    },
    requestByRef: (ref) => {
      const request = taken.find((known) => known.ref === ref);
      return request === undefined ? null : { ref, host: request.host, state: 'rejected', answer: '<b>Không</b>' };
    },
    health: () => ({ ok: true, generation: 7 }),
  });
  port = await pages.listen();
  base = `http://127.0.0.1:${port}`;
});
afterAll(() => pages.close());

const form = (fields: Record<string, string>): RequestInit => ({ method: 'POST', body: new URLSearchParams(fields) });
const GOOD = { host: 'mxh.test', ref: 'ABC234', profile: 'thcs', category: 'mxh', reason: '  bài 5\u0000\nTin 8 ' };

describe('pages server', () => {
  it('serves the PAC by both names, with our address and never a way round', async () => {
    for (const path of ['/proxy.pac', '/wpad.dat']) {
      const response = await fetch(base + path);
      expect(response.headers.get('content-type')).toBe('application/x-ns-proxy-autoconfig');
      const text = await response.text();
      expect(text).toContain('PROXY 127.0.0.1:3128');
      expect(text).not.toMatch(/PROXY[^"]*;\s*DIRECT/);
      const decide = new Function('isPlainHostName', 'shExpMatch', 'isInNet', `${text}; return FindProxyForURL;`)(
        (host: string) => !host.includes('.'), (host: string, glob: string) => new RegExp(`^${glob.replaceAll('.', '\\.').replaceAll('*', '.*')}$`).test(host),
        (host: string, net: string, mask: string) => mask.split('.').every((m, i) => (Number(host.split('.')[i]) & Number(m)) === Number(net.split('.')[i])),
      ) as (url: string, host: string) => string;
      expect(decide('http://olm.vn/', 'olm.vn')).toBe('PROXY 127.0.0.1:3128');
      expect(decide('http://127.0.0.1/', '127.0.0.1')).toBe('DIRECT');
      expect(decide('http://192.168.1.9/', '192.168.1.9')).toBe('DIRECT');
      expect(decide('http://8.8.8.8/', '8.8.8.8')).toBe('PROXY 127.0.0.1:3128');
    }
  });

  it('does not let a Host header into the PAC', async () => {
    const text = await raw(`GET /proxy.pac HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n`);
    expect(text).not.toContain('evil.test');
    expect(await raw(`GET /proxy.pac HTTP/1.1\r\nHost: congloc.test\r\nConnection: close\r\n\r\n`)).toContain('PROXY congloc.test:3128');
  });

  it('shows help and what blocked means, with a policy that closes everything', async () => {
    for (const path of ['/help', '/blocked', '/']) {
      const response = await fetch(base + path);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(response.headers.get('cache-control')).toBe('no-store');
    }
    expect(await (await fetch(`${base}/help`)).text()).toContain('tel:111');
    expect(await (await fetch(`${base}/healthz`)).json()).toEqual({ ok: true, generation: 7 });
    expect((await fetch(`${base}/nothing?q=secret`)).status).toBe(404);
    expect(await (await fetch(`${base}/nothing?q=secret`)).text()).not.toContain('secret');
  });

  it('takes a request, cleans its reason, and shows the answer by reference, escaped', async () => {
    const sent = await fetch(`${base}/yeu-cau`, form(GOOD));
    expect(sent.status).toBe(200);
    expect(await sent.text()).toContain('ABC234');
    expect(taken.at(-1)).toEqual({ host: 'mxh.test', ref: 'ABC234', profile: 'thcs', category: 'mxh', reason: 'bài 5 Tin 8', zone: 'phong-thcs' });
    const answer = await (await fetch(`${base}/yeu-cau/ABC234`)).text();
    expect(answer).toContain('&lt;b&gt;Không&lt;/b&gt;');
    expect((await fetch(`${base}/yeu-cau/ZZZZZZ`)).status).toBe(404);
  });

  it('takes the zone from a proxy thread only with the secret', async () => {
    await fetch(`${base}/yeu-cau`, { ...form({ ...GOOD, ref: 'ABC235' }), headers: { 'x-luytre-secret': 'wrong!', 'x-luytre-zone': 'gian' } });
    expect(taken.at(-1)?.zone).toBe('phong-thcs');
    await fetch(`${base}/yeu-cau`, { ...form({ ...GOOD, ref: 'ABC236' }), headers: { 'x-luytre-secret': 's3cret', 'x-luytre-zone': encodeURIComponent('Phòng 2') } });
    expect(taken.at(-1)?.zone).toBe('Phòng 2');
  });

  it.each([
    ['a host that is none', { ...GOOD, host: 'a b' }],
    ['no reference', { ...GOOD, ref: '' }],
    ['a profile that is none', { ...GOOD, profile: 'root' }],
    ['a category that is none', { ...GOOD, category: 'x' }],
    // our own pages of these have no form: what stands in a request is read by teachers
    ['child abuse', { ...GOOD, category: 'csam' }],
    ['the authorities’ list', { ...GOOD, category: 'danhmuc' }],
    ['what a child in need looked for', { ...GOOD, category: 'tuhai' }],
  ])('refuses %s', async (_what, fields) => {
    const before = taken.length;
    expect((await fetch(`${base}/yeu-cau`, form(fields))).status).toBe(400);
    expect(taken.length).toBe(before);
  });

  it('refuses other types, other methods, a body that is too large', async () => {
    expect((await fetch(`${base}/yeu-cau`, { method: 'POST', body: JSON.stringify(GOOD), headers: { 'content-type': 'application/json' } })).status).toBe(400);
    expect((await fetch(`${base}/help`, { method: 'PUT', body: 'x' })).status).toBe(405);
    expect((await fetch(`${base}/yeu-cau`, form({ ...GOOD, reason: 'x'.repeat(10_000) }))).status).toBe(400);
  });

  it('slows a room that sends too many', async () => {
    const statuses: number[] = [];
    for (let i = 0; i < 30; i++) statuses.push((await fetch(`${base}/yeu-cau`, form({ ...GOOD, ref: 'ABC237' }))).status);
    expect(statuses).toContain(429);
  });

  it('does not serve strangers', async () => {
    const text = await raw('GET /help HTTP/1.1\r\nHost: x\r\n\r\n', '127.0.0.2');
    expect(text).toBe('');
  });
});

/** Bytes in, bytes out; a second loopback address stands for a stranger. */
function raw(request: string, from = '127.0.0.1'): Promise<string> {
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host: '127.0.0.1', port, localAddress: from });
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    socket.on('error', () => resolve(text));
    socket.on('close', () => resolve(text));
    socket.write(request);
  });
}
