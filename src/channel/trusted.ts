/**
 * The client's half of The Update Framework, by tuf-js: from trusted metadata and a transport to newer trusted metadata and the files it
 * vouches for. The library decides; here it is given a place of its own to work in, bounds, and words for its refusals.
 * Refuses to know what the files mean and where trusted metadata is kept.
 */
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Metadata, MetadataKind } from '@tufjs/models';
import { Updater, type Fetcher } from 'tuf-js';
import { z } from 'zod';
import { ChannelError } from './channel-error.js';
import type { Transport } from './transport.js';

// tuf-js tells "there is no newer root" by the class of the error and does not export it.
const { DownloadHTTPError } = createRequire(import.meta.url)('tuf-js/dist/error') as { DownloadHTTPError: new (message: string, statusCode: number) => Error };

export const METADATA_ROLES = ['root', 'timestamp', 'snapshot', 'targets'] as const;
export type MetadataRole = (typeof METADATA_ROLES)[number];

/** A file that the metadata in force vouches for. */
export interface Vouched {
  readonly bytes: number;
  readonly sha256: string;
}

export interface TrustedRun {
  /** What is trusted now, also after a refusal: what was verified before it stays learnt, so that nothing can be taken back. */
  readonly metadata: ReadonlyMap<string, Uint8Array>;
  /** Null: all of it is verified, `files` can be had. */
  readonly fault: ChannelError | null;
  readonly versions: { readonly root: number; readonly targets: number; readonly expiresMs: number } | null;
  readonly files: ReadonlyMap<string, Vouched>;
  /** Fetches a file and checks it against the metadata. @throws ChannelError */
  fetch(name: string, maxBytes: number): Promise<string>;
}

const BASE = 'https://channel.invalid/';
const LIMITS = { maxRootRotations: 64, maxDelegations: 1, rootMaxLength: 65_536, timestampMaxLength: 16_384, snapshotMaxLength: 65_536, targetsMaxLength: 1_048_576 };

const signed = z.object({ signed: z.object({ version: z.int(), expires: z.string() }) });
const targets = z.object({ signed: z.object({ targets: z.record(z.string(), z.object({ length: z.int().min(0), hashes: z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/) }) })) }) });

/**
 * @param scratch an empty folder of its own; the caller removes it
 * @param trusted at least `root`
 */
export async function openTrusted(transport: Transport, scratch: string, trusted: ReadonlyMap<string, Uint8Array>, nowMs: number): Promise<TrustedRun> {
  const metadataDir = join(scratch, 'metadata');
  const targetDir = join(scratch, 'targets');
  for (const dir of [metadataDir, targetDir]) await mkdir(dir, { mode: 0o700 });
  for (const role of METADATA_ROLES) {
    const bytes = trusted.get(role);
    if (bytes !== undefined) await writeFile(join(metadataDir, `${role}.json`), bytes, { mode: 0o600 });
  }
  const asked = createFetcher(transport, scratch);
  const now = async (): Promise<Map<string, Uint8Array>> => {
    const found = new Map<string, Uint8Array>();
    for (const role of METADATA_ROLES) {
      const bytes = await readFile(join(metadataDir, `${role}.json`)).catch(() => null);
      if (bytes !== null) found.set(role, bytes);
    }
    return found;
  };
  const stopped = async (fault: ChannelError): Promise<TrustedRun> => ({ metadata: await now(), fault, versions: null, files: new Map(), fetch: () => Promise.reject(fault) });

  let updater: Updater;
  try {
    updater = new Updater({ metadataDir, metadataBaseUrl: `${BASE}metadata`, targetDir, targetBaseUrl: `${BASE}targets`, fetcher: asked.fetcher, config: LIMITS });
  } catch (cause) {
    return stopped(new ChannelError('root-file', 'Tệp gốc tin cậy của kênh (channel.root) không dùng được.', 'The trust root of the channel (channel.root) is not usable.', { cause }));
  }
  try {
    await updater.refresh();
  } catch (cause) {
    return stopped(asked.fault() ?? explain(asked.last(), await now(), trusted, nowMs, cause));
  }
  const metadata = await now();
  const read = (role: MetadataRole): z.output<typeof signed>['signed'] => signed.parse(json(metadata.get(role))).signed;
  const files = new Map(Object.entries(targets.parse(json(metadata.get('targets'))).signed.targets).map(([name, { length, hashes }]) => [name, { bytes: length, sha256: hashes.sha256 }]));
  return {
    metadata,
    fault: null,
    versions: { root: read('root').version, targets: read('targets').version, expiresMs: Date.parse(read('timestamp').expires) },
    files,
    async fetch(name, maxBytes) {
      const info = files.has(name) ? await updater.getTargetInfo(name) : undefined;
      if (info === undefined) throw new ChannelError('no-target', `Bảng kê nêu tệp ${name} nhưng kênh không ký tệp ấy.`, `The table of contents names ${name}, for which the channel does not vouch.`);
      if (info.length > maxBytes) throw new ChannelError('too-big', `Tệp ${name} của kênh dài ${info.length} byte, quá ${maxBytes} byte được phép.`, `File ${name} of the channel has ${info.length} bytes, more than the ${maxBytes} it may have.`);
      const file = join(targetDir, name);
      try {
        return await updater.downloadTarget(info, file);
      } catch (cause) {
        throw asked.fault() ?? new ChannelError('mixed', `Tệp ${name} không phải tệp đã được ký (khác độ dài hoặc mã băm).`, `File ${name} is not the one that was signed (another length or hash).`, { cause });
      }
    },
  };
}

interface Asked {
  readonly fetcher: Fetcher;
  /** What the way there had to say about the last file; null: it came. */
  fault(): ChannelError | null;
  last(): { readonly path: string; readonly bytes: Uint8Array } | null;
}

function createFetcher(transport: Transport, scratch: string): Asked {
  let fault: ChannelError | null = null;
  let last: { path: string; bytes: Uint8Array } | null = null;
  let count = 0;

  async function get(url: string, maxBytes: number): Promise<string> {
    const path = url.slice(BASE.length);
    const file = join(scratch, `part-${++count}`);
    fault = null;
    last = { path, bytes: new Uint8Array() };
    try {
      if (!url.startsWith(BASE)) throw new ChannelError('outside', 'Kênh nêu một tệp nằm ngoài chính nó; bị từ chối.', 'The channel names a file outside itself; refused.');
      await transport.fetch(path, maxBytes, file);
      return file;
    } catch (error) {
      fault = error instanceof ChannelError ? error : new ChannelError('disk', 'Không ghi được tệp của kênh ra đĩa (đầy?).', 'The channel’s file can’t be written to disk (full?).', { cause: error });
      if (fault.code === 'not-there') throw new DownloadHTTPError(fault.message, 404);
      throw fault;
    }
  }
  return {
    fault: () => fault,
    last: () => last,
    fetcher: {
      async downloadFile(url, maxBytes, handler) {
        const file = await get(url, maxBytes);
        try {
          return await handler(file);
        } finally {
          await rm(file, { force: true });
        }
      },
      async downloadBytes(url, maxBytes) {
        const file = await get(url, maxBytes);
        const bytes = await readFile(file);
        await rm(file, { force: true });
        last = { path: url.slice(BASE.length), bytes };
        return bytes;
      },
    },
  };
}

const SPOKEN: Readonly<Record<MetadataRole, readonly [vi: string, en: string]>> = {
  root: ['tệp gốc (root)', 'the root'],
  timestamp: ['tệp thời điểm (timestamp)', 'the timestamp'],
  snapshot: ['tệp chụp (snapshot)', 'the snapshot'],
  targets: ['tệp danh mục (targets)', 'the list of targets'],
};

/** tuf-js has refused; why, in words. Only words: nothing here lets anything pass. */
function explain(last: { readonly path: string; readonly bytes: Uint8Array } | null, metadata: ReadonlyMap<string, Uint8Array>, before: ReadonlyMap<string, Uint8Array>, nowMs: number, cause: unknown): ChannelError {
  const role = METADATA_ROLES.find((known) => last?.path.endsWith(`${known}.json`) === true) ?? 'timestamp';
  const say = (code: 'wrong-key' | 'rollback' | 'expired' | 'mixed' | 'malformed', of: MetadataRole, vi: string, en: string): ChannelError =>
    new ChannelError(code, `Kênh bị từ chối: ${SPOKEN[of][0]} ${vi}.`, `The channel is refused: ${SPOKEN[of][1]} ${en}.`, { cause });
  const root = metadata.get('root');
  if (role !== 'root' && root !== undefined && expired(root, nowMs)) return say('expired', 'root', 'đã hết hạn; nơi phát hành phải ký lại', 'has expired; the publisher must sign it anew');
  const bytes = last?.bytes ?? new Uint8Array();
  const next = signed.safeParse(json(bytes));
  if (!next.success) return say('malformed', role, 'không đọc được', "can't be read");
  if (root !== undefined && !isSigned(root, role, bytes)) return say('wrong-key', role, 'không được ký bằng khóa mà trường tin', 'is not signed by keys this school trusts');
  const known = before.get(role);
  if (known !== undefined && next.data.signed.version < (signed.safeParse(json(known)).data?.signed.version ?? 0)) return say('rollback', role, 'cũ hơn bản trường đã có (bị lùi lại)', 'is older than the one this school has (rolled back)');
  if (Date.parse(next.data.signed.expires) <= nowMs) return say('expired', role, 'đã hết hạn: nơi phát hành ngừng ký, hoặc ai đó giữ lại bản cũ', 'has expired: the publisher stopped signing, or somebody holds newer ones back');
  return say('mixed', role, 'không khớp với các tệp đi cùng (lẫn từ hai bản, hoặc bị lùi lại)', 'does not fit the files beside it (mixed from two versions, or rolled back)');
}

function expired(bytes: Uint8Array, nowMs: number): boolean {
  const read = signed.safeParse(json(bytes));
  return read.success && Date.parse(read.data.signed.expires) <= nowMs;
}

function isSigned(root: Uint8Array, role: MetadataRole, bytes: Uint8Array): boolean {
  try {
    const kinds = { root: MetadataKind.Root, timestamp: MetadataKind.Timestamp, snapshot: MetadataKind.Snapshot, targets: MetadataKind.Targets } as const;
    const trusted = Metadata.fromJSON(MetadataKind.Root, json(root) as never);
    trusted.verifyDelegate(role, Metadata.fromJSON(kinds[role] as MetadataKind.Root, json(bytes) as never));
    return true;
  } catch (error) {
    return !(error instanceof Error);
  }
}

function json(bytes: Uint8Array | undefined): unknown {
  try {
    return JSON.parse(Buffer.from(bytes ?? []).toString('utf8'));
  } catch (error) {
    return { unreadable: (error as Error).name };
  }
}
