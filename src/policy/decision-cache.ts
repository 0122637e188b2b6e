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

/** On a recorded trace of 2,689 names 91.0 % are answered with this size, 91.2 % with twice it (bench/decision.mjs). */
const PER_ZONE = 2_048;
const ZONES = 64;
/** Longer texts are judged but not kept: they are rare, and memory must not grow with what a client invents. */
const MAX_RAW = 280;
/** Keys of shelves: zones from −1, profiles from −1, both far below this. */
const PROFILES = 64;

/** A verdict and the moment it was made: it says nothing of earlier ones. */
interface Kept {
  readonly decision: Decision;
  readonly madeMs: number;
}

interface KeptRaw extends RawDecision, Kept {}

/** What one zone (and profile) has been told. */
interface Shelf {
  readonly zone: number;
  /** Made at first use: an LRU takes its room at once. */
  byHost: LRUCache<string, Kept> | null;
  /** By raw text, without and with a written port required. */
  byHttp: LRUCache<string, KeptRaw> | null;
  byConnect: LRUCache<string, KeptRaw> | null;
}

export function createDecisionCache(options: DecisionCacheOptions = {}): DecisionCache {
  const max = options.perZone ?? PER_ZONE;
  const shelves = new LRUCache<number, Shelf>({ max: options.zones ?? ZONES });
  let generation: Snapshot | null = null;
  let lastKey = NaN;
  let lastShelf: Shelf | null = null;

  function clear(): void {
    shelves.clear();
    lastKey = NaN;
    lastShelf = null;
  }

  /** Verdicts belong to one snapshot. */
  function shelfOf(zone: number, profile: number, snapshot: Snapshot): Shelf {
    if (snapshot !== generation) {
      clear();
      generation = snapshot;
    }
    const key = (zone + 1) * PROFILES + profile + 1;
    if (key === lastKey && lastShelf !== null) return lastShelf;
    let shelf = shelves.get(key);
    if (shelf === undefined) {
      shelf = { zone, byHost: null, byHttp: null, byConnect: null };
      shelves.set(key, shelf);
    }
    lastKey = key;
    lastShelf = shelf;
    return shelf;
  }

  /** Whether a port must be written is part of the question, so the two are kept apart. */
  function rawShelf(shelf: Shelf, defaultPort: number | null): LRUCache<string, KeptRaw> | null {
    if (defaultPort === null) return (shelf.byConnect ??= new LRUCache({ max }));
    return defaultPort === 80 ? (shelf.byHttp ??= new LRUCache({ max })) : null;
  }

  /**
   * A verdict that hangs on the path is kept only as the one for requests whose path is not seen. Callers may be a few
   * milliseconds apart on what time it is, and a clock may be set back: neither may be served the future.
   */
  function holds(decision: Decision, madeMs: number, path: string | null, nowMs: number): boolean {
    return nowMs >= madeMs && nowMs < decision.validUntilMs && (path === null || !decision.byPath);
  }

  return {
    decide(facts, snapshot, nowMs) {
      // Rare, and about the message, not the host.
      if (facts.nameQuery === true || facts.webProxy === true) return decide(facts, snapshot, nowMs);
      const shelf = shelfOf(facts.zone, facts.profile, snapshot);
      const byHost = (shelf.byHost ??= new LRUCache({ max }));
      const known = byHost.get(facts.host);
      if (known !== undefined && holds(known.decision, known.madeMs, facts.path, nowMs)) return known.decision;
      const decision = decide(facts, snapshot, nowMs);
      if (holds(decision, nowMs, facts.path, nowMs)) byHost.set(facts.host, { decision, madeMs: nowMs });
      return decision;
    },
    decideRaw(authority, defaultPort, zone, path, snapshot, nowMs) {
      const shelf = shelfOf(zone, -1, snapshot);
      const raw = rawShelf(shelf, defaultPort);
      const known = raw?.get(authority);
      if (known !== undefined && holds(known.decision, known.madeMs, path, nowMs)) return known;
      const parsed = parseAuthority(authority, defaultPort);
      if (parsed === null) return null;
      const decision = decide({ host: parsed.host, zone, path, profile: -1 }, snapshot, nowMs);
      const made: KeptRaw = { decision, port: parsed.port, madeMs: nowMs };
      if (raw !== null && authority.length <= MAX_RAW && holds(decision, nowMs, path, nowMs)) raw.set(authority, made);
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
