/** What is wrong with the files that say whom the gateway trusts, as one sentence in both languages. */
export class TrustError extends Error {
  constructor(
    readonly vi: string,
    readonly en: string,
    options?: ErrorOptions,
  ) {
    super(en, options);
    this.name = 'TrustError';
  }
}
