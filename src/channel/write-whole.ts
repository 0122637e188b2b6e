/** A file that is there whole or not at all, also after a power cut. */
import { chmodSync, closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { ChannelError } from './channel-error.js';

export function writeWhole(file: string, bytes: Uint8Array, mode: number): void {
  const part = `${file}.part-${process.pid}`;
  try {
    const handle = openSync(part, 'w', mode);
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(handle, bytes, at);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    chmodSync(part, mode);
    renameSync(part, file);
    const folder = openSync(dirname(file), 'r');
    fsyncSync(folder);
    closeSync(folder);
  } catch (cause) {
    rmSync(part, { force: true });
    throw new ChannelError('disk', `Không ghi được ${file} (${(cause as NodeJS.ErrnoException).code ?? ''}).`, `${file} can't be written (${(cause as NodeJS.ErrnoException).code ?? ''}).`, { cause });
  }
}
