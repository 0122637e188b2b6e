/** Leaves rule by rule (security.md §6.3), judged by openssl and node:crypto, and the constraints as openssl enforces them. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../src/local-time.js';
import { makeCa, readCa } from '../../src/tls/ca-certificate.js';
import type { IssuingAuthority } from '../../src/tls/issuing.js';
import { createLeafMaker } from '../../src/tls/leaf.js';
import { dataFolder, NOW, openssl, verify, wish } from './fixture.js';

function ca(more: Parameters<typeof wish>[0] = {}): { issuing: IssuingAuthority; pem: string } {
  const { key, certificate } = makeCa(wish(more));
  const issuing = readCa(key, certificate);
  if (issuing === null) throw new Error('our own CA is not one');
  return { issuing, pem: certificate.toString() };
}

const folder = dataFolder();
const school = ca();
const leaves = createLeafMaker(school.issuing);
const cert = leaves.sign('www.trang-bi-chan.test', NOW).cert;
const text = openssl(['x509', '-noout', '-text'], cert);
const der = new X509Certificate(cert);

describe('a leaf', () => {
  it('is for exactly one name, in a critical SAN under an empty subject', () => {
    expect(text).toMatch(/Subject: *\n/);
    expect(text).toMatch(/Subject Alternative Name: critical\s+DNS:www\.trang-bi-chan\.test\n/);
    expect(der.checkHost('www.trang-bi-chan.test')).toBe('www.trang-bi-chan.test');
    expect(der.checkHost('trang-bi-chan.test')).toBeUndefined();
    expect(der.checkHost('a.www.trang-bi-chan.test')).toBeUndefined();
  });

  it('lives 30 days, backdated by one', () => {
    expect(Date.parse(der.validTo) - Date.parse(der.validFrom)).toBe(30 * DAY_MS);
    expect(Math.abs(NOW - DAY_MS - Date.parse(der.validFrom))).toBeLessThan(1_000);
  });

  it('may sign in handshakes of servers and nothing else', () => {
    expect(text).toMatch(/Key Usage: critical\s+Digital Signature\n/);
    expect(text).toMatch(/Extended Key Usage:\s+TLS Web Server Authentication\n/);
    expect(text).toMatch(/Basic Constraints: critical\s+CA:FALSE/);
    expect(der.ca).toBe(false);
  });

  it('carries no more: nothing of any origin certificate is copied', () => {
    expect(text.match(/^ {12}(?:X509v3|Authority|TLS|CT|1\.)[^:]*:/gm)).toHaveLength(6);
  });

  it('is SHA-256 over P-256, with a key that is not the CA’s', () => {
    expect(text).toContain('Signature Algorithm: ecdsa-with-SHA256');
    expect(text).toContain('prime256v1');
    expect(der.checkPrivateKey(createPrivateKey(leaves.key))).toBe(true);
    expect(der.checkPrivateKey(school.issuing.key)).toBe(false);
  });

  it('points at the CA’s own key id and name', () => {
    const ski = /Subject Key Identifier: *\n\s+([0-9A-F:]+)/.exec(openssl(['x509', '-noout', '-text'], school.pem))?.[1];
    const aki = /Authority Key Identifier: *\n\s+(?:keyid:)?([0-9A-F:]+)/.exec(text)?.[1];
    expect(ski).toBeDefined();
    expect(aki).toBe(ski);
    expect(der.checkIssued(new X509Certificate(school.pem))).toBe(true);
  });

  it('has a positive random serial of 16 bytes, never twice the same', () => {
    const serials = Array.from({ length: 500 }, () => new X509Certificate(leaves.sign('a.test', NOW).cert).serialNumber);
    expect(new Set(serials).size).toBe(500);
    for (const serial of serials) expect(serial).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it('is found good by openssl, strictly', () => {
    expect(verify(folder, school.pem, cert, '-verify_hostname', 'www.trang-bi-chan.test')).toBe('OK');
    expect(verify(folder, school.pem, cert, '-verify_hostname', 'khac.test')).toContain('hostname mismatch');
    expect(verify(folder, ca().pem, cert)).toMatch(/unable to get|signature failure|mismatch/);
  });

  it.each(['a.test', 'x_y.example.vn', 'xn--hng-ela.vn', `${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.vn`, 'xn--p1ai', '1.2.3.4.5.test'])('takes the name %s', (host) => {
    expect(leaves.maySign(host)).toBe(true);
    expect(verify(folder, school.pem, leaves.sign(host, NOW).cert, '-verify_hostname', host)).toBe('OK');
  });

  it('never outlives the CA, nor begins before it', () => {
    const late = new X509Certificate(leaves.sign('a.test', school.issuing.notAfterMs - DAY_MS).cert);
    expect(Date.parse(late.validTo)).toBe(school.issuing.notAfterMs);
    const early = new X509Certificate(leaves.sign('a.test', NOW - DAY_MS / 2).cert);
    expect(Date.parse(early.validFrom)).toBe(school.issuing.notBeforeMs);
  });

  it('writes years from 2050 on as they must be', () => {
    const later = ca({ nowMs: Date.UTC(2049, 11, 20) });
    const leaf = new X509Certificate(createLeafMaker(later.issuing).sign('a.test', Date.UTC(2049, 11, 20)).cert);
    expect(new Date(leaf.validTo).getUTCFullYear()).toBe(2050);
    expect(new Date(leaf.validFrom).getUTCFullYear()).toBe(2049);
  });
});

describe('the constraints of the CA', () => {
  it.each(['bank.test', 'www.bank.test', 'a.b.bank.test', 'mail.suite.test', 'x.mail.suite.test'])('let nobody sign for %s: neither we nor a thief of the key', (host) => {
    expect(leaves.maySign(host)).toBe(false);
    expect(verify(folder, school.pem, leaves.sign(host, NOW).cert)).toContain('excluded subtree violation');
  });

  it.each(['notbank.test', 'suite.test', 'docs.suite.test', 'bank.test.vn'])('leave %s alone', (host) => {
    expect(leaves.maySign(host)).toBe(true);
    expect(verify(folder, school.pem, leaves.sign(host, NOW).cert)).toBe('OK');
  });

  it.each(['192.0.2.7', '2001:db8::7'])('let the gateway’s own address %s be signed for', (address) => {
    expect(leaves.maySign(address)).toBe(true);
    expect(verify(folder, school.pem, leaves.sign(address, NOW).cert, '-verify_ip', address)).toBe('OK');
  });

  it.each(['192.0.2.8', '8.8.8.8', '2001:db8::8', '2606:4700::1111'])('let no other address be: %s', (address) => {
    expect(leaves.maySign(address)).toBe(false);
    expect(verify(folder, school.pem, leaves.sign(address, NOW).cert)).toContain('permitted subtree violation');
  });

  it('cover IPv6 where only an IPv4 address is permitted, and every address where none is', () => {
    const four = ca({ addresses: ['192.0.2.7'] });
    expect(verify(folder, four.pem, createLeafMaker(four.issuing).sign('2001:db8::7', NOW).cert)).toContain('subtree violation');
    const none = ca({ addresses: [] });
    for (const address of ['192.0.2.7', '2001:db8::7']) {
      expect(createLeafMaker(none.issuing).maySign(address)).toBe(false);
      expect(verify(folder, none.pem, createLeafMaker(none.issuing).sign(address, NOW).cert)).toContain('excluded subtree violation');
    }
  });

  it.each(['', '*.a.test', 'a.*.test', `${'a.'.repeat(130)}vn`])('refuse what is no exact name: %s', (host) => {
    expect(leaves.maySign(host)).toBe(false);
  });
});
