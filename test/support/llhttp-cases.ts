/** The inputs of llhttp's own test suite (Node's parser), taken out of its markdown as its runner does. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** The files of a plain ustar archive whose path contains `folder`. */
function filesIn(tar: Buffer, folder: string): string[] {
  const files: string[] = [];
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0; ) {
    const text = (from: number, to: number): string => tar.toString('latin1', at + from, at + to).replace(/\0.*$/s, '');
    const size = Number.parseInt(text(124, 136), 8);
    if (text(0, 100).includes(folder)) files.push(tar.toString('latin1', at + 512, at + 512 + size));
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return files;
}

/** Each fenced `http` block: a backslash at the end of a line joins, other line ends are CRLF, escapes are what they say. */
export function llhttpCases(archive: string, kind: 'request' | 'response'): Buffer[] {
  const cases: Buffer[] = [];
  for (const file of filesIn(gunzipSync(readFileSync(archive)), `/${kind}/`)) {
    for (const block of file.matchAll(/```http\n([\s\S]*?)\n```/g)) {
      const text = (block[1] as string)
        .replace(/\\(\r?\n)/g, '')
        .replace(/\r?\n/g, '\r\n')
        .replace(/\\r/g, '\r')
        .replace(/\\n/g, '\n')
        .replace(/\\t/g, '\t')
        .replace(/\\f/g, '\f')
        .replace(/\\x([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
      cases.push(Buffer.from(text, 'latin1'));
    }
  }
  return cases;
}
