/**
 * An import away from the control thread: four million lines read and folded there would keep every page and every switch waiting.
 * One import, one thread with a store of its own, as if the command line had done it; the gateway notices by the generation.
 * Refuses to know SQLite: src/import-thread.ts hands the store in.
 */
import { parentPort, Worker, workerData } from 'node:worker_threads';
import { codeOf, sentencesOf } from '../fault.js';
import type { Actor, Store } from '../store/rows.js';
import { importList, type ImportOptions, type ImportReport } from './import.js';
import { ListError, LIST_CODES } from './list-error.js';
import type { Shipped } from './shipped.js';

export interface ImportJob {
  readonly dataDir: string;
  readonly files: readonly string[];
  readonly options: ImportOptions;
  readonly actor: Actor;
  readonly nowMs: number;
}

/** Of two halves: reading, then compiling; a preview has the first only. */
type ImportMessage =
  | { readonly type: 'progress'; readonly half: 0 | 1; readonly done: number; readonly total: number }
  | { readonly type: 'done'; readonly report: ImportReport }
  | { readonly type: 'failed'; readonly code: string | null; readonly vi: string; readonly en: string };

export interface ImportParts {
  /** For a tree that is not built (tests): there is no thread to start, so it is done here. */
  readonly store: Store;
  readonly shipped: Shipped;
  readonly onProgress: (done: number, total: number) => void;
}

const WHOLE = 1_000;

export function importApart(job: ImportJob, parts: ImportParts): Promise<ImportReport> {
  const tell = (half: 0 | 1, done: number, total: number): void => {
    const share = total <= 0 ? 0 : Math.min(1, done / total);
    parts.onProgress(Math.round(job.options.preview === true ? share * WHOLE : ((half + share) * WHOLE) / 2), WHOLE);
  };
  if (import.meta.url.endsWith('.ts')) {
    return importList(job.files, job.options, { store: parts.store, dataDir: job.dataDir, shipped: parts.shipped, actor: job.actor, nowMs: job.nowMs, onRead: (done, total) => tell(0, done, total), onCompile: (done, total) => tell(1, done, total) });
  }
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('../import-thread.js', import.meta.url), { workerData: job, execArgv: [] });
    let settled = false;
    const settle = (end: () => void): void => {
      if (settled) return;
      settled = true;
      end();
    };
    worker.on('message', (message: ImportMessage) => {
      if (message.type === 'progress') tell(message.half, message.done, message.total);
      else if (message.type === 'done') settle(() => resolve(message.report));
      else settle(() => reject(spokenError(message)));
    });
    worker.on('error', (cause) => settle(() => reject(new ListError('compile-failed', 'Không nhập được danh sách (có thể thiếu bộ nhớ); không thay đổi gì.', 'The list could not be imported (perhaps for want of memory); nothing was changed.', { cause }))));
    worker.on('exit', () => settle(() => reject(new ListError('compile-failed', 'Việc nhập danh sách bị ngắt; không thay đổi gì.', 'The import was cut short; nothing was changed.'))));
  });
}

/** What was said in the thread is said here; what was no sentence there is a fault. */
function spokenError({ code, vi, en }: Extract<ImportMessage, { type: 'failed' }>): Error {
  const known = LIST_CODES.find((each) => each === code);
  if (known !== undefined) return new ListError(known, vi, en);
  return code === null ? new Error(en) : Object.assign(new Error(en), { code, vi, en });
}

/** The thread's own part. */
export async function runImportThread(open: (dataDir: string) => Store, shipped: () => Shipped): Promise<void> {
  const port = parentPort;
  if (port === null) throw new Error('an import runs in a worker thread only');
  const job = workerData as ImportJob;
  const say = (message: ImportMessage): void => port.postMessage(message);
  let store: Store | null = null;
  try {
    store = open(job.dataDir);
    const report = await importList(job.files, job.options, {
      store, dataDir: job.dataDir, shipped: shipped(), actor: job.actor, nowMs: job.nowMs,
      onRead: (done, total) => say({ type: 'progress', half: 0, done, total }),
      onCompile: (done, total) => say({ type: 'progress', half: 1, done, total }),
    });
    say({ type: 'done', report });
  } catch (error) {
    const spoken = sentencesOf(error);
    if (spoken !== null) say({ type: 'failed', code: codeOf(error), ...spoken });
    else say({ type: 'failed', code: null, vi: '', en: error instanceof Error ? error.message : 'unknown' });
  } finally {
    store?.close();
  }
}
