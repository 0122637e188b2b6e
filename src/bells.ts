/** The ends a teacher may name without a clock: of the period (tiết) and of the session (buổi), by the bells of the room's own level. */
import type { BellEnd } from './console/deps.js';
import { calendarOf, endOfSession, NO_DAYS, periodAt, periodMeant, toSchoolDays, type Calendar, type Session } from './policy/school-time.js';
import type { Store } from './store/rows.js';

const SESSION_WORDS: Readonly<Record<Session, BellEnd['name']>> = {
  sang: { vi: 'buổi sáng', en: 'the morning' },
  chieu: { vi: 'buổi chiều', en: 'the afternoon' },
  toi: { vi: 'buổi tối', en: 'the evening' },
};

export interface BellEnds {
  readonly period: BellEnd | null;
  readonly session: BellEnd | null;
}

/** The bells of each room by name. What rings changes with the policy's generation only: a page of thirty rooms reads the tables once. */
export function createBells(store: Pick<Store, 'policies' | 'schoolTime'>, schoolLevels: () => readonly string[]): (room: string, nowMs: number) => BellEnds {
  const { schoolTime, policies } = store;
  let generation = -1;
  let calendars: (room: string) => Calendar = () => calendarOf([], NO_DAYS, '');

  function read(): (room: string) => Calendar {
    const levels = schoolTime.levels();
    const days = toSchoolDays(schoolTime.holidays(), schoolTime.makeups());
    const profiles = new Map(policies.zones().map((zone) => [zone.name, zone.profile]));
    const taught = schoolLevels();
    return (room) => calendarOf(levels, days, profiles.get(room) ?? '', taught);
  }

  return (room, nowMs) => {
    const now = policies.generation();
    if (now !== generation) [calendars, generation] = [read(), now];
    return endsOf(calendars(room), nowMs);
  };
}

/** Null where no period or session runs or is about to begin: at night, on holidays. */
function endsOf(calendar: Calendar, nowMs: number): BellEnds {
  const period = periodMeant(calendar, nowMs);
  const sessionMs = endOfSession(calendar, nowMs);
  const session = (periodAt(calendar, nowMs) ?? period)?.session;
  return {
    period: period === null ? null : { name: { vi: `tiết ${period.period}`, en: `period ${period.period}` }, untilMs: period.untilMs },
    session: sessionMs === null ? null : { name: session === undefined ? { vi: 'buổi học', en: 'the session' } : SESSION_WORDS[session], untilMs: sessionMs },
  };
}
