/** The shipped never-decrypt list, read whole or not at all. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { certsDir } from '../../src/installed.js';
import { AuthorityError } from '../../src/tls/authority-error.js';
import { createNeverDecrypt, loadNeverDecrypt } from '../../src/tls/never-decrypt.js';

describe('never-decrypt', () => {
  const shipped = loadNeverDecrypt(join(certsDir(), 'never-decrypt.txt'));

  it('reads the shipped list', () => {
    expect(shipped.entries.length).toBeGreaterThan(200);
    expect(shipped.names).toContain('vietcombank.com.vn');
    expect(shipped.names).toContain('mail.google.com');
    expect(shipped.names.some((name) => /[=*/]/.test(name))).toBe(false);
  });

  it('leaves out of the constraints what another covers', () => {
    for (const name of shipped.names) {
      for (let dot = name.indexOf('.'); dot !== -1; dot = name.indexOf('.', dot + 1)) expect(shipped.names).not.toContain(name.slice(dot + 1));
    }
  });

  it('knows a name with what lies below it, and an exact one alone', () => {
    const never = createNeverDecrypt(shipped.entries);
    for (const host of ['vietcombank.com.vn', 'www.vietcombank.com.vn', 'mail.google.com', 'accounts.google.com', 'tongdai111.vn']) expect(never(host), host).toBe(true);
    for (const host of ['google.com', 'docs.google.com', 'a.mail.google.com', 'xvietcombank.com.vn', 'hitclub.com', 'com.vn']) expect(never(host), host).toBe(false);
  });

  it('refuses half a list', () => {
    const dir = mkdtempSync(join(tmpdir(), 'luytre-never-'));
    const file = join(dir, 'n.txt');
    for (const text of ['ok.vn\nkhông phải tên\n', 'ok.vn/duong-dan\n']) {
      writeFileSync(file, text);
      expect(() => loadNeverDecrypt(file)).toThrow(AuthorityError);
    }
    expect(() => loadNeverDecrypt(join(dir, 'none'))).toThrow(AuthorityError);
    rmSync(dir, { recursive: true });
  });
});
