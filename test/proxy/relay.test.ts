/** Plain requests through the running proxy, as transcripts: what the client sent, what the origin saw, what came back. */
import { afterEach, describe, expect, it } from 'vitest';
import { answering, startOrigin, until, type Origin, type OriginConnection } from '../support/origin.js';
import { startProxy, type Harness, type HarnessOptions } from '../support/proxy-harness.js';
import { rawClient, type RawClient } from '../support/raw-client.js';

let origin: Origin;
let proxy: Harness;
const clients: RawClient[] = [];

async function set(onBytes: () => (connection: OriginConnection) => void, options: HarnessOptions = {}): Promise<void> {
  origin = await startOrigin(onBytes);
  proxy = await startProxy(origin.port, options);
}

async function client(): Promise<RawClient> {
  const c = await rawClient(proxy.port);
  clients.push(c);
  return c;
}

afterEach(async () => {
  for (const c of clients.splice(0)) c.socket.destroy();
  await proxy.close();
  await origin.close();
});

const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';
const url = (path: string, host = 'ok.test'): string => `http://${host}:${origin.port}${path}`;
const get = (path: string, host = 'ok.test'): string => `GET ${url(path, host)} HTTP/1.1\r\nHost: ${host}:${origin.port}\r\n\r\n`;

describe('one request', () => {
  it('is written anew: origin-form, one Host, no hop-by-hop field, no address', async () => {
    await set(() => answering(OK));
    const c = await client();
    c.send(`GET ${url('/a?b=c')} HTTP/1.1\r\nHost: ok.test:${origin.port}\r\nProxy-Connection: keep-alive\r\nX-Forwarded-For: 10.0.0.1\r\nForwarded: for=10.0.0.1\r\nAccept: */*\r\nConnection: X-Gone\r\nX-Gone: 1\r\nProxy-Authorization: Basic eA==\r\n\r\n`);
    const [answer] = await c.responses(1);
    expect(answer?.status).toBe(200);
    expect(answer?.body).toBe('hi');
    const seen = origin.received().toString('latin1');
    expect(seen.startsWith('GET /a?b=c HTTP/1.1\r\n')).toBe(true);
    expect(seen.match(/^host:/gim)?.length).toBe(1);
    for (const gone of ['proxy-connection', 'x-forwarded-for', 'forwarded', 'x-gone', 'proxy-authorization', '10.0.0.1']) expect(seen.toLowerCase()).not.toContain(gone);
    expect(seen).toContain('Accept: */*');
    await until(() => proxy.outcomes.length === 1);
    expect(proxy.outcomes[0]).toMatchObject({ reason: 'category-open', failed: false, channel: 'http', clientAddress: '127.0.0.1', zone: 0 });
  });

  it('keeps both connections for the next one', async () => {
    await set(() => answering(OK));
    const c = await client();
    for (let i = 1; i <= 5; i++) {
      c.send(get(`/${i}`));
      await c.responses(i);
    }
    expect(origin.connections.length).toBe(1);
    expect(c.ended()).toBe(false);
  });

  it('never shares an upstream between two clients, or two hosts', async () => {
    await set(() => answering(OK));
    const [a, b] = [await client(), await client()];
    a.send(get('/a'));
    await a.responses(1);
    b.send(get('/b'));
    await b.responses(1);
    expect(origin.connections.length).toBe(2);
    a.send(get('/c', 'other.test'));
    await a.responses(2);
    expect(origin.connections.length).toBe(3);
    expect(origin.connections[0]?.closed).toBe(true);
  });

  it('is blocked with the page, the reason and nothing cached, and the connection goes on', async () => {
    await set(() => answering(OK));
    const c = await client();
    c.send(get('/secret?q=1', 'blocked.test'));
    const [answer] = await c.responses(1);
    expect(answer?.status).toBe(403);
    expect(answer?.header('x-luytre-reason')).toBe('hard-category');
    expect(answer?.header('cache-control')).toBe('no-store');
    expect(answer?.body).toContain('blocked.test');
    expect(answer?.body).not.toContain('secret');
    expect(origin.connections.length).toBe(0);
    c.send(get('/'));
    expect((await c.responses(2))[1]?.status).toBe(200);
  });
});
