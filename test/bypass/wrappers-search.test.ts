/** security.md §2.5 and §2.12: pages inside pages, searching without SafeSearch, names that look like others; the shipped rules judge. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { canonicalPath } from '../../src/matching/path.js';
import { createNameScorer } from '../../src/matching/name-score.js';
import { NAME_SCORE } from '../policy/fixture.js';
import { bypassPolicy, shippedSnapshot, startBypassRig, verdictOn, type BypassRig } from '../support/bypass-rig.js';
import { readFileSync } from 'node:fs';

const shipped = shippedSnapshot();
const PUPILS = ['lop-1-3', 'lop-4-5', 'thcs', 'thpt'] as const;
let rig: BypassRig;
beforeAll(async () => {
  rig = await startBypassRig({
    policy: bypassPolicy([
      { name: 'm', category: 'hoclieu', entries: ['ok.test', 'translate.goog', 'archive.org', 'google.com', 'cdn.ampproject.org', 'r.jina.ai', 'i0.wp.com'] },
      { name: 'x', category: 'khieudam', entries: ['blocked.test', 'ok.test/cam', 'other.test/a'] },
    ]),
  });
});
afterAll(() => rig.close());

const get = (url: string): string => `GET http://${url} HTTP/1.1\r\nHost: x.test\r\n\r\n`;

describe('wrappers in explicit HTTP and CONNECT', () => {
  it.each(['www-blocked-test.translate.goog', 'blocked-test.translate.goog', 'WWW-BLOCKED-TEST.TRANSLATE.GOOG', 'www-blocked-test.cdn.ampproject.org', 'www--blocked--test-translate-goog.translate.goog', '0-www-blocked-test-0.translate.goog'])(
    'W1, W3: %s is its inner host', async (host) => {
      for (const bytes of [get(`${host}/?_x_tr_sl=en`), `CONNECT ${host}:443 HTTP/1.1\r\n\r\n`]) {
        const { statuses, reasons } = await rig.send(bytes);
        expect([host, statuses, reasons[0]]).toEqual([host, [403], expect.stringMatching(/hard-category|uncategorised-blocked/)]);
      }
    });
  it.each(['web.archive.org/web/2023id_/http://blocked.test/', 'web.archive.org/web/2023/https%3A%2F%2Fblocked.test/', 'web.archive.org/web/2023//blocked.test/', 'www.google.com/amp/s/www.blocked.test/', 'r.jina.ai/https://blocked.test', 'i0.wp.com/blocked.test/x.jpg', 'WEB.ARCHIVE.ORG/web/1/http://BLOCKED.test.:80/', 'web.archive.org/./x/../web/1/http://blocked.test/'])(
    'W3, W4, W6, W7: %s is its inner page', async (url) => {
      expect((await rig.send(get(url))).statuses).toEqual([403]);
    });
  it('W1: a label that hides its host is closed to pupils, since long names of closed sites hide so', async () => {
    expect((await rig.send(get('abcdef0123456789.translate.goog/'))).statuses).toEqual([403]);
    expect((await rig.send(get('www-ok-test.translate.goog/'))).statuses).toEqual([200]);
  });
  it.each(['web.archive.org', 'archive.ph', 'archive.today', 'cc.bingj.com', 'webcache.googleusercontent.com', 'r.jina.ai', '12ft.io', 'view.officeapps.live.com', 'external-content.duckduckgo.com', 'images.weserv.nl', 'raw.githack.com', 'htmlpreview.github.io', 'translated.turbopages.org', 'printfriendly.com'])(
    'W4, W5, W6, W7, W8: over TLS the path is not seen, so the shipped rules close %s to pupils', (host) => {
      for (const id of PUPILS) expect([host, id, verdictOn(shipped, host, id).action]).toEqual([host, id, 'block']);
    });
  it.each(['chatgpt.com', 'gemini.google.com', 'copilot.microsoft.com'])('W9: %s is its category', (host) => {
    const decision = verdictOn(shipped, host, 'lop-4-5');
    expect([shipped.data.categories[decision.category]?.code, decision.action]).toEqual(['ai', 'block']);
  });
});

describe('search', () => {
  it('S1: no country of Google is without SafeSearch, with and without www', () => {
    const entries = [...new Set([...readFileSync(new URL('../../rules/safe-search.yaml', import.meta.url), 'utf8').matchAll(/=www\.google\.([a-z.]+)/g)].map((m) => m[1]))];
    expect(entries.length).toBeGreaterThan(185);
    for (const tld of entries) {
      for (const host of [`google.${tld}`, `www.google.${tld}`]) expect([host, verdictOn(shipped, host, 'thpt').dialHost]).toEqual([host, 'forcesafesearch.google.com']);
      expect([tld, verdictOn(shipped, `images.google.${tld}`, 'thpt').action]).toEqual([tld, 'block']);
    }
  });
  it.each(['images.google.com', 'cse.google.com', 'encrypted.google.com', 'ipv4.google.com', 'ipv6.google.com', 'lens.google.com'])('S1, S4: %s answers searches unlocked, and is closed to pupils', (host) => {
    for (const id of PUPILS) expect([host, id, verdictOn(shipped, host, id).action]).toEqual([host, id, 'block']);
    expect(verdictOn(shipped, host, 'giao-vien').action).not.toBe('block');
  });
  it.each([
    ['www.bing.com', 'strict.bing.com'], ['edgeservices.bing.com', 'strict.bing.com'], ['duckduckgo.com', 'safe.duckduckgo.com'], ['yandex.com', 'familysearch.yandex.ru'], ['www.ecosia.org', 'strict-safe-search.ecosia.org'],
    ['pixabay.com', 'safesearch.pixabay.com'], ['search.brave.com', 'forcesafe.search.brave.com'],
  ])('S2: %s is dialled at %s', (host, twin) => expect(verdictOn(shipped, host, 'thcs').dialHost).toBe(twin));
  it.each(['www.youtube.com', 'm.youtube.com', 'youtubei.googleapis.com', 'youtube.googleapis.com', 'www.youtube-nocookie.com'])('S3: %s', (host) => {
    expect(verdictOn(shipped, host, 'thcs').dialHost).toBe('restrict.youtube.com');
  });
  it.each(['html.duckduckgo.com', 'lite.duckduckgo.com', 'startpage.com', 'searx.be', 'search.yahoo.com', 'vn.search.yahoo.com', 'coccoc.com', 'www.baidu.com', 'yep.com', 'you.com'])('S2, S4: %s cannot be locked, and is closed to pupils', (host) => {
    for (const id of PUPILS) expect([host, id, verdictOn(shipped, host, id).action]).toEqual([host, id, 'block']);
  });
});

describe('names', () => {
  it.each([['blocked.test', 403], ['m.blocked.test', 403], ['a.b.c.blocked.test', 403], ['notblocked.test', 200], ['blocked.test.cdn.test', 200], ['blocked-test.test', 200], ['blocked.test2', 200]])('S6: %s → %i, on label borders', async (host, status) => {
    expect((await rig.send(get(`${host}/`))).statuses).toEqual([status]);
  });
  it('S7: a path rule closes the path and leaves the host', async () => {
    expect((await rig.send(get('other.test/a/b'))).statuses).toEqual([403]);
    expect((await rig.send(get('other.test/b'))).statuses).toEqual([200]);
  });
  it.each(['/cam', '/cam/', '/CAM', '//cam', '/./cam', '/x/../cam', '/%63am', '/%2e/cam', '/x/%2e%2e/cam', '/cam;x=1', '/cam?x', '/cam/..;/cam', '/x/..%2fcam', '/%2fcam', '/cam%2fx', '/x\\..\\cam'.replaceAll('\\', '%5c')])('S8: ok.test%s is the same path', async (path) => {
    expect([path, (await rig.send(get(`ok.test${path}`))).statuses]).toEqual([path, [403]]);
  });
  it('S8: other paths are not', async () => {
    for (const path of ['/camera', '/x/cam', '/ca/m', '/cam../', '/?cam']) expect([path, canonicalPath(path), (await rig.send(get(`ok.test${path}`))).statuses]).toEqual([path, canonicalPath(path), [200]]);
  });
  it('S9: the longest names cost no more than others, and a million of them no memory', async () => {
    const label = (n: number): string => 'a'.repeat(n);
    const longest = `${label(63)}.${label(63)}.${label(63)}.${label(48)}.blocked.test`;
    expect(longest.length).toBeLessThanOrEqual(253);
    const deep = `${'a.'.repeat(120)}blocked.test`;
    expect(deep.length).toBeLessThanOrEqual(253);
    for (const host of [longest, deep]) expect((await rig.send(get(`${host}/`))).statuses).toEqual([403]);
    const at = performance.now();
    for (let i = 0; i < 20_000; i++) verdictOn(shipped, `${i}.${deep}`.slice(-250), 'thpt');
    expect(performance.now() - at).toBeLessThan(15_000);
  });
  it('S10: no pattern of ours backtracks on hostile names and paths', () => {
    const score = createNameScorer(NAME_SCORE);
    const at = performance.now();
    for (const text of ['a'.repeat(250), '-'.repeat(250), 'a-'.repeat(120), '0'.repeat(250), 'xn--'.repeat(60)]) {
      score(`${text}.com`);
      canonicalPath(`/${text.repeat(30)}`);
      verdictOn(shipped, 'web.archive.org', 'thpt', `/${'%25'.repeat(2_000)}${text}`);
      verdictOn(shipped, 'web.archive.org', 'thpt', `/web/${'/http:'.repeat(1_000)}${text}`);
    }
    expect(performance.now() - at).toBeLessThan(5_000);
  });
});
