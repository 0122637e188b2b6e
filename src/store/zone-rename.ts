/**
 * A room's new name. Lessons, openings, timetable and teachers hang on the room's row and follow by themselves; what is written down by name follows here:
 *
 * - **figures and requests**: a renamed room is the same room, so its history goes with it, and a report of a past month shows the name in force. Split at the
 *   moment of renaming, a month would be two rows whose difference tells what happened in a span that somebody chose (security.md §5.2); the file that was
 *   handed in last month still says the old name, and the audit trail joins the two.
 * - **a room that is gone** and once had the new name keeps its figures apart, under that name and “(phòng cũ)”, which no room can be called.
 * - **the audit trail** is never rewritten: it says which name became which.
 * - **the old name** stays good for pages left open, scripts and counts on their way, until another room takes it.
 */
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import type { PolicyStore } from './rows.js';
import type { RenamedZone } from './school-rows.js';
import { StoreError } from './store-error.js';
import { nameText } from './values.js';
import { forgetFormer, formerNames, nameTaken, rememberFormer, sameName, zoneAt, zoneCalled } from './zone-names.js';

/** Where a room's name stands as text. */
const BY_NAME = ['facet', 'request'] as const;

export function createZoneRename(db: Connection, changer: Changer): Pick<PolicyStore, 'zoneCalled' | 'formerNames' | 'renameZone' | 'undoRename'> {
  const all = db.prepare('SELECT id, name FROM zone ORDER BY id');
  const move = (from: string, to: string): void => {
    for (const table of BY_NAME) db.prepare(`UPDATE ${table} SET zone = ? WHERE zone = ?`).run(to, from);
  };
  const used = (name: string): boolean => BY_NAME.some((table) => db.prepare(`SELECT 1 FROM ${table} WHERE zone = ? LIMIT 1`).get(name) !== undefined);
  const rename = (id: number, from: string, to: string): void => {
    const others = (all.all() as { id: number; name: string }[]).filter((zone) => zone.id !== id);
    if (others.some((zone) => sameName(zone.name, to))) throw nameTaken(to);
    db.prepare('UPDATE zone SET name = ? WHERE id = ?').run(to, id);
    move(from, to);
  };

  return {
    zoneCalled: (name) => zoneCalled(db, name)?.name ?? null,
    formerNames: () => formerNames(db),
    renameZone(name, to, actor) {
      nameText(to);
      return changer.change(true, actor, (note): RenamedZone => {
        const { id, name: from } = zoneAt(db, name);
        if (from === to) return { id, from, to, setAside: null, forgotten: [] };
        const setAside = used(to) ? spareName(to, used) : null;
        if (setAside !== null) move(to, setAside);
        rename(id, from, to);
        const forgotten = forgetFormer(db, to);
        rememberFormer(db, { name: from, zone: id });
        note('zone.rename', to, { name: from }, { name: to });
        return { id, from, to, setAside, forgotten };
      });
    },
    undoRename({ id, from, to, setAside, forgotten }, actor) {
      if (from === to) return;
      changer.change(true, actor, (note) => {
        if (zoneCalled(db, to)?.id !== id || zoneAt(db, to).name !== to) {
          throw new StoreError('changed-since', `Phòng “${to}” đã có thay đổi khác, nên không hoàn tác được.`, `Zone “${to}” has changed since: this can't be undone.`);
        }
        rename(id, to, from);
        if (setAside !== null) move(setAside, to);
        forgetFormer(db, from);
        // what was said in these seconds under the new name still finds the room, unless it meant another before
        for (const former of [...forgotten.filter(({ zone }) => zone !== id), { name: to, zone: id }]) rememberFormer(db, former);
        note('zone.rename', from, { name: to }, { name: from });
      });
    },
  };
}

/** Brackets stand in no room's name (`roomName`), so that no room can come by it. */
function spareName(name: string, used: (name: string) => boolean): string {
  let spare = `${name} (phòng cũ)`;
  for (let n = 2; used(spare); n++) spare = `${name} (phòng cũ ${n})`;
  return spare;
}
