/**
 * The state of one client connection and of the upstream connection it owns: one object each, so that the handlers can be
 * shared functions and a request allocates next to nothing (perf.md, "Data path").
 * Refuses to do anything: the relay-* files act on it.
 */
import type { Socket } from 'node:net';
import type { Decision, Permit } from '../policy/decision.js';
import type { Snapshot } from '../policy/snapshot.js';
import type { ChunkedReader } from './chunked.js';
import type { Inside } from './inside.js';
import type { RequestHead, WayIn } from './message.js';
import type { Dialing, RelayContext } from './relay-context.js';
import type { ResponseHead } from './response-message.js';
import type { Member } from './roster.js';
import type { ClientRef } from './tunnel.js';

/**
 * head: waiting for a request head (idle when `input` is null) · login: a room login is being verified ·
 * dial: the upstream is being opened · exchange: request sent, response not complete ·
 * closing: our last answer is out, what still comes is discarded · gone: destroyed or handed over.
 */
export type Phase = 'head' | 'login' | 'dial' | 'exchange' | 'closing' | 'gone';

/** Bytes that came and could not be used yet. Views of what the socket gave, copied only when two reads must be joined. */
export interface Input {
  buffer: Buffer;
  start: number;
  end: number;
}

/** Our listeners on a socket, kept so that it can be handed over bare. */
export interface Listeners {
  readonly data: (chunk: Buffer) => void;
  readonly end: () => void;
  readonly drain: () => void;
  readonly close: () => void;
}

/** An upstream connection. It belongs to one client connection and one target, and to nobody else ever. */
export interface Upstream {
  readonly socket: Socket;
  readonly host: string;
  readonly port: number;
  readonly dialHost: string;
  readonly toParent: boolean;
  listeners: Listeners | null;
  /** Requests sent on it. */
  used: number;
  idleSinceMs: number;
  /** Start of a response head that is not complete. */
  input: Input | null;
  paused: boolean;
  /** The origin has sent FIN. */
  ended: boolean;
}

/** How the response body is framed towards the client. */
export type Framing = 'none' | 'length' | 'chunked' | 'until-close';

export interface Connection extends Member {
  readonly ctx: RelayContext;
  readonly socket: Socket;
  readonly mode: WayIn;
  /** Of TLS that was ended here; null: the bytes came bare. */
  readonly inside: Inside | null;
  readonly address: string;
  /** Who the zone finder is asked about; replaced when a room login is verified. */
  from: ClientRef;
  listeners: Listeners | null;
  phase: Phase;
  /** `advance` is running: a nested call leaves the work to it. */
  advancing: boolean;

  input: Input | null;
  /** Bytes of `input` at the last parse that wanted more. */
  triedBytes: number;
  /** Coarse clock when the current head's first byte came. */
  headSinceMs: number;
  /** Coarse clock of the last progress either way. */
  activeMs: number;
  served: number;
  clientEnded: boolean;
  clientPaused: boolean;

  zone: number;
  /** The snapshot and the coarse clock `zone` was found under. */
  zoneSnapshot: Snapshot | null;
  zoneMs: number;
  /** Credentials that proved `from.login`, and the snapshot they were proved under. */
  loginProof: string | null;
  loginSnapshot: Snapshot | null;

  head: RequestHead | null;
  decision: Decision | null;
  permit: Permit | null;
  startedMs: number;
  startedAt: number;
  bytesUp: number;
  bytesDown: number;
  /** Content-Length bytes of the request not yet sent up. */
  requestLeft: number;
  requestChunks: ChunkedReader | null;
  requestDone: boolean;
  /** The request was sent again after a reused upstream turned out to be closed. */
  retried: boolean;

  upstream: Upstream | null;
  dialing: Dialing | null;
  response: ResponseHead | null;
  responseLeft: number;
  responseChunks: ChunkedReader | null;
  framing: Framing;
  interim: number;
  /** The client connection stays open after this response. */
  keepAlive: boolean;
}

export function createConnection(ctx: RelayContext, socket: Socket, mode: WayIn, address: string, inside: Inside | null = null, port = socket.localPort ?? 0): Connection {
  return {
    ctx, socket, mode, inside, address, seat: -1,
    // Under TPROXY the local port is the site's: 443 must not make a client one of the zone that has a listener there.
    from: inside === null ? { address, port: mode === 'transparent' ? 0 : port, login: null } : inside.from, listeners: null,
    phase: 'head', advancing: false,
    input: null, triedBytes: 0, headSinceMs: ctx.clockMs, activeMs: ctx.clockMs, served: 0, clientEnded: false, clientPaused: false,
    zone: -1, zoneSnapshot: null, zoneMs: -1, loginProof: null, loginSnapshot: null,
    head: null, decision: null, permit: null, startedMs: 0, startedAt: 0, bytesUp: 0, bytesDown: 0,
    requestLeft: 0, requestChunks: null, requestDone: true, retried: false,
    upstream: null, dialing: null, response: null, responseLeft: 0, responseChunks: null, framing: 'none', interim: 0, keepAlive: true,
  };
}

/** Joins newly read bytes to what is waiting. Capacity doubles, so a byte a time costs linear copying. */
export function appendInput(input: Input | null, chunk: Buffer): Input {
  if (input === null) return { buffer: chunk, start: 0, end: chunk.length };
  const held = input.end - input.start;
  const need = held + chunk.length;
  // Room behind `end` is ours only in a buffer made here, which is then larger than what it holds.
  if (input.end + chunk.length <= input.buffer.length) {
    chunk.copy(input.buffer, input.end);
    input.end += chunk.length;
    return input;
  }
  const grown = Buffer.allocUnsafeSlow(Math.max(1_024, need * 2));
  input.buffer.copy(grown, 0, input.start, input.end);
  chunk.copy(grown, held);
  return { buffer: grown, start: 0, end: need };
}
