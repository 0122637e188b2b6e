/** docs/api.md is run: each of its curl lines with a token made for it, against a running gateway; and its table of codes is the program's. */
import { execFile } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ACTIONS } from '../../src/console/actions/all.js';
import { REFUSALS } from '../../src/console/refused.js';
import { createClient, firstAdmin } from '../support/console.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';

const DOC = readFileSync(join(import.meta.dirname, '../../docs/api.md'), 'utf8');
const COMMANDS = [...DOC.matchAll(/^```sh\n(curl [^]*?)\n```$/gm)].map((match) => match[1] ?? '');

let gateway: TestGateway;
let env: Record<string, string>;

beforeAll(async () => {
  gateway = await startTestGateway({});
  const { client } = await firstAdmin(gateway);
  await gateway.cli('zones', 'add', 'Phòng máy 1', '--profile', 'thcs');
  expect(await gateway.cli('ca', 'init', '--address', '127.0.0.1')).toMatchObject({ code: 0 });
  const form = new URLSearchParams({ purpose: 'Ví dụ trong tài liệu', days: '1', _back: '/ma-truy-cap' });
  for (const name of ['account.show', 'room.list', 'lesson.start', 'lesson.end', 'metrics.read']) form.append('actions', name);
  await client.send('/lam/token.add', { method: 'POST', headers: { 'Content-Type': 'application/x-www-form-urlencoded' }, body: form.toString() });
  const token = /lt_[A-Za-z0-9_-]{43}/.exec((await client.get('/ma-truy-cap')).body)?.[0] ?? '';
  const ca = join(gateway.dir, 'truong-ca.pem');
  // as the page for the LAN hands it out, once the console's certificate comes from it
  for (let i = 0; i < 100; i++) {
    writeFileSync(ca, await (await fetch(`http://127.0.0.1:${gateway.pagesPort}/ca.crt`)).text());
    if ((await run(`curl -s --cacert "$CA" "$GW/api/v1/openapi.json"`, { CA: ca, GW: `https://127.0.0.1:${gateway.consolePort}` })).code === 0) break;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  env = { GW: `https://127.0.0.1:${gateway.consolePort}`, CA: ca, TOKEN: token };
}, 180_000);
afterAll(() => gateway.end());

function run(command: string, variables: Record<string, string>): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile('/bin/sh', ['-c', command], { env: { PATH: process.env['PATH'] ?? '', ...variables }, timeout: 30_000 }, (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code ?? 99), out, err }));
  });
}

describe('docs/api.md', () => {
  it('every example works as it stands, over TLS checked against the school’s CA', async () => {
    expect(COMMANDS.length).toBeGreaterThanOrEqual(7);
    let undo = '';
    for (const command of COMMANDS) {
      const withHead = command.replace(/^curl /, 'curl -s -i --fail-with-body ');
      const done = await run(withHead, { ...env, UNDO: undo });
      expect(done, command).toMatchObject({ code: 0 });
      expect(done.out, command).toMatch(/^HTTP\/1\.1 200/);
      undo = /^luytre-undo: (\S+)/im.exec(done.out)?.[1] ?? undo;
      if (command.includes('/undo')) expect(done.out).toContain('{"undone":true}');
    }
    expect(undo).not.toBe('');
  }, 120_000);

  it('its table holds every code the API can give, with its status', () => {
    for (const [code, status] of Object.entries(REFUSALS)) {
      if (code === 'prove-first') continue;
      expect(DOC.split('\n').some((line) => line.startsWith(`| ${status} |`) && line.includes(`\`${code}\``)), code).toBe(true);
    }
    // what a person must prove is said of tokens in words
    expect(DOC).toContain('không làm được bằng mã');
  });

  it('shows a fault as it really comes', async () => {
    const shown = JSON.parse(/```json\n([^]*?)\n```/.exec(DOC)?.[1] ?? '{}') as unknown;
    const client = createClient(gateway.consolePort, { headers: { Authorization: `Bearer ${env['TOKEN'] ?? ''}` } });
    const answer = await client.json('POST', `/api/v1/rooms/${encodeURIComponent('Phòng máy 1')}/lesson`, { profile: 'thpt' });
    expect(answer.value).toEqual(shown);
  });

  it('a token can be made for every action that does not need a person', async () => {
    const open = ACTIONS.filter((action) => action.proof !== true && action.roles.includes('it-admin'));
    expect(open.length).toBeGreaterThan(20);
    for (const action of open) {
      const path = `/api/v1${action.path.replace(/\{[a-zA-Z]+\}/g, 'khong-co')}`;
      // this one was not given the action: it is known there, and told so by name
      const client = createClient(gateway.consolePort, { headers: { Authorization: `Bearer ${env['TOKEN'] ?? ''}` } });
      if (['account.show', 'room.list', 'lesson.start', 'lesson.end', 'metrics.read'].includes(action.name)) continue;
      const answer = await client.json(action.method, path, action.method === 'GET' || action.method === 'DELETE' ? undefined : {});
      expect(answer.status, action.name).toBe(403);
      expect(String(answer.value['detail'])).toContain(`«${action.name}»`);
    }
  }, 120_000);
});
