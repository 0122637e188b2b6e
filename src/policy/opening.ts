/**
 * A teacher's opening (mở tạm): whether it is in force, and when that answer changes.
 * Owns its time and its bounds; the layers that stand above it (help, hard, emergency) are decide.ts's.
 */
import type { Opening } from './snapshot.js';
import type { ZoneState } from './schedule.js';

/** An opening bound to the position of its zone. */
export interface BoundOpening {
  readonly opening: Opening;
  readonly zone: number;
}

/** The start instant is in, the end instant is already out. */
export function isOpen(opening: Opening, nowMs: number): boolean {
  return opening.fromMs <= nowMs && nowMs < opening.untilMs;
}

/** The next moment at which an opening begins or ends; Infinity once it is over. */
export function nextChangeMs(opening: Opening, nowMs: number): number {
  if (opening.untilMs <= opening.fromMs || nowMs >= opening.untilMs) return Infinity;
  return nowMs < opening.fromMs ? opening.fromMs : opening.untilMs;
}

/**
 * An exam opens only what was opened for it: an opening older than the exam's lesson or slot does not count.
 * `profile` is the one judged by. Asked about an exam that is not running (`explain --profile thi`), none counts,
 * because starting one would end them.
 */
export function countsInExam(opening: Opening, state: ZoneState, profile: number): boolean {
  return state.profile === profile && opening.fromMs > state.sinceMs;
}
