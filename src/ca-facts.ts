/** The public half of the school's CA as the pages show it. No key passes here. */
import type { CaFacts, SchoolCaFacts } from './pages/ca-page.js';
import type { Authority, SchoolCa } from './tls/authority.js';
import { exportCa, fingerprintText } from './tls/export.js';

export function caFacts(authority: Authority | null, school: string): SchoolCaFacts | null {
  if (authority === null) return null;
  const { signing, next, switchMs } = authority;
  const certificates = [signing, ...(next === null ? [] : [next])].map((ca) => ca.certificate);
  return {
    current: factsOf(signing),
    next: next === null ? null : factsOf(next),
    switchMs,
    appleProfile: exportCa({ format: 'apple', certificates, school }).toString('utf8'),
  };
}

function factsOf(ca: SchoolCa): CaFacts {
  return { fingerprint: fingerprintText(ca.issuing.fingerprint), notAfterMs: ca.issuing.notAfterMs, pem: ca.certificate.toString() };
}
