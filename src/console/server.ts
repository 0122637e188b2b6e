/**
 * The console on its port: TLS, who may connect at all, limits of time and size. Everything that is said is app.tsx's.
 * Like every server here it trusts nothing in front of it: the peer's address is the socket's.
 */
import { createServer } from 'node:https';
import { getRequestListener } from '@hono/node-server';
import { boundPerAddress, closeNow, listenOn } from '../lan-server.js';
import { createCidrSet } from '../matching/address.js';
import { ACTIONS } from './actions/all.js';
import type { OwnNames } from './access/guard.js';
import { createApp } from './app.js';
import type { ConsoleDeps } from './deps.js';
import { createKit } from './kit.js';
import { PAGES } from './pages/all.js';

export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

export interface ConsoleOptions {
  readonly host: string;
  readonly port: number;
  /** CIDRs whose clients are served. */
  readonly clients: readonly string[];
  readonly names: OwnNames;
  readonly certificate: KeyPair;
  readonly env: ConsoleDeps;
}

export interface ConsoleServer {
  listen(): Promise<number>;
  setCertificate(pair: KeyPair): void;
  /** Once a minute: sessions past their limits. */
  tidy(): void;
  close(): Promise<void>;
}

/** A browser opens six; a teacher may have several windows. */
const MAX_PER_CLIENT = 64;

export function createConsole(options: ConsoleOptions): ConsoleServer {
  const { env, names } = options;
  const clients = createCidrSet(options.clients);
  const kit = createKit(env);
  const app = createApp({ kit, names, actions: ACTIONS, pages: PAGES });

  const answer = getRequestListener(app.fetch, { overrideGlobalObjects: false });
  const server = createServer(
    {
      ...options.certificate,
      minVersion: 'TLSv1.2',
      ALPNProtocols: ['http/1.1'],
      handshakeTimeout: 10_000,
      maxHeaderSize: 16_384,
      headersTimeout: 10_000,
      requestTimeout: 60_000,
      keepAliveTimeout: 5_000,
      connectionsCheckingInterval: 1_000,
    },
    (request, response) => void answer(request, response),
  );
  server.maxConnections = 2_000;
  boundPerAddress(server, (address, held) => clients.has(address) && held <= MAX_PER_CLIENT);
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // what is no request gets no page; a head that is too long is told so
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
    const status = error.code === 'HPE_HEADER_OVERFLOW' ? '431 Request Header Fields Too Large' : error.code === 'ERR_HTTP_REQUEST_TIMEOUT' ? '408 Request Timeout' : '400 Bad Request';
    socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\nCache-Control: no-store\r\n\r\n`);
  });
  server.on('tlsClientError', (_error, socket) => socket.destroy());

  return {
    listen: () => listenOn(server, options),
    setCertificate: (pair) => server.setSecureContext({ ...pair, minVersion: 'TLSv1.2' }),
    tidy: () => kit.sessions.expire(),
    close: () => closeNow(server),
  };
}
