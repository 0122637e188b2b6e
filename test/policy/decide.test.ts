import { describe, expect, it } from 'vitest';
import { decide, permit } from '../../src/policy/decide.js';
import { LAYERS, type Decision, type Layer } from '../../src/policy/decision.js';
import type { PolicyData, Snapshot } from '../../src/policy/snapshot.js';
import {
  ALL_BUT_EXAM, CATEGORIES, LIST_A_CATEGORY, MATRIX, PROFILES, examCell, maskOf, policyData, profileNumber, snapshotOf, zone,
  type ListFixture, type ProfileId,
} from './fixture.js';
import { createSnapshot } from '../../src/policy/create-snapshot.js';

const T0 = Date.UTC(2026, 10, 23, 2, 0);
const HOUR = 3_600_000;

/** Judges as one of the fixture's rooms, which stand in the order of the profiles. */
function ask(snapshot: Snapshot, host: string, id: ProfileId, path: string | null = null, nowMs = T0): Decision {
  return decide({ host, zone: profileNumber(id), path, profile: -1 }, snapshot, nowMs);
}
const verdict = (decision: Decision): string => `${decision.action} ${decision.layer} ${decision.reason}`;

describe('the matrix: every category for every profile', () => {
  const snapshot = snapshotOf(LIST_A_CATEGORY);
  for (const [code, row] of Object.entries(MATRIX)) {
    PROFILES.forEach((id, profile) => {
      const cell = id === 'thi' ? examCell(code) : row[profile];
      it(`${code} for ${id} is ${String(cell)}`, () => {
        const decision = ask(snapshot, `www.${code}.test`, id);
        const expected =
          code === 'trogiup' ? 'allow help help-line'
          : code === 'hatang' ? 'allow help infrastructure'
          : cell === 'X' ? `block hard ${code === 'danhmuc' ? 'authority-list' : 'hard-category'}`
          : cell === 'K' ? 'block category category-blocked'
          : cell === 'H' ? 'restrict category category-restricted'
          : 'allow category category-open';
        expect(verdict(decision)).toBe(expected);
        expect(decision.cell).toBe(cell);
        expect(CATEGORIES[decision.category]?.code).toBe(code);
        expect(decision.list).toEqual({ name: `l-${code}`, version: '2026-11-23' });
        expect(decision.rule).toBe(`${code}.test`);
        expect(decision.profile).toBe(profile);
        expect(permit(decision, 443) === null).toBe(decision.action === 'block');
      });
    });
  }
});

describe('precedence: every layer against every later one', () => {
  // A name that scores, so that name-score and base have something to lose by.
  const host = 'kubet88.test';
  type Contribution = { lists?: ListFixture[]; rest?: Partial<PolicyData> };
  const rule = (layer: 'emergency' | 'school-allow' | 'school-block' | 'city-allow' | 'city-block'): Contribution =>
    ({ rest: { rules: [{ layer, entry: host, profileMask: null, note: null }] } });
  const list = (name: Layer, role: ListFixture['role'], category?: string): Contribution =>
    ({ lists: [{ name, entries: [host], ...(role === undefined ? {} : { role }), ...(category === undefined ? {} : { category }) }] });
  const ways: Record<Layer, [string, Contribution][]> = {
    'help': [['infrastructure', list('help', 'category', 'hatang')], ['help-line', list('help', 'category', 'trogiup')]],
    'hard': [['hard-category', list('hard', 'category', 'cobac')], ['authority-list', list('hard', 'category', 'danhmuc')]],
    'emergency': [['emergency-block', list('emergency', 'emergency')], ['emergency-block', rule('emergency')]],
    'lesson': [
      ['internet-paused', { rest: { lessons: [{ zone: 'phong-thpt', profile: profileNumber('thpt'), fromMs: T0 - HOUR / 2, untilMs: T0 + HOUR, kind: 'pause' }] } }],
      ['lesson-list', { rest: { lessons: [{ zone: 'phong-thpt', profile: profileNumber('thpt'), fromMs: T0 - HOUR / 2, untilMs: T0 + HOUR, kind: 'focus', entries: [host] }] } }],
      ['lesson-focus', { rest: { lessons: [{ zone: 'phong-thpt', profile: profileNumber('thpt'), fromMs: T0 - HOUR / 2, untilMs: T0 + HOUR, kind: 'focus', entries: ['bai.test'] }] } }],
    ],
    'opening': [['teacher-opening', { rest: { openings: [{ zone: 'phong-thpt', entry: host, fromMs: T0 - HOUR, untilMs: T0 + HOUR }] } }]],
    'school-allow': [['school-allow', list('school-allow', 'school-allow')], ['school-allow', rule('school-allow')]],
    'school-block': [['school-block', list('school-block', 'school-block')], ['school-block', rule('school-block')]],
    'city-allow': [['city-allow', list('city-allow', 'city-allow')], ['city-allow', rule('city-allow')]],
    'city-block': [['city-block', list('city-block', 'city-block')], ['city-block', rule('city-block')]],
    'category': [['category-blocked', list('category', 'category', 'mxh')], ['category-open', list('category', 'category', 'hoclieu')]],
    'name-score': [['suspicious-name', {}]],
    'base': [],
  };
  const merge = (a: Contribution, b: Contribution): Snapshot => snapshotOf(
    [...(b.lists ?? []), ...(a.lists ?? [])],
    {
      rules: [...(b.rest?.rules ?? []), ...(a.rest?.rules ?? [])],
      openings: [...(b.rest?.openings ?? []), ...(a.rest?.openings ?? [])],
      lessons: [...(b.rest?.lessons ?? []), ...(a.rest?.lessons ?? [])],
    },
  );
  LAYERS.forEach((layer, position) => {
    for (const [reason, contribution] of ways[layer]) {
      it(`${layer} (${reason}) speaks when alone`, () => {
        const decision = ask(merge(contribution, {}), host, 'thpt');
        expect([decision.layer, decision.reason]).toEqual([layer, reason]);
      });
      for (const later of LAYERS.slice(position + 1)) {
        for (const [loser, other] of ways[later]) {
          it(`${layer} (${reason}) before ${later} (${loser})`, () => {
            const decision = ask(merge(contribution, other), host, 'thpt');
            expect([decision.layer, decision.reason]).toEqual([layer, reason]);
          });
        }
      }
    }
  });
  it('base speaks when nothing else does', () => {
    expect(verdict(ask(snapshotOf([]), 'binhthuong.test', 'thpt'))).toBe('restrict base uncategorised-restricted');
  });
  it('names the rule or list and its version', () => {
    expect(ask(merge(ways['school-block'][1]?.[1] ?? {}, {}), `a.${host}`, 'thpt')).toMatchObject({ rule: host, list: null });
    expect(ask(merge(ways['school-block'][0]?.[1] ?? {}, {}), `a.${host}`, 'thpt')).toMatchObject({ rule: host, list: { name: 'school-block', version: '2026-11-23' } });
  });
});

describe('inside a layer', () => {
  it('the longest host wins, exact over suffix over wildcard', () => {
    const lists: ListFixture[] = [
      { name: 'wild', category: 'mxh', entries: ['*.a.test'] },
      { name: 'suffix', category: 'game12', entries: ['a.test', 'b.a.test'] },
      { name: 'exact', category: 'hoclieu', entries: ['=b.a.test'] },
    ];
    const snapshot = snapshotOf(lists);
    expect(ask(snapshot, 'a.test', 'thcs')).toMatchObject({ list: { name: 'suffix' }, rule: 'a.test' });
    expect(ask(snapshot, 'x.a.test', 'thcs')).toMatchObject({ list: { name: 'suffix' }, rule: 'a.test' });
    expect(ask(snapshot, 'b.a.test', 'thcs')).toMatchObject({ list: { name: 'exact' }, rule: '=b.a.test', action: 'allow' });
    expect(ask(snapshot, 'c.b.a.test', 'thcs')).toMatchObject({ list: { name: 'suffix' }, rule: 'b.a.test', action: 'block' });
    const wildOnly = snapshotOf([lists[0] as ListFixture]);
    expect(verdict(ask(wildOnly, 'a.test', 'thcs'))).toBe('block base uncategorised-blocked');
    expect(ask(wildOnly, 'x.a.test', 'thcs')).toMatchObject({ rule: '*.a.test', layer: 'category' });
  });
  it('a label border is a border: notblocked.test is not blocked.test', () => {
    const snapshot = snapshotOf([{ name: 'l', category: 'cobac', entries: ['blocked.test'] }]);
    expect(ask(snapshot, 'notblocked.test', 'giao-vien').action).toBe('allow');
    expect(ask(snapshot, 'www.blocked.test', 'giao-vien').action).toBe('block');
    expect(ask(snapshot, 'blocked.test.cdn.test', 'giao-vien').action).toBe('allow');
  });
  it('at a tie of categories the stricter cell, whichever list comes first', () => {
    const a: ListFixture = { name: 'open', category: 'hoclieu', entries: ['t.test'] };
    const b: ListFixture = { name: 'closed', category: 'muasam', entries: ['t.test'] };
    for (const lists of [[a, b], [b, a]]) expect(ask(snapshotOf(lists), 't.test', 'thcs')).toMatchObject({ list: { name: 'closed' } });
  });
  it('a longer rule of the same layer wins, and rules beat lists at equal length', () => {
    const snapshot = snapshotOf([{ name: 'l', role: 'school-block', entries: ['r.test'] }], {
      rules: [
        { layer: 'school-block', entry: 'r.test', profileMask: null, note: null },
        { layer: 'school-block', entry: '*.r.test', profileMask: null, note: null },
        { layer: 'school-block', entry: '=a.r.test', profileMask: null, note: null },
      ],
    });
    expect(ask(snapshot, 'r.test', 'giao-vien')).toMatchObject({ rule: 'r.test', list: null });
    expect(ask(snapshot, 'b.r.test', 'giao-vien')).toMatchObject({ rule: 'r.test', list: null });
    expect(ask(snapshot, 'a.r.test', 'giao-vien')).toMatchObject({ rule: '=a.r.test', list: null });
  });
  it('any X claim closes, even under a longer open one', () => {
    const snapshot = snapshotOf([
      { name: 'x', category: 'cobac', entries: ['p.test'] },
      { name: 'm', category: 'hoclieu', entries: ['=a.p.test'] },
    ]);
    expect(ask(snapshot, 'a.p.test', 'giao-vien')).toMatchObject({ layer: 'hard', list: { name: 'x' } });
  });
});

describe('masks', () => {
  it('a list or rule speaks only to its profiles', () => {
    const snapshot = snapshotOf([{ name: 'hl', category: 'hoclieu', mask: maskOf('thcs', 'thpt', 'giao-vien'), entries: ['hl.test'] }], {
      rules: [{ layer: 'school-allow', entry: 'one.test', profileMask: maskOf('lop-1-3'), note: null }],
    });
    expect(ask(snapshot, 'hl.test', 'thcs').reason).toBe('category-open');
    expect(ask(snapshot, 'hl.test', 'lop-4-5').reason).toBe('uncategorised-blocked');
    expect(ask(snapshot, 'one.test', 'lop-1-3').reason).toBe('school-allow');
    expect(ask(snapshot, 'one.test', 'lop-4-5').reason).toBe('uncategorised-blocked');
  });
  it('a rule for all speaks to all but the exam', () => {
    const snapshot = snapshotOf([], { rules: [{ layer: 'school-allow', entry: 'r.test', profileMask: null, note: null }] });
    for (const id of PROFILES) expect(ask(snapshot, 'r.test', id).reason).toBe(id === 'thi' ? 'exam-only' : 'school-allow');
  });
  it('help and infrastructure speak to every profile whatever their mask says', () => {
    const snapshot = snapshotOf([{ name: 'h', category: 'trogiup', mask: 0, entries: ['111.test'] }]);
    for (const id of PROFILES) expect(ask(snapshot, '111.test', id).reason).toBe('help-line');
  });
});

describe('shields', () => {
  const shield: ListFixture = { name: 'kho', category: 'hoclieu', shield: true, mask: maskOf('thcs', 'thpt', 'giao-vien'), entries: ['truong.edu.test', '=cdn.hoc.test'] };
  const poisoned = (...entries: string[]): Snapshot => snapshotOf([{ name: 'poison', category: 'cobac', entries }, shield]);

  it('void a parent or equal entry of another category list', () => {
    for (const entry of ['edu.test', 'truong.edu.test', '=truong.edu.test', '*.edu.test']) {
      expect(ask(poisoned(entry), 'truong.edu.test', 'thcs')).toMatchObject({ reason: 'category-open', list: { name: 'kho' } });
    }
    expect(ask(poisoned('truong.edu.test'), 'www.truong.edu.test', 'thcs').action).toBe('allow');
    expect(ask(poisoned('hoc.test'), 'cdn.hoc.test', 'thcs').action).toBe('allow');
  });
  it('do not cover what a longer entry names, nor siblings', () => {
    expect(ask(poisoned('xau.truong.edu.test'), 'a.xau.truong.edu.test', 'thcs').reason).toBe('hard-category');
    expect(ask(poisoned('hoc.test'), 'www.hoc.test', 'thcs').reason).toBe('hard-category');
    expect(ask(poisoned('hoc.test'), 'a.cdn.hoc.test', 'thcs').reason).toBe('hard-category');
  });
  it('count only for the profiles they speak to', () => {
    expect(ask(poisoned('edu.test'), 'truong.edu.test', 'lop-4-5').reason).toBe('hard-category');
  });
  it('of help lists count for everyone', () => {
    const snapshot = snapshotOf([{ name: 'x', category: 'danhmuc', entries: ['vn.test'] }, { name: 'h', category: 'hatang', shield: true, mask: 0, entries: ['ocsp.vn.test'] }]);
    for (const id of PROFILES) expect(ask(snapshot, 'ocsp.vn.test', id).reason).toBe('infrastructure');
  });
  it('do not void rules made by people', () => {
    for (const layer of ['emergency', 'school-block', 'city-block'] as const) {
      const snapshot = createSnapshot(policyData([shield], { rules: [{ layer, entry: 'edu.test', profileMask: null, note: null }] }));
      expect(ask(snapshot, 'truong.edu.test', 'thcs').layer).toBe(layer);
      const byList = snapshotOf([shield, { name: 'l', role: layer, entries: ['edu.test'] }]);
      expect(ask(byList, 'truong.edu.test', 'thcs').layer).toBe(layer);
    }
  });
});

describe('the base and the name scorer', () => {
  const snapshot = snapshotOf([]);
  it.each([
    ['lop-1-3', 'block base uncategorised-blocked'], ['lop-4-5', 'block base uncategorised-blocked'],
    ['thcs', 'block base uncategorised-blocked'], ['thpt', 'restrict base uncategorised-restricted'],
    ['giao-vien', 'allow base uncategorised-open'], ['thi', 'block base exam-only'],
  ] as const)('%s: %s', (id, expected) => {
    expect(verdict(ask(snapshot, 'chua-ai-biet.test', id))).toBe(expected);
  });
  it.each([
    ['lop-1-3', 'block base uncategorised-blocked'], ['thpt', 'block base uncategorised-blocked'],
    ['giao-vien', 'allow base uncategorised-open'], ['thi', 'block base exam-only'],
  ] as const)('an unlisted address is no page for pupils, %s: %s', (id, expected) => {
    expect(verdict(ask(snapshot, '93.184.216.34', id))).toBe(expected);
    expect(verdict(ask(snapshot, '2606:2800:21f:cb07:6820:80da:af6b:8b2c', id))).toBe(expected);
  });
  it('an address that a rule, a list or an opening names is what they say', () => {
    const named = snapshotOf([{ name: 'm', category: 'hoclieu', entries: ['93.184.216.34'] }], {
      openings: [{ zone: 'phong-thpt', entry: '93.184.216.35', fromMs: 0, untilMs: T0 + 1_000 }],
    });
    expect(ask(named, '93.184.216.34', 'thpt').reason).toBe('category-open');
    expect(ask(named, '93.184.216.35', 'thpt').reason).toBe('teacher-opening');
  });
  it('a question to a name server inside HTTP is closed where ways round the filter are, and help stays help', () => {
    const lists = [{ name: 'm', category: 'hoclieu', entries: ['hoc.test'] }, { name: 'g', category: 'trogiup', entries: ['giup.test'] }];
    const asks = (host: string, id: ProfileId): Decision => decide({ host, zone: profileNumber(id), path: '/dns-query', profile: -1, nameQuery: true }, snapshotOf(lists), T0);
    for (const id of ['lop-1-3', 'lop-4-5', 'thcs', 'thpt'] as const) {
      const decision = asks('hoc.test', id);
      expect(verdict(decision)).toBe('block hard hard-category');
      expect(CATEGORIES[decision.category]?.code).toBe('vpn');
      expect(asks('giup.test', id).reason).toBe('help-line');
    }
    expect(asks('hoc.test', 'giao-vien').reason).toBe('category-open');
  });
  it('a suspicious name is a K for pupils, never for teachers, and never X', () => {
    const decision = ask(snapshot, 'www.kubet88.test', 'thpt');
    expect(decision).toMatchObject({ action: 'block', layer: 'name-score', reason: 'suspicious-name', cell: 'K', list: null });
    expect(CATEGORIES[decision.category]?.code).toBe('cobac');
    expect(ask(snapshot, 'www.kubet88.test', 'giao-vien').reason).toBe('uncategorised-open');
    expect(ask(snapshot, 'www.kubet88.test', 'thcs').reason).toBe('uncategorised-blocked');
  });
  it('scores pupils whose unlisted names the school has opened', () => {
    const open = snapshotOf([], { categories: CATEGORIES.map((c) => (c.code === 'chuaphanloai' ? { ...c, cells: ['K', 'K', 'K', 'M', 'M', 'K'] } : c)) });
    expect(ask(open, 'kubet88.test', 'thpt').reason).toBe('suspicious-name');
    expect(ask(open, 'binhthuong.test', 'thpt').reason).toBe('uncategorised-open');
  });
  it('an unknown device gets the strictest profile', () => {
    const decision = decide({ host: 'baochi.test', zone: -1, path: null, profile: -1 }, snapshotOf(LIST_A_CATEGORY), T0);
    expect(decision.profile).toBe(0);
    expect(decision.reason).toBe('category-blocked');
    expect(decision.validUntilMs).toBe(Infinity);
  });
  it('address literals match exactly, without walking to their last number', () => {
    const doh = snapshotOf([{ name: 'doh', category: 'vpn', entries: ['8.8.8.8', '2001:4860:4860::8888', '8.8'] }]);
    expect(ask(doh, '8.8.8.8', 'thpt').reason).toBe('hard-category');
    expect(ask(doh, '2001:4860:4860::8888', 'thpt').reason).toBe('hard-category');
    expect(ask(doh, '1.8.8.8', 'giao-vien').reason).toBe('uncategorised-open');
  });
});

describe('paths', () => {
  const snapshot = snapshotOf([
    { name: 'p', category: 'gianlan', entries: ['olm.test/chu-de/gian-lan'] },
    { name: 'h', category: 'hoclieu', shield: true, mask: ALL_BUT_EXAM, entries: ['olm.test'] },
  ], { rules: [{ layer: 'school-block', entry: 'bao.test/the-thao', profileMask: null, note: null }] });
  it('count only where the path is seen, and say that it matters', () => {
    expect(ask(snapshot, 'olm.test', 'thcs')).toMatchObject({ reason: 'category-open', byPath: true });
    expect(ask(snapshot, 'olm.test', 'thcs', '/chu-de/khac')).toMatchObject({ reason: 'category-open', byPath: true });
    expect(ask(snapshot, 'olm.test', 'thcs', '/chu-de/gian-lan/1')).toMatchObject({ reason: 'hard-category', byPath: true, rule: 'olm.test/chu-de/gian-lan' });
    expect(ask(snapshot, 'www.olm.test', 'thcs', '/chu-de/gian-lan/1')).toMatchObject({ reason: 'category-open', byPath: false });
    expect(ask(snapshot, 'olm.test', 'thcs', '/chu-de/gian-lan2').reason).toBe('category-open');
  });
  it('are spelled in one way before they are compared', () => {
    for (const path of ['/chu-de//gian-lan', '/x/../chu-de/gian-lan', '/chu-de/%67ian-lan/', '/CHU-DE/gian-lan', '/chu-de/gian-lan;a=1/b']) {
      expect(ask(snapshot, 'olm.test', 'thcs', path).reason).toBe('hard-category');
    }
  });
  it('of rules work alike', () => {
    expect(ask(snapshot, 'bao.test', 'giao-vien')).toMatchObject({ action: 'allow', byPath: true });
    expect(ask(snapshot, 'bao.test', 'giao-vien', '/the-thao/bong-da')).toMatchObject({ reason: 'school-block', rule: 'bao.test/the-thao' });
    expect(ask(snapshot, 'bao.test', 'giao-vien', '/the-thaox')).toMatchObject({ action: 'allow' });
  });
});

describe('SafeSearch', () => {
  const safeSearch: PolicyData['safeSearch'] = [
    { entries: ['=www.google.test', '=google.test'], category: 'timkiem', dialStrict: 'forcesafesearch.google.test', dialModerate: 'forcesafesearch.google.test' },
    { entries: ['=www.youtube.test', '=m.youtube.test'], category: 'videochung', dialStrict: 'restrict.youtube.test', dialModerate: 'restrictmoderate.youtube.test' },
  ];
  const lists: ListFixture[] = [{ name: 's', category: 'timkiem', entries: ['google.test'] }, { name: 'v', category: 'videochung', entries: ['youtube.test'] }];
  const snapshot = snapshotOf(lists, { safeSearch });
  it('dials the twin by profile and keeps the name', () => {
    expect(ask(snapshot, 'www.youtube.test', 'thcs')).toMatchObject({ action: 'restrict', dialHost: 'restrict.youtube.test', host: 'www.youtube.test' });
    expect(ask(snapshot, 'www.youtube.test', 'thpt')).toMatchObject({ action: 'restrict', dialHost: 'restrictmoderate.youtube.test' });
    expect(ask(snapshot, 'www.google.test', 'thcs').dialHost).toBe('forcesafesearch.google.test');
    expect(ask(snapshot, 'maps.google.test', 'thcs')).toMatchObject({ action: 'restrict', dialHost: null });
    expect(permit(ask(snapshot, 'www.youtube.test', 'thcs'), 443)).toEqual({ host: 'www.youtube.test', dialHost: 'restrict.youtube.test', port: 443 });
  });
  it('is off for teachers and for what is blocked', () => {
    expect(ask(snapshot, 'www.youtube.test', 'giao-vien')).toMatchObject({ action: 'allow', dialHost: null });
    expect(ask(snapshot, 'www.google.test', 'lop-1-3')).toMatchObject({ action: 'block', dialHost: null });
  });
  it('stays on under a rule, an opening or an infrastructure entry that lets pupils through', () => {
    const opened = snapshotOf([...lists, { name: 'i', category: 'hatang', entries: ['m.youtube.test'] }], {
      safeSearch,
      rules: [{ layer: 'school-allow', entry: 'youtube.test', profileMask: null, note: null }],
      openings: [{ zone: 'phong-lop-1-3', entry: 'google.test', fromMs: T0 - 1, untilMs: T0 + 1 }],
    });
    expect(ask(opened, 'www.youtube.test', 'thcs')).toMatchObject({ reason: 'school-allow', dialHost: 'restrict.youtube.test' });
    expect(ask(opened, 'm.youtube.test', 'thcs')).toMatchObject({ reason: 'infrastructure', dialHost: 'restrict.youtube.test' });
    expect(ask(opened, 'www.google.test', 'lop-1-3')).toMatchObject({ reason: 'teacher-opening', dialHost: 'forcesafesearch.google.test' });
    expect(ask(opened, 'www.youtube.test', 'giao-vien')).toMatchObject({ reason: 'school-allow', dialHost: null });
  });
});

describe('openings name what they open', () => {
  it('keeps the category, so that what may be remembered of a visit does not change with who opened it', () => {
    const snapshot = snapshotOf(LIST_A_CATEGORY, {
      zones: [zone('r', 'thcs')],
      openings: [{ zone: 'r', entry: 'mxh.test', fromMs: T0, untilMs: T0 + HOUR }],
      rules: [{ layer: 'school-allow', entry: 'nhantin.test', profileMask: null, note: null }],
    });
    const opened = decide({ host: 'mxh.test', zone: 0, path: null, profile: -1 }, snapshot, T0);
    expect(opened).toMatchObject({ reason: 'teacher-opening', cell: 'K', rule: 'mxh.test', validUntilMs: T0 + HOUR });
    expect(CATEGORIES[opened.category]?.code).toBe('mxh');
    const allowed = decide({ host: 'nhantin.test', zone: 0, path: null, profile: -1 }, snapshot, T0);
    expect(allowed).toMatchObject({ reason: 'school-allow', cell: null });
    expect(CATEGORIES[allowed.category]?.code).toBe('nhantin');
  });
});
