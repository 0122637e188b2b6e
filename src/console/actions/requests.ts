/** Pupils' requests of a teacher's rooms: seen, approved until an end, refused with a kind reason. The pupil reads the answer by its reference number. */
import { z } from 'zod';
import { typedSite } from '../../policy/typed-host.js';
import type { RequestRow } from '../../store/rows.js';
import { action } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { refused, wrongField } from '../refused.js';
import { answeredRequestsOf, openRequestsOf, ownRequest, REFUSALS } from '../requests.js';
import { openedSite } from '../typed.js';
import { clockField, untilField, untilMsOf } from '../until.js';
import { verdictOf, whyNot, type Verdict } from '../verdict.js';
import { both, formatsOf } from '../words.js';

const ref = z.string().min(1).max(40).meta({ vi: 'Mã tham chiếu', en: 'Reference' });
const shape = z.object({
  ref: z.string(), room: z.string().nullable(), profile: z.string(), host: z.string(), category: z.string().nullable(), reason: z.string().nullable(),
  at: z.string(), state: z.enum(['open', 'approved', 'rejected', 'expired']), answer: z.string().nullable(), by: z.string().nullable(),
});
const REASONS = Object.keys(REFUSALS) as (keyof typeof REFUSALS)[];
const OWN = 'khac';
/** Answered ones that are told. */
const MOST = 50;

const told = (row: RequestRow): z.output<typeof shape> => ({
  ref: row.ref, room: row.zone, profile: row.profile, host: row.host, category: row.category, reason: row.reason, at: new Date(row.atMs).toISOString(),
  state: row.state, answer: row.answer, by: row.by,
});

export const requestActions = [
  action({
    name: 'request.list',
    method: 'GET',
    path: '/requests',
    about: { vi: 'Yêu cầu mở trang của học sinh trong các phòng của tôi', en: "Pupils' requests of my rooms" },
    roles: ['teacher', 'it-admin'],
    input: z.strictObject({}),
    output: z.object({ open: z.array(shape), answered: z.array(shape) }),
    run: (env, who) => ({ value: { open: openRequestsOf(env, who).map(told), answered: answeredRequestsOf(env, who, MOST).map(told) } }),
  }),
  action({
    name: 'request.approve',
    method: 'POST',
    path: '/requests/{ref}/approve',
    about: { vi: 'Duyệt yêu cầu: mở cho phòng của học sinh, đến một lúc', en: "Approve: open it for the pupil's room, until an end" },
    roles: ['teacher', 'it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ ref, until: untilField, clock: clockField, answer: z.string().trim().max(300).optional().meta({ vi: 'Lời nhắn cho em', en: 'A word to the pupil' }) }),
    output: shape,
    run(env, who, input) {
      const row = openOne(ownRequest(env, who, input.ref));
      if (row.zone === null) throw wrongField('ref', 'Yêu cầu này không rõ từ phòng nào nên không mở tạm được; hãy trả lời em bằng lời.', 'This request is of no known room, so nothing can be opened for it; answer it in words.');
      const site = openedSite(row.host, 'ref');
      const verdict = requestVerdict(env, row);
      const no = whyNot(env, row.host, verdict);
      if (no !== null) throw wrongField('ref', no.vi, no.en);
      const nowMs = env.now();
      const untilMs = untilMsOf(env, row.zone, input.until, input.clock, nowMs);
      const end = { vi: formatsOf('vi').moment(untilMs, nowMs), en: formatsOf('en').moment(untilMs, nowMs) };
      const answer = [`Trang mở cho cả phòng đến ${end.vi}.`, input.answer ?? ''].filter((part) => part !== '').join(' ');
      const answered = env.store.policies.approveRequest(row.id, { type: 'opening', zone: row.zone, entry: site.entry, untilMs, reason: `yêu cầu ${row.ref}` }, answer, nowMs, who.actor, verdict.open.decision.list?.name ?? null);
      return {
        value: told(answered.request),
        say: { vi: `Đã mở ${row.host} cho ${row.zone}, đến ${end.vi}. Em xem được câu trả lời bằng mã ${row.ref}.`, en: `${row.host} is open for ${row.zone} until ${end.en}. The pupil sees the answer by ${row.ref}.` },
        undo: () => void env.store.policies.undoAnswer(answered, env.now(), who.actor),
        next: '/yeu-cau',
      };
    },
  }),
  action({
    name: 'request.refuse',
    method: 'POST',
    path: '/requests/{ref}/refuse',
    about: { vi: 'Từ chối yêu cầu, kèm lý do để em đọc', en: 'Refuse, with a reason for the pupil to read' },
    roles: ['teacher', 'it-admin'],
    input: z.strictObject({
      ref,
      why: z.enum([...REASONS, OWN], both('Hãy chọn một lý do để em hiểu.', 'Choose a reason.')).meta({ vi: 'Lý do', en: 'Reason', description: `One of the ready-made reasons, or ${OWN} with words` }),
      words: z.string().trim().max(300).optional().meta({ vi: 'Lời của thầy/cô', en: 'Your own words' }),
    }),
    output: shape,
    run(env, who, input) {
      const row = openOne(ownRequest(env, who, input.ref));
      const ready = input.why === OWN ? null : REFUSALS[input.why];
      if (ready === null && (input.words ?? '') === '') throw wrongField('words', 'Hãy viết một câu để em hiểu vì sao chưa mở.', 'Write a sentence so that the pupil understands why.');
      const answer = [ready?.vi ?? '', input.words ?? ''].filter((part) => part !== '').join(' ');
      const request = env.store.policies.answerRequest(row.id, 'rejected', answer, env.now(), who.actor, requestVerdict(env, row).open.decision.list?.name ?? null);
      return {
        value: told(request),
        say: { vi: `Đã từ chối ${row.host}. Em xem được lý do bằng mã ${row.ref}.`, en: `${row.host} refused. The pupil sees the reason by ${row.ref}.` },
        undo: () => void env.store.policies.undoAnswer({ request, opening: null, rule: null }, env.now(), who.actor),
        next: '/yeu-cau',
      };
    },
  }),
];

function openOne(row: RequestRow): RequestRow {
  if (row.state === 'open') return row;
  throw refused('conflict', 'Yêu cầu này đã được trả lời.', 'This request has already been answered.');
}

/** As the pupil's room has it now; without a room, as the profile that asked. Judges the site that an approval would open. */
export function requestVerdict(env: ConsoleDeps, row: RequestRow): Verdict {
  const snapshot = env.snapshot();
  return verdictOf(env, row.zone === null ? -1 : (snapshot.zoneByName.get(row.zone) ?? -1), typedSite(row.host).host ?? row.host, null, row.zone === null ? (snapshot.profileById.get(row.profile) ?? -1) : -1, env.now());
}
