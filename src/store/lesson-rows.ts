/** Lessons and openings as they lie in their tables: read, put in, put back in their old place. Transactions are the caller's. */
import { prepared, type Connection } from './connection.js';
import type { LessonRow, OpeningRow } from './rows.js';
import { parseStrings } from './values.js';

type StoredLesson = Omit<LessonRow, 'entries' | 'learning'> & { readonly entries: string; readonly learning: 0 | 1 };

const LESSON_COLUMNS = 'l.id, z.name AS zone, l.profile, l.from_ms AS fromMs, l.until_ms AS untilMs, l.by, l.kind, l.entries, l.list, l.learning';
const OPENING_COLUMNS = 'o.id, z.name AS zone, o.entry, o.from_ms AS fromMs, o.until_ms AS untilMs, o.by, o.reason';
const LESSONS = `SELECT ${LESSON_COLUMNS} FROM lesson l JOIN zone z ON z.id = l.zone`;
const OPENINGS = `SELECT ${OPENING_COLUMNS} FROM opening o JOIN zone z ON z.id = o.zone`;

export interface LessonReader {
  lessons(nowMs: number): LessonRow[];
  openings(nowMs: number): OpeningRow[];
  opening(id: number | bigint): OpeningRow | undefined;
}

export function createLessonReader(db: Connection): LessonReader {
  const lessons = db.prepare(`${LESSONS} WHERE l.until_ms > ? ORDER BY l.id`);
  const openings = db.prepare(`${OPENINGS} WHERE o.until_ms > ? ORDER BY o.id`);
  const opening = db.prepare(`${OPENINGS} WHERE o.id = ?`);
  return {
    lessons: (nowMs) => (lessons.all(nowMs) as StoredLesson[]).map(toLesson),
    openings: (nowMs) => openings.all(nowMs) as OpeningRow[],
    opening: (id) => opening.get(id) as OpeningRow | undefined,
  };
}

export function lessonsOfZone(db: Connection, zone: string): LessonRow[] {
  return (db.prepare(`${LESSONS} WHERE z.name = ? ORDER BY l.id`).all(zone) as StoredLesson[]).map(toLesson);
}

export function openingsOfZone(db: Connection, zone: string): OpeningRow[] {
  return db.prepare(`${OPENINGS} WHERE z.name = ? ORDER BY o.id`).all(zone) as OpeningRow[];
}

/** @param id the old place, or null for a new one */
export function putLesson(db: Connection, zone: number, id: number | null, lesson: Omit<LessonRow, 'id'>): number {
  return Number(
    prepared(db, 'INSERT OR REPLACE INTO lesson (id, zone, profile, from_ms, until_ms, by, kind, entries, list, learning) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)')
      .run(id, zone, lesson.profile, lesson.fromMs, lesson.untilMs, lesson.by, lesson.kind, JSON.stringify(lesson.entries), lesson.list, lesson.learning ? 1 : 0).lastInsertRowid,
  );
}

/** @param id the old place, or null for a new one */
export function putOpening(db: Connection, zone: number, id: number | null, opening: Omit<OpeningRow, 'id'>): number {
  return Number(
    prepared(db, 'INSERT OR REPLACE INTO opening (id, zone, entry, from_ms, until_ms, by, reason) VALUES (?, ?, ?, ?, ?, ?, ?)')
      .run(id, zone, opening.entry, opening.fromMs, opening.untilMs, opening.by, opening.reason).lastInsertRowid,
  );
}

function toLesson(row: StoredLesson): LessonRow {
  return { ...row, entries: parseStrings(row.entries), learning: row.learning === 1 };
}
