/**
 * Every row of the table of bad sites (security.md §6.2, after badssl.com) over real sockets and real TLS on loopback:
 * accepted or refused, and for which reason. The server does what the row says; the client is the gateway's own.
 */
import { connect, type AddressInfo } from 'node:net';
import tls, { type TlsOptions } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { createUpstreamTls, type UpstreamTls, type UpstreamTlsFault, type UpstreamTlsOptions } from '../../src/proxy/upstream-tls.js';
import type { UpstreamTrust } from '../../src/tls/upstream-trust.js';
import { ANY_PURPOSE, CLIENT_AUTH, makeX509, testKey, type Made, type Wish } from '../support/x509.js';

const DAY = 86_400_000;
const HOST = 'www.truong.test';

const root = makeX509({ subject: 'Gốc thử', ca: true }, null);
const rsaRoot = makeX509({ subject: 'Gốc thử RSA', ca: true, key: testKey('rsa2048', 'root') }, null);
const middle = makeX509({ subject: 'Trung gian', ca: true }, root);
const expiredMiddle = makeX509({ subject: 'Trung gian cũ', ca: true, fromMs: Date.now() - 10 * DAY, toMs: Date.now() - DAY }, root);
const sha1Middle = makeX509({ subject: 'Trung gian SHA-1', ca: true, digest: 'sha1' }, root);
const shortMiddle = makeX509({ subject: 'Trung gian ngắn', ca: true, key: testKey('rsa1024', 'middle') }, root);
const constrained = makeX509({ subject: 'Trung gian hẹp', ca: true, permitted: 'chi-noi-nay.test' }, root);
const stranger = makeX509({ subject: 'Gốc lạ', ca: true }, null);

function trust(more: Partial<UpstreamTrust> = {}): UpstreamTrust {
  return { roots: [root.pem, rsaRoot.pem], distrusted: [], revoked: [], source: 'system', added: 0, newestMs: 0, ...more };
}
function upstream(more: Partial<UpstreamTlsOptions> = {}): UpstreamTls {
  return createUpstreamTls({ trust: trust(), handshakeMs: 5_000, ...more });
}
const leaf = (wish: Wish = {}, issuer: Made = middle): Made => makeX509({ dns: [HOST], ...wish }, issuer);

/** Closed with the file. */
const servers: { close(): void }[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

async function serve(made: Made, chain: readonly Made[] = [middle], options: TlsOptions = {}, staple: Buffer | null = null): Promise<number> {
  const server = tls.createServer({
    // what a careless server of today would still do
    ciphers: 'ALL:@SECLEVEL=0',
    key: made.key.export({ type: 'pkcs8', format: 'pem' }),
    cert: [made, ...chain].map((one) => one.pem).join(''),
    ...options,
  }, (socket) => {
    socket.on('error', () => socket.destroy());
    socket.write('xin chào');
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());
  if (staple !== null) server.on('OCSPRequest', (_certificate, _issuer, done: (error: Error | null, answer: Buffer) => void) => done(null, staple));
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

interface Met {
  readonly fault: UpstreamTlsFault | null;
  readonly protocol: string | null;
  readonly cipher: string | null;
  readonly alpn: string | false | null;
  readonly reused: boolean | null;
  readonly heard: string | null;
}

async function meet(client: UpstreamTls, port: number, host = HOST): Promise<Met> {
  const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true });
  await new Promise<void>((resolve) => socket.once('connect', resolve));
  return new Promise((resolve) => {
    let calls = 0;
    client.secure(socket, host, (fault, secure) => {
      calls++;
      expect(calls).toBe(1);
      if (secure === null) {
        expect(socket.destroyed).toBe(true);
        resolve({ fault, protocol: null, cipher: null, alpn: null, reused: null, heard: null });
        return;
      }
      const { name } = secure.getCipher();
      secure.once('data', (data: Buffer) => {
        resolve({ fault, protocol: secure.getProtocol(), cipher: name, alpn: secure.alpnProtocol, reused: secure.isSessionReused(), heard: data.toString() });
        secure.destroy();
      });
    });
  });
}

const verdictOn = async (made: Made, chain?: readonly Made[], options?: TlsOptions, staple?: Buffer, more?: Partial<UpstreamTlsOptions>, host?: string): Promise<UpstreamTlsFault | null> =>
  (await meet(upstream(more), await serve(made, chain, options, staple ?? null), host)).fault;

describe('certificates', () => {
  const cases: readonly [string, UpstreamTlsFault | null, () => Made, (readonly Made[])?][] = [
    ['a good one', null, () => leaf()],
    ['a good RSA one', null, () => leaf({ key: testKey('rsa2048', 'leaf') }, rsaRoot), []],
    ['a key of 3,072 bits and SHA-384', null, () => leaf({ key: testKey('rsa3072', 'leaf'), digest: 'sha384' })],
    ['P-384 with SHA-512', null, () => leaf({ key: testKey('P-384'), digest: 'sha512' })],
    ['P-521', null, () => leaf({ key: testKey('P-521') })],
    ['no extended key usage', null, () => leaf({ purposes: null })],
    ['no key usage, no basic constraints', null, () => leaf({ usage: null, ca: null })],
    ['an empty subject, names not critical', null, () => leaf({ subject: null })],
    ['an empty subject, names critical', null, () => leaf({ subject: null, sanCritical: true })],
    ['a wildcard of one level', null, () => leaf({ dns: ['*.truong.test'] })],
    ['a thousand names', null, () => leaf({ dns: [...Array.from({ length: 1_000 }, (_, at) => `so-${at}.truong.test`), HOST] })],
    ['expired', 'site-certificate-expired', () => leaf({ fromMs: Date.now() - 10 * DAY, toMs: Date.now() - DAY })],
    ['not yet valid', 'site-certificate-not-yet-valid', () => leaf({ fromMs: Date.now() + 3_600_000 })],
    ['an expired intermediate', 'site-certificate-expired', () => leaf({}, expiredMiddle), [expiredMiddle]],
    ['self-signed', 'site-certificate-self-signed', () => makeX509({ dns: [HOST] }, null), []],
    ['an unknown root', 'site-certificate-untrusted', () => leaf({}, stranger), [stranger]],
    ['an incomplete chain', 'site-certificate-incomplete', () => leaf(), []],
    ['another host', 'site-certificate-wrong-host', () => leaf({ dns: ['khac.test'] })],
    ['a wildcard two levels up', 'site-certificate-wrong-host', () => leaf({ dns: ['*.test'] })],
    ['a wildcard in the middle of a label', 'site-certificate-wrong-host', () => leaf({ dns: ['w*.truong.test'] })],
    ['a common name alone', 'site-certificate-no-name', () => leaf({ subject: HOST, dns: null })],
    ['for clients only', 'site-certificate-wrong-use', () => leaf({ purposes: [CLIENT_AUTH] })],
    ['for any purpose', 'site-certificate-wrong-use', () => leaf({ purposes: [ANY_PURPOSE] })],
    ['a key that may only sign certificates', 'site-certificate-wrong-use', () => leaf({ usage: 0x04 })],
    ['an RSA key that may only encipher', 'site-certificate-wrong-use', () => leaf({ key: testKey('rsa2048', 'leaf'), usage: 0x20 })],
    ['a CA as a site', 'site-certificate-wrong-use', () => leaf({ ca: true, usage: 0x84 })],
    ['signed with SHA-1', 'site-certificate-weak', () => leaf({ digest: 'sha1' })],
    ['an intermediate signed with SHA-1', 'site-certificate-weak', () => leaf({}, sha1Middle), [sha1Middle]],
    ['RSA of 1,024 bits', 'site-certificate-weak', () => leaf({ key: testKey('rsa1024') })],
    ['an intermediate of 1,024 bits', 'site-certificate-weak', () => leaf({}, shortMiddle), [shortMiddle]],
    ['a name outside its issuer’s constraints', 'site-certificate-constraint', () => leaf({}, constrained), [constrained]],
    ['names of 200 KB', 'site-certificate-invalid', () => leaf({ dns: [...Array.from({ length: 10_000 }, (_, at) => `so-${at}.truong.test`), HOST] })],
    ['names of 80 KB', 'site-certificate-invalid', () => leaf({ dns: [...Array.from({ length: 3_800 }, (_, at) => `so-${at}.truong.test`), HOST] })],
  ];
  it.each(cases)('%s: %s', async (_name, expected, make, chain) => {
    const made = make();
    expect(await verdictOn(made, chain)).toBe(expected);
  });
});
