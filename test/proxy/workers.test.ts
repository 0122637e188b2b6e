import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import net, { type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { EventNote } from '../../src/activity/event.js';
import type { Fields, Log } from '../../src/log.js';
import { createWorkerPool, type WorkerPool, type WorkerPoolOptions } from '../../src/proxy/workers.js';
import { policyData } from '../policy/fixture.js';
import { waitFor } from '../support/tunnel-rig.js';
import { wireSettings } from '../support/wire-settings.js';

const FAKE = new URL('../support/fake-worker.mjs', import.meta.url);
const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface Rig {
  readonly pool: WorkerPool;
  readonly lines: { readonly message: string; readonly fields: Fields | undefined }[];
  readonly events: { notes: readonly EventNote[]; dropped: number }[];
  diary(): string;
}

function startPool(mode: string, patch: Partial<WorkerPoolOptions> & { readonly port?: number } = {}): Rig {
  const dir = mkdtempSync(join(tmpdir(), 'luytre-pool-'));
  cleanups.push(() => rmSync(dir, { recursive: true }));
  const file = join(dir, 'diary');
  writeFileSync(file, '');
  const lines: { message: string; fields: Fields | undefined }[] = [];
  const note = (message: string, fields?: Fields): number => lines.push({ message, fields });
  const log: Log = { info: note, warn: note, error: note };
  const events: { notes: readonly EventNote[]; dropped: number }[] = [];
  const { port = 0, ...rest } = patch;
  const pool = createWorkerPool({
    count: 2, settings: wireSettings({ port, transparentPort: 0, instanceId: `${mode}|${file}` }), policy: policyData([], { generation: 1 }),
    deviceKey: new Uint8Array(32), onEvents: (notes, dropped) => events.push({ notes, dropped }), log, entry: FAKE, ...rest,
  });
  cleanups.push(() => pool.stop(0));
  return { pool, lines, events, diary: () => readFileSync(file, 'utf8') };
}

const generation = (n: number): ReturnType<typeof policyData> => policyData([], { generation: n });

describe('the pool', () => {
  it('gives the second thread the port the first one found', async () => {
    const { pool, diary } = startPool('good');
    await pool.listening();
    expect(pool.ports()).toEqual({ proxy: 40_000, transparent: 40_001 });
    expect(pool.alive()).toBe(2);
    expect(diary()).toContain('born 0 port=0');
    expect(diary()).toContain('born 1 port=40000');
  });

  it('resolves a policy when every thread has it', async () => {
    const { pool, diary } = startPool('good');
    await pool.listening();
    await pool.setPolicy(generation(2));
    expect(diary()).toContain('policy 0');
    expect(diary()).toContain('policy 1');
  });

  it('a thread that dies is replaced at once, born with the latest policy, and its message is not logged', async () => {
    const { pool, lines, diary } = startPool('die-once');
    await pool.listening();
    await pool.setPolicy(generation(2));
    await waitFor(() => (diary().match(/born \d port=40000 generation=2/g)?.length ?? 0) === 2 && pool.alive() === 2);
    const text = JSON.stringify(lines);
    expect(text).toContain('TypeError');
    expect(text).toContain('fake-worker');
    expect(text).not.toContain('203.0.113.7');
    await pool.setPolicy(generation(3));
    expect(pool.alive()).toBe(2);
  });

  it('deals out the handles of a handed-over socket; the successor of a dead thread gets a fresh one', async () => {
    const { pool, diary } = startPool('die-once', { handed: [[3, 4, 5, 6]] });
    await pool.listening();
    expect(diary()).toMatch(/born 0 .* fds=3\n[^]*born 1 .* fds=4\n/);
    await pool.setPolicy(generation(2));
    await waitFor(() => /generation=2 fds=5\n/.test(diary()) && /generation=2 fds=6\n/.test(diary()));
  });

  it('says so when nobody accepts on a handed-over socket any more, once', async () => {
    let lost = 0;
    const { pool, lines } = startPool('die-once', { handed: [[3, 4]], onLost: () => lost++ });
    await pool.listening();
    await pool.setPolicy(generation(2));
    await waitFor(() => lost > 0);
    await waitFor(() => pool.alive() === 2);
    expect(lost).toBe(1);
    expect(lines.map((line) => line.message)).toContain('nobody accepts on the transparent socket any more');
  });

  it('waits longer and longer for a thread that can\'t be born', async () => {
    const { pool, lines, diary } = startPool('die-at-birth', { count: 1 });
    pool.listening().catch(() => undefined);
    await waitFor(() => (diary().match(/born/g)?.length ?? 0) >= 4);
    const waits = lines.map((line) => line.fields?.ms).filter((ms) => ms !== undefined);
    expect(waits.slice(0, 3)).toEqual([100, 200, 400]);
  });

  it('a thread that does not answer is ended and replaced; the other goes on', async () => {
    const { pool, lines, diary } = startPool('hang', { watchdogMs: 500 });
    await pool.listening();
    const applied = pool.setPolicy(generation(2));
    await waitFor(() => lines.some((line) => line.message.includes('does not answer')));
    await applied;
    // Its successor is born with generation 2 and is not told of it again.
    await waitFor(() => diary().includes('born 0 port=40000 generation=2') && pool.alive() === 2);
    expect(lines.filter((line) => line.message.includes('does not answer')).map((line) => line.fields?.worker)).toEqual([0]);
  });

  it('a thread that is slow to start is waited for, not killed at birth', async () => {
    const { pool, diary } = startPool('slow-birth', { watchdogMs: 300 });
    await pool.listening();
    expect(pool.alive()).toBe(2);
    expect(diary().match(/born/g)).toHaveLength(2);
  });

  it('a policy that a thread can\'t take in time does not hold up the gateway', async () => {
    const { pool } = startPool('hang');
    await pool.listening();
    const startMs = performance.now();
    await pool.setPolicy(generation(2));
    expect(performance.now() - startMs).toBeLessThan(10_000);
  });

  it('knows how the threads are', async () => {
    const { pool } = startPool('good', { watchdogMs: 200 });
    await pool.listening();
    await waitFor(() => pool.health().every((h) => h.connections === 3));
    expect(pool.health()).toEqual([{ id: 0, listening: true, connections: 3, tunnels: 2 }, { id: 1, listening: true, connections: 3, tunnels: 2 }]);
  });

  it('takes the last events when it stops, and does not wait for the deaf', async () => {
    const { pool, events, diary } = startPool('good');
    await pool.listening();
    pool.setNeighbours(new Map([['10.0.0.1', 'aa:bb:cc:dd:ee:ff']]));
    pool.setDeviceKey(new Uint8Array(32));
    await pool.stop(5_000);
    expect(events).toEqual([{ notes: [], dropped: 7 }, { notes: [], dropped: 7 }]);
    for (const told of ['neighbours 0', 'device-key 1', 'drain 0']) expect(diary()).toContain(told);
    const deaf = startPool('deaf');
    await deaf.pool.listening();
    const startMs = performance.now();
    await deaf.pool.stop(200);
    expect(performance.now() - startMs).toBeLessThan(2_000);
    expect(deaf.pool.alive()).toBe(0);
  });
});

describe('a port that is taken', () => {
  it('by another program: refused by name and number before a thread is born', async () => {
    const other = net.createServer();
    await new Promise<void>((resolve) => other.listen({ port: 0, host: '127.0.0.1', reusePort: true }, resolve));
    cleanups.push(() => new Promise<void>((resolve) => other.close(() => resolve())));
    const { port } = other.address() as AddressInfo;
    const { pool } = startPool('good', { port });
    await expect(pool.listening()).rejects.toMatchObject({ code: 'EADDRINUSE', port });
    expect(pool.health()).toEqual([]);
  });

  it('found by the thread itself', async () => {
    const { pool } = startPool('no-port');
    await expect(pool.listening()).rejects.toMatchObject({ code: 'EADDRINUSE' });
  });
});
