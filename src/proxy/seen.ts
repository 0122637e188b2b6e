/** Which devices of which room have come by since the last report, as today's tokens. An address stays in this thread, and no longer than a report takes. */
import { UNKNOWN_ZONE, type Seen } from '../activity/presence.js';

export interface SeenDevices {
  /** Called for every request: one look-up in a set where the device is known already. @param zone −1: no room's */
  note(zone: number, address: string): void;
  /** Tells what came by since the last time and forgets it. @param nameOf of the snapshot the positions belong to */
  report(nameOf: (zone: number) => string | null): Seen[];
}

const MAX_ADDRESSES = 10_000;

export function createSeenDevices(tokenOf: (address: string) => number): SeenDevices {
  let zones = new Map<number, Set<string>>();
  let held = 0;
  return {
    note(zone, address) {
      if (address === '') return;
      let known = zones.get(zone);
      if (known?.has(address) === true || held >= MAX_ADDRESSES) return;
      if (known === undefined) zones.set(zone, (known = new Set()));
      known.add(address);
      held += 1;
    },
    report(nameOf) {
      const seen: Seen[] = [];
      for (const [position, addresses] of zones) {
        const zone = position < 0 ? UNKNOWN_ZONE : nameOf(position);
        if (zone !== null) seen.push({ zone, devices: [...addresses].map(tokenOf) });
      }
      zones = new Map();
      held = 0;
      return seen;
    },
  };
}
