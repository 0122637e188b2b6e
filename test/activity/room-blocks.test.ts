/** What of a room's blocks may be told: ten devices, rounded to five, a quarter of an hour late, nothing intimate, nothing a lesson closed. */
import { describe, expect, it } from 'vitest';
import { createRoomBlocks } from '../../src/activity/room-blocks.js';
import type { Event, EventNote } from '../../src/activity/event.js';

const MINUTE = 60_000;
/** On a quarter. */
const NOON = Math.floor(Date.UTC(2026, 10, 25, 5) / (15 * MINUTE)) * 15 * MINUTE;

function notes(devices: number, at: number, event: Partial<Event> = {}, first = 0): EventNote[] {
  return Array.from({ length: devices }, (_, i) => ({
    device: first + i,
    event: {
      minute: at / MINUTE, zone: 'Phòng 1', profile: 'thcs', category: 'game12', action: 'block', layer: 'category', reason: 'category-blocked', domain: null,
      channel: 'http', requests: 1, bytesUp: 0, bytesDown: 0, ms: 1, ...event,
    },
  }));
}

describe('blocked categories of a room', () => {
  it.each([[0, null], [1, null], [9, null], [10, 10], [11, 10], [12, 10], [13, 15], [37, 35]] as const)('%i devices are told as %s', (n, told) => {
    const blocks = createRoomBlocks();
    blocks.take(notes(n, NOON));
    expect(blocks.read('Phòng 1', NOON, NOON + 30 * MINUTE)).toEqual(told === null ? [] : [{ category: 'game12', devices: told }]);
  });

  it('tells nothing younger than a quarter of an hour, at whichever minute one looks', () => {
    const blocks = createRoomBlocks();
    blocks.take(notes(20, NOON + 7 * MINUTE));
    for (let minute = 7; minute < 30; minute++) expect(blocks.read('Phòng 1', NOON, NOON + minute * MINUTE), String(minute)).toEqual([]);
    expect(blocks.read('Phòng 1', NOON, NOON + 30 * MINUTE)).toHaveLength(1);
  });

  it('gives the same answer for every begin within a quarter: starting lessons again and again cuts nothing finer', () => {
    const blocks = createRoomBlocks();
    blocks.take(notes(12, NOON + 1 * MINUTE));
    blocks.take(notes(1, NOON + 10 * MINUTE, {}, 100));
    const answers = new Set(Array.from({ length: 15 }, (_, minute) => JSON.stringify(blocks.read('Phòng 1', NOON + minute * MINUTE, NOON + 40 * MINUTE))));
    expect(answers.size).toBe(1);
  });

  it('counts a device once, whatever it asks for and in however many quarters', () => {
    const blocks = createRoomBlocks();
    for (let quarter = 0; quarter < 4; quarter++) for (let again = 0; again < 50; again++) blocks.take(notes(9, NOON + quarter * 15 * MINUTE));
    expect(blocks.read('Phòng 1', NOON, NOON + 90 * MINUTE)).toEqual([]);
  });

  it.each<[string, Partial<Event>]>([
    ['what the lesson itself closed', { layer: 'lesson', reason: 'internet-paused' }],
    ['what an exam closes', { layer: 'base', reason: 'exam-only' }],
    ['tunnels that a change cut', { layer: 'base', reason: 'policy-changed' }],
    ['what is open', { action: 'allow' }],
    ['what has no room: intimate categories, unknown devices', { zone: null }],
    ['what has no category', { category: null }],
  ])('leaves out %s', (_what, event) => {
    const blocks = createRoomBlocks();
    blocks.take(notes(30, NOON, event));
    blocks.take(notes(30, NOON).map((note) => ({ ...note, device: null })));
    expect(blocks.read('Phòng 1', 0, NOON + 40 * MINUTE)).toEqual([]);
  });

  it('keeps rooms apart, forgets after six hours and with the key of the day', () => {
    const blocks = createRoomBlocks();
    blocks.take(notes(20, NOON));
    blocks.take(notes(20, NOON, { zone: 'Phòng 2', category: 'mxh' }));
    expect(blocks.read('Phòng 2', NOON, NOON + 30 * MINUTE)).toEqual([{ category: 'mxh', devices: 20 }]);
    for (let quarter = 1; quarter < 30; quarter++) blocks.take(notes(1, NOON + quarter * 15 * MINUTE));
    expect(blocks.read('Phòng 1', NOON, NOON + 9 * 60 * MINUTE)).toEqual([]);
    blocks.clear();
    expect(blocks.read('Phòng 2', NOON, NOON + 30 * MINUTE)).toEqual([]);
  });
});
