/**
 * The one spelling of a path for path rules (security.md §2.12 S8): `/a/../b`, `//b`, `/b;x`, `/%62` and `/B` are `/b`.
 * Refuses to know hosts and rules. Both sides of a comparison pass here, so the exact spelling matters less than
 * that every server's reading of a request falls on the rule that names it.
 */

/** Lower case, decoded once, no empty or dot segments, no parameters: most paths of rules are so already. */
const PLAIN = /^(\/[a-z0-9_~-][a-z0-9._~-]*)+$/;

/** Bytes that stand for themselves in the canonical form; everything else is written %xx. */
const LITERAL = /^[a-z0-9._~!$&'()*+,=:@-]$/;

function hexValue(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const letter = code | 32;
  return letter >= 97 && letter <= 102 ? letter - 87 : -1;
}

/** Percent-decodes once, byte by byte; an incomplete escape stands for itself. */
function decodeOnce(bytes: Uint8Array): number[] {
  const out: number[] = [];
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] ?? 0;
    const high = byte === 37 ? hexValue(bytes[i + 1] ?? 0) : -1;
    const low = high >= 0 ? hexValue(bytes[i + 2] ?? 0) : -1;
    if (low >= 0) {
      out.push(high * 16 + low);
      i += 2;
    } else {
      out.push(byte);
    }
  }
  return out;
}

function encodeByte(byte: number): string {
  const char = String.fromCharCode(byte >= 65 && byte <= 90 ? byte + 32 : byte);
  return LITERAL.test(char) ? char : `%${byte.toString(16).padStart(2, '0')}`;
}

/**
 * Canonical path: ASCII, starting with '/', no trailing '/' (the root is `/`). Query and fragment are cut.
 * Null where the text does not start with '/'.
 */
export function canonicalPath(text: string): string | null {
  if (PLAIN.test(text)) return text;
  if (!text.startsWith('/')) return null;
  const end = text.search(/[?#]/);
  const path = (end < 0 ? text : text.slice(0, end)).replaceAll('\\', '/').replace(/;[^/]*/g, '');
  const decoded = decodeOnce(new TextEncoder().encode(path));
  const segments: string[] = [];
  let segment = '';
  for (let i = 0; i <= decoded.length; i++) {
    const byte = decoded[i] ?? 47;
    // An encoded slash or backslash separates too: some servers read it so, and a rule must not be slipped past.
    if (byte !== 47 && byte !== 92) {
      segment += encodeByte(byte);
      continue;
    }
    if (segment === '..') segments.pop();
    else if (segment !== '' && segment !== '.') segments.push(segment);
    segment = '';
  }
  return `/${segments.join('/')}`;
}
