/**
 * File + environment → one frozen, validated Config; the only reader of process.env. Owns the keys and their defaults;
 * how a file is read and a fault told is config-file.ts's.
 */
import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError, readConfigFile, type ConfigFault } from './config-file.js';
import { isAddressLiteral, parseCidr } from './matching/address.js';
import { canonicalHost, parseAuthority } from './matching/hostname.js';
import { SCHOOL_LEVELS } from './policy/school-time.js';

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
  readonly console: {
    readonly host: string;
    readonly port: number;
    /** Names of the console alone, at which nothing else of the gateway is reached: browsers may remember "TLS only" for them. */
    readonly names: readonly string[];
  };
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
  /** The signed channel: where updates of lists and revocations come from. */
  readonly channel: {
    /** `https://…/`, `http://…/` or `file:///…/`, with a slash at its end; null: none. */
    readonly url: string | null;
    /** File with the root metadata that is trusted first. */
    readonly root: string | null;
    readonly everySeconds: number;
  };
  readonly retention: {
    readonly eventDays: number;
    readonly hourDays: number;
    readonly dayYears: number;
    readonly requestDays: number;
    readonly ticketDays: number;
    readonly auditMonths: number;
  };
}

const port = z.int().min(0).max(65535);
/** Shown to people as it stands: nothing in it may be unseen or turn the line. */
const text = z.string().trim().min(1).max(200).refine((value) => !/\p{C}/u.test(value), 'unseen');
// The texts of refinements and unions are names in CONFIG_WORDS.
const cidr = z.string().refine((value) => parseCidr(value) !== null, 'cidr');
const address = z.string().refine((value) => isAddressLiteral(value), 'address');
const host = z.string().refine((value) => canonicalHost(value) !== null, 'host');

/** Client ranges of a school LAN: loopback, RFC 1918, unique local and link-local addresses. */
export const PRIVATE_CLIENTS: readonly string[] = [
  '127.0.0.0/8', '::1/128', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fe80::/10',
];

const schema = z.strictObject({
  proxy: z.strictObject({
    host: address.optional(),
    port: port.optional(),
    transparentPort: port.nullable().optional(),
    workers: z.int().min(1).max(64).nullable().optional(),
  }).optional(),
  pages: z.strictObject({ port: port.optional() }).optional(),
  console: z.strictObject({ host: address.optional(), port: port.optional(), names: z.array(host).optional() }).optional(),
  network: z.strictObject({
    clients: z.array(cidr).min(1).optional(),
    hosts: z.record(host, z.union([address, z.array(address).min(1).max(16)], 'addresses')).optional(),
    dialPrivate: z.array(cidr).optional(),
    ports: z.array(z.int().min(1).max(65535)).min(1).max(64).optional(),
    dns: z.array(z.string().refine((value) => dnsServer(value), 'dns')).optional(),
    trustedCa: text.nullable().optional(),
    parentProxy: z.string().refine((value) => parseAuthority(value, null) !== null, 'authority').nullable().optional(),
    names: z.array(host).optional(),
    connectionsPerClient: z.int().min(8).max(100_000).optional(),
  }).optional(),
  school: z.strictObject({
    name: text.nullable().optional(),
    hotline: text.nullable().optional(),
    counsellor: text.nullable().optional(),
    code: text.nullable().optional(),
    levels: z.array(z.enum(SCHOOL_LEVELS)).optional(),
    ward: text.nullable().optional(),
  }).optional(),
  channel: z.strictObject({
    url: z.string().refine((value) => channelUrl(value) !== null, 'channelUrl').nullable().optional(),
    root: text.nullable().optional(),
    /** A minute is soon enough for an emergency; below ten seconds it is a burden to whoever serves a thousand schools. */
    everySeconds: z.int().min(10).max(86_400).optional(),
  }).optional(),
  retention: z.strictObject({
    /** Raw events: 7 to 90 days and never longer (vietnam.md §2.2). */
    eventDays: z.int().min(7).max(90).optional(),
    hourDays: z.int().min(30).max(730).optional(),
    dayYears: z.int().min(1).max(10).optional(),
    requestDays: z.int().min(7).max(365).optional(),
    ticketDays: z.int().min(7).max(180).optional(),
    auditMonths: z.int().min(12).max(120).optional(),
  }).optional(),
});

type RawConfig = z.infer<typeof schema>;

/** The address of a channel in one spelling, or null. No name and password in it, nothing behind the path. */
function channelUrl(value: string): string | null {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || value.length > 500 || url.search !== '' || url.hash !== '' || url.username !== '' || url.password !== '') return null;
  if (url.protocol === 'file:' ? url.host !== '' : !['http:', 'https:'].includes(url.protocol) || canonicalHost(url.hostname) === null) return null;
  return url.href.endsWith('/') ? url.href : `${url.href}/`;
}

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

/** Language of the environment, empty variables counting as unset (POSIX); English only where it is asked for. */
export function languageOf(env: Readonly<Record<string, string | undefined>> = process.env): 'vi' | 'en' {
  return /^en/.test([env['LC_ALL'], env['LC_MESSAGES'], env['LANG']].find((value) => value !== undefined && value !== '') ?? '') ? 'en' : 'vi';
}

/** A listening socket handed over by the service manager: every descriptor that leads to it, the first one first. */
export type HandedSocket = readonly number[];

/** sd_listen_fds(3): the first descriptor, and the names that say which ones are further handles of an earlier one (deploy/luytre). */
const FIRST_FD = 3;
const COPY = /^copy-of-(\d{1,4})$/;
const MAX_FDS = 256;

/**
 * The sockets of the transparent port that systemd, or deploy/luytre-socket, opened for this very process; empty: none.
 * Only they can be IP_TRANSPARENT: Node can't set the option, and may not without CAP_NET_ADMIN.
 */
export function handedSockets(env: Readonly<Record<string, string | undefined>> = process.env, pid: number = process.pid): readonly HandedSocket[] {
  const count = /^\d{1,3}$/.test(env['LISTEN_FDS'] ?? '') ? Math.min(Number(env['LISTEN_FDS']), MAX_FDS) : 0;
  if (env['LISTEN_PID'] !== String(pid)) return [];
  const names = (env['LISTEN_FDNAMES'] ?? '').split(':');
  const sockets = new Map<number, number[]>();
  for (let fd = FIRST_FD; fd < FIRST_FD + count; fd++) {
    const original = COPY.exec(names[fd - FIRST_FD] ?? '')?.[1];
    if (original === undefined) sockets.set(fd, [fd]);
    else sockets.get(Number(original))?.push(fd);
  }
  return [...sockets.values()];
}

const DEFAULT_PORTS = { 'proxy.port': 3128, 'proxy.transparentPort': 3129, 'pages.port': 8080, 'console.port': 8443 } as const;

/**
 * Two listeners on one port: with reusePort the kernel would deal the connections out between them and nobody would be told.
 * @returns the path of the key to change and the port, or null
 */
function onePortOnce(raw: RawConfig): ConfigFault | null {
  const given: Record<keyof typeof DEFAULT_PORTS, number | null | undefined> = {
    'proxy.port': raw.proxy?.port, 'proxy.transparentPort': raw.proxy?.transparentPort, 'pages.port': raw.pages?.port, 'console.port': raw.console?.port,
  };
  const used = new Map<number, keyof typeof DEFAULT_PORTS>();
  for (const key of Object.keys(DEFAULT_PORTS) as (keyof typeof DEFAULT_PORTS)[]) {
    const value = given[key] === undefined ? DEFAULT_PORTS[key] : given[key];
    if (value === null || value === 0) continue;
    const other = used.get(value);
    // the one that stands in the file is the one to change
    if (other !== undefined) return { path: (given[key] === undefined ? other : key).split('.'), vi: `cổng ${value} dùng cho cả ${other} và ${key}`, en: `port ${value} is used for both ${other} and ${key}` };
    used.set(value, key);
  }
  return null;
}

/** An address without the root it is believed by is no channel, and the other way round. */
function wholeChannel({ channel = {} }: RawConfig): ConfigFault | null {
  if ((channel.url ?? null) !== null && (channel.root ?? null) === null) return { path: ['channel', 'url'], vi: 'cần thêm channel.root, tệp gốc tin cậy mà nơi phát hành kênh trao cho trường', en: 'needs channel.root too, the trust root file that the publisher hands to the school' };
  if ((channel.root ?? null) !== null && (channel.url ?? null) === null) return { path: ['channel', 'root'], vi: 'cần thêm channel.url, địa chỉ của kênh', en: 'needs channel.url too, the address of the channel' };
  return null;
}

/**
 * Reads and validates the configuration.
 * @throws ConfigError naming file, line and key
 */
export function loadConfig(source: ConfigSource = {}): Config {
  const env = source.env ?? process.env;
  for (const [flag, value] of [['--config', source.file], ['--data', source.dataDir]] as const) {
    if (value === '') throw new ConfigError(`Tùy chọn ${flag} thiếu giá trị.`, `Option ${flag} needs a value.`);
  }
  // an empty variable is an unset one
  const file = source.file ?? (env['LUYTRE_CONFIG'] || null);
  const raw = file === null ? {} : readConfigFile(file, schema, (read) => onePortOnce(read) ?? wholeChannel(read));
  const { channel = {}, proxy = {}, pages = {}, network = {}, school = {}, retention = {}, console: web = {} } = raw;
  const hosts: Record<string, readonly string[]> = {};
  for (const [name, value] of Object.entries(network.hosts ?? {})) {
    const key = canonicalHost(name);
    if (key !== null) hosts[key] = typeof value === 'string' ? [value] : value;
  }
  return deepFreeze({
    file,
    dataDir: resolve(source.dataDir ?? (env['LUYTRE_DATA'] || 'data')),
    lang: source.lang ?? languageOf(env),
    proxy: {
      host: proxy.host ?? '::',
      port: proxy.port ?? DEFAULT_PORTS['proxy.port'],
      transparentPort: proxy.transparentPort === undefined ? DEFAULT_PORTS['proxy.transparentPort'] : proxy.transparentPort,
      workers: proxy.workers ?? Math.max(1, Math.min(4, availableParallelism() - 1)),
    },
    pages: { port: pages.port ?? DEFAULT_PORTS['pages.port'] },
    console: { host: web.host ?? '::', port: web.port ?? DEFAULT_PORTS['console.port'], names: (web.names ?? []).map((name) => canonicalHost(name) ?? name) },
    network: {
      clients: network.clients ?? PRIVATE_CLIENTS,
      hosts,
      dialPrivate: network.dialPrivate ?? [],
      ports: network.ports ?? [80, 443],
      dns: network.dns ?? [],
      // beside the file that names it: a service starts in another directory than the admin
      trustedCa: network.trustedCa == null ? null : resolve(file === null ? '.' : dirname(file), network.trustedCa),
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
    channel: {
      url: channel.url == null ? null : channelUrl(channel.url),
      root: channel.root == null ? null : resolve(file === null ? '.' : dirname(file), channel.root),
      everySeconds: channel.everySeconds ?? 900,
    },
    retention: {
      eventDays: retention.eventDays ?? 30,
      hourDays: retention.hourDays ?? 400,
      dayYears: retention.dayYears ?? 5,
      requestDays: retention.requestDays ?? 60,
      ticketDays: retention.ticketDays ?? 30,
      auditMonths: retention.auditMonths ?? 12,
    },
  });
}

function deepFreeze<T extends object>(value: T): T {
  for (const child of Object.values(value)) if (typeof child === 'object' && child !== null) deepFreeze(child as object);
  return Object.freeze(value);
}
