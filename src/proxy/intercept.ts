/**
 * The block page over HTTPS: ends the TLS of a connection that is refused anyway, reads one request, answers with the page, closes.
 * Owns those connections until they are gone, with deadlines of its own. It can dial nothing: no dialler is given to it.
 * What the page's own form and help link ask for (`/.luytre/…`) goes to the gateway's pages, on this machine.
 */
import type { Socket } from 'node:net';
import { TLSSocket, type SecureContext } from 'node:tls';
import type { Decision } from '../policy/decision.js';
import type { Snapshot } from '../policy/snapshot.js';
import { ALPN_PROTOCOLS, createTlsContexts, type TlsContexts } from '../tls/contexts.js';
import type { SigningParts } from '../tls/keeper.js';
import { createNeverDecrypt } from '../tls/never-decrypt.js';
import { isWireFault, readRequestHead, serialiseRequest, type RequestHead } from './message.js';
import type { ForwardToPages, RenderBlockPage } from './relay-context.js';
import { createRefuser } from './refuse.js';
import type { ProxyLimits } from './settings.js';

/** A blocked connection whose ClientHello has been read. The caller will not touch the client again. */
export interface PageAsk {
  readonly client: Socket;
  /** Everything read from it, to be read again by TLS. */
  readonly hello: readonly Buffer[];
  /** The server name, canonical, that was judged. */
  readonly host: string;
  readonly decision: Decision;
  readonly snapshot: Snapshot;
  readonly zone: number;
}

export interface Interceptor {
  /** True when a blocked connection to this host may be answered with the page: the profile's level, the CA and the list allow it, and there is room. */
  covers(host: string, decision: Decision, snapshot: Snapshot): boolean;
  show(ask: PageAsk): void;
  /** A CA that was made, changed or taken away. Connections being answered go on. */
  setSigning(signing: SigningParts | null): void;
  count(): number;
  close(): void;
}

export interface InterceptorDeps {
  readonly limits: ProxyLimits;
  readonly renderBlockPage: RenderBlockPage | null;
  readonly forwardToPages: ForwardToPages | null;
  readonly signing: SigningParts | null;
  readonly nowMs?: () => number;
}

/** Path under which the page reaches the gateway's own pages without leaving HTTPS: a form posted from HTTPS to plain HTTP is warned of. */
export const PAGES_PATH = '/.luytre';
/** A page full of blocked images asks for them all at once, and each handshake is a millisecond: beyond this many they are refused as at level `name`. */
const MAX_AT_ONCE = 200;
/** What the client may still send while its answer is on the way. */
const LINGER_MS = 2_000;

export function createInterceptor(deps: InterceptorDeps): Interceptor {
  const { limits } = deps;
  const nowMs = deps.nowMs ?? Date.now;
  const refuser = createRefuser({ renderBlockPage: deps.renderBlockPage, renderFailurePage: null });
  const live = new Set<Socket>();
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

  function show(ask: PageAsk): void {
    const { client } = ask;
    const context = contextFor(ask.host);
    if (context === null || client.destroyed) {
      client.destroy();
      return;
    }
    client.pause();
    client.unshift(Buffer.concat(ask.hello));
    const secure = new TLSSocket(client, { isServer: true, secureContext: context, ALPNProtocols: [...ALPN_PROTOCOLS] });
    live.add(secure);
    // One deadline for handshake and request: nothing here runs under the deadlines of a server that listens.
    let deadline = setTimeout(gone, limits.helloMs + limits.headMs);
    let pending: Buffer | null = null;
    let answered = false;

    function gone(): void {
      secure.destroy();
      client.destroy();
    }
    // A client without our CA ends here, with an alert. Nothing may be asked of a TLSSocket that has failed: getProtocol() of one crashes Node 24.21.
    secure.on('error', gone);
    secure.on('close', () => {
      clearTimeout(deadline);
      live.delete(secure);
      client.destroy();
    });
    secure.on('end', () => {
      if (!answered) gone();
    });
    secure.on('data', onData);

    function onData(chunk: Buffer): void {
      pending = pending === null ? chunk : Buffer.concat([pending, chunk]);
      const head = readRequestHead(pending, 0, pending.length, 'transparent', limits);
      if (head === null) return;
      secure.off('data', onData);
      answered = true;
      if (isWireFault(head)) return finish(refuser.malformed(head.status, { withBody: true }));
      if (toPages(head, pending.subarray(head.bytes))) return;
      finish(refuser.blocked(ask.decision, ask.snapshot, PAGES_PATH, { keepAlive: false, withBody: head.method !== 'HEAD' }, nowMs()));
    }

    /** The page's own form, its answer, help. Judged by path alone: the host is blocked, so no page of its own is lost. */
    function toPages(head: RequestHead, rest: Buffer): boolean {
      if (deps.forwardToPages === null || !head.path.startsWith(`${PAGES_PATH}/`) || head.body === 'chunked' || head.upgrade !== null) return false;
      secure.pause();
      clearTimeout(deadline);
      secure.off('error', gone);
      const path = head.path.slice(PAGES_PATH.length);
      const text = serialiseRequest({ ...head, path }, { via: '', toParent: false, keepAlive: false });
      deps.forwardToPages(secure, Buffer.concat([Buffer.from(text, 'latin1'), rest.subarray(0, head.length)]), ask.snapshot.data.zones[ask.zone]?.name ?? null);
      return true;
    }

    function finish(answer: Buffer): void {
      clearTimeout(deadline);
      deadline = setTimeout(gone, LINGER_MS);
      // An upload goes on being read, or its reset would overtake the answer.
      secure.resume();
      secure.end(answer);
    }
  }

  return {
    covers: (host, decision, snapshot) => live.size < MAX_AT_ONCE && (snapshot.data.profiles[decision.profile]?.tls ?? 'name') !== 'name' && contexts?.covers(host) === true,
    show,
    setSigning,
    count: () => live.size,
    close() {
      for (const socket of live) socket.destroy();
    },
  };
}
