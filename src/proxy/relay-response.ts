/**
 * Brings the response down: the head read strictly and serialised anew, the body counted or re-chunked, backpressure both ways.
 * Owns what reaches the client and when a response is whole. Refuses to know policy and dialling.
 */
import { chunkHeader, createChunkedReader } from './chunked.js';
import { isWireFault } from './message.js';
import { readResponseHead, serialiseResponse, type ResponseHead } from './response-message.js';
import { abortClient, dropUpstream, lingerClose, recordOutcome, refuse, toNextRequest } from './relay-finish.js';
import { appendInput, type Connection, type Framing, type Upstream } from './relay-state.js';
import { startWebSocket } from './upgrade.js';

/** More than this many 1xx before an answer is an attack or a mistake. */
const MAX_INTERIM = 10;
/** Up to this size one write of one string beats a vector of head and slice. */
const JOIN_BYTES = 4_096;

const LAST_CHUNK = '0\r\n\r\n';

export function onResponseBytes(c: Connection, upstream: Upstream, chunk: Buffer): void {
  if (c.response !== null) {
    c.bytesDown += chunk.length;
    responseBody(c, c.response, upstream, chunk, 0, chunk.length);
    return;
  }
  let buffer = chunk;
  let start = 0;
  let end = chunk.length;
  if (upstream.input !== null) {
    const input = appendInput(upstream.input, chunk);
    ({ buffer, start, end } = input);
    upstream.input = input;
  }
  while (c.response === null) {
    const head = c.head === null ? null : readResponseHead(buffer, start, end, c.head.method, c.ctx.limits);
    if (head === null) {
      upstream.input = start === end ? null : { buffer, start, end };
      return;
    }
    // A 407 from an origin would make the browser send it the room login meant for us.
    if (isWireFault(head) || head.status === 407) {
      failResponse(c);
      return;
    }
    start += head.bytes;
    if (head.status >= 200) {
      upstream.input = null;
      startResponse(c, upstream, head, buffer, start, end);
      return;
    }
    if (head.status === 101) {
      if (c.head?.upgrade !== 'websocket' || !head.upgrade) failResponse(c);
      else startWebSocket(c, upstream, head, start < end ? buffer.subarray(start, end) : null);
      return;
    }
    if (++c.interim > MAX_INTERIM) {
      failResponse(c);
      return;
    }
    // HTTP/1.0 knows no interim responses (RFC 9110 §15.2).
    if (c.head?.version === 11) {
      const text = serialiseResponse(head, { via: '', keepAlive: true, chunkedToClient: true });
      c.bytesDown += text.length;
      c.socket.write(text, 'latin1');
    }
  }
}

/** The origin broke the protocol, or the connection, before its answer was whole. */
export function failResponse(c: Connection): void {
  if (c.response === null) {
    refuse(c, 'upstream-error', true);
    c.ctx.advance(c);
    return;
  }
  recordOutcome(c, 'upstream-error', true);
  abortClient(c);
}

function startResponse(c: Connection, upstream: Upstream, head: ResponseHead, buffer: Buffer, start: number, end: number): void {
  const request = c.head;
  if (request === null) return;
  const http11 = request.version === 11;
  const framing: Framing = head.body === 'none' || head.body === 'length' ? head.body : http11 ? 'chunked' : 'until-close';
  // An early answer while the request is still coming: what follows it on this connection could not be told from the body.
  const keepAlive = request.keepAlive && c.requestDone && framing !== 'until-close' && !c.ctx.draining && c.inside?.ending !== true;
  c.response = head;
  c.framing = framing;
  c.keepAlive = keepAlive;
  c.responseLeft = head.body === 'length' ? head.length : 0;
  c.responseChunks = head.body === 'chunked' ? createChunkedReader() : null;
  const text = serialiseResponse(head, { via: '', keepAlive, chunkedToClient: http11 });
  c.bytesDown += text.length + (end - start);
  if (head.body === 'length' && end - start <= JOIN_BYTES && start < end) {
    const n = Math.min(c.responseLeft, end - start);
    c.responseLeft -= n;
    c.socket.write(text + buffer.toString('latin1', start, start + n), 'latin1');
    if (c.responseLeft === 0) completeResponse(c, upstream, start + n < end);
    else holdUpstream(c, upstream);
    return;
  }
  if (head.body === 'none' || start === end) {
    c.socket.write(text, 'latin1');
    if (head.body === 'none' || (head.body === 'length' && c.responseLeft === 0)) completeResponse(c, upstream, start < end);
    return;
  }
  c.socket.cork();
  c.socket.write(text, 'latin1');
  responseBody(c, head, upstream, buffer, start, end);
  c.socket.uncork();
}

function responseBody(c: Connection, head: ResponseHead, upstream: Upstream, buffer: Buffer, start: number, end: number): void {
  const { socket } = c;
  if (head.body === 'length') {
    const n = Math.min(c.responseLeft, end - start);
    c.responseLeft -= n;
    socket.write(n === buffer.length ? buffer : buffer.subarray(start, start + n));
    if (c.responseLeft === 0) {
      completeResponse(c, upstream, start + n < end);
      return;
    }
  } else if (c.responseChunks !== null) {
    socket.cork();
    const write = (piece: Buffer): void => void socket.write(piece);
    const result = c.framing === 'chunked' ? c.responseChunks.pass(buffer, start, end, write) : c.responseChunks.read(buffer, start, end, write);
    socket.uncork();
    if (result.state === 'bad') {
      failResponse(c);
      return;
    }
    if (result.state === 'done') {
      completeResponse(c, upstream, result.next < end);
      return;
    }
  } else if (c.framing === 'chunked') {
    socket.cork();
    socket.write(chunkHeader(end - start), 'latin1');
    socket.write(buffer.subarray(start, end));
    socket.write('\r\n', 'latin1');
    socket.uncork();
  } else {
    socket.write(start === 0 ? buffer : buffer.subarray(start, end));
  }
  holdUpstream(c, upstream);
}

/** A client that does not take what it is sent stops the origin: memory stays flat. */
function holdUpstream(c: Connection, upstream: Upstream): void {
  // `write` also says no when the kernel took everything of a large buffer at once; then nothing waits.
  if (!upstream.paused && c.socket.writableNeedDrain && c.socket.writableLength > 0) {
    upstream.paused = true;
    upstream.socket.pause();
  }
}

/** FIN from the origin where that is the end of the body. */
export function completeAtEnd(c: Connection, upstream: Upstream): void {
  if (c.framing === 'chunked') c.socket.write(LAST_CHUNK, 'latin1');
  completeResponse(c, upstream, true);
}

/** @param spoilt the upstream connection said more than its answer, or is over */
function completeResponse(c: Connection, upstream: Upstream, spoilt: boolean): void {
  // An origin that was asked to switch protocols and said no may still have read on as if it had.
  const asked = c.head?.upgrade ?? null;
  const reusable = !spoilt && asked === null && !upstream.ended && c.requestDone && c.response !== null && c.response.keepAlive && c.keepAlive;
  recordOutcome(c, c.decision?.reason ?? 'upstream-error', false);
  if (!c.keepAlive) {
    lingerClose(c);
    return;
  }
  if (!reusable) dropUpstream(c);
  else {
    upstream.idleSinceMs = c.ctx.clockMs;
    if (upstream.paused) {
      upstream.paused = false;
      upstream.socket.resume();
    }
  }
  toNextRequest(c);
  c.ctx.advance(c);
}
