/** Lists: content by its hash, versions, rollback, damage, and the size of the real world. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listContent, packEntries, unpackEntries } from '../../src/store/list-content.js';
import { KEPT_VERSIONS } from '../../src/store/lists.js';
import { sharedData } from '../support/shared-data.js';
import { ADMIN, codeOf, list, storeIn, tempDir, tempStore } from './fixture.js';

const sha = (text: string): string => createHash('sha256').update(text).digest('hex');

describe('content', () => {
  it('is sorted, unique and named by its hash, however it came (seeded property)', () => {
    let unsorted = 0;
    fc.assert(
      fc.property(fc.array(fc.stringMatching(/^[a-z0-9.=*/_-]{1,12}$/), { maxLength: 60 }), (entries) => {
        const content = listContent(entries);
        const expected = [...new Set(entries)].sort();
        if (expected.length !== entries.length || expected.some((entry, i) => entry !== entries[i])) unsorted += 1;
        expect(content.entries).toEqual(expected);
        expect(content.sha256).toBe(sha(expected.join('\n')));
        expect(unpackEntries(packEntries(content.entries), content.sha256)).toEqual(expected);
      }),
      { seed: 6, numRuns: 300 },
    );
    expect(unsorted).toBeGreaterThan(100);
  });

  it('that is not what its name says is damage', () => {
    const packed = packEntries(['a.vn', 'b.vn']);
    expect(codeOf(() => unpackEntries(packed, sha('a.vn')))).toBe('corrupt');
    expect(codeOf(() => unpackEntries(packed.subarray(0, packed.length - 3), sha('a.vn\nb.vn')))).toBe('corrupt');
    expect(codeOf(() => unpackEntries(Buffer.from('noise'), sha('')))).toBe('corrupt');
  });
});

describe('lists', () => {
  it('are put, replaced, and say whether anything changed', () => {
    const store = tempStore();
    expect(store.policies.putList(list('co-bac'), '2026-11-01', ['b.vn', 'a.vn', 'a.vn'], 5, ADMIN)).toBe(true);
    const generation = store.policies.generation();
    expect(store.policies.putList(list('co-bac'), '2026-11-02', ['a.vn', 'b.vn'], 6, ADMIN)).toBe(false);
    expect(store.policies.generation()).toBe(generation);
    expect(store.policies.lists()).toEqual([
      { id: 1, ...list('co-bac'), current: { version: '2026-11-01', sha256: sha('a.vn\nb.vn'), entries: 2, addedMs: 5 } },
    ]);
    expect(store.policies.putList(list('co-bac'), '2026-11-02', ['c.vn'], 6, ADMIN)).toBe(true);
    expect(store.policies.listEntries('co-bac')).toEqual(['c.vn']);
    expect(store.policies.listEntries('co-bac', '2026-11-01')).toEqual(['a.vn', 'b.vn']);
    expect(store.policies.generation()).toBe(generation + 1);
  });

  it('take a change of what they are for, with the same content', () => {
    const store = tempStore();
    store.policies.putList(list('co-bac'), '1', ['a.vn'], 5, ADMIN);
    const generation = store.policies.generation();
    expect(store.policies.putList(list('co-bac', { category: 'luadao', profiles: ['thcs'], license: 'MIT' }), '2', ['a.vn'], 6, ADMIN)).toBe(true);
    expect(store.policies.generation()).toBe(generation + 1);
    expect(store.policies.lists()[0]).toMatchObject({ category: 'luadao', profiles: ['thcs'], license: 'MIT', current: { version: '1' } });
  });

  it('keep the last versions and roll back through them', () => {
    const store = tempStore();
    for (let n = 1; n <= 8; n++) store.policies.putList(list('co-bac'), `v${n}`, [`h${n}.vn`], n, ADMIN);
    expect(store.policies.listVersions('co-bac').map((row) => row.version)).toEqual(['v8', 'v7', 'v6', 'v5', 'v4']);
    expect(KEPT_VERSIONS).toBe(5);
    for (let n = 7; n >= 4; n--) {
      expect(store.policies.rollbackList('co-bac', ADMIN).version).toBe(`v${n}`);
      expect(store.policies.listEntries('co-bac')).toEqual([`h${n}.vn`]);
    }
    expect(codeOf(() => store.policies.rollbackList('co-bac', ADMIN))).toBe('unknown-version');
    // The current version is never among those that go, however old it is.
    store.policies.putList(list('co-bac'), 'v9', ['h9.vn'], 9, ADMIN);
    expect(store.policies.listVersions('co-bac').map((row) => row.version)).toEqual(['v9', 'v8', 'v7', 'v6', 'v5']);
  });

  it('content that was there before comes back as the newest', () => {
    const store = tempStore();
    store.policies.putList(list('x'), 'a', ['a.vn'], 1, ADMIN);
    store.policies.putList(list('x'), 'b', ['b.vn'], 2, ADMIN);
    store.policies.putList(list('x'), 'c', ['a.vn'], 3, ADMIN);
    expect(store.policies.listVersions('x').map((row) => row.version)).toEqual(['c', 'b']);
    expect(store.policies.rollbackList('x', ADMIN).version).toBe('b');
  });

  it('two versions of one label are told apart', () => {
    const store = tempStore();
    for (const host of ['a.vn', 'b.vn', 'c.vn']) store.policies.putList(list('x'), '2026-11-23', [host], 1, ADMIN);
    expect(store.policies.listVersions('x').map((row) => row.version)).toEqual(['2026-11-23.3', '2026-11-23.2', '2026-11-23']);
  });

  it('are removed with all their versions', () => {
    const store = tempStore();
    store.policies.putList(list('x'), 'a', ['a.vn'], 1, ADMIN);
    expect(store.policies.removeList('x', ADMIN)).toBe(true);
    expect(store.policies.removeList('x', ADMIN)).toBe(false);
    expect(store.policies.lists()).toEqual([]);
    expect(store.integrity()).toEqual([]);
  });

  it('refuse bad names, unknown profiles, unknown lists and versions', () => {
    const store = tempStore();
    const put = (patch: Parameters<typeof list>[1], name = 'x') => codeOf(() => store.policies.putList(list(name, patch), '1', ['a.vn'], 1, ADMIN));
    expect([put({}, 'Cờ bạc'), put({}, '../x'), put({}, ''), put({ category: 'A B' })]).toEqual(Array(4).fill('bad-value'));
    expect(put({ profiles: ['lop-9'] })).toBe('unknown-profile');
    expect(codeOf(() => store.policies.listEntries('x'))).toBe('unknown-list');
    expect(codeOf(() => store.policies.listVersions('x'))).toBe('unknown-list');
    expect(codeOf(() => store.policies.rollbackList('x', ADMIN))).toBe('unknown-list');
    put({});
    expect(codeOf(() => store.policies.listEntries('x', '7'))).toBe('unknown-version');
  });

  it('an empty list is a list', () => {
    const store = tempStore();
    store.policies.putList(list('x'), '1', [], 1, ADMIN);
    expect(store.policies.listEntries('x')).toEqual([]);
  });

  it('damage in the stored content is said, not served', () => {
    const dir = tempDir();
    const store = storeIn(dir);
    store.policies.putList(list('x'), '1', ['a.vn', 'b.vn'], 1, ADMIN);
    const other = new Database(join(dir, 'luytre.db'));
    other.prepare('UPDATE list_version SET packed = ?').run(packEntries(['a.vn']));
    other.close();
    expect(codeOf(() => store.policies.listEntries('x'))).toBe('corrupt');
  });
});

const combined = sharedData('combined', 'public.tsv.gz');
describe.skipIf(combined === null)('3.3 million hosts', () => {
  it('go in and come out', { timeout: 180_000 }, () => {
    const entries = gunzipSync(readFileSync(combined ?? '')).toString('latin1').trimEnd().split('\n').map((line) => line.slice(0, line.indexOf('\t')));
    const dir = tempDir();
    const store = storeIn(dir);
    const started = performance.now();
    store.policies.putList(list('tat-ca'), '1', entries, 1, ADMIN);
    const put = performance.now();
    const back = store.policies.listEntries('tat-ca');
    const read = performance.now();
    const bytes = ['luytre.db', 'luytre.db-wal'].map((name) => join(dir, name)).reduce((sum, path) => sum + (existsSync(path) ? statSync(path).size : 0), 0);
    console.info(`put ${entries.length} hosts: ${(put - started).toFixed(0)} ms; read: ${(read - put).toFixed(0)} ms; ${(bytes / 2 ** 20).toFixed(0)} MiB with log`);
    expect(back.length).toBe(store.policies.lists()[0]?.current.entries);
    expect(back.length).toBeGreaterThan(3_300_000);
  });
});

describe('an import taken back', () => {
  const at = 1_764_000_000_000;
  const put = (store: ReturnType<typeof tempStore>, entries: string[], version: string, patch = {}): boolean => store.policies.putList(list('mxh-thu', { category: 'mxh', ...patch }), version, entries, at, ADMIN);
  const row = (store: ReturnType<typeof tempStore>) => store.policies.lists().find(({ name }) => name === 'mxh-thu') ?? null;

  it('leaves the version before in force, also where that was not the newest, and no trace to roll back to', () => {
    const store = tempStore();
    put(store, ['a.vn'], 'v1');
    put(store, ['b.vn'], 'v2');
    store.policies.rollbackList('mxh-thu', ADMIN);
    const before = row(store);
    put(store, ['c.vn'], 'v3', { category: 'game16', source: 'khác' });
    const after = row(store);
    if (after === null) throw new Error('not there');
    store.policies.undoPutList(before, after, ADMIN);
    expect(row(store)).toEqual(before);
    expect(store.policies.listEntries('mxh-thu')).toEqual(['a.vn']);
    expect(store.policies.listVersions('mxh-thu').map(({ version }) => version)).toEqual(['v2', 'v1']);
    expect(codeOf(() => store.policies.undoPutList(before, after, ADMIN))).toBe('changed-since');
    expect(store.integrity()).toEqual([]);
  });

  it('of a list that was not there leaves none; of one that changed only its use gives that back', () => {
    const store = tempStore();
    put(store, ['a.vn'], 'v1');
    const first = row(store);
    put(store, ['a.vn'], 'v1', { category: 'game16' });
    const second = row(store);
    if (first === null || second === null) throw new Error('not there');
    store.policies.undoPutList(first, second, ADMIN);
    expect(row(store)).toEqual(first);
    store.policies.undoPutList(null, first, ADMIN);
    expect(row(store)).toBeNull();
    expect(codeOf(() => store.policies.undoPutList(null, first, ADMIN))).toBe('changed-since');
  });

  it('is refused where the list changed since, in content or in use, and changes nothing', () => {
    for (const meddle of [
      (store: ReturnType<typeof tempStore>) => void put(store, ['d.vn'], 'v9'),
      (store: ReturnType<typeof tempStore>) => void put(store, ['c.vn'], 'v3', { category: 'game00' }),
      (store: ReturnType<typeof tempStore>) => void store.policies.rollbackList('mxh-thu', ADMIN),
      (store: ReturnType<typeof tempStore>) => void store.policies.removeList('mxh-thu', ADMIN),
    ]) {
      const store = tempStore();
      put(store, ['a.vn'], 'v1');
      const before = row(store);
      put(store, ['c.vn'], 'v3');
      const after = row(store);
      if (after === null) throw new Error('not there');
      meddle(store);
      const held = [row(store), store.audit.ends().head.seq];
      expect(codeOf(() => store.policies.undoPutList(before, after, ADMIN))).toBe('changed-since');
      expect([row(store), store.audit.ends().head.seq]).toEqual(held);
    }
  });
});
