/**
 * Intermediates learnt from complete, good paths, for origins that forget to send theirs. A browser would fetch them from the
 * address in the certificate: a gateway that did so would tell the CA which sites the school visits, and dial where a certificate says.
 * Bounded, memory only. Knowing one adds no trust: a path still has to end in a root.
 */
import { LRUCache } from 'lru-cache';
import type { Link, Pool } from './upstream-path.js';

export interface Intermediates extends Pool {
  learn(links: readonly Link[]): void;
  /** Grows when something new was learnt. */
  version(): number;
  /** Those still valid, as PEM. */
  pems(nowMs: number): string[];
}

/** The public web has some two thousand; a school's week meets a few hundred. About 2 KB each. */
const MAX_KNOWN = 512;

export function createIntermediates(max = MAX_KNOWN): Intermediates {
  const known = new LRUCache<string, Link>({ max });
  let version = 0;

  return {
    learn(links) {
      for (const link of links) {
        if (known.get(link.facts.fingerprint) !== undefined) continue;
        known.set(link.facts.fingerprint, link);
        version++;
      }
    },
    // Asked only where what was sent does not lead to a root: a walk over 512 names is nothing beside the handshake.
    bySubject: (subject) => [...known.values()].filter((link) => link.facts.subject === subject),
    version: () => version,
    pems: (nowMs) => [...known.values()].filter((link) => link.facts.notAfterMs > nowMs).map((link) => link.x509.toString()),
  };
}
