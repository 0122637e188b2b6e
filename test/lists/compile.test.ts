import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureIndex, fingerprintOf, packContent, prepareIndex, type CompiledIndex } from '../../src/lists/compile.js';
import { entriesOf } from '../../src/lists/build-index.js';
import { withCompileLock } from '../../src/lists/compile-lock.js';
import { cleanIndexes, indexFolder, indexPath, loadIndex, WRITE_STEPS, writeIndex } from '../../src/lists/index-file.js';
import { createIndexBuilder } from '../../src/matching/host-index-build.js';
import { openIndex, type IndexImage } from '../../src/matching/host-index.js';
import type { NewList } from '../../src/store/rows.js';
import { ACTOR, createPlace, NOW, type Place } from './fixture.js';

let place: Place;
beforeEach(() => {
  place = createPlace();
});
afterEach(() => place.close());

const DIST = join(import.meta.dirname, '../../dist');

function meta(name: string): NewList {
  return { name, role: 'category', category: 'cobac', profiles: null, shield: false, origin: 'imported', source: '', license: null };
}

function put(name: string, entries: string[]): void {
  place.store.policies.putList(meta(name), 'v', entries, NOW, ACTOR);
}

/** Names of the lists that claim a host, by the image and the lists it was built from. */
function claims(index: CompiledIndex, host: string): string[] {
  const found = openIndex(index);
  const out = new Int32Array(256);
  const names = new Set<string>();
  for (let i = 0; i < found.match(host, out); i++) for (const { list } of found.posting(out[i * 2 + 1] ?? 0)) names.add(index.lists[list]?.name ?? '?');
  return [...names].sort();
}

function tiny(host: string): IndexImage {
  const builder = createIndexBuilder(1);
  builder.add(0, host);
  return builder.finish();
}

describe('ensureIndex', () => {
  it('compiles all lists, writes the index once and loads it after', async () => {
    put('zebra', ['a.example.org', '=b.example.org', '*.c.example.org', 'd.example.org/bad', '192.0.2.7']);
    put('adam', ['a.example.org', 'e.example.org']);
    let progress = 0;
    const first = await ensureIndex(place.store, place.dataDir, { onProgress: (done) => (progress = done) });
    expect(progress).toBe(7);
    expect(first.lists.map(({ name }) => name)).toEqual(['adam', 'zebra']);
    for (const index of [first, await ensureIndex(place.store, place.dataDir, { onProgress: () => expect.unreachable() })]) {
      expect(claims(index, 'a.example.org')).toEqual(['adam', 'zebra']);
      expect(claims(index, 'x.e.example.org')).toEqual(['adam']);
      expect(claims(index, 'b.example.org')).toEqual(['zebra']);
      expect(claims(index, 'x.c.example.org')).toEqual(['zebra']);
      expect(claims(index, '192.0.2.7')).toEqual(['zebra']);
      expect(claims(index, 'example.org')).toEqual([]);
    }
    const file = indexPath(place.dataDir, first.fingerprint);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(indexFolder(place.dataDir)).mode & 0o777).toBe(0o700);
  });

  it('works with no list at all', async () => {
    const index = await ensureIndex(place.store, place.dataDir);
    expect(openIndex(index).size).toBe(0);
  });

  it.each([
    ['cut short', (whole: Buffer) => whole.subarray(0, whole.length - 9)],
    ['empty', () => Buffer.alloc(0)],
    ['one bit off', (whole: Buffer) => Buffer.from(whole.map((byte, at) => (at === whole.length >> 1 ? byte ^ 1 : byte)))],
    ['something else', () => Buffer.from('not an index at all, but long enough to be read as one '.repeat(20))],
  ])('compiles again when the file is %s', async (_what, damage) => {
    put('one', Array.from({ length: 500 }, (_, i) => `h${i}.example.org`));
    const first = await ensureIndex(place.store, place.dataDir);
    const file = indexPath(place.dataDir, first.fingerprint);
    writeFileSync(file, damage(readFileSync(file)));
    expect(await loadIndex(place.dataDir, first.fingerprint)).toBeNull();
    const again = await ensureIndex(place.store, place.dataDir);
    expect(claims(again, 'h7.example.org')).toEqual(['one']);
    expect(await loadIndex(place.dataDir, first.fingerprint)).not.toBeNull();
  });

  it('goes on filtering when the index cannot be written', async () => {
    put('one', ['a.example.org']);
    writeFileSync(indexFolder(place.dataDir), 'a file where the folder should be');
    const problems: string[] = [];
    const index = await ensureIndex(place.store, place.dataDir, { onProblem: ({ code }) => problems.push(code) });
    expect(claims(index, 'a.example.org')).toEqual(['one']);
    expect(problems).toEqual(['index-unwritable']);
  });

  it('has the index of the future set ready before a change is made', async () => {
    put('one', ['a.example.org']);
    const entries = ['x.example.net', 'y.example.net'];
    const content = packContent(entries);
    await prepareIndex(place.store, place.dataDir, { kind: 'put', name: 'two', content });
    place.store.policies.putList(meta('two'), 'v', entries, NOW, ACTOR);
    const never = { onProgress: () => expect.unreachable() };
    expect(claims(await ensureIndex(place.store, place.dataDir, never), 'y.example.net')).toEqual(['two']);

    place.store.policies.putList(meta('two'), 'w', ['z.example.net'], NOW + 1, ACTOR);
    await prepareIndex(place.store, place.dataDir, { kind: 'version', name: 'two', version: 'v' });
    place.store.policies.rollbackList('two', ACTOR);
    expect(claims(await ensureIndex(place.store, place.dataDir, never), 'y.example.net')).toEqual(['two']);

    await prepareIndex(place.store, place.dataDir, { kind: 'remove', name: 'two' });
    place.store.policies.removeList('two', ACTOR);
    expect(claims(await ensureIndex(place.store, place.dataDir, never), 'y.example.net')).toEqual([]);
  });

  it('names a content as the store does', () => {
    const entries = Array.from({ length: 10_000 }, (_, i) => `h${i}.example.org`).sort();
    put('one', entries);
    const content = packContent(entries);
    expect(place.store.policies.lists()[0]?.current.sha256).toBe(content.sha256);
    expect([...entriesOf(content.bytes)]).toEqual(entries);
    expect([...entriesOf(packContent([]).bytes)]).toEqual([]);
  });

  it('has a fingerprint of names and contents only', () => {
    const a = { name: 'a', sha256: '1' };
    const b = { name: 'b', sha256: '2' };
    expect(fingerprintOf([a, b])).toBe(fingerprintOf([b, a]));
    expect(fingerprintOf([a, b])).not.toBe(fingerprintOf([{ ...a, name: 'c' }, b]));
    expect(fingerprintOf([a, b])).not.toBe(fingerprintOf([a, { ...b, sha256: '3' }]));
  });
});

describe('the index file', () => {
  it('keeps the current file and three more, and clears leftovers', async () => {
    const fingerprints = Array.from({ length: 6 }, (_, i) => `${i}`.repeat(32));
    for (const [i, fingerprint] of fingerprints.entries()) {
      await writeIndex(place.dataDir, fingerprint, tiny(`h${i}.example.org`));
      utimesSync(indexPath(place.dataDir, fingerprint), i, i);
    }
    writeFileSync(join(indexFolder(place.dataDir), 'x.idx.1.tmp'), 'leftover');
    writeFileSync(join(indexFolder(place.dataDir), 'y.idx.1.tmp'), 'being written');
    utimesSync(join(indexFolder(place.dataDir), 'x.idx.1.tmp'), 1, 1);
    await cleanIndexes(place.dataDir, fingerprints[0] ?? '', Date.now());
    expect(readdirSync(indexFolder(place.dataDir)).sort()).toEqual([0, 3, 4, 5].map((i) => `${fingerprints[i]}.idx`).concat('y.idx.1.tmp'));
  });

  // The very program that ships, killed for real; `npm test` builds it first.
  it.each(WRITE_STEPS)('survives a power cut after "%s"', async (step) => {
    const fingerprint = 'f'.repeat(32);
    const script = `
      import { writeIndex } from ${JSON.stringify(`file://${DIST}/lists/index-file.js`)};
      import { createIndexBuilder } from ${JSON.stringify(`file://${DIST}/matching/host-index-build.js`)};
      const builder = createIndexBuilder(10);
      builder.add(0, process.argv[1]);
      await writeIndex(${JSON.stringify(place.dataDir)}, ${JSON.stringify(fingerprint)}, builder.finish(), (now) => {
        if (now === process.argv[2]) process.kill(process.pid, 'SIGKILL');
      });`;
    const run = (host: string, kill: string): NodeJS.Signals | null => spawnSync(process.execPath, ['--input-type=module', '-e', script, host, kill]).signal;
    const reached = ['renamed', 'folder-synced'].includes(step);
    for (const before of [false, true]) {
      if (before) expect(run('old.example.org', 'never')).toBeNull();
      expect(run('new.example.org', step)).toBe('SIGKILL');
      const image = await loadIndex(place.dataDir, fingerprint);
      const found = image === null ? null : openIndex(image);
      const out = new Int32Array(256);
      const has = (host: string): boolean => found !== null && found.match(host, out) > 0;
      // Old or new, never mixed; nothing where there was nothing and the new one had no name yet.
      expect([has('old.example.org'), has('new.example.org')]).toEqual(reached ? [false, true] : [before, false]);
    }
  });

  it('is compiled off the main thread by the built program', () => {
    put('big', Array.from({ length: 30_000 }, (_, i) => `h${i}.example.org`).sort());
    const script = `
      import { ensureIndex } from ${JSON.stringify(`file://${DIST}/lists/compile.js`)};
      import { openStore } from ${JSON.stringify(`file://${DIST}/store/database.js`)};
      import { openIndex } from ${JSON.stringify(`file://${DIST}/matching/host-index.js`)};
      const store = openStore(${JSON.stringify(place.dataDir)});
      let beats = 0, longest = 0, last = performance.now();
      const beat = setInterval(() => { const now = performance.now(); longest = Math.max(longest, now - last); last = now; beats++; }, 5);
      const index = await ensureIndex(store, ${JSON.stringify(place.dataDir)}, { thread: true });
      clearInterval(beat);
      store.close();
      console.log(JSON.stringify({ size: openIndex(index).size, beats, lists: index.lists.length }));`;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    expect(stderr).toBe('');
    const told = JSON.parse(stdout) as { size: number; beats: number; lists: number };
    expect(told).toMatchObject({ size: 30_000, lists: 1 });
    // The clock of the main thread went on while the index was built.
    expect(told.beats).toBeGreaterThan(2);
  });
});

describe('the compile lock', () => {
  const lock = (): string => join(indexFolder(place.dataDir), 'compile.lock');
  const never = (): Promise<null> => Promise.resolve(null);

  it('lets one work and gives the others its result', async () => {
    let working = 0;
    let most = 0;
    let made: string | null = null;
    const work = async (): Promise<string> => {
      most = Math.max(most, ++working);
      await new Promise((resolve) => setTimeout(resolve, 150));
      working--;
      return (made = 'made');
    };
    const results = await Promise.all(Array.from({ length: 5 }, () => withCompileLock(place.dataDir, () => Promise.resolve(made), work)));
    expect(results).toEqual(Array.from({ length: 5 }, () => 'made'));
    expect(most).toBe(1);
    expect(existsSync(lock())).toBe(false);
  });

  it('passes over the lock of a process that is gone, and one that was not touched', async () => {
    await withCompileLock(place.dataDir, never, () => Promise.resolve(1));
    const dead = spawnSync(process.execPath, ['-e', '']).pid;
    writeFileSync(lock(), String(dead));
    expect(await withCompileLock(place.dataDir, never, () => Promise.resolve(2))).toBe(2);
    writeFileSync(lock(), String(process.pid));
    utimesSync(lock(), 1, 1);
    expect(await withCompileLock(place.dataDir, never, () => Promise.resolve(3))).toBe(3);
  });

  it('is let go when the work fails', async () => {
    await expect(withCompileLock(place.dataDir, never, () => Promise.reject(new Error('no memory')))).rejects.toThrow('no memory');
    expect(existsSync(lock())).toBe(false);
  });
});
