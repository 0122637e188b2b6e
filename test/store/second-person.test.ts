/** Who makes the second person: decision 0010 is worth nothing where the first one holds both passwords. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/database.js';
import type { Role, Store } from '../../src/store/rows.js';

const ADMIN = { kind: 'console', name: 'quantri' } as const;
const TOKEN = { kind: 'console', name: 'quantri (token 1)' } as const;
const MACHINE = { kind: 'cli', name: 'root' } as const;
const PASSWORD = 'Con tre xanh 2026!';
const OTHER = 'Mot mat khau khac 7!';

describe('heads and counsellors', () => {
  let dir: string;
  let store: Store;
  const add = (name: string, role: Role, actor: typeof ADMIN | typeof MACHINE = MACHINE) => store.accounts.addUser(name, role, PASSWORD, actor);
  const refuses = async (work: () => unknown): Promise<void> => {
    let error: unknown = null;
    try {
      await work();
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'second-person', vi: expect.stringMatching(/ngay trên máy cổng lọc/) as string });
  };

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'luytre-second-'));
    store = openStore(join(dir, 'data'));
    await add('quantri', 'it-admin');
    await add('co-lan', 'teacher');
    await add('tu-van', 'counsellor');
  });
  afterEach(() => {
    store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('the first head comes from the console, and is the administrator’s to put right until they have a password of their own', async () => {
    store.accounts.addPrepared(await store.accounts.prepareUser('hieu-truong', 'head', PASSWORD, Date.now() + 60_000), ADMIN);
    await store.accounts.setUser('hieu-truong', { password: OTHER, oneTimeUntilMs: Date.now() + 60_000 }, ADMIN);
    await store.accounts.setUser('hieu-truong', { password: PASSWORD }, { kind: 'console', name: 'hieu-truong' });
    await refuses(() => store.accounts.setUser('hieu-truong', { password: OTHER, oneTimeUntilMs: Date.now() + 60_000 }, ADMIN));
  });

  it('from then on no administrator at the console, and no token, makes, resets, closes or removes one', async () => {
    await add('hieu-truong', 'head');
    store.secondFactor.enrol('hieu-truong', 'SECRET', 1, [], { kind: 'console', name: 'hieu-truong' });
    for (const actor of [ADMIN, TOKEN]) {
      await refuses(() => store.accounts.addUser('hieu-pho', 'head', PASSWORD, actor));
      await refuses(() => store.accounts.setUser('hieu-truong', { password: OTHER }, actor));
      await refuses(() => store.accounts.setUser('hieu-truong', { disabled: true }, actor));
      await refuses(() => store.accounts.setUser('co-lan', { role: 'head' }, actor));
      await refuses(() => store.accounts.setRole('hieu-truong', 'teacher', actor));
      await refuses(() => store.accounts.removeUser('hieu-truong', actor));
      await refuses(() => store.secondFactor.reset('hieu-truong', actor));
      // nor gets into a counsellor's account
      await refuses(() => store.accounts.addUser('tu-van-2', 'counsellor', PASSWORD, actor));
      await refuses(() => store.accounts.setUser('tu-van', { password: OTHER }, actor));
      await refuses(() => store.accounts.setRole('co-lan', 'counsellor', actor));
    }
    expect(store.accounts.users().map(({ name, role, totp }) => `${name} ${role} ${String(totp)}`)).toEqual(['quantri it-admin false', 'co-lan teacher false', 'tu-van counsellor false', 'hieu-truong head true']);
  });

  it('what lets nobody in stays with the administrator, one’s own account with its owner, and all of it with the machine', async () => {
    await add('hieu-truong', 'head');
    expect((await store.accounts.setUser('tu-van', { disabled: true }, ADMIN)).disabled).toBe(true);
    await refuses(() => store.accounts.setUser('tu-van', { disabled: false }, ADMIN));
    expect((await store.accounts.setUser('co-lan', { password: OTHER }, ADMIN)).name).toBe('co-lan');
    await store.accounts.setUser('hieu-truong', { password: OTHER }, { kind: 'console', name: 'hieu-truong' });
    await store.accounts.setUser('hieu-truong', { password: PASSWORD }, MACHINE);
    expect(store.secondFactor.reset('hieu-truong', MACHINE)).toBe(false);
    await add('hieu-pho', 'head');
    expect(store.accounts.removeUser('hieu-truong', MACHINE)).toBe(true);
  });
});
