/**
 * An administrator sets a school up in Chromium, on a phone and on a desk, with script and without: the wizard from end to end, timetables, accounts,
 * a spreadsheet with faults and without, a backup that comes back. axe-core on every page; screenshots to look at.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, enrol, PASSWORD, setupCode, type Client } from '../support/console.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

const CHROMIUM = '/usr/bin/chromium';
const SHOTS = join(import.meta.dirname, 'screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = [{ name: 'phone', width: 390, height: 844 }, { name: 'desk', width: 1280, height: 900 }] as const;

interface Finding { readonly id: string; readonly impact: string; readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[] }

async function axe(page: Page): Promise<string[]> {
  await page.evaluate(`${AXE};0`);
  const found = (await page.evaluate('axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }).then((r) => r.violations)')) as readonly Finding[];
  return found.filter((rule) => rule.impact === 'serious' || rule.impact === 'critical').map((rule) => `${rule.id}: ${rule.nodes.map((node) => `${node.html} ${node.failureSummary}`).join(' | ')}`);
}

describe.skipIf(!existsSync(CHROMIUM))('an administrator in Chromium', () => {
  let browser: Browser;

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'] });
  });
  afterAll(() => browser?.close());

  for (const size of SIZES) {
    for (const script of [true, false]) {
      it(`sets a school up, ${size.name}, script ${script ? 'on' : 'off'}`, async () => {
        const gateway: TestGateway = await startTestGateway({});
        const client: Client = createClient(gateway.consolePort);
        await client.post('/khoi-dau', { code: setupCode(gateway), name: 'quantri', password: PASSWORD, again: PASSWORD });
        await enrol(client);
        const context: BrowserContext = await browser.newContext({ viewport: { width: size.width, height: size.height }, ignoreHTTPSErrors: true, locale: 'vi-VN', javaScriptEnabled: script, acceptDownloads: true, colorScheme: script ? 'light' : 'dark' });
        await context.addCookies([{ name: '__Host-sid', value: client.cookie() ?? '', url: `https://127.0.0.1:${gateway.consolePort}`, secure: true, httpOnly: true, sameSite: 'Strict' }]);
        const page = await context.newPage();
        const at = (path: string): string => `https://127.0.0.1:${gateway.consolePort}${path}`;
        const go = async (path: string): Promise<void> => void (await page.goto(at(path)));
        /** What was looked at: nothing past the right edge, no serious finding, a picture. */
        const look = async (name: string): Promise<void> => {
          const past = 'document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > innerWidth + 1).map((e) => e.outerHTML.slice(0, 120))';
          expect(await page.evaluate(past), `${name} fits`).toEqual([]);
          // axe is a script itself
          if (script) expect(await axe(page), name).toEqual([]);
          await page.screenshot({ path: join(SHOTS, `admin-${name}-${size.name}${script ? '' : '-noscript'}.png`), fullPage: true });
        };
        const said = async (text: string): Promise<void> => page.locator('.flash', { hasText: text }).waitFor();
        try {
          await go('/');
          expect(new URL(page.url()).pathname).toBe('/quan-tri/thiet-lap');
          await look('wizard');

          await page.click('main a.button');
          await page.fill('input[name=name]', 'Trường THCS Lũy Tre');
          await page.check('input[value=thcs]');
          await page.fill('input[name=hotline]', '024 3999 8888');
          await page.click('main form button');
          await said('Đã lưu thông tin của trường');
          await look('wizard-school');

          await page.getByRole('link', { name: 'Tiếp: Phòng' }).click();
          await page.waitForURL('**/phong');
          await page.fill('input[name=name]', 'Phòng máy 1');
          await page.fill('textarea[name=cidrs]', '192.168.10.0/40');
          await page.click('main form button');
          await page.locator('.is-wrong').waitFor();
          expect(await page.locator('.is-wrong').innerText()).toContain('không phải dải địa chỉ');
          await look('wizard-rooms-wrong');
          await page.fill('textarea[name=cidrs]', '192.168.10.0/24');
          await page.click('main form button');
          await said('Đã thêm Phòng máy 1');
          await look('wizard-rooms');

          await go('/quan-tri/thiet-lap/gio-hoc');
          await page.click('main form button');
          await said('Đã đặt giờ vào tiết');
          await look('wizard-bells');
          await go('/quan-tri/thiet-lap/ngay-nghi');
          const holiday = page.locator('form[action="/lam/holiday.add"]');
          await holiday.locator('[name=name]').fill('Tết Nguyên đán');
          await holiday.locator('[name=from]').fill('2027-02-05');
          await holiday.locator('[name=to]').fill('2027-02-14');
          await holiday.locator('button').click();
          await said('Đã thêm ngày nghỉ');
          await look('wizard-holidays');
          await go('/quan-tri/thiet-lap/mang');
          await look('wizard-network');
          await go('/quan-tri/thiet-lap/chung-chi');
          await look('wizard-ca-empty');
          await page.click('main form button');
          await said('Đã tạo CA');
          await look('wizard-ca');
          await go('/quan-tri/thiet-lap/xong');
          await look('wizard-check');

          await go(`/quan-tri/phong/${encodeURIComponent('Phòng máy 1')}`);
          await page.locator('select[aria-label^="thứ Hai, Tiết 1 sáng"]').selectOption('1.sang.1=thpt');
          await page.check('input[name=likeMonday]');
          await page.getByRole('button', { name: 'Lưu thời khóa biểu' }).click();
          await said('Đã lưu thời khóa biểu');
          expect(await page.locator('select[aria-label^="thứ Sáu, Tiết 1 sáng"]').inputValue()).toBe('5.sang.1=thpt');
          const windows = page.locator('form[action="/lam/zone.window-add"]');
          await windows.locator('[name=from]').fill('21:30');
          await windows.locator('[name=to]').fill('05:00');
          await windows.locator('button').click();
          await said('hôm sau');
          await look('room');
          await page.locator('.flash button').click();
          await page.locator('.flash', { hasText: 'Đã hoàn tác' }).waitFor();
          expect(await page.locator('main').innerText()).toContain('Chưa có khung nào');
          await go('/quan-tri/phong');
          await look('rooms');

          await go('/quan-tri/tai-khoan');
          await page.fill('input[name=name]', 'co.lan');
          await page.check('input[name=rooms]');
          await page.click('main form[action="/lam/user.add"] button');
          await said('Mật khẩu dùng một lần của co.lan');
          await look('accounts');
          await page.getByRole('link', { name: 'co.lan', exact: true }).click();
          await page.waitForURL('**/co.lan');
          await look('account');
          await go('/quan-tri/chung-chi');
          await look('ca');

          await go('/quan-tri/nhap');
          await look('import');
          const send = page.locator('form', { has: page.locator('input[value=rooms]') });
          await send.locator('input[type=file]').setInputFiles({ name: 'phong.csv', mimeType: 'text/csv', buffer: Buffer.from('Tên phòng;Hồ sơ lọc;Dải địa chỉ\nPhòng 2;thcs;192.168.10.0/24\nPhòng 3;lop9;10.3.0.0/24\n') });
          await send.locator('button').click();
          await page.locator('td.number').first().waitFor();
          expect(await page.locator('main').innerText()).toContain('192.168.10.0/24 đã thuộc phòng Phòng máy 1');
          await look('import-faults');
          await page.getByRole('button', { name: 'Bỏ, gửi tệp khác' }).click();
          await said('Đã bỏ bảng đang chờ');
          await send.locator('input[type=file]').setInputFiles({ name: 'phong.csv', mimeType: 'text/csv', buffer: Buffer.from('Tên phòng;Hồ sơ lọc;Dải địa chỉ\nPhòng 2;thcs;192.168.11.0/24\nPhòng máy 1;thpt;192.168.10.0/24\n') });
          await send.locator('button').click();
          await page.getByRole('button', { name: 'Nhập 2 dòng' }).waitFor();
          await look('import-preview');
          await page.getByRole('button', { name: 'Nhập 2 dòng' }).click();
          await said('Đã thêm 1 phòng, sửa 1 phòng');

          await go('/quan-tri/sao-luu');
          await look('backup');
          const [download] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Tải bản sao lưu' }).click()]);
          const file = join(gateway.dir, 'copy.db');
          await download.saveAs(file);
          await page.locator('input[type=file]').setInputFiles(file);
          await page.getByRole('button', { name: 'Xem bản sao lưu' }).click();
          await said('còn nguyên vẹn');
          await look('restore');
          await page.check('input[name=understood]');
          await page.getByRole('button', { name: 'Phục hồi từ bản này' }).click();
          await page.waitForURL('**/dang-nhap');
        } finally {
          await context.close();
          await gateway.end();
        }
      }, 180_000);
    }
  }
});
