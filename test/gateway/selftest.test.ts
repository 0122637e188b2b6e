/** `luytre selftest` as somebody runs it on a new machine, beside a gateway or without one. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../support/gateway.js';

describe('selftest', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'luytre-selftest-test-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it('passes here, touches no data of the school, leaves nothing behind', { timeout: 120_000 }, async () => {
    const { code, out, err } = await runCli(['selftest', '--json', '--lang', 'en', '--data', join(dir, 'data')], { env: { TMPDIR: dir } });
    expect(out.trim().split('\n').map((line) => JSON.parse(line) as { check: string; status: string }).map(({ check, status }) => `${check} ${status}`)).toEqual(
      ['start', 'block', 'connect', 'unlisted', 'change', 'framing', 'private', 'forward', 'pac', 'console', 'stop', 'privacy'].map((check) => `${check} ok`),
    );
    expect([code, err]).toEqual([0, '']);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('says in one sentence where it can make no place of its own', async () => {
    const { code, out, err } = await runCli(['selftest', '--lang', 'en'], { env: { TMPDIR: '/proc' } });
    expect([code, out]).toEqual([1, '']);
    expect(err).toMatch(/^luytre: [^\n]+\.\n$/);
  });
});
