/** Rooms of a teacher as they lie in their tables: for good (room_teacher) and handed over (room_loan). Transactions are the caller's. */
import { prepared, type Connection } from './connection.js';
import type { UserRoomRow } from './school-rows.js';

const ROOMS = `SELECT r.user, z.name AS zone, NULL AS untilMs, NULL AS by, z.id AS position FROM room_teacher r JOIN zone z ON z.id = r.zone
  UNION ALL SELECT l.user, z.name, l.until_ms, l.by, z.id FROM room_loan l JOIN zone z ON z.id = l.zone`;

export function roomsInForce(db: Connection, nowMs: number): UserRoomRow[] {
  return prepared(db, `SELECT user, zone, untilMs, by FROM (${ROOMS}) WHERE untilMs IS NULL OR untilMs > ? ORDER BY user, position`).all(nowMs) as UserRoomRow[];
}

export function roomsOfZone(db: Connection, zone: string): UserRoomRow[] {
  return prepared(db, `SELECT user, zone, untilMs, by FROM (${ROOMS}) WHERE zone = ? ORDER BY user`).all(zone) as UserRoomRow[];
}

/** Nothing where the account is gone. */
export function putRoom(db: Connection, zone: number, room: Omit<UserRoomRow, 'zone'>): void {
  if (room.untilMs === null) db.prepare('INSERT OR IGNORE INTO room_teacher (zone, user) SELECT ?, name FROM user WHERE name = ?').run(zone, room.user);
  else db.prepare('INSERT OR REPLACE INTO room_loan (user, zone, until_ms, by) SELECT name, ?, ?, ? FROM user WHERE name = ?').run(zone, room.untilMs, room.by ?? room.user, room.user);
}
