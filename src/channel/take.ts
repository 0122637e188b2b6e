/**
 * Takes from the channel: verify, fetch what is new, weigh it, and put it in force in one transaction together with the metadata it was
 * believed by. A fault leaves what was in force as it is and is written down for people. Owns the order; refuses to know how files come
 * here and what a certificate is.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import { packContent, prepareIndex, type CompileOptions, type ListChange } from '../lists/compile.js';
import { ListError } from '../lists/list-error.js';
import type { Shipped } from '../lists/shipped.js';
import { DENY_KINDS, type ChannelHeld, type ChannelState, type ChannelTaken, type DenyKind, type DenyRow } from '../store/channel-rows.js';
import type { Actor, Store } from '../store/rows.js';
import { denyBytes, packDenyText } from '../tls/packed-deny.js';
import { TrustError } from '../tls/trust-error.js';
import { ChannelError } from './channel-error.js';
import { MANIFEST_FILE, markOf, MAX_MANIFEST_BYTES, parseManifest, type ChannelItem, type Manifest } from './manifest.js';
import { isOver, listName, readChannelList, type ReadyList } from './take-list.js';
import { openTrusted, type TrustedRun } from './trusted.js';
import type { Transport } from './transport.js';

export interface TakeDeps {
  readonly store: Store;
  readonly dataDir: string;
  readonly shipped: Shipped;
  readonly transport: Transport;
  /** `channel.url`, for the lists' source; `channel.root`. */
  readonly url: string;
  readonly rootFile: string;
  readonly actor: Actor;
  readonly nowMs: number;
  /** Take what the gate holds back. */
  readonly force?: boolean;
  /** Look again at what was held back before. */
  readonly again?: boolean;
  readonly compile?: CompileOptions;
}

export interface TakeReport {
  readonly fault: ChannelError | null;
  /** Names newly in force, no longer in force, and held back. */
  readonly put: readonly string[];
  readonly removed: readonly string[];
  readonly held: readonly ChannelHeld[];
  readonly state: ChannelState;
}

const MAX_ROOT_BYTES = 65_536;
/** One file of the channel as it comes, and as it is unpacked. A CRLSet's worth of revocations is 10 MB. */
const MAX_TARGET_BYTES = 64 * 2 ** 20;
const MAX_DENY_BYTES = 128 * 2 ** 20;
const SCRATCH = 'channel-work';
const unpacked = promisify(gunzip);

export const NO_STATE: ChannelState = { checkedMs: null, goodMs: null, title: null, rootVersion: null, targetsVersion: null, expiresMs: null, fault: null, taken: [], held: [] };

export async function takeFromChannel(deps: TakeDeps): Promise<TakeReport> {
  const { store } = deps;
  const before = store.channel.row();
  const state = before?.state ?? NO_STATE;
  const scratch = makeScratch(deps.dataDir);
  let rootSha256 = before?.rootSha256 ?? '';
  let metadata: ReadonlyMap<string, Uint8Array> = before === null ? new Map() : store.channel.metadata();
  try {
    const root = readRoot(deps.rootFile);
    rootSha256 = sha256(root);
    // Another root file is another trust: begin anew with it.
    if (before?.rootSha256 !== rootSha256) metadata = new Map([['root', root]]);
    const run = await openTrusted(deps.transport, scratch, metadata, deps.nowMs);
    metadata = run.metadata;
    if (run.fault !== null || run.versions === null) throw run.fault ?? new TypeError('versions');
    const manifest = parseManifest(await readFile(await run.fetch(MANIFEST_FILE, MAX_MANIFEST_BYTES)));
    const wanted = await gather(manifest, run, run.versions.targets, state, deps);
    return await putInForce(wanted, {
      ...state, checkedMs: deps.nowMs, goodMs: deps.nowMs, title: manifest.title, rootVersion: run.versions.root, targetsVersion: run.versions.targets, expiresMs: run.versions.expiresMs,
      fault: null, taken: wanted.taken, held: wanted.held,
    }, { rev: before?.rev ?? 0, rootSha256, metadata }, deps);
  } catch (error) {
    const fault = spoken(error);
    const since = state.fault?.code === fault.code ? state.fault.sinceMs : deps.nowMs;
    const next: ChannelState = { ...state, checkedMs: deps.nowMs, fault: { code: fault.code, vi: fault.vi, en: fault.en, sinceMs: since } };
    const noted = fault.code === 'busy' ? fault : note(() => store.channel.write({ rev: before?.rev ?? 0, rootSha256, state: next, metadata }, deps.actor)) ?? fault;
    return { fault: noted, put: [], removed: [], held: [], state: next };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Writes down that it went wrong; somebody else's newer record stands instead. */
function note(write: () => void): ChannelError | null {
  try {
    write();
    return null;
  } catch (error) {
    return spoken(error);
  }
}

interface Wanted {
  readonly taken: readonly ChannelTaken[];
  readonly held: readonly ChannelHeld[];
  readonly lists: readonly { readonly ready: ReadyList; readonly version: string }[];
  readonly deny: ReadonlyMap<DenyKind, DenyRow | null>;
  /** Lists of the channel that are in it no longer. */
  readonly gone: readonly string[];
}

/** What is new is fetched and weighed, each by itself: one that can't be taken does not keep the others from coming. */
async function gather(manifest: Manifest, run: TrustedRun, tuf: number, state: ChannelState, deps: TakeDeps): Promise<Wanted> {
  const taken: ChannelTaken[] = [];
  const held: ChannelHeld[] = [];
  const lists: { ready: ReadyList; version: string }[] = [];
  const deny = new Map<DenyKind, DenyRow | null>();
  const rows = deps.store.policies.lists().filter((row) => row.origin === 'city');
  const wanted = manifest.items.filter((item) => !isOver(item, deps.nowMs));
  for (const item of wanted) {
    const vouched = run.files.get(item.target);
    const mark = vouched === undefined ? '' : markOf(item, vouched.sha256);
    const old = state.taken.find((each) => each.name === item.name);
    const inForce = old !== undefined && (isDeny(item) ? deps.store.channel.deny(item.role) !== null : rows.some((row) => row.name === listName(item)));
    const heldBefore = state.held.find((each) => each.name === item.name && each.sha256 === mark);
    if (inForce && old.sha256 === mark) taken.push(old);
    else if (heldBefore !== undefined && deps.again !== true && deps.force !== true) {
      held.push(heldBefore);
      if (inForce) taken.push(old);
    } else {
      try {
        const file = await run.fetch(item.target, MAX_TARGET_BYTES);
        const entries = isDeny(item) ? await takeDeny(item.role, file, deny) : await takeList(item, file, tuf, lists, deps);
        taken.push({ name: item.name, role: item.role, sha256: mark, version: item.version, tuf, entries, takenMs: deps.nowMs });
      } catch (error) {
        const { code, vi, en } = spoken(error);
        // A line that breaks or a disk that is full says nothing about this one item.
        if (!CONTENT_FAULTS.has(code) && !FILE_FAULTS.has(code)) throw error;
        held.push({ name: item.name, sha256: CONTENT_FAULTS.has(code) ? mark : '', version: item.version, code, vi, en });
        if (inForce) taken.push(old);
      }
    }
  }
  const named = new Set(wanted.map(({ name }) => name));
  for (const kind of DENY_KINDS) if (!named.has(kind) && deps.store.channel.deny(kind) !== null) deny.set(kind, null);
  const kept = new Set(wanted.filter((item) => !isDeny(item)).map(listName));
  return { taken, held, lists, deny, gone: rows.map(({ name }) => name).filter((name) => !kept.has(name)) };
}

/** The same bytes would be refused again: not asked for until they change, or somebody says so. */
const CONTENT_FAULTS: ReadonlySet<string> = new Set(['bad-line', 'bad-list', 'held', 'sealed', 'unknown-category', 'unknown-profile', 'name-taken', 'ends']);
/** The server's trouble with one file: asked for again the next time. */
const FILE_FAULTS: ReadonlySet<string> = new Set(['no-target', 'not-there', 'too-big', 'mixed', 'status', 'not-plain', 'outside']);

function isDeny(item: ChannelItem): item is ChannelItem & { role: DenyKind } {
  return item.role === 'revoked' || item.role === 'distrusted';
}

async function takeDeny(kind: DenyKind, file: string, deny: Map<DenyKind, DenyRow | null>): Promise<number> {
  const bytes = await readFile(file);
  let text: Uint8Array = bytes;
  try {
    if (bytes[0] === 0x1f && bytes[1] === 0x8b) text = await unpacked(bytes, { maxOutputLength: MAX_DENY_BYTES });
    const packed = await packDenyText(text, `${kind}.txt`);
    deny.set(kind, { lines: packed.count, packed: denyBytes(packed) });
    return packed.count;
  } catch (error) {
    if (error instanceof TrustError) throw new ChannelError('bad-line', `Danh sách chứng chỉ của kênh, ${error.vi}`, `The channel's list of certificates, ${error.en}`, { cause: error });
    throw new ChannelError('bad-line', `Tệp ${kind} của kênh hỏng hoặc quá lớn khi giải nén.`, `File ${kind} of the channel is damaged or too big when unpacked.`, { cause: error });
  }
}

async function takeList(item: ChannelItem, file: string, tuf: number, lists: { ready: ReadyList; version: string }[], deps: TakeDeps): Promise<number> {
  const ready = await readChannelList(item, file, deps.url, { store: deps.store, shipped: deps.shipped, nowMs: deps.nowMs, force: deps.force === true });
  lists.push({ ready, version: `${item.version}+tuf${tuf}` });
  return ready.entries.length;
}

/** The index of the future set first, then everything in one transaction. */
async function putInForce(wanted: Wanted, state: ChannelState, base: { readonly rev: number; readonly rootSha256: string; readonly metadata: ReadonlyMap<string, Uint8Array> }, deps: TakeDeps): Promise<TakeReport> {
  const { store } = deps;
  const changes: ListChange[] = [
    ...wanted.lists.map(({ ready }) => ({ kind: 'put', name: ready.meta.name, content: packContent(ready.entries) }) as const),
    ...wanted.gone.map((name) => ({ kind: 'remove', name }) as const),
  ];
  if (changes.length > 0) await prepareIndex(store, deps.dataDir, changes, deps.compile ?? {});
  const packed = wanted.lists.map(({ ready, version }) => ({ meta: ready.meta, version, content: store.policies.packList(ready.entries) }));
  store.together(() => {
    store.channel.write({ ...base, state, deny: wanted.deny }, deps.actor);
    for (const { meta, version, content } of packed) store.policies.putList(meta, version, content, deps.nowMs, deps.actor);
    for (const name of wanted.gone) store.policies.removeList(name, deps.actor);
  });
  return {
    fault: null, state, held: wanted.held,
    put: [...wanted.lists.map(({ ready }) => ready.meta.name), ...[...wanted.deny].filter(([, row]) => row !== null).map(([kind]) => kind)],
    removed: [...wanted.gone, ...[...wanted.deny].filter(([, row]) => row === null).map(([kind]) => kind)],
  };
}

function readRoot(file: string): Uint8Array {
  try {
    if (statSync(file).size > MAX_ROOT_BYTES) throw new RangeError('size');
    return readFileSync(file);
  } catch (cause) {
    throw new ChannelError('root-file', `Không đọc được tệp gốc tin cậy ${file} (channel.root).`, `The trust root ${file} (channel.root) can't be read.`, { cause });
  }
}

/** A folder of this run's own; what runs that were cut off have left goes. */
function makeScratch(dataDir: string): string {
  const base = join(dataDir, SCRATCH);
  mkdirSync(base, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(base)) if (!isRunning(Number.parseInt(name, 10))) rmSync(join(base, name), { recursive: true, force: true });
  return mkdtempSync(join(base, `${process.pid}-`));
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function spoken(error: unknown): ChannelError {
  if (error instanceof ChannelError) return error;
  if (error instanceof ListError) return new ChannelError('disk', error.vi, error.en, { cause: error });
  const { code, vi, en } = error as { code?: unknown; vi?: unknown; en?: unknown };
  if (code === 'changed-since' || code === 'locked') return new ChannelError('busy', String(vi), String(en), { cause: error });
  if (typeof vi === 'string' && typeof en === 'string') return new ChannelError('disk', vi, en, { cause: error });
  if (typeof code === 'string') return new ChannelError('disk', `Không dùng được thư mục dữ liệu cho kênh (${code}).`, `The data directory can't be used for the channel (${code}).`, { cause: error });
  throw error;
}
