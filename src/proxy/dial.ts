/** SEAM (implementation follows within minutes): opens upstream connections, only with a Permit. */
import type { Socket } from 'node:net';
import type { Permit, Reason } from '../policy/decision.js';

/** Why a dial failed: a closed part of the Reason table. */
export type DialFault = Extract<
  Reason,
  | 'name-not-found' | 'dns-failed' | 'private-address' | 'own-address'
  | 'connect-refused' | 'connect-timeout' | 'upstream-error' | 'overload'
>;

/**
 * Exactly one call per dial, unless cancelled. `fault` null: `socket` is connected, half-open allowed, no delay, flowing not
 * started, with no listener but a silent 'error' one that stays (the 'close' that follows tells).
 * `toParent`: the peer is the parent proxy; write the head in absolute form (plain HTTP only; tunnels are through already).
 */
export type DialDone = (fault: DialFault | null, socket: Socket | null, toParent: boolean) => void;

export interface Dial {
  /** The client has left: destroys every attempt; `done` will not be called. */
  cancel(): void;
}

export interface Dialer {
  /** Returns null when `done` has been called before the return (faults known at once). */
  dial(permit: Permit, use: 'http' | 'tunnel', done: DialDone): Dial | null;
  /** Listening ports of the gateway itself beside those of the settings (zones' own listeners). */
  setOwnPorts(ports: readonly number[]): void;
}
