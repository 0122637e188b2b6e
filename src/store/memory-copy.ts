/**
 * A store in memory for the one case in which the disk can be read and not written: full, or mounted read-only after a fault. The copy of
 * the database lies on the machine's memory file system and goes with the process: what is changed in it is not kept.
 * Owns the copy and the two questions about the disk. Refuses to decide when it is used: `luytre start` does.
 */
import { closeSync, copyFileSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { freemem } from 'node:os';
import { join } from 'node:path';
import { openStore } from './database.js';
import { DATABASE_FILE } from './place.js';
import type { Store } from './rows.js';

const MEMORY = '/dev/shm';
/** What a start writes: the log and shared memory of SQLite, the lock, some pages. */
const START_BYTES = 2 ** 20;
/** So much more that the next start does not end here again. */
const AGAIN_BYTES = 8 * 2 ** 20;
/** Faults of the disk, not of the admin who gave the folder to somebody else: those are said and mended. */
const UNWRITABLE: ReadonlySet<string> = new Set(['ENOSPC', 'EDQUOT', 'EROFS', 'EIO']);

/** The system's code when the folder's disk takes no writes; null when it does, or when that is not what is wrong with it. */
export function writeFault(dataDir: string, bytes = START_BYTES): string | null {
  const probe = join(dataDir, `probe-${process.pid}.tmp`);
  try {
    const fd = openSync(probe, 'w', 0o600);
    try {
      for (let left = bytes; left > 0; ) left -= writeSync(fd, Buffer.alloc(Math.min(left, START_BYTES)));
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
    return null;
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    return UNWRITABLE.has(code) ? code : null;
  } finally {
    try {
      unlinkSync(probe);
    } catch {
      // never made
    }
  }
}

/** True when a start would find room again. */
export function takesWritesAgain(dataDir: string): boolean {
  return writeFault(dataDir, AGAIN_BYTES) === null;
}

export interface MemoryCopy {
  readonly store: Store;
  /** Closes the store and takes the copy away. */
  remove(): void;
}

/** Null when there is no database to copy, or no memory to hold it. @throws {StoreError} when the copy is not a whole database */
export function copyToMemory(dataDir: string): MemoryCopy | null {
  const path = join(dataDir, DATABASE_FILE);
  if (!existsSync(path) || !existsSync(MEMORY)) return null;
  const parts = ['', '-wal'].filter((suffix) => existsSync(path + suffix));
  // twice: the copy grows, and the program needs room beside it
  if (parts.reduce((sum, suffix) => sum + statSync(path + suffix).size, 0) * 2 > freemem()) return null;
  sweep();
  const folder = join(MEMORY, `luytre-${process.pid}`);
  const removeFolder = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    mkdirSync(folder, { mode: 0o700 });
    for (const suffix of parts) copyFileSync(path + suffix, join(folder, DATABASE_FILE + suffix));
    const store = openStore(folder);
    return {
      store,
      remove() {
        store.close();
        removeFolder();
      },
    };
  } catch (error) {
    removeFolder();
    throw error;
  }
}

/** Copies of processes that ended without taking theirs away. */
function sweep(): void {
  for (const name of readdirSync(MEMORY)) {
    const pid = /^luytre-(\d+)$/.exec(name)?.[1];
    if (pid !== undefined && !existsSync(`/proc/${pid}`) && statSync(join(MEMORY, name)).uid === process.getuid?.()) rmSync(join(MEMORY, name), { recursive: true, force: true });
  }
}
