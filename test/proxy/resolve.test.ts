import { afterEach, describe, expect, it } from 'vitest';
import { createResolver, keepAddresses, MAX_ADDRESSES, type Resolver, type ResolverOptions } from '../../src/proxy/resolve.js';
import { startDnsStub, tableZone, type DnsStub, type StubZone } from '../support/dns-stub.js';

let stub: DnsStub | null = null;
let resolver: Resolver | null = null;

afterEach(async () => {
  resolver?.close();
  resolver = null;
  await stub?.close();
  stub = null;
});

async function withZone(zone: StubZone, options: Partial<ResolverOptions> = {}): Promise<Resolver> {
  stub = await startDnsStub(zone);
  resolver = createResolver({ dns: [stub.server], hosts: {}, ...options });
  return resolver;
}

function lookUp(from: Resolver, host: string): Promise<{ fault: string | null; addresses: readonly string[] }> {
  return new Promise((resolve) => from.resolve(host, (fault, addresses) => resolve({ fault, addresses })));
}

const asked = (name: string): number => stub?.queries.filter((q) => q.name === name).length ?? 0;

describe('what DNS says', () => {
  it('takes A and AAAA together, IPv6 first', async () => {
    const r = await withZone(tableZone({ 'a.test': ['198.51.100.7', '2001:db8::7'] }));
    expect(await lookUp(r, 'a.test')).toEqual({ fault: null, addresses: ['2001:db8::7', '198.51.100.7'] });
  });

  it('follows an alias chain', async () => {
    const r = await withZone((_name, type) => (type === 'A'
      ? { records: [{ type: 'CNAME', data: 'b.test' }, { type: 'A', name: 'b.test', data: '198.51.100.8' }] }
      : { records: [{ type: 'CNAME', data: 'b.test' }] }));
    expect(await lookUp(r, 'a.test')).toEqual({ fault: null, addresses: ['198.51.100.8'] });
  });

  it('answers name-not-found to an alias loop', async () => {
    const r = await withZone(() => ({ records: [{ type: 'CNAME', data: 'b.test' }, { type: 'CNAME', name: 'b.test', data: 'a.test' }] }));
    expect((await lookUp(r, 'a.test')).fault).toBe('name-not-found');
  });

  it('keeps 16 of 300 addresses, over TCP where UDP is cut short', async () => {
    const many = Array.from({ length: 300 }, (_, i) => `198.51.${100 + Math.floor(i / 250)}.${(i % 250) + 1}`);
    const r = await withZone((_name, type) => (type === 'A'
      ? { truncated: true, records: many.map((data) => ({ type: 'A', data })) }
      : {}));
    const { fault, addresses } = await lookUp(r, 'bomb.test');
    expect(fault).toBeNull();
    expect(addresses).toHaveLength(MAX_ADDRESSES);
    expect(stub?.queries.some((q) => q.tcp)).toBe(true);
  });

  it('keeps both families when there are too many', () => {
    const v6 = Array.from({ length: 40 }, (_, i) => `2001:db8::${i}`);
    const v4 = Array.from({ length: 40 }, (_, i) => `198.51.100.${i}`);
    expect(keepAddresses(v6, v4).filter((a) => a.includes(':'))).toHaveLength(8);
    expect(keepAddresses(v6, v4.slice(0, 3))).toHaveLength(MAX_ADDRESSES);
    expect(keepAddresses(v6.slice(0, 3), v4)).toHaveLength(MAX_ADDRESSES);
    expect(keepAddresses([], v4.slice(0, 2))).toEqual(v4.slice(0, 2));
  });

  it.each([
    ['NXDOMAIN', { rcode: 3 }, 'name-not-found'],
    ['no data of either type', {}, 'name-not-found'],
    ['SERVFAIL', { rcode: 2 }, 'dns-failed'],
    ['REFUSED', { rcode: 5 }, 'dns-failed'],
    ['silence', { silent: true }, 'dns-failed'],
    ['an answer under a wrong id', { wrongId: true, records: [{ type: 'A', data: '198.51.100.66' }] }, 'dns-failed'],
    ['noise', { raw: Buffer.from('00ff00ff00ff', 'hex') }, 'dns-failed'],
  ] as const)('%s', async (_what, answer, fault) => {
    const r = await withZone(() => answer, { totalMs: 1_200 });
    const startMs = performance.now();
    expect((await lookUp(r, 'a.test')).fault).toBe(fault);
    expect(performance.now() - startMs).toBeLessThan(3_500);
  });

  it('gives up within five seconds by default', async () => {
    const r = await withZone(() => ({ silent: true }));
    const startMs = performance.now();
    expect((await lookUp(r, 'a.test')).fault).toBe('dns-failed');
    expect(performance.now() - startMs).toBeLessThan(6_500);
  });

  it('does not let a dead AAAA server hold up IPv4', async () => {
    const r = await withZone((_name, type) => (type === 'A' ? { records: [{ type, data: '198.51.100.7' }] } : { silent: true }));
    const startMs = performance.now();
    expect(await lookUp(r, 'a.test')).toEqual({ fault: null, addresses: ['198.51.100.7'] });
    expect(performance.now() - startMs).toBeLessThan(2_000);
    // and is not waited for again
    expect((await lookUp(r, 'a.test')).fault).toBeNull();
    expect(asked('a.test')).toBe(2);
  });

  it('is unaffected by other names that time out', async () => {
    const r = await withZone((name, type) => (name === 'dead.test' ? { silent: true } : tableZone({ 'a.test': ['198.51.100.7'] })(name, type, 0)));
    const dead = Array.from({ length: 50 }, () => lookUp(r, 'dead.test'));
    const startMs = performance.now();
    expect((await lookUp(r, 'a.test')).fault).toBeNull();
    expect(performance.now() - startMs).toBeLessThan(2_000);
    r.close();
    expect((await Promise.all(dead)).every((d) => d.fault === 'dns-failed')).toBe(true);
  });
});

describe('what is remembered', () => {
  it('asks once for many that wait, and answers at once afterwards', async () => {
    const r = await withZone((_name, type) => ({ delayMs: 100, records: type === 'A' ? [{ type, data: '198.51.100.7' }] : [] }));
    const answers = await Promise.all(Array.from({ length: 20 }, () => lookUp(r, 'a.test')));
    expect(answers.every((a) => a.addresses[0] === '198.51.100.7')).toBe(true);
    expect(asked('a.test')).toBe(2);
    let done = false;
    r.resolve('a.test', () => {
      done = true;
    });
    expect(done).toBe(true);
  });

  it.each([
    [0, 5],
    [60, 60],
    [86_400, 300],
  ])('a TTL of %d counts as %d seconds', async (ttl, seconds) => {
    let nowMs = 0;
    const r = await withZone((_name, type) => ({ records: type === 'A' ? [{ type, data: '198.51.100.7', ttl }] : [] }), { monotonicMs: () => nowMs });
    await lookUp(r, 'a.test');
    nowMs = seconds * 1_000 - 1;
    await lookUp(r, 'a.test');
    expect(asked('a.test')).toBe(2);
    nowMs = seconds * 1_000 + 1;
    await lookUp(r, 'a.test');
    expect(asked('a.test')).toBe(4);
  });

  it('remembers that a name does not exist for 30 s and a failure for 5 s', async () => {
    let nowMs = 0;
    const r = await withZone((name) => ({ rcode: name === 'gone.test' ? 3 : 5 }), { monotonicMs: () => nowMs, totalMs: 1_000 });
    await lookUp(r, 'gone.test');
    await lookUp(r, 'failed.test');
    const [gone, failed] = [asked('gone.test'), asked('failed.test')];
    nowMs = 4_999;
    await lookUp(r, 'gone.test');
    await lookUp(r, 'failed.test');
    expect([asked('gone.test'), asked('failed.test')]).toEqual([gone, failed]);
    nowMs = 29_000;
    await lookUp(r, 'gone.test');
    await lookUp(r, 'failed.test');
    expect(asked('gone.test')).toBe(gone);
    expect(asked('failed.test')).toBeGreaterThan(failed);
  });
});

describe('what never goes to DNS', () => {
  it('hosts of the config come first, canonical on both sides', async () => {
    const r = await withZone(() => ({ rcode: 3 }), { hosts: { 'Origin.TEST.': ['127.0.0.1', '::FFFF:10.0.0.1', 'nonsense'] } });
    expect(await lookUp(r, 'origin.test')).toEqual({ fault: null, addresses: ['127.0.0.1', '10.0.0.1'] });
    expect(stub?.queries).toHaveLength(0);
  });

  it.each([
    ['localhost', 'own-address'],
    ['a.localhost', 'own-address'],
    ['a.invalid', 'name-not-found'],
    ['x.onion', 'name-not-found'],
    ['printer.local', 'name-not-found'],
  ])('%s → %s', async (host, fault) => {
    const r = await withZone(() => ({ records: [{ type: 'A', data: '198.51.100.7' }] }));
    expect(await lookUp(r, host)).toEqual({ fault, addresses: [] });
    expect(stub?.queries).toHaveLength(0);
  });
});
