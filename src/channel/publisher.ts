/**
 * The publisher of a channel: a folder with keys, a draft of what is to be published, and the tree that a plain web server hands out. The
 * department's collector uses it as the command does. Owns the order in which the tree is written: a reader at any moment sees the
 * version before or the one after. Refuses to know schools.
 *
 *   keys/offline/  root and targets keys; may lie elsewhere, on a stick in a safe
 *   keys/online/   the key of snapshot and timestamp
 *   draft/         contents.json and its files, what `publish` makes public
 *   public/        metadata/ and targets/: what the server hands out
 */
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { DAY_MS } from '../local-time.js';
import { ChannelError } from './channel-error.js';
import { loadKeys, makeKey, type SigningKey } from './keys.js';
import { MANIFEST_FILE, MANIFEST_FORMAT, parseManifest, type ChannelItem, type Manifest } from './manifest.js';
import { factsOf, rootMetadata, snapshotMetadata, targetsMetadata, timestampMetadata, type FileFacts, type PublicKeyOf } from './metadata.js';
import { writeWhole } from './write-whole.js';

/** What is left of its life when a role is signed anew without being asked. */
const RENEW_DAYS = { targets: 60, snapshot: 20 } as const;
/** Schools that are reading an older version finish it. */
const KEPT_VERSIONS = 3;

export interface InitWish {
  readonly title: string;
  readonly rootKeys: number;
  readonly threshold: number;
  readonly offlineDir?: string;
  readonly nowMs: number;
}

export interface Published {
  readonly targets: number;
  readonly snapshot: number;
  readonly timestamp: number;
  /** The targets metadata was signed anew, for which the offline key was needed. */
  readonly signedTargets: boolean;
  readonly files: number;
}

export interface ChannelRoleStatus {
  readonly role: 'root' | 'targets' | 'snapshot' | 'timestamp';
  readonly version: number;
  readonly expires: string;
  readonly days: number;
}

export interface PublisherStatus {
  readonly title: string;
  readonly rootSha256: string;
  readonly roles: readonly ChannelRoleStatus[];
  readonly items: readonly ChannelItem[];
  /** The draft is not what is published. */
  readonly pending: boolean;
}

export interface Publisher {
  readonly manifest: Manifest;
  /** Puts an item, or another version of one, into the draft. */
  put(item: ChannelItem, bytes: Uint8Array): void;
  /** @returns false where there was none */
  remove(name: string): boolean;
  /** Bytes of an item of the draft; null: there is none. */
  read(name: string): Uint8Array | null;
  /** Signs what is new and writes the tree. The timestamp is always new: that is what schools look at. */
  publish(nowMs: number): Published;
  /** New keys for a role, or (`renew`) the same keys and a later end of the root. Signed by the root keys of before and after; then published. */
  rotate(role: 'root' | 'targets' | 'online' | 'renew', nowMs: number): Published;
  status(nowMs: number): PublisherStatus;
}

const rootShape = z.object({ signed: z.object({
  version: z.int(), expires: z.string(),
  keys: z.record(z.string(), z.object({ keytype: z.literal('ed25519'), scheme: z.literal('ed25519'), keyval: z.object({ public: z.string() }) })),
  roles: z.object(Object.fromEntries(['root', 'targets', 'snapshot', 'timestamp'].map((role) => [role, z.object({ keyids: z.array(z.string()), threshold: z.int() })])) as Record<'root' | 'targets' | 'snapshot' | 'timestamp', z.ZodObject<{ keyids: z.ZodArray<z.ZodString>; threshold: z.ZodInt }>>),
}) });
const headShape = z.object({ signed: z.object({ version: z.int(), expires: z.string(), targets: z.record(z.string(), z.object({ length: z.int(), hashes: z.object({ sha256: z.string() }) })).optional() }) });
type Root = z.output<typeof rootShape>['signed'];
type Head = z.output<typeof headShape>['signed'];

/** Makes keys, the first root and an empty draft. @returns the first root file, which schools are handed */
export function initChannel(dir: string, wish: InitWish): { readonly rootFile: string; readonly sha256: string } {
  if (existsSync(join(dir, 'public'))) throw new ChannelError('exists', `Thư mục ${dir} đã có một kênh; không ghi đè.`, `Folder ${dir} holds a channel already; it is not overwritten.`);
  if (wish.threshold < 1 || wish.rootKeys < wish.threshold || wish.rootKeys > 9) throw new ChannelError('bad-wish', 'Số khóa gốc phải từ ngưỡng ký tới 9, ngưỡng ít nhất 1.', 'There must be between the threshold and 9 root keys, the threshold at least 1.');
  for (const part of ['draft', 'public/metadata', 'public/targets']) mkdirSync(join(dir, part), { recursive: true, mode: 0o700 });
  // the web server's account reads public/, whatever the umask; what lies beside it can't even be listed
  chmodSync(dir, 0o711);
  for (const part of ['public', 'public/metadata', 'public/targets']) chmodSync(join(dir, part), 0o755);
  const offline = wish.offlineDir ?? join(dir, 'keys/offline');
  const root = Array.from({ length: wish.rootKeys }, () => makeKey(offline, 'root'));
  const targets = makeKey(offline, 'targets');
  const online = makeKey(join(dir, 'keys/online'), 'online');
  const bytes = rootMetadata({ version: 1, root, threshold: wish.threshold, targets: [targets], online: [online] }, root, wish.nowMs);
  const rootFile = join(dir, 'public/metadata/1.root.json');
  const draft: Manifest = { format: MANIFEST_FORMAT, title: wish.title, items: [] };
  writeWhole(join(dir, 'draft', MANIFEST_FILE), bytesOf(draft), 0o600);
  writeWhole(rootFile, bytes, 0o644);
  return { rootFile, sha256: createHash('sha256').update(bytes).digest('hex') };
}

/** @throws ChannelError where the folder holds no channel */
export function openChannel(dir: string, options: { readonly offlineDir?: string } = {}): Publisher {
  const at = (...parts: string[]): string => join(dir, ...parts);
  const offlineDir = options.offlineDir ?? at('keys/offline');
  const onlineDir = at('keys/online');
  if (!existsSync(at('draft', MANIFEST_FILE)) || newest('root') === null) throw new ChannelError('not-a-channel', `Thư mục ${dir} chưa có kênh nào; hãy chạy: luytre channel init.`, `There is no channel in ${dir}; run: luytre channel init.`);
  let manifest = parseManifest(readFileSync(at('draft', MANIFEST_FILE)));

  function newest(kind: 'root' | 'targets' | 'snapshot'): number | null {
    const found = versionsOf(kind);
    return found.length === 0 ? null : Math.max(...found);
  }
  function versionsOf(kind: string): number[] {
    return names(at('public/metadata')).map((name) => new RegExp(`^(\\d+)\\.${kind}\\.json$`).exec(name)?.[1]).filter((n) => n !== undefined).map(Number);
  }
  function names(folder: string): string[] {
    return existsSync(folder) ? readdirSync(folder) : [];
  }
  const rootBytes = (): Buffer => readFileSync(at('public/metadata', `${newest('root') ?? 1}.root.json`));
  const root = (): Root => rootShape.parse(JSON.parse(rootBytes().toString('utf8'))).signed;
  function head(kind: 'targets' | 'snapshot' | 'timestamp'): (Head & { readonly bytes: Buffer }) | null {
    const version = kind === 'timestamp' ? null : newest(kind);
    const file = at('public/metadata', version === null ? `${kind}.json` : `${version}.${kind}.json`);
    if (!existsSync(file)) return null;
    const bytes = readFileSync(file);
    return { ...headShape.parse(JSON.parse(bytes.toString('utf8'))).signed, bytes };
  }
  function keysFor(role: 'root' | 'targets' | 'snapshot', from: Root): SigningKey[] {
    const { keyids, threshold } = from.roles[role];
    const folder = role === 'snapshot' ? onlineDir : offlineDir;
    const keys = loadKeys(folder, new Set(keyids));
    if (keys.length < threshold) throw new ChannelError('key-missing', `Cần ${threshold} khóa ${role === 'snapshot' ? 'trực tuyến' : role} trong ${folder}, mới thấy ${keys.length}.`, `${threshold} ${role === 'snapshot' ? 'online' : role} key(s) are needed in ${folder}; ${keys.length} found.`);
    return keys;
  }
  const publicKeys = (from: Root, role: 'root' | 'targets' | 'snapshot'): PublicKeyOf[] => from.roles[role].keyids.map((id) => ({ id, public: from.keys[id] as PublicKeyOf['public'] }));

  /** Every file of the draft, contents first. */
  function draftFiles(): Map<string, Buffer> {
    const files = new Map([[MANIFEST_FILE, bytesOf(manifest)]]);
    for (const item of manifest.items) files.set(item.target, readFileSync(at('draft', item.target)));
    return files;
  }
  function save(next: Manifest): void {
    const bytes = bytesOf(next);
    manifest = parseManifest(bytes);
    writeWhole(at('draft', MANIFEST_FILE), bytes, 0o600);
    const kept = new Set([MANIFEST_FILE, ...next.items.map(({ target }) => target)]);
    for (const name of names(at('draft'))) if (!kept.has(name)) rmSync(at('draft', name), { force: true });
  }

  function write(nowMs: number, anew: boolean): Published {
    const files = draftFiles();
    const facts = new Map([...files].map(([name, bytes]) => [name, factsOf(bytes)]));
    const trusted = root();
    const online = keysFor('snapshot', trusted);
    const before = head('targets');
    const signTargets = anew || before === null || !sameFiles(before, facts) || leftDays(before, nowMs) < RENEW_DAYS.targets;
    const targets = signTargets ? { version: (before?.version ?? 0) + 1, bytes: targetsMetadata((before?.version ?? 0) + 1, facts, keysFor('targets', trusted), nowMs) } : before;
    const old = head('snapshot');
    const signSnapshot = signTargets || old === null || leftDays(old, nowMs) < RENEW_DAYS.snapshot;
    const snapshot = signSnapshot ? { version: (old?.version ?? 0) + 1, bytes: snapshotMetadata((old?.version ?? 0) + 1, targets, online, nowMs) } : old;
    const timestamp = (head('timestamp')?.version ?? 0) + 1;
    for (const [name, bytes] of files) {
      const file = at('public/targets', `${facts.get(name)?.sha256 ?? ''}.${name}`);
      if (!existsSync(file)) writeWhole(file, bytes, 0o644);
    }
    if (signTargets) writeWhole(at('public/metadata', `${targets.version}.targets.json`), targets.bytes, 0o644);
    if (signSnapshot) writeWhole(at('public/metadata', `${snapshot.version}.snapshot.json`), snapshot.bytes, 0o644);
    // Last: it is what makes the rest the version in force.
    writeWhole(at('public/metadata/timestamp.json'), timestampMetadata(timestamp, snapshot, online, nowMs), 0o644);
    prune();
    return { targets: targets.version, snapshot: snapshot.version, timestamp, signedTargets: signTargets, files: files.size };
  }

  function prune(): void {
    const needed = new Set<string>();
    for (const kind of ['targets', 'snapshot'] as const) {
      const versions = versionsOf(kind).sort((a, b) => b - a);
      for (const version of versions.slice(KEPT_VERSIONS)) unlinkSync(at('public/metadata', `${version}.${kind}.json`));
      if (kind === 'targets') for (const version of versions.slice(0, KEPT_VERSIONS)) {
        const { targets = {} } = headShape.parse(JSON.parse(readFileSync(at('public/metadata', `${version}.targets.json`), 'utf8'))).signed;
        for (const [name, { hashes }] of Object.entries(targets)) needed.add(`${hashes.sha256}.${name}`);
      }
    }
    for (const name of names(at('public/targets'))) if (!needed.has(name)) unlinkSync(at('public/targets', name));
  }

  return {
    get manifest() {
      return manifest;
    },
    put(item, bytes) {
      const next: Manifest = { ...manifest, items: [...manifest.items.filter(({ name }) => name !== item.name), item].sort((a, b) => (a.name < b.name ? -1 : 1)) };
      parseManifest(bytesOf(next));
      writeWhole(at('draft', item.target), bytes, 0o600);
      save(next);
    },
    remove(name) {
      if (!manifest.items.some((item) => item.name === name)) return false;
      save({ ...manifest, items: manifest.items.filter((item) => item.name !== name) });
      return true;
    },
    read(name) {
      const item = manifest.items.find((candidate) => candidate.name === name);
      return item === undefined ? null : readFileSync(at('draft', item.target));
    },
    publish: (nowMs) => write(nowMs, false),
    rotate(role, nowMs) {
      const before = root();
      const signers = keysFor('root', before);
      const made = (of: typeof role, dir: string, count: number): SigningKey[] => (role === of ? Array.from({ length: count }, () => makeKey(dir, of)) : []);
      const roots = made('root', offlineDir, before.roles.root.keyids.length);
      const targets = made('targets', offlineDir, 1);
      const online = made('online', onlineDir, 1);
      const or = (keys: readonly SigningKey[], kind: 'root' | 'targets' | 'snapshot'): readonly PublicKeyOf[] => (keys.length > 0 ? keys : publicKeys(before, kind));
      const version = before.version + 1;
      const bytes = rootMetadata({ version, root: or(roots, 'root'), threshold: before.roles.root.threshold, targets: or(targets, 'targets'), online: or(online, 'snapshot') }, [...signers, ...roots], nowMs);
      writeWhole(at('public/metadata', `${version}.root.json`), bytes, 0o644);
      const published = write(nowMs, role !== 'renew');
      // Only now: until the tree is whole the old ones may be needed to begin again.
      const after = new Set(Object.keys(root().keys));
      for (const folder of [offlineDir, onlineDir]) for (const key of loadKeys(folder, new Set(Object.keys(before.keys)))) if (!after.has(key.id)) rmSync(key.file);
      return published;
    },
    status(nowMs) {
      const files = new Map([...draftFiles()].map(([name, bytes]) => [name, factsOf(bytes)]));
      const published = head('targets');
      const role = (name: ChannelRoleStatus['role'], of: { readonly version: number; readonly expires: string } | null): ChannelRoleStatus[] =>
        (of === null ? [] : [{ role: name, version: of.version, expires: of.expires, days: leftDays(of, nowMs) }]);
      return {
        title: manifest.title,
        rootSha256: createHash('sha256').update(readFileSync(at('public/metadata', `${Math.min(...versionsOf('root'))}.root.json`))).digest('hex'),
        roles: [...role('root', root()), ...role('targets', published), ...role('snapshot', head('snapshot')), ...role('timestamp', head('timestamp'))],
        items: manifest.items,
        pending: published === null || !sameFiles(published, files),
      };
    },
  };
}

function bytesOf(manifest: Manifest): Buffer {
  return Buffer.from(`${JSON.stringify(manifest, null, 1)}\n`);
}

function leftDays(of: { readonly expires: string }, nowMs: number): number {
  return Math.floor((Date.parse(of.expires) - nowMs) / DAY_MS);
}

function sameFiles(published: Head, files: ReadonlyMap<string, FileFacts>): boolean {
  const targets = Object.entries(published.targets ?? {});
  return targets.length === files.size && targets.every(([name, { hashes }]) => files.get(name)?.sha256 === hashes.sha256);
}
