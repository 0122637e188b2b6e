/** "Vì sao?": would this site open in my room at that time, and why; asked before the lesson, by people and by scripts. */
import { z } from 'zod';
import { dayOf, MINUTE_MS, startOfDay } from '../../local-time.js';
import { hostFromUrl } from '../../matching/hostname.js';
import { notAHost } from '../../policy/typed-host.js';
import { REASON_WORDS } from '../../policy/decision-words.js';
import { parseDayText } from '../../policy/school-time.js';
import { action, type Who } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { wrongField } from '../refused.js';
import { roomOf, type Room } from '../rooms.js';
import { ladderOf, verdictOf, whyNot, type Verdict } from '../verdict.js';
import { both } from '../words.js';

const DAYS_AHEAD = 400;

const input = z.strictObject({
  room: z.string().min(1).max(64).meta({ vi: 'Phòng', en: 'Room' }),
  site: z.string(both('Chưa ghi trang.', 'Write the site.')).trim().min(1, both('Chưa ghi trang.', 'Write the site.')).max(2_048).meta({ vi: 'Trang', en: 'Site' }),
  profile: z.string().max(32).optional().meta({ vi: 'Hồ sơ lọc', en: 'Profile', description: 'Ask about this profile instead of what the room is on' }),
  day: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, both('Ngày viết như 2026-11-30.', 'Write the day like 2026-11-30.')).optional().meta({ vi: 'Ngày', en: 'Day' }),
  time: z.string().regex(/^(?:[01]?\d|2[0-3])[:h][0-5]\d$/, both('Giờ viết như 11:15.', 'Write the time like 11:15.')).optional().meta({ vi: 'Giờ', en: 'Time' }),
});

export type Question = z.output<typeof input>;
export const questionInput = input;

export interface Asked {
  readonly room: Room;
  readonly host: string;
  readonly atMs: number;
  /** True where it is asked of this very moment, and so can be opened by one tap. */
  readonly now: boolean;
  readonly profile: string;
  readonly verdict: Verdict;
}

/** @throws Refused naming the field */
export function ask(env: ConsoleDeps, who: Who, question: Question): Asked {
  const room = roomOf(env, who, question.room);
  const typed = question.site.normalize('NFC');
  const target = hostFromUrl(typed);
  if (target === null) {
    const { vi, en } = notAHost(typed);
    throw wrongField('site', vi, en);
  }
  const nowMs = env.now();
  const atMs = momentOf(question, nowMs);
  const snapshot = env.snapshot();
  const profile = question.profile === undefined ? -1 : (snapshot.profileById.get(question.profile) ?? -2);
  if (profile === -2) throw wrongField('profile', 'Không có hồ sơ lọc này; hãy chọn một hồ sơ trong danh sách.', 'There is no such profile; choose one of the list.');
  // What the gateway sees of https is the name alone.
  const path = target.scheme === 'http' ? target.path : null;
  const verdict = verdictOf(env, room.position, target.host, path, profile, atMs);
  return { room, host: target.host, atMs, now: question.day === undefined && question.time === undefined && profile === -1, profile: snapshot.data.profiles[verdict.decision.profile]?.id ?? '', verdict };
}

function momentOf({ day, time }: Question, nowMs: number): number {
  if (day === undefined && time === undefined) return nowMs;
  const today = dayOf(nowMs);
  const on = day === undefined ? today : parseDayText(day);
  if (on === null) throw wrongField('day', `Không có ngày ${day ?? ''}.`, `There is no day ${day ?? ''}.`);
  if (on < today || on > today + DAYS_AHEAD) throw wrongField('day', 'Chọn hôm nay hoặc một ngày sắp tới.', 'Choose today or a day to come.');
  if (time === undefined) throw wrongField('time', 'Chọn cả giờ, ví dụ 09:45.', 'Choose the time too, like 09:45.');
  const [hours = 0, minutes = 0] = time.split(/[:h]/).map(Number);
  return startOfDay(on) + (hours * 60 + minutes) * MINUTE_MS;
}

const words = z.object({ vi: z.string(), en: z.string() });

export const verdictActions = [
  action({
    name: 'verdict.explain',
    method: 'GET',
    path: '/rooms/{room}/verdict',
    about: { vi: 'Vì sao một trang mở hay bị chặn ở phòng này, vào lúc nào', en: 'Why a site is open or blocked in this room, at what time' },
    roles: ['teacher', 'it-admin'],
    input,
    output: z.object({
      host: z.string(), room: z.string(), at: z.string(), profile: z.string(), action: z.enum(['allow', 'restrict', 'block']), cell: z.enum(['X', 'K', 'H', 'M']).nullable(),
      category: z.string().nullable(), layer: z.string(), reason: z.string(), why: words, list: z.object({ name: z.string(), version: z.string() }).nullable(), rule: z.string().nullable(),
      until: z.string().nullable(), mayOpen: z.boolean(), whyNot: words.nullable(), layers: z.array(z.object({ layer: z.string(), said: z.enum(['no', 'decides', 'not-asked']) })),
    }),
    run(env, who, question) {
      const { room, host, atMs, profile, verdict } = ask(env, who, question);
      const { decision } = verdict;
      return {
        value: {
          host, room: room.name, at: new Date(atMs).toISOString(), profile, action: decision.action, cell: decision.cell,
          category: env.snapshot().data.categories[decision.category]?.code ?? null, layer: decision.layer, reason: decision.reason, why: REASON_WORDS[decision.reason],
          list: decision.list === null ? null : { name: decision.list.name, version: decision.list.version }, rule: decision.rule,
          until: Number.isFinite(decision.validUntilMs) ? new Date(decision.validUntilMs).toISOString() : null,
          mayOpen: decision.action === 'block' && verdict.open.may && room.kind !== 'pause', whyNot: decision.action === 'block' ? whyNot(env, host, verdict) : null, layers: [...ladderOf(decision)],
        },
      };
    },
  }),
];

