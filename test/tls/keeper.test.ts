/** What the running gateway makes of the CA's files as they come, change, break and go. */
import { chmodSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../src/local-time.js';
import { certsDir } from '../../src/installed.js';
import { caFolder, initAuthority, OVERLAP_DAYS, rotateAuthority } from '../../src/tls/authority.js';
import { createAuthorityKeeper, type AuthorityKeeper } from '../../src/tls/keeper.js';
import { dataFolder, NOW, wish } from './fixture.js';

const LIST = join(certsDir(), 'never-decrypt.txt');

function keeper(dataDir: string, neverDecryptFile = LIST, exceptions?: () => readonly string[]): { keeper: AuthorityKeeper; faults: string[] } {
  const faults: string[] = [];
  return { keeper: createAuthorityKeeper({ dataDir, neverDecryptFile, ...(exceptions === undefined ? {} : { exceptions }), onFault: (code) => faults.push(code) }), faults };
}

describe('keeper', () => {
  it('finds a CA made while it runs, and its going', () => {
    const data = dataFolder();
    const { keeper: kept, faults } = keeper(data);
    expect(kept.refresh(NOW)).toBe(false);
    expect(kept.signing()).toBeNull();
    const made = initAuthority(data, wish());
    expect(kept.refresh(NOW)).toBe(true);
    expect(kept.signing()?.authority.fingerprint).toBe(made.issuing.fingerprint);
    expect(kept.signing()?.neverDecrypt).toContain('vietcombank.com.vn');
    expect(kept.refresh(NOW)).toBe(false);
    rmSync(caFolder(data), { recursive: true });
    expect(kept.refresh(NOW)).toBe(true);
    expect(kept.signing()).toBeNull();
    expect(faults).toEqual([]);
  });

  it('goes over to the new one when the overlap ends, by the clock alone', () => {
    const data = dataFolder();
    const old = initAuthority(data, wish());
    const { keeper: kept } = keeper(data);
    kept.refresh(NOW);
    const made = rotateAuthority(data, wish(), false);
    expect(kept.refresh(NOW)).toBe(true);
    expect(kept.signing()?.authority.fingerprint).toBe(old.issuing.fingerprint);
    expect(kept.authority()?.next?.issuing.fingerprint).toBe(made.issuing.fingerprint);
    expect(kept.refresh(NOW + (OVERLAP_DAYS - 1) * DAY_MS)).toBe(false);
    expect(kept.refresh(NOW + (OVERLAP_DAYS + 1) * DAY_MS)).toBe(true);
    expect(kept.signing()?.authority.fingerprint).toBe(made.issuing.fingerprint);
    expect(kept.authority()?.next).toBeNull();
  });

  it('switches off what it can’t trust, tells it once, and comes back when it is put right', () => {
    const data = dataFolder();
    initAuthority(data, wish());
    const { keeper: kept, faults } = keeper(data);
    kept.refresh(NOW);
    chmodSync(join(caFolder(data), 'current.pem'), 0o644);
    expect(kept.refresh(NOW)).toBe(true);
    expect(kept.signing()).toBeNull();
    for (let i = 1; i < 20; i++) kept.refresh(NOW + i * 5_000);
    expect(faults).toEqual(['file-mode']);
    chmodSync(join(caFolder(data), 'current.pem'), 0o600);
    expect(kept.refresh(NOW)).toBe(true);
    expect(kept.signing()).not.toBeNull();
  });

  it('switches off when it has run out', () => {
    const data = dataFolder();
    const made = initAuthority(data, wish());
    const { keeper: kept, faults } = keeper(data);
    kept.refresh(NOW);
    expect(kept.refresh(made.issuing.notAfterMs)).toBe(true);
    expect(kept.signing()).toBeNull();
    expect(faults).toEqual(['expired']);
  });

  it('takes up what the school excepts, each time it changes, with a CA or before there is one', () => {
    const data = dataFolder();
    let excepted: readonly string[] = ['app.test'];
    const { keeper: kept, faults } = keeper(data, LIST, () => {
      if (excepted.length > 9) throw new Error('the store is locked');
      return excepted;
    });
    expect(kept.refresh(NOW)).toBe(false);
    initAuthority(data, wish());
    expect(kept.refresh(NOW)).toBe(true);
    expect(kept.signing()?.neverDecrypt).toEqual(expect.arrayContaining(['vietcombank.com.vn', 'app.test']));
    expect(kept.refresh(NOW)).toBe(false);
    excepted = ['app.test', '=hai.test'];
    expect(kept.refresh(NOW)).toBe(true);
    expect(kept.signing()?.neverDecrypt).toContain('=hai.test');
    // a list that can't be read now opens nothing that was excepted
    excepted = Array.from({ length: 10 }, () => 'x.test');
    expect(kept.refresh(NOW)).toBe(false);
    expect(kept.signing()?.neverDecrypt).toContain('=hai.test');
    expect(faults).toEqual(['exceptions']);
    excepted = [];
    expect(kept.refresh(NOW)).toBe(true);
    expect(kept.signing()?.neverDecrypt).not.toContain('app.test');
    expect(kept.signing()?.neverDecrypt).toContain('vietcombank.com.vn');
  });

  it('signs nothing without the never-decrypt list', () => {
    const data = dataFolder();
    initAuthority(data, wish());
    const { keeper: kept, faults } = keeper(data, join(data, 'none.txt'));
    kept.refresh(NOW);
    expect(kept.signing()).toBeNull();
    expect(faults).toEqual(['never-decrypt']);
  });
});
