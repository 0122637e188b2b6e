import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatEntry, parseEntry } from '../../src/matching/entry.js';
import { KIND_SUBDOMAINS } from '../../src/matching/host-index.js';
import { detectFormat, LINE_FORMATS, type LineFormat } from '../../src/matching/list-format.js';
import { REFUSALS } from '../../src/matching/list-line.js';
import { createListReader, parseList, printable, type ReadResult } from '../../src/matching/list-reader.js';
import { foldRegex } from '../../src/matching/list-regex.js';
import { isPublicSuffix } from '../../src/matching/public-suffix.js';

/** `why` of the only line, or its entries. */
function one(line: string, format: LineFormat, allow = false): string {
  const result = parseList([line], format, { allow });
  expect(result.lines).toBe(1);
  expect(result.taken + result.folded + result.comments + result.refused).toBe(1);
  if (result.refused === 1) return result.refusals[0]?.why ?? '';
  return result.comments === 1 ? '#' : result.entries.join(' ');
}

type Case = readonly [line: string, expected: string];

const CASES: Readonly<Record<LineFormat, readonly Case[]>> = {
  hosts: [
    ['0.0.0.0 Bad.Example.ORG', 'bad.example.org'],
    ['127.0.0.1\tbad.example.org  # note', 'bad.example.org'],
    ['0.0.0.0 a.example.org b.example.org', 'a.example.org b.example.org'],
    [':: bad.example.org', 'bad.example.org'],
    ['0.0.0.0 bad.example.org.', 'bad.example.org'],
    ['0.0.0.0 đánh-bài.example.org', 'xn--nh-bi-uqac79a.example.org'],
    ['127.0.0.1 localhost', 'local-name'],
    ['fe80::1%lo0 localhost', 'local-name'],
    ['ff02::1 ip6-allnodes', 'local-name'],
    ['0.0.0.0 0.0.0.0', 'local-name'],
    ['216.239.38.120 www.google.com', 'redirect'],
    ['0.0.0.0 com', 'public-suffix'],
    ['0.0.0.0 edu.vn', 'public-suffix'],
    ['0.0.0.0 bad_.-example.org', 'not-a-host'],
    ['0.0.0.0', 'syntax'],
    ['# 0.0.0.0 bad.example.org', '#'],
    ['', '#'],
    ['bad.example.org', 'bad.example.org'],
    ['hello big world', 'syntax'],
  ],
  domains: [
    ['example.org', 'example.org'],
    ['.example.org', 'example.org'],
    ['=example.org', '=example.org'],
    ['*.example.org', '*.example.org'],
    ['EXAMPLE.org.  # note', 'example.org'],
    ['http://example.org/', 'example.org'],
    ['https://example.org:8443', 'example.org'],
    ['example.org/bad/', 'example.org/bad'],
    ['http://example.org/Bad/%61.html', 'example.org/bad/a.html'],
    ['example.org//', 'example.org'],
    ['example.org/?id=1', 'query'],
    ['example.org/page#top', 'example.org/page'],
    ['http://user@example.org/', 'syntax'],
    ['ftp://example.org/', 'example.org'],
    ['javascript://example.org/', 'syntax'],
    ['0x7f.1', 'not-a-host'],
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.7:8080', '192.0.2.7'],
    ['2001:db8::7', '2001:db8::7'],
    ['[2001:DB8::7]', '2001:db8::7'],
    ['192.0.2.0/24', 'address-range'],
    ['github.io', 'public-suffix'],
    ['*.com', 'public-suffix'],
    ['=github.io', '=github.io'],
    ['example', 'public-suffix'],
    ['ads*.example.org', 'pattern'],
    ['exa mple.org', 'syntax'],
    ['example.org,ads', 'syntax'],
    ['exam%70le.org', 'example.org'],
    ['; comment', '#'],
    ['! comment', '#'],
    ['// comment', '#'],
    ['a'.repeat(64) + '.org', 'not-a-host'],
    ['-a.example.org', 'not-a-host'],
  ],
  wildcard: [
    ['*.example.org', 'example.org'],
    ['example.org', 'example.org'],
    ['=example.org', '=example.org'],
    ['*://*.example.org/*', 'example.org'],
    ['*://example.org/*', '=example.org'],
    ['*://*.example.org/bad/*', 'path-rule'],
    ['ads.*', 'pattern'],
    ['*sex*', 'pattern'],
    ['*.blogspot.com', 'public-suffix'],
  ],
  adblock: [
    ['||example.org^', 'example.org'],
    ['||*.example.org^', '*.example.org'],
    ['||example.org^|', 'example.org'],
    ['||example.org^$all', 'example.org'],
    ['||example.org^$document,popup', 'example.org'],
    ['||example.org^$important', 'example.org'],
    ['|https://example.org^', '=example.org'],
    ['|http://example.org/', '=example.org'],
    ['||example.org^$third-party', 'partial'],
    ['||example.org^$popup', 'partial'],
    ['||example.org^$script', 'partial'],
    ['||example.org^$~image', 'partial'],
    ['||example.org^$document,domain=a.org', 'partial'],
    ['||example.org^$csp=script-src none', 'partial'],
    ['||example.org/ads/', 'path-rule'],
    ['||example.org/ads^', 'path-rule'],
    ['/banner/ads.', 'path-rule'],
    ['-ad-manager-', 'pattern'],
    ['||ads*.example.org^', 'pattern'],
    ['||example', 'pattern'],
    ['||com^', 'public-suffix'],
    ['||192.0.2.7^', '192.0.2.7'],
    ['/^https?:\\/\\/ads\\./', 'regex'],
    ['/ads[0-9]+/$script', 'regex'],
    ['@@||example.org^', 'exception'],
    ['@@||example.org^$generichide', 'partial'],
    ['example.org##.ad', 'cosmetic'],
    ['##.ad', 'cosmetic'],
    ['###ad', 'cosmetic'],
    ['example.org#@#.ad', 'cosmetic'],
    ['example.org#?#div:has(> .ad)', 'cosmetic'],
    ['example.org#$#body { margin: 0 }', 'cosmetic'],
    ['example.org#%#window.x = 1', 'cosmetic'],
    ['[Adblock Plus 2.0]', '#'],
    ['! note', '#'],
  ],
  dnsmasq: [
    ['address=/example.org/0.0.0.0', 'example.org'],
    ['address=/example.org/#', 'example.org'],
    ['address=/example.org/', 'example.org'],
    ['address=/example.org/::', 'example.org'],
    ['address=/a.example.org/b.example.net/0.0.0.0', 'a.example.org b.example.net'],
    ['server=/example.org/', 'example.org'],
    ['local=/example.org/', 'example.org'],
    ['address=/www.google.com/216.239.38.120', 'redirect'],
    ['server=/example.org/9.9.9.9', 'redirect'],
    ['server=/example.org/#', 'exception'],
    ['address=/#/0.0.0.0', 'pattern'],
    ['server=9.9.9.9', 'syntax'],
    ['cache-size=1000', 'directive'],
    ['host-record=example.org,0.0.0.0', '=example.org'],
    ['# note', '#'],
  ],
  unbound: [
    ['local-zone: "example.org." always_null', 'example.org'],
    ['local-zone: "example.org" static', 'example.org'],
    ['  local-zone: example.org always_nxdomain', 'example.org'],
    ['local-zone: "example.org" transparent', 'exception'],
    ['local-data: "example.org A 0.0.0.0"', '=example.org'],
    ['local-data: "example.org. 3600 IN AAAA ::"', '=example.org'],
    ["local-data: 'example.org A 127.0.0.1'", '=example.org'],
    ['local-data: "www.google.com A 216.239.38.120"', 'redirect'],
    ['local-data: "www.bing.com CNAME strict.bing.com"', 'redirect'],
    ['local-zone: "example.org" whatever', 'syntax'],
    ['interface: 0.0.0.0', 'directive'],
    ['server:', '#'],
    ['# note', '#'],
  ],
  rpz: [
    ['example.org CNAME .', '=example.org'],
    ['*.example.org CNAME .', '*.example.org'],
    ['example.org 300 IN CNAME .', '=example.org'],
    ['example.org CNAME *.', '=example.org'],
    ['example.org CNAME rpz-drop.', '=example.org'],
    ['example.org A 0.0.0.0', '=example.org'],
    ['example.org CNAME rpz-passthru.', 'exception'],
    ['example.org CNAME example.org.', 'exception'],
    ['www.google.com CNAME forcesafesearch.google.com.', 'redirect'],
    ['example.org CNAME rpz-tcp-only.', 'partial'],
    ['32.7.2.0.192.rpz-ip CNAME .', 'address-trigger'],
    ['ns.example.org.rpz-nsdname CNAME .', 'address-trigger'],
    ['example.org TXT "x"', 'directive'],
    ['*.github.io CNAME .', 'public-suffix'],
    ['$TTL 3600', '#'],
    ['@ SOA localhost. root.localhost. 1 2 3 4 5', '#'],
    ['  NS localhost.', '#'],
    ['; note', '#'],
  ],
  v2fly: [
    ['example.org', 'example.org'],
    ['domain:example.org @ads', 'example.org'],
    ['full:www.example.org', '=www.example.org'],
    ['full:www.example.org @cn @ads # note', '=www.example.org'],
    ['regexp:(^|\\.)example\\.org$', 'example.org'],
    ['regexp:^cdn[0-9]+\\.example\\.org$', 'regex'],
    ['keyword:casino', 'keyword'],
    ['include:elsewhere', 'include'],
    ['other:example.org', 'syntax'],
    ['xxx', 'public-suffix'],
    ['# note', '#'],
  ],
  e2guardian: [
    ['example.org', 'example.org'],
    ['example.org/bad', 'example.org/bad'],
    ['192.0.2.7', '192.0.2.7'],
    ['192.0.2.1-192.0.2.9', 'address-range'],
    ['**', 'pattern'],
    ['**ip', 'pattern'],
    ['.Include</etc/e2guardian/lists/blacklists/ads/domains>', 'include'],
    ['< casino >,< bet ><40>', 'phrase'],
    ['#listcategory: "Ads"', '#'],
  ],
  regex: [
    ['(^|\\.)example\\.org$', 'example.org'],
    ['^https?://([^/]+\\.)?example\\.org(/.*)?$', 'example.org'],
    ['(adult|sex|porn)', 'regex'],
    ['(a+)+$', 'regex'],
    ['# note', '#'],
  ],
};

describe('line formats', () => {
  for (const format of LINE_FORMATS) {
    it.each(CASES[format])(`${format}: %s → %s`, (line, expected) => {
      expect(one(line, format)).toBe(expected);
    });
  }

  it('has a case for every reason a line can be refused for', () => {
    const met = new Set(Object.values(CASES).flat().map(([, expected]) => expected));
    // Those of bytes are in test/lists/lines.test.ts, `protected` in import.test.ts, `not-an-exception` below.
    const elsewhere = ['not-utf8', 'control', 'too-long', 'protected', 'not-an-exception'];
    expect(REFUSALS.filter((why) => !met.has(why) && !elsewhere.includes(why))).toEqual([]);
  });

  it('reads a redirect zone of unbound with the data that follows it', () => {
    const block = ['local-zone: "example.org" redirect', 'local-data: "example.org A 0.0.0.0"'];
    expect(parseList(block, 'unbound').entries).toEqual(['example.org']);
    const safeSearch = ['local-zone: "google.com" redirect', 'local-data: "google.com A 216.239.38.120"'];
    expect(parseList(safeSearch, 'unbound').entries).toEqual([]);
  });

  it('reads RPZ names relative to $ORIGIN, and SOA records over several lines', () => {
    const zone = ['$ORIGIN rpz.school.', '@ SOA ns. root. (', '  1 ; serial', '  2 3 4 5 )', 'a.example.org.rpz.school. CNAME .', 'b.example.org CNAME .'];
    const result = parseList(zone, 'rpz');
    expect(result.entries).toEqual(['=a.example.org', '=b.example.org']);
    expect(result.comments).toBe(4);
  });
});

describe('regular expressions', () => {
  it.each([
    ['(^|\\.)example\\.org$', 'example.org'],
    ['^(.*\\.)?example\\.org$', 'example.org'],
    ['^(.+\\.)?example\\.org$', 'example.org'],
    ['^example\\.org$', '=example.org'],
    ['^.*\\.example\\.org$', '*.example.org'],
    ['^https?:\\/\\/example\\.org\\/', '=example.org'],
    ['^https?://(www\\.)?ex-ample\\.org/', 'ex-ample.org'],
  ])('%s is %s', (source, entry) => {
    const folded = foldRegex(source);
    expect(folded === null ? null : formatEntry({ ...folded, path: null })).toBe(entry);
  });

  it.each(['example.org$', '(^|\\.)example.org$', '(^|\\.)ex[a-z]mple\\.org$', '^example\\.org', '(^|\\.)org$', '(^|\\.)example\\.(com|org)$', '.*', '(a|a)*$', '^https?://x\\.org/path', ''])('refuses %s', (source) => {
    expect(foldRegex(source)).toBeNull();
  });

  it('is linear on hostile input', () => {
    const hostile = `(^|\\.)${'a\\.'.repeat(100_000)}$`;
    const start = performance.now();
    expect(foldRegex(hostile)).toBeNull();
    // quadratic would be minutes
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});

describe('the books', () => {
  const books = ({ lines, taken, folded, comments, refused }: ReadResult): number[] => [lines, taken, folded, comments, refused];

  it('folds duplicates, other spellings of the same name, and what a parent says already, in any order', () => {
    const result = parseList(['sub.example.org', 'example.org', 'EXAMPLE.org.', 'xn--bcher-kva.example', 'bücher.example', '*.example.org', '=example.org', 'example.org/x'], 'domains');
    expect(result.entries).toEqual(['example.org', 'xn--bcher-kva.example']);
    expect(books(result)).toEqual([8, 2, 6, 0, 0]);
    expect(result.foldedBy).toEqual({ duplicate: 2, covered: 4, excepted: 0 });
  });

  it('joins RPZ halves into one entry', () => {
    const result = parseList(['example.org CNAME .', '*.example.org CNAME .', '*.sub.example.org CNAME .', 'sub.example.org CNAME .'], 'rpz');
    expect(result.entries).toEqual(['example.org']);
    expect(books(result)).toEqual([4, 1, 3, 0, 0]);
  });

  it('does not take a subdomain rule for a rule on the host', () => {
    expect(parseList(['*.example.org', '=a.example.org', 'b.a.example.org'], 'domains').entries).toEqual(['*.example.org']);
    expect(parseList(['=example.org', 'sub.example.org', 'example.org/x'], 'domains').entries).toEqual(['=example.org', 'sub.example.org']);
  });

  it('never covers an address by another', () => {
    const result = parseList(['2.7', '192.0.2.7', '0.2.7'], 'domains');
    expect(result.entries).toEqual(['192.0.2.7']);
    expect(result.refusals.map(({ why, lines }) => `${why} ${lines}`)).toEqual(['not-a-host 2']);
  });

  it('counts a line once, however many names are on it', () => {
    const result = parseList(['0.0.0.0 a.example.org b.example.org com', '0.0.0.0 a.example.org', '0.0.0.0 com net'], 'hosts');
    expect(books(result)).toEqual([3, 1, 1, 0, 1]);
    expect(result.refusedBeside).toBe(1);
    expect(result.entries).toHaveLength(2);
  });

  it('lets an exception of a block list undo what it covers, and open nothing', () => {
    const result = parseList(['||ads.example.org^', '||cdn.ads.example.org^', '||bad.example.net^', '@@||ads.example.org^', '@@||good.example.net^'], 'adblock');
    expect(result.entries).toEqual(['bad.example.net']);
    expect(books(result)).toEqual([5, 1, 2, 0, 2]);
    expect(result.refusals).toEqual([{ why: 'exception', lines: 2, first: [{ file: '', line: 4, text: 'ads.example.org' }, { file: '', line: 5, text: 'good.example.net' }] }]);
  });

  it('takes only the exceptions for an allow list that has any, else its names', () => {
    const mixed = parseList(['||bad.example.org^', '@@||good.example.org^'], 'adblock', { allow: true });
    expect(mixed.entries).toEqual(['good.example.org']);
    expect(mixed.refusals.map(({ why }) => why)).toEqual(['not-an-exception']);
    expect(parseList(['||good.example.org^'], 'adblock', { allow: true }).entries).toEqual(['good.example.org']);
  });

  it('refuses what the shield covers and says where', () => {
    const reader = createListReader({ allow: false });
    reader.open('one.txt', 'domains');
    reader.push('bad.example.org');
    reader.open('two.txt', 'domains');
    reader.push('# note');
    reader.push('school.example.org');
    const result = reader.finish((host) => host === 'school.example.org');
    expect(result.entries).toEqual(['bad.example.org']);
    expect(result.refusals).toEqual([{ why: 'protected', lines: 1, first: [{ file: 'two.txt', line: 2, text: 'school.example.org' }] }]);
  });

  it('judges by itself what lies below a refused claim', () => {
    const reader = createListReader({ allow: false });
    reader.open('', 'domains');
    for (const line of ['mail.example.org', 'evil.mail.example.org', '=login.example.org', '*.login.example.org']) reader.push(line);
    const result = reader.finish((host, kind) => kind !== KIND_SUBDOMAINS && (host === 'mail.example.org' || host === 'login.example.org'));
    expect(result.entries).toEqual(['*.login.example.org', 'evil.mail.example.org']);
    expect(books(result)).toEqual([4, 2, 0, 0, 2]);
  });

  it('keeps the first lines of each reason only, and nothing that could drive a terminal', () => {
    const result = parseList(Array.from({ length: 20 }, (_, i) => `bad${i}..example\u202e.org`), 'domains');
    expect(result.refusals[0]?.lines).toBe(20);
    expect(result.refusals[0]?.first).toHaveLength(5);
    expect(result.refusals[0]?.first[0]?.text).toBe('bad0..example·.org');
    expect(printable('\u001b[31mđỏ\u0007')).toBe('·[31mđỏ·');
  });

  it('holds for any text in any format', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('0.0.0.0', '||', '^', '@@', '$', 'CNAME', '.', '*.', '=', '/', '?', '#', 'example.org', 'a.example.org', 'com', 'edu.vn', 'regexp:', '(^|\\.)', '192.0.2.1', '::', 'local-zone:', 'address=/', '\u0000', 'ſ', 'ß.de'));
    const line = fc.array(word, { maxLength: 6 }).chain((words) => fc.constantFrom('', ' ').map((glue) => words.join(glue)));
    let taken = 0;
    fc.assert(
      fc.property(fc.constantFrom(...LINE_FORMATS), fc.array(line, { maxLength: 12 }), fc.boolean(), (format, lines, allow) => {
        const result = parseList(lines, format, { allow });
        expect(result.taken + result.folded + result.comments + result.refused).toBe(lines.length);
        expect([...new Set(result.entries)].sort()).toEqual(result.entries);
        for (const text of result.entries) {
          const entry = parseEntry(text);
          expect(entry === null ? null : formatEntry(entry)).toBe(text);
          if (entry !== null && !text.startsWith('=') && entry.path === null) expect(isPublicSuffix(entry.host)).toBe(false);
        }
        taken += result.taken;
      }),
      { numRuns: 3_000, seed: 20261123 },
    );
    // The generator reaches entries, not only refusals.
    expect(taken).toBeGreaterThan(200);
  });

  it('gives the same entries whatever the order of the lines', () => {
    const host = fc.constantFrom('a.org', 'b.a.org', 'c.b.a.org', 'x.net', 'y.x.net', '*.a.org', '=a.org', '=b.a.org', '*.x.net', '=x.net', 'x.net/p', 'y.x.net/q');
    fc.assert(
      fc.property(fc.shuffledSubarray(['a.org', 'b.a.org', 'c.b.a.org', 'x.net', 'y.x.net', '*.a.org', '=a.org', '=b.a.org', '*.x.net', '=x.net', 'x.net/p', 'y.x.net/q']), fc.array(host), (lines, more) => {
        const all = [...lines, ...more];
        expect(parseList([...all].reverse(), 'domains').entries).toEqual(parseList(all, 'domains').entries);
      }),
      { numRuns: 500, seed: 7 },
    );
  });
});

describe('format detection', () => {
  it.each<[LineFormat, string[]]>([
    ['hosts', ['# hosts', '127.0.0.1 localhost', '0.0.0.0 a.org']],
    ['domains', ['# list', 'a.org', 'b.org']],
    ['domains', ['.a.org', '.b.org']],
    ['domains', []],
    ['adblock', ['[Adblock Plus 2.0]', 'anything']],
    ['adblock', ['||a.org^', '||b.org^', 'ads.js']],
    ['dnsmasq', ['address=/a.org/#', 'server=/b.org/']],
    ['unbound', ['server:', 'local-zone: "a.org." always_null']],
    ['rpz', ['$TTL 3600', '@ SOA localhost. root. 1 2 3 4 5', 'a.org CNAME .']],
    ['wildcard', ['*.a.org', '*.b.org']],
    ['wildcard', ['*://*.a.org/*']],
    ['v2fly', ['a.org', 'b.org', 'c.org', 'full:d.org']],
  ])('%s', (format, sample) => {
    expect(detectFormat(sample)).toBe(format);
  });
});
