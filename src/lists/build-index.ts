/** From list contents to the host index. Pure but for time: runs in the compile worker, or in place where there is none. */
import { KIND_EXACT, KIND_PATH, KIND_SUBDOMAINS, KIND_SUFFIX, type IndexImage } from '../matching/host-index.js';
import { createIndexBuilder } from '../matching/host-index-build.js';

/** Entries between two reports of progress. */
const REPORT_EVERY = 50_000;

/** @param contents of list i, its canonical entries; asked for one list at a time, so that only one is in memory */
export function buildIndex(lists: number, total: number, contents: (list: number) => Iterable<string>, onProgress: (done: number) => void = () => undefined): IndexImage {
  const builder = createIndexBuilder(total);
  let done = 0;
  for (let list = 0; list < lists; list++) {
    for (const entry of contents(list)) {
      const first = entry.charCodeAt(0);
      const slash = first === 0x3d || first === 0x2a ? -1 : entry.indexOf('/');
      // Entries were canonicalised when the list was put: reading them again in full would double the time.
      if (first === 0x3d) builder.addParsed(list, entry.slice(1), KIND_EXACT, null);
      else if (first === 0x2a) builder.addParsed(list, entry.slice(2), KIND_SUBDOMAINS, null);
      else if (slash === -1) builder.addParsed(list, entry, KIND_SUFFIX, null);
      else builder.addParsed(list, entry.slice(0, slash), KIND_PATH, entry.slice(slash));
      if (++done % REPORT_EVERY === 0) onProgress(done);
    }
  }
  onProgress(done);
  return builder.finish();
}

/** Entries of a content as stored: joined by \n, ASCII. */
export function* entriesOf(bytes: Uint8Array): Generator<string> {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < buffer.length;) {
    // In blocks: one string of the whole would be a second copy of the list.
    let end = Math.min(at + (1 << 20), buffer.length);
    if (end < buffer.length) {
      const newline = buffer.lastIndexOf(0x0a, end);
      end = newline >= at ? newline : buffer.length;
    }
    yield* buffer.toString('latin1', at, end).split('\n');
    at = end + 1;
  }
}
