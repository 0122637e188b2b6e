/**
 * From a site's certificate to a trusted root: the path that is judged. OpenSSL finds its own and does not show it.
 * Owns the search and its bounds; refuses to judge anything but "this one signed that one".
 */
import { X509Certificate } from 'node:crypto';
import { readCertificate, type CertificateFacts } from './certificate-facts.js';
import { judgeDates, mayIssue } from './upstream-check.js';

/** A certificate as a node of a path. */
export interface Link {
  readonly facts: CertificateFacts;
  readonly x509: X509Certificate;
}

export interface Pool {
  /** Certificates whose subject is this name (DER). */
  bySubject(subject: string): readonly Link[];
}

/** Public paths have three or four certificates. */
const MAX_DEPTH = 8;
/** A server that sends forty look-alikes may not buy more than this many signature checks (0.1 ms each). */
const MAX_VERIFIES = 24;

/** Null for bytes that are no certificate. */
export function toLink(raw: Buffer, x509?: X509Certificate): Link | null {
  const facts = readCertificate(raw);
  if (facts === null) return null;
  try {
    return { facts, x509: x509 ?? new X509Certificate(raw) };
  } catch {
    return null;
  }
}

export function createPool(links: Iterable<Link>): Pool {
  const found = new Map<string, Link[]>();
  for (const link of links) {
    const same = found.get(link.facts.subject);
    if (same === undefined) found.set(link.facts.subject, [link]);
    else same.push(link);
  }
  return { bySubject: (subject) => found.get(subject) ?? [] };
}

function signed(issuer: Link, child: Link): boolean {
  try {
    return child.x509.verify(issuer.x509.publicKey);
  } catch {
    // a key that OpenSSL can't use
    return false;
  }
}

/**
 * The first path that ends in `roots`, by depth. Roots before what was sent before what is remembered: a certificate signed
 * crosswise must not hide the root behind it.
 * @returns leaf first, root last; null when there is none within the bounds
 */
export function findPath(leaf: Link, roots: Pool, others: readonly Pool[], nowMs: number): Link[] | null {
  let verifies = 0;
  const path = [leaf];

  function climb(): boolean {
    const child = path[path.length - 1];
    if (child === undefined || path.length >= MAX_DEPTH) return false;
    for (const pool of [roots, ...others]) {
      for (const issuer of pool.bySubject(child.facts.issuer)) {
        if (path.some((link) => link.facts.fingerprint === issuer.facts.fingerprint)) continue;
        if (judgeDates(issuer.facts, nowMs) !== null || (pool !== roots && !mayIssue(issuer.facts))) continue;
        if (verifies++ >= MAX_VERIFIES) return false;
        if (!signed(issuer, child)) continue;
        path.push(issuer);
        if (pool === roots || climb()) return true;
        path.pop();
      }
    }
    return false;
  }
  return climb() ? path : null;
}
