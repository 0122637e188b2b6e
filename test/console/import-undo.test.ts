/** Imports taken back: rooms and accounts as they were to the row, nothing half done, refused once somebody has worked on what was imported. */
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import type { Store } from '../../src/store/rows.js';
import { PASSWORD, testConsole, type TestConsole, type Visitor } from '../support/console-app.js';
import { zone } from '../store/fixture.js';

const ADMIN = { kind: 'cli', name: 'test' } as const;

/** What a school has, row by row, but for how often an account was changed and the trail. */
function school(store: Store): unknown {
  const db = new Database(store.path, { readonly: true });
  try {
    return [
      db.prepare('SELECT name, profile, cidrs, macs, port, login_name, timetable FROM zone ORDER BY name').all(),
      db.prepare('SELECT z.name, r.user FROM room_teacher r JOIN zone z ON z.id = r.zone ORDER BY 1, 2').all(),
      db.prepare('SELECT name, role, created_ms, disabled, hash, one_time_until FROM user ORDER BY name').all(),
    ];
  } finally {
    db.close();
  }
}

async function start(): Promise<{ app: TestConsole; admin: Visitor }> {
  const app = testConsole();
  const { policies, accounts } = app.store;
  for (const name of ['co.lan', 'thay.nam']) await accounts.addUser(name, 'teacher', PASSWORD, ADMIN);
  policies.addZone(zone('Phòng máy 1', { cidrs: ['10.1.0.0/16'], port: 3140 }), ADMIN);
  policies.addZone(zone('Phòng máy 2', { cidrs: ['10.2.0.0/16'], macs: ['aa:bb:cc:dd:ee:01'] }), ADMIN);
  policies.addZone(zone('Thư viện', { profile: 'lop-4-5' }), ADMIN);
  policies.setRoomTeachers('Phòng máy 1', ['co.lan'], ADMIN);
  return { app, admin: await app.signIn('it-admin') };
}

/** Two rooms change their ranges, one its port and teachers; two are new, one is as it was. */
const ROOMS = ['Tên phòng;Hồ sơ lọc;Dải địa chỉ;MAC;Cổng riêng;Thầy cô', 'Phòng máy 1;thpt;10.2.0.0/16;;;thay.nam', 'PHÒNG MÁY 2;thcs;10.1.0.0/16;aa:bb:cc:dd:ee:01;3140;', 'Thư viện;lop-4-5;;;;', 'Phòng 6A;thcs;10.6.1.0/24;;;', 'Phòng 6B;thcs;10.6.2.0/24;;;co.lan'].join('\n');
const PEOPLE = ['Tài khoản;Vai trò;Phòng', 'co.mai;giáo viên;Phòng máy 2', 'thay.son;quản trị;', 'co.lan;tư vấn;', 'thay.nam;giáo viên;Phòng máy 1'].join('\n');
const NO_NEW = ['Tài khoản;Vai trò;Phòng', 'co.lan;tư vấn;', 'thay.nam;giáo viên;Phòng máy 1, Phòng máy 2'].join('\n');

const tokenOf = (page: string): string => /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '';

async function bring(admin: Visitor, kind: 'rooms' | 'people', csv: string): Promise<{ status: number; body: string; location: string }> {
  return admin.post(`/lam/import.${kind}`, { csv, _back: '/quan-tri/nhap', _password: PASSWORD });
}

describe('an import of rooms', () => {
  it('goes back to the row within ten seconds, ranges that changed hands too', async () => {
    const { app, admin } = await start();
    const before = school(app.store);
    const done = await bring(admin, 'rooms', ROOMS);
    expect(done).toMatchObject({ status: 303, location: '/quan-tri/phong' });
    expect(app.store.policies.zones().map(({ name, cidrs }) => `${name} ${cidrs.join()}`)).toEqual(['Phòng máy 1 10.2.0.0/16', 'Phòng máy 2 10.1.0.0/16', 'Thư viện ', 'Phòng 6A 10.6.1.0/24', 'Phòng 6B 10.6.2.0/24']);
    const page = (await admin.get('/quan-tri/phong')).body;
    expect(page).toContain('Đã thêm 2 phòng, sửa 2 phòng.');
    const applied = app.applied();
    await admin.post('/hoan-tac', { token: tokenOf(page), _back: '/quan-tri/phong' });
    expect(school(app.store)).toEqual(before);
    expect(app.applied()).toBe(applied + 1);
    expect((await admin.get('/quan-tri/phong')).body).toContain('Đã hoàn tác.');
    expect(app.store.audit.verify().firstBad).toBeNull();
  });

  it.each<[string, (app: TestConsole) => void]>([
    ['a room that was imported has another profile', ({ store }) => void store.policies.setZone('Phòng 6A', { profile: 'thpt' }, ADMIN)],
    ['a room that was imported has other teachers', ({ store }) => store.policies.setRoomTeachers('Phòng 6A', ['thay.nam'], ADMIN)],
    ['a room that was imported has another name', ({ store }) => void store.policies.renameZone('Phòng 6A', 'Phòng 7A', ADMIN)],
    ['a room that was imported is gone', ({ store }) => void store.policies.removeZone('Phòng 6B', ADMIN)],
    ['a lesson has begun in a new room', ({ store, clock }) => void store.policies.startLesson({ zone: 'Phòng 6A', profile: 'thpt', fromMs: clock.ms, untilMs: clock.ms + 60_000, by: 'co.lan' }, ADMIN)],
    ['a site was opened in a new room', ({ store, clock }) => void store.policies.addOpening({ zone: 'Phòng 6A', entry: 'a.vn', fromMs: clock.ms, untilMs: clock.ms + 60_000, by: 'co.lan', reason: null }, ADMIN)],
    ['a new room was handed over', ({ store, clock }) => void store.rooms.handOver('Phòng 6B', 'co.lan', 'thay.nam', clock.ms + 60_000, clock.ms, ADMIN)],
    ['a teacher it had is gone', ({ store }) => void store.accounts.removeUser('co.lan', ADMIN)],
  ])('stays, all of it, when %s', async (_what, meddle) => {
    const { app, admin } = await start();
    await bring(admin, 'rooms', ROOMS);
    const token = tokenOf((await admin.get('/quan-tri/phong')).body);
    meddle(app);
    const held = school(app.store);
    const records = app.store.audit.ends().head.seq;
    await admin.post('/hoan-tac', { token, _back: '/quan-tri/phong' });
    expect(school(app.store)).toEqual(held);
    expect(app.store.audit.ends().head.seq).toBe(records);
    expect((await admin.get('/quan-tri/phong')).body).toMatch(/class="flash refused"/);
  });

  it('stays when ten seconds have passed, and a token is good once and for its own session', async () => {
    const { app, admin } = await start();
    await bring(admin, 'rooms', ROOMS);
    const token = tokenOf((await admin.get('/quan-tri/phong')).body);
    const held = school(app.store);
    const other = await app.signIn('it-admin', 'quantri2');
    const withOther = school(app.store);
    await other.post('/hoan-tac', { token, _back: '/quan-tri/phong' });
    expect(school(app.store)).toEqual(withOther);
    app.clock.ms += 12_000;
    await admin.post('/hoan-tac', { token, _back: '/quan-tri/phong' });
    expect(school(app.store)).toEqual(withOther);
    expect(held).not.toEqual(withOther);
  });
});

describe('an import of accounts', () => {
  it('without new ones goes back within ten seconds', async () => {
    const { app, admin } = await start();
    const before = school(app.store);
    expect(await bring(admin, 'people', NO_NEW)).toMatchObject({ status: 303, location: '/quan-tri/tai-khoan' });
    expect(school(app.store)).not.toEqual(before);
    const page = (await admin.get('/quan-tri/tai-khoan')).body;
    await admin.post('/hoan-tac', { token: tokenOf(page), _back: '/quan-tri/tai-khoan' });
    expect(school(app.store)).toEqual(before);
    expect((await admin.get('/quan-tri/nhap')).body).not.toContain('Lần nhập vừa rồi');
  });

  it('with new ones answers with the passwords, and can be taken back for half an hour from the page of imports', async () => {
    const { app, admin } = await start();
    const before = school(app.store);
    const file = await bring(admin, 'people', PEOPLE);
    expect(file.status).toBe(200);
    expect(file.body).toContain('co.mai');
    app.clock.ms += 10 * 60_000;
    const page = (await admin.get('/quan-tri/nhap')).body;
    expect(page).toContain('Lần nhập vừa rồi');
    expect(page).toContain('2 tài khoản mới');
    expect((await (await app.signIn('it-admin', 'quantri2')).get('/quan-tri/nhap')).body).not.toContain('Lần nhập vừa rồi');
    app.store.accounts.removeUser('quantri2', ADMIN);
    await admin.post('/lam/import.take-back', { _back: '/quan-tri/nhap' });
    expect(school(app.store)).toEqual(before);
    const told = (await admin.get('/quan-tri/nhap')).body;
    expect(told).toContain('Tệp mật khẩu đã tải không dùng được nữa');
    expect(told).not.toContain('Lần nhập vừa rồi');
    expect((await admin.post('/lam/import.take-back', { _back: '/quan-tri/nhap' })).status).toBe(404);
  });

  it.each<[string, (app: TestConsole) => void | Promise<void>]>([
    ['one has signed in', async (app) => void (await app.signIn('teacher', 'co.mai'))],
    ['one has set a password', async ({ store }) => void (await store.accounts.setUser('co.mai', { password: 'Mật khẩu của tôi 2026' }, ADMIN))],
    ['one got another one-time password', async ({ store, clock }) => void (await store.accounts.setUser('co.mai', { password: 'Mật khẩu khác 2026', oneTimeUntilMs: clock.ms + 99 }, ADMIN))],
    ['one is disabled', async ({ store }) => void (await store.accounts.setUser('co.mai', { disabled: true }, ADMIN))],
    ['one was given a room', ({ store }) => void store.rooms.addRoom('co.mai', 'Thư viện', ADMIN)],
    ['an old one has another role again', ({ store }) => void store.accounts.setRole('co.lan', 'auditor', ADMIN)],
    ['an old one is gone', ({ store }) => void store.accounts.removeUser('thay.nam', ADMIN)],
  ])('stays, all of it, when %s', async (_what, meddle) => {
    const { app, admin } = await start();
    await bring(admin, 'people', PEOPLE);
    await meddle(app);
    const held = school(app.store);
    const records = app.store.audit.ends().head.seq;
    const refused = await admin.post('/lam/import.take-back', { _back: '/quan-tri/nhap' });
    expect(refused.status).toBe(409);
    expect(refused.body).toMatch(/không hoàn tác|không bỏ lần nhập được/);
    expect(school(app.store)).toEqual(held);
    expect(app.store.audit.ends().head.seq).toBe(records);
  });

  it('stays when half an hour has passed', async () => {
    const { app, admin } = await start();
    await bring(admin, 'people', PEOPLE);
    app.clock.ms += 10 * 60_000;
    await admin.get('/tai-khoan');
    app.clock.ms += 10 * 60_000;
    await admin.get('/tai-khoan');
    app.clock.ms += 10 * 60_000;
    expect((await admin.get('/quan-tri/nhap')).body).not.toContain('Lần nhập vừa rồi');
    expect((await admin.post('/lam/import.take-back', { _back: '/quan-tri/nhap' })).status).toBe(404);
  });
});
