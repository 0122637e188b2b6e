/**
 * decide(facts, snapshot, now) → Decision, and the only mint of Permits.
 * Owns the order in which layers speak; refuses to know sockets, storage and clocks. Pure and total: every host, known
 * or not, gets a verdict, and the same facts at the same moment get the same one.
 *
 * First match wins:
 *
 *  1. help           a list of `trogiup` or `hatang` names it
 *  2. hard           a category list whose cell is X names it (`danhmuc`: the authority's list)
 *  3. emergency      the Sở's emergency block
 *  4. lesson         Internet paused: closed. On the lesson's list (focus, exam): open. In a focus lesson whatever is neither
 *                    listed, nor opened since it began, nor protected learning where that was chosen: closed
 *  5. opening        a teacher's opening of this zone; in an exam or a focus lesson only one younger than it
 *  6. school-allow   7. school-block   8. city-allow   9. city-block
 * 10. category       the closest category list: M open, H restricted, K blocked
 * 11. name-score     an unlisted name that looks like gambling, porn, a scam or a proxy, for pupils and where unlisted names are H
 * 12. base           the cell of `chuaphanloai`; in an exam: not on the list
 *
 * A lesson's list is a bundle of openings: it opens K cells, never X ones, and leaves H restricted.
 * A shield (protected list) voids what other category lists say about the same or a wider name, so that a poisoned or
 * careless list cannot close it; rules of the school, the city and an emergency are made by people and are not voided.
 * A wrapper (translation, cache, AMP, archive) is judged together with the page it carries: the stricter verdict holds.
 * An address without a name is no page: pupils get it only where a list, a rule or an opening names it. A question to a name
 * server inside HTTP is a way round the filter whoever answers it, and closed where that category is closed hard.
 */
import { isAddressLiteral } from '../matching/address.js';
import { KIND_EXACT, KIND_SUBDOMAINS } from '../matching/host-index.js';
import { canonicalPath } from '../matching/path.js';
import { unwrap } from '../matching/wrapper.js';
import { compiledOf, SLOT, type Compiled } from './compiled.js';
import type { Action, Decision, Layer, ListRef, Permit, Reason } from './decision.js';
import type { Facts } from './facts.js';
import type { Cell } from './profile.js';
import { mustRestrict, requiredEdits, restrictedTwin } from './safe-search.js';
import type { ZoneState } from './schedule.js';
import type { Lesson, ListMeta, Rule, Snapshot } from './snapshot.js';
import { weigh, weighed, weighNothing, type Judge } from './weigh.js';

/** Wrappers inside wrappers are followed this far; what lies deeper is judged as an unlisted name. */
const MAX_DEPTH = 3;

interface Ruling {
  readonly action: Action;
  readonly layer: Layer;
  readonly reason: Reason;
}

const HELP_LINE: Ruling = { action: 'allow', layer: 'help', reason: 'help-line' };
const INFRASTRUCTURE: Ruling = { action: 'allow', layer: 'help', reason: 'infrastructure' };
const HARD: Ruling = { action: 'block', layer: 'hard', reason: 'hard-category' };
const AUTHORITY: Ruling = { action: 'block', layer: 'hard', reason: 'authority-list' };
const OPENING: Ruling = { action: 'allow', layer: 'opening', reason: 'teacher-opening' };
const PAUSED: Ruling = { action: 'block', layer: 'lesson', reason: 'internet-paused' };
const LISTED: Ruling = { action: 'allow', layer: 'lesson', reason: 'lesson-list' };
const LISTED_RESTRICTED: Ruling = { action: 'restrict', layer: 'lesson', reason: 'lesson-list' };
const FOCUS_ONLY: Ruling = { action: 'block', layer: 'lesson', reason: 'lesson-focus' };
const EMERGENCY: Ruling = { action: 'block', layer: 'emergency', reason: 'emergency-block' };
const SCHOOL_ALLOW: Ruling = { action: 'allow', layer: 'school-allow', reason: 'school-allow' };
const SCHOOL_BLOCK: Ruling = { action: 'block', layer: 'school-block', reason: 'school-block' };
const CITY_ALLOW: Ruling = { action: 'allow', layer: 'city-allow', reason: 'city-allow' };
const CITY_BLOCK: Ruling = { action: 'block', layer: 'city-block', reason: 'city-block' };
const SUSPICIOUS: Ruling = { action: 'block', layer: 'name-score', reason: 'suspicious-name' };
const EXAM_ONLY: Ruling = { action: 'block', layer: 'base', reason: 'exam-only' };

const CATEGORY: Readonly<Record<Cell, Ruling>> = {
  M: { action: 'allow', layer: 'category', reason: 'category-open' },
  H: { action: 'restrict', layer: 'category', reason: 'category-restricted' },
  K: { action: 'block', layer: 'category', reason: 'category-blocked' },
  X: { action: 'block', layer: 'category', reason: 'category-blocked' },
};
const BASE: Readonly<Record<Cell, Ruling>> = {
  M: { action: 'allow', layer: 'base', reason: 'uncategorised-open' },
  H: { action: 'restrict', layer: 'base', reason: 'uncategorised-restricted' },
  K: { action: 'block', layer: 'base', reason: 'uncategorised-blocked' },
  X: { action: 'block', layer: 'base', reason: 'uncategorised-blocked' },
};

function claimed(slot: number): boolean {
  return (weighed.key[slot] ?? -1) >= 0;
}

/** The entry that won its layer, as it stands in its list. */
function entryText(slot: number, host: string, path: string | null): string {
  const suffix = host.slice(weighed.offset[slot] ?? 0);
  const pathLength = weighed.pathLength[slot] ?? 0;
  if (pathLength > 0 && path !== null) return suffix + (canonicalPath(path) ?? '').slice(0, pathLength);
  const kind = weighed.kind[slot];
  return kind === KIND_EXACT ? `=${suffix}` : kind === KIND_SUBDOMAINS ? `*.${suffix}` : suffix;
}

/** A verdict on one host, wrappers left aside. */
export function judgeHost(by: Judge, host: string, path: string | null): Decision {
  weigh(by, host, path);
  return ruleOn(by, host, path);
}

/** Reads the ladder off what was weighed. */
function ruleOn(by: Judge, host: string, path: string | null): Decision {
  const { compiled, profile } = by;
  const uncategorised = compiled.snapshot.uncategorised;
  const listed = claimed(SLOT.category);
  const category = listed ? categoryOf(compiled, SLOT.category) : uncategorised;
  const cell = compiled.cellOf(category, profile);

  if (claimed(SLOT.help)) {
    const help = categoryOf(compiled, SLOT.help);
    return make(by, host, path, help === compiled.help ? HELP_LINE : INFRASTRUCTURE, SLOT.help, 'M', help);
  }
  if (claimed(SLOT.hard)) {
    const hard = categoryOf(compiled, SLOT.hard);
    return make(by, host, path, hard === compiled.authority ? AUTHORITY : HARD, SLOT.hard, 'X', hard);
  }
  if (claimed(SLOT.emergency)) return make(by, host, path, EMERGENCY, SLOT.emergency, null, category);
  // X lists were ruled on above; here X is left where the school closed unlisted names hard, and in an exam, whose own column
  // has few X: nothing a teacher does there may open what the room's everyday profile closes hard.
  const everyday = by.listedOnly ? (compiled.snapshot.data.zones[by.zone]?.profile ?? profile) : profile;
  const mayOpen = cell !== 'X' && compiled.cellOf(category, everyday) !== 'X';
  const lesson = by.only === null ? null : ruleOfLesson(by, by.only, cell, category, mayOpen);
  if (lesson !== null) return make(by, host, path, lesson, -1, lesson === PAUSED ? null : cell, category);
  if (weighed.opening !== null && mayOpen) return make(by, host, path, OPENING, -1, cell, category);
  if (claimed(SLOT.schoolAllow)) return make(by, host, path, SCHOOL_ALLOW, SLOT.schoolAllow, null, category);
  if (claimed(SLOT.schoolBlock)) return make(by, host, path, SCHOOL_BLOCK, SLOT.schoolBlock, null, category);
  if (claimed(SLOT.cityAllow)) return make(by, host, path, CITY_ALLOW, SLOT.cityAllow, null, category);
  if (claimed(SLOT.cityBlock)) return make(by, host, path, CITY_BLOCK, SLOT.cityBlock, null, category);
  if (listed) return make(by, host, path, CATEGORY[cell], SLOT.category, cell, category);
  if (by.listedOnly) return make(by, host, path, EXAM_ONLY, -1, cell, category);
  if (cell === 'H' || (cell === 'M' && compiled.pupils[profile] === true)) {
    const suspicion = compiled.suspect(host);
    if (suspicion.score >= (compiled.thresholds[profile] ?? 0)) return make(by, host, path, SUSPICIOUS, -1, 'K', compiled.suspicionOf(suspicion));
  }
  // Nothing says what stands behind a bare address; VPNs and name servers do (security.md §2.1 D5, §2.2 T16).
  if (compiled.pupils[profile] === true && (cell === 'H' || cell === 'M') && isAddressLiteral(host)) return make(by, host, path, BASE.K, -1, 'K', category);
  return make(by, host, path, BASE[cell], -1, cell, category);
}

/** What the running lesson says beyond its profile; null where it leaves the host to the rest of the ladder. */
function ruleOfLesson(by: Judge, lesson: Lesson, cell: Cell, category: number, mayOpen: boolean): Ruling | null {
  if (lesson.kind === 'pause') return PAUSED;
  if (weighed.lessonEntry !== null && mayOpen) return cell === 'H' ? LISTED_RESTRICTED : LISTED;
  if (lesson.kind !== 'focus' || (weighed.opening !== null && mayOpen)) return null;
  const shielded = by.compiled.lists[weighed.list[SLOT.category] ?? -1]?.shield === true;
  return lesson.learning === true && claimed(SLOT.category) && shielded && category === by.compiled.learning ? null : FOCUS_ONLY;
}

/** A page that a wrapper hides gets what an unlisted name would, but for pupils: there it is closed, since long names of closed sites hide so too. */
function judgeUnknown(by: Judge, host: string): Decision {
  weighNothing();
  const { compiled, profile } = by;
  const category = compiled.snapshot.uncategorised;
  if (compiled.pupils[profile] === true && compiled.cellOf(category, profile) !== 'X') return make(by, host, null, BASE.K, -1, 'K', category);
  return ruleOn(by, host, null);
}

/** What stands in a layer about the host weighed last; null where nothing does. For the explanation alone. */
export function claimOf(by: Judge, slot: number, host: string, path: string | null): { readonly entry: string; readonly list: ListRef | null; readonly category: number } | null {
  if (!claimed(slot)) return null;
  const list = weighed.list[slot] ?? -1;
  return list < 0
    ? { entry: weighed.rule[slot]?.entry ?? '', list: null, category: -1 }
    : { entry: entryText(slot, host, path), list: by.compiled.refs[list] ?? null, category: by.compiled.lists[list]?.category ?? -1 };
}

function categoryOf(compiled: Compiled, slot: number): number {
  return compiled.lists[weighed.list[slot] ?? -1]?.category ?? -1;
}

function make(by: Judge, host: string, path: string | null, ruling: Ruling, slot: number, cell: Cell | null, category: number): Decision {
  const { compiled, profile } = by;
  const list = slot < 0 ? -1 : (weighed.list[slot] ?? -1);
  const meta: ListMeta | undefined = compiled.lists[list];
  const rule: Rule | null = slot < 0 ? null : (weighed.rule[slot] ?? null);
  let text: string | null = null;
  if (slot < 0) text = ruling === OPENING ? (weighed.opening?.entry ?? null) : ruling.reason === 'lesson-list' ? weighed.lessonEntry : null;
  else text = list >= 0 ? entryText(slot, host, path) : (rule?.entry ?? null);
  const safe = ruling.action === 'block' ? null : weighed.safe;
  const person = compiled.snapshot.data.profiles[profile];
  const twin = safe !== null && person !== undefined && mustRestrict(compiled.cellOf(weighed.safeCategory, profile), ruling.action === 'restrict');
  return {
    action: ruling.action,
    layer: ruling.layer,
    reason: ruling.reason,
    cell,
    // A list of a rule layer may carry a category of its own; it says more than the matrix does.
    category: meta !== undefined && meta.category >= 0 ? meta.category : category,
    profile,
    host,
    list: list >= 0 ? (compiled.refs[list] ?? null) : null,
    rule: text,
    dialHost: twin ? restrictedTwin(safe, person) : null,
    edits: twin ? requiredEdits(safe, person) : null,
    validUntilMs: Math.min(by.state.untilMs, weighed.changesMs),
    byPath: weighed.byPath,
  };
}

/** What closes more: a block nobody can open, a block, a restriction, leave. */
function severity(decision: Decision): number {
  if (decision.action === 'block') return decision.cell === 'X' || decision.layer === 'emergency' ? 3 : 2;
  return decision.action === 'restrict' ? 1 : 0;
}

/** Judges a host and, where it carries another page, that page too. */
function judge(by: Judge, host: string, path: string | null, query: string, depth: number): Decision {
  const outer = judgeHost(by, host, path);
  const wrapper = unwrap(host, path, query);
  if (wrapper === null) return outer;
  const { carried } = wrapper;
  if (carried.type === 'nothing') return wrapper.byPath === outer.byPath ? outer : { ...outer, byPath: true };
  const held = carried.type === 'unknown' || depth >= MAX_DEPTH
    ? judgeUnknown(by, host)
    : judge(by, carried.host, carried.path, carried.query ?? '', depth + 1);
  const stricter = severity(held) > severity(outer) ? held : outer;
  return {
    ...stricter,
    // The permit leads to the wrapper, so its name and its twin stay the wrapper's own.
    host,
    dialHost: stricter.action === 'block' ? null : outer.dialHost,
    edits: stricter.action === 'block' ? null : (outer.edits ?? null),
    validUntilMs: Math.min(outer.validUntilMs, held.validUntilMs),
    byPath: outer.byPath || held.byPath || wrapper.byPath,
  };
}

export function judgeOf(compiled: Compiled, facts: Facts, nowMs: number): Judge {
  const { profiles } = compiled.snapshot.data;
  const state: ZoneState = compiled.stateOf(facts.zone, nowMs);
  const asked = facts.profile >= 0 && facts.profile < profiles.length;
  const profile = asked ? facts.profile : state.profile;
  const only = asked || state.running?.kind === undefined || state.running.kind === 'profile' ? null : state.running;
  return { compiled, zone: facts.zone, profile, listedOnly: profiles[profile]?.listedOnly === true, state, only, nowMs };
}

/** The verdict on a request. */
export function decide(facts: Facts, snapshot: Snapshot, nowMs: number): Decision {
  const by = judgeOf(compiledOf(snapshot), facts, nowMs);
  const decision = judge(by, facts.host, facts.path, facts.query ?? '', 0);
  if (facts.nameQuery === true) return asWayRound(by, decision);
  // The program of a web proxy on a host that lists know for something else is a coincidence of names, or theirs to answer for.
  return facts.webProxy === true && decision.layer === 'base' ? asWayRound(by, decision) : decision;
}

/** What a request that is itself a way round the filter gets where its host is open. */
function asWayRound(by: Judge, decision: Decision): Decision {
  if (decision.action === 'block' || decision.layer === 'help') return decision;
  const category = by.compiled.snapshot.categoryByCode.get('vpn') ?? -1;
  if (category < 0 || by.compiled.cellOf(category, by.profile) !== 'X') return decision;
  return { ...decision, ...HARD, cell: 'X', category, list: null, rule: null, dialHost: null, edits: null };
}

/** Leave to dial what was judged, and nothing else; null for a block. Only here is a Permit made. */
export function permit(decision: Decision, port: number): Permit | null {
  if (decision.action === 'block') return null;
  return { host: decision.host, dialHost: decision.dialHost ?? decision.host, port } as Permit;
}
