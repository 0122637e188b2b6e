/**
 * May somebody at the school open this host for this room now? Asked before an opening, an approval of a request, a rule.
 * Owns the answer's words of reason; refuses to know accounts and storage. Judges by the room's profile, not by a lesson that
 * pauses the Internet or keeps to a list: those are over in an hour, and opening a page in them is what teachers ask for.
 */
import { decide } from './decide.js';
import type { Decision } from './decision.js';
import { zoneState } from './schedule.js';
import type { Snapshot } from './snapshot.js';

export interface Openable {
  /** `help`: always open · `open`: open without it · `closed`: a K cell or a rule, may be opened · `hard`, `emergency`: nobody at the school may. */
  readonly state: 'help' | 'open' | 'closed' | 'hard' | 'emergency';
  readonly may: boolean;
  /** What decided; its category and list say why, for people and for the over-blocking figures. */
  readonly decision: Decision;
}

export function openable(host: string, zone: number, snapshot: Snapshot, nowMs: number): Openable {
  const own = zoneState(snapshot, zone, nowMs).profile;
  // In an exam the room's everyday profile says what is hard; the exam's own column has few X.
  const everyday = snapshot.data.profiles[own]?.listedOnly === true ? (snapshot.data.zones[zone]?.profile ?? snapshot.strictest) : own;
  const decision = decide({ host, zone, path: null, profile: everyday }, snapshot, nowMs);
  if (decision.layer === 'help') return { state: 'help', may: false, decision };
  if (decision.layer === 'emergency') return { state: 'emergency', may: false, decision };
  if (decision.action === 'block' && decision.cell === 'X') return { state: 'hard', may: false, decision };
  return { state: decision.action === 'block' ? 'closed' : 'open', may: true, decision };
}
