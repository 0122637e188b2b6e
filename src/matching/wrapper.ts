/**
 * Pages inside pages: translation, caches, AMP, archives and readers carry another site under a name of their own
 * (security.md §2.5). Owns how the inner host is read from the outer host, or from the path where one is seen;
 * refuses to know policy. Queries are never looked at: they do not reach the matcher.
 */
import { domainToUnicode } from 'node:url';
import { canonicalHost } from './hostname.js';
import { canonicalPath } from './path.js';

/** What a wrapper carries: another page, something that can't be read, or nothing but its own pages. */
export type Carried =
  | { readonly type: 'page'; readonly host: string; readonly path: string | null }
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

/** What the host carries, or null when it is no wrapper. */
export function unwrap(host: string, path: string | null): Unwrapped | null {
  const last = host.charCodeAt(host.length - 1);
  // Names under .goog, .org, .com: everything else can skip the suffixes.
  if (last === 103 || last === 109) {
    for (const suffix of LABEL_SUFFIXES) {
      if (!host.endsWith(suffix)) continue;
      const labels = host.slice(0, -suffix.length);
      return { carried: spelledHost(labels.slice(labels.lastIndexOf('.') + 1)), byPath: false };
    }
  }
  const read = readerOf(host);
  if (read === undefined) return null;
  const spelled = path === null ? null : canonicalPath(path);
  return { carried: spelled === null ? NOTHING : read(spelled), byPath: true };
}
