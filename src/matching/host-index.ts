/**
 * The host index: which lists name a host, for millions of hosts shared by all threads in one SharedArrayBuffer.
 * SEAM (types first; the implementation follows).
 */

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
