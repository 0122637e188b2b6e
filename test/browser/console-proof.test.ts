/**
 * What asks again who one is, and what takes two people, in Chromium: a proof that has grown old while a form was filled in; the head's approvals with
 * their differences, a refusal with its reason, nobody deciding their own; a counsellor's walk of every page there is.
 */
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PAGES } from '../../src/console/pages/all.js';
import { createClock, hanoi, type TestClock } from '../support/clock.js';
import { DESK, HAS_CHROMIUM, launchChromium, openConsole, PHONE } from '../support/console-browser.js';
import { enrol, firstAdmin, PASSWORD, signIn, signInWithCode, totp } from '../support/console.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

const PROOF_OLD_MS = 6 * 60_000;
const ROOM = 'Phòng máy 1';

describe.skipIf(!HAS_CHROMIUM)('who one is, asked again; two people', () => {
  let browser: Browser;
  let gateway: TestGateway;
  let clock: TestClock;
  let adminSecret = '';
  let headSecret = '';

  beforeAll(async () => {
    clock = createClock(hanoi('2026-11-25', '09:00'));
    gateway = await startTestGateway({ env: clock.env, config: { school: { name: 'Trường THCS Lũy Tre', hotline: '024 3999 8888' } } });
    adminSecret = (await firstAdmin(gateway, clock.now)).secret;
    for (const [name, role] of [['hieu-truong', 'head'], ['co-lan', 'teacher'], ['co-tam', 'counsellor']] as const) await gateway.cli('users', 'add', name, '--role', role, '--password', PASSWORD);
    await gateway.cli('zones', 'add', ROOM, '--profile', 'thcs', '--cidr', '192.168.10.0/24');
    await gateway.cli('ca', 'init');
    headSecret = (await enrol(await signIn(gateway, 'hieu-truong'), clock.now)).secret;
    clock.forward(60_000);
    browser = await launchChromium();
  }, 120_000);
  afterAll(async () => {
    await browser?.close();
    await gateway?.end();
    clock?.end();
  });

  /** A step of the clock whose code nobody has used. */
  const nextStep = (): number => {
    clock.forward(30_000);
    return clock.now();
  };
  const nextCode = (secret: string): string => totp(secret, nextStep());
  const admin = () => signInWithCode(gateway, 'quantri', adminSecret, nextStep());
  const head = () => signInWithCode(gateway, 'hieu-truong', headSecret, nextStep());
  const password = (page: Page) => page.getByLabel('Mật khẩu của thầy/cô');
  const code = (page: Page) => page.getByLabel('Mã sáu số trên điện thoại');

  for (const [size, script] of [[DESK, true], [PHONE, false]] as const) {
    it(`a form filled in while the proof grew old: asked again, wrong password, wrong code, right; nothing typed is lost (${size.name}, script ${script ? 'on' : 'off'})`, async () => {
      const { context, page, at, look, said } = await openConsole(browser, gateway, { size, script, as: await admin() });
      const purpose = `Đổi hồ sơ theo thời khóa biểu (${size.name})`;
      await page.goto(at('/ma-truy-cap'));
      expect(await password(page).count(), 'freshly signed in, nothing more is asked').toBe(0);
      await page.getByLabel('Dùng để làm gì').fill(purpose);
      await page.locator('input[value="lesson.start"]').check();
      await page.locator('input[value="room.list"]').check();
      await page.getByLabel('Dùng được trong').fill('45');
      const send = page.getByRole('button', { name: 'Cấp mã' });
      const kept = async (): Promise<void> => {
        expect(await page.getByLabel('Dùng để làm gì').inputValue()).toBe(purpose);
        expect(await page.locator('input[name=actions]:checked').evaluateAll((all) => all.map((box) => (box as unknown as { value: string }).value))).toEqual(['room.list', 'lesson.start']);
        expect(await page.getByLabel('Dùng được trong').inputValue()).toBe('45');
        expect(await page.locator('.flash').count(), 'nothing was made').toBe(0);
      };
      clock.forward(PROOF_OLD_MS);

      await send.click();
      await page.locator('.field.is-wrong', { hasText: 'Hãy nhập lại mật khẩu' }).waitFor();
      await kept();
      if (script) expect(await page.evaluate('document.activeElement.name'), 'focus goes to what is asked').toBe('_password');
      await look('proof-asked');

      const good = nextCode(adminSecret);
      await password(page).fill('không phải mật khẩu');
      await code(page).fill(good);
      await send.click();
      await page.locator('.field.is-wrong', { hasText: 'Mật khẩu không đúng' }).waitFor();
      await kept();
      expect(await password(page).inputValue(), 'a password never comes back').toBe('');
      expect(await code(page).inputValue(), 'the code was not used up').toBe(good);
      await look('proof-wrong-password');

      await password(page).fill(PASSWORD);
      await code(page).fill('000000');
      await send.click();
      await page.locator('.field.is-wrong', { hasText: 'Mã không đúng' }).waitFor();
      await kept();
      await look('proof-wrong-code');

      await password(page).fill(PASSWORD);
      await code(page).fill(good);
      await send.click();
      await said('lt_');
      expect(await page.locator('main').innerText()).toContain(purpose);
      // proved: for five minutes nothing is asked again
      expect(await password(page).count()).toBe(0);
      await context.close();
    });
  }

  it('a file that has to be chosen again is named', async () => {
    const { context, page, at, look } = await openConsole(browser, gateway, { size: PHONE, as: await admin() });
    clock.forward(PROOF_OLD_MS);
    await page.goto(at('/quan-tri/sao-luu'));
    const form = page.locator('form', { has: page.locator('input[type=file]') });
    await form.locator('input[type=file]').setInputFiles({ name: 'luytre-hôm-qua.db', mimeType: 'application/octet-stream', buffer: Buffer.from('không phải bản sao lưu') });
    await form.getByLabel('Mật khẩu của thầy/cô').fill('sai');
    await form.getByLabel('Mã sáu số').fill(nextCode(adminSecret));
    await form.getByRole('button', { name: 'Xem bản sao lưu' }).click();
    await page.locator('.note', { hasText: 'Hãy chọn lại tệp «luytre-hôm-qua.db»' }).waitFor();
    await look('proof-file');
    await context.close();
  });

  it('three kinds of change wait for a second person, each with its difference; one refused with a reason, two approved', async () => {
    const asAdmin = await openConsole(browser, gateway, { size: DESK, as: await admin() });
    // loosen a cell, with its undo; then again
    await asAdmin.page.goto(asAdmin.at('/ho-so/thcs/mxh'));
    for (const round of ['taken back', 'sent'] as const) {
      await asAdmin.page.getByLabel('Thành').selectOption('M');
      await asAdmin.page.getByLabel('Lý do').fill('Tuần lễ truyền thông, tổ Văn cần');
      await asAdmin.page.getByRole('button', { name: 'Đổi', exact: true }).click();
      await asAdmin.said(/Chưa có gì thay đổi: đề xuất số \d+ chờ hiệu trưởng duyệt/);
      if (round === 'taken back') await asAdmin.undo();
    }
    await asAdmin.look('two-people-cell');
    // inspect
    await asAdmin.page.goto(asAdmin.at('/https'));
    const level = asAdmin.page.locator('section', { has: asAdmin.page.getByRole('heading', { name: 'Trung học phổ thông' }) });
    await level.getByLabel('Đổi thành').selectOption('inspect');
    await level.getByRole('button', { name: 'Đổi mức' }).click();
    await level.locator('.is-wrong', { hasText: 'cần ghi lý do' }).waitFor();
    await level.getByLabel('Lý do').fill('Xét đường dẫn trên các trang chia sẻ');
    await level.getByRole('button', { name: 'Đổi mức' }).click();
    await asAdmin.said(/đề xuất số \d+ chờ hiệu trưởng/);
    // the CA's key
    await asAdmin.page.goto(asAdmin.at('/quan-tri/chung-chi'));
    await asAdmin.page.getByLabel('Lý do gửi hiệu trưởng').fill('Thay máy cổng lọc');
    await asAdmin.page.getByRole('button', { name: 'Gửi đề xuất' }).click();
    await asAdmin.said(/Đã gửi đề xuất số \d+/);
    expect(await asAdmin.page.getByRole('button', { name: 'Tải tệp khóa' }).count()).toBe(0);
    // the administrator may take back, and nothing else
    await asAdmin.page.goto(asAdmin.at('/duyet'));
    expect(await asAdmin.page.getByRole('button', { name: 'Rút đề xuất' }).count()).toBe(3);
    expect(await asAdmin.page.getByRole('button', { name: 'Duyệt' }).count()).toBe(0);
    await asAdmin.look('two-people-admin');

    const { context, page, at, look, said } = await openConsole(browser, gateway, { size: PHONE, as: await head() });
    await page.goto(at('/duyet'));
    const card = (kind: string) => page.locator('section.card', { has: page.getByRole('heading', { name: kind }) });
    for (const [kind, before, after, effect] of [
      ['Nới một nhóm nội dung', 'K · chặn', 'M · mở', 'mở ngay trên máy dùng hồ sơ này'],
      ['Bật giải mã HTTPS', 'name · chỉ xét tên trang', 'inspect · giải mã', 'không bao giờ bị giải mã'],
      ['Xuất khóa CA', 'khóa chỉ nằm trên máy cổng lọc', 'một tệp có mật khẩu', 'giả được gần như mọi trang web'],
    ] as const) {
      expect(await card(kind).locator('.minus').innerText()).toContain(before);
      expect(await card(kind).locator('.plus').innerText()).toContain(after);
      expect(await card(kind).innerText()).toContain(effect);
    }
    await look('two-people-head');
    // the proof has grown old while the head was reading; the note is kept
    clock.forward(PROOF_OLD_MS);
    const inspect = card('Bật giải mã HTTPS');
    await inspect.getByLabel('Lý do từ chối').fill('Phụ huynh chưa được báo');
    await inspect.getByRole('button', { name: 'Từ chối' }).click();
    await inspect.locator('.is-wrong', { hasText: 'Hãy nhập lại mật khẩu' }).waitFor();
    const refusing = inspect.locator('form', { has: page.getByRole('button', { name: 'Từ chối' }) });
    expect(await refusing.getByLabel('Lý do từ chối').inputValue()).toBe('Phụ huynh chưa được báo');
    await look('two-people-head-stale');
    await refusing.getByLabel('Mật khẩu của thầy/cô').fill(PASSWORD);
    await refusing.getByLabel('Mã sáu số').fill(nextCode(headSecret));
    await refusing.getByRole('button', { name: 'Từ chối' }).click();
    await said('Đã từ chối đề xuất');
    const loosen = card('Nới một nhóm nội dung');
    await loosen.getByLabel('Ghi chú').fill('Chỉ trong tháng này');
    await loosen.getByRole('button', { name: 'Duyệt' }).click();
    await said(/Đã duyệt đề xuất số \d+.*M · mở/);
    await card('Xuất khóa CA').getByRole('button', { name: 'Duyệt' }).click();
    await said(/Đã duyệt đề xuất/);
    expect(await page.locator('main').innerText()).toContain('Phụ huynh chưa được báo');
    await look('two-people-decided');
    await context.close();

    // in force, and the key can be had once
    const explained = JSON.parse((await gateway.cli('explain', 'https://facebook.com/', '--profile', 'thcs', '--json')).out) as { action: string };
    expect(explained.action).toBe('allow');
    await asAdmin.page.goto(asAdmin.at('/ho-so/thcs/mxh'));
    expect(await asAdmin.page.locator('.now').innerText()).toContain('M');
    await asAdmin.page.goto(asAdmin.at('/https'));
    expect(await level.locator('.now').innerText()).not.toContain('inspect');
    await asAdmin.page.goto(asAdmin.at('/quan-tri/chung-chi'));
    expect(await asAdmin.page.getByRole('button', { name: 'Tải tệp khóa' }).count()).toBe(1);
    await asAdmin.context.close();
  });

  it('who proposed it does not decide it, even as a head', async () => {
    await gateway.cli('users', 'add', 'thay-nam', '--role', 'it-admin', '--password', PASSWORD);
    const asAdmin = await signIn(gateway, 'thay-nam');
    const { secret } = await enrol(asAdmin, clock.now);
    await asAdmin.post('/lam/cell.set', { profile: 'thcs', category: 'game12', cell: 'M', reason: 'Câu lạc bộ cờ', _back: '/ho-so' });
    await gateway.cli('users', 'set', 'thay-nam', '--role', 'head');
    const { context, page, at, look } = await openConsole(browser, gateway, { as: await signInWithCode(gateway, 'thay-nam', secret, nextStep()) });
    await page.goto(at('/duyet'));
    expect(await page.locator('main').innerText()).toContain('Thầy/cô là người đề xuất');
    expect(await page.getByRole('button', { name: 'Duyệt' }).count()).toBe(0);
    await look('two-people-own');
    await context.close();
  });

  it('a counsellor finds the messages and the help, and no other page', async () => {
    const { context, page, at } = await openConsole(browser, gateway, { as: await signIn(gateway, 'co-tam') });
    const filled: Readonly<Record<string, string>> = { room: ROOM, profile: 'thcs', category: 'mxh', name: 'quangcao', tier: 'thcs', step: 'truong', seq: '1', ref: 'AB12CD', id: '1' };
    const seen: string[] = [];
    for (const { path } of PAGES) {
      const answer = await page.goto(at(path.replace(/:([a-z]+)/gi, (_all, part: string) => encodeURIComponent(filled[part] ?? 'x'))));
      const status = answer?.status() ?? 0;
      if (status === 200) seen.push(path);
      else expect([403, 404], path).toContain(status);
    }
    expect(seen.sort()).toEqual(['/tai-khoan', '/tro-giup', '/tro-giup/thu-cha-me', '/tro-giup/to-huong-dan/:tier', '/tu-van']);
    await page.goto(at('/'));
    expect(new URL(page.url()).pathname).toBe('/tu-van');
    for (const link of await page.locator('header nav a').all()) expect(['/tu-van', '/tro-giup', '/tai-khoan'], await link.innerText()).toContain(await link.getAttribute('href'));
    await context.close();
  });
});
