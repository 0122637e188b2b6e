/**
 * How much a name nobody has listed looks like the names that gambling, porn, scams aimed at pupils and web proxies go by
 * (vietnam.md §4.3). Owns folding, words and exceptions; weights come from a model (name-model.ts), brands, stems and
 * exceptions are data (`rules/name-score.yaml`). Refuses to know lists and policy: a score is a suspicion that a teacher
 * can lift, never a finding.
 *
 * Such names are made by counting (a short stem, a betting word, a lucky number, a cheap ending) so that the next one can
 * be bought when this one is blocked. The model knows the counting; the words are what a person can read and mend.
 */
import { domainToUnicode } from 'node:url';
import { createNameModel, type NameModelData } from './name-model.js';
import { eventDomain, registrableDomain } from './public-suffix.js';

/** Words and brands; the threshold is the caller's. */
export interface NameWords {
  readonly brands: readonly string[];
  readonly stems: readonly string[];
  /** Stems that stand in as many ordinary rankings as lists: enough by themselves only for profiles with a lower threshold. */
  readonly hints?: readonly string[];
  /** Daily words that hold a stem (`cacuocmo`, wishes; `cacuoc`, bets): what they cover is not read as one. */
  readonly innocent?: readonly string[];
  /** Endings sold to nothing else (`bet`, `porn`). */
  readonly endings?: readonly string[];
  readonly exceptions: readonly string[];
  /** Absent: words alone. */
  readonly model?: NameModelData;
}

export interface NameSuspicion {
  /** 0–200; from 100 on a name is as suspicious as the measured threshold asks. */
  readonly score: number;
  /** Code of the category suspected; null where nothing tells it. */
  readonly category: string | null;
}

const MEASURED = 100;
const HIGHEST = 200;
/** A brand or a stem by itself. */
const WORD = 110;
/** A hint by itself: under the measured threshold, over that of the younger profiles. */
const HINT = 97;
/**
 * Units the model must be surer by before it speaks of a tenant of a cloud or a blog host, whose names machines count, or of
 * a name under .vn, which is sold on papers and taken back on complaint.
 */
export const CAUTION = 24;

/** Domains remembered by a thread: some 200 kB. */
const KNOWN = 2_048;

const NOTHING: NameSuspicion = { score: 0, category: null };

/** What doorways put before the name: `dangkykubet`, `link-f8bet`. */
const LURE = /^(?:dangky|linkvao|link|vao|choi|game|taiapp|tai|top|app|nhacai|keo|trangchu|dk|vn|vip)(?=..)/;
/** What is put behind it: a country, a promise, an ending carried over (`kubetcom`), a letter or two to count with. */
const TAIL = '(?:vn|viet|vnd|vip|club|apps?|bet|win|com|net|casino|games?|online|live|pro|link|top|info|asia|one|fun|king|play|city|land|moi|moinhat|mobi|aff|affvn|[a-z]{1,2})?';
/** Behind a brand only a counter and a tail: `hi88` is not found in `delhi88sweets`. */
const BRAND_REST = new RegExp(`^\\d{0,4}${TAIL}\\d{0,3}$`);

/** Names under these are given to schools, offices and hospitals on paper. */
const ON_PAPER = /\.(?:edu|gov|ac|mil)(?:\.[a-z]{2})?$/;

/** Words by their first two characters: a label is scanned once, whatever the number of words. */
type Pairs = readonly (readonly string[] | undefined)[];
const PAIRS = 128 * 128;
/** Past the table where a character is no ASCII: nothing stands there. */
const pairAt = (label: string, i: number): number => {
  const first = label.charCodeAt(i);
  const second = label.charCodeAt(i + 1);
  return first < 128 && second < 128 ? first * 128 + second : PAIRS;
};

function firstPairs(words: readonly string[]): Pairs {
  const table = new Array<string[] | undefined>(PAIRS + 1).fill(undefined);
  for (const word of words) (table[pairAt(word, 0)] ??= []).push(word);
  return table;
}

const isLetter = (code: number): boolean => code >= 97 && code <= 122;

/**
 * A stem of five letters or more counts wherever it stands. Shorter ones collide with daily words (`cado` in avocado,
 * `banca` is a bank), so they count only where no letter touches them.
 */
function holdsStem(label: string, stems: Pairs): boolean {
  for (let i = 0; i + 1 < label.length; i++) {
    const row = stems[pairAt(label, i)];
    if (row === undefined) continue;
    for (const stem of row) {
      if (!label.startsWith(stem, i)) continue;
      if (stem.length >= 5) return true;
      if (!isLetter(label.charCodeAt(i - 1)) && !isLetter(label.charCodeAt(i + stem.length))) return true;
    }
  }
  return false;
}

function isBrand(label: string, brands: Pairs): boolean {
  const row = brands[pairAt(label, 0)];
  if (row === undefined) return false;
  for (const brand of row) if (label.startsWith(brand) && BRAND_REST.test(label.slice(brand.length))) return true;
  return false;
}

/** Covers daily words, so that no stem is found in them. */
function withoutInnocent(label: string, innocent: readonly string[]): string {
  let left = label;
  for (const word of innocent) if (left.includes(word)) left = left.replaceAll(word, '.'.repeat(word.length));
  return left;
}

/**
 * Telex as the keyboard took it when no input method was on: `nhaf cais`, `taif xiur`, `cas cuowcj`. Doubled vowels, w and dd
 * fall together; a tone letter goes where a syllable has ended.
 */
const TELEX = /([aeo])\1|dd|([aou])w|([aeiouy](?:ng|nh|ch|[cmnpt])?)[sfrxj](?![aeiouyw])/g;
const untyped = (_run: string, doubled?: string, horned?: string, syllable?: string): string => doubled ?? horned ?? syllable ?? 'd';
function withoutTelex(label: string): string {
  const once = label.replace(TELEX, untyped);
  // Again, since the vowel of `cuowcj` is plain only when its w is gone.
  return once === label ? label : once.replace(TELEX, untyped);
}

const LOOKALIKE: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's' };

export interface FoldedName {
  /** Marks dropped (`nhà-cái` and its xn-- form are `nhacai`), hyphens out. */
  readonly label: string;
  readonly hyphens: number;
  readonly suffix: string;
}

/** A registrable domain as the scorer reads it. */
export function foldName(domain: string): FoldedName {
  const dot = domain.indexOf('.');
  const bought = domain.slice(0, dot);
  const plain = bought.startsWith('xn--')
    ? domainToUnicode(bought).toLowerCase().normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd')
    : bought;
  const label = plain.includes('-') ? plain.replaceAll('-', '') : plain;
  return { label, hyphens: plain.length - label.length, suffix: domain.slice(dot + 1) };
}

/** Whether the model must be surer of this domain than of others. */
export const isGuarded = (domain: string, suffix: string): boolean =>
  suffix === 'vn' || suffix.endsWith('.vn') || (suffix.includes('.') && eventDomain(domain) !== domain);

/** Judges hosts by the label somebody bought; nothing for addresses, exceptions, schools and offices. */
export function createNameJudge(data: NameWords): (host: string) => NameSuspicion {
  const exceptions = new Set(data.exceptions);
  const stems = firstPairs(data.stems);
  const hints = firstPairs(data.hints ?? []);
  const brands = firstPairs(data.brands);
  const endings = new Set(data.endings);
  const model = data.model === undefined ? null : createNameModel(data.model);

  const innocent = data.innocent ?? [];
  const isGuilty = (label: string): boolean => holdsStem(label, stems) && holdsStem(withoutInnocent(label, innocent), stems);

  const wordScore = (label: string): number => {
    if (isGuilty(label) || isBrand(label, brands)) return WORD;
    const lure = LURE.exec(label);
    if (lure !== null && isBrand(label.slice(lure[0].length), brands)) return WORD;
    const typed = withoutTelex(label);
    if (typed !== label && isGuilty(typed)) return WORD;
    const hinted = holdsStem(label, hints);
    if (/[01345]/.test(label)) {
      const plain = label.replace(/[01345]/g, (digit) => LOOKALIKE[digit] ?? digit);
      // Nobody writes cas1no who has nothing to hide.
      if (isGuilty(plain) || (!hinted && holdsStem(plain, hints))) return WORD;
    }
    return hinted ? HINT : 0;
  };

  const judgeDomain = (domain: string): NameSuspicion => {
    const { label, hyphens, suffix } = foldName(domain);
    if (exceptions.has(label) || exceptions.has(domain) || (hyphens > 0 && exceptions.has(domain.slice(0, domain.indexOf('.'))))) return NOTHING;
    let score = endings.has(suffix) ? WORD : wordScore(label);
    let category: string | null = null;
    if (model !== null) {
      model.weigh(label, hyphens, suffix);
      score = Math.max(score, Math.min(HIGHEST, MEASURED + model.margin - (isGuarded(domain, suffix) ? CAUTION : 0)));
      category = data.model?.classes[model.best]?.category ?? null;
    }
    return score <= 0 ? NOTHING : { score, category };
  };

  // Hosts of one domain come in swarms (a page's images, a CDN's shards). Emptied when full: an old answer is never wrong, only rare.
  const known = new Map<string, NameSuspicion>();
  return (host) => {
    const domain = registrableDomain(host);
    if (domain === null || ON_PAPER.test(domain)) return NOTHING;
    let suspicion = known.get(domain);
    if (suspicion === undefined) {
      suspicion = judgeDomain(domain);
      if (known.size >= KNOWN) known.clear();
      known.set(domain, suspicion);
    }
    return suspicion;
  };
}

/** The score alone. */
export function createNameScorer(data: NameWords): (host: string) => number {
  const judge = createNameJudge(data);
  return (host) => judge(host).score;
}
