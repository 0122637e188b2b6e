/** Saved lists of sites of teachers (danh sách của thầy cô): a name among the owner's, canonical hosts, shared or not. */
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import type { NewSiteList, SiteListRow, SiteListStore } from './school-rows.js';
import { StoreError } from './store-error.js';
import { badValue, nameText, parseStrings, siteEntries, timeMs } from './values.js';

type Stored = Omit<SiteListRow, 'shared' | 'entries'> & { readonly shared: 0 | 1; readonly entries: string };

/** Lists of one owner: a person reads through them on a phone. */
const MAX_LISTS = 200;

export function createSiteLists(db: Connection, changer: Changer): SiteListStore {
  const columns = 'id, name, owner, shared, subject, grade, entries, at_ms AS atMs';
  const all = db.prepare(`SELECT ${columns} FROM site_list ORDER BY name COLLATE NOCASE, id`);
  const byId = db.prepare(`SELECT ${columns} FROM site_list WHERE id = ?`);
  const put = db.prepare(
    `INSERT INTO site_list (id, name, owner, shared, subject, grade, entries, at_ms) VALUES (@id, @name, @owner, @shared, @subject, @grade, @entries, @atMs)
     ON CONFLICT (id) DO UPDATE SET name = @name, shared = @shared, subject = @subject, grade = @grade, entries = @entries, at_ms = @atMs`,
  );
  const lists = (user?: string): SiteListRow[] => {
    const rows = (all.all() as Stored[]).map(toRow);
    if (user === undefined) return rows;
    return [...rows.filter((row) => same(row.owner, user)), ...rows.filter((row) => row.shared && !same(row.owner, user))];
  };
  const known = (id: number): SiteListRow => {
    const row = byId.get(id) as Stored | undefined;
    if (row === undefined) throw new StoreError('unknown-list', `Không có danh sách số ${id}.`, `There is no list number ${id}.`);
    return toRow(row);
  };
  /** Writes within the caller's transaction. */
  const write = (id: number | null, list: NewSiteList): SiteListRow => {
    const row = { ...valid(list), id };
    const twin = lists().find((other) => other.id !== id && same(other.owner, row.owner) && same(other.name.normalize('NFC'), row.name.normalize('NFC')));
    if (twin !== undefined) throw new StoreError('name-taken', `Đã có danh sách tên “${row.name}”.`, `There is already a list named “${row.name}”.`);
    if (lists().filter((other) => same(other.owner, row.owner)).length >= MAX_LISTS + (id === null ? 0 : 1)) throw new StoreError('too-many', `Mỗi tài khoản có tối đa ${MAX_LISTS} danh sách.`, `An account has at most ${MAX_LISTS} lists.`);
    const result = put.run({ ...row, shared: row.shared ? 1 : 0, entries: JSON.stringify(row.entries) });
    return known(id ?? Number(result.lastInsertRowid));
  };

  return {
    lists,
    find: (name, user) => lists(user).find((row) => same(row.name.normalize('NFC'), name.normalize('NFC'))) ?? null,
    add: (list, actor) => changer.change(false, actor, (note) => {
      const row = write(null, list);
      note('site-list.add', row.name, null, row);
      return row;
    }),
    set: (id, patch, actor) => changer.change(false, actor, (note) => {
      const before = known(id);
      const after = write(id, { ...before, ...patch, owner: before.owner });
      if (JSON.stringify(before) !== JSON.stringify(after)) note('site-list.set', after.name, before, after);
      return { before, after };
    }),
    remove: (id, actor) => changer.change(false, actor, (note) => {
      const stored = byId.get(id) as Stored | undefined;
      if (stored === undefined) return null;
      const before = toRow(stored);
      db.prepare('DELETE FROM site_list WHERE id = ?').run(id);
      note('site-list.remove', before.name, before, null);
      return before;
    }),
    restore: (list, actor) => changer.change(false, actor, (note) => {
      const row = write(list.id, list);
      note('site-list.restore', row.name, null, row);
      return row;
    }),
  };
}

function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}

function valid(list: NewSiteList): NewSiteList {
  const entries = siteEntries(list.entries);
  if (entries.length === 0) throw badValue('Danh sách cần ít nhất một trang.', 'A list needs at least one site.');
  if (list.grade !== null && !(Number.isInteger(list.grade) && list.grade >= 1 && list.grade <= 12)) throw badValue('Lớp phải là số từ 1 đến 12.', 'The grade must be a number from 1 to 12.');
  return {
    name: nameText(list.name.normalize('NFC'), 80), owner: nameText(list.owner, 128), shared: list.shared,
    subject: list.subject === null ? null : nameText(list.subject.normalize('NFC'), 80), grade: list.grade, entries, atMs: timeMs(list.atMs),
  };
}

function toRow(row: Stored): SiteListRow {
  return { ...row, shared: row.shared === 1, entries: parseStrings(row.entries) };
}
