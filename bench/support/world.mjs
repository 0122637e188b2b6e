/**
 * The same small world for every proxy under test: allowed hosts that lead to our origin, a block list, a browser's request
 * head, real ClientHellos. Refuses to know any proxy.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import tls from 'node:tls';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { work } from './machine.mjs';

export const ALLOWED = Array.from({ length: 64 }, (_, i) => `m${i}.bench.example`);
/** Not on the list of 100,000: it stands first in the file that is imported, and is nobody's. */
export const BLOCKED = Array.from({ length: 64 }, (_, i) => `b${i}.blocked.example`);

const data = (name) => fileURLToPath(new URL(`../../../shared/data/combined/${name}`, import.meta.url));
export const bigList = existsSync(data('public.tsv.gz')) ? data('public.tsv.gz') : null;

/** Calls back for each host and its categories, cut from the bytes one at a time. */
export function eachHost(file, take) {
  const bytes = gunzipSync(readFileSync(file));
  for (let start = 0; start < bytes.length;) {
    const found = bytes.indexOf(10, start);
    const end = found < 0 ? bytes.length : found;
    const [host, categories = ''] = bytes.latin1Slice(start, end).split('\t');
    if (host !== '') take(host, categories);
    start = end + 1;
  }
}

/** One host a line. From the public list where it is at hand, else 100,000 made-up names of the same lengths. */
export function writeBlockList() {
  const hosts = new Set(BLOCKED);
  let source = 'made up';
  if (existsSync(data('public-100k.tsv.gz'))) {
    source = 'public-100k';
    eachHost(data('public-100k.tsv.gz'), (host) => hosts.add(host));
  } else {
    for (let i = 0; hosts.size < 100_000; i++) hosts.add(`${(i * 2_654_435_761 % 4_294_967_296).toString(36)}.site${i % 977}.example`);
  }
  const file = join(work, 'blocked.txt');
  writeFileSync(file, `${[...hosts].join('\n')}\n`);
  return { file, source, hosts };
}

/** What a browser sends through a proxy: about 460 bytes. */
export function browserHead(target, host) {
  return [
    `GET ${target} HTTP/1.1`,
    `Host: ${host}`,
    'Proxy-Connection: keep-alive',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    'Accept: image/avif,image/webp,image/apng,image/svg+xml,image/*,*/*;q=0.8',
    'Accept-Encoding: gzip, deflate',
    'Accept-Language: vi-VN,vi;q=0.9,en;q=0.8',
    'Cache-Control: no-cache',
    `Referer: http://${host}/bai-giang/`,
    '',
    '',
  ].join('\r\n');
}

/** The bytes OpenSSL would send to this host, caught at a dead end. */
export function recordHello(servername) {
  return new Promise((resolve, reject) => {
    const deadEnd = new Duplex({
      read() {},
      write(chunk, _encoding, done) {
        resolve(Buffer.from(chunk).toString('base64'));
        done();
        setImmediate(() => socket.destroy());
      },
    });
    const socket = tls.connect({ socket: deadEnd, servername, ALPNProtocols: ['h2', 'http/1.1'] });
    socket.on('error', reject);
  });
}
