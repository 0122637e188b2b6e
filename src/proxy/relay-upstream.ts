/**
 * The upstream connection of one client connection: opened with a permit, used again for the same target only, never shared.
 * Owns when it may be reused or tried again. Refuses to know messages' grammar and policy.
 */
import type { Socket } from 'node:net';
import type { Permit } from '../policy/decision.js';
import type { Inside } from './inside.js';
import type { RequestHead } from './message.js';
import { attach, dropUpstream, refuse, resumeClient } from './relay-finish.js';
import { sendRequest, truncated } from './relay-request.js';
import { completeAtEnd, failResponse, onResponseBytes } from './relay-response.js';
import type { Connection, Upstream } from './relay-state.js';
import type { UpstreamTlsFault } from './upstream-tls.js';
import type { DialFault } from './wire-error.js';

/**
 * A request that must not be sent twice takes a kept connection only when it was used a moment ago: servers close idle ones
 * after 5 s and more, and such a request lost in that race can't be repeated (RFC 9110 §9.2.2).
 */
const FRESH_FOR_UNSAFE_MS = 2_000;

/** Sends the request under way over the kept upstream connection or a new one. */
export function reachUpstream(c: Connection, head: RequestHead, permit: Permit): void {
  const upstream = c.upstream;
  if (upstream !== null) {
    if (fits(c, upstream, head, permit)) {
      sendRequest(c, head, upstream);
      return;
    }
    dropUpstream(c);
  }
  dial(c, permit);
}

function fits(c: Connection, upstream: Upstream, head: RequestHead, permit: Permit): boolean {
  if (upstream.host !== permit.host || upstream.port !== permit.port || upstream.dialHost !== permit.dialHost) return false;
  if (upstream.ended || upstream.socket.destroyed) return false;
  return isRepeatable(head) || c.ctx.clockMs - upstream.idleSinceMs <= FRESH_FOR_UNSAFE_MS;
}

function isRepeatable(head: RequestHead): boolean {
  return head.body === 'none' && (head.method === 'GET' || head.method === 'HEAD' || head.method === 'OPTIONS') && head.upgrade === null;
}

function dial(c: Connection, permit: Permit): void {
  c.phase = 'dial';
  let answered = false;
  const { inside } = c;
  // A parent proxy is asked for a tunnel: it sees no more of what is inside than it did before.
  const dialing = c.ctx.deps.dialer.dial(permit, inside === null ? 'http' : 'tunnel', (fault, socket, toParent) => {
    answered = true;
    c.dialing = null;
    if (inside !== null && socket !== null && c.phase === 'dial') secure(c, permit, socket, inside);
    else onDialed(c, permit, fault, socket, toParent);
  });
  if (!answered) c.dialing = dialing;
}

/** The origin must prove its name, as strictly as to a browser, before it is sent anything. */
function secure(c: Connection, permit: Permit, socket: Socket, inside: Inside): void {
  const { upstreamTls } = c.ctx.deps;
  if (upstreamTls === undefined) {
    socket.destroy();
    onDialed(c, permit, 'upstream-error', null, false);
    return;
  }
  let answered = false;
  const handshake = upstreamTls.secure(socket, permit.host, (fault, tls) => {
    answered = true;
    c.dialing = null;
    if (fault === 'site-wants-certificate') c.ctx.deps.onWantsCertificate?.(permit.host);
    // The next connection may find another road, or the fault mended.
    if (fault !== null) inside.ending = true;
    onDialed(c, permit, fault, tls, false);
  });
  if (!answered) c.dialing = handshake;
}

function onDialed(c: Connection, permit: Permit, fault: DialFault | UpstreamTlsFault | null, socket: Socket | null, toParent: boolean): void {
  const { head } = c;
  if (c.phase !== 'dial' || head === null) {
    socket?.destroy();
    return;
  }
  if (socket === null) {
    refuse(c, fault ?? 'upstream-error', fault !== 'private-address' && fault !== 'own-address');
    c.ctx.advance(c);
    return;
  }
  const upstream: Upstream = {
    socket, host: permit.host, port: permit.port, dialHost: permit.dialHost, toParent,
    listeners: null, used: 0, idleSinceMs: c.ctx.clockMs, input: null, paused: false, ended: false,
  };
  c.upstream = upstream;
  upstream.listeners = {
    data: (chunk) => onData(c, upstream, chunk),
    end: () => onEnd(c, upstream),
    drain: () => onDrain(c),
    close: () => onClose(c, upstream),
  };
  socket.on('error', ignoreError);
  attach(socket, upstream.listeners);
  sendRequest(c, head, upstream);
  if (c.clientEnded && !c.requestDone && c.upstream === upstream) truncated(c);
  else resumeClient(c);
}

function onData(c: Connection, upstream: Upstream, chunk: Buffer): void {
  if (c.upstream !== upstream) return;
  if (c.phase !== 'exchange') {
    // Bytes nobody asked for: the answer to a request that was never ours (security.md §0 finding 6).
    dropUpstream(c);
    return;
  }
  c.activeMs = c.ctx.clockMs;
  onResponseBytes(c, upstream, chunk);
}

function onDrain(c: Connection): void {
  c.activeMs = c.ctx.clockMs;
  resumeClient(c);
}

function onEnd(c: Connection, upstream: Upstream): void {
  if (c.upstream !== upstream) return;
  upstream.ended = true;
  if (c.phase !== 'exchange') dropUpstream(c);
  else if (c.response !== null && c.response.body === 'until-close') completeAtEnd(c, upstream);
  else lost(c, upstream);
}

function onClose(c: Connection, upstream: Upstream): void {
  if (c.upstream !== upstream) return;
  if (c.phase !== 'exchange') c.upstream = null;
  else lost(c, upstream);
}

/** The origin went away before its answer was whole. */
function lost(c: Connection, upstream: Upstream): void {
  const { head, permit } = c;
  const untouched = c.response === null && c.interim === 0 && upstream.input === null;
  // A kept connection may die in the moment we use it: the origin has most likely not seen the request.
  if (untouched && upstream.used > 1 && !c.retried && head !== null && permit !== null && isRepeatable(head)) {
    c.retried = true;
    dropUpstream(c);
    dial(c, permit);
    return;
  }
  failResponse(c);
}

/** 'close' follows and tells all. */
function ignoreError(): void {
  return;
}
