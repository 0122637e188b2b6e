#!/usr/bin/env node
/**
 * The `luytre` command: builds the commander program out of the command groups and gives every action its environment.
 * Owns the global options and the mapping from errors to one sentence and an exit code; never prints a stack trace.
 */
import { realpathSync } from 'node:fs';
import { userInfo } from 'node:os';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import { registerApprovals } from './commands/approvals.js';
import { registerBackup } from './commands/backup.js';
import { registerCa } from './commands/ca.js';
import { registerChannel } from './commands/channel.js';
import { registerDoctor } from './commands/doctor.js';
import { CommandError, type CommandEnv, type Run } from './commands/env.js';
import { registerExplain } from './commands/explain.js';
import { registerLesson } from './commands/lesson.js';
import { registerLists } from './commands/lists.js';
import { registerPeople } from './commands/people.js';
import { registerProfiles } from './commands/profiles.js';
import { registerReport } from './commands/report.js';
import { registerRules } from './commands/rules.js';
import { registerSchedule } from './commands/schedule.js';
import { registerSelftest } from './commands/selftest.js';
import { registerSetup } from './commands/setup.js';
import { registerSites } from './commands/sites.js';
import { registerStart } from './commands/start.js';
import { usageSentence } from './commands/usage.js';
import { registerZones } from './commands/zones.js';
import { languageOf, loadConfig, type Config } from './config.js';
import { ConfigError } from './config-file.js';
import { codeOf, sentencesOf } from './fault.js';
import { rulesDir, version } from './installed.js';
import { loadShipped, type Shipped } from './lists/shipped.js';
import { openStore } from './store/database.js';
import type { Store } from './store/rows.js';

interface GlobalOptions {
  config?: string;
  data?: string;
  lang?: 'vi' | 'en';
  json?: boolean;
}

const run: Run = (action) => async (...args) => {
  const command = args[args.length - 1] as unknown as Command;
  const options = command.optsWithGlobals<GlobalOptions>();
  let store: Store | null = null;
  const lang = options.lang ?? languageOf();
  try {
    const configNow = (): Config => loadConfig({ file: options.config, dataDir: options.data, lang });
    const config = configNow();
    let shipped: Shipped | null = null;
    const env: CommandEnv = {
      config,
      configNow,
      lang,
      json: options.json === true,
      say: {
        out: (text) => process.stdout.write(`${text}\n`),
        err: (text) => process.stderr.write(`${text}\n`),
        json: (value) => process.stdout.write(`${JSON.stringify(value)}\n`),
      },
      actor: { kind: 'cli', name: accountName() },
      store: () => (store ??= openStore(config.dataDir)),
      shipped: () => (shipped ??= loadShipped(rulesDir())),
      t: (vi, en) => (lang === 'vi' ? vi : en),
      now: () => Date.now(),
    };
    await action(env, ...args);
  } catch (error) {
    process.exitCode = fail(error, lang);
  } finally {
    (store as Store | null)?.close();
  }
};

/** One clear sentence on stderr; the exit code of contract.md. */
function fail(error: unknown, lang: 'vi' | 'en'): 1 | 2 {
  const spoken = sentencesOf(error);
  if (spoken !== null) {
    process.stderr.write(`luytre: ${spoken[lang]}\n`);
    if (error instanceof CommandError) return error.code;
    return error instanceof ConfigError ? 2 : 1;
  }
  process.stderr.write(lang === 'vi' ? `luytre: lỗi ngoài dự kiến (${codeOf(error)}).\n` : `luytre: unexpected error (${codeOf(error)}).\n`);
  return 1;
}

/** Standard output goes to a file on a full disk, or to something that can't be written. */
function unwritten(error: NodeJS.ErrnoException): CommandError {
  return new CommandError(1, `Không ghi được kết quả ra (${error.code ?? ''}).`, `The output can't be written (${error.code ?? ''}).`);
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch (error) {
    // an account without an entry in the password file (containers)
    return `uid-${process.getuid?.() ?? (error as Error).name}`;
  }
}

function addGlobals(command: Command): void {
  command
    .option('--config <file>', 'tệp cấu hình (config file; LUYTRE_CONFIG)')
    .option('--data <dir>', 'thư mục dữ liệu (data directory; LUYTRE_DATA)')
    .addOption(new Option('--lang <lang>', 'ngôn ngữ (language)').choices(['vi', 'en']))
    .option('--json', 'xuất cho máy đọc (machine output)');
  for (const child of command.commands) addGlobals(child);
}

/** Commander says nothing itself where it complains: `main` does, in the language asked for. */
function quiet(command: Command): void {
  command.exitOverride();
  command.configureOutput({ outputError: () => undefined });
  command.showHelpAfterError(false);
  for (const child of command.commands) quiet(child);
}

/** The language while the command line itself can't be read. */
function askedLanguage(argv: readonly string[]): 'vi' | 'en' {
  const asked = argv.map((word, at) => (word === '--lang' ? argv[at + 1] : word.startsWith('--lang=') ? word.slice(7) : undefined)).find((word) => word === 'vi' || word === 'en');
  return asked === 'vi' || asked === 'en' ? asked : languageOf();
}

/** Builds the whole program; exported for the tests. */
export function createProgram(): Command {
  const program = new Command('luytre');
  program.description('Lũy Tre: cổng lọc Internet theo lứa tuổi cho trường học (age-tiered school filter)').version(version(), '-V, --version');
  registerStart(program, run);
  registerSetup(program, run);
  registerExplain(program, run);
  registerLists(program, run);
  registerZones(program, run);
  registerLesson(program, run);
  registerSites(program, run);
  registerSchedule(program, run);
  registerRules(program, run);
  registerPeople(program, run);
  registerProfiles(program, run);
  registerApprovals(program, run);
  registerReport(program, run);
  registerCa(program, run);
  registerChannel(program, run);
  registerBackup(program, run);
  registerDoctor(program, run);
  registerSelftest(program, run);
  addGlobals(program);
  quiet(program);
  return program;
}

/** Runs one command line; what went wrong is said on stderr, and `process.exitCode` tells how it ended. Exported for the tests. */
export async function runCommandLine(argv: readonly string[]): Promise<void> {
  try {
    await createProgram().parseAsync([...argv]);
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const sentence = usageSentence(error, askedLanguage(argv));
    if (sentence !== null) process.stderr.write(`luytre: ${sentence}\n`);
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  }
}

async function main(): Promise<void> {
  // a reader that goes away (`| head`) is no error
  process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : fail(unwritten(error), askedLanguage(process.argv))));
  process.umask(0o077);
  // The control thread does not outlive what nobody caught; its supervisor starts it again. No stack trace: messages may quote input.
  process.on('uncaughtException', (error) => process.exit(fail(error, languageOf())));
  await runCommandLine(process.argv);
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
