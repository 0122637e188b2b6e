/**
 * What `decide` reads beside the index: PolicyData turned into flat tables, once per snapshot.
 * Owns the translation of lists, rules, openings and cells into numbers; refuses to know hosts of requests and time.
 */
import { createNameJudge, type NameSuspicion } from '../matching/name-score.js';
import { buildEntryTable, type EntryTable } from './entry-table.js';
import type { BoundOpening } from './opening.js';
import type { Cell } from './profile.js';
import { stateUnder, type ZoneState } from './schedule.js';
import type { Lesson, ListMeta, NameScoreData, Rule, SafeSearchRule, Snapshot } from './snapshot.js';
import type { ListRef } from './decision.js';

/** Layers in which hosts are claimed, in order of precedence; `silent` = the list does not speak for this profile. */
export const SLOT = {
  help: 0, hard: 1, emergency: 2, schoolAllow: 3, schoolBlock: 4, cityAllow: 5, cityBlock: 6, category: 7,
} as const;
export const SLOTS = 8;
export const SILENT = 255;

/** Categories of the first layer: open to every profile, whatever the list's mask says. */
const HELP_CATEGORIES: ReadonlySet<string> = new Set(['trogiup', 'hatang']);

export type TableItem =
  | { readonly type: 'rule'; readonly rule: Rule; readonly slot: number; readonly profileMask: number }
  | ({ readonly type: 'opening' } & BoundOpening)
  | { readonly type: 'lesson'; readonly lesson: Lesson; readonly entry: string }
  | { readonly type: 'safe-search'; readonly rule: SafeSearchRule; readonly category: number };

export interface Compiled {
  readonly snapshot: Snapshot;
  readonly lists: readonly ListMeta[];
  readonly refs: readonly ListRef[];
  /** [profile × lists + list] → slot in which the list speaks to the profile, or SILENT. */
  readonly slotOf: Uint8Array;
  /** [profile × lists + list] → strictness of the list's cell, for ties inside the category layer. */
  readonly strictness: Uint8Array;
  /** [profile × lists + list] → 1 where the list shields its hosts from other category lists. */
  readonly shields: Uint8Array;
  readonly table: EntryTable<TableItem>;
  readonly suspect: (host: string) => NameSuspicion;
  /** [profile] → score from which an unlisted name counts as suspicious. */
  readonly thresholds: readonly number[];
  /** Profiles of pupils: unlisted names are scored even where the base is open. */
  readonly pupils: readonly boolean[];
  readonly authority: number;
  readonly help: number;
  /** Category of learning sites, which a focus list may leave open. */
  readonly learning: number;
  /** Category of a suspicion; of gambling where nothing tells. */
  suspicionOf(suspicion: NameSuspicion): number;
  cellOf(category: number, profile: number): Cell;
  /** State of a zone; remembered while it holds, so that a timetable is read once per boundary, not per request. */
  stateOf(zone: number, nowMs: number): ZoneState;
}

const RULE_SLOTS: Readonly<Record<Rule['layer'], number>> = {
  'emergency': SLOT.emergency,
  'school-allow': SLOT.schoolAllow,
  'school-block': SLOT.schoolBlock,
  'city-allow': SLOT.cityAllow,
  'city-block': SLOT.cityBlock,
};

function cellAt(snapshot: Snapshot, category: number, profile: number): Cell {
  // A hole in the matrix closes: no policy is no permission.
  return snapshot.data.categories[category]?.cells[profile] ?? 'K';
}

function* tableItems(snapshot: Snapshot, everyday: number): Generator<readonly [string, TableItem]> {
  const { rules, openings, lessons, safeSearch } = snapshot.data;
  for (const rule of rules) {
    yield [rule.entry, { type: 'rule', rule, slot: RULE_SLOTS[rule.layer], profileMask: rule.profileMask ?? everyday }];
  }
  for (const opening of openings) {
    const zone = snapshot.zoneByName.get(opening.zone);
    if (zone !== undefined) yield [opening.entry, { type: 'opening', opening, zone }];
  }
  for (const lesson of lessons) for (const entry of lesson.entries ?? []) yield [entry, { type: 'lesson', lesson, entry }];
  for (const rule of safeSearch) {
    const category = snapshot.categoryByCode.get(rule.category) ?? -1;
    for (const entry of rule.entries) yield [entry, { type: 'safe-search', rule, category }];
  }
}

function createStateOf(snapshot: Snapshot): Compiled['stateOf'] {
  const unknown: ZoneState = { profile: snapshot.strictest, untilMs: Infinity, lesson: false, running: null, sinceMs: -Infinity };
  const lessons = new Map<string, Lesson[]>();
  for (const lesson of snapshot.data.lessons) {
    const row = lessons.get(lesson.zone);
    if (row === undefined) lessons.set(lesson.zone, [lesson]);
    else row.push(lesson);
  }
  const remembered: (ZoneState & { readonly readMs: number } | undefined)[] = [];
  return (position, nowMs) => {
    const last = remembered[position];
    if (last !== undefined && nowMs >= last.readMs && nowMs < last.untilMs) return last;
    const zone = snapshot.data.zones[position];
    if (zone === undefined) return unknown;
    const state = stateUnder(zone, lessons.get(zone.name) ?? [], nowMs, snapshot.data.days);
    const profile = snapshot.data.profiles[state.profile] === undefined ? snapshot.strictest : state.profile;
    const kept = { ...state, profile, readMs: nowMs };
    remembered[position] = kept;
    return kept;
  };
}

const judges = new WeakMap<NameScoreData, Compiled['suspect']>();

/** The dearest table by far (measured: 4 of 5 ms), and the words stay the same from lesson to lesson. */
function judgeOf(words: NameScoreData): Compiled['suspect'] {
  let judge = judges.get(words);
  if (judge === undefined) judges.set(words, (judge = createNameJudge(words)));
  return judge;
}

const SLOT_OF_ROLE: Readonly<Record<Exclude<ListMeta['role'], 'category'>, number>> = RULE_SLOTS;

function compile(snapshot: Snapshot): Compiled {
  const { lists, profiles, categories, nameScore } = snapshot.data;
  const size = profiles.length * lists.length;
  const slotOf = new Uint8Array(size).fill(SILENT);
  const strictness = new Uint8Array(size);
  const shields = new Uint8Array(size);
  let everyday = 0;
  profiles.forEach((profile, p) => {
    if (!profile.listedOnly) everyday |= 1 << p;
    lists.forEach((list, l) => {
      const at = p * lists.length + l;
      const speaks = ((list.profileMask >>> p) & 1) === 1;
      const help = list.role === 'category' && HELP_CATEGORIES.has(categories[list.category]?.code ?? '');
      if (!speaks && !help) return;
      if (list.role === 'category') {
        const cell = cellAt(snapshot, list.category, p);
        slotOf[at] = help ? SLOT.help : cell === 'X' ? SLOT.hard : SLOT.category;
        strictness[at] = cell === 'M' ? 0 : cell === 'H' ? 1 : 2;
        if (list.shield) shields[at] = 1;
      } else slotOf[at] = SLOT_OF_ROLE[list.role];
    });
  });
  return {
    snapshot,
    lists,
    refs: lists.map((list) => ({ name: list.name, version: list.version })),
    slotOf,
    strictness,
    shields,
    table: buildEntryTable(tableItems(snapshot, everyday)),
    suspect: judgeOf(nameScore),
    thresholds: profiles.map((profile) => nameScore.thresholds?.[profile.id] ?? nameScore.threshold),
    pupils: profiles.map((profile) => profile.voice !== 'giao-vien' && !profile.listedOnly),
    authority: snapshot.categoryByCode.get('danhmuc') ?? -1,
    help: snapshot.categoryByCode.get('trogiup') ?? -1,
    learning: snapshot.categoryByCode.get('hoclieu') ?? -1,
    suspicionOf: ({ category }) => snapshot.categoryByCode.get(category ?? 'cobac') ?? snapshot.categoryByCode.get('cobac') ?? -1,
    cellOf: (category, profile) => cellAt(snapshot, category, profile),
    stateOf: createStateOf(snapshot),
  };
}

const compiledBySnapshot = new WeakMap<Snapshot, Compiled>();
let latest: Compiled | null = null;

/**
 * The tables of a snapshot, made at first use. Snapshots are immutable, so this is a memo, not state: a thread has one
 * snapshot at a time and the identity check spares it the WeakMap on every request.
 */
export function compiledOf(snapshot: Snapshot): Compiled {
  if (latest !== null && latest.snapshot === snapshot) return latest;
  let compiled = compiledBySnapshot.get(snapshot);
  if (compiled === undefined) {
    compiled = compile(snapshot);
    compiledBySnapshot.set(snapshot, compiled);
  }
  latest = compiled;
  return compiled;
}
