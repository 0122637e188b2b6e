/**
 * What the store gives and takes: rows and the shape of each part.
 * Times are epoch milliseconds; hosts and entries are canonical (matching/hostname.ts, matching/entry.ts).
 * Every change that bears on a verdict bumps the policy generation and writes its audit record in the same transaction.
 */
import type { Cell } from '../policy/profile.js';
import type { ListRole } from '../policy/snapshot.js';
import type { Event } from '../activity/event.js';

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
  readonly timetable: readonly { readonly weekday: number; readonly fromMinute: number; readonly toMinute: number; readonly profile: string }[];
}

export interface LessonRow {
  readonly id: number;
  readonly zone: string;
  readonly profile: string;
  readonly fromMs: number;
  readonly untilMs: number;
  readonly by: string;
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
}

export interface AuditRow {
  readonly seq: number;
  readonly atMs: number;
  readonly actor: Actor;
  readonly action: string;
  readonly object: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly hash: string;
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

/** Policies: zones, lessons, openings, rules, cells, lists. */
export interface PolicyStore {
  generation(): number;
  zones(): ZoneRow[];
  addZone(zone: ZoneRow, actor: Actor): void;
  setZone(name: string, patch: Partial<Omit<ZoneRow, 'name'>>, actor: Actor): ZoneRow;
  removeZone(name: string, actor: Actor): void;
  /** Lessons not yet over at `nowMs`. */
  lessons(nowMs: number): LessonRow[];
  /** Starts a lesson; ends one that is running in the zone; an exam (`thi`) also ends the zone's openings. */
  startLesson(lesson: Omit<LessonRow, 'id'>, actor: Actor): LessonRow;
  endLesson(zone: string, nowMs: number, actor: Actor): boolean;
  openings(nowMs: number): OpeningRow[];
  addOpening(opening: Omit<OpeningRow, 'id'>, actor: Actor): OpeningRow;
  removeOpening(id: number, nowMs: number, actor: Actor): boolean;
  rules(): RuleRow[];
  addRule(rule: Omit<RuleRow, 'id'>, actor: Actor): RuleRow;
  removeRule(id: number, actor: Actor): boolean;
  cells(): CellOverride[];
  setCell(cell: CellOverride, actor: Actor): void;
  resetCell(profile: string, category: string, actor: Actor): boolean;
  lists(): ListRow[];
  /** Adds or replaces the current version; returns false when the content is already current. */
  putList(list: NewList, version: string, entries: readonly string[], nowMs: number, actor: Actor): boolean;
  /** Sorted entries of the current (or a named) version. */
  listEntries(name: string, version?: string): string[];
  listVersions(name: string): ListVersionRow[];
  rollbackList(name: string, actor: Actor): ListVersionRow;
  removeList(name: string, actor: Actor): boolean;
  requests(state?: RequestRow['state']): RequestRow[];
  addRequest(request: Omit<RequestRow, 'id' | 'state' | 'answeredMs' | 'by' | 'answer'>): RequestRow;
  answerRequest(id: number, state: 'approved' | 'rejected' | 'expired', answer: string | null, nowMs: number, actor: Actor): RequestRow;
  /** Counts of the days that begin in [fromMs, toMs); they outlive the requests themselves. */
  requestCounts(fromMs: number, toMs: number): RequestCounts;
}

/** Everything older than these goes. Domain counts go with the events, lessons and openings that are over too. */
export interface RetentionLimits {
  readonly eventsBeforeMs: number;
  readonly hoursBeforeMs: number;
  readonly daysBeforeMs: number;
  readonly requestsBeforeMs: number;
  /** Audit records; absent: kept. */
  readonly auditBeforeMs?: number;
}

export interface EventStore {
  /** One transaction: events, hour and day roll-ups, domain and device counts. Empty batches are free. */
  addBatch(events: readonly Event[], devices: readonly DeviceCountRow[]): void;
  /** Roll-up rows with fromMs <= start < toMs. */
  hours(fromMs: number, toMs: number): RollupRow[];
  days(fromMs: number, toMs: number): RollupRow[];
  domains(fromMs: number, toMs: number): DomainRow[];
  devices(fromMs: number, toMs: number): DeviceCountRow[];
  /** Deletes what is past its time, securely; returns rows deleted. */
  expire(limits: RetentionLimits): number;
  /** Compares the roll-ups with the events they cover (those not yet expired); [] when equal. */
  verify(): string[];
}

export interface AuditStore {
  /** Newest last. */
  list(limit: number): AuditRow[];
  record(actor: Actor, action: string, object: string, before: unknown, after: unknown): void;
  /** Recomputes the chain; null when whole, else the first bad sequence number. */
  verify(): { readonly records: number; readonly firstBad: number | null };
}

export interface AccountStore {
  users(): UserRow[];
  addUser(name: string, role: Role, password: string, actor: Actor): Promise<UserRow>;
  setUser(name: string, patch: { role?: Role; disabled?: boolean; password?: string }, actor: Actor): Promise<UserRow>;
  removeUser(name: string, actor: Actor): boolean;
  /**
   * Creates the one-time admin code when no user and no live code exists; returns it in clear once, else null.
   * With `replace` a code that is still live gives way to a new one (a restart whose printout was lost).
   */
  issueSetupCode(nowMs: number, options?: { readonly replace?: boolean }): string | null;
  /** Consumes the code atomically. */
  claimSetupCode(code: string, nowMs: number): boolean;
  checkPassword(name: string, password: string): Promise<UserRow | null>;
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
  /** SQLite's own counter of changes made by other connections: cheap enough to poll four times a second. */
  dataVersion(): number;
  /** Whole, consistent copy while in use. */
  backup(file: string): Promise<void>;
  /** [] when the database is whole. */
  integrity(): string[];
  close(): void;
}
