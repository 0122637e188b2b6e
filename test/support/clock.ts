/** A clock of the gateway's own that a test sets and moves on, so that a lesson's end, an old proof or a week of figures is real and need not be waited for. */
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export interface TestClock {
  /** For `startTestGateway({ env })`: the gateway and every command of it live by this clock. */
  readonly env: Record<string, string>;
  now(): number;
  /** It reads `ms` from now on and goes on from there. */
  set(ms: number): void;
  forward(ms: number): void;
  end(): void;
}

/** @param startMs what the clock reads first; absent: the machine's own time */
export function createClock(startMs: number = Date.now()): TestClock {
  const dir = mkdtempSync(join(tmpdir(), 'luytre-clock-'));
  const file = join(dir, 'shift-ms');
  let shiftMs = 0;
  const write = (ms: number): void => {
    shiftMs = Math.round(ms);
    writeFileSync(`${file}.new`, String(shiftMs));
    renameSync(`${file}.new`, file);
  };
  write(startMs - Date.now());
  return {
    env: { NODE_OPTIONS: `--import ${pathToFileURL(join(import.meta.dirname, 'shifted-clock.mjs')).href}`, TEST_CLOCK: file },
    now: () => Date.now() + shiftMs,
    set: (ms) => write(ms - Date.now()),
    forward: (ms) => write(shiftMs + ms),
    end: () => rmSync(dir, { recursive: true, force: true }),
  };
}

/** A moment in Hà Nội: `hanoi('2026-11-23', '07:30')`. */
export function hanoi(day: string, time: string): number {
  return Date.parse(`${day}T${time}${time.length === 5 ? ':00' : ''}.000+07:00`);
}
