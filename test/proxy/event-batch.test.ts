import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Event, EventNote } from '../../src/activity/event.js';
import { createEventBatch, deviceToken, type EventBatch } from '../../src/proxy/event-batch.js';

const EVENT: Event = {
  minute: 1, zone: null, profile: 'thcs', category: null, action: 'allow', layer: null, reason: 'category-open', domain: null, channel: 'http', bytesUp: 0, bytesDown: 0, ms: 0,
};
const KEY = new Uint8Array(32).fill(1);

let batch: EventBatch | null = null;
afterEach(() => {
  batch?.close();
  vi.useRealTimers();
});

function start(): { batch: EventBatch; sent: { notes: readonly EventNote[]; dropped: number }[] } {
  const sent: { notes: readonly EventNote[]; dropped: number }[] = [];
  batch = createEventBatch(KEY, (notes, dropped) => sent.push({ notes, dropped }));
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
    b.add(EVENT, '10.0.0.1');
    expect(sent).toHaveLength(0);
    vi.advanceTimersByTime(250);
    expect(sent).toHaveLength(1);
    for (let i = 0; i < 512; i++) b.add(EVENT, '10.0.0.1');
    expect(sent.map((s) => s.notes.length)).toEqual([1, 512]);
  });

  it('holds no address, and a new key gives new tokens', () => {
    const { batch: b, sent } = start();
    b.add(EVENT, '10.1.2.3');
    b.setKey(new Uint8Array(32).fill(9));
    b.add(EVENT, '10.1.2.3');
    b.add(EVENT, '');
    b.flush();
    const notes = sent[0]?.notes ?? [];
    expect(JSON.stringify(notes)).not.toContain('10.1.2.3');
    expect(notes[0]?.device).toBe(deviceToken(KEY, '10.1.2.3'));
    expect(notes[1]?.device).toBe(deviceToken(new Uint8Array(32).fill(9), '10.1.2.3'));
    expect(notes[2]?.device).toBeNull();
  });

  it('waits for a recorder that is behind, drops and counts beyond its bound, and loses nothing else', () => {
    vi.useFakeTimers();
    const { batch: b, sent } = start();
    const total = 60_000;
    for (let i = 0; i < total; i++) b.add(EVENT, '10.0.0.1');
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
