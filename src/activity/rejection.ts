/**
 * Which counts of refused certificates may be kept by host: those of hosts of which a visit may be kept by name. A client's trouble with a health or
 * help site must not say, in a table, that somebody at the school goes there.
 */
import { decide } from '../policy/decide.js';
import type { Snapshot } from '../policy/snapshot.js';

export type RejectionCount = readonly [host: string, n: number];

/** A host counts as what the most private of the profiles takes it for: a list may speak for one age only. */
export function keptRejections(counts: readonly RejectionCount[], snapshot: Snapshot, nowMs: number): RejectionCount[] {
  const { profiles, categories } = snapshot.data;
  return counts.filter(([host]) =>
    profiles.every((_, profile) => {
      const decision = decide({ host, zone: -1, path: null, profile }, snapshot, nowMs);
      return decision.reason !== 'help-line' && (categories[decision.category]?.privacy ?? 'domain') === 'domain';
    }),
  );
}
