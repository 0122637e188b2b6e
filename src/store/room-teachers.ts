/** Whose a room is. It bears on who may switch it, never on a verdict. */
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import type { PolicyStore } from './rows.js';
import { StoreError } from './store-error.js';
import { zoneAt } from './zone-names.js';

export function createRoomTeachers(db: Connection, changer: Changer): Pick<PolicyStore, 'roomTeachers' | 'setRoomTeachers'> {
  const all = db.prepare('SELECT z.name AS zone, r.user FROM room_teacher r JOIN zone z ON z.id = r.zone ORDER BY z.name, r.user');
  const known = db.prepare('SELECT name FROM user WHERE name = ?').pluck();
  const drop = db.prepare('DELETE FROM room_teacher WHERE zone = ?');
  const insert = db.prepare('INSERT INTO room_teacher (zone, user) VALUES (?, ?)');
  const read = (): Map<string, string[]> => {
    const map = new Map<string, string[]>();
    for (const { zone, user } of all.all() as { zone: string; user: string }[]) map.set(zone, [...(map.get(zone) ?? []), user]);
    return map;
  };
  return {
    roomTeachers: read,
    setRoomTeachers(zone, users, actor) {
      changer.change(false, actor, (note) => {
        const { id, name: room } = zoneAt(db, zone);
        const names = [...new Set(users.map((user) => {
          const name = known.get(user);
          if (typeof name !== 'string') throw new StoreError('unknown-user', `Không có tài khoản “${user}”.`, `There is no account “${user}”.`);
          return name;
        }))].sort();
        const before = read().get(room) ?? [];
        if (JSON.stringify(before) === JSON.stringify(names)) return;
        drop.run(id);
        for (const name of names) insert.run(id, name);
        note('zone.teachers', room, before, names);
      });
    },
  };
}
