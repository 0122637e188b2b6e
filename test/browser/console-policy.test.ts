/** The pages of the policy in Chromium, on a phone and on a desk, with script and without: nothing past the edge, nothing refused by the page's own policy, axe clean; a head's approval from proposal to cell. */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { chromium, type Browser, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { enrol, firstAdmin, PASSWORD, signIn, type Client } from '../support/console.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

const CHROMIUM = '/usr/bin/chromium';
const SHOTS = join(import.meta.dirname, 'screenshots');
const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const SIZES = [{ name: 'phone', width: 390, height: 844 }, { name: 'desk', width: 1280, height: 900 }] as const;
const PAGES = ['/tong-quan', '/ho-so', '/ho-so/thpt/game12', '/https', '/duyet', '/quy-tac', '/danh-sach', '/nhap-danh-sach', '/vi-sao?trang=facebook.com&ho-so=thcs', '/chan-nham', '/suc-khoe'] as const;

interface AxeResult { readonly id: string; readonly impact: string; readonly nodes: readonly { readonly html: string }[] }

async function axe(page: Page): Promise<string[]> {
  await page.evaluate(`${AXE};0`);
  const found = (await page.evaluate('axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"] }).then((r) => r.violations)')) as readonly AxeResult[];
  return found.filter((rule) => rule.impact === 'serious' || rule.impact === 'critical').map((rule) => `${rule.id}: ${rule.nodes.map(({ html }) => html).join(' | ')}`);
}

describe.skipIf(!existsSync(CHROMIUM))('the policy pages in Chromium', () => {
  let browser: Browser;
  let gateway: TestGateway;
  let admin: Client;
  let head: Client;

  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    gateway = await startTestGateway({});
    admin = (await firstAdmin(gateway)).client;
    await gateway.cli('users', 'add', 'hieutruong', '--role', 'head', '--password', PASSWORD);
    head = await signIn(gateway, 'hieutruong');
    await enrol(head);
    await admin.json('PUT', '/api/v1/profiles/thpt/cells/game12', { cell: 'M', reason: 'câu lạc bộ lập trình' });
    await admin.json('PUT', '/api/v1/profiles/thcs/cells/muasam', { cell: 'X', reason: 'phụ huynh đề nghị' });
    await admin.json('POST', '/api/v1/rules', { kind: 'allow', host: 'facebook.com', profiles: ['thcs'], note: 'bài 5' });
    browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--no-first-run'] });
  }, 180_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.end();
  });

  async function as(client: Client, size: (typeof SIZES)[number], options: { script?: boolean; dark?: boolean } = {}): Promise<{ page: Page; errors: string[]; end: () => Promise<void> }> {
    const context = await browser.newContext({ viewport: { width: size.width, height: size.height }, ignoreHTTPSErrors: true, locale: 'vi-VN', javaScriptEnabled: options.script !== false, colorScheme: options.dark === true ? 'dark' : 'light' });
    await context.addCookies([{ name: '__Host-sid', value: client.cookie() ?? '', url: `https://127.0.0.1:${gateway.consolePort}`, secure: true, httpOnly: true, sameSite: 'Strict' }]);
    const page = await context.newPage();
    const errors: string[] = [];
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('pageerror', (error) => errors.push(error.message));
    return { page, errors, end: () => context.close() };
  }
  const at = (path: string): string => `https://127.0.0.1:${gateway.consolePort}${path}`;

  for (const size of SIZES) {
    it(`every page fits, is clean to axe and breaks no policy of its own, ${size.name}`, async () => {
      const { page, errors, end } = await as(admin, size, { dark: size.name === 'desk' });
      for (const path of PAGES) {
        await page.goto(at(path));
        expect(await page.evaluate('document.documentElement.scrollWidth <= window.innerWidth'), `${path} ${size.name}`).toBe(true);
        expect(await axe(page), path).toEqual([]);
        await page.screenshot({ path: join(SHOTS, `policy-${path.split('?')[0]?.replaceAll('/', '-').slice(1) ?? ''}-${size.name}.png`), fullPage: true });
      }
      expect(errors).toEqual([]);
      await end();
    }, 180_000);

    it(`a rule is added and taken back without script, ${size.name}`, async () => {
      const { page, end } = await as(admin, size, { script: false });
      await page.goto(at('/quy-tac'));
      await page.fill('input[name=host]', 'dien-dan.example.net');
      await page.click('form[action="/lam/rule.add"] button');
      expect(await page.locator('.flash').innerText()).toContain('Đã cho phép dien-dan.example.net');
      await page.click('.flash button');
      expect(await page.locator('main').innerText()).not.toContain('dien-dan.example.net');
      await end();
    }, 60_000);
  }

  it('a head reads the difference and approves on a phone', async () => {
    const { page, errors, end } = await as(head, SIZES[0]);
    await page.goto(at('/duyet'));
    expect(await page.locator('.diff').first().innerText()).toContain('M · mở');
    expect(await axe(page)).toEqual([]);
    await page.screenshot({ path: join(SHOTS, 'policy-head-phone.png'), fullPage: true });
    await page.click('form[action="/lam/proposal.approve"] button');
    await page.locator('.flash').waitFor();
    expect(await page.locator('.flash').innerText()).toContain('Đã duyệt đề xuất');
    expect(errors).toEqual([]);
    await end();
  }, 60_000);
});
