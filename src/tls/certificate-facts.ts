/**
 * What a certificate says of itself, as far as its judge must know: read from its bytes in one walk, without exceptions.
 * Owns object identifiers. Refuses to judge, and to know who trusts whom.
 */
import { createHash } from 'node:crypto';
import { childrenOf, context, hexOf, readDer, TAG, timeOf, type Der } from './der.js';

export interface CertificateFacts {
  readonly raw: Buffer;
  /** SHA-256 of the whole certificate and of its public key (SubjectPublicKeyInfo), lower-case hex. */
  readonly fingerprint: string;
  readonly key: string;
  /** Hex without leading zeros. */
  readonly serial: string;
  /** Names as their DER: the rules of public CAs ask that issuer and subject are the same bytes (BR §7.1.4.1). */
  readonly issuer: string;
  readonly subject: string;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** False for SHA-1, MD5 and whatever no browser of today takes. */
  readonly strongSignature: boolean;
  /** False for RSA below 2,048 bits, unusual curves and anything that is neither RSA nor EC. */
  readonly strongKey: boolean;
  readonly ca: boolean;
  /** Bits of the first two bytes of KeyUsage, most significant first; null: absent. */
  readonly keyUsage: number | null;
  /** Extended key usages as hex of their OID; null: absent. */
  readonly purposes: readonly string[] | null;
  /** Names of the subjectAltName extension, lower case; null: absent. */
  readonly names: AltNames | null;
  readonly mustStaple: boolean;
  readonly nameConstraints: boolean;
}

export interface AltNames {
  readonly dns: readonly string[];
  /** Addresses as hex of 4 or 16 bytes. */
  readonly addresses: readonly string[];
}

/** KeyUsage, RFC 5280 §4.2.1.3. */
export const USAGE = { digitalSignature: 0x8000, keyCertSign: 0x0400 } as const;

export const PURPOSE = { any: '551d2500', serverAuth: '2b06010505070301', ocspSigning: '2b06010505070309' } as const;

const EXTENSION = {
  keyUsage: '551d0f', altNames: '551d11', basicConstraints: '551d13', nameConstraints: '551d1e', purposes: '551d25',
  tlsFeature: '2b06010505070118',
} as const;

const RSA_KEYS = new Set(['2a864886f70d010101', '2a864886f70d01010a']);
const EC_KEY = '2a8648ce3d0201';
/** P-256, P-384, P-521. */
const CURVES = new Set(['2a8648ce3d030107', '2b81040022', '2b81040023']);
/** RSA with SHA-256, -384, -512; RSA-PSS (OpenSSL looks at its hash); ECDSA with SHA-256, -384, -512. */
const SIGNATURES = new Set([
  '2a864886f70d01010b', '2a864886f70d01010c', '2a864886f70d01010d', '2a864886f70d01010a',
  '2a8648ce3d040302', '2a8648ce3d040303', '2a8648ce3d040304',
]);
const MIN_RSA_BITS = 2_048;
/** status_request in the TLS feature extension (RFC 7633): "must staple". */
const STATUS_REQUEST = '05';

/** Null: no certificate, or one that breaks the form of RFC 5280. */
export function readCertificate(raw: Buffer): CertificateFacts | null {
  const whole = readDer(raw, 0, raw.length);
  const outer = whole === null || whole.tag !== TAG.sequence || whole.to !== raw.length ? null : childrenOf(raw, whole);
  const tbs = outer?.[0];
  const algorithm = outer?.[1];
  if (tbs === undefined || algorithm === undefined || outer?.length !== 3) return null;
  const fields = childrenOf(raw, tbs);
  // v1 certificates (no version) carry no extensions, so no name: nobody issues them for a site
  if (fields === null || fields[0]?.tag !== context(0, true)) return null;
  const [, serial, , issuer, validity, subject, spki] = fields;
  if (serial === undefined || issuer === undefined || validity === undefined || subject === undefined || spki === undefined) return null;
  const [notBefore, notAfter] = childrenOf(raw, validity) ?? [];
  const extensions = readExtensions(raw, fields.find((field) => field.tag === context(3, true)));
  const key = readKey(raw, spki);
  const signedWith = childrenOf(raw, algorithm)?.[0];
  if (notBefore === undefined || notAfter === undefined || extensions === null || key === null || signedWith === undefined) return null;
  const notBeforeMs = timeOf(raw, notBefore);
  const notAfterMs = timeOf(raw, notAfter);
  const usage = readUsage(raw, extensions.get(EXTENSION.keyUsage));
  const purposes = readPurposes(raw, extensions.get(EXTENSION.purposes));
  const names = readNames(raw, extensions.get(EXTENSION.altNames));
  if (Number.isNaN(notBeforeMs) || Number.isNaN(notAfterMs) || usage === undefined || purposes === undefined || names === undefined) return null;
  return {
    raw,
    fingerprint: sha256(raw),
    key: sha256(raw.subarray(spki.at, spki.to)),
    serial: hexOf(raw, serial).replace(/^(?:00)+(?=.)/, ''),
    issuer: raw.toString('latin1', issuer.at, issuer.to),
    subject: raw.toString('latin1', subject.at, subject.to),
    notBeforeMs,
    notAfterMs,
    strongSignature: SIGNATURES.has(hexOf(raw, signedWith)),
    ...key,
    ca: readCa(raw, extensions.get(EXTENSION.basicConstraints)),
    keyUsage: usage,
    purposes,
    names,
    mustStaple: readFeatures(raw, extensions.get(EXTENSION.tlsFeature)).includes(STATUS_REQUEST),
    nameConstraints: extensions.has(EXTENSION.nameConstraints),
  };
}

/** The public key's bits alone, for the issuer hash of OCSP. */
export function keyBits(raw: Buffer): Buffer | null {
  const whole = readDer(raw, 0, raw.length);
  const tbs = whole === null ? undefined : childrenOf(raw, whole)?.[0];
  const spki = tbs === undefined ? undefined : childrenOf(raw, tbs)?.[6];
  const bits = spki === undefined ? undefined : childrenOf(raw, spki)?.[1];
  return bits?.tag === TAG.bits && bits.to > bits.from ? raw.subarray(bits.from + 1, bits.to) : null;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** OID → the element inside the extension's octets. The same extension twice is forbidden (RFC 5280 §4.2) and read differently by different readers: null. */
function readExtensions(raw: Buffer, holder: Der | undefined): Map<string, Der> | null {
  const found = new Map<string, Der>();
  if (holder === undefined) return found;
  const list = childrenOf(raw, holder)?.[0];
  const entries = list === undefined ? null : childrenOf(raw, list);
  if (entries === null) return null;
  for (const entry of entries) {
    const parts = childrenOf(raw, entry);
    const id = parts?.[0];
    const octets = parts?.at(-1);
    if (id?.tag !== TAG.oid || octets?.tag !== TAG.octets) return null;
    const inner = readDer(raw, octets.from, octets.to);
    const name = hexOf(raw, id);
    if (inner === null || inner.to !== octets.to || found.has(name)) return null;
    found.set(name, inner);
  }
  return found;
}

function readKey(raw: Buffer, spki: Der): { strongKey: boolean } | null {
  const [algorithm, bits] = childrenOf(raw, spki) ?? [];
  const [id, parameter] = algorithm === undefined ? [] : (childrenOf(raw, algorithm) ?? []);
  if (id === undefined || bits?.tag !== TAG.bits) return null;
  const kind = hexOf(raw, id);
  if (kind === EC_KEY) return { strongKey: parameter?.tag === TAG.oid && CURVES.has(hexOf(raw, parameter)) };
  if (!RSA_KEYS.has(kind)) return { strongKey: false };
  const numbers = readDer(raw, bits.from + 1, bits.to);
  const modulus = numbers === null ? undefined : childrenOf(raw, numbers)?.[0];
  if (modulus === undefined) return null;
  let from = modulus.from;
  while (from < modulus.to && raw[from] === 0) from++;
  const size = from === modulus.to ? 0 : (modulus.to - from) * 8 - Math.clz32(raw[from] ?? 0) + 24;
  return { strongKey: size >= MIN_RSA_BITS };
}

function readCa(raw: Buffer, node: Der | undefined): boolean {
  const first = node === undefined ? undefined : childrenOf(raw, node)?.[0];
  return first?.tag === TAG.boolean && raw[first.from] !== 0;
}

function readUsage(raw: Buffer, node: Der | undefined): number | null | undefined {
  if (node === undefined) return null;
  return node.tag === TAG.bits && node.to > node.from ? ((raw[node.from + 1] ?? 0) << 8 | (node.to > node.from + 2 ? (raw[node.from + 2] ?? 0) : 0)) : undefined;
}

function readPurposes(raw: Buffer, node: Der | undefined): string[] | null | undefined {
  if (node === undefined) return null;
  return childrenOf(raw, node)?.map((purpose) => hexOf(raw, purpose));
}

function readFeatures(raw: Buffer, node: Der | undefined): string[] {
  return (node === undefined ? null : childrenOf(raw, node))?.map((feature) => hexOf(raw, feature)) ?? [];
}

function readNames(raw: Buffer, node: Der | undefined): AltNames | null | undefined {
  if (node === undefined) return null;
  const entries = node.tag === TAG.sequence ? childrenOf(raw, node) : null;
  if (entries === null) return undefined;
  const dns: string[] = [];
  const addresses: string[] = [];
  for (const entry of entries) {
    if (entry.tag === context(2, false)) dns.push(raw.toString('latin1', entry.from, entry.to).toLowerCase());
    else if (entry.tag === context(7, false)) addresses.push(hexOf(raw, entry));
  }
  return { dns, addresses };
}
