/**
 * Counsellor and auditor in Chromium, a pupil's message from the help page to the answer, help pages, sheets and letter as they come out of the
 * printer: on a phone (390 px) and on a desk (1280 px), light and dark, with script and without, axe-core on every page.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstAdmin, PASSWORD } from '../support/console.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

const CHROMIUM = '/usr/bin/chromium';
const SHOTS = join(import.meta.dirname, 'screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = [{ name: 'phone', width: 390, height: 844 }, { name: 'desk', width: 1280, height: 900 }] as const;

interface AxeResult { readonly id: string; readonly impact: string; readonly nodes: readonly { readonly html: string; readonly failureSummary: string }[] }

async function axe(page: Page): Promise<string[]> {
  await page.evaluate(`${AXE};0`);
  const found = (await page.evaluate('axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }).then((r) => r.violations)')) as readonly AxeResult[];
  return found.filter((rule) => rule.impact === 'serious' || rule.impact === 'critical').map((rule) => `${rule.id}: ${rule.nodes.map((node) => `${node.html} ${node.failureSummary}`).join(' | ')}`);
}

let browser: Browser;
let gateway: TestGateway;

async function open(size: (typeof SIZES)[number], options: { script?: boolean; dark?: boolean } = {}): Promise<BrowserContext> {
  return browser.newContext({
    viewport: { width: size.width, height: size.height }, ignoreHTTPSErrors: true, locale: 'vi-VN', javaScriptEnabled: options.script !== false, colorScheme: options.dark === true ? 'dark' : 'light',
  });
}
const at = (path: string): string => `https://127.0.0.1:${gateway.consolePort}${path}`;
const plain = (path: string): string => `http://127.0.0.1:${gateway.pagesPort}${path}`;
async function signIn(page: Page, name: string): Promise<void> {
  await page.goto(at('/dang-nhap'));
  await page.fill('input[name=name]', name);
  await page.fill('input[name=password]', PASSWORD);
  await page.click('main button');
}
async function wellMade(page: Page, name: string, script: boolean): Promise<void> {
  expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), name).toBe(true);
  if (script) expect(await axe(page), name).toEqual([]);
  await page.screenshot({ path: join(SHOTS, `roles-${name}.png`), fullPage: true });
}

describe.skipIf(!existsSync(CHROMIUM))('counsellor, auditor, help', () => {
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    gateway = await startTestGateway({ config: { school: { name: 'Trường THCS Lũy Tre', hotline: '024 3999 8888', counsellor: '024 3999 8889' } } });
    await firstAdmin(gateway);
    for (const [name, role] of [['co-tam', 'counsellor'], ['kiem-tra', 'auditor'], ['co-lan', 'teacher']] as const) await gateway.cli('users', 'add', name, '--role', role, '--password', PASSWORD);
    await gateway.cli('zones', 'add', 'Phòng máy 1', '--profile', 'thcs', '--cidr', '192.168.10.0/24');
    await gateway.cli('zones', 'set', 'Phòng máy 1', '--profile', 'thpt');
    await gateway.cli('rules', 'allow', 'vatly-thuvi.vn', '--note', 'Tổ Lý cần cho bài 12');
    await gateway.cli('lesson', 'start', '--zone', 'Phòng máy 1', '--profile', 'thcs', '--until', '45m');
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'] });
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.end();
  });

  for (const size of SIZES) {
    for (const script of [true, false]) {
      const way = `${size.name}${script ? '' : '-noscript'}`;
      it(`a pupil writes, the counsellor answers, the pupil reads: ${way}`, async () => {
        const context = await open(size, { script });
        const page = await context.newPage();
        await page.goto(plain('/help'));
        await wellMade(page, `help-${way}`, script);
        await page.click('a.button');
        await wellMade(page, `write-${way}`, script);
        await page.fill('textarea', `Em bị trêu ở lớp, không muốn đi học nữa (${way}).\n\nEm nên làm gì ạ?`);
        await page.locator('form[action="/nhan-tu-van"] button').click();
        const ref = await page.locator('b.tel').innerText();
        expect(ref).toMatch(/^[0-9A-Z]{4}-[0-9A-Z]{4}$/);
        await wellMade(page, `sent-${way}`, script);

        const desk = await context.newPage();
        await signIn(desk, 'co-tam');
        expect(new URL(desk.url()).pathname).toBe('/tu-van');
        const card = desk.locator('article.card', { hasText: `(${way})` });
        await card.locator('form').first().locator('button').click();
        if (!script) await desk.waitForLoadState();
        await card.locator('textarea').fill('Cảm ơn em đã nói ra.\nCô ở phòng tư vấn tầng 1, giờ ra chơi em ghé nhé.');
        await card.getByRole('button', { name: 'Gửi trả lời' }).click();
        await desk.locator('.flash', { hasText: 'Đã trả lời' }).waitFor();
        await wellMade(desk, `counsellor-${way}`, script);
        await page.goto(plain('/nhan-tu-van'));
        await page.fill('input[name=ref]', ref.toLowerCase());
        await page.getByRole('button', { name: 'Xem trả lời' }).click();
        expect(await page.locator('.said').innerText()).toContain('phòng tư vấn tầng 1');
        await wellMade(page, `answer-${way}`, script);
        await context.close();
      });
    }

    for (const dark of [false, true]) {
      it(`auditor and help, ${size.name}, ${dark ? 'dark' : 'light'}`, async () => {
        const context = await open(size, { dark });
        const page = await context.newPage();
        const name = `${size.name}${dark ? '-dark' : ''}`;
        await signIn(page, 'kiem-tra');
        expect(new URL(page.url()).pathname).toBe('/kiem-toan');
        await wellMade(page, `audit-${name}`, true);
        await page.fill('input[name=object]', 'phong may');
        await page.getByRole('button', { name: 'Lọc' }).click();
        expect(await page.locator('.changes').innerText()).toContain('Phòng máy 1');
        await page.locator('.changes a').nth(1).click();
        await wellMade(page, `record-${name}`, true);
        await page.goto(at('/kiem-toan?from=2026-02-30'));
        await wellMade(page, `audit-wrong-${name}`, true);
        await page.goto(at('/kiem-toan/xac-minh'));
        expect(await page.locator('[role=status]').innerText()).toContain('nguyên vẹn');
        await wellMade(page, `verify-${name}`, true);
        for (const [path, shot] of [['/tro-giup', 'help-console'], ['/tro-giup?vai-tro=teacher', 'help-teacher'], ['/tro-giup/to-huong-dan/thcs', 'sheet'], ['/tro-giup/thu-cha-me', 'letter']] as const) {
          await page.goto(at(path));
          await wellMade(page, `${shot}-${name}`, true);
        }
        await context.close();
      });
    }
  }

  it('sheets and letter fit the paper they are meant for', async () => {
    const context = await open(SIZES[1]);
    const page = await context.newPage();
    await signIn(page, 'co-lan');
    for (const [path, name] of [['/tro-giup/to-huong-dan/tieu-hoc', 'tieu-hoc'], ['/tro-giup/to-huong-dan/thcs', 'thcs'], ['/tro-giup/to-huong-dan/thpt', 'thpt'], ['/tro-giup/thu-cha-me', 'thu']] as const) {
      await page.goto(at(path));
      const pdf = await page.pdf({ path: join(SHOTS, `print-${name}.pdf`), preferCSSPageSize: true });
      // the sheets for a classroom's wall are one page of A4, the letter two at most: both sides of a leaf
      const pages = pdf.toString('latin1').match(/\/Type\s*\/Page\b/g)?.length ?? 0;
      expect(pages, name).toBeLessThanOrEqual(name === 'thu' ? 2 : 1);
      expect(pages, name).toBeGreaterThan(0);
      await page.emulateMedia({ media: 'print' });
      expect(await page.locator('.side').isVisible()).toBe(false);
      expect(await page.locator('.no-print').first().isVisible()).toBe(false);
      expect(await page.locator('article.paper').isVisible()).toBe(true);
      // not 'screen': that would be printed too
      await page.emulateMedia({ media: null });
    }
    await context.close();
  });
});
