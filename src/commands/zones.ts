/** `luytre zones`: the rooms. Who a request comes from, and on which profile. */
import type { Command } from 'commander';
import type { ZoneRow } from '../store/rows.js';
import { schoolLevels } from '../store/school-facts.js';
import { cidrText, macText, ownPort, roomLogin, roomName, slotRows } from '../store/zone-text.js';
import { asUsage, collect, knownProfile, knownZone, wholeNumber } from './check.js';
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

type SetOptions = Omit<ZoneOptions, 'port' | 'login'> & { port?: string | false; login?: string | false; rename?: string };

export function registerZones(program: Command, run: Run): void {
  const zones = program.command('zones').description('phòng, khu vực: ai đi qua cổng lọc với hồ sơ nào (rooms and areas)');
  zones.command('list').description('liệt kê các phòng (list)').action(run((env) => list(env)));
  withOptions(zones.command('add <name>').description('thêm phòng (add)'), true).action(run((env, name: string, options: ZoneOptions) => add(env, name, options)));
  withOptions(zones.command('set <name>').description('sửa phòng; nêu lại cidr, mac, slot là thay cả (change; lists are replaced whole)'), false)
    .option('--rename <new-name>', 'đổi tên phòng; tiết, yêu cầu, thầy cô, số liệu đi theo (rename; what refers to the room follows)')
    .option('--no-port', 'bỏ cổng riêng (drop its own port)')
    .option('--no-login', 'bỏ tài khoản chung (drop the shared login)')
    .action(run((env, name: string, options: SetOptions) => set(env, name, options)));
  zones.command('remove <name>').description('xóa phòng (remove)').action(
    run((env, name: string) => {
      const zone = knownZone(env, name);
      env.store().policies.removeZone(zone, env.actor);
      done(env, zone, env.t(`Đã xóa phòng ${zone}.`, `Zone ${zone} removed.`));
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
  const zone: ZoneRow = {
    name: asUsage(() => roomName(name)),
    profile: knownProfile(env, options.profile ?? ''),
    cidrs: (options.cidr ?? []).map((text) => asUsage(() => cidrText(text))),
    macs: (options.mac ?? []).map((text) => asUsage(() => macText(text))),
    port: options.port === undefined ? null : portOf(env, options.port),
    login: login(options.login, options.password),
    timetable: slots(env, options.profile ?? '', options.slot ?? []),
  };
  env.store().policies.addZone(zone, env.actor);
  done(env, zone.name, env.t(`Đã thêm phòng ${zone.name}, hồ sơ ${zone.profile}.`, `Zone ${zone.name} added on profile ${zone.profile}.`));
}

function set(env: CommandEnv, called: string, options: SetOptions): void {
  const name = knownZone(env, called);
  const to = options.rename === undefined ? name : asUsage(() => roomName(options.rename ?? ''));
  const patch: { -readonly [K in keyof Omit<ZoneRow, 'name'>]?: ZoneRow[K] } = {};
  if (options.profile !== undefined) patch.profile = knownProfile(env, options.profile);
  if (options.cidr !== undefined) patch.cidrs = options.cidr.map((text) => asUsage(() => cidrText(text)));
  if (options.mac !== undefined) patch.macs = options.mac.map((text) => asUsage(() => macText(text)));
  if (options.port === false) patch.port = null;
  else if (typeof options.port === 'string') patch.port = portOf(env, options.port);
  if (options.login === false) patch.login = null;
  else if (typeof options.login === 'string') patch.login = login(options.login, options.password);
  if (options.slot !== undefined) patch.timetable = slots(env, patch.profile ?? env.store().policies.zones().find((row) => row.name === name)?.profile ?? '', options.slot);
  if (Object.keys(patch).length === 0 && options.rename === undefined) throw new CommandError(2, 'Chưa nêu điều gì cần sửa; xem «luytre zones set --help».', 'Nothing to change; see "luytre zones set --help".');
  const { policies } = env.store();
  env.store().together(() => {
    policies.setZone(name, patch, env.actor);
    if (to !== name) policies.renameZone(name, to, env.actor);
  });
  done(env, to, to === name ? env.t(`Đã sửa phòng ${name}.`, `Zone ${name} changed.`) : env.t(`Phòng ${name} nay tên là ${to}.`, `Zone ${name} is called ${to} now.`));
}

function portOf(env: CommandEnv, text: string): number {
  const port = wholeNumber(text, env.t('Cổng', 'Port'), 1, 65535);
  const { config } = env;
  return ownPort(port, [config.proxy.port, config.proxy.transparentPort, config.pages.port, config.console.port]);
}

function login(name: string | undefined, password: string | undefined): ZoneRow['login'] {
  if (name === undefined) {
    if (password !== undefined) throw new CommandError(2, 'Có --password thì phải có --login.', '--password needs --login.');
    return null;
  }
  if (password === undefined) throw new CommandError(2, 'Tài khoản chung cần --password ít nhất 6 ký tự.', 'A shared login needs --password of at least 6 characters.');
  return asUsage(() => roomLogin(name, password));
}

function slots(env: CommandEnv, zoneProfile: string, texts: readonly string[]): ZoneRow['timetable'] {
  return texts.flatMap((text) => asUsage(() => slotRows(text, zoneProfile, schoolLevels(env.config.school.levels, env.store().settings))));
}

function done(env: CommandEnv, name: string, text: string): void {
  if (env.json) env.say.json(zoneJson(env, name));
  else env.say.out(text);
}

function zoneJson(env: CommandEnv, name: string): unknown {
  const zone = env.store().policies.zones().find((row) => row.name === name);
  return zone === undefined ? { name, removed: true } : { ...zone, login: zone.login?.name ?? null };
}
