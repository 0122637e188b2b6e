/**
 * How long an account has to wait after wrong passwords. Pure: the count of one account and the clock go in, the next count and the
 * wait come out. Owns the schedule of security.md §4.2; refuses to know where counts lie, and who asks.
 *
 * Nobody is locked out: the wait grows to a ceiling and no further, a try during the wait is neither checked nor counted, and the ceiling of the only
 * administrator is a minute. A right password, or a new one set at the machine itself, ends it.
 */
export interface LoginCount {
  readonly fails: number;
  readonly lastMs: number;
}

/** Tries that cost nothing: people mistype. */
export const FREE_TRIES = 5;
/** So long after the last wrong try it is forgotten. */
export const FORGET_MS = 15 * 60_000;
const FIRST_WAIT_MS = 5_000;
export const MOST_WAIT_MS = 5 * 60_000;
/** An attacker on the LAN must not be able to keep the only person away who could stop him. */
export const ONLY_ADMIN_WAIT_MS = 60_000;

/** Milliseconds until the next try may be made; 0: now. */
export function waitMs(count: LoginCount | null, nowMs: number, mostMs: number = MOST_WAIT_MS): number {
  if (count === null || count.fails < FREE_TRIES) return 0;
  // A clock that went back must not make the wait longer than it ever was.
  const since = Math.max(0, nowMs - count.lastMs);
  const wait = Math.min(FIRST_WAIT_MS * 2 ** Math.min(count.fails - FREE_TRIES, 20), mostMs);
  return Math.max(0, wait - since);
}

/** The count with one more try that went wrong, or is taken as wrong until it has been checked. */
export function afterTry(count: LoginCount | null, nowMs: number): LoginCount {
  const fresh = count === null || nowMs - count.lastMs >= FORGET_MS;
  return { fails: fresh ? 1 : count.fails + 1, lastMs: nowMs };
}
