/**
 * Everything that speaks about one host: the best claim of each layer, gathered in one walk of the index and one of
 * the small tables. Owns matching, shields and longest-match; which layer wins is decide.ts's.
 */
import { KIND_EXACT, KIND_PATH, KIND_SUBDOMAINS, KIND_SUFFIX, MATCH_SLOTS, type EntryKind } from '../matching/host-index.js';
import { SILENT, SLOT, SLOTS, type Compiled, type TableItem } from './compiled.js';
import { depthOf, specificity, walkTable, type TableEntry, type Visitor } from './entry-table.js';
import { countsInExam, isOpen, nextChangeMs } from './opening.js';
import type { Lesson, Opening, Rule, SafeSearchRule } from './snapshot.js';
import type { ZoneState } from './schedule.js';

/** Who and when, for one weighing. */
export interface Judge {
  readonly compiled: Compiled;
  readonly zone: number;
  readonly profile: number;
  readonly listedOnly: boolean;
  readonly state: ZoneState;
  /** The lesson that opens or closes more than its profile says; null where none runs, or another profile is asked about. */
  readonly only: Lesson | null;
  readonly nowMs: number;
}

/**
 * The outcome of one weighing, written in place: a thread weighs one host at a time and reads the result before the
 * next, so the hot path allocates nothing here.
 */
export const weighed = {
  /** Rank of each layer's best claim, −1 where nothing speaks. */
  key: new Int32Array(SLOTS),
  /** Its list; −1 where a rule spoke. */
  list: new Int32Array(SLOTS),
  /** Where its host begins in the judged host, its kind and the length of its path: enough to spell the entry again. */
  offset: new Int32Array(SLOTS),
  kind: new Uint8Array(SLOTS),
  pathLength: new Int32Array(SLOTS),
  rule: new Array<Rule | null>(SLOTS).fill(null),
  opening: null as Opening | null,
  /** The entry of the running lesson's list that names the host. */
  lessonEntry: null as string | null,
  safe: null as SafeSearchRule | null,
  safeCategory: -1,
  /** When an opening on this host begins or ends next. */
  changesMs: Infinity,
  byPath: false,
};

const hostPairs = new Int32Array(MATCH_SLOTS);
const pathPairs = new Int32Array(MATCH_SLOTS);
let openingRank = -1;
let lessonRank = -1;
let safeRank = -1;
let shieldDepth = -1;
let judge: Judge | null = null;

/** Tie-breaks below the specificity: a rule made by hand over a list, else the stricter cell. */
const BY_HAND = 4;

function offer(slot: number, key: number, list: number, offset: number, kind: number, pathLength: number): void {
  const best = weighed.key[slot] ?? -1;
  // At full equality the earlier list, so that the verdict does not hang on the order of postings.
  if (key < best || (key === best && list >= (weighed.list[slot] ?? -1))) return;
  weighed.key[slot] = key;
  weighed.list[slot] = list;
  weighed.offset[slot] = offset;
  weighed.kind[slot] = kind;
  weighed.pathLength[slot] = pathLength;
  weighed.rule[slot] = null;
}

function reaches(kind: EntryKind, offset: number): boolean {
  return kind === KIND_SUFFIX || (kind === KIND_SUBDOMAINS ? offset > 0 : kind === KIND_EXACT && offset === 0);
}

/**
 * Weighs what the index found. A pair is (offset of the suffix, posting) for hosts and (length of the prefix, posting)
 * for paths. Shields are looked for in a pass of their own, because the deepest one voids claims already seen.
 */
function weighPairs(judge: Judge, host: string, pairs: Int32Array, count: number, shieldPass: boolean): void {
  const { compiled } = judge;
  const onPath = pairs === pathPairs;
  const row = judge.profile * compiled.lists.length;
  for (let i = 0; i < count; i += 2) {
    const offset = onPath ? 0 : (pairs[i] ?? 0);
    const pathLength = onPath ? (pairs[i] ?? 0) : 0;
    for (const posting of compiled.snapshot.index.posting(pairs[i + 1] ?? 0)) {
      if (!onPath && !reaches(posting.kind, offset)) continue;
      const at = row + posting.list;
      const slot = compiled.slotOf[at] ?? SILENT;
      if (slot === SILENT) continue;
      const rank = specificity(host.length - offset, pathLength, posting.kind);
      const shield = compiled.shields[at] === 1;
      if (shieldPass) {
        if (shield && depthOf(rank) > shieldDepth) shieldDepth = depthOf(rank);
        continue;
      }
      if (!shield && depthOf(rank) <= shieldDepth && (slot === SLOT.hard || slot === SLOT.category)) continue;
      offer(slot, rank * 8 + (slot === SLOT.category ? (compiled.strictness[at] ?? 0) : 0), posting.list, offset, posting.kind, pathLength);
    }
  }
}

function weighRule(entry: TableEntry<TableItem>, rule: Rule, slot: number): void {
  const key = entry.rank * 8 + BY_HAND;
  if (key <= (weighed.key[slot] ?? -1)) return;
  weighed.key[slot] = key;
  weighed.list[slot] = -1;
  weighed.rule[slot] = rule;
}

function weighOpening(entry: TableEntry<TableItem>, opening: Opening, judge: Judge): void {
  weighed.changesMs = Math.min(weighed.changesMs, nextChangeMs(opening, judge.nowMs));
  if (!isOpen(opening, judge.nowMs)) return;
  // What was opened before an exam or a focus list began was not opened for it.
  if ((judge.listedOnly || judge.only?.kind === 'focus') && !countsInExam(opening, judge.state, judge.profile)) return;
  if (entry.rank <= openingRank) return;
  openingRank = entry.rank;
  weighed.opening = opening;
}

function weighListed(entry: TableEntry<TableItem>, text: string): void {
  if (entry.rank <= lessonRank) return;
  lessonRank = entry.rank;
  weighed.lessonEntry = text;
}

const visitor: Visitor<TableItem> = {
  found(entry) {
    const item = entry.value;
    if (judge === null) return;
    if (item.type === 'rule') {
      if (((item.profileMask >>> judge.profile) & 1) === 1) weighRule(entry, item.rule, item.slot);
    } else if (item.type === 'opening') {
      if (item.zone === judge.zone) weighOpening(entry, item.opening, judge);
    } else if (item.type === 'lesson') {
      if (item.lesson === judge.only) weighListed(entry, item.entry);
    } else if (entry.rank > safeRank) {
      safeRank = entry.rank;
      weighed.safe = item.rule;
      weighed.safeCategory = item.category;
    }
  },
  pathful() {
    weighed.byPath = true;
  },
};

/** Forgets the last host: nothing speaks. */
export function weighNothing(): void {
  weighed.key.fill(-1);
  weighed.list.fill(-1);
  weighed.opening = null;
  weighed.lessonEntry = null;
  weighed.safe = null;
  weighed.safeCategory = -1;
  weighed.changesMs = Infinity;
  weighed.byPath = false;
  openingRank = -1;
  lessonRank = -1;
  safeRank = -1;
  shieldDepth = -1;
}

/** True where a path claim stands on the whole host, so that a verdict without the path is not the last word. */
function hasPathClaim(compiled: Compiled, count: number): boolean {
  if (count === 0 || hostPairs[0] !== 0) return false;
  for (const posting of compiled.snapshot.index.posting(hostPairs[1] ?? 0)) if (posting.kind === KIND_PATH) return true;
  return false;
}

/** Weighs a host (and, where it is seen, a path); the outcome lies in `weighed` until the next call. */
export function weigh(by: Judge, host: string, path: string | null): void {
  const { compiled } = by;
  weighNothing();
  const count = 2 * compiled.snapshot.index.match(host, hostPairs);
  if (count > 0) {
    weighed.byPath = hasPathClaim(compiled, count);
    const pathCount = weighed.byPath && path !== null ? 2 * compiled.snapshot.index.matchPath(host, path, pathPairs) : 0;
    weighPairs(by, host, hostPairs, count, true);
    weighPairs(by, host, pathPairs, pathCount, true);
    weighPairs(by, host, hostPairs, count, false);
    weighPairs(by, host, pathPairs, pathCount, false);
  }
  judge = by;
  walkTable(compiled.table, host, path, visitor);
  judge = null;
}
