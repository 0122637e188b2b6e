/**
 * Keeps a compiled host index for the current lists: loads the one on disk, or compiles it off-thread.
 * Owns the fingerprint and list numbers. Refuses to know policies and commands.
 *
 * The order that keeps a running gateway quick: a command that changes a list *prepares* the index of the future set first, writes it,
 * and only then makes the change current. The gateway that sees the new generation finds the file ready.
 */
import { createHash } from 'node:crypto';
import { Worker } from 'node:worker_threads';
import type { IndexImage } from '../matching/host-index.js';
import type { ListRow, Store } from '../store/rows.js';
import { buildIndex, entriesOf } from './build-index.js';
import { withCompileLock } from './compile-lock.js';
import { codeOf } from '../fault.js';
import { cleanIndexes, loadIndex, writeIndex } from './index-file.js';
import { ListError } from './list-error.js';

/** Part of the fingerprint: raise it when the meaning of an image changes. */
const INDEX_FORMAT = 1;
/** Below this many entries a compile takes less time than starting a thread. */
const THREAD_FROM_ENTRIES = 20_000;
const PACK_BLOCK = 4_096;

/** The index together with the lists it was built from: list numbers are positions in `lists`. */
export interface CompiledIndex extends IndexImage {
  readonly fingerprint: string;
  /** Policy generation when the lists were read. */
  readonly generation: number;
  readonly lists: readonly ListRow[];
}

export interface CompileOptions {
  readonly onProgress?: (done: number, total: number) => void;
  /** Told when the index could not be written (disk full): filtering goes on, the next start compiles again. */
  readonly onProblem?: (problem: ListError) => void;
  /** Compile in a thread of its own. Default: yes for big sets, when running from built code. */
  readonly thread?: boolean;
}

/** A list as the compiler reads it. */
export interface CompileSource {
  readonly name: string;
  readonly sha256: string;
  readonly entries: number;
  /** Content not in the database yet; null: read it there. */
  readonly bytes: Uint8Array | null;
  /** Version to read; null: the current one. */
  readonly version: string | null;
}

export interface CompileJob {
  readonly dataDir: string;
  readonly fingerprint: string;
  readonly lists: readonly CompileSource[];
  readonly total: number;
}

export type CompileMessage =
  | { readonly type: 'progress'; readonly done: number }
  | { readonly type: 'done'; readonly image: IndexImage; readonly unwritten: string | null }
  | { readonly type: 'failed'; readonly vi: string; readonly en: string };

/** The content of a list version, named as the store names it: sorted entries joined by \n. */
export interface PackedContent {
  readonly sha256: string;
  readonly entries: number;
  /** In shared memory: handed to the compile thread without a copy. */
  readonly bytes: Uint8Array;
}

/** A change about to be made. */
export type ListChange =
  | { readonly kind: 'put'; readonly name: string; readonly content: PackedContent }
  | { readonly kind: 'version'; readonly name: string; readonly version: string }
  | { readonly kind: 'remove'; readonly name: string };

/** @param entries canonical (so ASCII), sorted, unique */
export function packContent(entries: readonly string[]): PackedContent {
  let length = Math.max(0, entries.length - 1);
  for (const entry of entries) length += entry.length;
  const bytes = Buffer.from(new SharedArrayBuffer(length));
  let at = 0;
  // In blocks: one string of three million names would be a second copy of the list.
  for (let from = 0; from < entries.length; from += PACK_BLOCK) {
    const block = entries.slice(from, from + PACK_BLOCK).join('\n');
    at += bytes.write(from + PACK_BLOCK < entries.length ? `${block}\n` : block, at, 'latin1');
  }
  return { sha256: createHash('sha256').update(bytes).digest('hex'), entries: entries.length, bytes };
}

/** List numbers are positions in name order: the same set of lists has the same numbers on every machine. */
function inOrder<T extends { readonly name: string }>(lists: readonly T[]): T[] {
  return [...lists].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
}

/**
 * What an image depends on, and nothing else: names in order and contents. Roles, categories and profiles are looked up
 * beside it, so changing them costs no compile.
 */
export function fingerprintOf(lists: readonly { readonly name: string; readonly sha256: string }[]): string {
  const hash = createHash('sha256').update(`luytre index ${INDEX_FORMAT}\n`);
  for (const { name, sha256 } of inOrder(lists)) hash.update(`${name} ${sha256}\n`);
  return hash.digest('hex').slice(0, 32);
}

function sourceOf(row: ListRow): CompileSource {
  return { name: row.name, sha256: row.current.sha256, entries: row.current.entries, bytes: null, version: row.current.version };
}

/** The index of the lists as they are now. */
export async function ensureIndex(store: Store, dataDir: string, options: CompileOptions = {}): Promise<CompiledIndex> {
  // Read before the lists: a change in between makes the generation look old, and the caller comes again.
  const generation = store.policies.generation();
  const lists = inOrder(store.policies.lists());
  const image = await provide(store, dataDir, lists.map(sourceOf), options);
  return { buffer: image.buffer, postings: image.postings, fingerprint: fingerprintOf(lists.map(sourceOf)), generation, lists };
}

/** Has the index of the set as it will be after the change, or after several at once, ready on disk. */
export async function prepareIndex(store: Store, dataDir: string, change: ListChange | readonly ListChange[], options: CompileOptions = {}): Promise<void> {
  const changes = 'kind' in change ? [change] : change;
  const named = new Set(changes.map(({ name }) => name));
  const others = store.policies.lists().filter((row) => !named.has(row.name)).map(sourceOf);
  const future = changes.map((each) => changed(store, each)).filter((source) => source !== null);
  await provide(store, dataDir, inOrder([...others, ...future]), options);
}

function changed(store: Store, change: ListChange): CompileSource | null {
  if (change.kind === 'remove') return null;
  if (change.kind === 'put') return { name: change.name, ...change.content, version: null };
  const version = store.policies.listVersions(change.name).find((row) => row.version === change.version);
  if (version === undefined) {
    throw new ListError('no-earlier', `Danh sách ${change.name} không còn giữ phiên bản ${change.version}.`, `List ${change.name} keeps no version ${change.version}.`);
  }
  return { name: change.name, sha256: version.sha256, entries: version.entries, bytes: null, version: version.version };
}

/** Loads the image of these contents, or compiles and writes it; one process at a time, the others wait for its file. */
async function provide(store: Store, dataDir: string, lists: readonly CompileSource[], options: CompileOptions): Promise<IndexImage> {
  const fingerprint = fingerprintOf(lists);
  const ready = (): Promise<IndexImage | null> => loadIndex(dataDir, fingerprint);
  const image = (await ready()) ?? (await withCompileLock(dataDir, ready, () => compile(store, { dataDir, fingerprint, lists, total: lists.reduce((sum, list) => sum + list.entries, 0) }, options)));
  await cleanIndexes(dataDir, fingerprint, Date.now());
  return image;
}

async function compile(store: Store, job: CompileJob, options: CompileOptions): Promise<IndexImage> {
  // From TypeScript sources (tests) there is no built worker to start.
  const thread = options.thread ?? (job.total >= THREAD_FROM_ENTRIES && !import.meta.url.endsWith('.ts'));
  if (thread) return compileInThread(job, options);
  const image = buildIndex(
    job.lists.length,
    job.total,
    (list) => contentOf(store, job.lists[list]),
    (done) => options.onProgress?.(done, job.total),
  );
  try {
    await writeIndex(job.dataDir, job.fingerprint, image);
  } catch (error) {
    options.onProblem?.(unwritable(codeOf(error)));
  }
  return image;
}

function contentOf(store: Store, source: CompileSource | undefined): Iterable<string> {
  if (source === undefined) return [];
  return source.bytes === null ? store.policies.listEntries(source.name, source.version ?? undefined) : entriesOf(source.bytes);
}

function compileInThread(job: CompileJob, options: CompileOptions): Promise<IndexImage> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('../compile-thread.js', import.meta.url), { workerData: job, execArgv: [] });
    let settled = false;
    const settle = (end: () => void): void => {
      if (settled) return;
      settled = true;
      end();
    };
    worker.on('message', (message: CompileMessage) => {
      if (message.type === 'progress') return options.onProgress?.(message.done, job.total);
      if (message.type === 'failed') {
        return settle(() => reject(new ListError('compile-failed', `Không biên dịch được danh sách: ${message.vi}`, `The lists could not be compiled: ${message.en}`)));
      }
      if (message.unwritten !== null) options.onProblem?.(unwritable(message.unwritten));
      settle(() => resolve(message.image));
    });
    worker.on('error', (cause) => settle(() => reject(new ListError('compile-failed', 'Không biên dịch được danh sách (có thể thiếu bộ nhớ).', 'The lists could not be compiled (perhaps for want of memory).', { cause }))));
    worker.on('exit', () => settle(() => reject(new ListError('compile-failed', 'Luồng biên dịch danh sách dừng đột ngột.', 'The compile thread ended early.'))));
  });
}

function unwritable(code: string): ListError {
  return new ListError(
    'index-unwritable',
    `Không ghi được chỉ mục danh sách ra đĩa (${code}); cổng lọc vẫn chạy, lần khởi động sau sẽ biên dịch lại.`,
    `The list index could not be written to disk (${code}); filtering goes on, the next start compiles it again.`,
  );
}
