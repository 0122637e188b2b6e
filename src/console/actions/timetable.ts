/** The timetable of a room: by periods, which move with the bells, and by the clock, several windows a day and across midnight. */
import { z } from 'zod';
import { LEVELS, SESSIONS, type Level, type Session } from '../../policy/school-time.js';
import type { ClockSlotRow, PeriodSlotRow, SlotRow } from '../../store/school-rows.js';
import { profileText } from '../../store/zone-text.js';
import { action, type Who } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { inField, refused, wrongField } from '../refused.js';
import { both } from '../words.js';
import { takeBackZone, zoneName, zoneRow } from './zones.js';

const CELL = /^([1-7])\.(sang|chieu|toi)\.(\d{1,2})=([a-z0-9-]{1,32})$/;
const level = z.enum(LEVELS).meta({ vi: 'Cấp học', en: 'Level' });
const weekday = z.string().regex(/^[1-7]$/, both('Thứ trong tuần là số từ 1 (thứ Hai) đến 7.', 'Weekdays are 1 (Monday) to 7.'));
const minute = z.string(both('Chưa điền giờ.', 'Fill in the time.')).regex(/^(?:[01]?\d|2[0-3])[:h][0-5]\d$/, both('Giờ viết như 07:15.', 'Write the time like 07:15.'));
const slots = z.object({ zone: z.string(), slots: z.int() });

export function minuteOf(text: string): number {
  const [hours = 0, minutes = 0] = text.split(/[:h]/).map(Number);
  return hours * 60 + minutes;
}

export function clockText(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

/** Names a window in a form and in the API: `1@22:00-05:00=lop-1-3`. */
export function windowId(slot: ClockSlotRow): string {
  return `${slot.weekday}@${clockText(slot.fromMinute)}-${clockText(slot.toMinute)}=${slot.profile}`;
}

function write(env: ConsoleDeps, who: Who, zone: string, timetable: readonly SlotRow[]): () => void {
  const before = zoneRow(env, zone);
  env.store.policies.setZone(zone, { timetable }, who.actor);
  const after = zoneRow(env, zone);
  return () => takeBackZone(env, who, before, after);
}

/** Periods that follow each other on one profile are one slot, so that a room does not change for a moment in each break. */
export function periodSlots(level: Level, cells: readonly string[]): PeriodSlotRow[] {
  const found = cells.map((cell) => {
    const match = CELL.exec(cell);
    if (match === null) throw wrongField('cells', `Không hiểu ô «${cell.slice(0, 40)}»; viết như 2.sang.1=thcs.`, `Can't read the cell "${cell.slice(0, 40)}"; write it like 2.sang.1=thcs.`);
    const [, day = '', session = '', period = '', profile = ''] = match;
    return { weekday: Number(day), session: session as Session, period: Number(period), profile: inField('cells', () => profileText(profile)) };
  });
  const order = (cell: (typeof found)[number]): number => (cell.weekday * 3 + SESSIONS.indexOf(cell.session)) * 100 + cell.period;
  const out: PeriodSlotRow[] = [];
  for (const cell of [...found].sort((a, b) => order(a) - order(b))) {
    const last = out.at(-1);
    const same = last !== undefined && last.weekday === cell.weekday && last.session === cell.session;
    if (same && cell.period <= last.toPeriod) throw wrongField('cells', `Thứ ${cell.weekday === 7 ? 'Chủ nhật' : cell.weekday + 1}: tiết ${cell.period} được nêu hai lần.`, `Weekday ${cell.weekday}: period ${cell.period} is named twice.`);
    if (same && last.profile === cell.profile && last.toPeriod === cell.period - 1) out[out.length - 1] = { ...last, toPeriod: cell.period };
    else out.push({ weekday: cell.weekday, level, session: cell.session, fromPeriod: cell.period, toPeriod: cell.period, profile: cell.profile });
  }
  return out;
}

export const timetableActions = [
  action({
    name: 'zone.periods',
    method: 'PUT',
    path: '/zones/{zone}/timetable/{level}',
    about: { vi: 'Đặt thời khóa biểu của phòng theo tiết của một cấp học', en: "Set a room's timetable by the periods of a level" },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({
      zone: zoneName,
      level,
      cells: z.array(z.string().max(64)).max(300).meta({ vi: 'Các tiết', en: 'Periods', description: 'weekday.session.period=profile, e.g. 2.sang.1=thcs (1 = Monday); a period that is absent is on the room’s own profile' }),
      likeMonday: z.boolean().optional().meta({ vi: 'Mọi ngày như thứ Hai', en: 'Every day like Monday' }),
    }),
    output: slots,
    run(env, who, input) {
      const zone = zoneRow(env, input.zone);
      const days = env.store.schoolTime.levels().find((known) => known.level === input.level)?.weekdays ?? [];
      const monday = input.cells.filter((cell) => cell.startsWith('1.'));
      const cells = input.likeMonday === true ? days.flatMap((day) => monday.map((cell) => `${day}${cell.slice(1)}`)) : input.cells;
      const others = zone.timetable.filter((slot) => !('session' in slot) || slot.level !== input.level);
      const made = periodSlots(input.level, cells);
      const undo = write(env, who, zone.name, [...others, ...made]);
      return {
        value: { zone: zone.name, slots: others.length + made.length },
        say: { vi: `Đã lưu thời khóa biểu của ${zone.name}.`, en: `The timetable of ${zone.name} is saved.` },
        undo,
      };
    },
  }),
  action({
    name: 'zone.window-add',
    method: 'POST',
    path: '/zones/{zone}/windows',
    about: { vi: 'Thêm khung giờ cho phòng, qua nửa đêm cũng được', en: 'Add a window by the clock to a room, also across midnight' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({
      zone: zoneName,
      weekdays: z.array(weekday).min(1, both('Hãy chọn ít nhất một ngày.', 'Choose at least one day.')).max(7).meta({ vi: 'Các ngày', en: 'Days' }),
      from: minute.meta({ vi: 'Từ giờ', en: 'From' }),
      to: minute.meta({ vi: 'Đến giờ', en: 'Until' }),
      profile: z.string(both('Chưa chọn hồ sơ lọc.', 'Choose a profile.')).max(32).meta({ vi: 'Hồ sơ lọc', en: 'Profile' }),
    }),
    output: slots,
    run(env, who, input) {
      const zone = zoneRow(env, input.zone);
      const [fromMinute, toMinute] = [minuteOf(input.from), minuteOf(input.to)];
      if (fromMinute === toMinute) throw wrongField('to', 'Giờ kết thúc phải khác giờ bắt đầu; cả ngày thì viết 00:00 đến 23:59.', 'The end must differ from the beginning; a whole day is 00:00 to 23:59.');
      const profile = inField('profile', () => profileText(input.profile));
      const made = [...new Set(input.weekdays)].sort().map((day): ClockSlotRow => ({ weekday: Number(day), fromMinute, toMinute, profile }));
      const known = new Set(zone.timetable.flatMap((slot) => ('session' in slot ? [] : [windowId(slot)])));
      if (made.every((slot) => known.has(windowId(slot)))) throw refused('conflict', 'Phòng đã có khung giờ này.', 'The room has this window already.');
      const timetable = [...zone.timetable, ...made.filter((slot) => !known.has(windowId(slot)))];
      const undo = write(env, who, zone.name, timetable);
      const night = toMinute < fromMinute;
      return {
        value: { zone: zone.name, slots: timetable.length },
        say: { vi: `Đã thêm khung ${input.from}–${input.to}${night ? ' (hôm sau)' : ''}.`, en: `Window ${input.from}–${input.to}${night ? ' (the next day)' : ''} added.` },
        undo,
      };
    },
  }),
  action({
    name: 'zone.window-remove',
    method: 'DELETE',
    path: '/zones/{zone}/windows/{window}',
    about: { vi: 'Bỏ một khung giờ của phòng', en: 'Remove a window by the clock from a room' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ zone: zoneName, window: z.string().max(64).meta({ vi: 'Khung giờ', en: 'Window', description: 'weekday@from-to=profile, e.g. 1@22:00-05:00=lop-1-3' }) }),
    output: slots,
    run(env, who, input) {
      const zone = zoneRow(env, input.zone);
      const timetable = zone.timetable.filter((slot) => 'session' in slot || windowId(slot) !== input.window);
      if (timetable.length === zone.timetable.length) throw refused('not-found', 'Phòng không có khung giờ này.', 'The room has no such window.');
      const undo = write(env, who, zone.name, timetable);
      return { value: { zone: zone.name, slots: timetable.length }, say: { vi: 'Đã bỏ khung giờ.', en: 'Window removed.' }, undo };
    },
  }),
];
