/**
 * Reads rules/name-model.txt, the weights of the name scorer, into the tables that threads share.
 * Owns the file's syntax; refuses to know how weights were found (bench/train-names.mjs) and how they are used.
 */
import { z } from 'zod';
import { featureNumber } from '../matching/name-model-features.js';
import type { NameModelData } from '../matching/name-model.js';
import { ShippedError } from './shipped-file.js';

export const MODEL_FILE = 'name-model.txt';
const whole = z.string().regex(/^-?\d{1,5}$/).transform(Number);
const scaleLine = z.tuple([z.literal('scale'), whole.pipe(z.int().min(1).max(64))]);
const classLine = z.tuple([z.literal('class'), z.string().regex(/^[a-z]+(-[a-z]+)*$/), z.string().regex(/^[a-z0-9]+$/), whole, whole]);
const weightLine = z.tuple([whole.pipe(z.int().min(-127).max(127)), z.string().min(1)]);

/** Throws a ShippedError that names the line. */
export function parseNameModel(text: string): NameModelData {
  const classes: NameModelData['classes'][number][] = [];
  const rows = new Map<number, { readonly text: string; readonly weights: Map<number, number> }>();
  let scale: number | null = null;
  const fault = (line: number, vi: string, en: string): ShippedError => new ShippedError('syntax', { file: MODEL_FILE, line }, vi, en);

  for (const [index, raw] of text.split('\n').entries()) {
    const line = index + 1;
    if (raw === '' || raw.startsWith('#')) continue;
    const cells = raw.split('\t');
    const head = scaleLine.safeParse(cells);
    if (head.success && scale === null) {
      scale = head.data[1];
      continue;
    }
    const opened = classLine.safeParse(cells);
    if (opened.success) {
      const [, name, category, bias, threshold] = opened.data;
      if (classes.some((one) => one.name === name)) throw fault(line, `lớp ${name} đã có ở trên.`, `the class ${name} is already above.`);
      classes.push({ name, category, bias, threshold });
      continue;
    }
    const row = weightLine.safeParse(cells);
    if (!row.success || classes.length === 0) {
      throw fault(line, 'không hiểu dòng này; làm lại tệp bằng bench/train-names.mjs.', 'cannot be understood; make the file again with bench/train-names.mjs.');
    }
    const [weight, features] = row.data;
    for (const feature of features.split(' ')) {
      const number = featureNumber(feature);
      const known = number === null ? undefined : rows.get(number);
      if (number === null || (known !== undefined && (known.text !== feature || known.weights.has(classes.length - 1)))) {
        throw fault(line, `mẩu "${feature}" sai hoặc đã có.`, `the feature "${feature}" is wrong or already there.`);
      }
      if (known === undefined) rows.set(number, { text: feature, weights: new Map([[classes.length - 1, weight]]) });
      else known.weights.set(classes.length - 1, weight);
    }
  }
  if (scale === null || classes.length === 0 || rows.size === 0) throw new ShippedError('header', { file: MODEL_FILE }, 'thiếu dòng scale hoặc class.', 'a scale or class line is missing.');

  const features = new Int32Array(rows.size);
  const weights = new Int8Array(rows.size * classes.length);
  let at = 0;
  for (const [number, row] of rows) {
    features[at] = number;
    for (const [position, weight] of row.weights) weights[at * classes.length + position] = weight;
    at++;
  }
  return { scale, classes, features, weights };
}
