/** Rooms and people from a spreadsheet: sent, looked at line by line, and only then written, all or nothing. What waits to be written lies in memory. */
import { z } from 'zod';
import { formatLocal } from '../../local-time.js';
import type { PreparedUser } from '../../store/account-rows.js';
import { applyPeople, applyRooms } from '../roster/apply.js';
import { withPeopleBack, withRoomsBack } from '../roster/take-back.js';
import { COLUMNS, readPeople, readRooms, type PersonRow, type Preview, type RoomRow, type RosterKind, type SchoolNow } from '../roster/roster.js';
import { csvText, MOST_BYTES, readTable, xlsxBytes, type Table } from '../roster/table.js';
import { action, type Who } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { Refused, refused, wrongField } from '../refused.js';
import { ownerOf } from '../run-action.js';
import { both } from '../words.js';
import { newOneTimePassword, ONE_TIME_MS } from './users.js';

const ADMIN = ['it-admin'] as const;
const WAIT_MS = 30 * 60_000;
const MOST_WAITING = 20;
/** Each costs a password hash; two are made at a time, between the logins of others. */
const MOST_NEW = 150;

const kind = z.enum(['rooms', 'people'], both('Nhập phòng (rooms) hoặc người (people).', 'Import rooms or people.')).meta({ vi: 'Nhập gì', en: 'What' });
const csv = z.string().max(MOST_BYTES).optional().meta({ vi: 'Bảng', en: 'Table', description: 'CSV with headings, instead of a file' });
const fault = z.object({ line: z.int(), column: z.string().nullable(), sentence: z.string() });
const change = z.object({ line: z.int(), name: z.string(), kind: z.enum(['new', 'changed', 'same']), says: z.array(z.string()) });

interface Waiting {
  readonly kind: RosterKind;
  readonly name: string;
  readonly table: Table;
  readonly untilMs: number;
}

/** Of each console its own; gone with it. */
const consoles = new WeakMap<object, Map<string, Waiting>>();

function waitingOf(env: ConsoleDeps): Map<string, Waiting> {
  const known = consoles.get(env) ?? new Map<string, Waiting>();
  consoles.set(env, known);
  for (const [owner, { untilMs }] of known) if (untilMs <= env.now() || known.size > MOST_WAITING) known.delete(owner);
  return known;
}

export function waitingTable(env: ConsoleDeps, who: Who): Waiting | null {
  return waitingOf(env).get(ownerOf(who)) ?? null;
}

/**
 * An import whose answer was the file of passwords. A page has no place for the button of ten seconds there, and whether the right people are in it is seen
 * only when the file is opened; so it can be taken back for half an hour, as long as nobody has come in with what was handed out.
 */
interface HandedOut {
  readonly added: number;
  readonly atMs: number;
  readonly undo: () => void;
}

const handed = new WeakMap<object, Map<string, HandedOut>>();

function handedOutOf(env: ConsoleDeps): Map<string, HandedOut> {
  const known = handed.get(env) ?? new Map<string, HandedOut>();
  handed.set(env, known);
  for (const [owner, { atMs }] of known) if (env.now() - atMs >= WAIT_MS) known.delete(owner);
  return known;
}

/** The last one of this session that can still be taken back. */
export function handedOut(env: ConsoleDeps, who: Who): HandedOut | null {
  return handedOutOf(env).get(ownerOf(who)) ?? null;
}

function schoolNow(env: ConsoleDeps, who: Who): SchoolNow {
  const { ports } = env.premises;
  return {
    zones: env.store.policies.zones(), users: env.store.accounts.users(), teachers: env.store.policies.roomTeachers(),
    ports: [ports.proxy, ports.transparent, ports.pages, ports.console], asker: who.name,
  };
}

export function previewOf(env: ConsoleDeps, who: Who, kind: RosterKind, table: Table): Preview<RoomRow | PersonRow> {
  return kind === 'rooms' ? readRooms(table, schoolNow(env, who)) : readPeople(table, schoolNow(env, who));
}

async function tableOf(env: ConsoleDeps, who: Who, wanted: RosterKind, text: string | undefined): Promise<Table> {
  if (text !== undefined) return readTable(new TextEncoder().encode(text));
  const waiting = waitingTable(env, who);
  if (waiting?.kind !== wanted) throw refused('not-found', 'Không có bảng nào đang chờ; hãy gửi tệp lên lại.', 'No table is waiting; send the file again.');
  return waiting.table;
}

/** @throws Refused with the first fault; the page shows them all before it comes to this */
function faultless<R>(preview: Preview<R>): Preview<R> {
  const [first] = preview.faults;
  if (first === undefined) return preview;
  const where = first.column === null ? '' : `, cột «${first.column}»`;
  const whereEn = first.column === null ? '' : `, column "${first.column}"`;
  throw new Refused('input', { vi: `Dòng ${first.line}${where}: ${first.words.vi} Chưa nhập gì (${preview.faults.length} lỗi).`, en: `Line ${first.line}${whereEn}: ${first.words.en} Nothing was imported (${preview.faults.length} faults).` });
}

export const importActions = [
  action({
    name: 'import.template',
    method: 'GET',
    path: '/import/{kind}/template',
    about: { vi: 'Tải bảng để điền: có sẵn những gì trường đang có', en: 'A table to fill in, with what the school has now' },
    roles: ADMIN,
    files: ['text/csv; charset=utf-8', 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet'],
    input: z.strictObject({ kind, format: z.enum(['csv', 'xlsx']).optional().meta({ vi: 'Dạng', en: 'Format' }) }),
    output: z.object({}),
    async run(env, _who, input) {
      const rows = templateRows(env, input.kind);
      const name = input.kind === 'rooms' ? 'phong' : 'tai-khoan';
      if (input.format !== 'xlsx') return { value: {}, file: { name: `${name}.csv`, type: 'text/csv; charset=utf-8', body: new TextEncoder().encode(csvText(rows)) } };
      return { value: {}, file: { name: `${name}.xlsx`, type: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', body: await xlsxBytes(input.kind === 'rooms' ? 'Phòng' : 'Tài khoản', rows) } };
    },
  }),
  action({
    name: 'import.preview',
    method: 'POST',
    path: '/import/{kind}/preview',
    about: { vi: 'Xem một bảng sẽ đổi những gì; chưa nhập gì', en: 'What a table would change; nothing is imported' },
    roles: ADMIN,
    maxBytes: MOST_BYTES + 65_536,
    input: z.strictObject({ kind, csv, file: z.instanceof(File).optional().meta({ vi: 'Tệp', en: 'File' }) }),
    output: z.object({ rows: z.int(), faults: z.array(fault), changes: z.array(change) }),
    async run(env, who, input) {
      if (input.csv === undefined && (input.file === undefined || input.file.size === 0)) throw wrongField('file', 'Chưa chọn tệp, hoặc tệp rỗng.', 'No file was chosen, or it is empty.');
      const table = await readTable(input.csv === undefined ? new Uint8Array(await (input.file as File).arrayBuffer()) : new TextEncoder().encode(input.csv));
      const preview = previewOf(env, who, input.kind, table);
      if (input.csv === undefined) waitingOf(env).set(ownerOf(who), { kind: input.kind, name: input.file?.name.slice(0, 100) ?? '', table, untilMs: env.now() + WAIT_MS });
      return {
        value: {
          rows: preview.rows.length,
          faults: preview.faults.map(({ line, column, words }) => ({ line, column, sentence: words.vi })),
          changes: preview.changes.map(({ line, name, kind: what, says }) => ({ line, name, kind: what, says: says.map(({ vi }) => vi) })),
        },
        next: '/quan-tri/nhap',
      };
    },
  }),
  action({
    name: 'import.rooms',
    method: 'POST',
    path: '/import/rooms',
    about: { vi: 'Nhập phòng: thêm và sửa, không xóa phòng nào; sai một dòng thì không nhập gì', en: 'Import rooms: adds and changes, removes none; one fault and nothing is done' },
    roles: ADMIN,
    bearsOnVerdicts: true,
    maxBytes: MOST_BYTES + 65_536,
    input: z.strictObject({ csv }),
    output: z.object({ added: z.int(), changed: z.int() }),
    async run(env, who, input) {
      const preview = faultless(readRooms(await tableOf(env, who, 'rooms', input.csv), schoolNow(env, who)));
      const undo = withRoomsBack(env.store, preview.rows, env.now, who.actor, () => applyRooms(env.store, preview.rows, who.actor));
      waitingOf(env).delete(ownerOf(who));
      const count = (what: string): number => preview.changes.filter((one) => one.kind === what).length;
      return {
        value: { added: count('new'), changed: count('changed') },
        say: { vi: `Đã thêm ${count('new')} phòng, sửa ${count('changed')} phòng.`, en: `${count('new')} rooms added, ${count('changed')} changed.` },
        undo,
        next: '/quan-tri/phong',
      };
    },
  }),
  action({
    name: 'import.people',
    method: 'POST',
    path: '/import/people',
    about: { vi: 'Nhập tài khoản; trả về tệp mật khẩu dùng một lần của người mới', en: 'Import accounts; answers with the one-time passwords of the new ones' },
    roles: ADMIN,
    proof: true,
    maxBytes: MOST_BYTES + 65_536,
    files: ['text/csv; charset=utf-8'],
    input: z.strictObject({ csv }),
    output: z.object({}),
    async run(env, who, input) {
      const preview = faultless(readPeople(await tableOf(env, who, 'people', input.csv), schoolNow(env, who)));
      const fresh = preview.rows.filter((row) => preview.changes.some((one) => one.line === row.line && one.kind === 'new'));
      if (fresh.length > MOST_NEW) throw refused('input', `Mỗi lần nhập tối đa ${MOST_NEW} tài khoản mới; hãy chia tệp.`, `At most ${MOST_NEW} new accounts at a time; split the file.`);
      const untilMs = env.now() + ONE_TIME_MS;
      const passwords = new Map(fresh.map((row) => [row.name, newOneTimePassword()]));
      const prepared: PreparedUser[] = [];
      for (const row of fresh) prepared.push(await env.store.accounts.prepareUser(row.name, row.role, passwords.get(row.name) ?? '', untilMs));
      const undo = withPeopleBack(env.store, preview.rows, env.now, who.actor, () =>
        applyPeople(env.store, preview.rows, prepared, (name, role) => void env.store.accounts.setRole(name, role, who.actor), env.now(), who.actor));
      waitingOf(env).delete(ownerOf(who));
      const say = { vi: `Đã thêm ${fresh.length} tài khoản, sửa ${preview.changes.filter((one) => one.kind === 'changed').length}.`, en: `${fresh.length} accounts added, ${preview.changes.filter((one) => one.kind === 'changed').length} changed.` };
      if (fresh.length === 0) return { value: {}, say, undo, next: '/quan-tri/tai-khoan' };
      handedOutOf(env).set(ownerOf(who), { added: fresh.length, atMs: env.now(), undo });
      const rows = [['Tài khoản', 'Mật khẩu dùng một lần', 'Dùng được đến'], ...fresh.map((row) => [row.name, passwords.get(row.name) ?? '', formatLocal(untilMs).slice(0, 16).replace('T', ' ')])];
      return { value: {}, say, file: { name: 'mat-khau-dung-mot-lan.csv', type: 'text/csv; charset=utf-8', body: new TextEncoder().encode(csvText(rows)) } };
    },
  }),
  action({
    name: 'import.take-back',
    method: 'DELETE',
    path: '/import/people/last',
    about: { vi: 'Bỏ lần nhập tài khoản vừa rồi, khi chưa ai dùng mật khẩu được phát', en: 'Take the last import of accounts back, while nobody has used a password given out' },
    roles: ADMIN,
    input: z.strictObject({}),
    output: z.object({ removed: z.int() }),
    run(env, who) {
      const last = handedOut(env, who);
      if (last === null) throw refused('not-found', 'Không có lần nhập tài khoản nào còn bỏ được: đã quá nửa giờ, hoặc đã bỏ rồi.', 'No import of accounts can be taken back: half an hour has passed, or it was done.');
      last.undo();
      handedOutOf(env).delete(ownerOf(who));
      return {
        value: { removed: last.added },
        say: {
          vi: `Đã bỏ lần nhập: ${last.added} tài khoản mới bị xóa, những tài khoản được sửa trở về như trước. Tệp mật khẩu đã tải không dùng được nữa; hãy xóa tệp ấy.`,
          en: `The import was taken back: ${last.added} new accounts are gone, those that were changed are as before. The file of passwords is of no use any more; delete it.`,
        },
        next: '/quan-tri/nhap',
      };
    },
  }),
  action({
    name: 'import.cancel',
    method: 'DELETE',
    path: '/import',
    about: { vi: 'Bỏ bảng đang chờ', en: 'Drop the table that waits' },
    roles: ADMIN,
    input: z.strictObject({}),
    output: z.object({ dropped: z.boolean() }),
    run: (env, who) => ({ value: { dropped: waitingOf(env).delete(ownerOf(who)) }, say: { vi: 'Đã bỏ bảng đang chờ; chưa nhập gì.', en: 'Dropped; nothing was imported.' } }),
  }),
];

function templateRows(env: ConsoleDeps, wanted: RosterKind): string[][] {
  const heads = Object.values(COLUMNS[wanted]).map(([first]) => first);
  const teachers = env.store.policies.roomTeachers();
  if (wanted === 'rooms') {
    const rows = env.store.policies.zones().map((zone) => [zone.name, zone.profile, zone.cidrs.join(', '), zone.macs.join(', '), zone.port === null ? '' : String(zone.port), (teachers.get(zone.name) ?? []).join(', ')]);
    return [heads, ...(rows.length > 0 ? rows : [['Phòng máy 1', 'thcs', '192.168.10.0/24', '', '', '']])];
  }
  const held = (name: string): string => [...teachers].filter(([, users]) => users.includes(name)).map(([zone]) => zone).join(', ');
  return [heads, ...env.store.accounts.users().map((user) => [user.name, user.role, held(user.name)])];
}
