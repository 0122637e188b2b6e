/** Which changes take two people, their closed shapes, and when one no longer fits. */
import { describe, expect, it } from 'vitest';
import type { Cell, TlsLevel } from '../../src/policy/profile.js';
import { CELL_WORDS, diffNow, diffOf } from '../../src/policy/proposal-diff.js';
import { baseOf, judgeCell, judgeLevel, parseProposedChange, refuseApproval, refuseChange, subjectOf, type ProposedChange, type Standing } from '../../src/policy/proposal.js';
import { CATEGORIES, PROFILE_TABLE } from './fixture.js';

function standing(cells: Readonly<Record<string, Cell>> = {}, levels: Readonly<Record<string, TlsLevel>> = {}): Standing {
  return {
    matrix: { profiles: PROFILE_TABLE, categories: CATEGORIES },
    override: (profile, category) => cells[`${profile} ${category}`] ?? null,
    level: (profile) => levels[profile] ?? 'name',
  };
}
const codeOf = (verdict: ReturnType<typeof judgeCell> | ReturnType<typeof judgeLevel>): string => (typeof verdict === 'object' ? verdict.code : verdict);
const FINGERPRINT = 'ab'.repeat(32);

describe('a cell', () => {
  it.each<[profile: string, category: string, now: Cell | null, wanted: Cell, verdict: string]>([
    ['thcs', 'mxh', null, 'X', 'free'],
    ['thcs', 'mxh', null, 'K', 'same'],
    ['thcs', 'mxh', null, 'H', 'loosens'],
    ['thcs', 'mxh', null, 'M', 'loosens'],
    ['thcs', 'timkiem', null, 'M', 'loosens'],
    ['thcs', 'timkiem', null, 'K', 'free'],
    // back from tighter to shipped loosens nothing that a person of the school did not close
    ['thcs', 'mxh', 'X', 'K', 'free'],
    // from tighter past shipped does
    ['thcs', 'mxh', 'X', 'H', 'loosens'],
    // already loosened: closing a part of it again is free, opening it further is not
    ['thcs', 'mxh', 'M', 'H', 'free'],
    ['thcs', 'mxh', 'H', 'M', 'loosens'],
    ['thcs', 'mxh', 'M', 'M', 'same'],
    ['thcs', 'cobac', null, 'M', 'hard-cell'],
    ['thcs', 'cobac', null, 'K', 'hard-cell'],
    ['thcs', 'cobac', null, 'X', 'same'],
    ['thi', 'mxh', null, 'M', 'loosens'],
    ['thcs', 'trogiup', null, 'X', 'fixed-cell'],
    ['thcs', 'hatang', null, 'K', 'fixed-cell'],
    ['lop-6', 'mxh', null, 'M', 'unknown-profile'],
    ['thcs', 'la-gi', null, 'M', 'unknown-category'],
  ])('%s %s at %s to %s: %s', (profile, category, now, wanted, verdict) => {
    expect(codeOf(judgeCell(standing(now === null ? {} : { [`${profile} ${category}`]: now }), profile, category, wanted))).toBe(verdict);
  });

  it('under an older tier that the school has closed hard can’t be loosened, only closed', () => {
    const closed = standing({ 'thpt mxh': 'X' });
    expect(codeOf(judgeCell(closed, 'thcs', 'mxh', 'M'))).toBe('hard-cell');
    expect(codeOf(judgeCell(closed, 'thcs', 'mxh', 'X'))).toBe('free');
    expect(codeOf(judgeCell(closed, 'giao-vien', 'videochung', 'M'))).toBe('same');
    // a younger one closes nothing above it, and the exam stands beside the tiers
    expect(codeOf(judgeCell(standing({ 'lop-1-3 mxh': 'X' }), 'thcs', 'mxh', 'M'))).toBe('loosens');
    expect(codeOf(judgeCell(closed, 'thi', 'mxh', 'M'))).toBe('loosens');
  });

  it('is never looser than X, whatever lies over it: no cell of any profile', () => {
    let hard = 0;
    for (const profile of PROFILE_TABLE) {
      for (const category of CATEGORIES) {
        const shipped = category.cells[PROFILE_TABLE.indexOf(profile)];
        for (const now of [null, 'X', 'K', 'H', 'M'] as const) {
          for (const wanted of ['K', 'H', 'M'] as const) {
            const at = standing(now === null ? {} : { [`${profile.id} ${category.code}`]: now });
            const refusal = refuseChange({ kind: 'loosen', profile: profile.id, category: category.code, cell: wanted }, at);
            if (shipped !== 'X') continue;
            hard += 1;
            expect(refusal?.code, `${profile.id} ${category.code}`).toBe('hard-cell');
          }
        }
      }
    }
    expect(hard).toBeGreaterThan(500);
  });
});

describe('a level', () => {
  it.each<[now: TlsLevel, wanted: string, verdict: string]>([
    ['name', 'inspect', 'raises'], ['block-page', 'inspect', 'raises'], ['inspect', 'inspect', 'same'],
    ['inspect', 'block-page', 'free'], ['inspect', 'name', 'free'], ['name', 'block-page', 'free'], ['name', 'name', 'same'], ['name', 'decrypt', 'bad-value'],
  ])('%s to %s: %s', (now, wanted, verdict) => {
    expect(codeOf(judgeLevel(standing({}, { thcs: now }), 'thcs', wanted))).toBe(verdict);
  });
  it('of no profile is none', () => expect(codeOf(judgeLevel(standing(), 'lop-6', 'inspect'))).toBe('unknown-profile'));
});

describe('the shape', () => {
  const good: readonly ProposedChange[] = [
    { kind: 'tls-level', profile: 'thcs', level: 'inspect' },
    { kind: 'loosen', profile: 'thcs', category: 'mxh', cell: 'M' },
    { kind: 'ca-export', fingerprint: FINGERPRINT },
  ];
  it('of each kind comes back as it went in, and each has a subject of its own', () => {
    for (const change of good) expect(parseProposedChange(JSON.parse(JSON.stringify(change)))).toEqual(change);
    expect(new Set(good.map(subjectOf)).size).toBe(good.length);
  });
  it.each<[unknown]>([
    [null], ['loosen'], [[]], [{}], [{ kind: 'report' }], [{ kind: 'tls-level', profile: 'thcs' }], [{ kind: 'tls-level', profile: 'thcs', level: 'name' }],
    [{ kind: 'tls-level', profile: 'thcs', level: 'inspect', also: 1 }], [{ kind: 'tls-level', profile: 7, level: 'inspect' }], [{ kind: 'loosen', profile: 'thcs', category: 'mxh', cell: 'Q' }],
    [{ kind: 'loosen', profile: 'thcs', category: 'M X', cell: 'M' }], [{ kind: 'loosen', profile: 'thcs', category: 'mxh', cell: 'M', level: 'inspect' }],
    [{ kind: 'ca-export', fingerprint: FINGERPRINT.toUpperCase() }], [{ kind: 'ca-export', fingerprint: 'ab' }], [{ kind: 'ca-export', fingerprint: FINGERPRINT, key: 'x' }],
  ])('%j is none', (value) => expect(parseProposedChange(value)).toBe(null));
});

describe('approval', () => {
  const loosen: ProposedChange = { kind: 'loosen', profile: 'thcs', category: 'mxh', cell: 'M' };
  const inspect: ProposedChange = { kind: 'tls-level', profile: 'thcs', level: 'inspect' };
  it.each<[what: string, change: ProposedChange, before: Standing, after: Standing, code: string | null]>([
    ['nothing changed', loosen, standing(), standing(), null],
    ['something else changed', loosen, standing(), standing({ 'thcs nhantin': 'X' }, { thcs: 'block-page' }), null],
    ['an older tier was closed hard', loosen, standing(), standing({ 'thpt mxh': 'X' }), 'hard-cell'],
    ['the cell was closed meanwhile', loosen, standing(), standing({ 'thcs mxh': 'X' }), 'stale-proposal'],
    ['the cell was opened meanwhile', loosen, standing(), standing({ 'thcs mxh': 'M' }), 'stale-proposal'],
    ['the cell was opened half-way', loosen, standing(), standing({ 'thcs mxh': 'H' }), 'stale-proposal'],
    ['the level is set already', inspect, standing(), standing({}, { thcs: 'inspect' }), 'stale-proposal'],
    ['the level went up a step', inspect, standing(), standing({}, { thcs: 'block-page' }), 'stale-proposal'],
    ['the profile is gone', inspect, standing(), { ...standing(), matrix: { profiles: [], categories: [] } }, 'unknown-profile'],
    ['the category is gone', loosen, standing(), { ...standing(), matrix: { profiles: PROFILE_TABLE, categories: [] } }, 'unknown-category'],
    ['new rules made the cell hard', loosen, standing(), { ...standing(), matrix: { profiles: PROFILE_TABLE, categories: CATEGORIES.map((c) => (c.code === 'mxh' ? { ...c, cells: c.cells.map(() => 'X' as const) } : c)) } }, 'hard-cell'],
    ['new rules shipped another cell', loosen, standing(), { ...standing(), matrix: { profiles: PROFILE_TABLE, categories: CATEGORIES.map((c) => (c.code === 'mxh' ? { ...c, cells: c.cells.map(() => 'H' as const) } : c)) } }, 'stale-proposal'],
  ])('when %s', (_, change, before, after, code) => {
    const refusal = refuseApproval(change, baseOf(change, before), after);
    expect(refusal?.code ?? null).toBe(code);
    if (refusal !== null) for (const sentence of [refusal.vi, refusal.en]) expect(sentence).toMatch(/^\p{Lu}[^\n]{20,}\.$/u);
  });
});

describe('the difference', () => {
  it('says subject, before, after and effect in both languages', () => {
    for (const change of [{ kind: 'tls-level', profile: 'thcs', level: 'inspect' }, { kind: 'loosen', profile: 'thcs', category: 'mxh', cell: 'M' }, { kind: 'ca-export', fingerprint: FINGERPRINT }] as const) {
      const diff = diffNow(change, standing());
      for (const words of [diff.subject, diff.before, diff.after, diff.effect]) {
        expect(words.vi).toBe(words.vi.normalize('NFC'));
        expect(words.vi.length).toBeGreaterThan(2);
        expect(words.en.length).toBeGreaterThan(2);
        expect(words.vi).not.toBe(words.en);
      }
      expect(diff.before).not.toEqual(diff.after);
    }
  });
  it('keeps the before that was proposed upon, whatever holds by now', () => {
    const loosen: ProposedChange = { kind: 'loosen', profile: 'thcs', category: 'mxh', cell: 'M' };
    const base = baseOf(loosen, standing({ 'thcs mxh': 'X' }));
    expect(diffOf(loosen, standing().matrix, base)).toMatchObject({ before: CELL_WORDS.X, after: CELL_WORDS.M });
    expect(diffOf({ kind: 'tls-level', profile: 'thcs', level: 'inspect' }, standing().matrix, 'block-page').before.vi).toContain('block-page');
  });
});
