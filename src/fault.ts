/**
 * Errors of our own, and what anything thrown may tell: a short stable code, and of ours their sentence in both languages. Messages are not told;
 * they may quote input.
 */
import type { Words } from './policy/words.js';

/** An error of our own: a code out of its concern's closed table, and one clear sentence in both languages. */
export class SpokenError<Code extends string | number> extends Error {
  constructor(
    readonly code: Code,
    readonly vi: string,
    readonly en: string,
    options?: ErrorOptions,
  ) {
    super(en, options);
    this.name = new.target.name;
  }
}

/** The code where there is one (the system's, the store's …), else the error's name. */
export function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code;
  if (typeof code === 'string') return code;
  return error instanceof Error ? error.name : 'unknown';
}

/** Errors of our own, known by their sentences: a thread's arrive as copies that have lost their class. Null: a fault nobody foresaw. */
export function sentencesOf(error: unknown): Words | null {
  const { vi, en } = (error ?? {}) as { vi?: unknown; en?: unknown };
  return typeof vi === 'string' && typeof en === 'string' ? { vi, en } : null;
}
