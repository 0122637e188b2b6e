/** Entry syntax and the spelling of paths. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEntry, MAX_RULE_PATH, parseEntry } from '../../src/matching/entry.js';
import { KIND_EXACT, KIND_PATH, KIND_SUBDOMAINS, KIND_SUFFIX } from '../../src/matching/host-index.js';
import { canonicalPath } from '../../src/matching/path.js';

describe('parseEntry', () => {
  it.each([
    ['example.vn', 'example.vn', KIND_SUFFIX, null, 'example.vn'],
    ['EXAMPLE.vn.', 'example.vn', KIND_SUFFIX, null, 'example.vn'],
    ['=example.vn', 'example.vn', KIND_EXACT, null, '=example.vn'],
    ['*.example.vn', 'example.vn', KIND_SUBDOMAINS, null, '*.example.vn'],
    ['*.Tiếng.vn', 'xn--ting-hv5a.vn', KIND_SUBDOMAINS, null, '*.xn--ting-hv5a.vn'],
    ['example.vn/', 'example.vn', KIND_SUFFIX, null, 'example.vn'],
    ['example.vn/Games/', 'example.vn', KIND_PATH, '/games', 'example.vn/games'],
    ['example.vn/a%2fb;x/../c', 'example.vn', KIND_PATH, '/a/c', 'example.vn/a/c'],
    ['127.1', '127.0.0.1', KIND_SUFFIX, null, '127.0.0.1'],
    ['=10.0.0.1', '10.0.0.1', KIND_SUFFIX, null, '10.0.0.1'],
    ['[2001:DB8::1]', '2001:db8::1', KIND_SUFFIX, null, '2001:db8::1'],
    ['10.0.0.1/x', '10.0.0.1', KIND_PATH, '/x', '10.0.0.1/x'],
    ['vn', 'vn', KIND_SUFFIX, null, 'vn'],
  ] as const)('%s', (text, host, kind, path, written) => {
    const entry = parseEntry(text);
    expect(entry).toEqual({ host, kind, path });
    expect(formatEntry(entry!)).toBe(written);
    expect(parseEntry(written)).toEqual(entry);
  });

  it.each([
    '', '=', '*.', '*', '*example.vn', 'a.*.vn', '==a.vn', '=*.a.vn', '*.=a.vn', '=a.vn/x', '*.a.vn/x', '*.10.0.0.1', '*.::1', 'http://a.vn',
    'a.vn:80', 'a.vn/x?y', 'a.vn/x#y', 'a.vn?y', '/x', 'a.vn//', 'a.vn/;x', 'a.vn/..', 'a b.vn', '||a.vn^', '# a.vn', 'a.vn, b.vn',
    `a.vn/${'x'.repeat(MAX_RULE_PATH)}`,
  ])('refuses %j', (text) => expect(parseEntry(text)).toBeNull());

  it('is stable: what is written is read back as the same entry', () => {
    const text = fc.array(fc.constantFrom(...'abAB01.-_/=*%;?#:[]', '*.', 'vn', '.vn', '%2e', 'ế', '..'), { maxLength: 12 }).map((parts) => parts.join(''));
    let entries = 0;
    fc.assert(fc.property(text, (written) => {
      const entry = parseEntry(written);
      if (entry === null) return;
      entries++;
      expect(parseEntry(formatEntry(entry))).toEqual(entry);
    }), { numRuns: 20_000, seed: 7 });
    expect(entries).toBeGreaterThan(1000);
  });
});

describe('canonicalPath', () => {
  it.each([
    ['/', '/'], ['/a', '/a'], ['/a/', '/a'], ['//a', '/a'], ['/a//b', '/a/b'], ['/A/B', '/a/b'], ['/a/./b', '/a/b'], ['/a/../b', '/b'],
    ['/../../b', '/b'], ['/a/..', '/'], ['/a/%2e%2e/b', '/b'], ['/a/.%2E/b', '/b'], ['/%62', '/b'], ['/%2562', '/%2562'], ['/a;x=1/b;y', '/a/b'],
    ['/;x', '/'], ['/a?b/c', '/a'], ['/a#b', '/a'], ['/a\\b', '/a/b'], ['/a%5cb', '/a/b'], ['/a%2fb', '/a/b'], ['/đường', '/%c4%91%c6%b0%e1%bb%9dng'],
    ['/%C4%91', '/%c4%91'], ['/a%', '/a%25'], ['/a%2', '/a%252'], ['/a%zz', '/a%25zz'], ['/%00', '/%00'], ['/a b', '/a%20b'], ['/a%20b', '/a%20b'],
    ['/.well-known/x', '/.well-known/x'], ['/...', '/...'], ['/a.', '/a.'], ['/~u', '/~u'], ['/a+b', '/a+b'], ['/%3B', '/%3b'], ['/@u', '/@u'],
  ])('%s is %s', (written, canonical) => {
    expect(canonicalPath(written)).toBe(canonical);
    expect(canonicalPath(canonical)).toBe(canonical);
  });

  it.each(['', 'a', '*', 'http://a/b', '?a'])('refuses %j', (text) => expect(canonicalPath(text)).toBeNull());

  it('is a fixed point and never holds what it removes', () => {
    fc.assert(fc.property(fc.array(fc.constantFrom(...'/aA.;?%\\2eEfF5c', '%2e', '%2F', '..', 'đ', '%25'), { maxLength: 16 }), (parts) => {
      const path = canonicalPath(`/${parts.join('')}`);
      expect(path).not.toBeNull();
      expect(canonicalPath(path!)).toBe(path);
      expect(path).toMatch(/^[!-~]+$/);
      expect(path).not.toMatch(/\/\/|\/\.\.?(\/|$)|[A-Z?#\\;]/);
    }), { numRuns: 20_000, seed: 8 });
  });
});
