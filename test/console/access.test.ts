/** Coming in, staying in, going out, over real TLS against the built gateway: what an attacker tries and what an owner needs. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { request } from 'node:https';
import { connect } from 'node:net';
import { join } from 'node:path';
import { connect as tlsConnect } from 'node:tls';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createClient, enrol, firstAdmin, PASSWORD, setupCode, shownSecret, signIn, totp, type Client } from '../support/console.js';
import { runCli, startTestGateway, type TestGateway } from '../support/gateway.js';

const OTHER = 'Mật khẩu khác 99!';

/** The store's own figures, read beside the running gateway. */
function query<T>(gateway: TestGateway, sql: string): T[] {
  const db = new Database(join(gateway.data, 'luytre.db'), { readonly: true });
  try {
    return db.prepare(sql).all() as T[];
  } finally {
    db.close();
  }
}

describe('the first run', () => {
  it('of fifty who claim the code at once one wins; it is good once, and there is no default account', async () => {
    const gateway = await startTestGateway({});
    try {
      const code = setupCode(gateway);
      expect(code).toMatch(/^[0-9A-Z]{4}(?:-[0-9A-Z]{4}){4}$/);
      const stranger = createClient(gateway.consolePort);
      expect((await stranger.get('/phong')).location).toBe('/khoi-dau');
      expect((await stranger.get('/dang-nhap')).location).toBe('/khoi-dau');
      const wrong = await stranger.post('/khoi-dau', { code: 'AAAA-AAAA-AAAA-AAAA-AAAA', name: 'quantri', password: PASSWORD, again: PASSWORD });
      expect(wrong.status).toBe(422);
      expect(wrong.body).toContain('Mã dùng một lần sai');
      const weak = await stranger.post('/khoi-dau', { code, name: 'quantri', password: 'ngan', again: 'ngan' });
      expect([weak.status, weak.body.includes('ít nhất 14 ký tự'), weak.body.includes(code)]).toEqual([422, true, true]);
      const tries = await Promise.all(Array.from({ length: 50 }, (_, n) => createClient(gateway.consolePort).post('/khoi-dau', { code, name: `quantri-${n}`, password: PASSWORD, again: PASSWORD })));
      const won = tries.filter((answer) => answer.status === 303);
      expect(won).toHaveLength(1);
      for (const answer of tries) if (answer !== won[0]) expect([409, 422, 503]).toContain(answer.status);
      expect(query(gateway, 'SELECT name FROM user')).toHaveLength(1);
      expect((await stranger.post('/khoi-dau', { code, name: 'sau', password: PASSWORD, again: PASSWORD })).status).toBe(409);
      expect((await stranger.get('/khoi-dau')).location).toBe('/dang-nhap');
      // claimed, but no page before the second factor
      const owner = createClient(gateway.consolePort);
      const cookie = String(won[0]?.headers['set-cookie']).match(/__Host-sid=([^;]+)/)?.[1] ?? null;
      owner.setCookie(cookie);
      expect((await owner.get('/phong')).location).toMatch(/^\/thiet-lap-xac-thuc/);
      expect((await owner.json('GET', '/api/v1/rooms')).status).toBe(401);
    } finally {
      await gateway.end();
    }
  }, 120_000);
});

describe('accounts', () => {
  let gateway: TestGateway;
  let admin: Client;
  let secret = '';
  let recovery: readonly string[] = [];

  beforeAll(async () => {
    gateway = await startTestGateway({ config: { network: { names: ['congloc.truong.vn'] }, console: { names: ['bangdk.truong.vn'] } } });
    ({ client: admin, secret, recovery } = await firstAdmin(gateway));
    for (const name of ['co-lan', 'thay-minh', 'hieu-truong']) {
      expect(await gateway.cli('users', 'add', name, '--role', name === 'hieu-truong' ? 'head' : 'teacher', '--password', PASSWORD)).toMatchObject({ code: 0 });
    }
  }, 180_000);
  afterAll(() => gateway.end());

  it('gives a cookie no script and no other site can use, with another secret at each step, kept as a hash and without an address', async () => {
    const client = createClient(gateway.consolePort);
    const half = await client.post('/dang-nhap', { name: 'hieu-truong', password: PASSWORD, back: '/' });
    expect(String(half.headers['set-cookie'])).toMatch(/^__Host-sid=[A-Za-z0-9_-]{43}; Path=\/; Secure; HttpOnly; SameSite=Strict$/);
    const first = client.cookie();
    await enrol(client);
    const second = client.cookie();
    expect(second).not.toBe(first);
    const old = createClient(gateway.consolePort);
    old.setCookie(first);
    expect((await old.get('/tai-khoan')).location).toMatch(/^\/dang-nhap/);
    // two cookies of the name: one was planted
    const two = await client.send('/tai-khoan', { headers: { Cookie: `__Host-sid=${second}; __Host-sid=${second}` } });
    expect(two.location).toMatch(/^\/dang-nhap/);
    const stored = JSON.stringify(query(gateway, 'SELECT * FROM session'));
    expect(stored).not.toContain(second ?? '?');
    for (const name of readdirSync(gateway.data).filter((file) => statSync(join(gateway.data, file)).isFile())) {
      const bytes = readFileSync(join(gateway.data, name)).toString('latin1');
      expect(bytes.includes('127.0.0.1'), name).toBe(false);
      expect(bytes.includes(second ?? '?'), name).toBe(false);
      expect(bytes.includes(PASSWORD), name).toBe(false);
    }
  });

  it('says the same of a wrong password and of nobody, and takes as long', async () => {
    const took = async (name: string): Promise<[number, string]> => {
      const from = performance.now();
      const answer = await createClient(gateway.consolePort).post('/dang-nhap', { name, password: 'Sai hoàn toàn 12!', back: '/' });
      return [performance.now() - from, `${answer.status} ${answer.body.replaceAll(name, 'X')}`];
    };
    const [, known] = await took('thay-minh');
    const [, nobody] = await took('khong-ai-ca');
    expect(nobody).toBe(known);
    expect(known).toContain('Tên tài khoản hoặc mật khẩu không đúng.');
    // what was typed as a name may be a password: it is written down nowhere
    expect((await gateway.cli('audit', 'list')).out).not.toContain('khong-ai-ca');
    expect((await gateway.cli('audit', 'list')).out).toContain('login.fail\tthay-minh');
  });

  it('takes each code of the second factor once, each recovery code once, and ends after five wrong ones', async () => {
    const at = Date.now() + 30_000;
    const again = async (code: string): Promise<number> => {
      const client = createClient(gateway.consolePort);
      await client.post('/dang-nhap', { name: 'quantri', password: PASSWORD, back: '/' });
      expect((await client.get('/phong')).location).toMatch(/^\/ma-xac-thuc/);
      return (await client.post('/ma-xac-thuc', { code, back: '/phong' })).status;
    };
    expect(await again(totp(secret, at))).toBe(303);
    expect(await again(totp(secret, at))).toBe(422);
    expect(recovery).toHaveLength(10);
    expect(await again(recovery[0] ?? '')).toBe(303);
    expect(await again(recovery[0] ?? '')).toBe(422);
    expect(query<{ n: number }>(gateway, 'SELECT count(*) AS n FROM recovery_code WHERE user = \'quantri\'')[0]?.n).toBe(9);
    const guesser = createClient(gateway.consolePort);
    await guesser.post('/dang-nhap', { name: 'hieu-truong', password: PASSWORD, back: '/' });
    const statuses: number[] = [];
    for (let n = 0; n < 5; n++) statuses.push((await guesser.post('/ma-xac-thuc', { code: '000000', back: '/' })).status);
    expect(statuses.slice(0, 4)).toEqual([422, 422, 422, 422]);
    expect(statuses[4]).toBe(303);
    expect(guesser.cookie()).toBeNull();
    // a right password does not clear the count: the next tries wait
    const next = await guesser.post('/dang-nhap', { name: 'hieu-truong', password: PASSWORD, back: '/' });
    expect(next.status).toBe(429);
    expect(Number(next.headers['retry-after'])).toBeGreaterThan(0);
    expect(next.body).toMatch(/thử lại sau \d+ giây/);
  });

  it('lists a person’s sessions and ends them; nobody else’s', async () => {
    const [phone, desk, other] = [await signIn(gateway, 'co-lan'), await signIn(gateway, 'co-lan'), await signIn(gateway, 'thay-minh')];
    const page = (await desk.get('/tai-khoan')).body;
    const ids = [...page.matchAll(/name="id" value="([0-9a-f]{16})"/g)].map((match) => match[1] ?? '');
    expect(ids.length).toBeGreaterThanOrEqual(1);
    expect((await other.post('/lam/account.end-session', { id: ids[0] ?? '', _back: '/tai-khoan' })).status).toBe(404);
    expect((await phone.get('/tai-khoan')).status).toBe(200);
    expect((await desk.post('/lam/account.end-others', { _back: '/tai-khoan' })).location).toBe('/tai-khoan');
    expect((await phone.get('/tai-khoan')).location).toMatch(/^\/dang-nhap/);
    expect((await desk.get('/tai-khoan')).status).toBe(200);
    expect((await desk.post('/dang-xuat', {})).location).toBe('/dang-nhap');
    expect((await desk.get('/tai-khoan')).location).toMatch(/^\/dang-nhap/);
  });

  it('a new password, from here or from the machine’s terminal, ends every session at once', async () => {
    const [a, b] = [await signIn(gateway, 'co-lan'), await signIn(gateway, 'co-lan')];
    expect((await a.post('/lam/account.password', { password: OTHER, again: 'khác', _back: '/tai-khoan' })).body).toContain('Hai lần nhập không giống nhau.');
    expect((await a.post('/lam/account.password', { password: 'yeu', again: 'yeu', _back: '/tai-khoan' })).body).toContain('ít nhất 14 ký tự');
    expect((await b.get('/tai-khoan')).status).toBe(200);
    expect((await a.post('/lam/account.password', { password: OTHER, again: OTHER, _back: '/tai-khoan' })).location).toBe('/dang-nhap');
    for (const client of [a, b]) expect((await client.get('/tai-khoan')).location).toMatch(/^\/dang-nhap/);
    expect((await createClient(gateway.consolePort).post('/dang-nhap', { name: 'co-lan', password: PASSWORD, back: '/' })).status).toBe(401);
    const c = await signIn(gateway, 'co-lan', OTHER);
    expect((await c.get('/tai-khoan')).status).toBe(200);
    await gateway.cli('users', 'set', 'co-lan', '--password', PASSWORD);
    expect((await c.get('/tai-khoan')).location).toMatch(/^\/dang-nhap/);
  });

  it('a lost phone: the terminal takes the second factor away, sessions end, it is set up anew', async () => {
    expect((await admin.get('/tai-khoan')).status).toBe(200);
    const done = await gateway.cli('users', 'reset-totp', 'quantri');
    expect(done).toMatchObject({ code: 0 });
    expect((await admin.get('/tai-khoan')).location).toMatch(/^\/dang-nhap/);
    expect((await gateway.cli('users', 'reset-totp', 'khong-co')).code).toBe(1);
    const client = createClient(gateway.consolePort);
    expect((await client.post('/dang-nhap', { name: 'quantri', password: PASSWORD, back: '/' })).location).toMatch(/^\/thiet-lap-xac-thuc/);
    const anew = shownSecret((await client.get('/thiet-lap-xac-thuc')).body);
    expect(anew).not.toBe(secret);
    await enrol(client);
    expect((await client.get('/tai-khoan')).body).toContain('Đang bật');
    admin = client;
  });

  it('keeps its headers on every answer, good or bad, and its pages out of every store', async () => {
    const teacher = await signIn(gateway, 'thay-minh');
    for (const answer of [await teacher.get('/phong'), await teacher.get('/khong-co'), await teacher.get('/api/v1/rooms'), await teacher.get('/api/v1/openapi.json'), await teacher.post('/lam/khong-co', {}), await teacher.send('/phong', { method: 'PATCH' }), await createClient(gateway.consolePort).get('/dang-nhap')]) {
      expect(answer.headers['content-security-policy']).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self'/);
      expect(answer.headers['x-content-type-options']).toBe('nosniff');
      expect(answer.headers['referrer-policy']).toBe('no-referrer');
      expect(answer.headers['cross-origin-opener-policy']).toBe('same-origin');
      expect(answer.headers['cross-origin-resource-policy']).toBe('same-origin');
      expect(answer.headers['cache-control']).toBe('no-store');
      expect(answer.headers['access-control-allow-origin']).toBeUndefined();
      expect(answer.headers['strict-transport-security']).toBeUndefined();
      expect(answer.headers['server'] ?? answer.headers['x-powered-by']).toBeUndefined();
    }
    const page = (await teacher.get('/phong')).body;
    expect(page).not.toMatch(/<style|style="|<script>|\son[a-z]+="|javascript:/);
    const asset = /href="(\/assets\/[^"]+\.css)"/.exec(page)?.[1] ?? '';
    expect((await teacher.get(asset)).headers['cache-control']).toContain('immutable');
    for (const path of ['/assets/', '/assets', '/assets/../package.json', '/assets/%2e%2e/%2e%2e/package.json', '/.git/config']) expect((await teacher.get(path)).status).toBeOneOf([404, 403]);
    const own = createClient(gateway.consolePort, { host: 'bangdk.truong.vn' });
    expect((await own.get('/dang-nhap')).headers['strict-transport-security']).toBe('max-age=31536000');
  });

  it('turns away foreign names, other sites, proxies, TRACE, and what is too large, over the wire', async () => {
    const teacher = await signIn(gateway, 'thay-minh');
    const form = { 'Content-Type': 'application/x-www-form-urlencoded', Cookie: `__Host-sid=${teacher.cookie()}` };
    const statusOf = async (options: Parameters<Client['send']>[1]): Promise<number> => (await teacher.send('/lam/account.end-others', { method: 'POST', body: '', bare: true, ...options })).status;
    expect(await statusOf({ headers: { ...form, 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' } })).toBe(403);
    expect(await statusOf({ headers: form })).toBe(403);
    expect(await statusOf({ headers: { ...form, 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'text/plain' } })).toBe(415);
    expect(await statusOf({ headers: { ...form, 'Sec-Fetch-Site': 'same-origin', Host: 'rebind.example' } })).toBe(421);
    expect(await statusOf({ headers: { ...form, 'Sec-Fetch-Site': 'same-origin', Via: '1.1 lt-abc' } })).toBe(403);
    expect(await statusOf({ headers: { ...form, 'Sec-Fetch-Site': 'same-origin', 'X-HTTP-Method-Override': 'DELETE' } })).toBe(303);
    expect((await teacher.send('/phong', { method: 'TRACE' })).status).toBe(403);
    expect((await teacher.post('/lam/account.end-others', { x: 'y'.repeat(70_000) })).status).toBe(413);
    expect((await teacher.json('POST', '/api/v1/rooms/x/lesson', { profile: 'y'.repeat(70_000) })).status).toBe(413);
    expect((await teacher.get(`/phong?x=${'y'.repeat(20_000)}`)).status).toBe(431);
  });

  it('is not reached through the gateway’s own proxy, by address, name, tunnel or CONNECT', async () => {
    const through = (text: string): Promise<string> =>
      new Promise((resolve, reject) => {
        const socket = connect(gateway.proxyPort, '127.0.0.1');
        let answer = '';
        socket.on('data', (chunk: Buffer) => (answer += chunk.toString('latin1')));
        socket.on('error', reject);
        socket.on('close', () => resolve(answer));
        socket.setTimeout(5_000, () => socket.destroy());
        socket.write(text);
      });
    const port = gateway.consolePort;
    for (const host of ['127.0.0.1', 'localhost', '[::1]', '127.1', 'congloc.truong.vn']) {
      expect((await through(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`)).split(' ')[1], host).toBeOneOf(['403', '400', '502']);
      expect((await through(`GET http://${host}:${port}/dang-nhap HTTP/1.1\r\nHost: ${host}:${port}\r\nConnection: close\r\n\r\n`)).split(' ')[1], host).toBeOneOf(['403', '400', '502']);
    }
  });

  it('speaks TLS 1.2 and up only, with a certificate for its own addresses, its key 0600', async () => {
    const handshake = (options: object): Promise<string> =>
      new Promise((resolve) => {
        const socket = tlsConnect({ host: '127.0.0.1', port: gateway.consolePort, rejectUnauthorized: false, ...options }, () => {
          resolve(`${socket.getProtocol()} ${socket.getPeerCertificate().subjectaltname}`);
          socket.destroy();
        });
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? 'error'));
      });
    expect(await handshake({})).toMatch(/^TLSv1\.3 .*DNS:bangdk\.truong\.vn.*DNS:congloc\.truong\.vn.*IP Address:127\.0\.0\.1/);
    expect(await handshake({ minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' })).not.toMatch(/^TLS/);
    expect(statSync(join(gateway.data, 'console/certificate.pem')).mode & 0o777).toBe(0o600);
    expect(statSync(join(gateway.data, 'console')).mode & 0o777).toBe(0o700);
  });

  it('takes a certificate of the school’s CA as soon as there is one', async () => {
    expect(await gateway.cli('ca', 'init', '--address', '127.0.0.1')).toMatchObject({ code: 0 });
    const ca = (await gateway.cli('ca', 'export')).out;
    const trusted = (): Promise<number> =>
      new Promise((resolve) => {
        const sent = request({ host: '127.0.0.1', port: gateway.consolePort, path: '/dang-nhap', ca, agent: false, headers: { Host: `127.0.0.1:${gateway.consolePort}`, 'Sec-Fetch-Site': 'none' } }, (response) => {
          response.resume();
          resolve(response.statusCode ?? 0);
        });
        sent.on('error', () => resolve(0));
        sent.end();
      });
    const end = Date.now() + 10_000;
    while ((await trusted()) !== 200 && Date.now() < end) await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await trusted()).toBe(200);
  });

  it('answers 60 sign-ins at once, some with "busy", and none wrongly', async () => {
    const statuses = await Promise.all(Array.from({ length: 60 }, () => createClient(gateway.consolePort).post('/dang-nhap', { name: 'thay-minh', password: PASSWORD, back: '/' }).then((answer) => answer.status)));
    expect(new Set(statuses)).toEqual(new Set([303, 503]));
    expect(statuses.filter((status) => status === 303).length).toBeGreaterThanOrEqual(20);
  });

  it('backups hold no session', async () => {
    const file = join(gateway.dir, 'sao-luu.db');
    await signIn(gateway, 'thay-minh');
    expect(query(gateway, 'SELECT 1 FROM session').length).toBeGreaterThan(0);
    expect((await gateway.cli('backup', file)).code).toBe(0);
    const db = new Database(file, { readonly: true });
    expect(db.prepare('SELECT count(*) FROM session').pluck().get()).toBe(0);
    db.close();
    expect((await runCli(['users', 'list', '--data', gateway.data])).out).toContain('quantri');
  });
});
