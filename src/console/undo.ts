/** Undo: for ten seconds after a change its inverse waits in memory, for the one who made it. It dies with the process; the change does not. */
import { randomBytes } from 'node:crypto';

export const UNDO_MS = 10_000;
/** A form posted in the last second still arrives; the button has gone by then. */
const GRACE_MS = 1_500;
const MAX_WAITING = 1_000;

export interface UndoRegistry {
  /** @param owner whoever may take it back; one change each can be taken back, the last */
  offer(owner: string, inverse: () => void | Promise<void>): string;
  /** Runs it once; false when it is over, used or somebody else's. */
  take(owner: string, token: string): Promise<boolean>;
}

export function createUndo(now: () => number): UndoRegistry {
  const waiting = new Map<string, { readonly token: string; readonly untilMs: number; readonly inverse: () => void | Promise<void> }>();
  return {
    offer(owner, inverse) {
      const nowMs = now();
      for (const [key, { untilMs }] of waiting) if (untilMs <= nowMs || waiting.size >= MAX_WAITING) waiting.delete(key);
      const token = randomBytes(16).toString('base64url');
      waiting.set(owner, { token, untilMs: nowMs + UNDO_MS + GRACE_MS, inverse });
      return token;
    },
    async take(owner, token) {
      const found = waiting.get(owner);
      if (found === undefined || found.token !== token) return false;
      waiting.delete(owner);
      if (found.untilMs <= now()) return false;
      await found.inverse();
      return true;
    },
  };
}
