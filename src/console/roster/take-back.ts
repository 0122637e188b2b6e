/**
 * An import taken back: all of it in one change, or nothing of it. What it touched is remembered as it was and as it became; where a row is not what the
 * import left, somebody has worked on it since, and nothing is taken back. Owns the order in which signs change hands, as apply.ts does.
 */
import type { Actor, Store, UserRow, ZoneRow } from '../../store/rows.js';
import { StoreError } from '../../store/store-error.js';
import { letGo } from './apply.js';
import type { PersonRow, RoomRow } from './roster.js';

interface RoomThen {
  readonly zone: ZoneRow;
  readonly teachers: readonly string[];
}

interface PersonThen {
  readonly user: UserRow;
  readonly rooms: readonly string[];
}

/** Runs an import of rooms. @returns its inverse */
export function withRoomsBack(store: Store, rows: readonly RoomRow[], nowMs: () => number, actor: Actor, apply: () => void): () => void {
  const before = roomsOf(store, rows);
  apply();
  const after = roomsOf(store, rows);
  return () => store.together(() => {
    const { policies } = store;
    const now = roomsOf(store, rows);
    for (const [name, room] of after) if (!same(now.get(name), room)) throw changedSince(`Phòng ${name}`, name);
    const added = [...after].filter(([name]) => !before.has(name)).map(([, { zone }]) => zone);
    // a lesson that a teacher has begun there would go with the room
    const lent = store.rooms.rooms(nowMs()).filter(({ untilMs }) => untilMs !== null);
    const busy = new Set([...policies.lessons(nowMs()), ...policies.openings(nowMs()), ...lent].map(({ zone }) => zone));
    for (const { name } of added) if (busy.has(name)) throw changedSince(`Phòng ${name}`, name);
    for (const { name } of added) policies.removeZone(name, actor);
    for (const [name, { zone }] of before) letGo(store, after.get(name)?.zone ?? zone, zone, actor);
    for (const { zone, teachers } of before.values()) {
      policies.setZone(zone.name, zone, actor);
      policies.setRoomTeachers(zone.name, teachers, actor);
    }
  });
}

/** Runs an import of people. @returns its inverse, which is refused once a new account was used */
export function withPeopleBack(store: Store, rows: readonly PersonRow[], nowMs: () => number, actor: Actor, apply: () => void): () => void {
  const before = peopleOf(store, rows, nowMs());
  apply();
  const after = peopleOf(store, rows, nowMs());
  return () => store.together(() => {
    const now = peopleOf(store, rows, nowMs());
    for (const [name, person] of after) if (!same(now.get(name), person)) throw changedSince(`Tài khoản ${name}`, name);
    const added = [...after.keys()].filter((name) => !before.has(name));
    for (const name of added) {
      if (store.sessions.ofUser(name).length > 0) {
        throw new StoreError('changed-since', `${name} đã đăng nhập bằng mật khẩu được phát, nên không bỏ lần nhập được; hãy sửa từng tài khoản.`, `${name} has signed in with the password given out, so the import can't be taken back; change the accounts one by one.`);
      }
    }
    for (const name of added) store.accounts.removeUser(name, actor);
    // an administrator may come back before another goes: the store keeps the last one whichever way it is asked
    const back = [...before.values()].filter(({ user }) => after.get(user.name)?.user.role !== user.role).sort((a, b) => Number(b.user.role === 'it-admin') - Number(a.user.role === 'it-admin'));
    for (const { user } of back) store.accounts.setRole(user.name, user.role, actor);
    for (const { user, rooms } of before.values()) {
      const held = after.get(user.name)?.rooms ?? [];
      for (const room of held) if (!rooms.includes(room)) store.rooms.removeRoom(user.name, room, actor);
      for (const room of rooms) if (!held.includes(room)) store.rooms.addRoom(user.name, room, actor);
    }
  });
}

function roomsOf(store: Store, rows: readonly RoomRow[]): Map<string, RoomThen> {
  const teachers = store.policies.roomTeachers();
  const spelt = (name: string): string => name.normalize('NFC').toLowerCase();
  const names = new Set(rows.map(({ name }) => spelt(name)));
  return new Map(store.policies.zones().filter((zone) => names.has(spelt(zone.name))).map((zone) => [zone.name, { zone, teachers: teachers.get(zone.name) ?? [] }]));
}

function peopleOf(store: Store, rows: readonly PersonRow[], nowMs: number): Map<string, PersonThen> {
  const names = new Set(rows.map(({ name }) => name));
  const rooms = store.rooms.rooms(nowMs).filter(({ untilMs }) => untilMs === null);
  return new Map(store.accounts.users().filter((user) => names.has(user.name)).map((user) => [user.name, { user, rooms: rooms.filter((room) => room.user === user.name).map(({ zone }) => zone) }]));
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function changedSince(vi: string, en: string): StoreError {
  return new StoreError('changed-since', `${vi} đã được đổi hoặc đang dùng từ lúc nhập, nên không hoàn tác; chưa có gì thay đổi.`, `${en} was changed or is in use since the import, so nothing was taken back.`);
}
