/**
 * What a request says that policy wants to know: zone, host, path, and whether it came round to us.
 * Refuses to judge, and keeps nothing.
 */
import { carriesInQuery } from '../matching/wrapper.js';
import type { Facts } from '../policy/facts.js';
import type { Snapshot } from '../policy/snapshot.js';
import type { RequestHead } from './message.js';
import type { Connection } from './relay-state.js';

/** Proxies a request may have passed before us; real chains have one or two. */
const MAX_HOPS = 10;

export function readFacts(c: Connection, head: RequestHead, snapshot: Snapshot): Facts {
  const query = head.path.indexOf('?');
  const facts = { host: head.host, zone: zoneOf(c, snapshot), path: head.method === 'CONNECT' ? null : query < 0 ? head.path : head.path.slice(0, query), profile: -1 };
  if (asksNameServer(head)) return { ...facts, nameQuery: true };
  if (query >= 0 && carriesInQuery(head.host)) return { ...facts, query: head.path.slice(query) };
  return c.inside !== null && WEB_PROXY.test(head.path) ? { ...facts, webProxy: true } : facts;
}

/**
 * What web proxies ask of the host they run on, and nobody else (security.md §2.4 V3): the scripts of Ultraviolet, Scramjet, Rammerhead
 * and Hammerhead, Bare servers, Ultraviolet's way to write `https:`, CroxyProxy's mark. Looked for only where a request came out of TLS:
 * these programs need a secure context to run at all.
 */
const WEB_PROXY = /\/(?:uv(?:\.(?:bundle|handler|config|sw|client))+\.js|uv\/service\/|service\/hvtrs|scramjet[./][\w./-]{0,40}\.js|rammerhead\.js|hammerhead\.js|bare\/v[1-3]\/|bare-mux\/)|[?&]__cpo=/i;

const DNS_MEDIA = /^(?:content-type|accept): *[^\r\n]*application\/(?:oblivious-dns-message|dns-message|dns-json)/im;

/**
 * DNS over HTTP (RFC 8484, 9230, and the JSON form). A GET must carry `dns=` or, in JSON, a name; so the fields are only searched
 * where a body comes or the target speaks of it: a search of every head would cost a hundredth of a request.
 */
function asksNameServer(head: RequestHead): boolean {
  if (head.method === 'GET' || head.method === 'HEAD') {
    const query = head.path.indexOf('?');
    if (query < 0) return false;
    const asked = head.path.slice(query);
    // A DNS message of a query begins with an id of mostly zero and the flags 0x0100: `AAABAA` in base64url.
    if (/[?&]dns=[A-Za-z0-9_-]{16,}/.test(asked)) return /[?&]dns=AAABAA/.test(asked) || head.path.startsWith('/dns-query') || DNS_MEDIA.test(head.lines);
    return /[?&](?:name|ct)=/.test(asked) && (DNS_MEDIA.test(head.lines) || /[?&]ct=application(?:\/|%2f)dns-/i.test(asked));
  }
  return head.body !== 'none' && DNS_MEDIA.test(head.lines);
}

/** Looked up once a sweep at most: a MAC may become known, a policy may move the client, while it keeps one connection. */
function zoneOf(c: Connection, snapshot: Snapshot): number {
  if (c.zoneSnapshot !== snapshot || c.zoneMs !== c.ctx.clockMs) {
    c.zone = c.ctx.deps.zoneOf(c.from);
    c.zoneSnapshot = snapshot;
    c.zoneMs = c.ctx.clockMs;
  }
  return c.zone;
}

/** The query never goes further than the origin. */
export function pathOf(target: string): string {
  const query = target.indexOf('?');
  return query < 0 ? target : target.slice(0, query);
}

/** Our own mark in Via, or a chain too long to be one (security.md §2.13 X5). Via decides nothing else. */
export function cameRound(via: string, ownVia: string): boolean {
  let hops = 0;
  for (const hop of via.split(',')) {
    if (hop.trim() === ownVia) return true;
    if (++hops > MAX_HOPS) return true;
  }
  return false;
}
