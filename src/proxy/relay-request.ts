/**
 * Sends the request up: the head serialised anew, the body re-framed, never a raw byte of what came (security.md §2.9 rules a–e).
 * Refuses to know responses and how the upstream was found.
 */
import { createChunkedReader } from './chunked.js';
import { serialiseRequest, type RequestHead } from './message.js';
import { abortClient, dropUpstream, MAX_STASH_BYTES, pauseClient, refuseMalformed } from './relay-finish.js';
import { appendInput, type Connection, type Upstream } from './relay-state.js';

/** Writes the head and what is already here of the body. */
export function sendRequest(c: Connection, head: RequestHead, upstream: Upstream): void {
  const { via } = c.ctx;
  const text = serialiseRequest(head, { via: head.via === null ? via : `${head.via}, ${via}`, toParent: upstream.toParent });
  upstream.used++;
  c.phase = 'exchange';
  c.bytesUp += text.length;
  c.activeMs = c.ctx.clockMs;
  if (c.requestDone) {
    upstream.socket.write(text, 'latin1');
    return;
  }
  upstream.socket.cork();
  upstream.socket.write(text, 'latin1');
  const input = c.input;
  if (input !== null) {
    c.input = null;
    forwardBody(c, upstream, input.buffer, input.start, input.end);
  }
  upstream.socket.uncork();
}

/** Body bytes from the client. Whatever follows the body's end is kept for the next request. */
export function forwardBody(c: Connection, upstream: Upstream, buffer: Buffer, start: number, end: number): void {
  let next = start;
  if (c.requestChunks === null) {
    const n = Math.min(c.requestLeft, end - start);
    next = start + n;
    c.requestLeft -= n;
    c.bytesUp += n;
    upstream.socket.write(slice(buffer, start, next));
    c.requestDone = c.requestLeft === 0;
  } else {
    const result = c.requestChunks.pass(buffer, start, end, (piece) => {
      c.bytesUp += piece.length;
      upstream.socket.write(piece);
    });
    if (result.state === 'bad') {
      // The origin has seen a head: only cutting its connection tells it that no body will be whole.
      if (c.response === null) refuseMalformed(c, 400);
      else abortClient(c);
      return;
    }
    next = result.next;
    c.requestDone = result.state === 'done';
  }
  if (next < end) stash(c, next === 0 ? buffer : buffer.subarray(next, end));
  if (!c.requestDone && upstream.socket.writableNeedDrain && upstream.socket.writableLength > 0) pauseClient(c);
}

/**
 * Reads the part of a chunked body that came with the head, before anything is dialled: a request that is already known
 * to be broken reaches nobody.
 */
export function earlyBodyIsBroken(c: Connection): boolean {
  const input = c.input;
  if (c.requestChunks === null || input === null) return false;
  return createChunkedReader().read(input.buffer, input.start, input.end, ignore).state === 'bad';
}

/** Keeps bytes that can't be used yet; a full stash stops the reading. */
export function stash(c: Connection, chunk: Buffer): void {
  c.input = appendInput(c.input, chunk);
  if (c.input.end - c.input.start >= MAX_STASH_BYTES) pauseClient(c);
}

/** The client has sent FIN inside its request: nobody may take the part for the whole. */
export function truncated(c: Connection): void {
  dropUpstream(c);
  c.socket.destroy();
}

function slice(buffer: Buffer, start: number, end: number): Buffer {
  return start === 0 && end === buffer.length ? buffer : buffer.subarray(start, end);
}

function ignore(): void {
  return;
}
