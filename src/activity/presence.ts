/**
 * Devices of a room seen in the last quarter of an hour: a number from keyed tokens, in memory only. The tokens live a quarter of
 * an hour and at most a day (their key dies with it); what is shown of the number is the console's matter (console/devices.ts).
 */

/** One room's devices as a proxy thread saw them since it last told; tokens, never addresses. */
export interface Seen {
  readonly zone: string;
  readonly devices: readonly number[];
}

export interface Presence {
  take(seen: readonly Seen[]): void;
  count(zone: string): number;
  /** Rooms that have another name now: what was seen of them goes with them. @param names former name → name in force */
  rename(names: ReadonlyMap<string, string>): void;
  /** The day's key is another: the same device would count twice. */
  clear(): void;
}

/** Devices that no room claims, and which are therefore on the strictest profile. No room may have an empty name. */
export const UNKNOWN_ZONE = '';

export const PRESENCE_MS = 15 * 60_000;
/** A room that has more is a flood of addresses, not a class. */
const MAX_PER_ZONE = 5_000;

/** @param clockMs monotonic: a clock that jumps must not empty the school */
export function createPresence(clockMs: () => number = () => performance.now()): Presence {
  const zones = new Map<string, Map<number, number>>();
  const fresh = (zone: string): Map<number, number> => {
    const known = zones.get(zone) ?? new Map<number, number>();
    const since = clockMs() - PRESENCE_MS;
    for (const [token, seenMs] of known) if (seenMs < since) known.delete(token);
    return known;
  };
  return {
    take(seen) {
      const nowMs = clockMs();
      for (const { zone, devices } of seen) {
        const known = fresh(zone);
        for (const token of devices) if (known.size < MAX_PER_ZONE || known.has(token)) known.set(token, nowMs);
        zones.set(zone, known);
      }
    },
    count: (zone) => fresh(zone).size,
    rename(names) {
      for (const [from, to] of names) {
        const seen = zones.get(from);
        if (seen === undefined) continue;
        zones.delete(from);
        const known = zones.get(to) ?? new Map<number, number>();
        for (const [token, atMs] of seen) known.set(token, Math.max(atMs, known.get(token) ?? atMs));
        zones.set(to, known);
      }
    },
    clear: () => zones.clear(),
  };
}
