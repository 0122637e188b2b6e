/** security.md §2.2 and §2.4 inside tunnels, on both ways in, as a THPT pupil. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { shippedSnapshot, startBypassRig, TEACHER, verdictOn, type BypassRig } from '../support/bypass-rig.js';
import { helloBytes } from '../support/hello-bytes.js';
import { until } from '../support/origin.js';
import { gone, startTunnelRig, type TunnelRig } from '../support/tunnel-rig.js';
import { blocked } from '../support/wire-settings.js';

const shipped = shippedSnapshot();
let rig: BypassRig;
beforeAll(async () => {
  rig = await startBypassRig();
});
afterAll(() => rig.close());
beforeEach(() => {
  rig.permits.length = 0;
});

/** Opens a tunnel, sends the bytes, and says how it ended: the alert, 'closed', or 'through' when they reached the origin. */
async function inTunnel(bytes: Buffer, options: { target?: string; from?: string; step?: number } = {}): Promise<number | 'closed' | 'through' | 'refused'> {
  const before = rig.origin.connections.length;
  const c = await rig.client('explicit', options.from);
  c.send(`CONNECT ${options.target ?? 'ok.test:443'} HTTP/1.1\r\n\r\n`);
  const head = await c.waitFor('\r\n\r\n');
  if (!head.startsWith('HTTP/1.1 200')) return 'refused';
  const step = options.step ?? bytes.length;
  for (let at = 0; at < bytes.length; at += step) {
    c.send(bytes.subarray(at, at + step));
    if (step < bytes.length) await new Promise((resolve) => setImmediate(resolve));
  }
  const atOrigin = (): number => rig.origin.connections.slice(before).reduce((sum, o) => sum + o.bytes.length, 0);
  await until(() => c.ended() || c.closed() || atOrigin() >= bytes.length);
  const through = atOrigin() > 0;
  const said = Buffer.from(c.text().slice(head.length), 'latin1');
  c.socket.destroy();
  if (through) return 'through';
  return said.length === 7 && said[0] === 0x15 ? (said[6] ?? 'closed') : 'closed';
}

describe('the name in the hello', () => {
  it.each([
    ['T1: a byte at a time', { sni: 'blocked.test' }, 1],
    ['T2: cut inside the name', { sni: 'blocked.test' }, 61],
    ['T3: in records of one byte', { sni: 'blocked.test', recordBytes: 1 }, 5_000],
    ['T3: in records of five bytes, a byte at a time', { sni: 'blocked.test', recordBytes: 5 }, 1],
    ['T3: cut inside the name', { sni: 'blocked.test', recordBytes: 120 }, 65_536],
    ['T8: another name than CONNECT', { sni: 'blocked.test' }, 65_536],
    ['T10, T12: with padding and a session', { sni: 'evil.test', padding: 9_000 }, 1_400],
  ])('%s: the closed name is seen', async (_what, shape, step) => {
    expect(await inTunnel(helloBytes(shape), { step })).toBe(49);
    expect(await inTunnel(helloBytes({ ...shape, sni: 'ok.test' }), { step })).toBe('through');
  });
  it('T4: beyond 16 KiB, and what only says that it will be', async () => {
    expect(await inTunnel(helloBytes({ sni: 'ok.test', padding: 16_400 }))).toBe(47);
    expect(await inTunnel(Buffer.concat([Buffer.from('160301400001ffffff', 'hex'), Buffer.alloc(100)]))).toBe(47);
  });
  it('T5: none at all: pupils never, neither by name nor to an address; teachers may', async () => {
    const hello = helloBytes({ sni: null });
    expect(await inTunnel(hello)).toBe(112);
    expect(await inTunnel(hello, { target: '93.184.216.34:443' })).toBe('refused');
    expect(await inTunnel(helloBytes({ sni: 'ok.test' }), { target: '93.184.216.34:443' })).toBe('refused');
    expect(await inTunnel(hello, { from: TEACHER })).toBe('through');
    expect(await inTunnel(hello, { target: '93.184.216.34:443', from: TEACHER })).toBe('through');
  });
  it('T8: two names that are both open, but not the same, are a mismatch', async () => {
    expect(await inTunnel(helloBytes({ sni: 'other.test' }))).toBe(112);
    expect(await inTunnel(helloBytes({ sni: 'ok.test' }), { target: 'OK.TEST.:443' })).toBe('through');
    expect(await inTunnel(helloBytes({ sni: 'sub.ok.test' }))).toBe(112);
  });
  it.each(['cloudflare-ech.com', 'cover.defo.ie', 'public.tls-ech.dev'])('T10: the covering name %s is closed by the shipped rules', (host) => {
    for (const id of ['lop-1-3', 'thcs', 'thpt'] as const) expect(verdictOn(shipped, host, id)).toMatchObject({ action: 'block', cell: 'X' });
  });
});

describe('T13, V1, V6, V10: what is no TLS', () => {
  it.each([
    ['HTTP', 'GET http://blocked.test/ HTTP/1.1\r\n\r\n'], ['SSH', 'SSH-2.0-x\r\n'], ['SMTP', 'EHLO x\r\n'], ['IRC', 'NICK x\r\n'], ['SSLv2', Buffer.from('802e0100020015000000100100800300800700c0', 'hex')],
    ['DTLS', Buffer.from('16feff0000000000000000', 'hex')], ['OpenVPN', Buffer.from('000e38b1c2d3e4f5a6b7c8000000', 'hex')], ['WireGuard', Buffer.from('01000000deadbeef', 'hex')], ['BitTorrent', '\x13BitTorrent protocol'],
    ['RDP', Buffer.from('030000130ee000000000000100080003000000', 'hex')], ['SOCKS5', Buffer.from('050100', 'hex')], ['random', Buffer.from('9f3c71e2a05d', 'hex')], ['an alert', Buffer.from('15030300020100', 'hex')],
    ['application data', Buffer.from('170303000100', 'hex')], ['a change-cipher-spec first', Buffer.from('140303000101', 'hex')], ['a DNS message', Buffer.from('001d00000100000100000000000006', 'hex')], ['an h2 preface', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ])('%s', async (_what, bytes) => {
    expect(await inTunnel(Buffer.from(bytes as string, 'latin1'))).toBe('closed');
  });
  it('a record of the handshake that is no ClientHello, and one with a second message behind it', async () => {
    expect(await inTunnel(Buffer.from('160303000a0200000600000000000000', 'hex'))).toBe(47);
  });
  it('SSL 3 to TLS 1.1', async () => {
    for (const version of [0x0300, 0x0301, 0x0302]) expect(await inTunnel(helloBytes({ sni: 'ok.test', versions: [version] }))).toBe(70);
  });
});

describe('T14: ALPN', () => {
  it.each(['dot', 'doq', 'imap', 'pop3', 'xmpp-client', 'xmpp-server', 'irc', 'ftp', 'mqtt', 'acme-tls/1', 'stun.turn', 'coap', 'smb', 'sip/2', 'ntske/1', 'managesieve', 'my-vpn', 'openvpn', 'ssh', 'h2c'])('%s alone is refused', async (name) => {
    expect(await inTunnel(helloBytes({ sni: 'ok.test', alpn: [name] }))).toBe(120);
  });
  it.each(['dot', 'imap', 'xmpp-client', 'acme-tls/1'])('%s beside the web is refused: the server picks', async (name) => {
    expect(await inTunnel(helloBytes({ sni: 'ok.test', alpn: ['h2', name, 'http/1.1'] }))).toBe(120);
  });
  it.each([[['h2', 'http/1.1']], [['http/1.1']], [['h3']], [['\x2a\x2a', 'h2']]])('%j passes', async (alpn) => {
    expect(await inTunnel(helloBytes({ sni: 'ok.test', alpn }))).toBe('through');
  });
});

describe('transparent', () => {
  let tunnels: TunnelRig;
  beforeAll(async () => {
    tunnels = await startTunnelRig({ hosts: { 'ok.test': ['127.0.0.1'] } });
    tunnels.verdicts.set('blocked.test', blocked('blocked.test', { reason: 'hard-category', cell: 'X' }));
  });
  afterAll(() => tunnels.close());
  it.each([['T3', { sni: 'blocked.test', recordBytes: 7 }, 49], ['T6', { sni: 'blocked.test\0.ok.test' }, 47], ['T6', { sni: '1.2.3.4' }, 47], ['T14', { sni: 'ok.test', alpn: ['dot'] }, 120], ['T13', { sni: 'ok.test', versions: [0x0301] }, 70]] as const)(
    '%s %j ends with alert %i', async (_id, shape, alert) => {
      const socket = tunnels.openTransparent();
      const got: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => got.push(chunk));
      socket.write(helloBytes(shape));
      await gone(socket);
      expect(Buffer.concat(got)[6]).toBe(alert);
    });
});

describe('§2.4: names of ways round, by the shipped rules', () => {
  it.each([
    'torproject.org', 'www.torproject.org', 'bridges.torproject.org', 'nordvpn.com', 'expressvpn.com', 'protonvpn.com', 'windscribe.com', 'tunnelbear.com', 'hola.org', 'psiphon.ca', 'croxyproxy.com', 'hide.me', 'proxysite.com', 'surfshark.com',
    'mullvad.net', 'hidemyass.com', 'ultrasurf.us', 'urban-vpn.com',
  ])('V2, V3, V4: %s is closed hard to pupils', (host) => {
    for (const id of ['lop-1-3', 'lop-4-5', 'thcs', 'thpt'] as const) expect([host, verdictOn(shipped, host, id).action]).toEqual([host, 'block']);
  });
  it('V4: .onion goes nowhere, not even to DNS', async () => {
    const real = await startBypassRig({ realDialer: true });
    expect((await real.send('CONNECT abcdefghijklmnop.onion:443 HTTP/1.1\r\n\r\n', { from: TEACHER })).reasons).toEqual(['name-not-found']);
    await real.close();
  });
  it('V10: credentials for another proxy never leave, a proxy port is no port', async () => {
    const { statuses } = await rig.send('GET http://ok.test:3128/ HTTP/1.1\r\nHost: ok.test\r\nProxy-Authorization: Basic eDp5\r\n\r\n');
    expect(statuses).toEqual([403]);
    const through = await rig.send('GET http://ok.test/http://blocked.test/ HTTP/1.1\r\nHost: ok.test\r\nProxy-Authorization: Basic eDp5\r\n\r\n');
    expect(through.atOrigin.toString('latin1')).not.toMatch(/eDp5|proxy-authorization/i);
  });
});
