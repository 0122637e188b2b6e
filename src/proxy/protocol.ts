/** Messages between the control thread and the proxy threads. Plain data; the index travels as a SharedArrayBuffer. */
import type { Seen } from '../activity/presence.js';
import type { PolicyData } from '../policy/snapshot.js';
import type { PackedEvents } from './event-batch.js';
import type { MoreDeny } from '../tls/distrusted.js';
import type { SigningParts } from '../tls/keeper.js';
import type { PolicyChange } from './policy-change.js';
import type { UpstreamTrust } from '../tls/upstream-trust.js';
import type { RejectionCounts } from './tls-rejections.js';
import type { ProxySettings } from './settings.js';

/** What a proxy thread is born with. */
export interface WorkerBirth {
  readonly id: number;
  readonly settings: ProxySettings;
  readonly policy: PolicyData | null;
  /** 32 random bytes, today's device-count key (memory only). */
  readonly deviceKey: Uint8Array;
  /** The school's CA, for profiles whose level is above `name`; null: none. Its key is a KeyObject, never text. */
  readonly signing?: SigningParts | null;
  /** Whom to trust on the way out, where connections are decrypted; absent in tests that decrypt nothing. */
  readonly trust?: UpstreamTrust;
  /** Listening sockets of the transparent port that are this thread's to use and close; absent: it opens `settings.transparentPort` itself. */
  readonly transparentFds?: readonly number[] | undefined;
}

export type ToWorker =
  /** Against the policy of the message before it, or of the thread's birth. */
  | ({ readonly type: 'policy' } & PolicyChange)
  /** MAC by address from the kernel's neighbour table, refreshed by the control thread. */
  | { readonly type: 'neighbours'; readonly macByAddress: ReadonlyMap<string, string> }
  | { readonly type: 'device-key'; readonly key: Uint8Array }
  /** The CA was made, changed or taken away. */
  | { readonly type: 'signing'; readonly signing: SigningParts | null }
  /** The signed channel brought newer revocations. */
  | { readonly type: 'deny'; readonly deny: MoreDeny }
  /** One batch of events has been taken over: the thread sends no more than a few ahead of this. */
  | { readonly type: 'events-taken' }
  /** Stop accepting, let open exchanges end, then report `drained`. */
  | { readonly type: 'drain'; readonly graceMs: number }
  | { readonly type: 'ping'; readonly n: number };

export type FromWorker =
  /** Clients that turned our certificate down, by host. Every few seconds at most. */
  | { readonly type: 'tls-rejections'; readonly counts: RejectionCounts }
  /** The explicit port, then the transparent one where there is one; the kernel's number of the thread. */
  | { readonly type: 'listening'; readonly ports: readonly number[]; readonly threadId?: number | null }
  | { readonly type: 'listen-failed'; readonly port: number; readonly code: string }
  | { readonly type: 'applied'; readonly generation: number }
  | { readonly type: 'events'; readonly events: PackedEvents; readonly dropped: number }
  /** Devices seen by room since the last report: tokens of the day, in memory only. */
  | { readonly type: 'seen'; readonly seen: readonly Seen[] }
  | { readonly type: 'drained' }
  | { readonly type: 'pong'; readonly n: number; readonly connections: number; readonly tunnels: number };
