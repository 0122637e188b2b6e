/** The gateway as a school runs it: the built program, its command line, curl. Local origins stand for the Internet. */
import { execFile } from 'node:child_process';
import { createServer, type Server } from 'node:http';
import { connect } from 'node:net';
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts, startTestGateway, until, type TestGateway } from '../support/gateway.js';

let origin: Server;
let gateway: TestGateway;
let port = 0;
const seen: string[] = [];

beforeAll(async () => {
  origin = createServer((request, response) => {
    seen.push(`${request.method} ${request.headers.host} ${request.url} ${JSON.stringify(request.headers)}`);
    response.setHeader('Content-Type', 'text/plain');
    response.end('xin chào');
  });
  [port = 0] = await freePorts(1);
  await new Promise<void>((resolve) => origin.listen(port, '127.0.0.1', resolve));
  gateway = await startTestGateway({
    config: {
      network: {
        hosts: { 'olm.vn': '127.0.0.1', 'hitclub.com': '127.0.0.1', 'facebook.com': '127.0.0.1', 'truong-minh.vn': '127.0.0.1', 'tongdai111.vn': '127.0.0.1' },
        dialPrivate: ['127.0.0.0/8'],
        ports: [80, 443, port],
      },
      school: { name: 'Trường THCS Lũy Tre', hotline: '024 3999 8888' },
    },
  });
});
afterAll(async () => {
  await gateway.end();
  origin.closeAllConnections();
  await new Promise((resolve) => origin.close(resolve));
});

interface Answer {
  readonly status: number;
  readonly head: string;
  readonly body: string;
}

/** One request through the proxy, as raw bytes. */
function get(url: string, options: { method?: string; headers?: string; body?: string; proxyPort?: number } = {}): Promise<Answer> {
  const { host } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(options.proxyPort ?? gateway.proxyPort, '127.0.0.1');
    let text = '';
    socket.setTimeout(10_000, () => reject(new Error('no answer')));
    socket.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    socket.on('error', reject);
    socket.on('close', () => {
      const [head = '', ...body] = text.split('\r\n\r\n');
      resolve({ status: Number(head.split(' ')[1]), head, body: body.join('\r\n\r\n') });
    });
    socket.write(`${options.method ?? 'GET'} ${url} HTTP/1.1\r\nHost: ${host}\r\n${options.headers ?? ''}Connection: close\r\n\r\n${options.body ?? ''}`);
  });
}

const site = (host: string, path = '/'): string => `http://${host}:${port}${path}`;
const status = async (host: string): Promise<number> => (await get(site(host))).status;

describe('the gateway', () => {
  it('prints what a new admin needs and keeps its data to itself', () => {
    const text = gateway.output();
    expect(text).toMatch(/[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3,}/);
    expect(text).toContain(`:${gateway.proxyPort}`);
    expect(text).toContain('/proxy.pac');
    expect(text).toContain('curl -x ');
    expect(statSync(gateway.data).mode & 0o777).toBe(0o700);
    expect(statSync(join(gateway.data, 'luytre.db')).mode & 0o777).toBe(0o600);
  });

  it('opens a learning site and blocks a gambling site with the page, for an unknown device', async () => {
    const open = await get(site('olm.vn'));
    expect(open.status).toBe(200);
    expect(open.body).toContain('xin chào');
    const closed = await get(site('hitclub.com', '/nap?the=bimat'));
    expect(closed.status).toBe(403);
    expect(closed.head).toMatch(/^x-luytre-reason: hard-category\r?$/im);
    expect(closed.head).toMatch(/cache-control: no-store/i);
    expect(closed.body).toContain('Trang này chưa dành cho em');
    expect(closed.body).toContain('024 3999 8888');
    expect(closed.body).not.toContain('bimat');
  });

  it('never tells the site who asked', async () => {
    await get(site('olm.vn', '/ai'), { headers: 'X-Forwarded-For: 10.9.8.7\r\nForwarded: for=10.9.8.7\r\nProxy-Authorization: Basic eDp5\r\n' });
    const request = seen.find((line) => line.includes('/ai')) ?? '';
    expect(request).not.toBe('');
    expect(request).not.toMatch(/10\.9\.8\.7|forwarded|proxy-authorization/i);
  });

  it('refuses a blocked CONNECT with the reason, a wrong port, a private address', async () => {
    const connectTo = (target: string): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const socket = connect(gateway.proxyPort, '127.0.0.1');
        let text = '';
        socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
        socket.on('error', reject);
        socket.on('close', () => resolve({ status: Number(text.split(' ')[1]), head: text, body: '' }));
        socket.write(`CONNECT ${target} HTTP/1.1\r\nHost: ${target}\r\n\r\n`);
      });
    expect(await connectTo('hitclub.com:443')).toMatchObject({ status: 403, head: expect.stringMatching(/x-luytre-reason: hard-category/i) as string });
    expect(await connectTo('olm.vn:22')).toMatchObject({ status: 403, head: expect.stringMatching(/port-not-allowed/) as string });
    expect((await get('http://10.0.0.1/')).status).toBe(403);
  });

  it('takes up what the command line changes within two seconds, with no restart', async () => {
    expect(await status('facebook.com')).toBe(403);
    expect(await gateway.cli('zones', 'add', 'Phòng máy 1', '--profile', 'thpt', '--cidr', '127.0.0.1/32')).toMatchObject({ code: 0 });
    expect(await status('truong-minh.vn')).toBeOneOf([200, 403]);
    await until(async () => (await status('truong-minh.vn')) === 200, 2_000, 'uncategorised opens for thpt');
    expect(await status('facebook.com')).toBe(403);

    expect(await gateway.cli('openings', 'add', '--zone', 'Phòng máy 1', '--host', 'facebook.com', '--until', '10m')).toMatchObject({ code: 0 });
    await until(async () => (await status('facebook.com')) === 200, 2_000, 'opening');
    expect(await gateway.cli('openings', 'add', '--zone', 'Phòng máy 1', '--host', 'hitclub.com', '--until', '10m')).toMatchObject({ code: 1 });

    expect(await gateway.cli('lesson', 'start', '--zone', 'Phòng máy 1', '--profile', 'thi', '--until', '10m')).toMatchObject({ code: 0 });
    await until(async () => (await status('facebook.com')) === 403, 2_000, 'exam closes the opening');
    expect(await status('olm.vn')).toBe(403);
    expect(await status('tongdai111.vn')).toBe(200);
    expect(await gateway.cli('rules', 'allow', 'olm.vn', '--profile', 'thi')).toMatchObject({ code: 0 });
    await until(async () => (await status('olm.vn')) === 200, 2_000, 'exam site');
    expect(await gateway.cli('lesson', 'end', '--zone', 'Phòng máy 1')).toMatchObject({ code: 0 });
    await until(async () => (await status('truong-minh.vn')) === 200, 2_000, 'back on its own profile');

    expect(await gateway.cli('rules', 'block', 'truong-minh.vn')).toMatchObject({ code: 0 });
    await until(async () => (await status('truong-minh.vn')) === 403, 2_000, 'school block');
    const explained = await gateway.cli('explain', 'http://truong-minh.vn/x', '--zone', 'Phòng máy 1', '--json');
    expect(JSON.parse(explained.out)).toMatchObject({ action: 'block', layer: 'school-block', reason: 'school-block', zone: 'Phòng máy 1', profile: 'thpt' });
  });

  it('leads a pupil from the block page to an answered request, all through the proxy', async () => {
    const closed = await get(site('facebook.com'));
    const action = /action="([^"]+)"/.exec(closed.body)?.[1] ?? '';
    const field = (name: string): string => new RegExp(`name="${name}" value="([^"]*)"`).exec(closed.body)?.[1] ?? '';
    expect(action).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/yeu-cau$/);
    const body = new URLSearchParams({ host: field('host'), ref: field('ref'), profile: field('profile'), category: field('category'), reason: 'bài Địa lí' }).toString();
    const sent = await get(action, { method: 'POST', headers: `Content-Type: application/x-www-form-urlencoded\r\nContent-Length: ${body.length}\r\n`, body });
    expect(sent.status).toBe(200);
    expect(sent.body).toContain(field('ref'));
    const [request] = (await gateway.cli('requests', 'list', '--json')).out.trim().split('\n').map((line) => JSON.parse(line) as { id: number; host: string; zone: string; ref: string });
    expect(request).toMatchObject({ host: 'facebook.com', zone: 'Phòng máy 1' });
    expect(await gateway.cli('requests', 'reject', String(request?.id), '--answer', 'Để giờ ra chơi nhé')).toMatchObject({ code: 0 });
    const answer = await get(action.replace('/yeu-cau', `/yeu-cau/${request?.ref}`));
    expect(answer.body).toContain('Để giờ ra chơi nhé');
  });

  it('reaches its own pages through the proxy but never the console', async () => {
    expect((await get(`http://127.0.0.1:${gateway.pagesPort}/help`)).body).toContain('tel:111');
    expect((await get('http://127.0.0.1:8443/')).status).toBe(403);
    expect((await get(`http://127.0.0.1:${gateway.proxyPort}/`)).status).toBeOneOf([400, 403]);
  });

  it('imports a list that closes a site, and one that cannot close a protected one', async () => {
    const file = join(gateway.dir, 'them.txt');
    const { writeFileSync } = await import('node:fs');
    writeFileSync(file, ['# test', ...Array.from({ length: 50 }, (_, i) => `cobac-thu-${i}.com`), 'olm.vn', 'edu.vn'].join('\n'));
    const imported = await gateway.cli('lists', 'import', file, '--category', 'cobac', '--name', 'thu', '--json');
    expect(imported.code).toBe(0);
    const result = JSON.parse(imported.out.trim().split('\n').at(-1) ?? '') as { taken: number };
    expect(result.taken).toBe(50);
    const explained = await gateway.cli('explain', 'www.cobac-thu-7.com', 'olm.vn', '--profile', 'giao-vien', '--json');
    const [bad, good] = explained.out.trim().split('\n').map((line) => JSON.parse(line) as { action: string; layer: string; list: { name: string } | null });
    expect(bad).toMatchObject({ action: 'block', layer: 'hard', list: { name: 'thu' } });
    expect(good).toMatchObject({ action: 'allow' });
  });

  it('answers curl as it answers a browser', async () => {
    const out = await new Promise<string>((resolve) => {
      execFile('curl', ['-s', '-o', '/dev/null', '-w', '%{http_code}', '-x', `http://127.0.0.1:${gateway.proxyPort}`, site('hitclub.com')], (_error, text) => resolve(text));
    });
    expect(out).toBe('403');
  });

  it('stops on SIGTERM with 0, keeps everything, starts again', async () => {
    expect(await gateway.stop()).toBe(0);
    await gateway.start();
    expect((await gateway.cli('zones', 'list')).out).toContain('Phòng máy 1');
    await until(async () => (await status('olm.vn')) === 200, 2_000, 'open again');
    expect((await gateway.cli('audit', 'verify')).code).toBe(0);
  });

  it('refuses a second gateway on the same data and a port that is taken, in one sentence', async () => {
    const second = await gateway.cli('start');
    expect(second.code).toBe(1);
    expect(second.err).toMatch(/^luytre: [^\n]+\n$/);
    const other = await startTestGateway({ idle: true, config: { proxy: { port: gateway.proxyPort }, pages: { port: (await freePorts(1))[0] } } });
    const taken = await other.cli('start');
    expect(taken.code).toBe(1);
    expect(taken.err.trim().split('\n').at(-1)).toContain(String(gateway.proxyPort));
    await other.end();
  });
});
