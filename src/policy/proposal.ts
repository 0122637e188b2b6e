/**
 * Proposal (đề xuất): a change that one person asks for and another must approve (security.md V2.3.5).
 * Owns which changes need it, the closed shape of each kind, and whether one still fits what holds now. Refuses to know who is
 * who, and where any of it is stored.
 */
import { CELL_RANK, TLS_LEVELS, TLS_RANK, type Category, type Cell, type Profile, type TlsLevel } from './profile.js';

/** What may be proposed. The weekly report will be one more kind when there is something to send. */
export type ProposedChange =
  /** Raises a profile to `inspect`: TLS of what it opens is ended here. */
  | { readonly kind: 'tls-level'; readonly profile: string; readonly level: 'inspect' }
  /** Opens a cell further than it was shipped. */
  | { readonly kind: 'loosen'; readonly profile: string; readonly category: string; readonly cell: Cell }
  /** Lets the key of this CA leave the machine, once, under a passphrase. */
  | { readonly kind: 'ca-export'; readonly fingerprint: string };

export type ProposalKind = ProposedChange['kind'];
const PROPOSAL_STATES = ['open', 'approved', 'rejected', 'withdrawn', 'expired'] as const;
export type ProposalState = (typeof PROPOSAL_STATES)[number];

/** A proposal nobody looked at for a week is no longer what the school talks about. */
export const PROPOSAL_MS = 7 * 86_400_000;

/** The shipped side of what holds. */
export interface Matrix {
  readonly profiles: readonly Profile[];
  readonly categories: readonly Category[];
}

/** What holds now: the shipped rules and what the school has made of them. */
export interface Standing {
  readonly matrix: Matrix;
  /** The cell the school has put in place of the shipped one. */
  readonly override: (profile: string, category: string) => Cell | null;
  /** The level in force. */
  readonly level: (profile: string) => TlsLevel;
}

export type RefusalCode = 'unknown-profile' | 'unknown-category' | 'hard-cell' | 'fixed-cell' | 'not-looser' | 'no-change' | 'stale-proposal' | 'bad-value';

/** Why a change can't be had, as one sentence. */
export interface Refusal {
  readonly code: RefusalCode;
  readonly vi: string;
  readonly en: string;
}

/** Help lines and infrastructure are open for everybody; not even the head changes that. */
const FIXED_CATEGORIES: ReadonlySet<string> = new Set(['trogiup', 'hatang']);

/** One open proposal a subject: two that wait for the same thing could be approved against each other. */
export function subjectOf(change: ProposedChange): string {
  switch (change.kind) {
    case 'tls-level':
      return `tls-level ${change.profile}`;
    case 'loosen':
      return `loosen ${change.profile} ${change.category}`;
    case 'ca-export':
      return 'ca-export';
  }
}

/** The stored form back into its kind; null for any other shape, a key too many included. */
export function parseProposedChange(value: unknown): ProposedChange | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { kind, profile, category, cell, level, fingerprint } = value as Record<string, unknown>;
  const keys = Object.keys(value).sort().join(' ');
  if (kind === 'tls-level' && keys === 'kind level profile' && code(profile) && level === 'inspect') return { kind, profile, level };
  if (kind === 'loosen' && keys === 'category cell kind profile' && code(profile) && code(category)) {
    const known = (['X', 'K', 'H', 'M'] as const).find((each) => each === cell);
    return known === undefined ? null : { kind, profile, category, cell: known };
  }
  if (kind === 'ca-export' && keys === 'fingerprint kind' && typeof fingerprint === 'string' && /^[0-9a-f]{64}$/.test(fingerprint)) return { kind, fingerprint };
  return null;
}

function code(value: unknown): value is string {
  return typeof value === 'string' && /^[a-z][a-z0-9-]{0,39}$/.test(value);
}

/**
 * What a proposal was made upon, in one spelling. Approving compares it with what holds by then: the head has read a
 * difference, and another one may not be put in its place.
 */
export function baseOf(change: ProposedChange, standing: Standing): string {
  switch (change.kind) {
    case 'tls-level':
      return standing.level(change.profile);
    case 'loosen':
      return `${shippedCell(standing.matrix, change.profile, change.category) ?? '-'}>${cellNow(standing, change.profile, change.category) ?? '-'}`;
    case 'ca-export':
      return change.fingerprint;
  }
}

export function shippedCell(matrix: Matrix, profile: string, category: string): Cell | null {
  const at = matrix.profiles.findIndex(({ id }) => id === profile);
  return matrix.categories.find((known) => known.code === category)?.cells[at] ?? null;
}

export function cellNow(standing: Standing, profile: string, category: string): Cell | null {
  return standing.override(profile, category) ?? shippedCell(standing.matrix, profile, category);
}

export type CellVerdict = 'same' | 'free' | 'loosens' | Refusal;

/**
 * What it takes to put `cell` there. Closing is free, and so is coming back toward the shipped cell; opening further than shipped, and
 * further than now, loosens. What is shipped as X stays X (design.md).
 */
export function judgeCell(standing: Standing, profile: string, category: string, cell: Cell): CellVerdict {
  const missing = missingFrom(standing.matrix, profile, category);
  if (missing !== null) return missing;
  if (FIXED_CATEGORIES.has(category)) {
    return { code: 'fixed-cell', vi: 'Nhóm trợ giúp và hạ tầng luôn mở; chỉ Sở sửa được.', en: 'Help lines and infrastructure are always open; only the department may change them.' };
  }
  const shipped = shippedCell(standing.matrix, profile, category) ?? 'X';
  const now = cellNow(standing, profile, category) ?? 'X';
  if (shipped === 'X' && cell !== 'X') {
    const names = standing.matrix.categories.find((known) => known.code === category);
    return {
      code: 'hard-cell',
      vi: `Nhóm «${names?.name ?? category}» bị chặn cứng với hồ sơ ${profile}; trường không nới được, chỉ Sở.`,
      en: `Category "${names?.nameEn ?? category}" is a hard block for ${profile}; a school can't loosen it, only the department.`,
    };
  }
  if (cell === now) return 'same';
  if (CELL_RANK[cell] >= CELL_RANK[shipped] || CELL_RANK[cell] >= CELL_RANK[now]) return 'free';
  return closedAbove(standing, profile, category) ?? 'loosens';
}

/** What an older tier blocks hard every younger one does: loosening below it would be approved and change nothing. */
function closedAbove(standing: Standing, profile: string, category: string): Refusal | null {
  const tiers = standing.matrix.profiles.filter(({ listedOnly }) => !listedOnly);
  const at = tiers.findIndex(({ id }) => id === profile);
  const closed = at === -1 ? undefined : tiers.slice(at + 1).find(({ id }) => cellNow(standing, id, category) === 'X');
  if (closed === undefined) return null;
  return {
    code: 'hard-cell',
    vi: `Trường đang chặn cứng nhóm này ở hồ sơ lớn tuổi hơn (${closed.id}), nên hồ sơ ${profile} cũng bị chặn; hãy bỏ chặn cứng ở đó trước.`,
    en: `The school blocks this category hard for an older profile (${closed.id}), so it is blocked for ${profile} too; lift that first.`,
  };
}

export type LevelVerdict = 'same' | 'free' | 'raises' | Refusal;

/** Going up to `inspect` needs a second person, always; going down never waits for anybody. */
export function judgeLevel(standing: Standing, profile: string, level: string): LevelVerdict {
  const missing = missingFrom(standing.matrix, profile, null);
  if (missing !== null) return missing;
  const wanted = TLS_LEVELS.find((known) => known === level);
  if (wanted === undefined) {
    return { code: 'bad-value', vi: `Mức TLS phải là ${TLS_LEVELS.join(', ')}, không phải «${level}».`, en: `The TLS level must be ${TLS_LEVELS.join(', ')}, not "${level}".` };
  }
  const now = standing.level(profile);
  if (wanted === now) return 'same';
  return wanted === 'inspect' && TLS_RANK[wanted] > TLS_RANK[now] ? 'raises' : 'free';
}

/** Null when the change may be proposed (and approved) as things stand. */
export function refuseChange(change: ProposedChange, standing: Standing): Refusal | null {
  switch (change.kind) {
    case 'tls-level': {
      const verdict = judgeLevel(standing, change.profile, change.level);
      return typeof verdict === 'object' ? verdict : verdict === 'raises' ? null : already();
    }
    case 'loosen': {
      const verdict = judgeCell(standing, change.profile, change.category, change.cell);
      if (typeof verdict === 'object') return verdict;
      if (verdict === 'same') return already();
      return verdict === 'loosens' ? null : { code: 'not-looser', vi: 'Ô này không nới so với mặc định nên không cần duyệt.', en: 'This cell is not looser than shipped, so it needs no approval.' };
    }
    case 'ca-export':
      return null;
  }
}

/** Null when what was proposed upon `base` still says what its approver read. */
export function refuseApproval(change: ProposedChange, base: string, standing: Standing): Refusal | null {
  const refusal = refuseChange(change, standing);
  if (refusal !== null && refusal.code !== 'no-change' && refusal.code !== 'not-looser') return refusal;
  if (refusal === null && baseOf(change, standing) === base) return null;
  return {
    code: 'stale-proposal',
    vi: 'Thiết lập này đã đổi sau khi có đề xuất nên chưa duyệt được; hãy từ chối hoặc rút đề xuất, rồi đề xuất lại theo thiết lập mới.',
    en: 'The setting has changed since this was proposed, so it can’t be approved; reject or withdraw it and propose again upon what holds now.',
  };
}

function missingFrom(matrix: Matrix, profile: string, category: string | null): Refusal | null {
  if (!matrix.profiles.some(({ id }) => id === profile)) {
    return { code: 'unknown-profile', vi: `Không có hồ sơ lọc «${profile}» trong bộ quy tắc đang dùng.`, en: `There is no profile "${profile}" in the rules in force.` };
  }
  if (category === null || matrix.categories.some((known) => known.code === category)) return null;
  return { code: 'unknown-category', vi: `Không có nhóm nội dung «${category}» trong bộ quy tắc đang dùng.`, en: `There is no category "${category}" in the rules in force.` };
}

function already(): Refusal {
  return { code: 'no-change', vi: 'Thiết lập ấy đã có hiệu lực rồi.', en: 'That is in force already.' };
}
