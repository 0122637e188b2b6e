/** WebSocket over plain HTTP: 101 splices, anything else is a plain answer, and nothing is passed raw before the 101. */
import { afterEach, describe, expect, it } from 'vitest';
import { zone } from '../policy/fixture.js';
import { startOrigin, until, type Origin, type OriginConnection } from '../support/origin.js';
import { LISTS, policyOf, startProxy, type Harness, type HarnessOptions } from '../support/proxy-harness.js';
import { rawClient, type RawClient } from '../support/raw-client.js';

let origin: Origin;
let proxy: Harness;
let clients: RawClient[] = [];

async function set(onBytes: () => (connection: OriginConnection) => void, options: HarnessOptions = {}): Promise<void> {
  origin = await startOrigin(onBytes);
  proxy = await startProxy(origin.port, options);
}
async function client(from = '127.0.0.1'): Promise<RawClient> {
  const c = await rawClient(proxy.port, { from });
  clients.push(c);
  return c;
}
afterEach(async () => {
  for (const c of clients) c.socket.destroy();
  clients = [];
  await proxy.close();
  await origin.close();
});

const ask = (host = 'ok.test', upgrade = 'websocket'): string =>
  `GET http://${host}:${origin.port}/ws HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: ${upgrade}\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n`;
const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n';

/** Switches, sends a first frame with the 101, then echoes. */
function webSocketOrigin(): (connection: OriginConnection) => void {
  let head = -1;
  return (c) => {
    if (head < 0) {
      head = c.bytes.indexOf('\r\n\r\n') + 4;
      c.socket.write(`${SWITCH}first`);
    }
    if (c.bytes.length > head) c.socket.write(c.bytes.subarray(head));
    head = c.bytes.length;
  };
}

describe('websocket', () => {
  it('is spliced after the 101, both ways, early bytes in order', async () => {
    await set(webSocketOrigin);
    const c = await client();
    c.send(`${ask()}early`);
    await c.waitFor('firstearly');
    c.send(' later');
    await c.waitFor('firstearly later');
    const seen = origin.received().toString('latin1');
    expect(seen).toMatch(/^upgrade: websocket\r$/im);
    expect(seen).toMatch(/^sec-websocket-key: dGhl/im);
    c.finish();
    await c.waitClosed();
    await until(() => proxy.outcomes.length === 1);
    expect(proxy.outcomes[0]).toMatchObject({ channel: 'websocket', reason: 'category-open', failed: false });
    expect(proxy.outcomes[0]?.bytesUp).toBeGreaterThan('early later'.length);
    await until(() => proxy.server.connections() === 0);
  });

  it('passes nothing raw before the 101', async () => {
    await set(() => () => undefined);
    const c = await client();
    c.send(`${ask()}GET http://evil.test/ HTTP/1.1\r\nHost: evil.test\r\n\r\n`);
    await origin.until(() => origin.received().includes('/ws'));
    await pause(30);
    expect(origin.received().toString('latin1')).not.toContain('evil');
    origin.connections[0]?.socket.write('HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno');
    const answers = await c.responses(2);
    // What came early is a request of its own, and decided on its own.
    expect(answers.map((a) => a.status)).toEqual([426, 403]);
    expect(origin.received().toString('latin1')).not.toContain('evil');
  });

  it('is blocked where the host is', async () => {
    await set(webSocketOrigin);
    const c = await client();
    c.send(ask('blocked.test'));
    expect((await c.responses(1))[0]?.status).toBe(403);
    expect(origin.connections.length).toBe(0);
  });

  it('a 101 nobody asked for is an error', async () => {
    await set(webSocketOrigin);
    const c = await client();
    c.send(`GET http://ok.test:${origin.port}/ HTTP/1.1\r\nHost: x\r\n\r\n`);
    expect((await c.responses(1))[0]?.status).toBe(502);
    await origin.until(() => origin.connections[0]?.closed === true);
  });

  it.each(['h2c', 'TLS/1.0', 'foo', 'h2c, websocket', 'connect-udp'])('Upgrade: %s is stripped', async (name) => {
    await set(() => (c) => void c.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'));
    const c = await client();
    c.send(ask('ok.test', name));
    expect((await c.responses(1))[0]?.status).toBe(200);
    expect(origin.received().toString('latin1')).not.toMatch(/^upgrade:/im);
  });

  it('is closed within two seconds when policy closes its host, and the other room’s is not', async () => {
    await set(webSocketOrigin);
    const [a, b] = [await client('127.0.0.1'), await client('127.0.0.2')];
    for (const c of [a, b]) {
      c.send(ask());
      await c.waitFor('first');
    }
    const at = performance.now();
    proxy.setPolicy(policyOf(LISTS, {
      zones: [zone('phong-a', 'thi', { cidrs: ['127.0.0.1/32'] }), zone('phong-b', 'giao-vien', { cidrs: ['127.0.0.2/32'] })],
    }));
    await a.waitClosed();
    expect(performance.now() - at).toBeLessThan(2_000);
    b.send('still');
    await b.waitFor('still');
    expect(proxy.outcomes).toMatchObject([{ reason: 'policy-changed', channel: 'websocket', clientAddress: '127.0.0.1' }]);
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
