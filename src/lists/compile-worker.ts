/**
 * The compile thread's work: reads list contents (from the database, read-only, or as bytes handed over), builds the index, writes it.
 * Short-lived: one compile, one thread; its memory goes with it. Refuses to know SQLite: src/compile-thread.ts hands the store in.
 */
import { parentPort, workerData } from 'node:worker_threads';
import { codeOf, sentencesOf } from '../fault.js';
import type { Store } from '../store/rows.js';
import { buildIndex, entriesOf } from './build-index.js';
import type { CompileJob, CompileMessage } from './compile.js';
import { writeIndex } from './index-file.js';

export async function runCompileThread(openStore: (dataDir: string) => Store): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('a compile runs in a worker thread only');
  const job = workerData as CompileJob;
  const say = (message: CompileMessage): void => port.postMessage(message);
  const opened: Store[] = [];
  const store = (): Store => opened[0] ?? (opened.push(openStore(job.dataDir)), store());
  try {
    const image = buildIndex(
      job.lists.length,
      job.total,
      (list) => {
        const source = job.lists[list];
        if (source === undefined) return [];
        if (source.bytes !== null) return entriesOf(source.bytes);
        return store().policies.listEntries(source.name, source.version ?? undefined);
      },
      (done) => say({ type: 'progress', done }),
    );
    say({ type: 'done', image, unwritten: await writeIndex(job.dataDir, job.fingerprint, image).then(() => null, codeOf) });
  } catch (error) {
    const plain = error instanceof Error ? error.message : String(error);
    say({ type: 'failed', ...(sentencesOf(error) ?? { vi: plain, en: plain }) });
  } finally {
    for (const one of opened) one.close();
  }
}
