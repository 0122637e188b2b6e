/** Bells, holidays and make-up days against a slow walk minute by minute through the platform's own calendar. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayOf, formatDay, startOfDay } from '../../src/local-time.js';
import {
  endOfPeriod, endOfSession, followedWeekday, levelOf, minutesOf, nextPeriods, NO_DAYS, parseDayText, periodAt, weekdayOf, type Bell, type Calendar,
  type SchoolDays,
} from '../../src/policy/school-time.js';
import { decide } from '../../src/policy/decide.js';
import { createDecisionCache } from '../../src/policy/decision-cache.js';
import { zoneState } from '../../src/policy/schedule.js';
import type { Slot } from '../../src/policy/snapshot.js';
import { LIST_A_CATEGORY, profileNumber, snapshotOf, zone } from './fixture.js';

const MINUTE = 60_000;
const DAY = 86_400_000;
const day = (text: string): number => parseDayText(text) ?? NaN;
const at = (date: string, clock: string): number => Date.parse(`${date}T${clock}:00+07:00`);
const bells: readonly Bell[] = [
  { session: 'sang', period: 1, fromMinute: 420, toMinute: 465 }, { session: 'sang', period: 2, fromMinute: 470, toMinute: 515 },
  { session: 'sang', period: 3, fromMinute: 535, toMinute: 580 },
  { session: 'chieu', period: 1, fromMinute: 780, toMinute: 825 }, { session: 'chieu', period: 2, fromMinute: 830, toMinute: 875 },
];
/** Monday 23 to Sunday 29 November 2026; Thursday and Friday off, Saturday follows Friday, Sunday follows Thursday. */
const days: SchoolDays = { holidays: [{ fromDay: day('2026-11-26'), toDay: day('2026-11-27') }], makeups: [{ day: day('2026-11-28'), follows: 5 }, { day: day('2026-11-29'), follows: 4 }] };
const calendar: Calendar = { weekdays: [1, 2, 3, 4, 5], bells, days };

describe('days', () => {
  it.each([['1970-01-01', 4], ['1969-12-31', 3], ['2026-11-23', 1], ['2026-11-29', 7], ['2024-02-29', 4]])('%s is weekday %i', (text, weekday) => {
    expect(weekdayOf(day(text))).toBe(weekday);
    expect(formatDay(startOfDay(day(text)))).toBe(text);
    expect(dayOf(startOfDay(day(text)))).toBe(day(text));
    expect(dayOf(startOfDay(day(text)) - 1)).toBe(day(text) - 1);
  });
  it.each(['2026-02-29', '2026-13-01', '26-01-01', '', '2026-1-1', '2026-11-31'])('“%s” is no day', (text) => {
    expect(parseDayText(text)).toBeNull();
  });
  it('holidays have no weekday, make-up days another one, and stand above a holiday', () => {
    expect(['2026-11-25', '2026-11-26', '2026-11-27', '2026-11-28', '2026-11-29'].map((text) => followedWeekday(days, day(text)))).toEqual([3, 0, 0, 5, 4]);
    expect(followedWeekday({ ...days, makeups: [{ day: day('2026-11-26'), follows: 2 }] }, day('2026-11-26'))).toBe(2);
  });
});

describe('periods', () => {
  it.each([
    ['2026-11-23', '06:29', null, null, null], ['2026-11-23', '06:30', null, '07:45', '09:40'], ['2026-11-23', '07:00', 'sang 1', '07:45', '09:40'],
    ['2026-11-23', '07:44', 'sang 1', '07:45', '09:40'], ['2026-11-23', '07:45', null, '08:35', '09:40'], ['2026-11-23', '08:40', null, '09:40', '09:40'],
    ['2026-11-23', '09:40', null, null, null], ['2026-11-23', '12:35', null, '13:45', '14:35'], ['2026-11-23', '14:00', 'chieu 2', '14:35', '14:35'],
    ['2026-11-26', '08:00', null, null, null], ['2026-11-28', '08:00', 'sang 2', '08:35', '09:40'], ['2026-11-30', '13:00', 'chieu 1', '13:45', '14:35'],
  ])('%s %s: %s, ends %s, session ends %s', (date, clock, period, end, session) => {
    const now = at(date, clock);
    const running = periodAt(calendar, now);
    expect(running === null ? null : `${running.session} ${running.period}`).toBe(period);
    expect(endOfPeriod(calendar, now)).toBe(end === null ? null : at(date, end));
    expect(endOfSession(calendar, now)).toBe(session === null ? null : at(date, session));
  });
  it('the next ones skip the holidays', () => {
    const next = nextPeriods(calendar, at('2026-11-25', '13:50'), 3);
    expect(next.map(({ session, period, fromMs }) => `${session} ${period} ${new Date(fromMs + 7 * 3_600_000).toISOString().slice(0, 16)}`)).toEqual([
      'chieu 2 2026-11-25T13:50', 'sang 1 2026-11-28T07:00', 'sang 2 2026-11-28T07:50',
    ].slice(1).concat('sang 3 2026-11-28T08:55'));
    expect(nextPeriods({ ...calendar, bells: [] }, at('2026-11-25', '13:50'), 3)).toEqual([]);
  });
  it('span minutes, and know whose bells ring', () => {
    expect(minutesOf(bells, { session: 'sang', fromPeriod: 1, toPeriod: 3 })).toEqual({ fromMinute: 420, toMinute: 580 });
    expect(minutesOf(bells, { session: 'toi', fromPeriod: 1, toPeriod: 1 })).toBeNull();
    expect([levelOf('lop-4-5'), levelOf('thi', 'giao-vien'), levelOf('thi', 'thpt'), levelOf('giao-vien')]).toEqual(['tieu-hoc', null, 'thpt', null]);
  });
});

/** The slow way: the platform's calendar, one moment at a time. */
function slowWeekday(own: SchoolDays, ms: number): number {
  const text = new Date(ms + 7 * 3_600_000).toISOString().slice(0, 10);
  const makeup = own.makeups.find((one) => formatDay(startOfDay(one.day)) === text);
  if (makeup !== undefined) return makeup.follows;
  if (own.holidays.some((one) => formatDay(startOfDay(one.fromDay)) <= text && text <= formatDay(startOfDay(one.toDay)))) return 0;
  const weekday = new Date(`${text}T00:00:00Z`).getUTCDay();
  return weekday === 0 ? 7 : weekday;
}

function slowProfile(own: SchoolDays, slots: readonly Slot[], nowMs: number, fallback: number): number {
  let best: { fromMs: number; profile: number } | null = null;
  for (const back of [1, 0]) {
    const date = new Date(nowMs + 7 * 3_600_000 - back * DAY).toISOString().slice(0, 10);
    const midnight = Date.parse(`${date}T00:00:00+07:00`);
    for (const slot of slots) {
      if (slowWeekday(own, midnight) !== slot.weekday) continue;
      const fromMs = midnight + slot.fromMinute * MINUTE;
      const untilMs = fromMs + (slot.toMinute < slot.fromMinute ? slot.toMinute + 1_440 - slot.fromMinute : slot.toMinute - slot.fromMinute) * MINUTE;
      if (fromMs <= nowMs && nowMs < untilMs && (best === null || fromMs >= best.fromMs)) best = { fromMs, profile: slot.profile };
    }
  }
  return best?.profile ?? fallback;
}

describe('properties over three weeks of holidays, make-up days and slots across midnight', () => {
  const first = day('2026-11-16');
  const drawnDays = fc.record({
    holidays: fc.array(fc.record({ fromDay: fc.integer({ min: first, max: first + 20 }), length: fc.nat({ max: 6 }) }).map(({ fromDay, length }) => ({ fromDay, toDay: fromDay + length })), { minLength: 1, maxLength: 3 }),
    makeups: fc.uniqueArray(fc.record({ day: fc.integer({ min: first, max: first + 20 }), follows: fc.integer({ min: 1, max: 7 }) }), { maxLength: 3, selector: (one) => one.day }),
  });
  const slots = fc.array(fc.record({ weekday: fc.integer({ min: 1, max: 7 }), fromMinute: fc.integer({ min: 0, max: 1_439 }), toMinute: fc.integer({ min: 0, max: 1_440 }), profile: fc.integer({ min: 0, max: 5 }) }), { minLength: 3, maxLength: 9, size: 'max' });
  const moment = fc.integer({ min: 0, max: 20 * 1_440 }).chain((minute) => fc.constantFrom(-1, 0, 1, 30_000).map((ms) => startOfDay(first) + minute * MINUTE + ms));
  const counted = { slot: 0, holiday: 0, makeup: 0, past: 0 };

  it('a timetable agrees, and its verdicts hold exactly until they say', () => {
    fc.assert(fc.property(drawnDays, slots, moment, (own, timetable, nowMs) => {
      const snapshot = snapshotOf(LIST_A_CATEGORY, { zones: [zone('r', 'thcs', { timetable })], days: own });
      const state = zoneState(snapshot, 0, nowMs);
      expect(state.profile).toBe(slowProfile(own, timetable, nowMs, profileNumber('thcs')));
      if (state.sinceMs > -Infinity) counted.slot++;
      const today = slowWeekday(own, nowMs);
      if (today === 0) counted.holiday++;
      if (own.makeups.some((one) => one.day === dayOf(nowMs))) counted.makeup++;
      if (today === 0 && state.sinceMs > -Infinity) counted.past++;
      // Walked minute by minute: nothing changes before the instant named, and the cache is never late.
      const cache = createDecisionCache();
      const facts = { host: 'game12.test', zone: 0, path: null, profile: -1 };
      const horizon = Math.min(state.untilMs, nowMs + DAY);
      for (let ms = nowMs; ms < horizon + 3 * MINUTE; ms += 13 * MINUTE) {
        if (ms < state.untilMs) expect(slowProfile(own, timetable, ms, profileNumber('thcs'))).toBe(state.profile);
        expect(cache.decide(facts, snapshot, ms).profile).toBe(slowProfile(own, timetable, ms, profileNumber('thcs')));
      }
      if (state.untilMs < nowMs + 25 * DAY) {
        expect(zoneState(snapshot, 0, state.untilMs - 1).profile).toBe(state.profile);
        expect(cache.decide(facts, snapshot, state.untilMs)).toEqual(decide(facts, snapshot, state.untilMs));
      }
    }), { seed: 11, numRuns: 300 });
    expect(Math.min(counted.slot, counted.holiday, counted.makeup)).toBeGreaterThan(10);
    expect(counted.past).toBeGreaterThan(1);
  });

  it('the period and its ends agree with a walk through every minute', () => {
    const bell = fc.record({ session: fc.constantFrom('sang' as const, 'chieu' as const), start: fc.integer({ min: 0, max: 1_380 }), length: fc.integer({ min: 20, max: 60 }) });
    let found = 0;
    fc.assert(fc.property(drawnDays, fc.array(bell, { minLength: 1, maxLength: 8 }), fc.integer({ min: 0, max: 20 * 1_440 }), (own, drawn, minute) => {
      const free: Bell[] = [];
      for (const one of drawn) {
        const made = { session: one.start < 720 ? 'sang' as const : 'chieu' as const, period: free.length + 1, fromMinute: one.start, toMinute: one.start + one.length };
        if (free.every((other) => other.toMinute <= made.fromMinute || made.toMinute <= other.fromMinute)) free.push(made);
      }
      const drawnCalendar: Calendar = { weekdays: [1, 2, 3, 4, 5, 6], bells: free, days: own };
      const nowMs = startOfDay(first) + minute * MINUTE;
      const slowAt = (ms: number): Bell | null => {
        const weekday = slowWeekday(own, ms);
        const local = new Date(ms + 7 * 3_600_000);
        const clock = local.getUTCHours() * 60 + local.getUTCMinutes();
        return weekday === 0 || weekday === 7 ? null : (free.find((one) => one.fromMinute <= clock && clock < one.toMinute) ?? null);
      };
      const running = periodAt(drawnCalendar, nowMs);
      const slow = slowAt(nowMs);
      expect(running?.period ?? null).toBe(slow?.period ?? null);
      if (running !== null) {
        found++;
        let end = nowMs;
        while (slowAt(end)?.period === running.period && dayOf(end) === dayOf(nowMs)) end += MINUTE;
        expect(endOfPeriod(drawnCalendar, nowMs)).toBe(end);
      }
      const [next] = nextPeriods(drawnCalendar, nowMs, 1);
      let ms = nowMs + MINUTE;
      const limit = nowMs + 3 * DAY;
      while (ms < limit && (slowAt(ms) === null || slowAt(ms - MINUTE)?.period === slowAt(ms)?.period)) ms += MINUTE;
      if (ms < limit) expect(next?.fromMs).toBe(ms);
    }), { seed: 12, numRuns: 300 });
    expect(found).toBeGreaterThan(20);
  });

  it('a calendar that never comes round is asked again, not believed for ever', () => {
    const off = { holidays: [{ fromDay: first, toDay: first + 5_000 }], makeups: [] };
    const snapshot = snapshotOf([], { zones: [zone('r', 'thcs', { timetable: [{ weekday: 1, fromMinute: 0, toMinute: 60, profile: 5 }] })], days: off });
    const state = zoneState(snapshot, 0, startOfDay(first + 10));
    expect(state).toMatchObject({ profile: profileNumber('thcs') });
    expect(state.untilMs).toBe(startOfDay(first + 10 + 401));
    expect(NO_DAYS.holidays).toEqual([]);
  });
});
