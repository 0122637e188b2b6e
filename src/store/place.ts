/**
 * The data directory and the database file as the file system sees them: who may read them, and how a new one comes to be.
 * Refuses what others could read (security.md §4.5) instead of quietly mending it, and never replaces a file it did not make.
 */
import { closeSync, constants, existsSync, fsyncSync, linkSync, lstatSync, mkdirSync, openSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StoreError, storeError, translate } from './store-error.js';

export const DATABASE_FILE = 'luytre.db';

/** Makes the directory (0700), or refuses one that group or others may enter. */
export function secureDirectory(dataDir: string): void {
  try {
    makeDirectories(dataDir);
  } catch (error) {
    throw unusable(dataDir, error);
  }
  const facts = statOf(dataDir);
  if (!facts.isDirectory()) throw unusable(dataDir, null);
  if ((facts.mode & 0o077) !== 0) {
    throw new StoreError(
      'dir-mode',
      `Thư mục dữ liệu ${dataDir} đang mở cho người khác trên máy; hãy chạy: chmod 700 ${dataDir}`,
      `The data directory ${dataDir} is open to other users of this machine; run: chmod 700 ${dataDir}`,
    );
  }
}

/** What `recursive` of `mkdirSync` promises, and an end: Node's tries for ever where the kernel says of a place that it can't be, though its parent is there (/proc, a directory removed under us). */
function makeDirectories(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return;
    const parent = dirname(path);
    if (code !== 'ENOENT' || parent === path || existsSync(parent)) throw error;
    makeDirectories(parent);
    mkdirSync(path, { mode: 0o700 });
  }
}

/** True when the database is there; refuses a link, a directory, or a file others may read. */
export function databaseExists(path: string): boolean {
  let facts;
  try {
    facts = lstatSync(path);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw unusable(path, error);
  }
  if (!facts.isFile()) {
    throw new StoreError(
      'not-a-file',
      `Đường dẫn ${path} không phải là tệp thường (liên kết hoặc thư mục); hãy chuyển nó đi nơi khác.`,
      `${path} is not a regular file (a link or a directory); move it away.`,
    );
  }
  if ((facts.mode & 0o077) !== 0) {
    throw new StoreError(
      'file-mode',
      `Tệp ${path} đang mở cho người khác trên máy; hãy chạy: chmod 600 ${path}`,
      `The file ${path} is open to other users of this machine; run: chmod 600 ${path}`,
    );
  }
  // A database is made under another name and linked whole, so an empty one was emptied: starting over would lose the school's rules.
  if (facts.size === 0) throw storeError('not-a-database');
  return true;
}

/**
 * Makes the database under a name of its own and gives it the real name only when whole, so that a crash leaves
 * nothing half-made and of two processes that start at once one wins and the other uses the winner's.
 */
export function createWhole(dataDir: string, path: string, fill: (temporary: string) => void): void {
  sweepUnfinished(dataDir);
  const temporary = join(dataDir, `${DATABASE_FILE}.new-${process.pid}`);
  try {
    closeSync(openSync(temporary, constants.O_CREAT | constants.O_EXCL | constants.O_RDWR | constants.O_NOFOLLOW, 0o600));
    fill(temporary);
    syncPath(temporary);
    linkSync(temporary, path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST' && existsSync(path))) throw translate(error);
  } finally {
    if (existsSync(temporary)) unlinkSync(temporary);
  }
  syncPath(dataDir);
}

/** Flushes a file, or a directory's names, to the disk. */
export function syncPath(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/** What a process that died while making a database left behind. */
function sweepUnfinished(dataDir: string): void {
  for (const name of readdirSync(dataDir)) {
    const pid = /^luytre\.db\.new-(\d+)(?:-journal|-wal|-shm)?$/.exec(name)?.[1];
    if (pid !== undefined && !alive(Number(pid))) unlinkSync(join(dataDir, name));
  }
}

function alive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

function statOf(path: string) {
  try {
    return statSync(path);
  } catch (error) {
    throw unusable(path, error);
  }
}

function unusable(path: string, cause: unknown): StoreError {
  return new StoreError(
    'dir-unusable',
    `Không dùng được ${path} làm nơi giữ dữ liệu; hãy kiểm tra đường dẫn và quyền.`,
    `${path} cannot be used to keep data; check the path and its permissions.`,
    { cause },
  );
}
