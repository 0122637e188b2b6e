/**
 * `luytre selftest`: does this installation filter, on this machine? Starts a gateway of its own beside whatever runs here (own ports, own data, a site of
 * its own on loopback), asks it what a classroom would, and removes it all. Touches no school's data and needs no Internet; what is wrong with the gateway that
 * runs is `doctor`'s.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { stringify } from 'yaml';
import { openStore } from '../store/database.js';
import { CommandError, type CommandEnv, type Run } from './env.js';

const SITE = 'luytre-selftest.vn';
const CLOSED = 'hitclub.com';
/** In every address that is asked for: it may be in no file afterwards. */
const CANARY = 'luytre-selftest-canary';
const START_MS = 90_000;
/** contract.md: what the command line changes is in force within two seconds; the rest is for a machine that does much else. */
const CHANGE_MS = 10_000;
const ANSWER_MS = 10_000;

interface Check {
  readonly check: string;
  readonly vi: string;
  readonly en: string;
  passes(): Promise<boolean> | boolean;
}

export function registerSelftest(program: Command, run: Run): void {
  program.command('selftest').description('tự thử: chạy một cổng lọc tạm trên máy này xem có lọc đúng không (starts a gateway of its own and tries it)').action(run((env) => selftest(env)));
}

async function selftest(env: CommandEnv): Promise<void> {
  const dir = mkdtempSync(join(tmpdir(), 'luytre-selftest-'));
  const data = join(dir, 'data');
  const got: string[] = [];
  const site = await listen((request) => got.push(request));
  const [proxy = 0, pages = 0, web = 0] = await freePorts(3);
  const port = (site.address() as AddressInfo).port;
  const config = join(dir, 'luytre.yaml');
  writeFileSync(config, stringify({
    proxy: { host: '127.0.0.1', port: proxy, transparentPort: null, workers: 1 }, pages: { port: pages }, console: { host: '127.0.0.1', port: web },
    network: { hosts: { [SITE]: '127.0.0.1' }, dialPrivate: ['127.0.0.1/32'], ports: [80, 443, port] },
  }));
  const gateway = spawn(process.execPath, [fileURLToPath(new URL('../main.js', import.meta.url)), 'start', '--quiet', '--config', config, '--data', data], { stdio: 'ignore' });
  const ended = new Promise<number | null>((resolve) => gateway.once('exit', resolve));
  const ask = (target: string, host: string, more = ''): Promise<string> => exchange(proxy, `GET ${target}${CANARY}?q=${CANARY} HTTP/1.1\r\nHost: ${host}\r\n${more}Connection: close\r\n\r\n`);
  const open = (): Promise<string> => ask(`http://${SITE}:${port}/`, `${SITE}:${port}`);

  const checks: readonly Check[] = [
    { check: 'start', vi: 'Cổng lọc chạy được trên máy này.', en: 'The gateway starts on this machine.', passes: () => until(START_MS, async () => (await exchange(pages, 'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).includes('"ok":true')) },
    { check: 'block', vi: 'Trang có hại bị chặn, trang chặn ghi lý do và số 111.', en: 'A harmful site is blocked, with the reason and help line 111.', passes: async () => /^HTTP\/1\.1 403 [^]*X-Luytre-Reason: hard-category[^]*tel:111/.test(await ask(`http://${CLOSED}/`, CLOSED)) },
    { check: 'connect', vi: 'HTTPS tới trang có hại bị chặn.', en: 'HTTPS to a harmful site is blocked.', passes: async () => /^HTTP\/1\.1 403 /.test(await exchange(proxy, `CONNECT ${CLOSED}:443 HTTP/1.1\r\nHost: ${CLOSED}:443\r\n\r\n`)) },
    { check: 'unlisted', vi: 'Trang chưa phân loại đóng với hồ sơ chặt nhất.', en: 'An unlisted site is closed to the strictest profile.', passes: async () => /^HTTP\/1\.1 403 /.test(await open()) && got.length === 0 },
    { check: 'change', vi: 'Quy tắc mới có hiệu lực ngay, trang được mở đi tới nơi.', en: 'A new rule takes effect at once, and an open site is reached.', passes: async () => {
      const store = openStore(data);
      try {
        store.policies.addRule({ layer: 'school-allow', entry: SITE, profiles: null, note: null, by: 'selftest', atMs: env.now() }, { kind: 'cli', name: 'selftest' });
      } finally {
        store.close();
      }
      return await until(CHANGE_MS, async () => /^HTTP\/1\.1 200 [^]*xin chào$/.test(await open()));
    } },
    { check: 'framing', vi: 'Yêu cầu hai nghĩa bị từ chối, không tới trang nào.', en: 'An ambiguous request is refused and reaches nobody.', passes: async () => {
      const before = got.length;
      return /^HTTP\/1\.1 400 /.test(await exchange(proxy, `POST http://${SITE}:${port}/ HTTP/1.1\r\nHost: ${SITE}:${port}\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`)) && got.length === before;
    } },
    { check: 'private', vi: 'Không ai đi qua cổng lọc vào mạng nội bộ hay bảng điều khiển được.', en: 'Nobody gets through the gateway to the private network or the console.', passes: async () => /^HTTP\/1\.1 403 /.test(await ask('http://10.0.0.1/', '10.0.0.1')) && /^HTTP\/1\.1 403 /.test(await ask(`http://127.0.0.1:${web}/`, `127.0.0.1:${web}`)) },
    { check: 'forward', vi: 'Địa chỉ của máy học sinh không được gửi đi.', en: 'A device’s address is not sent on.', passes: async () => /^HTTP\/1\.1 200 /.test(await ask(`http://${SITE}:${port}/`, `${SITE}:${port}`, 'X-Forwarded-For: 10.9.9.9\r\n')) && !got.some((request) => /forwarded|10\.9\.9\.9/i.test(request)) },
    { check: 'pac', vi: 'Tệp tự cấu hình (PAC) được phát.', en: 'The PAC file is served.', passes: async () => (await exchange(pages, 'GET /proxy.pac HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n')).includes(`PROXY 127.0.0.1:${proxy}`) },
    { check: 'console', vi: 'Bảng điều khiển trả lời qua TLS.', en: 'The console answers over TLS.', passes: () => consoleAnswers(web, readFileSync(join(data, 'console', 'certificate.pem'))) },
    { check: 'stop', vi: 'Cổng lọc dừng gọn.', en: 'The gateway stops cleanly.', passes: async () => {
      gateway.kill('SIGTERM');
      return (await ended) === 0;
    } },
    { check: 'privacy', vi: 'Không đường dẫn, không tham số nào còn lại trên đĩa.', en: 'No path and no query is left on disk.', passes: () => !filesOf(data).some((file) => readFileSync(file).includes(CANARY)) },
  ];

  let failed = 0;
  try {
    for (const { check, vi, en, passes } of checks) {
      const ok = await Promise.resolve().then(passes).catch(() => false);
      if (!ok) failed += 1;
      if (env.json) env.say.json({ check, status: ok ? 'ok' : 'fail', finding: env.t(vi, en) });
      else env.say.out(`${ok ? '✓' : `✗ ${env.t('KHÔNG ĐẠT', 'FAILED')}:`} ${env.t(vi, en)}`);
      if (!ok && check === 'start') throw new CommandError(1, 'Cổng lọc tạm không chạy được; xem: luytre doctor', 'The gateway of the test did not start; see: luytre doctor');
    }
  } finally {
    await end(gateway, ended);
    site.close();
    rmSync(dir, { recursive: true, force: true });
  }
  if (failed > 0) throw new CommandError(1, `${failed} trên ${checks.length} mục không đạt; xem: luytre doctor`, `${failed} of ${checks.length} failed; see: luytre doctor`);
}

/** A site that keeps the heads it was sent. */
function listen(onRequest: (request: string) => void): Promise<Server> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (bytes) => {
      onRequest(bytes.toString('latin1'));
      socket.end(`HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength('xin chào')}\r\nConnection: close\r\n\r\nxin chào`);
    });
  });
  return new Promise((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', () => resolve(server)));
}

async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(Array.from({ length: count }, () => listen(() => undefined)));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Everything that comes back until the other side ends. */
function exchange(port: number, request: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const parts: Buffer[] = [];
    const socket = connect({ host: '127.0.0.1', port }, () => socket.write(request));
    socket.setTimeout(ANSWER_MS, () => socket.destroy(new Error('no answer')));
    socket.on('data', (part) => parts.push(part));
    socket.on('error', reject);
    socket.on('end', () => socket.end());
    socket.on('close', () => resolve(Buffer.concat(parts).toString('utf8')));
  });
}

/** @param ca the certificate it has made for itself */
function consoleAnswers(port: number, ca: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connectTls({ host: '127.0.0.1', port, ca, allowPartialTrustChain: true }, () => socket.write(`GET /khoi-dau HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nConnection: close\r\n\r\n`));
    socket.setTimeout(ANSWER_MS, () => socket.destroy());
    socket.once('data', (part) => {
      resolve(part.toString('latin1').startsWith('HTTP/1.1 200 '));
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
}

async function until(ms: number, check: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + ms;
  while (performance.now() < deadline) {
    if (await check().catch(() => false)) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

async function end(gateway: ChildProcess, ended: Promise<number | null>): Promise<void> {
  if (gateway.exitCode === null && gateway.signalCode === null) gateway.kill('SIGKILL');
  await ended;
}

function filesOf(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
