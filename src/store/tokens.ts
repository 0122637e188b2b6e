/** Tokens for the schools' own scripts: a purpose, a closed list of actions, an end. Only the hash of the secret is kept. */
import type { TokenRow, TokenStore } from './access-rows.js';
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import type { Role, UserRow } from './rows.js';
import { nameText, parseStrings } from './values.js';
import { dayStart } from '../local-time.js';

interface Stored {
  readonly id: number;
  readonly purpose: string;
  readonly actions: string;
  readonly by: string;
  readonly created_ms: number;
  readonly expires_ms: number;
  readonly used_day_ms: number | null;
}

export function createTokens(db: Connection, changer: Changer): TokenStore {
  const columns = 't.id, t.purpose, t.actions, t.by, t.created_ms, t.expires_ms, t.used_day_ms';
  const all = db.prepare(`SELECT ${columns} FROM api_token t ORDER BY t.id`);
  const byId = db.prepare(`SELECT ${columns} FROM api_token t WHERE t.id = ?`);
  const byHash = db.prepare(
    `SELECT ${columns}, u.name, u.role, u.created_ms AS since, EXISTS (SELECT 1 FROM totp f WHERE f.user = u.name) AS totp
     FROM api_token t JOIN user u ON u.name = t.by WHERE t.hash = ? AND t.expires_ms > ? AND u.disabled = 0`,
  );
  const insert = db.prepare('INSERT INTO api_token (hash, purpose, actions, by, created_ms, expires_ms) VALUES (?, ?, ?, ?, ?, ?)');
  const used = db.prepare('UPDATE api_token SET used_day_ms = ? WHERE id = ? AND used_day_ms IS NOT ?');
  const remove = db.prepare('DELETE FROM api_token WHERE id = ?');

  return {
    list: () => (all.all() as Stored[]).map(toRow),
    add(token, actor) {
      nameText(token.purpose, 100);
      return changer.change(false, actor, (note) => {
        const id = insert.run(token.hash, token.purpose, JSON.stringify(token.actions), token.by, token.createdMs, token.expiresMs).lastInsertRowid;
        const row = toRow(byId.get(id) as Stored);
        note('token.add', row.purpose, null, { id: row.id, actions: row.actions, expiresMs: row.expiresMs });
        return row;
      });
    },
    remove(id, actor) {
      return changer.change(false, actor, (note) => {
        const row = byId.get(id) as Stored | undefined;
        if (row === undefined) return false;
        remove.run(id);
        note('token.remove', row.purpose, { id }, null);
        return true;
      });
    },
    use(hash, nowMs) {
      const row = byHash.get(hash, nowMs) as (Stored & { name: string; role: Role; since: number; totp: 0 | 1 }) | undefined;
      if (row === undefined) return null;
      const day = dayStart(nowMs);
      if (row.used_day_ms !== day) used.run(day, row.id, day);
      const user: UserRow = { name: row.name, role: row.role, createdMs: row.since, disabled: false, totp: row.totp === 1, oneTimeUntilMs: null };
      return { token: { ...toRow(row), usedDayMs: day }, user };
    },
  };
}

function toRow(row: Stored): TokenRow {
  return {
    id: row.id,
    purpose: row.purpose,
    actions: parseStrings(row.actions),
    by: row.by,
    createdMs: row.created_ms,
    expiresMs: row.expires_ms,
    usedDayMs: row.used_day_ms,
  };
}
