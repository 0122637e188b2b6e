/** Focus lists, paused Internet and hosts of an exam: what a lesson opens and closes beyond its profile. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/policy/decide.js';
import { createDecisionCache } from '../../src/policy/decision-cache.js';
import type { Decision } from '../../src/policy/decision.js';
import type { Lesson, PolicyData, Snapshot } from '../../src/policy/snapshot.js';
import { CATEGORIES, LIST_A_CATEGORY, profileNumber, snapshotOf, zone, type ListFixture } from './fixture.js';

const T0 = Date.UTC(2026, 10, 23, 2, 0);
const MINUTE = 60_000;
const ZONES = [zone('a', 'thcs'), zone('b', 'thcs')];
const LISTS: readonly ListFixture[] = [...LIST_A_CATEGORY.filter(({ category }) => category !== 'hoclieu'), { name: 'kho', category: 'hoclieu', shield: true, entries: ['hoclieu.test', 'hoclieu2.test'] }, { name: 'nhap', category: 'hoclieu', entries: ['tunhap.test'] }];

const lesson = (rest: Partial<Lesson>): Lesson => ({ zone: 'a', profile: profileNumber('thcs'), fromMs: T0, untilMs: T0 + 45 * MINUTE, ...rest });
const school = (one: Lesson | null, rest: Partial<PolicyData> = {}): Snapshot => snapshotOf(LISTS, { zones: ZONES, lessons: one === null ? [] : [one], ...rest });
const ask = (snapshot: Snapshot, host: string, nowMs = T0 + MINUTE, zoneNumber = 0): Decision => decide({ host, zone: zoneNumber, path: null, profile: -1 }, snapshot, nowMs);
const said = (decision: Decision): string => `${decision.action} ${decision.layer} ${decision.reason}`;

describe('Internet paused', () => {
  const snapshot = school(lesson({ kind: 'pause' }), { openings: [{ zone: 'a', entry: 'mxh.test', fromMs: T0 + 1, untilMs: T0 + 99 * MINUTE }] });
  it.each([
    ['trogiup.test', 'allow help help-line'], ['hatang.test', 'allow help infrastructure'], ['cobac.test', 'block hard hard-category'],
    ['hoclieu.test', 'block lesson internet-paused'], ['mxh.test', 'block lesson internet-paused'], ['la.test', 'block lesson internet-paused'],
    ['10.0.0.7', 'block lesson internet-paused'], ['hoclieu-test.translate.goog', 'block lesson internet-paused'],
  ])('%s: %s', (host, expected) => {
    expect(said(ask(snapshot, host))).toBe(expected);
  });
  it('is the room’s alone, and over to the millisecond', () => {
    expect(ask(snapshot, 'hoclieu.test', T0 + MINUTE, 1).action).toBe('allow');
    expect(ask(snapshot, 'hoclieu.test', T0 - 1)).toMatchObject({ action: 'allow', validUntilMs: T0 });
    expect(ask(snapshot, 'hoclieu.test', T0 + 45 * MINUTE - 1)).toMatchObject({ action: 'block', cell: null, validUntilMs: T0 + 45 * MINUTE });
    expect(said(ask(snapshot, 'hoclieu.test', T0 + 45 * MINUTE))).toBe('allow category category-open');
    expect(said(ask(snapshot, 'mxh.test', T0 + 45 * MINUTE))).toBe('allow opening teacher-opening');
  });
  it('does not answer for a profile that is asked about by name', () => {
    expect(decide({ host: 'hoclieu.test', zone: 0, path: null, profile: profileNumber('thcs') }, snapshot, T0 + 1).reason).toBe('category-open');
  });
});

describe('a focus list', () => {
  const entries = ['hoclieu.test', 'mxh.test', '=cobac.test', 'videochung.test', '*.la.test', 'khan.test'];
  const focus = school(lesson({ kind: 'focus', entries }));
  it.each([
    ['hoclieu.test', 'allow lesson lesson-list'], ['www.mxh.test', 'allow lesson lesson-list'], ['videochung.test', 'restrict lesson lesson-list'],
    ['cobac.test', 'block hard hard-category'], ['a.la.test', 'allow lesson lesson-list'], ['la.test', 'block lesson lesson-focus'],
    ['hoclieu2.test', 'block lesson lesson-focus'], ['nhanuoc.test', 'block lesson lesson-focus'], ['khan.test', 'allow lesson lesson-list'],
    ['trogiup.test', 'allow help help-line'], ['hatang.test', 'allow help infrastructure'], ['10.0.0.7', 'block lesson lesson-focus'],
  ])('%s: %s', (host, expected) => {
    expect(said(ask(focus, host))).toBe(expected);
  });
  it('names its entry, and stands below the Sở’s emergency block', () => {
    expect(ask(focus, 'www.mxh.test')).toMatchObject({ rule: 'mxh.test', list: null, cell: 'K' });
    const urgent = school(lesson({ kind: 'focus', entries }), { rules: [{ layer: 'emergency', entry: 'mxh.test', profileMask: null, note: null }] });
    expect(said(ask(urgent, 'mxh.test'))).toBe('block emergency emergency-block');
  });
  it('opens nothing where unlisted names are closed hard', () => {
    const categories = CATEGORIES.map((category) => (category.code === 'chuaphanloai' ? { ...category, cells: category.cells.map(() => 'X' as const) } : category));
    const closed = school(lesson({ kind: 'focus', entries }), { categories });
    expect(said(ask(closed, 'khan.test'))).toBe('block lesson lesson-focus');
  });
  it('leaves protected learning open where that was chosen, and only what is protected', () => {
    const learning = school(lesson({ kind: 'focus', entries: ['mxh.test'], learning: true }));
    expect(said(ask(learning, 'hoclieu2.test'))).toBe('allow category category-open');
    for (const host of ['tunhap.test', 'nhanuoc.test', 'la.test']) expect(said(ask(learning, host)), host).toBe('block lesson lesson-focus');
  });
  it('counts an opening made since it began, not one from before', () => {
    const opening = (fromMs: number): PolicyData['openings'] => [{ zone: 'a', entry: 'baochi.test', fromMs, untilMs: T0 + 40 * MINUTE }];
    expect(said(ask(school(lesson({ kind: 'focus', entries }), { openings: opening(T0 - MINUTE) }), 'baochi.test'))).toBe('block lesson lesson-focus');
    const young = school(lesson({ kind: 'focus', entries }), { openings: opening(T0 + 2 * MINUTE) });
    expect(ask(young, 'baochi.test')).toMatchObject({ reason: 'lesson-focus', validUntilMs: T0 + 2 * MINUTE });
    expect(ask(young, 'baochi.test', T0 + 2 * MINUTE)).toMatchObject({ reason: 'teacher-opening', validUntilMs: T0 + 40 * MINUTE });
  });
  it('judges what a translator carries too', () => {
    const wrapped = school(lesson({ kind: 'focus', entries: ['translate.goog', 'mxh.test'] }));
    expect(ask(wrapped, 'mxh-test.translate.goog').action).toBe('allow');
    expect(ask(wrapped, 'baochi-test.translate.goog').reason).toBe('lesson-focus');
  });
});

describe('hosts of an exam', () => {
  const exam = (rest: Partial<Lesson> = {}): Snapshot => school(lesson({ profile: profileNumber('thi'), kind: 'exam', entries: ['baithi.test', 'cobac.test'], ...rest }), { rules: [{ layer: 'school-allow', entry: 'lms.test', profileMask: 1 << profileNumber('thi'), note: null }] });
  it('stand beside the school’s standing exam rules, and open nothing hard', () => {
    expect(said(ask(exam(), 'de.baithi.test'))).toBe('allow lesson lesson-list');
    expect(said(ask(exam(), 'lms.test'))).toBe('allow school-allow school-allow');
    expect(said(ask(exam(), 'la.test'))).toBe('block base exam-only');
    expect(said(ask(exam(), 'cobac.test'))).toBe('block hard hard-category');
    // K in an exam, X in the room's everyday profile
    expect(said(ask(exam({ entries: ['game16.test', 'baochi.test'] }), 'game16.test'))).toBe('block category category-blocked');
    expect(said(ask(exam({ entries: ['game16.test', 'baochi.test'] }), 'baochi.test'))).toBe('allow lesson lesson-list');
  });
  it('are of that lesson only', () => {
    expect(said(ask(exam({ kind: 'profile', entries: [] }), 'de.baithi.test'))).toBe('block base exam-only');
    expect(said(ask(exam(), 'de.baithi.test', T0 + 45 * MINUTE))).toBe('block base uncategorised-blocked');
  });
});

describe('properties', () => {
  const hosts = [...CATEGORIES.map(({ code }) => `${code}.test`), 'la.test', 'kubet88.test', 'a.mxh.test', '10.0.0.7', 'mxh-test.translate.goog'];
  const one = fc.record({
    kind: fc.constantFrom('focus', 'pause', 'exam', 'profile'), entries: fc.subarray(hosts.filter((host) => !host.includes('goog'))), learning: fc.boolean(),
    fromMs: fc.integer({ min: -30, max: 30 }).map((n) => T0 + n * MINUTE), minutes: fc.integer({ min: 1, max: 60 }),
  }).map(({ minutes, ...rest }) => lesson({ ...rest, untilMs: rest.fromMs + minutes * MINUTE, profile: profileNumber(rest.kind === 'exam' ? 'thi' : 'thcs') }));
  const openings = fc.array(fc.record({ zone: fc.constant('a'), entry: fc.constantFrom(...hosts), fromMs: fc.integer({ min: -20, max: 20 }).map((n) => T0 + n * MINUTE), untilMs: fc.constant(T0 + 90 * MINUTE) }), { maxLength: 3 });
  it('no list, focus or exam opens X; help is never closed; pause closes all the rest; the cache agrees', () => {
    const seen = new Set<string>();
    fc.assert(fc.property(one, openings, fc.constantFrom(...hosts), fc.array(fc.integer({ min: -40, max: 100 }), { minLength: 1, maxLength: 6 }), (row, opened, host, moments) => {
      const ruled = school(row, { openings: opened });
      const plain = school(null);
      const cache = createDecisionCache();
      for (const minute of moments) {
        const nowMs = T0 + minute * MINUTE;
        const decision = ask(ruled, host, nowMs);
        seen.add(decision.reason);
        expect(cache.decide({ host, zone: 0, path: null, profile: -1 }, ruled, nowMs)).toEqual(decision);
        const bare = ask(plain, host, nowMs);
        if (bare.layer === 'help') expect(decision.action).toBe('allow');
        if (bare.layer === 'hard') expect(decision.action).toBe('block');
        const running = row.fromMs <= nowMs && nowMs < row.untilMs;
        if (running && row.kind === 'pause' && bare.layer !== 'help') expect(decision.action).toBe('block');
        if (running && row.kind === 'focus' && decision.action !== 'block' && bare.layer !== 'help') {
          expect(['lesson-list', 'teacher-opening', 'category-open']).toContain(decision.reason);
        }
        if (!running) expect(['lesson-list', 'lesson-focus', 'internet-paused']).not.toContain(decision.reason);
      }
    }), { seed: 4, numRuns: 3_000 });
    for (const reason of ['lesson-list', 'lesson-focus', 'internet-paused', 'teacher-opening', 'exam-only', 'help-line', 'hard-category']) expect([...seen]).toContain(reason);
  });
});
