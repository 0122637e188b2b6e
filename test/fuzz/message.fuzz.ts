/**
 * Mutated requests and responses: nothing throws, the verdict does not depend on segmentation, and every head we would send is read by two
 * other parsers (a strict one of ours, a sample by Node's) as exactly the requests we judged.
 */
import { readFileSync } from 'node:fs';
import { afterAll, expect, it } from 'vitest';
import { isWireFault, readRequestHead } from '../../src/proxy/message.js';
import { readResponseHead, serialiseResponse } from '../../src/proxy/response-message.js';
import { llhttpCases } from '../support/llhttp-cases.js';
import { createNodeReader } from '../support/node-reader.js';
import { FUZZ_SEED, fuzzCases, mutate, seeded } from '../support/seeded.js';
import { sharedData } from '../support/shared-data.js';
import { readAll, valuesOf } from '../support/strict-oracle.js';
import { LIMITS, forward } from '../support/wire-forward.js';
import type { Forwarded } from '../support/wire-forward.js';

/** Of the forwarded cases. */
const NODE_ONE_IN = 10;

const latin1 = (text: string): Buffer => Buffer.from(text, 'latin1');
const GOOD = [
  'GET http://ok.test/a?b HTTP/1.1\r\nHost: ok.test\r\nUser-Agent: x\r\nAccept: */*\r\nCookie: a=b; c=d\r\nConnection: keep-alive\r\n\r\n',
  'POST /form HTTP/1.1\r\nHost: ok.test:8080\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\nhello worldGET /canary HTTP/1.1\r\nHost: blocked.test\r\n\r\n',
  'POST /up HTTP/1.1\r\nHost: ok.test\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n5;a="b"\r\nhello\r\n0a\r\n0123456789\r\n0\r\nX-T: y\r\n\r\nGET /canary HTTP/1.1\r\nHost: blocked.test\r\n\r\n',
  'GET /chat HTTP/1.1\r\nHost: ok.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: x\r\n\r\n',
  'CONNECT ok.test:443 HTTP/1.1\r\nHost: ok.test:443\r\n\r\n',
  'OPTIONS http://[2001:db8::1]:81 HTTP/1.1\r\nHost: [2001:db8::1]:81\r\n\r\n',
  'GET http://ok.test/ HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET http://a.test/ HTTP/1.0\r\n\r\n',
].map(latin1);
const SEEDS = [...GOOD];
const path = sharedData('vectors', 'http', 'strict-vectors.json');
if (path !== null) {
  for (const vector of JSON.parse(readFileSync(path, 'utf8')) as { bytes_base64: string }[]) {
    const bytes = Buffer.from(vector.bytes_base64, 'base64');
    // The two size bombs would eat the time of ten thousand other cases.
    if (bytes.length < 4_096) SEEDS.push(bytes);
  }
}
const llhttp = sharedData('vectors', 'http', 'llhttp-test-md.tar.gz');
if (llhttp !== null) SEEDS.push(...llhttpCases(llhttp, 'request').filter((bytes) => bytes.length > 0 && bytes.length < 4_096));
const DICTIONARY = [
  '\r', '\n', '\r\n', '\r\n\r\n', ' ', '\t', '\0', ':', ': ', ',', ';', '#', '@', '\\', '/', '//', '%00', '\x0b', '\x7f', '\x80', '\xa0', '\xad', '"', '0', '1', 'a', '.', '..', '[', ']', '_', '-',
  'Content-Length: 5\r\n', 'Content-Length: 0\r\n', 'content-length:5\r\n', 'Transfer-Encoding: chunked\r\n', 'transfer-encoding:\tchunked\r\n', 'Transfer-Encoding: gzip, chunked\r\n',
  'Host: a.test\r\n', 'Host: b.test:81\r\n', 'Connection: close\r\n', 'Connection: keep-alive, host\r\n', 'Connection: upgrade\r\n', 'Upgrade: websocket\r\n', 'Expect: 100-continue\r\n', 'TE: trailers\r\n',
  'X:1\r\n', 'X: 1 \r\n', ' X: 1\r\n', 'GET /x HTTP/1.1\r\nHost: c.test\r\n\r\n', 'http://', 'HTTP/1.1', 'HTTP/1.0', 'HTTP/2.0', 'GET ', 'POST ', 'CONNECT ', 'OPTIONS ', '5\r\nhello\r\n', '0\r\n\r\n', '0\r\n', ';a=b',
].map(latin1);

const node = createNodeReader();
afterAll(() => node.close());

function fail(what: string, bytes: Buffer): never {
  throw new Error(`${what}: ${JSON.stringify(bytes.toString('latin1'))}`);
}

/** The requests an origin would get, as the strict oracle reads them. */
function judge(bytes: Buffer, result: Forwarded): Buffer {
  const upstream = result.sent.filter((_, i) => result.heads[i]?.form !== 'authority');
  const stream = Buffer.concat(upstream);
  const oracle = readAll(stream);
  if (oracle.stopped !== null || oracle.requests.length !== upstream.length) fail(`the oracle reads ${oracle.requests.length} of ${upstream.length} requests (${oracle.stopped})`, bytes);
  let n = 0;
  for (const [i, head] of result.heads.entries()) {
    if (head.form === 'authority' || i >= result.sent.length) continue;
    const seen = oracle.requests[n++];
    const name = head.host.includes(':') ? `[${head.host}]` : head.host;
    if (seen === undefined || seen.method !== head.method || seen.target !== head.path || seen.framing !== head.body) fail('another request than the one judged', bytes);
    if (valuesOf(seen, 'host').join() !== (head.port === 80 ? name : `${name}:${head.port}`)) fail('another host than the one judged', bytes);
    if (!seen.body.equals(result.bodies[i] as Buffer)) fail('another body', bytes);
    if (head.path.startsWith('//')) continue;
    const again = forward(result.sent[i] as Buffer, 'transparent');
    if (again.sent.length !== 1 || !(again.sent[0] as Buffer).equals(result.sent[i] as Buffer)) fail('reading what we wrote writes something else', bytes);
  }
  return stream;
}

it('requests', async () => {
  const random = seeded(FUZZ_SEED);
  const cases = fuzzCases(0.45);
  const seen = new Map<string, number>();
  let accepted = 0;
  let sampled = 0;
  for (let n = 0; n < cases; n++) {
    let bytes = random.pick(random.chance(4) ? SEEDS : GOOD);
    for (let m = random.int(3); m >= 0; m--) bytes = mutate(random, bytes, DICTIONARY, random.pick(SEEDS));
    const mode = random.chance(2) ? 'explicit' : 'transparent';
    const result = forward(bytes, mode);
    seen.set(result.detail, (seen.get(result.detail) ?? 0) + 1);
    accepted += result.sent.length;

    const cut = random.int(bytes.length + 1);
    const first = readRequestHead(bytes, 0, bytes.length, mode, LIMITS);
    const part = readRequestHead(bytes, 0, cut, mode, LIMITS);
    if (part !== null && JSON.stringify(part) !== JSON.stringify(first)) fail(`cut at ${cut} it is read otherwise`, bytes);

    if (result.sent.length === 0) continue;
    const stream = judge(bytes, result);
    if (stream.length === 0 || !random.chance(NODE_ONE_IN)) continue;
    sampled++;
    const { requests, refused } = await node.read(stream);
    const oracle = readAll(stream).requests;
    if (refused || requests.length !== oracle.length) fail(`Node reads ${requests.length} of ${oracle.length} requests`, bytes);
    for (const [i, request] of requests.entries()) {
      const other = oracle[i];
      if (other === undefined || request.method !== other.method || request.target !== other.target || !request.body.equals(other.body)) fail('Node reads another request', bytes);
      const fields = request.rawHeaders.map((text, f) => (f % 2 === 0 ? text.toLowerCase() : text));
      if (JSON.stringify(fields) !== JSON.stringify(other.fields.flat())) fail('Node reads other fields', bytes);
    }
  }
  console.info(`requests: ${cases} cases, ${accepted} forwarded, ${sampled} read by Node, ${seen.size} different verdicts`);
  // The fuzz is worth its time only while both roads are taken.
  expect(accepted).toBeGreaterThan(cases / 10);
  if (cases >= 20_000) {
    expect(sampled).toBeGreaterThan(accepted / NODE_ONE_IN / 4);
    expect(seen.size).toBeGreaterThan(22);
  }
});

const RESPONSES = [
  'HTTP/1.1 200 OK\r\nServer: a\r\nContent-Type: text/html\r\nContent-Length: 5\r\nConnection: keep-alive\r\nSet-Cookie: a=b\r\n\r\n',
  'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X\r\nAlt-Svc: h3=":443"\r\n\r\n',
  'HTTP/1.0 302 Found\r\nLocation: /x\r\n\r\n',
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
  'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\nContent-Length: 99\r\n\r\n',
  'HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n',
  'HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n',
].map(latin1);

const STATUS_LINE = /^HTTP\/1\.1 [1-9]\d\d [\t\x20-\x7e\x80-\xff]*$/;
const FIELD_LINE = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+: (?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;

it('responses', () => {
  const random = seeded(FUZZ_SEED + 1);
  const cases = fuzzCases(0.15);
  let accepted = 0;
  for (let n = 0; n < cases; n++) {
    let bytes = random.pick(RESPONSES);
    for (let m = random.int(4); m >= 0; m--) bytes = mutate(random, bytes, DICTIONARY, random.pick(RESPONSES));
    const method = random.pick(['GET', 'HEAD', 'POST']);
    const head = readResponseHead(bytes, 0, bytes.length, method, LIMITS);
    const part = readResponseHead(bytes, 0, random.int(bytes.length + 1), method, LIMITS);
    if (part !== null && JSON.stringify(part) !== JSON.stringify(head)) fail('cut, it is read otherwise', bytes);
    if (head === null || isWireFault(head)) continue;
    accepted++;
    const chunkedToClient = random.chance(2);
    const out = serialiseResponse(head, { via: '', keepAlive: true, chunkedToClient });
    const [line = '', ...fields] = out.slice(0, -4).split('\r\n');
    if (!out.endsWith('\r\n\r\n') || out.indexOf('\r\n\r\n') !== out.length - 4 || !STATUS_LINE.test(line) || !fields.every((field) => FIELD_LINE.test(field))) fail('not clean', bytes);
    const framing = fields.filter((field) => /^(content-length|transfer-encoding):/i.test(field));
    if (framing.length > 1 || fields.some((field) => /^(alt-svc|proxy-[^:]+|keep-alive|trailer):/i.test(field))) fail('framing', bytes);
    const again = readResponseHead(latin1(out), 0, out.length, method, LIMITS);
    if (again === null || isWireFault(again)) fail('we do not read what we wrote', bytes);
    const endless = head.body === 'chunked' || head.body === 'until-close';
    const want = endless ? (chunkedToClient ? 'chunked' : 'until-close') : head.body;
    if (again.status !== head.status || again.body !== want || (!endless && again.length !== head.length) || again.lines !== head.lines) fail('read again it is another response', bytes);
    if (serialiseResponse(again, { via: '', keepAlive: true, chunkedToClient }) !== out) fail('reading what we wrote writes something else', bytes);
  }
  console.info(`responses: ${cases} cases, ${accepted} accepted`);
  expect(accepted).toBeGreaterThan(cases / 10);
});
