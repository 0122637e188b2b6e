/**
 * The signed channel beside a running gateway: asks it in its time (channel-thread.ts), hands newer revocations to the proxy threads, and
 * tells the log once what is wrong. Composition only; the work is channel/take.ts.
 */
import { randomInt } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { ChannelTold } from './channel-thread.js';
import type { Config } from './config.js';
import { codeOf } from './fault.js';
import type { Job } from './jobs.js';
import type { Log } from './log.js';
import type { DenyKind } from './store/channel-rows.js';
import type { Store } from './store/rows.js';
import type { MoreDeny } from './tls/distrusted.js';
import { EMPTY_DENY, unpackDeny, type PackedDeny } from './tls/packed-deny.js';

/** The first question comes within this after the start; a thousand schools whose power came back do not ask in one second. */
const FIRST_MS = 3_000;
/** Later ones a tenth around the period. */
const SPREAD = 0.1;
const SAY_AGAIN_MS = 86_400_000;

export interface ChannelKeeperDeps {
  readonly config: Config;
  readonly store: Store;
  readonly log: Log;
  onDeny(deny: MoreDeny): void;
}

export interface ChannelKeeper {
  /** What stands in the store; what can't be read there denies nothing more than the shipped lists. */
  deny(): MoreDeny;
  /** Another connection wrote (the channel's thread, a command): its deny lists are taken over where they are newer. */
  look(): void;
  /** The store is another one: a backup was put in its place. */
  reload(): void;
  readonly jobs: readonly Job[];
}

export function createChannelKeeper(deps: ChannelKeeperDeps): ChannelKeeper {
  const { config, store, log } = deps;
  const { url, everySeconds } = config.channel;
  let seen = revOf(store);
  let nextMs = Date.now() + randomInt(FIRST_MS);
  let said = { code: '', atMs: 0 };

  const read = (kind: DenyKind): PackedDeny => {
    const row = store.channel.deny(kind);
    const packed = row === null ? EMPTY_DENY : unpackDeny(row.packed);
    if (packed === null) log.error('a deny list of the channel is damaged and not used', { part: 'channel', list: kind });
    return packed ?? EMPTY_DENY;
  };
  const deny = (): MoreDeny => ({ distrusted: read('distrusted'), revoked: read('revoked') });

  /** In a thread of its own; the gateway ends without waiting for it, since what it writes is whole or not there. */
  function ask(): Promise<ChannelTold> {
    return new Promise((resolve, reject) => {
      const worker = new Worker(new URL('./channel-thread.js', import.meta.url), { workerData: config, execArgv: [], name: 'channel' });
      worker.unref();
      worker.once('message', resolve);
      worker.once('error', reject);
      worker.once('exit', () => reject(new Error('the channel’s thread ended early')));
    });
  }

  async function take(): Promise<void> {
    if (Date.now() < nextMs) return;
    const periodMs = everySeconds * 1_000;
    nextMs = Date.now() + randomInt(periodMs * (1 - SPREAD), periodMs * (1 + SPREAD));
    tell(await ask().catch((error: unknown) => ({ code: codeOf(error), changed: 0, version: null })));
  }

  /** The same trouble is said once a day, however often it is met. */
  function tell({ code, changed, version }: ChannelTold): void {
    // a command was at it at the same time, and says itself how it went
    if (code === 'busy') return;
    if (changed > 0) log.info('taken from the channel', { part: 'channel', count: changed, version: String(version ?? 0) });
    if (code === '' && said.code !== '') log.info('the channel is in order again', { part: 'channel' });
    if (code !== '' && (code !== said.code || Date.now() - said.atMs >= SAY_AGAIN_MS)) {
      log.warn('the channel was not taken; what was in force stays; see: luytre doctor', { part: 'channel', code });
      said = { code, atMs: Date.now() };
    }
    if (code === '') said = { code, atMs: 0 };
  }

  return {
    deny,
    look() {
      const rev = revOf(store);
      if (rev === seen) return;
      seen = rev;
      deps.onDeny(deny());
    },
    reload() {
      seen = revOf(store);
      deps.onDeny(deny());
    },
    jobs: url === null ? [] : [{
      name: 'channel',
      about: 'asks the signed channel for newer lists and revocations',
      everyMs: 1_000,
      run: take,
    }],
  };
}

function revOf(store: Store): number {
  return store.channel.row()?.rev ?? 0;
}
