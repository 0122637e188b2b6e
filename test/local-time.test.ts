/** Where hours, days and months begin in Hà Nội. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DAY_MS, dayOf, dayStart, formatDay, formatLocal, formatMonth, HOUR_MS, hourStart, parseDay, startOfDay } from '../src/local-time.js';

/** The platform's own calendar as the reference. */
const calendar = new Intl.DateTimeFormat('en-CA', { timeZone: 'Asia/Ho_Chi_Minh', dateStyle: 'short' });

describe('periods', () => {
  it('agree with the time-zone database since 1976 (seeded property)', () => {
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1976, 0), max: Date.UTC(2099, 0) }), (ms) => {
        expect(formatDay(ms)).toBe(calendar.format(ms));
        const day = dayStart(ms);
        expect([ms - day >= 0, ms - day < DAY_MS]).toEqual([true, true]);
        expect(calendar.format(day)).toBe(calendar.format(ms));
        expect(calendar.format(day - 1)).not.toBe(calendar.format(ms));
        expect(parseDay(formatDay(ms))).toBe(day);
        expect(formatMonth(ms)).toBe(formatDay(ms).slice(0, 7));
        expect(Date.parse(formatLocal(ms))).toBe(Math.floor(ms / 1_000) * 1_000);
        expect(startOfDay(dayOf(ms))).toBe(day);
        expect([hourStart(ms) % HOUR_MS, dayStart(hourStart(ms))]).toEqual([0, day]);
      }),
      { seed: 7, numRuns: 500 },
    );
  });

  it('a new day begins at 17:00 UTC', () => {
    const midnight = Date.UTC(2026, 10, 22, 17);
    expect([dayStart(midnight), dayStart(midnight - 1)]).toEqual([midnight, midnight - DAY_MS]);
  });

  it.each(['2026-02-29', '2026-13-01', '2026-1-1', '23/11/2026', '', '2026-11-23T00:00', '2026-11-31'])('“%s” is no day', (text) => {
    expect(parseDay(text)).toBe(null);
  });
});
