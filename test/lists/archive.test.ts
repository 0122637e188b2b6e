import { mkdirSync, readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ARCHIVE_LIMITS, openMembers, type OpenOptions } from '../../src/lists/archive.js';
import { ListError } from '../../src/lists/list-error.js';
import { readLines } from '../../src/lists/lines.js';
import { createPlace, tarGzOf, tarOf, zipOf, type Place } from './fixture.js';

let place: Place;
beforeEach(() => {
  place = createPlace();
});
afterEach(() => place.close());

/** Members with their text, or the code of the error. */
async function read(path: string, options?: OpenOptions): Promise<Record<string, string> | string> {
  const found: Record<string, string> = {};
  try {
    for await (const member of openMembers(path, options)) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of member.bytes) chunks.push(chunk);
      found[member.name] = Buffer.concat(chunks).toString('latin1');
    }
  } catch (error) {
    if (error instanceof ListError) return error.code;
    throw error;
  }
  return found;
}

describe('what a list comes in', () => {
  it('opens of a folder only what is read', async () => {
    mkdirSync(join(place.dir, 'clone'));
    for (let i = 0; i < 300; i++) place.file(`clone/object-${i}`, 'x');
    const open = (): number => readdirSync('/proc/self/fd').length;
    const before = open();
    let members = 0;
    for await (const member of openMembers(join(place.dir, 'clone'))) if (member.name !== '') members += 1;
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect([members, open() - before < 50]).toEqual([300, true]);
  });

  it('reads a plain file, gz, tar, tar.gz, zip and a folder, by their first bytes', async () => {
    const text = 'a.example.org\nb.example.org\n';
    const tree = [{ name: './lists/', type: 'directory' as const }, { name: './lists/one', content: text }, { name: './lists/two', content: 'c.example.org' }];
    const members = { 'lists/one': text, 'lists/two': 'c.example.org' };
    expect(await read(place.file('plain.txt', text))).toEqual({ 'plain.txt': text });
    expect(await read(place.file('empty.txt', ''))).toEqual({ 'empty.txt': '' });
    expect(await read(place.file('misnamed.zip', gzipSync(text)))).toEqual({ 'misnamed.zip': text });
    expect(await read(place.file('list.txt.gz', gzipSync(text)))).toEqual({ 'list.txt': text });
    expect(await read(place.file('lists.tar', await tarOf(tree)))).toEqual(members);
    expect(await read(place.file('lists.tar.gz', await tarGzOf(tree)))).toEqual(members);
    expect(await read(place.file('lists.zip', zipOf([{ name: 'lists/', content: '' }, { name: 'lists/one', content: text }, { name: 'lists/two', content: 'c.example.org' }])))).toEqual(members);
    mkdirSync(join(place.dir, 'folder', 'lists'), { recursive: true });
    place.file('folder/lists/one', text);
    place.file('folder/lists/two', 'c.example.org');
    expect(await read(join(place.dir, 'folder'))).toEqual(members);
  });

  it('lets the caller skip members', async () => {
    const path = place.file('lists.tar.gz', await tarGzOf([{ name: 'a', content: 'x'.repeat(300_000) }, { name: 'b', content: 'yes' }, { name: 'c', content: '' }]));
    const names: string[] = [];
    let text = '';
    for await (const member of openMembers(path)) {
      names.push(member.name);
      if (member.name === 'b') for await (const chunk of member.bytes) text += Buffer.from(chunk).toString();
    }
    expect([names, text]).toEqual([['a', 'b', 'c'], 'yes']);
  });

  it('never follows names that climb out, nor links', async () => {
    const evil = [
      { name: '../../etc/passwd', content: 'a' }, { name: '/etc/passwd', content: 'a' }, { name: 'a/../../b', content: 'a' }, { name: 'C:\\x', content: 'a' },
      { name: 'link', type: 'symlink' as const, linkname: '/etc/passwd' }, { name: 'hard', type: 'link' as const, linkname: '/etc/passwd' }, { name: 'good', content: 'b' },
    ];
    expect(await read(place.file('evil.tar', await tarOf(evil)))).toEqual({ good: 'b' });
    const zipped = evil.filter((file) => file.content !== undefined).map(({ name, content }) => ({ name, content: content ?? '' }));
    expect(await read(place.file('evil.zip', zipOf([...zipped, { name: 'link', content: '/etc/passwd', mode: 0o120777 }])))).toEqual({ good: 'b' });
    mkdirSync(join(place.dir, 'folder'));
    symlinkSync('/etc/passwd', join(place.dir, 'folder', 'link'));
    place.file('folder/good', 'b');
    expect(await read(join(place.dir, 'folder'))).toEqual({ good: 'b' });
  });

  it('reports progress in packed bytes', async () => {
    const path = place.file('list.gz', gzipSync(Buffer.alloc(2_000_000, 'example.org\n')));
    let last: [number, number] = [0, 0];
    await read(path, { onBytes: (done, total) => (last = [done, total]) });
    expect(last[0]).toBe(last[1]);
    expect(last[1]).toBeGreaterThan(0);
  });
});

describe('what is refused', () => {
  it('says what is not there or not a file', async () => {
    expect(await read(join(place.dir, 'nowhere'))).toBe('not-found');
    expect(await read('/dev/null')).toBe('not-a-file');
  });

  it('stops bombs: unpacked size, ratio, a size that is only claimed, a million members', async () => {
    const limits = { ...ARCHIVE_LIMITS, maxBytes: 1_000_000 };
    expect(await read(place.file('big.gz', gzipSync(Buffer.alloc(2_000_000, 'abcdefgh\n'))), { limits })).toBe('too-big');
    expect(await read(place.file('zeros.gz', gzipSync(Buffer.alloc(2 ** 26))))).toBe('bomb');
    expect(await read(place.file('zeros.zip', zipOf([{ name: 'a', content: Buffer.alloc(2 ** 26) }])))).toBe('bomb');
    expect(await read(place.file('liar.zip', zipOf([{ name: 'a', content: 'small', declaredBytes: 2 ** 32 - 2 }])))).toBe('too-big');
    const many = Array.from({ length: 30 }, (_, i) => ({ name: `f${i}`, content: 'x' }));
    const few = { ...ARCHIVE_LIMITS, maxMembers: 20 };
    expect(await read(place.file('many.tar', await tarOf(many)), { limits: few })).toBe('too-many-files');
    expect(await read(place.file('many.zip', zipOf(many)), { limits: few })).toBe('too-many-files');
  });

  it('counts all members of an archive together', async () => {
    const limits = { ...ARCHIVE_LIMITS, maxBytes: 100_000 };
    const files = Array.from({ length: 4 }, (_, i) => ({ name: `f${i}`, content: 'x'.repeat(30_000) }));
    expect(await read(place.file('sum.tar.gz', await tarGzOf(files)), { limits })).toBe('too-big');
    expect(await read(place.file('sum.zip', zipOf(files)), { limits })).toBe('too-big');
  });

  it('refuses an archive with a password', async () => {
    expect(await read(place.file('locked.zip', zipOf([{ name: 'a', content: 'x', encrypted: true }])))).toBe('encrypted');
  });

  it('refuses an archive cut short anywhere, and one with a flipped bit', async () => {
    // Random names, so that the packed file is long enough to be cut in many places.
    let seed = 1;
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647);
    const text = Array.from({ length: 4_000 }, () => `${random().toString(36)}.example.org`).join('\n');
    const files: Record<string, Buffer> = {
      'a.gz': gzipSync(text),
      'a.tar.gz': await tarGzOf([{ name: 'x/domains', content: text }]),
      'a.zip': zipOf([{ name: 'x/domains', content: text }]),
    };
    let cuts = 0;
    for (const [name, whole] of Object.entries(files)) {
      for (let at = 1_024; at < whole.length; at += 1_024) {
        expect(await read(place.file(name, whole.subarray(0, at))), `${name} cut at ${at}`).toBe('damaged');
        cuts++;
      }
      const flipped = Buffer.from(whole);
      flipped[flipped.length >> 1] = (flipped[flipped.length >> 1] ?? 0) ^ 0x10;
      expect(await read(place.file(name, flipped)), `${name} flipped`).toBe('damaged');
    }
    expect(cuts).toBeGreaterThan(50);
  });

  it('leaves nothing behind', async () => {
    const before = place.file('x.gz', gzipSync('a.example.org'));
    await read(before);
    const names = await read(place.dir);
    expect(Object.keys(names).filter((name) => !name.startsWith('data/'))).toEqual(['x.gz']);
  });
});

describe('lines', () => {
  async function lines(...chunks: (string | Buffer)[]): Promise<unknown[]> {
    const bytes = async function* (): AsyncGenerator<Uint8Array> {
      for (const chunk of chunks) yield Buffer.from(chunk as string);
    };
    const all: unknown[] = [];
    for await (const batch of readLines(bytes(), 'x')) all.push(...batch);
    return all;
  }

  it('splits at \\n, drops \\r and a byte-order mark, and needs no last newline', async () => {
    expect(await lines('\ufeffa\r\nb\n\nc')).toEqual(['a', 'b', '', 'c']);
    expect(await lines('a\n')).toEqual(['a']);
    expect(await lines('')).toEqual([]);
    expect(await lines('\n')).toEqual(['']);
    expect(await lines('x')).toEqual(['x']);
  });

  it('gives the same lines however the bytes are cut', async () => {
    const text = Buffer.from(`\ufeffđường.example.vn\r\nb.example.org\n\n${'x'.repeat(5_000)}\nlast đ`);
    const whole = await lines(text);
    expect(whole).toEqual(['đường.example.vn', 'b.example.org', '', { bad: 'too-long' }, 'last đ']);
    for (const size of [1, 2, 3, 7, 64, 1_000, 4_096, 5_003]) {
      const chunks: Buffer[] = [];
      for (let at = 0; at < text.length; at += size) chunks.push(text.subarray(at, at + size));
      expect(await lines(...chunks), `chunks of ${size}`).toEqual(whole);
    }
  });

  it('marks lines that are not UTF-8, and long ones at any cut, in bounded memory', async () => {
    expect(await lines(Buffer.from([0x61, 0x0a, 0xff, 0xfe, 0x62, 0x0a, 0x63]))).toEqual(['a', { bad: 'not-utf8' }, 'c']);
    expect(await lines(Buffer.alloc(70_000, 'x'), Buffer.alloc(70_000, 'x'), '\nok\n')).toEqual([{ bad: 'too-long' }, 'ok']);
    expect(await lines(Buffer.alloc(70_000, 'x'))).toEqual([{ bad: 'too-long' }]);
    expect(await lines(Buffer.alloc(5_000, 'x'), 'x\n', 'y\nz')).toEqual([{ bad: 'too-long' }, 'y', 'z']);
  });

  it('names files that are no text at all', async () => {
    await expect(lines(Buffer.from('\ufeffa.example.org\r\n', 'utf16le'))).rejects.toMatchObject({ code: 'utf16' });
    await expect(lines(Buffer.from('SQLite format 3\0\0\0\0\0\0\0\0\0'))).rejects.toMatchObject({ code: 'not-text' });
  });
});
