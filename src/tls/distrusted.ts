/**
 * Keys and certificates that are refused whoever vouches for them: the deny list (certs/distrusted.txt) and the snapshot of
 * revocations (certs/revoked.txt). Owns the syntax of both files; refuses to know certificates' contents and where the files come from.
 *
 *   key    SHA-256 of the public key (SubjectPublicKeyInfo)
 *   cert   SHA-256 of the certificate
 *   serial SHA-256 of the issuer's public key, then the serial in hex
 */
import { readFileSync } from 'node:fs';
import { TrustError } from './trust-error.js';

export interface Deny {
  /** @param issuerKey SHA-256 of the issuer's public key where the path knows it */
  of(certificate: { readonly key: string; readonly fingerprint: string; readonly serial: string }, issuerKey: string | null): 'site-certificate-distrusted' | 'site-certificate-revoked' | null;
}

/** Canonical lines, as they cross threads: `key …`, `cert …`, `serial … …`. */
export type DenyLines = readonly string[];

const LINE = /^(?:(key|cert) ([0-9a-f]{64})|serial ([0-9a-f]{64}) ([0-9a-f]{2,64}))(?:\s.*)?$/i;

/** @throws TrustError at the first line that is not understood: half a list would let through what it was written against */
export function parseDenyLines(text: string, file: string): DenyLines {
  const lines: string[] = [];
  for (const [at, row] of text.split(/\r?\n/).entries()) {
    const line = row.trim();
    if (line === '' || line.startsWith('#')) continue;
    const match = LINE.exec(line);
    if (match === null) throw new TrustError(`${file}, dòng ${at + 1}: cần là «key», «cert» hoặc «serial» với mã băm SHA-256.`, `${file}, line ${at + 1}: must be "key", "cert" or "serial" with a SHA-256 hash.`);
    const [, kind, hash, issuer, serial] = match;
    lines.push((kind === undefined ? `serial ${issuer ?? ''} ${serialOf(serial ?? '')}` : `${kind} ${hash ?? ''}`).toLowerCase());
  }
  return lines;
}

/** Whole bytes without leading zeros, as certificate-facts.ts writes a serial. */
function serialOf(text: string): string {
  return (text.length % 2 === 0 ? text : `0${text}`).replace(/^(?:00)+(?=.)/, '');
}

export function loadDenyLines(file: string): DenyLines {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new TrustError(`Không đọc được ${file}; hãy lấy lại thư mục certs/ của bản cài.`, `${file} can't be read; get the certs/ of this version back.`, { cause: error });
  }
  return parseDenyLines(text, file);
}

export function createDeny(distrusted: DenyLines, revoked: DenyLines): Deny {
  const bad = new Set(distrusted);
  const withdrawn = new Set(revoked);
  const on = (lines: ReadonlySet<string>, key: string, cert: string, serial: string): boolean => lines.has(key) || lines.has(cert) || lines.has(serial);
  return {
    of(certificate, issuerKey) {
      const key = `key ${certificate.key}`;
      const cert = `cert ${certificate.fingerprint}`;
      const serial = `serial ${issuerKey ?? ''} ${certificate.serial}`;
      if (on(bad, key, cert, serial)) return 'site-certificate-distrusted';
      return on(withdrawn, key, cert, serial) ? 'site-certificate-revoked' : null;
    },
  };
}
