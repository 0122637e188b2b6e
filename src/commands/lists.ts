/** `luytre lists`: import, status, update, diff, rollback, remove. */
import { basename } from 'node:path';
import { Option, type Command } from 'commander';
import { prepareIndex, type CompileOptions } from '../lists/compile.js';
import { IMPORT_FORMATS, type ImportFormat } from '../lists/formats/layout.js';
import { importList, nameFor, parseSource, type ImportDeps, type ImportOptions, type ImportReport } from '../lists/import.js';
import { ListError, type ListCode } from '../lists/list-error.js';
import { syncShipped } from '../lists/shipped-sync.js';
import { DAY_MS } from '../local-time.js';
import type { ListRow, Store } from '../store/rows.js';
import { knownCategory, knownProfile } from './check.js';
import { CommandError, type CommandEnv, type Run } from './env.js';
import { gateSentence, printReport } from './lists-report.js';
import { compileBar, progressBar } from './progress.js';

interface ImportFlags {
  category: string;
  allow?: boolean;
  name?: string;
  format: ImportFormat;
  only?: string[];
  profile?: string[];
  force?: boolean;
  preview?: boolean;
}

interface DiffFlags {
  from?: string;
  to?: string;
  all?: boolean;
}

export function registerLists(program: Command, run: Run): void {
  const lists = program.command('lists').description('danh sách chặn và cho phép (block and allow lists)');
  lists.command('import <file...>')
    .description('nhập danh sách: tệp, gz, zip, tar hoặc thư mục; mỗi tệp một danh sách, trừ khi có --name (import lists)')
    .requiredOption('--category <code>', 'nhóm nội dung (category)')
    .option('--allow', 'danh sách cho phép của trường (an allow list of the school)')
    .option('--name <name>', 'tên danh sách; nhiều tệp gộp làm một (name; several files become one list)')
    .addOption(new Option('--format <format>', 'định dạng (format)').choices([...IMPORT_FORMATS]).default('auto'))
    .option('--only <part...>', 'chỉ lấy phần này của kho (thư mục UT1, tệp v2fly); all: lấy hết (parts of a collection)')
    .option('--profile <profile...>', 'chỉ cho các hồ sơ này (only for these profiles)')
    .option('--force', 'nhập dù bị cổng kiểm tra giữ lại (take it although the gate stops it)')
    .option('--preview', 'chỉ xem trước sẽ chặn thêm gì, không thay đổi gì (only look at what it would do)')
    .action(run((env, files: string[], flags: ImportFlags) => importFiles(env, files, flags)));
  lists.command('status').description('các danh sách, phiên bản, tuổi (lists, versions, age)').action(run((env) => status(env)));
  lists.command('update [name...]')
    .description('hỏi kênh có chữ ký ngay, và đọc lại từ tệp nguồn những danh sách đã nhập (ask the signed channel at once, re-read imported lists from their files)')
    .option('--force', 'nhập dù bị cổng kiểm tra giữ lại (take them although the gate stops them)')
    .action(run((env, names: string[], flags: { force?: boolean }) => update(env, names, flags.force === true)));
  lists.command('diff <name>')
    .description('mục thêm, bớt so với phiên bản trước (what changed since the version before)')
    .option('--from <version>', 'phiên bản cũ (old version)')
    .option('--to <version>', 'phiên bản mới (new version)')
    .option('--all', 'in hết, không chỉ 20 mục đầu (print everything)')
    .action(run((env, name: string, flags: DiffFlags) => diff(env, name, flags)));
  lists.command('rollback <name>').description('trở về phiên bản trước (back to the version before)').action(run((env, name: string) => rollback(env, name)));
  lists.command('remove <name>').description('xóa danh sách đã nhập (remove an imported list)').action(run((env, name: string) => remove(env, name)));
}

async function importFiles(env: CommandEnv, files: readonly string[], flags: ImportFlags): Promise<void> {
  const options: ImportOptions = {
    category: knownCategory(env, flags.category),
    allow: flags.allow === true,
    name: flags.name ?? null,
    format: flags.format,
    only: flags.only?.flatMap((part) => part.split(',')) ?? null,
    profiles: flags.profile?.map((id) => knownProfile(env, id)) ?? null,
    force: flags.force === true,
    preview: flags.preview === true,
  };
  syncedStore(env);
  const jobs = flags.name === undefined ? files.map((file) => [file]) : [[...files]];
  const names = jobs.map(([file]) => options.name ?? nameFor(file ?? '', options));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice !== undefined) {
    throw new CommandError(2, `Hai tệp cùng thành danh sách ${twice}; hãy gộp bằng --name hoặc nhập từng tệp.`, `Two files would become list ${twice}; join them with --name or import them one by one.`);
  }
  await each(env, jobs, (job) => importOne(env, job, options));
}

/** Runs the jobs in turn; one that fails does not keep the others from being done. */
async function each<T>(env: CommandEnv, jobs: readonly T[], work: (job: T) => Promise<void>): Promise<void> {
  let failed: CommandError | null = null;
  for (const job of jobs) {
    try {
      await work(job);
    } catch (error) {
      const spoken = toCommandError(error);
      if (jobs.length === 1) throw spoken;
      env.say.err(`luytre: ${env.t(spoken.vi, spoken.en)}`);
      failed = failed === null || spoken.code > failed.code ? spoken : failed;
    }
  }
  if (failed !== null) throw new CommandError(failed.code, 'Có danh sách không nhập được (xem trên); các danh sách khác đã xong.', 'Some lists were not imported (see above); the others are done.');
}

async function importOne(env: CommandEnv, files: readonly string[], options: ImportOptions): Promise<void> {
  const reading = progressBar(env, env.t(`Đọc ${basename(files[0] ?? '')}`, `Reading ${basename(files[0] ?? '')}`));
  const compiling = compileBar(env);
  const deps: ImportDeps = {
    store: env.store(),
    dataDir: env.config.dataDir,
    shipped: env.shipped(),
    actor: env.actor,
    nowMs: env.now(),
    onRead: (done, total) => reading.update(done, total),
    onCompile: (done, total) => {
      reading.stop();
      compiling.update(done, total);
    },
    onProblem: (problem) => env.say.err(`luytre: ${env.t(problem.vi, problem.en)}`),
  };
  let report: ImportReport;
  try {
    report = await importList(files, options, deps);
  } finally {
    reading.stop();
    compiling.stop();
  }
  if (env.json) env.say.json(toJson(report));
  else printReport(env, report);
  if (report.outcome === 'refused-empty') {
    throw new CommandError(
      1,
      `${basename(files[0] ?? '')} không có mục nào dùng được (${report.lines} dòng, bỏ ${report.refused}); không thay đổi gì.`,
      `${basename(files[0] ?? '')} has no usable entry (${report.lines} lines, ${report.refused} refused); nothing was changed.`,
    );
  }
  if (report.outcome === 'refused-by-gate') {
    const [vi, en] = gateSentence(report);
    throw new CommandError(1, vi, en);
  }
}

/** One object a list, with the names of contract.md's JSON style. */
function toJson(report: ImportReport): unknown {
  const { refusals, ...rest } = report;
  return { ...rest, refusals: refusals.map(({ why, lines, first }) => ({ reason: why, lines, first })) };
}

function status(env: CommandEnv): void {
  const store = syncedStore(env);
  const rows = [...store.policies.lists()].sort((a, b) => (a.name < b.name ? -1 : 1));
  for (const row of rows) {
    const added = new Date(row.current.addedMs).toISOString();
    if (env.json) {
      env.say.json({
        name: row.name, role: row.role, category: row.category, profiles: row.profiles, protected: row.shield, origin: row.origin, version: row.current.version,
        entries: row.current.entries, sha256: row.current.sha256, added, source: row.source, license: row.license, versions: store.policies.listVersions(row.name).length,
      });
      continue;
    }
    const days = Math.max(0, Math.floor((env.now() - row.current.addedMs) / DAY_MS));
    const age = days === 0 ? env.t('hôm nay', 'today') : env.t(`${days} ngày trước`, `${days} days ago`);
    const origin = { shipped: env.t('đi kèm', 'shipped'), imported: env.t('trường nhập', 'imported'), city: env.t('thành phố', 'city') }[row.origin];
    env.say.out([row.name, row.category ?? '-', row.role, env.t(`${row.current.entries} mục`, `${row.current.entries} entries`), row.current.version, age, origin].join('\t'));
  }
  if (!env.json) {
    const entries = rows.reduce((sum, row) => sum + row.current.entries, 0);
    env.say.out(env.t(`${rows.length} danh sách, ${entries} mục.`, `${rows.length} lists, ${entries} entries.`));
  }
}

async function update(env: CommandEnv, names: readonly string[], force: boolean): Promise<void> {
  const store = syncedStore(env);
  const rows = names.length === 0 ? store.policies.lists().filter((row) => row.origin === 'imported' && parseSource(row.source) !== null) : names.map((name) => imported(store, name));
  if (rows.length === 0 && !env.json && env.config.channel.url === null) {
    env.say.out(env.t('Chưa nhập danh sách nào; danh sách đi kèm đổi theo bản cài đặt.', 'No list was imported; shipped lists change with the installed version.'));
  }
  await each(env, rows, async (row) => {
    const source = parseSource(row.source);
    if (source === null) throw new ListError('no-source', `Danh sách ${row.name} không ghi lại tệp nguồn; hãy nhập lại bằng lists import.`, `List ${row.name} has no source file on record; import it again.`);
    await importOne(env, source.files, {
      category: row.category ?? '',
      allow: row.role === 'school-allow',
      name: row.name,
      format: source.format,
      only: source.only,
      profiles: row.profiles,
      force,
    });
  });
  if (names.length === 0 && env.config.channel.url !== null) await (await import('./lists-channel.js')).updateFromChannel(env, force);
}

function diff(env: CommandEnv, name: string, flags: DiffFlags): void {
  const { policies } = syncedStore(env);
  const row = policies.lists().find((candidate) => candidate.name === name) ?? missing(name);
  const versions = policies.listVersions(name).map(({ version }) => version);
  const to = flags.to ?? row.current.version;
  const from = flags.from ?? versions[versions.indexOf(to) + 1];
  if (from === undefined) throw new ListError('no-earlier', `Danh sách ${name} chưa có phiên bản trước để so.`, `List ${name} has no earlier version to compare with.`);
  const before = policies.listEntries(name, from);
  const after = policies.listEntries(name, to);
  const added = missingFrom(after, before);
  const removed = missingFrom(before, after);
  const show = flags.all === true ? Number.POSITIVE_INFINITY : 20;
  if (env.json) {
    env.say.json({ name, from, to, added: added.length, removed: removed.length, addedEntries: added.slice(0, show), removedEntries: removed.slice(0, show) });
    return;
  }
  env.say.out(env.t(`${name}: ${from} → ${to}: thêm ${added.length}, bớt ${removed.length}`, `${name}: ${from} → ${to}: ${added.length} added, ${removed.length} removed`));
  for (const [sign, entries] of [['+', added], ['-', removed]] as const) {
    for (const entry of entries.slice(0, show)) env.say.out(`${sign} ${entry}`);
    if (entries.length > show) env.say.out(`${sign} … (${entries.length - show}; --all)`);
  }
}

function missingFrom(these: readonly string[], those: readonly string[]): string[] {
  const known = new Set(those);
  return these.filter((entry) => !known.has(entry));
}

async function rollback(env: CommandEnv, name: string): Promise<void> {
  const store = syncedStore(env);
  const row = imported(store, name);
  const versions = store.policies.listVersions(name).map(({ version }) => version);
  const earlier = versions[versions.indexOf(row.current.version) + 1];
  if (earlier === undefined) throw toCommandError(new ListError('no-earlier', `Danh sách ${name} không có phiên bản trước đó.`, `List ${name} has no earlier version.`));
  await prepared(env, (options) => prepareIndex(store, env.config.dataDir, { kind: 'version', name, version: earlier }, options));
  const now = store.policies.rollbackList(name, env.actor);
  if (env.json) env.say.json({ name, version: now.version, was: row.current.version, entries: now.entries });
  else env.say.out(env.t(`${name}: ${row.current.version} → ${now.version} (${now.entries} mục).`, `${name}: ${row.current.version} → ${now.version} (${now.entries} entries).`));
}

async function remove(env: CommandEnv, name: string): Promise<void> {
  const store = syncedStore(env);
  const row = imported(store, name);
  await prepared(env, (options) => prepareIndex(store, env.config.dataDir, { kind: 'remove', name }, options));
  store.policies.removeList(name, env.actor);
  if (env.json) env.say.json({ name, removed: true, entries: row.current.entries });
  else env.say.out(env.t(`Đã xóa danh sách ${name} (${row.current.entries} mục).`, `List ${name} removed (${row.current.entries} entries).`));
}

async function prepared(env: CommandEnv, work: (options: CompileOptions) => Promise<void>): Promise<void> {
  const bar = compileBar(env);
  try {
    await work({ onProgress: bar.update, onProblem: (problem) => env.say.err(`luytre: ${env.t(problem.vi, problem.en)}`) });
  } finally {
    bar.stop();
  }
}

/** The store with shipped lists in step, so that the index prepared here is the one the gateway will ask for. */
function syncedStore(env: CommandEnv): Store {
  const store = env.store();
  syncShipped(store, env.shipped(), env.now());
  return store;
}

function missing(name: string): never {
  throw new CommandError(1, `Không có danh sách «${name}»; xem: luytre lists status.`, `No list "${name}"; see: luytre lists status.`);
}

/** A list the school may change; shipped ones come back at the next start anyway. */
function imported(store: Store, name: string): ListRow {
  const row = store.policies.lists().find((candidate) => candidate.name === name) ?? missing(name);
  if (row.origin === 'city') {
    throw new CommandError(1, `${name} là danh sách của Sở, đổi theo kênh; muốn bỏ hết: luytre channel forget.`, `${name} is the department's list and changes with the channel; to drop all of it: luytre channel forget.`);
  }
  if (row.origin !== 'imported') {
    throw new CommandError(
      1,
      `${name} là danh sách đi kèm, đổi theo bản cài đặt; muốn mở hay chặn khác đi, dùng: luytre rules allow|block.`,
      `${name} is a shipped list and changes with the installed version; to open or block otherwise use: luytre rules allow|block.`,
    );
  }
  return row;
}

/** What was asked wrongly ends with 2; what was asked rightly and refused, with 1. */
const USAGE: ReadonlySet<ListCode> = new Set(['not-found', 'unreadable', 'not-a-file', 'bad-name', 'choose-part']);

function toCommandError(error: unknown): CommandError {
  if (error instanceof CommandError) return error;
  if (error instanceof ListError) return new CommandError(USAGE.has(error.code) ? 2 : 1, error.vi, error.en);
  throw error;
}
