/** Unlisted names in the ladder: the category a model tells, a threshold a profile, never X, never over a list or a person's rule. */
import { describe, expect, it } from 'vitest';
import { parseNameModel } from '../../src/lists/shipped-model.js';
import type { Decision } from '../../src/policy/decision.js';
import { decide } from '../../src/policy/decide.js';
import type { Snapshot } from '../../src/policy/snapshot.js';
import { CATEGORIES, profileNumber, snapshotOf, type ListFixture, type ProfileId } from './fixture.js';

const NOW = Date.UTC(2026, 10, 23, 2, 0);
// `bet` weighs 0 over its threshold for gambling; `porn` 20 over for porn.
const model = parseNameModel('scale\t16\nclass\tcobac\tcobac\t-40\t0\n40\tbet\nclass\tkhieudam\tkhieudam\t-40\t0\n60\tporn\nclass\tla\tkhongco\t-99\t0\n99\tzzz\n');
const nameScore = { brands: ['kubet'], stems: ['nhacai'], endings: ['poker'], exceptions: ['goodbet'], threshold: 100, thresholds: { thcs: 110 }, model };
const open = CATEGORIES.map((one) => (one.code === 'chuaphanloai' ? { ...one, cells: ['M', 'M', 'M', 'H', 'M', 'K'] as const } : one));
const snapshot = (lists: readonly ListFixture[] = [], rest = {}): Snapshot => snapshotOf(lists, { categories: open, nameScore, ...rest });
const ask = (under: Snapshot, host: string, id: ProfileId): Decision => decide({ host, zone: 0, path: null, profile: profileNumber(id) }, under, NOW);
const codeOf = (decision: Decision): string | undefined => CATEGORIES[decision.category]?.code;

describe('unlisted names', () => {
  it.each([
    ['abet.test', 'cobac'], ['aporn.test', 'khieudam'], ['nhacai.test', 'cobac'], ['somebody.poker', 'cobac'], ['pornbet.test', 'khieudam'],
  ])('%s is suspected of %s, as a K', (host, code) => {
    const decision = ask(snapshot(), host, 'thpt');
    expect(decision).toMatchObject({ action: 'block', layer: 'name-score', reason: 'suspicious-name', cell: 'K', list: null, rule: null });
    expect(codeOf(decision)).toBe(code);
  });
  it('a category the matrix does not know is told as gambling', () => {
    expect(codeOf(ask(snapshot(), 'zzz.test', 'thpt'))).toBe('cobac');
  });
  it('each profile has its own threshold', () => {
    expect(ask(snapshot(), 'abet.test', 'lop-1-3').reason).toBe('suspicious-name');
    expect(ask(snapshot(), 'abet.test', 'thcs').reason).toBe('uncategorised-open');
    expect(ask(snapshot(), 'aporn.test', 'thcs').reason).toBe('suspicious-name');
    expect(ask(snapshot(), 'aporn.test', 'giao-vien').reason).toBe('uncategorised-open');
    expect(ask(snapshot(), 'aporn.test', 'thi').reason).toBe('exam-only');
  });
  it('exceptions, schools and offices are never suspected', () => {
    for (const host of ['goodbet.test', 'www.goodbet.test', 'abet.edu.vn', 'aporn.gov.vn', 'abet.ac.uk']) expect(ask(snapshot(), host, 'thpt').layer, host).toBe('base');
  });
  it('under .vn and under hosts of many tenants the model must be surer', () => {
    expect(ask(snapshot(), 'abet.vn', 'thpt').layer).toBe('base');
    expect(ask(snapshot(), 'abet.github.io', 'thpt').layer).toBe('base');
    expect(ask(snapshot(), 'kubet88.github.io', 'thpt').layer).toBe('name-score');
  });
  it('lists, rules and openings speak first', () => {
    const listed = snapshot([{ name: 'hoclieu', category: 'hoclieu', shield: true, entries: ['abet.test'] }, { name: 'tin', category: 'phimnhac', entries: ['aporn.test'] }]);
    expect(ask(listed, 'abet.test', 'thpt').reason).toBe('category-open');
    expect(ask(listed, 'aporn.test', 'thpt')).toMatchObject({ layer: 'category' });
    const allowed = snapshot([], { rules: [{ layer: 'school-allow', entry: 'abet.test', profileMask: null, note: null }] });
    expect(ask(allowed, 'www.abet.test', 'thpt').reason).toBe('school-allow');
    const opened = snapshot([], { openings: [{ zone: 'phong-lop-1-3', entry: 'abet.test', fromMs: NOW - 1, untilMs: NOW + 60_000 }] });
    expect(ask(opened, 'abet.test', 'thpt').reason).toBe('teacher-opening');
  });
});
