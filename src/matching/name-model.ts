/**
 * A log-linear model over the features of a name: one weight a feature a class, summed.
 * Owns the table; refuses to know where weights come from (rules/name-model.txt, made by bench/train-names.mjs) and what
 * a verdict is. Linear in the length of the label; one small table read a feature and nothing allocated but a few short keys.
 */
import { MAX_FEATURES, featuresOf } from './name-model-features.js';

/** One class of names: what it is suspected of, and from which sum on. */
export interface NameClass {
  readonly name: string;
  /** Code of the category suspected. */
  readonly category: string;
  readonly bias: number;
  readonly threshold: number;
}

/** The model as it crosses threads: feature i weighs `weights[i × classes.length + c]` for class c. */
export interface NameModelData {
  /** Units of one step of the logarithm of the odds. */
  readonly scale: number;
  readonly classes: readonly NameClass[];
  readonly features: Int32Array;
  readonly weights: Int8Array;
}

export interface NameModel {
  /** How far the best class stands over (or under) its threshold. */
  margin: number;
  /** Its position. */
  best: number;
  /** Weighs a folded label; the outcome stands in `margin` and `best` until the next call. */
  weigh(label: string, hyphens: number, suffix: string): void;
}

export function createNameModel(data: NameModelData): NameModel {
  const width = data.classes.length;
  let size = 1 << 10;
  while (size < data.features.length * 3) size *= 2;
  const shift = 32 - Math.log2(size);
  // 0 is no feature: runs have at least three symbols, named ones the top bit. A feature and its weights share a cache line.
  const stride = 1 + Math.ceil(width / 4);
  const table = new Int32Array(size * stride);
  const packed = new Int8Array(table.buffer);
  data.features.forEach((feature, row) => {
    let at = Math.imul(feature, 0x9e3779b1) >>> shift;
    while (table[at * stride] !== 0) at = (at + 1) & (size - 1);
    table[at * stride] = feature;
    for (let c = 0; c < width; c++) packed[(at * stride + 1) * 4 + c] = data.weights[row * width + c] ?? 0;
  });
  const found = new Int32Array(MAX_FEATURES);
  const sums = new Int32Array(width);
  const start = Int32Array.from(data.classes, ({ bias, threshold }) => bias - threshold);

  const model: NameModel = {
    margin: -Infinity,
    best: -1,
    weigh(label, hyphens, suffix) {
      const count = featuresOf(label, hyphens, suffix, found);
      sums.set(start);
      for (let i = 0; i < count; i++) {
        const feature = found[i] ?? 0;
        let at = Math.imul(feature, 0x9e3779b1) >>> shift;
        let key = table[at * stride];
        while (key !== feature && key !== 0) {
          at = (at + 1) & (size - 1);
          key = table[at * stride];
        }
        if (key === 0) continue;
        const row = (at * stride + 1) * 4;
        for (let c = 0; c < width; c++) sums[c] = (sums[c] ?? 0) + (packed[row + c] ?? 0);
      }
      model.margin = -Infinity;
      model.best = -1;
      for (let c = 0; c < width; c++) {
        const sum = sums[c] ?? 0;
        if (sum > model.margin) {
          model.margin = sum;
          model.best = c;
        }
      }
    },
  };
  return model;
}
