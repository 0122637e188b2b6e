/** Which rooms a teacher may switch, and rooms handed over (bàn giao) until a time. */
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import { createLessonReader } from './lesson-rows.js';
import { putRoom, roomsInForce } from './room-rows.js';
import type { Role } from './rows.js';
import type { RoomStore, UserRoomRow } from './school-rows.js';
import { StoreError } from './store-error.js';
import { badValue, timeMs } from './values.js';
import { zoneAt, zoneCalled } from './zone-names.js';

interface Account {
  readonly name: string;
  readonly role: Role;
  readonly disabled: 0 | 1;
}

export function createRooms(db: Connection, changer: Changer): RoomStore {
  const byName = db.prepare('SELECT name, role, disabled FROM user WHERE name = ?');
  const { lessons } = createLessonReader(db);
  const account = (name: string): Account => {
    const row = byName.get(name) as Account | undefined;
    if (row === undefined) throw new StoreError('unknown-user', `Không có tài khoản “${name}”.`, `There is no account “${name}”.`);
    return row;
  };
  const switcher = (name: string): Account => {
    const row = account(name);
    if (row.role !== 'teacher' || row.disabled === 1) {
      throw badValue(`Chỉ tài khoản giáo viên đang dùng mới được giao phòng; “${row.name}” thì không.`, `Only a teacher's account in use is given rooms; “${row.name}” is not one.`);
    }
    return row;
  };
  /** A room nobody was given is every teacher's. */
  const owns = (row: Account, nowMs: number): ((zone: string) => boolean) => {
    if (row.disabled === 1) return () => false;
    if (row.role !== 'teacher') return () => row.role === 'it-admin';
    const rooms = roomsInForce(db, nowMs);
    return (zone) => {
      const given = rooms.filter((room) => room.zone === zone);
      return given.some((room) => room.user === row.name) || given.every((room) => room.untilMs !== null);
    };
  };
  const roomOf = (user: string, zone: string, nowMs: number): UserRoomRow | undefined =>
    roomsInForce(db, nowMs).find((room) => room.user === user && room.zone === zone);

  return {
    rooms: (nowMs, user) => {
      const all = roomsInForce(db, nowMs);
      if (user === undefined) return all;
      const name = account(user).name;
      return all.filter((room) => room.user === name);
    },
    addRoom: (user, called, actor) => changer.change(false, actor, (note) => {
      const { name } = switcher(user);
      const { id, name: zone } = zoneAt(db, called);
      const before = roomsInForce(db, -1).filter((room) => room.zone === zone && room.untilMs === null).map((room) => room.user);
      if (before.includes(name)) return false;
      putRoom(db, id, { user: name, untilMs: null, by: null });
      note('zone.teachers', zone, before, [...before, name].sort());
      return true;
    }),
    removeRoom: (user, called, actor) => changer.change(false, actor, (note) => {
      const { name } = account(user);
      const { id, name: zone } = zoneAt(db, called);
      const before = roomOf(name, zone, -1);
      if (before === undefined) return null;
      db.prepare('DELETE FROM room_teacher WHERE user = ? AND zone = ?').run(name, id);
      db.prepare('DELETE FROM room_loan WHERE user = ? AND zone = ?').run(name, id);
      note('room.remove', zone, before, null);
      return before;
    }),
    restoreRoom(room, actor) {
      changer.change(false, actor, (note) => {
        const { name } = switcher(room.user);
        const zone = zoneAt(db, room.zone);
        putRoom(db, zone.id, { ...room, user: name });
        note('room.restore', zone.name, null, { ...room, zone: zone.name });
      });
    },
    switchable(user, nowMs) {
      const row = byName.get(user) as Account | undefined;
      if (row === undefined) return () => false;
      const own = owns(row, nowMs);
      return (zone) => own(zoneCalled(db, zone)?.name ?? zone);
    },
    handOver: (called, from, to, untilMs, nowMs, actor) => changer.change(true, actor, (note) => {
      const { id, name: zone } = zoneAt(db, called);
      const giver = account(from);
      const taker = switcher(to);
      if (giver.name === taker.name) throw badValue('Hãy chọn một thầy cô khác để bàn giao.', 'Choose another teacher to hand the room over to.');
      if (timeMs(untilMs) <= nowMs) throw new StoreError('bad-time', 'Giờ bàn giao đã qua.', 'The time of the handing over is past.');
      if (!owns(giver, nowMs)(zone)) {
        throw new StoreError('not-yours', `Phòng “${zone}” không thuộc các phòng của “${giver.name}”.`, `Zone “${zone}” is not one of the rooms of “${giver.name}”.`);
      }
      const before = roomOf(taker.name, zone, nowMs) ?? null;
      const running = lessons(nowMs).filter((lesson) => lesson.zone === zone && lesson.fromMs <= nowMs);
      const row: UserRoomRow = { user: taker.name, zone, untilMs: before !== null && before.untilMs === null ? null : untilMs, by: giver.name };
      putRoom(db, id, row);
      db.prepare('UPDATE lesson SET by = ? WHERE zone = ? AND from_ms <= ? AND until_ms > ?').run(taker.name, id, nowMs, nowMs);
      note('room.hand-over', zone, { user: giver.name, lessons: running.map((lesson) => lesson.id) }, { user: taker.name, untilMs });
      return row;
    }),
  };
}
