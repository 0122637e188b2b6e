/**
 * Shared room logins (Proxy-Authorization: Basic): verified once, remembered under a keyed hash, limited per address.
 * Owns when credentials hold and when a 407 is due. Refuses to know people: a login names a room, never a pupil.
 */
import { createHmac, randomBytes } from 'node:crypto';
import { checkPassword, NO_PASSWORD } from '../password.js';
import type { Snapshot } from '../policy/snapshot.js';
import type { LoginCheck, LoginResult } from './relay-context.js';

export interface LoginOptions {
  readonly verify?: (password: string, hash: string) => Promise<boolean>;
  /** Monotonic. */
  readonly clockMs?: () => number;
}

const MAX_REMEMBERED = 1_024;
/** A wrong password is remembered too, but not for long: the admin may be setting it this minute. */
const WRONG_MS = 5_000;
/** Checks an address may cause: a room's first logins share one check, so a class never meets this. */
const TRIES = 5;
const TRIES_MS = 10_000;
const MAX_ADDRESSES = 4_096;
/** scrypt holds a pool thread for a third of a second: one at a time, and a queue no longer than a browser waits. */
const MAX_QUEUED = 32;

const GOOD = 'good';
const WRONG: LoginResult = { login: null, busy: false };
const BUSY: LoginResult = { login: null, busy: true };

const loginsOf = new WeakMap<Snapshot, ReadonlyMap<string, string>>();

/** Login name → password hash; empty where no zone has a login, and then nobody is ever asked. */
function roomLogins(snapshot: Snapshot): ReadonlyMap<string, string> {
  let known = loginsOf.get(snapshot);
  if (known === undefined) {
    const table = new Map<string, string>();
    for (const { login } of snapshot.data.zones) if (login !== null && !table.has(login.name)) table.set(login.name, login.hash);
    loginsOf.set(snapshot, table);
    known = table;
  }
  return known;
}

export function hasRoomLogins(snapshot: Snapshot): boolean {
  return roomLogins(snapshot).size > 0;
}

/** name and password of `Basic …`, or null for another scheme or damaged text (RFC 7617). */
export function readBasic(header: string): { name: string; password: string } | null {
  const match = /^Basic +([A-Za-z0-9+/]{4,1024}={0,2})$/i.exec(header);
  if (match?.[1] === undefined) return null;
  const text = Buffer.from(match[1], 'base64').toString('utf8');
  const colon = text.indexOf(':');
  return colon < 1 ? null : { name: text.slice(0, colon), password: text.slice(colon + 1) };
}

export function createLoginCheck(options: LoginOptions = {}): LoginCheck {
  const verify = options.verify ?? checkPassword;
  const clockMs = options.clockMs ?? (() => performance.now());
  const key = randomBytes(32);
  /** Keyed hash of credentials and stored hash → until when it is wrong, or GOOD. Neither can be read back. */
  const remembered = new Map<string, number | typeof GOOD>();
  const waiting = new Map<string, ((good: boolean) => void)[]>();
  const tries = new Map<string, { count: number; sinceMs: number }>();
  let queue: Promise<void> = Promise.resolve();

  function remember(mark: string, value: number | typeof GOOD): void {
    if (remembered.size >= MAX_REMEMBERED) {
      for (const oldest of remembered.keys()) {
        remembered.delete(oldest);
        break;
      }
    }
    remembered.set(mark, value);
  }

  function mayTry(address: string): boolean {
    const now = clockMs();
    const seen = tries.get(address);
    if (seen === undefined || now - seen.sinceMs > TRIES_MS) {
      if (tries.size >= MAX_ADDRESSES) tries.clear();
      tries.set(address, { count: 1, sinceMs: now });
      return true;
    }
    seen.count++;
    return seen.count <= TRIES;
  }

  function settle(mark: string, good: boolean): void {
    remember(mark, good ? GOOD : clockMs() + WRONG_MS);
    const all = waiting.get(mark) ?? [];
    waiting.delete(mark);
    for (const done of all) done(good);
  }

  return {
    check(clientAddress, proxyAuthorization, snapshot, done) {
      const given = readBasic(proxyAuthorization);
      if (given === null) {
        done(WRONG);
        return;
      }
      const stored = roomLogins(snapshot).get(given.name);
      const hash = stored ?? NO_PASSWORD;
      const mark = createHmac('sha256', key).update(hash).update('\0').update(given.name).update('\0').update(given.password).digest('base64');
      const known = remembered.get(mark);
      if (known === GOOD || (known !== undefined && known > clockMs())) {
        done(known === GOOD ? { login: given.name, busy: false } : WRONG);
        return;
      }
      const answer = (good: boolean): void => done(good && stored !== undefined ? { login: given.name, busy: false } : WRONG);
      const others = waiting.get(mark);
      if (others !== undefined) {
        others.push(answer);
        return;
      }
      if (!mayTry(clientAddress) || waiting.size >= MAX_QUEUED) {
        done(BUSY);
        return;
      }
      waiting.set(mark, [answer]);
      queue = queue.then(() => verify(given.password, hash)).then(
        (good) => settle(mark, good && stored !== undefined),
        () => settle(mark, false),
      );
    },
  };
}
