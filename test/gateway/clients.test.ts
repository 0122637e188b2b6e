/** Programs people really use, through the running gateway: curl, wget, git, npm. A program that is not here is skipped, and said so. */
import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts, startTestGateway, type TestGateway } from '../support/gateway.js';
import { BIG, startWebOrigin, type WebOrigin } from '../support/web-origin.js';

const dir = mkdtempSync(join(tmpdir(), 'luytre-clients-'));
let origin: WebOrigin;
let gateway: TestGateway;
let site = '';
let secureSite = '';
let proxy = '';
let otherPort = 0;

/** The programs of the machine, not those that npm puts before them. */
const path = (process.env['PATH'] ?? '').split(delimiter).filter((part) => !part.includes('node_modules')).join(delimiter);
const env = { PATH: path, HOME: dir, LANG: 'C.UTF-8', GIT_CONFIG_NOSYSTEM: '1', GIT_TERMINAL_PROMPT: '0' };

function has(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { env, stdio: 'ignore', timeout: 20_000 });
    return true;
  } catch {
    console.warn(`${program} is not on this machine: its tests are skipped`);
    return false;
  }
}
const HAVE = { curl: has('curl'), wget: has('wget'), git: has('git'), npm: has('npm') };

interface Ran {
  readonly code: number;
  readonly out: Buffer;
  readonly err: string;
}

function run(program: string, args: readonly string[], options: { cwd?: string; input?: Buffer } = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const child = execFile(program, args, { env, cwd: options.cwd ?? dir, encoding: 'buffer', maxBuffer: 64 * 2 ** 20, timeout: 60_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 99, out, err: err.toString() });
    });
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input);
  });
}

const sha256 = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

beforeAll(async () => {
  origin = await startWebOrigin(['olm.vn']);
  [otherPort = 0] = await freePorts(1);
  gateway = await startTestGateway({
    config: { network: { hosts: { 'olm.vn': '127.0.0.1', 'hitclub.com': '127.0.0.1' }, dialPrivate: ['127.0.0.0/8'], ports: [80, 443, origin.port, origin.tlsPort] } },
  });
  proxy = `http://127.0.0.1:${gateway.proxyPort}`;
  site = `http://olm.vn:${origin.port}`;
  secureSite = `https://olm.vn:${origin.tlsPort}`;
  writeFileSync(join(dir, 'ca.pem'), origin.cert);
});
afterAll(async () => {
  await gateway.end();
  await origin.close();
  rmSync(dir, { recursive: true, force: true });
});

describe.skipIf(!HAVE.curl)('curl', () => {
  const curl = (...args: string[]): Promise<Ran> => run('curl', ['-sS', '-x', proxy, '--cacert', join(dir, 'ca.pem'), ...args]);

  it('GET, redirect, gzip, chunked, 204, two requests on one connection', async () => {
    expect((await curl('-L', `${site}/redirect`)).out.equals(BIG)).toBe(true);
    expect((await curl('--compressed', `${site}/gzip`)).out.toString()).toBe('xin chào');
    expect((await curl(`${site}/chunked`)).out.toString()).toBe('một hai');
    expect((await curl('-w', '%{http_code}', `${site}/nothing`)).out.toString()).toBe('204');
    const two = await curl('-w', '%{num_connects};', '-o', join(dir, 'a'), `${site}/big`, '-o', join(dir, 'b'), `${site}/big`);
    expect(two.out.toString()).toBe('1;0;');
    expect(readFileSync(join(dir, 'b')).equals(BIG)).toBe(true);
  });

  it('HEAD, HTTP/1.0, resume', async () => {
    const head = (await curl('-I', `${site}/big`)).out.toString();
    expect(head).toMatch(/^HTTP\/1\.1 200 /);
    expect(head).toContain(`Content-Length: ${BIG.length}`);
    expect((await curl('-0', `${site}/big`)).out.equals(BIG)).toBe(true);
    expect((await curl('-0', `${site}/chunked`)).out.toString()).toBe('một hai');
    writeFileSync(join(dir, 'part'), BIG.subarray(0, 700_000));
    expect((await curl('-C', '-', '-o', join(dir, 'part'), `${site}/big`)).code).toBe(0);
    expect(readFileSync(join(dir, 'part')).equals(BIG)).toBe(true);
  });

  it('POST with length, with Expect: 100-continue, chunked', async () => {
    const whole = { bytes: BIG.length, sha256: sha256(BIG) };
    writeFileSync(join(dir, 'body'), BIG);
    const sent = async (...args: string[]): Promise<unknown> => JSON.parse((await curl(...args, `${site}/echo`)).out.toString());
    expect(await sent('-d', 'ten=lop')).toMatchObject({ method: 'POST', bytes: 7, chunked: false });
    expect(await sent('--data-binary', `@${join(dir, 'body')}`, '-H', 'Expect: 100-continue')).toMatchObject({ ...whole, method: 'POST' });
    expect(await sent('--data-binary', `@${join(dir, 'body')}`, '-H', 'Transfer-Encoding: chunked')).toMatchObject({ ...whole, chunked: true });
    expect(await sent('-T', join(dir, 'body'))).toMatchObject({ ...whole, method: 'PUT' });
  });

  it('CONNECT to a TLS site', async () => {
    expect((await curl(`${secureSite}/big`)).out.equals(BIG)).toBe(true);
    expect(origin.asked.at(-1)).toMatchObject({ secure: true, url: '/big' });
    const sent = await curl('--data-binary', `@${join(dir, 'ca.pem')}`, `${secureSite}/echo`);
    expect(JSON.parse(sent.out.toString())).toMatchObject({ bytes: origin.cert.length });
  });

  it('refuses what is blocked, with words a person can read', async () => {
    const plain = await curl('-i', `http://hitclub.com:${origin.port}/`);
    expect(plain.out.toString()).toMatch(/^HTTP\/1\.1 403 [\s\S]*X-Luytre-Reason: hard-category/);
    // 56: curl's "the proxy refused CONNECT" (CURLE_RECV_ERROR)
    const secure = await curl('-v', 'https://hitclub.com/');
    expect(secure.code).toBe(56);
    expect(secure.err).toContain('X-Luytre-Reason: hard-category');
    const port = await curl('-v', '-p', `http://olm.vn:${otherPort}/`);
    expect(port.code).toBe(56);
    expect(port.err).toContain('X-Luytre-Reason: port-not-allowed');
    const nobody = await curl('-w', '%{http_code}', '-o', join(dir, 'x'), `http://olm.vn:80/`);
    expect(nobody.out.toString()).toMatch(/^50[24]$/);
  });

  it('a tunnel carries TLS only', async () => {
    // the plain site's port is open to CONNECT too: what is not TLS must not get through
    const before = origin.asked.length;
    const answer = await curl('-p', '-m', '5', `${site}/big`);
    expect(answer.code).not.toBe(0);
    expect(origin.asked.length).toBe(before);
  });

  it('never shows the site who asked', async () => {
    await curl('-H', 'X-Forwarded-For: 10.9.8.7', '-U', 'phong:mat-khau', '--proxy-basic', `${site}/echo`);
    const last = origin.asked.at(-1);
    expect(last?.url).toBe('/echo');
    expect(Object.keys(last?.headers ?? {}).filter((name) => /^(?:x-forwarded|forwarded|proxy-|via)/.test(name))).toEqual(['via']);
    expect(JSON.stringify(last?.headers)).not.toMatch(/10\.9\.8\.7|127\.0\.0\.1/);
  });
});

describe.skipIf(!HAVE.wget)('wget', () => {
  const wget = (...args: string[]): Promise<Ran> =>
    run('wget', ['-nv', '--tries=1', '-T', '10', '-e', 'use_proxy=yes', '-e', `http_proxy=${proxy}`, '-e', `https_proxy=${proxy}`, `--ca-certificate=${join(dir, 'ca.pem')}`, ...args]);

  it('downloads, resumes, posts, follows a page, tunnels', async () => {
    expect((await wget('-O', join(dir, 'w1'), `${site}/redirect`)).code).toBe(0);
    expect(readFileSync(join(dir, 'w1')).equals(BIG)).toBe(true);
    writeFileSync(join(dir, 'big'), BIG.subarray(0, 123_456));
    expect((await wget('-c', '-O', join(dir, 'big'), `${site}/big`)).code).toBe(0);
    expect(readFileSync(join(dir, 'big')).equals(BIG)).toBe(true);
    expect(JSON.parse((await wget('-O', '-', '--post-data=a=b', `${site}/echo`)).out.toString())).toMatchObject({ method: 'POST', bytes: 3 });
    const mirror = join(dir, 'guong');
    expect((await wget('-r', '-l', '1', '-e', 'robots=off', '-P', mirror, '-nH', `${site}/page.html`)).code).toBe(0);
    expect(readFileSync(join(mirror, 'trang', '2.html'), 'utf8')).toBe('trang /trang/2.html');
    expect((await wget('-O', join(dir, 'w2'), `${secureSite}/big`)).code).toBe(0);
    expect(readFileSync(join(dir, 'w2')).equals(BIG)).toBe(true);
  });

  it('says 403 where the gateway blocks', async () => {
    // 8: the server (here: the gateway) answered with an error
    const refused = await wget('-O', '-', `http://hitclub.com:${origin.port}/`);
    expect(refused.code).toBe(8);
    expect(refused.err).toContain('403');
    expect((await wget('-O', '-', 'https://hitclub.com/')).code).not.toBe(0);
  });
});

describe.skipIf(!HAVE.git)('git', () => {
  const git = (cwd: string, ...args: string[]): Promise<Ran> =>
    run('git', ['-c', `http.proxy=${proxy}`, '-c', `http.sslCAInfo=${join(dir, 'ca.pem')}`, '-c', 'user.name=lop', '-c', 'user.email=lop@truong', '-c', 'init.defaultBranch=main', '-c', 'protocol.version=2', ...args], { cwd });

  beforeAll(async () => {
    const work = join(dir, 'nguon');
    mkdirSync(work);
    await git(work, 'init', '-q');
    writeFileSync(join(work, 'bai.bin'), BIG);
    await git(work, 'add', '.');
    expect((await git(work, 'commit', '-qm', 'bài một')).code).toBe(0);
    origin.gitRoot = join(dir, 'kho');
    mkdirSync(origin.gitRoot);
    expect((await git(dir, 'clone', '-q', '--bare', work, join(origin.gitRoot, 'bai.git'))).code).toBe(0);
    await git(join(origin.gitRoot, 'bai.git'), 'config', 'http.receivepack', 'true');
    await git(join(origin.gitRoot, 'bai.git'), 'update-server-info');
  });

  it('clones by the smart protocol, pushes a body in chunks, pulls it elsewhere', async () => {
    const first = join(dir, 'mot');
    const cloned = await git(dir, 'clone', '-q', `${site}/git/bai.git`, first);
    expect(cloned.err).toBe('');
    expect(readFileSync(join(first, 'bai.bin')).equals(BIG)).toBe(true);
    const second = join(dir, 'hai');
    expect((await git(dir, 'clone', '-q', `${secureSite}/git/bai.git`, second)).err).toBe('');

    writeFileSync(join(first, 'them.bin'), Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * i) & 0xff)));
    await git(first, 'add', '.');
    await git(first, 'commit', '-qm', 'bài hai');
    // a small buffer makes git send the pack with Transfer-Encoding: chunked
    expect(await git(first, '-c', 'http.postBuffer=65536', 'push', '-q', 'origin', 'HEAD')).toMatchObject({ code: 0 });
    expect((await git(second, 'pull', '-q')).code).toBe(0);
    expect(readFileSync(join(second, 'them.bin'))).toHaveLength(300_000);
  });

  it('clones by the dumb protocol', async () => {
    await git(join(origin.gitRoot ?? '', 'bai.git'), 'update-server-info');
    const cloned = await git(dir, 'clone', '-q', `${site}/git/dumb/bai.git`, join(dir, 'cam'));
    expect(cloned).toMatchObject({ code: 0, err: '' });
    expect(readFileSync(join(dir, 'cam', 'bai.bin')).equals(BIG)).toBe(true);
  });
});

describe.skipIf(!HAVE.npm)('npm', () => {
  const npm = (cwd: string, registry: string, ...args: string[]): Promise<Ran> =>
    run('npm', [...args, '--registry', `${registry}/npm/`, '--proxy', proxy, '--https-proxy', proxy, '--cafile', join(dir, 'ca.pem'), '--cache', join(dir, 'npm-cache', String(registry.length)),
      '--userconfig', join(dir, 'npmrc'), '--no-audit', '--no-fund', '--no-update-notifier', '--fetch-retries', '0', '--noproxy', ''], { cwd });

  beforeAll(async () => {
    const source = join(dir, 'goi');
    mkdirSync(source);
    writeFileSync(join(source, 'package.json'), JSON.stringify({ name: 'lt-nho', version: '1.0.0', main: 'index.js' }));
    writeFileSync(join(source, 'index.js'), "module.exports = 'xin chào';\n");
    expect((await run('npm', ['pack', '--silent', '--cache', join(dir, 'npm-cache', 'pack')], { cwd: source })).code).toBe(0);
    origin.tarball = readFileSync(join(source, 'lt-nho-1.0.0.tgz'));
  });

  it('views and installs a package, plainly and through a tunnel', { timeout: 90_000 }, async () => {
    for (const registry of [site, secureSite]) {
      const at = join(dir, `du-an-${registry.length}`);
      mkdirSync(at);
      writeFileSync(join(at, 'package.json'), '{"name":"du-an","version":"1.0.0","private":true}');
      const before = origin.asked.length;
      expect((await npm(at, registry, 'view', 'lt-nho', 'version')).out.toString().trim()).toBe('1.0.0');
      const installed = await npm(at, registry, 'install', 'lt-nho');
      expect(installed.err).toBe('');
      expect(readFileSync(join(at, 'node_modules', 'lt-nho', 'index.js'), 'utf8')).toContain('xin chào');
      const asked = origin.asked.slice(before);
      expect(asked.map((one) => one.url)).toContain('/npm/lt-nho/-/lt-nho-1.0.0.tgz');
      expect(asked.every((one) => one.secure === registry.startsWith('https'))).toBe(true);
    }
  });
});
