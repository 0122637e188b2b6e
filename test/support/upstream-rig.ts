/** A gateway's upstream TLS against servers that do what a row of the table says: all on loopback, closed with the test file. */
import { connect, type AddressInfo } from 'node:net';
import tls, { type TlsOptions } from 'node:tls';
import { afterAll, expect } from 'vitest';
import { createUpstreamTls, type UpstreamTls, type UpstreamTlsFault, type UpstreamTlsOptions } from '../../src/proxy/upstream-tls.js';
import type { UpstreamTrust } from '../../src/tls/upstream-trust.js';
import { makeX509, testKey, type Made, type Wish } from './x509.js';

export const DAY = 86_400_000;
export const HOST = 'www.truong.test';

export const root = makeX509({ subject: 'Gốc thử', ca: true }, null);
export const rsaRoot = makeX509({ subject: 'Gốc thử RSA', ca: true, key: testKey('rsa2048', 'root') }, null);
export const middle = makeX509({ subject: 'Trung gian', ca: true }, root);
export const stranger = makeX509({ subject: 'Gốc lạ', ca: true }, null);

export function trust(more: Partial<UpstreamTrust> = {}): UpstreamTrust {
  return { roots: [root.pem, rsaRoot.pem], distrusted: [], revoked: [], source: 'system', added: 0, changedMs: 0, ...more };
}
export function upstream(more: Partial<UpstreamTlsOptions> = {}): UpstreamTls {
  return createUpstreamTls({ trust: trust(), handshakeMs: 5_000, ...more });
}
export const leaf = (wish: Wish = {}, issuer: Made = middle): Made => makeX509({ dns: [HOST], ...wish }, issuer);

/** Closed with the file. */
const servers: { close(): void }[] = [];
afterAll(() => {
  for (const server of servers) server.close();
});

export async function serve(made: Made, chain: readonly Made[] = [middle], options: TlsOptions = {}, staple: Buffer | null = null): Promise<number> {
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

export interface Met {
  readonly fault: UpstreamTlsFault | null;
  readonly protocol: string | null;
  readonly cipher: string | null;
  readonly alpn: string | false | null;
  readonly reused: boolean | null;
  readonly heard: string | null;
}

export async function meet(client: UpstreamTls, port: number, host = HOST): Promise<Met> {
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

export const verdictOn = async (made: Made, chain?: readonly Made[], options?: TlsOptions, staple?: Buffer, more?: Partial<UpstreamTlsOptions>, host?: string): Promise<UpstreamTlsFault | null> =>
  (await meet(upstream(more), await serve(made, chain, options, staple ?? null), host)).fault;
