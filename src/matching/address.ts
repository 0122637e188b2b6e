/**
 * IP addresses and CIDRs as values: parsing, canonical spelling, sets, and which addresses are public.
 * Refuses to know names, sockets and interfaces; the lenient number forms of IPv4 belong to hostname.ts.
 */

/** An address as unsigned 32-bit words, most significant first: one for IPv4, four for IPv6. */
export interface Address {
  readonly family: 4 | 6;
  readonly words: readonly number[];
}

export interface Cidr {
  readonly family: 4 | 6;
  /** Network address: every bit behind the prefix is 0. */
  readonly words: readonly number[];
  readonly prefix: number;
}

/** Strict dotted decimal: four parts, no leading zeros. −1 when it is anything else. */
function parseIpv4(text: string): number {
  let value = 0;
  let parts = 0;
  let part = 0;
  let digits = 0;
  if (text.length > 15) return -1;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : 46;
    if (code === 46) {
      if (digits === 0) return -1;
      value = value * 256 + part;
      parts++;
      part = 0;
      digits = 0;
      continue;
    }
    if (code < 48 || code > 57 || (digits > 0 && part === 0)) return -1;
    part = part * 10 + code - 48;
    digits++;
    if (part > 255) return -1;
  }
  return parts === 4 ? value : -1;
}

/** The 16-bit groups of one side of `::`, with a dotted tail where allowed; null when malformed. */
function parseGroups(text: string, dottedTail: boolean): number[] | null {
  if (text === '') return [];
  const groups: number[] = [];
  const parts = text.split(':');
  for (const [i, part] of parts.entries()) {
    if (dottedTail && i === parts.length - 1 && part.includes('.')) {
      const value = parseIpv4(part);
      if (value < 0) return null;
      groups.push(Math.floor(value / 65536), value % 65536);
    } else if (/^[0-9a-f]{1,4}$/i.test(part)) {
      groups.push(parseInt(part, 16));
    } else {
      return null;
    }
  }
  return groups;
}

/** RFC 4291 §2.2; no zone id, no brackets. Four words, or null. */
function parseIpv6(text: string): number[] | null {
  if (text.length < 2 || text.length > 45) return null;
  const gap = text.indexOf('::');
  let groups: number[];
  if (gap < 0) {
    const all = parseGroups(text, true);
    if (all === null) return null;
    groups = all;
  } else {
    const tail = text.slice(gap + 2);
    const left = parseGroups(text.slice(0, gap), false);
    const right = parseGroups(tail, true);
    // RFC 4291: '::' once only, and it stands for at least one group.
    if (left === null || right === null || left.length + right.length > 7) return null;
    groups = [...left, ...new Array<number>(8 - left.length - right.length).fill(0), ...right];
  }
  if (groups.length !== 8) return null;
  const words: number[] = [];
  for (let i = 0; i < 8; i += 2) words.push((groups[i] ?? 0) * 65536 + (groups[i + 1] ?? 0));
  return words;
}

function formatIpv4(value: number): string {
  return `${value >>> 24}.${(value >>> 16) & 255}.${(value >>> 8) & 255}.${value & 255}`;
}

/** RFC 5952: lower case, the longest run of two or more zero groups (the first of equals) written `::`. */
function formatIpv6(words: readonly number[]): string {
  const groups = words.flatMap((word) => [word >>> 16, word & 0xffff]);
  let start = -1;
  let length = 1;
  for (let i = 0; i < 8; i++) {
    let end = i;
    while (end < 8 && groups[end] === 0) end++;
    if (end - i > length) {
      start = i;
      length = end - i;
    }
    if (end > i) i = end;
  }
  const hex = groups.map((group) => group.toString(16));
  if (start < 0) return hex.join(':');
  return `${hex.slice(0, start).join(':')}::${hex.slice(start + length).join(':')}`;
}

/** Canonical spelling: dotted IPv4, RFC 5952 IPv6 without brackets. */
export function formatAddress(address: Address): string {
  return address.family === 4 ? formatIpv4(address.words[0] ?? 0) : formatIpv6(address.words);
}

/** True for ::ffff:a.b.c.d: a socket treats it as the IPv4 address, so it is that address everywhere here. */
function isMapped(words: readonly number[]): boolean {
  return words[0] === 0 && words[1] === 0 && words[2] === 0xffff;
}

/** Strict spelling, without brackets or zone id. IPv4-mapped IPv6 is returned as the IPv4 address it means. */
export function parseAddress(text: string): Address | null {
  if (!text.includes(':')) {
    const value = parseIpv4(text);
    return value < 0 ? null : { family: 4, words: [value] };
  }
  const words = parseIpv6(text);
  if (words === null) return null;
  return isMapped(words) ? { family: 4, words: [words[3] ?? 0] } : { family: 6, words };
}

/**
 * The IPv4 address that an IPv6 literal carries: compatible (::a.b.c.d), translated (RFC 2765), NAT64 (RFC 6052),
 * 6to4 (RFC 3056) and Teredo (RFC 4380). Judging the wrapper would let a name for 127.0.0.1 pass.
 */
export function unwrapAddress(address: Address): Address {
  if (address.family === 4) return address;
  const [a = 0, b = 0, c = 0, d = 0] = address.words;
  const v4 = (value: number): Address => ({ family: 4, words: [value >>> 0] });
  if (a === 0 && b === 0 && c === 0 && d > 1) return v4(d);
  if (a === 0 && b === 0 && c === 0xffff) return v4(d);
  if (a === 0 && b === 0xffff && c === 0) return v4(d);
  if (a === 0 && b === 0 && c === 0xffff0000) return v4(d);
  if (a === 0x0064ff9b && b === 0 && c === 0) return v4(d);
  if (a >>> 16 === 0x2002) return v4(((a & 0xffff) << 16) | (b >>> 16));
  if (a === 0x20010000) return v4(~d);
  return address;
}

/** True for what `canonicalHost` returns for an address: dotted IPv4, or anything with a colon. */
export function isAddressLiteral(host: string): boolean {
  if (host.includes(':')) return parseAddress(host) !== null;
  const last = host.charCodeAt(host.length - 1);
  return last >= 48 && last <= 57 && parseIpv4(host) >= 0;
}

function maskWords(words: readonly number[], prefix: number): number[] {
  return words.map((word, i) => {
    const bits = Math.min(32, Math.max(0, prefix - i * 32));
    return bits === 0 ? 0 : (word & (-1 << (32 - bits))) >>> 0;
  });
}

/** `address/prefix`, or a bare address for a single host. Host bits are cleared. */
export function parseCidr(text: string): Cidr | null {
  const slash = text.indexOf('/');
  const spelled = slash < 0 ? text : text.slice(0, slash);
  const address = parseAddress(spelled);
  if (address === null) return null;
  const written6 = spelled.includes(':');
  let prefix = written6 ? 128 : 32;
  if (slash >= 0) {
    const digits = text.slice(slash + 1);
    if (!/^(0|[1-9][0-9]{0,2})$/.test(digits)) return null;
    if (Number(digits) > prefix) return null;
    prefix = Number(digits);
  }
  if (written6 && address.family === 4) {
    // ::ffff:a.b.c.d/n covers IPv4 only from 96 on; a shorter prefix would mean two families at once.
    if (prefix < 96) return null;
    prefix -= 96;
  }
  return { family: address.family, words: maskWords(address.words, prefix), prefix };
}

export function formatCidr(cidr: Cidr): string {
  return `${formatAddress(cidr)}/${cidr.prefix}`;
}

/** Longest prefix wins. Entries that are not CIDRs are a caller's error. */
export function createCidrMap<T>(entries: Iterable<readonly [cidr: string, value: T]>): {
  get(address: string): T | undefined;
} {
  const byPrefix = { 4: new Map<number, Map<string, T>>(), 6: new Map<number, Map<string, T>>() };
  for (const [text, value] of entries) {
    const cidr = parseCidr(text);
    if (cidr === null) throw new TypeError('not a CIDR');
    const prefixes = byPrefix[cidr.family];
    const networks = prefixes.get(cidr.prefix) ?? new Map<string, T>();
    prefixes.set(cidr.prefix, networks);
    // The first of equal networks stands, as with every table an admin reads from the top.
    const key = cidr.words.join();
    if (!networks.has(key)) networks.set(key, value);
  }
  const sorted = (prefixes: Map<number, Map<string, T>>) => [...prefixes].sort(([a], [b]) => b - a);
  const tables = { 4: sorted(byPrefix[4]), 6: sorted(byPrefix[6]) };
  return {
    get(text) {
      const address = parseAddress(text);
      if (address === null) return undefined;
      for (const [prefix, networks] of tables[address.family]) {
        const key = maskWords(address.words, prefix).join();
        if (networks.has(key)) return networks.get(key);
      }
      return undefined;
    },
  };
}

export function createCidrSet(cidrs: Iterable<string>): { has(address: string): boolean } {
  const map = createCidrMap([...cidrs].map((cidr) => [cidr, true] as const));
  return { has: (address) => map.get(address) === true };
}

// IANA special-purpose registries (RFC 6890 and successors): everything not globally reachable, and relays
// (192.88.99.0/24, 6to4, Teredo, NAT64) that would carry a request to an address nobody judged.
const SPECIAL = createCidrSet([
  '0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12',
  '192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24',
  '203.0.113.0/24', '224.0.0.0/4', '240.0.0.0/4',
  '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20',
]);

/**
 * May the proxy dial this address without a rule that says so? IPv4-mapped counts as IPv4; of IPv6 only
 * 2000::/3 is unicast that anyone may own. Anything unreadable is not public.
 */
export function isPublicUnicast(address: string): boolean {
  const parsed = parseAddress(address);
  if (parsed === null) return false;
  if (parsed.family === 6 && (parsed.words[0] ?? 0) >>> 29 !== 1) return false;
  return !SPECIAL.has(address);
}

/** The kernel's text of an address: IPv4 seen through a dual-stack socket unwrapped, the zone of a link-local one left off; '' when the socket is gone. */
export function plainAddress(address: string | undefined): string {
  if (address === undefined) return '';
  const zone = address.indexOf('%');
  if (zone >= 0) return address.slice(0, zone);
  return address.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
}
