/** security.md §2.7 and §2.8: fields that disagree, and CONNECT. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startBypassRig, type BypassRig } from '../support/bypass-rig.js';
import { helloBytes } from '../support/hello-bytes.js';
import { until } from '../support/origin.js';
import { readAll, valuesOf } from '../support/strict-oracle.js';

let rig: BypassRig;
beforeAll(async () => {
  rig = await startBypassRig({ settings: { pages: { port: 8080, names: ['luytre.lan'], secret: 's' }, limits: { helloMs: 400 } } });
});
afterAll(() => rig.close());
beforeEach(() => {
  rig.permits.length = 0;
});

const get = (url: string, ...fields: string[]): string => `GET ${url} HTTP/1.1\r\n${fields.map((f) => `${f}\r\n`).join('')}\r\n`;

describe('which host is meant', () => {
  it('H1: the target names an open host, Host a closed one: policy and origin see the target', async () => {
    const { statuses, atOrigin } = await rig.send(get('http://ok.test/', 'Host: blocked.test'));
    expect(statuses).toEqual([200]);
    expect(valuesOf(readAll(atOrigin).requests[0]!, 'host')).toEqual(['ok.test']);
    expect(rig.permits.map((p) => p.host)).toEqual(['ok.test']);
  });
  it('H2: the other way round it is blocked', async () => {
    expect((await rig.send(get('http://blocked.test/', 'Host: ok.test'))).statuses).toEqual([403]);
    expect(rig.permits).toEqual([]);
  });
  it.each(['explicit', 'transparent'] as const)('H3: two Host fields, %s', async (mode) => {
    for (const second of ['Host: blocked.test', 'host: ok.test', 'HOST:', 'Host : ok.test', ' Host: ok.test']) {
      expect((await rig.send(get(mode === 'explicit' ? 'http://ok.test/' : '/', 'Host: ok.test', second), { mode })).statuses).toEqual([400]);
    }
    expect(rig.permits).toEqual([]);
  });
  it.each(['ok.test, blocked.test', 'ok.test/x', 'a@ok.test', '', 'ok.test blocked.test', 'http://ok.test', 'ok.test?x', 'ok.test#', '[::1', 'ok.test:', 'ok.test:80:80'])('H4: Host: %j', async (host) => {
    expect((await rig.send(get('http://ok.test/', `Host: ${host}`))).statuses).toEqual([400]);
    expect((await rig.send(get('/', `Host: ${host}`), { mode: 'transparent' })).statuses).toEqual([400]);
    expect(rig.permits).toEqual([]);
  });
  it('H5: transparent: the permit is for Host, whatever address the client chose', async () => {
    expect((await rig.send(get('/', 'Host: ok.test'), { mode: 'transparent' })).statuses).toEqual([200]);
    expect(rig.permits.map((p) => [p.host, p.dialHost, p.port])).toEqual([['ok.test', 'ok.test', 80]]);
    expect((await rig.send(get('http://ok.test/', 'Host: blocked.test'), { mode: 'transparent' })).statuses).toEqual([400]);
    expect((await rig.send('GET /x HTTP/1.0\r\n\r\n', { mode: 'transparent' })).statuses).toEqual([400]);
  });
  it('H6: fields that name another host for some servers are forwarded, and never read', async () => {
    const fields = ['X-Forwarded-Host: blocked.test', 'X-Original-URL: http://blocked.test/', 'X-Rewrite-URL: /evil', 'X-Host: blocked.test', 'X-HTTP-Host-Override: blocked.test'];
    const { statuses, atOrigin } = await rig.send(get('http://ok.test/', 'Host: ok.test', ...fields, 'Forwarded: host=blocked.test'));
    expect(statuses).toEqual([200]);
    const [request] = readAll(atOrigin).requests;
    expect(valuesOf(request!, 'x-forwarded-host')).toEqual(['blocked.test']);
    expect(valuesOf(request!, 'forwarded')).toEqual([]);
    expect((await rig.send(get('http://blocked.test/', 'Host: blocked.test', 'X-Forwarded-Host: ok.test'))).statuses).toEqual([403]);
  });
  it('H7: nobody becomes a teacher by saying so, and nothing says who asked', async () => {
    const claims = ['X-Forwarded-For: 127.0.0.2', 'X-Real-IP: 127.0.0.2', 'Forwarded: for=127.0.0.2', 'Client-IP: 127.0.0.2', 'True-Client-IP: 127.0.0.2', 'X-Luytre-Zone: giao-vien', 'X-Luytre-Secret: s', 'Via: 1.1 127.0.0.2'];
    expect((await rig.send(get('http://93.184.216.34/', 'Host: x', ...claims))).statuses).toEqual([403]);
    const { atOrigin } = await rig.send(get('http://ok.test/', 'Host: ok.test', 'X-Forwarded-For: 10.1.1.1', 'x-forwarded-for: 10.1.1.2', 'Forwarded: for=10.1.1.3', 'Proxy-Authorization: Basic eDp5', 'Proxy-Connection: keep-alive', 'Proxy-Foo: 10.1.1.4'));
    expect(atOrigin.toString('latin1')).not.toMatch(/10\.1\.1|127\.0\.0|proxy-/i);
  });
  it('H8: Connection takes neither Host nor framing off the road', async () => {
    const bytes = `POST http://ok.test/ HTTP/1.1\r\nHost: ok.test\r\nConnection: close, Host, Content-Length, Transfer-Encoding, X-Role\r\nX-Role: teacher\r\nContent-Length: 5\r\n\r\nhello`;
    const { atOrigin } = await rig.send(bytes);
    const [request] = readAll(atOrigin).requests;
    expect([valuesOf(request!, 'host'), valuesOf(request!, 'content-length'), valuesOf(request!, 'x-role'), request?.body.toString()]).toEqual([['ok.test'], ['5'], [], 'hello']);
  });
  it('H9: every request of a kept connection is decided on its own, with whatever Host', async () => {
    const { statuses, atOrigin } = await rig.send(get('http://ok.test/1', 'Host: ok.test') + get('http://blocked.test/2', 'Host: ok.test') + get('http://ok.test/3', 'Host: blocked.test') + get('http://evil.test/4', 'Host: evil.test'), { wanted: 4 });
    expect(statuses).toEqual([200, 403, 200, 403]);
    expect(readAll(atOrigin).requests.map((r) => [r.target, valuesOf(r, 'host')])).toEqual([['/1', ['ok.test']], ['/3', ['ok.test']]]);
    const transparent = await rig.send(get('/1', 'Host: ok.test') + get('/2', 'Host: blocked.test') + get('/3', 'Host: other.test'), { mode: 'transparent', wanted: 3 });
    expect(transparent.statuses).toEqual([200, 403, 200]);
  });
});

const connect = (target: string, ...fields: string[]): string => `CONNECT ${target} HTTP/1.1\r\n${fields.map((f) => `${f}\r\n`).join('')}\r\n`;

describe('CONNECT', () => {
  it.each([25, 22, 6667, 8443, 80, 1, 65535, 8080, 3128])('C1: port %i', async (port) => {
    expect((await rig.send(connect(`ok.test:${port}`))).reasons).toEqual(['port-not-allowed']);
    expect(rig.permits).toEqual([]);
  });
  it.each([
    ['HTTP in clear', 'GET / HTTP/1.1\r\nHost: blocked.test\r\n\r\n'],
    ['C7, a second CONNECT', 'CONNECT other.test:443 HTTP/1.1\r\n\r\n'],
    ['V6, SSH', 'SSH-2.0-OpenSSH_9.9\r\n'],
    ['SOCKS', '\x05\x01\x00'],
    ['a proxy line', 'PROXY TCP4 10.0.0.1 10.0.0.2 1 2\r\n'],
  ])('C2: %s in an open tunnel, and in one write with the CONNECT: closed, and the origin hears nothing', async (_what, bytes) => {
    for (const together of [true, false]) {
      const before = rig.origin.connections.length;
      const c = await rig.client();
      c.send(connect('ok.test:443') + (together ? bytes : ''));
      if (!together) {
        await c.waitFor('200');
        c.send(bytes);
      }
      await until(() => c.ended() || c.closed());
      await until(() => rig.origin.connections.slice(before).every((o) => o.closed));
      expect(Buffer.concat(rig.origin.connections.slice(before).map((o) => o.bytes))).toHaveLength(0);
    }
  });
  it('C3: a hello that came with the CONNECT waits for the 200', async () => {
    const hello = helloBytes({ sni: 'ok.test' });
    const c = await rig.client();
    c.send(Buffer.concat([Buffer.from(connect('ok.test:443')), hello]));
    await c.waitFor('200 Connection established');
    await until(() => rig.origin.connections.at(-1)?.bytes.equals(hello) === true);
    c.socket.destroy();
  });
  it.each([
    ['a length', connect('ok.test:443', 'Host: ok.test', 'Content-Length: 5') + 'hello'],
    ['chunks', connect('ok.test:443', 'Transfer-Encoding: chunked') + '0\r\n\r\n'],
    ['an unknown coding', connect('ok.test:443', 'Transfer-Encoding: x')],
  ])('C4: with %s', async (_what, bytes) => {
    expect((await rig.send(bytes)).statuses).toEqual([400]);
    expect(rig.permits).toEqual([]);
  });
  it.each(['ok.test', 'http://ok.test:443/', 'https://ok.test', 'ok.test:443/evil', 'a@ok.test:443', 'ok.test:65979', 'ok.test:+443', 'ok%2etest:443', 'a,b:443', '/', '*', ':443', '[::1]', 'ok.test:443?x', 'ok.test:443#x', '//ok.test:443'])('C5: CONNECT %s', async (target) => {
    expect((await rig.send(connect(target, 'Host: ok.test:443'))).statuses).toEqual([400]);
    expect(rig.permits).toEqual([]);
  });
  it('C8: a tunnel in which nothing is said is closed at the hello deadline', async () => {
    const c = await rig.client();
    c.send(connect('ok.test:443'));
    await c.waitFor('200');
    const at = performance.now();
    await until(() => c.ended() || c.closed(), 4_000);
    expect(performance.now() - at).toBeLessThan(2_500);
  });
  it('C10: HTTP/1.0 and no Host are well, two Hosts are not', async () => {
    for (const bytes of ['CONNECT ok.test:443 HTTP/1.0\r\n\r\n', connect('ok.test:443')]) {
      const c = await rig.client();
      c.send(bytes);
      await c.waitFor('200');
      c.socket.destroy();
    }
    expect((await rig.send(connect('ok.test:443', 'Host: ok.test', 'Host: ok.test'))).statuses).toEqual([400]);
    expect((await rig.send(connect('blocked.test:443', 'Host: ok.test:443'))).statuses).toEqual([403]);
    expect((await rig.send(connect('ok.test:443', 'Host: ok.test'), { mode: 'transparent' })).statuses).toEqual([400]);
  });
  it('to a closed host: 403 with the reason, nothing dialled', async () => {
    const { statuses, reasons } = await rig.send(connect('sub.BLOCKED.test.:443'));
    expect([statuses, reasons]).toEqual([[403], ['hard-category']]);
    expect(rig.permits).toEqual([]);
  });
});
