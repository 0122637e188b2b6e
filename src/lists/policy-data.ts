/**
 * Assembles PolicyData: shipped rules, the school's changes and the compiled index, as positions and bit masks.
 * Owns the resolution of names to positions. A row that can't be resolved is never dropped in silence: what can be made stricter
 * is (unknown profile → strictest), the rest is left out, and `onProblem` hears of both.
 */
import type { Config } from '../config.js';
import { formatCidr, parseCidr } from '../matching/address.js';
import type { IndexImage } from '../matching/host-index.js';
import { CELL_RANK, TLS_LEVELS, tlsSetting, type Category, type Cell, type Profile } from '../policy/profile.js';
import type { Lesson, ListMeta, ListRole, Opening, PolicyData, Rule, SchoolFacts, Slot, Zone } from '../policy/snapshot.js';
import { minutesOf, toSchoolDays } from '../policy/school-time.js';
import type { CellOverride, LessonRow, ListRow, RuleRow, Store, ZoneRow } from '../store/rows.js';
import type { LevelBells, SlotRow } from '../store/school-rows.js';
import { fingerprintOf, type CompiledIndex } from './compile.js';
import type { Shipped } from './shipped.js';

/** Something in the database that does not fit the rules in force. */
export interface PolicyProblem {
  readonly what: 'profile' | 'category' | 'cidr' | 'cell' | 'period';
  /** Name of the zone, list, lesson or cell it was found in. */
  readonly where: string;
  readonly value: string;
}

type OnProblem = (problem: PolicyProblem) => void;

export function buildPolicyData(
  store: Store,
  shipped: Shipped,
  school: Config['school'],
  image: IndexImage | CompiledIndex,
  nowMs: number,
  onProblem: OnProblem = () => undefined,
): PolicyData {
  const { policies } = store;
  const generation = policies.generation();
  const { categories } = shipped;
  const profiles = withTlsLevels(shipped.profiles, store);
  const lists = listsOf(image, policies.lists());
  const place = placer(profiles, onProblem);
  const bells = store.schoolTime.levels();
  return {
    generation: lists.current ? generation : Math.min(generation, lists.generation),
    school: schoolFacts(store, school),
    profiles,
    categories: withOverrides(profiles, categories, policies.cells(), onProblem),
    lists: lists.rows.map((row) => toMeta(row, profiles, categories, nowMs, onProblem)),
    index: { buffer: image.buffer, postings: image.postings },
    rules: policies.rules().map((row) => toRule(row, profiles, onProblem)),
    zones: policies.zones().map((row) => toZone(row, place, bells, onProblem)),
    lessons: policies.lessons(nowMs).map((row) => toLesson(row, place)),
    openings: policies.openings(nowMs).map(({ zone, entry, fromMs, untilMs }): Opening => ({ zone, entry, fromMs, untilMs })),
    days: toSchoolDays(store.schoolTime.holidays(), store.schoolTime.makeups()),
    safeSearch: shipped.safeSearch,
    nameScore: shipped.nameScore,
  };
}

/**
 * The rows the image was built from. Another process may have changed the lists since: then the image's own rows hold
 * (numbers and contents belong together) and the old generation makes the caller come again.
 */
function listsOf(image: IndexImage | CompiledIndex, now: ListRow[]): { rows: readonly ListRow[]; current: boolean; generation: number } {
  if (!('fingerprint' in image)) return { rows: [...now].sort((a, b) => (a.name < b.name ? -1 : 1)), current: true, generation: 0 };
  const fingerprint = fingerprintOf(now.map((row) => ({ name: row.name, sha256: row.current.sha256 })));
  if (fingerprint !== image.fingerprint) return { rows: image.lists, current: false, generation: image.generation };
  return { rows: [...now].sort((a, b) => (a.name < b.name ? -1 : 1)), current: true, generation: image.generation };
}

type Placer = (id: string, where: string) => number;

/** Position of a profile; the strictest one for an id that is gone. */
function placer(profiles: readonly Profile[], onProblem: OnProblem): Placer {
  return (id, where) => {
    const at = profiles.findIndex((profile) => profile.id === id);
    if (at === -1) onProblem({ what: 'profile', where, value: id });
    return at === -1 ? 0 : at;
  };
}

/** The level the school has chosen; what is stored and not known is the default, which opens nothing. */
function withTlsLevels(profiles: readonly Profile[], store: Store): readonly Profile[] {
  return profiles.map((profile) => {
    const chosen = store.settings.get(tlsSetting(profile.id));
    const tls = chosen === null ? profile.tls : (TLS_LEVELS.find((level) => level === chosen) ?? 'name');
    return tls === profile.tls ? profile : { ...profile, tls };
  });
}

function schoolFacts(store: Store, school: Config['school']): SchoolFacts {
  const fact = (given: string | null, key: string): string | null => given ?? store.settings.get(key);
  return {
    name: fact(school.name, 'school.name') ?? 'Nhà trường',
    hotline: fact(school.hotline, 'school.hotline'),
    counsellor: fact(school.counsellor, 'school.counsellor'),
  };
}

/** Bits of the profiles a list or rule speaks for; an id that is gone speaks for nobody. */
function maskOf(ids: readonly string[], profiles: readonly Profile[], where: string, onProblem: OnProblem): number {
  let mask = 0;
  for (const id of ids) {
    const at = profiles.findIndex((profile) => profile.id === id);
    if (at === -1) onProblem({ what: 'profile', where, value: id });
    else mask |= 1 << at;
  }
  return mask;
}

const OPENS: ReadonlySet<ListRole> = new Set(['school-allow', 'city-allow']);

function toMeta(row: ListRow, profiles: readonly Profile[], categories: readonly Category[], nowMs: number, onProblem: OnProblem): ListMeta {
  const category = row.category === null ? -1 : categories.findIndex(({ code }) => code === row.category);
  const lost = row.category !== null && category === -1;
  if (lost) onProblem({ what: 'category', where: row.name, value: row.category ?? '' });
  // No list opens anything in an exam unless it names the exam profile; what blocks, blocks there too.
  const everyone = profiles.reduce((mask, profile, at) => (OPENS.has(row.role) && profile.listedOnly ? mask : mask | (1 << at)), 0);
  const mask = row.profiles === null ? everyone : maskOf(row.profiles, profiles, row.name, onProblem);
  return {
    name: row.name,
    version: row.current.version,
    role: row.role,
    category,
    // A category list without its category has no cell to decide by; one past its end says nothing.
    profileMask: (lost && row.role === 'category') || (row.endsMs ?? Infinity) <= nowMs ? 0 : mask,
    shield: row.shield,
  };
}

function toRule(row: RuleRow, profiles: readonly Profile[], onProblem: OnProblem): Rule {
  return {
    layer: row.layer,
    entry: row.entry,
    profileMask: row.profiles === null ? null : maskOf(row.profiles, profiles, row.entry, onProblem),
    note: row.note,
  };
}

/** Slots that name periods become minutes here: a change of bells is a new generation. */
function toSlot(slot: SlotRow, zone: string, place: Placer, levels: readonly LevelBells[], onProblem: OnProblem): Slot[] {
  const profile = place(slot.profile, zone);
  if (!('session' in slot)) return [{ weekday: slot.weekday, fromMinute: slot.fromMinute, toMinute: slot.toMinute, profile }];
  const minutes = minutesOf(levels.find(({ level }) => level === slot.level)?.bells ?? [], slot);
  if (minutes !== null) return [{ weekday: slot.weekday, ...minutes, profile }];
  onProblem({ what: 'period', where: zone, value: `${slot.session} ${slot.fromPeriod}-${slot.toPeriod}` });
  return [];
}

function toZone(row: ZoneRow, place: Placer, bells: readonly LevelBells[], onProblem: OnProblem): Zone {
  const cidrs: string[] = [];
  for (const text of row.cidrs) {
    const cidr = parseCidr(text);
    if (cidr === null) onProblem({ what: 'cidr', where: row.name, value: text });
    else cidrs.push(formatCidr(cidr));
  }
  return {
    name: row.name,
    profile: place(row.profile, row.name),
    cidrs,
    macs: row.macs.map((mac) => mac.toLowerCase()),
    port: row.port,
    login: row.login,
    timetable: row.timetable.flatMap((slot) => toSlot(slot, row.name, place, bells, onProblem)),
  };
}

function toLesson(row: LessonRow, place: Placer): Lesson {
  const plain: Lesson = { zone: row.zone, profile: place(row.profile, row.zone), fromMs: row.fromMs, untilMs: row.untilMs };
  return row.kind === 'profile' ? plain : { ...plain, kind: row.kind, entries: row.entries, learning: row.learning };
}

/**
 * The shipped matrix with the school's cells. X is never loosened (design.md), and what an older tier blocks hard every younger
 * one does too, so a tightened cell pulls the tiers below it along.
 */
export function withOverrides(profiles: readonly Profile[], categories: readonly Category[], overrides: readonly CellOverride[], onProblem: OnProblem = () => undefined): Category[] {
  const changed = new Map<string, Cell[]>();
  for (const override of overrides) {
    const column = profiles.findIndex((profile) => profile.id === override.profile);
    const category = categories.find(({ code }) => code === override.category);
    const where = `${override.category}/${override.profile}`;
    if (column === -1 || category === undefined) {
      onProblem({ what: column === -1 ? 'profile' : 'category', where, value: column === -1 ? override.profile : override.category });
      continue;
    }
    if (category.cells[column] === 'X' && CELL_RANK[override.cell] < CELL_RANK.X) {
      onProblem({ what: 'cell', where, value: override.cell });
      continue;
    }
    const cells = changed.get(category.code) ?? [...category.cells];
    cells[column] = override.cell;
    changed.set(category.code, cells);
  }
  return categories.map((category) => {
    const cells = changed.get(category.code);
    if (cells === undefined) return category;
    pullHardDown(profiles, cells);
    return { ...category, cells };
  });
}

/** Age tiers stand in order before the exam profile. */
function pullHardDown(profiles: readonly Profile[], cells: Cell[]): void {
  let hard = false;
  for (let at = profiles.length - 1; at >= 0; at--) {
    if (profiles[at]?.listedOnly === true) continue;
    if (cells[at] === 'X') hard = true;
    else if (hard) cells[at] = 'X';
  }
  const exam = profiles.findIndex((profile) => profile.listedOnly);
  if (exam !== -1 && cells.every((cell, at) => at === exam || cell === 'X')) cells[exam] = 'X';
}
