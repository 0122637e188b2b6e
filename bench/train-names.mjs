/**
 * Makes rules/name-model.txt: n-gram weights of names that gambling, porn, scams aimed at pupils and web proxies go by,
 * learned from ../shared/data (read, never shipped). Deterministic: one seed, names split by hash 70 : 15 : 15, the last
 * part looked at only by `--report`. Run on Node 24 after `npm run build`:
 *
 *   node bench/train-names.mjs            train, choose thresholds on the middle part, write the model, report
 *   node bench/train-names.mjs --report   report the model that is there
 *   --part val|test|all, --list NAME      which part to report on; print what is flagged of one set
 *
 * FTRL-proximal logistic regression, one class against ordinary names at a time: a first pass with L1 picks the features
 * that carry weight, a second without it weighs only those, and weights are rounded to sixteenths.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { parse } from 'yaml';
import { MAX_FEATURES, featureNumber, featuresOf, runText } from '../dist/matching/name-model-features.js';
import { createNameJudge, foldName } from '../dist/matching/name-score.js';
import { registrableDomain } from '../dist/matching/public-suffix.js';
import { parseNameModel } from '../dist/lists/shipped-model.js';
import { EVERYDAY } from './support/everyday-vietnamese.mjs';

const { values: options } = parseArgs({ options: { report: { type: 'boolean' }, part: { type: 'string', default: 'test' }, list: { type: 'string', multiple: true } } });
const path = (file) => fileURLToPath(new URL(file, import.meta.url));
const MODEL = path('../rules/name-model.txt');
const SCALE = 16;
const PER_SET = 120_000;
const MIN_NAMES = 25;
const started = Date.now();
const say = (...text) => console.log(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s `, ...text);

if (!existsSync(path('../../shared/data/lists'))) {
  console.log('train-names: ../shared/data is not there; nothing to learn from');
  process.exit(0);
}

const memo = new Map();
/** Registrable names of some lists. */
function domains(...lists) {
  const all = new Set();
  for (const list of lists) {
    if (!memo.has(list)) {
      const own = new Set();
      for (const host of gunzipSync(readFileSync(path(`../../shared/data/lists/${list}.txt.gz`))).toString('latin1').split('\n')) {
        const domain = host === '' ? null : registrableDomain(host);
        if (domain !== null && domain.includes('.')) own.add(domain);
      }
      memo.set(list, own);
    }
    if (lists.length === 1) return memo.get(list);
    for (const domain of memo.get(list)) all.add(domain);
  }
  return all;
}

function partOf(domain) {
  let hash = 0x811c9dc5 ^ 88;
  for (let i = 0; i < domain.length; i++) hash = Math.imul(hash ^ domain.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x45d9f3b);
  hash ^= hash >>> 15;
  const bucket = (hash >>> 0) % 20;
  return bucket < 14 ? 'train' : bucket < 17 ? 'val' : 'test';
}

let state = 308;
function random() {
  state = (state + 0x6d2b79f5) | 0;
  let t = Math.imul(state ^ (state >>> 15), 1 | state);
  t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
}
function shuffle(list) {
  for (let i = list.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [list[i], list[j]] = [list[j], list[i]];
  }
  return list;
}

const gambling = domains('gambling', 'gambling_consensus2');
const gambling2 = domains('gambling_consensus2');
const adult = domains('adult', 'adult_consensus2');
const adult2 = domains('adult_consensus2');
const vietnamese = domains('vn_blocked');
const proxies = domains('web_proxy', 'vpn');
const clean = domains('popular_clean');
const newcomers = domains('popular_newcomer');
const reachable = domains('vn_edu', 'vn_gov', 'vn_popular', 'education', 'allow_fp', 'news', 'government', 'kids_allow', 'bank_finance', 'education_dev');
const listed = (d) => gambling.has(d) || adult.has(d) || vietnamese.has(d);

/** What each class is suspected of, how many features it may keep, and which recall (or false-positive share) fixes its threshold. */
const CLASSES = [
  { name: 'cobac', category: 'cobac', keep: 7_000 },
  { name: 'khieudam', category: 'khieudam', keep: 7_000 },
  { name: 'luadao-vn', category: 'luadao', keep: 2_500 },
  { name: 'vpn', category: 'vpn', keep: 1_000 },
  { name: 'cobac-vn', category: 'cobac', keep: 4_000 },
];
const [GAMBLING, ADULT, SCAM, PROXY, GAMBLING_VN] = [1, 2, 4, 8, 16];

function examples() {
  const rows = [];
  const add = (names, target, weight, keep, most = PER_SET) => {
    const own = shuffle([...names].filter((d) => partOf(d) === 'train' && keep(d)));
    for (const domain of own.slice(0, most)) rows.push({ domain, target, weight });
  };
  add(clean, 0, 1, (d) => !listed(d) && !reachable.has(d));
  // New names in the rankings hold many that are gambling and on no list yet, so they count for less.
  add(newcomers, 0, 0.3, (d) => !listed(d) && !clean.has(d) && !reachable.has(d));
  add(reachable, 0, 4, (d) => !listed(d));
  // Vietnamese is rare among ordinary names and common in the lists: without these every "nha", "hoc", "viet" would look guilty.
  const native = [...clean, ...newcomers, ...reachable].filter((d) => d.endsWith('.vn') && !listed(d));
  add(native, 0, 3, () => true);
  for (const suffix of ['com', 'net', 'com.vn']) {
    for (const domain of native) if (partOf(domain) === 'train') rows.push({ domain: `${domain.slice(0, domain.indexOf('.'))}.${suffix}`, target: 0, weight: 2 });
  }
  for (let i = 0; i < 30_000; i++) {
    const at = Math.floor(random() * EVERYDAY.length);
    // Words that stand side by side, then perhaps others: `nhathuoc longchau`, `on-thi-dai-hoc`, `baitap toan 7`.
    const near = EVERYDAY.slice(at, at + 2 + Math.floor(random() * 2));
    const far = Math.floor(random() * EVERYDAY.length);
    const words = random() < 0.7 ? [...near, ...EVERYDAY.slice(far, far + 1 + Math.floor(random() * 2))] : near;
    const label = words.join(random() < 0.15 ? '-' : '') + (random() < 0.15 ? String(Math.floor(random() * 100)) : '');
    const suffix = ['com', 'com', 'com', 'vn', 'com.vn', 'net', 'org', 'info', 'edu.vn', 'site', 'online'][Math.floor(random() * 11)];
    if (label.length < 40) rows.push({ domain: `${label}.${suffix}`, target: 0, weight: 1 });
  }
  add(vietnamese, GAMBLING | GAMBLING_VN, 4, (d) => gambling.has(d));
  add(gambling2, GAMBLING, 1, (d) => !vietnamese.has(d));
  add(gambling, GAMBLING, 0.3, (d) => !vietnamese.has(d) && !gambling2.has(d) && !clean.has(d) && !newcomers.has(d), 50_000);
  add(vietnamese, ADULT, 4, (d) => adult.has(d) && !gambling.has(d));
  add(adult2, ADULT, 1, (d) => !vietnamese.has(d) && !gambling.has(d));
  add(vietnamese, SCAM, 2, (d) => !adult.has(d) && !gambling.has(d));
  add(proxies, PROXY, 3, (d) => !listed(d));
  // Ten-year-old proxies under any name teach nothing; those that say what they are do.
  add(domains('proxy_redirector'), PROXY, 0.5, (d) => /prox|vpn|unblock|hide|anon|surf|tunnel|bypass|unlock/.test(d) && !proxies.has(d) && !listed(d) && !clean.has(d) && !newcomers.has(d));
  return shuffle(rows);
}

/** Names → rows of feature positions, features that too few names have left out. */
function vocabulary(rows) {
  const size = 1 << 24;
  const keys = new Int32Array(size);
  const names = new Uint32Array(size);
  const seenIn = new Int32Array(size).fill(-1);
  const slot = (key) => {
    let at = Math.imul(key, 0x9e3779b1) >>> 8;
    while (keys[at] !== 0 && keys[at] !== key) at = (at + 1) & (size - 1);
    return at;
  };
  const texts = new Map();
  const found = new Int32Array(MAX_FEATURES);
  let raw = new Int32Array(1 << 25);
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
  const counts = [];
  for (let at = 0; at < size; at++) {
    if (keys[at] === 0 || names[at] < MIN_NAMES) continue;
    position[at] = features.length;
    features.push(keys[at]);
    counts.push(names[at]);
  }
  const columns = new Int32Array(used);
  const offsets = new Uint32Array(rows.length + 1);
  let kept = 0;
  for (let row = 0; row < rows.length; row++) {
    for (let i = ends[row]; i < ends[row + 1]; i++) if (position[raw[i]] >= 0) columns[kept++] = position[raw[i]];
    offsets[row + 1] = kept;
  }
  return { features, counts, columns, offsets, text: (key) => (key < 0 ? texts.get(key) : runText(key)) };
}

function learn({ features, columns, offsets }, rows, bit, epochs, l1, mask) {
  const [alpha, l2, size] = [0.1, 2, features.length];
  const z = new Float64Array(size + 1);
  const n = new Float64Array(size + 1);
  const w = new Float64Array(size + 1);
  const weight = (j) => {
    const limit = j < size ? l1 : 0;
    if ((j < size && mask !== null && mask[j] === 0) || Math.abs(z[j]) <= limit) return 0;
    return -(z[j] - Math.sign(z[j]) * limit) / ((0.5 + Math.sqrt(n[j])) / alpha + l2);
  };
  const order = [];
  rows.forEach(({ target }, row) => { if (target === 0 || (target & bit) !== 0) order.push(row); });
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const row of order) {
      let sum = (w[size] = weight(size));
      for (let p = offsets[row]; p < offsets[row + 1]; p++) sum += w[columns[p]] = weight(columns[p]);
      const gradient = (1 / (1 + Math.exp(-sum)) - ((rows[row].target & bit) !== 0 ? 1 : 0)) * rows[row].weight;
      const square = gradient * gradient;
      const step = (j) => {
        z[j] += gradient - ((Math.sqrt(n[j] + square) - Math.sqrt(n[j])) / alpha) * w[j];
        n[j] += square;
      };
      for (let p = offsets[row]; p < offsets[row + 1]; p++) if (mask === null || mask[columns[p]] !== 0) step(columns[p]);
      step(size);
    }
  }
  for (let j = 0; j <= size; j++) w[j] = weight(j);
  return w;
}

function train() {
  const rows = examples();
  say(`${rows.length} names to learn from`);
  const known = vocabulary(rows);
  say(`${known.features.length} features stand in ${MIN_NAMES} names or more`);
  return CLASSES.map(({ name, category, keep }, c) => {
    const first = learn(known, rows, 1 << c, 2, 4, null);
    const ranked = known.features.map((_, j) => j).filter((j) => first[j] !== 0)
      .sort((a, b) => Math.abs(first[b]) * Math.sqrt(known.counts[b]) - Math.abs(first[a]) * Math.sqrt(known.counts[a]) || a - b);
    const mask = new Uint8Array(known.features.length);
    for (const j of ranked.slice(0, keep)) mask[j] = 1;
    const w = learn(known, rows, 1 << c, 3, 0, mask);
    const weights = [];
    known.features.forEach((feature, j) => {
      const rounded = Math.max(-127, Math.min(127, Math.round(w[j] * SCALE)));
      if (rounded !== 0) weights.push([known.text(feature), rounded]);
    });
    say(`${name}: ${weights.length} weights`);
    return { name, category, bias: Math.round(w[known.features.length] * SCALE), threshold: 0, weights };
  });
}

/** Names nobody would call a mistake: the rankings hold hundreds of casinos and porn sites that are on no list. */
const EVIDENT = /casino|bet|poker|porn|sex|xxx|xnxx|hentai|jav|slot|pussy|tube|vulkan|escort|spin|jackpot|nhacai|proxy|vpn|club|88|ero|cam|strip|gay|fuck|adult|win|xvideo|refpa|jili/;

/** Sets of one part, as they stand in the lists. */
function sets(part) {
  const of = (names, keep = () => true) => [...names].filter((d) => (part === 'all' || partOf(d) === part) && keep(d));
  return {
    'vn_blocked ∩ gambling': of(vietnamese, (d) => gambling.has(d)),
    gambling_consensus2: of(gambling2),
    adult_consensus2: of(adult2),
    'vn_blocked ∩ adult': of(vietnamese, (d) => adult.has(d) && !gambling.has(d)),
    'vn_blocked, other (scams)': of(vietnamese, (d) => !adult.has(d) && !gambling.has(d)),
    'web_proxy + vpn': of(proxies),
    popular_clean: of(clean),
    'popular_clean, not on a gambling, adult or vn_blocked list': of(clean, (d) => !listed(d)),
    popular_newcomer: of(newcomers),
    'popular_newcomer, not on a gambling, adult or vn_blocked list': of(newcomers, (d) => !listed(d)),
    vn_edu: of(domains('vn_edu')), vn_gov: of(domains('vn_gov')), vn_popular: of(domains('vn_popular')),
    education: of(domains('education')), allow_fp: of(domains('allow_fp')),
  };
}

/**
 * Thresholds on the middle part, words and model together: the least that meets the bars of the three classes that have one
 * with a little to spare, and very few ordinary names for the rest.
 */
function thresholds(classes) {
  const all = sets('val');
  const found = new Int32Array(MAX_FEATURES);
  const tables = classes.map(({ weights }) => new Map(weights.map(([text, weight]) => [featureNumber(text), weight])));
  const byWords = createNameJudge(readWords());
  const rowsOf = (names) => names.map((domain) => {
    const { label, hyphens, suffix } = foldName(domain);
    const count = featuresOf(label, hyphens, suffix, found);
    const sums = classes.map(({ bias }, c) => {
      let sum = bias;
      for (let i = 0; i < count; i++) sum += tables[c].get(found[i]) ?? 0;
      return sum;
    });
    return { word: byWords(domain).score > 0, sums };
  });
  /** Highest threshold of class c at which this share of a set is caught. */
  const settle = (rows, c, share) => {
    const caught = () => rows.filter(({ word, sums }) => word || sums.some((sum, i) => sum >= classes[i].threshold)).length;
    for (classes[c].threshold = 200; caught() < share * rows.length; classes[c].threshold--);
  };
  const ordinary = rowsOf(all.popular_clean);
  for (const one of classes) one.threshold = 10_000;
  for (const c of [2, 3]) classes[c].threshold = ordinary.map(({ sums }) => sums[c]).sort((x, y) => y - x)[2] + 1;
  settle(rowsOf(all.adult_consensus2), 1, 0.53);
  settle(rowsOf(all['vn_blocked ∩ gambling']), 4, 0.72);
  settle(rowsOf(all.gambling_consensus2), 0, 0.54);
  settle(rowsOf(all['vn_blocked ∩ gambling']), 4, 0.74);
  return classes;
}

function write(classes) {
  const lines = [
    '# Mô hình chấm tên lạ: tổng trọng số của các mẩu chữ trong một tên. Xem rules/README.md; làm bằng bench/train-names.mjs.',
    '# Mẩu: 3–5 ký tự của ^tên$ (# là một chữ số bất kỳ), .đuôi, =hình dạng (a chữ, 0 số, kèm độ dài), :đặc điểm.',
    '# class: tên lớp, nhóm nghi ngờ, số hạng tự do, ngưỡng. Mỗi dòng sau đó: trọng số, rồi các mẩu mang trọng số ấy.',
    `scale\t${SCALE}`,
  ];
  for (const { name, category, bias, threshold, weights } of classes) {
    lines.push(`class\t${name}\t${category}\t${bias}\t${threshold}`);
    const byWeight = new Map();
    for (const [text, weight] of weights) byWeight.set(weight, [...(byWeight.get(weight) ?? []), text]);
    for (const weight of [...byWeight.keys()].sort((a, b) => b - a)) {
      let line = `${weight}\t`;
      for (const text of byWeight.get(weight).sort()) {
        if (line.length + text.length > 140) {
          lines.push(line.trimEnd());
          line = `${weight}\t`;
        }
        line += `${text} `;
      }
      lines.push(line.trimEnd());
    }
  }
  writeFileSync(MODEL, `${lines.join('\n')}\n`);
}

const readWords = () => parse(readFileSync(path('../rules/name-score.yaml'), 'utf8'));

function report() {
  const words = readWords();
  const text = readFileSync(MODEL, 'utf8');
  const judge = createNameJudge({ ...words, model: parseNameModel(text) });
  say(`model: ${Math.round(text.length / 1024)} KB; part: ${options.part}; threshold ${words.threshold}`);
  const all = sets(options.part);
  for (const [name, names] of Object.entries(all)) {
    const flagged = names.filter((domain) => judge(domain).score >= words.threshold);
    say(`${name.padEnd(62)} ${String(flagged.length).padStart(6)} of ${String(names.length).padStart(6)}  ${((100 * flagged.length) / names.length).toFixed(3).padStart(7)} %`);
    if (options.list?.includes(name)) console.log(flagged.map((domain) => `${domain}(${judge(domain).category})`).join(' '));
  }
  for (const name of ['popular_clean', 'popular_newcomer']) {
    const names = all[name].filter((domain) => !listed(domain));
    const doubtful = names.filter((domain) => judge(domain).score >= words.threshold && !EVIDENT.test(domain));
    say(`${`${name}, flagged and nothing evident in the name`.padEnd(62)} ${String(doubtful.length).padStart(6)} of ${String(names.length).padStart(6)}  ${((100 * doubtful.length) / names.length).toFixed(3).padStart(7)} %`);
    if (options.list?.includes(`${name} doubtful`)) console.log(doubtful.map((domain) => `${domain}(${judge(domain).category})`).join(' '));
  }
  const sample = sets('test').popular_clean.slice(0, 20_000);
  for (let round = 0; round < 3; round++) {
    const from = process.hrtime.bigint();
    for (const domain of sample) judge(domain);
    if (round === 2) say(`${Number((process.hrtime.bigint() - from) / BigInt(sample.length))} ns a name`);
  }
}

if (!options.report) write(thresholds(train()));
report();
