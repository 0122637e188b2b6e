/** What a request is made to say: the edits themselves, with no socket near. */
import { describe, expect, it } from 'vitest';
import type { RequestEdits } from '../../src/policy/decision.js';
import { edited } from '../../src/proxy/edit-request.js';
import { isWireFault, readRequestHead, serialiseRequest, type RequestHead } from '../../src/proxy/message.js';
import { DEFAULT_LIMITS } from '../../src/proxy/settings.js';

function head(target: string, lines = ''): RequestHead {
  const bytes = Buffer.from(`GET ${target} HTTP/1.1\r\nHost: a.test\r\n${lines}\r\n`, 'latin1');
  const read = readRequestHead(bytes, 0, bytes.length, 'inside', DEFAULT_LIMITS);
  if (read === null || isWireFault(read)) throw new Error('not read');
  return read;
}
const SAFE: RequestEdits = { parameters: [{ name: 'safe', value: 'active', searches: ['q'] }, { name: 'ssui', value: 'on', searches: ['q'] }], headers: [] };
const HEADER: RequestEdits = { parameters: [], headers: [['YouTube-Restrict', 'Strict']] };

describe('parameters', () => {
  it.each([
    ['/search?q=a', '/search?q=a&safe=active&ssui=on'],
    ['/search?safe=off', '/search?safe=active'],
    ['/search?safe', '/search?safe=active'],
    ['/search?SAFE=off&q=a&%73%61fe=off&+safe=x', '/search?q=a&safe=active&ssui=on'],
    ['/search?q=a&safe=active', '/search?q=a&safe=active&ssui=on'],
    ['/search?q=a%26safe%3Doff', '/search?q=a%26safe%3Doff&safe=active&ssui=on'],
    ['/search?q=%E1%BA%A3nh&&x', '/search?q=%E1%BA%A3nh&&x&safe=active&ssui=on'],
    ['/search?', '/search?'], ['/search', '/search'], ['/?unsafe=off', '/?unsafe=off'], ['/a?Q=b', '/a?Q=b&safe=active&ssui=on'],
  ])('%s → %s', (target, wanted) => expect(edited(head(target), SAFE).path).toBe(wanted));
});

describe('header fields', () => {
  it('are set once, whatever the client wrote and however', () => {
    const made = edited(head('/', 'youtube-RESTRICT: none\r\nA: b\r\nYouTube-Restrict: Moderate\r\nYouTube-Restrict-X: c\r\n'), HEADER);
    expect(made.lines).toBe('A: b\r\nYouTube-Restrict-X: c\r\nYouTube-Restrict: Strict\r\n');
    expect(serialiseRequest(made, { via: '', toParent: false })).toBe('GET / HTTP/1.1\r\nHost: a.test\r\nA: b\r\nYouTube-Restrict-X: c\r\nYouTube-Restrict: Strict\r\nConnection: keep-alive\r\n\r\n');
  });
  it('with nothing to say the very same request goes on', () => {
    const same = head('/?q=a');
    expect(edited(same, null)).toBe(same);
  });
});
