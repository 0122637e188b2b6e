/** Seeded randomness and byte mutation for fuzz tests: the same seed gives the same cases on every machine. */

export interface Random {
  /** 0 … below−1 */
  int(below: number): number;
  pick<T>(from: readonly T[]): T;
  chance(oneIn: number): boolean;
}

/** mulberry32 */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return (t ^ (t >>> 14)) >>> 0;
  };
  const int = (below: number): number => next() % below;
  return { int, pick: (from) => from[int(from.length)] as (typeof from)[number], chance: (oneIn) => int(oneIn) === 0 };
}

/** Cases for one file: its share of FUZZ_CASES, which counts all files. */
export function fuzzCases(share: number): number {
  return Math.max(1, Math.round(Number(process.env['FUZZ_CASES'] ?? 1_000_000) * share));
}
export const FUZZ_SEED = Number(process.env['FUZZ_SEED'] ?? 20_260_901);

/** One small change: byte replaced, inserted, cut out, doubled, or a piece of `other` put in. `bytes` is not touched. */
export function mutate(random: Random, bytes: Buffer, dictionary: readonly Buffer[], other: Buffer): Buffer {
  let at = random.int(bytes.length + 1);
  if (random.chance(3)) {
    // Lines are where the grammar is: a third of the changes start one.
    const line = bytes.indexOf('\r\n', at);
    if (line !== -1) at = line + 2;
  }
  const put = (piece: Buffer, skip = 0): Buffer => Buffer.concat([bytes.subarray(0, at), piece, bytes.subarray(Math.min(bytes.length, at + skip))]);
  switch (random.int(8)) {
    case 0:
      return put(Buffer.from([random.int(256)]), 1);
    case 1: {
      const flipped = Buffer.from(bytes);
      if (at < bytes.length) flipped[at] = (flipped[at] as number) ^ (1 << random.int(8));
      return flipped;
    }
    case 2:
      return put(Buffer.alloc(0), 1 + random.int(8));
    case 3:
      return put(bytes.subarray(at, at + 1 + random.int(32)));
    case 4:
    case 5:
    case 6:
      return put(random.pick(dictionary), random.chance(2) ? random.int(4) : 0);
    default: {
      const from = random.int(other.length);
      return put(other.subarray(from, from + 1 + random.int(64)));
    }
  }
}
