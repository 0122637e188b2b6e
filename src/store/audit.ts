/**
 * The audit trail: append-only by trigger, chained by SHA-256 so that a changed, lost or inserted record shows.
 *
 * The hash is not keyed: a key beside the database would stop nobody who can write the database, and an auditor could not
 * check the chain without it. What a forger who rewrites the whole chain cannot change is a head that has left the
 * school (the signed report carries it).
 */
import { createHash } from 'node:crypto';
import type { AuditRow, AuditStore } from './audit-rows.js';
import type { Actor } from './rows.js';
import type { Connection } from './connection.js';

const MAX_OBJECT = 512;
const MAX_VALUE = 16_384;

export interface AuditWriter {
  /** Appends within the caller's transaction. */
  append(actor: Actor, action: string, object: string, before: unknown, after: unknown): void;
  /** Lets go of records older than `beforeMs` within the caller's transaction; the chain goes on from the last one's hash. */
  release(beforeMs: number): number;
}

interface Stored {
  readonly seq: number;
  readonly at_ms: number;
  readonly actor_kind: string;
  readonly actor_name: string;
  readonly action: string;
  readonly object: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly hash: string;
}

export function createAudit(db: Connection, now: () => number): { writer: AuditWriter; store: AuditStore } {
  const getMeta = db.prepare('SELECT value FROM meta WHERE key = ?').pluck();
  const setMeta = db.prepare('UPDATE meta SET value = ? WHERE key = ?');
  const insert = db.prepare(
    'INSERT INTO audit (seq, at_ms, actor_kind, actor_name, action, object, before, after, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
  );
  const newest = db.prepare('SELECT * FROM (SELECT * FROM audit ORDER BY seq DESC LIMIT ?) ORDER BY seq');
  const ofObject = db.prepare('SELECT * FROM audit WHERE object = ? ORDER BY seq DESC LIMIT ?');
  const all = db.prepare('SELECT * FROM audit ORDER BY seq');
  const within = 'SELECT * FROM audit WHERE seq > ? AND seq < ? AND at_ms >= ? AND at_ms < ? ORDER BY seq';
  const newestFirst = db.prepare(`${within} DESC`);
  const oldestFirst = db.prepare(within);

  const writer: AuditWriter = {
    append(actor, action, object, before, after) {
      const seq = Number(getMeta.get('audit-head-seq')) + 1;
      const row = {
        seq,
        at_ms: Math.round(now()),
        actor_kind: actor.kind,
        actor_name: plainText(actor.name, MAX_OBJECT),
        action: plainText(action, MAX_OBJECT),
        object: plainText(object, MAX_OBJECT),
        before: valueText(before),
        after: valueText(after),
      };
      const hash = hashOf(String(getMeta.get('audit-head-hash')), row);
      insert.run(seq, row.at_ms, row.actor_kind, row.actor_name, row.action, row.object, row.before, row.after, hash);
      setMeta.run(seq, 'audit-head-seq');
      setMeta.run(hash, 'audit-head-hash');
    },
    release(beforeMs) {
      // Up to the first record that must stay: a clock that jumped back must not tear a hole.
      const keep = db.prepare('SELECT min(seq) FROM audit WHERE at_ms >= ?').pluck().get(beforeMs);
      const last = typeof keep === 'number' ? keep - 1 : Number(getMeta.get('audit-head-seq'));
      const hash = db.prepare('SELECT hash FROM audit WHERE seq = ?').pluck().get(last);
      if (typeof hash !== 'string') return 0;
      setMeta.run(last, 'audit-base-seq');
      setMeta.run(hash, 'audit-base-hash');
      return db.prepare('DELETE FROM audit WHERE seq <= ?').run(last).changes;
    },
  };

  const store: AuditStore = {
    about: (object, limit) => (ofObject.all(plainText(object, MAX_OBJECT), Math.max(0, Math.floor(limit))) as Stored[]).map(toRow),
    list: (limit) => (newest.all(Math.max(0, Math.floor(limit))) as Stored[]).map(toRow),
    find(range, keep, limit) {
      const found: AuditRow[] = [];
      const rows = (range.oldestFirst === true ? oldestFirst : newestFirst).iterate(range.afterSeq ?? 0, range.beforeSeq ?? Number.MAX_SAFE_INTEGER, range.fromMs ?? 0, range.toMs ?? Number.MAX_SAFE_INTEGER);
      for (const row of rows as IterableIterator<Stored>) {
        if (found.length >= limit) break;
        const shown = toRow(row);
        if (keep(shown)) found.push(shown);
      }
      return found;
    },
    ends: () => ({
      base: { seq: Number(getMeta.get('audit-base-seq')), hash: String(getMeta.get('audit-base-hash')) },
      head: { seq: Number(getMeta.get('audit-head-seq')), hash: String(getMeta.get('audit-head-hash')) },
    }),
    record(actor, action, object, before, after) {
      db.transaction(() => writer.append(actor, action, object, before, after)).immediate();
    },
    verify() {
      return db.transaction(() => {
        let records = 0;
        let seq = Number(getMeta.get('audit-base-seq'));
        let hash = String(getMeta.get('audit-base-hash'));
        for (const row of all.iterate() as IterableIterator<Stored>) {
          seq += 1;
          if (row.seq !== seq || row.hash !== hashOf(hash, row)) return { records, firstBad: seq };
          hash = row.hash;
          records += 1;
        }
        // Records cut off the end leave a head that points beyond them.
        const whole = seq === Number(getMeta.get('audit-head-seq')) && hash === String(getMeta.get('audit-head-hash'));
        return { records, firstBad: whole ? null : seq + 1 };
      })();
    },
  };
  return { writer, store };
}

/** SHA-256 over the previous hash and the record as canonical JSON: an array has one spelling. */
function hashOf(previous: string, row: Omit<Stored, 'hash'>): string {
  const canonical = JSON.stringify([
    row.seq, row.at_ms, row.actor_kind, row.actor_name, row.action, row.object, row.before, row.after,
  ]);
  return createHash('sha256').update(previous).update('\n').update(canonical).digest('hex');
}

function toRow(row: Stored): AuditRow {
  const kinds: readonly Actor['kind'][] = ['cli', 'console', 'page', 'system'];
  return {
    seq: row.seq,
    atMs: row.at_ms,
    actor: { kind: kinds.find((kind) => kind === row.actor_kind) ?? 'system', name: row.actor_name },
    action: row.action,
    object: row.object,
    before: row.before,
    after: row.after,
    hash: row.hash,
  };
}

/** Characters that can forge a line, colour a terminal, turn the reading direction or hide: written as \uXXXX (ASVS 16.4.1). */
const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu;

export function plainText(text: string, maxLength: number): string {
  const plain = text.replace(UNSAFE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
  return plain.length <= maxLength ? plain : `${plain.slice(0, maxLength)}… (+${plain.length - maxLength})`;
}

function valueText(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return plainText(typeof value === 'string' ? value : canonicalJson(value), MAX_VALUE);
}

/** JSON with sorted keys: equal values have one spelling. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
