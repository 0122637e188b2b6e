/**
 * Lessons and openings: both end by themselves at `untilMs` and survive a restart because that time is all they are.
 * Every change has its inverse, so that a teacher can take a tap back: what was cut short goes on for the time it had left.
 */
import type { Changer } from './change.js';
import { prepared, type Connection } from './connection.js';
import type { LessonRow, OpeningRow, PolicyStore } from './rows.js';
import { createLessonReader, putLesson, putOpening } from './lesson-rows.js';
import type { NewLesson } from './school-rows.js';
import { StoreError } from './store-error.js';
import { badValue, entryText, nameText, note as noteText, profileId, siteEntries, span } from './values.js';
import { zoneAt } from './zone-names.js';

const EXAM = 'thi';

type LessonPart = Pick<PolicyStore, 'lessons' | 'startLesson' | 'endLesson' | 'undoStart' | 'restoreLesson' | 'openings' | 'addOpening' | 'removeOpening' | 'restoreOpening'>;

export function createLessons(db: Connection, changer: Changer): LessonPart {
  const { lessons, openings, opening: openingById } = createLessonReader(db);

  /** Cuts what overlaps [fromMs, untilMs) in a zone: what runs ends at fromMs, what would begin inside never does. */
  const cut = (table: 'lesson' | 'opening', zone: number, fromMs: number, untilMs: number): number => {
    const dropped = db.prepare(`DELETE FROM ${table} WHERE zone = ? AND from_ms >= ? AND from_ms < ? AND until_ms > ?`);
    const ended = db.prepare(`UPDATE ${table} SET until_ms = ? WHERE zone = ? AND from_ms < ? AND until_ms > ?`);
    return dropped.run(zone, fromMs, untilMs, fromMs).changes + ended.run(fromMs, zone, fromMs, fromMs).changes;
  };

  return {
    lessons,
    startLesson(lesson, actor) {
      const valid = validLesson(lesson);
      return changer.change(true, actor, (note) => {
        const { id: zone, name } = zoneAt(db, valid.zone);
        const made = { ...valid, zone: name };
        const inWay = (row: LessonRow | OpeningRow): boolean => row.zone === made.zone && row.fromMs < made.untilMs;
        const replaced = lessons(made.fromMs).filter(inWay);
        const closed = made.profile === EXAM ? openings(made.fromMs).filter(inWay) : [];
        cut('lesson', zone, made.fromMs, made.untilMs);
        if (made.profile === EXAM) cut('opening', zone, made.fromMs, made.untilMs);
        const id = putLesson(db, zone, null, made);
        note('lesson.start', made.zone, { replaced: replaced.length, openingsEnded: closed.length }, { ...made, id });
        return { ...made, id, replaced, closed };
      });
    },
    endLesson(zoneName, nowMs, actor) {
      return changer.change(true, actor, (note) => {
        const { id: zone, name } = zoneAt(db, zoneName);
        const running = lessons(nowMs).filter((lesson) => lesson.zone === name && lesson.fromMs <= nowMs);
        if (running.length === 0) return false;
        prepared(db, 'UPDATE lesson SET until_ms = max(from_ms, ?) WHERE zone = ? AND from_ms <= ? AND until_ms > ?').run(nowMs, zone, nowMs, nowMs);
        note('lesson.end', name, running, null);
        return true;
      });
    },
    undoStart(started, nowMs, actor) {
      changer.change(true, actor, (note) => {
        const { id: zone, name } = zoneAt(db, started.zone);
        const row = lessons(nowMs).find(({ id }) => id === started.id);
        if (row?.untilMs !== started.untilMs) throw changedSince(name);
        db.prepare('DELETE FROM lesson WHERE id = ?').run(started.id);
        for (const lesson of started.replaced) putLesson(db, zone, lesson.id, lesson);
        for (const opening of started.closed) putOpening(db, zone, opening.id, opening);
        note('lesson.undo', name, row, started.replaced);
      });
    },
    restoreLesson(lesson, nowMs, actor) {
      changer.change(true, actor, (note) => {
        const { id: zone, name } = zoneAt(db, lesson.zone);
        const inWay = lessons(nowMs).some((row) => row.zone === name && row.id !== lesson.id && row.fromMs < lesson.untilMs);
        if (inWay || lesson.untilMs <= nowMs) throw changedSince(name);
        putLesson(db, zone, lesson.id, lesson);
        note('lesson.restore', name, null, { ...lesson, zone: name });
      });
    },
    openings,
    addOpening: (opening, actor) => changer.change(true, actor, (note) => {
      const row = insertOpening(db, opening);
      note('opening.add', row.zone, null, row);
      return row;
    }),
    removeOpening(id, nowMs, actor) {
      return changer.change(true, actor, (note) => {
        const row = openingById(id);
        if (row === undefined || row.untilMs <= nowMs) return false;
        if (row.fromMs >= nowMs) db.prepare('DELETE FROM opening WHERE id = ?').run(id);
        else db.prepare('UPDATE opening SET until_ms = ? WHERE id = ?').run(nowMs, id);
        note('opening.remove', row.zone, row, null);
        return true;
      });
    },
    restoreOpening(opening, nowMs, actor) {
      changer.change(true, actor, (note) => {
        if (opening.untilMs <= nowMs) throw changedSince(opening.zone);
        const { id: zone, name } = zoneAt(db, opening.zone);
        putOpening(db, zone, opening.id, opening);
        note('opening.restore', name, null, { ...opening, zone: name });
      });
    },
  };
}

/** Adds an opening within the caller's transaction. */
export function insertOpening(db: Connection, opening: Omit<OpeningRow, 'id'>): OpeningRow {
  entryText(opening.entry);
  span(opening.fromMs, opening.untilMs);
  nameText(opening.by, 128);
  noteText(opening.reason);
  const { id: zone, name } = zoneAt(db, opening.zone);
  return { ...opening, zone: name, id: putOpening(db, zone, null, opening) };
}

function validLesson(lesson: NewLesson): Omit<LessonRow, 'id'> {
  const { zone, profile, fromMs, untilMs, by } = lesson;
  profileId(profile);
  span(fromMs, untilMs);
  nameText(by, 128);
  const entries = siteEntries(lesson.entries ?? []);
  const kind = lesson.kind ?? (profile === EXAM ? 'exam' : 'profile');
  const learning = lesson.learning ?? false;
  if ((kind === 'exam') !== (profile === EXAM)) throw badValue('Chế độ thi đi với hồ sơ thi, và chỉ với hồ sơ ấy.', 'An exam goes with the exam profile, and only with it.');
  if (kind === 'focus' && entries.length === 0 && !learning) throw badValue('Danh sách của tiết học cần ít nhất một trang.', "The lesson's list needs at least one site.");
  if ((kind === 'pause' || kind === 'profile') && entries.length > 0) throw badValue('Chỉ tiết học theo danh sách và giờ thi mới có danh sách trang.', 'Only a focus lesson and an exam have a list of sites.');
  const list = lesson.list ?? null;
  if (list !== null) nameText(list, 80);
  return { zone, profile, fromMs, untilMs, by, kind, entries, list, learning: kind === 'focus' && learning };
}

function changedSince(zone: string): StoreError {
  return new StoreError('changed-since', `Phòng “${zone}” đã có thay đổi khác hoặc đã hết giờ, nên không hoàn tác được.`, `Zone “${zone}” has changed since, or the time is over: this can't be undone.`);
}
