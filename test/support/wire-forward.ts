/**
 * What the wire grammar alone makes of a client's bytes: each request read, its body drained, head and body written anew, until the first fault.
 * The relay without sockets and policy; tests compare its output with other parsers' reading.
 */
import { createChunkedReader } from '../../src/proxy/chunked.js';
import { isWireFault, readRequestHead, serialiseRequest } from '../../src/proxy/message.js';
import type { HeadLimits, RequestHead } from '../../src/proxy/message.js';

export const LIMITS: HeadLimits = { maxHeadBytes: 32_768, maxHeaders: 128, maxTargetBytes: 8_192 };

export interface Forwarded {
  readonly heads: readonly RequestHead[];
  /** What an origin would receive, one entry a complete request. */
  readonly sent: readonly Buffer[];
  /** Decoded bodies. */
  readonly bodies: readonly Buffer[];
  /** Status of the fault that ended reading; a bad chunk counts as 400. null: ran out of bytes, or the client asked to close. */
  readonly status: number | null;
  readonly detail: string;
}

export function forward(bytes: Buffer, mode: 'explicit' | 'transparent' = 'transparent', limits: HeadLimits = LIMITS): Forwarded {
  const heads: RequestHead[] = [];
  const sent: Buffer[] = [];
  const bodies: Buffer[] = [];
  let at = 0;
  const done = (status: number | null, detail: string): Forwarded => ({ heads, sent, bodies, status, detail });
  while (at < bytes.length) {
    const head = readRequestHead(bytes, at, bytes.length, mode, limits);
    if (head === null) return done(null, 'incomplete head');
    if (isWireFault(head)) return done(head.status, head.detail);
    heads.push(head);
    at += head.bytes;
    const pieces: Buffer[] = [];
    const data: Buffer[] = [];
    if (head.body === 'length') {
      if (at + head.length > bytes.length) return done(null, 'incomplete body');
      data.push(bytes.subarray(at, at + head.length));
      pieces.push(bytes.subarray(at, at + head.length));
      at += head.length;
    } else if (head.body === 'chunked') {
      const decoded = createChunkedReader().read(bytes, at, bytes.length, (slice) => data.push(slice));
      const passed = createChunkedReader().pass(bytes, at, bytes.length, (piece) => pieces.push(piece));
      if (decoded.state !== passed.state || decoded.next !== passed.next) throw new Error('the two chunk readers disagree');
      if (decoded.state === 'bad') return done(400, 'bad chunk');
      if (decoded.state === 'more') return done(null, 'incomplete body');
      at = decoded.next;
    }
    bodies.push(Buffer.concat(data));
    sent.push(Buffer.concat([Buffer.from(serialiseRequest(head, { via: '', toParent: false }), 'latin1'), ...pieces]));
    // After CONNECT the bytes belong to the tunnel, after Upgrade they wait for the answer, after `close` nothing more is answered.
    if (head.form === 'authority' || head.upgrade !== null || !head.keepAlive) return done(null, 'closed');
  }
  return done(null, 'end');
}
