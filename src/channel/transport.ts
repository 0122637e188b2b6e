/**
 * How the files of a channel come here: from one web server, or from a folder (a USB stick). Owns the bounds of size and time and that
 * nothing outside the configured place is ever asked for. Refuses to know what the files mean.
 */
import { createReadStream, createWriteStream } from 'node:fs';
import { rm } from 'node:fs/promises';
import { request as askHttp, type IncomingMessage } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ChannelError } from './channel-error.js';

export interface Transport {
  /**
   * Writes what lies at `path` (relative, decoded from nothing: as it stands in the metadata) to a new file.
   * @throws ChannelError, `not-there` where there is no such file
   */
  fetch(path: string, maxBytes: number, file: string): Promise<void>;
}

/** Opens one connection to the configured host, ended by the caller. */
export interface Way {
  open(): Promise<{ readonly socket: Duplex; /** A parent proxy stands between: it wants the whole address. */ readonly absolute: boolean }>;
}

export interface TransportLimits {
  /** Nothing comes for this long: given up. */
  readonly idleMs: number;
  /** A whole file, small ones; bigger ones get the time a slow line of 16 KiB a second needs. */
  readonly fileMs: number;
}

export const TRANSPORT_LIMITS: TransportLimits = { idleMs: 20_000, fileMs: 60_000 };
const SLOWEST_BYTES_PER_MS = 16;
const MAX_HEAD_BYTES = 16_384;

/** @param base as in the configuration, with a slash at its end */
export function createWebTransport(base: string, way: Way, limits: TransportLimits = TRANSPORT_LIMITS): Transport {
  return {
    async fetch(path, maxBytes, file) {
      const url = within(base, path);
      const deadline = new AbortController();
      const timer = setTimeout(() => deadline.abort(), timeFor(maxBytes, limits.fileMs));
      const { socket, absolute } = await way.open().catch((error: unknown) => {
        clearTimeout(timer);
        throw error;
      });
      try {
        const response = await ask(url, socket, absolute, limits.idleMs, deadline.signal);
        check(response, path, maxBytes);
        await save(response, path, maxBytes, file, deadline.signal);
      } finally {
        clearTimeout(timer);
        socket.destroy();
      }
    },
  };
}

/** Only what every reader of the channel says: nothing names the school, its version or what it has already (an ETag would be a mark to know it by). */
function ask(url: URL, socket: Duplex, absolute: boolean, idleMs: number, signal: AbortSignal): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const request = askHttp({
      // and no `agent`: with any, also `false`, Node would open a connection of its own
      createConnection: () => socket,
      method: 'GET',
      path: absolute && url.protocol === 'http:' ? url.href : url.pathname,
      headers: { Host: url.host, 'User-Agent': 'luytre', Accept: '*/*', 'Accept-Encoding': 'identity', Connection: 'close' },
      setHost: false,
      maxHeaderSize: MAX_HEAD_BYTES,
      signal,
    });
    request.setTimeout(idleMs, () => request.destroy(tooSlow()));
    request.on('error', (error) => reject(signal.aborted ? tooSlow(error) : error instanceof ChannelError ? error : unreachable((error as NodeJS.ErrnoException).code ?? '', error)));
    request.on('response', resolve);
    request.end();
  });
}

function check(response: IncomingMessage, path: string, maxBytes: number): void {
  const status = response.statusCode ?? 0;
  if (status === 404 || status === 403) throw notThere(path);
  if (status !== 200) throw new ChannelError('status', `Máy chủ của kênh trả lời ${status} cho ${path}${status >= 300 && status < 400 ? ' (chuyển hướng không được đi theo)' : ''}.`, `The channel's server answered ${status} for ${path}${status >= 300 && status < 400 ? ' (redirects are not followed)' : ''}.`);
  if ((response.headers['content-encoding'] ?? 'identity') !== 'identity') throw new ChannelError('not-plain', `Máy chủ của kênh nén ${path} khi gửi; hãy tắt việc nén cho thư mục của kênh.`, `The channel's server compresses ${path} as it sends it; switch that off for the channel's folder.`);
  if (Number(response.headers['content-length'] ?? 0) > maxBytes) throw tooBig(path, maxBytes);
}

/** @param base as in the configuration: `file:///…/` */
export function createFolderTransport(base: string): Transport {
  return {
    async fetch(path, maxBytes, file) {
      const from = fileURLToPath(within(base, path));
      await save(createReadStream(from), path, maxBytes, file, AbortSignal.timeout(timeFor(maxBytes, TRANSPORT_LIMITS.fileMs)));
    },
  };
}

function timeFor(maxBytes: number, fileMs: number): number {
  return fileMs + Math.ceil(maxBytes / SLOWEST_BYTES_PER_MS);
}

function within(base: string, path: string): URL {
  const url = new URL(path, base);
  if (!url.href.startsWith(base) || url.search !== '' || url.hash !== '') throw new ChannelError('outside', 'Kênh nêu một tệp nằm ngoài chính nó; bị từ chối.', 'The channel names a file outside itself; refused.');
  return url;
}

async function save(from: Readable, path: string, maxBytes: number, file: string, signal: AbortSignal): Promise<void> {
  const expected = 'headers' in from ? Number((from as IncomingMessage).headers['content-length'] ?? NaN) : NaN;
  // heard below, when it is read; until then it must not count as unhandled
  from.on('error', () => undefined);
  const into = createWriteStream(file, { flags: 'wx', mode: 0o600 });
  const stop = (): void => void from.destroy(tooSlow());
  signal.addEventListener('abort', stop, { once: true });
  let bytes = 0;
  try {
    await new Promise<void>((resolve, reject) => {
      into.once('open', () => resolve());
      into.once('error', reject);
    });
    for await (const chunk of from as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw tooBig(path, maxBytes);
      await new Promise<void>((resolve, reject) => into.write(chunk, (error) => (error == null ? resolve() : reject(new ChannelError('disk', 'Không ghi được tệp của kênh ra đĩa (đầy?).', 'The channel’s file can’t be written to disk (full?).', { cause: error })))));
    }
    if (!Number.isNaN(expected) && bytes !== expected) throw new ChannelError('cut-short', `Đường truyền đứt khi đang tải ${path}.`, `The line broke while ${path} was being fetched.`);
  } catch (error) {
    await rm(file, { force: true });
    throw spoken(error, path);
  } finally {
    signal.removeEventListener('abort', stop);
    from.destroy();
    await new Promise<void>((resolve) => into.end(() => resolve()));
  }
}

function spoken(error: unknown, path: string): ChannelError {
  if (error instanceof ChannelError) return error;
  const code = (error as NodeJS.ErrnoException | null)?.code ?? '';
  if (code === 'ENOENT' || code === 'ENOTDIR') return notThere(path);
  if (code === 'ECONNRESET' || code === 'ABORT_ERR') return new ChannelError('cut-short', `Đường truyền đứt khi đang tải ${path}.`, `The line broke while ${path} was being fetched.`, { cause: error });
  return unreachable(code, error);
}

function notThere(path: string): ChannelError {
  return new ChannelError('not-there', `Kênh không có tệp ${path}.`, `The channel has no file ${path}.`);
}

function tooBig(path: string, maxBytes: number): ChannelError {
  return new ChannelError('too-big', `Tệp ${path} của kênh dài hơn ${maxBytes} byte được phép; đã dừng tải.`, `File ${path} of the channel is longer than the ${maxBytes} bytes it may have; the fetch was stopped.`);
}

function tooSlow(cause?: unknown): ChannelError {
  return new ChannelError('too-slow', 'Máy chủ của kênh gửi quá chậm; đã dừng tải.', 'The channel’s server sends too slowly; the fetch was stopped.', { cause });
}

export function unreachable(code: string, cause?: unknown): ChannelError {
  return new ChannelError('unreachable', `Không tới được kênh${code === '' ? '' : ` (${code})`}.`, `The channel can't be reached${code === '' ? '' : ` (${code})`}.`, { cause });
}
