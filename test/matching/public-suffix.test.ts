/** Registrable domains against the list's own vectors, and what an Event may keep. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { canonicalHost } from '../../src/matching/hostname.js';
import { eventDomain, isPublicSuffix, registrableDomain } from '../../src/matching/public-suffix.js';
import { sharedData } from '../support/shared-data.js';

describe('public suffixes', () => {
  it.each([
    ['www.hanoiedu.vn', 'hanoiedu.vn'], ['a.b.moet.gov.vn', 'moet.gov.vn'], ['thcs.hanoi.edu.vn', 'hanoi.edu.vn'], ['example.com', 'example.com'],
    ['alice.github.io', 'alice.github.io'], ['x.alice.github.io', 'alice.github.io'], ['github.io', null], ['com.vn', null], ['vn', null],
    ['localhost', null], ['10.0.0.1', null], ['2001:db8::1', null],
  ])('registrableDomain(%s) = %s', (host, domain) => expect(registrableDomain(host)).toBe(domain));

  it.each([
    ['vn', true], ['com.vn', true], ['edu.vn', true], ['co.uk', true], ['github.io', true], ['localhost', true], ['example.com', false],
    ['www.github.io', false], ['10.0.0.1', false], ['::1', false],
  ])('isPublicSuffix(%s) = %s', (host, expected) => expect(isPublicSuffix(host)).toBe(expected));

  it.each([
    ['www.hanoiedu.vn', 'hanoiedu.vn'], ['nguyen-van-a.blogspot.com', 'blogspot.com'], ['nguyen-van-a.github.io', 'github.io'],
    ['x.nguyen-van-a.github.io', 'github.io'], ['my-bucket.s3.amazonaws.com', 'amazonaws.com'], ['github.io', 'github.io'],
    ['class-7a.web.app', 'web.app'], ['10.0.0.1', null], ['2001:db8::1', null], ['vn', null], ['com.vn', null],
  ])('eventDomain(%s) = %s', (host, domain) => expect(eventDomain(host)).toBe(domain));
});

const vectors = sharedData('vectors', 'url', 'psl', 'tests.txt');
describe.skipIf(vectors === null)('vectors of the Public Suffix List', () => {
  it('all hold', () => {
    const wrong: string[] = [];
    let checked = 0;
    for (const line of readFileSync(vectors!, 'utf8').split('\n')) {
      const [name, domain] = line.trim().split(/\s+/);
      if (name === undefined || domain === undefined || name.startsWith('//') || name === 'null') continue;
      const host = canonicalHost(name);
      const found = host === null ? null : registrableDomain(host);
      const expected = domain === 'null' ? null : canonicalHost(domain);
      checked++;
      if (found !== expected) wrong.push(`${name}: ${String(found)}, not ${domain}`);
    }
    expect(wrong).toEqual([]);
    expect(checked).toBeGreaterThan(60);
  });
});
