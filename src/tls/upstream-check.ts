/**
 * Judges the certificates of an origin as strictly as a browser would (security.md §6.2): what Node lets through, this refuses.
 * Pure and total: bytes of any kind get a verdict, never an exception. OpenSSL has checked signatures, dates and purposes of its
 * own path before; this is the second opinion, and the one that can say why.
 * Refuses to know sockets, pages and where the trust comes from.
 */
import { addressBytes } from './issuing.js';
import { isIcannSuffix } from '../matching/public-suffix.js';
import { PURPOSE, USAGE, type AltNames, type CertificateFacts } from './certificate-facts.js';
import type { Deny } from './distrusted.js';

export type CertificateFault =
  | 'site-certificate-expired' | 'site-certificate-not-yet-valid' | 'site-certificate-self-signed' | 'site-certificate-untrusted'
  | 'site-certificate-incomplete' | 'site-certificate-wrong-host' | 'site-certificate-no-name' | 'site-certificate-wrong-use'
  | 'site-certificate-weak' | 'site-certificate-constraint' | 'site-certificate-revoked' | 'site-certificate-distrusted'
  | 'site-certificate-no-staple' | 'site-certificate-invalid';

/** Certificates of one handshake may not take more than this together. A thousand names fit, ten thousand do not. */
export const MAX_CERTIFICATE_BYTES = 65_536;
/** Public sites send two to four; each costs a tenth of a millisecond to read. */
export const MAX_CERTIFICATES = 20;

/**
 * @param path the site's certificate first, a trusted root last
 * @param host canonical: A-label ASCII or an address
 */
export function judgePath(path: readonly CertificateFacts[], host: string, nowMs: number, deny: Deny): CertificateFault | null {
  const leaf = path[0];
  if (leaf === undefined) return 'site-certificate-invalid';
  return judgeDenied(path, deny) ?? judgeLeaf(leaf, host, nowMs) ?? judgeIssuers(path, nowMs);
}

/** Keys and certificates that nobody may use, wherever in the path. */
export function judgeDenied(path: readonly CertificateFacts[], deny: Deny): CertificateFault | null {
  for (let i = 0; i < path.length; i++) {
    const fault = deny.of(path[i] as CertificateFacts, path[i + 1]?.key ?? null);
    if (fault !== null) return fault;
  }
  return null;
}

export function judgeLeaf(leaf: CertificateFacts, host: string, nowMs: number): CertificateFault | null {
  const dated = judgeDates(leaf, nowMs);
  if (dated !== null) return dated;
  // A CA's own certificate on a web server means that its key lies there: Firefox refuses it, Chromium does not.
  if (leaf.ca) return 'site-certificate-wrong-use';
  if (leaf.purposes !== null && !leaf.purposes.includes(PURPOSE.serverAuth)) return 'site-certificate-wrong-use';
  // Only ECDHE is offered, so the key signs. Chromium refuses RSA keys that may only encipher since version 124.
  if (leaf.keyUsage !== null && (leaf.keyUsage & USAGE.digitalSignature) === 0) return 'site-certificate-wrong-use';
  if (!leaf.strongKey || !leaf.strongSignature) return 'site-certificate-weak';
  if (leaf.names === null) return 'site-certificate-no-name';
  return covers(leaf.names, host) ? null : 'site-certificate-wrong-host';
}

/** The root's own signature and dates prove nothing (its key is trusted as such), its key size does. */
function judgeIssuers(path: readonly CertificateFacts[], nowMs: number): CertificateFault | null {
  for (let i = 1; i < path.length; i++) {
    const issuer = path[i] as CertificateFacts;
    if (!issuer.strongKey) return 'site-certificate-weak';
    if (i === path.length - 1) continue;
    if (!issuer.strongSignature) return 'site-certificate-weak';
    if (!mayIssue(issuer)) return 'site-certificate-wrong-use';
    if (issuer.purposes !== null && !issuer.purposes.includes(PURPOSE.serverAuth) && !issuer.purposes.includes(PURPOSE.any)) return 'site-certificate-wrong-use';
    const dated = judgeDates(issuer, nowMs);
    if (dated !== null) return dated;
  }
  return null;
}

export function mayIssue(certificate: CertificateFacts): boolean {
  return certificate.ca && (certificate.keyUsage === null || (certificate.keyUsage & USAGE.keyCertSign) !== 0);
}

export function judgeDates(certificate: CertificateFacts, nowMs: number): CertificateFault | null {
  if (nowMs < certificate.notBeforeMs) return 'site-certificate-not-yet-valid';
  return nowMs > certificate.notAfterMs ? 'site-certificate-expired' : null;
}

/**
 * RFC 9525 §6.3: subjectAltName alone, the common name never. A wildcard is the whole leftmost label and stands for exactly one;
 * never for everything under a public suffix (`*.vn`, `*.com.vn`).
 */
export function covers(names: AltNames, host: string): boolean {
  const address = addressBytes(host);
  if (address !== null) return names.addresses.includes(address.toString('hex'));
  if (names.dns.includes(host)) return true;
  const dot = host.indexOf('.');
  if (dot <= 0) return false;
  const parent = host.slice(dot + 1);
  return names.dns.includes(`*.${parent}`) && parent.includes('.') && !isIcannSuffix(parent);
}
