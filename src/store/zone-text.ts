/**
 * What people type of a room → the spelling the store keeps, one rule for the command line, the console and imports: name, address ranges, MACs,
 * a port of its own, the shared login, timetable slots. Throws a StoreError that names what was typed and shows how it is written.
 */
import { formatCidr, parseCidr } from '../matching/address.js';
import { hashPasswordSync } from '../password.js';
import { levelOf, type Session } from '../policy/school-time.js';
import type { ZoneRow } from './rows.js';
import type { SlotRow } from './school-rows.js';
import { StoreError } from './store-error.js';
import { badValue, PROFILE_IDS } from './values.js';

const ROOM_NAME = /^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}$/u;

export function roomName(text: string): string {
  const name = text.normalize('NFC').trim();
  if (!ROOM_NAME.test(name)) throw badValue(`Tên phòng «${shown(text)}» không dùng được: 1–40 chữ, số, dấu cách, . _ -.`, `Zone name "${shown(text)}" can't be used: 1–40 letters, digits, spaces, . _ -.`);
  return name;
}

export function profileText(text: string): string {
  const found = PROFILE_IDS.find((id) => id === text.trim());
  if (found === undefined) throw new StoreError('unknown-profile', `Không có hồ sơ lọc «${shown(text)}»; các hồ sơ: ${PROFILE_IDS.join(', ')}.`, `No profile "${shown(text)}"; profiles: ${PROFILE_IDS.join(', ')}.`);
  return found;
}

export function cidrText(text: string): string {
  const bare = text.trim();
  const cidr = parseCidr(bare.includes('/') ? bare : `${bare}/${bare.includes(':') ? 128 : 32}`);
  if (cidr === null) throw badValue(`«${shown(text)}» không phải dải địa chỉ, ví dụ 10.10.2.0/24.`, `"${shown(text)}" is not an address range such as 10.10.2.0/24.`);
  return formatCidr(cidr);
}

export function macText(text: string): string {
  const hex = text.trim().toLowerCase().replace(/[:-]/g, '');
  if (!/^[0-9a-f]{12}$/.test(hex)) throw badValue(`«${shown(text)}» không phải địa chỉ MAC, ví dụ 3c:52:82:11:22:33.`, `"${shown(text)}" is not a MAC address such as 3c:52:82:11:22:33.`);
  return (hex.match(/../g) ?? []).join(':');
}

/** @param taken ports of the gateway itself */
export function ownPort(port: number, taken: readonly (number | null)[]): number {
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw badValue('Cổng phải là số từ 1 đến 65535.', 'Port must be a number from 1 to 65535.');
  if (taken.includes(port)) throw new StoreError('port-taken', `Cổng ${port} đã được cổng lọc dùng vào việc khác.`, `Port ${port} is already used by the gateway itself.`);
  return port;
}

export function loginName(text: string): string {
  const name = text.trim();
  if (!/^[a-zA-Z0-9._-]{1,32}$/.test(name)) throw badValue(`Tên đăng nhập «${shown(text)}» không dùng được: 1–32 chữ không dấu, số, . _ -.`, `Login name "${shown(text)}" can't be used: 1–32 of A–Z, a–z, 0–9, . _ -.`);
  return name;
}

export function roomLogin(name: string, password: string): NonNullable<ZoneRow['login']> {
  const checked = loginName(name);
  if (password.length < 6) throw badValue('Tài khoản chung cần mật khẩu ít nhất 6 ký tự.', 'A shared login needs a password of at least 6 characters.');
  return { name: checked, hash: hashPasswordSync(password) };
}

const BY_PERIOD = /^([1-7])(?:-([1-7]))?@(?:(tieu-hoc|thcs|thpt)\.)?(sang|chieu|toi):(\d{1,2})(?:-(\d{1,2}))?=([a-z0-9-]+)$/;
const BY_CLOCK = /^([1-7])(?:-([1-7]))?@(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})=([a-z0-9-]+)$/;

/**
 * `2-6@07:30-11:15=thcs`: weekdays 1 (Monday) to 7, from–to in local time (past midnight where it ends before it begins), profile; or `2@sang:1-3=thcs`:
 * periods 1 to 3 of the morning by the bells of the room's level (`2@thpt.sang:1-3=thpt`: of another, in a room that levels share).
 */
export function slotRows(text: string, zoneProfile: string, schoolLevels: readonly string[]): SlotRow[] {
  const byPeriod = BY_PERIOD.exec(text);
  if (byPeriod !== null) {
    const [, firstDay = '', lastDay = firstDay, named, session = '', fromPeriod = '', toPeriod = fromPeriod, id = ''] = byPeriod;
    const profile = profileText(id);
    const level = levelOf(named ?? zoneProfile, ...schoolLevels, profile) ?? 'thcs';
    return days(firstDay, lastDay).map((weekday) => ({ weekday, level, session: session as Session, fromPeriod: Number(fromPeriod), toPeriod: Number(toPeriod), profile }));
  }
  const match = BY_CLOCK.exec(text);
  const [, first = '', last = first, h1, m1, h2, m2, id = ''] = match ?? [];
  const from = Number(h1) * 60 + Number(m1);
  const to = Number(h2) * 60 + Number(m2);
  if (match === null || Number(m1) > 59 || Number(m2) > 59 || from >= 1440 || to > 1440 || from === to) {
    throw badValue(`Không hiểu thời khóa biểu «${shown(text)}»; viết như 2-6@07:30-11:15=thcs (1 = thứ Hai).`, `Can't read slot "${shown(text)}"; write it like 2-6@07:30-11:15=thcs (1 = Monday).`);
  }
  const profile = profileText(id);
  return days(first, last).map((weekday) => ({ weekday, fromMinute: from, toMinute: to % 1440, profile }));
}

function days(first: string, last: string): number[] {
  return Array.from({ length: Math.max(0, Number(last) - Number(first) + 1) }, (_, i) => Number(first) + i);
}

function shown(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').slice(0, 60);
}
