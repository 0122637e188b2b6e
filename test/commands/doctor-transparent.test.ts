import { describe, expect, it } from 'vitest';
import { transparentFindings, type TransparentFacts } from '../../src/commands/doctor-transparent.js';

const good: TransparentFacts = { wanted: true, port: 'handed-over', route4: true, route6: true, table: true };
const said = (facts: Partial<TransparentFacts>): string[] => transparentFindings({ ...good, ...facts }).map(({ check, status }) => `${check} ${status}`);

describe('doctor, transparent mode', () => {
  it('says nothing where nobody asked for it', () => {
    expect(said({ wanted: false, port: 'own', route4: false, route6: false, table: false })).toEqual([]);
    expect(said({ wanted: false, port: null, route4: null, route6: null, table: null })).toEqual([]);
  });
  it.each([
    ['all of it', {}, []],
    ['no socket', { port: 'own' }, ['transparent-socket fail']],
    ['switched off in the configuration', { port: 'off' }, ['transparent-socket fail']],
    ['no route', { route4: false }, ['transparent-route fail']],
    ['no IPv6 route', { route6: false }, ['transparent-route fail']],
    ['no table', { table: false }, ['transparent-rules fail']],
    ['not root', { table: null }, ['transparent-rules warn']],
    ['no ip program', { route4: null }, ['transparent-route warn']],
    ['a kernel without IPv6', { route6: null }, []],
    ['the rules alone, left over', { wanted: false, port: 'own' }, ['transparent-socket fail']],
    ['the socket alone', { wanted: false, route4: false, route6: false, table: null }, ['transparent-route fail', 'transparent-rules warn']],
  ] as const)('%s', (_what, facts, faults) => expect(said(facts).filter((line) => !line.endsWith(' ok'))).toEqual(faults));
  it('a stopped gateway is another finding’s', () => expect(said({ port: null })).toEqual(['transparent-route ok', 'transparent-rules ok']));
  it('every fault has a remedy in both languages', () => {
    for (const facts of [{ port: 'own' }, { route4: false }, { table: false }, { table: null }, { route4: null }] as const) {
      const faults = transparentFindings({ ...good, ...facts }).filter(({ status }) => status !== 'ok');
      expect(faults.length).toBeGreaterThan(0);
      for (const { remedyVi = '', remedyEn = '' } of faults) expect([remedyVi, remedyEn].every((text) => /^(?:Chạy|Run): /.test(text))).toBe(true);
    }
  });
});
