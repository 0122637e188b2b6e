/** `luytre profiles`: what each age may see, how far TLS is opened for it, and the hosts that are never decrypted. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { DAY_MS, dayStart } from '../local-time.js';
import { certsDir } from '../installed.js';
import { CELL_RANK, TLS_LEVELS, tlsSetting, type Cell } from '../policy/profile.js';
import type { ChangeOutcome } from '../store/rows.js';
import { hostEntry, knownCategory, knownProfile, noSuffix } from './check.js';
import { CommandError, type CommandEnv, type Run } from './env.js';
import { sayProposal } from './approvals.js';


export function registerProfiles(program: Command, run: Run): void {
  const profiles = program.command('profiles').description('hồ sơ lọc và ma trận nhóm nội dung (profiles and their matrix)');
  profiles.command('list').description('liệt kê (list)').action(run((env) => list(env)));
  profiles.command('show <profile>').description('ô của từng nhóm (cell of every category)').action(run((env, id: string) => show(env, id)));
  profiles.command('set <profile> <category> <cell>').description('đổi một ô: siết tùy ý; nới cần lý do, và cần hiệu trưởng duyệt khi trường đã có tài khoản hiệu trưởng; X không nới được (change one cell)')
    .option('--reason <text>', 'lý do (reason)')
    .action(run((env, id: string, code: string, cell: string, options: { reason?: string }) => setCell(env, id, code, cell, options.reason)));
  profiles.command('tls <profile> <level>').description('name: không giải mã · block-page: hiện trang chặn trên HTTPS cho trang đằng nào cũng bị chặn · inspect: giải mã, cần hiệu trưởng duyệt (how far TLS is opened)')
    .option('--reason <text>', 'lý do; bắt buộc với inspect (reason; needed for inspect)')
    .action(run((env, id: string, level: string, options: { reason?: string }) => setTls(env, id, level, options.reason)));
  profiles.command('reset <profile> <category>').description('về ô mặc định (back to the shipped cell)').action(
    run((env, id: string, code: string) => {
      const reset = env.store().policies.resetCell(knownProfile(env, id), knownCategory(env, code), env.actor);
      if (env.json) env.say.json({ profile: id, category: code, reset });
      else env.say.out(reset ? env.t('Đã về mặc định.', 'Back to the default.') : env.t('Ô này vốn là mặc định.', 'The cell was at its default.'));
    }),
  );
  registerExceptions(profiles, run);
}

function list(env: CommandEnv): void {
  for (const profile of env.shipped().profiles) {
    const tls = env.store().settings.get(tlsSetting(profile.id)) ?? profile.tls;
    if (env.json) env.say.json({ ...profile, tls });
    else env.say.out(`${profile.id}\t${env.t(profile.name, profile.nameEn)}\ttls ${tls}`);
  }
}

function show(env: CommandEnv, id: string): void {
  const at = env.shipped().profiles.findIndex((profile) => profile.id === knownProfile(env, id));
  const changed = new Map(env.store().policies.cells().filter((cell) => cell.profile === id).map((cell) => [cell.category, cell]));
  for (const category of env.shipped().categories) {
    const cell = changed.get(category.code)?.cell ?? category.cells[at] ?? 'X';
    if (env.json) env.say.json({ profile: id, category: category.code, name: category.name, cell, shipped: category.cells[at] });
    else env.say.out(`${cell}\t${category.code}\t${env.t(category.name, category.nameEn)}${changed.has(category.code) ? env.t(' (trường đã đổi)', ' (changed by the school)') : ''}`);
  }
}

/** A cell may be tightened freely; loosening is a matter for two (docs/decisions). */
function setCell(env: CommandEnv, id: string, code: string, text: string, given: string | undefined): void {
  const profile = knownProfile(env, id);
  const category = knownCategory(env, code);
  const cell = (['X', 'K', 'H', 'M'] as const).find((known) => known === text.toUpperCase());
  if (cell === undefined) throw new CommandError(2, `Ô phải là X, K, H hoặc M, không phải «${text}».`, `The cell must be X, K, H or M, not "${text}".`);
  const at = env.shipped().profiles.findIndex((known) => known.id === profile);
  const shipped: Cell = env.shipped().categories.find((known) => known.code === category)?.cells[at] ?? 'X';
  const looser = shipped !== 'X' && CELL_RANK[cell] < CELL_RANK[shipped];
  if (looser && blank(given)) throw new CommandError(2, 'Nới một ô thì cần --reason; lý do được ghi vào báo cáo.', 'Loosening a cell needs --reason; the reason goes into the report.');
  // the record wants a reason; tightening is one in itself
  const reason = given !== undefined && !blank(given) ? given : env.t('không nới hơn mặc định', 'not looser than the default');
  const outcome = env.store().proposals.changeCell({ profile, category, cell, reason }, env.now(), env.shipped(), env.actor);
  if (outcome.outcome === 'proposed') return proposed(env, { profile, category, cell: cellNow(env, profile, category, shipped) }, outcome);
  if (env.json) env.say.json({ profile, category, cell });
  else env.say.out(env.t(`Đã đặt ô ${category} của ${profile} thành ${cell}.`, `Cell ${category} of ${profile} is now ${cell}.`));
}

function cellNow(env: CommandEnv, profile: string, category: string, shipped: Cell): Cell {
  return env.store().policies.cells().find((known) => known.profile === profile && known.category === category)?.cell ?? shipped;
}

/** `block-page` shows the page on HTTPS sites that are blocked anyway and decrypts nothing that is open; `inspect` does, and needs a second person. */
function setTls(env: CommandEnv, id: string, text: string, given: string | undefined): void {
  const profile = knownProfile(env, id);
  const level = TLS_LEVELS.find((known) => known === text);
  if (level === undefined) throw new CommandError(2, `Mức TLS phải là ${TLS_LEVELS.join(', ')}, không phải «${text}».`, `The TLS level must be ${TLS_LEVELS.join(', ')}, not "${text}".`);
  const before = env.store().settings.get(tlsSetting(profile)) ?? env.shipped().profiles.find((known) => known.id === profile)?.tls ?? 'name';
  if (level === 'inspect' && before !== level && blank(given)) throw new CommandError(2, 'Mức inspect giải mã những gì học sinh mở nên cần --reason và cần hiệu trưởng duyệt.', 'Level inspect decrypts what pupils open, so it needs --reason and the approval of the head.');
  const outcome = env.store().proposals.changeLevel({ profile, level, reason: given ?? '' }, env.now(), env.shipped(), env.actor);
  if (outcome.outcome === 'proposed') proposed(env, { profile, tls: before }, outcome);
  else if (env.json) env.say.json({ profile, tls: level });
  else env.say.out(env.t(`Hồ sơ ${profile}: mức TLS ${level}.`, `Profile ${profile}: TLS level ${level}.`));
  if (level !== 'name' && !existsSync(join(env.config.dataDir, 'ca', 'current.pem'))) {
    env.say.err(level === 'inspect'
      ? env.t('Trường chưa có CA nên chưa giải mã được gì; tạo bằng: luytre ca init', 'There is no CA yet, so nothing can be decrypted until: luytre ca init')
      : env.t('Trường chưa có CA nên trang chặn chưa hiện được trên HTTPS; tạo bằng: luytre ca init', 'There is no CA yet, so nothing changes until: luytre ca init'));
  }
}

function proposed(env: CommandEnv, now: Record<string, unknown>, { proposal }: Extract<ChangeOutcome, { outcome: 'proposed' }>): void {
  sayProposal(env, proposal, now);
  if (env.json) return;
  const { id } = proposal;
  env.say.out(env.t(`Chưa có gì thay đổi: đề xuất số ${id} chờ hiệu trưởng, trong 7 ngày. Duyệt: luytre approvals approve ${id} --as TÀI-KHOẢN`, `Nothing has changed yet: proposal ${id} waits for the head, for 7 days. To approve: luytre approvals approve ${id} --as ACCOUNT`));
  if (env.store().proposals.headsInUse() === 0) env.say.err(env.t('Trường chưa có tài khoản hiệu trưởng nào; thêm bằng: luytre users add TÊN --role head', 'There is no head’s account yet; add one: luytre users add NAME --role head'));
}

function blank(text: string | undefined): boolean {
  return text === undefined || text.trim() === '';
}

function registerExceptions(profiles: Command, run: Run): void {
  const exceptions = profiles.command('tls-exceptions').description('trang của trường không bao giờ giải mã, thêm vào certs/never-decrypt.txt (hosts the school never decrypts)');
  exceptions.command('list').description('liệt kê (list)').action(
    run((env) => {
      const rows = env.store().policies.tlsExceptions();
      for (const row of rows) {
        if (env.json) env.say.json({ ...row, host: row.entry, at: new Date(row.atMs).toISOString() });
        else env.say.out(`${row.entry}\t${row.by}\t${row.note ?? ''}`);
      }
      if (rows.length === 0 && !env.json) env.say.out(env.t('Trường chưa loại thêm trang nào.', 'The school has excepted no host yet.'));
    }),
  );
  exceptions.command('suggest').description('trang mà ứng dụng hay từ chối chứng chỉ của trường, nên xem có cần loại ra (hosts whose clients refuse our certificate)').action(run((env) => suggest(env)));
  exceptions.command('add <host>').description('không bao giờ giải mã trang này và các tên con; =trang: đúng tên ấy (never decrypt)')
    .option('--note <text>', 'ghi chú, lý do (note)')
    .action(
      run((env, host: string, options: { note?: string }) => {
        const entry = noSuffix(hostEntry(host));
        const known = env.store().policies.tlsExceptions().find((row) => row.entry === entry);
        const row = known ?? env.store().policies.addTlsException({ entry, note: options.note ?? null, by: env.actor.name, atMs: env.now() }, env.actor);
        if (env.json) env.say.json({ ...row, host: row.entry });
        else env.say.out(env.t(`Không giải mã ${entry} nữa, ở mọi hồ sơ; trang vẫn được lọc theo tên. Áp dụng trong hai giây.`, `${entry} is no longer decrypted for any profile; it is still filtered by name. Effective within two seconds.`));
      }),
    );
  exceptions.command('remove <host>').description('thôi loại ra: mức của hồ sơ lại có hiệu lực (remove)').action(
    run((env, host: string) => {
      const entry = hostEntry(host);
      if (!env.store().policies.removeTlsException(entry, env.actor)) throw new CommandError(1, `Trường không loại riêng trang ${entry}.`, `The school has no exception for ${entry}.`);
      if (env.json) env.say.json({ host: entry, removed: true });
      else env.say.out(env.t(`Đã thôi loại ${entry}.`, `Exception for ${entry} removed.`));
    }),
  );
}

/** Counts only; whether a host is let off is for a person to say: a pupil's tool can refuse a certificate as well as an honest app. */
async function suggest(env: CommandEnv): Promise<void> {
  const { suggested, SUGGEST_DAYS } = await import('../tls/suggest.js');
  const { policies } = env.store();
  const rows = suggested(policies.tlsRejections(dayStart(env.now()) - (SUGGEST_DAYS - 1) * DAY_MS), policies.tlsExceptions().map(({ entry }) => entry), join(certsDir(), 'never-decrypt.txt'));
  for (const row of rows) {
    if (env.json) env.say.json({ ...row, command: `luytre profiles tls-exceptions add ${row.host}` });
    else env.say.out(`${row.host}\t${env.t(`${row.n} lần trong ${row.days} ngày`, `${row.n} times on ${row.days} days`)}`);
  }
  if (env.json) return;
  if (rows.length === 0) env.say.out(env.t('Không có trang nào bị từ chối chứng chỉ đáng kể.', 'No host refuses the certificate often enough to matter.'));
  else env.say.out(env.t('Nếu là ứng dụng dạy học bình thường: luytre profiles tls-exceptions add TÊN-TRANG. Trang lạ thì hãy hỏi trước: công cụ vượt rào cũng từ chối chứng chỉ.', 'If it is an ordinary school app: luytre profiles tls-exceptions add HOST. Ask first where you don’t know it: tools for getting around the filter refuse certificates too.'));
}
