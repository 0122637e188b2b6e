/**
 * Overview, health and over-blocking with a week of a school behind them, brought there on the road that figures take: devices with addresses of their own
 * ask the proxy, hour by hour of a clock that is moved on. Seen at 390 and 1280 px, light and dark, in both languages; nothing on them points at a device.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClock, hanoi, type TestClock } from '../support/clock.js';
import { DESK, HAS_CHROMIUM, launchChromium, openConsole, PHONE } from '../support/console-browser.js';
import { firstAdmin, signInWithCode, type Client } from '../support/console.js';
import { startTestGateway, until, type TestGateway } from '../support/gateway.js';
import { ask, devicesIn } from '../support/room-devices.js';

/** Categories that half of the class meets each hour, and the whole class at eight. */
const OPEN = 'olm.vn';
const BY_ALL = ['facebook.com', 'bet365.com', 'roblox.com', 'tiktok.com', 'shopee.vn', 'doubleclick.net'] as const;
/** Met by three devices only, often: never told, though there are many requests. */
const BY_FEW = 'nordvpn.com';
/** Of a category that is known by the day alone; the whole class stumbles on it once a day. */
const INTIMATE = 'pornhub.com';
const CLASS = devicesIn(1, 24);

describe.skipIf(!HAS_CHROMIUM)('figures of a week in Chromium', () => {
  let browser: Browser;
  let gateway: TestGateway;
  let clock: TestClock;
  let origin: Server;
  let admin: Client;
  let port = 0;

  beforeAll(async () => {
    origin = createServer((_request, response) => response.end('xin chào'));
    await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
    port = (origin.address() as AddressInfo).port;
    // a Wednesday
    clock = createClock(hanoi('2026-11-25', '06:50'));
    gateway = await startTestGateway({
      env: clock.env,
      config: {
        network: { hosts: { [OPEN]: '127.0.0.1' }, dialPrivate: ['127.0.0.0/8'], ports: [80, 443, port] },
        school: { name: 'Trường THCS Lũy Tre', hotline: '024 3999 8888', levels: ['thcs'] },
      },
    });
    const { secret } = await firstAdmin(gateway, clock.now);
    await gateway.cli('zones', 'add', 'Phòng máy 1', '--profile', 'thcs', '--cidr', '127.0.1.0/24');
    await gateway.cli('zones', 'add', 'Phòng đọc', '--profile', 'thcs', '--cidr', '127.0.2.0/24');
    browser = await launchChromium();
    for (const [day, hours] of [['2026-11-25', [7, 9, 14]], ['2026-11-26', [7, 8, 9, 10, 13, 14]]] as const) {
      for (const hour of hours) {
        clock.set(hanoi(day, `${String(hour).padStart(2, '0')}:05`));
        await hourOfClass(hour);
      }
    }
    // one device alone late in the evening, which no chart may show
    clock.set(hanoi('2026-11-26', '21:10'));
    for (let i = 0; i < 30; i++) await ask(gateway.proxyPort, '127.0.2.9', OPEN, port);
    clock.set(hanoi('2026-11-26', '22:16'));
    admin = await signInWithCode(gateway, 'quantri', secret, clock.now());
    const evening = new Date(hanoi('2026-11-26', '21:00')).toISOString();
    await until(async () => ((await admin.json('GET', '/api/v1/overview')).value['hours'] as { from: string; requests: number | null }[]).find(({ from }) => from === evening)?.requests === null, 10_000, 'the last events are written');
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.end();
    clock?.end();
    origin?.closeAllConnections();
    await new Promise((resolve) => origin?.close(resolve));
  });

  async function hourOfClass(hour: number): Promise<void> {
    await Promise.all(CLASS.map(async (device, i) => {
      for (let n = 0; n <= 2 + ((hour + i) % 5); n++) await ask(gateway.proxyPort, device, OPEN, port);
      for (const [at, host] of BY_ALL.entries()) if ((i + at) % 2 === 0 || hour === 8) for (let n = 0; n <= at % 3; n++) await ask(gateway.proxyPort, device, host);
      if (hour === 9) await ask(gateway.proxyPort, device, INTIMATE);
      if (i < 3) for (let n = 0; n < 4; n++) await ask(gateway.proxyPort, device, BY_FEW);
    }));
  }

  const tables = async (page: Page): Promise<string[][]> => {
    for (const summary of await page.locator('summary', { hasText: /Bảng số liệu|As a table/ }).all()) await summary.click();
    return Promise.all((await page.locator('details tbody tr').all()).map(async (row) => (await row.locator('th, td').allInnerTexts()).map((cell) => cell.replace(/\s+/g, ' '))));
  };

  for (const [size, dark] of [[PHONE, false], [DESK, true]] as const) {
    it(`the overview tells what a school may know, and each number stands in a table too (${size.name}${dark ? ', dark, English' : ''})`, async () => {
      const { context, page, at, look } = await openConsole(browser, gateway, { size, dark, as: admin });
      await page.goto(at(`/tong-quan?lang=${dark ? 'en' : 'vi'}`));
      const few = dark ? 'few, not told' : 'ít, không ghi';
      // one drawing a chart is seen, the one for this width, its letters as large as they were drawn
      const plots = page.locator('svg.plot:visible');
      expect(await plots.count()).toBe(2);
      for (const plot of await plots.all()) {
        const letters = await plot.locator('text').evaluateAll((all) => all.map((text) => [text.textContent, text.getBoundingClientRect()] as const).filter(([words]) => words !== '').map(([words, box]) => ({ words, high: box.height, left: box.left, right: box.right })));
        for (const { words, high } of letters) expect(high, `${words ?? ''} can be read`).toBeGreaterThan(10);
        expect(Math.max(...letters.map(({ right }) => right))).toBeLessThanOrEqual(size.width);
        expect(Math.min(...letters.map(({ left }) => left))).toBeGreaterThanOrEqual(0);
      }
      expect(await plots.last().innerText().catch(() => plots.last().textContent())).toContain(dark ? 'Gambling and betting' : 'Cờ bạc, cá độ, lô đề');

      await look('figures-overview');
      const rows = new Map((await tables(page)).map(([name = '', ...cells]) => [name, cells]));
      expect(rows.get('08:00')?.map((cell) => Number(cell.replace(/[.,]/g, '')))).toSatisfy(([all, blocked]: number[]) => (all ?? 0) > (blocked ?? 0) && (blocked ?? 0) > 24 * 6);
      expect(rows.get('11:00')).toEqual(['0', '0']);
      // one device alone in the evening, and what was asked once a day in private, are in no hour
      expect(rows.get('21:00')).toEqual([few, few]);
      expect(rows.get('00:00')).toEqual(['0', '0']);
      // the VPN of three devices: said to be there, not how much, and no sum gives it away
      const names = dark ? ['Gambling and betting', /VPN/] as const : ['Cờ bạc, cá độ, lô đề', /VPN/] as const;
      expect(rows.get(names[0])).toBeDefined();
      const vpn = [...rows].find(([name]) => names[1].test(name));
      expect(vpn?.[1]).toEqual([few]);
      const categories = [...rows].filter(([name]) => !/^\d\d:\d\d/.test(name)).flatMap(([, cells]) => cells).filter((cell) => cell !== few).map((cell) => Number(cell.replace(/[.,]/g, '')));
      const tile = await page.locator('.tiles li').last().locator('b').innerText();
      expect(Number((/^[\d.,]+/.exec(tile)?.[0] ?? '').replace(/[.,]/g, ''))).toBe(categories.reduce((total, n) => total + n, 0));
      expect(await page.locator('main').innerText()).not.toMatch(/127\.0\.|nordvpn|pornhub|facebook\.com/);
      await page.goto(at('/suc-khoe'));
      await look('figures-health');
      await page.goto(at('/chan-nham'));
      await look('figures-over-blocking');
      await page.goto(at('/tong-quan?lang=vi'));
      await context.close();
    });
  }

  it('without script: the same charts, the tables opened by their own element', async () => {
    const { context, page, at, look } = await openConsole(browser, gateway, { size: PHONE, script: false, as: admin });
    await page.goto(at('/tong-quan'));
    expect((await tables(page)).length).toBeGreaterThan(24);
    await look('figures-overview');
    await context.close();
  });
});
