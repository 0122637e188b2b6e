/**
 * The small tables of a verdict — rules, openings, SafeSearch hosts — in one map, so that a host is walked once.
 * Owns how an entry in list syntax is matched and ranked; refuses to know layers, profiles and time.
 */
import { isAddressLiteral } from '../matching/address.js';
import { parseEntry } from '../matching/entry.js';
import { KIND_EXACT, KIND_PATH, KIND_SUBDOMAINS, type EntryKind } from '../matching/host-index.js';
import { canonicalPath } from '../matching/path.js';

/**
 * How closely an entry names a request: the longer host wins, then the longer path, then exact over suffix
 * over wildcard. A host has at most 253 characters, so the number stays below 2^27 and leaves room for tie-breaks.
 */
export function specificity(hostLength: number, pathLength: number, kind: EntryKind): number {
  return ((hostLength << 16) + Math.min(pathLength, 0xffff)) * 4 + (kind === KIND_EXACT ? 2 : kind === KIND_SUBDOMAINS ? 0 : 1);
}

/** Drops the kind from a specificity: what is left says how deep the entry lies. */
export function depthOf(rank: number): number {
  return rank >> 2;
}

export interface TableEntry<T> {
  readonly value: T;
  readonly kind: EntryKind;
  readonly path: string | null;
  readonly rank: number;
}

export interface EntryTable<T> {
  /** Canonical host → entries that end there. */
  readonly byHost: ReadonlyMap<string, readonly TableEntry<T>[]>;
  /**
   * A mark for each host's sketch. Nearly every suffix of nearly every host is in no small table; the sketch says so from
   * four characters, before a substring is made and hashed (measured: 335 → 120 ns a walk over 400 entries).
   */
  readonly sketches: Uint8Array;
}

/** Sketches are 14 bits wide: 16 KB of bytes, and a table of 400 entries fills one bit in forty. */
const SKETCHES = 1 << 14;

function sketchOf(host: string, offset: number): number {
  const length = host.length - offset;
  const mixed = Math.imul(length, 0x9e3779b1)
    ^ Math.imul(host.charCodeAt(offset), 0x85ebca6b)
    ^ Math.imul(host.charCodeAt(offset + (length >> 1)), 0xc2b2ae35)
    ^ Math.imul(host.charCodeAt(host.length - 1), 0x27d4eb2f)
    ^ Math.imul(host.charCodeAt(offset + (length >> 2)), 0x165667b1);
  return (mixed ^ (mixed >>> 15)) & (SKETCHES - 1);
}

/** Builds the table; entries that can't be read are dropped (they were refused where they were typed in). */
export function buildEntryTable<T>(items: Iterable<readonly [entry: string, value: T]>): EntryTable<T> {
  const table = new Map<string, TableEntry<T>[]>();
  for (const [text, value] of items) {
    const entry = parseEntry(text);
    if (entry === null) continue;
    const made = { value, kind: entry.kind, path: entry.path, rank: specificity(entry.host.length, entry.path?.length ?? 0, entry.kind) };
    const row = table.get(entry.host);
    if (row === undefined) table.set(entry.host, [made]);
    else row.push(made);
  }
  const sketches = new Uint8Array(SKETCHES);
  for (const host of table.keys()) sketches[sketchOf(host, 0)] = 1;
  return { byHost: table, sketches };
}

/** True when `path` lies under the canonical `prefix`, at a segment border: `/a` covers `/a` and `/a/b`, not `/ab`. */
function underPath(path: string, prefix: string): boolean {
  const spelled = canonicalPath(path);
  return spelled !== null && spelled.startsWith(prefix) && (spelled.length === prefix.length || spelled.charCodeAt(prefix.length) === 47);
}

/** Visits every entry that speaks of the host (and path), and tells of path entries that could not be judged. */
export interface Visitor<T> {
  /** An entry matches. */
  found(entry: TableEntry<T>): void;
  /** A path entry stands on exactly this host, whether or not it matches. */
  pathful(): void;
}

function visitRow<T>(row: readonly TableEntry<T>[], offset: number, path: string | null, visitor: Visitor<T>): void {
  for (const entry of row) {
    if (entry.kind === KIND_PATH) {
      if (offset !== 0 || entry.path === null) continue;
      visitor.pathful();
      if (path !== null && underPath(path, entry.path)) visitor.found(entry);
    } else if (entry.kind === KIND_EXACT ? offset === 0 : entry.kind !== KIND_SUBDOMAINS || offset !== 0) visitor.found(entry);
  }
}

/** Walks the host's suffixes, longest first. An address literal has no suffixes. */
export function walkTable<T>(table: EntryTable<T>, host: string, path: string | null, visitor: Visitor<T>): void {
  const { byHost, sketches } = table;
  if (byHost.size === 0) return;
  for (let offset = 0; ; ) {
    if (sketches[sketchOf(host, offset)] === 1) {
      const row = byHost.get(offset === 0 ? host : host.slice(offset));
      if (row !== undefined) visitRow(row, offset, path, visitor);
    }
    if (offset === 0 && isAddressLiteral(host)) return;
    const dot = host.indexOf('.', offset);
    if (dot < 0) return;
    offset = dot + 1;
  }
}
