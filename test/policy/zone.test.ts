import { describe, expect, it } from 'vitest';
import { createZoneFinder, type Client } from '../../src/policy/zone.js';
import { snapshotOf, zone } from './fixture.js';

const find = createZoneFinder(snapshotOf([], {
  zones: [
    zone('ca-truong', 'thcs', { cidrs: ['10.0.0.0/8', 'fd00::/16'] }),
    zone('tang-2', 'thpt', { cidrs: ['10.2.0.0/16'] }),
    zone('phong-may', 'lop-4-5', { cidrs: ['10.2.7.0/24', '10.0.0.0/8'] }),
    zone('may-gv', 'giao-vien', { macs: ['02:00:00:00:00:aa'] }),
    zone('phong-hop', 'giao-vien', { login: { name: 'phong-hop', hash: 'scrypt$x' } }),
    zone('cong-rieng', 'thi', { port: 3200 }),
  ],
}));
const client = (rest: Partial<Client>): Client => ({ address: '10.2.7.9', port: 3128, mac: null, login: null, ...rest });

describe('zone finder', () => {
  it.each([
    ['longest CIDR', client({}), 2],
    ['middle CIDR', client({ address: '10.2.8.9' }), 1],
    ['widest CIDR, of the zone that named it first', client({ address: '10.9.9.9' }), 0],
    ['IPv6', client({ address: 'fd00::1' }), 0],
    ['IPv4 in IPv6, as a dual-stack listener spells it', client({ address: '::ffff:10.2.8.9' }), 1],
    ['MAC over CIDR', client({ mac: '02:00:00:00:00:aa' }), 3],
    ['MAC in capitals', client({ mac: '02:00:00:00:00:AA' }), 3],
    ['login over MAC', client({ mac: '02:00:00:00:00:aa', login: 'phong-hop' }), 4],
    ['port over all', client({ port: 3200, mac: '02:00:00:00:00:aa', login: 'phong-hop' }), 5],
    ['unknown login falls through', client({ login: 'ai-do' }), 2],
    ['unknown address', client({ address: '192.0.2.1' }), -1],
    ['no address at all', client({ address: '' }), -1],
  ])('%s', (_, who, expected) => {
    expect(find(who)).toBe(expected);
  });
});
