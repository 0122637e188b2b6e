/**
 * What making a CA and signing a leaf have in common, without forge: the authority as threads hold it, serials, key ids, addresses.
 * Refuses to know structures and files.
 */
import { createHash, randomBytes, type KeyObject } from 'node:crypto';
import { parseAddress } from '../matching/address.js';


/** What a thread needs to sign leaves. Crosses threads: the key as a KeyObject, never as text. */
export interface IssuingAuthority {
  readonly key: KeyObject;
  /** SHA-256 of the certificate, lower-case hex. */
  readonly fingerprint: string;
  /** The issuer's name as DER, copied byte for byte into every leaf. */
  readonly name: Uint8Array;
  readonly keyId: Uint8Array;
  readonly notBeforeMs: number;
  readonly notAfterMs: number;
  /** Names under which this CA can sign nothing (with everything below them). */
  readonly excluded: readonly string[];
  /** The only addresses it can sign for. */
  readonly addresses: readonly string[];
}

/** 4 or 16 bytes as they stand in a certificate (RFC 5280 §4.2.1.6); null for what is no address. */
export function addressBytes(text: string): Buffer | null {
  const address = parseAddress(text);
  if (address === null) return null;
  const bytes = Buffer.alloc(address.words.length * 4);
  address.words.forEach((word, at) => bytes.writeUInt32BE(word, at * 4));
  return bytes;
}

/** A positive serial of 16 random bytes (RFC 5280 §4.1.2.2; ≥ 64 bits asked of public CAs). */
export function newSerial(): Buffer {
  const serial = randomBytes(16);
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  return serial;
}

/** RFC 7093 method 1: the leftmost 160 bits of the SHA-256 of the public key. */
export function keyIdOf(spki: Buffer): Buffer {
  return createHash('sha256').update(spki.subarray(spki.length - 65)).digest().subarray(0, 20);
}
