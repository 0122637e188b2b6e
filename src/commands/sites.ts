/** `luytre sites`: saved lists of sites of teachers (danh sách của thầy cô), used by `lesson start --focus`. */
import type { Command } from 'commander';
import type { SiteListRow } from '../store/school-rows.js';
import { collect, hostEntry, noSuffix, wholeNumber } from './check.js';
import { CommandError, type CommandEnv, type Run } from './env.js';

interface SiteOptions {
  host?: string[];
  owner?: string;
  share?: boolean;
  subject?: string;
  grade?: string;
  rename?: string;
}

export function registerSites(program: Command, run: Run): void {
  const sites = program.command('sites').description('danh sách trang của thầy cô (saved lists of sites)');
  sites.command('list').description('liệt kê (list)').action(run((env) => list(env)));
  withOptions(sites.command('add <name>').description('lưu một danh sách (save a list)'))
    .option('--owner <account>', 'tài khoản của thầy cô (account of the teacher)')
    .action(run((env, name: string, options: SiteOptions) => add(env, name, options)));
  withOptions(sites.command('set <name>').description('sửa; nêu lại host là thay cả (change; hosts are replaced whole)'))
    .option('--no-share', 'thôi dùng chung (no longer shared)')
    .option('--rename <name>', 'tên mới (new name)')
    .action(run((env, name: string, options: SiteOptions) => set(env, name, options)));
  sites.command('remove <name>').description('xóa (remove)').action(
    run((env, name: string) => {
      const row = knownList(env, name);
      env.store().siteLists.remove(row.id, env.actor);
      if (env.json) env.say.json({ id: row.id, name: row.name, removed: true });
      else env.say.out(env.t(`Đã xóa danh sách ${row.name}.`, `List ${row.name} removed.`));
    }),
  );
}

function withOptions(command: Command): Command {
  return command
    .option('--host <host>', 'tên trang, lặp lại được (host, repeatable)', collect)
    .option('--share', 'cho thầy cô khác dùng (shared with other teachers)')
    .option('--subject <subject>', 'môn học (subject)')
    .option('--grade <grade>', 'lớp, 1 đến 12 (grade)');
}

/** The machine's own terminal sees every list: by name, or by number where two teachers chose the same name. */
export function knownList(env: CommandEnv, name: string): SiteListRow {
  const all = env.store().siteLists.lists();
  const wanted = name.normalize('NFC').toLowerCase();
  const found = all.filter((row) => row.name.toLowerCase() === wanted || String(row.id) === name);
  const [row] = found;
  if (row === undefined) throw new CommandError(1, `Không có danh sách «${name}»; xem: luytre sites list`, `No list "${name}"; see: luytre sites list`);
  if (found.length > 1) throw new CommandError(1, `Có ${found.length} danh sách tên «${name}»; hãy nêu số: ${found.map(({ id }) => id).join(', ')}.`, `${found.length} lists are named "${name}"; give the number: ${found.map(({ id }) => id).join(', ')}.`);
  return row;
}

function list(env: CommandEnv): void {
  const rows = env.store().siteLists.lists();
  for (const row of rows) {
    if (env.json) env.say.json({ ...row, at: new Date(row.atMs).toISOString() });
    else env.say.out(`${row.id}\t${row.name}\t${row.owner}\t${row.shared ? env.t('dùng chung', 'shared') : ''}\t${row.entries.join(' ')}`);
  }
  if (rows.length === 0 && !env.json) env.say.out(env.t('Chưa có danh sách nào; thêm bằng: luytre sites add TÊN --host TRANG', 'No list yet; add one with: luytre sites add NAME --host HOST'));
}

function hosts(texts: readonly string[]): string[] {
  return texts.map((text) => noSuffix(hostEntry(text)));
}

function grade(env: CommandEnv, text: string | undefined): number | null {
  return text === undefined ? null : wholeNumber(text, env.t('Lớp', 'The grade'), 1, 12);
}

function add(env: CommandEnv, name: string, options: SiteOptions): void {
  const row = env.store().siteLists.add(
    {
      name, owner: options.owner ?? env.actor.name, shared: options.share === true, subject: options.subject ?? null, grade: grade(env, options.grade),
      entries: hosts(options.host ?? []), atMs: env.now(),
    },
    env.actor,
  );
  if (env.json) env.say.json(row);
  else env.say.out(env.t(`Đã lưu danh sách ${row.name}: ${row.entries.length} trang.`, `List ${row.name} saved: ${row.entries.length} sites.`));
}

function set(env: CommandEnv, name: string, options: SiteOptions): void {
  const row = knownList(env, name);
  const { after } = env.store().siteLists.set(
    row.id,
    {
      ...(options.rename === undefined ? {} : { name: options.rename }),
      ...(options.host === undefined ? {} : { entries: hosts(options.host) }),
      ...(options.share === undefined ? {} : { shared: options.share }),
      ...(options.subject === undefined ? {} : { subject: options.subject }),
      ...(options.grade === undefined ? {} : { grade: grade(env, options.grade) }),
      atMs: env.now(),
    },
    env.actor,
  );
  if (env.json) env.say.json(after);
  else env.say.out(env.t(`Đã sửa danh sách ${after.name}: ${after.entries.length} trang.`, `List ${after.name} changed: ${after.entries.length} sites.`));
}
