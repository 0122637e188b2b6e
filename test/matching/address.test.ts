/** Addresses and CIDRs: spelling, sets, and what may never be dialled (security.md §2.13). */
import fc from 'fast-check';
import { isIPv4, isIPv6, BlockList } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  createCidrMap, createCidrSet, formatAddress, formatCidr, isAddressLiteral, isPublicUnicast, parseAddress, parseCidr,
} from '../../src/matching/address.js';
import { canonicalHost } from '../../src/matching/hostname.js';

describe('parseAddress', () => {
  it.each([
    ['0.0.0.0', '0.0.0.0'], ['255.255.255.255', '255.255.255.255'], ['10.1.2.3', '10.1.2.3'],
    ['::', '::'], ['::1', '::1'], ['1::', '1::'], ['2001:DB8::A', '2001:db8::a'], ['1:2:3:4:5:6:7:8', '1:2:3:4:5:6:7:8'],
    ['1:0:0:4:0:0:7:8', '1::4:0:0:7:8'], ['1:0:3:4:5:6:7:8', '1:0:3:4:5:6:7:8'], ['0:0:1::', '0:0:1::'],
    ['::ffff:10.0.0.1', '10.0.0.1'], ['::FFFF:a00:1', '10.0.0.1'], ['64:ff9b::1.2.3.4', '64:ff9b::102:304'],
  ])('%s is %s', (text, canonical) => {
    const address = parseAddress(text);
    expect(address).not.toBeNull();
    expect(formatAddress(address!)).toBe(canonical);
    expect(isAddressLiteral(canonical)).toBe(true);
  });

  it.each([
    '', '1.2.3', '1.2.3.4.5', '01.2.3.4', '1.2.3.256', '1.2.3.', '.1.2.3', '0x1.2.3.4', '1.2.3.4 ', '1..2.3', '127.1', '2130706433',
    ':', ':::', '1:::2', '1::2::3', '12345::', 'g::', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', '::1%eth0', '[::1]',
    '1:2:3:4:5:6:7:1.2.3.4', '1.2.3.4::', '::1.2.3', '::1.2.3.4:5', ':1:2:3:4:5:6:7', 'host.test',
  ])('refuses %j', (text) => {
    expect(parseAddress(text)).toBeNull();
    expect(isAddressLiteral(text)).toBe(false);
  });

  it('agrees with Node on what is an address', () => {
    let addresses = 0;
    const bits = fc.array(fc.constantFrom(...'0123456789abcdefABCDEF:.', '::', '255', '256', 'ffff'), { maxLength: 20 });
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), bits.map((parts) => parts.join(''))), (text) => {
      const ours = parseAddress(text);
      expect(ours !== null).toBe(isIPv4(text) || isIPv6(text));
      if (ours === null) return;
      addresses++;
      const canonical = formatAddress(ours);
      expect(parseAddress(canonical)).toEqual(ours);
      if (ours.family === 6) expect(`[${canonical}]`).toBe(new URL(`http://[${text}]/`).hostname);
    }), { numRuns: 10_000, seed: 5 });
    expect(addresses).toBeGreaterThan(3000);
  });
});

describe('CIDRs', () => {
  it.each([
    ['10.1.2.3/8', '10.0.0.0/8'], ['10.1.2.3', '10.1.2.3/32'], ['0.0.0.0/0', '0.0.0.0/0'], ['::/0', '::/0'],
    ['192.168.1.255/25', '192.168.1.128/25'], ['2001:db8:ffff::1/33', '2001:db8:8000::/33'], ['::1', '::1/128'],
    ['::ffff:10.0.0.0/104', '10.0.0.0/8'],
  ])('%s is %s', (text, canonical) => {
    expect(formatCidr(parseCidr(text)!)).toBe(canonical);
    expect(parseCidr(canonical)).toEqual(parseCidr(text));
  });

  it.each(['10.0.0.0/33', '10.0.0.0/', '10.0.0.0/08', '10.0.0.0/-1', '10.0.0.0/8/8', '10.0.0.0/ 8', '::/129', 'a/8', '/8', '', '::ffff:0:0/64'])(
    'refuses %j', (text) => expect(parseCidr(text)).toBeNull(),
  );

  it('longest prefix wins, in either family', () => {
    const map = createCidrMap([
      ['10.0.0.0/8', 'site'], ['10.1.0.0/16', 'building'], ['10.1.2.0/24', 'room'], ['10.1.2.3', 'desk'], ['2001:db8::/32', 'six'],
      ['2001:db8:1::/48', 'six-room'], ['10.1.2.0/24', 'second of equals'],
    ]);
    expect(['10.9.9.9', '10.1.9.9', '10.1.2.9', '10.1.2.3', '11.0.0.1', '2001:db8:2::1', '2001:db8:1::1', '::1', '::ffff:10.1.2.3', 'x', '']
      .map((address) => map.get(address)))
      .toEqual(['site', 'building', 'room', 'desk', undefined, 'six', 'six-room', undefined, 'desk', undefined, undefined]);
    expect(() => createCidrMap([['10.0.0.0/99', 1]])).toThrow(TypeError);
  });

  it('agrees with net.BlockList', () => {
    const cidrs = ['10.0.0.0/7', '172.16.0.0/12', '128.0.0.0/1', '1.2.3.4/32', '2001:db8::/29', 'fe80::/10', '8000::/1'];
    const set = createCidrSet(cidrs);
    const list = new BlockList();
    for (const cidr of cidrs) {
      const [network = '', prefix] = cidr.split('/');
      list.addSubnet(network, Number(prefix), network.includes(':') ? 'ipv6' : 'ipv4');
    }
    let inside = 0;
    fc.assert(fc.property(fc.oneof(fc.ipV4(), fc.ipV6()), (address) => {
      const parsed = parseAddress(address)!;
      const expected = list.check(formatAddress(parsed), parsed.family === 4 ? 'ipv4' : 'ipv6');
      if (expected) inside++;
      expect(set.has(address)).toBe(expected);
    }), { numRuns: 5000, seed: 6 });
    expect(inside).toBeGreaterThan(500);
  });
});

describe('isPublicUnicast', () => {
  it.each([
    '1.1.1.1', '8.8.8.8', '203.162.0.1', '100.63.255.255', '100.128.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.1', '198.17.255.255',
    '198.20.0.0', '223.255.255.255', '192.167.255.255', '169.253.1.1', '11.0.0.0', '2400:cb00::1', '2001:4860:4860::8888',
    '2001:ee0:4161::1', '2606:4700::1111', '::ffff:8.8.8.8', '2001:200::1',
  ])('%s is public', (address) => expect(isPublicUnicast(address)).toBe(true));

  it.each([
    '0.0.0.0', '0.1.2.3', '10.0.0.1', '100.64.0.1', '100.127.255.255', '127.0.0.1', '127.255.255.255', '169.254.169.254', '172.16.0.1',
    '172.31.255.255', '192.0.0.8', '192.0.2.1', '192.88.99.1', '192.168.0.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.1',
    '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '::', '::1', '::7f00:1', '::ffff:127.0.0.1', '::ffff:a9fe:a9fe',
    '::ffff:0:127.0.0.1', '64:ff9b::7f00:1', '64:ff9b::808:808', '64:ff9b:1::1', '100::1', '2001::1', '2001:0:4136:e378::1', '2001:2::1',
    '2001:10::1', '2001:db8::1', '2002:7f00:1::', '2002:808:808::1', '3fff::1', '3fff:fff::1', '4000::1', '5f00::1', 'fc00::1', 'fd12:3456::1',
    'fe80::1', 'febf::1', 'fec0::1', 'ff02::1', 'fe80::1%eth0', '[2400:cb00::1]', 'example.com', '', '1.1.1', '8.8.8.8 ',
  ])('%s is not', (address) => expect(isPublicUnicast(address)).toBe(false));

  it('no spelling of loopback is public once canonical', () => {
    for (const text of [
      '2130706433', '0x7f.1', '0177.0.0.1', '127.1', '0', '①②⑦.⓪.⓪.①', '[::ffff:127.0.0.1]', '[::127.0.0.1]', '[64:ff9b::7f00:1]',
      '2002:7f00:1::', '[2001:0:4136:e378:8000:63bf:80ff:fffe]', '[::1]', '[::]', '127.0.0.1.',
    ]) {
      const host = canonicalHost(text);
      expect(host, text).not.toBeNull();
      expect(isPublicUnicast(host!), text).toBe(false);
    }
  });
});
