/** The ClientHello reader: real hellos cut everywhere, and what is none (security.md §2.2, T1–T15). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createHelloReader } from '../../src/proxy/client-hello.js';
import type { HelloResult } from '../../src/proxy/client-hello.js';
import { helloBytes } from '../support/hello-bytes.js';
import { sharedData } from '../support/shared-data.js';

const CAP = 16_384;

function read(...chunks: Buffer[]): HelloResult {
  const reader = createHelloReader(CAP);
  let result: HelloResult = { state: 'more' };
  for (const chunk of chunks) result = reader.push(chunk);
  return result;
}
const bad = (reason: 'not-tls' | 'malformed' | 'too-big'): HelloResult => ({ state: 'bad', reason });

/** The same handshake bytes in records of another size. */
function rerecord(bytes: Buffer, size: number): Buffer {
  const message: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += 5 + bytes.readUInt16BE(at + 3)) message.push(bytes.subarray(at + 5, at + 5 + bytes.readUInt16BE(at + 3)));
  const all = Buffer.concat(message);
  const out: Buffer[] = [];
  for (let at = 0; at < all.length; at += size) {
    const part = all.subarray(at, at + size);
    out.push(Buffer.from([0x16, 3, 1, part.length >> 8, part.length & 255]), part);
  }
  return Buffer.concat(out);
}

const folder = sharedData('vectors', 'tls', 'clienthello');
const rows = folder === null ? [] : readFileSync(join(folder, 'index.tsv'), 'utf8').trimEnd().split('\n').slice(1).map((line) => line.split('\t'));

describe.skipIf(folder === null)('real ClientHellos', () => {
  it('are all there', () => expect(rows.length).toBeGreaterThanOrEqual(128));

  it('are read with the name, ALPN, versions and ECH that the index names', () => {
    for (const row of rows) {
      const [file = '', , , , legacy = '', versions = '', sni = '', alpn = '', , , , ech = ''] = row;
      const want = versions === '' ? [Number(legacy)] : versions.split('|').filter((v) => !/^(.a)\1$/.test(v)).map((v) => Number.parseInt(v, 16));
      const result = read(readFileSync(join(folder ?? '', file)));
      expect([file, result.state]).toEqual([file, 'hello']);
      if (result.state !== 'hello') continue;
      expect([file, result.sni, result.alpn.length, result.ech, result.versions]).toEqual([file, sni === '' ? null : sni, alpn === '' ? 0 : alpn.split('|').length, ech === '1', want]);
      // Names of plain ASCII; GREASE protocols are given in hexadecimal there.
      if (/^[a-z0-9|/.]+$/.test(alpn) && !/\b.a.d\b/.test(alpn)) expect(result.alpn.join('|')).toBe(alpn);
    }
  });

  it('cut at every byte, they read the same', () => {
    for (const [file = ''] of rows) {
      const bytes = readFileSync(join(folder ?? '', file));
      const whole = read(bytes);
      for (let cut = 1; cut < bytes.length; cut++) {
        const reader = createHelloReader(CAP);
        const first = reader.push(bytes.subarray(0, cut));
        if (first.state !== 'more') throw new Error(`${file} cut at ${cut}: ${first.state}`);
        const second = reader.push(bytes.subarray(cut));
        if (JSON.stringify(second) !== JSON.stringify(whole)) throw new Error(`${file} cut at ${cut}`);
      }
    }
  });

  it('one byte a time and in records of any size, they read the same; the replay is what came', () => {
    for (const [file = ''] of rows) {
      const bytes = readFileSync(join(folder ?? '', file));
      const whole = read(bytes);
      expect(read(...Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(whole);
      for (const size of [1, 2, 3, 4, 5, 7, 64, 500, 1_400]) {
        const cut = rerecord(bytes, size);
        // Six bytes on the wire for one of the hello: the longest ones then pass the cap.
        expect([file, size, read(cut)]).toEqual([file, size, cut.length > CAP ? bad('too-big') : whole]);
      }
      const reader = createHelloReader(CAP);
      const parts = [bytes.subarray(0, 3), bytes.subarray(3, 99), bytes.subarray(99)];
      for (const part of parts) reader.push(part);
      expect(Buffer.concat(reader.bytes()).equals(bytes)).toBe(true);
      expect(reader.bytes()).toEqual(parts);
    }
  });
});

describe('server_name', () => {
  const sni = (name: string): string | null | HelloResult => {
    const result = read(helloBytes({ sni: name }));
    return result.state === 'hello' ? result.sni : result;
  };
  it('is folded to the one spelling', () => {
    expect(sni('BLOCKED.Test')).toBe('blocked.test');
    expect(sni('blocked.test.')).toBe('blocked.test');
    expect(sni('b_locked.test')).toBe('b_locked.test');
    expect(sni('xn--ting-hv5a.vn')).toBe('xn--ting-hv5a.vn');
    expect(sni(`${'a'.repeat(63)}.${'b'.repeat(63)}.${'c'.repeat(63)}.${'d'.repeat(61)}`)).toHaveLength(253);
  });
  it.each([
    'blocked.test\0.ok.test', 'blocked.test..', '.test', 'a..b', '', ' ', '*.test', 'a b.test', 'ok.test:443', 'ok.test,evil.test', 'a@b.test', 'ok%2etest', 'tiếng.vn', '\xe9.test',
    'xn--zzzzzz--.test', `${'a'.repeat(64)}.test`, `${'a.'.repeat(126)}bc`, '1.2.3.4', '127.1', '2130706433', '0x7f.1', '[::1]', '::1', 'ok.test\n', 'ok.test\r', '-a.test', 'a\\b.test',
  ])('%j is malformed', (name) => expect(sni(name)).toEqual(bad('malformed')));

  it('absent: null, and the rest is read', () => expect(read(helloBytes({ sni: null, alpn: ['http/1.1'] }))).toMatchObject({ state: 'hello', sni: null, alpn: ['http/1.1'] }));
});

const u16 = (n: number): Buffer => Buffer.from([n >> 8, n & 255]);
const block16 = (body: Buffer): Buffer => Buffer.concat([u16(body.length), body]);
const extension = (type: number, body: Buffer): Buffer => Buffer.concat([u16(type), block16(body)]);
const name = (host: string, type = 0): Buffer => Buffer.concat([Buffer.from([type]), block16(Buffer.from(host, 'latin1'))]);
const serverName = (...names: Buffer[]): Buffer => extension(0, block16(Buffer.concat(names)));
const record = (body: Buffer, type = 22, major = 3): Buffer => Buffer.concat([Buffer.from([type, major, 1]), block16(body)]);
const handshake = (body: Buffer, type = 1, length = body.length): Buffer => Buffer.concat([Buffer.from([type, length >> 16, (length >> 8) & 255, length & 255]), body]);

/** A hello body with the given extension block (null: none at all). */
function body(extensions: Buffer | null, over: { session?: number; ciphers?: Buffer; compression?: Buffer } = {}): Buffer {
  const session = over.session ?? 0;
  return Buffer.concat([
    u16(0x0303), Buffer.alloc(32, 1), Buffer.from([session]), Buffer.alloc(session),
    block16(over.ciphers ?? u16(0x1301)), over.compression ?? Buffer.from([1, 0]), ...(extensions === null ? [] : [block16(extensions)]),
  ]);
}
const hello = (...extensions: Buffer[]): Buffer => record(handshake(body(Buffer.concat(extensions))));

describe('structure', () => {
  it('what is well formed', () => {
    expect(read(hello(serverName(name('a.test'))))).toEqual({ state: 'hello', sni: 'a.test', alpn: [], ech: false, versions: [0x0303] });
    expect(read(record(handshake(body(null))))).toMatchObject({ state: 'hello', sni: null });
    expect(read(record(handshake(body(Buffer.alloc(0)))))).toMatchObject({ state: 'hello', sni: null });
    expect(read(hello(extension(0xfe0d, Buffer.alloc(9))))).toMatchObject({ ech: true });
    expect(read(hello(extension(0xffce, Buffer.alloc(9))))).toMatchObject({ ech: true });
    expect(read(hello(extension(43, Buffer.from([6, 0x6a, 0x6a, 3, 4, 3, 3]))))).toMatchObject({ versions: [0x0304, 0x0303] });
    expect(read(helloBytes({ alpn: ['dot', 'h2'] }))).toMatchObject({ alpn: ['dot', 'h2'] });
  });

  it.each([
    ['two names', hello(serverName(name('a.test'), name('b.test')))],
    ['name_type 1', hello(serverName(name('a.test', 1)))],
    ['a second entry of another type', hello(serverName(name('a.test'), name('b.test', 1)))],
    ['an empty list', hello(extension(0, u16(0)))],
    ['an empty extension', hello(extension(0, Buffer.alloc(0)))],
    ['list longer than the extension', hello(extension(0, Buffer.concat([u16(99), name('a.test')])))],
    ['bytes after the list', hello(extension(0, Buffer.concat([block16(name('a.test')), Buffer.from([0])])))],
    ['name longer than the list', hello(extension(0, block16(Buffer.concat([Buffer.from([0]), u16(50), Buffer.from('a.test')]))))],
    ['server_name twice', hello(serverName(name('a.test')), serverName(name('a.test')))],
    ['any extension twice', hello(extension(21, Buffer.alloc(1)), extension(21, Buffer.alloc(1)))],
    ['an extension beyond the end', hello(Buffer.concat([u16(21), u16(9), Buffer.alloc(3)]))],
    ['a cut extension header', hello(Buffer.from([0, 21, 0]))],
    ['extensions shorter than said', record(handshake(Buffer.concat([body(null), u16(9), Buffer.alloc(4)])))],
    ['bytes after the extensions', record(handshake(Buffer.concat([body(extension(21, Buffer.alloc(1))), Buffer.alloc(2)])))],
    ['half an extension length', record(handshake(Buffer.concat([body(null), Buffer.from([0])])))],
    ['a session id of 33', record(handshake(body(null, { session: 33 })))],
    ['no cipher suites', record(handshake(body(null, { ciphers: Buffer.alloc(0) })))],
    ['half a cipher suite', record(handshake(body(null, { ciphers: Buffer.alloc(3) })))],
    ['no compression method', record(handshake(body(null, { compression: Buffer.from([0]) })))],
    ['compression beyond the end', record(handshake(body(null, { compression: Buffer.from([9, 0]) })))],
    ['a hello of 40 bytes', record(handshake(Buffer.alloc(40)))],
    ['an empty ALPN name', hello(extension(16, block16(Buffer.from([0]))))],
    ['an ALPN name beyond the end', hello(extension(16, block16(Buffer.from([9, 0x61]))))],
    ['an empty ALPN list', hello(extension(16, u16(0)))],
    ['odd supported_versions', hello(extension(43, Buffer.from([3, 3, 4, 3])))],
    ['no supported_versions', hello(extension(43, Buffer.from([0])))],
    ['another handshake message of the same shape', record(handshake(body(null), 2))],
    ['a message after the hello in its record', record(Buffer.concat([handshake(body(null)), handshake(body(null))]))],
    ['an empty record first', Buffer.concat([record(Buffer.alloc(0)), record(handshake(body(null)))])],
    ['an empty record inside', Buffer.concat([record(handshake(body(null)).subarray(0, 20)), record(Buffer.alloc(0))])],
    ['another record type inside', Buffer.concat([record(handshake(body(null)).subarray(0, 20)), record(handshake(body(null)).subarray(20), 23)])],
    ['a record over 2^14', Buffer.concat([Buffer.from([22, 3, 1]), u16(16_385)])],
  ])('%s: malformed', (_what, bytes) => {
    expect(read(bytes)).toEqual(bad('malformed'));
    expect(read(...Array.from(bytes, (byte) => Buffer.from([byte])))).toEqual(bad('malformed'));
  });

  it('every truncation of the lengths inside is malformed, never a throw', () => {
    const whole = handshake(body(Buffer.concat([serverName(name('a.test')), extension(16, block16(Buffer.from([2, 0x68, 0x32]))), extension(43, Buffer.from([2, 3, 4]))])));
    const inner = whole.subarray(4);
    for (let cut = 0; cut < inner.length; cut++) {
      // After the compression methods a hello may end: then it has no extensions.
      const want = cut === 41 ? { state: 'hello', sni: null } : bad('malformed');
      expect([cut, read(record(handshake(inner.subarray(0, cut))))]).toMatchObject([cut, want]);
    }
  });
});

describe('size and what is no TLS', () => {
  it('over the cap: said as soon as it is known', () => {
    expect(read(helloBytes({ padding: 17_000 }))).toEqual(bad('too-big'));
    expect(read(Buffer.from([22, 3, 1, 0x40, 0, 1, 1, 0, 0]))).toEqual(bad('too-big'));
    expect(read(helloBytes({ padding: 15_000 }))).toMatchObject({ state: 'hello', sni: 'a.test' });
    expect(read(helloBytes({ padding: 4_000, recordBytes: 1 }))).toEqual(bad('too-big'));
  });

  it('a hello with early data behind it in one segment is a hello; all of it is replayed', () => {
    const reader = createHelloReader(CAP);
    const chunk = Buffer.concat([helloBytes(), record(Buffer.from([1]), 20), record(Buffer.alloc(20_000 - 4_000), 23)]);
    expect(reader.push(chunk)).toMatchObject({ state: 'hello', sni: 'a.test' });
    expect(reader.push(Buffer.from('later'))).toMatchObject({ state: 'hello', sni: 'a.test' });
    expect(Buffer.concat(reader.bytes()).length).toBe(chunk.length + 5);
  });

  it.each([
    ['HTTP', 'GET / HTTP/1.1\r\n\r\n'],
    ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['SMTP', 'EHLO a\r\n'],
    ['BitTorrent', '\x13BitTorrent protocol'],
    ['SSLv2 hello', '\x80\x2e\x01\x03\x01\x00\x15\x00\x00\x00\x10'],
    ['DTLS', '\x16\xfe\xfd\x00\x00\x00\x00\x00\x00\x00\x00'],
    ['OpenVPN over TCP', '\x00\x0e\x38\x01\x02\x03'],
    ['WireGuard', '\x01\x00\x00\x00\x01\x02'],
    ['application data', '\x17\x03\x03\x00\x10'],
    ['alert', '\x15\x03\x01\x00\x02\x02\x28'],
  ])('%s is not TLS, seen at the first bytes', (_what, text) => {
    const bytes = Buffer.from(text, 'latin1');
    expect(read(bytes)).toEqual(bad('not-tls'));
    expect(read(bytes.subarray(0, 2))).toEqual(bad('not-tls'));
  });

  it('an empty push waits', () => expect(read(Buffer.alloc(0))).toEqual({ state: 'more' }));
});
