/** Lessons and openings: both end by themselves at `untilMs` and survive a restart because that time is all they are. */
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import type { LessonRow, OpeningRow, PolicyStore } from './rows.js';
import { entryText, nameText, note as noteText, profileId, span } from './values.js';
import { zoneId } from './zones.js';

const EXAM = 'thi';

type LessonPart = Pick<PolicyStore, 'lessons' | 'startLesson' | 'endLesson' | 'openings' | 'addOpening' | 'removeOpening'>;

export function createLessons(db: Connection, changer: Changer): LessonPart {
  const lessonColumns = 'l.id, z.name AS zone, l.profile, l.from_ms AS fromMs, l.until_ms AS untilMs, l.by';
  const lessons = db.prepare(`SELECT ${lessonColumns} FROM lesson l JOIN zone z ON z.id = l.zone WHERE l.until_ms > ? ORDER BY l.id`);
  const insertLesson = db.prepare('INSERT INTO lesson (zone, profile, from_ms, until_ms, by) VALUES (?, ?, ?, ?, ?)');
  const openingColumns = 'o.id, z.name AS zone, o.entry, o.from_ms AS fromMs, o.until_ms AS untilMs, o.by, o.reason';
  const openings = db.prepare(`SELECT ${openingColumns} FROM opening o JOIN zone z ON z.id = o.zone WHERE o.until_ms > ? ORDER BY o.id`);
  const openingById = db.prepare(`SELECT ${openingColumns} FROM opening o JOIN zone z ON z.id = o.zone WHERE o.id = ?`);
  const insertOpening = db.prepare('INSERT INTO opening (zone, entry, from_ms, until_ms, by, reason) VALUES (?, ?, ?, ?, ?, ?)');

  /** Cuts what overlaps [fromMs, untilMs) in a zone: what runs ends at fromMs, what would begin inside never does. */
  const cut = (table: 'lesson' | 'opening', zone: number, fromMs: number, untilMs: number): number => {
    const dropped = db.prepare(`DELETE FROM ${table} WHERE zone = ? AND from_ms >= ? AND from_ms < ? AND until_ms > ?`);
    const ended = db.prepare(`UPDATE ${table} SET until_ms = ? WHERE zone = ? AND from_ms < ? AND until_ms > ?`);
    return dropped.run(zone, fromMs, untilMs, fromMs).changes + ended.run(fromMs, zone, fromMs, fromMs).changes;
  };

  return {
    lessons: (nowMs) => lessons.all(nowMs) as LessonRow[],
    startLesson(lesson, actor) {
      profileId(lesson.profile);
      span(lesson.fromMs, lesson.untilMs);
      nameText(lesson.by, 128);
      return changer.change(true, actor, (note) => {
        const zone = zoneId(db, lesson.zone);
        const replaced = cut('lesson', zone, lesson.fromMs, lesson.untilMs);
        const closed = lesson.profile === EXAM ? cut('opening', zone, lesson.fromMs, lesson.untilMs) : 0;
        const id = Number(insertLesson.run(zone, lesson.profile, lesson.fromMs, lesson.untilMs, lesson.by).lastInsertRowid);
        note('lesson.start', lesson.zone, { replaced, openingsEnded: closed }, { ...lesson, id });
        return { id, zone: lesson.zone, profile: lesson.profile, fromMs: lesson.fromMs, untilMs: lesson.untilMs, by: lesson.by };
      });
    },
    endLesson(zoneName, nowMs, actor) {
      return changer.change(true, actor, (note) => {
        const zone = zoneId(db, zoneName);
        const running = (lessons.all(nowMs) as LessonRow[]).filter((lesson) => lesson.zone === zoneName && lesson.fromMs <= nowMs);
        if (running.length === 0) return false;
        db.prepare('UPDATE lesson SET until_ms = max(from_ms, ?) WHERE zone = ? AND from_ms <= ? AND until_ms > ?').run(nowMs, zone, nowMs, nowMs);
        note('lesson.end', zoneName, running, null);
        return true;
      });
    },
    openings: (nowMs) => openings.all(nowMs) as OpeningRow[],
    addOpening(opening, actor) {
      entryText(opening.entry);
      span(opening.fromMs, opening.untilMs);
      nameText(opening.by, 128);
      noteText(opening.reason);
      return changer.change(true, actor, (note) => {
        const zone = zoneId(db, opening.zone);
        const result = insertOpening.run(zone, opening.entry, opening.fromMs, opening.untilMs, opening.by, opening.reason);
        const row = openingById.get(result.lastInsertRowid) as OpeningRow;
        note('opening.add', opening.zone, null, row);
        return row;
      });
    },
    removeOpening(id, nowMs, actor) {
      return changer.change(true, actor, (note) => {
        const row = openingById.get(id) as OpeningRow | undefined;
        if (row === undefined || row.untilMs <= nowMs) return false;
        if (row.fromMs >= nowMs) db.prepare('DELETE FROM opening WHERE id = ?').run(id);
        else db.prepare('UPDATE opening SET until_ms = ? WHERE id = ?').run(nowMs, id);
        note('opening.remove', row.zone, row, null);
        return true;
      });
    },
  };
}
