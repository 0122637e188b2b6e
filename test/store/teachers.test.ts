/** Lessons of every kind and their undo, saved lists, rooms of a teacher. */
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { NewLesson } from '../../src/store/school-rows.js';
import type { Store } from '../../src/store/rows.js';
import { ADMIN, codeOf, MONDAY_8, tempStore, zone } from './fixture.js';

const MINUTE = 60_000;
const at = (minutes: number): number => MONDAY_8 + minutes * MINUTE;
const lesson = (rest: Partial<NewLesson> = {}): NewLesson => ({ zone: 'A', profile: 'thcs', fromMs: at(0), untilMs: at(45), by: 'co-lan', ...rest });

/** An account without the second of work its password's hash would take. */
function account(store: Store, name: string, role: string): void {
  const db = new Database(store.path);
  db.prepare("INSERT INTO user (name, role, created_ms, disabled, hash) VALUES (?, ?, 0, 0, 'x')").run(name, role);
  db.close();
}

function school(): Store {
  const store = tempStore();
  for (const name of ['A', 'B']) store.policies.addZone(zone(name), ADMIN);
  return store;
}

describe('lessons of every kind', () => {
  it('come back as they began, hosts canonical, the list of the exam beside its profile', () => {
    const store = school();
    store.policies.startLesson(lesson({ kind: 'focus', entries: ['OLM.vn', 'olm.vn', '*.Trường.vn'], list: 'Bài 5', learning: true }), ADMIN);
    expect(store.policies.lessons(at(1))).toMatchObject([{ kind: 'focus', entries: ['olm.vn', '*.xn--trng-4d3cc.vn'].map((text) => expect.stringMatching(text === 'olm.vn' ? /^olm\.vn$/ : /^\*\.xn--/) as unknown), list: 'Bài 5', learning: true }]);
    store.policies.startLesson(lesson({ zone: 'B', kind: 'pause' }), ADMIN);
    store.policies.startLesson(lesson({ profile: 'thi', entries: ['azota.vn'] }), ADMIN);
    expect(store.policies.lessons(at(1)).map(({ zone: name, kind, entries }) => [name, kind, entries])).toEqual([['B', 'pause', []], ['A', 'exam', ['azota.vn']]]);
  });
  it.each<[string, Partial<NewLesson>, string]>([
    ['a list without sites', { kind: 'focus' }, 'bad-value'], ['a pause with sites', { kind: 'pause', entries: ['a.vn'] }, 'bad-value'],
    ['a path', { kind: 'focus', entries: ['olm.vn/bai'] }, 'bad-value'], ['a public suffix', { kind: 'focus', entries: ['edu.vn'] }, 'bad-value'],
    ['rubbish', { kind: 'focus', entries: ['a b'] }, 'bad-value'], ['an exam on another profile', { kind: 'exam', entries: ['a.vn'] }, 'bad-value'],
    ['a pause on the exam profile', { kind: 'pause', profile: 'thi' }, 'bad-value'], ['301 sites', { kind: 'focus', entries: Array.from({ length: 301 }, (_, i) => `a${i}.vn`) }, 'too-many'],
  ])('refuse %s', (_, rest, code) => {
    const store = school();
    expect(codeOf(() => store.policies.startLesson(lesson(rest), ADMIN))).toBe(code);
    expect(store.policies.lessons(0)).toEqual([]);
  });
});

describe('undo', () => {
  it('a start gives back the lesson it replaced and the openings the exam closed, for the time they had left', () => {
    const store = school();
    const opening = store.policies.addOpening({ zone: 'A', entry: 'youtube.com', fromMs: at(0), untilMs: at(60), by: 'co-lan', reason: null }, ADMIN);
    const first = store.policies.startLesson(lesson({ kind: 'focus', entries: ['olm.vn'] }), ADMIN);
    const exam = store.policies.startLesson(lesson({ profile: 'thi', fromMs: at(5), untilMs: at(90) }), ADMIN);
    expect(exam.closed).toEqual([opening]);
    expect(store.policies.openings(at(6))).toEqual([]);
    const generation = store.policies.generation();
    store.policies.undoStart(exam, at(6), ADMIN);
    expect(store.policies.generation()).toBe(generation + 1);
    const { replaced: _replaced, closed: _closed, ...row } = first;
    expect(store.policies.lessons(at(6))).toEqual([row]);
    expect(store.policies.openings(at(6))).toEqual([opening]);
    expect(codeOf(() => store.policies.undoStart(exam, at(6), ADMIN))).toBe('changed-since');
    expect(store.audit.verify().firstBad).toBeNull();
  });
  it('a start that was followed by another stays', () => {
    const store = school();
    const first = store.policies.startLesson(lesson(), ADMIN);
    store.policies.startLesson(lesson({ profile: 'thpt', fromMs: at(1) }), ADMIN);
    expect(codeOf(() => store.policies.undoStart(first, at(2), ADMIN))).toBe('changed-since');
    expect(store.policies.lessons(at(2)).map(({ profile }) => profile)).toEqual(['thpt']);
  });
  it('an ended lesson and a removed opening go on; not over another lesson, not once their time is over', () => {
    const store = school();
    store.policies.startLesson(lesson({ kind: 'pause' }), ADMIN);
    const [before] = store.policies.lessons(at(10));
    const opening = store.policies.addOpening({ zone: 'A', entry: 'youtube.com', fromMs: at(0), untilMs: at(60), by: 'co-lan', reason: 'x' }, ADMIN);
    if (before === undefined) throw new Error('no lesson');
    store.policies.endLesson('A', at(10), ADMIN);
    store.policies.removeOpening(opening.id, at(10), ADMIN);
    store.policies.restoreLesson(before, at(11), ADMIN);
    store.policies.restoreOpening(opening, at(11), ADMIN);
    expect(store.policies.lessons(at(11))).toEqual([before]);
    expect(store.policies.openings(at(11))).toEqual([opening]);
    store.policies.endLesson('A', at(12), ADMIN);
    store.policies.startLesson(lesson({ fromMs: at(13) }), ADMIN);
    expect(codeOf(() => store.policies.restoreLesson(before, at(14), ADMIN))).toBe('changed-since');
    expect(codeOf(() => store.policies.restoreOpening(opening, at(60), ADMIN))).toBe('changed-since');
  });
  it('a removed zone comes back with what went with it', () => {
    const store = school();
    account(store, 'co.lan', 'teacher');
    store.rooms.addRoom('co.lan', 'A', ADMIN);
    store.policies.setZone('A', { cidrs: ['10.1.0.0/24'], macs: ['02:00:00:00:00:01'], login: { name: 'p', hash: 'h' } }, ADMIN);
    store.policies.startLesson(lesson({ kind: 'pause' }), ADMIN);
    const before = [store.policies.zones().find(({ name }) => name === 'A'), store.policies.lessons(at(1)), store.rooms.rooms(at(1))];
    const removed = store.policies.removeZone('A', ADMIN);
    expect(store.rooms.rooms(at(1))).toEqual([]);
    store.policies.restoreZone(removed, at(1), ADMIN);
    expect([store.policies.zones().find(({ name }) => name === 'A'), store.policies.lessons(at(1)), store.rooms.rooms(at(1))]).toEqual(before);
    expect(codeOf(() => store.policies.restoreZone(removed, at(1), ADMIN))).toBe('name-taken');
    expect(store.integrity()).toEqual([]);
  });
});

describe('saved lists', () => {
  const list = { name: 'Bài 5 Tin 8', owner: 'co.lan', shared: false, subject: 'Tin học', grade: 8, entries: ['OLM.vn', 'hocmai.vn'], atMs: MONDAY_8 };
  it('belong to their owner, are seen by others where shared, and come back from an undo', () => {
    const store = tempStore();
    const mine = store.siteLists.add(list, ADMIN);
    const other = store.siteLists.add({ ...list, owner: 'thay.nam', shared: true }, ADMIN);
    expect(mine.entries).toEqual(['olm.vn', 'hocmai.vn']);
    expect(store.siteLists.lists('co.lan').map(({ id }) => id)).toEqual([mine.id, other.id]);
    expect(store.siteLists.lists('thay.nam').map(({ id }) => id)).toEqual([other.id]);
    expect(store.siteLists.find('BÀI 5 TIN 8', 'co.lan')?.id).toBe(mine.id);
    expect(store.siteLists.find('Bài 5 Tin 8', 'thay.ba')?.id).toBe(other.id);
    const { before, after } = store.siteLists.set(mine.id, { entries: ['olm.vn'], shared: true }, ADMIN);
    expect([before, after.entries, after.shared, after.owner]).toEqual([mine, ['olm.vn'], true, 'co.lan']);
    expect(store.siteLists.remove(mine.id, ADMIN)).toEqual(after);
    expect(store.siteLists.restore(after, ADMIN)).toEqual(after);
    expect(store.siteLists.remove(99, ADMIN)).toBeNull();
  });
  it.each([
    ['no name', { name: '' }, 'bad-value'], ['no site', { entries: [] }, 'bad-value'], ['grade 13', { grade: 13 }, 'bad-value'], ['a suffix', { entries: ['vn'] }, 'bad-value'],
    ['the name again, composed otherwise', { name: 'bài 5 tin 8'.normalize('NFD') }, 'name-taken'],
  ] as const)('refuse %s', (_, patch, code) => {
    const store = tempStore();
    store.siteLists.add(list, ADMIN);
    expect(codeOf(() => store.siteLists.add({ ...list, ...patch }, ADMIN))).toBe(code);
    expect(store.siteLists.lists()).toHaveLength(1);
  });
});

describe('rooms of a teacher', () => {
  function staff(): Store {
    const store = school();
    for (const [name, role] of [['co.lan', 'teacher'], ['thay.nam', 'teacher'], ['quan.tri', 'it-admin'], ['hieu.truong', 'head'], ['kiem.toan', 'auditor']] as const) account(store, name, role);
    store.rooms.addRoom('co.lan', 'A', ADMIN);
    return store;
  }
  it('a teacher switches the own ones and nobody’s, an admin all, nobody else any', async () => {
    const store = staff();
    const may = (user: string): boolean[] => ['A', 'B'].map((room) => store.rooms.switchable(user, at(0))(room));
    expect([may('co.lan'), may('CO.LAN'), may('thay.nam'), may('quan.tri'), may('hieu.truong'), may('kiem.toan'), may('ai.do')]).toEqual([
      [true, true], [true, true], [false, true], [true, true], [false, false], [false, false], [false, false],
    ]);
    await store.accounts.setUser('co.lan', { disabled: true }, ADMIN);
    expect(may('co.lan')).toEqual([false, false]);
  });
  it('are added once, removed, restored, and go with their account and their zone',  () => {
    const store = staff();
    expect(store.rooms.addRoom('co.lan', 'A', ADMIN)).toBe(false);
    expect(codeOf(() => store.rooms.addRoom('quan.tri', 'A', ADMIN))).toBe('bad-value');
    expect(codeOf(() => store.rooms.addRoom('ai.do', 'A', ADMIN))).toBe('unknown-user');
    expect(codeOf(() => store.rooms.addRoom('co.lan', 'C', ADMIN))).toBe('unknown-zone');
    const gone = store.rooms.removeRoom('co.lan', 'A', ADMIN);
    if (gone === null) throw new Error('not there');
    expect(store.rooms.rooms(at(0))).toEqual([]);
    store.rooms.restoreRoom(gone, ADMIN);
    expect(store.rooms.rooms(at(0), 'co.lan')).toEqual([{ user: 'co.lan', zone: 'A', untilMs: null, by: null }]);
    store.accounts.removeUser('co.lan', ADMIN);
    expect(store.rooms.rooms(at(0))).toEqual([]);
  });
  it('a room handed over is the other’s until the time, with the lesson that runs; to the millisecond', () => {
    const store = staff();
    store.policies.startLesson(lesson({ by: 'co.lan' }), ADMIN);
    store.rooms.handOver('A', 'co.lan', 'thay.nam', at(45), at(10), ADMIN);
    expect([store.rooms.switchable('thay.nam', at(45) - 1)('A'), store.rooms.switchable('thay.nam', at(45))('A'), store.rooms.switchable('co.lan', at(20))('A')]).toEqual([true, false, true]);
    expect(store.policies.lessons(at(20))).toMatchObject([{ by: 'thay.nam' }]);
    expect(store.audit.list(1)).toMatchObject([{ action: 'room.hand-over', object: 'A' }]);
    // what is one's own for good does not become borrowed
    store.rooms.addRoom('thay.nam', 'A', ADMIN);
    store.rooms.handOver('A', 'co.lan', 'thay.nam', at(45), at(10), ADMIN);
    expect(store.rooms.switchable('thay.nam', at(99))('A')).toBe(true);
  });
  it.each([
    ['a room that is not the giver’s', 'A', 'thay.nam', 'co.lan', 45, 'not-yours'], ['to oneself', 'A', 'co.lan', 'co.lan', 45, 'bad-value'], ['to an admin', 'A', 'co.lan', 'quan.tri', 45, 'bad-value'],
    ['a time that is past', 'A', 'co.lan', 'thay.nam', 5, 'bad-time'], ['to nobody', 'A', 'co.lan', 'ai.do', 45, 'unknown-user'],
  ] as const)('refuses %s', (_, room, from, to, until, code) => {
    const store = staff();
    expect(codeOf(() => store.rooms.handOver(room, from, to, at(until), at(10), ADMIN))).toBe(code);
    expect(store.rooms.rooms(at(10))).toHaveLength(1);
  });
});
