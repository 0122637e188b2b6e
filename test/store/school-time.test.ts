/** School time in the store: what goes in comes back, what is wrong is one sentence and changes nothing. */
import { describe, expect, it } from 'vitest';
import type { BellRow, LevelBells } from '../../src/store/school-rows.js';
import type { Store } from '../../src/store/rows.js';
import { ADMIN, codeOf, tempStore, zone } from './fixture.js';

const bell = (session: BellRow['session'], period: number, fromMinute: number, toMinute: number): BellRow => ({ session, period, fromMinute, toMinute });
const MORNING = [bell('sang', 1, 450, 495), bell('sang', 2, 500, 545)];
const thcs = (bells: readonly BellRow[], weekdays: readonly number[] = [1, 2, 3, 4, 5]): Omit<LevelBells, 'own'> => ({ level: 'thcs', weekdays, bells });
const of = (store: Store, level: string): LevelBells | undefined => store.schoolTime.levels().find((row) => row.level === level);

function still(store: Store, call: () => unknown): [number, number] {
  const before = [store.policies.generation(), store.audit.verify().records] as const;
  call();
  return [store.policies.generation() - before[0], store.audit.verify().records - before[1]];
}

describe('bells', () => {
  it('begin as examples for three levels, 35 minutes in primary school and 45 above, none overlapping', () => {
    const levels = tempStore().schoolTime.levels();
    expect(levels.map(({ level, own }) => [level, own])).toEqual([['tieu-hoc', false], ['thcs', false], ['thpt', false]]);
    for (const { level, bells } of levels) {
      for (const [i, one] of bells.entries()) {
        expect(one.toMinute - one.fromMinute).toBe(level === 'tieu-hoc' ? 35 : 45);
        expect(one.fromMinute).toBeGreaterThanOrEqual(bells[i - 1]?.toMinute ?? 0);
      }
    }
  });
  it('are replaced whole, and given back for an undo', () => {
    const store = tempStore();
    const before = of(store, 'thcs');
    expect(still(store, () => expect(store.schoolTime.setBells(thcs(MORNING), ADMIN)).toEqual(before))).toEqual([1, 1]);
    expect(of(store, 'thcs')).toEqual({ ...thcs(MORNING), own: true });
    expect(still(store, () => store.schoolTime.setBells(thcs(MORNING), ADMIN))).toEqual([0, 0]);
    if (before !== undefined) store.schoolTime.setBells(before, ADMIN);
    expect(of(store, 'thcs')?.bells).toEqual(before?.bells);
  });
  it.each<[string, readonly BellRow[], readonly number[], string]>([
    ['an end before the beginning', [bell('sang', 1, 500, 450)], [1], 'bad-time'],
    ['an end at the beginning', [bell('sang', 1, 500, 500)], [1], 'bad-time'],
    ['an end after midnight', [bell('toi', 1, 1_420, 1_450)], [1], 'bad-time'],
    ['half minutes', [bell('sang', 1, 450.5, 500)], [1], 'bad-time'],
    ['an overlap', [...MORNING, bell('sang', 3, 540, 585)], [1], 'bells-overlap'],
    ['an overlap of sessions', [...MORNING, bell('chieu', 1, 520, 560)], [1], 'bells-overlap'],
    ['a wrong order', [bell('sang', 2, 450, 495), bell('sang', 1, 500, 545)], [1], 'bells-overlap'],
    ['a period twice', [bell('sang', 1, 450, 495), bell('sang', 1, 500, 545)], [1], 'bad-value'],
    ['period 13', [bell('sang', 13, 450, 495)], [1], 'bad-value'],
    ['no period', [], [1], 'bad-value'],
    ['no day', MORNING, [], 'bad-day'],
    ['a day 8', MORNING, [1, 8], 'bad-day'],
  ])('refuse %s and change nothing', (_, bells, weekdays, code) => {
    const store = tempStore();
    const before = store.schoolTime.levels();
    expect(still(store, () => expect(codeOf(() => store.schoolTime.setBells(thcs(bells, weekdays), ADMIN))).toBe(code))).toEqual([0, 0]);
    expect(store.schoolTime.levels()).toEqual(before);
  });
  it('carry the timetables that name them', () => {
    const store = tempStore();
    const slot = { weekday: 2, level: 'thcs', session: 'sang', fromPeriod: 1, toPeriod: 5, profile: 'thpt' } as const;
    store.policies.addZone(zone('A', { timetable: [slot] }), ADMIN);
    expect(store.policies.zones()[0]?.timetable).toEqual([slot]);
    expect(codeOf(() => store.policies.setZone('A', { timetable: [{ ...slot, toPeriod: 9 }] }, ADMIN))).toBe('unknown-period');
    expect(codeOf(() => store.policies.setZone('A', { timetable: [{ ...slot, fromPeriod: 3, toPeriod: 2 }] }, ADMIN))).toBe('bad-value');
    expect(codeOf(() => store.policies.addZone(zone('B', { timetable: [{ ...slot, session: 'toi' }] }), ADMIN))).toBe('unknown-period');
    expect(codeOf(() => store.schoolTime.setBells(thcs(MORNING), ADMIN))).toBe('period-in-use');
    expect(store.policies.zones()).toHaveLength(1);
  });
});

describe('days', () => {
  it('holidays and make-up days come, go, and are given back', () => {
    const store = tempStore();
    const tet = { fromDay: '2027-02-05', toDay: '2027-02-14', name: 'Tết Nguyên đán' };
    const saturday = { day: '2027-02-20', follows: 5, name: 'Bù thứ Sáu' };
    expect(still(store, () => store.schoolTime.addHoliday(tet, ADMIN))).toEqual([1, 1]);
    expect(still(store, () => store.schoolTime.addMakeup(saturday, ADMIN))).toEqual([1, 1]);
    expect([store.schoolTime.holidays(), store.schoolTime.makeups()]).toEqual([[tet], [saturday]]);
    expect(store.schoolTime.removeHoliday('2027-02-05', ADMIN)).toEqual(tet);
    expect(store.schoolTime.removeMakeup('2027-02-20', ADMIN)).toEqual(saturday);
    expect(still(store, () => expect([store.schoolTime.removeHoliday('2027-02-05', ADMIN), store.schoolTime.removeMakeup('2027-02-20', ADMIN)]).toEqual([null, null]))).toEqual([0, 0]);
    expect(store.schoolTime.setTerm({ name: 'Học kỳ I', fromDay: '2026-09-05', toDay: '2027-01-17' }, ADMIN)).toBeNull();
    expect(store.schoolTime.removeTerm('Học kỳ I', ADMIN)).toMatchObject({ fromDay: '2026-09-05' });
  });
  it.each<[string, (store: Store) => unknown]>([
    ['a day there is not', (store) => store.schoolTime.addHoliday({ fromDay: '2027-02-30', toDay: '2027-03-01', name: 'x' }, ADMIN)],
    ['a date in another order', (store) => store.schoolTime.addHoliday({ fromDay: '05/02/2027', toDay: '2027-03-01', name: 'x' }, ADMIN)],
    ['an end before the beginning', (store) => store.schoolTime.addHoliday({ fromDay: '2027-03-02', toDay: '2027-03-01', name: 'x' }, ADMIN)],
    ['an overlap', (store) => store.schoolTime.addHoliday({ fromDay: '2027-04-30', toDay: '2027-05-02', name: 'x' }, ADMIN)],
    ['a make-up day on a holiday of its own', (store) => store.schoolTime.addMakeup({ day: '2027-04-30', follows: 1, name: 'x' }, ADMIN)],
    ['weekday 0', (store) => store.schoolTime.addMakeup({ day: '2027-04-24', follows: 0, name: 'x' }, ADMIN)],
    ['a second make-up on a day', (store) => { store.schoolTime.addMakeup({ day: '2027-05-08', follows: 1, name: 'x' }, ADMIN); }],
    ['a term that ends first', (store) => store.schoolTime.setTerm({ name: 'x', fromDay: '2027-05-01', toDay: '2027-04-01' }, ADMIN)],
  ])('refuse %s', (_, call) => {
    const store = tempStore();
    store.schoolTime.addHoliday({ fromDay: '2027-04-30', toDay: '2027-04-30', name: 'Giải phóng miền Nam' }, ADMIN);
    store.schoolTime.addMakeup({ day: '2027-05-08', follows: 5, name: 'bù' }, ADMIN);
    expect(still(store, () => expect(codeOf(() => call(store))).toBe('bad-day'))).toEqual([0, 0]);
  });
  it('an import is all or nothing', () => {
    const store = tempStore();
    const good = { levels: [thcs(MORNING)], holidays: [{ fromDay: '2027-01-01', toDay: '2027-01-01', name: 'Tết Dương lịch' }], makeups: [], terms: [] };
    expect(codeOf(() => store.schoolTime.replace({ ...good, makeups: [{ day: '2027-01-01', follows: 1, name: 'x' }] }, ADMIN))).toBe('bad-day');
    expect(of(store, 'thcs')?.own).toBe(false);
    expect(still(store, () => store.schoolTime.replace(good, ADMIN))).toEqual([1, 1]);
    expect(still(store, () => store.schoolTime.replace(good, ADMIN))).toEqual([0, 0]);
    expect(store.schoolTime.holidays()).toEqual(good.holidays);
  });
});
