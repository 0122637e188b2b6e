/**
 * Lists on their way in: an upload is read apart and looked at before it comes into force. What waits is held in memory for its maker, the file in
 * the data directory; both are gone after an hour, with a restart, or when it was decided.
 */
import { randomBytes } from 'node:crypto';
import { createWriteStream, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { codeOf } from '../fault.js';
import { importApart } from '../lists/import-thread.js';
import type { ImportOptions, ImportReport } from '../lists/import.js';
import type { Actor } from '../store/rows.js';
import type { ConsoleDeps } from './deps.js';
import { refused } from './refused.js';
import type { Report } from './tasks.js';

export interface WaitingImport {
  readonly id: string;
  readonly owner: string;
  readonly file: string;
  readonly options: ImportOptions;
  readonly report: ImportReport;
  readonly atMs: number;
}

const KEPT_MS = 60 * 60_000;
const MAX_WAITING = 10;
const waiting = new Map<string, WaitingImport>();
/** Directories of uploads that are being read, and since when. */
const busy = new Map<string, number>();

function placeOf(env: ConsoleDeps): string {
  return join(dirname(env.store.path), 'uploads');
}

/** Writes an upload where only the gateway reads. @returns its path; its last part keeps the name, by which a list is called */
export async function keepUpload(env: ConsoleDeps, name: string, content: Blob): Promise<string> {
  tidy(env);
  const held = randomBytes(9).toString('hex');
  const dir = join(placeOf(env), held);
  busy.set(held, env.now());
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const file = join(dir, basename(name.replaceAll('\\', '/')).replace(/[^\p{L}\p{N}._-]/gu, '-').slice(-80) || 'danh-sach.txt');
  await pipeline(Readable.fromWeb(content.stream()), createWriteStream(file, { mode: 0o600 }));
  return file;
}

function dropUpload(file: string): void {
  busy.delete(basename(dirname(file)));
  rmSync(dirname(file), { recursive: true, force: true });
}

/** What nobody decided within the hour goes, and what an earlier process left. */
function tidy(env: ConsoleDeps): void {
  for (const [id, one] of waiting) {
    if (env.now() - one.atMs <= KEPT_MS) continue;
    waiting.delete(id);
    dropUpload(one.file);
  }
  const held = new Set([...waiting.values()].map((one) => basename(dirname(one.file))));
  try {
    for (const entry of readdirSync(placeOf(env), { withFileTypes: true })) {
      if (entry.isDirectory() && !held.has(entry.name) && env.now() - (busy.get(entry.name) ?? -Infinity) > KEPT_MS) rmSync(join(placeOf(env), entry.name), { recursive: true, force: true });
    }
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw error;
  }
}

/** Reads and weighs; what can be taken waits for a person's yes. */
export async function previewImport(env: ConsoleDeps, owner: string, file: string, options: ImportOptions, actor: Actor, onProgress: Report): Promise<WaitingImport | ImportReport> {
  try {
    const report = await importApart({ dataDir: dirname(env.store.path), files: [file], options: { ...options, preview: true }, actor, nowMs: env.now() }, { store: env.store, shipped: env.shipped(), onProgress });
    if (report.outcome !== 'preview') {
      dropUpload(file);
      return report;
    }
    if (waiting.size >= MAX_WAITING) throw refused('busy', 'Đang có nhiều danh sách chờ quyết định; hãy đưa vào hoặc bỏ bớt.', 'Many lists wait to be decided; take or drop some.');
    // its own name, so that what was looked at is what is taken
    const one: WaitingImport = { id: randomBytes(9).toString('base64url'), owner, file, options: { ...options, name: report.name }, report, atMs: env.now() };
    waiting.set(one.id, one);
    busy.delete(basename(dirname(file)));
    return one;
  } catch (error) {
    dropUpload(file);
    throw error;
  }
}

/** @throws Refused where there is none of this person's */
export function waitingImport(owner: string, id: string): WaitingImport {
  const one = waiting.get(id);
  if (one?.owner === owner) return one;
  throw refused('not-found', 'Không có danh sách nào chờ ở đây: đã đưa vào, đã bỏ, hoặc quá một giờ. Hãy tải tệp lên lại.', 'Nothing waits here: taken, dropped, or older than an hour. Upload the file again.');
}

export function waitingImports(owner: string): WaitingImport[] {
  return [...waiting.values()].filter((one) => one.owner === owner);
}

/** Brings into force what was looked at. */
export async function takeImport(env: ConsoleDeps, one: WaitingImport, actor: Actor, onProgress: Report): Promise<ImportReport> {
  waiting.delete(one.id);
  busy.set(basename(dirname(one.file)), env.now());
  try {
    return await importApart({ dataDir: dirname(env.store.path), files: [one.file], options: { ...one.options, force: true }, actor, nowMs: env.now() }, { store: env.store, shipped: env.shipped(), onProgress });
  } finally {
    dropUpload(one.file);
  }
}

export function dropImport(one: WaitingImport): void {
  waiting.delete(one.id);
  dropUpload(one.file);
}
