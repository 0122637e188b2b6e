/** A proxy of nothing but tunnels: reads a CONNECT head by the crudest means and hands the socket to the code under test. */
import net, { type AddressInfo, type Socket } from 'node:net';
import type { Outcome } from '../../src/activity/outcome.js';
import type { Decision } from '../../src/policy/decision.js';
import type { Snapshot } from '../../src/policy/snapshot.js';
import { createDialer } from '../../src/proxy/dial.js';
import type { Interceptor } from '../../src/proxy/intercept.js';
import type { Dialer } from '../../src/proxy/relay-context.js';
import { createResolver } from '../../src/proxy/resolve.js';
import type { ProxyLimits } from '../../src/proxy/settings.js';
import { createTunnels, type Tunnels } from '../../src/proxy/tunnel.js';
import { allowed, wireSettings } from './wire-settings.js';

export interface TunnelRig {
  readonly port: number;
  readonly transparentPort: number;
  readonly tunnels: Tunnels;
  readonly outcomes: Outcome[];
  /** Verdicts by host; what is not here is allowed. Positions: profile 0 pupils, 1 teachers. */
  readonly verdicts: Map<string, Decision>;
  /** Zone of every client by its own source address. */
  readonly zones: Map<string, number>;
  /** CONNECT over a fresh socket; resolves with the socket and the head of the answer. */
  connect(target: string, early?: Buffer, from?: string): Promise<{ socket: Socket; answer: string; received: Buffer[] }>;
  openTransparent(): Socket;
  /** Resolves when the n-th outcome is there. */
  outcome(n?: number): Promise<Outcome>;
  close(): Promise<void>;
}

export interface RigOptions {
  readonly limits?: Partial<ProxyLimits>;
  readonly hosts?: Readonly<Record<string, readonly string[]>>;
  readonly dialer?: Dialer;
  readonly ports?: readonly number[];
  readonly nowMs?: () => number;
  readonly withoutPolicy?: boolean;
  readonly interceptor?: Interceptor;
}

export async function waitFor(what: () => boolean, ms = 5_000): Promise<void> {
  const giveUpAt = performance.now() + ms;
  while (!what()) {
    if (performance.now() > giveUpAt) throw new Error(`waited ${ms} ms for ${what.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Resolves when the other side has ended or broken off the connection. */
export async function gone(socket: Socket, ms = 5_000): Promise<void> {
  socket.resume();
  await waitFor(() => socket.readableEnded || socket.destroyed, ms);
  socket.end();
}

export async function startTunnelRig(options: RigOptions = {}): Promise<TunnelRig> {
  const settings = wireSettings({
    hosts: options.hosts ?? {}, ports: options.ports ?? [443], ...(options.limits === undefined ? {} : { limits: options.limits }),
  });
  const resolver = createResolver({ dns: settings.dns, hosts: settings.hosts, totalMs: 500 });
  const outcomes: Outcome[] = [];
  const verdicts = new Map<string, Decision>();
  const zones = new Map<string, number>();
  const snapshot = { data: { profiles: [{ voice: 'tieu-hoc' }, { voice: 'giao-vien' }] } } as unknown as Snapshot;
  const tunnels = createTunnels({
    settings,
    policy: () => (options.withoutPolicy === true ? null : snapshot),
    decide: (facts) => verdicts.get(`${facts.zone} ${facts.host}`) ?? verdicts.get(facts.host) ?? allowed(facts.host),
    zoneOf: (from) => zones.get(from.address) ?? -1,
    dialer: options.dialer ?? createDialer(settings, resolver),
    outcome: (outcome) => outcomes.push(outcome),
    refuseConnect: (client, reason) => {
      client.end(`HTTP/1.1 599 ${reason}\r\n\r\n`);
      client.destroySoon();
    },
    ...(options.nowMs === undefined ? {} : { nowMs: options.nowMs }),
    ...(options.interceptor === undefined ? {} : { interceptor: options.interceptor }),
  });

  const accepted = new Set<Socket>();
  const keep = (socket: Socket): void => {
    accepted.add(socket);
    socket.on('error', () => undefined);
    socket.on('close', () => accepted.delete(socket));
  };
  const refOf = (socket: Socket): { address: string; port: number; login: null } => ({ address: socket.remoteAddress ?? '', port: socket.localPort ?? 0, login: null });

  const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    keep(client);
    let head = Buffer.alloc(0);
    client.on('data', function read(chunk: Buffer) {
      head = Buffer.concat([head, chunk]);
      const end = head.indexOf('\r\n\r\n');
      if (end < 0) return;
      client.removeListener('data', read);
      client.pause();
      const target = head.toString('latin1', 8, head.indexOf(' HTTP'));
      const colon = target.lastIndexOf(':');
      const host = target.slice(0, colon).replace(/[[\]]/g, '');
      const from = refOf(client);
      const zone = zones.get(from.address) ?? -1;
      const decision = verdicts.get(`${zone} ${host}`) ?? verdicts.get(host) ?? allowed(host);
      const early = head.subarray(end + 4);
      tunnels.connect({ client, from, zone, decision, host, port: Number(target.slice(colon + 1)), early: early.length > 0 ? early : null, startedMs: Date.now() });
    });
  });
  const transparent = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    keep(client);
    client.once('data', (first: Buffer) => {
      client.pause();
      tunnels.transparent(client, refOf(client), first, Date.now());
    });
  });
  const clients = new Set<Socket>();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  await new Promise<void>((resolve) => transparent.listen(0, '127.0.0.1', resolve));
  const port = (server.address() as AddressInfo).port;
  const transparentPort = (transparent.address() as AddressInfo).port;

  function dialSelf(to: number, from?: string): Socket {
    const socket = net.connect({ host: '127.0.0.1', port: to, allowHalfOpen: true, noDelay: true, ...(from === undefined ? {} : { localAddress: from }) });
    clients.add(socket);
    socket.on('error', () => undefined);
    return socket;
  }

  return {
    port, transparentPort, tunnels, outcomes, verdicts, zones,
    async connect(target, early, from) {
      const socket = dialSelf(port, from);
      const received: Buffer[] = [];
      let text = '';
      socket.on('data', (chunk) => {
        if (text.includes('\r\n\r\n')) {
          received.push(chunk);
          return;
        }
        text += chunk.toString('latin1');
        const end = text.indexOf('\r\n\r\n');
        if (end >= 0 && text.length > end + 4) received.push(Buffer.from(text.slice(end + 4), 'latin1'));
      });
      const head = Buffer.from(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
      socket.write(early === undefined ? head : Buffer.concat([head, early]));
      await waitFor(() => text.includes('\r\n\r\n') || socket.readableEnded || socket.destroyed);
      return { socket, answer: text.slice(0, text.indexOf('\r\n')), received };
    },
    openTransparent: () => dialSelf(transparentPort),
    async outcome(n = 1) {
      await waitFor(() => outcomes.length >= n);
      const outcome = outcomes[n - 1];
      if (outcome === undefined) throw new Error('no outcome');
      return outcome;
    },
    async close() {
      for (const socket of [...clients, ...accepted]) socket.destroy();
      tunnels.close();
      resolver.close();
      await Promise.all([server, transparent].map((s) => new Promise<void>((resolve) => s.close(() => resolve()))));
    },
  };
}
