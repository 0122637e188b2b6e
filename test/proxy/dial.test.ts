import net, { type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { permit } from '../../src/policy/decide.js';
import { canonicalHost } from '../../src/matching/hostname.js';
import { createDialer, interleave, type DialerOptions } from '../../src/proxy/dial.js';
import { createResolver } from '../../src/proxy/resolve.js';
import type { ProxySettings } from '../../src/proxy/settings.js';
import { startDnsStub, tableZone, type StubZone } from '../support/dns-stub.js';
import { allowed, wireSettings } from '../support/wire-settings.js';
import { quickest } from '../support/quickest.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Reached {
  readonly fault: string | null;
  readonly socket: Socket | null;
  readonly toParent: boolean;
  readonly address: string | null;
}

interface Rig {
  dial(host: string, port: number, purpose?: 'http' | 'tunnel'): Promise<Reached>;
  start(host: string, port: number, done: () => void): { cancel(): void };
  setOwnPorts(ports: readonly number[]): void;
}

async function rig(zone: StubZone, patch: Parameters<typeof wireSettings>[0] = {}, options: DialerOptions = {}): Promise<Rig> {
  const stub = await startDnsStub(zone);
  const settings: ProxySettings = wireSettings({ dns: [stub.server], ...patch });
  const resolver = createResolver({ dns: settings.dns, hosts: settings.hosts, totalMs: 1_500 });
  cleanups.push(() => stub.close(), () => resolver.close());
  const dialer = createDialer(settings, resolver, options);
  const leave = (host: string, port: number) => {
    const ticket = permit(allowed(canonicalHost(host) ?? host), port);
    if (ticket === null) throw new Error('no permit');
    return ticket;
  };
  return {
    dial: (host, port, purpose = 'tunnel') =>
      new Promise((resolve) => {
        dialer.dial(leave(host, port), purpose, (fault, socket, toParent) => {
          if (socket !== null) cleanups.push(() => socket.destroy());
          resolve({ fault, socket, toParent, address: socket?.remoteAddress ?? null });
        });
      }),
    start: (host, port, done) => dialer.dial(leave(host, port), 'tunnel', (_fault, socket) => {
      socket?.destroy();
      done();
    }),
    setOwnPorts: (ports) => dialer.setOwnPorts(ports),
  };
}

async function listen(host: string, port = 0, onSocket: (socket: Socket) => void = () => undefined): Promise<{ port: number; sockets: Socket[] }> {
  const sockets: Socket[] = [];
  const server = net.createServer((socket) => {
    sockets.push(socket);
    socket.on('error', () => socket.destroy());
    onSocket(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise<void>((resolve) => server.close(() => resolve()));
  });
  return { port: (server.address() as AddressInfo).port, sockets };
}

/** A listener whose accept queue is full: the kernel drops every further SYN, as a black hole does. */
async function blackhole(host: string): Promise<number> {
  const server = net.createServer();
  await new Promise<void>((resolve) => server.listen({ host, port: 0, backlog: 1 }, resolve));
  const { port } = server.address() as AddressInfo;
  server.close();
  const { spawn } = await import('node:child_process');
  // A second process that listens and never accepts, because it is busy for good.
  const child = spawn(process.execPath, ['-e', `
    const net = require('node:net');
    net.createServer().listen({ host: ${JSON.stringify(host)}, port: ${port}, backlog: 1 }, () => {
      process.stdout.write('up', () => { for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1000); });
    });`], { stdio: ['ignore', 'pipe', 'ignore'] });
  cleanups.push(() => new Promise<void>((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGKILL');
  }));
  await new Promise<void>((resolve) => child.stdout.once('data', () => resolve()));
  const fillers = Array.from({ length: 6 }, () => net.connect(port, host));
  for (const filler of fillers) {
    filler.on('error', () => filler.destroy());
    cleanups.push(() => filler.destroy());
  }
  await new Promise((resolve) => setTimeout(resolve, 100));
  return port;
}

describe('the address guard', () => {
  const nothing = tableZone({});

  it.each([
    '127.0.0.1', '2130706433', '0x7f.1', '0177.0.0.1', '127.1', '[::ffff:127.0.0.1]', '[::ffff:7f00:1]', '[::127.0.0.1]', '0.0.0.0', '0', '[::]', '[::1]',
    '①②⑦.⓪.⓪.①', '127。0。0。1', '[64:ff9b::7f00:1]', '[2002:7f00:1::]',
  ])('%s is this machine', async (spelling) => {
    const { port } = await listen('127.0.0.1');
    const r = await rig(nothing, { dialPrivate: [] });
    expect((await r.dial(spelling, port)).fault).toMatch(/^(own|private)-address$/);
  });

  it.each([
    '10.0.0.1', '172.16.0.1', '192.168.1.1', '100.64.0.1', '169.254.169.254', '224.0.0.1', '255.255.255.255', '192.0.2.1', '198.18.0.1', '240.0.0.1',
    '[fc00::1]', '[fd12::1]', '[fe80::1]', '[ff02::1]', '[2001:db8::1]', '[64:ff9b::a00:1]', '[2002:a00:1::]', '[2001::1]', '192.88.99.1',
  ])('%s is private', async (spelling) => {
    const r = await rig(nothing, { dialPrivate: [] });
    expect((await r.dial(spelling, 443)).fault).toBe('private-address');
  });

  it('a name that resolves to a private address is refused', async () => {
    const r = await rig(tableZone({ 'lan.test': ['192.168.1.1', 'fd00::1'], 'me.test': ['127.0.0.1'] }), { dialPrivate: [] });
    expect((await r.dial('lan.test', 443)).fault).toBe('private-address');
    expect((await r.dial('me.test', 443)).fault).toBe('own-address');
    expect((await r.dial('localhost', 443)).fault).toBe('own-address');
  });

  it('a hosts entry follows the same rule', async () => {
    const { port } = await listen('127.0.0.1');
    const closed = await rig(nothing, { dialPrivate: [], hosts: { 'a.test': ['127.0.0.1'] } });
    expect((await closed.dial('a.test', port)).fault).toBe('own-address');
    const open = await rig(nothing, { dialPrivate: ['127.0.0.1/32'], hosts: { 'a.test': ['127.0.0.1'] } });
    expect((await open.dial('a.test', port)).fault).toBeNull();
  });

  it('of a mixed answer only the permitted addresses are dialled', async () => {
    const { port } = await listen('127.0.0.2');
    const { sockets } = await listen('127.0.0.3', port);
    const r = await rig(tableZone({ 'mixed.test': ['10.9.9.9', '127.0.0.3', '127.0.0.2'] }), { dialPrivate: ['127.0.0.2/32'] });
    expect((await r.dial('mixed.test', port)).address).toBe('127.0.0.2');
    expect(sockets).toHaveLength(0);
  });

  it('rebinding: each dial is judged by what it dials', async () => {
    const { port, sockets } = await listen('127.0.0.1');
    let nowMs = 0;
    const stub = await startDnsStub((_name, type, nth) => (type === 'A' ? { records: [{ type, ttl: 0, data: nth === 0 ? '127.0.0.2' : '127.0.0.1' }] } : {}));
    const settings = wireSettings({ dns: [stub.server], dialPrivate: ['127.0.0.2/32'] });
    const resolver = createResolver({ dns: settings.dns, hosts: {}, monotonicMs: () => nowMs });
    cleanups.push(() => stub.close(), () => resolver.close());
    const dialer = createDialer(settings, resolver);
    const faults: (string | null)[] = [];
    for (const at of [0, 60_000]) {
      nowMs = at;
      const leave = permit(allowed('rebind.test'), port);
      if (leave === null) throw new Error('no permit');
      faults.push(await new Promise((resolve) => dialer.dial(leave, 'http', (fault) => resolve(fault))));
    }
    expect(faults).toEqual(['connect-refused', 'own-address']);
    expect(sockets).toHaveLength(0);
  });

  it('the gateway\'s own listeners are never dialled, whatever dialPrivate says', async () => {
    const proxy = await listen('127.0.0.1');
    const pages = await listen('127.0.0.1');
    const consolePort = await listen('127.0.0.1');
    const zone = await listen('127.0.0.1');
    const other = await listen('127.0.0.1');
    const r = await rig(nothing, { port: proxy.port, pages: { port: pages.port, names: [], secret: '' }, ownPorts: [consolePort.port] });
    r.setOwnPorts([zone.port]);
    for (const { port } of [proxy, pages, consolePort, zone]) expect((await r.dial('127.0.0.1', port)).fault).toBe('own-address');
    expect((await r.dial('127.0.0.1', other.port)).fault).toBeNull();
    r.setOwnPorts([]);
    expect((await r.dial('127.0.0.1', zone.port)).fault).toBeNull();
  });

  it('an address of one of the machine\'s interfaces is its own even when public', async () => {
    const r = await rig(nothing, { dialPrivate: [] }, { ownAddresses: () => ['1.2.3.4'] });
    expect((await r.dial('1.2.3.4', 443)).fault).toBe('own-address');
  });
});

describe('faults', () => {
  it.each([
    ['gone.test', 'name-not-found'],
    ['failed.test', 'dns-failed'],
    ['slow.test', 'dns-failed'],
  ])('%s → %s', async (host, fault) => {
    const r = await rig((name) => (name === 'gone.test' ? { rcode: 3 } : name === 'slow.test' ? { silent: true } : { rcode: 2 }));
    expect((await r.dial(host, 443)).fault).toBe(fault);
  });

  it('a refused connection says so at once', async () => {
    const { port } = await listen('127.0.0.1');
    const r = await rig(tableZone({ 'a.test': ['127.0.0.4', '127.0.0.5', '127.0.0.6'] }));
    expect(await quickest(async () => expect((await r.dial('a.test', port)).fault).toBe('connect-refused'))).toBeLessThan(400);
  });

  it('a black hole ends at connectMs', async () => {
    const port = await blackhole('127.0.0.1');
    const r = await rig(tableZone({ 'a.test': ['127.0.0.1'] }), { limits: { connectMs: 600 } });
    const startMs = performance.now();
    expect((await r.dial('a.test', port)).fault).toBe('connect-timeout');
    expect(performance.now() - startMs).toBeGreaterThan(550);
  });
});

describe('happy eyeballs', () => {
  it('alternates families', () => {
    expect(interleave(['6a', '6b', '6c', '4a'].map((x) => (x.startsWith('6') ? `${x}::` : x)), false)).toEqual(['6a::', '4a', '6b::', '6c::']);
    expect(interleave(['6a::', '4a', '4b'], true)).toEqual(['4a', '6a::', '4b']);
  });

  it('a black hole in front costs one stagger, and its attempt is given up', async () => {
    const port = await blackhole('127.0.0.2');
    const { sockets } = await listen('127.0.0.3', port);
    const r = await rig(tableZone({ 'a.test': ['127.0.0.2', '127.0.0.3'] }));
    expect(await quickest(async () => expect((await r.dial('a.test', port)).address).toBe('127.0.0.3'))).toBeLessThan(450);
    expect(sockets).toHaveLength(3);
  });

  it('goes on at once after a refusal', async () => {
    const { port } = await listen('127.0.0.3');
    const r = await rig(tableZone({ 'a.test': ['127.0.0.2', '127.0.0.3'] }));
    expect(await quickest(async () => expect((await r.dial('a.test', port)).address).toBe('127.0.0.3'))).toBeLessThan(200);
  });

  it('takes IPv6 first, and IPv4 where nothing listens on IPv6; then IPv4 goes first for a while', async () => {
    const { port } = await listen('127.0.0.1');
    const six = await listen('::1', port).catch(() => null);
    const r = await rig(tableZone({ 'a.test': ['127.0.0.1', '::1'] }));
    if (six !== null) expect((await r.dial('a.test', port)).address).toBe('::1');
    const other = await listen('127.0.0.1');
    expect((await r.dial('a.test', other.port)).address).toBe('127.0.0.1');
    if (six !== null) expect((await r.dial('a.test', port)).address).toBe('127.0.0.1');
  });

  it('nothing happens after cancel, and no connection is left', async () => {
    const { port, sockets } = await listen('127.0.0.1');
    const r = await rig(tableZone({ 'a.test': ['127.0.0.1'] }));
    let called = 0;
    r.start('a.test', port, () => called++).cancel();
    const literal = r.start('127.0.0.1', port, () => called++);
    literal.cancel();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(called).toBe(0);
    expect(sockets.every((s) => s.destroyed || s.readableEnded || s.bytesRead === 0)).toBe(true);
  });
});

describe('parent proxy', () => {
  const answering = (answer: string, seen: string[]) => (socket: Socket): void => {
    socket.on('data', (chunk) => {
      seen.push(chunk.toString('latin1'));
      socket.write(answer);
    });
  };

  it('asks it for tunnels and names the target; the name is the parent\'s to resolve', async () => {
    const seen: string[] = [];
    const { port } = await listen('127.0.0.1', 0, answering('HTTP/1.1 200 OK\r\nServer: x\r\n\r\n', seen));
    // The parent is the admin's choice and may be private, or on this machine; but never ourselves.
    const loop = await rig(tableZone({}), { port, parentProxy: { host: '127.0.0.1', port } });
    expect((await loop.dial('a.test', 443)).fault).toBe('own-address');
    const r = await rig(tableZone({}), { dialPrivate: [], parentProxy: { host: '127.0.0.1', port } });
    const reached = await r.dial('a.test', 443);
    expect(reached.fault).toBeNull();
    expect(reached.toParent).toBe(true);
    expect(seen.join('')).toBe('CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n');
  });

  it.each([
    ['another status', 'HTTP/1.1 403 No\r\n\r\n'],
    ['bytes behind the head', 'HTTP/1.1 200 OK\r\n\r\nx'],
    ['no HTTP', 'SSH-2.0-x\r\n\r\n'],
    ['an endless head', `HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(3_000)}`],
  ])('%s → upstream-error', async (_what, answer) => {
    const { port } = await listen('127.0.0.1', 0, answering(answer, []));
    const r = await rig(tableZone({}), { parentProxy: { host: '127.0.0.1', port } });
    expect(await r.dial('a.test', 443)).toMatchObject({ fault: 'upstream-error', socket: null });
  });

  it('a parent that says nothing ends at connectMs, one that closes at once', async () => {
    const silent = await listen('127.0.0.1');
    const r = await rig(tableZone({}), { parentProxy: { host: '127.0.0.1', port: silent.port }, limits: { connectMs: 300 } });
    expect((await r.dial('a.test', 443)).fault).toBe('connect-timeout');
    const closing = await listen('127.0.0.1', 0, (socket) => socket.end());
    const r2 = await rig(tableZone({}), { parentProxy: { host: '127.0.0.1', port: closing.port } });
    expect((await r2.dial('a.test', 443)).fault).toBe('upstream-error');
  });

  it('plain HTTP is handed over untouched, to be spoken in absolute form', async () => {
    const seen: string[] = [];
    const { port } = await listen('127.0.0.1', 0, answering('', seen));
    const r = await rig(tableZone({}), { parentProxy: { host: '127.0.0.1', port } });
    expect(await r.dial('a.test', 80, 'http')).toMatchObject({ fault: null, toParent: true });
    expect(seen).toEqual([]);
  });

  it('literals are still judged here', async () => {
    const { port } = await listen('127.0.0.1');
    const r = await rig(tableZone({}), { parentProxy: { host: '127.0.0.1', port } });
    expect((await r.dial('192.168.7.7', 443)).fault).toBe('private-address');
  });
});
