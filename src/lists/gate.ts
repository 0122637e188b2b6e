/**
 * The gate before a list becomes current: what would this version newly do? Pure.
 * Owns the shield (which entries may not be taken at all) and the questions that need a person's `--force`.
 */
import { parseEntry } from '../matching/entry.js';
import { KIND_EXACT, KIND_PATH, KIND_SUBDOMAINS, KIND_SUFFIX, type EntryKind } from '../matching/host-index.js';

/** A list that lost more than this share of its entries is more likely cut short than improved (security.md F5). */
const MAX_SHRINK = 0.2;
/** Lists shorter than this are edited by hand; their shares mean nothing. */
const SHRINK_FROM_ENTRIES = 20;

export interface GateFinding {
  readonly code: 'shrinks' | 'closes-learning';
  /** Entries concerned. */
  readonly count: number;
  readonly first: readonly string[];
  /** True when the list is not taken without --force. */
  readonly stops: boolean;
}

/** @param before entries of the current version, null for a new list. Both sorted. */
export function gate(before: readonly string[] | null, after: readonly string[], opens: boolean): GateFinding[] {
  const findings: GateFinding[] = [];
  if (before !== null && before.length >= SHRINK_FROM_ENTRIES && after.length < before.length * (1 - MAX_SHRINK)) {
    findings.push({ code: 'shrinks', count: before.length - after.length, first: [], stops: true });
  }
  if (!opens) {
    const known = new Set(before?.filter(isVietnameseInstitution));
    const closes = after.filter((entry) => isVietnameseInstitution(entry) && !known.has(entry));
    // A first import shows them; in an update, which nobody watches, they stop it.
    if (closes.length > 0) findings.push({ code: 'closes-learning', count: closes.length, first: closes.slice(0, 5), stops: before !== null });
  }
  return findings;
}

/** A whole school, university or office: a name bought directly under edu.vn, ac.vn or gov.vn. Break-ins hide deeper. */
function isVietnameseInstitution(entry: string): boolean {
  return /^(?:=|\*\.)?(?:www\.)?[^./]+\.(?:edu|ac|gov)\.vn$/.test(entry);
}

/** Hosts no imported list may close. */
export interface Shield {
  /** True when the claim would close a protected host itself, or something under one. */
  covers(host: string, kind: EntryKind): boolean;
  /** Protected hosts below this entry: the entry is taken, they stay open. */
  below(entry: string): readonly string[];
}

/** @param entries of the protected lists, in list syntax */
export function createShield(entries: Iterable<string>): Shield {
  const whole = new Set<string>();
  const exact = new Set<string>();
  const subdomains = new Set<string>();
  const children = new Map<string, string[]>();
  for (const text of entries) {
    const entry = parseEntry(text);
    if (entry === null || entry.kind === KIND_PATH) continue;
    (entry.kind === KIND_SUFFIX ? whole : entry.kind === KIND_EXACT ? exact : subdomains).add(entry.host);
    for (const parent of parents(entry.host)) {
      const list = children.get(parent);
      if (list === undefined) children.set(parent, [entry.host]);
      else list.push(entry.host);
    }
  }
  return {
    covers(host, kind) {
      if (whole.has(host)) return true;
      if (exact.has(host) && kind !== KIND_SUBDOMAINS) return true;
      if (subdomains.has(host) && kind === KIND_SUBDOMAINS) return true;
      for (const parent of parents(host)) if (whole.has(parent) || subdomains.has(parent)) return true;
      return false;
    },
    below(text) {
      const entry = parseEntry(text);
      if (entry === null || (entry.kind !== KIND_SUFFIX && entry.kind !== KIND_SUBDOMAINS)) return [];
      return children.get(entry.host) ?? [];
    },
  };
}

function* parents(host: string): Generator<string> {
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) yield host.slice(dot + 1);
}
