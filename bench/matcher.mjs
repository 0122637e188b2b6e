/**
 * The host index at full size: build, load, bytes a host, nanoseconds a lookup. Run on Node 24 after `npm run build`.
 * `--json` prints one object; `--list FILE` takes another `host<TAB>category[,category…]` list (gzip).
 * Skips with a message where ../shared/data is absent.
 */
import { existsSync, mkdtempSync, openSync, closeSync, readFileSync, readSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { createIndexBuilder } from '../dist/matching/host-index-build.js';
import { decodeImage, encodeImage, MATCH_SLOTS, openIndex } from '../dist/matching/host-index.js';
import { canonicalHost } from '../dist/matching/hostname.js';

const { values: options } = parseArgs({ options: { json: { type: 'boolean' }, list: { type: 'string' } } });
const list = options.list ?? fileURLToPath(new URL('../../shared/data/combined/public.tsv.gz', import.meta.url));
if (!existsSync(list)) {
  const skipped = 'skipped: ../shared/data/combined/public.tsv.gz is not there';
  console.log(options.json ? JSON.stringify({ skipped }) : skipped);
  process.exit(0);
}

const seconds = (since) => Math.round(performance.now() - since) / 1000;
const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
const rssMb = () => Math.round(process.memoryUsage().rss / 1e6);

/** mulberry32: the same sample every time. */
function random(seed) {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

// Lines are cut out of the bytes one at a time, as an importer does: no array of three million strings.
const bytes = gunzipSync(readFileSync(list));
function* lines() {
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(10, start);
    const end = found < 0 ? bytes.length : found;
    if (end > start) yield bytes.latin1Slice(start, end);
    start = end + 1;
  }
}
let count = 0;
for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;

const scanned = performance.now();
for (const line of lines()) line.indexOf('\t');
const scanS = seconds(scanned);

const categories = new Map();
const next = random(1);
const hits = [];
let refused = 0;
const beforeMb = rssMb();
const started = performance.now();
const builder = createIndexBuilder(count);
for (const line of lines()) {
  const tab = line.indexOf('\t');
  const host = line.slice(0, tab);
  let taken = true;
  for (const category of line.slice(tab + 1).split(',')) {
    let number = categories.get(category);
    if (number === undefined) categories.set(category, number = categories.size);
    taken = builder.add(number, host) && taken;
  }
  if (!taken) refused++;
  else if (hits.length < 200_000 && next() < 0.1) hits.push(host);
}
const image = builder.finish();
const buildS = seconds(started);
const afterMb = rssMb();
const index = openIndex(image);

const folder = mkdtempSync(join(tmpdir(), 'luytre-matcher-'));
const file = join(folder, 'hosts.index');
writeFileSync(file, Buffer.concat(encodeImage(image)));
const fileBytes = statSync(file).size;
const loads = [];
for (let i = 0; i < 3; i++) {
  const since = performance.now();
  const shared = new Uint8Array(new SharedArrayBuffer(fileBytes));
  const fd = openSync(file, 'r');
  readSync(fd, shared);
  closeSync(fd);
  const loaded = decodeImage(shared);
  if (loaded === null || openIndex(loaded).size !== index.size) throw new Error('the image did not come back');
  loads.push(seconds(since));
}
rmSync(folder, { recursive: true });

// Names as they come off the wire: fresh flat strings, never the ones that were inserted.
const wire = (names) => names.map((name) => Buffer.from(name, 'latin1'));
const tlds = ['com', 'net', 'vn', 'org', 'io'];
const misses = Array.from({ length: 200_000 }, (_, i) => `www.${Math.floor(next() * 2 ** 50).toString(36)}${i}.${tlds[i % 5]}`);
const out = new Int32Array(MATCH_SLOTS);

/** Nanoseconds of one call over all names: the best and the median of 11 passes after 2 to warm up. */
function time(names, call) {
  const repeats = Math.ceil(200_000 / names.length);
  const passes = [];
  let found = 0;
  for (let pass = 0; pass < 13; pass++) {
    const since = performance.now();
    for (let i = 0; i < repeats; i++) for (const name of names) found += call(name);
    if (pass >= 2) passes.push(((performance.now() - since) * 1e6) / names.length / repeats);
  }
  return { ns: `${Math.round(Math.min(...passes))} / ${Math.round(median(passes))}`, found: found / 13 / repeats / names.length };
}
const strings = (names) => wire(names).map((name) => name.latin1Slice());
const hit = time(strings(hits), (name) => index.match(name, out));
const deep = time(strings(hits.map((name) => `a.b.${name}`)), (name) => index.match(name, out));
const miss = time(strings(misses), (name) => index.match(name, out));
const hot = time(strings(misses.slice(0, 1000)), (name) => index.match(name, out));
const cut = time(wire(misses), (name) => index.match(name.latin1Slice(), out));
const canonical = time(strings(misses), (name) => (canonicalHost(name) === name ? 1 : 0));

const result = {
  node: process.version, hosts: index.size, refused, postings: image.postings.length,
  bytesPerHost: Math.round((index.bytes / index.size) * 100) / 100, imageMb: Math.round(index.bytes / 1e6),
  scanS, buildS, rssGrowthMb: afterMb - beforeMb, loadS: median(loads),
  nsHit: hit.ns, nsHitTwoLabelsDeeper: deep.ns, nsMiss: miss.ns, nsMissOf1000HotNames: hot.ns, nsMissWithNewString: cut.ns,
  nsCanonicalHost: canonical.ns, falseHits: miss.found, // nanoseconds: best / median
};
if (hit.found < 1 || deep.found < 1) throw new Error('a listed host was not found');
if (options.json) console.log(JSON.stringify(result));
else console.table(result);
