/** What devices are given: every form read back by something else than what wrote it, and never a key in it. */
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { makeCa } from '../../src/tls/ca-certificate.js';
import { EXPORT_FORMATS, exportCa, fileName, fingerprintText, type ExportFormat } from '../../src/tls/export.js';
import { wish } from './fixture.js';

const old = makeCa(wish()).certificate;
const coming = makeCa(wish()).certificate;
const both = [old, coming];
const school = 'Trường <A> & "B"';
const text = (format: ExportFormat, certificates = both): string => exportCa({ format, certificates, school }).toString('utf8');
const certificatesIn = (content: string): string[] => [...content.matchAll(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g)].map(([pem]) => new X509Certificate(pem).fingerprint256);
const dataIn = (content: string, pattern: RegExp): string[] => [...content.matchAll(pattern)].map((match) => new X509Certificate(Buffer.from(match[1] ?? '', 'base64')).fingerprint256);

describe('export', () => {
  it.each(EXPORT_FORMATS)('never holds a key: %s', (format) => {
    expect(exportCa({ format, certificates: both, school }).toString('latin1')).not.toMatch(/PRIVATE|BEGIN EC/);
  });

  it('is PEM with both, DER with the one that signs', () => {
    expect(certificatesIn(text('pem'))).toEqual(both.map((one) => one.fingerprint256));
    expect(new X509Certificate(exportCa({ format: 'der', certificates: both, school })).fingerprint256).toBe(old.fingerprint256);
  });

  it('is an Apple profile with both as roots, escaped, the same each time', () => {
    const profile = text('apple');
    expect(dataIn(profile, /<data>\s*([A-Za-z0-9+/=\s]+?)\s*<\/data>/g)).toEqual(both.map((one) => one.fingerprint256));
    expect(profile.match(/com\.apple\.security\.root/g)).toHaveLength(2);
    expect(profile).toContain('Trường &lt;A&gt; &amp;');
    expect(profile).not.toContain('<A>');
    const ids = [...profile.matchAll(/<key>PayloadUUID<\/key><string>([^<]+)</g)].map((match) => match[1]);
    expect(new Set(ids).size).toBe(3);
    for (const id of ids) expect(id).toMatch(/^[0-9A-F]{8}-[0-9A-F]{4}-8[0-9A-F]{3}-A[0-9A-F]{3}-[0-9A-F]{12}$/);
    expect(text('apple')).toBe(profile);
    const open = [...profile.matchAll(/<(\/?)(plist|dict|array)\b[^>]*>/g)].reduce((depth, match) => depth + (match[1] === '/' ? -1 : 1), 0);
    expect(open).toBe(0);
  });

  it('is a Windows script in ASCII with CRLF that names and checks both', () => {
    const script = text('windows');
    expect(script).toMatch(/^[\x09\x0a\x0d\x20-\x7e]*$/);
    expect(script.replaceAll('\r\n', '')).not.toContain('\n');
    expect(dataIn(script, /@'\r\n([A-Za-z0-9+/=\s]+?)\r\n'@/g)).toEqual(both.map((one) => one.fingerprint256));
    for (const one of both) expect(script).toContain(`Install-SchoolCa '${one.fingerprint256.replaceAll(':', '')}'`);
  });

  it('is a policy for Firefox and steps for Android', () => {
    const policy = JSON.parse(text('firefox')) as { policies: { Certificates: { ImportEnterpriseRoots: boolean; Install: string[] } } };
    expect(policy.policies.Certificates).toEqual({ ImportEnterpriseRoots: true, Install: both.map(fileName) });
    expect(new Set(both.map(fileName)).size).toBe(2);
    expect(text('android')).toContain(old.fingerprint256);
    expect(text('android')).toContain(coming.fingerprint256);
  });

  it('shows a fingerprint as devices do', () => {
    expect(fingerprintText(old.fingerprint256.replaceAll(':', '').toLowerCase())).toBe(old.fingerprint256);
  });
});
