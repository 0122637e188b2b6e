/** loadShipped over damaged rules: each fault is named by code, file, line and key, and says what to do. */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadShipped } from '../../src/lists/shipped.js';
import { ShippedError, type ShippedCode } from '../../src/lists/shipped-file.js';

const RULES = fileURLToPath(new URL('../../rules', import.meta.url));
const SEED = '# Nhóm: cobac — Cờ bạc\n# Nguồn: phép thử của dự án\n# Ngày: 2026-11-23\n';
let dir = '';

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'luytre-rules-'));
  cpSync(RULES, dir, { recursive: true });
});
afterEach(() => {
  rmSync(dir, { recursive: true, force: true });
});

function edit(file: string, change: (text: string) => string): void {
  const path = join(dir, file);
  const before = readFileSync(path, 'utf8');
  const after = change(before);
  expect(after, 'the test must change the file').not.toBe(before);
  writeFileSync(path, after);
}

function lineOf(file: string, text: string): number {
  return readFileSync(join(dir, file), 'utf8').split('\n').findIndex((row) => row.includes(text)) + 1;
}

function fault(): ShippedError {
  try {
    loadShipped(dir);
  } catch (error) {
    expect(error).toBeInstanceOf(ShippedError);
    return error as ShippedError;
  }
  throw new Error('nothing was found wrong');
}

function expectFault(code: ShippedCode, file: string, line?: number): ShippedError {
  const error = fault();
  expect({ code: error.code, file: error.place.file }).toEqual({ code, file });
  if (line !== undefined) expect(error.place.line).toBe(line);
  expect(error.vi).toContain(`rules/${file}`);
  expect(error.message).toContain(`rules/${file}`);
  return error;
}

describe('files', () => {
  it('missing file', () => {
    rmSync(join(dir, 'help.yaml'));
    expectFault('missing', 'help.yaml');
  });
  it('missing folder', () => {
    rmSync(join(dir, 'allow'), { recursive: true });
    expectFault('missing', 'allow');
  });
  it('not UTF-8', () => {
    writeFileSync(join(dir, 'profiles.yaml'), Buffer.from([0x61, 0x3a, 0x20, 0xff, 0xfe]));
    expectFault('not-utf8', 'profiles.yaml');
  });
  it('decomposed accents, by line', () => {
    edit('categories.yaml', (text) => text.replace('Cờ bạc, cá độ, lô đề', 'Cờ bạc, cá độ, lô đề'.normalize('NFD')));
    expectFault('not-nfc', 'categories.yaml', lineOf('categories.yaml', 'Gambling and betting') - 1);
  });
  it('bad YAML, by line', () => {
    edit('bypass.yaml', (text) => text.replace('  - id: dot\n', '  - id: dot\n   name: [\n'));
    expect(expectFault('syntax', 'bypass.yaml').place.line).toBeGreaterThan(lineOf('bypass.yaml', '- id: dot') - 1);
  });
  it('a YAML alias bomb is refused', () => {
    writeFileSync(join(dir, 'help.yaml'), 'a: &a [x, x]\nb: &b [*a, *a]\nchannels: [*b, *b]\n');
    expect(() => loadShipped(dir)).toThrow();
  });
});

describe('shape', () => {
  it('misspelt key, by line and key', () => {
    edit('profiles.yaml', (text) => text.replace('    youtube: moderate', '    youtub: moderate'));
    expect(expectFault('schema', 'profiles.yaml').place.key).toContain('profiles.3');
  });
  it('impossible cell', () => {
    edit('categories.yaml', (text) => text.replace('cells: [K, H, H, H, M]', 'cells: [K, H, H, Z, M]'));
    expectFault('schema', 'categories.yaml', lineOf('categories.yaml', 'cells: [K, H, H, Z, M]'));
  });
  it('a cell too few', () => {
    edit('categories.yaml', (text) => text.replace('cells: [K, H, H, H, M]', 'cells: [K, H, H, M]'));
    expectFault('schema', 'categories.yaml', lineOf('categories.yaml', 'cells: [K, H, H, M]'));
  });
  it('an older tier stricter than a younger one', () => {
    edit('categories.yaml', (text) => text.replace('cells: [K, H, H, H, M]', 'cells: [K, H, H, X, M]'));
    expectFault('conflict', 'categories.yaml', lineOf('categories.yaml', 'cells: [K, H, H, X, M]'));
  });
  it('a category twice', () => {
    edit('categories.yaml', (text) => text.replace('code: timkiem', 'code: videochung'));
    expectFault('conflict', 'categories.yaml', lineOf('categories.yaml', 'name: Công cụ tìm kiếm') - 1);
  });
  it('no exam profile', () => {
    edit('profiles.yaml', (text) => text.replace('listedOnly: true', 'listedOnly: false'));
    expectFault('conflict', 'profiles.yaml');
  });
  it('no host, no phone: a help channel nobody can reach', () => {
    edit('help.yaml', (text) => text.replace("phone: '113'", 'phone: null'));
    expectFault('schema', 'help.yaml');
  });
  it('a date that is none', () => {
    edit('allow/tro-giup.yaml', (text) => text.replace('lastVerified: 2026-11-23', 'lastVerified: 2026-13-40'));
    expectFault('schema', 'allow/tro-giup.yaml', lineOf('allow/tro-giup.yaml', '2026-13-40'));
  });
});

describe('entries', () => {
  it.each(['bad_host..vn', 'http://olm.vn', 'olm.vn:443', 'ô lm.vn', '256.256.256.256'])('%s is none', (text) => {
    edit('allow/tro-giup.yaml', (body) => body.replace('hosts: [tongdai111.vn]', `hosts: ['${text}']`));
    expectFault('entry', 'allow/tro-giup.yaml', lineOf('allow/tro-giup.yaml', `'${text}'`));
  });
  it.each(['gov.vn', 'edu.vn', '*.edu.vn', 'vn', 'github.io', 'blogspot.com'])('%s is a public suffix', (text) => {
    edit('allow/tro-giup.yaml', (body) => body.replace('hosts: [tongdai111.vn]', `hosts: ['${text}']`));
    expectFault('public-suffix', 'allow/tro-giup.yaml', lineOf('allow/tro-giup.yaml', `'${text}'`));
  });
  it('every spelling is folded to one', () => {
    edit('allow/tro-giup.yaml', (body) => body.replace('hosts: [tongdai111.vn]', 'hosts: [TongDai111.VN, tongdai111.vn., =bảovệ.vn]'));
    const list = loadShipped(dir).lists.find((one) => one.meta.category === 'trogiup');
    expect(list?.entries.filter((entry) => entry.includes('tongdai111'))).toEqual(['tongdai111.vn']);
    expect(list?.entries).toContain('=xn--bov-0gz9h.vn');
  });
  it('an unknown profile', () => {
    edit('allow/tro-giup.yaml', (body) => body.replace('from: lop-1-3', 'from: lop-9'));
    expectFault('unknown-profile', 'allow/tro-giup.yaml');
  });
  it('an exam that opens what is not open to it', () => {
    edit('allow/tro-giup.yaml', (body) => body.replace('from: lop-1-3', 'from: thi'));
    expectFault('unknown-profile', 'allow/tro-giup.yaml');
  });
  it('an allow file of a closed category', () => {
    edit('allow/tro-giup.yaml', (body) => body.replace('category: trogiup', 'category: cobac'));
    expectFault('unknown-category', 'allow/tro-giup.yaml', lineOf('allow/tro-giup.yaml', 'category: cobac'));
  });
});

describe('block seeds', () => {
  it('are read with notes, blank lines and CRLF', () => {
    writeFileSync(join(dir, 'block/cobac.txt'), `${SEED}\r\nbet.example  # ghi chú\r\n=a.example\r\n*.b.example # khác\n\nBET.example\n`);
    const list = loadShipped(dir).lists.find((one) => one.meta.name === 'luytre-cobac');
    expect(list?.entries).toEqual(['*.b.example', '=a.example', 'bet.example']);
    expect(list?.meta).toMatchObject({ role: 'category', category: 'cobac', profiles: null, shield: false, origin: 'shipped', source: 'phép thử của dự án' });
    expect(list?.version).toMatch(/^2026-11-23-[0-9a-f]{8}$/);
  });
  it('without entries make no list', () => {
    writeFileSync(join(dir, 'block/cobac.txt'), SEED);
    expect(loadShipped(dir).lists.some((one) => one.meta.name === 'luytre-cobac')).toBe(false);
  });
  it.each([
    ['Nhóm', SEED.replace(/# Nhóm.*\n/, '')],
    ['Nguồn', SEED.replace(/# Nguồn.*\n/, '')],
    ['Ngày', SEED.replace(/# Ngày.*\n/, '')],
    ['Ngày', SEED.replace('2026-11-23', '23/11/2026')],
    ['Nhóm', SEED.replace('cobac', 'khieudam')],
  ])('must have a whole header (%s)', (name, body) => {
    writeFileSync(join(dir, 'block/cobac.txt'), `${body}bet.example\n`);
    expect(expectFault('header', 'block/cobac.txt').vi).toContain(name);
  });
  it('name the line of a bad entry', () => {
    writeFileSync(join(dir, 'block/cobac.txt'), `${SEED}bet.example\nhttp://bet.example/\n`);
    expectFault('entry', 'block/cobac.txt', 5);
  });
  it('are refused for an open category, for no category and for what is on no list', () => {
    for (const code of ['hoclieu', 'khongco', 'chuaphanloai']) {
      writeFileSync(join(dir, `block/${code}.txt`), SEED.replace('cobac', code));
      expectFault('unknown-category', `block/${code}.txt`);
      rmSync(join(dir, `block/${code}.txt`));
    }
  });
});

describe('version', () => {
  it('changes with any byte of any file and with nothing else', () => {
    const before = loadShipped(dir).version;
    expect(loadShipped(dir).version).toBe(before);
    edit('help.yaml', (text) => `${text}# thêm\n`);
    expect(loadShipped(dir).version).not.toBe(before);
  });
  it('of a list changes with its entries only', () => {
    const before = new Map(loadShipped(dir).lists.map((list) => [list.meta.name, list.version]));
    edit('allow/tro-giup.yaml', (text) => text.replace('hosts: [tongdai111.vn]', 'hosts: [tongdai111.vn, them.example]'));
    const changed = loadShipped(dir).lists.filter((list) => before.get(list.meta.name) !== list.version).map((list) => list.meta.name);
    expect(changed).toEqual(['luytre-trogiup-lop-1-3']);
  });
});
