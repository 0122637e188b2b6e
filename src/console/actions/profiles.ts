/** Actions on the matrix and on how far TLS is opened. What loosens, and `inspect`, become proposals; the store decides which, so that forms and scripts can't differ. */
import { z } from 'zod';
import { CELL_WORDS, LEVEL_WORDS } from '../../policy/proposal-diff.js';
import { TLS_LEVELS } from '../../policy/profile.js';
import type { Actor, CellOverride, Role } from '../../store/rows.js';
import { action, type Done, type Who } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { CELLS, levelOf, matrixCell, matrixOf } from '../matrix.js';
import { refused, wrongField } from '../refused.js';
import { both, type Words } from '../words.js';

const READERS: readonly Role[] = ['it-admin', 'head'];
const profile = z.string().min(1).max(40).meta({ vi: 'Hồ sơ lọc', en: 'Profile' });
const category = z.string().min(1).max(40).meta({ vi: 'Nhóm nội dung', en: 'Category' });
const reason = z.string(both('Cần ghi lý do.', 'A reason is needed.')).trim().min(3, both('Cần ghi lý do, ít nhất ba chữ.', 'A reason is needed, three letters at least.')).max(1_000).meta({ vi: 'Lý do', en: 'Reason' });
const outcome = z.enum(['done', 'same', 'proposed']);

/** A token asks in the name of its maker: a proposal is a person's. */
export function personOf(who: Who): Actor {
  return { kind: 'console', name: who.name };
}

const SAME: Words = { vi: 'Thiết lập ấy đã có hiệu lực rồi; không có gì đổi.', en: 'That is in force already; nothing changed.' };

function proposed(id: number, headsInUse: number): Words {
  return headsInUse === 0
    ? { vi: `Chưa có gì thay đổi: đề xuất số ${id} chờ hiệu trưởng, nhưng trường chưa có tài khoản hiệu trưởng nào; hãy thêm ở trang Tài khoản.`, en: `Nothing has changed yet: proposal ${id} waits for the head, but there is no head's account; add one.` }
    : { vi: `Chưa có gì thay đổi: đề xuất số ${id} chờ hiệu trưởng duyệt trong 7 ngày.`, en: `Nothing has changed yet: proposal ${id} waits for the head for 7 days.` };
}

export const profileActions = [
  action({
    name: 'profile.list',
    method: 'GET',
    path: '/profiles',
    about: { vi: 'Hồ sơ lọc và ma trận nhóm nội dung', en: 'Profiles and their matrix of categories' },
    roles: READERS,
    input: z.strictObject({}),
    output: z.object({
      profiles: z.array(z.object({ id: z.string(), name: z.string(), tls: z.enum(TLS_LEVELS) })),
      categories: z.array(z.object({
        code: z.string(), name: z.string(), legal: z.string(),
        cells: z.array(z.object({ profile: z.string(), cell: z.enum(CELLS), shipped: z.enum(CELLS), by: z.string().nullable(), reason: z.string().nullable(), at: z.string().nullable() })),
      })),
    }),
    run: (env) => ({
      value: {
        profiles: env.shipped().profiles.map(({ id, name }) => ({ id, name, tls: levelOf(env, id) })),
        categories: matrixOf(env).map((row) => ({
          code: row.category.code, name: row.category.name, legal: row.category.legal,
          cells: row.cells.map(({ profile: { id }, now, shipped, own }) => ({
            profile: id, cell: now, shipped, by: own?.by ?? null, reason: own?.reason ?? null, at: own === null ? null : new Date(own.atMs).toISOString(),
          })),
        })),
      },
    }),
  }),
  action({
    name: 'cell.set',
    method: 'PUT',
    path: '/profiles/{profile}/cells/{category}',
    about: { vi: 'Đổi một ô: siết thì có hiệu lực ngay, nới thì chờ hiệu trưởng duyệt', en: 'Change a cell: tightening at once, loosening by the head’s approval' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ profile, category, cell: z.enum(CELLS, both('Ô phải là X, K, H hoặc M.', 'The cell must be X, K, H or M.')).meta({ vi: 'Ô', en: 'Cell' }), reason }),
    output: z.object({ profile: z.string(), category: z.string(), cell: z.enum(CELLS), outcome, proposal: z.int().nullable() }),
    run(env, who, input): Done<{ profile: string; category: string; cell: (typeof CELLS)[number]; outcome: 'done' | 'same' | 'proposed'; proposal: number | null }> {
      const before = matrixCell(env, input.profile, input.category);
      const nowMs = env.now();
      const result = env.store.proposals.changeCell(input, nowMs, env.shipped(), personOf(who));
      const value = { profile: input.profile, category: input.category, cell: result.outcome === 'done' ? input.cell : before.now, outcome: result.outcome, proposal: result.outcome === 'proposed' ? result.proposal.id : null };
      if (result.outcome === 'same') return { value, say: SAME };
      if (result.outcome === 'proposed') {
        const { id } = result.proposal;
        return { value, say: proposed(id, env.store.proposals.headsInUse()), undo: () => void env.store.proposals.withdraw(id, env.now(), personOf(who)) };
      }
      return {
        value,
        say: {
          vi: `«${before.category.name}» của hồ sơ ${before.profile.name}: ${CELL_WORDS[input.cell].vi}.`,
          en: `"${before.category.nameEn}" of ${before.profile.nameEn}: ${CELL_WORDS[input.cell].en}.`,
        },
        undo: () => putBack(env, who, input.profile, input.category, before.own, nowMs),
      };
    },
  }),
  action({
    name: 'cell.reset',
    method: 'DELETE',
    path: '/profiles/{profile}/cells/{category}',
    about: { vi: 'Đưa một ô về mặc định', en: 'Back to the shipped cell' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ profile, category }),
    output: z.object({ profile: z.string(), category: z.string(), reset: z.boolean() }),
    run(env, who, input) {
      const before = matrixCell(env, input.profile, input.category);
      const reset = env.store.policies.resetCell(input.profile, input.category, personOf(who));
      const value = { ...input, reset };
      if (!reset || before.own === null) return { value, say: { vi: 'Ô này vốn là mặc định.', en: 'The cell was at its default.' } };
      const { own } = before;
      return {
        value,
        say: { vi: `«${before.category.name}» của hồ sơ ${before.profile.name} đã về mặc định: ${CELL_WORDS[before.shipped].vi}.`, en: `"${before.category.nameEn}" of ${before.profile.nameEn} is back to its default: ${CELL_WORDS[before.shipped].en}.` },
        undo: () => putBack(env, who, input.profile, input.category, own, null),
      };
    },
  }),
  action({
    name: 'tls.set',
    method: 'PUT',
    path: '/profiles/{profile}/tls',
    about: { vi: 'Đổi mức TLS của hồ sơ; inspect chờ hiệu trưởng duyệt', en: 'How far TLS is opened for a profile; inspect by the head’s approval' },
    roles: ['it-admin'],
    bearsOnVerdicts: true,
    input: z.strictObject({ profile, level: z.enum(TLS_LEVELS, both('Hãy chọn một mức.', 'Choose a level.')).meta({ vi: 'Mức TLS', en: 'TLS level' }), reason: z.string().trim().max(1_000).optional().meta({ vi: 'Lý do', en: 'Reason' }) }),
    output: z.object({ profile: z.string(), level: z.enum(TLS_LEVELS), outcome, proposal: z.int().nullable() }),
    run(env, who, input): Done<{ profile: string; level: (typeof TLS_LEVELS)[number]; outcome: 'done' | 'same' | 'proposed'; proposal: number | null }> {
      const known = env.shipped().profiles.find(({ id }) => id === input.profile);
      if (known === undefined) throw refused('not-found', 'Không có hồ sơ lọc này.', 'There is no such profile.');
      const before = levelOf(env, known.id);
      if (input.level === 'inspect' && before !== 'inspect' && (input.reason ?? '').length < 3) {
        throw wrongField('reason', 'Mức inspect giải mã những gì học sinh mở, nên cần ghi lý do và cần hiệu trưởng duyệt.', 'Level inspect decrypts what pupils open, so it needs a reason and the head’s approval.');
      }
      const result = env.store.proposals.changeLevel({ profile: known.id, level: input.level, reason: input.reason ?? '' }, env.now(), env.shipped(), personOf(who));
      const value = { profile: known.id, level: result.outcome === 'done' ? input.level : before, outcome: result.outcome, proposal: result.outcome === 'proposed' ? result.proposal.id : null };
      if (result.outcome === 'same') return { value, say: SAME };
      if (result.outcome === 'proposed') {
        const { id } = result.proposal;
        return { value, say: proposed(id, env.store.proposals.headsInUse()), undo: () => void env.store.proposals.withdraw(id, env.now(), personOf(who)) };
      }
      const say = { vi: `Hồ sơ ${known.name}: ${LEVEL_WORDS[input.level].vi}.`, en: `${known.nameEn}: ${LEVEL_WORDS[input.level].en}.` };
      // back up to inspect would read what pupils do again: that is a proposal of its own, not an undo
      if (before === 'inspect') return { value, say };
      return {
        value,
        say,
        undo: () => {
          if (levelOf(env, known.id) === input.level) env.store.proposals.changeLevel({ profile: known.id, level: before, reason: '' }, env.now(), env.shipped(), personOf(who));
        },
      };
    },
  }),
];

/**
 * The cell as it was, unless somebody has changed it since. What it was had been allowed, so it needs no second approval.
 * @param setMs when the change to take back was made; null: it took the school's own cell away
 */
function putBack(env: ConsoleDeps, who: Who, profileId: string, code: string, own: CellOverride | null, setMs: number | null): void {
  const now = env.store.policies.cells().find((cell) => cell.profile === profileId && cell.category === code) ?? null;
  if ((now === null) !== (setMs === null) || (now !== null && now.atMs !== setMs)) throw refused('conflict', 'Ô này đã có thay đổi khác, nên không hoàn tác được.', 'This cell has changed since: it cannot be undone.');
  if (own === null) env.store.policies.resetCell(profileId, code, personOf(who));
  else env.store.policies.setCell(own, personOf(who));
}
