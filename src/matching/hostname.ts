/**
 * The one spelling of a host. Every host string from any source (request line, Host, SNI, lists, console, DNS answers)
 * passes here before policy, log or dial sees it; what comes out has one byte string a name or is refused.
 * Refuses to know what a host is allowed to do.
 *
 * Output: lower-case ASCII labels of letters, digits, hyphen and underscore without trailing dot, dotted IPv4, or
 * RFC 5952 IPv6 without brackets (an embedded IPv4 address is returned as that IPv4 address).
 */
import { domainToASCII, domainToUnicode } from 'node:url';
import { formatAddress, parseAddress, unwrapAddress } from './address.js';

/** RFC 1035 §2.3.4, in presentation form without the trailing dot. */
const MAX_HOST = 253;
const MAX_LABEL = 63;
/** A 253-octet name of percent-encoded U-labels stays below this; anything longer is not worth decoding. */
const MAX_INPUT = 2048;

const INVALID = -1;
const PLAIN = 0;
const HAS_ALABEL = 1;
const DIGIT_LAST = 2;

// Class of each ASCII code: 0 refused, 1 letter or underscore, 2 digit, 3 hyphen, 4 dot.
const CLASS = new Uint8Array(128);
for (let code = 97; code <= 122; code++) CLASS[code] = 1;
CLASS[95] = 1;
for (let code = 48; code <= 57; code++) CLASS[code] = 2;
CLASS[45] = 3;
CLASS[46] = 4;

/**
 * One pass over a host: INVALID, or PLAIN when it is canonical as it stands, else flags for what must be looked at
 * again. Lower-case LDH names, which is nearly every name, leave here without an allocation.
 */
function scan(host: string): number {
  const length = host.length;
  if (length === 0 || length > MAX_HOST) return INVALID;
  let flags = PLAIN;
  let start = 0;
  let previous = 4;
  let digitFirst = false;
  for (let i = 0; i < length; i++) {
    const code = host.charCodeAt(i);
    const kind = code < 128 ? CLASS[code] : 0;
    if (kind === undefined || kind === 0) return INVALID;
    if (kind === 4) {
      if (previous >= 3 || i - start > MAX_LABEL) return INVALID;
      start = i + 1;
    } else if (previous === 4) {
      if (kind === 3) return INVALID;
      digitFirst = kind === 2;
      if (code === 120 && host.startsWith('xn--', i)) flags |= HAS_ALABEL;
    }
    previous = kind;
  }
  if (previous >= 3 || length - start > MAX_LABEL) return INVALID;
  return digitFirst ? flags | DIGIT_LAST : flags;
}

/** One part of a WHATWG IPv4 number: decimal, 0-octal, 0x-hexadecimal; −1 when it is none. Too large is Infinity. */
function ipv4Number(part: string): number {
  if (/^0x[0-9a-f]*$/.test(part)) return part.length === 2 ? 0 : Number(part);
  if (!/^[0-9]+$/.test(part)) return -1;
  if (part.length > 1 && part.startsWith('0')) return /^[0-7]+$/.test(part) ? Number(`0o${part}`) : -1;
  return Number(part);
}

/** WHATWG "ends in a number": then the host is an IPv4 address or nothing. */
function endsInNumber(host: string): boolean {
  return ipv4Number(host.slice(host.lastIndexOf('.') + 1)) >= 0 || /(^|\.)[0-9]+$/.test(host);
}

/** The WHATWG IPv4 parser: `127.1`, `0x7f.1`, `0177.0.0.1` and `2130706433` are all 127.0.0.1. */
function ipv4FromNumbers(host: string): string | null {
  const parts = host.split('.');
  if (parts.length > 4) return null;
  let value = 0;
  for (const [i, part] of parts.entries()) {
    const number = ipv4Number(part);
    const last = i === parts.length - 1;
    if (number < 0 || number >= (last ? 256 ** (5 - parts.length) : 256)) return null;
    value += last ? number : number * 256 ** (3 - i);
  }
  return formatAddress({ family: 4, words: [value] });
}

/**
 * Every A-label must decode to something that is not ASCII and encode back to itself: Node passes an ASCII name
 * through `domainToASCII` even where a label is no Punycode at all, and returns such a label unchanged.
 */
function aLabelsHold(host: string): boolean {
  const unicode = domainToUnicode(host);
  const labels = host.split('.');
  const decoded = unicode.split('.');
  if (labels.length !== decoded.length) return false;
  if (labels.some((label, i) => label.startsWith('xn--') && label === decoded[i])) return false;
  return domainToASCII(unicode) === host;
}

/** ASCII text to canonical form, or null. */
function fromAscii(text: string): string | null {
  const lower = text.toLowerCase();
  const host = lower.endsWith('.') ? lower.slice(0, -1) : lower;
  const found = scan(host);
  if (found === PLAIN) return host;
  if (found === INVALID) return null;
  if ((found & DIGIT_LAST) !== 0 && endsInNumber(host)) return ipv4FromNumbers(host);
  if ((found & HAS_ALABEL) !== 0 && !aLabelsHold(host)) return null;
  return host;
}

function fromIpv6(text: string): string | null {
  const address = parseAddress(text);
  return address === null ? null : formatAddress(unwrapAddress(address));
}

/** Bracketed or bare IPv6 where the text can be nothing else; undefined when it is not of that shape. */
function literal(text: string): string | null | undefined {
  if (text.startsWith('[')) return text.endsWith(']') && text.includes(':') ? fromIpv6(text.slice(1, -1)) : null;
  return text.includes(':') ? fromIpv6(text) : undefined;
}

// Before any mapping: what could end a host, start a port, hide a part or vanish in a parser (security.md §2.6).
// Full-width forms of these are refused by IDNA processing itself.
const FORBIDDEN = /[\0-\x20"#%/:<>?@[\\\]^`{|}\x7f]/;
const NON_ASCII = /[^\0-\x7f]/;

/**
 * Canonical host from what people and lists write: upper case, Unicode (UTS #46), one level of percent-encoding,
 * IPv4 number forms, one trailing dot. Null = refuse.
 */
export function canonicalHost(text: string): string | null {
  if (scan(text) === PLAIN) return text;
  if (text.length === 0 || text.length > MAX_INPUT) return null;
  const address = literal(text);
  if (address !== undefined) return address;
  let decoded = text;
  if (text.includes('%')) {
    try {
      decoded = decodeURIComponent(text);
    } catch {
      return null;
    }
  }
  if (FORBIDDEN.test(decoded)) return null;
  if (!NON_ASCII.test(decoded)) return fromAscii(decoded);
  const ascii = domainToASCII(decoded);
  return ascii === '' ? null : fromAscii(ascii);
}

/**
 * Canonical host from the wire (Host, CONNECT, SNI): ASCII only, nothing encoded. Accepts a part of what
 * `canonicalHost` accepts and gives the same answer.
 */
export function wireHost(text: string): string | null {
  if (scan(text) === PLAIN) return text;
  // A name of 253 octets with its trailing dot is the longest; a bracketed address is far shorter.
  if (text.length === 0 || text.length > MAX_HOST + 1 || NON_ASCII.test(text)) return null;
  const address = literal(text);
  if (address !== undefined) return address;
  return FORBIDDEN.test(text) ? null : fromAscii(text);
}

/** Digits only, 1–65535, no leading zero. */
function parsePort(text: string): number | null {
  if (!/^[1-9][0-9]{0,4}$/.test(text)) return null;
  const port = Number(text);
  return port <= 65535 ? port : null;
}

/** Splits `host[:port]` or `[v6][:port]`; the port part is undefined when there is no colon. */
function splitAuthority(text: string): { host: string; port: string | undefined } | null {
  if (text.startsWith('[')) {
    const close = text.indexOf(']');
    if (close < 0) return null;
    const rest = text.slice(close + 1);
    if (rest !== '' && !rest.startsWith(':')) return null;
    return { host: text.slice(0, close + 1), port: rest === '' ? undefined : rest.slice(1) };
  }
  const colon = text.indexOf(':');
  if (colon < 0) return { host: text, port: undefined };
  return { host: text.slice(0, colon), port: text.slice(colon + 1) };
}

/**
 * `host[:port]` as it stands on the wire (CONNECT target, Host field). An IPv6 address needs its brackets.
 * @param defaultPort port where none is written; null = one must be written
 */
export function parseAuthority(text: string, defaultPort: number | null): { host: string; port: number } | null {
  const parts = splitAuthority(text);
  if (parts === null) return null;
  const host = wireHost(parts.host);
  const port = parts.port === undefined ? defaultPort : parsePort(parts.port);
  return host === null || port === null ? null : { host, port };
}

/** A URL or bare host as a person gives it to `explain`. */
export interface UrlHost {
  readonly host: string;
  /** The written port, or the scheme's (443 where no scheme is written). */
  readonly port: number;
  readonly scheme: 'http' | 'https' | null;
  /** Origin-form path as written, without query; null where none is written. */
  readonly path: string | null;
}

const SCHEME = /^([a-z][a-z0-9+.-]*):\/\//i;
const CONTROLS = /[\0-\x1f\x7f]/;

/**
 * Host of a URL (`http://…`, `https://…`), `host`, `host:port` or `host/path`. Demands `scheme "://" authority` byte by
 * byte, because parsers differ on everything else (`http:ok.test`, `http:///ok.test`, `//evil.test`, userinfo).
 */
export function hostFromUrl(text: string): UrlHost | null {
  if (CONTROLS.test(text)) return null;
  const found = SCHEME.exec(text);
  const name = found?.[1]?.toLowerCase();
  if (name !== undefined && name !== 'http' && name !== 'https') return null;
  const scheme = name ?? null;
  const rest = found === null ? text : text.slice(found[0].length);
  const end = rest.search(/[/?#]/);
  const authority = end < 0 ? rest : rest.slice(0, end);
  const tail = end < 0 ? '' : rest.slice(end);
  // `ok.test#@evil.test`, `ok.test?@evil.test`: some parsers end the authority there and some do not.
  if (!tail.startsWith('/') && tail.includes('@')) return null;
  const colons = authority.split(':').length - 1;
  const parts = scheme === null && colons > 1 && !authority.startsWith('[')
    ? { host: authority, port: undefined }
    : splitAuthority(authority);
  if (parts === null || (scheme !== null && !parts.host.startsWith('[') && parts.host.includes(':'))) return null;
  const host = canonicalHost(parts.host);
  const port = parts.port === undefined ? (scheme === 'http' ? 80 : 443) : parsePort(parts.port);
  if (host === null || port === null) return null;
  const path = tail.startsWith('/') ? (/^[^?#]*/.exec(tail)?.[0] ?? null) : null;
  return { host, port, scheme, path };
}
