import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decide, permit } from '../../src/policy/decide.js';
import { LAYERS, REASONS } from '../../src/policy/decision.js';
import { CATEGORIES, LIST_A_CATEGORY, MATRIX, PROFILES, snapshotOf, type ListFixture } from './fixture.js';

const T0 = Date.UTC(2026, 10, 23, 2, 0);
const codes = Object.keys(MATRIX);

describe('decide is total', () => {
  const snapshot = snapshotOf(LIST_A_CATEGORY);
  const host = fc.oneof(
    fc.string(), fc.string({ unit: 'binary' }), fc.domain(), fc.ipV4(), fc.ipV6(), fc.constantFrom(...codes.map((code) => `a.${code}.test`)),
    fc.stringMatching(/^[a-z0-9-]{1,63}(\.[a-z0-9-]{1,30}){0,5}$/), fc.stringMatching(/^[a-z0-9-]{0,63}\.(translate\.goog|cdn\.ampproject\.org)$/),
    fc.constantFrom('', '.', '..', 'a.'.repeat(126) + 'a', 'web.archive.org', 'www.google.com', 'xn--', 'x'.repeat(5_000), '.'.repeat(3_000)),
  );
  const path = fc.option(fc.oneof(fc.string(), fc.webPath(), fc.constantFrom('/amp/s/cobac.test/', '/web/1/http://cobac.test', '/' + 'a/'.repeat(4_000), '/%', '/%zz')));
  it('on any text, zone, profile and time', () => {
    fc.assert(fc.property(host, path, fc.oneof(fc.integer(), fc.integer({ min: -1, max: 6 })), fc.integer({ min: -3, max: 9 }), fc.oneof(fc.double(), fc.constant(T0)), (name, seen, zone, profile, nowMs) => {
      const decision = decide({ host: name, zone, path: seen, profile }, snapshot, nowMs);
      expect(LAYERS).toContain(decision.layer);
      expect(REASONS).toContain(decision.reason);
      expect(decision.host).toBe(name);
      expect(PROFILES[decision.profile]).toBeDefined();
      const leave = permit(decision, 443);
      expect(leave === null).toBe(decision.action === 'block');
      if (leave !== null) expect(leave.host).toBe(name);
      // The same question at the same moment has the same answer, whatever was asked in between.
      decide({ host: 'khac.test', zone: 1, path: '/x', profile: -1 }, snapshot, T0);
      expect(decide({ host: name, zone, path: seen, profile }, snapshot, nowMs)).toEqual(decision);
    }), { seed: 1, numRuns: 3_000 });
  });
});

describe('invariants over random policies', () => {
  const label = fc.constantFrom('a', 'b');
  const name = fc.tuple(fc.array(label, { maxLength: 2 }), fc.constant('x.test')).map(([labels, root]) => [...labels, root].join('.'));
  const entry = fc.tuple(fc.constantFrom('', '', '=', '*.'), name).map(([form, text]) => form + text);
  const list = fc.record({ category: fc.constantFrom(...codes), entries: fc.array(entry, { minLength: 1, maxLength: 3 }), mask: fc.constantFrom(63, 31, 28, 0), shield: fc.constant(false) });
  // Shields as they are shipped: lists of what is open to everyone, and not part of an exam.
  const shieldList = fc.record({ category: fc.constantFrom('hoclieu', 'nhanuoc', 'trogiup', 'hatang'), entries: fc.array(entry, { minLength: 1, maxLength: 3 }), mask: fc.constantFrom(31, 28), shield: fc.constant(true) });
  const severity = (action: string, cell: string | null): number => (action === 'block' ? (cell === 'X' ? 3 : 2) : action === 'restrict' ? 1 : 0);
  const rule = fc.record({ layer: fc.constantFrom('emergency', 'school-allow', 'school-block', 'city-allow', 'city-block'), entry, profileMask: fc.constantFrom(null, 63, 4), note: fc.constant(null) });
  let shielded = 0;
  let hard = 0;

  it('no rule opens what a list closes hard; a shield can only open; the order of lists is nothing', () => {
    fc.assert(fc.property(fc.array(fc.oneof({ weight: 1, arbitrary: list }, { weight: 1, arbitrary: shieldList }), { minLength: 2, maxLength: 6, size: 'max' }), fc.array(rule, { maxLength: 3 }), name, fc.nat({ max: 5 }), (drawn, rules, host, profile) => {
      const lists: ListFixture[] = drawn.map((one, i) => ({ name: `l${i}`, category: one.category, entries: one.entries, mask: one.mask, shield: one.shield }));
      const facts = { host, zone: -1, path: null, profile };
      const openings = [{ zone: 'phong-lop-1-3', entry: host, fromMs: T0 - 9, untilMs: T0 + 9 }];
      const plain = decide(facts, snapshotOf(lists), T0);
      const ruled = decide({ ...facts, zone: 0 }, snapshotOf(lists, { rules, openings }), T0);
      if (plain.layer === 'hard' || plain.layer === 'help') {
        hard++;
        expect(ruled).toMatchObject({ action: plain.action, layer: plain.layer, list: plain.list });
      }
      const bare = decide(facts, snapshotOf(lists.map((one) => ({ ...one, shield: false }))), T0);
      expect(severity(plain.action, plain.cell)).toBeLessThanOrEqual(severity(bare.action, bare.cell));
      if (severity(plain.action, plain.cell) < severity(bare.action, bare.cell)) shielded++;
      const turned = [...drawn.keys()].reverse();
      const reversed = decide(facts, snapshotOf(turned.map((i) => lists[i] as ListFixture)), T0);
      expect([reversed.action, reversed.layer, reversed.cell]).toEqual([plain.action, plain.layer, plain.cell]);
    }), { seed: 5, numRuns: 500 });
    expect(hard).toBeGreaterThan(100);
    expect(shielded).toBeGreaterThan(10);
  });
  it('what an older tier closes hard, every younger one does', () => {
    for (const category of CATEGORIES) {
      for (let p = 1; p < 5; p++) if (category.cells[p] === 'X') expect(category.cells[p - 1]).toBe('X');
    }
  });
});
