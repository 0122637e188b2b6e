/**
 * Restore beside a running gateway: a backup is looked at first, and then takes the place of everything in one transaction, on the connection that is
 * open. The audit trail is not taken back: it goes on, with a record of the restore, so that nobody can restore away what was done. Pupils' messages
 * to the counsellor stay as they are; sessions and the set-up code do not come back. Nor may a file bring what one person alone could not have done:
 * where a head's account is in use, whatever two people decide stays as it is, and so do the accounts of heads and counsellors.
 */
import Database from 'better-sqlite3';
import { tlsSetting } from '../policy/profile.js';
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import { finishCopy, notOurs, shaped } from './restore.js';
import type { Actor } from './rows.js';
import type { SecondPerson } from './second-person.js';
import { StoreError, translate } from './store-error.js';

export interface BackupFacts {
  readonly zones: readonly string[];
  readonly users: readonly string[];
  readonly lists: number;
  readonly rules: number;
  /** Last thing written down in it, epoch ms; null: nothing. */
  readonly lastMs: number | null;
  /** Of an older version; it has been brought up to date. */
  readonly older: boolean;
}

/** Tables that stay as they are: what was done, what pupils wrote to the counsellor, and which certificates the channel says are not to be trusted. */
const STAY = new Set(['audit', 'meta', 'help_ticket', 'channel_deny']);
/** Beside them, where there is a second person: what was proposed and decided, and the cells that a head may have been asked about. */
const DECIDED = ['proposal', 'cell'];
const LEVELS = `${tlsSetting('')}%`;
/** Tables that are emptied. Whom the channel's metadata trust is worked out anew from the root file of the configuration, never believed of a backup. */
const GO = new Set(['session', 'setup_code', 'channel', 'channel_metadata']);

/** Makes a copy of a backup fit to be taken over: one self-contained file, ours, whole, of this version. @throws StoreError */
export function inspectCopy(file: string): BackupFacts {
  let db: Connection | null = null;
  try {
    finishCopy(file);
    const { older } = shaped(file);
    db = new Database(file, { fileMustExist: true });
    db.pragma('trusted_schema = OFF');
    const strings = (sql: string): string[] => (db?.prepare(sql).pluck().all() ?? []) as string[];
    const number = (sql: string): number => Number(db?.prepare(sql).pluck().get() ?? 0);
    if (number("SELECT count(*) FROM user WHERE role = 'it-admin' AND disabled = 0") === 0) {
      throw new StoreError('last-admin', 'Bản sao lưu này không có tài khoản quản trị nào đang dùng được, nên không ai đăng nhập được sau khi phục hồi.', 'This backup has no administrator account in use, so nobody could sign in after it.');
    }
    const last = db.prepare('SELECT max(at_ms) FROM audit').pluck().get();
    return {
      zones: strings('SELECT name FROM zone ORDER BY name'), users: strings('SELECT name FROM user ORDER BY name'),
      lists: number("SELECT count(*) FROM list WHERE origin <> 'shipped'"), rules: number('SELECT count(*) FROM rule'),
      lastMs: typeof last === 'number' ? last : null, older,
    };
  } catch (error) {
    const known = translate(error);
    // the store speaks of the database it opens; here that is a file somebody sent
    if (known instanceof StoreError && ['not-a-database', 'not-ours', 'corrupt'].includes(known.code)) throw notOurs();
    throw known;
  } finally {
    db?.close();
  }
}

/** Takes out of a copy what only the counsellor may read: administrators keep such copies. */
export function withoutMessages(file: string): void {
  const db = new Database(file, { fileMustExist: true });
  try {
    db.pragma('secure_delete = ON');
    db.exec('DELETE FROM help_ticket; VACUUM');
  } finally {
    db.close();
  }
}

/** @param file one that `inspectCopy` has passed, and nobody else can write */
export function replaceFrom(db: Connection, { changer, second }: { readonly changer: Changer; readonly second: SecondPerson }, file: string, actor: Actor): void {
  db.prepare('ATTACH DATABASE ? AS incoming').run(file);
  // cascades would empty what has just been filled; the check below stands for the keys
  db.pragma('foreign_keys = OFF');
  try {
    changer.change(true, actor, (note) => {
      const tables = db.prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'").pluck().all() as string[];
      const before = countsOf(db);
      const two = actor.kind === 'console' && second.inUse();
      const stays = new Set([...STAY, ...(two ? DECIDED : [])]);
      if (two) setAside(db);
      for (const table of tables) {
        if (stays.has(table)) continue;
        db.prepare(`DELETE FROM main."${table}"`).run();
        if (GO.has(table)) continue;
        const columns = (db.pragma(`main.table_info("${table}")`) as { name: string }[]).map(({ name }) => `"${name}"`).join(', ');
        db.prepare(`INSERT INTO main."${table}" (${columns}) SELECT ${columns} FROM incoming."${table}"`).run();
      }
      db.prepare("INSERT INTO meta (key, value) SELECT key, value FROM incoming.meta WHERE key <> 'generation' AND key NOT LIKE 'audit-%' ON CONFLICT (key) DO UPDATE SET value = excluded.value").run();
      if (two) bringBack(db);
      if ((db.pragma('main.foreign_key_check') as unknown[]).length > 0) throw notOurs();
      note('restore', 'database', before, countsOf(db));
    });
  } finally {
    for (const table of ASIDE) db.exec(`DROP TABLE IF EXISTS temp.aside_${table}`);
    db.pragma('foreign_keys = ON');
    db.prepare('DETACH DATABASE incoming').run();
  }
}

const ASIDE = ['user', 'totp', 'recovery_code', 'setting'] as const;
const TRUSTED = "(SELECT name FROM temp.aside_user)";

/** Heads, counsellors and the levels of decryption as they are. In memory: `temp_store` is. */
function setAside(db: Connection): void {
  db.exec(`
    CREATE TEMP TABLE aside_user AS SELECT * FROM main.user WHERE role IN ('head', 'counsellor');
    CREATE TEMP TABLE aside_totp AS SELECT * FROM main.totp WHERE user IN ${TRUSTED};
    CREATE TEMP TABLE aside_recovery_code AS SELECT * FROM main.recovery_code WHERE user IN ${TRUSTED};
    CREATE TEMP TABLE aside_setting AS SELECT * FROM main.setting WHERE key LIKE '${LEVELS}'`);
}

/** What the file says of them gives way. An account that only the file calls a head or a counsellor is closed: rows that name it keep their hold. */
function bringBack(db: Connection): void {
  const ours = (column: string): string => `${column} COLLATE NOCASE IN ${TRUSTED}`;
  db.exec(`
    DELETE FROM main.api_token WHERE ${ours('by')} OR by COLLATE NOCASE IN (SELECT name FROM main.user WHERE role IN ('head', 'counsellor'));
    DELETE FROM main.room_teacher WHERE ${ours('user')};
    DELETE FROM main.room_loan WHERE ${ours('user')};
    UPDATE main.user SET role = 'teacher', disabled = 1, version = version + 1 WHERE role IN ('head', 'counsellor');
    DELETE FROM main.totp WHERE ${ours('user')};
    DELETE FROM main.recovery_code WHERE ${ours('user')};
    DELETE FROM main.user WHERE ${ours('name')};
    DELETE FROM main.setting WHERE key LIKE '${LEVELS}'`);
  for (const table of ASIDE) db.exec(`INSERT INTO main.${table} SELECT * FROM temp.aside_${table}`);
}

function countsOf(db: Connection): Record<string, number> {
  return Object.fromEntries(['zone', 'user', 'rule', 'list'].map((table) => [table, Number(db.prepare(`SELECT count(*) FROM main."${table}"`).pluck().get())]));
}
