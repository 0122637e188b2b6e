/**
 * Ends TLS with a leaf of the school's CA: for the block page (levels `block-page` and `inspect`), and to read what is allowed (`inspect`).
 * Owns which connections that is done to, the handshake and its deadline, and who turned our certificate down. It can dial nothing: no
 * dialler is given to it. What comes out of the TLS goes to the same server as every request, and is decided there.
 */
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import { isAddressLiteral } from '../matching/address.js';
import type { Decision } from '../policy/decision.js';
import type { Snapshot } from '../policy/snapshot.js';
import { ALPN_PROTOCOLS, createTlsContexts, type TlsContexts } from '../tls/contexts.js';
import type { SigningParts } from '../tls/keeper.js';
import { createNeverDecrypt } from '../tls/never-decrypt.js';
import type { Inside } from './inside.js';
import { Roster, type Member } from './roster.js';
import type { ProxyLimits } from './settings.js';
import type { ClientRef } from './tunnel.js';

/** A connection whose ClientHello has been read and judged. The caller will not touch the client again. */
export interface TlsAsk {
  readonly client: Socket;
  /** Everything read from it, to be read again by TLS. */
  readonly hello: readonly Buffer[];
  /** The server name, canonical, that was judged. */
  readonly host: string;
  readonly port: number;
  readonly from: ClientRef;
  readonly decision: Decision;
  /** Only the page may come of it; its outcome has been given. */
  readonly pageOnly: boolean;
  /** Gives the outcome of a connection on which nothing was ever asked. */
  readonly tell: (failed: boolean) => void;
}

export interface Interceptor {
  /** True when the TLS of a connection to this host is ended here: the verdict, the profile's level, the CA and the lists say so, and there is room. */
  covers(host: string, decision: Decision, snapshot: Snapshot): boolean;
  take(ask: TlsAsk): void;
  /** This host wants the client's own certificate, which can't pass through us: from now on it is spliced. */
  splice(host: string): void;
  /** A CA that was made, changed or taken away, or another never-decrypt list. The caller reviews what is open. */
  setSigning(signing: SigningParts | null): void;
  count(): number;
  close(): void;
}

export interface InterceptorDeps {
  readonly limits: ProxyLimits;
  readonly signing: SigningParts | null;
  /** Takes what comes out of the TLS, for good (server.ts). */
  readonly serve: (secure: TLSSocket, inside: Inside) => void;
  /** A client would not take our certificate for this host. */
  readonly onRejected?: (host: string) => void;
  readonly nowMs?: () => number;
}

/** A connection whose TLS is ended here. */
interface Ended extends Member {
  readonly secure: TLSSocket;
}

/** A page full of blocked images asks for them all at once, and each handshake is a millisecond: beyond this many they are refused as at level `name`. */
const MAX_PAGES_AT_ONCE = 200;
/** Hosts found to want a client's certificate: banks and offices a school knows by the dozen. */
const MAX_SPLICED = 1_000;
/** A client that takes the handshake to its end and leaves without a word has turned our certificate down; a browser's spare connection stays longer. */
const SILENT_MS = 1_000;

/** Alerts that say "not this certificate" (RFC 8446 §6.2), as OpenSSL names them. */
const REJECTION = /_ALERT_(?:UNKNOWN_CA|BAD_CERTIFICATE|CERTIFICATE_UNKNOWN|UNSUPPORTED_CERTIFICATE|CERTIFICATE_REVOKED|CERTIFICATE_EXPIRED|ACCESS_DENIED)$/;

export function createInterceptor(deps: InterceptorDeps): Interceptor {
  const { limits } = deps;
  const nowMs = deps.nowMs ?? Date.now;
  const live = new Roster<Ended>();
  const spliced = new Set<string>();
  let pages = 0;
  let contexts: TlsContexts | null = null;
  setSigning(deps.signing);

  function setSigning(signing: SigningParts | null): void {
    contexts = signing === null ? null : createTlsContexts(signing.authority, { neverDecrypt: createNeverDecrypt(signing.neverDecrypt) });
  }

  /** A name that OpenSSL will not sign for closes one connection, not the thread. */
  function contextFor(host: string): SecureContext | null {
    try {
      return contexts?.get(host, nowMs()) ?? null;
    } catch {
      return null;
    }
  }

  function covers(host: string, decision: Decision, snapshot: Snapshot): boolean {
    const level = snapshot.data.profiles[decision.profile]?.tls ?? 'name';
    if (level === 'name' || contexts?.covers(host) !== true) return false;
    if (decision.action === 'block') return pages < MAX_PAGES_AT_ONCE;
    // Help lines are nobody's business, and what keeps the machines themselves alive checks its own certificates (security.md §6.4).
    return level === 'inspect' && decision.layer !== 'help' && !isAddressLiteral(host) && !spliced.has(host);
  }

  function take(ask: TlsAsk): void {
    const { client, pageOnly } = ask;
    const context = contextFor(ask.host);
    if (context === null || client.destroyed) {
      client.destroy();
      if (!pageOnly) ask.tell(true);
      return;
    }
    client.pause();
    client.unshift(Buffer.concat(ask.hello));
    const secure = new TLSSocket(client, { isServer: true, secureContext: context, ALPNProtocols: [...ALPN_PROTOCOLS] });
    const ended: Ended = { secure, seat: -1 };
    live.add(ended);
    if (pageOnly) pages++;
    let shakenMs = -1;
    /** It has said something: its leaving means nothing. So does that of one which was only to see the page. */
    let excused = pageOnly || ask.decision.action === 'block';
    /** It was the client that left. */
    let left = false;
    // Nothing here runs under the deadlines of a server that listens.
    const deadline = setTimeout(gone, limits.helloMs);

    function gone(): void {
      secure.destroy();
      client.destroy();
    }
    // Stays whoever owns the socket later. Nothing may be asked of a TLSSocket that has failed: getProtocol() of one crashes Node 24.21.
    secure.on('error', (error: NodeJS.ErrnoException) => {
      left = shakenMs >= 0 || error.code === 'ECONNRESET' || REJECTION.test(error.code ?? '');
      gone();
    });
    secure.on('close', () => {
      clearTimeout(deadline);
      live.remove(ended);
      if (pageOnly) pages--;
      client.destroy();
      if (left && !excused && (shakenMs < 0 || performance.now() - shakenMs < SILENT_MS)) deps.onRejected?.(ask.host);
      if (shakenMs < 0 && !pageOnly) ask.tell(true);
    });
    // Inside the handshake too: Node's own clients look at the certificate before their last message, and go without an alert.
    secure.on('end', () => {
      left = true;
      if (shakenMs < 0) gone();
    });
    secure.on('secure', () => {
      shakenMs = performance.now();
      clearTimeout(deadline);
      deps.serve(secure, {
        host: ask.host, port: ask.port, from: ask.from, socket: client, pageOnly, tell: ask.tell,
        ending: pageOnly, untilMs: ask.decision.validUntilMs, told: pageOnly,
      });
      secure.once('data', () => {
        excused = true;
      });
    });
  }

  return {
    covers,
    take,
    setSigning,
    splice(host) {
      if (spliced.size >= MAX_SPLICED) spliced.clear();
      spliced.add(host);
    },
    count: () => live.size,
    close() {
      live.each(({ secure }) => secure.destroy());
    },
  };
}
