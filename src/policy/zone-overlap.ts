/** Address ranges of one room that lie inside another's: allowed, and the narrower one wins (zone.ts); a person who looks at the rooms must see it. Pure. */
import { parseCidr, type Cidr } from '../matching/address.js';

export interface ZoneRange {
  readonly zone: string;
  readonly cidr: string;
}

export interface Overlap {
  /** Wins where both hold. */
  readonly inner: ZoneRange;
  readonly outer: ZoneRange;
}

/** Each range with the narrowest of another room that spans it, in the order of the rooms. */
export function overlapsOf(zones: readonly { readonly name: string; readonly cidrs: readonly string[] }[]): Overlap[] {
  const ranges = zones.flatMap(({ name, cidrs }) => cidrs.flatMap((text) => {
    const cidr = parseCidr(text);
    return cidr === null ? [] : [{ zone: name, text, cidr }];
  }));
  return ranges.flatMap((inner) => {
    const [outer] = ranges
      .filter((other) => other.zone !== inner.zone && spans(other.cidr, inner.cidr))
      .sort((a, b) => b.cidr.prefix - a.cidr.prefix);
    return outer === undefined ? [] : [{ inner: { zone: inner.zone, cidr: inner.text }, outer: { zone: outer.zone, cidr: outer.text } }];
  });
}

function spans(outer: Cidr, inner: Cidr): boolean {
  if (outer.family !== inner.family || outer.prefix >= inner.prefix) return false;
  return outer.words.every((word, i) => {
    const bits = Math.min(32, Math.max(0, outer.prefix - i * 32));
    // a shift by 32 is one by 0 in this language
    return bits === 0 || (word >>> (32 - bits)) === ((inner.words[i] ?? 0) >>> (32 - bits));
  });
}
