/**
 * Host spellings: whatever comes in, out comes null or the one canonical form, and the two readers of it, the WHATWG URL parser and
 * Node's address check never disagree with that form.
 */
import { isIP } from 'node:net';
import { expect, it } from 'vitest';
import { isAddressLiteral } from '../../src/matching/address.js';
import { canonicalHost, parseAuthority, wireHost } from '../../src/matching/hostname.js';
import { FUZZ_SEED, fuzzCases, seeded } from '../support/seeded.js';

const SEEDS = [
  'ok.test', 'OK.Test.', 'tiếng.vn', 'TIẾNG.vn', 'xn--ting-hv5a.vn', 'b_locked.test', 'a.b.c.d.e', '1.2.3.4', '2130706433', '0x7f.1', '0177.0.0.1', '[::1]', '::ffff:127.0.0.1', '[64:ff9b::7f00:1]', '2002:7f00:1::',
  'blocked%2etest', 'blocked。test', 'blo\u00adcked.test', '①②⑦.⓪.⓪.①', 'ｌocalhost', 'аpple.com', 'faß.de', 'đ.vn', 'a'.repeat(63) + '.test', 'xn--', 'co.uk', 'thpt-chuyen.hanoi.edu.vn',
];
const PIECES = [
  '.', '..', '-', '_', '%', '%2e', '%00', '%25', '@', ':', ':80', ':443', '[', ']', '/', '\\', '?', '#', ' ', '\t', '\r', '\n', '\0', ',', '*', '0x', '0', '1', '256', '4294967296', 'xn--', 'xn--a', '\u3002', '\uff0e', '\uff61',
  '\u00ad', '\u200d', '\u200b', '\u0301', '\u1ec7', 'e\u0323\u0302', 'ß', 'İ', 'ſ', 'K', 'Đ', 'Ð', '①', '\ud83d\ude00', '\ud800', '\ufeff', '\u202e', 'A', 'z', '\x7f', '\x80', 'ff', '::', 'fe80::1%25eth0',
];
const CANONICAL = /^(?:[a-z0-9_](?:[a-z0-9_-]{0,62})(?:\.[a-z0-9_][a-z0-9_-]{0,62})*|[0-9a-f:]+)$/;

it('host names', () => {
  const random = seeded(FUZZ_SEED + 3);
  const cases = fuzzCases(0.2);
  let accepted = 0;
  let wired = 0;
  let literals = 0;
  for (let n = 0; n < cases; n++) {
    let text = random.pick(SEEDS);
    for (let m = random.int(4); m > 0; m--) {
      const at = random.int(text.length + 1);
      const skip = random.chance(2) ? random.int(3) : 0;
      const piece = random.chance(3) ? String.fromCharCode(random.int(random.chance(2) ? 128 : 0x2000)) : random.chance(4) ? random.pick(SEEDS) : random.pick(PIECES);
      text = text.slice(0, at) + piece + text.slice(at + skip);
    }
    const fail = (what: string, ...more: unknown[]): never => {
      throw new Error(`${what}: ${JSON.stringify(text)} ${JSON.stringify(more)}`);
    };
    const wire = wireHost(text);
    const host = canonicalHost(text);
    if (wire !== null) {
      wired++;
      if (wire !== host) fail('wireHost and canonicalHost differ', wire, host);
      if (/[^\x21-\x7e]|%|@/.test(text)) fail('the wire took what may not be on it', wire);
      const authority = parseAuthority(text.includes(':') && !text.startsWith('[') ? `[${text}]:81` : `${text}:81`, null);
      if (authority === null || authority.host !== wire || authority.port !== 81) fail('with a port it is another host', wire, authority);
    }
    if (host === null) continue;
    accepted++;
    if (host.length > 253 || !CANONICAL.test(host)) fail('not canonical', host);
    if (canonicalHost(host) !== host || wireHost(host) !== host) fail('not idempotent', host, canonicalHost(host), wireHost(host));
    const family = isIP(host);
    if (isAddressLiteral(host) !== family > 0) fail('an address to one, a name to the other', host, family);
    if (family > 0) literals++;
    // What a browser's URL parser makes of our form must be our form: else a list, a log and a request could mean two hosts.
    const url = URL.parse(`http://${family === 6 ? `[${host}]` : host}/`);
    if (url === null || url.hostname !== (family === 6 ? `[${host}]` : host)) fail('the URL parser reads another host', host, url?.hostname);
  }
  console.info(`host names: ${cases} cases, ${accepted} accepted (${wired} on the wire, ${literals} addresses)`);
  expect(accepted).toBeGreaterThan(cases / 10);
  expect(wired).toBeGreaterThan(cases / 20);
  expect(literals).toBeGreaterThan(cases / 50);
});
