/** The school's CA on disk: its structure as openssl reads it, modes, damage, overlap. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { DAY_MS } from '../../src/local-time.js';
import { authorityStamp, caFolder, initAuthority, loadAuthority, OVERLAP_DAYS, rotateAuthority, settleAuthority } from '../../src/tls/authority.js';
import { AuthorityError, type AuthorityCode } from '../../src/tls/authority-error.js';
import { dataFolder, NOW, openssl, wish } from './fixture.js';

const current = (data: string): string => join(caFolder(data), 'current.pem');
const next = (data: string): string => join(caFolder(data), 'next.pem');

function refusal(run: () => unknown): AuthorityCode | 'none' {
  try {
    run();
    return 'none';
  } catch (error) {
    if (!(error instanceof AuthorityError)) throw error;
    expect(error.vi).toMatch(/[.]$|luytre|chmod/);
    expect(`${error.vi}${error.en}`).not.toContain('PRIVATE');
    return error.code;
  }
}

describe('the CA certificate', () => {
  const data = dataFolder();
  const ca = initAuthority(data, wish());
  const text = openssl(['x509', '-noout', '-text', '-nameopt', 'utf8,sep_multiline'], ca.certificate.toString());

  it('is P-256, signed by itself, five years, backdated a day', () => {
    expect(text).toContain('ASN1 OID: prime256v1');
    expect(text).toContain('Signature Algorithm: ecdsa-with-SHA256');
    expect(ca.certificate.verify(ca.certificate.publicKey)).toBe(true);
    expect(ca.issuing.notBeforeMs).toBe(Math.floor((NOW - DAY_MS) / 1_000) * 1_000);
    expect(ca.issuing.notAfterMs - ca.issuing.notBeforeMs).toBeGreaterThan(5 * 365 * DAY_MS - 1);
    expect(ca.issuing.notAfterMs - ca.issuing.notBeforeMs).toBeLessThan(5 * 366 * DAY_MS);
  });

  it('names the school', () => {
    expect(text).toContain('Trường THCS Lũy Tre');
    expect(text).toMatch(/CN=Trường THCS Lũy Tre – Lũy Tre \d{4} [0-9a-f]{6}/);
  });

  it('may sign leaves of servers and nothing else', () => {
    expect(text).toMatch(/Basic Constraints: critical\s+CA:TRUE, pathlen:0/);
    expect(text).toMatch(/Key Usage: critical\s+Certificate Sign, CRL Sign/);
    expect(text).toMatch(/Extended Key Usage:\s+TLS Web Server Authentication/);
    expect(text).toContain('Subject Key Identifier');
  });

  it('carries the constraints, critical', () => {
    expect(text).toMatch(/Name Constraints: critical/);
    const [permitted = '', excluded = ''] = text.slice(text.indexOf('Permitted:')).split('Excluded:');
    expect(permitted).toContain('IP:192.0.2.7/255.255.255.255');
    expect(permitted).toMatch(/IP:2001:DB8:0:0:0:0:0:7\/FFFF/);
    expect(permitted).not.toContain('DNS:');
    expect(excluded).toContain('DNS:bank.test');
    expect(excluded).toContain('DNS:mail.suite.test');
    expect(ca.issuing.excluded).toEqual(['bank.test', 'mail.suite.test']);
    expect(ca.issuing.addresses).toEqual(['192.0.2.7', '2001:db8::7']);
  });

  it('excludes every address where the gateway has none of its own', () => {
    const none = initAuthority(dataFolder(), wish({ addresses: [] }));
    const said = openssl(['x509', '-noout', '-text'], none.certificate.toString());
    expect(said).toContain('IP:0.0.0.0/0.0.0.0');
    expect(said).toMatch(/IP:0:0:0:0:0:0:0:0\/0:0:0:0:0:0:0:0/);
    expect(said).not.toContain('Permitted:');
    expect(none.issuing.addresses).toEqual([]);
  });

  it('is never made twice alike, and its serial is positive and random', () => {
    const all = Array.from({ length: 20 }, () => initAuthority(dataFolder(), wish()));
    expect(new Set(all.map((one) => one.certificate.serialNumber)).size).toBe(20);
    expect(new Set(all.map((one) => one.issuing.fingerprint)).size).toBe(20);
    expect(new Set(all.map((one) => one.certificate.subject)).size).toBe(20);
    for (const one of all) expect(one.certificate.serialNumber).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  it.each([
    ['a very long name', 'Trường '.repeat(40)],
    ['an empty name', '  '],
    ['control characters', 'Trường\u0000\nA'],
  ])('takes %s', (_what, school) => {
    const made = initAuthority(dataFolder(), wish({ school }));
    const said = openssl(['x509', '-noout', '-subject', '-nameopt', 'utf8,sep_multiline'], made.certificate.toString());
    const name = /CN=(.*)/.exec(said)?.[1] ?? '';
    expect([...name].length).toBeGreaterThan(10);
    expect([...name].length).toBeLessThanOrEqual(64);
  });
});

describe('the CA on disk', () => {
  it('is kept to itself and read back as it was made', () => {
    const data = dataFolder();
    const made = initAuthority(data, wish());
    expect(statSync(caFolder(data)).mode & 0o777).toBe(0o700);
    expect(statSync(current(data)).mode & 0o777).toBe(0o600);
    expect(readdirSync(caFolder(data))).toEqual(['current.pem']);
    const read = loadAuthority(data, NOW);
    expect(read?.signing.issuing.fingerprint).toBe(made.issuing.fingerprint);
    expect(read?.signing.issuing.notAfterMs).toBe(made.issuing.notAfterMs);
    expect(read?.next).toBeNull();
    expect(openssl(['x509', '-noout', '-fingerprint', '-sha256'], made.certificate.toString()).replace(/[^0-9A-F=]/g, '').toLowerCase()).toContain(made.issuing.fingerprint);
  });

  it('is absent where none was made', () => {
    expect(loadAuthority(dataFolder(), NOW)).toBeNull();
  });

  it('is never written over by init', () => {
    const data = dataFolder();
    initAuthority(data, wish());
    const before = readFileSync(current(data), 'utf8');
    expect(refusal(() => initAuthority(data, wish()))).toBe('exists');
    writeFileSync(current(data), 'damaged');
    expect(refusal(() => initAuthority(data, wish()))).toBe('exists');
    writeFileSync(current(data), before);
    expect(loadAuthority(data, NOW)).not.toBeNull();
  });

  it.each([0o640, 0o604, 0o660, 0o666])('refuses a file of mode %o', (mode) => {
    const data = dataFolder();
    initAuthority(data, wish());
    chmodSync(current(data), mode);
    expect(refusal(() => loadAuthority(data, NOW))).toBe('file-mode');
  });

  it.each([0o710, 0o701, 0o755])('refuses a folder of mode %o', (mode) => {
    const data = dataFolder();
    initAuthority(data, wish());
    chmodSync(caFolder(data), mode);
    expect(refusal(() => loadAuthority(data, NOW))).toBe('dir-mode');
    expect(refusal(() => rotateAuthority(data, wish(), false))).toBe('dir-mode');
  });

  it('follows no link, neither to a file nor to a folder', () => {
    const data = dataFolder();
    const other = dataFolder();
    initAuthority(data, wish());
    mkdirSync(caFolder(other), { mode: 0o700 });
    symlinkSync(current(data), current(other));
    expect(refusal(() => loadAuthority(other, NOW))).toBe('not-a-file');
    expect(refusal(() => initAuthority(other, wish()))).toBe('exists');
    const third = dataFolder();
    symlinkSync(caFolder(data), caFolder(third));
    expect(refusal(() => loadAuthority(third, NOW))).toBe('not-a-file');
  });

  it('says so when key and certificate are no pair', () => {
    const data = dataFolder();
    const other = dataFolder();
    initAuthority(data, wish());
    initAuthority(other, wish());
    const [key = ''] = readFileSync(current(data), 'utf8').split('-----BEGIN CERTIFICATE-----');
    const certificate = readFileSync(current(other), 'utf8').split('-----END PRIVATE KEY-----\n')[1] ?? '';
    writeFileSync(current(data), key + certificate);
    expect(refusal(() => loadAuthority(data, NOW))).toBe('mismatch');
  });

  it('says so however the file is damaged', () => {
    const data = dataFolder();
    initAuthority(data, wish());
    const whole = readFileSync(current(data), 'latin1');
    const seen = new Map<string, number>();
    const damages: string[] = ['', 'x', whole.slice(0, whole.length / 2), whole.replace('PRIVATE', 'PUBLIC'), openssl(['ecparam', '-name', 'secp384r1', '-genkey', '-noout'])];
    for (let at = 40; at < whole.length - 40; at += 41) damages.push(`${whole.slice(0, at)}${whole[at] === 'A' ? 'B' : 'A'}${whole.slice(at + 1)}`);
    for (const text of damages) {
      writeFileSync(current(data), text);
      const said = refusal(() => loadAuthority(data, NOW));
      seen.set(said, (seen.get(said) ?? 0) + 1);
    }
    expect(seen.get('damaged')).toBeGreaterThan(20);
    // every byte stands under a signature or in the key; only PEM's own line breaks don't
    expect([...seen.keys()].filter((said) => said !== 'damaged' && said !== 'mismatch' && said !== 'none')).toEqual([]);
    expect(seen.get('none') ?? 0).toBeLessThan(3);
  });

  it('takes no other certificate for a CA', () => {
    const data = dataFolder();
    mkdirSync(caFolder(data), { mode: 0o700 });
    const key = openssl(['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256']);
    writeFileSync(join(data, 'k'), key);
    const leaf = openssl(['req', '-x509', '-key', join(data, 'k'), '-subj', '/CN=x', '-days', '9', '-addext', 'basicConstraints=CA:FALSE']);
    writeFileSync(current(data), key + leaf, { mode: 0o600 });
    expect(refusal(() => loadAuthority(data, NOW))).toBe('damaged');
  });
});

describe('a change of CA', () => {
  it('has both for 90 days, then the new one alone', () => {
    const data = dataFolder();
    const old = initAuthority(data, wish());
    const stamp = authorityStamp(data);
    const made = rotateAuthority(data, wish({ excluded: ['bank.test', 'hospital.test'] }), false);
    expect(authorityStamp(data)).not.toBe(stamp);
    expect(statSync(next(data)).mode & 0o777).toBe(0o600);
    for (const days of [0, 1, OVERLAP_DAYS - 1]) {
      const during = loadAuthority(data, NOW + days * DAY_MS);
      expect(during?.signing.issuing.fingerprint).toBe(old.issuing.fingerprint);
      expect(during?.next?.issuing.fingerprint).toBe(made.issuing.fingerprint);
      expect(during?.switchMs).toBeCloseTo(NOW + OVERLAP_DAYS * DAY_MS, -4);
      for (const one of [during?.signing, during?.next]) expect(one?.issuing.notAfterMs).toBeGreaterThan(NOW + days * DAY_MS);
    }
    const after = NOW + (OVERLAP_DAYS + 1) * DAY_MS;
    expect(loadAuthority(data, after)).toMatchObject({ next: null, switchMs: null });
    expect(loadAuthority(data, after)?.signing.issuing.excluded).toEqual(['bank.test', 'hospital.test']);
    expect(settleAuthority(data, NOW)).toBe(false);
    expect(settleAuthority(data, after)).toBe(true);
    expect(existsSync(next(data))).toBe(false);
    expect(loadAuthority(data, NOW)?.signing.issuing.fingerprint).toBe(made.issuing.fingerprint);
  });

  it('is one at a time', () => {
    const data = dataFolder();
    expect(refusal(() => rotateAuthority(data, wish(), false))).toBe('missing');
    initAuthority(data, wish());
    rotateAuthority(data, wish(), false);
    expect(refusal(() => rotateAuthority(data, wish(), false))).toBe('rotating');
    expect(refusal(() => rotateAuthority(data, wish({ nowMs: NOW + 100 * DAY_MS }), false))).toBe('none');
  });

  it('happens at once when the key may have been read, and the old key is gone', () => {
    const data = dataFolder();
    const old = initAuthority(data, wish());
    const oldKey = readFileSync(current(data), 'utf8').split('\n')[2] ?? '';
    rotateAuthority(data, wish(), false);
    const made = rotateAuthority(data, wish(), true);
    expect(loadAuthority(data, NOW)).toMatchObject({ next: null });
    expect(loadAuthority(data, NOW)?.signing.issuing.fingerprint).toBe(made.issuing.fingerprint);
    expect(made.issuing.fingerprint).not.toBe(old.issuing.fingerprint);
    expect(readdirSync(caFolder(data)).map((name) => readFileSync(join(caFolder(data), name), 'utf8')).join('')).not.toContain(oldKey);
  });

  it('does not wait for the overlap when the old one ends before', () => {
    const data = dataFolder();
    initAuthority(data, wish({ nowMs: NOW - (5 * 365 - 4) * DAY_MS }));
    const made = rotateAuthority(data, wish(), false);
    expect(loadAuthority(data, NOW)?.signing.issuing.fingerprint).not.toBe(made.issuing.fingerprint);
    expect(loadAuthority(data, NOW + 10 * DAY_MS)?.signing.issuing.fingerprint).toBe(made.issuing.fingerprint);
  });

  it('survives a writer that was killed half way', () => {
    const data = dataFolder();
    const made = initAuthority(data, wish());
    renameSync(current(data), `${current(data)}.99.tmp`);
    expect(loadAuthority(data, NOW)).toBeNull();
    renameSync(`${current(data)}.99.tmp`, current(data));
    writeFileSync(`${next(data)}.4194399.tmp`, 'half');
    writeFileSync(`${current(data)}.${process.ppid}.tmp`, 'of one that lives');
    expect(loadAuthority(data, NOW)?.signing.issuing.fingerprint).toBe(made.issuing.fingerprint);
    rotateAuthority(data, wish(), false);
    expect(readdirSync(caFolder(data)).sort()).toEqual(['current.pem', `current.pem.${process.ppid}.tmp`, 'next.pem']);
    expect(new X509Certificate(made.certificate.raw).ca).toBe(true);
  });
});
