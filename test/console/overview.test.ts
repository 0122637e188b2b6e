/** Overview, health, over-blocking and explanations: figures that pick out nobody, charts the console's own policy lets through, one tap that opens and can be taken back. */
import { describe, expect, it } from 'vitest';
import type { Event } from '../../src/activity/event.js';
import { bars, withoutStyles } from '../../src/console/charts/draw.js';
import { told } from '../../src/console/figures.js';
import { testConsole } from '../support/console-app.js';
import { LIST_A_CATEGORY, snapshotOf } from '../policy/fixture.js';

describe('charts', () => {
  it('hold no style the policy would refuse, and every number as it was given', () => {
    const svg = bars({ labels: ['08:00', '09:00'], series: [{ name: 'mở', tone: 'open', values: [1_500, 2_000] }, { name: 'chặn', tone: 'blocked', values: [10, 0] }], number: (n) => new Intl.NumberFormat('vi-VN').format(n), width: 'desk' });
    expect(svg).toMatch(/^<svg class="plot" aria-hidden="true"/);
    expect(svg).not.toMatch(/style|<script|ecmeta|xlink/);
    expect(svg).toContain('08:00');
    expect(svg).toContain('2.000');
    expect(svg.match(/fill="#3f9560"/g)).toHaveLength(2);
  });

  it('say a name as a name', () => {
    expect(bars({ labels: ['<b onload=x>'], series: [{ name: 'x', tone: 'open', values: [1] }], number: String, lying: true, width: 'phone' })).not.toContain('<b');
    expect(withoutStyles('<svg width="1" height="2"><text style="font-size:13px;x:y">a</text><style>b</style></svg>')).toBe('<svg class="plot" aria-hidden="true" focusable="false"><text font-size="13">a</text></svg>');
  });
});

describe('figures', () => {
  it('small numbers are not told, nothing is', () => {
    expect([0, 1, 9, 10, 11].map(told)).toEqual([0, null, null, 10, 11]);
  });

  it('an hour shows fifteen minutes late; a category only when ten devices met it', async () => {
    const console = testConsole(snapshotOf(LIST_A_CATEGORY));
    const at = console.clock.ms;
    const event = (category: string, minutesAgo: number): Event => ({
      minute: Math.floor(at / 60_000) - minutesAgo, zone: null, profile: 'thcs', category, action: 'block', layer: 'category', reason: 'category-blocked', domain: null, channel: 'http', bytesUp: 0, bytesDown: 0, ms: 1, requests: 1,
    });
    const events = [...Array.from({ length: 40 }, () => event('mxh', 90)), ...Array.from({ length: 33 }, () => event('vpn', 90)), ...Array.from({ length: 55 }, () => event('tuhai', 90))];
    const day = Date.parse(new Date(at + 7 * 3_600_000).toISOString().slice(0, 10)) - 7 * 3_600_000;
    console.store.events.addBatch(events, [
      { dayMs: day, profile: 'thcs', category: 'mxh', action: 'block', devices: 25 },
      { dayMs: day, profile: 'thcs', category: 'vpn', action: 'block', devices: 2 },
      { dayMs: day, profile: 'thcs', category: 'tuhai', action: 'block', devices: 20 },
    ], [{ fromMs: Math.floor((at - 90 * 60_000) / 3_600_000) * 3_600_000, action: 'any', devices: 25 }, { fromMs: Math.floor((at - 90 * 60_000) / 3_600_000) * 3_600_000, action: 'block', devices: 25 }]);
    const head = await console.signIn('head');
    const page = (await head.get('/tong-quan')).body;
    expect(page).toContain('<svg class="plot"');
    expect(page).not.toMatch(/ style=/);
    const cells = [...page.matchAll(/<th scope="row">([^<]*)<\/th><td class="number">([^<]*)<\/td><\/tr>/g)].map((match) => [match[1], match[2]]);
    expect(cells).toContainEqual(['mxh', '40']);
    expect(cells).toContainEqual(['vpn', 'ít, không ghi']);
    // what is intimate is told when its day is over
    expect(cells.some(([name]) => name === 'tuhai')).toBe(false);
    expect(page).not.toContain('>55<');
    expect(page).not.toContain('>33<');
  });

  it('says what to do where there is nothing yet', async () => {
    const admin = await testConsole().signIn('it-admin');
    expect((await admin.get('/tong-quan')).body).toContain('Chưa có lượt truy cập nào');
    expect((await admin.get('/chan-nham')).body).toContain('Không có yêu cầu nào đang chờ');
    expect((await admin.get('/suc-khoe')).body).toContain('Kết quả khám');
  });
});

describe('over-blocking', () => {
  it('one tap opens a site for good for the profile that asked, counts as a cause, and is taken back; X is not offered', async () => {
    const console = testConsole(snapshotOf(LIST_A_CATEGORY));
    const admin = await console.signIn('it-admin');
    const request = { zone: null, profile: 'thcs', reason: 'bài tập', atMs: console.clock.ms };
    console.store.policies.addRequest({ ...request, ref: 'AB12CD', host: 'game12.test', category: 'game12' });
    console.store.policies.addRequest({ ...request, ref: 'XX34YY', host: 'cobac.test', category: 'cobac' });
    const page = (await admin.get('/chan-nham')).body;
    expect(page.match(/action="\/lam\/request.allow"/g)).toHaveLength(1);
    expect(page).toContain('bị chặn cứng');
    expect((await admin.post('/lam/request.allow', { ref: 'XX34YY', _back: '/chan-nham' })).status).toBe(422);
    expect((await admin.post('/lam/request.allow', { ref: 'AB12CD', _back: '/chan-nham' })).status).toBe(303);
    expect(console.store.policies.rules()).toMatchObject([{ layer: 'school-allow', entry: 'game12.test', profiles: ['thcs'], by: 'nguoi-it-admin' }]);
    const after = (await admin.get('/chan-nham')).body;
    expect(after).toContain('l-game12');
    const token = /name="token" value="([^"]+)"/.exec(after)?.[1] ?? '';
    await admin.post('/hoan-tac', { token, _back: '/chan-nham' });
    expect(console.store.policies.rules()).toEqual([]);
    expect(console.store.policies.requests('open')).toHaveLength(2);
    expect((await admin.post('/lam/request.allow', { ref: 'KHONG', _back: '/chan-nham' })).status).toBe(404);
  });
});

describe('explanations', () => {
  it('one with its whole ladder, many in a list, nonsense in a sentence', async () => {
    const admin = await testConsole(snapshotOf(LIST_A_CATEGORY)).signIn('it-admin');
    const one = (await admin.get('/vi-sao?trang=cobac.test&ho-so=thcs')).body;
    for (const words of ['Chặn', 'Nhóm bị chặn cứng', 'quyết định ở đây: «cobac.test», trong l-cobac', 'không cần xét', 'hard-category']) expect(one).toContain(words);
    const many = (await admin.get('/vi-sao?trang=cobac.test%0Ahoclieu.test%0A...')).body;
    expect(many).toContain('3 trang: 1 mở, 2 chặn');
    for (const [query, words] of [['trang=', 'Chưa ghi trang nào'], ['trang=a.vn&phong=x', 'Không có phòng'], ['trang=a.vn&ho-so=x', 'Không có hồ sơ'], ['trang=a.vn&luc=hôm qua', 'Thời điểm viết như']] as const) {
      const answer = await admin.get(`/vi-sao?${new URLSearchParams(query).toString()}`);
      expect([answer.status, answer.body.toLowerCase().includes(words.toLowerCase())], query).toEqual([200, true]);
    }
  });
});
