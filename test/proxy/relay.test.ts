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

describe('order and framing', () => {
  it('answers pipelined requests in order, each decided on its own', async () => {
    await set(() => echoingPath());
    const c = await client();
    c.send(get('/1') + get('/2') + get('/x', 'blocked.test') + get('/3', 'other.test') + get('/4'));
    const answers = await c.responses(5);
    expect(answers.map((a) => (a.status === 200 ? a.body : a.status))).toEqual(['/1', '/2', 403, '/3', '/4']);
    expect(origin.received().toString('latin1')).not.toContain('/x');
  });

  it('sends the next pipelined request only after the previous answer', async () => {
    await set(() => () => undefined);
    const c = await client();
    c.send(get('/1') + get('/2'));
    await origin.until(() => origin.received().includes('/1'));
    await pause(50);
    expect(origin.received().toString('latin1')).not.toContain('/2');
    origin.connections[0]?.socket.write(OK);
    await origin.until(() => origin.received().includes('/2'));
  });

  it('re-chunks a request body, without extensions and trailers', async () => {
    await set(() => afterBody('0\r\n\r\n', OK));
    const c = await client();
    c.send(`POST ${url('/up')} HTTP/1.1\r\nHost: ok.test:${origin.port}\r\nTransfer-Encoding: chunked\r\n\r\n`);
    for (const byte of '5;a=b\r\nhello\r\n6\r\n world\r\n0\r\nX-Trailer: 1\r\n\r\n') c.send(byte);
    const [answer] = await c.responses(1);
    expect(answer?.status).toBe(200);
    const seen = origin.received().toString('latin1');
    const body = seen.slice(seen.indexOf('\r\n\r\n') + 4);
    expect(decodeChunked(body)).toBe('hello world');
    expect(seen).not.toContain('a=b');
    expect(seen).not.toContain('X-Trailer');
  });

  it('counts a request body with a length, and keeps what follows it apart', async () => {
    await set(() => afterBody('12345', OK));
    const c = await client();
    c.send(`POST ${url('/up')} HTTP/1.1\r\nHost: ok.test:${origin.port}\r\nContent-Length: 5\r\n\r\n123`);
    await origin.until(() => origin.received().includes('123'));
    c.send(`45${get('/next', 'blocked.test')}`);
    const answers = await c.responses(2);
    expect(answers.map((a) => a.status)).toEqual([200, 403]);
    expect(origin.received().toString('latin1')).toMatch(/\r\n\r\n12345$/);
  });

  it('re-chunks a chunked answer for 1.1 and ends it with the connection for 1.0', async () => {
    const chunked = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n4\r\ndefg\r\n0\r\nT: 1\r\n\r\n';
    await set(() => answering(chunked));
    const c = await client();
    c.send(get('/1') + get('/2'));
    const answers = await c.responses(2);
    expect(answers.map((a) => a.body)).toEqual(['abcdefg', 'abcdefg']);
    expect(c.text()).not.toContain('x=y');
    expect(c.text()).not.toContain('T: 1');
    const old = await client();
    old.send(`GET ${url('/')} HTTP/1.0\r\n\r\n`);
    const text = await old.waitClosed();
    expect(text).not.toMatch(/transfer-encoding/i);
    expect(text.endsWith('\r\n\r\nabcdefg')).toBe(true);
    expect(old.error()).toBeNull();
  });

  it('gives an answer that ends with the connection as chunks, and goes on', async () => {
    await set(() => (connection) => connection.socket.end('HTTP/1.1 200 OK\r\n\r\nuntil the end'));
    const c = await client();
    c.send(get('/1'));
    expect((await c.responses(1))[0]?.body).toBe('until the end');
    c.send(get('/2'));
    expect((await c.responses(2))[1]?.body).toBe('until the end');
  });

  it.each([
    ['HEAD', `HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n`],
    ['GET', 'HTTP/1.1 204 No Content\r\n\r\n'],
    ['GET', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 77\r\n\r\n'],
  ])('%s %j has no body and the connection goes on', async (method, reply) => {
    await set(() => answering(reply));
    const c = await client();
    c.send(`${method} ${url('/1')} HTTP/1.1\r\nHost: ok.test:${origin.port}\r\n\r\n`);
    await c.waitFor('\r\n\r\n');
    c.send(`${method} ${url('/2')} HTTP/1.1\r\nHost: ok.test:${origin.port}\r\n\r\n`);
    await until(() => c.text().split('\r\n\r\n').length === 3);
    expect(origin.connections.length).toBe(1);
    expect(c.text().replace(/\r\n/g, '\n')).toMatch(/^HTTP\/1\.1 \d+ [^\n]+\n([^\n]+\n)*\nHTTP\/1\.1/);
  });

  it('never uses an upstream again that said more than its answer', async () => {
    await set(() => answering(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`));
    const c = await client();
    c.send(get('/1'));
    await c.responses(1);
    c.send(get('/2'));
    await c.responses(2);
    await pause(20);
    expect(c.text()).not.toContain('poison');
    expect(origin.connections.length).toBe(2);
  });

  it('drops an idle upstream that speaks unasked', async () => {
    await set(() => answering(OK));
    const c = await client();
    c.send(get('/1'));
    await c.responses(1);
    origin.connections[0]?.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison');
    await origin.until(() => origin.connections[0]?.closed === true);
    c.send(get('/2'));
    expect((await c.responses(2))[1]?.body).toBe('hi');
    expect(c.text()).not.toContain('poison');
  });

  it('tries a repeatable request again when the kept upstream has just closed', async () => {
    await set(() => {
      let answered = 0;
      return (connection) => {
        if (answered++ === 0) connection.socket.write(OK);
        else connection.socket.resetAndDestroy();
      };
    });
    const c = await client();
    c.send(get('/1'));
    await c.responses(1);
    c.send(get('/2'));
    expect((await c.responses(2))[1]?.status).toBe(200);
    expect(origin.connections.length).toBe(2);
    c.send(`POST ${url('/3')} HTTP/1.1\r\nHost: ok.test:${origin.port}\r\nContent-Length: 1\r\n\r\nx`);
    expect((await c.responses(3))[2]?.status).toBe(502);
    expect(origin.connections.length).toBe(2);
  });
});

describe('interim answers and Expect', () => {
  it('relays 100 and 103 to a 1.1 client, not to a 1.0 one', async () => {
    const reply = 'HTTP/1.1 103 Early Hints\r\nLink: </a.css>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n' + OK;
    await set(() => answering(reply));
    const c = await client();
    c.send(get('/'));
    const answers = await c.responses(3);
    expect(answers.map((a) => a.status)).toEqual([103, 100, 200]);
    expect(c.text()).not.toMatch(/100 Continue\r\n[^\r]/);
    const old = await client();
    old.send(`GET ${url('/')} HTTP/1.0\r\n\r\n`);
    expect(await old.waitClosed()).toMatch(/^HTTP\/1\.[01] 200/);
  });

  it('gives up on endless interim answers', async () => {
    await set(() => answering('HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(11) + OK));
    const c = await client();
    c.send(get('/'));
    await c.waitFor('502');
    await origin.until(() => origin.connections[0]?.closed === true);
  });

  it('passes 100-continue on, and the body after it', async () => {
    await set(() => {
      let went = false;
      return (connection) => {
        if (!went && connection.bytes.includes('\r\n\r\n')) {
          went = true;
          connection.socket.write('HTTP/1.1 100 Continue\r\n\r\n');
        }
        if (connection.bytes.includes('body!')) connection.socket.write(OK);
      };
    });
    const c = await client();
    c.send(`PUT ${url('/')} HTTP/1.1\r\nHost: ok.test:${origin.port}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`);
    await c.waitFor('100 Continue');
    expect(origin.received().toString('latin1')).toMatch(/^expect: 100-continue\r$/im);
    c.send('body!');
    await c.waitFor('200 OK');
  });

  it('refuses before the body is sent, and closes', async () => {
    await set(() => answering(OK));
    const c = await client();
    c.send(`PUT ${url('/', 'blocked.test')} HTTP/1.1\r\nHost: blocked.test:${origin.port}\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n`);
    const text = await c.waitClosed();
    expect(text).toMatch(/^HTTP\/1\.1 403 /);
    expect(text).toMatch(/connection: close/i);
    expect(c.error()).toBeNull();
  });

  it('delivers an early answer while the body is still coming, then closes', async () => {
    await set(() => {
      let went = false;
      return (connection) => {
        if (!went) connection.socket.write('HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig');
        went = true;
      };
    });
    const c = await client();
    c.send(`POST ${url('/')} HTTP/1.1\r\nHost: ok.test:${origin.port}\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(1000)}`);
    const text = await c.waitClosed();
    expect(text).toMatch(/^HTTP\/1\.1 413 [^]*connection: close[^]*\r\n\r\nbig$/i);
  });
});

describe('half-close', () => {
  it('answers a client that has finished sending', async () => {
    await set(() => (connection) => void setTimeout(() => connection.socket.write(OK), 30));
    const c = await client();
    c.send(get('/'));
    c.finish();
    expect(await c.waitClosed()).toMatch(/200 OK[^]*hi$/);
  });

  it('answers every pipelined request before it closes', async () => {
    await set(() => echoingPath());
    const c = await client();
    c.send(get('/1') + get('/2') + get('/3'));
    c.finish();
    const text = await c.waitClosed();
    expect(text.match(/\r\n\r\n\/\d/g)?.length).toBe(3);
  });

  it('never passes a truncated request for a whole one', async () => {
    await set(() => () => undefined);
    const c = await client();
    c.send(`POST ${url('/')} HTTP/1.1\r\nHost: ok.test:${origin.port}\r\nContent-Length: 10\r\n\r\n123`);
    await origin.until(() => origin.received().includes('123'));
    c.finish();
    await c.waitClosed();
    await origin.until(() => origin.connections[0]?.closed === true);
    expect(c.text()).toBe('');
  });

  it.each([
    ['a length', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n123'],
    ['chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n123\r\n'],
  ])('never ends a broken answer with %s cleanly', async (_name, reply) => {
    await set(() => (connection) => void connection.socket.end(reply));
    const c = await client();
    c.send(get('/'));
    const text = await c.waitClosed();
    expect(text).not.toContain('0\r\n\r\n');
    const old = await client();
    old.send(`GET ${url('/')} HTTP/1.0\r\n\r\n`);
    await old.waitClosed();
    if (reply.includes('chunked')) expect(old.error()).toBe('ECONNRESET');
    await until(() => proxy.outcomes.length === 2);
    expect(proxy.outcomes.every((o) => o.failed && o.reason === 'upstream-error')).toBe(true);
  });
});

function echoingPath(): (connection: OriginConnection) => void {
  let seen = 0;
  return (connection) => {
    const paths = [...connection.bytes.toString('latin1').matchAll(/^GET (\S+) /gm)].map((m) => m[1] ?? '');
    for (; seen < paths.length; seen++) {
      const path = paths[seen] ?? '';
      connection.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${path.length}\r\n\r\n${path}`);
    }
  };
}

function afterBody(end: string, reply: string): (connection: OriginConnection) => void {
  let done = false;
  return (connection) => {
    if (!done && connection.bytes.toString('latin1').endsWith(end)) {
      done = true;
      connection.socket.write(reply);
    }
  };
}

function decodeChunked(text: string): string {
  let body = '';
  for (let at = 0; at < text.length; ) {
    const line = text.indexOf('\r\n', at);
    const size = Number.parseInt(text.slice(at, line), 16);
    body += text.slice(line + 2, line + 2 + size);
    at = line + 2 + size + 2;
  }
  return body;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
