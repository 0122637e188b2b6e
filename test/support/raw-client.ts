/**
 * A client that speaks bytes, not HTTP: it can be as wrong, as slow and as rude as a test needs.
 */
import net, { type Socket } from 'node:net';
import tls, { type ConnectionOptions } from 'node:tls';
import { until } from './origin.js';

export interface RawClient {
  readonly socket: Socket;
  text(): string;
  bytes(): number;
  send(data: string | Buffer): void;
  /** FIN; reading goes on. */
  finish(): void;
  reset(): void;
  ended(): boolean;
  closed(): boolean;
  /** 'ECONNRESET' where the proxy cut us off. */
  error(): string | null;
  waitFor(text: string, ms?: number): Promise<string>;
  waitClosed(ms?: number): Promise<string>;
  /** Waits until `count` complete responses (with Content-Length, chunked or none) are here. */
  responses(count: number, ms?: number): Promise<RawResponse[]>;
}

export interface RawResponse {
  readonly status: number;
  readonly head: string;
  readonly body: string;
  header(name: string): string | null;
}

export async function rawClient(port: number, options: { host?: string; from?: string; keepBytes?: boolean; neverEnds?: boolean } = {}): Promise<RawClient> {
  const socket = net.connect({ port, host: options.host ?? '127.0.0.1', localAddress: options.from ?? '127.0.0.1', allowHalfOpen: true, noDelay: true });
  const client = clientOf(socket, options);
  await new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  return client;
}

export interface InsideOptions {
  readonly ca: string;
  readonly from?: string;
  /** Server name of the hello, where it is not the host of the target. */
  readonly name?: string;
  /** Straight to a transparent port: no CONNECT. */
  readonly transparent?: boolean;
  readonly tls?: ConnectionOptions;
}

/** CONNECT, then TLS with the proxy's own certificate (or the origin's, where it was passed on); what comes out speaks bytes. */
export async function insideClient(port: number, target: string, options: InsideOptions): Promise<RawClient & { readonly issuer: string }> {
  const raw = await rawClient(port, options.from === undefined ? {} : { from: options.from });
  if (options.transparent !== true) {
    raw.send(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
    const answer = await raw.waitFor('\r\n\r\n');
    if (!answer.startsWith('HTTP/1.1 200')) throw new Error(answer.slice(0, 200));
  }
  raw.socket.removeAllListeners('data');
  const host = target.slice(0, target.lastIndexOf(':'));
  const secure = tls.connect({ socket: raw.socket, servername: options.name ?? host, ca: options.ca, ALPNProtocols: ['h2', 'http/1.1'], ...options.tls });
  await new Promise<void>((resolve, reject) => {
    secure.once('secureConnect', resolve);
    secure.once('error', reject);
    raw.socket.once('close', () => reject(new Error('closed in the handshake')));
  });
  const issuer = secure.getPeerCertificate().issuer.CN;
  return { ...clientOf(secure, {}), issuer: String(issuer) };
}

function clientOf(socket: Socket, options: { keepBytes?: boolean; neverEnds?: boolean }): RawClient {
  const parts: Buffer[] = [];
  let bytes = 0;
  let ended = false;
  let closed = false;
  let error: string | null = null;
  socket.on('data', (chunk) => {
    bytes += chunk.length;
    if (options.keepBytes !== false) parts.push(chunk);
  });
  socket.on('end', () => {
    ended = true;
    if (!socket.writableEnded && options.neverEnds !== true) socket.end();
  });
  socket.on('error', (e: NodeJS.ErrnoException) => (error = e.code ?? 'error'));
  socket.on('close', () => (closed = true));
  const text = (): string => Buffer.concat(parts).toString('latin1');
  return {
    socket, text,
    bytes: () => bytes,
    send: (data) => void socket.write(data),
    finish: () => void socket.end(),
    reset: () => void (socket instanceof tls.TLSSocket ? socket.destroy() : socket.resetAndDestroy()),
    ended: () => ended,
    closed: () => closed,
    error: () => error,
    async waitFor(wanted, ms) {
      await until(() => text().includes(wanted), ms).catch(() => {
        throw new Error(`no ${JSON.stringify(wanted)} in ${JSON.stringify(text().slice(0, 400))}`);
      });
      return text();
    },
    async waitClosed(ms) {
      await until(() => closed, ms).catch(() => {
        throw new Error(`still open after ${JSON.stringify(text().slice(0, 400))}`);
      });
      return text();
    },
    async responses(count, ms) {
      let found: RawResponse[] = [];
      await until(() => (found = splitResponses(text())).length >= count, ms).catch(() => {
        throw new Error(`${found.length} of ${count} responses in ${JSON.stringify(text().slice(0, 600))}`);
      });
      return found;
    },
  };
}

/** Complete responses at the start of `text`; reading is by the letter of what stands there. */
export function splitResponses(text: string): RawResponse[] {
  const found: RawResponse[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf('\r\n\r\n');
    if (end < 0) return found;
    const head = rest.slice(0, end);
    const status = Number(head.slice(9, 12));
    const header = (name: string): string | null => new RegExp(`^${name}: *(.*)$`, 'im').exec(head)?.[1]?.trimEnd() ?? null;
    let body = '';
    let next = end + 4;
    const length = header('content-length');
    if (header('transfer-encoding') === 'chunked') {
      for (;;) {
        const line = rest.indexOf('\r\n', next);
        if (line < 0) return found;
        const size = Number.parseInt(rest.slice(next, line), 16);
        next = line + 2 + size + 2;
        if (rest.length < next) return found;
        if (size === 0) break;
        body += rest.slice(line + 2, line + 2 + size);
      }
    } else if (length !== null && status >= 200 && status !== 204 && status !== 304) {
      next += Number(length);
      if (rest.length < next) return found;
      body = rest.slice(end + 4, next);
    }
    found.push({ status, head, body, header });
    rest = rest.slice(next);
  }
}
