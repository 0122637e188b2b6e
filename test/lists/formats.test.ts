/** Every list in its native syntax under ../shared/data/formats; the hand-checked counts come from grep over the same files. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { planLayout, type ImportFormat, type LayoutAsk } from '../../src/lists/formats/layout.js';
import { readV2fly } from '../../src/lists/formats/v2fly.js';
import { ListError } from '../../src/lists/list-error.js';
import { readFiles } from '../../src/lists/read.js';
import { formatEntry, parseEntry } from '../../src/matching/entry.js';
import { createListReader, type ReadResult } from '../../src/matching/list-reader.js';
import { isPublicSuffix } from '../../src/matching/public-suffix.js';
import { sharedData } from '../support/shared-data.js';

const FORMATS = sharedData('formats');

interface Asked {
  readonly format?: ImportFormat;
  readonly category?: string;
  readonly allow?: boolean;
  readonly only?: readonly string[];
}

async function read(path: string, asked: Asked = {}): Promise<ReadResult & { formats: readonly string[]; parts: readonly string[]; ignored: number }> {
  const { reader, ...rest } = await readFiles([join(FORMATS ?? '', path)], {
    format: asked.format ?? 'auto', category: asked.category ?? 'cobac', allow: asked.allow ?? false, only: asked.only ?? null,
  });
  return { ...reader.finish(), ...rest };
}

function refusals(result: ReadResult): Record<string, number> {
  return Object.fromEntries(result.refusals.map(({ why, lines }) => [why, lines]));
}

function expectBalanced(result: ReadResult): void {
  expect(result.taken + result.folded + result.comments + result.refused).toBe(result.lines);
  expect(result.refusals.reduce((sum, { lines }) => sum + lines, 0)).toBe(result.refused);
  expect(Object.values(result.foldedBy).reduce((a, b) => a + b, 0)).toBe(result.folded);
  expect(result.entries.length).toBeGreaterThanOrEqual(result.taken);
}

describe.skipIf(FORMATS === null)('published lists (../shared/data/formats; skipped where it is absent)', () => {
  const files = FORMATS === null ? [] : readdirSync(FORMATS, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(FORMATS.length + 1)).sort();

  it('are there', () => {
    expect(files.length).toBeGreaterThanOrEqual(30);
  });

  it.each(files)('%s: every line ends in one of four ways, and every entry is canonical', async (file) => {
    const folder = file.split('/')[0];
    const result = await read(file, /tar|zip/.test(file) && folder !== 'e2guardian' ? { only: ['all'] } : {});
    expectBalanced(result);
    expect(result.lines).toBeGreaterThan(0);
    let checked = 0;
    for (const text of result.entries) {
      if (checked++ % 17 !== 0) continue;
      const entry = parseEntry(text);
      expect(entry === null ? null : formatEntry(entry)).toBe(text);
      if (entry !== null && entry.path === null && !text.startsWith('=')) expect(isPublicSuffix(entry.host), text).toBe(false);
    }
    const named: Readonly<Record<string, readonly string[]>> = { hosts: ['hosts'], adblock: ['adblock', 'wildcard'], dnsmasq: ['dnsmasq'], rpz: ['rpz'], unbound: ['unbound'], wildcard: ['wildcard'], plain: ['domains'], other: ['domains'], ut1: ['ut1'], v2fly: ['v2fly'], e2guardian: ['e2guardian'] };
    expect(named[folder ?? '']).toContain(result.formats[0]);
  });

  it.each<[string, Asked, Partial<ReadResult>, Record<string, number>]>([
    // 7,355 address=/…/# lines and ten of header; the same names as *.x: no line lost, none refused.
    ['dnsmasq/hagezi-fake.conf.gz', {}, { lines: 7_365, taken: 7_355, folded: 0, comments: 10, refused: 0 }, {}],
    ['wildcard/hagezi-fake.txt.gz', {}, { lines: 7_365, taken: 7_355, folded: 0, comments: 10, refused: 0 }, {}],
    ['unbound/hagezi-doh-vpn.conf', {}, { lines: 726, taken: 714, comments: 12, refused: 0 }, {}],
    // 2,154 server=/…/ lines, of which 988 are www. and the like of a name that is there itself.
    ['dnsmasq/blp-piracy.conf', {}, { lines: 2_167, taken: 1_166, folded: 988, comments: 13, refused: 0 }, {}],
    // 410 records are 205 pairs of x and *.x.
    ['rpz/hagezi-nosafesearch.rpz', {}, { lines: 426, taken: 205, folded: 205, comments: 16, refused: 0 }, {}],
    // A list of whole TLDs: one of them has no registrations below it, the rest may not be taken.
    ['rpz/hagezi-spam-tlds-aggressive.rpz', {}, { taken: 1, refused: 444 }, { 'public-suffix': 444 }],
    // 24,322 cosmetic lines less the one that is too long; 46,594 ||host^ and 593 with $document or all.
    ['adblock/easylist.txt.gz', {}, { lines: 80_370, taken: 46_680, folded: 507, comments: 276 }, { cosmetic: 24_321, 'too-long': 1, exception: 1 }],
    // SafeSearch as a hosts file: taking it as a block list would close the search engines.
    ['hosts/safesearch-redirects.hosts', {}, { lines: 206, taken: 0, refused: 206, entries: [] }, { redirect: 206 }],
    ['hosts/safesearch-pornhosts.hosts.gz', {}, { lines: 9_335, taken: 6_580, comments: 20 }, { redirect: 194, 'local-name': 5 }],
    ['adblock/accomplist-tlds-with-exceptions.txt', {}, { lines: 3_371, taken: 4 }, { exception: 1_004, 'public-suffix': 1_328 }],
    ['adblock/accomplist-tlds-with-exceptions.txt', { allow: true }, { lines: 3_371, taken: 1_004 }, { 'not-an-exception': 4, 'public-suffix': 1_328 }],
    ['plain/chongluadao-urls.txt.gz', {}, { lines: 34_468, taken: 17_209, comments: 0 }, { query: 39, 'public-suffix': 1 }],
    ['ut1/blacklists-ut1-layout.tar.gz', { category: 'cobac' }, { lines: 32_321, refused: 1 }, { 'public-suffix': 1 }],
    ['ut1/blacklists-ut1-layout.tar.gz', { category: 'khieudam' }, { lines: 1_248, taken: 1_230 }, { regex: 2, query: 7 }],
    ['ut1/squidguard-old-blacklists.zip', { category: 'cobac' }, { refused: 0 }, {}],
    ['e2guardian/e2guardian-lists-and-phrases.tar.gz', { allow: true }, { taken: 1, entries: ['windowsupdate.microsoft.com'] }, { regex: 1 }],
  ])('%s %o', async (file, asked, books, reasons) => {
    const result = await read(file, asked);
    expectBalanced(result);
    expect(result).toMatchObject(books);
    expect(refusals(result)).toMatchObject(reasons);
  });

  it('reads the same list from two syntaxes to the same entries', async () => {
    const dnsmasq = await read('dnsmasq/hagezi-fake.conf.gz');
    const wildcard = await read('wildcard/hagezi-fake.txt.gz');
    expect(wildcard.entries).toEqual(dnsmasq.entries);
    const adblock = await read('adblock/chongluadao-ABP.txt.gz');
    const plain = await read('plain/chongluadao-urls.txt.gz');
    const hosts = plain.entries.filter((entry) => !entry.includes('/'));
    const same = new Set(adblock.entries);
    expect(hosts.filter((host) => !same.has(host)).length).toBeLessThan(60);
  });

  it('takes of a collection only the parts that serve the category', async () => {
    expect((await read('ut1/blacklists-ut1-layout.tar.gz', { category: 'cobac' })).parts).toEqual(['arjel', 'gambling']);
    const porn = await read('v2fly/v2fly-data.tar.gz', { category: 'khieudam' });
    expect(porn.parts).toEqual(['category-porn']);
    // Through include: lines, and the includes of those.
    expect(porn.entries).toContain('pornhub.com');
    const named = await read('v2fly/v2fly-data.tar.gz', { only: ['zoom'] });
    expect(named.entries).toContain('zoom.us');
    await expect(read('ut1/squidguard-old-blacklists.zip', { category: 'hoclieu', only: ['nowhere'] })).rejects.toMatchObject({ code: 'choose-part' });
    await expect(read('v2fly/v2fly-data.tar.gz', { category: 'tuhai' })).rejects.toMatchObject({ code: 'choose-part' });
  });
});

describe('layouts', () => {
  const ask = (over: Partial<LayoutAsk> = {}): LayoutAsk => ({ archive: 'x.tar.gz', format: 'auto', category: 'cobac', allow: false, only: null, ...over });
  const members = (names: string[], over: Partial<LayoutAsk> = {}): Record<string, string | null> => Object.fromEntries(planLayout(names, ask(over)).members);

  it('knows UT1 by its domains files and leaves usage and README alone', () => {
    const names = ['blacklists/README', 'blacklists/gambling/domains', 'blacklists/gambling/urls', 'blacklists/gambling/expressions', 'blacklists/gambling/usage', 'blacklists/bank/domains'];
    expect(members(names)).toEqual({ 'blacklists/gambling/domains': 'domains', 'blacklists/gambling/urls': 'domains', 'blacklists/gambling/expressions': 'regex' });
    expect(planLayout(names, ask()).ignored).toBe(3);
    expect(Object.keys(members(names, { only: ['all'] }))).toHaveLength(4);
  });

  it('takes the only folder there is, whatever its name', () => {
    expect(members(['my/domains', 'my/urls'])).toEqual({ 'my/domains': 'domains', 'my/urls': 'domains' });
  });

  it('asks when it is not clear which part is meant', () => {
    expect(() => planLayout(['a/domains', 'b/domains'], ask())).toThrow(ListError);
    expect(members(['a/domains', 'b/domains'], { only: ['b'] })).toEqual({ 'b/domains': 'domains' });
  });

  it('knows e2guardian, block and allow sides apart', () => {
    const names = ['lists/bannedsitelist', 'lists/exceptionsitelist', 'lists/bannedregexpurllist', 'lists/phraselists/x/weighted'];
    expect(members(names)).toEqual({ 'lists/bannedsitelist': 'e2guardian', 'lists/bannedregexpurllist': 'regex' });
    expect(members(names, { allow: true })).toEqual({ 'lists/exceptionsitelist': 'e2guardian' });
  });

  it('reads anything else as a bundle of lists, without its papers', () => {
    expect(members(['hosts.txt', 'README.md', 'LICENSE', '.git', 'img.png', 'more/rpz.zone'])).toEqual({ 'hosts.txt': null, 'more/rpz.zone': null });
    expect(members(['hosts.txt'], { format: 'hosts' })).toEqual({ 'hosts.txt': 'hosts' });
  });

  it('follows v2fly includes with their attribute filters, in rings too', () => {
    const files = new Map([
      ['a', ['include:b @ads', 'include:c @-cn', 'include:a', 'include:gone', 'a.example.org']],
      ['b', ['b.example.org', 'ads.b.example.net @ads', 'include:a']],
      ['c', ['c.example.org @cn', 'd.example.org @ads']],
    ]);
    const reader = createListReader({ allow: false });
    readV2fly(['a'], files, reader);
    const result = reader.finish();
    expect(result.entries).toEqual(['a.example.org', 'ads.b.example.net', 'd.example.org']);
    expect(refusals(result)).toEqual({ include: 1 });
  });
});
