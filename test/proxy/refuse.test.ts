/** The gateway's own answers as messages: complete, exact, for every reason, and with nothing in them that the client sent. */
import { describe, expect, it } from 'vitest';
import { REASONS, type Reason } from '../../src/policy/decision.js';
import { createRefuser } from '../../src/proxy/refuse.js';
import { phraseOf, statusOf } from '../../src/proxy/wire-error.js';
import { splitResponses } from '../support/raw-client.js';
import { policyOf } from '../support/proxy-harness.js';
import { blocked } from '../support/wire-settings.js';

const page = { html: '<!doctype html><title>Chặn</title><p>Trang này chưa mở</p>', policy: "default-src 'none'" };
const refuser = createRefuser({ renderBlockPage: () => page, renderFailurePage: (reason) => `<p>Không mở được: ${reason}</p>` });
const snapshot = policyOf();
const latin1 = (answer: Buffer): string => answer.toString('latin1');
const UPSTREAM: readonly Reason[] = ['name-not-found', 'dns-failed', 'connect-refused', 'connect-timeout', 'upstream-error', 'upstream-timeout'];

describe('answers', () => {
  it.each(REASONS)('%s: one whole message, its reason, no cache', (reason) => {
    for (const keepAlive of [true, false]) {
      for (const withBody of [true, false]) {
        const text = latin1(refuser.failed(reason, snapshot, { keepAlive, withBody }));
        const [answer, ...rest] = splitResponses(withBody ? text : text + 'x'.repeat(Number(/content-length: (\d+)/i.exec(text)?.[1])));
        expect(rest).toEqual([]);
        expect(answer?.status).toBe(statusOf(reason));
        expect(answer?.header('x-luytre-reason')).toBe(reason);
        expect(answer?.header('cache-control')).toBe('no-store');
        expect(answer?.header('connection')).toBe(keepAlive ? 'keep-alive' : 'close');
        expect(answer?.header('content-type')).toBe('text/html; charset=utf-8');
        expect(text.endsWith('\r\n\r\n')).toBe(!withBody);
      }
    }
    const tunnel = splitResponses(latin1(refuser.connect(reason)));
    expect(tunnel.length).toBe(1);
    expect([tunnel[0]?.status, tunnel[0]?.header('connection'), tunnel[0]?.header('x-luytre-reason')]).toEqual([statusOf(reason), 'close', reason]);
  });

  it('statuses are those outsiders rely on', () => {
    for (const reason of UPSTREAM) expect([502, 504]).toContain(statusOf(reason));
    expect([statusOf('malformed'), statusOf('port-not-allowed'), statusOf('private-address'), statusOf('overload'), statusOf('no-policy')]).toEqual([400, 403, 403, 503, 503]);
    expect([statusOf('hard-category'), statusOf('exam-only'), statusOf('uncategorised-blocked')]).toEqual([403, 403, 403]);
    for (const reason of REASONS) expect(phraseOf(statusOf(reason))).not.toBe('Error');
  });

  it('only a missing login carries a challenge', () => {
    for (const reason of REASONS) {
      const text = latin1(refuser.failed(reason, snapshot, { keepAlive: true, withBody: true }));
      expect(/^proxy-authenticate:/im.test(text)).toBe(reason === 'login-required');
    }
  });

  it('the block page is counted in bytes, not in letters', () => {
    const text = latin1(refuser.blocked(blocked('game.test'), snapshot, 'http://gateway:8080', { keepAlive: true, withBody: true }, 0));
    const [answer, ...rest] = splitResponses(text);
    expect(rest).toEqual([]);
    expect(Buffer.from(answer?.body ?? '', 'latin1').toString('utf8')).toBe(page.html);
    expect(answer?.header('content-security-policy')).toBe(page.policy);
    const head = latin1(refuser.blocked(blocked('game.test'), snapshot, 'http://gateway:8080', { keepAlive: true, withBody: false }, 0));
    expect(head.endsWith('\r\n\r\n')).toBe(true);
    expect(/content-length: (\d+)/i.exec(head)?.[1]).toBe(String(Buffer.byteLength(page.html)));
  });

  it('a block page is made once a second for one verdict, and never given for another', () => {
    let n = 0;
    const counting = createRefuser({ renderBlockPage: (d, _s, origin) => ({ html: `${++n} ${d.host} ${origin}`, policy: 'p' }), renderFailurePage: null });
    const [a, b] = [blocked('a.test'), blocked('b.test')];
    const ask = (d: typeof a, origin: string, keepAlive: boolean, nowMs: number): string => splitResponses(latin1(counting.blocked(d, snapshot, origin, { keepAlive, withBody: true }, nowMs)))[0]?.body ?? '';
    expect(ask(a, 'x', true, 5_000)).toBe('1 a.test x');
    expect(ask(a, 'x', true, 5_900)).toBe('1 a.test x');
    expect(ask(b, 'x', true, 5_900)).toBe('2 b.test x');
    expect(ask(a, 'y', true, 5_900)).toBe('3 a.test y');
    expect(ask(a, 'y', false, 5_900)).toBe('4 a.test y');
    expect(ask(b, 'x', true, 6_001)).toBe('5 b.test x');
    for (let i = 0; i < 1_000; i++) ask(blocked('c.test'), 'x', true, 6_001);
    expect(n).toBe(1_005);
  });

  it('a page larger than any buffer at hand is whole too', () => {
    const html = 'ệ'.repeat(50_000);
    const large = createRefuser({ renderBlockPage: () => ({ html, policy: 'p' }), renderFailurePage: null });
    const [answer] = splitResponses(latin1(large.blocked(blocked('a.test'), snapshot, 'x', { keepAlive: true, withBody: true }, 0)));
    expect(Buffer.from(answer?.body ?? '', 'latin1').toString('utf8')).toBe(html);
  });

  it.each([400, 405, 408, 414, 417, 431, 501, 505])('%i closes', (status) => {
    const [answer] = splitResponses(latin1(refuser.malformed(status, { withBody: true })));
    expect([answer?.status, answer?.header('connection'), answer?.header('x-luytre-reason')]).toEqual([status, 'close', 'malformed']);
  });

  it('a page of another policy is not kept for this one', () => {
    let n = 0;
    const counting = createRefuser({ renderBlockPage: null, renderFailurePage: () => `page ${++n}` });
    const options = { keepAlive: true, withBody: true };
    const other = policyOf();
    expect(latin1(counting.failed('overload', snapshot, options))).toContain('page 1');
    expect(latin1(counting.failed('overload', snapshot, options))).toContain('page 1');
    expect(latin1(counting.failed('overload', other, options))).toContain('page 2');
    expect(latin1(counting.failed('overload', null, options))).toContain('page 3');
  });
});
