/**
 * What a ClientHello may not be, whatever its name, and the alert that says so (RFC 8446 §6).
 * Pure: no sockets, no policy.
 */
import type { Reason } from '../policy/decision.js';
import type { HelloResult } from './client-hello.js';

export const ALERT = {
  illegalParameter: 47,
  accessDenied: 49,
  protocolVersion: 70,
  internalError: 80,
  unrecognizedName: 112,
  noApplicationProtocol: 120,
} as const;

/** A fatal alert in one plain record; before any ServerHello the record version is that of TLS 1.2 at most. */
export function tlsAlert(description: number): Buffer {
  return Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, description]);
}

const TLS_1_2 = 0x0303;

/** ALPN names of the web (RFC 7301 registry). */
const WEB_PROTOCOLS: ReadonlySet<string> = new Set(['http/0.9', 'http/1.0', 'http/1.1', 'h2', 'h3', 'spdy/1', 'spdy/2', 'spdy/3', 'spdy/3.1']);

/** Registered for something that is not the web: refused even beside a web protocol, since the server picks (security.md T14). */
const OTHER_PROTOCOLS: ReadonlySet<string> = new Set([
  'dot', 'doq', 'acme-tls/1', 'imap', 'pop3', 'managesieve', 'xmpp-client', 'xmpp-server', 'ftp', 'irc', 'nntp', 'nnsp', 'mqtt',
  'coap', 'co', 'stun.turn', 'stun.nat-discovery', 'ntske/1', 'smb', 'sunrpc', 'sip/2', 'tds/8.0', 'postgresql', 'dicom',
  'radius/1.0', 'radius/1.1',
]);

/** RFC 8701 §2: ALPN values of two equal bytes 0x?A, sent so that nobody chokes on unknown ones. */
function isGrease(protocol: string): boolean {
  return protocol.length === 2 && protocol[0] === protocol[1] && (protocol.charCodeAt(0) & 0x0f) === 0x0a;
}

export interface HelloRefusal {
  readonly reason: Reason;
  /** Null: the peer does not speak TLS, so it gets no alert. */
  readonly alert: number | null;
}

/** Why this first flight is refused before its name is even looked at, or null. */
export function helloRefusal(hello: HelloResult): HelloRefusal | null {
  if (hello.state === 'more') return null;
  if (hello.state === 'bad') {
    return hello.reason === 'not-tls' ? { reason: 'not-tls', alert: null } : { reason: 'malformed', alert: ALERT.illegalParameter };
  }
  // RFC 8996: no server of today answers TLS 1.1; what still offers nothing else is not a browser (security.md T13).
  if (hello.versions.length > 0 && Math.max(...hello.versions) < TLS_1_2) return { reason: 'not-tls', alert: ALERT.protocolVersion };
  return speaksWeb(hello.alpn) ? null : { reason: 'not-tls', alert: ALERT.noApplicationProtocol };
}

/** No ALPN at all is the web of old; otherwise one of the web's must be among it, and none of something else. */
function speaksWeb(alpn: readonly string[]): boolean {
  let web = false;
  let offered = false;
  for (const protocol of alpn) {
    if (isGrease(protocol)) continue;
    offered = true;
    if (WEB_PROTOCOLS.has(protocol)) web = true;
    else if (OTHER_PROTOCOLS.has(protocol)) return false;
  }
  return web || !offered;
}
