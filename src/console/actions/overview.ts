/** Figures and health for scripts: what the overview and the page "Sức khỏe" show. And over-blocking: requests allowed for good, and where they came from. */
import { z } from 'zod';
import { DAY_MS, dayStart } from '../../local-time.js';
import { deadFor, refuseDead } from '../../policy/rule-effect.js';
import type { RequestRow } from '../../store/rows.js';
import type { CauseCount } from '../../store/school-rows.js';
import { action } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { figuresOf } from '../figures.js';
import { refused, wrongField } from '../refused.js';
import { ownRequest } from '../requests.js';
import type { Words } from '../words.js';
import { personOf } from './profiles.js';
import { requestVerdict } from './requests.js';

export const CAUSE_DAYS = 30;

export function causesOf(env: ConsoleDeps): CauseCount[] {
  const today = dayStart(env.now());
  return env.store.policies.requestCauses(today - (CAUSE_DAYS - 1) * DAY_MS, today + DAY_MS);
}

const number = z.int().nullable().meta({ description: 'Null: some, but not told: fewer than ten devices' });

export const overviewActions = [
  action({
    name: 'overview.read',
    method: 'GET',
    path: '/overview',
    about: { vi: 'Số liệu tổng quan: lượt theo giờ, lượt chặn theo nhóm', en: 'Figures: requests by hour, blocks by category' },
    roles: ['it-admin', 'head'],
    input: z.strictObject({}),
    output: z.object({
      hours: z.array(z.object({ from: z.string(), requests: number, blocked: number })), categories: z.array(z.object({ category: z.string().nullable(), blocked: number })),
      requests: z.object({ received: z.int(), approved: z.int(), rejected: z.int(), expired: z.int(), open: z.int() }),
    }),
    run(env) {
      const { hours, categories, requests } = figuresOf(env);
      return { value: { hours: hours.map(({ fromMs, ...rest }) => ({ from: new Date(fromMs).toISOString(), ...rest })), categories: [...categories], requests: { ...requests } } };
    },
  }),
  action({
    name: 'health.read',
    method: 'GET',
    path: '/health',
    about: { vi: 'Khám cổng lọc: lỗi gì, sửa thế nào', en: 'What is wrong and what to do' },
    roles: ['it-admin', 'head'],
    input: z.strictObject({}),
    output: z.object({ findings: z.array(z.object({ check: z.string(), status: z.enum(['ok', 'warn', 'fail']), vi: z.string(), en: z.string(), remedyVi: z.string(), remedyEn: z.string() })) }),
    run: async (env) => ({ value: { findings: (await env.findings()).map((finding) => ({ ...finding })) } }),
  }),
  action({
    name: 'request.causes',
    method: 'GET',
    path: '/requests/causes',
    about: { vi: 'Chặn nhầm: yêu cầu đã trả lời trong 30 ngày, theo nhóm và danh sách', en: 'Over-blocking: requests answered within 30 days, by category and list' },
    roles: ['it-admin', 'head'],
    input: z.strictObject({}),
    output: z.object({ causes: z.array(z.object({ category: z.string().nullable(), list: z.string().nullable(), approved: z.int(), rejected: z.int() })) }),
    run: (env) => ({ value: { causes: causesOf(env).map((cause) => ({ ...cause })) } }),
  }),
  action({
    name: 'request.allow',
    method: 'POST',
    path: '/requests/{ref}/rule',
    about: { vi: 'Duyệt yêu cầu bằng quy tắc của trường: trang mở lâu dài cho hồ sơ đã gửi', en: 'Approve by a rule of the school: open for good for the profile that asked' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ ref: z.string().min(1).max(40).meta({ vi: 'Mã tham chiếu', en: 'Reference' }) }),
    output: z.object({ ref: z.string(), rule: z.int() }),
    run(env, who, input) {
      const row = openOne(ownRequest(env, who, input.ref));
      const verdict = requestVerdict(env, row);
      const no = whyNoRule(env, row);
      if (no !== null) throw wrongField('ref', no.vi, no.en);
      const made = env.store.policies.approveRequest(row.id, { type: 'rule', entry: row.host, profiles: [row.profile], note: `yêu cầu ${row.ref}` }, 'Trang này đã được mở cho em và các bạn. Cảm ơn em đã báo.', env.now(), personOf(who), verdict.open.decision.list?.name ?? null);
      return {
        value: { ref: row.ref, rule: made.rule?.id ?? 0 },
        say: { vi: `Đã mở ${row.host} lâu dài cho hồ sơ ${row.profile}. Em xem được câu trả lời bằng mã ${row.ref}.`, en: `${row.host} is open for good for ${row.profile}. The pupil sees the answer by ${row.ref}.` },
        undo: () => void env.store.policies.undoAnswer(made, env.now(), personOf(who)),
      };
    },
  }),
];

/** Why a rule for the profile that asked would open nothing; null where it would. */
export function whyNoRule(env: ConsoleDeps, row: RequestRow): Words | null {
  return refuseDead('school-allow', row.host, deadFor('school-allow', row.host, [row.profile], env.snapshot(), env.now()));
}

function openOne(row: RequestRow): RequestRow {
  if (row.state === 'open') return row;
  throw refused('conflict', 'Yêu cầu này đã được trả lời.', 'This request has already been answered.');
}
