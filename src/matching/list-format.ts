/**
 * List formats: what one line of a published block or allow list says, for every syntax in the wild that schools meet.
 * Owns the closed table of formats, their detection, and the plain formats (hosts, domains, wildcard, v2fly, e2guardian).
 * Refuses to know files, archives and what becomes of the entries: a parser hands raw names to a `LineSink` and nothing else.
 *
 * One rule for all of them: a line is taken only when blocking (or opening) the *host* is what it says. Whatever would need the page,
 * the query, the requesting site or an unbounded regular expression is refused with a reason, never widened to the host.
 */
import { KIND_EXACT, KIND_SUBDOMAINS, KIND_SUFFIX } from './host-index.js';
import { parseAdblockLine } from './list-format-adblock.js';
import { createRpzParser, createUnboundParser, parseDnsmasqLine } from './list-format-dns.js';
import { claimName, claimRegex, cutNote, isLocalName, isNowhere, parseMatchPattern, parseUrl, type LineParser, type LineSink } from './list-line.js';

/** Syntaxes a single line can be in. `ut1` is a folder layout whose files are in `domains` or `regex`. */
export const LINE_FORMATS = ['hosts', 'domains', 'adblock', 'dnsmasq', 'unbound', 'rpz', 'wildcard', 'v2fly', 'e2guardian', 'regex'] as const;
export type LineFormat = (typeof LINE_FORMATS)[number];

/** A parser for one file; formats that span lines (RPZ, unbound) keep their state in it. */
export function createLineParser(format: LineFormat): LineParser {
  switch (format) {
    case 'hosts': return parseHostsLine;
    case 'domains': return parseDomainLine;
    case 'wildcard': return parseWildcardLine;
    case 'adblock': return parseAdblockLine;
    case 'dnsmasq': return parseDnsmasqLine;
    case 'unbound': return createUnboundParser();
    case 'rpz': return createRpzParser();
    case 'v2fly': return parseV2flyLine;
    case 'e2guardian': return parseE2guardianLine;
    case 'regex': return parseRegexLine;
  }
}

function isComment(line: string): boolean {
  const first = line.charCodeAt(0);
  return Number.isNaN(first) || first === 0x23 /* # */ || first === 0x3b /* ; */ || first === 0x21 /* ! */ || line.startsWith('//');
}

/**
 * hosts(5): `0.0.0.0 name [name…]`. The list means the name; as in every other format without a wildcard, its subdomains go with it:
 * authors of hosts files list `www.` and the like only because hosts(5) can't say "and below".
 */
function parseHostsLine(raw: string, sink: LineSink): void {
  const line = raw.trim();
  if (isComment(line)) return sink.comment();
  const note = line.indexOf('#');
  const words = (note === -1 ? line : line.slice(0, note)).trim().split(/\s+/);
  const address = words[0] ?? '';
  if (!/^[0-9a-f:.]+(?:%\w+)?$/i.test(address) || !/[.:0]/.test(address)) {
    // Some "hosts" files are bare names here and there: one word is a name, more than one is nothing we know.
    if (words.length === 1) return parseDomainLine(line, sink);
    return sink.refuse('syntax');
  }
  if (words.length === 1) return sink.refuse('syntax');
  const nowhere = isNowhere(address.toLowerCase());
  for (let i = 1; i < words.length; i++) {
    const name = words[i] ?? '';
    if (isLocalName(name)) sink.refuse('local-name');
    else if (!nowhere) sink.refuse('redirect');
    else sink.claim(name, KIND_SUFFIX);
  }
}

/** Plain names, the project's own list syntax, leading dots and URLs. */
function parseDomainLine(raw: string, sink: LineSink): void {
  const trimmed = raw.trim();
  if (isComment(trimmed)) return sink.comment();
  const line = cutNote(trimmed);
  const first = line.charCodeAt(0);
  if (first === 0x2e /* . */) return claimName(line.slice(1), KIND_SUFFIX, sink);
  if (first === 0x3d /* = */) return claimName(line.slice(1), KIND_EXACT, sink);
  if (first === 0x2a /* * */) {
    if (line.startsWith('*.')) return claimName(line.slice(2), KIND_SUBDOMAINS, sink);
    return parseMatchPattern(line, sink);
  }
  if (line.includes('/')) return parseUrl(line, sink);
  claimName(line, KIND_SUFFIX, sink);
}

/**
 * Wildcard lists as DNS proxies read them: `*.host` is the host *and* everything below it (dnscrypt-proxy's "identical to the above").
 * That differs from `*.host` in our own list syntax, which the format `domains` reads; published wildcard lists name no host twice.
 */
function parseWildcardLine(raw: string, sink: LineSink): void {
  const trimmed = raw.trim();
  if (isComment(trimmed)) return sink.comment();
  const line = cutNote(trimmed);
  if (line.startsWith('*.')) return claimName(line.slice(2), KIND_SUFFIX, sink);
  parseDomainLine(line, sink);
}

/** v2fly domain-list-community. `include:` is resolved before lines come here; one that is left over has no file. */
function parseV2flyLine(raw: string, sink: LineSink): void {
  const note = raw.indexOf('#');
  const line = (note === -1 ? raw : raw.slice(0, note)).trim();
  if (line === '') return sink.comment();
  const rule = line.split(/\s+/, 1)[0] ?? '';
  const colon = rule.indexOf(':');
  if (colon === -1) return claimName(rule, KIND_SUFFIX, sink);
  const value = rule.slice(colon + 1);
  switch (rule.slice(0, colon)) {
    case 'domain': return claimName(value, KIND_SUFFIX, sink);
    case 'full': return claimName(value, KIND_EXACT, sink);
    case 'keyword': return sink.refuse('keyword');
    case 'include': return sink.refuse('include');
    case 'regexp': return claimRegex(value, sink);
    default: return sink.refuse('syntax');
  }
}

/** One regular expression a line (UT1 `expressions`, squidGuard, e2guardian `*regexpurllist`). */
function parseRegexLine(raw: string, sink: LineSink): void {
  const line = raw.trim();
  if (line === '' || line.startsWith('#')) return sink.comment();
  claimRegex(line, sink);
}

/** e2guardian site, URL and site-IP lists. Phrase lists judge page text, which we never see. */
function parseE2guardianLine(raw: string, sink: LineSink): void {
  const line = raw.trim();
  if (line === '' || line.startsWith('#')) return sink.comment();
  if (line.startsWith('.Include<')) return sink.refuse('include');
  if (line.startsWith('<')) return sink.refuse('phrase');
  if (line.startsWith('**')) return sink.refuse('pattern');
  if (/^[0-9.]+-[0-9.]+$/.test(line)) return sink.refuse('address-range');
  parseDomainLine(line, sink);
}

/** What a line looks like on its own; `domains` is what anything else may be. */
function looksLike(line: string): LineFormat | null {
  if (line === '' || /^(?:#|;|\/\/)/.test(line)) return /^#{1,2}[.#@a-z[]|^#[@?$%]#/i.test(line) && !/^#+\s/.test(line) && line.startsWith('##') ? 'adblock' : null;
  if (line.startsWith('!')) return null;
  if (/^\[Adblock/i.test(line) || /^(?:\|\||@@)/.test(line) || /#[@?$%]?#/.test(line)) return 'adblock';
  if (/^(?:address|server|local|host-record)=/.test(line)) return 'dnsmasq';
  if (/^(?:local-zone|local-data|server|forward-zone):/.test(line)) return 'unbound';
  if (/^\$(?:TTL|ORIGIN)\b|\s(?:IN\s+)?(?:CNAME|SOA|NS)\s/i.test(line)) return 'rpz';
  if (/^(?:domain|full|keyword|regexp|include):|\s@[a-z!-]/.test(line)) return 'v2fly';
  if (/^[0-9a-f.:]*[.:][0-9a-f.:%]*\s+\S/i.test(line)) return 'hosts';
  if (/^(?:\*\.|\*:\/\/)/.test(line)) return 'wildcard';
  if (/^(?:\.Include<|<[^>]*>)/.test(line)) return 'e2guardian';
  return 'domains';
}

/** Guesses the format from a sample of lines. A list with no telling line is `domains`. */
export function detectFormat(sample: Iterable<string>): LineFormat {
  const votes = new Map<LineFormat, number>();
  for (const raw of sample) {
    const line = raw.trim();
    if (/^\[Adblock/i.test(line)) return 'adblock';
    const vote = looksLike(line);
    if (vote !== null) votes.set(vote, (votes.get(vote) ?? 0) + 1);
  }
  // v2fly and AdBlock files are mostly lines that could be anything: a few telling ones decide, unless another syntax does.
  const weight = (format: LineFormat, n: number): number => (format === 'v2fly' ? n * 1000 : format === 'adblock' ? n * 20 : format === 'domains' ? n / 2 : n);
  let best: LineFormat = 'domains';
  let most = 0;
  for (const [format, n] of votes) {
    const heavy = weight(format, n);
    if (heavy > most) [best, most] = [format, heavy];
  }
  return best;
}
