/**
 * Verdicts already made: the same host in the same zone is asked for again and again.
 * Owns what may be remembered and for how long; refuses to know how verdicts are made. Bounded, one LRU a zone, so that
 * a class with a changed profile is dropped alone and one room's strange names can't push out another's.
 *
 * Two ways in: by facts, and by the raw authority text of the wire, which spares canonicalisation as well.
 */
import { LRUCache } from 'lru-cache';
import { parseAuthority } from '../matching/hostname.js';
import type { Decision } from './decision.js';
import { decide } from './decide.js';
import type { Facts } from './facts.js';
import type { Snapshot } from './snapshot.js';

export interface DecisionCacheOptions {
  /** Verdicts kept a zone. */
  readonly perZone?: number;
  /** Zones (and profiles asked for by name) kept at once. */
  readonly zones?: number;
}

/** A verdict on an authority as the client wrote it. */
export interface RawDecision {
  readonly decision: Decision;
  readonly port: number;
}

export interface DecisionCache {
  decide(facts: Facts, snapshot: Snapshot, nowMs: number): Decision;
  /**
   * `host[:port]` as it came on the wire, for the zone's own profile; null where it is no authority
   * (`defaultPort` null: the port must be written, as in CONNECT).
   */
  decideRaw(authority: string, defaultPort: number | null, zone: number, path: string | null, snapshot: Snapshot, nowMs: number): RawDecision | null;
  /** Forgets one zone, whose profile or openings have changed. */
  dropZone(zone: number): void;
  clear(): void;
}

const PER_ZONE = 4_096;
const ZONES = 256;
/** Longer texts are judged but not kept: they are rare, and memory must not grow with what a client invents. */
const MAX_RAW = 280;
/** Keys of shelves: zones from −1, profiles from −1, both far below this. */
const PROFILES = 64;

/** What one zone (and profile) has been told. */
interface Shelf {
  readonly zone: number;
  readonly byHost: LRUCache<string, Decision>;
  /** By raw text, without and with a written port required. */
  readonly byHttp: LRUCache<string, RawDecision>;
  readonly byConnect: LRUCache<string, RawDecision>;
}

export function createDecisionCache(options: DecisionCacheOptions = {}): DecisionCache {
  const max = options.perZone ?? PER_ZONE;
  const shelves = new LRUCache<number, Shelf>({ max: options.zones ?? ZONES });
  let generation: Snapshot | null = null;
  let latestMs = -Infinity;
  let lastKey = NaN;
  let lastShelf: Shelf | null = null;

  function clear(): void {
    shelves.clear();
    lastKey = NaN;
    lastShelf = null;
  }

  /** Verdicts belong to one snapshot and to a clock that runs forward. */
  function shelfOf(zone: number, profile: number, snapshot: Snapshot, nowMs: number): Shelf {
    if (snapshot !== generation || nowMs < latestMs) {
      clear();
      generation = snapshot;
    }
    latestMs = nowMs;
    const key = (zone + 1) * PROFILES + profile + 1;
    if (key === lastKey && lastShelf !== null) return lastShelf;
    let shelf = shelves.get(key);
    if (shelf === undefined) {
      shelf = { zone, byHost: new LRUCache({ max }), byHttp: new LRUCache({ max }), byConnect: new LRUCache({ max }) };
      shelves.set(key, shelf);
    }
    lastKey = key;
    lastShelf = shelf;
    return shelf;
  }

  /** A verdict that hangs on the path is kept only as the one for requests whose path is not seen. */
  function holds(decision: Decision, path: string | null, nowMs: number): boolean {
    return nowMs < decision.validUntilMs && (path === null || !decision.byPath);
  }

  return {
    decide(facts, snapshot, nowMs) {
      const shelf = shelfOf(facts.zone, facts.profile, snapshot, nowMs);
      const known = shelf.byHost.get(facts.host);
      if (known !== undefined && holds(known, facts.path, nowMs)) return known;
      const made = decide(facts, snapshot, nowMs);
      if (holds(made, facts.path, nowMs)) shelf.byHost.set(facts.host, made);
      return made;
    },
    decideRaw(authority, defaultPort, zone, path, snapshot, nowMs) {
      const shelf = shelfOf(zone, -1, snapshot, nowMs);
      const raw = defaultPort === null ? shelf.byConnect : defaultPort === 80 ? shelf.byHttp : null;
      const known = raw?.get(authority);
      if (known !== undefined && holds(known.decision, path, nowMs)) return known;
      const parsed = parseAuthority(authority, defaultPort);
      if (parsed === null) return null;
      const decision = decide({ host: parsed.host, zone, path, profile: -1 }, snapshot, nowMs);
      const made = { decision, port: parsed.port };
      if (raw !== null && authority.length <= MAX_RAW && holds(decision, path, nowMs)) raw.set(authority, made);
      return made;
    },
    dropZone(zone) {
      for (const [key, shelf] of [...shelves.entries()]) if (shelf.zone === zone) shelves.delete(key);
      lastKey = NaN;
      lastShelf = null;
    },
    clear,
  };
}
