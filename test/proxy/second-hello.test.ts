import net, { type Socket } from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { SecondHello, type Watched } from '../../src/proxy/second-hello.js';
import { helloBytes } from '../support/hello-bytes.js';
import { makeCertificate } from '../support/tls-origin.js';
import { gone, startTunnelRig, waitFor } from '../support/tunnel-rig.js';

const RETRY = Buffer.concat([
  Buffer.from('160303003a020000360303', 'hex'),
  Buffer.from('cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c', 'hex'),
  Buffer.from('00130100000e002b0002030400330002001d', 'hex'),
]);
const SERVER_HELLO = Buffer.concat([RETRY.subarray(0, 11), Buffer.alloc(32, 5), RETRY.subarray(43)]);
const CCS = Buffer.from('140303000101', 'hex');
const EARLY = Buffer.from('1703030005aabbccddee', 'hex');
const again = helloBytes({ sni: 'a.test' });
const other = helloBytes({ sni: 'b.test' });

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Steps of client (c) and server (s); the verdict of the last one. */
type Step = readonly ['c' | 's', Buffer];

function run(...steps: readonly Step[]): Watched {
  const watch = new SecondHello('a.test', 16_384);
  let last: Watched = 'on';
  for (const [side, bytes] of steps) {
    last = side === 'c' ? watch.client(bytes) : watch.server(bytes);
    if (last !== 'on') return last;
  }
  return last;
}

describe('what follows the first hello', () => {
  it.each<readonly [string, readonly Step[], Watched]>([
    ['a ServerHello', [['s', SERVER_HELLO]], 'over'],
    ['an alert', [['s', Buffer.from('15030300020228', 'hex')]], 'over'],
    ['early data, then a ServerHello', [['c', CCS], ['c', EARLY], ['s', SERVER_HELLO]], 'over'],
    ['a retry, then the same name', [['s', RETRY], ['c', again]], 'over'],
    ['a retry, then the same name behind a change-cipher-spec', [['s', RETRY], ['c', Buffer.concat([CCS, again])]], 'over'],
    ['a retry, then another name', [['s', RETRY], ['c', other]], 'refused'],
    ['a retry, then another name behind early data', [['c', EARLY], ['s', RETRY], ['c', Buffer.concat([EARLY, CCS, other])]], 'refused'],
    ['a retry, then no name', [['s', RETRY], ['c', helloBytes({ sni: null })]], 'refused'],
    ['a retry, then what is no hello', [['s', RETRY], ['c', Buffer.from('16030300040b000000', 'hex')]], 'refused'],
    ['a hello before any answer', [['c', other]], 'refused'],
    ['the same hello before any answer', [['c', Buffer.concat([CCS, EARLY, again])]], 'refused'],
    ['a handshake record cut in its header', [['c', CCS.subarray(0, 3)], ['c', Buffer.concat([CCS.subarray(3), other.subarray(0, 1)])]], 'refused'],
    ['what is no TLS', [['c', Buffer.from('more')]], 'over'],
    ['half an answer', [['s', RETRY.subarray(0, 20)]], 'on'],
  ])('%s', (_what, steps, expected) => expect(run(...steps)).toBe(expected));

  it('in pieces of any size it reads the same', () => {
    for (const [second, expected] of [[again, 'over'], [other, 'refused'], [helloBytes({ sni: 'b.test', recordBytes: 3 }), 'refused']] as const) {
      for (const step of [1, 2, 7, 64]) {
        const cut = (side: 'c' | 's', bytes: Buffer): (readonly ['c' | 's', Buffer])[] => Array.from({ length: Math.ceil(bytes.length / step) }, (_, i) => [side, bytes.subarray(i * step, (i + 1) * step)] as const);
        expect(run(...cut('c', EARLY), ...cut('s', RETRY), ...cut('c', CCS), ...cut('c', second))).toBe(expected);
      }
    }
  });
});

describe('T11 in a tunnel', () => {
  async function origin(onSocket: (socket: Socket) => void): Promise<number> {
    const server = net.createServer(onSocket);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => void server.close());
    return (server.address() as { port: number }).port;
  }

  it('another name in the second hello: cut off, and the origin never sees it', async () => {
    const got: Buffer[] = [];
    const port = await origin((socket) => {
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write(RETRY));
      socket.on('data', (chunk: Buffer) => got.push(chunk));
    });
    const rig = await startTunnelRig({ hosts: { 'a.test': ['127.0.0.1'] } });
    cleanups.push(() => rig.close());
    const { socket, received } = await rig.connect(`a.test:${port}`, again);
    await waitFor(() => Buffer.concat(received).length === RETRY.length);
    socket.write(Buffer.concat([CCS, other]));
    await gone(socket);
    expect(Buffer.concat(got).equals(again)).toBe(true);
    expect(await rig.outcome()).toMatchObject({ reason: 'server-name-mismatch', failed: true });
  });

  it('a second hello in one write with the first', async () => {
    const got: Buffer[] = [];
    const port = await origin((socket) => socket.on('error', () => undefined).on('data', (chunk: Buffer) => got.push(chunk)));
    const rig = await startTunnelRig({ hosts: { 'a.test': ['127.0.0.1'] } });
    cleanups.push(() => rig.close());
    const { socket } = await rig.connect(`a.test:${port}`, Buffer.concat([again, CCS, other]));
    await gone(socket);
    expect(got).toEqual([]);
    expect(await rig.outcome()).toMatchObject({ reason: 'server-name-mismatch' });
  });

  it('a real retry (a server of one curve, a client that guessed another) goes through', async () => {
    const server = tls.createServer({ ...makeCertificate(['a.test']), ecdhCurve: 'P-384', minVersion: 'TLSv1.3' }, (socket) => {
      socket.on('error', () => undefined);
      socket.end('hi');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    cleanups.push(() => void server.close());
    const rig = await startTunnelRig({ hosts: { 'a.test': ['127.0.0.1'] } });
    cleanups.push(() => rig.close());
    const { socket } = await rig.connect(`a.test:${(server.address() as { port: number }).port}`);
    socket.removeAllListeners('data');
    const client = tls.connect({ socket, servername: 'a.test', rejectUnauthorized: false, ecdhCurve: 'X25519:P-384' });
    const text = await new Promise<string>((resolve, reject) => {
      client.once('data', (chunk: Buffer) => resolve(chunk.toString()));
      client.once('error', reject);
    });
    expect(text).toBe('hi');
    client.destroy();
  });
});
