/**
 * The live view for trouble-shooting: the last events as they may be stored anyway (minute, room, domain where the category's privacy
 * lets it be kept), held in memory for ten minutes from when an administrator opened it, and then forgotten. While nobody has it open
 * nothing is held. A room with fewer than ten devices is not named: a line of it would be one child's.
 */
import type { EventNote } from './event.js';

export interface LiveRow {
  readonly n: number;
  readonly minute: number;
  /** Null: unknown devices, or a room with too few of them. */
  readonly zone: string | null;
  readonly profile: string;
  readonly category: string | null;
  readonly domain: string | null;
  readonly action: string;
  readonly reason: string;
}

export interface LiveView {
  /** Opens it, or opens it anew. @returns when it closes by itself */
  open(): number;
  close(): void;
  /** Epoch ms at which it closes; null while it is closed. */
  untilMs(): number | null;
  take(notes: readonly EventNote[]): void;
  /** Newest first. */
  rows(): readonly LiveRow[];
}

export const LIVE_MS = 10 * 60_000;
const MAX_ROWS = 500;
const SMALL = 10;

export function createLiveView(options: { readonly now: () => number; readonly devicesIn: (zone: string) => number }): LiveView {
  const { now, devicesIn } = options;
  let until: number | null = null;
  let rows: LiveRow[] = [];
  let n = 0;

  const running = (): boolean => {
    // A clock that went back must not keep it open longer than it was meant to be.
    if (until !== null && (now() >= until || until - now() > LIVE_MS)) close();
    return until !== null;
  };
  function close(): void {
    until = null;
    rows = [];
  }

  return {
    open() {
      close();
      until = now() + LIVE_MS;
      return until;
    },
    close,
    untilMs: () => (running() ? until : null),
    take(notes) {
      if (!running()) return;
      for (const { event } of notes) {
        const { minute, zone, profile, category, domain, action, reason } = event;
        rows.push({ n: ++n, minute, zone: zone !== null && devicesIn(zone) >= SMALL ? zone : null, profile, category, domain, action, reason });
      }
      if (rows.length > MAX_ROWS) rows = rows.slice(-MAX_ROWS);
    },
    rows: () => (running() ? rows.toReversed() : []),
  };
}
