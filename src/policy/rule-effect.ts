/** What a rule of the school does, and where it does nothing: for which profiles something above it has decided already. Pure. */
import { parseEntry } from '../matching/entry.js';
import { decide } from './decide.js';
import type { Layer } from './decision.js';
import type { Snapshot } from './snapshot.js';

/** Profiles for which a host is ruled on above the school's rules. */
export interface DeadRule {
  /** True when it has no effect for any profile it speaks for. */
  readonly all: boolean;
  readonly profiles: readonly string[];
  readonly layer: Layer;
  /** Category as people read it, of what decides instead. */
  readonly category: string;
  readonly categoryEn: string;
  /** The list that names the host, or ''. */
  readonly list: string;
}

/** Layers that speak before the school's rules, by what the rule wants. A teacher's lesson or opening is over in an hour and says nothing of a rule. */
const ABOVE_ALLOW: ReadonlySet<Layer> = new Set<Layer>(['hard']);
const ABOVE_BLOCK: ReadonlySet<Layer> = new Set<Layer>(['help', 'school-allow']);

/**
 * @param only profile ids the rule speaks for; null: all but the exam profile
 * @returns null where the rule decides everywhere it speaks
 */
export function deadFor(layer: 'school-allow' | 'school-block', entry: string, only: readonly string[] | null, snapshot: Snapshot, nowMs: number): DeadRule | null {
  const parsed = parseEntry(entry);
  const above = layer === 'school-allow' ? ABOVE_ALLOW : ABOVE_BLOCK;
  const targets = snapshot.data.profiles.map((profile, at) => ({ id: profile.id, at, exam: profile.listedOnly })).filter((target) => (only === null ? !target.exam : only.includes(target.id)));
  const dead: string[] = [];
  let first: Omit<DeadRule, 'all' | 'profiles'> | null = null;
  for (const target of targets) {
    const decision = decide({ host: parsed?.host ?? '', zone: -1, path: parsed?.path ?? null, profile: target.at }, snapshot, nowMs);
    if (!above.has(decision.layer)) continue;
    dead.push(target.id);
    const category = snapshot.data.categories[decision.category];
    first = { layer: decision.layer, category: category?.name ?? '', categoryEn: category?.nameEn ?? '', list: decision.list?.name ?? '' };
  }
  return first === null ? null : { ...first, all: dead.length === targets.length, profiles: dead };
}
