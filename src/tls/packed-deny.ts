/**
 * Hundreds of thousands of deny lines (a CRLSet's worth) in eight bytes each: the first 64 bits of each line's SHA-256, sorted, in memory
 * that all threads share. Pure. A false match would take 2^64 / lines certificates; the lines themselves can't be had back.
 * Refuses to know files, and what a match means.
 */
import { hash } from 'node:crypto';
import { setImmediate as breathe } from 'node:timers/promises';
import { canonicalDenyLine, denyLineFault } from './deny-line.js';

export interface PackedDeny {
  readonly count: number;
  /** Over shared memory. Little-endian pairs (low, high), sorted as 64-bit numbers: also what lies in the database. */
  readonly pairs: Uint32Array;
}

export const EMPTY_DENY: PackedDeny = { count: 0, pairs: new Uint32Array(0) };
/** Bytes of a line on disk and in memory. */
export const DENY_LINE_BYTES = 8;
/** A line is at most 64 + 64 hex digits, its words and a note. */
const MAX_LINE_CHARS = 1_000;
/** Lines between two breaths of the event loop: some five milliseconds. */
const BLOCK_LINES = 4_096;

/**
 * Reads the text of certs/distrusted.txt's syntax, letting other work of the thread go on.
 * @throws TrustError at the first line that is not understood
 */
export async function packDenyText(text: Uint8Array, file: string): Promise<PackedDeny> {
  const bytes = Buffer.from(text.buffer, text.byteOffset, text.byteLength);
  let hashes = new BigUint64Array(1_024);
  let count = 0;
  let line = 0;
  for (let from = 0; from < bytes.length; line++) {
    const end = bytes.indexOf(0x0a, from);
    const until = end === -1 ? bytes.length : end;
    if (until - from > MAX_LINE_CHARS) throw denyLineFault(file, line);
    const row = bytes.toString('latin1', from, until).trim();
    from = until + 1;
    if (line % BLOCK_LINES === BLOCK_LINES - 1) await breathe();
    if (row === '' || row.startsWith('#')) continue;
    const canonical = canonicalDenyLine(row);
    if (canonical === null) throw denyLineFault(file, line);
    if (count === hashes.length) {
      const bigger = new BigUint64Array(count * 2);
      bigger.set(hashes);
      hashes = bigger;
    }
    hashes[count++] = digest(canonical).readBigUInt64LE(0);
  }
  return pack(hashes.subarray(0, count));
}

/** Takes up what `denyBytes` gave; null for bytes that are not such a table. */
export function unpackDeny(bytes: Uint8Array): PackedDeny | null {
  if (bytes.length % DENY_LINE_BYTES !== 0) return null;
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  const pairs = new Uint32Array(shared);
  for (let i = 2; i < pairs.length; i += 2) if (compare(pairs, i - 2, pairs[i] ?? 0, pairs[i + 1] ?? 0) >= 0) return null;
  return { count: pairs.length / 2, pairs };
}

export function denyBytes(packed: PackedDeny): Uint8Array {
  return new Uint8Array(packed.pairs.buffer, packed.pairs.byteOffset, packed.pairs.byteLength);
}

/** Whether a canonical line is in it. */
export function isDenied(packed: PackedDeny, canonical: string): boolean {
  if (packed.count === 0) return false;
  const key = digest(canonical);
  const low = key.readUInt32LE(0);
  const high = key.readUInt32LE(4);
  let from = 0;
  let to = packed.count - 1;
  while (from <= to) {
    const middle = (from + to) >>> 1;
    const order = compare(packed.pairs, middle * 2, low, high);
    if (order === 0) return true;
    if (order < 0) from = middle + 1;
    else to = middle - 1;
  }
  return false;
}

function compare(pairs: Uint32Array, at: number, low: number, high: number): number {
  const highs = (pairs[at + 1] ?? 0) - high;
  return highs === 0 ? (pairs[at] ?? 0) - low : highs;
}

function digest(canonical: string): Buffer {
  return hash('sha256', canonical, 'buffer');
}

/** Sorted, without doubles, in shared memory. */
function pack(hashes: BigUint64Array): PackedDeny {
  hashes.sort();
  let kept = 0;
  for (let i = 0; i < hashes.length; i++) if (i === 0 || hashes[i] !== hashes[i - 1]) hashes[kept++] = hashes[i] ?? 0n;
  const shared = new SharedArrayBuffer(kept * DENY_LINE_BYTES);
  new BigUint64Array(shared).set(hashes.subarray(0, kept));
  return { count: kept, pairs: new Uint32Array(shared) };
}
