/**
 * The proxy server of one thread, as a walk: a socket comes in → may this client use us at all? → relay its requests
 * (relay.ts: head → facts → decide → permit → dial → exchange) or hand it to the tunnels → it ends, times out, or policy ends it.
 * Owns the sweep, policy changes and draining. Refuses to listen: sockets are handed in.
 */
import type { Socket } from 'node:net';
import { plainAddress } from '../matching/address.js';
import type { Reason } from '../policy/decision.js';
import { createAdmission } from './admit.js';
import { createOwnPages } from './own-pages.js';
import type { Inside } from './inside.js';
import type { WayIn } from './message.js';
import { createRefuser } from './refuse.js';
import { advance, onClientClose, onClientData, onClientDrain, onClientEnd, rejudge, reviewInside } from './relay.js';
import type { ProxyDeps, RelayContext } from './relay-context.js';
import { attach, lingerClose } from './relay-finish.js';
import { createConnection, type Connection } from './relay-state.js';
import { Roster } from './roster.js';
import { sweep, sweepEveryMs } from './sweep.js';

export interface ProxyServer {
  /** A connection to the explicit port (or a zone's own port). Created with `allowHalfOpen`. */
  handleExplicit(socket: Socket, port?: number): void;
  /** A transparent connection, admitted, that turned out to be HTTP; `firstBytes` are what identified it. */
  handleTransparentHttp(socket: Socket, firstBytes: Buffer): void;
  /** What comes out of TLS that was ended here (intercept.ts): each request in it takes the road of any other. */
  handleInside(secure: Socket, inside: Inside): void;
  /**
   * The check both ways in share, for connections that never become HTTP: false when the socket was refused.
   * An admitted socket counts until it closes.
   */
  admit(socket: Socket): boolean;
  /** Answers a CONNECT that the tunnels could not serve, and closes. */
  refuseConnect(client: Socket, reason: Reason): void;
  connections(): number;
  /** Judges what is under way again; the block falls within this call. Returns how many exchanges were cut. */
  applyPolicy(): number;
  /** No new requests on kept connections; resolves when all are gone, or were cut off after `graceMs`. */
  drain(graceMs: number): Promise<void>;
}

export function createProxyServer(deps: ProxyDeps): ProxyServer {
  const { settings } = deps;
  const { limits } = settings;
  const admission = createAdmission(settings);
  const ctx: RelayContext = {
    deps, limits, advance,
    ports: new Set(settings.ports),
    refuser: createRefuser(deps),
    ownPages: createOwnPages(settings),
    via: `1.1 ${settings.instanceId}`,
    connections: new Roster(),
    clockMs: performance.now(), draining: false,
  };
  const sweeper = setInterval(() => sweep(ctx, rejudge, reviewInside), sweepEveryMs(limits));
  sweeper.unref();

  const admit = (socket: Socket): boolean => admission.admit(socket, (address, reason) => turnAway(socket, address, reason));

  /** Nothing of what it sends is read as a request; the answer goes out, the rest is discarded until the sweep ends it. */
  function turnAway(socket: Socket, address: string, reason: Reason): void {
    const startedMs = Date.now();
    const answer = ctx.refuser.failed(reason, deps.policy(), { keepAlive: false, withBody: true });
    deps.outcome({ clientAddress: address, zone: -1, decision: null, reason, failed: false, channel: 'http', bytesUp: 0, bytesDown: answer.length, startedMs, ms: 0 });
    const c = open(socket, 'explicit', address);
    c.phase = 'closing';
    socket.end(answer);
  }

  function open(socket: Socket, mode: WayIn, address: string, inside: Inside | null = null, port?: number): Connection {
    const c = createConnection(ctx, socket, mode, address, inside, port);
    c.listeners = {
      data: (chunk) => onClientData(c, chunk),
      end: () => onClientEnd(c),
      drain: () => onClientDrain(c),
      close: () => onClientClose(c),
    };
    ctx.connections.add(c);
    socket.allowHalfOpen = true;
    socket.setNoDelay(true);
    attach(socket, c.listeners);
    return c;
  }

  return {
    admit,
    handleExplicit(socket, port) {
      if (admit(socket)) open(socket, 'explicit', plainAddress(socket.remoteAddress), null, port);
    },
    handleTransparentHttp(socket, firstBytes) {
      onClientData(open(socket, 'transparent', plainAddress(socket.remoteAddress)), firstBytes);
    },
    handleInside(secure, inside) {
      open(secure, 'inside', inside.from.address, inside);
    },
    refuseConnect(client, reason) {
      client.end(ctx.refuser.connect(reason));
      client.resume();
      const c = createConnection(ctx, client, 'explicit', plainAddress(client.remoteAddress));
      c.phase = 'closing';
      ctx.connections.add(c);
      client.on('close', () => ctx.connections.remove(c));
    },
    connections: () => ctx.connections.size,
    applyPolicy() {
      let cut = 0;
      ctx.connections.each((c) => {
        if (rejudge(c)) cut++;
        else reviewInside(c);
      });
      return cut;
    },
    async drain(graceMs) {
      ctx.draining = true;
      ctx.connections.each((c) => {
        if (c.phase === 'head' && c.input === null) lingerClose(c);
      });
      const giveUpAt = performance.now() + graceMs;
      while (ctx.connections.size > 0 && performance.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 20));
      clearInterval(sweeper);
      ctx.connections.each((c) => c.socket.destroy());
    },
  };
}
