/**
 * Backup and restore of the whole database. A backup is one file, 0600, checked before it gets its name; a restore checks the
 * file first and sets the old database aside instead of overwriting it.
 */
import Database from 'better-sqlite3';
import { closeSync, copyFileSync, existsSync, openSync, readSync, renameSync, statSync, unlinkSync, chmodSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { APPLICATION_ID, check, integrityOf, migrate, SCHEMA_VERSION, schemaOf, type Connection } from './connection.js';
import { MIGRATIONS } from './migrations/all.js';
import { DATABASE_FILE, databaseExists, secureDirectory, syncPath } from './place.js';
import { StoreError, storeError, translate } from './store-error.js';

/** The database that a restore replaced; retention removes it when its events are past their time. */
export const ASIDE_FILE = `${DATABASE_FILE}.before-restore`;

/** Writes a whole, consistent copy to `file`, beside the running database; only an earlier backup may be overwritten. */
export async function backupTo(db: Connection, file: string): Promise<void> {
  const target = resolve(file);
  if (existsSync(target) && !isOurs(target)) {
    throw new StoreError('exists', `Đã có tệp ${file} và đó không phải bản sao lưu; hãy chọn tên khác.`, `${file} exists and is not a backup; choose another name.`);
  }
  const temporary = `${target}.part-${process.pid}`;
  try {
    closeSync(openSync(temporary, 'wx', 0o600));
    await db.backup(temporary);
    finishCopy(temporary);
    renameSync(temporary, target);
    syncPath(dirname(target));
  } catch (error) {
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      if (existsSync(temporary + suffix)) unlinkSync(temporary + suffix);
    }
    throw translate(error);
  }
}

/**
 * Puts a backup in the place of the data directory's database. The gateway must be stopped.
 * @returns where the database that was there before is kept, or null when there was none
 */
export function restoreStore(dataDir: string, file: string): string | null {
  secureDirectory(dataDir);
  const path = join(dataDir, DATABASE_FILE);
  if (!existsSync(file)) throw new StoreError('not-found', `Không có tệp ${file}.`, `There is no file ${file}.`);
  const temporary = join(dataDir, `${DATABASE_FILE}.new-${process.pid}`);
  try {
    copyFileSync(file, temporary);
    chmodSync(temporary, 0o600);
    finishCopy(temporary);
    shaped(temporary);
    // A damaged database is a reason to restore, so its state is not asked; only that nobody is using it.
    const kept = existsSync(path) ? setAside(dataDir, path) : null;
    renameSync(temporary, path);
    syncPath(dataDir);
    return kept;
  } catch (error) {
    for (const suffix of ['', '-wal', '-shm', '-journal']) {
      if (existsSync(temporary + suffix)) unlinkSync(temporary + suffix);
    }
    throw translate(error);
  }
}

/** Removes the database an earlier restore set aside, when it was last written before `beforeMs`. */
export function removeAside(dataDir: string, beforeMs: number): void {
  const aside = join(dataDir, ASIDE_FILE);
  if (!existsSync(aside) || statSync(aside).mtimeMs >= beforeMs) return;
  for (const suffix of ['-wal', '-shm', '']) if (existsSync(aside + suffix)) unlinkSync(aside + suffix);
}

/** Turns a copy into one self-contained file and refuses it unless it is ours and whole. */
export function finishCopy(path: string): void {
  const db = new Database(path, { fileMustExist: true });
  try {
    check(db);
    db.pragma('journal_mode = DELETE');
    db.pragma('secure_delete = ON');
    // A session ended since would come back to life with it.
    if (schemaOf(db) >= 5) db.exec('DELETE FROM session');
    if (integrityOf(db).length > 0) throw storeError('corrupt');
  } finally {
    db.close();
  }
  syncPath(path);
}

/** Brings a copy up to this version and refuses it where its schema is not word for word ours: a trigger or a view of a stranger would run whenever it is written or read. */
export function shaped(path: string): { readonly older: boolean } {
  const db = new Database(path, { fileMustExist: true });
  try {
    db.pragma('trusted_schema = OFF');
    check(db);
    const older = schemaOf(db) < SCHEMA_VERSION;
    if (older) migrate(db, MIGRATIONS);
    if (schemaText(db) !== schemaText(fresh())) throw notOurs();
    return { older };
  } finally {
    db.close();
  }
}

function schemaText(db: Connection): string {
  const rows = db.prepare("SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name").raw().all();
  if (db.memory) db.close();
  return JSON.stringify(rows);
}

function fresh(): Connection {
  const db = new Database(':memory:');
  migrate(db, MIGRATIONS);
  return db;
}

export function notOurs(): StoreError {
  return new StoreError('not-ours', 'Tệp này không phải bản sao lưu nguyên vẹn của Lũy Tre; dữ liệu hiện có được giữ nguyên.', 'This file is not a whole backup of Lũy Tre; the data in place were left as they are.');
}

function setAside(dataDir: string, path: string): string {
  inUse(path);
  const aside = join(dataDir, ASIDE_FILE);
  for (const suffix of ['-wal', '-shm']) {
    // Closing the last connection empties the log; what is left belongs to a database that could not be opened.
    if (existsSync(path + suffix)) renameSync(path + suffix, aside + suffix);
  }
  renameSync(path, aside);
  return aside;
}

/** Throws when another process has the database open. */
function inUse(path: string): void {
  let db: Connection | null = null;
  try {
    if (!databaseExists(path)) return;
    db = new Database(path, { fileMustExist: true, timeout: 0 });
    // Leaving WAL needs the database to itself.
    db.pragma('journal_mode = DELETE');
    if (db.pragma('journal_mode', { simple: true }) === 'wal') throw usedError();
  } catch (error) {
    const translated = translate(error);
    if (translated instanceof StoreError && translated.code === 'locked') throw usedError();
    if (translated instanceof StoreError && (translated.code === 'corrupt' || translated.code === 'not-a-database' || translated.code === 'file-mode')) return;
    throw translated;
  } finally {
    db?.close();
  }
}

function usedError(): StoreError {
  return new StoreError('in-use', 'Cổng lọc đang chạy; hãy dừng nó rồi khôi phục.', 'The gateway is running; stop it before restoring.');
}

function isOurs(path: string): boolean {
  if (!statSync(path).isFile()) return false;
  const header = Buffer.alloc(100);
  const handle = openSync(path, 'r');
  try {
    if (readSync(handle, header, 0, 100, 0) < 100) return false;
  } finally {
    closeSync(handle);
  }
  return header.toString('latin1', 0, 15) === 'SQLite format 3' && header.readUInt32BE(68) === APPLICATION_ID;
}
