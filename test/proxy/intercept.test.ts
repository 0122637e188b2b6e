/** The page over TLS, one connection at a time: what it answers, what it refuses, when it gives up. No dialler exists here at all. */
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import type { Decision } from '../../src/policy/decision.js';
import { PAGES_PATH } from '../../src/proxy/inside.js';
import { createInterceptor } from '../../src/proxy/intercept.js';
import { DEFAULT_LIMITS, type ProxyLimits } from '../../src/proxy/settings.js';
import { allowed, blocked } from '../support/wire-settings.js';
import { CA, insidePolicy, SIGNING, startInsideRig, type InsideRig } from '../support/inside-rig.js';
import { waitFor } from '../support/tunnel-rig.js';

const ca = CA;
const HOST = 'blocked.test';

interface Rig extends InsideRig {
  readonly port: number;
  readonly forwarded: { readonly bytes: string; readonly zone: string | null }[];
  readonly count: () => number;
}
const open: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of open.splice(0)) await close();
});

/** Everything goes to the transparent port: the hello alone says what is wanted. */
async function rig(limits: Partial<ProxyLimits> = {}): Promise<Rig> {
  const forwarded: { bytes: string; zone: string | null }[] = [];
  const made = await startInsideRig({
    level: 'block-page',
    settings: { limits },
    deps: {
      renderBlockPage: (shown, _snapshot, origin) => ({ html: `<p>chặn ${shown.host} ${origin}</p>`, policy: "default-src 'none'" }),
      forwardToPages: (socket, bytes, zone) => {
        forwarded.push({ bytes: bytes.toString('latin1'), zone });
        socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
        socket.resume();
      },
    },
  });
  open.push(() => made.close());
  return { ...made, port: made.proxy.transparentPort, forwarded, count: () => made.proxy.interceptor.count() + made.proxy.server.connections() };
}

interface Answer { text: string; error: string | null; ms: number }

function ask(port: number, request: string | Buffer | null, options: tls.ConnectionOptions = {}, parts = 1): Promise<Answer> {
  const from = performance.now();
  return new Promise((resolve) => {
    let text = '';
    let error: string | null = null;
    const socket = tls.connect({ port, host: '127.0.0.1', servername: HOST, ca, ALPNProtocols: ['h2', 'http/1.1'], ...options });
    socket.on('secureConnect', () => {
      if (request === null) return;
      const bytes = Buffer.from(request as string);
      const size = Math.ceil(bytes.length / parts);
      const send = (at: number): void => {
        if (at >= bytes.length || socket.destroyed) return;
        socket.write(bytes.subarray(at, at + size));
        setTimeout(() => send(at + size), 2);
      };
      send(0);
    });
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    socket.on('error', (failure: NodeJS.ErrnoException) => (error = failure.code ?? failure.message));
    socket.on('close', () => resolve({ text, error, ms: performance.now() - from }));
  });
}

const GET = `GET /x?khoa=bimat HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`;

describe('the page over TLS', () => {
  it('answers one request with the page and closes', async () => {
    const { port, count, origin, proxy } = await rig();
    const { text, error } = await ask(port, GET);
    expect(error).toBeNull();
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
    expect(text).toMatch(/\r\nX-Luytre-Reason: hard-category\r\n/);
    expect(text).toMatch(/\r\nConnection: close\r\n/);
    expect(text).toContain(`<p>chặn ${HOST} ${PAGES_PATH}</p>`);
    expect(text).not.toContain('bimat');
    await waitFor(() => count() === 0);
    expect(origin.connections).toHaveLength(0);
    expect(proxy.outcomes).toMatchObject([{ channel: 'tunnel', reason: 'hard-category', failed: false }]);
  });

  it('answers the first of pipelined requests only', async () => {
    const { port } = await rig();
    const { text } = await ask(port, GET + GET + GET);
    expect(text.match(/HTTP\/1\.1 /g)).toHaveLength(1);
  });

  it('takes a request in pieces, a HEAD without a body, an upload; judges another Host on its own and sends nothing on', async () => {
    const { port } = await rig();
    expect((await ask(port, GET, {}, GET.length)).text).toContain('chặn');
    const head = (await ask(port, GET.replace('GET', 'HEAD'))).text;
    expect(head).toMatch(/^HTTP\/1\.1 403 /);
    expect(head.endsWith('\r\n\r\n')).toBe(true);
    expect((await ask(port, GET.replace(`Host: ${HOST}`, 'Host: game.test'))).text).toContain('chặn game.test');
    expect((await ask(port, GET.replace(`Host: ${HOST}`, 'Host: ok.test'))).text).toMatch(/^HTTP\/1\.1 421 /);
    const upload = `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 400000\r\n\r\n${'x'.repeat(400_000)}`;
    expect((await ask(port, upload)).text).toContain('chặn');
  });

  it.each([
    ['no HTTP', 'hello\r\n\r\n', 400],
    ['two Hosts', `GET / HTTP/1.1\r\nHost: ${HOST}\r\nHost: b.test\r\n\r\n`, 400],
    ['two framings', `POST / HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n`, 400],
    ['CONNECT inside', 'CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n', 400],
    ['too long a target', `GET /${'a'.repeat(9_000)} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`, 414],
    ['too large a head', `GET / HTTP/1.1\r\nHost: ${HOST}\r\n${'A: bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb\r\n'.repeat(2_000)}\r\n`, 431],
  ])('refuses %s', async (_what, request, status) => {
    const { port } = await rig();
    const { text } = await ask(port, request);
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(text).not.toContain('chặn');
  });

  it('fails cleanly and at once where the CA is not trusted', async () => {
    const { port, count } = await rig();
    const { error, text, ms } = await ask(port, GET, { ca: [] });
    expect(error).toMatch(/UNABLE_TO_GET_ISSUER|UNABLE_TO_VERIFY|SELF_SIGNED/);
    expect(text).toBe('');
    expect(ms).toBeLessThan(2_000);
    await waitFor(() => count() === 0);
  });

  it('lets nobody hold a connection: neither in the handshake nor before the request nor inside it', async () => {
    const { port, count } = await rig({ helloMs: 100, headMs: 100 });
    const half = net.connect(port, '127.0.0.1');
    half.on('error', () => undefined);
    half.write(Buffer.from('16030100', 'hex'));
    for (const request of [null, 'GET / HTT']) expect((await ask(port, request)).ms).toBeLessThan(2_000);
    await waitFor(() => count() === 0, 3_000);
    half.destroy();
  });

  it('lets nobody hold one after the answer either', async () => {
    const { port, count } = await rig();
    const socket = tls.connect({ port, host: '127.0.0.1', servername: HOST, ca, allowHalfOpen: true } as tls.ConnectionOptions);
    socket.on('error', () => undefined);
    socket.on('secureConnect', () => {
      socket.write(GET);
      const timer = setInterval(() => (socket.destroyed ? clearInterval(timer) : socket.write('x')), 50);
    });
    socket.resume();
    await waitFor(() => count() > 0);
    await waitFor(() => count() === 0, 6_000);
    socket.destroy();
  });

  it('survives clients that leave at any point', async () => {
    const { port, count } = await rig();
    for (let i = 0; i < 40; i++) {
      const raw = net.connect(port, '127.0.0.1');
      raw.on('error', () => undefined);
      const socket = tls.connect({ socket: raw, servername: HOST, ca });
      socket.on('error', () => undefined);
      socket.on('secureConnect', () => socket.write(GET.slice(0, i)));
      await new Promise((resolve) => setTimeout(resolve, i % 7));
      if (i % 2 === 0) socket.destroy();
      else raw.resetAndDestroy();
    }
    await waitFor(() => count() === 0);
    expect((await ask(port, GET)).text).toContain('chặn');
  });

  it('passes its own form and help to the pages of this gateway, with the zone, and nothing behind it', async () => {
    const { port, forwarded } = await rig();
    const body = 'host=blocked.test&ref=ABC234';
    const { text } = await ask(port, `POST ${PAGES_PATH}/yeu-cau HTTP/1.1\r\nHost: ${HOST}\r\nContent-Length: ${body.length}\r\n\r\n${body}GET / HTTP/1.1\r\n`);
    expect(text).toContain('200 OK');
    expect(forwarded).toHaveLength(1);
    expect(forwarded[0]?.zone).toBe('hoc-sinh');
    expect(forwarded[0]?.bytes).toMatch(/^POST \/yeu-cau HTTP\/1\.1\r\n/);
    expect(forwarded[0]?.bytes.endsWith(body)).toBe(true);
    expect((await ask(port, `GET ${PAGES_PATH} HTTP/1.1\r\nHost: ${HOST}\r\n\r\n`)).text).toContain('chặn');
    expect(forwarded).toHaveLength(1);
  });

  it('covers what the level, the CA and the list allow, and nothing else', () => {
    const interceptor = createInterceptor({ limits: DEFAULT_LIMITS, signing: SIGNING, serve: () => undefined });
    const at = (level: 'name' | 'block-page' | 'inspect') => (host: string, decision: (host: string, patch?: Partial<Decision>) => Decision, patch: Partial<Decision> = {}): boolean =>
      interceptor.covers(host, decision(host, { profile: 3, ...patch }), insidePolicy(level));
    expect(at('name')(HOST, blocked)).toBe(false);
    expect(at('block-page')(HOST, blocked)).toBe(true);
    expect(at('inspect')(HOST, blocked)).toBe(true);
    expect(at('name')('ok.test', allowed)).toBe(false);
    expect(at('block-page')('ok.test', allowed)).toBe(false);
    expect(at('inspect')('ok.test', allowed)).toBe(true);
    // the level is the profile's, not the school's
    expect(at('inspect')('ok.test', allowed, { profile: 4 })).toBe(false);
    for (const host of ['bank.test', 'www.bank.test', 'thu.test', '8.8.8.8', '2001:db8::1']) {
      for (const verdict of [blocked, allowed]) expect(at('inspect')(host, verdict), host).toBe(false);
    }
    // an address of the gateway's own may be shown a page for, and is never read
    expect(at('inspect')('127.0.0.1', blocked)).toBe(true);
    expect(at('inspect')('127.0.0.1', allowed)).toBe(false);
    expect(at('inspect')('help.test', allowed, { layer: 'help' })).toBe(false);
    interceptor.splice('ok.test');
    expect(at('inspect')('ok.test', allowed)).toBe(false);
    expect(at('inspect')('ok.test', blocked)).toBe(true);
    interceptor.setSigning(null);
    expect(at('inspect')(HOST, blocked)).toBe(false);
    interceptor.setSigning(SIGNING);
    expect(at('inspect')(HOST, blocked)).toBe(true);
  });
});
