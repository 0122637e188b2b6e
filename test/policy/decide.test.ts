import { describe, expect, it } from 'vitest';
import { decide, permit } from '../../src/policy/decide.js';
import { LIST_A_CATEGORY, MATRIX, PROFILES, examCell, profileNumber, snapshotOf } from './fixture.js';

const T0 = Date.UTC(2026, 10, 23, 2, 0);

describe('the matrix', () => {
  const snapshot = snapshotOf(LIST_A_CATEGORY);
  for (const [code, row] of Object.entries(MATRIX)) {
    PROFILES.forEach((id, profile) => {
      const cell = id === 'thi' ? examCell(code) : row[profile];
      it(`${code} for ${id} is ${String(cell)}`, () => {
        const decision = decide({ host: `www.${code}.test`, zone: profile, path: null, profile: -1 }, snapshot, T0);
        const expected =
          code === 'trogiup' ? ['allow', 'help', 'help-line']
          : code === 'hatang' ? ['allow', 'help', 'infrastructure']
          : cell === 'X' ? ['block', 'hard', code === 'danhmuc' ? 'authority-list' : 'hard-category']
          : cell === 'K' ? ['block', 'category', 'category-blocked']
          : cell === 'H' ? ['restrict', 'category', 'category-restricted']
          : ['allow', 'category', 'category-open'];
        expect([decision.action, decision.layer, decision.reason]).toEqual(expected);
        expect(decision.cell).toBe(cell);
        expect(decision.list).toEqual({ name: `l-${code}`, version: '2026-11-23' });
        expect(decision.rule).toBe(`${code}.test`);
        expect(permit(decision, 443) === null).toBe(decision.action === 'block');
        expect(decision.profile).toBe(profileNumber(id));
      });
    });
  }
});
