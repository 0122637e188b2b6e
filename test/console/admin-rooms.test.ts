/** An administrator's rooms and school time, over real TLS: bad input is one sentence and changes nothing; what is done is done in the policy, and taken back by undo. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { periodSlots } from '../../src/console/actions/timetable.js';
import { firstAdmin, PASSWORD, type Client } from '../support/console.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

type Json = Record<string, unknown>;
const at = (room: string): string => `/api/v1/zones/${encodeURIComponent(room)}`;

describe('rooms and school time', () => {
  let gateway: TestGateway;
  let admin: Client;
  const zones = async (): Promise<Json[]> => (await admin.json('GET', '/api/v1/zones')).value['zones'] as Json[];
  const zone = async (name: string): Promise<Json | undefined> => (await zones()).find((row) => row['name'] === name);

  beforeAll(async () => {
    gateway = await startTestGateway({});
    admin = (await firstAdmin(gateway)).client;
    await gateway.cli('users', 'add', 'co-lan', '--role', 'teacher', '--password', PASSWORD);
    expect((await admin.json('POST', '/api/v1/zones', { name: 'Phòng máy 1', profile: 'thcs', cidrs: ['192.168.10.0/24'], macs: ['3C-52-82-11-22-33'], port: 3140, login: 'pm1', password: 'chung-mot', teachers: ['co-lan'] })).status).toBe(200);
  }, 120_000);
  afterAll(() => gateway.end());

  it('keeps signs in one spelling and never tells the shared password', async () => {
    expect(await zone('Phòng máy 1')).toEqual({
      name: 'Phòng máy 1', profile: 'thcs', cidrs: ['192.168.10.0/24'], macs: ['3c:52:82:11:22:33'], port: 3140, login: 'pm1', teachers: ['co-lan'], slots: 0, devices: { kind: 'none' },
    });
    expect((await admin.get(`/quan-tri/phong/${encodeURIComponent('Phòng máy 1')}`)).body).not.toMatch(/scrypt|chung-mot/);
  });

  it.each([
    [{ name: 'Phòng máy 1', profile: 'thcs' }, 409, /Đã có phòng tên/],
    [{ name: 'PHÒNG MÁY 1', profile: 'thcs' }, 409, /Đã có phòng tên/],
    [{ name: '', profile: 'thcs' }, 422, /chưa điền/i],
    [{ name: '../x', profile: 'thcs' }, 422, /Tên phòng «..\/x» không dùng được/],
    [{ name: 'Phòng 2', profile: 'lop-13' }, 422, /Không có hồ sơ lọc «lop-13»/],
    [{ name: 'Phòng 2', profile: 'thcs', cidrs: ['192.168.10.0/33'] }, 422, /không phải dải địa chỉ, ví dụ/],
    [{ name: 'Phòng 2', profile: 'thcs', cidrs: ['10.0.0.0/24', 'phòng'] }, 422, /«phòng» không phải dải địa chỉ/],
    [{ name: 'Phòng 2', profile: 'thcs', cidrs: ['192.168.10.7/24'] }, 409, /Dải địa chỉ này đã thuộc phòng “Phòng máy 1”/],
    [{ name: 'Phòng 2', profile: 'thcs', macs: ['3c:52:82'] }, 422, /không phải địa chỉ MAC/],
    [{ name: 'Phòng 2', profile: 'thcs', macs: ['3c5282112233'] }, 409, /Địa chỉ MAC này đã thuộc phòng “Phòng máy 1”/],
    [{ name: 'Phòng 2', profile: 'thcs', port: 3140 }, 409, /Cổng này đã thuộc phòng “Phòng máy 1”/],
    [{ name: 'Phòng 2', profile: 'thcs', port: 70_000 }, 422, /lớn nhất là 65535/i],
    [{ name: 'Phòng 2', profile: 'thcs', login: 'hội trường', password: 'abcdef' }, 422, /Tên đăng nhập/],
    [{ name: 'Phòng 2', profile: 'thcs', login: 'ht' }, 422, /ít nhất 6 ký tự/],
    [{ name: 'Phòng 2', profile: 'thcs', password: 'abcdef' }, 422, /phải có tên tài khoản chung/],
    [{ name: 'Phòng 2', profile: 'thcs', login: 'pm1', password: 'abcdef' }, 409, /Tên đăng nhập này đã thuộc phòng/],
    [{ name: 'Phòng 2', profile: 'thcs', teachers: ['khong-co'] }, 422, /Không có tài khoản/],
    [{ name: 'Phòng 2', profile: 'thcs', role: 'it-admin' }, 422, /không có trường này/i],
  ])('refuses %j and saves nothing of it', async (body, status, sentence) => {
    const before = await zones();
    const answer = await admin.json('POST', '/api/v1/zones', body);
    expect([answer.status, answer.value['detail']]).toEqual([status, expect.stringMatching(sentence)]);
    expect(String(answer.value['detail'])).not.toContain('\n');
    expect(await zones()).toEqual(before);
  });

  it("refuses the gateway's own port", async () => {
    expect(await admin.json('POST', '/api/v1/zones', { name: 'Phòng 2', profile: 'thcs', port: gateway.consolePort })).toMatchObject({ status: 409, value: { detail: expect.stringMatching(/đã được cổng lọc dùng/) as string } });
  });

  it('changes a room whole, keeps its shared password and timetable, and takes all of it back', async () => {
    expect((await admin.json('POST', `${at('Phòng máy 1')}/windows`, { weekdays: ['1'], from: '22:00', to: '05:00', profile: 'lop-1-3' })).status).toBe(200);
    const before = await zone('Phòng máy 1');
    const answer = await admin.json('PUT', at('Phòng máy 1'), { profile: 'thpt', cidrs: ['192.168.10.0/24', '192.168.10.0/24'], login: 'pm1' });
    expect(answer.status).toBe(200);
    expect(await zone('Phòng máy 1')).toMatchObject({ profile: 'thpt', cidrs: ['192.168.10.0/24'], macs: [], port: null, login: 'pm1', teachers: [], slots: 1 });
    expect((await admin.json('POST', '/api/v1/undo', { token: String(answer.headers['luytre-undo']) })).value).toEqual({ undone: true });
    expect(await zone('Phòng máy 1')).toEqual(before);
    expect((await admin.json('PUT', at('Không có'), { profile: 'thcs' })).status).toBe(404);
    // in the middle of it: the teachers are written first and must not stay
    expect((await admin.json('PUT', at('Phòng máy 1'), { profile: 'thcs', teachers: [], macs: ['zz'] })).status).toBe(422);
    expect(await zone('Phòng máy 1')).toEqual(before);
  });

  it('does not take back what somebody else has changed since', async () => {
    const answer = await admin.json('PUT', at('Phòng máy 1'), { profile: 'thcs', cidrs: ['192.168.10.0/24'] });
    await gateway.cli('zones', 'set', 'Phòng máy 1', '--profile', 'lop-4-5');
    const undo = await admin.json('POST', '/api/v1/undo', { token: String(answer.headers['luytre-undo']) });
    expect(undo).toMatchObject({ status: 409, value: { detail: expect.stringMatching(/đã được người khác đổi/) as string } });
    expect(await zone('Phòng máy 1')).toMatchObject({ profile: 'lop-4-5' });
  });

  it('shows ranges inside one another, and finds a room without accents', async () => {
    await admin.json('POST', '/api/v1/zones', { name: 'Khu A', profile: 'lop-4-5', cidrs: ['192.168.0.0/16'] });
    const { value } = await admin.json('GET', '/api/v1/zones');
    expect(value['overlaps']).toEqual([{ inner: { zone: 'Phòng máy 1', cidr: '192.168.10.0/24' }, outer: { zone: 'Khu A', cidr: '192.168.0.0/16' } }]);
    expect((await admin.get('/quan-tri/phong')).body).toContain('192.168.10.0/24 nằm trong 192.168.0.0/16 của Khu A');
    const found = (await admin.get('/quan-tri/phong?tim=phong+may')).body;
    expect(found).toContain('>Phòng máy 1</a>');
    expect(found).not.toContain('>Khu A</a>');
  });

  it('removes a room with what is in it and brings all of it back', async () => {
    await gateway.cli('lesson', 'start', '--zone', 'Khu A', '--profile', 'thpt', '--until', '45m');
    const answer = await admin.json('DELETE', at('Khu A'));
    expect(answer.status).toBe(200);
    expect(await zone('Khu A')).toBeUndefined();
    await admin.json('POST', '/api/v1/undo', { token: String(answer.headers['luytre-undo']) });
    expect(await zone('Khu A')).toMatchObject({ cidrs: ['192.168.0.0/16'] });
    expect(((await admin.json('GET', '/api/v1/rooms')).value['rooms'] as Json[]).find((room) => room['name'] === 'Khu A')).toMatchObject({ because: 'lesson', profile: 'thpt' });
  });

  it('gives a form back with what was typed and the sentence beside its field', async () => {
    const answer = await admin.post('/lam/zone.add', { _back: '/quan-tri/phong', name: 'Phòng X', profile: 'thpt', cidrs: '10.9.0.0/16\r\nkhông phải', macs: '', port: '', login: '', password: '' });
    expect(answer.status).toBe(422);
    expect(answer.body).toContain('value="Phòng X"');
    expect(answer.body).toMatch(/aria-invalid="true"[^>]*name="cidrs"|name="cidrs"[^>]*aria-invalid="true"/);
    expect(answer.body).toContain('«không phải» không phải dải địa chỉ');
  });

  it.each([
    [{ weekdays: [], from: '07:00', to: '08:00', profile: 'thcs' }, /chọn ít nhất một ngày/],
    [{ weekdays: ['8'], from: '07:00', to: '08:00', profile: 'thcs' }, /số từ 1/],
    [{ weekdays: ['1'], from: '7 giờ', to: '08:00', profile: 'thcs' }, /viết như 07:15/],
    [{ weekdays: ['1'], from: '24:00', to: '08:00', profile: 'thcs' }, /viết như 07:15/],
    [{ weekdays: ['1'], from: '08:00', to: '08:00', profile: 'thcs' }, /phải khác giờ bắt đầu/],
    [{ weekdays: ['1'], from: '07:00', to: '08:00', profile: 'lop-9' }, /Không có hồ sơ lọc/],
  ])('refuses the window %j', async (body, sentence) => {
    const answer = await admin.json('POST', `${at('Phòng máy 1')}/windows`, body);
    expect([answer.status, answer.value['detail']]).toEqual([422, expect.stringMatching(sentence)]);
  });

  it('takes several windows a day and one across midnight, each once, and removes them by name', async () => {
    const windows = `${at('Phòng máy 1')}/windows`;
    for (const [from, to] of [['07:30', '11:15'], ['13:30', '16:30'], ['21:30', '05:00']]) expect((await admin.json('POST', windows, { weekdays: ['1', '2'], from, to, profile: 'thpt' })).status).toBe(200);
    expect((await admin.json('POST', windows, { weekdays: ['2'], from: '7:30', to: '11:15', profile: 'thpt' })).status).toBe(409);
    const listed = await gateway.cli('zones', 'list', '--json');
    const row = listed.out.trim().split('\n').map((line) => JSON.parse(line) as Json).find((known) => known['name'] === 'Phòng máy 1');
    expect((row?.['timetable'] as unknown[]).length).toBe(7);
    expect(row?.['timetable']).toContainEqual({ weekday: 2, fromMinute: 1290, toMinute: 300, profile: 'thpt' });
    expect((await admin.json('DELETE', `${windows}/${encodeURIComponent('2@21:30-05:00=thpt')}`)).value).toEqual({ zone: 'Phòng máy 1', slots: 6 });
    expect((await admin.json('DELETE', `${windows}/${encodeURIComponent('2@21:30-05:00=thpt')}`)).status).toBe(404);
  });

  it('sets periods of a level, joins those that follow each other, leaves windows alone, refuses a period without a bell', async () => {
    const timetable = `${at('Phòng máy 1')}/timetable/thcs`;
    const answer = await admin.json('PUT', timetable, { cells: ['1.sang.1=thpt', '1.sang.2=thpt', '1.sang.4=thi'] });
    expect(answer.value).toEqual({ zone: 'Phòng máy 1', slots: 8 });
    expect((await admin.json('PUT', timetable, { cells: ['1.sang.12=thpt'] })).value['detail']).toMatch(/không có tiết 12 buổi sáng/);
    expect((await admin.json('PUT', timetable, { cells: ['1.trua.1=thpt'] })).value['detail']).toMatch(/Không hiểu ô/);
    expect((await admin.json('PUT', `${at('Phòng máy 1')}/timetable/mam-non`, { cells: [] })).status).toBe(422);
    expect(await zone('Phòng máy 1')).toMatchObject({ slots: 8 });
    expect((await admin.json('PUT', timetable, { cells: ['1.sang.1=thpt', '1.sang.2=thpt'], likeMonday: true })).status).toBe(200);
    const page = (await admin.get(`/quan-tri/phong/${encodeURIComponent('Phòng máy 1')}?cap=thcs`)).body;
    expect(page.match(/<option value="\d\.sang\.2=thpt" selected/g)?.length).toBeGreaterThanOrEqual(5);
  });

  it('will not drop a bell that a timetable rings by, and says which room', async () => {
    const answer = await admin.json('PUT', '/api/v1/school-time/bells/thcs', { weekdays: ['1', '2', '3', '4', '5'], sang: ['07:15-08:00'], chieu: [], toi: [] });
    expect(answer.value['detail']).toMatch(/Thời khóa biểu của phòng “Phòng máy 1” dùng tiết 2 buổi sáng/);
  });

  it.each([
    ['PUT', 'bells/thpt', { weekdays: ['1'], sang: ['7 giờ'] }, /Không hiểu giờ của tiết 1 «7 giờ»/],
    ['PUT', 'bells/thpt', { weekdays: ['1'], sang: ['08:00-07:00'] }, /phải kết thúc sau khi bắt đầu/],
    ['PUT', 'bells/thpt', { weekdays: ['1'], sang: ['07:00-08:00', '07:30-08:30'] }, /bắt đầu khi tiết 1 buổi sáng chưa kết thúc/],
    ['PUT', 'bells/thpt', { weekdays: [], sang: ['07:00-08:00'] }, /ít nhất một ngày học/],
    ['PUT', 'bells/thpt', { weekdays: ['1'] }, /ít nhất một tiết/],
    ['PUT', 'bells/mam-non', { weekdays: ['1'] }, /tieu-hoc, thcs hoặc thpt/],
    ['POST', 'holidays', { name: 'Tết', from: '2027-02-30' }, /Không có ngày “2027-02-30”/],
    ['POST', 'holidays', { name: 'Tết', from: '5/2/2027' }, /viết như 2026-11-20/],
    ['POST', 'holidays', { name: '', from: '2027-02-05' }, /chưa điền tên/i],
    ['POST', 'holidays', { name: 'Tết', from: '2027-02-05', to: '2027-02-01' }, /đứng trước ngày đầu/],
    ['POST', 'makeups', { day: '2027-02-20', follows: 9 }, /lớn nhất là 7/i],
    ['PUT', 'terms/HK1', { from: '2026-09-05' }, /ngày cuối: chưa điền/i],
  ])('refuses %s %s %j', async (method, path, body, sentence) => {
    const before = (await admin.json('GET', '/api/v1/school-time')).value;
    const answer = await admin.json(method, `/api/v1/school-time/${path}`, body);
    expect([answer.status, answer.value['detail']]).toEqual([422, expect.stringMatching(sentence)]);
    expect((await admin.json('GET', '/api/v1/school-time')).value).toEqual(before);
  });

  it('sets bells with morning and afternoon shifts, holidays, make-up days and terms; each is taken back', async () => {
    const show = async (): Promise<Json> => (await admin.json('GET', '/api/v1/school-time')).value;
    const api = '/api/v1/school-time';
    const steps: readonly (readonly [string, string, Json | undefined])[] = [
      ['PUT', `${api}/bells/thpt`, { weekdays: ['1', '2', '3', '4', '5', '6'], sang: ['07:00-07:45', '07:50-08:35'], chieu: ['12:45-13:30', '13:35-14:20'] }],
      ['POST', `${api}/holidays`, { name: 'Tết Nguyên đán', from: '2027-02-05', to: '2027-02-14' }],
      ['POST', `${api}/makeups`, { day: '2027-02-20', follows: 5 }],
      ['PUT', `${api}/terms/${encodeURIComponent('Học kỳ 1')}`, { from: '2026-09-05', to: '2027-01-15' }],
      ['DELETE', `${api}/holidays/2027-02-05`, undefined],
      ['DELETE', `${api}/makeups/2027-02-20`, undefined],
      ['DELETE', `${api}/terms/${encodeURIComponent('Học kỳ 1')}`, undefined],
    ];
    for (const [method, path, body] of steps) {
      const before = await show();
      const answer = await admin.json(method, path, body);
      expect(answer.status, path).toBe(200);
      const after = await show();
      expect(after).not.toEqual(before);
      await admin.json('POST', '/api/v1/undo', { token: String(answer.headers['luytre-undo']) });
      // bells the school has once set are its own, whatever they are
      expect(JSON.stringify(await show()).replaceAll('"own":true', '"own":false')).toEqual(JSON.stringify(before).replaceAll('"own":true', '"own":false'));
      await admin.json(method, path, body);
    }
    expect((await show())['holidays']).toEqual([]);
    expect((await admin.json('DELETE', `${api}/holidays/2027-02-05`)).status).toBe(404);
  });
});

describe('periods as slots', () => {
  it('joins what follows, parts what differs, keeps sessions apart, in any order', () => {
    const slot = (session: string, fromPeriod: number, toPeriod: number, profile: string, weekday = 2) => ({ weekday, level: 'thcs', session, fromPeriod, toPeriod, profile });
    expect(periodSlots('thcs', ['2.sang.3=thcs', '2.sang.1=thcs', '2.sang.2=thcs', '2.chieu.1=thcs', '2.chieu.2=thi', '3.sang.1=thcs'])).toEqual([
      slot('sang', 1, 3, 'thcs'), slot('chieu', 1, 1, 'thcs'), slot('chieu', 2, 2, 'thi'), slot('sang', 1, 1, 'thcs', 3),
    ]);
    expect(periodSlots('thcs', [])).toEqual([]);
    expect(() => periodSlots('thcs', ['2.sang.1=thcs', '2.sang.1=thi'])).toThrowError();
  });
});
