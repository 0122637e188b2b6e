/**
 * Lists written for name servers: dnsmasq, unbound, response policy zones (RPZ).
 * A record that sends a name to a real address is a redirect (SafeSearch), never a block: taking it would close the search engine.
 */
import { KIND_EXACT, KIND_SUBDOMAINS, KIND_SUFFIX } from './host-index.js';
import { claimName, isNowhere, type LineParser, type LineSink } from './list-line.js';

/** dnsmasq: `address=/a/b/0.0.0.0`, `address=/a/#`, `server=/a/`, `local=/a/`. */
export function parseDnsmasqLine(raw: string, sink: LineSink): void {
  const line = raw.trim();
  if (line === '' || line.startsWith('#')) return sink.comment();
  const found = /^(address|server|local|host-record)=(.*)$/.exec(line.replace(/\s+#.*$/, ''));
  if (found === null) return sink.refuse('directive');
  const key = found[1] ?? '';
  const value = found[2] ?? '';
  if (key === 'host-record') {
    const [name = '', address = ''] = value.split(',');
    return isNowhere(address.trim()) ? claimName(name.trim(), KIND_EXACT, sink) : sink.refuse('redirect');
  }
  const parts = value.split('/');
  if (parts.length < 3 || parts[0] !== '') return sink.refuse('syntax');
  const target = (parts[parts.length - 1] ?? '').trim();
  const names = parts.slice(1, -1);
  // `server=/x/#` sends x to the ordinary servers: an exception. `address=/x/#` answers with the null address: a block.
  const excepts = key === 'server' && target === '#';
  const blocks = target === '' || (key === 'address' && (target === '#' || isNowhere(target)));
  if (!excepts && !blocks) return sink.refuse('redirect');
  for (const name of names) {
    if (name === '#' || name === '') sink.refuse('pattern');
    else claimName(name, KIND_SUFFIX, sink, excepts ? 'exception' : 'claim');
  }
}

const ZONE_BLOCKS = new Set(['static', 'deny', 'refuse', 'always_null', 'always_nxdomain', 'always_refuse', 'always_deny', 'always_nodata', 'inform_deny', 'block_a', 'noview']);
const ZONE_OPENS = new Set(['transparent', 'typetransparent', 'inform', 'nodefault', 'always_transparent', 'ipset']);

/** unbound: `local-zone: "x" TYPE`; a `redirect` zone says what it does only in the `local-data` that follows. */
export function createUnboundParser(): LineParser {
  let redirectZone = '';
  return (raw, sink) => {
    const line = raw.trim();
    if (line === '' || line.startsWith('#') || /^server:\s*(?:#.*)?$/.test(line)) return sink.comment();
    const zone = /^local-zone:\s*(["']?)([^"'\s]+)\1\s+(["']?)([a-z_]+)\3/i.exec(line);
    if (zone !== null) {
      const name = dropRoot(zone[2] ?? '');
      const type = (zone[4] ?? '').toLowerCase();
      if (type === 'redirect') {
        redirectZone = name.toLowerCase();
        return sink.comment();
      }
      if (ZONE_BLOCKS.has(type)) return claimName(name, KIND_SUFFIX, sink);
      if (ZONE_OPENS.has(type)) return claimName(name, KIND_SUFFIX, sink, 'exception');
      return sink.refuse('syntax');
    }
    const data = /^local-data:\s*(["'])(.*?)\1\s*$/.exec(line) ?? /^local-data:(\s*)(\S.*)$/.exec(line);
    if (data === null) return sink.refuse('directive');
    const words = (data[2] ?? '').trim().split(/\s+/);
    const name = dropRoot(words[0] ?? '');
    const [type = '', target = ''] = afterTtlAndClass(words, 1);
    if ((type === 'A' || type === 'AAAA') && isNowhere(target.toLowerCase())) {
      return claimName(name, name.toLowerCase() === redirectZone ? KIND_SUFFIX : KIND_EXACT, sink);
    }
    sink.refuse(type === 'A' || type === 'AAAA' || type === 'CNAME' ? 'redirect' : 'directive');
  };
}

const RPZ_TRIGGER = /\.rpz-(?:ip|client-ip|nsip|nsdname)$/i;

/** RPZ zone files (RFC 1035 §5.1 syntax, ISC RPZ actions). */
export function createRpzParser(): LineParser {
  let origin = '';
  let inParentheses = false;
  return (raw, sink) => {
    const line = raw.replace(/;.*$/, '').trimEnd();
    if (inParentheses) {
      inParentheses = !line.includes(')');
      return sink.comment();
    }
    if (line.trim() === '') return sink.comment();
    const set = /^\$(ORIGIN|TTL|INCLUDE|GENERATE)\s+(\S+)/i.exec(line);
    if (set !== null) {
      const word = (set[1] ?? '').toUpperCase();
      if (word === 'ORIGIN') origin = dropRoot(set[2] ?? '').toLowerCase();
      return word === 'ORIGIN' || word === 'TTL' ? sink.comment() : sink.refuse('directive');
    }
    const words = line.trim().split(/\s+/);
    const owner = /^\s/.test(line) ? '@' : (words.shift() ?? '');
    const [type = '', target = ''] = afterTtlAndClass(words, 0);
    if (type === 'SOA' || type === 'NS') {
      inParentheses = line.includes('(') && !line.includes(')');
      return sink.comment();
    }
    if (owner === '@') return sink.refuse('directive');
    const name = relative(owner, origin);
    if (RPZ_TRIGGER.test(name)) return sink.refuse('address-trigger');
    applyRpz(name, type, target, sink);
  };
}

/** The action of one record (draft-vixie-dnsop-dns-rpz-00 §4). */
function applyRpz(name: string, type: string, target: string, sink: LineSink): void {
  const wild = name.startsWith('*.');
  const host = wild ? name.slice(2) : name;
  const kind = wild ? KIND_SUBDOMAINS : KIND_EXACT;
  if (type === 'A' || type === 'AAAA') return isNowhere(target) ? claimName(host, kind, sink) : sink.refuse('redirect');
  if (type !== 'CNAME') return sink.refuse('directive');
  const to = dropRoot(target).toLowerCase();
  if (target === '.' || to === '*' || to === 'rpz-drop') return claimName(host, kind, sink);
  if (to === 'rpz-passthru' || to === name.toLowerCase()) return claimName(host, kind, sink, 'exception');
  sink.refuse(to === 'rpz-tcp-only' ? 'partial' : 'redirect');
}

/** Skips an optional TTL and class: `3600 IN A 0.0.0.0` → [A, 0.0.0.0]. */
function afterTtlAndClass(words: readonly string[], from: number): [string?, string?] {
  let i = from;
  while (i < words.length && /^(?:\d+[smhdw]?|IN|CH|HS)$/i.test(words[i] ?? '')) i++;
  const type = words[i]?.toUpperCase();
  return type === undefined ? [] : [type, words[i + 1] ?? ''];
}

function dropRoot(name: string): string {
  return name.length > 1 && name.endsWith('.') ? name.slice(0, -1) : name;
}

/** An owner that ends in a dot is absolute and carries the policy zone's own name. */
function relative(owner: string, origin: string): string {
  const name = dropRoot(owner);
  if (origin !== '' && owner.endsWith('.') && name.toLowerCase().endsWith(`.${origin}`)) return name.slice(0, -origin.length - 1);
  return name;
}
