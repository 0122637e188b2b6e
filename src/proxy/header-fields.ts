/**
 * Header fields of one HTTP/1.1 head (RFC 9112 §5): finds them, checks every byte, names those the wire itself must act on. Pure.
 * Owns: field-line grammar and the list of fields that never travel end to end. Does not know whether it reads a request or a response.
 *
 * One pass over the bytes, left to right, and it refuses at the first bad byte: so the verdict on a head is the same however the
 * network cut it up. Offsets lie in one scratch table for the whole thread; a reader uses them before it returns (readers are synchronous).
 */

/** More fields than this in one head are refused whatever the settings say: the size of the scratch table. */
const MAX_FIELDS = 1_024;

const CR = 0x0d;
const LF = 0x0a;
const SP = 0x20;
const TAB = 0x09;
const COLON = 0x3a;

/** 1: tchar (RFC 9110 §5.6.2). */
export const TOKEN = new Uint8Array(256);
/** 1: may stand in a field value: VCHAR, obs-text, blank and tab; no control, no DEL. */
export const VALUE = new Uint8Array(256);
for (const ch of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") TOKEN[ch.charCodeAt(0)] = 1;
for (let byte = 0x20; byte < 256; byte++) VALUE[byte] = byte === 0x7f ? 0 : 1;
VALUE[0x09] = 1;

/** What a field is to the wire. None but `Plain` (and what a reader turns into it) is forwarded as received. */
export const Field = {
  Plain: 0,
  Host: 1,
  ContentLength: 2,
  TransferEncoding: 3,
  Connection: 4,
  Upgrade: 5,
  Expect: 6,
  Via: 7,
  ProxyAuthorization: 8,
  ProxyConnection: 9,
  /** Hop-by-hop, or says where the client is: dropped unread. */
  Dropped: 10,
  /** `Content_Length`, `Transfer_Encoding`: CGI-style servers read them as the real ones. */
  Lookalike: 11,
  AltSvc: 12,
  /** Forwarded unless it asks for too many pieces. */
  Range: 13,
} as const;

const NAMES: readonly (readonly [string, number])[] = [
  ['host', Field.Host],
  ['content-length', Field.ContentLength],
  ['transfer-encoding', Field.TransferEncoding],
  ['connection', Field.Connection],
  ['upgrade', Field.Upgrade],
  ['expect', Field.Expect],
  ['via', Field.Via],
  ['te', Field.Dropped],
  ['trailer', Field.Dropped],
  ['keep-alive', Field.Dropped],
  ['http2-settings', Field.Dropped],
  ['forwarded', Field.Dropped],
  ['x-forwarded-for', Field.Dropped],
  ['content_length', Field.Lookalike],
  ['transfer_encoding', Field.Lookalike],
  ['alt-svc', Field.AltSvc],
  ['range', Field.Range],
];

interface Known {
  readonly bytes: Uint8Array;
  readonly field: number;
}

/** By length and first letter: nearly every field that is nobody's business here is told by one look-up. */
const CANDIDATES: (readonly Known[] | null)[] = new Array<readonly Known[] | null>(32 * 32).fill(null);
const slotOf = (length: number, first: number): number => (length << 5) | (first & 31);
for (const [name, field] of NAMES) {
  const slot = slotOf(name.length, name.charCodeAt(0));
  CANDIDATES[slot] = [...(CANDIDATES[slot] ?? []), { bytes: Buffer.from(name, 'latin1'), field }];
}
const PROXY = Buffer.from('proxy-', 'latin1');
const PROXY_AUTHORIZATION = Buffer.from('proxy-authorization', 'latin1');
const PROXY_CONNECTION = Buffer.from('proxy-connection', 'latin1');

/** `lower` holds letters, digits, `-` and `_`. Bytes were checked to be tchar, so folding with 0x20 can only join the two cases of a letter. */
function sameName(buffer: Buffer, at: number, lower: Uint8Array, length: number): boolean {
  for (let i = 0; i < length; i++) {
    const byte = buffer[at + i] as number;
    const want = lower[i] as number;
    if (byte !== want && (byte | 0x20) !== want) return false;
  }
  return true;
}

function fieldOf(buffer: Buffer, at: number, length: number): number {
  const first = buffer[at] as number;
  if ((first | 0x20) === 0x70) return proxyField(buffer, at, length);
  if (length > 31) return Field.Plain;
  const known = CANDIDATES[slotOf(length, first)];
  if (known === null || known === undefined) return Field.Plain;
  for (const name of known) if (sameName(buffer, at, name.bytes, length)) return name.field;
  return Field.Plain;
}

function proxyField(buffer: Buffer, at: number, length: number): number {
  if (length <= PROXY.length || !sameName(buffer, at, PROXY, PROXY.length)) return Field.Plain;
  if (length === PROXY_CONNECTION.length && sameName(buffer, at, PROXY_CONNECTION, length)) return Field.ProxyConnection;
  if (length === PROXY_AUTHORIZATION.length && sameName(buffer, at, PROXY_AUTHORIZATION, length)) return Field.ProxyAuthorization;
  return Field.Dropped;
}

/** Results of `scanFields` below zero. */
export const Scan = { More: 0, BadLine: -1, TooMany: -2 } as const;

/** Of the scan just made: how many fields, four offsets each (name, colon, value, value end), then where the last line ended; and what each field is. */
export const fieldTable = { count: 0, at: new Int32Array(MAX_FIELDS * 4 + 1), kind: new Uint8Array(MAX_FIELDS) };

/** From the first field line on; returns the position after the empty line, or a `Scan` code. */
export function scanFields(buffer: Buffer, from: number, stop: number, maxFields: number): number {
  const at = fieldTable.at;
  const kind = fieldTable.kind;
  const most = maxFields < MAX_FIELDS ? maxFields : MAX_FIELDS;
  let count = 0;
  let i = from;
  // Plain loops with one table look-up a byte: 1.0 ns a byte where a variant that trimmed blanks on the way took 3.4.
  for (;;) {
    if (i >= stop) return Scan.More;
    if (buffer[i] === CR) {
      if (i + 1 >= stop) return Scan.More;
      if (buffer[i + 1] !== LF) return Scan.BadLine;
      fieldTable.count = count;
      at[count * 4] = i;
      return i + 2;
    }
    if (count === most) return Scan.TooMany;
    const name = i;
    while (i < stop && TOKEN[buffer[i] as number] === 1) i++;
    if (i >= stop) return Scan.More;
    // Also refuses obs-fold (the line starts with white space), white space before the colon, an empty name, a line without a colon.
    if (buffer[i] !== COLON || i === name) return Scan.BadLine;
    const colon = i++;
    while (i < stop && (buffer[i] === SP || buffer[i] === TAB)) i++;
    const value = i;
    while (i < stop && VALUE[buffer[i] as number] === 1) i++;
    if (i >= stop) return Scan.More;
    if (buffer[i] !== CR) return Scan.BadLine;
    if (i + 1 >= stop) return Scan.More;
    if (buffer[i + 1] !== LF) return Scan.BadLine;
    let valueEnd = i;
    while (valueEnd > value && (buffer[valueEnd - 1] === SP || buffer[valueEnd - 1] === TAB)) valueEnd--;
    const slot = count * 4;
    at[slot] = name;
    at[slot + 1] = colon;
    at[slot + 2] = value;
    at[slot + 3] = valueEnd;
    kind[count] = fieldOf(buffer, name, colon - name);
    count++;
    i += 2;
  }
}

/**
 * The lines that travel on, each as `name: value CRLF`. `text` is the head as latin1 and starts at offset `base` of the buffer.
 * Every byte was checked by the scan; lines that came in just this form are cut out a run at a time (0.3 µs instead of 1 µs a head).
 */
export function endToEnd(text: string, base: number, named: ReadonlySet<string> | null): string {
  const { count, at, kind } = fieldTable;
  let lines = '';
  let run = -1;
  for (let f = 0; f < count; f++) {
    const slot = f * 4;
    const name = (at[slot] as number) - base;
    const colon = (at[slot + 1] as number) - base;
    const travels = kind[f] === Field.Plain && (named === null || !named.has(text.substring(name, colon).toLowerCase()));
    const value = (at[slot + 2] as number) - base;
    const valueEnd = (at[slot + 3] as number) - base;
    const clean = travels && value === colon + 2 && text.charCodeAt(colon + 1) === SP && valueEnd + 2 === (at[slot + 4] as number) - base;
    if (clean) {
      if (run === -1) run = name;
      continue;
    }
    if (run !== -1) lines += text.substring(run, name);
    run = -1;
    if (travels) lines += `${text.substring(name, colon)}: ${text.substring(value, valueEnd)}\r\n`;
  }
  return run === -1 ? lines : lines + text.substring(run, (at[count * 4] as number) - base);
}

export function fieldValue(text: string, base: number, index: number): string {
  const slot = index * 4;
  return text.substring((fieldTable.at[slot + 2] as number) - base, (fieldTable.at[slot + 3] as number) - base);
}

/** What Connection says. `named`: the fields it takes off the road (RFC 9110 §7.6.1), null when none beyond the usual. */
export interface ConnectionTokens {
  close: boolean;
  keepAlive: boolean;
  upgrade: boolean;
  named: Set<string> | null;
}

/** Space and tab only: String.trim also takes the no-break space, which is no white space on the wire. */
function trimBlanks(text: string): string {
  let from = 0;
  let to = text.length;
  while (from < to && (text[from] === ' ' || text[from] === '\t')) from++;
  while (to > from && (text[to - 1] === ' ' || text[to - 1] === '\t')) to--;
  return text.substring(from, to);
}

export function readConnection(value: string, into: ConnectionTokens): void {
  if (value === 'keep-alive' || value === 'Keep-Alive') {
    into.keepAlive = true;
    return;
  }
  if (value === 'close') {
    into.close = true;
    return;
  }
  for (const part of value.split(',')) {
    const token = trimBlanks(part).toLowerCase();
    if (token === 'close') into.close = true;
    else if (token === 'keep-alive') into.keepAlive = true;
    else if (token === 'upgrade') into.upgrade = true;
    else if (token !== '') (into.named ??= new Set()).add(token);
  }
}

/** Content-Length as a number; −1 unless it is plain digits with no leading zero and at most 2^53−1. */
export function readLength(value: string): number {
  const digits = value.length;
  if (digits === 0 || digits > 16) return -1;
  let length = 0;
  for (let i = 0; i < digits; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (digit < 0 || digit > 9) return -1;
    length = length * 10 + digit;
  }
  if (length > Number.MAX_SAFE_INTEGER) return -1;
  return digits > 1 && value.charCodeAt(0) === 0x30 ? -1 : length;
}

const OTHER_CODINGS: ReadonlySet<string> = new Set(['gzip', 'x-gzip', 'deflate', 'compress', 'x-compress', 'br', 'zstd']);

/** `unknown`: ends in chunked over a real coding we do not implement (501); anything else that is not exactly `chunked` is `bad`. */
export function readCoding(value: string): 'chunked' | 'unknown' | 'bad' {
  if (value === 'chunked') return 'chunked';
  const codings = value.toLowerCase().split(',');
  if (codings.length === 1) return codings[0] === 'chunked' ? 'chunked' : 'bad';
  const last = codings.length - 1;
  for (let i = 0; i <= last; i++) {
    const coding = trimBlanks(codings[i] as string);
    if (i === last ? coding !== 'chunked' : !OTHER_CODINGS.has(coding)) return 'bad';
  }
  return 'unknown';
}
