/** `luytre users`, `luytre requests`, `luytre audit`: who may do what, what was asked, what was done. */
import type { Command } from 'commander';
import { accountText } from '../store/account-text.js';
import type { RequestRow, Role } from '../store/rows.js';
import { asker, askPassword, firstLine } from './ask.js';
import { DAY_MS, dayStart } from '../local-time.js';
import { openable, type Openable } from '../policy/openable.js';
import { asUsage, collect, knownZone, wholeNumber } from './check.js';
import { currentSnapshot } from './current-policy.js';
import { CommandError, type CommandEnv, type Run } from './env.js';
import { sayTime } from './time.js';
import { UNTIL, untilFor } from './until.js';

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
        asUsage(() => accountText(name));
        const password = options.password ?? (await typedPassword(env, name)) ?? (await firstLine());
        const user = await env.store().accounts.addUser(name, role, password, env.actor);
        if (env.json) env.say.json(user);
        else env.say.out(env.t(`Đã thêm tài khoản ${name} (${role}).`, `Account ${name} (${role}) added.`));
      }),
    );
  users.command('set <name>').description('sửa (change)')
    .option('--role <role>', ROLES.join(' | '))
    .option('--password [password]', 'mật khẩu mới; không ghi sau --password thì được hỏi (new password; asked for where none is given)')
    .option('--disable', 'khóa (disable)')
    .option('--enable', 'mở khóa (enable)')
    .action(
      run(async (env, name: string, options: { role?: string; password?: string | true; disable?: boolean; enable?: boolean }) => {
        const patch: { role?: Role; disabled?: boolean; password?: string } = {};
        if (options.role !== undefined) patch.role = knownRole(options.role);
        if (options.password !== undefined) patch.password = options.password === true ? ((await typedPassword(env, name)) ?? (await firstLine())) : options.password;
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
  users.command('rooms <name>').description('các phòng thầy cô được đổi hồ sơ (rooms a teacher may switch)')
    .option('--add <zone>', 'giao phòng, lặp lại được (give a room, repeatable)', collect)
    .option('--remove <zone>', 'thôi giao, lặp lại được (take a room away, repeatable)', collect)
    .option('--hand-over <zone>', 'bàn giao phòng này cho --to đến --until (hand this room over)')
    .option('--to <name>', 'thầy cô nhận (the other teacher)')
    .option('--until <time>', UNTIL)
    .action(run((env, name: string, options: RoomOptions) => roomsOf(env, name, options)));
  users.command('remove <name>').description('xóa (remove)').action(
    run((env, name: string) => {
      if (!env.store().accounts.removeUser(name, env.actor)) throw new CommandError(1, `Không có tài khoản «${name}».`, `No account "${name}".`);
      if (env.json) env.say.json({ name, removed: true });
      else env.say.out(env.t(`Đã xóa tài khoản ${name}.`, `Account ${name} removed.`));
    }),
  );
}

interface RoomOptions {
  add?: string[];
  remove?: string[];
  handOver?: string;
  to?: string;
  until?: string;
}

function roomsOf(env: CommandEnv, name: string, options: RoomOptions): void {
  const { rooms } = env.store();
  const now = env.now();
  for (const zone of [...(options.add ?? []), ...(options.remove ?? [])]) knownZone(env, zone);
  for (const zone of options.add ?? []) rooms.addRoom(name, zone, env.actor);
  for (const zone of options.remove ?? []) rooms.removeRoom(name, zone, env.actor);
  if (options.handOver !== undefined) {
    const zone = knownZone(env, options.handOver);
    if (options.to === undefined || options.until === undefined) throw new CommandError(2, 'Bàn giao phòng cần --to và --until.', 'Handing a room over needs --to and --until.');
    rooms.handOver(zone, name, options.to, untilFor(env, options.until, zone, now, DAY_MS), now, env.actor);
  }
  const own = rooms.rooms(now, name);
  if (env.json) for (const room of own) env.say.json(room);
  else for (const room of own) env.say.out(`${room.zone}${room.untilMs === null ? '' : `\t${env.t('đến', 'until')} ${sayTime(room.untilMs)}`}`);
  if (own.length === 0 && !env.json) env.say.out(env.t(`Tài khoản ${name} chưa được giao phòng nào.`, `Account ${name} has no room.`));
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
  requests.command('approve <id>').description('duyệt; với --until hoặc --rule thì mở luôn trang (approve; with --until or --rule the page is opened too)')
    .option('--answer <text>', 'lời nhắn cho học sinh (note to the pupil)')
    .option('--until <time>', UNTIL)
    .option('--zone <zone>', 'phòng được mở; không nêu thì phòng đã gửi yêu cầu (room; absent: the one that asked)')
    .option('--rule', 'mở bằng quy tắc của trường (open by a rule of the school)')
    .action(run((env, text: string, options: ApproveOptions) => approve(env, text, options)));
  requests.command('reject <id>').description('từ chối (reject)').option('--answer <text>', 'lời nhắn cho học sinh (note to the pupil)').action(
    run(async (env, text: string, options: { answer?: string }) => {
      const open = openRequest(env, text);
      const { decision } = await judged(env, open.host, open.zone);
      const row = env.store().policies.answerRequest(open.id, 'rejected', options.answer ?? null, env.now(), env.actor, decision.list?.name ?? null);
      if (env.json) env.say.json(row);
      else env.say.out(env.t(`Đã từ chối yêu cầu ${row.ref}.`, `Request ${row.ref} rejected.`));
    }),
  );
  requests.command('causes').description('chặn nhầm: yêu cầu đã trả lời theo nhóm và danh sách (over-blocking: answered requests by category and list)')
    .option('--days <days>', 'số ngày gần đây (days back)', '30')
    .action(run((env, options: { days: string }) => {
      const days = wholeNumber(options.days, env.t('Số ngày', 'The number of days'), 1, 366);
      const today = dayStart(env.now());
      for (const row of env.store().policies.requestCauses(today - (days - 1) * DAY_MS, today + DAY_MS)) {
        if (env.json) env.say.json(row);
        else env.say.out(`${row.category ?? '-'}\t${row.list ?? '-'}\t${env.t('duyệt', 'approved')} ${row.approved}\t${env.t('từ chối', 'rejected')} ${row.rejected}`);
      }
    }));
}

interface ApproveOptions {
  answer?: string;
  until?: string;
  zone?: string;
  rule?: boolean;
}

function openRequest(env: CommandEnv, text: string): RequestRow {
  const id = wholeNumber(text, env.t('Số yêu cầu', 'The request id'), 1, 999_999_999);
  const row = env.store().policies.requests().find((known) => known.id === id);
  if (row === undefined) throw new CommandError(1, `Không có yêu cầu số ${id}.`, `No request ${id}.`);
  if (row.state !== 'open') throw new CommandError(1, `Yêu cầu số ${id} đã được trả lời.`, `Request ${id} has already been answered.`);
  return row;
}

async function judged(env: CommandEnv, host: string, zone: string | null): Promise<Openable> {
  const snapshot = await currentSnapshot(env);
  return openable(host, zone === null ? -1 : (snapshot.zoneByName.get(zone) ?? -1), snapshot, env.now());
}

/** The answer and what it opens are one change: a pupil is never told yes while the page stays closed. */
async function approve(env: CommandEnv, text: string, options: ApproveOptions): Promise<void> {
  const now = env.now();
  const request = openRequest(env, text);
  if (options.until !== undefined && options.rule === true) throw new CommandError(2, 'Chỉ chọn một trong --until và --rule.', 'Choose one of --until and --rule.');
  const { policies } = env.store();
  const zone = options.zone === undefined ? request.zone : knownZone(env, options.zone);
  const { may, state, decision } = await judged(env, request.host, zone);
  const list = decision.list?.name ?? null;
  const answer = options.answer ?? null;
  if (options.until === undefined && options.rule !== true) {
    const row = policies.answerRequest(request.id, 'approved', answer, now, env.actor, list);
    if (env.json) env.say.json(row);
    else env.say.out(env.t(`Đã duyệt yêu cầu ${row.ref}. Để mở trang: luytre openings add --zone «phòng» --host ${row.host} --until 45m, hoặc luytre rules allow ${row.host}.`, `Request ${row.ref} approved. To open the site: luytre openings add … --host ${row.host}, or luytre rules allow ${row.host}.`));
    return;
  }
  if (!may && state !== 'help') {
    throw new CommandError(1, `Không mở được ${request.host}: trang bị chặn cứng hoặc Sở đang chặn khẩn cấp; hãy từ chối và ghi lý do.`, `${request.host} can't be opened: it is a hard block or an emergency block; reject the request and say why.`);
  }
  if (options.rule === true) {
    const made = policies.approveRequest(request.id, { type: 'rule', entry: request.host, profiles: [request.profile], note: env.t(`yêu cầu ${request.ref}`, `request ${request.ref}`) }, answer, now, env.actor, list);
    if (env.json) env.say.json({ ...made.request, rule: made.rule });
    else env.say.out(env.t(`Đã duyệt yêu cầu ${request.ref}; ${request.host} mở cho hồ sơ ${request.profile}.`, `Request ${request.ref} approved; ${request.host} is open for profile ${request.profile}.`));
    return;
  }
  if (zone === null) throw new CommandError(2, 'Yêu cầu này không rõ phòng; hãy thêm --zone.', 'This request names no room; add --zone.');
  const untilMs = untilFor(env, options.until ?? '', knownZone(env, zone), now, DAY_MS);
  const made = policies.approveRequest(request.id, { type: 'opening', zone, entry: request.host, untilMs, reason: env.t(`yêu cầu ${request.ref}`, `request ${request.ref}`) }, answer, now, env.actor, list);
  if (env.json) env.say.json({ ...made.request, opening: made.opening, until: new Date(untilMs).toISOString() });
  else env.say.out(env.t(`Đã duyệt yêu cầu ${request.ref}; ${request.host} mở cho ${zone} đến ${sayTime(untilMs)}.`, `Request ${request.ref} approved; ${request.host} is open for ${zone} until ${sayTime(untilMs)}.`));
}

function registerAudit(program: Command, run: Run): void {
  const audit = program.command('audit').description('nhật ký thao tác: ai đã đổi gì (who changed what)');
  audit.command('list').description('các thao tác gần đây (latest changes)').option('--limit <n>', 'số dòng (lines)', '50').option('--object <name>', 'chỉ của một phòng, quy tắc, ô, danh sách, tài khoản; mới nhất trước (of one object, newest first)').action(
    run((env, options: { limit: string; object?: string }) => {
      const limit = wholeNumber(options.limit, env.t('Số dòng', 'The limit'), 1, 100_000);
      const rows = options.object === undefined ? env.store().audit.list(limit) : env.store().audit.about(options.object, limit);
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
