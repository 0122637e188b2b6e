/** Contract of the policy parts: each change is one transaction with its audit record and the next generation, or nothing. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/rows.js';
import { ADMIN, codeOf, list, MONDAY_8, storeIn, tempDir, tempStore, zone } from './fixture.js';

const MINUTE = 60_000;

/** Runs `call` and tells by how much the generation and the audit trail grew. */
function grown(store: Store, call: () => unknown): [number, number] {
  const before = [store.policies.generation(), store.audit.verify().records] as const;
  call();
  return [store.policies.generation() - before[0], store.audit.verify().records - before[1]];
}

describe('zones', () => {
  it('come back as they went in, in the order they were added', () => {
    const store = tempStore();
    const rows = [
      zone('Phòng máy 1', {
        profile: 'lop-4-5', cidrs: ['10.1.0.0/24', '2001:db8::/64'], macs: ['02:00:00:00:00:01'], port: 3200,
        login: { name: 'phong1', hash: 'scrypt$x' }, timetable: [{ weekday: 1, fromMinute: 450, toMinute: 495, profile: 'thi' }],
      }),
      zone('A'),
    ];
    for (const row of rows) store.policies.addZone(row, ADMIN);
    expect(store.policies.zones()).toEqual(rows);
  });

  it('bump the generation and leave a record for each real change, none for no change', () => {
    const store = tempStore();
    expect(grown(store, () => store.policies.addZone(zone('A'), ADMIN))).toEqual([1, 1]);
    expect(grown(store, () => store.policies.setZone('A', { profile: 'thpt' }, ADMIN))).toEqual([1, 1]);
    expect(grown(store, () => store.policies.setZone('A', { profile: 'thpt' }, ADMIN))).toEqual([0, 0]);
    expect(grown(store, () => store.policies.removeZone('A', ADMIN))).toEqual([1, 1]);
    expect(store.audit.list(10).map((row) => [row.action, row.object])).toEqual([['zone.add', 'A'], ['zone.set', 'A'], ['zone.remove', 'A']]);
  });

  it.each<[string, () => Parameters<typeof zone>, string]>([
    ['the same name', () => ['Phòng A'], 'name-taken'],
    ['a name that differs in case', () => ['PHÒNG A'], 'name-taken'],
    ['a name composed otherwise', () => ['Phòng A'.normalize('NFD')], 'name-taken'],
    ['the port of another', () => ['B', { port: 3200 }], 'port-taken'],
    ['a range of another', () => ['B', { cidrs: ['10.1.0.0/24'] }], 'range-taken'],
    ['a MAC of another', () => ['B', { macs: ['02:00:00:00:00:01'] }], 'mac-taken'],
    ['the login of another', () => ['B', { login: { name: 'phong', hash: 'y' } }], 'name-taken'],
    ['an unknown profile', () => ['B', { profile: 'lop-6' }], 'unknown-profile'],
    ['an unknown profile in the timetable', () => ['B', { timetable: [{ weekday: 1, fromMinute: 0, toMinute: 9, profile: 'x' }] }], 'unknown-profile'],
    ['a weekday that is none', () => ['B', { timetable: [{ weekday: 8, fromMinute: 0, toMinute: 9, profile: 'thi' }] }], 'bad-value'],
    ['an empty slot', () => ['B', { timetable: [{ weekday: 1, fromMinute: 9, toMinute: 9, profile: 'thi' }] }], 'bad-value'],
    ['port 0', () => ['B', { port: 0 }], 'bad-value'],
    ['port 65536', () => ['B', { port: 65_536 }], 'bad-value'],
    ['no name', () => [''], 'bad-value'],
    ['a name with a line break', () => ['B\nC'], 'bad-value'],
    ['a name that turns the reading direction', () => ['B\u202eC'], 'bad-value'],
    ['a range that is none', () => ['B', { cidrs: ['all'] }], 'bad-value'],
    ['an upper-case MAC', () => ['B', { macs: ['02:00:00:00:00:AA'] }], 'bad-value'],
  ])('refuse %s and change nothing', (_, row, code) => {
    const store = tempStore();
    store.policies.addZone(zone('Phòng A', { cidrs: ['10.1.0.0/24'], macs: ['02:00:00:00:00:01'], port: 3200, login: { name: 'phong', hash: 'x' } }), ADMIN);
    expect(grown(store, () => expect(codeOf(() => store.policies.addZone(zone(...row()), ADMIN))).toBe(code))).toEqual([0, 0]);
    expect(store.policies.zones()).toHaveLength(1);
  });

  it('may nest ranges, and keep their own when they are set again', () => {
    const store = tempStore();
    store.policies.addZone(zone('A', { cidrs: ['10.0.0.0/8'], port: 3200 }), ADMIN);
    store.policies.addZone(zone('B', { cidrs: ['10.1.0.0/24'] }), ADMIN);
    expect(store.policies.setZone('A', { cidrs: ['10.0.0.0/8', '10.0.0.0/8', '10.9.0.0/16'] }, ADMIN).port).toBe(3200);
    expect(store.policies.zones()[0]?.cidrs).toEqual(['10.0.0.0/8', '10.9.0.0/16']);
    expect(codeOf(() => store.policies.setZone('B', { cidrs: ['10.9.0.0/16'] }, ADMIN))).toBe('range-taken');
  });

  it('that are not there are said to be unknown', () => {
    const store = tempStore();
    expect(codeOf(() => store.policies.setZone('A', {}, ADMIN))).toBe('unknown-zone');
    expect(codeOf(() => store.policies.removeZone('A', ADMIN))).toBe('unknown-zone');
  });

  it('never put a MAC address or a login hash into the audit trail', () => {
    const dir = tempDir();
    const store = storeIn(dir);
    store.policies.addZone(zone('A', { macs: ['02:ca:fe:00:00:01'], login: { name: 'phong', hash: 'canary-hash' } }), ADMIN);
    store.policies.setZone('A', { macs: ['02:ca:fe:00:00:02'] }, ADMIN);
    const trail = JSON.stringify(store.audit.list(10));
    expect(trail).not.toMatch(/02:ca:fe|canary-hash/);
    expect(trail).toContain('phong');
  });
});

describe('lessons and openings', () => {
  function school(): { store: Store; dir: string } {
    const dir = tempDir();
    const store = storeIn(dir);
    store.policies.addZone(zone('A'), ADMIN);
    store.policies.addZone(zone('B'), ADMIN);
    return { store, dir };
  }
  const lesson = (zoneName: string, profile: string, from: number, until: number) =>
    ({ zone: zoneName, profile, fromMs: MONDAY_8 + from * MINUTE, untilMs: MONDAY_8 + until * MINUTE, by: 'co-lan' });
  const opening = (zoneName: string, from: number, until: number) =>
    ({ zone: zoneName, entry: 'youtube.com', fromMs: MONDAY_8 + from * MINUTE, untilMs: MONDAY_8 + until * MINUTE, by: 'co-lan', reason: 'thí nghiệm' });
  const at = (minutes: number): number => MONDAY_8 + minutes * MINUTE;

  it('end by themselves, to the millisecond, also after a restart', () => {
    const { store, dir } = school();
    store.policies.startLesson(lesson('A', 'thpt', 0, 45), ADMIN);
    store.policies.addOpening(opening('A', 0, 45), ADMIN);
    const again = storeIn(dir);
    for (const each of [store, again]) {
      expect(each.policies.lessons(at(45) - 1)).toHaveLength(1);
      expect(each.policies.lessons(at(45))).toEqual([]);
      expect(each.policies.openings(at(45) - 1)).toHaveLength(1);
      expect(each.policies.openings(at(45))).toEqual([]);
    }
  });

  it('a new lesson ends the one that runs in its zone, and no other', () => {
    const { store } = school();
    store.policies.startLesson(lesson('A', 'thpt', 0, 45), ADMIN);
    store.policies.startLesson(lesson('B', 'thpt', 0, 45), ADMIN);
    store.policies.startLesson(lesson('A', 'giao-vien', 10, 40), ADMIN);
    expect(store.policies.lessons(at(20)).map(({ zone: name, profile, untilMs }) => [name, profile, (untilMs - MONDAY_8) / MINUTE])).toEqual([
      ['B', 'thpt', 45], ['A', 'giao-vien', 40],
    ]);
    // The first one does not come back when the second is over.
    expect(store.policies.lessons(at(41)).map((row) => row.zone)).toEqual(['B']);
  });

  it('never overlap in a zone, whatever the order they are set', () => {
    const { store } = school();
    for (const [from, until] of [[60, 90], [0, 45], [30, 70], [100, 130], [95, 140], [5, 6], [0, 200]] as const) {
      store.policies.startLesson(lesson('A', 'thpt', from, until), ADMIN);
      const rows = store.policies.lessons(0).sort((a, b) => a.fromMs - b.fromMs);
      for (let i = 1; i < rows.length; i++) expect(rows[i]?.fromMs).toBeGreaterThanOrEqual(rows[i - 1]?.untilMs ?? 0);
    }
    expect(store.policies.lessons(at(100)).map((row) => (row.untilMs - MONDAY_8) / MINUTE)).toEqual([200]);
  });

  it('an exam ends the zone’s openings and those that would begin in it; other zones keep theirs', () => {
    const { store } = school();
    store.policies.addOpening(opening('A', 0, 60), ADMIN);
    store.policies.addOpening(opening('A', 20, 60), ADMIN);
    store.policies.addOpening(opening('A', 120, 180), ADMIN);
    store.policies.addOpening(opening('B', 0, 60), ADMIN);
    store.policies.startLesson(lesson('A', 'thi', 10, 100), ADMIN);
    expect(store.policies.openings(at(10)).map((row) => [row.zone, (row.fromMs - MONDAY_8) / MINUTE])).toEqual([['A', 120], ['B', 0]]);
  });

  it('are ended by hand once', () => {
    const { store } = school();
    store.policies.startLesson(lesson('A', 'thpt', 0, 45), ADMIN);
    store.policies.startLesson(lesson('A', 'thpt', 60, 90), ADMIN);
    expect(grown(store, () => expect(store.policies.endLesson('A', at(10), ADMIN)).toBe(true))).toEqual([1, 1]);
    expect(grown(store, () => expect(store.policies.endLesson('A', at(10), ADMIN)).toBe(false))).toEqual([0, 0]);
    expect(store.policies.lessons(at(10)).map((row) => (row.fromMs - MONDAY_8) / MINUTE)).toEqual([60]);
    const running = store.policies.addOpening(opening('A', 0, 45), ADMIN);
    const future = store.policies.addOpening(opening('A', 50, 60), ADMIN);
    expect(store.policies.removeOpening(running.id, at(10), ADMIN)).toBe(true);
    expect(store.policies.removeOpening(future.id, at(10), ADMIN)).toBe(true);
    expect(store.policies.openings(at(10))).toEqual([]);
    expect(grown(store, () => expect(store.policies.removeOpening(running.id, at(10), ADMIN)).toBe(false))).toEqual([0, 0]);
    expect(store.policies.removeOpening(99, at(10), ADMIN)).toBe(false);
  });

  it('refuse an end before the beginning, unknown zones and profiles', () => {
    const { store } = school();
    expect(codeOf(() => store.policies.startLesson(lesson('A', 'thpt', 5, 5), ADMIN))).toBe('bad-time');
    expect(codeOf(() => store.policies.startLesson(lesson('A', 'thpt', 5, Number.NaN), ADMIN))).toBe('bad-time');
    expect(codeOf(() => store.policies.startLesson(lesson('C', 'thpt', 0, 5), ADMIN))).toBe('unknown-zone');
    expect(codeOf(() => store.policies.startLesson(lesson('A', 'lop-9', 0, 5), ADMIN))).toBe('unknown-profile');
    expect(codeOf(() => store.policies.addOpening(opening('A', 5, 4), ADMIN))).toBe('bad-time');
    expect(codeOf(() => store.policies.addOpening(opening('C', 0, 4), ADMIN))).toBe('unknown-zone');
    expect(codeOf(() => store.policies.addOpening({ ...opening('A', 0, 4), entry: 'a b' }, ADMIN))).toBe('bad-value');
    expect(codeOf(() => store.policies.endLesson('C', at(0), ADMIN))).toBe('unknown-zone');
  });

  it('go with their zone', () => {
    const { store } = school();
    store.policies.startLesson(lesson('A', 'thpt', 0, 45), ADMIN);
    store.policies.addOpening(opening('A', 0, 45), ADMIN);
    store.policies.removeZone('A', ADMIN);
    expect([store.policies.lessons(0), store.policies.openings(0)]).toEqual([[], []]);
    expect(store.integrity()).toEqual([]);
  });
});

describe('rules and cells', () => {
  const rule = (entry: string, profiles: readonly string[] | null = null) =>
    ({ layer: 'school-block' as const, entry, profiles, note: null, by: 'co-lan', atMs: MONDAY_8 });

  it('come back as they went in; profiles in table order and once', () => {
    const store = tempStore();
    const added = store.policies.addRule({ ...rule('*.example.vn', ['thpt', 'lop-1-3', 'thpt']), note: 'gây xao nhãng' }, ADMIN);
    expect(store.policies.rules()).toEqual([added]);
    expect(added).toEqual({ id: added.id, layer: 'school-block', entry: '*.example.vn', profiles: ['lop-1-3', 'thpt'], note: 'gây xao nhãng', by: 'co-lan', atMs: MONDAY_8 });
  });

  it('are there once', () => {
    const store = tempStore();
    store.policies.addRule(rule('a.vn'), ADMIN);
    expect(codeOf(() => store.policies.addRule(rule('a.vn'), ADMIN))).toBe('rule-taken');
    store.policies.addRule(rule('a.vn', ['thi']), ADMIN);
    expect(codeOf(() => store.policies.addRule(rule('a.vn', ['thi', 'thi']), ADMIN))).toBe('rule-taken');
    store.policies.addRule({ ...rule('a.vn'), layer: 'school-allow' }, ADMIN);
    expect(store.policies.rules()).toHaveLength(3);
  });

  it('give no number twice', () => {
    const store = tempStore();
    const first = store.policies.addRule(rule('a.vn'), ADMIN);
    expect(store.policies.removeRule(first.id, ADMIN)).toBe(true);
    expect(store.policies.removeRule(first.id, ADMIN)).toBe(false);
    expect(store.policies.addRule(rule('a.vn'), ADMIN).id).toBeGreaterThan(first.id);
  });

  it('refuse what is no entry, no profile, no text', () => {
    const store = tempStore();
    expect(codeOf(() => store.policies.addRule(rule(''), ADMIN))).toBe('bad-value');
    expect(codeOf(() => store.policies.addRule(rule('a\u0000b'), ADMIN))).toBe('bad-value');
    expect(codeOf(() => store.policies.addRule(rule('a.vn', []), ADMIN))).toBe('bad-value');
    expect(codeOf(() => store.policies.addRule(rule('a.vn', ['lop-9']), ADMIN))).toBe('unknown-profile');
    expect(codeOf(() => store.policies.addRule({ ...rule('a.vn'), note: 'x'.repeat(1_001) }, ADMIN))).toBe('too-big');
    expect(store.policies.rules()).toEqual([]);
  });

  it('cells are set, set anew, reset', () => {
    const store = tempStore();
    const cell = { profile: 'thcs', category: 'mxh', cell: 'M' as const, reason: 'dự án báo tường', by: 'co-lan', atMs: MONDAY_8 };
    expect(grown(store, () => store.policies.setCell(cell, ADMIN))).toEqual([1, 1]);
    expect(grown(store, () => store.policies.setCell(cell, ADMIN))).toEqual([0, 0]);
    store.policies.setCell({ ...cell, cell: 'X', reason: 'hết dự án' }, ADMIN);
    expect(store.policies.cells()).toEqual([{ ...cell, cell: 'X', reason: 'hết dự án' }]);
    expect(store.policies.resetCell('thcs', 'mxh', ADMIN)).toBe(true);
    expect(grown(store, () => expect(store.policies.resetCell('thcs', 'mxh', ADMIN)).toBe(false))).toEqual([0, 0]);
    expect(codeOf(() => store.policies.setCell({ ...cell, reason: '  ' }, ADMIN))).toBe('bad-value');
    expect(codeOf(() => store.policies.setCell({ ...cell, profile: 'x' }, ADMIN))).toBe('unknown-profile');
    expect(codeOf(() => store.policies.setCell({ ...cell, category: 'M X' }, ADMIN))).toBe('bad-value');
  });
});

describe('a change that fails half-way', () => {
  it('leaves neither rows, nor a record, nor a generation', () => {
    const dir = tempDir();
    const store = storeIn(dir);
    store.policies.addZone(zone('A'), ADMIN);
    const other = new Database(join(dir, 'luytre.db'));
    // The audit trail refuses the record: everything before it in the transaction must go too.
    other.exec("CREATE TRIGGER refuse BEFORE INSERT ON audit BEGIN SELECT RAISE(ABORT, 'no'); END");
    other.close();
    const before = [store.policies.generation(), store.policies.zones(), store.policies.lists()];
    expect(codeOf(() => store.policies.addZone(zone('B'), ADMIN))).toBe('constraint');
    expect(codeOf(() => store.policies.setZone('A', { profile: 'thpt' }, ADMIN))).toBe('constraint');
    expect(codeOf(() => store.policies.putList(list('x'), '1', ['a.vn'], 1, ADMIN))).toBe('constraint');
    expect([store.policies.generation(), store.policies.zones(), store.policies.lists()]).toEqual(before);
  });
});

describe('settings', () => {
  it('are kept, changed, dropped; only the school’s bear on verdicts; secrets stay out of the trail', () => {
    const store = tempStore();
    expect(store.settings.get('school.name')).toBe(null);
    expect(grown(store, () => store.settings.set('school.name', 'THCS Giảng Võ', ADMIN))).toEqual([1, 1]);
    expect(grown(store, () => store.settings.set('school.name', 'THCS Giảng Võ', ADMIN))).toEqual([0, 0]);
    expect(grown(store, () => store.settings.set('instance-id', 'lt-1', ADMIN))).toEqual([0, 1]);
    store.settings.set('secret.token', 'canary-token', ADMIN);
    store.settings.set('school.name', null, ADMIN);
    expect(store.settings.get('school.name')).toBe(null);
    expect(store.settings.get('secret.token')).toBe('canary-token');
    expect(JSON.stringify(store.audit.list(10))).not.toContain('canary-token');
    expect(codeOf(() => store.settings.set('Bad Key', 'x', ADMIN))).toBe('bad-value');
    expect(codeOf(() => store.settings.set('x', 'x'.repeat(70_000), ADMIN))).toBe('too-big');
  });
});
