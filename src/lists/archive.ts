/**
 * Opens what a list comes in: a text file, gz, tar, tar.gz, zip or a folder, told by its first bytes and not by its name.
 * Owns the caps against bombs, and that nothing is ever written: member names are labels, never paths.
 * Refuses to know list formats. The only importer of tar-stream.
 */
import { createReadStream, type Stats } from 'node:fs';
import { open, readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { pipeline, type Readable } from 'node:stream';
import { crc32, createGunzip } from 'node:zlib';
import { extract } from 'tar-stream';
import { openPromise as openZip, type Entry as ZipEntry } from 'yauzl';
import { ListError } from './list-error.js';

/** One regular file of an archive, or the file itself. */
export interface Member {
  /** Label: path inside the archive, cleaned; the file's own name for a plain file. */
  readonly name: string;
  /** True for a file that stands alone (not in an archive or folder). */
  readonly alone: boolean;
  readonly bytes: AsyncIterable<Uint8Array>;
}

export interface ArchiveLimits {
  /** Unpacked bytes of all members. */
  readonly maxBytes: number;
  /** Unpacked to packed; real lists reach 12. Counted from `ratioFromBytes` on. */
  readonly maxRatio: number;
  readonly ratioFromBytes: number;
  readonly maxMembers: number;
}

export const ARCHIVE_LIMITS: ArchiveLimits = { maxBytes: 2 ** 30, maxRatio: 200, ratioFromBytes: 2 ** 25, maxMembers: 20_000 };

export interface OpenOptions {
  readonly limits?: ArchiveLimits;
  /** Packed bytes read so far, of how many (0 where unknown). */
  readonly onBytes?: (done: number, total: number) => void;
}

/** Members in archive order. The caller reads one member's bytes, or none, before asking for the next. */
export async function* openMembers(path: string, options: OpenOptions = {}): AsyncGenerator<Member> {
  const limits = options.limits ?? ARCHIVE_LIMITS;
  const info = await statOf(path);
  if (info.isDirectory()) return yield* openFolder(path, limits);
  if (!info.isFile()) throw notAFile(path);
  const head = await readHead(path);
  try {
    if (head.length >= 4 && head.readUInt32LE(0) === 0x0403_4b50) return yield* openZipMembers(path, info.size, limits, options);
    const file = createReadStream(path, { highWaterMark: 1 << 18 });
    const meter = createMeter(path, info.size, limits, () => options.onBytes?.(file.bytesRead, info.size));
    if (head[0] !== 0x1f || head[1] !== 0x8b) return yield* openStream(file, path, meter, limits, null);
    const gunzip = createGunzip({ chunkSize: 1 << 18 });
    pipeline(file, gunzip, () => undefined);
    return yield* openStream(gunzip, path, meter, limits, /\.gz$/i);
  } catch (error) {
    throw explain(error, path);
  }
}

/** Tar or a single file, by the `ustar` mark at 257. */
async function* openStream(stream: Readable, path: string, meter: Meter, limits: ArchiveLimits, suffix: RegExp | null): AsyncGenerator<Member> {
  const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head: Buffer = Buffer.alloc(0);
  while (head.length < 512) {
    const next = await chunks.next();
    if (next.done === true) break;
    head = Buffer.concat([head, next.value]);
  }
  const all = async function* (): AsyncGenerator<Buffer> {
    if (head.length > 0) yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  };
  if (head.length < 512 || head.toString('latin1', 257, 262) !== 'ustar') {
    const name = basename(path);
    yield { name: suffix === null ? name : name.replace(suffix, ''), alone: true, bytes: guard(metered(all(), meter), path) };
    return;
  }
  const tar = extract();
  pipeline(all(), tar, () => undefined);
  let members = 0;
  for await (const entry of tar) {
    if (++members > limits.maxMembers) throw tooMany(path, limits);
    const name = safeName(entry.header.name);
    if (name === null || (entry.header.type !== 'file' && entry.header.type !== 'contiguous-file')) {
      entry.resume();
      continue;
    }
    meter.declare(entry.header.size ?? 0);
    const read = async function* (): AsyncGenerator<Uint8Array> {
      for await (const chunk of entry) if (chunk instanceof Uint8Array) yield chunk;
    };
    const taken = once(guard(metered(read(), meter), path));
    yield { name, alone: false, bytes: taken };
    if (!taken.started()) entry.resume();
  }
}

async function* openZipMembers(path: string, size: number, limits: ArchiveLimits, options: OpenOptions): AsyncGenerator<Member> {
  const meter = createMeter(path, size, limits);
  const zip = await openZip(path, { lazyEntries: true, autoClose: false, decodeStrings: false });
  try {
    if (zip.entryCount > limits.maxMembers) throw tooMany(path, limits);
    let packed = 0;
    for await (const entry of zip.eachEntry()) {
      packed += entry.compressedSize;
      options.onBytes?.(packed, zip.fileSize);
      const raw = entry.fileNameRaw.toString('utf8');
      const name = safeName(raw);
      if (name === null || raw.endsWith('/') || isLink(entry)) continue;
      if (entry.isEncrypted()) {
        throw new ListError('encrypted', `Tệp nén ${basename(path)} có mật khẩu; hãy giải nén rồi nhập tệp bên trong.`, `${basename(path)} is password-protected; unpack it and import the file inside.`);
      }
      meter.declare(entry.uncompressedSize);
      const read = async function* (): AsyncGenerator<Uint8Array> {
        let sum = 0;
        for await (const chunk of await zip.openReadStreamPromise(entry)) {
          sum = crc32(chunk as Buffer, sum);
          yield chunk as Buffer;
        }
        // yauzl checks sizes and leaves the checksum to its user.
        if (sum !== entry.crc32) throw new Error('checksum does not hold');
      };
      yield { name, alone: false, bytes: guard(metered(read(), meter), path) };
    }
  } finally {
    zip.close();
  }
}

/** Unix mode in the upper half of the external attributes; a symbolic link is 0o120000. */
function isLink(entry: ZipEntry): boolean {
  return ((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000;
}

async function* openFolder(path: string, limits: ArchiveLimits): AsyncGenerator<Member> {
  const meter = createMeter(path, Number.POSITIVE_INFINITY, limits);
  let members = 0;
  const waiting = [''];
  for (let folder = waiting.shift(); folder !== undefined; folder = waiting.shift()) {
    const entries = await readdir(join(path, folder), { withFileTypes: true });
    for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
      const name = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory()) waiting.push(name);
      if (!entry.isFile()) continue;
      if (++members > limits.maxMembers) throw tooMany(path, limits);
      yield { name, alone: false, bytes: guard(metered(whenRead(join(path, name)), meter), join(path, name)) };
    }
  }
}

/** Opened by who reads it: of a folder (a clone with its .git, say) most files are passed over, and each open one is a descriptor. */
async function* whenRead(path: string): AsyncGenerator<Uint8Array> {
  yield* createReadStream(path, { highWaterMark: 1 << 18 }) as AsyncIterable<Uint8Array>;
}

/** A clean relative label, or null for names that climb out or are absolute: they are not list files of an honest archive. */
function safeName(raw: string): string | null {
  const parts = raw.replaceAll('\\', '/').split('/').filter((part) => part !== '' && part !== '.');
  if (parts.length === 0 || parts.includes('..') || raw.startsWith('/') || /^[a-z]:/i.test(raw)) return null;
  return parts.join('/').replace(/[\x00-\x1f\x7f]/g, '·');
}

interface Meter {
  /** A size the archive claims; refused before a byte of it is unpacked. */
  declare(bytes: number): void;
  add(bytes: number): void;
}

function createMeter(path: string, packedBytes: number, limits: ArchiveLimits, onAdd: () => void = () => undefined): Meter {
  let total = 0;
  const check = (bytes: number): void => {
    if (bytes > limits.maxBytes) {
      throw new ListError(
        'too-big',
        `${basename(path)} quá lớn khi mở ra (trên ${mib(limits.maxBytes)} MiB); không nhập gì cả.`,
        `${basename(path)} is too big when unpacked (more than ${mib(limits.maxBytes)} MiB); nothing was imported.`,
      );
    }
    if (bytes > limits.ratioFromBytes && bytes > packedBytes * limits.maxRatio) {
      throw new ListError(
        'bomb',
        `${basename(path)} nén bất thường (trên ${limits.maxRatio} lần, như "bom nén"); không nhập gì cả.`,
        `${basename(path)} is packed unlike any list (more than ${limits.maxRatio} times, a "zip bomb"); nothing was imported.`,
      );
    }
  };
  return {
    declare: (bytes) => check(total + bytes),
    add(bytes) {
      total += bytes;
      check(total);
      onAdd();
    },
  };
}

function mib(bytes: number): number {
  return Math.round(bytes / 2 ** 20);
}

async function* metered(bytes: AsyncIterable<Uint8Array>, meter: Meter): AsyncGenerator<Uint8Array> {
  for await (const chunk of bytes) {
    meter.add(chunk.byteLength);
    yield chunk;
  }
}

/** Errors of the streams below become ListErrors wherever the caller meets them. */
async function* guard(bytes: AsyncIterable<Uint8Array>, path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* bytes;
  } catch (error) {
    throw explain(error, path);
  }
}

function once(bytes: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> & { started(): boolean } {
  let started = false;
  return {
    started: () => started,
    [Symbol.asyncIterator]() {
      started = true;
      return bytes[Symbol.asyncIterator]();
    },
  };
}

async function statOf(path: string): Promise<Stats> {
  try {
    return await stat(path);
  } catch (error) {
    throw explain(error, path);
  }
}

async function readHead(path: string): Promise<Buffer> {
  let file;
  try {
    file = await open(path, 'r');
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    return buffer.subarray(0, bytesRead);
  } catch (error) {
    throw explain(error, path);
  } finally {
    await file?.close();
  }
}

function notAFile(path: string): ListError {
  return new ListError('not-a-file', `${basename(path)} không phải tệp hay thư mục thường.`, `${basename(path)} is not a regular file or folder.`);
}

function tooMany(path: string, limits: ArchiveLimits): ListError {
  return new ListError(
    'too-many-files',
    `${basename(path)} chứa quá nhiều tệp (trên ${limits.maxMembers}); không nhập gì cả.`,
    `${basename(path)} holds too many files (more than ${limits.maxMembers}); nothing was imported.`,
  );
}

function explain(error: unknown, path: string): unknown {
  if (error instanceof ListError || !(error instanceof Error)) return error;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  const name = basename(path);
  if (code === 'ENOENT') return new ListError('not-found', `Không tìm thấy tệp ${path}.`, `There is no file ${path}.`, { cause: error });
  if (code === 'EISDIR') return notAFile(path);
  if (code === 'EACCES' || code === 'EPERM') {
    return new ListError('unreadable', `Không có quyền đọc tệp ${name}.`, `No permission to read ${name}.`, { cause: error });
  }
  // The file system's own codes; those of the decoders below start with ERR_ or Z_ or have none.
  if (/^E[A-Z0-9]+$/.test(code)) return new ListError('unreadable', `Không đọc được tệp ${name} (${code}).`, `${name} cannot be read (${code}).`, { cause: error });
  return new ListError('damaged', `Tệp nén ${name} bị hỏng hoặc bị cắt cụt; không nhập gì cả.`, `The archive ${name} is damaged or cut short; nothing was imported.`, { cause: error });
}
