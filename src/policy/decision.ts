/**
 * Decision, Reason and Permit: a verdict is a value that says why.
 * Owns the closed tables of layers and reasons; refuses to know sockets, storage or clocks.
 */
import type { Cell } from './profile.js';
import type { SafeParameter } from './snapshot.js';

export type Action = 'allow' | 'block' | 'restrict';

/** The layer that decided, in order of precedence (design.md, "Precedence"). */
export const LAYERS = [
  'help', 'hard', 'emergency', 'lesson', 'opening', 'school-allow', 'school-block',
  'city-allow', 'city-block', 'category', 'name-score', 'base',
] as const;
export type Layer = (typeof LAYERS)[number];

/**
 * Every reason a request can be allowed, refused or fail for: logged, reported, sent as `X-Luytre-Reason`
 * and explained on the block page. A test holds this table against the page texts and the glossary.
 */
export const REASONS = [
  // verdicts of decide()
  'help-line', 'infrastructure', 'hard-category', 'authority-list', 'emergency-block', 'teacher-opening',
  'internet-paused', 'lesson-list', 'lesson-focus',
  'school-allow', 'school-block', 'city-allow', 'city-block',
  'category-open', 'category-restricted', 'category-blocked', 'suspicious-name', 'exam-only',
  'uncategorised-open', 'uncategorised-restricted', 'uncategorised-blocked',
  // refusals of the wire
  'malformed', 'client-not-allowed', 'port-not-allowed', 'private-address', 'own-address', 'loop',
  'not-tls', 'no-server-name', 'server-name-mismatch', 'login-required', 'no-policy',
  'too-many-connections', 'overload', 'policy-changed',
  // upstream failures
  'name-not-found', 'dns-failed', 'connect-refused', 'connect-timeout', 'upstream-error', 'upstream-timeout',
  // what is wrong with the TLS of a site that would be decrypted
  'site-certificate-expired', 'site-certificate-not-yet-valid', 'site-certificate-self-signed', 'site-certificate-untrusted',
  'site-certificate-incomplete', 'site-certificate-wrong-host', 'site-certificate-no-name', 'site-certificate-wrong-use',
  'site-certificate-weak', 'site-certificate-constraint', 'site-certificate-revoked', 'site-certificate-distrusted',
  'site-certificate-no-staple', 'site-certificate-invalid', 'site-tls-outdated', 'site-tls-failed', 'site-wants-certificate',
] as const;
export type Reason = (typeof REASONS)[number];

/** A list as a decision names it. */
export interface ListRef {
  readonly name: string;
  readonly version: string;
}

/** What a request is made to say, whatever its client wrote. */
export interface RequestEdits {
  readonly parameters: readonly SafeParameter[];
  readonly headers: readonly (readonly [name: string, value: string])[];
}

/**
 * One verdict. Immutable; may be cached for a zone until `validUntilMs`.
 * `profile` and `category` are positions in the snapshot's tables (−1: none).
 */
export interface Decision {
  readonly action: Action;
  readonly layer: Layer;
  readonly reason: Reason;
  readonly cell: Cell | null;
  readonly category: number;
  readonly profile: number;
  /** Canonical host that was judged. */
  readonly host: string;
  readonly list: ListRef | null;
  /** The rule's own text as the admin wrote it (`*.example.vn`), where one decided. */
  readonly rule: string | null;
  /** Name to dial in place of `host` (SafeSearch), or null. */
  readonly dialHost: string | null;
  /** What the request must say to the provider, where it can be seen (SafeSearch at level `inspect`); absent: nothing. */
  readonly edits?: RequestEdits | null;
  /** Epoch ms after which this verdict must be made anew (end of lesson, opening, timetable slot); Infinity if none. */
  readonly validUntilMs: number;
  /** True when a path rule exists for this host, so that plain HTTP must be judged with its path. */
  readonly byPath: boolean;
}

declare const minted: unique symbol;

/** Leave to open one upstream connection: only `decide.ts` mints it, only `proxy/dial.ts` takes it. */
export interface Permit {
  readonly [minted]: true;
  /** Canonical host that was judged and that the dialler must reach. */
  readonly host: string;
  /** Host whose addresses are dialled: `host`, or the provider's restricted host. */
  readonly dialHost: string;
  readonly port: number;
}
