import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { zoneState } from '../../src/policy/schedule.js';
import type { Lesson, Slot, Snapshot } from '../../src/policy/snapshot.js';
import { profileNumber, snapshotOf, zone } from './fixture.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** Monday 2026-11-23, 00:00 in Hà Nội. */
const MONDAY = Date.UTC(2026, 10, 22, 17, 0);
const at = (day: number, hour: number, minute = 0, ms = 0): number => MONDAY + day * DAY + hour * HOUR + minute * MINUTE + ms;

const THCS = profileNumber('thcs');
const THPT = profileNumber('thpt');
const THI = profileNumber('thi');
const slot = (weekday: number, from: number, to: number, profile: number): Slot => ({ weekday, fromMinute: from * 60, toMinute: to * 60, profile });
const lesson = (fromMs: number, untilMs: number, profile: number, name = 'r'): Lesson => ({ zone: name, fromMs, untilMs, profile });
const school = (timetable: Slot[], lessons: Lesson[] = []): Snapshot =>
  snapshotOf([], { zones: [zone('r', 'thcs', { timetable }), zone('other', 'giao-vien')], lessons });

describe('timetable', () => {
  const snapshot = school([slot(1, 7, 9, THPT), slot(1, 9, 10, THI), slot(7, 22, 2, THPT), slot(3, 0, 24, THPT)]);
  it.each([
    ['just before the slot', at(0, 6, 59, 59_999), THCS, at(0, 7)],
    ['its first instant', at(0, 7), THPT, at(0, 9)],
    ['its last instant', at(0, 8, 59, 59_999), THPT, at(0, 9)],
    ['the next slot begins as it ends', at(0, 9), THI, at(0, 10)],
    ['the end instant is over', at(0, 10), THCS, at(2, 0)],
    ['a whole day', at(2, 23, 59), THPT, at(3, 0)],
    ['Sunday night', at(6, 23), THPT, at(7, 2)],
    ['past midnight into the next week', at(7, 1, 59), THPT, at(7, 2)],
    ['and out', at(7, 2), THCS, at(7, 7)],
    ['the Monday before: the same slot of last Sunday', at(0, 1), THPT, at(0, 2)],
  ])('%s', (_, nowMs, profile, untilMs) => {
    expect(zoneState(snapshot, 0, nowMs)).toMatchObject({ profile, untilMs, lesson: false });
  });
  it('tells since when', () => {
    expect(zoneState(snapshot, 0, at(7, 1)).sinceMs).toBe(at(6, 22));
    expect(zoneState(snapshot, 0, at(0, 12)).sinceMs).toBe(-Infinity);
  });
  it('of overlapping slots the one that began last decides; an empty slot never', () => {
    const overlap = school([slot(1, 8, 12, THPT), slot(1, 9, 10, THI), slot(1, 11, 11, THI)]);
    expect(zoneState(overlap, 0, at(0, 9, 30)).profile).toBe(THI);
    expect(zoneState(overlap, 0, at(0, 10, 30)).profile).toBe(THPT);
    expect(zoneState(overlap, 0, at(0, 11)).profile).toBe(THPT);
  });
  it('leaves other zones alone, and an unknown one on the strictest', () => {
    expect(zoneState(snapshot, 1, at(0, 8))).toEqual({ profile: profileNumber('giao-vien'), untilMs: Infinity, lesson: false, running: null, sinceMs: -Infinity });
    for (const unknown of [-1, 2, 99]) expect(zoneState(snapshot, unknown, at(0, 8)).profile).toBe(0);
  });
});

describe('lessons', () => {
  it('stand above the timetable and hide its boundaries', () => {
    const snapshot = school([slot(1, 8, 9, THI)], [lesson(at(0, 7, 30), at(0, 8, 30), THPT)]);
    expect(zoneState(snapshot, 0, at(0, 7, 45))).toEqual({ profile: THPT, untilMs: at(0, 8, 30), lesson: true, running: snapshot.data.lessons[0], sinceMs: at(0, 7, 30) });
    expect(zoneState(snapshot, 0, at(0, 8, 30))).toMatchObject({ profile: THI, untilMs: at(0, 9), lesson: false });
  });
  it('the end instant is over, the start instant is in, and one that is to come bounds the answer', () => {
    const snapshot = school([], [lesson(at(0, 8), at(0, 9), THPT)]);
    expect(zoneState(snapshot, 0, at(0, 8, 0, -1))).toMatchObject({ profile: THCS, untilMs: at(0, 8) });
    expect(zoneState(snapshot, 0, at(0, 8)).profile).toBe(THPT);
    expect(zoneState(snapshot, 0, at(0, 9, 0, -1)).profile).toBe(THPT);
    expect(zoneState(snapshot, 0, at(0, 9))).toMatchObject({ profile: THCS, untilMs: Infinity, lesson: false });
  });
  it('of overlapping lessons the latest start wins, the later row on a tie, and the older returns', () => {
    const snapshot = school([], [lesson(at(0, 8), at(0, 12), THPT), lesson(at(0, 9), at(0, 10), THI), lesson(at(0, 9), at(0, 9, 30), THCS)]);
    expect(zoneState(snapshot, 0, at(0, 8, 30))).toMatchObject({ profile: THPT, untilMs: at(0, 9) });
    expect(zoneState(snapshot, 0, at(0, 9, 15))).toMatchObject({ profile: THCS, untilMs: at(0, 9, 30) });
    expect(zoneState(snapshot, 0, at(0, 9, 45))).toMatchObject({ profile: THI, untilMs: at(0, 10) });
    expect(zoneState(snapshot, 0, at(0, 11))).toMatchObject({ profile: THPT, untilMs: at(0, 12) });
  });
  it('with a profile that does not exist widens nothing', () => {
    expect(zoneState(school([], [lesson(at(0, 8), at(0, 9), 42)]), 0, at(0, 8)).profile).toBe(0);
  });
});

/** Minute by minute, by the calendar of the platform: the slow way round. */
function reference(timetable: readonly Slot[], lessons: readonly Lesson[], nowMs: number, fallback: number): number {
  let best: { start: number; profile: number } | null = null;
  for (const one of lessons) {
    if (one.zone === 'r' && one.fromMs <= nowMs && nowMs < one.untilMs && (best === null || one.fromMs >= best.start)) best = { start: one.fromMs, profile: one.profile };
  }
  if (best !== null) return best.profile;
  for (const one of timetable) {
    for (let back = 0; back <= 8; back++) {
      const local = new Date(nowMs + 7 * HOUR - back * DAY);
      const weekday = local.getUTCDay() === 0 ? 7 : local.getUTCDay();
      if (weekday !== one.weekday) continue;
      const start = Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), local.getUTCDate()) - 7 * HOUR + one.fromMinute * MINUTE;
      const length = one.toMinute < one.fromMinute ? one.toMinute + 1_440 - one.fromMinute : one.toMinute - one.fromMinute;
      if (start <= nowMs && nowMs < start + length * MINUTE && (best === null || start >= best.start)) best = { start, profile: one.profile };
    }
  }
  return best?.profile ?? fallback;
}

describe('properties', () => {
  const slots = fc.array(fc.record({ weekday: fc.integer({ min: 1, max: 7 }), fromMinute: fc.integer({ min: 0, max: 1_439 }), toMinute: fc.integer({ min: 0, max: 1_440 }), profile: fc.integer({ min: 0, max: 5 }) }), { maxLength: 6 });
  const lessons = fc.array(fc.record({
    zone: fc.constantFrom('r', 'other'), profile: fc.integer({ min: 0, max: 5 }),
    fromMs: fc.integer({ min: 0, max: 20_160 }).map((m) => MONDAY + m * MINUTE), minutes: fc.integer({ min: 0, max: 4_000 }),
  }).map(({ minutes, ...rest }) => ({ ...rest, untilMs: rest.fromMs + minutes * MINUTE })), { maxLength: 4 });
  const moment = fc.integer({ min: -7 * 1_440, max: 14 * 1_440 }).chain((minute) => fc.constantFrom(-1, 0, 1, 30_000).map((ms) => MONDAY + minute * MINUTE + ms));
  let inSlot = 0;
  let inLesson = 0;

  it('agrees with the calendar, and holds until it says', () => {
    fc.assert(fc.property(slots, lessons, moment, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (timetable, rows, nowMs, within) => {
      const snapshot = school(timetable, rows);
      const state = zoneState(snapshot, 0, nowMs);
      expect(state.profile).toBe(reference(timetable, rows, nowMs, THCS));
      expect(state.untilMs).toBeGreaterThan(nowMs);
      if (state.lesson) inLesson++;
      else if (state.sinceMs > -Infinity) inSlot++;
      const later = nowMs + Math.floor(Math.min(state.untilMs - nowMs - 1, 30 * DAY) * within);
      expect(zoneState(snapshot, 0, later).profile).toBe(state.profile);
      expect(zoneState(snapshot, 0, later).untilMs).toBe(state.untilMs);
    }), { seed: 308, numRuns: 2_000 });
    expect(inSlot).toBeGreaterThan(100);
    expect(inLesson).toBeGreaterThan(50);
  });
});
