/** Accounts, the CA, copies and imports, over real TLS: one-time passwords, the last administrator, the head's leave, a restore the gateway survives. */
import { existsSync, readdirSync } from 'node:fs';
import { X509Certificate } from 'node:crypto';
import { request } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, enrol, firstAdmin, PASSWORD, signIn, type Client } from '../support/console.js';
import { startTestGateway, until, type TestGateway } from '../support/gateway.js';

type Json = Record<string, unknown>;
const NEW = 'Lũy tre làng em 77!';

describe('accounts, CA, copies, imports', () => {
  let gateway: TestGateway;
  let admin: Client;
  const users = async (): Promise<Json[]> => (await admin.json('GET', '/api/v1/users')).value['users'] as Json[];
  const user = async (name: string): Promise<Json | undefined> => (await users()).find((row) => row['name'] === name);

  beforeAll(async () => {
    gateway = await startTestGateway({});
    admin = (await firstAdmin(gateway)).client;
    await admin.json('POST', '/api/v1/zones', { name: 'Phòng máy 1', profile: 'thcs', cidrs: ['192.168.10.0/24'] });
  }, 120_000);
  afterAll(() => gateway.end());

  describe('accounts', () => {
    it('adds a teacher with rooms and a password that is good for one thing: setting another', async () => {
      const answer = await admin.json('POST', '/api/v1/users', { name: 'co.lan', role: 'teacher', rooms: ['Phòng máy 1'] });
      expect(answer.status).toBe(200);
      const password = String(answer.value['password']);
      expect(password).toMatch(/^Tre-[a-z2-9]{4}-[a-z2-9]{4}-[a-z2-9]{4}-\d\d$/);
      expect(await user('co.lan')).toMatchObject({ role: 'teacher', secondFactor: false, rooms: [{ room: 'Phòng máy 1', until: null }], oneTimeUntil: expect.any(String) as string });

      const lan = await signIn(gateway, 'co.lan', password);
      expect((await lan.get('/phong')).location).toBe('/tai-khoan');
      expect((await lan.get('/tai-khoan')).body).toContain('mật khẩu dùng một lần');
      expect((await lan.post('/lam/lesson.start', { room: 'Phòng máy 1', profile: 'thpt', until: '45' })).location).toBe('/tai-khoan');
      expect((await lan.json('GET', '/api/v1/rooms')).status).toBe(403);
      const same = await lan.post('/lam/account.password', { _back: '/tai-khoan', password, again: password });
      expect([same.status, same.body.includes('hãy đặt mật khẩu khác')]).toEqual([422, true]);
      expect((await lan.post('/lam/account.password', { _back: '/tai-khoan', password: NEW, again: NEW })).location).toBe('/dang-nhap');

      expect((await (await signIn(gateway, 'co.lan', password)).get('/phong')).location).toMatch(/^\/dang-nhap/);
      expect((await (await signIn(gateway, 'co.lan', NEW)).get('/phong')).status).toBe(200);
      expect(await user('co.lan')).toMatchObject({ oneTimeUntil: null });
    });

    it.each([
      [{ name: 'Cô Lan', role: 'teacher' }, 422, /Tên tài khoản «Cô Lan» không dùng được/],
      [{ name: 'co.lan', role: 'teacher' }, 409, /Đã có tài khoản/],
      [{ name: 'ai.do', role: 'root' }, 422, /chọn vai trò/i],
      [{ name: 'ai.do', role: 'teacher', rooms: ['Phòng 99'] }, 422, /Không có phòng tên/],
      [{ name: 'ai.do', role: 'head', rooms: ['Phòng máy 1'] }, 422, /Chỉ tài khoản giáo viên/],
      [{ name: '', role: 'teacher' }, 422, /chưa điền tên/i],
      [{ name: 'ai.do', role: 'teacher', password: 'x' }, 422, /không có trường này/i],
    ])('refuses %j and adds nobody', async (body, status, sentence) => {
      const before = await users();
      const answer = await admin.json('POST', '/api/v1/users', body);
      expect([answer.status, answer.value['detail']]).toEqual([status, expect.stringMatching(sentence)]);
      expect(await users()).toEqual(before);
    });

    it('never touches the account in use, nor the last administrator', async () => {
      for (const [method, path, body] of [['PUT', 'role', { role: 'teacher' }], ['POST', 'disable', {}], ['POST', 'password', {}], ['DELETE', 'second-factor', undefined]] as const) {
        expect(await admin.json(method, `/api/v1/users/quantri/${path}`, body), path).toMatchObject({ status: 409, value: { detail: expect.stringMatching(/đang dùng; hãy nhờ một quản trị khác/) as string } });
      }
      expect((await admin.json('DELETE', '/api/v1/users/quantri')).status).toBe(409);
      // another administrator, disabled, is no help
      await gateway.cli('users', 'add', 'pho', '--role', 'it-admin', '--password', PASSWORD);
      const second = await signIn(gateway, 'pho');
      await enrol(second);
      expect((await admin.json('POST', '/api/v1/users/pho/disable', {})).status).toBe(200);
      expect((await second.get('/phong')).location).toMatch(/^\/dang-nhap/);
      expect((await gateway.cli('users', 'remove', 'quantri')).err).toMatch(/quản trị cuối cùng/);
      expect((await admin.json('POST', '/api/v1/users/pho/enable', {})).status).toBe(200);
    });

    it('resets a password and a second factor: sessions end, the old ones are over', async () => {
      const pho = await signIn(gateway, 'pho');
      expect((await pho.get('/phong')).location).toMatch(/^\/ma-xac-thuc/);
      const answer = await admin.json('POST', '/api/v1/users/pho/password', {});
      expect((await (await signIn(gateway, 'pho')).get('/phong')).location).toMatch(/^\/dang-nhap/);
      expect((await admin.json('DELETE', '/api/v1/users/pho/second-factor')).value).toEqual({ name: 'pho', reset: true });
      const again = await signIn(gateway, 'pho', String(answer.value['password']));
      expect((await again.get('/phong')).location).toMatch(/^\/thiet-lap-xac-thuc/);
    });

    it('changes role and rooms with undo; a role ends the sessions', async () => {
      const lan = await signIn(gateway, 'co.lan', NEW);
      const answer = await admin.json('PUT', '/api/v1/users/co.lan/role', { role: 'counsellor' });
      expect((await lan.get('/tai-khoan')).location).toMatch(/^\/dang-nhap/);
      await admin.json('POST', '/api/v1/undo', { token: String(answer.headers['luytre-undo']) });
      expect(await user('co.lan')).toMatchObject({ role: 'teacher' });
      const rooms = await admin.json('PUT', '/api/v1/users/co.lan/rooms', { rooms: [] });
      expect(await user('co.lan')).toMatchObject({ rooms: [] });
      await admin.json('POST', '/api/v1/undo', { token: String(rooms.headers['luytre-undo']) });
      expect(await user('co.lan')).toMatchObject({ rooms: [{ room: 'Phòng máy 1', until: null }] });
      expect((await admin.json('PUT', '/api/v1/users/co.lan/rooms', { rooms: ['Phòng máy 1', 'Phòng 99'] })).status).toBe(422);
      expect(await user('co.lan')).toMatchObject({ rooms: [{ room: 'Phòng máy 1', until: null }] });
    });

    it('ends sessions and removes for good', async () => {
      const lan = await signIn(gateway, 'co.lan', NEW);
      expect((await admin.json('DELETE', '/api/v1/users/co.lan/sessions')).value['ended']).toBeGreaterThanOrEqual(1);
      expect((await lan.get('/tai-khoan')).location).toMatch(/^\/dang-nhap/);
      expect((await admin.json('DELETE', '/api/v1/users/pho')).status).toBe(200);
      expect(await user('pho')).toBeUndefined();
      expect((await admin.json('DELETE', '/api/v1/users/pho')).status).toBe(404);
    });
  });

  describe('the CA', () => {
    it('is made once, given out per device, changed with an overlap', async () => {
      expect((await admin.json('GET', '/api/v1/ca/certificate')).value).toMatchObject({ status: 404 });
      expect((await admin.json('POST', '/api/v1/ca', {})).status).toBe(200);
      expect((await admin.json('POST', '/api/v1/ca', {})).status).toBe(409);
      const { current } = (await admin.json('GET', '/api/v1/ca')).value as { current: { fingerprint: string } };
      const der = await admin.get('/api/v1/ca/certificate?format=der');
      expect(der.headers['content-disposition']).toMatch(/^attachment; filename="luytre-ca-[0-9a-f]{8}\.crt"$/);
      expect(new X509Certificate(der.bytes).fingerprint256.replaceAll(':', '').toLowerCase()).toBe(current.fingerprint);
      for (const format of ['pem', 'apple', 'windows', 'firefox', 'android']) {
        const answer = await admin.get(`/api/v1/ca/certificate?format=${format}`);
        expect([answer.status, answer.body.includes('PRIVATE')], format).toEqual([200, false]);
      }
      expect((await admin.json('GET', '/api/v1/ca/certificate?format=jks')).status).toBe(422);
      expect((await admin.json('POST', '/api/v1/ca/rotate', {})).status).toBe(200);
      expect((await admin.json('POST', '/api/v1/ca/rotate', {})).value['detail']).toMatch(/Đang đổi CA/);
      expect((await admin.get('/api/v1/ca/certificate')).body.match(/BEGIN CERTIFICATE/g)).toHaveLength(2);
      expect((await admin.get('/quan-tri/chung-chi')).body).toContain('CA mới, ký từ');
    });

    it('lets its key out only with the head’s leave, sealed, once', async () => {
      const wanted = { passphrase: NEW, again: NEW };
      expect((await admin.json('POST', '/api/v1/ca/key-export', wanted)).status).toBe(403);
      expect((await admin.json('POST', '/api/v1/ca/key-export/proposal', { reason: ' ' })).status).toBe(422);
      const { proposal } = (await admin.json('POST', '/api/v1/ca/key-export/proposal', { reason: 'thay máy cổng lọc' })).value;
      await gateway.cli('users', 'add', 'hieu.truong', '--role', 'head', '--password', PASSWORD);
      const head = await signIn(gateway, 'hieu.truong');
      await enrol(head);
      expect((await admin.get('/quan-tri/chung-chi')).body).toContain('đang chờ hiệu trưởng duyệt');
      expect((await head.json('POST', `/api/v1/proposals/${String(proposal)}/approve`, {})).status).toBe(200);
      expect((await admin.get('/quan-tri/chung-chi')).body).toContain('Tải tệp khóa');
      expect((await admin.json('POST', '/api/v1/ca/key-export', { passphrase: 'ngắn', again: 'ngắn' })).status).toBe(422);
      expect((await admin.json('POST', '/api/v1/ca/key-export', { ...wanted, again: 'khác' })).status).toBe(422);
      const file = await admin.send('/api/v1/ca/key-export', { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(wanted) });
      expect([file.status, file.body.includes('BEGIN ENCRYPTED PRIVATE KEY'), file.body.includes('BEGIN PRIVATE KEY')]).toEqual([200, true, false]);
      expect((await admin.json('POST', '/api/v1/ca/key-export', wanted)).status).toBe(403);
    });
  });

  describe('imports', () => {
    const send = (kind: string, name: string, text: string) => admin.upload('/lam/import.preview', { _back: '/quan-tri/nhap', _key: kind, kind }, { field: 'file', name, bytes: Buffer.from(text) });

    it('shows faults by line and column and imports nothing of such a file', async () => {
      const sent = await send('rooms', 'phong.csv', 'Tên phòng;Hồ sơ lọc;Dải địa chỉ\nPhòng 5;thcs;10.5.0.0/16\nPhòng 6;lop-9;10.6.0.0/99\n');
      expect(sent.location).toBe('/quan-tri/nhap');
      const page = (await admin.get('/quan-tri/nhap')).body;
      expect(page).toContain('Có 2 lỗi, chưa nhập gì');
      expect(page).toMatch(/<td class="number">3<\/td><td>Hồ sơ lọc<\/td>/);
      expect((await admin.json('POST', '/api/v1/import/rooms', {})).value['detail']).toMatch(/^Dòng 3, cột «Hồ sơ lọc»: .* Chưa nhập gì \(2 lỗi\)\.$/);
      expect((await admin.json('GET', '/api/v1/zones')).value['zones']).toHaveLength(1);
      expect((await admin.json('DELETE', '/api/v1/import')).value).toEqual({ dropped: true });
    });

    it('imports rooms after a preview, ranges changing hands; the template comes back as it was sent', async () => {
      await send('rooms', 'phong.csv', 'Tên phòng;Hồ sơ lọc;Dải địa chỉ\nPhòng máy 1;thpt;10.5.0.0/16\nPhòng 5;thcs;192.168.10.0/24\n');
      expect((await admin.get('/quan-tri/nhap')).body).toContain('1 mới, 1 sửa, 0 không đổi');
      expect((await admin.post('/lam/import.rooms', { _back: '/quan-tri/nhap' })).location).toBe('/quan-tri/phong');
      expect((await admin.json('GET', '/api/v1/zones')).value['zones']).toMatchObject([{ name: 'Phòng máy 1', profile: 'thpt', cidrs: ['10.5.0.0/16'] }, { name: 'Phòng 5', cidrs: ['192.168.10.0/24'] }]);
      for (const format of ['csv', 'xlsx']) {
        const template = await admin.get(`/api/v1/import/rooms/template?format=${format}`);
        await admin.upload('/lam/import.preview', { _back: '/quan-tri/nhap', _key: 'rooms', kind: 'rooms' }, { field: 'file', name: `phong.${format}`, bytes: template.bytes });
        expect((await admin.get('/quan-tri/nhap')).body, format).toContain('0 mới, 0 sửa, 2 không đổi');
      }
      expect((await admin.json('POST', '/api/v1/import/rooms', { csv: 'Tên phòng,Hồ sơ lọc\nPhòng 7,thcs' })).value).toEqual({ added: 1, changed: 0 });
      expect((await admin.json('POST', '/api/v1/import/zones/preview', { csv: 'x' })).status).toBe(422);
      expect((await send('rooms', 'x.csv', '')).status).toBe(422);
    });

    it('imports people: the new ones’ one-time passwords come as a file, and let them in', async () => {
      // with a head in use, a counsellor comes from the machine itself (decision 0010), in a table as well
      await send('people', 'nguoi.csv', 'Tài khoản;Vai trò;Phòng\nthay.nam;giáo viên;Phòng 5\nco.tu.van;tư vấn học đường;\n');
      expect(await admin.post('/lam/import.people', { _back: '/quan-tri/nhap' })).toMatchObject({ status: 403, body: expect.stringContaining('ngay trên máy cổng lọc') as string });
      expect(await user('thay.nam')).toBeUndefined();
      await send('people', 'nguoi.csv', 'Tài khoản;Vai trò;Phòng\nthay.nam;giáo viên;Phòng 5\nco.lan;giáo viên;Phòng 5\n');
      const file = await admin.post('/lam/import.people', { _back: '/quan-tri/nhap' });
      expect(file.headers['content-disposition']).toContain('mat-khau-dung-mot-lan.csv');
      const password = /^thay\.nam;([^;]+);/m.exec(file.body)?.[1] ?? '';
      expect(file.body).not.toContain('co.lan');
      expect((await (await signIn(gateway, 'thay.nam', password)).get('/tai-khoan')).status).toBe(200);
      expect(await user('thay.nam')).toMatchObject({ rooms: [{ room: 'Phòng 5', until: null }] });
      expect(await user('co.lan')).toMatchObject({ rooms: [{ room: 'Phòng 5', until: null }] });
    });
  });

  describe('backup and restore', () => {
    /** Why a page is closed: an unknown device is on the strictest profile, which opens listed pages only. */
    const reason = (host: string): Promise<string> => new Promise((resolve, reject) => {
      request({ host: '127.0.0.1', port: gateway.proxyPort, path: `http://${host}/`, headers: { Host: host } }, (answer) => {
        answer.resume();
        resolve(String(answer.headers['x-luytre-reason'] ?? ''));
      }).on('error', reject).end();
    });

    it('gives a backup out, takes it in again, and goes on filtering in the same process', async () => {
      const backup = await admin.send('/lam/backup.download', { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: '_back=%2F' });
      expect(backup.headers['content-disposition']).toMatch(/luytre-\d{4}-\d\d-\d\d-\d{4}\.db/);
      expect(backup.bytes.toString('latin1', 0, 15)).toBe('SQLite format 3');
      expect(readdirSync(gateway.data).filter((name) => name.includes('download'))).toEqual([]);

      await admin.json('DELETE', `/api/v1/zones/${encodeURIComponent('Phòng 5')}`);
      expect((await gateway.cli('rules', 'block', 'sau-sao-luu.example')).code).toBe(0);
      await until(async () => /school/.test(await reason('sau-sao-luu.example')), 3_000, 'the rule is in force');
      const pid = gateway.pid();

      for (const [bytes, sentence] of [[Buffer.from('không phải'), 'không phải bản sao lưu nguyên vẹn'], [backup.bytes.subarray(0, 8_192), 'không phải bản sao lưu nguyên vẹn'], [Buffer.alloc(0), 'tệp rỗng']] as const) {
        const refused = await admin.upload('/lam/restore.check', { _back: '/quan-tri/sao-luu' }, { field: 'file', name: 'x.db', bytes });
        expect(refused.status).toBe(422);
        expect(refused.body).toContain(sentence);
      }
      expect((await admin.json('POST', '/api/v1/restore', { understood: true })).status).toBe(404);
      expect((await admin.upload('/lam/restore.check', { _back: '/quan-tri/sao-luu' }, { field: 'file', name: 'x.db', bytes: backup.bytes })).status).toBe(303);
      const page = (await admin.get('/quan-tri/sao-luu')).body;
      expect(page).toContain('Bản sao lưu này sẽ thay những gì');
      expect((await admin.post('/lam/restore.apply', { _back: '/quan-tri/sao-luu' })).status).toBe(422);
      expect((await admin.json('GET', '/api/v1/zones')).value['zones']).toHaveLength(2);

      expect((await admin.post('/lam/restore.apply', { _back: '/quan-tri/sao-luu', understood: 'true' })).location).toBe('/dang-nhap');
      expect((await admin.get('/phong')).location).toMatch(/^\/dang-nhap/);
      expect(existsSync(join(gateway.data, 'luytre.db.staged'))).toBe(false);
      expect(existsSync(join(gateway.data, 'luytre.db.before-restore'))).toBe(true);
      await until(async () => !/school/.test(await reason('sau-sao-luu.example')), 3_000, 'the policy of the backup is in force');
      expect(gateway.pid()).toBe(pid);
      expect(await reason('hitclub.com')).not.toBe('');
      expect((await gateway.cli('zones', 'list')).out).toContain('Phòng 5');
      expect((await gateway.cli('audit', 'verify')).code).toBe(0);
      expect((await gateway.cli('audit', 'list', '--limit', '5')).out).toMatch(/restore/);
      expect((await createClient(gateway.consolePort).post('/dang-nhap', { name: 'quantri', password: PASSWORD, back: '/' })).location).toMatch(/^\/ma-xac-thuc/);
    });
  });
});
