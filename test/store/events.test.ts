/** Events and roll-ups against a ten-line reference; retention to the last byte; what no column can hold. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/activity/event.js';
import { dayStart, HOUR_MS, hourStart } from '../../src/local-time.js';
import type { RollupRow, Store } from '../../src/store/rows.js';
import { event, MONDAY_8, storeIn, tempDir, tempStore } from './fixture.js';

const DAY = 86_400_000;
const ALL = [-1e12, 1e15] as const;
const minuteOf = (ms: number): number => ms / 60_000;

/** The reference: group, add, sort. */
function reference(events: readonly Event[], start: (ms: number) => number): unknown[] {
  const sums = new Map<string, [number, number, number]>();
  for (const e of events) {
    const key = JSON.stringify([start(e.minute * 60_000), e.zone, e.profile, e.category, e.action, e.layer, e.reason, e.channel]);
    const sum = sums.get(key) ?? [0, 0, 0];
    sums.set(key, [sum[0] + e.requests, sum[1] + e.bytesUp, sum[2] + e.bytesDown]);
  }
  return [...sums].map(([key, sum]) => [...(JSON.parse(key) as unknown[]), ...sum]).map((row) => JSON.stringify(row)).sort();
}

function flat(rows: readonly RollupRow[]): unknown[] {
  return rows
    .map((r) => JSON.stringify([r.fromMs, r.zone, r.profile, r.category, r.action, r.layer, r.reason, r.channel, r.requests, r.bytesUp, r.bytesDown]))
    .sort();
}

const anyEvent: fc.Arbitrary<Event> = fc.record({
  // Around a midnight of Hà Nội (17:00 UTC), so that hours and days both change.
  minute: fc.integer({ min: minuteOf(Date.UTC(2026, 10, 22, 16, 30)), max: minuteOf(Date.UTC(2026, 10, 22, 17, 30)) }),
  zone: fc.constantFrom(null, 'Phòng máy 1'),
  profile: fc.constantFrom('lop-1-3', 'thcs'),
  category: fc.constantFrom(null, 'cobac'),
  action: fc.constantFrom('allow', 'block', 'fail'),
  layer: fc.constant('category'),
  reason: fc.constantFrom('category-open', 'connect-timeout'),
  domain: fc.constantFrom(null, 'a.vn', 'b.vn'),
  channel: fc.constantFrom('http', 'tunnel'),
  bytesUp: fc.nat(1e9),
  requests: fc.integer({ min: 1, max: 1_000 }),
  bytesDown: fc.nat({ max: 2 ** 40 }),
  ms: fc.nat(1e6),
});

describe('roll-ups', () => {
  it('equal the reference whatever the batches (seeded property)', () => {
    let folded = 0;
    fc.assert(
      fc.property(fc.array(fc.array(anyEvent, { maxLength: 150, size: 'max' }), { maxLength: 4, size: 'max' }), (batches) => {
        const store = tempStore();
        for (const batch of batches) store.events.addBatch(batch, []);
        const events = batches.flat();
        expect(flat(store.events.hours(...ALL))).toEqual(reference(events, hourStart));
        expect(flat(store.events.days(...ALL))).toEqual(reference(events, dayStart));
        const named = events.filter((e) => e.domain !== null);
        expect(store.events.domains(...ALL).reduce((sum, row) => sum + row.requests, 0)).toBe(named.reduce((sum, e) => sum + e.requests, 0));
        expect(store.events.verify()).toEqual([]);
        folded += events.length - store.events.hours(...ALL).length;
        store.close();
      }),
      { seed: 23, numRuns: 40 },
    );
    expect(folded).toBeGreaterThan(100);
  });

  it('keep periods half-open and rows in order', () => {
    const store = tempStore();
    store.events.addBatch([0, 59, 60, 119].map((m) => event({ minute: minuteOf(MONDAY_8) + m })), []);
    const hours = store.events.hours(MONDAY_8, MONDAY_8 + 2 * HOUR_MS);
    expect(hours.map((row) => [row.fromMs - MONDAY_8, row.requests])).toEqual([[0, 2], [HOUR_MS, 2]]);
    expect(store.events.hours(MONDAY_8 + 1, MONDAY_8 + HOUR_MS)).toEqual([]);
    expect(store.events.hours(MONDAY_8, MONDAY_8 + HOUR_MS)).toHaveLength(1);
  });

  it('a day is a day of Hà Nội', () => {
    const store = tempStore();
    const midnight = Date.UTC(2026, 10, 22, 17, 0);
    store.events.addBatch([event({ minute: minuteOf(midnight) - 1 }), event({ minute: minuteOf(midnight) })], []);
    expect(store.events.days(...ALL).map((row) => row.fromMs)).toEqual([midnight - DAY, midnight]);
  });

  it('a batch that fails leaves nothing of itself', () => {
    const store = tempStore();
    store.events.addBatch([event()], []);
    expect(() => store.events.addBatch([event(), event({ reason: 'Bad Reason' as Event['reason'] })], [])).toThrow();
    expect(() => store.events.addBatch([event({ bytesUp: 1.5 })], [])).toThrow();
    expect(store.events.days(...ALL).map((row) => row.requests)).toEqual([1]);
    expect(store.events.verify()).toEqual([]);
  });

  it('devices keep the largest number of the day', () => {
    const store = tempStore();
    const row = { dayMs: dayStart(MONDAY_8), profile: 'thcs', category: 'mxh', action: 'block' };
    store.events.addBatch([], [{ ...row, devices: 7 }, { ...row, category: null, action: 'any', devices: 30 }]);
    store.events.addBatch([], [{ ...row, devices: 3 }]);
    store.events.addBatch([], [{ ...row, devices: 12 }]);
    expect(store.events.devices(...ALL)).toEqual([
      { ...row, category: null, action: 'any', devices: 30 }, { ...row, devices: 12 },
    ]);
  });

  it('empty batches cost nothing', () => {
    const dir = tempDir();
    const store = storeIn(dir);
    const before = statSync(join(dir, 'luytre.db-wal')).size;
    store.events.addBatch([], []);
    expect(statSync(join(dir, 'luytre.db-wal')).size).toBe(before);
  });
});

describe('verify', () => {
  it.each([
    "UPDATE rollup_hour SET requests = requests + 1 WHERE from_ms = (SELECT max(from_ms) FROM rollup_hour)",
    "UPDATE rollup_day SET bytes_down = bytes_down - 1",
    "DELETE FROM rollup_hour WHERE from_ms = (SELECT min(from_ms) FROM rollup_hour)",
    "DELETE FROM event WHERE minute = (SELECT max(minute) FROM event)",
    "UPDATE event SET n = n + 1 WHERE minute = (SELECT min(minute) FROM event)",
    "UPDATE domain_day SET requests = 99",
    "INSERT INTO rollup_day SELECT from_ms + 86400000, facet, 1, 1, 1 FROM rollup_day",
  ])('finds: %s', (sql) => {
    const dir = tempDir();
    const store = storeIn(dir);
    store.events.addBatch(Array.from({ length: 300 }, (_, i) => event({ minute: minuteOf(MONDAY_8) + i })), []);
    expect(store.events.verify()).toEqual([]);
    const db = new Database(join(dir, 'luytre.db'));
    db.exec(sql);
    db.close();
    const found = store.events.verify();
    expect(found.length).toBeGreaterThan(0);
    expect(found.join()).not.toContain('example.vn');
  });
});

/** Every byte of every file in the data directory. */
function bytesIn(dir: string): Buffer {
  return Buffer.concat(readdirSync(dir).map((name) => readFileSync(join(dir, name))));
}

describe('retention', () => {
  const none = { eventsBeforeMs: 0, hoursBeforeMs: 0, daysBeforeMs: 0, requestsBeforeMs: 0 };
  const requests = (store: Store): number => store.events.days(...ALL).reduce((sum, row) => sum + row.requests, 0);

  it('leaves no byte of what is past its time: file, free pages, log (canary search)', () => {
    const dir = tempDir();
    const store = storeIn(dir);
    const canary = 'canary-7f3a9.vn';
    for (let hour = 0; hour < 24; hour++) {
      const noise = Array.from({ length: 200 }, (_, i) => event({ minute: minuteOf(MONDAY_8) + hour * 60 + (i % 60), domain: `d${hour}x${i}.vn` }));
      store.events.addBatch([...noise, event({ minute: minuteOf(MONDAY_8) + hour * 60, domain: canary })], []);
    }
    const zone = { kind: 'cli', name: 'co-lan' } as const;
    store.policies.addRequest({ ref: 'LT-1', zone: null, profile: 'thcs', host: 'canary-7f3a9.vn', category: null, reason: 'canary-words', atMs: MONDAY_8 });
    store.policies.addZone({ name: 'A', profile: 'thcs', cidrs: [], macs: [], port: null, login: null, timetable: [] }, zone);
    expect(bytesIn(dir).includes('canary-7f3a9')).toBe(true);
    expect(bytesIn(dir).includes('canary-words')).toBe(true);

    const gone = store.events.expire({ ...none, eventsBeforeMs: MONDAY_8 + 3 * DAY, requestsBeforeMs: MONDAY_8 + 3 * DAY });
    expect(gone).toBeGreaterThan(24);
    // Rewritten pages of the log would hold it too; the log must be empty.
    expect(statSync(join(dir, 'luytre.db-wal')).size).toBe(0);
    const left = bytesIn(dir);
    for (const needle of ['canary', 'd7x3.vn']) expect(left.includes(needle), needle).toBe(false);
    expect(left.includes('Phòng máy 1')).toBe(true);
    // The counts stay.
    expect(requests(store)).toBe(24 * 201);
    expect(store.events.domains(...ALL)).toEqual([]);
    expect(store.integrity()).toEqual([]);
  });

  it('is exact to the minute, and the roll-ups are still proved where they are whole', () => {
    const store = tempStore();
    store.events.addBatch(Array.from({ length: 72 * 60 }, (_, m) => event({ minute: minuteOf(MONDAY_8) + m, domain: 'a.vn' })), []);
    const limit = MONDAY_8 + 30 * HOUR_MS + 10 * 60_000;
    store.events.expire({ ...none, eventsBeforeMs: limit });
    expect(store.events.verify()).toEqual([]);
    expect(store.events.expire({ ...none, eventsBeforeMs: limit })).toBe(0);
    expect(store.events.expire({ ...none, eventsBeforeMs: limit + 60_000 })).toBe(1);
    expect(store.events.hours(...ALL)).toHaveLength(72);
    // Days that have begun to lose events lose their domains; the others keep them.
    expect(store.events.domains(...ALL).map((row) => row.dayMs)).toEqual([dayStart(limit) + DAY, dayStart(limit) + 2 * DAY]);
    store.events.expire({ ...none, eventsBeforeMs: limit, hoursBeforeMs: MONDAY_8 + 40 * HOUR_MS });
    expect(store.events.hours(...ALL)[0]?.fromMs).toBe(MONDAY_8 + 40 * HOUR_MS);
    expect(store.events.verify()).toEqual([]);
    store.events.expire({ ...none, eventsBeforeMs: limit, daysBeforeMs: MONDAY_8 + DAY });
    expect(store.events.verify()).toEqual([]);
    // New events of whole periods are proved as before.
    store.events.addBatch([event({ minute: minuteOf(MONDAY_8) + 100 * 60 })], []);
    expect(store.events.verify()).toEqual([]);
  });

  it('still finds a difference in what is left', () => {
    const dir = tempDir();
    const store = storeIn(dir);
    store.events.addBatch(Array.from({ length: 48 * 60 }, (_, m) => event({ minute: minuteOf(MONDAY_8) + m })), []);
    store.events.expire({ ...none, eventsBeforeMs: MONDAY_8 + 20 * HOUR_MS });
    const db = new Database(join(dir, 'luytre.db'));
    db.exec(`UPDATE rollup_hour SET requests = requests + 1 WHERE from_ms = ${MONDAY_8 + 21 * HOUR_MS}`);
    db.close();
    expect(store.events.verify().length).toBeGreaterThan(0);
  });

  it('a clock far ahead deletes, but does not mark years to come as gone', () => {
    const store = tempStore();
    store.events.addBatch([event()], []);
    store.events.expire({ ...none, eventsBeforeMs: MONDAY_8 + 400 * DAY });
    const dir = tempDir();
    const again = storeIn(dir);
    again.events.addBatch([event()], []);
    again.events.expire({ ...none, eventsBeforeMs: MONDAY_8 + 400 * DAY });
    again.events.addBatch([event({ minute: minuteOf(MONDAY_8) + 2 * 1_440 })], []);
    const db = new Database(join(dir, 'luytre.db'));
    db.exec('UPDATE rollup_day SET requests = requests + 1');
    db.close();
    expect(again.events.verify().length).toBeGreaterThan(0);
  });

  it('a clock of 1970, of the day before, and of next year count each in its own day', () => {
    const store = tempStore();
    const times = [0, 1, minuteOf(MONDAY_8), minuteOf(MONDAY_8 - 3 * DAY), minuteOf(MONDAY_8 + 400 * DAY)];
    for (const minute of times) store.events.addBatch([event({ minute })], []);
    expect(store.events.days(...ALL).map((row) => row.requests)).toEqual([2, 1, 1, 1]);
    expect(store.events.verify()).toEqual([]);
  });

  it('removes what a restore set aside when its time has come', () => {
    const dir = tempDir();
    const store = storeIn(dir);
    const aside = join(dir, 'luytre.db.before-restore');
    const db = new Database(aside);
    db.exec('CREATE TABLE t (x)');
    db.close();
    store.events.expire({ ...none, eventsBeforeMs: Date.now() - DAY });
    expect(existsSync(aside)).toBe(true);
    store.events.expire({ ...none, eventsBeforeMs: Date.now() + DAY });
    expect(existsSync(aside)).toBe(false);
  });
});

describe('privacy is structure', () => {
  it('no table that keeps requests has a column for an address, a path, a query or a person', () => {
    const dir = tempDir();
    storeIn(dir);
    const db = new Database(join(dir, 'luytre.db'));
    const columns = (table: string): unknown => db.prepare('SELECT name FROM pragma_table_info(?) ORDER BY cid').pluck().all(table);
    expect(['event', 'facet', 'domain', 'rollup_hour', 'rollup_day', 'domain_day', 'device_day', 'device_hour', 'request_day'].map((table) => [table, columns(table)])).toEqual([
      ['event', ['minute', 'facet', 'domain', 'n', 'bytes_up', 'bytes_down', 'ms']],
      ['facet', ['id', 'zone', 'profile', 'category', 'action', 'layer', 'reason', 'channel']],
      ['domain', ['id', 'name']],
      ['rollup_hour', ['from_ms', 'facet', 'requests', 'bytes_up', 'bytes_down']],
      ['rollup_day', ['from_ms', 'facet', 'requests', 'bytes_up', 'bytes_down']],
      ['domain_day', ['day_ms', 'domain', 'action', 'category', 'requests']],
      ['device_day', ['day_ms', 'profile', 'category', 'action', 'devices']],
      ['device_hour', ['from_ms', 'action', 'devices']],
      ['request_day', ['day_ms', 'received', 'approved', 'rejected', 'expired']],
    ]);
    db.close();
  });

  it.each(['192.168.1.7', '2001:db8::7', '::ffff:10.0.0.7', 'example.vn/nguyen-van-a', 'example.vn?q=x', 'a@example.vn', 'Example.vn', 'a b.vn', '', 'x'.repeat(254)])(
    'the domain column takes no “%s”, neither through the store nor past it',
    (name) => {
      const dir = tempDir();
      const store = storeIn(dir);
      store.events.addBatch([event({ domain: name })], []);
      expect(store.events.domains(...ALL)).toEqual([]);
      expect(store.events.days(...ALL)[0]?.requests).toBe(1);
      const db = new Database(join(dir, 'luytre.db'));
      expect(() => db.prepare('INSERT INTO domain (name) VALUES (?)').run(name)).toThrow('CHECK');
      db.close();
    },
  );
});
