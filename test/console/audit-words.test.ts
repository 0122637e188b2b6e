/** The trail in words: every action the source can write has its words; what changed is told as from → to; nothing in a record can forge a line. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AUDIT_WORDS, changesOf, changeText, reasonOf, type Saying } from '../../src/console/audit-words.js';
import { formatsOf, wordsOf } from '../../src/console/words.js';

const say: Saying = {
  t: wordsOf('vi'),
  format: formatsOf('vi'),
  nowMs: Date.parse('2026-11-25T03:00:00Z'),
  profile: (id) => ({ thcs: 'THCS', 'lop-1-3': 'Lớp 1–3' })[id] ?? null,
};
const told = (object: string, before: unknown, after: unknown): string[] =>
  changesOf({ object, before: before === null ? null : JSON.stringify(before), after: after === null ? null : JSON.stringify(after) }, say).map(changeText);

describe('words of the trail', () => {
  it('every action that the source notes or records has words in both languages', () => {
    const source = (readdirSync('src', { recursive: true }) as string[]).filter((name) => /\.tsx?$/.test(name)).map((name) => readFileSync(join('src', name), 'utf8'));
    const codes = new Set(source.flatMap((text) => [
      ...[...text.matchAll(/\b(?:note|record)\(\s*'([a-z0-9-]+\.[a-z-]+)'/g)].map((match) => match[1] ?? ''),
      ...[...text.matchAll(/audit\.record\([^)]*?'([a-z0-9.-]+)'/g)].map((match) => match[1] ?? ''),
    ]).filter((code) => !/^(?:console|cli|system|page)$/.test(code)));
    expect(codes.size).toBeGreaterThan(45);
    expect([...codes].filter((code) => AUDIT_WORDS[code] === undefined)).toEqual([]);
    for (const [code, { vi, en }] of Object.entries(AUDIT_WORDS)) {
      expect(vi.normalize('NFC'), code).toBe(vi);
      expect(en.length, code).toBeGreaterThan(3);
    }
  });

  it.each([
    ['a field that changed', { profile: 'lop-1-3', cidrs: ['10.0.0.0/24'] }, { profile: 'thcs', cidrs: ['10.0.0.0/24'] }, ['Hồ sơ lọc: Lớp 1–3 → THCS']],
    ['something new', null, { entry: 'vnexpress.net', untilMs: Date.parse('2026-11-25T04:15:00Z'), id: 7 }, ['Trang: vnexpress.net', 'Đến: 11:15']],
    ['something removed', { role: 'teacher' }, null, ['Vai trò: giáo viên']],
    ['a bare value', 'open', 'approved', ['đang chờ → đã duyệt']],
    ['an object inside', null, { change: { kind: 'tls-level', profile: 'thcs', level: 'inspect' }, base: 'x', reason: 'cần' }, ['Loại: mức HTTPS', 'Hồ sơ lọc: THCS', 'Mức: inspect']],
    ['a list of rows that differ', { timetable: [{ a: 1 }] }, { timetable: [{ a: 2 }] }, ['Thời khóa biểu: đã đổi']],
    ['many items', null, { entries: ['a.vn', 'b.vn', 'c.vn', 'd.vn', 'e.vn', 'f.vn', 'g.vn'] }, ['Trang: a.vn, b.vn, c.vn, d.vn, e.vn, f.vn … (7)']],
    ['nothing', { name: 'P1' }, { name: 'P1' }, []],
    ['a name that is also a word of ours', null, { user: 'teacher', name: 'exam' }, ['Tài khoản: teacher', 'Tên: exam']],
  ])('%s', (_name, before, after, sentences) => {
    expect(told('Phòng máy 1', before, after)).toEqual(sentences);
  });

  it('a value that was cut, and one that is no JSON, are told as they stand', () => {
    expect(changesOf({ object: 'x', before: null, after: '{"profile":"th… (+20)' }, say)).toEqual([{ name: '', before: null, after: '{"profile":"th… (+20)' }]);
  });

  it('signs that turn or forge a line come out as their code, also out of JSON escapes', () => {
    const row = { object: 'x', before: null, after: '{"name":"a\\u202eb\\nc","reason":"vì\\u200b sao"}' };
    expect(changesOf(row, say).map(changeText)).toEqual(['Tên: a\\u202eb\\u000ac']);
    expect(reasonOf(row)).toBe('vì\\u200b sao');
  });
});
