/** "Phòng của tôi": each room, what it is on and until when; in three taps another profile, a pause, one site opened. */
import type { Page, PageContext } from '../page.js';
import { ActionForm, Field } from '../parts/form.js';
import { Empty } from '../parts/layout.js';
import { RoomNow, roomId, roomPath } from '../parts/room-now.js';
import { UntilFields } from '../parts/until.js';
import { openRequestsOf } from '../requests.js';
import { roomsOf, type Room } from '../rooms.js';

export const roomsPage: Page = {
  path: '/phong',
  title: { vi: 'Phòng của tôi', en: 'My rooms' },
  roles: ['teacher', 'it-admin'],
  nav: { group: 'today', order: 10 },
  render(ctx) {
    const { t } = ctx;
    const rooms = roomsOf(ctx.env, ctx.who);
    if (rooms.length === 0) {
      return (
        <Empty title={t('Chưa có phòng nào', 'No room yet')}>
          <p>{ctx.who.role === 'it-admin'
            ? <a href="/quan-tri/phong#them">{t('Thêm phòng đầu tiên', 'Add the first one')}</a>
            : t('Nhờ quản trị trường thêm phòng của thầy/cô.', 'Ask the administrator to add your room.')}</p>
        </Empty>
      );
    }
    const waiting = openRequestsOf(ctx.env, ctx.who).length;
    return (
      <>
        {waiting === 0 ? null : <p class="flash"><span>{t(`${ctx.format.number(waiting)} yêu cầu mở trang đang chờ thầy/cô.`, `${waiting} requests are waiting for you.`)}</span> <a href="/yeu-cau">{t('Xem yêu cầu', 'See them')}</a></p>}
        <div class="rooms">{rooms.map((room) => <RoomCard ctx={ctx} room={room} />)}</div>
      </>
    );
  },
};

function RoomCard({ ctx, room }: { readonly ctx: PageContext; readonly room: Room }) {
  const { t, env } = ctx;
  const id = roomId(room.name);
  const path = roomPath(room.name);
  return (
    <section class={`card room ${room.kind}`} aria-labelledby={id}>
      <h2 id={id}><a href={path}>{room.name}</a></h2>
      <RoomNow ctx={ctx} room={room} />
      <ActionForm ctx={ctx} action="lesson.start" key_={room.name} class="form switch">
        <input type="hidden" name="room" value={room.name} />
        <Field ctx={ctx} action="lesson.start" key_={room.name} name="profile" label={t('Đổi sang hồ sơ', 'Switch to')} value={room.profile}
          options={env.snapshot().data.profiles.map((profile) => ({ value: profile.id, label: t(profile.name, profile.nameEn) }))} />
        <UntilFields ctx={ctx} action="lesson.start" key_={room.name} room={room.name} />
        <button>{t('Đổi', 'Switch')}</button>
      </ActionForm>
      <div class="quick">
        {room.because === 'lesson' ? <EndForm ctx={ctx} room={room} /> : null}
        {room.kind === 'pause' ? null : <PauseForm ctx={ctx} room={room} />}
        <a class="button quiet" href={`${path}#danh-sach`}>{t('Chỉ danh sách trang', 'List only')}</a>
        <a class="button quiet" href={`${path}#gio-thi`}>{t('Giờ thi', 'Exam')}</a>
        <a class="button quiet" href={`${path}#mo-tam`}>{t('Mở một trang', 'Open a site')}</a>
      </div>
    </section>
  );
}

/** One tap: ten minutes, which is what a teacher who wants eyes on the board means; the room's page has other ends. */
function PauseForm({ ctx, room }: { readonly ctx: PageContext; readonly room: Room }) {
  return (
    <ActionForm ctx={ctx} action="lesson.pause" key_={room.name} class="inline">
      <input type="hidden" name="room" value={room.name} />
      <input type="hidden" name="until" value="10" />
      <button class="quiet">{ctx.t('Tạm dừng 10 phút', 'Pause for 10 minutes')}</button>
    </ActionForm>
  );
}

export function EndForm({ ctx, room }: { readonly ctx: PageContext; readonly room: Room }) {
  return (
    <ActionForm ctx={ctx} action="lesson.end" key_={room.name} class="inline">
      <input type="hidden" name="room" value={room.name} />
      {room.kind === 'pause' ? <button>{ctx.t('Mở lại Internet', 'Bring the Internet back')}</button>
        : <button class="quiet">{room.kind === 'exam' ? ctx.t('Kết thúc giờ thi', 'End the exam') : room.kind === 'focus' ? ctx.t('Thôi chỉ mở danh sách', 'End list only') : ctx.t('Kết thúc tiết', 'End the lesson')}</button>}
    </ActionForm>
  );
}
