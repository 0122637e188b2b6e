/**
 * The proxy as a pupil who wants round it meets it: a THPT pupil on 127.0.0.1, a teacher on 127.0.0.2, one origin that keeps every
 * byte. By default each permit leads to that origin, so that what reached it is what the proxy would have let out, and to whom.
 */
import net from 'node:net';
import { fileURLToPath } from 'node:url';
import { loadShipped } from '../../src/lists/shipped.js';
import { createIndexBuilder } from '../../src/matching/host-index-build.js';
import { createSnapshot } from '../../src/policy/create-snapshot.js';
import { decide } from '../../src/policy/decide.js';
import type { Decision, Permit } from '../../src/policy/decision.js';
import type { ListMeta, Snapshot } from '../../src/policy/snapshot.js';
import type { Dialer } from '../../src/proxy/relay-context.js';
import { PROFILES, snapshotOf, zone, type ListFixture, type ProfileId } from '../policy/fixture.js';
import { answering, startOrigin, until, type Origin, type OriginConnection } from './origin.js';
import { startProxy, type Harness, type HarnessOptions } from './proxy-harness.js';
import { rawClient, splitResponses, type RawClient, type RawResponse } from './raw-client.js';

export const PUPIL = '127.0.0.1';
export const TEACHER = '127.0.0.2';

export const BYPASS_LISTS: readonly ListFixture[] = [
  { name: 'hoc', category: 'hoclieu', entries: ['ok.test', 'other.test'] },
  { name: 'xau', category: 'khieudam', entries: ['blocked.test', 'evil.test'] },
  { name: 'giup', category: 'trogiup', entries: ['help.test'] },
];

export function bypassPolicy(lists: readonly ListFixture[] = BYPASS_LISTS): Snapshot {
  return snapshotOf(lists, { zones: [zone('hoc-sinh', 'thpt', { cidrs: ['127.0.0.1/32'] }), zone('giao-vien', 'giao-vien', { cidrs: ['127.0.0.2/32'] })] });
}

/** How one exchange ended. */
export interface Ending {
  readonly answers: readonly RawResponse[];
  readonly statuses: readonly number[];
  readonly reasons: readonly (string | null)[];
  readonly text: string;
  readonly closed: boolean;
  readonly ms: number;
  /** What reached the origin meanwhile. */
  readonly atOrigin: Buffer;
}

export interface BypassRig {
  readonly proxy: Harness;
  readonly origin: Origin;
  readonly permits: Permit[];
  client(mode?: 'explicit' | 'transparent', from?: string): Promise<RawClient>;
  /** Sends, and waits until the connection is closed, `wanted` whole answers are there, or `ms` have gone. Then hangs up. */
  send(bytes: string | Buffer, options?: { mode?: 'explicit' | 'transparent'; from?: string; wanted?: number; ms?: number }): Promise<Ending>;
  close(): Promise<void>;
}

export const HELLO_ANSWER = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

export interface BypassOptions extends HarnessOptions {
  readonly onBytes?: () => (connection: OriginConnection) => void;
  /** Use the real dialler, with its address guard. */
  readonly realDialer?: boolean;
}

export async function startBypassRig(options: BypassOptions = {}): Promise<BypassRig> {
  const origin = await startOrigin(options.onBytes ?? (() => answering(HELLO_ANSWER)));
  const permits: Permit[] = [];
  const clients: RawClient[] = [];
  const dialer: Dialer = {
    dial(permit, _purpose, done) {
      permits.push(permit);
      const socket = net.connect({ port: origin.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
      socket.on('error', () => undefined);
      socket.once('connect', () => done(null, socket, false));
      return { cancel: () => socket.destroy() };
    },
  };
  const { onBytes: _onBytes, realDialer, ...rest } = options;
  const proxy = await startProxy(origin.port, { policy: bypassPolicy(), ...rest, deps: { ...(realDialer === true ? {} : { dialer }), ...rest.deps } });
  async function client(mode: 'explicit' | 'transparent' = 'explicit', from = PUPIL): Promise<RawClient> {
    const made = await rawClient(mode === 'explicit' ? proxy.port : proxy.transparentPort, { from });
    clients.push(made);
    return made;
  }
  return {
    proxy, origin, permits, client,
    async send(bytes, { mode = 'explicit', from = PUPIL, wanted = 1, ms = 1_500 } = {}) {
      const before = origin.connections.length;
      const made = await client(mode, from);
      const at = performance.now();
      made.send(bytes);
      await until(() => made.ended() || made.closed() || splitResponses(made.text()).length >= wanted, ms).catch(() => undefined);
      const took = performance.now() - at;
      const closed = made.ended() || made.closed();
      made.finish();
      await made.waitClosed(3_000).catch(() => made.socket.destroy());
      await until(() => origin.connections.slice(before).every((c) => c.closed), 1_000).catch(() => undefined);
      const answers = splitResponses(made.text());
      return {
        answers, closed, ms: took,
        statuses: answers.map((a) => a.status),
        reasons: answers.map((a) => a.header('x-luytre-reason')),
        text: made.text(),
        atOrigin: Buffer.concat(origin.connections.slice(before).map((c) => c.bytes)),
      };
    },
    async close() {
      for (const c of clients) c.socket.destroy();
      await proxy.close();
      await origin.close();
    },
  };
}

/** The rules as shipped, one zone a profile, in the order of the profiles. */
export function shippedSnapshot(): Snapshot {
  const shipped = loadShipped(fileURLToPath(new URL('../../rules', import.meta.url)));
  const position = new Map(shipped.profiles.map((profile, i) => [profile.id, i]));
  const builder = createIndexBuilder(10_000);
  const lists: ListMeta[] = shipped.lists.map(({ meta, entries }, list) => {
    for (const entry of entries) builder.add(list, entry);
    return {
      name: meta.name, version: '1', role: meta.role, shield: meta.shield,
      category: shipped.categories.findIndex(({ code }) => code === meta.category),
      profileMask: meta.profiles === null ? 63 : meta.profiles.reduce((bits, id) => bits | (1 << (position.get(id) ?? 31)), 0),
    };
  });
  return createSnapshot({
    generation: 1, school: { name: 'Trường thử', hotline: null, counsellor: null }, profiles: shipped.profiles, categories: shipped.categories, lists,
    index: builder.finish(), rules: [], zones: PROFILES.map((id) => zone(id, id)), lessons: [], openings: [], safeSearch: shipped.safeSearch, nameScore: shipped.nameScore,
  });
}

export function verdictOn(snapshot: Snapshot, host: string, profile: ProfileId, path: string | null = null): Decision {
  return decide({ host, zone: PROFILES.indexOf(profile), path, profile: -1 }, snapshot, Date.UTC(2026, 10, 23, 2, 0));
}
