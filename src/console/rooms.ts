/** Rooms as a teacher sees them: which are theirs, what each is on, until when. Reads the policy in force, so it never promises what the proxy does not do yet. */
import { stateUnder, zoneState } from '../policy/schedule.js';
import type { Who } from './action.js';
import { coarseDevices, type CoarseDevices } from './devices.js';
import type { ConsoleDeps } from './deps.js';
import { refused } from './refused.js';
import { byName } from './words.js';

export interface Room {
  readonly name: string;
  /** Profile in force. */
  readonly profile: string;
  /** Why: a teacher's lesson, the timetable, or the room's own profile. */
  readonly because: 'lesson' | 'timetable' | 'own';
  /** Epoch ms; null: for good. */
  readonly untilMs: number | null;
  /** What comes after, when a lesson is running. */
  readonly then: string;
  /** Account that began the lesson. */
  readonly by: string | null;
  readonly devices: CoarseDevices;
}

/** Rooms this person may switch: an administrator's are all, a teacher's their own, those handed over to them, and those that are nobody's. */
export function mayUse(env: ConsoleDeps, who: Who, room: string): boolean {
  return env.store.rooms.maySwitch(who.name, room, env.now());
}

/** @throws Refused: a room that is not there and one that is somebody else's are told apart by nobody */
export function ownRoom(env: ConsoleDeps, who: Who, name: string): string {
  const known = env.store.policies.zones().some((zone) => zone.name === name);
  if (known && mayUse(env, who, name)) return name;
  throw refused('not-found', 'Không có phòng này, hoặc phòng không thuộc quyền của thầy/cô.', 'There is no such room, or it is not yours.');
}

export function roomsOf(env: ConsoleDeps, who: Who): Room[] {
  const snapshot = env.snapshot();
  const nowMs = env.now();
  const lessons = env.store.policies.lessons(nowMs);
  return snapshot.data.zones
    .map((zone, position) => ({ zone, position }))
    .filter(({ zone }) => mayUse(env, who, zone.name))
    .map(({ zone, position }) => {
      const state = zoneState(snapshot, position, nowMs);
      const running = lessons.filter((lesson) => lesson.zone === zone.name && lesson.fromMs <= nowMs).at(-1);
      const after = stateUnder(zone, [], Number.isFinite(state.untilMs) ? state.untilMs : nowMs, snapshot.data.days);
      const idOf = (at: number): string => snapshot.data.profiles[at]?.id ?? '';
      return {
        name: zone.name,
        profile: idOf(state.profile),
        because: state.lesson ? ('lesson' as const) : Number.isFinite(state.sinceMs) ? ('timetable' as const) : ('own' as const),
        untilMs: Number.isFinite(state.untilMs) ? state.untilMs : null,
        then: idOf(after.profile),
        by: state.lesson ? (running?.by ?? null) : null,
        devices: coarseDevices(env.devicesSeen(zone.name)),
      };
    })
    .sort((a, b) => byName(a.name, b.name));
}
