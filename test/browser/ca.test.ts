/**
 * The school's CA in a real browser: with it a blocked HTTPS site shows the pupil's page, without it the connection fails cleanly;
 * open sites show their own certificate, and what the CA may not sign for is refused by the browser itself.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadAuthority } from '../../src/tls/authority.js';
import { createLeafMaker, type LeafMaker } from '../../src/tls/leaf.js';
import { startTestGateway, type TestGateway } from '../support/gateway.js';
import { startTlsOrigin, type TlsOrigin } from '../support/tls-origin.js';

const CHROMIUM = '/usr/bin/chromium';
const CERTUTIL = '/usr/bin/certutil';
const SHOTS = join(import.meta.dirname, 'screenshots');
const HOSTS = ['olm.vn', 'hitclub.com', 'facebook.com', 'momo.vn', 'vietcombank.com.vn'];
const missing = [CHROMIUM, CERTUTIL].filter((path) => !existsSync(path));
if (missing.length > 0) console.warn(`skipped: ${missing.join(', ')} not installed (Debian packages chromium, libnss3-tools)`);

let gateway: TestGateway;
let origin: TlsOrigin;
let homes = '';
let leaves: LeafMaker;
let trusting: Browser;
let plain: Browser;
let pem = '';

/** A browser with a home of its own, and the CA in its store or not. */
function launch(name: string, ca: string | null): Promise<Browser> {
  const home = join(homes, name);
  const store = join(home, '.pki', 'nssdb');
  mkdirSync(store, { recursive: true });
  execFileSync(CERTUTIL, ['-d', `sql:${store}`, '-N', '--empty-password']);
  if (ca !== null) {
    const file = join(home, 'ca.crt');
    writeFileSync(file, ca);
    execFileSync(CERTUTIL, ['-d', `sql:${store}`, '-A', '-t', 'C,,', '-n', 'luytre', '-i', file]);
  }
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--no-first-run', '--host-resolver-rules=MAP vietcombank.com.vn 127.0.0.1, MAP mot-trang.test 127.0.0.1'],
    env: { ...(process.env as Record<string, string>), HOME: home, XDG_DATA_HOME: join(home, '.local', 'share') },
  });
}

describe.skipIf(missing.length > 0)('the school CA in Chromium', () => {
  beforeAll(async () => {
    mkdirSync(SHOTS, { recursive: true });
    homes = mkdtempSync(join(tmpdir(), 'luytre-homes-'));
    origin = await startTlsOrigin(HOSTS, (socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nConnection: close\r\n\r\n<h1>Bài 5</h1>')));
    gateway = await startTestGateway({
      config: {
        network: { hosts: Object.fromEntries(HOSTS.map((host) => [host, '127.0.0.1'])), dialPrivate: ['127.0.0.0/8'], ports: [80, 443, origin.port] },
        school: { name: 'Trường THCS Lũy Tre', hotline: '024 3999 8888', counsellor: '0912 345 678' },
      },
    });
    for (const args of [['ca', 'init', '--address', '127.0.0.1'], ['profiles', 'tls', 'lop-1-3', 'block-page'], ['profiles', 'tls', 'thcs', 'block-page']]) {
      const { code, err } = await gateway.cli(...args);
      if (code !== 0) throw new Error(err);
    }
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    pem = (await gateway.cli('ca', 'export')).out;
    const authority = loadAuthority(gateway.data, Date.now());
    if (authority === null) throw new Error('no CA');
    leaves = createLeafMaker(authority.signing.issuing);
    trusting = await launch('trusting', pem);
    plain = await launch('plain', null);
  });

  afterAll(async () => {
    await trusting?.close();
    await plain?.close();
    await gateway?.end();
    await origin?.close();
    if (homes !== '') rmSync(homes, { recursive: true, force: true });
  });

  const room = (browser: Browser, options: Parameters<Browser['newContext']>[0] = {}): Promise<BrowserContext> =>
    browser.newContext({ proxy: { server: `http://127.0.0.1:${gateway.proxyPort}`, bypass: '<-loopback>' }, ...options });

  /** The error code of a navigation that must fail, and how long it took. */
  async function failure(page: Page, url: string): Promise<{ code: string; ms: number }> {
    const from = performance.now();
    const code = await page.goto(url).then((response) => `loaded ${response?.status()}`, (error: Error) => /net::(ERR_\w+)/.exec(error.message)?.[1] ?? error.message);
    return { code, ms: performance.now() - from };
  }

  it.each([['desktop', 1280, 800], ['phone', 390, 844]] as const)('shows a blocked HTTPS site’s page on a %s', async (name, width, height) => {
    const context = await room(trusting, { viewport: { width, height } });
    const page = await context.newPage();
    const before = origin.sockets.length;
    const response = await page.goto(`https://hitclub.com:${origin.port}/nap?the=bi-mat`);
    expect(response?.status()).toBe(403);
    expect(response?.headers()['x-luytre-reason']).toBe('hard-category');
    expect((await response?.securityDetails())?.issuer).toContain('Trường THCS Lũy Tre');
    await page.screenshot({ path: join(SHOTS, `https-block-${name}.png`), fullPage: true });
    const text = await page.locator('body').innerText();
    expect(text).toContain('Trang này chưa dành cho em');
    expect(text).toContain('024 3999 8888');
    expect(text).not.toContain('bi-mat');
    expect(origin.sockets).toHaveLength(before);
    await context.close();
  });

  it('takes the request form without leaving HTTPS, and without a warning', async () => {
    const context = await room(trusting, { javaScriptEnabled: false });
    const page = await context.newPage();
    await page.goto(`https://facebook.com:${origin.port}/`);
    await page.getByRole('textbox').fill('Bài Tin học 3');
    await page.getByRole('button').click();
    await page.waitForURL('**/.luytre/yeu-cau');
    expect(await page.locator('h1').innerText()).toBe('Đã gửi yêu cầu');
    await page.screenshot({ path: join(SHOTS, 'https-request-sent.png') });
    await page.getByRole('link', { name: 'Xem trả lời' }).click();
    await page.waitForURL('**/.luytre/yeu-cau/*');
    expect(await page.locator('body').innerText()).toContain('Đang chờ thầy cô xem');
    await page.goto(`https://facebook.com:${origin.port}/`);
    await page.getByRole('link', { name: 'Xem thêm nơi giúp em' }).click();
    await page.waitForURL('**/.luytre/help');
    expect(await page.locator('body').innerText()).toContain('Tổng đài điện thoại quốc gia');
    await context.close();
  });

  it('lets an allowed site show its own certificate', async () => {
    const context = await room(trusting, { ignoreHTTPSErrors: true });
    const page = await context.newPage();
    const response = await page.goto(`https://olm.vn:${origin.port}/`);
    expect(response?.status()).toBe(200);
    expect(await page.locator('h1').innerText()).toBe('Bài 5');
    expect((await response?.securityDetails())?.issuer).toBe(HOSTS[0]);
    await context.close();
  });

  it('fails cleanly and quickly where the CA is not installed', async () => {
    const context = await room(plain);
    const { code, ms } = await failure(await context.newPage(), `https://hitclub.com:${origin.port}/`);
    expect(code).toBe('ERR_CERT_AUTHORITY_INVALID');
    expect(ms).toBeLessThan(3_000);
    await context.close();
  });

  it('refuses the connection to a blocked host that is never decrypted', async () => {
    const context = await room(trusting);
    for (const host of ['momo.vn', 'vietcombank.com.vn']) {
      const { code, ms } = await failure(await context.newPage(), `https://${host}:${origin.port}/`);
      expect(code, host).toBe('ERR_TUNNEL_CONNECTION_FAILED');
      expect(ms).toBeLessThan(3_000);
    }
    await context.close();
  });

  /** A server of a thief who has the CA's key: what does the browser say to a leaf for this name? */
  async function thief(name: string, url: (port: number) => string, listen = '127.0.0.1'): Promise<string> {
    const leaf = leaves.sign(name, Date.now());
    const server = tls.createServer({ key: leaves.key, cert: leaf.cert }, (socket) => {
      socket.on('error', () => socket.destroy());
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nx'));
    });
    server.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => server.listen(0, listen, resolve));
    const context = await trusting.newContext();
    const { code } = await failure(await context.newPage(), url((server.address() as AddressInfo).port));
    await context.close();
    await new Promise<void>((resolve) => server.close(() => resolve()));
    return code;
  }

  it('accepts leaves for names and for the gateway’s own address, and no other', async () => {
    expect(await thief('mot-trang.test', (port) => `https://mot-trang.test:${port}/`)).toBe('loaded 200');
    expect(await thief('127.0.0.1', (port) => `https://127.0.0.1:${port}/`)).toBe('loaded 200');
    expect(await thief('127.0.0.2', (port) => `https://127.0.0.2:${port}/`, '127.0.0.2')).toBe('ERR_CERT_INVALID');
    expect(await thief('vietcombank.com.vn', (port) => `https://vietcombank.com.vn:${port}/`)).toBe('ERR_CERT_INVALID');
  });

  it('tells how to install it', async () => {
    const context = await plain.newContext({ viewport: { width: 390, height: 844 } });
    const page = await context.newPage();
    await page.goto(`http://127.0.0.1:${gateway.pagesPort}/ca`);
    await page.locator('details').nth(2).locator('summary').click();
    await page.screenshot({ path: join(SHOTS, 'ca-phone.png'), fullPage: true });
    const overflow = await page.evaluate(() => {
      const root = (globalThis as unknown as { document: { documentElement: { scrollWidth: number; clientWidth: number } } }).document.documentElement;
      return root.scrollWidth - root.clientWidth;
    });
    expect(overflow).toBe(0);
    expect(await page.locator('details').count()).toBe(7);
    await context.close();
  });
});
