/**
 * Builds the image of a host index in place: hosts go straight into the shared table, so that three million of them never
 * exist twice. Refuses to know list formats, files and the meaning of list numbers.
 */
import { randomBytes } from 'node:crypto';
import { parseEntry } from './entry.js';
import { createPostings } from './postings.js';
import {
  filterBits, filterWord, HEADER, homeOf, KIND_PATH, MAGIC, SLOT_WORDS, VERSION, type EntryKind, type IndexImage, type Posting,
} from './host-index.js';
import { expandSeed, firstWord, MAX_HASHED, reduceSum, secondWord, SEED_BYTES } from './index-hash.js';

// 0.7 gives 18.2 bytes a host with the filter, and a hit looks at two slots on average.
const LOAD = 0.7;
const MAX_LOAD = 0.8;
const MIN_LOAD = 0.55;
/**
 * Bits of the filter a home, three of them set a host. By measurement on 3.3 million hosts: 6 keep the filter at 3.6 MB, near
 * the core; at 10 it falls out of the second-level cache and a miss takes twice as long, though the filter errs less.
 */
const FILTER_BITS = 6;
/** Slots behind the last home. The longest run at load 0.8 is below 700 for 3.3 million hosts. */
const OVERFLOW = 4096;

export interface IndexBuilder {
  /** Adds one entry in list syntax (matching/entry.ts); false when it is none. */
  add(list: number, entry: string): boolean;
  /** Adds an entry that `parseEntry` has read. */
  addParsed(list: number, host: string, kind: EntryKind, path: string | null): void;
  /** The finished image. The builder can't be used after it. */
  finish(): IndexImage;
}

interface Table {
  readonly buffer: SharedArrayBuffer;
  readonly filter: Int32Array;
  readonly words: Int32Array;
  readonly homes: number;
  readonly slots: number;
}

function createTable(hosts: number): Table {
  const homes = Math.max(16, Math.ceil(hosts / LOAD));
  const slots = homes + Math.min(OVERFLOW, homes);
  const filterWords = Math.ceil((homes * FILTER_BITS) / 32);
  const buffer = new SharedArrayBuffer((HEADER.words + filterWords + slots * SLOT_WORDS) * 4);
  const filter = new Int32Array(buffer, HEADER.words * 4, filterWords);
  return { buffer, filter, words: new Int32Array(buffer, (HEADER.words + filterWords) * 4), homes, slots };
}

/** Copies a table in its order into one of another size; null when its tail doesn't fit behind the last home. */
function resize(from: Table, hosts: number): Table | null {
  const to = createTable(hosts);
  let next = 0;
  for (let at = 0; at < from.words.length; at += SLOT_WORDS) {
    const value = from.words[at + 2]!;
    if (value === 0) continue;
    const first = from.words[at]!;
    const slot = Math.max(next, homeOf(first, to.homes));
    next = slot + 1;
    if (next >= to.slots) return null;
    to.words[slot * SLOT_WORDS] = first;
    to.words[slot * SLOT_WORDS + 1] = from.words[at + 1]!;
    to.words[slot * SLOT_WORDS + 2] = value;
  }
  return to;
}

/**
 * @param expectedHosts how many hosts will come, best known; the table grows when there are more
 * @param seed secret of this image's hash; random unless a test needs the same image twice
 */
export function createIndexBuilder(expectedHosts: number, seed: Uint8Array = randomBytes(SEED_BYTES)): IndexBuilder {
  const { startA, startB, host: hostKeys, path: pathKeys } = expandSeed(seed);
  const postings = createPostings();
  let table = createTable(expectedHosts);
  let entries = 0;
  let longestPath = 0;
  let finished = false;

  function resizeTo(hosts: number): void {
    let target = hosts;
    let resized = resize(table, target);
    while (resized === null) {
      target = Math.ceil(target * 1.1) + 16;
      resized = resize(table, target);
    }
    table = resized;
  }

  /** Adds one list's claim to the key with these sums. */
  function claim(a: number, b: number, list: number, kind: EntryKind): void {
    if (entries >= table.homes * MAX_LOAD) resizeTo(Math.ceil(entries * 1.3));
    const { words, homes } = table;
    const first = firstWord(a);
    const second = secondWord(b);
    let at = homeOf(first, homes) * SLOT_WORDS;
    while (words[at + 2] !== 0 && (words[at]! < first || (words[at] === first && words[at + 1]! < second))) at += SLOT_WORDS;
    const there = words[at + 2]!;
    if (there !== 0 && words[at] === first && words[at + 1] === second) {
      words[at + 2] = postings.extend(there - 1, list, kind) + 1;
      return;
    }
    let end = at;
    while (words[end + 2] !== 0) end += SLOT_WORDS;
    // The last slot stays empty: it is what ends every probe.
    if (end >= words.length - SLOT_WORDS) {
      resizeTo(Math.ceil(entries * 1.3) + 16);
      claim(a, b, list, kind);
      return;
    }
    for (let to = end + 2; to > at + 2; to--) words[to] = words[to - SLOT_WORDS]!;
    words[at] = first;
    words[at + 1] = second;
    words[at + 2] = postings.extend(-1, list, kind) + 1;
    entries++;
  }

  function addParsed(list: number, host: string, kind: EntryKind, path: string | null): void {
    if (finished) throw new TypeError('the index is finished');
    if (host.length === 0 || host.length > MAX_HASHED || (path !== null && path.length > MAX_HASHED)) {
      throw new RangeError('host or path too long for the index');
    }
    let a = startA;
    let b = startB;
    for (let i = host.length - 1, key = 0; i >= 0; i--, key += 2) {
      const code = host.charCodeAt(i);
      a += hostKeys[key]! * code;
      b += hostKeys[key + 1]! * code;
    }
    claim(a, b, list, kind);
    if (kind !== KIND_PATH || path === null) return;
    a = reduceSum(a);
    b = reduceSum(b);
    for (let i = 0; i < path.length; i++) {
      const code = path.charCodeAt(i);
      a += pathKeys[i * 2]! * code;
      b += pathKeys[i * 2 + 1]! * code;
    }
    longestPath = Math.max(longestPath, path.length);
    claim(a, b, list, kind);
  }

  return {
    addParsed,
    add(list, text) {
      const entry = parseEntry(text);
      if (entry === null) return false;
      addParsed(list, entry.host, entry.kind, entry.path);
      return true;
    },
    finish() {
      if (finished) throw new TypeError('the index is finished');
      finished = true;
      if (entries < table.homes * MIN_LOAD && table.homes > 16) resizeTo(entries);
      const sets: (readonly Posting[])[] = [];
      const numbers = new Map<number, number>();
      const { words, filter } = table;
      for (let at = 2; at < words.length; at += SLOT_WORDS) {
        const value = words[at]!;
        if (value === 0) continue;
        const second = words[at - 1]!;
        const block = filterWord(second, filter.length);
        filter[block] = filter[block]! | filterBits(second);
        let number = numbers.get(value);
        if (number === undefined) {
          number = sets.push(postings.get(value - 1));
          numbers.set(value, number);
        }
        words[at] = number;
      }
      const header = new Int32Array(table.buffer, 0, HEADER.words);
      header[HEADER.magic] = MAGIC;
      header[HEADER.version] = VERSION;
      header[HEADER.homes] = table.homes;
      header[HEADER.slots] = table.slots;
      header[HEADER.entries] = entries;
      header[HEADER.longestPath] = longestPath;
      header[HEADER.filterWords] = filter.length;
      new Uint8Array(table.buffer).set(seed.subarray(0, SEED_BYTES), HEADER.seed * 4);
      return { buffer: table.buffer, postings: sets };
    },
  };
}
