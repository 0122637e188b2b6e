/**
 * The HTTP/1.1 request head as it stands on the wire (RFC 9112): a strict reader and the serialiser that writes it anew. Pure.
 * Owns: what may be forwarded and what is refused because two parsers could read it differently. Knows nothing of policy, sockets or bodies' bytes.
 */
import { parseAuthority } from '../matching/hostname.js';
import { Field, Scan, TOKEN, endToEnd, fieldTable, fieldValue, readCoding, readConnection, readLength, scanFields } from './header-fields.js';
import type { ConnectionTokens } from './header-fields.js';
import { TARGET, readMethod, readTarget, readVersion } from './message-line.js';
import type { Target } from './message-line.js';

export interface HeadLimits {
  readonly maxHeadBytes: number;
  readonly maxHeaders: number;
  readonly maxTargetBytes: number;
}

/**
 * How a connection came to speak HTTP to us. `inside`: through TLS that was ended here, so a host without a port means 443.
 */
export type WayIn = 'explicit' | 'transparent' | 'inside';

/** `until-close` exists on responses only. */
export type BodyKind = 'none' | 'length' | 'chunked' | 'until-close';

export interface RequestHead {
  readonly method: string;
  readonly version: 10 | 11;
  readonly form: 'absolute' | 'origin' | 'authority' | 'asterisk';
  readonly scheme: 'http' | 'https' | null;
  /** Raw text `host[:port]`, from the target where it has one, else from Host. */
  readonly authority: string;
  /** Canonical (matching/hostname.ts). */
  readonly host: string;
  readonly port: number;
  /** Origin-form to send upstream, query included; `*` for OPTIONS of the server itself; empty for CONNECT. */
  readonly path: string;
  readonly body: BodyKind;
  /** Content-Length; 0 where there is none. */
  readonly length: number;
  readonly keepAlive: boolean;
  readonly expectContinue: boolean;
  readonly upgrade: 'websocket' | null;
  readonly proxyAuthorization: string | null;
  /** The target named one host and Host another: policy follows the target, Host is rewritten. */
  readonly hostMismatch: boolean;
  /** All Via values, joined; loop detection only. */
  readonly via: string | null;
  /** The end-to-end fields as received, each `name: value CRLF` (no Host, framing or Expect: those are written anew). */
  readonly lines: string;
  /** Length of the head, leading blank lines included. */
  readonly bytes: number;
}

export interface WireFault {
  readonly status: 400 | 405 | 414 | 417 | 431 | 501 | 505;
  /** English, for the log and the tests; never contains input. */
  readonly detail: string;
}

export interface RequestOptions {
  /** Value of the Via field we add; empty: none. */
  readonly via: string;
  /** Absolute-form, for a parent proxy. */
  readonly toParent: boolean;
  /** Default true: the upstream connection may be used again. */
  readonly keepAlive?: boolean;
}

export function isWireFault(head: object): head is WireFault {
  return 'detail' in head;
}

/** One object a kind of fault: refusing costs no allocation, and nothing of the input can get in. */
export function fault(status: WireFault['status'], detail: string): WireFault {
  return Object.freeze({ status, detail });
}

const F = {
  blankLines: fault(400, 'too many blank lines before the request'),
  requestLine: fault(400, 'malformed request line'),
  targetTooLong: fault(414, 'request target too long'),
  version: fault(505, 'HTTP version not supported'),
  method: fault(501, 'method not implemented'),
  trace: fault(405, 'TRACE is not allowed'),
  target: fault(400, 'malformed request target'),
  scheme: fault(501, 'scheme not implemented'),
  fieldLine: fault(400, 'malformed header field'),
  tooMany: fault(431, 'too many header fields'),
  tooLarge: fault(431, 'request head too large'),
  noHost: fault(400, 'Host missing'),
  twoHosts: fault(400, 'more than one Host'),
  badHost: fault(400, 'malformed Host'),
  otherHost: fault(400, 'target names another host than Host'),
  connectHere: fault(400, 'CONNECT where there is no proxy to speak to'),
  connectBody: fault(400, 'CONNECT with a body'),
  twoLengths: fault(400, 'more than one Content-Length'),
  badLength: fault(400, 'malformed Content-Length'),
  twoCodings: fault(400, 'more than one Transfer-Encoding'),
  badCoding: fault(400, 'malformed Transfer-Encoding'),
  otherCoding: fault(501, 'transfer coding not implemented'),
  oldCoding: fault(400, 'Transfer-Encoding in HTTP/1.0'),
  bothFramings: fault(400, 'Content-Length beside Transfer-Encoding'),
  lookalike: fault(400, 'field that imitates a framing field'),
  upgradeBody: fault(400, 'Upgrade with a body'),
  expect: fault(417, 'expectation not supported'),
  twoCredentials: fault(400, 'more than one Proxy-Authorization'),
} as const;

const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;

/** RFC 9112 §2.2 asks for tolerance of a blank line before a request; browsers of old sent one after a POST body. */
const MAX_BLANK_LINES = 4;
const MAX_METHOD_BYTES = 24;
const MAX_VERSION_BYTES = 16;

/**
 * null: more bytes are needed. Reads buffer[start, end). What is refused is refused at the first byte that shows it,
 * so a verdict never depends on how the bytes arrived, and a sender of garbage need not be waited for.
 */
export function readRequestHead(buffer: Buffer, start: number, end: number, mode: WayIn, limits: HeadLimits): RequestHead | WireFault | null {
  const full = end - start >= limits.maxHeadBytes;
  const stop = full ? start + limits.maxHeadBytes : end;
  const more = full ? F.tooLarge : null;

  let i = start;
  let blank = 0;
  while (i < stop && buffer[i] === CR) {
    if (blank === MAX_BLANK_LINES) return F.blankLines;
    if (i + 1 >= stop) return more;
    if (buffer[i + 1] !== LF) return F.requestLine;
    blank++;
    i += 2;
  }

  const base = i;
  const methodStop = Math.min(stop, base + MAX_METHOD_BYTES);
  while (i < methodStop && TOKEN[buffer[i] as number] === 1) i++;
  if (i >= stop) return more;
  if (i === base) return F.requestLine;
  if (buffer[i] !== SP) return i === methodStop ? F.method : F.requestLine;
  const methodEnd = i;

  const target = i + 1;
  const targetStop = Math.min(stop, target + limits.maxTargetBytes);
  i = target;
  while (i < targetStop && TARGET[buffer[i] as number] === 1) i++;
  if (i >= stop) return more;
  if (i === targetStop && TARGET[buffer[i] as number] === 1) return F.targetTooLong;
  const targetEnd = i;
  if (targetEnd === target) return F.requestLine;
  let versionAt = targetEnd;
  if (buffer[i] === SP) {
    versionAt = ++i;
    const versionStop = Math.min(stop, versionAt + MAX_VERSION_BYTES);
    while (i < versionStop && TARGET[buffer[i] as number] === 1) i++;
    if (i >= stop) return more;
  }
  if (buffer[i] !== CR) return F.requestLine;
  if (i + 1 >= stop) return more;
  if (buffer[i + 1] !== LF) return F.requestLine;

  const oldest = versionAt === targetEnd;
  const version = oldest ? 'other' : readVersion(buffer, versionAt, i);
  if (version === 'other') return F.version;
  const method = readMethod(buffer, base, methodEnd);
  if (method === null) return F.method;
  if (version === 'bad') return F.requestLine;
  if (method === 'TRACE') return F.trace;

  const headEnd = scanFields(buffer, i + 2, stop, limits.maxHeaders);
  if (headEnd <= 0) {
    if (headEnd === Scan.More) return more;
    return headEnd === Scan.TooMany ? F.tooMany : F.fieldLine;
  }
  const text = buffer.toString('latin1', base, headEnd);
  const split = readTarget(text.substring(target - base, targetEnd - base), method, targetParts);
  if (split !== 'ok') return split === 'bad' ? F.target : F.scheme;
  return readFields(text, base, headEnd - start, method, version, mode);
}

/** Scratch of the reader: filled and read within one call. */
const targetParts: Target = { form: 'origin', authority: '', path: '' };
const connection: ConnectionTokens = { close: false, keepAlive: false, upgrade: false, named: null };

/** The part that needs the whole head: framing, host, connection. The scan left its offsets in the field table. */
function readFields(text: string, base: number, bytes: number, method: string, version: 10 | 11, mode: WayIn): RequestHead | WireFault {
  const { kind, count } = fieldTable;
  let hostText: string | null = null;
  let length = -1;
  let coding: string | null = null;
  let upgrade: string | null = null;
  let expect: string | null = null;
  let via: string | null = null;
  let proxyAuthorization: string | null = null;
  let ranges = 0;
  connection.close = connection.keepAlive = connection.upgrade = false;
  connection.named = null;

  for (let f = 0; f < count; f++) {
    const field = kind[f] as number;
    if (field === Field.Plain || field === Field.Dropped || field === Field.AltSvc) continue;
    const value = fieldValue(text, base, f);
    switch (field) {
      case Field.Host:
        if (hostText !== null) return F.twoHosts;
        hostText = value;
        break;
      case Field.ContentLength:
        if (length !== -1) return F.twoLengths;
        length = readLength(value);
        if (length === -1) return F.badLength;
        break;
      case Field.TransferEncoding:
        if (coding !== null) return F.twoCodings;
        coding = readCoding(value);
        break;
      case Field.Connection:
        readConnection(value, connection);
        break;
      case Field.ProxyConnection:
        // Never part of the standard; a wish to close is always safe to grant, a wish to stay open is not (RFC 9112 §C.2.2).
        if (value.length === 5 && value.toLowerCase() === 'close') connection.close = true;
        break;
      case Field.Upgrade:
        // Two fields are a list, and a list is not the one protocol we pass.
        upgrade = upgrade === null ? value.toLowerCase() : 'list';
        break;
      case Field.Expect:
        expect = expect === null ? value.toLowerCase() : 'list';
        break;
      case Field.Via:
        via = via === null ? value : `${via}, ${value}`;
        break;
      case Field.Range:
        // The origin may ignore Range (RFC 9110 §14.2), so leaving it out is always correct; hundreds of pieces are an attack on the origin.
        kind[f] = ranges++ === 0 && countParts(value) <= MAX_RANGES ? Field.Plain : Field.Dropped;
        break;
      case Field.ProxyAuthorization:
        if (proxyAuthorization !== null) return F.twoCredentials;
        proxyAuthorization = value;
        break;
      default:
        return F.lookalike;
    }
  }

  if (coding !== null) {
    if (length !== -1) return F.bothFramings;
    if (version === 10) return F.oldCoding;
    if (coding !== 'chunked') return coding === 'bad' ? F.badCoding : F.otherCoding;
  }
  const hasContent = coding !== null || length > 0;
  // Internet Explorer and WinHTTP send `Content-Length: 0` with CONNECT; an empty body can't be read in two ways.
  if (method === 'CONNECT' && hasContent) return F.connectBody;

  const { form, path } = targetParts;
  let authority = targetParts.authority;
  let hostMismatch = false;
  if (hostText === null && version === 11 && form !== 'authority') return F.noHost;
  if (authority === '') {
    if (hostText === null) return F.noHost;
    authority = hostText;
  }
  const defaultPort = mode === 'inside' ? 443 : 80;
  const place = readAuthority(authority, form === 'authority' ? null : defaultPort);
  if (place === null) return authority === hostText ? F.badHost : F.target;
  if (hostText !== null && hostText !== authority) {
    const other = readAuthority(hostText, defaultPort);
    if (other === null) return F.badHost;
    // Clients write the Host of a CONNECT with and without the port.
    hostMismatch = other.host !== place.host || (form === 'absolute' && other.port !== place.port);
  }
  if (mode !== 'explicit') {
    if (form === 'authority') return F.connectHere;
    if (form === 'absolute' && (hostMismatch || hostText === null)) return F.otherHost;
  }

  const upgrades = upgrade !== null && connection.upgrade;
  if (upgrades && hasContent) return F.upgradeBody;
  const websocket = upgrades && upgrade === 'websocket' && method === 'GET' && version === 11;
  if (expect !== null && version === 11 && expect !== '100-continue') return F.expect;

  return {
    method,
    version,
    form,
    scheme: form === 'authority' ? null : mode === 'inside' ? 'https' : 'http',
    authority,
    host: place.host,
    port: place.port,
    path,
    body: coding !== null ? 'chunked' : length !== -1 && method !== 'CONNECT' ? 'length' : 'none',
    length: length === -1 ? 0 : length,
    keepAlive: !connection.close && (version === 11 || connection.keepAlive),
    expectContinue: expect !== null && version === 11 && hasContent,
    upgrade: websocket ? 'websocket' : null,
    proxyAuthorization,
    hostMismatch,
    via,
    lines: endToEnd(text, base, connection.named),
    bytes,
  };
}

/** security.md §2.11 R1: real clients ask for one range, PDF viewers for a handful. */
const MAX_RANGES = 5;

function countParts(value: string): number {
  let parts = 1;
  for (let at = value.indexOf(','); at !== -1; at = value.indexOf(',', at + 1)) parts++;
  return parts;
}

/** Longest authority there is: 253 bytes of name, a final dot, a colon and five digits; an address literal is shorter. */
const MAX_AUTHORITY = 260;

function readAuthority(text: string, defaultPort: number | null): { host: string; port: number } | null {
  if (text.length === 0 || text.length > MAX_AUTHORITY) return null;
  return parseAuthority(text, defaultPort);
}

/** A latin1 head with one framing field, one Host and one Connection, all made here. */
export function serialiseRequest(head: RequestHead, options: RequestOptions): string {
  const name = head.host.includes(':') ? `[${head.host}]` : head.host;
  const connect = head.form === 'authority';
  const host = head.port === (head.scheme === 'https' ? 443 : 80) && !connect ? name : `${name}:${head.port}`;
  const path = connect ? '' : head.path;
  const target = connect ? host : options.toParent ? `http://${host}${path === '*' ? '' : path}` : path;
  let out = `${head.method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${head.lines}`;
  if (head.body === 'length') out += `Content-Length: ${head.length}\r\n`;
  else if (head.body === 'chunked') out += 'Transfer-Encoding: chunked\r\n';
  if (head.expectContinue) out += 'Expect: 100-continue\r\n';
  if (options.via !== '') out += `Via: ${options.via}\r\n`;
  if (head.upgrade !== null) return out + 'Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n';
  return out + (options.keepAlive === false ? 'Connection: close\r\n\r\n' : 'Connection: keep-alive\r\n\r\n');
}
