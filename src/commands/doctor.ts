/** `luytre doctor`: what is wrong, and what to do about it. Looks, never changes anything. Exit 1 when something must be mended. */
import { accessSync, constants, existsSync, statfsSync, statSync } from 'node:fs';
import { Resolver } from 'node:dns/promises';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { codeOf } from '../fault.js';
import type { Finding, FindingStatus } from '../finding.js';
import { certsDir } from '../installed.js';
import { DAY_MS } from '../local-time.js';
import { isAddressLiteral } from '../matching/address.js';
import { ensureIndex } from '../lists/compile.js';
import { tlsSetting } from '../policy/profile.js';
import { ShippedError } from '../lists/shipped-file.js';
import { DATABASE_FILE } from '../store/place.js';
import { StoreError } from '../store/store-error.js';
import { PROFILE_IDS } from '../store/values.js';
import { channelFindings } from './doctor-channel.js';
import { lookTransparent, socketUnitEnabled, transparentFindings } from './doctor-transparent.js';
import { CommandError, type CommandEnv, type Run } from './env.js';

/** A name every school needs; only to see whether names and the way out work. */
const PROBE_HOST = 'moet.gov.vn';
const TIMEOUT_MS = 4_000;
/** Debian changes its roots about twice a year. */
const OLD_ROOTS_DAYS = 540;
/** The clock cannot be before the day this version was written (security.md F27). */
const BUILT_MS = Date.parse('2026-11-01T00:00:00+07:00');

export function registerDoctor(program: Command, run: Run): void {
  program.command('doctor').description('khám cổng lọc: lỗi gì, sửa thế nào (what is wrong and what to do)').action(run((env) => doctor(env)));
}

/** Everything that is looked at, in order. */
export async function examine(env: CommandEnv): Promise<Finding[]> {
  const findings: Finding[] = [];
  const add = (check: string, status: FindingStatus, vi: string, en: string, remedyVi = '', remedyEn = ''): void => {
    findings.push({ check, status, vi, en, remedyVi, remedyEn });
  };
  const opened = opens(env, add);
  checkClock(env, add, opened);
  checkDisk(env, add);
  checkRules(env, add);
  if (opened) {
    checkDatabase(env, add);
    await checkLists(env, add);
    checkSchool(env, add);
    await checkCa(env, add);
    checkApprovals(env, add);
    checkChannel(env, add);
  }
  await checkTrust(env, add);
  await checkPorts(env, add);
  await checkTransparent(env, add);
  const address = await checkDns(env, add);
  await checkUpstream(env, add, address);
  return findings;
}

async function doctor(env: CommandEnv): Promise<void> {
  const findings = await examine(env);
  const worst = findings.some((finding) => finding.status === 'fail');
  if (env.json) {
    for (const { check, status, vi, en, remedyVi, remedyEn } of findings) env.say.json({ check, status, finding: env.t(vi, en), remedy: env.t(remedyVi, remedyEn) });
  } else {
    const marks = { ok: '✓', warn: '!', fail: '✗' } as const;
    for (const finding of findings) {
      env.say.out(`${marks[finding.status]} ${env.t(finding.vi, finding.en)}`);
      if (finding.remedyVi !== '') env.say.out(`    → ${env.t(finding.remedyVi, finding.remedyEn)}`);
    }
  }
  if (worst) {
    const n = findings.filter((finding) => finding.status === 'fail').length;
    throw new CommandError(1, `Có ${n} việc phải sửa.`, `${n} finding(s) must be mended.`);
  }
}

type Add = (check: string, status: FindingStatus, vi: string, en: string, remedyVi?: string, remedyEn?: string) => void;

/** Whether there is a database to ask. Where no gateway ever ran none is made; where it can't be opened, the rest is looked at all the same. */
function opens(env: CommandEnv, add: Add): boolean {
  const { dataDir } = env.config;
  const untouched = !existsSync(dataDir) || (statSync(dataDir).isDirectory() && !existsSync(join(dataDir, DATABASE_FILE)));
  if (untouched) {
    add('database', 'warn', `Chưa có dữ liệu trong ${dataDir}: cổng lọc chưa chạy lần nào ở đây.`, `No data in ${dataDir}: the gateway has never run here.`, 'Chạy: npm start (hoặc nêu đúng thư mục bằng --data)', 'Run: npm start (or name the right directory with --data)');
    return false;
  }
  try {
    env.store();
    return true;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    add('database', 'fail', error.vi, error.en, 'Làm như câu trên, rồi chạy lại: luytre doctor', 'Do as it says, then run again: luytre doctor');
    return false;
  }
}

function checkRules(env: CommandEnv, add: Add): void {
  try {
    env.shipped();
    add('rules', 'ok', 'Bộ quy tắc đi kèm đọc được.', 'The shipped rules can be read.');
  } catch (error) {
    if (!(error instanceof ShippedError)) throw error;
    add('rules', 'fail', error.vi, error.en, 'Lấy lại thư mục rules/ của bản cài: git checkout -- rules', 'Get the rules/ of this version back: git checkout -- rules');
  }
}

function checkClock(env: CommandEnv, add: Add, opened: boolean): void {
  const now = env.now();
  if (now < BUILT_MS) return add('clock', 'fail', 'Đồng hồ của máy chạy chậm: tiết học, danh sách và chứng chỉ sẽ sai.', 'The clock is behind: lessons, lists and certificates will be wrong.', 'Bật đồng bộ giờ: timedatectl set-ntp true', 'Switch time synchronisation on: timedatectl set-ntp true');
  const last = opened ? env.store().audit.list(1)[0] : undefined;
  if (last !== undefined && last.atMs > now + 300_000) return add('clock', 'fail', 'Đồng hồ bị lùi so với lần ghi gần nhất.', 'The clock went back since the last record.', 'Kiểm tra pin CMOS và bật: timedatectl set-ntp true', 'Check the CMOS battery and run: timedatectl set-ntp true');
  if (existsSync('/run/systemd/timesync') && !existsSync('/run/systemd/timesync/synchronized')) return add('clock', 'warn', 'Đồng hồ chưa được đồng bộ qua mạng.', 'The clock is not synchronised.', 'Chạy: timedatectl set-ntp true', 'Run: timedatectl set-ntp true');
  add('clock', 'ok', 'Đồng hồ đúng.', 'The clock looks right.');
}

function checkDisk(env: CommandEnv, add: Add): void {
  let { dataDir } = env.config;
  while (!existsSync(dataDir) && dirname(dataDir) !== dataDir) dataDir = dirname(dataDir);
  try {
    accessSync(dataDir, constants.W_OK);
    const stat = statfsSync(dataDir);
    const free = Math.floor((stat.bavail * stat.bsize) / 2 ** 20);
    if (free < 200) return add('disk', 'fail', `Đĩa gần đầy: còn ${free} MiB.`, `The disk is nearly full: ${free} MiB left.`, 'Dọn đĩa hoặc chuyển thư mục dữ liệu sang ổ lớn hơn.', 'Free space or move the data directory to a larger disk.');
    if (free < 1_024) return add('disk', 'warn', `Đĩa còn ít chỗ: ${free} MiB.`, `Little disk space left: ${free} MiB.`, 'Nên để trống ít nhất 1 GiB.', 'Keep at least 1 GiB free.');
    add('disk', 'ok', `Đĩa còn ${free} MiB.`, `${free} MiB of disk left.`);
  } catch (error) {
    add('disk', 'fail', `Không ghi được vào thư mục dữ liệu (${codeOf(error)}).`, `The data directory can't be written (${codeOf(error)}).`, `Kiểm tra chủ và quyền của ${dataDir}.`, `Check owner and mode of ${dataDir}.`);
  }
}

function checkDatabase(env: CommandEnv, add: Add): void {
  const store = env.store();
  const faults = store.integrity();
  if (faults.length > 0) add('database', 'fail', 'Cơ sở dữ liệu bị hỏng.', 'The database is damaged.', 'Dừng cổng lọc rồi chạy: luytre restore FILE', 'Stop the gateway and run: luytre restore FILE');
  else add('database', 'ok', 'Cơ sở dữ liệu nguyên vẹn.', 'The database is whole.');
  const wrong = store.events.verify();
  if (wrong.length > 0) add('rollups', 'fail', `Số liệu tổng hợp không khớp nhật ký (${wrong.length} chỗ).`, `Roll-ups do not equal the events (${wrong.length} places).`, 'Giữ lại bản sao lưu và báo cho người bảo trì Lũy Tre.', 'Keep a backup and tell the maintainers.');
  else add('rollups', 'ok', 'Số liệu tổng hợp khớp nhật ký.', 'Roll-ups equal the events they cover.');
  const audit = store.audit.verify();
  if (audit.firstBad === null) add('audit', 'ok', `Nhật ký thao tác nguyên vẹn (${audit.records} bản ghi).`, `The audit record is whole (${audit.records} entries).`);
  else add('audit', 'fail', `Nhật ký thao tác bị sửa từ bản ghi ${audit.firstBad}.`, `The audit record was altered at entry ${audit.firstBad}.`, 'Sao lưu ngay và báo hiệu trưởng.', 'Back up at once and tell the head.');
}

async function checkLists(env: CommandEnv, add: Add): Promise<void> {
  const lists = env.store().policies.lists();
  const imported = lists.filter((list) => list.origin === 'imported');
  const city = lists.some((list) => list.origin === 'city');
  const hosts = lists.reduce((sum, list) => sum + list.current.entries, 0);
  if (lists.length === 0) {
    add('lists', 'warn', 'Chưa có danh sách nào: cổng lọc chưa chạy lần nào.', 'No lists yet: the gateway has not run.', 'Chạy: npm start', 'Run: npm start');
    return;
  }
  await ensureIndex(env.store(), env.config.dataDir, {});
  const oldest = Math.min(...imported.map((list) => list.current.addedMs));
  const days = imported.length === 0 ? 0 : Math.floor((env.now() - oldest) / DAY_MS);
  const total = `${lists.length} danh sách, ${hosts.toLocaleString('vi-VN')} tên`;
  const totalEn = `${lists.length} lists, ${hosts.toLocaleString('en')} names`;
  if (imported.length === 0 && !city) add('lists', 'warn', `${total}; mới có danh sách đi kèm.`, `${totalEn}; only the shipped ones.`, 'Nạp thêm danh sách lớn: luytre lists import FILE --category cobac', 'Import a large list: luytre lists import FILE --category cobac');
  else if (days >= 14) add('lists', 'warn', `${total}; có danh sách đã ${days} ngày.`, `${totalEn}; one is ${days} days old.`, 'Nạp bản mới: luytre lists import …', 'Import a fresh one: luytre lists import …');
  else add('lists', 'ok', `${total}.`, `${totalEn}.`);
}

function checkSchool(env: CommandEnv, add: Add): void {
  const { settings, policies } = env.store();
  if ((env.config.school.hotline ?? settings.get('school.hotline')) === null) add('hotline', 'warn', 'Chưa có đường dây nóng của trường trên trang chặn.', 'The block page has no school hotline.', 'Chạy: luytre setup --hotline …', 'Run: luytre setup --hotline …');
  if (policies.zones().length === 0) add('zones', 'warn', 'Chưa có phòng nào: mọi máy dùng hồ sơ chặt nhất.', 'No zone: every device is on the strictest profile.', 'Chạy: luytre zones add …', 'Run: luytre zones add …');
}

/** The CA is a matter of choice: only what was asked for and does not work is a finding. */
async function checkCa(env: CommandEnv, add: Add): Promise<void> {
  const { loadAuthority } = await import('../tls/authority.js');
  const { AuthorityError } = await import('../tls/authority-error.js');
  const level = (id: string): string => env.store().settings.get(tlsSetting(id)) ?? 'name';
  const wanted = PROFILE_IDS.filter((id) => level(id) !== 'name').map((id) => `${id} (${level(id)})`).join(', ');
  const inspected = PROFILE_IDS.filter((id) => level(id) === 'inspect').join(', ');
  try {
    const authority = loadAuthority(env.config.dataDir, env.now());
    if (authority === null) {
      if (wanted !== '') add('ca', 'warn', `Hồ sơ ${wanted} cần CA nhưng trường chưa có, nên đang chỉ lọc theo tên.`, `Profile ${wanted} needs a CA and there is none, so it is filtered by name only.`, 'Chạy: luytre ca init', 'Run: luytre ca init');
      return;
    }
    const days = Math.floor((authority.signing.issuing.notAfterMs - env.now()) / DAY_MS);
    if (days < 0) add('ca', 'fail', 'CA của trường đã hết hạn nên không được dùng.', 'The CA of the school has expired and is not used.', 'Chạy: luytre ca rotate --now, rồi cài lại lên máy', 'Run: luytre ca rotate --now, then install it again');
    else if (days < 120 && authority.next === null) add('ca', 'warn', `CA của trường còn ${days} ngày.`, `The CA of the school ends in ${days} days.`, 'Chạy: luytre ca rotate, để kịp 90 ngày cài chứng chỉ mới', 'Run: luytre ca rotate, in time for the 90 days of overlap');
    else add('ca', 'ok', `CA của trường dùng được, còn ${days} ngày.`, `The CA of the school is in order, ${days} days left.`);
    if (days >= 0 && inspected !== '') add('inspect', 'ok', `Hồ sơ ở mức inspect (giải mã HTTPS): ${inspected}.`, `Profiles at inspect (HTTPS is decrypted): ${inspected}.`);
  } catch (error) {
    if (!(error instanceof AuthorityError)) throw error;
    add('ca', 'fail', error.vi, error.en, 'Làm như câu trên; cổng lọc tự dùng lại CA trong vài giây', 'Do as it says; the gateway takes the CA up again within seconds');
    if (inspected !== '') add('inspect', 'warn', `Hồ sơ ${inspected} đặt mức inspect nhưng CA không dùng được nên không giải mã gì.`, `Profile ${inspected} is set to inspect but the CA is not usable, so nothing is decrypted.`, 'Sửa CA trước', 'Mend the CA first');
  }
}

/** What waits, and whether there is anybody to decide it. */
function checkApprovals(env: CommandEnv, add: Add): void {
  const open = env.store().proposals.list(env.now(), 'open').length;
  if (open === 0) return;
  const alone = env.store().proposals.headsInUse() === 0;
  if (alone) add('approvals', 'warn', `Có ${open} đề xuất chờ duyệt nhưng trường chưa có tài khoản hiệu trưởng.`, `${open} proposal(s) wait and there is no head’s account.`, 'Thêm: luytre users add TÊN --role head', 'Add one: luytre users add NAME --role head');
  else add('approvals', 'ok', `Có ${open} đề xuất chờ hiệu trưởng duyệt.`, `${open} proposal(s) wait for the head.`);
}

function checkChannel(env: CommandEnv, add: Add): void {
  const { url, everySeconds } = env.config.channel;
  const found = channelFindings({ on: url !== null, everySeconds, state: env.store().channel.row()?.state ?? null, nowMs: env.now() });
  for (const { check, status, vi, en, remedyVi, remedyEn } of found) add(check, status, vi, en, remedyVi, remedyEn);
}

/** Whom the gateway believes outside. Of weight where a profile decrypts, and wrong files stop the start anywhere. */
async function checkTrust(env: CommandEnv, add: Add): Promise<void> {
  const { loadUpstreamTrust } = await import('../tls/upstream-trust.js');
  const { TrustError } = await import('../tls/trust-error.js');
  try {
    const { roots, source, added, changedMs } = loadUpstreamTrust({ trustedCa: env.config.network.trustedCa, certsDir: certsDir(), nowMs: env.now() });
    const own = added === 0 ? '' : env.t(`, trong đó ${added} của trường`, `, ${added} of them the school's own`);
    if (source === 'node') add('trust', 'warn', `Máy không có kho CA gốc của hệ thống; đang dùng kho cũ đi kèm (${roots.length} CA${own}).`, `The system has no root certificates; those that came with the program are used (${roots.length}${own}).`, 'Chạy: apt install ca-certificates, rồi khởi động lại cổng lọc', 'Run: apt install ca-certificates, then restart the gateway');
    else if (changedMs !== null && env.now() - changedMs > OLD_ROOTS_DAYS * DAY_MS) add('trust', 'warn', `Kho CA gốc của hệ thống đã ${Math.floor((env.now() - changedMs) / DAY_MS)} ngày chưa cập nhật (${roots.length} CA${own}).`, `The system's root certificates are ${Math.floor((env.now() - changedMs) / DAY_MS)} days old (${roots.length}${own}).`, 'Chạy: apt update && apt upgrade ca-certificates, rồi khởi động lại cổng lọc', 'Run: apt update && apt upgrade ca-certificates, then restart the gateway');
    else add('trust', 'ok', `Kho CA gốc của hệ thống dùng được (${roots.length} CA${own}).`, `The system's root certificates are in order (${roots.length}${own}).`);
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    add('trust', 'fail', error.vi, error.en, 'Sửa tệp ấy; cổng lọc không khởi động được khi tệp còn sai', 'Mend that file; the gateway does not start while it is wrong');
  }
}

async function checkPorts(env: CommandEnv, add: Add): Promise<void> {
  const { config } = env;
  const said = await health(config.pages.port);
  if (said !== null) {
    add('ports', 'ok', 'Cổng lọc đang chạy và trả lời.', 'The gateway is running and answers.');
    checkHealth(said, add);
    return;
  }
  for (const port of [config.proxy.port, config.proxy.transparentPort, config.pages.port]) {
    if (port === null || port === 0 || (port === config.proxy.transparentPort && socketUnitEnabled())) continue;
    const code = await tryListen(port);
    if (code === 'EADDRINUSE') add('ports', 'fail', `Cổng ${port} đang có chương trình khác dùng.`, `Port ${port} is in use by another program.`, `Tìm bằng: ss -ltnp 'sport = :${port}'; tắt nó hoặc đổi cổng trong tệp cấu hình.`, `Find it with: ss -ltnp 'sport = :${port}'; stop it or change the port in the config file.`);
    else if (code !== null) add('ports', 'fail', `Không mở được cổng ${port} (${code}).`, `Port ${port} can't be opened (${code}).`, 'Chọn cổng từ 1024 trở lên trong tệp cấu hình.', 'Choose a port of 1024 or above in the config file.');
    else add('ports', 'ok', `Cổng ${port} còn trống.`, `Port ${port} is free.`);
  }
}

/** Said here, in the banner of `luytre start` and on the console. */
export const IN_MEMORY: Finding = {
  check: 'in-memory', status: 'fail',
  vi: 'Đĩa không ghi được: cổng lọc đang lọc bằng bản sao trong bộ nhớ, mọi thay đổi và số liệu từ lúc này sẽ mất khi khởi động lại.',
  en: 'The disk takes no writes: the gateway filters from a copy in memory, and every change and figure from now on is lost with the next start.',
  remedyVi: 'Dọn đĩa; ghi được trở lại là cổng lọc tự khởi động lại trong vài giây.',
  remedyEn: 'Free some space; within seconds of that the gateway starts anew by itself.',
};

/** What the running gateway says of itself. Without descriptors it resets this very question too: then it is `ports` that tells. */
function checkHealth(said: Record<string, unknown>, add: Add): void {
  if (said['inMemory'] === true) add(IN_MEMORY.check, IN_MEMORY.status, IN_MEMORY.vi, IN_MEMORY.en, IN_MEMORY.remedyVi, IN_MEMORY.remedyEn);
  const remedyVi = 'Tìm máy mở quá nhiều kết nối (network.connectionsPerClient), hoặc tăng giới hạn: systemctl edit luytre, ghi [Service] và LimitNOFILE=262144, rồi systemctl restart luytre';
  const remedyEn = 'Find the device that opens too many connections (network.connectionsPerClient), or raise the limit: systemctl edit luytre, [Service] LimitNOFILE=262144, then systemctl restart luytre';
  if (said['descriptors'] === 'out' || said['descriptors'] === 'low') add('descriptors', 'fail', 'Cổng lọc gần hết hoặc đã hết số tệp được mở: kết nối mới bị ngắt.', 'The gateway is at its limit of open files, or close to it: new connections are reset.', remedyVi, remedyEn);
  else if (said['ranOut'] === true) add('descriptors', 'warn', 'Từ lúc khởi động, đã có lần cổng lọc hết số tệp được mở và ngắt kết nối mới.', 'Since its start the gateway has run out of open files and reset new connections.', remedyVi, remedyEn);
}

async function checkTransparent(env: CommandEnv, add: Add): Promise<void> {
  const said = (await health(env.config.pages.port))?.['transparent'];
  const port = said === 'handed-over' || said === 'own' || said === 'off' ? said : null;
  for (const { check, status, vi, en, remedyVi, remedyEn } of transparentFindings(await lookTransparent(port))) add(check, status, vi, en, remedyVi, remedyEn);
}

/** What the running gateway says of itself; null where none answers, or not well. */
async function health(port: number): Promise<Record<string, unknown> | null> {
  try {
    const response = await fetch(`http://127.0.0.1:${port}/healthz`, { signal: AbortSignal.timeout(2_000) });
    return response.ok ? ((await response.json()) as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}

function tryListen(port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'unknown'));
    server.listen(port, () => server.close(() => resolve(null)));
  });
}

async function checkDns(env: CommandEnv, add: Add): Promise<string | null> {
  const fixed = env.config.network.hosts[PROBE_HOST]?.[0];
  if (fixed !== undefined) return fixed;
  const resolver = new Resolver({ timeout: TIMEOUT_MS, tries: 1 });
  try {
    if (env.config.network.dns.length > 0) resolver.setServers([...env.config.network.dns]);
    const [address] = await resolver.resolve4(PROBE_HOST);
    if (address !== undefined && isAddressLiteral(address)) {
      add('dns', 'ok', 'Tra tên miền được.', 'Names are resolved.');
      return address;
    }
  } catch (error) {
    add('dns', 'fail', `Không tra được tên miền (${codeOf(error)}).`, `Names can't be resolved (${codeOf(error)}).`, 'Kiểm tra dây mạng, /etc/resolv.conf hoặc đặt network.dns trong tệp cấu hình.', 'Check the cable, /etc/resolv.conf, or set network.dns in the config file.');
  }
  return null;
}

async function checkUpstream(env: CommandEnv, add: Add, address: string | null): Promise<void> {
  const parent = env.config.network.parentProxy;
  const target = parent ?? (address === null ? null : { host: address, port: 443 });
  if (target === null) return add('upstream', 'fail', 'Chưa thử được đường ra Internet vì chưa tra được tên miền.', 'The way out could not be tried without DNS.', 'Sửa DNS trước rồi chạy lại.', 'Mend DNS first, then run this again.');
  const code = await tryConnect(target.host, target.port);
  if (code === null) add('upstream', 'ok', parent === null ? 'Ra được Internet.' : 'Nối được proxy cấp trên.', parent === null ? 'The Internet is reached.' : 'The parent proxy is reached.');
  else add('upstream', 'fail', parent === null ? `Không ra được Internet (${code}).` : `Không nối được proxy cấp trên (${code}).`, parent === null ? `The Internet can't be reached (${code}).` : `The parent proxy can't be reached (${code}).`, 'Kiểm tra đường truyền, tường lửa của nhà mạng hoặc network.parentProxy.', "Check the line, the provider's firewall or network.parentProxy.");
}

function tryConnect(host: string, port: number): Promise<string | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: TIMEOUT_MS });
    const done = (code: string | null): void => {
      socket.destroy();
      resolve(code);
    };
    socket.once('connect', () => done(null));
    socket.once('timeout', () => done('ETIMEDOUT'));
    socket.once('error', (error: NodeJS.ErrnoException) => done(error.code ?? 'unknown'));
  });
}
