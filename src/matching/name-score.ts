/**
 * How much a name nobody has listed looks like a Vietnamese gambling name (vietnam.md §4.3).
 * Owns the shapes; brands, topic stems, endings and exceptions are data. Refuses to know lists and policy: a score is a
 * suspicion that a teacher can lift, never a category.
 *
 * Every pattern is anchored and bounded, and a label has at most 63 characters: no input can make it slow.
 */
import { registrableDomain } from './public-suffix.js';

/** An optional lure, a short stem, a lucky number, an optional tail: `hi88`, `link-f8bet88vip`. */
const LUCKY = /^(?:app|link|vao|dangky|dk|choi|game|tai|top|vn|vip)?-?[a-z]{1,5}-?(?:8{2,4}|68|79|789|9{2,3}|6{2,3}|7{2,3}|365|368|388|188|168|138|123|52|11)(?:vn|vip|club|bet|win|[a-z]|\d{1,3})?$/;
/** A betting word beside a counter: `sodo66`, `8xbet`, `cwin08`. */
const BET_NUMBER = /(?:bet|win|club|vip|casino|bong)(?:vn|viet|vnd)?-?\d{1,4}[a-z]{0,2}$|^\d{1,4}[a-z]{0,3}(?:bet|win|club|vip|casino)/;
/** A short name that ends in a betting word: `kubet`, `gemwin`. */
const SHORT_BET = /^[a-z0-9]{1,6}(?:bet|win)(?:vn|vnd|vip|club|app)?$/;

/** Words and brands; the threshold is the caller's. */
export interface NameWords {
  readonly brands: readonly string[];
  readonly stems: readonly string[];
  readonly tlds: Readonly<Record<string, number>>;
  readonly exceptions: readonly string[];
}

export function createNameScorer(data: NameWords): (host: string) => number {
  const exceptions = new Set(data.exceptions);
  return (host) => {
    const domain = registrableDomain(host);
    if (domain === null) return 0;
    const label = domain.slice(0, domain.indexOf('.'));
    if (exceptions.has(label) || exceptions.has(domain)) return 0;
    const joined = label.replaceAll('-', '');
    let score = data.tlds[domain.slice(domain.lastIndexOf('.') + 1)] ?? 0;
    if (LUCKY.test(label)) score += 2;
    if (BET_NUMBER.test(label)) score += 3;
    if (SHORT_BET.test(label)) score += 2;
    if (data.stems.some((stem) => joined.includes(stem))) score += 3;
    if (data.brands.some((brand) => joined.startsWith(brand))) score += 3;
    return score;
  };
}
