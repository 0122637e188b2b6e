/**
 * The syntax of one entry, the same in shipped rules, imports, school rules and openings:
 * `host` = host and its subdomains, `=host` = exactly that host, `*.host` = subdomains only, `host/path` = path prefix.
 * Refuses to know list formats and where entries come from.
 */
import { isAddressLiteral } from './address.js';
import { KIND_EXACT, KIND_PATH, KIND_SUBDOMAINS, KIND_SUFFIX, type EntryKind } from './host-index.js';
import { canonicalHost } from './hostname.js';
import { canonicalPath } from './path.js';

export interface Entry {
  /** Canonical host or address literal. */
  readonly host: string;
  readonly kind: EntryKind;
  /** Canonical path of a KIND_PATH entry, else null. */
  readonly path: string | null;
}

/** Longest canonical path a rule may name; the index hashes no more. */
export const MAX_RULE_PATH = 255;

/** Reads and canonicalises one entry; null = not an entry. */
export function parseEntry(text: string): Entry | null {
  if (text.startsWith('=')) return hostEntry(text.slice(1), KIND_EXACT);
  if (text.startsWith('*.')) return hostEntry(text.slice(2), KIND_SUBDOMAINS);
  const slash = text.indexOf('/');
  if (slash < 0) return hostEntry(text, KIND_SUFFIX);
  const written = text.slice(slash);
  if (written === '/') return hostEntry(text.slice(0, slash), KIND_SUFFIX);
  // A rule with a query can't be honoured (paths are judged without one), and cut short it would close too much.
  if (/[?#]/.test(written)) return null;
  const host = canonicalHost(text.slice(0, slash));
  const path = canonicalPath(written);
  if (host === null || path === null || path === '/' || path.length > MAX_RULE_PATH) return null;
  return { host, kind: KIND_PATH, path };
}

function hostEntry(text: string, kind: EntryKind): Entry | null {
  const host = canonicalHost(text);
  if (host === null) return null;
  if (!isAddressLiteral(host)) return { host, kind, path: null };
  // An address has no subdomains: `=1.2.3.4` and `1.2.3.4` are one entry, `*.1.2.3.4` is none.
  return kind === KIND_SUBDOMAINS ? null : { host, kind: KIND_SUFFIX, path: null };
}

/** The entry in list syntax, in canonical spelling. */
export function formatEntry(entry: Entry): string {
  switch (entry.kind) {
    case KIND_SUFFIX: return entry.host;
    case KIND_EXACT: return `=${entry.host}`;
    case KIND_SUBDOMAINS: return `*.${entry.host}`;
    case KIND_PATH: return `${entry.host}${entry.path ?? '/'}`;
  }
}
