/**
 * Pages inside pages: translation, caches, AMP, archives and readers carry another site under a name of their own
 * (security.md §2.5). Owns how the inner host is read from the outer host, or from path and query where they are seen;
 * refuses to know policy. Only the query of a host that is named here is ever looked at.
 */
import { domainToUnicode } from 'node:url';
import { canonicalHost } from './hostname.js';
import { canonicalPath } from './path.js';

/** What a wrapper carries: another page, something that can't be read, or nothing but its own pages. */
export type Carried =
  | { readonly type: 'page'; readonly host: string; readonly path: string | null; readonly query?: string }
  | { readonly type: 'unknown' }
  | { readonly type: 'nothing' };

export interface Unwrapped {
  readonly carried: Carried;
  /** True when the path decides what is carried, so that a verdict without one is not the last word. */
  readonly byPath: boolean;
}

const NOTHING: Carried = { type: 'nothing' };
const UNKNOWN: Carried = { type: 'unknown' };

/** `host/rest` or `host:port/rest` → the page; unknown where it is no host. */
function page(text: string): Carried {
  const slash = text.indexOf('/');
  const authority = slash < 0 ? text : text.slice(0, slash);
  const name = authority.slice(authority.lastIndexOf('@') + 1).replace(/(?::|%3a)\d*$/i, '');
  const host = canonicalHost(name);
  if (host === null || (!host.includes('.') && !host.includes(':'))) return UNKNOWN;
  return { type: 'page', host, path: slash < 0 ? '/' : text.slice(slash) };
}

/** The first whole URL written in a path: servers accept `http://`, and `http:/` where slashes were folded. */
const EMBEDDED = /\/(?:view-source:)?https?(?::|%(?:25)*3a)\/{0,2}(?=[^/])/;

function embedded(path: string): Carried | null {
  const found = EMBEDDED.exec(path);
  return found === null ? null : page(path.slice(found.index + found[0].length));
}

/** `/segment/host/…` where the first segments are fixed: the rest, or null. */
function after(path: string, shape: RegExp): Carried | null {
  const found = shape.exec(path);
  return found === null ? null : page(path.slice(found[0].length));
}

/** `/web/2023id_/http://host/…`, `/web/2023/host/…`, `/save/host/…`. */
function fromArchive(path: string): Carried {
  return embedded(path) ?? after(path, /^\/(?:web\/[0-9*a-z_]+|save(?:\/_embed)?)\/(?=[^/]+\.)/) ?? NOTHING;
}

/** `/2023…/http://host/`, `/newest/host`, `/host`; a short code (`/AbC12`) says nothing of what it holds. */
function fromArchiveToday(path: string): Carried {
  const found = embedded(path) ?? after(path, /^\/(?:(?:newest|oldest|timegate|timemap|[0-9*]{4,})\/)?(?=[^/.]+\.[^/])/);
  if (found !== null) return found;
  return /^\/[a-z0-9]{4,6}(?:\/|$)/.test(path) ? UNKNOWN : NOTHING;
}

/** `/amp/s/host/…`, `/amp/host/…`. */
function fromGoogleAmp(path: string): Carried {
  return after(path, /^\/amp\/(?:s\/)?(?=[^/]+\.)/) ?? NOTHING;
}

/** `/c/s/host/…` documents, `/v/`, `/i/` images, `/r/` resources … of an AMP cache. */
function fromAmpCache(path: string): Carried {
  return after(path, /^\/(?:[a-z]{1,2}|wp|cert|mbv|viewer)\/(?:s\/)?(?=[^/]+\.)/) ?? NOTHING;
}

/** `/host/picture.jpg` of an image proxy. */
function fromFirstSegment(path: string): Carried {
  return embedded(path) ?? after(path, /^\/(?=[^/]+\.[^/]+\/)/) ?? NOTHING;
}

/** `/https://host/…` or `/host/…` of readers and CORS proxies. */
function fromReader(path: string): Carried {
  return embedded(path) ?? after(path, /^\/(?=[^/.]+\.[^/]*[a-z](?:\/|$))/) ?? NOTHING;
}

/** `/proxy_u/en-vi.vi/https/host/…`, `/turbo/host/s/…`. */
function fromYandex(path: string): Carried {
  return embedded(path) ?? after(path, /^\/proxy_u\/[^/]+\/https?\//) ?? after(path, /^\/(?:turbo\/)?(?=[^/]+\.[^/]+\/s\/)/) ?? NOTHING;
}

const BY_PATH: ReadonlyMap<string, (path: string) => Carried> = new Map<string, (path: string) => Carried>([
  ['web.archive.org', fromArchive], ['archive.org', fromArchive], ['wayback.archive.org', fromArchive],
  ...['archive.ph', 'archive.is', 'archive.today', 'archive.li', 'archive.fo', 'archive.md', 'archive.vn']
    .map((host) => [host, fromArchiveToday] as const),
  ['cdn.ampproject.org', fromAmpCache],
  ...['i0.wp.com', 'i1.wp.com', 'i2.wp.com', 'i3.wp.com'].map((host) => [host, fromFirstSegment] as const),
  ...['r.jina.ai', '12ft.io', 'txtify.it', 'outline.com', 'via.hypothes.is', 'cors-anywhere.herokuapp.com', 'thingproxy.freeboard.io',
    'removepaywalls.com', 'www.removepaywall.com'].map((host) => [host, fromReader] as const),
  ['translated.turbopages.org', fromYandex], ['turbopages.org', fromYandex],
]);

/** The parameter that holds the page, and the paths it counts on (all where none is named). */
interface InQuery {
  readonly names: readonly string[];
  readonly paths?: RegExp;
}

const U: InQuery = { names: ['u'] };
const URL_: InQuery = { names: ['url'] };

const BY_QUERY: ReadonlyMap<string, InQuery> = new Map<string, InQuery>([
  ['translate.googleusercontent.com', U], ['webcache.googleusercontent.com', { names: ['q'] }],
  ['www.translatetheweb.com', { names: ['a'] }], ['www.microsofttranslator.com', { names: ['a'] }], ['translate.yandex.com', URL_],
  ['translate.yandex.ru', URL_], ['papago.naver.net', URL_], ['fanyi.baidu.com', { names: ['query'], paths: /^\/transpage/ }],
  ['external-content.duckduckgo.com', U], ['proxy.duckduckgo.com', U], ['images.weserv.nl', URL_], ['wsrv.nl', URL_],
  ['view.officeapps.live.com', { names: ['src'] }], ['docs.google.com', { names: ['url'], paths: /^\/(?:g?viewer?|gview)/ }],
  ['cc.bingj.com', { names: ['u', 'url', 'd'], paths: /^\/cache/ }], ['api.allorigins.win', URL_], ['corsproxy.io', URL_],
  ['api.codetabs.com', { names: ['quest'] }], ['www.printfriendly.com', URL_], ['validator.w3.org', { names: ['uri', 'doc'] }],
]);

/** `translate.google.com`, and the country names that Google answers with the same. */
const TRANSLATE = /^translate\.google\.(?:[a-z]{2,3}|com?\.[a-z]{2})$/;

/** Lengths of the hosts above, the ones Google may use included. */
const QUERY_LENGTHS = [...BY_QUERY.keys()].reduce((bits, host) => bits | (1 << (host.length & 31)), 0);

function inQuery(host: string): InQuery | undefined {
  if (host.startsWith('translate.google.')) return TRANSLATE.test(host) ? U : undefined;
  return (QUERY_LENGTHS & (1 << (host.length & 31))) !== 0 ? BY_QUERY.get(host) : undefined;
}

/** True for hosts whose query is worth passing to `unwrap`. */
export function carriesInQuery(host: string): boolean {
  return inQuery(host) !== undefined;
}

const MAX_ENCODED = 3;

/** Percent-decoded until nothing changes, three times at most: `%2568` is `%68` is `h`. */
function decoded(text: string): string {
  let last = text.replaceAll('+', ' ');
  for (let n = 0; n < MAX_ENCODED && last.includes('%'); n++) {
    const next = last.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => Buffer.from(escapes.replaceAll('%', ''), 'hex').toString('utf8'));
    if (next === last) break;
    last = next;
  }
  return last;
}

/** `https://host/…`, `//host/…`, `host/…`, `cache:Id:host/…` as it stands in a parameter. */
function fromParameter(value: string): Carried {
  const text = decoded(value).trim().replace(/^(?:view-source:|cache:(?:[\w-]+:)?)+/i, '').replace(/^(?:[a-z][a-z0-9+.-]*:)?[/\\]{1,2}|^https?:(?=[^/])/i, '');
  const end = text.search(/[?#]/);
  const carried = page((end < 0 ? text : text.slice(0, end)).replaceAll('\\', '/'));
  return carried.type === 'page' && end >= 0 && text[end] === '?' ? { ...carried, query: text.slice(end) } : carried;
}

/** A parameter that names no page is one that can't be read; a wrapper asked without its parameter shows its own pages. */
function fromQuery(rule: InQuery, path: string, query: string): Carried {
  if (rule.paths !== undefined && !rule.paths.test(path)) return NOTHING;
  let found: Carried = NOTHING;
  for (const pair of query.slice(1).split(/[&;]/)) {
    const equals = pair.indexOf('=');
    const name = decoded(equals < 0 ? pair : pair.slice(0, equals)).toLowerCase();
    const value = equals < 0 ? '' : pair.slice(equals + 1);
    if (!rule.names.includes(name) || value === '') continue;
    // Which of two a server takes can't be known.
    if (found.type !== 'nothing') return UNKNOWN;
    found = fromParameter(value);
  }
  return found;
}

/** Google answers `/amp/` on every one of its two hundred country names. */
const GOOGLE = /^(?:www\.)?google\.(?:[a-z]{2,3}|com?\.[a-z]{2})$/;

/** Suffixes under which one label spells a whole host: dots as `-`, hyphens as `--`. */
const LABEL_SUFFIXES = ['.translate.goog', '.cdn.ampproject.org', '.bing-amp.com'] as const;

/**
 * `www-blocked-test` → `www.blocked.test`, `my--site-com` → `my-site.com`. A host whose encoding would have hyphens
 * in third and fourth place is written between `0-` and `-0`; names outside ASCII are punycoded after the swap.
 * Long hosts are hashed instead, into one label without a hyphen: nothing can be read from those.
 */
function spelledHost(label: string): Carried {
  let text = label.startsWith('xn--') ? domainToUnicode(label) : label;
  if (text.startsWith('0-') && text.endsWith('-0')) text = text.slice(2, -2);
  if (!text.includes('-')) return UNKNOWN;
  // '--' is a hyphen; what is left is a dot. '/' can't stand in a label, so it is a safe mark in between.
  return page(text.replaceAll('--', '/').replaceAll('-', '.').replaceAll('/', '-'));
}

/** Lengths of the hosts above: most hosts have another and need not be hashed. */
const LENGTHS = [...BY_PATH.keys()].reduce((bits, host) => bits | (1 << host.length), 0);

function readerOf(host: string): ((path: string) => Carried) | undefined {
  if (host.startsWith('google.') || host.startsWith('www.google.')) return GOOGLE.test(host) ? fromGoogleAmp : undefined;
  return host.length < 32 && (LENGTHS & (1 << host.length)) !== 0 ? BY_PATH.get(host) : undefined;
}

/** What the host carries, or null when it is no wrapper. `query` from `?` on, for hosts that `carriesInQuery`. */
export function unwrap(host: string, path: string | null, query = ''): Unwrapped | null {
  const last = host.charCodeAt(host.length - 1);
  // Names under .goog, .org, .com: everything else can skip the suffixes.
  if (last === 103 || last === 109) {
    for (const suffix of LABEL_SUFFIXES) {
      if (!host.endsWith(suffix)) continue;
      const labels = host.slice(0, -suffix.length);
      return { carried: spelledHost(labels.slice(labels.lastIndexOf('.') + 1)), byPath: false };
    }
  }
  const parameter = inQuery(host);
  if (parameter !== undefined) {
    const spelled = path === null ? null : canonicalPath(path);
    return { carried: spelled === null ? NOTHING : fromQuery(parameter, spelled, query), byPath: true };
  }
  const read = readerOf(host);
  if (read === undefined) return null;
  const spelled = path === null ? null : canonicalPath(path);
  return { carried: spelled === null ? NOTHING : read(spelled), byPath: true };
}
