/**
 * TLS that is passed on unopened: CONNECT after the decision, transparent TLS, and every spliced pair.
 * Owns the table of what is open, its one coarse clock, and the promise that a policy change closes what it now blocks.
 * Refuses to know HTTP heads and pages; the life of a single tunnel is tunnel-flow.ts.
 */
import type { Socket } from 'node:net';
import type { Outcome } from '../activity/outcome.js';
import type { Decision, Reason } from '../policy/decision.js';
import type { Facts } from '../policy/facts.js';
import type { Snapshot } from '../policy/snapshot.js';
import type { Interceptor } from './intercept.js';
import type { Dialer } from './relay-context.js';
import { Roster } from './roster.js';
import type { ProxySettings } from './settings.js';
import type { CoarseClock } from './splice.js';
import { endsHere, Tunnel, type TunnelShared } from './tunnel-flow.js';

/** Who a connection comes from, as the zone finder wants it. Memory only. */
export interface ClientRef {
  readonly address: string;
  /** Local port it came in by; 0 where the port is no sign of a zone (transparent: behind TPROXY it is the site's). */
  readonly port: number;
  readonly login: string | null;
}

export interface TunnelDeps {
  readonly settings: ProxySettings;
  readonly policy: () => Snapshot | null;
  readonly decide: (facts: Facts, snapshot: Snapshot, nowMs: number) => Decision;
  /** Zone of a client under the policy in force now (the MAC is looked up behind it). */
  readonly zoneOf: (from: ClientRef) => number;
  readonly dialer: Dialer;
  readonly outcome: (outcome: Outcome) => void;
  /** Answers a CONNECT that has not been answered, and closes; gives no outcome of its own. */
  readonly refuseConnect: (client: Socket, reason: Reason, decision: Decision | null) => void;
  /** Ends TLS here: the block page, `inspect`. Absent: blocked connections are refused at once, others spliced. */
  readonly interceptor?: Interceptor;
  /** Wall clock, for lessons and openings. */
  readonly nowMs?: () => number;
}

/** A CONNECT whose head has been read and judged. The caller has taken its own listeners off the socket. */
export interface ConnectAsk {
  readonly client: Socket;
  readonly from: ClientRef;
  readonly zone: number;
  readonly decision: Decision;
  /** Canonical host and port of the target. */
  readonly host: string;
  readonly port: number;
  /** Bytes that arrived behind the head: tunnel bytes, not written upstream before the 200. */
  readonly early: Buffer | null;
  readonly startedMs: number;
}

/** Two connected sockets to be spliced (a WebSocket after its 101). The caller has taken its own listeners off both. */
export interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
  readonly from: ClientRef;
  readonly zone: number;
  readonly decision: Decision;
  readonly host: string;
  /** Of the request that became this, where it was seen: verdicts may hang on it. */
  readonly path: string | null;
  readonly channel: 'tunnel' | 'websocket';
  /** Bytes already read that belong to the other side. */
  readonly toClient: Buffer | null;
  readonly toUpstream: Buffer | null;
  /** Counted before the splice. */
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly startedMs: number;
  readonly ms: number;
}

export interface Tunnels {
  /** True when a blocked CONNECT is to be given to `connect` all the same: it will be answered with the page, inside TLS. */
  showsPage(host: string, port: number, decision: Decision): boolean;
  /** Blocked decisions are refused or shown the page, allowed ones dialled before the 200. Gives exactly one outcome, at the end. */
  connect(ask: ConnectAsk): void;
  /** Transparent TLS: `first` begins with 0x16. */
  transparent(client: Socket, from: ClientRef, first: Buffer, startedMs: number): void;
  /** Splices a pair and registers it; gives one outcome at its end. */
  adopt(pair: Pair): void;
  /** Judges every open pair again under `policy()`; closes those now blocked and returns how many. */
  applyPolicy(): number;
  count(): number;
  /** Ends the tunnels that have carried nothing for this long (by a clock that may be a second behind). */
  closeQuiet(quietMs: number): void;
  /** Destroys whatever is open. */
  close(): void;
}

/** Lessons that end and idle tunnels are noticed within this. */
const SWEEP_MS = 1_000;

export function createTunnels(deps: TunnelDeps): Tunnels {
  const live = new Roster<Tunnel>();
  const clock: CoarseClock = { ms: performance.now() };
  const shared: TunnelShared = { deps, nowMs: deps.nowMs ?? Date.now, clock, live };
  const { ports } = deps.settings;

  const sweeper = setInterval(() => {
    clock.ms = performance.now();
    const wallMs = shared.nowMs();
    live.each((tunnel) => tunnel.sweep(wallMs));
  }, SWEEP_MS);
  sweeper.unref();

  return {
    showsPage: (host, port, decision) => endsHere(deps, host, port, decision),
    connect(ask) {
      const { client, from, startedMs, zone, host, decision, port } = ask;
      new Tunnel(shared, client, from, startedMs, zone, host, decision, port, true).start(ask.early);
    },
    transparent(client, from, first, startedMs) {
      // Behind TPROXY the local port is the one the client wanted, elsewhere it is our own and says nothing.
      const { localPort = 0 } = client;
      const port = ports.includes(localPort) ? localPort : 443;
      new Tunnel(shared, client, from, startedMs, deps.zoneOf(from), null, null, port, false).start(first);
    },
    adopt(pair) {
      const { client, from, startedMs, zone, host, decision, channel } = pair;
      new Tunnel(shared, client, from, startedMs, zone, host, decision, 0, true, channel).adopt(pair);
    },
    applyPolicy() {
      let closed = 0;
      live.each((tunnel) => {
        if (tunnel.rejudge()) closed++;
      });
      return closed;
    },
    count: () => live.size,
    closeQuiet(quietMs) {
      clock.ms = performance.now();
      live.each((tunnel) => {
        if (tunnel.quietMs() >= quietMs) tunnel.abort();
      });
    },
    close() {
      clearInterval(sweeper);
      live.each((tunnel) => tunnel.abort());
    },
  };
}
