/** kill -9 at random instants under write load: the database is whole, roll-ups equal their events, what was answered with "done" is there. */
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, describe, expect, it } from 'vitest';
import { openStore } from '../../src/store/database.js';
import { startChild } from '../support/dist.js';

const SCRIPT = new URL('write-child.mjs', import.meta.url);
const KILLS = 100;
/** Two directories side by side, so that a hundred starts of Node fit into the minute and a half. */
const LANES = 2;

const dirs = Array.from({ length: LANES }, () => mkdtempSync(join(tmpdir(), 'luytre-crash-')));
afterAll(() => dirs.forEach((dir) => rmSync(dir, { recursive: true, force: true })));

let seed = 20_261_123;
function random(below: number): number {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
  return Math.floor((seed / 0x8000_0000) * below);
}

/** Starts a writer, kills it after `afterReadyMs` of work (or `afterStartMs` of life), and gives the last generation it was told. */
async function writeAndKill(dir: string, when: { afterReadyMs: number } | { afterStartMs: number }): Promise<number> {
  const child = startChild(SCRIPT, [dir, String(1 + random(1e9))]);
  let generation = 0;
  const ready = new Promise<void>((resolve) => {
    child.on('message', (message: { type: string; generation?: number }) => {
      if (message.type === 'ready') resolve();
      generation = Math.max(generation, message.generation ?? 0);
    });
  });
  const exited = once(child, 'exit');
  if ('afterStartMs' in when) await wait(when.afterStartMs);
  else {
    await Promise.race([ready, exited]);
    await wait(when.afterReadyMs);
  }
  child.kill('SIGKILL');
  const [, signal] = (await exited) as [number | null, string | null];
  expect(signal).toBe('SIGKILL');
  return generation;
}

/** Everything that must hold after a crash; returns what shows that work was really done. */
function check(dir: string, generation: number): { requests: number; records: number } {
  const store = openStore(dir);
  try {
    expect(store.integrity()).toEqual([]);
    expect(store.events.verify()).toEqual([]);
    const audit = store.audit.verify();
    expect(audit.firstBad).toBe(null);
    expect(store.policies.generation()).toBeGreaterThanOrEqual(generation);
    for (const list of store.policies.lists()) {
      for (const version of store.policies.listVersions(list.name)) expect(store.policies.listEntries(list.name, version.version)).toHaveLength(version.entries);
    }
    return { requests: store.events.days(0, 1e15).reduce((sum, row) => sum + row.requests, 0), records: audit.records };
  } finally {
    store.close();
  }
}

describe('kill -9', () => {
  it(`${KILLS} times under load loses nothing that was answered and breaks nothing`, { timeout: 240_000 }, async () => {
    const started = performance.now();
    let generations = 0;
    const totals = await Promise.all(
      dirs.map(async (dir) => {
        let last = { requests: 0, records: 0 };
        for (let round = 0; round < KILLS / LANES; round++) {
          const generation = await writeAndKill(dir, { afterReadyMs: random(100) });
          generations = Math.max(generations, generation);
          const now = check(dir, generation);
          // Day totals never shrink: a crash takes back nothing that was committed before.
          expect(now.requests).toBeGreaterThanOrEqual(last.requests);
          expect(now.records).toBeGreaterThanOrEqual(last.records);
          last = now;
        }
        return last;
      }),
    );
    const requests = totals.reduce((sum, each) => sum + each.requests, 0);
    console.info(`${KILLS} kills in ${((performance.now() - started) / 1_000).toFixed(0)} s; ${requests} events counted, generation ${generations}`);
    expect(requests).toBeGreaterThan(5_000);
    expect(generations).toBeGreaterThan(10);
  });

  it('while the database is being made leaves a directory that works', { timeout: 120_000 }, async () => {
    let unborn = 0;
    for (let round = 0; round < 12; round++) {
      const dir = mkdtempSync(join(tmpdir(), 'luytre-crash-'));
      dirs.push(dir);
      await writeAndKill(dir, { afterStartMs: 40 + random(160) });
      if (!existsSync(join(dir, 'luytre.db'))) unborn += 1;
      check(dir, 0);
      expect(readdirSync(dir).filter((name) => name.includes('.new-'))).toEqual([]);
    }
    console.info(`${unborn} of 12 were killed before the database had its name`);
  });
});
