/**
 * The table of what can go wrong on the wire: Reason → status. Errors are codes, never messages.
 * Refuses to know pages, sockets and languages.
 */
import type { Reason } from '../policy/decision.js';

/** What the dialler can answer instead of a socket. A subset of Reason, so that it is reported as it is. */
export type DialFault =
  | 'name-not-found' | 'dns-failed' | 'private-address' | 'own-address'
  | 'connect-refused' | 'connect-timeout' | 'upstream-error';

/** Status of the answer when a request fails for this reason; verdicts of decide() that block answer 403, faults of a site's TLS (`site-…`) 502. */
const STATUS: Readonly<Partial<Record<Reason, number>>> = {
  malformed: 400,
  'login-required': 407,
  // Where these answer a request it came by a connection that can't serve it; another one may (RFC 9110 §15.5.20).
  'server-name-mismatch': 421,
  'policy-changed': 421,
  'no-policy': 503,
  'too-many-connections': 503,
  overload: 503,
  loop: 508,
  'name-not-found': 502,
  'dns-failed': 502,
  'connect-refused': 502,
  'upstream-error': 502,
  'connect-timeout': 504,
  'upstream-timeout': 504,
};

export function statusOf(reason: Reason): number {
  return STATUS[reason] ?? (reason.startsWith('site-') ? 502 : 403);
}

const PHRASES: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  403: 'Forbidden',
  405: 'Method Not Allowed',
  407: 'Proxy Authentication Required',
  408: 'Request Timeout',
  414: 'URI Too Long',
  417: 'Expectation Failed',
  421: 'Misdirected Request',
  431: 'Request Header Fields Too Large',
  501: 'Not Implemented',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
  505: 'HTTP Version Not Supported',
  508: 'Loop Detected',
};

export function phraseOf(status: number): string {
  return PHRASES[status] ?? 'Error';
}
