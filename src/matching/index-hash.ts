/**
 * The hash of the host index: seeded, computed from the last character to the first, so that one pass over a host
 * gives the hash of every suffix. Refuses to know tables and entries.
 *
 * Multilinear hashing (Lemire and Kaser, "Strongly universal string hashing is fast"): h = k₀ + Σ kᵢ·cᵢ mod 2³⁸, of which
 * the upper 32 bits are kept, with a random 38-bit key for every position. Two different names collide with chance
 * 2⁻³² under one such hash and 2⁻⁶⁴ under the two used here, whatever the names are, so nobody who does not know the
 * seed can prepare a name that is taken for another. With n entries a name that is not listed is found listed with chance
 * n·2⁻⁶⁴: for 3.3 million entries 1.8·10⁻¹³, one in some 5·10¹² lookups.
 * Sums stay exact in a double: 2³⁸·(1 + 1 + 255·127) < 2⁵³; this is why characters must be ASCII and strings at most 255.
 */
import { createHash } from 'node:crypto';

/** Bytes of a seed. */
export const SEED_BYTES = 16;
/** Longest host or path that can be hashed. */
export const MAX_HASHED = 255;

const MODULUS = 2 ** 38;

export interface HashKeys {
  /** Start values of the two sums. */
  readonly startA: number;
  readonly startB: number;
  /** Pairs (a, b) by position counted from the end of the host. */
  readonly host: Float64Array;
  /** Pairs (a, b) by position counted from the start of the path. */
  readonly path: Float64Array;
}

/** Expands a seed to the keys; the same seed gives the same keys on every machine. */
export function expandSeed(seed: Uint8Array): HashKeys {
  const pairs = MAX_HASHED * 2;
  const count = 2 + pairs * 2;
  const bytes = createHash('shake256', { outputLength: count * 5 }).update(seed).digest();
  const keys = new Float64Array(count);
  for (let i = 0; i < count; i++) keys[i] = bytes.readUIntLE(i * 5, 5) % MODULUS;
  return {
    startA: keys[0] ?? 0,
    startB: keys[1] ?? 0,
    host: keys.subarray(2, 2 + pairs),
    path: keys.subarray(2 + pairs),
  };
}

/** A sum cut to its 38 bits, so that a path's sum can be added to it exactly. */
export function reduceSum(sum: number): number {
  return sum - Math.floor(sum / MODULUS) * MODULUS;
}

/**
 * First hash word, from the first sum. The bijective mix (murmur3's finaliser) keeps the collision bound and breaks the
 * arithmetic progressions that numbered names give a linear hash, so that they spread over the table.
 */
export function firstWord(sum: number): number {
  let h = (sum / 64) | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** Second hash word, from the second sum. */
export function secondWord(sum: number): number {
  return (sum / 64) | 0;
}
