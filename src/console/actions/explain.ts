/** "Vì sao?" for the administrator: one or many addresses, for a profile, a room, a time, with the whole ladder. The verdict is that of `luytre explain`. */
import { z } from 'zod';
import { explain, factsOf, type Explained, type Ladder } from '../../policy/explain.js';
import { action } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { wrongField } from '../refused.js';
import { both } from '../words.js';

const MOST_URLS = 100;

export const questionOf = z.strictObject({
  urls: z.array(z.string().trim().min(1).max(2_048)).min(1, both('Chưa ghi trang nào.', 'Write at least one address.')).max(MOST_URLS, both(`Tối đa ${MOST_URLS} trang một lần.`, `At most ${MOST_URLS} at a time.`)).meta({ vi: 'Trang', en: 'Addresses' }),
  room: z.string().max(64).optional().meta({ vi: 'Phòng', en: 'Room' }),
  profile: z.string().max(40).optional().meta({ vi: 'Hồ sơ lọc', en: 'Profile' }),
  at: z.string().regex(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}$/, both('Thời điểm viết như 2026-11-30T09:45.', 'Write the time like 2026-11-30T09:45.')).optional().meta({ vi: 'Thời điểm', en: 'Time', description: 'Of Hà Nội' }),
});
export type ExplainQuestion = z.output<typeof questionOf>;

export interface Told {
  readonly url: string;
  /** Null: no address at all. */
  readonly explained: Explained | null;
}

export interface ExplainAnswer {
  readonly atMs: number;
  readonly profile: string;
  readonly told: readonly Told[];
}

/** @throws Refused naming the field */
export function explainAll(env: ConsoleDeps, { urls, room, profile, at }: ExplainQuestion): ExplainAnswer {
  const snapshot = env.snapshot();
  const zone = room === undefined ? -1 : (snapshot.zoneByName.get(room) ?? -2);
  if (zone === -2) throw wrongField('room', `Không có phòng «${room ?? ''}».`, `There is no room "${room ?? ''}".`);
  const position = profile === undefined ? -1 : (snapshot.profileById.get(profile) ?? -2);
  if (position === -2) throw wrongField('profile', `Không có hồ sơ lọc «${profile ?? ''}».`, `There is no profile "${profile ?? ''}".`);
  const atMs = at === undefined ? env.now() : Date.parse(`${at}:00+07:00`);
  if (Number.isNaN(atMs)) throw wrongField('at', 'Không có thời điểm ấy.', 'There is no such time.');
  const told = urls.map((url) => {
    const facts = factsOf(url, zone, position);
    return { url, explained: facts === null ? null : explain(facts, snapshot, atMs) };
  });
  const first = told.find(({ explained }) => explained !== null)?.explained?.decision.profile ?? -1;
  return { atMs, profile: snapshot.data.profiles[first]?.id ?? profile ?? '', told };
}

const step = z.object({ layer: z.string(), outcome: z.enum(['decides', 'silent', 'overruled', 'later']), entry: z.string().nullable(), list: z.string().nullable(), score: z.int().nullable() });
const verdict = z.object({
  url: z.string(), host: z.string().nullable(), action: z.enum(['allow', 'block', 'restrict']), cell: z.enum(['X', 'K', 'H', 'M']).nullable(), category: z.string().nullable(), reason: z.string(),
  layer: z.string(), rule: z.string().nullable(), list: z.object({ name: z.string(), version: z.string() }).nullable(), steps: z.array(z.object({ host: z.string(), layers: z.array(step) })),
});

const stepsOf = (ladder: Ladder): z.output<typeof step>[] => ladder.steps.map(({ layer, outcome, claim, score }) => ({ layer, outcome, entry: claim?.entry ?? null, list: claim?.list?.name ?? null, score }));

export const explainActions = [
  action({
    name: 'explain.read',
    method: 'POST',
    path: '/explain',
    about: { vi: 'Vì sao các trang mở hay bị chặn, từng bước', en: 'Why addresses are open or blocked, step by step' },
    roles: ['it-admin'],
    input: questionOf,
    output: z.object({ at: z.string(), profile: z.string(), verdicts: z.array(verdict) }),
    run(env, _who, question) {
      const { atMs, profile, told } = explainAll(env, question);
      return {
        value: {
          at: new Date(atMs).toISOString(), profile,
          verdicts: told.map(({ url, explained }): z.output<typeof verdict> => {
            if (explained === null) return { url, host: null, action: 'block', cell: null, category: null, reason: 'malformed', layer: 'base', rule: null, list: null, steps: [] };
            const { decision, ladders } = explained;
            return {
              url, host: decision.host, action: decision.action, cell: decision.cell, category: env.snapshot().data.categories[decision.category]?.code ?? null, reason: decision.reason,
              layer: decision.layer, rule: decision.rule, list: decision.list === null ? null : { ...decision.list }, steps: ladders.map((ladder) => ({ host: ladder.host, layers: stepsOf(ladder) })),
            };
          }),
        },
      };
    },
  }),
];
