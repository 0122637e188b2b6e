/** A channel on loopback: the publisher's folder, and the plain web server that hands it out, honest or not. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initChannel, openChannel, type Publisher } from '../../src/channel/publisher.js';
import { draftDeny, draftList, type ListWish } from '../../src/channel/draft-item.js';
import { writeFileSync } from 'node:fs';
import type { DenyKind } from '../../src/store/channel-rows.js';

export interface Asked {
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
}

/** Answers in the place of the honest server; false: it does not. */
export type Trick = (path: string, response: ServerResponse) => boolean;

export interface ChannelServer {
  readonly dir: string;
  readonly url: string;
  readonly port: number;
  readonly rootFile: string;
  readonly asked: Asked[];
  trick: Trick | null;
  publisher(): Publisher;
  deny(kind: DenyKind, text: string, version?: string): void;
  list(name: string, role: ListWish['role'], entries: readonly string[], more?: Partial<ListWish>): Promise<void>;
  publish(nowMs?: number): void;
  close(): Promise<void>;
}

export async function startChannel(options: { readonly nowMs?: number; readonly host?: string } = {}): Promise<ChannelServer> {
  const folder = mkdtempSync(join(tmpdir(), 'luytre-kenh-'));
  const dir = join(folder, 'kenh');
  const { rootFile } = initChannel(dir, { title: 'Kênh thử', rootKeys: 3, threshold: 2, nowMs: options.nowMs ?? Date.now() });
  const asked: Asked[] = [];
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').slice(1);
    asked.push({ url: request.url ?? '', headers: request.headers });
    if (channel.trick?.(path, response) === true) return;
    const file = join(dir, 'public', path);
    if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end();
    response.end(readFileSync(file));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const channel: ChannelServer = {
    dir, port, rootFile, asked, trick: null,
    url: `http://${options.host ?? '127.0.0.1'}:${port}/`,
    publisher: () => openChannel(dir),
    deny(kind, text, version = '1') {
      const { item, bytes } = draftDeny(kind, text, `${kind}.txt`, version);
      openChannel(dir).put(item, bytes);
    },
    async list(name, role, entries, more = {}) {
      const file = join(folder, `${name}.txt`);
      writeFileSync(file, `${entries.join('\n')}\n`);
      const { item, bytes } = await draftList(file, { name, role, category: null, profiles: null, format: 'auto', version: '1', license: null, ends: null, ...more });
      openChannel(dir).put(item, bytes);
    },
    publish: (nowMs = Date.now()) => void openChannel(dir).publish(nowMs),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      rmSync(folder, { recursive: true, force: true });
    },
  };
  return channel;
}
