/** The 98 strict vectors and the smuggling families of security.md §2.9 against the wire grammar: the verdict named there, and no parser that reads our output otherwise. */
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { llhttpCases } from '../support/llhttp-cases.js';
import { createNodeReader } from '../support/node-reader.js';
import { sharedData } from '../support/shared-data.js';
import { readAll, valuesOf } from '../support/strict-oracle.js';
import { forward } from '../support/wire-forward.js';
import type { Forwarded } from '../support/wire-forward.js';

interface Vector {
  readonly id: string;
  readonly bytes_base64: string;
  readonly expected: string;
}

const path = sharedData('vectors', 'http', 'strict-vectors.json');
const vectors = path === null ? [] : (JSON.parse(readFileSync(path, 'utf8')) as Vector[]);
const payloads = sharedData('vectors', 'http', 'request-smuggling-payloads.json');

/** Status the vector wants, or null: read as a request (what then happens to it is policy). */
function wanted(expected: string): number | null {
  const status = /^(?:reject )?(4\d\d|5\d\d)\b/.exec(expected)?.[1];
  // 403 is policy's answer to a well-formed request.
  return status === undefined || status === '403' ? null : Number(status);
}

const node = createNodeReader();
afterAll(() => node.close());

/** Every request we would forward is read by two other parsers as exactly that request. */
async function agree(result: Forwarded): Promise<void> {
  for (const [i, sent] of result.sent.entries()) {
    const head = result.heads[i];
    const body = result.bodies[i];
    if (head === undefined || body === undefined || head.form === 'authority') continue;
    const oracle = readAll(sent);
    expect(oracle.stopped).toBeNull();
    expect(oracle.requests).toHaveLength(1);
    const seen = oracle.requests[0];
    if (seen === undefined) return;
    expect(seen.method).toBe(head.method);
    expect(seen.target).toBe(head.path);
    expect(seen.body.equals(body)).toBe(true);
    expect(seen.framing).toBe(head.body);
    expect(valuesOf(seen, 'host')).toEqual([head.port === 80 ? hostText(head.host) : `${hostText(head.host)}:${head.port}`]);

    const { requests, refused } = await node.read(sent);
    expect(refused).toBe(false);
    expect(requests).toHaveLength(1);
    const other = requests[0];
    if (other === undefined) return;
    expect(other.method).toBe(head.method);
    expect(other.target).toBe(head.path);
    expect(other.body.equals(body)).toBe(true);
    expect(other.rawHeaders.map((text, n) => (n % 2 === 0 ? text.toLowerCase() : text))).toEqual(seen.fields.flat());

    // Reading our own output gives the same bytes again. (A path that starts with `//` is refused in origin-form.)
    if (head.path.startsWith('//')) continue;
    const again = forward(sent, 'transparent');
    expect(again.status).toBeNull();
    expect(Buffer.concat(again.sent).equals(sent)).toBe(true);
  }
}

const hostText = (host: string): string => (host.includes(':') ? `[${host}]` : host);

describe.skipIf(path === null)('strict vectors', () => {
  it('are all there', () => expect(vectors.length).toBeGreaterThanOrEqual(98));

  for (const vector of vectors) {
    const bytes = Buffer.from(vector.bytes_base64, 'base64');
    it(`${vector.id}: ${vector.expected}`, async () => {
      const result = forward(bytes, 'explicit');
      expect(result.status).toBe(wanted(vector.expected));
      if (result.status === null) expect(result.heads.length).toBeGreaterThan(0);
      // A fault in the head means that nothing was read as a request; a fault in the body comes after the head alone.
      else expect(result.sent).toHaveLength(0);
      await agree(result);
    });

    it(`${vector.id}: the verdict does not depend on where the network cuts`, () => {
      const whole = forward(bytes, 'explicit');
      for (let cut = 1; cut < Math.min(bytes.length, 1_500); cut++) {
        const part = forward(bytes.subarray(0, cut), 'explicit');
        if (part.status !== null) expect([part.status, part.detail]).toEqual([whole.status, whole.detail]);
        expect(part.sent.length).toBeLessThanOrEqual(whole.sent.length);
      }
    });
  }

  it('transparent: same verdicts, but no CONNECT and no other proxy’s absolute-form', () => {
    for (const vector of vectors) {
      const result = forward(Buffer.from(vector.bytes_base64, 'base64'), 'transparent');
      const connect = vector.id.startsWith('CONNECT');
      const foreign = vector.id === 'two-host-abs' || vector.id === 'http10';
      expect([vector.id, result.status]).toEqual([vector.id, connect || foreign ? 400 : wanted(vector.expected)]);
    }
  });
});

/** Field lines in the place of framing, after PortSwigger's names; `null`: forwarded, and then both other parsers must agree. */
const FAMILIES: readonly (readonly [string, string, number | null])[] = [
  ['0dsuffix', 'Transfer-Encoding: chunked\r', 400],
  ['0dspam', 'Transfer\r-Encoding: chunked', 400],
  ['0dwrap', 'Foo: bar\r\n\rTransfer-Encoding: chunked', 400],
  ['linewrapped1', 'Transfer-Encoding:\n chunked', 400],
  ['linewrapped2', 'Transfer-Encoding:\r\n chunked', 400],
  ['nameprefix1', 'Foo: bar\r\n Transfer-Encoding: chunked', 400],
  ['nameprefix2', 'Foo: bar\r\n\tTransfer-Encoding: chunked', 400],
  ['valueprefix1', 'Transfer-Encoding:  chunked', null],
  ['nospace1', 'Transfer-Encoding:chunked', null],
  ['tabprefix1', 'Transfer-Encoding:\tchunked', null],
  ['tabsuffix', 'Transfer-Encoding: chunked\t', null],
  ['vertprefix1', 'Transfer-Encoding:\x0bchunked', 400],
  ['vertwrap', 'Transfer-Encoding: \n\x0bchunked', 400],
  ['tabwrap', 'Transfer-Encoding: \n\tchunked', 400],
  ['spjunk', 'Transfer-Encoding x: chunked', 400],
  ['spacejoin', 'Transfer Encoding: chunked', 400],
  ['underjoin', 'Transfer_Encoding: chunked', 400],
  ['underjoin-length', 'Content_Length: 5', 400],
  ['backslash', 'Transfer\\Encoding: chunked', 400],
  ['namesplit', 'Transfer-\r\nEncoding: chunked', 400],
  ['nel', 'Transfer-Encoding: \x85chunked', 400],
  ['nbsp', 'Transfer-Encoding: \xa0chunked', 400],
  ['shy', 'Transfer-Encoding: \xadchunked', 400],
  ['accent-name', 'Transf\x82r-Encoding: chunked', 400],
  ['multiCase', 'TrAnSFer-EnCODinG: cHuNkeD', null],
  ['UPPERCASE', 'TRANSFER-ENCODING: CHUNKED', null],
  ['comma-prefix', 'Transfer-Encoding: ,chunked', 400],
  ['comma-suffix', 'Transfer-Encoding: chunked,', 400],
  ['commaCow', 'Transfer-Encoding: chunked, identity', 400],
  ['cowComma', 'Transfer-Encoding: identity, chunked', 400],
  ['gzip-first', 'Transfer-Encoding: gzip, chunked', 501],
  ['param', 'Transfer-Encoding: chunked;q=1', 400],
  ['empty-te', 'Transfer-Encoding:', 400],
  ['CL-dec', 'Content-Length: 5.0', 400],
  ['CL-e', 'Content-Length: 5e0', 400],
  ['CL-commaprefix', 'Content-Length: ,5', 400],
  ['CL-commasuffix', 'Content-Length: 5,', 400],
  ['CL-pad', 'Content-Length: 05', 400],
  ['CL-bigpad', `Content-Length: ${'0'.repeat(60)}5`, 400],
  ['CL-hex', 'Content-Length: 0x5', 400],
  ['CL-inner-space', 'Content-Length: 1 0', 400],
  ['CL-arabic', 'Content-Length: \xd9\xa5', 400],
  ['CL-max', 'Content-Length: 9007199254740991', null],
  ['CL-over-max', 'Content-Length: 9007199254740992', 400],
  ['CL-expect', 'Content-Length: 5\r\nExpect: 100-continue', null],
  ['hop-by-hop', 'Content-Length: 5\r\nConnection: Content-Length, Host, Transfer-Encoding', null],
  ['dual-content', 'Content-Length: 5\r\nContent-Length: 5', 400],
  ['dual-te', 'Transfer-Encoding: chunked\r\nTransfer-Encoding: identity', 400],
  ['te-then-cl', 'Transfer-Encoding: chunked\r\nContent-Length: 5', 400],
];

describe('smuggling families', () => {
  for (const [name, line, status] of FAMILIES) {
    const chunked = /chunked/i.test(line);
    it(`${name}: ${status ?? 'forwarded'}`, async () => {
      const canary = 'GET /canary HTTP/1.1\r\nHost: blocked.test\r\n\r\n';
      const bytes = Buffer.from(`POST / HTTP/1.1\r\nHost: ok.test\r\n${line}\r\n\r\n${chunked ? '5\r\nhello\r\n0\r\n\r\n' : 'hello'}${canary}`, 'latin1');
      const result = forward(bytes);
      expect(result.status).toBe(status);
      await agree(result);
      if (status !== null) {
        expect(result.heads).toHaveLength(0);
      } else if (!name.endsWith('max') && !name.startsWith('hop')) {
        // The canary is a request of its own, with its own host for policy to judge.
        expect(result.heads.map((head) => head.host)).toEqual(['ok.test', 'blocked.test']);
        expect(result.bodies[0]?.toString()).toBe('hello');
      }
    });
  }

  it('a Connection field never takes framing or Host away', () => {
    const bytes = Buffer.from('POST / HTTP/1.1\r\nHost: ok.test\r\nContent-Length: 5\r\nX-Role: a\r\nConnection: Content-Length, host, X-Role\r\n\r\nhello');
    const [sent] = forward(bytes).sent;
    expect(sent?.toString()).toBe('POST / HTTP/1.1\r\nHost: ok.test\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhello');
  });
});

describe.skipIf(payloads === null)('http-request-smuggling payloads', () => {
  interface Payload {
    readonly type: string;
    readonly content_length_key: string;
    readonly transfer_encoding: { readonly te_key: string; readonly te_value: string };
  }
  const { permute } = payloads === null ? { permute: [] } : (JSON.parse(readFileSync(payloads, 'utf8')) as { permute: Payload[] });
  const plain = (text: string): string => text.replaceAll(/\\x([0-9A-F]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))).replaceAll('\\r', '\r').replaceAll('[space here]', ' ');

  for (const payload of permute) {
    it(`${payload.type}: with a length beside it no two readings`, async () => {
      const te = plain(payload.transfer_encoding.te_key) + plain(payload.transfer_encoding.te_value);
      const bytes = Buffer.from(`POST / HTTP/1.1\r\nHost: ok.test\r\n${te}\r\n${payload.content_length_key} 5\r\n\r\n0\r\n\r\nG`, 'latin1');
      const result = forward(bytes);
      await agree(result);
      // Content-Encoding is no framing; everything else beside a length is refused.
      expect(result.status).toBe(payload.type === 'contentEnc' || payload.type === 'accentCH' ? null : 400);
    });
  }
});

const llhttp = sharedData('vectors', 'http', 'llhttp-test-md.tar.gz');
describe.skipIf(llhttp === null)('llhttp’s own cases', () => {
  const cases = llhttp === null ? [] : llhttpCases(llhttp, 'request');
  it('none is read by Node otherwise than by us, and many are refused here', async () => {
    expect(cases.length).toBeGreaterThan(150);
    let sent = 0;
    let refused = 0;
    // Most of them name no host: with one put in, they get as far as their point.
    for (const bytes of cases.flatMap((one) => [one, withHost(one)])) {
      const result = forward(bytes);
      sent += result.sent.length;
      if (result.status !== null) refused++;
      await agree(result);
    }
    expect(sent).toBeGreaterThan(50);
    expect(refused).toBeGreaterThan(100);
  });
});

function withHost(bytes: Buffer): Buffer {
  const text = bytes.toString('latin1');
  return /^host:/im.test(text) ? bytes : Buffer.from(text.replace('\r\n', '\r\nHost: ok.test\r\n'), 'latin1');
}
