/** security.md §2.6 on the running proxy: every odd spelling of a host, in every place a host can stand, on both ways in. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalHost, wireHost } from '../../src/matching/hostname.js';
import { bypassPolicy, startBypassRig, type BypassRig } from '../support/bypass-rig.js';
import { helloBytes } from '../support/hello-bytes.js';
import { until } from '../support/origin.js';

let rig: BypassRig;
let real: BypassRig;
beforeAll(async () => {
  rig = await startBypassRig();
  // The real dialler with its guard, nothing private allowed; every address is "named", so that policy lets it through to the guard.
  real = await startBypassRig({
    realDialer: true,
    policy: bypassPolicy([{ name: 'het', category: 'hoclieu', entries: ['127.0.0.1', '0.0.0.0', '0.0.0.1', '10.0.0.1', '169.254.169.254', '192.168.1.1', '1.2.0.3', '::1', '::', 'fe80::1', 'fc00::1', 'ff02::1', 'localhost', 'ten.test'] }]),
    settings: { dialPrivate: [], ports: [80, 443], hosts: { 'ten.test': ['192.168.1.1', '127.0.0.1'] } },
  });
});
afterAll(async () => {
  await rig.close();
  await real.close();
});

const places: readonly (readonly [string, 'explicit' | 'transparent', (host: string) => string])[] = [
  ['absolute-form', 'explicit', (host) => `GET http://${host}/ HTTP/1.1\r\nHost: ok.test\r\n\r\n`],
  ['CONNECT', 'explicit', (host) => `CONNECT ${host}:443 HTTP/1.1\r\nHost: ok.test:443\r\n\r\n`],
  ['Host', 'transparent', (host) => `GET / HTTP/1.1\r\nHost: ${host}\r\n\r\n`],
];

describe('§2.6 spellings of a closed name', () => {
  const folded = ['blocked.test.', 'BLOCKED.test', 'bLoCkEd.TeSt.', 'a.b.blocked.test', 'x_y.blocked.test'];
  const refused = [
    'blocked.test..', '.blocked.test', 'blocked..test', 'blocked%2etest', '%62locked.test', 'b%6cocked.test', 'ok.test@blocked.test', 'ok.test:80@blocked.test',
    'user:pw@blocked.test', 'ok.test#@blocked.test', 'blocked.test\\@ok.test', 'blocked.test\\.ok.test', 'ok.test,blocked.test', '*.test', '-a.blocked.test', 'a-.blocked.test',
    `${'a'.repeat(64)}.blocked.test`, `${'a.'.repeat(124)}blocked.test`, 'xn--.blocked.test', 'xn--zzzzzz--.blocked.test', '[blocked.test]', 'blocked.test]', '08.0.0.1', '256.256.256.256',
    '1.2.3.4.5', 'foo.0x4', '[::1', '::1', '[::1%25eth0]', '[fe80::1%eth0]', '[::ffff:1.2.3]', '[::127.0.0.1.1]', '(blocked.test)', 'blocked.test;x', 'blocked.test&x', "blocked.test'", 'b~.test', 'b!.test', 'b$.test',
  ];
  for (const [place, mode, request] of places) {
    it.each(folded)(`${place} %s is blocked`, async (host) => {
      const { statuses, atOrigin } = await rig.send(request(host), { mode });
      expect(statuses).toEqual([403]);
      expect(atOrigin).toHaveLength(0);
    });
    it.each(refused)(`${place} %j is refused as no host`, async (host) => {
      const before = rig.permits.length;
      const { statuses, answers } = await rig.send(request(host), { mode });
      expect([statuses, answers[0]?.header('connection')]).toEqual([[400], 'close']);
      expect(rig.permits.length).toBe(before);
    });
    it.each(['\0', '\t', ' ', '\x01', '\x7f', '\x80', '\xc2\xad', '\xe3\x80\x82', '\xef\xbc\x8e', '\xe2\x91\xa0', '\r', '\n', '"', '<', '>'])(`${place}: the byte(s) %j in a name`, async (bytes) => {
      const before = rig.permits.length;
      const { statuses } = await rig.send(Buffer.from(request(`ok${bytes}.test`), 'latin1'), { mode });
      expect(statuses.every((s) => s === 400 || s === 505)).toBe(true);
      expect(statuses.length).toBe(1);
      expect(rig.permits.length).toBe(before);
    });
    it.each([':0443', ':+443', ':', ':0', ':65979', ':443x', ':4 43', ':-1', ':0x1bb', ':443:443', ':%34'])(`${place}: the port %s is refused`, async (port) => {
      const before = rig.permits.length;
      const bytes = request(`ok.test${port}`).replace(`${port}:443 HTTP`, `${port} HTTP`);
      expect((await rig.send(bytes, { mode })).statuses).toEqual([400]);
      expect(rig.permits.length).toBe(before);
    });
  }

  it.each(['b_locked.blocked.test', 'BLOCKED.TEST', 'blocked.test.'])('SNI %j is blocked', async (sni) => {
    expect(await helloEnds(sni)).toBe(49);
  });
  it.each(['blocked.test..', 'blocked.test\0.ok.test', 'ok.test\0', '1.2.3.4', '[::1]', '::1', '2130706433', '0x7f.1', '', 'ok%2etest', 'ok.test:443', 'ok.test/', 'a@ok.test', ' ok.test', `${'a'.repeat(250)}.test`, 'xn--.test', '*.ok.test'])('T6: SNI %j is an illegal parameter', async (sni) => {
    expect(await helloEnds(sni)).toBe(47);
  });

  /** The alert a tunnel to ok.test ends with. */
  async function helloEnds(sni: string): Promise<number> {
    const c = await rig.client();
    c.send('CONNECT ok.test:443 HTTP/1.1\r\n\r\n');
    const head = (await c.waitFor('\r\n\r\n')).length;
    c.send(helloBytes({ sni }));
    await until(() => c.ended() || c.closed());
    const alert = Buffer.from(c.text().slice(head), 'latin1');
    expect(alert[0]).toBe(0x15);
    return alert[6] ?? -1;
  }
});

describe('X1, X2, X3, C6: private addresses in every spelling', () => {
  const hosts = [
    '127.0.0.1', '127.1', '2130706433', '0x7f.1', '0x7f000001', '0177.0.0.1', '017700000001', '127.0.0.1.', '0', '0.0.0.0', '0.1', '167772161', '10.1', '012.1', '0xa.0x1', '169.254.169.254', '2852039166',
    '0xa9fea9fe', '192.168.257', '192.168.1.1', '0300.0250.1.1', '[::1]', '[::]', '[0:0:0:0:0:0:0:1]', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::ffff:0a00:0001]', '[::127.0.0.1]', '[64:ff9b::7f00:1]',
    '[64:ff9b::10.0.0.1]', '[2002:7f00:1::]', '[2002:0a00:0001::1]', '[2001:0:4136:e378:8000:63bf:80ff:fffe]', '[fe80::1]', '[fc00::1]', '[ff02::1]', '[::ffff:169.254.169.254]', 'localhost', 'LOCALHOST.', 'ten.test',
  ];
  for (const [place, mode, request] of places) {
    it.each(hosts)(`${place} %s is never dialled`, async (host) => {
      const { statuses, reasons } = await real.send(request(host), { mode, ms: 6_000 });
      expect(statuses).toEqual([403]);
      expect(reasons[0]).toMatch(/^(?:own-address|private-address|uncategorised-blocked)$/);
      // What policy knows by name gets as far as the guard.
      const canonical = wireHost(host) ?? '';
      if (canonical === '127.0.0.1' || canonical === 'localhost') expect(reasons[0]).toBe('own-address');
      if (canonical === 'ten.test') expect(reasons[0]).toBe('own-address');
    });
  }
  it('the wire and people’s spelling agree on every one', () => {
    for (const host of hosts) expect(canonicalHost(host)).toBe(wireHost(host));
  });
});

describe('forms of a target', () => {
  it.each(['http:ok.test/', 'http:/ok.test/', 'http:///ok.test/', '//ok.test/', 'http:\\\\ok.test/', 'http://', 'http:///', 'http://?x', 'http://#x', 'ok.test', 'ok.test/', ':80/', '?x'])('explicit GET %s is refused', async (target) => {
    const before = rig.permits.length;
    expect((await rig.send(`GET ${target} HTTP/1.1\r\nHost: ok.test\r\n\r\n`)).statuses).toEqual([400]);
    expect(rig.permits.length).toBe(before);
  });
  it.each(['ftp://ok.test/', 'file:///etc/passwd', 'https://ok.test/', 'gopher://ok.test/', 'ws://ok.test/', 'javascript://ok.test/', 'data://ok.test'])('explicit GET %s: no such scheme here', async (target) => {
    const before = rig.permits.length;
    expect([400, 501]).toContain((await rig.send(`GET ${target} HTTP/1.1\r\nHost: ok.test\r\n\r\n`)).statuses[0]);
    expect(rig.permits.length).toBe(before);
  });
});
