/**
 * The signed channel beside a running gateway: asks it in its time, hands newer revocations to the proxy threads, and tells the log once
 * what is wrong. Composition only; the work is channel/take.ts.
 */
import { channelTransport } from './channel-way.js';
import type { TakeReport } from './channel/take.js';
import type { Config } from './config.js';
import { codeOf } from './fault.js';
import { type Job } from './jobs.js';
import type { Shipped } from './lists/shipped.js';
import type { Log } from './log.js';
import type { DenyKind } from './store/channel-rows.js';
import type { Actor, Store } from './store/rows.js';
import type { MoreDeny } from './tls/distrusted.js';
import { EMPTY_DENY, unpackDeny, type PackedDeny } from './tls/packed-deny.js';

const CHANNEL: Actor = { kind: 'system', name: 'channel' };
/** The first question comes within this after the start; a thousand schools whose power came back do not ask in one second. */
const FIRST_MS = 3_000;
/** Later ones a tenth around the period. */
const SPREAD = 0.1;
const SAY_AGAIN_MS = 86_400_000;

export interface ChannelKeeperDeps {
  readonly config: Config;
  readonly store: Store;
  readonly log: Log;
  shipped(): Shipped;
  onDeny(deny: MoreDeny): void;
  onLists(): Promise<void>;
}

export interface ChannelKeeper {
  /** What stands in the store; what can't be read there denies nothing more than the shipped lists. */
  deny(): MoreDeny;
  /** Another process wrote: its deny lists are taken over where they are newer. */
  look(): void;
  readonly jobs: readonly Job[];
}

export function createChannelKeeper(deps: ChannelKeeperDeps): ChannelKeeper {
  const { config, store, log } = deps;
  const { url, root, everySeconds } = config.channel;
  let seen = revOf(store);
  let nextMs = Date.now() + Math.random() * FIRST_MS;
  let said = { code: '', atMs: 0 };

  const read = (kind: DenyKind): PackedDeny => {
    const row = store.channel.deny(kind);
    const packed = row === null ? EMPTY_DENY : unpackDeny(row.packed);
    if (packed === null) log.error('a deny list of the channel is damaged and not used', { part: 'channel', list: kind });
    return packed ?? EMPTY_DENY;
  };
  const deny = (): MoreDeny => ({ distrusted: read('distrusted'), revoked: read('revoked') });

  async function take(): Promise<void> {
    if (url === null || root === null || Date.now() < nextMs) return;
    nextMs = Date.now() + everySeconds * 1_000 * (1 + SPREAD * (2 * Math.random() - 1));
    // only who has a channel pays for its client
    const { takeFromChannel } = await import('./channel/take.js');
    const report = await takeFromChannel({ store, dataDir: config.dataDir, shipped: deps.shipped(), transport: channelTransport(config, url), url, rootFile: root, actor: CHANNEL, nowMs: Date.now() });
    seen = revOf(store);
    if (report.denyChanged) deps.onDeny(deny());
    if (report.put.length + report.removed.length > 0) await deps.onLists();
    tell(report);
  }

  /** The same trouble is said once a day, however often it is met. */
  function tell({ fault, put, removed, held, state }: TakeReport): void {
    if (put.length + removed.length > 0) log.info('taken from the channel', { part: 'channel', count: put.length + removed.length, version: String(state.targetsVersion ?? 0) });
    const code = fault?.code ?? held.map((item) => item.code).join(' ');
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
    jobs: url === null ? [] : [{
      name: 'channel',
      about: 'asks the signed channel for newer lists and revocations',
      everyMs: 1_000,
      run: () => take().catch((error: unknown) => log.warn('the channel was not taken; what was in force stays; see: luytre doctor', { part: 'channel', code: codeOf(error) })),
    }],
  };
}

function revOf(store: Store): number {
  return store.channel.row()?.rev ?? 0;
}
