/** What the tests of tls/ share: a school's wish, a folder that ends with the test, openssl as a second reader. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import type { CaWish } from '../../src/tls/ca-certificate.js';

export const NOW = Date.now();

export function wish(more: Partial<CaWish> = {}): CaWish {
  return { school: 'Trường THCS Lũy Tre', excluded: ['bank.test', 'mail.suite.test'], addresses: ['192.0.2.7', '2001:db8::7'], nowMs: NOW, ...more };
}

/** A data directory (0700) that ends with the test file. */
export function dataFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'luytre-ca-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export function openssl(args: readonly string[], input?: string): string {
  return execFileSync('openssl', args, { encoding: 'utf8', ...(input === undefined ? {} : { input }), stdio: ['pipe', 'pipe', 'pipe'] });
}

/** What openssl says of a leaf under a CA: `OK`, or its reason. */
export function verify(folder: string, ca: string, leaf: string, ...args: string[]): string {
  const caFile = join(folder, 'verify-ca.crt');
  const leafFile = join(folder, 'verify-leaf.crt');
  writeFileSync(caFile, ca);
  writeFileSync(leafFile, leaf);
  const run = spawnSync('openssl', ['verify', '-x509_strict', '-purpose', 'sslserver', '-CAfile', caFile, ...args, leafFile], { encoding: 'utf8' });
  return run.status === 0 ? 'OK' : `${run.stdout}${run.stderr}`;
}
