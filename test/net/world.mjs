// The world beyond the gateway, run inside its own network namespace: a name server, web sites over HTTP and TLS, and listeners for whatever
// else pupils try (UDP, DNS, DoT, VPN ports). Writes one JSON line a visit to stdout; asks nobody anything.
import dgram from 'node:dgram';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import net from 'node:net';

/** { records: { name: [addresses] }, sites: [{ address, key, cert }], dns: [addresses], udp: [ports], tcp: [ports] } */
const plan = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const note = (visit) => process.stdout.write(`${JSON.stringify(visit)}\n`);
const plain = (address) => (address ?? '').replace(/^::ffff:/, '');
const waits = [];
const up = (server, ...where) => waits.push(new Promise((resolve, reject) => server.once('error', reject).listen(...where, resolve)));

function encodeName(name) {
  return Buffer.concat([...name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])), Buffer.from([0])]);
}

function encodeAddress(address) {
  if (!address.includes(':')) return Buffer.from(address.split('.').map(Number));
  const [head, tail = ''] = address.split('::');
  const left = head.split(':');
  const right = tail === '' ? [] : tail.split(':');
  return Buffer.from([...left, ...Array(8 - left.length - right.length).fill('0'), ...right].map((group) => group.padStart(4, '0')).join(''), 'hex');
}

function answer(query) {
  let at = 12;
  const labels = [];
  while (query[at] > 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
    at += 1 + query[at];
  }
  const type = query.readUInt16BE(at + 1);
  const end = at + 5;
  const name = labels.join('.').toLowerCase();
  note({ kind: 'dns', name });
  const addresses = (plan.records[name] ?? []).filter((address) => address.includes(':') === (type === 28));
  const head = Buffer.alloc(12);
  head.writeUInt16BE(query.readUInt16BE(0), 0);
  head.writeUInt16BE(plan.records[name] === undefined ? 0x8183 : 0x8180, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt16BE(type === 1 || type === 28 ? addresses.length : 0, 6);
  const records = type === 1 || type === 28 ? addresses.map((address) => {
    const data = encodeAddress(address);
    const fixed = Buffer.alloc(10);
    fixed.writeUInt16BE(type, 0);
    fixed.writeUInt16BE(1, 2);
    fixed.writeUInt32BE(30, 4);
    fixed.writeUInt16BE(data.length, 8);
    return Buffer.concat([encodeName(name), fixed, data]);
  }) : [];
  return Buffer.concat([head, query.subarray(12, end), ...records]);
}

for (const { address, key, cert } of plan.sites) {
  const serve = (scheme) => (request, response) => {
    note({ kind: scheme, address: plain(request.socket.localAddress), from: plain(request.socket.remoteAddress), host: request.headers.host ?? '', sni: request.socket.servername || null });
    response.end(`${scheme} ${address}`);
  };
  up(http.createServer(serve('http')), 80, address);
  const secure = https.createServer({ key, cert }, serve('https'));
  secure.on('tlsClientError', () => undefined);
  // a hello that was passed on is a visit, whatever became of it
  secure.on('connection', (socket) => note({ kind: 'tls', address: plain(socket.localAddress), from: plain(socket.remoteAddress) }));
  up(secure, 443, address);
  for (const port of plan.udp) {
    const socket = dgram.createSocket(address.includes(':') ? 'udp6' : 'udp4');
    socket.on('message', (message, from) => {
      note({ kind: 'udp', port, from: from.address });
      socket.send(message, from.port, from.address);
    });
    waits.push(new Promise((resolve, reject) => socket.once('error', reject).bind(port, address, resolve)));
  }
  for (const port of plan.tcp) {
    up(net.createServer((socket) => {
      note({ kind: 'tcp', port, from: plain(socket.remoteAddress) });
      socket.on('error', () => undefined);
      socket.end('world\n');
    }), port, address);
  }
}
for (const address of plan.dns) {
  const socket = dgram.createSocket('udp4');
  socket.on('message', (query, from) => socket.send(answer(query), from.port, from.address));
  waits.push(new Promise((resolve) => socket.bind(53, address, resolve)));
  up(net.createServer((tcp) => {
    tcp.on('error', () => undefined);
    tcp.once('data', (framed) => {
      const reply = answer(framed.subarray(2));
      tcp.end(Buffer.concat([Buffer.from([reply.length >> 8, reply.length & 255]), reply]));
    });
  }), 53, address);
}
await Promise.all(waits);
process.stdout.write('{"kind":"up"}\n');
