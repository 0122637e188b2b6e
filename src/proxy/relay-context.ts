/**
 * What all connections of one proxy server share: the injected seams, the coarse clock, the counters.
 * The interfaces stand here with their caller; the worker introduces the implementations.
 * Refuses to know how any of them works.
 */
import type { Socket } from 'node:net';
import type { Outcome } from '../activity/outcome.js';
import type { Decision, Permit, Reason } from '../policy/decision.js';
import type { Facts } from '../policy/facts.js';
import type { Snapshot } from '../policy/snapshot.js';
import type { OwnPages } from './own-pages.js';
import type { Refuser } from './refuse.js';
import type { Connection } from './relay-state.js';
import type { Roster } from './roster.js';
import type { ProxySettings } from './settings.js';
import type { ClientRef, Tunnels } from './tunnel.js';
import type { UpstreamTls } from './upstream-tls.js';
import type { DialFault } from './wire-error.js';

/** Exactly one of `fault` and `socket` is not null. `toParent`: the socket leads to the parent proxy, so plain HTTP wants absolute-form. */
export type DialDone = (fault: DialFault | null, socket: Socket | null, toParent: boolean) => void;

/** Opens upstream sockets, for permits only. `done` may be called before `dial` returns. */
export interface Dialer {
  dial(permit: Permit, purpose: 'http' | 'tunnel', done: DialDone): Dialing;
}

/** A dial under way. After `cancel` its `done` is never called. */
export interface Dialing {
  cancel(): void;
}

export interface DecisionCache {
  decide(facts: Facts, snapshot: Snapshot, nowMs: number): Decision;
}

/** Verifies a shared room login. `done` may be called before `check` returns. */
export interface LoginCheck {
  check(clientAddress: string, proxyAuthorization: string, snapshot: Snapshot, done: (login: LoginResult) => void): void;
}
/** The zone's login name; null: wrong; `busy`: too many tries from this address. */
export type LoginResult = { readonly login: string | null; readonly busy: boolean };

/** The block page, rendered for one decision (`pages/block-page.ts` is the implementation). */
export type RenderBlockPage = (decision: Decision, snapshot: Snapshot, pagesOrigin: string) => { readonly html: string; readonly policy: string };

/** A readable page for a failure; called once per reason and snapshot. */
export type RenderFailurePage = (reason: Reason, snapshot: Snapshot | null) => string;

/**
 * Takes a connection whose request is addressed to the gateway's own pages, for good. The socket is paused and bare;
 * `bytes` is the request head re-serialised in origin-form, then whatever body bytes had come.
 */
export type ForwardToPages = (socket: Socket, bytes: Buffer, zone: string | null) => void;

export interface ProxyDeps {
  readonly settings: ProxySettings;
  readonly policy: () => Snapshot | null;
  readonly decisions: DecisionCache;
  /** Zone of a client under the policy in force now; the MAC is looked up behind it. */
  readonly zoneOf: (from: ClientRef) => number;
  readonly dialer: Dialer;
  readonly tunnels: Pick<Tunnels, 'connect' | 'adopt'> & Partial<Pick<Tunnels, 'showsPage'>>;
  readonly outcome: (outcome: Outcome) => void;
  readonly renderBlockPage: RenderBlockPage | null;
  readonly renderFailurePage: RenderFailurePage | null;
  readonly forwardToPages: ForwardToPages | null;
  readonly loginCheck: LoginCheck | null;
  /** For requests out of TLS that was ended here; absent: there are none. */
  readonly upstreamTls?: UpstreamTls;
  /** Is the TLS of this host still ended here? Its answer changes with the CA, the never-decrypt list and what is spliced. */
  readonly endsTls?: (host: string, decision: Decision, snapshot: Snapshot) => boolean;
  /** This origin asks for the client's own certificate: it can only be passed on unopened. */
  readonly onWantsCertificate?: (host: string) => void;
  /** Ask unknown devices for a room login (407) where a zone has one. Off: they get the strictest profile unasked. */
  readonly challengeUnknown?: boolean;
}

/** One proxy server's state, shared by its connections. */
export interface RelayContext {
  readonly deps: ProxyDeps;
  readonly limits: ProxySettings['limits'];
  readonly ports: ReadonlySet<number>;
  readonly refuser: Refuser;
  readonly ownPages: OwnPages;
  /** What we add to `Via`: used to recognise our own requests when they come round, for nothing else. */
  readonly via: string;
  readonly connections: Roster<Connection>;
  /** Monotonic clock of the last sweep: deadlines need no better, and a field is cheaper than a call per event. */
  clockMs: number;
  draining: boolean;
  /** Takes the connection's next request, if one has come (relay.ts; here because what completes a response stands below it). */
  readonly advance: (c: Connection) => void;
}
