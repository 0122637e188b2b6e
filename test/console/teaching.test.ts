/**
 * What a teacher does in a room, over real TLS against a real gateway: switch, list only, exam, pause and back, one site opened, requests answered,
 * the room handed over, lists saved and shared, a site tested; each with its undo, whose it is, and what is wrong with what is typed.
 */
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, firstAdmin, PASSWORD, signIn, type Client } from '../support/console.js';
import { freePorts, startTestGateway, until, type TestGateway } from '../support/gateway.js';

type Json = Record<string, unknown>;

let gateway: TestGateway;
let admin: Client;
let an: Client;
let binh: Client;
let portAn = 0;
let portBinh = 0;

const rooms = (room: string): string => `/api/v1/rooms/${encodeURIComponent(room)}`;
const MINE = rooms('Phòng cô An');

beforeAll(async () => {
  [portAn = 0, portBinh = 0] = await freePorts(2);
  gateway = await startTestGateway({ config: { network: { dialPrivate: ['127.0.0.0/8'], hosts: Object.fromEntries(['facebook.com', 'olm.vn', 'azota.vn', 'vidu-rieng.vn'].map((host) => [host, '127.0.0.1'])) } } });
  admin = (await firstAdmin(gateway)).client;
  for (const name of ['gv-an', 'gv-binh', 'gv-chi']) await gateway.cli('users', 'add', name, '--role', 'teacher', '--password', PASSWORD);
  await gateway.cli('zones', 'add', 'Phòng cô An', '--profile', 'thcs', '--port', String(portAn), '--cidr', '127.0.0.0/8');
  await gateway.cli('zones', 'add', 'Phòng thầy Bình', '--profile', 'thcs', '--port', String(portBinh));
  for (const [name, room] of [['gv-an', 'Phòng cô An'], ['gv-binh', 'Phòng thầy Bình']] as const) expect(await gateway.cli('users', 'rooms', name, '--add', room)).toMatchObject({ code: 0 });
  [an, binh] = [await signIn(gateway, 'gv-an'), await signIn(gateway, 'gv-binh')];
  await until(async () => JSON.stringify((await an.json('GET', '/api/v1/rooms')).value).includes('Phòng cô An'), 5_000, 'the room is in force');
}, 180_000);
afterAll(() => gateway.end());

/** Reason the proxy gives a room for a host, or `open`: nobody listens behind it, so what may pass fails to connect. */
function reasonAt(port: number, host: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1');
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('latin1')));
    socket.on('error', reject);
    socket.on('close', () => {
      const reason = /^x-luytre-reason: (\S+)/im.exec(text)?.[1] ?? '';
      resolve(text.startsWith('HTTP/1.1 403') ? reason : 'open');
    });
    socket.write(`GET http://${host}/ HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`);
  });
}
const mine = (host: string): Promise<string> => reasonAt(portAn, host);

async function did(client: Client, method: string, path: string, body?: Json): Promise<{ value: Json; undo: () => Promise<Json> }> {
  const answer = await client.json(method, path, body);
  expect(answer.status, JSON.stringify(answer.value)).toBe(200);
  const token = answer.headers['luytre-undo'];
  return { value: answer.value, undo: async () => (await client.json('POST', '/api/v1/undo', { token })).value };
}

async function now(client = an): Promise<Json> {
  const { value } = await client.json('GET', '/api/v1/rooms');
  return (value['rooms'] as Json[]).find((room) => room['name'] === 'Phòng cô An') ?? {};
}

describe('lessons', () => {
  it('opens only a list, and what the room was on comes back by undo; the other room is as it was', async () => {
    const focus = await did(an, 'POST', `${MINE}/focus`, { hosts: ['https://www.olm.vn/bai-5?x=1'], until: '45' });
    expect(focus.value).toMatchObject({ room: 'Phòng cô An', kind: 'focus', profile: 'thcs' });
    expect([await mine('olm.vn'), await mine('azota.vn')]).toEqual(['open', 'lesson-focus']);
    expect(await reasonAt(portBinh, 'azota.vn')).toBe('open');
    expect(await now()).toMatchObject({ kind: 'focus', hosts: ['olm.vn'], by: 'gv-an', because: 'lesson' });
    expect(await focus.undo()).toEqual({ undone: true });
    expect([await mine('azota.vn'), (await now())['because']]).toEqual(['open', 'own']);
  });

  it('pauses within a lesson, and the lesson goes on after it: by itself in the table, at once when the teacher says so', async () => {
    await did(an, 'POST', `${MINE}/lesson`, { profile: 'thpt', until: '60' });
    const before = await now();
    const pause = await did(an, 'POST', `${MINE}/pause`, { until: '10' });
    expect(await mine('olm.vn')).toBe('internet-paused');
    // help lines stay open
    expect(await mine('tongdai111.vn')).not.toBe('internet-paused');
    expect(await now()).toMatchObject({ kind: 'pause', then: 'thpt' });
    expect((await an.json('POST', `${MINE}/pause`, { until: '10' })).status).toBe(409);
    expect(await pause.undo()).toEqual({ undone: true });
    expect(await now()).toMatchObject({ kind: 'profile', profile: 'thpt', until: before['until'] });

    await did(an, 'POST', `${MINE}/pause`, { until: '10' });
    const resumed = await did(an, 'DELETE', `${MINE}/lesson`);
    expect(await now()).toMatchObject({ kind: 'profile', profile: 'thpt', until: before['until'] });
    expect(await mine('olm.vn')).toBe('open');
    expect(await resumed.undo()).toEqual({ undone: true });
    expect(await now()).toMatchObject({ kind: 'pause', then: 'thpt' });
    await did(an, 'DELETE', `${MINE}/lesson`);
    const ended = await did(an, 'DELETE', `${MINE}/lesson`);
    expect(await now()).toMatchObject({ because: 'own', profile: 'thcs', until: null });
    expect(await ended.undo()).toEqual({ undone: true });
    expect(await now()).toMatchObject({ profile: 'thpt', until: before['until'] });
    await did(an, 'DELETE', `${MINE}/lesson`);
    expect((await an.json('DELETE', `${MINE}/lesson`)).value).toMatchObject({ ended: false });
  });

  it('holds an exam with its own hosts, pauses it, and undo gives back what the exam had closed', async () => {
    const opened = await did(an, 'POST', `${MINE}/openings`, { host: 'facebook.com', until: '45', reason: 'Bài 3' });
    expect(await mine('facebook.com')).toBe('open');
    const exam = await did(an, 'POST', `${MINE}/exam`, { hosts: ['azota.vn'], until: '45' });
    expect(exam.value).toMatchObject({ kind: 'exam', profile: 'thi' });
    expect([await mine('azota.vn'), await mine('olm.vn'), await mine('facebook.com')]).toEqual(['open', 'exam-only', expect.stringMatching(/exam-only|category-blocked/)]);
    const pause = await did(an, 'POST', `${MINE}/pause`, { until: '5' });
    expect(await mine('azota.vn')).toBe('internet-paused');
    await pause.undo();
    expect(await now()).toMatchObject({ kind: 'exam', hosts: ['azota.vn'] });
    // undo is the last change's: the pause's is used, the exam ends by its own action
    await did(an, 'DELETE', `${MINE}/lesson`);
    expect(opened.value['host']).toBe('facebook.com');
    const again = await did(an, 'POST', `${MINE}/openings`, { host: 'facebook.com', until: '45' });
    const other = await did(an, 'POST', `${MINE}/exam`, { until: '45' });
    expect(await mine('facebook.com')).not.toBe('open');
    await other.undo();
    expect(await mine('facebook.com')).toBe('open');
    await did(an, 'DELETE', `${MINE}/openings/${String(again.value['id'])}`);
  });

  it('undo never takes back what somebody else has changed since, and says so on the page', async () => {
    const first = await did(an, 'POST', `${MINE}/pause`, { until: '10' });
    await did(admin, 'POST', `${MINE}/lesson`, { profile: 'thpt', until: '45' });
    const answer = await first.undo();
    expect(JSON.stringify(answer)).toContain('đã có thay đổi khác');
    expect(await now()).toMatchObject({ profile: 'thpt', by: 'quantri' });
    await did(admin, 'DELETE', `${MINE}/lesson`);
  });
});

describe('openings', () => {
  it('opens a K cell for this room alone, closes and reopens it; shown before it is done', async () => {
    expect(await mine('facebook.com')).toBe('category-blocked');
    const page = (await an.get(`/kiem-tra?phong=${encodeURIComponent('Phòng cô An')}&trang=${encodeURIComponent('https://www.facebook.com/truong')}`)).body;
    expect(page).toContain('thầy/cô mở tạm được cho một phòng');
    expect(page).toContain('Mở cho phòng này');
    const { value, undo } = await did(an, 'POST', `${MINE}/openings`, { host: 'https://www.facebook.com/truong', until: '45', reason: 'Bài 3' });
    expect(value).toMatchObject({ host: 'facebook.com', reason: 'Bài 3', by: 'gv-an' });
    expect([await mine('facebook.com'), await reasonAt(portBinh, 'facebook.com')]).toEqual(['open', 'category-blocked']);
    await undo();
    expect(await mine('facebook.com')).toBe('category-blocked');
    const again = await did(an, 'POST', `${MINE}/openings`, { host: 'facebook.com', until: '45' });
    expect((await an.json('GET', `${MINE}/openings`)).value).toMatchObject({ openings: [{ host: 'facebook.com' }] });
    const closed = await did(an, 'DELETE', `${MINE}/openings/${String(again.value['id'])}`);
    expect(await mine('facebook.com')).toBe('category-blocked');
    await closed.undo();
    expect(await mine('facebook.com')).toBe('open');
    // another teacher can't close it, whatever room they name
    expect((await binh.json('DELETE', `${MINE}/openings/${String(again.value['id'])}`)).status).toBe(404);
    expect((await binh.json('DELETE', `${rooms('Phòng thầy Bình')}/openings/${String(again.value['id'])}`)).status).toBe(404);
    await did(an, 'DELETE', `${MINE}/openings/${String(again.value['id'])}`);
  });

  it('refuses X kindly, and what is open already', async () => {
    const hard = await an.json('POST', `${MINE}/openings`, { host: 'bet365.com', until: '45' });
    expect(hard.status).toBe(422);
    expect(JSON.stringify(hard.value['fields'])).toMatch(/bị chặn cứng .* báo quản trị/);
    expect((await an.json('POST', `${MINE}/openings`, { host: 'olm.vn', until: '45' })).value).toMatchObject({ fields: { host: 'olm.vn đang mở sẵn cho Phòng cô An; không cần mở tạm.' } });
    expect((await an.json('GET', `${MINE}/openings`)).value).toEqual({ openings: [] });
  });

  it('is asked of a room at a time to come and of another profile, with every step', async () => {
    const room = encodeURIComponent('Phòng cô An');
    const { value } = await an.json('GET', `/api/v1/rooms/${room}/verdict?site=facebook.com`);
    expect(value).toMatchObject({ action: 'block', cell: 'K', category: 'mxh', reason: 'category-blocked', mayOpen: true, whyNot: null });
    expect((value['layers'] as Json[]).find((layer) => layer['said'] === 'decides')).toEqual({ layer: 'category', said: 'decides' });
    const tomorrow = new Date(Date.now() + 31 * 3_600_000).toISOString().slice(0, 10);
    expect((await an.json('GET', `/api/v1/rooms/${room}/verdict?site=facebook.com&day=${tomorrow}&time=09:45&profile=giao-vien`)).value).toMatchObject({ action: 'allow', profile: 'giao-vien' });
    const page = (await an.get(`/kiem-tra?phong=${room}&trang=bet365.com`)).body;
    expect(page).toContain('không ai ở trường mở được');
    expect(page).not.toContain('Mở cho phòng này');
    expect((await an.get(`/kiem-tra?phong=${room}&trang=${encodeURIComponent('không phải trang')}`)).body).toContain('Không hiểu «không phải trang»');
    expect((await an.get(`/kiem-tra?phong=${encodeURIComponent('Phòng thầy Bình')}&trang=olm.vn`)).body).toContain('không thuộc quyền của thầy/cô');
  });
});

describe('requests', () => {
  let n = 0;
  /** A pupil of Phòng cô An asks on the block page, and later looks the answer up by its reference: no account anywhere. */
  async function askFor(host: string, reason = 'em cần cho bài 5'): Promise<{ ref: string; answer: () => Promise<string> }> {
    const ref = `ABC2${String((n += 1)).padStart(2, '2')}`;
    const body = new URLSearchParams({ host, ref, profile: 'thcs', category: 'mxh', reason });
    const sent = await fetch(`http://127.0.0.1:${gateway.pagesPort}/yeu-cau`, { method: 'POST', body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    expect(sent.status).toBe(200);
    const given = /yeu-cau\/([0-9A-Z]{6})/.exec(await sent.text())?.[1] ?? '';
    return { ref: given, answer: async () => (await fetch(`http://127.0.0.1:${gateway.pagesPort}/yeu-cau/${given}`)).text() };
  }

  it('is approved until an end: opened for the room, said to the pupil, taken back by undo', async () => {
    const asked = await askFor('facebook.com');
    expect((await an.open('/yeu-cau')).body).toContain('em cần cho bài 5');
    expect((await an.open('/phong')).body).toContain('yêu cầu mở trang đang chờ');
    // not of another teacher's rooms: neither seen nor answered
    expect((await binh.open('/yeu-cau')).body).not.toContain('facebook.com');
    expect((await binh.get(`/yeu-cau/${asked.ref}`)).status).toBe(404);
    for (const what of ['approve', 'refuse']) expect((await binh.json('POST', `/api/v1/requests/${asked.ref}/${what}`, { until: '45', why: 'sau-gio' })).status, what).not.toBe(200);
    expect((await binh.json('POST', `/api/v1/requests/${asked.ref}/approve`, { until: '45' })).status).toBe(404);
    const whole = (await an.get(`/yeu-cau/${asked.ref}`)).body;
    expect(whole).toContain('Mạng xã hội');
    const approved = await did(an, 'POST', `/api/v1/requests/${asked.ref}/approve`, { until: '45', answer: 'Em xem mục 2 nhé.' });
    expect(approved.value).toMatchObject({ state: 'approved', by: 'gv-an' });
    expect(await mine('facebook.com')).toBe('open');
    expect(await asked.answer()).toMatch(/Đã được duyệt.*Trang mở cho cả phòng đến \d\d:\d\d[^.]*\. Em xem mục 2 nhé\./s);
    expect((await an.json('POST', `/api/v1/requests/${asked.ref}/approve`, { until: '45' })).status).toBe(409);
    await approved.undo();
    expect(await mine('facebook.com')).toBe('category-blocked');
    expect(await asked.answer()).toContain('Đang chờ thầy cô xem');
  });

  it('is refused with a ready-made reason or own words; the pupil reads them', async () => {
    const { value } = await an.json('GET', '/api/v1/requests');
    const [waiting] = value['open'] as Json[];
    const ref = String(waiting?.['ref']);
    expect((await an.json('POST', `/api/v1/requests/${ref}/refuse`, { why: 'khac' })).value).toMatchObject({ fields: { words: 'Hãy viết một câu để em hiểu vì sao chưa mở.' } });
    expect((await an.json('POST', `/api/v1/requests/${ref}/refuse`, { why: 'x' })).value).toMatchObject({ fields: { why: 'Hãy chọn một lý do để em hiểu.' } });
    const form = await an.post('/lam/request.refuse', { ref, why: 'sau-gio', words: 'Hết tiết cô mở cho em.', _back: `/yeu-cau/${ref}` });
    expect([form.status, form.location]).toEqual([303, '/yeu-cau']);
    const answer = await (await fetch(`http://127.0.0.1:${gateway.pagesPort}/yeu-cau/${ref}`)).text();
    expect(answer).toMatch(/Chưa được duyệt.*Em để sau giờ học nhé.*Hết tiết cô mở cho em\./s);
    expect((await an.open('/yeu-cau')).body).toContain('Hoàn tác');
  });

  it('of a hard block can only be refused', async () => {
    const asked = await askFor('bet365.com');
    const answer = await an.json('POST', `/api/v1/requests/${asked.ref}/approve`, { until: '45' });
    expect([answer.status, JSON.stringify(answer.value)]).toEqual([422, expect.stringContaining('bị chặn cứng')]);
    const page = (await an.get(`/yeu-cau/${asked.ref}`)).body;
    expect(page).not.toContain('Mở cho cả phòng');
    expect(page).toContain('không mở được');
    await did(an, 'POST', `/api/v1/requests/${asked.ref}/refuse`, { why: 'chan-cung' });
  });
});

describe('handing over', () => {
  it('lets another teacher switch the room until the end, and undo takes it back with the lesson', async () => {
    await did(an, 'POST', `${MINE}/lesson`, { profile: 'thpt', until: '60' });
    expect((await binh.json('POST', `${MINE}/pause`, { until: '5' })).status).toBe(404);
    const over = await did(an, 'POST', `${MINE}/hand-over`, { to: 'gv-binh', until: '45' });
    expect(over.value).toMatchObject({ to: 'gv-binh' });
    expect(await now(binh)).toMatchObject({ name: 'Phòng cô An', by: 'gv-binh', profile: 'thpt' });
    expect((await an.open(`/phong/${encodeURIComponent('Phòng cô An')}`)).body).toContain('Đang bàn giao cho gv-binh');
    await over.undo();
    expect(await now(binh)).toEqual({});
    expect(await now()).toMatchObject({ by: 'gv-an', profile: 'thpt' });
    for (const [to, sentence] of [['gv-an', 'thầy cô khác'], ['quantri', 'tài khoản giáo viên'], ['khong-co', 'tài khoản giáo viên']]) {
      expect(JSON.stringify((await an.json('POST', `${MINE}/hand-over`, { to, until: '45' })).value), to).toContain(sentence);
    }
    await did(an, 'DELETE', `${MINE}/lesson`);
  });
});

describe('saved lists', () => {
  it('are made, used, edited, shared, copied and removed; only the owner changes one', async () => {
    const made = await did(an, 'POST', '/api/v1/site-lists', { name: 'Bài 5 Toán', hosts: ['https://www.olm.vn/bai-5', 'azota.vn, vidu-rieng.vn'], subject: 'Toán', grade: 8 });
    expect(made.value).toMatchObject({ name: 'Bài 5 Toán', owner: 'gv-an', shared: false, grade: 8, hosts: ['olm.vn', 'azota.vn', 'vidu-rieng.vn'] });
    const id = String(made.value['id']);
    // not shared: not there for others
    expect((await binh.get(`/danh-sach-trang/${id}`)).status).toBe(404);
    expect((await binh.json('POST', `/api/v1/site-lists/${id}/copy`, {})).status).toBe(404);
    expect((await binh.json('POST', `${rooms('Phòng thầy Bình')}/focus`, { list: Number(id), until: '45' })).value).toMatchObject({ fields: { list: expect.stringContaining('Không còn danh sách này') as string } });
    const focus = await did(an, 'POST', `${MINE}/focus`, { list: Number(id), until: '45' });
    expect(await now()).toMatchObject({ list: 'Bài 5 Toán', hosts: ['olm.vn', 'azota.vn', 'vidu-rieng.vn'] });
    const set = await did(an, 'PUT', `/api/v1/site-lists/${id}`, { name: 'Bài 5 Toán 8', hosts: ['olm.vn'], shared: true });
    // a lesson at work keeps its hosts
    expect(await mine('azota.vn')).toBe('open');
    await set.undo();
    expect(((await an.json('GET', '/api/v1/site-lists')).value['lists'] as Json[])[0]).toMatchObject({ name: 'Bài 5 Toán', shared: false, subject: 'Toán', grade: 8 });
    await did(an, 'PUT', `/api/v1/site-lists/${id}`, { name: 'Bài 5 Toán', hosts: ['olm.vn', 'azota.vn'], shared: true });
    expect((await focus.undo())['code']).toBeUndefined();
    await did(an, 'DELETE', `${MINE}/lesson`);

    expect((await binh.open('/danh-sach-trang?tim=toan')).body).toContain('Bài 5 Toán');
    for (const [method, body] of [['PUT', { name: 'x', hosts: ['olm.vn'] }], ['DELETE', undefined]] as const) expect((await binh.json(method, `/api/v1/site-lists/${id}`, body)).status, method).toBe(403);
    const copy = await did(binh, 'POST', `/api/v1/site-lists/${id}/copy`, {});
    expect(copy.value).toMatchObject({ owner: 'gv-binh', shared: false, hosts: ['olm.vn', 'azota.vn'] });
    expect((await did(binh, 'POST', `/api/v1/site-lists/${id}/copy`, {})).value).toMatchObject({ name: 'Bài 5 Toán (2)' });
    const gone = await did(an, 'DELETE', `/api/v1/site-lists/${id}`);
    expect(JSON.stringify((await an.json('GET', '/api/v1/site-lists')).value)).not.toContain('gv-an');
    await gone.undo();
    const page = (await an.open(`/danh-sach-trang/${id}`)).body;
    expect(page).toContain('khôi phục danh sách');
  });

  it('says what is wrong with each line, keeps what was typed, saves nothing', async () => {
    const before = (await an.json('GET', '/api/v1/site-lists')).value;
    const typed = 'olm.vn\nedu.vn\nToán lớp 5\nhttp://a b.vn\n=azota.vn';
    const form = await an.post('/lam/site-list.add', { name: 'Bài 6', hosts: typed, _back: '/danh-sach-trang' });
    expect(form.status).toBe(422);
    for (const part of ['«edu.vn» là đuôi chung', 'Không hiểu «Toán lớp 5»']) expect(form.body).toContain(part);
    expect(form.body).toContain('=azota.vn');
    expect(form.body).not.toMatch(/Không hiểu «olm\.vn»/);
    expect((await an.json('GET', '/api/v1/site-lists')).value).toEqual(before);
  });
});

describe('what is typed', () => {
  const until45 = { until: '45' };
  it.each<[string, string, string, Json | undefined, number, string]>([
    ['no end', 'POST', `${MINE}/pause`, {}, 422, 'until'],
    ['an end that is none', 'POST', `${MINE}/pause`, { until: 'mai' }, 422, 'until'],
    ['a time that is none', 'POST', `${MINE}/exam`, { until: 'clock', clock: '25:00' }, 422, 'clock'],
    ['a time left out', 'POST', `${MINE}/focus`, { hosts: ['olm.vn'], until: 'clock' }, 422, 'clock'],
    ['nothing to focus on', 'POST', `${MINE}/focus`, until45, 422, 'hosts'],
    ['a site that is none', 'POST', `${MINE}/focus`, { ...until45, hosts: ['http://'] }, 422, 'hosts'],
    ['a suffix of many', 'POST', `${MINE}/exam`, { ...until45, hosts: ['vn'] }, 422, 'hosts'],
    ['a list that is not there', 'POST', `${MINE}/exam`, { ...until45, list: 999 }, 422, 'list'],
    ['too many sites', 'POST', `${MINE}/focus`, { ...until45, hosts: Array.from({ length: 301 }, (_, i) => `a${i}.vn`) }, 422, 'hosts'],
    ['a suffix opened', 'POST', `${MINE}/openings`, { ...until45, host: 'edu.vn' }, 422, 'host'],
    ['a path without a site', 'POST', `${MINE}/openings`, { ...until45, host: '/bai-5' }, 422, 'host'],
    ['an empty site', 'POST', `${MINE}/openings`, { ...until45, host: '  ' }, 422, 'host'],
    ['markup for a site', 'POST', `${MINE}/openings`, { ...until45, host: '<script>alert(1)</script>' }, 422, 'host'],
    ['a reason without end', 'POST', `${MINE}/openings`, { ...until45, host: 'facebook.com', reason: 'x'.repeat(201) }, 422, 'reason'],
    ['an id that is none', 'DELETE', `${MINE}/openings/x`, undefined, 422, 'id'],
    ['a field too many', 'POST', `${MINE}/openings`, { ...until45, host: 'facebook.com', zone: 'Phòng thầy Bình' }, 422, 'zone'],
    ['a list without a name', 'POST', '/api/v1/site-lists', { name: ' ', hosts: ['olm.vn'] }, 422, 'name'],
    ['a list without sites', 'POST', '/api/v1/site-lists', { name: 'Bài 9', hosts: [] }, 422, 'hosts'],
    ['a grade that is none', 'POST', '/api/v1/site-lists', { name: 'Bài 9', hosts: ['olm.vn'], grade: 13 }, 422, 'grade'],
    ['a name that is taken', 'POST', '/api/v1/site-lists', { name: 'bài 5 toán', hosts: ['olm.vn'] }, 422, 'name'],
    ['a name of controls', 'POST', '/api/v1/site-lists', { name: 'Bài\u202e9', hosts: ['olm.vn'] }, 422, ''],
    ['a request that is not there', 'POST', '/api/v1/requests/ZZZZZZ/approve', until45, 404, ''],
    ['a day that is none', 'GET', `${MINE}/verdict?site=olm.vn&day=2026-02-30&time=08:00`, undefined, 422, 'day'],
    ['a day long past', 'GET', `${MINE}/verdict?site=olm.vn&day=2020-01-01&time=08:00`, undefined, 422, 'day'],
    ['a day without a time', 'GET', `${MINE}/verdict?site=olm.vn&day=2027-01-04`, undefined, 422, 'time'],
    ['a profile that is none', 'GET', `${MINE}/verdict?site=olm.vn&profile=x`, undefined, 422, 'profile'],
  ])('%s: one sentence, nothing half-saved', async (_what, method, path, body, status, field) => {
    const state = async (): Promise<string> => JSON.stringify([(await now())['kind'], (await an.json('GET', `${MINE}/openings`)).value, (await an.json('GET', '/api/v1/site-lists')).value]);
    const before = await state();
    const answer = await an.json(method, path, body);
    expect(answer.status, JSON.stringify(answer.value)).toBe(status);
    const sentence = String(answer.value['detail']);
    expect(sentence).toMatch(/^[\p{Lu}«][^\n]{8,}\.$/u);
    expect(sentence).not.toMatch(/Error|undefined|\bat .*:\d+/);
    if (field !== '') expect(Object.keys(answer.value['fields'] as Json)).toContain(field);
    expect(await state()).toBe(before);
  });

  it('a stranger to a room gets the same answer as for one that is not there, whatever the action', async () => {
    const other = createClient(gateway.consolePort);
    expect((await other.json('POST', `${MINE}/pause`, { until: '5' })).status).toBe(401);
    for (const [method, tail, body] of [['POST', 'pause', { until: '5' }], ['POST', 'focus', { until: '5', hosts: ['olm.vn'] }], ['POST', 'exam', { until: '5' }], ['POST', 'openings', { until: '5', host: 'facebook.com' }], ['POST', 'hand-over', { until: '5', to: 'gv-chi' }], ['GET', 'openings', undefined], ['GET', 'verdict?site=olm.vn', undefined]] as const) {
      const theirs = await binh.json(method, `${MINE}/${tail}`, body);
      const none = await binh.json(method, `${rooms('Không có')}/${tail}`, body);
      expect(theirs.status, tail).toBe(404);
      expect(theirs.value, tail).toEqual(none.value);
    }
    expect((await binh.get(`/phong/${encodeURIComponent('Phòng cô An')}`)).status).toBe(404);
  });
});
