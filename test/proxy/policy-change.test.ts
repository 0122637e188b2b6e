import { describe, expect, it } from 'vitest';
import type { PolicyData } from '../../src/policy/snapshot.js';
import { changed, changeOf } from '../../src/proxy/policy-change.js';
import { policyData } from '../policy/fixture.js';

const before = policyData([], { generation: 1 });

/** What a thread has after the message has crossed to it. */
function crossed(held: PolicyData | null, from: PolicyData | null, to: PolicyData): PolicyData {
  return changed(held, structuredClone(changeOf(from, to)));
}

describe('a policy on its way to a thread', () => {
  it('is whole where the thread has none', () => {
    expect(crossed(null, null, before)).toEqual(before);
  });

  it('is a lesson and the generation where nothing else is another, however newly built', () => {
    const lesson = { zone: 'phong-a', profile: 1, fromMs: 0, untilMs: 1 };
    const after = { ...structuredClone({ ...before, index: null }), index: { ...before.index }, generation: 2, lessons: [lesson] } as PolicyData;
    expect(changeOf(before, after).policy).toEqual({ generation: 2, lessons: [lesson] });
  });

  it('leaves the thread the very objects it has built tables of', () => {
    const held = structuredClone(before);
    const now = crossed(held, before, { ...before, generation: 2 });
    expect(now.nameScore).toBe(held.nameScore);
    expect(now.index).toBe(held.index);
    expect(now.generation).toBe(2);
  });

  it('brings every part that is another, and takes away what is no more', () => {
    const parts: readonly Partial<PolicyData>[] = [
      { school: { name: 'Khác', hotline: null, counsellor: null } }, { profiles: before.profiles.slice(1) }, { categories: before.categories.slice(1) },
      { rules: [{ layer: 'school-block', entry: 'x.vn', profileMask: null, note: null }] }, { zones: [] }, { days: { holidays: [{ fromDay: 1, toDay: 2 }], makeups: [] } },
      { openings: [{ zone: 'phong-a', entry: 'x.vn', fromMs: 0, untilMs: 1 }] }, { safeSearch: [] }, { nameScore: { ...before.nameScore, threshold: 0.01 } },
      { index: { ...before.index, buffer: new SharedArrayBuffer(64) } }, { lists: [{ name: 'l', version: '1', role: 'category', category: 0, profileMask: 1, shield: false }] },
    ];
    let held = structuredClone(before);
    let last = before;
    for (const [i, part] of parts.entries()) {
      const next = { ...last, ...part, generation: i + 2 };
      held = crossed(held, last, next);
      expect(held).toEqual(next);
      last = next;
    }
    const { days: _, ...without } = last;
    expect(crossed(held, last, { ...without, generation: 99 })).toEqual({ ...without, generation: 99 });
  });
});
