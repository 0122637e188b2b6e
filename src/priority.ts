/**
 * Which thread the kernel lets run first: a pupil's request before a page of the console, a roll-up or a compile. Linux keeps policy and nice value
 * a thread, and a new thread takes its maker's. Owns nothing else; where the machine does not allow it, all run as equals.
 *
 * A nice value alone only shares: since Linux 6.6 a thread that wakes waits out the slice of whoever runs, up to a tick (4 ms), however unimportant that is
 * (decision 0020). A real-time thread does not wait. It needs root or RLIMIT_RTPRIO, and `chrt` (util-linux), because Node has no call for it.
 */
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { availableParallelism, setPriority } from 'node:os';

/** A tenth of the core where a proxy thread wants it too; all of it else. */
const CONTROL_NICE = 10;
/** The lowest there is: above every ordinary thread, below the kernel's own. */
const REAL_TIME = '1';
const CHRT_MS = 5_000;

/**
 * For the thread that calls it: lets the proxy threads go first. Call it when they are there, they would take the value over.
 * The threads that hash passwords and read files step back too; they were made by the first who needed one.
 */
export function letFilterGoFirst(): void {
  renice(CONTROL_NICE);
  for (const id of poolThreads()) renice(CONTROL_NICE, id);
}

/** For a proxy thread, at its birth: one that replaces another is made by a thread that has stepped back. Needs root or RLIMIT_NICE. */
export function goFirst(): void {
  renice(0);
}

/** The kernel's number of the thread that calls it. */
export function ownThreadId(): number | null {
  try {
    const id = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
    return Number.isSafeInteger(id) && id > 0 ? id : null;
  } catch {
    return null; // not Linux
  }
}

/**
 * Lets a proxy thread run as soon as it has something to do. Only where a core is left that no such thread can fill: however many requests come,
 * whoever changes the policy, signs in or logs in to the machine gets on.
 * @returns whether it was allowed
 */
export function runAtOnce(threadId: number | null, proxyThreads: number, cores = availableParallelism()): Promise<boolean> {
  if (threadId === null || proxyThreads >= cores) return Promise.resolve(false);
  return new Promise((resolve) => {
    execFile('chrt', ['--rr', '--pid', REAL_TIME, String(threadId)], { timeout: CHRT_MS }, (error) => resolve(error === null));
  });
}

function poolThreads(): number[] {
  try {
    return readdirSync('/proc/self/task').filter((id) => readFileSync(`/proc/self/task/${id}/comm`, 'utf8').trim() === 'libuv-worker').map(Number);
  } catch {
    return []; // not Linux, or one of them has just ended
  }
}

/** @param thread 0: the one that calls */
function renice(value: number, thread = 0): void {
  try {
    setPriority(thread, value);
  } catch {
    return; // not allowed here
  }
}
