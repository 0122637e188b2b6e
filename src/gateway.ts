/**
 * Composition root of the gateway: builds everything in order, stops in reverse.
 * The control thread owns the store, compiles snapshots and swaps them in, runs the jobs and the pages; proxy threads own the wire.
 * If the control thread dies the process ends and its supervisor starts it again; with no policy the proxy stays closed.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Config, HandedSocket } from './config.js';
import { createLiveView } from './activity/live.js';
import { createPresence } from './activity/presence.js';
import { createRecorder } from './activity/recorder.js';
import { createRoomBlocks } from './activity/room-blocks.js';
import { keptRejections } from './activity/rejection.js';
import { createChannelKeeper } from './gateway-channel.js';
import { DAY_MS, dayStart, HOUR_MS } from './local-time.js';
import { composeConsole } from './gateway-console.js';
import { createPolicyKeeper } from './gateway-policy.js';
import { certsDir } from './installed.js';
import { createDescriptorWatch } from './descriptors.js';
import { startJobs, type Job } from './jobs.js';
import type { Shipped } from './lists/shipped.js';
import { syncShipped } from './lists/shipped-sync.js';
import type { Finding } from './finding.js';
import type { Log } from './log.js';
import { ownAddresses } from './own-addresses.js';
import { readNeighbours, sameNeighbours } from './neighbours.js';
import { newRef } from './pages/block-page.js';
import { createPagesServer } from './pages/server.js';
import { ticketDesk } from './gateway-tickets.js';
import type { PageRequest, RequestAnswer } from './pages/request-page.js';
import { caFacts } from './ca-facts.js';
import { createAuthorityKeeper } from './tls/keeper.js';
import { loadUpstreamTrust } from './tls/upstream-trust.js';
import { DEFAULT_LIMITS, type ProxySettings } from './proxy/settings.js';
import { letFilterGoFirst, runAtOnce } from './priority.js';
import { createWorkerPool } from './proxy/workers.js';
import { ASIDE_FILE } from './store/restore.js';
import { schoolLevels } from './store/school-facts.js';
import type { RequestRow, Store } from './store/rows.js';
import { createBells } from './bells.js';

export interface Gateway {
  /** Ports in use, for the banner and the tests (0 in the configuration means any). */
  readonly ports: { readonly proxy: number; readonly transparent: number | null; readonly pages: number; readonly console: number };
  /** What a browser shows of the console's certificate. */
  readonly consoleCertificate: { readonly fingerprint: string; readonly fromCa: boolean };
  /** Reads rules and policy again (SIGHUP). */
  reload(): Promise<void>;
  /** Drains open exchanges for at most `graceMs`, writes what is buffered, closes the store's users (not the store). */
  stop(graceMs: number): Promise<void>;
}

export interface GatewayParts {
  readonly config: Config;
  readonly store: Store;
  readonly log: Log;
  loadShipped(): Shipped;
  /** What `luytre doctor` finds, for the console. */
  findings(): Promise<readonly Finding[]>;
  /** The store is a copy in memory, since the disk takes no writes. */
  readonly inMemory?: boolean;
  /** Listening sockets of the transparent port, opened by the service manager. */
  readonly handed?: readonly HandedSocket[];
  /** Nobody accepts on them any more: the process must end and be started anew. */
  onLost?(): void;
  /** Progress of a compile at start. */
  onProgress?(done: number, total: number): void;
}

/** How often the store is asked whether another process changed it: half of the two seconds promised is left for the swap. */
const POLL_MS = 250;

export async function startGateway(parts: GatewayParts): Promise<Gateway> {
  const { config, store, log } = parts;
  // first: a file that can't be used is said before anything is compiled
  const shippedTrust = loadUpstreamTrust({ trustedCa: config.network.trustedCa, certsDir: certsDir(), nowMs: Date.now() });
  const channel = createChannelKeeper({ config, store, log, onDeny: (deny) => pool.setDeny(deny) });
  const trust = { ...shippedTrust, more: channel.deny() };
  let shipped = parts.loadShipped();
  syncShipped(store, shipped);

  const presence = createPresence();
  const blocks = createRoomBlocks();
  const policy = await createPolicyKeeper({
    config,
    store,
    log,
    shipped: () => shipped,
    onSwap: async ({ data }) => {
      const names = store.policies.formerNames();
      presence.rename(names);
      blocks.rename(names);
      await pool.setPolicy(data);
    },
    ...(parts.onProgress === undefined ? {} : { onProgress: parts.onProgress }),
  });
  const { snapshot } = policy;
  let seenVersion = store.dataVersion();

  const live = createLiveView({ now: Date.now, devicesIn: (zone) => presence.count(zone) });
  const descriptors = createDescriptorWatch(log);
  const recorder = createRecorder({ events: store.events, log });
  const secret = randomBytes(24).toString('base64url');
  let macs: ReadonlyMap<string, string> = new Map();

  const authority = createAuthorityKeeper({
    dataDir: config.dataDir,
    neverDecryptFile: join(certsDir(), 'never-decrypt.txt'),
    exceptions: () => store.policies.tlsExceptions().map(({ entry }) => entry),
    onFault: (code) => log.error('the CA of the school is not used; see: luytre ca status', { part: 'gateway', code }),
  });
  authority.refresh(Date.now());

  const pages = createPagesServer({
    host: config.proxy.host,
    port: config.pages.port,
    proxyPort: config.proxy.port,
    clients: config.network.clients,
    names: config.network.names,
    consoleNames: config.console.names,
    secret,
    helpChannels: shipped.helpChannels,
    policy: snapshot,
    zoneOf: (address) => policy.roomOf(address, macs.get(address) ?? null),
    addRequest: (request) => takeRequest(store, request),
    requestByRef: (ref) => answerOf(store.policies.requests().find((row) => row.ref === ref)),
    tickets: ticketDesk(store, config.retention.ticketDays),
    ca: () => caFacts(authority.authority(), snapshot().data.school.name),
    health: () => ({
      ok: pool.alive() > 0, generation: snapshot().data.generation, workers: pool.alive(), dropped: recorder.dropped(), inMemory: parts.inMemory === true, descriptors: descriptors.state(), ranOut: descriptors.ranOut(), transparent: (parts.handed ?? []).length > 0 ? 'handed-over' : pool.ports().transparent === null ? 'off' : 'own',
    }),
  });
  const pagesPort = await pages.listen();

  const web = composeConsole({
    config,
    log,
    authority: () => authority.authority(),
    env: {
      store,
      log,
      now: Date.now,
      snapshot,
      apply: () => policy.refresh(),
      shipped: () => shipped,
      devicesSeen: (zone) => presence.count(zone),
      live,
      blockedIn: (room, fromMs, nowMs) => blocks.read(room, fromMs, nowMs),
      bells: createBells(store, () => schoolLevels(config.school.levels, store.settings)),
      premises: {
        dataDir: config.dataDir,
        ports: { proxy: config.proxy.port, transparent: config.proxy.transparentPort, pages: config.pages.port, console: config.console.port },
        addresses: ownAddresses,
        dns: config.network.dns,
        names: config.network.names,
        school: config.school,
      },
      findings: () => parts.findings(),
      restore: async (file, actor) => {
        await store.backup(join(config.dataDir, ASIDE_FILE));
        store.replaceFrom(file, actor);
        syncShipped(store, shipped);
        channel.reload();
        await policy.refresh(true);
      },
      health: () => {
        const threads = pool.health();
        const sum = (of: 'connections' | 'tunnels'): number => threads.reduce((total, thread) => total + thread[of], 0);
        return { ok: pool.alive() > 0, generation: snapshot().data.generation, workers: pool.alive(), connections: sum('connections'), tunnels: sum('tunnels'), dropped: recorder.dropped(), trouble: recorder.trouble() };
      },
    },
  });

  /** Whether the kernel lets every proxy thread that listens run at once. */
  let atOnce = Promise.resolve(true);
  const pool = createWorkerPool({
    count: config.proxy.workers,
    settings: proxySettings(config, pagesPort, secret, instanceId(store)),
    policy: snapshot().data,
    deviceKey: randomBytes(32),
    signing: authority.signing(),
    trust,
    onEvents: (notes, dropped) => {
      recorder.take(notes, dropped);
      live.take(notes);
      blocks.take(notes);
    },
    onTlsRejections: (counts) => store.policies.noteTlsRejections(keptRejections(counts, snapshot(), Date.now()), Date.now()),
    handed: parts.handed ?? [],
    onLost: () => parts.onLost?.(),
    onSeen: (seen) => presence.take(seen),
    onListening: (threadId) => {
      atOnce = Promise.all([atOnce, runAtOnce(threadId, config.proxy.workers)]).then((each) => each.every(Boolean));
    },
    log,
  });
  let consolePort: number;
  try {
    await pool.listening();
    // Where they run at once this thread need not step back, and other programs of the machine don't go before it.
    const first = await atOnce;
    if (!first) letFilterGoFirst();
    log.info(first ? 'the filter runs at once: its threads are real-time, a core is left to all else' : 'the filter runs first by nice values alone', { part: 'proxy' });
    // Last: who can change the policy is let in when there is one in force.
    consolePort = await web.server.listen();
  } catch (error) {
    await pool.stop(0);
    await pages.close();
    throw error;
  }

  async function refreshNeighbours(): Promise<void> {
    if (!snapshot().data.zones.some((zone) => zone.macs.length > 0)) return;
    const found = await readNeighbours();
    // Threads judge their open tunnels again when they are told: only where a device came, went or changed its address.
    if (sameNeighbours(macs, found)) return;
    macs = found;
    pool.setNeighbours(macs);
  }
  await refreshNeighbours();

  let day = dayStart(Date.now());
  const jobs: Job[] = [
    {
      name: 'policy',
      about: 'picks up what the command line changed',
      everyMs: POLL_MS,
      run: async () => {
        const version = store.dataVersion();
        if (version !== seenVersion) channel.look();
        seenVersion = version;
        await policy.refreshWhereDue();
      },
    },
    ...channel.jobs,
    {
      name: 'ca',
      about: 'the CA of the school and what it never signs for: made, changed, taken away, run out',
      everyMs: 1_000,
      run: () => {
        if (authority.refresh(Date.now())) pool.setSigning(authority.signing());
        web.renew();
      },
    },
    { name: 'sessions', about: 'ends sessions of the console that are past their time', everyMs: 60_000, run: () => web.server.tidy() },
    { name: 'events', about: 'writes events and roll-ups', everyMs: 1_000, run: () => recorder.flush() },
    { name: 'descriptors', about: 'watches the limit of open files', everyMs: 2_000, run: () => descriptors.look() },
    { name: 'neighbours', about: 'MAC addresses of the rooms that are named by MAC', everyMs: 15_000, run: refreshNeighbours },
    {
      name: 'day',
      about: 'new device-count key each day',
      everyMs: 30_000,
      run: () => {
        const today = dayStart(Date.now());
        if (today === day) return;
        day = today;
        recorder.flush();
        pool.setDeviceKey(randomBytes(32));
        presence.clear();
        blocks.clear();
      },
    },
    { name: 'retention', about: 'deletes what is past its time', everyMs: HOUR_MS, run: () => expire(store, config) },
  ];
  const running = startJobs(jobs, log);
  expire(store, config);

  return {
    ports: { ...pool.ports(), pages: pagesPort, console: consolePort },
    consoleCertificate: web.certificate(),
    reload: async () => {
      shipped = parts.loadShipped();
      syncShipped(store, shipped);
      await policy.refresh(true);
    },
    stop: async (graceMs) => {
      running.stop();
      await web.server.close();
      await policy.settled();
      await pool.stop(graceMs);
      await pages.close();
      recorder.stop();
    },
  };
}

/** Hosts whose clients refuse our certificate: a month tells a pinned app from a bad day. */
const REJECTION_DAYS = 30;

/** Retention in days, months and years as configured (vietnam.md §2.2). */
function expire(store: Store, config: Config): void {
  const today = dayStart(Date.now());
  store.events.expire({
    eventsBeforeMs: today - config.retention.eventDays * DAY_MS,
    hoursBeforeMs: today - config.retention.hourDays * DAY_MS,
    daysBeforeMs: today - config.retention.dayYears * 366 * DAY_MS,
    requestsBeforeMs: today - config.retention.requestDays * DAY_MS,
    auditBeforeMs: today - config.retention.auditMonths * 31 * DAY_MS,
    ticketsBeforeMs: today - config.retention.ticketDays * DAY_MS,
    rejectionsBeforeMs: today - Math.min(config.retention.eventDays, REJECTION_DAYS) * DAY_MS,
  });
  store.proposals.expire(Date.now());
}

function proxySettings(config: Config, pagesPort: number, secret: string, id: string): ProxySettings {
  return {
    host: config.proxy.host,
    port: config.proxy.port,
    transparentPort: config.proxy.transparentPort,
    clients: config.network.clients,
    dialPrivate: config.network.dialPrivate,
    ports: config.network.ports,
    hosts: config.network.hosts,
    dns: config.network.dns,
    parentProxy: config.network.parentProxy,
    pages: { port: pagesPort, names: config.network.names, secret },
    ownPorts: [config.console.port],
    instanceId: id,
    limits: { ...DEFAULT_LIMITS, connectionsPerClient: config.network.connectionsPerClient },
  };
}

/** Random, made once; seen only in `Via` between this gateway and itself. */
function instanceId(store: Store): string {
  const known = store.settings.get('instance-id');
  if (known !== null) return known;
  const made = `lt-${randomBytes(9).toString('base64url')}`;
  store.settings.set('instance-id', made, { kind: 'system', name: 'gateway' });
  return made;
}

/** The same page asked for by the same room is one request. */
function takeRequest(store: Store, request: PageRequest): RequestAnswer {
  const known = store.policies.requests();
  const same = known.find((row) => row.state === 'open' && row.zone === request.zone && row.host === request.host);
  // A page kept open since an earlier, answered request still shows its reference.
  const ref = known.some((row) => row.ref === request.ref) ? newRef() : request.ref;
  const row = same ?? store.policies.addRequest({ ...request, ref, atMs: Date.now() });
  return { ref: row.ref, host: row.host, state: row.state, answer: row.answer };
}

function answerOf(row: RequestRow | undefined): RequestAnswer | null {
  return row === undefined ? null : { ref: row.ref, host: row.host, state: row.state, answer: row.answer };
}
