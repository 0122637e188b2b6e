/** Until when: the end of the period, of the session, a number of minutes or a time of day in Hà Nội. */
import { dayStart, MINUTE_MS } from '../local-time.js';
import type { ConsoleDeps } from './deps.js';
import { wrongField } from './refused.js';
import { both } from './words.js';
import { z } from 'zod';

const LONGEST_MS = 12 * 60 * MINUTE_MS;

/** `period`, `session`, `45` (minutes) or `clock` with `clock: "11:15"` beside it. */
export const untilField = z
  .string(both('Chưa chọn đến khi nào.', 'Choose until when.'))
  .regex(/^(?:period|session|clock|[1-9]\d{0,2})$/, both('Hãy chọn đến khi nào.', 'Choose until when.'))
  .meta({ vi: 'Đến khi nào', en: 'Until', description: 'period, session, clock, or minutes' });
export const clockField = z
  .string()
  .regex(/^(?:[01]?\d|2[0-3])[:h][0-5]\d$/, both('Giờ viết như 11:15.', 'Write the time like 11:15.'))
  .optional()
  .meta({ vi: 'Giờ kết thúc', en: 'End time' });

/** @throws Refused naming the field */
export function untilMsOf(env: Pick<ConsoleDeps, 'bells'>, room: string, until: string, clock: string | undefined, nowMs: number): number {
  if (until === 'period' || until === 'session') {
    const end = env.bells(room, nowMs)[until];
    if (end === null) throw wrongField('until', 'Lúc này không có tiết hay buổi học nào; hãy chọn số phút hoặc giờ kết thúc.', 'No period or session is running; choose minutes or a time.');
    return end.untilMs;
  }
  if (until !== 'clock') return nowMs + Number(until) * MINUTE_MS;
  if (clock === undefined) throw wrongField('clock', 'Chưa điền giờ kết thúc.', 'Fill in the end time.');
  const [hours = 0, minutes = 0] = clock.split(/[:h]/).map(Number);
  const at = dayStart(nowMs) + (hours * 60 + minutes) * MINUTE_MS;
  if (at <= nowMs) throw wrongField('clock', `Giờ ${clock} đã qua.`, `${clock} is in the past.`);
  if (at - nowMs > LONGEST_MS) throw wrongField('clock', 'Xa quá; tối đa 12 giờ kể từ bây giờ.', 'Too far ahead; at most 12 hours from now.');
  return at;
}
