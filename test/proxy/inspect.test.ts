/** Level `inspect` on the wire: what is read, on what it is judged, what is let out and as whom, and what is never opened. Real TLS on loopback. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import net from 'node:net';
import tls from 'node:tls';
import { afterEach, describe, expect, it } from 'vitest';
import { ANSWER, CA, CA_NAME, insidePolicy, SIGNING, startInsideRig, type InsideRig, type InsideRigOptions } from '../support/inside-rig.js';
import { answering, until } from '../support/origin.js';
import { insideClient, splitResponses, type RawClient } from '../support/raw-client.js';

const open: InsideRig[] = [];
afterEach(async () => {
  for (const rig of open.splice(0)) await rig.close();
});

async function start(options: InsideRigOptions = {}): Promise<InsideRig> {
  const rig = await startInsideRig(options);
  open.push(rig);
  return rig;
}

const OURS = expect.stringMatching(/Lũy Tre/);
const heads = (rig: InsideRig): string[] => rig.origin.connections.map((c) => c.bytes.toString('latin1'));

async function one(_rig: InsideRig, client: RawClient, request: string): Promise<{ status: number; reason: string | null; head: string; body: string }> {
  const before = splitResponses(client.text()).length;
  client.send(request);
  const found = (await client.responses(before + 1))[before];
  if (found === undefined) throw new Error('no response');
  return { status: found.status, reason: found.header('x-luytre-reason'), head: found.head, body: found.body };
}

describe('what is read', () => {
  it('an allowed host: our certificate, one decision a request, written anew to the origin whose own certificate was checked', async () => {
    const rig = await start();
    const client = await rig.inside('ok.test');
    expect(client.issuer).toEqual(OURS);
    expect(CA_NAME).toContain('Lũy Tre');
    expect(rig.origin.connections).toHaveLength(0);
    const answer = await one(rig, client, rig.get('ok.test', '/bai?ma=5', 'X-Forwarded-For: 10.1.2.3\r\n'));
    expect(answer).toMatchObject({ status: 200, body: 'hi' });
    // Q3: no way to QUIC is shown
    expect(answer.head).not.toMatch(/alt-svc/i);
    expect(heads(rig)[0]).toMatch(/^GET \/bai\?ma=5 HTTP\/1\.1\r\nHost: ok\.test:\d+\r\n/);
    expect(heads(rig)[0]).not.toContain('10.1.2.3');
    await one(rig, client, rig.get('ok.test', '/hai'));
    expect(rig.origin.connections).toHaveLength(1);
    await until(() => rig.proxy.outcomes.length === 2);
    expect(rig.proxy.outcomes).toMatchObject([
      { channel: 'http', reason: 'category-open', failed: false, zone: 0, clientAddress: '127.0.0.1' }, { channel: 'http', reason: 'category-open', failed: false },
    ]);
    expect(JSON.stringify(rig.proxy.outcomes)).not.toContain('ma=5');
  });

  it('through a transparent port too', async () => {
    const rig = await start();
    const client = await rig.inside('ok.test', { transparent: true });
    expect(client.issuer).toEqual(OURS);
    expect((await one(rig, client, rig.get('ok.test'))).status).toBe(200);
  });

  it.each([
    ['excluded by the CA itself', 'bank.test', {}],
    ['on the never-decrypt list', 'thu.test', {}],
    ['a help line', 'help.test', {}],
    ['a profile at another level', 'ok.test', { from: '127.0.0.2' }],
  ])('not: %s; it shows its true certificate', async (_what, host, options) => {
    const rig = await start();
    const client = await rig.inside(host, options);
    expect(client.issuer).toBe('Gốc thử');
    expect((await one(rig, client, rig.get(host, '/x', 'X-A: b\r\n'))).status).toBe(200);
    // as it was sent: nothing wrote it anew
    expect(heads(rig)[0]).toBe(rig.get(host, '/x', 'X-A: b\r\n'));
  });

  it('not: an origin that was found to want a client certificate', async () => {
    const rig = await start();
    rig.proxy.interceptor.splice('ok.test');
    expect((await rig.inside('ok.test')).issuer).toBe('Gốc thử');
    expect((await rig.inside('other.test')).issuer).toEqual(OURS);
  });

  it('not at level block-page or name', async () => {
    for (const level of ['block-page', 'name'] as const) {
      const rig = await start({ level });
      expect((await rig.inside('ok.test')).issuer).toBe('Gốc thử');
    }
  });

  it('not without a CA', async () => {
    const rig = await start();
    rig.proxy.interceptor.setSigning(null);
    expect((await rig.inside('ok.test')).issuer).toBe('Gốc thử');
  });

  it('another name in the hello than in CONNECT ends it, as at any level', async () => {
    const rig = await start();
    await expect(rig.inside('ok.test', { name: 'other.test' })).rejects.toThrow();
    await expect(rig.inside('ok.test', { name: 'blocked.test' })).rejects.toThrow();
    expect(rig.proxy.outcomes).toMatchObject([{ reason: 'server-name-mismatch', failed: true }, { reason: 'hard-category', failed: false }]);
    expect(rig.origin.connections).toHaveLength(0);
  });
});

describe('each request is decided', () => {
  it('by its path: one path of an open host is closed, the rest stays open, on one connection', async () => {
    const rig = await start();
    const client = await rig.inside('ok.test');
    expect((await one(rig, client, rig.get('ok.test', '/mo'))).status).toBe(200);
    expect(await one(rig, client, rig.get('ok.test', '/choi/1'))).toMatchObject({ status: 403, reason: 'category-blocked' });
    expect(await one(rig, client, rig.get('ok.test', '/%63am/x?a'))).toMatchObject({ status: 403, reason: 'hard-category' });
    expect((await one(rig, client, rig.get('ok.test', '/mo/2'))).status).toBe(200);
    expect(heads(rig).join('')).not.toMatch(/choi|cam/);
  });

  it('by its path where the host is closed: a school opens one path of it', async () => {
    const rig = await start({ policy: insidePolicy('inspect', { rules: [{ layer: 'school-allow', entry: 'game.test/bai-hoc', profileMask: null, note: null }] }) });
    const client = await rig.inside('game.test');
    expect(await one(rig, client, rig.get('game.test', '/'))).toMatchObject({ status: 403, reason: 'category-blocked' });
    expect((await one(rig, client, rig.get('game.test', '/bai-hoc/1'))).status).toBe(200);
    expect(heads(rig)).toHaveLength(1);
  });

  it.each([
    ['H9: a closed Host on an open session', 'Host: blocked.test', '/', 403, 'hard-category'],
    ['H9: an open Host that is not the session’s', 'Host: other.test', '/', 421, 'server-name-mismatch'],
    ['T9: a host that is never decrypted, asked for inside', 'Host: bank.test', '/', 421, 'server-name-mismatch'],
    ['another port', 'Host: ok.test:81', '/', 421, 'server-name-mismatch'],
    ['V10: absolute-form for a closed host', 'Host: blocked.test', 'http://blocked.test/', 403, 'hard-category'],
    ['V10: absolute-form for another open host', 'Host: other.test', 'http://other.test/', 421, 'server-name-mismatch'],
    ['absolute-form that names another host than Host', 'Host: ok.test', 'http://blocked.test/', 400, 'malformed'],
    ['two Hosts', 'Host: ok.test\r\nHost: blocked.test', '/', 400, 'malformed'],
  ])('%s', async (_what, host, target, status, reason) => {
    const rig = await start();
    const client = await rig.inside('ok.test');
    expect((await one(rig, client, rig.get('ok.test'))).status).toBe(200);
    const before = heads(rig).join('').length;
    expect(await one(rig, client, `GET ${target} HTTP/1.1\r\n${host}\r\n\r\n`)).toMatchObject({ status, reason });
    expect(heads(rig).join('').length).toBe(before);
    if (status !== 403) await client.waitClosed();
    else expect((await one(rig, client, rig.get('ok.test', '/lai'))).status).toBe(200);
  });

  it('absolute-form for the session’s own host goes on as origin-form', async () => {
    const rig = await start();
    const client = await rig.inside('ok.test');
    const place = `ok.test:${rig.origin.port}`;
    expect((await one(rig, client, `GET http://${place}/a?b HTTP/1.1\r\nHost: ${place}\r\n\r\n`)).status).toBe(200);
    expect(heads(rig)[0]).toMatch(/^GET \/a\?b HTTP\/1\.1\r\n/);
  });

  it('a CONNECT inside is refused', async () => {
    const rig = await start();
    const client = await rig.inside('ok.test');
    expect((await one(rig, client, 'CONNECT blocked.test:443 HTTP/1.1\r\nHost: blocked.test:443\r\n\r\n')).status).toBe(400);
    expect(rig.origin.connections).toHaveLength(0);
  });

  it('D4: DNS over HTTPS is known by what it says, whatever host it is on', async () => {
    const rig = await start();
    let client = await rig.inside('ok.test');
    const post = (type: string): string => `POST /q HTTP/1.1\r\nHost: ok.test:${rig.origin.port}\r\nContent-Type: ${type}\r\nContent-Length: 2\r\n\r\nhi`;
    for (const type of ['application/dns-message', 'application/oblivious-dns-message', 'application/dns-json; a=b']) {
      expect(await one(rig, client, post(type)), type).toMatchObject({ status: 403, reason: 'hard-category' });
      // its body was never taken
      await client.waitClosed(4_000);
      client = await rig.inside('ok.test');
    }
    expect((await one(rig, client, rig.get('ok.test', '/a/dns-query?dns=AAABAAABAAAAAAAAB2Jsb2NrZWQ', 'Accept: application/dns-message\r\n'))).status).toBe(403);
    expect((await one(rig, client, post('text/plain'))).status).toBe(200);
    expect(heads(rig).join('')).not.toContain('dns');
  });

  it('V3: the programs of web proxies are known by their files on hosts no list knows', async () => {
    const rig = await start();
    const client = await rig.inside('unlisted.test');
    for (const path of ['/uv/uv.bundle.js', '/uv.sw.js', '/service/hvtrs8%2F-wuw%2Cezaopne%2Ccmm-', '/bare/v2/', '/x?__cpo=aHR0cHM6Ly9ibG9ja2VkLnRlc3Q', '/rammerhead.js', '/scramjet/scramjet.all.js']) {
      expect(await one(rig, client, rig.get('unlisted.test', path)), path).toMatchObject({ status: 403, reason: 'hard-category' });
    }
    expect((await one(rig, client, rig.get('unlisted.test', '/service/lich'))).status).toBe(200);
    const known = await rig.inside('ok.test');
    expect((await one(rig, known, rig.get('ok.test', '/bare/v2/')))).toMatchObject({ status: 200 });
  });

  it('W2: translation by a parameter is judged with the page it carries', async () => {
    const rig = await start();
    const client = await rig.inside('translate.google.com');
    const ask = (query: string): Promise<{ status: number }> => one(rig, client, rig.get('translate.google.com', `/translate?sl=auto&${query}`));
    expect((await ask('u=https%3A%2F%2Fok.test%2Fmo')).status).toBe(200);
    for (const query of ['u=https%3A%2F%2Fblocked.test%2F', 'u=%2568ttp%253A%252F%252Fblocked.test', 'U=blocked.test', 'u=//blocked.test/x', 'u=https://ok.test/cam', '%75=http:blocked.test', 'u=ok.test&u=blocked.test', 'u=not+a+host']) {
      expect((await ask(query)).status, query).toBe(403);
    }
    expect((await ask('u=')).status).toBe(200);
    expect(heads(rig).join('')).not.toContain('blocked');
  });
});

describe('what is let out', () => {
  it('S1: SafeSearch is set on searches and taken from nobody’s hand', async () => {
    const rig = await start();
    const client = await rig.inside('www.google.com');
    const target = async (path: string): Promise<string> => {
      const before = heads(rig).join('').length;
      expect((await one(rig, client, rig.get('www.google.com', path))).status).toBe(200);
      return /^GET (\S+) /.exec(heads(rig).join('').slice(before))?.[1] ?? '';
    };
    expect(await target('/search?q=toan+lop+7')).toBe('/search?q=toan+lop+7&safe=active');
    expect(await target('/search?safe=off&q=a&SAFE=off&%73afe=images')).toBe('/search?q=a&safe=active');
    expect(await target('/search?q=a&q=b')).toBe('/search?q=a&q=b&safe=active');
    expect(await target('/setprefs?safe=off')).toBe('/setprefs?safe=active');
    expect(await target('/maps?x=1')).toBe('/maps?x=1');
    expect(await target('/')).toBe('/');
    const duck = await rig.inside('duckduckgo.com');
    await one(rig, duck, rig.get('duckduckgo.com', '/?kp=-2&q=a'));
    expect(heads(rig).join('')).toContain('GET /?q=a&kp=1 HTTP');
  });

  it('S3: YouTube-Restrict is written whatever the client sent', async () => {
    const rig = await start();
    const client = await rig.inside('www.youtube.com');
    await one(rig, client, rig.get('www.youtube.com', '/', 'youtube-restrict: none\r\nX-A: b\r\nYouTube-Restrict: off\r\nCookie: PREF=f2=8000000\r\n'));
    expect(heads(rig)[0]?.match(/youtube-restrict: .*/gi)).toEqual(['YouTube-Restrict: Moderate']);
    expect(heads(rig)[0]).toContain('X-A: b\r\n');
    const strict = await start({ policy: insidePolicy('inspect', { zones: [{ name: 'a', profile: 2, cidrs: ['127.0.0.1/32'], macs: [], port: null, login: null, timetable: [] }] }) });
    const pupil = await strict.inside('www.youtube.com');
    await one(strict, pupil, strict.get('www.youtube.com'));
    expect(heads(strict)[0]).toContain('\r\nYouTube-Restrict: Strict\r\n');
    const teacher = await start({ policy: insidePolicy('inspect', { profiles: insidePolicy('inspect').data.profiles.map((p) => ({ ...p, tls: 'inspect' as const })) }) });
    const free = await teacher.inside('www.youtube.com', { from: '127.0.0.2' });
    expect(free.issuer).toEqual(OURS);
    await one(teacher, free, teacher.get('www.youtube.com', '/', 'YouTube-Restrict: Mine\r\n'));
    expect(heads(teacher)[0]).toContain('\r\nYouTube-Restrict: Mine\r\n');
  });

  it('U3: h2c and other upgrades are stripped', async () => {
    const rig = await start();
    const client = await rig.inside('ok.test');
    await one(rig, client, rig.get('ok.test', '/', 'Upgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings\r\n'));
    expect(heads(rig)[0]).not.toMatch(/upgrade|http2/i);
  });

  it('bodies of every kind, pipelined', async () => {
    const rig = await start({ onBytes: () => (c) => {
      if (c.bytes.toString('latin1').endsWith('end')) c.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'.concat(ANSWER));
    } });
    const client = await rig.inside('ok.test');
    const place = `Host: ok.test:${rig.origin.port}`;
    client.send(`POST /a HTTP/1.1\r\n${place}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nxxend\r\n0\r\n\r\n`);
    await rig.origin.until(() => rig.origin.received().includes('xxend'));
    expect(heads(rig)[0]).toMatch(/Transfer-Encoding: chunked\r\n/);
  });

  it('a thousand pipelined requests, each decided, in order', async () => {
    const rig = await start();
    const client = await rig.inside('ok.test');
    const n = 300;
    client.send(Array.from({ length: n }, (_, i) => rig.get('ok.test', i % 3 === 0 ? `/choi/${i}` : `/${i}`)).join(''));
    const answers = await client.responses(n, 15_000);
    expect(answers.map((a) => a.status)).toEqual(Array.from({ length: n }, (_, i) => (i % 3 === 0 ? 403 : 200)));
  });

  it('a large answer to a slow client keeps memory flat, whole in the end', async () => {
    const size = 30_000_000;
    const body = Buffer.alloc(size, 'x');
    const digest = createHash('sha256').update(body).digest('hex');
    let sent = 0;
    const rig = await start({ onBytes: () => {
      let done = false;
      return (c) => {
        if (done) return;
        done = true;
        c.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${size}\r\n\r\n`);
        const pour = (): void => {
          while (sent < size) {
            const part = body.subarray(sent, sent + 65_536);
            sent += part.length;
            if (!c.socket.write(part)) {
              c.socket.once('drain', pour);
              return;
            }
          }
        };
        pour();
      };
    } });
    const client = await rig.inside('ok.test');
    client.socket.pause();
    client.send(rig.get('ok.test'));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(sent).toBeLessThan(size / 2);
    client.socket.resume();
    await until(() => client.bytes() > size, 20_000);
    const text = Buffer.from(client.text(), 'latin1');
    expect(createHash('sha256').update(text.subarray(text.indexOf('\r\n\r\n') + 4)).digest('hex')).toBe(digest);
  });

  it('an answer before the request is whole, and clients that leave at any point', async () => {
    const rig = await start({ onBytes: () => answering('HTTP/1.1 413 No\r\nContent-Length: 0\r\n\r\n') });
    const client = await rig.inside('ok.test');
    client.send(`POST / HTTP/1.1\r\nHost: ok.test:${rig.origin.port}\r\nContent-Length: 1000000\r\n\r\nabc`);
    expect((await client.responses(1))[0]).toMatchObject({ status: 413 });
    await client.waitClosed(5_000);
    for (let i = 0; i < 12; i++) {
      const each = await rig.inside('ok.test');
      each.send(rig.get('ok.test').slice(0, i * 4));
      await new Promise((resolve) => setTimeout(resolve, i));
      each.socket.destroy();
    }
    await until(() => rig.proxy.server.connections() === 0 && rig.proxy.interceptor.count() === 0);
    await rig.origin.until(() => rig.origin.connections.every((c) => c.closed));
  });

  it('a broken answer of unknown length is no whole one to HTTP/1.0', async () => {
    const rig = await start({ onBytes: () => (c) => {
      if (c.bytes.length < 10_000) c.socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n');
    } });
    const client = await rig.inside('ok.test');
    client.send(`GET / HTTP/1.0\r\nHost: ok.test:${rig.origin.port}\r\n\r\n`);
    await client.waitFor('abc');
    rig.origin.connections[0]?.socket.write('zz');
    await client.waitClosed();
    expect(client.error()).toBe('ECONNRESET');
  });

  it('a WebSocket, spliced over both TLS sockets, and closed when policy closes its path', async () => {
    const rig = await start({ onBytes: () => {
      let greeted = false;
      return (c) => {
        if (!greeted) {
          greeted = true;
          c.socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\nchào');
        } else c.socket.write('vọng');
      };
    } });
    const client = await rig.inside('ok.test');
    client.send(rig.get('ok.test', '/phong/1', 'Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: x\r\nSec-WebSocket-Version: 13\r\n'));
    await client.waitFor('ch');
    client.send('tiếng');
    await client.waitFor(Buffer.from('vọng').toString('latin1'));
    rig.proxy.setPolicy(insidePolicy('inspect', { rules: [{ layer: 'school-block', entry: 'ok.test/phong', profileMask: null, note: null }] }));
    await client.waitClosed(2_000);
    expect(rig.proxy.outcomes).toMatchObject([{ channel: 'websocket', reason: 'policy-changed' }]);
  });
});

describe('the origin', () => {
  it('that can’t prove its name is sent nothing, and the pupil reads why', async () => {
    const rig = await start({ untrusted: true });
    const client = await rig.inside('ok.test');
    const { status, reason } = await one(rig, client, rig.get('ok.test', '/bi-mat'));
    expect(status).toBe(502);
    expect(reason).toMatch(/^site-certificate-(?:untrusted|incomplete)$/);
    expect(rig.origin.received()).toHaveLength(0);
    await client.waitClosed();
    expect(rig.proxy.outcomes).toMatchObject([{ failed: true, channel: 'http' }]);
    const named = await start({ names: ['other.test'] });
    const wrong = await named.inside('ok.test');
    expect(await one(named, wrong, named.get('ok.test'))).toMatchObject({ status: 502, reason: 'site-certificate-wrong-host' });
    const right = await named.inside('other.test');
    expect((await one(named, right, named.get('other.test'))).status).toBe(200);
  });

  it('that asks for the client’s own certificate is spliced from then on', async () => {
    const rig = await start({ originTls: { requestCert: true, rejectUnauthorized: false } });
    const client = await rig.inside('ok.test');
    expect(await one(rig, client, rig.get('ok.test'))).toMatchObject({ status: 502, reason: 'site-wants-certificate' });
    await client.waitClosed();
    const next = await rig.inside('ok.test');
    expect(next.issuer).toBe('Gốc thử');
    expect((await one(rig, next, rig.get('ok.test'))).status).toBe(200);
    expect((await rig.inside('other.test')).issuer).toEqual(OURS);
  });

  it('that is silent in its handshake is given up', async () => {
    const held: unknown[] = [];
    const mute = net.createServer((socket) => held.push(socket.on('error', () => undefined)));
    await new Promise<void>((resolve) => mute.listen(0, '127.0.0.1', resolve));
    const { port } = mute.address() as { port: number };
    const rig = await start({ settings: { limits: { connectMs: 300 }, ports: [port] } });
    const client = await rig.inside(`ok.test`).catch(() => null);
    // the origin's own port is not allowed here; the mute one is
    expect(client).toBeNull();
    const inside = await insideClient(rig.proxy.port, `ok.test:${port}`, { ca: CA });
    const answer = await one(rig, inside, `GET / HTTP/1.1\r\nHost: ok.test:${port}\r\n\r\n`);
    expect(answer.status).toBeGreaterThanOrEqual(502);
    for (const socket of held as { destroy(): void }[]) socket.destroy();
    await new Promise((resolve) => mute.close(resolve));
  });

  it('is asked again when a kept connection has died, and one client’s is never another’s', async () => {
    const rig = await start();
    const [a, b] = [await rig.inside('ok.test'), await rig.inside('ok.test')];
    await one(rig, a, rig.get('ok.test'));
    await one(rig, b, rig.get('ok.test'));
    expect(rig.origin.connections).toHaveLength(2);
    rig.origin.connections[0]?.socket.destroy();
    expect((await one(rig, a, rig.get('ok.test', '/2'))).status).toBe(200);
    expect(rig.origin.connections).toHaveLength(3);
  });
});

describe('time and policy', () => {
  it('an exchange that policy closes is cut; what is idle ends, so that the next one comes by the right road', async () => {
    const rig = await start({ onBytes: () => (c) => {
      if (c.bytes.toString('latin1').includes('/cho')) c.socket.write('HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf');
      else c.socket.write(ANSWER);
    } });
    const [idle, busy, other] = [await rig.inside('ok.test'), await rig.inside('ok.test'), await rig.inside('other.test')];
    await one(rig, idle, rig.get('ok.test'));
    busy.send(rig.get('ok.test', '/cho'));
    await busy.waitFor('half');
    rig.proxy.setPolicy(insidePolicy('inspect', { rules: [{ layer: 'school-block', entry: 'ok.test', profileMask: null, note: null }] }));
    await idle.waitClosed(2_000);
    await busy.waitClosed(2_000);
    expect((await one(rig, other, rig.get('other.test'))).status).toBe(200);
  });

  it('a school that goes back to another level stops reading at once', async () => {
    const rig = await start();
    const [idle, fresh] = [await rig.inside('ok.test'), await rig.inside('ok.test')];
    await one(rig, idle, rig.get('ok.test'));
    rig.proxy.setPolicy(insidePolicy('block-page'));
    await idle.waitClosed(2_000);
    await fresh.waitClosed(2_000);
    expect((await rig.inside('ok.test')).issuer).toBe('Gốc thử');
  });

  it('a host the school leaves out is read no more, on open connections either', async () => {
    const rig = await start();
    const [left, kept] = [await rig.inside('ok.test'), await rig.inside('other.test')];
    await one(rig, left, rig.get('ok.test'));
    rig.proxy.interceptor.setSigning({ ...SIGNING, neverDecrypt: [...SIGNING.neverDecrypt, '=ok.test'] });
    rig.proxy.server.applyPolicy();
    await left.waitClosed(2_000);
    expect((await rig.inside('ok.test')).issuer).toBe('Gốc thử');
    expect((await one(rig, kept, rig.get('other.test'))).status).toBe(200);
  });

  it('a lesson that ends with another level ends what was read under it', async () => {
    const untilMs = Date.now() + 1_200;
    const rig = await start({ policy: insidePolicy('inspect', { lessons: [{ zone: 'giao-vien', profile: 3, fromMs: 0, untilMs }] }) });
    const client = await rig.inside('ok.test', { from: '127.0.0.2' });
    expect(client.issuer).toEqual(OURS);
    await one(rig, client, rig.get('ok.test'));
    await client.waitClosed(5_000);
    expect((await rig.inside('ok.test', { from: '127.0.0.2' })).issuer).toBe('Gốc thử');
  });

  it('own deadlines: no head, half a head, no end of the handshake', async () => {
    const rig = await start({ settings: { limits: { headMs: 300, helloMs: 300 } } });
    const [silent, half] = [await rig.inside('ok.test'), await rig.inside('ok.test')];
    half.send('GET / HT');
    await silent.waitClosed(3_000);
    expect(await half.waitClosed(3_000)).toMatch(/^HTTP\/1\.1 408 /);
    await until(() => rig.proxy.interceptor.count() === 0);
    expect(rig.proxy.rejected).toEqual([]);
  });

  it('drains: what is idle ends, what is under way ends with its answer', async () => {
    let answer = (): void => undefined;
    const rig = await start({ onBytes: () => (c) => {
      answer = () => void c.socket.write(ANSWER);
      if (!c.bytes.toString('latin1').includes('/cho')) answer();
    } });
    const [idle, busy] = [await rig.inside('other.test'), await rig.inside('ok.test')];
    await one(rig, idle, rig.get('other.test'));
    busy.send(rig.get('ok.test', '/cho'));
    await rig.origin.until(() => rig.origin.received().includes('/cho'));
    const drained = rig.proxy.server.drain(5_000);
    await idle.waitClosed(2_000);
    answer();
    expect(await busy.waitClosed(3_000)).toMatch(/^HTTP\/1\.1 200 .*Connection: close/s);
    await drained;
  });

  it('limits hold: heads, and connections by the socket under the TLS', async () => {
    const rig = await start({ settings: { limits: { connectionsPerClient: 3, maxHeaders: 20 } } });
    const client = await rig.inside('ok.test');
    expect((await one(rig, client, rig.get('ok.test', '/', 'A: b\r\n'.repeat(30)))).status).toBe(431);
    await client.waitClosed();
    await rig.inside('ok.test');
    await rig.inside('ok.test');
    await rig.inside('ok.test');
    await expect(rig.inside('ok.test')).rejects.toThrow(/503/);
  });
});

describe('who turns our certificate down', () => {
  const shake = (rig: InsideRig, host: string, options: tls.ConnectionOptions): Promise<void> => rig.inside(host, { tls: options }).then((client) => void client.socket.destroy(), () => undefined);

  it('is counted by host: with an alert, or by silence after the handshake; never let round', async () => {
    const rig = await start();
    await shake(rig, 'ok.test', { ca: [] });
    await shake(rig, 'ok.test', { ca: [], maxVersion: 'TLSv1.2' });
    await until(() => rig.proxy.rejected.length === 2);
    await shake(rig, 'other.test', {});
    await until(() => rig.proxy.rejected.length === 3);
    // OpenSSL says it with an alert
    await new Promise<void>((resolve) => {
      const args = ['s_client', '-proxy', `127.0.0.1:${rig.proxy.port}`, '-connect', `ok.test:${rig.origin.port}`, '-servername', 'ok.test', '-verify_return_error', '-no-CAfile', '-no-CApath', '-no-CAstore'];
      spawn('openssl', args, { stdio: 'ignore' }).on('close', () => resolve());
    });
    await until(() => rig.proxy.rejected.length === 4);
    expect(rig.proxy.rejected).toEqual(['ok.test', 'ok.test', 'other.test', 'ok.test']);
    expect((await rig.inside('ok.test')).issuer).toEqual(OURS);
    await until(() => rig.proxy.outcomes.length >= 3);
    expect(rig.proxy.outcomes.slice(0, 2)).toMatchObject([{ channel: 'tunnel', failed: true }, { channel: 'tunnel' }]);
  });

  it('is not: who has asked something, whom we closed ourselves, and whoever was only to see the page', async () => {
    const rig = await start();
    const client = await rig.inside('ok.test');
    await one(rig, client, rig.get('ok.test'));
    client.socket.destroy();
    await shake(rig, 'blocked.test', { ca: [] });
    await shake(rig, 'blocked.test', {});
    await until(() => rig.proxy.interceptor.count() === 0);
    expect(rig.proxy.rejected).toEqual([]);
    expect(tls.DEFAULT_MAX_VERSION).toBe('TLSv1.3');
  });
});
