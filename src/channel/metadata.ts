/** Writes and signs the four kinds of TUF metadata. Pure but for the keys it is given. Owns how long each holds. */
import { createHash } from 'node:crypto';
import { Metadata, MetadataKind, Signature } from '@tufjs/models';
import { DAY_MS } from '../local-time.js';
import type { PublicKey, SigningKey } from './keys.js';

/**
 * How long each holds (docs/decisions/0019-signed-channel.md). What is signed offline holds for as long as people may be away from the key; what is signed
 * by the machine holds as long as it may be broken, Tết included, before schools are told.
 */
export const LIFE_DAYS = { root: 730, targets: 180, snapshot: 30, timestamp: 10 } as const;

const SPEC = '1.0.31';

export interface RootWish {
  readonly version: number;
  readonly root: readonly PublicKeyOf[];
  readonly threshold: number;
  readonly targets: readonly PublicKeyOf[];
  readonly online: readonly PublicKeyOf[];
}

export interface PublicKeyOf {
  readonly id: string;
  readonly public: PublicKey;
}

export interface FileFacts {
  readonly length: number;
  readonly sha256: string;
}

export function factsOf(bytes: Uint8Array): FileFacts {
  return { length: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

export function rootMetadata(wish: RootWish, keys: readonly SigningKey[], nowMs: number): Buffer {
  const role = (of: readonly PublicKeyOf[], threshold: number): unknown => ({ keyids: of.map(({ id }) => id), threshold });
  const all = [...wish.root, ...wish.targets, ...wish.online];
  return signedBy(MetadataKind.Root, {
    _type: 'root', spec_version: SPEC, version: wish.version, expires: expiry('root', nowMs), consistent_snapshot: true,
    keys: Object.fromEntries(all.map((key) => [key.id, key.public])),
    roles: { root: role(wish.root, wish.threshold), targets: role(wish.targets, 1), snapshot: role(wish.online, 1), timestamp: role(wish.online, 1) },
  }, keys);
}

export function targetsMetadata(version: number, files: ReadonlyMap<string, FileFacts>, keys: readonly SigningKey[], nowMs: number): Buffer {
  return signedBy(MetadataKind.Targets, {
    _type: 'targets', spec_version: SPEC, version, expires: expiry('targets', nowMs),
    targets: Object.fromEntries([...files].map(([name, { length, sha256 }]) => [name, { length, hashes: { sha256 } }])),
  }, keys);
}

export function snapshotMetadata(version: number, targets: { readonly version: number; readonly bytes: Uint8Array }, keys: readonly SigningKey[], nowMs: number): Buffer {
  return signedBy(MetadataKind.Snapshot, { _type: 'snapshot', spec_version: SPEC, version, expires: expiry('snapshot', nowMs), meta: { 'targets.json': metaOf(targets) } }, keys);
}

export function timestampMetadata(version: number, snapshot: { readonly version: number; readonly bytes: Uint8Array }, keys: readonly SigningKey[], nowMs: number): Buffer {
  return signedBy(MetadataKind.Timestamp, { _type: 'timestamp', spec_version: SPEC, version, expires: expiry('timestamp', nowMs), meta: { 'snapshot.json': metaOf(snapshot) } }, keys);
}

function metaOf({ version, bytes }: { readonly version: number; readonly bytes: Uint8Array }): unknown {
  const { length, sha256 } = factsOf(bytes);
  return { version, length, hashes: { sha256 } };
}

/** Whole seconds, as the specification writes them. */
function expiry(kind: keyof typeof LIFE_DAYS, nowMs: number): string {
  return `${new Date(nowMs + LIFE_DAYS[kind] * DAY_MS).toISOString().slice(0, 19)}Z`;
}

function signedBy(kind: MetadataKind, signed: Record<string, unknown>, keys: readonly SigningKey[]): Buffer {
  // one signature for all kinds: what differs is the shape of `signed`, and the library checks that
  const metadata = Metadata.fromJSON(kind as MetadataKind.Root, { signed, signatures: [] } as never);
  for (const key of keys) metadata.sign((bytes) => new Signature({ keyID: key.id, sig: key.sign(bytes) }));
  return Buffer.from(`${JSON.stringify(metadata.toJSON(), null, 1)}\n`);
}
