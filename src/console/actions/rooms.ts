/** Actions of a teacher in a room: see it, switch its profile, a list only, an exam, a pause, the end. Each ends by itself; each can be taken back. */
import { z } from 'zod';
import type { LessonRow } from '../../store/rows.js';
import type { NewLesson, StartedLesson } from '../../store/school-rows.js';
import { action, type Done, type Who } from '../action.js';
import { sayDevices } from '../devices.js';
import type { ConsoleDeps } from '../deps.js';
import { refused, wrongField } from '../refused.js';
import { everydayProfile, ownRoom, profileWords, roomOf, roomsOf, runningOf, type Room } from '../rooms.js';
import { openedSites } from '../typed.js';
import { clockField, untilField, untilMsOf } from '../until.js';
import { both, formatsOf, type Words } from '../words.js';

const EXAM = 'thi';
const room = z.string().min(1).max(64).meta({ vi: 'Phòng', en: 'Room' });
const hosts = z.array(z.string().max(2_048)).max(300).optional().meta({ vi: 'Các trang', en: 'Sites', description: 'Hosts, or whole addresses of which the host is taken' });
const list = z.int().min(1).max(999_999_999).optional().meta({ vi: 'Danh sách đã lưu', en: 'Saved list', description: 'Number of a saved list (site-list.list)' });

const devices = z.union([
  z.object({ kind: z.enum(['none', 'few']) }),
  z.object({ kind: z.literal('about'), n: z.int() }),
]).meta({ description: 'Devices seen in the last 15 minutes: none, fewer than 10, or rounded to 5' });

const lesson = z.object({ room: z.string(), profile: z.string(), kind: z.enum(['profile', 'focus', 'pause', 'exam']), until: z.string() });

export const roomActions = [
  action({
    name: 'room.list',
    method: 'GET',
    path: '/rooms',
    about: { vi: 'Các phòng của tôi và hồ sơ đang dùng', en: 'My rooms and what each is on' },
    roles: ['teacher', 'it-admin'],
    input: z.strictObject({}),
    output: z.object({
      rooms: z.array(z.object({
        name: z.string(), profile: z.string(), because: z.enum(['lesson', 'timetable', 'own']), kind: z.enum(['profile', 'focus', 'pause', 'exam']),
        list: z.string().nullable(), hosts: z.array(z.string()), learning: z.boolean(),
        until: z.string().nullable(), then: z.string(), by: z.string().nullable(), devices,
      })),
    }),
    run: (env, who) => ({
      value: { rooms: roomsOf(env, who).map(({ untilMs, sinceMs: _since, position: _at, hosts: entries, ...rest }) => ({ ...rest, hosts: [...entries], until: untilMs === null ? null : new Date(untilMs).toISOString() })) },
    }),
  }),
  action({
    name: 'lesson.start',
    method: 'POST',
    path: '/rooms/{room}/lesson',
    about: { vi: 'Đổi hồ sơ lọc của phòng cho tiết học', en: "Switch a room's profile for a lesson" },
    roles: ['teacher', 'it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({
      room,
      profile: z.string(both('Chưa chọn hồ sơ lọc.', 'Choose a profile.')).min(1).max(32).meta({ vi: 'Hồ sơ lọc', en: 'Profile' }),
      until: untilField,
      clock: clockField,
    }),
    output: lesson,
    run(env, who, input) {
      const on = roomOf(env, who, input.room);
      const profile = env.snapshot().data.profiles.find((known) => known.id === input.profile);
      if (profile === undefined) throw wrongField('profile', 'Không có hồ sơ lọc này; hãy chọn một hồ sơ trong danh sách.', 'There is no such profile; choose one of the list.');
      return start(env, who, on, input, { profile: profile.id }, (until) => ({
        vi: `${on.name} đang dùng hồ sơ ${profile.name}, đến ${until.vi}`,
        en: `${on.name} is on ${profile.nameEn} until ${until.en}`,
      }));
    },
  }),
  action({
    name: 'lesson.focus',
    method: 'POST',
    path: '/rooms/{room}/focus',
    about: { vi: 'Chỉ mở một danh sách trang cho phòng', en: 'Open only a list of sites in a room' },
    roles: ['teacher', 'it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ room, list, hosts, learning: z.boolean().optional().meta({ vi: 'Kèm trang học liệu được bảo vệ', en: 'With the protected learning sites' }), until: untilField, clock: clockField }),
    output: lesson,
    run(env, who, input) {
      const on = roomOf(env, who, input.room);
      const sites = sitesOf(env, who, input);
      const learning = input.learning === true;
      if (sites.entries.length === 0 && !learning) throw wrongField('hosts', 'Hãy chọn một danh sách đã lưu, hoặc ghi ít nhất một trang.', 'Choose a saved list, or write at least one site.');
      const what = whatOpens(sites, learning);
      return start(env, who, on, input, { profile: everydayProfile(env, on), kind: 'focus', ...sites, learning }, (until) => ({
        vi: `${on.name} chỉ mở ${what.vi}, đến ${until.vi}`,
        en: `${on.name} opens only ${what.en} until ${until.en}`,
      }));
    },
  }),
  action({
    name: 'lesson.exam',
    method: 'POST',
    path: '/rooms/{room}/exam',
    about: { vi: 'Chế độ thi: chỉ các trang của bài thi', en: 'Exam mode: only the sites of the exam' },
    roles: ['teacher', 'it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ room, list, hosts, until: untilField, clock: clockField }),
    output: lesson,
    run(env, who, input) {
      const on = roomOf(env, who, input.room);
      const sites = sitesOf(env, who, input);
      const what = sites.entries.length === 0 ? { vi: 'các trang thi của trường', en: "the school's exam sites" } : whatOpens(sites, false);
      return start(env, who, on, input, { profile: EXAM, kind: 'exam', ...sites }, (until) => ({
        vi: `${on.name} vào giờ thi, chỉ mở ${what.vi}, đến ${until.vi}`,
        en: `${on.name} is in an exam, only ${what.en} open, until ${until.en}`,
      }));
    },
  }),
  action({
    name: 'lesson.pause',
    method: 'POST',
    path: '/rooms/{room}/pause',
    about: { vi: 'Tạm dừng Internet của phòng', en: "Pause a room's Internet" },
    roles: ['teacher', 'it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ room, until: untilField, clock: clockField }),
    output: lesson,
    run(env, who, input) {
      const on = roomOf(env, who, input.room);
      if (on.kind === 'pause') throw refused('conflict', `${on.name} đang tạm dừng Internet rồi.`, `The Internet of ${on.name} is paused already.`);
      const { policies } = env.store;
      const before = runningOf(policies.lessons(env.now()), on.name, env.now());
      const done = start(env, who, on, input, { profile: everydayProfile(env, on), kind: 'pause' }, (until) => ({
        vi: `Đã tạm dừng Internet của ${on.name}, tự mở lại lúc ${until.vi}`,
        en: `The Internet of ${on.name} is paused; it comes back at ${until.en}`,
      }));
      // A pause is a breath within a lesson: what ran goes on after it, for the time it had.
      const pausedUntilMs = Date.parse(done.value.until);
      if (before === null || before.untilMs <= pausedUntilMs) return done;
      const after = policies.startLesson({ ...before, fromMs: pausedUntilMs }, who.actor);
      return {
        ...done,
        undo: async () => {
          policies.undoStart(after, env.now(), who.actor);
          await done.undo?.();
        },
      };
    },
  }),
  action({
    name: 'lesson.end',
    method: 'DELETE',
    path: '/rooms/{room}/lesson',
    about: { vi: 'Kết thúc tiết hoặc tạm dừng; phòng trở về như trước', en: 'End the lesson or the pause; the room goes back' },
    roles: ['teacher', 'it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ room }),
    output: z.object({ room: z.string(), ended: z.boolean() }),
    run(env, who, input) {
      const zone = ownRoom(env, who, input.room);
      const { policies } = env.store;
      const nowMs = env.now();
      const lessons = policies.lessons(nowMs);
      const running = runningOf(lessons, zone, nowMs);
      if (running === null) return { value: { room: zone, ended: false }, say: { vi: `${zone} không có tiết nào đang chạy.`, en: `No lesson is running in ${zone}.` } };
      const value = { room: zone, ended: true };
      const next = running.kind === 'pause' ? lessons.find((row) => row.zone === zone && row.fromMs === running.untilMs) : undefined;
      if (next !== undefined) {
        const resumed = policies.startLesson({ ...next, fromMs: nowMs }, who.actor);
        return { value, say: resumedWords(env, zone, next), undo: () => policies.undoStart(resumed, env.now(), who.actor) };
      }
      policies.endLesson(zone, nowMs, who.actor);
      return {
        value,
        say: running.kind === 'pause'
          ? { vi: `Đã mở lại Internet của ${zone}.`, en: `The Internet of ${zone} is back.` }
          : { vi: `Đã kết thúc tiết ở ${zone}; phòng trở về hồ sơ của phòng.`, en: `The lesson in ${zone} has ended; the room is back on its own profile.` },
        undo: () => policies.restoreLesson(running, env.now(), who.actor),
      };
    },
  }),
];

interface Sites {
  readonly entries: readonly string[];
  readonly list: string | null;
}

/** Hosts of the saved list and those written beside it. */
function sitesOf(env: ConsoleDeps, who: Who, input: { readonly list?: number | undefined; readonly hosts?: readonly string[] | undefined }): Sites {
  const saved = input.list === undefined ? null : env.store.siteLists.lists(who.name).find((row) => row.id === input.list);
  if (saved === undefined) throw wrongField('list', 'Không còn danh sách này, hoặc danh sách không dùng chung nữa.', 'This list is gone, or is no longer shared.');
  return { entries: [...(saved?.entries ?? []), ...openedSites(input.hosts ?? [], 'hosts')], list: saved?.name ?? null };
}

function whatOpens({ entries, list: name }: Sites, learning: boolean): Words {
  const vi = [...(name === null ? [] : [`danh sách «${name}»`]), ...(name === null && entries.length > 0 ? [`${entries.length} trang đã ghi`] : []), ...(learning ? ['trang học liệu'] : [])];
  const en = [...(name === null ? [] : [`the list “${name}”`]), ...(name === null && entries.length > 0 ? [`${entries.length} sites`] : []), ...(learning ? ['learning sites'] : [])];
  return { vi: vi.join(' và '), en: en.join(' and ') };
}

type Begun = Pick<NewLesson, 'profile' | 'kind' | 'entries' | 'list' | 'learning'>;

function start(
  env: ConsoleDeps, who: Who, on: Room, input: { readonly until: string; readonly clock?: string | undefined }, what: Begun, say: (until: Words) => Words,
): Done<z.output<typeof lesson>> & { readonly started: StartedLesson } {
  const nowMs = env.now();
  const untilMs = untilMsOf(env, on.name, input.until, input.clock, nowMs);
  const started = env.store.policies.startLesson({ zone: on.name, fromMs: nowMs, untilMs, by: who.name, ...what }, who.actor);
  const words = say({ vi: formatsOf('vi').moment(untilMs, nowMs), en: formatsOf('en').moment(untilMs, nowMs) });
  const seen = sayDevices(on.devices);
  const closed = started.closed.length;
  const more: Words = closed === 0 ? { vi: '', en: '' } : { vi: ` ${closed} trang đang mở tạm đã đóng.`, en: ` ${closed} temporary openings are closed.` };
  return {
    started,
    value: { room: on.name, profile: started.profile, kind: started.kind, until: new Date(untilMs).toISOString() },
    say: { vi: `${words.vi} (${seen.vi}).${more.vi}`, en: `${words.en} (${seen.en}).${more.en}` },
    undo: () => env.store.policies.undoStart(started, env.now(), who.actor),
  };
}

function resumedWords(env: ConsoleDeps, zone: string, next: LessonRow): Words {
  const profile = profileWords(env, next.profile);
  const nowMs = env.now();
  return {
    vi: `Đã mở lại Internet của ${zone}: tiếp tục tiết đang học (${profile.vi}), đến ${formatsOf('vi').moment(next.untilMs, nowMs)}.`,
    en: `The Internet of ${zone} is back: the lesson (${profile.en}) goes on until ${formatsOf('en').moment(next.untilMs, nowMs)}.`,
  };
}
