/**
 * Bytes to lines: splits a stream at \n, drops \r and a byte-order mark, and marks lines that are too long or not UTF-8.
 * Memory is bounded by one chunk and one line, whatever the file holds. Refuses to know what the lines say.
 */
import { isAscii, isUtf8 } from 'node:buffer';
import type { BadLine } from '../matching/list-reader.js';
import { ListError } from './list-error.js';

/** Longer lines are no host lists; a page saved as text, or a bomb. */
const MAX_LINE_BYTES = 4_096;

const TOO_LONG: BadLine = { bad: 'too-long' };
const NOT_UTF8: BadLine = { bad: 'not-utf8' };

/** Yields lines in batches: one await a chunk, not one a line. */
export async function* readLines(bytes: AsyncIterable<Uint8Array>, file: string): AsyncGenerator<(string | BadLine)[]> {
  let rest: Buffer = Buffer.alloc(0);
  let skipping = false;
  let first = true;
  for await (const piece of bytes) {
    let chunk = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength);
    if (first) {
      const head = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
      if (head.length < 4) {
        rest = head;
        continue;
      }
      first = false;
      rest = Buffer.alloc(0);
      chunk = refuseNonText(head, file);
    }
    const last = chunk.lastIndexOf(0x0a);
    if (last === -1) {
      if (skipping) continue;
      rest = Buffer.concat([rest, chunk]);
      if (rest.length > MAX_LINE_BYTES) {
        skipping = true;
        rest = Buffer.alloc(0);
      }
      continue;
    }
    const lines: (string | BadLine)[] = [];
    let body = chunk.subarray(0, last);
    if (skipping) {
      lines.push(TOO_LONG);
      const end = body.indexOf(0x0a);
      body = end === -1 ? body.subarray(body.length) : body.subarray(end + 1);
      skipping = false;
      // The skipped line ended at the chunk's only newline: nothing is left before it.
      if (end !== -1) splitInto(lines, body);
    } else {
      splitInto(lines, rest.length === 0 ? body : Buffer.concat([rest, body]));
    }
    rest = Buffer.from(chunk.subarray(last + 1));
    if (rest.length > MAX_LINE_BYTES) {
      skipping = true;
      rest = Buffer.alloc(0);
    }
    yield lines;
  }
  if (first && rest.length > 0) {
    // A file of three bytes or fewer, never cut into lines above.
    rest = refuseNonText(rest, file);
    if (rest.at(-1) === 0x0a) rest = rest.subarray(0, -1);
    else if (rest.length === 0) return;
    first = false;
    const lines: (string | BadLine)[] = [];
    splitInto(lines, rest);
    yield lines;
    return;
  }
  if (skipping) yield [TOO_LONG];
  else if (rest.length > 0) {
    const lines: (string | BadLine)[] = [];
    splitInto(lines, rest);
    yield lines;
  }
}

function splitInto(lines: (string | BadLine)[], body: Buffer): void {
  // The common case first: one check and one decode a chunk (0.1 µs a line against 0.5).
  if (isAscii(body)) {
    for (const line of body.toString('latin1').split('\n')) {
      const text = line.endsWith('\r') ? line.slice(0, -1) : line;
      lines.push(text.length > MAX_LINE_BYTES ? TOO_LONG : text);
    }
    return;
  }
  for (let at = 0; at <= body.length;) {
    const end = body.indexOf(0x0a, at);
    const stop = end === -1 ? body.length : end;
    const line = body.subarray(at, stop > at && body[stop - 1] === 0x0d ? stop - 1 : stop);
    if (line.length > MAX_LINE_BYTES) lines.push(TOO_LONG);
    else lines.push(isUtf8(line) ? line.toString('utf8') : NOT_UTF8);
    at = stop + 1;
  }
}

/** Drops a UTF-8 mark; names what an editor or a wrong file would give, once, instead of refusing every line. */
function refuseNonText(head: Buffer, file: string): Buffer {
  if ((head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff)) {
    throw new ListError(
      'utf16',
      `Tệp ${file} lưu theo bảng mã UTF-16; hãy lưu lại thành UTF-8 rồi nhập lại.`,
      `${file} is saved as UTF-16; save it as UTF-8 and import it again.`,
    );
  }
  const sample = head.subarray(0, 4_096);
  let zeros = 0;
  for (const byte of sample) if (byte === 0) zeros++;
  if (zeros * 10 > sample.length) {
    throw new ListError('not-text', `Tệp ${file} không phải văn bản (tệp nhị phân).`, `${file} is not text (it is a binary file).`);
  }
  return head[0] === 0xef && head[1] === 0xbb && head[2] === 0xbf ? head.subarray(3) : head;
}
