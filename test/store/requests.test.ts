/** Requests to open a page: their states, their counts, and what of them may be kept. */
import { describe, expect, it } from 'vitest';
import { ADMIN, codeOf, MONDAY_8, tempStore, zone } from './fixture.js';

const DAY = 86_400_000;
const request = (ref: string, atMs = MONDAY_8) =>
  ({ ref, zone: 'Phòng máy 1', profile: 'thcs', host: 'example.vn', category: 'mxh', reason: 'bài tập nhóm', atMs });

describe('requests', () => {
  it('come in open and are answered once', () => {
    const store = tempStore();
    const row = store.policies.addRequest(request('LT-1'));
    expect(row).toEqual({ id: row.id, ...request('LT-1'), state: 'open', answeredMs: null, by: null, answer: null });
    const answered = store.policies.answerRequest(row.id, 'approved', 'mở đến hết tiết', MONDAY_8 + 5, ADMIN);
    expect(answered).toEqual({ ...row, state: 'approved', answeredMs: MONDAY_8 + 5, by: 'co-lan', answer: 'mở đến hết tiết' });
    expect(store.policies.requests()).toEqual([answered]);
    expect([store.policies.requests('open'), store.policies.requests('approved')]).toEqual([[], [answered]]);
    expect(codeOf(() => store.policies.answerRequest(row.id, 'rejected', null, MONDAY_8, ADMIN))).toBe('already-answered');
    expect(codeOf(() => store.policies.answerRequest(99, 'rejected', null, MONDAY_8, ADMIN))).toBe('unknown-request');
  });

  it('do not bear on verdicts; the trail knows the reference and the answer, not the host nor the pupil’s words', () => {
    const store = tempStore();
    const generation = store.policies.generation();
    const row = store.policies.addRequest({ ...request('LT-1'), host: 'canary-host.vn', reason: 'canary words' });
    store.policies.answerRequest(row.id, 'rejected', 'canary answer', MONDAY_8, ADMIN);
    expect(store.policies.generation()).toBe(generation);
    const trail = JSON.stringify(store.audit.list(9));
    expect(trail).toContain('LT-1');
    expect(trail).not.toContain('canary');
  });

  it('are counted by the day they came in, and the counts outlive them', () => {
    const store = tempStore();
    const rows = [0, 0, 0, 1, 1].map((day, i) => store.policies.addRequest(request(`LT-${i}`, MONDAY_8 + day * DAY)));
    store.policies.answerRequest(rows[0]?.id ?? 0, 'approved', null, MONDAY_8 + 3 * DAY, ADMIN);
    store.policies.answerRequest(rows[1]?.id ?? 0, 'rejected', null, MONDAY_8, ADMIN);
    store.policies.answerRequest(rows[3]?.id ?? 0, 'expired', null, MONDAY_8 + 2 * DAY, ADMIN);
    const expected = { received: 3, approved: 1, rejected: 1, expired: 0, open: 1 };
    const firstDay = [MONDAY_8 - 8 * 3_600_000, MONDAY_8 + 16 * 3_600_000] as const;
    expect(store.policies.requestCounts(...firstDay)).toEqual(expected);
    expect(store.policies.requestCounts(0, 1e15)).toEqual({ received: 5, approved: 1, rejected: 1, expired: 1, open: 2 });
    store.events.expire({ eventsBeforeMs: 0, hoursBeforeMs: 0, daysBeforeMs: 0, requestsBeforeMs: MONDAY_8 + 9 * DAY });
    expect(store.policies.requests()).toEqual([]);
    expect(store.policies.requestCounts(...firstDay)).toEqual(expected);
    expect(store.policies.requestCounts(0, 1)).toEqual({ received: 0, approved: 0, rejected: 0, expired: 0, open: 0 });
  });

  it('refuse the same reference twice, bad rows, and a flood', () => {
    const store = tempStore();
    store.policies.addRequest(request('LT-1'));
    expect(codeOf(() => store.policies.addRequest(request('LT-1')))).toBe('ref-taken');
    expect(codeOf(() => store.policies.addRequest({ ...request('LT-2'), profile: 'lop-9' }))).toBe('unknown-profile');
    expect(codeOf(() => store.policies.addRequest({ ...request('LT-2'), host: 'a b' }))).toBe('bad-value');
    expect(codeOf(() => store.policies.addRequest({ ...request('LT-2'), reason: 'x'.repeat(2_000) }))).toBe('too-big');
    const flood = codeOf(() => {
      for (let i = 0; i < 3_000; i++) store.policies.addRequest(request(`F-${i}`));
    });
    expect(flood).toBe('too-many');
    expect(store.policies.requests('open')).toHaveLength(2_000);
    expect(store.policies.requestCounts(0, 1e15).received).toBe(2_000);
  });
});

describe('an approval that opens the page', () => {
  const ask = (ref: string, category: string | null = 'mxh') => ({ ref, zone: 'A', profile: 'thcs', host: 'mxh.example', category, reason: null, atMs: MONDAY_8 });
  it('is the answer and the opening, or neither; and can be taken back whole', () => {
    const store = tempStore();
    store.policies.addZone(zone('A'), ADMIN);
    const row = store.policies.addRequest(ask('R1'));
    const grant = { type: 'opening', zone: 'A', entry: 'mxh.example', untilMs: MONDAY_8 + 60_000, reason: 'R1' } as const;
    const before = [store.policies.generation(), store.audit.verify().records];
    expect(codeOf(() => store.policies.approveRequest(row.id, { ...grant, zone: 'C' }, null, MONDAY_8, ADMIN))).toBe('unknown-zone');
    expect(codeOf(() => store.policies.approveRequest(row.id, { ...grant, untilMs: MONDAY_8 }, null, MONDAY_8, ADMIN))).toBe('bad-time');
    expect([store.policies.generation(), store.audit.verify().records]).toEqual(before);
    expect(store.policies.requests('open')).toHaveLength(1);
    const made = store.policies.approveRequest(row.id, grant, 'đến hết tiết', MONDAY_8, ADMIN, 'l-mxh');
    expect(made).toMatchObject({ request: { state: 'approved', answer: 'đến hết tiết' }, opening: { zone: 'A', entry: 'mxh.example' }, rule: null });
    expect(store.policies.openings(MONDAY_8)).toEqual([made.opening]);
    expect(store.policies.requestCauses(MONDAY_8 - 86_400_000, MONDAY_8 + 86_400_000)).toEqual([{ category: 'mxh', list: 'l-mxh', approved: 1, rejected: 0 }]);
    store.policies.undoAnswer(made, MONDAY_8 + 5, ADMIN);
    expect([store.policies.requests('open').length, store.policies.openings(MONDAY_8 + 5), store.policies.requestCauses(0, 9e14)]).toEqual([1, [], []]);
    expect(store.policies.requestCounts(0, 9e14)).toMatchObject({ received: 1, approved: 0, open: 1 });
    expect(codeOf(() => store.policies.undoAnswer(made, MONDAY_8 + 6, ADMIN))).toBe('changed-since');
  });
  it('may be a rule; what was closed in error is counted by category and list', () => {
    const store = tempStore();
    const first = store.policies.addRequest(ask('R1'));
    const made = store.policies.approveRequest(first.id, { type: 'rule', entry: 'mxh.example', profiles: ['thcs'], note: 'R1' }, null, MONDAY_8, ADMIN, 'l-mxh');
    expect(store.policies.rules()).toEqual([made.rule]);
    store.policies.answerRequest(store.policies.addRequest(ask('R2')).id, 'rejected', null, MONDAY_8, ADMIN, 'l-mxh');
    store.policies.answerRequest(store.policies.addRequest(ask('R3', null)).id, 'approved', null, MONDAY_8, ADMIN);
    expect(store.policies.requestCauses(0, 9e14)).toEqual([{ category: null, list: null, approved: 1, rejected: 0 }, { category: 'mxh', list: 'l-mxh', approved: 1, rejected: 1 }]);
    const [rule] = store.policies.rules();
    if (rule === undefined) throw new Error('no rule');
    store.policies.removeRule(rule.id, ADMIN);
    expect(store.policies.restoreRule(rule, ADMIN)).toEqual(rule);
    expect(store.audit.about('school-allow mxh.example', 9).map(({ action }) => action)).toEqual(['rule.restore', 'rule.remove', 'rule.add']);
  });
});
