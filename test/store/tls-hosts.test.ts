/** Hosts whose clients refuse our certificate, counted and bounded; and the school's own never-decrypt list. */
import { describe, expect, it } from 'vitest';
import { MAX_REJECTED_HOSTS } from '../../src/store/tls-hosts.js';
import { ADMIN, codeOf, MONDAY_8, tempStore } from './fixture.js';

const DAY = 86_400_000;
const exception = (entry: string) => ({ entry, note: null, by: 'co-lan', atMs: MONDAY_8 });

describe('rejections', () => {
  it('are summed by host over days, the most refused first', () => {
    const store = tempStore();
    store.policies.noteTlsRejections([['app.test', 2], ['bank.test', 1]], MONDAY_8);
    store.policies.noteTlsRejections([['app.test', 3]], MONDAY_8 + 3_600_000);
    store.policies.noteTlsRejections([['app.test', 1], ['khac.test', 9]], MONDAY_8 + DAY);
    expect(store.policies.tlsRejections(0)).toEqual([{ host: 'khac.test', n: 9, days: 1 }, { host: 'app.test', n: 6, days: 2 }, { host: 'bank.test', n: 1, days: 1 }]);
    expect(store.policies.tlsRejections(MONDAY_8 + DAY - 8 * 3_600_000)).toEqual([{ host: 'khac.test', n: 9, days: 1 }, { host: 'app.test', n: 1, days: 1 }]);
  });

  it('leave out what is no host and no count', () => {
    const store = tempStore();
    store.policies.noteTlsRejections([['', 1], ['A.test', 1], ['a b', 1], ['x.test/path', 1], ['10.0.0.1', 1], ['a.test', 0], ['b.test', -1], ['c.test', NaN], ['d.test', 1.5]], MONDAY_8);
    store.policies.noteTlsRejections([], MONDAY_8);
    expect(store.policies.tlsRejections(0)).toEqual([]);
  });

  it('hold a thousand hosts a day and no more; those known are counted on', () => {
    const store = tempStore();
    const flood = Array.from({ length: 3_000 }, (_, i): [string, number] => [`h${i}.test`, 1]);
    store.policies.noteTlsRejections(flood, MONDAY_8);
    store.policies.noteTlsRejections([['new.test', 1], ['h0.test', 4]], MONDAY_8);
    expect(store.policies.tlsRejections(0)).toHaveLength(MAX_REJECTED_HOSTS);
    expect(store.policies.tlsRejections(0)[0]).toEqual({ host: 'h0.test', n: 5, days: 1 });
    store.policies.noteTlsRejections([['new.test', 1]], MONDAY_8 + DAY);
    expect(store.policies.tlsRejections(MONDAY_8 + DAY - 8 * 3_600_000)).toHaveLength(1);
  });

  it('go with their time, and bear on nothing', () => {
    const store = tempStore();
    const generation = store.policies.generation();
    for (let day = 0; day < 3; day++) store.policies.noteTlsRejections([[`d${day}.test`, 1]], MONDAY_8 + day * DAY);
    const limits = { eventsBeforeMs: 0, hoursBeforeMs: 0, daysBeforeMs: 0, requestsBeforeMs: 0 };
    store.events.expire(limits);
    expect(store.policies.tlsRejections(0)).toHaveLength(3);
    store.events.expire({ ...limits, rejectionsBeforeMs: MONDAY_8 + DAY - 8 * 3_600_000 });
    expect(store.policies.tlsRejections(0).map(({ host }) => host)).toEqual(['d1.test', 'd2.test']);
    store.events.expire({ ...limits, eventsBeforeMs: MONDAY_8 + 9 * DAY });
    expect(store.policies.tlsRejections(0)).toEqual([]);
    expect([store.policies.generation(), store.audit.verify().records]).toEqual([generation, 0]);
  });
});

describe('exceptions', () => {
  it('are added and removed by a person, each with a record, and never by a count', () => {
    const store = tempStore();
    store.policies.noteTlsRejections([['app.test', 1_000_000]], MONDAY_8);
    expect(store.policies.tlsExceptions()).toEqual([]);
    for (const entry of ['app.test', '=mot.test', '*.duoi.test']) store.policies.addTlsException(exception(entry), ADMIN);
    expect(store.policies.tlsExceptions().map(({ entry }) => entry)).toEqual(['*.duoi.test', '=mot.test', 'app.test']);
    expect(codeOf(() => store.policies.addTlsException(exception('app.test'), ADMIN))).toBe('exception-taken');
    expect([store.policies.removeTlsException('app.test', ADMIN), store.policies.removeTlsException('app.test', ADMIN)]).toEqual([true, false]);
    expect(store.audit.list(9).map(({ action, object }) => `${action} ${object}`)).toEqual(['tls-exception.add app.test', 'tls-exception.add =mot.test', 'tls-exception.add *.duoi.test', 'tls-exception.remove app.test']);
  });

  it.each(['', 'a b', 'App.test', 'app.test/path', '10.0.0.1', '=', '*.'])('refuse %j', (entry) => {
    const store = tempStore();
    expect(codeOf(() => store.policies.addTlsException(exception(entry), ADMIN))).toBe('bad-value');
    expect(store.policies.tlsExceptions()).toEqual([]);
  });
});
