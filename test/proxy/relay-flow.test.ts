/** Flat memory: a fast side never fills the gateway on behalf of a slow one. */
import { afterEach, describe, expect, it } from 'vitest';
import { startOrigin, until, type Origin, type OriginConnection } from '../support/origin.js';
import { startProxy, type Harness } from '../support/proxy-harness.js';
import { rawClient, type RawClient } from '../support/raw-client.js';

let origin: Origin;
let proxy: Harness;
let client: RawClient | null = null;

const TOTAL = 200 * 1_048_576;
const BLOCK = Buffer.alloc(65_536, 'x');

afterEach(async () => {
  client?.socket.destroy();
  await proxy.close();
  await origin.close();
});

/** Writes `total` bytes as fast as the other side takes them. */
function pour(connection: OriginConnection['socket'], total: number, wrap: (block: Buffer) => Buffer = (block) => block): { sent: () => number } {
  let sent = 0;
  const more = (): void => {
    while (sent < total && !connection.destroyed) {
      sent += BLOCK.length;
      if (!connection.write(wrap(BLOCK))) break;
    }
  };
  connection.on('drain', more);
  more();
  return { sent: () => sent };
}

/** Kernel buffers of four loopback sockets, plus two streams' own: far below what is poured. */
const FLAT = 24 * 1_048_576;

describe('backpressure', () => {
  it.each([
    ['a length', `HTTP/1.1 200 OK\r\nContent-Length: ${TOTAL}\r\n\r\n`, (b: Buffer) => b],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', (b: Buffer) => Buffer.concat([Buffer.from(`${b.length.toString(16)}\r\n`), b, Buffer.from('\r\n')])],
    ['the connection', 'HTTP/1.1 200 OK\r\n\r\n', (b: Buffer) => b],
  ])('a client that stops reading stops the origin: body by %s', async (_name, head, wrap) => {
    let poured: { sent: () => number } | null = null;
    origin = await startOrigin(() => (c) => {
      if (poured !== null) return;
      c.socket.write(head);
      poured = pour(c.socket, TOTAL, wrap);
    });
    proxy = await startProxy(origin.port);
    client = await rawClient(proxy.port, { keepBytes: false });
    client.socket.pause();
    client.send(`GET http://ok.test:${origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    const sent = (): number => poured?.sent() ?? 0;
    await settled(sent);
    expect(sent()).toBeLessThan(FLAT);
    const before = sent();
    await pause(100);
    expect(sent()).toBe(before);
    client.socket.resume();
    await until(() => sent() > before + 8 * 1_048_576, 10_000);
  });

  it('an origin that stops reading stops the client', async () => {
    origin = await startOrigin(() => {
      let paused = false;
      return (c) => {
        c.bytes = Buffer.alloc(0);
        if (!paused) c.socket.pause();
        paused = true;
      };
    });
    proxy = await startProxy(origin.port);
    client = await rawClient(proxy.port);
    client.send(`POST http://ok.test:${origin.port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: ${TOTAL}\r\n\r\n`);
    const { sent } = pour(client.socket, TOTAL);
    await settled(sent);
    expect(sent()).toBeLessThan(FLAT);
    const before = sent();
    origin.connections[0]?.socket.resume();
    await until(() => sent() > before + 8 * 1_048_576, 10_000);
  });

  it('a client that only sends is not read without end', async () => {
    origin = await startOrigin(() => () => undefined);
    proxy = await startProxy(origin.port);
    client = await rawClient(proxy.port);
    client.send(`GET http://ok.test:${origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    const { sent } = pour(client.socket, TOTAL);
    await settled(sent);
    expect(sent()).toBeLessThan(FLAT);
  });

  it('a client that pipelines and never reads is not answered without end', async () => {
    const reply = `HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${'x'.repeat(100_000)}`;
    let answered = 0;
    origin = await startOrigin(() => (c) => {
      answered++;
      c.socket.write(reply);
    });
    proxy = await startProxy(origin.port);
    client = await rawClient(proxy.port, { keepBytes: false });
    client.socket.pause();
    const request = `GET http://ok.test:${origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`;
    for (let i = 0; i < 6; i++) client.send(request.repeat(100));
    await settled(() => answered);
    expect(answered).toBeLessThan(300);
    client.socket.resume();
    await until(() => answered === 600, 15_000);
  });

  it('delivers every byte, whatever the two sides’ pace', async () => {
    const body = Buffer.alloc(3_000_000, 0);
    for (let i = 0; i < body.length; i++) body[i] = (i * 31 + (i >> 8)) & 0xff;
    origin = await startOrigin(() => (c) => {
      if (c.bytes.includes('\r\n\r\n')) c.socket.write(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n`), body]));
    });
    proxy = await startProxy(origin.port);
    const c = await rawClient(proxy.port);
    client = c;
    const stutter = setInterval(() => {
      c.socket.pause();
      setTimeout(() => c.socket.resume(), 2);
    }, 4);
    c.send(`GET http://ok.test:${origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    const [answer] = await c.responses(1, 20_000);
    clearInterval(stutter);
    expect(Buffer.from(answer?.body ?? '', 'latin1').equals(body)).toBe(true);
  });
});

/** Waits until the figure stands still. */
async function settled(figure: () => number): Promise<void> {
  for (let last = -1, same = 0; same < 5; ) {
    await pause(30);
    same = figure() === last && last > 0 ? same + 1 : 0;
    last = figure();
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
