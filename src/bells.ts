/** The ends a teacher may name without a clock. Until the school has told its bell times: the usual ends of the sessions. */
import { dayStart, MINUTE_MS } from './activity/rollup.js';
import type { BellEnd } from './console/deps.js';

const SESSIONS = [
  { name: { vi: 'buổi sáng', en: 'the morning' }, from: 6 * 60, to: 11 * 60 + 45 },
  { name: { vi: 'buổi chiều', en: 'the afternoon' }, from: 12 * 60, to: 17 * 60 + 30 },
  { name: { vi: 'buổi tối', en: 'the evening' }, from: 17 * 60 + 30, to: 21 * 60 + 30 },
] as const;

export function bellsOf(nowMs: number): { readonly period: BellEnd | null; readonly session: BellEnd | null } {
  const minute = (nowMs - dayStart(nowMs)) / MINUTE_MS;
  const session = SESSIONS.find(({ from, to }) => from <= minute && minute < to);
  return { period: null, session: session === undefined ? null : { name: session.name, untilMs: dayStart(nowMs) + session.to * MINUTE_MS } };
}
