/** Rows of school time, of teachers' lists and rooms, and what a change must give back so that it can be undone. */
import type { LessonKind } from '../policy/snapshot.js';
import type { Level, Session } from '../policy/school-time.js';
import type { Actor, LessonRow, OpeningRow, RequestRow, RuleRow, ZoneRow } from './rows.js';

/** A slot of a timetable: by the clock (may pass midnight), or by the periods of a level's bells, with which it moves. */
export type SlotRow = ClockSlotRow | PeriodSlotRow;

export interface ClockSlotRow {
  /** 1 = Monday … 7 = Sunday. */
  readonly weekday: number;
  readonly fromMinute: number;
  readonly toMinute: number;
  readonly profile: string;
}

export interface PeriodSlotRow {
  readonly weekday: number;
  readonly level: Level;
  readonly session: Session;
  readonly fromPeriod: number;
  readonly toPeriod: number;
  readonly profile: string;
}

export interface BellRow {
  readonly session: Session;
  /** 1 … 12, counted within the session. */
  readonly period: number;
  readonly fromMinute: number;
  readonly toMinute: number;
}

/** The bells of one level. */
export interface LevelBells {
  readonly level: Level;
  readonly weekdays: readonly number[];
  /** False while they are the examples the product came with. */
  readonly own: boolean;
  readonly bells: readonly BellRow[];
}

/** Days are `YYYY-MM-DD`, both in. */
export interface TermRow {
  readonly name: string;
  readonly fromDay: string;
  readonly toDay: string;
}

export interface HolidayRow {
  readonly fromDay: string;
  readonly toDay: string;
  readonly name: string;
}

export interface MakeupRow {
  readonly day: string;
  /** The weekday whose timetable it follows: 1 = Monday … 7 = Sunday. */
  readonly follows: number;
  readonly name: string;
}

/** What an import brings: a part that is absent is left as it is, one that is there replaces its like whole. */
export interface SchoolTimeRows {
  readonly levels?: readonly Omit<LevelBells, 'own'>[];
  readonly terms?: readonly TermRow[];
  readonly holidays?: readonly HolidayRow[];
  readonly makeups?: readonly MakeupRow[];
}

export type BellsWish = Omit<LevelBells, 'own'> & Partial<Pick<LevelBells, 'own'>>;

export interface SchoolTimeStore {
  levels(): LevelBells[];
  /** Returns what was there before, which undoes it: examples that come back are examples again. `own` absent: the school's own. */
  setBells(level: BellsWish, actor: Actor): LevelBells;
  terms(): TermRow[];
  setTerm(term: TermRow, actor: Actor): TermRow | null;
  removeTerm(name: string, actor: Actor): TermRow | null;
  holidays(): HolidayRow[];
  addHoliday(holiday: HolidayRow, actor: Actor): HolidayRow;
  removeHoliday(fromDay: string, actor: Actor): HolidayRow | null;
  makeups(): MakeupRow[];
  addMakeup(makeup: MakeupRow, actor: Actor): MakeupRow;
  removeMakeup(day: string, actor: Actor): MakeupRow | null;
  /** All of it in one transaction, or nothing. */
  replace(rows: SchoolTimeRows, actor: Actor): void;
}

/** A teacher's saved list of sites (danh sách của thầy cô). */
export interface SiteListRow {
  readonly id: number;
  readonly name: string;
  readonly owner: string;
  /** Other teachers may use it; only its owner (and an admin) changes it. */
  readonly shared: boolean;
  readonly subject: string | null;
  /** lớp 1 … 12. */
  readonly grade: number | null;
  /** List syntax, canonical. */
  readonly entries: readonly string[];
  readonly atMs: number;
}

export type NewSiteList = Omit<SiteListRow, 'id'>;

export interface SiteListStore {
  /** All, or what `user` may use: the own ones first, then those others share. */
  lists(user?: string): SiteListRow[];
  /** By name among what `user` may use; the own one wins. */
  find(name: string, user: string): SiteListRow | null;
  add(list: NewSiteList, actor: Actor): SiteListRow;
  set(id: number, patch: Partial<Omit<NewSiteList, 'owner'>>, actor: Actor): { readonly before: SiteListRow; readonly after: SiteListRow };
  /** Returns the list that was there, for `restore`. */
  remove(id: number, actor: Actor): SiteListRow | null;
  restore(list: SiteListRow, actor: Actor): SiteListRow;
}

/** A room a teacher may switch. */
export interface UserRoomRow {
  readonly user: string;
  readonly zone: string;
  /** null: for good; else handed over until then. */
  readonly untilMs: number | null;
  /** Who handed it over. */
  readonly by: string | null;
}

export interface RoomStore {
  /** Rooms in force at `nowMs`, of one account or of all. */
  rooms(nowMs: number, user?: string): UserRoomRow[];
  /** Gives rooms for good; true where something changed. */
  addRoom(user: string, zone: string, actor: Actor): boolean;
  removeRoom(user: string, zone: string, actor: Actor): UserRoomRow | null;
  restoreRoom(room: UserRoomRow, actor: Actor): void;
  /**
   * Tells of each room, as things stand, whether the account may switch it. it-admin: every room; a teacher: the own ones, those handed over,
   * and those that are nobody's; nobody else any. A disabled account: none.
   */
  switchable(user: string, nowMs: number): (zone: string) => boolean;
  /** Bàn giao: `to` may switch the room until then and answers for the lesson that runs; `from` keeps the room. */
  handOver(zone: string, from: string, to: string, untilMs: number, nowMs: number, actor: Actor): UserRoomRow;
}

export type NewLesson = Omit<LessonRow, 'id' | 'kind' | 'entries' | 'list' | 'learning'> & {
  readonly kind?: LessonKind;
  readonly entries?: readonly string[];
  readonly list?: string | null;
  readonly learning?: boolean;
};

/** A lesson and what its start put an end to: enough to undo it. */
export interface StartedLesson extends LessonRow {
  readonly replaced: readonly LessonRow[];
  readonly closed: readonly OpeningRow[];
}

/** A zone that was removed, with what went with it. */
export interface RemovedZone {
  readonly zone: ZoneRow;
  /** Names it had before. */
  readonly former: readonly string[];
  readonly lessons: readonly LessonRow[];
  readonly openings: readonly OpeningRow[];
  readonly rooms: readonly UserRoomRow[];
}

/** A room that was given another name, and what an undo has to know. */
export interface RenamedZone {
  readonly id: number;
  readonly from: string;
  readonly to: string;
  /** Under which name the figures of a room that is gone were put, which had the new name once. */
  readonly setAside: string | null;
  /** What the new name had meant before: former names of rooms. */
  readonly forgotten: readonly { readonly name: string; readonly zone: number }[];
}

/** What an approval makes: an opening of the request's room, or a rule of the school. */
export type Grant =
  | { readonly type: 'opening'; readonly zone: string; readonly entry: string; readonly untilMs: number; readonly reason: string | null }
  | { readonly type: 'rule'; readonly entry: string; readonly profiles: readonly string[] | null; readonly note: string | null };

export interface Answered {
  readonly request: RequestRow;
  readonly opening: OpeningRow | null;
  readonly rule: RuleRow | null;
}

/** Answered requests by why the page had been closed. */
export interface CauseCount {
  readonly category: string | null;
  readonly list: string | null;
  readonly approved: number;
  readonly rejected: number;
}

/** Inverses of what a tap does, and approvals that open; part of PolicyStore. */
export interface UndoStore {
  /** Undoes a removal: the zone with the lessons, openings and teachers that went with it. */
  restoreZone(removed: RemovedZone, nowMs: number, actor: Actor): void;
  /** Undoes a renaming, figures set aside included; refused where the room has another name since, or its old one is taken. */
  undoRename(renamed: RenamedZone, actor: Actor): void;
  /** Undoes a start that is still in force: what it replaced and closed goes on for the time it had left. */
  undoStart(started: StartedLesson, nowMs: number, actor: Actor): void;
  /** Undoes an end: the lesson as it was (`lessons` before the end) goes on; refused where another has begun. */
  restoreLesson(lesson: LessonRow, nowMs: number, actor: Actor): void;
  /** Undoes a removal: the opening as it was goes on for the time it has left. */
  restoreOpening(opening: OpeningRow, nowMs: number, actor: Actor): void;
  /** Undoes a removal. */
  restoreRule(rule: RuleRow, actor: Actor): RuleRow;
  /** The answer and what it opens, in one transaction. Whether the page may be opened at all was asked of `openable` (policy/openable.ts). */
  approveRequest(id: number, grant: Grant, answer: string | null, nowMs: number, actor: Actor, list?: string | null): Answered;
  /** Opens the request again and takes back what its approval opened. */
  undoAnswer(answered: Answered, nowMs: number, actor: Actor): RequestRow;
  /** Over-blocking: answered requests that came in on the days that begin in [fromMs, toMs), by what had closed the page; most approved first. */
  requestCauses(fromMs: number, toMs: number): CauseCount[];
}
