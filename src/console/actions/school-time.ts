/** School time: bells of each level and session, terms, holidays, make-up days. What is refused is refused whole, and each change can be taken back. */
import { z } from 'zod';
import { LEVELS, SESSIONS } from '../../policy/school-time.js';
import { bellsOfSession } from '../../store/bell-text.js';
import { action } from '../action.js';
import { inField, refused } from '../refused.js';
import { both } from '../words.js';
import { clockText } from './timetable.js';

const ADMIN = ['it-admin'] as const;
const day = z.string(both('Chưa điền ngày.', 'Fill in the day.')).regex(/^\d{4}-\d{2}-\d{2}$/, both('Ngày viết như 2026-11-20.', 'Write the day like 2026-11-20.'));
const name = z.string(both('Chưa điền tên.', 'Fill in the name.')).trim().min(1, both('Chưa điền tên.', 'Fill in the name.')).max(100).meta({ vi: 'Tên', en: 'Name' });
const times = z.array(z.string().max(40)).max(12).optional();
const level = z.enum(LEVELS, both('Cấp học phải là tieu-hoc, thcs hoặc thpt.', 'The level must be tieu-hoc, thcs or thpt.')).meta({ vi: 'Cấp học', en: 'Level' });

const bell = z.object({ session: z.enum(SESSIONS), period: z.int(), from: z.string(), to: z.string() });
const span = z.object({ name: z.string(), from: z.string(), to: z.string() });
const makeup = z.object({ day: z.string(), follows: z.int(), name: z.string() });

export const schoolTimeActions = [
  action({
    name: 'time.show',
    method: 'GET',
    path: '/school-time',
    about: { vi: 'Giờ vào tiết, học kỳ, ngày nghỉ, ngày học bù', en: 'Bells, terms, holidays, make-up days' },
    roles: ['it-admin', 'teacher', 'head'],
    input: z.strictObject({}),
    output: z.object({ levels: z.array(z.object({ level: z.string(), weekdays: z.array(z.int()), own: z.boolean(), bells: z.array(bell) })), terms: z.array(span), holidays: z.array(span), makeups: z.array(makeup) }),
    run({ store: { schoolTime } }) {
      const spanOf = (row: { name: string; fromDay: string; toDay: string }): z.output<typeof span> => ({ name: row.name, from: row.fromDay, to: row.toDay });
      return {
        value: {
          levels: schoolTime.levels().map((row) => ({
            level: row.level, weekdays: [...row.weekdays], own: row.own,
            bells: row.bells.map((one) => ({ session: one.session, period: one.period, from: clockText(one.fromMinute), to: clockText(one.toMinute) })),
          })),
          terms: schoolTime.terms().map(spanOf), holidays: schoolTime.holidays().map(spanOf), makeups: schoolTime.makeups(),
        },
      };
    },
  }),
  action({
    name: 'bells.set',
    method: 'PUT',
    path: '/school-time/bells/{level}',
    about: { vi: 'Đặt giờ vào tiết của một cấp học, ca sáng, chiều, tối', en: 'Set the bells of a level, morning, afternoon and evening' },
    roles: ADMIN,
    bearsOnVerdicts: true,
    input: z.strictObject({
      level,
      weekdays: z.array(z.string().regex(/^[1-7]$/, both('Thứ trong tuần là số từ 1 (thứ Hai) đến 7.', 'Weekdays are 1 (Monday) to 7.'))).min(1, both('Hãy chọn ít nhất một ngày học.', 'Choose at least one school day.')).max(7).meta({ vi: 'Các ngày học', en: 'School days' }),
      sang: times.meta({ vi: 'Buổi sáng', en: 'Morning', description: 'Periods in order, 07:15-08:00' }),
      chieu: times.meta({ vi: 'Buổi chiều', en: 'Afternoon' }),
      toi: times.meta({ vi: 'Buổi tối', en: 'Evening' }),
    }),
    output: z.object({ level: z.string(), periods: z.int() }),
    run(env, who, input) {
      const bells = SESSIONS.flatMap((session) => inField(session, () => bellsOfSession(input[session] ?? [], session)));
      const before = env.store.schoolTime.setBells({ level: input.level, weekdays: input.weekdays.map(Number), bells }, who.actor);
      return {
        value: { level: input.level, periods: bells.length },
        say: { vi: `Đã đặt giờ vào tiết: ${bells.length} tiết. Thời khóa biểu theo tiết của các phòng đổi theo.`, en: `Bells set: ${bells.length} periods. Timetables by periods move with them.` },
        undo: () => void env.store.schoolTime.setBells(before, who.actor),
      };
    },
  }),
  action({
    name: 'term.set',
    method: 'PUT',
    path: '/school-time/terms/{name}',
    about: { vi: 'Đặt năm học hoặc học kỳ', en: 'Set a school year or term' },
    roles: ADMIN,
    input: z.strictObject({ name, from: day.meta({ vi: 'Ngày đầu', en: 'First day' }), to: day.meta({ vi: 'Ngày cuối', en: 'Last day' }) }),
    output: span,
    run({ store: { schoolTime } }, who, input) {
      const before = schoolTime.setTerm({ name: input.name, fromDay: input.from, toDay: input.to }, who.actor);
      return {
        value: input,
        say: { vi: `Đã đặt ${input.name}.`, en: `${input.name} set.` },
        undo: () => void (before === null ? schoolTime.removeTerm(input.name, who.actor) : schoolTime.setTerm(before, who.actor)),
      };
    },
  }),
  action({
    name: 'term.remove',
    method: 'DELETE',
    path: '/school-time/terms/{name}',
    about: { vi: 'Bỏ năm học hoặc học kỳ', en: 'Remove a school year or term' },
    roles: ADMIN,
    input: z.strictObject({ name }),
    output: z.object({ removed: z.string() }),
    run({ store: { schoolTime } }, who, input) {
      const row = schoolTime.removeTerm(input.name, who.actor);
      if (row === null) throw refused('not-found', `Không có «${input.name}».`, `There is no "${input.name}".`);
      return { value: { removed: row.name }, say: { vi: `Đã bỏ ${row.name}.`, en: `${row.name} removed.` }, undo: () => void schoolTime.setTerm(row, who.actor) };
    },
  }),
  action({
    name: 'holiday.add',
    method: 'POST',
    path: '/school-time/holidays',
    about: { vi: 'Thêm ngày nghỉ; thời khóa biểu của các phòng không chạy', en: 'Add a holiday; timetables do not run' },
    roles: ADMIN,
    bearsOnVerdicts: true,
    input: z.strictObject({ name, from: day.meta({ vi: 'Ngày đầu', en: 'First day' }), to: day.optional().meta({ vi: 'Ngày cuối', en: 'Last day' }) }),
    output: span,
    run({ store: { schoolTime } }, who, input) {
      const row = schoolTime.addHoliday({ name: input.name, fromDay: input.from, toDay: input.to ?? input.from }, who.actor);
      return {
        value: { name: row.name, from: row.fromDay, to: row.toDay },
        say: { vi: `Đã thêm ngày nghỉ ${row.name}.`, en: `Holiday ${row.name} added.` },
        undo: () => void schoolTime.removeHoliday(row.fromDay, who.actor),
      };
    },
  }),
  action({
    name: 'holiday.remove',
    method: 'DELETE',
    path: '/school-time/holidays/{from}',
    about: { vi: 'Bỏ ngày nghỉ, theo ngày đầu', en: 'Remove a holiday, by its first day' },
    roles: ADMIN,
    bearsOnVerdicts: true,
    input: z.strictObject({ from: day.meta({ vi: 'Ngày đầu', en: 'First day' }) }),
    output: z.object({ removed: z.string() }),
    run({ store: { schoolTime } }, who, input) {
      const row = schoolTime.removeHoliday(input.from, who.actor);
      if (row === null) throw refused('not-found', `Không có ngày nghỉ bắt đầu ngày ${input.from}.`, `No holiday begins on ${input.from}.`);
      return { value: { removed: row.name }, say: { vi: `Đã bỏ ngày nghỉ ${row.name}.`, en: `Holiday ${row.name} removed.` }, undo: () => void schoolTime.addHoliday(row, who.actor) };
    },
  }),
  action({
    name: 'makeup.add',
    method: 'POST',
    path: '/school-time/makeups',
    about: { vi: 'Thêm ngày học bù theo thời khóa biểu của một thứ', en: 'Add a make-up day that follows a weekday' },
    roles: ADMIN,
    bearsOnVerdicts: true,
    input: z.strictObject({
      day: day.meta({ vi: 'Ngày học bù', en: 'Make-up day' }),
      follows: z.int().min(1).max(7).meta({ vi: 'Theo thời khóa biểu của', en: 'Follows', description: '1 = Monday … 7 = Sunday' }),
      name: name.optional(),
    }),
    output: makeup,
    run({ store: { schoolTime } }, who, input) {
      const row = schoolTime.addMakeup({ day: input.day, follows: input.follows, name: input.name ?? 'Học bù' }, who.actor);
      return { value: row, say: { vi: `Đã thêm ngày học bù ${row.day}.`, en: `Make-up day ${row.day} added.` }, undo: () => void schoolTime.removeMakeup(row.day, who.actor) };
    },
  }),
  action({
    name: 'makeup.remove',
    method: 'DELETE',
    path: '/school-time/makeups/{day}',
    about: { vi: 'Bỏ ngày học bù', en: 'Remove a make-up day' },
    roles: ADMIN,
    bearsOnVerdicts: true,
    input: z.strictObject({ day: day.meta({ vi: 'Ngày học bù', en: 'Make-up day' }) }),
    output: z.object({ removed: z.string() }),
    run({ store: { schoolTime } }, who, input) {
      const row = schoolTime.removeMakeup(input.day, who.actor);
      if (row === null) throw refused('not-found', `Ngày ${input.day} không phải ngày học bù.`, `${input.day} is no make-up day.`);
      return { value: { removed: row.day }, say: { vi: `Đã bỏ ngày học bù ${row.day}.`, en: `Make-up day ${row.day} removed.` }, undo: () => void schoolTime.addMakeup(row, who.actor) };
    },
  }),
];
