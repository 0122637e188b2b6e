/**
 * What the name model looks at: a bought label and the suffix it was bought under become feature numbers.
 * Owns the alphabet and the numbering, the same for training (bench/train-names.mjs) and for use; refuses to know weights.
 *
 * Text features are runs of three to five characters of `^label$`, once as written and once with every digit as `#`, in
 * base 41, so that no two runs share a number. All others are named by a short text and numbered by its hash with the top
 * bit set; the model file holds those texts, and two that met would be refused when it is read.
 */

/** No label gives more: 65 positions × 3 lengths × 2 spellings and a handful of named ones. */
export const MAX_FEATURES = 400;

const BASE = 41;
const FIRST = 37;
const LAST = 38;
const STRANGER = 39;
const DIGIT = 40;
/** 41^5 < 2^31. */
const LONGEST = 5;
const SHORTEST = 3;
const MAX_LABEL = 63;
const SYMBOLS = ' abcdefghijklmnopqrstuvwxyz0123456789^$?#';

/** 1–26 letters, 27–36 digits; everything else (marks of other scripts, underscores) is a stranger. */
function symbol(code: number): number {
  if (code >= 97 && code <= 122) return code - 96;
  return code >= 48 && code <= 57 ? code - 21 : STRANGER;
}

/** FNV-1a of a text put behind what is hashed already. */
function hashed(text: string, hash = 0x811c9dc5): number {
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash;
}
/** Folded once; the top bit keeps it apart from runs. */
const named = (hash: number): number => (hash ^ (hash >>> 15)) | 0x80000000;

/** Number of the feature that a text names; null where it names none. */
export function featureNumber(text: string): number | null {
  if (/^[.=:]./.test(text)) return named(hashed(text));
  if (text.length > LONGEST || text.length < SHORTEST || !/^\^?[a-z0-9?#]+\$?$/.test(text)) return null;
  let key = 0;
  for (const char of text) key = key * BASE + SYMBOLS.indexOf(char);
  return key;
}

/** The run of characters behind a number that is not named. */
export function runText(key: number): string {
  let text = '';
  for (let rest = key; rest > 0; rest = Math.floor(rest / BASE)) text = (SYMBOLS[rest % BASE] ?? '') + text;
  return text;
}

/** Beginnings of named features, hashed once. */
const AT = { suffix: hashed('.'), shape: hashed('='), length: hashed(':length'), digits: hashed(':digits'), hyphens: hashed(':hyphens'), mute: hashed(':mute'), vowels: hashed(':vowels') };
const NUMBERS = Array.from({ length: 26 }, (_, n) => String(n));
const spelt = (n: number, most: number): string => NUMBERS[Math.min(n, most)] ?? '';

const written = new Uint8Array(MAX_LABEL + 2);
const masked = new Uint8Array(MAX_LABEL + 2);

const kindOf = (at: number | undefined): string => (at === DIGIT ? '0' : at === STRANGER ? '?' : 'a');

/** Letters, digits and what they look like from afar: `hi88vip` is a2 0(2) a3. */
function shapeOf(end: number): string {
  let text = '';
  let parts = 0;
  for (let i = 1; i < end;) {
    const kind = kindOf(masked[i]);
    let n = 0;
    while (i < end && kindOf(masked[i]) === kind) {
      i++;
      n++;
    }
    if (++parts > 5) return '+';
    text += kind + spelt(n, 9);
  }
  return text;
}

const isVowel = (at: number): boolean => at === 1 || at === 5 || at === 9 || at === 15 || at === 21 || at === 25;

/**
 * Writes the features of a folded label (lower case, hyphens out) and its suffix into `out`; returns how many. A run that
 * stands twice is written twice. `heard` gets the texts of named features, the last written: only the trainer listens.
 */
export function featuresOf(label: string, hyphens: number, suffix: string, out: Int32Array, heard?: (texts: readonly string[]) => void): number {
  const length = Math.min(label.length, MAX_LABEL);
  const end = length + 1;
  let count = 0;
  let digits = 0;
  let vowels = 0;
  written[0] = masked[0] = FIRST;
  for (let i = 1; i < end; i++) {
    const at = symbol(label.charCodeAt(i - 1));
    const isDigit = at > 26 && at < FIRST;
    written[i] = at;
    masked[i] = isDigit ? DIGIT : at;
    if (isDigit) digits++;
    else if (isVowel(at)) vowels++;
  }
  written[end] = masked[end] = LAST;

  for (let i = 0; i + SHORTEST <= end + 1; i++) {
    let key = 0;
    let mask = 0;
    let hasDigit = false;
    for (let n = 1; n <= LONGEST && i + n <= end + 1; n++) {
      const at = masked[i + n - 1] ?? 0;
      key = key * BASE + (written[i + n - 1] ?? 0);
      mask = mask * BASE + at;
      if (at === DIGIT) hasDigit = true;
      if (n < SHORTEST) continue;
      out[count++] = key;
      if (hasDigit) out[count++] = mask;
    }
  }

  const letters = length - digits;
  const shape = shapeOf(end);
  const length25 = spelt(length, 25);
  const digits9 = spelt(digits, 9);
  const digits4 = spelt(digits, 4);
  const letters12 = spelt(letters, 12);
  const hyphens4 = spelt(hyphens, 4);
  const voice = vowels === 0 ? spelt(letters, 8) : spelt(Math.floor((vowels * 5) / letters), 5);
  const shaped = hashed(shape, AT.shape);
  out[count++] = named(hashed(suffix, AT.suffix));
  out[count++] = named(shaped);
  out[count++] = named(hashed(suffix, hashed('.', shaped)));
  out[count++] = named(hashed(length25, AT.length));
  out[count++] = named(hashed(digits9, AT.digits));
  out[count++] = named(hashed(suffix, hashed('.', hashed(letters12, hashed('letters', hashed(digits4, AT.digits))))));
  out[count++] = named(hashed(hyphens4, AT.hyphens));
  out[count++] = named(hashed(voice, vowels === 0 ? AT.mute : AT.vowels));
  // In the same order; a test holds each text against its number.
  heard?.([`.${suffix}`, `=${shape}`, `=${shape}.${suffix}`, `:length${length25}`, `:digits${digits9}`, `:digits${digits4}letters${letters12}.${suffix}`,
    `:hyphens${hyphens4}`, `${vowels === 0 ? ':mute' : ':vowels'}${voice}`]);
  return count;
}
