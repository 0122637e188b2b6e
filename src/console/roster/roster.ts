/**
 * Rows of a spreadsheet → rooms or people, with every fault by line and column in one sentence, and what would change. Pure: it is given what the school
 * has now and writes nothing; a table with one fault is not taken at all.
 */
import type { Role, ZoneRow } from '../../store/rows.js';
import { accountText } from '../../store/account-text.js';
import { cidrText, macText, ownPort, profileText, roomName } from '../../store/zone-text.js';
import { asRefused } from '../refused.js';
import { folded, type Words } from '../words.js';
import type { Table } from './table.js';

export type RosterKind = 'rooms' | 'people';

export interface Fault {
  readonly line: number;
  /** As it stands in the file; null: the whole line. */
  readonly column: string | null;
  readonly words: Words;
}

/** Absent: the file has no such column, so it stays as it is. */
export interface RoomRow {
  readonly line: number;
  readonly name: string;
  readonly profile: string;
  readonly cidrs?: readonly string[];
  readonly macs?: readonly string[];
  readonly port?: number | null;
  readonly teachers?: readonly string[];
}

export interface PersonRow {
  readonly line: number;
  readonly name: string;
  readonly role: Role;
  readonly rooms?: readonly string[];
}

export interface Change {
  readonly line: number;
  readonly name: string;
  readonly kind: 'new' | 'changed' | 'same';
  /** What becomes of it, in words. */
  readonly says: readonly Words[];
}

export interface Preview<R> {
  readonly rows: readonly R[];
  readonly faults: readonly Fault[];
  readonly changes: readonly Change[];
}

export interface SchoolNow {
  readonly zones: readonly ZoneRow[];
  readonly users: readonly { readonly name: string; readonly role: Role }[];
  /** Accounts of each room, by its name. */
  readonly teachers: ReadonlyMap<string, readonly string[]>;
  /** Ports of the gateway itself. */
  readonly ports: readonly (number | null)[];
  /** Account of the one who asks: their own role is not changed by a file. */
  readonly asker: string;
}

/** What each column may be called; the first is what a template says. */
export const COLUMNS = {
  rooms: { name: ['Tên phòng', 'phong', 'name', 'room'], profile: ['Hồ sơ lọc', 'ho so', 'profile'], cidrs: ['Dải địa chỉ', 'dai dia chi ip', 'ip', 'cidr', 'ranges'], macs: ['MAC', 'dia chi mac'], port: ['Cổng riêng', 'cong', 'port'], teachers: ['Thầy cô', 'giao vien', 'teachers'] },
  people: { name: ['Tài khoản', 'ten tai khoan', 'account', 'name', 'user'], role: ['Vai trò', 'role'], rooms: ['Phòng', 'phong duoc giao', 'rooms'] },
} as const;

const ROLE_NAMES: readonly (readonly [Role, readonly string[]])[] = [
  ['teacher', ['giao vien', 'gv']], ['it-admin', ['quan tri', 'admin']], ['head', ['hieu truong', 'ban giam hieu', 'bgh', 'hieu pho']], ['counsellor', ['tu van hoc duong', 'tu van', 'counselor']], ['auditor', ['kiem tra', 'giam sat']],
];

interface Cells {
  readonly line: number;
  /** Undefined: there is no such column. */
  get(column: string): string | undefined;
  /** Runs a check and writes its sentence down beside the column. */
  check<T>(column: string, read: () => T): T | null;
}

export function readRooms(table: Table, now: SchoolNow): Preview<RoomRow> {
  const { faults, lines } = open(table, 'rooms', ['name', 'profile']);
  const rows: RoomRow[] = [];
  for (const cells of lines) {
    const before = faults.length;
    const name = cells.check('name', () => roomName(cells.get('name') ?? ''));
    const profile = cells.check('profile', () => profileText(profileId(cells.get('profile') ?? '')));
    const cidrs = listed(cells, 'cidrs', cidrText);
    const macs = listed(cells, 'macs', macText);
    const teachers = listed(cells, 'teachers', (text) => knownTeacher(text, now));
    const portText = cells.get('port');
    const port = portText === undefined ? undefined : portText === '' ? null : cells.check('port', () => ownPort(/^\d+$/.test(portText) ? Number(portText) : NaN, now.ports));
    if (faults.length > before || name === null || profile === null) continue;
    rows.push({ line: cells.line, name, profile, ...(cidrs === undefined ? {} : { cidrs }), ...(macs === undefined ? {} : { macs }), ...(port === undefined ? {} : { port }), ...(teachers === undefined ? {} : { teachers }) });
  }
  claimedOnce(rows, table, now, faults);
  return { rows, faults, changes: faults.length > 0 ? [] : rows.map((row) => roomChange(row, now)) };
}

export function readPeople(table: Table, now: SchoolNow): Preview<PersonRow> {
  const { faults, lines } = open(table, 'people', ['name', 'role']);
  const rows: PersonRow[] = [];
  const seen = new Map<string, number>();
  for (const cells of lines) {
    const before = faults.length;
    const name = cells.check('name', () => accountText(cells.get('name') ?? ''));
    const role = cells.check('role', () => roleOf(cells.get('role') ?? ''));
    const rooms = listed(cells, 'rooms', (text) => {
      const found = now.zones.find((zone) => folded(zone.name) === folded(text));
      if (found === undefined) throw fault(`Không có phòng «${text}»; hãy nhập phòng trước.`, `There is no room "${text}"; import the rooms first.`);
      return found.name;
    });
    if (name !== null) {
      const earlier = seen.get(name);
      if (earlier !== undefined) cells.check('name', () => { throw fault(`Tài khoản ${name} đã có ở dòng ${earlier}.`, `Account ${name} stands on line ${earlier} already.`); });
      seen.set(name, cells.line);
    }
    if (role !== null && role !== 'teacher' && (rooms ?? []).length > 0) cells.check('rooms', () => { throw fault('Chỉ giáo viên được giao phòng.', 'Only teachers are given rooms.'); });
    const known = now.users.find((user) => user.name === name);
    if (known !== undefined && known.name === now.asker && role !== null && role !== known.role) cells.check('role', () => { throw fault('Không tự đổi vai trò của mình được.', 'Nobody changes their own role.'); });
    if (faults.length > before || name === null || role === null) continue;
    rows.push({ line: cells.line, name, role, ...(rooms === undefined ? {} : { rooms }) });
  }
  return { rows, faults, changes: faults.length > 0 ? [] : rows.map((row) => personChange(row, now)) };
}

/** The file's columns by what they mean; an unknown or doubled one is a fault, since a slip in a heading would silently drop a column. */
function open(table: Table, kind: RosterKind, needed: readonly string[]): { readonly faults: Fault[]; readonly lines: readonly Cells[] } {
  const faults: Fault[] = [];
  const names = COLUMNS[kind] as Readonly<Record<string, readonly string[]>>;
  const at = new Map<string, number>();
  table.columns.forEach((title, i) => {
    const found = Object.entries(names).find(([, spellings]) => spellings.some((spelling) => folded(spelling) === folded(title)))?.[0];
    if (title === '' && table.rows.every((row) => (row.cells[i] ?? '') === '')) return;
    if (found === undefined) faults.push({ line: 1, column: title, words: { vi: `Không biết cột «${title}»; các cột: ${Object.values(names).map(([first]) => first).join(', ')}.`, en: `Unknown column "${title}"; columns: ${Object.values(names).map(([first]) => first).join(', ')}.` } });
    else if (at.has(found)) faults.push({ line: 1, column: title, words: { vi: `Cột «${title}» có hai lần.`, en: `Column "${title}" is there twice.` } });
    else at.set(found, i);
  });
  for (const column of needed) {
    if (!at.has(column)) faults.push({ line: 1, column: names[column]?.[0] ?? column, words: { vi: `Thiếu cột «${names[column]?.[0] ?? column}».`, en: `Column "${names[column]?.[0] ?? column}" is missing.` } });
  }
  if (faults.length > 0) return { faults, lines: [] };
  if (table.rows.length === 0) faults.push({ line: 1, column: null, words: { vi: 'Tệp chỉ có dòng tiêu đề, chưa có dòng nào để nhập.', en: 'The file has its headings only, nothing to import.' } });
  const lines = table.rows.map(({ line, cells }): Cells => ({
    line,
    get: (column) => {
      const i = at.get(column);
      return i === undefined ? undefined : (cells[i] ?? '').trim();
    },
    check: (column, read) => {
      try {
        return read();
      } catch (error) {
        faults.push({ line, column: table.columns[at.get(column) ?? -1] ?? null, words: asRefused(error).words });
        return null;
      }
    },
  }));
  return { faults, lines };
}

/** Several values in a cell: by comma, semicolon, a bar or a line of their own. */
function listed<T>(cells: Cells, column: string, read: (text: string) => T): T[] | undefined {
  const text = cells.get(column);
  if (text === undefined) return undefined;
  return [...new Set(text.split(/[,;|\n]/).map((part) => part.trim()).filter((part) => part !== '').flatMap((part) => cells.check(column, () => read(part)) ?? []))];
}

class RowFault extends Error {
  readonly code = 'bad-value';
  constructor(readonly vi: string, readonly en: string) {
    super(en);
  }
}

function fault(vi: string, en: string): RowFault {
  return new RowFault(vi, en);
}

/** Codes, or the names people use for them. */
function profileId(text: string): string {
  const plain = folded(text).replace(/\s*[-–]\s*/g, '-').replace(/\s+/g, ' ').trim();
  const said: Readonly<Record<string, string>> = { 'lop 1-3': 'lop-1-3', 'lop 4-5': 'lop-4-5', 'giao vien': 'giao-vien', 'trung hoc co so': 'thcs', 'trung hoc pho thong': 'thpt' };
  return said[plain] ?? plain.replace(/ /g, '-');
}

function roleOf(text: string): Role {
  const plain = folded(text).trim();
  const found = ROLE_NAMES.find(([role, names]) => role === plain || names.includes(plain))?.[0];
  if (found === undefined) throw fault(`Không có vai trò «${text.slice(0, 40)}»; các vai trò: giáo viên, quản trị, hiệu trưởng, tư vấn học đường, kiểm tra.`, `No role "${text.slice(0, 40)}"; roles: teacher, it-admin, head, counsellor, auditor.`);
  return found;
}

function knownTeacher(text: string, now: SchoolNow): string {
  const user = now.users.find(({ name }) => name === text.toLowerCase());
  if (user === undefined) throw fault(`Không có tài khoản «${text.slice(0, 40)}»; hãy nhập người trước.`, `There is no account "${text.slice(0, 40)}"; import the people first.`);
  if (user.role !== 'teacher') throw fault(`«${user.name}» không phải giáo viên.`, `"${user.name}" is not a teacher.`);
  return user.name;
}

/** A name, range, MAC or port that two lines claim, or a line and a room that the file leaves as it is. */
function claimedOnce(rows: readonly RoomRow[], table: Table, now: SchoolNow, faults: Fault[]): void {
  const claims = new Map<string, { readonly line: number | null; readonly room: string }>();
  const inFile = new Set(rows.map((row) => sameName(row.name)));
  const column = (key: keyof (typeof COLUMNS)['rooms']): string | null => table.columns.find((title) => COLUMNS.rooms[key].some((spelling) => folded(spelling) === folded(title))) ?? null;
  const signs = (zone: Pick<RoomRow, 'cidrs' | 'macs' | 'port'>): [keyof (typeof COLUMNS)['rooms'], string][] => [
    ...(zone.cidrs ?? []).map((sign): ['cidrs', string] => ['cidrs', sign]), ...(zone.macs ?? []).map((sign): ['macs', string] => ['macs', sign]), ...(zone.port == null ? [] : [['port', String(zone.port)] as ['port', string]]),
  ];
  for (const zone of now.zones) {
    const row = rows.find(({ name }) => sameName(name) === sameName(zone.name));
    // what the file does not speak of stays, and stays claimed
    const kept = inFile.has(sameName(zone.name)) ? { cidrs: row?.cidrs === undefined ? zone.cidrs : [], macs: row?.macs === undefined ? zone.macs : [], port: row?.port === undefined ? zone.port : null } : zone;
    for (const [key, sign] of signs(kept)) claims.set(`${key} ${sign}`, { line: null, room: zone.name });
  }
  const names = new Map<string, number>();
  for (const row of rows) {
    const earlier = names.get(sameName(row.name));
    if (earlier !== undefined) faults.push({ line: row.line, column: column('name'), words: { vi: `Phòng ${row.name} đã có ở dòng ${earlier}.`, en: `Room ${row.name} stands on line ${earlier} already.` } });
    names.set(sameName(row.name), row.line);
    for (const [key, sign] of signs(row)) {
      const claim = claims.get(`${key} ${sign}`);
      if (claim !== undefined && sameName(claim.room) !== sameName(row.name)) {
        faults.push({ line: row.line, column: column(key), words: claim.line === null
          ? { vi: `${sign} đã thuộc phòng ${claim.room}.`, en: `${sign} already belongs to ${claim.room}.` }
          : { vi: `${sign} đã thuộc phòng ${claim.room} ở dòng ${claim.line}.`, en: `${sign} already belongs to ${claim.room} on line ${claim.line}.` } });
      }
      claims.set(`${key} ${sign}`, { line: row.line, room: row.name });
    }
  }
}

function sameName(name: string): string {
  return name.normalize('NFC').toLowerCase();
}

function roomChange(row: RoomRow, now: SchoolNow): Change {
  const known = now.zones.find((zone) => sameName(zone.name) === sameName(row.name));
  const says: Words[] = [];
  const differ = (vi: string, en: string, before: string, after: string | undefined): void => {
    if (after !== undefined && before !== after) says.push({ vi: `${vi}: ${before === '' ? '–' : before} → ${after === '' ? '–' : after}`, en: `${en}: ${before === '' ? '–' : before} → ${after === '' ? '–' : after}` });
  };
  differ('hồ sơ', 'profile', known?.profile ?? '', row.profile);
  differ('dải địa chỉ', 'ranges', set(known?.cidrs), row.cidrs === undefined ? undefined : set(row.cidrs));
  differ('MAC', 'MAC', String(known?.macs.length ?? 0), row.macs === undefined || set(row.macs) === set(known?.macs) ? undefined : `${row.macs.length}`);
  differ('cổng', 'port', String(known?.port ?? ''), row.port === undefined ? undefined : String(row.port ?? ''));
  differ('thầy cô', 'teachers', set(known === undefined ? [] : now.teachers.get(known.name)), row.teachers === undefined ? undefined : set(row.teachers));
  return { line: row.line, name: known?.name ?? row.name, kind: known === undefined ? 'new' : says.length === 0 ? 'same' : 'changed', says };
}

function personChange(row: PersonRow, now: SchoolNow): Change {
  const known = now.users.find((user) => user.name === row.name);
  const held = [...now.teachers].filter(([, users]) => users.includes(row.name)).map(([zone]) => zone);
  const says: Words[] = [];
  if (known?.role !== row.role) says.push({ vi: `vai trò: ${known?.role ?? '–'} → ${row.role}`, en: `role: ${known?.role ?? '–'} → ${row.role}` });
  if (row.rooms !== undefined && set(row.rooms) !== set(held)) says.push({ vi: `phòng: ${set(held) || '–'} → ${set(row.rooms) || '–'}`, en: `rooms: ${set(held) || '–'} → ${set(row.rooms) || '–'}` });
  if (known === undefined) says.push({ vi: 'mật khẩu dùng một lần', en: 'one-time password' });
  return { line: row.line, name: row.name, kind: known === undefined ? 'new' : says.length === 0 ? 'same' : 'changed', says };
}

function set(values: readonly string[] | undefined): string {
  return [...new Set(values ?? [])].sort().join(', ');
}
