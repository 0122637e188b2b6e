import { gzipSync } from 'node:zlib';
import { Command } from 'commander';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandError, type CommandEnv, type Run } from '../../src/commands/env.js';
import { registerLists } from '../../src/commands/lists.js';
import type { Config } from '../../src/config.js';
import { ACTOR, createPlace, NOW, shippedRules, type Place } from './fixture.js';

let place: Place;
beforeEach(() => {
  place = createPlace();
});
afterEach(() => place.close());

interface Ran {
  readonly out: string[];
  readonly err: string[];
  readonly code: number;
}

/** One command line, as main.ts would run it. */
async function lists(...words: string[]): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  let code = 0;
  const run: Run = (action) => async (...args) => {
    const english = words.includes('--en');
    const env: CommandEnv = {
      config: { dataDir: place.dataDir, channel: { url: null, root: null, everySeconds: 900 } } as Config,
      configNow: () => ({}) as Config,
      lang: english ? 'en' : 'vi',
      json: words.includes('--json'),
      say: { out: (text) => out.push(text), err: (text) => err.push(text), json: (value) => out.push(JSON.stringify(value)) },
      actor: ACTOR,
      store: () => place.store,
      shipped: () => shippedRules(),
      t: (vi, en) => (english ? en : vi),
      now: () => NOW,
    };
    try {
      await action(env, ...args);
    } catch (error) {
      if (!(error instanceof Error) || !('vi' in error)) throw error;
      err.push(english ? error.message : String(error.vi));
      code = error instanceof CommandError ? error.code : 1;
    }
  };
  const program = new Command().exitOverride().option('--json').option('--en').configureOutput({ writeErr: (text) => err.push(text) });
  registerLists(program, run);
  await program.parseAsync(['lists', ...words], { from: 'user' });
  return { out, err, code };
}

function json(ran: Ran): Record<string, unknown>[] {
  return ran.out.map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('luytre lists', () => {
  it('imports and tells what became of every line, in both languages', async () => {
    const file = place.file('xau.txt', '# ghi chú\nbad.example.org\nBAD.example.org\ncom\nhoclieu.example.vn\n');
    const vi = await lists('import', file, '--category', 'cobac');
    expect(vi.code).toBe(0);
    expect(vi.out[0]).toBe('cobac-xau (cobac; domains): 5 dòng = lấy 1 + gộp 1 + ghi chú 1 + bỏ 2');
    expect(vi.out.join('\n')).toMatch(/đuôi công cộng[^\n]*\n +xau\.txt dòng 4: com/);
    expect(vi.out.join('\n')).toMatch(/được bảo vệ[^\n]*\n +xau\.txt dòng 5: hoclieu\.example\.vn/);
    expect(vi.out.at(-1)).toMatch(/đã có hiệu lực: 1 mục, phiên bản 2026-11-23-/);
    const en = await lists('import', file, '--category', 'cobac', '--en');
    expect(en.out[0]).toContain('5 lines = 1 taken + 1 folded + 1 comments + 2 refused');
    expect(en.out.at(-1)).toContain('nothing changed');
  });

  it('gives the same as JSON, one object a list', async () => {
    const files = ['a', 'b'].map((name) => place.file(`${name}.txt`, `${name}.example.org\nnet\n`));
    const told = json(await lists('import', ...files, '--category', 'vpn', '--json'));
    expect(told).toMatchObject([
      { name: 'vpn-a', category: 'vpn', outcome: 'imported', lines: 2, taken: 1, folded: 0, comments: 0, refused: 1, refusals: [{ reason: 'public-suffix', lines: 1, first: [{ file: 'a.txt', line: 2, text: 'net' }] }] },
      { name: 'vpn-b' },
    ]);
  });

  it.each<[number, RegExp, string[]]>([
    [2, /Không tìm thấy tệp/, ['import', '/nowhere/x.txt', '--category', 'cobac']],
    [2, /Không có nhóm nội dung «co-bac»; các nhóm: khieudam, cobac/, ['import', 'FILE', '--category', 'co-bac']],
    [2, /Không có hồ sơ lọc «lop-6»/, ['import', 'FILE', '--category', 'cobac', '--profile', 'lop-6']],
    [2, /--name|Tên danh sách/, ['import', 'FILE', '--category', 'cobac', '--name', 'Á À']],
    [2, /Hai tệp cùng thành danh sách cobac-f/, ['import', 'FILE', 'FILE', '--category', 'cobac']],
    [1, /không có mục nào dùng được \(1 dòng, bỏ 1\); không thay đổi gì/, ['import', 'EMPTY', '--category', 'cobac']],
    [1, /mở trước mọi quy tắc/, ['import', 'FILE', '--category', 'trogiup']],
    [1, /Không có danh sách «x»/, ['diff', 'x']],
    [1, /Không có danh sách «x»/, ['rollback', 'x']],
    [1, /là danh sách đi kèm/, ['remove', 'luytre-cobac']],
    [1, /là danh sách đi kèm/, ['rollback', 'luytre-cobac']],
  ])('exits %i and says %s', async (code, sentence, words) => {
    const named: Readonly<Record<string, string>> = { FILE: place.file('f.txt', 'f.example.org\n'), EMPTY: place.file('e.txt', 'com\n') };
    const ran = await lists(...words.map((word) => named[word] ?? word));
    expect(ran.code).toBe(code);
    expect(ran.err).toHaveLength(1);
    expect(ran.err[0]).toMatch(sentence);
    expect(ran.err[0]).not.toMatch(/\n|Error| at /);
  });

  it('goes on with the other files when one fails', async () => {
    const good = place.file('good.txt', 'g.example.org\n');
    const bad = place.file('bad.txt.gz', gzipSync('x'.repeat(1_000)).subarray(0, 20));
    const ran = await lists('import', bad, good, '--category', 'cobac');
    expect(ran.code).toBe(1);
    expect(ran.err.join('\n')).toMatch(/bad\.txt\.gz bị hỏng[\s\S]*danh sách khác đã xong/);
    expect(place.store.policies.lists().map(({ name }) => name)).toContain('cobac-good');
  });

  it('refuses wrong usage', async () => {
    await expect(lists('import', 'x')).rejects.toMatchObject({ code: 'commander.missingMandatoryOptionValue' });
    await expect(lists('import', '--category', 'cobac')).rejects.toMatchObject({ code: 'commander.missingArgument' });
    await expect(lists('import', 'x', '--category', 'cobac', '--format', 'excel')).rejects.toMatchObject({ code: 'commander.invalidArgument' });
  });

  it('shows status, updates from the source file, diffs, rolls back and removes', async () => {
    const file = place.file('l.txt', 'a.example.org\nb.example.org\n');
    await lists('import', file, '--category', 'cobac', '--name', 'l');
    expect(json(await lists('status', '--json')).find(({ name }) => name === 'l')).toMatchObject({ origin: 'imported', role: 'category', category: 'cobac', entries: 2, versions: 1, protected: false });
    expect((await lists('status')).out.at(-1)).toBe('4 danh sách, 7 mục.');
    expect((await lists('diff', 'l')).err[0]).toMatch(/chưa có phiên bản trước/);

    place.file('l.txt', 'b.example.org\nc.example.org\nd.example.org\n');
    expect(json(await lists('update', '--json'))).toMatchObject([{ name: 'l', outcome: 'imported', entries: 3, replaces: expect.stringMatching(/^2026-11-23-/) as string }]);
    expect(json(await lists('update', 'l', '--json'))).toMatchObject([{ name: 'l', outcome: 'unchanged' }]);
    expect(json(await lists('diff', 'l', '--json'))).toMatchObject([{ name: 'l', added: 2, removed: 1, addedEntries: ['c.example.org', 'd.example.org'], removedEntries: ['a.example.org'] }]);
    expect((await lists('diff', 'l')).out.slice(1)).toEqual(['+ c.example.org', '+ d.example.org', '- a.example.org']);

    expect(json(await lists('rollback', 'l', '--json'))).toMatchObject([{ name: 'l', entries: 2 }]);
    expect(place.store.policies.listEntries('l')).toEqual(['a.example.org', 'b.example.org']);
    expect((await lists('rollback', 'l')).err[0]).toMatch(/không có phiên bản trước/);
    expect((await lists('remove', 'l')).out[0]).toBe('Đã xóa danh sách l (2 mục).');
    expect(place.store.policies.lists().map(({ name }) => name)).not.toContain('l');
    expect((await lists('update')).out[0]).toMatch(/Chưa nhập danh sách nào/);
  });

  it('keeps the old version when the source file is gone or was cut short', async () => {
    const names = Array.from({ length: 50 }, (_, i) => `h${i}.example.org`);
    const file = place.file('l.txt', names.join('\n'));
    await lists('import', file, '--category', 'cobac', '--name', 'l', '--profile', 'thcs', 'thpt');
    place.file('l.txt', names.slice(0, 10).join('\n'));
    const stopped = await lists('update');
    expect(stopped.code).toBe(1);
    expect(stopped.err[0]).toMatch(/Giữ nguyên bản cũ của l: ngắn đi 40 mục.*--force/);
    expect(place.store.policies.listEntries('l')).toHaveLength(50);
    expect((await lists('update', '--force')).code).toBe(0);
    expect(place.store.policies.lists().find(({ name }) => name === 'l')).toMatchObject({ profiles: ['thcs', 'thpt'], current: { entries: 10 } });
  });
});
