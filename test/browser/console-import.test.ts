/** A large list through the page, as an administrator brings it: chosen, read, looked at, brought into force, and a host of it refused. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openConsole, PHONE } from '../support/console-browser.js';
import { firstAdmin, type Client } from '../support/console.js';
import { startTestGateway, until, type TestGateway } from '../support/gateway.js';

const CHROMIUM = '/usr/bin/chromium';
const SHOTS = join(import.meta.dirname, 'screenshots');
const HOSTS = 300_000;
const ON_THE_LIST = 'trang-123456.danh-sach-77.example';

describe.skipIf(!existsSync(CHROMIUM))('a list of three hundred thousand hosts in Chromium', () => {
  let browser: Browser;
  let gateway: TestGateway;
  let admin: Client;

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    gateway = await startTestGateway({});
    await gateway.cli('zones', 'add', 'lab', '--profile', 'giao-vien', '--cidr', '127.0.0.0/8');
    admin = (await firstAdmin(gateway)).client;
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--no-first-run'] });
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.end();
  });

  const reason = async (host: string): Promise<string> => {
    const { stdout } = await promisify(execFile)('curl', ['-s', '-D', '-', '-o', '/dev/null', '-x', `http://127.0.0.1:${gateway.proxyPort}`, `http://${host}/`]);
    return /^x-luytre-reason: (\S+)/im.exec(stdout)?.[1] ?? '';
  };

  it('is read with its progress shown, looked at, and in force', { timeout: 240_000 }, async () => {
    const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ignoreHTTPSErrors: true, locale: 'vi-VN' });
    await context.addCookies([{ name: '__Host-sid', value: admin.cookie() ?? '', url: `https://127.0.0.1:${gateway.consolePort}`, secure: true, httpOnly: true, sameSite: 'Strict' }]);
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    const at = (path: string): string => `https://127.0.0.1:${gateway.consolePort}${path}`;
    expect(await reason(ON_THE_LIST)).not.toBe('hard-category');

    const lines = Array.from({ length: HOSTS }, (_, i) => `trang-${i}.danh-sach-${i % 977}.example`);
    lines[123_456] = ON_THE_LIST;
    await page.goto(at('/nhap-danh-sach'));
    await page.selectOption('select[name=category]', 'cobac');
    await page.setInputFiles('input[name=file]', { name: 'lon.txt', mimeType: 'text/plain', buffer: Buffer.from(`${lines.join('\n')}\nkhông phải tên trang\n`) });
    await page.getByRole('button', { name: 'Đọc thử' }).click();
    await page.waitForURL(/\/(?:viec|nhap-danh-sach)\/[^/]+$/, { timeout: 60_000 });
    if (new URL(page.url()).pathname.startsWith('/viec/')) {
      await page.screenshot({ path: join(SHOTS, 'import-progress.png') });
      await page.locator('a[href^="/nhap-danh-sach/"]').first().click({ timeout: 120_000 });
    }
    expect(await page.locator('main').innerText()).toContain('300.000');
    await page.screenshot({ path: join(SHOTS, 'import-preview.png'), fullPage: true });
    // nothing has changed yet
    expect(await reason(ON_THE_LIST)).not.toBe('hard-category');
    const sure = page.locator('input[name=sure]');
    if ((await sure.count()) > 0) await sure.check();
    await page.getByRole('button', { name: 'Đưa vào hiệu lực' }).click();
    await until(async () => (await reason(ON_THE_LIST)) === 'hard-category', 120_000, 'the list in force');

    for (let i = 0; i < 30; i++) expect(await reason(ON_THE_LIST)).toBe('hard-category');
    expect(errors).toEqual([]);
    await context.close();
  });

  it('beyond 64 MB is refused beside its field, and told how; the same compressed is read with its progress shown, in bounded memory', { timeout: 240_000 }, async () => {
    const { context, page, at, look } = await openConsole(browser, gateway, { size: PHONE, as: admin });
    const content = Buffer.from(Array.from({ length: 2_200_000 }, (_, i) => `trang-${i}.danh-sach-${i % 977}.example`).join('\n'));
    expect(content.length).toBeGreaterThan(64 * 2 ** 20);
    const [plain, packed] = [join(gateway.dir, 'rat-lon.txt'), join(gateway.dir, 'rat-lon.txt.gz')];
    writeFileSync(plain, content);
    writeFileSync(packed, gzipSync(content, { level: 1 }));
    const send = async (file: string): Promise<void> => {
      await page.getByLabel('Nhóm nội dung').selectOption('cobac');
      await page.getByLabel('Tệp', { exact: true }).setInputFiles(file);
      await page.getByRole('button', { name: 'Đọc thử' }).click();
    };
    await page.goto(at('/nhap-danh-sach'));
    await send(plain);
    await page.locator('.field.is-wrong', { hasText: 'Tệp lớn hơn 64 MB. Hãy nén lại' }).waitFor({ timeout: 60_000 });
    await look('import-too-large');
    expect(existsSync(join(gateway.data, 'uploads')) ? readdirSync(join(gateway.data, 'uploads')) : [], 'nothing was kept of it').toEqual([]);

    // from here on the most that is held at once
    writeFileSync(`/proc/${gateway.pid()}/clear_refs`, '5');
    await send(packed);
    await page.waitForURL(/\/viec\//, { timeout: 60_000 });
    await page.locator('#tien-do', { hasText: /^\s*\d+ %/ }).waitFor({ timeout: 60_000 });
    expect(await page.evaluate('performance.getEntriesByType("navigation")[0].type'), 'told by server-sent events, not by coming back').toBe('navigate');
    await look('import-progress');
    await page.getByRole('link', { name: 'Xem kết quả' }).click({ timeout: 120_000 });
    await page.getByRole('heading', { name: 'Xem trước danh sách' }).waitFor();
    const mostMb = Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${gateway.pid()}/status`, 'utf8'))?.[1]) / 1_024;
    console.info(`2.2 million hosts, ${Math.round(packedMb(packed))} MB packed: at most ${Math.round(mostMb)} MB resident`);
    expect(mostMb).toBeLessThan(1_300);
    expect(await page.locator('main').innerText()).toContain('2.200.000');
    await look('import-large-preview');
    await page.getByRole('button', { name: 'Bỏ, không nhập' }).click();
    await page.locator('.flash', { hasText: 'Đã bỏ' }).waitFor();
    expect(readdirSync(join(gateway.data, 'uploads'))).toEqual([]);
    await context.close();
  });
});

function packedMb(file: string): number {
  return statSync(file).size / 2 ** 20;
}
