/** What the store keeps of the signed channel. */
import type { Actor } from './rows.js';

export const DENY_KINDS = ['revoked', 'distrusted'] as const;
export type DenyKind = (typeof DENY_KINDS)[number];

/** A sentence for people, in both languages, with the code it belongs to. */
export interface ChannelSaid {
  readonly code: string;
  readonly vi: string;
  readonly en: string;
}

/** A target of the channel that is in force here. */
export interface ChannelTaken {
  readonly name: string;
  readonly role: string;
  /** Of the target file: what it is told apart by. */
  readonly sha256: string;
  /** What the publisher calls this version, and the number of the TUF targets metadata it came with. */
  readonly version: string;
  readonly tuf: number;
  readonly entries: number;
  readonly takenMs: number;
}

/** A target that was offered and not taken: what was in force before is in force still. */
export interface ChannelHeld extends ChannelSaid {
  readonly name: string;
  readonly sha256: string;
  readonly version: string;
}

export interface ChannelState {
  /** Last time the channel was asked, and last time all of it was verified. */
  readonly checkedMs: number | null;
  readonly goodMs: number | null;
  /** What the channel calls itself; versions of root and targets metadata; when the timestamp runs out. */
  readonly title: string | null;
  readonly rootVersion: number | null;
  readonly targetsVersion: number | null;
  readonly expiresMs: number | null;
  readonly fault: (ChannelSaid & { readonly sinceMs: number }) | null;
  readonly taken: readonly ChannelTaken[];
  readonly held: readonly ChannelHeld[];
}

export interface ChannelRow {
  readonly rootSha256: string;
  /** Raised by each writing: who writes says upon which one it builds. */
  readonly rev: number;
  readonly state: ChannelState;
}

export interface DenyRow {
  readonly lines: number;
  readonly packed: Uint8Array;
}

export interface ChannelWrite {
  /** The revision this was worked out upon; 0: none was there. */
  readonly rev: number;
  readonly rootSha256: string;
  readonly state: ChannelState;
  /** Trusted metadata by role; absent roles go. */
  readonly metadata: ReadonlyMap<string, Uint8Array>;
  /** Deny lists that change; null: it goes. */
  readonly deny?: ReadonlyMap<DenyKind, DenyRow | null>;
}

export interface ChannelStore {
  row(): ChannelRow | null;
  metadata(): ReadonlyMap<string, Uint8Array>;
  deny(kind: DenyKind): DenyRow | null;
  /** Written down in one transaction, or within that of `together`. @throws StoreError `changed-since` when somebody else wrote since */
  write(change: ChannelWrite, actor: Actor): void;
  /** Forgets all of it but the lists. */
  forget(actor: Actor): void;
}
