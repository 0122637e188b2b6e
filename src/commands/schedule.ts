/** `luytre schedule`: bells, terms, holidays and make-up days, by hand or from a YAML file. */
import type { Command } from 'commander';
import { z } from 'zod';
import { readConfigFile } from '../config-file.js';
import { calendarOf, endOfPeriod, LEVELS, nextPeriods, periodAt, SESSIONS, toSchoolDays, type Level, type Session } from '../policy/school-time.js';
import { bellOf, bellsOfSession, weekdayOf } from '../store/bell-text.js';
import type { SchoolTimeRows } from '../store/school-rows.js';
import { asUsage } from './check.js';
import { CommandError, type CommandEnv, type Run } from './env.js';
import { sayTime } from './time.js';

const SESSION_WORDS: Readonly<Record<Session, readonly [string, string]>> = { sang: ['sáng', 'morning'], chieu: ['chiều', 'afternoon'], toi: ['tối', 'evening'] };
const WEEKDAYS = ['thứ Hai', 'thứ Ba', 'thứ Tư', 'thứ Năm', 'thứ Sáu', 'thứ Bảy', 'Chủ nhật'];
const WEEKDAYS_EN = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday'];

export function registerSchedule(program: Command, run: Run): void {
  const schedule = program.command('schedule').description('giờ vào tiết, năm học, ngày nghỉ, ngày học bù (bells, terms, holidays, make-up days)');
  schedule.command('show').description('xem tất cả (show everything)').action(run((env) => show(env)));
  schedule.command('set').description('đặt giờ vào tiết của một buổi (set the bells of one session)')
    .requiredOption('--level <level>', LEVELS.join(' | '))
    .requiredOption('--session <session>', SESSIONS.join(' | '))
    .requiredOption('--bells <times>', 'các tiết theo thứ tự: 07:15-08:00,08:05-08:50; «-» là buổi không học (the periods in order; "-": none)')
    .option('--weekdays <days>', 'các ngày học, 1 là thứ Hai: 1-6 hoặc 1,2,5 (school days, 1 is Monday)')
    .action(run((env, options: { level: string; session: string; bells: string; weekdays?: string }) => setBells(env, options)));
  schedule.command('term <name>').description('đặt năm học hay học kỳ (set a school year or term)')
    .requiredOption('--from <day>', 'ngày đầu, 2026-09-05 (first day)')
    .requiredOption('--to <day>', 'ngày cuối (last day)')
    .action(run((env, name: string, options: { from: string; to: string }) => {
      env.store().schoolTime.setTerm({ name, fromDay: options.from, toDay: options.to }, env.actor);
      done(env, { name, ...options }, `Đã đặt ${name}: ${options.from} – ${options.to}.`, `${name} is ${options.from} – ${options.to}.`);
    }));
  const holidays = schedule.command('holidays').description('ngày nghỉ (holidays)');
  holidays.command('add <day>').description('thêm ngày nghỉ (add)')
    .option('--to <day>', 'ngày cuối của kỳ nghỉ (last day)')
    .requiredOption('--name <name>', 'tên, ví dụ Tết Nguyên đán (name)')
    .action(run((env, day: string, options: { to?: string; name: string }) => {
      const row = env.store().schoolTime.addHoliday({ fromDay: day, toDay: options.to ?? day, name: options.name }, env.actor);
      done(env, row, `Đã thêm ngày nghỉ ${row.name}: ${row.fromDay} – ${row.toDay}.`, `Holiday ${row.name} added: ${row.fromDay} – ${row.toDay}.`);
    }));
  holidays.command('remove <day>').description('bỏ, theo ngày đầu (remove, by its first day)').action(run((env, day: string) => {
    const row = env.store().schoolTime.removeHoliday(day, env.actor);
    if (row === null) throw new CommandError(1, `Không có ngày nghỉ bắt đầu ngày ${day}.`, `No holiday begins on ${day}.`);
    done(env, { ...row, removed: true }, `Đã bỏ ngày nghỉ ${row.name}.`, `Holiday ${row.name} removed.`);
  }));
  const makeup = schedule.command('makeup').description('ngày học bù (make-up days)');
  makeup.command('add <day>').description('thêm ngày học bù (add)')
    .requiredOption('--follows <weekday>', 'theo thời khóa biểu của thứ nào: 1–7 (1 là thứ Hai) hoặc t2 … t7, cn (whose timetable: 1–7, 1 is Monday)')
    .option('--name <name>', 'ghi chú (note)')
    .action(run((env, day: string, options: { follows: string; name?: string }) => {
      const follows = asUsage(() => weekdayOf(options.follows));
      const row = env.store().schoolTime.addMakeup({ day, follows, name: options.name ?? 'Học bù' }, env.actor);
      done(env, row, `Ngày ${day} học bù theo thời khóa biểu ${WEEKDAYS[follows - 1] ?? ''}.`, `${day} follows the timetable of ${WEEKDAYS_EN[follows - 1] ?? ''}.`);
    }));
  makeup.command('remove <day>').description('bỏ (remove)').action(run((env, day: string) => {
    const row = env.store().schoolTime.removeMakeup(day, env.actor);
    if (row === null) throw new CommandError(1, `Ngày ${day} không phải ngày học bù.`, `${day} is no make-up day.`);
    done(env, { ...row, removed: true }, `Đã bỏ ngày học bù ${day}.`, `Make-up day ${day} removed.`);
  }));
  schedule.command('import <file>').description('nạp cả lịch từ tệp YAML; phần nào có trong tệp thì thay cả phần ấy (import YAML; a part that is there replaces its like)')
    .action(run((env, file: string) => importFile(env, file)));
}

function done(env: CommandEnv, value: unknown, vi: string, en: string): void {
  if (env.json) env.say.json(value);
  else env.say.out(env.t(vi, en));
}

function clock(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`;
}

function show(env: CommandEnv): void {
  const { schoolTime } = env.store();
  const levels = schoolTime.levels();
  const [terms, holidays, makeups] = [schoolTime.terms(), schoolTime.holidays(), schoolTime.makeups()];
  const now = env.now();
  const days = toSchoolDays(holidays, makeups);
  if (env.json) {
    const at = levels.map(({ level }) => {
      const calendar = calendarOf(levels, days, level);
      return { level, now: periodAt(calendar, now), ends: endOfPeriod(calendar, now), next: nextPeriods(calendar, now, 1)[0] ?? null };
    });
    env.say.json({ levels, terms, holidays, makeups, at });
    return;
  }
  for (const { level, weekdays, own, bells } of levels) {
    env.say.out(`${level}\t${env.t('các ngày', 'days')} ${weekdays.join(',')}${own ? '' : env.t('\t(giờ ví dụ, trường sửa theo giờ của mình)', '\t(examples; set your own)')}`);
    for (const session of SESSIONS) {
      const own = bells.filter((bell) => bell.session === session);
      if (own.length > 0) env.say.out(`  ${env.t(...SESSION_WORDS[session])}: ${own.map((bell) => `${bell.period} ${clock(bell.fromMinute)}-${clock(bell.toMinute)}`).join(' · ')}`);
    }
    const calendar = calendarOf(levels, days, level);
    const running = periodAt(calendar, now);
    const [next] = nextPeriods(calendar, now, 1);
    if (running !== null) env.say.out(env.t(`  bây giờ: tiết ${running.period} ${SESSION_WORDS[running.session][0]}, đến ${sayTime(running.untilMs)}`, `  now: ${SESSION_WORDS[running.session][1]} period ${running.period} until ${sayTime(running.untilMs)}`));
    else if (next !== undefined) env.say.out(env.t(`  tiết tới: ${sayTime(next.fromMs)}`, `  next period: ${sayTime(next.fromMs)}`));
  }
  for (const term of terms) env.say.out(`${term.name}\t${term.fromDay} – ${term.toDay}`);
  for (const holiday of holidays) env.say.out(`${env.t('nghỉ', 'off')}\t${holiday.fromDay} – ${holiday.toDay}\t${holiday.name}`);
  for (const makeup of makeups) env.say.out(`${env.t('học bù', 'make-up')}\t${makeup.day}\t${env.t(`theo ${WEEKDAYS[makeup.follows - 1] ?? ''}`, `as ${WEEKDAYS_EN[makeup.follows - 1] ?? ''}`)}\t${makeup.name}`);
}

function knownLevel(text: string): Level {
  const level = LEVELS.find((known) => known === text);
  if (level === undefined) throw new CommandError(2, `Không có cấp học «${text}»; các cấp: ${LEVELS.join(', ')}.`, `No level "${text}"; levels: ${LEVELS.join(', ')}.`);
  return level;
}

function weekdaysOf(text: string): number[] {
  const range = /^([1-7])-([1-7])$/.exec(text);
  if (range !== null) return Array.from({ length: Math.max(0, Number(range[2]) - Number(range[1]) + 1) }, (_, i) => Number(range[1]) + i);
  return text.split(',').map((part) => asUsage(() => weekdayOf(part)));
}

function setBells(env: CommandEnv, options: { level: string; session: string; bells: string; weekdays?: string }): void {
  const level = knownLevel(options.level);
  const session = SESSIONS.find((known) => known === options.session);
  if (session === undefined) throw new CommandError(2, `Buổi phải là ${SESSIONS.join(', ')}, không phải «${options.session}».`, `The session must be ${SESSIONS.join(', ')}, not "${options.session}".`);
  const texts = options.bells.trim() === '-' ? [] : options.bells.split(',');
  const made = asUsage(() => bellsOfSession(texts, session));
  const before = env.store().schoolTime.levels().find((row) => row.level === level);
  const bells = [...(before?.bells ?? []).filter((bell) => bell.session !== session), ...made];
  const weekdays = options.weekdays === undefined ? (before?.weekdays ?? []) : weekdaysOf(options.weekdays);
  env.store().schoolTime.setBells({ level, weekdays, bells }, env.actor);
  done(env, env.store().schoolTime.levels().find((row) => row.level === level), `Đã đặt giờ buổi ${SESSION_WORDS[session][0]} cấp ${level}: ${made.length} tiết. Áp dụng trong vài giây.`, `The ${SESSION_WORDS[session][1]} of ${level} has ${made.length} periods now; effective within seconds.`);
}

const day = z.string();
const times = z.array(z.string());
const fileSchema = z.strictObject({
  levels: z.strictObject(Object.fromEntries(LEVELS.map((level) => [level, z.strictObject({ weekdays: z.array(z.int()).optional(), sang: times.optional(), chieu: times.optional(), toi: times.optional() }).optional()]))).optional(),
  terms: z.array(z.strictObject({ name: z.string(), from: day, to: day })).optional(),
  holidays: z.array(z.strictObject({ from: day, to: day.optional(), name: z.string() })).optional(),
  makeups: z.array(z.strictObject({ day, follows: z.int(), name: z.string().optional() })).optional(),
});
type FileContent = z.infer<typeof fileSchema>;

function importFile(env: CommandEnv, file: string): void {
  const content: FileContent = readConfigFile(file, fileSchema, (value) => {
    for (const [level, sessions] of Object.entries(value.levels ?? {})) {
      for (const session of SESSIONS) {
        const wrong = (sessions?.[session] ?? []).findIndex((text) => bellOf(text, session, 1) === null);
        if (wrong >= 0) return { path: ['levels', level, session, String(wrong)], vi: 'cần là giờ của một tiết như 07:15-08:00', en: 'must be the time of a period such as 07:15-08:00' };
      }
    }
    return null;
  });
  const { schoolTime } = env.store();
  const before = new Map(schoolTime.levels().map((row) => [row.level, row]));
  const rows: SchoolTimeRows = {
    levels: LEVELS.flatMap((level) => {
      const given = content.levels?.[level];
      if (given === undefined) return [];
      const bells = SESSIONS.flatMap((session) => (given[session] ?? []).flatMap((text, i) => bellOf(text, session, i + 1) ?? []));
      return [{ level, weekdays: given.weekdays ?? before.get(level)?.weekdays ?? [], bells }];
    }),
    ...(content.terms === undefined ? {} : { terms: content.terms.map(({ name, from, to }) => ({ name, fromDay: from, toDay: to })) }),
    ...(content.holidays === undefined ? {} : { holidays: content.holidays.map(({ name, from, to }) => ({ name, fromDay: from, toDay: to ?? from })) }),
    ...(content.makeups === undefined ? {} : { makeups: content.makeups.map((row) => ({ day: row.day, follows: row.follows, name: row.name ?? 'Học bù' })) }),
  };
  schoolTime.replace(rows, env.actor);
  const counts = { levels: rows.levels?.length ?? 0, terms: rows.terms?.length ?? 0, holidays: rows.holidays?.length ?? 0, makeups: rows.makeups?.length ?? 0 };
  done(env, counts, `Đã nạp lịch: ${counts.levels} cấp học, ${counts.terms} học kỳ, ${counts.holidays} kỳ nghỉ, ${counts.makeups} ngày học bù.`, `Imported: ${counts.levels} levels, ${counts.terms} terms, ${counts.holidays} holidays, ${counts.makeups} make-up days.`);
}
