/** The recorder: batches, a store that fails and comes back, and a bound that holds. */
import { describe, expect, it } from 'vitest';
import type { Event, EventNote } from '../../src/activity/event.js';
import { createRecorder, type RecorderOptions } from '../../src/activity/recorder.js';
import { StoreError } from '../../src/store/store-error.js';
import type { DeviceCountRow } from '../../src/store/rows.js';
import { event, MONDAY_8, tempStore } from '../store/fixture.js';

const notes = (count: number, from = 0): EventNote[] =>
  Array.from({ length: count }, (_, i) => ({ event: event({ minute: MONDAY_8 / 60_000, bytesUp: from + i }), device: (from + i) % 7 }));
const failure = (code: 'disk-full' | 'locked' | 'constraint'): StoreError => new StoreError(code, 'Hỏng.', 'Broken.');

/** A recorder over a sink that can be made to fail, with a clock that stands until it is moved. */
function rig(options: Partial<RecorderOptions> = {}) {
  const state = { failWith: null as Error | null, now: 0, batches: [] as Event[][], devices: [] as DeviceCountRow[][], tries: 0, lines: [] as string[] };
  const recorder = createRecorder({
    events: {
      addBatch(events, devices) {
        state.tries += 1;
        if (state.failWith !== null) throw state.failWith;
        if (events.length > 0) state.batches.push([...events]);
        state.devices.push([...devices]);
      },
    },
    log: { warn: (message, fields) => state.lines.push(`${message} ${fields?.code}`), info: (message) => state.lines.push(message) },
    monotonicMs: () => state.now,
    ...options,
  });
  return { state, recorder, stored: () => state.batches.flat().map((each) => each.bytesUp) };
}

describe('recorder', () => {
  it('holds events until the second is over, or two thousand are there', () => {
    const { recorder, state } = rig();
    recorder.take(notes(1_999));
    expect(state.batches).toEqual([]);
    recorder.take(notes(1));
    expect(state.batches.map((batch) => batch.length)).toEqual([2_000]);
    recorder.take(notes(5));
    recorder.flush();
    expect(state.batches.map((batch) => batch.length)).toEqual([2_000, 5]);
    expect([recorder.pending(), recorder.dropped(), recorder.trouble()]).toEqual([0, 0, null]);
  });

  it('counts devices beside the events, and those not to be counted not', () => {
    const { recorder, state } = rig();
    recorder.take(notes(20));
    recorder.take([{ event: event(), device: null }]);
    recorder.flush();
    expect(state.devices[0]?.map((row) => row.devices)).toEqual([7, 7]);
  });

  it('keeps the newest within its bound while the store fails, counts the rest, and recovers by itself', () => {
    const { recorder, state, stored } = rig({ maxEvents: 100, flushEvents: 10 });
    state.failWith = failure('disk-full');
    for (let i = 0; i < 50; i++) recorder.take(notes(10, i * 10));
    expect(recorder.pending()).toBeLessThanOrEqual(100);
    expect(recorder.pending()).toBeGreaterThanOrEqual(80);
    expect(recorder.pending() + recorder.dropped()).toBe(500);
    expect(recorder.trouble()).toBe('disk-full');
    state.failWith = null;
    state.now += 60_000;
    const kept = recorder.pending();
    recorder.flush();
    expect(stored()).toEqual(Array.from({ length: kept }, (_, i) => 500 - kept + i));
    expect([recorder.pending(), recorder.trouble()]).toEqual([0, null]);
    expect(state.lines).toEqual(['events not stored; the newest are kept until the store writes again disk-full', 'events are stored again']);
  });

  it('does not try at every event while the store fails: the control thread has other work', () => {
    const { recorder, state } = rig({ flushEvents: 1 });
    state.failWith = failure('locked');
    for (let i = 0; i < 1_000; i++) recorder.take(notes(1));
    expect(state.tries).toBe(1);
    // A minute of seconds: 1 s, 2 s, 4 s, 8 s, then every 10 s.
    for (let second = 1; second <= 60; second++) {
      state.now = second * 1_000;
      recorder.flush();
    }
    expect(state.tries).toBeGreaterThanOrEqual(8);
    expect(state.tries).toBeLessThanOrEqual(11);
  });

  it('gives back device numbers that were not stored', () => {
    const { recorder, state } = rig();
    state.failWith = failure('locked');
    recorder.take(notes(14));
    recorder.flush();
    state.failWith = null;
    state.now = 5_000;
    recorder.flush();
    expect(state.devices).toEqual([[expect.objectContaining({ devices: 7 }), expect.objectContaining({ devices: 7 })]]);
  });

  it('an event the schema refuses goes alone; its neighbours are stored', () => {
    const store = tempStore();
    const recorder = createRecorder({ events: store.events });
    const bad: EventNote = { event: event({ reason: 'Not A Reason' as Event['reason'] }), device: null };
    recorder.take([...notes(40), bad, ...notes(40), bad, ...notes(7)]);
    recorder.flush();
    expect(store.events.days(-1e12, 1e15).reduce((sum, row) => sum + row.requests, 0)).toBe(87);
    expect([recorder.dropped(), recorder.pending(), recorder.trouble()]).toEqual([2, 0, null]);
    expect(store.events.verify()).toEqual([]);
  });

  it('at the end tries once more at once; what is lost is counted and said', () => {
    const { recorder, state } = rig();
    state.failWith = failure('locked');
    recorder.take(notes(5), 3);
    recorder.flush();
    state.failWith = null;
    recorder.stop();
    expect([state.batches.length, recorder.dropped()]).toEqual([1, 3]);
    state.failWith = failure('disk-full');
    recorder.take(notes(4));
    recorder.stop();
    expect([recorder.dropped(), recorder.pending()]).toEqual([7, 0]);
    expect(state.lines.at(-1)).toContain('disk-full');
  });

  it('never throws, whatever the store throws', () => {
    const { recorder, state } = rig({ flushEvents: 1 });
    for (const error of [new TypeError('x'), failure('constraint'), Object.assign(new Error('x'), { code: 5 })]) {
      state.failWith = error;
      state.now += 1e6;
      expect(() => recorder.take(notes(3))).not.toThrow();
      expect(() => recorder.flush()).not.toThrow();
    }
    expect(() => recorder.stop()).not.toThrow();
  });

  it('writes a long backlog in pieces', () => {
    const { recorder, state } = rig({ flushEvents: 1e9 });
    recorder.take(notes(25_000));
    recorder.flush();
    expect(state.batches.map((batch) => batch.length)).toEqual([10_000, 10_000, 5_000]);
  });
});
