/**
 * Hosts whose clients refuse our certificate often enough that a person should look: a pinned app, or a tool for getting round the filter.
 * Counts only; whether a host is let off is for a person to say. Pure but for reading the shipped list.
 */
import { parseEntry } from '../matching/entry.js';
import { createNeverDecrypt, loadNeverDecrypt } from './never-decrypt.js';

/** A host is suggested once it has been refused this often: a single device without the certificate does not make a list. */
const SUGGEST_FROM = 5;
export const SUGGEST_DAYS = 30;

interface Rejected {
  readonly host: string;
  readonly n: number;
}

/** @param own entries the school has excepted already */
export function suggested<T extends Rejected>(rejections: readonly T[], own: readonly string[], neverDecryptFile: string): T[] {
  const excepted = createNeverDecrypt([...loadNeverDecrypt(neverDecryptFile).entries, ...own]);
  return rejections.filter(({ host, n }) => n >= SUGGEST_FROM && !excepted(host) && parseEntry(host) !== null);
}
