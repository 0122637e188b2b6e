/** Refused: a request that the console turns down, with one clear sentence and, where it is about a field, its name. */
import { plainText } from '../store/audit.js';
import { codeOf, sentencesOf } from '../fault.js';
import type { Words } from './words.js';

const MAX_SENTENCE = 600;

/** Kind → HTTP status. */
export const REFUSALS = {
  input: 422, 'sign-in': 401, 'prove-first': 403, forbidden: 403, 'cross-site': 403, 'not-found': 404, conflict: 409,
  'too-large': 413, 'wrong-type': 415, misdirected: 421, 'too-many': 429, busy: 503, unavailable: 503, fault: 500,
} as const;
export type Refusal = keyof typeof REFUSALS;

export class Refused extends Error {
  readonly words: Words;
  /** Fields at fault with their sentences; empty where it is about the whole. */
  readonly fields: ReadonlyMap<string, Words>;
  constructor(
    readonly kind: Refusal,
    words: Words,
    fields: ReadonlyMap<string, Words> = new Map(),
    readonly retryAfterS: number | null = null,
  ) {
    super(kind);
    this.name = 'Refused';
    this.words = calm(words);
    this.fields = new Map([...fields].map(([name, sentence]) => [name, calm(sentence)]));
  }
  get status(): (typeof REFUSALS)[Refusal] {
    return REFUSALS[this.kind];
  }
}

/** A sentence may quote what was typed: marks that turn or break a line come out as their code, and it stays a sentence. */
function calm({ vi, en }: Words): Words {
  return { vi: plainText(vi, MAX_SENTENCE), en: plainText(en, MAX_SENTENCE) };
}

export function refused(kind: Refusal, vi: string, en: string): Refused {
  return new Refused(kind, { vi, en });
}

export function wrongField(field: string, vi: string, en: string): Refused {
  return new Refused('input', { vi, en }, new Map([[field, { vi, en }]]));
}

/** What our own checks say of a value is said beside its field. */
export function inField<T>(field: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const known = asRefused(error);
    if (known.kind === 'fault') throw error;
    throw new Refused(known.kind === 'not-found' ? 'input' : known.kind, known.words, new Map([[field, known.words]]));
  }
}

/** Our own errors (the store's, the lists') carry both sentences; what does not is a fault, of which nothing is told. */
export function asRefused(error: unknown): Refused {
  if (error instanceof Refused) return error;
  const spoken = sentencesOf(error);
  if (spoken !== null) {
    const code = codeOf(error);
    const kind: Refusal = code === 'busy' || code === 'locked' ? 'busy'
      : code === 'disk-full' || code === 'read-only' || code === 'io' || code === 'corrupt' ? 'unavailable'
      : code === 'second-person' ? 'forbidden'
      : code.startsWith('unknown-') || code === 'not-yours' ? 'not-found'
      : /-taken$|^(?:already-answered|changed-since|last-admin|exists|in-use|too-many)$/.test(code) ? 'conflict' : 'input';
    return new Refused(kind, spoken);
  }
  return refused('fault', 'Có lỗi trong cổng lọc; thao tác chưa được thực hiện. Hãy thử lại, rồi báo quản trị nếu còn lỗi.', 'Something failed inside the gateway; nothing was changed. Try again, then tell the administrator.');
}
