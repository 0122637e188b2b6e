/**
 * Everything that can be wrong with where the program keeps things: database, disk, ports, index, rules. One clear sentence, nothing lost,
 * and where a gateway runs it goes on filtering.
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadIndex } from '../../src/lists/index-file.js';
import { runCli, startTestGateway, until } from '../support/gateway.js';
import { oneSentence, stateOf } from '../support/one-sentence.js';

const dir = mkdtempSync(join(tmpdir(), 'luytre-bad-'));
const data = join(dir, 'data');
let count = 0;

/** A copy of the good data directory, to be spoilt. */
function copy(): string {
  const target = join(dir, `copy-${++count}`);
  cpSync(data, target, { recursive: true });
  chmodSync(target, 0o700);
  return target;
}

beforeAll(async () => {
  expect(await runCli(['zones', 'add', 'Phòng A', '--profile', 'thcs', '--cidr', '10.1.0.0/16', '--data', data])).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('the database', () => {
  const spoil: readonly (readonly [what: string, (folder: string) => void, RegExp])[] = [
    ['noise', (folder) => writeFileSync(join(folder, 'luytre.db'), Buffer.from(Array.from({ length: 8_192 }, (_, i) => (i * 31) & 0xff))), /không phải là cơ sở dữ liệu/],
    ['emptied', (folder) => truncateSync(join(folder, 'luytre.db')), /không phải là cơ sở dữ liệu/],
    ['cut short', (folder) => truncateSync(join(folder, 'luytre.db'), 30_000), /bị hỏng/],
    ['damaged in the middle', (folder) => {
      const file = join(folder, 'luytre.db');
      const bytes = readFileSync(file);
      writeFileSync(file, bytes.fill(0xa5, 4_096 * 2, 4_096 * 30));
    }, /bị hỏng/],
    ['of another program', (folder) => {
      rmSync(join(folder, 'luytre.db'));
      const other = new DatabaseSync(join(folder, 'luytre.db'));
      other.exec('CREATE TABLE moz_places (url TEXT); INSERT INTO moz_places VALUES (1);');
      other.close();
      chmodSync(join(folder, 'luytre.db'), 0o600);
    }, /của chương trình khác/],
    ['of a newer version', (folder) => {
      const newer = new DatabaseSync(join(folder, 'luytre.db'));
      newer.exec('PRAGMA user_version = 99');
      newer.close();
    }, /phiên bản Lũy Tre mới hơn/],
    ['readable by others', (folder) => chmodSync(join(folder, 'luytre.db'), 0o644), /chmod 600/],
    ['in a folder open to others', (folder) => chmodSync(folder, 0o755), /chmod 700/],
    ['a folder', (folder) => {
      rmSync(join(folder, 'luytre.db'));
      mkdirSync(join(folder, 'luytre.db'));
    }, /không phải là tệp thường/],
    ['a link', (folder) => {
      renameSync(join(folder, 'luytre.db'), join(folder, 'elsewhere'));
      symlinkSync('elsewhere', join(folder, 'luytre.db'));
    }, /không phải là tệp thường/],
  ];

  it.each(spoil)('%s: refused by every command and left as it is', { timeout: 60_000 }, async (_what, damage, about) => {
    const folder = copy();
    damage(folder);
    const before = stateOf(folder);
    const environment = { env: { LANG: 'vi_VN.UTF-8', LC_ALL: '' } };
    oneSentence(await runCli(['start', '--data', folder], environment), 1, about);
    oneSentence(await runCli(['zones', 'list', '--data', folder], environment), 1, about);
    // doctor goes on with what can be looked at
    const seen = await runCli(['doctor', '--json', '--data', folder], environment);
    expect(seen.code).toBe(1);
    const finding = seen.out.trim().split('\n').map((line) => JSON.parse(line) as { check: string; status: string; finding: string; remedy: string }).find(({ check }) => check === 'database');
    expect(finding).toMatchObject({ status: 'fail' });
    expect(finding?.finding).toMatch(about);
    expect(finding?.remedy).not.toBe('');
    expect(stateOf(folder)).toBe(before);
  });

  it('places that are none', async () => {
    oneSentence(await runCli(['zones', 'list', '--data', join(data, 'luytre.db')]), 1, /Không dùng được/);
    oneSentence(await runCli(['zones', 'list', '--data', join(data, 'luytre.db', 'x')]), 1, /Không dùng được/);
    oneSentence(await runCli(['zones', 'list', '--data', '']), 2, /--data thiếu giá trị/);
  });

  it('restore of a file that is no whole backup changes nothing', { timeout: 60_000 }, async () => {
    const folder = copy();
    const good = join(dir, 'good.db');
    expect(await runCli(['backup', good, '--data', folder])).toMatchObject({ code: 0 });
    oneSentence(await runCli(['backup', good, '--data', folder]), 1, /đã có/);
    const cut = join(dir, 'cut.db');
    writeFileSync(cut, readFileSync(good).subarray(0, 40_000));
    const before = await runCli(['zones', 'list', '--json', '--data', folder]);
    for (const bad of [cut, import.meta.filename, dir]) oneSentence(await runCli(['restore', bad, '--data', folder]), 1, /không phải bản sao lưu/);
    expect((await runCli(['zones', 'list', '--json', '--data', folder])).out).toBe(before.out);
    expect(readdirSync(folder).filter((name) => name.includes('.new-'))).toEqual([]);
  });
});

describe('a disk that is full or can\'t be written', () => {
  const mount = join(dir, 'mount');
  let mounted = false;
  beforeAll(() => {
    mkdirSync(mount);
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=12m,mode=700', 'tmpfs', mount], { stdio: 'ignore' });
      mounted = true;
    } catch {
      console.warn('no tmpfs can be mounted here (that takes root): disk-full tests are skipped');
    }
  });
  afterAll(() => {
    if (mounted) execFileSync('umount', ['-l', mount]);
  });
  const fill = (): void => {
    try {
      writeFileSync(join(mount, 'fill'), Buffer.alloc(13 * 2 ** 20));
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
    }
  };

  it('commands say so and lose nothing', { timeout: 60_000 }, async (context) => {
    if (!mounted) return context.skip('no tmpfs can be mounted here');
    const folder = join(mount, 'data');
    cpSync(data, folder, { recursive: true });
    chmodSync(folder, 0o700);
    const before = (await runCli(['zones', 'list', '--json', '--data', folder])).out;
    fill();
    oneSentence(await runCli(['zones', 'add', 'B', '--profile', 'thcs', '--data', folder]), 1, /đã đầy/);
    oneSentence(await runCli(['backup', join(mount, 'b.db'), '--data', folder]), 1, /đã đầy/);
    mkdirSync(join(mount, 'new'), { mode: 0o700 });
    oneSentence(await runCli(['zones', 'list', '--data', join(mount, 'new')]), 1, /đã đầy/);
    oneSentence(await runCli(['start', '--data', join(mount, 'new')]), 1, /đã đầy/);
    expect(readdirSync(join(mount, 'new'))).toEqual([]);
    expect(existsSync(join(mount, 'b.db'))).toBe(false);
    rmSync(join(mount, 'fill'));
    expect((await runCli(['zones', 'list', '--json', '--data', folder])).out).toBe(before);
    execFileSync('mount', ['-o', 'remount,ro', mount]);
    oneSentence(await runCli(['zones', 'add', 'B', '--profile', 'thcs', '--data', folder]), 1, /không ghi được|Không mở được/);
    oneSentence(await runCli(['zones', 'list', '--data', join(mount, 'other')]), 1, /Không dùng được/);
    execFileSync('mount', ['-o', 'remount,rw', mount]);
    expect((await runCli(['zones', 'list', '--json', '--data', folder])).out).toBe(before);
    rmSync(folder, { recursive: true });
  });

  it('a running gateway goes on filtering, counts what it drops, and recovers by itself', { timeout: 90_000 }, async (context) => {
    if (!mounted) return context.skip('no tmpfs can be mounted here');
    const gateway = await startTestGateway({ dataDir: join(mount, 'running'), config: { proxy: { workers: 1 } } });
    try {
      const blocked = (): Promise<number> => fetchStatus(gateway.proxyPort);
      expect(await blocked()).toBe(403);
      fill();
      for (let i = 0; i < 200; i++) expect(await blocked()).toBe(403);
      await until(() => /events not stored/.test(gateway.output()), 15_000, 'said in the log');
      oneSentence(await gateway.cli('rules', 'block', 'mot-trang.vn'), 1, /đã đầy|bận/);
      expect(await blocked()).toBe(403);
      rmSync(join(mount, 'fill'));
      await until(() => /events are stored again/.test(gateway.output()), 30_000, 'recovers');
      expect(await gateway.cli('rules', 'block', 'mot-trang.vn')).toMatchObject({ code: 0 });
      expect((await gateway.cli('audit', 'verify')).code).toBe(0);
      const today = new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 10);
      const report = JSON.parse((await gateway.cli('report', '--from', today, '--to', today)).out) as { totals: { requests: number } };
      expect(report.totals.requests).toBeGreaterThan(200);
    } finally {
      await gateway.end();
    }
  });
});

describe.each(['full', 'mounted read-only'] as const)('a start on a disk that is %s', (how) => {
  it('filters by the last policy, says so, keeps nothing, and starts anew when there is room', { timeout: 120_000 }, async (context) => {
    const mount = mkdtempSync(join(tmpdir(), 'luytre-full-'));
    try {
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=24m,mode=700', 'tmpfs', mount], { stdio: 'ignore' });
    } catch {
      rmdirSync(mount);
      return context.skip('no tmpfs can be mounted here');
    }
    const unwritable = (): void => {
      if (how === 'full') expect(() => writeFileSync(join(mount, 'fill'), Buffer.alloc(25 * 2 ** 20))).toThrow(/ENOSPC/);
      else execFileSync('mount', ['-o', 'remount,ro', mount]);
    };
    const writable = (): void => {
      if (how === 'full') rmSync(join(mount, 'fill'));
      else execFileSync('mount', ['-o', 'remount,rw', mount]);
    };
    const gateway = await startTestGateway({ dataDir: join(mount, 'data'), config: { proxy: { workers: 1 } } });
    try {
      expect(await gateway.cli('rules', 'allow', 'lms.thu-nghiem.vn')).toMatchObject({ code: 0 });
      // after a kill the last change is in the log beside the database: the copy has to take that too
      await gateway.stop('SIGKILL');
      unwritable();
      await gateway.start();
      expect(gateway.output()).toContain('filtering from a copy in memory');
      await until(() => /Đĩa không ghi được/.test(gateway.output()), 5_000, 'said in the banner');
      expect(await fetchStatus(gateway.proxyPort, 'lms.thu-nghiem.vn')).not.toBe(403);
      expect(await fetchStatus(gateway.proxyPort)).toBe(403);
      expect((await gateway.cli('doctor')).out).toContain('✗ Đĩa không ghi được: cổng lọc đang lọc bằng bản sao trong bộ nhớ');
      const copy = `/dev/shm/luytre-${gateway.pid()}`;
      expect(statSync(copy).mode & 0o777).toBe(0o700);
      writable();
      await until(() => /Đĩa ghi được trở lại/.test(gateway.output()), 20_000, 'ends by itself');
      await until(() => !existsSync(copy), 20_000, 'takes its copy away');
      await gateway.stop();
      await gateway.start();
      expect(await fetchStatus(gateway.proxyPort, 'lms.thu-nghiem.vn')).not.toBe(403);
      expect((await gateway.cli('audit', 'verify')).code).toBe(0);
    } finally {
      await gateway.end();
      execFileSync('umount', ['-l', mount]);
      rmdirSync(mount);
    }
  });
});

function fetchStatus(proxyPort: number, host = 'hitclub.com'): Promise<number> {
  return new Promise((resolve, reject) => {
    request({ port: proxyPort, host: '127.0.0.1', path: `http://${host}/`, headers: { host } }, (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    }).on('error', reject).end();
  });
}

describe('start', () => {
  it('names the port that is taken, or the address that is not here', { timeout: 90_000 }, async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const taken = (server.address() as { port: number }).port;
    for (const key of ['port', 'transparentPort'] as const) {
      const gateway = await startTestGateway({ idle: true, config: { proxy: { [key]: taken } } });
      oneSentence(await gateway.cli('start', '--quiet'), 1, new RegExp(`Cổng ${taken} đang có chương trình khác dùng`));
      await gateway.end();
    }
    const pages = await startTestGateway({ idle: true, config: { pages: { port: taken } } });
    oneSentence(await pages.cli('start', '--quiet'), 1, new RegExp(`Cổng ${taken} đang có chương trình khác dùng`));
    await pages.end();
    server.close();
    for (const key of ['proxy', 'console'] as const) {
      const away = await startTestGateway({ idle: true, config: { [key]: { host: '192.0.2.77' } } });
      oneSentence(await away.cli('start', '--quiet'), 1, new RegExp(`${key}\\.host \\(192\\.0\\.2\\.77\\) không có trên máy này`));
      await away.end();
    }
  });

  it('a damaged index file is compiled again, and judges as before', { timeout: 90_000 }, async () => {
    const gateway = await startTestGateway({});
    try {
      const list = join(gateway.dir, 'l.txt');
      writeFileSync(list, Array.from({ length: 500 }, (_, i) => `cobac-${i}.com`).join('\n'));
      expect(await gateway.cli('lists', 'import', list, '--category', 'cobac', '--name', 'l')).toMatchObject({ code: 0 });
      expect(await gateway.stop()).toBe(0);
      const folder = join(gateway.data, 'index');
      const files = (): string[] => readdirSync(folder).filter((name) => name.endsWith('.idx'));
      for (const damage of [(bytes: Buffer) => bytes.fill(0x5a, bytes.length >> 1), (bytes: Buffer) => bytes.subarray(0, 100), () => Buffer.alloc(0)]) {
        const whole = files().map((name) => [name, readFileSync(join(folder, name))] as const);
        expect(whole.length).toBeGreaterThan(0);
        for (const [name, bytes] of whole) writeFileSync(join(folder, name), damage(Buffer.from(bytes)));
        await gateway.start();
        const { out } = await gateway.cli('explain', 'www.cobac-77.com', 'olm.vn', '--profile', 'thpt', '--json');
        expect(out.trim().split('\n').map((line) => (JSON.parse(line) as { action: string }).action)).toEqual(['block', 'allow']);
        expect(await fetchStatus(gateway.proxyPort)).toBe(403);
        expect(await gateway.stop()).toBe(0);
        // the one in use is whole again: the next start loads it
        expect((await Promise.all(files().map((name) => loadIndex(gateway.data, name.slice(0, -4))))).some((image) => image !== null)).toBe(true);
      }
    } finally {
      await gateway.end();
    }
  });

  it('damaged rules: one sentence with the file at start, the last good policy at a reload', { timeout: 90_000 }, async () => {
    const root = join(import.meta.dirname, '../..');
    const tree = join(dir, 'tree');
    mkdirSync(tree);
    for (const name of ['dist', 'rules', 'certs', 'package.json']) cpSync(join(root, name), join(tree, name), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(tree, 'node_modules'));
    const gateway = await startTestGateway({ program: join(tree, 'dist/main.js') });
    try {
      const categories = join(tree, 'rules/categories.yaml');
      const good = readFileSync(categories);
      writeFileSync(categories, `${good.toString('utf8')}\n  - code: [\n`);
      process.kill(gateway.pid(), 'SIGHUP');
      await until(() => gateway.output().includes('last good policy'), 10_000, 'reload refused').catch((error: unknown) => expect.fail(`${String(error)}: ${gateway.output()}`));
      expect(await fetchStatus(gateway.proxyPort)).toBe(403);
      expect(await gateway.stop()).toBe(0);
      oneSentence(await gateway.cli('start', '--quiet'), 1, /rules\/categories\.yaml, dòng \d+/);
      rmSync(categories);
      oneSentence(await gateway.cli('start', '--quiet'), 1, /rules\/categories\.yaml/);
      rmSync(join(tree, 'rules'), { recursive: true });
      oneSentence(await gateway.cli('start', '--quiet'), 1, /rules\//);
      cpSync(join(root, 'rules'), join(tree, 'rules'), { recursive: true });
      await gateway.start();
      expect(await fetchStatus(gateway.proxyPort)).toBe(403);
    } finally {
      await gateway.end();
    }
  });
});
