/**
 * Regular expressions of lists: recognises the few that only spell a host name and turns them into it.
 * Refuses to run, compile or approximate any other: a list is data from outside, and a backtracking expression on the
 * request path is a way to stop the filter (security.md S10). Recognition itself is linear: fixed prefixes, then a scan.
 */
import { KIND_EXACT, KIND_SUBDOMAINS, KIND_SUFFIX, type EntryKind } from './host-index.js';

/** Ways list authors write "at a label border" (subdomains included). Longest first. */
const BELOW = ['^([^/]*\\.)?', '^([^/]+\\.)?', '^([a-z0-9.-]+\\.)?', '^(.*\\.)?', '^(.+\\.)?', '^(.*\\.|)', '(^|.*\\.)', '(^|\\.)', '(\\.|^)', '^(|.*\\.)', '^(?:.*\\.)?', '(?:^|\\.)'];
const ONLY_BELOW = ['^.*\\.', '^.+\\.', '^[^/]+\\.', '\\.'];
const URL_SCHEMES = ['^https?:\\/\\/', '^https?://', '^http:\\/\\/', '^http://', '^(https?:\\/\\/)?', '^(https?://)?'];
const URL_BELOW = ['([^/]*\\.)?', '([^/]+\\.)?', '([a-z0-9.-]+\\.)?', '(www\\.)?'];
const ENDS = ['(\\/.*)?$', '(/.*)?$', '($|\\/)', '($|/)', '(\\/|$)', '(/|$)', '(/|:|$)', '\\/', '/', '$'];

export interface FoldedRegex {
  readonly host: string;
  readonly kind: EntryKind;
}

/** The host an expression spells, or null when it says anything else. */
export function foldRegex(source: string): FoldedRegex | null {
  if (source.length > 300) return null;
  const below = cutFirst(source, BELOW);
  if (below !== null) return finish(below, ['$', '\\.?$'], KIND_SUFFIX);
  const scheme = cutFirst(source, URL_SCHEMES);
  if (scheme !== null) {
    const rest = cutFirst(scheme, URL_BELOW);
    return finish(rest ?? scheme, ENDS, rest === null ? KIND_EXACT : KIND_SUFFIX);
  }
  const onlyBelow = cutFirst(source, ONLY_BELOW);
  if (onlyBelow !== null) return finish(onlyBelow, ['$'], KIND_SUBDOMAINS);
  if (source.startsWith('^')) return finish(source.slice(1), ['$'], KIND_EXACT);
  return null;
}

function cutFirst(source: string, prefixes: readonly string[]): string | null {
  for (const prefix of prefixes) if (source.startsWith(prefix)) return source.slice(prefix.length);
  return null;
}

/** The rest must be a literal name with escaped dots and one of the ends: `example\.com$`. */
function finish(rest: string, ends: readonly string[], kind: EntryKind): FoldedRegex | null {
  for (const end of ends) {
    if (!rest.endsWith(end)) continue;
    const host = literal(rest.slice(0, rest.length - end.length));
    if (host !== null) return { host, kind };
  }
  return null;
}

/** Unescapes `\.` and `\-`; an unescaped dot is a wildcard, so the text is no literal. */
function literal(text: string): string | null {
  let host = '';
  for (let i = 0; i < text.length; i++) {
    const char = text[i] ?? '';
    if (/[a-z0-9_-]/i.test(char)) host += char;
    else if (char === '\\' && (text[i + 1] === '.' || text[i + 1] === '-')) host += text[++i] ?? '';
    else return null;
  }
  return host.includes('.') ? host : null;
}
