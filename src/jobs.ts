/** The task table of the control thread: what runs by itself, how often, and that one failing task never stops another. */
import { codeOf } from './fault.js';
import type { Log } from './log.js';

export interface Job {
  readonly name: string;
  /** What it does, for the manual and the log. */
  readonly about: string;
  readonly everyMs: number;
  run(): void | Promise<void>;
}

export interface Jobs {
  stop(): void;
}

/** Starts every job on its own interval; a run that is still going is not started again. */
export function startJobs(jobs: readonly Job[], log: Log): Jobs {
  const timers = jobs.map((job) => {
    let running = false;
    return setInterval(() => {
      if (running) return;
      running = true;
      void Promise.resolve()
        .then(() => job.run())
        .catch((error: unknown) => log.warn('job failed', { part: 'jobs', job: job.name, code: codeOf(error) }))
        .finally(() => {
          running = false;
        });
    }, job.everyMs);
  });
  return { stop: () => timers.forEach((timer) => clearInterval(timer)) };
}
