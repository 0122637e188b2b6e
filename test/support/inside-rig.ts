/**
 * The whole proxy with a school's CA in front of one TLS origin that keeps every byte: what is read inside, what is let out of it, and as
 * whom. Everyone is a THPT pupil at the level the test names, but 127.0.0.2, a teacher at `name`.
 */
import type { TlsOptions } from 'node:tls';
import type { PolicyData, Snapshot } from '../../src/policy/snapshot.js';
import type { TlsLevel } from '../../src/policy/profile.js';
import { makeCa, readCa } from '../../src/tls/ca-certificate.js';
import type { SigningParts } from '../../src/tls/keeper.js';
import { PROFILE_TABLE, snapshotOf, zone, type ListFixture } from '../policy/fixture.js';
import { wish } from '../tls/fixture.js';
import { answering, startOrigin, type Origin, type OriginConnection } from './origin.js';
import { startProxy, type Harness, type HarnessOptions } from './proxy-harness.js';
import { insideClient, rawClient, type InsideOptions, type RawClient } from './raw-client.js';
import { makeX509 } from './x509.js';

const made = makeCa(wish({ excluded: ['bank.test'], addresses: ['127.0.0.1'] }));
const authority = readCa(made.key, made.certificate);
if (authority === null) throw new Error('our own CA is not one');
export const SIGNING: SigningParts = { authority, neverDecrypt: ['thu.test'] };
export const CA = made.certificate.toString();
export const CA_NAME = /CN=([^\n]+)/.exec(made.certificate.subject)?.[1] ?? '';

/** Whom the gateway trusts upstream. */
const ROOT = makeX509({ subject: 'Gốc thử', ca: true }, null);

/** Everything the origin answers for. */
export const INSIDE_HOSTS = [
  'ok.test', 'other.test', 'blocked.test', 'game.test', 'help.test', 'bank.test', 'thu.test', 'www.google.com', 'www.youtube.com',
  'duckduckgo.com', 'translate.google.com', 'unlisted.test', 'school.test',
] as const;

export const INSIDE_LISTS: readonly ListFixture[] = [
  { name: 'hoc', category: 'hoclieu', entries: ['ok.test', 'other.test', 'bank.test', 'thu.test', 'translate.google.com'] },
  { name: 'xau', category: 'khieudam', entries: ['blocked.test', 'ok.test/cam', 'school.test'] },
  { name: 'choi', category: 'mxh', entries: ['game.test', 'ok.test/choi'] },
  { name: 'tim', category: 'timkiem', entries: ['www.google.com', 'duckduckgo.com'] },
  { name: 'phim', category: 'videochung', entries: ['www.youtube.com'] },
  { name: 'giup', category: 'trogiup', entries: ['help.test'] },
];

export const SAFE_SEARCH: PolicyData['safeSearch'] = [
  { entries: ['=www.google.com'], category: 'timkiem', dialStrict: 'www.google.com', dialModerate: 'www.google.com', parameters: [{ name: 'safe', value: 'active', searches: ['q'] }] },
  { entries: ['=duckduckgo.com'], category: 'timkiem', dialStrict: 'duckduckgo.com', dialModerate: 'duckduckgo.com', parameters: [{ name: 'kp', value: '1', searches: ['q'] }] },
  {
    entries: ['=www.youtube.com'], category: 'videochung', dialStrict: 'www.youtube.com', dialModerate: 'www.youtube.com',
    headers: [{ name: 'YouTube-Restrict', strict: 'Strict', moderate: 'Moderate' }],
  },
];

export function insidePolicy(level: TlsLevel, rest: Partial<PolicyData> = {}): Snapshot {
  return snapshotOf(INSIDE_LISTS, {
    profiles: PROFILE_TABLE.map((profile) => (profile.id === 'giao-vien' ? profile : { ...profile, tls: level })),
    zones: [zone('hoc-sinh', 'thpt', { cidrs: ['127.0.0.1/32'] }), zone('giao-vien', 'giao-vien', { cidrs: ['127.0.0.2/32'] })],
    safeSearch: SAFE_SEARCH,
    ...rest,
  });
}

export interface InsideRig {
  readonly proxy: Harness;
  readonly origin: Origin;
  /** Connects to a host at the origin's port. */
  inside(host: string, options?: Partial<InsideOptions>): Promise<RawClient & { readonly issuer: string }>;
  connect(from?: string): Promise<RawClient>;
  /** A request head in origin-form for a host at the origin's port. */
  get(host: string, path?: string, extra?: string): string;
  close(): Promise<void>;
}

export interface InsideRigOptions extends HarnessOptions {
  readonly level?: TlsLevel;
  readonly onBytes?: () => (connection: OriginConnection) => void;
  /** Names the origin's certificate is for. */
  readonly names?: readonly string[];
  readonly originTls?: TlsOptions;
  /** The origin's certificate is one of nobody's. */
  readonly untrusted?: boolean;
}

export const ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nAlt-Svc: h3=":443"\r\n\r\nhi';

export async function startInsideRig(options: InsideRigOptions = {}): Promise<InsideRig> {
  const { level = 'inspect', onBytes, names = INSIDE_HOSTS, untrusted = false, originTls: _originTls, ...rest } = options;
  const leaf = makeX509({ subject: 'trang thử', dns: [...names] }, ROOT);
  const certificate = { key: leaf.key.export({ type: 'pkcs8', format: 'pem' }).toString(), cert: leaf.pem, ...options.originTls };
  const origin = await startOrigin(onBytes ?? (() => answering(ANSWER)), '127.0.0.1', certificate);
  const proxy = await startProxy(origin.port, {
    policy: insidePolicy(level),
    tls: { signing: SIGNING, originCa: untrusted ? [] : [ROOT.pem] },
    ...rest,
    settings: { ...rest.settings, hosts: Object.fromEntries(INSIDE_HOSTS.map((name) => [name, ['127.0.0.1']])) },
  });
  const clients: RawClient[] = [];
  return {
    proxy, origin,
    async inside(host, more = {}) {
      const port = more.transparent === true ? proxy.transparentPort : proxy.port;
      const client = await insideClient(port, `${host}:${origin.port}`, { ca: `${CA}${ROOT.pem}`, ...more });
      clients.push(client);
      return client;
    },
    async connect(from) {
      const client = await rawClient(proxy.port, from === undefined ? {} : { from });
      clients.push(client);
      return client;
    },
    get: (host, path = '/', extra = '') => `GET ${path} HTTP/1.1\r\nHost: ${host}:${origin.port}\r\n${extra}\r\n`,
    async close() {
      for (const client of clients) client.socket.destroy();
      await proxy.close();
      await origin.close();
    },
  };
}
