/**
 * Stand-ins for the world on loopback: each on an address of its own, with a certificate of its own, so that a test can prove which
 * address was dialled and which server name arrived there. Over TLS and plain; both answer with their own address.
 */
import { createServer, type Server } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { makeCertificate } from './tls-origin.js';

export interface Visit {
  /** Address the connection came in at. */
  readonly address: string;
  /** Server name of the ClientHello; null on plain HTTP. */
  readonly sni: string | null;
  readonly host: string;
}

export interface StandIns {
  readonly visits: Visit[];
  /** PEM by address. */
  readonly certificates: ReadonlyMap<string, string>;
  close(): Promise<void>;
}

/** @param namesByAddress the names each address has a certificate for */
export async function startStandIns(namesByAddress: ReadonlyMap<string, readonly string[]>, ports: { readonly tls: number; readonly plain: number }): Promise<StandIns> {
  const visits: Visit[] = [];
  const certificates = new Map<string, string>();
  const servers: (Server | ReturnType<typeof createSecureServer>)[] = [];
  const listen = (server: Server | ReturnType<typeof createSecureServer>, port: number, address: string): Promise<void> =>
    new Promise((resolve, reject) => {
      servers.push(server);
      server.once('error', reject);
      server.listen(port, address, resolve);
    });
  for (const [address, names] of namesByAddress) {
    const { key, cert } = makeCertificate(names);
    certificates.set(address, cert);
    const note = (sni: string | null, host: string | undefined): void => void visits.push({ address, sni, host: host ?? '' });
    await listen(createSecureServer({ key, cert }, (request, response) => {
      const { servername } = request.socket as TLSSocket;
      note(typeof servername === 'string' && servername !== '' ? servername : null, request.headers.host);
      response.end(address);
    }), ports.tls, address);
    await listen(createServer((request, response) => {
      note(null, request.headers.host);
      response.end(address);
    }), ports.plain, address);
  }
  return {
    visits,
    certificates,
    async close() {
      for (const server of servers) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
}

/** Whether this process may listen there (443 needs root, or a sysctl). */
export function canListen(port: number, address: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createTcpServer();
    server.once('error', () => resolve(false));
    server.listen(port, address, () => server.close(() => resolve(true)));
  });
}
