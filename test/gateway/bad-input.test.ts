/**
 * Everything that can be wrong with what the program is given (config, flags, values, stdin): one clear sentence, the right exit code, never a stack trace,
 * and what was there before is there after.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadConfig } from '../../src/config.js';
import { ConfigError } from '../../src/config-file.js';
import { runCli } from '../support/gateway.js';
import { makeX509 } from '../support/x509.js';
import { commandHere, oneSentence, type Answer } from '../support/one-sentence.js';

const dir = mkdtempSync(join(tmpdir(), 'luytre-bad-'));
const data = join(dir, 'data');

const cli = (...args: string[]): Promise<Answer> => runCli([...args, '--data', data], { env: { LANG: 'vi_VN.UTF-8', LC_ALL: '' } });

beforeAll(async () => {
  expect(await cli('zones', 'add', 'Phòng A', '--profile', 'thcs', '--cidr', '10.1.0.0/16', '--mac', '3c:52:82:11:22:33')).toMatchObject({ code: 0 });
  expect(await cli('rules', 'block', 'chan-thu.vn')).toMatchObject({ code: 0 });
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe('config', () => {
  const cases: readonly (readonly [text: string, vi: RegExp, en: RegExp])[] = [
    ['proxi:\n  port: 1\n', /dòng 1, khóa «proxi».*không có khóa này/, /line 1, key "proxi".*no such key/],
    ['proxy:\n  host: "::"\n  prot: 3128\n', /dòng 3, khóa «proxy\.prot»/, /line 3, key "proxy\.prot"/],
    ['proxy:\n  port: "3128"\n', /dòng 2, khóa «proxy\.port».*cần là số/, /line 2, key "proxy\.port".*must be a/],
    ['proxy:\n  port: 65536\n', /dòng 2.*tối đa là 65535/, /at most 65535/],
    ['proxy:\n  port: 3128.5\n', /số nguyên/, /whole number/],
    ['proxy:\n  host: localhost\n', /«proxy\.host».*địa chỉ IP/, /an IP address/],
    ['proxy:\n  workers: 0\n', /ít nhất là 1/, /at least 1/],
    ['proxy: 3128\n', /«proxy».*nhóm khóa/, /a group of keys/],
    ['proxy:\n', /«proxy».*nhóm khóa/, /a group of keys/],
    ['- proxy\n', /dòng 1: cần là nhóm khóa/, /line 1: must be a group of keys/],
    ['just text\n', /nhóm khóa/, /a group of keys/],
    ['network:\n  clients: 10.0.0.0/8\n', /«network\.clients».*danh sách/, /a list/],
    ['network:\n  clients:\n    - 10.0.0.0/8\n    - 10.0.0.0/40\n', /dòng 4, khóa «network\.clients\.1».*dải địa chỉ/, /line 4.*address range/],
    ['network:\n  clients: []\n', /ít nhất một mục/, /at least one item/],
    ['network:\n  hosts:\n    olm.vn: nowhere\n', /dòng 3, khóa «network\.hosts\.olm\.vn».*địa chỉ IP/, /line 3.*IP address/],
    ['network:\n  hosts:\n    "bad host!": 10.0.0.1\n', /dòng 3.*tên máy/, /line 3.*host name/],
    ['network:\n  ports: [0]\n', /«network\.ports\.0»/, /at least 1/],
    ['network:\n  dns: [dns.example]\n', /địa chỉ:cổng/, /address:port/],
    ['network:\n  parentProxy: proxy.vn\n', /tên:cổng/, /host:port/],
    ['school:\n  name: ""\n', /không được để trống/, /must not be empty/],
    ['school:\n  name: "Trường \\u0000"\n', /dòng 2, khóa «school\.name».*không nhìn thấy/, /line 2.*nobody can see/],
    ['school:\n  hotline: "024 \\u202e1"\n', /«school\.hotline».*không nhìn thấy/, /nobody can see/],
    ['school:\n  levels: [thcs, dai-hoc]\n', /dòng 2, khóa «school\.levels\.1».*một trong: mam-non/, /one of: mam-non/],
    ['retention:\n  eventDays: 365\n', /tối đa là 90/, /at most 90/],
    ['retention:\n  eventDays: null\n', /cần là số/, /must be a/],
    ['proxy:\n  port: 8080\n', /dòng 2, khóa «proxy\.port».*cổng 8080 dùng cho cả proxy\.port và pages\.port/, /port 8080 is used for both/],
    ['proxy:\n  port: 4000\n  transparentPort: 4000\n', /dòng 3, khóa «proxy\.transparentPort»/, /line 3/],
    ['proxy:\n  port: 1\n  port: 2\n', /dòng 3: sai cú pháp YAML/, /line 3: not valid YAML/],
    ['proxy: {\n', /sai cú pháp YAML/, /not valid YAML/],
    ['proxy:\n\tport: 1\n', /dòng 2: sai cú pháp YAML/, /not valid YAML/],
    ['proxy: *nothing\n', /sai cú pháp YAML/, /not valid YAML/],
    ['a: &a [x, x, x, x, x, x, x, x, x]\nb: &b [*a, *a, *a, *a, *a, *a, *a, *a, *a]\nc: &c [*b, *b, *b, *b, *b, *b, *b, *b, *b]\nd: [*c, *c, *c, *c, *c, *c, *c, *c, *c]\n', /sai cú pháp YAML/, /not valid YAML/],
  ];

  it.each(cases)('%j', (text, vi, en) => {
    const file = join(dir, 'config.yaml');
    writeFileSync(file, text);
    let error: unknown = null;
    try {
      loadConfig({ file, dataDir: data, env: {} });
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toBeInstanceOf(ConfigError);
    const said = error as ConfigError;
    expect(said.vi).toMatch(vi);
    expect(said.en).toMatch(en);
    for (const sentence of [said.vi, said.en]) {
      expect(sentence).toContain(file);
      expect(sentence).toMatch(/^[^\n]+\.$/);
      expect(sentence).not.toMatch(/Invalid|expected|undefined/);
    }
  });

  it('files that are none, in the language asked for', async () => {
    const binary = join(dir, 'binary.yaml');
    writeFileSync(binary, Buffer.from([0x70, 0xff, 0xfe, 0x00, 0x0a]));
    const broken = join(dir, 'broken.yaml');
    writeFileSync(broken, 'proxy:\n  prot: 1\n');
    oneSentence(await cli('zones', 'list', '--config', join(dir, 'none.yaml')), 2, /Không tìm thấy tệp cấu hình/);
    oneSentence(await cli('zones', 'list', '--config', dir), 2, /là thư mục/);
    oneSentence(await cli('zones', 'list', '--config', join(broken, 'x')), 2, /Không đọc được tệp cấu hình .*ENOTDIR/);
    oneSentence(await cli('zones', 'list', '--config', binary), 2, /không phải văn bản UTF-8/);
    oneSentence(await cli('start', '--config', broken), 2, /dòng 2, khóa «proxy\.prot»/);
    oneSentence(await cli('zones', 'list', '--config', broken, '--lang', 'en'), 2, /line 2, key "proxy\.prot"/);
    oneSentence(await runCli(['zones', 'list', '--data', data], { env: { LANG: 'en_US.UTF-8', LC_ALL: '', LUYTRE_CONFIG: broken } }), 2, /line 2, key "proxy\.prot"/);
    oneSentence(await cli('zones', 'list', '--config', ''), 2, /--config thiếu giá trị/);
  });
});

describe('network.trustedCa', () => {
  it('a file that is no root certificate: start and doctor say so in one sentence, and nothing is started', async () => {
    const config = join(dir, 'trusted.yaml');
    const here = (command: string, lang = 'vi'): Promise<Answer> => commandHere(command, '--config', config, '--data', data, '--lang', lang);
    writeFileSync(config, 'network:\n  trustedCa: so-ca.pem\n');
    // the path counts from the config file, not from where the command runs
    oneSentence(await here('start'), 1, new RegExp(`network\\.trustedCa: không tìm thấy tệp ${join(dir, 'so-ca.pem')}`));
    writeFileSync(join(dir, 'so-ca.pem'), 'không phải chứng chỉ');
    oneSentence(await here('start'), 1, /không phải chứng chỉ PEM/);
    const { out, code } = await here('doctor');
    expect(code).toBe(1);
    expect(out).toMatch(/✗ network\.trustedCa: tệp .*so-ca\.pem không phải chứng chỉ PEM/);
    oneSentence(await here('start', 'en'), 1, /is not a PEM certificate/);
    writeFileSync(join(dir, 'so-ca.pem'), makeX509({ subject: 'CA của Sở', ca: true }, null).pem);
    expect((await here('doctor')).out).toMatch(/[✓!] .*trong đó 1 của trường/);
  });
});

describe('flags and values', () => {
  const cases: readonly (readonly [args: readonly string[], code: 1 | 2, about: RegExp])[] = [
    [['zones', 'lits'], 2, /Không có lệnh «lits»; có phải là list\?/],
    [['nothing'], 2, /Không có lệnh «nothing»/],
    [['zones', 'add', 'B'], 2, /Thiếu tùy chọn bắt buộc --profile/],
    [['zones', 'add'], 2, /Thiếu/],
    [['zones', 'add', 'B', '--profil', 'thcs'], 2, /--profil|bắt buộc --profile/],
    [['zones', 'list', 'extra'], 2, /Thừa: extra/],
    [['zones', 'list', '--lang', 'fr'], 2, /không nhận «fr»/],
    [['zones', 'add', 'B', '--profile', 'lop-99'], 2, /Không có hồ sơ lọc «lop-99»/],
    [['zones', 'add', 'Phòng A', '--profile', 'thcs'], 1, /Đã có phòng/],
    [['zones', 'add', 'B', '--profile', 'thcs', '--cidr', '10.1.0.0/16'], 1, /đã thuộc phòng/],
    [['zones', 'add', 'B', '--profile', 'thcs', '--cidr', '10.1.0.0/33'], 2, /không phải dải địa chỉ/],
    [['zones', 'add', 'B', '--profile', 'thcs', '--mac', '3c:52:82:11:22'], 2, /không phải địa chỉ MAC/],
    [['zones', 'add', 'B', '--profile', 'thcs', '--mac', '3C-52-82-11-22-33'], 1, /MAC/],
    [['zones', 'add', 'B', '--profile', 'thcs', '--port', '70000'], 2, /từ 1 đến 65535/],
    [['zones', 'add', 'B', '--profile', 'thcs', '--port', '8080'], 1, /đã được cổng lọc dùng/],
    [['zones', 'add', 'B', '--profile', 'thcs', '--login', 'phongb'], 2, /--password/],
    [['zones', 'add', 'B', '--profile', 'thcs', '--slot', '8@07:00-08:00=thcs'], 2, /thời khóa biểu/],
    [['zones', 'add', '<script>', '--profile', 'thcs'], 2, /Tên phòng/],
    [['zones', 'set', 'Phòng A'], 2, /Chưa nêu điều gì/],
    [['zones', 'remove', 'Phòng Z'], 1, /Không có phòng «Phòng Z»/],
    [['lesson', 'start', '--zone', 'Phòng A', '--profile', 'thpt', '--until', '25:00'], 2, /Không hiểu thời điểm/],
    [['lesson', 'start', '--zone', 'Phòng A', '--profile', 'thpt', '--until', '2020-01-01T10:00'], 2, /đã qua/],
    [['lesson', 'start', '--zone', 'Phòng A', '--profile', 'thpt', '--until', '99999m'], 2, /quá xa/],
    [['lesson', 'start', '--zone', 'Phòng Z', '--profile', 'thpt', '--until', '45m'], 1, /Không có phòng/],
    [['lesson', 'end', '--zone', 'Phòng A'], 1, /không có tiết nào/],
    [['openings', 'add', '--zone', 'Phòng A', '--host', 'một hai', '--until', '45m'], 2, /không phải tên trang/],
    [['openings', 'add', '--zone', 'Phòng A', '--host', 'edu.vn', '--until', '45m'], 2, /đuôi chung/],
    [['openings', 'add', '--zone', 'Phòng A', '--host', 'hitclub.com', '--until', '45m'], 1, /bị chặn cứng/],
    [['openings', 'remove', '7'], 1, /Không có lần mở tạm số 7/],
    [['rules', 'allow', 'http://[::1'], 2, /không phải tên trang/],
    [['rules', 'allow', 'vn'], 2, /đuôi chung/],
    [['rules', 'block', 'com.vn'], 2, /đuôi chung.*được bảo vệ/],
    [['openings', 'add', '--zone', 'Phòng A', '--host', 'facebook.com/nhom', '--until', '45m'], 2, /đường dẫn/],
    [['rules', 'allow', 'hitclub.com'], 1, /bị chặn cứng/],
    [['rules', 'remove', '0'], 2, /Số quy tắc/],
    [['users', 'add', 'co.lan', '--role', 'vua'], 2, /Không có vai trò/],
    [['users', 'add', 'co.lan', '--role', 'teacher', '--password', 'ngan'], 1, /ít nhất 14 ký tự/],
    [['users', 'add', 'Cô Lan', '--role', 'teacher'], 2, /Tên tài khoản/],
    [['users', 'remove', 'ai'], 1, /Không có tài khoản/],
    [['requests', 'approve', 'một'], 2, /Số yêu cầu/],
    [['requests', 'approve', '99'], 1, /Không có yêu cầu/],
    [['audit', 'list', '--limit', '-5'], 2, /Số dòng/],
    [['profiles', 'set', 'thcs', 'cobac', 'M', '--reason', 'x'], 1, /chặn cứng/],
    [['profiles', 'set', 'thcs', 'mxh', 'M'], 2, /--reason/],
    [['profiles', 'set', 'thcs', 'mxh', 'Q'], 2, /Ô phải là/],
    [['profiles', 'set', 'thcs', 'trogiup', 'X'], 1, /luôn mở/],
    [['profiles', 'tls', 'thcs', 'inspect'], 2, /--reason.*hiệu trưởng/],
    [['profiles', 'tls', 'thcs', 'inspect', '--reason', '   '], 2, /--reason/],
    [['profiles', 'tls', 'thcs', 'inspect', '--reason', 'x'.repeat(1_001)], 1, /dài quá/],
    [['profiles', 'tls', 'thcs', 'decrypt'], 2, /Mức TLS phải là name, block-page, inspect/],
    [['profiles', 'tls-exceptions', 'add', 'edu.vn'], 2, /đuôi chung/],
    [['profiles', 'tls-exceptions', 'add', 'một hai'], 2, /không phải tên trang/],
    [['profiles', 'tls-exceptions', 'remove', 'olm.vn'], 1, /không loại riêng/],
    [['approvals', 'show', '0'], 2, /Số đề xuất/],
    [['approvals', 'show', '7'], 1, /Không có đề xuất số 7/],
    [['approvals', 'approve', '7'], 2, /--as/],
    [['approvals', 'approve', '7', '--as', 'hieu.truong'], 1, /Không có đề xuất số 7/],
    [['approvals', 'reject', '7', '--as', 'hieu.truong'], 2, /--reason/],
    [['approvals', 'withdraw', '7'], 1, /Không có đề xuất số 7/],
    [['explain', ' '], 2, /không phải địa chỉ web/],
    [['explain', 'olm.vn', '--at', 'hôm qua'], 2, /Không hiểu thời điểm/],
    [['explain', 'olm.vn', '--client', '10.1.1'], 2, /không phải địa chỉ IP/],
    [['explain', 'olm.vn', '--zone', 'Phòng Z'], 1, /Không có phòng/],
    [['report', '--from', '2026-02-30', '--to', '2026-03-01'], 2, /không phải ngày/],
    [['report', '--from', '2026-03-02', '--to', '2026-03-01'], 2, /đứng trước/],
    [['report', '--from', '2026-03-01', '--to', '2026-03-01', '--format', 'pdf'], 2, /Không có định dạng/],
    [['report', '--from', '2026-03-01', '--to', '2026-03-01', '--out', '/dev/full'], 1, /Không ghi được tệp/],
    [['report', '--from', '2026-03-01', '--to', '2026-03-01', '--out', '/nowhere/x'], 1, /Không ghi được tệp/],
    [['backup', '/nowhere/x.db'], 1, /Không có thư mục/],
    [['restore', '/nowhere/x.db'], 1, /Không có tệp/],
    [['restore', '/dev/null'], 1, /không phải bản sao lưu/],
    [['setup', '--school', 'x'.repeat(201)], 2, /dài quá/],
    [['setup', '--admin', 'quantri'], 2, /cần mật khẩu/],
    [['setup', '--code', 'AAAA-BBBB-CCCC', '--password', 'Mat-khau-du-dai-1'], 1, /Mã dùng một lần sai/],
    [['lists', 'import', '/nowhere.txt', '--category', 'cobac'], 2, /Không tìm thấy/],
    [['lists', 'import', process.execPath, '--category', 'cobac'], 1, /./],
    [['lists', 'import', import.meta.filename, '--category', 'khong-co'], 2, /Không có nhóm/],
    [['lists', 'import', import.meta.filename, '--category', 'cobac', '--format', 'xls'], 2, /không nhận «xls»/],
    [['lists', 'import', import.meta.filename, '--category', 'trogiup'], 1, /chỉ nhận danh sách đi kèm/],
    [['lists', 'import', import.meta.filename, '--category', 'hatang', '--allow'], 1, /chỉ nhận danh sách đi kèm/],
    [['lists', 'remove', 'khong-co'], 1, /Không có danh sách/],
    [['lists', 'remove', 'luytre-cobac'], 1, /đi kèm/],
    [['lists', 'rollback', 'luytre-cobac'], 1, /đi kèm/],
  ];

  it('each gets its sentence and changes nothing', { timeout: 180_000 }, async () => {
    // lists that the first import would bring into step are in step before
    await cli('lists', 'status');
    const before = await everything();
    for (const [args, code, about] of cases) {
      const answer = await commandHere(...args, '--data', data, '--lang', 'vi');
      expect(answer, args.join(' ')).toMatchObject({ code });
      oneSentence(answer, code, about);
    }
    // and three of them as a process, so that what is tested here is what runs there
    for (const [args, code, about] of [cases[0], cases[7], cases[cases.length - 1]].filter((one) => one !== undefined)) oneSentence(await cli(...args), code, about);
    expect(await everything()).toEqual(before);
  });

  async function everything(): Promise<string[]> {
    const all: string[] = [];
    for (const args of [['zones', 'list'], ['rules', 'list'], ['openings', 'list'], ['lesson', 'list'], ['users', 'list'], ['lists', 'status'], ['profiles', 'show', 'thcs'], ['profiles', 'list'], ['profiles', 'tls-exceptions', 'list'], ['approvals', 'list', '--all'], ['audit', 'list', '--limit', '1000']]) all.push((await commandHere(...args, '--json', '--data', data)).out);
    return all;
  }

  it('a result that can\'t be written is said, a reader that goes away is not', async () => {
    const program = join(import.meta.dirname, '../../dist/main.js');
    const shell = (line: string): string => execFileSync('sh', ['-c', `${line}; echo "code $?"`], { env: { ...process.env, LC_ALL: 'en_US.UTF-8' }, encoding: 'utf8' });
    expect(shell(`'${process.execPath}' '${program}' zones list --data '${data}' 2>&1 >/dev/full`)).toBe('luytre: The output can\'t be written (ENOSPC).\ncode 1\n');
    const urls = join(dir, 'urls.txt');
    writeFileSync(urls, 'olm.vn\n'.repeat(200_000));
    expect(shell(`('${process.execPath}' '${program}' explain - --data '${data}' < '${urls}' || echo "failed $?") 2>&1 | head -1`)).toMatch(/^allow\t.*\ncode 0\n$/);
  });

  it('stdin of every kind: answers a line a line, also one without end', async () => {
    const noise = Buffer.concat([Buffer.from('olm.vn\n'), Buffer.from(Array.from({ length: 5_000 }, (_, i) => (i * 7919) & 0xff)), Buffer.from('\nhttp://\n\n  \nhitclub.com')]).toString('latin1');
    const answer = await runCli(['explain', '-', '--json', '--data', data], { input: noise });
    expect(answer).toMatchObject({ code: 0, err: '' });
    const lines = answer.out.trim().split('\n').map((line) => JSON.parse(line) as { url: string; action: string; reason: string });
    expect(lines[0]).toMatchObject({ url: 'olm.vn', action: 'allow' });
    expect(lines.at(-2)).toMatchObject({ url: 'http://', action: 'block', reason: 'malformed' });
    expect(lines.at(-1)).toMatchObject({ url: 'hitclub.com', action: 'block' });
    // one bad line of a log costs that line, whatever its length, and every answer says for whom it was asked
    const endless = await runCli(['explain', '-', '--json', '--profile', 'thcs', '--data', data], { input: `${'a'.repeat(300_000)}\nhttp://\nhitclub.com\n${'b'.repeat(200_000)}` });
    expect(endless).toMatchObject({ code: 0, err: '' });
    expect(endless.out.trim().split('\n').map((line) => JSON.parse(line) as { profile: string; reason: string }).map(({ profile, reason }) => `${profile} ${reason}`)).toEqual(['thcs malformed', 'thcs malformed', 'thcs hard-category', 'thcs malformed']);
    expect(endless.out.length).toBeLessThan(2_000);
  });
});
