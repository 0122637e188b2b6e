/**
 * Everybody reaches everything, and back: ten kinds of change taken back within ten seconds, with script and without, and not after; a teacher's main journey by
 * keyboard alone; every page of every role at 320 CSS pixels, which is 1280 at 400 % and a small phone at 100 (WCAG 1.4.10).
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PAGES } from '../../src/console/pages/all.js';
import { createClock, hanoi, type TestClock } from '../support/clock.js';
import { DESK, HAS_CHROMIUM, launchChromium, openConsole, PHONE } from '../support/console-browser.js';
import { enrol, firstAdmin, PASSWORD, signIn, type Client } from '../support/console.js';
import { startTestGateway, until, type TestGateway } from '../support/gateway.js';

const ROOM = 'Phòng máy 1';
const room = encodeURIComponent(ROOM);

interface Change {
  readonly what: string;
  readonly page: string;
  /** Whose state it is, as the API tells it. */
  readonly state: string;
  act(page: Page): Promise<void>;
}

const button = (page: Page, name: string | RegExp) => page.getByRole('button', { name, exact: true });
const formOf = (page: Page, name: string | RegExp) => page.locator('form', { has: page.getByRole('button', { name, exact: true }) });

const CHANGES: readonly Change[] = [
  {
    what: 'a rule added', page: '/quy-tac', state: '/rules',
    async act(page) {
      const form = formOf(page, 'Thêm');
      await form.getByLabel('Tên trang').fill('vatly-thuvi.vn');
      await form.getByLabel('Ghi chú, lý do').fill('Bài 12');
      await button(page, 'Thêm').click();
    },
  },
  { what: 'a rule removed', page: '/quy-tac', state: '/rules', act: (page) => button(page, 'Xóa quy tắc hoahoc.vn').click() },
  {
    what: 'a cell tightened', page: '/ho-so/thcs/muasam', state: '/profiles',
    async act(page) {
      const form = formOf(page, 'Đổi');
      await form.getByLabel('Thành').selectOption('X');
      await form.getByLabel('Lý do').fill('Giờ ra chơi mua bán nhiều quá');
      await button(page, 'Đổi').click();
    },
  },
  {
    what: 'a host never decrypted', page: '/https', state: '/tls-exceptions',
    async act(page) {
      await formOf(page, 'Không giải mã trang này').getByLabel('Tên trang').fill('ungdung-truong.vn');
      await button(page, 'Không giải mã trang này').click();
    },
  },
  {
    what: 'the bells', page: '/quan-tri/gio-hoc', state: '/school-time',
    async act(page) {
      await page.getByLabel('Buổi sáng').first().fill('07:00-07:45\n07:50-08:35');
      await button(page, 'Lưu giờ vào tiết').first().click();
    },
  },
  {
    what: 'a holiday', page: '/quan-tri/gio-hoc', state: '/school-time',
    async act(page) {
      const form = formOf(page, 'Thêm ngày nghỉ');
      await form.getByLabel('Tên ngày nghỉ').fill('Tết Dương lịch');
      await form.getByLabel('Từ ngày').fill('2027-01-01');
      await button(page, 'Thêm ngày nghỉ').click();
    },
  },
  {
    what: 'a room changed', page: `/quan-tri/phong/${room}`, state: '/zones',
    async act(page) {
      const form = formOf(page, 'Lưu').first();
      await form.getByLabel('Hồ sơ lọc của phòng').selectOption('thpt');
      await form.getByLabel('Dải địa chỉ').fill('192.168.10.0/25');
      await form.getByRole('button', { name: 'Lưu', exact: true }).click();
    },
  },
  { what: 'a room removed, its lesson with it', page: `/quan-tri/phong/${room}`, state: '/zones', act: (page) => button(page, `Xóa ${ROOM}`).click() },
  { what: 'an account disabled', page: '/quan-tri/tai-khoan/thay-nam', state: '/users', act: (page) => button(page, 'Khóa tài khoản').click() },
  { what: 'a lesson ended', page: '/phong', state: '/rooms', act: (page) => button(page, 'Kết thúc tiết').click() },
];

describe.skipIf(!HAS_CHROMIUM)('within reach', () => {
  let browser: Browser;
  let gateway: TestGateway;
  let clock: TestClock;
  let admin: Client;

  beforeAll(async () => {
    clock = createClock(hanoi('2026-11-25', '07:20'));
    gateway = await startTestGateway({ env: clock.env, config: { school: { name: 'Trường THCS Lũy Tre', hotline: '024 3999 8888', levels: ['thcs'] } } });
    admin = (await firstAdmin(gateway, clock.now)).client;
    for (const [name, role] of [['hieu-truong', 'head'], ['co-lan', 'teacher'], ['thay-nam', 'teacher'], ['co-tam', 'counsellor'], ['kiem-tra', 'auditor']] as const) await gateway.cli('users', 'add', name, '--role', role, '--password', PASSWORD);
    await gateway.cli('zones', 'add', ROOM, '--profile', 'thcs', '--cidr', '192.168.10.0/24', '--slot', '1-6@07:00-11:30=thcs');
    await gateway.cli('zones', 'add', 'Phòng đọc', '--profile', 'lop-4-5', '--cidr', '192.168.20.0/24');
    await gateway.cli('rules', 'allow', 'hoahoc.vn', '--note', 'Tổ Hóa cần cho bài 12');
    await gateway.cli('lesson', 'start', '--zone', ROOM, '--profile', 'thpt', '--until', '90m');
    browser = await launchChromium();
    await until(async () => JSON.stringify((await admin.json('GET', '/api/v1/rooms')).value).includes('thpt'), 5_000, 'the lesson');
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.end();
    clock?.end();
  });

  /** What the API says, without the numbers of rows and what other people's presence changes. */
  const stateOf = async (path: string): Promise<string> => {
    const { value } = await admin.json('GET', `/api/v1${path}`);
    if (Array.isArray(value['zones'])) (value['zones'] as { name: string }[]).sort((a, b) => (a.name < b.name ? -1 : 1));
    return JSON.stringify(value, (key, part: unknown) => (['id', 'sessions', 'devices'].includes(key) ? undefined : part));
  };

  for (const [size, script] of [[DESK, true], [PHONE, false]] as const) {
    it(`ten kinds of change are taken back whole (${size.name}, script ${script ? 'on' : 'off'})`, async () => {
      const opened = await openConsole(browser, gateway, { size, script, as: admin });
      for (const change of CHANGES) {
        const before = await stateOf(change.state);
        await opened.page.goto(opened.at(change.page));
        await change.act(opened.page);
        await opened.page.locator('.flash.done').waitFor();
        expect(await stateOf(change.state), `${change.what}: done`).not.toBe(before);
        await opened.undo();
        expect(await stateOf(change.state), `${change.what}: taken back`).toBe(before);
      }
      // later than ten seconds: said in a sentence, and the change stands
      await opened.page.goto(opened.at('/quy-tac'));
      const rule = CHANGES[0];
      await rule?.act(opened.page);
      await opened.page.locator('.flash.done').waitFor();
      clock.forward(15_000);
      await opened.page.locator('.flash.done').getByRole('button', { name: 'Hoàn tác' }).click();
      await opened.said('Quá mười giây nên không hoàn tác được nữa');
      expect(await stateOf('/rules')).toContain('vatly-thuvi.vn');
      await opened.look('undo-late');
      await button(opened.page, 'Xóa quy tắc vatly-thuvi.vn').click();
      await opened.page.locator('.flash.done').waitFor();
      await opened.context.close();
    });
  }

  it("a teacher's main journey by keyboard alone: in, switched, taken back, a site looked at and opened, out", async () => {
    const { context, page, at, look } = await openConsole(browser, gateway, { size: DESK });
    /** Presses Tab until what has the focus is called so; every stop on the way can be seen. */
    const tabTo = async (name: string | RegExp): Promise<void> => {
      const stops: string[] = [];
      for (let stop = 0; stop < 60; stop++) {
        await page.keyboard.press('Tab');
        const [text, outline] = await page.evaluate(`(() => {
          const e = document.activeElement;
          const label = e.labels?.[0]?.textContent ?? e.getAttribute('aria-label') ?? e.textContent ?? '';
          return [label.trim(), getComputedStyle(e).outlineStyle];
        })()`) as [string, string];
        // past the last one the focus is the browser's own for a moment
        if (await page.evaluate('document.activeElement === document.body')) continue;
        stops.push(text);
        expect(outline, `${text}: the focus can be seen`).toBe('solid');
        if (typeof name === 'string' ? text === name : name.test(text)) return;
      }
      throw new Error(`no way to ${String(name)} by Tab: ${stops.join(' | ')}`);
    };
    const keys = page.keyboard;
    await page.goto(at('/phong'));
    // the first box has the focus already
    await keys.type('co-lan');
    await tabTo('Mật khẩu');
    await keys.type(PASSWORD);
    await keys.press('Enter');
    await page.getByRole('heading', { name: 'Phòng của tôi' }).waitFor();

    await keys.press('Tab');
    await keys.press('Enter');
    await tabTo('Phòng máy 1');
    await tabTo('Đổi sang hồ sơ');
    await keys.press('Home');
    const chosen = await page.locator('section.room', { hasText: 'Phòng máy 1' }).getByLabel('Đổi sang hồ sơ').locator('option').first().innerText();
    await tabTo('Đến khi nào');
    await keys.press('Home');
    await tabTo('Đổi');
    await keys.press('Enter');
    await page.locator('.flash.done').waitFor();
    expect(await page.locator('.flash.done').innerText()).toContain(`Phòng máy 1 đang dùng hồ sơ ${chosen}`);
    expect(await page.evaluate('document.activeElement.className'), 'the focus is where it is said').toContain('flash');
    await tabTo('Hoàn tác');
    await keys.press('Enter');
    await page.locator('.flash', { hasText: 'Đã hoàn tác' }).waitFor();

    await tabTo('Phòng máy 1');
    await keys.press('Enter');
    await page.getByRole('heading', { name: 'Mở tạm một trang' }).waitFor();
    await keys.press('Tab');
    await keys.press('Enter');
    await tabTo('Tên trang hoặc địa chỉ');
    await keys.type('roblox.com');
    await keys.press('Enter');
    await page.locator('.verdict').waitFor();
    await look('keyboard-verdict');
    await tabTo('Mở cho phòng này');
    await keys.press('Enter');
    await page.locator('.flash', { hasText: 'Đã mở tạm roblox.com' }).waitFor();
    await tabTo('Đóng lại roblox.com');
    await keys.press('Enter');
    await page.locator('.flash', { hasText: 'Đã đóng lại' }).waitFor();
    await tabTo('Đăng xuất');
    await keys.press('Enter');
    await page.waitForURL(/dang-nhap/);
    await context.close();
  });

  it('nothing of any page reaches past 320 CSS pixels', { timeout: 120_000 }, async () => {
    const filled: Readonly<Record<string, string>> = { room, profile: 'thcs', category: 'mxh', name: 'quangcao', tier: 'thcs', step: 'truong', seq: '1', id: '1' };
    const head = await signIn(gateway, 'hieu-truong');
    await enrol(head, clock.now);
    const people: readonly Client[] = [admin, head, ...(await Promise.all(['co-lan', 'co-tam', 'kiem-tra'].map((name) => signIn(gateway, name))))];
    const seen = new Set<string>();
    const tooWide: string[] = [];
    for (const as of people) {
      const { context, page, at } = await openConsole(browser, gateway, { size: { name: 'narrow', width: 320, height: 640 }, as });
      for (const { path } of PAGES) {
        if (seen.has(path)) continue;
        for (const place of [path.replace(/:([a-z]+)/gi, (_all, part: string) => (path.startsWith('/quan-tri/tai-khoan/') ? 'co-lan' : path.startsWith('/danh-sach/') ? 'luytre-cobac' : (filled[part] ?? 'x'))), ...(path === '/kiem-tra' ? [`/kiem-tra?phong=${room}&trang=roblox.com`] : path === '/vi-sao' ? ['/vi-sao?trang=vi.wikipedia.org'] : [])]) {
          const answer = await page.goto(at(place));
          if (answer?.status() !== 200) continue;
          for (const more of await page.locator('main summary').all()) if (await more.isVisible()) await more.click();
          seen.add(path);
          const width = (await page.evaluate('document.documentElement.scrollWidth')) as number;
          if (width > 320) tooWide.push(`${place}: ${width} (${(await page.evaluate('[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > 320 && !e.closest(".scroll")).slice(0, 3).map((e) => e.tagName + "." + e.className).join(", ")')) as string})`);
        }
      }
      await context.close();
    }
    expect(tooWide).toEqual([]);
    // a request, a list that waits and long work are seen in their own journeys
    expect(PAGES.map(({ path }) => path).filter((path) => !seen.has(path)).sort()).toEqual(['/danh-sach-trang/:id', '/nhap-danh-sach/:id', '/viec/:id', '/yeu-cau/:ref']);
  });
});
