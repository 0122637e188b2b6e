/** A school that takes from a channel, without a gateway around it. */
import { connect } from 'node:net';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createWebTransport, createFolderTransport, type Transport, type TransportLimits } from '../../src/channel/transport.js';
import { takeFromChannel, type TakeDeps, type TakeReport } from '../../src/channel/take.js';
import { openStore } from '../../src/store/database.js';
import type { Store } from '../../src/store/rows.js';
import { shippedRules } from '../lists/fixture.js';
import type { ChannelServer } from '../support/channel-server.js';

export interface School {
  readonly dataDir: string;
  readonly store: Store;
  take(more?: Partial<TakeDeps>): Promise<TakeReport>;
  close(): void;
}

export function direct(channel: ChannelServer, limits: TransportLimits = { idleMs: 400, fileMs: 1_500 }): Transport {
  return createWebTransport(channel.url, { open: () => Promise.resolve({ socket: connect(channel.port, '127.0.0.1'), absolute: false }) }, limits);
}

export function folder(dir: string): Transport {
  return createFolderTransport(`file://${dir}/`);
}

export function openSchool(channel: ChannelServer): School {
  const dataDir = mkdtempSync(join(tmpdir(), 'luytre-truong-'));
  const store = openStore(dataDir);
  return {
    dataDir,
    store,
    take: (more = {}) => takeFromChannel({
      store, dataDir, shipped: shippedRules(), transport: direct(channel), url: channel.url, rootFile: channel.rootFile, actor: { kind: 'system', name: 'channel' }, nowMs: Date.now(), ...more,
    }),
    close() {
      store.close();
      rmSync(dataDir, { recursive: true, force: true });
    },
  };
}
