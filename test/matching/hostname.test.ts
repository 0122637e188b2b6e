/** Spelling of hosts: the table of security.md §2.6, row by row, then properties over arbitrary text. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalHost, hostFromUrl, parseAuthority, wireHost } from '../../src/matching/hostname.js';

const L63 = 'a'.repeat(63);
const NAME_253 = `${L63}.${L63}.${L63}.${'b'.repeat(61)}`;

/** [written, canonicalHost, wireHost]; null = refused; undefined = same as canonicalHost. */
const TABLE: readonly (readonly [string, string | null, (string | null)?])[] = [
  // IPv4 in every number form
  ['2130706433', '127.0.0.1'], ['0x7f.1', '127.0.0.1'], ['0X7F.1', '127.0.0.1'], ['0177.0.0.1', '127.0.0.1'],
  ['127.1', '127.0.0.1'], ['0', '0.0.0.0'], ['0x', '0.0.0.0'], ['1.2.3', '1.2.0.3'], ['127.0.0.1', '127.0.0.1'],
  ['127.0.0.1.', '127.0.0.1'], ['4294967295', '255.255.255.255'], ['0xffffffff', '255.255.255.255'],
  ['00000000000000000000000000177.1', '127.0.0.1'], ['1.65535', '1.0.255.255'], ['1.2.65535', '1.2.255.255'],
  ['08.0.0.1', null], ['256.256.256.256', null], ['1.2.3.4.5', null], ['foo.0x4', null], ['foo.1', null],
  ['foo.09', null], ['1.2.3.256', null], ['4294967296', null], ['1.16777216', null], ['256.1', null], ['1..2', null],
  ['0xg', '0xg'], ['1.2.3.0xg', '1.2.3.0xg'], ['1a', '1a'], ['127.0.0.1..', null],
  ['①②⑦.⓪.⓪.①', '127.0.0.1', null], ['127。0。0。1', '127.0.0.1', null], ['ｌocalhost', 'localhost', null],
  ['0x7f000001', '127.0.0.1'], ['9'.repeat(300), null],
  // IPv6, and the IPv4 inside it
  ['[::1]', '::1'], ['::1', '::1'], ['[::]', '::'], ['[0:0:0:0:0:0:0:1]', '::1'],
  ['[2001:DB8:0:0:1:0:0:1]', '2001:db8::1:0:0:1'], ['[2001:db8:0:1:1:1:1:1]', '2001:db8:0:1:1:1:1:1'],
  ['[1:2:3:4:5:6:7::]', '1:2:3:4:5:6:7:0'], ['[::2:3:4:5:6:7:8]', '0:2:3:4:5:6:7:8'],
  ['[::ffff:127.0.0.1]', '127.0.0.1'], ['[::ffff:7f00:1]', '127.0.0.1'], ['[::127.0.0.1]', '127.0.0.1'],
  ['[::ffff:0:127.0.0.1]', '127.0.0.1'], ['[64:ff9b::7f00:1]', '127.0.0.1'], ['[64:ff9b::127.0.0.1]', '127.0.0.1'],
  ['[2002:7f00:1::]', '127.0.0.1'], ['2002:7f00:1::', '127.0.0.1'],
  ['[2001:0:4136:e378:8000:63bf:80ff:fffe]', '127.0.0.1'],
  ['[fe80::1%25eth0]', null], ['[fe80::1%eth0]', null], ['fe80::1%lo', null], ['[::1', null], ['::1]', null],
  ['[]', null], ['[1.2.3.4]', null], ['[::ffff:127.1]', null], ['[::01.2.3.4]', null], ['[1::2::3]', null],
  ['[12345::]', null], ['[1:2:3:4:5:6:7:8:9]', null], ['[1:2:3:4:5:6:7:8::]', null], [':', null], [':::', null],
  ['[::1].', null], ['[::1]x', null], ['[v1.a]', null],
  // dots
  ['blocked.test', 'blocked.test'], ['blocked.test.', 'blocked.test'], ['blocked.test..', null], ['.', null], ['..', null],
  ['.blocked.test', null], ['a..b', null], ['', null],
  // folding
  ['BLOCKED.test', 'blocked.test'], ['blocked。test', 'blocked.test', null], ['blocked．test', 'blocked.test', null],
  ['blo\u00adcked.test', 'blocked.test', null], ['blocked.test。', 'blocked.test', null], ['\u00ad', null],
  ['blocked%2etest', 'blocked.test', null], ['blocked%2Etest', 'blocked.test', null], ['%62locked.test', 'blocked.test', null],
  ['blocked%252etest', null], ['ti%E1%BA%BFng.vn', 'xn--ting-hv5a.vn', null], ['%ff.test', null], ['%', null], ['a%2', null],
  // what must not be there at all
  ['ok%00.test', null], ['ok\0.test', null], ['127.0.0.1\0.allowed.example', null], ['ok.test\r', null], ['ok\n.test', null],
  ['ok\t.test', null], ['ok .test', null], [' ok.test', null], ['ok.test\\@evil', null], ['ok.test\\', null],
  ['ok.test@evil.test', null], ['ok.test:443@evil.test', null], ['ok.test#@evil', null], ['ok.test?@evil', null],
  ['ok.test%2f', null], ['ok.test/', null], ['ok.test:443', null], ['ok.test／x', null], ['ok.test：80', null],
  ['ok.test％2e', null], ['ok.test\x7f', null], ['a。b\0.test', null], ['<ok>.test', null], ['ok|.test', null],
  ['ok.test,evil.test', null], ['*.test', null], ['-a.test', null], ['a-.test', null], ['a.-', null], ['a!b.test', null],
  ['a_b.test', 'a_b.test'], ['_dmarc.test', '_dmarc.test'], ['r3---sn-8pxuuxa-nbo6l.googlevideo.com', 'r3---sn-8pxuuxa-nbo6l.googlevideo.com'],
  // sizes
  [`${L63}.test`, `${L63}.test`], [`a${L63}.test`, null], [NAME_253, NAME_253], [`${NAME_253}.`, NAME_253], [`${NAME_253}b`, null],
  [`x${'.a'.repeat(126)}`, `x${'.a'.repeat(126)}`], ['ü'.repeat(70), null], ['a'.repeat(5000), null],
  // A-labels
  ['xn--', null], ['xn--zzzzzz--', null], ['xn--a', null], ['xn--0', null], ['xn--abc-.com', null], ['xn--a-ecp.ru', null],
  ['xn--ting-hv5a.vn', 'xn--ting-hv5a.vn'], ['XN--TING-HV5A.vn', 'xn--ting-hv5a.vn'], ['xn--ting-hv5a.xn--', null],
  ['xn--xn---epa.com', null], ['xn--fa-hia.de', 'xn--fa-hia.de'], ['faß.de', 'xn--fa-hia.de', null],
  // NFC, NFD, case; Đ (U+0110) and Ð (U+00D0) are two letters
  ['tiếng.vn'.normalize('NFC'), 'xn--ting-hv5a.vn', null], ['tiếng.vn'.normalize('NFD'), 'xn--ting-hv5a.vn', null],
  ['TIẾNG.vn', 'xn--ting-hv5a.vn', null], ['Đa.vn', 'xn--a-kia.vn', null], ['Ða.vn', 'xn--a-oga.vn', null],
  ['аpple.com', 'xn--pple-43d.com', null], ['☃.net', 'xn--n3h.net', null],
];

describe('canonicalHost and wireHost', () => {
  for (const [written, canonical, wire = canonical] of TABLE) {
    it(`${JSON.stringify(written).slice(0, 60)} → ${String(canonical).slice(0, 60)}`, () => {
      expect(canonicalHost(written)).toBe(canonical);
      expect(wireHost(written)).toBe(wire);
    });
  }

  it('returns a canonical name as the very same string', () => {
    const name = 'www.example.edu.vn';
    expect(canonicalHost(name)).toBe(name);
    expect(wireHost(name)).toBe(name);
  });
});

/** Text that looks like hosts often enough to reach every branch. */
const alphabet = fc.constantFrom(
  ...'abzABZ019.-_:[]%/@?#\\*, ', 'xn--', 'XN--', '0x', '。', '．', 'ế', 'e\u0302\u0301', 'ß', 'Đ', '①', '\u00ad', '\u200d', '\0', '%2e', '%00',
  '%e1%ba%bf', 'ting-hv5a', '::', 'ffff', '127', '256', '💩', 'א', '\ud800',
);
const hostish = fc.array(alphabet, { maxLength: 14 }).map((parts) => parts.join(''));
const anyText = fc.oneof(hostish, hostish, fc.string({ unit: 'binary' }), fc.domain(), fc.ipV4(), fc.ipV6(), fc.ipV4Extended());

describe('properties', () => {
  it('canonical form is a fixed point of both readers, in a closed alphabet', () => {
    let accepted = 0;
    let refused = 0;
    fc.assert(fc.property(anyText, (text) => {
      const host = canonicalHost(text);
      if (host === null) {
        refused++;
        return;
      }
      accepted++;
      expect(canonicalHost(host)).toBe(host);
      expect(wireHost(host)).toBe(host);
      expect(host).toMatch(/^[a-z0-9._-]{1,253}$|^[0-9a-f:]{2,39}$/);
    }), { numRuns: 20_000, seed: 2 });
    expect(Math.min(accepted, refused)).toBeGreaterThan(2000);
  });

  it('the wire accepts a part of what people may write, with the same result', () => {
    let both = 0;
    let onlyLenient = 0;
    fc.assert(fc.property(anyText, (text) => {
      const wire = wireHost(text);
      const lenient = canonicalHost(text);
      if (wire !== null) {
        both++;
        expect(lenient).toBe(wire);
      } else if (lenient !== null) {
        onlyLenient++;
      }
    }), { numRuns: 20_000, seed: 3 });
    expect(both).toBeGreaterThan(2000);
    expect(onlyLenient).toBeGreaterThan(100);
  });

  it('agrees with the WHATWG parser on what it accepts', () => {
    let compared = 0;
    fc.assert(fc.property(anyText, (text) => {
      const ours = wireHost(text);
      if (ours === null || ours.includes(':') || text.startsWith('[') || text.includes(':')) return;
      compared++;
      expect(new URL(`http://${text.replace(/\.$/, '')}/`).hostname).toBe(ours);
    }), { numRuns: 20_000, seed: 4 });
    expect(compared).toBeGreaterThan(2000);
  });
});

describe('parseAuthority', () => {
  it.each([
    ['ok.test:443', null, { host: 'ok.test', port: 443 }],
    ['OK.test', 80, { host: 'ok.test', port: 80 }],
    ['ok.test', null, null],
    ['[::1]:8080', null, { host: '::1', port: 8080 }],
    ['[::1]', 80, { host: '::1', port: 80 }],
    ['ok.test:65535', null, { host: 'ok.test', port: 65535 }],
    ['ok.test:0443', 80, null], ['ok.test:', 80, null], ['ok.test:+443', 80, null], ['ok.test:65979', 80, null],
    ['ok.test:65536', 80, null], ['ok.test:0', 80, null], ['ok.test:-1', 80, null], ['ok.test: 443', 80, null],
    ['ok.test:443 ', 80, null], ['ok.test:0x50', 80, null], ['ok.test:٤٤٣', 80, null], ['ok.test:443:443', 80, null],
    ['::1', 80, null], ['::1:443', 80, null], ['[::1]443', 80, null], ['[::1', 80, null], ['[ok.test]:443', 80, null],
    ['ok%2etest:443', null, null], ['user@ok.test:443', null, null], ['ok.test, blocked.test', 80, null],
    ['ok.test/x', 80, null], ['', 80, null], [':443', 80, null], ['ok。test:443', null, null],
  ] as const)('%j (default %j) → %j', (text, port, expected) => {
    expect(parseAuthority(text, port)).toEqual(expected);
  });
});

describe('hostFromUrl', () => {
  it.each([
    ['http://ok.test', 'ok.test', 80, 'http', null], ['https://OK.test/', 'ok.test', 443, 'https', '/'],
    ['HTTPS://ok.test:8443/a/b?q=1#f', 'ok.test', 8443, 'https', '/a/b'], ['ok.test', 'ok.test', 443, null, null],
    ['ok.test/games/x', 'ok.test', 443, null, '/games/x'], ['ok.test:80/x', 'ok.test', 80, null, '/x'],
    ['http://[::1]:81/', '::1', 81, 'http', '/'], ['2001:db8::1', '2001:db8::1', 443, null, null],
    ['::ffff:127.0.0.1', '127.0.0.1', 443, null, null], ['http://tiếng.vn/đường', 'xn--ting-hv5a.vn', 80, 'http', '/đường'],
    ['http://blocked%2etest/', 'blocked.test', 80, 'http', '/'], ['http://ok.test/@user', 'ok.test', 80, 'http', '/@user'],
    ['https://ok.test?q=1', 'ok.test', 443, 'https', null], ['http://2130706433/', '127.0.0.1', 80, 'http', '/'],
    ['https://ok.test/a\\b', 'ok.test', 443, 'https', '/a\\b'],
  ] as const)('%j', (text, host, port, scheme, path) => {
    expect(hostFromUrl(text)).toEqual({ host, port, scheme, path });
  });

  it.each([
    'http:ok.test', 'http:///ok.test', '//evil.test/', 'http:\\\\evil.test', 'http://ok.test\\@evil', 'http://ok.test@evil.test/',
    'http://ok.test:443@evil.test', 'http://ok.test#@evil', 'http://ok.test?@evil', 'ftp://ok.test/', 'javascript:alert(1)',
    'data:text/html,x', 'file:///etc/passwd', 'http://', '', '/', 'http://ok.test:0443/', 'http://ok.test:/', 'http://ok .test/',
    'http://ok.test/\r\nX: y', 'ht\ttp://ok.test/', 'http://::1/', 'http://ok%00.test/', 'ok.test:http', 'http://ok%2ftest/',
  ])('refuses %j', (text) => {
    expect(hostFromUrl(text)).toBeNull();
  });
});
