/**
 * Outcome: how one request ended, in memory only, with the client's address. Owns the one bridge to `Event`,
 * the storable trace, which has no place for an address, a path or an account (style.md, idea 4).
 * Refuses to know sockets and storage.
 */
import type { Decision, Reason } from '../policy/decision.js';
import type { CategoryPrivacy } from '../policy/profile.js';
import type { PolicyData, Snapshot } from '../policy/snapshot.js';
import { eventDomain } from '../matching/public-suffix.js';
import type { Event } from './event.js';
import { dayStart, MINUTE_MS } from '../local-time.js';

/** Never written, never sent across a thread: a worker turns it into an Event and forgets it. */
export interface Outcome {
  /** For counting distinct devices; goes no further than the keyed token. */
  readonly clientAddress: string;
  /** Position in the zones of the snapshot that judged; −1 = unknown device. */
  readonly zone: number;
  /** That snapshot, where a newer one may be in force by the time the outcome is given; absent: the one in force. */
  readonly judgedBy?: EventTables | null;
  /** Null where the wire refused before a verdict was made. */
  readonly decision: Decision | null;
  readonly reason: Reason;
  /** The verdict let it pass, but the answer never came. */
  readonly failed: boolean;
  readonly channel: 'http' | 'tunnel' | 'websocket';
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly startedMs: number;
  readonly ms: number;
}

/** What of a snapshot gives an event its words. */
export interface EventTables extends Pick<Snapshot, 'strictest'> {
  readonly data: Pick<PolicyData, 'categories' | 'profiles' | 'zones'>;
}

/**
 * The only way from an Outcome to something that may be stored.
 * - `none` (help lines): no event at all, whatever became of the request;
 * - `count` (self-harm, health, sexuality …): counted, but below the school and the day nothing may be told, so the zone is
 *   dropped and the minute is the day's first (security.md §5.2 rule 3);
 * - a host that no list and no rule names: its nature is unknown and it may be one pupil's alone, so its name is not kept.
 * @param snapshot the one that judged the request: positions in `outcome` are positions in its tables
 */
export function toEvent(outcome: Outcome, snapshot: EventTables): Event | null {
  const { decision } = outcome;
  const { categories, profiles, zones } = snapshot.data;
  const category = decision === null ? undefined : categories[decision.category];
  const privacy: CategoryPrivacy = category?.privacy ?? (decision === null ? 'domain' : 'count');
  if (privacy === 'none' || outcome.reason === 'help-line') return null;
  const intimate = category !== undefined && privacy === 'count';
  const zone = zones[outcome.zone];
  const profile = profiles[decision?.profile ?? zone?.profile ?? snapshot.strictest] ?? profiles[snapshot.strictest];
  return {
    minute: (intimate ? dayStart(outcome.startedMs) : Math.floor(outcome.startedMs / MINUTE_MS) * MINUTE_MS) / MINUTE_MS,
    zone: intimate ? null : (zone?.name ?? null),
    profile: profile?.id ?? '',
    category: category?.code ?? null,
    action: outcome.failed ? 'fail' : (decision?.action ?? 'block'),
    layer: decision?.layer ?? null,
    reason: outcome.reason,
    domain: decision !== null && privacy === 'domain' && (decision.list !== null || decision.rule !== null) ? eventDomain(decision.host) : null,
    channel: outcome.channel,
    requests: 1,
    bytesUp: count(outcome.bytesUp),
    bytesDown: count(outcome.bytesDown),
    ms: count(outcome.ms),
  };
}

/** Whole, finite and not negative, whatever a jumping clock made of it (security.md F27). */
function count(value: number): number {
  return Number.isFinite(value) && value > 0 ? Math.round(value) : 0;
}
