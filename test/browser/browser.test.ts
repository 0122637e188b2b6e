/**
 * A real browser through a real gateway against local origins: a lesson loads with everything on it, WebSocket works,
 * a blocked page speaks, a blocked HTTPS site fails cleanly, a room switch closes what it must and nothing else.
 */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer as createHttp, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { join } from 'node:path';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WebSocketServer } from 'ws';
import { freePorts, startTestGateway, until, type TestGateway } from '../support/gateway.js';
import { makeCertificate } from '../support/tls-origin.js';

const CHROMIUM = '/usr/bin/chromium';
const SHOTS = join(import.meta.dirname, 'screenshots');
const HOSTS = ['olm.vn', 'cdn3.olm.vn', 'facebook.com', 'hitclub.com', 'mang-xa-hoi-thu.vn'];
const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');

let browser: Browser;
let gateway: TestGateway;
let plain: Server;
let secure: Server;
let sockets: WebSocketServer;
let httpPort = 0;
let tlsPort = 0;
let portA = 0;
let portB = 0;
const reached: string[] = [];

function serve(scheme: 'http' | 'https', request: IncomingMessage, response: ServerResponse): void {
  const port = scheme === 'http' ? httpPort : tlsPort;
  reached.push(`${scheme} ${request.headers.host}${request.url}`);
  const path = (request.url ?? '/').split('?')[0];
  if (path === '/') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><html lang="vi"><head><title>Bài học</title><link rel="stylesheet" href="/s.css"><script src="${scheme}://cdn3.olm.vn:${port}/a.js" defer></script></head>
<body><h1 id="h">Bài 5</h1><img id="i" src="${scheme}://cdn3.olm.vn:${port}/p.png" alt=""></body></html>`);
  } else if (path === '/s.css') {
    response.setHeader('Content-Type', 'text/css');
    response.end('#h{color:rgb(1, 2, 3)}');
  } else if (path === '/a.js') {
    response.setHeader('Content-Type', 'text/javascript');
    response.end('fetch("/data",{method:"POST",body:"x".repeat(100000)}).then(r=>r.text()).then(t=>{document.body.dataset.got=t});');
  } else if (path === '/p.png') {
    response.setHeader('Content-Type', 'image/png');
    response.end(PIXEL);
  } else if (path === '/data') {
    let bytes = 0;
    request.on('data', (chunk: Buffer) => (bytes += chunk.length));
    request.on('end', () => response.end(String(bytes)));
  } else {
    response.statusCode = 404;
    response.end();
  }
}

describe.skipIf(!existsSync(CHROMIUM))('Chromium through the gateway', () => {
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    [httpPort = 0, tlsPort = 0, portA = 0, portB = 0] = await freePorts(4);
    const { key, cert } = makeCertificate(HOSTS);
    plain = createHttp((request, response) => serve('http', request, response));
    secure = createHttps({ key, cert }, (request, response) => serve('https', request, response));
    sockets = new WebSocketServer({ server: secure as never, path: '/ws' });
    sockets.on('connection', (socket) => socket.on('message', (data: Buffer) => socket.send(`echo ${data.toString()}`)));
    await new Promise<void>((resolve) => plain.listen(httpPort, '127.0.0.1', resolve));
    await new Promise<void>((resolve) => secure.listen(tlsPort, '127.0.0.1', resolve));
    gateway = await startTestGateway({
      config: {
        network: { hosts: Object.fromEntries(HOSTS.map((host) => [host, '127.0.0.1'])), dialPrivate: ['127.0.0.0/8'], ports: [80, 443, httpPort, tlsPort] },
        school: { name: 'Trường THCS Lũy Tre', hotline: '024 3999 8888', counsellor: '0912 345 678' },
      },
    });
    await gateway.cli('zones', 'add', 'Phòng A', '--profile', 'giao-vien', '--port', String(portA));
    await gateway.cli('zones', 'add', 'Phòng B', '--profile', 'giao-vien', '--port', String(portB));
    // facebook.com itself is preloaded as HTTPS-only in Chromium: a plain page of this category needs another name
    const list = join(gateway.dir, 'mxh.txt');
    writeFileSync(list, 'mang-xa-hoi-thu.vn\n');
    await gateway.cli('lists', 'import', list, '--category', 'mxh', '--name', 'thu');
    browser = await chromium.launch({
      executablePath: CHROMIUM,
      args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run'],
    });
  });

  afterAll(async () => {
    await browser?.close();
    await gateway?.end();
    for (const client of sockets?.clients ?? []) client.terminate();
    for (const server of [plain, secure]) {
      server?.closeAllConnections();
      await new Promise((resolve) => server?.close(resolve));
    }
  });

  const room = (port: number, viewport = { width: 1280, height: 800 }): Promise<BrowserContext> =>
    browser.newContext({ proxy: { server: `http://127.0.0.1:${port}`, bypass: '<-loopback>' }, ignoreHTTPSErrors: true, viewport });

  async function load(page: Page, url: string): Promise<void> {
    await page.goto(url);
    await page.waitForFunction(() => (globalThis as unknown as { document: { body: { dataset: { got?: string } } } }).document.body.dataset.got === '100000');
    expect(await page.locator('#h').evaluate((node) => (globalThis as unknown as { getComputedStyle(n: unknown): { color: string } }).getComputedStyle(node).color)).toBe('rgb(1, 2, 3)');
    expect(await page.locator('#i').evaluate((node) => (node as unknown as { naturalWidth: number }).naturalWidth)).toBe(1);
  }

  it('loads an allowed site with its sub-resources, plain and over TLS', async () => {
    const context = await room(gateway.proxyPort);
    const page = await context.newPage();
    await load(page, `http://olm.vn:${httpPort}/`);
    await load(page, `https://olm.vn:${tlsPort}/`);
    expect(reached).toContain(`https cdn3.olm.vn:${tlsPort}/p.png`);
    await context.close();
  });

  it('carries a WebSocket', async () => {
    const context = await room(gateway.proxyPort);
    const page = await context.newPage();
    await page.goto(`https://olm.vn:${tlsPort}/`);
    const answer = await page.evaluate((url) => new Promise((resolve, reject) => {
      const socket = new WebSocket(url);
      socket.onopen = () => socket.send('chào');
      socket.onmessage = (event) => resolve(event.data);
      socket.onerror = () => reject(new Error('websocket failed'));
    }), `wss://olm.vn:${tlsPort}/ws`);
    expect(answer).toBe('echo chào');
    await context.close();
  });

  it.each([['desktop', 1280, 800], ['phone', 390, 844]] as const)('shows the block page on a %s', async (name, width, height) => {
    const context = await room(gateway.proxyPort, { width, height });
    const page = await context.newPage();
    const response = await page.goto(`http://hitclub.com:${httpPort}/?tu-khoa=bi-mat`);
    expect(response?.status()).toBe(403);
    await page.screenshot({ path: join(SHOTS, `block-${name}.png`), fullPage: true });
    const text = await page.locator('body').innerText();
    expect(text).toContain('Trang này chưa dành cho em');
    expect(text).toContain('111');
    expect(text).toContain('024 3999 8888');
    expect(text).not.toContain('bi-mat');
    const overflow = await page.evaluate(() => {
      const root = (globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number } } }).document.documentElement;
      return root.scrollWidth - root.clientWidth;
    });
    expect(overflow).toBe(0);
    await context.close();
  });

  it('sends an unblock request without script and shows its answer', async () => {
    const context = await browser.newContext({ proxy: { server: `http://127.0.0.1:${gateway.proxyPort}`, bypass: '<-loopback>' }, javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`http://mang-xa-hoi-thu.vn:${httpPort}/`);
    await page.getByRole('textbox').fill('Bài Tin học 8, mục 3');
    await page.getByRole('button').click();
    expect(await page.locator('h1').innerText()).toBe('Đã gửi yêu cầu');
    await page.screenshot({ path: join(SHOTS, 'request-sent.png') });
    await page.getByRole('link', { name: 'Xem trả lời' }).click();
    expect(await page.locator('body').innerText()).toContain('Đang chờ thầy cô xem');
    await context.close();
  });

  it('fails a blocked HTTPS site at once and cleanly', async () => {
    const context = await room(gateway.proxyPort);
    const page = await context.newPage();
    const started = Date.now();
    await expect(page.goto(`https://hitclub.com:${tlsPort}/`)).rejects.toThrow(/ERR_TUNNEL_CONNECTION_FAILED/);
    expect(Date.now() - started).toBeLessThan(5_000);
    expect(reached.filter((line) => line.includes('hitclub'))).toEqual([]);
    await context.close();
  });

  it('closes an open tunnel when the room switches and spares the other room', async () => {
    const open = async (port: number): Promise<Page> => {
      const page = await (await room(port)).newPage();
      await page.goto(`https://facebook.com:${tlsPort}/`);
      await page.evaluate((url) => new Promise<void>((resolve, reject) => {
        const socket = new WebSocket(url);
        (globalThis as unknown as { lesson: WebSocket }).lesson = socket;
        socket.onopen = () => resolve();
        socket.onerror = () => reject(new Error('websocket failed'));
      }), `wss://facebook.com:${tlsPort}/ws`);
      return page;
    };
    const closed = (page: Page): Promise<boolean> => page.evaluate(() => (globalThis as unknown as { lesson: WebSocket }).lesson.readyState === WebSocket.CLOSED);
    const a = await open(portA);
    const b = await open(portB);
    expect(await closed(a)).toBe(false);
    expect(await gateway.cli('lesson', 'start', '--zone', 'Phòng A', '--profile', 'thcs', '--until', '10m')).toMatchObject({ code: 0 });
    await until(() => closed(a), 2_500, 'room A loses its tunnel');
    expect(await closed(b)).toBe(false);
    await a.context().close();
    await b.context().close();
  });

  it('shows help and the PAC to a browser', async () => {
    const context = await room(gateway.proxyPort, { width: 390, height: 844 });
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${gateway.pagesPort}/help`);
    await page.screenshot({ path: join(SHOTS, 'help-phone.png'), fullPage: true });
    expect(await page.locator('body').innerText()).toContain('Tổng đài 111');
    await context.close();
  });
});
