import { afterEach, describe, expect, it, vi } from 'vitest';
import type { EventNote } from '../../src/activity/event.js';
import { toEvent, type Outcome } from '../../src/activity/outcome.js';
import { createEventBatch, deviceToken, unpackEvents, type EventBatch } from '../../src/proxy/event-batch.js';
import { snapshotOf, zone } from '../policy/fixture.js';
import { seeded } from '../support/seeded.js';
import { allowed, blocked } from '../support/wire-settings.js';

const KEY = new Uint8Array(32).fill(1);
const SNAPSHOT = snapshotOf([], { zones: [zone('phong-a', 'thcs'), zone('phong-b', 'thpt')] });
const LIST = { name: 'l', version: '1' };
const OUTCOME: Outcome = {
  clientAddress: '10.0.0.1', zone: 0, decision: allowed('vnedu.vn', { list: LIST }), reason: 'category-open', failed: false, channel: 'http',
  bytesUp: 10, bytesDown: 20, startedMs: 1_800_000_000_000, ms: 3.4,
};

let batch: EventBatch | null = null;
afterEach(() => {
  batch?.close();
  vi.useRealTimers();
});

interface Sent {
  readonly notes: readonly EventNote[];
  readonly shapes: number;
  readonly dropped: number;
}

/** What notes add up to, by everything in them that is no number. */
function summed(notes: readonly EventNote[]): Map<string, number[]> {
  const sums = new Map<string, number[]>();
  for (const { event: { requests, bytesUp, bytesDown, ms, ...rest }, device } of notes) {
    const key = JSON.stringify([rest, device]);
    const sum = sums.get(key) ?? [0, 0, 0, 0];
    sums.set(key, [requests, bytesUp, bytesDown, ms].map((n, i) => n + (sum[i] ?? 0)));
  }
  return sums;
}

function start(): { batch: EventBatch; sent: Sent[] } {
  const sent: Sent[] = [];
  // Through structured clone, as between threads.
  batch = createEventBatch(KEY, (events, dropped) => sent.push({ notes: unpackEvents(structuredClone(events)), shapes: events.shapes.length, dropped }));
  return { batch, sent };
}

describe('deviceToken', () => {
  it('is an exact integer of 53 bits that depends on key and address', () => {
    const token = deviceToken(KEY, '10.0.0.1');
    expect(Number.isSafeInteger(token)).toBe(true);
    expect(token).toBe(deviceToken(KEY, '10.0.0.1'));
    expect(token).not.toBe(deviceToken(KEY, '10.0.0.2'));
    expect(token).not.toBe(deviceToken(new Uint8Array(32).fill(2), '10.0.0.1'));
    const tokens = Array.from({ length: 5_000 }, (_, i) => deviceToken(KEY, `10.0.${i >> 8}.${i & 255}`));
    expect(new Set(tokens).size).toBe(5_000);
    expect(Math.max(...tokens)).toBeGreaterThan(2 ** 52);
  });
});

describe('the batch', () => {
  it('goes out after a quarter of a second, or when it is full', () => {
    vi.useFakeTimers();
    const { batch: b, sent } = start();
    b.add(OUTCOME, SNAPSHOT);
    expect(sent).toHaveLength(0);
    vi.advanceTimersByTime(250);
    expect(sent).toHaveLength(1);
    for (let i = 0; i < 512; i++) b.add({ ...OUTCOME, clientAddress: `10.0.1.${i % 2}` }, SNAPSHOT);
    expect(sent.map((s) => [s.notes.length, s.shapes])).toEqual([[1, 1], [512, 1]]);
    vi.advanceTimersByTime(1_000);
    expect(sent).toHaveLength(2);
  });

  it('adds up what one device asks for again, and keeps devices and minutes apart', () => {
    const { batch: b, sent } = start();
    for (let i = 0; i < 5; i++) b.add({ ...OUTCOME, bytesUp: i }, SNAPSHOT);
    b.add({ ...OUTCOME, clientAddress: '10.0.0.2' }, SNAPSHOT);
    b.add({ ...OUTCOME, startedMs: OUTCOME.startedMs + 60_000 }, SNAPSHOT);
    b.flush();
    expect(sent[0]?.notes.map(({ event, device }) => [event.requests, event.bytesUp, event.bytesDown, event.ms, device === deviceToken(KEY, '10.0.0.1')])).toEqual([
      [5, 10, 100, 15, true], [1, 10, 20, 3, false], [1, 10, 20, 3, true],
    ]);
  });

  it('says of the outcomes exactly what toEvent says', () => {
    const pick = seeded(7);
    const decisions = [
      allowed('vnedu.vn', { list: LIST }), allowed('a.example.vn', { list: LIST }), blocked('bad.test', { list: LIST, category: 3 }),
      allowed('x.test'), allowed('help.test', { reason: 'help-line', layer: 'help' }), null,
    ];
    const snapshots = [SNAPSHOT, snapshotOf([], { zones: [zone('phong-c', 'thi')] })];
    const { batch: b, sent } = start();
    const expected: EventNote[] = [];
    for (let i = 0; i < 4_000; i++) {
      const one = <T>(of: readonly T[]): T => pick.pick(of);
      const decision = one(decisions);
      const outcome: Outcome = {
        clientAddress: one(['10.0.0.1', '10.0.0.2', '']), zone: one([-1, 0, 1]), decision, reason: decision === null ? one(['not-tls', 'malformed'] as const) : one([decision.reason, 'policy-changed', 'upstream-error'] as const),
        failed: pick.chance(3), channel: one(['http', 'tunnel', 'websocket'] as const), bytesUp: pick.int(1_000_000), bytesDown: pick.int(2 ** 31) * 300,
        startedMs: 1_800_000_000_000 + pick.int(200_000), ms: pick.int(5_000) - 10.4,
      };
      const snapshot = i < 2_000 ? SNAPSHOT : one(snapshots);
      b.add(outcome, snapshot);
      const event = toEvent(outcome, snapshot);
      if (event !== null) expected.push({ event, device: outcome.clientAddress === '' ? null : deviceToken(KEY, outcome.clientAddress) });
      if (i % 100 === 0) for (let k = 0; k < 9; k++) b.taken();
    }
    b.flush();
    const notes = sent.flatMap((s) => s.notes);
    expect(notes.length).toBeGreaterThan(1_000);
    expect(notes.length).toBeLessThan(expected.length);
    expect(summed(notes)).toEqual(summed(expected));
  });

  it('holds no address, and a new key gives new tokens', () => {
    const { batch: b, sent } = start();
    b.add({ ...OUTCOME, clientAddress: '10.1.2.3' }, SNAPSHOT);
    b.setKey(new Uint8Array(32).fill(9));
    b.add({ ...OUTCOME, clientAddress: '10.1.2.3' }, SNAPSHOT);
    b.flush();
    const notes = sent[0]?.notes ?? [];
    expect(JSON.stringify(sent)).not.toContain('10.1.2.3');
    expect(notes.map((note) => note.device)).toEqual([deviceToken(KEY, '10.1.2.3'), deviceToken(new Uint8Array(32).fill(9), '10.1.2.3')]);
  });

  it('waits for a recorder that is behind, drops and counts beyond its bound, and loses nothing else', () => {
    vi.useFakeTimers();
    const { batch: b, sent } = start();
    const total = 60_000;
    for (let i = 0; i < total; i++) b.add({ ...OUTCOME, clientAddress: `10.0.${(i >> 8) & 255}.${i & 255}` }, SNAPSHOT);
    vi.advanceTimersByTime(10_000);
    expect(sent).toHaveLength(8);
    for (let i = 0; i < 8; i++) b.taken();
    vi.advanceTimersByTime(250);
    b.flush();
    const notes = sent.reduce((n, s) => n + s.notes.length, 0);
    const dropped = sent.reduce((n, s) => n + s.dropped, 0);
    expect(dropped).toBe(total - 8 * 512 - 20_000);
    expect(notes + dropped).toBe(total);
  });
});
