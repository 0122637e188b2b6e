/**
 * What every command is given: lazily opened parts, the two output streams and the language.
 * Owns the exit codes of contract.md: 0 success, 1 the answer is no, 2 wrong usage.
 */
import { SpokenError } from '../fault.js';
import type { Config } from '../config.js';
import type { Shipped } from '../lists/shipped.js';
import type { Actor, Store } from '../store/rows.js';

export interface Say {
  /** One line to stdout. */
  out(text: string): void;
  /** One line to stderr. */
  err(text: string): void;
  /** One JSON object on a line of stdout. */
  json(value: unknown): void;
}

export interface CommandEnv {
  readonly config: Config;
  /** The configuration as its file stands by now. @throws ConfigError */
  configNow(): Config;
  readonly lang: 'vi' | 'en';
  /** Machine output asked for with `--json`. */
  readonly json: boolean;
  readonly say: Say;
  readonly actor: Actor;
  /** Opened on first use, closed by the caller at the end of the command. */
  store(): Store;
  /** Shipped rules, validated on first use. */
  shipped(): Shipped;
  /** Picks the text of the language in use. */
  t(vi: string, en: string): string;
  now(): number;
}

/** Ends a command with an exit code (1: the answer is no; 2: wrong usage) and one clear sentence; nothing else may end a command early. */
export class CommandError extends SpokenError<1 | 2> {}

/**
 * Every command group exports `registerX(program: Command, run: Run): void` and writes its actions as
 * `.action(run(async (env, …args) => …))`, with args as commander gives them (arguments, then options, then the command).
 * `run` reads `--config`, `--data`, `--lang` and `--json` (which main.ts adds to every command), builds the CommandEnv,
 * turns errors into one sentence and an exit code, and closes the store.
 */
export type Run = <A extends unknown[]>(action: (env: CommandEnv, ...args: A) => void | Promise<void>) => (...args: A) => Promise<void>;
