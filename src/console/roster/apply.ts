/** A roster that has no fault → the store, all of it in one change or nothing of it. Owns the order in which signs change hands between rooms. */
import type { PreparedUser } from '../../store/account-rows.js';
import type { Actor, Role, Store, ZoneRow } from '../../store/rows.js';
import { sameName } from '../../store/zone-names.js';
import type { PersonRow, RoomRow } from './roster.js';

/** Rooms that are there are changed, the others added; rooms that the file does not name stay as they are. */
export function applyRooms(store: Store, rows: readonly RoomRow[], actor: Actor): void {
  const { policies } = store;
  store.together(() => {
    const named = (name: string) => policies.zones().find((zone) => sameName(zone.name, name));
    // a range that goes from one room to another is let go of first, in whatever order the lines stand
    for (const row of rows) {
      const zone = named(row.name);
      if (zone === undefined) continue;
      letGo(store, zone, row, actor);
    }
    for (const row of rows) {
      const zone = named(row.name);
      const signs = { profile: row.profile, ...(row.cidrs === undefined ? {} : { cidrs: row.cidrs }), ...(row.macs === undefined ? {} : { macs: row.macs }), ...(row.port === undefined ? {} : { port: row.port }) };
      if (zone === undefined) policies.addZone({ name: row.name, cidrs: [], macs: [], port: null, login: null, timetable: [], ...signs }, actor);
      else policies.setZone(zone.name, signs, actor);
      if (row.teachers !== undefined) policies.setRoomTeachers(zone?.name ?? row.name, row.teachers, actor);
    }
  });
}

/** A room drops the signs that `wanted` does not name, so that another may take them. */
export function letGo(store: Store, zone: ZoneRow, wanted: Partial<Pick<ZoneRow, 'cidrs' | 'macs' | 'port'>>, actor: Actor): void {
  store.policies.setZone(zone.name, {
    ...(wanted.cidrs === undefined ? {} : { cidrs: zone.cidrs.filter((cidr) => wanted.cidrs?.includes(cidr)) }),
    ...(wanted.macs === undefined ? {} : { macs: zone.macs.filter((mac) => wanted.macs?.includes(mac)) }),
    ...(wanted.port === undefined || wanted.port === zone.port ? {} : { port: null }),
  }, actor);
}

/** @param prepared the new accounts of `rows`, hashed beforehand; @param roles those of accounts that are there and change */
export function applyPeople(store: Store, rows: readonly PersonRow[], prepared: readonly PreparedUser[], setRole: (name: string, role: Role) => void, nowMs: number, actor: Actor): void {
  store.together(() => {
    const known = new Map(store.accounts.users().map((user) => [user.name, user]));
    for (const user of prepared) store.accounts.addPrepared(user, actor);
    for (const row of rows) {
      const user = known.get(row.name);
      if (user !== undefined && user.role !== row.role) setRole(row.name, row.role);
      if (row.rooms === undefined) continue;
      const held = store.rooms.rooms(nowMs, row.name).filter((room) => room.untilMs === null).map((room) => room.zone);
      for (const zone of held) if (!row.rooms.includes(zone)) store.rooms.removeRoom(row.name, zone, actor);
      for (const zone of row.rooms) if (!held.includes(zone)) store.rooms.addRoom(row.name, zone, actor);
    }
  });
}
