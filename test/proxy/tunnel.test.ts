import net, { type AddressInfo, type Socket } from 'node:net';
import tls from 'node:tls';
import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { Dialer } from '../../src/proxy/relay-context.js';
import { helloBytes } from '../support/hello-bytes.js';
import { startTlsOrigin } from '../support/tls-origin.js';
import { gone, startTunnelRig, waitFor, type RigOptions, type TunnelRig } from '../support/tunnel-rig.js';
import { allowed, blocked } from '../support/wire-settings.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Origin {
  readonly port: number;
  readonly sockets: Socket[];
  /** Everything the origin got, in order of arrival, over all connections. */
  bytes(): Buffer;
}

async function rawOrigin(onSocket: (socket: Socket) => void = () => undefined, reading = true): Promise<Origin> {
  const sockets: Socket[] = [];
  const got: Buffer[] = [];
  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    if (reading) socket.on('data', (chunk: Buffer) => got.push(chunk));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { port: (server.address() as AddressInfo).port, sockets, bytes: () => Buffer.concat(got) };
}

async function rig(options: RigOptions = {}): Promise<TunnelRig> {
  const hosts = { 'a.test': ['127.0.0.1'], 'b.test': ['127.0.0.1'], ...options.hosts };
  const made = await startTunnelRig({ ...options, hosts });
  cleanups.push(() => made.close());
  return made;
}

/** The alert a client got, or null. */
function alertIn(received: readonly Buffer[]): number | null {
  const bytes = Buffer.concat(received);
  return bytes.length === 7 && bytes[0] === 0x15 && bytes[5] === 2 ? (bytes[6] ?? null) : null;
}

const sha = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');
const OK = 'HTTP/1.1 200 Connection established';

describe('an allowed tunnel', () => {
  it('carries real TLS both ways and counts every byte', async () => {
    const body = randomBytes(3_000_000);
    const origin = await startTlsOrigin(['a.test'], (socket) => socket.on('data', () => undefined).once('data', () => socket.end(body)));
    cleanups.push(() => origin.close());
    const r = await rig();
    const { socket, answer } = await r.connect(`a.test:${origin.port}`);
    expect(answer).toBe(OK);
    socket.removeAllListeners('data');
    const client = tls.connect({ socket, servername: 'a.test', ca: origin.certificate.cert });
    client.write('hello');
    const got: Buffer[] = [];
    client.on('data', (chunk: Buffer) => got.push(chunk));
    await new Promise((resolve) => client.once('end', resolve));
    client.end();
    expect(client.authorized).toBe(true);
    expect(sha(Buffer.concat(got))).toBe(sha(body));
    const outcome = await r.outcome();
    expect(outcome).toMatchObject({ reason: 'category-open', failed: false, channel: 'tunnel', zone: -1 });
    expect(outcome.bytesUp).toBe(socket.bytesWritten - Buffer.byteLength(`CONNECT a.test:${origin.port} HTTP/1.1\r\nHost: a.test:${origin.port}\r\n\r\n`));
    expect(outcome.bytesDown).toBe(socket.bytesRead - OK.length - 4);
    expect(r.tunnels.count()).toBe(0);
  });

  it('answers 200 only when the origin is reached, and an honest failure otherwise', async () => {
    const closed = await rawOrigin();
    const { port } = closed;
    const r = await rig({ hosts: { 'none.test': ['127.0.0.77'], 'lan.test': ['192.168.3.3'] } });
    expect((await r.connect(`none.test:${port}`)).answer).toBe('HTTP/1.1 599 connect-refused');
    expect((await r.connect(`lan.test:${port}`)).answer).toBe('HTTP/1.1 599 private-address');
    expect((await r.connect(`x.localhost:${port}`)).answer).toBe('HTTP/1.1 599 own-address');
    expect((await r.connect(`unknown.test:${port}`)).answer).toBe('HTTP/1.1 599 dns-failed');
    expect(r.outcomes.map((o) => [o.reason, o.failed])).toEqual([
      ['connect-refused', true], ['private-address', true], ['own-address', true], ['dns-failed', true],
    ]);
    expect(closed.sockets).toHaveLength(0);
  });

  it('holds back bytes that came with the CONNECT until the 200 is out', async () => {
    const origin = await rawOrigin();
    let release: () => void = () => undefined;
    const dialer: Dialer = {
      dial(_permit, _purpose, done) {
        const socket = net.connect({ port: origin.port, host: '127.0.0.1', allowHalfOpen: true });
        socket.on('error', () => undefined);
        socket.once('connect', () => {
          release = () => done(null, socket, false);
        });
        return { cancel: () => socket.destroy() };
      },
    };
    const r = await rig({ dialer });
    const hello = helloBytes({ sni: 'a.test' });
    const opening = r.connect('a.test:443', hello);
    await waitFor(() => origin.sockets.length === 1);
    await new Promise((resolve) => setTimeout(resolve, 80));
    expect(origin.bytes()).toHaveLength(0);
    release();
    expect((await opening).answer).toBe(OK);
    await waitFor(() => origin.bytes().length === hello.length);
    expect(origin.bytes().equals(hello)).toBe(true);
  });

  it.each([
    ['in one piece', { sni: 'a.test' }, 65_536],
    ['byte by byte', { sni: 'a.test' }, 1],
    ['over two segments, cut in the name', { sni: 'a.test' }, 120],
    ['over many TLS records', { sni: 'a.test', recordBytes: 5 }, 65_536],
    ['over many records, byte by byte', { sni: 'a.test', recordBytes: 3 }, 1],
    ['as long as a browser\'s and longer', { sni: 'a.test', padding: 12_000 }, 1_460],
    ['in capitals and with a dot', { sni: 'A.TEST.' }, 65_536],
    ['with web ALPN', { sni: 'a.test', alpn: ['h2', 'http/1.1'] }, 65_536],
    ['with GREASE in ALPN', { sni: 'a.test', alpn: ['\x0a\x0a', 'h2'] }, 65_536],
  ])('a hello %s', async (_what, shape, step) => {
    const origin = await rawOrigin();
    const r = await rig();
    const { socket, answer } = await r.connect(`a.test:${origin.port}`);
    expect(answer).toBe(OK);
    const hello = helloBytes(shape);
    for (let at = 0; at < hello.length; at += step) {
      socket.write(hello.subarray(at, at + step));
      await new Promise((resolve) => setImmediate(resolve));
    }
    await waitFor(() => origin.bytes().length >= hello.length);
    socket.write('more');
    await waitFor(() => origin.bytes().length === hello.length + 4);
    expect(origin.bytes().equals(Buffer.concat([hello, Buffer.from('more')]))).toBe(true);
  });
});

describe('what is refused inside a tunnel', () => {
  const cases: readonly (readonly [string, Buffer, string, number | null])[] = [
    ['HTTP', Buffer.from('GET / HTTP/1.1\r\nHost: a.test\r\n\r\n'), 'not-tls', null],
    ['a second CONNECT', Buffer.from('CONNECT b.test:443 HTTP/1.1\r\n\r\n'), 'not-tls', null],
    ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), 'not-tls', null],
    ['SMTP', Buffer.from('EHLO x\r\n'), 'not-tls', null],
    ['BitTorrent', Buffer.from('\x13BitTorrent protocol', 'latin1'), 'not-tls', null],
    ['an SSLv2 hello', Buffer.from('802e0100020015000000100100800300800700c006004002008004008000', 'hex'), 'not-tls', null],
    ['OpenVPN over TCP', Buffer.from('000e38b1c2d3e4f5a6b7c80000000000', 'hex'), 'not-tls', null],
    ['a TLS alert', Buffer.from('15030300020228', 'hex'), 'not-tls', null],
    ['TLS 1.1 at most', helloBytes({ sni: 'a.test', versions: [0x0302, 0x0301] }), 'not-tls', 70],
    ['DNS over TLS', helloBytes({ sni: 'a.test', alpn: ['dot'] }), 'not-tls', 120],
    ['DNS over TLS beside the web', helloBytes({ sni: 'a.test', alpn: ['h2', 'dot'] }), 'not-tls', 120],
    ['no web protocol', helloBytes({ sni: 'a.test', alpn: ['my-vpn'] }), 'not-tls', 120],
    ['a hello beyond 16 KiB', helloBytes({ sni: 'a.test', padding: 16_400 }), 'malformed', 47],
    ['a name with a NUL', helloBytes({ sni: 'b.test\0.a.test' }), 'malformed', 47],
    ['no server name', helloBytes({ sni: null }), 'no-server-name', 112],
    ['another allowed name', helloBytes({ sni: 'b.test' }), 'server-name-mismatch', 112],
  ];

  it.each(cases)('%s', async (_what, bytes, reason, alert) => {
    const origin = await rawOrigin();
    const r = await rig();
    const { socket, received } = await r.connect(`a.test:${origin.port}`);
    socket.write(bytes);
    await gone(socket);
    expect(alertIn(received)).toBe(alert);
    expect(await r.outcome()).toMatchObject({ reason, failed: true });
    await waitFor(() => origin.sockets.every((s) => s.readableEnded || s.destroyed));
    expect(origin.bytes()).toHaveLength(0);
    expect(r.tunnels.count()).toBe(0);
    expect(r.outcomes).toHaveLength(1);
  });

  it('a blocked name is refused with its own decision', async () => {
    const origin = await rawOrigin();
    const r = await rig();
    r.verdicts.set('bad.test', blocked('bad.test', { reason: 'hard-category', cell: 'X' }));
    const { socket, received } = await r.connect(`a.test:${origin.port}`, helloBytes({ sni: 'BAD.test' }));
    await gone(socket);
    expect(alertIn(received)).toBe(49);
    expect(await r.outcome()).toMatchObject({ reason: 'hard-category', failed: false, decision: { host: 'bad.test' } });
    expect(origin.bytes()).toHaveLength(0);
  });

  it('a blocked CONNECT is never dialled', async () => {
    const origin = await rawOrigin();
    const r = await rig();
    r.verdicts.set('a.test', blocked('a.test'));
    expect((await r.connect(`a.test:${origin.port}`)).answer).toBe('HTTP/1.1 599 category-blocked');
    expect(await r.outcome()).toMatchObject({ reason: 'category-blocked', failed: false });
    expect(origin.sockets).toHaveLength(0);
  });

  it('silence ends at the hello deadline, before and after the first byte', async () => {
    const origin = await rawOrigin();
    const r = await rig({ limits: { helloMs: 300 } });
    const silent = await r.connect(`a.test:${origin.port}`);
    const stalled = await r.connect(`a.test:${origin.port}`, helloBytes().subarray(0, 40));
    const startMs = performance.now();
    await Promise.all([silent, stalled].map(({ socket }) => gone(socket)));
    expect(performance.now() - startMs).toBeLessThan(3_000);
    expect((await r.outcome(2)).reason).toBe('not-tls');
    expect(r.tunnels.count()).toBe(0);
    expect(origin.bytes()).toHaveLength(0);
  });

  it('without a name: teachers may, and an allowed address has none to show', async () => {
    const origin = await rawOrigin();
    const r = await rig();
    const hello = helloBytes({ sni: null });
    r.verdicts.set('b.test', allowed('b.test', { profile: 1 }));
    await r.connect(`b.test:${origin.port}`, hello);
    await waitFor(() => origin.bytes().length === hello.length);
    await r.connect(`127.0.0.1:${origin.port}`, hello);
    await waitFor(() => origin.bytes().length === 2 * hello.length);
    expect(r.tunnels.count()).toBe(2);
  });
});

describe('the splice', () => {
  const hello = helloBytes({ sni: 'a.test' });

  it('delivers the client\'s half-close and goes on downwards', async () => {
    const origin = await rawOrigin((socket) => socket.on('end', () => setTimeout(() => socket.end('after your FIN'), 50)));
    const r = await rig();
    const { socket, received } = await r.connect(`a.test:${origin.port}`, hello);
    socket.end('last words');
    await gone(socket);
    expect(Buffer.concat(received).toString()).toBe('after your FIN');
    expect(origin.bytes().subarray(hello.length).toString()).toBe('last words');
    expect(await r.outcome()).toMatchObject({ bytesUp: hello.length + 10, bytesDown: 14, failed: false });
  });

  it('delivers the origin\'s half-close and goes on upwards', async () => {
    const origin = await rawOrigin((socket) => socket.once('data', () => socket.end('that is all')));
    const r = await rig();
    const { socket, received } = await r.connect(`a.test:${origin.port}`, hello);
    await waitFor(() => socket.readableEnded);
    expect(Buffer.concat(received).toString()).toBe('that is all');
    const big = randomBytes(2_000_000);
    socket.end(big);
    await waitFor(() => origin.bytes().length === hello.length + big.length);
    expect(sha(origin.bytes().subarray(hello.length))).toBe(sha(big));
    expect(await r.outcome()).toMatchObject({ bytesUp: hello.length + big.length, bytesDown: 11 });
    expect(r.tunnels.count()).toBe(0);
  });

  it.each(['client', 'origin'] as const)('a %s that breaks off takes the other side with it', async (who) => {
    const origin = await rawOrigin();
    const r = await rig();
    const { socket } = await r.connect(`a.test:${origin.port}`, hello);
    await waitFor(() => origin.bytes().length === hello.length);
    const other = who === 'client' ? origin.sockets[0] : socket;
    if (who === 'client') socket.resetAndDestroy();
    else origin.sockets[0]?.resetAndDestroy();
    other?.on('end', () => other.end());
    await waitFor(() => other?.destroyed === true || other?.readableEnded === true);
    await r.outcome();
    expect(r.tunnels.count()).toBe(0);
  });

  it('closing down gives up what is being reached', async () => {
    let cancelled = 0;
    const dialer: Dialer = { dial: () => ({ cancel: () => cancelled++ }) };
    const r = await rig({ dialer });
    const opening = r.connect('a.test:443');
    await waitFor(() => r.tunnels.count() === 1);
    r.tunnels.close();
    await opening;
    expect(cancelled).toBe(1);
    expect(r.tunnels.count()).toBe(0);
  });

  it('a client that hangs up while the origin is being reached is noticed', async () => {
    let cancelled = 0;
    const dialer: Dialer = { dial: () => ({ cancel: () => cancelled++ }) };
    const r = await rig({ dialer });
    const socket = net.connect(r.port, '127.0.0.1', () => socket.write('CONNECT a.test:443 HTTP/1.1\r\n\r\n'));
    await waitFor(() => r.tunnels.count() === 1);
    socket.destroy();
    await waitFor(() => cancelled === 1);
    expect(await r.outcome()).toMatchObject({ failed: true, bytesUp: 0, bytesDown: 0 });
    expect(r.tunnels.count()).toBe(0);
  });

  it('an origin that closes before the hello closes the client', async () => {
    const origin = await rawOrigin((socket) => socket.destroy());
    const r = await rig();
    const { socket } = await r.connect(`a.test:${origin.port}`);
    await gone(socket);
    expect(await r.outcome()).toMatchObject({ reason: 'upstream-error', failed: true });
  });

  it.each(['down', 'up'] as const)('holds back a fast sender (%s) when the receiver stops', async (direction) => {
    const chunk = Buffer.alloc(1 << 20, 7);
    const flood = (socket: Socket): void => {
      while (!socket.destroyed && socket.bytesWritten < 400 * chunk.length && socket.write(chunk));
      if (!socket.destroyed && socket.bytesWritten < 400 * chunk.length) socket.once('drain', () => flood(socket));
    };
    const origin = await rawOrigin((socket) => {
      if (direction === 'down') flood(socket);
      else socket.pause();
    }, direction === 'down');
    const r = await rig();
    const { socket } = await r.connect(`a.test:${origin.port}`, hello);
    socket.removeAllListeners('data');
    socket.pause();
    if (direction === 'up') flood(socket);
    const sender = (): Socket | undefined => (direction === 'down' ? origin.sockets[0] : socket);
    await waitFor(() => (sender()?.bytesWritten ?? 0) > 0);
    await new Promise((resolve) => setTimeout(resolve, 400));
    const before = process.memoryUsage().rss;
    const sentAt = (sender()?.bytesWritten ?? 0) - (sender()?.writableLength ?? 0);
    await new Promise((resolve) => setTimeout(resolve, 600));
    const sentLater = (sender()?.bytesWritten ?? 0) - (sender()?.writableLength ?? 0);
    expect(sentLater - sentAt).toBe(0);
    expect(process.memoryUsage().rss - before).toBeLessThan(8 << 20);
    // Set going again, everything arrives.
    const receiver = direction === 'down' ? socket : origin.sockets[0];
    let got = 0;
    receiver?.on('data', (bytes: Buffer) => (got += bytes.length));
    receiver?.resume();
    await waitFor(() => got >= 50 * chunk.length, 10_000);
  });

  it('ends an idle tunnel, and not a busy one', async () => {
    const origin = await rawOrigin();
    const r = await rig({ limits: { tunnelIdleMs: 1_500 } });
    const idle = await r.connect(`a.test:${origin.port}`, hello);
    const busy = await r.connect(`a.test:${origin.port}`, hello);
    const beat = setInterval(() => busy.socket.write('x'), 200);
    cleanups.push(() => clearInterval(beat));
    await gone(idle.socket);
    expect(busy.socket.destroyed).toBe(false);
    expect(r.tunnels.count()).toBe(1);
    expect(await r.outcome()).toMatchObject({ reason: 'category-open', failed: false });
  }, 10_000);

  it('carries a WebSocket that was agreed elsewhere', async () => {
    const origin = await rawOrigin((socket) => socket.on('data', (chunk) => socket.write(chunk)));
    const r = await rig();
    const server = net.createServer({ allowHalfOpen: true, pauseOnConnect: true }, (client) => {
      client.on('error', () => client.destroy());
      const upstream = net.connect({ port: origin.port, host: '127.0.0.1', allowHalfOpen: true }, () => {
        r.tunnels.adopt({
          client, upstream, from: { address: '127.0.0.1', port: 1, login: null }, zone: -1, decision: allowed('a.test'), host: 'a.test', channel: 'websocket', path: null,
          toClient: Buffer.from('101'), toUpstream: Buffer.from('frame'), bytesUp: 100, bytesDown: 200, startedMs: Date.now(), ms: 7,
        });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const client = net.connect((server.address() as AddressInfo).port, '127.0.0.1');
    let got = '';
    client.on('data', (chunk) => (got += chunk.toString()));
    await waitFor(() => got === '101frame');
    expect(r.tunnels.count()).toBe(1);
    client.destroy();
    origin.sockets[0]?.end();
    expect(await r.outcome()).toMatchObject({ channel: 'websocket', bytesUp: 105, bytesDown: 208, ms: 7 });
  });
});

describe('when policy changes', () => {
  const hello = helloBytes({ sni: 'a.test' });

  it('closes the tunnels it now blocks, and no other', async () => {
    const origin = await rawOrigin();
    const r = await rig();
    r.zones.set('127.0.0.1', 0);
    r.zones.set('127.0.0.2', 1);
    const room = await r.connect(`a.test:${origin.port}`, hello);
    const otherRoom = await r.connect(`a.test:${origin.port}`, hello, '127.0.0.2');
    const otherHost = await r.connect(`b.test:${origin.port}`, helloBytes({ sni: 'b.test' }));
    await waitFor(() => origin.sockets.length === 3 && origin.bytes().length >= 3 * hello.length - 3);
    expect(r.tunnels.applyPolicy()).toBe(0);
    r.verdicts.set('0 a.test', blocked('a.test'));
    const startMs = performance.now();
    expect(r.tunnels.applyPolicy()).toBe(1);
    await gone(room.socket);
    expect(performance.now() - startMs).toBeLessThan(2_000);
    expect(await r.outcome()).toMatchObject({ reason: 'policy-changed', failed: false, zone: 0, decision: { action: 'block' }, bytesUp: hello.length });
    expect(otherRoom.socket.destroyed || otherHost.socket.destroyed).toBe(false);
    expect(r.tunnels.count()).toBe(2);
    // The device moves to the blocked room.
    r.zones.set('127.0.0.2', 0);
    expect(r.tunnels.applyPolicy()).toBe(1);
    await gone(otherRoom.socket);
    expect(r.outcomes.map((o) => o.zone)).toEqual([0, 0]);
    expect(otherHost.socket.destroyed).toBe(false);
  });

  it('ends a tunnel to the unrestricted host when its room comes under SafeSearch', async () => {
    const origin = await rawOrigin();
    const r = await rig();
    const { socket } = await r.connect(`a.test:${origin.port}`, hello);
    await waitFor(() => r.tunnels.count() === 1 && origin.bytes().length === hello.length);
    r.verdicts.set('a.test', allowed('a.test', { action: 'restrict', reason: 'category-restricted', cell: 'H', dialHost: 'safe.test' }));
    expect(r.tunnels.applyPolicy()).toBe(1);
    await gone(socket);
  });

  it('a tunnel dialled to the restricted host stays', async () => {
    const origin = await rawOrigin();
    const r = await rig({ hosts: { 'a.test': ['127.0.0.99'], 'safe.test': ['127.0.0.1'] } });
    r.verdicts.set('a.test', allowed('a.test', { action: 'restrict', reason: 'category-restricted', cell: 'H', dialHost: 'safe.test' }));
    await r.connect(`a.test:${origin.port}`, hello);
    await waitFor(() => origin.bytes().length === hello.length);
    expect(r.tunnels.applyPolicy()).toBe(0);
    expect(r.tunnels.count()).toBe(1);
  });

  it('bears on what is still being dialled or has not said hello', async () => {
    const origin = await rawOrigin();
    const r = await rig();
    const waiting = await r.connect(`a.test:${origin.port}`);
    expect(waiting.answer).toBe(OK);
    r.verdicts.set('a.test', blocked('a.test'));
    expect(r.tunnels.applyPolicy()).toBe(1);
    await gone(waiting.socket);
    const stuck = await rig({ dialer: { dial: () => ({ cancel: () => undefined }) } });
    const opening = stuck.connect('a.test:443');
    await waitFor(() => stuck.tunnels.count() === 1);
    stuck.verdicts.set('a.test', blocked('a.test'));
    expect(stuck.tunnels.applyPolicy()).toBe(1);
    expect((await opening).answer).toBe('HTTP/1.1 599 policy-changed');
  });

  it('a lesson that ends by the clock does the same within two seconds', async () => {
    const origin = await rawOrigin();
    let nowMs = 1_000_000;
    const r = await rig({ nowMs: () => nowMs });
    r.verdicts.set('a.test', allowed('a.test', { reason: 'teacher-opening', validUntilMs: 2_000_000 }));
    const { socket } = await r.connect(`a.test:${origin.port}`, hello);
    await waitFor(() => origin.bytes().length === hello.length);
    r.verdicts.set('a.test', blocked('a.test'));
    await new Promise((resolve) => setTimeout(resolve, 1_300));
    expect(socket.destroyed).toBe(false);
    nowMs = 2_000_000;
    const startMs = performance.now();
    await gone(socket);
    expect(performance.now() - startMs).toBeLessThan(2_000);
    expect((await r.outcome()).reason).toBe('policy-changed');
  });
});

describe('transparent TLS', () => {
  it('dials its own resolution of the name, on the port the client meant', async () => {
    const origin = await startTlsOrigin(['a.test'], (socket) => socket.end('hi'));
    cleanups.push(() => origin.close());
    const asked: string[] = [];
    const r = await rig({
      dialer: {
        dial(leave, purpose, done) {
          asked.push(`${leave.dialHost}:${leave.port} ${purpose}`);
          const socket = net.connect({ port: origin.port, host: '127.0.0.1', allowHalfOpen: true });
          socket.on('error', () => undefined);
          socket.once('connect', () => done(null, socket, false));
          return { cancel: () => socket.destroy() };
        },
      },
    });
    const client = tls.connect({ socket: r.openTransparent(), servername: 'a.test', ca: origin.certificate.cert });
    let got = '';
    client.on('data', (chunk: Buffer) => (got += chunk.toString()));
    await waitFor(() => got === 'hi');
    expect(asked).toEqual(['a.test:443 tunnel']);
    client.end();
    expect(await r.outcome()).toMatchObject({ failed: false, decision: { host: 'a.test' } });
  });

  it('keeps the port of a captured connection when it is one that may be dialled', async () => {
    // Behind TPROXY the socket's local port is the site's.
    const server = net.createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())));
    const { port } = server.address() as AddressInfo;
    for (const [ports, dialled] of [[[443, port], port], [[443], 443]] as const) {
      const asked: number[] = [];
      const r = await rig({ ports, dialer: { dial: (leave) => (asked.push(leave.port), { cancel: () => undefined }) } });
      server.removeAllListeners('connection');
      server.on('connection', (client) => {
        client.on('error', () => client.destroy());
        r.tunnels.transparent(client, { address: '127.0.0.1', port: 0, login: null }, helloBytes(), Date.now());
      });
      const client = net.connect(port, '127.0.0.1');
      cleanups.push(() => client.destroy());
      await waitFor(() => asked.length === 1);
      expect(asked).toEqual([dialled]);
    }
  });

  const talk = async (r: TunnelRig, bytes: Buffer): Promise<Buffer[]> => {
    const socket = r.openTransparent();
    const got: Buffer[] = [];
    socket.on('data', (chunk) => got.push(chunk));
    socket.write(bytes);
    await gone(socket);
    return got;
  };

  it('blocked: an alert, and its decision', async () => {
    const r = await rig();
    r.verdicts.set('a.test', blocked('a.test', { reason: 'hard-category' }));
    expect(alertIn(await talk(r, helloBytes({ recordBytes: 7 })))).toBe(49);
    expect(await r.outcome()).toMatchObject({ reason: 'hard-category', failed: false });
  });

  it('no name, and the address is ours or closed: refused', async () => {
    const r = await rig();
    r.verdicts.set('127.0.0.1', blocked('127.0.0.1'));
    expect(alertIn(await talk(r, helloBytes({ sni: null })))).toBe(112);
    expect(await r.outcome()).toMatchObject({ reason: 'no-server-name', failed: true });
  });

  it('a fault of the dial is an alert', async () => {
    const r = await rig({ hosts: { 'lan.test': ['10.1.1.1'] } });
    expect(alertIn(await talk(r, helloBytes({ sni: 'lan.test' })))).toBe(49);
    expect(alertIn(await talk(r, helloBytes({ sni: 'unknown.test' })))).toBe(80);
    expect(r.outcomes.map((o) => o.reason)).toEqual(['private-address', 'dns-failed']);
  });

  it('no policy: closed', async () => {
    const r = await rig({ withoutPolicy: true });
    expect(await talk(r, helloBytes())).toEqual([]);
    expect(r.tunnels.count()).toBe(0);
  });

  it('a broken hello: alert; silence: deadline', async () => {
    const r = await rig({ limits: { helloMs: 300 } });
    const bad = helloBytes();
    bad[6] = 0xff;
    await talk(r, bad);
    await talk(r, helloBytes().subarray(0, 30));
    expect(r.tunnels.count()).toBe(0);
  });
});
