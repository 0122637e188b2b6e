/**
 * Reads a list line by line and keeps the books: every line ends as taken, folded, comment or refused, and the four add up to the lines.
 * Owns canonical spelling, duplicates, subsumption and what an exception undoes. Refuses to know files, storage and policy:
 * which hosts may not be closed is asked of `protects`.
 */
import { isAddressLiteral } from './address.js';
import { formatEntry, parseEntry } from './entry.js';
import { KIND_EXACT, KIND_PATH, KIND_SUBDOMAINS, KIND_SUFFIX, type EntryKind } from './host-index.js';
import { canonicalHost } from './hostname.js';
import { createLineParser, type LineFormat } from './list-format.js';
import type { LineParser, LineSink, Refusal } from './list-line.js';
import { isPublicSuffix } from './public-suffix.js';

/** A line that could not even be read as text. */
export interface BadLine {
  readonly bad: 'not-utf8' | 'too-long' | 'control';
}

/** One refused line as it is shown: where, and a short printable piece of it. */
export interface RefusedLine {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

export interface Refused {
  readonly why: Refusal;
  readonly lines: number;
  /** The first few, in file order. */
  readonly first: readonly RefusedLine[];
}

export interface ReadResult {
  /** Canonical entries in list syntax, sorted by code unit, unique. */
  readonly entries: string[];
  readonly lines: number;
  readonly taken: number;
  readonly folded: number;
  readonly comments: number;
  readonly refused: number;
  /** Why lines were folded: said before, or said already by a parent or an exception of the same list. */
  readonly foldedBy: { readonly duplicate: number; readonly covered: number; readonly excepted: number };
  /** Refused lines by reason, most frequent first. */
  readonly refusals: readonly Refused[];
  /** Claims refused on lines of which another claim was taken. */
  readonly refusedBeside: number;
}

export interface ReadOptions {
  /** An allow list: what it lists is opened, and where it knows exceptions only these are. */
  readonly allow: boolean;
  readonly samplesPerReason?: number;
}

export interface ListReader {
  /** Starts a file (or archive member) in a format. */
  open(file: string, format: LineFormat): void;
  push(line: string | BadLine): void;
  /** @param protects true where an entry would close a host that must stay open */
  finish(protects?: (host: string, kind: EntryKind) => boolean): ReadResult;
}

/** Claims in order of appearance, each with the line it came from: 4 bytes a claim beside the set itself. */
interface Claims {
  readonly keys: Set<string>;
  /** Line of the n-th claim. */
  lineOf(n: number): number;
  /** @returns false when the claim was known */
  add(key: string, line: number): boolean;
}

function createClaims(): Claims {
  const keys = new Set<string>();
  let lines = new Uint32Array(1024);
  return {
    keys,
    lineOf: (n) => lines[n] ?? 0,
    add(key, line) {
      const at = keys.size;
      keys.add(key);
      if (keys.size === at) return false;
      if (at === lines.length) {
        const wider = new Uint32Array(at * 2);
        wider.set(lines);
        lines = wider;
      }
      lines[at] = line;
      return true;
    },
  };
}

/** Printable ASCII and Vietnamese; a list must not be able to write to the admin's terminal. */
export function printable(text: string): string {
  const short = text.length > 100 ? `${text.slice(0, 97)}...` : text;
  return short.replace(/[^\x20-\x7e\u00a0-\u024f\u1e00-\u1eff]/g, '\u00b7');
}

/** A control character, tab excepted. */
const CONTROL = /[\x00-\x08\x0a-\x1f\x7f]/;

export function createListReader(options: ReadOptions): ListReader {
  const samples = options.samplesPerReason ?? 5;
  const claims = createClaims();
  const exceptions = createClaims();
  const refusals = new Map<Refusal, { lines: number; first: RefusedLine[] }>();
  const files: { name: string; before: number }[] = [];
  let parser: LineParser | null = null;
  let lines = 0;
  let comments = 0;
  let duplicate = 0;
  let refusedBeside = 0;
  // Fate of the line being read.
  let added = false;
  let known = false;
  let why: Refusal | null = null;
  let denied = 0;

  const sink: LineSink = {
    claim(host, kind, path) {
      add(claims, host, kind, path);
    },
    exception(host, kind) {
      add(exceptions, host, kind, undefined);
    },
    refuse(reason) {
      why ??= reason;
      denied++;
    },
    comment() {
      // A line that claims and refuses nothing is a comment.
    },
  };

  function add(to: Claims, raw: string, kind: EntryKind, path: string | undefined): void {
    const key = toKey(raw, kind, path);
    if (typeof key !== 'string') return sink.refuse(key.refused);
    if (to.add(key, lines)) added = true;
    else known = true;
  }

  function place(line: number): { file: string; line: number } {
    let file = { name: '', before: 0 };
    for (const candidate of files) {
      if (candidate.before >= line) break;
      file = candidate;
    }
    return { file: file.name, line: line - file.before };
  }

  function note(reason: Refusal, line: number, text: string): void {
    let entry = refusals.get(reason);
    if (entry === undefined) refusals.set(reason, (entry = { lines: 0, first: [] }));
    entry.lines++;
    if (entry.first.length < samples) entry.first.push({ ...place(line), text: printable(text) });
  }

  return {
    open(file, format) {
      files.push({ name: file, before: lines });
      parser = createLineParser(format);
    },
    push(line) {
      if (parser === null) throw new Error('push before open');
      lines++;
      if (typeof line !== 'string') return note(line.bad, lines, '');
      if (CONTROL.test(line)) return note('control', lines, line);
      added = false;
      known = false;
      why = null;
      denied = 0;
      parser(line, sink);
      if (added) refusedBeside += denied;
      else if (known) duplicate++;
      else if (why !== null) note(why, lines, line);
      else comments++;
    },
    finish(protects = () => false) {
      const opens = options.allow && exceptions.keys.size > 0;
      const kept = opens ? exceptions : claims;
      forEachLine(opens ? claims : exceptions, () => false, {
        none: (line, keys) => note(opens ? 'not-an-exception' : 'exception', line, keys[0] ?? ''),
      });

      const denied = denials(kept.keys, options.allow ? new Set() : exceptions.keys, protects);
      const has = (key: string): boolean => kept.keys.has(key) && !denied.has(key);
      const merged = mergeHalves(kept.keys, has);
      const entries: string[] = [];
      let taken = 0;
      let covered = 0;
      let undone = 0;
      forEachLine(kept, (key) => {
        const fate = judge(key, has, merged, denied);
        if (typeof fate === 'string') return fate;
        entries.push(fate.entry);
        return true;
      }, {
        some: () => taken++,
        none: (line, keys, verdict) => {
          if (verdict === 'protected') note('protected', line, keys[0] ?? '');
          else if (verdict === 'excepted') undone++;
          else covered++;
        },
        beside: (verdict) => {
          if (verdict === 'protected') refusedBeside++;
        },
      });
      // The books are closed: their sets are as big as the list itself.
      claims.keys.clear();
      exceptions.keys.clear();
      entries.sort();
      const list = [...refusals].map(([reason, r]) => ({ why: reason, lines: r.lines, first: r.first })).sort((a, b) => b.lines - a.lines);
      return {
        entries, lines, taken, comments, refusedBeside,
        folded: duplicate + covered + undone,
        refused: list.reduce((sum, r) => sum + r.lines, 0),
        foldedBy: { duplicate, covered, excepted: undone },
        refusals: list,
      };
    },
  };
}

/** Canonical entry text, or why there is none. */
function toKey(raw: string, kind: EntryKind, path: string | undefined): string | { refused: Refusal } {
  const host = canonicalHost(raw);
  if (host === null) return { refused: 'not-a-host' };
  if (kind === KIND_PATH) {
    const entry = parseEntry(`${host}${path ?? ''}`);
    if (entry === null) return { refused: 'path-rule' };
    return formatEntry(entry);
  }
  if (isAddressLiteral(host)) {
    // In a list `2.7` is a slip, not the address 2.0.0.7 that a browser would make of it.
    const odd = !host.includes(':') && raw !== host;
    return kind === KIND_SUBDOMAINS || odd ? { refused: 'not-a-host' } : host;
  }
  // A bare label is no name on the Internet, and a suffix under which strangers register is nobody's to close (security.md S6).
  if (kind === KIND_EXACT ? !host.includes('.') : isPublicSuffix(host)) return { refused: 'public-suffix' };
  return kind === KIND_SUFFIX ? host : formatEntry({ host, kind, path: null });
}

interface Tally<V> {
  some?(): void;
  none(line: number, keys: string[], verdict: V | null): void;
  beside?(verdict: V): void;
}

/** Walks claims line by line (claims of one line stand together) and says of each line whether any claim of it lived. */
function forEachLine<V extends string | false>(claims: Claims, judgeKey: (key: string) => V | true, tally: Tally<V>): void {
  let at = 0;
  let line = -1;
  let lived = false;
  let keys: string[] = [];
  let verdicts: V[] = [];
  const close = (): void => {
    if (line === -1) return;
    if (lived) {
      tally.some?.();
      for (const verdict of verdicts) tally.beside?.(verdict);
    } else {
      tally.none(line, keys, verdicts[0] ?? null);
    }
  };
  for (const key of claims.keys) {
    const owner = claims.lineOf(at++);
    if (owner !== line) {
      close();
      line = owner;
      lived = false;
      keys = [];
      verdicts = [];
    }
    const verdict = judgeKey(key);
    if (verdict === true) {
      lived = true;
    } else {
      keys.push(key);
      verdicts.push(verdict);
    }
  }
  close();
}

interface Parts {
  readonly host: string;
  readonly kind: EntryKind;
}

/** Takes a canonical entry apart; cheaper than reading it again. */
function partsOf(key: string): Parts {
  const first = key.charCodeAt(0);
  if (first === 0x3d) return { host: key.slice(1), kind: KIND_EXACT };
  if (first === 0x2a) return { host: key.slice(2), kind: KIND_SUBDOMAINS };
  const slash = key.indexOf('/');
  return slash === -1 ? { host: key, kind: KIND_SUFFIX } : { host: key.slice(0, slash), kind: KIND_PATH };
}

type Denial = 'protected' | 'excepted';

/** Claims that may not be taken. They cover nothing either: what lies below a refused claim is judged by itself. */
function denials(keys: ReadonlySet<string>, excepted: ReadonlySet<string>, protects: (host: string, kind: EntryKind) => boolean): ReadonlyMap<string, Denial> {
  const denied = new Map<string, Denial>();
  const excepts = (key: string): boolean => excepted.has(key);
  for (const key of keys) {
    const { host, kind } = partsOf(key);
    if (excepted.size > 0 && (excepts(host) || excepts(`=${host}`) || isUnder(host, excepts, null))) denied.set(key, 'excepted');
    else if (protects(host, kind)) denied.set(key, 'protected');
  }
  return denied;
}

/** Hosts named both as `=host` and `*.host` (RPZ's way): together they are `host`. */
function mergeHalves(keys: ReadonlySet<string>, has: (key: string) => boolean): ReadonlySet<string> {
  const merged = new Set<string>();
  for (const key of keys) {
    if (key.charCodeAt(0) === 0x2a && has(key) && has(`=${key.slice(2)}`)) merged.add(key.slice(2));
  }
  return merged;
}

function judge(key: string, has: (key: string) => boolean, merged: ReadonlySet<string>, denied: ReadonlyMap<string, Denial>): { entry: string } | 'covered' | Denial {
  const { host, kind } = partsOf(key);
  let entry = key;
  if (kind !== KIND_SUFFIX) {
    if (has(host) || (kind === KIND_PATH && has(`=${host}`))) return 'covered';
    if (merged.has(host)) {
      if (kind !== KIND_EXACT) return 'covered';
      // `=host` came with `*.host`: this one stands for both.
      entry = host;
    }
  }
  if (isUnder(host, has, merged)) return 'covered';
  return denied.get(key) ?? { entry };
}

/** True when a proper parent of the host is there with all its subdomains. */
function isUnder(host: string, has: (key: string) => boolean, merged: ReadonlySet<string> | null): boolean {
  if (isAddressLiteral(host)) return false;
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) {
    const parent = host.slice(dot + 1);
    if (has(parent) || has(`*.${parent}`) || merged?.has(parent) === true) return true;
  }
  return false;
}

/** Reads lines already in memory. */
export function parseList(lines: Iterable<string>, format: LineFormat, options: ReadOptions = { allow: false }): ReadResult {
  const reader = createListReader(options);
  reader.open('', format);
  for (const line of lines) reader.push(line);
  return reader.finish();
}
