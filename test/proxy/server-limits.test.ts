/** Who may come in, how many, how big and how slow: each limit by itself, with its status. */
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { createPagesForwarder } from '../../src/proxy/forward.js';
import { createLoginCheck } from '../../src/proxy/login.js';
import { zone } from '../policy/fixture.js';
import { answering, startOrigin, until, type Origin, type OriginConnection } from '../support/origin.js';
import { policyOf, startProxy, type Harness, type HarnessOptions } from '../support/proxy-harness.js';
import { rawClient, type RawClient } from '../support/raw-client.js';

let origin: Origin;
let proxy: Harness;
const clients: RawClient[] = [];
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi';

async function set(options: HarnessOptions = {}, onBytes: () => (c: OriginConnection) => void = () => answering(OK)): Promise<void> {
  origin = await startOrigin(onBytes);
  proxy = await startProxy(origin.port, options);
}
async function client(port = proxy.port): Promise<RawClient> {
  const c = await rawClient(port);
  clients.push(c);
  return c;
}
afterEach(async () => {
  for (const c of clients.splice(0)) c.socket.destroy();
  await proxy.close();
  await origin.close();
});
const get = (host = 'ok.test', fields = ''): string => `GET http://${host}:${origin.port}/ HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;

describe('who may come in', () => {
  it('refuses clients that are not listed, whatever they ask', async () => {
    await set({ settings: { clients: ['10.0.0.0/8'] } });
    const c = await client();
    c.send(get());
    const text = await c.waitClosed(4_000);
    expect(text).toMatch(/^HTTP\/1\.1 403 [^]*X-Luytre-Reason: client-not-allowed/);
    expect(origin.connections.length).toBe(0);
    expect(proxy.outcomes).toMatchObject([{ reason: 'client-not-allowed', decision: null }]);
  });

  it('caps the connections of one client, and gives its place back', async () => {
    await set({ settings: { limits: { connectionsPerClient: 2 } } });
    const first = await client();
    await client();
    const third = await client();
    await third.waitFor('503');
    expect(third.text()).toContain('X-Luytre-Reason: too-many-connections');
    third.socket.destroy();
    first.socket.destroy();
    await until(() => proxy.server.connections() === 1);
    const fourth = await client();
    fourth.send(get());
    await fourth.waitFor('200 OK');
  });

  it('does not even answer a client that floods', async () => {
    await set({ settings: { limits: { connectionsPerClient: 2 } } });
    const flood = await Promise.all(Array.from({ length: 12 }, () => rawClient(proxy.port, { neverEnds: true })));
    clients.push(...flood);
    await until(() => flood.filter((c) => c.ended() || c.closed()).length === 10);
    expect(flood.filter((c) => c.text().includes('too-many-connections')).length).toBe(2);
    expect(proxy.outcomes.length).toBe(2);
  });

  it('caps all connections', async () => {
    await set({ settings: { limits: { connections: 1 } } });
    await client();
    const second = await client();
    await second.waitFor('X-Luytre-Reason: overload');
  });

  it('counts a socket handed to the tunnels until it closes', async () => {
    const handed: Socket[] = [];
    await set({
      settings: { limits: { connectionsPerClient: 1 } },
      deps: { tunnels: { connect: (ask) => void handed.push(ask.client), adopt: () => undefined } },
    });
    const c = await client();
    c.send(`CONNECT ok.test:${origin.port} HTTP/1.1\r\nHost: ok.test\r\n\r\n`);
    await until(() => handed.length === 1);
    const second = await client();
    await second.waitFor('too-many-connections');
    handed[0]?.destroy();
    second.socket.destroy();
    await pause(30);
    const third = await client();
    third.send(get());
    await third.waitFor('200 OK');
  });
});

describe('how big', () => {
  it.each([
    ['129 fields', () => get('ok.test', 'a: b\r\n'.repeat(130)), 431],
    ['a head of 33 KB', () => get('ok.test', `a: ${'b'.repeat(33_000)}\r\n`), 431],
    ['a head without end', () => `GET http://ok.test/ HTTP/1.1\r\nHost: x\r\na: ${'b'.repeat(70_000)}`, 431],
    ['a target of 9 KB', () => `GET http://ok.test/${'a'.repeat(9_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 414],
  ])('%s', async (_name, bytes, status) => {
    await set();
    const c = await client();
    c.send(bytes());
    expect(await c.waitClosed()).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(origin.connections.length).toBe(0);
  });

  it('an answer head without end is a 502', async () => {
    await set({}, () => (c) => void c.socket.write(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(8_000)}`));
    const c = await client();
    c.send(get());
    expect((await c.responses(1))[0]?.status).toBe(502);
    await origin.until(() => origin.connections[0]?.closed === true);
  });
});

describe('how slow', () => {
  const limits = { headMs: 120, idleMs: 200, responseMs: 150, tunnelIdleMs: 300 };

  it('a head that drips is cut off at its deadline, however steadily', async () => {
    await set({ settings: { limits } });
    const c = await client();
    const started = performance.now();
    const drip = setInterval(() => c.socket.write('a'), 10);
    const text = await c.waitClosed();
    clearInterval(drip);
    expect(text).toMatch(/^HTTP\/1\.1 408 /);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it('a client that says nothing is closed without a word; an idle one after its own time', async () => {
    await set({ settings: { limits } });
    const silent = await client();
    const idle = await client();
    idle.send(get());
    await idle.responses(1);
    const at = performance.now();
    expect(await silent.waitClosed()).toBe('');
    await idle.waitClosed();
    expect(performance.now() - at).toBeGreaterThan(120);
  });

  it('an origin that never answers is a 504, one that stops in the middle a broken connection', async () => {
    await set({ settings: { limits } }, () => (c) => {
      if (c.bytes.includes('/half')) c.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123');
    });
    const c = await client();
    c.send(get());
    const [answer] = await c.responses(1);
    expect(answer?.status).toBe(504);
    expect(answer?.header('x-luytre-reason')).toBe('upstream-timeout');
    c.send(`GET http://ok.test:${origin.port}/half HTTP/1.1\r\nHost: x\r\n\r\n`);
    await c.waitClosed();
    expect(c.text()).toMatch(/Content-Length: 10\r\n[^]*123$/i);
  });

  it('a body that stops is given up', async () => {
    await set({ settings: { limits } }, () => () => undefined);
    const c = await client();
    c.send(`POST http://ok.test:${origin.port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\n123`);
    expect(await c.waitClosed()).toMatch(/^HTTP\/1\.1 408 /);
    await origin.until(() => origin.connections[0]?.closed === true);
  });

  it('a body that keeps coming is not', async () => {
    await set({ settings: { limits } }, () => (c) => {
      if (c.bytes.includes('x'.repeat(40))) c.socket.write(OK);
    });
    const c = await client();
    c.send(`POST http://ok.test:${origin.port}/ HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n\r\n`);
    for (let i = 0; i < 40; i++) {
      c.send('x');
      await pause(12);
    }
    await c.waitFor('200 OK');
  });
});

describe('what goes on after the last answer', () => {
  it('a client that sends without end is cut off', async () => {
    await set();
    const c = await client();
    c.send('BAD\r\n\r\n');
    const more = setInterval(() => c.socket.write('x'.repeat(1_000)), 20);
    await c.waitClosed(4_000);
    clearInterval(more);
    await until(() => proxy.server.connections() === 0);
  });

  it('a login asked for by an origin never reaches the browser', async () => {
    await set({}, () => answering('HTTP/1.1 407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 0\r\n\r\n'));
    const c = await client();
    c.send(get());
    expect((await c.responses(1))[0]?.status).toBe(502);
    expect(c.text()).not.toMatch(/proxy-authenticate/i);
  });
});

describe('what is refused before anything is dialled', () => {
  it.each([
    ['a port that is not listed', () => 'GET http://ok.test:25/ HTTP/1.1\r\nHost: x\r\n\r\n', 403, 'port-not-allowed'],
    ['a tunnel to port 80', () => 'CONNECT ok.test:80 HTTP/1.1\r\nHost: x\r\n\r\n', 403, 'port-not-allowed'],
    ['a blocked tunnel', () => 'CONNECT blocked.test:443 HTTP/1.1\r\nHost: x\r\n\r\n', 403, 'hard-category'],
    ['our own request come round', () => get('ok.test', 'Via: 1.0 a, 1.1 test\r\n'), 508, 'loop'],
    ['a chain without end', () => get('ok.test', `Via: ${'1.1 x,'.repeat(11)}1.1 y\r\n`), 508, 'loop'],
    ['a request for nobody', () => 'GET / HTTP/1.1\r\nHost: ok.test\r\n\r\n', 400, 'malformed'],
    ['TRACE', () => 'TRACE http://ok.test/ HTTP/1.1\r\nHost: ok.test\r\n\r\n', 405, 'malformed'],
  ])('%s', async (_name, bytes, status, reason) => {
    await set();
    const c = await client();
    c.send(bytes());
    const text = await c.waitFor('\r\n\r\n');
    expect(text).toMatch(new RegExp(`^HTTP/1\\.1 ${status} [^]*X-Luytre-Reason: ${reason}\r\n`));
    expect(origin.connections.length).toBe(0);
    await until(() => proxy.outcomes.length === 1);
    expect(proxy.outcomes[0]?.reason).toBe(reason);
  });

  it('everything, while there is no policy', async () => {
    await set({ policy: null });
    const c = await client();
    c.send(get());
    const [answer] = await c.responses(1);
    expect([answer?.status, answer?.header('x-luytre-reason')]).toEqual([503, 'no-policy']);
    const tunnel = await client();
    tunnel.send('CONNECT ok.test:443 HTTP/1.1\r\nHost: x\r\n\r\n');
    await tunnel.waitFor('503');
  });

  it('everything, when the policy engine throws', async () => {
    await set({ deps: { decisions: { decide: () => { throw new Error('broken'); } } } });
    const c = await client();
    c.send(get());
    expect((await c.responses(1))[0]?.status).toBe(503);
    expect(origin.connections.length).toBe(0);
  });

  it.each([
    ['a private address', { hosts: { 'ok.test': ['10.1.2.3'] } }, 403, 'private-address'],
    ['loopback by name', { dialPrivate: [] }, 403, 'own-address'],
    ['a name that is not there', { hosts: { 'other.test': ['127.0.0.1'] }, dns: ['127.0.0.1:9'] }, 502, 'dns-failed'],
  ])('%s', async (_name, settings, status, reason) => {
    await set({ settings: { ...settings, ports: [80], limits: { connectMs: 500 } } });
    const c = await client();
    c.send('GET http://ok.test/ HTTP/1.1\r\nHost: x\r\n\r\n');
    const [answer] = await c.responses(1, 8_000);
    expect([answer?.status, answer?.header('x-luytre-reason')]).toEqual([status, reason]);
    expect(c.ended()).toBe(false);
  });
});

describe('shared room logins', () => {
  const basic = (text: string): string => `Proxy-Authorization: Basic ${Buffer.from(text).toString('base64')}\r\n`;
  const withLogin = policyOf(undefined, {
    zones: [zone('phong-tin', 'lop-1-3', { login: { name: 'phongtin', hash: 'bamboo' } }), zone('phong-a', 'giao-vien', { cidrs: ['127.0.0.1/32'] })],
  });
  const check = (count: { n: number }) => createLoginCheck({
    verify: (password, hash) => {
      count.n++;
      return Promise.resolve(password === hash);
    },
  });

  it('puts the request in the room, checks once, and never sends the credentials on', async () => {
    const count = { n: 0 };
    await set({ policy: withLogin, deps: { loginCheck: check(count) } });
    const [a, b] = [await client(), await client()];
    for (const c of [a, b]) {
      c.send(get('ok.test', basic('phongtin:bamboo')));
      await c.responses(1);
      c.send(get('ok.test', basic('phongtin:bamboo')));
      await c.responses(2);
    }
    expect(count.n).toBe(1);
    expect(proxy.outcomes.map((o) => o.zone)).toEqual([0, 0, 0, 0]);
    expect(origin.received().toString('latin1')).not.toMatch(/proxy-authorization/i);
    a.send(get('ok.test'));
    await a.responses(3);
    expect(proxy.outcomes.at(-1)?.zone).toBe(1);
  });

  it('asks again when the password is wrong, and slows down a guesser', async () => {
    const count = { n: 0 };
    await set({ policy: withLogin, deps: { loginCheck: check(count) } });
    const c = await client();
    for (let i = 0; i < 8; i++) c.send(get('ok.test', basic(`phongtin:guess${i}`)));
    const answers = await c.responses(8);
    expect(answers.slice(0, 5).map((r) => r.status)).toEqual([407, 407, 407, 407, 407]);
    expect(answers[0]?.header('proxy-authenticate')).toMatch(/^Basic realm=/);
    expect(answers.slice(5).map((r) => r.status)).toEqual([503, 503, 503]);
    expect(count.n).toBe(5);
    expect(origin.connections.length).toBe(0);
  });

  it('keeps nobody from help over a password', async () => {
    await set({ policy: withLogin, deps: { loginCheck: check({ n: 0 }) } });
    const c = await client();
    c.send(get('help.test', basic('phongtin:stale')) + get('ok.test', basic('phongtin:stale')));
    const answers = await c.responses(2);
    expect(answers.map((r) => r.status)).toEqual([200, 407]);
    expect(origin.received().toString('latin1')).not.toMatch(/proxy-authorization/i);
  });

  it('never asks where no room has a login', async () => {
    const count = { n: 0 };
    await set({ deps: { loginCheck: check(count), challengeUnknown: true } });
    const c = await client();
    c.send(get('ok.test', basic('a:b')));
    expect((await c.responses(1))[0]?.status).toBe(200);
    expect(count.n).toBe(0);
  });

  it('asks unknown devices only where that is switched on, and only for what is closed to them', async () => {
    const unknown = policyOf(undefined, { zones: [zone('phong-tin', 'giao-vien', { login: { name: 'phongtin', hash: 'bamboo' } })] });
    await set({ policy: unknown, deps: { loginCheck: check({ n: 0 }), challengeUnknown: true } });
    const c = await client();
    c.send(get('ok.test') + get('game.test') + get('game.test', basic('phongtin:bamboo')));
    expect((await c.responses(3)).map((r) => r.status)).toEqual([200, 407, 403]);
  });
});

describe('the gateway’s own pages', () => {
  it('are served to requests for its names and addresses, written anew, and nothing else is', async () => {
    const seen: string[] = [];
    await set({
      settings: { pages: { port: 8080, names: ['luytre.lan'], secret: 's' } },
      deps: {
        forwardToPages: (socket, bytes, name) => {
          seen.push(`${name} ${bytes.toString('latin1')}`);
          socket.end('HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
        },
      },
    });
    for (const head of [
      'GET http://luytre.lan/help HTTP/1.1\r\nHost: luytre.lan\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n',
      'GET http://127.0.0.1:8080/proxy.pac HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n\r\n',
      'GET /help HTTP/1.1\r\nHost: luytre.lan\r\n\r\n',
    ]) {
      const c = await client();
      c.send(head);
      expect(await c.waitClosed()).toMatch(/^HTTP\/1\.1 200 /);
    }
    expect(seen.map((text) => text.split(' HTTP/')[0])).toEqual(['phong-a GET /help', 'phong-a GET /proxy.pac', 'phong-a GET /help']);
    expect(seen.join('')).not.toContain('10.0.0.1');
    for (const target of ['http://127.0.0.1:8443/', 'http://127.0.0.1:8081/', 'http://luytre.lan:8443/']) {
      const c = await client();
      c.send(`GET ${target} HTTP/1.1\r\nHost: x\r\n\r\n`);
      expect((await c.responses(1))[0]?.status).toBe(403);
    }
    expect(seen.length).toBe(3);
  });

  it('reach the real forwarder whole, body included, and the connection ends there', async () => {
    const asked: string[] = [];
    const pages = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        asked.push(`${request.method} ${request.url} ${String(request.headers['x-luytre-zone'])} ${body}`);
        response.end('page');
      });
    });
    await new Promise<void>((resolve) => pages.listen(0, '127.0.0.1', resolve));
    const { port } = pages.address() as AddressInfo;
    const forwarder = createPagesForwarder({ port, secret: 's' });
    await set({
      settings: { pages: { port, names: ['luytre.lan'], secret: 's' } },
      deps: { forwardToPages: (socket, bytes, name) => forwarder.forward(socket, bytes, name) },
    });
    const one = await client();
    one.send('GET http://luytre.lan/help?x=1 HTTP/1.1\r\nHost: luytre.lan\r\n\r\n');
    expect(await one.waitClosed()).toMatch(/^HTTP\/1\.1 200 [^]*page/);
    const two = await client();
    two.send('POST http://luytre.lan/yeu-cau HTTP/1.1\r\nHost: luytre.lan\r\nContent-Length: 10\r\n\r\nhost=');
    await pause(30);
    two.send('a.com');
    expect(await two.waitClosed()).toMatch(/^HTTP\/1\.1 200 [^]*page/);
    const three = await client();
    three.send(`GET http://luytre.lan/a HTTP/1.1\r\nHost: luytre.lan\r\n\r\n${get('blocked.test')}`);
    expect((await three.waitClosed()).match(/HTTP\/1\.1 /g)?.length).toBe(1);
    expect(asked).toEqual(['GET /help?x=1 phong-a ', 'POST /yeu-cau phong-a host=a.com', 'GET /a phong-a ']);
    pages.close();
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
