/** security.md §2.1: other name servers, name servers inside HTTP, and lies of name servers. What only the network can close is in docs/limits.md. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createDialer } from '../../src/proxy/dial.js';
import { createResolver } from '../../src/proxy/resolve.js';
import { bypassPolicy, shippedSnapshot, startBypassRig, TEACHER, verdictOn, type BypassRig } from '../support/bypass-rig.js';
import { startDnsStub } from '../support/dns-stub.js';
import { wireSettings } from '../support/wire-settings.js';

const shipped = shippedSnapshot();
const QUERY = 'AAABAAABAAAAAAAAB2Jsb2NrZWQEdGVzdAAAAQAB';
let rig: BypassRig;

beforeAll(async () => {
  rig = await startBypassRig();
});
afterAll(() => rig.close());

describe('D1, D2, D3: other resolvers by their ports', () => {
  it.each([53, 853, 5353, 8853, 784])('CONNECT and GET to port %i are refused before anything is dialled', async (port) => {
    const before = rig.permits.length;
    for (const bytes of [`CONNECT ok.test:${port} HTTP/1.1\r\nHost: ok.test:${port}\r\n\r\n`, `GET http://ok.test:${port}/ HTTP/1.1\r\nHost: ok.test:${port}\r\n\r\n`]) {
      const { statuses, reasons } = await rig.send(bytes);
      expect([statuses, reasons]).toEqual([[403], ['port-not-allowed']]);
    }
    expect(rig.permits.length).toBe(before);
  });
});

describe('D4: DNS over HTTP, whatever host answers it', () => {
  const post = (type: string): string => `POST http://ok.test/x HTTP/1.1\r\nHost: ok.test\r\nContent-Type: ${type}\r\nContent-Length: 3\r\n\r\nabc`;
  const vectors: readonly (readonly [string, string])[] = [
    ['GET by the standard path', `GET http://ok.test/dns-query?dns=${QUERY} HTTP/1.1\r\nHost: ok.test\r\nAccept: application/dns-message\r\n\r\n`],
    ['GET without Accept', `GET http://ok.test/dns-query?dns=${QUERY} HTTP/1.1\r\nHost: ok.test\r\n\r\n`],
    ['GET under another path', `GET http://ok.test/a/b?x=1&dns=${QUERY} HTTP/1.1\r\nHost: ok.test\r\n\r\n`],
    ['GET under another path with another id', `GET http://ok.test/a?dns=q80${QUERY.slice(3)} HTTP/1.1\r\nHost: ok.test\r\naccept: */*, APPLICATION/DNS-message\r\n\r\n`],
    ['JSON by Accept', 'GET http://ok.test/resolve?name=blocked.test&type=A HTTP/1.1\r\nHost: ok.test\r\nAccept: application/dns-json\r\n\r\n'],
    ['JSON by ct', 'GET http://ok.test/dns-query?ct=application%2Fdns-json&name=blocked.test HTTP/1.1\r\nHost: ok.test\r\n\r\n'],
    ['POST', post('application/dns-message')],
    ['POST in capitals with a parameter', post('Application/DNS-Message; x=y')],
    ['oblivious', post('application/oblivious-dns-message')],
    ['chunked POST', 'POST http://ok.test/ HTTP/1.1\r\nHost: ok.test\r\nContent-Type:application/dns-message\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'],
  ];
  it.each(vectors)('%s: closed to pupils', async (_what, bytes) => {
    const { statuses, reasons, atOrigin } = await rig.send(bytes);
    expect([statuses, reasons]).toEqual([[403], ['hard-category']]);
    expect(atOrigin).toHaveLength(0);
  });
  it.each(vectors.slice(0, 1))('%s: a teacher is not a pupil', async (_what, bytes) => {
    expect((await rig.send(bytes, { from: TEACHER })).statuses).toEqual([200]);
  });
  it.each([
    ['a search for dns', 'GET http://ok.test/tim?q=dns-query&name=an HTTP/1.1\r\nHost: ok.test\r\nAccept: text/html\r\n\r\n'],
    ['a page about it', 'GET http://ok.test/application/dns-message HTTP/1.1\r\nHost: ok.test\r\n\r\n'],
    ['a setting called dns', 'GET http://ok.test/?dns=1 HTTP/1.1\r\nHost: ok.test\r\n\r\n'],
    ['a form', 'POST http://ok.test/ HTTP/1.1\r\nHost: ok.test\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'],
  ])('%s is none', async (_what, bytes) => {
    expect((await rig.send(bytes)).statuses).toEqual([200]);
  });
  it.each(['dns.google', 'cloudflare-dns.com', 'mozilla.cloudflare-dns.com', 'dns.quad9.net', 'doh.opendns.com', 'dns.nextdns.io', 'abc123.dns.nextdns.io', 'dns.adguard-dns.com'])(
    'the shipped rules close %s to pupils, hard', (host) => {
      for (const id of ['lop-1-3', 'lop-4-5', 'thcs', 'thpt'] as const) expect(verdictOn(shipped, host, id)).toMatchObject({ action: 'block', cell: 'X' });
    });
});

describe('D5: by address', () => {
  it.each(['1.1.1.1', '8.8.4.4', '9.9.9.9', '2606:4700:4700::1111', '2001:4860:4860::8888'])('the shipped rules close %s', (host) => {
    expect(verdictOn(shipped, host, 'thpt')).toMatchObject({ action: 'block', cell: 'X' });
  });
  it('an address no list names is closed to pupils, with and without TLS, and open to teachers', async () => {
    for (const bytes of ['CONNECT 93.184.216.34:443 HTTP/1.1\r\nHost: x\r\n\r\n', 'GET http://93.184.216.34/ HTTP/1.1\r\nHost: 93.184.216.34\r\n\r\n', 'CONNECT [2606:2800:21f::1]:443 HTTP/1.1\r\n\r\n']) {
      expect((await rig.send(bytes)).statuses).toEqual([403]);
    }
    expect((await rig.send('GET http://93.184.216.34/ HTTP/1.1\r\nHost: 93.184.216.34\r\n\r\n', { from: TEACHER })).statuses).toEqual([200]);
  });
});

describe('D7, D8, D9: names that switch a bypass on or off', () => {
  it.each(['use-application-dns.net', 'mask.icloud.com', 'mask-h2.icloud.com', 'mask-api.icloud.com', 'tunnel.googlezip.net'])('%s is closed by the shipped rules for every pupil', (host) => {
    for (const id of ['lop-1-3', 'lop-4-5', 'thcs', 'thpt'] as const) expect(verdictOn(shipped, host, id).action).toBe('block');
  });
  it('the rest of iCloud and of Google is not', () => {
    expect(verdictOn(shipped, 'www.icloud.com', 'thpt').layer).not.toBe('hard');
  });
});

describe('D12: rebinding', () => {
  it('the first answer public, the next loopback: each dial is judged by the address it dials', async () => {
    const stub = await startDnsStub((_name, type, nth) => (type === 'A' ? { records: [{ type: 'A', data: nth === 0 ? '203.0.113.9' : '127.0.0.1', ttl: 0 }] } : {}));
    let nowMs = 0;
    const resolver = createResolver({ dns: [stub.server], hosts: {}, monotonicMs: () => nowMs });
    const real = await startBypassRig({
      policy: bypassPolicy([{ name: 'hoc', category: 'hoclieu', entries: ['rebind.test'] }]),
      settings: { dialPrivate: [], ports: [80] },
      deps: { dialer: createDialer(wireSettings({ dialPrivate: [], ports: [80], limits: { connectMs: 300 } }), resolver, { ownAddresses: () => [] }) },
    });
    const ask = async (): Promise<string | null | undefined> => (await real.send('GET http://rebind.test/ HTTP/1.1\r\nHost: rebind.test\r\n\r\n', { ms: 4_000 })).reasons[0];
    expect(await ask()).toBe('private-address');
    nowMs += 6_000;
    expect(await ask()).toBe('own-address');
    expect(real.origin.connections).toHaveLength(0);
    await real.close();
    resolver.close();
    await stub.close();
  });
});
