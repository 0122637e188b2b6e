/**
 * What the store gives and takes: rows and the shape of each part.
 * Times are epoch milliseconds; hosts and entries are canonical (matching/hostname.ts, matching/entry.ts).
 * Every change that bears on a verdict bumps the policy generation and writes its audit record in the same transaction.
 */
import type { Cell, TlsLevel } from '../policy/profile.js';
import type { Matrix, ProposedChange, ProposalState, Standing } from '../policy/proposal.js';
import type { ListRole } from '../policy/snapshot.js';
import type { Event } from '../activity/event.js';
import type { AccountStore } from './account-rows.js';
import type { ChannelStore } from './channel-rows.js';
import type { PackedList } from './list-content.js';
import type { BackupFacts } from './replace.js';
import type { SecondFactorStore, SessionStore, TokenStore } from './access-rows.js';
import type { LessonKind } from '../policy/snapshot.js';
import type { AuditStore } from './audit-rows.js';
import type { HelpTicketStore } from './ticket-rows.js';
import type { NewLesson, RemovedZone, RenamedZone, RoomStore, SchoolTimeStore, SiteListStore, SlotRow, StartedLesson, UndoStore } from './school-rows.js';

/** Who did it, for the audit trail. A person's account name at most; never a pupil. */
export interface Actor {
  readonly kind: 'cli' | 'console' | 'page' | 'system';
  readonly name: string;
}

export interface ZoneRow {
  readonly name: string;
  readonly profile: string;
  readonly cidrs: readonly string[];
  readonly macs: readonly string[];
  readonly port: number | null;
  readonly login: { readonly name: string; readonly hash: string } | null;
  readonly timetable: readonly SlotRow[];
}

export interface LessonRow {
  readonly id: number;
  readonly zone: string;
  readonly profile: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly by: string;
  readonly kind: LessonKind;
  /** Hosts of a focus list or an exam as they stood when it began. */
  readonly entries: readonly string[];
  /** Name of the saved list they came from. */
  readonly list: string | null;
  /** A focus list that leaves protected learning open. */
  readonly learning: boolean;
}

export interface OpeningRow {
  readonly id: number;
  readonly zone: string;
  readonly entry: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly by: string;
  readonly reason: string | null;
}

export interface RuleRow {
  readonly id: number;
  readonly layer: 'emergency' | 'school-allow' | 'school-block' | 'city-allow' | 'city-block';
  readonly entry: string;
  /** Profile ids it speaks for; null = all but the exam profile. */
  readonly profiles: readonly string[] | null;
  readonly note: string | null;
  readonly by: string;
  readonly atMs: number;
}

/** A cell the school has changed against the shipped matrix. */
export interface CellOverride {
  readonly profile: string;
  readonly category: string;
  readonly cell: Cell;
  readonly reason: string;
  readonly by: string;
  readonly atMs: number;
}

export interface ListRow {
  readonly id: number;
  readonly name: string;
  readonly role: ListRole;
  readonly category: string | null;
  /** Profile ids it speaks for; null = all but the exam profile for allow lists, all for block lists. */
  readonly profiles: readonly string[] | null;
  readonly shield: boolean;
  /** `shipped` lists come from rules/ and are replaced on upgrade; `imported` are the school's. */
  readonly origin: 'shipped' | 'imported' | 'city';
  readonly source: string;
  readonly license: string | null;
  /** An emergency block of the department says nothing from then on; null or absent: no end. */
  readonly endsMs?: number | null;
  readonly current: ListVersionRow;
}

export interface ListVersionRow {
  readonly version: string;
  /** SHA-256 (hex) of the sorted entries joined by \n: the content's identity. */
  readonly sha256: string;
  readonly entries: number;
  readonly addedMs: number;
}

export interface NewList {
  readonly name: string;
  readonly role: ListRole;
  readonly category: string | null;
  readonly profiles: readonly string[] | null;
  readonly shield: boolean;
  readonly origin: 'shipped' | 'imported' | 'city';
  readonly source: string;
  readonly license: string | null;
  readonly endsMs?: number | null;
}

export interface RequestRow {
  readonly id: number;
  /** Short reference shown to the pupil. */
  readonly ref: string;
  readonly zone: string | null;
  readonly profile: string;
  readonly host: string;
  readonly category: string | null;
  readonly reason: string | null;
  readonly atMs: number;
  readonly state: 'open' | 'approved' | 'rejected' | 'expired';
  readonly answeredMs: number | null;
  readonly by: string | null;
  readonly answer: string | null;
}

/** Requests by the day they came in (days of Asia/Ho_Chi_Minh): received = approved + rejected + expired + open. */
export interface RequestCounts {
  readonly received: number;
  readonly approved: number;
  readonly rejected: number;
  readonly expired: number;
  readonly open: number;
}

export type Role = 'it-admin' | 'teacher' | 'head' | 'counsellor' | 'auditor';

export interface UserRow {
  readonly name: string;
  readonly role: Role;
  readonly createdMs: number;
  readonly disabled: boolean;
  /** A second factor is set up. */
  readonly totp: boolean;
  /** The password is one that somebody else made: until then it lets its owner in, to set their own. Null: the owner's. */
  readonly oneTimeUntilMs: number | null;
}

/** One roll-up cell: an hour or a day × zone × profile × category × action × reason. */
export interface RollupRow {
  /** Start of the period, epoch ms; days are days of Asia/Ho_Chi_Minh. */
  readonly fromMs: number;
  readonly zone: string | null;
  readonly profile: string;
  readonly category: string | null;
  readonly action: string;
  readonly layer: string | null;
  readonly reason: string;
  readonly channel: string;
  readonly requests: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface DomainRow {
  readonly dayMs: number;
  readonly domain: string;
  readonly action: string;
  readonly category: string | null;
  readonly requests: number;
}

/** Distinct devices of one day, counted in memory and stored as a bare number. */
export interface DeviceCountRow {
  readonly dayMs: number;
  readonly profile: string;
  readonly category: string | null;
  readonly action: string;
  readonly devices: number;
}

/** The same of one hour, for the whole school: of any request, of those let through, of those blocked. */
export interface HourDevicesRow {
  readonly fromMs: number;
  readonly action: 'any' | 'open' | 'block';
  readonly devices: number;
}

/** Policies: zones, lessons, openings, rules, cells, lists. */
export interface PolicyStore extends UndoStore {
  generation(): number;
  zones(): ZoneRow[];
  addZone(zone: ZoneRow, actor: Actor): void;
  setZone(name: string, patch: Partial<Omit<ZoneRow, 'name'>>, actor: Actor): ZoneRow;
  removeZone(name: string, actor: Actor): RemovedZone;
  /** Name in force of the room that is, or was, called so; null: none. */
  zoneCalled(name: string): string | null;
  /** Names that rooms had before, each with the name in force. */
  formerNames(): ReadonlyMap<string, string>;
  /** What refers to the room follows, its figures too (store/zone-rename.ts). Refused where another room has the name. */
  renameZone(name: string, to: string, actor: Actor): RenamedZone;
  /** Lessons not yet over at `nowMs`. */
  lessons(nowMs: number): LessonRow[];
  /** Starts a lesson; ends one that is running in the zone; an exam (`thi`) also ends the zone's openings. */
  startLesson(lesson: NewLesson, actor: Actor): StartedLesson;
  endLesson(zone: string, nowMs: number, actor: Actor): boolean;
  openings(nowMs: number): OpeningRow[];
  addOpening(opening: Omit<OpeningRow, 'id'>, actor: Actor): OpeningRow;
  removeOpening(id: number, nowMs: number, actor: Actor): boolean;
  rules(): RuleRow[];
  addRule(rule: Omit<RuleRow, 'id'>, actor: Actor): RuleRow;
  removeRule(id: number, actor: Actor): boolean;
  cells(): CellOverride[];
  /** Only writes it down; whether it may be set at all is `ProposalStore.changeCell`. */
  setCell(cell: CellOverride, actor: Actor): void;
  resetCell(profile: string, category: string, actor: Actor): boolean;
  lists(): ListRow[];
  /** Adds or replaces the current version; returns false when the content is already current. */
  putList(list: NewList, version: string, entries: readonly string[] | PackedList, nowMs: number, actor: Actor): boolean;
  /** What is slow about putting a list, done before a transaction that puts several. */
  packList(entries: readonly string[]): PackedList;
  /** Sorted entries of the current (or a named) version. */
  listEntries(name: string, version?: string): string[];
  listVersions(name: string): ListVersionRow[];
  rollbackList(name: string, actor: Actor): ListVersionRow;
  removeList(name: string, actor: Actor): boolean;
  /** Undoes `putList`, its version and what the list is for; refused where the list is no longer as that left it. @param before null: there was no such list */
  undoPutList(before: ListRow | null, after: ListRow, actor: Actor): void;
  requests(state?: RequestRow['state']): RequestRow[];
  addRequest(request: Omit<RequestRow, 'id' | 'state' | 'answeredMs' | 'by' | 'answer'>): RequestRow;
  /** @param list name of the list that had closed the page, for the over-blocking figures */
  answerRequest(id: number, state: 'approved' | 'rejected' | 'expired', answer: string | null, nowMs: number, actor: Actor, list?: string | null): RequestRow;
  /** Counts of the days that begin in [fromMs, toMs); they outlive the requests themselves. */
  requestCounts(fromMs: number, toMs: number): RequestCounts;
  /** Accounts a room belongs to, by room name; a room that is not in it is every teacher's. */
  roomTeachers(): ReadonlyMap<string, readonly string[]>;
  setRoomTeachers(zone: string, users: readonly string[], actor: Actor): void;
  /**
   * Adds to a day's counts of clients that refused our certificate, by host. What is no host or no count is left out, as are new hosts once the
   * day has a thousand. The caller leaves out hosts of which no visit may be kept (`CategoryPrivacy`).
   */
  noteTlsRejections(counts: readonly (readonly [host: string, n: number])[], dayMs: number): void;
  /** Summed over the days since `fromMs`, most refused first. */
  tlsRejections(fromMs: number): TlsRejectionRow[];
  /** Hosts the school never has decrypted, beside those of certs/never-decrypt.txt. */
  tlsExceptions(): TlsExceptionRow[];
  addTlsException(exception: TlsExceptionRow, actor: Actor): TlsExceptionRow;
  removeTlsException(entry: string, actor: Actor): boolean;
}

/** A host whose certificate from us was refused: how often and on how many days. Never by whom. */
export interface TlsRejectionRow {
  readonly host: string;
  readonly n: number;
  readonly days: number;
}

export interface TlsExceptionRow {
  readonly entry: string;
  readonly note: string | null;
  readonly by: string;
  readonly atMs: number;
}

export interface ProposalRow {
  readonly id: number;
  readonly change: ProposedChange;
  /** What it was made upon (`baseOf`). */
  readonly base: string;
  readonly reason: string;
  readonly by: string;
  readonly atMs: number;
  readonly expiresMs: number;
  readonly state: ProposalState;
  readonly decidedBy: string | null;
  readonly decidedMs: number | null;
  readonly note: string | null;
  /** When what was approved for one time was done. */
  readonly usedMs: number | null;
}

/** What became of a change that may need a second person. */
export type ChangeOutcome =
  | { readonly outcome: 'done' | 'same' }
  | { readonly outcome: 'proposed'; readonly proposal: ProposalRow };

/**
 * Changes that need two people. Who asks: an administrator (at the console an enabled `it-admin` account, at the machine's own terminal its
 * user). Who decides: another person, an enabled `head` account, whose password the caller has checked; its name is the actor's.
 */
export interface ProposalStore {
  /** Newest first; what is past its week reads as expired. */
  list(nowMs: number, state?: ProposalState): ProposalRow[];
  get(id: number, nowMs: number): ProposalRow | null;
  /** What holds now, for `diffNow`, `judgeCell`, `judgeLevel`, `refuseApproval`. */
  standing(matrix: Matrix): Standing;
  /** Enabled head accounts: while there is none, loosening at the machine's own terminal needs a reason only. */
  headsInUse(): number;
  propose(change: ProposedChange, reason: string, nowMs: number, matrix: Matrix, actor: Actor): ProposalRow;
  /** Sets a cell, or proposes it where it takes two people. A reason is needed to loosen. */
  changeCell(cell: { readonly profile: string; readonly category: string; readonly cell: Cell; readonly reason: string }, nowMs: number, matrix: Matrix, actor: Actor): ChangeOutcome;
  /** Sets a profile's TLS level, or proposes `inspect`. */
  changeLevel(level: { readonly profile: string; readonly level: TlsLevel; readonly reason: string }, nowMs: number, matrix: Matrix, actor: Actor): ChangeOutcome;
  /** Decides and applies in one transaction. One that no longer fits what holds is refused and stays open. */
  approve(id: number, note: string | null, nowMs: number, matrix: Matrix, actor: Actor): ProposalRow;
  reject(id: number, reason: string, nowMs: number, actor: Actor): ProposalRow;
  withdraw(id: number, nowMs: number, actor: Actor): ProposalRow;
  /** Takes the leave to export this CA's key, once, within a day of its approval. */
  useExport(fingerprint: string, nowMs: number, actor: Actor): ProposalRow;
  /** Writes down what is past its time; returns how many. */
  expire(nowMs: number): number;
}

/** Everything older than these goes. Domain counts go with the events, lessons and openings that are over too. */
export interface RetentionLimits {
  readonly eventsBeforeMs: number;
  readonly hoursBeforeMs: number;
  readonly daysBeforeMs: number;
  readonly requestsBeforeMs: number;
  /** Hosts whose clients refused our certificate; absent: with the events. */
  readonly rejectionsBeforeMs?: number;
  /** What pupils left for the counsellor, by its last change; absent: with the events. */
  readonly ticketsBeforeMs?: number;
  /** Audit records and decided proposals; absent: kept. */
  readonly auditBeforeMs?: number;
}

export interface EventStore {
  /** One transaction: events, hour and day roll-ups, domain and device counts. Empty batches are free. */
  addBatch(events: readonly Event[], devices: readonly DeviceCountRow[], hours?: readonly HourDevicesRow[]): void;
  /** Roll-up rows with fromMs <= start < toMs. */
  hours(fromMs: number, toMs: number): RollupRow[];
  days(fromMs: number, toMs: number): RollupRow[];
  domains(fromMs: number, toMs: number): DomainRow[];
  devices(fromMs: number, toMs: number): DeviceCountRow[];
  hourDevices(fromMs: number, toMs: number): HourDevicesRow[];
  /** Deletes what is past its time, securely; returns rows deleted. */
  expire(limits: RetentionLimits): number;
  /** Compares the roll-ups with the events they cover (those not yet expired); [] when equal. */
  verify(): string[];
}

/** Small named values: school facts set by `setup`, instance id, build marks. */
export interface SettingStore {
  get(key: string): string | null;
  set(key: string, value: string | null, actor: Actor): void;
}

export interface Store {
  readonly path: string;
  readonly policies: PolicyStore;
  readonly events: EventStore;
  readonly audit: AuditStore;
  readonly accounts: AccountStore;
  readonly settings: SettingStore;
  readonly proposals: ProposalStore;
  readonly sessions: SessionStore;
  readonly secondFactor: SecondFactorStore;
  readonly tokens: TokenStore;
  readonly schoolTime: SchoolTimeStore;
  readonly siteLists: SiteListStore;
  readonly rooms: RoomStore;
  /** Several changes as one: all of them or none, also where one in the middle is refused. */
  together<T>(work: () => T): T;
  readonly helpTickets: HelpTicketStore;
  readonly channel: ChannelStore;
  /** SQLite's own counter of changes made by other connections: cheap enough to poll four times a second. */
  dataVersion(): number;
  /** Looks at a copy of a backup and makes it fit for `replaceFrom`. */
  inspectBackup(file: string): BackupFacts;
  /** Puts it in the place of everything but the audit trail, in one transaction. */
  replaceFrom(file: string, actor: Actor): void;
  /** Whole, consistent copy while in use. */
  backup(file: string, options?: { /** Without what pupils wrote to the counsellor. */ readonly withoutMessages?: boolean }): Promise<void>;
  /** [] when the database is whole. */
  integrity(): string[];
  close(): void;
}
