/** One room: its signs, profile and teachers, its timetable by periods and by the clock, who changed it. */
import { LEVELS, levelOf, type Level } from '../../policy/school-time.js';
import type { ZoneRow } from '../../store/rows.js';
import type { LevelBells } from '../../store/school-rows.js';
import { schoolLevels } from '../../store/school-facts.js';
import { clockText, windowId } from '../actions/timetable.js';
import { zoneRow } from '../actions/zones.js';
import type { Page, PageContext } from '../page.js';
import { capital, Checks, dayName, dayOptions, LEVEL_NAMES, profileName, profileOptions, SESSION_NAMES } from '../parts/checks.js';
import { ActionForm, Field } from '../parts/form.js';
import { History } from '../parts/history.js';
import { ZoneForm } from '../parts/zone-form.js';

export const zonePage: Page = {
  path: '/quan-tri/phong/:room',
  title: { vi: 'Phòng', en: 'Room' },
  roles: ['it-admin'],
  render(ctx) {
    const { t, env } = ctx;
    const zone = zoneRow(env, ctx.params['room'] ?? '');
    const teachers = env.store.policies.roomTeachers().get(zone.name) ?? [];
    return (
      <>
        <p class="lead"><a href="/quan-tri/phong">{t('Mọi phòng', 'All rooms')}</a> · <b>{zone.name}</b></p>
        <section class="card">
          <h2>{zone.name}</h2>
          <ZoneForm ctx={ctx} zone={zone} teachers={teachers} />
          <History ctx={ctx} object={zone.name} />
        </section>
        <Periods ctx={ctx} zone={zone} />
        <Windows ctx={ctx} zone={zone} />
        <section class="card">
          <h2>{t('Xóa phòng', 'Remove the room')}</h2>
          <p>{t('Tiết đang chạy và trang đang mở tạm của phòng mất theo; trong mười giây hoàn tác được cả.', 'Its lesson and openings go with it; for ten seconds all of it can be taken back.')}</p>
          <ActionForm ctx={ctx} action="zone.remove" class="inline"><input type="hidden" name="zone" value={zone.name} /><button class="danger">{t(`Xóa ${zone.name}`, `Remove ${zone.name}`)}</button></ActionForm>
        </section>
      </>
    );
  },
};

/** The level whose bells the room's timetable follows: the one asked for, the one it uses, the one of its profile. */
function levelFor(ctx: PageContext, zone: ZoneRow): Level {
  const asked = LEVELS.find((level) => level === ctx.query.get('cap'));
  const used = zone.timetable.flatMap((slot) => ('session' in slot ? [slot.level] : []))[0];
  return asked ?? used ?? levelOf(zone.profile, ...schoolLevels(ctx.env.premises.school.levels, ctx.env.store.settings)) ?? 'thcs';
}

function Periods({ ctx, zone }: { readonly ctx: PageContext; readonly zone: ZoneRow }) {
  const { t, env } = ctx;
  const level = levelFor(ctx, zone);
  const bells = env.store.schoolTime.levels().find((known) => known.level === level);
  const here = `/quan-tri/phong/${encodeURIComponent(zone.name)}`;
  return (
    <section class="card" id="tkb">
      <h2>{t('Thời khóa biểu theo tiết', 'Timetable by periods')}</h2>
      <p>{t(`Tiết không chọn thì phòng dùng hồ sơ của phòng (${profileName(ctx, zone.profile)}). Trường đổi giờ vào tiết thì thời khóa biểu tự đổi theo.`, `A period that is not set is on the room's own profile (${profileName(ctx, zone.profile)}). When the bells move, the timetable moves with them.`)}</p>
      <nav class="tabs" aria-label={t('Cấp học', 'Level')}>
        {LEVELS.map((known) => <a href={`${here}?cap=${known}#tkb`} {...(known === level ? { 'aria-current': 'true' as const } : {})}>{t(LEVEL_NAMES[known].vi, LEVEL_NAMES[known].en)}</a>)}
      </nav>
      {bells === undefined || bells.bells.length === 0
        ? <p>{t('Cấp học này chưa có giờ vào tiết. ', 'This level has no bells yet. ')}<a href="/quan-tri/gio-hoc">{t('Đặt giờ vào tiết', 'Set the bells')}</a></p>
        : <PeriodForm ctx={ctx} zone={zone} bells={bells} />}
    </section>
  );
}

function PeriodForm({ ctx, zone, bells }: { readonly ctx: PageContext; readonly zone: ZoneRow; readonly bells: LevelBells }) {
  const { t } = ctx;
  const back = ctx.form?.action === 'zone.periods' ? [ctx.form.values['cells'] ?? []].flat() : null;
  const wrong = back === null ? undefined : ctx.form?.fields.get('cells');
  const own = zone.timetable.flatMap((slot) => ('session' in slot && slot.level === bells.level ? [slot] : []));
  const days = [...new Set([...bells.weekdays, ...own.map((slot) => slot.weekday)])].sort((a, b) => a - b);
  const options = profileOptions(ctx);
  const chosen = (day: number, session: string, period: number): string => {
    const at = `${day}.${session}.${period}=`;
    if (back !== null) return back.find((cell) => typeof cell === 'string' && cell.startsWith(at))?.toString().slice(at.length) ?? '';
    return own.find((slot) => slot.weekday === day && slot.session === session && slot.fromPeriod <= period && period <= slot.toPeriod)?.profile ?? '';
  };
  return (
    <ActionForm ctx={ctx} action="zone.periods" class="form full">
      <input type="hidden" name="zone" value={zone.name} />
      <input type="hidden" name="level" value={bells.level} />
      <div class="week">
        {days.map((day) => (
          <fieldset>
            <legend>{capital(dayName(ctx, day))}</legend>
            {bells.bells.map(({ session, period, fromMinute, toMinute }) => {
              const name = t(`Tiết ${period} ${SESSION_NAMES[session].vi}`, `${capital(SESSION_NAMES[session].en)} ${period}`);
              const value = chosen(day, session, period);
              return (
                <label class={value === '' ? 'cell' : 'cell set'} title={`${clockText(fromMinute)}–${clockText(toMinute)}`}>
                  <span>{name}</span>
                  <select name="cells" aria-label={`${dayName(ctx, day)}, ${name} (${clockText(fromMinute)}–${clockText(toMinute)})`}>
                    <option value="" selected={value === ''}>–</option>
                    {options.map((option) => <option value={`${day}.${session}.${period}=${option.value}`} selected={option.value === value}>{option.label}</option>)}
                  </select>
                </label>
              );
            })}
          </fieldset>
        ))}
      </div>
      {wrong === undefined ? null : <p class="wrong" role="alert">{t(wrong.vi, wrong.en)}</p>}
      <p><label><input type="checkbox" name="likeMonday" value="true" /> {t('Mọi ngày học như thứ Hai', 'Every school day like Monday')}</label></p>
      <button>{t('Lưu thời khóa biểu', 'Save the timetable')}</button>
    </ActionForm>
  );
}

function Windows({ ctx, zone }: { readonly ctx: PageContext; readonly zone: ZoneRow }) {
  const { t } = ctx;
  const windows = zone.timetable.flatMap((slot) => ('session' in slot ? [] : [slot])).sort((a, b) => a.weekday - b.weekday || a.fromMinute - b.fromMinute);
  const at = { ctx, action: 'zone.window-add' };
  return (
    <section class="card">
      <h2>{t('Khung giờ khác', 'Windows by the clock')}</h2>
      <p>{t('Cho bán trú, nội trú, buổi tối: nhiều khung mỗi ngày cũng được; khung có giờ kết thúc sớm hơn giờ bắt đầu thì qua nửa đêm sang hôm sau. Khung bắt đầu sau thắng khung bắt đầu trước.', 'For boarding and evenings: several a day; one that ends earlier than it begins passes midnight. The one that began last wins.')}</p>
      {windows.length === 0 ? <p class="hint">{t('Chưa có khung nào.', 'None yet.')}</p> : (
        <ul class="rows">
          {windows.map((slot) => (
            <li>
              <span><b>{capital(dayName(ctx, slot.weekday))}</b> {clockText(slot.fromMinute)}–{clockText(slot.toMinute)}{slot.toMinute < slot.fromMinute ? t(' hôm sau', ' the next day') : ''} · {profileName(ctx, slot.profile)}</span>
              <ActionForm ctx={ctx} action="zone.window-remove" key_={windowId(slot)} class="inline">
                <input type="hidden" name="zone" value={zone.name} /><input type="hidden" name="window" value={windowId(slot)} />
                <button class="quiet">{t('Bỏ', 'Remove')}</button>
              </ActionForm>
            </li>
          ))}
        </ul>
      )}
      <h3>{t('Thêm khung giờ', 'Add a window')}</h3>
      <ActionForm ctx={ctx} action="zone.window-add">
        <input type="hidden" name="zone" value={zone.name} />
        <Checks ctx={ctx} action="zone.window-add" name="weekdays" short legend={t('Các ngày', 'Days')} ticked={['1', '2', '3', '4', '5']} options={dayOptions(ctx)} />
        <div class="twin">
          <Field {...at} name="from" type="time" label={t('Từ', 'From')} value="13:30" />
          <Field {...at} name="to" type="time" label={t('Đến', 'Until')} value="16:30" />
        </div>
        <Field {...at} name="profile" label={t('Hồ sơ lọc', 'Profile')} value={zone.profile} options={profileOptions(ctx)} />
        <button>{t('Thêm', 'Add')}</button>
      </ActionForm>
    </section>
  );
}
