/** Certificates of every kind, good and bad, made on the spot: a DER writer and node:crypto. No key lies in the repository. */
import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, X509Certificate, type KeyObject } from 'node:crypto';

export function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const size: number[] = [];
  for (let rest = body.length; rest > 0; rest = Math.floor(rest / 256)) size.unshift(rest % 256);
  const length = body.length < 128 ? [body.length] : [0x80 | size.length, ...size];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}
export const sequence = (...parts: readonly Buffer[]): Buffer => der(0x30, ...parts);
export const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const NULL = Buffer.from([0x05, 0x00]);

export function generalizedTime(ms: number): Buffer {
  return der(0x18, Buffer.from(`${new Date(ms).toISOString().replace(/[-:T]/g, '').slice(0, 14)}Z`));
}

export type KeyKind = 'P-256' | 'P-384' | 'P-521' | 'P-224' | 'rsa1024' | 'rsa2048' | 'rsa3072' | 'ed25519';
const keys = new Map<string, KeyObject>();

/** RSA keys cost tenths of a second: the same `name` gives the same key. */
export function testKey(kind: KeyKind = 'P-256', name = ''): KeyObject {
  const id = `${kind} ${name}`;
  let key = keys.get(id);
  if (key === undefined) {
    key = kind === 'ed25519' ? generateKeyPairSync('ed25519').privateKey
      : kind.startsWith('rsa') ? generateKeyPairSync('rsa', { modulusLength: Number(kind.slice(3)) }).privateKey
        : generateKeyPairSync('ec', { namedCurve: kind }).privateKey;
    keys.set(id, key);
  }
  return key;
}

export const spkiOf = (key: KeyObject): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' });
export const keyHash = (key: KeyObject): string => createHash('sha256').update(spkiOf(key)).digest('hex');

/** Names of extensions' values as the tests say them; `null` leaves the extension away. */
export interface Wish {
  readonly subject?: string | null;
  readonly key?: KeyObject;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly digest?: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  readonly dns?: readonly string[] | null;
  readonly ips?: readonly string[];
  readonly sanCritical?: boolean;
  readonly ca?: boolean | null;
  /** Bits as in certificate-facts.ts: 0x80 digitalSignature, 0x20 keyEncipherment, 0x04 keyCertSign. */
  readonly usage?: number | null;
  /** OIDs in hex. */
  readonly purposes?: readonly string[] | null;
  readonly mustStaple?: boolean;
  /** Only names below this. */
  readonly permitted?: string;
  readonly serial?: string;
  /** Whole extensions added as they are. */
  readonly more?: readonly Buffer[];
}

export interface Made {
  readonly key: KeyObject;
  readonly subject: Buffer;
  readonly raw: Buffer;
  readonly pem: string;
}

export const SERVER_AUTH = '2b06010505070301';
export const CLIENT_AUTH = '2b06010505070302';
export const OCSP_SIGNING = '2b06010505070309';
export const ANY_PURPOSE = '551d2500';
const DAY = 86_400_000;

export function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return sequence(oid(id), ...(critical ? [der(0x01, Buffer.from([0xff]))] : []), der(0x04, value));
}

function nameOf(subject: string | null): Buffer {
  return subject === null ? sequence() : sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(subject)))));
}

export function algorithmOf(key: KeyObject, digest: NonNullable<Wish['digest']>): Buffer {
  if (key.asymmetricKeyType === 'ed25519') return sequence(oid('2b6570'));
  if (key.asymmetricKeyType === 'rsa') return sequence(oid({ sha1: '2a864886f70d010105', sha256: '2a864886f70d01010b', sha384: '2a864886f70d01010c', sha512: '2a864886f70d01010d' }[digest]), NULL);
  return sequence(oid({ sha1: '2a8648ce3d0401', sha256: '2a8648ce3d040302', sha384: '2a8648ce3d040303', sha512: '2a8648ce3d040304' }[digest]));
}

export function signBytes(bytes: Buffer, key: KeyObject, digest: NonNullable<Wish['digest']>): Buffer {
  return der(0x03, Buffer.from([0]), sign(key.asymmetricKeyType === 'ed25519' ? null : digest, bytes, key));
}

/** @param issuer null: self-signed */
export function makeX509(wish: Wish, issuer: Made | null): Made {
  const key = wish.key ?? testKey('P-256', randomBytes(6).toString('hex'));
  const signer = issuer?.key ?? key;
  const digest = wish.digest ?? 'sha256';
  const ca = wish.ca ?? false;
  const subject = nameOf(wish.subject === undefined ? `Test ${randomBytes(4).toString('hex')}` : wish.subject);
  const names = [
    ...(wish.dns ?? []).map((name) => der(0x82, Buffer.from(name, 'latin1'))),
    ...(wish.ips ?? []).map((address) => der(0x87, Buffer.from(address.split('.').map(Number)))),
  ];
  const purposes = wish.purposes === undefined ? (ca ? null : [SERVER_AUTH]) : wish.purposes;
  const usage = wish.usage === undefined ? (ca ? 0x06 : 0x80) : wish.usage;
  const extensions = [
    ...(wish.ca === null ? [] : [extension('551d13', true, ca ? sequence(der(0x01, Buffer.from([0xff]))) : sequence())]),
    ...(usage === null ? [] : [extension('551d0f', true, der(0x03, Buffer.from([0, usage])))]),
    ...(purposes === null ? [] : [extension('551d25', false, sequence(...purposes.map(oid)))]),
    ...(names.length === 0 ? [] : [extension('551d11', wish.sanCritical ?? false, sequence(...names))]),
    ...(wish.mustStaple === true ? [extension('2b06010505070118', false, sequence(der(0x02, Buffer.from([5]))))] : []),
    ...(wish.permitted === undefined ? [] : [extension('551d1e', true, sequence(der(0xa0, sequence(der(0x82, Buffer.from(wish.permitted))))))]),
    ...(wish.more ?? []),
  ];
  const algorithm = algorithmOf(signer, digest);
  const body = sequence(
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from(wish.serial ?? `5a${randomBytes(12).toString('hex')}`, 'hex')),
    algorithm,
    issuer?.subject ?? subject,
    sequence(generalizedTime(wish.fromMs ?? Date.now() - DAY), generalizedTime(wish.toMs ?? Date.now() + 30 * DAY)),
    subject,
    spkiOf(key),
    der(0xa3, sequence(...extensions)),
  );
  const raw = sequence(body, algorithm, signBytes(body, signer, digest));
  return { key, subject, raw, pem: new X509Certificate(raw).toString() };
}

export interface StapleWish {
  readonly status?: 'good' | 'revoked' | 'unknown';
  readonly fromMs?: number;
  readonly toMs?: number | null;
  /** Who signs; default: the issuer. */
  readonly signer?: Made;
  /** Sent along. */
  readonly delegate?: Made;
}

/** An OCSP answer about a certificate. */
export function makeStaple(leaf: Made, issuer: Made, wish: StapleWish = {}): Buffer {
  const status = wish.status ?? 'good';
  const signer = (wish.delegate ?? wish.signer ?? issuer).key;
  const sha1 = (bytes: Buffer): Buffer => createHash('sha1').update(bytes).digest();
  const spki = spkiOf(issuer.key);
  // P-256 and RSA alike: the bit string is the last element
  const bits = spki.subarray(bitsAt(spki));
  const serial = Buffer.from(new X509Certificate(leaf.raw).serialNumber, 'hex');
  const id = sequence(sequence(oid('2b0e03021a'), NULL), der(0x04, sha1(issuer.subject)), der(0x04, sha1(bits)), der(0x02, serial));
  const state = status === 'good' ? der(0x80) : status === 'revoked' ? der(0xa1, generalizedTime(Date.now() - DAY)) : der(0x82);
  const toMs = wish.toMs === undefined ? Date.now() + DAY : wish.toMs;
  const answer = sequence(id, state, generalizedTime(wish.fromMs ?? Date.now() - 3_600_000), ...(toMs === null ? [] : [der(0xa0, generalizedTime(toMs))]));
  const data = sequence(der(0xa2, der(0x04, sha1(bits))), generalizedTime(Date.now()), sequence(answer));
  const basic = sequence(data, algorithmOf(signer, 'sha256'), signBytes(data, signer, 'sha256'), ...(wish.delegate === undefined ? [] : [der(0xa0, sequence(wish.delegate.raw))]));
  return sequence(der(0x0a, Buffer.from([0])), der(0xa0, sequence(oid('2b0601050507300101'), der(0x04, basic))));
}

function bitsAt(spki: Buffer): number {
  const head = (at: number): { from: number; length: number } => {
    const short = spki[at + 1] ?? 0;
    if (short < 128) return { from: at + 2, length: short };
    return { from: at + 2 + (short & 127), length: spki.readUIntBE(at + 2, short & 127) };
  };
  const algorithm = head(head(0).from);
  return head(algorithm.from + algorithm.length).from + 1;
}

export interface CrlWish {
  readonly serials: readonly string[];
  readonly digest?: NonNullable<Wish['digest']>;
  readonly fromMs?: number;
  readonly toMs?: number | null;
  /** Who signs; default: the issuer. */
  readonly signer?: Made;
  /** Whole extensions of the list, and of each entry. */
  readonly extensions?: readonly Buffer[];
  readonly entryExtensions?: readonly Buffer[];
}

/** A certificate revocation list, DER. */
export function makeCrl(issuer: Made, wish: CrlWish): Buffer {
  const digest = wish.digest ?? 'sha256';
  const { key } = wish.signer ?? issuer;
  const toMs = wish.toMs === undefined ? Date.now() + DAY : wish.toMs;
  const entries = wish.serials.map((serial) => sequence(der(0x02, Buffer.from(serial, 'hex')), generalizedTime(Date.now() - DAY), ...(wish.entryExtensions === undefined ? [] : [sequence(...wish.entryExtensions)])));
  const list = sequence(
    der(0x02, Buffer.from([1])), algorithmOf(key, digest), issuer.subject, generalizedTime(wish.fromMs ?? Date.now() - DAY), ...(toMs === null ? [] : [generalizedTime(toMs)]),
    ...(entries.length === 0 ? [] : [sequence(...entries)]), ...(wish.extensions === undefined ? [] : [der(0xa0, sequence(...wish.extensions))]),
  );
  return sequence(list, algorithmOf(key, digest), signBytes(list, key, digest));
}
