/**
 * The proxy threads as the control thread sees them: born, told of policy, watched, replaced, drained.
 * Owns their number and their health. Refuses to know what they do with a connection.
 */
import { Worker } from 'node:worker_threads';
import type { EventNote } from '../activity/event.js';
import type { HandedSocket } from '../config.js';
import type { Seen } from '../activity/presence.js';
import type { Log } from '../log.js';
import type { PolicyData } from '../policy/snapshot.js';
import { unpackEvents } from './event-batch.js';
import { createHandedSockets } from './handed-sockets.js';
import { ensureFree, ListenError } from './listen.js';
import { changeOf } from './policy-change.js';
import type { MoreDeny } from '../tls/distrusted.js';
import type { SigningParts } from '../tls/keeper.js';
import type { UpstreamTrust } from '../tls/upstream-trust.js';
import type { FromWorker, ToWorker, WorkerBirth } from './protocol.js';
import type { ProxySettings } from './settings.js';
import type { RejectionCounts } from './tls-rejections.js';

export interface WorkerPoolOptions {
  readonly count: number;
  readonly settings: ProxySettings;
  readonly policy: PolicyData | null;
  readonly deviceKey: Uint8Array;
  /** The school's CA, where there is one. */
  readonly signing?: SigningParts | null;
  readonly trust?: UpstreamTrust;
  readonly onEvents: (notes: readonly EventNote[], dropped: number) => void;
  /** A thread, the first or one that replaces another, has begun: its number in the kernel. */
  readonly onListening?: (threadId: number | null) => void;
  readonly onSeen?: (seen: readonly Seen[]) => void;
  /** Clients turned our certificate down, by host (level `inspect`). */
  readonly onTlsRejections?: (counts: RejectionCounts) => void;
  readonly log: Log;
  /** Listening sockets of the transparent port that the service manager opened; empty: each thread opens its own. */
  readonly handed?: readonly HandedSocket[];
  /** Nobody accepts on a handed-over socket any more; only a new start brings it back. */
  readonly onLost?: () => void;
  /** Tests shorten it. */
  readonly watchdogMs?: number;
  /** Script of a thread (tests replace it by one that fails on demand). */
  readonly entry?: URL;
}

export interface ThreadHealth {
  readonly id: number;
  readonly listening: boolean;
  readonly connections: number;
  readonly tunnels: number;
}

export interface WorkerPool {
  /** Resolves when every thread listens; rejects with a ListenError (`code`, `port`) when a port can't be opened. */
  listening(): Promise<void>;
  ports(): { readonly proxy: number; readonly transparent: number | null };
  /** Resolves when every thread has it in force, or after two seconds. A thread born later is born with it. */
  setPolicy(policy: PolicyData): Promise<void>;
  setNeighbours(macByAddress: ReadonlyMap<string, string>): void;
  setDeviceKey(key: Uint8Array): void;
  setSigning(signing: SigningParts | null): void;
  setDeny(deny: MoreDeny): void;
  /** Threads that listen. */
  alive(): number;
  health(): readonly ThreadHealth[];
  /** Accepts nothing more, lets open exchanges end for at most `graceMs`, takes the last events. */
  stop(graceMs: number): Promise<void>;
}

/** Threads are up within a second, on a slow machine that has just been switched on within fifteen; longer than this is another trouble. */
const START_MS = 60_000;
const APPLY_MS = 2_000;
const PINGS_LOST = 5;
const WATCHDOG_MS = 10_000;
const FIRST_RETRY_MS = 100;
const LAST_RETRY_MS = 10_000;
/** A thread that lived this long did not die of its birth. */
const HEALTHY_MS = 30_000;
/** What a drained thread may still need to close its last sockets and post its last events. */
const DRAIN_SLACK_MS = 1_000;

interface Thread {
  readonly id: number;
  readonly worker: Worker;
  readonly bornMs: number;
  listening: boolean;
  generation: number;
  /** Pings since the last pong. Counted, not timed: when the control thread itself has slept, one tick fires, not five. */
  unanswered: number;
  connections: number;
  tunnels: number;
  gone: boolean;
}

export function createWorkerPool(options: WorkerPoolOptions): WorkerPool {
  const { log } = options;
  /** After the first thread has listened, ports that were 0 are known, and the others take the same. */
  let { settings, policy, deviceKey, signing = null, trust } = options;
  let macs: ReadonlyMap<string, string> = new Map();
  const handed = (options.handed ?? []).length === 0 ? null : createHandedSockets(options.handed ?? []);
  const threads = new Map<number, Thread>();
  const retries = new Map<number, NodeJS.Timeout>();
  const quickDeaths = new Map<number, number>();
  const waiters = new Set<() => void>();
  let starting = true;
  let stopping = false;
  let failure: ListenError | null = null;

  /** Runs at every message that may fulfil a promise. */
  function wake(): void {
    for (const waiter of [...waiters]) waiter();
  }

  /** Resolves true when `met` holds, false after `ms`. */
  function until(met: () => boolean, ms: number): Promise<boolean> {
    if (met()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const settle = (result: boolean): void => {
        clearTimeout(timer);
        waiters.delete(check);
        resolve(result);
      };
      const check = (): void => {
        if (met()) settle(true);
      };
      const timer = setTimeout(() => settle(false), ms);
      waiters.add(check);
    });
  }

  function spawn(id: number): void {
    retries.delete(id);
    const birth: WorkerBirth = { id, settings, policy, deviceKey, signing, transparentFds: handed?.take(id), ...(trust === undefined ? {} : { trust }) };
    if (birth.transparentFds?.length === 0) log.error('no handle of the transparent socket is left for this thread; the others accept', { part: 'proxy', worker: id });
    const worker = new Worker(options.entry ?? new URL('./worker.js', import.meta.url), {
      workerData: birth,
      name: `proxy-${id}`,
      // 20,000 connections at 15 KB are 300 MB; beyond this the thread is replaced, not the machine brought to its knees.
      resourceLimits: { maxOldGenerationSizeMb: 1_024 },
    });
    const thread: Thread = { id, worker, bornMs: performance.now(), listening: false, generation: policy?.generation ?? -1, unanswered: 0, connections: 0, tunnels: 0, gone: false };
    threads.set(id, thread);
    worker.on('message', (message: FromWorker) => onMessage(thread, message));
    worker.on('error', (error: unknown) => log.error('a proxy thread failed', { part: 'proxy', worker: id, code: placeOf(error) }));
    worker.on('exit', () => onExit(thread));
    if (macs.size > 0) tell(thread, { type: 'neighbours', macByAddress: macs });
  }

  function tell(thread: Thread, message: ToWorker): void {
    if (!thread.gone) thread.worker.postMessage(message);
  }

  function tellAll(message: ToWorker): void {
    for (const thread of threads.values()) tell(thread, message);
  }

  function onMessage(thread: Thread, message: FromWorker): void {
    switch (message.type) {
      case 'listening':
        thread.listening = true;
        learnPorts(message.ports);
        options.onListening?.(message.threadId ?? null);
        break;
      case 'listen-failed':
        onListenFailed(thread, message.port, message.code);
        break;
      case 'applied':
        thread.generation = Math.max(thread.generation, message.generation);
        break;
      case 'events':
        options.onEvents(unpackEvents(message.events), message.dropped);
        tell(thread, { type: 'events-taken' });
        break;
      case 'seen':
        options.onSeen?.(message.seen);
        break;
      case 'tls-rejections':
        options.onTlsRejections?.(message.counts);
        break;
      case 'drained':
        thread.listening = false;
        thread.gone = true;
        break;
      case 'pong':
        thread.unanswered = 0;
        thread.connections = message.connections;
        thread.tunnels = message.tunnels;
        break;
    }
    wake();
  }

  function learnPorts(ports: readonly number[]): void {
    const [port = settings.port, transparent] = ports;
    settings = { ...settings, port, transparentPort: transparent ?? settings.transparentPort };
  }

  function onListenFailed(thread: Thread, port: number, code: string): void {
    const own = port === settings.port || port === settings.transparentPort;
    // A zone's own port is the admin's to put right; the rest of the school goes on.
    log.error(own ? 'a port could not be opened' : 'the port of a room could not be opened', { part: 'proxy', worker: thread.id, port, code });
    if (!own) return;
    if (starting) failure ??= new ListenError(code, port);
    else void thread.worker.terminate();
  }

  function onExit(thread: Thread): void {
    thread.gone = true;
    thread.listening = false;
    if (threads.get(thread.id) === thread) threads.delete(thread.id);
    handed?.gone(thread.id);
    if (!stopping && failure === null) {
      if (handed?.lost() === true) {
        log.error('nobody accepts on the transparent socket any more', { part: 'proxy' });
        options.onLost?.();
      }
      const lived = performance.now() - thread.bornMs;
      const quick = lived >= HEALTHY_MS ? 0 : (quickDeaths.get(thread.id) ?? -1) + 1;
      quickDeaths.set(thread.id, quick);
      const waitMs = Math.min(FIRST_RETRY_MS * 2 ** quick, LAST_RETRY_MS);
      log.warn('a proxy thread has ended and is replaced', { part: 'proxy', worker: thread.id, ms: waitMs });
      retries.set(thread.id, setTimeout(() => spawn(thread.id), waitMs));
    }
    wake();
  }

  const watchdog = setInterval(() => {
    for (const thread of threads.values()) {
      // A slow machine reads the program for longer than a thread may be silent: killed while it starts, it would never be up.
      if (!thread.listening && performance.now() - thread.bornMs < START_MS) continue;
      if (thread.unanswered >= PINGS_LOST) {
        log.error('a proxy thread does not answer and is replaced', { part: 'proxy', worker: thread.id });
        void thread.worker.terminate();
        continue;
      }
      thread.unanswered++;
      tell(thread, { type: 'ping', n: thread.unanswered });
    }
  }, (options.watchdogMs ?? WATCHDOG_MS) / PINGS_LOST);
  watchdog.unref();

  const alive = (): number => [...threads.values()].filter((thread) => thread.listening).length;

  async function start(): Promise<void> {
    await ensureFree(settings.host, settings.port);
    if (settings.transparentPort !== null && handed === null) await ensureFree(settings.host, settings.transparentPort);
    // One first: it finds out what port 0 means, and meets a port that can't be opened before the others do.
    for (let id = 0; id < options.count && failure === null; id++) {
      spawn(id);
      if (id === 0) await until(() => alive() > 0 || failure !== null, START_MS);
    }
    await until(() => alive() === options.count || failure !== null, START_MS);
    starting = false;
    if (failure !== null) throw failure;
    if (alive() === 0) throw new ListenError('ETIMEDOUT', settings.port);
  }

  const started = start();
  // The caller hears of it through `listening()`; until then it must not count as unhandled.
  started.catch(() => undefined);

  return {
    listening: () => started,
    ports: () => ({ proxy: settings.port, transparent: settings.transparentPort }),
    async setPolicy(next) {
      const change = changeOf(policy, next);
      policy = next;
      tellAll({ type: 'policy', ...change });
      await until(() => [...threads.values()].every((thread) => thread.gone || thread.generation >= next.generation), APPLY_MS);
    },
    setNeighbours(macByAddress) {
      macs = macByAddress;
      tellAll({ type: 'neighbours', macByAddress });
    },
    setDeviceKey(key) {
      deviceKey = key;
      tellAll({ type: 'device-key', key });
    },
    setSigning(next) {
      signing = next;
      tellAll({ type: 'signing', signing: next });
    },
    setDeny(deny) {
      if (trust !== undefined) trust = { ...trust, more: deny };
      tellAll({ type: 'deny', deny });
    },
    alive,
    health: () => [...threads.values()].map(({ id, listening, connections, tunnels }) => ({ id, listening, connections, tunnels })),
    async stop(graceMs) {
      stopping = true;
      clearInterval(watchdog);
      for (const timer of retries.values()) clearTimeout(timer);
      tellAll({ type: 'drain', graceMs });
      await until(() => [...threads.values()].every((thread) => thread.gone), graceMs + DRAIN_SLACK_MS);
      await Promise.all([...threads.values()].map((thread) => thread.worker.terminate()));
    },
  };
}

/** What failed and where in our own code. Never the message: it may quote an address. */
function placeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  const { code } = error as NodeJS.ErrnoException;
  const frame = /\/([\w-]+\.m?js:\d+:\d+)/.exec(error.stack ?? '')?.[1];
  return [code ?? error.name, frame].filter((part) => part !== undefined).join(' ');
}
