/** Rows of the audit trail. */
import type { Actor } from './rows.js';

export interface AuditRow {
  readonly seq: number;
  readonly atMs: number;
  readonly actor: Actor;
  readonly action: string;
  readonly object: string;
  readonly before: string | null;
  readonly after: string | null;
  readonly hash: string;
}

/** All bounds are open or absent: afterSeq < seq < beforeSeq, fromMs <= at < toMs. */
export interface AuditRange {
  readonly afterSeq?: number;
  readonly beforeSeq?: number;
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly oldestFirst?: boolean;
}

export interface AuditEnd {
  readonly seq: number;
  readonly hash: string;
}

export interface AuditStore {
  /** Newest last. */
  list(limit: number): AuditRow[];
  /** The last changes of one object (a zone, a rule, a cell, a list, an account), newest first: who changed this, and why. */
  about(object: string, limit: number): AuditRow[];
  /** Records in the range that `keep` takes, newest first unless asked otherwise, at most `limit`. */
  find(range: AuditRange, keep: (row: AuditRow) => boolean, limit: number): AuditRow[];
  /** The last record, to note down outside this machine; and the last one that retention let go, from whose hash the chain goes on. */
  ends(): { readonly base: AuditEnd; readonly head: AuditEnd };
  record(actor: Actor, action: string, object: string, before: unknown, after: unknown): void;
  /** Recomputes the chain; null when whole, else the first bad sequence number. */
  verify(): { readonly records: number; readonly firstBad: number | null };
}
