/** Revocation lists of CAs, good and bad, as the publisher of the channel reads them. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { derOf, readCrl, readIssuers, type Crl } from '../../src/tls/crl.js';
import { toLink, type Link } from '../../src/tls/upstream-path.js';
import { der, extension, keyHash, makeCrl, makeX509, sequence, testKey, type Made } from '../support/x509.js';

const NOW = Date.now();
const DAY = 86_400_000;
const ca = makeX509({ subject: 'CA', ca: true }, null);
const link = (made: Made): Link => toLink(made.raw) as Link;
const read = (raw: Buffer, issuers: readonly Made[] = [ca]): Crl => readCrl(raw, issuers.map(link), 'x.crl', NOW);
const IDP = '551d1c';

describe('a CRL', () => {
  it('gives its serials as certificates have them, and the hash of the issuer’s key', () => {
    const crl = read(makeCrl(ca, { serials: ['01', '00ff', '7b0c'] }));
    expect(crl).toMatchObject({ serials: ['01', 'ff', '7b0c'], issuerKey: keyHash(ca.key), stale: false });
    expect(read(makeCrl(ca, { serials: [] })).serials).toEqual([]);
    expect(read(makeCrl(ca, { serials: ['05'], toMs: NOW - DAY })).stale).toBe(true);
    expect(read(makeCrl(ca, { serials: ['05'], toMs: null })).stale).toBe(false);
    // where the list is found, as public CAs write it
    const point = extension(IDP, true, sequence(der(0xa0, der(0xa0, der(0x86, Buffer.from('http://crl.example/1.crl')))), der(0x81, Buffer.from([0xff]))));
    expect(read(makeCrl(ca, { serials: ['05'], extensions: [point] })).serials).toEqual(['05']);
  });

  it('is OpenSSL’s idea of one too', () => {
    const dir = mkdtempSync(join(tmpdir(), 'luytre-crl-'));
    writeFileSync(join(dir, 'l.crl'), makeCrl(ca, { serials: ['01', '7b0c'] }));
    writeFileSync(join(dir, 'ca.pem'), ca.pem);
    const text = execFileSync('openssl', ['crl', '-inform', 'DER', '-in', join(dir, 'l.crl'), '-CAfile', join(dir, 'ca.pem'), '-noout', '-text'], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
    expect(text).toMatch(/Serial Number: 01[\s\S]*Serial Number: 7B0C/);
    rmSync(dir, { recursive: true });
  });

  it.each([
    ['RSA and SHA-512', makeX509({ subject: 'R', ca: true, key: testKey('rsa2048', 'crl') }, null), 'sha512'],
    ['P-384', makeX509({ subject: 'P', ca: true, key: testKey('P-384', 'crl') }, null), 'sha384'],
    ['Ed25519', makeX509({ subject: 'E', ca: true, key: testKey('ed25519', 'crl') }, null), 'sha256'],
  ] as const)('is read with %s', (_, issuer, digest) => {
    expect(read(makeCrl(issuer, { serials: ['05'], digest }), [ca, issuer]).issuerKey).toBe(keyHash(issuer.key));
  });

  it.each([
    ['of an issuer that was not given', makeCrl(makeX509({ subject: 'Khác', ca: true }, null), { serials: ['05'] }), /không có chứng chỉ của nơi cấp/],
    ['signed by another', makeCrl(ca, { serials: ['05'], signer: makeX509({ subject: 'CA', ca: true }, null) }), /chữ ký không phải/],
    ['with SHA-1', makeCrl(ca, { serials: ['05'], digest: 'sha1' }), /thuật toán/],
    ['of tomorrow', makeCrl(ca, { serials: ['05'], fromMs: NOW + 3 * DAY }), /tương lai/],
    ['a delta', makeCrl(ca, { serials: ['05'], extensions: [extension('551d1b', true, der(0x02, Buffer.from([1])))] }), /chênh lệch/],
    ['indirect', makeCrl(ca, { serials: ['05'], extensions: [extension(IDP, true, sequence(der(0x84, Buffer.from([0xff]))))] }), /gián tiếp/],
    ['with entries of other issuers', makeCrl(ca, { serials: ['05'], entryExtensions: [extension('551d1d', true, sequence())] }), /nguyên vẹn/],
    ['cut short', makeCrl(ca, { serials: ['05'] }).subarray(0, 60), /nguyên vẹn/],
    ['a certificate', ca.raw, /nguyên vẹn|nơi cấp/],
    ['nothing', Buffer.alloc(0), /nguyên vẹn/],
  ])('%s is refused', (_, raw, words) => {
    try {
      read(raw);
      expect.unreachable();
    } catch (error) {
      expect((error as { vi: string }).vi).toMatch(words);
      expect((error as { vi: string }).vi).toMatch(/^x\.crl: .*\.$/);
    }
  });

  it('signed by a certificate that may not is refused', () => {
    const mayNot = makeX509({ subject: 'CA', ca: true, key: ca.key, usage: 0x04 }, null);
    expect(() => read(makeCrl(ca, { serials: ['05'] }), [mayNot])).toThrow(/not signed/);
    const leaf = makeX509({ subject: 'CA', key: ca.key }, null);
    expect(() => read(makeCrl(ca, { serials: ['05'] }), [leaf])).toThrow(/not signed/);
  });

  it('comes as PEM too; bytes of any kind are a sentence, never anything else', () => {
    const raw = makeCrl(ca, { serials: ['05'] });
    const pem = Buffer.from(`-----BEGIN X509 CRL-----\n${raw.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END X509 CRL-----\n`);
    expect(derOf(Buffer.concat([Buffer.from(ca.pem), pem]), 'X509 CRL').map((each) => read(each).serials)).toEqual([['05']]);
    expect(readIssuers(Buffer.from(ca.pem), 'ca.pem')).toHaveLength(1);
    expect(readIssuers(ca.raw, 'ca.der')).toHaveLength(1);
    expect(() => readIssuers(Buffer.from('xin chào'), 'ca.pem')).toThrow(/not a whole/);
    let met = 0;
    fc.assert(fc.property(fc.nat(raw.length - 1), fc.nat(255), (at, byte) => {
      const other = Buffer.from(raw);
      other[at] = byte;
      let name = 'taken';
      try {
        read(other);
      } catch (error) {
        met++;
        name = (error as Error).name;
      }
      expect(name).toBe(other.equals(raw) ? 'taken' : 'TrustError');
    }), { seed: 7, numRuns: 400 });
    expect(met).toBeGreaterThan(300);
  });
});
