/** Request heads: forms of a target, hosts, hop-by-hop fields, connection and upgrade, limits. */
import { describe, expect, it } from 'vitest';
import { isWireFault, readRequestHead, serialiseRequest } from '../../src/proxy/message.js';
import type { RequestHead, WireFault } from '../../src/proxy/message.js';
import { LIMITS } from '../support/wire-forward.js';

function read(text: string, mode: 'explicit' | 'transparent' = 'explicit', limits = LIMITS): RequestHead | WireFault | null {
  const bytes = Buffer.from(text, 'latin1');
  return readRequestHead(bytes, 0, bytes.length, mode, limits);
}
function accepted(text: string, mode: 'explicit' | 'transparent' = 'explicit'): RequestHead {
  const head = read(text, mode);
  if (head === null || isWireFault(head)) throw new Error(`refused: ${head === null ? 'incomplete' : head.detail}`);
  return head;
}
function status(text: string, mode: 'explicit' | 'transparent' = 'explicit', limits = LIMITS): number | null {
  const head = read(text, mode, limits);
  return head !== null && isWireFault(head) ? head.status : null;
}
const get = (target: string, ...fields: string[]): string => [`GET ${target} HTTP/1.1`, ...fields, '', ''].join('\r\n');
const written = (text: string): string => serialiseRequest(accepted(text), { via: '', toParent: false });

describe('targets', () => {
  const cases: readonly (readonly [string, Partial<RequestHead> | number])[] = [
    ['http://ok.test/a?b=c', { form: 'absolute', host: 'ok.test', port: 80, path: '/a?b=c', authority: 'ok.test' }],
    ['http://ok.test', { form: 'absolute', path: '/' }],
    ['http://ok.test?q=1', { path: '/?q=1' }],
    ['HTTP://OK.test:8080/', { host: 'ok.test', port: 8080, authority: 'OK.test:8080' }],
    ['http://ok.test.:80/', { host: 'ok.test', port: 80 }],
    ['http://ok.test//images/a.png', { path: '//images/a.png' }],
    ['http://ok.test/a|b?x={y}&z=\\', { path: '/a|b?x={y}&z=\\' }],
    ['http://2130706433/', { host: '127.0.0.1' }],
    ['http://0x7f.1/', { host: '127.0.0.1' }],
    ['http://[::ffff:7f00:1]/', { host: '127.0.0.1' }],
    ['http://[2001:DB8::1]:81/', { host: '2001:db8::1', port: 81 }],
    ['/path', { form: 'origin', host: 'ok.test', path: '/path' }],
    ['https://ok.test/', 501],
    ['ftp://ok.test/', 501],
    ['ws://ok.test/', 501],
    ['http:ok.test', 400],
    ['http:/ok.test/', 400],
    ['http:///ok.test/', 400],
    ['http:\\\\ok.test/', 400],
    ['http://?x', 400],
    ['javascript:alert(1)', 400],
    ['ok.test:443', 400],
    ['//ok.test/', 400],
    ['*', 400],
    ['http://ok.test/a\\b', 400],
    ['http://ok.test/%00', { path: '/%00' }],
    ['http://user@ok.test/', 400],
    ['http://user:pw@ok.test/', 400],
    ['http://ok.test:443@evil.test/', 400],
    ['http://ok%2etest/', 400],
    ['http://ok.test:0/', 400],
    ['http://ok.test:/', 400],
    ['http://ok.test:080/', 400],
    ['http://ok.test:65536/', 400],
    ['http://ok.test:+80/', 400],
    ['http://ok.test,evil.test/', 400],
    ['http://*.test/', 400],
    ['http://a..b/', 400],
    ['http://ok.test../', 400],
    ['http://[fe80::1%25eth0]/', 400],
    ['http://xn--zzzzzz--/', 400],
    [`http://${'a'.repeat(64)}.test/`, 400],
    [`http://${'a.'.repeat(126)}bc/`, 400],
    ['http://ok.test/\xe9', 400],
    ['http://ok.test/#top', 400],
  ];
  for (const [target, want] of cases) {
    it(`${target.slice(0, 60)} → ${typeof want === 'number' ? want : JSON.stringify(want)}`, () => {
      const text = get(target, 'Host: ok.test');
      if (typeof want === 'number') expect(status(text)).toBe(want);
      else expect(accepted(text)).toMatchObject(want);
    });
  }

  it('OPTIONS of the server itself, with and without a host in the target', () => {
    expect(accepted('OPTIONS * HTTP/1.1\r\nHost: ok.test\r\n\r\n')).toMatchObject({ form: 'asterisk', path: '*', host: 'ok.test' });
    expect(written('OPTIONS http://ok.test:81 HTTP/1.1\r\nHost: ok.test:81\r\n\r\n')).toMatch(/^OPTIONS \* HTTP\/1\.1\r\nHost: ok\.test:81\r\n/);
  });

  it('CONNECT: host and port, nothing else', () => {
    const connect = (target: string, ...fields: string[]): string => [`CONNECT ${target} HTTP/1.1`, ...fields, '', ''].join('\r\n');
    expect(accepted(connect('OK.test:443', 'Host: ok.test'))).toMatchObject({ form: 'authority', scheme: null, host: 'ok.test', port: 443, path: '', body: 'none', hostMismatch: false });
    expect(accepted(connect('ok.test:443')).host).toBe('ok.test');
    expect(accepted('CONNECT ok.test:443 HTTP/1.0\r\n\r\n')).toMatchObject({ version: 10, keepAlive: false });
    expect(accepted(connect('[::1]:443', 'Host: ok.test'))).toMatchObject({ host: '::1', hostMismatch: true });
    // Internet Explorer and WinHTTP send this.
    expect(accepted(connect('ok.test:443', 'Content-Length: 0')).body).toBe('none');
    for (const target of ['ok.test', 'ok.test:', 'ok.test:0', 'ok.test:443/x', 'a@ok.test:443', 'http://ok.test:443/', 'ok.test:65979', '::1:443', '/']) expect([target, status(connect(target, 'Host: ok.test'))]).toEqual([target, 400]);
    expect(status(connect('ok.test:443', 'Host: a.test', 'Host: a.test'))).toBe(400);
    expect(status(connect('ok.test:443', 'Content-Length: 1'))).toBe(400);
    expect(status(connect('ok.test:443', 'Host: ok.test'), 'transparent')).toBe(400);
  });
});

describe('Host', () => {
  it('is one, well formed, and the target wins over it', () => {
    expect(accepted(get('http://ok.test/', 'Host: evil.test'))).toMatchObject({ host: 'ok.test', hostMismatch: true });
    expect(written(get('http://ok.test/', 'Host: evil.test'))).toContain('\r\nHost: ok.test\r\n');
    expect(written(get('http://ok.test/', 'Host: evil.test'))).not.toContain('evil');
    expect(accepted(get('http://OK.test./', 'Host: ok.test:80')).hostMismatch).toBe(false);
    expect(accepted(get('http://ok.test:81/', 'Host: ok.test')).hostMismatch).toBe(true);
    for (const fields of [[], ['Host:'], ['Host: a', 'Host: a'], ['Host: a', 'host: b'], ['Host: a b'], ['Host: a/b'], ['Host: a,b'], ['Host: u@a'], ['Host: a:x'], ['Host: \xe9.test'], ['Host: http://a']]) {
      expect([fields, status(get('/', ...fields))]).toEqual([fields, 400]);
      expect([fields, status(get('http://ok.test/', ...fields))]).toEqual([fields, 400]);
    }
  });

  it('is synthesised for HTTP/1.0 where the target has one, refused where nobody names one', () => {
    expect(written('GET http://ok.test/x HTTP/1.0\r\n\r\n')).toBe('GET /x HTTP/1.1\r\nHost: ok.test\r\nConnection: keep-alive\r\n\r\n');
    expect(status('GET /x HTTP/1.0\r\n\r\n')).toBe(400);
  });

  it('transparent: absolute-form only where it names the same host', () => {
    expect(accepted(get('http://ok.test/', 'Host: ok.test'), 'transparent').form).toBe('absolute');
    expect(status(get('http://ok.test/', 'Host: evil.test'), 'transparent')).toBe(400);
    expect(status('GET http://ok.test/ HTTP/1.0\r\n\r\n', 'transparent')).toBe(400);
  });
});

describe('methods and versions', () => {
  it.each([
    ['get / HTTP/1.1', 501],
    ['FOO / HTTP/1.1', 501],
    ['GETGETGETGETGETGETGETGETGET / HTTP/1.1', 501],
    ['TRACE / HTTP/1.1', 405],
    ['TRACE / HTTP/2.0', 505],
    ['PRI * HTTP/2.0', 505],
    ['GET / HTTP/1.2', 505],
    ['GET / HTTP/0.9', 505],
    ['GET / HTTP/11', 505],
    ['GET /', 505],
    ['GET / ', 400],
    ['GET / http/1.1', 400],
    ['GET / RTSP/1.0', 400],
    ['SOURCE / ICE/1.0', 501],
    ['GET / HTTP/1.1 ', 400],
    ['GET  / HTTP/1.1', 400],
    ['GET\t/ HTTP/1.1', 400],
    ['GET', 400],
    ['GET / HTTP/1.1\rXA: 1', 400],
    ['GET / HTTP/1.1\nA: 1', 400],
    ['\x16\x03\x01', 400],
    ['SSH-2.0-OpenSSH_9.2', 400],
  ])('%s → %i', (line, want) => expect(status(`${line}\r\nHost: ok.test\r\n\r\n`)).toBe(want));

  it('PROPFIND and its kin pass', () => expect(accepted('PROPFIND / HTTP/1.1\r\nHost: ok.test\r\n\r\n').method).toBe('PROPFIND'));

  it('up to four blank lines may stand before a request, and count as read', () => {
    const text = get('/', 'Host: ok.test');
    expect(accepted('\r\n'.repeat(4) + text).bytes).toBe(text.length + 8);
    expect(status('\r\n'.repeat(5) + text)).toBe(400);
    expect(status('\n' + text)).toBe(400);
    expect(status('\r\r\n' + text)).toBe(400);
  });
});

describe('fields', () => {
  it('hop-by-hop ones, those Connection names and those that say where the client is stay here', () => {
    const text = get(
      'http://ok.test/', 'Host: ok.test', 'A: 1', 'Connection: keep-alive, X-Hop , ,', 'X-Hop: 1', 'Keep-Alive: timeout=5', 'Proxy-Connection: keep-alive',
      'Proxy-Authorization: Basic eA==', 'Proxy-Foo: 1', 'TE: trailers', 'Trailer: X', 'Upgrade: h2c', 'HTTP2-Settings: AAM', 'X-Forwarded-For: 10.0.0.1',
      'Forwarded: for=10.0.0.1', 'Via: 1.0 a', 'VIA: 1.1 b', 'x-forwarded-host: h', 'B:2', 'C:\t3 \t', 'D: 4 ', 'E:   5', 'F: 6',
    );
    const head = accepted(text);
    expect(head.lines).toBe('A: 1\r\nx-forwarded-host: h\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: 6\r\n');
    expect(head.via).toBe('1.0 a, 1.1 b');
    expect(head.proxyAuthorization).toBe('Basic eA==');
    expect(serialiseRequest(head, { via: '1.1 id', toParent: false })).toBe(
      'GET / HTTP/1.1\r\nHost: ok.test\r\nA: 1\r\nx-forwarded-host: h\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: 5\r\nF: 6\r\nVia: 1.1 id\r\nConnection: keep-alive\r\n\r\n',
    );
  });

  it('order, spelling, repetition and empty values of the others are kept', () => {
    expect(accepted(get('/', 'cOOkie: a=1', 'Host: ok.test', 'Cookie: b=2', 'X:', 'Y: ', '__proto__: x', 'constructor: y', 'Z: a  b\tc', 'Q: \xa0é\xa0')).lines).toBe(
      'cOOkie: a=1\r\nCookie: b=2\r\nX: \r\nY: \r\n__proto__: x\r\nconstructor: y\r\nZ: a  b\tc\r\nQ: \xa0é\xa0\r\n',
    );
  });

  it.each(['X : 1', ' X: 1', '\tX: 1', ': 1', 'X', 'X\x00: 1', 'X: \x00', 'X: \x7f', 'X: a\rb', 'X: a\nb', 'X(: 1', 'X\xe9: 1', '"X": 1', 'X: 1\r\n 2'])('refuses %j', (line) => {
    expect(status(get('/', 'Host: ok.test', line))).toBe(400);
  });

  it('every byte: exactly tchar in names, exactly VCHAR, blank, tab and obs-text in values', () => {
    for (let byte = 0; byte < 256; byte++) {
      const ch = String.fromCharCode(byte);
      const name = /[!#$%&'*+.^_`|~0-9A-Za-z-]/.test(ch);
      const value = byte === 9 || (byte >= 32 && byte !== 127);
      if (ch !== ':') expect([byte, status(get('/', 'Host: ok.test', `a${ch}b: 1`)) === null]).toEqual([byte, name]);
      expect([byte, status(get('/', 'Host: ok.test', `a: 1${ch}2`)) === null]).toEqual([byte, value]);
    }
  });

  it('two Proxy-Authorization are two people', () => expect(status(get('http://a.test/', 'Host: a.test', 'Proxy-Authorization: a', 'Proxy-Authorization: b'))).toBe(400));
});

describe('connection, expectation, upgrade', () => {
  it.each([
    ['GET / HTTP/1.1', [], true],
    ['GET / HTTP/1.1', ['Connection: close'], false],
    ['GET / HTTP/1.1', ['Connection: keep-alive', 'Connection: foo, Close'], false],
    ['GET / HTTP/1.1', ['Proxy-Connection: Close'], false],
    ['GET / HTTP/1.0', [], false],
    ['GET / HTTP/1.0', ['Connection: Keep-Alive'], true],
    ['GET / HTTP/1.0', ['Proxy-Connection: keep-alive'], false],
  ])('%s %j keeps the client connection: %s', (line, fields, want) => {
    expect(accepted([line, 'Host: ok.test', ...fields, '', ''].join('\r\n')).keepAlive).toBe(want);
  });

  it('Expect: only 100-continue, only with a body, only in 1.1', () => {
    const post = (version: string, ...fields: string[]): string => [`POST / HTTP/${version}`, 'Host: ok.test', ...fields, '', ''].join('\r\n');
    expect(accepted(post('1.1', 'Content-Length: 1', 'Expect: 100-Continue')).expectContinue).toBe(true);
    expect(written(post('1.1', 'Content-Length: 1', 'Expect: 100-Continue'))).toContain('\r\nExpect: 100-continue\r\n');
    expect(accepted(post('1.1', 'Expect: 100-continue')).expectContinue).toBe(false);
    expect(accepted(post('1.0', 'Content-Length: 1', 'Expect: 100-continue')).expectContinue).toBe(false);
    for (const expectation of ['200-ok', '', '100-continue, 100-continue']) expect(status(post('1.1', 'Content-Length: 1', `Expect: ${expectation}`))).toBe(417);
    expect(status(post('1.1', 'Content-Length: 1', 'Expect: 100-continue', 'Expect: 100-continue'))).toBe(417);
  });

  it('a WebSocket is asked for with GET, 1.1, no body, and that one protocol', () => {
    const ask = ['Host: ok.test', 'Connection: keep-alive, Upgrade', 'Upgrade: WebSocket', 'Sec-WebSocket-Key: x'];
    const head = accepted(get('/chat', ...ask));
    expect(head.upgrade).toBe('websocket');
    expect(serialiseRequest(head, { via: '', toParent: false })).toBe('GET /chat HTTP/1.1\r\nHost: ok.test\r\nSec-WebSocket-Key: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n');
    expect(accepted(get('/', 'Host: ok.test', 'Upgrade: websocket')).upgrade).toBeNull();
    expect(accepted(get('/', 'Host: ok.test', 'Connection: upgrade', 'Upgrade: h2c, websocket')).upgrade).toBeNull();
    expect(accepted(get('/', 'Host: ok.test', 'Connection: upgrade', 'Upgrade: websocket', 'Upgrade: websocket')).upgrade).toBeNull();
    expect(accepted(get('/', 'Host: ok.test', 'Connection: upgrade', 'Upgrade: websocket/13')).upgrade).toBeNull();
    expect(accepted(['GET / HTTP/1.0', ...ask, '', ''].join('\r\n')).upgrade).toBeNull();
    expect(accepted(['POST / HTTP/1.1', ...ask, '', ''].join('\r\n')).upgrade).toBeNull();
    expect(status(get('/', ...ask, 'Content-Length: 5'))).toBe(400);
    expect(status(get('/', ...ask, 'Transfer-Encoding: chunked'))).toBe(400);
    expect(written(get('/', 'Host: ok.test', 'Connection: Upgrade, HTTP2-Settings', 'Upgrade: h2c', 'HTTP2-Settings: A'))).toBe('GET / HTTP/1.1\r\nHost: ok.test\r\nConnection: keep-alive\r\n\r\n');
  });
});

describe('limits', () => {
  const small = { maxHeadBytes: 200, maxHeaders: 3, maxTargetBytes: 50 };
  it('hold at the byte, and before the head is complete', () => {
    const target = (n: number): string => `/${'a'.repeat(n - 1)}`;
    expect(status(get(target(50), 'Host: a'), 'explicit', small)).toBeNull();
    expect(status(get(target(51), 'Host: a'), 'explicit', small)).toBe(414);
    expect(status(`GET ${target(51)}`, 'explicit', small)).toBe(414);
    expect(status(get('/', 'Host: a', 'b: 1', 'c: 1'), 'explicit', small)).toBeNull();
    expect(status(get('/', 'Host: a', 'b: 1', 'c: 1', 'd: 1'), 'explicit', small)).toBe(431);
    const head = get('/', 'Host: a', `b: ${'c'.repeat(170)}`);
    expect(status(head, 'explicit', { ...small, maxHeadBytes: head.length })).toBeNull();
    expect(status(head, 'explicit', { ...small, maxHeadBytes: head.length - 1 })).toBe(431);
    expect(status(head.slice(0, 200), 'explicit', small)).toBe(431);
    expect(read(head.slice(0, 150), 'explicit', small)).toBeNull();
  });

  it('reads nothing outside [start, end)', () => {
    const bytes = Buffer.from(`xx${get('/', 'Host: ok.test')}GET /evil`);
    const head = readRequestHead(bytes, 2, bytes.length, 'explicit', LIMITS);
    expect(head).toMatchObject({ host: 'ok.test', bytes: bytes.length - 11 });
    expect(readRequestHead(bytes, 2, bytes.length - 10, 'explicit', LIMITS)).toBeNull();
  });

  it('a verdict holds nothing of the input', () => {
    for (const text of [get('http://secret@secret.test/', 'Host: a'), get('/', 'Host: secret secret'), get('/', 'Host: a', 'secret')]) {
      expect(JSON.stringify(read(text))).not.toContain('secret');
    }
  });
});

describe('to a parent proxy', () => {
  const write = (text: string): string => serialiseRequest(accepted(text), { via: '1.1 id', toParent: true, keepAlive: false });
  it('absolute-form, with our Via', () => {
    expect(write(get('http://ok.test/a', 'Host: ok.test'))).toBe('GET http://ok.test/a HTTP/1.1\r\nHost: ok.test\r\nVia: 1.1 id\r\nConnection: close\r\n\r\n');
    expect(write(get('http://[2001:db8::1]:81/', 'Host: [2001:db8::1]:81'))).toMatch(/^GET http:\/\/\[2001:db8::1\]:81\/ HTTP\/1\.1\r\nHost: \[2001:db8::1\]:81\r\n/);
    expect(write('OPTIONS http://ok.test HTTP/1.1\r\nHost: ok.test\r\n\r\n')).toMatch(/^OPTIONS http:\/\/ok\.test HTTP\/1\.1\r\n/);
    expect(write('CONNECT ok.test:443 HTTP/1.1\r\nHost: ok.test\r\n\r\n')).toMatch(/^CONNECT ok\.test:443 HTTP\/1\.1\r\nHost: ok\.test:443\r\n/);
  });
});
