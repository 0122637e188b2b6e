/** One room whole: what it is on, pause, list only, exam, one site opened, what is open now, handing over, what was closed, who changed what. */
import { MINUTE_MS } from '../../local-time.js';
import type { Page, PageContext } from '../page.js';
import { ActionForm, Field, Live } from '../parts/form.js';
import { History } from '../parts/history.js';
import { RoomNow, roomId } from '../parts/room-now.js';
import { UntilFields } from '../parts/until.js';
import { roomOf, type Room } from '../rooms.js';
import { byName } from '../words.js';
import { EndForm } from './rooms.js';

export const roomPage: Page = {
  path: '/phong/:room',
  title: { vi: 'Phòng', en: 'Room' },
  roles: ['teacher', 'it-admin'],
  render(ctx) {
    const room = roomOf(ctx.env, ctx.who, ctx.params['room'] ?? '');
    const { t } = ctx;
    return (
      <>
        <p class="lead"><a href="/phong">← {t('Tất cả phòng', 'All rooms')}</a></p>
        <section class={`card room ${room.kind}`} aria-labelledby={roomId(room.name)}>
          <h2 id={roomId(room.name)}>{room.name}</h2>
          <RoomNow ctx={ctx} room={room} />
          <div class="quick">
            {room.because === 'lesson' ? <EndForm ctx={ctx} room={room} /> : null}
            {room.kind === 'pause' ? null : <a class="button quiet" href="#tam-dung">{t('Tạm dừng', 'Pause')}</a>}
            <a class="button quiet" href="#mo-tam">{t('Mở một trang', 'Open a site')}</a>
            <a class="button quiet" href="#danh-sach">{t('Chỉ danh sách', 'List only')}</a>
            <a class="button quiet" href="#gio-thi">{t('Giờ thi', 'Exam')}</a>
            <a class="button quiet" href="#ban-giao">{t('Bàn giao', 'Hand over')}</a>
          </div>
        </section>
        <div class="deck">
          <Switch ctx={ctx} room={room} />
          {room.kind === 'pause' ? null : <Pause ctx={ctx} room={room} />}
          <OpenOne ctx={ctx} room={room} />
          <OpenNow ctx={ctx} room={room} />
          <ListOnly ctx={ctx} room={room} action="lesson.focus" />
          <ListOnly ctx={ctx} room={room} action="lesson.exam" />
          <HandOver ctx={ctx} room={room} />
          <Blocked ctx={ctx} room={room} />
        </div>
        <History ctx={ctx} object={room.name} class="card" />
      </>
    );
  },
};

interface Part {
  readonly ctx: PageContext;
  readonly room: Room;
}

function Switch({ ctx, room }: Part) {
  const { t, env } = ctx;
  return (
    <section class="card">
      <h2>{t('Đổi hồ sơ lọc', 'Switch the profile')}</h2>
      <ActionForm ctx={ctx} action="lesson.start" class="form switching">
        <input type="hidden" name="room" value={room.name} />
        <Field ctx={ctx} action="lesson.start" name="profile" label={t('Đổi sang hồ sơ', 'Switch to')} value={room.profile}
          options={env.snapshot().data.profiles.map((profile) => ({ value: profile.id, label: t(profile.name, profile.nameEn) }))} />
        <UntilFields ctx={ctx} action="lesson.start" room={room.name} />
        <button>{t('Đổi', 'Switch')}</button>
      </ActionForm>
    </section>
  );
}

function Pause({ ctx, room }: Part) {
  const { t } = ctx;
  return (
    <section class="card" id="tam-dung">
      <h2>{t('Tạm dừng Internet', 'Pause the Internet')}</h2>
      <p class="hint">{t('Cả phòng dừng lại, kể cả trang đang mở. Trang trợ giúp (111) vẫn mở. Hết giờ tự mở lại, tiết đang học đi tiếp.', 'The whole room stops, open pages too. Help lines stay open. It comes back by itself, and the lesson goes on.')}</p>
      <ActionForm ctx={ctx} action="lesson.pause" class="form switching">
        <input type="hidden" name="room" value={room.name} />
        <UntilFields ctx={ctx} action="lesson.pause" room={room.name} minutes={[10, 5, 20]} minutesFirst />
        <button>{t('Tạm dừng', 'Pause')}</button>
      </ActionForm>
    </section>
  );
}

/** A question first: the page it leads to says what the site is and what opening it means. */
function OpenOne({ ctx, room }: Part) {
  const { t } = ctx;
  const id = `${roomId(room.name)}-mo`;
  return (
    <section class="card" id="mo-tam">
      <h2>{t('Mở tạm một trang', 'Open one site')}</h2>
      <form method="get" action="/kiem-tra" class="form">
        <input type="hidden" name="phong" value={room.name} />
        <div class="field">
          <label for={id}>{t('Tên trang hoặc địa chỉ', 'Site or address')}</label>
          <input id={id} name="trang" type="text" inputmode="url" autocomplete="off" autocapitalize="none" spellcheck={false} required maxlength={2_048} placeholder="vi.wikipedia.org" />
          <p class="hint">{t('Xem trang thuộc nhóm nào rồi mới mở. Chỉ mở cho phòng này, tự đóng khi hết giờ.', 'You see what it is before you open it. For this room only; it closes by itself.')}</p>
        </div>
        <button>{t('Xem trang này', 'Look at it')}</button>
      </form>
    </section>
  );
}

function OpenNow({ ctx, room }: Part) {
  const { t, format, nowMs } = ctx;
  const open = ctx.env.store.policies.openings(nowMs).filter((row) => row.zone === room.name);
  return (
    <section class="card">
      <h2>{t('Đang mở tạm', 'Open now')}</h2>
      {open.length === 0 ? <p class="hint">{t('Chưa mở tạm trang nào cho phòng này.', 'Nothing is open for a while.')}</p> : (
        <ul class="rows">
          {open.map((row) => (
            <li>
              <span><b>{row.entry}</b><br /><small>{t('đến', 'until')} {format.moment(row.untilMs, nowMs)} · {row.by}{row.reason === null ? '' : ` · ${row.reason}`}</small></span>
              <ActionForm ctx={ctx} action="opening.close" key_={String(row.id)} class="inline">
                <input type="hidden" name="room" value={room.name} />
                <input type="hidden" name="id" value={String(row.id)} />
                <button class="quiet" aria-label={t(`Đóng lại ${row.entry}`, `Close ${row.entry}`)}>{t('Đóng lại', 'Close')}</button>
              </ActionForm>
            </li>
          ))}
        </ul>
      )}
      {open.length > 0 && room.kind === 'pause' ? <p class="hint">{t('Đang tạm dừng Internet nên các trang này cũng đóng; hết tạm dừng sẽ mở lại.', 'Paused: these are closed too until the pause ends.')}</p> : null}
    </section>
  );
}

function ListOnly({ ctx, room, action }: Part & { readonly action: 'lesson.focus' | 'lesson.exam' }) {
  const { t } = ctx;
  const lists = ctx.env.store.siteLists.lists(ctx.who.name);
  const exam = action === 'lesson.exam';
  const back = ctx.form?.action === action ? ctx.form : null;
  return (
    <section class="card" id={exam ? 'gio-thi' : 'danh-sach'}>
      <h2>{exam ? t('Giờ thi', 'Exam') : t('Chỉ mở một danh sách trang', 'Open only a list of sites')}</h2>
      <p class="hint">{exam
        ? t('Chỉ mở trang thi của trường và các trang ghi dưới đây; trang đang mở tạm sẽ đóng.', "Only the school's exam sites and those below; temporary openings close.")
        : t('Ngoài danh sách thì đóng, trừ trang trợ giúp. Thêm một trang giữa tiết: dùng «Mở tạm một trang».', 'What is not on it is closed, but for help lines. To add one during the lesson, open it for a while.')}</p>
      <ActionForm ctx={ctx} action={action} class="form switching">
        <input type="hidden" name="room" value={room.name} />
        <Field ctx={ctx} action={action} name="list" required={false} label={t('Danh sách đã lưu', 'Saved list')}
          options={[{ value: '', label: lists.length === 0 ? t('— chưa có danh sách nào —', '— no list yet —') : t('— không dùng —', '— none —') },
            ...lists.map((row) => ({ value: String(row.id), label: row.owner === ctx.who.name ? row.name : `${row.name} (${row.owner})` }))]} />
        <Field ctx={ctx} action={action} name="hosts" type="textarea" required={false} label={exam ? t('Trang của bài thi', 'Sites of the exam') : t('Hoặc ghi các trang', 'Or write the sites')}
          hint={t('Mỗi dòng một trang, ví dụ olm.vn.', 'One a line, like olm.vn.')} />
        {exam ? null : <p><label class="tick"><input type="checkbox" name="learning" value="1" checked={back !== null && back.values['learning'] === '1'} /> {t('Vẫn mở các trang học liệu được bảo vệ', 'Leave the protected learning sites open')}</label></p>}
        <UntilFields ctx={ctx} action={action} room={room.name} />
        <button>{exam ? t('Bắt đầu giờ thi', 'Begin the exam') : t('Chỉ mở danh sách này', 'Open only these')}</button>
      </ActionForm>
      <p><a href="/danh-sach-trang">{t('Soạn và dùng chung danh sách', 'Make and share lists')}</a></p>
    </section>
  );
}

function HandOver({ ctx, room }: Part) {
  const { t } = ctx;
  const { store, now } = ctx.env;
  const others = store.accounts.users().filter((user) => user.role === 'teacher' && !user.disabled && user.name !== ctx.who.name).sort((a, b) => byName(a.name, b.name));
  const loans = store.rooms.rooms(now()).filter((row) => row.zone === room.name && row.untilMs !== null);
  return (
    <section class="card" id="ban-giao">
      <h2>{t('Bàn giao phòng', 'Hand the room over')}</h2>
      {loans.map((row) => <p class="hint">{t(`Đang bàn giao cho ${row.user}, đến ${ctx.format.moment(row.untilMs ?? 0, ctx.nowMs)}.`, `With ${row.user} until ${ctx.format.moment(row.untilMs ?? 0, ctx.nowMs)}.`)}</p>)}
      {others.length === 0 ? <p class="hint">{t('Chưa có tài khoản giáo viên nào khác để bàn giao.', 'There is no other teacher to hand it to.')}</p> : (
        <ActionForm ctx={ctx} action="room.hand-over" class="form switching">
          <input type="hidden" name="room" value={room.name} />
          <Field ctx={ctx} action="room.hand-over" name="to" label={t('Cho thầy/cô', 'To')} options={others.map((user) => ({ value: user.name, label: user.name }))} />
          <UntilFields ctx={ctx} action="room.hand-over" room={room.name} />
          <button>{t('Bàn giao', 'Hand over')}</button>
        </ActionForm>
      )}
      <p class="hint">{t('Người nhận đổi được phòng và phụ trách tiết đang chạy; thầy/cô vẫn giữ quyền của mình.', 'They may switch the room and answer for the lesson that runs; you keep your own right.')}</p>
    </section>
  );
}

/** A room without a lesson is told about from this long ago. */
const LOOK_BACK_MS = 45 * MINUTE_MS;

function Blocked({ ctx, room }: Part) {
  const { t, nowMs, env } = ctx;
  const rows = env.blockedIn(room.name, room.sinceMs ?? nowMs - LOOK_BACK_MS, nowMs);
  const nameOf = (code: string): string => {
    const category = env.snapshot().data.categories.find((known) => known.code === code);
    return category === undefined ? code : t(category.name, category.nameEn);
  };
  return (
    <section class="card">
      <h2>{t('Nhóm bị chặn trong tiết', 'Categories blocked in this lesson')}</h2>
      <Live ctx={ctx} id={`${roomId(room.name)}-chan`} seconds={60}>
        {rows.length === 0 ? <p>{t('Chưa có nhóm nào đủ nhiều máy để hiện.', 'No category met by enough devices to be shown.')}</p> : (
          <ul class="rows">{rows.map((row) => <li><span>{nameOf(row.category)}</span> <b>{t(`khoảng ${row.devices} máy`, `about ${row.devices} devices`)}</b></li>)}</ul>
        )}
      </Live>
      <p class="hint">{t('Chỉ hiện nhóm mà từ 10 máy trở lên gặp phải, làm tròn và chậm ít nhất 15 phút, để không ai đoán ra một em nào. Nhóm riêng tư không bao giờ hiện.', 'Only what ten devices or more met, rounded and at least 15 minutes late, so that it points at nobody. Intimate categories never show.')}</p>
    </section>
  );
}
