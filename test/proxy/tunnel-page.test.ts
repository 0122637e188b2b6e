/** A blocked tunnel that is to be shown the page: when it is handed over, when it is not, that nothing is ever dialled, one outcome each. */
import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { Interceptor, TlsAsk } from '../../src/proxy/intercept.js';
import type { Dialer } from '../../src/proxy/relay-context.js';
import { helloBytes } from '../support/hello-bytes.js';
import { gone, startTunnelRig, waitFor, type RigOptions, type TunnelRig } from '../support/tunnel-rig.js';
import { allowed, blocked } from '../support/wire-settings.js';

const HOST = 'chan.page.test';
const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

interface PageRig extends TunnelRig {
  readonly shown: TlsAsk[];
  readonly dialled: string[];
}

async function rig(options: RigOptions = {}): Promise<PageRig> {
  const shown: TlsAsk[] = [];
  const dialled: string[] = [];
  const interceptor: Interceptor = {
    covers: (host, decision) => host.endsWith('.page.test') && decision.action === 'block',
    splice: () => undefined,
    take(ask) {
      shown.push(ask);
      ask.client.end('page');
      ask.client.resume();
    },
    setSigning: () => undefined,
    count: () => 0,
    close: () => undefined,
  };
  const dialer: Dialer = {
    dial(permit, _purpose, done) {
      dialled.push(permit.host);
      done('connect-refused', null, false);
      return { cancel: () => undefined };
    },
  };
  const made = await startTunnelRig({ interceptor, dialer, ...options });
  cleanups.push(() => made.close());
  made.verdicts.set(HOST, blocked(HOST));
  return { ...made, shown, dialled };
}

async function connected(made: PageRig, target = `${HOST}:443`, early?: Buffer): Promise<{ socket: Socket; answer: string; received: Buffer[] }> {
  const tunnel = await made.connect(target, early);
  cleanups.push(() => tunnel.socket.destroy());
  return tunnel;
}

describe('a blocked tunnel at block-page', () => {
  it('is answered 200, read, and handed over with every byte of its hello; nothing is dialled', async () => {
    const made = await rig();
    const { socket, answer, received } = await connected(made);
    expect(answer).toBe('HTTP/1.1 200 Connection established');
    expect(made.outcomes).toHaveLength(0);
    const hello = helloBytes({ sni: HOST, recordBytes: 100, padding: 1_500 });
    for (let at = 0; at < hello.length; at += 333) {
      socket.write(hello.subarray(at, at + 333));
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    await waitFor(() => made.shown.length === 1);
    expect(Buffer.concat([...(made.shown[0]?.hello ?? [])])).toEqual(hello);
    expect(made.shown[0]).toMatchObject({ host: HOST, port: 443, pageOnly: true, decision: { reason: 'category-blocked' } });
    await gone(socket);
    expect(Buffer.concat(received).toString()).toBe('page');
    expect(made.dialled).toEqual([]);
    expect(made.outcomes).toHaveLength(1);
    expect(made.outcomes[0]).toMatchObject({ reason: 'category-blocked', failed: false, channel: 'tunnel', bytesUp: 0, bytesDown: 0 });
    expect(made.tunnels.count()).toBe(0);
  });

  it('takes a hello that came with the CONNECT', async () => {
    const made = await rig();
    await connected(made, `${HOST}:443`, helloBytes({ sni: HOST }));
    await waitFor(() => made.shown.length === 1);
    expect(made.outcomes).toHaveLength(1);
  });

  it('does the same for a device that knows no proxy', async () => {
    const made = await rig();
    const socket = made.openTransparent();
    socket.write(helloBytes({ sni: HOST }));
    await waitFor(() => made.shown.length === 1);
    expect(made.dialled).toEqual([]);
    expect(await made.outcome()).toMatchObject({ reason: 'category-blocked', failed: false });
  });

  it.each([
    ['another name', helloBytes({ sni: 'khac.page.test' })],
    ['no name', helloBytes({ sni: null })],
    ['another protocol', helloBytes({ sni: HOST, alpn: ['dot'] })],
    ['old TLS', helloBytes({ sni: HOST, versions: [0x0302] })],
    ['no TLS', Buffer.from('GET / HTTP/1.1\r\nHost: chan.page.test\r\n\r\n')],
    ['half a TLS', Buffer.from('160301000502000000000000', 'hex')],
  ])('closes on %s, still as a block', async (_what, bytes) => {
    const made = await rig();
    const { socket } = await connected(made);
    socket.write(bytes);
    await gone(socket);
    expect(made.shown).toEqual([]);
    expect(made.dialled).toEqual([]);
    expect(made.outcomes).toHaveLength(1);
    expect(made.outcomes[0]).toMatchObject({ reason: 'category-blocked', failed: false });
  });

  it('waits no longer for a hello than for any', async () => {
    const made = await rig({ limits: { helloMs: 200 } });
    const { socket } = await connected(made);
    await gone(socket, 4_000);
    expect(made.outcomes).toHaveLength(1);
    expect(made.outcomes[0]).toMatchObject({ reason: 'category-blocked', failed: false });
  });

  it('forgets a client that leaves', async () => {
    const made = await rig();
    const { socket } = await connected(made);
    socket.write(helloBytes({ sni: HOST }).subarray(0, 20));
    socket.destroy();
    expect(await made.outcome()).toMatchObject({ reason: 'category-blocked', failed: false });
    expect(made.tunnels.count()).toBe(0);
    expect(made.shown).toEqual([]);
  });

  it('shows no page of what a teacher has opened meanwhile', async () => {
    const made = await rig();
    const { socket } = await connected(made);
    made.verdicts.set(HOST, allowed(HOST));
    expect(made.tunnels.applyPolicy()).toBe(1);
    socket.write(helloBytes({ sni: HOST }));
    await gone(socket);
    expect(made.shown).toEqual([]);
    expect(made.outcomes).toHaveLength(1);
    expect(made.outcomes[0]).toMatchObject({ reason: 'policy-changed' });
  });

  it('shows the page of the verdict in force, where a new policy blocks for another reason', async () => {
    const made = await rig();
    const { socket } = await connected(made);
    made.verdicts.set(HOST, blocked(HOST, { reason: 'hard-category', cell: 'X' }));
    expect(made.tunnels.applyPolicy()).toBe(0);
    socket.write(helloBytes({ sni: HOST }));
    await waitFor(() => made.shown.length === 1);
    expect(made.shown[0]?.decision.reason).toBe('hard-category');
    expect(made.outcomes[0]).toMatchObject({ reason: 'hard-category' });
  });

  it('is refused as ever where the page can’t be shown', async () => {
    const made = await rig({ ports: [80, 443] });
    made.verdicts.set('chan.test', blocked('chan.test'));
    expect((await connected(made, 'chan.test:443')).answer).toBe('HTTP/1.1 599 category-blocked');
    expect((await connected(made, `${HOST}:80`)).answer).toBe('HTTP/1.1 599 category-blocked');
    const socket = made.openTransparent();
    socket.write(helloBytes({ sni: 'chan.test' }));
    await gone(socket);
    expect(made.outcomes).toHaveLength(3);
    expect(made.shown).toEqual([]);
    expect(made.dialled).toEqual([]);
  });

  it('is never shown for what is allowed', async () => {
    const made = await rig();
    made.verdicts.set('mo.page.test', allowed('mo.page.test'));
    expect((await connected(made, 'mo.page.test:443')).answer).toBe('HTTP/1.1 599 connect-refused');
    expect(made.dialled).toEqual(['mo.page.test']);
    expect(made.shown).toEqual([]);
  });

  it('is closed with everything else', async () => {
    const made = await rig();
    const { socket } = await connected(made);
    made.tunnels.close();
    await gone(socket);
    expect(made.outcomes).toHaveLength(1);
  });
});
