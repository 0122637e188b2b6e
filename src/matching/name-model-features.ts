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

/** FNV-1a, folded once; the top bit keeps it apart from runs. */
function named(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) | 0x80000000;
}

/** Number of the feature that a text names; null where it names none. */
export function featureNumber(text: string): number | null {
  if (/^[.=:]./.test(text)) return named(text);
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

const written = new Uint8Array(MAX_LABEL + 2);
const masked = new Uint8Array(MAX_LABEL + 2);

/** Letters, digits and what they look like from afar: `hi88vip` is a2 0(2) a3. */
function shapeOf(end: number): string {
  let text = '';
  let parts = 0;
  for (let i = 1; i < end;) {
    const kind = masked[i] === DIGIT ? '0' : masked[i] === STRANGER ? '?' : 'a';
    let n = 0;
    while (i < end && (masked[i] === DIGIT ? '0' : masked[i] === STRANGER ? '?' : 'a') === kind) {
      i++;
      n++;
    }
    if (++parts > 5) return '+';
    text += kind + String(Math.min(n, 9));
  }
  return text;
}

const isVowel = (at: number): boolean => at === 1 || at === 5 || at === 9 || at === 15 || at === 21 || at === 25;

/**
 * Writes the features of a folded label (lower case, hyphens out) and its suffix into `out`; returns how many. A run that
 * stands twice is written twice. `heard` gets the texts of named features: only the trainer listens.
 */
export function featuresOf(label: string, hyphens: number, suffix: string, out: Int32Array, heard?: (text: string) => void): number {
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

  const put = (text: string): void => {
    out[count++] = named(text);
    heard?.(text);
  };
  const letters = length - digits;
  const shape = shapeOf(end);
  put(`.${suffix}`);
  put(`=${shape}`);
  put(`=${shape}.${suffix}`);
  put(`:length${Math.min(length, 25)}`);
  put(`:digits${Math.min(digits, 9)}`);
  put(`:digits${Math.min(digits, 4)}letters${Math.min(letters, 12)}.${suffix}`);
  put(`:hyphens${Math.min(hyphens, 4)}`);
  put(vowels === 0 ? `:mute${Math.min(letters, 8)}` : `:vowels${Math.floor((vowels * 5) / letters)}`);
  return count;
}
