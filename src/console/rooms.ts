/** Rooms as a teacher sees them: which are theirs, what each is on, until when. Reads the policy in force, so it never promises what the proxy does not do yet. */
import { zoneState } from '../policy/schedule.js';
import type { LessonKind, Zone } from '../policy/snapshot.js';
import type { LessonRow } from '../store/rows.js';
import type { Who } from './action.js';
import { coarseDevices, type CoarseDevices } from './devices.js';
import type { ConsoleDeps } from './deps.js';
import { refused } from './refused.js';
import { byName } from './words.js';

export interface Room {
  readonly name: string;
  /** Position in the zones of the policy in force. */
  readonly position: number;
  /** Profile in force. */
  readonly profile: string;
  /** Why: a teacher's lesson, the timetable, or the room's own profile. */
  readonly because: 'lesson' | 'timetable' | 'own';
  /** What the lesson does beside its profile. */
  readonly kind: LessonKind;
  /** Saved list a focus lesson or an exam was begun with. */
  readonly list: string | null;
  /** Hosts of a focus lesson or an exam. */
  readonly hosts: readonly string[];
  readonly learning: boolean;
  /** When the lesson or slot began; null for the room's own profile. */
  readonly sinceMs: number | null;
  /** Epoch ms; null: for good. */
  readonly untilMs: number | null;
  /** What comes after, when a lesson is running. */
  readonly then: string;
  /** Account that answers for the lesson. */
  readonly by: string | null;
  readonly devices: CoarseDevices;
}

/** Rooms this person may switch: an administrator's are all, a teacher's their own, those handed over to them, and those that are nobody's. */
export function mayUse(env: ConsoleDeps, who: Who): (room: string) => boolean {
  return env.store.rooms.switchable(who.name, env.now());
}

/** @throws Refused: a room that is not there and one that is somebody else's are told apart by nobody */
export function ownRoom(env: ConsoleDeps, who: Who, name: string): string {
  // a page left open, or a script, may still say a name the room had before
  const room = env.store.policies.zoneCalled(name);
  if (room !== null && mayUse(env, who)(room)) return room;
  throw refused('not-found', 'Không có phòng này, hoặc phòng không thuộc quyền của thầy/cô.', 'There is no such room, or it is not yours.');
}

export function roomsOf(env: ConsoleDeps, who: Who): Room[] {
  const theirs = mayUse(env, who);
  return roomsWhere(env, ({ name }) => theirs(name)).sort((a, b) => byName(a.name, b.name));
}

function roomsWhere(env: ConsoleDeps, wanted: (zone: Zone) => boolean): Room[] {
  const snapshot = env.snapshot();
  const nowMs = env.now();
  const lessons = env.store.policies.lessons(nowMs);
  return snapshot.data.zones
    .map((zone, position) => ({ zone, position }))
    .filter(({ zone }) => wanted(zone))
    .map(({ zone, position }) => {
      const state = zoneState(snapshot, position, nowMs);
      const running = runningOf(lessons, zone.name, nowMs);
      const after = zoneState(snapshot, position, Number.isFinite(state.untilMs) ? state.untilMs : nowMs);
      const idOf = (at: number): string => snapshot.data.profiles[at]?.id ?? '';
      return {
        name: zone.name,
        position,
        profile: idOf(state.profile),
        because: state.lesson ? ('lesson' as const) : Number.isFinite(state.sinceMs) ? ('timetable' as const) : ('own' as const),
        kind: state.running?.kind ?? 'profile',
        list: state.lesson ? (running?.list ?? null) : null,
        hosts: state.running?.entries ?? [],
        learning: state.running?.learning === true,
        sinceMs: Number.isFinite(state.sinceMs) ? state.sinceMs : null,
        untilMs: Number.isFinite(state.untilMs) ? state.untilMs : null,
        then: idOf(after.profile),
        by: state.lesson ? (running?.by ?? null) : null,
        devices: coarseDevices(env.devicesSeen(zone.name)),
      };
    });
}

/** @throws Refused (`not-found`) as `ownRoom` does, and where the policy in force does not know the room yet */
export function roomOf(env: ConsoleDeps, who: Who, name: string): Room {
  const own = ownRoom(env, who, name);
  const [found] = roomsWhere(env, (zone) => zone.name === own);
  if (found === undefined) throw refused('not-found', 'Phòng này vừa được thêm; hãy thử lại sau vài giây.', 'This room has just been added; try again in a few seconds.');
  return found;
}

export function runningOf(lessons: readonly LessonRow[], room: string, nowMs: number): LessonRow | null {
  return lessons.filter((row) => row.zone === room && row.fromMs <= nowMs && nowMs < row.untilMs).at(-1) ?? null;
}

/** What a lesson that keeps the profile is on: the one in force, or the room's own where that is an exam. */
export function everydayProfile(env: ConsoleDeps, room: Room): string {
  const { profiles, zones } = env.snapshot().data;
  const on = profiles.find(({ id }) => id === room.profile);
  if (on !== undefined && !on.listedOnly) return on.id;
  return profiles[zones[room.position]?.profile ?? -1]?.id ?? room.profile;
}

export function profileWords(env: ConsoleDeps, id: string): { readonly vi: string; readonly en: string } {
  const profile = env.snapshot().data.profiles.find((known) => known.id === id);
  return profile === undefined ? { vi: id, en: id } : { vi: profile.name, en: profile.nameEn };
}
