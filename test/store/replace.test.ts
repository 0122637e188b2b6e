import Database from 'better-sqlite3';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { NO_STATE } from '../../src/channel/take.js';
import { MIGRATIONS } from '../../src/store/migrations/all.js';
import { openStore } from '../../src/store/database.js';
import { restoreStore } from '../../src/store/restore.js';
import type { Store } from '../../src/store/rows.js';

const actor = { kind: 'console', name: 'quantri' } as const;
const PASSWORD = 'Con tre xanh 2026!';
const zone = (name: string, cidr: string) => ({ name, profile: 'thcs', cidrs: [cidr], macs: [], port: null, login: null, timetable: [] });

describe('a restore beside a running gateway', () => {
  let dir: string;
  let store: Store;
  let copy: string;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'luytre-replace-'));
    store = openStore(join(dir, 'data'));
    copy = join(dir, 'copy.db');
    await store.accounts.addUser('quantri', 'it-admin', PASSWORD, actor);
    await store.accounts.addUser('co-lan', 'teacher', PASSWORD, actor);
    store.policies.addZone(zone('Phòng 1', '10.0.1.0/24'), actor);
    store.rooms.addRoom('co-lan', 'Phòng 1', actor);
    store.policies.addRule({ layer: 'school-block', entry: 'xau.vn', profiles: null, note: null, by: 'quantri', atMs: 1 }, actor);
    store.policies.startLesson({ zone: 'Phòng 1', profile: 'thpt', fromMs: 1_000, untilMs: 9_000, by: 'co-lan' }, actor);
    store.policies.putList({ name: 'truong', role: 'category', category: 'cobac', profiles: null, shield: false, origin: 'imported', source: 'x', license: null }, 'v1', ['bac.vn'], 1, actor);
    await store.backup(copy);
  });
  afterEach(() => {
    store.close();
    rmSync(dir, { recursive: true, force: true });
  });

  it('says what is in the backup, then takes its place whole; the audit trail goes on and sessions are over', () => {
    store.policies.removeZone('Phòng 1', actor);
    store.policies.addZone(zone('Phòng 2', '10.0.2.0/24'), actor);
    store.policies.removeList('truong', actor);
    store.settings.set('school.name', 'Trường khác', actor);
    store.sessions.open({ hash: Buffer.alloc(32, 1), user: 'quantri', stage: 'full', createdMs: 1, seenMs: 1, provedMs: 1, lang: 'vi', device: 'x' });
    const [records, generation] = [store.audit.verify().records, store.policies.generation()];

    expect(store.inspectBackup(copy)).toMatchObject({ zones: ['Phòng 1'], users: ['co-lan', 'quantri'], lists: 1, rules: 1, older: false });
    store.replaceFrom(copy, actor);

    expect(store.policies.zones().map(({ name }) => name)).toEqual(['Phòng 1']);
    expect(store.rooms.rooms(0).map(({ user }) => user)).toEqual(['co-lan']);
    expect(store.policies.lessons(2_000)).toMatchObject([{ zone: 'Phòng 1', profile: 'thpt' }]);
    expect(store.policies.listEntries('truong')).toEqual(['bac.vn']);
    expect(store.settings.get('school.name')).toBeNull();
    expect(store.sessions.find(Buffer.alloc(32, 1))).toBeNull();
    expect(store.policies.generation()).toBe(generation + 1);
    expect(store.audit.verify()).toEqual({ records: records + 1, firstBad: null });
    expect(store.audit.list(1)).toMatchObject([{ action: 'restore', actor }]);
    expect(store.integrity()).toEqual([]);
    expect(store.events.verify()).toEqual([]);
    // it is a store like any: keys hold, ids go on
    store.policies.addRule({ layer: 'school-block', entry: 'xau2.vn', profiles: null, note: null, by: 'quantri', atMs: 1 }, actor);
    expect(() => store.rooms.addRoom('khong-co', 'Phòng 1', actor)).toThrowError();
    store.policies.removeZone('Phòng 1', actor);
    expect(store.rooms.rooms(0)).toEqual([]);
  });

  it('leaves pupils’ messages to the counsellor out of a copy that is asked for without them, and untouched by a restore', async () => {
    await store.accounts.addUser('co-tu-van', 'counsellor', PASSWORD, actor);
    store.helpTickets.add({ ref: 'ABCD-1234', message: 'em buồn lắm', contact: null, atMs: 1 });
    const copies = [join(dir, 'whole.db'), join(dir, 'without.db')] as const;
    await store.backup(copies[0]);
    await store.backup(copies[1], { withoutMessages: true });
    expect(copies.map((file) => readFileSync(file).includes('em buồn lắm'))).toEqual([true, false]);
    store.inspectBackup(copies[1]);
    store.replaceFrom(copies[1], actor);
    await store.backup(join(dir, 'after.db'));
    expect(readFileSync(join(dir, 'after.db')).includes('em buồn lắm')).toBe(true);
  });

  it('takes no word of a backup for what the channel trusts, and keeps the certificates it has closed', async () => {
    const write = (root: string, packed: Buffer): void => {
      store.channel.write({ rev: store.channel.row()?.rev ?? 0, rootSha256: 'a'.repeat(64), state: NO_STATE, metadata: new Map([['root', Buffer.from(root)]]), deny: new Map([['revoked', { lines: 1, packed }]]) }, actor);
    };
    write('somebody else’s root', Buffer.from('nothing'));
    await store.backup(copy);
    write('ours', Buffer.from('the newest'));
    store.inspectBackup(copy);
    store.replaceFrom(copy, actor);
    expect([store.channel.row(), store.channel.metadata().size]).toEqual([null, 0]);
    expect(Buffer.from(store.channel.deny('revoked')?.packed ?? []).toString()).toBe('the newest');
    expect(store.integrity()).toEqual([]);
  });

  it('brings no second person, and nothing that only two may do, where a head’s account is in use', async () => {
    const HEAD = { kind: 'console', name: 'hieu-truong' } as const;
    await store.accounts.addUser('hieu-truong', 'head', PASSWORD, actor);
    await store.accounts.addUser('co-tu-van', 'counsellor', PASSWORD, { kind: 'cli', name: 'root' });
    store.secondFactor.enrol('hieu-truong', 'SECRET', 1, [Buffer.alloc(32, 3)], HEAD);
    await store.backup(copy);
    change((db) => {
      // what somebody with the file and no one’s leave would write into it
      db.exec(`UPDATE user SET hash = (SELECT hash FROM user WHERE name = 'quantri') WHERE role IN ('head', 'counsellor');
        UPDATE totp SET secret = 'MINE'; DELETE FROM recovery_code;
        UPDATE user SET role = 'counsellor' WHERE name = 'co-lan';
        INSERT INTO user (name, role, created_ms, disabled, hash) SELECT 'hieu-truong-2', 'head', 1, 0, hash FROM user WHERE name = 'quantri';
        INSERT INTO setting (key, value) VALUES ('policy.tls.thpt', 'inspect'), ('school.name', 'Trường cũ');
        INSERT INTO cell (profile, category, cell, reason, by, at_ms) VALUES ('thcs', 'mangxahoi', 'M', 'x', 'quantri', 1);
        INSERT INTO proposal (kind, subject, change, base, reason, by, at_ms, expires_ms, state, decided_by, decided_ms) VALUES ('ca-key', 'ca-key', '{}', '', 'x', 'quantri', 1, 2, 'approved', 'hieu-truong', 1);
        INSERT INTO api_token (hash, purpose, actions, by, created_ms, expires_ms) VALUES (x'01', 'x', '["help-ticket.list"]', 'co-tu-van', 1, 9e15)`);
    });
    store.inspectBackup(copy);
    store.replaceFrom(copy, actor);

    expect(store.settings.get('school.name')).toBe('Trường cũ');
    expect(store.settings.get('policy.tls.thpt')).toBeNull();
    expect(store.policies.cells()).toEqual([]);
    expect(store.proposals.list(0)).toEqual([]);
    expect(store.tokens.list()).toEqual([]);
    expect(Object.fromEntries(store.accounts.users().map(({ name, role, disabled }) => [name, disabled ? 'closed' : role]))).toEqual({
      quantri: 'it-admin', 'co-lan': 'closed', 'hieu-truong': 'head', 'hieu-truong-2': 'closed', 'co-tu-van': 'counsellor',
    });
    expect(store.secondFactor.secret('hieu-truong')).toMatchObject({ secret: 'SECRET' });
    expect(store.secondFactor.recoveryLeft('hieu-truong')).toBe(1);
    const db = new Database(join(dir, 'data', 'luytre.db'), { readonly: true });
    expect(db.prepare('SELECT count(DISTINCT hash) FROM user WHERE disabled = 0').pluck().get()).toBe(3);
    db.close();
    expect(store.integrity()).toEqual([]);
    // and a second time: nothing of the first is left over
    store.replaceFrom(copy, actor);
    expect(store.accounts.users()).toHaveLength(5);
  });

  const change = (work: (db: Database.Database) => void): void => {
    const db = new Database(copy);
    work(db);
    db.close();
  };

  it.each([
    ['not a database', () => writeFileSync(copy, 'xin chào '.repeat(1_000)), 'not-ours'],
    ['nothing', () => writeFileSync(copy, ''), 'not-ours'],
    ['cut off', () => writeFileSync(copy, Buffer.alloc(5_000, 1)), 'not-ours'],
    ['another program’s', () => change((db) => db.pragma('application_id = 7')), 'not-ours'],
    ['of a newer version', () => change((db) => db.pragma('user_version = 9999')), 'schema-newer'],
    ['with a table turned into a view', () => change((db) => db.exec('ALTER TABLE holiday RENAME TO h2; CREATE VIEW holiday AS SELECT * FROM h2')), 'not-ours'],
    ['with a trigger of its own', () => change((db) => db.exec("CREATE TRIGGER t AFTER INSERT ON zone BEGIN DELETE FROM user; END")), 'not-ours'],
    ['without an administrator', () => change((db) => db.exec("UPDATE user SET role = 'teacher'")), 'last-admin'],
  ])('refuses a file that is %s and leaves everything as it was', (_what, spoil, code) => {
    spoil();
    expect(() => store.inspectBackup(copy)).toThrowError(expect.objectContaining({ code }) as Error);
    expect(store.policies.zones()).toHaveLength(1);
    expect(store.integrity()).toEqual([]);
  });

  it('at the machine too a backup with a trigger or a view of its own is refused, and an older one is brought up to date', () => {
    const other = join(dir, 'other');
    for (const sql of ["CREATE TRIGGER t AFTER INSERT ON audit BEGIN DELETE FROM audit; END", 'CREATE VIEW v AS SELECT * FROM user']) {
      change((db) => db.exec(sql));
      expect(() => restoreStore(other, copy)).toThrowError(expect.objectContaining({ code: 'not-ours' }) as Error);
      change((db) => db.exec('DROP TRIGGER IF EXISTS t; DROP VIEW IF EXISTS v'));
    }
    expect(readdirSync(other)).toEqual([]);
    expect(restoreStore(other, copy)).toBeNull();
    const restored = openStore(other);
    expect(restored.policies.zones()).toHaveLength(1);
    restored.close();
  });

  it('leaves everything where a row is missing what it belongs to', () => {
    change((db) => {
      db.pragma('foreign_keys = OFF');
      db.exec('DELETE FROM zone');
    });
    store.policies.addZone(zone('Phòng 3', '10.0.3.0/24'), actor);
    const records = store.audit.verify().records;
    expect(() => store.replaceFrom(copy, actor)).toThrowError(expect.objectContaining({ code: 'not-ours' }) as Error);
    expect(store.policies.zones().map(({ name }) => name)).toEqual(['Phòng 1', 'Phòng 3']);
    expect(store.audit.verify()).toEqual({ records, firstBad: null });
    expect(() => store.rooms.addRoom('khong-co', 'Phòng 1', actor)).toThrowError();
  });

  it('brings a backup of an older version up to date first', () => {
    const old = join(dir, 'old.db');
    const db = new Database(old);
    const first = MIGRATIONS.slice(0, 4);
    for (const { version, sql } of first) {
      db.exec(sql);
      db.pragma(`user_version = ${version}`);
    }
    db.pragma(`application_id = ${0x4c547265}`);
    db.exec("INSERT INTO user (name, role, created_ms, disabled, hash) VALUES ('cu', 'it-admin', 1, 0, 'x'); INSERT INTO zone (name, profile, cidrs, macs, port, login_name, login_hash, timetable) VALUES ('Phòng cũ', 'thcs', '[]', '[]', NULL, NULL, NULL, '[]')");
    db.close();
    copyFileSync(old, copy);
    expect(store.inspectBackup(copy)).toMatchObject({ zones: ['Phòng cũ'], users: ['cu'], older: true });
    store.replaceFrom(copy, actor);
    expect(store.policies.zones().map(({ name }) => name)).toEqual(['Phòng cũ']);
    expect(store.schoolTime.levels()).toHaveLength(3);
  });
});
