/**
 * The host index: which lists name a host, for millions of hosts shared by all threads in one SharedArrayBuffer.
 * Owns the image's layout, its lookups and its checksummed file form; refuses to read files and to know what a list is for.
 *
 * An ordered hash table with linear probing (Amble and Knuth, 1974): a key's home grows with its hash, and keys stand in the
 * order of their hashes. So a miss ends at the first larger key, there is no wrap-around, and growing or shrinking is one
 * linear pass. A slot is three 32-bit words: two of hash, one of value (posting number + 1; 0 = empty).
 * Before it stands a blocked Bloom filter, small enough for the processor's cache: nearly every suffix of nearly every name
 * is not listed, and a probe of the table is two cold lines and a branch that nobody can predict (on 3.3 million
 * hosts a miss takes 150–250 ns with it, 380–520 ns without).
 */
import { createHash } from 'node:crypto';
import { expandSeed, firstWord, type HashKeys, MAX_HASHED, reduceSum, secondWord, SEED_BYTES } from './index-hash.js';
import { canonicalPath } from './path.js';

/** How far an entry reaches. */
export const KIND_SUFFIX = 0; // the host and all its subdomains
export const KIND_EXACT = 1; // the host only
export const KIND_SUBDOMAINS = 2; // subdomains only
export const KIND_PATH = 3; // a path prefix on exactly this host
export type EntryKind = 0 | 1 | 2 | 3;

/** One list's claim on a host. */
export interface Posting {
  /** Number of the list (position in `PolicyData.lists`). */
  readonly list: number;
  readonly kind: EntryKind;
}

/** The index as it crosses threads and lies on disk. */
export interface IndexImage {
  /** Whole image: header, hash table and value column. */
  readonly buffer: SharedArrayBuffer;
  /** Distinct sets of claims; the table's values point here. */
  readonly postings: readonly (readonly Posting[])[];
}

/** Length of `out` that can never be too short: 127 labels, or 127 path segments, by two numbers. */
export const MATCH_SLOTS = 256;

/** Read side. Pure lookups, no allocation beyond what the caller hands in. */
export interface HostIndex {
  /** Entries in the index. */
  readonly size: number;
  /** Bytes of the shared image. */
  readonly bytes: number;
  /**
   * Finds every entry that lies on the host's suffix chain, from the whole host to its last label.
   * Writes pairs (offset of the suffix in `host`, posting number) into `out` and returns the number of pairs.
   * The caller applies kinds: a suffix shorter than the host counts for KIND_SUFFIX and KIND_SUBDOMAINS only, the
   * whole host (offset 0) for KIND_SUFFIX and KIND_EXACT only. A KIND_PATH claim at offset 0 blocks nothing: it says
   * that the list has path rules for exactly this host, so `matchPath` must be asked where the path is known.
   * Longest suffix first. `out` needs MATCH_SLOTS numbers.
   * @param host canonical host (ASCII, lower case, no trailing dot) or address literal
   */
  match(host: string, out: Int32Array): number;
  /**
   * Path rules of exactly this host: like `match`, over the prefixes of `path` at segment borders; pairs are
   * (length of the prefix in the canonical path, posting number), longest first, every claim KIND_PATH.
   * @param path origin-form path, starting with '/'; is put into canonical form here (matching/path.ts)
   */
  matchPath(host: string, path: string, out: Int32Array): number;
  posting(n: number): readonly Posting[];
}

/** The image's header, in 32-bit words; the table follows it. */
export const HEADER = {
  magic: 0, version: 1,
  /** Range of home positions; the table is longer by what overflows behind the last home. */
  homes: 2,
  slots: 3, entries: 4,
  /** Length of the longest canonical path of a rule; 0 = there are no path rules. */
  longestPath: 5,
  /** Words of the filter, which lies between header and table. */
  filterWords: 6,
  /** Four words. */
  seed: 8,
  words: 16,
} as const;

export const MAGIC = 0x4958544c; // "LTXI" as bytes
export const VERSION = 1;
export const SLOT_WORDS = 3;
const TWO_31 = 2 ** 31;
const TWO_32 = 2 ** 32;

/** Home of a first hash word: monotone in the signed word, which is the order of the table. */
export function homeOf(first: number, homes: number): number {
  return ((first + TWO_31) * (homes / TWO_32)) | 0;
}

/** Word of the filter that speaks for a second hash word. */
export function filterWord(second: number, words: number): number {
  return ((second + TWO_31) * (words / TWO_32)) | 0;
}

/** Its three bits in that word: of the mixed hash, whose upper bits depend on all of it. */
export function filterBits(second: number): number {
  const mixed = Math.imul(second, 0x9e3779b1);
  return (1 << (mixed >>> 27)) | (1 << (mixed >>> 22)) | (1 << (mixed >>> 17));
}

const NO_CLAIMS: readonly Posting[] = [];

/** A canonical IPv4 literal: only there is the last label all digits. */
function isIpv4(host: string): boolean {
  for (let i = host.length - 1; i >= 0; i--) {
    const code = host.charCodeAt(i);
    if (code === 46) return true;
    if (code < 48 || code > 57) return false;
  }
  return false;
}

/**
 * What a lookup reads. Lookups are functions of the module over this record, not closures: each policy generation opens its
 * own index, and V8 compiles a closure that exists more than once without knowing its arrays (measured: twice the time).
 */
interface Opened {
  readonly filter: Int32Array;
  readonly table: Int32Array;
  readonly homes: number;
  readonly keys: HashKeys;
  readonly longestPath: number;
}

// Typed-array reads below are in range by construction (lengths are checked, the last slot is always empty), hence '!'.

/** Value of the key with these sums; 0 = not there. */
function find(filter: Int32Array, table: Int32Array, homes: number, a: number, b: number): number {
  const second = secondWord(b);
  const bits = filterBits(second);
  if ((filter[filterWord(second, filter.length)]! & bits) !== bits) return 0;
  const first = firstWord(a);
  for (let at = homeOf(first, homes) * SLOT_WORDS; ; at += SLOT_WORDS) {
    const there = table[at]!;
    if (there < first) {
      if (table[at + 2] === 0) return 0;
    } else if (there > first) {
      return 0;
    } else {
      const value = table[at + 2]!;
      if (value === 0 || table[at + 1] === second) return value;
      if (table[at + 1]! > second) return 0;
    }
  }
}

/** Turns shortest-first pairs round: the walk runs from the right, callers want the longest first. */
function reversePairs(out: Int32Array, filled: number): void {
  for (let i = 0, j = filled - 2; i < j; i += 2, j -= 2) {
    const position = out[i]!;
    const posting = out[i + 1]!;
    out[i] = out[j]!;
    out[i + 1] = out[j + 1]!;
    out[j] = position;
    out[j + 1] = posting;
  }
}

function match(opened: Opened, host: string, out: Int32Array): number {
  const { filter, table, homes, keys } = opened;
  const hostKeys = keys.host;
  const length = host.length;
  if (length === 0 || length > MAX_HASHED) return 0;
  const last = host.charCodeAt(length - 1);
  const walk = last < 48 || last > 57 || !isIpv4(host);
  let a = keys.startA;
  let b = keys.startB;
  let filled = 0;
  for (let i = length - 1, key = 0; i >= 0; i--, key += 2) {
    const code = host.charCodeAt(i);
    if (code === 46 && walk) {
      const value = find(filter, table, homes, a, b);
      if (value !== 0) {
        out[filled++] = i + 1;
        out[filled++] = value - 1;
      }
    }
    a += hostKeys[key]! * code;
    b += hostKeys[key + 1]! * code;
  }
  const value = find(filter, table, homes, a, b);
  if (value !== 0) {
    out[filled++] = 0;
    out[filled++] = value - 1;
  }
  if (filled > 2) reversePairs(out, filled);
  return filled / 2;
}

function matchPath(opened: Opened, host: string, path: string, out: Int32Array): number {
  const { filter, table, homes, keys, longestPath } = opened;
  if (longestPath === 0 || host.length > MAX_HASHED) return 0;
  const canonical = canonicalPath(path);
  if (canonical === null || canonical === '/') return 0;
  let a = keys.startA;
  let b = keys.startB;
  for (let i = host.length - 1, key = 0; i >= 0; i--, key += 2) {
    const code = host.charCodeAt(i);
    a += keys.host[key]! * code;
    b += keys.host[key + 1]! * code;
  }
  a = reduceSum(a);
  b = reduceSum(b);
  let filled = 0;
  const end = Math.min(canonical.length, longestPath);
  for (let i = 0; i < end; i++) {
    const code = canonical.charCodeAt(i);
    a += keys.path[i * 2]! * code;
    b += keys.path[i * 2 + 1]! * code;
    if (i + 1 === canonical.length || canonical.charCodeAt(i + 1) === 47) {
      const value = find(filter, table, homes, a, b);
      if (value !== 0) {
        out[filled++] = i + 1;
        out[filled++] = value - 1;
      }
    }
  }
  if (filled > 2) reversePairs(out, filled);
  return filled / 2;
}

export function openIndex(image: IndexImage): HostIndex {
  const bytes = imageBytes(image.buffer);
  if (bytes === 0) throw new TypeError('not a host index image');
  const header = new Int32Array(image.buffer, 0, HEADER.words);
  const word = (position: number): number => header[position] ?? 0;
  const filterWords = word(HEADER.filterWords);
  const seed = new Uint8Array(SEED_BYTES);
  seed.set(new Uint8Array(image.buffer, HEADER.seed * 4, SEED_BYTES));
  const opened: Opened = {
    filter: new Int32Array(image.buffer, HEADER.words * 4, filterWords),
    table: new Int32Array(image.buffer, (HEADER.words + filterWords) * 4, word(HEADER.slots) * SLOT_WORDS),
    homes: word(HEADER.homes),
    keys: expandSeed(seed),
    longestPath: word(HEADER.longestPath),
  };
  const { postings } = image;
  return {
    size: word(HEADER.entries),
    bytes,
    match: (host, out) => match(opened, host, out),
    matchPath: (host, path, out) => matchPath(opened, host, path, out),
    posting: (n) => postings[n] ?? NO_CLAIMS,
  };
}

// File form: image, postings (JSON: one array of claims a set), trailer: magic, version, image bytes, postings bytes,
// then SHA-256 of everything before the checksum. It guards against damage, not against who can write the data folder.
const FILE_MAGIC = 0x4658544c; // "LTXF" as bytes
const TRAILER_WORDS = 4;
const CHECKSUM_BYTES = 32;
const TRAILER_BYTES = TRAILER_WORDS * 4 + CHECKSUM_BYTES;

/** The image as a file: the parts to write one behind the other (the first is a view of the shared image, not a copy). */
export function encodeImage(image: IndexImage): Uint8Array[] {
  const table = new Uint8Array(image.buffer, 0, imageBytes(image.buffer));
  const claims = image.postings.map((set) => set.map(({ list, kind }) => list * 4 + kind));
  const postings = new TextEncoder().encode(JSON.stringify(claims));
  const sizes = new Uint8Array(Int32Array.of(FILE_MAGIC, VERSION, table.length, postings.length).buffer);
  const checksum = createHash('sha256').update(table).update(postings).update(sizes).digest();
  return [table, postings, sizes, checksum];
}

/** Bytes that header and table take by the header's own account; 0 when it is no header of ours. */
function imageBytes(buffer: ArrayBufferLike, offset = 0, available = buffer.byteLength - offset): number {
  if (available < HEADER.words * 4) return 0;
  const header = new DataView(buffer, offset, HEADER.words * 4);
  const word = (position: number): number => header.getInt32(position * 4, true);
  if (word(HEADER.magic) !== MAGIC || word(HEADER.version) !== VERSION) return 0;
  const slots = word(HEADER.slots);
  const homes = word(HEADER.homes);
  const sane = homes > 0 && slots > homes && word(HEADER.entries) >= 0 && word(HEADER.entries) < slots
    && word(HEADER.longestPath) >= 0 && word(HEADER.longestPath) <= MAX_HASHED;
  const filterWords = word(HEADER.filterWords);
  const bytes = (HEADER.words + filterWords + slots * SLOT_WORDS) * 4;
  if (!sane || filterWords <= 0 || bytes > available) return 0;
  // The last slot is empty: it is what ends every probe.
  return new DataView(buffer, offset + bytes - 4, 4).getInt32(0, true) === 0 ? bytes : 0;
}

/** The claims of one set as the file has them; null when they are not. */
function readClaims(set: unknown): Posting[] | null {
  if (!Array.isArray(set)) return null;
  const claims: Posting[] = [];
  for (const claim of set as unknown[]) {
    if (typeof claim !== 'number' || !Number.isInteger(claim) || claim < 0 || claim > 0x7fffffff) return null;
    claims.push({ list: claim >>> 2, kind: (claim & 3) as EntryKind });
  }
  return claims;
}

function readPostings(bytes: Uint8Array): Posting[][] | null {
  let sets: unknown;
  try {
    // Copied: a TextDecoder takes no view of shared memory.
    sets = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.slice()));
  } catch {
    return null;
  }
  if (!Array.isArray(sets)) return null;
  const postings: Posting[][] = [];
  for (const set of sets as unknown[]) {
    const claims = readClaims(set);
    if (claims === null) return null;
    postings.push(claims);
  }
  return postings;
}

/**
 * The image of a file's bytes; null when it is damaged, cut short, of another version or no image at all.
 * Bytes that begin a SharedArrayBuffer are used in place, so a reader that reads the file into one copies nothing.
 */
export function decodeImage(bytes: Uint8Array): IndexImage | null {
  if (bytes.length < HEADER.words * 4 + TRAILER_BYTES) return null;
  const body = bytes.length - TRAILER_BYTES;
  const trailer = new DataView(bytes.buffer, bytes.byteOffset + body, TRAILER_WORDS * 4);
  if (trailer.getInt32(0, true) !== FILE_MAGIC || trailer.getInt32(4, true) !== VERSION) return null;
  const tableBytes = trailer.getUint32(8, true);
  if (tableBytes + trailer.getUint32(12, true) !== body) return null;
  if (imageBytes(bytes.buffer, bytes.byteOffset, bytes.length) !== tableBytes) return null;
  const checksum = createHash('sha256').update(bytes.subarray(0, bytes.length - CHECKSUM_BYTES)).digest();
  if (!checksum.equals(bytes.slice(bytes.length - CHECKSUM_BYTES))) return null;
  const postings = readPostings(bytes.subarray(tableBytes, body));
  if (postings === null) return null;
  if (bytes.buffer instanceof SharedArrayBuffer && bytes.byteOffset === 0) return { buffer: bytes.buffer, postings };
  const buffer = new SharedArrayBuffer(tableBytes);
  new Uint8Array(buffer).set(bytes.subarray(0, tableBytes));
  return { buffer, postings };
}
