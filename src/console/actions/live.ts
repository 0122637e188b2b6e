/** The live view: opened with proof and a record, read, closed. */
import { z } from 'zod';
import { MINUTE_MS } from '../../local-time.js';
import { action } from '../action.js';
import { formatsOf } from '../words.js';

export const liveActions = [
  action({
    name: 'live.open',
    method: 'POST',
    path: '/live',
    about: { vi: 'Mở xem trực tiếp mười phút để tìm lỗi; có ghi vào nhật ký thao tác', en: 'Open the live view for ten minutes; it is recorded' },
    roles: ['it-admin'],
    proof: true,
    input: z.strictObject({ reason: z.string().trim().min(3).max(200).meta({ vi: 'Lý do', en: 'Reason' }) }),
    output: z.object({ until: z.string() }),
    run(env, who, { reason }) {
      env.store.audit.record(who.actor, 'live.open', 'live', null, { reason });
      const untilMs = env.live.open();
      return {
        value: { until: new Date(untilMs).toISOString() },
        say: { vi: `Đang xem trực tiếp đến ${formatsOf('vi').time(untilMs)}.`, en: `Live view until ${formatsOf('en').time(untilMs)}.` },
      };
    },
  }),
  action({
    name: 'live.read',
    method: 'GET',
    path: '/live',
    about: { vi: 'Các lượt vừa qua trong lúc đang mở xem trực tiếp', en: 'What has just passed, while the live view is open' },
    roles: ['it-admin'],
    input: z.strictObject({}),
    output: z.object({
      until: z.string().nullable(),
      rows: z.array(z.object({
        n: z.int(), minute: z.string(), room: z.string().nullable(), profile: z.string(), category: z.string().nullable(), domain: z.string().nullable(), action: z.string(), reason: z.string(),
      })),
    }),
    run(env) {
      const untilMs = env.live.untilMs();
      return {
        value: {
          until: untilMs === null ? null : new Date(untilMs).toISOString(),
          rows: env.live.rows().map(({ zone, minute, ...rest }) => ({ ...rest, room: zone, minute: new Date(minute * MINUTE_MS).toISOString() })),
        },
      };
    },
  }),
  action({
    name: 'live.close',
    method: 'DELETE',
    path: '/live',
    about: { vi: 'Đóng xem trực tiếp, quên hết', en: 'Close the live view and forget it all' },
    roles: ['it-admin'],
    input: z.strictObject({}),
    output: z.object({ closed: z.boolean() }),
    run(env) {
      env.live.close();
      return { value: { closed: true }, say: { vi: 'Đã đóng xem trực tiếp; mọi dòng đã quên.', en: 'The live view is closed and forgotten.' } };
    },
  }),
];
