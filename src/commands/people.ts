/** `luytre users`, `luytre requests`, `luytre audit`, `luytre profiles`: who may do what, what was asked, what was done, what each age may see. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { CELL_RANK, TLS_LEVELS, tlsSetting, type Cell } from '../policy/profile.js';
import type { RequestRow, Role } from '../store/rows.js';
import { asker, askPassword } from './ask.js';
import { knownCategory, knownProfile, wholeNumber } from './check.js';
import { CommandError, type CommandEnv, type Run } from './env.js';
import { sayTime } from './time.js';

const ROLES: readonly Role[] = ['it-admin', 'teacher', 'head', 'counsellor', 'auditor'];

export function registerPeople(program: Command, run: Run): void {
  registerUsers(program, run);
  registerRequests(program, run);
  registerAudit(program, run);
  registerProfiles(program, run);
}

function registerUsers(program: Command, run: Run): void {
  const users = program.command('users').description('tài khoản quản trị và giáo viên (staff accounts)');
  users.command('list').description('liệt kê (list)').action(
    run((env) => {
      for (const user of env.store().accounts.users()) {
        if (env.json) env.say.json({ ...user, created: new Date(user.createdMs).toISOString() });
        else env.say.out(`${user.name}\t${user.role}\t${user.disabled ? env.t('đã khóa', 'disabled') : ''}`);
      }
    }),
  );
  users.command('add <name>').description('thêm; mật khẩu đọc từ --password hoặc dòng đầu của stdin (add; password from --password or the first line of stdin)')
    .requiredOption('--role <role>', ROLES.join(' | '))
    .option('--password <password>', 'ít nhất 14 ký tự, đủ chữ thường, chữ hoa, số và ký tự khác (at least 14 characters of four kinds)')
    .action(
      run(async (env, name: string, options: { role: string; password?: string }) => {
        const role = knownRole(options.role);
        if (!/^[a-z0-9][a-z0-9._-]{1,31}$/.test(name)) throw new CommandError(2, `Tên tài khoản «${name}» không dùng được: 2–32 chữ thường không dấu, số, . _ -.`, `Account name "${name}" can't be used: 2–32 of a–z, 0–9, . _ -.`);
        const password = options.password ?? (await typedPassword(env, name)) ?? (await firstLine());
        const user = await env.store().accounts.addUser(name, role, password, env.actor);
        if (env.json) env.say.json(user);
        else env.say.out(env.t(`Đã thêm tài khoản ${name} (${role}).`, `Account ${name} (${role}) added.`));
      }),
    );
  users.command('set <name>').description('sửa (change)')
    .option('--role <role>', ROLES.join(' | '))
    .option('--password <password>', 'mật khẩu mới (new password)')
    .option('--disable', 'khóa (disable)')
    .option('--enable', 'mở khóa (enable)')
    .action(
      run(async (env, name: string, options: { role?: string; password?: string; disable?: boolean; enable?: boolean }) => {
        const patch: { role?: Role; disabled?: boolean; password?: string } = {};
        if (options.role !== undefined) patch.role = knownRole(options.role);
        if (options.password !== undefined) patch.password = options.password;
        if (options.disable === true) patch.disabled = true;
        if (options.enable === true) patch.disabled = false;
        if (Object.keys(patch).length === 0) throw new CommandError(2, 'Chưa nêu điều gì cần sửa.', 'Nothing to change.');
        const user = await env.store().accounts.setUser(name, patch, env.actor);
        if (env.json) env.say.json(user);
        else env.say.out(env.t(`Đã sửa tài khoản ${name}.`, `Account ${name} changed.`));
      }),
    );
  users.command('remove <name>').description('xóa (remove)').action(
    run((env, name: string) => {
      if (!env.store().accounts.removeUser(name, env.actor)) throw new CommandError(1, `Không có tài khoản «${name}».`, `No account "${name}".`);
      if (env.json) env.say.json({ name, removed: true });
      else env.say.out(env.t(`Đã xóa tài khoản ${name}.`, `Account ${name} removed.`));
    }),
  );
}

function knownRole(text: string): Role {
  const role = ROLES.find((known) => known === text);
  if (role === undefined) throw new CommandError(2, `Không có vai trò «${text}»; các vai trò: ${ROLES.join(', ')}.`, `No role "${text}"; roles: ${ROLES.join(', ')}.`);
  return role;
}

/** Null where there is no terminal to ask at. */
async function typedPassword(env: CommandEnv, name: string): Promise<string | null> {
  const ask = asker(env);
  try {
    return await askPassword(env, ask, name);
  } finally {
    ask.close();
  }
}

async function firstLine(): Promise<string> {
  let text = '';
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    text += chunk.toString('utf8');
    if (text.includes('\n') || text.length > 1_000) break;
  }
  return (text.split('\n')[0] ?? '').replace(/\r$/, '');
}

function registerRequests(program: Command, run: Run): void {
  const requests = program.command('requests').description('yêu cầu mở trang của học sinh (unblock requests)');
  requests.command('list').description('liệt kê (list)').option('--all', 'cả đã trả lời (answered ones too)').action(
    run((env, options: { all?: boolean }) => {
      const rows = env.store().policies.requests(options.all === true ? undefined : 'open');
      for (const row of rows) {
        if (env.json) env.say.json({ ...row, at: new Date(row.atMs).toISOString() });
        else env.say.out(`${row.id}\t${row.ref}\t${row.zone ?? '-'}\t${row.host}\t${row.category ?? '-'}\t${sayTime(row.atMs)}\t${row.state}\t${row.reason ?? ''}`);
      }
      if (rows.length === 0 && !env.json) env.say.out(env.t('Không có yêu cầu nào đang chờ.', 'No request is waiting.'));
    }),
  );
  const answer = (verb: 'approve' | 'reject', state: Extract<RequestRow['state'], 'approved' | 'rejected'>, about: string): void => {
    requests.command(`${verb} <id>`).description(about).option('--answer <text>', 'lời nhắn cho học sinh (note to the pupil)').action(
      run((env, text: string, options: { answer?: string }) => {
        const id = wholeNumber(text, env.t('Số yêu cầu', 'The request id'), 1, 999_999_999);
        const row = env.store().policies.answerRequest(id, state, options.answer ?? null, env.now(), env.actor);
        if (env.json) env.say.json(row);
        else if (state === 'approved') env.say.out(env.t(`Đã duyệt yêu cầu ${row.ref}. Để mở trang: luytre openings add --zone «phòng» --host ${row.host} --until 45m, hoặc luytre rules allow ${row.host}.`, `Request ${row.ref} approved. To open the site: luytre openings add … --host ${row.host}, or luytre rules allow ${row.host}.`));
        else env.say.out(env.t(`Đã từ chối yêu cầu ${row.ref}.`, `Request ${row.ref} rejected.`));
      }),
    );
  };
  answer('approve', 'approved', 'duyệt (approve)');
  answer('reject', 'rejected', 'từ chối (reject)');
}

function registerAudit(program: Command, run: Run): void {
  const audit = program.command('audit').description('nhật ký thao tác: ai đã đổi gì (who changed what)');
  audit.command('list').description('các thao tác gần đây (latest changes)').option('--limit <n>', 'số dòng (lines)', '50').action(
    run((env, options: { limit: string }) => {
      const rows = env.store().audit.list(wholeNumber(options.limit, env.t('Số dòng', 'The limit'), 1, 100_000));
      for (const row of rows) {
        if (env.json) env.say.json({ ...row, at: new Date(row.atMs).toISOString() });
        else env.say.out(`${row.seq}\t${sayTime(row.atMs)}\t${row.actor.kind}:${row.actor.name}\t${row.action}\t${row.object}`);
      }
    }),
  );
  audit.command('verify').description('kiểm tra nhật ký còn nguyên vẹn (is the record whole?)').action(
    run((env) => {
      const { records, firstBad } = env.store().audit.verify();
      if (env.json) env.say.json({ records, whole: firstBad === null, firstBad });
      else if (firstBad === null) env.say.out(env.t(`Nhật ký nguyên vẹn: ${records} bản ghi.`, `The record is whole: ${records} entries.`));
      if (firstBad !== null) throw new CommandError(1, `Nhật ký bị sửa hoặc hỏng từ bản ghi số ${firstBad}.`, `The record was altered or damaged at entry ${firstBad}.`);
    }),
  );
}

function registerProfiles(program: Command, run: Run): void {
  const profiles = program.command('profiles').description('hồ sơ lọc và ma trận nhóm nội dung (profiles and their matrix)');
  profiles.command('list').description('liệt kê (list)').action(
    run((env) => {
      for (const profile of env.shipped().profiles) {
        const tls = env.store().settings.get(tlsSetting(profile.id)) ?? profile.tls;
        if (env.json) env.say.json({ ...profile, tls });
        else env.say.out(`${profile.id}\t${env.t(profile.name, profile.nameEn)}\ttls ${tls}`);
      }
    }),
  );
  profiles.command('show <profile>').description('ô của từng nhóm (cell of every category)').action(
    run((env, id: string) => {
      const at = env.shipped().profiles.findIndex((profile) => profile.id === knownProfile(env, id));
      const changed = new Map(env.store().policies.cells().filter((cell) => cell.profile === id).map((cell) => [cell.category, cell]));
      for (const category of env.shipped().categories) {
        const cell = changed.get(category.code)?.cell ?? category.cells[at] ?? 'X';
        if (env.json) env.say.json({ profile: id, category: category.code, name: category.name, cell, shipped: category.cells[at] });
        else env.say.out(`${cell}\t${category.code}\t${env.t(category.name, category.nameEn)}${changed.has(category.code) ? env.t(' (trường đã đổi)', ' (changed by the school)') : ''}`);
      }
    }),
  );
  profiles.command('set <profile> <category> <cell>').description('đổi một ô: siết tùy ý, nới K→M cần lý do, X không nới được (change one cell)')
    .option('--reason <text>', 'lý do (reason)')
    .action(run((env, id: string, code: string, cell: string, options: { reason?: string }) => setCell(env, id, code, cell, options.reason)));
  profiles.command('tls <profile> <level>').description('name: không giải mã · block-page: hiện trang chặn trên HTTPS cho trang đằng nào cũng bị chặn (how far TLS is opened)')
    .action(run((env, id: string, level: string) => setTls(env, id, level)));
  profiles.command('reset <profile> <category>').description('về ô mặc định (back to the shipped cell)').action(
    run((env, id: string, code: string) => {
      const reset = env.store().policies.resetCell(knownProfile(env, id), knownCategory(env, code), env.actor);
      if (env.json) env.say.json({ profile: id, category: code, reset });
      else env.say.out(reset ? env.t('Đã về mặc định.', 'Back to the default.') : env.t('Ô này vốn là mặc định.', 'The cell was at its default.'));
    }),
  );
}

/** `block-page` shows the page on HTTPS sites that are blocked anyway; it decrypts nothing that is open (certs/README.md). */
function setTls(env: CommandEnv, id: string, text: string): void {
  const profile = knownProfile(env, id);
  const level = TLS_LEVELS.find((known) => known === text);
  if (level === undefined) throw new CommandError(2, `Mức TLS phải là ${TLS_LEVELS.join(' hoặc ')}, không phải «${text}».`, `The TLS level must be ${TLS_LEVELS.join(' or ')}, not "${text}".`);
  const shipped = env.shipped().profiles.find((known) => known.id === profile)?.tls;
  env.store().settings.set(tlsSetting(profile), level === shipped ? null : level, env.actor);
  if (env.json) env.say.json({ profile, tls: level });
  else env.say.out(env.t(`Hồ sơ ${profile}: mức TLS ${level}.`, `Profile ${profile}: TLS level ${level}.`));
  if (level !== 'name' && !existsSync(join(env.config.dataDir, 'ca', 'current.pem'))) {
    env.say.err(env.t('Trường chưa có CA nên trang chặn chưa hiện được trên HTTPS; tạo bằng: luytre ca init', 'There is no CA yet, so nothing changes until: luytre ca init'));
  }
}

/** A school may tighten any cell, loosen K to M with a reason, and never loosen X (design.md). */
function setCell(env: CommandEnv, id: string, code: string, text: string, reason: string | undefined): void {
  const at = env.shipped().profiles.findIndex((profile) => profile.id === knownProfile(env, id));
  const category = env.shipped().categories.find((known) => known.code === knownCategory(env, code));
  const cell = (['X', 'K', 'H', 'M'] as const).find((known) => known === text.toUpperCase());
  if (cell === undefined) throw new CommandError(2, `Ô phải là X, K, H hoặc M, không phải «${text}».`, `The cell must be X, K, H or M, not "${text}".`);
  const shipped: Cell = category?.cells[at] ?? 'X';
  if (code === 'trogiup' || code === 'hatang') throw new CommandError(1, 'Nhóm trợ giúp và hạ tầng luôn mở; chỉ Sở sửa được.', 'Help lines and infrastructure are always open; only the department may change them.');
  if (CELL_RANK[cell] < CELL_RANK[shipped]) {
    if (shipped === 'X') throw new CommandError(1, `Nhóm «${category?.name ?? code}» bị chặn cứng với hồ sơ ${id}; trường không nới được, chỉ Sở.`, `Category "${category?.nameEn ?? code}" is a hard block for ${id}; a school can't loosen it, only the department.`);
    if (reason === undefined || reason.trim() === '') throw new CommandError(2, 'Nới một ô thì cần --reason; lý do được ghi vào báo cáo.', 'Loosening a cell needs --reason; the reason goes into the report.');
  }
  // the record wants a reason; tightening is one in itself
  const why = reason === undefined || reason.trim() === '' ? env.t('siết chặt hơn mặc định', 'tighter than the default') : reason;
  env.store().policies.setCell({ profile: id, category: code, cell, reason: why, by: env.actor.name, atMs: env.now() }, env.actor);
  if (env.json) env.say.json({ profile: id, category: code, cell });
  else env.say.out(env.t(`Đã đặt ô ${code} của ${id} thành ${cell}.`, `Cell ${code} of ${id} is now ${cell}.`));
}
