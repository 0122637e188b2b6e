/**
 * All deadlines of the relay, by one coarse timer a server: no timer is made, moved or cleared for a request (perf.md).
 * Owns how long each state may last; refuses to know what the states do.
 */
import { abortClient, dropUpstream, recordOutcome, refuse, refuseMalformed } from './relay-finish.js';
import type { RelayContext } from './relay-context.js';
import type { Connection } from './relay-state.js';
import type { ProxyLimits } from './settings.js';

/** After our last answer the client has this long to take it and say goodbye. */
const LINGER_MS = 2_000;
/** An idle browser keeps its connection to us far longer than servers keep theirs; the second socket is not worth it. */
const KEEP_UPSTREAM_MS = 15_000;
const MAX_TICK_MS = 500;
const MIN_TICK_MS = 10;

/** Fine enough that the shortest limit is kept within a quarter of itself. */
export function sweepEveryMs(limits: ProxyLimits): number {
  const shortest = Math.min(limits.headMs, limits.idleMs, limits.responseMs);
  return Math.max(MIN_TICK_MS, Math.min(MAX_TICK_MS, Math.floor(shortest / 4)));
}

/**
 * @param rejudge called for exchanges whose verdict has run out (a lesson, an opening or a slot has ended)
 * @param review called for connections out of TLS whose host's verdict has
 */
export function sweep(ctx: RelayContext, rejudge: (c: Connection) => void, review: (c: Connection) => void): void {
  ctx.clockMs = performance.now();
  const nowMs = Date.now();
  ctx.connections.each((c) => {
    if (isOverdue(c)) endOverdue(c);
    else if (c.phase === 'head' && c.upstream !== null && ctx.clockMs - c.upstream.idleSinceMs > KEEP_UPSTREAM_MS) dropUpstream(c);
    else if (c.decision !== null && c.decision.validUntilMs <= nowMs) rejudge(c);
    else if (c.inside !== null && c.inside.untilMs <= nowMs) review(c);
  });
}

function isOverdue(c: Connection): boolean {
  const { clockMs, limits } = c.ctx;
  switch (c.phase) {
    case 'head':
      // The first head is owed at once; a started one from its first byte on, however steadily it drips (slowloris).
      if (c.input !== null || c.served === 0) return clockMs - c.headSinceMs > limits.headMs;
      return clockMs - c.activeMs > limits.idleMs;
    case 'exchange':
      return clockMs - c.activeMs > exchangeLimitMs(c);
    case 'closing':
      return clockMs - c.activeMs > LINGER_MS;
    case 'dial':
    case 'login':
    case 'gone':
      // The dialler and the login check have deadlines of their own.
      return false;
  }
}

/** A body under way may pause as long as a tunnel (server-sent events, live audio); an answer that never starts may not. */
function exchangeLimitMs(c: Connection): number {
  const { limits } = c.ctx;
  if (!c.requestDone || isHeldByClient(c)) return limits.idleMs;
  if (c.response === null) return limits.responseMs;
  // A client that has closed its half is often gone altogether.
  return c.clientEnded ? Math.min(limits.idleMs, limits.tunnelIdleMs) : limits.tunnelIdleMs;
}

function isHeldByClient(c: Connection): boolean {
  return c.upstream !== null && c.upstream.paused;
}

function endOverdue(c: Connection): void {
  switch (c.phase) {
    case 'head':
      if (c.input !== null && !c.socket.writableNeedDrain) refuseMalformed(c, 408);
      else c.socket.destroy();
      return;
    case 'exchange':
      if (c.response !== null) {
        recordOutcome(c, 'upstream-timeout', true);
        abortClient(c);
      } else if (c.requestDone) {
        refuse(c, 'upstream-timeout', true);
        c.ctx.advance(c);
      } else {
        refuseMalformed(c, 408);
      }
      return;
    case 'closing':
    case 'dial':
    case 'login':
    case 'gone':
      c.socket.destroy();
      return;
  }
}
