/**
 * Distinct sets of claims, each kept once: millions of hosts share a few thousand of them.
 * Refuses to know hosts and hashes.
 */
import type { EntryKind, Posting } from './host-index.js';

export interface Postings {
  /** Number of the set that has this claim beside those of set `from`; −1 = the empty set. */
  extend(from: number, list: number, kind: EntryKind): number;
  get(number: number): readonly Posting[];
}

/** A claim as one number, ordered by list, then kind. */
function pack(list: number, kind: EntryKind): number {
  return list * 4 + kind;
}

export function unpack(claim: number): Posting {
  return { list: claim >>> 2, kind: (claim & 3) as EntryKind };
}

/** Sets come to be one claim at a time, so each step is remembered: after the first time it costs one Map lookup. */
export function createPostings(): Postings {
  const sets: (readonly number[])[] = [];
  const numbers = new Map<string, number>();
  // By set (+ 1), then by claim: plain arrays, because a Map of numbers beyond 31 bits hashes boxed doubles.
  const steps: (number | undefined)[][] = [[]];

  function step(from: number, claim: number): number {
    const base = sets[from] ?? [];
    const claims = base.includes(claim) ? base : [...base, claim].sort((a, b) => a - b);
    const name = claims.join();
    const known = numbers.get(name);
    if (known !== undefined) return known;
    numbers.set(name, sets.length);
    steps.push([]);
    return sets.push(claims) - 1;
  }

  return {
    extend(from, list, kind) {
      const claim = pack(list, kind);
      const taken = steps[from + 1] ?? [];
      return (taken[claim] ??= step(from, claim));
    },
    get: (number) => (sets[number] ?? []).map(unpack),
  };
}
