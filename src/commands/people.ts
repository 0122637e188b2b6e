/** `luytre users`, `luytre requests`, `luytre audit`: who may do what, what was asked, what was done. */
import type { Command } from 'commander';
import type { RequestRow, Role } from '../store/rows.js';
import { asker, askPassword, firstLine } from './ask.js';
import { wholeNumber } from './check.js';
import { CommandError, type CommandEnv, type Run } from './env.js';
import { sayTime } from './time.js';

const ROLES: readonly Role[] = ['it-admin', 'teacher', 'head', 'counsellor', 'auditor'];

export function registerPeople(program: Command, run: Run): void {
  registerUsers(program, run);
  registerRequests(program, run);
  registerAudit(program, run);
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
  users.command('reset-totp <name>').description('bỏ xác thực hai bước khi mất điện thoại, kết thúc mọi phiên; lần đăng nhập sau thiết lập lại (forget the second factor; it is set up anew at the next login)').action(
    run((env, name: string) => {
      const had = env.store().secondFactor.reset(name, env.actor);
      if (env.json) env.say.json({ name, reset: had });
      else env.say.out(had ? env.t(`Đã bỏ xác thực hai bước của ${name}; mọi phiên đã kết thúc.`, `The second factor of ${name} is gone; all sessions have ended.`) : env.t(`Tài khoản ${name} chưa bật xác thực hai bước; mọi phiên đã kết thúc.`, `Account ${name} had no second factor; all sessions have ended.`));
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
