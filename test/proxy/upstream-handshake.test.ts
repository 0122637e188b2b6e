/**
 * What is offered to an origin, byte by byte, and what becomes of servers that are old, silent, odd or ask for too much
 * (security.md §6.2, "Offer upstream"; findings 4 and 5).
 */
import { createServer, connect, type AddressInfo, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions, type TLSSocket } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import type { UpstreamTlsFault } from '../../src/proxy/upstream-tls.js';
import { HOST, leaf, meet, middle, rsaRoot, serve, stranger, upstream, verdictOn } from '../support/upstream-rig.js';
import { testKey, type Made } from '../support/x509.js';

const rsa = (): Made => leaf({ key: testKey('rsa2048', 'leaf') }, rsaRoot);

const open = new Set<Server>();
const sockets = new Set<Socket>();
afterAll(() => {
  for (const socket of sockets) socket.destroy();
  for (const server of open) server.close();
});

async function plain(onSocket: (socket: Socket) => void): Promise<number> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    onSocket(socket);
  });
  open.add(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

async function dialled(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return socket;
}

interface Offer {
  readonly compression: Buffer;
  readonly session: Buffer;
  readonly ciphers: string[];
  readonly extensions: Map<number, Buffer>;
}

/** The ClientHello of one attempt. */
async function offerTo(host: string): Promise<Offer> {
  let bytes = Buffer.alloc(0);
  const port = await plain((socket) => socket.on('data', (chunk: Buffer) => {
    bytes = Buffer.concat([bytes, chunk]);
    if (bytes.length >= 5 + bytes.readUInt16BE(3)) socket.destroy();
  }));
  expect((await meet(upstream(), port, host)).fault).toBe('upstream-error');
  let at = 5 + 4 + 2 + 32;
  const take = (sizeBytes: number): Buffer => {
    const size = bytes.readUIntBE(at, sizeBytes);
    at += sizeBytes + size;
    return bytes.subarray(at - size, at);
  };
  const session = take(1);
  const ciphers = take(2);
  const compression = take(1);
  const list = take(2);
  const extensions = new Map<number, Buffer>();
  for (let i = 0; i < list.length; i += 4 + list.readUInt16BE(i + 2)) extensions.set(list.readUInt16BE(i), list.subarray(i + 4, i + 4 + list.readUInt16BE(i + 2)));
  return { session, compression, ciphers: pairs(ciphers), extensions };
}
const pairs = (bytes: Buffer): string[] => bytes.toString('hex').match(/.{4}/g) ?? [];

describe('the offer', () => {
  it('is TLS 1.2 and 1.3 with ECDHE and AEAD, and nothing besides', async () => {
    const { ciphers, compression, extensions } = await offerTo(HOST);
    // 1301–1303; ECDHE-ECDSA and -RSA with AES-GCM (c02b, c02c, c02f, c030) and ChaCha20 (cca8, cca9); 00ff says "no old renegotiation"
    expect(ciphers.filter((cipher) => cipher !== '00ff').sort()).toEqual(['1301', '1302', '1303', 'c02b', 'c02c', 'c02f', 'c030', 'cca8', 'cca9']);
    expect(compression.toString('hex')).toBe('00');
    expect(pairs((extensions.get(43) ?? Buffer.alloc(1)).subarray(1)).sort()).toEqual(['0303', '0304']);
    // X25519MLKEM768, X25519, P-256, P-384
    expect(pairs((extensions.get(10) ?? Buffer.alloc(2)).subarray(2))).toEqual(['11ec', '001d', '0017', '0018']);
    // no SHA-1 (02xx), no MD5
    const signatures = pairs((extensions.get(13) ?? Buffer.alloc(2)).subarray(2));
    expect(signatures.length).toBeGreaterThan(5);
    expect(signatures.filter((scheme) => /^0[12]/.test(scheme))).toEqual([]);
    expect(extensions.get(16)?.toString('latin1')).toBe('\0\x09\x08http/1.1');
    // status_request: the staple is asked for
    expect(extensions.has(5)).toBe(true);
  });

  it('names the host, keeps no ticket, resumes nothing', async () => {
    const { extensions } = await offerTo(HOST);
    expect(extensions.get(0)?.subarray(5).toString()).toBe(HOST);
    // 35 session_ticket, 41 pre_shared_key, 42 early_data
    expect([35, 41, 42].filter((id) => extensions.has(id))).toEqual([]);
    // an address is no server name (RFC 6066 §3)
    expect((await offerTo('127.0.0.1')).extensions.has(0)).toBe(false);
  });
});

describe('protocols and ciphers', () => {
  const cases: readonly [string, UpstreamTlsFault | null, TlsOptions, (() => Made)?][] = [
    ['TLS 1.3', null, { minVersion: 'TLSv1.3' }],
    ['TLS 1.2', null, { maxVersion: 'TLSv1.2' }],
    ['TLS 1.2 with ChaCha20', null, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-CHACHA20-POLY1305' }],
    ['P-256 alone', null, { ecdhCurve: 'P-256' }],
    ['the hybrid group alone', null, { ecdhCurve: 'X25519MLKEM768' }],
    ['TLS 1.1', 'site-tls-outdated', { minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' }],
    ['TLS 1.0', 'site-tls-outdated', { minVersion: 'TLSv1', maxVersion: 'TLSv1' }],
    ['no encryption', 'site-tls-outdated', { maxVersion: 'TLSv1.2', ciphers: 'NULL-SHA256:@SECLEVEL=0' }, rsa],
    ['static RSA with GCM', 'site-tls-outdated', { maxVersion: 'TLSv1.2', ciphers: 'AES128-GCM-SHA256:@SECLEVEL=0' }, rsa],
    ['static RSA with CBC', 'site-tls-outdated', { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA:@SECLEVEL=0' }, rsa],
    ['ECDHE with CBC', 'site-tls-outdated', { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-SHA:@SECLEVEL=0' }, rsa],
    ['DHE', 'site-tls-outdated', { maxVersion: 'TLSv1.2', ciphers: 'DHE-RSA-AES128-GCM-SHA256:@SECLEVEL=0', dhparam: 'auto' }, rsa],
    ['anonymous keys', 'site-tls-outdated', { maxVersion: 'TLSv1.2', ciphers: 'AECDH-AES128-SHA:@SECLEVEL=0' }],
    ['SHA-1 in the handshake', 'site-tls-outdated', { maxVersion: 'TLSv1.2', sigalgs: 'RSA+SHA1', ciphers: 'ALL:@SECLEVEL=0' }, rsa],
    ['another protocol by ALPN', 'site-tls-failed', { ALPNProtocols: ['h2'] }],
  ];
  it.each(cases)('%s: %s', async (_name, expected, options, make) => {
    const port = await serve((make ?? leaf)(), make === undefined ? undefined : [], options);
    const met = await meet(upstream(), port);
    expect(met.fault).toBe(expected);
    if (expected === null) expect(met).toMatchObject({ heard: 'xin chào', alpn: options.ALPNProtocols === undefined ? false : 'http/1.1' });
  });

  it('agrees on http/1.1 where the server knows it', async () => {
    expect(await meet(upstream(), await serve(leaf(), undefined, { ALPNProtocols: ['h2', 'http/1.1'] }))).toMatchObject({ fault: null, alpn: 'http/1.1' });
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('sessions, %s', (version) => {
  it('are never resumed, so none can vouch for another host', async () => {
    const client = upstream();
    const port = await serve(leaf(), undefined, { maxVersion: version, minVersion: version });
    for (let i = 0; i < 3; i++) expect(await meet(client, port)).toMatchObject({ fault: null, protocol: version, reused: false });
    expect(await meet(client, port, 'khac.test')).toMatchObject({ fault: 'site-certificate-wrong-host' });
    expect(await meet(client, port)).toMatchObject({ fault: null, reused: false });
  });
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a server that asks for a certificate, %s', (version) => {
  it.each([true, false])('is reported, whether it insists or not (%s)', async (insists) => {
    expect(await verdictOn(leaf(), undefined, { maxVersion: version, minVersion: version, requestCert: true, rejectUnauthorized: insists })).toBe('site-wants-certificate');
  });
  it.each([true, false])('is judged first: a bad site is no reason to splice (insists: %s)', async (insists) => {
    const options = { maxVersion: version, minVersion: version, requestCert: true, rejectUnauthorized: insists };
    expect(await verdictOn(leaf({}, stranger), [stranger], options)).toBe('site-certificate-untrusted');
    expect(await verdictOn(leaf({ dns: ['khac.test'] }), undefined, options)).toBe('site-certificate-wrong-host');
  });
});

describe('servers that are no servers', () => {
  it('a silent one costs the deadline, no more', async () => {
    let ended = false;
    const port = await plain((socket) => socket.on('close', () => (ended = true)).resume());
    const client = upstream({ handshakeMs: 150 });
    expect((await meet(client, port)).fault).toBe('upstream-timeout');
    await expect.poll(() => ended).toBe(true);
  });

  it.each([
    ['closes', (socket: Socket) => socket.destroy()],
    ['ends without a word', (socket: Socket) => socket.resume().end()],
  ] as const)('one that %s: upstream-error', async (_name, act) => {
    expect((await meet(upstream(), await plain(act))).fault).toBe('upstream-error');
  });

  it.each([
    ['speaks HTTP', 'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n'],
    ['gives up with an alert of its own', '\x15\x03\x03\x00\x02\x02\x50'],
    ['answers with a hello of no sense', '\x16\x03\x03\x00\x08\x02\x00\x00\x04\xff\xff\xff\xff'],
  ])('one that %s: site-tls-failed', async (_name, answer) => {
    const port = await plain((socket) => socket.on('data', () => socket.end(Buffer.from(answer, 'latin1'))));
    expect((await meet(upstream(), port)).fault).toBe('site-tls-failed');
  });

  it('a drip of a handshake does not outlive the deadline', async () => {
    const port = await plain((socket) => {
      socket.write(Buffer.from([0x16, 0x03, 0x03, 0x40, 0x00]));
      const drip = setInterval(() => socket.write(Buffer.from([0])), 20);
      socket.on('close', () => clearInterval(drip)).resume();
    });
    expect((await meet(upstream({ handshakeMs: 200 }), port)).fault).toBe('upstream-timeout');
  });
});

describe('the seam', () => {
  it('cancelled: silence, and no socket left', async () => {
    const port = await serve(leaf());
    const socket = await dialled(port);
    let calls = 0;
    const dialing = upstream().secure(socket, HOST, () => calls++);
    dialing.cancel();
    dialing.cancel();
    expect(socket.destroyed).toBe(true);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(calls).toBe(0);
  });

  it('says nothing more once it has spoken, whatever happens to the connection', async () => {
    const port = await serve(leaf());
    const socket = await dialled(port);
    let calls = 0;
    const secure = await new Promise<TLSSocket | null>((resolve) => upstream().secure(socket, HOST, (_fault, made) => {
      calls++;
      resolve(made);
    }));
    secure?.destroy(new Error('reset'));
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(calls).toBe(1);
  });

  it('a socket that is gone already is a failure like any other', async () => {
    const socket = await dialled(await serve(leaf()));
    socket.destroy();
    const fault = await new Promise((resolve) => upstream().secure(socket, HOST, resolve));
    expect(fault).toBe('upstream-error');
  });

  it('refuses a renegotiation that the server asks for', async () => {
    const made = leaf();
    let answer: string | undefined;
    const server = createTlsServer({ key: made.key.export({ type: 'pkcs8', format: 'pem' }), cert: made.pem + middle.pem, maxVersion: 'TLSv1.2' }, (socket) => {
      sockets.add(socket);
      socket.on('error', (error: NodeJS.ErrnoException) => (answer = error.code)).resume();
      socket.renegotiate({}, () => (answer = 'done'));
    });
    open.add(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = await dialled((server.address() as AddressInfo).port);
    const secure = await new Promise<TLSSocket | null>((resolve) => upstream().secure(socket, HOST, (_fault, made2) => resolve(made2)));
    secure?.on('error', () => secure.destroy()).resume();
    await expect.poll(() => answer).toBe('ERR_SSL_NO_RENEGOTIATION');
    secure?.destroy();
  });
});
