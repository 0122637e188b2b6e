/**
 * The school CA's certificate as a structure: built and read with forge's ASN.1, keys and signatures by node:crypto
 * (forge signs RSA only). Owns the profile of the certificate (RFC 5280 §4.2, security.md §6.3); refuses to know files and leaves.
 */
import { createHash, generateKeyPairSync, sign, X509Certificate, type KeyObject } from 'node:crypto';
import forge from 'node-forge';
import { DAY_MS } from '../local-time.js';
import { formatAddress } from '../matching/address.js';
import { addressBytes, keyIdOf, newSerial, type IssuingAuthority } from './issuing.js';

const { asn1 } = forge;
type Node = forge.asn1.Asn1;
const { UNIVERSAL, CONTEXT_SPECIFIC } = asn1.Class;
const { SEQUENCE, SET, INTEGER, BOOLEAN, OID, OCTETSTRING, BITSTRING, UTF8, PRINTABLESTRING, UTCTIME, GENERALIZEDTIME } = asn1.Type;

export interface CaWish {
  readonly school: string;
  /** Canonical names to exclude. */
  readonly excluded: readonly string[];
  /** Canonical addresses of the gateway itself. */
  readonly addresses: readonly string[];
  readonly nowMs: number;
}

const CA_YEARS = 5;

const ID = {
  country: '2.5.4.6', organisation: '2.5.4.10', commonName: '2.5.4.3',
  subjectKeyId: '2.5.29.14', keyUsage: '2.5.29.15', basicConstraints: '2.5.29.19', nameConstraints: '2.5.29.30',
  extKeyUsage: '2.5.29.37', serverAuth: '1.3.6.1.5.5.7.3.1', ecdsaSha256: '1.2.840.10045.4.3.2',
} as const;

const GENERAL_DNS = 2;
const GENERAL_IP = 7;

/** Makes a key and its self-signed certificate. Never two alike: key, serial and name are fresh. */
export function makeCa(wish: CaWish): { readonly key: KeyObject; readonly certificate: X509Certificate } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const keyId = keyIdOf(spki);
  // Backdated like a leaf: classroom clocks are off by hours.
  const notBefore = new Date(wish.nowMs - DAY_MS);
  const notAfter = new Date(notBefore);
  notAfter.setUTCFullYear(notAfter.getUTCFullYear() + CA_YEARS);
  const name = nameNode(wish.school, new Date(wish.nowMs).getUTCFullYear(), keyId.toString('hex', 0, 3));
  const body = seq(
    tagged(0, true, [int(Buffer.from([2]))]),
    int(newSerial()),
    seq(oid(ID.ecdsaSha256)),
    name,
    seq(time(notBefore), time(notAfter)),
    name,
    asn1.fromDer(binary(spki)),
    tagged(3, true, [seq(
      extension(ID.basicConstraints, true, seq(prim(BOOLEAN, '\xff'), int(Buffer.from([0])))),
      // keyCertSign and cRLSign are bits 5 and 6
      extension(ID.keyUsage, true, prim(BITSTRING, '\x01\x06')),
      extension(ID.extKeyUsage, false, seq(oid(ID.serverAuth))),
      extension(ID.subjectKeyId, false, prim(OCTETSTRING, binary(keyId))),
      extension(ID.nameConstraints, true, constraints(wish)),
    )]),
  );
  const tbs = der(body);
  const signature = sign('sha256', tbs, privateKey);
  const whole = der(seq(body, seq(oid(ID.ecdsaSha256)), prim(BITSTRING, `\0${binary(signature)}`)));
  return { key: privateKey, certificate: new X509Certificate(whole) };
}

/**
 * Excluded: what is never decrypted. Addresses: where `permitted` names a form, every name of that form must lie in it
 * (RFC 5280 §4.2.1.10), so the gateway's own addresses are permitted and all others thereby refused; `excluded` would win over
 * `permitted`, so the two are never mixed for addresses. With no address of its own, all are excluded.
 */
function constraints(wish: CaWish): Node {
  const permitted = wish.addresses.map(ownAddress).filter((bytes) => bytes !== null);
  const excluded = [
    ...wish.excluded.map((name) => seq(tagged(GENERAL_DNS, false, name))),
    ...(permitted.length > 0 ? [] : [8, 32].map((length) => seq(tagged(GENERAL_IP, false, '\0'.repeat(length))))),
  ];
  return seq(
    ...(permitted.length > 0 ? [tagged(0, true, permitted.map((bytes) => seq(tagged(GENERAL_IP, false, binary(bytes)))))] : []),
    tagged(1, true, excluded),
  );
}

/** One address as a constraint: its bytes, then a mask of ones. */
function ownAddress(text: string): Buffer | null {
  const bytes = addressBytes(text);
  return bytes === null ? null : Buffer.concat([bytes, Buffer.alloc(bytes.length, 0xff)]);
}

/** C=VN, O=the school, CN=the school with year and a few letters of the key, so that two CAs of a school can be told apart in a list. */
function nameNode(school: string, year: number, mark: string): Node {
  const tail = ` – Lũy Tre ${year} ${mark}`;
  const organisation = cut(school.replace(/\p{Cc}/gu, ' ').trim() || 'Nhà trường', 64);
  const part = (id: string, type: forge.asn1.Type, value: string): Node => make(SET, [seq(oid(id), prim(type, value))]);
  return seq(
    part(ID.country, PRINTABLESTRING, 'VN'),
    part(ID.organisation, UTF8, forge.util.encodeUtf8(organisation)),
    part(ID.commonName, UTF8, forge.util.encodeUtf8(cut(organisation, 64 - tail.length) + tail)),
  );
}

/** Upper bounds of X.520 count characters. */
function cut(text: string, max: number): string {
  return [...text.normalize('NFC')].slice(0, max).join('').trim();
}

/** Facts of a CA certificate, with its key; null when it is not one that this program makes. */
export function readCa(key: KeyObject, certificate: X509Certificate): IssuingAuthority | null {
  if (!certificate.ca || key.asymmetricKeyType !== 'ec' || key.asymmetricKeyDetails?.namedCurve !== 'prime256v1') return null;
  if (!certificate.checkPrivateKey(key) || !certificate.verify(certificate.publicKey)) return null;
  const parts = tbsParts(certificate.raw);
  const extensions = parts === null ? null : extensionsOf(parts);
  const keyId = extensions?.get(ID.subjectKeyId);
  const limits = extensions?.get(ID.nameConstraints);
  const usage = extensions?.get(ID.keyUsage);
  const subject = parts?.[5];
  if (subject === undefined || keyId === undefined || limits === undefined || usage === undefined) return null;
  const known = readConstraints(limits);
  return {
    key,
    fingerprint: fingerprintOf(certificate),
    name: new Uint8Array(der(subject)),
    keyId: new Uint8Array(bytesOf(keyId)),
    notBeforeMs: Date.parse(certificate.validFrom),
    notAfterMs: Date.parse(certificate.validTo),
    excluded: known.excluded,
    addresses: known.addresses,
  };
}

export function fingerprintOf(certificate: X509Certificate): string {
  return createHash('sha256').update(certificate.raw).digest('hex');
}

function tbsParts(raw: Buffer): readonly Node[] | null {
  const parts = children(children(asn1.fromDer(binary(raw)))[0]);
  return parts.length < 8 ? null : parts;
}

/** OID → what stands in the extension's octets. */
function extensionsOf(parts: readonly Node[]): Map<string, Node> {
  const found = new Map<string, Node>();
  const list = parts.find((part) => part.tagClass === CONTEXT_SPECIFIC && (part.type as number) === 3);
  for (const entry of children(children(list)[0])) {
    const fields = children(entry);
    const id = fields[0];
    const value = fields.at(-1);
    if (id === undefined || typeof id.value !== 'string' || value === undefined) continue;
    found.set(asn1.derToOid(id.value), asn1.fromDer(binary(bytesOf(value))));
  }
  return found;
}

function readConstraints(node: Node): { excluded: string[]; addresses: string[] } {
  const excluded: string[] = [];
  const addresses: string[] = [];
  for (const side of children(node)) {
    for (const subtree of children(side)) {
      const base = children(subtree)[0];
      if (base === undefined) continue;
      const bytes = bytesOf(base);
      if ((side.type as number) === 1 && (base.type as number) === GENERAL_DNS) excluded.push(bytes.toString('latin1'));
      if ((side.type as number) === 0 && (base.type as number) === GENERAL_IP) addresses.push(addressText(bytes.subarray(0, bytes.length / 2)));
    }
  }
  return { excluded, addresses };
}

/** Canonical text of 4 or 16 bytes. */
function addressText(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join('.');
  return formatAddress({ family: 6, words: Array.from({ length: bytes.length / 4 }, (_, at) => bytes.readUInt32BE(at * 4)) });
}

// --- forge, shortened ---

function make(type: forge.asn1.Type, value: Node[]): Node {
  return asn1.create(UNIVERSAL, type, true, value);
}
function seq(...parts: Node[]): Node {
  return make(SEQUENCE, parts);
}
function prim(type: forge.asn1.Type, value: string): Node {
  return asn1.create(UNIVERSAL, type, false, value);
}
function oid(id: string): Node {
  return prim(OID, asn1.oidToDer(id).getBytes());
}
function int(bytes: Buffer): Node {
  return prim(INTEGER, binary(bytes));
}
function tagged(tag: number, constructed: boolean, value: Node[] | string): Node {
  return asn1.create(CONTEXT_SPECIFIC, tag as forge.asn1.Type, constructed, value);
}
function extension(id: string, critical: boolean, value: Node): Node {
  return seq(oid(id), ...(critical ? [prim(BOOLEAN, '\xff')] : []), prim(OCTETSTRING, binary(der(value))));
}
/** UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). */
function time(at: Date): Node {
  return at.getUTCFullYear() < 2050 ? prim(UTCTIME, asn1.dateToUtcTime(at)) : prim(GENERALIZEDTIME, asn1.dateToGeneralizedTime(at));
}
function der(node: Node): Buffer {
  return Buffer.from(asn1.toDer(node).getBytes(), 'latin1');
}
function binary(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
function children(node: Node | undefined): Node[] {
  return node !== undefined && Array.isArray(node.value) ? node.value : [];
}
/** Octets of a primitive. */
function bytesOf(node: Node): Buffer {
  return Buffer.from(typeof node.value === 'string' ? node.value : '', 'latin1');
}
