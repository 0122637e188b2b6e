/** `luytre zones`: the rooms. Who a request comes from, and on which profile. */
import type { Command } from 'commander';
import { formatCidr, parseCidr } from '../matching/address.js';
import { hashPasswordSync } from '../password.js';
import { levelOf, type Session } from '../policy/school-time.js';
import type { ZoneRow } from '../store/rows.js';
import type { SlotRow } from '../store/school-rows.js';
import { collect, knownProfile, knownZone, wholeNumber } from './check.js';
import { CommandError, type CommandEnv, type Run } from './env.js';

interface ZoneOptions {
  profile?: string;
  cidr?: string[];
  mac?: string[];
  port?: string;
  login?: string;
  password?: string;
  slot?: string[];
}

type SetOptions = Omit<ZoneOptions, 'port' | 'login'> & { port?: string | false; login?: string | false };

export function registerZones(program: Command, run: Run): void {
  const zones = program.command('zones').description('phòng, khu vực: ai đi qua cổng lọc với hồ sơ nào (rooms and areas)');
  zones.command('list').description('liệt kê các phòng (list)').action(run((env) => list(env)));
  withOptions(zones.command('add <name>').description('thêm phòng (add)'), true).action(run((env, name: string, options: ZoneOptions) => add(env, name, options)));
  withOptions(zones.command('set <name>').description('sửa phòng; nêu lại cidr, mac, slot là thay cả (change; lists are replaced whole)'), false)
    .option('--no-port', 'bỏ cổng riêng (drop its own port)')
    .option('--no-login', 'bỏ tài khoản chung (drop the shared login)')
    .action(run((env, name: string, options: SetOptions) => set(env, name, options)));
  zones.command('remove <name>').description('xóa phòng (remove)').action(
    run((env, name: string) => {
      knownZone(env, name);
      env.store().policies.removeZone(name, env.actor);
      done(env, name, env.t(`Đã xóa phòng ${name}.`, `Zone ${name} removed.`));
    }),
  );
}

function withOptions(command: Command, adding: boolean): Command {
  const profile = '--profile <profile>';
  const about = 'hồ sơ lọc mặc định (default profile)';
  return (adding ? command.requiredOption(profile, about) : command.option(profile, about))
    .option('--cidr <cidr>', 'dải địa chỉ, lặp lại được (address range, repeatable)', collect)
    .option('--mac <mac>', 'địa chỉ MAC, lặp lại được (MAC address, repeatable)', collect)
    .option('--port <port>', 'cổng proxy riêng của phòng (proxy port of its own)')
    .option('--login <name>', 'tài khoản chung của phòng (shared room login)')
    .option('--password <password>', 'mật khẩu của tài khoản chung (its password)')
    .option('--slot <slot>', 'thời khóa biểu, ví dụ 2-6@07:30-11:15=thcs, hoặc theo tiết 2@sang:1-3=thcs; lặp lại được (timetable by clock or by period, repeatable; 1 = thứ Hai)', collect);
}

function list(env: CommandEnv): void {
  const zones = env.store().policies.zones();
  if (env.json) {
    for (const zone of zones) env.say.json({ ...zone, login: zone.login?.name ?? null });
    return;
  }
  if (zones.length === 0) env.say.out(env.t('Chưa có phòng nào: mọi máy dùng hồ sơ chặt nhất (lop-1-3). Thêm: luytre zones add …', 'No zone yet: every device is on the strictest profile (lop-1-3). Add one: luytre zones add …'));
  for (const zone of zones) {
    const by = [...zone.cidrs, ...zone.macs, ...(zone.port === null ? [] : [`:${zone.port}`]), ...(zone.login === null ? [] : [`@${zone.login.name}`])];
    env.say.out(`${zone.name}\t${zone.profile}\t${by.join(' ')}`);
  }
}

function add(env: CommandEnv, name: string, options: ZoneOptions): void {
  if (!/^[\p{L}\p{N}][\p{L}\p{N} ._-]{0,39}$/u.test(name.normalize('NFC'))) {
    throw new CommandError(2, `Tên phòng «${name}» không dùng được: 1–40 chữ, số, dấu cách, . _ -.`, `Zone name "${name}" can't be used: 1–40 letters, digits, spaces, . _ -.`);
  }
  const zone: ZoneRow = {
    name: name.normalize('NFC'),
    profile: knownProfile(env, options.profile ?? ''),
    cidrs: (options.cidr ?? []).map(cleanCidr),
    macs: (options.mac ?? []).map(cleanMac),
    port: options.port === undefined ? null : ownPort(env, options.port),
    login: login(options.login, options.password),
    timetable: slots(env, options.profile ?? '', options.slot ?? []),
  };
  env.store().policies.addZone(zone, env.actor);
  done(env, zone.name, env.t(`Đã thêm phòng ${zone.name}, hồ sơ ${zone.profile}.`, `Zone ${zone.name} added on profile ${zone.profile}.`));
}

function set(env: CommandEnv, name: string, options: SetOptions): void {
  knownZone(env, name);
  const patch: { -readonly [K in keyof Omit<ZoneRow, 'name'>]?: ZoneRow[K] } = {};
  if (options.profile !== undefined) patch.profile = knownProfile(env, options.profile);
  if (options.cidr !== undefined) patch.cidrs = options.cidr.map(cleanCidr);
  if (options.mac !== undefined) patch.macs = options.mac.map(cleanMac);
  if (options.port === false) patch.port = null;
  else if (typeof options.port === 'string') patch.port = ownPort(env, options.port);
  if (options.login === false) patch.login = null;
  else if (typeof options.login === 'string') patch.login = login(options.login, options.password);
  if (options.slot !== undefined) patch.timetable = slots(env, patch.profile ?? env.store().policies.zones().find((row) => row.name === name)?.profile ?? '', options.slot);
  if (Object.keys(patch).length === 0) throw new CommandError(2, 'Chưa nêu điều gì cần sửa; xem «luytre zones set --help».', 'Nothing to change; see "luytre zones set --help".');
  env.store().policies.setZone(name, patch, env.actor);
  done(env, name, env.t(`Đã sửa phòng ${name}.`, `Zone ${name} changed.`));
}

function cleanCidr(text: string): string {
  const cidr = parseCidr(text.includes('/') ? text : `${text}/${text.includes(':') ? 128 : 32}`);
  if (cidr === null) throw new CommandError(2, `«${text}» không phải dải địa chỉ, ví dụ 10.10.2.0/24.`, `"${text}" is not an address range such as 10.10.2.0/24.`);
  return formatCidr(cidr);
}

function cleanMac(text: string): string {
  const hex = text.toLowerCase().replace(/[:-]/g, '');
  if (!/^[0-9a-f]{12}$/.test(hex)) throw new CommandError(2, `«${text}» không phải địa chỉ MAC, ví dụ 3c:52:82:11:22:33.`, `"${text}" is not a MAC address such as 3c:52:82:11:22:33.`);
  return (hex.match(/../g) ?? []).join(':');
}

function ownPort(env: CommandEnv, text: string): number {
  const port = wholeNumber(text, env.t('Cổng', 'Port'), 1, 65535);
  const { config } = env;
  if ([config.proxy.port, config.proxy.transparentPort, config.pages.port, config.console.port].includes(port)) {
    throw new CommandError(1, `Cổng ${port} đã được cổng lọc dùng vào việc khác.`, `Port ${port} is already used by the gateway itself.`);
  }
  return port;
}

function login(name: string | undefined, password: string | undefined): ZoneRow['login'] {
  if (name === undefined) {
    if (password !== undefined) throw new CommandError(2, 'Có --password thì phải có --login.', '--password needs --login.');
    return null;
  }
  if (!/^[a-zA-Z0-9._-]{1,32}$/.test(name)) throw new CommandError(2, `Tên đăng nhập «${name}» không dùng được.`, `Login name "${name}" can't be used.`);
  if (password === undefined || password.length < 6) throw new CommandError(2, 'Tài khoản chung cần --password ít nhất 6 ký tự.', 'A shared login needs --password of at least 6 characters.');
  return { name, hash: hashPasswordSync(password) };
}

/**
 * `2-6@07:30-11:15=thcs`: weekdays 1 (Monday) to 7, from–to in local time, profile;
 * or `2@sang:1-3=thcs`: periods 1 to 3 of the morning by the bells of
 * the room's level (`2@thpt.sang:1-3=thpt`: of another, in a room that levels share). */
function slots(env: CommandEnv, zoneProfile: string, texts: readonly string[]): ZoneRow['timetable'] {
  const out: SlotRow[] = [];
  for (const text of texts) {
    const byPeriod = /^([1-7])(?:-([1-7]))?@(?:(tieu-hoc|thcs|thpt)\.)?(sang|chieu|toi):(\d{1,2})(?:-(\d{1,2}))?=([a-z0-9-]+)$/.exec(text);
    if (byPeriod !== null) {
      const [, firstDay = '', lastDay = firstDay, named, session = '', fromPeriod = '', toPeriod = fromPeriod, id = ''] = byPeriod;
      const profile = knownProfile(env, id);
      const level = levelOf(named ?? zoneProfile, ...env.config.school.levels, profile) ?? 'thcs';
      for (let weekday = Number(firstDay); weekday <= Number(lastDay); weekday++) {
        out.push({ weekday, level, session: session as Session, fromPeriod: Number(fromPeriod), toPeriod: Number(toPeriod), profile });
      }
      continue;
    }
    const match = /^([1-7])(?:-([1-7]))?@(\d{1,2}):(\d{2})-(\d{1,2}):(\d{2})=([a-z0-9-]+)$/.exec(text);
    const [, first, last, h1, m1, h2, m2, profile] = match ?? [];
    const from = Number(h1) * 60 + Number(m1);
    const to = Number(h2) * 60 + Number(m2);
    if (match === null || Number(m1) > 59 || Number(m2) > 59 || from >= 1440 || to > 1440 || from === to) {
      throw new CommandError(2, `Không hiểu thời khóa biểu «${text}»; viết như 2-6@07:30-11:15=thcs (1 = thứ Hai).`, `Can't read slot "${text}"; write it like 2-6@07:30-11:15=thcs (1 = Monday).`);
    }
    for (let day = Number(first); day <= Number(last ?? first); day++) {
      out.push({ weekday: day, fromMinute: from, toMinute: to % 1440, profile: knownProfile(env, profile ?? '') });
    }
  }
  return out;
}

function done(env: CommandEnv, name: string, text: string): void {
  if (env.json) env.say.json(zoneJson(env, name));
  else env.say.out(text);
}

function zoneJson(env: CommandEnv, name: string): unknown {
  const zone = env.store().policies.zones().find((row) => row.name === name);
  return zone === undefined ? { name, removed: true } : { ...zone, login: zone.login?.name ?? null };
}
