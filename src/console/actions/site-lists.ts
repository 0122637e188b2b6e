/** Saved lists of sites (danh sách trang): made, edited, shared, copied, removed. Only its owner changes one; what is shared, others use and copy. */
import { z } from 'zod';
import type { SiteListRow } from '../../store/school-rows.js';
import { action, type Who } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { refused, wrongField } from '../refused.js';
import { openedSites } from '../typed.js';
import { both } from '../words.js';

const id = z.int().min(1).max(999_999_999).meta({ vi: 'Số của danh sách', en: 'Number' });
const fields = {
  name: z.string(both('Chưa đặt tên danh sách.', 'Name the list.')).trim().min(1, both('Chưa đặt tên danh sách.', 'Name the list.')).max(80).meta({ vi: 'Tên danh sách', en: 'Name' }),
  hosts: z.array(z.string().max(2_048)).min(1, both('Hãy ghi ít nhất một trang.', 'Write at least one site.')).max(300).meta({ vi: 'Các trang', en: 'Sites' }),
  subject: z.string().trim().max(80).optional().meta({ vi: 'Môn học', en: 'Subject' }),
  grade: z.int().min(1, both('Lớp là số từ 1 đến 12.', 'The grade is from 1 to 12.')).max(12, both('Lớp là số từ 1 đến 12.', 'The grade is from 1 to 12.')).optional().meta({ vi: 'Lớp', en: 'Grade' }),
  shared: z.boolean().optional().meta({ vi: 'Cho thầy cô khác dùng', en: 'Shared with other teachers' }),
};
const shape = z.object({
  id: z.int(), name: z.string(), owner: z.string(), shared: z.boolean(), subject: z.string().nullable(), grade: z.int().nullable(), hosts: z.array(z.string()), at: z.string(),
});
const told = (row: SiteListRow): z.output<typeof shape> => ({
  id: row.id, name: row.name, owner: row.owner, shared: row.shared, subject: row.subject, grade: row.grade, hosts: [...row.entries], at: new Date(row.atMs).toISOString(),
});

const LISTS = '/danh-sach-trang';

export const siteListActions = [
  action({
    name: 'site-list.list',
    method: 'GET',
    path: '/site-lists',
    about: { vi: 'Danh sách trang của tôi và của thầy cô dùng chung', en: 'My lists of sites and those others share' },
    roles: ['teacher', 'it-admin'],
    input: z.strictObject({}),
    output: z.object({ lists: z.array(shape) }),
    run: (env, who) => ({ value: { lists: env.store.siteLists.lists(who.name).map(told) } }),
  }),
  action({
    name: 'site-list.add',
    method: 'POST',
    path: '/site-lists',
    about: { vi: 'Lưu một danh sách trang', en: 'Save a list of sites' },
    roles: ['teacher', 'it-admin'],
    input: z.strictObject(fields),
    output: shape,
    run(env, who, input) {
      const row = named(() => env.store.siteLists.add({ ...written(input), owner: who.name, atMs: env.now() }, who.actor));
      return {
        value: told(row),
        say: { vi: `Đã lưu danh sách «${row.name}»: ${row.entries.length} trang${row.shared ? ', thầy cô khác dùng được' : ''}.`, en: `List “${row.name}” saved: ${row.entries.length} sites${row.shared ? ', shared' : ''}.` },
        undo: () => void env.store.siteLists.remove(row.id, who.actor),
        next: LISTS,
      };
    },
  }),
  action({
    name: 'site-list.set',
    method: 'PUT',
    path: '/site-lists/{id}',
    about: { vi: 'Sửa một danh sách của tôi', en: 'Change one of my lists' },
    roles: ['teacher', 'it-admin'],
    input: z.strictObject({ id, ...fields }),
    output: shape,
    run(env, who, input) {
      const own = ownList(env, who, input.id);
      const { before, after } = named(() => env.store.siteLists.set(own.id, { ...written(input), atMs: env.now() }, who.actor));
      return {
        value: told(after),
        say: { vi: `Đã sửa danh sách «${after.name}»: ${after.entries.length} trang. Tiết đang chạy không đổi.`, en: `List “${after.name}” changed: ${after.entries.length} sites. Lessons that run are as they were.` },
        undo() {
          const { owner: _owner, id: _id, ...rest } = before;
          env.store.siteLists.set(before.id, rest, who.actor);
        },
        next: LISTS,
      };
    },
  }),
  action({
    name: 'site-list.copy',
    method: 'POST',
    path: '/site-lists/{id}/copy',
    about: { vi: 'Chép một danh sách dùng chung thành của tôi', en: 'Copy a shared list to be mine' },
    roles: ['teacher', 'it-admin'],
    input: z.strictObject({ id }),
    output: shape,
    run(env, who, input) {
      const from = seenList(env, who, input.id);
      const name = freeName(from.name, env.store.siteLists.lists(who.name).filter((row) => row.owner === who.name).map((row) => row.name));
      const row = env.store.siteLists.add({ name, owner: who.name, shared: false, subject: from.subject, grade: from.grade, entries: from.entries, atMs: env.now() }, who.actor);
      return {
        value: told(row),
        say: { vi: `Đã chép thành danh sách «${row.name}» của thầy/cô.`, en: `Copied as your list “${row.name}”.` },
        undo: () => void env.store.siteLists.remove(row.id, who.actor),
        next: `${LISTS}/${row.id}`,
      };
    },
  }),
  action({
    name: 'site-list.remove',
    method: 'DELETE',
    path: '/site-lists/{id}',
    about: { vi: 'Xóa một danh sách của tôi', en: 'Remove one of my lists' },
    roles: ['teacher', 'it-admin'],
    input: z.strictObject({ id }),
    output: z.object({ id: z.int(), removed: z.boolean() }),
    run(env, who, input) {
      const row = ownList(env, who, input.id);
      env.store.siteLists.remove(row.id, who.actor);
      return {
        value: { id: row.id, removed: true },
        say: { vi: `Đã xóa danh sách «${row.name}». Tiết đang dùng danh sách này không đổi.`, en: `List “${row.name}” removed. Lessons that use it are as they were.` },
        undo: () => void env.store.siteLists.restore(row, who.actor),
        next: LISTS,
      };
    },
  }),
];

/** @throws Refused: one that is not there and one that is not shared are told apart by nobody */
export function seenList(env: ConsoleDeps, who: Who, number: number): SiteListRow {
  const found = env.store.siteLists.lists(who.name).find((row) => row.id === number);
  if (found !== undefined) return found;
  throw refused('not-found', 'Không có danh sách này, hoặc danh sách không dùng chung.', 'There is no such list, or it is not shared.');
}

function ownList(env: ConsoleDeps, who: Who, number: number): SiteListRow {
  const row = seenList(env, who, number);
  if (row.owner === who.name) return row;
  throw refused('forbidden', `Danh sách «${row.name}» là của ${row.owner}; thầy/cô chép thành của mình rồi sửa.`, `“${row.name}” is ${row.owner}'s; copy it and change the copy.`);
}

function written(input: { readonly name: string; readonly hosts: readonly string[]; readonly subject?: string | undefined; readonly grade?: number | undefined; readonly shared?: boolean | undefined }) {
  return {
    name: input.name.normalize('NFC'), entries: openedSites(input.hosts, 'hosts'), shared: input.shared === true,
    subject: input.subject === undefined || input.subject === '' ? null : input.subject.normalize('NFC'), grade: input.grade ?? null,
  };
}

/** A name that is taken is said beside the name. */
function named<R>(write: () => R): R {
  try {
    return write();
  } catch (error) {
    const spoken = error as { readonly code?: unknown; readonly vi?: unknown; readonly en?: unknown };
    if (spoken.code === 'name-taken' && typeof spoken.vi === 'string' && typeof spoken.en === 'string') throw wrongField('name', spoken.vi, spoken.en);
    throw error;
  }
}

function freeName(name: string, taken: readonly string[]): string {
  const known = new Set(taken.map((other) => other.toLowerCase()));
  for (let n = 1; ; n++) {
    const tail = n === 1 ? '' : ` (${n})`;
    const candidate = `${name.slice(0, 80 - tail.length)}${tail}`;
    if (!known.has(candidate.toLowerCase())) return candidate;
  }
}
