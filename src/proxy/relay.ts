/**
 * The walk of a plain request: read the head → facts → decide → permit → dial → exchange, one request after the other,
 * each decided on its own. Owns the order of the steps and the client's side of a connection.
 * Refuses to know how bodies are framed and how answers look.
 */
import { permit } from '../policy/decide.js';
import type { Decision } from '../policy/decision.js';
import type { Snapshot } from '../policy/snapshot.js';
import { createChunkedReader } from './chunked.js';
import { edited } from './edit-request.js';
import { mayRead, PAGES_PATH, type Inside } from './inside.js';
import { hasRoomLogins } from './login.js';
import { isWireFault, readRequestHead, serialiseRequest, type RequestHead } from './message.js';
import { cameRound, readFacts } from './read-facts.js';
import { abortClient, dropUpstream, handOver, pauseClient, recordOutcome, refuse, refuseBlocked, refuseMalformed, resumeClient, MAX_STASH_BYTES } from './relay-finish.js';
import { earlyBodyIsBroken, forwardBody, stash, truncated } from './relay-request.js';
import { appendInput, type Connection } from './relay-state.js';
import { reachUpstream } from './relay-upstream.js';

const LF = 0x0a;

export function onClientData(c: Connection, chunk: Buffer): void {
  switch (c.phase) {
    case 'head':
      if (c.input === null) {
        c.headSinceMs = c.ctx.clockMs;
        c.input = { buffer: chunk, start: 0, end: chunk.length };
      } else {
        c.input = appendInput(c.input, chunk);
        if (!worthParsing(c, chunk)) return;
      }
      advance(c);
      // Requests faster than their answers are taken: a client that only sends is no longer read.
      if (c.input !== null && c.input.end - c.input.start >= MAX_STASH_BYTES) pauseClient(c);
      return;
    case 'exchange':
      c.activeMs = c.ctx.clockMs;
      if (!c.requestDone && c.upstream !== null) forwardBody(c, c.upstream, chunk, 0, chunk.length);
      else stash(c, chunk);
      return;
    case 'login':
    case 'dial':
      stash(c, chunk);
      return;
    case 'closing':
      // Discarded, and no sign of life: a client that goes on sending is cut off by the sweep.
      return;
    case 'gone':
      return;
  }
}

/** A head that drips in is read again when a line ends or its size has doubled, so that a byte a time costs no quadratic work. */
function worthParsing(c: Connection, chunk: Buffer): boolean {
  if (c.input === null) return false;
  return chunk.includes(LF) || c.input.end - c.input.start >= c.triedBytes * 2;
}

/** Takes requests off the input until one has to wait. */
export function advance(c: Connection): void {
  if (c.advancing) return;
  c.advancing = true;
  while (c.phase === 'head' && c.input !== null && !c.socket.writableNeedDrain && takeRequest(c));
  c.advancing = false;
  // The last answer to a client that has said goodbye.
  if (c.phase === 'head' && c.clientEnded && !c.socket.writableNeedDrain) closeQuietly(c);
}

/** False: more bytes are needed. */
function takeRequest(c: Connection): boolean {
  const { input, ctx } = c;
  if (input === null) return false;
  const head = readRequestHead(input.buffer, input.start, input.end, c.mode, ctx.limits);
  if (head === null) {
    c.triedBytes = input.end - input.start;
    return false;
  }
  if (isWireFault(head)) {
    refuseMalformed(c, head.status);
    return true;
  }
  input.start += head.bytes;
  if (input.start === input.end) c.input = null;
  if (c.clientPaused) resumeClient(c);
  begin(c, head);
  return true;
}

function begin(c: Connection, head: RequestHead): void {
  const { deps } = c.ctx;
  c.head = head;
  c.decision = null;
  c.startedMs = Date.now();
  c.startedAt = performance.now();
  c.bytesUp = 0;
  c.bytesDown = 0;
  c.interim = 0;
  c.retried = false;
  c.requestDone = head.body === 'none';
  c.requestLeft = head.length;
  c.requestChunks = head.body === 'chunked' ? createChunkedReader() : null;
  if (head.body === 'length' && head.length === 0) c.requestDone = true;
  const snapshot = deps.policy();
  if (snapshot === null) refuse(c, 'no-policy', true);
  else if (head.via !== null && cameRound(head.via, c.ctx.via)) refuse(c, 'loop', true);
  else if (head.form === 'asterisk' || earlyBodyIsBroken(c)) refuseMalformed(c, 400);
  else if (head.proxyAuthorization !== null && c.mode === 'explicit' && deps.loginCheck !== null && hasRoomLogins(snapshot)) identify(c, head, snapshot, head.proxyAuthorization);
  else {
    // Credentials count for the request that carries them: a connection may be shared by what stands behind it.
    if (c.from.login !== null && c.inside === null) setLogin(c, null);
    judge(c, head, snapshot);
  }
}

/** A shared room login comes with the request: who does not know the password is asked again, never let in as the room. */
function identify(c: Connection, head: RequestHead, snapshot: Snapshot, proof: string): void {
  const check = c.ctx.deps.loginCheck;
  if (check === null || (c.loginProof === proof && c.loginSnapshot === snapshot)) {
    judge(c, head, snapshot);
    return;
  }
  c.phase = 'login';
  check.check(c.address, proof, snapshot, ({ login, busy }) => {
    if (c.phase !== 'login' || c.head !== head) return;
    c.phase = 'head';
    setLogin(c, login);
    if (login === null && !isForEveryone(c, head, snapshot)) refuse(c, busy ? 'overload' : 'login-required', false);
    else {
      if (login !== null) {
        c.loginProof = proof;
        c.loginSnapshot = snapshot;
      }
      judge(c, head, snapshot);
    }
    advance(c);
  });
}

/** Help lines and our own pages are open whatever a device has stored as its room's password; they leave no trace either. */
function isForEveryone(c: Connection, head: RequestHead, snapshot: Snapshot): boolean {
  return c.ctx.ownPages.areAskedFor(head, c.socket, c.mode === 'transparent') || decideOrNull(c, head, snapshot, c.startedMs)?.layer === 'help';
}

function setLogin(c: Connection, login: string | null): void {
  c.from = { address: c.from.address, port: c.from.port, login };
  c.zoneSnapshot = null;
  c.loginProof = null;
}

function judge(c: Connection, head: RequestHead, snapshot: Snapshot): void {
  const { ctx } = c;
  const { deps } = ctx;
  if (c.inside !== null) {
    judgeInside(c, head, snapshot, c.inside);
    return;
  }
  // Pages are plain HTTP: a tunnel to them is a tunnel to our own address.
  if (head.method !== 'CONNECT' && ctx.ownPages.areAskedFor(head, c.socket, c.mode === 'transparent') && deps.forwardToPages !== null) {
    toPages(c, head, snapshot);
    return;
  }
  if (head.form === 'origin' && c.mode === 'explicit') {
    refuseMalformed(c, 400);
    return;
  }
  // Port 80 in a tunnel could only be what the proxy may not see into (security.md §2.8 C1, C2).
  if (!ctx.ports.has(head.port) || (head.port === 80 && head.method === 'CONNECT')) {
    refuse(c, 'port-not-allowed', false);
    return;
  }
  const decision = decideOrNull(c, head, snapshot, c.startedMs);
  if (decision === null) {
    refuse(c, 'no-policy', true);
    return;
  }
  c.decision = decision;
  const leave = permit(decision, head.port);
  if (leave === null) {
    if (mustLogIn(c, snapshot)) refuse(c, 'login-required', false);
    else if (head.method === 'CONNECT' && deps.tunnels.showsPage?.(head.host, head.port, decision) === true) toTunnel(c, head, decision);
    else refuseBlocked(c, decision, snapshot);
  } else if (head.method === 'CONNECT') {
    toTunnel(c, head, decision);
  } else {
    c.permit = leave;
    reachUpstream(c, head, leave);
  }
}

/**
 * A request that came out of TLS ended here: decided on its own Host and path, whatever the hello was allowed for, and shown the page
 * where that is closed. What is open goes on only under the name the TLS was made for; any other gets 421 (RFC 9110 §15.5.20) and the
 * end of the connection. No HTTP/1.1 client asks so by itself: it is domain fronting, or a proxy inside a tunnel (security.md T9, H9, V10).
 * A permit for that other host would be as safe to dial, but its answer would have passed under a certificate of the wrong name,
 * and a host that is never decrypted would be read by asking for it in here.
 */
function judgeInside(c: Connection, head: RequestHead, snapshot: Snapshot, inside: Inside): void {
  const { deps } = c.ctx;
  // Judged by the path alone, on open hosts too: the page that closes one path of a host has its form there.
  if (head.path.startsWith(`${PAGES_PATH}/`) && deps.forwardToPages !== null && head.body !== 'chunked' && head.upgrade === null) {
    toPages(c, { ...head, path: head.path.slice(PAGES_PATH.length) }, snapshot);
    return;
  }
  const decision = decideOrNull(c, head, snapshot, c.startedMs);
  if (decision === null) {
    refuse(c, 'no-policy', true);
    return;
  }
  c.decision = decision;
  inside.untilMs = decision.validUntilMs;
  const leave = permit(decision, inside.port);
  if (leave === null) refuseBlocked(c, decision, snapshot);
  else if (head.host !== inside.host || head.port !== inside.port) endInside(c, inside, 'server-name-mismatch');
  else if (!mayRead(inside, decision, snapshot)) endInside(c, inside, 'policy-changed');
  else {
    const request = edited(head, decision.edits ?? null);
    c.head = request;
    c.permit = leave;
    reachUpstream(c, request, leave);
  }
}

function endInside(c: Connection, inside: Inside, reason: 'server-name-mismatch' | 'policy-changed'): void {
  inside.ending = true;
  refuse(c, reason, reason === 'server-name-mismatch');
}

/**
 * Looks at a connection with nothing under way: where today's policy closes its host, or no longer reads it, it ends, so that the
 * browser's next request comes by the right road instead of meeting a refusal.
 */
export function reviewInside(c: Connection): void {
  const { inside } = c;
  if (inside === null || inside.ending) return;
  const { deps } = c.ctx;
  const snapshot = deps.policy();
  const nowMs = Date.now();
  let decision: Decision | null = null;
  try {
    if (snapshot !== null) decision = deps.decisions.decide({ host: inside.host, zone: deps.zoneOf(c.from), path: null, profile: -1 }, snapshot, nowMs);
  } catch {
    decision = null;
  }
  inside.untilMs = decision?.validUntilMs ?? Infinity;
  if (decision !== null && snapshot !== null && decision.action !== 'block' && mayRead(inside, decision, snapshot) && deps.endsTls?.(inside.host, decision, snapshot) !== false) return;
  inside.ending = true;
  // What is under way was judged on its own; it is the connection's last.
  if (c.phase === 'head' && c.input === null) closeQuietly(c);
}

/** An exception in the policy engine closes: a filter that opens when it breaks is none (security.md F1). */
function decideOrNull(c: Connection, head: RequestHead, snapshot: Snapshot, nowMs: number): Decision | null {
  try {
    return c.ctx.deps.decisions.decide(readFacts(c, head, snapshot), snapshot, nowMs);
  } catch {
    return null;
  }
}

/** Unknown devices are asked for a room login only where that is switched on, and only for what they would not get anyway. */
function mustLogIn(c: Connection, snapshot: Snapshot): boolean {
  return c.ctx.deps.challengeUnknown === true && c.mode === 'explicit' && c.zone < 0 && hasRoomLogins(snapshot);
}

function toTunnel(c: Connection, head: RequestHead, decision: Decision): void {
  const { input, startedMs, from, zone } = c;
  dropUpstream(c);
  c.input = null;
  c.head = null;
  const early = input === null ? null : input.buffer.subarray(input.start, input.end);
  const client = handOver(c);
  c.ctx.deps.tunnels.connect({ client, from, zone, decision, host: head.host, port: head.port, early, startedMs });
}

/** Own pages take the connection for good: it serves this request and closes. */
function toPages(c: Connection, head: RequestHead, snapshot: Snapshot): void {
  const { input, ctx } = c;
  readFacts(c, head, snapshot);
  const text = Buffer.from(serialiseRequest(head, { via: '', toParent: false, keepAlive: false }), 'latin1');
  dropUpstream(c);
  c.input = null;
  c.head = null;
  // A request pipelined behind this one will be sent again: the connection closes after the page.
  const end = input === null ? 0 : head.body === 'chunked' ? input.end : Math.min(input.end, input.start + head.length);
  const bytes = input === null ? text : Buffer.concat([text, input.buffer.subarray(input.start, end)]);
  const zone = snapshot.data.zones[c.zone]?.name ?? null;
  ctx.deps.forwardToPages?.(handOver(c), bytes, zone);
}

export function onClientEnd(c: Connection): void {
  c.clientEnded = true;
  switch (c.phase) {
    case 'head':
      // Half a head will never be whole; whole ones wait only for the client to take what it was sent.
      if (!c.socket.writableNeedDrain) closeQuietly(c);
      return;
    case 'exchange':
      if (!c.requestDone) truncated(c);
      return;
    case 'closing':
    case 'dial':
    case 'login':
    case 'gone':
      return;
  }
}

function closeQuietly(c: Connection): void {
  dropUpstream(c);
  c.phase = 'closing';
  c.input = null;
  c.socket.end();
}

export function onClientDrain(c: Connection): void {
  c.activeMs = c.ctx.clockMs;
  const upstream = c.upstream;
  if (upstream !== null && upstream.paused) {
    upstream.paused = false;
    upstream.socket.resume();
  }
  if (c.phase === 'head') advance(c);
}

export function onClientClose(c: Connection): void {
  if (c.head !== null) recordOutcome(c, c.decision?.reason ?? 'malformed', false);
  if (c.inside?.told === false) c.inside.tell(false);
  dropUpstream(c);
  c.phase = 'gone';
  c.input = null;
  c.ctx.connections.remove(c);
}

/**
 * Judges what is under way again. An exchange that policy no longer allows is cut; an answer not yet begun becomes the block page.
 * True when it was cut.
 */
export function rejudge(c: Connection): boolean {
  const { head } = c;
  const snapshot = c.ctx.deps.policy();
  if (head === null || c.decision === null || (c.phase !== 'exchange' && c.phase !== 'dial')) return false;
  // A policy that is gone, or that can't judge, allows nothing.
  const decision = snapshot === null ? null : decideOrNull(c, head, snapshot, Date.now());
  if (decision !== null && decision.action !== 'block') {
    c.decision = decision;
    return false;
  }
  if (decision !== null && snapshot !== null && c.response === null && c.interim === 0) {
    c.decision = decision;
    dropUpstream(c);
    refuseBlocked(c, decision, snapshot);
    advance(c);
  } else {
    recordOutcome(c, 'policy-changed', false);
    abortClient(c);
  }
  return true;
}

