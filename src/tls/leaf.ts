/**
 * The leaf that the school CA signs for one name (security.md §6.3): exact name, critical SAN with an empty subject, 30 days
 * backdated one, one P-256 key for all. Owns which names may be signed for; refuses to know sockets, policy and files.
 *
 * Everything but serial, dates and name is the same in every leaf and is written once, so that a new host costs one signature.
 * The few lines of DER here keep forge out of the proxy threads.
 */
import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { DAY_MS } from '../local-time.js';
import { isAddressLiteral } from '../matching/address.js';
import { addressBytes, keyIdOf, newSerial, type IssuingAuthority } from './issuing.js';

export interface Leaf {
  /** PEM of the leaf alone: the CA itself is in the client's store or the handshake fails anyway. */
  readonly cert: string;
  readonly notAfterMs: number;
}

export interface LeafMaker {
  /** PEM of the one key of all leaves. */
  readonly key: string;
  /** True when the CA's own constraints let it sign for this canonical host or address. */
  maySign(host: string): boolean;
  /** @param hosts canonical, ones that `maySign` */
  sign(hosts: string | readonly string[], nowMs: number): Leaf;
}

/** For a leaf that is not one of many: its own key, its own length of life. */
export interface OwnLeaf {
  readonly pair?: { readonly privateKey: KeyObject; readonly publicKey: KeyObject };
  readonly days?: number;
}

/** Safari caps private CAs at 825 days, Android WebView has refused long ones (finding 10): a month is under every cap. */
const LEAF_DAYS = 30;
const MAX_HOST = 253;

const SEQUENCE = 0x30;
const OCTETS = 0x04;
const TRUE = Buffer.from([0x01, 0x01, 0xff]);
const oid = (hex: string): Buffer => tlv(0x06, Buffer.from(hex, 'hex'));
const ECDSA_SHA256 = tlv(SEQUENCE, oid('2a8648ce3d040302'));

/** Makes the signer of one CA; its leaf key lives as long as it does. Never the CA's own key (SChannel refuses that). */
export function createLeafMaker(authority: IssuingAuthority, own: OwnLeaf = {}): LeafMaker {
  const { privateKey, publicKey } = own.pair ?? generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const days = own.days ?? LEAF_DAYS;
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const version = Buffer.from([0xa0, 0x03, 0x02, 0x01, 0x02]);
  const issuer = Buffer.from(authority.name);
  const emptySubject = Buffer.from([SEQUENCE, 0]);
  const fixed = Buffer.concat([
    extension('551d13', true, tlv(SEQUENCE)),
    // digitalSignature is bit 0
    extension('551d0f', true, Buffer.from([0x03, 0x02, 0x07, 0x80])),
    extension('551d25', false, tlv(SEQUENCE, oid('2b06010505070301'))),
    extension('551d0e', false, tlv(OCTETS, keyIdOf(spki))),
    extension('551d23', false, tlv(SEQUENCE, tlv(0x80, Buffer.from(authority.keyId)))),
  ]);
  const excluded = new Set(authority.excluded);
  const addresses = new Set(authority.addresses);

  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    maySign(host) {
      if (isAddressLiteral(host)) return addresses.has(host);
      if (host.length === 0 || host.length > MAX_HOST || host.includes('*')) return false;
      for (let at = 0; at !== -1; at = nextLabel(host, at)) if (excluded.has(host.slice(at))) return false;
      return true;
    },
    sign(hosts, nowMs) {
      const notBeforeMs = Math.max(nowMs - DAY_MS, authority.notBeforeMs);
      const notAfterMs = Math.min(nowMs - DAY_MS + days * DAY_MS, authority.notAfterMs);
      const names = (typeof hosts === 'string' ? [hosts] : hosts).map(generalName);
      const body = tlv(
        SEQUENCE, version, tlv(0x02, newSerial()), ECDSA_SHA256, issuer, tlv(SEQUENCE, time(notBeforeMs), time(notAfterMs)), emptySubject, spki,
        // critical because the subject is empty: Chromium refuses it otherwise
        tlv(0xa3, tlv(SEQUENCE, extension('551d11', true, tlv(SEQUENCE, ...names)), fixed)),
      );
      const signature = sign('sha256', body, authority.key);
      const whole = tlv(SEQUENCE, body, ECDSA_SHA256, tlv(0x03, Buffer.from([0]), signature));
      return { cert: toPem(whole), notAfterMs };
    },
  };
}

/** A name of one part, CN, as DER. */
export function commonName(text: string): Buffer {
  return tlv(SEQUENCE, tlv(0x31, tlv(SEQUENCE, oid('550403'), tlv(0x0c, Buffer.from(text, 'utf8')))));
}

function generalName(host: string): Buffer {
  const bytes = addressBytes(host);
  return bytes === null ? tlv(0x82, Buffer.from(host, 'latin1')) : tlv(0x87, bytes);
}

/** Start of the next label, or −1. */
function nextLabel(host: string, at: number): number {
  const dot = host.indexOf('.', at);
  return dot === -1 ? -1 : dot + 1;
}

function extension(id: string, critical: boolean, value: Buffer): Buffer {
  return critical ? tlv(SEQUENCE, oid(id), TRUE, tlv(OCTETS, value)) : tlv(SEQUENCE, oid(id), tlv(OCTETS, value));
}

function tlv(tag: number, ...parts: readonly Buffer[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const head = length < 128 ? [tag, length] : length < 256 ? [tag, 0x81, length] : [tag, 0x82, length >> 8, length & 255];
  return Buffer.concat([Buffer.from(head), ...parts]);
}

/** UTCTime through 2049, GeneralizedTime from 2050 (RFC 5280 §4.1.2.5). */
function time(ms: number): Buffer {
  const digits = `${new Date(ms).toISOString().slice(0, 19).replace(/[-:T]/g, '')}Z`;
  return digits < '2050' ? tlv(0x17, Buffer.from(digits.slice(2), 'latin1')) : tlv(0x18, Buffer.from(digits, 'latin1'));
}

function toPem(der: Buffer): string {
  return `-----BEGIN CERTIFICATE-----\n${der.toString('base64').replace(/.{64}/g, '$&\n').trimEnd()}\n-----END CERTIFICATE-----\n`;
}
