/**
 * How much a name nobody has listed looks like the names that gambling, and what feeds on it, goes by (vietnam.md §4.3).
 * Owns the shapes; brands, topic stems, endings and exceptions are data (`rules/name-score.yaml`). Refuses to know lists
 * and policy: a score is a suspicion that a teacher can lift, never a category.
 *
 * Such names are made by counting: a short stem, a betting word, a lucky number, a counter, a cheap ending, so that the
 * next one can be bought when this one is blocked. The counting is what shows. Every pattern is anchored and bounded and a
 * label has at most 63 characters, so no input can make this slow.
 */
import { domainToUnicode } from 'node:url';
import { eventDomain, registrableDomain } from './public-suffix.js';

/** Words and brands; the threshold is the caller's. */
export interface NameWords {
  readonly brands: readonly string[];
  readonly stems: readonly string[];
  readonly tlds: Readonly<Record<string, number>>;
  readonly exceptions: readonly string[];
}

/** From here on a word, a brand or a shape is a suspicion by itself. */
const STRONG = 3;
const WEAK = 2;

/** What doorways put before the name: `dangkykubet`, `link-f8bet`. */
const LURE = /^(?:dangky|linkvao|link|vao|choi|game|taiapp|tai|top|app|nhacai|keo|trangchu|dk|vn|vip)(?=..)/;
/** What is put behind it: a country, a promise, an ending carried over (`kubetcom`), a letter or two to count with. */
const WORD_TAIL = 'vn|viet|vnd|vip|club|apps?|bet|win|com|net|casino|games?|online|live|pro|link|top|info|asia|one|fun|king|play|city|land|moi|moinhat|mobi|aff|affvn';
const TAIL = `(?:${WORD_TAIL}|[a-z]{1,2})?`;
const BETTING = '(?:bet|win|vip|club|casino|bong|slot|keo)';

/** Behind a brand only a counter and a tail: `hi88` is not found in `delhi88sweets`. */
const BRAND_REST = new RegExp(`^\\d{0,4}${TAIL}\\d{0,3}$`);
/** A number, a betting word: `8xbet`, `789club`, `f8bet12vip`. */
const NUMBER_BET = new RegExp(`^(?:[a-z]{0,4}\\d{1,4}[a-z]{0,3}|\\d{1,4}[a-z]{0,4})${BETTING}\\d{0,4}${TAIL}$`);
/** A betting word, a number: `mibet88`, `cwin08`. */
const BET_NUMBER = new RegExp(`^[a-z]{0,6}${BETTING}\\d{1,4}${TAIL}$`);
/** A syllable before `bet`: `kubet`, `debetvn`; not `cnbeta`, `soubette`. */
const SYLLABLE_BET = new RegExp(`^[a-z]{1,4}bet(?:${WORD_TAIL})?$`);
/** The same with words that also end honest names: only beside a cheap ending. */
const SYLLABLE_WIN = new RegExp(`^[a-z]{1,4}(?:win|vip|club)${TAIL}$`);
/** A short stem and a lucky number: `hi88`, `sodo66`, `lucky688vip`. */
const LUCKY = new RegExp(`^[a-z]{1,6}(?:\\d?(?:8{2,4}|9{2,4}|6{2,4}|7{2,4})|68|86|79|789|678|567|368|388|188|168|138|52|33|55|22)${TAIL}$`);

/** Numbers of everyday names: years, hours, degrees, round figures, 123. They count nothing. */
const EVERYDAY = /^(?:(?:19|20)\d\d|24|247|36[05]|123|1234|911|111|404|[1-9]0{1,3})$/;
/** Telephone numbers (1800 1567, 1900 6017, 09xx xxx xxx) and dates. */
const DIALLED = /^(?:1[89]00\d{4,6}|0\d{9}|(?:19|20)\d{6})$/;
/** Networks (AS40244), Chinese dialling codes (0571gt), years before a word. */
const NUMBERED = /^(?:as\d+|0\d{3}[a-z]+|20\d\d[a-z]+)$/;

/**
 * National endings: selling there is slow, dear or checked, so throw-away names are rare. Not among them: endings that
 * are sold to the world (.cc, .me, .tv, .ph, .ag …).
 */
const NATIONAL: ReadonlySet<string> = new Set(
  ('vn cn ru de fr it uk pl nl jp kr br ca eu se ch at be dk no fi cz hu ro gr tr ua es pt ir tw hk au nz za mx ar il sk bg hr rs '
    + 'lv ee si by kz id my th sg edu gov mil int museum').split(' '));
/** Names under these are given to schools, offices and hospitals on paper. */
const ON_PAPER = /\.(?:edu|gov|ac|mil)(?:\.[a-z]{2})?$/;

/** Digits and letters of a short name, counted by runs: `9k8888`, `zx6692`, `77win18` are made, not named. */
function countedShape(label: string): number {
  let letters = 0;
  let digits = 0;
  let runs = 0;
  let run = 0;
  let longest = 0;
  let digit = false;
  for (let i = 0; i < label.length; i++) {
    const code = label.charCodeAt(i);
    const isDigit = code < 58;
    if (i === 0 || isDigit !== digit) {
      runs++;
      run = 0;
      digit = isDigit;
    }
    run++;
    if (isDigit) digits++;
    else {
      letters++;
      if (run > longest) longest = run;
    }
  }
  if (digits === 0) return 0;
  if (letters === 0) return digits > 8 || DIALLED.test(label) ? 0 : digits >= 7 ? STRONG : digits === 6 ? WEAK : digits === 5 ? 1 : 0;
  if (label.length > 10 || longest > 4 || (runs === 2 && EVERYDAY.test(label.replace(/[a-z]+/, '')))) return 0;
  if (NUMBERED.test(label)) return 1;
  if (digits >= 5 || (runs >= 3 && digits >= 3)) return STRONG;
  const led = label.charCodeAt(0) < 58;
  if (digits === 4) return letters <= (led ? 2 : 3) ? STRONG : WEAK;
  if (digits === 3) return led && letters > 1 ? 1 : WEAK;
  return runs >= 3 ? 1 : 0;
}

function betShape(label: string): number {
  if (NUMBER_BET.test(label) || BET_NUMBER.test(label) || SYLLABLE_BET.test(label)) return STRONG;
  return SYLLABLE_WIN.test(label) || LUCKY.test(label) ? WEAK : 0;
}

/** Words by their first two characters: a label is scanned once, whatever the number of words. */
function firstPairs(words: readonly string[]): ReadonlyMap<number, readonly string[]> {
  const map = new Map<number, string[]>();
  for (const word of words) {
    const key = word.charCodeAt(0) * 128 + word.charCodeAt(1);
    const row = map.get(key);
    if (row === undefined) map.set(key, [word]);
    else row.push(word);
  }
  return map;
}

const isLetter = (code: number): boolean => code >= 97 && code <= 122;

/**
 * A stem of five letters or more counts wherever it stands. Shorter ones collide with daily words (`cado` in avocado,
 * `banca` is a bank), so they count only where no letter touches them.
 */
function holdsStem(label: string, stems: ReadonlyMap<number, readonly string[]>): boolean {
  for (let i = 0; i + 1 < label.length; i++) {
    const row = stems.get(label.charCodeAt(i) * 128 + label.charCodeAt(i + 1));
    if (row === undefined) continue;
    for (const stem of row) {
      if (!label.startsWith(stem, i)) continue;
      if (stem.length >= 5) return true;
      if (!isLetter(label.charCodeAt(i - 1)) && !isLetter(label.charCodeAt(i + stem.length))) return true;
    }
  }
  return false;
}

function isBrand(label: string, brands: ReadonlyMap<number, readonly string[]>): boolean {
  const row = brands.get(label.charCodeAt(0) * 128 + label.charCodeAt(1));
  if (row === undefined) return false;
  for (const brand of row) if (label.startsWith(brand) && BRAND_REST.test(label.slice(brand.length))) return true;
  return false;
}

const LOOKALIKE: Readonly<Record<string, string>> = { 0: 'o', 1: 'i', 3: 'e', 4: 'a', 5: 's' };

/** `nhà-cái` and its xn-- form are `nhacai`: marks dropped, hyphens joined. */
function plainLabel(label: string): string {
  if (!label.startsWith('xn--')) return label.replaceAll('-', '');
  return domainToUnicode(label).normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('-', '');
}

/** Scores hosts by the label somebody bought; 0 for addresses, exceptions, schools and offices. */
export function createNameScorer(data: NameWords): (host: string) => number {
  const exceptions = new Set(data.exceptions);
  const stems = firstPairs(data.stems);
  const brands = firstPairs(data.brands);
  const endings = new Map(Object.entries(data.tlds));

  return (host) => {
    const domain = registrableDomain(host);
    if (domain === null || ON_PAPER.test(domain) || exceptions.has(domain)) return 0;
    const written = domain.slice(0, domain.indexOf('.'));
    if (exceptions.has(written)) return 0;
    const label = plainLabel(written);
    const stripped = label.replace(LURE, '');
    let score = 0;
    if (holdsStem(label, stems) || isBrand(label, brands) || (stripped !== label && isBrand(stripped, brands))) score = STRONG;
    else if (/\d/.test(label) && holdsStem(label.replace(/[01345]/g, (digit) => LOOKALIKE[digit] ?? digit), stems)) score = STRONG;
    // Under a host of many tenants (a CDN, a cloud) names are counted by machines: only words tell anything there.
    if (/^[a-z0-9]+$/.test(label) && eventDomain(domain) === domain) {
      score += Math.max(betShape(label), stripped === label ? 0 : betShape(stripped), countedShape(label));
    }
    const ending = domain.slice(domain.lastIndexOf('.') + 1);
    const bonus = endings.get(ending) ?? (NATIONAL.has(ending) ? -1 : 0);
    // A cheap ending alone says nothing; `.bet` and `.casino` do.
    return score === 0 && bonus < STRONG ? 0 : Math.max(0, score + bonus);
  };
}
