/**
 * A policy on its way to threads that have the one before it: only the parts that are another now. A lesson is a few hundred bytes; the matrix,
 * the SafeSearch hosts and the name scorer's words stay where they are, and so does what a thread has built of them.
 * Owns which parts are the same. Refuses to know what they mean.
 */
import { isDeepStrictEqual } from 'node:util';
import type { PolicyData } from '../policy/snapshot.js';

type Part = keyof PolicyData;

const EVERY: Readonly<Record<Part, true>> = {
  generation: true, school: true, profiles: true, categories: true, lists: true, index: true, rules: true, zones: true, lessons: true, openings: true, days: true,
  safeSearch: true, nameScore: true,
};
const PARTS = Object.keys(EVERY) as readonly Part[];

export interface PolicyChange {
  /** Parts of the policy before that hold on, the very objects. */
  readonly keeps: readonly Part[];
  readonly policy: Partial<PolicyData> & Pick<PolicyData, 'generation'>;
}

export function changeOf(before: PolicyData | null, after: PolicyData): PolicyChange {
  if (before === null) return { keeps: [], policy: after };
  const keeps = PARTS.filter((part) => part !== 'generation' && part in after && isSame(part, before, after));
  const kept: ReadonlySet<string> = new Set(keeps);
  const policy = Object.fromEntries(Object.entries(after).filter(([part]) => !kept.has(part)));
  return { keeps, policy: { ...policy, generation: after.generation } };
}

/** The policy that `changeOf` was given as the later one. */
export function changed(before: PolicyData | null, { keeps, policy }: PolicyChange): PolicyData {
  const made: Partial<Record<Part, unknown>> = {};
  // In one order, whatever has changed: code that V8 has compiled for one policy serves the next.
  for (const part of PARTS) {
    if (part in policy) made[part] = policy[part];
    else if (before !== null && keeps.includes(part)) made[part] = before[part];
  }
  return made as PolicyData;
}

function isSame(part: Part, before: PolicyData, after: PolicyData): boolean {
  // by the memory it lies in: its bytes are millions
  if (part === 'index') return before.index.buffer === after.index.buffer && before.index.postings === after.index.postings;
  return isDeepStrictEqual(before[part], after[part]);
}
