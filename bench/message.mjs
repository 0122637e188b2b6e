// CPU ns per head: read + serialise of a browser's request head (about 460 bytes) and of an origin's response head. Needs `npm run build`.
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

const limit = Number(process.env.BENCH_MAX_NS ?? 0);
if (limit > 0 && total > limit) {
  console.error(`request read+serialise took ${Math.round(total)} ns, more than ${limit}`);
  process.exit(1);
}
