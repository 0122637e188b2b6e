/** Distinct devices: counted once a day and cell, bounded, and forgotten with the day. */
import { describe, expect, it } from 'vitest';
import { ANY_ACTION, createDeviceCounter } from '../../src/activity/device-count.js';
import { dayStart } from '../../src/local-time.js';
import { event, MONDAY_8 } from '../store/fixture.js';

const dayMs = dayStart(MONDAY_8);

describe('device counter', () => {
  it('counts a device once in a cell, and once in its profile', () => {
    const counter = createDeviceCounter();
    for (const device of [1, 2, 2, 1, 3]) counter.note(event({ category: 'mxh', action: 'block' }), device);
    counter.note(event({ category: 'hoclieu' }), 3);
    counter.note(event({ category: 'hoclieu', profile: 'thpt' }), 3);
    expect(counter.changed()).toEqual([
      { dayMs, profile: 'thcs', category: 'mxh', action: 'block', devices: 3 },
      { dayMs, profile: 'thcs', category: null, action: ANY_ACTION, devices: 3 },
      { dayMs, profile: 'thcs', category: 'hoclieu', action: 'allow', devices: 1 },
      { dayMs, profile: 'thpt', category: 'hoclieu', action: 'allow', devices: 1 },
      { dayMs, profile: 'thpt', category: null, action: ANY_ACTION, devices: 1 },
    ]);
  });

  it('says again what was not stored, and then only what grew', () => {
    const counter = createDeviceCounter();
    counter.note(event(), 1);
    expect(counter.changed()).toEqual(counter.changed());
    counter.stored();
    expect(counter.changed()).toEqual([]);
    counter.note(event(), 1);
    expect(counter.changed()).toEqual([]);
    counter.note(event(), 2);
    expect(counter.changed().map((row) => row.devices)).toEqual([2, 2]);
  });

  it('counts a device once an hour for the whole school, what was let through and what was not apart; never what is known by the day alone', () => {
    const counter = createDeviceCounter();
    const fromMs = MONDAY_8;
    for (const device of [1, 2, 2, 3]) counter.note(event({ category: 'mxh', action: 'block' }), device);
    counter.note(event({ profile: 'thpt', zone: 'khác' }), 3);
    counter.note(event({ minute: dayMs / 60_000, category: 'tuhai', action: 'block', zone: null }), 9);
    expect(counter.changedHours()).toEqual([
      { fromMs, action: 'any', devices: 3 },
      { fromMs, action: 'block', devices: 3 },
      { fromMs, action: 'open', devices: 1 },
    ]);
    counter.stored();
    counter.note(event(), 4);
    expect(counter.changedHours().map(({ action, devices }) => [action, devices])).toEqual([['any', 4], ['open', 2]]);
    for (let hour = 1; hour <= 30; hour++) counter.note(event({ minute: MONDAY_8 / 60_000 + hour * 60 }), 1);
    expect(counter.changedHours().filter(({ action }) => action === 'any').length).toBeLessThanOrEqual(24);
  });

  it('starts anew each day and lets go of the day before last', () => {
    const counter = createDeviceCounter();
    const at = (days: number) => event({ minute: MONDAY_8 / 60_000 + days * 1_440 });
    for (const days of [0, 1, 2]) for (const device of [1, 2]) counter.note(at(days), device);
    expect(counter.size()).toBe(8 + 12);
    counter.note(at(0), 9);
    expect(counter.changed().map((row) => row.dayMs)).toEqual([1, 1, 2, 2].map((days) => dayMs + days * 86_400_000));
  });

  it('stays within its bound under a flood of addresses', () => {
    const counter = createDeviceCounter({ maxTokens: 1_000 });
    for (let device = 0; device < 50_000; device++) counter.note(event(), device);
    expect(counter.size()).toBe(1_000);
    expect(counter.changed().map((row) => row.devices)).toEqual([250, 250]);
  });
});
