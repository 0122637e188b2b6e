/**
 * Either side may vanish at any moment, politely or not: nothing is left open, every exchange gives exactly one outcome,
 * and the next client is served as if nothing had happened.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startOrigin, until, type Origin, type OriginConnection } from '../support/origin.js';
import { startProxy, type Harness } from '../support/proxy-harness.js';
import { rawClient, type RawClient } from '../support/raw-client.js';

let origin: Origin;
let proxy: Harness;
/** What the origin does with each connection, set by the running case. */
let act: (connection: OriginConnection) => void = () => undefined;

beforeAll(async () => {
  origin = await startOrigin(() => (c) => act(c));
  // A client that has sent FIN may still want its answer: only time tells that it is gone.
  proxy = await startProxy(origin.port, { settings: { limits: { responseMs: 200, idleMs: 200 } } });
});
afterAll(async () => {
  await proxy.close();
  await origin.close();
});

const head = (method: string, fields: string): string => `${method} http://ok.test:${origin.port}/ HTTP/1.1\r\nHost: x\r\n${fields}\r\n`;

/** Everything up to the moment at which somebody leaves. */
interface Stage {
  readonly name: string;
  /** What the client has sent. */
  readonly sends: () => string[];
  /** What the origin has answered by then. */
  readonly answers: string;
  /** Has a request been read, so that an outcome is due? */
  readonly outcomes: 0 | 1;
}

const BODY = 'Content-Length: 100\r\n';
const STAGES: readonly Stage[] = [
  { name: 'connected', sends: () => [], answers: '', outcomes: 0 },
  { name: 'half a head', sends: () => ['GET http://ok.te'], answers: '', outcomes: 0 },
  { name: 'head sent, no answer yet', sends: () => [head('GET', '')], answers: '', outcomes: 1 },
  { name: 'half a body', sends: () => [head('POST', BODY), 'x'.repeat(50)], answers: '', outcomes: 1 },
  { name: 'half a chunk', sends: () => [head('POST', 'Transfer-Encoding: chunked\r\n'), '32\r\nxxx'], answers: '', outcomes: 1 },
  { name: 'half an answer head', sends: () => [head('GET', '')], answers: 'HTTP/1.1 200 OK\r\nContent-Le', outcomes: 1 },
  { name: 'an interim answer', sends: () => [head('GET', '')], answers: 'HTTP/1.1 103 Early Hints\r\n\r\n', outcomes: 1 },
  { name: 'half an answer by length', sends: () => [head('GET', '')], answers: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', outcomes: 1 },
  { name: 'half an answer by chunks', sends: () => [head('GET', '')], answers: 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n', outcomes: 1 },
  { name: 'an answer that ends with the connection', sends: () => [head('GET', '')], answers: 'HTTP/1.1 200 OK\r\n\r\nhalf', outcomes: 1 },
  { name: 'an early answer to half a body', sends: () => [head('POST', BODY), 'x'.repeat(50)], answers: 'HTTP/1.1 413 No\r\nContent-Length: 10\r\n\r\nhalf', outcomes: 1 },
  { name: 'a whole answer, kept', sends: () => [head('GET', '')], answers: 'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nhalf', outcomes: 1 },
  { name: 'a second request waiting', sends: () => [head('GET', '') + head('GET', '')], answers: 'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf', outcomes: 1 },
];

const CLIENT_EXITS: Readonly<Record<string, (c: RawClient) => void>> = {
  fin: (c) => c.socket.destroy(),
  reset: (c) => c.reset(),
  'half-close, then reset': (c) => {
    c.finish();
    setTimeout(() => c.reset(), 5);
  },
};
const ORIGIN_EXITS: Readonly<Record<string, (c: OriginConnection) => void>> = {
  fin: (c) => void c.socket.end(),
  reset: (c) => void c.socket.resetAndDestroy(),
  stays: () => undefined,
};

async function reach(stage: Stage): Promise<{ client: RawClient; from: number }> {
  const from = origin.connections.length;
  let answered = false;
  act = (c) => {
    if (!answered && stage.answers !== '') c.socket.write(stage.answers);
    answered = true;
  };
  const client = await rawClient(proxy.port);
  for (const piece of stage.sends()) {
    client.send(piece);
    await pause(2);
  }
  if (stage.outcomes === 1) {
    await origin.until(() => origin.connections.length > from);
    if (stage.answers.includes('half')) await client.waitFor('half');
    else await pause(3);
  }
  return { client, from };
}

async function nothingLeft(from: number): Promise<void> {
  await until(() => proxy.server.connections() === 0 && origin.connections.slice(from).every((c) => c.closed || c.ended), 5_000);
  for (const c of origin.connections.slice(from)) c.socket.destroy();
}

/** The server still works. */
async function served(): Promise<void> {
  act = (c) => void c.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
  const c = await rawClient(proxy.port);
  c.send(head('GET', ''));
  expect((await c.responses(1))[0]?.status).toBe(200);
  c.socket.destroy();
}

describe.each(STAGES)('at: $name', (stage) => {
  it.each(Object.keys(CLIENT_EXITS).flatMap((client) => Object.keys(ORIGIN_EXITS).map((o) => [client, o] as const)))('client %s, origin %s', async (clientExit, originExit) => {
    const before = proxy.outcomes.length;
    const { client, from } = await reach(stage);
    const first = origin.connections[from];
    if (first !== undefined) ORIGIN_EXITS[originExit]?.(first);
    CLIENT_EXITS[clientExit]?.(client);
    await nothingLeft(from);
    // A second pipelined request may or may not have begun before the first one broke.
    const given = proxy.outcomes.length - before;
    expect(given).toBeGreaterThanOrEqual(stage.outcomes);
    expect(given).toBeLessThanOrEqual(stage.outcomes + (stage.name === 'a second request waiting' || stage.name === 'half a head' ? 1 : 0));
    await served();
    await until(() => proxy.server.connections() === 0);
  });
});

describe('the origin leaves first', () => {
  it.each(STAGES.filter((s) => s.outcomes === 1 && s.name !== 'a whole answer, kept').flatMap((s) => ['fin', 'reset'].map((exit) => [s.name, exit, s] as const)))('%s, %s', async (name, exit, stage) => {
    const { client, from } = await reach(stage);
    const seen = client.text();
    const first = origin.connections[from];
    if (first !== undefined) ORIGIN_EXITS[exit]?.(first);
    const started = seen.includes('HTTP/1.1 200') || seen.includes('HTTP/1.1 413');
    if (!started) {
      const answers = await client.responses(seen.includes('103') ? 2 : 1);
      expect(answers.at(-1)?.status).toBe(502);
    } else if (name === 'an answer that ends with the connection' && exit === 'fin') {
      expect((await client.responses(1))[0]?.body).toBe('half');
    } else {
      const text = await client.waitClosed();
      expect(text).not.toContain('0\r\n\r\n');
      expect(text.match(/HTTP\/1\.1 \d/g)?.length).toBe(1);
    }
    client.socket.destroy();
    await nothingLeft(from);
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
