/** A room is renamed in the console, by the API and by the command: pages and scripts that say the old name go on, history is told whole, ten seconds to take it back. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { testConsole } from '../support/console-app.js';
import { firstAdmin, PASSWORD, signIn, type Client } from '../support/console.js';
import { startTestGateway, until, type TestGateway } from '../support/gateway.js';
import { zone } from '../store/fixture.js';

const ADMIN = { kind: 'cli', name: 'test' } as const;
const enc = encodeURIComponent;

describe('the form of a room', () => {
  const form = { zone: 'Phòng máy 1', profile: 'thcs', cidrs: '10.1.0.0/16', _back: `/quan-tri/phong/${enc('Phòng máy 1')}` };

  it('renames with everything else in one change, and takes all of it back', async () => {
    const app = testConsole();
    app.store.policies.addZone(zone('Phòng máy 1', { cidrs: ['10.1.0.0/16'] }), ADMIN);
    const before = app.store.policies.zones();
    const admin = await app.signIn('it-admin');
    const done = await admin.post('/lam/zone.set', { ...form, name: 'Phòng Tin A', profile: 'thpt' });
    expect(done).toMatchObject({ status: 303, location: `/quan-tri/phong/${enc('Phòng Tin A')}` });
    const page = (await admin.get(done.location)).body;
    expect(page).toContain('Phòng máy 1 nay tên là Phòng Tin A.');
    // by its old address, and with what happened under the old name
    const old = (await admin.get(form._back)).body;
    expect(old).toContain('value="Phòng Tin A"');
    for (const words of ['đổi tên phòng', 'Tên: Phòng máy 1 → Phòng Tin A', 'thêm phòng']) expect(old, words).toContain(words);
    await admin.post('/hoan-tac', { token: /name="token" value="([^"]+)"/.exec(page)?.[1] ?? '', _back: done.location });
    expect(app.store.policies.zones()).toEqual(before);
    expect((await admin.get(done.location)).body).toContain('value="Phòng máy 1"');
  });

  it.each([['Thư viện', 'Đã có phòng tên'], ['thư VIỆN', 'Đã có phòng tên'], ['<script>', 'không dùng được'], ['x'.repeat(65), 'quá']])('says beside the field why not %j, and changes nothing', async (name, words) => {
    const app = testConsole();
    app.store.policies.addZone(zone('Phòng máy 1', { cidrs: ['10.1.0.0/16'] }), ADMIN);
    app.store.policies.addZone(zone('Thư viện'), ADMIN);
    const before = app.store.policies.zones();
    const answer = await (await app.signIn('it-admin')).post('/lam/zone.set', { ...form, name, profile: 'thpt' });
    expect([409, 422]).toContain(answer.status);
    const field = /<div class="field is-wrong"><label[^>]*>Tên phòng<\/label>.*?<\/div>/.exec(answer.body)?.[0] ?? '';
    expect(field).toContain(words);
    expect(app.store.policies.zones()).toEqual(before);
  });

  it('does not take back what somebody has changed since: the name, the teachers, the rest', async () => {
    for (const meddle of [
      (store: ReturnType<typeof testConsole>['store']) => void store.policies.renameZone('Phòng Tin A', 'Phòng Tin B', ADMIN),
      (store: ReturnType<typeof testConsole>['store']) => store.policies.setRoomTeachers('Phòng Tin A', ['co.lan'], ADMIN),
      (store: ReturnType<typeof testConsole>['store']) => void store.policies.setZone('Phòng Tin A', { profile: 'lop-1-3' }, ADMIN),
      (store: ReturnType<typeof testConsole>['store']) => store.policies.addZone(zone('Phòng máy 1'), ADMIN),
    ]) {
      const app = testConsole();
      await app.store.accounts.addUser('co.lan', 'teacher', PASSWORD, ADMIN);
      app.store.policies.addZone(zone('Phòng máy 1', { cidrs: ['10.1.0.0/16'] }), ADMIN);
      const admin = await app.signIn('it-admin');
      const { location } = await admin.post('/lam/zone.set', { ...form, name: 'Phòng Tin A' });
      const token = /name="token" value="([^"]+)"/.exec((await admin.get(location)).body)?.[1] ?? '';
      meddle(app.store);
      const held = [app.store.policies.zones(), [...app.store.policies.roomTeachers()], app.store.audit.ends().head.seq];
      await admin.post('/hoan-tac', { token, _back: '/quan-tri/phong' });
      expect([app.store.policies.zones(), [...app.store.policies.roomTeachers()], app.store.audit.ends().head.seq]).toEqual(held);
      expect((await admin.get('/quan-tri/phong')).body).toContain('flash refused');
    }
  });
});

describe('a running gateway', () => {
  let gateway: TestGateway;
  let admin: Client;
  let lan: Client;
  beforeAll(async () => {
    gateway = await startTestGateway({});
    admin = (await firstAdmin(gateway)).client;
    for (const [name, role] of [['co.lan', 'teacher'], ['thay.nam', 'teacher'], ['kiem.tra', 'auditor']] as const) await gateway.cli('users', 'add', name, '--role', role, '--password', PASSWORD);
    await gateway.cli('zones', 'add', 'Phòng máy 1', '--profile', 'thcs', '--cidr', '127.0.0.0/8');
    await gateway.cli('users', 'rooms', 'co.lan', '--add', 'Phòng máy 1');
    lan = await signIn(gateway, 'co.lan');
  }, 120_000);
  afterAll(() => gateway?.end());

  it('goes on in the middle of a lesson: the teacher’s open page, the lesson, the devices seen, the old name in scripts', async () => {
    const seen = async (): Promise<unknown> => ((await lan.json('GET', '/api/v1/rooms')).value['rooms'] as { name: string; devices: unknown }[])[0];
    await fetch(`http://127.0.0.1:${gateway.pagesPort}/healthz`);
    const through = await gateway.cli('lesson', 'start', '--zone', 'Phòng máy 1', '--profile', 'thpt', '--until', '45m');
    expect(through.code).toBe(0);
    const renamed = await gateway.cli('zones', 'set', 'Phòng máy 1', '--rename', 'Phòng Tin A', '--json');
    expect(renamed).toMatchObject({ code: 0 });
    expect(JSON.parse(renamed.out)).toMatchObject({ name: 'Phòng Tin A', cidrs: ['127.0.0.0/8'] });
    await until(async () => ((await seen()) as { name: string }).name === 'Phòng Tin A', 5_000, 'the policy in force says the new name');
    const page = await lan.get(`/phong/${enc('Phòng máy 1')}`);
    expect(page.status).toBe(200);
    expect(page.body).toContain('Phòng Tin A');
    // her phone still says the old name
    const ended = await lan.json('DELETE', `/api/v1/rooms/${enc('Phòng máy 1')}/lesson`);
    expect(ended).toMatchObject({ status: 200, value: { room: 'Phòng Tin A', ended: true } });
    expect((await gateway.cli('lesson', 'start', '--zone', 'Phòng máy 1', '--profile', 'thpt', '--until', '45m')).code).toBe(0);
    expect((await gateway.cli('lesson', 'list')).out).toContain('Phòng Tin A');
    // another teacher's room is not there, by either name
    const nam = await signIn(gateway, 'thay.nam');
    for (const name of ['Phòng máy 1', 'Phòng Tin A']) expect((await nam.json('DELETE', `/api/v1/rooms/${enc(name)}/lesson`)).status, name).toBe(404);
  }, 120_000);

  it('is found in the trail by either name, and the chain holds', async () => {
    const auditor = await signIn(gateway, 'kiem.tra');
    for (const object of ['phong may 1', 'phong tin a']) {
      const { value } = await auditor.json('GET', `/api/v1/audit?object=${enc(object)}&what=rooms`);
      expect(JSON.stringify(value), object).toContain('zone.rename');
    }
    expect((await auditor.json('GET', '/api/v1/audit/verify')).value).toMatchObject({ whole: true });
  }, 60_000);

  it('by the API: a new name, refused where it is taken; the command says so too', async () => {
    await gateway.cli('zones', 'add', 'Thư viện', '--profile', 'thcs');
    expect(await admin.json('PUT', `/api/v1/zones/${enc('Phòng Tin A')}`, { profile: 'thcs', cidrs: ['127.0.0.0/8'], name: 'Phòng Tin B', teachers: ['co.lan'] })).toMatchObject({ status: 200, value: { name: 'Phòng Tin B' } });
    expect((await admin.json('PUT', `/api/v1/zones/${enc('Phòng Tin B')}`, { profile: 'thcs', name: 'THƯ viện' })).status).toBe(409);
    expect((await gateway.cli('zones', 'set', 'Phòng Tin B', '--rename', 'thư viện', '--profile', 'thpt'))).toMatchObject({ code: 1 });
    expect((await gateway.cli('zones', 'set', 'Phòng Tin B', '--rename', ' / '))).toMatchObject({ code: 2 });
    const { zones } = (await admin.json('GET', '/api/v1/zones')).value as { zones: { name: string; profile: string; teachers: string[] }[] };
    expect(zones).toMatchObject([{ name: 'Phòng Tin B', profile: 'thcs', teachers: ['co.lan'] }, { name: 'Thư viện' }]);
  }, 60_000);
});
