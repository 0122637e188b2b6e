/**
 * A list's content as it lies in the database: sorted unique entries joined by \n, as one zstd blob, named by its SHA-256.
 * Pure. One blob and not a row an entry: 3.3 million rows would cost ten times the bytes and minutes instead of seconds,
 * and nothing ever asks the database for a single entry.
 */
import { createHash } from 'node:crypto';
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import { StoreError, storeError } from './store-error.js';

/** V8 takes strings up to 512 MB; a list of this size is 20 million hosts. */
const MAX_CHARS = 400_000_000;

export interface ListContent {
  /** SHA-256 (hex) of the sorted entries joined by \n. */
  readonly sha256: string;
  /** Sorted by code unit, unique. */
  readonly entries: readonly string[];
}

/** A content with its blob: made before the write lock is taken, for a transaction that puts several lists. */
export interface PackedList {
  readonly content: ListContent;
  readonly blob: Buffer;
}

export function packList(entries: readonly string[]): PackedList {
  const content = listContent(entries);
  return { content, blob: packEntries(content.entries) };
}

/** Sorts, removes doubles and names the content. Costs one pass when the entries come sorted. */
export function listContent(entries: readonly string[]): ListContent {
  const sorted = sortedUnique(entries);
  return { sha256: createHash('sha256').update(joined(sorted)).digest('hex'), entries: sorted };
}

export function packEntries(entries: readonly string[]): Buffer {
  return zstdCompressSync(joined(entries), { params: { [constants.ZSTD_c_compressionLevel]: 3 } });
}

/** The entries of a blob; refuses one that is not what its name says. */
export function unpackEntries(packed: Uint8Array, sha256: string): string[] {
  let bytes: Buffer;
  try {
    bytes = zstdDecompressSync(packed, { maxOutputLength: MAX_CHARS });
  } catch (error) {
    throw storeError('corrupt', error);
  }
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) throw storeError('corrupt');
  return bytes.length === 0 ? [] : bytes.toString('latin1').split('\n');
}

function sortedUnique(entries: readonly string[]): readonly string[] {
  let chars = 0;
  let ordered = true;
  for (let i = 0; i < entries.length; i++) {
    const entry = entries[i] ?? '';
    chars += entry.length + 1;
    if (i > 0 && ordered && (entries[i - 1] ?? '') >= entry) ordered = false;
  }
  if (chars > MAX_CHARS) {
    throw new StoreError('too-big', 'Danh sách quá lớn (trên 400 MB).', 'The list is too big (more than 400 MB).');
  }
  return ordered ? entries : [...new Set(entries)].sort();
}

function joined(entries: readonly string[]): Buffer {
  // Entries are ASCII (canonical hosts; paths percent-encoded), so one byte a character.
  return Buffer.from(entries.join('\n'), 'latin1');
}
