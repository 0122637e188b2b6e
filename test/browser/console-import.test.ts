/** A large list through the page, as an administrator brings it: chosen, read, looked at, brought into force, and a host of it refused. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { chromium, type Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
});
