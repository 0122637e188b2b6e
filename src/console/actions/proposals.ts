/** Actions on what takes two people: what waits, approve and reject (the head, who shows again who they are), withdraw (the administrator). */
import { z } from 'zod';
import { diffOf } from '../../policy/proposal-diff.js';
import { refuseApproval } from '../../policy/proposal.js';
import type { ProposalRow } from '../../store/rows.js';
import { action } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { both } from '../words.js';
import { personOf } from './profiles.js';

const id = z.int().min(1).max(999_999_999).meta({ vi: 'Số đề xuất', en: 'Proposal' });
const words = z.object({ vi: z.string(), en: z.string() });
const row = z.object({
  id: z.int(), kind: z.enum(['tls-level', 'loosen', 'ca-export']), state: z.enum(['open', 'approved', 'rejected', 'withdrawn', 'expired']),
  reason: z.string(), by: z.string(), at: z.string(), expires: z.string(), decidedBy: z.string().nullable(), decided: z.string().nullable(), note: z.string().nullable(),
  fits: z.boolean().nullable(), diff: z.object({ subject: words, before: words, after: words, effect: words }),
});

function toRow(env: ConsoleDeps, proposal: ProposalRow): z.output<typeof row> {
  const matrix = env.shipped();
  const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  return {
    id: proposal.id, kind: proposal.change.kind, state: proposal.state, reason: proposal.reason, by: proposal.by,
    at: new Date(proposal.atMs).toISOString(), expires: new Date(proposal.expiresMs).toISOString(),
    decidedBy: proposal.decidedBy, decided: iso(proposal.decidedMs), note: proposal.note,
    fits: proposal.state === 'open' ? refuseApproval(proposal.change, proposal.base, env.store.proposals.standing(matrix)) === null : null,
    diff: diffOf(proposal.change, matrix, proposal.base),
  };
}

export const proposalActions = [
  action({
    name: 'proposal.list',
    method: 'GET',
    path: '/proposals',
    about: { vi: 'Các đề xuất cần hai người', en: 'Proposals that take two people' },
    roles: ['it-admin', 'head'],
    input: z.strictObject({}),
    output: z.object({ proposals: z.array(row) }),
    run: (env) => ({ value: { proposals: env.store.proposals.list(env.now()).map((proposal) => toRow(env, proposal)) } }),
  }),
  action({
    name: 'proposal.approve',
    method: 'POST',
    path: '/proposals/{id}/approve',
    about: { vi: 'Duyệt một đề xuất', en: 'Approve a proposal' },
    roles: ['head'],
    proof: true,
    bearsOnVerdicts: true,
    input: z.strictObject({ id, note: z.string().trim().max(1_000).optional().meta({ vi: 'Ghi chú', en: 'Note' }) }),
    output: row,
    run(env, who, input) {
      const decided = env.store.proposals.approve(input.id, input.note ?? null, env.now(), env.shipped(), personOf(who));
      const { subject, after } = diffOf(decided.change, env.shipped(), decided.base);
      return {
        value: toRow(env, decided),
        say: { vi: `Đã duyệt đề xuất số ${decided.id}. ${subject.vi}: ${after.vi}. Áp dụng trong hai giây.`, en: `Proposal ${decided.id} approved. ${subject.en}: ${after.en}. Effective within two seconds.` },
      };
    },
  }),
  action({
    name: 'proposal.reject',
    method: 'POST',
    path: '/proposals/{id}/reject',
    about: { vi: 'Từ chối một đề xuất, kèm lý do', en: 'Reject a proposal, with a reason' },
    roles: ['head'],
    proof: true,
    input: z.strictObject({ id, reason: z.string(both('Từ chối thì cần ghi lý do.', 'Rejecting needs a reason.')).trim().min(3, both('Từ chối thì cần ghi lý do.', 'Rejecting needs a reason.')).max(1_000).meta({ vi: 'Lý do từ chối', en: 'Reason' }) }),
    output: row,
    run(env, who, input) {
      const decided = env.store.proposals.reject(input.id, input.reason, env.now(), personOf(who));
      return { value: toRow(env, decided), say: { vi: `Đã từ chối đề xuất số ${decided.id}; không có gì thay đổi.`, en: `Proposal ${decided.id} rejected; nothing changed.` } };
    },
  }),
  action({
    name: 'proposal.withdraw',
    method: 'DELETE',
    path: '/proposals/{id}',
    about: { vi: 'Rút một đề xuất', en: 'Withdraw a proposal' },
    roles: ['it-admin'],
    input: z.strictObject({ id }),
    output: row,
    run(env, who, input) {
      const decided = env.store.proposals.withdraw(input.id, env.now(), personOf(who));
      return { value: toRow(env, decided), say: { vi: `Đã rút đề xuất số ${decided.id}.`, en: `Proposal ${decided.id} withdrawn.` } };
    },
  }),
];
