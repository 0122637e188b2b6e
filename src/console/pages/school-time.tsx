/** "Giờ học": bells of each level, school years, holidays, make-up days. */
import { calendarOf, LEVELS, nextPeriods, periodAt, SESSIONS, toSchoolDays, type Level } from '../../policy/school-time.js';
import { schoolLevels } from '../../store/school-facts.js';
import { clockText } from '../actions/timetable.js';
import type { Page, PageContext } from '../page.js';
import { capital, Checks, dayName, dayOptions, LEVEL_NAMES, SESSION_NAMES } from '../parts/checks.js';
import { History } from '../parts/history.js';
import { ActionForm, Field } from '../parts/form.js';

export const schoolTimePage: Page = {
  path: '/quan-tri/gio-hoc',
  title: { vi: 'Giờ học, ngày nghỉ', en: 'School time' },
  roles: ['it-admin'],
  nav: { group: 'school', order: 30 },
  render(ctx) {
    const { t } = ctx;
    return (
      <>
        <p class="lead">{t('«Đến hết tiết», «đến hết buổi» và thời khóa biểu theo tiết của các phòng đều theo giờ ở đây.', '“Until the end of the period” and timetables by periods follow these times.')}</p>
        <BellCards ctx={ctx} levels={taughtLevels(ctx)} />
        <DayCards ctx={ctx} />
      </>
    );
  },
};

/** Levels the school says it has; all where it has not said. */
export function taughtLevels(ctx: PageContext): Level[] {
  const said = schoolLevels(ctx.env.premises.school.levels, ctx.env.store.settings);
  const own = LEVELS.filter((level) => said.includes(level));
  return own.length > 0 ? own : [...LEVELS];
}

export function BellCards({ ctx, levels }: { readonly ctx: PageContext; readonly levels: readonly Level[] }) {
  const { t, env, nowMs, format } = ctx;
  const { schoolTime } = env.store;
  const rows = schoolTime.levels();
  const days = toSchoolDays(schoolTime.holidays(), schoolTime.makeups());
  return (
    <>
      {rows.filter((row) => levels.includes(row.level)).map((row) => {
        const calendar = calendarOf(rows, days, row.level);
        const running = periodAt(calendar, nowMs);
        const [next] = nextPeriods(calendar, nowMs, 1);
        const say = ({ session, period }: { session: keyof typeof SESSION_NAMES; period: number }): string => t(`tiết ${period} buổi ${SESSION_NAMES[session].vi}`, `${SESSION_NAMES[session].en} period ${period}`);
        const at = { ctx, action: 'bells.set', key_: row.level, required: false };
        return (
          <section class="card">
            <h2>{t(LEVEL_NAMES[row.level].vi, LEVEL_NAMES[row.level].en)} {row.own ? null : <span class="tag warm">{t('giờ ví dụ, trường sửa theo giờ của mình', 'examples; set your own')}</span>}</h2>
            <p class="hint">{running !== null ? t(`Bây giờ: ${say(running)}, đến ${format.time(running.untilMs)}.`, `Now: ${say(running)}, until ${format.time(running.untilMs)}.`)
              : next !== undefined ? t(`Tiết tới: ${say(next)}, ${format.moment(next.fromMs, nowMs)}.`, `Next: ${say(next)}, ${format.moment(next.fromMs, nowMs)}.`) : t('Không có tiết nào sắp tới.', 'No period ahead.')}</p>
            <ActionForm ctx={ctx} action="bells.set" key_={row.level} class="form full">
              <input type="hidden" name="level" value={row.level} />
              <Checks ctx={ctx} action="bells.set" key_={row.level} name="weekdays" short legend={t('Các ngày học', 'School days')} ticked={row.weekdays.map(String)} options={dayOptions(ctx)} />
              <div class="thirds">
                {SESSIONS.map((session) => (
                  <Field {...at} name={session} type="textarea" label={t(`Buổi ${SESSION_NAMES[session].vi}`, capital(SESSION_NAMES[session].en))}
                    value={row.bells.filter((bell) => bell.session === session).map((bell) => `${clockText(bell.fromMinute)}-${clockText(bell.toMinute)}`).join('\n')} />
                ))}
              </div>
              <p class="hint">{t('Mỗi dòng một tiết theo thứ tự, viết như 07:15-08:00; buổi không học để trống.', 'One period a line in order, like 07:15-08:00; leave a session without school empty.')}</p>
              <button>{t('Lưu giờ vào tiết', 'Save the bells')}</button>
            </ActionForm>
            <History ctx={ctx} object={row.level} />
          </section>
        );
      })}
    </>
  );
}

export function DayCards({ ctx }: { readonly ctx: PageContext }) {
  const { t, env } = ctx;
  const { schoolTime } = env.store;
  const day = (text: string): string => ctx.format.day(Date.parse(`${text}T00:00:00+07:00`));
  const span = (from: string, to: string): string => (from === to ? day(from) : `${day(from)} – ${day(to)}`);
  const holidays = schoolTime.holidays();
  const makeups = schoolTime.makeups();
  const terms = schoolTime.terms();
  return (
    <>
      <section class="card">
        <h2>{t('Ngày nghỉ', 'Holidays')}</h2>
        {holidays.length === 0 ? <p>{t('Chưa có. Nên thêm Tết Dương lịch, Tết Nguyên đán, Giỗ Tổ, 30/4–1/5, 2/9 và các ngày nghỉ của trường.', 'None yet. Add the public holidays and your own.')}</p> : (
          <ul class="rows">{holidays.map((row) => (
            <li><span><b>{row.name}</b><br /><small>{span(row.fromDay, row.toDay)}</small></span>
              <ActionForm ctx={ctx} action="holiday.remove" key_={row.fromDay} class="inline"><input type="hidden" name="from" value={row.fromDay} /><button class="quiet">{t('Bỏ', 'Remove')}</button></ActionForm></li>
          ))}</ul>
        )}
        <ActionForm ctx={ctx} action="holiday.add">
          <Field ctx={ctx} action="holiday.add" name="name" maxlength={100} label={t('Tên ngày nghỉ', 'Name')} placeholder="Tết Nguyên đán" />
          <div class="twin">
            <Field ctx={ctx} action="holiday.add" name="from" type="date" label={t('Từ ngày', 'From')} />
            <Field ctx={ctx} action="holiday.add" name="to" type="date" required={false} label={t('Đến hết ngày', 'To, included')} />
          </div>
          <button>{t('Thêm ngày nghỉ', 'Add')}</button>
        </ActionForm>
      </section>
      <section class="card">
        <h2>{t('Ngày học bù', 'Make-up days')}</h2>
        {makeups.length === 0 ? <p>{t('Chưa có. Ngày học bù chạy theo thời khóa biểu của thứ đã chọn, kể cả khi rơi vào kỳ nghỉ.', 'None yet. A make-up day follows the timetable of a weekday, also inside a holiday.')}</p> : (
          <ul class="rows">{makeups.map((row) => (
            <li><span><b>{day(row.day)}</b> {t('theo', 'as')} {dayName(ctx, row.follows)}<br /><small>{row.name}</small></span>
              <ActionForm ctx={ctx} action="makeup.remove" key_={row.day} class="inline"><input type="hidden" name="day" value={row.day} /><button class="quiet">{t('Bỏ', 'Remove')}</button></ActionForm></li>
          ))}</ul>
        )}
        <ActionForm ctx={ctx} action="makeup.add">
          <div class="twin">
            <Field ctx={ctx} action="makeup.add" name="day" type="date" label={t('Ngày học bù', 'Day')} />
            <Field ctx={ctx} action="makeup.add" name="follows" label={t('Theo thời khóa biểu của', 'Follows')} options={dayOptions(ctx)} />
          </div>
          <Field ctx={ctx} action="makeup.add" name="name" required={false} maxlength={100} label={t('Ghi chú', 'Note')} placeholder={t('Học bù ngày 31/12', 'For 31 December')} />
          <button>{t('Thêm ngày học bù', 'Add')}</button>
        </ActionForm>
      </section>
      <section class="card">
        <h2>{t('Năm học, học kỳ', 'School years and terms')}</h2>
        <p class="hint">{t('Để xem và báo cáo; không đổi hồ sơ của phòng nào.', 'For reading and reports; they change no profile.')}</p>
        {terms.length === 0 ? null : (
          <ul class="rows">{terms.map((row) => (
            <li><span><b>{row.name}</b><br /><small>{span(row.fromDay, row.toDay)}</small></span>
              <ActionForm ctx={ctx} action="term.remove" key_={row.name} class="inline"><input type="hidden" name="name" value={row.name} /><button class="quiet">{t('Bỏ', 'Remove')}</button></ActionForm></li>
          ))}</ul>
        )}
        <ActionForm ctx={ctx} action="term.set">
          <Field ctx={ctx} action="term.set" name="name" maxlength={100} label={t('Tên', 'Name')} placeholder={t('Học kỳ 1, 2026–2027', 'Term 1, 2026–2027')} />
          <div class="twin">
            <Field ctx={ctx} action="term.set" name="from" type="date" label={t('Từ ngày', 'From')} />
            <Field ctx={ctx} action="term.set" name="to" type="date" label={t('Đến hết ngày', 'To, included')} />
          </div>
          <button>{t('Lưu', 'Save')}</button>
        </ActionForm>
      </section>
    </>
  );
}
