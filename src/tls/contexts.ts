/**
 * TLS contexts by server name, for the connections that are ended here: made on first use, kept in a bounded LRU.
 * Owns TLS versions and ALPN of that side; refuses to know sockets and who asked.
 *
 * Making one is synchronous and takes about a millisecond, so two connections to the same new name can't both make it:
 * "one mint in flight a name" needs no machinery. There is no default certificate anywhere (security.md finding 7).
 */
import { createSecureContext, type SecureContext } from 'node:tls';
import { constants } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import { DAY_MS } from '../local-time.js';
import { createLeafMaker } from './leaf.js';
import { type IssuingAuthority } from './issuing.js';

export interface TlsContexts {
  /** True when a certificate for this canonical name may be made at all. */
  covers(host: string): boolean;
  /** The context for a canonical name; null when none may be made. */
  get(host: string, nowMs: number): SecureContext | null;
  /** Contexts held. */
  size(): number;
  /** Certificates made so far. */
  minted(): number;
}

export interface ContextOptions {
  /** Names that are never answered for, whatever the CA could sign. */
  readonly neverDecrypt: (host: string) => boolean;
  /** About 20 KB each (perf.md T4). */
  readonly max?: number;
}

/** ALPN offered to clients: HTTP/2 is not ended here (design.md, "The wire"). */
export const ALPN_PROTOCOLS: readonly string[] = ['http/1.1'];

const MAX_CONTEXTS = 500;
/** A leaf is made anew this long before it ends. */
const RENEW_MS = 5 * DAY_MS;

interface Held {
  readonly context: SecureContext;
  readonly madeMs: number;
  readonly notAfterMs: number;
}

export function createTlsContexts(authority: IssuingAuthority, options: ContextOptions): TlsContexts {
  const leaves = createLeafMaker(authority);
  const held = new LRUCache<string, Held>({ max: options.max ?? MAX_CONTEXTS });
  let minted = 0;
  const covers = (host: string): boolean => leaves.maySign(host) && !options.neverDecrypt(host);

  return {
    covers,
    get(host, nowMs) {
      if (!covers(host) || nowMs >= authority.notAfterMs) return null;
      const known = held.get(host);
      // a clock set back by more than the backdating makes what was signed before it a certificate from the future
      if (known !== undefined && nowMs < known.notAfterMs - RENEW_MS && nowMs > known.madeMs - DAY_MS / 2) return known.context;
      const leaf = leaves.sign(host, nowMs);
      const context = createSecureContext({
        key: leaves.key,
        cert: leaf.cert,
        // an empty trust store: this side asks for no client certificates, and loading the system's roots doubles the cost
        ca: [],
        minVersion: 'TLSv1.2',
        maxVersion: 'TLSv1.3',
        // no post-quantum hybrid on the school's own wire: 0.13 ms a handshake, and what leaves the school has it (proxy/upstream-tls.ts)
        ecdhCurve: 'X25519:prime256v1:secp384r1',
        // no tickets: nothing is resumed, so no session can travel from one name to another (security.md finding 5);
        // no renegotiation: one handshake is all that a refused client may cost
        secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
        // forward secrecy and AEAD only; TLS 1.3 has its own
        ciphers: 'TLS_AES_128_GCM_SHA256:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_256_GCM_SHA384:ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-ECDSA-AES256-GCM-SHA384',
      });
      minted++;
      // a leaf so near the CA's own end is made for this connection only
      if (leaf.notAfterMs - RENEW_MS > nowMs) held.set(host, { context, madeMs: nowMs, notAfterMs: leaf.notAfterMs });
      return context;
    },
    size: () => held.size,
    minted: () => minted,
  };
}
