/** ListError: everything that can go wrong with a list, as a closed table of codes; each carries one clear sentence in both languages. */
import { SpokenError } from '../fault.js';

export const LIST_CODES = [
  // the file
  'not-found', 'unreadable', 'not-a-file', 'damaged', 'encrypted', 'too-big', 'bomb', 'too-many-files', 'too-many-lines', 'not-text', 'utf16',
  // what is in it
  'no-lists', 'choose-part',
  // what it would do
  'not-yours', 'name-taken', 'bad-name', 'shipped', 'no-earlier', 'no-source',
  // the index
  'compile-failed', 'index-unwritable',
] as const;
export type ListCode = (typeof LIST_CODES)[number];

export class ListError extends SpokenError<ListCode> {}
