/**
 * The whole proxy in one process over loopback: real policy, real dialler and tunnels, names from a table.
 * What a worker composes, with the parts a test wants to replace open to it.
 */
import net, { type AddressInfo, type Server } from 'node:net';
import type { Outcome } from '../../src/activity/outcome.js';
import { createDecisionCache } from '../../src/policy/decision-cache.js';
import { createZoneFinder } from '../../src/policy/zone.js';
import type { PolicyData, Snapshot } from '../../src/policy/snapshot.js';
import { createDialer } from '../../src/proxy/dial.js';
import type { ProxyDeps } from '../../src/proxy/relay-context.js';
import { createInterceptor, type Interceptor } from '../../src/proxy/intercept.js';
import { createResolver } from '../../src/proxy/resolve.js';
import { createProxyServer, type ProxyServer } from '../../src/proxy/server.js';
import type { ProxySettings } from '../../src/proxy/settings.js';
import { createTunnels } from '../../src/proxy/tunnel.js';
import { createUpstreamTls } from '../../src/proxy/upstream-tls.js';
import type { SigningParts } from '../../src/tls/keeper.js';
import { snapshotOf, zone, type ListFixture } from '../policy/fixture.js';
import { wireSettings } from './wire-settings.js';

export interface Harness {
  readonly server: ProxyServer;
  readonly port: number;
  readonly transparentPort: number;
  readonly outcomes: Outcome[];
  readonly interceptor: Interceptor;
  /** Hosts whose certificate from us was turned down, in order. */
  readonly rejected: string[];
  /** Swaps the policy and applies it, as a worker does. */
  setPolicy(snapshot: Snapshot | null): void;
  close(): Promise<void>;
}

export const LISTS: readonly ListFixture[] = [
  { name: 'hoc', category: 'hoclieu', entries: ['ok.test', 'other.test', 'slow.test', '127.0.0.1'] },
  { name: 'xau', category: 'khieudam', entries: ['blocked.test', 'evil.test'] },
  { name: 'choi', category: 'game18', entries: ['game.test'] },
  { name: 'giup', category: 'trogiup', entries: ['help.test'] },
];

/** Everyone on loopback is a teacher; 127.0.0.2 is another room. */
export function policyOf(lists: readonly ListFixture[] = LISTS, rest: Partial<PolicyData> = {}): Snapshot {
  return snapshotOf(lists, {
    zones: [zone('phong-a', 'giao-vien', { cidrs: ['127.0.0.1/32'] }), zone('phong-b', 'giao-vien', { cidrs: ['127.0.0.2/32'] })],
    ...rest,
  });
}

export type SettingsPatch = Parameters<typeof wireSettings>[0];

export interface HarnessOptions {
  readonly settings?: SettingsPatch;
  readonly policy?: Snapshot | null;
  readonly deps?: Partial<ProxyDeps>;
  /** The school's CA, and what the origins' certificates are checked against. */
  readonly tls?: { readonly signing: SigningParts; readonly originCa?: readonly string[] };
}

const NAMES = ['ok.test', 'other.test', 'slow.test', 'blocked.test', 'evil.test', 'game.test', 'help.test', 'a_b.ok.test'];

export async function startProxy(originPort: number, options: HarnessOptions = {}): Promise<Harness> {
  const hosts = Object.fromEntries(NAMES.map((name) => [name, ['127.0.0.1']]));
  const settings: ProxySettings = wireSettings({ ports: [80, 443, originPort], hosts, ...options.settings });
  let snapshot: Snapshot | null = options.policy === undefined ? policyOf() : options.policy;
  let findZone = snapshot === null ? null : createZoneFinder(snapshot);
  const outcomes: Outcome[] = [];
  const decisions = createDecisionCache();
  const resolver = createResolver({ dns: settings.dns, hosts: settings.hosts, totalMs: 500 });
  const dialer = createDialer(settings, resolver, { ownAddresses: () => [] });
  const zoneOf: ProxyDeps['zoneOf'] = (from) => findZone?.({ ...from, mac: null }) ?? -1;
  const outcome = (o: Outcome): void => void outcomes.push(o);
  const rejected: string[] = [];
  const interceptor = createInterceptor({
    limits: settings.limits, signing: options.tls?.signing ?? null,
    serve: (secure, inside) => server.handleInside(secure, inside),
    onRejected: (host) => rejected.push(host),
  });
  const tunnels = createTunnels({
    settings, zoneOf, outcome, interceptor,
    dialer: options.deps?.dialer ?? dialer,
    policy: () => snapshot,
    decide: (facts, against, nowMs) => decisions.decide(facts, against, nowMs),
    refuseConnect: (client, reason) => server.refuseConnect(client, reason),
  });
  const server = createProxyServer({
    settings, decisions, dialer, tunnels, zoneOf, outcome,
    policy: () => snapshot,
    renderBlockPage: (decision) => ({ html: `<!doctype html><title>Chặn</title><p>${decision.host}</p>`, policy: "default-src 'none'" }),
    renderFailurePage: null, forwardToPages: null, loginCheck: null,
    upstreamTls: createUpstreamTls({
      trust: { roots: options.tls?.originCa ?? [], distrusted: [], revoked: [], source: 'system', added: 0, changedMs: null },
      handshakeMs: settings.limits.connectMs,
    }),
    endsTls: interceptor.covers,
    onWantsCertificate: interceptor.splice,
    ...options.deps,
  });
  const explicit = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => server.handleExplicit(socket));
  const transparent = net.createServer({ allowHalfOpen: true, noDelay: true }, (socket) => {
    socket.once('data', (first) => {
      socket.pause();
      // As behind TPROXY, where the local port is the one the client wanted.
      if (options.tls !== undefined) Object.defineProperty(socket, 'localPort', { value: originPort });
      if (options.tls !== undefined && first[0] === 0x16) tunnels.transparent(socket, { address: socket.remoteAddress ?? '', port: originPort, login: null }, first, Date.now());
      else {
        if (server.admit(socket)) server.handleTransparentHttp(socket, first);
        socket.resume();
      }
    });
    socket.on('error', () => undefined);
  });
  const [port, transparentPort] = await Promise.all([listen(explicit), listen(transparent)]);
  return {
    server, port, transparentPort, outcomes, interceptor, rejected,
    setPolicy(next) {
      snapshot = next;
      findZone = next === null ? null : createZoneFinder(next);
      server.applyPolicy();
      tunnels.applyPolicy();
    },
    async close() {
      await server.drain(0);
      interceptor.close();
      tunnels.close();
      resolver.close();
      await Promise.all([new Promise((done) => explicit.close(done)), new Promise((done) => transparent.close(done))]);
    },
  };
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
