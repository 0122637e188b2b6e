/**
 * One gateway a data directory: a lock file with the process's id and start time, so that a stale one left by a power cut
 * is told from a live one even when the id was given to another process.
 */
import { closeSync, fsyncSync, openSync, readFileSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from './fault.js';

const FILE = 'gateway.lock';

/** Another gateway holds the directory. */
export class LockedError extends Error {
  readonly vi = 'Một cổng lọc khác đang chạy trên thư mục dữ liệu này; hãy dừng nó trước.';
  readonly en = 'Another gateway is running on this data directory; stop it first.';
  readonly code = 'locked';
  constructor() {
    super('another gateway is running on this data directory');
    this.name = 'LockedError';
  }
}

/**
 * Takes the directory; call the result to let go.
 * @throws LockedError
 */
export function lockDataDir(dataDir: string): () => void {
  const file = join(dataDir, FILE);
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const fd = openSync(file, 'wx', 0o600);
      writeSync(fd, `${process.pid} ${startTime(process.pid) ?? 0}\n`);
      fsyncSync(fd);
      closeSync(fd);
      return () => unlinkSync(file);
    } catch (error) {
      if (codeOf(error) !== 'EEXIST') throw error;
      if (isHeld(file)) throw new LockedError();
      unlinkSync(file);
    }
  }
  throw new LockedError();
}

/** True when a live gateway holds the directory. */
export function isDataDirLocked(dataDir: string): boolean {
  return isHeld(join(dataDir, FILE));
}

function isHeld(file: string): boolean {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
  const [pid, started] = text.trim().split(' ').map(Number);
  // One's own id in a lock not taken yet was another's before the machine started anew.
  if (pid === undefined || started === undefined || !(pid > 0) || pid === process.pid) return false;
  return startTime(pid) === started;
}

/** Field 22 of /proc/PID/stat: start time in clock ticks after boot; undefined when there is no such process. */
function startTime(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes(codeOf(error))) return undefined;
    throw error;
  }
}
