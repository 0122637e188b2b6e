/** SEAM (implementation follows within minutes): CONNECT and transparent TLS after identification; every spliced pair. */
import type { Socket } from 'node:net';
import type { Outcome } from '../activity/outcome.js';
import type { Decision, Reason } from '../policy/decision.js';
import type { Facts } from '../policy/facts.js';
import type { Snapshot } from '../policy/snapshot.js';
import type { Dialer } from './dial.js';
import type { ProxySettings } from './settings.js';

/** Who a connection comes from, as the zone finder wants it. Memory only. */
export interface ClientRef {
  readonly address: string;
  /** Local port it came in by. */
  readonly port: number;
  readonly login: string | null;
}

export interface TunnelDeps {
  readonly settings: ProxySettings;
  readonly policy: () => Snapshot | null;
  /** The decision cache's decide. */
  readonly decide: (facts: Facts, snapshot: Snapshot, nowMs: number) => Decision;
  /** Zone of a client under the policy in force now (MAC looked up by the caller). */
  readonly zoneOf: (from: ClientRef) => number;
  readonly dialer: Dialer;
  readonly outcome: (outcome: Outcome) => void;
  /**
   * Answers a CONNECT that has not been answered yet and closes the client (status from the reason). Records nothing:
   * the tunnel has already given the outcome.
   */
  readonly refuseConnect: (client: Socket, reason: Reason, decision: Decision | null) => void;
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
  /** Bytes that arrived behind the head: tunnel bytes. */
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
  /** Blocked decisions are refused, allowed ones dialled before the 200. Gives exactly one outcome, at the end. */
  connect(ask: ConnectAsk): void;
  /** Transparent TLS: `first` begins with 0x16. */
  transparent(client: Socket, from: ClientRef, first: Buffer, startedMs: number): void;
  /** Splices a pair and registers it; gives one outcome at its end. */
  adopt(pair: Pair): void;
  /** Judges every open pair again under `policy()`; closes those now blocked and returns how many. */
  applyPolicy(): number;
  count(): number;
  /** Destroys whatever is open. */
  close(): void;
}
