/** A room's new name: what refers to the room follows, figures are never mixed with another room's, one transaction, an undo that gives back exactly what was. */
import Database from 'better-sqlite3';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/rows.js';
import { ADMIN, codeOf, event, MONDAY_8, tempStore, zone } from './fixture.js';

const ALL = [-1e12, 1e15] as const;
const at = (minutes: number): number => MONDAY_8 + minutes * 60_000;

/** Requests by the name a report shows. */
function figures(store: Store): Record<string, number> {
  const sums: Record<string, number> = {};
  for (const row of store.events.days(...ALL)) sums[row.zone ?? '-'] = (sums[row.zone ?? '-'] ?? 0) + row.requests;
  return sums;
}

function request(store: Store, ref: string, room: string): void {
  store.policies.addRequest({ ref, zone: room, profile: 'thcs', host: 'a.vn', category: null, reason: null, atMs: at(0) });
}

/** Rows of the tables a rename may touch, by name of the table. */
function rows(store: Store): Record<string, unknown[]> {
  const db = new Database(store.path, { readonly: true });
  try {
    return Object.fromEntries(['zone', 'lesson', 'opening', 'room_teacher', 'room_loan', 'facet', 'event', 'rollup_hour', 'rollup_day', 'request'].map((table) => [table, db.prepare(`SELECT * FROM "${table}"`).all()]));
  } finally {
    db.close();
  }
}

async function school(): Promise<Store> {
  const store = tempStore();
  const { policies } = store;
  policies.addZone(zone('Phòng máy 1', { cidrs: ['10.1.0.0/16'], timetable: [{ weekday: 1, fromMinute: 450, toMinute: 675, profile: 'thpt' }] }), ADMIN);
  policies.addZone(zone('Thư viện'), ADMIN);
  await store.accounts.addUser('co.lan', 'teacher', 'Con tre xanh 2026!', ADMIN);
  await store.accounts.addUser('thay.nam', 'teacher', 'Con tre xanh 2026!', ADMIN);
  policies.setRoomTeachers('Phòng máy 1', ['co.lan'], ADMIN);
  store.rooms.handOver('Phòng máy 1', 'co.lan', 'thay.nam', at(60), at(0), ADMIN);
  policies.startLesson({ zone: 'Phòng máy 1', profile: 'thpt', fromMs: at(0), untilMs: at(45), by: 'co.lan' }, ADMIN);
  policies.addOpening({ zone: 'Phòng máy 1', entry: 'youtube.com', fromMs: at(0), untilMs: at(45), by: 'co.lan', reason: null }, ADMIN);
  request(store, 'AAAA-1111', 'Phòng máy 1');
  store.events.addBatch([event({ requests: 7 }), event({ zone: 'Thư viện', requests: 3 })], []);
  return store;
}

describe('a renamed room', () => {
  it('keeps lesson, opening, timetable, teachers, requests and figures, under the new name only', async () => {
    const store = await school();
    const before = store.policies.generation();
    store.policies.renameZone('Phòng máy 1', 'Phòng Tin A', ADMIN);
    expect(store.policies.generation()).toBe(before + 1);
    expect(store.policies.zones().map(({ name }) => name)).toEqual(['Phòng Tin A', 'Thư viện']);
    expect(store.policies.zones()[0]).toMatchObject({ cidrs: ['10.1.0.0/16'], timetable: [{ weekday: 1 }] });
    expect(store.policies.lessons(at(1)).map((row) => row.zone)).toEqual(['Phòng Tin A']);
    expect(store.policies.openings(at(1)).map((row) => row.zone)).toEqual(['Phòng Tin A']);
    expect([...store.policies.roomTeachers()]).toEqual([['Phòng Tin A', ['co.lan']]]);
    expect(store.rooms.rooms(at(1)).map((row) => [row.user, row.zone])).toEqual([['co.lan', 'Phòng Tin A'], ['thay.nam', 'Phòng Tin A']]);
    expect(store.policies.requests().map((row) => row.zone)).toEqual(['Phòng Tin A']);
    expect(figures(store)).toEqual({ 'Phòng Tin A': 7, 'Thư viện': 3 });
    expect(store.events.verify()).toEqual([]);
    expect(store.audit.about('Phòng Tin A', 1)).toMatchObject([{ action: 'zone.rename', before: '{"name":"Phòng máy 1"}', after: '{"name":"Phòng Tin A"}' }]);
    expect(store.audit.verify().firstBad).toBeNull();
    expect(store.integrity()).toEqual([]);
  });

  it('is still found by its old name: pages, scripts and undos that were made before', async () => {
    const store = await school();
    const { policies } = store;
    const started = policies.startLesson({ zone: 'Phòng máy 1', profile: 'thpt', fromMs: at(1), untilMs: at(45), by: 'co.lan' }, ADMIN);
    policies.renameZone('Phòng máy 1', 'Phòng Tin A', ADMIN);
    expect(policies.zoneCalled('Phòng máy 1')).toBe('Phòng Tin A');
    policies.undoStart(started, at(2), ADMIN);
    expect(policies.lessons(at(2))).toMatchObject([{ zone: 'Phòng Tin A', fromMs: at(0) }]);
    expect(policies.startLesson({ zone: 'Phòng máy 1', profile: 'thcs', fromMs: at(3), untilMs: at(45), by: 'co.lan' }, ADMIN).zone).toBe('Phòng Tin A');
    expect(store.audit.about('Phòng Tin A', 1)[0]?.action).toBe('lesson.start');
    expect(store.rooms.switchable('co.lan', at(2))('Phòng máy 1')).toBe(true);
    expect(policies.addOpening({ zone: 'Phòng máy 1', entry: 'a.vn', fromMs: at(3), untilMs: at(9), by: 'co.lan', reason: null }, ADMIN).zone).toBe('Phòng Tin A');
    expect(policies.endLesson('Phòng máy 1', at(4), ADMIN)).toBe(true);
    // counted before the proxy threads knew, written down after
    store.events.addBatch([event({ requests: 5 })], []);
    request(store, 'BBBB-2222', 'Phòng máy 1');
    expect(figures(store)).toEqual({ 'Phòng Tin A': 12, 'Thư viện': 3 });
    expect(policies.requests().map((row) => row.zone)).toEqual(['Phòng Tin A', 'Phòng Tin A']);
    // whoever takes the name ends that
    policies.addZone(zone('phòng MÁY 1'), ADMIN);
    expect(policies.zoneCalled('Phòng máy 1')).toBeNull();
    store.events.addBatch([event({ zone: 'phòng MÁY 1', requests: 1 })], []);
    expect(figures(store)).toEqual({ 'Phòng Tin A': 12, 'Thư viện': 3, 'phòng MÁY 1': 1 });
  });

  it('may have another case of its own name', async () => {
    const store = await school();
    store.policies.renameZone('Phòng máy 1', 'PHÒNG MÁY 1', ADMIN);
    expect(store.policies.zoneCalled('Phòng máy 1')).toBe('PHÒNG MÁY 1');
    store.policies.renameZone('PHÒNG MÁY 1', 'Phòng máy 1', ADMIN);
    expect(store.policies.zones()[0]?.name).toBe('Phòng máy 1');
    expect(figures(store)).toEqual({ 'Phòng máy 1': 7, 'Thư viện': 3 });
  });

  it.each([['Thư viện', 'name-taken'], ['THƯ VIỆN', 'name-taken'], ['Thư viện'.normalize('NFD'), 'name-taken'], ['', 'bad-value'], [' a', 'bad-value'], ['a\nb', 'bad-value'], ['x'.repeat(65), 'bad-value']])(
    'is not called %j, and nothing is half done', async (to, code) => {
      const store = await school();
      const before = rows(store);
      const records = store.audit.ends().head.seq;
      expect(codeOf(() => store.policies.renameZone('Phòng máy 1', to, ADMIN))).toBe(code);
      expect(rows(store)).toEqual(before);
      expect(store.audit.ends().head.seq).toBe(records);
    },
  );

  it('that is none is refused; to its own name is no change', async () => {
    const store = await school();
    expect(codeOf(() => store.policies.renameZone('Phòng máy 9', 'B', ADMIN))).toBe('unknown-zone');
    const records = store.audit.ends().head.seq;
    store.policies.renameZone('Thư viện', 'Thư viện', ADMIN);
    expect(store.audit.ends().head.seq).toBe(records);
  });

  it('does not come by the figures of a room that is gone and had its new name', async () => {
    const store = await school();
    store.policies.removeZone('Thư viện', ADMIN);
    request(store, 'CCCC-3333', 'Thư viện');
    const before = rows(store);
    const renamed = store.policies.renameZone('Phòng máy 1', 'Thư viện', ADMIN);
    expect(figures(store)).toEqual({ 'Thư viện': 7, 'Thư viện (phòng cũ)': 3 });
    expect(store.policies.requests().map((row) => row.zone)).toEqual(['Thư viện', 'Thư viện (phòng cũ)']);
    expect(store.events.verify()).toEqual([]);
    store.policies.undoRename(renamed, ADMIN);
    expect(rows(store)).toEqual(before);
    // and a second one is told apart too
    store.policies.renameZone('Phòng máy 1', 'Thư viện', ADMIN);
    store.policies.removeZone('Thư viện', ADMIN);
    store.policies.addZone(zone('B'), ADMIN);
    store.policies.renameZone('B', 'Thư viện', ADMIN);
    expect(figures(store)).toEqual({ 'Thư viện (phòng cũ)': 3, 'Thư viện (phòng cũ 2)': 7 });
  });

  it('is called as before after an undo, to the row; refused when it has yet another name or the old one is taken', async () => {
    const store = await school();
    const before = rows(store);
    const renamed = store.policies.renameZone('Phòng máy 1', 'Phòng Tin A', ADMIN);
    store.policies.undoRename(renamed, ADMIN);
    expect(rows(store)).toEqual(before);
    expect(store.policies.zoneCalled('Phòng Tin A')).toBe('Phòng máy 1');
    const again = store.policies.renameZone('Phòng máy 1', 'Phòng Tin A', ADMIN);
    store.policies.renameZone('Phòng Tin A', 'Phòng Tin B', ADMIN);
    expect(codeOf(() => store.policies.undoRename(again, ADMIN))).toBe('changed-since');
    const third = store.policies.renameZone('Phòng Tin B', 'Phòng Tin C', ADMIN);
    store.policies.addZone(zone('Phòng Tin B'), ADMIN);
    const held = rows(store);
    expect(codeOf(() => store.policies.undoRename(third, ADMIN))).toBe('name-taken');
    expect(rows(store)).toEqual(held);
  });

  it('keeps its old names through a removal that is undone', async () => {
    const store = await school();
    store.policies.renameZone('Phòng máy 1', 'Phòng Tin A', ADMIN);
    const removed = store.policies.removeZone('Phòng Tin A', ADMIN);
    expect(store.policies.zoneCalled('Phòng máy 1')).toBeNull();
    store.policies.restoreZone(removed, at(1), ADMIN);
    expect(store.policies.zoneCalled('Phòng máy 1')).toBe('Phòng Tin A');
  });

  it('never mixes the figures of two rooms that are in use, whatever the order (seeded property)', () => {
    const NAMES = ['A', 'B', 'C', 'D'];
    let renames = 0;
    let undone = 0;
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(1), fc.constantFrom(...NAMES), fc.boolean()), { minLength: 1, maxLength: 12 }), (steps) => {
        const store = tempStore();
        const called = ['A', 'B'];
        const counted = [0, 0];
        for (const name of called) store.policies.addZone(zone(name), ADMIN);
        for (const [room, to, back] of steps) {
          const from = called[room] ?? '';
          store.events.addBatch([event({ zone: from, requests: 1 + room })], []);
          counted[room] = (counted[room] ?? 0) + 1 + room;
          if (called[1 - room] === to) {
            expect(codeOf(() => store.policies.renameZone(from, to, ADMIN))).toBe('name-taken');
            continue;
          }
          const renamed = store.policies.renameZone(from, to, ADMIN);
          renames += 1;
          if (back) store.policies.undoRename(renamed, ADMIN);
          else called[room] = to;
          if (back) undone += 1;
        }
        const expected = Object.fromEntries(called.map((name, i) => [name, counted[i] ?? 0] as const).filter(([, n]) => n > 0));
        expect(figures(store)).toEqual(expected);
        expect(store.events.verify()).toEqual([]);
      }),
      { seed: 20261125, numRuns: 40 },
    );
    expect(renames).toBeGreaterThan(50);
    expect(undone).toBeGreaterThan(20);
  });
});
