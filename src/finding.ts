/** One finding of `luytre doctor`: what was looked at, how it stands, what to do about it. */
export type FindingStatus = 'ok' | 'warn' | 'fail';

export interface Finding {
  readonly check: string;
  readonly status: FindingStatus;
  readonly vi: string;
  readonly en: string;
  /** What to do; empty when nothing. */
  readonly remedyVi: string;
  readonly remedyEn: string;
}
