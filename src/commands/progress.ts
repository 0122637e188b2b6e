/** Progress bars, shown only where a person watches: on a terminal, never with --json. */
import cliProgress from 'cli-progress';
import type { CommandEnv } from './env.js';

export interface Bar {
  /** @param done entries so far @param total entries in all */
  update(done: number, total: number): void;
  stop(): void;
}

/** The bar of an index compile. It appears with the first update, so that a mere load shows nothing. */
export function compileBar(env: Pick<CommandEnv, 'json' | 't'>): Bar {
  return progressBar(env, env.t('Biên dịch danh sách', 'Compiling lists'));
}

export function progressBar(env: Pick<CommandEnv, 'json'>, title: string): Bar {
  if (env.json || !process.stderr.isTTY) return { update: () => undefined, stop: () => undefined };
  let bar: cliProgress.SingleBar | null = null;
  return {
    update(done, total) {
      if (bar === null) {
        bar = new cliProgress.SingleBar({ format: `${title} [{bar}] {percentage}% {value}/{total}`, stream: process.stderr, hideCursor: true, clearOnComplete: true }, cliProgress.Presets.shades_classic);
        bar.start(total, done);
      }
      bar.setTotal(total);
      bar.update(done);
    },
    stop() {
      bar?.stop();
    },
  };
}
