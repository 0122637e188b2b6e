/**
 * Route × role, over real TLS. Every route the console has stands in a row here; one without a row fails, and so does a row without a route.
 * A row says which roles may; whoever may not gets 403, whoever is not signed in is sent to sign in (pages) or gets 401 (API).
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTIONS } from '../../src/console/actions/all.js';
import { PAGES } from '../../src/console/pages/all.js';
import type { Role } from '../../src/store/rows.js';
import { createClient, enrol, firstAdmin, PASSWORD, signIn, type Client } from '../support/console.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

const ALL: readonly Role[] = ['it-admin', 'teacher', 'head', 'counsellor', 'auditor'];

const PAGE_ROWS: Readonly<Record<string, readonly Role[]>> = {
  '/phong': ['it-admin', 'teacher'],
  '/ho-so': ['it-admin', 'head'],
  '/ho-so/:profile/:category': ['it-admin', 'head'],
  '/https': ['it-admin', 'head'],
  '/duyet': ['it-admin', 'head'],
  '/phong/:room': ['it-admin', 'teacher'],
  '/yeu-cau': ['it-admin', 'teacher'],
  '/yeu-cau/:ref': ['it-admin', 'teacher'],
  '/danh-sach-trang': ['it-admin', 'teacher'],
  '/danh-sach-trang/:id': ['it-admin', 'teacher'],
  '/kiem-tra': ['it-admin', 'teacher'],
  '/vi-sao': ['it-admin'],
  '/tong-quan': ['it-admin', 'head'],
  '/suc-khoe': ['it-admin', 'head'],
  '/chan-nham': ['it-admin', 'head'],
  '/quy-tac': ['it-admin', 'head'],
  '/danh-sach': ['it-admin', 'head'],
  '/danh-sach/:name': ['it-admin', 'head'],
  '/nhap-danh-sach': ['it-admin'],
  '/nhap-danh-sach/:id': ['it-admin'],
  '/huong-dan': ['it-admin', 'teacher'],
  '/ma-truy-cap': ['it-admin'],
  '/quan-tri/thiet-lap': ['it-admin'],
  '/quan-tri/thiet-lap/:step': ['it-admin'],
  '/quan-tri/phong': ['it-admin'],
  '/quan-tri/phong/:room': ['it-admin'],
  '/quan-tri/gio-hoc': ['it-admin'],
  '/quan-tri/tai-khoan': ['it-admin'],
  '/quan-tri/tai-khoan/:name': ['it-admin'],
  '/quan-tri/chung-chi': ['it-admin'],
  '/quan-tri/nhap': ['it-admin'],
  '/quan-tri/sao-luu': ['it-admin'],
  '/xem-truc-tiep': ['it-admin'],
  '/viec/:id': ['it-admin', 'teacher', 'head'],
  '/tu-van': ['counsellor'],
  '/kiem-toan': ['auditor'],
  '/kiem-toan/xac-minh': ['auditor'],
  '/kiem-toan/:seq': ['auditor'],
  '/tro-giup': ALL,
  '/tro-giup/to-huong-dan/:tier': ALL,
  '/tro-giup/thu-cha-me': ALL,
  '/tai-khoan': ALL,
};

const ACTION_ROWS: Readonly<Record<string, readonly Role[]>> = {
  'account.show': ALL,
  'account.password': ALL,
  'account.end-session': ALL,
  'account.end-others': ALL,
  'room.list': ['it-admin', 'teacher'],
  'lesson.start': ['it-admin', 'teacher'],
  'lesson.end': ['it-admin', 'teacher'],
  'live.open': ['it-admin'],
  'live.read': ['it-admin'],
  'live.close': ['it-admin'],
  'lesson.focus': ['it-admin', 'teacher'],
  'lesson.exam': ['it-admin', 'teacher'],
  'lesson.pause': ['it-admin', 'teacher'],
  'opening.list': ['it-admin', 'teacher'],
  'opening.add': ['it-admin', 'teacher'],
  'opening.close': ['it-admin', 'teacher'],
  'request.list': ['it-admin', 'teacher'],
  'request.approve': ['it-admin', 'teacher'],
  'request.refuse': ['it-admin', 'teacher'],
  'room.hand-over': ['it-admin', 'teacher'],
  'site-list.list': ['it-admin', 'teacher'],
  'site-list.add': ['it-admin', 'teacher'],
  'site-list.set': ['it-admin', 'teacher'],
  'site-list.copy': ['it-admin', 'teacher'],
  'site-list.remove': ['it-admin', 'teacher'],
  'verdict.explain': ['it-admin', 'teacher'],
  'audit.list': ['auditor'],
  'audit.verify': ['auditor'],
  'audit.export': ['auditor'],
  'ticket.list': ['counsellor'],
  'ticket.answer': ['counsellor'],
  'ticket.close': ['counsellor'],
  'metrics.read': ['it-admin'],
  'profile.list': ['it-admin', 'head'],
  'cell.set': ['it-admin'],
  'cell.reset': ['it-admin'],
  'tls.set': ['it-admin'],
  'tls-exception.list': ['it-admin', 'head'],
  'tls-exception.add': ['it-admin'],
  'tls-exception.remove': ['it-admin'],
  'proposal.list': ['it-admin', 'head'],
  'proposal.approve': ['head'],
  'proposal.reject': ['head'],
  'proposal.withdraw': ['it-admin'],
  'explain.read': ['it-admin'],
  'overview.read': ['it-admin', 'head'],
  'health.read': ['it-admin', 'head'],
  'request.causes': ['it-admin', 'head'],
  'request.allow': ['it-admin'],
  'rule.list': ['it-admin', 'head'],
  'rule.add': ['it-admin'],
  'rule.remove': ['it-admin'],
  'list.status': ['it-admin', 'head'],
  'list.import': ['it-admin'],
  'list.take': ['it-admin'],
  'list.drop': ['it-admin'],
  'list.diff': ['it-admin', 'head'],
  'list.rollback': ['it-admin'],
  'list.remove': ['it-admin'],
  'school.show': ['it-admin', 'head'],
  'school.set': ['it-admin'],
  'doctor.run': ['it-admin'],
  'zone.list': ['it-admin'],
  'zone.add': ['it-admin'],
  'zone.set': ['it-admin'],
  'zone.remove': ['it-admin'],
  'zone.periods': ['it-admin'],
  'zone.window-add': ['it-admin'],
  'zone.window-remove': ['it-admin'],
  'time.show': ['it-admin', 'teacher', 'head'],
  'bells.set': ['it-admin'],
  'term.set': ['it-admin'],
  'term.remove': ['it-admin'],
  'holiday.add': ['it-admin'],
  'holiday.remove': ['it-admin'],
  'makeup.add': ['it-admin'],
  'makeup.remove': ['it-admin'],
  'user.list': ['it-admin'],
  'user.add': ['it-admin'],
  'user.role': ['it-admin'],
  'user.disable': ['it-admin'],
  'user.enable': ['it-admin'],
  'user.reset-password': ['it-admin'],
  'user.reset-totp': ['it-admin'],
  'user.end-sessions': ['it-admin'],
  'user.rooms': ['it-admin'],
  'user.remove': ['it-admin'],
  'ca.status': ['it-admin', 'head'],
  'ca.init': ['it-admin'],
  'ca.rotate': ['it-admin'],
  'ca.export': ['it-admin', 'teacher', 'head'],
  'ca.propose-export': ['it-admin'],
  'ca.export-key': ['it-admin'],
  'backup.download': ['it-admin'],
  'restore.check': ['it-admin'],
  'restore.apply': ['it-admin'],
  'restore.cancel': ['it-admin'],
  'import.template': ['it-admin'],
  'import.preview': ['it-admin'],
  'import.rooms': ['it-admin'],
  'import.people': ['it-admin'],
  'import.cancel': ['it-admin'],
  'import.take-back': ['it-admin'],
  'token.list': ['it-admin'],
  'token.add': ['it-admin'],
  'token.remove': ['it-admin'],
};

/** `:name` and `{name}` parts as something that is not there: the role is asked before the object. */
const filled = (path: string): string => path.replace(/:[a-zA-Z]+|\{[a-zA-Z]+\}/g, 'khong-co');

describe('route × role', () => {
  let gateway: TestGateway;
  const clients = new Map<Role, Client>();

  beforeAll(async () => {
    gateway = await startTestGateway({});
    clients.set('it-admin', (await firstAdmin(gateway)).client);
    for (const role of ALL.slice(1)) {
      expect(await gateway.cli('users', 'add', `nguoi-${role}`, '--role', role, '--password', PASSWORD)).toMatchObject({ code: 0 });
      const client = await signIn(gateway, `nguoi-${role}`);
      if (role === 'head') await enrol(client);
      clients.set(role, client);
    }
  }, 180_000);
  afterAll(() => gateway.end());

  it('has a row for every page and every action, and none too many', () => {
    expect(PAGES.map((page) => page.path).sort()).toEqual(Object.keys(PAGE_ROWS).sort());
    expect(ACTIONS.map((action) => action.name).sort()).toEqual(Object.keys(ACTION_ROWS).sort());
    expect(new Set(ACTIONS.map((action) => `${action.method} ${action.path}`)).size).toBe(ACTIONS.length);
    for (const action of ACTIONS) expect([...action.roles].sort(), action.name).toEqual([...(ACTION_ROWS[action.name] ?? [])].sort());
    for (const page of PAGES) expect([...page.roles].sort(), page.path).toEqual([...(PAGE_ROWS[page.path] ?? [])].sort());
  });

  it('shows an auditor the trail, help and their own account, and nothing of the policy', () => {
    const may = (rows: Readonly<Record<string, readonly Role[]>>): string[] => Object.keys(rows).filter((name) => rows[name]?.includes('auditor') === true);
    expect(may(PAGE_ROWS).every((path) => /^\/(?:kiem-toan|tro-giup|tai-khoan)(?:\/|$)/.test(path)), may(PAGE_ROWS).join()).toBe(true);
    expect(may(ACTION_ROWS).every((name) => /^(?:audit|account)\./.test(name)), may(ACTION_ROWS).join()).toBe(true);
  });

  it.each(Object.entries(PAGE_ROWS))('page %s', async (path, roles) => {
    const stranger = await createClient(gateway.consolePort).get(filled(path));
    expect(stranger.status).toBe(303);
    expect(stranger.location).toMatch(/^\/dang-nhap\?back=/);
    for (const [role, client] of clients) {
      const answer = await client.get(filled(path));
      if (roles.includes(role)) expect([200, 404], `${role} on ${path}`).toContain(answer.status);
      else expect(answer.status, `${role} on ${path}`).toBe(403);
    }
  });

  it.each(Object.entries(ACTION_ROWS))('action %s, as API and as form', async (name, roles) => {
    const action = ACTIONS.find((known) => known.name === name);
    const path = `/api/v1${filled(action?.path ?? '')}`;
    const stranger = createClient(gateway.consolePort);
    expect((await stranger.json(action?.method ?? '', path)).status).toBe(401);
    expect((await stranger.post(`/lam/${name}`, {})).location).toMatch(/^\/dang-nhap/);
    for (const [role, client] of clients) {
      if (roles.includes(role)) continue;
      expect((await client.json(action?.method ?? '', path)).status, role).toBe(403);
      const form = await client.post(`/lam/${name}`, { _back: '/tai-khoan' });
      expect(form.status, role).toBe(action?.method === 'GET' ? 404 : 403);
    }
    // Who may is let as far as the input: no more is sent than a name that is nobody's, so nothing is done.
    for (const role of roles) {
      if (action?.method === 'GET' || !/\{/.test(action?.path ?? '')) continue;
      const { status } = await (clients.get(role) as Client).json(action?.method ?? '', path, action?.method === 'DELETE' ? undefined : {});
      expect([404, 422, 403], `${role} on ${name}`).toContain(status);
    }
  });

  it('takes a change of role and the end of an account into force at once', async () => {
    const client = clients.get('auditor') as Client;
    expect((await client.get('/tai-khoan')).status).toBe(200);
    await gateway.cli('users', 'set', 'nguoi-auditor', '--role', 'counsellor');
    expect((await client.get('/tai-khoan')).location).toMatch(/^\/dang-nhap/);
    const again = await signIn(gateway, 'nguoi-auditor');
    expect((await again.get('/tai-khoan')).status).toBe(200);
    await gateway.cli('users', 'set', 'nguoi-auditor', '--disable');
    expect((await again.get('/tai-khoan')).location).toMatch(/^\/dang-nhap/);
  });
});

describe('own and other rooms', () => {
  it('a teacher sees and switches their own rooms and those that are nobody’s; another’s is not there', async () => {
    const gateway = await startTestGateway({});
    try {
      for (const name of ['gv-an', 'gv-binh']) await gateway.cli('users', 'add', name, '--role', 'teacher', '--password', PASSWORD);
      for (const room of ['Phòng chung', 'Phòng cô An']) await gateway.cli('zones', 'add', room, '--profile', 'thcs');
      await gateway.cli('users', 'rooms', 'gv-an', '--add', 'Phòng cô An');
      const [an, binh] = [await signIn(gateway, 'gv-an'), await signIn(gateway, 'gv-binh')];
      const page = await binh.open('/phong');
      expect(page.body).toContain('Phòng chung');
      expect(page.body).not.toContain('Phòng cô An');
      expect((await an.open('/phong')).body).toContain('Phòng cô An');
      const change = { profile: 'thpt', until: '45' };
      expect((await an.json('POST', `/api/v1/rooms/${encodeURIComponent('Phòng cô An')}/lesson`, change)).status).toBe(200);
      const other = await binh.json('POST', `/api/v1/rooms/${encodeURIComponent('Phòng cô An')}/lesson`, change);
      const missing = await binh.json('POST', `/api/v1/rooms/${encodeURIComponent('Không có')}/lesson`, change);
      expect(other).toMatchObject({ status: 404, value: missing.value });
      expect((await binh.json('DELETE', `/api/v1/rooms/${encodeURIComponent('Phòng cô An')}/lesson`)).status).toBe(404);
      // a role sent along is no field of anything
      expect((await binh.json('POST', `/api/v1/rooms/${encodeURIComponent('Phòng chung')}/lesson`, { ...change, role: 'it-admin' })).status).toBe(422);
    } finally {
      await gateway.end();
    }
    // seven processes and as many password hashes
  }, 120_000);
});
