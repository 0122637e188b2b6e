/** The roster against a Set: whoever comes and goes, also while it is walked. */
import { describe, expect, it } from 'vitest';
import { Roster, type Member } from '../../src/proxy/roster.js';
import { seeded } from '../support/seeded.js';

describe('a roster', () => {
  it('holds whom a Set would hold, and each seat is its member\'s', () => {
    const random = seeded(308);
    const all: Member[] = Array.from({ length: 64 }, () => ({ seat: -1 }));
    const roster = new Roster<Member>();
    const reference = new Set<Member>();
    for (let step = 0; step < 20_000; step++) {
      const member = random.pick(all);
      if (random.chance(2)) {
        roster.add(member);
        reference.add(member);
      } else {
        roster.remove(member);
        reference.delete(member);
      }
      expect(roster.size).toBe(reference.size);
    }
    const seen = new Set<Member>();
    roster.each((member) => seen.add(member));
    expect(seen).toEqual(reference);
    expect(all.filter((member) => member.seat >= 0).length).toBe(reference.size);
  });

  it('visits everyone who stays, whomever a visit removes', () => {
    for (let seed = 1; seed <= 50; seed++) {
      const random = seeded(seed);
      const all: Member[] = Array.from({ length: 40 }, () => ({ seat: -1 }));
      const roster = new Roster<Member>();
      for (const member of all) roster.add(member);
      const visited = new Set<Member>();
      const removed = new Set<Member>();
      roster.each((member) => {
        expect(removed.has(member), 'who has gone is not visited').toBe(false);
        visited.add(member);
        for (let i = 0; i < 3; i++) {
          if (random.chance(2)) continue;
          const other = random.pick(all);
          roster.remove(other);
          removed.add(other);
        }
      });
      for (const member of all) expect(visited.has(member) || removed.has(member)).toBe(true);
    }
  });
});
