/**
 * The first flight of a TLS client, read strictly (RFC 8446 §4.1.2, RFC 6066 §3): reassembled over segments and TLS records. Pure.
 * Owns: which name a client asks for, or that this is not TLS. Answers nothing, decides nothing, keeps no byte beyond the replay.
 *
 * Browsers' hellos are 1.9–2.0 KB, longer than one TCP segment, and cutting a hello into small TLS records is the common way round
 * a filter; both are the normal case here. Each byte is looked at once, however it arrives.
 */
import { isAddressLiteral } from '../matching/address.js';
import { wireHost } from '../matching/hostname.js';

export type HelloResult =
  | { readonly state: 'more' }
  | {
      readonly state: 'hello';
      /** Canonical host; null where the hello carries no server_name. */
      readonly sni: string | null;
      readonly alpn: string[];
      /** Carries encrypted_client_hello or its draft form. Every current browser sends it, mostly as GREASE: no ground to refuse. */
      readonly ech: boolean;
      /** Offered TLS versions without GREASE, as 0x0303. */
      readonly versions: number[];
    }
  | { readonly state: 'bad'; readonly reason: 'not-tls' | 'malformed' | 'too-big' };

export interface HelloReader {
  push(chunk: Buffer): HelloResult;
  /** Everything pushed so far, for replay. */
  bytes(): Buffer[];
  /** Of that, what came behind a complete hello. */
  behind(): Buffer[];
}

const MORE: HelloResult = Object.freeze({ state: 'more' });
const NOT_TLS: HelloResult = Object.freeze({ state: 'bad', reason: 'not-tls' });
const MALFORMED: HelloResult = Object.freeze({ state: 'bad', reason: 'malformed' });
const TOO_BIG: HelloResult = Object.freeze({ state: 'bad', reason: 'too-big' });

const RECORD_HEADER = 5;
const HANDSHAKE_HEADER = 4;
const HANDSHAKE_RECORD = 22;
const CLIENT_HELLO = 1;
/** Version, random, empty session id, one cipher suite, one compression method. */
const MIN_HELLO = 41;
/** RFC 8446 §5.1. */
const MAX_RECORD = 16_384;

export function createHelloReader(maxBytes: number): HelloReader {
  return new Reader(maxBytes);
}

class Reader implements HelloReader {
  private readonly pushed: Buffer[] = [];
  private total = 0;
  /** The verdict stands once it is reached; later bytes are only kept for replay. */
  private verdict: HelloResult = MORE;
  private headerBytes = 0;
  private recordHigh = 0;
  /** Bytes left in the record in hand. */
  private recordLeft = 0;
  /** The handshake message, its header counted. */
  private messageBytes = 0;
  private messageLength = 0;
  private body: Buffer | null = null;
  /** Where the hello ended: the chunk, and the position in it. */
  private endChunk = -1;
  private endAt = 0;

  constructor(private readonly maxBytes: number) {}

  push(chunk: Buffer): HelloResult {
    this.pushed.push(chunk);
    if (this.verdict !== MORE) return this.verdict;
    // Looks no further than the cap: the verdict is then the same however the bytes arrive.
    const end = Math.min(chunk.length, this.maxBytes - this.total);
    this.verdict = (this.total === 0 ? this.wholeHello(chunk, end) : null) ?? this.feed(chunk, end);
    this.total += chunk.length;
    if (this.verdict === MORE && this.total >= this.maxBytes) this.verdict = TOO_BIG;
    return this.verdict;
  }

  bytes(): Buffer[] {
    return this.pushed;
  }

  behind(): Buffer[] {
    if (this.endChunk < 0) return [];
    const rest = this.pushed.slice(this.endChunk);
    if (rest[0] !== undefined) rest[0] = rest[0].subarray(this.endAt);
    return rest.filter((chunk) => chunk.length > 0);
  }

  /** The usual case, read where it lies: one record in one piece, with nothing in it but the hello. Null: not that. */
  private wholeHello(chunk: Buffer, end: number): HelloResult | null {
    const headers = RECORD_HEADER + HANDSHAKE_HEADER;
    if (end < headers + MIN_HELLO || chunk[0] !== HANDSHAKE_RECORD || chunk[1] !== 3 || chunk[5] !== CLIENT_HELLO || chunk[6] !== 0) return null;
    const record = chunk.readUInt16BE(3);
    const length = chunk.readUInt16BE(7);
    if (record > MAX_RECORD || length < MIN_HELLO || length + HANDSHAKE_HEADER !== record || headers + length > end) return null;
    this.endChunk = 0;
    this.endAt = headers + length;
    return readHello(chunk.subarray(headers, headers + length));
  }

  private headerByte(byte: number): HelloResult {
    switch (this.headerBytes++) {
      case 0:
        return byte === HANDSHAKE_RECORD ? MORE : this.messageBytes === 0 ? NOT_TLS : MALFORMED;
      case 1:
        // The record version is to be ignored (RFC 8446 §5.1), but its first byte has been 3 since SSL 3.
        return byte === 3 ? MORE : this.messageBytes === 0 ? NOT_TLS : MALFORMED;
      case 2:
        return MORE;
      case 3:
        this.recordHigh = byte;
        return MORE;
      default:
        this.headerBytes = 0;
        this.recordLeft = this.recordHigh * 256 + byte;
        // An empty handshake record is forbidden: it could go on for ever without adding a byte.
        return this.recordLeft === 0 || this.recordLeft > MAX_RECORD ? MALFORMED : MORE;
    }
  }

  private messageHeaderByte(byte: number): HelloResult {
    this.recordLeft--;
    if (this.messageBytes++ === 0) return byte === CLIENT_HELLO ? MORE : MALFORMED;
    this.messageLength = this.messageLength * 256 + byte;
    if (this.messageBytes < HANDSHAKE_HEADER) return MORE;
    if (this.messageLength + HANDSHAKE_HEADER + RECORD_HEADER > this.maxBytes) return TOO_BIG;
    if (this.messageLength < MIN_HELLO) return MALFORMED;
    this.body = Buffer.alloc(this.messageLength);
    return MORE;
  }

  private feed(chunk: Buffer, end: number): HelloResult {
    let i = 0;
    while (i < end) {
      const { body } = this;
      if (this.recordLeft === 0 || body === null) {
        const byte = chunk[i++] as number;
        const result = this.recordLeft === 0 ? this.headerByte(byte) : this.messageHeaderByte(byte);
        if (result !== MORE) return result;
        continue;
      }
      const at = this.messageBytes - HANDSHAKE_HEADER;
      const take = Math.min(this.recordLeft, end - i, body.length - at);
      chunk.copy(body, at, i, i + take);
      i += take;
      this.messageBytes += take;
      this.recordLeft -= take;
      if (at + take === body.length) {
        // Nothing may follow a ClientHello in its record: two messages there are two readings of one flight.
        this.endChunk = this.pushed.length - 1;
        this.endAt = i;
        const hello = this.recordLeft > 0 ? MALFORMED : readHello(body);
        this.body = null;
        return hello;
      }
    }
    return MORE;
  }
}

const SERVER_NAME = 0;
const ALPN = 16;
const SUPPORTED_VERSIONS = 43;
const ECH = 0xfe0d;
/** Draft of 2018–2020; hides the name without an outer one. */
const ESNI = 0xffce;

/** The last hello in which an extension type stood: sixteen thousand of them cost no more than one, and no hello a table of its own. */
const seenAt = new Uint32Array(65_536);
let hellos = 0;

function newMark(): number {
  hellos++;
  if (hellos > 0xffff_ffff) {
    seenAt.fill(0);
    hellos = 1;
  }
  return hellos;
}

/** `body`: the ClientHello without its handshake header. Every length must come out exactly. */
function readHello(body: Buffer): HelloResult {
  const end = body.length;
  const legacyVersion = body.readUInt16BE(0);
  let at = 34;
  const session = body[at] as number;
  at += 1 + session;
  if (session > 32 || at + 2 > end) return MALFORMED;
  const ciphers = body.readUInt16BE(at);
  at += 2 + ciphers;
  if (ciphers < 2 || ciphers % 2 !== 0 || at + 1 > end) return MALFORMED;
  const compressions = body[at] as number;
  at += 1 + compressions;
  if (compressions < 1 || at > end) return MALFORMED;

  let sni: string | null = null;
  let alpn: string[] = [];
  let versions: number[] = [legacyVersion];
  let ech = false;
  if (at < end) {
    if (at + 2 > end || at + 2 + body.readUInt16BE(at) !== end) return MALFORMED;
    at += 2;
    const mark = newMark();
    while (at < end) {
      if (at + 4 > end) return MALFORMED;
      const type = body.readUInt16BE(at);
      const from = at + 4;
      const to = from + body.readUInt16BE(at + 2);
      if (to > end || seenAt[type] === mark) return MALFORMED;
      seenAt[type] = mark;
      at = to;
      if (type === SERVER_NAME) {
        sni = readServerName(body, from, to);
        if (sni === null) return MALFORMED;
      } else if (type === ALPN) {
        const names = readAlpn(body, from, to);
        if (names === null) return MALFORMED;
        alpn = names;
      } else if (type === SUPPORTED_VERSIONS) {
        const offered = readVersions(body, from, to);
        if (offered === null) return MALFORMED;
        versions = offered;
      } else if (type === ECH || type === ESNI) {
        ech = true;
      }
    }
  }
  return { state: 'hello', sni, alpn, ech, versions };
}

/** Exactly one entry, of type host_name, that is a host name: RFC 6066 allows no other, and no address. */
function readServerName(body: Buffer, from: number, to: number): string | null {
  if (to - from < 6 || from + 2 + body.readUInt16BE(from) !== to) return null;
  if (body[from + 2] !== 0 || from + 5 + body.readUInt16BE(from + 3) !== to) return null;
  const host = wireHost(body.toString('latin1', from + 5, to));
  return host === null || isAddressLiteral(host) ? null : host;
}

function readAlpn(body: Buffer, from: number, to: number): string[] | null {
  if (to - from < 4 || from + 2 + body.readUInt16BE(from) !== to) return null;
  const names: string[] = [];
  let at = from + 2;
  while (at < to) {
    const length = body[at] as number;
    if (length === 0 || at + 1 + length > to) return null;
    names.push(body.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return names;
}

function readVersions(body: Buffer, from: number, to: number): number[] | null {
  const length = to - from - 1;
  if (length < 2 || length % 2 !== 0 || body[from] !== length) return null;
  const versions: number[] = [];
  for (let at = from + 1; at < to; at += 2) {
    const version = body.readUInt16BE(at);
    // GREASE (RFC 8701): 0x0a0a, 0x1a1a … 0xfafa.
    if ((version & 0x0f0f) !== 0x0a0a || version >> 8 !== (version & 0xff)) versions.push(version);
  }
  return versions;
}
