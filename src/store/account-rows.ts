/** What the store gives and takes of staff accounts. */
import type { Actor, Role, UserRow } from './rows.js';

/** An account that is not written yet. */
export interface PreparedUser {
  readonly name: string;
  readonly role: Role;
  readonly hash: string;
  readonly oneTimeUntilMs: number | null;
}

export interface AccountStore {
  users(): UserRow[];
  addUser(name: string, role: Role, password: string, actor: Actor): Promise<UserRow>;
  /** The slow half of `addUser`, checks and hash: what it gives is written by `addPrepared`, so that many can be one change. */
  prepareUser(name: string, role: Role, password: string, oneTimeUntilMs: number | null): Promise<PreparedUser>;
  addPrepared(user: PreparedUser, actor: Actor): UserRow;
  /** A new password is the owner's own unless `oneTimeUntilMs` comes with it. */
  setUser(name: string, patch: { role?: Role; disabled?: boolean; password?: string; oneTimeUntilMs?: number }, actor: Actor): Promise<UserRow>;
  /** `setUser` of a role alone, as part of a larger change. */
  setRole(name: string, role: Role, actor: Actor): UserRow;
  removeUser(name: string, actor: Actor): boolean;
  /**
   * Creates the one-time admin code when no user and no live code exists; returns it in clear once, else null.
   * With `replace` a code that is still live gives way to a new one (a restart whose printout was lost).
   */
  issueSetupCode(nowMs: number, options?: { readonly replace?: boolean }): string | null;
  /** Consumes the code atomically. */
  claimSetupCode(code: string, nowMs: number): boolean;
  /** The code and the first administrator in one step: of many who try at once one wins, the others get null. */
  claimFirstAdmin(code: string, name: string, password: string, nowMs: number): Promise<UserRow | null>;
  checkPassword(name: string, password: string): Promise<UserRow | null>;
  /**
   * checkPassword under the throttle of login-throttle.ts, whose counts lie in the database: one for command line and console, over restarts.
   * Counted before it is checked, so that many at once get no more tries than one after another. Wrong ones are audited, never with what was typed.
   */
  login(name: string, password: string, nowMs: number, actor: Actor): Promise<LoginResult>;
}

export type LoginResult =
  | { readonly outcome: 'ok'; readonly user: UserRow }
  | { readonly outcome: 'wrong'; readonly waitMs: number }
  /** Too soon after wrong ones: not looked at, not counted. */
  | { readonly outcome: 'wait'; readonly waitMs: number };
