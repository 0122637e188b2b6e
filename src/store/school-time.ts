/**
 * School time as rows: bells of each level, terms, holidays, make-up days. Whatever is refused is refused whole, with one
 * sentence that says which period or day; a timetable never names a period that has no bell.
 */
import { parseDay } from '../local-time.js';
import type { Changer } from './change.js';
import { prepared, type Connection } from './connection.js';
import type { BellsWish, BellRow, HolidayRow, LevelBells, MakeupRow, PeriodSlotRow, SchoolTimeStore, SlotRow, TermRow } from './school-rows.js';
import { StoreError } from './store-error.js';
import { badValue, nameText } from './values.js';

const LEVEL_WORDS = { 'tieu-hoc': ['tiểu học', 'primary'], thcs: ['THCS', 'lower secondary'], thpt: ['THPT', 'upper secondary'] } as const;
const SESSION_WORDS = { sang: ['sáng', 'morning'], chieu: ['chiều', 'afternoon'], toi: ['tối', 'evening'] } as const;
type Level = LevelBells['level'];

export function createSchoolTime(db: Connection, changer: Changer): SchoolTimeStore {
  const levelRows = db.prepare("SELECT level, weekdays, own FROM bell_level ORDER BY CASE level WHEN 'tieu-hoc' THEN 1 WHEN 'thcs' THEN 2 ELSE 3 END");
  const terms = db.prepare('SELECT name, from_day AS fromDay, to_day AS toDay FROM term ORDER BY from_day, name');
  const holidays = db.prepare('SELECT from_day AS fromDay, to_day AS toDay, name FROM holiday ORDER BY from_day');
  const makeups = db.prepare('SELECT day, follows, name FROM makeup_day ORDER BY day');
  const putTerm = db.prepare('INSERT INTO term (name, from_day, to_day) VALUES (@name, @fromDay, @toDay) ON CONFLICT (name) DO UPDATE SET from_day = excluded.from_day, to_day = excluded.to_day');
  const putHoliday = db.prepare('INSERT INTO holiday (from_day, to_day, name) VALUES (@fromDay, @toDay, @name)');
  const putMakeup = db.prepare('INSERT INTO makeup_day (day, follows, name) VALUES (@day, @follows, @name)');
  const putBell = db.prepare('INSERT INTO bell (level, session, period, from_minute, to_minute) VALUES (?, ?, ?, ?, ?)');

  const levels = (): LevelBells[] => (levelRows.all() as { level: Level; weekdays: string; own: 0 | 1 }[]).map(({ level, weekdays, own }) => ({
    level, weekdays: JSON.parse(weekdays) as number[], own: own === 1, bells: bellsOf(db, level),
  }));
  const levelNow = (level: Level): LevelBells => {
    const found = levels().find((row) => row.level === level);
    if (found === undefined) throw badValue('Cấp học phải là tieu-hoc, thcs hoặc thpt.', 'The level must be tieu-hoc, thcs or thpt.');
    return found;
  };
  const writeBells = (level: BellsWish): void => {
    const weekdays = validLevel(level);
    db.prepare('DELETE FROM bell WHERE level = ?').run(level.level);
    for (const { session, period, fromMinute, toMinute } of level.bells) putBell.run(level.level, session, period, fromMinute, toMinute);
    db.prepare('UPDATE bell_level SET weekdays = ?, own = ? WHERE level = ?').run(JSON.stringify(weekdays), level.own === false ? 0 : 1, level.level);
    noneLeftWithout(db);
  };
  const writeHoliday = (holiday: HolidayRow): HolidayRow => {
    const row = { fromDay: dayText(holiday.fromDay), toDay: dayText(holiday.toDay), name: nameText(holiday.name, 100) };
    inOrder(row);
    const other = (holidays.all() as HolidayRow[]).find((one) => one.fromDay <= row.toDay && row.fromDay <= one.toDay);
    if (other !== undefined) throw badDay(`Ngày nghỉ này trùng với “${other.name}” (${sayDays(other)}).`, `This holiday overlaps “${other.name}” (${sayDays(other)}).`);
    // A make-up day inside a longer holiday is meant: it stands above it. On a day off of its own it is a slip of the pen.
    putHoliday.run(row);
    return row;
  };
  const writeMakeup = (makeup: MakeupRow): MakeupRow => {
    const row = { day: dayText(makeup.day), follows: makeup.follows, name: nameText(makeup.name, 100) };
    if (!Number.isInteger(row.follows) || row.follows < 1 || row.follows > 7) throw badDay('Ngày học bù phải theo thời khóa biểu của một thứ trong tuần, từ thứ Hai (1) đến Chủ nhật (7).', 'A make-up day must follow a weekday from Monday (1) to Sunday (7).');
    if ((makeups.all() as MakeupRow[]).some((one) => one.day === row.day)) throw badDay(`Ngày ${row.day} đã là ngày học bù.`, `${row.day} is a make-up day already.`);
    const off = (holidays.all() as HolidayRow[]).find((one) => one.fromDay === row.day && one.toDay === row.day);
    if (off !== undefined) throw badDay(`Ngày ${row.day} đang là ngày nghỉ “${off.name}”; hãy bỏ ngày nghỉ ấy trước.`, `${row.day} is the holiday “${off.name}”; remove that first.`);
    putMakeup.run(row);
    return row;
  };
  const writeTerm = (term: TermRow): TermRow => {
    const row = { name: nameText(term.name, 100), fromDay: dayText(term.fromDay), toDay: dayText(term.toDay) };
    inOrder(row);
    putTerm.run(row);
    return row;
  };

  return {
    levels,
    setBells(level, actor) {
      return changer.change(true, actor, (note) => {
        const before = levelNow(level.level);
        writeBells(level);
        const after = levelNow(level.level);
        if (JSON.stringify(after) !== JSON.stringify(before)) note('bells.set', level.level, before, after);
        return before;
      });
    },
    terms: () => terms.all() as TermRow[],
    setTerm(term, actor) {
      return changer.change(false, actor, (note) => {
        const before = (terms.all() as TermRow[]).find(({ name }) => name === term.name) ?? null;
        note('term.set', term.name, before, writeTerm(term));
        return before;
      });
    },
    removeTerm: (name, actor) => changer.change(false, actor, (note) => {
      const before = (terms.all() as TermRow[]).find((one) => one.name === name) ?? null;
      if (before === null) return null;
      db.prepare('DELETE FROM term WHERE name = ?').run(name);
      note('term.remove', name, before, null);
      return before;
    }),
    holidays: () => holidays.all() as HolidayRow[],
    addHoliday: (holiday, actor) => changer.change(true, actor, (note) => {
      const row = writeHoliday(holiday);
      note('holiday.add', row.fromDay, null, row);
      return row;
    }),
    removeHoliday: (fromDay, actor) => changer.change(true, actor, (note) => {
      const before = (holidays.all() as HolidayRow[]).find((one) => one.fromDay === fromDay) ?? null;
      if (before === null) return null;
      db.prepare('DELETE FROM holiday WHERE from_day = ?').run(fromDay);
      note('holiday.remove', fromDay, before, null);
      return before;
    }),
    makeups: () => makeups.all() as MakeupRow[],
    addMakeup: (makeup, actor) => changer.change(true, actor, (note) => {
      const row = writeMakeup(makeup);
      note('makeup.add', row.day, null, row);
      return row;
    }),
    removeMakeup: (day, actor) => changer.change(true, actor, (note) => {
      const before = (makeups.all() as MakeupRow[]).find((one) => one.day === day) ?? null;
      if (before === null) return null;
      db.prepare('DELETE FROM makeup_day WHERE day = ?').run(day);
      note('makeup.remove', day, before, null);
      return before;
    }),
    replace(rows, actor) {
      changer.change(true, actor, (note) => {
        const now = (): unknown => ({ levels: levels(), terms: terms.all(), holidays: holidays.all(), makeups: makeups.all() });
        const before = now();
        for (const level of rows.levels ?? []) {
          levelNow(level.level);
          writeBells(level);
        }
        if (rows.terms !== undefined) db.prepare('DELETE FROM term').run();
        for (const term of rows.terms ?? []) writeTerm(term);
        if (rows.holidays !== undefined) db.prepare('DELETE FROM holiday').run();
        if (rows.makeups !== undefined) db.prepare('DELETE FROM makeup_day').run();
        for (const holiday of rows.holidays ?? []) writeHoliday(holiday);
        for (const makeup of rows.makeups ?? []) writeMakeup(makeup);
        const after = now();
        if (JSON.stringify(before) !== JSON.stringify(after)) note('school-time.import', 'school-time', before, after);
      });
    },
  };
}

function bellsOf(db: Connection, level: string): BellRow[] {
  return prepared(db, 'SELECT session, period, from_minute AS fromMinute, to_minute AS toMinute FROM bell WHERE level = ? ORDER BY from_minute').all(level) as BellRow[];
}

/** Throws where a slot names a period that has no bell, or one that ends before it begins. */
export function periodsRing(db: Connection, slots: readonly SlotRow[]): void {
  for (const slot of slots) if ('session' in slot) rings(bellsOf(db, slot.level), slot, null);
}

/** No room's timetable may be left with a period that no longer rings. */
function noneLeftWithout(db: Connection): void {
  const zones = db.prepare('SELECT name, timetable FROM zone').all() as { name: string; timetable: string }[];
  for (const { name, timetable } of zones) {
    for (const slot of JSON.parse(timetable) as SlotRow[]) if ('session' in slot) rings(bellsOf(db, slot.level), slot, name);
  }
}

function rings(bells: readonly BellRow[], slot: PeriodSlotRow, zone: string | null): void {
  const at = (period: number): BellRow | undefined => bells.find((bell) => bell.session === slot.session && bell.period === period);
  for (const period of [slot.fromPeriod, slot.toPeriod]) {
    if (at(period) !== undefined) continue;
    const [vi, en] = SESSION_WORDS[slot.session];
    const [levelVi, levelEn] = LEVEL_WORDS[slot.level];
    if (zone !== null) throw new StoreError('period-in-use', `Thời khóa biểu của phòng “${zone}” dùng tiết ${period} buổi ${vi} (${levelVi}); hãy sửa thời khóa biểu ấy trước.`, `The timetable of zone “${zone}” uses ${en} period ${period} (${levelEn}); change it first.`);
    throw new StoreError('unknown-period', `Giờ vào tiết (${levelVi}) không có tiết ${period} buổi ${vi}.`, `The ${levelEn} bells have no ${en} period ${period}.`);
  }
  if (slot.toPeriod < slot.fromPeriod) throw badValue('Thời khóa biểu có tiết cuối đứng trước tiết đầu.', 'The timetable has a last period before its first.');
}

function validLevel(level: Omit<LevelBells, 'own'>): number[] {
  const weekdays = [...new Set(level.weekdays)].sort((a, b) => a - b);
  if (weekdays.length === 0 || weekdays.some((day) => !Number.isInteger(day) || day < 1 || day > 7)) {
    throw badDay('Ngày học trong tuần phải từ thứ Hai (1) đến Chủ nhật (7), ít nhất một ngày.', 'Weekdays must be from Monday (1) to Sunday (7), at least one.');
  }
  if (level.bells.length === 0) throw badValue('Mỗi cấp học cần ít nhất một tiết.', 'A level needs at least one period.');
  const bells = [...level.bells].sort((a, b) => a.fromMinute - b.fromMinute);
  const say = ({ session, period }: BellRow): [string, string] => [`Tiết ${period} buổi ${SESSION_WORDS[session][0]}`, `${SESSION_WORDS[session][1]} period ${period}`];
  for (const bell of bells) {
    if (!(bell.session in SESSION_WORDS) || !Number.isInteger(bell.period) || bell.period < 1 || bell.period > 12) throw badValue('Tiết phải là số từ 1 đến 12 của buổi sang, chieu hoặc toi.', 'A period must be a number from 1 to 12 of session sang, chieu or toi.');
    const [vi, en] = say(bell);
    const whole = Number.isInteger(bell.fromMinute) && Number.isInteger(bell.toMinute) && bell.fromMinute >= 0 && bell.toMinute <= 1_440;
    if (!whole || bell.toMinute <= bell.fromMinute) throw new StoreError('bad-time', `${vi} phải kết thúc sau khi bắt đầu, trong cùng một ngày.`, `The ${en} must end after it begins, on the same day.`);
    if (bells.filter((one) => one.session === bell.session && one.period === bell.period).length > 1) throw badValue(`${vi} có hai lần.`, `The ${en} is there twice.`);
  }
  bells.forEach((bell, i) => {
    const before = bells[i - 1];
    if (before === undefined) return;
    const [vi, en] = say(bell);
    const [otherVi, otherEn] = say(before);
    if (bell.fromMinute < before.toMinute) throw new StoreError('bells-overlap', `${vi} bắt đầu khi ${otherVi.toLowerCase()} chưa kết thúc.`, `The ${en} begins before the ${otherEn} ends.`);
    if (bell.session === before.session && bell.period < before.period) throw new StoreError('bells-overlap', `${vi} đứng sau ${otherVi.toLowerCase()}; tiết phải theo thứ tự.`, `The ${en} comes after the ${otherEn}; periods must be in order.`);
  });
  return weekdays;
}

function dayText(text: string): string {
  if (parseDay(text) === null) throw badDay(`Không có ngày “${text.slice(0, 20)}”; viết như 2026-11-23.`, `“${text.slice(0, 20)}” is not a day there is, written like 2026-11-23.`);
  return text;
}

function inOrder({ fromDay, toDay }: { readonly fromDay: string; readonly toDay: string }): void {
  if (toDay < fromDay) throw badDay(`Ngày cuối ${toDay} đứng trước ngày đầu ${fromDay}.`, `The last day ${toDay} comes before the first, ${fromDay}.`);
}

function sayDays({ fromDay, toDay }: HolidayRow): string {
  return fromDay === toDay ? fromDay : `${fromDay} – ${toDay}`;
}

function badDay(vi: string, en: string): StoreError {
  return new StoreError('bad-day', vi, en);
}
