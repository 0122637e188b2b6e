/** The judge of sites' certificates, alone: names, facts, paths, and bytes of every kind that must never make it throw. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCertificate, USAGE, type CertificateFacts } from '../../src/tls/certificate-facts.js';
import { childrenOf, readDer, timeOf } from '../../src/tls/der.js';
import { createDeny } from '../../src/tls/distrusted.js';
import { createIntermediates } from '../../src/tls/intermediates.js';
import { judgeStaple } from '../../src/tls/ocsp.js';
import { covers, judgeLeaf, judgePath } from '../../src/tls/upstream-check.js';
import { createPool, findPath, toLink, type Link } from '../../src/tls/upstream-path.js';
import { der, extension, makeStaple, makeX509, oid, sequence, SERVER_AUTH, testKey, type Made } from '../support/x509.js';

const NOW = Date.now();
const DAY = 86_400_000;
const NOTHING = createDeny([], []);
const root = makeX509({ subject: 'Gốc', ca: true }, null);
const middle = makeX509({ subject: 'Giữa', ca: true }, root);
const site = makeX509({ dns: ['www.truong.test'], key: testKey('P-256', 'site') }, middle);
const facts = (made: Made): CertificateFacts => {
  const read = readCertificate(made.raw);
  if (read === null) throw new Error('not a certificate');
  return read;
};
const link = (made: Made): Link => {
  const made2 = toLink(made.raw);
  if (made2 === null) throw new Error('not a certificate');
  return made2;
};

describe('names', () => {
  const cases: readonly [string[], string, boolean][] = [
    [['www.truong.test'], 'www.truong.test', true],
    [['WWW.Truong.TEST'], 'www.truong.test', true],
    [['truong.test'], 'www.truong.test', false],
    [['*.truong.test'], 'www.truong.test', true],
    [['*.truong.test'], 'truong.test', false],
    [['*.truong.test'], 'a.b.truong.test', false],
    [['*.*.truong.test'], 'a.b.truong.test', false],
    [['w*.truong.test'], 'www.truong.test', false],
    [['*www.truong.test'], 'www.truong.test', false],
    [['*.test'], 'truong.test', false],
    [['*'], 'truong', false],
    [['*.vn'], 'truong.vn', false],
    [['*.com.vn'], 'truong.com.vn', false],
    [['*.edu.vn'], 'truong.edu.vn', false],
    [['*.co.uk'], 'school.co.uk', false],
    // the owner of a suffix for strangers' pages holds such a certificate rightly
    [['*.github.io'], 'lop9a.github.io', true],
    [['*.blogspot.com'], 'lop9a.blogspot.com', true],
    [['xn--trng-rqa.vn'], 'xn--trng-rqa.vn', true],
    [['www.truong.test.'], 'www.truong.test', false],
    [['www.truong.test\0.evil.test'], 'www.truong.test', false],
    [['10.0.0.1'], '10.0.0.1', false],
    [[], 'www.truong.test', false],
  ];
  it.each(cases)('%j for %s: %s', (dns, host, expected) => {
    expect(covers({ dns: dns.map((name) => name.toLowerCase()), addresses: [] }, host)).toBe(expected);
  });

  it('an address is its bytes', () => {
    const names = { dns: ['*.0.0.1'], addresses: ['0a000001', '20010db8000000000000000000000007'] };
    expect(covers(names, '10.0.0.1')).toBe(true);
    expect(covers(names, '10.0.0.2')).toBe(false);
    expect(covers(names, '2001:db8::7')).toBe(true);
  });
});

describe('facts', () => {
  it('are those of the certificate', () => {
    expect(facts(site)).toMatchObject({ ca: false, keyUsage: USAGE.digitalSignature, purposes: [SERVER_AUTH], strongKey: true, strongSignature: true, mustStaple: false, names: { dns: ['www.truong.test'], addresses: [] } });
    expect(facts(middle)).toMatchObject({ ca: true, names: null, purposes: null, issuer: facts(root).subject });
    expect(facts(makeX509({ serial: '00ff01' }, root)).serial).toBe('ff01');
  });

  it.each([['P-256', true], ['P-384', true], ['P-521', true], ['P-224', false], ['rsa1024', false], ['rsa2048', true], ['ed25519', false]] as const)('%s is strong: %s', (kind, expected) => {
    expect(facts(makeX509({ key: testKey(kind, 'facts') }, root)).strongKey).toBe(expected);
  });

  it('the same extension twice is no certificate', () => {
    const twice = makeX509({ dns: ['a.test'], more: [extension('551d11', false, sequence(der(0x82, Buffer.from('b.test'))))] }, root);
    expect(readCertificate(twice.raw)).toBeNull();
  });

  it('a date that is none is no certificate', () => {
    expect(timeOf(Buffer.from('18130000000000000000', 'hex'), { tag: 0x18, at: 0, from: 2, to: 10 })).toBeNaN();
    expect(timeOf(Buffer.from('170d3439313233313233353935395a', 'hex'), { tag: 0x17, at: 0, from: 2, to: 15 })).toBe(Date.UTC(2049, 11, 31, 23, 59, 59));
    expect(timeOf(Buffer.from('170d3530303130313030303030305a', 'hex'), { tag: 0x17, at: 0, from: 2, to: 15 })).toBe(Date.UTC(1950, 0, 1));
  });

  it('DER that is too long, too short or endless is nothing', () => {
    for (const hex of ['', '30', '3001', '3080', '308101', '30840000000100', '1f8101', '3082ffff']) expect(readDer(Buffer.from(hex, 'hex'), 0, hex.length / 2), hex).toBeNull();
    const bytes = Buffer.from('300402020101', 'hex');
    const whole = readDer(bytes, 0, 6);
    expect(whole === null ? null : childrenOf(bytes, whole)).toHaveLength(1);
    expect(childrenOf(Buffer.from('30030201', 'hex'), { tag: 0x30, at: 0, from: 2, to: 4 })).toBeNull();
  });
});

describe('paths', () => {
  const roots = createPool([link(root)]);
  it('end in a root, by way of what was sent or remembered', () => {
    const sent = createPool([link(middle)]);
    expect(findPath(link(site), roots, [sent], NOW)?.map((one) => one.facts.subject)).toEqual([site, middle, root].map((made) => facts(made).subject));
    expect(findPath(link(site), roots, [], NOW)).toBeNull();
    const learnt = createIntermediates();
    learnt.learn([link(middle)]);
    expect(findPath(link(site), roots, [learnt], NOW)).toHaveLength(3);
  });

  it('do not go through what may not issue, has run out, or only bears the name', () => {
    const noCa = makeX509({ subject: 'Giữa', key: middle.key, ca: false }, root);
    const old = makeX509({ subject: 'Giữa', key: middle.key, ca: true, toMs: NOW - DAY, fromMs: NOW - 2 * DAY }, root);
    const twin = makeX509({ subject: 'Giữa', ca: true }, root);
    for (const made of [noCa, old, twin]) expect(findPath(link(site), roots, [createPool([link(made)])], NOW)).toBeNull();
    // the right one is found among them
    expect(findPath(link(site), roots, [createPool([noCa, old, twin, middle].map(link))], NOW)).toHaveLength(3);
  });

  it('two that sign each other lead nowhere, and end', () => {
    const [aSelf, bSelf] = ['A', 'B'].map((subject) => makeX509({ subject, ca: true }, null)) as [Made, Made];
    const a = makeX509({ subject: 'A', ca: true, key: aSelf.key }, bSelf);
    const b = makeX509({ subject: 'B', ca: true, key: bSelf.key }, aSelf);
    expect(findPath(link(makeX509({}, a)), roots, [createPool([link(a), link(b)])], NOW)).toBeNull();
  });

  it('a crowd of look-alikes costs a bounded number of signature checks', () => {
    let verified = 0;
    const crowd = Array.from({ length: 60 }, () => {
      const twin = link(makeX509({ subject: 'Giữa', ca: true }, root));
      return { facts: twin.facts, get x509() { verified++; return twin.x509; } };
    });
    expect(findPath(link(site), roots, [createPool(crowd)], NOW)).toBeNull();
    expect(verified).toBeGreaterThan(10);
    expect(verified).toBeLessThanOrEqual(24);
  });

  it('remember no more than they may', () => {
    const learnt = createIntermediates(2);
    const three = ['x', 'y', 'z'].map((subject) => link(makeX509({ subject, ca: true }, root)));
    learnt.learn(three);
    learnt.learn(three.slice(2));
    expect(learnt.version()).toBe(3);
    expect(learnt.pems(NOW)).toHaveLength(2);
    expect(learnt.pems(NOW + 400 * DAY)).toEqual([]);
    expect(learnt.bySubject(three[0]?.facts.subject ?? '')).toEqual([]);
  });
});

/** One, two or three bytes changed, cut off or put in. */
const spoilt = (raw: Buffer): fc.Arbitrary<Buffer> => fc.array(fc.tuple(fc.nat(raw.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 }).chain((edits) => {
  const copy = Buffer.from(raw);
  for (const [at, byte] of edits) copy[at] = byte;
  return fc.oneof(fc.constant(copy), fc.nat(copy.length).map((at) => copy.subarray(0, at)), fc.nat(copy.length).map((at) => Buffer.concat([copy.subarray(0, at), Buffer.from([0x30, 0x80]), copy.subarray(at)])));
});

describe('bytes of any kind', () => {
  it('get facts or null, a verdict, and no exception; nothing spoilt is believed', () => {
    let read = 0;
    let refused = 0;
    fc.assert(fc.property(spoilt(site.raw), (raw) => {
      const spoiltFacts = readCertificate(raw);
      if (spoiltFacts === null) return;
      read++;
      judgePath([spoiltFacts, facts(middle), facts(root)], 'www.truong.test', NOW, NOTHING);
      if (raw.equals(site.raw)) return;
      const spoiltLink = toLink(raw);
      // a changed byte inside what is signed breaks the signature; outside it, the structure
      if (spoiltLink === null || findPath(spoiltLink, createPool([link(root)]), [createPool([link(middle)])], NOW) === null) refused++;
      else expect(spoiltFacts).toMatchObject({ subject: facts(site).subject, key: facts(site).key });
    }), { numRuns: 3_000, seed: 20261125 });
    expect(read).toBeGreaterThan(300);
    expect(refused).toBeGreaterThan(200);
  });

  it('get an answer as a staple, never "good" nor "revoked"', () => {
    const staple = makeStaple(site, middle, { status: 'revoked' });
    expect(judgeStaple(staple, facts(site), link(middle), NOW)).toBe('revoked');
    let unusable = 0;
    fc.assert(fc.property(spoilt(staple), (bytes) => {
      const answer = judgeStaple(bytes, facts(site), link(middle), NOW);
      // "good" would be a forgery, whatever was changed
      expect(answer).not.toBe('good');
      if (answer === 'unusable') unusable++;
    }), { numRuns: 2_000, seed: 20261125 });
    expect(unusable).toBeGreaterThan(1_000);
  });

  it('noise is no certificate', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      expect(readCertificate(Buffer.from(bytes))).toBeNull();
      expect(toLink(Buffer.from(bytes))).toBeNull();
      expect(judgeStaple(Buffer.from(bytes), facts(site), link(middle), NOW)).toBe('unusable');
    }), { numRuns: 1_000, seed: 7 });
  });

  it('structures nested without end are not followed', () => {
    let nested: Buffer = Buffer.alloc(0);
    for (let i = 0; i < 2_000; i++) nested = der(0x30, nested);
    expect(readCertificate(nested)).toBeNull();
    expect(readCertificate(sequence(nested, sequence(oid('2a8648ce3d040302')), der(0x03, Buffer.from([0]))))).toBeNull();
  });
});

it('weak keys and signatures are refused here too, in the site and above it, whatever OpenSSL says', () => {
  const names = { dns: ['www.truong.test'] };
  const weak = [makeX509({ ...names, key: testKey('rsa1024', 'weak') }, middle), makeX509({ ...names, key: testKey('P-224') }, middle), makeX509({ ...names, key: testKey('ed25519') }, middle), makeX509({ ...names, digest: 'sha1' }, middle)];
  for (const made of weak) expect(judgeLeaf(facts(made), 'www.truong.test', NOW)).toBe('site-certificate-weak');
  for (const above of [makeX509({ ca: true, key: testKey('rsa1024', 'weak') }, root), makeX509({ ca: true, digest: 'sha1' }, root)]) {
    expect(judgePath([facts(site), facts(above), facts(root)], 'www.truong.test', NOW, NOTHING)).toBe('site-certificate-weak');
  }
  // a root vouches by being trusted: its own signature proves nothing
  expect(judgePath([facts(site), facts(middle), facts(makeX509({ subject: 'Gốc', ca: true, digest: 'sha1' }, null))], 'www.truong.test', NOW, NOTHING)).toBeNull();
});

describe('the order of faults', () => {
  it('a leaked key before everything, then dates, use, strength, name', () => {
    const bad = makeX509({ dns: ['khac.test'], digest: 'sha1', purposes: ['2b06010505070302'], toMs: NOW - DAY, fromMs: NOW - 2 * DAY }, middle);
    const deny = createDeny([`key ${facts(bad).key}`], []);
    const path = [facts(bad), facts(middle), facts(root)];
    expect(judgePath(path, 'www.truong.test', NOW, deny)).toBe('site-certificate-distrusted');
    expect(judgePath(path, 'www.truong.test', NOW, NOTHING)).toBe('site-certificate-expired');
    expect(judgePath(path, 'www.truong.test', NOW - 1.5 * DAY, NOTHING)).toBe('site-certificate-wrong-use');
    expect(judgePath([], 'www.truong.test', NOW, NOTHING)).toBe('site-certificate-invalid');
    expect(judgeLeaf(facts(site), 'www.truong.test', NOW)).toBeNull();
  });
});
