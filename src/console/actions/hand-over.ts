/** Bàn giao: another teacher may switch the room until an end, and answers for the lesson that runs. */
import { z } from 'zod';
import { action } from '../action.js';
import { wrongField } from '../refused.js';
import { ownRoom, runningOf } from '../rooms.js';
import { clockField, untilField, untilMsOf } from '../until.js';
import { both, formatsOf } from '../words.js';

export const handOverActions = [
  action({
    name: 'room.hand-over',
    method: 'POST',
    path: '/rooms/{room}/hand-over',
    about: { vi: 'Bàn giao phòng cho một thầy cô khác đến một lúc', en: 'Hand a room over to another teacher until an end' },
    roles: ['teacher', 'it-admin'],
    input: z.strictObject({
      room: z.string().min(1).max(64).meta({ vi: 'Phòng', en: 'Room' }),
      to: z.string(both('Chưa chọn thầy/cô nhận phòng.', 'Choose who takes the room.')).min(1).max(128).meta({ vi: 'Cho thầy/cô', en: 'To' }),
      until: untilField,
      clock: clockField,
    }),
    output: z.object({ room: z.string(), to: z.string(), until: z.string().nullable() }),
    run(env, who, input) {
      const zone = ownRoom(env, who, input.room);
      const { accounts, policies, rooms } = env.store;
      const nowMs = env.now();
      const taker = accounts.users().find((user) => user.name.toLowerCase() === input.to.toLowerCase());
      if (taker === undefined || taker.role !== 'teacher' || taker.disabled) throw wrongField('to', 'Hãy chọn một tài khoản giáo viên đang dùng.', "Choose a teacher's account that is in use.");
      if (taker.name === who.name) throw wrongField('to', 'Hãy chọn một thầy cô khác để bàn giao.', 'Choose another teacher.');
      const untilMs = untilMsOf(env, zone, input.until, input.clock, nowMs);
      const had = rooms.rooms(nowMs, taker.name).find((room) => room.zone === zone);
      const lesson = runningOf(policies.lessons(nowMs), zone, nowMs);
      const row = rooms.handOver(zone, who.name, taker.name, untilMs, nowMs, who.actor);
      const end = { vi: formatsOf('vi').moment(untilMs, nowMs), en: formatsOf('en').moment(untilMs, nowMs) };
      return {
        value: { room: zone, to: taker.name, until: row.untilMs === null ? null : new Date(row.untilMs).toISOString() },
        say: row.untilMs === null
          ? { vi: `${taker.name} vốn phụ trách ${zone}; nay phụ trách cả tiết đang chạy.`, en: `${zone} is ${taker.name}'s already, who now answers for the lesson that runs.` }
          : { vi: `Đã bàn giao ${zone} cho ${taker.name}, đến ${end.vi}.`, en: `${zone} is with ${taker.name} until ${end.en}.` },
        undo() {
          if (had?.untilMs !== null) rooms.removeRoom(taker.name, zone, who.actor);
          if (had !== undefined && had.untilMs !== null) rooms.restoreRoom(had, who.actor);
          // the lesson goes back to whoever answered for it, unless another has begun
          const now = runningOf(policies.lessons(env.now()), zone, env.now());
          if (lesson !== null && now?.id === lesson.id) policies.restoreLesson({ ...now, by: lesson.by }, env.now(), who.actor);
        },
      };
    },
  }),
];
