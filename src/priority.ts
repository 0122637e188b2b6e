/**
 * Which thread the kernel lets run first: a pupil's request before a page of the console, a roll-up or a compile. Linux keeps the nice value a thread,
 * and a new thread takes its maker's. Owns nothing else; where the machine does not allow it, all run as equals.
 */
import { setPriority } from 'node:os';

/** A tenth of the core where a proxy thread wants it too; all of it else. */
const CONTROL_NICE = 10;

/** For the thread that calls it: lets the proxy threads go first. Call it when they are there, they would take the value over. */
export function letFilterGoFirst(): void {
  renice(CONTROL_NICE);
}

/** For a proxy thread, at its birth: one that replaces another is made by a thread that has stepped back. Needs root or RLIMIT_NICE. */
export function goFirst(): void {
  renice(0);
}

function renice(value: number): void {
  try {
    setPriority(0, value);
  } catch {
    return; // not allowed here
  }
}
