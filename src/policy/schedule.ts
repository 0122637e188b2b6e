/**
 * Which profile a zone is on at a moment, and until when that answer holds.
 * Owns local time, timetables and lessons; refuses to know hosts, categories and clocks (`nowMs` is handed in).
 *
 * Order: lesson > timetable slot > the zone's own profile. A start instant is in, an end instant is already out.
 */
import type { Lesson, Slot, Snapshot, Zone } from './snapshot.js';

/** What a zone is on, valid from the moment asked for until just before `untilMs`. */
export interface ZoneState {
  /** Position in `profiles`. */
  readonly profile: number;
  /** Earliest later moment at which a lesson or slot begins or ends; Infinity if there is none. */
  readonly untilMs: number;
  /** True while a teacher's lesson decides. */
  readonly lesson: boolean;
  /** When the lesson or slot that decides began; −Infinity for the zone's own profile. */
  readonly sinceMs: number;
}

/**
 * Asia/Ho_Chi_Minh has been UTC+7 without daylight saving since 13 June 1975, so local time is integer
 * arithmetic: no tz database to be missing or stale on an old PC.
 */
export const LOCAL_OFFSET_MS = 7 * 3_600_000;
const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const WEEK_MS = 7 * DAY_MINUTES * MINUTE_MS;
/** 1970-01-05 was the first Monday of the epoch: weeks are counted from there. */
const FIRST_MONDAY_MS = 4 * DAY_MINUTES * MINUTE_MS;

/** Milliseconds since Monday 00:00 local time, 0 ≤ result < one week. */
function weekPosition(nowMs: number): number {
  const position = (nowMs + LOCAL_OFFSET_MS - FIRST_MONDAY_MS) % WEEK_MS;
  return position < 0 ? position + WEEK_MS : position;
}

/** A slot whose end equals its start lasts nothing; one whose end lies before its start passes midnight. */
function slotLengthMs(slot: Slot): number {
  const minutes = slot.toMinute - slot.fromMinute;
  return (minutes < 0 ? minutes + DAY_MINUTES : minutes) * MINUTE_MS;
}

function slotStartMs(slot: Slot): number {
  return ((slot.weekday - 1) * DAY_MINUTES + slot.fromMinute) * MINUTE_MS;
}

/** State by timetable alone. Where slots overlap the one that began last decides, the later in the table on a tie. */
function timetableState(zone: Zone, nowMs: number): ZoneState {
  let profile = zone.profile;
  let sinceMs = -Infinity;
  let untilMs = Infinity;
  const position = zone.timetable.length > 0 ? weekPosition(nowMs) : 0;
  for (const slot of zone.timetable) {
    const lengthMs = slotLengthMs(slot);
    if (!(lengthMs > 0)) continue;
    const start = slotStartMs(slot);
    const elapsedMs = (position - start + 2 * WEEK_MS) % WEEK_MS;
    if (elapsedMs < lengthMs) {
      untilMs = Math.min(untilMs, nowMs - elapsedMs + lengthMs);
      if (nowMs - elapsedMs >= sinceMs) {
        sinceMs = nowMs - elapsedMs;
        profile = slot.profile;
      }
    }
    untilMs = Math.min(untilMs, nowMs - elapsedMs + WEEK_MS);
  }
  return { profile, untilMs, lesson: false, sinceMs };
}

/** State of one zone under its lessons. Where lessons overlap the one that began last decides, the later row on a tie. */
export function stateUnder(zone: Zone, lessons: readonly Lesson[], nowMs: number): ZoneState {
  let current: Lesson | null = null;
  let nextMs = Infinity;
  for (const lesson of lessons) {
    if (lesson.fromMs > nowMs) {
      if (lesson.untilMs > lesson.fromMs) nextMs = Math.min(nextMs, lesson.fromMs);
    } else if (nowMs < lesson.untilMs && (current === null || lesson.fromMs >= current.fromMs)) current = lesson;
  }
  if (current !== null) {
    return { profile: current.profile, untilMs: Math.min(current.untilMs, nextMs), lesson: true, sinceMs: current.fromMs };
  }
  const state = timetableState(zone, nowMs);
  return nextMs < state.untilMs ? { ...state, untilMs: nextMs } : state;
}

/** State of a zone by position; an unknown zone (−1) is on the strictest profile for ever. */
export function zoneState(snapshot: Snapshot, zone: number, nowMs: number): ZoneState {
  const found = snapshot.data.zones[zone];
  if (found === undefined) return { profile: snapshot.strictest, untilMs: Infinity, lesson: false, sinceMs: -Infinity };
  const lessons = snapshot.data.lessons.filter((lesson) => lesson.zone === found.name);
  const state = stateUnder(found, lessons, nowMs);
  // A profile that is not in the table cannot widen anything.
  return snapshot.data.profiles[state.profile] === undefined ? { ...state, profile: snapshot.strictest } : state;
}
