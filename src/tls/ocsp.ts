/**
 * A stapled OCSP answer (RFC 6960, RFC 6066 §8): the only live revocation that costs no privacy, because the site itself brings it.
 * Owns the structure and its checks; bytes of any kind get a verdict, never an exception. Asks nobody anything.
 */
import { createHash, verify, type KeyObject } from 'node:crypto';
import { keyBits, PURPOSE, type CertificateFacts } from './certificate-facts.js';
import { childrenOf, context, hexOf, readDer, TAG, timeOf, type Der } from './der.js';
import { judgeDates } from './upstream-check.js';
import { toLink, type Link } from './upstream-path.js';

/** `unusable`: not about this certificate, not signed by who may, stale, or no answer at all. */
export type Staple = 'good' | 'revoked' | 'unusable';

const BASIC = '2b0601050507300101';
/** Hashes by which an answer names its issuer. */
const ID_HASHES: Readonly<Record<string, string>> = { '2b0e03021a': 'sha1', '608648016503040201': 'sha256' };
const SIGNATURE_HASHES: Readonly<Record<string, string>> = {
  '2a864886f70d01010b': 'sha256', '2a864886f70d01010c': 'sha384', '2a864886f70d01010d': 'sha512',
  '2a8648ce3d040302': 'sha256', '2a8648ce3d040303': 'sha384', '2a8648ce3d040304': 'sha512',
};
const CLOCK_SLACK_MS = 5 * 60_000;
/** An answer without an end is taken for this long (BR §4.9.10 allows ten days at most). */
const OPEN_END_MS = 7 * 86_400_000;
const MAX_STAPLE_BYTES = 16_384;

interface Basic {
  /** What is signed. */
  readonly data: Buffer;
  readonly hash: string;
  readonly signature: Buffer;
  readonly certificates: readonly Buffer[];
  readonly answers: readonly Der[];
}

/** @param issuer who signed the certificate, from the judged path */
export function judgeStaple(staple: Buffer, leaf: CertificateFacts, issuer: Link, nowMs: number): Staple {
  const basic = staple.length > MAX_STAPLE_BYTES ? null : readBasic(staple);
  if (basic === null || !signedBy(basic, issuer, nowMs)) return 'unusable';
  for (const answer of basic.answers) {
    const [id, status, thisUpdate, next] = childrenOf(staple, answer) ?? [];
    if (id === undefined || status === undefined || thisUpdate === undefined || !isAbout(staple, id, leaf, issuer)) continue;
    const nextUpdate = next?.tag === context(0, true) ? readDer(staple, next.from, next.to) : null;
    const fromMs = timeOf(staple, thisUpdate);
    const toMs = nextUpdate === null ? fromMs + OPEN_END_MS : timeOf(staple, nextUpdate);
    // NaN compares as false
    if (!(nowMs >= fromMs - CLOCK_SLACK_MS && nowMs <= toMs + CLOCK_SLACK_MS)) return 'unusable';
    if (status.tag === context(0, false)) return 'good';
    return status.tag === context(1, true) ? 'revoked' : 'unusable';
  }
  return 'unusable';
}

function readBasic(staple: Buffer): Basic | null {
  const whole = readDer(staple, 0, staple.length);
  const [status, bytes] = whole === null || whole.to !== staple.length ? [] : (childrenOf(staple, whole) ?? []);
  if (status?.tag !== TAG.enumerated || hexOf(staple, status) !== '00' || bytes === undefined) return null;
  const holder = readDer(staple, bytes.from, bytes.to);
  const [type, octets] = holder === null ? [] : (childrenOf(staple, holder) ?? []);
  if (type === undefined || hexOf(staple, type) !== BASIC || octets?.tag !== TAG.octets) return null;
  const basic = readDer(staple, octets.from, octets.to);
  const [data, algorithm, signature, extra] = basic === null ? [] : (childrenOf(staple, basic) ?? []);
  const hashId = algorithm === undefined ? undefined : childrenOf(staple, algorithm)?.[0];
  const hash = hashId === undefined ? undefined : SIGNATURE_HASHES[hexOf(staple, hashId)];
  const answers = data === undefined ? undefined : childrenOf(staple, data)?.find((field) => field.tag === TAG.sequence);
  if (data === undefined || hash === undefined || signature?.tag !== TAG.bits || answers === undefined) return null;
  const list = extra === undefined ? null : readDer(staple, extra.from, extra.to);
  return {
    data: staple.subarray(data.at, data.to),
    hash,
    signature: staple.subarray(signature.from + 1, signature.to),
    certificates: (list === null ? null : childrenOf(staple, list))?.slice(0, 2).map((node) => staple.subarray(node.at, node.to)) ?? [],
    answers: childrenOf(staple, answers) ?? [],
  };
}

/** The issuer itself, or one whom the issuer named for this (RFC 6960 §4.2.2.2). */
function signedBy(basic: Basic, issuer: Link, nowMs: number): boolean {
  if (verifies(basic, issuer.x509.publicKey)) return true;
  return basic.certificates.some((raw) => {
    const delegate = toLink(raw);
    if (delegate === null || delegate.facts.purposes?.includes(PURPOSE.ocspSigning) !== true) return false;
    if (delegate.facts.issuer !== issuer.facts.subject || judgeDates(delegate.facts, nowMs) !== null || !delegate.facts.strongSignature) return false;
    return verifies(basic, delegate.x509.publicKey) && signedByKey(delegate, issuer.x509.publicKey);
  });
}

function signedByKey(child: Link, key: KeyObject): boolean {
  try {
    return child.x509.verify(key);
  } catch {
    return false;
  }
}

function verifies(basic: Basic, key: KeyObject): boolean {
  try {
    return verify(basic.hash, basic.data, key, basic.signature);
  } catch {
    // a key of another kind than the signature
    return false;
  }
}

function isAbout(staple: Buffer, id: Der, leaf: CertificateFacts, issuer: Link): boolean {
  const [algorithm, nameHash, keyHash, serial] = childrenOf(staple, id) ?? [];
  const hashId = algorithm === undefined ? undefined : childrenOf(staple, algorithm)?.[0];
  const hash = hashId === undefined ? undefined : ID_HASHES[hexOf(staple, hashId)];
  const bits = keyBits(issuer.facts.raw);
  if (hash === undefined || nameHash === undefined || keyHash === undefined || serial === undefined || bits === null) return false;
  const of = (bytes: Buffer): string => createHash(hash).update(bytes).digest('hex');
  return hexOf(staple, serial).replace(/^(?:00)+(?=.)/, '') === leaf.serial
    && hexOf(staple, nameHash) === of(Buffer.from(issuer.facts.subject, 'latin1'))
    && hexOf(staple, keyHash) === of(bits);
}
