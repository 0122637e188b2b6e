/** The first-run wizard over real TLS: led there while nothing is said, each step again and again, the last one says what is left. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { firstAdmin, type Client } from '../support/console.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

const SCHOOL = { name: 'Trường THCS Lũy Tre', hotline: '024 3999 8888', counsellor: '', ward: 'Phường Láng', code: 'HN-001', levels: ['thcs', 'thpt'] };

describe('the first run', () => {
  let gateway: TestGateway;
  let admin: Client;
  beforeAll(async () => {
    gateway = await startTestGateway({});
    admin = (await firstAdmin(gateway)).client;
  }, 120_000);
  afterAll(() => gateway.end());

  it('leads the first administrator to it, until the school has a name', async () => {
    expect((await admin.get('/')).location).toBe('/quan-tri/thiet-lap');
    const page = (await admin.get('/quan-tri/thiet-lap')).body;
    expect(page.match(/còn làm/g)).toHaveLength(6);
    for (const id of ['truong', 'phong', 'gio-hoc', 'ngay-nghi', 'nguoi', 'mang', 'chung-chi', 'xong']) expect((await admin.get(`/quan-tri/thiet-lap/${id}`)).status, id).toBe(200);
    expect((await admin.get('/quan-tri/thiet-lap/khong-co')).status).toBe(404);
  });

  it.each([
    [{ ...SCHOOL, name: '' }, /Chưa điền tên trường/],
    [{ ...SCHOOL, name: 'x'.repeat(201) }, /dài quá hoặc có ký tự lạ/],
    [{ ...SCHOOL, name: 'Trường\u0007' }, /ký tự lạ/],
    [{ ...SCHOOL, hotline: 'gọi cô Lan' }, /cần có số điện thoại/],
    [{ ...SCHOOL, code: 'mã số 1' }, /Mã trường gồm/],
    [{ ...SCHOOL, levels: ['dai-hoc'] }, /chọn một trong các giá trị/i],
    [{ ...SCHOOL, motto: 'x' }, /không có trường này/i],
  ])('refuses %j and saves nothing', async (body, sentence) => {
    const before = (await admin.json('GET', '/api/v1/school')).value;
    const answer = await admin.json('PUT', '/api/v1/school', body);
    expect([answer.status, answer.value['detail']]).toEqual([422, expect.stringMatching(sentence)]);
    expect((await admin.json('GET', '/api/v1/school')).value).toEqual(before);
  });

  it('keeps what the school is, the same again changes nothing, undo takes it back; the block page and the command line say it', async () => {
    const answer = await admin.json('PUT', '/api/v1/school', SCHOOL);
    expect(answer.value).toEqual({ ...SCHOOL, counsellor: null, fixed: [] });
    await admin.json('POST', '/api/v1/undo', { token: String(answer.headers['luytre-undo']) });
    expect((await admin.json('GET', '/api/v1/school')).value).toMatchObject({ name: null, levels: [] });
    await admin.json('PUT', '/api/v1/school', SCHOOL);
    const records = (await gateway.cli('audit', 'list', '--limit', '100')).out;
    await admin.json('PUT', '/api/v1/school', SCHOOL);
    expect((await gateway.cli('audit', 'list', '--limit', '100')).out).toBe(records);
    expect((await admin.get('/')).location).not.toBe('/quan-tri/thiet-lap');
    expect(JSON.parse((await gateway.cli('setup', '--json')).out)).toMatchObject({ school: SCHOOL.name, hotline: SCHOOL.hotline });
    // the levels decide whose bells the page shows
    const bells = (await admin.get('/quan-tri/thiet-lap/gio-hoc')).body;
    expect([bells.includes('name="level" value="thpt"'), bells.includes('name="level" value="tieu-hoc"')]).toEqual([true, false]);
  });

  it('does each step in its place and comes back to it; what is done is marked', async () => {
    const at = (step: string) => ({ _back: `/quan-tri/thiet-lap/${step}` });
    expect((await admin.post('/lam/zone.add', { ...at('phong'), name: 'Phòng máy 1', profile: 'thcs', cidrs: '192.168.10.0/24' })).location).toBe('/quan-tri/thiet-lap/phong');
    expect((await admin.get('/quan-tri/thiet-lap/phong')).body).toContain('Đã có 1 phòng');
    expect((await admin.post('/lam/bells.set', { ...at('gio-hoc'), _key: 'thcs', level: 'thcs', weekdays: '1', sang: '07:15-08:00\r\n08:05-08:50', chieu: '13:00-13:45', toi: '' })).location).toBe('/quan-tri/thiet-lap/gio-hoc');
    await admin.post('/lam/holiday.add', { ...at('ngay-nghi'), name: 'Tết Nguyên đán', from: '2027-02-05', to: '2027-02-14' });
    await admin.post('/lam/ca.init', at('chung-chi'));
    const wrong = await admin.post('/lam/zone.add', { ...at('phong'), name: 'Phòng 2', profile: 'thcs', cidrs: 'x' });
    expect([wrong.status, wrong.body.includes('Bước 2: Phòng'), wrong.body.includes('value="Phòng 2"')]).toEqual([422, true, true]);
    expect((await admin.get('/quan-tri/thiet-lap')).body.match(/✓ xong/g)).toHaveLength(5);
  });

  it('shows the network as the gateway sees it', async () => {
    const page = (await admin.get('/quan-tri/thiet-lap/mang')).body;
    expect(page).toContain(`:${gateway.pagesPort}/proxy.pac`);
    expect(page).toContain(`:${gateway.proxyPort}<`);
    expect(page).toContain('option 252');
  });

  it('looks at everything at the end and says what is left', async () => {
    const page = (await admin.get('/quan-tri/thiet-lap/xong')).body;
    expect(page).toContain('Còn 2 việc');
    expect(page).toContain('Thêm tài khoản hiệu trưởng');
    expect(page).toContain('Cơ sở dữ liệu nguyên vẹn');
    expect(page).toContain('CA của trường dùng được');
    const { findings } = (await admin.json('GET', '/api/v1/doctor')).value as { findings: { check: string; status: string }[] };
    expect(findings.find(({ check }) => check === 'database')).toMatchObject({ status: 'ok' });
    expect(findings.find(({ check }) => check === 'ports')).toMatchObject({ status: 'ok' });
  });
});

it('leaves to the configuration file what it says', async () => {
  const gateway = await startTestGateway({ config: { school: { name: 'Trường trong tệp', levels: ['tieu-hoc'] } } });
  try {
    const { client } = await firstAdmin(gateway);
    expect((await client.get('/')).location).not.toBe('/quan-tri/thiet-lap');
    expect((await client.json('PUT', '/api/v1/school', { ...SCHOOL, name: 'Tên khác' })).value['detail']).toMatch(/tệp cấu hình/);
    expect((await client.json('PUT', '/api/v1/school', { hotline: '111 222' })).value).toMatchObject({ name: 'Trường trong tệp', hotline: '111 222', levels: ['tieu-hoc'], fixed: ['name', 'levels'] });
    expect((await client.get('/quan-tri/thiet-lap/truong')).body).toContain('đặt trong tệp cấu hình');
  } finally {
    await gateway.end();
  }
}, 90_000);
