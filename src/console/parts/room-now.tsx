/** What a room is on now, in a few lines that are fetched again by themselves: profile, kind of lesson, until when, devices, what is open. */
import type { PageContext } from '../page.js';
import { profileWords, type Room } from '../rooms.js';
import { sayDevices } from '../devices.js';
import { Live } from './form.js';

export function RoomNow({ ctx, room }: { readonly ctx: PageContext; readonly room: Room }) {
  const { t, env, nowMs } = ctx;
  const devices = sayDevices(room.devices);
  const open = env.store.policies.openings(nowMs).filter((row) => row.zone === room.name && row.fromMs <= nowMs);
  return (
    <Live ctx={ctx} id={`${roomId(room.name)}-now`} seconds={15}>
      <p class={`now ${room.kind}`}><strong>{headWords(ctx, room)}</strong> <span>{untilWords(ctx, room)}</span></p>
      {room.kind === 'focus' || room.kind === 'exam' ? <p class="what">{listWords(ctx, room)}</p> : null}
      <p class="seen"><span class={room.devices.kind === 'none' ? 'dot' : 'dot on'} aria-hidden="true"></span>{t(devices.vi, devices.en)} {t('trong 15 phút qua', 'in the last 15 minutes')}</p>
      {open.length === 0 ? null : <p class="seen">{t(`${open.length} trang đang mở tạm: `, `${open.length} open for a while: `)}{open.slice(0, 3).map((row) => row.entry).join(', ')}{open.length > 3 ? ' …' : ''}</p>}
    </Live>
  );
}

/** The word that stands out: the profile, or what the lesson does. */
function headWords(ctx: PageContext, room: Room): string {
  const profile = profileWords(ctx.env, room.profile);
  switch (room.kind) {
    case 'pause':
      return ctx.t('Đang tạm dừng Internet', 'Internet paused');
    case 'focus':
      return ctx.t(`Chỉ mở danh sách · ${profile.vi}`, `List only · ${profile.en}`);
    case 'exam':
      return ctx.t('Giờ thi', 'Exam');
    case 'profile':
      return ctx.t(profile.vi, profile.en);
  }
}

function listWords(ctx: PageContext, room: Room): string {
  const { t } = ctx;
  const name = room.list === null ? null : t(`danh sách «${room.list}»`, `the list “${room.list}”`);
  const few = room.hosts.slice(0, 4).join(', ');
  const sites = room.hosts.length === 0 ? null : `${few}${room.hosts.length > 4 ? t(` và ${room.hosts.length - 4} trang nữa`, ` and ${room.hosts.length - 4} more`) : ''}`;
  const parts = [name, sites, room.learning ? t('trang học liệu được bảo vệ', 'protected learning sites') : null].filter((part) => part !== null);
  return parts.length === 0 ? t('Mở: các trang thi của trường', "Open: the school's exam sites") : `${t('Mở', 'Open')}: ${parts.join(' · ')}`;
}

function untilWords(ctx: PageContext, room: Room): string {
  const { t, format, nowMs } = ctx;
  const end = room.untilMs === null ? null : format.moment(room.untilMs, nowMs);
  const then = profileWords(ctx.env, room.then);
  if (room.because === 'lesson' && end !== null) {
    const by = room.by === null ? '' : ` · ${room.by}`;
    return t(`đến ${end}, rồi ${then.vi}${by}`, `until ${end}, then ${then.en}${by}`);
  }
  if (end === null) return t('hồ sơ của phòng', "the room's own profile");
  return room.because === 'timetable' ? t(`theo thời khóa biểu, đến ${end}`, `by the timetable, until ${end}`) : t(`hồ sơ của phòng, đến ${end}`, `the room's own profile, until ${end}`);
}

/** An id that HTML takes, whatever the room is called. */
export function roomId(name: string): string {
  return `phong-${Buffer.from(name).toString('hex').slice(0, 40)}`;
}

export function roomPath(name: string): string {
  return `/phong/${encodeURIComponent(name)}`;
}
