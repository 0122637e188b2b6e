/**
 * The administrator's menu, a room's new name and an import taken back in Chromium: on a phone (390 px) and on a desk (1280 px), with script and without,
 * light and dark, by keyboard, on paper. axe-core on every page that is looked at.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { axeOf, fitsScreen } from '../support/console-page.js';
import { firstAdmin, PASSWORD, signIn, type Client } from '../support/console.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

const CHROMIUM = '/usr/bin/chromium';
const SHOTS = join(import.meta.dirname, 'screenshots');
const SIZES = [{ name: 'phone', width: 390, height: 844 }, { name: 'desk', width: 1280, height: 800 }] as const;
type Size = (typeof SIZES)[number];
const GROUPS = ['Hôm nay', 'Lọc', 'Trường và phòng', 'Người và quyền', 'Máy'];

describe.skipIf(!existsSync(CHROMIUM))('menu, rename, import taken back', () => {
  let browser: Browser;
  let gateway: TestGateway;
  let admin: Client;
  let teacher: Client;

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    gateway = await startTestGateway({ config: { school: { name: 'Trường THCS Lũy Tre', hotline: '024 3999 8888' } } });
    admin = (await firstAdmin(gateway)).client;
    await gateway.cli('users', 'add', 'co.lan', '--role', 'teacher', '--password', PASSWORD);
    for (const [i, name] of ['Phòng máy 1', 'Phòng máy 2', 'Thư viện'].entries()) await gateway.cli('zones', 'add', name, '--profile', 'thcs', '--cidr', `10.${i + 1}.0.0/16`);
    teacher = await signIn(gateway, 'co.lan');
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'] });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.end();
  });

  const at = (path: string): string => `https://127.0.0.1:${gateway.consolePort}${path}`;
  async function open(size: Size, client: Client, options: { readonly script?: boolean; readonly dark?: boolean } = {}): Promise<{ context: BrowserContext; page: Page }> {
    const context = await browser.newContext({
      viewport: { width: size.width, height: size.height }, ignoreHTTPSErrors: true, locale: 'vi-VN', acceptDownloads: true, javaScriptEnabled: options.script !== false, colorScheme: options.dark === true ? 'dark' : 'light',
    });
    await context.addCookies([{ name: '__Host-sid', value: client.cookie() ?? '', url: at(''), secure: true, httpOnly: true, sameSite: 'Strict' }]);
    return { context, page: await context.newPage() };
  }
  async function look(page: Page, name: string, script = true): Promise<void> {
    if (script) {
      expect(await fitsScreen(page), `${name} fits`).toBe(true);
      expect(await axeOf(page), name).toEqual([]);
    }
    await page.screenshot({ path: join(SHOTS, `menu-${name}.png`), fullPage: true });
  }

  for (const size of SIZES) {
    for (const [way, options] of [['light', {}], ['dark', { dark: true }], ['noscript', { script: false }]] as const) {
      it(`the administrator's groups, ${size.name}, ${way}`, async () => {
        const { context, page } = await open(size, admin, options);
        const name = `${size.name}-${way}`;
        const script = way !== 'noscript';
        try {
          await page.goto(at('/quy-tac'));
          const nav = page.getByRole('navigation', { name: 'Trang', exact: true });
          const menu = size.name === 'phone' ? nav.locator('details.menu') : nav.locator('div.wide');
          if (size.name === 'phone') {
            // folded into one line that says the group, so that the page itself begins on the first screen
            expect(await nav.getByRole('link').count()).toBe(0);
            expect(await menu.locator('> summary').innerText()).toMatch(/Mục lục\s+Lọc/);
            expect((await page.locator('h1').boundingBox())?.y ?? Infinity).toBeLessThan(size.height / 3);
            await look(page, `folded-${name}`, script);
            await menu.locator('> summary').focus();
            await page.keyboard.press('Enter');
          }
          expect(await nav.getByRole('heading', { level: 2 }).allInnerTexts()).toEqual(GROUPS);
          // the page one is on, and nothing but its group and what everybody has
          expect(await nav.locator('[aria-current=page]:visible').allInnerTexts()).toEqual(['Quy tắc']);
          expect(await nav.getByRole('link').allInnerTexts()).toEqual(['Vì sao?', 'Chặn nhầm', 'Hồ sơ lọc', 'HTTPS và giải mã', 'Quy tắc', 'Danh sách', 'Trợ giúp', 'Tài khoản của tôi']);
          const group = menu.locator('details.group', { hasText: 'Máy' });
          await group.locator('summary').focus();
          await page.keyboard.press('Enter');
          await look(page, `open-${name}`, script);
          // every group is on the screen at once where there is a mouse
          if (size.name === 'desk') for (const heading of await nav.getByRole('heading', { level: 2 }).all()) expect((await heading.boundingBox())?.y ?? Infinity).toBeLessThan(size.height);
          await page.keyboard.press('Tab');
          await page.keyboard.press('Enter');
          await page.waitForURL('**/suc-khoe');
          await page.goto(at(`/quan-tri/phong/${encodeURIComponent('Thư viện')}`));
          expect(await page.locator('nav.grouped [aria-current]').first().getAttribute('aria-current')).toBe('true');
          await page.emulateMedia({ media: 'print' });
          expect(await nav.isVisible()).toBe(false);
        } finally {
          await context.close();
        }
      });
    }
  }

  it('a teacher has one short row on a phone', async () => {
    const { context, page } = await open(SIZES[0], teacher);
    await page.goto(at('/phong'));
    expect(await page.locator('nav details').count()).toBe(0);
    expect((await page.locator('nav').first().boundingBox())?.height ?? Infinity).toBeLessThan(80);
    await look(page, 'teacher-phone');
    await context.close();
  });

  for (const size of SIZES) {
    for (const script of [true, false]) {
      const way = `${size.name}${script ? '' : '-noscript'}`;
      it(`a room gets another name while its teacher has it open, and its old one back: ${way}`, async () => {
        const { context, page } = await open(size, admin, { script });
        const hers = await open(size, teacher, { script });
        const name = `Phòng Tin ${way}`;
        try {
          await hers.page.goto(at(`/phong/${encodeURIComponent('Phòng máy 1')}`));
          await page.goto(at('/quan-tri/phong'));
          await page.getByRole('link', { name: 'Phòng máy 1' }).click();
          const form = page.locator('form[action="/lam/zone.set"]');
          await form.locator('[name=name]').fill('THƯ VIỆN');
          await form.getByRole('button', { name: 'Lưu' }).click();
          await page.locator('.is-wrong').waitFor();
          expect(await page.locator('.is-wrong .wrong').innerText()).toContain('Đã có phòng tên');
          await look(page, `rename-taken-${way}`, script);
          await form.locator('[name=name]').fill(name);
          await form.getByRole('button', { name: 'Lưu' }).click();
          await page.locator('.flash', { hasText: `Phòng máy 1 nay tên là ${name}.` }).waitFor();
          expect(await form.locator('[name=name]').inputValue()).toBe(name);
          await look(page, `renamed-${way}`, script);
          // her page is of before, and so is what she taps
          await hers.page.locator('form[action="/lam/lesson.start"]').first().getByRole('button').click();
          await hers.page.locator('.flash', { hasText: name }).waitFor();
          await gateway.cli('lesson', 'end', '--zone', name);
          await page.locator('.flash').getByRole('button', { name: 'Hoàn tác' }).click();
          await page.locator('.flash', { hasText: 'Đã hoàn tác.' }).waitFor();
          expect(await form.locator('[name=name]').inputValue()).toBe('Phòng máy 1');
        } finally {
          await hers.context.close();
          await context.close();
        }
      });

      it(`rooms from a table, and taken back within ten seconds; accounts later: ${way}`, async () => {
        const { context, page } = await open(size, admin, { script });
        const send = async (title: string, csv: string): Promise<void> => {
          await page.goto(at('/quan-tri/nhap'));
          const card = page.locator('section.card', { has: page.getByRole('heading', { name: title, exact: true }) });
          await card.locator('input[type=file]').setInputFiles({ name: 'bang.csv', mimeType: 'text/csv', buffer: Buffer.from(csv) });
          await card.getByRole('button', { name: 'Xem trước' }).click();
        };
        try {
          await send('Phòng', 'Tên phòng;Hồ sơ lọc;Dải địa chỉ\nPhòng máy 2;thpt;10.2.0.0/16\nPhòng nhập nhầm;thcs;10.77.0.0/16');
          await page.getByRole('button', { name: 'Nhập 2 dòng' }).click();
          await page.locator('.flash', { hasText: 'Đã thêm 1 phòng, sửa 1 phòng.' }).waitFor();
          await look(page, `imported-${way}`, script);
          await page.locator('.flash').getByRole('button', { name: 'Hoàn tác' }).click();
          await page.locator('.flash', { hasText: 'Đã hoàn tác.' }).waitFor();
          expect(await page.locator('main').innerText()).not.toContain('Phòng nhập nhầm');

          await send('Tài khoản', 'Tài khoản;Vai trò;Phòng\nco.nham;giáo viên;Thư viện');
          const [file] = await Promise.all([page.waitForEvent('download'), page.getByRole('button', { name: 'Nhập 1 dòng' }).click()]);
          expect(file.suggestedFilename()).toBe('mat-khau-dung-mot-lan.csv');
          await page.goto(at('/quan-tri/nhap'));
          await look(page, `handed-out-${way}`, script);
          await page.getByRole('button', { name: 'Bỏ lần nhập này' }).click();
          await page.locator('.flash', { hasText: 'Đã bỏ lần nhập' }).waitFor();
          await look(page, `taken-back-${way}`, script);
          await page.goto(at('/quan-tri/tai-khoan'));
          expect(await page.locator('main').innerText()).not.toContain('co.nham');
        } finally {
          await context.close();
        }
      });
    }
  }

  it('a list taken in by mistake is taken back where its work ended', async () => {
    const { context, page } = await open(SIZES[0], admin);
    try {
      await page.goto(at('/nhap-danh-sach'));
      await page.selectOption('[name=category]', 'mxh');
      await page.locator('input[type=file]').setInputFiles({ name: 'nham.txt', mimeType: 'text/plain', buffer: Buffer.from('trang-nham.example.net\n') });
      await page.getByRole('button', { name: 'Đọc thử' }).click();
      await page.getByRole('link', { name: 'Xem kết quả' }).click({ timeout: 40_000 });
      await page.getByRole('button', { name: 'Đưa vào hiệu lực' }).click();
      // where there is script the page is told of the end, not loaded again and again
      expect(await page.locator('meta[http-equiv=refresh]').count()).toBe(0);
      const undo = page.getByRole('button', { name: 'Hoàn tác' });
      await undo.waitFor({ timeout: 40_000 });
      await undo.click();
      await page.locator('.flash', { hasText: 'Đã hoàn tác.' }).waitFor({ timeout: 40_000 });
      expect(await page.locator('main').innerText()).not.toContain('nham');
      expect(new URL(page.url()).pathname).toBe('/danh-sach');
      await look(page, 'list-taken-back');
    } finally {
      await context.close();
    }
  }, 150_000);
});
