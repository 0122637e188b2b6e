/** What the store keeps of sessions, second factors and tokens: hashes and times, never an address. */
import type { Actor, UserRow } from './rows.js';

/** `code`: the password was right, the second factor is still to come; `enrol`: it is still to be set up; `full`: signed in. */
export type SessionStage = 'code' | 'enrol' | 'full';

export interface SessionRow {
  /** SHA-256 of the session's secret. */
  readonly hash: Buffer;
  readonly user: UserRow;
  readonly stage: SessionStage;
  readonly createdMs: number;
  readonly seenMs: number;
  /** When its owner last showed who they are. */
  readonly provedMs: number;
  readonly lang: 'vi' | 'en';
  /** Coarse, for its owner to recognise it by: "Chrome · Android". */
  readonly device: string;
}

export interface SessionStore {
  open(session: Omit<SessionRow, 'user'> & { readonly user: string }): void;
  /** Null when there is none, or its account was disabled or changed since. */
  find(hash: Buffer): SessionRow | null;
  touch(hash: Buffer, seenMs: number): void;
  prove(hash: Buffer, provedMs: number): void;
  setLang(hash: Buffer, lang: 'vi' | 'en'): void;
  end(hash: Buffer): boolean;
  /** Ends an account's sessions, but for one. */
  endOthers(user: string, keep: Buffer | null): number;
  ofUser(user: string): SessionRow[];
  /** Deletes those created or last seen before these, and those of a version that is over. */
  expire(createdBeforeMs: number, seenBeforeMs: number): number;
}

export interface SecondFactorStore {
  secret(user: string): { readonly secret: string; readonly lastStep: number } | null;
  /** Sets it up, or anew; the step of the code that proved it counts as used. */
  enrol(user: string, secret: string, step: number, recovery: readonly Buffer[], actor: Actor): void;
  /** True once for each later step. */
  useStep(user: string, step: number): boolean;
  /** True once for each code. */
  useRecovery(user: string, hash: Buffer): boolean;
  recoveryLeft(user: string): number;
  /** Takes it away and ends the account's sessions; false when there was none. */
  reset(user: string, actor: Actor): boolean;
}

export interface TokenRow {
  readonly id: number;
  readonly purpose: string;
  /** Names of the actions it may do. */
  readonly actions: readonly string[];
  /** Who made it; it may never do more than that account, and dies with it. */
  readonly by: string;
  readonly createdMs: number;
  readonly expiresMs: number;
  /** Day of its last use, no closer. */
  readonly usedDayMs: number | null;
}

export interface TokenStore {
  list(): TokenRow[];
  add(token: Omit<TokenRow, 'id' | 'usedDayMs'> & { readonly hash: Buffer }, actor: Actor): TokenRow;
  remove(id: number, actor: Actor): boolean;
  /** The token and its maker, where both are good at `nowMs`; notes the day. */
  use(hash: Buffer, nowMs: number): { readonly token: TokenRow; readonly user: UserRow } | null;
}
