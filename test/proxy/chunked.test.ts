/** Chunked bodies: what is a body, what is none, and that neither depends on how the bytes arrive. */
import { describe, expect, it } from 'vitest';
import { CHUNK_LIMITS, chunkHeader, createChunkedReader } from '../../src/proxy/chunked.js';
import { readChunks } from '../support/strict-oracle.js';

interface Outcome {
  readonly state: 'more' | 'done' | 'bad';
  readonly used: number;
  readonly out: string;
}

function run(method: 'read' | 'pass', bytes: Buffer, cuts: readonly number[]): Outcome {
  const reader = createChunkedReader();
  const out: Buffer[] = [];
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    // A fresh copy a time, as a socket would give it.
    const part = Buffer.from(bytes.subarray(from, to));
    const result = reader[method](part, 0, part.length, (slice) => out.push(Buffer.from(slice)));
    if (result.state !== 'more') return { state: result.state, used: from + result.next, out: Buffer.concat(out).toString('latin1') };
    expect(result.next).toBe(part.length);
    from = to;
  }
  return { state: 'more', used: from, out: Buffer.concat(out).toString('latin1') };
}
const whole = (method: 'read' | 'pass', text: string): Outcome => run(method, Buffer.from(text, 'latin1'), []);
const everyByte = (length: number): number[] => Array.from({ length: length - 1 }, (_, i) => i + 1);

const GOOD: readonly (readonly [string, string, string])[] = [
  ['empty', '0\r\n\r\n', ''],
  ['two chunks', '5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n', 'hello world'],
  ['upper-case hex', 'A\r\n0123456789\r\n0\r\n\r\n', '0123456789'],
  ['leading zeros', '0005\r\nhello\r\n000\r\n\r\n', 'hello'],
  ['extension', '1;a=b\r\nZ\r\n0\r\n\r\n', 'Z'],
  ['extension without value', '1;a\r\nZ\r\n0;b\r\n\r\n', 'Z'],
  ['several extensions', '1;a=b;c;d="e f\\";\\"g"\r\nZ\r\n0\r\n\r\n', 'Z'],
  ['trailers', '1\r\nZ\r\n0\r\nX: y\r\nEtag:  "z" \r\n\r\n', 'Z'],
  ['trailer that looks like a request', '0\r\nX:POST / HTTP/1.1\r\n\r\n', ''],
  ['CRLF in data', '4\r\n\r\n\r\n\r\n0\r\n\r\n', '\r\n\r\n'],
  ['chunk-like data', '7\r\n0\r\n\r\n0\r\r\n0\r\n\r\n', '0\r\n\r\n0\r'],
];

const BAD: readonly (readonly [string, string])[] = [
  ['0x', '0x1\r\nZ\r\n'],
  ['plus', '+1\r\nZ\r\n'],
  ['minus', '-1\r\nZ\r\n'],
  ['underscore', '1_0\r\n'],
  ['empty size', '\r\n\r\n'],
  ['only an extension', ';a=b\r\n'],
  ['16 digits', '10000000000000001\r\nZ\r\n'],
  ['more than 14 digits, all zero', '000000000000000\r\n'],
  ['2^53', '20000000000000\r\n'],
  ['LF ends the size', '1\nZ\r\n0\r\n\r\n'],
  ['CR without LF', '5\r\r;ABCD\r\n34\r\nE\r\n0\r\n\r\n'],
  ['extension ended by LF', '1;a=b\nZ\r\n0\r\n\r\n'],
  ['CRLF in a quoted extension', '1;a="\r\nZ\r\n0\r\n\r\n'],
  ['NUL in an extension', '1;a=\0\r\nZ\r\n'],
  ['empty extension', '1;\r\nZ\r\n'],
  ['empty extension value', '1;a=\r\nZ\r\n'],
  ['blank after size', '1 \r\nZ\r\n0\r\n\r\n'],
  ['blank before size', ' 1\r\nZ\r\n0\r\n\r\n'],
  ['tab after size', '1\t\r\nZ\r\n'],
  ['blank before extension', '1 ;a=b\r\nZ\r\n'],
  ['text after a quoted value', '1;a="b"c\r\nZ\r\n'],
  ['data too long', '1\r\nZZ\r\n0\r\n\r\n'],
  ['another byte for the CR', '1\r\nZX\n0\r\n\r\n'],
  ['data ended by LF', '1\r\nZ\n0\r\n\r\n'],
  ['data not ended', '1\r\nZ0\r\n\r\n'],
  ['Content-Length in a trailer', '0\r\nContent-Length: 9\r\n\r\n'],
  ['Host in a trailer', '0\r\nHOST: evil\r\n\r\n'],
  ['Transfer-Encoding in a trailer', '0\r\na: 1\r\ntransfer-encoding: chunked\r\n\r\n'],
  ['folded trailer', '0\r\na: 1\r\n b\r\n\r\n'],
  ['trailer without colon', '0\r\nab\r\n\r\n'],
  ['blank before the colon', '0\r\na : b\r\n\r\n'],
  ['control in a trailer', '0\r\na: \x01\r\n\r\n'],
  ['trailer ended by LF', '0\r\na: b\n\r\n'],
  ['end ended by LF', '0\r\n\n'],
  ['no end', '0\r\n\rX'],
  ['an endless extension', `1;${'a'.repeat(CHUNK_LIMITS.maxExtensionBytes + 1)}`],
  ['too many trailers', `0\r\n${'a: b\r\n'.repeat(CHUNK_LIMITS.maxTrailers + 1)}`],
  ['an endless trailer', `0\r\na: ${'b'.repeat(CHUNK_LIMITS.maxTrailerBytes)}`],
  ['small extensions for ever', '1;aaaaaaaaa\r\nZ\r\n'.repeat(CHUNK_LIMITS.maxExtensionTotal / 10 + 1)],
];

describe('bodies', () => {
  for (const [name, text, data] of GOOD) {
    it(`${name}: read whole, byte by byte and cut anywhere`, () => {
      const bytes = Buffer.from(text, 'latin1');
      const want = { state: 'done', used: bytes.length, out: data };
      expect(run('read', bytes, [])).toEqual(want);
      expect(run('read', bytes, everyByte(bytes.length))).toEqual(want);
      for (let cut = 1; cut < bytes.length; cut++) {
        expect(run('read', bytes, [cut])).toEqual(want);
        expect(whole('read', text.slice(0, cut)).state).toBe('more');
      }
    });

    it(`${name}: passed on, it is a clean chunked body of the same data`, () => {
      const bytes = Buffer.from(text, 'latin1');
      const clean = (outcome: Outcome): void => {
        expect([outcome.state, outcome.used]).toEqual(['done', bytes.length]);
        expect(readChunks(outcome.out, 0)).toEqual({ data, next: outcome.out.length });
      };
      clean(run('pass', bytes, []));
      clean(run('pass', bytes, everyByte(bytes.length)));
      for (let a = 1; a < bytes.length; a++) {
        clean(run('pass', bytes, [a]));
        for (let b = a + 1; b < bytes.length; b++) clean(run('pass', bytes, [a, b]));
      }
    });
  }

  it('ends where it ends: what follows is the next message', () => {
    const result = whole('read', '1\r\nZ\r\n0\r\n\r\nGET /');
    expect(result).toEqual({ state: 'done', used: 11, out: 'Z' });
    const reader = createChunkedReader();
    const bytes = Buffer.from('0\r\n\r\nGET');
    expect(reader.read(bytes, 0, bytes.length, () => undefined)).toEqual({ state: 'done', next: 5 });
    expect(reader.read(bytes, 5, bytes.length, () => undefined)).toEqual({ state: 'done', next: 5 });
  });

  it('reads only [start, end)', () => {
    const bytes = Buffer.from('xx3\r\nabc\r\n0\r\n\r\nyy');
    const seen: string[] = [];
    expect(createChunkedReader().read(bytes, 2, bytes.length, (slice) => seen.push(slice.toString()))).toEqual({ state: 'done', next: 15 });
    expect(seen).toEqual(['abc']);
  });

  it('2^53−1 is the longest chunk', () => expect(whole('read', '1fffffffffffff\r\nab')).toMatchObject({ state: 'more', out: 'ab' }));
});

describe('no bodies', () => {
  for (const [name, text] of BAD) {
    it(name, () => {
      const bytes = Buffer.from(text, 'latin1');
      const { state, used } = run('read', bytes, []);
      expect(state).toBe('bad');
      expect(run('read', bytes, everyByte(bytes.length))).toMatchObject({ state, used });
      expect(run('pass', bytes, [])).toMatchObject({ state, used });
      expect(run('pass', bytes, everyByte(bytes.length))).toMatchObject({ state, used });
    });
  }

  it('stays bad', () => {
    const reader = createChunkedReader();
    const bytes = Buffer.from('x0\r\n\r\n');
    expect(reader.read(bytes, 0, 1, () => undefined).state).toBe('bad');
    expect(reader.read(bytes, 1, bytes.length, () => undefined).state).toBe('bad');
  });
});

describe('no copies', () => {
  it('data are views of the socket’s buffer; a buffer inside one chunk is that buffer', () => {
    const reader = createChunkedReader();
    const seen: Buffer[] = [];
    const head = Buffer.from('100000\r\nabc');
    reader.read(head, 0, head.length, (slice) => seen.push(slice));
    expect(seen[0]?.buffer).toBe(head.buffer);
    const middle = Buffer.alloc(65_536, 0x61);
    reader.read(middle, 0, middle.length, (slice) => seen.push(slice));
    expect(seen[1]).toBe(middle);
  });

  it('a clean run of many chunks is passed on as one view', () => {
    const bytes = Buffer.from('3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n');
    const seen: Buffer[] = [];
    createChunkedReader().pass(bytes, 0, bytes.length, (piece) => seen.push(piece));
    expect(seen).toHaveLength(1);
    expect(seen[0]).toBe(bytes);
  });

  it('what is not clean is cut out, the rest stays where it lies', () => {
    const bytes = Buffer.from('3\r\nabc\r\n4;x=y\r\ndefg\r\n2\r\nhi\r\n0\r\nX: y\r\n\r\n');
    const seen: string[] = [];
    createChunkedReader().pass(bytes, 0, bytes.length, (piece) => seen.push(piece.toString()));
    expect(seen).toEqual(['3\r\nabc\r\n', '4\r\n', 'defg\r\n2\r\nhi\r\n', '0\r\n\r\n']);
  });
});

it('chunkHeader', () => expect([chunkHeader(500), chunkHeader(65_536)]).toEqual(['1f4\r\n', '10000\r\n']));
