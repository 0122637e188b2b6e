/**
 * School time (giờ của trường): which day follows which weekday's timetable, and when periods (tiết) and sessions (buổi)
 * begin and end. Owns bells and what a day is to a school; refuses to know zones, lessons, storage and clocks (`nowMs` is handed in).
 *
 * A start instant is in, an end instant is already out.
 */
import { dayOf, MINUTE_MS, parseDay, startOfDay } from '../local-time.js';

export const DAY_MINUTES = 1_440;

/** buổi sáng, buổi chiều, buổi tối. */
export type Session = 'sang' | 'chieu' | 'toi';
export const SESSIONS = ['sang', 'chieu', 'toi'] as const satisfies readonly Session[];

/** A school level with bells of its own; a school that is liên cấp has several. */
export type Level = 'tieu-hoc' | 'thcs' | 'thpt';
export const LEVELS = ['tieu-hoc', 'thcs', 'thpt'] as const satisfies readonly Level[];

/** What a school may be; some have no bells of their own. */
export const SCHOOL_LEVELS = ['mam-non', 'tieu-hoc', 'thcs', 'thpt', 'gdnn-gdtx', 'co-so-nuoi-duong'] as const;
export type SchoolLevel = (typeof SCHOOL_LEVELS)[number];

/** One period: `period` counts within its session, as people say it (tiết 2 buổi chiều). */
export interface Bell {
  readonly session: Session;
  readonly period: number;
  /** Minutes after midnight. */
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** Days on which the timetable does not run as their weekday says. */
export interface SchoolDays {
  /** Both days are in. */
  readonly holidays: readonly { readonly fromDay: number; readonly toDay: number }[];
  /** A make-up day follows the timetable of another weekday (1 = Monday … 7 = Sunday). */
  readonly makeups: readonly { readonly day: number; readonly follows: number }[];
}

export const NO_DAYS: SchoolDays = { holidays: [], makeups: [] };

/** The time of one level. */
export interface Calendar {
  /** Weekdays on which the bells ring. */
  readonly weekdays: readonly number[];
  readonly bells: readonly Bell[];
  readonly days: SchoolDays;
}

/** A period on a certain day. */
export interface PeriodTime {
  readonly session: Session;
  readonly period: number;
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * A switch made while the class is still coming in, or in a break, means the period that comes: this long before its
 * bell. The long break of a morning is 20 to 30 minutes.
 */
const LEAD_MS = 30 * MINUTE_MS;
/** A summer is 90 days; a calendar that is silent for longer than this has nothing more to say. */
const AHEAD_DAYS = 400;

/** 1 = Monday … 7 = Sunday. Day 0 was a Thursday. */
export function weekdayOf(day: number): number {
  return ((((day + 3) % 7) + 7) % 7) + 1;
}

/** The weekday whose timetable runs on `day`; 0 on a holiday. A make-up day stands above a holiday that spans it. */
export function followedWeekday(days: SchoolDays, day: number): number {
  for (const makeup of days.makeups) if (makeup.day === day) return makeup.follows;
  for (const holiday of days.holidays) if (holiday.fromDay <= day && day <= holiday.toDay) return 0;
  return weekdayOf(day);
}

/** Days as they are written (`YYYY-MM-DD`) → as they are reckoned with; what is no day is left out. */
export function toSchoolDays(holidays: readonly { readonly fromDay: string; readonly toDay: string }[], makeups: readonly { readonly day: string; readonly follows: number }[]): SchoolDays {
  return {
    holidays: holidays.flatMap((row) => {
      const [fromDay, toDay] = [parseDayText(row.fromDay), parseDayText(row.toDay)];
      return fromDay === null || toDay === null ? [] : [{ fromDay, toDay }];
    }),
    makeups: makeups.flatMap((row) => {
      const day = parseDayText(row.day);
      return day === null ? [] : [{ day, follows: row.follows }];
    }),
  };
}

/** The calendar of a room: the bells of its profile's level; of the school's first level where the profile has none (staff, exams). */
export function calendarOf(levels: readonly (Pick<Calendar, 'weekdays' | 'bells'> & { readonly level: Level })[], days: SchoolDays, profile: string, schoolLevels: readonly string[] = []): Calendar {
  const wanted = levelOf(profile, ...schoolLevels) ?? 'thcs';
  const found = levels.find(({ level }) => level === wanted);
  return { weekdays: found?.weekdays ?? [], bells: found?.bells ?? [], days };
}

/** Day of `YYYY-MM-DD`; null when there is no such day. */
export function parseDayText(text: string): number | null {
  const startMs = parseDay(text);
  return startMs === null ? null : dayOf(startMs);
}

/** Periods of one day in the order of their bells; none on a holiday. */
function periodsOn(calendar: Calendar, day: number): PeriodTime[] {
  if (!calendar.weekdays.includes(followedWeekday(calendar.days, day))) return [];
  const start = startOfDay(day);
  return calendar.bells
    .filter((bell) => bell.toMinute > bell.fromMinute)
    .map(({ session, period, fromMinute, toMinute }) => ({ session, period, fromMs: start + fromMinute * MINUTE_MS, untilMs: start + toMinute * MINUTE_MS }))
    .sort((a, b) => a.fromMs - b.fromMs);
}

/** The period that runs, or null in breaks, at night, on holidays. */
export function periodAt(calendar: Calendar, nowMs: number): PeriodTime | null {
  return periodsOn(calendar, dayOf(nowMs)).find(({ fromMs, untilMs }) => fromMs <= nowMs && nowMs < untilMs) ?? null;
}

/** The period a switch made now is for: the one that runs, else one that begins within `LEAD_MS`. */
export function periodMeant(calendar: Calendar, nowMs: number): PeriodTime | null {
  // The first period of tomorrow may begin just after midnight only in a calendar nobody has; it is found all the same.
  const [next] = nextPeriods(calendar, nowMs, 1);
  return periodAt(calendar, nowMs) ?? (next !== undefined && next.fromMs - nowMs <= LEAD_MS ? next : null);
}

/** When “until the end of the period” is; null when no period runs or is about to begin. */
export function endOfPeriod(calendar: Calendar, nowMs: number): number | null {
  return periodMeant(calendar, nowMs)?.untilMs ?? null;
}

/** When the session (buổi) ends that runs — breaks are part of it — or is about to begin; null outside of sessions. */
export function endOfSession(calendar: Calendar, nowMs: number): number | null {
  const today = periodsOn(calendar, dayOf(nowMs));
  for (const session of SESSIONS) {
    const own = today.filter((period) => period.session === session);
    const first = own[0]?.fromMs ?? Infinity;
    const last = Math.max(...own.map(({ untilMs }) => untilMs), -Infinity);
    if (first <= nowMs && nowMs < last) return last;
  }
  const meant = periodMeant(calendar, nowMs);
  if (meant === null) return null;
  return Math.max(...periodsOn(calendar, dayOf(meant.fromMs)).filter(({ session }) => session === meant.session).map(({ untilMs }) => untilMs));
}

/** The next `count` periods that have not begun yet, across days and holidays. */
export function nextPeriods(calendar: Calendar, nowMs: number, count: number): PeriodTime[] {
  const out: PeriodTime[] = [];
  const today = dayOf(nowMs);
  for (let day = today; day <= today + AHEAD_DAYS && out.length < count; day++) {
    for (const period of periodsOn(calendar, day)) if (period.fromMs > nowMs && out.length < count) out.push(period);
  }
  return out;
}

/** A slot of a timetable that names periods instead of minutes. */
export interface PeriodSpan {
  readonly session: Session;
  readonly fromPeriod: number;
  readonly toPeriod: number;
}

/** Minutes of a span of periods by the bells; null where the bells have no such period. */
export function minutesOf(bells: readonly Bell[], span: PeriodSpan): { readonly fromMinute: number; readonly toMinute: number } | null {
  const at = (period: number): Bell | undefined => bells.find((bell) => bell.session === span.session && bell.period === period);
  const first = at(span.fromPeriod);
  const last = at(span.toPeriod);
  return first === undefined || last === undefined ? null : { fromMinute: first.fromMinute, toMinute: last.toMinute };
}

const LEVEL_OF_PROFILE: Readonly<Record<string, Level>> = { 'lop-1-3': 'tieu-hoc', 'lop-4-5': 'tieu-hoc', 'tieu-hoc': 'tieu-hoc', thcs: 'thcs', thpt: 'thpt' };

/** Whose bells ring for a profile (or a level): its own level's; for staff and exams the first of the others named that has one. */
export function levelOf(profile: string, ...others: readonly string[]): Level | null {
  for (const id of [profile, ...others]) {
    const level = LEVEL_OF_PROFILE[id];
    if (level !== undefined) return level;
  }
  return null;
}
