/** Two people for what opens more: from the command line, beside a running gateway that follows within two seconds. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openStore } from '../../src/store/database.js';
import { runCli, startTestGateway, until, type TestGateway } from '../support/gateway.js';
import { HEAD, HEAD_PASSWORD } from '../support/inspect-level.js';
import { commandHere, oneSentence } from '../support/one-sentence.js';

// many commands, each a process of its own, three of them hashing passwords
vi.setConfig({ testTimeout: 120_000 });
const HAVE_SCRIPT = spawnSync('script', ['--version']).status === 0;
if (!HAVE_SCRIPT) console.warn('script(1) is not on this machine: a password typed at a terminal is not tested');

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startTestGateway({ config: { network: { hosts: { 'hitclub.com': '127.0.0.1', 'facebook.com': '127.0.0.1' }, dialPrivate: ['127.0.0.0/8'] } } });
  expect(await cli(['zones', 'add', 'Phòng 1', '--profile', 'thcs', '--cidr', '127.0.0.1/32'])).toMatchObject({ code: 0 });
  expect(await cli(['ca', 'init', '--address', '127.0.0.1'])).toMatchObject({ code: 0 });
});
afterAll(() => gateway.end());

type Answer = Awaited<ReturnType<typeof runCli>>;
/** What reads a password is a process of its own; the rest runs here, a second the cheaper. */
const cli = (args: readonly string[], input?: string): Promise<Answer> =>
  input === undefined
    ? commandHere(...args, '--config', gateway.config, '--data', gateway.data, ...(args.includes('--lang') ? [] : ['--lang', 'vi']))
    : runCli([...args, '--config', gateway.config, '--data', gateway.data], { env: { LANG: 'vi_VN.UTF-8', LC_ALL: '' }, input });
async function rows<T = Record<string, unknown>>(...args: string[]): Promise<T[]> {
  const answer = await cli([...args, '--json']);
  expect(answer, args.join(' ')).toMatchObject({ code: 0 });
  return answer.out.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as T);
}

/** 403: refused by name. 200: the connection is completed here, with the block page. */
function statusOf(host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.proxyPort, '127.0.0.1');
    socket.setTimeout(10_000, () => reject(new Error('no answer')));
    socket.on('error', reject);
    socket.once('data', (chunk: Buffer) => {
      socket.destroy();
      resolve(Number(chunk.toString('latin1').split(' ')[1]));
    });
    socket.write(`CONNECT ${host}:443 HTTP/1.1\r\nHost: ${host}:443\r\n\r\n`);
  });
}
const cellOf = async (category: string): Promise<unknown> => (await rows('profiles', 'show', 'thcs')).find((row) => row['category'] === category)?.['cell'];

describe('before there is a head', () => {
  it('loosening takes a reason and is done; inspect waits all the same, and says for whom', async () => {
    expect(await cli(['profiles', 'set', 'thcs', 'livestream', 'M', '--reason', 'lớp học trực tuyến'])).toMatchObject({ code: 0 });
    expect(await cellOf('livestream')).toBe('M');
    const asked = await cli(['profiles', 'tls', 'thcs', 'inspect', '--reason', 'dự án an toàn mạng']);
    expect(asked).toMatchObject({ code: 0 });
    expect(asked.out).toMatch(/Chưa có gì thay đổi: đề xuất số 1 chờ hiệu trưởng/);
    expect(asked.err).toContain('luytre users add TÊN --role head');
    expect((await rows('profiles', 'list')).find((row) => row['id'] === 'thcs')).toMatchObject({ tls: 'name' });
    const doctor = (await cli(['doctor', '--json'])).out;
    expect(doctor).toMatch(/"check":"approvals","status":"warn"/);
    expect(doctor).not.toContain('"check":"inspect"');
    oneSentence(await cli(['profiles', 'tls', 'thcs', 'inspect', '--reason', 'lần nữa']), 1, /đang chờ duyệt ở đề xuất số 1/);
  });
});

describe('with a head', () => {
  beforeAll(async () => {
    expect(await cli(['users', 'add', HEAD, '--role', 'head'], `${HEAD_PASSWORD}\n`)).toMatchObject({ code: 0 });
    expect(await cli(['users', 'add', 'co.lan', '--role', 'teacher'], `${HEAD_PASSWORD}\n`)).toMatchObject({ code: 0 });
  });

  it('what waits can be read: before, after, effect, reason; in words and as data', async () => {
    const shown = await cli(['approvals', 'show', '1']);
    expect(shown).toMatchObject({ code: 0, err: '' });
    for (const part of ['Bật giải mã HTTPS', 'thcs', '− name', '+ inspect', 'Ảnh hưởng: Cổng lọc đọc được', 'Lý do: dự án an toàn mạng', 'Người đề xuất']) expect(shown.out).toContain(part);
    const [open] = await rows('approvals', 'list');
    expect(open).toMatchObject({ id: 1, change: { kind: 'tls-level', profile: 'thcs', level: 'inspect' }, state: 'open', fits: true, diff: { subject: { vi: expect.stringContaining('thcs') as string, en: expect.any(String) as string } } });
    expect((await cli(['approvals', 'show', '1', '--lang', 'en'])).out).toContain('Switch HTTPS inspection on');
  });

  it.each<[what: string, args: readonly string[], input: string, code: 1 | 2, about: RegExp]>([
    ['a wrong password', ['approvals', 'approve', '1', '--as', HEAD], 'Khong-phai-mat-khau-1\n', 1, /mật khẩu không đúng/],
    ['no password', ['approvals', 'approve', '1', '--as', HEAD], '', 1, /mật khẩu không đúng/],
    ['an account that is none', ['approvals', 'approve', '1', '--as', 'ai.do'], `${HEAD_PASSWORD}\n`, 1, /mật khẩu không đúng/],
    ['a teacher', ['approvals', 'approve', '1', '--as', 'co.lan'], `${HEAD_PASSWORD}\n`, 1, /Chỉ tài khoản hiệu trưởng/],
    ['nobody named', ['approvals', 'approve', '1'], `${HEAD_PASSWORD}\n`, 2, /--as/],
    ['a number that is none', ['approvals', 'approve', 'một', '--as', HEAD], `${HEAD_PASSWORD}\n`, 2, /Số đề xuất/],
    ['a proposal that is none', ['approvals', 'approve', '99', '--as', HEAD], `${HEAD_PASSWORD}\n`, 1, /Không có đề xuất số 99/],
    ['a refusal without a reason', ['approvals', 'reject', '1', '--as', HEAD], `${HEAD_PASSWORD}\n`, 2, /--reason/],
    ['a refusal with an empty one', ['approvals', 'reject', '1', '--as', HEAD, '--reason', '  '], `${HEAD_PASSWORD}\n`, 2, /--reason/],
    ['show of none', ['approvals', 'show', '99'], '', 1, /Không có đề xuất số 99/],
    ['withdrawing none', ['approvals', 'withdraw', '99'], '', 1, /Không có đề xuất số 99/],
  ])('%s changes nothing', async (_, args, input, code, about) => {
    oneSentence(await cli(args, input), code, about);
    expect(await rows('approvals', 'list')).toMatchObject([{ id: 1, state: 'open' }]);
    expect((await rows('profiles', 'list')).find((row) => row['id'] === 'thcs')).toMatchObject({ tls: 'name' });
  });

  it('approved, and the running gateway is at the level within two seconds; lowered by one alone, as quickly', async () => {
    expect(await statusOf('hitclub.com')).toBe(403);
    expect(await cli(['approvals', 'approve', '1', '--as', HEAD, '--note', 'đến hết học kỳ'], `${HEAD_PASSWORD}\n`)).toMatchObject({ code: 0, err: '' });
    await until(async () => (await statusOf('hitclub.com')) === 200, 2_000, 'inspect in force');
    expect((await rows('profiles', 'list')).find((row) => row['id'] === 'thcs')).toMatchObject({ tls: 'inspect' });
    expect((await rows('ca', 'status'))[0]).toMatchObject({ inspected: ['thcs'] });
    expect((await cli(['ca', 'status'])).out).toContain('Hồ sơ ở mức inspect: thcs');
    expect((await cli(['doctor', '--json'])).out).toMatch(/"check":"inspect","status":"ok","finding":"[^"]*thcs/);
    oneSentence(await cli(['approvals', 'approve', '1', '--as', HEAD], `${HEAD_PASSWORD}\n`), 1, /Đề xuất số 1 đã được duyệt/);
    expect(await cli(['profiles', 'tls', 'thcs', 'name'])).toMatchObject({ code: 0, err: '' });
    await until(async () => (await statusOf('hitclub.com')) === 403, 2_000, 'name in force');
  });

  it('loosening waits now, closing does not, X never opens', async () => {
    const before = await cellOf('mxh');
    const [asked] = await rows<{ cell: string; proposal: { id: number } }>('profiles', 'set', 'thcs', 'mxh', 'M', '--reason', 'báo tường');
    expect(asked).toMatchObject({ cell: before, proposal: { state: 'open', reason: 'báo tường' } });
    expect(await cellOf('mxh')).toBe(before);
    oneSentence(await cli(['profiles', 'set', 'thcs', 'cobac', 'M', '--reason', 'x']), 1, /chặn cứng/);
    oneSentence(await cli(['profiles', 'set', 'thcs', 'mxh', 'H']), 2, /--reason/);
    // the cell is closed meanwhile: what the head read is no longer so
    expect(await cli(['profiles', 'set', 'thcs', 'mxh', 'X'])).toMatchObject({ code: 0, err: '' });
    const id = String(asked?.proposal.id);
    oneSentence(await cli(['approvals', 'approve', id, '--as', HEAD], `${HEAD_PASSWORD}\n`), 1, /đã đổi sau khi có đề xuất/);
    expect(await rows('approvals', 'list')).toMatchObject([{ id: asked?.proposal.id, fits: false }]);
    expect(await cellOf('mxh')).toBe('X');
    expect(await cli(['profiles', 'reset', 'thcs', 'mxh'])).toMatchObject({ code: 0 });
    expect(await cli(['approvals', 'approve', id, '--as', HEAD], `${HEAD_PASSWORD}\n`)).toMatchObject({ code: 0 });
    expect(await cellOf('mxh')).toBe('M');
    const [second] = await rows<{ proposal: { id: number } }>('profiles', 'set', 'thcs', 'nhantin', 'M', '--reason', 'nhóm lớp');
    expect((await rows('approvals', 'withdraw', String(second?.proposal.id)))[0]).toMatchObject({ state: 'withdrawn' });
    const [third] = await rows<{ proposal: { id: number } }>('profiles', 'set', 'thcs', 'nhantin', 'M', '--reason', 'nhóm lớp');
    expect(await cli(['approvals', 'reject', String(third?.proposal.id), '--as', HEAD, '--reason', 'để sau thi'], `${HEAD_PASSWORD}\n`)).toMatchObject({ code: 0 });
    expect((await cli(['approvals', 'list'])).out).toContain('Không có đề xuất nào đang chờ');
    expect((await rows('approvals', 'list', '--all')).map((row) => row['state'])).toEqual(['rejected', 'withdrawn', 'approved', 'approved']);
  });

  it.runIf(HAVE_SCRIPT)('at a terminal the password is asked for under the difference, and not shown', async () => {
    const [asked] = await rows<{ proposal: { id: number } }>('profiles', 'tls', 'thpt', 'inspect', '--reason', 'thử');
    const id = String(asked?.proposal.id);
    const shown = await atTerminal(['approvals', 'approve', id, '--as', HEAD, '--data', gateway.data, '--config', gateway.config], `Mật khẩu của ${HEAD}`, HEAD_PASSWORD);
    expect(shown).toMatch(/− name[\s\S]*\+ inspect[\s\S]*Mật khẩu của[\s\S]*Đã duyệt đề xuất/);
    expect(shown).not.toContain(HEAD_PASSWORD);
    expect(await cli(['profiles', 'tls', 'thpt', 'name'])).toMatchObject({ code: 0 });
  });

  it('eight processes, four at a time: one is applied', async () => {
    const [asked] = await rows<{ proposal: { id: number } }>('profiles', 'tls', 'thpt', 'inspect', '--reason', 'thử');
    const id = String(asked?.proposal.id);
    const answers: Answer[] = [];
    for (let wave = 0; wave < 2; wave++) answers.push(...(await Promise.all(Array.from({ length: 4 }, () => cli(['approvals', 'approve', id, '--as', HEAD], `${HEAD_PASSWORD}\n`)))));
    expect(answers.filter(({ code }) => code === 0)).toHaveLength(1);
    for (const { code, err } of answers) if (code !== 0) expect(err).toMatch(/đã được duyệt|thử lại sau/);
    const approvals = (await rows<{ action: string; object: string }>('audit', 'list', '--limit', '1000')).filter(({ action, object }) => action === 'proposal.approve' && object.startsWith(`${id} `));
    expect(approvals).toHaveLength(1);
    expect(await cli(['profiles', 'tls', 'thpt', 'name'])).toMatchObject({ code: 0 });
  });

  it('wrong passwords make one wait, from process to process; the record holds none of them and is whole', async () => {
    const [asked] = await rows<{ proposal: { id: number } }>('profiles', 'tls', 'thpt', 'inspect', '--reason', 'thử');
    const id = String(asked?.proposal.id);
    for (let i = 0; i < 60; i++) {
      const answer = await cli(['approvals', 'approve', id, '--as', HEAD], `canary-mat-khau-${i}\n`);
      expect(answer.code).toBe(1);
      // a wait that a slow machine can't sit out before the next command has started
      if (Number(/thử lại sau (\d+) giây/.exec(answer.err)?.[1] ?? 0) >= 10) break;
      if (i === 59) throw new Error('never throttled');
    }
    oneSentence(await cli(['approvals', 'approve', id, '--as', HEAD], `${HEAD_PASSWORD}\n`), 1, /Sai mật khẩu nhiều lần; hãy thử lại sau \d+ giây/);
    // the machine itself is the way back in
    expect(await cli(['users', 'set', HEAD, '--password', `${HEAD_PASSWORD}x`])).toMatchObject({ code: 0 });
    expect(await cli(['approvals', 'reject', id, '--as', HEAD, '--reason', 'thử xong'], `${HEAD_PASSWORD}x\n`)).toMatchObject({ code: 0 });
    const audit = JSON.stringify(await rows('audit', 'list', '--limit', '1000'));
    for (const action of ['proposal.add', 'proposal.approve', 'proposal.reject', 'proposal.withdraw', 'login.fail', 'setting.set', 'cell.set']) expect(audit).toContain(`"${action}"`);
    expect(audit).not.toContain('canary-mat-khau');
    expect(audit).not.toContain(HEAD_PASSWORD);
    expect(await rows('audit', 'verify')).toMatchObject([{ whole: true }]);
  });
});

describe('hosts that are not decrypted', () => {
  it('an exception is in force within two seconds, and so is its end', async () => {
    expect(await cli(['profiles', 'tls', 'thcs', 'block-page'])).toMatchObject({ code: 0 });
    await until(async () => (await statusOf('hitclub.com')) === 200, 2_000, 'the level');
    expect((await rows('profiles', 'tls-exceptions', 'add', 'https://HITCLUB.com/', '--note', 'thử'))[0]).toMatchObject({ host: 'hitclub.com' });
    await until(async () => (await statusOf('hitclub.com')) === 403, 2_000, 'the exception');
    expect(await rows('profiles', 'tls-exceptions', 'list')).toMatchObject([{ host: 'hitclub.com', note: 'thử' }]);
    expect(await cli(['profiles', 'tls-exceptions', 'add', 'hitclub.com'])).toMatchObject({ code: 0 });
    expect(await cli(['profiles', 'tls-exceptions', 'remove', 'hitclub.com'])).toMatchObject({ code: 0 });
    await until(async () => (await statusOf('hitclub.com')) === 200, 2_000, 'its end');
    oneSentence(await cli(['profiles', 'tls-exceptions', 'remove', 'hitclub.com']), 1, /không loại riêng/);
    oneSentence(await cli(['profiles', 'tls-exceptions', 'add', 'com.vn']), 2, /đuôi chung/);
    oneSentence(await cli(['profiles', 'tls-exceptions', 'add', 'a.vn/b']), 2, /đường dẫn/);
    oneSentence(await cli(['profiles', 'tls-exceptions', 'add', '10.0.0.1']), 1, /không kèm đường dẫn hay địa chỉ IP/);
  });

  it('what clients refuse is suggested, never done', async () => {
    expect((await cli(['profiles', 'tls-exceptions', 'suggest'])).out).toContain('Không có trang nào');
    const store = openStore(gateway.data);
    store.policies.noteTlsRejections([['app.test', 7], ['it.test', 4], ['vietcombank.com.vn', 50], ['da-loai.test', 9]], Date.now());
    store.close();
    expect(await cli(['profiles', 'tls-exceptions', 'add', 'da-loai.test'])).toMatchObject({ code: 0 });
    expect(await rows('profiles', 'tls-exceptions', 'suggest')).toEqual([{ host: 'app.test', n: 7, days: 1, command: 'luytre profiles tls-exceptions add app.test' }]);
    expect((await rows('profiles', 'tls-exceptions', 'list')).map((row) => row['host'])).toEqual(['da-loai.test']);
  });
});

describe('the key of the CA', () => {
  it('leaves once, sealed, with the head’s leave, and signs on another machine', async () => {
    const PASSPHRASE = 'Chuyen-sang-may-moi-2026';
    const head = `${HEAD_PASSWORD}x\n`;
    // by itself this test has no head yet
    if ((await cli(['users', 'set', HEAD, '--password', head.trim()])).code !== 0) expect(await cli(['users', 'add', HEAD, '--role', 'head'], head)).toMatchObject({ code: 0 });
    const file = join(gateway.dir, 'khoa.pem');
    const out = ['ca', 'export-key', '--out', file];
    oneSentence(await cli(out), 2, /hiệu trưởng duyệt trước/);
    const [asked] = await rows<{ proposal: { id: number } }>(...out, '--reason', 'thay máy hỏng');
    expect(asked).toMatchObject({ exported: false, proposal: { state: 'open', change: { kind: 'ca-export' } } });
    oneSentence(await cli([...out, '--reason', 'thay máy hỏng']), 1, /đang chờ duyệt/);
    expect(existsSync(file)).toBe(false);
    expect(await cli(['approvals', 'approve', String(asked?.proposal.id), '--as', HEAD], head)).toMatchObject({ code: 0 });
    oneSentence(await cli(out, 'ngan\n'), 1, /ít nhất 14 ký tự/);
    oneSentence(await cli(['ca', 'export-key', '--out', join(gateway.dir, 'none', 'x')], `${PASSPHRASE}\n`), 1, /Không ghi được/);
    expect(await cli(out, `${PASSPHRASE}\n`)).toMatchObject({ code: 0 });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const text = readFileSync(file, 'utf8');
    expect(text).toContain('BEGIN ENCRYPTED PRIVATE KEY');
    expect(text).not.toContain('BEGIN PRIVATE KEY');
    // used up: nothing more leaves
    oneSentence(await cli(['ca', 'export-key', '--out', `${file}2`], `${PASSPHRASE}\n`), 2, /hiệu trưởng duyệt trước/);
    expect(existsSync(`${file}2`)).toBe(false);
    const other = join(gateway.dir, 'may-moi');
    const there = (args: readonly string[], input = ''): Promise<Answer> => runCli([...args, '--data', other], { env: { LANG: 'vi_VN.UTF-8', LC_ALL: '' }, input });
    oneSentence(await there(['ca', 'import', file], 'Sai-mat-khau-roi-2026\n'), 1, /Mật khẩu của tệp không đúng/);
    oneSentence(await there(['ca', 'import', gateway.config], `${PASSPHRASE}\n`), 1, /không phải tệp khóa CA/);
    expect(await there(['ca', 'import', file], `${PASSPHRASE}\n`)).toMatchObject({ code: 0, err: '' });
    expect((JSON.parse((await there(['ca', 'status', '--json'])).out) as { fingerprint: string }).fingerprint).toBe((await rows('ca', 'status'))[0]?.['fingerprint']);
    oneSentence(await there(['ca', 'import', file], `${PASSPHRASE}\n`), 1, /đã có CA/);
    const audit = JSON.stringify(await rows('audit', 'list', '--limit', '1000'));
    expect(audit).toContain('ca.export-key');
    expect(audit).not.toContain(PASSPHRASE);
  });
});

/** Types one answer once its question stands there; gives all that the terminal showed. `script` lends the terminal. */
function atTerminal(args: readonly string[], question: string, answer: string): Promise<string> {
  const command = [process.execPath, join(import.meta.dirname, '../../dist/main.js'), ...args].map((word) => `'${word}'`).join(' ');
  return new Promise((resolve) => {
    const child = spawn('script', ['-qec', command, '/dev/null'], { env: { ...process.env, LC_ALL: 'vi_VN.UTF-8' }, stdio: ['pipe', 'pipe', 'ignore'] });
    let shown = '';
    let asked = false;
    child.stdout.on('data', (chunk: Buffer) => {
      shown += chunk.toString('utf8');
      if (asked || !shown.includes(question)) return;
      asked = true;
      setTimeout(() => child.stdin.write(`${answer}\r`), 200);
    });
    child.stdin.on('error', () => undefined);
    child.on('close', () => resolve(shown));
  });
}
