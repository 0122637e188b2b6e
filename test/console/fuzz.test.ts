/**
 * Every field of every action of the table, fuzzed from its own schema, over the API and as a form: wrong types, huge, empty, NUL, direction
 * marks, lone surrogates, lists for texts, doubled keys, keys nobody asked for, bodies that are no JSON. An input that the schema does not take is
 * answered by 4xx and one clear sentence; whatever is answered by 4xx leaves the database as it was; nothing is ever answered by 5xx.
 * An action that is added to the table is in here by that alone. FUZZ_SEED picks other cases.
 */
import { createHash } from 'node:crypto';
import { Agent, request } from 'node:https';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { z } from 'zod';
import type { Action } from '../../src/console/action.js';
import { ACTIONS } from '../../src/console/actions/all.js';
import { fromForm } from '../../src/console/read-input.js';
import type { Role } from '../../src/store/rows.js';
import { enrol, firstAdmin, PASSWORD, signIn, type Client } from '../support/console.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { FUZZ_SEED, seeded, type Random } from '../support/seeded.js';

/** Cases of one action over the API and as a form: with a hundred actions the whole stays within a minute. */
const API_CASES = 24;
const FORM_CASES = 10;

type Input = Record<string, unknown>;
interface Answer { readonly status: number; readonly type: string; readonly body: string }

const HUGE = 'ă'.repeat(9_000);
const TEXTS: readonly string[] = [
  '', ' ', '\u0000', 'a\u0000b', '\u202eabc\u202c', '\u200b', 'a\r\nb: c', '\ud800', '😀'.repeat(300), 'e\u0301'.repeat(400), HUGE, '../../etc/passwd', "'; DROP TABLE user; --", '=1+1', '<script>x</script>',
  '__proto__', 'constructor', '-0', '1e9', '９', 'null', '%00', '0x1', 'khong-co',
];
const OTHERS: readonly unknown[] = [null, true, false, 0, -1, 1.5, 2 ** 53, -1e308, [], ['x'], [null], [[[]]], {}, { a: 1 }, { toString: 'x' }];
/** Keys an attacker would like to set. */
const EXTRA: readonly (readonly [string, unknown])[] = [['role', 'it-admin'], ['by', 'ai-do'], ['actor', { kind: 'cli', name: 'root' }], ['__proto__', { role: 'it-admin' }], ['constructor', {}], ['isAdmin', true], ['x'.repeat(5_000), 1], ['\u202e', 1]];
/** One of them fits most fields, so that the others of a case are well while one is not. */
const FITTING: readonly unknown[] = [
  'khong-co', '45', 'thcs', '2026-12-01', '10:00', '10.99.0.0/24', 'olm.vn', 'K', '0123456789abcdef', 'Lý do đủ dài để nhận', 1, 7, true, [], ['olm.vn'], ['khong-co'], {},
];

function fits(field: z.ZodType, random: Random): unknown {
  const first = random.int(FITTING.length);
  for (let i = 0; i < FITTING.length; i++) {
    const value = FITTING[(first + i) % FITTING.length];
    if (field.safeParse(value).success) return value;
  }
  const choice = field.safeParse('khong-co', { reportInput: false }).error?.issues[0];
  return choice?.code === 'invalid_value' ? choice.values[0] : 'khong-co';
}

const fieldsOf = (action: Action): readonly string[] => Object.keys(action.input.shape);
const inPath = (action: Action): readonly string[] => [...action.path.matchAll(/\{([a-zA-Z]+)\}/g)].map((match) => match[1] ?? '');

/** Fields left as they fit, but for one. */
function mutant(action: Action, random: Random): Input {
  const input: Input = {};
  for (const [name, field] of Object.entries(action.input.shape)) if (!random.chance(9)) input[name] = fits(field as z.ZodType, random);
  const names = fieldsOf(action);
  if (names.length === 0 || random.chance(5)) {
    const [key, value] = random.pick(EXTRA);
    Object.defineProperty(input, key, { value, enumerable: true, configurable: true, writable: true });
  } else input[random.pick(names)] = random.chance(3) ? random.pick(OTHERS) : random.pick(TEXTS);
  return input;
}

/** Bodies that are no object, or no JSON, or more than is read. */
const RAW: readonly (string | Buffer)[] = [
  '', '{', 'null', '[]', '7', '"x"', '{"a":1}{"b":2}', `{"a":${'['.repeat(3_000)}${']'.repeat(3_000)}}`, Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]), '{"id":1,"id":2,"id":"3"}', '\ufeff{}', 'a=b&c=d',
];

describe('every field of every action', () => {
  let gateway: TestGateway;
  let db: DatabaseSync;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const clients = new Map<Role, Client>();

  beforeAll(async () => {
    gateway = await startTestGateway({ config: { network: { clients: ['127.0.0.0/8'] } } });
    clients.set('it-admin', (await firstAdmin(gateway)).client);
    for (const role of ['teacher', 'head', 'counsellor', 'auditor'] as const) {
      expect(await gateway.cli('users', 'add', `nguoi-${role}`, '--role', role, '--password', PASSWORD)).toMatchObject({ code: 0 });
      const client = await signIn(gateway, `nguoi-${role}`);
      if (role === 'head') await enrol(client);
      clients.set(role, client);
    }
    await gateway.cli('zones', 'add', 'Phòng máy 1', '--profile', 'thcs', '--cidr', '10.9.0.0/24');
    db = new DatabaseSync(join(gateway.data, 'luytre.db'), { readOnly: true });
  }, 180_000);
  afterAll(async () => {
    agent.destroy();
    db?.close();
    await gateway?.end();
  });

  /** Every row but the sessions', whose last use each request notes. */
  function dump(): string {
    const hash = createHash('sha256');
    const tables = (db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'session' ORDER BY name").all() as { name: string }[]).map(({ name }) => name);
    for (const table of tables) {
      hash.update(table);
      for (const row of db.prepare(`SELECT * FROM "${table}"`).iterate()) for (const value of Object.values(row)) hash.update(value instanceof Uint8Array ? value : `|${String(value)}`);
    }
    return hash.digest('hex');
  }

  function send(client: Client, method: string, path: string, type: string | null, body: string | Buffer | null): Promise<Answer> {
    const host = `127.0.0.1:${gateway.consolePort}`;
    return new Promise((resolve, reject) => {
      const sent = request({
        host: '127.0.0.1', port: gateway.consolePort, path, method, agent, rejectUnauthorized: false,
        headers: {
          Host: host, 'Sec-Fetch-Site': 'same-origin', Cookie: `__Host-sid=${client.cookie() ?? ''}`, ...(method === 'GET' ? {} : { Origin: `https://${host}` }),
          ...(type === null ? {} : { 'Content-Type': type }), ...(body === null ? {} : { 'Content-Length': Buffer.byteLength(body) }),
        },
      }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', body: Buffer.concat(parts).toString('utf8') }));
      });
      sent.setTimeout(20_000, () => sent.destroy(new Error('no answer')));
      sent.on('error', reject);
      sent.end(body ?? undefined);
    });
  }

  /** One sentence for people: no trace of the inside, nothing that was typed thrown back at length. */
  function oneSentence(text: string, about: string): void {
    expect(text, about).toMatch(/^\S[^\n\u0000\u202e\ud800]{5,640}[^\s,;:]$/u);
    expect(text, about).not.toMatch(/\[object|undefined|NaN|Zod|Error:|SQLITE|\bat .*:\d+:\d+|node:|ăăăăăăăăăă/);
  }

  function problemIsClear(answer: Answer, about: string): void {
    expect(answer.type, about).toContain('application/problem+json');
    const problem = JSON.parse(answer.body) as { status: number; code: string; detail: string; fields?: Record<string, string> };
    expect(problem.status, about).toBe(answer.status);
    oneSentence(problem.detail, about);
    for (const sentence of Object.values(problem.fields ?? {})) oneSentence(sentence, about);
  }

  const pathOf = (action: Action, input: Input): string => `/api/v1${action.path.replace(/\{([a-zA-Z]+)\}/g, (_all, name: string) => {
    const value = input[name];
    const text = typeof value === 'string' ? value : JSON.stringify(value ?? 'khong-co');
    // an empty part, or dots, would be another route; a lone surrogate is no address
    return encodeURIComponent(text === '' || /^\.*$/.test(text) ? '-' : text.toWellFormed().slice(0, 1_500));
  })}`;
  /** As the route will hand it on: parts of the path are texts. */
  const asSent = (action: Action, input: Input): Input => {
    const params = inPath(action).map((name) => [name, decodeURIComponent(new URL(`https://x${pathOf(action, input)}`).pathname.split('/')[3 + action.path.split('/').indexOf(`{${name}}`) - 1] ?? '')] as const);
    const read = fromForm(action.input, Object.fromEntries(params));
    return { ...input, ...Object.fromEntries(params.map(([name]) => [name, read[name]])) };
  };
  const queryText = (value: unknown): string => (typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value)).slice(0, 1_500);

  let sent = 0;
  let turnedDown = 0;

  /** Runs cases; where all were turned down the database must be what it was. One that was taken sets what it is compared with. */
  async function run(action: Action, cases: readonly { readonly about: string; readonly bad: boolean; send(client: Client): Promise<Answer>; clear(answer: Answer, about: string): void }[]): Promise<void> {
    const client = clients.get(action.roles[0] ?? 'it-admin') as Client;
    let before = dump();
    for (const one of cases) {
      const answer = await one.send(client);
      sent += 1;
      const about = `${action.name}: ${one.about} → ${answer.status} ${answer.body.slice(0, 300)}`;
      expect(answer.status, about).toBeLessThan(500);
      // a session that has ended by one of the cases would make every other case a 401
      expect(answer.status, about).not.toBe(401);
      if (one.bad) expect(answer.status, about).toBeGreaterThanOrEqual(400);
      if (answer.status >= 400) {
        turnedDown += 1;
        one.clear(answer, about);
      } else before = dump();
    }
    expect(dump(), `${action.name}: refused, but something was kept`).toBe(before);
  }

  /** Ends the very session that asks, or changes its password: what they take is tested in access.test.ts. */
  const OWN = new Set(['account.password', 'account.end-others', 'account.end-session']);
  const sentAs = (input: Input): string => JSON.stringify(input, (_key, value: unknown) => (typeof value === 'string' && value.length > 60 ? `${value.slice(0, 60)}…` : value)).slice(0, 400);

  it.each(ACTIONS.map((action) => [action.name, action] as const))('%s', async (_name, action) => {
    const random = seeded(FUZZ_SEED ^ createHash('sha256').update(action.name).digest().readInt32BE(0));
    const byQuery = action.method === 'GET' || action.method === 'DELETE';
    const api = Array.from({ length: API_CASES }, () => mutant(action, random)).map((input) => {
      if (!byQuery) {
        const body = Object.fromEntries(Object.entries(input).filter(([name]) => !inPath(action).includes(name)));
        const text = JSON.stringify(body);
        return { about: sentAs(input), bad: !action.input.safeParse({ ...(JSON.parse(text) as Input), ...asSent(action, Object.fromEntries(inPath(action).map((name) => [name, input[name]]))) }).success, send: (client: Client) => send(client, action.method, pathOf(action, input), 'application/json', text), clear: problemIsClear };
      }
      const query = new URLSearchParams(Object.entries(input).filter(([name, value]) => !inPath(action).includes(name) && value !== undefined).map(([name, value]): [string, string] => [name.toWellFormed().slice(0, 200), queryText(value)]));
      const known = [...query.keys()].every((name) => name === 'lang' || Object.hasOwn(action.input.shape, name));
      return {
        about: sentAs(input),
        bad: !known || !action.input.safeParse(asSent(action, fromForm(action.input, { ...Object.fromEntries(query), ...Object.fromEntries(inPath(action).map((name) => [name, queryText(input[name] ?? 'khong-co')])) }))).success,
        send: (client: Client) => send(client, action.method, `${pathOf(action, input)}?${query.toString()}`, null, null), clear: problemIsClear,
      };
    }).filter(({ bad }) => bad || !OWN.has(action.name));
    await run(action, api);
    if (!byQuery) {
      await run(action, RAW.map((raw) => ({
        about: `raw ${String(raw).slice(0, 40)}`,
        // an empty body is an empty object, and so is one behind a byte order mark: well only for an action that asks nothing
        bad: !((raw === '' || raw === '\ufeff{}') && action.input.safeParse(asSent(action, {})).success),
        send: (client: Client) => send(client, action.method, pathOf(action, {}), 'application/json', raw), clear: problemIsClear,
      })).filter(({ bad }) => bad || !OWN.has(action.name)));
    }
    if (action.method === 'GET') return;
    // as a form: texts only, doubled fields, fields nobody asked for
    const forms = Array.from({ length: FORM_CASES }, () => mutant(action, random)).map((input) => {
      const fields = new URLSearchParams({ _back: '/' });
      for (const [name, value] of Object.entries(input)) {
        for (const text of Array.isArray(value) ? value.map(queryText) : [typeof value === 'string' ? value.toWellFormed() : JSON.stringify(value) ?? '']) fields.append(name.toWellFormed(), text);
      }
      if (random.chance(3)) for (const name of [...fields.keys()].filter((known) => known !== '_back').slice(0, 1)) fields.append(name, random.pick(TEXTS).toWellFormed());
      const values: Record<string, string | string[]> = {};
      for (const name of new Set(fields.keys())) values[name] = fields.getAll(name).length > 1 ? fields.getAll(name) : (fields.get(name) ?? '');
      return {
        about: `form ${sentAs(input)}`,
        bad: !action.input.safeParse(fromForm(action.input, values)).success,
        send: (client: Client) => send(client, 'POST', `/lam/${action.name}`, 'application/x-www-form-urlencoded', fields.toString()),
        clear: (answer: Answer, about: string) => {
          const said = /<p role="alert">([^<]*)<\/p>/.exec(answer.body)?.[1] ?? '';
          oneSentence(said.replaceAll('&quot;', '"').replaceAll('&#39;', "'").replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>'), about);
        },
      };
    }).filter(({ bad }) => bad || !OWN.has(action.name));
    await run(action, forms);
  });

  it('more than an action takes is 413, whatever it is', async () => {
    const client = clients.get('it-admin') as Client;
    const before = dump();
    for (const action of ACTIONS.filter((known) => known.method !== 'GET' && known.method !== 'DELETE' && known.roles.includes('it-admin') && known.maxBytes === undefined)) {
      const answer = await send(client, action.method, pathOf(action, {}), 'application/json', `{"a":"${'a'.repeat(70_000)}"}`);
      expect(answer.status, action.name).toBe(413);
      problemIsClear(answer, action.name);
    }
    expect(dump()).toBe(before);
  });

  it('reached what it set out to: enough cases, nearly all of them turned down', () => {
    console.info(`fuzz: ${sent} cases over ${ACTIONS.length} actions, ${turnedDown} turned down, seed ${FUZZ_SEED}`);
    expect(sent).toBeGreaterThan(ACTIONS.length * 20);
    expect(turnedDown).toBeGreaterThan(sent * 0.7);
  });
});
