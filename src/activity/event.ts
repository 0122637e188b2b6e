/**
 * Event: the storable trace of a request. It has no field for an address, a name, a path or an account,
 * so what must not be kept cannot be typed (style.md, idea 4).
 */
import type { Action, Layer, Reason } from '../policy/decision.js';

/** One request (or tunnel) as it may be stored, or several that differ in their numbers only, added up. Times are whole minutes. */
export interface Event {
  /** Minutes since the epoch (UTC). */
  readonly minute: number;
  /** Zone name, or null for an unknown device. */
  readonly zone: string | null;
  readonly profile: string;
  readonly category: string | null;
  readonly action: Action | 'fail';
  readonly layer: Layer | null;
  readonly reason: Reason;
  /** Registrable domain, where the category's privacy allows it and the name is ordinary; else null. */
  readonly domain: string | null;
  readonly channel: 'http' | 'tunnel' | 'websocket';
  /** How many it stands for; the numbers below are their sums. */
  readonly requests: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  /** Milliseconds from head to last byte; for tunnels to the first upstream byte. */
  readonly ms: number;
}

/** Worker → recorder: an event and, beside it and never stored, today's keyed token of the device for counting. */
export interface EventNote {
  readonly event: Event;
  /** 53-bit keyed hash of the device under a key that lives one day in memory; null when not to be counted. */
  readonly device: number | null;
}
