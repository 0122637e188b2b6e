/** What can be wrong with the school's CA, as one sentence in both languages and a code out of a closed table. */

export type AuthorityCode = 'exists' | 'missing' | 'dir-mode' | 'file-mode' | 'not-a-file' | 'owner' | 'damaged' | 'mismatch' | 'expired' | 'rotating' | 'unusable' | 'never-decrypt';

export class AuthorityError extends Error {
  constructor(
    readonly code: AuthorityCode,
    readonly vi: string,
    readonly en: string,
    options?: ErrorOptions,
  ) {
    super(en, options);
    this.name = 'AuthorityError';
  }
}
