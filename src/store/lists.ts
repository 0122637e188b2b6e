/** Lists and their last versions. A version is written whole or not at all, and the current one changes in the same transaction. */
import type { Changer, Note } from './change.js';
import type { Connection } from './connection.js';
import { listContent, packEntries, packList, unpackEntries } from './list-content.js';
import type { ListRow, ListVersionRow, NewList, PolicyStore } from './rows.js';
import { StoreError, storeError } from './store-error.js';
import { badValue, categoryCode, nameText, parseStrings, profileSet, text, timeMs } from './values.js';

/** Versions kept of each list, the current one included: what `lists rollback` can go back to. */
export const KEPT_VERSIONS = 5;

type ListPart = Pick<PolicyStore, 'lists' | 'packList' | 'putList' | 'listEntries' | 'listVersions' | 'rollbackList' | 'removeList' | 'undoPutList'>;

interface Stored {
  readonly id: number;
  readonly name: string;
  readonly role: ListRow['role'];
  readonly category: string | null;
  readonly profiles: string | null;
  readonly shield: 0 | 1;
  readonly origin: ListRow['origin'];
  readonly source: string;
  readonly license: string | null;
  readonly ends_ms: number | null;
  readonly current: number | null;
}

type StoredVersion = ListVersionRow & { readonly id: number };

export function createLists(db: Connection, changer: Changer): ListPart {
  const all = db.prepare('SELECT * FROM list ORDER BY id');
  const byName = db.prepare('SELECT * FROM list WHERE name = ?');
  const versionColumns = 'id, version, sha256, entries, added_ms AS addedMs';
  const versionById = db.prepare(`SELECT ${versionColumns} FROM list_version WHERE id = ?`);
  const versions = db.prepare(`SELECT ${versionColumns} FROM list_version WHERE list = ? ORDER BY id DESC`);
  const packed = db.prepare('SELECT packed FROM list_version WHERE id = ?').pluck();
  const insertVersion = db.prepare('INSERT INTO list_version (list, version, sha256, entries, added_ms, packed) VALUES (?, ?, ?, ?, ?, ?)');
  const setCurrent = db.prepare('UPDATE list SET current = ? WHERE id = ?');
  const dropVersion = db.prepare('DELETE FROM list_version WHERE id = ?');
  const insertList = db.prepare(
    `INSERT INTO list (name, role, category, profiles, shield, origin, source, license, ends_ms)
     VALUES (@name, @role, @category, @profiles, @shield, @origin, @source, @license, @ends_ms)`,
  );
  const updateList = db.prepare(
    `UPDATE list SET role = @role, category = @category, profiles = @profiles, shield = @shield, origin = @origin, source = @source,
     license = @license, ends_ms = @ends_ms WHERE name = @name`,
  );

  const find = (name: string): Stored => {
    const row = byName.get(name) as Stored | undefined;
    if (row === undefined) throw new StoreError('unknown-list', `Không có danh sách “${name}”.`, `There is no list “${name}”.`);
    return row;
  };
  const currentOf = (list: Stored): StoredVersion => {
    const row = versionById.get(list.current) as StoredVersion | undefined;
    if (row === undefined) throw storeError('corrupt');
    return row;
  };
  const versionsOf = (list: Stored): StoredVersion[] => versions.all(list.id) as StoredVersion[];

  /** A label that no other version of the list has: two imports on one day may come with the same one. */
  const freeLabel = (list: Stored, wanted: string): string => {
    const taken = new Set(versionsOf(list).map((row) => row.version));
    let label = wanted;
    for (let n = 2; taken.has(label); n++) label = `${wanted}.${n}`;
    return label;
  };

  const keepNewest = (list: Stored, current: number | bigint): void => {
    for (const row of versionsOf(list).filter(({ id }) => id !== Number(current)).slice(KEPT_VERSIONS - 1)) dropVersion.run(row.id);
  };

  const putContent = (list: Stored, version: string, content: ReturnType<typeof listContent>, blob: Buffer, nowMs: number, note: Note): void => {
    const before = list.current === null ? null : currentOf(list);
    // The same content as an older version: it comes back as the newest, under its new label.
    const older = versionsOf(list).find((row) => row.sha256 === content.sha256);
    if (older !== undefined) {
      setCurrent.run(null, list.id);
      dropVersion.run(older.id);
    }
    const label = freeLabel(list, version);
    const id = insertVersion.run(list.id, label, content.sha256, content.entries.length, nowMs, blob).lastInsertRowid;
    setCurrent.run(id, list.id);
    keepNewest(list, id);
    note('list.put', list.name, before === null ? null : shown(before), { version: label, sha256: content.sha256, entries: content.entries.length });
  };

  return {
    lists: () => (all.all() as Stored[]).map((row) => toRow(row, currentOf(row))),
    packList,
    putList(list, version, entries, nowMs, actor) {
      const meta = validMeta(list);
      nameText(version, 100);
      // Everything slow is done before the write lock is taken.
      const packedBefore = 'blob' in entries ? entries : null;
      const content = 'blob' in entries ? entries.content : listContent(entries);
      const known = byName.get(list.name) as Stored | undefined;
      const current = known === undefined ? null : currentOf(known);
      const blob = packedBefore?.blob ?? (current?.sha256 === content.sha256 ? null : packEntries(content.entries));
      return changer.change(true, actor, (note) => {
        let changed = false;
        const before = byName.get(list.name) as Stored | undefined;
        if (before === undefined) insertList.run(meta);
        else if (metaText(before) !== metaText(meta)) {
          updateList.run(meta);
          note('list.set', list.name, metaText(before), metaText(meta));
          changed = true;
        }
        const row = find(list.name);
        if (row.current === null || currentOf(row).sha256 !== content.sha256) {
          putContent(row, version, content, blob ?? packEntries(content.entries), timeMs(nowMs), note);
          changed = true;
        }
        return changed;
      });
    },
    listEntries(name, version) {
      const list = find(name);
      const row = version === undefined ? currentOf(list) : versionsOf(list).find((candidate) => candidate.version === version);
      if (row === undefined) {
        throw new StoreError('unknown-version', `Danh sách “${name}” không còn giữ phiên bản đó.`, `List “${name}” keeps no such version.`);
      }
      return unpackEntries(packed.get(row.id) as Buffer, row.sha256);
    },
    listVersions: (name) => versionsOf(find(name)).map(toVersion),
    rollbackList(name, actor) {
      return changer.change(true, actor, (note) => {
        const list = find(name);
        const current = currentOf(list);
        const earlier = versionsOf(list).find(({ id }) => id < current.id);
        if (earlier === undefined) {
          throw new StoreError('unknown-version', `Danh sách “${name}” không có phiên bản trước đó.`, `List “${name}” has no earlier version.`);
        }
        setCurrent.run(earlier.id, list.id);
        note('list.rollback', name, shown(current), shown(earlier));
        return toVersion(earlier);
      });
    },
    undoPutList(before, after, actor) {
      changer.change(true, actor, (note) => {
        const list = byName.get(after.name) as Stored | undefined;
        const current = list === undefined ? null : currentOf(list);
        if (list === undefined || current === null || metaText(list) !== metaText(validMeta(after)) || current.version !== after.current.version || current.sha256 !== after.current.sha256) {
          throw new StoreError('changed-since', `Danh sách “${after.name}” đã có thay đổi khác, nên không hoàn tác được.`, `List “${after.name}” has changed since: this can't be undone.`);
        }
        if (before === null) {
          db.prepare('DELETE FROM list WHERE id = ?').run(list.id);
          note('list.remove', list.name, shown(current), null);
          return;
        }
        if (before.current.sha256 !== current.sha256) {
          const earlier = versionsOf(list).find(({ version, sha256 }) => version === before.current.version && sha256 === before.current.sha256);
          if (earlier === undefined) throw new StoreError('unknown-version', `Danh sách “${list.name}” không còn giữ phiên bản trước.`, `List “${list.name}” does not keep the version before.`);
          setCurrent.run(earlier.id, list.id);
          // what was taken back is no version to roll back to
          dropVersion.run(current.id);
          note('list.rollback', list.name, shown(current), shown(earlier));
        }
        const meta = validMeta(before);
        if (metaText(list) === metaText(meta)) return;
        updateList.run(meta);
        note('list.set', list.name, metaText(list), metaText(meta));
      });
    },
    removeList(name, actor) {
      return changer.change(true, actor, (note) => {
        const list = byName.get(name) as Stored | undefined;
        if (list === undefined) return false;
        const current = currentOf(list);
        db.prepare('DELETE FROM list WHERE id = ?').run(list.id);
        note('list.remove', name, shown(current), null);
        return true;
      });
    },
  };
}

type Meta = Omit<Stored, 'id' | 'current'>;

function validMeta(list: NewList): Meta {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(list.name)) {
    throw badValue(
      'Tên danh sách chỉ gồm chữ thường không dấu, số, dấu chấm và gạch nối.',
      'A list name has only lower-case letters, digits, dots and hyphens.',
    );
  }
  return {
    name: list.name,
    role: list.role,
    category: list.category === null ? null : categoryCode(list.category),
    profiles: profileSet(list.profiles),
    shield: list.shield ? 1 : 0,
    origin: list.origin,
    source: text(list.source, 2_000),
    license: list.license === null ? null : text(list.license, 500),
    ends_ms: list.endsMs == null ? null : timeMs(list.endsMs),
  };
}

/** What a list is besides its content, in one spelling. */
function metaText(meta: Meta): string {
  return JSON.stringify([meta.role, meta.category, meta.profiles, meta.shield, meta.origin, meta.source, meta.license, ...(meta.ends_ms === null ? [] : [meta.ends_ms])]);
}

function shown(row: ListVersionRow): unknown {
  return { version: row.version, sha256: row.sha256, entries: row.entries };
}

function toVersion({ version, sha256, entries, addedMs }: ListVersionRow): ListVersionRow {
  return { version, sha256, entries, addedMs };
}

function toRow(row: Stored, current: ListVersionRow): ListRow {
  return {
    id: row.id,
    name: row.name,
    role: row.role,
    category: row.category,
    profiles: row.profiles === null ? null : parseStrings(row.profiles),
    shield: row.shield === 1,
    origin: row.origin,
    source: row.source,
    license: row.license,
    ...(row.ends_ms === null ? {} : { endsMs: row.ends_ms }),
    current: toVersion(current),
  };
}
