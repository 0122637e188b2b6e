/**
 * The request line (RFC 9112 §3): method, version and the four forms of a target. Pure.
 * Owns: which methods, versions, schemes and target spellings exist for us. Does not parse host names; matching/hostname.ts does.
 */

const METHODS: ReadonlyMap<string, string> = new Map(
  [
    'GET', 'HEAD', 'POST', 'PUT', 'DELETE', 'OPTIONS', 'PATCH', 'CONNECT', 'TRACE',
    // WebDAV and calendars (RFC 4918, 3253, 4791, 5323): school file shares and timetables use them.
    'PROPFIND', 'PROPPATCH', 'MKCOL', 'COPY', 'MOVE', 'LOCK', 'UNLOCK', 'REPORT', 'SEARCH', 'MKCALENDAR',
  ].map((name) => [name, name]),
);

/** 1: may stand in a target: printable ASCII but `#`. A fragment never belongs on the wire; 8-bit targets are read in as many ways as there are servers. */
export const TARGET = new Uint8Array(256);
for (let byte = 0x21; byte < 0x7f; byte++) TARGET[byte] = byte === 0x23 ? 0 : 1;

/** The method by its exact, upper-case name; null: not one of ours. */
export function readMethod(buffer: Buffer, from: number, to: number): string | null {
  if (to - from === 3 && buffer[from] === 0x47 && buffer[from + 1] === 0x45 && buffer[from + 2] === 0x54) return 'GET';
  return METHODS.get(buffer.toString('latin1', from, to)) ?? null;
}

const HTTP_1 = Buffer.from('HTTP/1.', 'latin1');

/** `other`: HTTP, but not a version we speak (2.0, 1.10, 1.2 …); `bad`: no HTTP version at all. */
export function readVersion(buffer: Buffer, from: number, to: number): 10 | 11 | 'other' | 'bad' {
  if (to - from === 8) {
    let same = 0;
    while (same < 7 && buffer[from + same] === HTTP_1[same]) same++;
    if (same === 7) {
      if (buffer[from + 7] === 0x31) return 11;
      if (buffer[from + 7] === 0x30) return 10;
    }
  }
  return /^HTTP\/\d+(?:\.\d+)?$/.test(buffer.toString('latin1', from, to)) ? 'other' : 'bad';
}

export interface Target {
  form: 'absolute' | 'origin' | 'authority' | 'asterisk';
  /** Raw; empty where the target names no host. */
  authority: string;
  path: string;
}

const SLASH = 0x2f;
const QUERY = 0x3f;

/** Bytes were checked before: printable ASCII without `#`. Fills `into`. */
export function readTarget(text: string, method: string, into: Target): 'ok' | 'bad' | 'scheme' {
  if (method === 'CONNECT') {
    into.form = 'authority';
    into.authority = text;
    into.path = '';
    return 'ok';
  }
  const first = text.charCodeAt(0);
  if (first === SLASH) {
    // `//host/` as a target is a network path to some parsers and a path to others.
    if (text.charCodeAt(1) === SLASH || hasBackslashInPath(text, 0)) return 'bad';
    into.form = 'origin';
    into.authority = '';
    into.path = text;
    return 'ok';
  }
  if (text === '*') {
    if (method !== 'OPTIONS') return 'bad';
    into.form = 'asterisk';
    into.authority = '';
    into.path = '*';
    return 'ok';
  }
  if (!text.startsWith('http://')) {
    const scheme = /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1];
    if (scheme === undefined) return 'bad';
    if (scheme.toLowerCase() !== 'http') return 'scheme';
  }
  let at = 7;
  while (at < text.length) {
    const ch = text.charCodeAt(at);
    if (ch === SLASH || ch === QUERY) break;
    at++;
  }
  if (at === 7) return 'bad';
  into.form = 'absolute';
  into.authority = text.substring(7, at);
  if (at < text.length) {
    if (hasBackslashInPath(text, at)) return 'bad';
    into.path = text.charCodeAt(at) === SLASH ? text.substring(at) : '/' + text.substring(at);
  } else {
    // RFC 9112 §3.2.4: the last proxy sends `*` for an OPTIONS whose URI has no path.
    into.path = method === 'OPTIONS' ? '*' : '/';
  }
  return 'ok';
}

/** Some servers take `\` for `/`, so path rules would look at another path than the server does. Browsers never send it there; in queries they do. */
function hasBackslashInPath(text: string, from: number): boolean {
  const at = text.indexOf('\\', from);
  if (at === -1) return false;
  const query = text.indexOf('?', from);
  return query === -1 || at < query;
}
