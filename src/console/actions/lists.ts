/** Actions on lists: what there is, an upload that is looked at before it comes into force, what changed between versions, back to the version before, removal. */
import { dirname } from 'node:path';
import { z } from 'zod';
import { prepareIndex, type ListChange } from '../../lists/compile.js';
import { IMPORT_FORMATS } from '../../lists/formats/layout.js';
import { changesOf, type ImportReport } from '../../lists/import.js';
import type { ListRow } from '../../store/rows.js';
import { action, type Who } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { dropImport, keepUpload, previewImport, takeImport, waitingImport } from '../imports.js';
import { refused, wrongField } from '../refused.js';
import { both, formatsOf, type Words } from '../words.js';
import { personOf } from './profiles.js';

/** A gzip of four million names is 20 MB. */
const MAX_UPLOAD = 64 * 2 ** 20;
const name = z.string().min(1).max(64).meta({ vi: 'Danh sách', en: 'List' });

export function knownList(env: ConsoleDeps, wanted: string): ListRow {
  const row = env.store.policies.lists().find((list) => list.name === wanted);
  if (row === undefined) throw refused('not-found', `Không có danh sách «${wanted.slice(0, 64)}».`, `There is no list "${wanted.slice(0, 64)}".`);
  return row;
}

/** A list the school may change; shipped ones come back at the next start anyway. */
function ownList(env: ConsoleDeps, wanted: string): ListRow {
  const row = knownList(env, wanted);
  if (row.origin === 'imported') return row;
  throw refused('conflict', `${row.name} là danh sách đi kèm, đổi theo bản cài đặt; muốn mở hay chặn khác đi thì thêm quy tắc.`, `${row.name} is a shipped list and changes with the installed version; to open or block otherwise add a rule.`);
}

/** What changed from one version to another; null where there is no earlier one. */
export function diffOfVersions(env: ConsoleDeps, row: ListRow, from: string | null): { from: string; changes: NonNullable<ImportReport['changes']> } | null {
  const { policies } = env.store;
  const versions = policies.listVersions(row.name).map(({ version }) => version);
  const before = from ?? versions[versions.indexOf(row.current.version) + 1];
  if (before === undefined || !versions.includes(before)) return null;
  return { from: before, changes: changesOf(policies.listEntries(row.name, before), policies.listEntries(row.name)) };
}

async function prepared(env: ConsoleDeps, change: ListChange): Promise<void> {
  // the index of the set as it will be lies ready before the change is made: the swap costs a file read
  await prepareIndex(env.store, dirname(env.store.path), change);
}

/** A list as it was before an import; its page is not there where the list is not. */
async function takeBackList(env: ConsoleDeps, who: Who, before: ListRow | null, after: ListRow): Promise<void> {
  const versions = before === null ? [] : env.store.policies.listVersions(after.name).map(({ version }) => version);
  if (before === null) await prepared(env, { kind: 'remove', name: after.name });
  else if (before.current.sha256 !== after.current.sha256 && versions.includes(before.current.version)) await prepared(env, { kind: 'version', name: after.name, version: before.current.version });
  env.store.policies.undoPutList(before, after, personOf(who));
  await env.apply();
}

function said(report: ImportReport): Words {
  const vi = formatsOf('vi').number(report.entries);
  const en = formatsOf('en').number(report.entries);
  if (report.outcome === 'unchanged') return { vi: `${report.name}: nội dung như cũ, không đổi gì.`, en: `${report.name}: same content as before, nothing changed.` };
  return { vi: `${report.name} đã có hiệu lực: ${vi} mục, phiên bản ${report.version ?? ''}.`, en: `${report.name} is in force: ${en} entries, version ${report.version ?? ''}.` };
}

export const listActions = [
  action({
    name: 'list.status',
    method: 'GET',
    path: '/lists',
    about: { vi: 'Các danh sách, phiên bản, tuổi', en: 'Lists, versions, age' },
    roles: ['it-admin', 'head'],
    input: z.strictObject({}),
    output: z.object({
      lists: z.array(z.object({
        name: z.string(), role: z.string(), category: z.string().nullable(), origin: z.enum(['shipped', 'imported', 'city']), version: z.string(), entries: z.int(),
        added: z.string(), versions: z.int(),
      })),
    }),
    run: (env) => ({
      value: {
        lists: env.store.policies.lists().map(({ name: list, role, category, origin, current }) => ({
          name: list, role, category, origin, version: current.version, entries: current.entries, added: new Date(current.addedMs).toISOString(), versions: env.store.policies.listVersions(list).length,
        })),
      },
    }),
  }),
  action({
    name: 'list.import',
    method: 'POST',
    path: '/lists',
    about: { vi: 'Tải một danh sách lên, đọc và xem trước; chưa có hiệu lực', en: 'Upload a list, read it, look at it; not in force yet' },
    roles: ['it-admin'],
    maxBytes: MAX_UPLOAD,
    tooLarge: {
      page: '/nhap-danh-sach', field: 'file',
      words: {
        vi: 'Tệp lớn hơn 64 MB. Hãy nén lại (gzip, zip) rồi gửi: ba triệu tên còn khoảng 20 MB. Hoặc nhập ngay trên máy cổng lọc: luytre lists import TỆP --category NHÓM',
        en: 'Larger than 64 MB. Compress it (gzip, zip) and send it again: three million names take some 20 MB. Or import it on the gateway itself: luytre lists import FILE --category CATEGORY',
      },
    },
    input: z.strictObject({
      file: z.custom<File>((value) => value instanceof File, both('Hãy chọn một tệp.', 'Choose a file.')).optional().meta({ vi: 'Tệp', en: 'File', description: 'In a form only' }),
      text: z.string().max(MAX_UPLOAD).optional().meta({ vi: 'Nội dung', en: 'Content', description: 'Instead of a file: the list itself' }),
      category: z.string(both('Hãy chọn nhóm nội dung.', 'Choose a category.')).min(1, both('Hãy chọn nhóm nội dung.', 'Choose a category.')).max(40).meta({ vi: 'Nhóm nội dung', en: 'Category' }),
      allow: z.boolean().optional().meta({ vi: 'Danh sách cho phép', en: 'An allow list' }),
      name: z.string().trim().max(64).optional().meta({ vi: 'Tên danh sách', en: 'Name' }),
      format: z.enum(IMPORT_FORMATS).optional().meta({ vi: 'Định dạng', en: 'Format' }),
      profiles: z.array(z.string().max(40)).max(20).optional().meta({ vi: 'Hồ sơ', en: 'Profiles' }),
      only: z.string().trim().max(400).optional().meta({ vi: 'Phần cần lấy', en: 'Parts' }),
    }),
    output: z.object({ started: z.boolean() }),
    async run(env, who, input) {
      if (!env.shipped().categories.some(({ code }) => code === input.category)) throw wrongField('category', `Không có nhóm nội dung «${input.category}».`, `There is no category "${input.category}".`);
      const unknown = (input.profiles ?? []).find((id) => !env.shipped().profiles.some((profile) => profile.id === id));
      if (unknown !== undefined) throw wrongField('profiles', `Không có hồ sơ lọc «${unknown}».`, `There is no profile "${unknown}".`);
      const file = input.file !== undefined && input.file.size > 0 ? input.file : null;
      if (file === null && (input.text ?? '') === '') throw wrongField('file', 'Hãy chọn một tệp, hoặc dán nội dung danh sách.', 'Choose a file, or paste the list.');
      const path = await keepUpload(env, file?.name ?? `${input.name ?? input.category}.txt`, file ?? new Blob([input.text ?? '']));
      const options = {
        category: input.category, allow: input.allow === true, name: input.name === undefined || input.name === '' ? null : input.name, format: input.format ?? ('auto' as const),
        only: input.only === undefined || input.only === '' ? null : input.only.split(/[\s,]+/), profiles: input.profiles === undefined || input.profiles.length === 0 ? null : input.profiles, force: false, source: `upload ${file?.name.slice(0, 200) ?? ''}`.trim(),
      };
      return {
        value: { started: true },
        work: {
          title: { vi: 'Đọc danh sách', en: 'Reading the list' },
          async run(report) {
            const read = await previewImport(env, who.name, path, options, personOf(who), report);
            if ('owner' in read) {
              return {
                vi: `Đã đọc xong: ${formatsOf('vi').number(read.report.entries)} mục dùng được. Chưa có gì thay đổi; hãy xem trước rồi quyết định.`,
                en: `Read: ${formatsOf('en').number(read.report.entries)} usable entries. Nothing has changed; look at it and decide.`,
                next: `/nhap-danh-sach/${read.id}`,
              };
            }
            throw refused('input', `Tệp không có mục nào dùng được (${read.lines} dòng, bỏ ${read.refused}); không thay đổi gì.`, `The file has no usable entry (${read.lines} lines, ${read.refused} refused); nothing was changed.`);
          },
        },
      };
    },
  }),
  action({
    name: 'list.take',
    method: 'POST',
    path: '/lists/waiting/{id}',
    about: { vi: 'Đưa danh sách đã xem trước vào hiệu lực', en: 'Bring the list that was looked at into force' },
    roles: ['it-admin'],
    input: z.strictObject({ id: z.string().min(1).max(40), sure: z.boolean().optional().meta({ vi: 'Đã xem cảnh báo', en: 'Warnings read' }) }),
    output: z.object({ started: z.boolean() }),
    run(env, who, input) {
      const one = waitingImport(who.name, input.id);
      if (one.report.gate.some((finding) => finding.stops) && input.sure !== true) {
        throw wrongField('sure', 'Có cảnh báo cần xem: hãy đánh dấu là đã xem rồi đưa vào.', 'There are warnings: tick that you have read them.');
      }
      return {
        value: { started: true },
        work: {
          title: { vi: `Đưa ${one.report.name} vào hiệu lực`, en: `Bringing ${one.report.name} into force` },
          async run(report) {
            const named = (list: string): ListRow | null => env.store.policies.lists().find((row) => row.name === list) ?? null;
            const before = named(one.report.name);
            const taken = await takeImport(env, one, personOf(who), report);
            await env.apply();
            const after = named(taken.name);
            const ended = { ...said(taken), next: `/danh-sach/${taken.name}` };
            return taken.outcome === 'unchanged' || after === null ? ended : { ...ended, undo: { run: () => takeBackList(env, who, before, after), back: before === null ? '/danh-sach' : ended.next } };
          },
        },
      };
    },
  }),
  action({
    name: 'list.drop',
    method: 'DELETE',
    path: '/lists/waiting/{id}',
    about: { vi: 'Bỏ danh sách đã xem trước', en: 'Drop the list that was looked at' },
    roles: ['it-admin'],
    input: z.strictObject({ id: z.string().min(1).max(40) }),
    output: z.object({ dropped: z.boolean() }),
    run(_env, who, input) {
      dropImport(waitingImport(who.name, input.id));
      return { value: { dropped: true }, say: { vi: 'Đã bỏ; không có gì thay đổi.', en: 'Dropped; nothing changed.' }, next: '/danh-sach' };
    },
  }),
  action({
    name: 'list.diff',
    method: 'GET',
    path: '/lists/{name}/diff',
    about: { vi: 'Mục thêm, bớt so với phiên bản trước', en: 'What changed since the version before' },
    roles: ['it-admin', 'head'],
    input: z.strictObject({ name, from: z.string().max(100).optional().meta({ vi: 'Phiên bản cũ', en: 'Old version' }) }),
    output: z.object({ name: z.string(), from: z.string(), to: z.string(), added: z.int(), removed: z.int(), firstAdded: z.array(z.string()), firstRemoved: z.array(z.string()) }),
    run(env, _who, input) {
      const row = knownList(env, input.name);
      const diff = diffOfVersions(env, row, input.from ?? null);
      if (diff === null) throw refused('not-found', `Danh sách ${row.name} không có phiên bản trước để so.`, `List ${row.name} has no earlier version to compare with.`);
      return { value: { name: row.name, from: diff.from, to: row.current.version, ...diff.changes, firstAdded: [...diff.changes.firstAdded], firstRemoved: [...diff.changes.firstRemoved] } };
    },
  }),
  action({
    name: 'list.rollback',
    method: 'POST',
    path: '/lists/{name}/rollback',
    about: { vi: 'Lùi danh sách về phiên bản trước', en: 'Back to the version before' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ name }),
    output: z.object({ name: z.string(), version: z.string(), was: z.string(), entries: z.int() }),
    async run(env, who, input) {
      const row = ownList(env, input.name);
      const versions = env.store.policies.listVersions(row.name).map(({ version }) => version);
      const earlier = versions[versions.indexOf(row.current.version) + 1];
      if (earlier === undefined) throw refused('conflict', `Danh sách ${row.name} không có phiên bản trước đó.`, `List ${row.name} has no earlier version.`);
      const entries = env.store.policies.listEntries(row.name);
      await prepared(env, { kind: 'version', name: row.name, version: earlier });
      const now = env.store.policies.rollbackList(row.name, personOf(who));
      return {
        value: { name: row.name, version: now.version, was: row.current.version, entries: now.entries },
        say: { vi: `${row.name}: lùi từ ${row.current.version} về ${now.version} (${formatsOf('vi').number(now.entries)} mục).`, en: `${row.name}: back from ${row.current.version} to ${now.version} (${formatsOf('en').number(now.entries)} entries).` },
        undo: async () => {
          if (knownList(env, row.name).current.version !== now.version) throw refused('conflict', 'Danh sách này đã có thay đổi khác, nên không hoàn tác được.', 'This list has changed since: it cannot be undone.');
          await prepared(env, { kind: 'version', name: row.name, version: row.current.version });
          env.store.policies.putList(row, row.current.version, entries, row.current.addedMs, personOf(who));
        },
      };
    },
  }),
  action({
    name: 'list.remove',
    method: 'DELETE',
    path: '/lists/{name}',
    about: { vi: 'Xóa một danh sách đã nhập', en: 'Remove an imported list' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ name }),
    output: z.object({ name: z.string(), removed: z.boolean(), entries: z.int() }),
    async run(env, who, input) {
      const row = ownList(env, input.name);
      const entries = env.store.policies.listEntries(row.name);
      await prepared(env, { kind: 'remove', name: row.name });
      env.store.policies.removeList(row.name, personOf(who));
      return {
        value: { name: row.name, removed: true, entries: row.current.entries },
        say: { vi: `Đã xóa danh sách ${row.name} (${formatsOf('vi').number(row.current.entries)} mục).`, en: `List ${row.name} removed (${formatsOf('en').number(row.current.entries)} entries).` },
        next: '/danh-sach',
        // the version that was in force comes back; those before it are gone
        undo: async () => {
          if (env.store.policies.lists().some((list) => list.name === row.name)) throw refused('conflict', 'Đã có danh sách khác mang tên này.', 'Another list has taken the name.');
          env.store.policies.putList(row, row.current.version, entries, row.current.addedMs, personOf(who));
          await env.apply();
        },
      };
    },
  }),
];
