/** The shipped rules, judged: the matrix as it is shipped, protected hosts under a poisoned list, SafeSearch by name. */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { loadShipped } from '../../src/lists/shipped.js';
import { parseEntry } from '../../src/matching/entry.js';
import { createIndexBuilder } from '../../src/matching/host-index-build.js';
import { KIND_PATH, KIND_SUBDOMAINS } from '../../src/matching/host-index.js';
import { createSnapshot } from '../../src/policy/create-snapshot.js';
import { decide } from '../../src/policy/decide.js';
import type { Decision } from '../../src/policy/decision.js';
import type { ListMeta, Snapshot } from '../../src/policy/snapshot.js';
import { MATRIX, PROFILES, examCell, zone, type ProfileId } from './fixture.js';

const shipped = loadShipped(fileURLToPath(new URL('../../rules', import.meta.url)));
const position = new Map(shipped.profiles.map((profile, i) => [profile.id, i]));
const T0 = Date.UTC(2026, 10, 23, 2, 0);

function school(extra: readonly { name: string; category: string; entries: readonly string[] }[] = []): Snapshot {
  const builder = createIndexBuilder(10_000);
  const lists: ListMeta[] = [];
  const add = (name: string, category: string | null, mask: number, shield: boolean, role: ListMeta['role'], entries: readonly string[]): void => {
    for (const entry of entries) builder.add(lists.length, entry);
    lists.push({ name, version: '1', role, category: shipped.categories.findIndex(({ code }) => code === category), profileMask: mask, shield });
  };
  for (const { meta, entries } of shipped.lists) {
    const mask = meta.profiles === null ? 63 : meta.profiles.reduce((bits, id) => bits | (1 << (position.get(id) ?? 31)), 0);
    add(meta.name, meta.category, mask, meta.shield, meta.role, entries);
  }
  for (const { name, category, entries } of extra) add(name, category, 63, false, 'category', entries);
  return createSnapshot({
    generation: 1, school: { name: 'Trường thử', hotline: null, counsellor: null }, profiles: shipped.profiles, categories: shipped.categories, lists,
    index: builder.finish(), rules: [], zones: PROFILES.map((id) => zone(id, id)), lessons: [], openings: [], safeSearch: shipped.safeSearch, nameScore: shipped.nameScore,
  });
}
const ask = (snapshot: Snapshot, host: string, id: ProfileId): Decision =>
  decide({ host, zone: position.get(id) ?? -1, path: null, profile: -1 }, snapshot, T0);

describe('the shipped matrix', () => {
  it('is the one of vietnam.md §3, cell for cell, with the exam column', () => {
    expect(shipped.profiles.map(({ id }) => id)).toEqual([...PROFILES]);
    expect(Object.fromEntries(shipped.categories.map(({ code, cells }) => [code, cells.join('')])))
      .toEqual(Object.fromEntries(Object.entries(MATRIX).map(([code, row]) => [code, row + examCell(code)])));
  });
});

describe('protected hosts', () => {
  const shields = shipped.lists.filter(({ meta }) => meta.shield);
  const hosts = shields.flatMap(({ meta, entries }) => entries.map((text) => ({ entry: parseEntry(text), profiles: meta.profiles }))
    .flatMap(({ entry, profiles }) => (entry === null || entry.kind === KIND_PATH ? [] : [{ host: entry.kind === KIND_SUBDOMAINS ? `a.${entry.host}` : entry.host, profiles }])));

  it('cannot be closed by lists that name them and all their parents, in any category', () => {
    const parents = new Set<string>();
    for (const { host } of hosts) for (let rest = host; rest !== ''; rest = rest.includes('.') ? rest.slice(rest.indexOf('.') + 1) : '') parents.add(rest);
    const entries = [...parents].flatMap((name) => [name, `=${name}`, `*.${name}`]);
    const poisoned = school(['cobac', 'khieudam', 'mxh', 'quangcao'].map((category) => ({ name: `poison-${category}`, category, entries })));
    const clean = school();
    const closed: string[] = [];
    let open = 0;
    for (const { host, profiles } of hosts) {
      for (const id of PROFILES) {
        if (profiles !== null && !profiles.includes(id)) continue;
        const before = ask(clean, host, id);
        const after = ask(poisoned, host, id);
        if (before.action !== 'block') open++;
        if (after.action !== before.action || after.layer !== before.layer) closed.push(`${host} ${id}`);
      }
    }
    expect(closed).toEqual([]);
    expect(open).toBeGreaterThan(500);
  });
});

describe('everyday names', () => {
  const snapshot = school();
  it.each([
    ['tongdai111.vn', 'lop-1-3', 'allow', 'help-line'], ['tongdai111.vn', 'thi', 'allow', 'help-line'],
    ['hanoi.edu.vn', 'lop-1-3', 'allow', 'category-open'], ['olm.vn', 'lop-1-3', 'allow', 'category-open'], ['olm.vn', 'thi', 'block', 'exam-only'],
    ['kubet88moi.vip', 'thpt', 'block', 'suspicious-name'], ['binhthuong-khong-ai-biet.com', 'thpt', 'restrict', 'uncategorised-restricted'],
  ] as const)('%s for %s: %s, %s', (host, id, action, reason) => {
    expect(ask(snapshot, host, id)).toMatchObject({ action, reason });
  });
  it('searching is SafeSearch on every country name, and YouTube by profile', () => {
    for (const host of ['www.google.com', 'www.google.com.vn', 'google.fr']) expect(ask(snapshot, host, 'thpt').dialHost).toBe('forcesafesearch.google.com');
    for (const host of ['www.youtube.com', 'm.youtube.com', 'www.youtube-nocookie.com', 'youtubei.googleapis.com', 'youtube.googleapis.com']) {
      expect([host, ask(snapshot, host, 'thcs').dialHost]).toEqual([host, 'restrict.youtube.com']);
      expect([host, ask(snapshot, host, 'thpt').dialHost]).toEqual([host, 'restrictmoderate.youtube.com']);
      expect([host, ask(snapshot, host, 'giao-vien').dialHost]).toEqual([host, null]);
    }
  });
});
