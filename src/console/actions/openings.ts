/** Actions on what is open for a room for a while (mở tạm): over K cells only, for one room, with an end. */
import { z } from 'zod';
import type { OpeningRow } from '../../store/rows.js';
import { action } from '../action.js';
import { refused, wrongField } from '../refused.js';
import { ownRoom, roomOf } from '../rooms.js';
import { openedSite } from '../typed.js';
import { clockField, untilField, untilMsOf } from '../until.js';
import { categoryWords, verdictOf, whyNot } from '../verdict.js';
import { both, formatsOf } from '../words.js';

const room = z.string().min(1).max(64).meta({ vi: 'Phòng', en: 'Room' });
const opening = z.object({ id: z.int(), room: z.string(), host: z.string(), until: z.string(), by: z.string(), reason: z.string().nullable() });

const shape = (row: OpeningRow): z.output<typeof opening> => ({ id: row.id, room: row.zone, host: row.entry, until: new Date(row.untilMs).toISOString(), by: row.by, reason: row.reason });

export const openingActions = [
  action({
    name: 'opening.list',
    method: 'GET',
    path: '/rooms/{room}/openings',
    about: { vi: 'Các trang đang mở tạm cho phòng', en: 'What is open for a room for a while' },
    roles: ['teacher', 'it-admin'],
    input: z.strictObject({ room }),
    output: z.object({ openings: z.array(opening) }),
    run(env, who, input) {
      const zone = ownRoom(env, who, input.room);
      return { value: { openings: env.store.policies.openings(env.now()).filter((row) => row.zone === zone).map(shape) } };
    },
  }),
  action({
    name: 'opening.add',
    method: 'POST',
    path: '/rooms/{room}/openings',
    about: { vi: 'Mở tạm một trang cho riêng phòng này', en: 'Open one site for this room alone, for a while' },
    roles: ['teacher', 'it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({
      room,
      host: z.string(both('Chưa ghi trang cần mở.', 'Write the site to open.')).trim().min(1, both('Chưa ghi trang cần mở.', 'Write the site to open.')).max(2_048).meta({ vi: 'Trang', en: 'Site' }),
      until: untilField,
      clock: clockField,
      reason: z.string().trim().max(200).optional().meta({ vi: 'Để làm gì', en: 'What for' }),
    }),
    output: opening,
    run(env, who, input) {
      const on = roomOf(env, who, input.room);
      const site = openedSite(input.host);
      const nowMs = env.now();
      const verdict = verdictOf(env, on.position, site.host, null, -1, nowMs);
      const no = whyNot(env, site.host, verdict);
      if (no !== null) throw wrongField('host', no.vi, no.en);
      if (on.kind === 'pause') throw wrongField('host', `${on.name} đang tạm dừng Internet; hãy mở lại Internet trước.`, `The Internet of ${on.name} is paused; end the pause first.`);
      if (verdict.decision.action !== 'block') throw wrongField('host', `${site.host} đang mở sẵn cho ${on.name}; không cần mở tạm.`, `${site.host} is open for ${on.name} already.`);
      const untilMs = untilMsOf(env, on.name, input.until, input.clock, nowMs);
      const row = env.store.policies.addOpening({ zone: on.name, entry: site.entry, fromMs: nowMs, untilMs, by: who.name, reason: input.reason === undefined || input.reason === '' ? null : input.reason }, who.actor);
      const category = categoryWords(env, verdict.open.decision.category);
      return {
        value: shape(row),
        say: {
          vi: `Đã mở tạm ${site.entry} cho ${on.name}, đến ${formatsOf('vi').moment(untilMs, nowMs)}${category === null ? '' : ` (nhóm «${category.vi}»)`}. Các phòng khác không đổi.`,
          en: `${site.entry} is open for ${on.name} until ${formatsOf('en').moment(untilMs, nowMs)}${category === null ? '' : ` (category “${category.en}”)`}. Other rooms are as they were.`,
        },
        undo: () => void env.store.policies.removeOpening(row.id, env.now(), who.actor),
        next: `/phong/${encodeURIComponent(on.name)}`,
      };
    },
  }),
  action({
    name: 'opening.close',
    method: 'DELETE',
    path: '/rooms/{room}/openings/{id}',
    about: { vi: 'Đóng lại một trang đang mở tạm', en: 'Close what is open for a while' },
    roles: ['teacher', 'it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ room, id: z.int().min(1).max(999_999_999) }),
    output: z.object({ id: z.int(), closed: z.boolean() }),
    run(env, who, input) {
      const zone = ownRoom(env, who, input.room);
      const nowMs = env.now();
      const row = env.store.policies.openings(nowMs).find((known) => known.id === input.id && known.zone === zone);
      if (row === undefined) throw refused('not-found', 'Trang này không còn mở tạm cho phòng.', 'This is no longer open for the room.');
      env.store.policies.removeOpening(row.id, nowMs, who.actor);
      return {
        value: { id: row.id, closed: true },
        say: { vi: `Đã đóng lại ${row.entry} ở ${zone}.`, en: `${row.entry} is closed again in ${zone}.` },
        undo: () => env.store.policies.restoreOpening(row, env.now(), who.actor),
      };
    },
  }),
];
