/** The live view: nothing while it is closed, ten minutes while it is open, no room of few, and nothing after. */
import { describe, expect, it } from 'vitest';
import { createLiveView, LIVE_MS } from '../../src/activity/live.js';
import type { EventNote } from '../../src/activity/event.js';

const note = (zone: string, minute = 1): EventNote => ({
  event: { minute, zone, profile: 'thcs', category: 'mxh', action: 'block', layer: 'category', reason: 'category-blocked', domain: 'facebook.com', channel: 'tunnel', requests: 1, bytesUp: 1, bytesDown: 2, ms: 3 },
  device: 12_345,
});

describe('the live view', () => {
  it('holds nothing while it is closed, and forgets everything when it closes', () => {
    let nowMs = 0;
    const live = createLiveView({ now: () => nowMs, devicesIn: () => 20 });
    live.take([note('A')]);
    expect([live.untilMs(), live.rows()]).toEqual([null, []]);
    expect(live.open()).toBe(LIVE_MS);
    expect(live.rows()).toEqual([]);
    live.take([note('A', 1), note('A', 2)]);
    expect(live.rows().map((row) => row.minute)).toEqual([2, 1]);
    nowMs = LIVE_MS - 1;
    expect(live.rows()).toHaveLength(2);
    nowMs = LIVE_MS;
    expect([live.untilMs(), live.rows()]).toEqual([null, []]);
    live.open();
    expect(live.rows()).toEqual([]);
    live.take([note('A')]);
    live.close();
    expect([live.untilMs(), live.rows()]).toEqual([null, []]);
  });

  it('names no room with fewer than ten devices, and carries no device at all', () => {
    const devices: Record<string, number> = { few: 9, many: 10 };
    const live = createLiveView({ now: () => 0, devicesIn: (zone) => devices[zone] ?? 0 });
    live.open();
    live.take([note('few'), note('many')]);
    expect(live.rows().map((row) => row.zone)).toEqual(['many', null]);
    expect(JSON.stringify(live.rows())).not.toContain('12345');
    expect(Object.keys(live.rows()[0] ?? {}).sort()).toEqual(['action', 'category', 'domain', 'minute', 'n', 'profile', 'reason', 'zone']);
  });

  it('is bounded, and a clock that goes back closes it', () => {
    let nowMs = LIVE_MS * 10;
    const live = createLiveView({ now: () => nowMs, devicesIn: () => 20 });
    live.open();
    live.take(Array.from({ length: 5_000 }, (_, n) => note('A', n)));
    expect(live.rows()).toHaveLength(500);
    expect(live.rows()[0]?.minute).toBe(4_999);
    nowMs -= LIVE_MS;
    expect(live.untilMs()).toBeNull();
  });
});
