/** The kernel's neighbour tables as text. */
import { describe, expect, it } from 'vitest';
import { parseArp, parseIpNeigh, sameNeighbours } from '../src/neighbours.js';

describe('neighbours', () => {
  it('reads complete rows of /proc/net/arp', () => {
    const table = [
      'IP address       HW type     Flags       HW address            Mask     Device',
      '192.168.1.20     0x1         0x2         3C:52:82:11:22:33     *        eth0',
      '192.168.1.21     0x1         0x0         00:00:00:00:00:00     *        eth0',
      '192.168.1.22     0x1         0x2         00:00:00:00:00:00     *        eth0',
      'no row at all',
      '',
    ].join('\n');
    expect([...parseArp(table)]).toEqual([['192.168.1.20', '3c:52:82:11:22:33']]);
    expect(parseArp('').size).toBe(0);
  });

  it('reads rows of ip -6 neigh, whatever their state but a failed one', () => {
    const table = [
      'fe80::1 dev eth0 lladdr 3C:52:82:11:22:33 router REACHABLE',
      '2001:DB8::7 dev eth0 lladdr 3c:52:82:11:22:44 STALE',
      '2001:db8::8 dev eth0 lladdr 3c:52:82:11:22:55 FAILED',
      '2001:db8::9 dev eth0 INCOMPLETE',
      '',
    ].join('\n');
    expect([...parseIpNeigh(table)]).toEqual([['fe80::1', '3c:52:82:11:22:33'], ['2001:db8::7', '3c:52:82:11:22:44']]);
  });

  it('tells a table that says the same from one that does not', () => {
    const one = new Map([['10.0.0.1', 'aa:aa:aa:aa:aa:01'], ['10.0.0.2', 'aa:aa:aa:aa:aa:02']]);
    expect(sameNeighbours(one, new Map([...one].reverse()))).toBe(true);
    expect(sameNeighbours(one, new Map([['10.0.0.1', 'aa:aa:aa:aa:aa:01']]))).toBe(false);
    expect(sameNeighbours(one, new Map([['10.0.0.1', 'aa:aa:aa:aa:aa:01'], ['10.0.0.2', 'aa:aa:aa:aa:aa:03']]))).toBe(false);
    expect(sameNeighbours(one, new Map([['10.0.0.1', 'aa:aa:aa:aa:aa:01'], ['10.0.0.3', 'aa:aa:aa:aa:aa:02']]))).toBe(false);
  });
});
