/**
 * Where a name is bought: registrable domains and public suffixes, from the list that tldts carries (ICANN and private
 * sections). Refuses to know policy. The only importer of tldts.
 * Takes canonical hosts (hostname.ts); address literals have no domain.
 */
import { getDomain, getPublicSuffix } from 'tldts';
import { isAddressLiteral } from './address.js';

// Hosts are canonical already: tldts need not look for URLs, addresses or bad labels in them.
const CANONICAL = { extractHostname: false, validateHostname: false, detectIp: false } as const;
const BOTH = { ...CANONICAL, allowPrivateDomains: true } as const;
const ICANN = { ...CANONICAL, allowPrivateDomains: false } as const;

/** Public suffix plus one label; null for a suffix itself and for addresses. */
export function registrableDomain(host: string): string | null {
  return isAddressLiteral(host) ? null : getDomain(host, BOTH);
}

/** True for `vn`, `com.vn`, `github.io`: names under which strangers register theirs. */
export function isPublicSuffix(host: string): boolean {
  return !isAddressLiteral(host) && getPublicSuffix(host, BOTH) === host;
}

/** True for `vn`, `com.vn`, `co.uk`: what registries sell under. Not for `github.io`, whose owner may hold a wildcard certificate. */
export function isIcannSuffix(host: string): boolean {
  return !isAddressLiteral(host) && getPublicSuffix(host, ICANN) === host;
}

/**
 * What an Event may keep of a host. Under a user-content suffix (blogspot.com, github.io) the label before it is a
 * person's own, so only the provider's domain is kept: the registrable domain by the ICANN section alone.
 */
export function eventDomain(host: string): string | null {
  return isAddressLiteral(host) ? null : getDomain(host, ICANN);
}
