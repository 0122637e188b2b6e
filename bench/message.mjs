// CPU ns per message: read + serialise of a browser's request head (about 460 bytes) and an origin's response head, a browser-sized
// ClientHello, and 64 KB of chunked body. Needs `npm run build`. BENCH_MAX_NS=2500 makes it fail when request read+serialise takes longer.
import { createChunkedReader } from '../dist/proxy/chunked.js';
import { createHelloReader } from '../dist/proxy/client-hello.js';
import { isWireFault, readRequestHead, serialiseRequest } from '../dist/proxy/message.js';
import { readResponseHead, serialiseResponse } from '../dist/proxy/response-message.js';

const limits = { maxHeadBytes: 32_768, maxHeaders: 128, maxTargetBytes: 8_192 };

const request = Buffer.from(
  [
    'GET http://lophoc.hanoiedu.vn/bai-giang/toan/lop-5/bai-12?trang=3&nguon=tim-kiem HTTP/1.1',
    'Host: lophoc.hanoiedu.vn',
    'Proxy-Connection: keep-alive',
    'User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
    'Accept: image/avif,image/webp,*/*;q=0.8',
    'Accept-Encoding: gzip, deflate',
    'Accept-Language: vi-VN,vi;q=0.9',
    'Cache-Control: no-cache',
    'Referer: http://lophoc.hanoiedu.vn/bai-giang/',
    '',
    '',
  ].join('\r\n'),
  'latin1',
);
const response = Buffer.from(
  [
    'HTTP/1.1 200 OK',
    'Server: nginx',
    'Date: Mon, 21 Sep 2026 01:00:00 GMT',
    'Content-Type: text/html; charset=utf-8',
    'Content-Length: 1024',
    'Last-Modified: Fri, 18 Sep 2026 08:00:00 GMT',
    'Connection: keep-alive',
    'ETag: "66ea8b80-400"',
    'Accept-Ranges: bytes',
    '',
    '',
  ].join('\r\n'),
  'latin1',
);

function measure(name, bytes, once, rounds = 5, perRound = 200_000) {
  let sink = 0;
  for (let i = 0; i < perRound; i++) sink += once();
  const times = [];
  for (let round = 0; round < rounds; round++) {
    // CPU time of this process, not wall time: other programs on the machine then matter less.
    const from = process.cpuUsage();
    for (let i = 0; i < perRound; i++) sink += once();
    times.push((process.cpuUsage(from).user * 1e3) / perRound);
  }
  times.sort((a, b) => a - b);
  const median = times[rounds >> 1];
  console.log(JSON.stringify({ bench: name, bytes, nsMedian: Math.round(median), nsMin: Math.round(times[0]), sink: sink % 7 }));
  return median;
}

// What a socket does with the string: one latin1 write into bytes. Measured with it, since ropes are only flattened there.
const out = Buffer.allocUnsafe(4_096);
const requestOptions = { via: '1.1 luytre', toParent: false, keepAlive: true };
const responseOptions = { via: '', keepAlive: true, chunkedToClient: true };
const read = () => {
  const head = readRequestHead(request, 0, request.length, 'explicit', limits);
  if (head === null || isWireFault(head)) throw new Error('the bench request was refused');
  return head;
};
const readBack = () => {
  const head = readResponseHead(response, 0, response.length, 'GET', limits);
  if (head === null || isWireFault(head)) throw new Error('the bench response was refused');
  return head;
};

measure('request read', request.length, () => read().bytes);
const total = measure('request read+serialise', request.length, () => out.latin1Write(serialiseRequest(read(), requestOptions), 0));
measure('response read', response.length, () => readBack().bytes);
measure('response read+serialise', response.length, () => out.latin1Write(serialiseResponse(readBack(), responseOptions), 0));

// A hello of a browser's size: server_name and a large key share, one record.
const name = Buffer.from('lophoc.hanoiedu.vn');
const u16 = (n) => Buffer.from([n >> 8, n & 255]);
const block = (bytes) => Buffer.concat([u16(bytes.length), bytes]);
const extensions = Buffer.concat([u16(0), block(block(Buffer.concat([Buffer.from([0]), block(name)]))), u16(51), block(Buffer.alloc(1_700))]);
const body = Buffer.concat([u16(0x0303), Buffer.alloc(32), Buffer.from([0]), block(u16(0x1301)), Buffer.from([1, 0]), block(extensions)]);
const hello = Buffer.concat([Buffer.from([22, 3, 1]), block(Buffer.concat([Buffer.from([1, 0]), u16(body.length), body]))]);
measure('ClientHello read', hello.length, () => (createHelloReader(16_384).push(hello).state === 'hello' ? 1 : 0), 5, 50_000);

const chunk = Buffer.concat([Buffer.from('2000\r\n'), Buffer.alloc(8_192, 0x61), Buffer.from('\r\n')]);
const chunks = Buffer.concat(new Array(8).fill(chunk));
const reader = createChunkedReader();
let pieces = 0;
const count = () => void pieces++;
measure('chunked pass 64 KB', chunks.length, () => reader.pass(chunks, 0, chunks.length, count).next & 1, 5, 50_000);
measure('chunked read 64 KB', chunks.length, () => reader.read(chunks, 0, chunks.length, count).next & 1, 5, 50_000);

const limit = Number(process.env.BENCH_MAX_NS ?? 0);
if (limit > 0 && total > limit) {
  console.error(`request read+serialise took ${Math.round(total)} ns, more than ${limit}`);
  process.exit(1);
}
