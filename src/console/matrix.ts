/**
 * The matrix as the console shows it: for every category and profile what was shipped, what the school has made of it, what is in force, what
 * waits for the head. Reads only; what may be changed is policy/proposal.ts.
 */
import { CELL_RANK, type Category, type Cell, type Profile, type TlsLevel } from '../policy/profile.js';
import { judgeCell, type CellVerdict } from '../policy/proposal.js';
import type { CellOverride, ProposalRow } from '../store/rows.js';
import type { ConsoleDeps } from './deps.js';
import { refused } from './refused.js';

export interface MatrixCell {
  readonly profile: Profile;
  readonly category: Category;
  readonly shipped: Cell;
  /** What the school has put in its place, or null. */
  readonly own: CellOverride | null;
  /** In force; differs from the school's own where an older profile closes harder. */
  readonly now: Cell;
  readonly change: 'tightened' | 'loosened' | null;
  /** The proposal that waits to loosen it. */
  readonly waiting: ProposalRow | null;
}

export interface MatrixRow {
  readonly category: Category;
  readonly cells: readonly MatrixCell[];
}

/** What is read once for a whole table. */
interface Ground {
  readonly own: ReadonlyMap<string, CellOverride>;
  readonly waiting: ReadonlyMap<string, ProposalRow>;
}

function groundOf(env: ConsoleDeps): Ground {
  const waiting = new Map<string, ProposalRow>();
  for (const row of env.store.proposals.list(env.now(), 'open')) if (row.change.kind === 'loosen') waiting.set(`${row.change.profile} ${row.change.category}`, row);
  return { own: new Map(env.store.policies.cells().map((cell) => [`${cell.profile} ${cell.category}`, cell])), waiting };
}

function cellOf(env: ConsoleDeps, ground: Ground, profile: Profile, at: number, category: Category): MatrixCell {
  const shipped = category.cells[at] ?? 'X';
  const own = ground.own.get(`${profile.id} ${category.code}`) ?? null;
  const snapshot = env.snapshot();
  const inForce = snapshot.data.categories[snapshot.categoryByCode.get(category.code) ?? -1]?.cells[snapshot.profileById.get(profile.id) ?? -1];
  const now = inForce ?? own?.cell ?? shipped;
  const change = now === shipped ? null : CELL_RANK[now] > CELL_RANK[shipped] ? ('tightened' as const) : ('loosened' as const);
  return { profile, category, shipped, own, now, change, waiting: ground.waiting.get(`${profile.id} ${category.code}`) ?? null };
}

export function matrixOf(env: ConsoleDeps): MatrixRow[] {
  const ground = groundOf(env);
  const { profiles, categories } = env.shipped();
  return categories.map((category) => ({ category, cells: profiles.map((profile, at) => cellOf(env, ground, profile, at, category)) }));
}

/** @throws Refused */
export function matrixCell(env: ConsoleDeps, profile: string, category: string): MatrixCell {
  const { profiles, categories } = env.shipped();
  const at = profiles.findIndex(({ id }) => id === profile);
  const known = categories.find(({ code }) => code === category);
  const column = profiles[at];
  if (column === undefined || known === undefined) throw refused('not-found', 'Không có hồ sơ lọc hoặc nhóm nội dung này.', 'There is no such profile or category.');
  return cellOf(env, groundOf(env), column, at, known);
}

export const CELLS = ['X', 'K', 'H', 'M'] as const satisfies readonly Cell[];

/** What it would take to put each cell there. */
export function choicesOf(env: ConsoleDeps, profile: string, category: string): ReadonlyMap<Cell, CellVerdict> {
  const standing = env.store.proposals.standing(env.shipped());
  return new Map(CELLS.map((cell) => [cell, judgeCell(standing, profile, category, cell)]));
}

export function levelOf(env: ConsoleDeps, profile: string): TlsLevel {
  return env.store.proposals.standing(env.shipped()).level(profile);
}
