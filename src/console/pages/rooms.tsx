/** "Phòng của tôi": each room, what it is on and until when, and in three taps another profile. */
import type { Page, PageContext } from '../page.js';
import { ActionForm, Field, Live } from '../parts/form.js';
import { Empty } from '../parts/layout.js';
import { sayDevices } from '../devices.js';
import { roomsOf, type Room } from '../rooms.js';

export const roomsPage: Page = {
  path: '/phong',
  title: { vi: 'Phòng của tôi', en: 'My rooms' },
  roles: ['teacher', 'it-admin'],
  nav: { order: 10 },
  render(ctx) {
    const { t } = ctx;
    const rooms = roomsOf(ctx.env, ctx.who);
    if (rooms.length === 0) {
      return (
        <Empty title={t('Chưa có phòng nào', 'No room yet')}>
          <p>{ctx.who.role === 'it-admin'
            ? t('Thêm phòng đầu tiên bằng dòng lệnh: luytre zones add "Phòng máy 1" --profile thcs --cidr 192.168.10.0/24', 'Add the first one: luytre zones add lab1 --profile thcs --cidr 192.168.10.0/24')
            : t('Nhờ quản trị trường thêm phòng của thầy/cô.', 'Ask the administrator to add your room.')}</p>
        </Empty>
      );
    }
    return <div class="rooms">{rooms.map((room) => <RoomCard ctx={ctx} room={room} />)}</div>;
  },
};

function RoomCard({ ctx, room }: { readonly ctx: PageContext; readonly room: Room }) {
  const { t, nowMs, env } = ctx;
  const nameOf = (id: string): string => {
    const profile = env.snapshot().data.profiles.find((known) => known.id === id);
    return profile === undefined ? id : t(profile.name, profile.nameEn);
  };
  const bells = env.bells(room.name, nowMs);
  const ends = [
    ...(bells.period === null ? [] : [{ value: 'period', label: t(`Hết ${bells.period.name.vi} (${ctx.format.time(bells.period.untilMs)})`, `End of ${bells.period.name.en} (${ctx.format.time(bells.period.untilMs)})`) }]),
    ...(bells.session === null ? [] : [{ value: 'session', label: t(`Hết ${bells.session.name.vi} (${ctx.format.time(bells.session.untilMs)})`, `End of ${bells.session.name.en} (${ctx.format.time(bells.session.untilMs)})`) }]),
    ...[45, 90].map((minutes) => ({ value: String(minutes), label: t(`${minutes} phút`, `${minutes} minutes`) })),
    { value: 'clock', label: t('Đến giờ …', 'Until a time …') },
  ];
  const id = `phong-${hash(room.name)}`;
  return (
    <section class="card room" aria-labelledby={id}>
      <h2 id={id}>{room.name}</h2>
      <Live ctx={ctx} id={`${id}-now`} seconds={15}>
        <p class="now"><strong>{nameOf(room.profile)}</strong> <span>{untilWords(ctx, room, nameOf)}</span></p>
        <p class="seen"><span class={room.devices.kind === 'none' ? 'dot' : 'dot on'} aria-hidden="true"></span>{t(sayDevices(room.devices).vi, sayDevices(room.devices).en)} {t('trong 15 phút qua', 'in the last 15 minutes')}</p>
      </Live>
      <ActionForm ctx={ctx} action="lesson.start" key_={room.name} class="form switch">
        <input type="hidden" name="room" value={room.name} />
        <Field ctx={ctx} action="lesson.start" key_={room.name} name="profile" label={t('Đổi sang hồ sơ', 'Switch to')} value={room.profile}
          options={env.snapshot().data.profiles.map((profile) => ({ value: profile.id, label: t(profile.name, profile.nameEn) }))} />
        <Field ctx={ctx} action="lesson.start" key_={room.name} name="until" label={t('Đến khi nào', 'Until')} value={ends[0]?.value ?? '45'} options={ends} />
        <Field ctx={ctx} action="lesson.start" key_={room.name} name="clock" type="time" required={false} label={t('Giờ kết thúc', 'End time')} />
        <button>{t('Đổi', 'Switch')}</button>
      </ActionForm>
      {room.because === 'lesson' ? (
        <ActionForm ctx={ctx} action="lesson.end" key_={room.name} class="inline">
          <input type="hidden" name="room" value={room.name} />
          <button class="quiet">{t('Kết thúc tiết', 'End the lesson')}</button>
        </ActionForm>
      ) : null}
    </section>
  );
}

function untilWords(ctx: PageContext, room: Room, nameOf: (id: string) => string): string {
  const { t, format, nowMs } = ctx;
  const end = room.untilMs === null ? null : format.moment(room.untilMs, nowMs);
  if (room.because === 'lesson' && end !== null) {
    return t(`đến ${end}, rồi ${nameOf(room.then)}${room.by === null ? '' : ` · ${room.by}`}`, `until ${end}, then ${nameOf(room.then)}${room.by === null ? '' : ` · ${room.by}`}`);
  }
  if (end === null) return t('hồ sơ của phòng', "the room's own profile");
  return room.because === 'timetable' ? t(`theo thời khóa biểu, đến ${end}`, `by the timetable, until ${end}`) : t(`hồ sơ của phòng, đến ${end}`, `the room's own profile, until ${end}`);
}

/** An id that HTML takes, whatever the room is called. */
function hash(name: string): string {
  return Buffer.from(name).toString('hex').slice(0, 40);
}
