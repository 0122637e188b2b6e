import { describe, expect, it } from 'vitest';
import { overlapsOf } from '../../src/policy/zone-overlap.js';
import { createCidrMap, parseCidr } from '../../src/matching/address.js';

const room = (name: string, ...cidrs: string[]) => ({ name, cidrs });

describe('ranges that lie in another room’s', () => {
  it.each([
    ['apart', [room('A', '10.0.1.0/24'), room('B', '10.0.2.0/24')], []],
    ['nested', [room('A', '10.0.0.0/16'), room('B', '10.0.2.0/24')], ['B 10.0.2.0/24 < A 10.0.0.0/16']],
    ['one device of a room', [room('A', '10.0.2.7/32'), room('B', '10.0.2.0/24')], ['A 10.0.2.7/32 < B 10.0.2.0/24']],
    ['three deep: the narrowest that spans it is named', [room('A', '10.0.0.0/8'), room('B', '10.1.0.0/16'), room('C', '10.1.2.0/24')], ['B 10.1.0.0/16 < A 10.0.0.0/8', 'C 10.1.2.0/24 < B 10.1.0.0/16']],
    ['in one room they are nobody’s conflict', [room('A', '10.0.0.0/8', '10.1.0.0/16')], []],
    ['everything spans everything', [room('A', '0.0.0.0/0'), room('B', '192.168.1.0/24')], ['B 192.168.1.0/24 < A 0.0.0.0/0']],
    ['families are apart', [room('A', '::/0'), room('B', '10.0.0.0/8')], []],
    ['IPv6 across the word', [room('A', 'fd00:1::/30'), room('B', 'fd00:1:0:8000::/49'), room('C', 'fd00:8::/33')], ['B fd00:1:0:8000::/49 < A fd00:1::/30']],
  ] as const)('%s', (_what, zones, expected) => {
    expect(overlapsOf(zones).map(({ inner, outer }) => `${inner.zone} ${inner.cidr} < ${outer.zone} ${outer.cidr}`)).toEqual(expected);
  });

  it('says who wins as the gateway decides it', () => {
    const zones = [room('A', '10.0.0.0/16'), room('B', '10.0.2.0/24')];
    const [found] = overlapsOf(zones);
    const map = createCidrMap(zones.flatMap(({ name, cidrs }) => cidrs.map((cidr): [string, string] => [cidr, name])));
    expect(parseCidr('10.0.2.0/24')).not.toBeNull();
    expect(map.get('10.0.2.9')).toBe(found?.inner.zone);
  });
});
