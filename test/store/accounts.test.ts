/** Accounts and the setup code: hashes, roles, the last administrator, and a race for the code that one wins. */
import { scryptSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { SETUP_CODE_MS } from '../../src/store/accounts.js';
import { runChild } from '../support/dist.js';
import { ADMIN, codeOf, codeOfAsync, MONDAY_8, storeIn, tempDir, tempStore } from './fixture.js';

const GOOD = 'Con-mèo-ngủ-trên-mái-9';
const OTHER = 'Con-chó-ngủ-dưới-sân-7';

describe('accounts', () => {
  it('open with their password only, and never tell it', async () => {
    const dir = tempDir();
    const store = storeIn(dir);
    const user = await store.accounts.addUser('co-lan', 'it-admin', GOOD, ADMIN);
    expect(user).toEqual({ name: 'co-lan', role: 'it-admin', createdMs: MONDAY_8, disabled: false, totp: false, oneTimeUntilMs: null });
    expect(await store.accounts.checkPassword('co-lan', GOOD)).toEqual(user);
    // The same password typed on a keyboard that composes otherwise.
    expect(await store.accounts.checkPassword('CO-LAN', GOOD.normalize('NFD'))).toEqual(user);
    expect(await store.accounts.checkPassword('co-lan', OTHER)).toBe(null);
    expect(await store.accounts.checkPassword('co-lan', '')).toBe(null);
    expect(await store.accounts.checkPassword('ai-do', GOOD)).toBe(null);
    expect(JSON.stringify([store.accounts.users(), store.audit.list(9)])).not.toMatch(/scrypt|mèo/);
    store.close();
    expect(readFileSync(join(dir, 'luytre.db')).includes(GOOD)).toBe(false);
    expect(readFileSync(join(dir, 'luytre.db')).includes('scrypt$32768$8$3$')).toBe(true);
  });

  it('take as long to refuse an unknown name as a wrong password', async () => {
    const store = tempStore();
    await store.accounts.addUser('co-lan', 'teacher', GOOD, ADMIN);
    const time = async (name: string): Promise<number> => {
      const started = performance.now();
      await store.accounts.checkPassword(name, OTHER);
      return performance.now() - started;
    };
    const [known, unknown] = [await time('co-lan'), await time('ai-do')];
    expect(unknown).toBeGreaterThan(known / 4);
  });

  it.each([
    ['Ngắn-quá-1'], ['toanchuthuong123456!'], ['TOANCHUHOA123456!'], ['Khong-co-chu-so-nao'], ['KhongCoDauGi12345'], ['Mat-khau-cua-co-lan-1'], [`A-1${'x'.repeat(1_100)}`],
  ])('refuse a weak password %#', async (password) => {
    const store = tempStore();
    expect(await codeOfAsync(store.accounts.addUser('co-lan', 'teacher', password, ADMIN))).toBe('weak-password');
    expect(store.accounts.users()).toEqual([]);
  });

  it('are there once, whatever the case; odd names are refused', async () => {
    const store = tempStore();
    await store.accounts.addUser('co-lan', 'teacher', GOOD, ADMIN);
    expect(await codeOfAsync(store.accounts.addUser('Co-Lan', 'teacher', OTHER, ADMIN))).toBe('name-taken');
    for (const name of ['', 'a b', 'a\nb', '<b>', 'a/b']) expect(await codeOfAsync(store.accounts.addUser(name, 'teacher', OTHER, ADMIN)), name).toBe('bad-value');
  });

  it('change role, password, state; a disabled one opens nothing', async () => {
    const store = tempStore();
    await store.accounts.addUser('co-lan', 'it-admin', GOOD, ADMIN);
    await store.accounts.addUser('thay-nam', 'teacher', GOOD, ADMIN);
    expect((await store.accounts.setUser('thay-nam', { role: 'head', password: OTHER }, ADMIN)).role).toBe('head');
    expect(await store.accounts.checkPassword('thay-nam', GOOD)).toBe(null);
    expect((await store.accounts.checkPassword('thay-nam', OTHER))?.role).toBe('head');
    await store.accounts.setUser('thay-nam', { disabled: true }, ADMIN);
    expect(await store.accounts.checkPassword('thay-nam', OTHER)).toBe(null);
    expect(await codeOfAsync(store.accounts.setUser('ai-do', {}, ADMIN))).toBe('unknown-user');
    expect(store.accounts.removeUser('thay-nam', ADMIN)).toBe(true);
    expect(store.accounts.removeUser('thay-nam', ADMIN)).toBe(false);
  });

  it('the last administrator in use stays', async () => {
    const store = tempStore();
    await store.accounts.addUser('co-lan', 'it-admin', GOOD, ADMIN);
    await store.accounts.addUser('thay-nam', 'it-admin', GOOD, ADMIN);
    await store.accounts.setUser('thay-nam', { disabled: true }, ADMIN);
    expect(codeOf(() => store.accounts.removeUser('co-lan', ADMIN))).toBe('last-admin');
    expect(await codeOfAsync(store.accounts.setUser('CO-LAN', { role: 'teacher' }, ADMIN))).toBe('last-admin');
    expect(await codeOfAsync(store.accounts.setUser('co-lan', { disabled: true }, ADMIN))).toBe('last-admin');
    await store.accounts.setUser('thay-nam', { disabled: false }, ADMIN);
    expect(store.accounts.removeUser('co-lan', ADMIN)).toBe(true);
  });

  it('more logins at once than can be hashed are turned away, and the rest go through', async () => {
    const dir = tempDir();
    const store = storeIn(dir);
    await store.accounts.addUser('co-lan', 'teacher', GOOD, ADMIN);
    // A hash of small parameters, so that the twenty-two that get a turn take no seconds.
    const cheap = `scrypt$1024$1$1$c2FsdA$${scryptSync(GOOD.normalize('NFC'), 'salt', 32, { N: 1_024, r: 1, p: 1 }).toString('base64url')}`;
    const db = new Database(join(dir, 'luytre.db'));
    db.prepare('UPDATE user SET hash = ?').run(cheap);
    db.close();
    const results = await Promise.all(Array.from({ length: 40 }, () => codeOfAsync(store.accounts.checkPassword('co-lan', GOOD))));
    expect(results.filter((code) => code === 'busy')).toHaveLength(18);
    expect(results.filter((code) => code === 'none')).toHaveLength(22);
    expect(await store.accounts.checkPassword('co-lan', GOOD)).not.toBe(null);
  });
});

describe('the setup code', () => {
  it('is issued once while it lives, forgives how it is typed, and works once', () => {
    const store = tempStore();
    const code = store.accounts.issueSetupCode(MONDAY_8) ?? '';
    expect(code).toMatch(/^(?:[0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}$/);
    expect(store.accounts.issueSetupCode(MONDAY_8 + 1)).toBe(null);
    expect(store.accounts.claimSetupCode('0000-0000-0000-0000-0000', MONDAY_8)).toBe(false);
    expect(store.accounts.claimSetupCode(code.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l'), MONDAY_8)).toBe(true);
    expect(store.accounts.claimSetupCode(code, MONDAY_8)).toBe(false);
  });

  it('dies after an hour, and a restart issues another', () => {
    const dir = tempDir();
    const first = storeIn(dir).accounts.issueSetupCode(MONDAY_8) ?? '';
    const store = storeIn(dir);
    expect(store.accounts.claimSetupCode(first, MONDAY_8 + SETUP_CODE_MS)).toBe(false);
    const second = store.accounts.issueSetupCode(MONDAY_8 + SETUP_CODE_MS) ?? '';
    expect(second).not.toBe(first);
    expect(store.accounts.claimSetupCode(second, MONDAY_8 + SETUP_CODE_MS + 1)).toBe(true);
  });

  it('gives way to a new one when asked to, and lies in the file as a hash', () => {
    const dir = tempDir();
    const store = storeIn(dir);
    const first = store.accounts.issueSetupCode(MONDAY_8) ?? '';
    const second = store.accounts.issueSetupCode(MONDAY_8, { replace: true }) ?? '';
    expect(store.accounts.claimSetupCode(first, MONDAY_8)).toBe(false);
    store.close();
    const bytes = readFileSync(join(dir, 'luytre.db'));
    for (const code of [first, second]) expect([bytes.includes(code), bytes.includes(code.replaceAll('-', ''))]).toEqual([false, false]);
    expect(storeIn(dir).accounts.claimSetupCode(second, MONDAY_8)).toBe(true);
  });

  it('is worth nothing once there is an account', async () => {
    const store = tempStore();
    const code = store.accounts.issueSetupCode(MONDAY_8) ?? '';
    await store.accounts.addUser('co-lan', 'it-admin', GOOD, ADMIN);
    expect(store.accounts.claimSetupCode(code, MONDAY_8)).toBe(false);
    expect(store.accounts.issueSetupCode(MONDAY_8 + 2 * SETUP_CODE_MS)).toBe(null);
  });

  it('of fifty claims in five processes at once, one wins', async () => {
    const dir = tempDir();
    const store = storeIn(dir);
    for (let round = 0; round < 2; round++) {
      const code = store.accounts.issueSetupCode(Date.now()) ?? '';
      const begin = String(Date.now() + 1_500);
      const wins = await Promise.all(Array.from({ length: 5 }, () => runChild(new URL('claim-child.mjs', import.meta.url), [dir, code, '10', begin])));
      expect(wins.reduce((sum, text) => sum + Number(text), 0)).toBe(1);
    }
    expect(store.audit.verify().firstBad).toBe(null);
  });
});
