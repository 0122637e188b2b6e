/**
 * A web site on loopback as ordinary programs expect one: echo, ranges, redirects, chunks, a git repository (smart and dumb),
 * a package registry with one tiny package. Plain and over TLS. Remembers what was asked.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { gzipSync } from 'node:zlib';
import { makeCertificate } from './tls-origin.js';

export interface Asked {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly secure: boolean;
}

export interface WebOrigin {
  readonly port: number;
  readonly tlsPort: number;
  /** PEM of the certificate, to be trusted by the client under test. */
  readonly cert: string;
  readonly asked: Asked[];
  /** Served under /git/: a folder of bare repositories. */
  gitRoot: string | null;
  /** Served under /npm/: tarball of the package `lt-nho`. */
  tarball: Buffer | null;
  close(): Promise<void>;
}

export const BIG = Buffer.from(Array.from({ length: 1 << 20 }, (_, i) => (i * 31 + (i >> 8)) & 0xff));

export async function startWebOrigin(names: readonly string[]): Promise<WebOrigin> {
  const asked: Asked[] = [];
  const { key, cert } = makeCertificate(names);
  const handle = (secure: boolean) => (request: IncomingMessage, response: ServerResponse): void => {
    asked.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, secure });
    answer(origin, request, response, secure);
  };
  const plain = createServer(handle(false));
  const secure = createTlsServer({ key, cert }, handle(true));
  const listen = (server: Server): Promise<number> => new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port)));
  const origin: { -readonly [K in keyof WebOrigin]: WebOrigin[K] } = {
    port: await listen(plain),
    tlsPort: await listen(secure),
    cert,
    asked,
    gitRoot: null,
    tarball: null,
    async close() {
      for (const server of [plain, secure]) {
        server.closeAllConnections();
        await new Promise((resolve) => server.close(resolve));
      }
    },
  };
  return origin;
}

function answer(origin: WebOrigin, request: IncomingMessage, response: ServerResponse, secure: boolean): void {
  const path = (request.url ?? '/').split('?', 1)[0] ?? '/';
  if (path.startsWith('/git/')) return serveGit(origin, request, response);
  if (path.startsWith('/npm/')) return serveNpm(origin, request, response, secure, path.slice(5));
  switch (path) {
    case '/echo': {
      const hash = createHash('sha256');
      let bytes = 0;
      request.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        hash.update(chunk);
      });
      request.on('end', () => {
        response.setHeader('Content-Type', 'application/json');
        response.end(JSON.stringify({ method: request.method, bytes, sha256: hash.digest('hex'), chunked: request.headers['transfer-encoding'] === 'chunked' }));
      });
      return;
    }
    case '/big':
      return serveBig(request, response);
    case '/redirect':
      response.writeHead(302, { Location: '/big' }).end();
      return;
    case '/gzip':
      response.writeHead(200, { 'Content-Encoding': 'gzip', 'Content-Type': 'text/plain; charset=utf-8' }).end(gzipSync('xin chào'));
      return;
    case '/chunked':
      response.write('một ');
      setImmediate(() => response.end('hai'));
      return;
    case '/nothing':
      response.writeHead(204).end();
      return;
    case '/page.html':
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end('<a href="/trang/1.html">1</a><a href="/trang/2.html">2</a>');
      return;
    default:
      if (/^\/trang\/\d\.html$/.test(path)) response.end(`trang ${path}`);
      else response.writeHead(404).end('không có');
  }
}

function serveBig(request: IncomingMessage, response: ServerResponse): void {
  const range = /^bytes=(\d+)-$/.exec(request.headers.range ?? '');
  const from = range === null ? 0 : Number(range[1]);
  response.setHeader('Accept-Ranges', 'bytes');
  response.setHeader('Content-Length', BIG.length - from);
  if (range !== null) response.writeHead(206, { 'Content-Range': `bytes ${from}-${BIG.length - 1}/${BIG.length}` });
  response.end(request.method === 'HEAD' ? undefined : BIG.subarray(from));
}

/** `git http-backend` as CGI; `/git/dumb/` serves the files of the same repositories instead. */
function serveGit(origin: WebOrigin, request: IncomingMessage, response: ServerResponse): void {
  const [path = '', query = ''] = (request.url ?? '').split('?');
  if (origin.gitRoot === null) return void response.writeHead(404).end();
  if (path.startsWith('/git/dumb/')) {
    const file = join(origin.gitRoot, normalize(path.slice('/git/dumb/'.length)));
    if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end();
    createReadStream(file).pipe(response);
    return;
  }
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'] ?? '', GIT_PROJECT_ROOT: origin.gitRoot, GIT_HTTP_EXPORT_ALL: '1', PATH_INFO: path.slice(4), QUERY_STRING: query, REQUEST_METHOD: request.method ?? '',
      CONTENT_TYPE: request.headers['content-type'] ?? '', HTTP_CONTENT_ENCODING: request.headers['content-encoding'] ?? '', REMOTE_USER: 'lop', REMOTE_ADDR: '127.0.0.1',
      HTTP_GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
      ...(request.headers['content-length'] === undefined ? {} : { CONTENT_LENGTH: request.headers['content-length'] }),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);
  const parts: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => parts.push(chunk));
  child.on('close', () => {
    const out = Buffer.concat(parts);
    const end = out.indexOf('\r\n\r\n');
    let status = 200;
    for (const line of out.subarray(0, Math.max(0, end)).toString('latin1').split('\r\n')) {
      const colon = line.indexOf(':');
      if (/^status:/i.test(line)) status = Number(line.slice(7).trim().split(' ')[0]);
      else if (colon > 0) response.setHeader(line.slice(0, colon), line.slice(colon + 1).trim());
    }
    response.writeHead(status).end(out.subarray(end + 4));
  });
}

function serveNpm(origin: WebOrigin, request: IncomingMessage, response: ServerResponse, secure: boolean, name: string): void {
  const { tarball } = origin;
  if (tarball === null) return void response.writeHead(404).end('{}');
  if (name === 'lt-nho/-/lt-nho-1.0.0.tgz') return void response.writeHead(200, { 'Content-Type': 'application/octet-stream' }).end(tarball);
  if (name !== 'lt-nho') return void response.writeHead(404, { 'Content-Type': 'application/json' }).end('{}');
  const base = `${secure ? 'https' : 'http'}://${request.headers.host ?? ''}/npm/`;
  const dist = { tarball: `${base}lt-nho/-/lt-nho-1.0.0.tgz`, shasum: createHash('sha1').update(tarball).digest('hex'), integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}` };
  response.setHeader('Content-Type', 'application/json');
  response.end(JSON.stringify({ _id: 'lt-nho', name: 'lt-nho', 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': { name: 'lt-nho', version: '1.0.0', description: 'gói thử', dist } } }));
}
