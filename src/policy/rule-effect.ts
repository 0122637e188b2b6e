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

interface Sentence {
  readonly vi: string;
  readonly en: string;
}

/** Why a rule that would have no effect anywhere is not taken; null where it may be. */
export function refuseDead(layer: 'school-allow' | 'school-block', entry: string, dead: DeadRule | null): Sentence | null {
  if (dead === null || !dead.all || layer !== 'school-allow') return null;
  return {
    vi: `Không cho phép được ${entry}: trang thuộc nhóm «${dead.category}» bị chặn cứng (${dead.profiles.join(', ')}). Nếu là chặn nhầm, hãy báo Sở; nếu do danh sách trường tự nạp, sửa danh sách «${dead.list}».`,
    en: `${entry} can't be allowed: category "${dead.category}" is a hard block (${dead.profiles.join(', ')}). If it is a false block tell the department; if a list you imported did it, mend list "${dead.list}".`,
  };
}

/** Where a rule that stands has no effect. */
export function noteDead(dead: DeadRule): Sentence {
  const profiles = dead.profiles.join(', ');
  switch (dead.layer) {
    case 'hard':
      return {
        vi: `với ${profiles}, trang thuộc nhóm «${dead.category}» bị chặn cứng nên quy tắc này không có tác dụng.`,
        en: `for ${profiles} the host is in hard-blocked category "${dead.category}", so the rule has no effect there.`,
      };
    case 'school-allow':
      return { vi: `với ${profiles}, một quy tắc cho phép của trường đứng trước nên quy tắc này không có tác dụng.`, en: `for ${profiles} a rule of the school that allows the host stands before it, so this one has no effect there.` };
    default:
      return { vi: `với ${profiles}, đây là trang trợ giúp hoặc hệ thống, luôn mở, nên quy tắc này không có tác dụng.`, en: `for ${profiles} the host is a help line or infrastructure, always open, so the rule has no effect there.` };
  }
}

export const PATH_NOTE: Sentence = {
  vi: 'quy tắc có đường dẫn chỉ có hiệu lực trên HTTP, và trên HTTPS với hồ sơ ở mức inspect.',
  en: 'a rule with a path holds on plain HTTP, and on HTTPS for profiles at level inspect.',
};
