/**
 * One connection to luytre.db: beside restore.ts the only importer of better-sqlite3. Owns pragmas and migrations;
 * refuses files that are not ours, damaged, or of a newer program. Knows no table but `meta`.
 */
import Database from 'better-sqlite3';
import { MIGRATIONS, type Migration } from './migrations/all.js';
import { createWhole, DATABASE_FILE, databaseExists, secureDirectory } from './place.js';
import { StoreError, storeError, translate } from './store-error.js';
import { join } from 'node:path';

export type Connection = Database.Database;

/** 'LTre': tells our file from any other SQLite database. */
export const APPLICATION_ID = 0x4c547265;
export const SCHEMA_VERSION = MIGRATIONS.at(-1)?.version ?? 0;

export interface DatabaseOptions {
  readonly readonly?: boolean;
  /** How long to wait for another process's write lock. */
  readonly busyMs?: number;
  /** Ceiling on the database file, so that it cannot fill the disk of the gateway. */
  readonly maxBytes?: number;
}

export const BUSY_MS = 5_000;

/** Opens (and, unless read-only, makes and migrates) the database of a data directory. */
export function openDatabase(dataDir: string, options: DatabaseOptions = {}): Connection {
  const path = join(dataDir, DATABASE_FILE);
  const readonly = options.readonly ?? false;
  if (!readonly) secureDirectory(dataDir);
  if (!databaseExists(path)) {
    if (readonly) throw notFound(dataDir);
    createWhole(dataDir, path, make);
  }
  let db: Connection | null = null;
  try {
    db = new Database(path, { readonly, fileMustExist: true, timeout: options.busyMs ?? BUSY_MS });
    check(db);
    settle(db, readonly, options.maxBytes);
    if (!readonly) migrate(db, MIGRATIONS);
    else if (schemaOf(db) < SCHEMA_VERSION) throw olderSchema();
    return db;
  } catch (error) {
    db?.close();
    throw translate(error);
  }
}

/** A new database at `path`, whole. Rollback journal only: it becomes WAL when it is opened under its real name. */
function make(path: string): void {
  const db = new Database(path, { fileMustExist: true });
  try {
    db.pragma('journal_mode = MEMORY');
    db.pragma('page_size = 4096');
    db.pragma(`application_id = ${APPLICATION_ID}`);
    migrate(db, MIGRATIONS);
  } finally {
    db.close();
  }
}

/** Throws unless this is a database of ours that this program can read. */
export function check(db: Connection): void {
  // The first read of the header: SQLITE_NOTADB or SQLITE_CORRUPT come from here.
  const tables = Number(db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get());
  if (tables === 0 || db.pragma('application_id', { simple: true }) !== APPLICATION_ID) {
    throw new StoreError(
      'not-ours',
      'Tệp luytre.db là cơ sở dữ liệu của chương trình khác; tệp được giữ nguyên. Hãy chuyển nó đi nơi khác.',
      'The file luytre.db is another program’s database; it was left as it is. Move it away.',
    );
  }
  if (schemaOf(db) > SCHEMA_VERSION) {
    throw new StoreError(
      'schema-newer',
      'Cơ sở dữ liệu do phiên bản Lũy Tre mới hơn tạo ra; dữ liệu được giữ nguyên. Hãy dùng phiên bản mới đó.',
      'The database was written by a newer Lũy Tre; it was left as it is. Use that version.',
    );
  }
}

export function schemaOf(db: Connection): number {
  return Number(db.pragma('user_version', { simple: true }));
}

function settle(db: Connection, readonly: boolean, maxBytes: number | undefined): void {
  if (!readonly) {
    if (db.pragma('journal_mode', { simple: true }) !== 'wal') db.pragma('journal_mode = WAL');
    // What is deleted is overwritten: neither free pages nor the tail of a page may keep a name (security.md §5.2 rule 9).
    db.pragma('secure_delete = ON');
    // A change that was answered with "done" survives a power cut; event batches relax this for themselves (events.ts).
    db.pragma('synchronous = FULL');
    db.pragma('journal_size_limit = 16777216');
    if (maxBytes !== undefined) db.pragma(`max_page_count = ${Math.max(1, Math.floor(maxBytes / 4096))}`);
  }
  db.pragma('foreign_keys = ON');
  db.pragma('trusted_schema = OFF');
  // Sorting must not spill what is kept for a while into files that nobody overwrites.
  db.pragma('temp_store = MEMORY');
  db.pragma('cache_size = -8192');
}

/** Each step in a transaction of its own; a second process that got here at the same time finds the work done. */
export function migrate(db: Connection, migrations: readonly Migration[]): void {
  for (const { version, sql } of migrations) {
    if (schemaOf(db) >= version) continue;
    db.transaction(() => {
      if (schemaOf(db) >= version) return;
      db.exec(sql);
      db.pragma(`user_version = ${version}`);
    }).immediate();
  }
}

const statements = new WeakMap<Connection, Map<string, Database.Statement>>();

/** The statement of a text, prepared once a connection: for functions that are handed one. A closed set of texts, never one put together of values. */
export function prepared(db: Connection, sql: string): Database.Statement {
  const known = statements.get(db) ?? new Map<string, Database.Statement>();
  statements.set(db, known);
  let statement = known.get(sql);
  if (statement === undefined) known.set(sql, (statement = db.prepare(sql)));
  return statement;
}

function notFound(dataDir: string): StoreError {
  return new StoreError(
    'not-found',
    `Chưa có cơ sở dữ liệu trong ${dataDir}; hãy chạy: luytre setup hoặc luytre start.`,
    `There is no database in ${dataDir} yet; run: luytre setup or luytre start.`,
  );
}

function olderSchema(): StoreError {
  return new StoreError(
    'schema-older',
    'Cơ sở dữ liệu do phiên bản Lũy Tre cũ hơn tạo ra; hãy chạy luytre start (hoặc luytre setup) một lần để nâng cấp.',
    'The database was written by an older Lũy Tre; run luytre start (or luytre setup) once to upgrade it.',
  );
}

/** Everything SQLite can say against the file; [] when it is whole. */
export function integrityOf(db: Connection): string[] {
  const problems: string[] = [];
  try {
    for (const row of db.pragma('integrity_check(20)') as { integrity_check: string }[]) {
      if (row.integrity_check !== 'ok') problems.push(row.integrity_check);
    }
    const broken = (db.pragma('foreign_key_check') as { table: string }[]).length;
    if (broken > 0) problems.push(`foreign keys: ${broken} broken`);
  } catch (error) {
    const translated = translate(error);
    if (!(translated instanceof StoreError)) throw translated;
    problems.push(translated.code);
  }
  return problems;
}

/** A number of the `meta` table. */
export function metaNumber(db: Connection, key: string): number {
  const value = db.prepare('SELECT value FROM meta WHERE key = ?').pluck().get(key);
  if (typeof value !== 'number') throw storeError('corrupt');
  return value;
}
