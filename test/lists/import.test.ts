import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureIndex } from '../../src/lists/compile.js';
import { createShield, gate } from '../../src/lists/gate.js';
import { importList, nameFor, parseSource, type ImportOptions, type ImportReport } from '../../src/lists/import.js';
import { ListError } from '../../src/lists/list-error.js';
import { buildPolicyData } from '../../src/lists/policy-data.js';
import { readFiles } from '../../src/lists/read.js';
import { loadShipped, type Shipped } from '../../src/lists/shipped.js';
import { syncShipped } from '../../src/lists/shipped-sync.js';
import { REFUSAL_WORDS } from '../../src/lists/words.js';
import { REFUSALS } from '../../src/matching/list-line.js';
import { KIND_EXACT, KIND_PATH, KIND_SUBDOMAINS, KIND_SUFFIX } from '../../src/matching/host-index.js';
import { parseEntry } from '../../src/matching/entry.js';
import { createSnapshot } from '../../src/policy/create-snapshot.js';
import { decide } from '../../src/policy/decide.js';
import type { Snapshot } from '../../src/policy/snapshot.js';
import { ACTOR, createPlace, NOW, PROTECTED, shippedRules, type Place } from './fixture.js';

const RULES = join(import.meta.dirname, '../../rules');
const SCHOOL = { name: null, hotline: null, counsellor: null, code: null, levels: [], ward: null };

let place: Place;
let shipped: Shipped;
beforeEach(() => {
  place = createPlace();
  shipped = shippedRules();
  syncShipped(place.store, shipped, NOW);
});
afterEach(() => place.close());

function take(file: string | string[], over: Partial<ImportOptions> = {}, nowMs = NOW): Promise<ImportReport> {
  const options: ImportOptions = { category: 'cobac', allow: false, name: null, format: 'auto', only: null, profiles: null, force: false, ...over };
  return importList(typeof file === 'string' ? [file] : file, options, { store: place.store, dataDir: place.dataDir, shipped, actor: ACTOR, nowMs });
}

async function snapshot(): Promise<Snapshot> {
  return createSnapshot(buildPolicyData(place.store, shipped, SCHOOL, await ensureIndex(place.store, place.dataDir), NOW));
}

function verdict(policy: Snapshot, host: string, profile: string): string {
  const made = decide({ host, zone: -1, path: null, profile: policy.profileById.get(profile) ?? 0 }, policy, NOW);
  return `${made.action} ${made.layer} ${made.list?.name ?? '-'}`;
}

describe('importList', () => {
  it('takes a list, names and versions it, and it decides', async () => {
    const report = await take(place.file('Cờ Bạc.hosts.txt', '0.0.0.0 bad.example.org\n0.0.0.0 worse.example.org\n'));
    expect(report).toMatchObject({ name: 'cobac-co-bac', outcome: 'imported', lines: 2, taken: 2, formats: ['hosts'], entries: 2 });
    expect(report.version).toMatch(/^2026-11-23-[0-9a-f]{8}$/);
    const policy = await snapshot();
    expect(verdict(policy, 'bad.example.org', 'giao-vien')).toBe('block hard cobac-co-bac');
    expect(verdict(policy, 'sub.bad.example.org', 'giao-vien')).toBe('block hard cobac-co-bac');
    expect(verdict(policy, 'fine.example.org', 'giao-vien')).toBe('allow base -');
    expect(place.store.audit.list(10).at(-1)).toMatchObject({ action: 'list.put', object: 'cobac-co-bac' });
  });

  it('makes an allow list the school’s own layer, and never over X', async () => {
    await take(place.file('open.txt', 'friends.example.org\nbet.example.net\n'), { allow: true, category: 'mxh' });
    const policy = await snapshot();
    expect(verdict(policy, 'friends.example.org', 'thcs')).toBe('allow school-allow mo-mxh-open');
    expect(verdict(policy, 'bet.example.net', 'thcs')).toBe('block hard luytre-cobac');
    expect(verdict(policy, 'friends.example.org', 'thi')).toMatch(/^block/);
  });

  it('merges several files under one name, and finds the new index ready', async () => {
    const report = await take([place.file('a.txt', 'a.example.org\n'), place.file('b.txt.gz', gzipSync('||b.example.org^\n||a.example.org^\n'))], { name: 'hai-tep' });
    expect(report).toMatchObject({ name: 'hai-tep', lines: 3, taken: 2, folded: 1, formats: ['domains', 'adblock'] });
    await ensureIndex(place.store, place.dataDir, { onProgress: () => expect.unreachable() });
  });

  it('says "unchanged" for the same content', async () => {
    const file = place.file('a.txt', 'a.example.org\n');
    await take(file);
    const generation = place.store.policies.generation();
    expect((await take(file, {}, NOW + 86_400_000)).outcome).toBe('unchanged');
    expect(place.store.policies.generation()).toBe(generation);
  });

  it('changes nothing when nothing can be used', async () => {
    const before = place.store.policies.generation();
    expect((await take(place.file('a.txt', '# empty\n'))).outcome).toBe('refused-empty');
    expect((await take(place.file('b.txt', ''))).outcome).toBe('refused-empty');
    expect((await take(place.file('c.txt', '216.239.38.120 google.com\n'))).outcome).toBe('refused-empty');
    expect((await take(place.file('d.txt', 'com\nhoclieu.example.vn\n'))).outcome).toBe('refused-empty');
    expect(place.store.policies.generation()).toBe(before);
  });

  it.each<[string, Partial<ImportOptions>, string]>([
    ['x.txt', { name: 'Tên Sai' }, 'bad-name'],
    ['x.txt', { name: 'luytre-khac' }, 'shipped'],
    ['x.txt', { category: 'trogiup' }, 'not-yours'],
    ['x.txt', { category: 'hatang', allow: true }, 'not-yours'],
    ['x.txt', { name: 'da-co', category: 'vpn' }, 'name-taken'],
    ['x.txt', { name: 'da-co', allow: true }, 'name-taken'],
    ['missing.txt', {}, 'not-found'],
    ['x.txt.gz', {}, 'damaged'],
    ['x.bin', {}, 'not-text'],
  ])('refuses %s %o: %s', async (name, over, code) => {
    await take(place.file('first.txt', 'a.example.org\n'), { name: 'da-co' });
    place.file('x.txt', 'b.example.org\n');
    place.file('x.txt.gz', gzipSync('b.example.org\n'.repeat(100)).subarray(0, 30));
    place.file('x.bin', Buffer.alloc(100));
    const before = place.store.policies.generation();
    const error = await take(join(place.dir, name), over).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(ListError);
    const spoken = error as ListError;
    expect(spoken.code).toBe(code);
    // One clear sentence in each language, no stack and no jargon of ours.
    for (const text of [spoken.vi, spoken.en]) expect(text).toMatch(/^[^\n]{15,400}\.$/);
    expect(place.store.policies.generation()).toBe(before);
  });

  it('remembers its source so that it can be read again', async () => {
    const file = place.file('với dấu cách & #.txt', 'x.example.org\n');
    await take(file, { name: 'nguon', format: 'domains', only: ['a', 'b'] });
    const row = place.store.policies.lists().find(({ name }) => name === 'nguon');
    expect(parseSource(row?.source ?? '')).toEqual({ files: [file], format: 'domains', only: ['a', 'b'] });
    expect(parseSource('rules/')).toBeNull();
  });

  it.each([
    ['/tmp/Adult_Hosts.txt.gz', 'khieudam', false, 'khieudam-adult-hosts'],
    ['khieudam.txt', 'khieudam', false, 'khieudam'],
    ['Đường dẫn xấu.tar.gz', 'vpn', true, 'mo-vpn-duong-dan-xau'],
    ['???', 'vpn', false, 'vpn'],
    ['x'.repeat(200), 'vpn', false, `vpn-${'x'.repeat(60)}`],
  ])('names %s (%s) %s %s', (file, category, allow, name) => {
    expect(nameFor(file, { category, allow })).toBe(name);
  });
});

describe('the cap on lines', () => {
  it('counts all files of a list together', async () => {
    const files = [place.file('a.txt', 'a.example.org\n#\n'), place.file('b.txt', 'b.example.org\n')];
    const options = { format: 'auto', category: 'cobac', allow: false, only: null } as const;
    await expect(readFiles(files, { ...options, maxLines: 2 })).rejects.toMatchObject({ code: 'too-many-lines' });
    expect((await readFiles(files, { ...options, maxLines: 3 })).reader.finish().lines).toBe(3);
  });
});

describe('the gate', () => {
  const many = (n: number): string[] => Array.from({ length: n }, (_, i) => `h${String(i).padStart(4, '0')}.example.org`);

  it('stops a list that lost more than a fifth, until a person says so', async () => {
    await take(place.file('a.txt', many(100).join('\n')), { name: 'lon' });
    const short = place.file('a.txt', many(79).join('\n'));
    const report = await take(short, { name: 'lon' });
    expect(report).toMatchObject({ outcome: 'refused-by-gate', version: null, gate: [{ code: 'shrinks', count: 21, stops: true }] });
    expect(place.store.policies.listEntries('lon')).toHaveLength(100);
    expect((await take(short, { name: 'lon', force: true })).outcome).toBe('imported');
    expect(place.store.policies.listEntries('lon')).toHaveLength(79);
    expect((await take(place.file('a.txt', many(64).join('\n')), { name: 'lon' })).outcome).toBe('imported');
  });

  it('stops an update that newly blocks a Vietnamese school or office; shows it at a first import', async () => {
    const first = await take(place.file('a.txt', 'bad.example.org\ntruong-a.edu.vn\n'), { name: 'x' });
    expect(first).toMatchObject({ outcome: 'imported', gate: [{ code: 'closes-learning', count: 1, first: ['truong-a.edu.vn'], stops: false }] });
    const again = place.file('a.txt', 'bad.example.org\ntruong-a.edu.vn\nsotuphap.gov.vn\n');
    expect(await take(again, { name: 'x' })).toMatchObject({ outcome: 'refused-by-gate', gate: [{ code: 'closes-learning', first: ['sotuphap.gov.vn'], stops: true }] });
    expect((await take(again, { name: 'x', force: true })).outcome).toBe('imported');
  });

  it('does not mind hand-edited lists, break-ins below a school, or allow lists', () => {
    expect(gate(['a.org', 'b.org', 'c.org'], ['a.org'], false)).toEqual([]);
    expect(gate(['a.org'], ['a.org', 'hacked.truong.edu.vn', 'truong.edu.vn/bet'], false)).toEqual([]);
    expect(gate(['a.org'], ['a.org', 'truong.edu.vn'], true)).toEqual([]);
    expect(gate([], ['=www.truong.edu.vn', '*.truong.ac.vn'], false)).toMatchObject([{ count: 2 }]);
  });
});

describe('the shield', () => {
  const shield = createShield(PROTECTED);

  it.each([
    ['hoclieu.example.vn', KIND_SUFFIX, true], ['hoclieu.example.vn', KIND_EXACT, true], ['hoclieu.example.vn', KIND_SUBDOMAINS, true], ['hoclieu.example.vn', KIND_PATH, true],
    ['www.hoclieu.example.vn', KIND_SUFFIX, true], ['a.b.hoclieu.example.vn', KIND_EXACT, true],
    ['accounts.example.com', KIND_SUFFIX, true], ['accounts.example.com', KIND_EXACT, true], ['accounts.example.com', KIND_PATH, true],
    ['accounts.example.com', KIND_SUBDOMAINS, false], ['evil.accounts.example.com', KIND_SUFFIX, false],
    ['khoahoc.example.edu', KIND_EXACT, false], ['khoahoc.example.edu', KIND_SUBDOMAINS, true], ['a.khoahoc.example.edu', KIND_SUFFIX, true],
    ['example.vn', KIND_SUFFIX, false], ['nothoclieu.example.vn', KIND_SUFFIX, false], ['other.org', KIND_SUFFIX, false],
  ] as const)('%s (kind %i): %s', (host, kind, covered) => {
    expect(shield.covers(host, kind)).toBe(covered);
  });

  it('knows which protected hosts lie below an entry', () => {
    expect(shield.below('example.vn')).toEqual(['hoclieu.example.vn']);
    expect(shield.below('*.example.com')).toEqual(['accounts.example.com']);
    expect(shield.below('=example.vn')).toEqual([]);
    expect(shield.below('example.org')).toEqual([]);
  });

  it('says at import what stays open', async () => {
    const report = await take(place.file('p.txt', 'example.vn\nhoclieu.example.vn\nwww.hoclieu.example.vn\nbad.example.org\n'));
    expect(report).toMatchObject({ outcome: 'imported', taken: 2, folded: 2, stillOpen: { count: 1, first: [{ host: 'hoclieu.example.vn', under: 'example.vn' }] } });
    const alone = await take(place.file('q.txt', 'hoclieu.example.vn\nwww.hoclieu.example.vn/bai\nbad.example.org\n'));
    expect(alone.refusals).toMatchObject([{ why: 'protected', lines: 2 }]);
    const policy = await snapshot();
    expect(verdict(policy, 'hoclieu.example.vn', 'lop-1-3')).toBe('allow category luytre-hoclieu');
    expect(verdict(policy, 'www.hoclieu.example.vn', 'lop-1-3')).toBe('allow category luytre-hoclieu');
    expect(verdict(policy, 'shop.example.vn', 'giao-vien')).toBe('block hard cobac-p');
  });
});

describe('a poisoned list', () => {
  it('made of all that ships as protected, its parents, spellings and public suffixes closes none of it', async () => {
    shipped = loadShipped(RULES);
    place.close();
    place = createPlace();
    syncShipped(place.store, shipped, NOW);
    const before = await snapshot();
    const hosts = new Set<string>();
    const poison = new Set<string>(['com', 'vn', 'edu.vn', 'gov.vn', 'github.io', '*.vn', '=hanoi.gov.vn', '*', '0.0.0.0/0']);
    for (const list of shipped.lists.filter(({ meta }) => meta.shield)) {
      for (const text of list.entries) {
        const entry = parseEntry(text);
        if (entry === null || entry.path !== null) continue;
        if (entry.kind !== KIND_SUBDOMAINS) hosts.add(entry.host);
        if (entry.kind !== KIND_EXACT) hosts.add(`www.${entry.host}`);
        for (const spelling of [entry.host, `=${entry.host}`, `*.${entry.host}`, `www.${entry.host}`, `.${entry.host.toUpperCase()}.`, `http://${entry.host}/`, `${entry.host}/a`]) poison.add(spelling);
        for (let dot = entry.host.indexOf('.'); dot !== -1; dot = entry.host.indexOf('.', dot + 1)) poison.add(entry.host.slice(dot + 1)).add(`*.${entry.host.slice(dot + 1)}`);
      }
    }
    expect(hosts.size).toBeGreaterThan(300);
    const report = await take(place.file('poison.txt', [...poison].join('\n')), { category: 'khieudam', name: 'doc', format: 'domains', force: true });
    expect(report.refusals.map(({ why }) => why)).toEqual(expect.arrayContaining(['protected', 'public-suffix']));
    const after = await snapshot();
    const closed: string[] = [];
    for (const profile of after.data.profiles) {
      for (const host of hosts) {
        const was = verdict(before, host, profile.id);
        if (was.startsWith('allow') && !was.startsWith('allow base') && verdict(after, host, profile.id) !== was) closed.push(`${profile.id} ${host}: ${was} → ${verdict(after, host, profile.id)}`);
      }
    }
    expect(closed).toEqual([]);
  });
});

describe('words', () => {
  it('has a sentence in both languages for every reason', () => {
    for (const why of REFUSALS) {
      const [vi, en] = REFUSAL_WORDS[why];
      expect(vi.normalize('NFC')).toBe(vi);
      expect(vi.length * en.length).toBeGreaterThan(0);
    }
  });
});

describe('leftovers', () => {
  it('leaves only the database and the index in the data folder', async () => {
    await take(place.file('a.txt.gz', gzipSync('a.example.org\n')));
    expect(readdirSync(place.dataDir).filter((name) => !name.startsWith('luytre.db'))).toEqual(['index']);
    expect(readdirSync(join(place.dataDir, 'index')).every((name) => name.endsWith('.idx'))).toBe(true);
  });
});
