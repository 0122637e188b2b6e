/** End times as a teacher says them: until the end of the period (tiết) or the session (buổi) of a room, or a clock time. */
import { stateUnder } from '../policy/schedule.js';
import { calendarOf, endOfPeriod, endOfSession, minutesOf, nextPeriods, toSchoolDays, type Calendar } from '../policy/school-time.js';
import type { Zone } from '../policy/snapshot.js';
import { CommandError, type CommandEnv } from './env.js';
import { parseUntil, sayTime } from './time.js';
import { schoolLevels } from '../store/school-facts.js';

export const UNTIL = 'đến lúc: tiết, buổi, 45m, 10:15 hoặc ISO-8601 (end time: period, session, 45m, 10:15 or ISO-8601)';

const PERIOD: ReadonlySet<string> = new Set(['period', 'tiet', 'het tiet', 'cuoi tiet']);
const SESSION: ReadonlySet<string> = new Set(['session', 'buoi', 'het buoi', 'cuoi buoi']);

/** Letters without marks, as typed on a keyboard that has none. */
function plain(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().trim().replace(/[\s-]+/g, ' ');
}

/** The bells that ring for a room. */
function calendarFor(env: CommandEnv, zone: string): Calendar {
  const { schoolTime, policies } = env.store();
  const profile = policies.zones().find((row) => row.name === zone)?.profile ?? '';
  return calendarOf(schoolTime.levels(), toSchoolDays(schoolTime.holidays(), schoolTime.makeups()), profile, schoolLevels(env.config.school.levels, env.store().settings));
}

/** Reads an end time for a room. */
export function untilFor(env: CommandEnv, text: string, zone: string, nowMs: number, maxMs: number): number {
  const word = plain(text);
  if (!PERIOD.has(word) && !SESSION.has(word)) return parseUntil(text, nowMs, maxMs);
  const calendar = calendarFor(env, zone);
  const end = PERIOD.has(word) ? endOfPeriod(calendar, nowMs) : endOfSession(calendar, nowMs);
  if (end !== null) return end;
  const [next] = nextPeriods(calendar, nowMs, 1);
  const vi = next === undefined ? 'lịch của trường chưa có tiết nào sắp tới' : `tiết tới bắt đầu lúc ${sayTime(next.fromMs)}`;
  const en = next === undefined ? "the school's calendar has no period to come" : `the next period begins at ${sayTime(next.fromMs)}`;
  throw new CommandError(1, `Bây giờ không trong tiết nào của phòng ${zone} (${vi}); hãy nêu giờ, ví dụ 45m hoặc 10:15.`, `No period of ${zone} is running (${en}); give a time such as 45m or 10:15.`);
}

/** Profile a room is on now, by lesson, timetable and its own. */
export function profileNow(env: CommandEnv, name: string, nowMs: number): string {
  const ids = env.shipped().profiles.map(({ id }) => id);
  const { policies, schoolTime } = env.store();
  const row = policies.zones().find((zone) => zone.name === name);
  if (row === undefined) return ids[0] ?? '';
  const levels = schoolTime.levels();
  const timetable = row.timetable.flatMap((slot) => {
    const minutes = 'session' in slot ? minutesOf(levels.find(({ level }) => level === slot.level)?.bells ?? [], slot) : slot;
    return minutes === null ? [] : [{ weekday: slot.weekday, fromMinute: minutes.fromMinute, toMinute: minutes.toMinute, profile: ids.indexOf(slot.profile) }];
  });
  const zone: Zone = { ...row, profile: ids.indexOf(row.profile), timetable };
  const lessons = policies.lessons(nowMs).filter((lesson) => lesson.zone === name).map(({ zone: of, profile, fromMs, untilMs }) => ({ zone: of, profile: ids.indexOf(profile), fromMs, untilMs }));
  return ids[stateUnder(zone, lessons, nowMs, toSchoolDays(schoolTime.holidays(), schoolTime.makeups())).profile] ?? row.profile;
}
