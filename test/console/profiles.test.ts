/** Matrix, HTTPS levels and approvals over real TLS: what tightens is in force, what loosens waits for the head, X never opens; bad input changes nothing. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, enrol, firstAdmin, PASSWORD, setupCode, signIn, type Client } from '../support/console.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
let admin: Client;
let head: Client;

interface Cell { readonly profile: string; readonly cell: string; readonly shipped: string; readonly by: string | null; readonly reason: string | null }

async function cellOf(profile: string, category: string): Promise<Cell> {
  const { value } = await admin.json('GET', '/api/v1/profiles');
  const row = (value['categories'] as { code: string; cells: Cell[] }[]).find(({ code }) => code === category);
  const cell = row?.cells.find((known) => known.profile === profile);
  if (cell === undefined) throw new Error('no such cell');
  return cell;
}

interface Proposal { readonly id: number; readonly state: string; readonly fits: boolean | null; readonly by: string }
async function proposals(): Promise<Proposal[]> {
  return (await admin.json('GET', '/api/v1/proposals')).value['proposals'] as Proposal[];
}

const undo = async (client: Client, page: string): Promise<string> => {
  const token = /name="token" value="([^"]+)"/.exec((await client.get(page)).body)?.[1] ?? '';
  expect(token).not.toBe('');
  await client.post('/hoan-tac', { token, _back: page });
  return (await client.get(page)).body;
};

beforeAll(async () => {
  gateway = await startTestGateway({});
  expect(setupCode(gateway)).not.toBe('');
  admin = (await firstAdmin(gateway)).client;
  await gateway.cli('users', 'add', 'hieutruong', '--role', 'head', '--password', PASSWORD);
  head = await signIn(gateway, 'hieutruong');
  await enrol(head);
}, 120_000);
afterAll(() => gateway?.end());

describe('cells', () => {
  it('tightens at once, shows who and why, and takes it back', async () => {
    expect(await cellOf('thpt', 'game12')).toMatchObject({ cell: 'K', shipped: 'K', by: null });
    const done = await admin.post('/lam/cell.set', { profile: 'thpt', category: 'game12', cell: 'X', reason: 'thi học kỳ', _back: '/ho-so/thpt/game12' });
    expect(done.location).toBe('/ho-so/thpt/game12');
    expect(await cellOf('thpt', 'game12')).toMatchObject({ cell: 'X', by: 'quantri', reason: 'thi học kỳ' });
    // what an older tier closes hard every younger one does
    expect(await cellOf('thcs', 'game12')).toMatchObject({ cell: 'X' });
    const page = (await admin.get('/ho-so/thpt/game12')).body;
    expect(page).toContain('Ai đã đổi, vì sao');
    expect(page).toContain('<q>thi học kỳ</q>');
    expect((await admin.get('/ho-so?ho-so=thpt')).body).toContain('đã siết');
    await admin.post('/lam/cell.set', { profile: 'thpt', category: 'mxh', cell: 'X', reason: 'lần hai', _back: '/ho-so/thpt/mxh' });
    await undo(admin, '/ho-so/thpt/mxh');
    expect(await cellOf('thpt', 'mxh')).toMatchObject({ by: null });
    expect((await admin.json('DELETE', '/api/v1/profiles/thpt/cells/game12')).value).toEqual({ profile: 'thpt', category: 'game12', reset: true });
    expect(await cellOf('thpt', 'game12')).toMatchObject({ cell: 'K', by: null });
  });

  it('never loosens X, says why in one sentence, and offers no form for it', async () => {
    const answer = await admin.json('PUT', '/api/v1/profiles/thcs/cells/cobac', { cell: 'K', reason: 'thử xem' });
    expect(answer.status).toBe(422);
    expect(answer.value['detail']).toMatch(/^Nhóm «Cờ bạc, cá độ, lô đề» bị chặn cứng/);
    expect(await cellOf('thcs', 'cobac')).toMatchObject({ cell: 'X', by: null });
    const page = (await admin.get('/ho-so/thcs/cobac')).body;
    expect(page).toContain('trường không nới được');
    expect(page).not.toContain('action="/lam/cell.set"');
  });

  it('loosening waits for the head, who sees the difference in words; one approval puts it in force', async () => {
    const asked = await admin.json('PUT', '/api/v1/profiles/thpt/cells/game12', { cell: 'M', reason: 'câu lạc bộ lập trình' });
    expect(asked.value).toMatchObject({ outcome: 'proposed', cell: 'K' });
    const id = asked.value['proposal'] as number;
    expect(await cellOf('thpt', 'game12')).toMatchObject({ cell: 'K' });
    const page = (await head.get('/duyet')).body;
    for (const words of ['Nới một nhóm nội dung', 'Trò chơi 12+', 'K · chặn, thầy cô mở tạm được', 'M · mở', '«câu lạc bộ lập trình»']) expect(page).toContain(words);
    expect((await admin.json('POST', `/api/v1/proposals/${id}/approve`, {})).status).toBe(403);
    expect((await admin.get('/ho-so/thpt/game12')).body).toContain(`Đề xuất số ${id}`);
    const done = await head.post('/lam/proposal.approve', { id: String(id), note: 'đồng ý', _back: '/duyet', _key: String(id) });
    expect(done.status).toBe(303);
    expect(await cellOf('thpt', 'game12')).toMatchObject({ cell: 'M', by: 'quantri' });
    expect((await head.get('/duyet')).body).toContain('«đồng ý»');
    expect((await head.post('/lam/proposal.approve', { id: String(id), _back: '/duyet', _key: String(id) })).status).toBe(422);
    await admin.json('DELETE', '/api/v1/profiles/thpt/cells/game12');
  });

  it('a rejection needs a reason and changes nothing; the one who asked may withdraw; an undo withdraws too', async () => {
    const ask = async (): Promise<number> => (await admin.json('PUT', '/api/v1/profiles/thpt/cells/game12', { cell: 'H', reason: 'thử lại' })).value['proposal'] as number;
    const first = await ask();
    const blank = await head.post('/lam/proposal.reject', { id: String(first), reason: ' ', _back: '/duyet', _key: String(first) });
    expect(blank.status).toBe(422);
    expect(blank.body).toContain('Từ chối thì cần ghi lý do');
    expect((await head.post('/lam/proposal.reject', { id: String(first), reason: 'để sau kỳ thi', _back: '/duyet', _key: String(first) })).status).toBe(303);
    const second = await ask();
    expect((await admin.json('DELETE', `/api/v1/proposals/${second}`)).value).toMatchObject({ state: 'withdrawn' });
    await admin.post('/lam/cell.set', { profile: 'thpt', category: 'game12', cell: 'H', reason: 'lần ba', _back: '/ho-so/thpt/game12' });
    expect(await undo(admin, '/ho-so/thpt/game12')).toContain('Đã hoàn tác');
    expect((await proposals()).map(({ state }) => state).slice(0, 3)).toEqual(['withdrawn', 'withdrawn', 'rejected']);
    expect(await cellOf('thpt', 'game12')).toMatchObject({ cell: 'K', by: null });
  });
});

describe('HTTPS', () => {
  it('block-page and name at once, inspect by proposal and never by undo', async () => {
    expect((await admin.json('PUT', '/api/v1/profiles/thcs/tls', { level: 'block-page' })).value).toMatchObject({ outcome: 'done', level: 'block-page' });
    const bare = await admin.json('PUT', '/api/v1/profiles/thcs/tls', { level: 'inspect' });
    expect(bare).toMatchObject({ status: 422, value: { fields: { reason: expect.stringContaining('cần ghi lý do') as string } } });
    const asked = await admin.json('PUT', '/api/v1/profiles/thcs/tls', { level: 'inspect', reason: 'dự án an toàn mạng' });
    expect(asked.value).toMatchObject({ outcome: 'proposed', level: 'block-page' });
    const id = String(asked.value['proposal']);
    expect((await head.get('/duyet')).body).toContain('Bật giải mã HTTPS');
    await head.post('/lam/proposal.approve', { id, _back: '/duyet', _key: id });
    expect((await admin.get('/https')).body).toContain('inspect · giải mã trang HTTPS');
    await admin.post('/lam/tls.set', { profile: 'thcs', level: 'name', _back: '/https', _key: 'thcs' });
    expect((await admin.get('/https')).body).not.toContain('name="token"');
    expect((await gateway.cli('profiles', 'list')).out).toMatch(/^thcs\t.*tls name$/m);
  });

  it('excepts hosts; a suffix, a path and nonsense are refused with what to do', async () => {
    expect((await admin.json('POST', '/api/v1/tls-exceptions', { host: 'https://ungdung.vn/', note: 'ứng dụng lớp học' })).value).toMatchObject({ host: 'ungdung.vn', by: 'quantri' });
    expect((await admin.json('POST', '/api/v1/tls-exceptions', { host: 'UNGDUNG.vn' })).status).toBe(409);
    for (const [host, words] of [['edu.vn', 'đuôi chung'], ['a.vn/x', 'đường dẫn'], ['không phải', 'không phải tên trang'], ['', 'Chưa điền']] as const) {
      const answer = await admin.json('POST', '/api/v1/tls-exceptions', { host });
      expect(answer.status, host).toBe(422);
      expect(String((answer.value['fields'] as Record<string, string>)['host']), host).toContain(words);
    }
    expect((await gateway.cli('profiles', 'tls-exceptions', 'list')).out.trim().split('\n')).toHaveLength(1);
    await admin.post('/lam/tls-exception.remove', { host: 'ungdung.vn', _back: '/https', _key: 'ungdung.vn' });
    await undo(admin, '/https');
    expect((await gateway.cli('profiles', 'tls-exceptions', 'list')).out).toContain('ứng dụng lớp học');
  });
});

describe('bad input', () => {
  const bad: readonly (readonly [string, string, unknown, number])[] = [
    ['PUT', '/api/v1/profiles/thcs/cells/mxh', {}, 422],
    ['PUT', '/api/v1/profiles/thcs/cells/mxh', { cell: 'Z', reason: 'abc' }, 422],
    ['PUT', '/api/v1/profiles/thcs/cells/mxh', { cell: 'X', reason: '  ' }, 422],
    ['PUT', '/api/v1/profiles/thcs/cells/mxh', { cell: 'X', reason: 'a'.repeat(1_001) }, 422],
    ['PUT', '/api/v1/profiles/thcs/cells/mxh', { cell: 'X', reason: 'được', by: 'hieutruong' }, 422],
    ['PUT', '/api/v1/profiles/thcs/cells/khong-co', { cell: 'X', reason: 'được' }, 404],
    ['PUT', '/api/v1/profiles/khong-co/cells/mxh', { cell: 'X', reason: 'được' }, 404],
    ['PUT', '/api/v1/profiles/thcs/cells/trogiup', { cell: 'X', reason: 'được' }, 422],
    ['PUT', '/api/v1/profiles/khong-co/tls', { level: 'name' }, 404],
    ['PUT', '/api/v1/profiles/thcs/tls', { level: 'sâu' }, 422],
    ['DELETE', '/api/v1/proposals/999', undefined, 404],
    ['DELETE', '/api/v1/proposals/abc', undefined, 422],
  ];
  it.each(bad)('%s %s %j', async (method, path, body, status) => {
    const before = JSON.stringify([(await admin.json('GET', '/api/v1/profiles')).value, await proposals()]);
    const answer = await admin.json(method, path, body);
    expect(answer.status).toBe(status);
    expect(String(answer.value['detail'])).toMatch(/^\S.*[.…]$/);
    expect(JSON.stringify([(await admin.json('GET', '/api/v1/profiles')).value, await proposals()])).toBe(before);
  });

  it('a page for what is not there is not there', async () => {
    expect((await admin.get('/ho-so/thcs/khong-co')).status).toBe(404);
    expect((await createClient(gateway.consolePort).get('/duyet')).location).toMatch(/^\/dang-nhap/);
  });
});
