import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseAuthority } from '../../src/matching/hostname.js';
import { decide } from '../../src/policy/decide.js';
import { createDecisionCache } from '../../src/policy/decision-cache.js';
import type { Snapshot } from '../../src/policy/snapshot.js';
import { LIST_A_CATEGORY, profileNumber, snapshotOf, zone, type ListFixture } from './fixture.js';

const T0 = Date.UTC(2026, 10, 23, 2, 0);
const facts = (host: string, path: string | null = null, zoneNumber = 0): { host: string; zone: number; path: string | null; profile: number } =>
  ({ host, zone: zoneNumber, path, profile: -1 });
const lists: ListFixture[] = [...LIST_A_CATEGORY, { name: 'paths', category: 'gianlan', entries: ['olm.test/gian-lan'] }];

describe('decision cache', () => {
  const snapshot = snapshotOf(lists, { zones: [zone('a', 'thcs'), zone('b', 'giao-vien')], openings: [{ zone: 'a', entry: 'mxh.test', fromMs: T0, untilMs: T0 + 100 }] });

  it('gives the very same verdict again, one zone apart from another', () => {
    const cache = createDecisionCache();
    const first = cache.decide(facts('game12.test'), snapshot, T0);
    expect(cache.decide(facts('game12.test'), snapshot, T0 + 1)).toBe(first);
    expect(cache.decide(facts('game12.test', null, 1), snapshot, T0 + 1).action).toBe('allow');
    expect(cache.decide({ ...facts('game12.test'), profile: profileNumber('thpt') }, snapshot, T0 + 1).profile).toBe(profileNumber('thpt'));
    expect(cache.decide(facts('game12.test'), snapshot, T0 + 1)).toBe(first);
  });
  it('forgets a verdict at the instant it ends', () => {
    const cache = createDecisionCache();
    expect(cache.decide(facts('mxh.test'), snapshot, T0 + 99).reason).toBe('teacher-opening');
    expect(cache.decide(facts('mxh.test'), snapshot, T0 + 100).reason).toBe('category-blocked');
  });
  it('does not serve the future to a clock set back', () => {
    const cache = createDecisionCache();
    expect(cache.decide(facts('mxh.test'), snapshot, T0 + 200).reason).toBe('category-blocked');
    expect(cache.decide(facts('mxh.test'), snapshot, T0 + 50).reason).toBe('teacher-opening');
  });
  it('is not emptied by callers that read the clock a moment apart', () => {
    const cache = createDecisionCache();
    const early = cache.decide(facts('game12.test'), snapshot, T0);
    cache.decide(facts('mxh.test'), snapshot, T0 + 3);
    expect(cache.decide(facts('game12.test'), snapshot, T0 + 1)).toBe(early);
  });
  it('never answers a path with another path, and keeps the answer for requests without one', () => {
    const cache = createDecisionCache();
    const tunnel = cache.decide(facts('olm.test'), snapshot, T0);
    expect(tunnel.byPath).toBe(true);
    expect(cache.decide(facts('olm.test', '/gian-lan/1'), snapshot, T0).reason).toBe('hard-category');
    expect(cache.decide(facts('olm.test', '/khac'), snapshot, T0).reason).toBe('uncategorised-blocked');
    expect(cache.decide(facts('olm.test'), snapshot, T0)).toBe(tunnel);
  });
  it('drops one zone and leaves the others', () => {
    const cache = createDecisionCache();
    const a = cache.decide(facts('game12.test'), snapshot, T0);
    const b = cache.decide(facts('game12.test', null, 1), snapshot, T0);
    cache.dropZone(0);
    expect(cache.decide(facts('game12.test', null, 1), snapshot, T0)).toBe(b);
    const again = cache.decide(facts('game12.test'), snapshot, T0);
    expect(again).not.toBe(a);
    expect(again).toEqual(a);
  });
  it('belongs to one snapshot', () => {
    const cache = createDecisionCache();
    cache.decide(facts('game12.test'), snapshot, T0);
    const next = snapshotOf(lists, { zones: [zone('a', 'giao-vien')] });
    expect(cache.decide(facts('game12.test'), next, T0).action).toBe('allow');
  });
  it('is bounded', () => {
    const cache = createDecisionCache({ perZone: 4, zones: 2 });
    const first = cache.decide(facts('h0.test'), snapshot, T0);
    for (let i = 1; i < 50; i++) cache.decide(facts(`h${i}.test`), snapshot, T0);
    expect(cache.decide(facts('h0.test'), snapshot, T0)).not.toBe(first);
  });
});

describe('by raw authority', () => {
  const snapshot = snapshotOf(lists, { zones: [zone('a', 'thcs')] });
  it.each([
    ['MXH.test:443', null, 'mxh.test', 443], ['mxh.test.', 80, 'mxh.test', 80], ['mxh.test:8080', 80, 'mxh.test', 8080], ['[2001:db8::1]:443', null, '2001:db8::1', 443],
  ] as const)('%s', (raw, port, host, expectedPort) => {
    const cache = createDecisionCache();
    for (let i = 0; i < 2; i++) {
      const made = cache.decideRaw(raw, port, 0, null, snapshot, T0);
      expect(made?.decision).toEqual(decide(facts(host), snapshot, T0));
      expect(made?.port).toBe(expectedPort);
    }
  });
  it('refuses what is no authority, time and again, and keeps a missing port apart', () => {
    const cache = createDecisionCache();
    for (let i = 0; i < 2; i++) {
      expect(cache.decideRaw('mxh.test', null, 0, null, snapshot, T0)).toBeNull();
      expect(cache.decideRaw('mxh.test', 80, 0, null, snapshot, T0)?.port).toBe(80);
      expect(cache.decideRaw('a b', 80, 0, null, snapshot, T0)).toBeNull();
      expect(cache.decideRaw('mxh.test:0', 80, 0, null, snapshot, T0)).toBeNull();
    }
  });
});

describe('model: the cache is decide, through any change of policy and time', () => {
  const hosts = ['mxh.test', 'WWW.mxh.test', 'game12.test', 'olm.test', 'olm.test.', 'la.test', 'kubet88.test', 'trogiup.test', '10.0.0.1', 'web.archive.org'];
  const paths = [null, null, null, '/', '/gian-lan/1', '/web/2023/http://mxh.test/'];
  const change = fc.record({
    lessons: fc.array(fc.record({ zone: fc.constantFrom('a', 'b'), profile: fc.nat({ max: 5 }), fromMs: fc.nat({ max: 400 }).map((n) => T0 + n), untilMs: fc.nat({ max: 800 }).map((n) => T0 + n) }), { maxLength: 2 }),
    openings: fc.array(fc.record({ zone: fc.constantFrom('a', 'b'), entry: fc.constantFrom('mxh.test', '=la.test', '*.mxh.test', 'olm.test'), fromMs: fc.nat({ max: 400 }).map((n) => T0 + n), untilMs: fc.nat({ max: 800 }).map((n) => T0 + n) }), { maxLength: 3 }),
    rules: fc.array(fc.record({ layer: fc.constantFrom('school-allow', 'school-block', 'emergency'), entry: fc.constantFrom('la.test', 'mxh.test', 'game12.test/x'), profileMask: fc.constantFrom(null, 5), note: fc.constant(null) }), { maxLength: 2 }),
  });
  const step = fc.oneof(
    { weight: 1, arbitrary: fc.record({ type: fc.constant('policy' as const), change }) },
    { weight: 1, arbitrary: fc.record({ type: fc.constant('drop' as const), zone: fc.integer({ min: -1, max: 1 }) }) },
    { weight: 60, arbitrary: fc.record({
      type: fc.constant('ask' as const), host: fc.constantFrom(...hosts), path: fc.constantFrom(...paths), zone: fc.constantFrom(0, 0, 0, 1, -1),
      profile: fc.constantFrom(-1, -1, -1, -1, -1, -1, 2, 5), raw: fc.boolean(), dt: fc.constantFrom(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 7, 40, 60, 200, -30),
    }) },
  );
  let hits = 0;
  let asked = 0;

  it('over random walks', () => {
    const zones = [zone('a', 'thcs'), zone('b', 'thpt')];
    fc.assert(fc.property(fc.array(step, { minLength: 40, maxLength: 200, size: 'max' }), (steps) => {
      const cache = createDecisionCache({ perZone: 7, zones: 6 });
      let snapshot: Snapshot = snapshotOf(lists, { zones });
      let nowMs = T0;
      const seen = new Set<unknown>();
      for (const one of steps) {
        if (one.type === 'policy') snapshot = snapshotOf(lists, { zones, ...one.change });
        else if (one.type === 'drop') cache.dropZone(one.zone);
        else {
          nowMs += one.dt;
          const authority = parseAuthority(one.host, 80);
          if (authority === null) throw new Error('test host');
          const profile = one.raw ? -1 : one.profile;
          const expected = decide({ host: authority.host, zone: one.zone, path: one.path, profile }, snapshot, nowMs);
          const got = one.raw
            ? cache.decideRaw(one.host, 80, one.zone, one.path, snapshot, nowMs)?.decision
            : cache.decide({ host: authority.host, zone: one.zone, path: one.path, profile }, snapshot, nowMs);
          expect({ ...got, validUntilMs: 0 }).toEqual({ ...expected, validUntilMs: 0 });
          expect(got?.validUntilMs).toBe(expected.validUntilMs);
          asked++;
          if (seen.has(got)) hits++;
          seen.add(got);
        }
      }
    }), { seed: 3, numRuns: 100 });
    expect(hits / asked).toBeGreaterThan(0.1);
  });
});
