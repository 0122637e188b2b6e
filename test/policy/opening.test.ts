import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/policy/decide.js';
import type { Decision } from '../../src/policy/decision.js';
import type { Opening, PolicyData } from '../../src/policy/snapshot.js';
import { CATEGORIES, LIST_A_CATEGORY, MATRIX, PROFILES, profileNumber, snapshotOf, zone } from './fixture.js';

const T0 = Date.UTC(2026, 10, 23, 2, 0);
const THI = profileNumber('thi');
const ask = (host: string, zoneNumber: number, nowMs: number, rest: Partial<PolicyData>, profile = -1): Decision =>
  decide({ host, zone: zoneNumber, path: null, profile }, snapshotOf(LIST_A_CATEGORY, rest), nowMs);

describe('an opening', () => {
  const rest = { openings: [{ zone: 'phong-thcs', entry: 'mxh.test', fromMs: T0, untilMs: T0 + 1_000 }] };
  it('begins and ends to the millisecond, and says when it will change', () => {
    const zoneNumber = profileNumber('thcs');
    expect(ask('mxh.test', zoneNumber, T0 - 1, rest)).toMatchObject({ reason: 'category-blocked', validUntilMs: T0 });
    expect(ask('mxh.test', zoneNumber, T0, rest)).toMatchObject({ reason: 'teacher-opening', validUntilMs: T0 + 1_000 });
    expect(ask('mxh.test', zoneNumber, T0 + 999, rest)).toMatchObject({ reason: 'teacher-opening' });
    expect(ask('mxh.test', zoneNumber, T0 + 1_000, rest)).toMatchObject({ reason: 'category-blocked', validUntilMs: Infinity });
    expect(ask('livestream.test', zoneNumber, T0, rest)).toMatchObject({ reason: 'category-blocked', validUntilMs: Infinity });
  });
  it('opens unlisted names too, unless the school has closed them hard', () => {
    const openings = [{ zone: 'phong-thcs', entry: 'la.test', fromMs: T0, untilMs: T0 + 1_000 }];
    const zoneNumber = profileNumber('thcs');
    expect(ask('www.la.test', zoneNumber, T0, { openings })).toMatchObject({ reason: 'teacher-opening', cell: 'K' });
    const hard = CATEGORIES.map((c) => (c.code === 'chuaphanloai' ? { ...c, cells: ['X', 'X', 'X', 'H', 'M', 'K'] as const } : c));
    expect(ask('www.la.test', zoneNumber, T0, { openings, categories: hard })).toMatchObject({ action: 'block', cell: 'X' });
  });
});

describe('in an exam', () => {
  const lessons = [{ zone: 'phong-thcs', profile: THI, fromMs: T0, untilMs: T0 + 9_000 }];
  const opened = (fromMs: number): Decision =>
    ask('mxh.test', profileNumber('thcs'), T0 + 10, { lessons, openings: [{ zone: 'phong-thcs', entry: 'mxh.test', fromMs, untilMs: T0 + 10_000 }] });
  it('only an opening that began after the exam counts', () => {
    expect(opened(T0 - 5_000).action).toBe('block');
    expect(opened(T0).action).toBe('block');
    expect(opened(T0 + 1)).toMatchObject({ action: 'allow', reason: 'teacher-opening' });
  });
  it('an unlisted name is closed as not on the list, help stays open', () => {
    expect(ask('la.test', profileNumber('thcs'), T0, { lessons })).toMatchObject({ reason: 'exam-only', profile: THI, validUntilMs: T0 + 9_000 });
    expect(ask('trogiup.test', profileNumber('thcs'), T0, { lessons }).reason).toBe('help-line');
    expect(ask('hatang.test', profileNumber('thcs'), T0, { lessons }).reason).toBe('infrastructure');
  });
  it('a rule that names the exam opens in it', () => {
    const rules = [{ layer: 'school-allow', entry: 'la.test', profileMask: 1 << THI, note: null }] as const;
    expect(ask('la.test', profileNumber('thcs'), T0, { lessons, rules }).reason).toBe('school-allow');
  });
  it('asked about as if it ran, it lets no running opening through', () => {
    const openings = [{ zone: 'phong-thcs', entry: 'mxh.test', fromMs: T0, untilMs: T0 + 10_000 }];
    expect(ask('mxh.test', profileNumber('thcs'), T0 + 5, { openings }, THI).action).toBe('block');
  });
});

describe('property: an opening opens one room, for its time, and never an X', () => {
  const rooms = [...PROFILES.map((id) => zone(`phong-${id}`, id)), zone('phong-ke', 'thcs')];
  const codes = Object.keys(MATRIX);
  const opening = fc.record({ zone: fc.constantFrom(...rooms.map((room) => room.name)), code: fc.constantFrom(...codes), form: fc.constantFrom('', '=', '*.'), fromMs: fc.integer({ min: 0, max: 50 }), length: fc.integer({ min: 0, max: 50 }) })
    .map(({ code, form, length, ...rest }) => ({ zone: rest.zone, entry: `${form}${code}.test`, fromMs: T0 + rest.fromMs, untilMs: T0 + rest.fromMs + length }) satisfies Opening);
  const covers = (one: Opening, host: string): boolean => {
    if (one.entry.startsWith('=')) return host === one.entry.slice(1);
    if (one.entry.startsWith('*.')) return host.endsWith(one.entry.slice(1));
    return host === one.entry || host.endsWith(`.${one.entry}`);
  };
  let opened = 0;
  let ended = 0;
  let hard = 0;

  it('over zones, categories and time', () => {
    fc.assert(fc.property(fc.array(opening, { minLength: 1, maxLength: 5 }), fc.nat({ max: rooms.length }), fc.constantFrom(...codes), fc.constantFrom('', 'www.'), fc.integer({ min: -5, max: 110 }), fc.boolean(), (openings, room, code, prefix, dt, hit) => {
      // Half of the runs aim at an opening that exists, so that the property is not about nothing.
      const aim = openings[0] as Opening;
      const host = hit ? `${prefix}${aim.entry.replace(/^(=|\*\.)/, '')}` : `${prefix}${code}.test`;
      const zoneNumber = hit ? rooms.findIndex((one) => one.name === aim.zone) : room - 1;
      const nowMs = T0 + dt;
      const withIt = decide({ host, zone: zoneNumber, path: null, profile: -1 }, snapshotOf(LIST_A_CATEGORY, { zones: rooms, openings }), nowMs);
      const without = decide({ host, zone: zoneNumber, path: null, profile: -1 }, snapshotOf(LIST_A_CATEGORY, { zones: rooms }), nowMs);
      const bearing = openings.filter((one) => one.zone === rooms[zoneNumber]?.name && covers(one, host));
      const running = bearing.filter((one) => one.fromMs <= nowMs && nowMs < one.untilMs);
      const above = without.layer === 'help' || without.layer === 'hard';
      if (running.length > 0 && !above) {
        opened++;
        expect(withIt).toMatchObject({ action: 'allow', reason: 'teacher-opening' });
      } else {
        if (without.cell === 'X' && running.length > 0) hard++;
        if (bearing.some((one) => nowMs >= one.untilMs)) ended++;
        expect({ ...withIt, validUntilMs: 0 }).toEqual({ ...without, validUntilMs: 0 });
      }
      const changes = bearing.filter((one) => one.untilMs > one.fromMs && nowMs < one.untilMs).map((one) => (nowMs < one.fromMs ? one.fromMs : one.untilMs));
      expect(withIt.validUntilMs).toBe(Math.min(Infinity, ...changes));
    }), { seed: 24, numRuns: 1_500 });
    expect(opened).toBeGreaterThan(50);
    expect(ended).toBeGreaterThan(50);
    expect(hard).toBeGreaterThan(20);
  });
});
