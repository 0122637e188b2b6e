/** One line of the deny lists (certs/distrusted.txt, certs/revoked.txt) in its one spelling. Pure. */
import { TrustError } from './trust-error.js';

const LINE = /^(?:(key|cert) ([0-9a-f]{64})|serial ([0-9a-f]{64}) ([0-9a-f]{2,64}))(?:\s.*)?$/i;

/** A trimmed line in its one spelling; null for one that is not understood. */
export function canonicalDenyLine(line: string): string | null {
  const match = LINE.exec(line);
  if (match === null) return null;
  const [, kind, hash, issuer, serial] = match;
  return (kind === undefined ? `serial ${issuer ?? ''} ${serialOf(serial ?? '')}` : `${kind} ${hash ?? ''}`).toLowerCase();
}

/** Whole bytes without leading zeros, as certificate-facts.ts writes a serial. */
export function serialOf(text: string): string {
  return (text.length % 2 === 0 ? text : `0${text}`).replace(/^(?:00)+(?=.)/, '');
}

/** @param at index of the line, from 0 */
export function denyLineFault(file: string, at: number): TrustError {
  return new TrustError(`${file}, dòng ${at + 1}: cần là «key», «cert» hoặc «serial» với mã băm SHA-256.`, `${file}, line ${at + 1}: must be "key", "cert" or "serial" with a SHA-256 hash.`);
}
