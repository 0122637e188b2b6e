/** Contexts over real TLS: versions, ALPN, no resumption, bounded, renewed; and what is never answered for. */
import tls, { TLSSocket } from 'node:tls';
import net, { type AddressInfo } from 'node:net';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../src/local-time.js';
import { makeCa, readCa } from '../../src/tls/ca-certificate.js';
import { ALPN_PROTOCOLS, createTlsContexts, type TlsContexts } from '../../src/tls/contexts.js';
import { createNeverDecrypt } from '../../src/tls/never-decrypt.js';
import { NOW, wish } from './fixture.js';

const { key, certificate } = makeCa(wish());
const issuing = readCa(key, certificate);
if (issuing === null) throw new Error('our own CA is not one');
const ca = certificate.toString();

function contexts(max?: number): TlsContexts {
  return createTlsContexts(issuing as NonNullable<typeof issuing>, { neverDecrypt: createNeverDecrypt(['thu.test', '=chi-ten-nay.test', '*.duoi.test']), ...(max === undefined ? {} : { max }) });
}

interface Seen { authorized: boolean; protocol: string | null; alpn: string | false | null; reused: boolean; session: Buffer | undefined; error: string | null }

/** One handshake against a server side made the way the gateway makes it. */
async function shake(made: TlsContexts, host: string, options: tls.ConnectionOptions = {}): Promise<Seen> {
  const server = net.createServer((socket) => {
    const secureContext = made.get(host, NOW);
    if (secureContext === null) return void socket.destroy();
    const secure = new TLSSocket(socket, { isServer: true, secureContext, ALPNProtocols: [...ALPN_PROTOCOLS] });
    secure.on('error', () => socket.destroy());
    secure.on('secure', () => secure.end('x'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const seen: Seen = { authorized: false, protocol: null, alpn: null, reused: false, session: undefined, error: null };
  await new Promise<void>((resolve) => {
    const socket = tls.connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', servername: net.isIP(host) === 0 ? host : '', ca, ...options });
    socket.on('session', (data: Buffer) => (seen.session = data));
    // asked here, not in 'error': getProtocol() of a failed TLSSocket ends Node 24.21 with a segmentation fault
    socket.on('secureConnect', () => Object.assign(seen, { authorized: socket.authorized, protocol: socket.getProtocol(), alpn: socket.alpnProtocol, reused: socket.isSessionReused() }));
    socket.on('error', (error: NodeJS.ErrnoException) => (seen.error = error.code ?? error.message));
    socket.on('data', () => undefined);
    socket.on('close', () => resolve());
  });
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return seen;
}

describe('contexts', () => {
  it.each(['TLSv1.2', 'TLSv1.3'] as const)('speak %s, and HTTP/1.1 alone', async (version) => {
    const seen = await shake(contexts(), 'a.test', { minVersion: version, maxVersion: version, ALPNProtocols: ['h2', 'http/1.1'] });
    expect(seen).toMatchObject({ error: null, authorized: true, protocol: version, alpn: 'http/1.1' });
  });

  it('refuse older TLS, and a client that speaks HTTP/2 only', async () => {
    expect((await shake(contexts(), 'a.test', { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' })).error).not.toBeNull();
    expect((await shake(contexts(), 'a.test', { ALPNProtocols: ['h2'] })).error).not.toBeNull();
  });

  it('resume nothing', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
      const made = contexts();
      const limits = { minVersion: version, maxVersion: version } as const;
      const first = await shake(made, 'a.test', limits);
      expect(first.error).toBeNull();
      const again = await shake(made, 'a.test', { ...limits, ...(first.session === undefined ? {} : { session: first.session }) });
      expect(again).toMatchObject({ reused: false, error: null });
      const other = await shake(made, 'b.test', { ...limits, ...(first.session === undefined ? {} : { session: first.session }) });
      expect(other).toMatchObject({ reused: false, error: null, authorized: true });
    }
  });

  it('renegotiate nothing', async () => {
    const made = contexts();
    const open: net.Socket[] = [];
    const server = net.createServer((socket) => {
      open.push(socket);
      const secure = new TLSSocket(socket, { isServer: true, secureContext: made.get('a.test', NOW) ?? tls.createSecureContext(), ALPNProtocols: [...ALPN_PROTOCOLS] });
      secure.on('error', () => socket.destroy());
      secure.resume();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const said = await new Promise<string>((resolve) => {
      const socket = tls.connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', servername: 'a.test', ca, maxVersion: 'TLSv1.2' });
      socket.on('secureConnect', () => void socket.renegotiate({}, (error) => resolve(error === null ? 'renegotiated' : 'refused')));
      socket.on('error', () => resolve('refused'));
      socket.on('close', () => resolve('closed'));
      setTimeout(() => socket.destroy(), 2_000).unref();
    });
    expect(said).toBe('refused');
    open.forEach((socket) => socket.destroy());
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });

  it('make one certificate a name, however many come at once', async () => {
    const made = contexts();
    const all = await Promise.all(Array.from({ length: 12 }, (_, at) => shake(made, at % 2 === 0 ? 'a.test' : 'b.test')));
    expect(all.every((seen) => seen.authorized)).toBe(true);
    expect(made.minted()).toBe(2);
  });

  it('are bounded', () => {
    const made = contexts(8);
    for (let i = 0; i < 40; i++) made.get(`h${i}.test`, NOW);
    expect(made.size()).toBe(8);
    made.get('h39.test', NOW);
    expect(made.minted()).toBe(40);
    made.get('h0.test', NOW);
    expect(made.minted()).toBe(41);
  });

  it('are made anew before they end, and when the clock was set back', () => {
    const made = contexts();
    made.get('a.test', NOW);
    made.get('a.test', NOW + 20 * DAY_MS);
    expect(made.minted()).toBe(1);
    made.get('a.test', NOW + 25 * DAY_MS);
    expect(made.minted()).toBe(2);
    made.get('a.test', NOW);
    expect(made.minted()).toBe(3);
    expect(made.get('a.test', (issuing as NonNullable<typeof issuing>).notAfterMs)).toBeNull();
  });

  it.each(['thu.test', 'a.thu.test', 'chi-ten-nay.test', 'a.duoi.test', 'bank.test', 'www.bank.test', '8.8.8.8', ''])('are never made for %s', (host) => {
    const made = contexts();
    expect(made.covers(host)).toBe(false);
    expect(made.get(host, NOW)).toBeNull();
    expect(made.minted()).toBe(0);
  });

  it.each(['a.chi-ten-nay.test', 'duoi.test', 'xthu.test'])('are made for %s, which only looks like one', (host) => {
    expect(contexts().covers(host)).toBe(true);
  });

  it('cost milliseconds a new host, not a tenth of a second (bench/tls.mjs measures them)', () => {
    const made = contexts(1_000);
    for (let i = 0; i < 20; i++) made.get(`w${i}.test`, NOW);
    const took: number[] = [];
    for (let i = 0; i < 200; i++) {
      const from = performance.now();
      made.get(`n${i}.test`, NOW);
      took.push(performance.now() - from);
    }
    took.sort((a, b) => a - b);
    expect(took[100]).toBeLessThan(20);
  });
});
