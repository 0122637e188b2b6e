/** The school's rules and lists over real TLS: what has no effect is said, an upload changes nothing until it was looked at, and each change can be taken back. */
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstAdmin, type Answer, type Client } from '../support/console.js';
import { startTestGateway, until, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
let admin: Client;

beforeAll(async () => {
  gateway = await startTestGateway({});
  admin = (await firstAdmin(gateway)).client;
}, 120_000);
afterAll(() => gateway?.end());

const undo = async (page: string): Promise<void> => {
  const token = /name="token" value="([^"]+)"/.exec((await admin.get(page)).body)?.[1] ?? '';
  expect(token).not.toBe('');
  await admin.post('/hoan-tac', { token, _back: page });
  expect((await admin.get(page)).body).toContain('Đã hoàn tác');
};

function upload(fields: Readonly<Record<string, string>>, file: { name: string; body: Buffer } | null): Promise<Answer> {
  const boundary = 'ranh-gioi-7d3f';
  const parts: Buffer[] = [];
  for (const [name, value] of Object.entries({ _back: '/nhap-danh-sach', ...fields })) parts.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`));
  if (file !== null) parts.push(Buffer.from(`--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${file.name}"\r\nContent-Type: application/octet-stream\r\n\r\n`), file.body, Buffer.from('\r\n'));
  parts.push(Buffer.from(`--${boundary}--\r\n`));
  return admin.send('/lam/list.import', { method: 'POST', headers: { 'Content-Type': `multipart/form-data; boundary=${boundary}` }, body: Buffer.concat(parts) });
}

/** Follows a piece of work to its end. @returns its last page */
async function ended(location: string): Promise<string> {
  expect(location).toMatch(/^\/viec\//);
  return until(async () => {
    const { body } = await admin.get(location);
    return body.includes('<progress') ? null : body;
  }, 30_000, 'the work ends');
}

const explain = async (host: string, profile: string): Promise<Record<string, unknown>> => JSON.parse((await gateway.cli('explain', host, '--profile', profile, '--json')).out) as Record<string, unknown>;
const uploads = (): string[] => (existsSync(join(gateway.data, 'uploads')) ? readdirSync(join(gateway.data, 'uploads')) : []);

describe('rules', () => {
  it('allow and block, seen by explain, taken back', async () => {
    expect((await explain('facebook.com', 'thcs'))['action']).toBe('block');
    const added = await admin.post('/lam/rule.add', { kind: 'allow', host: 'https://facebook.com/', profiles: 'thcs', note: 'bài 5', _back: '/quy-tac' });
    expect(added.status).toBe(303);
    expect(await explain('facebook.com', 'thcs')).toMatchObject({ action: 'allow', layer: 'school-allow', rule: 'facebook.com' });
    expect((await explain('facebook.com', 'lop-4-5'))['action']).toBe('block');
    const page = (await admin.get('/quy-tac')).body;
    for (const words of ['facebook.com', 'Trung học cơ sở', '«bài 5»', 'quantri', 'Ai đã đổi, vì sao']) expect(page).toContain(words);
    const { value } = await admin.json('POST', '/api/v1/rules', { kind: 'block', host: 'vnexpress.net' });
    expect(await explain('vnexpress.net', 'thpt')).toMatchObject({ action: 'block', layer: 'school-block' });
    await admin.post('/lam/rule.remove', { id: String(value['id']), _back: '/quy-tac' });
    expect((await explain('vnexpress.net', 'thpt'))['layer']).not.toBe('school-block');
    await undo('/quy-tac');
    expect((await explain('vnexpress.net', 'thpt'))['layer']).toBe('school-block');
  });

  it('one under a hard block everywhere is refused; under it somewhere, and under another rule, it says so', async () => {
    await admin.json('POST', '/api/v1/rules', { kind: 'allow', host: 'zalo.me' });
    const dead = await admin.json('POST', '/api/v1/rules', { kind: 'block', host: 'zalo.me' });
    expect(dead.status).toBe(200);
    expect((dead.value['deadFor'] as string[]).length).toBeGreaterThan(0);
    expect((await admin.get('/quy-tac?tim=zalo')).body).toContain('một quy tắc cho phép của trường đứng trước');
    const refusedRule = await admin.json('POST', '/api/v1/rules', { kind: 'allow', host: 'bet365.com' });
    const verdict = await explain('bet365.com', 'thcs');
    expect(verdict['layer']).toBe('hard');
    expect(refusedRule.status).toBe(422);
    expect(String(refusedRule.value['detail'])).toContain('bị chặn cứng');
  });

  it.each([
    [{ kind: 'allow', host: 'edu.vn' }, 'host', 'đuôi chung'],
    [{ kind: 'block', host: 'vn' }, 'host', 'được bảo vệ'],
    [{ kind: 'allow', host: 'a b' }, 'host', 'không phải tên trang'],
    [{ kind: 'xoa', host: 'a.vn' }, 'kind', 'cho phép hoặc chặn'],
    [{ kind: 'allow', host: 'a.vn', profiles: ['lop-13'] }, 'profiles', 'lop-13'],
    [{ kind: 'allow', host: 'a.vn', note: 'x'.repeat(501) }, 'note', '500'],
    [{ kind: 'allow', host: 'a.vn', id: 5 }, 'id', 'Không có trường'],
  ] as const)('%j', async (body, field, words) => {
    const before = (await gateway.cli('rules', 'list')).out;
    const answer = await admin.json('POST', '/api/v1/rules', body);
    expect(answer.status).toBe(422);
    expect((answer.value['fields'] as Record<string, string>)[field]).toContain(words);
    expect((await gateway.cli('rules', 'list')).out).toBe(before);
  });
});

describe('lists', () => {
  const hosts = Array.from({ length: 400 }, (_, i) => `trang-${i}.example.net`);

  it('an upload is read apart, looked at, and only then in force', async () => {
    const text = ['# thử', ...hosts, hosts[0] ?? '', 'không phải tên', 'com'].join('\n');
    const sent = await upload({ category: 'mxh' }, { name: 'Mạng-xã-hội.txt.gz', body: gzipSync(text) });
    expect(sent.status).toBe(303);
    const told = await ended(sent.location);
    expect(told).toContain('400 mục dùng được');
    const place = /href="(\/nhap-danh-sach\/[^"]+)"/.exec(told)?.[1] ?? '';
    const page = (await admin.get(place)).body;
    for (const words of ['Chưa có gì thay đổi', 'Thêm 400 mục, bớt 0', 'không đúng cú pháp', 'đuôi công cộng', 'Gộp']) expect(page).toContain(words);
    expect((await explain('trang-7.example.net', 'thcs'))['category']).not.toBe('mxh');
    expect(uploads()).toHaveLength(1);
    const taken = await admin.post('/lam/list.take', { id: place.split('/').at(-1) ?? '', _back: place });
    expect(await ended(taken.location)).toContain('đã có hiệu lực');
    expect(await explain('trang-7.example.net', 'thcs')).toMatchObject({ category: 'mxh', layer: 'category', list: { name: expect.stringMatching(/^mxh-/) as string } });
    expect(uploads()).toEqual([]);
    expect((await admin.get(place)).status).toBe(404);
  });

  it('a version that lost most of itself needs a tick; back to the version before, and forth by undo', async () => {
    const send = async (some: readonly string[]): Promise<string> => {
      const sent = await upload({ category: 'mxh', name: 'mxh-thu' }, { name: 'a.txt', body: Buffer.from(some.join('\n')) });
      return /href="(\/nhap-danh-sach\/[^"]+)"/.exec(await ended(sent.location))?.[1] ?? '';
    };
    const idOf = (place: string): string => place.split('/').at(-1) ?? '';
    await ended((await admin.post('/lam/list.take', { id: idOf(await send(hosts)), _back: '/danh-sach' })).location);
    const place = await send(hosts.slice(0, 50));
    const page = (await admin.get(place)).body;
    expect(page).toContain('Cần xem kỹ');
    const unsure = await admin.post('/lam/list.take', { id: idOf(place), _back: place });
    expect(unsure.status).toBe(422);
    expect(unsure.body).toContain('hãy đánh dấu là đã xem');
    await ended((await admin.post('/lam/list.take', { id: idOf(place), sure: '1', _back: place })).location);
    const diff = (await admin.json('GET', '/api/v1/lists/mxh-thu/diff')).value;
    expect(diff).toMatchObject({ added: 0, removed: 350 });
    expect((await admin.get('/danh-sach/mxh-thu')).body).toContain('bớt 350');
    await admin.post('/lam/list.rollback', { name: 'mxh-thu', _back: '/danh-sach/mxh-thu' });
    const entries = async (): Promise<number> => ((await admin.json('GET', '/api/v1/lists')).value['lists'] as { name: string; entries: number }[]).find(({ name }) => name === 'mxh-thu')?.entries ?? 0;
    expect(await entries()).toBe(400);
    await undo('/danh-sach/mxh-thu');
    expect(await entries()).toBe(50);
    await admin.post('/lam/list.remove', { name: 'mxh-thu', _back: '/danh-sach/mxh-thu' });
    expect(await entries()).toBe(0);
    await undo('/danh-sach');
    expect(await entries()).toBe(50);
  });

  it('an import is taken back from the page of its work: a new list is gone, a new version is the one before', async () => {
    const send = async (some: readonly string[]): Promise<string> => {
      const sent = await upload({ category: 'mxh', name: 'mxh-nham' }, { name: 'a.txt', body: Buffer.from(some.join('\n')) });
      const place = /href="(\/nhap-danh-sach\/[^"]+)"/.exec(await ended(sent.location))?.[1] ?? '';
      return ended((await admin.post('/lam/list.take', { id: place.split('/').at(-1) ?? '', sure: '1', _back: place })).location);
    };
    const back = async (page: string): Promise<Answer> => admin.post('/hoan-tac', { token: /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '', _back: /name="_back" value="([^"]+)"/.exec(page)?.[1] ?? '' });
    const first = await send(['trang-nham.example.net']);
    expect((await explain('trang-nham.example.net', 'thcs'))['category']).toBe('mxh');
    expect((await back(first)).location).toBe('/danh-sach');
    expect((await admin.get('/danh-sach')).body).toContain('Đã hoàn tác');
    expect((await explain('trang-nham.example.net', 'thcs'))['category']).not.toBe('mxh');
    expect((await admin.get('/danh-sach/mxh-nham')).status).toBe(404);

    await send(['trang-dung.example.net', 'trang-hai.example.net']);
    const second = await send(['trang-nham.example.net']);
    expect((await back(second)).location).toBe('/danh-sach/mxh-nham');
    expect((await explain('trang-dung.example.net', 'thcs'))['category']).toBe('mxh');
    expect((await explain('trang-nham.example.net', 'thcs'))['category']).not.toBe('mxh');
    // somebody else has gone on with it
    const third = await send(['trang-ba.example.net']);
    await gateway.cli('lists', 'rollback', 'mxh-nham');
    expect((await back(third)).status).toBe(303);
    expect((await admin.get('/danh-sach/mxh-nham')).body).toContain('đã có thay đổi khác');
    await gateway.cli('lists', 'remove', 'mxh-nham');
    // nine compilations, and commands of their own
  }, 180_000);

  it('what can be nothing says so, and leaves nothing behind', async () => {
    for (const [fields, file, words] of [
      [{ category: '' }, { name: 'a.txt', body: Buffer.from('a.vn') }, 'Hãy chọn nhóm nội dung'],
      [{ category: 'khong-co' }, { name: 'a.txt', body: Buffer.from('a.vn') }, 'Không có nhóm nội dung'],
      [{ category: 'mxh' }, null, 'Hãy chọn một tệp'],
      [{ category: 'mxh', format: 'pdf' }, { name: 'a.txt', body: Buffer.from('a.vn') }, 'giá trị có sẵn'],
    ] as const) {
      const answer = await upload(fields, file);
      expect(answer.status, words).toBe(422);
      expect(answer.body).toContain(words);
    }
    for (const [fields, body, words] of [
      [{ category: 'mxh' }, '# không có gì\n', 'không có mục nào dùng được'],
      [{ category: 'mxh', name: 'Tên Có Dấu' }, 'a.vn', 'Tên danh sách chỉ gồm'],
      [{ category: 'trogiup' }, 'a.vn', 'chỉ nhận danh sách đi kèm'],
      [{ category: 'mxh', name: 'luytre-x' }, 'a.vn', 'dành cho danh sách đi kèm'],
    ] as const) expect(await ended((await upload(fields, { name: 'a.txt', body: Buffer.from(body) })).location), words).toContain(words);
    expect(await ended((await upload({ category: 'mxh' }, { name: 'bom.gz', body: Buffer.from([0x1f, 0x8b, 8, 0, 1, 2, 3]) })).location)).toMatch(/class="wrong">[^<]+/);
    expect(uploads()).toEqual([]);
    const shipped = ((await admin.json('GET', '/api/v1/lists')).value['lists'] as { name: string; origin: string }[]).find(({ origin }) => origin === 'shipped')?.name ?? '';
    expect((await admin.json('DELETE', `/api/v1/lists/${shipped}`)).status).toBe(409);
    expect((await admin.json('DELETE', '/api/v1/lists/khong-co')).status).toBe(404);
    expect((await admin.json('POST', '/api/v1/lists', { category: 'mxh', text: 'a.vn', rác: 1 })).status).toBe(422);
  });

  it('one that is dropped is gone, and a script may send text', async () => {
    const begun = await admin.json('POST', '/api/v1/lists', { category: 'mxh', name: 'mxh-api', text: 'mot.example.org\nhai.example.org' });
    expect(begun).toMatchObject({ status: 200, value: { started: true } });
    const task = String(begun.headers['luytre-task']);
    const place = /href="(\/nhap-danh-sach\/[^"]+)"/.exec(await ended(`/viec/${task}`))?.[1] ?? '';
    expect((await admin.json('DELETE', `/api/v1/lists/waiting/${place.split('/').at(-1) ?? ''}`)).value).toEqual({ dropped: true });
    expect((await gateway.cli('lists', 'status')).out).not.toContain('mxh-api');
    expect(uploads()).toEqual([]);
  });
});
