/** Whom the gateway trusts: the system's roots, the school's own file, the deny lists. Everything wrong with them is one sentence. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';
import { afterAll, describe, expect, it } from 'vitest';
import { certsDir } from '../../src/installed.js';
import { createDeny, loadDenyLines, parseDenyLines } from '../../src/tls/distrusted.js';
import { TrustError } from '../../src/tls/trust-error.js';
import { loadUpstreamTrust, type UpstreamTrust } from '../../src/tls/upstream-trust.js';
import { keyHash, makeX509, testKey } from '../support/x509.js';

const NOW = Date.now();
const DAY = 86_400_000;
const dir = mkdtempSync(join(tmpdir(), 'luytre-trust-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const put = (name: string, text: string): string => {
  const file = join(dir, name);
  writeFileSync(file, text);
  return file;
};
/** Roots without a system: Node's own. */
const load = (trustedCa: string | null, more: { systemBundle?: string; certsDir?: string } = {}): UpstreamTrust => loadUpstreamTrust({ trustedCa, certsDir: certsDir(), nowMs: NOW, systemBundle: join(dir, 'none'), ...more });

const schoolCa = makeX509({ subject: 'CA của Sở', ca: true }, null);

describe('roots', () => {
  it('are the system’s where it has any, Node’s otherwise', () => {
    const own = load(null);
    expect(own).toMatchObject({ source: 'node', added: 0, changedMs: null });
    expect(own.roots.length).toBeGreaterThan(80);
    const many = Array.from({ length: 25 }, (_, at) => makeX509({ subject: `Gốc ${at}`, ca: true }, null).pem).join('');
    expect(load(null, { systemBundle: put('system.pem', many) })).toMatchObject({ source: 'system', changedMs: expect.any(Number) as number });
    // a bundle that was cut off is none
    expect(load(null, { systemBundle: put('cut.pem', many.slice(0, 2_000)) })).toMatchObject({ source: 'node' });
  });

  it('leave out what has run out, what can’t be read, and what is on the deny list', () => {
    const good = Array.from({ length: 20 }, (_, at) => makeX509({ subject: `Gốc ${at}`, ca: true }, null).pem);
    const old = makeX509({ subject: 'Cũ', ca: true, fromMs: NOW - 9 * DAY, toMs: NOW - DAY }, null);
    const leaked = makeX509({ subject: 'Lộ', ca: true }, null);
    const certs = join(dir, 'certs');
    mkdirSync(certs);
    writeFileSync(join(certs, 'distrusted.txt'), `# ghi chú\nkey ${keyHash(leaked.key)} lộ khóa\n`);
    writeFileSync(join(certs, 'revoked.txt'), '');
    const broken = '-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n';
    const { roots } = load(null, { systemBundle: put('mixed.pem', [old.pem, broken, leaked.pem, ...good].join('')), certsDir: certs });
    expect(roots).toHaveLength(20);
    expect(roots).not.toContain(leaked.pem);
  });

  it('take the school’s own file along', () => {
    const trust = load(put('so.pem', `Sở GD&ĐT\n${schoolCa.pem}`));
    expect(trust.added).toBe(1);
    expect(trust.roots.at(-1)).toBe(schoolCa.pem);
  });
});

describe('network.trustedCa', () => {
  const ec = makeX509({ subject: 'CA', ca: true }, null);
  const cases: readonly [string, () => string, RegExp, RegExp][] = [
    ['missing', () => join(dir, 'gone.pem'), /không tìm thấy tệp .*gone\.pem/, /not found/],
    ['a directory', () => dir, /là thư mục/, /is a directory/],
    ['empty', () => put('empty.pem', ''), /không phải chứng chỉ PEM/, /not a PEM certificate/],
    ['DER', () => { const file = join(dir, 'x.der'); writeFileSync(file, schoolCa.raw); return file; }, /không phải chứng chỉ PEM/, /not a PEM/],
    ['half a certificate', () => put('half.pem', ec.pem.slice(0, 300)), /không phải chứng chỉ PEM/, /not a PEM/],
    ['one whole and one half', () => put('onehalf.pem', ec.pem + ec.pem.slice(0, 300)), /không phải chứng chỉ PEM/, /not a PEM/],
    ['damaged', () => put('damaged.pem', '-----BEGIN CERTIFICATE-----\nMIIBAAAA\n-----END CERTIFICATE-----\n'), /bị hỏng/, /damaged/],
    ['a private key inside', () => put('key.pem', ec.pem + testKey('P-256', 'k').export({ type: 'pkcs8', format: 'pem' }).toString()), /khóa bí mật/, /private key/],
    ['a site', () => put('leaf.pem', makeX509({ dns: ['a.test'] }, null).pem), /không phải chứng chỉ CA/, /not a CA/],
    ['an intermediate', () => put('mid.pem', makeX509({ subject: 'Giữa', ca: true }, ec).pem), /không phải CA gốc/, /not a root/],
    ['expired', () => put('old.pem', makeX509({ ca: true, fromMs: NOW - 9 * DAY, toMs: NOW - DAY }, null).pem), /hết hạn ngày \d{4}-\d\d-\d\d/, /expired on/],
    ['not yet valid', () => put('future.pem', makeX509({ ca: true, fromMs: NOW + DAY }, null).pem), /chỉ có hiệu lực từ/, /valid from/],
    ['weak', () => put('weak.pem', makeX509({ ca: true, key: testKey('rsa1024', 'weak') }, null).pem), /khóa quá yếu/, /too weak/],
    ['the second one bad', () => put('second.pem', ec.pem + makeX509({ ca: true, fromMs: NOW - 9 * DAY, toMs: NOW - DAY }, null).pem), /chứng chỉ thứ 2 hết hạn/, /certificate 2 expired/],
    ['huge', () => put('huge.pem', 'x'.repeat(5 * 2 ** 20)), /lớn quá/, /larger than/],
  ];
  it.each(cases)('%s: one sentence that names the file', (_name, make, vi, en) => {
    const file = make();
    let fault: unknown;
    try {
      load(file);
    } catch (error) {
      fault = error;
    }
    expect(fault).toBeInstanceOf(TrustError);
    const { vi: saidVi, en: saidEn } = fault as TrustError;
    expect(saidVi).toMatch(vi);
    expect(saidEn).toMatch(en);
    expect(saidVi).toContain(file);
    expect(`${saidVi}${saidEn}`).not.toMatch(/\n|MII|Error/);
  });

  it.skipIf(process.getuid?.() === 0)('not readable: says so', () => {
    const file = put('shut.pem', ec.pem);
    chmodSync(file, 0);
    expect(() => load(file)).toThrow(/permission denied/);
  });
});

describe('deny lists', () => {
  it('the shipped ones can be read, and the keys that leaked with products are on them', () => {
    const distrusted = loadDenyLines(join(certsDir(), 'distrusted.txt'));
    expect(distrusted.length).toBeGreaterThanOrEqual(20);
    expect(new Set(distrusted).size).toBe(distrusted.length);
    // Superfish, computed from its certificate
    expect(distrusted).toContain('key 4bb8f35ba1e126f8dde1b0c420625ed86dce61a7bddadbdea9aba578ff13145e');
    expect(() => loadDenyLines(join(certsDir(), 'revoked.txt'))).not.toThrow();
  });

  it('deny no root that Node trusts today', () => {
    const trusted = load(null).roots.length;
    const valid = rootCertificates.map((pem) => new X509Certificate(pem)).filter((root) => Date.parse(root.validTo) > NOW && Date.parse(root.validFrom) <= NOW).length;
    expect(trusted).toBe(valid);
  });

  it('read comments, notes, upper case and odd serials', () => {
    const hash = 'ab'.repeat(32);
    expect(parseDenyLines(`# x\n\n  key ${hash.toUpperCase()}  ghi chú\r\ncert ${hash}\nserial ${hash} 0F00\nserial ${hash} fff\nserial ${hash} 0012\n`, 'f')).toEqual([
      `key ${hash}`, `cert ${hash}`, `serial ${hash} 0f00`, `serial ${hash} 0fff`, `serial ${hash} 12`,
    ]);
  });

  it.each(['key abc', 'key', `keys ${'ab'.repeat(32)}`, `serial ${'ab'.repeat(32)}`, `key ${'xy'.repeat(32)}`, 'nothing'])('refuse «%s», naming the line', (line) => {
    expect(() => parseDenyLines(`# một\n${line}\n`, 'distrusted.txt')).toThrow(/distrusted\.txt, line 2/);
  });

  it('a missing file is a sentence', () => {
    expect(() => loadDenyLines(join(dir, 'none.txt'))).toThrow(TrustError);
  });

  it('match by key, by certificate, and by serial of one issuer', () => {
    const of = { key: 'k'.repeat(64), fingerprint: 'f'.repeat(64), serial: '0a' };
    const issuer = 'i'.repeat(64);
    expect(createDeny([`key ${of.key}`], []).of(of, null)).toBe('site-certificate-distrusted');
    expect(createDeny([], [`cert ${of.fingerprint}`]).of(of, null)).toBe('site-certificate-revoked');
    expect(createDeny([], [`serial ${issuer} 0a`]).of(of, issuer)).toBe('site-certificate-revoked');
    expect(createDeny([], [`serial ${issuer} 0a`]).of(of, 'j'.repeat(64))).toBeNull();
    expect(createDeny([], [`serial ${issuer} 0a`]).of(of, null)).toBeNull();
  });
});
