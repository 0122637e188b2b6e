/**
 * File + environment → one frozen, validated Config; the only reader of process.env.
 * Unknown keys, wrong types and impossible values are refused with the line and the key (contract.md, Config).
 */
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { LineCounter, parseDocument } from 'yaml';
import { z } from 'zod';
import { isAddressLiteral, parseCidr } from './matching/address.js';
import { canonicalHost, parseAuthority } from './matching/hostname.js';

export interface Config {
  /** File it came from, or null for the built-in defaults. */
  readonly file: string | null;
  readonly dataDir: string;
  readonly lang: 'vi' | 'en';
  readonly proxy: {
    readonly host: string;
    readonly port: number;
    /** Transparent listener; null switches it off. */
    readonly transparentPort: number | null;
    /** Proxy threads. */
    readonly workers: number;
  };
  readonly pages: { readonly port: number };
  readonly console: { readonly host: string; readonly port: number };
  readonly network: {
    readonly clients: readonly string[];
    readonly hosts: Readonly<Record<string, readonly string[]>>;
    readonly dialPrivate: readonly string[];
    readonly ports: readonly number[];
    readonly dns: readonly string[];
    readonly trustedCa: string | null;
    readonly parentProxy: { readonly host: string; readonly port: number } | null;
    /** Names by which browsers may reach the gateway's own pages, besides its addresses. */
    readonly names: readonly string[];
    readonly connectionsPerClient: number;
  };
  readonly school: {
    readonly name: string | null;
    readonly hotline: string | null;
    readonly counsellor: string | null;
    readonly code: string | null;
    readonly levels: readonly string[];
    readonly ward: string | null;
  };
  readonly retention: {
    readonly eventDays: number;
    readonly hourDays: number;
    readonly dayYears: number;
    readonly requestDays: number;
    readonly auditMonths: number;
  };
}

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

const port = z.int().min(0).max(65535);
const text = z.string().trim().min(1).max(200);
const cidr = z.string().refine((value) => parseCidr(value) !== null, 'not a CIDR such as 10.10.2.0/24 or fd00::/8');
const address = z.string().refine((value) => isAddressLiteral(value), 'not an IP address');
const host = z.string().refine((value) => canonicalHost(value) !== null, 'not a host name');

/** Client ranges of a school LAN: loopback, RFC 1918, unique local and link-local addresses. */
export const PRIVATE_CLIENTS: readonly string[] = [
  '127.0.0.0/8', '::1/128', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fe80::/10',
];

const schema = z.strictObject({
  proxy: z.strictObject({
    host: address.optional(),
    port: port.optional(),
    transparentPort: port.nullable().optional(),
    workers: z.int().min(1).max(64).optional(),
  }).optional(),
  pages: z.strictObject({ port: port.optional() }).optional(),
  console: z.strictObject({ host: address.optional(), port: port.optional() }).optional(),
  network: z.strictObject({
    clients: z.array(cidr).min(1).optional(),
    hosts: z.record(host, z.union([address, z.array(address).min(1).max(16)])).optional(),
    dialPrivate: z.array(cidr).optional(),
    ports: z.array(z.int().min(1).max(65535)).min(1).max(64).optional(),
    dns: z.array(z.string().refine((value) => dnsServer(value), 'not an address or address:port')).optional(),
    trustedCa: text.nullable().optional(),
    parentProxy: z.string().refine((value) => parseAuthority(value, null) !== null, 'not host:port').nullable().optional(),
    names: z.array(host).optional(),
    connectionsPerClient: z.int().min(8).max(100_000).optional(),
  }).optional(),
  school: z.strictObject({
    name: text.nullable().optional(),
    hotline: text.nullable().optional(),
    counsellor: text.nullable().optional(),
    code: text.nullable().optional(),
    levels: z.array(z.enum(['mam-non', 'tieu-hoc', 'thcs', 'thpt', 'gdnn-gdtx', 'co-so-nuoi-duong'])).optional(),
    ward: text.nullable().optional(),
  }).optional(),
  retention: z.strictObject({
    /** Raw events: 7 to 90 days and never longer (vietnam.md §2.2). */
    eventDays: z.int().min(7).max(90).optional(),
    hourDays: z.int().min(30).max(730).optional(),
    dayYears: z.int().min(1).max(10).optional(),
    requestDays: z.int().min(7).max(365).optional(),
    auditMonths: z.int().min(12).max(120).optional(),
  }).optional(),
});

function dnsServer(value: string): boolean {
  return isAddressLiteral(value) || (parseAuthority(value, 53) !== null && isAddressLiteral(parseAuthority(value, 53)?.host ?? ''));
}

export interface ConfigSource {
  /** From `--config`; undefined: `LUYTRE_CONFIG`, else none. */
  readonly file?: string | undefined;
  /** From `--data`; undefined: `LUYTRE_DATA`, else `./data`. */
  readonly dataDir?: string | undefined;
  readonly lang?: 'vi' | 'en' | undefined;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads and validates the configuration.
 * @throws ConfigError naming file, line and key
 */
export function loadConfig(source: ConfigSource = {}): Config {
  const env = source.env ?? process.env;
  const file = source.file ?? env['LUYTRE_CONFIG'] ?? null;
  const raw = file === null ? {} : parseFile(file);
  const { proxy = {}, pages = {}, network = {}, school = {}, retention = {}, console: web = {} } = raw;
  const hosts: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(network.hosts ?? {})) {
    const key = canonicalHost(name);
    if (key !== null) hosts[key] = typeof value === 'string' ? [value] : value;
  }
  return deepFreeze({
    file,
    dataDir: resolve(source.dataDir ?? env['LUYTRE_DATA'] ?? 'data'),
    lang: source.lang ?? (/^en/.test(env['LC_ALL'] ?? env['LC_MESSAGES'] ?? env['LANG'] ?? '') ? 'en' : 'vi'),
    proxy: {
      host: proxy.host ?? '::',
      port: proxy.port ?? 3128,
      transparentPort: proxy.transparentPort === undefined ? 3129 : proxy.transparentPort,
      workers: proxy.workers ?? Math.max(1, Math.min(4, availableParallelism() - 1)),
    },
    pages: { port: pages.port ?? 8080 },
    console: { host: web.host ?? '::', port: web.port ?? 8443 },
    network: {
      clients: network.clients ?? PRIVATE_CLIENTS,
      hosts,
      dialPrivate: network.dialPrivate ?? [],
      ports: network.ports ?? [80, 443],
      dns: network.dns ?? [],
      trustedCa: network.trustedCa ?? null,
      parentProxy: network.parentProxy == null ? null : parseAuthority(network.parentProxy, null),
      names: (network.names ?? []).map((name) => canonicalHost(name) ?? name),
      connectionsPerClient: network.connectionsPerClient ?? 1_024,
    },
    school: {
      name: school.name ?? null,
      hotline: school.hotline ?? null,
      counsellor: school.counsellor ?? null,
      code: school.code ?? null,
      levels: school.levels ?? [],
      ward: school.ward ?? null,
    },
    retention: {
      eventDays: retention.eventDays ?? 30,
      hourDays: retention.hourDays ?? 400,
      dayYears: retention.dayYears ?? 5,
      requestDays: retention.requestDays ?? 60,
      auditMonths: retention.auditMonths ?? 12,
    },
  });
}

function parseFile(file: string): z.infer<typeof schema> {
  let content: string;
  try {
    content = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file));
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    if (code === 'ENOENT') throw new ConfigError(`Không tìm thấy tệp cấu hình ${file}.`, `Config file ${file} not found.`);
    if (code === 'EACCES') throw new ConfigError(`Không có quyền đọc tệp cấu hình ${file}.`, `Config file ${file} can't be read: permission denied.`);
    if (code === 'EISDIR') throw new ConfigError(`${file} là thư mục, không phải tệp cấu hình.`, `${file} is a directory, not a config file.`);
    throw new ConfigError(`Tệp cấu hình ${file} không phải văn bản UTF-8.`, `Config file ${file} is not UTF-8 text.`);
  }
  const lines = new LineCounter();
  const document = parseDocument(content, { lineCounter: lines, uniqueKeys: true });
  const fault = document.errors[0];
  if (fault !== undefined) {
    const line = lines.linePos(fault.pos[0]).line;
    const what = fault.message.split('\n')[0] ?? fault.code;
    throw new ConfigError(`Tệp cấu hình ${file}, dòng ${line}: sai cú pháp YAML (${what}).`, `Config file ${file}, line ${line}: not valid YAML (${what}).`);
  }
  const value: unknown = document.toJS() ?? {};
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  let path = (issue?.path ?? []).map(String);
  if (issue?.code === 'unrecognized_keys') path = [...path, issue.keys[0] ?? ''];
  const key = path.join('.') || '(cả tệp)';
  const line = lineOf(document, lines, path);
  if (issue?.code === 'unrecognized_keys') {
    throw new ConfigError(
      `Tệp cấu hình ${file}, dòng ${line}: khóa «${key}» không có trong danh sách khóa; xem deploy/luytre.example.yaml.`,
      `Config file ${file}, line ${line}: unknown key "${key}"; deploy/luytre.example.yaml holds every key.`,
    );
  }
  const why = issue?.message ?? 'invalid';
  throw new ConfigError(`Tệp cấu hình ${file}, dòng ${line}: giá trị của «${key}» không dùng được (${why}).`, `Config file ${file}, line ${line}: "${key}" can't be used (${why}).`);
}

/** Line of the deepest node on the path that exists. */
function lineOf(document: ReturnType<typeof parseDocument>, lines: LineCounter, path: readonly string[]): number {
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

function deepFreeze<T extends object>(value: T): T {
  for (const child of Object.values(value)) if (typeof child === 'object' && child !== null) deepFreeze(child as object);
  return Object.freeze(value);
}
