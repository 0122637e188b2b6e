/** Which room a name means: the one that has it, else the one that had it until it was renamed. Transactions are the caller's. */
import { prepared, type Connection } from './connection.js';
import { StoreError } from './store-error.js';

/** Row and name in force of the room that is, or was, called so. */
export function zoneAt(db: Connection, name: string): { readonly id: number; readonly name: string } {
  const found = zoneCalled(db, name);
  if (found === null) throw unknownZone(name);
  return found;
}

export function zoneCalled(db: Connection, name: string): { readonly id: number; readonly name: string } | null {
  const row = prepared(db, 'SELECT id, name FROM zone WHERE name = ?').get(name) ?? prepared(db, 'SELECT z.id, z.name FROM zone_former f JOIN zone z ON z.id = f.zone WHERE f.name = ?').get(name);
  return (row ?? null) as { id: number; name: string } | null;
}

/** Names that rooms had before, each with the name in force. */
export function formerNames(db: Connection): Map<string, string> {
  return new Map(db.prepare('SELECT f.name, z.name FROM zone_former f JOIN zone z ON z.id = f.zone').raw().all() as [string, string][]);
}

export interface FormerName {
  readonly name: string;
  readonly zone: number;
}

/** A name that is taken means nobody else any more. @returns what it meant, so that an undo can say it again */
export function forgetFormer(db: Connection, name: string): FormerName[] {
  const gone = (db.prepare('SELECT name, zone FROM zone_former').all() as FormerName[]).filter((former) => sameName(former.name, name));
  for (const former of gone) db.prepare('DELETE FROM zone_former WHERE name = ?').run(former.name);
  return gone;
}

/** Nothing where a room has the name, or another had it last. */
export function rememberFormer(db: Connection, { name, zone }: FormerName): void {
  const others = db.prepare('SELECT name FROM zone WHERE id <> ?').pluck().all(zone) as string[];
  if (!others.some((known) => sameName(known, name))) db.prepare('INSERT OR IGNORE INTO zone_former (name, zone) VALUES (?, ?)').run(name, zone);
}

/** Two rooms that differ in case or accents' composition only would be told apart by nobody. */
export function sameName(a: string, b: string): boolean {
  return a.normalize('NFC').toLowerCase() === b.normalize('NFC').toLowerCase();
}

export function nameTaken(name: string): StoreError {
  return new StoreError('name-taken', `Đã có phòng tên “${name}”.`, `There is already a zone named “${name}”.`);
}

export function unknownZone(name: string): StoreError {
  return new StoreError('unknown-zone', `Không có phòng tên “${name}”.`, `There is no zone named “${name}”.`);
}
