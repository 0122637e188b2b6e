/**
 * What the console is given by the composition root. It knows nothing of proxy threads: they are numbers and functions here.
 * Actions take it as `env`, pages as `ctx.env`.
 */
import type { LiveView } from '../activity/live.js';
import type { Finding } from '../finding.js';
import type { Snapshot } from '../policy/snapshot.js';
import type { Shipped } from '../lists/shipped.js';
import type { Log } from '../log.js';
import type { Actor, Store } from '../store/rows.js';
import type { Words } from './words.js';

/** An end that the bell gives. */
export interface BellEnd {
  readonly name: Words;
  readonly untilMs: number;
}

export interface GatewayHealth {
  readonly ok: boolean;
  readonly generation: number;
  readonly workers: number;
  readonly connections: number;
  readonly tunnels: number;
  /** Events lost since the start. */
  readonly dropped: number;
  /** Code of what keeps events from being stored, or null. */
  readonly trouble: string | null;
}

/** The machine and its configuration, as far as a page shows it or an action must not contradict it. */
export interface Premises {
  readonly dataDir: string;
  readonly ports: { readonly proxy: number; readonly transparent: number | null; readonly pages: number; readonly console: number };
  /** Addresses under which devices reach this machine; the one on the LAN first. */
  addresses(): readonly string[];
  readonly dns: readonly string[];
  /** Names of the gateway's own pages. */
  readonly names: readonly string[];
  /** What the configuration file says of the school: it stands above what is set here. */
  readonly school: { readonly name: string | null; readonly hotline: string | null; readonly counsellor: string | null; readonly code: string | null; readonly levels: readonly string[]; readonly ward: string | null };
}

export interface ConsoleDeps {
  readonly store: Store;
  readonly log: Log;
  now(): number;
  /** The policy in force on the proxy threads. */
  snapshot(): Snapshot;
  /** Brings what the store now says into force; resolves when every proxy thread has it (or after two seconds). */
  apply(): Promise<void>;
  shipped(): Shipped;
  /** Distinct devices of a room in the last quarter of an hour, from memory; pages show it through `coarseDevices` only. `UNKNOWN_ZONE`: those no room claims. */
  devicesSeen(zone: string): number;
  /**
   * Categories that closed pages of a room in a span of time, each with how many devices met it: only those that ten devices met, older
   * than a quarter of an hour, rounded to five (activity/room-blocks.ts).
   */
  blockedIn(room: string, fromMs: number, nowMs: number): readonly { readonly category: string; readonly devices: number }[];
  /** What passes, in memory, for ten minutes at a time. */
  readonly live: LiveView;
  readonly premises: Premises;
  /** A backup that was looked at takes the place of everything; what was there is kept beside it, and filtering goes on. */
  restore(file: string, actor: Actor): Promise<void>;
  /** What `luytre doctor` finds. */
  findings(): Promise<readonly Finding[]>;
  /** End of the period (tiết) and session (buổi) that runs or is about to begin, by the bells of the room's level. */
  bells(room: string, nowMs: number): { readonly period: BellEnd | null; readonly session: BellEnd | null };
  health(): GatewayHealth;
}
