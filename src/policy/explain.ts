/**
 * Why an address is open or blocked: the verdict as it is told (contract.md, Command) and the whole ladder behind it, layer by layer. One judge for the
 * command line and the pages. Pure; the verdict is decide()'s own, the ladder is read off what it weighed.
 */
import { hostFromUrl } from '../matching/hostname.js';
import { unwrap } from '../matching/wrapper.js';
import { compiledOf, SLOT, type Compiled } from './compiled.js';
import { claimOf, decide, judgeHost, judgeOf } from './decide.js';
import { LAYERS, type Decision, type Layer, type ListRef } from './decision.js';
import type { Facts } from './facts.js';
import type { Snapshot } from './snapshot.js';
import { weighed, type Judge } from './weigh.js';

/** What stands in a layer about the host. */
export interface Claim {
  /** In list syntax, or '' where the layer needs no entry. */
  readonly entry: string;
  readonly list: ListRef | null;
  /** Position of the list's category; −1: none. */
  readonly category: number;
}

export interface Step {
  readonly layer: Layer;
  /**
   * `decides` · `silent`: nothing there · `overruled`: something there, but it may not speak (an opening over a hard cell) ·
   * `later`: a layer above has decided; what stands here is told, for it is what people look for.
   */
  readonly outcome: 'decides' | 'silent' | 'overruled' | 'later';
  readonly claim: Claim | null;
  /** Of the name's look; 100 and more is suspicious as measured. Only where it was asked. */
  readonly score: number | null;
}

export interface Ladder {
  readonly host: string;
  readonly decision: Decision;
  readonly steps: readonly Step[];
}

export interface Explained {
  readonly decision: Decision;
  /** The page itself and, where it carries another (translation, cache, archive), that one; the stricter verdict holds. */
  readonly ladders: readonly Ladder[];
}

/** Facts of a typed address; null where it is none. What a gateway sees of https is the name; a bare name is judged as one. */
export function factsOf(url: string, zone: number, profile: number): Facts | null {
  const target = hostFromUrl(url);
  if (target === null) return null;
  const path = target.scheme === 'http' && target.path !== null ? (target.path.split(/[?#]/, 1)[0] ?? '/') : null;
  return { host: target.host, zone, path, profile };
}

export function explain(facts: Facts, snapshot: Snapshot, nowMs: number): Explained {
  const by = judgeOf(compiledOf(snapshot), facts, nowMs);
  const ladders = [ladderOf(by, facts.host, facts.path)];
  const wrapper = unwrap(facts.host, facts.path, facts.query ?? '');
  if (wrapper?.carried.type === 'page') ladders.push(ladderOf(by, wrapper.carried.host, wrapper.carried.path));
  return { decision: decide(facts, snapshot, nowMs), ladders };
}

const SLOTS_OF: Readonly<Partial<Record<Layer, number>>> = {
  help: SLOT.help, hard: SLOT.hard, emergency: SLOT.emergency, 'school-allow': SLOT.schoolAllow, 'school-block': SLOT.schoolBlock,
  'city-allow': SLOT.cityAllow, 'city-block': SLOT.cityBlock, category: SLOT.category,
};

function ladderOf(by: Judge, host: string, path: string | null): Ladder {
  const decision = judgeHost(by, host, path);
  const at = LAYERS.indexOf(decision.layer);
  const steps = LAYERS.map((layer, i): Step => {
    const claim = claimIn(by, layer, host, path);
    const outcome = i === at ? 'decides' : i > at ? 'later' : claim === null ? 'silent' : 'overruled';
    return { layer, outcome, claim, score: layer === 'name-score' && i <= at ? scoreOf(by.compiled, host) : null };
  });
  return { host, decision, steps };
}

function scoreOf(compiled: Compiled, host: string): number {
  return Math.round(compiled.suspect(host).score);
}

function claimIn(by: Judge, layer: Layer, host: string, path: string | null): Claim | null {
  const slot = SLOTS_OF[layer];
  if (slot !== undefined) return claimOf(by, slot, host, path);
  if (layer === 'opening' && weighed.opening !== null) return { entry: weighed.opening.entry, list: null, category: -1 };
  if (layer === 'lesson' && by.only !== null) return { entry: weighed.lessonEntry ?? '', list: null, category: -1 };
  return null;
}
