/** Policy changes while connections live: what is now blocked ends at once, what is not is left alone. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDecisionCache } from '../../src/policy/decision-cache.js';
import type { Snapshot } from '../../src/policy/snapshot.js';
import { zone, profileNumber } from '../policy/fixture.js';
import { startOrigin, until, type Origin } from '../support/origin.js';
import { LISTS, policyOf, startProxy, type Harness } from '../support/proxy-harness.js';
import { rawClient, type RawClient } from '../support/raw-client.js';

let origin: Origin;
let proxy: Harness;
let clients: RawClient[] = [];

beforeEach(async () => {
  // Answers `/whole` at once, begins an endless answer to everything else.
  origin = await startOrigin(() => (c) => {
    if (c.bytes.includes('/quiet')) return;
    c.socket.write(c.bytes.includes('/whole') ? 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi' : 'HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\nbegin');
  });
});
afterEach(async () => {
  for (const c of clients) c.socket.destroy();
  clients = [];
  await proxy.close();
  await origin.close();
});

async function clientIn(room: 'a' | 'b'): Promise<RawClient> {
  const c = await rawClient(proxy.port, { from: room === 'a' ? '127.0.0.1' : '127.0.0.2' });
  clients.push(c);
  return c;
}
const get = (path: string, host = 'ok.test'): string => `GET http://${host}:${origin.port}${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
const closedInA = (): Snapshot => policyOf(LISTS, {
  generation: 2,
  zones: [zone('phong-a', 'thi', { cidrs: ['127.0.0.1/32'] }), zone('phong-b', 'giao-vien', { cidrs: ['127.0.0.2/32'] })],
});

describe('a narrower policy', () => {
  it('blocks the next request on the same connection', async () => {
    proxy = await startProxy(origin.port);
    const c = await clientIn('a');
    c.send(get('/whole'));
    expect((await c.responses(1))[0]?.status).toBe(200);
    proxy.setPolicy(closedInA());
    c.send(get('/whole'));
    const answer = (await c.responses(2))[1];
    expect([answer?.status, answer?.header('x-luytre-reason')]).toEqual([403, 'category-blocked']);
  });

  it('cuts an answer under way in that room, and not in the other', async () => {
    proxy = await startProxy(origin.port);
    const [a, b] = [await clientIn('a'), await clientIn('b')];
    a.send(get('/long'));
    b.send(get('/long'));
    await a.waitFor('begin');
    await b.waitFor('begin');
    const at = performance.now();
    proxy.setPolicy(closedInA());
    await a.waitClosed();
    expect(performance.now() - at).toBeLessThan(2_000);
    await origin.until(() => origin.connections[0]?.closed === true);
    await until(() => proxy.outcomes.length === 1);
    expect(proxy.outcomes[0]).toMatchObject({ reason: 'policy-changed', clientAddress: '127.0.0.1' });
    await pause(50);
    expect(b.closed()).toBe(false);
    expect(origin.connections[1]?.closed).toBe(false);
  });

  it('answers with the block page where no answer had begun', async () => {
    proxy = await startProxy(origin.port);
    const c = await clientIn('a');
    c.send(get('/quiet'));
    await origin.until(() => origin.received().includes('/quiet'));
    proxy.setPolicy(closedInA());
    expect((await c.responses(1))[0]?.status).toBe(403);
    await origin.until(() => origin.connections[0]?.closed === true);
  });

  it('takes away what the clock ends, without a new policy', async () => {
    const soon = Date.now() + 400;
    const policy = policyOf(LISTS, {
      zones: [zone('phong-a', 'thi', { cidrs: ['127.0.0.1/32'] })],
      lessons: [{ zone: 'phong-a', profile: profileNumber('giao-vien'), fromMs: Date.now() - 1_000, untilMs: soon }],
    });
    proxy = await startProxy(origin.port, { policy });
    const c = await clientIn('a');
    c.send(get('/long'));
    await c.waitFor('begin');
    await c.waitClosed(3_000);
    expect(Date.now()).toBeGreaterThanOrEqual(soon);
    expect(Date.now() - soon).toBeLessThan(2_000);
    await until(() => proxy.outcomes.length === 1);
    expect(proxy.outcomes[0]?.reason).toBe('policy-changed');
  });

  it('an engine that throws while it judges again cuts, and the server lives', async () => {
    let broken = false;
    const { decide } = createDecisionCache();
    proxy = await startProxy(origin.port, { deps: { decisions: { decide: (facts, snapshot, nowMs) => {
      if (broken) throw new Error('broken');
      return decide(facts, snapshot, nowMs);
    } } } });
    const c = await clientIn('a');
    c.send(get('/long'));
    await c.waitFor('begin');
    broken = true;
    proxy.setPolicy(policyOf());
    await c.waitClosed();
    broken = false;
    const next = await clientIn('a');
    next.send(get('/whole'));
    expect((await next.responses(1))[0]?.status).toBe(200);
  });

  it('no policy at all is the narrowest', async () => {
    proxy = await startProxy(origin.port);
    const c = await clientIn('a');
    c.send(get('/whole'));
    await c.responses(1);
    proxy.setPolicy(null);
    c.send(get('/whole'));
    expect((await c.responses(2))[1]?.status).toBe(503);
  });
});

describe('draining', () => {
  it('lets an answer end, closes idle connections, and cuts the rest after the grace', async () => {
    proxy = await startProxy(origin.port);
    const [busy, idle, stuck] = [await clientIn('a'), await clientIn('a'), await clientIn('a')];
    idle.send(get('/whole'));
    await idle.responses(1);
    busy.send(get('/quiet'));
    stuck.send(get('/long'));
    await stuck.waitFor('begin');
    await origin.until(() => origin.received().includes('/quiet'));
    const drained = proxy.server.drain(300);
    await idle.waitClosed();
    origin.connections.find((c) => c.bytes.includes('/quiet'))?.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
    expect(await busy.waitClosed()).toMatch(/connection: close[^]*hi$/i);
    expect(stuck.closed()).toBe(false);
    await drained;
    await stuck.waitClosed();
  });
});

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
