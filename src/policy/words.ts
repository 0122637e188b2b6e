/** A sentence for people, in both languages. */
export interface Words {
  readonly vi: string;
  readonly en: string;
}
