/** Sessions of the console: found by the hash of their secret, over as soon as their account is another. Knows no cookie and no role's limits. */
import type { SessionRow, SessionStage, SessionStore } from './access-rows.js';
import type { Connection } from './connection.js';
import type { Role } from './rows.js';

interface Stored {
  readonly hash: Buffer;
  readonly stage: SessionStage;
  readonly created_ms: number;
  readonly seen_ms: number;
  readonly proved_ms: number;
  readonly lang: 'vi' | 'en';
  readonly device: string;
  readonly name: string;
  readonly role: Role;
  readonly since: number;
  readonly totp: 0 | 1;
  readonly one_time_until: number | null;
}

const LIVE = `SELECT s.hash, s.stage, s.created_ms, s.seen_ms, s.proved_ms, s.lang, s.device, u.name, u.role, u.created_ms AS since, u.one_time_until,
  EXISTS (SELECT 1 FROM totp t WHERE t.user = u.name) AS totp
  FROM session s JOIN user u ON u.name = s.user WHERE u.disabled = 0 AND u.version = s.user_version`;

export function createSessions(db: Connection): SessionStore {
  const insert = db.prepare(
    `INSERT INTO session (hash, user, user_version, stage, created_ms, seen_ms, proved_ms, lang, device)
     SELECT ?, name, version, ?, ?, ?, ?, ?, ? FROM user WHERE name = ?`,
  );
  const byHash = db.prepare(`${LIVE} AND s.hash = ?`);
  const byUser = db.prepare(`${LIVE} AND s.user = ? ORDER BY s.seen_ms DESC`);
  const touch = db.prepare('UPDATE session SET seen_ms = ? WHERE hash = ?');
  const prove = db.prepare('UPDATE session SET proved_ms = ? WHERE hash = ?');
  const lang = db.prepare('UPDATE session SET lang = ? WHERE hash = ?');
  const end = db.prepare('DELETE FROM session WHERE hash = ?');
  const endOthers = db.prepare('DELETE FROM session WHERE user = ? AND hash IS NOT ?');
  const expire = db.prepare(
    `DELETE FROM session WHERE created_ms < ? OR seen_ms < ?
     OR NOT EXISTS (SELECT 1 FROM user u WHERE u.name = session.user AND u.version = session.user_version AND u.disabled = 0)`,
  );
  return {
    open(session) {
      insert.run(session.hash, session.stage, session.createdMs, session.seenMs, session.provedMs, session.lang, session.device.slice(0, 60), session.user);
    },
    find(hash) {
      const row = byHash.get(hash) as Stored | undefined;
      return row === undefined ? null : toRow(row);
    },
    touch: (hash, seenMs) => void touch.run(seenMs, hash),
    prove: (hash, provedMs) => void prove.run(provedMs, hash),
    setLang: (hash, to) => void lang.run(to, hash),
    end: (hash) => end.run(hash).changes > 0,
    endOthers: (user, keep) => endOthers.run(user, keep).changes,
    ofUser: (user) => (byUser.all(user) as Stored[]).map(toRow),
    expire: (createdBeforeMs, seenBeforeMs) => expire.run(createdBeforeMs, seenBeforeMs).changes,
  };
}

function toRow(row: Stored): SessionRow {
  return {
    hash: row.hash,
    user: { name: row.name, role: row.role, createdMs: row.since, disabled: false, totp: row.totp === 1, oneTimeUntilMs: row.one_time_until },
    stage: row.stage,
    createdMs: row.created_ms,
    seenMs: row.seen_ms,
    provedMs: row.proved_ms,
    lang: row.lang,
    device: row.device,
  };
}
