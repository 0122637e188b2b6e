/** Origins that lie (security.md §2.9 f, §2.10 U1–U7, §2.11): what they may do to the next request, to the client, and to memory. */
import { afterEach, describe, expect, it } from 'vitest';
import { answering, type OriginConnection } from '../support/origin.js';
import { startBypassRig, type BypassOptions, type BypassRig, type Ending } from '../support/bypass-rig.js';
import { readAll, valuesOf } from '../support/strict-oracle.js';

let rig: BypassRig;
async function set(onBytes: () => (connection: OriginConnection) => void, options: BypassOptions = {}): Promise<void> {
  rig = await startBypassRig({ onBytes, ...options });
}
afterEach(() => rig.close());

const get = (url: string, ...fields: string[]): string => `GET ${url} HTTP/1.1\r\nHost: ok.test\r\n${fields.map((f) => `${f}\r\n`).join('')}\r\n`;
const two = (): Promise<Ending> => rig.send(get('http://ok.test/1') + get('http://ok.test/2'), { wanted: 2 });
const EVIL = 'HTTP/1.1 200 OK\r\nContent-Length: 6\r\nX-Evil: 1\r\n\r\nPOISON';

describe('response splitting', () => {
  it.each([
    ['CL and TE', 'HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['TE and CL', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nhi'],
    ['two other lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nhi!'],
    ['a list of lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 2, 2\r\n\r\nhi'],
    ['a signed length', 'HTTP/1.1 200 OK\r\nContent-Length: +2\r\n\r\nhi'],
    ['TE in 1.0', 'HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['an unknown coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n'],
    ['gzip as coding', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n'],
    ['obs-fold', 'HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nhi'],
    ['a bare LF', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nhi'],
    ['a bare CR in a field', 'HTTP/1.1 200 OK\r\nX: a\rX-Luytre-Reason: b\r\nContent-Length: 2\r\n\r\nhi'],
    ['a NUL', 'HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nhi'],
    ['blank before the colon', 'HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nhi'],
    ['HTTP/0.9', '<html>hi'],
    ['HTTP/2', 'HTTP/2 200\r\n\r\n'],
    ['a status of no kind', 'HTTP/1.1 099 No\r\nContent-Length: 2\r\n\r\nhi'],
    ['an ICY line', 'ICY 200 OK\r\n\r\nhi'],
    ['101 that nobody asked for', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\nraw'],
    ['101 to h2c', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\nPRI'],
  ])('%s: a 502, and never a reused connection', async (_what, reply) => {
    await set(() => answering(reply));
    const { statuses, text } = await two();
    expect(statuses).toEqual([502, 502]);
    expect(rig.origin.connections).toHaveLength(2);
    expect(text).not.toMatch(/X-Luytre-Reason: b|raw|PRI \*/);
  });

  it.each([
    ['204 with a body', `HTTP/1.1 204 No Content\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`, 204],
    ['304 with a body', `HTTP/1.1 304 Not Modified\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`, 304],
    ['bytes behind the end', `HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi${EVIL}`, 200],
    ['bytes behind the last chunk', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n${EVIL}`, 200],
    ['trailers', `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\nX-Evil: 1\r\nSet-Cookie: a=b\r\n\r\n`, 200],
  ])('%s: the rest is nobody’s', async (_what, reply, status) => {
    await set(() => answering(reply));
    const { statuses, text } = await two();
    expect(statuses).toEqual([status, status]);
    expect(text).not.toMatch(/POISON|X-Evil|Set-Cookie/);
  });
  it('HEAD with a body: the rest is nobody’s', async () => {
    await set(() => answering(`HTTP/1.1 200 OK\r\nContent-Length: ${EVIL.length}\r\n\r\n${EVIL}`));
    const { text } = await rig.send('HEAD http://ok.test/ HTTP/1.1\r\nHost: ok.test\r\n\r\n' + 'HEAD http://ok.test/2 HTTP/1.1\r\nHost: ok.test\r\n\r\n', { ms: 400 });
    expect(text.match(/HTTP\/1\.1 200/g)).toHaveLength(2);
    expect(text).not.toContain('POISON');
    expect(rig.origin.connections).toHaveLength(2);
  });
  it('a second answer that comes later is not the next request’s', async () => {
    await set(() => {
      const once = answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi');
      return (c) => {
        once(c);
        setTimeout(() => c.socket.write(EVIL), 20);
      };
    });
    const client = await rig.client();
    client.send(get('http://ok.test/1'));
    await client.responses(1);
    await new Promise((resolve) => setTimeout(resolve, 60));
    client.send(get('http://ok.test/2'));
    expect((await client.responses(2))[1]?.body).toBe('hi');
    expect(rig.origin.connections).toHaveLength(2);
  });
  it('an answer to another client is out of reach: no two clients share a connection', async () => {
    await set(() => answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'));
    for (let i = 0; i < 3; i++) {
      const client = await rig.client();
      client.send(get('http://ok.test/'));
      await client.responses(1);
    }
    expect(rig.origin.connections).toHaveLength(3);
  });
});

describe('endless and slow', () => {
  it('a header of many megabytes is a 502 after 32 KB, and memory stays flat', async () => {
    await set(() => (c) => {
      if (c.socket.writableLength > 0) return;
      c.socket.write('HTTP/1.1 200 OK\r\nX: ');
      const more = (): void => {
        while (!c.socket.destroyed && c.socket.write('a'.repeat(65_536)));
        if (!c.socket.destroyed) c.socket.once('drain', more);
      };
      more();
    });
    const before = process.memoryUsage().rss;
    const endings = await Promise.all(Array.from({ length: 20 }, () => rig.send(get('http://ok.test/'))));
    expect(endings.map((e) => e.statuses)).toEqual(endings.map(() => [502]));
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
  });
  it('fields without end, and 1xx without end', async () => {
    await set(() => answering(`HTTP/1.1 200 OK\r\n${'a: b\r\n'.repeat(2_000)}\r\n`));
    expect((await rig.send(get('http://ok.test/'))).statuses).toEqual([502]);
    await rig.close();
    await set(() => answering('HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n'.repeat(200)));
    expect((await rig.send(get('http://ok.test/'), { wanted: 12 })).text).toContain('502 Bad Gateway');
  });
  it('R6: an answer that drips is passed on as it comes, and one that stops is given up', async () => {
    await set(() => (c) => {
      c.socket.write('HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n');
      let n = 0;
      const timer = setInterval(() => (n++ < 6 ? c.socket.write('x') : clearInterval(timer)), 60);
    }, { settings: { limits: { tunnelIdleMs: 300 } } });
    const client = await rig.client();
    client.send(get('http://ok.test/'));
    await client.waitFor('1\r\nx\r\n');
    await client.waitClosed(3_000);
    expect(client.text()).not.toContain('0\r\n\r\n');
  });
});

describe('what travels to the client', () => {
  it('Q3: Alt-Svc never, in no spelling, not even in an interim answer; nor what Connection names', async () => {
    await set(() => answering('HTTP/1.1 103 Early Hints\r\nAlt-Svc: h3=":443"\r\n\r\nHTTP/1.1 200 OK\r\nALT-SVC: h3=":443"; ma=86400\r\nalt-svc:clear\r\nConnection: X-Hop, keep-alive\r\nX-Hop: 1\r\nKeep-Alive: timeout=5\r\nProxy-Authenticate: Basic realm="x"\r\nContent-Length: 2\r\n\r\nhi'));
    const { text } = await rig.send(get('http://ok.test/'), { wanted: 2 });
    expect(text).toContain('200 OK');
    expect(text).not.toMatch(/alt-svc|h3=|x-hop|keep-alive: |proxy-auth/i);
  });
  it('R3, R4: nothing is ever unpacked: a bomb stays as small as it was', async () => {
    const bomb = Buffer.from('1f8b08000000000000ff', 'hex');
    await set(() => answering(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\nContent-Encoding: gzip, gzip, br, x-unknown\r\nContent-Type: text/html\r\nContent-Length: ${bomb.length}\r\n\r\n`), bomb])));
    const { answers } = await rig.send(get('http://ok.test/', 'Accept-Encoding: gzip, br, zstd, x-unknown'));
    expect(Buffer.from(answers[0]?.body ?? '', 'latin1').equals(bomb)).toBe(true);
    expect(rig.origin.received().toString('latin1')).toContain('Accept-Encoding: gzip, br, zstd, x-unknown');
  });
  it('R2, R5: 206 nobody asked for, a lying type, a wrong Content-Range: passed on as they are, decided by name', async () => {
    await set(() => answering('HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 5-1/2\r\nContent-Type: image/png\r\nContent-Length: 6\r\n\r\n<html>'));
    const { answers } = await rig.send(get('http://ok.test/'));
    expect([answers[0]?.status, answers[0]?.body]).toEqual([206, '<html>']);
  });
  it('S5, X4: a redirect is never followed; its target is decided when it is asked for', async () => {
    for (const code of [301, 302, 303, 307, 308]) {
      await set(() => answering(`HTTP/1.1 ${code} Moved\r\nLocation: http://blocked.test/\r\nRefresh: 0; url=http://blocked.test/\r\nContent-Length: 0\r\n\r\n`));
      const { statuses, answers } = await rig.send(get('http://ok.test/') + get('http://blocked.test/'), { wanted: 2 });
      expect([statuses, answers[0]?.header('location')]).toEqual([[code, 403], 'http://blocked.test/']);
      expect(rig.permits.map((p) => p.host)).toEqual(['ok.test']);
      if (code !== 308) await rig.close();
    }
  });
});

describe('R1: ranges', () => {
  it.each([
    ['one', 'bytes=0-99', true], ['to the end', 'bytes=5-', true], ['from the end', 'bytes=-500', true], ['five', 'bytes=0-0,2-2,4-4,6-6,8-8', true], ['nothing', 'bytes=-0', true], ['2^63', 'bytes=9223372036854775808-', true],
    ['six', 'bytes=0-0,2-2,4-4,6-6,8-8,10-10', false], ['300', `bytes=${Array.from({ length: 300 }, (_, i) => `${i}-${i}`).join(',')}`, false], ['overlapping', `bytes=${'0-,'.repeat(50)}0-`, false],
  ])('%s', async (_what, value, kept) => {
    await set(() => answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'));
    expect((await rig.send(get('http://ok.test/', `Range: ${value}`, 'If-Range: "x"'))).statuses).toEqual([200]);
    const [request] = readAll(rig.origin.received()).requests;
    expect(valuesOf(request!, 'range')).toEqual(kept ? [value] : []);
  });
  it('two Range fields are one too many', async () => {
    await set(() => answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'));
    await rig.send(get('http://ok.test/', 'Range: bytes=0-1', 'range: bytes=2-3,4-5'));
    expect(valuesOf(readAll(rig.origin.received()).requests[0]!, 'range')).toEqual(['bytes=0-1']);
  });
});

describe('upgrade', () => {
  const ask = (upgrade: string, url = 'http://ok.test/ws', ...more: string[]): string => get(url, 'Connection: Upgrade, HTTP2-Settings', `Upgrade: ${upgrade}`, 'HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==', 'Sec-WebSocket-Version: 99', ...more);
  it.each(['h2c', 'h2c, websocket', 'websocket, h2c', 'TLS/1.0', 'connect-udp', 'connect-ip', 'tcp', 'foo', 'websocket/13', ''])('U3, U4, Q5, V7: Upgrade: %s is stripped, with its settings', async (upgrade) => {
    await set(() => answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'));
    expect((await rig.send(ask(upgrade))).statuses).toEqual([200]);
    expect(rig.origin.received().toString('latin1')).not.toMatch(/^(?:upgrade|http2-settings|connection: .*upgrade)/im);
  });
  it.each([[426, 'Upgrade Required'], [200, 'OK']] as const)('U2: %i instead of 101: plain answer; the pipelined request is decided and takes another connection', async (status, phrase) => {
    await set(() => answering(`HTTP/1.1 ${status} ${phrase}\r\nContent-Length: 2\r\n\r\nno`));
    const { statuses } = await rig.send(ask('websocket') + get('http://blocked.test/') + get('http://ok.test/next'), { wanted: 3 });
    expect(statuses).toEqual([status, 403, status]);
    expect(rig.origin.connections).toHaveLength(2);
    expect(rig.origin.connections[0]?.bytes.toString('latin1')).not.toMatch(/next|blocked/);
  });
  it('U1: to a closed host it is blocked before any dial', async () => {
    await set(() => answering(''));
    expect((await rig.send(ask('websocket', 'http://blocked.test/ws'))).statuses).toEqual([403]);
    expect(rig.permits).toEqual([]);
  });
  it.each([
    ['U5: with a length', 'Content-Length: 5\r\n', 'hello'],
    ['U5: with chunks', 'Transfer-Encoding: chunked\r\n', '0\r\n\r\n'],
  ])('%s is refused', async (_what, field, body) => {
    await set(() => answering(''));
    expect((await rig.send(`POST http://ok.test/ HTTP/1.1\r\nHost: ok.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n${field}\r\n${body}`)).statuses).toEqual([400]);
    expect(rig.permits).toEqual([]);
  });
  it('U6: the HTTP/2 preface is refused', async () => {
    await set(() => answering(''));
    for (const mode of ['explicit', 'transparent'] as const) expect((await rig.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', { mode })).statuses).toEqual([505]);
  });
  it('U7: an upgrade that is stripped leaves a connection that goes on', async () => {
    await set(() => answering('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'));
    expect((await rig.send(ask('foo') + get('http://ok.test/2'), { wanted: 2 })).statuses).toEqual([200, 200]);
  });
});
