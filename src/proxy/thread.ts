/**
 * Composition root of one proxy thread: builds resolver, dialler, tunnels, server and listeners, and does what the control
 * thread's messages say. Holds the policy snapshot in force. Never opens the store, never logs: what happens leaves as messages.
 */
import type { Socket } from 'node:net';
import type { Outcome } from '../activity/outcome.js';
import { plainAddress } from '../matching/address.js';
import { createBlockPages, failurePage } from '../pages/block-page.js';
import { failureWords } from '../pages/texts.js';
import { createSnapshot } from '../policy/create-snapshot.js';
import { createDecisionCache } from '../policy/decision-cache.js';
import type { PolicyData, Snapshot } from '../policy/snapshot.js';
import { createZoneFinder } from '../policy/zone.js';
import { createDialer } from './dial.js';
import { createEventBatch } from './event-batch.js';
import { createPagesForwarder } from './forward.js';
import { createIdentifier } from './identify.js';
import { createInterceptor } from './intercept.js';
import { createListeners, ListenError } from './listen.js';
import { createLoginCheck } from './login.js';
import type { FromWorker, ToWorker, WorkerBirth } from './protocol.js';
import type { ForwardToPages } from './relay-context.js';
import { changed } from './policy-change.js';
import { createResolver } from './resolve.js';
import { createSeenDevices } from './seen.js';
import { createProxyServer } from './server.js';
import { createTlsRejections } from './tls-rejections.js';
import { createTunnels, type ClientRef } from './tunnel.js';
import { createUpstreamTls } from './upstream-tls.js';

export interface ProxyThread {
  /** Opens the listeners; posts `listening`, or `listen-failed` for the first that can't be opened. */
  start(): Promise<void>;
  handle(message: ToWorker): void;
  /** Closes everything at once. */
  close(): void;
}

/** A tunnel that has said nothing for this long is not in the middle of anything when the gateway stops. */
const QUIET_MS = 1_500;
const DRAIN_STEP_MS = 50;
/** How often the control thread is told who is there: a page that says so is fetched every fifteen seconds. */
const SEEN_MS = 5_000;
const MAX_ZONES_KNOWN = 10_000;
/** Sockets just destroyed report their 'close', and with it their outcome, a turn or two of the loop later. */
const LAST_OUTCOMES_MS = 20;

export function createProxyThread(birth: WorkerBirth, post: (message: FromWorker) => void): ProxyThread {
  const { settings } = birth;
  let snapshot: Snapshot | null = null;
  let findZone: ReturnType<typeof createZoneFinder> = () => -1;
  let macs: ReadonlyMap<string, string> = new Map();
  /** Zone by address (and the port it came in by), until policy or neighbours change. */
  const zones = new Map<string, { readonly port: number; readonly zone: number }>();

  const batch = createEventBatch(birth.deviceKey, (events, dropped) => post({ type: 'events', events, dropped }));
  const seen = createSeenDevices(batch.tokenOf);
  const decisions = createDecisionCache();
  const resolver = createResolver({ dns: settings.dns, hosts: settings.hosts });
  const dialer = createDialer(settings, resolver);
  const forwarder = createPagesForwarder(settings.pages);
  const policy = (): Snapshot | null => snapshot;
  const zoneOf = ({ address, port, login }: ClientRef): number => {
    // A device opens connection after connection: the walk over the CIDRs is made once an address and policy.
    const known = login === null ? zones.get(address) : undefined;
    if (known?.port === port) {
      seen.note(known.zone, address);
      return known.zone;
    }
    const zone = findZone({ address, port, mac: macs.get(address) ?? null, login });
    if (login === null) {
      if (zones.size >= MAX_ZONES_KNOWN) zones.clear();
      zones.set(address, { port, zone });
    }
    seen.note(zone, address);
    return zone;
  };

  const tellSeen = (): void => {
    const report = seen.report((zone) => snapshot?.data.zones[zone]?.name ?? null);
    if (report.length > 0) post({ type: 'seen', seen: report });
  };
  const seenTimer = setInterval(tellSeen, SEEN_MS);
  seenTimer.unref();

  function outcome(ended: Outcome): void {
    if (snapshot === null) return;
    batch.add(ended, ended.judgedBy ?? snapshot);
  }

  const renderBlockPage = createBlockPages();
  const forwardToPages: ForwardToPages = (socket, bytes, zone) => forwarder.forward(socket, bytes, zone);
  const rejections = createTlsRejections((counts) => post({ type: 'tls-rejections', counts }));
  const interceptor = createInterceptor({
    limits: settings.limits, signing: birth.signing ?? null,
    serve: (secure, inside) => server.handleInside(secure, inside),
    onRejected: rejections.note,
  });
  const tunnels = createTunnels({
    settings, policy, decide: decisions.decide, zoneOf, dialer, outcome, interceptor,
    refuseConnect: (client, reason) => server.refuseConnect(client, reason),
  });
  const upstreamTls = birth.trust === undefined ? null : createUpstreamTls({ trust: birth.trust, handshakeMs: settings.limits.connectMs });
  const server = createProxyServer({
    settings, policy, decisions, zoneOf, dialer, tunnels, outcome,
    renderBlockPage,
    renderFailurePage: (reason, under) => failurePage(failureWords(reason), under?.data.school ?? null),
    forwardToPages,
    loginCheck: createLoginCheck(),
    ...(upstreamTls === null ? {} : { upstreamTls }),
    endsTls: interceptor.covers,
    onWantsCertificate: interceptor.splice,
  });
  const identifier = createIdentifier({
    helloMs: settings.limits.helloMs,
    onHttp: (socket, first) => server.handleTransparentHttp(socket, first),
    onTls: (socket, first) => tunnels.transparent(socket, transparentRef(socket), first, Date.now()),
    onNeither: (socket) => {
      const from = transparentRef(socket);
      outcome({
        clientAddress: from.address, zone: zoneOf(from), decision: null, reason: 'not-tls', failed: true, channel: 'tunnel',
        bytesUp: 0, bytesDown: 0, startedMs: Date.now(), ms: 0,
      });
    },
  });
  const listeners = createListeners({ host: settings.host, onFailed: (port, code) => post({ type: 'listen-failed', port, code }) });

  let listening = false;
  let listenPorts: readonly number[] = [];
  const onExplicit = (socket: Socket, port: number): void => server.handleExplicit(socket, port);
  const onTransparent = (socket: Socket): void => {
    if (server.admit(socket)) identifier.accept(socket);
  };

  function setPolicy(data: PolicyData): void {
    // positions are those of the snapshot that is going
    tellSeen();
    snapshot = createSnapshot(data);
    findZone = createZoneFinder(snapshot);
    zones.clear();
    openZonePorts();
    tunnels.applyPolicy();
    server.applyPolicy();
  }

  function openZonePorts(): void {
    const ports = (snapshot?.data.zones ?? []).map((zone) => zone.port).filter((port) => port !== null);
    dialer.setOwnPorts([...listenPorts, ...ports]);
    if (listening) listeners.setZonePorts(ports, onExplicit);
  }

  if (birth.policy !== null) setPolicy(birth.policy);

  async function start(): Promise<void> {
    try {
      const ports = [await listeners.open(settings.port, onExplicit)];
      if (birth.transparentFds !== undefined) {
        for (const fd of birth.transparentFds) ports.push(await listeners.adopt(fd, settings.transparentPort ?? 0, onTransparent));
      } else if (settings.transparentPort !== null) ports.push(await listeners.open(settings.transparentPort, onTransparent));
      listening = true;
      listenPorts = ports;
      openZonePorts();
      post({ type: 'listening', ports });
    } catch (error) {
      if (!(error instanceof ListenError)) throw error;
      post({ type: 'listen-failed', port: error.port, code: error.code });
    }
  }

  async function drain(graceMs: number): Promise<void> {
    listening = false;
    listeners.close();
    identifier.close();
    const drained = server.drain(graceMs);
    const giveUpAt = performance.now() + graceMs;
    while (tunnels.count() > 0 && performance.now() < giveUpAt) {
      tunnels.closeQuiet(QUIET_MS);
      await new Promise((resolve) => setTimeout(resolve, DRAIN_STEP_MS));
    }
    await drained;
    close();
    await new Promise((resolve) => setTimeout(resolve, LAST_OUTCOMES_MS));
    batch.flush();
    rejections.flush();
    post({ type: 'drained' });
  }

  function close(): void {
    listening = false;
    listeners.close();
    identifier.close();
    tunnels.close();
    interceptor.close();
    rejections.close();
    resolver.close();
    batch.close();
    clearInterval(seenTimer);
  }

  return {
    start,
    close,
    handle(message) {
      switch (message.type) {
        case 'policy':
          setPolicy(changed(snapshot?.data ?? null, message));
          post({ type: 'applied', generation: message.policy.generation });
          break;
        case 'neighbours':
          macs = message.macByAddress;
          zones.clear();
          tunnels.applyPolicy();
          break;
        case 'device-key':
          batch.setKey(message.key);
          break;
        case 'signing':
          interceptor.setSigning(message.signing);
          // A host the school has just left out is not read on a connection that was open before.
          server.applyPolicy();
          break;
        case 'deny':
          upstreamTls?.setDeny(message.deny);
          break;
        case 'events-taken':
          batch.taken();
          break;
        case 'drain':
          void drain(message.graceMs);
          break;
        case 'ping':
          post({ type: 'pong', n: message.n, connections: server.connections(), tunnels: tunnels.count() });
          break;
      }
    },
  };
}

function transparentRef(socket: Socket): ClientRef {
  return { address: plainAddress(socket.remoteAddress), port: 0, login: null };
}
