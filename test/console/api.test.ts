/** `/api/v1` as a school's script meets it: the document against the routes, tokens, faults, undo; and `/metrics`. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTIONS } from '../../src/console/actions/all.js';
import { openApi } from '../../src/console/openapi.js';
import { createClient, firstAdmin, PASSWORD, signIn, type Client } from '../support/console.js';
import { startTestGateway, until, type TestGateway } from '../support/gateway.js';

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required: boolean }[];
  readonly requestBody?: { readonly content: Readonly<Record<string, { readonly schema: { readonly properties: object; readonly required: readonly string[] } }>> };
}
interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

let gateway: TestGateway;
let admin: Client;
const room = encodeURIComponent('Phòng máy 1');

beforeAll(async () => {
  gateway = await startTestGateway({});
  admin = (await firstAdmin(gateway)).client;
  await gateway.cli('users', 'add', 'co-lan', '--role', 'teacher', '--password', PASSWORD);
  await gateway.cli('zones', 'add', 'Phòng máy 1', '--profile', 'thcs');
}, 180_000);
afterAll(() => gateway.end());

/** A token made as the page makes it. */
async function token(actions: readonly string[], purpose = 'thử'): Promise<string> {
  const form = new URLSearchParams({ purpose, days: '30', _back: '/ma-truy-cap' });
  for (const name of actions) form.append('actions', name);
  const made = await admin.send('/lam/token.add', { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: form.toString() });
  expect(made.location).toBe('/ma-truy-cap');
  const shown = await admin.get('/ma-truy-cap');
  const secret = /lt_[A-Za-z0-9_-]{43}/.exec(shown.body)?.[0] ?? '';
  expect(secret).not.toBe('');
  expect((await admin.get('/ma-truy-cap')).body).not.toContain(secret);
  return secret;
}

const withToken = (secret: string): Client => createClient(gateway.consolePort, { headers: { Authorization: `Bearer ${secret}` } });
const bare = { bare: true } as const;

describe('the OpenAPI document', () => {
  it('has an operation for every action and none besides, each with all of its fields', async () => {
    const answer = await createClient(gateway.consolePort).get('/api/v1/openapi.json');
    expect(answer.status).toBe(200);
    const document = JSON.parse(answer.body) as Document;
    expect(document).toEqual(JSON.parse(JSON.stringify(openApi(ACTIONS))));
    expect(document.openapi).toBe('3.1.0');
    const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method, operation })));
    expect(operations.map(({ operation }) => operation.operationId).sort()).toEqual([...ACTIONS.map((action) => action.name), 'undo'].sort());
    for (const { path, method, operation } of operations) {
      expect(operation.summary.length, operation.operationId).toBeGreaterThan(5);
      const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map((match) => match[1]);
      expect((operation.parameters ?? []).filter((parameter) => parameter.in === 'path').map((parameter) => parameter.name), path).toEqual(inPath);
      const action = ACTIONS.find((known) => known.name === operation.operationId);
      if (action === undefined) continue;
      expect(action.method.toLowerCase()).toBe(method);
      const body = operation.requestBody?.content['application/json']?.schema.properties ?? {};
      expect([...(operation.parameters ?? []).map((parameter) => parameter.name), ...Object.keys(body)].sort(), operation.operationId).toEqual(Object.keys(action.input.shape).sort());
    }
  });

  it('every operation is a route: with a token for none of them, each says "not for this"', async () => {
    const nothing = await token(['account.show']);
    for (const action of ACTIONS.filter((known) => known.name !== 'account.show')) {
      const path = `/api/v1${action.path.replace(/\{[^}]+\}/g, '1')}`;
      const answer = await withToken(nothing).send(path, { method: action.method, ...bare });
      expect([answer.status, (JSON.parse(answer.body) as { code: string }).code], action.name).toEqual([403, 'forbidden']);
    }
    expect((await withToken(nothing).send('/api/v1/khong-co', bare)).status).toBe(404);
  });
});

describe('tokens', () => {
  it('do what they name and nothing else, never more than their maker, until their end or revocation', async () => {
    const secret = await token(['room.list', 'lesson.start']);
    const script = withToken(secret);
    const list = await script.json('GET', '/api/v1/rooms');
    expect(list).toMatchObject({ status: 200, value: { rooms: [{ name: 'Phòng máy 1', profile: 'thcs', because: 'own', until: null, devices: { kind: 'none' } }] } });
    const started = await script.send(`/api/v1/rooms/${room}/lesson`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ profile: 'thpt', until: '45' }), ...bare });
    expect([started.status, JSON.parse(started.body)]).toMatchObject([200, { room: 'Phòng máy 1', profile: 'thpt' }]);
    expect((await script.json('GET', '/api/v1/rooms')).value).toMatchObject({ rooms: [{ profile: 'thpt', because: 'lesson', by: 'quantri' }] });
    expect((await script.send(`/api/v1/rooms/${room}/lesson`, { method: 'DELETE', ...bare })).status).toBe(403);
    expect((await gateway.cli('audit', 'list')).out).toMatch(/console:quantri \(token \d+\)\tlesson\.start/);
    // a token opens no page and no form
    expect((await script.send('/phong', bare)).location).toMatch(/^\/dang-nhap/);

    const id = /name="id" value="(\d+)"/g;
    const ids = [...(await admin.get('/ma-truy-cap')).body.matchAll(id)].map((match) => match[1] ?? '');
    expect((await admin.post('/lam/token.remove', { id: ids.at(-1) ?? '', _back: '/ma-truy-cap' })).status).toBe(303);
    expect((await script.json('GET', '/api/v1/rooms')).status).toBe(401);
  });

  it('are refused where a person must act, for what they are not, and for too long', async () => {
    const post = (body: object): ReturnType<Client['json']> => admin.json('POST', '/api/v1/tokens', body);
    expect(await post({ purpose: 'thử', actions: ['account.password'], days: 10 })).toMatchObject({ status: 422, value: { fields: { actions: expect.stringContaining('account.password') as string } } });
    expect((await post({ purpose: 'thử', actions: [], days: 10 })).value).toMatchObject({ fields: { actions: 'Hãy chọn ít nhất một việc.' } });
    expect((await post({ purpose: 'thử', actions: ['room.list'], days: 400 })).value).toMatchObject({ fields: { days: 'Lớn nhất là 366.' } });
    for (const wrong of ['lt_', 'lt_AAAA', 'x', 'lt_'.padEnd(200, 'A')]) {
      const answer = await withToken(wrong).json('GET', '/api/v1/rooms');
      expect([answer.status, answer.headers['www-authenticate']], wrong).toEqual([401, 'Bearer']);
    }
    expect((await signIn(gateway, 'co-lan').then((teacher) => teacher.json('POST', '/api/v1/tokens', { purpose: 'thử', actions: ['room.list'], days: 1 }))).status).toBe(403);
  });
});

describe('faults', () => {
  it.each<[string, string, string, string | null, number]>([
    ['no JSON', 'POST', `/api/v1/rooms/${room}/lesson`, '{', 422],
    ['an array', 'POST', `/api/v1/rooms/${room}/lesson`, '[]', 422],
    ['invalid UTF-8 stands for itself', 'POST', `/api/v1/rooms/${room}/lesson`, '{"profile":"\ud800"}', 422],
    ['a field too many', 'POST', `/api/v1/rooms/${room}/lesson`, '{"profile":"thcs","until":"45","x":1}', 422],
    ['a profile that is none', 'POST', `/api/v1/rooms/${room}/lesson`, '{"profile":"x","until":"45"}', 422],
    ['a parameter too many', 'GET', '/api/v1/rooms?x=1', null, 422],
    ['a path that can’t be read', 'DELETE', '/api/v1/rooms/%E0%A4%A/lesson', null, 404],
    ['an id that is none', 'DELETE', '/api/v1/tokens/abc', null, 422],
    ['another method', 'PUT', '/api/v1/rooms', null, 404],
  ])('%s: one sentence as a problem, nothing done', async (_name, method, path, body, status) => {
    const before = (await gateway.cli('lesson', 'list')).out;
    const answer = await admin.send(path, { method, ...(body === null ? {} : { body, headers: { 'Content-Type': 'application/json' } }) });
    expect(answer.status).toBe(status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    const problem = JSON.parse(answer.body) as { detail: string; status: number };
    expect(problem.status).toBe(status);
    expect(problem.detail).toMatch(/^\p{Lu}.*[.…]$/u);
    expect((await gateway.cli('lesson', 'list')).out).toBe(before);
  });

  it('speaks English where asked', async () => {
    const answer = await admin.send('/api/v1/rooms?x=1', { headers: { 'Accept-Language': 'en-GB' } });
    expect((JSON.parse(answer.body) as { detail: string }).detail).toBe('There is no parameter "x".');
  });
});

describe('undo and metrics', () => {
  it('takes a change back for the one who made it, by the token in the answer', async () => {
    await gateway.cli('lesson', 'end', '--zone', 'Phòng máy 1');
    const teacher = await signIn(gateway, 'co-lan');
    const started = await teacher.json('POST', `/api/v1/rooms/${room}/lesson`, { profile: 'thi', until: '45' });
    expect(started.status).toBe(200);
    const undo = String(started.headers['luytre-undo']);
    expect((await admin.json('POST', '/api/v1/undo', { token: undo })).value).toEqual({ undone: false });
    expect((await teacher.json('POST', '/api/v1/undo', { token: undo })).value).toEqual({ undone: true });
    expect((await teacher.json('GET', '/api/v1/rooms')).value).toMatchObject({ rooms: [{ profile: 'thcs', because: 'own' }] });
    expect((await teacher.json('POST', '/api/v1/undo', { token: undo })).value).toEqual({ undone: false });
  });

  it('an end is told within two seconds and changes of the command line show on the page', async () => {
    const teacher = await signIn(gateway, 'co-lan');
    await gateway.cli('lesson', 'start', '--zone', 'Phòng máy 1', '--profile', 'thpt', '--until', '10m');
    await until(async () => (await teacher.get('/phong')).body.includes('Kết thúc tiết'), 2_000, 'the lesson shows');
  });

  it('gives Prometheus totals to this machine, and nothing about anyone', async () => {
    const answer = await createClient(gateway.consolePort).get('/metrics');
    expect(answer.status).toBe(200);
    expect(answer.headers['content-type']).toContain('version=0.0.4');
    expect(answer.body).toMatch(/^luytre_up 1$/m);
    for (const line of answer.body.trim().split('\n')) expect(line).toMatch(/^(?:# (?:HELP|TYPE) [a-z_]+ .+|[a-z_]+ \d+)$/);
    expect(answer.body).not.toMatch(/Phòng|127\.0\.0\.1|\{/);
    const secret = await token(['room.list']);
    expect((await withToken(secret).send('/metrics', bare)).status).toBe(403);
    const reader = await token(['metrics.read']);
    expect((await withToken(reader).send('/metrics', bare)).status).toBe(200);
    expect((await withToken(reader).json('GET', '/api/v1/metrics')).value).toMatchObject({ ok: true, workers: expect.any(Number) as number });
  });
});
