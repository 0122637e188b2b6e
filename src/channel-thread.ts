/**
 * Thread entry of one question to the signed channel (started by gateway-channel.ts): unpacking, reading and sorting a million lines on the
 * control thread would keep every page and every switch waiting. It has a store of its own, as if the command line had asked; what changed is
 * noticed by its revision and generation.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { channelTransport } from './channel-way.js';
import { takeFromChannel } from './channel/take.js';
import type { Config } from './config.js';
import { rulesDir } from './installed.js';
import { loadShipped } from './lists/shipped.js';
import { openStore } from './store/database.js';

/** What the control thread is told: codes and counts, for its log. */
export interface ChannelTold {
  /** Of the fault, or of what was held back; empty: all is well. */
  readonly code: string;
  readonly changed: number;
  readonly version: number | null;
}

const config = workerData as Config;
const { url, root } = config.channel;
if (url !== null && root !== null) {
  const store = openStore(config.dataDir);
  try {
    const { fault, held, put, removed, state } = await takeFromChannel({
      store, dataDir: config.dataDir, shipped: loadShipped(rulesDir()), transport: channelTransport(config, url), url, rootFile: root, actor: { kind: 'system', name: 'channel' }, nowMs: Date.now(),
    });
    parentPort?.postMessage({ code: fault?.code ?? held.map((item) => item.code).join(' '), changed: put.length + removed.length, version: state.targetsVersion } satisfies ChannelTold);
  } finally {
    store.close();
  }
}
