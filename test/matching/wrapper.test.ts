import { describe, expect, it } from 'vitest';
import { carriesInQuery, unwrap } from '../../src/matching/wrapper.js';
import { decide } from '../../src/policy/decide.js';
import type { Decision } from '../../src/policy/decision.js';
import { snapshotOf, profileNumber, type ProfileId } from '../policy/fixture.js';

const carried = (host: string, path: string | null = null): string | null => {
  const found = unwrap(host, path);
  return found === null ? null : found.carried.type === 'page' ? found.carried.host : found.carried.type;
};

describe('inner host from the name alone', () => {
  it.each([
    ['www-blocked-test.translate.goog', 'www.blocked.test'],
    ['my--site-com.translate.goog', 'my-site.com'],
    ['en-m-wikipedia-org.translate.goog', 'en.m.wikipedia.org'],
    ['0-en--us-test-0.translate.goog', 'en-us.test'],
    ['www-blocked-test.cdn.ampproject.org', 'www.blocked.test'],
    ['sub.www-blocked-test.cdn.ampproject.org', 'www.blocked.test'],
    ['www-blocked-test.bing-amp.com', 'www.blocked.test'],
    ['xn---com-p33b41770a.cdn.ampproject.org', 'xn--57hw060o.com'],
    ['bdxs6wnmbkjeu0ydcmnfgsvm2cq1dvfxtmogqmkgbmkz8k1d.cdn.ampproject.org', 'unknown'],
    ['abc.translate.goog', 'unknown'],
    ['-.translate.goog', 'unknown'],
  ])('%s → %s', (host, inner) => {
    expect(carried(host)).toBe(inner);
  });
  it.each(['translate.goog', 'nottranslate.goog', 'example.com', 'google.com.evil.test', 'notgoogle.com', 'mygoogle.vn'])('%s is none', (host) => {
    expect(carried(host)).toBeNull();
  });
});

describe('inner host from the path', () => {
  it.each([
    ['web.archive.org', '/web/2023id_/http://blocked.test/', 'blocked.test'],
    ['web.archive.org', '/web/20230101000000/https://www.blocked.test:8080/a', 'www.blocked.test'],
    ['web.archive.org', '/web/2023/http:/blocked.test/', 'blocked.test'],
    ['web.archive.org', '/web/2023/http%3A%2F%2Fblocked.test%2F', 'blocked.test'],
    ['web.archive.org', '/web/2023/http%253A//blocked.test/', 'blocked.test'],
    ['web.archive.org', '/web/2023/HTTP://BLOCKED.test/', 'blocked.test'],
    ['web.archive.org', '/web/2023im_/blocked.test/x.png', 'blocked.test'],
    ['web.archive.org', '/web/*/blocked.test*', 'unknown'],
    ['web.archive.org', '/save/https://blocked.test/', 'blocked.test'],
    ['web.archive.org', '/', 'nothing'],
    ['web.archive.org', '/_static/css/banner.css', 'nothing'],
    ['archive.ph', '/newest/https://blocked.test/', 'blocked.test'],
    ['archive.ph', '/20230101/http://blocked.test/', 'blocked.test'],
    ['archive.ph', '/blocked.test', 'blocked.test'],
    ['archive.ph', '/AbC12', 'unknown'],
    ['archive.ph', '/', 'nothing'],
    ['cdn.ampproject.org', '/c/s/www.blocked.test/x', 'www.blocked.test'],
    ['cdn.ampproject.org', '/v/blocked.test/x', 'blocked.test'],
    ['cdn.ampproject.org', '/v0.js', 'nothing'],
    ['cdn.ampproject.org', '/v0/amp-ad-0.1.js', 'nothing'],
    ['www.google.com', '/amp/s/www.blocked.test/', 'www.blocked.test'],
    ['google.com.vn', '/amp/blocked.test/', 'blocked.test'],
    ['www.google.com', '/search', 'nothing'],
    ['www.google.com', '/maps/place/x', 'nothing'],
    ['i0.wp.com', '/blocked.test/x.jpg', 'blocked.test'],
    ['r.jina.ai', '/https://blocked.test', 'blocked.test'],
    ['12ft.io', '/blocked.test/bai', 'blocked.test'],
    ['translated.turbopages.org', '/proxy_u/en-vi.vi/https/blocked.test/x', 'blocked.test'],
    ['web.archive.org', '/web/2023/http://user@blocked.test/', 'blocked.test'],
    ['web.archive.org', '/web/2023/http://0x7f.1/', '127.0.0.1'],
  ])('%s%s → %s', (host, path, inner) => {
    expect(carried(host, path)).toBe(inner);
    expect(unwrap(host, null)).toEqual({ carried: { type: 'nothing' }, byPath: true });
  });
});

describe('verdicts on wrappers: the stricter of both holds', () => {
  const snapshot = snapshotOf([
    { name: 'x', category: 'cobac', entries: ['blocked.test'] },
    { name: 'k', category: 'mxh', entries: ['mxh.test'] },
    { name: 'm', category: 'hoclieu', entries: ['hoc.test', 'archive.org', 'google.com', 'translate.goog', 'archive.ph'] },
    { name: 'n', category: 'vpn', entries: ['cdn.ampproject.org'] },
    { name: 's', category: 'videochung', entries: ['video.test'] },
  ], {
    safeSearch: [{ entries: ['=www.video.test'], category: 'videochung', dialStrict: 'strict.video.test', dialModerate: 'strict.video.test' }],
    openings: [{ zone: 'phong-thcs', entry: 'mxh.test', fromMs: 0, untilMs: 1_000 }],
  });
  const ask = (host: string, path: string | null, id: ProfileId): Decision =>
    decide({ host, zone: profileNumber(id), path, profile: -1 }, snapshot, 500);

  it('closes an open wrapper around what is closed', () => {
    expect(ask('www-blocked-test.translate.goog', null, 'giao-vien')).toMatchObject({ action: 'block', reason: 'hard-category', cell: 'X', host: 'www-blocked-test.translate.goog' });
    expect(ask('web.archive.org', '/web/2023/http://blocked.test/', 'giao-vien')).toMatchObject({ reason: 'hard-category', byPath: true });
    expect(ask('www.google.com', '/amp/s/mxh.test/x', 'thpt')).toMatchObject({ reason: 'category-blocked', cell: 'K' });
  });
  it('keeps a closed wrapper closed around what is open', () => {
    expect(ask('www-hoc-test.cdn.ampproject.org', null, 'thcs')).toMatchObject({ action: 'block', list: { name: 'n' } });
  });
  it('lets an open wrapper carry what is open, and dials the wrapper, not a twin of what it carries', () => {
    expect(ask('www-hoc-test.translate.goog', null, 'lop-1-3')).toMatchObject({ action: 'allow', reason: 'category-open', byPath: false });
    expect(ask('www-video-test.translate.goog', null, 'thcs')).toMatchObject({ action: 'restrict', dialHost: null, host: 'www-video-test.translate.goog' });
  });
  it('judges what it cannot read as an unlisted name', () => {
    expect(ask('abc.translate.goog', null, 'thcs')).toMatchObject({ action: 'block', reason: 'uncategorised-blocked' });
    expect(ask('abc.translate.goog', null, 'thpt')).toMatchObject({ action: 'block', reason: 'uncategorised-blocked', cell: 'K' });
    expect(ask('abc.translate.goog', null, 'giao-vien')).toMatchObject({ action: 'allow' });
    expect(ask('archive.ph', '/AbC12', 'lop-4-5')).toMatchObject({ reason: 'uncategorised-blocked' });
  });
  it('carries the end of an opening on the inner host', () => {
    expect(ask('mxh-test.translate.goog', null, 'thcs')).toMatchObject({ action: 'allow', validUntilMs: 1_000 });
  });
  it('looks into wrappers inside wrappers, three deep', () => {
    const one = 'www--blocked--test-translate-goog.translate.goog';
    expect(carried(one)).toBe('www-blocked-test.translate.goog');
    expect(ask(one, null, 'giao-vien').reason).toBe('hard-category');
    const path = '/web/1/http://www.google.com/amp/s/web.archive.org/web/1/http://blocked.test/';
    expect(ask('web.archive.org', path, 'giao-vien').reason).toBe('hard-category');
    // A fourth layer is not looked into; for pupils of the stricter tiers that closes.
    const deep = `/web/1/http://web.archive.org${path}`;
    expect(ask('web.archive.org', deep, 'thcs').action).toBe('block');
  });
});

describe('inner host from a parameter', () => {
  it.each([
    ['translate.google.com', '/translate', '?sl=auto&u=https%3A%2F%2Fblocked.test%2Fx', 'blocked.test'],
    ['translate.google.com.vn', '/', '?u=blocked.test', 'blocked.test'],
    ['translate.google.com', '/translate', '?u=%2568ttps%253A%252F%252Fblocked.test', 'blocked.test'],
    ['translate.google.com', '/translate', '?%55=//blocked.test', 'blocked.test'],
    ['translate.google.com', '/translate', '?u=http:blocked.test/', 'blocked.test'],
    ['translate.google.com', '/translate', '?u=https:\\\\blocked.test\\x', 'blocked.test'],
    ['translate.google.com', '/translate', '?u=a.test&u=b.test', 'unknown'],
    ['translate.google.com', '/translate', '?u=a.test;u=b.test', 'unknown'],
    ['translate.google.com', '/translate', '?u=%20', 'unknown'],
    ['translate.google.com', '/translate', '?u=', 'nothing'],
    ['translate.google.com', '/', '', 'nothing'],
    ['webcache.googleusercontent.com', '/search', '?q=cache:Ab_c-1:blocked.test/x+foo', 'blocked.test'],
    ['webcache.googleusercontent.com', '/search', '?q=cache:blocked.test', 'blocked.test'],
    ['external-content.duckduckgo.com', '/iu/', '?u=https%3A%2F%2Fblocked.test%2Fa.jpg&f=1', 'blocked.test'],
    ['images.weserv.nl', '/', '?url=blocked.test/a.jpg', 'blocked.test'],
    ['view.officeapps.live.com', '/op/view.aspx', '?src=https%3A%2F%2Fblocked.test%2Fa.docx', 'blocked.test'],
    ['docs.google.com', '/viewer', '?url=https://blocked.test/a.pdf', 'blocked.test'],
    ['docs.google.com', '/gview', '?embedded=true&url=https://blocked.test/a.pdf', 'blocked.test'],
    ['docs.google.com', '/document/d/1', '?url=https://blocked.test/', 'nothing'],
    ['papago.naver.net', '/website', '?locale=en&url=https%3A%2F%2Fblocked.test', 'blocked.test'],
  ])('%s%s%s → %s', (host, path, query, inner) => {
    expect(carriesInQuery(host)).toBe(true);
    const found = unwrap(host, path, query);
    expect(found?.carried.type === 'page' ? found.carried.host : found?.carried.type).toBe(inner);
    // without the query seen, the verdict is not the last word
    expect(unwrap(host, null)).toEqual({ carried: { type: 'nothing' }, byPath: true });
  });
  it.each(['translate.google.evil.test', 'www.google.com', 'ok.test', 'nottranslate.google.com', 'translate.google.com.evil'])('%s has none', (host) => expect(carriesInQuery(host)).toBe(false));
  it('what is inside what is inside: the query goes along', () => {
    const found = unwrap('translate.google.com', '/translate', '?u=https%3A%2F%2Ftranslate.google.vn%2Ftranslate%3Fu%3Dblocked.test');
    expect(found?.carried).toEqual({ type: 'page', host: 'translate.google.vn', path: '/translate', query: '?u=blocked.test' });
  });
  it('hostile parameters cost linear time', () => {
    const at = performance.now();
    for (const text of ['cache:', '%25', 'u=&', '%', 'view-source:', ';', '\\']) unwrap('translate.google.com', '/', `?u=${text.repeat(4_000)}`);
    expect(performance.now() - at).toBeLessThan(1_000);
  });
});
