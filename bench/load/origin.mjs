/**
 * The far side: an HTTP/1.1 origin and a server that speaks the byte pattern of TLS without the arithmetic, both as cheap as
 * Node allows, so that the proxy's core is the one that is full. Counts what it was asked, so that a proxy can't be quick by not asking.
 */
import net from 'node:net';
import tls from 'node:tls';
import { CLIENT_FINISH_BYTES, SERVER_ANSWER, SERVER_FLIGHT } from './shape.mjs';

function page(bytes) {
  const head = [
    'HTTP/1.1 200 OK',
    'Server: nginx',
    'Date: Mon, 21 Sep 2026 01:00:00 GMT',
    'Content-Type: text/html; charset=utf-8',
    `Content-Length: ${bytes}`,
    'Last-Modified: Fri, 18 Sep 2026 08:00:00 GMT',
    'Connection: keep-alive',
    'ETag: "66ea8b80-400"',
    'Accept-Ranges: bytes',
    '',
    '',
  ].join('\r\n');
  return Buffer.from(head + 'x'.repeat(bytes), 'latin1');
}
const SMALL = page(1_024);
const LARGE = page(20_480);
const END_OF_HEAD = Buffer.from('\r\n\r\n');

const counts = { requests: 0, tunnels: 0, connections: 0 };

const http = net.createServer({ noDelay: true }, answer);

function answer(socket) {
  counts.connections++;
  let held = null;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    let bytes = held === null ? chunk : Buffer.concat([held, chunk]);
    for (let end = bytes.indexOf(END_OF_HEAD); end >= 0; end = bytes.indexOf(END_OF_HEAD)) {
      counts.requests++;
      // "GET /2…" asks for the larger page.
      socket.write(bytes[5] === 0x32 ? LARGE : SMALL);
      if (end + 4 === bytes.length) {
        held = null;
        return;
      }
      bytes = bytes.subarray(end + 4);
    }
    held = bytes;
  });
}

const shaped = net.createServer({ noDelay: true }, (socket) => {
  let state = 'hello';
  let have = 0;
  let want = 0;
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    have += chunk.length;
    if (state === 'hello') {
      // The first record's length; later records would only make the hello longer than it is.
      if (want === 0 && chunk.length >= 5) want = 5 + chunk.readUInt16BE(3);
      if (want === 0 || have < want) return;
      have -= want;
      state = 'finish';
      counts.tunnels++;
      socket.write(SERVER_FLIGHT);
    }
    if (state === 'finish' && have >= CLIENT_FINISH_BYTES) {
      state = 'open';
      socket.write(SERVER_ANSWER);
    }
  });
});

function listen(server, port) {
  return new Promise((resolve, reject) => server.once('error', reject).listen({ port, host: '127.0.0.1', backlog: 4_096 }, resolve));
}

/** The same pages over real TLS, for proxies that end it. */
function listenSecure({ port, key, cert }) {
  const server = tls.createServer({ noDelay: true, key, cert, ALPNProtocols: ['http/1.1'] }, answer);
  server.on('tlsClientError', () => undefined);
  return listen(server, port);
}

process.on('message', (message) => {
  if (message.kind === 'counts') process.send({ ...counts });
  else if (message.kind === 'listen-secure') void listenSecure(message).then(() => process.send({ ok: true }), (error) => process.send({ error: String(error) }));
  else if (message.kind === 'listen') void Promise.all([listen(http, message.http), listen(shaped, message.tls)]).then(() => process.send({ ok: true }), (error) => process.send({ error: String(error) }));
});
process.on('disconnect', () => process.exit(0));
