/**
 * Which categories closed pages in a room, as a screen may tell a teacher (security.md §5.2 items 4, 5 and 10). From keyed tokens of
 * devices, in memory only; owns the rules by which a number may leave:
 *
 * - ten devices of the room met the category, or it is not told at all; the number is rounded to five;
 * - nothing younger than a quarter of an hour, and spans begin and end on the quarter, so that watching the screen, or starting lessons
 *   at chosen moments, tells nothing of one device's last minute;
 * - what is intimate never comes here: such events carry no room (activity/outcome.ts);
 * - what the teacher closed by pausing, by a list or by an exam says nothing about anybody, and is left out; so are tunnels that a change cut.
 */
import type { EventNote } from './event.js';
import { MINUTE_MS } from '../local-time.js';

const QUARTER_MS = 15 * MINUTE_MS;
const FEWEST = 10;
const ROUNDED_TO = 5;
/** A lesson is over in an hour; a double one in two. */
const KEPT_QUARTERS = 4 * 6;
/** A room that has more is a flood of addresses, not a class. */
const MAX_DEVICES = 2_000;

export interface BlockedCategory {
  readonly category: string;
  /** At least ten, rounded to five. */
  readonly devices: number;
}

export interface RoomBlocks {
  take(notes: readonly EventNote[]): void;
  /** Most devices first. */
  read(zone: string, fromMs: number, nowMs: number): readonly BlockedCategory[];
  /** Rooms that have another name now keep what was counted. @param names former name → name in force */
  rename(names: ReadonlyMap<string, string>): void;
  /** The day's key is another: the same device would count twice. */
  clear(): void;
}

export function createRoomBlocks(): RoomBlocks {
  /** Room → quarter of an hour → category → tokens. */
  const rooms = new Map<string, Map<number, Map<string, Set<number>>>>();

  return {
    take(notes) {
      for (const { event, device } of notes) {
        if (device === null || event.zone === null || event.category === null || event.action !== 'block') continue;
        if (event.layer === 'lesson' || event.reason === 'exam-only' || event.reason === 'policy-changed') continue;
        const quarter = Math.floor((event.minute * MINUTE_MS) / QUARTER_MS);
        const quarters = entry(rooms, event.zone, () => new Map<number, Map<string, Set<number>>>());
        const tokens = entry(entry(quarters, quarter, () => new Map<string, Set<number>>()), event.category, () => new Set<number>());
        if (tokens.size < MAX_DEVICES) tokens.add(device);
        if (quarters.size > KEPT_QUARTERS) for (const old of quarters.keys()) if (old <= quarter - KEPT_QUARTERS) quarters.delete(old);
        // a clock that was set back leaves quarters of a future that is none
        if (quarters.size > 2 * KEPT_QUARTERS) quarters.clear();
      }
    },
    read(zone, fromMs, nowMs) {
      const first = Math.floor(fromMs / QUARTER_MS);
      // The last quarter that ended at least a quarter of an hour ago.
      const last = Math.floor((nowMs - QUARTER_MS) / QUARTER_MS) - 1;
      const devices = new Map<string, Set<number>>();
      for (const [quarter, categories] of rooms.get(zone) ?? []) {
        if (quarter < first || quarter > last) continue;
        for (const [category, tokens] of categories) {
          const all = entry(devices, category, () => new Set<number>());
          for (const token of tokens) all.add(token);
        }
      }
      return [...devices]
        .filter(([, tokens]) => tokens.size >= FEWEST)
        .map(([category, tokens]) => ({ category, devices: Math.round(tokens.size / ROUNDED_TO) * ROUNDED_TO }))
        .sort((a, b) => b.devices - a.devices || (a.category < b.category ? -1 : 1));
    },
    rename(names) {
      for (const [from, to] of names) {
        const counted = rooms.get(from);
        if (counted === undefined) continue;
        rooms.delete(from);
        const known = entry(rooms, to, () => new Map<number, Map<string, Set<number>>>());
        for (const [quarter, categories] of counted) {
          for (const [category, tokens] of categories) {
            const all = entry(entry(known, quarter, () => new Map<string, Set<number>>()), category, () => new Set<number>());
            for (const token of tokens) all.add(token);
          }
        }
      }
    },
    clear: () => rooms.clear(),
  };
}

function entry<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const known = map.get(key);
  if (known !== undefined) return known;
  const made = make();
  map.set(key, made);
  return made;
}
