/**
 * A verdict's price: decide() with and without the cache, over the shipped rules and the 3.3 million hosts of
 * ../shared/data, by a recorded trace and by a Zipf mix of popular names. Run on Node 24 after `npm run build`.
 * Authorities are cut from bytes for each call, as on the wire; the `cut` row is that cost alone and is in every other row.
 * `--json` prints one object; `--small` leaves the big list out. Skips what is absent, with a message.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import yauzl from 'yauzl';
import { createIndexBuilder } from '../dist/matching/host-index-build.js';
import { parseAuthority } from '../dist/matching/hostname.js';
import { loadShipped } from '../dist/lists/shipped.js';
import { createSnapshot } from '../dist/policy/create-snapshot.js';
import { createDecisionCache } from '../dist/policy/decision-cache.js';
import { decide } from '../dist/policy/decide.js';

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, small: { type: 'boolean' } } });
const data = (path) => fileURLToPath(new URL(`../../shared/data/${path}`, import.meta.url));
const say = (text) => { if (!options.json) console.log(text); };
const NOW = Date.UTC(2026, 10, 23, 2, 0);

/** The public list's categories in the matrix's words; what is not named here stays out. */
const CATEGORY_OF = {
  ads: 'quangcao', adult: 'khieudam', dating: 'henho', drugs: 'matuy', exam_cheating: 'gianlan', gambling: 'cobac', games: 'game12', malware: 'madoc',
  phishing: 'luadao', piracy: 'philau', proxy_redirector: 'vpn', scam: 'luadao', shopping: 'muasam', social: 'mxh', tracking: 'quangcao', typosquat: 'luadao',
  vpn: 'vpn', web_proxy: 'vpn', weapons: 'vukhi', violence: 'baoluc', audio_video: 'phimnhac', chat: 'nhantin', news: 'baochi', education: 'hoclieu', ai: 'ai',
};

function buildPolicy() {
  const shipped = loadShipped(fileURLToPath(new URL('../rules', import.meta.url)));
  const position = new Map(shipped.categories.map(({ code }, i) => [code, i]));
  const profile = new Map(shipped.profiles.map(({ id }, i) => [id, i]));
  const all = (1 << shipped.profiles.length) - 1;
  const lists = [];
  const big = data('combined/public.tsv.gz');
  const withBig = !options.small && existsSync(big);
  const builder = createIndexBuilder(withBig ? 3_500_000 : 20_000);
  for (const { meta, version, entries } of shipped.lists) {
    for (const entry of entries) builder.add(lists.length, entry);
    const mask = meta.profiles === null ? all : meta.profiles.reduce((bits, id) => bits | (1 << profile.get(id)), 0);
    lists.push({ name: meta.name, version, role: meta.role, category: position.get(meta.category) ?? -1, profileMask: mask, shield: meta.shield });
  }
  if (withBig) {
    const numbers = new Map();
    const bytes = gunzipSync(readFileSync(big));
    for (let start = 0; start < bytes.length;) {
      const found = bytes.indexOf(10, start);
      const end = found < 0 ? bytes.length : found;
      const [host, categories] = bytes.latin1Slice(start, end).split('\t');
      for (const name of categories?.split(',') ?? []) {
        const code = CATEGORY_OF[name];
        if (code === undefined) continue;
        let number = numbers.get(name);
        if (number === undefined) {
          numbers.set(name, number = lists.length);
          lists.push({ name, version: 'public', role: 'category', category: position.get(code), profileMask: all, shield: false });
        }
        builder.add(number, host);
      }
      start = end + 1;
    }
  }
  const image = builder.finish();
  const zones = shipped.profiles.map(({ id }, i) => ({ name: id, profile: i, cidrs: [], macs: [], port: null, login: null, timetable: [
    { weekday: 1, fromMinute: 420, toMinute: 690, profile: i }, { weekday: 2, fromMinute: 420, toMinute: 690, profile: i },
  ] }));
  const policy = {
    generation: 1, school: { name: '', hotline: null, counsellor: null }, profiles: shipped.profiles, categories: shipped.categories, lists,
    index: image, rules: [], zones, lessons: [], openings: [], safeSearch: shipped.safeSearch, nameScore: shipped.nameScore,
  };
  const started = performance.now();
  const snapshot = createSnapshot(policy);
  decide({ host: 'a.test', zone: 0, path: null, profile: -1 }, snapshot, NOW);
  return { snapshot, zoneOf: (id) => profile.get(id), snapshotMs: performance.now() - started };
}

/** The only file of a zip, whole. */
function unzip(file) {
  return new Promise((resolve, reject) => {
    yauzl.open(file, { lazyEntries: true }, (error, zip) => {
      if (error) return reject(error);
      zip.once('entry', (entry) => zip.openReadStream(entry, (failed, stream) => {
        if (failed) return reject(failed);
        const parts = [];
        stream.on('data', (part) => parts.push(part)).on('error', reject).on('end', () => resolve(Buffer.concat(parts).toString()));
      }));
      zip.readEntry();
    });
  });
}

async function trace() {
  const file = data('traces/adguard-urlfilter-requests.json.zip');
  if (!existsSync(file)) return null;
  const authorities = [];
  for (const line of (await unzip(file)).split('\n')) {
    const found = /"url":"https?:\/\/([^/"?#@:[\]]+)/.exec(line);
    if (found !== null && parseAuthority(found[1], 80) !== null) authorities.push(found[1].toLowerCase());
  }
  return authorities;
}

function zipf() {
  const file = data('popular/umbrella-2026-07-top100k.public.txt.gz');
  if (!existsSync(file)) return null;
  const names = gunzipSync(readFileSync(file)).toString().split('\n').filter((name) => name.includes('.') && parseAuthority(name, 80) !== null);
  const cumulated = new Float64Array(names.length);
  let sum = 0;
  for (let i = 0; i < names.length; i++) cumulated[i] = sum += 1 / (i + 1);
  let state = 308;
  const random = () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  return Array.from({ length: 200_000 }, () => {
    const target = random() * sum;
    let low = 0;
    let high = names.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (cumulated[middle] < target) low = middle + 1;
      else high = middle;
    }
    return names[low];
  });
}

function measure(authorities, ways) {
  const bytes = Buffer.from(authorities.map((name) => `${name}:443`).join('\n'));
  const at = new Uint32Array(authorities.length + 1);
  authorities.forEach((name, i) => { at[i + 1] = at[i] + name.length + 5; });
  const rows = {};
  const times = new Map(ways.map(([name]) => [name, []]));
  // Processor time, in interleaved rounds: what else the machine does in a second falls on every way alike.
  for (let round = 0; round < 6; round++) {
    for (const [name, way] of ways) {
      const started = process.cpuUsage();
      for (let i = 0; i < authorities.length; i++) way(bytes.latin1Slice(at[i], at[i + 1] - 1));
      if (round > 0) times.get(name).push((process.cpuUsage(started).user * 1e3) / authorities.length);
    }
  }
  for (const [name, list] of times) rows[name] = Math.round(list.toSorted((a, b) => a - b)[list.length >> 1]);
  return rows;
}

/** Share of requests answered from the cache, from cold. */
function hitRate(authorities, zone, snapshot, perZone) {
  const cache = createDecisionCache({ perZone });
  const seen = new Set();
  let hits = 0;
  for (const name of authorities) {
    const made = cache.decideRaw(`${name}:443`, null, zone, null, snapshot, NOW);
    if (seen.has(made)) hits++;
    else seen.add(made);
  }
  return Math.round((hits / authorities.length) * 1000) / 10;
}

const { snapshot, zoneOf, snapshotMs } = buildPolicy();
say(`index: ${snapshot.index.size} hosts, ${snapshot.data.lists.length} lists; snapshot and tables in ${snapshotMs.toFixed(1)} ms`);
const result = { hosts: snapshot.index.size, snapshotMs };
for (const [name, authorities] of [['trace', await trace()], ['zipf', zipf()]]) {
  if (authorities === null) {
    say(`${name}: skipped, ../shared/data is not there`);
    continue;
  }
  for (const id of ['thcs', 'thpt']) {
    const zone = zoneOf(id);
    const byHost = createDecisionCache();
    const byRaw = createDecisionCache();
    const rows = measure(authorities, [
      ['cut', (raw) => raw.length],
      ['canonical', (raw) => parseAuthority(raw, null)],
      ['decide', (raw) => decide({ host: parseAuthority(raw, null).host, zone, path: null, profile: -1 }, snapshot, NOW)],
      ['cache by host', (raw) => byHost.decide({ host: parseAuthority(raw, null).host, zone, path: null, profile: -1 }, snapshot, NOW)],
      ['cache by raw', (raw) => byRaw.decideRaw(raw, null, zone, null, snapshot, NOW)],
    ]);
    const distinct = new Set(authorities).size;
    const hits = Object.fromEntries([256, 1_024, 2_048, 4_096].map((size) => [size, hitRate(authorities, zone, snapshot, size)]));
    result[`${name} ${id}`] = { requests: authorities.length, distinct, ns: rows, hitPercent: hits };
    say(`${name}, ${id}: ${authorities.length} requests, ${distinct} names; hit % from cold by size ${JSON.stringify(hits)}`);
    for (const [way, ns] of Object.entries(rows)) say(`  ${way.padEnd(14)} ${String(ns).padStart(6)} ns`);
  }
}
if (options.json) console.log(JSON.stringify(result));
