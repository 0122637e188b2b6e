/** The ends a teacher may name without a clock: of the period (tiết) and of the session (buổi), by the bells of the room's own level. */
import type { BellEnd } from './console/deps.js';
import { calendarOf, endOfSession, periodAt, periodMeant, toSchoolDays, type Session } from './policy/school-time.js';
import type { Store } from './store/rows.js';

const SESSION_WORDS: Readonly<Record<Session, BellEnd['name']>> = {
  sang: { vi: 'buổi sáng', en: 'the morning' },
  chieu: { vi: 'buổi chiều', en: 'the afternoon' },
  toi: { vi: 'buổi tối', en: 'the evening' },
};

/** Null where no period or session runs or is about to begin: at night, on holidays. */
export function bellEnds(store: Pick<Store, 'policies' | 'schoolTime'>, schoolLevels: readonly string[], room: string, nowMs: number): { readonly period: BellEnd | null; readonly session: BellEnd | null } {
  const { schoolTime } = store;
  const profile = store.policies.zones().find((zone) => zone.name === room)?.profile ?? '';
  const calendar = calendarOf(schoolTime.levels(), toSchoolDays(schoolTime.holidays(), schoolTime.makeups()), profile, schoolLevels);
  const period = periodMeant(calendar, nowMs);
  const sessionMs = endOfSession(calendar, nowMs);
  const session = (periodAt(calendar, nowMs) ?? period)?.session;
  return {
    period: period === null ? null : { name: { vi: `tiết ${period.period}`, en: `period ${period.period}` }, untilMs: period.untilMs },
    session: sessionMs === null ? null : { name: session === undefined ? { vi: 'buổi học', en: 'the session' } : SESSION_WORDS[session], untilMs: sessionMs },
  };
}
