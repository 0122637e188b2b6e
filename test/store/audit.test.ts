/** The audit trail: nothing can be changed, lost or slipped in without showing, and no text in it can act. */
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { canonicalJson, plainText } from '../../src/store/audit.js';
import { ADMIN, codeOf, storeIn, tempDir, tempStore, zone } from './fixture.js';

/** A trail of ten, and the database without its triggers, as a forger would have it. */
function forged(forge: (db: Database.Database) => void): { records: number; firstBad: number | null } {
  const dir = tempDir();
  const store = storeIn(dir);
  for (let n = 1; n <= 10; n++) store.audit.record(ADMIN, 'test', `object ${n}`, null, { n });
  expect(store.audit.verify()).toEqual({ records: 10, firstBad: null });
  const db = new Database(join(dir, 'luytre.db'));
  for (const trigger of ['audit_no_update', 'audit_no_delete', 'audit_in_order']) db.exec(`DROP TRIGGER ${trigger}`);
  forge(db);
  db.close();
  return store.audit.verify();
}

describe('the chain', () => {
  it.each(['at_ms = at_ms + 1', "actor_kind = 'system'", "actor_name = 'ai-do'", "action = 'other'", "object = 'other'", "before = 'x'", 'after = NULL', "hash = '0'"])(
    'a record changed in %s shows at that record',
    (change) => expect(forged((db) => db.exec(`UPDATE audit SET ${change} WHERE seq = 4`))).toEqual({ records: 3, firstBad: 4 }),
  );

  it('a record taken out, put in, or moved shows', () => {
    expect(forged((db) => db.exec('DELETE FROM audit WHERE seq = 4')).firstBad).toBe(4);
    expect(forged((db) => db.exec('DELETE FROM audit WHERE seq = 1')).firstBad).toBe(1);
    expect(forged((db) => db.exec("INSERT INTO audit SELECT 11, at_ms, actor_kind, actor_name, action, object, before, after, hash FROM audit WHERE seq = 10")).firstBad).toBe(11);
    expect(forged((db) => db.exec('UPDATE audit SET seq = -1 WHERE seq = 3; UPDATE audit SET seq = 3 WHERE seq = 4; UPDATE audit SET seq = 4 WHERE seq = -1')).firstBad).toBe(3);
  });

  it('records cut off the end show', () => {
    expect(forged((db) => db.exec('DELETE FROM audit WHERE seq > 7')).firstBad).toBe(8);
    expect(forged((db) => db.exec('DELETE FROM audit')).firstBad).toBe(1);
  });

  it('the database itself refuses to change, remove or misplace a record', () => {
    const dir = tempDir();
    const store = storeIn(dir);
    store.audit.record(ADMIN, 'test', 'x', null, null);
    const db = new Database(join(dir, 'luytre.db'));
    for (const sql of ["UPDATE audit SET object = 'y'", 'DELETE FROM audit', 'DELETE FROM audit WHERE seq = 1', "INSERT INTO audit VALUES (7, 0, 'cli', 'x', 'x', 'x', NULL, NULL, 'x')", 'REPLACE INTO audit SELECT * FROM audit']) {
      expect(() => db.exec(sql), sql).toThrow('append-only');
    }
    db.close();
    expect(store.audit.verify()).toEqual({ records: 1, firstBad: null });
  });

  it('goes on after what is past its time has left', () => {
    let now = 1_000;
    const store = storeIn(tempDir(), { now: () => now });
    for (let n = 1; n <= 10; n++) {
      now = n * 1_000;
      store.audit.record(ADMIN, 'test', `object ${n}`, null, null);
    }
    const limits = { eventsBeforeMs: 0, hoursBeforeMs: 0, daysBeforeMs: 0, requestsBeforeMs: 0 };
    store.events.expire(limits);
    expect(store.audit.verify()).toEqual({ records: 10, firstBad: null });
    store.events.expire({ ...limits, auditBeforeMs: 5_000 });
    expect(store.audit.list(99).map((row) => row.seq)).toEqual([5, 6, 7, 8, 9, 10]);
    expect(store.audit.verify()).toEqual({ records: 6, firstBad: null });
    store.audit.record(ADMIN, 'test', 'object 11', null, null);
    expect(store.audit.verify()).toEqual({ records: 7, firstBad: null });
    store.events.expire({ ...limits, auditBeforeMs: 1e12 });
    expect(store.audit.verify()).toEqual({ records: 0, firstBad: null });
    store.audit.record(ADMIN, 'test', 'object 12', null, null);
    expect(store.audit.list(1)[0]?.seq).toBe(12);
    expect(store.audit.verify()).toEqual({ records: 1, firstBad: null });
  });
});

describe('records', () => {
  it('come newest last, as many as asked', () => {
    const store = tempStore();
    for (let n = 1; n <= 5; n++) store.audit.record({ kind: 'console', name: 'thay-nam' }, 'login', `n${n}`, { b: 1, a: [2] }, 'text');
    expect(store.audit.list(2).map((row) => row.object)).toEqual(['n4', 'n5']);
    expect(store.audit.list(0)).toEqual([]);
    expect(store.audit.list(1)[0]).toMatchObject({ seq: 5, actor: { kind: 'console', name: 'thay-nam' }, action: 'login', before: '{"a":[2],"b":1}', after: 'text' });
  });

  it('hold no character that could forge a line, colour a terminal or turn the reading direction', () => {
    const store = tempStore();
    const nasty = 'a\r\nb\u001b[31mc\u0000d\u202ee\u2028f\u200bg\ud800h\u009bi\ufeffj';
    store.audit.record({ kind: 'page', name: nasty }, nasty, nasty, nasty, { [nasty]: nasty });
    const row = store.audit.list(1)[0];
    for (const text of [row?.actor.name, row?.action, row?.object, row?.before, row?.after]) {
      expect(text).toMatch(/^[\x20-\x7e]+$/);
      expect(text).toContain('\\u001b');
    }
    expect(store.audit.verify()).toEqual({ records: 1, firstBad: null });
    store.policies.addZone(zone('Phòng máy 2 — tầng 3'), ADMIN);
    expect(store.audit.list(1)[0]?.object).toBe('Phòng máy 2 — tầng 3');
  });

  it('of a megabyte are cut, and say so', () => {
    const store = tempStore();
    store.audit.record(ADMIN, 'x'.repeat(1e6), 'y'.repeat(1e6), 'z'.repeat(1e6), null);
    const row = store.audit.list(1)[0];
    expect(JSON.stringify(row).length).toBeLessThan(20_000);
    expect(row?.before).toMatch(/… \(\+983616\)$/);
    expect(store.audit.verify().firstBad).toBe(null);
  });

  it('have one spelling for equal values', () => {
    expect(canonicalJson({ b: { d: 1, c: 2 }, a: 1 })).toBe(canonicalJson({ a: 1, b: { c: 2, d: 1 } }));
    expect(plainText('bình thường', 99)).toBe('bình thường');
  });

  it('cannot be written through a reader', () => {
    const dir = tempDir();
    storeIn(dir);
    expect(codeOf(() => storeIn(dir, { readonly: true }).audit.record(ADMIN, 'a', 'b', null, null))).toBe('read-only');
  });
});
