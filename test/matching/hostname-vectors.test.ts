/**
 * The canonicaliser against the vectors of the Web Platform Tests: where WHATWG names a host, ours is the same or is refused
 * for a reason that stands in this file; where WHATWG refuses, ours does too. Nothing passes unexplained.
 */
import { readFileSync } from 'node:fs';
import { domainToUnicode } from 'node:url';
import { describe, expect, it } from 'vitest';
import { canonicalHost, hostFromUrl } from '../../src/matching/hostname.js';
import { sharedData } from '../support/shared-data.js';

interface UrlCase {
  readonly input: string;
  readonly base?: string | null;
  readonly failure?: boolean;
  readonly hostname?: string;
  readonly port?: string;
  readonly protocol?: string;
}
interface IdnaCase {
  readonly input: string;
  readonly output: string | null;
}

function read<T>(path: string): T[] {
  const rows = JSON.parse(readFileSync(path, 'utf8')) as (T | string)[];
  return rows.filter((row): row is T => typeof row === 'object' && row !== null);
}

/** Why a host that WHATWG accepts is none here, by looking at WHATWG's own result. */
function hostReason(host: string): string | null {
  const name = host.replace(/\.$/, '');
  const labels = name.split('.');
  if (name === '') return 'empty';
  if (/[^a-z0-9._-]/.test(name)) return 'outside LDH and underscore';
  if (labels.includes('')) return 'empty label';
  if (name.length > 253 || labels.some((label) => label.length > 63)) return 'too long';
  if (labels.some((label) => label.startsWith('-') || label.endsWith('-'))) return 'hyphen at the edge';
  // Node's decoder returns such a label as it stands: it is no Punycode, or of something that no label may hold.
  if (labels.some((label) => label.startsWith('xn--') && domainToUnicode(label) === label)) return 'undecodable A-label';
  return null;
}

/** Why a URL that WHATWG accepts is refused, by its text. */
function urlReason(input: string): string | null {
  if (/[\0-\x1f\x7f]/.test(input)) return 'control character';
  if (/^\s|\s$/.test(input)) return 'space at the edge';
  const authority = /^https?:\/\/([^/?#]*)/i.exec(input)?.[1];
  if (authority === undefined || authority === '') return 'no scheme "://" authority';
  if (authority.includes('\\')) return 'backslash';
  if (authority.includes('@')) return 'userinfo';
  if (/:(0[0-9]*)?$/.test(authority)) return 'port empty or with a leading zero';
  return null;
}

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}

/** WHATWG's host in our form: no brackets, no trailing dot, embedded IPv4 unwrapped. */
function ourForm(hostname: string): string {
  return hostname.startsWith('[') ? canonicalHost(hostname) ?? hostname : hostname.replace(/\.$/, '');
}

const urls = sharedData('vectors', 'url', 'wpt', 'urltestdata.json');
const extra = sharedData('vectors', 'url', 'wpt', 'ada_extra_urltestdata.json');
describe.skipIf(urls === null || extra === null)('WPT urltestdata', () => {
  it('gives the same host or a listed refusal', () => {
    const counts = new Map<string, number>();
    const unexplained: string[] = [];
    for (const { input, base, failure, hostname, port, protocol } of [...read<UrlCase>(urls!), ...read<UrlCase>(extra!)]) {
      // Absolute http(s) URLs whose own text decides: not those that fail for their base.
      if (base != null && !URL.canParse(base)) continue;
      if (!/^\s*https?:/i.test(input)) continue;
      const ours = hostFromUrl(input);
      if (failure === true) {
        if (ours === null) count(counts, 'both refuse');
        else unexplained.push(`${JSON.stringify(input)}: WHATWG refuses, ours is ${ours.host}`);
        continue;
      }
      if (hostname === undefined || (protocol !== 'http:' && protocol !== 'https:')) continue;
      if (ours !== null) {
        const defaultPort = protocol === 'http:' ? 80 : 443;
        const same = ours.host === ourForm(hostname) && ours.port === (port === '' ? defaultPort : Number(port));
        if (same) count(counts, 'same');
        else unexplained.push(`${JSON.stringify(input)}: WHATWG ${hostname}, ours ${ours.host}`);
        continue;
      }
      const reason = urlReason(input) ?? hostReason(hostname);
      if (reason === null) unexplained.push(`${JSON.stringify(input)}: WHATWG ${hostname}, ours refuses`);
      else count(counts, reason);
    }
    expect(unexplained).toEqual([]);
    expect(Object.fromEntries(counts)).toEqual({
      same: 114, 'both refuse': 200,
      userinfo: 24, 'no scheme "://" authority': 25, 'control character': 14, 'undecodable A-label': 6,
      'port empty or with a leading zero': 4, backslash: 2, empty: 2, 'empty label': 2,
      'outside LDH and underscore': 1, 'hyphen at the edge': 1,
    });
  });
});

const IDNA: readonly (readonly [file: string, expected: Readonly<Record<string, number>>])[] = [
  ['toascii.json', {
    same: 40, 'both refuse': 19, 'hyphen at the edge': 8, 'too long': 7, 'undecodable A-label': 6, 'raw delimiter': 4,
    'empty label': 2, 'outside LDH and underscore': 1,
  }],
  ['IdnaTestV2.json', {
    same: 605, 'both refuse': 1117, 'undecodable A-label': 667, 'empty label': 110, 'hyphen at the edge': 57, 'too long': 46,
    'raw delimiter': 42, 'outside LDH and underscore': 24, empty: 3,
  }],
];
describe.each(IDNA)('WPT %s', (name, expected) => {
  const path = sharedData('vectors', 'url', 'wpt', name);
  it.skipIf(path === null)('gives the same name or a listed refusal', () => {
    const counts = new Map<string, number>();
    const unexplained: string[] = [];
    for (const { input, output } of read<IdnaCase>(path!)) {
      const ours = canonicalHost(input);
      if (ours === null && output === null) count(counts, 'both refuse');
      else if (ours === null && output !== null) {
        // '<' with a combining stroke composes to '≮': refused before it could, as any raw delimiter is.
        const reason = /[<>]/.test(input) ? 'raw delimiter' : hostReason(output);
        if (reason === null) unexplained.push(`${JSON.stringify(input)}: ${output}, ours refuses`);
        else count(counts, reason);
      } else if (output !== null && ours === ourForm(output)) count(counts, 'same');
      else unexplained.push(`${JSON.stringify(input)}: ${String(output)}, ours ${String(ours)}`);
    }
    expect(unexplained).toEqual([]);
    expect(Object.fromEntries(counts)).toEqual(expected);
  });
});

const lengths = sharedData('vectors', 'url', 'wpt', 'verifydnslength_tests.json');
describe.skipIf(lengths === null)('DNS lengths', () => {
  it('refuses every name that RFC 1035 refuses', () => {
    let refused = 0;
    let taken = 0;
    for (const { input, failure } of read<UrlCase>(lengths!)) {
      const ours = hostFromUrl(input);
      if (failure === true) {
        refused++;
        expect(ours, input).toBeNull();
      } else {
        taken++;
        if (ours === null) expect(hostReason(new URL(input).hostname), input).not.toBeNull();
      }
    }
    expect(refused).toBeGreaterThan(3);
    expect(taken).toBeGreaterThan(0);
  });
});
