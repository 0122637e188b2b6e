/** `luytre start`: the gateway in the foreground. SIGTERM and SIGINT drain and exit 0; SIGHUP reloads. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isDeepStrictEqual } from 'node:util';
import { handedSockets, type Config } from '../config.js';
import { ConfigError } from '../config-file.js';
import type { Gateway } from '../gateway.js';
import { rulesDir } from '../installed.js';
import { ownAddresses } from '../own-addresses.js';
import { examine, IN_MEMORY } from './doctor.js';
import { isDataDirLocked, LockedError, lockDataDir } from '../instance-lock.js';
import { codeOf } from '../fault.js';
import { loadShipped } from '../lists/shipped.js';
import { createLog, type Log } from '../log.js';
import { copyToMemory, takesWritesAgain, writeFault, type MemoryCopy } from '../store/memory-copy.js';
import { CommandError, type CommandEnv, type Run } from './env.js';
import { compileBar } from './progress.js';

const DRAIN_MS = 5_000;
const ASK_DISK_MS = 5_000;

export function registerStart(program: Command, run: Run): void {
  program
    .command('start')
    .description('chạy cổng lọc (run the gateway in the foreground)')
    .option('--quiet', 'chỉ ghi cảnh báo (log warnings only)')
    .action(run((env, options: { quiet?: boolean }) => start(env, options.quiet === true)));
}

async function start(asked: CommandEnv, quiet: boolean): Promise<void> {
  const log = createLog(quiet ? 'warn' : 'info');
  const { dataDir } = asked.config;
  const held = heldInMemory(dataDir, log);
  const env = held === null ? asked : { ...asked, store: () => held.store };
  try {
    await serve(env, log, held !== null);
  } finally {
    held?.remove();
  }
}

/**
 * A disk that can be read and not written must not close the Internet of a school: the last policy lies on it. It is copied into memory and
 * enforced from there until the disk takes writes again; then the process ends and its supervisor starts it in the ordinary way.
 */
function heldInMemory(dataDir: string, log: Log): MemoryCopy | null {
  if (isDataDirLocked(dataDir)) throw new LockedError();
  const fault = existsSync(dataDir) ? writeFault(dataDir) : null;
  const copy = fault === null ? null : copyToMemory(dataDir);
  if (copy !== null) log.error('the disk takes no writes: filtering from a copy in memory; what is changed now is not kept', { part: 'store', code: fault ?? '' });
  return copy;
}

async function serve(env: CommandEnv, log: Log, inMemory: boolean): Promise<void> {
  const { dataDir } = env.config;
  const store = env.store();
  const fault = store.integrity()[0];
  if (fault !== undefined) {
    throw new CommandError(1, 'Cơ sở dữ liệu bị hỏng; hãy phục hồi từ bản sao lưu: luytre restore FILE.', 'The database is damaged; restore a backup: luytre restore FILE.');
  }
  const unlock = inMemory ? () => undefined : lockDataDir(dataDir);
  const bar = compileBar(env);
  let gateway: Gateway;
  const handed = handedSockets();
  let end = (_why: CommandError): void => undefined;
  const ended = new Promise<CommandError>((resolve) => (end = resolve));
  try {
    // only this command needs the wire; the others start faster without it
    const { startGateway } = await import('../gateway.js');
    gateway = await startGateway({ config: env.config, store, log, handed, inMemory, onLost: () => end(NOBODY_ACCEPTS), loadShipped: () => loadShipped(rulesDir()), findings: () => examine(env), onProgress: bar.update });
  } catch (error) {
    unlock();
    throw portTaken(error, env.config) ?? error;
  } finally {
    bar.stop();
  }
  // before anyone is told that it runs: a signal that came first would end the process in the system's way
  const stopped = untilStopped(env, gateway, log, ended);
  const watch = inMemory ? setInterval(() => takesWritesAgain(dataDir) && end(DISK_IS_BACK), ASK_DISK_MS) : null;
  try {
    banner(env, gateway, handed.length > 0);
    if (inMemory) env.say.out(env.t(`${IN_MEMORY.vi} ${IN_MEMORY.remedyVi}`, `${IN_MEMORY.en} ${IN_MEMORY.remedyEn}`));
    await stopped;
  } finally {
    if (watch !== null) clearInterval(watch);
    unlock();
  }
  log.info('stopped', { part: 'gateway' });
}

const NOBODY_ACCEPTS = new CommandError(1, 'Không còn luồng nào nhận kết nối ở cổng trong suốt; systemd sẽ khởi động lại.', 'No thread accepts on the transparent socket any more; systemd will start it again.');
const DISK_IS_BACK = new CommandError(1, 'Đĩa ghi được trở lại; cổng lọc khởi động lại để dùng dữ liệu trên đĩa (systemd tự làm; không có systemd thì chạy lại npm start).', 'The disk takes writes again; the gateway starts anew to use the data on it (systemd does so; without it run npm start again).');
function portTaken(error: unknown, config: Config): CommandError | null {
  const { code, port, address } = error as NodeJS.ErrnoException & { port?: number; address?: string };
  if (code === 'EADDRINUSE') return new CommandError(1, `Cổng ${port ?? ''} đang có chương trình khác dùng; đổi cổng trong tệp cấu hình hoặc tắt chương trình kia.`, `Port ${port ?? ''} is in use by another program; change it in the config file or stop that program.`);
  if (code === 'EACCES') return new CommandError(1, `Không có quyền mở cổng ${port ?? ''}; hãy chọn cổng từ 1024 trở lên.`, `No permission to open port ${port ?? ''}; choose one of 1024 or above.`);
  if (code === 'EINVAL' || code === 'EBADF' || code === 'ENOTSOCK') return new CommandError(1, 'Ổ cắm cổng trong suốt mà systemd trao (LISTEN_FDS) không dùng được; xem: systemctl status luytre-transparent.socket.', 'The transparent socket handed over by systemd (LISTEN_FDS) is unusable; see: systemctl status luytre-transparent.socket.');
  if (code === 'EADDRNOTAVAIL') {
    const key = address === config.console.host && address !== config.proxy.host ? 'console.host' : 'proxy.host';
    return new CommandError(1, `Địa chỉ ${key} (${config[key === 'proxy.host' ? 'proxy' : 'console'].host}) không có trên máy này.`, `The address ${key} (${config[key === 'proxy.host' ? 'proxy' : 'console'].host}) is not on this machine.`);
  }
  return null;
}

/** Addresses of the proxy and PAC, the one-time code, one line to try. */
function banner(env: CommandEnv, gateway: Gateway, tproxy: boolean): void {
  const lan = ownAddresses()[0] ?? '127.0.0.1';
  const address = reachable(env.config.proxy.host, lan);
  const webAddress = reachable(env.config.console.host, lan);
  const { proxy, pages, transparent, console: web } = gateway.ports;
  const { fingerprint, fromCa } = gateway.consoleCertificate;
  const code = env.store().accounts.issueSetupCode(env.now(), { replace: true });
  // an installed machine has the command of its own (deploy/luytre-admin); in a clone npx finds the program and ./data
  const command = env.config.dataDir === resolve('data') ? 'npx luytre' : 'luytre';
  const say = env.say.out;
  say('');
  say(env.t('Lũy Tre đang chạy. Internet đã được lọc theo lứa tuổi.', 'Lũy Tre is running. The Internet is filtered by age.'));
  say(`  ${env.t('Proxy cho máy học sinh', 'Proxy for the devices')}:  ${address}:${proxy}`);
  say(`  ${env.t('Tự cấu hình (PAC)', 'Auto-configuration (PAC)')}:      http://${address}:${pages}/proxy.pac`);
  say(`  ${env.t('Trang trợ giúp', 'Help page')}:         http://${address}:${pages}/help`);
  say(`  ${env.t('Bảng điều khiển', 'Console')}:        https://${webAddress}:${web}/`);
  if (!fromCa) {
    say(`    ${env.t('Trình duyệt sẽ cảnh báo vì chứng chỉ do máy này tự tạo; hãy so dấu vân tay rồi mới tiếp tục', 'The browser will warn: this machine made the certificate itself; compare the fingerprint before you go on')}:`);
    say(`    SHA-256 ${fingerprint}`);
  }
  if (transparent !== null) say(`  ${env.t('Cổng trong suốt', 'Transparent port')}:        ${transparent}${tproxy ? ' (TPROXY)' : ''}`);
  say(`  ${env.t('Dữ liệu', 'Data')}:                ${env.config.dataDir}`);
  if (code !== null) {
    say(`  ${env.t('Mã quản trị dùng một lần', 'One-time admin code')}: ${code}`);
    say(`    ${env.t('Tạo tài khoản quản trị đầu tiên (trong 60 phút)', 'Make the first admin account (within 60 minutes)')}: https://${webAddress}:${web}/khoi-dau`);
    say(`    ${env.t('hoặc ở dòng lệnh', 'or on the command line')}: ${command} setup --code ${code}`);
  }
  say(`  ${env.t('Thử ngay', 'Try it')}: curl -x http://${reachable(env.config.proxy.host, '127.0.0.1')}:${proxy} -I http://hitclub.com/`);
  say('');
}

/** What to type for a listener: a listener of every address is reached by `any`, another only by its own. */
function reachable(host: string, any: string): string {
  if (host === '0.0.0.0' || host === '::') return any;
  return host.includes(':') ? `[${host}]` : host;
}

function untilStopped(env: CommandEnv, gateway: Gateway, log: Log, ended: Promise<CommandError>): Promise<void> {
  return new Promise((resolve, reject) => {
    let stopping = false;
    const stop = (): void => {
      if (stopping) return;
      stopping = true;
      gateway.stop(DRAIN_MS).then(resolve, reject);
    };
    void ended.then((fault) => {
      if (stopping) return;
      stopping = true;
      gateway.stop(DRAIN_MS).then(() => reject(fault), reject);
    });
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    // with Node's debugger off (deploy/luytre) this would end the process
    process.on('SIGUSR1', () => undefined);
    process.on('SIGHUP', () => {
      sayConfigChanged(env);
      gateway.reload().catch((error: unknown) => log.error('reload failed; the last good policy stays in force', { part: 'gateway', code: codeOf(error) }));
    });
  });
}

/** Ports, addresses and name servers are what the process was built with: whoever has changed the file is told that it waits, and what is wrong with it, now and not at the next start. */
function sayConfigChanged(env: CommandEnv): void {
  try {
    if (isDeepStrictEqual(env.configNow(), env.config)) return;
    env.say.err(env.t('luytre: Tệp cấu hình đã đổi; hãy khởi động lại cổng lọc để áp dụng (quy tắc và chính sách thì đã đọc lại).', 'luytre: The configuration file has changed; restart the gateway to apply it (rules and policy have been read again).'));
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    env.say.err(env.t(`luytre: ${error.vi} Cấu hình cũ còn hiệu lực.`, `luytre: ${error.en} The old configuration stays in force.`));
  }
}
