/**
 * `luytre channel`: the publisher's side of the signed channel (init, add, remove, crl, publish, rotate, status), and `forget`, by which
 * a school gives up what it took.
 */
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { InvalidArgumentError, Option, type Command } from 'commander';
import { prepareIndex } from '../lists/compile.js';
import { IMPORT_FORMATS, type ImportFormat } from '../lists/formats/layout.js';
import { DAY_MS, formatDay } from '../local-time.js';
import { CommandError, type CommandEnv, type Run } from './env.js';
import { knownCategory, knownProfile, wholeNumber } from './check.js';
import { compileBar } from './progress.js';
import { parseUntil } from './time.js';
import type { Published, Publisher } from '../channel/publisher.js';
import type { ChannelRole } from '../channel/manifest.js';
import type { DenyKind } from '../store/channel-rows.js';

const ROLES: readonly ChannelRole[] = ['category', 'city-allow', 'city-block', 'emergency', 'revoked', 'distrusted'];

interface Where {
  dir: string;
  offline?: string;
}
interface InitFlags extends Where {
  title: string;
  rootKeys: string;
  threshold: string;
}
interface AddFlags extends Where {
  role: ChannelRole;
  name?: string;
  category?: string;
  profile?: string[];
  format: ImportFormat;
  as?: string;
  license?: string;
  ends?: string;
}

export function registerChannel(program: Command, run: Run): void {
  const channel = program.command('channel').description('kênh có chữ ký: phát hành danh sách cho các trường (the signed channel: publish lists to schools)');
  const command = (name: string, about: string): Command => channel.command(name).description(about)
    .option('--dir <dir>', 'thư mục của kênh (folder of the channel)', 'kenh')
    .option('--offline <dir>', 'nơi để khóa gốc và khóa danh mục, ví dụ USB (folder of root and targets keys, such as a stick)');
  command('init', 'lập kênh và các khóa (make the channel and its keys)')
    .requiredOption('--title <title>', 'tên kênh, các trường nhìn thấy (title, seen by schools)')
    .option('--root-keys <n>', 'số khóa gốc (root keys)', '3')
    .option('--threshold <n>', 'số khóa gốc phải cùng ký (root keys that must sign together)', '2')
    .action(run((env, flags: InitFlags) => init(env, flags)));
  command('add <file>', 'thêm hoặc thay một danh sách trong bản nháp (put a list into the draft)')
    .addOption(new Option('--role <role>', 'để làm gì (what it is for)').choices([...ROLES]).makeOptionMandatory())
    .option('--name <name>', 'tên: chữ thường không dấu, số, gạch nối (name)')
    .option('--category <code>', 'nhóm nội dung, cho --role category (category)')
    .option('--profile <profile...>', 'chỉ cho các hồ sơ này (only for these profiles)')
    .addOption(new Option('--format <format>', 'định dạng của tệp (format of the file)').choices([...IMPORT_FORMATS]).default('auto'))
    .option('--as <version>', 'tên phiên bản; mặc định: ngày hôm nay (version; default: today)')
    .option('--license <text>', 'giấy phép của danh sách (licence)')
    .option('--ends <when>', 'chặn khẩn cấp hết lúc: ISO-8601 hoặc 720m (end of an emergency block)')
    .action(run((env, file: string, flags: AddFlags) => add(env, file, flags)));
  command('remove <name>', 'bỏ khỏi bản nháp; các trường bỏ theo khi phát hành (take out of the draft)').action(run((env, name: string, flags: Where) => remove(env, name, flags)));
  command('crl <file...>', 'thêm chứng chỉ bị thu hồi từ CRL (DER, PEM), kiểm chữ ký từng tệp (add revocations out of CRLs)')
    .addOption(new Option('--issuer <file>', 'chứng chỉ của nơi cấp CRL (certificate of who issued the CRL)').argParser(collect).makeOptionMandatory())
    .action(run((env, files: string[], flags: Where & { issuer: string[] }) => crl(env, files, flags)));
  command('publish', 'ký và ghi ra thư mục public/; chạy hằng ngày để các trường biết kênh còn sống (sign and write; run daily)').action(run((env, flags: Where) => publish(env, flags)));
  command('rotate <role>', 'thay khóa root, targets hoặc online; renew: gia hạn tệp gốc (replace keys; renew: a later end of the root)').action(run((env, role: string, flags: Where) => rotate(env, role, flags)));
  command('status', 'phiên bản, hạn, các danh sách (versions, expiry, lists)').action(run((env, flags: Where) => status(env, flags)));
  channel.command('forget').description('ở trường: bỏ hết những gì đã nhận từ kênh (at a school: drop all that was taken from the channel)').action(run((env) => forget(env)));
}

function collect(value: string, before: string[] = []): string[] {
  if (value === '') throw new InvalidArgumentError('empty');
  return [...before, value];
}

async function open(flags: Where): Promise<Publisher> {
  // only this command pays for the publisher's libraries
  const { openChannel } = await import('../channel/publisher.js');
  return openChannel(flags.dir, flags.offline === undefined ? {} : { offlineDir: flags.offline });
}

async function init(env: CommandEnv, flags: InitFlags): Promise<void> {
  const { initChannel } = await import('../channel/publisher.js');
  const { rootFile, sha256 } = initChannel(flags.dir, {
    title: flags.title, rootKeys: wholeNumber(flags.rootKeys, '--root-keys', 1, 9), threshold: wholeNumber(flags.threshold, '--threshold', 1, 9),
    ...(flags.offline === undefined ? {} : { offlineDir: flags.offline }), nowMs: env.now(),
  });
  if (env.json) return env.say.json({ dir: flags.dir, root: rootFile, sha256 });
  env.say.out(env.t(`Đã lập kênh «${flags.title}» trong ${flags.dir}.`, `Channel “${flags.title}” was made in ${flags.dir}.`));
  env.say.out(env.t(`Tệp gốc trao tận tay các trường: ${relative('.', rootFile)}`, `Root file to hand to schools: ${relative('.', rootFile)}`));
  env.say.out(`  SHA-256 ${sha256}`);
  env.say.out(env.t(
    `Chuyển các khóa root-*.pem và targets-*.pem trong ${flags.offline ?? `${flags.dir}/keys/offline`} sang USB cất riêng (mỗi khóa root một người giữ); máy này chỉ cần giữ khóa online.`,
    `Move the keys root-*.pem and targets-*.pem in ${flags.offline ?? `${flags.dir}/keys/offline`} to sticks kept apart (each root key by another person); this machine needs the online key only.`,
  ));
}

async function add(env: CommandEnv, file: string, flags: AddFlags): Promise<void> {
  const publisher = await open(flags);
  const { draftDeny, draftList } = await import('../channel/draft-item.js');
  const version = flags.as ?? today(env);
  const { role } = flags;
  if (role === 'revoked' || role === 'distrusted') return say(env, role, put(publisher, draftDeny(role, readText(file), file, version)));
  if (flags.name === undefined || !/^[a-z0-9][a-z0-9-]{0,59}$/.test(flags.name)) throw new CommandError(2, 'Cần --name: chữ thường không dấu, số, gạch nối.', '--name is needed: lower-case letters, digits, hyphens.');
  if ((role === 'category') !== (flags.category !== undefined)) throw new CommandError(2, '--category đi cùng --role category, và chỉ với nó.', '--category goes with --role category, and only with it.');
  if ((role === 'emergency') !== (flags.ends !== undefined)) throw new CommandError(2, '--ends đi cùng --role emergency, và chỉ với nó.', '--ends goes with --role emergency, and only with it.');
  const ends = flags.ends === undefined ? null : new Date(parseUntil(flags.ends, env.now(), 90 * DAY_MS)).toISOString();
  const draft = await draftList(file, {
    name: flags.name, role, category: flags.category === undefined ? null : knownCategory(env, flags.category), profiles: flags.profile?.map((id) => knownProfile(env, id)) ?? null,
    format: flags.format, version, license: flags.license ?? null, ends,
  });
  say(env, flags.name, put(publisher, draft));
}

function put(publisher: Publisher, draft: { readonly item: Parameters<Publisher['put']>[0]; readonly bytes: Uint8Array; readonly entries: number }): number {
  publisher.put(draft.item, draft.bytes);
  return draft.entries;
}

function say(env: CommandEnv, name: string, entries: number): void {
  if (env.json) env.say.json({ name, entries, published: false });
  else env.say.out(env.t(`${name}: ${entries} mục trong bản nháp. Phát hành bằng: luytre channel publish`, `${name}: ${entries} entries in the draft. Publish with: luytre channel publish`));
}

async function remove(env: CommandEnv, name: string, flags: Where): Promise<void> {
  if (!(await open(flags)).remove(name)) throw new CommandError(1, `Bản nháp không có «${name}».`, `The draft has no "${name}".`);
  if (env.json) env.say.json({ name, removed: true });
  else env.say.out(env.t(`Đã bỏ ${name} khỏi bản nháp. Phát hành bằng: luytre channel publish`, `${name} is out of the draft. Publish with: luytre channel publish`));
}

async function crl(env: CommandEnv, files: readonly string[], flags: Where & { issuer: string[] }): Promise<void> {
  const publisher = await open(flags);
  const { draftDeny, readCrlFiles, withCrls } = await import('../channel/draft-item.js');
  const kind: DenyKind = 'revoked';
  const crls = readCrlFiles(files, flags.issuer, env.now());
  const bytes = publisher.read(kind);
  const { text, added } = withCrls(bytes === null ? '' : await unpacked(bytes), crls);
  const stale = crls.filter((each) => each.crl.stale).map((each) => each.file);
  const entries = text === '' ? 0 : put(publisher, draftDeny(kind, text, 'revoked.txt', today(env)));
  if (env.json) return env.say.json({ files: crls.length, serials: crls.reduce((sum, each) => sum + each.crl.serials.length, 0), added, entries, stale, published: false });
  for (const file of stale) env.say.err(`luytre: ${env.t(`${file} đã quá hạn, nơi cấp hẳn có bản mới hơn; các số sê-ri trong đó vẫn được thêm.`, `${file} is past its time, its issuer should have a newer one; its serials are added all the same.`)}`);
  env.say.out(env.t(`Thêm ${added} chứng chỉ bị thu hồi; bản nháp có ${entries}. Phát hành bằng: luytre channel publish`, `${added} revocations added; the draft has ${entries}. Publish with: luytre channel publish`));
}

async function unpacked(bytes: Uint8Array): Promise<string> {
  const { gunzipSync } = await import('node:zlib');
  return Buffer.from(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes).toString('utf8');
}

async function publish(env: CommandEnv, flags: Where): Promise<void> {
  sayPublished(env, (await open(flags)).publish(env.now()));
}

async function rotate(env: CommandEnv, role: string, flags: Where): Promise<void> {
  if (role !== 'root' && role !== 'targets' && role !== 'online' && role !== 'renew') throw new CommandError(2, 'Chỉ có: root, targets, online, renew.', 'It is one of: root, targets, online, renew.');
  sayPublished(env, (await open(flags)).rotate(role, env.now()));
}

function sayPublished(env: CommandEnv, published: Published): void {
  if (env.json) return env.say.json(published);
  env.say.out(env.t(
    `Đã phát hành: danh mục bản ${published.targets}${published.signedTargets ? ' (mới ký)' : ''}, chụp ${published.snapshot}, thời điểm ${published.timestamp}; ${published.files} tệp.`,
    `Published: targets ${published.targets}${published.signedTargets ? ' (newly signed)' : ''}, snapshot ${published.snapshot}, timestamp ${published.timestamp}; ${published.files} files.`,
  ));
}

async function status(env: CommandEnv, flags: Where): Promise<void> {
  const now = (await open(flags)).status(env.now());
  if (env.json) return env.say.json(now);
  env.say.out(env.t(`Kênh «${now.title}»; tệp gốc SHA-256 ${now.rootSha256}`, `Channel “${now.title}”; root file SHA-256 ${now.rootSha256}`));
  for (const { role, version, expires, days } of now.roles) env.say.out([role, env.t(`bản ${version}`, `version ${version}`), env.t(`hạn ${expires}`, `until ${expires}`), days < 0 ? env.t('ĐÃ HẾT HẠN', 'EXPIRED') : env.t(`còn ${days} ngày`, `${days} days left`)].join('\t'));
  for (const item of now.items) env.say.out([item.name, item.role, item.category ?? '-', item.version, item.ends ?? ''].join('\t'));
  if (now.pending) env.say.out(env.t('Bản nháp có thay đổi chưa phát hành: luytre channel publish', 'The draft has changes that are not published: luytre channel publish'));
}

async function forget(env: CommandEnv): Promise<void> {
  const store = env.store();
  const names = store.policies.lists().filter((row) => row.origin === 'city').map(({ name }) => name);
  const bar = compileBar(env);
  try {
    if (names.length > 0) await prepareIndex(store, env.config.dataDir, names.map((name) => ({ kind: 'remove', name }) as const), { onProgress: bar.update });
  } finally {
    bar.stop();
  }
  store.together(() => {
    for (const name of names) store.policies.removeList(name, env.actor);
    store.channel.forget(env.actor);
  });
  if (env.json) env.say.json({ forgotten: true, lists: names.length });
  else env.say.out(env.t(`Đã bỏ ${names.length} danh sách và các chứng chỉ bị thu hồi nhận từ kênh.`, `${names.length} lists and the revocations taken from the channel are gone.`));
}

function readText(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new CommandError(2, `Không đọc được ${file} (${(error as NodeJS.ErrnoException).code ?? ''}).`, `${file} can't be read (${(error as NodeJS.ErrnoException).code ?? ''}).`);
  }
}

/** Day of Hà Nội. */
function today(env: CommandEnv): string {
  return formatDay(env.now());
}
