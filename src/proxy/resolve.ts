/**
 * Name → addresses by c-ares, never by `dns.lookup` (its libuv pool stalls behind password hashing, and it truncates at NUL).
 * Owns the hosts file, the bounded caches and the single query in flight per name.
 * Refuses to know which addresses may be dialled: that is dial.ts, on the very addresses returned here.
 */
import { Resolver as CaresResolver } from 'node:dns';
import { LRUCache } from 'lru-cache';
import { formatAddress, isAddressLiteral, parseAddress } from '../matching/address.js';
import { canonicalHost } from '../matching/hostname.js';
import type { DialFault } from './wire-error.js';

export type ResolveFault = Extract<DialFault, 'name-not-found' | 'dns-failed' | 'own-address'>;

export type ResolveDone = (fault: ResolveFault | null, addresses: readonly string[]) => void;

export interface Resolver {
  /**
   * `host` is a canonical name, not an address literal. `done` runs once, at once when the answer is known.
   * Addresses are in the order of preference within each family; at most MAX_ADDRESSES.
   */
  resolve(host: string, done: ResolveDone): void;
  /** Gives up what is in flight. */
  close(): void;
}

export interface ResolverOptions {
  readonly dns: readonly string[];
  readonly hosts: Readonly<Record<string, readonly string[]>>;
  /** Upper bound of one resolution (tests shorten it). */
  readonly totalMs?: number;
  /** Monotonic milliseconds: a wall clock that jumps must not revive or kill answers. */
  readonly monotonicMs?: () => number;
}

/** security.md D14: an answer of 300 addresses is an attack or a mistake. */
export const MAX_ADDRESSES = 16;
const MAX_CACHED = 10_000;
const MIN_TTL_S = 5;
const MAX_TTL_S = 300;
const NOT_FOUND_MS = 30_000;
const FAILED_MS = 5_000;
/** RFC 8305 §3: an IPv4 answer waits this long for the IPv6 one, not longer. */
const RESOLUTION_DELAY_MS = 50;
const TOTAL_MS = 4_500;
const RENEW_AFTER_FAILURES = 3;

/**
 * Names that never leave the machine: RFC 6761 (localhost, invalid), RFC 7686 (onion), RFC 6762 (local).
 * An entry of `network.hosts` comes before this.
 */
function reservedFault(host: string): ResolveFault | null {
  const last = host.slice(host.lastIndexOf('.') + 1);
  if (last === 'localhost') return 'own-address';
  if (last === 'invalid' || last === 'onion' || last === 'local') return 'name-not-found';
  return null;
}

interface Known {
  readonly fault: ResolveFault | null;
  readonly addresses: readonly string[];
  readonly expiresMs: number;
}

type FamilyState = 'waiting' | 'found' | 'nodata' | 'not-found' | 'failed';

interface Query {
  waiters: ResolveDone[];
  v4: FamilyState;
  v6: FamilyState;
  v4Addresses: string[];
  v6Addresses: string[];
  ttlS: number;
  /** What newcomers get while the slower family is still out. */
  partial: Known | null;
  deadline: NodeJS.Timeout;
  delay: NodeJS.Timeout | null;
}

function readHosts(hosts: Readonly<Record<string, readonly string[]>>): Map<string, readonly string[]> {
  const table = new Map<string, readonly string[]>();
  for (const [name, addresses] of Object.entries(hosts)) {
    const host = canonicalHost(name);
    if (host !== null) table.set(host, addresses.map((a) => canonicalHost(a) ?? a).filter((a) => isAddressLiteral(a)));
  }
  return table;
}

/** Keeps both families represented when there are too many. */
export function keepAddresses(v6: readonly string[], v4: readonly string[]): string[] {
  const half = MAX_ADDRESSES / 2;
  const keep6 = Math.min(v6.length, Math.max(half, MAX_ADDRESSES - v4.length));
  return [...v6.slice(0, keep6), ...v4.slice(0, MAX_ADDRESSES - keep6)];
}

export function createResolver(options: ResolverOptions): Resolver {
  const totalMs = options.totalMs ?? TOTAL_MS;
  const monotonicMs = options.monotonicMs ?? (() => performance.now());
  const hosts = readHosts(options.hosts);
  const cache = new LRUCache<string, Known>({ max: MAX_CACHED });
  const inFlight = new Map<string, Query>();
  let cares = openCares();
  let failuresInARow = 0;
  let closed = false;

  function openCares(): CaresResolver {
    // c-ares doubles the wait at each try: 700 + 1400 + 2800 ms, cut off by our own deadline.
    const resolver = new CaresResolver({ timeout: 700, tries: 3 });
    if (options.dns.length > 0) resolver.setServers(options.dns);
    return resolver;
  }

  /** resolv.conf is read when a channel is made; after DHCP has changed it only a new channel learns the new servers. */
  function noteHealth(fault: ResolveFault | null): void {
    failuresInARow = fault === 'dns-failed' ? failuresInARow + 1 : 0;
    if (failuresInARow >= RENEW_AFTER_FAILURES && options.dns.length === 0 && !closed) {
      failuresInARow = 0;
      cares = openCares();
    }
  }

  function verdict(query: Query): Known {
    const addresses = keepAddresses(query.v6Addresses, query.v4Addresses);
    if (addresses.length > 0) {
      const ttlS = Math.min(Math.max(query.ttlS, MIN_TTL_S), MAX_TTL_S);
      return { fault: null, addresses, expiresMs: monotonicMs() + ttlS * 1_000 };
    }
    // NXDOMAIN speaks of the name, whatever the type; NODATA only of one type.
    const absent = query.v4 === 'not-found' || query.v6 === 'not-found' || (query.v4 === 'nodata' && query.v6 === 'nodata');
    return absent
      ? { fault: 'name-not-found', addresses, expiresMs: monotonicMs() + NOT_FOUND_MS }
      : { fault: 'dns-failed', addresses, expiresMs: monotonicMs() + FAILED_MS };
  }

  function answer(query: Query, known: Known): void {
    const waiters = query.waiters;
    query.waiters = [];
    for (const done of waiters) done(known.fault, known.addresses);
  }

  function finish(host: string, query: Query): void {
    clearTimeout(query.deadline);
    if (query.delay !== null) clearTimeout(query.delay);
    inFlight.delete(host);
    const known = verdict(query);
    cache.set(host, known);
    noteHealth(known.fault);
    answer(query, known);
  }

  function settle(host: string, query: Query): void {
    if (inFlight.get(host) !== query) return; // after the deadline
    if (query.v4 !== 'waiting' && query.v6 !== 'waiting') {
      finish(host, query);
    } else if (query.v4 === 'not-found' || query.v6 === 'not-found') {
      finish(host, query);
    } else if (query.v6 === 'found') {
      query.partial = verdict(query);
      answer(query, query.partial);
    } else if (query.v4 === 'found' && query.delay === null) {
      query.delay = setTimeout(() => {
        query.partial = verdict(query);
        answer(query, query.partial);
      }, RESOLUTION_DELAY_MS);
    }
  }

  function ask(host: string, query: Query): void {
    const received = (family: 'v4' | 'v6') => (error: NodeJS.ErrnoException | null, records: { address: string; ttl: number }[] | undefined): void => {
      if (error !== null) {
        query[family] = error.code === 'ENOTFOUND' ? 'not-found' : error.code === 'ENODATA' ? 'nodata' : 'failed';
      } else {
        const into = family === 'v4' ? query.v4Addresses : query.v6Addresses;
        for (const record of records ?? []) {
          if (into.length === MAX_ADDRESSES) break;
          query.ttlS = Math.min(query.ttlS, record.ttl);
          const parsed = parseAddress(record.address);
          if (parsed === null) continue;
          const address = formatAddress(parsed);
          if (!into.includes(address)) into.push(address);
        }
        query[family] = into.length > 0 ? 'found' : 'nodata';
      }
      settle(host, query);
    };
    cares.resolve4(host, { ttl: true }, received('v4'));
    cares.resolve6(host, { ttl: true }, received('v6'));
  }

  function resolve(host: string, done: ResolveDone): void {
    const fixed = hosts.get(host);
    if (fixed !== undefined) return done(fixed.length > 0 ? null : 'name-not-found', fixed);
    const reserved = reservedFault(host);
    if (reserved !== null) return done(reserved, []);
    const known = cache.get(host);
    if (known !== undefined && known.expiresMs > monotonicMs()) return done(known.fault, known.addresses);
    if (closed) return done('dns-failed', []);
    const running = inFlight.get(host);
    if (running !== undefined) {
      if (running.partial !== null) done(null, running.partial.addresses);
      else running.waiters.push(done);
      return;
    }
    const query: Query = {
      waiters: [done], v4: 'waiting', v6: 'waiting', v4Addresses: [], v6Addresses: [], ttlS: MAX_TTL_S,
      partial: null, delay: null, deadline: setTimeout(() => finish(host, query), totalMs),
    };
    inFlight.set(host, query);
    ask(host, query);
  }

  return {
    resolve,
    close() {
      closed = true;
      for (const [host, query] of inFlight) finish(host, query);
      cares.cancel();
    },
  };
}
