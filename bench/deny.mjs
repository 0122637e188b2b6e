// What half a million revocations cost a gateway: node bench/deny.mjs [lines]   (after npm run build)
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { canonicalDenyLine } from '../dist/tls/deny-line.js';
import { denyBytes, isDenied, packDenyText, unpackDeny } from '../dist/tls/packed-deny.js';

const lines = Number(process.argv[2] ?? 500_000);
const issuers = Array.from({ length: 40 }, () => randomBytes(32).toString('hex'));
const rows = Array.from({ length: lines }, (_, n) => `serial ${issuers[n % 40]} ${randomBytes(16).toString('hex')}`);
const text = Buffer.from(`${rows.join('\n')}\n`);
const gz = gzipSync(text);
let longest = 0;
let last = performance.now();
const timer = setInterval(() => {
  longest = Math.max(longest, performance.now() - last - 1);
  last = performance.now();
}, 1);
const t0 = performance.now();
const packed = await packDenyText(text, 'revoked.txt');
const packMs = performance.now() - t0;
clearInterval(timer);
const t1 = performance.now();
const back = unpackDeny(denyBytes(packed));
const loadMs = performance.now() - t1;
const asked = rows.slice(0, 100_000).map((row) => canonicalDenyLine(row));
const others = asked.map((_, n) => `serial ${issuers[n % 40]} ${n.toString(16).padStart(32, '7')}`);
let found = 0;
const t2 = performance.now();
for (const row of asked) if (isDenied(back, row)) found++;
const hitUs = ((performance.now() - t2) * 1000) / asked.length;
const t3 = performance.now();
let wrong = 0;
for (const row of others) if (isDenied(back, row)) wrong++;
const missUs = ((performance.now() - t3) * 1000) / others.length;
console.log(JSON.stringify({
  lines: packed.count, textMB: +(text.length / 1e6).toFixed(1), gzMB: +(gz.length / 1e6).toFixed(1), tableMB: +(packed.pairs.byteLength / 1e6).toFixed(2), bytesALine: packed.pairs.byteLength / packed.count,
  packMs: Math.round(packMs), longestStallMs: Math.round(longest), loadMs: +loadMs.toFixed(1), hitUs: +hitUs.toFixed(2), missUs: +missUs.toFixed(2), found, wrong,
}));
