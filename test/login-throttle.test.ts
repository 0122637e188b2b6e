/** The wait after wrong passwords: grows, has a ceiling, is forgotten, and never locks anybody out. */
import { describe, expect, it } from 'vitest';
import { afterTry, FORGET_MS, FREE_TRIES, MOST_WAIT_MS, ONLY_ADMIN_WAIT_MS, waitMs, type LoginCount } from '../src/login-throttle.js';

function failed(times: number, atMs = 0): LoginCount | null {
  let count: LoginCount | null = null;
  for (let i = 0; i < times; i++) count = afterTry(count, atMs);
  return count;
}

describe('the wait', () => {
  it('is nothing for the first tries, then doubles to its ceiling', () => {
    const waits = Array.from({ length: 14 }, (_, fails) => waitMs(failed(fails), 0) / 1_000);
    expect(waits).toEqual([0, 0, 0, 0, 0, 5, 10, 20, 40, 80, 160, 300, 300, 300]);
    expect(waitMs(failed(10_000), 0)).toBe(MOST_WAIT_MS);
    expect(waitMs(failed(10_000), 0, ONLY_ADMIN_WAIT_MS)).toBe(60_000);
  });
  it('runs off with the clock, to the millisecond', () => {
    expect([waitMs(failed(6), 9_999), waitMs(failed(6), 10_000), waitMs(failed(6), 1e9)]).toEqual([1, 0, 0]);
  });
  it('is no longer for a clock that went back', () => expect(waitMs(failed(6, 1e9), 0)).toBe(10_000));
  it('is forgotten after a quiet quarter of an hour, and no earlier', () => {
    const count = failed(9) as LoginCount;
    expect(afterTry(count, FORGET_MS - 1).fails).toBe(10);
    expect(afterTry(count, FORGET_MS).fails).toBe(1);
  });
  it('lets a guesser make few tries a day, and its victim one soon', () => {
    let count: LoginCount | null = null;
    let tries = 0;
    for (let now = 0; now < 86_400_000; now += 1_000) {
      if (waitMs(count, now) > 0) continue;
      count = afterTry(count, now);
      tries += 1;
    }
    expect(tries).toBeLessThan(320);
    expect(tries).toBeGreaterThan(FREE_TRIES);
    expect(waitMs(count, 86_400_000)).toBeLessThanOrEqual(MOST_WAIT_MS);
  });
});
