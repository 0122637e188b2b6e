/**
 * Mutated ClientHellos, real ones where the data sets are there: nothing throws, segmentation changes nothing, and OpenSSL never takes
 * another name from a hello than the one we judged (a sample).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { canonicalHost, wireHost } from '../../src/matching/hostname.js';
import { createHelloReader } from '../../src/proxy/client-hello.js';
import type { HelloResult } from '../../src/proxy/client-hello.js';
import { helloBytes } from '../support/hello-bytes.js';
import { createOpensslReader } from '../support/openssl-reader.js';
import { FUZZ_SEED, fuzzCases, mutate, seeded } from '../support/seeded.js';
import type { Random } from '../support/seeded.js';
import { sharedData } from '../support/shared-data.js';

const CAP = 16_384;
/** Of the hellos taken. */
const OPENSSL_ONE_IN = 20;

const SEEDS = [helloBytes(), helloBytes({ sni: null }), helloBytes({ alpn: ['h2', 'http/1.1'] }), helloBytes({ sni: 'UPPER.Test.', versions: [] }), helloBytes({ recordBytes: 40 }), helloBytes({ sni: 'xn--ting-hv5a.vn', padding: 300 })];
const folder = sharedData('vectors', 'tls', 'clienthello');
if (folder !== null) {
  for (const line of readFileSync(join(folder, 'index.tsv'), 'utf8').trimEnd().split('\n').slice(1)) SEEDS.push(readFileSync(join(folder, line.slice(0, line.indexOf('\t')))));
}

const DICTIONARY = [
  '16030100', '1603010005', '16030300010', '00', '0000', '0001', '00000000', 'ffff', '0010', '002b', 'fe0d', 'ffce', '0304', '0303', '0a0a', '01', '0100', '140303000101', '1703030010',
  // server_name with one name, two names, another type.
  '0000000b0009000006612e74657374', '000000140012000006612e74657374000006622e74657374', '0000000b0009010006612e74657374',
  '001000050003026832', '0015000100', '2e', '2e2e', '0d0a', '20', '7f', '80',
].map((hex) => Buffer.from(hex, 'hex'));

/** Flips land mostly in the padding of a real hello; half the changes aim at its first 300 bytes or at the server name. */
function change(random: Random, bytes: Buffer): Buffer {
  if (random.chance(2) || bytes.length < 60) return mutate(random, bytes, DICTIONARY, random.pick(SEEDS));
  const name = bytes.indexOf(Buffer.from([0, 0, 0]), 43);
  const at = random.chance(2) && name !== -1 ? Math.max(0, name - 4) : 0;
  const to = Math.min(bytes.length, at + 300);
  return Buffer.concat([bytes.subarray(0, at), mutate(random, bytes.subarray(at, to), DICTIONARY, random.pick(SEEDS)), bytes.subarray(to)]);
}

/** Makes the record and handshake lengths true again, so that a change inside is looked at and not stopped at the door. */
function mend(bytes: Buffer): Buffer {
  if (bytes.length < 60 || bytes.length > CAP) return bytes;
  const mended = Buffer.from(bytes);
  mended.set([22, 3, 1], 0);
  mended.writeUInt16BE(bytes.length - 5, 3);
  mended[5] = 1;
  mended.writeUIntBE(bytes.length - 9, 6, 3);
  let at = 9 + 34;
  at += 1 + (mended[at] as number);
  if (at + 2 > mended.length) return mended;
  at += 2 + mended.readUInt16BE(at);
  at += 1 + (mended[at] ?? 0);
  if (at + 2 <= mended.length) mended.writeUInt16BE(mended.length - at - 2, at);
  return mended;
}

function readCut(random: Random, bytes: Buffer): HelloResult {
  const reader = createHelloReader(CAP);
  let result: HelloResult = { state: 'more' };
  let at = 0;
  while (at < bytes.length) {
    const to = Math.min(bytes.length, at + 1 + random.int(random.chance(3) ? 8 : 600));
    result = reader.push(bytes.subarray(at, to));
    at = to;
  }
  if (!Buffer.concat(reader.bytes()).equals(bytes)) throw new Error('the replay is not what came');
  return result;
}

const openssl = createOpensslReader();
afterAll(() => openssl.close());

it('ClientHellos', async () => {
  const random = seeded(FUZZ_SEED + 2);
  const cases = fuzzCases(0.2);
  const seen = new Map<string, number>();
  let named = 0;
  let compared = 0;
  for (let n = 0; n < cases; n++) {
    let bytes = random.pick(SEEDS);
    for (let m = random.int(3); m >= 0; m--) bytes = change(random, bytes);
    if (!random.chance(3)) bytes = mend(bytes);
    const reader = createHelloReader(CAP);
    const result = bytes.length === 0 ? ({ state: 'more' } as const) : reader.push(bytes);
    const what = result.state === 'bad' ? result.reason : result.state;
    seen.set(what, (seen.get(what) ?? 0) + 1);
    if (JSON.stringify(readCut(random, bytes)) !== JSON.stringify(result)) throw new Error(`cut up it is read otherwise: ${bytes.toString('hex')}`);
    if (result.state !== 'hello') continue;
    if (result.sni !== null) {
      named++;
      if (wireHost(result.sni) !== result.sni) throw new Error(`not canonical: ${bytes.toString('hex')}`);
    }
    if (!random.chance(OPENSSL_ONE_IN)) continue;
    const other = await openssl.read(bytes);
    if (other === null) continue;
    compared++;
    if (canonicalHost(other) !== result.sni) throw new Error(`OpenSSL takes another name: ${bytes.toString('hex')}`);
  }
  console.info(`ClientHellos: ${cases} cases, ${JSON.stringify(Object.fromEntries(seen))}, ${named} with a name, ${compared} compared with OpenSSL`);
  expect(seen.get('hello') ?? 0).toBeGreaterThan(cases / 10);
  expect(seen.get('malformed') ?? 0).toBeGreaterThan(cases / 20);
  if (cases >= 4_000) {
    expect(seen.size).toBe(5);
    expect(compared).toBeGreaterThan(cases / 2_000);
  }
});
