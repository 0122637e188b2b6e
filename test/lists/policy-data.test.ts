import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureIndex } from '../../src/lists/compile.js';
import { buildPolicyData, withOverrides, type PolicyProblem } from '../../src/lists/policy-data.js';
import { syncShipped } from '../../src/lists/shipped-sync.js';
import { CELL_RANK, type Cell } from '../../src/policy/profile.js';
import type { PolicyData } from '../../src/policy/snapshot.js';
import type { CellOverride, NewList } from '../../src/store/rows.js';
import { ACTOR, CATEGORIES, createPlace, NOW, PROFILES, shippedList, shippedRules, type Place } from './fixture.js';

const SCHOOL = { name: null, hotline: '024 1234', counsellor: null, code: null, levels: [], ward: null };
const ALL = 0b111111;
const ALL_BUT_EXAM = 0b011111;

let place: Place;
beforeEach(() => {
  place = createPlace();
});
afterEach(() => place.close());

async function build(problems: PolicyProblem[] = [], shipped = shippedRules()): Promise<PolicyData> {
  const image = await ensureIndex(place.store, place.dataDir);
  return buildPolicyData(place.store, shipped, SCHOOL, image, NOW, (problem) => problems.push(problem));
}

function put(over: Partial<NewList> & { name: string }, entries: string[] = ['a.example.org']): void {
  place.store.policies.putList({ role: 'category', category: 'cobac', profiles: null, shield: false, origin: 'imported', source: '', license: null, ...over }, 'v1', entries, NOW, ACTOR);
}

describe('lists', () => {
  it('have numbers in name order and masks by role', async () => {
    put({ name: 'z' });
    put({ name: 'a', role: 'school-allow' });
    put({ name: 'm', profiles: ['thcs', 'thi'] });
    put({ name: 'c', role: 'city-block', category: null });
    const { lists } = await build();
    expect(lists.map(({ name, profileMask, category }) => [name, profileMask, category])).toEqual([
      ['a', ALL_BUT_EXAM, 1], ['c', ALL, -1], ['m', 0b100100, 1], ['z', ALL, 1],
    ]);
    expect(lists[0]?.version).toBe('v1');
  });

  it('of a category that is gone speak for nobody, and are reported', async () => {
    put({ name: 'x', category: 'khong-con' });
    const problems: PolicyProblem[] = [];
    expect((await build(problems)).lists[0]).toMatchObject({ category: -1, profileMask: 0 });
    expect(problems).toEqual([{ what: 'category', where: 'x', value: 'khong-con' }]);
  });

  it('keep to the image they were compiled into when another process changes them meanwhile', async () => {
    put({ name: 'm' });
    const image = await ensureIndex(place.store, place.dataDir);
    put({ name: 'a' }, ['b.example.org']);
    const stale = buildPolicyData(place.store, shippedRules(), SCHOOL, image, NOW);
    expect(stale.lists.map(({ name }) => name)).toEqual(['m']);
    // The old generation makes the gateway come again.
    expect(stale.generation).toBeLessThan(place.store.policies.generation());
    place.store.policies.removeList('a', ACTOR);
    const fresh = buildPolicyData(place.store, shippedRules(), SCHOOL, image, NOW);
    expect(fresh.generation).toBe(place.store.policies.generation());
  });
});

describe('zones, lessons, openings, rules', () => {
  it('become positions', async () => {
    const { policies } = place.store;
    policies.addZone({ name: 'Phòng 1', profile: 'thcs', cidrs: ['10.0.1.0/24'], macs: ['aa:bb:cc:dd:ee:0f'], port: 3201, login: null, timetable: [{ weekday: 1, fromMinute: 420, toMinute: 465, profile: 'thpt' }] }, ACTOR);
    policies.startLesson({ zone: 'Phòng 1', profile: 'thi', fromMs: NOW - 1, untilMs: NOW + 1_000, by: 'cô A' }, ACTOR);
    policies.addOpening({ zone: 'Phòng 1', entry: 'a.example.org', fromMs: NOW, untilMs: NOW + 1_000, by: 'cô A', reason: null }, ACTOR);
    policies.addRule({ layer: 'school-block', entry: '*.b.example.org', profiles: null, note: 'n', by: 'x', atMs: NOW }, ACTOR);
    policies.addRule({ layer: 'school-allow', entry: 'c.example.org', profiles: ['thpt', 'giao-vien'], note: null, by: 'x', atMs: NOW }, ACTOR);
    const data = await build();
    expect(data.zones).toEqual([{ name: 'Phòng 1', profile: 2, cidrs: ['10.0.1.0/24'], macs: ['aa:bb:cc:dd:ee:0f'], port: 3201, login: null, timetable: [{ weekday: 1, fromMinute: 420, toMinute: 465, profile: 3 }] }]);
    expect(data.lessons).toEqual([{ zone: 'Phòng 1', profile: 5, fromMs: NOW - 1, untilMs: NOW + 1_000, kind: 'exam', entries: [], learning: false }]);
    expect(data.openings).toEqual([{ zone: 'Phòng 1', entry: 'a.example.org', fromMs: NOW, untilMs: NOW + 1_000 }]);
    expect(data.rules).toEqual([
      { layer: 'school-block', entry: '*.b.example.org', profileMask: null, note: 'n' },
      { layer: 'school-allow', entry: 'c.example.org', profileMask: 0b011000, note: null },
    ]);
    // Plain data: it crosses threads.
    expect(structuredClone({ ...data, index: null })).toEqual({ ...data, index: null });
  });

  it('fall to the strictest profile when theirs is gone, and it is said', async () => {
    place.store.policies.addZone({ name: 'P', profile: 'thpt', cidrs: [], macs: [], port: null, login: null, timetable: [] }, ACTOR);
    const shipped = { ...shippedRules(), profiles: PROFILES.filter(({ id }) => id !== 'thpt') };
    const problems: PolicyProblem[] = [];
    expect((await build(problems, shipped)).zones[0]?.profile).toBe(0);
    expect(problems).toContainEqual({ what: 'profile', where: 'P', value: 'thpt' });
  });
});

describe('school', () => {
  it('takes the configuration before what setup wrote down', async () => {
    place.store.settings.set('school.name', 'THCS Ví Dụ', ACTOR);
    place.store.settings.set('school.hotline', '099', ACTOR);
    expect((await build()).school).toEqual({ name: 'THCS Ví Dụ', hotline: '024 1234', counsellor: null });
  });
});

describe('cells', () => {
  const at = (category: string, cells: readonly Cell[]): string => `${category} ${cells.join('')}`;
  const over = (category: string, profile: string, cell: Cell): CellOverride => ({ category, profile, cell, reason: 'r', by: 'x', atMs: NOW });
  const changed = (...overrides: CellOverride[]): string[] => withOverrides(PROFILES, CATEGORIES, overrides).filter((now, i) => now.cells.join() !== CATEGORIES[i]?.cells.join()).map(({ code, cells }) => at(code, cells));

  it.each<[CellOverride[], string[]]>([
    [[over('mxh', 'thpt', 'M')], ['mxh XXKMMK']],
    [[over('mxh', 'thcs', 'X')], ['mxh XXXKMK']],
    [[over('hoclieu', 'thcs', 'X')], ['hoclieu XXXMMK']],
    [[over('mxh', 'giao-vien', 'X')], ['mxh XXXXXX']],
    [[over('cobac', 'giao-vien', 'M')], []],
    [[over('mxh', 'lop-1-3', 'K')], []],
    [[over('nowhere', 'thcs', 'X'), over('mxh', 'nobody', 'X')], []],
  ])('%o → %o', (overrides, expected) => {
    expect(changed(...overrides)).toEqual(expected);
  });

  it('reports what is refused', () => {
    const problems: PolicyProblem[] = [];
    withOverrides(PROFILES, CATEGORIES, [over('cobac', 'thpt', 'M'), over('x', 'thpt', 'M'), over('mxh', 'y', 'M')], (problem) => problems.push(problem));
    expect(problems.map(({ what, where }) => `${what} ${where}`)).toEqual(['cell cobac/thpt', 'category x/thpt', 'profile mxh/y']);
  });

  it('never loosens X and stays monotonic, whatever a school sets', () => {
    const override = fc.record({ category: fc.constantFrom(...CATEGORIES.map(({ code }) => code)), profile: fc.constantFrom(...PROFILES.map(({ id }) => id)), cell: fc.constantFrom<Cell>('X', 'K', 'H', 'M') });
    let tightened = 0;
    fc.assert(
      fc.property(fc.array(override, { maxLength: 20 }), (overrides) => {
        const now = withOverrides(PROFILES, CATEGORIES, overrides.map((o) => ({ ...o, reason: '', by: '', atMs: 0 })));
        for (const [i, { cells }] of now.entries()) {
          const shipped = CATEGORIES[i]?.cells ?? [];
          for (const [p, cell] of cells.entries()) {
            if (shipped[p] === 'X') expect(cell).toBe('X');
            if (CELL_RANK[cell] > CELL_RANK[shipped[p] ?? 'M']) tightened++;
          }
          const tiers = cells.slice(0, 5);
          expect(tiers.slice(0, tiers.lastIndexOf('X') + 1).every((cell) => cell === 'X')).toBe(true);
        }
      }),
      { numRuns: 500, seed: 3 },
    );
    expect(tightened).toBeGreaterThan(100);
  });
});

describe('syncShipped', () => {
  it('puts what changed, removes what is no longer shipped, and else writes nothing', () => {
    const { policies } = place.store;
    put({ name: 'cua-truong' });
    expect(syncShipped(place.store, shippedRules(), NOW)).toBe(true);
    expect(policies.lists().map(({ name }) => name).sort()).toEqual(['cua-truong', 'luytre-cobac', 'luytre-hoclieu', 'luytre-trogiup']);
    const generation = policies.generation();
    expect(syncShipped(place.store, shippedRules(), NOW)).toBe(false);
    expect(policies.generation()).toBe(generation);
    expect(syncShipped(place.store, shippedRules([shippedList('luytre-cobac', 'cobac', ['bet.example.net', 'new.example.net'], false)]), NOW)).toBe(true);
    expect(policies.lists().map(({ name, origin, current }) => [name, origin, current.entries]).sort()).toEqual([['cua-truong', 'imported', 1], ['luytre-cobac', 'shipped', 2]]);
  });

  it('does not overwrite a list of the school that has the same name', () => {
    put({ name: 'luytre-cobac' });
    expect(() => syncShipped(place.store, shippedRules(), NOW)).toThrow(expect.objectContaining({ code: 'name-taken' }));
    expect(place.store.policies.listEntries('luytre-cobac')).toEqual(['a.example.org']);
  });
});
