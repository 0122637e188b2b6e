/**
 * The compiled host index on disk: `<data>/index/<fingerprint>.idx`, written whole or not at all, read back only when its checksum holds.
 * Refuses to know what lists are. A power cut between any two steps leaves the old file, the new one, or a leftover that the
 * next clean-up removes, never half a file under a real name (security.md F6).
 */
import { mkdir, open, readdir, rename, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeImage, encodeImage, type IndexImage } from '../matching/host-index.js';

/** Steps of a write, in order; a test kills the process at each. */
export const WRITE_STEPS = ['opened', 'written', 'synced', 'renamed', 'folder-synced'] as const;
export type WriteStep = (typeof WRITE_STEPS)[number];

/** Files kept beside the current one, newest first: the one a command has prepared, and the one to roll back to. */
const KEPT = 3;
/** A leftover of a killed writer is removed after this time. */
const LEFTOVER_MS = 3_600_000;
const READ_BYTES = 1 << 24;

export function indexFolder(dataDir: string): string {
  return join(dataDir, 'index');
}

export function indexPath(dataDir: string, fingerprint: string): string {
  return join(indexFolder(dataDir), `${fingerprint}.idx`);
}

/** Writes the image under its fingerprint: temporary file, fsync, rename, fsync of the folder. */
export async function writeIndex(dataDir: string, fingerprint: string, image: IndexImage, onStep: (step: WriteStep) => void = () => undefined): Promise<void> {
  const folder = indexFolder(dataDir);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const path = indexPath(dataDir, fingerprint);
  const temporary = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      onStep('opened');
      for (const part of encodeImage(image)) await writeAll(file, part);
      onStep('written');
      await file.sync();
    } finally {
      await file.close();
    }
    onStep('synced');
    await rename(temporary, path);
    onStep('renamed');
    await syncFolder(folder);
    onStep('folder-synced');
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw error;
  }
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) {
    const { bytesWritten } = await file.write(bytes, at, Math.min(READ_BYTES, bytes.length - at));
    at += bytesWritten;
  }
}

/** A rename is on disk only when its folder is. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** The index under this fingerprint; null when it is not there, cannot be read, is damaged or of another version: then it is compiled. */
export async function loadIndex(dataDir: string, fingerprint: string): Promise<IndexImage | null> {
  const file = await open(indexPath(dataDir, fingerprint), 'r').catch(() => null);
  if (file === null) return null;
  try {
    const { size } = await file.stat();
    if (size > 2 ** 32) return null;
    // Read straight into shared memory: all threads use these very bytes.
    const bytes = new Uint8Array(new SharedArrayBuffer(size));
    let at = 0;
    while (at < size) {
      const { bytesRead } = await file.read(bytes, at, Math.min(READ_BYTES, size - at), at);
      if (bytesRead === 0) return null;
      at += bytesRead;
    }
    return decodeImage(bytes);
  } catch {
    // A disk that fails on reading: the lists are in the database too.
    return null;
  } finally {
    await file.close();
  }
}

/** Removes what is no longer needed. Never fails: a full folder is a nuisance, not a reason to stop filtering. */
export async function cleanIndexes(dataDir: string, keep: string, nowMs: number): Promise<void> {
  const folder = indexFolder(dataDir);
  const names = await readdir(folder).catch(() => []);
  const found: { path: string; ms: number }[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const ms = await stat(path).then((info) => info.mtimeMs, () => nowMs);
    if (name.endsWith('.tmp') && nowMs - ms > LEFTOVER_MS) await unlink(path).catch(() => undefined);
    else if (name.endsWith('.idx') && name !== `${keep}.idx`) found.push({ path, ms });
  }
  found.sort((a, b) => b.ms - a.ms);
  for (const { path } of found.slice(KEPT)) await unlink(path).catch(() => undefined);
}
