/**
 * Level `inspect` in a real browser with the school's CA: a page with its parts, a path that is closed, a WebSocket, a blocked site, a bad
 * certificate told in Vietnamese, and a host that is never opened.
 */
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { switchToInspect } from '../support/inspect-level.js';
import { makeX509 } from '../support/x509.js';

const CHROMIUM = '/usr/bin/chromium';
const CERTUTIL = '/usr/bin/certutil';
const SHOTS = join(import.meta.dirname, 'screenshots');
const HOST = 'olm.vn';
const TRUE = 'dichvucong.gov.vn';
const BAD = 'het-han.olm.vn';
const missing = [CHROMIUM, CERTUTIL].filter((path) => !existsSync(path));
if (missing.length > 0) console.warn(`skipped: ${missing.join(', ')} not installed (Debian packages chromium, libnss3-tools)`);

const root = makeX509({ subject: 'Gốc ngoài', ca: true }, null);
const asked: string[] = [];
const servers: Server[] = [];
let gateway: TestGateway;
let browser: Browser;
let home = '';
let port = 0;
let badPort = 0;

const PAGE = `<!doctype html><meta charset="utf-8"><title>Bài 5</title><link rel="stylesheet" href="/kieu.css"><h1>Bài 5</h1>
<img id="anh" src="/anh.svg" width="10" height="10"><script src="/ma.js"></script><p id="ws">…</p>`;
const SCRIPT = `fetch('/du-lieu?so=7').then((r) => r.json()).then((j) => { document.title = 'Bài ' + j.so; });
const socket = new WebSocket('wss://' + location.host + '/phong');
socket.onmessage = (event) => { document.getElementById('ws').textContent = event.data; };
socket.onopen = () => socket.send('xin chao');`;

/** One text frame, unmasked (RFC 6455 §5.2). */
const frame = (text: string): Buffer => Buffer.concat([Buffer.from([0x81, Buffer.byteLength(text)]), Buffer.from(text)]);

async function serve(made: ReturnType<typeof makeX509>): Promise<number> {
  const server = createServer({ key: made.key.export({ type: 'pkcs8', format: 'pem' }), cert: made.pem }, (request, response) => {
    const { url = '/' } = request;
    asked.push(url);
    const say = (type: string, text: string): void => void response.writeHead(200, { 'Content-Type': `${type}; charset=utf-8` }).end(text);
    if (url === '/kieu.css') say('text/css', 'h1 { color: rgb(1, 2, 3) }');
    else if (url === '/ma.js') say('text/javascript', SCRIPT);
    else if (url.startsWith('/du-lieu')) say('application/json', '{"so":7}');
    else if (url === '/anh.svg') say('image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"></svg>');
    else say('text/html', PAGE);
  });
  server.on('upgrade', (request, socket) => {
    asked.push(`ws ${request.url ?? ''}`);
    const accept = createHash('sha1').update(`${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
    socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`);
    socket.once('data', () => socket.write(frame('chao lai')));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

describe.skipIf(missing.length > 0)('inspect in Chromium', () => {
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    home = mkdtempSync(join(tmpdir(), 'luytre-home-'));
    port = await serve(makeX509({ dns: [HOST, TRUE, 'hitclub.com'] }, root));
    badPort = await serve(makeX509({ dns: [BAD], fromMs: Date.now() - 20 * 86_400_000, toMs: Date.now() - 86_400_000 }, root));
    writeFileSync(join(home, 'ngoai.crt'), root.pem);
    gateway = await startTestGateway({
      config: {
        network: {
          hosts: Object.fromEntries([HOST, TRUE, BAD, 'hitclub.com'].map((host) => [host, '127.0.0.1'])), dialPrivate: ['127.0.0.0/8'], ports: [80, 443, port, badPort],
          trustedCa: join(home, 'ngoai.crt'),
        },
        school: { name: 'Trường THCS Lũy Tre', hotline: '024 3999 8888', counsellor: '0912 345 678' },
      },
    });
    for (const args of [['zones', 'add', 'Phòng 1', '--profile', 'thcs', '--cidr', '127.0.0.1/32'], ['rules', 'block', `${HOST}/choi`], ['ca', 'init', '--address', '127.0.0.1']]) {
      const { code, err } = await gateway.cli(...args);
      if (code !== 0) throw new Error(err);
    }
    await switchToInspect(gateway, 'thcs');
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const store = join(home, '.pki', 'nssdb');
    mkdirSync(store, { recursive: true });
    execFileSync(CERTUTIL, ['-d', `sql:${store}`, '-N', '--empty-password']);
    writeFileSync(join(home, 'truong.crt'), (await gateway.cli('ca', 'export')).out);
    for (const name of ['truong', 'ngoai']) execFileSync(CERTUTIL, ['-d', `sql:${store}`, '-A', '-t', 'C,,', '-n', name, '-i', join(home, `${name}.crt`)]);
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
      env: { ...(process.env as Record<string, string>), HOME: home, XDG_DATA_HOME: join(home, '.local', 'share') },
    });
  });
  afterAll(async () => {
    await browser?.close();
    await gateway?.end();
    for (const server of servers) {
      server.closeAllConnections();
      server.close();
    }
    if (home !== '') rmSync(home, { recursive: true, force: true });
  });

  const room = (): Promise<BrowserContext> => browser.newContext({ proxy: { server: `http://127.0.0.1:${gateway.proxyPort}`, bypass: '<-loopback>' } });

  it('a page comes with all its parts, its data and its WebSocket, under the school’s certificate', async () => {
    const context = await room();
    const page = await context.newPage();
    const response = await page.goto(`https://${HOST}:${port}/bai-5`);
    expect(response?.status()).toBe(200);
    expect((await response?.securityDetails())?.issuer).toContain('Trường THCS Lũy Tre');
    await page.waitForFunction("document.title === 'Bài 7'");
    await page.waitForFunction("document.getElementById('ws').textContent === 'chao lai'");
    expect(await page.evaluate("getComputedStyle(document.querySelector('h1')).color")).toBe('rgb(1, 2, 3)');
    expect(await page.evaluate("document.getElementById('anh').naturalWidth")).toBe(10);
    expect(asked).toEqual(expect.arrayContaining(['/bai-5', '/kieu.css', '/ma.js', '/anh.svg', '/du-lieu?so=7', 'ws /phong']));
    await context.close();
  });

  it('one path of it is closed, with the pupil’s page; the next is open again', async () => {
    const context = await room();
    const page = await context.newPage();
    const response = await page.goto(`https://${HOST}:${port}/choi/ban?ten=bi-mat`);
    expect(response?.status()).toBe(403);
    expect(response?.headers()['x-luytre-reason']).toBe('school-block');
    await page.screenshot({ path: join(SHOTS, 'inspect-path.png') });
    expect(await page.locator('body').innerText()).not.toContain('bi-mat');
    expect((await page.goto(`https://${HOST}:${port}/bai-6`))?.status()).toBe(200);
    expect(asked.filter((url) => url.startsWith('/choi'))).toEqual([]);
    await context.close();
  });

  it('a blocked site shows its page', async () => {
    const context = await room();
    const page = await context.newPage();
    const response = await page.goto(`https://hitclub.com:${port}/`);
    expect(response?.status()).toBe(403);
    expect(await page.locator('body').innerText()).toContain('Trang này đang bị chặn');
    await context.close();
  });

  it('a site with a bad certificate is told of in Vietnamese, with no way on', async () => {
    const context = await room();
    const page = await context.newPage();
    const before = asked.length;
    const response = await page.goto(`https://${BAD}:${badPort}/`);
    expect(response?.status()).toBe(502);
    await page.screenshot({ path: join(SHOTS, 'inspect-bad-certificate.png') });
    expect(await page.locator('body').innerText()).toMatch(/chứng chỉ/i);
    expect(await page.locator('a, button, form').filter({ hasText: /tiếp tục|bỏ qua/i }).count()).toBe(0);
    expect(asked).toHaveLength(before);
    await context.close();
  });

  it('a host that is never decrypted shows its true certificate', async () => {
    const context = await room();
    const page = await context.newPage();
    const response = await page.goto(`https://${TRUE}:${port}/`);
    expect(response?.status()).toBe(200);
    expect((await response?.securityDetails())?.issuer).toBe('Gốc ngoài');
    await context.close();
  });
});
