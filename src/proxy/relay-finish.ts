/**
 * How exchanges and connections end: our own answers, the outcome, lingering close, abort.
 * Refuses to know how requests and responses are read.
 */
import type { Socket } from 'node:net';
import type { Decision, Reason } from '../policy/decision.js';
import type { Snapshot } from '../policy/snapshot.js';
import { PAGES_PATH } from './inside.js';
import type { Connection, Listeners } from './relay-state.js';

/** Pipelined or early bytes kept while they can't be used; then the client is no longer read. */
export const MAX_STASH_BYTES = 65_536;

/** Gives the outcome of the exchange under way, once. */
export function recordOutcome(c: Connection, reason: Reason, failed: boolean): void {
  const { ctx, inside } = c;
  if (inside !== null) {
    const told = inside.pageOnly && inside.told;
    inside.told = true;
    if (told) {
      c.head = null;
      return;
    }
  }
  ctx.deps.outcome({
    clientAddress: c.address,
    zone: c.zone,
    judgedBy: c.zoneSnapshot,
    decision: c.decision,
    reason,
    failed,
    channel: 'http',
    bytesUp: c.bytesUp,
    bytesDown: c.bytesDown,
    startedMs: c.startedMs,
    ms: performance.now() - c.startedAt,
  });
  c.head = null;
}

/** The upstream connection must not be used again: whatever it still says is nobody's. */
export function dropUpstream(c: Connection): void {
  if (c.dialing !== null) {
    c.dialing.cancel();
    c.dialing = null;
  }
  const upstream = c.upstream;
  if (upstream !== null) {
    c.upstream = null;
    upstream.socket.destroy();
  }
}

/** Back to waiting for a head. The caller advances. */
export function toNextRequest(c: Connection): void {
  c.phase = 'head';
  c.head = null;
  c.decision = null;
  c.permit = null;
  c.response = null;
  c.responseChunks = null;
  c.requestChunks = null;
  c.requestDone = true;
  c.activeMs = c.ctx.clockMs;
  c.headSinceMs = c.ctx.clockMs;
  c.triedBytes = 0;
  c.served++;
  resumeClient(c);
}

/**
 * Our last bytes to this client are written: FIN goes out, what the client still sends is read and thrown away for a moment.
 * Closing with unread bytes would make the kernel send RST, which can overtake the answer (RFC 9112 §9.6).
 */
export function lingerClose(c: Connection): void {
  dropUpstream(c);
  c.phase = 'closing';
  c.input = null;
  c.activeMs = c.ctx.clockMs;
  c.socket.end();
  resumeClient(c);
}

/** Cuts the client off so that it can't take what it has for a whole response. */
export function abortClient(c: Connection): void {
  dropUpstream(c);
  c.input = null;
  c.phase = 'closing';
  // Where the end of the body is the end of the connection, only RST says "broken".
  if (c.framing === 'until-close' && c.response !== null) (c.inside?.socket ?? c.socket).resetAndDestroy();
  else c.socket.destroy();
}

/** May the client connection go on after an answer of our own? Only when no request body is left on the wire. */
function mayKeepAlive(c: Connection): boolean {
  return c.head !== null && c.head.keepAlive && c.requestDone && !c.ctx.draining && c.inside?.ending !== true;
}

/** Answers the request under way with a refusal or failure. The caller advances when it was not called from `advance`. */
export function refuse(c: Connection, reason: Reason, failed: boolean): void {
  const { head, ctx } = c;
  const snapshot = ctx.deps.policy();
  dropUpstream(c);
  if (head !== null && head.method === 'CONNECT') {
    sendAnswer(c, ctx.refuser.connect(reason), false, reason, failed);
    return;
  }
  const keepAlive = mayKeepAlive(c);
  const answer = ctx.refuser.failed(reason, snapshot, { keepAlive, withBody: head?.method !== 'HEAD' });
  sendAnswer(c, answer, keepAlive, reason, failed);
}

export function refuseBlocked(c: Connection, decision: Decision, snapshot: Snapshot): void {
  const { head, ctx } = c;
  if (head !== null && head.method === 'CONNECT') {
    sendAnswer(c, ctx.refuser.connect(decision.reason), false, decision.reason, false);
    return;
  }
  const keepAlive = mayKeepAlive(c);
  const origin = c.inside === null ? ctx.ownPages.originFor(c.socket, c.mode === 'transparent') : PAGES_PATH;
  const answer = ctx.refuser.blocked(decision, snapshot, origin, { keepAlive, withBody: head?.method !== 'HEAD' }, ctx.clockMs);
  sendAnswer(c, answer, keepAlive, decision.reason, false);
}

/** Answers bytes that are no acceptable request, and closes. */
export function refuseMalformed(c: Connection, status: number): void {
  if (c.head === null) {
    c.startedMs = Date.now();
    c.startedAt = performance.now();
    c.bytesUp = 0;
    c.bytesDown = 0;
    c.decision = null;
  }
  dropUpstream(c);
  sendAnswer(c, c.ctx.refuser.malformed(status, { withBody: c.head?.method !== 'HEAD' }), false, 'malformed', true);
}

function sendAnswer(c: Connection, answer: Buffer, keepAlive: boolean, reason: Reason, failed: boolean): void {
  c.socket.write(answer);
  c.bytesDown += answer.length;
  recordOutcome(c, reason, failed);
  if (keepAlive) toNextRequest(c);
  else lingerClose(c);
}

export function pauseClient(c: Connection): void {
  if (c.clientPaused) return;
  c.clientPaused = true;
  c.socket.pause();
}

/** Reads on, unless the stash is full or the upstream has not taken what it was given. */
export function resumeClient(c: Connection): void {
  if (!c.clientPaused) return;
  if (c.phase !== 'closing') {
    if (c.input !== null && c.input.end - c.input.start >= MAX_STASH_BYTES) return;
    if (!c.requestDone && c.upstream !== null && c.upstream.socket.writableNeedDrain) return;
  }
  c.clientPaused = false;
  c.socket.resume();
}

/** The socket's new owner gets it paused and without our listeners; the one for 'error' stays, and the place in the counts. */
export function handOver(c: Connection): Socket {
  const { socket } = c;
  socket.pause();
  detach(socket, c.listeners);
  c.phase = 'gone';
  c.ctx.connections.remove(c);
  return socket;
}

export function detach(socket: Socket, listeners: Listeners | null): void {
  if (listeners === null) return;
  socket.removeListener('data', listeners.data);
  socket.removeListener('end', listeners.end);
  socket.removeListener('drain', listeners.drain);
  socket.removeListener('close', listeners.close);
}

/** The socket has an 'error' listener already, and keeps it whoever owns the socket later. */
export function attach(socket: Socket, listeners: Listeners): void {
  socket.on('end', listeners.end);
  socket.on('drain', listeners.drain);
  socket.on('close', listeners.close);
  socket.on('data', listeners.data);
}
