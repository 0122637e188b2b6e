/** The ladder against the verdict: for every host, profile and room it names the layer, entry and list that decide() gave, and what stands elsewhere. */
import { describe, expect, it } from 'vitest';
import { decide } from '../../src/policy/decide.js';
import { LAYERS } from '../../src/policy/decision.js';
import { explain, factsOf } from '../../src/policy/explain.js';
import { LIST_A_CATEGORY, PROFILES, snapshotOf, zone } from './fixture.js';

const NOW = Date.parse('2026-11-30T09:00:00+07:00');
const snapshot = snapshotOf([...LIST_A_CATEGORY, { name: 'thu', category: 'mxh', entries: ['facebook.com', '=m.facebook.com', 'a.vn/xau'] }], {
  zones: [zone('P1', 'thcs')],
  rules: [
    { layer: 'school-allow', entry: 'mxh.test', profileMask: null, note: null },
    { layer: 'school-allow', entry: 'cobac.test', profileMask: null, note: null },
    { layer: 'school-block', entry: 'hoclieu.test', profileMask: null, note: null },
    { layer: 'emergency', entry: 'khan.test', profileMask: null, note: null },
  ],
  openings: [{ zone: 'P1', entry: 'game12.test', fromMs: NOW - 1, untilMs: NOW + 60_000 }, { zone: 'P1', entry: 'khieudam.test', fromMs: NOW - 1, untilMs: NOW + 60_000 }],
});
const HOSTS = [...LIST_A_CATEGORY.flatMap(({ entries }) => entries), 'www.facebook.com', 'm.facebook.com', 'http://a.vn/xau/1', 'khan.test', 'kubet88.net', 'chua-ai-biet.example', '203.0.113.9', 'https://translate.google.com/translate?u=https://cobac.test/'];

describe('explain', () => {
  it('gives the verdict of decide() and a ladder whose deciding step is that verdict', () => {
    const met = new Set<string>();
    for (const url of HOSTS) {
      for (const room of [-1, 0]) {
        for (let profile = -1; profile < PROFILES.length; profile++) {
          const facts = factsOf(url, room, profile);
          if (facts === null) throw new Error(url);
          const { decision, ladders } = explain(facts, snapshot, NOW);
          expect(decision).toEqual(decide(facts, snapshot, NOW));
          for (const ladder of ladders) {
            expect(ladder.steps.map(({ layer }) => layer)).toEqual([...LAYERS]);
            const decides = ladder.steps.filter(({ outcome }) => outcome === 'decides');
            expect(decides).toHaveLength(1);
            expect(decides[0]?.layer).toBe(ladder.decision.layer);
            if (ladder.decision.rule !== null) expect(decides[0]?.claim?.entry, url).toBe(ladder.decision.rule);
            if (ladder.decision.list !== null) expect(decides[0]?.claim?.list, url).toEqual(ladder.decision.list);
            met.add(ladder.decision.layer);
          }
          expect(ladders.some((ladder) => ladder.decision.layer === decision.layer)).toBe(true);
        }
      }
    }
    for (const layer of ['help', 'hard', 'emergency', 'opening', 'school-allow', 'school-block', 'category', 'name-score', 'base']) expect([...met], layer).toContain(layer);
  });

  it('tells what stands in layers that were not asked, and what may not speak', () => {
    const stepOf = (url: string, layer: string): unknown => {
      const facts = factsOf(url, 0, -1);
      return facts === null ? null : explain(facts, snapshot, NOW).ladders[0]?.steps.find((step) => step.layer === layer);
    };
    expect(stepOf('cobac.test', 'school-allow')).toMatchObject({ outcome: 'later', claim: { entry: 'cobac.test', list: null } });
    expect(stepOf('khieudam.test', 'opening')).toMatchObject({ outcome: 'later', claim: { entry: 'khieudam.test' } });
    expect(stepOf('game12.test', 'category')).toMatchObject({ outcome: 'later', claim: { list: { name: 'l-game12' } } });
    expect(stepOf('kubet88.net', 'hard')).toMatchObject({ outcome: 'silent', claim: null });
  });
});
