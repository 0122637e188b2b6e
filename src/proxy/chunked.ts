/**
 * The chunked transfer coding (RFC 9112 §7.1) as read from hostile input, one byte a time if need be. Pure.
 * Owns: where a chunked body ends. Extensions and trailers are checked, capped and dropped; it knows nothing of sockets.
 *
 * Stricter than the RFC where parsers differ: no white space in a size line, CRLF only, extensions of token or quoted-string
 * without controls, no framing field in a trailer.
 */
import { TOKEN, VALUE } from './header-fields.js';

export interface ChunkLimits {
  /** Extension bytes in one size line. */
  readonly maxExtensionBytes: number;
  /** Extension bytes in one body (CVE-2024-22019). */
  readonly maxExtensionTotal: number;
  readonly maxTrailers: number;
  readonly maxTrailerBytes: number;
}

export const CHUNK_LIMITS: ChunkLimits = { maxExtensionBytes: 1_024, maxExtensionTotal: 16_384, maxTrailers: 32, maxTrailerBytes: 8_192 };

export interface ChunkedResult {
  readonly state: 'more' | 'done' | 'bad';
  /** First byte not consumed. */
  readonly next: number;
}

export interface ChunkedReader {
  /** Decodes: `onData` gets views of `buffer`, never copies. */
  read(buffer: Buffer, start: number, end: number, onData: (slice: Buffer) => void): ChunkedResult;
  /**
   * Re-chunks: `onPiece` gets, in order, the bytes of a clean chunked stream. Size lines already in our own form stay where they lie, so a
   * view may span many chunks; any other line is written anew, extensions and trailers are left out. Both peers then speak chunked.
   */
  pass(buffer: Buffer, start: number, end: number, onPiece: (piece: Buffer) => void): ChunkedResult;
}

/** 2^53−1 has 14 hex digits. */
const MAX_SIZE_DIGITS = 14;

const CR = 0x0d;
const LF = 0x0a;
const TAB = 0x09;
const SP = 0x20;
const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COLON = 0x3a;
const SEMICOLON = 0x3b;
const EQUALS = 0x3d;

/** Where in the grammar the next byte falls. */
const S = {
  Size: 0,
  ExtNameFirst: 1,
  ExtName: 2,
  ExtValueFirst: 3,
  ExtToken: 4,
  ExtQuoted: 5,
  ExtEscaped: 6,
  ExtQuotedEnd: 7,
  SizeLf: 8,
  Data: 9,
  DataCr: 10,
  DataLf: 11,
  TrailerFirst: 12,
  TrailerName: 13,
  TrailerValue: 14,
  TrailerLf: 15,
  EndLf: 16,
  Done: 17,
  Bad: 18,
} as const;

/** 0–15 for a hex digit, else 255. */
const HEX = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit++) {
  HEX[digit.toString(16).charCodeAt(0)] = digit;
  HEX[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

/** In a trailer these would reframe or readdress the message for whoever merges trailers into the head (RFC 9110 §6.5.1). */
const NOT_IN_TRAILER: ReadonlySet<string> = new Set([
  'content-length', 'transfer-encoding', 'host', 'connection', 'trailer', 'te', 'upgrade', 'content_length', 'transfer_encoding',
]);

const LAST_CHUNK = Buffer.from('0\r\n\r\n', 'latin1');

/** `1f4\r\n` */
export function chunkHeader(bytes: number): string {
  return `${bytes.toString(16)}\r\n`;
}

/** `;name`, `;name=token`, `;name="quoted"`, any number of them, then CR. */
function extensionStep(state: number, byte: number): number {
  switch (state) {
    case S.ExtNameFirst:
      return TOKEN[byte] === 1 ? S.ExtName : S.Bad;
    case S.ExtValueFirst:
      return byte === QUOTE ? S.ExtQuoted : TOKEN[byte] === 1 ? S.ExtToken : S.Bad;
    case S.ExtQuoted:
      if (byte === QUOTE) return S.ExtQuotedEnd;
      if (byte === BACKSLASH) return S.ExtEscaped;
      return byte === TAB || (byte >= SP && byte < 0x7f) ? S.ExtQuoted : S.Bad;
    case S.ExtEscaped:
      return byte === TAB || (byte >= SP && byte < 0x7f) ? S.ExtQuoted : S.Bad;
    default:
      if (byte === CR) return S.SizeLf;
      if (byte === SEMICOLON) return S.ExtNameFirst;
      if (state === S.ExtQuotedEnd) return S.Bad;
      if (byte === EQUALS && state === S.ExtName) return S.ExtValueFirst;
      return TOKEN[byte] === 1 ? state : S.Bad;
  }
}

export function createChunkedReader(limits: ChunkLimits = CHUNK_LIMITS): ChunkedReader {
  let state: number = S.Size;
  /** Of the size line, then what is left of the chunk. */
  let size = 0;
  let digits = 0;
  let extensionBytes = 0;
  let extensionTotal = 0;
  let trailers = 0;
  let trailerBytes = 0;
  let trailerName = '';
  /** The size line in hand is not in our own form. */
  let rewrite = false;

  /** The trailer section, byte by byte: rare, and nothing of it travels on. */
  function trailerStep(byte: number): number {
    if (++trailerBytes > limits.maxTrailerBytes) return S.Bad;
    switch (state) {
      case S.TrailerFirst:
        if (byte === CR) return S.EndLf;
        if (TOKEN[byte] !== 1 || ++trailers > limits.maxTrailers) return S.Bad;
        trailerName = String.fromCharCode(byte);
        return S.TrailerName;
      case S.TrailerName:
        if (byte === COLON) return NOT_IN_TRAILER.has(trailerName.toLowerCase()) ? S.Bad : S.TrailerValue;
        if (trailerName.length < 32) trailerName += String.fromCharCode(byte);
        return TOKEN[byte] === 1 ? S.TrailerName : S.Bad;
      case S.TrailerValue:
        if (byte === CR) return S.TrailerLf;
        return VALUE[byte] === 1 ? S.TrailerValue : S.Bad;
      case S.TrailerLf:
        return byte === LF ? S.TrailerFirst : S.Bad;
      default:
        return byte === LF ? S.Done : S.Bad;
    }
  }

  /** Everything but chunk data; the caller sees to what goes out. */
  function step(byte: number): number {
    switch (state) {
      case S.Size: {
        const digit = HEX[byte] as number;
        if (digit !== 255) {
          if (digits === 1 && size === 0) rewrite = true;
          size = size * 16 + digit;
          return ++digits > MAX_SIZE_DIGITS || size > Number.MAX_SAFE_INTEGER ? S.Bad : S.Size;
        }
        if (digits === 0) return S.Bad;
        if (byte === CR) return S.SizeLf;
        if (byte !== SEMICOLON) return S.Bad;
        rewrite = true;
        extensionBytes = 0;
        return S.ExtNameFirst;
      }
      case S.SizeLf:
        if (byte !== LF) return S.Bad;
        return size === 0 ? S.TrailerFirst : S.Data;
      case S.DataCr:
        return byte === CR ? S.DataLf : S.Bad;
      case S.DataLf:
        if (byte !== LF) return S.Bad;
        digits = 0;
        rewrite = false;
        return S.Size;
      case S.TrailerFirst:
      case S.TrailerName:
      case S.TrailerValue:
      case S.TrailerLf:
      case S.EndLf:
        return trailerStep(byte);
      default:
        if (++extensionBytes > limits.maxExtensionBytes || ++extensionTotal > limits.maxExtensionTotal) return S.Bad;
        return extensionStep(state, byte);
    }
  }

  function read(buffer: Buffer, start: number, end: number, onData: (slice: Buffer) => void): ChunkedResult {
    let i = start;
    while (i < end && state < S.Done) {
      if (state === S.Data) {
        const take = size < end - i ? size : end - i;
        onData(view(buffer, i, i + take));
        i += take;
        size -= take;
        if (size === 0) state = S.DataCr;
      } else {
        state = step(buffer[i] as number);
        i++;
      }
    }
    return result(state, i);
  }

  function pass(buffer: Buffer, start: number, end: number, onPiece: (piece: Buffer) => void): ChunkedResult {
    let i = start;
    /** [kept, line) is to go out as it lies; `line` is where the size line in hand began, −1 when that was in an earlier buffer. */
    let kept = start;
    let line = state === S.Size && digits === 0 ? start : -1;
    while (i < end && state < S.Done) {
      if (state === S.Data) {
        const take = size < end - i ? size : end - i;
        i += take;
        size -= take;
        if (size === 0) state = S.DataCr;
        continue;
      }
      const before = state;
      state = step(buffer[i] as number);
      i++;
      if (state === before) continue;
      if (state === S.Data && (rewrite || line === -1)) {
        if (line > kept) onPiece(view(buffer, kept, line));
        onPiece(Buffer.from(chunkHeader(size), 'latin1'));
        kept = i;
      } else if (before === S.DataLf) {
        line = i;
      } else if (state === S.Done) {
        if (line !== -1 && i - line === LAST_CHUNK.length) {
          onPiece(view(buffer, kept, i));
        } else {
          if (line > kept) onPiece(view(buffer, kept, line));
          onPiece(LAST_CHUNK);
        }
      }
    }
    if (state < S.Done) {
      const until = state >= S.Data && state <= S.DataLf ? i : line;
      if (until > kept) onPiece(view(buffer, kept, until));
    }
    return result(state, i);
  }

  return { read, pass };
}

function view(buffer: Buffer, from: number, to: number): Buffer {
  return from === 0 && to === buffer.length ? buffer : buffer.subarray(from, to);
}

function result(state: number, next: number): ChunkedResult {
  return { state: state === S.Done ? 'done' : state === S.Bad ? 'bad' : 'more', next };
}
