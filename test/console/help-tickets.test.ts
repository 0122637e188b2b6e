/** From the help page to the counsellor and back, over real sockets: no name asked, nothing shown to anyone else, one sentence for each bad input. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Role } from '../../src/store/rows.js';
import { firstAdmin, PASSWORD, signIn, type Client } from '../support/console.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
let base = '';
const others = new Map<Role, Client>();

beforeAll(async () => {
  gateway = await startTestGateway({});
  base = `http://127.0.0.1:${gateway.pagesPort}`;
  others.set('it-admin', (await firstAdmin(gateway)).client);
  for (const role of ['teacher', 'auditor'] as const) {
    await gateway.cli('users', 'add', `nguoi-${role}`, '--role', role, '--password', PASSWORD);
    others.set(role, await signIn(gateway, `nguoi-${role}`));
  }
}, 120_000);
afterAll(() => gateway.end());

const post = async (path: string, fields: Record<string, string> | string): Promise<{ status: number; text: string }> => {
  const answer = await fetch(base + path, { method: 'POST', body: typeof fields === 'string' ? fields : new URLSearchParams(fields) });
  return { status: answer.status, text: await answer.text() };
};
const refIn = (text: string): string => /([0-9A-Z]{4}-[0-9A-Z]{4})/.exec(text)?.[1] ?? '';

describe('a message to the counsellor', () => {
  it('is not offered where nobody would read it', async () => {
    expect(await (await fetch(`${base}/help`)).text()).not.toContain('nhan-tu-van');
    expect((await fetch(`${base}/nhan-tu-van`)).status).toBe(404);
    const sent = await post('/nhan-tu-van', { message: 'em buồn' });
    expect(sent.status).toBe(404);
    expect(sent.text).toContain('111');
  });

  it('goes to the counsellor alone; the answer comes back by its code; closed, it can’t be answered any more', async () => {
    expect(await gateway.cli('users', 'add', 'co-tam', '--role', 'counsellor', '--password', PASSWORD)).toMatchObject({ code: 0 });
    expect(await (await fetch(`${base}/help`)).text()).toContain('href="/nhan-tu-van"');
    const form = await (await fetch(`${base}/nhan-tu-van`)).text();
    for (const words of ['Em không cần ghi tên', 'Chỉ thầy cô tư vấn', 'tự xóa sau 30 ngày', 'tel:111']) expect(form).toContain(words);
    const sent = await post('/nhan-tu-van', { message: '<b>Em</b> sợ đi học\u202e\n\nvì bị trêu', contact: 'gặp ở thư viện' });
    expect(sent.status).toBe(200);
    expect(sent.text).not.toContain('sợ đi học');
    const ref = refIn(sent.text);
    expect((await post('/nhan-tu-van/tra-loi', { ref: ref.toLowerCase() })).text).toContain('chưa trả lời');

    const counsellor = await signIn(gateway, 'co-tam');
    const page = await counsellor.open('/tu-van');
    expect(page.status).toBe(200);
    expect(page.body).toContain('&lt;b&gt;Em&lt;/b&gt; sợ đi học \n\nvì bị trêu');
    expect(page.body).toContain('gặp ở thư viện');
    expect(page.body).not.toContain(ref);
    const { value } = await counsellor.json('GET', '/api/v1/help-tickets');
    const [ticket] = value['tickets'] as { id: number; message: string }[];
    const id = ticket?.id ?? 0;
    for (const [role, client] of others) {
      for (const path of ['/tu-van']) expect((await client.get(path)).status, role).toBe(403);
      for (const [method, path] of [['GET', '/api/v1/help-tickets'], ['PUT', `/api/v1/help-tickets/${id}/answer`], ['POST', `/api/v1/help-tickets/${id}/close`]] as const) {
        const answer = await client.json(method, path, method === 'GET' ? undefined : { answer: 'tôi' });
        expect(answer.status, `${role} ${path}`).toBe(403);
        expect(JSON.stringify(answer.value)).not.toContain('sợ');
      }
    }
    // the counsellor sees nothing but this
    for (const path of ['/phong', '/ma-truy-cap']) expect((await counsellor.get(path)).status, path).toBe(403);

    const before = await counsellor.json('GET', '/api/v1/help-tickets');
    for (const [name, body] of [['nothing', {}], ['empty', { answer: '  ' }], ['too long', { answer: 'a'.repeat(2_001) }], ['a list', { answer: ['a'] }], ['turned', { answer: 'a\u202eb' }], ['an extra key', { answer: 'a', state: 'closed' }]] as const) {
      const wrong = await counsellor.json('PUT', `/api/v1/help-tickets/${id}/answer`, body);
      expect(wrong.status, name).toBe(422);
      expect(String(wrong.value['detail']), name).toMatch(/[.]$/);
    }
    expect((await counsellor.json('PUT', '/api/v1/help-tickets/999/answer', { answer: 'a' })).status).toBe(404);
    expect(await counsellor.json('GET', '/api/v1/help-tickets')).toMatchObject({ value: before.value });

    const answered = await counsellor.post('/lam/ticket.answer', { id: String(id), answer: 'Cô ở phòng 2 tầng 1.\r\nEm ghé giờ ra chơi nhé.', _key: String(id), _back: '/tu-van' });
    expect(answered.location).toBe('/tu-van');
    expect((await post('/nhan-tu-van/tra-loi', { ref })).text).toContain('Cô ở phòng 2 tầng 1.<br>Em ghé');
    const flash = (await counsellor.get('/tu-van')).body;
    await counsellor.post('/hoan-tac', { _back: '/tu-van', token: /name="token" value="([^"]+)"/.exec(flash)?.[1] ?? '' });
    expect((await post('/nhan-tu-van/tra-loi', { ref })).text).toContain('chưa trả lời');
    expect((await counsellor.json('POST', `/api/v1/help-tickets/${id}/close`, {})).status).toBe(200);
    expect((await post('/nhan-tu-van/tra-loi', { ref })).text).toContain('đã khép lại');
    expect((await counsellor.json('PUT', `/api/v1/help-tickets/${id}/answer`, { answer: 'a' })).status).toBe(409);
    const trail = (await gateway.cli('audit', 'list', '--json')).out;
    expect(trail).toContain('ticket.answer');
    for (const word of ['sợ', 'tầng 1', ref, ref.replace('-', '')]) expect(trail).not.toContain(word);
  }, 60_000);

  it('that can’t be used is refused with one sentence, and nothing of it is kept; too many of a room wait a minute', async () => {
    const counsellor = await signIn(gateway, 'co-tam');
    const count = async (): Promise<number> => ((await counsellor.json('GET', '/api/v1/help-tickets')).value['tickets'] as unknown[]).length;
    const before = await count();
    for (const [name, fields, words] of [
      ['nothing', {}, 'chưa viết gì'], ['blanks and control characters', { message: ' \u0000\u200b\n ' }, 'chưa viết gì'], ['too long', { message: 'ă'.repeat(2_001) }, 'dài quá 2000'],
      ['a way to reach that is too long', { message: 'a', contact: 'b'.repeat(201) }, 'dài quá 200'], ['more than a form', `message=${'a'.repeat(30_000)}`, 'không đọc được'],
    ] as const) {
      const wrong = await post('/nhan-tu-van', typeof fields === 'string' ? fields : { ...fields });
      expect(wrong.status, name).toBe(400);
      expect(wrong.text, name).toContain(words);
    }
    expect((await post('/nhan-tu-van/tra-loi', { ref: 'KHONGCO2' })).status).toBe(404);
    expect(await count()).toBe(before);
    let status = 200;
    for (let i = 0; i < 12 && status === 200; i++) ({ status } = await post('/nhan-tu-van', { message: `lần ${i}` }));
    expect(status).toBe(429);
    expect(await count()).toBeLessThan(before + 11);
    expect((await fetch(`${base}/help`)).status).toBe(200);
  }, 60_000);
});
