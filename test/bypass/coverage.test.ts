/** Every technique of security.md §2 is answered: by a test here that names it, by one elsewhere named below, or by a plain line in docs/limits.md. */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const GROUPS: Readonly<Record<string, number>> = { D: 14, T: 16, Q: 5, V: 10, W: 9, H: 9, C: 10, U: 7, R: 8, S: 10, X: 9, I: 6 };
const IDS = Object.entries(GROUPS).flatMap(([letter, count]) => Array.from({ length: count }, (_, i) => `${letter}${i + 1}`));

/** Proved by tests of the part itself: file and a piece of the test's name. */
const ELSEWHERE: readonly (readonly [string, string, string])[] = [
  ['D14', 'proxy/resolve.test.ts', 'keeps 16 of 300 addresses'],
  ['D14', 'proxy/resolve.test.ts', 'answers name-not-found to an alias loop'],
  ['D1', 'net/transparent.test.ts', 'D1: other name servers are refused at once, over UDP and TCP'],
  ['D1', 'net/transparent.test.ts', 'D1: or turned to the school’s resolver'],
  ['D2', 'net/transparent.test.ts', 'D2, D3, Q1, Q2: DoT, DoQ, and QUIC on any port'],
  ['D3', 'net/transparent.test.ts', 'D2, D3, Q1, Q2: DoT, DoQ, and QUIC on any port'],
  ['Q1', 'net/transparent.test.ts', 'D2, D3, Q1, Q2: DoT, DoQ, and QUIC on any port'],
  ['Q2', 'net/transparent.test.ts', 'D2, D3, Q1, Q2: DoT, DoQ, and QUIC on any port'],
  ['V1', 'net/transparent.test.ts', 'V1: OpenVPN, IPsec, L2TP, PPTP, WireGuard, and bare GRE, ESP'],
  ['T2', 'net/transparent.test.ts', 'over a narrow link, in packets of any size, is read whole'],
  ['T5', 'net/transparent.test.ts', 'T5: without a server name a pupil gets nothing'],
  ['T7', 'net/transparent.test.ts', 'T7, H5: a false address from a hosts file changes nothing'],
  ['H5', 'net/transparent.test.ts', 'T7, H5: a false address from a hosts file changes nothing'],
  ['X5', 'net/transparent.test.ts', 'X5: no way to make the gateway call itself'],
  ['X6', 'net/transparent.test.ts', 'X6: to the world the gateway’s ports are not there'],
  ['S1', 'gateway/safe-search.test.ts', 'every provider at the address its cell says, under its own name'],
  ['S3', 'gateway/safe-search.test.ts', 'a room that goes from M back to H closes the tunnel to the ordinary host'],
  ['D12', 'proxy/dial.test.ts', 'rebinding: each dial is judged by what it dials'],
  ['T7', 'proxy/tunnel.test.ts', 'dials its own resolution of the name'],
  ['T11', 'proxy/second-hello.test.ts', 'another name in the second hello: cut off'],
  ['T12', 'proxy/client-hello.test.ts', 'a hello with early data behind it'],
  ['T15', 'proxy/tunnel.test.ts', 'silence ends at the hello deadline'],
  ['C9', 'proxy/tunnel.test.ts', 'half-close and goes on downwards'],
  ['C9', 'proxy/tunnel.test.ts', 'half-close and goes on upwards'],
  ['R7', 'bypass/fields.test.ts', 'every request of a kept connection is decided on its own'],
  ['X3', 'proxy/dial.test.ts', 'of a mixed answer only the permitted addresses are dialled'],
  ['D4', 'proxy/inspect.test.ts', 'DNS over HTTPS is known by what it says'],
  ['T9', 'proxy/inspect.test.ts', 'a host that is never decrypted, asked for inside'],
  ['Q3', 'proxy/inspect.test.ts', 'Q3: no way to QUIC is shown'],
  ['V3', 'proxy/inspect.test.ts', 'the programs of web proxies are known by their files'],
  ['V10', 'proxy/inspect.test.ts', 'absolute-form for another open host'],
  ['W2', 'proxy/inspect.test.ts', 'translation by a parameter is judged with the page it carries'],
  ['W6', 'matching/wrapper.test.ts', 'external-content.duckduckgo.com'],
  ['W7', 'matching/wrapper.test.ts', 'view.officeapps.live.com'],
  ['H9', 'proxy/inspect.test.ts', 'a closed Host on an open session'],
  ['U3', 'proxy/inspect.test.ts', 'h2c and other upgrades are stripped'],
  ['S1', 'proxy/inspect.test.ts', 'SafeSearch is set on searches'],
  ['S3', 'proxy/inspect.test.ts', 'YouTube-Restrict is written whatever the client sent'],
  ['I2', 'proxy/server-limits.test.ts', 'never sends the credentials on'],
  ['I4', 'policy/opening.test.ts', 'an opening opens one room, for its time'],
  ['I6', 'proxy/server-limits.test.ts', 'slows down a guesser'],
];

const here = import.meta.dirname;
const read = (path: string): string => readFileSync(`${here}/../${path}`, 'utf8');
/** Test names are string literals, tables of names as well. */
const names = readdirSync(here)
  .filter((file) => file.endsWith('.test.ts') && file !== 'coverage.test.ts')
  .flatMap((file) => [...read(`bypass/${file}`).matchAll(/(['"`])((?:(?!\1).)*)\1/g)].map((match) => match[2] ?? ''));
const limits = new Set([...readFileSync(`${here}/../../docs/limits.md`, 'utf8').matchAll(/^\| ([A-Z]\d+) \|/gm)].map((match) => match[1] ?? ''));

const isNamed = (id: string): boolean => names.some((name) => new RegExp(`\\b${id}\\b`).test(name));

describe('ways round', () => {
  it.each(IDS)('%s has a test or a reason', (id) => {
    expect(isNamed(id) || limits.has(id) || ELSEWHERE.some(([known]) => known === id)).toBe(true);
  });
  it.each(ELSEWHERE)('%s stands in %s: %s', (_id, file, name) => expect(read(file)).toContain(name));
  it('the limits speak of nothing else', () => expect([...limits].filter((id) => !IDS.includes(id))).toEqual([]));
  it('the sections without numbers are there too', () => {
    for (const section of ['§2.4', '§2.6', '§2.9']) expect(names.some((name) => name.includes(section))).toBe(true);
  });
});
