/**
 * The policy snapshot: everything a verdict needs, immutable, swapped whole (style.md, idea 3).
 * `PolicyData` is what crosses threads (structured clone plus one SharedArrayBuffer);
 * `Snapshot` adds the lookup tables that each thread builds from it once.
 * Refuses to know SQLite, files and sockets.
 */
import type { HostIndex, IndexImage } from '../matching/host-index.js';
import type { NameModelData } from '../matching/name-model.js';
import type { Category, Profile } from './profile.js';
import type { SchoolDays } from './school-time.js';

/** What a list is for, which fixes its layer. */
export type ListRole =
  | 'category'
  | 'emergency'
  | 'school-allow' | 'school-block'
  | 'city-allow' | 'city-block';

/** One list as the index knows it; its position in `PolicyData.lists` is its number in the index. */
export interface ListMeta {
  readonly name: string;
  readonly version: string;
  readonly role: ListRole;
  /** Position in `categories`; −1 for allow lists that have none. */
  readonly category: number;
  /** Bit i set: the list speaks for profile i. */
  readonly profileMask: number;
  /**
   * Shipped protected list: its hosts can't be closed by a shorter (parent) entry of another category list,
   * so a poisoned list cannot close them.
   */
  readonly shield: boolean;
}

/** A rule of the school, the city or an emergency: few, changed by hand, effective within two seconds. */
export interface Rule {
  readonly layer: 'emergency' | 'school-allow' | 'school-block' | 'city-allow' | 'city-block';
  /** Entry in list syntax: `host` (with subdomains), `=host` (exact), `*.host` (subdomains only). */
  readonly entry: string;
  /** Profiles it speaks for; null = all but the exam profile. */
  readonly profileMask: number | null;
  readonly note: string | null;
}

/** One slot of a room's timetable, local time Asia/Ho_Chi_Minh. */
export interface Slot {
  /** 1 = Monday … 7 = Sunday. */
  readonly weekday: number;
  /** Minutes after midnight; `toMinute` exclusive, may pass midnight (then < fromMinute). */
  readonly fromMinute: number;
  readonly toMinute: number;
  /** Position in `profiles`. */
  readonly profile: number;
}

export interface Zone {
  readonly name: string;
  /** Position in `profiles`. */
  readonly profile: number;
  /** Canonical CIDRs, IPv4 or IPv6. */
  readonly cidrs: readonly string[];
  /** Lower-case `aa:bb:cc:dd:ee:ff`. */
  readonly macs: readonly string[];
  /** A listener of the zone's own, or null. */
  readonly port: number | null;
  /** Shared room login (name and scrypt hash), or null. Never a person's. */
  readonly login: { readonly name: string; readonly hash: string } | null;
  readonly timetable: readonly Slot[];
}

/** What a lesson does beside choosing the profile: nothing, opens only its list, closes everything, adds hosts to an exam. */
export type LessonKind = 'profile' | 'focus' | 'pause' | 'exam';

/** A teacher's switch: until `untilMs` the zone is on `profile`. */
export interface Lesson {
  readonly zone: string;
  readonly profile: number;
  readonly fromMs: number;
  readonly untilMs: number;
  /** Absent: `profile`. */
  readonly kind?: LessonKind;
  /** Hosts of a focus list or an exam, in list syntax: as they stood when the lesson began. */
  readonly entries?: readonly string[];
  /** A focus list leaves the protected learning sites open too. */
  readonly learning?: boolean;
}

/** A temporary opening (mở tạm) over K cells. */
export interface Opening {
  readonly zone: string;
  /** Entry in list syntax. */
  readonly entry: string;
  readonly fromMs: number;
  readonly untilMs: number;
}

/** What the block page says of the school. */
export interface SchoolFacts {
  readonly name: string;
  readonly hotline: string | null;
  readonly counsellor: string | null;
}

/** Hosts whose addresses are swapped for the provider's restricted ones where a cell says H. */
export interface SafeSearchRule {
  /** Entries in list syntax. */
  readonly entries: readonly string[];
  readonly category: 'timkiem' | 'videochung';
  readonly dialStrict: string;
  readonly dialModerate: string;
  /** What requests that are read (level `inspect`) must say besides. */
  readonly parameters?: readonly SafeParameter[];
  readonly headers?: readonly SafeHeader[];
}

/** A parameter of the URL that switches the provider's own filter on. */
export interface SafeParameter {
  readonly name: string;
  readonly value: string;
  /** A URL is a search where it has one of these parameters. */
  readonly searches: readonly string[];
}

/** A request header that does. */
export interface SafeHeader {
  readonly name: string;
  readonly strict: string;
  readonly moderate: string;
}

/** The name scorer's words (`rules/name-score.yaml`) and weights (`rules/name-model.txt`). */
export interface NameScoreData {
  readonly brands: readonly string[];
  readonly stems: readonly string[];
  /** Stems that suffice by themselves only under a lower threshold (casino). */
  readonly hints?: readonly string[];
  /** Daily words that hold a stem (cacuocmo, wishes). */
  readonly innocent?: readonly string[];
  /** Endings sold to nothing else (bet, porn). */
  readonly endings?: readonly string[];
  /** Names that must never score (tibet, alphabet …). */
  readonly exceptions: readonly string[];
  /** Score from which a name counts as suspicious. */
  readonly threshold: number;
  /** The same for single profiles, by id. */
  readonly thresholds?: Readonly<Record<string, number>>;
  /** Absent: words alone. */
  readonly model?: NameModelData;
}

/** Everything a verdict needs, as it crosses threads. */
export interface PolicyData {
  readonly generation: number;
  readonly school: SchoolFacts;
  readonly profiles: readonly Profile[];
  readonly categories: readonly Category[];
  readonly lists: readonly ListMeta[];
  readonly index: IndexImage;
  readonly rules: readonly Rule[];
  readonly zones: readonly Zone[];
  readonly lessons: readonly Lesson[];
  readonly openings: readonly Opening[];
  /** Holidays and make-up days, by which timetables run; absent: none. */
  readonly days?: SchoolDays;
  readonly safeSearch: readonly SafeSearchRule[];
  readonly nameScore: NameScoreData;
}

/** Small rules as the matcher wants them: canonical host → rules that end there. */
export interface RuleTable {
  readonly byHost: ReadonlyMap<string, readonly CompiledRule[]>;
}

export interface CompiledRule {
  readonly rule: Rule;
  readonly kind: 'suffix' | 'exact' | 'subdomains';
}

/** A thread's own view of the policy. Built once per generation by `createSnapshot` (policy/create-snapshot.ts). */
export interface Snapshot {
  readonly data: PolicyData;
  readonly index: HostIndex;
  readonly rules: RuleTable;
  /** Category code → position. */
  readonly categoryByCode: ReadonlyMap<string, number>;
  /** Profile id → position. */
  readonly profileById: ReadonlyMap<string, number>;
  /** Zone name → position. */
  readonly zoneByName: ReadonlyMap<string, number>;
  /** Position of the strictest profile: what an unknown device gets. */
  readonly strictest: number;
  readonly uncategorised: number;
}
