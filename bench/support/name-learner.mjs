/**
 * Learns a small log-linear model over the features of names (src/matching/name-model-features.ts), one class against ordinary
 * names at a time. Owns the mathematics; refuses to know lists, words and files.
 *
 * FTRL-proximal logistic regression. A first pass with L1 over every feature, then the heaviest are kept, learned again without
 * L1, and fewer kept, until as many are left as the file may hold. Cutting in steps is what makes a small model as good as a
 * large one: what a dropped feature said is learned anew by those that stay (25,000 weights in three steps flag as few ordinary
 * names as 690,000 do; cut in one step they flag half as many again).
 */
import { MAX_FEATURES, featureNumber, featuresOf, runText } from '../../dist/matching/name-model-features.js';
import { foldName } from '../../dist/matching/name-score.js';

const ALPHA = 0.1;
const BETA = 0.5;
const L1 = 5;
const L2 = 2;
/** How many times the final number are kept after each pass. */
const STEPS = [6, 3, 1];
/** Where nothing is to be learned from a name, its features are left alone. */
const SURE = 1e-4;

/** Names → rows of feature positions; features that fewer than `least` names have are left out. */
export function readFeatures(rows, least) {
  const size = 1 << 25;
  const keys = new Int32Array(size);
  const names = new Uint32Array(size);
  const seenIn = new Int32Array(size).fill(-1);
  const slot = (key) => {
    let at = Math.imul(key, 0x9e3779b1) >>> 7;
    while (keys[at] !== 0 && keys[at] !== key) at = (at + 1) & (size - 1);
    return at;
  };
  const texts = new Map();
  const found = new Int32Array(MAX_FEATURES);
  let raw = new Int32Array(1 << 26);
  const ends = new Uint32Array(rows.length + 1);
  let used = 0;
  rows.forEach(({ domain }, row) => {
    const { label, hyphens, suffix } = foldName(domain);
    const count = featuresOf(label, hyphens, suffix, found, (heard) => { for (const text of heard) texts.set(featureNumber(text), text); });
    if (used + count > raw.length) {
      const larger = new Int32Array(raw.length * 2);
      larger.set(raw);
      raw = larger;
    }
    for (let i = 0; i < count; i++) {
      const at = slot(found[i]);
      keys[at] = found[i];
      if (seenIn[at] !== row) names[at]++;
      seenIn[at] = row;
      raw[used++] = at;
    }
    ends[row + 1] = used;
  });
  const position = new Int32Array(size).fill(-1);
  const features = [];
  for (let at = 0; at < size; at++) {
    if (keys[at] === 0 || names[at] < least) continue;
    position[at] = features.length;
    features.push(keys[at]);
  }
  const columns = new Int32Array(used);
  const offsets = new Uint32Array(rows.length + 1);
  let kept = 0;
  for (let row = 0; row < rows.length; row++) {
    for (let i = ends[row]; i < ends[row + 1]; i++) if (position[raw[i]] >= 0) columns[kept++] = position[raw[i]];
    offsets[row + 1] = kept;
  }
  return { features, columns: columns.slice(0, kept), offsets, text: (key) => (key < 0 ? texts.get(key) : runText(key)) };
}

/** One class: `order` names the rows, `targets` and `weights` say what they are and how much they count. */
function learn({ columns, offsets }, size, { order, targets, weights }, epochs, l1) {
  const z = new Float64Array(size + 1);
  const n = new Float64Array(size + 1);
  const w = new Float64Array(size + 1);
  const weight = (j, limit) => {
    const at = z[j];
    if (Math.abs(at) <= limit) return 0;
    return -(at - (at > 0 ? limit : -limit)) / ((BETA + Math.sqrt(n[j])) / ALPHA + L2);
  };
  const step = (j, gradient, square) => {
    const root = Math.sqrt(n[j] + square);
    z[j] += gradient - ((root - Math.sqrt(n[j])) / ALPHA) * w[j];
    n[j] += square;
  };
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (let i = 0; i < order.length; i++) {
      const row = order[i];
      let sum = (w[size] = weight(size, 0));
      for (let p = offsets[row]; p < offsets[row + 1]; p++) sum += w[columns[p]] = weight(columns[p], l1);
      const gradient = (1 / (1 + Math.exp(-sum)) - targets[i]) * weights[i];
      if (Math.abs(gradient) < SURE) continue;
      const square = gradient * gradient;
      for (let p = offsets[row]; p < offsets[row + 1]; p++) step(columns[p], gradient, square);
      step(size, gradient, square);
    }
  }
  for (let j = 0; j < size; j++) w[j] = weight(j, l1);
  w[size] = weight(size, 0);
  return { w, n };
}

/** The same rows with only the kept features, numbered anew. */
function narrowed({ columns, offsets }, number) {
  const fewer = new Int32Array(columns.length);
  const ends = new Uint32Array(offsets.length);
  let used = 0;
  for (let row = 0; row + 1 < offsets.length; row++) {
    for (let p = offsets[row]; p < offsets[row + 1]; p++) if (number[columns[p]] >= 0) fewer[used++] = number[columns[p]];
    ends[row + 1] = used;
  }
  return { columns: fewer.slice(0, used), offsets: ends };
}

/** Bias and `[text, weight]` of the features that are left, in natural units. */
export function learnClass(read, examples, keep) {
  let { columns, offsets } = read;
  let present = Int32Array.from(read.features.keys());
  let found = learn({ columns, offsets }, present.length, examples, 2, L1);
  for (const times of STEPS) {
    const { w, n } = found;
    // How far a weight moves the names that are hard to tell: their gradients are what n has summed.
    const worth = (j) => Math.abs(w[j]) * n[j] ** 0.25;
    const kept = present.map((_, j) => j).filter((j) => w[j] !== 0).sort((a, b) => worth(b) - worth(a) || a - b).slice(0, keep * times).sort((a, b) => a - b);
    const number = new Int32Array(present.length).fill(-1);
    kept.forEach((j, at) => { number[j] = at; });
    ({ columns, offsets } = narrowed({ columns, offsets }, number));
    present = kept.map((j) => present[j]);
    found = learn({ columns, offsets }, present.length, examples, times === 1 ? 5 : 3, 0);
  }
  return { bias: found.w[present.length], weights: Array.from(present, (feature, j) => [read.text(read.features[feature]), found.w[j]]) };
}
