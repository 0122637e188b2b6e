/**
 * SafeSearch and Restricted Mode without decryption: the provider's own restricted host is dialled in place of
 * the one asked for, which TLS and the browser do not notice (security.md §2.12 S1–S3). Where requests are read, they are made to
 * say it too. Owns which twin and which words a profile gets; the table of hosts is data (`rules/safe-search.yaml`).
 */
import type { RequestEdits } from './decision.js';
import { CELL_RANK, type Cell, type Profile } from './profile.js';
import type { SafeSearchRule } from './snapshot.js';

/** The host to dial in place of one that the rule names. */
export function restrictedTwin(rule: SafeSearchRule, profile: Profile): string {
  return profile.youtube === 'moderate' ? rule.dialModerate : rule.dialStrict;
}

/** What a request to such a host must say for this profile; null: nothing. */
export function requiredEdits(rule: SafeSearchRule, profile: Profile): RequestEdits | null {
  const { parameters = [], headers = [] } = rule;
  if (parameters.length === 0 && headers.length === 0) return null;
  return { parameters, headers: headers.map((header) => [header.name, profile.youtube === 'moderate' ? header.moderate : header.strict] as const) };
}

/**
 * Whether a host with a twin must be dialled there. Not only where the verdict is `restrict`: a rule, an opening or
 * an infrastructure entry that lets the host through does not take SafeSearch off, as long as the profile's cell for
 * searching (or video) is anything but open. H is not K: nobody was given leave to loosen it.
 */
export function mustRestrict(cellOfRule: Cell, restricted: boolean): boolean {
  return restricted || CELL_RANK[cellOfRule] > CELL_RANK.M;
}
