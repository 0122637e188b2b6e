/** Response heads: how long a response is, what reaches the client, what makes us destroy the upstream connection. */
import { describe, expect, it } from 'vitest';
import { isWireFault } from '../../src/proxy/message.js';
import { readResponseHead, serialiseResponse } from '../../src/proxy/response-message.js';
import type { ResponseHead } from '../../src/proxy/response-message.js';
import { LIMITS } from '../support/wire-forward.js';

function accepted(text: string, method = 'GET'): ResponseHead {
  const bytes = Buffer.from(text, 'latin1');
  const head = readResponseHead(bytes, 0, bytes.length, method, LIMITS);
  if (head === null || isWireFault(head)) throw new Error(`refused: ${head === null ? 'incomplete' : head.detail}`);
  return head;
}
function refused(text: string): boolean {
  const bytes = Buffer.from(text, 'latin1');
  const head = readResponseHead(bytes, 0, bytes.length, 'GET', LIMITS);
  return head !== null && isWireFault(head);
}
const answer = (line: string, ...fields: string[]): string => [line, ...fields, '', ''].join('\r\n');
const ok = (...fields: string[]): string => answer('HTTP/1.1 200 OK', ...fields);

describe('length of a response (RFC 9112 §6.3)', () => {
  it.each([
    ['HTTP/1.1 200 OK', ['Content-Length: 5'], 'GET', { body: 'length', length: 5, keepAlive: true }],
    ['HTTP/1.1 200 OK', ['Content-Length: 0'], 'GET', { body: 'length', length: 0, keepAlive: true }],
    ['HTTP/1.1 200 OK', ['Transfer-Encoding: Chunked'], 'GET', { body: 'chunked', length: -1, keepAlive: true }],
    ['HTTP/1.1 200 OK', [], 'GET', { body: 'until-close', length: -1, keepAlive: false }],
    ['HTTP/1.1 200 OK', ['Content-Length: 5', 'Connection: close'], 'GET', { body: 'length', keepAlive: false }],
    ['HTTP/1.0 200 OK', ['Content-Length: 5'], 'GET', { body: 'length', version: 10, keepAlive: false }],
    ['HTTP/1.0 200 OK', ['Content-Length: 5', 'Connection: keep-alive'], 'GET', { body: 'length', keepAlive: true }],
    ['HTTP/1.0 200 OK', [], 'GET', { body: 'until-close', keepAlive: false }],
    ['HTTP/1.1 200 OK', ['Content-Length: 5'], 'HEAD', { body: 'none', length: 5, keepAlive: true }],
    ['HTTP/1.1 200 OK', ['Transfer-Encoding: chunked'], 'HEAD', { body: 'none', length: -1, keepAlive: true }],
    ['HTTP/1.1 304 Not Modified', ['Content-Length: 99'], 'GET', { body: 'none', length: 99, keepAlive: true }],
    ['HTTP/1.1 204 No Content', ['Content-Length: 0'], 'GET', { body: 'none', length: -1, keepAlive: true }],
    ['HTTP/1.1 204 No Content', ['Content-Length: 5'], 'GET', { body: 'none', length: -1, keepAlive: false }],
    ['HTTP/1.1 204 No Content', ['Transfer-Encoding: chunked'], 'GET', { body: 'none', keepAlive: false }],
    ['HTTP/1.1 100 Continue', [], 'POST', { body: 'none', status: 100, upgrade: false }],
    ['HTTP/1.1 103 Early Hints', ['Link: </a.css>'], 'GET', { body: 'none', keepAlive: true }],
    ['HTTP/1.1 101 Switching Protocols', ['Connection: Upgrade', 'Upgrade: websocket'], 'GET', { body: 'none', upgrade: true }],
    ['HTTP/1.1 101 Switching Protocols', ['Connection: Upgrade', 'Upgrade: h2c'], 'GET', { upgrade: false }],
    ['HTTP/1.1 101 Switching Protocols', ['Upgrade: websocket'], 'GET', { upgrade: false }],
    ['HTTP/1.1 999 ', ['Content-Length: 0'], 'GET', { status: 999, reason: '' }],
    ['HTTP/1.1 200', ['Content-Length: 0'], 'GET', { status: 200, reason: '' }],
    ['HTTP/1.1 404 Không\xe1', ['Content-Length: 0'], 'GET', { status: 404 }],
  ] as const)('%s %j to %s', (line, fields, method, want) => {
    expect(accepted(Buffer.from(answer(line, ...fields), 'utf8').toString('latin1'), method)).toMatchObject(want);
  });
});

describe('refused, because two clients could read it differently', () => {
  it.each([
    ok('Content-Length: 5', 'Transfer-Encoding: chunked'),
    ok('Content-Length: 5', 'Content-Length: 5'),
    ok('Content-Length: 5', 'Content-Length: 6'),
    ok('Content-Length: 5, 5'),
    ok('Content-Length: +5'),
    ok('Content-Length: '),
    ok('Content-Length: 9007199254740992'),
    ok('Transfer-Encoding: gzip, chunked'),
    ok('Transfer-Encoding: identity'),
    ok('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'),
    ok('Transfer_Encoding: chunked'),
    answer('HTTP/1.0 200 OK', 'Transfer-Encoding: chunked'),
    ok('A: 1\r\n folded'),
    ok('A : 1'),
    ok('A: 1\n2'),
    ok('A: \0'),
    ok('nocolon'),
    'HTTP/1.1 200 OK\n\n',
    'HTTP/1.1 200 OK\r\nA: 1\n\r\n',
    answer('HTTP/1.1  200 OK'),
    answer('HTTP/1.1 20 OK'),
    answer('HTTP/1.1 2000 OK'),
    answer('HTTP/1.1 099 OK'),
    answer('HTTP/1.2 200 OK'),
    answer('HTTP/2.0 200 OK'),
    answer('HTTP/2 200'),
    answer('ICY 200 OK'),
    answer('http/1.1 200 OK'),
    answer('HTTP/1.1 200 O\0K'),
    answer('HTTP/1.1\t200 OK'),
    '\r\n' + ok(),
    '<html>',
    ok(...Array.from({ length: 129 }, () => 'a: 1')),
    ok(`a: ${'b'.repeat(33_000)}`),
  ])('%j', (text) => expect(refused(text)).toBe(true));
});

describe('what the client gets', () => {
  const options = { via: '', keepAlive: true, chunkedToClient: true } as const;
  it('end-to-end fields only; no Alt-Svc, no proxy challenge of an origin', () => {
    const head = accepted(
      ok('Server: a', 'Set-Cookie: a=1', 'Content-Length: 5', 'Alt-Svc: h3=":443"', 'Connection: keep-alive, X-Hop', 'X-Hop: 1', 'Keep-Alive: timeout=5', 'Proxy-Authenticate: Basic', 'Trailer: X', 'Via: 1.1 a', 'Set-Cookie: b=2', 'ETag:"x"'),
    );
    expect(serialiseResponse(head, options)).toBe('HTTP/1.1 200 OK\r\nServer: a\r\nSet-Cookie: a=1\r\nSet-Cookie: b=2\r\nETag: "x"\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n');
    expect(serialiseResponse(head, { ...options, via: '1.1 id', keepAlive: false })).toMatch(/\r\nVia: 1\.1 id\r\nContent-Length: 5\r\nConnection: close\r\n\r\n$/);
  });

  it('bodies without a length go chunked to 1.1, and to the close otherwise', () => {
    for (const text of [ok(), ok('Transfer-Encoding: chunked'), answer('HTTP/1.0 200 OK')]) {
      expect(serialiseResponse(accepted(text), options)).toBe('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nConnection: keep-alive\r\n\r\n');
      expect(serialiseResponse(accepted(text), { ...options, chunkedToClient: false })).toBe('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n');
    }
  });

  it('HEAD, 204, 304 and interim answers', () => {
    expect(serialiseResponse(accepted(ok('Content-Length: 7'), 'HEAD'), options)).toBe('HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: keep-alive\r\n\r\n');
    expect(serialiseResponse(accepted(ok(), 'HEAD'), options)).toBe('HTTP/1.1 200 OK\r\nConnection: keep-alive\r\n\r\n');
    expect(serialiseResponse(accepted(answer('HTTP/1.1 204 No Content', 'Content-Length: 0')), options)).toBe('HTTP/1.1 204 No Content\r\nConnection: keep-alive\r\n\r\n');
    expect(serialiseResponse(accepted(answer('HTTP/1.1 304 Not Modified', 'ETag: "a"')), options)).toBe('HTTP/1.1 304 Not Modified\r\nETag: "a"\r\nConnection: keep-alive\r\n\r\n');
    expect(serialiseResponse(accepted(answer('HTTP/1.1 103 Early Hints', 'Link: <a>')), options)).toBe('HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n');
    expect(serialiseResponse(accepted(answer('HTTP/1.1 101 Switching Protocols', 'Connection: upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Accept: x')), options)).toBe(
      'HTTP/1.1 101 Switching Protocols\r\nSec-WebSocket-Accept: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
    );
  });
});

it('the verdict does not depend on where the network cuts', () => {
  for (const text of [ok('Content-Length: 5', 'A: 1'), ok('Content-Length: 5', 'Transfer-Encoding: chunked'), 'HTTP/1.1 200 OK\r\nA: 1\n\r\n', 'HTTP/1.1 200\r\n\r\n']) {
    const bytes = Buffer.from(text, 'latin1');
    const whole = readResponseHead(bytes, 0, bytes.length, 'GET', LIMITS);
    for (let cut = 0; cut < bytes.length; cut++) {
      const part = readResponseHead(bytes, 0, cut, 'GET', LIMITS);
      if (part !== null) expect(part).toEqual(whole);
    }
  }
});
