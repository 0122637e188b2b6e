/**
 * Which profile a zone is on at a moment, and until when that answer holds.
 * Owns timetables and lessons; refuses to know hosts, categories and clocks (`nowMs` is handed in).
 *
 * Order: lesson > timetable slot > the zone's own profile. A start instant is in, an end instant is already out.
 */
import { dayOf, MINUTE_MS, startOfDay } from '../local-time.js';
import { DAY_MINUTES, followedWeekday, NO_DAYS, type SchoolDays } from './school-time.js';
import type { Lesson, Slot, Snapshot, Zone } from './snapshot.js';

/** What a zone is on, valid from the moment asked for until just before `untilMs`. */
export interface ZoneState {
  /** Position in `profiles`. */
  readonly profile: number;
  /** Earliest later moment at which a lesson or slot begins or ends; Infinity if there is none. */
  readonly untilMs: number;
  /** True while a teacher's lesson decides. */
  readonly lesson: boolean;
  /** That lesson; what it opens and closes beyond its profile is decide.ts's. */
  readonly running: Lesson | null;
  /** When the lesson or slot that decides began; −Infinity for the zone's own profile. */
  readonly sinceMs: number;
}

/** A timetable that is silent for longer than this is asked again then. */
const AHEAD_DAYS = 400;

/** A slot whose end equals its start lasts nothing; one whose end lies before its start passes midnight. */
function slotLengthMs(slot: Slot): number {
  const minutes = slot.toMinute - slot.fromMinute;
  return (minutes < 0 ? minutes + DAY_MINUTES : minutes) * MINUTE_MS;
}

/**
 * State by timetable alone. Where slots overlap the one that began last decides, the later in the table on a tie. A slot
 * belongs to the day on which it begins: a holiday does not cut short what runs past its midnight, and begins nothing.
 */
function timetableState(zone: Zone, days: SchoolDays, nowMs: number): ZoneState {
  let profile = zone.profile;
  let sinceMs = -Infinity;
  let untilMs = Infinity;
  const slots = zone.timetable.filter((slot) => slotLengthMs(slot) > 0);
  const today = dayOf(nowMs);
  const lastDay = today + AHEAD_DAYS;
  // A slot lasts a day at most, so whatever runs now began today or yesterday.
  for (let day = today - 1; slots.length > 0 && day <= lastDay && startOfDay(day) < untilMs; day++) {
    const weekday = followedWeekday(days, day);
    for (const slot of slots) {
      if (slot.weekday !== weekday) continue;
      const fromMs = startOfDay(day) + slot.fromMinute * MINUTE_MS;
      const endMs = fromMs + slotLengthMs(slot);
      if (nowMs < fromMs) untilMs = Math.min(untilMs, fromMs);
      else if (nowMs < endMs) {
        untilMs = Math.min(untilMs, endMs);
        if (fromMs >= sinceMs) {
          sinceMs = fromMs;
          profile = slot.profile;
        }
      }
    }
  }
  if (slots.length > 0) untilMs = Math.min(untilMs, startOfDay(lastDay + 1));
  return { profile, untilMs, running: null, lesson: false, sinceMs };
}

/** State of one zone under its lessons. Where lessons overlap the one that began last decides, the later row on a tie. */
export function stateUnder(zone: Zone, lessons: readonly Lesson[], nowMs: number, days: SchoolDays = NO_DAYS): ZoneState {
  let current: Lesson | null = null;
  let nextMs = Infinity;
  for (const lesson of lessons) {
    if (lesson.fromMs > nowMs) {
      if (lesson.untilMs > lesson.fromMs) nextMs = Math.min(nextMs, lesson.fromMs);
    } else if (nowMs < lesson.untilMs && (current === null || lesson.fromMs >= current.fromMs)) current = lesson;
  }
  if (current !== null) {
    return { profile: current.profile, untilMs: Math.min(current.untilMs, nextMs), lesson: true, running: current, sinceMs: current.fromMs };
  }
  const state = timetableState(zone, days, nowMs);
  return nextMs < state.untilMs ? { ...state, untilMs: nextMs } : state;
}

/** State of a zone by position; an unknown zone (−1) is on the strictest profile for ever. */
export function zoneState(snapshot: Snapshot, zone: number, nowMs: number): ZoneState {
  const found = snapshot.data.zones[zone];
  if (found === undefined) return { profile: snapshot.strictest, untilMs: Infinity, lesson: false, running: null, sinceMs: -Infinity };
  const lessons = snapshot.data.lessons.filter((lesson) => lesson.zone === found.name);
  const state = stateUnder(found, lessons, nowMs, snapshot.data.days);
  // A profile that is not in the table cannot widen anything.
  return snapshot.data.profiles[state.profile] === undefined ? { ...state, profile: snapshot.strictest } : state;
}
