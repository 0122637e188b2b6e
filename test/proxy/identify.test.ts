import net, { type AddressInfo, type Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createIdentifier, speechOf, type Identifier } from '../../src/proxy/identify.js';
import { gone, waitFor } from '../support/tunnel-rig.js';

const cleanups: (() => unknown)[] = [];

afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function rig(helloMs = 10_000): Promise<{ identifier: Identifier; heard: string[]; open(): Socket; sockets: Socket[] }> {
  const heard: string[] = [];
  const sockets: Socket[] = [];
  const identifier = createIdentifier({
    helloMs,
    onTls: (_socket, first) => heard.push(`tls ${first.length}`),
    onHttp: (_socket, first) => heard.push(`http ${first.toString('latin1')}`),
    onNeither: () => heard.push('neither'),
  });
  const server = net.createServer({ allowHalfOpen: true }, (socket) => {
    sockets.push(socket);
    socket.on('error', () => undefined);
    identifier.accept(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const clients: Socket[] = [];
  cleanups.push(() => new Promise<void>((resolve) => server.close(() => resolve())), () => {
    for (const socket of [...clients, ...sockets]) socket.destroy();
    identifier.close();
  });
  return {
    identifier, heard, sockets,
    open: () => {
      const socket = net.connect({ port, host: '127.0.0.1', allowHalfOpen: true });
      socket.on('error', () => undefined);
      clients.push(socket);
      return socket;
    },
  };
}

describe('speechOf', () => {
  it.each([
    [0x16, 'tls'], [0x47, 'http'], [0x5a, 'http'], [0x67, 'http'], [0x0d, 'http'], [0x0a, 'http'],
    [0x00, 'neither'], [0x15, 'neither'], [0x17, 'neither'], [0x80, 'neither'], [0x20, 'neither'], [0x31, 'neither'], [0x40, 'neither'], [0x5b, 'neither'], [0x7b, 'neither'], [0xff, 'neither'],
    [undefined, 'neither'],
  ] as const)('%s → %s', (byte, speech) => expect(speechOf(byte)).toBe(speech));
});

describe('a transparent connection', () => {
  it('is handed on bare, with what was read', async () => {
    const { open, heard, sockets, identifier } = await rig();
    open().write('GET / HTTP/1.1\r\n');
    await waitFor(() => heard.length === 1);
    open().write(Buffer.from([0x16, 3, 1]));
    await waitFor(() => heard.length === 2);
    expect(heard).toEqual(['http GET / HTTP/1.1\r\n', 'tls 3']);
    expect(identifier.count()).toBe(0);
    for (const socket of sockets) {
      expect([socket.listenerCount('data'), socket.listenerCount('close')]).toEqual([0, 0]);
      expect(socket.destroyed).toBe(false);
    }
  });

  it('is closed when it is neither', async () => {
    const { open, heard } = await rig();
    const socket = open();
    socket.write(Buffer.from([0, 1, 2]));
    await gone(socket);
    expect(heard).toEqual(['neither']);
  });

  it('is closed when it stays silent, and told apart from one that left', async () => {
    const { open, heard, identifier } = await rig(300);
    const silent = open();
    open().end();
    const startMs = performance.now();
    await gone(silent);
    expect(performance.now() - startMs).toBeLessThan(1_500);
    expect(heard).toEqual(['neither']);
    expect(identifier.count()).toBe(0);
  });
});
