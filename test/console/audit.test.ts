/** The auditor's pages and actions over real TLS: filters, one record in words, the check of the chain before and after somebody tampered, files. */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PASSWORD, signIn, type Client } from '../support/console.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

let gateway: TestGateway;
let auditor: Client;

beforeAll(async () => {
  gateway = await startTestGateway({});
  await gateway.cli('users', 'add', 'kiem-tra', '--role', 'auditor', '--password', PASSWORD);
  expect(await gateway.cli('zones', 'add', 'Phòng Đỗ Xuân', '--profile', 'thcs', '--cidr', '10.9.0.0/24')).toMatchObject({ code: 0 });
  expect(await gateway.cli('zones', 'set', 'Phòng Đỗ Xuân', '--profile', 'thpt')).toMatchObject({ code: 0 });
  expect(await gateway.cli('rules', 'block', 'trangxau.vn', '--note', '=HYPERLINK("http://x.vn";"xem")')).toMatchObject({ code: 0 });
  auditor = await signIn(gateway, 'kiem-tra');
}, 120_000);
afterAll(() => gateway.end());

interface Recorded { readonly seq: number; readonly action: string; readonly object: string; readonly changes: string[]; readonly reason: string | null; readonly words: string }
const list = async (query: string): Promise<{ status: number; records: Recorded[]; more: boolean; detail: string }> => {
  const { status, value } = await auditor.json('GET', `/api/v1/audit${query}`);
  return { status, records: (value['records'] ?? []) as Recorded[], more: value['more'] === true, detail: String(value['detail'] ?? '') };
};

describe('the trail', () => {
  it('is filtered by who, what, object and day; accents may be left out', async () => {
    const zone = await list('?object=phong%20do%20xuan&what=rooms');
    expect(zone.records.map(({ action }) => action)).toEqual(['zone.set', 'zone.add']);
    expect(zone.records[0]).toMatchObject({ words: 'sửa phòng', changes: ['Hồ sơ lọc: Trung học cơ sở → Trung học phổ thông'] });
    expect((await list('?what=people')).records.every(({ action }) => /^(?:user|login|setup-code)\./.test(action))).toBe(true);
    expect((await list('?who=khong-ai-ca')).records).toEqual([]);
    const today = new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 10);
    expect((await list(`?from=${today}&to=${today}`)).records.length).toBeGreaterThan(3);
    expect((await list('?to=2020-01-01')).records).toEqual([]);
    const first = await list('?limit=2');
    expect([first.records.length, first.more]).toEqual([2, true]);
    const next = await list(`?limit=2&before=${first.records[1]?.seq ?? 0}`);
    expect(next.records[0]?.seq).toBe((first.records[1]?.seq ?? 0) - 1);
    const page = (await auditor.get('/kiem-toan?object=phong+do&what=rooms')).body;
    expect(page).toContain('Trung học cơ sở → Trung học phổ thông');
    expect(page).not.toContain('trangxau.vn');
  });

  it.each([
    ['?from=25/11/2026', 'Từ ngày: ngày viết như'], ['?from=2026-02-30', 'Không có ngày 2026-02-30.'], ['?from=2026-11-25&to=2026-11-24', 'trước ngày đầu'], ['?what=moi-thu', 'Không có nhóm việc này'],
    ['?limit=0', 'nhỏ nhất là 1'], ['?limit=9999', 'lớn nhất là 200'], ['?before=x', 'cần là số'], ['?vai-tro=x', 'Không có tham số'], [`?object=${'a'.repeat(513)}`, 'dài quá 512'],
  ])('refuses %s in one sentence', async (query, words) => {
    const { status, detail } = await list(query);
    expect(status).toBe(422);
    expect(detail.toLowerCase()).toContain(words.toLowerCase());
    const page = await auditor.get(`/kiem-toan${query}`);
    expect(page.status).toBe(200);
    if (!/limit|before|vai-tro/.test(query)) expect(page.body).toMatch(/<p class="wrong" role="alert"/);
  });

  it('shows one record whole, and none that is not there', async () => {
    const { records } = await list('?what=filter&object=trangxau');
    const page = await auditor.get(`/kiem-toan/${records[0]?.seq ?? 0}`);
    expect(page.status).toBe(200);
    expect(page.body).toContain('«=HYPERLINK(&quot;http://x.vn&quot;;&quot;xem&quot;)»');
    for (const seq of ['0', '999999', 'abc', '1e3', '-1', '%00']) expect((await auditor.get(`/kiem-toan/${seq}`)).status, seq).toBe(404);
  });

  it('leaves as JSON from which anyone can compute the chain, and as CSV without a formula', async () => {
    const answer = await auditor.get('/api/v1/audit/export?format=json');
    expect(answer.headers['content-disposition']).toMatch(/^attachment; filename="nhat-ky-\d{4}-\d\d-\d\d\.json"$/);
    const file = JSON.parse(answer.body) as { base: { seq: number; hash: string }; head: { seq: number; hash: string }; records: { seq: number; atMs: number; actorKind: string; actorName: string; action: string; object: string; before: string | null; after: string | null; hash: string }[] };
    let { hash } = file.base;
    for (const row of file.records) {
      hash = createHash('sha256').update(`${hash}\n${JSON.stringify([row.seq, row.atMs, row.actorKind, row.actorName, row.action, row.object, row.before, row.after])}`).digest('hex');
      expect(row.hash, String(row.seq)).toBe(hash);
    }
    expect(file.head).toEqual({ seq: file.records.at(-1)?.seq, hash });

    const csv = (await auditor.get('/api/v1/audit/export?format=csv&object=trangxau')).body;
    expect(csv.startsWith('\ufeffSố,Thời điểm,')).toBe(true);
    expect(csv.trim().split('\r\n').length).toBe(2);
    expect(csv).toContain(`"'=HYPERLINK(""http://x.vn"";""xem"")"`);
    for (const cell of csv.split(/,|\r\n/)) expect(cell).not.toMatch(/^"?\s*[=+\-@]/);
    expect((await auditor.get('/api/v1/audit/export?format=exe')).status).toBe(422);
  });

  it('is whole, and says where it is not once somebody changed a record in the file', async () => {
    const whole = await auditor.json('GET', '/api/v1/audit/verify');
    expect(whole.value).toMatchObject({ whole: true, firstBad: null });
    const head = whole.value['head'] as { seq: number; hash: string };
    expect(whole.value['records']).toBe(head.seq);
    const page = (await auditor.get('/kiem-toan/xac-minh')).body;
    expect(page).toContain('Nhật ký nguyên vẹn');
    expect(page).toContain(head.hash);
    const db = new DatabaseSync(join(gateway.data, 'luytre.db'));
    const bad = (await list('?what=rooms')).records[0]?.seq ?? 0;
    db.exec('DROP TRIGGER audit_no_update');
    db.prepare("UPDATE audit SET actor_name = 'nguoi-khac' WHERE seq = ?").run(bad);
    db.close();
    expect((await auditor.json('GET', '/api/v1/audit/verify')).value).toMatchObject({ whole: false, firstBad: bad, records: bad - 1 });
    const told = (await auditor.get('/kiem-toan/xac-minh')).body;
    expect(told).toContain('Nhật ký đã bị sửa hoặc hỏng');
    expect(told).toContain(`Bản ghi đầu tiên không khớp: số ${bad}`);
  });
});

describe('help, sheets, letter', () => {
  it('speak to each role and hold what the school and its policy say', async () => {
    expect((await auditor.get('/tro-giup')).body).toContain('Kiểm tra cả chuỗi');
    expect((await auditor.get('/tro-giup?vai-tro=teacher')).body).toContain('ba chạm');
    for (const tier of ['tieu-hoc', 'thcs', 'thpt']) expect((await auditor.get(`/tro-giup/to-huong-dan/${tier}`)).body).toContain('111');
    const sheet = (await auditor.get('/tro-giup/to-huong-dan/thcs')).body;
    expect(sheet).toContain('mạng xã hội');
    expect(sheet).not.toContain('Khiêu dâm');
    expect((await auditor.get('/tro-giup/to-huong-dan/mam-non')).status).toBe(404);
    const letter = (await auditor.get('/tro-giup/thu-cha-me')).body;
    expect(letter).toContain('CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM');
    expect(letter).toContain('không giải mã các trang được mở');
    expect(letter).toContain('Trường chưa khai đường dây nóng');
  });
});
