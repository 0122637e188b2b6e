/**
 * Staff accounts and the one-time code that makes the first of them. Passwords and the code lie here as hashes only.
 * Knows nothing of sessions.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { afterTry, MOST_WAIT_MS, ONLY_ADMIN_WAIT_MS, waitMs, type LoginCount } from '../login-throttle.js';
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import { checkStrength, fits, makeHash } from './passwords.js';
import type { AccountStore } from './account-rows.js';
import type { Actor, Role, UserRow } from './rows.js';
import type { SecondPerson } from './second-person.js';
import { StoreError } from './store-error.js';
import { nameText } from './values.js';

/** A code that lies in a journal must not open the school a week later (security.md §4.4). */
export const SETUP_CODE_MS = 60 * 60_000;

interface Stored {
  readonly name: string;
  readonly role: Role;
  readonly created_ms: number;
  readonly disabled: 0 | 1;
  readonly hash: string;
  readonly totp: 0 | 1;
  readonly one_time_until: number | null;
}

export function createAccounts(db: Connection, changer: Changer, second: SecondPerson, now: () => number): AccountStore {
  const columns = 'name, role, created_ms, disabled, hash, one_time_until, EXISTS (SELECT 1 FROM totp WHERE totp.user = user.name) AS totp';
  const all = db.prepare(`SELECT ${columns} FROM user ORDER BY created_ms, name`);
  const byName = db.prepare(`SELECT ${columns} FROM user WHERE name = ?`);
  const insert = db.prepare('INSERT INTO user (name, role, created_ms, disabled, hash, one_time_until) VALUES (?, ?, ?, 0, ?, ?)');
  const update = db.prepare('UPDATE user SET role = ?, disabled = ?, hash = ?, one_time_until = ?, version = version + ? WHERE name = ?');
  const otherAdmins = db.prepare("SELECT count(*) FROM user WHERE role = 'it-admin' AND disabled = 0 AND name <> ? COLLATE NOCASE").pluck();
  const users = db.prepare('SELECT count(*) FROM user').pluck();
  const code = db.prepare('SELECT hash, expires_ms FROM setup_code');
  const putCode = db.prepare(
    'INSERT INTO setup_code (one, hash, expires_ms) VALUES (1, ?, ?) ON CONFLICT DO UPDATE SET hash = excluded.hash, expires_ms = excluded.expires_ms',
  );
  const dropCode = db.prepare('DELETE FROM setup_code');
  const countOf = db.prepare('SELECT fails, last_ms AS lastMs FROM login_count WHERE name = ?');
  const putCount = db.prepare(
    'INSERT INTO login_count (name, fails, last_ms) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET fails = excluded.fails, last_ms = excluded.last_ms',
  );
  const uncount = db.prepare('UPDATE login_count SET fails = fails - 1 WHERE name = ? AND fails > 0');
  const dropCount = db.prepare('DELETE FROM login_count WHERE name = ?');

  const find = (name: string): Stored => {
    const row = byName.get(name) as Stored | undefined;
    if (row === undefined) throw new StoreError('unknown-user', `Không có tài khoản “${name}”.`, `There is no account “${name}”.`);
    return row;
  };
  const keepAnAdmin = (row: Stored): void => {
    if (row.role !== 'it-admin' || row.disabled === 1 || Number(otherAdmins.get(row.name)) > 0) return;
    throw new StoreError(
      'last-admin',
      'Đây là tài khoản quản trị cuối cùng đang dùng được; hãy thêm tài khoản khác trước.',
      'This is the last administrator account in use; add another one first.',
    );
  };

  const prepareUser: AccountStore['prepareUser'] = async (name, role, password, oneTimeUntilMs) => {
    accountName(name);
    checkStrength(name, password);
    return { name, role, hash: await makeHash(password), oneTimeUntilMs };
  };
  const addPrepared: AccountStore['addPrepared'] = ({ name, role, hash, oneTimeUntilMs }, actor) =>
      changer.change(false, actor, (note) => {
        if (byName.get(name) !== undefined) {
          throw new StoreError('name-taken', `Đã có tài khoản “${name}”.`, `There is already an account “${name}”.`);
        }
        second.guard(actor, { name, before: null, after: role, letsIn: true });
        insert.run(name, role, Math.round(now()), hash, oneTimeUntilMs);
        note('user.add', name, null, { role });
        // Whoever adds the first account has come in; the code has done its work.
        dropCode.run();
        return toRow(find(name));
      });
  const write = (name: string, patch: { readonly role?: Role; readonly disabled?: boolean; readonly oneTimeUntilMs?: number }, hash: string | null, actor: Actor): UserRow =>
      changer.change(false, actor, (note) => {
        const before = find(name);
        const role = patch.role ?? before.role;
        const disabled = patch.disabled ?? before.disabled === 1;
        if (role !== 'it-admin' || disabled) keepAnAdmin(before);
        second.guard(actor, { name: before.name, before: before.role, after: role, letsIn: hash !== null || (before.disabled === 1 && !disabled) });
        // a new password ends the wait that wrong ones have earned: the way back in, from the machine itself
        if (hash !== null) dropCount.run(before.name);
        // What the account may do, or who knows its password, is not what its open sessions were opened under.
        const other = role !== before.role || disabled !== (before.disabled === 1) || hash !== null;
        const oneTime = hash === null ? before.one_time_until : (patch.oneTimeUntilMs ?? null);
        update.run(role, disabled ? 1 : 0, hash ?? before.hash, oneTime, other ? 1 : 0, before.name);
        note(
          'user.set',
          before.name,
          { role: before.role, disabled: before.disabled === 1 },
          { role, disabled, password: hash === null ? 'kept' : oneTime === null ? 'changed' : 'one-time' },
        );
        return toRow(find(name));
      });

  return {
    users: () => (all.all() as Stored[]).map(toRow),
    prepareUser,
    addPrepared,
    addUser: async (name, role, password, actor) => addPrepared(await prepareUser(name, role, password, null), actor),
    async setUser(name, patch, actor) {
      if (patch.password !== undefined) checkStrength(name, patch.password);
      return write(name, patch, patch.password === undefined ? null : await makeHash(patch.password), actor);
    },
    setRole: (name, role, actor) => write(name, { role }, null, actor),
    removeUser(name, actor) {
      return changer.change(false, actor, (note) => {
        const before = byName.get(name) as Stored | undefined;
        if (before === undefined) return false;
        keepAnAdmin(before);
        second.guard(actor, { name: before.name, before: before.role, after: null, letsIn: false });
        db.prepare('DELETE FROM user WHERE name = ?').run(before.name);
        dropCount.run(before.name);
        note('user.remove', before.name, { role: before.role }, null);
        return true;
      });
    },
    issueSetupCode(nowMs, options) {
      return changer.change(false, { kind: 'system', name: 'gateway' }, (note) => {
        if (Number(users.get()) > 0) return null;
        const live = code.get() as { expires_ms: number } | undefined;
        if (live !== undefined && live.expires_ms > nowMs && options?.replace !== true) return null;
        const text = newCode();
        putCode.run(hashOf(text), Math.round(nowMs) + SETUP_CODE_MS);
        note('setup-code.issue', 'setup-code', null, null);
        return text;
      });
    },
    claimSetupCode(text, nowMs) {
      const offered = hashOf(text);
      return changer.change(false, { kind: 'system', name: 'setup' }, (note) => {
        const live = code.get() as { hash: Buffer; expires_ms: number } | undefined;
        if (live === undefined || live.expires_ms <= nowMs || Number(users.get()) > 0 || !timingSafeEqual(live.hash, offered)) return false;
        dropCode.run();
        note('setup-code.claim', 'setup-code', null, null);
        return true;
      });
    },
    async claimFirstAdmin(text, name, password, nowMs) {
      accountName(name);
      checkStrength(name, password);
      const offered = hashOf(text);
      const live = (): boolean => {
        const row = code.get() as { hash: Buffer; expires_ms: number } | undefined;
        return row !== undefined && row.expires_ms > nowMs && Number(users.get()) === 0 && timingSafeEqual(row.hash, offered);
      };
      // A wrong code costs no hash: this is asked before anybody has an account.
      if (!live()) return null;
      const hash = await makeHash(password);
      return changer.change(false, { kind: 'console', name: 'setup' }, (note) => {
        if (!live()) return null;
        insert.run(name, 'it-admin', Math.round(now()), hash, null);
        dropCode.run();
        note('setup-code.claim', 'setup-code', null, null);
        note('user.add', name, null, { role: 'it-admin' });
        return toRow(find(name));
      });
    },
    async checkPassword(name, password) {
      const row = byName.get(name) as Stored | undefined;
      const known = row !== undefined && mayEnter(row, now());
      return (await fits(password, known ? row.hash : null)) && known ? toRow(row) : null;
    },
    async login(name, password, nowMs, actor) {
      const mostMs = (row: Stored | undefined): number =>
        row?.role === 'it-admin' && row.disabled === 0 && Number(otherAdmins.get(row.name)) === 0 ? ONLY_ADMIN_WAIT_MS : MOST_WAIT_MS;
      const tried = changer.change(false, actor, () => {
        const row = byName.get(name) as Stored | undefined;
        const key = row?.name ?? noName(name);
        const count = (countOf.get(key) as LoginCount | undefined) ?? null;
        const wait = waitMs(count, nowMs, mostMs(row));
        if (wait > 0) return { key, wait, next: null };
        const next = afterTry(count, Math.round(nowMs));
        putCount.run(key, next.fails, next.lastMs);
        return { key, wait: 0, next };
      });
      if (tried.next === null) return { outcome: 'wait', waitMs: tried.wait };
      const row = byName.get(name) as Stored | undefined;
      const known = row !== undefined && mayEnter(row, now());
      const right = await fits(password, known ? row.hash : null).catch((error: unknown) => {
        // never looked at, so it counts for nothing
        uncount.run(tried.key);
        throw error;
      });
      return changer.change(false, actor, (note) => {
        // the account as it is by now: a password changed or an account closed while the old one was being checked must not let anybody in
        const now = byName.get(name) as Stored | undefined;
        if (right && known && now?.hash === row.hash && now.disabled === 0) {
          dropCount.run(tried.key);
          return { outcome: 'ok' as const, user: toRow(now) };
        }
        note('login.fail', row === undefined ? 'unknown account' : row.name, null, { fails: tried.next.fails });
        return { outcome: 'wrong' as const, waitMs: waitMs(tried.next, nowMs, mostMs(row)) };
      });
    },
  };
}

/** A name that is none may be a password typed into the wrong field: only one of 64 numbers is kept of it. */
function noName(name: string): string {
  return `? ${(createHash('sha256').update(name.normalize('NFC').toLowerCase()).digest()[0] ?? 0) & 63}`;
}

/** 100 random bits in Crockford's base32, five groups of four: no letter that reads like another. */
function newCode(): string {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  const letters = Array.from(randomBytes(20), (byte) => alphabet[byte & 31]);
  return letters.join('').replace(/(.{4})(?!$)/g, '$1-');
}

/** The code has 100 bits of its own, so a plain hash keeps it. Case, hyphens and look-alikes are forgiven. */
function hashOf(text: string): Buffer {
  const plain = text.toUpperCase().replace(/[\s-]/g, '').replaceAll('O', '0').replace(/[IL]/g, '1');
  return createHash('sha256').update(plain).digest();
}

/** A one-time password past its hour is no password. */
function mayEnter(row: Stored, nowMs: number): boolean {
  return row.disabled === 0 && (row.one_time_until === null || nowMs < row.one_time_until);
}

function accountName(name: string): string {
  nameText(name);
  if (/[\s:/\\"'<>]/.test(name)) {
    throw new StoreError('bad-value', 'Tên tài khoản không được có khoảng trắng hay dấu đặc biệt.', 'An account name has no spaces or special signs.');
  }
  return name;
}

function toRow(row: Stored): UserRow {
  return { name: row.name, role: row.role, createdMs: row.created_ms, disabled: row.disabled === 1, totp: row.totp === 1, oneTimeUntilMs: row.one_time_until };
}
