/**
 * One file of rules/: read, held to NFC and to its schema, every fault named by file, line and key.
 * Owns ShippedError; refuses to know what the rules mean.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { LineCounter, isNode, parseDocument, type Document } from 'yaml';
import type { z } from 'zod';
import { codeOf, SpokenError } from '../fault.js';

const SHIPPED_CODES = ['missing', 'unreadable', 'not-utf8', 'not-nfc', 'syntax', 'schema', 'entry', 'public-suffix', 'header', 'unknown-category', 'unknown-profile', 'conflict'] as const;
export type ShippedCode = (typeof SHIPPED_CODES)[number];

/** Where a fault lies: path inside rules/, the line where it is known, the key where there is one. */
export interface Place {
  readonly file: string;
  readonly line?: number | null;
  readonly key?: string | null;
}

/** A fault in the shipped rules: what is wrong and what to do, in both languages. The gateway does not start over one. */
export class ShippedError extends SpokenError<ShippedCode> {
  constructor(
    code: ShippedCode,
    readonly place: Place,
    vi: string,
    en: string,
    options?: ErrorOptions,
  ) {
    const key = place.key == null || place.key === '' ? '' : ` (${place.key})`;
    const line = place.line ?? null;
    super(code, `rules/${place.file}${line === null ? '' : `, dòng ${line}`}${key}: ${vi}`, `rules/${place.file}${line === null ? '' : `, line ${line}`}${key}: ${en}`, options);
  }
}

/** Text of one file, UTF-8 in NFC: two spellings of one Vietnamese word would be two words to a search. */
export function readText(rulesDir: string, file: string): string {
  let bytes: Buffer;
  try {
    bytes = readFileSync(join(rulesDir, file));
  } catch (cause) {
    const missing = codeOf(cause) === 'ENOENT';
    throw missing
      ? new ShippedError('missing', { file }, 'thiếu tệp; cài lại gói hoặc chép lại thư mục rules.', 'the file is missing; reinstall, or copy the rules folder again.', { cause })
      : new ShippedError('unreadable', { file }, 'không đọc được; kiểm tra quyền của tệp.', 'cannot be read; check its permissions.', { cause });
  }
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new ShippedError('not-utf8', { file }, 'không phải UTF-8; lưu lại bằng UTF-8.', 'is not UTF-8; save it as UTF-8.', { cause });
  }
  if (text !== text.normalize('NFC')) {
    const line = text.split('\n').findIndex((row) => row !== row.normalize('NFC')) + 1;
    throw new ShippedError('not-nfc', { file, line }, 'chữ có dấu chưa ở dạng NFC (dựng sẵn); gõ lại dòng này.', 'is not in Unicode NFC; type this line again.');
  }
  return text;
}

/** A parsed YAML file that still knows on which line each key stands. */
export interface YamlFile<T> {
  readonly value: T;
  /** Where a key stands, for faults found later. */
  at(path: readonly (string | number)[]): Place;
}

export function readYaml<S extends z.ZodType>(rulesDir: string, file: string, schema: S): YamlFile<z.output<S>> {
  const lines = new LineCounter();
  const document = parseDocument(readText(rulesDir, file), { lineCounter: lines, uniqueKeys: true });
  const fault = document.errors[0] ?? document.warnings[0];
  if (fault !== undefined) {
    const line = fault.linePos?.[0].line ?? null;
    throw new ShippedError('syntax', { file, line }, `YAML sai cú pháp (${firstLine(fault.message)}); so với các dòng bên cạnh.`, `bad YAML (${firstLine(fault.message)}); compare with the lines around it.`);
  }
  const at = (path: readonly (string | number)[]): Place => ({ file, line: lineOf(document, lines, path), key: path.join('.') });
  const result = schema.safeParse(document.toJS({ maxAliasCount: 0 }));
  if (!result.success) {
    const issue = result.error.issues[0];
    const path = (issue?.path ?? []).map((part) => (typeof part === 'symbol' ? String(part) : part));
    const what = issue?.message ?? 'invalid';
    throw new ShippedError('schema', at(path), `giá trị không hợp lệ (${what}); xem rules/README.md.`, `invalid value (${what}); see rules/README.md.`);
  }
  return { value: result.data, at };
}

/** Line of the deepest part of `path` that exists: a missing key is reported where it should have stood. */
function lineOf(document: Document.Parsed, lines: LineCounter, path: readonly (string | number)[]): number | null {
  for (let depth = path.length; depth >= 0; depth--) {
    const node: unknown = depth === 0 ? document.contents : document.getIn(path.slice(0, depth), true);
    if (isNode(node) && node.range != null) return lines.linePos(node.range[0]).line;
  }
  return null;
}

function firstLine(message: string): string {
  return message.split('\n')[0]?.replace(/:$/, '') ?? message;
}
