/** What can be wrong with the school's CA, as one sentence in both languages and a code out of a closed table. */
import { SpokenError } from '../fault.js';

export type AuthorityCode = 'exists' | 'missing' | 'dir-mode' | 'file-mode' | 'not-a-file' | 'owner' | 'damaged' | 'mismatch' | 'expired' | 'rotating' | 'unusable' | 'never-decrypt';

export class AuthorityError extends SpokenError<AuthorityCode> {}
