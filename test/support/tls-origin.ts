/** A TLS server with a certificate made on the spot (P-256, by node:crypto and a few lines of DER): no key lies in the repository. */
import { generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import tls, { type TLSSocket } from 'node:tls';
import type { AddressInfo } from 'node:net';

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? Buffer.from([body.length]) : body.length < 256 ? Buffer.from([0x81, body.length]) : Buffer.from([0x82, body.length >> 8, body.length & 255]);
  return Buffer.concat([Buffer.from([tag]), length, body]);
}

const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
const ECDSA_SHA256 = sequence(der(0x06, Buffer.from('2a8648ce3d040302', 'hex')));

function utcTime(ms: number): Buffer {
  return der(0x17, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`, 'latin1'));
}

export interface TestCertificate {
  readonly key: string;
  readonly cert: string;
}

/** Self-signed, for these names. */
export function makeCertificate(names: readonly string[]): TestCertificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(der(0x31, sequence(der(0x06, Buffer.from('550403', 'hex')), der(0x0c, Buffer.from(names[0] ?? 'test')))));
  const altNames = sequence(...names.map((n) => der(0x82, Buffer.from(n, 'latin1'))));
  const extensions = der(0xa3, sequence(sequence(der(0x06, Buffer.from('551d11', 'hex')), der(0x04, altNames))));
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))), der(0x02, Buffer.from([0x11, 0x22])), ECDSA_SHA256, name,
    sequence(utcTime(Date.now() - 86_400_000), utcTime(Date.now() + 86_400_000)), name,
    publicKey.export({ type: 'spki', format: 'der' }), extensions,
  );
  const signature = sign('sha256', body, privateKey);
  const certificate = sequence(body, ECDSA_SHA256, der(0x03, Buffer.from([0]), signature));
  return { key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: new X509Certificate(certificate).toString() };
}

export interface TlsOrigin {
  readonly port: number;
  readonly certificate: TestCertificate;
  readonly sockets: TLSSocket[];
  close(): Promise<void>;
}

export async function startTlsOrigin(names: readonly string[], onSocket: (socket: TLSSocket) => void, host = '127.0.0.1'): Promise<TlsOrigin> {
  const certificate = makeCertificate(names);
  const sockets: TLSSocket[] = [];
  const server = tls.createServer({ ...certificate }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, host, resolve));
  return {
    port: (server.address() as AddressInfo).port,
    certificate,
    sockets,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
