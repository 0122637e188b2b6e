/**
 * Makes rules/name-model.txt: weights of the runs of characters in names that gambling, porn, scams aimed at pupils and web
 * proxies go by, learned from ../shared/data (read, never shipped). Deterministic: one seed, and the part of the names that
 * figures come from is looked at only by the report. Run on Node 24 after `npm run build`:
 *
 *   node bench/train-names.mjs            learn, choose thresholds on the middle part, write the model, report (a minute of a quiet machine, 3 GB)
 *   node bench/train-names.mjs --report   report the model that is there
 *   --part val|test|all, --list NAME      which part to report on; print what is flagged of one set
 *
 * What is learned how: support/name-learner.mjs; from what: support/name-sets.mjs.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { parse } from 'yaml';
import { MAX_FEATURES, featureNumber, featuresOf } from '../dist/matching/name-model-features.js';
import { CAUTION, createNameJudge, foldName, isGuarded } from '../dist/matching/name-score.js';
import { parseNameModel } from '../dist/lists/shipped-model.js';
import { AFTER_PLURAL, BESIDE, EVERYDAY, FALSE_FRIENDS, PLURALS } from './support/everyday-words.mjs';
import { learnClass, readFeatures } from './support/name-learner.mjs';
import { domains, familyOf, hasLists, known, partOf, sets } from './support/name-sets.mjs';

const { values: options } = parseArgs({ options: { report: { type: 'boolean' }, part: { type: 'string', default: 'test' }, list: { type: 'string', multiple: true } } });
const path = (file) => fileURLToPath(new URL(file, import.meta.url));
const MODEL = path('../rules/name-model.txt');
const SCALE = 16;
/** A feature that fewer names have is not looked at. */
const LEAST = 8;
const started = Date.now();
const say = (...text) => console.log(`${((Date.now() - started) / 1000).toFixed(0).padStart(4)} s `, ...text);

if (!hasLists()) {
  console.log('train-names: ../shared/data is not there; nothing to learn from');
  process.exit(0);
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

const { gambling, gambling2, adult, adult2, vietnamese, proxies, clean, newcomers, reachable, listed } = known();

/** What each class is suspected of and how many features it may keep. */
const CLASSES = [
  { name: 'cobac', category: 'cobac', keep: 9_000 },
  { name: 'khieudam', category: 'khieudam', keep: 9_500 },
  { name: 'luadao-vn', category: 'luadao', keep: 2_200 },
  { name: 'vpn', category: 'vpn', keep: 900 },
  { name: 'cobac-vn', category: 'cobac', keep: 4_800 },
];
const [GAMBLING, ADULT, SCAM, PROXY, GAMBLING_VN] = [1, 2, 4, 8, 16];

/** Names to learn from: which classes they belong to (0: ordinary, an example against every class) and how much they count. */
function examples() {
  const rows = [];
  const add = (names, target, weight, keep, most = Infinity) => {
    const own = shuffle([...names].filter((d) => partOf(d) === 'train' && keep(d)));
    for (const domain of own.slice(0, most)) rows.push({ domain, target, weight });
  };
  // As they stand, the casinos among them too: how many of these are flagged is what the bar counts.
  add(clean, 0, 3, (d) => !reachable.has(d));
  // New names in the rankings hold many that are gambling and on no list yet, so they count for less.
  add(newcomers, 0, 1.2, (d) => !listed(d) && !clean.has(d) && !reachable.has(d));
  add(reachable, 0, 6, (d) => !listed(d));
  // Vietnamese is rare among ordinary names and common in the lists: without these every "nha", "hoc", "viet" would look guilty.
  const native = [...clean, ...newcomers, ...reachable].filter((d) => d.endsWith('.vn') && !listed(d));
  add(native, 0, 4, () => true);
  for (const suffix of ['com', 'net', 'com.vn']) {
    for (const domain of native) if (partOf(domain) === 'train') rows.push({ domain: `${domain.slice(0, domain.indexOf('.'))}.${suffix}`, target: 0, weight: 3 });
  }
  for (let i = 0; i < 30_000; i++) {
    const at = Math.floor(random() * EVERYDAY.length);
    // Words that stand side by side, then perhaps others: `nhathuoc longchau`, `on-thi-dai-hoc`, `baitap toan 7`.
    const near = EVERYDAY.slice(at, at + 2 + Math.floor(random() * 2));
    const far = Math.floor(random() * EVERYDAY.length);
    const words = random() < 0.7 ? [...near, ...EVERYDAY.slice(far, far + 1 + Math.floor(random() * 2))] : near;
    const label = words.join(random() < 0.15 ? '-' : '') + (random() < 0.15 ? String(Math.floor(random() * 100)) : '');
    const suffix = ['com', 'com', 'com', 'vn', 'com.vn', 'net', 'org', 'info', 'edu.vn', 'site', 'online'][Math.floor(random() * 11)];
    if (label.length < 40) rows.push({ domain: `${label}.${suffix}`, target: 0, weight: 2 });
  }
  for (const friend of FALSE_FRIENDS) {
    for (let i = 0; i < 20; i++) {
      const beside = BESIDE[Math.floor(random() * BESIDE.length)];
      const label = [friend, friend + beside, beside + friend, `${friend}-${beside}`][i % 4];
      rows.push({ domain: `${label}.${['com', 'org', 'net', 'co.uk'][Math.floor(random() * 4)]}`, target: 0, weight: 3 });
    }
  }
  for (const plural of PLURALS) {
    for (const after of AFTER_PLURAL) rows.push({ domain: `${plural}${after}.${['com', 'org', 'net', 'co.uk'][Math.floor(random() * 4)]}`, target: 0, weight: 3 });
  }
  add(vietnamese, GAMBLING_VN, 4, (d) => gambling.has(d));
  add(vietnamese, GAMBLING, 1, (d) => gambling.has(d));
  add(gambling2, GAMBLING, 1, (d) => !vietnamese.has(d) && !clean.has(d));
  add(gambling, GAMBLING, 0.15, (d) => !vietnamese.has(d) && !gambling2.has(d) && !adult.has(d) && !clean.has(d) && !newcomers.has(d), 100_000);
  add(vietnamese, ADULT, 3, (d) => adult.has(d));
  add(adult2, ADULT, 1, (d) => !vietnamese.has(d) && !clean.has(d));
  add(adult, ADULT, 0.15, (d) => !vietnamese.has(d) && !adult2.has(d) && !clean.has(d) && !newcomers.has(d), 150_000);
  add(vietnamese, SCAM, 2, (d) => !adult.has(d) && !gambling.has(d));
  add(proxies, PROXY, 3, (d) => !listed(d));
  // Ten-year-old proxies under any name teach nothing; those that say what they are do.
  add(domains('proxy_redirector'), PROXY, 0.5, (d) => /prox|vpn|unblock|hide|anon|surf|tunnel|bypass|unlock/.test(d) && !proxies.has(d) && !listed(d) && !clean.has(d) && !newcomers.has(d));
  return shuffle(rows);
}

function train() {
  const rows = examples();
  const read = readFeatures(rows, LEAST);
  say(`${rows.length} names to learn from, ${read.features.length} features stand in ${LEAST} of them or more`);
  return CLASSES.map(({ name, category, keep }, c) => {
    const order = rows.map((_, row) => row).filter((row) => rows[row].target === 0 || (rows[row].target & (1 << c)) !== 0);
    const found = learnClass(read, { order, targets: order.map((row) => Number(rows[row].target !== 0)), weights: order.map((row) => rows[row].weight) }, keep);
    const weights = found.weights.map(([text, weight]) => [text, Math.max(-127, Math.min(127, Math.round(weight * SCALE)))]).filter(([, weight]) => weight !== 0);
    say(`${name}: ${weights.length} weights`);
    return { name, category, bias: Math.round(found.bias * SCALE), threshold: 0, weights };
  });
}

/** Least recall that thresholds are chosen for on the middle part: the bars, and a little for the luck of the draw. */
const LEAST_RECALL = { gambling2: 0.518, adult2: 0.515, gamblingVn: 0.74 };

/** The thresholds, words and model together, that reach those with the fewest ordinary names flagged; for the rest, two names each. */
function thresholds(classes) {
  const all = sets('val');
  const words = readWords();
  const found = new Int32Array(MAX_FEATURES);
  const tables = classes.map(({ weights }) => new Map(weights.map(([text, weight]) => [featureNumber(text), weight])));
  const byWords = createNameJudge(words);
  const rowsOf = (names) => names.map((domain) => {
    const { label, hyphens, suffix } = foldName(domain);
    const count = featuresOf(label, hyphens, suffix, found);
    const sums = classes.map(({ bias }, c) => {
      let sum = bias - (isGuarded(domain, suffix) ? CAUTION : 0);
      for (let i = 0; i < count; i++) sum += tables[c].get(found[i]) ?? 0;
      return sum;
    });
    return { word: byWords(domain).score >= words.threshold, sums };
  });
  const [ordinary, porn, betting, nhacai] = ['popular_clean', 'adult_consensus2', 'gambling_consensus2', 'vn_blocked ∩ gambling'].map((name) => rowsOf(all[name]));
  const flagged = ({ word, sums }) => word || sums.some((sum, c) => sum >= classes[c].threshold);
  const caught = (rows) => rows.filter(flagged).length / rows.length;
  /** Highest threshold of class c at which this share of a set is caught. */
  const settle = (rows, c, share) => {
    classes[c].threshold = 10_000;
    const missed = rows.filter((row) => !flagged(row)).map(({ sums }) => sums[c]).sort((x, y) => y - x);
    const need = Math.ceil(share * rows.length) - (rows.length - missed.length);
    classes[c].threshold = need > 0 ? missed[need - 1] : 200;
  };
  for (const one of classes) one.threshold = 10_000;
  for (const c of [2, 3]) classes[c].threshold = ordinary.map(({ sums }) => sums[c]).sort((x, y) => y - x)[2] + 1;
  let best = { clean: Infinity, chosen: [] };
  for (let share = 0.4; share <= LEAST_RECALL.gamblingVn; share += 0.02) {
    for (const c of [0, 1]) classes[c].threshold = 10_000;
    settle(nhacai, 4, share);
    settle(porn, 1, LEAST_RECALL.adult2);
    settle(betting, 0, LEAST_RECALL.gambling2);
    const enough = classes[0].threshold;
    settle(nhacai, 0, LEAST_RECALL.gamblingVn);
    classes[0].threshold = Math.min(enough, classes[0].threshold);
    const clean = caught(ordinary);
    if (clean < best.clean) best = { clean, chosen: classes.map(({ threshold }) => threshold) };
  }
  classes.forEach((one, c) => { one.threshold = best.chosen[c]; });
  say(`thresholds ${best.chosen.join(' ')}: ${(100 * best.clean).toFixed(2)} % of popular_clean in the middle part`);
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
const percent = (part, whole) => `${((100 * part) / whole).toFixed(3).padStart(7)} %`;

function report() {
  const words = readWords();
  const text = readFileSync(MODEL, 'utf8');
  const judge = createNameJudge({ ...words, model: parseNameModel(text) });
  const all = sets(options.part);
  const scores = Object.fromEntries(Object.entries(all).map(([name, names]) => [name, names.map((domain) => judge(domain).score)]));
  const flagged = (name, threshold) => scores[name].filter((score) => score >= threshold).length;
  say(`model: ${Math.round(text.length / 1024)} KB; part: ${options.part}; threshold ${words.threshold}`);
  for (const [name, names] of Object.entries(all)) {
    say(`${name.padEnd(62)} ${String(flagged(name, words.threshold)).padStart(6)} of ${String(names.length).padStart(6)}  ${percent(flagged(name, words.threshold), names.length)}`);
    if (options.list?.includes(name)) console.log(names.filter((_, i) => scores[name][i] >= words.threshold).map((domain) => `${domain}(${judge(domain).category})`).join(' '));
  }

  // Of the bad names, those with no relative among the names that were learned from or chosen by: the next family, not the next number.
  const relatives = new Set([...gambling, ...adult, ...vietnamese].filter((d) => partOf(d) !== 'test').map(familyOf));
  for (const name of options.part === 'test' ? ['vn_blocked ∩ gambling', 'gambling_consensus2', 'adult_consensus2'] : []) {
    const own = all[name].map((domain, i) => [domain, scores[name][i]]).filter(([domain]) => !relatives.has(familyOf(domain)));
    const hit = own.filter(([, score]) => score >= words.threshold).length;
    say(`${`${name}, of no family seen before`.padEnd(62)} ${String(hit).padStart(6)} of ${String(own.length).padStart(6)}  ${percent(hit, own.length)}`);
  }

  const curve = ['popular_clean', 'popular_newcomer', 'vn_blocked ∩ gambling', 'gambling_consensus2', 'adult_consensus2', 'education'];
  say(`threshold  ${curve.join(' · ')} · vn_edu + vn_gov + vn_popular`);
  for (const threshold of [84, 88, 92, 96, 100, 104, 108, 112, 116, 120, 124, 128, 132, 140]) {
    say(`${String(threshold).padStart(9)}  ${curve.map((name) => percent(flagged(name, threshold), all[name].length)).join('  ')}  ${['vn_edu', 'vn_gov', 'vn_popular'].reduce((sum, name) => sum + flagged(name, threshold), 0)}`);
  }

  const sample = all.popular_clean.slice(0, 20_000);
  for (let round = 0; round < 3; round++) {
    const from = process.hrtime.bigint();
    for (const domain of sample) judge(domain);
    if (round === 2) say(`${Number((process.hrtime.bigint() - from) / BigInt(sample.length))} ns a name`);
  }
}

if (!options.report) write(thresholds(train()));
report();
