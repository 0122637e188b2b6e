/**
 * TLS to the origin, for connections that are decrypted: offers what a browser of today offers and nothing older, then judges what
 * came back (tls/upstream-check.ts). Owns the handshake, its deadline and the words for its failures.
 * Refuses to know requests, clients and whether anybody should decrypt at all.
 *
 * Nothing is ever resumed: no session is kept or handed over, so none can travel from one host to another (security.md finding 5).
 */
import { createHash, constants, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { connect, createSecureContext, type SecureContext, type TLSSocket } from 'node:tls';
import { LRUCache } from 'lru-cache';
import { isAddressLiteral } from '../matching/address.js';
import type { Reason } from '../policy/decision.js';
import { createDeny, type MoreDeny } from '../tls/distrusted.js';
import { createIntermediates } from '../tls/intermediates.js';
import { judgeStaple, type Staple } from '../tls/ocsp.js';
import { judgeDenied, judgeLeaf, judgePath, MAX_CERTIFICATE_BYTES, MAX_CERTIFICATES, type CertificateFault } from '../tls/upstream-check.js';
import { createPool, findPath, toLink, type Link } from '../tls/upstream-path.js';
import type { UpstreamTrust } from '../tls/upstream-trust.js';
import type { Dialing } from './relay-context.js';

/** Every one is a Reason. `site-wants-certificate`: the origin asks the user for a certificate, which no gateway can pass on: splice. */
export type UpstreamTlsFault = (CertificateFault | 'site-tls-outdated' | 'site-tls-failed' | 'site-wants-certificate' | 'upstream-error' | 'upstream-timeout') & Reason;

export interface UpstreamTls {
  /**
   * Handshake with the origin over an already dialled socket. `done` exactly once, never after cancel, never before `secure` returns.
   * On a fault, and on cancel, the socket is destroyed.
   * @param host canonical (hostname.ts): it becomes the server name and is what the certificate must cover
   */
  secure(socket: Socket, host: string, done: (fault: UpstreamTlsFault | null, secure: TLSSocket | null) => void): Dialing;
  /** The channel brought newer revocations: nothing judged before is believed, and open connections to what is now refused are closed. */
  setDeny(more: MoreDeny): void;
}

export interface UpstreamTlsOptions {
  readonly trust: UpstreamTrust;
  /** From the first byte of the hello to the verdict: a site with an RSA key of 8,192 bits needs a tenth of a second, a silent one for ever. */
  readonly handshakeMs: number;
  readonly nowMs?: () => number;
}

/** ECDHE with AEAD only. No DHE (its groups can't be judged from here), no static RSA, no CBC. TLS 1.3 first: it has no others. */
const CIPHERS = [
  'TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256',
  'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256', 'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305',
  // 112 bits everywhere in the path: RSA of 2,048 and no SHA-1, whatever openssl.cnf says
  '@SECLEVEL=2',
].join(':');
/** P-384 is there for certificates on it: under TLS 1.2 this list limits them too (RFC 8422 §5.1.1). */
const GROUPS = 'X25519MLKEM768:X25519:P-256:P-384';
const GROUPS_WITHOUT_HYBRID = 'X25519:P-256:P-384';
/** What Chromium offers, and P-521 as Firefox does; no SHA-1. */
const SIGNATURES = [
  'ecdsa_secp256r1_sha256', 'rsa_pss_rsae_sha256', 'rsa_pkcs1_sha256', 'ecdsa_secp384r1_sha384', 'rsa_pss_rsae_sha384', 'rsa_pkcs1_sha384',
  'rsa_pss_rsae_sha512', 'rsa_pkcs1_sha512', 'ecdsa_secp521r1_sha512',
].join(':');
const ALPN = ['http/1.1'];

/** One verdict a leaf, chain and host: a page of forty requests from one site costs one judgement. */
const MAX_VERDICTS = 4_096;
/** Certificates read and their signatures checked: what one certificate serves (a CDN's serves a hundred names) is checked once for all. */
const MAX_CHAINS = 1_024;
/** What was learnt comes into force at most this often: a new context costs 5 to 10 ms. */
const RELEARN_MS = 1_000;
/** OpenSSL looks at the dates each time; this bounds how long a path through an intermediate is believed after its own end. */
const VERDICT_MS = 3_600_000;
/** A staple is read again after this. */
const STAPLE_MS = 300_000;

interface Verdict {
  readonly fault: CertificateFault | null;
  /** Of a good path. */
  readonly leaf: Link | null;
  readonly issuer: Link | null;
  readonly path: readonly Link[];
  readonly madeMs: number;
  /** The answer about `staple`, by its hash. */
  staple: { readonly hash: string; readonly answer: Staple; readonly madeMs: number } | null;
}

/** A leaf and its path to a root, signatures checked; of what has none nothing is kept, it may be learnt. */
interface Chain {
  readonly leaf: Link;
  readonly path: readonly Link[];
  readonly madeMs: number;
}

/** What is known once the server has spoken, whatever comes of it. */
interface Heard {
  certificate: X509Certificate | undefined;
  staple: Buffer | null;
  asksCertificate: boolean;
  path: readonly Link[];
}

export function createUpstreamTls(options: UpstreamTlsOptions): UpstreamTls {
  const { trust, handshakeMs } = options;
  const nowMs = options.nowMs ?? Date.now;
  let deny = createDeny(trust.distrusted, trust.revoked, trust.more ?? null);
  /** Connections in use, with the path each was believed by. */
  const open = new Map<TLSSocket, readonly Link[]>();
  const roots = createPool(trust.roots.map(rootLink).filter((link) => link !== null));
  const learnt = createIntermediates();
  const verdicts = new LRUCache<string, Verdict>({ max: MAX_VERDICTS });
  const chains = new LRUCache<string, Chain>({ max: MAX_CHAINS });
  let context: SecureContext | null = null;
  let contextVersion = -1;
  let rebuiltMs = -Infinity;

  /** OpenSSL looks for issuers among the trusted certificates too; without X509_V_FLAG_PARTIAL_CHAIN only a root ends a path. */
  function contextNow(): SecureContext {
    const version = learnt.version();
    if (context !== null && (version === contextVersion || performance.now() - rebuiltMs < RELEARN_MS)) return context;
    if (context !== null) rebuiltMs = performance.now();
    contextVersion = version;
    context = makeContext([...trust.roots, ...learnt.pems(nowMs())]);
    return context;
  }

  function judge(heard: Heard, host: string): CertificateFault | null {
    if (heard.certificate === undefined) return 'site-certificate-invalid';
    const verdict = judgeOnce(heard.certificate, host);
    heard.path = verdict.path;
    return verdict.fault ?? judgeStapled(verdict, heard.staple);
  }

  function judgeOnce(first: X509Certificate, host: string): Verdict {
    const sent = sentBy(first);
    const chain = sent.map((certificate) => certificate.fingerprint256).join(' ');
    const key = `${host} ${chain}`;
    const known = verdicts.get(key);
    const now = nowMs();
    if (known !== undefined && Math.abs(now - known.madeMs) < VERDICT_MS) return known;
    const verdict = judgeAnew(sent, chain, host, now);
    verdicts.set(key, verdict);
    return verdict;
  }

  function judgeAnew(sent: readonly X509Certificate[], chain: string, host: string, now: number): Verdict {
    const none = { leaf: null, issuer: null, path: [], madeMs: now, staple: null };
    if (tooMuch(sent)) return { ...none, fault: 'site-certificate-invalid' };
    const checked = chains.get(chain);
    if (checked !== undefined && Math.abs(now - checked.madeMs) < VERDICT_MS) return judgeChecked(checked, host, now);
    const [leaf, ...others] = sent.map((certificate) => toLink(certificate.raw, certificate));
    if (leaf == null) return { ...none, fault: 'site-certificate-invalid' };
    const pool = createPool(others.filter((link) => link !== null));
    const path = findPath(leaf, roots, [pool, learnt], now);
    if (path === null) return { ...none, fault: judgeDenied([leaf.facts], deny) ?? judgeLeaf(leaf.facts, host, now) ?? 'site-certificate-untrusted' };
    const found: Chain = { leaf, path, madeMs: now };
    chains.set(chain, found);
    return judgeChecked(found, host, now);
  }

  function judgeChecked({ leaf, path }: Chain, host: string, now: number): Verdict {
    const fault = judgePath(path.map((link) => link.facts), host, now, deny);
    if (fault === null) learnt.learn(path.slice(1, -1));
    return { fault, leaf, issuer: path[1] ?? null, path, madeMs: now, staple: null };
  }

  function judgeStapled(verdict: Verdict, staple: Buffer | null): CertificateFault | null {
    const { leaf, issuer } = verdict;
    if (leaf === null || issuer === null) return null;
    let answer: Staple = 'unusable';
    if (staple !== null) {
      const now = nowMs();
      const hash = createHash('sha256').update(staple).digest('base64');
      const known = verdict.staple;
      if (known?.hash === hash && Math.abs(now - known.madeMs) < STAPLE_MS) answer = known.answer;
      else {
        answer = judgeStaple(staple, leaf.facts, issuer, now);
        verdict.staple = { hash, answer, madeMs: now };
      }
    }
    if (answer === 'revoked') return 'site-certificate-revoked';
    return leaf.facts.mustStaple && answer !== 'good' ? 'site-certificate-no-staple' : null;
  }

  /** OpenSSL has refused: its code says why, or the certificates do. */
  function explain(code: string | undefined, heard: Heard, host: string): UpstreamTlsFault {
    const sent = heard.certificate === undefined ? [] : sentBy(heard.certificate);
    const links = tooMuch(sent) ? [] : sent.map((certificate) => toLink(certificate.raw, certificate)).filter((link) => link !== null);
    const facts = links.map((link) => link.facts);
    const denied = judgeDenied(facts, deny);
    if (denied !== null) return denied;
    const named = code === undefined ? undefined : VERIFY_FAULTS[code];
    if (named !== undefined) return named;
    if (code !== undefined && VERIFY_OTHER.has(code)) {
      if (facts.some((certificate) => !certificate.strongKey || !certificate.strongSignature)) return 'site-certificate-weak';
      if (facts.slice(1).some((certificate) => certificate.nameConstraints)) return 'site-certificate-constraint';
      const leaf = facts[0];
      return (leaf === undefined ? null : judgeLeaf(leaf, host, nowMs())) ?? 'site-certificate-invalid';
    }
    // A server that insists on a certificate breaks off TLS 1.2 before OpenSSL is asked for its verdict: a stranger who does so to be
    // spliced is still a stranger.
    if (heard.asksCertificate) return judge(heard, host) ?? 'site-wants-certificate';
    return handshakeFault(code);
  }

  return {
    secure(socket, host, done) {
      const heard: Heard = { certificate: undefined, staple: null, asksCertificate: false, path: [] };
      let over = false;
      /** Undefined until OpenSSL has accepted and the certificates have been judged here. */
      let judged: UpstreamTlsFault | null | undefined;
      const secure = connect({
        socket,
        host,
        ...(isAddressLiteral(host) ? {} : { servername: host }),
        secureContext: contextNow(),
        ALPNProtocols: ALPN,
        rejectUnauthorized: true,
        // Called where OpenSSL accepts. In place of Node's own check, which takes a common name for a name and reads the whole path into
        // an object first; a fault makes Node itself destroy the connection.
        checkServerIdentity: () => {
          judged = judge(heard, host);
          return judged === null ? undefined : new Error(judged);
        },
        // the staple; and this event is the one moment before the verdict at which a failed handshake can still be asked anything
        requestOCSP: true,
      });
      const deadline = setTimeout(() => fail('upstream-timeout'), handshakeMs);

      function end(): boolean {
        if (over) return false;
        over = true;
        clearTimeout(deadline);
        return true;
      }
      function fail(fault: UpstreamTlsFault): void {
        if (!end()) return;
        secure.destroy();
        socket.destroy();
        done(fault, null);
      }

      secure.on('OCSPResponse', (staple: Buffer | null) => {
        heard.staple = staple;
        heard.certificate = secure.getPeerX509Certificate();
        // A client has shared signature algorithms only after the server has sent a CertificateRequest with its own.
        heard.asksCertificate = secure.getSharedSigalgs().length > 0;
      });
      // Inert afterwards: the caller's own listeners stand beside these.
      secure.on('error', (error: NodeJS.ErrnoException) => {
        if (!over) fail(judged ?? explain(error.code, heard, host));
      });
      secure.on('close', () => fail('upstream-error'));
      secure.once('secureConnect', () => {
        if (over) return;
        // A resumed session is not asked for its identity (security.md finding 5); none is ever offered, so this can't be one.
        if (judged !== null || !secure.authorized || secure.isSessionReused()) return fail('site-certificate-invalid');
        if (heard.asksCertificate) return fail('site-wants-certificate');
        if (!end()) return;
        open.set(secure, heard.path);
        secure.once('close', () => open.delete(secure));
        done(null, secure);
      });
      return {
        cancel() {
          if (!end()) return;
          secure.destroy();
          socket.destroy();
        },
      };
    },
    setDeny(more) {
      deny = createDeny(trust.distrusted, trust.revoked, more);
      verdicts.clear();
      for (const [secure, path] of open) if (judgeDenied(path.map((link) => link.facts), deny) !== null) secure.destroy();
    },
  };
}

function makeContext(ca: readonly string[]): SecureContext {
  const make = (ecdhCurve: string): SecureContext => createSecureContext({
    ca: [...ca],
    minVersion: 'TLSv1.2',
    maxVersion: 'TLSv1.3',
    ciphers: CIPHERS,
    sigalgs: SIGNATURES,
    ecdhCurve,
    secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
  });
  try {
    return make(GROUPS);
  } catch {
    // an OpenSSL before 3.5
    return make(GROUPS_WITHOUT_HYBRID);
  }
}

function rootLink(pem: string): Link | null {
  const x509 = new X509Certificate(pem);
  return toLink(x509.raw, x509);
}

/** What the server sent, in its order. */
function sentBy(first: X509Certificate): X509Certificate[] {
  const sent: X509Certificate[] = [];
  for (let next: X509Certificate | undefined = first; next !== undefined; next = next.issuerCertificate) sent.push(next);
  return sent;
}

function tooMuch(sent: readonly X509Certificate[]): boolean {
  return sent.length > MAX_CERTIFICATES || sent.reduce((bytes, certificate) => bytes + certificate.raw.length, 0) > MAX_CERTIFICATE_BYTES;
}

/** OpenSSL's verification results by Node's names for them. */
const VERIFY_FAULTS: Readonly<Record<string, CertificateFault>> = {
  CERT_HAS_EXPIRED: 'site-certificate-expired',
  CERT_NOT_YET_VALID: 'site-certificate-not-yet-valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'site-certificate-self-signed',
  SELF_SIGNED_CERT_IN_CHAIN: 'site-certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT: 'site-certificate-untrusted',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'site-certificate-untrusted',
  CERT_UNTRUSTED: 'site-certificate-untrusted',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'site-certificate-incomplete',
  INVALID_PURPOSE: 'site-certificate-wrong-use',
  INVALID_CA: 'site-certificate-wrong-use',
  PATH_LENGTH_EXCEEDED: 'site-certificate-constraint',
  CERT_REVOKED: 'site-certificate-revoked',
  HOSTNAME_MISMATCH: 'site-certificate-wrong-host',
};
/** Results that say too little: the certificates themselves are asked. `UNSPECIFIED` is all that Node says of SHA-1, short keys and name constraints. */
const VERIFY_OTHER: ReadonlySet<string> = new Set(['UNSPECIFIED', 'CERT_REJECTED', 'CERT_SIGNATURE_FAILURE', 'CERT_CHAIN_TOO_LONG']);

function handshakeFault(code: string | undefined): UpstreamTlsFault {
  if (code === undefined || !code.startsWith('ERR_SSL_')) return 'upstream-error';
  if (/PROTOCOL_VERSION|UNSUPPORTED_PROTOCOL|HANDSHAKE_FAILURE|INSUFFICIENT_SECURITY/.test(code)) return 'site-tls-outdated';
  return code.includes('EXCESSIVE_MESSAGE_SIZE') ? 'site-certificate-invalid' : 'site-tls-failed';
}
