/**
 * Requests that a browser sends *through the proxy* to the gateway's own pages (help, block page, requests, PAC, CA):
 * the only importer of http-proxy, and nothing on the hot path. The console is never reached from here.
 *
 * The connection is handed over whole: it serves this one request and closes, so that a browser that keeps its proxy
 * connection for other hosts cannot speak to anything but these pages on it.
 * Guards (security.md §0, style.md "Traps"): header count checked by ourselves with maxHeadersCount 0, own deadline because
 * a server that never listens enforces none, upstream destroyed when the client leaves (http-proxy 1.18 listens for an
 * event newer Node does not emit).
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import httpProxy from 'http-proxy';

export interface PagesForwarder {
  /**
   * @param socket client connection, no longer used by the caller
   * @param bytes everything read from it so far that belongs to this request, head included
   * @param zone name of the zone the client is in; the pages trust it because it comes with the secret
   */
  forward(socket: Socket, bytes: Buffer, zone: string | null): void;
}

/** Whole request and answer; the pages are small. */
const DEADLINE_MS = 15_000;
const MAX_FIELDS = 128;

/**
 * @param target the pages listener on loopback
 * @param secret proves to the pages server that the zone header is ours
 */
export function createPagesForwarder(target: { readonly port: number; readonly secret: string }): PagesForwarder {
  const proxy = httpProxy.createProxyServer({
    target: { host: '127.0.0.1', port: target.port },
    proxyTimeout: DEADLINE_MS,
    timeout: DEADLINE_MS,
    xfwd: false,
  });
  proxy.on('error', (_error, _request, response) => {
    if (!('writeHead' in response)) {
      response.destroy();
      return;
    }
    if (!response.headersSent) response.writeHead(502, { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store', Connection: 'close' });
    response.end('Trang của cổng lọc tạm lỗi. The gateway page is not available.');
  });
  proxy.on('proxyReq', (upstream, _request, response) => {
    response.on('close', () => upstream.destroy());
  });

  const zones = new WeakMap<Socket, string | null>();
  const server = createServer({ maxHeaderSize: 32_768, insecureHTTPParser: false }, (request, response) => serve(request, response));
  server.maxHeadersCount = 0;
  server.keepAliveTimeout = 1;
  server.on('clientError', (_error, socket) => socket.destroy());
  server.on('upgrade', (_request, socket) => socket.destroy());
  server.on('connect', (_request, socket) => socket.destroy());

  function serve(request: IncomingMessage, response: ServerResponse): void {
    response.shouldKeepAlive = false;
    const socket = request.socket;
    const zone = zones.get(socket);
    // One request a connection: `zones` forgets the socket at its first.
    if (zone === undefined || request.rawHeaders.length > MAX_FIELDS * 2 || (request.method !== 'GET' && request.method !== 'HEAD' && request.method !== 'POST')) {
      socket.destroy();
      return;
    }
    zones.delete(socket);
    const path = ownPath(request.url ?? '/');
    if (path === null) {
      socket.destroy();
      return;
    }
    request.url = path;
    for (const name of ['proxy-authorization', 'proxy-connection', 'x-forwarded-for', 'forwarded', 'te', 'upgrade', 'cookie', 'authorization']) delete request.headers[name];
    request.headers['x-luytre-secret'] = target.secret;
    request.headers['x-luytre-zone'] = zone === null ? '' : encodeURIComponent(zone);
    request.headers.connection = 'close';
    proxy.web(request, response);
  }

  return {
    forward(socket, bytes, zone) {
      zones.set(socket, zone);
      const deadline = setTimeout(() => socket.destroy(), DEADLINE_MS);
      socket.once('close', () => clearTimeout(deadline));
      socket.on('error', () => socket.destroy());
      socket.unshift(bytes);
      server.emit('connection', socket);
      // it was paused by its former owner, and a listener alone does not set it flowing again
      socket.resume();
    },
  };
}

/** Origin-form path of an absolute- or origin-form target; null when it is neither. */
function ownPath(target: string): string | null {
  if (target.startsWith('/')) return target;
  const slashes = target.indexOf('://');
  if (slashes < 0) return null;
  const slash = target.indexOf('/', slashes + 3);
  return slash < 0 ? '/' : target.slice(slash);
}
