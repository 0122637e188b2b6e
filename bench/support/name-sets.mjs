/**
 * The names that the scorer learns from and is measured on: registrable names of ../shared/data (read, never shipped), split
 * 70 : 15 : 15 by hash, and where they stand. Owns the split and the sets; refuses to know features, weights and thresholds.
 */
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { foldName } from '../../dist/matching/name-score.js';
import { registrableDomain } from '../../dist/matching/public-suffix.js';

const LISTS = fileURLToPath(new URL('../../../shared/data/lists', import.meta.url));
export const hasLists = () => existsSync(LISTS);

const memo = new Map();
/** Registrable names of some lists. */
export function domains(...lists) {
  const all = new Set();
  for (const list of lists) {
    if (!memo.has(list)) {
      const own = new Set();
      for (const host of gunzipSync(readFileSync(`${LISTS}/${list}.txt.gz`)).toString('latin1').split('\n')) {
        const domain = host === '' ? null : registrableDomain(host);
        if (domain !== null && domain.includes('.')) own.add(domain);
      }
      memo.set(list, own);
    }
    if (lists.length === 1) return memo.get(list);
    for (const domain of memo.get(list)) all.add(domain);
  }
  return all;
}

/** `train` to learn from, `val` to choose by, `test` to look at once. */
export function partOf(domain) {
  let hash = 0x811c9dc5 ^ 88;
  for (let i = 0; i < domain.length; i++) hash = Math.imul(hash ^ domain.charCodeAt(i), 0x01000193);
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x45d9f3b);
  hash ^= hash >>> 15;
  const bucket = (hash >>> 0) % 20;
  return bucket < 14 ? 'train' : bucket < 17 ? 'val' : 'test';
}

export const known = () => {
  const gambling = domains('gambling', 'gambling_consensus2');
  const adult = domains('adult', 'adult_consensus2');
  const vietnamese = domains('vn_blocked');
  return {
    gambling, adult, vietnamese,
    gambling2: domains('gambling_consensus2'),
    adult2: domains('adult_consensus2'),
    proxies: domains('web_proxy', 'vpn'),
    clean: domains('popular_clean'),
    newcomers: domains('popular_newcomer'),
    reachable: domains('vn_edu', 'vn_gov', 'vn_popular', 'education', 'allow_fp', 'news', 'government', 'kids_allow', 'bank_finance', 'education_dev'),
    listed: (d) => gambling.has(d) || adult.has(d) || vietnamese.has(d),
  };
};

/** What `kubet01.com`, `kubet-02.vip` and `kubet.tel` have in common; a name of digits alone is its own family. */
export function familyOf(domain) {
  const { label } = foldName(domain);
  const letters = label.replaceAll(/\d+/g, '');
  return letters === '' ? label : letters;
}

/** Sets of one part (or `all`), as they stand in the lists. */
export function sets(part) {
  const { gambling, adult, vietnamese, gambling2, adult2, proxies, clean, newcomers, listed } = known();
  const of = (names, keep = () => true) => [...names].filter((d) => (part === 'all' || partOf(d) === part) && keep(d));
  return {
    'vn_blocked ∩ gambling': of(vietnamese, (d) => gambling.has(d)),
    gambling_consensus2: of(gambling2),
    adult_consensus2: of(adult2),
    'vn_blocked ∩ adult': of(vietnamese, (d) => adult.has(d) && !gambling.has(d)),
    'vn_blocked, other (scams)': of(vietnamese, (d) => !adult.has(d) && !gambling.has(d)),
    'web_proxy + vpn': of(proxies),
    popular_clean: of(clean),
    popular_newcomer: of(newcomers),
    'popular_newcomer, on no gambling, adult or vn_blocked list': of(newcomers, (d) => !listed(d)),
    vn_edu: of(domains('vn_edu')), vn_gov: of(domains('vn_gov')), vn_popular: of(domains('vn_popular')),
    education: of(domains('education')), allow_fp: of(domains('allow_fp')),
  };
}
