/**
 * Reads a certificate revocation list (RFC 5280 §5) whole: whose it is, whether that issuer signed it, and the serials on it.
 * For the publisher of the channel; a gateway never asks a CA for anything. Refuses lists whose meaning depends on more than their serials.
 */
import { verify, type KeyObject } from 'node:crypto';
import { childrenOf, context, hexOf, readDer, TAG, timeOf, type Der } from './der.js';
import { serialOf } from './deny-line.js';
import { toLink, type Link } from './upstream-path.js';
import { TrustError } from './trust-error.js';

export interface Crl {
  /** Hex of the serials, each once a line. */
  readonly serials: readonly string[];
  /** SHA-256 of the issuer's public key. */
  readonly issuerKey: string;
  readonly issuedMs: number;
  /** The issuer should have written a newer one by now. */
  readonly stale: boolean;
}

/** The biggest public ones have some three hundred thousand entries in 12 MiB; more than der.ts reads. */
export const MAX_CRL_BYTES = 16 * 2 ** 20 - 1;
const HASHES: Readonly<Record<string, string | null>> = {
  '2a864886f70d01010b': 'sha256', '2a864886f70d01010c': 'sha384', '2a864886f70d01010d': 'sha512',
  '2a8648ce3d040302': 'sha256', '2a8648ce3d040303': 'sha384', '2a8648ce3d040304': 'sha512',
  '2b6570': null,
};
const CRL_SIGN = 0x0200;
/** Where the list applies to; read for one flag. */
const ISSUING_DISTRIBUTION_POINT = '551d1c';
const PEM = /-----BEGIN (X509 CRL|CERTIFICATE)-----([A-Za-z0-9+/=\s]+)-----END \1-----/g;

/** DER, or the PEM blocks of a kind. */
export function derOf(bytes: Buffer, kind: 'X509 CRL' | 'CERTIFICATE'): Buffer[] {
  if (bytes[0] === TAG.sequence) return [bytes];
  return [...bytes.toString('latin1').matchAll(PEM)].filter((match) => match[1] === kind).map((match) => Buffer.from(match[2] ?? '', 'base64'));
}

/** @throws TrustError with one sentence */
export function readCrl(raw: Buffer, issuers: readonly Link[], name: string, nowMs: number): Crl {
  const fail = (vi: string, en: string): never => {
    throw new TrustError(`${name}: ${vi}.`, `${name}: ${en}.`);
  };
  const notCrl = (): never => fail('không phải danh sách thu hồi (CRL) nguyên vẹn', 'is not a whole revocation list (CRL)');
  const whole = raw.length > MAX_CRL_BYTES ? null : readDer(raw, 0, raw.length);
  const [list, algorithm, signature, none] = whole?.tag !== TAG.sequence || whole.to !== raw.length ? [] : (childrenOf(raw, whole) ?? []);
  if (list === undefined || algorithm?.tag !== TAG.sequence || signature?.tag !== TAG.bits || raw[signature.from] !== 0 || none !== undefined) return notCrl();
  const fields = childrenOf(raw, list) ?? [];
  if (fields[0]?.tag === TAG.integer) fields.shift();
  const [inner, issuer, thisUpdate, ...rest] = fields;
  if (inner === undefined || issuer === undefined || thisUpdate === undefined || hexOf(raw, inner) !== hexOf(raw, algorithm)) return notCrl();
  const nextUpdate = rest[0]?.tag === TAG.utcTime || rest[0]?.tag === TAG.time ? rest.shift() : undefined;
  const revoked = rest[0]?.tag === TAG.sequence ? rest.shift() : undefined;
  const extensions = rest[0]?.tag === context(0, true) ? rest.shift() : undefined;
  if (rest.length > 0) return notCrl();

  const hashId = childrenOf(raw, algorithm)?.[0];
  const hash = hashId === undefined ? undefined : HASHES[hexOf(raw, hashId)];
  if (hash === undefined) return fail('được ký bằng thuật toán không còn tin được', 'is signed by an algorithm that is trusted no longer');
  const subject = raw.toString('latin1', issuer.at, issuer.to);
  const named = issuers.filter((link) => link.facts.subject === subject);
  if (named.length === 0) return fail('không có chứng chỉ của nơi cấp nó trong --issuer', 'its issuer’s certificate is not in --issuer');
  const tbs = raw.subarray(list.at, list.to);
  const bits = raw.subarray(signature.from + 1, signature.to);
  const signer = named.find((link) => link.facts.ca && (link.facts.keyUsage === null || (link.facts.keyUsage & CRL_SIGN) !== 0) && verifies(hash, tbs, link.x509.publicKey, bits));
  if (signer === undefined) return fail('chữ ký không phải của nơi cấp đã nêu', 'is not signed by the issuer given');
  const issuedMs = timeOf(raw, thisUpdate);
  if (!(issuedMs <= nowMs + 86_400_000)) return fail('có ngày phát hành ở tương lai', 'was issued in the future');
  if (!isPlain(raw, extensions)) return fail('là danh sách gián tiếp, phần chênh lệch hoặc có điều kiện mà bản này không hiểu', 'is indirect, a delta, or has a condition that this version does not understand');
  const serials = revoked === undefined ? [] : serialsOf(raw, revoked);
  if (serials === null) return notCrl();
  return { serials, issuerKey: signer.facts.key, issuedMs, stale: nextUpdate !== undefined && !(timeOf(raw, nextUpdate) >= nowMs) };
}

/** Certificates of issuers out of a PEM or DER file. @throws TrustError */
export function readIssuers(bytes: Buffer, name: string): Link[] {
  const links = derOf(bytes, 'CERTIFICATE').map((raw) => toLink(raw));
  if (links.length === 0 || links.includes(null)) throw new TrustError(`${name} không phải chứng chỉ PEM hoặc DER nguyên vẹn.`, `${name} is not a whole PEM or DER certificate.`);
  return links.filter((link) => link !== null);
}

/** By hand: there may be more than `childrenOf` walks. Null where an entry is not understood. */
function serialsOf(raw: Buffer, revoked: Der): string[] | null {
  const serials: string[] = [];
  for (let at = revoked.from; at < revoked.to;) {
    const entry = readDer(raw, at, revoked.to);
    const [serial, , extensions] = entry === null ? [] : (childrenOf(raw, entry) ?? []);
    if (entry === null || serial?.tag !== TAG.integer) return null;
    // a critical extension of an entry (certificateIssuer) makes the serial another issuer's
    if (extensions !== undefined && (childrenOf(raw, extensions) ?? []).some((extension) => isCritical(raw, extension))) return null;
    serials.push(serialOf(hexOf(raw, serial)));
    at = entry.to;
  }
  return serials;
}

function isPlain(raw: Buffer, extensions: Der | undefined): boolean {
  const list = extensions === undefined ? null : readDer(raw, extensions.from, extensions.to);
  return (list === null ? [] : (childrenOf(raw, list) ?? [])).every((extension) => {
    if (!isCritical(raw, extension)) return true;
    const [id, , value] = childrenOf(raw, extension) ?? [];
    if (id === undefined || value === undefined || hexOf(raw, id) !== ISSUING_DISTRIBUTION_POINT) return false;
    const point = readDer(raw, value.from, value.to);
    // [4] indirectCRL
    return point !== null && !(childrenOf(raw, point) ?? []).some((field) => field.tag === context(4, false));
  });
}

function isCritical(raw: Buffer, extension: Der): boolean {
  const flag = (childrenOf(raw, extension) ?? [])[1];
  return flag?.tag === TAG.boolean && hexOf(raw, flag) !== '00';
}

function verifies(hash: string | null, bytes: Buffer, key: KeyObject, signature: Buffer): boolean {
  try {
    return verify(hash, bytes, key, signature);
  } catch {
    // a key of another kind than the signature
    return false;
  }
}
