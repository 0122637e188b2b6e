/**
 * Reads a YAML config file against a schema and says what is wrong in one sentence that names file, line and key.
 * Owns reading, YAML and the words for faults; refuses to know which keys there are.
 */
import { readFileSync } from 'node:fs';
import { LineCounter, parseDocument } from 'yaml';
import type { z } from 'zod';
import { codeOf } from './fault.js';

/** A configuration that can't be used: one sentence that names file, line and key. */
export class ConfigError extends Error {
  constructor(
    readonly vi: string,
    readonly en: string,
  ) {
    super(en);
    this.name = 'ConfigError';
  }
}

/** What is wrong with the value at a path. */
export interface ConfigFault {
  readonly path: readonly string[];
  readonly vi: string;
  readonly en: string;
}

/**
 * @param also what a schema can't see: values that are impossible together
 * @throws ConfigError
 */
export function readConfigFile<T>(file: string, schema: z.ZodType<T>, also: (value: T) => ConfigFault | null): T {
  const content = readText(file);
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, uniqueKeys: true });
  const broken = document.errors[0];
  if (broken !== undefined) throw notYaml(file, lines.linePos(broken.pos[0]).line, broken.message.split('\n')[0] ?? broken.code);
  let value: unknown;
  try {
    value = document.toJS() ?? {};
  } catch (error) {
    // aliases that name nothing, or that would fold out without end
    throw notYaml(file, 1, error instanceof Error ? (error.message.split('\n')[0] ?? '') : '');
  }
  const parsed = schema.safeParse(value);
  const fault = parsed.success ? also(parsed.data) : faultOf(parsed.error.issues[0]);
  if (fault === null) {
    if (parsed.success) return parsed.data;
    throw new ConfigError(`Không hiểu tệp cấu hình ${file}.`, `Config file ${file} can't be understood.`);
  }
  const key = fault.path.join('.');
  const line = lineOf(document, lines, fault.path);
  throw new ConfigError(
    `Tệp cấu hình ${file}, dòng ${line}${key === '' ? '' : `, khóa «${key}»`}: ${fault.vi}.`,
    `Config file ${file}, line ${line}${key === '' ? '' : `, key "${key}"`}: ${fault.en}.`,
  );
}

function readText(file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') throw new ConfigError(`Không tìm thấy tệp cấu hình ${file}.`, `Config file ${file} not found.`);
    if (code === 'EACCES') throw new ConfigError(`Không có quyền đọc tệp cấu hình ${file}.`, `Config file ${file} can't be read: permission denied.`);
    if (code === 'EISDIR') throw new ConfigError(`${file} là thư mục, không phải tệp cấu hình.`, `${file} is a directory, not a config file.`);
    if (code === 'ERR_ENCODING_INVALID_ENCODED_DATA') throw new ConfigError(`Tệp cấu hình ${file} không phải văn bản UTF-8.`, `Config file ${file} is not UTF-8 text.`);
    throw new ConfigError(`Không đọc được tệp cấu hình ${file} (${code}).`, `Config file ${file} can't be read (${code}).`);
  }
}

function notYaml(file: string, line: number, what: string): ConfigError {
  const said = what.replace(/[:.]?\s*$/, '');
  return new ConfigError(`Tệp cấu hình ${file}, dòng ${line}: sai cú pháp YAML (${said}).`, `Config file ${file}, line ${line}: not valid YAML (${said}).`);
}

type Issue = z.core.$ZodIssue;

/** Names of types as an admin says them. */
const TYPE_WORDS: Readonly<Record<string, readonly [string, string]>> = {
  string: ['chữ (đặt trong dấu nháy nếu là số)', 'text (in quotes if it is a number)'],
  number: ['số', 'a number'],
  int: ['số nguyên', 'a whole number'],
  array: ['danh sách, mỗi dòng một mục có dấu gạch đầu dòng', 'a list, one item a line behind a hyphen'],
  object: ['nhóm khóa', 'a group of keys'],
  record: ['nhóm khóa', 'a group of keys'],
};

/** Texts of refinements and unions in a schema. */
const CONFIG_WORDS: Readonly<Record<string, readonly [string, string]>> = {
  cidr: ['cần là dải địa chỉ như 10.10.2.0/24 hoặc fd00::/8', 'must be an address range such as 10.10.2.0/24 or fd00::/8'],
  address: ['cần là địa chỉ IP', 'must be an IP address'],
  addresses: ['cần là một địa chỉ IP, hoặc danh sách từ 1 đến 16 địa chỉ IP', 'must be an IP address, or a list of 1 to 16 of them'],
  host: ['không phải tên máy hợp lệ', 'is not a valid host name'],
  unseen: ['có ký tự không nhìn thấy được (điều khiển, đổi hướng chữ)', 'has characters nobody can see (control, direction)'],
  dns: ['cần là địa chỉ IP, hoặc địa chỉ:cổng', 'must be an IP address, or address:port'],
  authority: ['cần có dạng tên:cổng', 'must be host:port'],
  channelUrl: ['cần là địa chỉ https://…, http://… hoặc file:///…, không kèm tên đăng nhập, ? hay #', 'must be an https://…, http://… or file:///… address without a login, ? or #'],
};

function faultOf(issue: Issue | undefined): ConfigFault | null {
  if (issue === undefined) return null;
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return { path: [...path, issue.keys[0] ?? ''], vi: 'không có khóa này; xem deploy/luytre.example.yaml', en: 'there is no such key; deploy/luytre.example.yaml holds every key' };
  }
  const [vi, en] = wordsOf(issue);
  return { path, vi, en };
}

function wordsOf(issue: Issue): readonly [string, string] {
  const own = CONFIG_WORDS[issue.message];
  if (own !== undefined) return own;
  switch (issue.code) {
    case 'invalid_type': {
      const [vi, en] = TYPE_WORDS[issue.expected] ?? ['giá trị khác kiểu', 'of another type'];
      return [`cần là ${vi}`, `must be ${en}`];
    }
    case 'too_big':
      return limit(issue.origin, 'tối đa', 'at most', Number(issue.maximum));
    case 'too_small':
      return limit(issue.origin, 'ít nhất', 'at least', Number(issue.minimum));
    case 'invalid_value':
      return [`cần là một trong: ${issue.values.join(', ')}`, `must be one of: ${issue.values.join(', ')}`];
    case 'invalid_key':
      return issue.issues[0] === undefined ? ['tên khóa không hợp lệ', 'is not a valid key'] : wordsOf(issue.issues[0]);
    default:
      return ['giá trị không dùng được', "can't be used"];
  }
}

function limit(origin: string, wordVi: string, wordEn: string, n: number): readonly [string, string] {
  if (origin === 'string') return n === 1 ? ['không được để trống', 'must not be empty'] : [`${wordVi} ${n} ký tự`, `${wordEn} ${n} characters`];
  if (origin === 'array') return n === 1 ? ['cần ít nhất một mục', 'needs at least one item'] : [`${wordVi} ${n} mục`, `${wordEn} ${n} items`];
  return [`${wordVi} là ${n}`, `${wordEn} ${n}`];
}

type Document = ReturnType<typeof parseDocument>;

/** Line of the deepest node on the path that exists. */
function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number {
  for (let depth = path.length; depth > 0; depth--) {
    const parent = depth === 1 ? document.contents : document.getIn(path.slice(0, depth - 1).map(index), true);
    const last = path[depth - 1];
    for (const item of (parent as { items?: readonly unknown[] } | null)?.items ?? []) {
      const pair = item as { key?: { value?: unknown; range?: readonly number[] | null } };
      if (String(pair.key?.value) === last && pair.key?.range?.[0] !== undefined) return lines.linePos(pair.key.range[0]).line;
    }
    const node = document.getIn(path.slice(0, depth).map(index), true) as { range?: readonly number[] | null } | undefined;
    if (node?.range?.[0] !== undefined) return lines.linePos(node.range[0]).line;
  }
  return 1;
}

function index(part: string): string | number {
  return /^\d+$/.test(part) ? Number(part) : part;
}
