/**
 * One compile at a time on a machine: a lock file with the holder's process id, touched every second while it is held.
 * A holder that died (no such process, or no touch for five seconds) is passed over. Losing the race costs time, never
 * correctness: the index file is written whole under a name of its own content.
 */
import { mkdir, open, readFile, stat, unlink, utimes } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { indexFolder } from './index-file.js';

const STALE_MS = 5_000;
const TOUCH_MS = 1_000;
const POLL_MS = 100;
/** A compile of eight million entries takes half of this on a slow machine; then it is done twice rather than never. */
const WAIT_MS = 120_000;

/**
 * Runs `compile` under the lock. While another process holds it, `ready` is asked every tenth of a second and a result of it is taken.
 */
export async function withCompileLock<T>(dataDir: string, ready: () => Promise<T | null>, compile: () => Promise<T>): Promise<T> {
  const path = join(indexFolder(dataDir), 'compile.lock');
  const deadline = Date.now() + WAIT_MS;
  for (let taken = await take(path); taken !== 'taken'; taken = await take(path)) {
    // No lock can be had here (disk full, read-only): the compile itself needs no disk.
    if (taken === 'impossible') return compile();
    await wait(POLL_MS);
    const found = await ready();
    if (found !== null) return found;
    if (Date.now() > deadline || (await isStale(path))) await unlink(path).catch(() => undefined);
  }
  const touch = setInterval(() => {
    const now = new Date();
    utimes(path, now, now).catch(() => undefined);
  }, TOUCH_MS);
  try {
    return (await ready()) ?? (await compile());
  } finally {
    clearInterval(touch);
    await unlink(path).catch(() => undefined);
  }
}

async function take(path: string): Promise<'taken' | 'held' | 'impossible'> {
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(path, 'wx', 0o600);
    await file.writeFile(String(process.pid)).catch(() => undefined);
    await file.close();
    return 'taken';
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    // EEXIST of mkdir: a file stands where the folder should be.
    return code === 'EEXIST' && (await stat(path).then(() => true, () => false)) ? 'held' : 'impossible';
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const { mtimeMs } = await stat(path);
    if (Date.now() - mtimeMs > STALE_MS) return true;
    const pid = Number(await readFile(path, 'latin1'));
    if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
    process.kill(pid, 0);
    return false;
  } catch (error) {
    // ESRCH: its process is gone. ENOENT: released meanwhile; taking it again decides.
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
}
