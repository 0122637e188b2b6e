/**
 * Reads DER by position: no copies, no recursion, no exceptions. What is not well-formed is null.
 * Written for bytes that strangers send: a certificate of forge's kind of tree costs its size many times over.
 * Refuses to know what the structures mean.
 */

/** One element: `from`..`to` is its content, `at` its first byte. */
export interface Der {
  readonly tag: number;
  readonly at: number;
  readonly from: number;
  readonly to: number;
}

export const TAG = {
  boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, enumerated: 0x0a,
  utcTime: 0x17, time: 0x18, sequence: 0x30,
} as const;

/** The tag of a context-specific element. */
export function context(number: number, constructed: boolean): number {
  return 0x80 | (constructed ? 0x20 : 0) | number;
}

/** The element at `at`; null when it is not whole before `limit`. Tags above 30 and indefinite lengths are not DER of any structure read here. */
export function readDer(bytes: Uint8Array, at: number, limit: number): Der | null {
  const tag = bytes[at];
  const short = bytes[at + 1];
  if (tag === undefined || short === undefined || at + 2 > limit || (tag & 0x1f) === 0x1f) return null;
  if (short < 0x80) return at + 2 + short <= limit ? { tag, at, from: at + 2, to: at + 2 + short } : null;
  const count = short & 0x7f;
  if (count === 0 || count > 3) return null;
  let length = 0;
  for (let i = 0; i < count; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
  const from = at + 2 + count;
  return length >= 0x80 && from + length <= limit ? { tag, at, from, to: from + length } : null;
}

/** A certificate with ten thousand names is 250 KB and refused by its size; this bounds what is walked of any other. */
const MAX_CHILDREN = 20_000;

/** The elements inside one; null when they do not fill it exactly. */
export function childrenOf(bytes: Uint8Array, parent: Der): Der[] | null {
  const found: Der[] = [];
  let at = parent.from;
  while (at < parent.to) {
    const child = readDer(bytes, at, parent.to);
    if (child === null || found.length >= MAX_CHILDREN) return null;
    found.push(child);
    at = child.to;
  }
  return found;
}

/** Content as lower-case hex: how OIDs, serials and hashes are compared. */
export function hexOf(bytes: Buffer, node: Der): string {
  return bytes.toString('hex', node.from, node.to);
}

/** UTCTime or GeneralizedTime in the one form that RFC 5280 §4.1.2.5 allows (seconds, Z); NaN for anything else. */
export function timeOf(bytes: Buffer, node: Der): number {
  const text = bytes.toString('latin1', node.from, node.to);
  const digits = node.tag === TAG.utcTime && text.length === 13 ? `${Number(text.slice(0, 2)) < 50 ? '20' : '19'}${text}` : text;
  if (!/^\d{14}Z$/.test(digits)) return NaN;
  const part = (from: number, to: number): string => digits.slice(from, to);
  return Date.parse(`${part(0, 4)}-${part(4, 6)}-${part(6, 8)}T${part(8, 10)}:${part(10, 12)}:${part(12, 14)}Z`);
}
