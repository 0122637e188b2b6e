/**
 * The proxy server of one thread, as a walk: a socket comes in → may this client use us at all? → relay its requests
 * (relay.ts: head → facts → decide → permit → dial → exchange) or hand it to the tunnels → it ends, times out, or policy ends it.
 * Owns admission, the sweep, policy changes and draining. Refuses to listen: sockets are handed in.
 */
import type { Socket } from 'node:net';
import { createCidrSet } from '../matching/address.js';
import type { Reason } from '../policy/decision.js';
import { createOwnPages, plainAddress } from './own-pages.js';
import { readFacts } from './read-facts.js';
import { createRefuser } from './refuse.js';
import { advance, closeForPolicy, onClientClose, onClientData, onClientDrain, onClientEnd } from './relay.js';
import type { ProxyDeps, RelayContext } from './relay-context.js';
import { attach } from './relay-finish.js';
import { createConnection, type Connection } from './relay-state.js';
import { sweep, sweepEveryMs } from './sweep.js';

export interface ProxyServer {
  /** A connection to the explicit port (or a zone's own port). Created with `allowHalfOpen`. */
  handleExplicit(socket: Socket): void;
  /** A transparent connection that turned out to be HTTP; `firstBytes` are what identified it. */
  handleTransparentHttp(socket: Socket, firstBytes: Buffer): void;
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

/** Sockets that are turned away hold a place while they linger; beyond this many times the limit they get no answer. */
const FLOOD = 2;

export function createProxyServer(deps: ProxyDeps): ProxyServer {
  const { settings } = deps;
  const { limits } = settings;
  const clients = createCidrSet(settings.clients);
  const ctx: RelayContext = {
    deps, limits, advance,
    ports: new Set(settings.ports),
    refuser: createRefuser(deps),
    ownPages: createOwnPages(settings),
    via: `1.1 ${settings.instanceId}`,
    connections: new Set(),
    perClient: new Map(),
    open: 0, clockMs: performance.now(), draining: false,
  };
  /** Transparent sockets are admitted before they are identified, or not at all. */
  const admitted = new WeakSet<Socket>();
  const sweeper = setInterval(() => sweep(ctx, rejudge), sweepEveryMs(limits));
  sweeper.unref();

  function admit(socket: Socket): boolean {
    socket.on('error', ignoreError);
    const address = plainAddress(socket.remoteAddress);
    if (address === '') {
      // Gone before we looked.
      socket.destroy();
      return false;
    }
    const held = ctx.perClient.get(address) ?? 0;
    if (held >= limits.connectionsPerClient * FLOOD || ctx.open >= limits.connections * FLOOD) {
      socket.destroy();
      return false;
    }
    const refusal: Reason | null = !clients.has(address) ? 'client-not-allowed'
      : held >= limits.connectionsPerClient ? 'too-many-connections'
      : ctx.open >= limits.connections ? 'overload' : null;
    ctx.open++;
    ctx.perClient.set(address, held + 1);
    socket.on('close', () => release(address));
    if (refusal === null) {
      admitted.add(socket);
      return true;
    }
    turnAway(socket, address, refusal);
    return false;
  }

  function release(address: string): void {
    ctx.open--;
    const held = (ctx.perClient.get(address) ?? 1) - 1;
    if (held === 0) ctx.perClient.delete(address);
    else ctx.perClient.set(address, held);
  }

  /** Nothing of what it sends is read as a request; the answer goes out, the rest is discarded until the sweep ends it. */
  function turnAway(socket: Socket, address: string, reason: Reason): void {
    const startedMs = Date.now();
    const answer = ctx.refuser.failed(reason, deps.policy(), { keepAlive: false, withBody: true });
    deps.outcome({ clientAddress: address, zone: -1, decision: null, reason, failed: false, channel: 'http', bytesUp: 0, bytesDown: answer.length, startedMs, ms: 0 });
    const c = open(socket, 'explicit', address);
    c.phase = 'closing';
    socket.end(answer);
  }

  function open(socket: Socket, mode: 'explicit' | 'transparent', address: string): Connection {
    const c = createConnection(ctx, socket, mode, address);
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

  /** True when the exchange under way was cut. */
  function rejudge(c: Connection): boolean {
    const snapshot = deps.policy();
    if (snapshot === null || c.head === null || c.decision === null || (c.phase !== 'exchange' && c.phase !== 'dial')) return false;
    const decision = deps.decisions.decide(readFacts(c, c.head, snapshot), snapshot, Date.now());
    if (decision.action !== 'block') return false;
    closeForPolicy(c, decision, snapshot);
    return true;
  }

  return {
    admit,
    handleExplicit(socket) {
      if (admit(socket)) open(socket, 'explicit', plainAddress(socket.remoteAddress));
    },
    handleTransparentHttp(socket, firstBytes) {
      if (!admitted.has(socket) && !admit(socket)) return;
      onClientData(open(socket, 'transparent', plainAddress(socket.remoteAddress)), firstBytes);
    },
    refuseConnect(client, reason) {
      client.end(ctx.refuser.connect(reason));
      client.resume();
      const c = createConnection(ctx, client, 'explicit', plainAddress(client.remoteAddress));
      c.phase = 'closing';
      ctx.connections.add(c);
      client.on('close', () => ctx.connections.delete(c));
    },
    connections: () => ctx.connections.size,
    applyPolicy() {
      let cut = 0;
      for (const c of ctx.connections) if (rejudge(c)) cut++;
      return cut;
    },
    async drain(graceMs) {
      ctx.draining = true;
      for (const c of ctx.connections) if (c.phase === 'head' && c.input === null) c.socket.end();
      const giveUpAt = performance.now() + graceMs;
      while (ctx.connections.size > 0 && performance.now() < giveUpAt) await new Promise((resolve) => setTimeout(resolve, 20));
      clearInterval(sweeper);
      for (const c of ctx.connections) c.socket.destroy();
    },
  };
}

/** 'close' follows and tells all. */
function ignoreError(): void {
  return;
}
