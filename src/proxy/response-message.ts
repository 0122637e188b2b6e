/**
 * The HTTP/1.1 response head (RFC 9112): strict reader and serialiser. Pure.
 * Owns: how long a response is and which fields reach the client. Knows nothing of sockets; a fault here means the upstream connection is destroyed.
 */
import { Field, Scan, endToEnd, fieldTable, fieldValue, readCoding, readConnection, readLength, scanFields } from './header-fields.js';
import type { ConnectionTokens } from './header-fields.js';
import { fault } from './message.js';
import type { BodyKind, HeadLimits, WireFault } from './message.js';

export interface ResponseHead {
  readonly status: number;
  readonly reason: string;
  readonly version: 10 | 11;
  readonly body: BodyKind;
  /** Content-Length as stated (also where there is no body: HEAD, 304); −1 where it is not stated. */
  readonly length: number;
  /** The upstream connection may be used again after the body. */
  readonly keepAlive: boolean;
  /** The end-to-end fields, each `name: value CRLF`; Alt-Svc never (it would lead the client to QUIC, past the filter). */
  readonly lines: string;
  /** 101 with `Upgrade: websocket`. */
  readonly upgrade: boolean;
  readonly bytes: number;
}

export interface ResponseOptions {
  /** Empty: none. */
  readonly via: string;
  /** Whether the client connection stays open after this response. */
  readonly keepAlive: boolean;
  /** The client speaks 1.1: bodies of unknown length go chunked. Else they end with the connection. */
  readonly chunkedToClient: boolean;
  /** Said aloud by the caller; the reader has dropped it already. */
  readonly dropAltSvc?: true;
}

const F = {
  statusLine: fault(400, 'response: malformed status line'),
  fieldLine: fault(400, 'response: malformed header field'),
  tooMany: fault(431, 'response: too many header fields'),
  tooLarge: fault(431, 'response: head too large'),
  twoLengths: fault(400, 'response: more than one Content-Length'),
  badLength: fault(400, 'response: malformed Content-Length'),
  twoCodings: fault(400, 'response: more than one Transfer-Encoding'),
  badCoding: fault(400, 'response: transfer coding not implemented'),
  oldCoding: fault(400, 'response: Transfer-Encoding in HTTP/1.0'),
  bothFramings: fault(400, 'response: Content-Length beside Transfer-Encoding'),
  lookalike: fault(400, 'response: field that imitates a framing field'),
} as const;

const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;
const HTTP_1 = Buffer.from('HTTP/1.', 'latin1');

/** Scratch of the reader: filled and read within one call. */
const connection: ConnectionTokens = { close: false, keepAlive: false, upgrade: false, named: null };

/** null: more bytes are needed. `requestMethod` decides whether a body follows. Same rule as for requests: refused at the first bad byte. */
export function readResponseHead(buffer: Buffer, start: number, end: number, requestMethod: string, limits: HeadLimits): ResponseHead | WireFault | null {
  const full = end - start >= limits.maxHeadBytes;
  const stop = full ? start + limits.maxHeadBytes : end;
  const more = full ? F.tooLarge : null;

  for (let n = 0; n < 7; n++) {
    if (start + n >= stop) return more;
    if (buffer[start + n] !== HTTP_1[n]) return F.statusLine;
  }
  let i = start + 7;
  let status = 0;
  for (let n = 0; n < 5; n++, i++) {
    if (i >= stop) return more;
    const byte = buffer[i] as number;
    if (n === 1) {
      if (byte !== SP) return F.statusLine;
      continue;
    }
    const digit = byte - 0x30;
    if (digit < 0 || digit > (n === 0 ? 1 : 9)) return F.statusLine;
    if (n > 1) status = status * 10 + digit;
  }
  if (status < 100) return F.statusLine;
  if (i >= stop) return more;
  // Many servers leave out the blank where there is no reason phrase; it can't be taken for anything else.
  if (buffer[i] === SP) i++;
  else if (buffer[i] !== CR) return F.statusLine;
  const reasonAt = i;
  for (;;) {
    if (i >= stop) return more;
    const byte = buffer[i] as number;
    if ((byte < SP && byte !== 0x09) || byte === 0x7f) break;
    i++;
  }
  if (buffer[i] !== CR) return F.statusLine;
  if (i + 1 >= stop) return more;
  if (buffer[i + 1] !== LF) return F.statusLine;

  const headEnd = scanFields(buffer, i + 2, stop, limits.maxHeaders);
  if (headEnd <= 0) {
    if (headEnd === Scan.More) return more;
    return headEnd === Scan.TooMany ? F.tooMany : F.fieldLine;
  }
  const text = buffer.toString('latin1', start, headEnd);
  return readFields(text, start, headEnd - start, status, text.substring(reasonAt - start, i - start), buffer[start + 7] === 0x31 ? 11 : 10, requestMethod);
}

function readFields(text: string, base: number, bytes: number, status: number, reason: string, version: 10 | 11, requestMethod: string): ResponseHead | WireFault {
  const { kind, count } = fieldTable;
  let length = -1;
  let coding: string | null = null;
  let upgrade: string | null = null;
  connection.close = connection.keepAlive = connection.upgrade = false;
  connection.named = null;

  for (let f = 0; f < count; f++) {
    switch (kind[f]) {
      case Field.ContentLength:
        if (length !== -1) return F.twoLengths;
        length = readLength(fieldValue(text, base, f));
        if (length === -1) return F.badLength;
        break;
      case Field.TransferEncoding:
        if (coding !== null) return F.twoCodings;
        coding = readCoding(fieldValue(text, base, f));
        break;
      case Field.Connection:
        readConnection(fieldValue(text, base, f), connection);
        break;
      case Field.Upgrade:
        upgrade = upgrade === null ? fieldValue(text, base, f).toLowerCase() : 'list';
        break;
      case Field.Lookalike:
        return F.lookalike;
      default:
        break;
    }
  }
  if (coding !== null) {
    if (length !== -1) return F.bothFramings;
    if (version === 10) return F.oldCoding;
    if (coding !== 'chunked') return F.badCoding;
  }

  const interim = status < 200;
  const bodiless = interim || status === 204 || status === 304 || requestMethod === 'HEAD';
  // RFC 9112 §6.3: these end with the head whatever it says. A server that says otherwise may send a body all the same: its connection is not used again.
  const contradicts = (interim || status === 204) && (coding !== null || length > 0);
  const body: BodyKind = bodiless ? 'none' : coding !== null ? 'chunked' : length !== -1 ? 'length' : 'until-close';
  return {
    status,
    reason,
    version,
    body,
    length: interim || status === 204 ? -1 : length,
    keepAlive: !connection.close && (version === 11 || connection.keepAlive) && body !== 'until-close' && !contradicts,
    lines: endToEnd(text, base, connection.named),
    upgrade: status === 101 && connection.upgrade && upgrade === 'websocket',
    bytes,
  };
}

/** A latin1 head. What frames the body is written here: `chunked` and `until-close` bodies go chunked to a 1.1 client, else end with the connection. */
export function serialiseResponse(head: ResponseHead, options: ResponseOptions): string {
  let out = `HTTP/1.1 ${head.status} ${head.reason}\r\n${head.lines}`;
  if (options.via !== '') out += `Via: ${options.via}\r\n`;
  if (head.status < 200) return head.upgrade ? out + 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n' : out + '\r\n';
  const endless = head.body === 'chunked' || head.body === 'until-close';
  if (endless && options.chunkedToClient) out += 'Transfer-Encoding: chunked\r\n';
  else if (!endless && head.length >= 0) out += `Content-Length: ${head.length}\r\n`;
  const close = !options.keepAlive || (endless && !options.chunkedToClient);
  return out + (close ? 'Connection: close\r\n\r\n' : 'Connection: keep-alive\r\n\r\n');
}
