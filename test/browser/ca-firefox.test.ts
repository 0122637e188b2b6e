/** The school's CA in Firefox (another verifier than Chromium's): which leaves it takes is seen by whether its request arrives. */
import { execFile, execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeCa, readCa } from '../../src/tls/ca-certificate.js';
import { createLeafMaker, type LeafMaker } from '../../src/tls/leaf.js';
import { wish } from '../tls/fixture.js';

const FIREFOX = '/usr/bin/firefox-esr';
const CERTUTIL = '/usr/bin/certutil';
const missing = [FIREFOX, CERTUTIL].filter((path) => !existsSync(path));
if (missing.length > 0) console.warn(`skipped: ${missing.join(', ')} not installed (Debian packages firefox-esr, libnss3-tools)`);

const PREFS = `user_pref("network.dns.localDomains", "mot-trang.test,bank.test,www.bank.test");
user_pref("browser.shell.checkDefaultBrowser", false);
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.enabled", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("extensions.update.enabled", false);
user_pref("browser.safebrowsing.update.enabled", false);
user_pref("services.settings.server", "data:,");
`;

let home = '';
let leaves: LeafMaker;

/** Shows the page to Firefox: true when it sends its request inside TLS, false when it breaks the handshake off. */
async function takes(name: string, listen = '127.0.0.1'): Promise<boolean | 'silent'> {
  let told: (answer: boolean | 'silent') => void = () => undefined;
  const answer = new Promise<boolean | 'silent'>((resolve) => (told = resolve));
  const leaf = leaves.sign(name, Date.now());
  const server = tls.createServer({ key: leaves.key, cert: leaf.cert }, (socket) => {
    // TLS 1.3: the server is done before the client has judged the certificate, so its alert comes here
    socket.on('error', () => told(false));
    socket.once('data', () => {
      told(true);
      socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok');
    });
  });
  server.on('tlsClientError', () => told(false));
  await new Promise<void>((resolve) => server.listen(0, listen, resolve));
  const { port } = server.address() as AddressInfo;
  const firefox = execFile(FIREFOX, ['--headless', '--no-remote', '--profile', join(home, 'profile'), '--screenshot', join(home, 'shot.png'), `https://${name}:${port}/`],
    { env: { ...process.env, HOME: home, MOZ_HEADLESS: '1' }, timeout: 40_000 });
  const ended = new Promise<void>((resolve) => firefox.once('exit', () => resolve()));
  void ended.then(() => told('silent'));
  const said = await answer;
  firefox.kill();
  await ended;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return said;
}

describe.skipIf(missing.length > 0)('the school CA in Firefox', () => {
  beforeAll(() => {
    home = mkdtempSync(join(tmpdir(), 'luytre-firefox-'));
    const profile = join(home, 'profile');
    mkdirSync(profile);
    writeFileSync(join(profile, 'user.js'), PREFS);
    const { key, certificate } = makeCa(wish({ addresses: ['127.0.0.1'] }));
    const authority = readCa(key, certificate);
    if (authority === null) throw new Error('our own CA is not one');
    leaves = createLeafMaker(authority);
    writeFileSync(join(home, 'ca.crt'), certificate.toString());
    execFileSync(CERTUTIL, ['-d', `sql:${profile}`, '-N', '--empty-password']);
    execFileSync(CERTUTIL, ['-d', `sql:${profile}`, '-A', '-t', 'C,,', '-n', 'luytre', '-i', join(home, 'ca.crt')]);
  });
  afterAll(() => {
    if (home !== '') rmSync(home, { recursive: true, force: true });
  });

  it('takes a leaf for a name and for the gateway’s own address', async () => {
    expect(await takes('mot-trang.test')).toBe(true);
    expect(await takes('127.0.0.1')).toBe(true);
  }, 120_000);

  it('takes none for another address, nor for what the CA excludes', async () => {
    expect(await takes('127.0.0.2', '127.0.0.2')).toBe(false);
    expect(await takes('bank.test')).toBe(false);
    expect(await takes('www.bank.test')).toBe(false);
  }, 180_000);
});
