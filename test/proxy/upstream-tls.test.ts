/**
 * Every certificate of the table of bad sites (security.md §6.2, after badssl.com) over real sockets and real TLS on loopback:
 * accepted or refused, and for which reason.
 */
import { execFileSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { UpstreamTlsFault } from '../../src/proxy/upstream-tls.js';
import { DAY, HOST, leaf, meet, middle, root, rsaRoot, serve, stranger, trust, upstream, verdictOn } from '../support/upstream-rig.js';
import { ANY_PURPOSE, CLIENT_AUTH, keyHash, makeX509, OCSP_SIGNING, makeStaple, testKey, type Made, type StapleWish } from '../support/x509.js';

const expiredMiddle = makeX509({ subject: 'Trung gian cũ', ca: true, fromMs: Date.now() - 10 * DAY, toMs: Date.now() - DAY }, root);
const sha1Middle = makeX509({ subject: 'Trung gian SHA-1', ca: true, digest: 'sha1' }, root);
const shortMiddle = makeX509({ subject: 'Trung gian ngắn', ca: true, key: testKey('rsa1024', 'middle') }, root);
const constrained = makeX509({ subject: 'Trung gian hẹp', ca: true, permitted: 'chi-noi-nay.test' }, root);

describe('certificates', () => {
  const cases: readonly [string, UpstreamTlsFault | null, () => Made, (readonly Made[])?][] = [
    ['a good one', null, () => leaf()],
    ['a good RSA one', null, () => leaf({ key: testKey('rsa2048', 'leaf') }, rsaRoot), []],
    ['a key of 3,072 bits and SHA-384', null, () => leaf({ key: testKey('rsa3072', 'leaf'), digest: 'sha384' })],
    ['P-384 with SHA-512', null, () => leaf({ key: testKey('P-384'), digest: 'sha512' })],
    ['P-521', null, () => leaf({ key: testKey('P-521') })],
    ['no extended key usage', null, () => leaf({ purposes: null })],
    ['no key usage, no basic constraints', null, () => leaf({ usage: null, ca: null })],
    ['an empty subject, names not critical', null, () => leaf({ subject: null })],
    ['an empty subject, names critical', null, () => leaf({ subject: null, sanCritical: true })],
    ['a wildcard of one level', null, () => leaf({ dns: ['*.truong.test'] })],
    ['a thousand names', null, () => leaf({ dns: [...Array.from({ length: 1_000 }, (_, at) => `so-${at}.truong.test`), HOST] })],
    ['expired', 'site-certificate-expired', () => leaf({ fromMs: Date.now() - 10 * DAY, toMs: Date.now() - DAY })],
    ['not yet valid', 'site-certificate-not-yet-valid', () => leaf({ fromMs: Date.now() + 3_600_000 })],
    ['an expired intermediate', 'site-certificate-expired', () => leaf({}, expiredMiddle), [expiredMiddle]],
    ['self-signed', 'site-certificate-self-signed', () => makeX509({ dns: [HOST] }, null), []],
    ['an unknown root', 'site-certificate-untrusted', () => leaf({}, stranger), [stranger]],
    ['an incomplete chain', 'site-certificate-incomplete', () => leaf(), []],
    ['another host', 'site-certificate-wrong-host', () => leaf({ dns: ['khac.test'] })],
    ['a wildcard two levels up', 'site-certificate-wrong-host', () => leaf({ dns: ['*.test'] })],
    ['a wildcard in the middle of a label', 'site-certificate-wrong-host', () => leaf({ dns: ['w*.truong.test'] })],
    ['a common name alone', 'site-certificate-no-name', () => leaf({ subject: HOST, dns: null })],
    ['for clients only', 'site-certificate-wrong-use', () => leaf({ purposes: [CLIENT_AUTH] })],
    ['for any purpose', 'site-certificate-wrong-use', () => leaf({ purposes: [ANY_PURPOSE] })],
    ['a key that may only sign certificates', 'site-certificate-wrong-use', () => leaf({ usage: 0x04 })],
    ['an RSA key that may only encipher', 'site-certificate-wrong-use', () => leaf({ key: testKey('rsa2048', 'leaf'), usage: 0x20 })],
    ['a CA as a site', 'site-certificate-wrong-use', () => leaf({ ca: true, usage: 0x84 })],
    ['signed with SHA-1', 'site-certificate-weak', () => leaf({ digest: 'sha1' })],
    ['an intermediate signed with SHA-1', 'site-certificate-weak', () => leaf({}, sha1Middle), [sha1Middle]],
    ['RSA of 1,024 bits', 'site-certificate-weak', () => leaf({ key: testKey('rsa1024') })],
    ['an intermediate of 1,024 bits', 'site-certificate-weak', () => leaf({}, shortMiddle), [shortMiddle]],
    ['a name outside its issuer’s constraints', 'site-certificate-constraint', () => leaf({}, constrained), [constrained]],
    ['names of 200 KB', 'site-certificate-invalid', () => leaf({ dns: [...Array.from({ length: 10_000 }, (_, at) => `so-${at}.truong.test`), HOST] })],
    ['thirty certificates', 'site-certificate-invalid', () => leaf(), [middle, ...Array.from({ length: 29 }, () => stranger)]],
    ['names of 80 KB', 'site-certificate-invalid', () => leaf({ dns: [...Array.from({ length: 3_800 }, (_, at) => `so-${at}.truong.test`), HOST] })],
  ];
  it.each(cases)('%s: %s', async (_name, expected, make, chain) => {
    const made = make();
    expect(await verdictOn(made, chain)).toBe(expected);
  });
});

describe('a path with a gap', () => {
  it('is closed by an intermediate that another site sent', async () => {
    const client = upstream();
    const bare = await serve(leaf({ dns: ['khac.test'] }), []);
    expect((await meet(client, bare, 'khac.test')).fault).toBe('site-certificate-incomplete');
    expect((await meet(client, await serve(leaf()))).fault).toBeNull();
    expect((await meet(client, bare, 'khac.test')).fault).toBeNull();
    // what one gateway has learnt is nowhere else
    expect((await meet(upstream(), bare, 'khac.test')).fault).toBe('site-certificate-incomplete');
  });

  it('adds no trust: an intermediate of a stranger is not learnt, and what hangs on it stays shut', async () => {
    const client = upstream();
    const foreign = makeX509({ subject: 'Trung gian lạ', ca: true }, stranger);
    expect((await meet(client, await serve(leaf({}, foreign), [foreign, stranger]))).fault).toBe('site-certificate-untrusted');
    expect((await meet(client, await serve(leaf({}, foreign), [foreign]))).fault).toBe('site-certificate-untrusted');
    expect((await meet(client, await serve(leaf({}, foreign), []))).fault).toBe('site-certificate-incomplete');
  });

  it('is not opened by the wrong order, nor by certificates that have nothing to do with it', async () => {
    const second = makeX509({ subject: 'Trung gian hai', ca: true }, middle);
    expect(await verdictOn(leaf({}, second), [stranger, root, middle, second])).toBeNull();
  });
});

describe('what nobody may use', () => {
  const refused: readonly [string, UpstreamTlsFault, (made: Made) => { distrusted?: string[]; revoked?: string[] }][] = [
    ['the key of the site', 'site-certificate-distrusted', (made) => ({ distrusted: [`key ${keyHash(made.key)}`] })],
    ['the key of the intermediate', 'site-certificate-distrusted', () => ({ distrusted: [`key ${keyHash(middle.key)}`] })],
    ['the key of the root', 'site-certificate-distrusted', () => ({ distrusted: [`key ${keyHash(root.key)}`] })],
    ['a revoked serial', 'site-certificate-revoked', (made) => ({ revoked: [`serial ${keyHash(middle.key)} ${serialOf(made)}`] })],
    ['a revoked intermediate', 'site-certificate-revoked', () => ({ revoked: [`serial ${keyHash(root.key)} ${serialOf(middle)}`] })],
  ];
  it.each(refused)('%s: %s', async (_name, expected, lines) => {
    const made = leaf();
    expect(await verdictOn(made)).toBeNull();
    expect(await verdictOn(made, undefined, {}, undefined, { trust: trust(lines(made)) })).toBe(expected);
  });

  it('a serial is its issuer’s: the same number from another issuer is not meant', async () => {
    const made = leaf();
    expect(await verdictOn(made, undefined, {}, undefined, { trust: trust({ revoked: [`serial ${keyHash(root.key)} ${serialOf(made)}`] }) })).toBeNull();
  });

  it('names the leaked key even where nothing is trusted', async () => {
    expect(await verdictOn(leaf({}, stranger), [stranger], {}, undefined, { trust: trust({ distrusted: [`key ${keyHash(stranger.key)}`] }) })).toBe('site-certificate-distrusted');
  });
});

describe('staples', () => {
  const delegate = (purposes: string[], issuer: Made): Made => makeX509({ subject: 'Người trả lời', purposes }, issuer);
  const cases: readonly [string, boolean, UpstreamTlsFault | null, StapleWish | Buffer | null][] = [
    ['must-staple, none sent', true, 'site-certificate-no-staple', null],
    ['must-staple, good', true, null, {}],
    ['must-staple, open end', true, null, { toMs: null }],
    ['must-staple, out of date', true, 'site-certificate-no-staple', { fromMs: Date.now() - 9 * DAY, toMs: Date.now() - 8 * DAY }],
    ['must-staple, from the future', true, 'site-certificate-no-staple', { fromMs: Date.now() + DAY, toMs: Date.now() + 2 * DAY }],
    ['must-staple, status unknown', true, 'site-certificate-no-staple', { status: 'unknown' }],
    ['must-staple, signed by a stranger', true, 'site-certificate-no-staple', { signer: stranger }],
    ['must-staple, signed by one whom the issuer named', true, null, { delegate: delegate([OCSP_SIGNING], middle) }],
    ['must-staple, signed by a site of the same issuer', true, 'site-certificate-no-staple', { delegate: delegate([CLIENT_AUTH], middle) }],
    ['must-staple, signed by one whom another issuer named', true, 'site-certificate-no-staple', { delegate: delegate([OCSP_SIGNING], stranger) }],
    ['must-staple, noise', true, 'site-certificate-no-staple', Buffer.from('không phải OCSP')],
    ['none sent', false, null, null],
    ['noise', false, null, Buffer.from([0x30, 0x84, 0xff, 0xff, 0xff, 0xff])],
    ['status unknown', false, null, { status: 'unknown' }],
    ['revoked', false, 'site-certificate-revoked', { status: 'revoked' }],
    ['revoked, must-staple', true, 'site-certificate-revoked', { status: 'revoked' }],
    ['revoked, says a stranger', false, null, { status: 'revoked', signer: stranger }],
  ];
  it.each(cases)('%s (must-staple %s): %s', async (_name, mustStaple, expected, wish) => {
    const made = leaf({ mustStaple });
    const staple = wish === null || Buffer.isBuffer(wish) ? (wish ?? undefined) : makeStaple(made, middle, wish);
    for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) expect(await verdictOn(made, undefined, { maxVersion }, staple)).toBe(expected);
  });

  it('a staple about another certificate is none', async () => {
    const other = leaf();
    expect(await verdictOn(leaf({ mustStaple: true }), undefined, {}, makeStaple(other, middle))).toBe('site-certificate-no-staple');
  });
});

it('a key of 8,192 bits is taken, in its time', async () => {
  // five primes instead of two: the same size, made in two seconds instead of a minute
  const key = createPrivateKey(execFileSync('openssl', ['genrsa', '-primes', '5', '8192'], { stdio: ['ignore', 'pipe', 'ignore'] }));
  expect(await verdictOn(leaf({ key }))).toBeNull();
}, 30_000);

it('an address is covered by an address in the certificate only', async () => {
  expect(await verdictOn(leaf({ dns: ['127.0.0.1'] }), undefined, {}, undefined, {}, '127.0.0.1')).toBe('site-certificate-wrong-host');
  expect(await verdictOn(leaf({ ips: ['127.0.0.1'] }), undefined, {}, undefined, {}, '127.0.0.1')).toBeNull();
});

function serialOf(made: Made): string {
  return new X509Certificate(made.raw).serialNumber.toLowerCase();
}
