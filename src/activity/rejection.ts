/**
 * Which counts of refused certificates may be kept, and by which name: as an event keeps a visit, the registrable domain of a host that a list or
 * a rule names. A client's trouble with a health or help site, or with a name that is one pupil's alone, must not say in a table that somebody at
 * the school goes there.
 */
import { eventDomain } from '../matching/public-suffix.js';
import { decide } from '../policy/decide.js';
import type { Snapshot } from '../policy/snapshot.js';

export type RejectionCount = readonly [host: string, n: number];

/** A host counts as what the most private of the profiles takes it for: a list may speak for one age only. */
export function keptRejections(counts: readonly RejectionCount[], snapshot: Snapshot, nowMs: number): RejectionCount[] {
  const { profiles, categories } = snapshot.data;
  const kept = new Map<string, number>();
  for (const [host, n] of counts) {
    const decisions = profiles.map((_, profile) => decide({ host, zone: -1, path: null, profile }, snapshot, nowMs));
    const named = decisions.some(({ list, rule }) => list !== null || rule !== null);
    const open = decisions.every(({ reason, category }) => reason !== 'help-line' && (categories[category]?.privacy ?? 'domain') === 'domain');
    const domain = named && open ? eventDomain(host) : null;
    if (domain !== null) kept.set(domain, (kept.get(domain) ?? 0) + n);
  }
  return [...kept];
}
