/** The command line as contract.md fixes it: every command, its flags, its JSON, and what it does, with the gateway stopped and running. */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Command } from 'commander';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createProgram } from '../../src/main.js';
import { runCli, startTestGateway, until, type TestGateway } from '../support/gateway.js';
import { commandHere } from '../support/one-sentence.js';
import { seeded } from '../support/seeded.js';
import { sharedData } from '../support/shared-data.js';

const dir = mkdtempSync(join(tmpdir(), 'luytre-cli-'));
const data = join(dir, 'data');
const HAVE_SCRIPT = spawnSync('script', ['--version']).status === 0;
if (!HAVE_SCRIPT) console.warn('script(1) is not on this machine: setup at a terminal is not tested');
const PASSWORD = 'Mat-khau-rat-dai-2026';
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** In this process, on the data of this file. */
const here = (...args: string[]): ReturnType<typeof commandHere> => commandHere(...args, '--data', data);
async function ok(...args: string[]): Promise<string> {
  const answer = await here(...args);
  expect(answer, args.join(' ')).toMatchObject({ code: 0, err: '' });
  return answer.out;
}
async function rows<T = Record<string, unknown>>(...args: string[]): Promise<T[]> {
  const out = await ok(...args, '--json');
  return out.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}

function leaves(command: Command, path: readonly string[] = []): { path: readonly string[]; command: Command }[] {
  const children = command.commands.flatMap((child) => leaves(child, [...path, child.name()]));
  return [...(path.length === 0 ? [] : [{ path, command }]), ...children];
}
const ALL = leaves(createProgram());

/** What this version offers of contract.md's table: command → options and arguments. */
const CONTRACT: Readonly<Record<string, readonly string[]>> = {
  start: [],
  setup: ['--school', '--hotline', '--admin', '--password', '--code'],
  explain: ['--profile', '--zone', '--client', '--at'],
  'lists import': ['--category', '--allow', '--name', '--format'],
  'lists status': [], 'lists update': [], 'lists diff': [], 'lists rollback': [], 'lists remove': [],
  'zones list': [], 'zones add': ['--profile', '--cidr', '--mac', '--port', '--login'], 'zones set': ['--rename', '--profile', '--cidr', '--mac', '--port', '--login'], 'zones remove': [],
  'lesson start': ['--zone', '--profile', '--until', '--focus', '--sites', '--learning', '--pause', '--exam-hosts'], 'lesson end': ['--zone'],
  'sites list': [], 'sites add': ['--host', '--owner', '--share', '--subject', '--grade'], 'sites set': ['--host', '--no-share'], 'sites remove': [],
  'schedule show': [], 'schedule set': ['--level', '--session', '--bells', '--weekdays'], 'schedule term': ['--from', '--to'], 'schedule import': [],
  'schedule holidays add': ['--to', '--name'], 'schedule holidays remove': [], 'schedule makeup add': ['--follows', '--name'], 'schedule makeup remove': [],
  'openings add': ['--zone', '--host', '--until'], 'openings list': [], 'openings remove': [],
  'rules allow': ['--profile', '--note'], 'rules block': ['--profile', '--note'], 'rules list': [], 'rules remove': [],
  'profiles list': [], 'profiles set': ['--reason'], 'profiles tls': ['--reason'], 'profiles tls-exceptions list': [], 'profiles tls-exceptions suggest': [], 'profiles tls-exceptions add': ['--note'], 'profiles tls-exceptions remove': [],
  'approvals list': ['--all'], 'approvals show': [], 'approvals approve': ['--as', '--note'], 'approvals reject': ['--as', '--reason'], 'approvals withdraw': [],
  'requests list': [], 'requests approve': [], 'requests reject': [], 'users list': [], 'users add': ['--role', '--password'], 'users set': [], 'users remove': [],
  'audit list': [], 'audit verify': [],
  report: ['--from', '--to', '--format', '--out'], backup: [], restore: [], doctor: [], selftest: [],
};

describe('the program', () => {
  it('has every command of the contract that this version offers, and says nothing of those it does not', () => {
    const known = new Map(ALL.map(({ path, command }) => [path.join(' '), command]));
    for (const [name, options] of Object.entries(CONTRACT)) {
      const command = known.get(name);
      expect(command, name).toBeDefined();
      const flags = command?.options.map((option) => option.long) ?? [];
      for (const option of [...options, '--config', '--data', '--json', '--lang']) expect(flags, name).toContain(option);
    }
    for (const later of ['collector']) expect(known.has(later)).toBe(false);
    const formats = known.get('lists import')?.options.find((option) => option.long === '--format')?.argChoices ?? [];
    for (const format of ['auto', 'hosts', 'domains', 'adblock', 'dnsmasq', 'unbound', 'rpz', 'wildcard', 'ut1', 'v2fly']) expect(formats).toContain(format);
  });

  it('every command and subcommand answers --help with 0, on stdout, every option explained', async () => {
    expect(ALL.length).toBeGreaterThan(35);
    for (const { path, command } of [{ path: [], command: createProgram() }, ...ALL]) {
      const answer = await commandHere(...path, '--help');
      expect(answer, path.join(' ')).toMatchObject({ code: 0, err: '' });
      expect(answer.out).toContain(`Usage: ${['luytre', ...path].join(' ')}`);
      if (path.length > 0) expect(command.description(), path.join(' ')).not.toBe('');
      for (const option of command.options) expect(option.description, `${path.join(' ')} ${option.long ?? ''}`).not.toBe('');
    }
    const asProcess = await runCli(['lists', 'import', '--help']);
    expect(asProcess).toMatchObject({ code: 0, err: '' });
    const version = await runCli(['--version']);
    expect(version.out).toBe(`${(JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8')) as { version: string }).version}\n`);
  });

  it('reads LUYTRE_CONFIG and LUYTRE_DATA as it reads the options', async () => {
    const config = join(dir, 'c.yaml');
    writeFileSync(config, 'proxy:\n  port: 4321\n');
    const where = { env: { LUYTRE_CONFIG: config, LUYTRE_DATA: join(dir, 'by-env'), LANG: 'vi_VN.UTF-8', LC_ALL: '' } };
    expect(await runCli(['zones', 'add', 'A', '--profile', 'thcs', '--port', '4321'], where)).toMatchObject({ code: 1, err: 'luytre: Cổng 4321 đã được cổng lọc dùng vào việc khác.\n' });
    expect(await runCli(['zones', 'list', '--json'], where)).toMatchObject({ code: 0, out: '' });
    expect(statSync(join(dir, 'by-env')).mode & 0o777).toBe(0o700);
  });
});

describe('round trips, with the gateway stopped', () => {
  it('zones, lessons, openings, rules', async () => {
    await ok('zones', 'add', 'Phòng 1', '--profile', 'thcs', '--cidr', '10.1.0.0/16', '--cidr', '10.2.0.7', '--mac', '3C-52-82-11-22-33', '--slot', '2-6@07:30-11:15=thpt');
    await ok('zones', 'add', 'Phòng 2', '--profile', 'thpt', '--port', '3140', '--login', 'phong2', '--password', 'mat-khau-chung');
    expect(await rows('zones', 'list')).toMatchObject([
      { name: 'Phòng 1', profile: 'thcs', cidrs: ['10.1.0.0/16', '10.2.0.7/32'], macs: ['3c:52:82:11:22:33'], port: null, login: null },
      { name: 'Phòng 2', profile: 'thpt', cidrs: [], port: 3140, login: 'phong2' },
    ]);
    expect(await ok('zones', 'list', '--json')).not.toMatch(/scrypt|mat-khau|hash/);
    const [changed] = await rows('zones', 'set', 'Phòng 2', '--no-port', '--no-login', '--cidr', '10.3.0.0/16');
    expect(changed).toMatchObject({ port: null, login: null, cidrs: ['10.3.0.0/16'], profile: 'thpt' });

    const [lesson] = await rows('lesson', 'start', '--zone', 'Phòng 1', '--profile', 'giao-vien', '--until', '45m');
    expect(Date.parse(String(lesson?.['until'])) - Date.now()).toBeGreaterThan(44 * 60_000);
    expect(await rows('lesson', 'list')).toMatchObject([{ zone: 'Phòng 1', profile: 'giao-vien' }]);
    await ok('lesson', 'end', '--zone', 'Phòng 1');
    expect(await rows('lesson', 'list')).toEqual([]);

    const [opening] = await rows('openings', 'add', '--zone', 'Phòng 1', '--host', 'https://FACEBOOK.com/', '--until', '30m', '--reason', 'tiết 3');
    expect(opening).toMatchObject({ zone: 'Phòng 1', host: 'facebook.com' });
    expect((await rows('explain', 'www.facebook.com', '--zone', 'Phòng 1'))[0]).toMatchObject({ action: 'allow', layer: 'opening', zone: 'Phòng 1' });
    await ok('openings', 'remove', String(opening?.['id']));
    expect(await rows('openings', 'list')).toEqual([]);

    const [allowed] = await rows('rules', 'allow', 'Trường-Tôi.edu.vn', '--note', 'trang trường');
    await ok('rules', 'block', '=anh-moi.example', '--profile', 'thcs', '--profile', 'thpt');
    // the same rule again is the same rule
    expect((await rows('rules', 'allow', 'trường-tôi.edu.vn'))[0]).toMatchObject({ id: allowed?.['id'] });
    expect(await rows('rules', 'list')).toMatchObject([{ host: new URL('http://trường-tôi.edu.vn').host, layer: 'school-allow', profiles: null, note: 'trang trường' }, { host: '=anh-moi.example', layer: 'school-block', profiles: ['thcs', 'thpt'] }]);
    await ok('rules', 'remove', String(allowed?.['id']));
    await ok('zones', 'remove', 'Phòng 2');
    expect(await rows('zones', 'list')).toHaveLength(1);
  });

  it('school time: bells, holidays, make-up days, a file of them, slots by period, until the end of the period', async () => {
    await ok('zones', 'add', 'Phòng tiết', '--profile', 'thcs', '--cidr', '10.9.0.0/16');
    expect(await here('schedule', 'set', '--level', 'thcs', '--session', 'sang', '--bells', '08:00-07:00')).toMatchObject({ code: 1, err: expect.stringContaining('kết thúc sau khi bắt đầu') as unknown });
    expect(await here('schedule', 'set', '--level', 'thcs', '--session', 'sang', '--bells', 'bảy giờ')).toMatchObject({ code: 2 });
    await ok('schedule', 'set', '--level', 'thcs', '--session', 'chieu', '--bells', '-');
    // periods that fill the whole day, every day, so that the test does not hang on its hour
    await ok('schedule', 'set', '--level', 'thcs', '--session', 'sang', '--bells', '00:00-12:00,12:00-24:00', '--weekdays', '1-7');
    await ok('zones', 'set', 'Phòng tiết', '--slot', '1-7@sang:1-2=thpt');
    expect((await rows('explain', 'olm.vn', '--zone', 'Phòng tiết'))[0]).toMatchObject({ profile: 'thpt' });
    for (const word of ['period', 'tiết', 'TIET', 'session', 'buổi', 'hết buổi']) {
      const [lesson] = await rows('lesson', 'start', '--zone', 'Phòng tiết', '--pause', '--until', word);
      const left = Date.parse(String(lesson?.['until'])) - Date.now();
      expect(left, word).toBeGreaterThan(0);
      expect(left, word).toBeLessThanOrEqual(86_400_000);
      expect(lesson).toMatchObject({ kind: 'pause', profile: 'thpt' });
    }
    expect((await rows('explain', 'olm.vn', '--zone', 'Phòng tiết'))[0]).toMatchObject({ action: 'block', layer: 'lesson', reason: 'internet-paused' });
    await ok('lesson', 'end', '--zone', 'Phòng tiết');

    const today = new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 10);
    await ok('schedule', 'holidays', 'add', today, '--name', 'Nghỉ');
    expect((await rows('explain', 'olm.vn', '--zone', 'Phòng tiết'))[0]).toMatchObject({ profile: 'thcs' });
    expect(await here('lesson', 'start', '--zone', 'Phòng tiết', '--profile', 'thpt', '--until', 'tiết')).toMatchObject({ code: 1, err: expect.stringContaining('không trong tiết nào') as unknown });
    expect(await here('schedule', 'makeup', 'add', today, '--follows', 't3')).toMatchObject({ code: 1 });
    await ok('schedule', 'holidays', 'remove', today);
    await ok('schedule', 'makeup', 'add', today, '--follows', 't3');
    expect((await rows('schedule', 'show'))[0]).toMatchObject({ makeups: [{ day: today, follows: 2 }], holidays: [] });
    await ok('schedule', 'makeup', 'remove', today);

    const file = join(dir, 'lich.yaml');
    writeFileSync(file, 'levels:\n  thpt:\n    weekdays: [1, 2, 3]\n    sang: ["07:00-07:45", "07:50-08:35"]\nterms:\n  - {name: Học kỳ I, from: 2026-09-05, to: 2027-01-17}\nholidays:\n  - {from: 2027-02-05, to: 2027-02-14, name: Tết Nguyên đán}\nmakeups:\n  - {day: 2027-02-20, follows: 5}\n');
    expect((await rows('schedule', 'import', file))[0]).toEqual({ levels: 1, terms: 1, holidays: 1, makeups: 1 });
    writeFileSync(file, 'levels:\n  thpt:\n    sang: ["07:00-07:45", "8h"]\n');
    expect(await here('schedule', 'import', file)).toMatchObject({ code: 2, err: expect.stringContaining('dòng 3') as unknown });
    expect((await rows('schedule', 'show'))[0]).toMatchObject({ holidays: [{ name: 'Tết Nguyên đán' }], terms: [{ name: 'Học kỳ I' }] });
  });

  it('a focus list, saved or given, and the hosts of an exam', async () => {
    await ok('sites', 'add', 'Bài 5', '--host', 'https://olm.vn/', '--host', 'hocmai.vn', '--owner', 'co.lan', '--subject', 'Tin học', '--grade', '8');
    expect(await here('sites', 'add', 'Sai', '--host', 'edu.vn')).toMatchObject({ code: 2 });
    await ok('zones', 'add', 'Phòng tập trung', '--profile', 'thcs', '--cidr', '10.8.0.0/16');
    await ok('lesson', 'start', '--zone', 'Phòng tập trung', '--focus', 'bài 5', '--until', '45m');
    expect(await rows('explain', 'www.olm.vn', 'vnexpress.net', '--zone', 'Phòng tập trung')).toMatchObject([{ action: 'allow', layer: 'lesson', reason: 'lesson-list', rule: 'olm.vn' }, { action: 'block', reason: 'lesson-focus' }]);
    await ok('lesson', 'start', '--zone', 'Phòng tập trung', '--exam-hosts', 'azota.vn,lms.example.vn', '--until', '45m');
    expect(await rows('lesson', 'list')).toMatchObject([{ kind: 'exam', profile: 'thi', hosts: ['azota.vn', 'lms.example.vn'] }]);
    expect(await rows('explain', 'azota.vn', 'olm.vn', '--zone', 'Phòng tập trung')).toMatchObject([{ reason: 'lesson-list' }, { action: 'block' }]);
    for (const wrong of [['--pause', '--focus', 'Bài 5'], ['--focus', 'không có'], [], ['--exam-hosts', 'a.vn', '--profile', 'thcs']]) {
      expect((await here('lesson', 'start', '--zone', 'Phòng tập trung', '--until', '45m', ...wrong)).code).toBeGreaterThan(0);
    }
    await ok('sites', 'set', 'Bài 5', '--share', '--rename', 'Bài 6');
    expect(await rows('sites', 'list')).toMatchObject([{ name: 'Bài 6', shared: true, owner: 'co.lan', entries: ['olm.vn', 'hocmai.vn'] }]);
    await ok('sites', 'remove', 'Bài 6');
    for (const room of ['Phòng tập trung', 'Phòng tiết']) await ok('zones', 'remove', room);
  });

  it('profiles: tighten freely, loosen with a reason, back to the default', async () => {
    expect(await rows('profiles', 'list')).toHaveLength(6);
    const cell = async (): Promise<unknown> => (await rows('profiles', 'show', 'thcs')).find((row) => row['category'] === 'mxh')?.['cell'];
    const before = await cell();
    await ok('profiles', 'set', 'thcs', 'mxh', 'x');
    expect(await cell()).toBe('X');
    await ok('profiles', 'reset', 'thcs', 'mxh');
    expect(await cell()).toBe(before);
    await ok('profiles', 'set', 'thpt', 'game12', 'M', '--reason', 'câu lạc bộ');
    expect((await rows('explain', 'roblox.com', '--profile', 'thpt'))[0]).toBeDefined();
  });

  it('users and the record of who did what', async () => {
    await ok('users', 'add', 'quantri', '--role', 'it-admin', '--password', PASSWORD);
    const piped = await runCli(['users', 'add', 'co.lan', '--role', 'teacher', '--data', data], { input: `${PASSWORD}\n` });
    expect(piped).toMatchObject({ code: 0, err: '' });
    await ok('users', 'set', 'co.lan', '--role', 'head', '--disable');
    expect(await rows('users', 'list')).toMatchObject([{ name: 'quantri', role: 'it-admin', disabled: false }, { name: 'co.lan', role: 'head', disabled: true }]);
    expect(await here('users', 'remove', 'quantri')).toMatchObject({ code: 1 });
    await ok('users', 'remove', 'co.lan');
    const audit = await rows<{ action: string; object: string; actor: { kind: string } }>('audit', 'list', '--limit', '1000');
    expect(audit.map(({ action }) => action)).toEqual(expect.arrayContaining(['zone.add', 'lesson.start', 'opening.add', 'rule.add', 'cell.set', 'user.add', 'user.set', 'user.remove']));
    expect(audit.filter(({ actor }) => actor.kind === 'cli').length).toBeGreaterThan(10);
    const text = JSON.stringify(audit);
    expect(text).not.toContain(PASSWORD);
    expect(text).not.toContain('mat-khau-chung');
    expect(text).not.toMatch(/scrypt/);
    expect(await rows('audit', 'verify')).toMatchObject([{ whole: true, firstBad: null }]);
  });

  it('lists: import, status, diff, update, rollback, remove', async () => {
    const file = join(dir, 'danh-sach.txt');
    const hosts = Array.from({ length: 100 }, (_, i) => `cobac-${i}.com`);
    writeFileSync(file, `${hosts.join('\n')}\n`);
    expect(await rows('lists', 'import', file, '--category', 'cobac', '--name', 'thu')).toMatchObject([{ name: 'thu', outcome: 'imported', taken: 100, refused: 0 }]);
    expect(await rows('lists', 'import', file, '--category', 'cobac', '--name', 'thu')).toMatchObject([{ outcome: 'unchanged' }]);
    writeFileSync(file, `${hosts.slice(5).join('\n')}\nthem-moi.com\nolm.vn\nnot a host at all\n`);
    expect(await rows('lists', 'update', 'thu')).toMatchObject([{ outcome: 'imported', taken: 96, refused: 2 }]);
    expect(await rows('lists', 'diff', 'thu')).toMatchObject([{ added: 1, removed: 5, addedEntries: ['them-moi.com'] }]);
    expect((await rows('explain', 'them-moi.com', '--profile', 'giao-vien'))[0]).toMatchObject({ action: 'block', layer: 'hard', list: { name: 'thu' } });
    await ok('lists', 'rollback', 'thu');
    expect((await rows('explain', 'them-moi.com', '--profile', 'giao-vien'))[0]).not.toMatchObject({ layer: 'hard' });
    expect((await rows('lists', 'status')).find((row) => row['name'] === 'thu')).toMatchObject({ origin: 'imported', entries: 100, versions: 2 });
    await ok('lists', 'remove', 'thu');
    expect((await rows('lists', 'status')).some((row) => row['name'] === 'thu')).toBe(false);
    const mine = join(dir, 'truong.txt');
    writeFileSync(mine, 'trang-cua-truong.vn\n');
    await ok('lists', 'import', mine, '--category', 'hoclieu', '--allow', '--name', 'truong');
    expect((await rows('explain', 'www.trang-cua-truong.vn', '--profile', 'lop-1-3'))[0]).toMatchObject({ action: 'allow', layer: 'school-allow', list: { name: 'truong' } });
  });

  it('explain says all of it, at an instant, for a client, for a zone', async () => {
    const [told] = await rows('explain', 'http://hitclub.com/x?y=z', '--profile', 'thcs');
    expect(Object.keys(told ?? {}).sort()).toEqual(['action', 'category', 'cell', 'host', 'layer', 'list', 'profile', 'reason', 'rule', 'url', 'zone']);
    expect(told).toMatchObject({ url: 'http://hitclub.com/x?y=z', host: 'hitclub.com', profile: 'thcs', zone: null, action: 'block', cell: 'X', category: 'cobac', layer: 'hard', rule: 'hitclub.com', list: { name: expect.any(String) as string, version: expect.any(String) as string } });
    expect((await rows('explain', 'olm.vn', '--client', '10.1.2.3'))[0]).toMatchObject({ zone: 'Phòng 1' });
    expect((await rows('explain', 'olm.vn', '--client', '10.9.2.3'))[0]).toMatchObject({ zone: null, profile: 'lop-1-3' });
    // the room's timetable: Tuesday 08:00 in Hà Nội, with and without a zone of time, and after the lesson
    for (const [at, profile] of [['2026-11-24T08:00', 'thpt'], ['2026-11-24T01:00:00Z', 'thpt'], ['2026-11-24T08:00:00+07:00', 'thpt'], ['2026-11-24T12:00', 'thcs'], ['2026-11-29T08:00', 'thcs']]) {
      expect((await rows('explain', 'olm.vn', '--zone', 'Phòng 1', '--at', String(at)))[0], at).toMatchObject({ profile });
    }
    const words = await ok('explain', 'hitclub.com', '--profile', 'thcs', '--lang', 'en');
    expect(words).toMatch(/^BLOCK {2}hitclub\.com\n/);
    // one address with the whole ladder, several in short
    expect(words.match(/^ {2}[▶ ] [ \d]\d\. /gm)).toHaveLength(12);
    expect(words).toMatch(/^ {5}1\. Help.* – nothing there\n {2}▶ {2}2\. .*blocked hard – decides: «hitclub\.com», in \S+, category /m);
    expect(await ok('explain', 'hitclub.com', 'olm.vn', '--profile', 'thcs', '--lang', 'en')).not.toContain('▶');
    expect(await ok('explain', 'hitclub.com', '--profile', 'thcs', '--lang', 'vi')).toMatch(/^CHẶN {2}hitclub\.com\n/);
  });

  it('setup said twice is setup once', async () => {
    const place = join(dir, 'setup');
    const setup = (...args: string[]): ReturnType<typeof commandHere> => commandHere('setup', '--data', place, '--lang', 'vi', ...args);
    const flags = ['--school', 'Trường THCS Thử', '--hotline', '024 3999 8888', '--counsellor', '0123', '--admin', 'quantri', '--password', PASSWORD];
    expect(await setup(...flags)).toMatchObject({ code: 0, err: '' });
    const first = (await commandHere('audit', 'list', '--json', '--data', place)).out;
    const again = await setup(...flags, '--json');
    expect(again).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(again.out)).toMatchObject({ school: 'Trường THCS Thử', hotline: '024 3999 8888', users: 1 });
    expect((await commandHere('audit', 'list', '--json', '--data', place)).out).toBe(first);
    expect(await setup()).toMatchObject({ code: 0 });
    expect(await setup('--admin', 'quantri', '--password', 'Mot-mat-khau-khac-2026')).toMatchObject({ code: 1 });
    expect(await setup('--admin', 'nguoikhac', '--password', PASSWORD)).toMatchObject({ code: 1 });
    expect(JSON.parse((await setup('--hotline', '024 1', '--json')).out)).toMatchObject({ hotline: '024 1', school: 'Trường THCS Thử' });
  });

  it.skipIf(!HAVE_SCRIPT)('setup asks at a terminal, shows no password, asks again for a better one, and ends with the terminal', { timeout: 60_000 }, async () => {
    const place = join(dir, 'hoi');
    const told = await atTerminal(['setup', '--data', place], [['Tên trường', 'THCS Thử'], ['Đường dây', '024 1'], ['tư vấn', ''], ['Tên tài khoản', ''], ['Mật khẩu', 'ngan'], ['ít nhất 14', PASSWORD]]);
    expect(told).toContain('Đã tạo tài khoản quản trị «quantri»');
    expect(told).not.toContain('ngan\r');
    expect(told).not.toContain(PASSWORD);
    expect((await commandHere('users', 'list', '--json', '--data', place)).out).toContain('"name":"quantri"');
    const added = await atTerminal(['users', 'add', 'co.lan', '--role', 'teacher', '--data', place], [['Mật khẩu', PASSWORD]]);
    expect(added).toContain('Đã thêm tài khoản co.lan');
    expect(added).not.toContain(PASSWORD);
    const left = await atTerminal(['setup', '--data', place], [['Tên trường', '\u0003']]);
    expect(left).toContain('luytre: Đã dừng');
    expect(left).not.toMatch(/Warning|unsettled/);
  });

  it('backup and restore bring everything back', async () => {
    const backup = join(dir, 'sao-luu.db');
    expect(await rows('backup', backup)).toMatchObject([{ file: backup }]);
    expect(statSync(backup).mode & 0o777).toBe(0o600);
    const everything = async (place: string): Promise<string[]> => {
      const all: string[] = [];
      for (const args of [['zones', 'list'], ['rules', 'list'], ['users', 'list'], ['lists', 'status'], ['profiles', 'show', 'thpt']]) all.push((await commandHere(...args, '--json', '--data', place)).out);
      return all;
    };
    const before = await everything(data);
    await ok('zones', 'remove', 'Phòng 1');
    expect(await everything(data)).not.toEqual(before);
    await ok('restore', backup);
    expect(await everything(data)).toEqual(before);
    expect(await rows('audit', 'verify')).toMatchObject([{ whole: true }]);
    const elsewhere = join(dir, 'may-khac');
    expect(await commandHere('restore', backup, '--data', elsewhere)).toMatchObject({ code: 0 });
    expect(await everything(elsewhere)).toEqual(before);
  });

  const ada = sharedData('traces', 'ada-kasztp-urls.txt.gz');
  const adblock = sharedData('traces', 'adblock-rust-sitelist-urls.txt.gz');
  it.skipIf(ada === null || adblock === null)('explain - answers 200,000 URLs, each as if it were asked alone', { timeout: 120_000 }, async () => {
    const trace = [ada, adblock].flatMap((file) => gunzipSync(readFileSync(file ?? '')).toString('utf8').replace(/^\uFEFF/, '').split('\n').map((line) => line.trim()).filter((line) => line !== ''));
    const urls = Array.from({ length: 200_000 }, (_, i) => trace[i % trace.length] ?? '');
    const input = `${urls.join('\n')}\n`;
    const empty = await timed(() => runCli(['explain', '-', '--profile', 'thcs', '--json', '--data', data], { input: 'olm.vn\n' }));
    const all = await timed(() => runCli(['explain', '-', '--profile', 'thcs', '--json', '--data', data], { input }));
    expect(all.result).toMatchObject({ code: 0, err: '' });
    const lines = all.result.out.split('\n').filter((line) => line !== '');
    expect(lines).toHaveLength(urls.length);
    console.info(`explain -: 200,000 URLs in ${(all.ms / 1_000).toFixed(1)} s with the start (${Math.round(200_000_000 / all.ms)} a second), ${Math.round(200_000_000 / (all.ms - empty.ms))} a second without`);
    const random = seeded(20_261_125);
    const picked = Array.from({ length: 400 }, () => random.int(urls.length)).filter((at) => !urls[at]?.startsWith('-'));
    const alone = new Map<string, string>();
    for (let from = 0; from < picked.length; from += 100) {
      const some = [...new Set(picked.slice(from, from + 100).map((at) => urls[at] ?? ''))].filter((url) => (JSON.parse(lines[urls.indexOf(url)] ?? '{}') as { reason: string }).reason !== 'malformed');
      const answers = (await ok('explain', ...some, '--profile', 'thcs', '--json')).trim().split('\n');
      expect(answers).toHaveLength(some.length);
      some.forEach((url, i) => alone.set(url, answers[i] ?? ''));
    }
    expect(alone.size).toBeGreaterThan(300);
    urls.forEach((url, i) => {
      const single = alone.get(url);
      if (single !== undefined) expect(lines[i]).toBe(single);
      else if (i % 97 === 0) expect((JSON.parse(lines[i] ?? '{}') as { url: string }).url).toBe(url);
    });
  });
});

/** Types each answer once its question stands there; gives all that the terminal showed. `script` lends the terminal. */
function atTerminal(args: readonly string[], answers: readonly (readonly [question: string, answer: string])[]): Promise<string> {
  const command = [process.execPath, join(import.meta.dirname, '../../dist/main.js'), ...args].map((word) => `'${word}'`).join(' ');
  return new Promise((resolve) => {
    const child = spawn('script', ['-qec', command, '/dev/null'], { env: { ...process.env, LC_ALL: 'vi_VN.UTF-8' }, stdio: ['pipe', 'pipe', 'ignore'] });
    let shown = '';
    let seen = 0;
    let next = 0;
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString('utf8');
      const [question, answer] = answers[next] ?? [];
      const at = question === undefined ? -1 : shown.indexOf(question, seen);
      if (at < 0 || answer === undefined) return;
      seen = at + 1;
      next += 1;
      setTimeout(() => child.stdin.write(answer === '\u0003' ? answer : `${answer}\r`), 200);
    });
    child.stdin.on('error', () => undefined);
    child.on('close', () => resolve(shown));
  });
}

async function timed<T>(work: () => Promise<T>): Promise<{ ms: number; result: T }> {
  const from = performance.now();
  const result = await work();
  return { ms: performance.now() - from, result };
}

describe('with the gateway running', () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startTestGateway({ config: { school: { name: 'Trường Thử' } } });
  });
  afterAll(() => gateway.end());

  const codes = (): string[] => [...gateway.output().matchAll(/[0-9A-Z]{4}(?:-[0-9A-Z]{4}){4}/g)].map(([code]) => code).filter((code, i, all) => all.indexOf(code) === i);

  it('every start without an account prints a code that works, and the one before no longer does', async () => {
    expect(codes()).toHaveLength(1);
    await gateway.stop();
    await gateway.start();
    const [first = '', second = ''] = codes();
    expect(second).not.toBe('');
    expect(second).not.toBe(first);
    expect(await gateway.cli('setup', '--code', first, '--password', PASSWORD)).toMatchObject({ code: 1 });
    expect(await gateway.cli('setup', '--code', second.toLowerCase().replaceAll('-', ' '), '--password', PASSWORD)).toMatchObject({ code: 0 });
    expect((await gateway.cli('users', 'list', '--json')).out).toContain('"name":"quantri"');
    await gateway.stop();
    await gateway.start();
    expect(codes()).toHaveLength(2);
  });

  it('commands work beside it; backup too; restore waits for it to stop', async () => {
    expect(await gateway.cli('zones', 'add', 'Phòng máy', '--profile', 'thcs', '--cidr', '127.0.0.1/32')).toMatchObject({ code: 0 });
    const backup = join(gateway.dir, 'b.db');
    expect(await gateway.cli('backup', backup)).toMatchObject({ code: 0 });
    const refused = await gateway.cli('restore', backup);
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.err).toMatch(/^luytre: [^\n]*dừng[^\n]*\n$/);
    const health = (await (await fetch(`http://127.0.0.1:${gateway.pagesPort}/healthz`)).json()) as { ok: boolean };
    expect(health.ok).toBe(true);
    const doctor = await gateway.cli('doctor', '--json');
    const findings = doctor.out.trim().split('\n').map((line) => JSON.parse(line) as { check: string; status: string; remedy: string });
    expect(findings.find(({ check }) => check === 'database')).toMatchObject({ status: 'ok' });
    expect(findings.find(({ check }) => check === 'ports')).toMatchObject({ status: 'ok' });
    for (const { status, remedy } of findings) if (status !== 'ok') expect(remedy).not.toBe('');
  });

  it('requests: from the page to the answer, once', async () => {
    const body = new URLSearchParams({ host: 'facebook.com', ref: 'QWE234', profile: 'thcs', category: 'mxh', reason: 'bài nhóm' }).toString();
    const sent = await fetch(`http://127.0.0.1:${gateway.pagesPort}/yeu-cau`, { method: 'POST', body, headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
    expect(sent.status).toBe(200);
    const [request] = (await gateway.cli('requests', 'list', '--json')).out.trim().split('\n').map((line) => JSON.parse(line) as { id: number; zone: string; host: string; reason: string });
    expect(request).toMatchObject({ zone: 'Phòng máy', host: 'facebook.com', reason: 'bài nhóm' });
    expect(await gateway.cli('requests', 'approve', String(request?.id), '--answer', 'Được nhé')).toMatchObject({ code: 0 });
    expect(await gateway.cli('requests', 'reject', String(request?.id))).toMatchObject({ code: 1 });
    expect((await gateway.cli('requests', 'list')).out).toContain('Không có yêu cầu');
    expect((await gateway.cli('requests', 'list', '--all', '--json')).out).toContain('"state":"approved"');
    const page = await (await fetch(`http://127.0.0.1:${gateway.pagesPort}/yeu-cau/QWE234`)).text();
    expect(page).toContain('Được nhé');
  });

  it('SIGHUP reloads and goes on; SIGINT and SIGTERM end with 0', async () => {
    process.kill(gateway.pid(), 'SIGHUP');
    await until(async () => (await fetch(`http://127.0.0.1:${gateway.pagesPort}/healthz`)).ok, 5_000, 'still there');
    expect(await gateway.stop('SIGINT')).toBe(0);
    await gateway.start();
    expect(await gateway.stop('SIGTERM')).toBe(0);
    await gateway.start();
  });
});
