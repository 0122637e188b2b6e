/** The file and its place: modes, migrations, and every way a database can be unusable; nothing is ever lost. */
import Database from 'better-sqlite3';
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { APPLICATION_ID, migrate, openDatabase, schemaOf, SCHEMA_VERSION } from '../../src/store/connection.js';
import { openStore } from '../../src/store/database.js';
import { MIGRATIONS } from '../../src/store/migrations/all.js';
import { restoreStore } from '../../src/store/restore.js';
import { storeError, translate, StoreError } from '../../src/store/store-error.js';
import { ADMIN, codeOf, codeOfAsync, event, list, MONDAY_8, storeIn, tempDir, tempStore, zone } from './fixture.js';

const mode = (path: string): number => statSync(path).mode & 0o777;

function raw(path: string): Database.Database {
  const db = new Database(path);
  onTestFinished(() => {
    db.close();
  });
  return db;
}

/** A closed database with something in it. */
function used(): { dir: string; path: string } {
  const dir = tempDir();
  const store = openStore(dir);
  store.policies.addZone(zone('Phòng máy 1'), ADMIN);
  store.policies.putList(list('co-bac'), 'v1', Array.from({ length: 5_000 }, (_, i) => `host-${i}.example`), 1, ADMIN);
  store.events.addBatch(Array.from({ length: 2_000 }, (_, i) => event({ minute: i, domain: `d${i}.vn` })), []);
  store.close();
  return { dir, path: join(dir, 'luytre.db') };
}

describe('the place', () => {
  it('makes the directory 0700 and every file 0600, whatever the umask', () => {
    const before = process.umask(0);
    onTestFinished(() => {
      process.umask(before);
    });
    const dir = join(tempDir(), 'a', 'data');
    const store = storeIn(dir);
    store.policies.addZone(zone('Phòng máy 1'), ADMIN);
    expect(mode(dir)).toBe(0o700);
    const files = readdirSync(dir);
    expect(files).toEqual(expect.arrayContaining(['luytre.db', 'luytre.db-wal']));
    for (const file of files) expect([file, mode(join(dir, file))]).toEqual([file, 0o600]);
  });

  it.each([0o750, 0o701, 0o755, 0o770])('refuses a directory of mode %o and names the chmod', (bits) => {
    const dir = join(tempDir(), 'data');
    mkdirSync(dir);
    chmodSync(dir, bits);
    expect(codeOf(() => openStore(dir))).toBe('dir-mode');
    expect(() => openStore(dir)).toThrow(`chmod 700 ${dir}`);
    expect(readdirSync(dir)).toEqual([]);
  });

  it('refuses a database others may read', () => {
    const { dir, path } = used();
    chmodSync(path, 0o640);
    expect(codeOf(() => openStore(dir))).toBe('file-mode');
    chmodSync(path, 0o600);
    expect(storeIn(dir).policies.zones()).toHaveLength(1);
  });

  it('refuses a link and a directory in the place of the file', () => {
    const { path } = used();
    const linked = tempDir();
    symlinkSync(path, join(linked, 'luytre.db'));
    expect(codeOf(() => openStore(linked))).toBe('not-a-file');
    const folder = tempDir();
    mkdirSync(join(folder, 'luytre.db'), { mode: 0o700 });
    expect(codeOf(() => openStore(folder))).toBe('not-a-file');
  });

  it('refuses a path that is a file, or lies under one', () => {
    const file = join(tempDir(), 'file');
    writeFileSync(file, 'x');
    expect(codeOf(() => openStore(file))).toBe('dir-unusable');
    expect(codeOf(() => openStore(join(file, 'data')))).toBe('dir-unusable');
    // where the kernel lets nobody make one and calls it missing: `mkdirSync` tried that for ever
    for (const place of ['/proc/luytre', '/proc/luytre/data']) expect(codeOf(() => openStore(place))).toBe('dir-unusable');
  });

  it('leaves no unfinished file of a process that died while making it', () => {
    const dir = tempDir();
    const dead = spawnSync('true').pid;
    writeFileSync(join(dir, `luytre.db.new-${dead}`), 'half');
    storeIn(dir);
    expect(readdirSync(dir).filter((name) => name.includes('.new-'))).toEqual([]);
  });
});

describe('migrations', () => {
  it('lead from empty to the present, a step at a time or at once, to the same schema', () => {
    const schema = (db: Database.Database): unknown => db.prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name').all();
    const once = raw(':memory:');
    migrate(once, MIGRATIONS);
    const steps = raw(':memory:');
    for (let n = 1; n <= MIGRATIONS.length; n++) {
      migrate(steps, MIGRATIONS.slice(0, n));
      expect(schemaOf(steps)).toBe(MIGRATIONS[n - 1]?.version);
    }
    expect(schema(steps)).toEqual(schema(once));
    expect(schemaOf(once)).toBe(SCHEMA_VERSION);
    expect(MIGRATIONS.map(({ version }) => version)).toEqual(MIGRATIONS.map((_, i) => i + 1));
  });

  it('bring an older database forward with what is in it', () => {
    const dir = tempDir();
    const path = join(dir, 'luytre.db');
    const old = new Database(path);
    old.pragma(`application_id = ${APPLICATION_ID}`);
    migrate(old, MIGRATIONS.slice(0, 1));
    old.exec("INSERT INTO setting (key, value) VALUES ('school.name', 'THCS Giảng Võ')");
    old.close();
    chmodSync(path, 0o600);
    expect(codeOf(() => openStore(dir, { readonly: true }))).toBe('schema-older');
    const store = storeIn(dir);
    expect(store.settings.get('school.name')).toBe('THCS Giảng Võ');
    expect(store.audit.verify()).toEqual({ records: 0, firstBad: null });
  });

  it('undo a step that fails, whole', () => {
    const db = raw(':memory:');
    const broken = { version: SCHEMA_VERSION + 1, sql: 'CREATE TABLE half (x); INSERT INTO nowhere VALUES (1);' };
    expect(() => migrate(db, [...MIGRATIONS, broken])).toThrow();
    expect(schemaOf(db)).toBe(SCHEMA_VERSION);
    expect(db.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'half'").pluck().get()).toBe(0);
  });
});

describe('a file that cannot be used', () => {
  it.each<[string, (path: string) => void, string]>([
    ['noise', (path) => writeFileSync(path, Buffer.alloc(8_192, 0xa5), { mode: 0o600 }), 'not-a-database'],
    ['text', (path) => writeFileSync(path, 'xin chào', { mode: 0o600 }), 'not-a-database'],
    ['nothing at all', (path) => truncateSync(path, 0), 'not-a-database'],
    ['cut in the first page', (path) => truncateSync(path, 1_000), 'corrupt'],
    ['a newer schema', (path) => raw(path).pragma(`user_version = ${SCHEMA_VERSION + 1}`), 'schema-newer'],
    ['another program’s', (path) => raw(path).pragma('application_id = 7'), 'not-ours'],
  ])('%s is refused and left as it is', (_, spoil, code) => {
    const { dir, path } = used();
    for (const suffix of ['-wal', '-shm']) expect(existsSync(path + suffix)).toBe(false);
    spoil(path);
    const before = readFileSync(path);
    expect(codeOf(() => openStore(dir))).toBe(code);
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('an empty SQLite database of someone else is refused', () => {
    const dir = tempDir();
    const path = join(dir, 'luytre.db');
    const other = new Database(path);
    other.exec('CREATE TABLE t (x)');
    other.close();
    chmodSync(path, 0o600);
    expect(codeOf(() => openStore(dir))).toBe('not-ours');
  });

  it('damage in the middle is found by integrity, or by the read that meets it, never passed over', () => {
    const { dir, path } = used();
    const whole = readFileSync(path);
    let found = 0;
    for (let page = 1; page < whole.length / 4_096; page += 3) {
      const bytes = Buffer.from(whole);
      bytes.fill(0xff, page * 4_096, page * 4_096 + 64);
      writeFileSync(path, bytes);
      try {
        const store = openStore(dir);
        if (store.integrity().length > 0) found += 1;
        store.close();
      } catch (error) {
        expect(error).toBeInstanceOf(StoreError);
        expect((error as StoreError).code).toBe('corrupt');
        found += 1;
      }
    }
    // Pages of packed list content hold no structure; their own checksum covers them (lists.test.ts).
    expect(found).toBeGreaterThan(5);
    writeFileSync(path, whole);
    const store = storeIn(dir);
    expect(store.integrity()).toEqual([]);
  });

  it('a missing one is made, but not by a reader', () => {
    const dir = tempDir();
    expect(codeOf(() => openStore(dir, { readonly: true }))).toBe('not-found');
    expect(readdirSync(dir)).toEqual([]);
    storeIn(dir);
    expect(storeIn(dir, { readonly: true }).policies.zones()).toEqual([]);
  });

  it('a reader cannot write', () => {
    const { dir } = used();
    const reader = storeIn(dir, { readonly: true });
    expect(reader.policies.zones()).toHaveLength(1);
    expect(codeOf(() => reader.policies.addZone(zone('Thư viện'), ADMIN))).toBe('read-only');
  });
});

describe('trouble while running', () => {
  it('a lock held elsewhere is “busy”, and the change goes through when it ends', () => {
    const dir = tempDir();
    const store = storeIn(dir, { busyMs: 50 });
    const other = raw(join(dir, 'luytre.db'));
    other.exec('BEGIN IMMEDIATE');
    expect(codeOf(() => store.policies.addZone(zone('Thư viện'), ADMIN))).toBe('locked');
    expect(codeOf(() => store.events.addBatch([event()], []))).toBe('locked');
    expect(store.policies.zones()).toEqual([]);
    other.exec('ROLLBACK');
    store.policies.addZone(zone('Thư viện'), ADMIN);
    expect(store.policies.zones()).toHaveLength(1);
  });

  it('a full disk refuses the change whole and keeps what was there', () => {
    const dir = tempDir();
    const store = storeIn(dir, { maxBytes: 400_000 });
    let written = 0;
    const code = codeOf(() => {
      for (; written < 1_000; written++) {
        store.events.addBatch(Array.from({ length: 500 }, (_, i) => event({ minute: MONDAY_8 / 60_000 + written * 500 + i, domain: `d${written}x${i}.vn` })), []);
      }
    });
    expect(code).toBe('disk-full');
    expect(written).toBeGreaterThan(0);
    expect(store.events.days(-1e12, 1e15).reduce((sum, row) => sum + row.requests, 0)).toBe(written * 500);
    expect(store.integrity()).toEqual([]);
    expect(store.events.verify()).toEqual([]);
    // Space that is given back is enough to go on.
    store.events.expire({ eventsBeforeMs: 1e15, hoursBeforeMs: 0, daysBeforeMs: 0, requestsBeforeMs: 0 });
    store.events.addBatch([event()], []);
    expect(store.events.verify()).toEqual([]);
  });

  it('tells every SQLite and file-system code from a fault of our own', () => {
    const withCode = (code: string): Error => Object.assign(new Error('x'), { code });
    const codes = ['SQLITE_BUSY_SNAPSHOT', 'SQLITE_FULL', 'SQLITE_READONLY_DBMOVED', 'SQLITE_CORRUPT_VTAB', 'SQLITE_NOTADB', 'SQLITE_IOERR_FSYNC', 'SQLITE_CANTOPEN', 'ENOSPC', 'EROFS', 'EIO'];
    expect(codes.map((code) => (translate(withCode(code)) as StoreError).code)).toEqual([
      'locked', 'disk-full', 'read-only', 'corrupt', 'not-a-database', 'io', 'cannot-open', 'disk-full', 'read-only', 'io',
    ]);
    const own = new TypeError('x');
    expect(translate(own)).toBe(own);
    expect(storeError('locked').vi).toContain('đang bận');
  });

  it('two that open at once share one database', () => {
    const dir = tempDir();
    const [a, b] = [storeIn(dir), storeIn(dir)];
    const seen = b.dataVersion();
    a.policies.addZone(zone('Thư viện'), ADMIN);
    expect(b.dataVersion()).not.toBe(seen);
    expect(b.policies.zones()).toEqual(a.policies.zones());
    expect(b.dataVersion()).toBe(b.dataVersion());
  });

  it('own changes do not look like another’s', () => {
    const store = tempStore();
    const seen = store.dataVersion();
    store.policies.addZone(zone('Thư viện'), ADMIN);
    expect(store.dataVersion()).toBe(seen);
  });
});

describe('backup and restore', () => {
  it('a copy made while in use is whole, private and one file', async () => {
    const { dir } = used();
    const store = storeIn(dir);
    const file = join(tempDir(), 'sao-luu.db');
    store.policies.addZone(zone('Thư viện'), ADMIN);
    await store.backup(file);
    expect(mode(file)).toBe(0o600);
    expect(existsSync(`${file}-wal`)).toBe(false);
    const other = tempDir();
    expect(restoreStore(other, file)).toBe(null);
    const restored = storeIn(other);
    expect(restored.policies.zones()).toEqual(store.policies.zones());
    expect(restored.policies.listEntries('co-bac')).toHaveLength(5_000);
    expect(restored.audit.verify().firstBad).toBe(null);
    expect(restored.events.verify()).toEqual([]);
  });

  it('overwrites an earlier backup and nothing else', async () => {
    const store = tempStore();
    const dir = tempDir();
    await store.backup(join(dir, 'a.db'));
    await store.backup(join(dir, 'a.db'));
    writeFileSync(join(dir, 'thesis.txt'), 'luận văn');
    expect(await codeOfAsync(store.backup(join(dir, 'thesis.txt')))).toBe('exists');
    expect(readFileSync(join(dir, 'thesis.txt'), 'utf8')).toBe('luận văn');
    expect(readdirSync(dir).sort()).toEqual(['a.db', 'thesis.txt']);
  });

  it('a restore sets the old database aside; a file that is no backup changes nothing', async () => {
    const { dir, path } = used();
    const file = join(tempDir(), 'a.db');
    await storeIn(tempDir()).backup(file);
    const bad = join(tempDir(), 'bad.db');
    writeFileSync(bad, 'no');
    const before = readFileSync(path);
    expect(codeOf(() => restoreStore(dir, bad))).toBe('not-a-database');
    expect(codeOf(() => restoreStore(dir, join(dir, 'absent')))).toBe('not-found');
    copyFileSync(path, bad);
    truncateSync(bad, 40_000);
    expect(codeOf(() => restoreStore(dir, bad))).toBe('corrupt');
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(dir)).toEqual(['luytre.db']);

    const kept = restoreStore(dir, file);
    expect(kept).toBe(`${path}.before-restore`);
    expect(openDatabase(dir).prepare('SELECT count(*) FROM zone').pluck().get()).toBe(0);
    expect(raw(kept ?? '').prepare('SELECT count(*) FROM zone').pluck().get()).toBe(1);
  });

  it('is refused while the database is open elsewhere', async () => {
    const { dir } = used();
    const running = storeIn(dir);
    const file = join(tempDir(), 'a.db');
    await running.backup(file);
    expect(codeOf(() => restoreStore(dir, file))).toBe('in-use');
    expect(running.policies.zones()).toHaveLength(1);
  });

  it('replaces a damaged database too', async () => {
    const { dir, path } = used();
    const file = join(tempDir(), 'a.db');
    await storeIn(dir).backup(file);
    const damaged = tempDir();
    writeFileSync(join(damaged, 'luytre.db'), Buffer.alloc(9_000, 1), { mode: 0o600 });
    restoreStore(damaged, file);
    expect(storeIn(damaged).policies.zones()).toHaveLength(1);
    expect(existsSync(path)).toBe(true);
  });
});
