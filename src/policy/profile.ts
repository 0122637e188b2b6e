/**
 * Profile (hồ sơ lọc), Category (nhóm nội dung) and the Cell where the two meet.
 * Owns the vocabulary of the matrix; refuses to know where it is stored or how hosts are matched.
 */

/**
 * What a profile may do with a category (vietnam.md §3):
 * X hard block that nobody at the school can open; K block that a teacher can open for one room for a while;
 * H restricted (SafeSearch, Restricted Mode); M open.
 */
export type Cell = 'X' | 'K' | 'H' | 'M';

/** The voice in which a block page speaks to this profile's reader. */
export type Voice = 'tieu-hoc' | 'thcs' | 'thpt' | 'giao-vien';

/** How far TLS is opened for a profile. Without the school's CA all of them come to `name`. */
export type TlsLevel = 'name' | 'block-page' | 'inspect';

/** Levels a school may choose, each reading more than the one before; the last only with a second person (proposal.ts). */
export const TLS_LEVELS = ['name', 'block-page', 'inspect'] as const satisfies readonly TlsLevel[];

export const TLS_RANK: Readonly<Record<TlsLevel, number>> = { name: 0, 'block-page': 1, inspect: 2 };

/** Name of the setting that holds a profile's level where the school has chosen one. */
export function tlsSetting(profile: string): string {
  return `policy.tls.${profile}`;
}

/** One age tier. Order in the snapshot's table is from the strictest to the widest, `thi` (exam) last. */
export interface Profile {
  /** Stable code: `lop-1-3`, `lop-4-5`, `thcs`, `thpt`, `giao-vien`, `thi`. */
  readonly id: string;
  readonly name: string;
  readonly nameEn: string;
  readonly voice: Voice;
  readonly tls: TlsLevel;
  /** YouTube Restricted Mode where the cell of `videochung` is H. */
  readonly youtube: 'strict' | 'moderate';
  /** True for the exam profile: only rules that name it, help lines and infrastructure open anything. */
  readonly listedOnly: boolean;
}

/** What may be remembered about visits in a category (vietnam.md §5.2, security.md §5.2). */
export type CategoryPrivacy =
  /** ordinary: the registrable domain may be kept */
  | 'domain'
  /** counted, never by domain (csam, khieudam, tuhai, suckhoe …) */
  | 'count'
  /** no event at all (help lines) */
  | 'none';

/** One content category with its words. Column order of `cells` is that of the profile table. */
export interface Category {
  readonly code: string;
  readonly name: string;
  readonly nameEn: string;
  /** Legal base as shown to officers; data, never logic. */
  readonly legal: string;
  readonly privacy: CategoryPrivacy;
  readonly cells: readonly Cell[];
}

/** Strictness order of cells: a larger number closes more. */
export const CELL_RANK: Readonly<Record<Cell, number>> = { M: 0, H: 1, K: 2, X: 3 };
