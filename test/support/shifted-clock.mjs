/**
 * Loaded before the gateway (`--import`), in every thread: its wall clock is the machine's plus what stands in the file named by TEST_CLOCK, read anew every
 * few milliseconds. Timers and the monotonic clock are the machine's own, as they are when somebody sets the clock of a real one.
 */
import { readFileSync } from 'node:fs';

const file = process.env.TEST_CLOCK;
const READ_EVERY_MS = 10;
const RealDate = Date;
let shiftMs = 0;
let readMs = -Infinity;

function now() {
  if (performance.now() - readMs > READ_EVERY_MS) {
    readMs = performance.now();
    try {
      shiftMs = Number(readFileSync(file, 'utf8'));
    } catch {
      // the test has ended and taken its file away; the last shift holds
    }
  }
  return RealDate.now() + shiftMs;
}

if (file !== undefined) {
  globalThis.Date = class Date extends RealDate {
    constructor(...parts) {
      if (parts.length === 0) super(now());
      else super(...parts);
    }
    static now() {
      return now();
    }
  };
}
