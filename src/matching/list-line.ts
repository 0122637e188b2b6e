/**
 * One line of a list: the reasons for refusing it, the sink a parser speaks to, and the spellings all formats share (names, URLs, match patterns).
 * Refuses to know any one format, and what becomes of the claims.
 */
import { KIND_EXACT, KIND_PATH, KIND_SUFFIX, type EntryKind } from './host-index.js';
import { foldRegex } from './list-regex.js';

/** Why a line was not taken. A test holds this table against the sentences in lists/words.ts. */
export const REFUSALS = [
  'not-a-host', 'public-suffix', 'local-name', 'protected',
  'redirect', 'exception', 'not-an-exception',
  'cosmetic', 'path-rule', 'partial', 'pattern', 'regex', 'keyword', 'include', 'query', 'phrase',
  'address-range', 'address-trigger', 'directive', 'syntax',
  'not-utf8', 'control', 'too-long',
] as const;
export type Refusal = (typeof REFUSALS)[number];

/** What a parser may say of a line. Several claims on one line are one line. */
export interface LineSink {
  /** The list names this host (raw spelling; the sink canonicalises). `path` only with KIND_PATH. */
  claim(host: string, kind: EntryKind, path?: string): void;
  /** The list says this host must stay open. */
  exception(host: string, kind: EntryKind): void;
  refuse(why: Refusal): void;
  /** Comment, blank line or harmless header. */
  comment(): void;
}

export type LineParser = (line: string, sink: LineSink) => void;

/** Addresses by which lists say "nowhere"; any other address makes the line a redirect (SafeSearch maps), not a block. */
const NOWHERE = new Set(['0.0.0.0', '127.0.0.1', '127.0.0.2', '127.0.1.1', '0', '::', '::0', '::1', '0:0:0:0:0:0:0:0', '0:0:0:0:0:0:0:1', '255.255.255.255']);

export function isNowhere(address: string): boolean {
  return NOWHERE.has(address);
}

const LOCAL_NAMES = /^(?:localhost|localhost\.localdomain|local|broadcasthost|ip6-[a-z0-9]+|0\.0\.0\.0)$/i;

/** Names of the machine itself that every hosts file carries. */
export function isLocalName(host: string): boolean {
  return LOCAL_NAMES.test(host);
}

/** True for text that can't start or hold a host (tabs and spaces are handled by the callers). */
const NOT_IN_HOST = /[\s<>"'`{}|\\^$(),;!&~]/;

/** Cuts ` # note` and ` ! note` off; a `#` inside a word stays (it is part of something we will refuse). */
export function cutNote(line: string): string {
  const at = line.search(/\s[#;!]/);
  return (at === -1 ? line : line.slice(0, at)).trim();
}

/** Hands on a name after the checks that give a better reason than "not a host". */
export function claimName(name: string, kind: EntryKind, sink: LineSink, as: 'claim' | 'exception' = 'claim'): void {
  if (name === '') return sink.refuse('syntax');
  if (NOT_IN_HOST.test(name)) return sink.refuse(name.includes('(') || name.includes('\\') || name.includes('^') ? 'regex' : 'syntax');
  if (name.includes('*') || name.includes('?')) return sink.refuse('pattern');
  const host = dropPort(name);
  if (isLocalName(host)) return sink.refuse('local-name');
  if (as === 'claim') sink.claim(host, kind);
  else sink.exception(host, kind);
}

/** `host:8080` → `host`. An IPv6 literal, bracketed or bare, keeps its colons. */
function dropPort(name: string): string {
  const colon = name.indexOf(':');
  if (colon === -1) return name;
  if (name.startsWith('[')) return name.slice(0, name.indexOf(']') + 1) || name;
  return name.indexOf(':', colon + 1) === -1 && /^\d{1,5}$/.test(name.slice(colon + 1)) ? name.slice(0, colon) : name;
}

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;

/** `http://host/path`, `host/path`. A whole-host URL is the host; a query is not something a path prefix can stand for. */
export function parseUrl(text: string, sink: LineSink): void {
  const scheme = SCHEME.exec(text);
  if (scheme !== null && !/^(?:https?|ftp|wss?)$/i.test(scheme[1] ?? '')) return sink.refuse('syntax');
  const rest = scheme === null ? text : text.slice(scheme[0].length);
  const slash = rest.search(/[/?#]/);
  const authority = slash === -1 ? rest : rest.slice(0, slash);
  const tail = slash === -1 ? '' : rest.slice(slash);
  if (authority.includes('@') || NOT_IN_HOST.test(authority)) return sink.refuse('syntax');
  if (authority === '') return sink.refuse('path-rule');
  if (authority.includes('*')) return sink.refuse('pattern');
  if (tail.includes('?')) return sink.refuse('query');
  const hash = tail.indexOf('#');
  const path = hash === -1 ? tail : tail.slice(0, hash);
  const host = dropPort(authority);
  if (/^\/*$/.test(path)) return claimName(host, KIND_SUFFIX, sink);
  if (/^\/\d{1,3}$/.test(path) && /^[0-9.]+$|:/.test(host)) return sink.refuse('address-range');
  if (isLocalName(host)) return sink.refuse('local-name');
  if (path.includes('*')) return sink.refuse('pattern');
  sink.claim(host, KIND_PATH, path);
}

/** Browser match patterns (uBlacklist): `*://*.host/*` is the host and everything below it. */
export function parseMatchPattern(line: string, sink: LineSink): void {
  const found = /^(?:\*|https?|\*?https?):\/\/(\*\.)?([^/*?]+)\/\*$/i.exec(line);
  if (found === null) return sink.refuse(line.includes('/') ? 'path-rule' : 'pattern');
  claimName(found[2] ?? '', found[1] === undefined ? KIND_EXACT : KIND_SUFFIX, sink);
}

/** Folds an expression that only spells a host; everything else is refused: lists must not run code on our hot path. */
export function claimRegex(source: string, sink: LineSink): void {
  const folded = foldRegex(source);
  if (folded === null) return sink.refuse('regex');
  claimName(folded.host, folded.kind, sink);
}
