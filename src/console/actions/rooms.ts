/** Actions of a teacher in a room: see it, switch its profile, end the lesson. Each ends by itself; each can be taken back. */
import { z } from 'zod';
import type { LessonRow } from '../../store/rows.js';
import { action } from '../action.js';
import { sayDevices } from '../devices.js';
import type { ConsoleDeps } from '../deps.js';
import { wrongField } from '../refused.js';
import { ownRoom, roomsOf } from '../rooms.js';
import { clockField, untilField, untilMsOf } from '../until.js';
import { both, formatsOf } from '../words.js';

const room = z.string().min(1).max(64).meta({ vi: 'Phòng', en: 'Room' });

const devices = z.union([
  z.object({ kind: z.enum(['none', 'few']) }),
  z.object({ kind: z.literal('about'), n: z.int() }),
]).meta({ description: 'Devices seen in the last 15 minutes: none, fewer than 10, or rounded to 5' });

const lesson = z.object({ room: z.string(), profile: z.string(), until: z.string() });

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
        name: z.string(), profile: z.string(), because: z.enum(['lesson', 'timetable', 'own']),
        until: z.string().nullable(), then: z.string(), by: z.string().nullable(), devices,
      })),
    }),
    run: (env, who) => ({
      value: { rooms: roomsOf(env, who).map(({ untilMs, ...rest }) => ({ ...rest, until: untilMs === null ? null : new Date(untilMs).toISOString() })) },
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
      const zone = ownRoom(env, who, input.room);
      const profile = env.snapshot().data.profiles.find((known) => known.id === input.profile);
      if (profile === undefined) throw wrongField('profile', 'Không có hồ sơ lọc này; hãy chọn một hồ sơ trong danh sách.', 'There is no such profile; choose one of the list.');
      const nowMs = env.now();
      const untilMs = untilMsOf(env, zone, input.until, input.clock, nowMs);
      const started = env.store.policies.startLesson({ zone, profile: profile.id, fromMs: nowMs, untilMs, by: who.name }, who.actor);
      const seen = sayDevices(roomsOf(env, who).find((known) => known.name === zone)?.devices ?? { kind: 'none' });
      return {
        value: { room: zone, profile: profile.id, until: new Date(untilMs).toISOString() },
        say: {
          vi: `${zone} đang dùng hồ sơ ${profile.name}, đến ${formatsOf('vi').moment(untilMs, nowMs)} (${seen.vi}).`,
          en: `${zone} is on ${profile.nameEn} until ${formatsOf('en').moment(untilMs, nowMs)} (${seen.en}).`,
        },
        undo: () => env.store.policies.undoStart(started, env.now(), who.actor),
      };
    },
  }),
  action({
    name: 'lesson.end',
    method: 'DELETE',
    path: '/rooms/{room}/lesson',
    about: { vi: 'Kết thúc tiết, phòng trở về hồ sơ của phòng', en: 'End the lesson; the room goes back to its own profile' },
    roles: ['teacher', 'it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ room }),
    output: z.object({ room: z.string(), ended: z.boolean() }),
    run(env, who, input) {
      const zone = ownRoom(env, who, input.room);
      const before = runningIn(env, zone, env.now());
      const ended = env.store.policies.endLesson(zone, env.now(), who.actor);
      if (!ended || before === null) return { value: { room: zone, ended }, say: { vi: `${zone} không có tiết nào đang chạy.`, en: `No lesson is running in ${zone}.` } };
      return {
        value: { room: zone, ended },
        say: { vi: `Đã kết thúc tiết ở ${zone}; phòng trở về hồ sơ của phòng.`, en: `The lesson in ${zone} has ended; the room is back on its own profile.` },
        undo: () => env.store.policies.restoreLesson(before, env.now(), who.actor),
      };
    },
  }),
];

function runningIn(env: ConsoleDeps, zone: string, nowMs: number): LessonRow | null {
  return env.store.policies.lessons(nowMs).filter((row) => row.zone === zone && row.fromMs <= nowMs).at(-1) ?? null;
}
