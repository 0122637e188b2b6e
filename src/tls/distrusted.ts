/**
 * Keys and certificates that are refused whoever vouches for them: the deny list (certs/distrusted.txt) and the snapshot of
 * revocations (certs/revoked.txt), both as shipped and as the signed channel brings more. Owns the syntax of both files; refuses to know
 * certificates' contents and where the files come from.
 *
 *   key    SHA-256 of the public key (SubjectPublicKeyInfo)
 *   cert   SHA-256 of the certificate
 *   serial SHA-256 of the issuer's public key, then the serial in hex
 */
import { readFileSync } from 'node:fs';
import { canonicalDenyLine, denyLineFault } from './deny-line.js';
import { isDenied, type PackedDeny } from './packed-deny.js';
import { TrustError } from './trust-error.js';

export interface Deny {
  /** @param issuerKey SHA-256 of the issuer's public key where the path knows it */
  of(certificate: { readonly key: string; readonly fingerprint: string; readonly serial: string }, issuerKey: string | null): 'site-certificate-distrusted' | 'site-certificate-revoked' | null;
}

/** Canonical lines, as they cross threads: `key …`, `cert …`, `serial … …`. */
export type DenyLines = readonly string[];

/** @throws TrustError at the first line that is not understood: half a list would let through what it was written against */
export function parseDenyLines(text: string, file: string): DenyLines {
  const lines: string[] = [];
  for (const [at, row] of text.split(/\r?\n/).entries()) {
    const line = row.trim();
    if (line === '' || line.startsWith('#')) continue;
    const canonical = canonicalDenyLine(line);
    if (canonical === null) throw denyLineFault(file, at);
    lines.push(canonical);
  }
  return lines;
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

/** What the signed channel adds to the shipped files. Crosses threads without a copy. */
export interface MoreDeny {
  readonly distrusted: PackedDeny;
  readonly revoked: PackedDeny;
}

export function createDeny(distrusted: DenyLines, revoked: DenyLines, more: MoreDeny | null = null): Deny {
  const bad = new Set(distrusted);
  const withdrawn = new Set(revoked);
  const on = (lines: ReadonlySet<string>, packed: PackedDeny | undefined, ...names: readonly string[]): boolean =>
    names.some((name) => lines.has(name) || (packed !== undefined && isDenied(packed, name)));
  return {
    of(certificate, issuerKey) {
      const key = `key ${certificate.key}`;
      const cert = `cert ${certificate.fingerprint}`;
      const serial = `serial ${issuerKey ?? ''} ${certificate.serial}`;
      if (on(bad, more?.distrusted, key, cert, serial)) return 'site-certificate-distrusted';
      return on(withdrawn, more?.revoked, key, cert, serial) ? 'site-certificate-revoked' : null;
    },
  };
}
