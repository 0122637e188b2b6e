/**
 * The console in Chromium, on a phone (390 px) and on a desk (1280 px), with script and without: first run, second factor, a teacher's
 * switch from tap to the first refused request, undo; axe-core on every page; screenshots to look at.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, setupCode, totp } from '../support/console.js';
import { freePorts, startTestGateway, until, type TestGateway } from '../support/gateway.js';

const CHROMIUM = '/usr/bin/chromium';
const SHOTS = join(import.meta.dirname, 'screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = [{ name: 'phone', width: 390, height: 844 }, { name: 'desk', width: 1280, height: 900 }] as const;

interface AxeNode { readonly html: string; readonly failureSummary: string }
interface AxeResult { readonly id: string; readonly impact: string; readonly nodes: readonly AxeNode[] }

/** Serious and critical findings as text; [] is what is wanted. Run through the protocol: the page's own policy lets no such script in. */
export async function axe(page: Page): Promise<string[]> {
  await page.evaluate(`${AXE};0`);
  const found = (await page.evaluate('axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }).then((r) => r.violations)')) as readonly AxeResult[];
  return found.filter((rule) => rule.impact === 'serious' || rule.impact === 'critical').map((rule) => `${rule.id}: ${rule.nodes.map((node) => `${node.html} ${node.failureSummary}`).join(' | ')}`);
}

let browser: Browser;
let gateway: TestGateway;
let origin: Server;
let sitePort = 0;
let roomPort = 0;
let secret = '';

async function open(size: (typeof SIZES)[number], options: { script?: boolean; dark?: boolean } = {}): Promise<BrowserContext> {
  return browser.newContext({
    viewport: { width: size.width, height: size.height }, ignoreHTTPSErrors: true, locale: 'vi-VN', javaScriptEnabled: options.script !== false,
    colorScheme: options.dark === true ? 'dark' : 'light',
  });
}

const at = (path: string): string => `https://127.0.0.1:${gateway.consolePort}${path}`;

async function signIn(page: Page, name: string): Promise<void> {
  await page.goto(at('/dang-nhap'));
  await page.fill('input[name=name]', name);
  await page.fill('input[name=password]', PASSWORD);
  await page.click('main button');
}

/** Nothing may reach past the right edge of the screen. */
async function fits(page: Page): Promise<boolean> {
  return (await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth')) as boolean;
}

function statusOf(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(roomPort, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => resolve(Number(text.split(' ')[1])));
    socket.write(`GET http://${host}:${sitePort}/ HTTP/1.1\r\nHost: ${host}:${sitePort}\r\nConnection: close\r\n\r\n`);
  });
}

describe.skipIf(!existsSync(CHROMIUM))('the console in Chromium', () => {
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    [sitePort = 0, roomPort = 0] = await freePorts(2);
    origin = createServer((_request, response) => response.end('xin chào'));
    await new Promise<void>((resolve) => origin.listen(sitePort, '127.0.0.1', resolve));
    gateway = await startTestGateway({
      config: {
        network: { hosts: { 'facebook.com': '127.0.0.1', 'olm.vn': '127.0.0.1' }, dialPrivate: ['127.0.0.0/8'], ports: [80, 443, sitePort] },
        school: { name: 'Trường THCS Lũy Tre', hotline: '024 3999 8888' },
      },
    });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'] });
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.end();
    origin?.closeAllConnections();
    await new Promise((resolve) => origin?.close(resolve));
  });

  it('claims the gateway on a phone: code, second factor by picture, recovery codes, first page', async () => {
    const context = await open(SIZES[0]);
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await page.goto(at('/'));
    expect(new URL(page.url()).pathname).toBe('/khoi-dau');
    expect(await axe(page)).toEqual([]);
    await page.screenshot({ path: join(SHOTS, 'console-first-run-phone.png'), fullPage: true });
    await page.fill('input[name=code]', setupCode(gateway));
    await page.fill('input[name=name]', 'quantri');
    await page.fill('input[name=password]', 'ngắn');
    await page.fill('input[name=again]', 'ngắn');
    await page.click('main button');
    expect(await page.locator('[role=alert]').innerText()).toContain('ít nhất 14 ký tự');
    expect(await page.inputValue('input[name=name]')).toBe('quantri');
    await page.fill('input[name=password]', PASSWORD);
    await page.fill('input[name=again]', PASSWORD);
    await page.click('main button');
    expect(new URL(page.url()).pathname).toBe('/thiet-lap-xac-thuc');
    expect(await page.locator('svg.qr').isVisible()).toBe(true);
    expect(await axe(page)).toEqual([]);
    await page.screenshot({ path: join(SHOTS, 'console-enrol-phone.png'), fullPage: true });
    secret = (await page.locator('.key code').innerText()).replaceAll(' ', '');
    await page.fill('input[name=code]', totp(secret));
    await page.click('main button');
    expect(await page.locator('.codes li').count()).toBe(10);
    expect(await axe(page)).toEqual([]);
    await page.screenshot({ path: join(SHOTS, 'console-recovery-phone.png'), fullPage: true });
    await page.click('a.button');
    expect(new URL(page.url()).pathname).toBe('/phong');
    expect(await page.locator('.empty').innerText()).toContain('Chưa có phòng nào');
    expect(await page.evaluate('document.compatMode')).toBe('CSS1Compat');
    await page.screenshot({ path: join(SHOTS, 'console-empty-phone.png'), fullPage: true });
    // a refused form is a 4xx answer, which Chromium reports; nothing else may be
    expect(errors.filter((text) => !/status of 422/.test(text))).toEqual([]);
    await context.close();
    await gateway.cli('users', 'add', 'co-lan', '--role', 'teacher', '--password', PASSWORD);
    await gateway.cli('zones', 'add', 'Phòng máy 1', '--profile', 'thcs', '--port', String(roomPort));
    await gateway.cli('zones', 'add', 'Phòng máy 2', '--profile', 'lop-4-5', '--cidr', '192.168.20.0/24', '--slot', '1-7@00:00-23:59=thcs');
  });

  for (const size of SIZES) {
    for (const script of [true, false]) {
      it(`a teacher's switch in three taps, ${size.name}, script ${script ? 'on' : 'off'}: in force within two seconds, taken back by one`, async () => {
        const context = await open(size, { script });
        const page = await context.newPage();
        await signIn(page, 'co-lan');
        expect(new URL(page.url()).pathname).toBe('/phong');
        await until(async () => (await statusOf('olm.vn')) === 200, 5_000, 'the room is on its own profile');
        const room = page.locator('section.room').first();
        expect(await room.innerText()).toContain('Phòng máy 1');
        await room.locator('select[name=profile]').selectOption('thi');
        await room.locator('select[name=until]').selectOption('45');
        const tapped = performance.now();
        await room.locator('form.switch button').click();
        await until(async () => (await statusOf('olm.vn')) === 403, 2_000, 'the exam closes the site');
        console.info(`tap to first refused request: ${Math.round(performance.now() - tapped)} ms (${size.name}, script ${script ? 'on' : 'off'})`);
        await page.locator('.flash').waitFor();
        expect(await page.locator('.flash').innerText()).toMatch(/Phòng máy 1 đang dùng hồ sơ .*, đến \d\d:\d\d/);
        expect(await page.locator('section.room').first().innerText()).toContain('co-lan');
        if (script) {
          expect(await axe(page)).toEqual([]);
          // focus goes to what was said
          expect(await page.evaluate('document.activeElement.className')).toContain('flash');
        }
        expect(await fits(page)).toBe(true);
        await page.screenshot({ path: join(SHOTS, `console-rooms-${size.name}${script ? '' : '-noscript'}.png`), fullPage: true });
        await page.locator('.flash button').click();
        await until(async () => (await statusOf('olm.vn')) === 200, 2_000, 'undo opens it again');
        await page.locator('.flash', { hasText: 'Đã hoàn tác' }).waitFor();

        // bad input comes back in its place, with what was typed
        await room.locator('select[name=until]').selectOption('clock');
        await room.locator('form.switch button').click();
        const wrong = room.locator('.field.is-wrong');
        await wrong.waitFor();
        expect(await wrong.innerText()).toContain('Chưa điền giờ kết thúc');
        expect(await room.locator('select[name=until]').inputValue()).toBe('clock');
        if (script) expect(await axe(page)).toEqual([]);
        await page.screenshot({ path: join(SHOTS, `console-wrong-${size.name}${script ? '' : '-noscript'}.png`), fullPage: true });
        await context.close();
      });
    }

    it(`account page, English, dark, ${size.name}`, async () => {
      const context = await open(size, { dark: true });
      const page = await context.newPage();
      await signIn(page, 'co-lan');
      await page.goto(at('/tai-khoan'));
      await page.getByRole('link', { name: 'English' }).click();
      expect(await page.locator('h1').innerText()).toBe('My account');
      expect(await page.getAttribute('html', 'lang')).toBe('en');
      await page.goto(at('/phong'));
      expect(await page.locator('h1').innerText()).toBe('My rooms');
      expect(await axe(page)).toEqual([]);
      await page.screenshot({ path: join(SHOTS, `console-rooms-dark-en-${size.name}.png`), fullPage: true });
      await page.goto(at('/tai-khoan'));
      expect(await axe(page)).toEqual([]);
      expect(await fits(page)).toBe(true);
      await page.screenshot({ path: join(SHOTS, `console-account-dark-en-${size.name}.png`), fullPage: true });
      await context.close();
    });
  }

  it('is used with the keyboard alone: skip link, visible focus, switch', async () => {
    const context = await open(SIZES[1]);
    const page = await context.newPage();
    await signIn(page, 'co-lan');
    await page.goto(at('/phong'));
    await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.className')).toBe('skip');
    await page.screenshot({ path: join(SHOTS, 'console-skip-desk.png') });
    await page.keyboard.press('Enter');
    for (let tabs = 0; tabs < 3 && (await page.evaluate('document.activeElement.name')) !== 'profile'; tabs++) await page.keyboard.press('Tab');
    expect(await page.evaluate('document.activeElement.name')).toBe('profile');
    expect(await page.evaluate('getComputedStyle(document.activeElement).outlineStyle')).toBe('solid');
    await context.close();
  });

  it('signs the administrator in with password and code', async () => {
    const context = await open(SIZES[1]);
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    await signIn(page, 'quantri');
    expect(new URL(page.url()).pathname).toBe('/ma-xac-thuc');
    expect(await axe(page)).toEqual([]);
    await page.screenshot({ path: join(SHOTS, 'console-code-desk.png') });
    // the code of the step in which it was set up is used; the next one is good a step early
    await page.fill('input[name=code]', totp(secret, Date.now() + 30_000));
    await page.click('main button');
    expect(new URL(page.url()).pathname).toBe('/phong');
    await page.screenshot({ path: join(SHOTS, 'console-admin-desk.png'), fullPage: true });

    // what was changed elsewhere shows by itself, and a form half filled in is left alone
    const room = page.locator('section.room').first();
    await room.locator('select[name=profile]').selectOption('giao-vien');
    await gateway.cli('lesson', 'start', '--zone', 'Phòng máy 1', '--profile', 'thpt', '--until', '10m');
    await room.locator('.now', { hasText: 'Trung học phổ thông' }).waitFor({ timeout: 20_000 });
    expect(await room.locator('select[name=profile]').inputValue()).toBe('giao-vien');

    await page.goto(at('/ma-truy-cap'));
    expect(await axe(page)).toEqual([]);
    await page.fill('input[name=purpose]', 'Đổi hồ sơ theo lịch');
    await page.check('input[value="lesson.start"]');
    await page.getByRole('button', { name: 'Cấp mã' }).click();
    await page.locator('.flash', { hasText: 'lt_' }).waitFor();
    await page.screenshot({ path: join(SHOTS, 'console-tokens-desk.png'), fullPage: true });
    expect(await axe(page)).toEqual([]);

    await page.goto(at('/xem-truc-tiep'));
    expect(await axe(page)).toEqual([]);
    await page.fill('input[name=reason]', 'Lớp 8A không mở được bài');
    await page.getByRole('button', { name: 'Mở mười phút' }).click();
    await page.locator('table').waitFor();
    await statusOf('facebook.com');
    await page.locator('td', { hasText: 'facebook.com' }).first().waitFor({ timeout: 15_000 });
    expect(await axe(page)).toEqual([]);
    await page.screenshot({ path: join(SHOTS, 'console-live-desk.png'), fullPage: true });
    expect(errors).toEqual([]);
    await context.close();
  });
});
