/** The school's CA as a school meets it: the command, the page, and a blocked HTTPS site at each level. Local origins stand for the Internet. */
import { X509Certificate } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { runCli, startTestGateway, until, type TestGateway } from '../support/gateway.js';
import { startTlsOrigin, type TlsOrigin } from '../support/tls-origin.js';

const HOSTS = ['olm.vn', 'hitclub.com', 'facebook.com', 'momo.vn', 'mail.yahoo.com'];
// many commands, each a process of its own
vi.setConfig({ testTimeout: 90_000 });

let origin: TlsOrigin;
let gateway: TestGateway;
let ca = '';

beforeAll(async () => {
  origin = await startTlsOrigin(HOSTS, (socket) => socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nConnection: close\r\n\r\ngoc')));
  gateway = await startTestGateway({
    config: {
      network: { hosts: Object.fromEntries(HOSTS.map((host) => [host, '127.0.0.1'])), dialPrivate: ['127.0.0.0/8'], ports: [80, 443, origin.port] },
      school: { name: 'Trường THCS Lũy Tre', hotline: '024 3999 8888' },
    },
  });
});
afterAll(async () => {
  await gateway.end();
  await origin.close();
});

interface Tunnel { readonly status: number; readonly head: string; readonly socket: Socket }

function connectTo(host: string, port = origin.port): Promise<Tunnel> {
  return new Promise((resolve, reject) => {
    const socket = connect(gateway.proxyPort, '127.0.0.1');
    let text = '';
    socket.setTimeout(10_000, () => reject(new Error('no answer')));
    socket.on('error', reject);
    socket.on('data', function read(chunk: Buffer) {
      text += chunk.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      socket.removeListener('data', read);
      resolve({ status: Number(text.split(' ')[1]), head: text, socket });
    });
    socket.write(`CONNECT ${host}:${port} HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
  });
}

interface Page { readonly text: string; readonly certificate: X509Certificate | null; readonly error: string | null }

/** One request inside TLS over this socket. */
function overTls(socket: Socket, servername: string, request = `GET /bi-mat?q=1 HTTP/1.1\r\nHost: ${servername}\r\n\r\n`, options: tls.ConnectionOptions = {}): Promise<Page> {
  return new Promise((resolve) => {
    let text = '';
    let error: string | null = null;
    let certificate: X509Certificate | null = null;
    const secure = tls.connect({ socket, servername, ca, ALPNProtocols: ['http/1.1'], ...options });
    secure.on('secureConnect', () => {
      certificate = secure.getPeerX509Certificate() ?? null;
      secure.write(request);
    });
    secure.on('data', (chunk: Buffer) => (text += chunk.toString('utf8')));
    secure.on('error', (failure: NodeJS.ErrnoException) => (error = failure.code ?? failure.message));
    secure.on('close', () => resolve({ text, certificate, error }));
  });
}

/** The fingerprint may break after every eight pairs. */
const bare = (html: string): string => html.replaceAll('<wbr>', '');
const pages = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${gateway.pagesPort}${path}`);
const statusOf = async (host: string): Promise<number> => {
  const tunnel = await connectTo(host);
  tunnel.socket.destroy();
  return tunnel.status;
};
/** Everything under the data directory but the CA's own folder. */
function* files(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) {
      if (path !== join(gateway.data, 'ca')) yield* files(path);
    } else if (entry.isFile()) yield path;
  }
}

describe('without a CA', () => {
  it('is made by one of several who try at once', async () => {
    const data = join(gateway.dir, 'cung-luc');
    const tries = await Promise.all([1, 2, 3].map(() => runCli(['ca', 'init', '--data', data, '--json'])));
    expect(tries.map(({ code }) => code).sort()).toEqual([0, 1, 1]);
    const winner = JSON.parse(tries.find(({ code }) => code === 0)?.out ?? '{}') as { fingerprint: string };
    expect(JSON.parse((await runCli(['ca', 'status', '--data', data, '--json'])).out)).toMatchObject({ fingerprint: winner.fingerprint, next: null });
    expect(readdirSync(join(data, 'ca'))).toEqual(['current.pem']);
  });

  it('is looked at by doctor', async () => {
    const data = join(gateway.dir, 'kham');
    const found = async (): Promise<string> => (await runCli(['doctor', '--data', data, '--json', '--config', gateway.config])).out.split('\n').find((line) => line.includes('"check":"ca"')) ?? 'none';
    await runCli(['profiles', 'tls', 'lop-4-5', 'block-page', '--data', data]);
    expect(await found()).toMatch(/"status":"warn".*lop-4-5/);
    await runCli(['ca', 'init', '--data', data]);
    expect(await found()).toContain('"status":"ok"');
    chmodSync(join(data, 'ca', 'current.pem'), 0o640);
    expect(await found()).toMatch(/"status":"fail".*chmod 600/);
  });

  it('says so kindly and refuses what needs one', async () => {
    for (const path of ['/ca', '/ca.crt', '/ca-moi.crt', '/ca.mobileconfig']) {
      const response = await pages(path);
      expect(response.status, path).toBe(404);
      expect(await response.text()).toContain('Trường chưa tạo chứng chỉ');
    }
    for (const args of [['ca', 'status'], ['ca', 'export'], ['ca', 'rotate']]) {
      const { code, err } = await gateway.cli(...args);
      expect(code, args.join(' ')).toBe(1);
      expect(err).toContain('luytre ca init');
    }
    expect(existsSync(join(gateway.data, 'ca', 'current.pem'))).toBe(false);
  });

  it('keeps to the name even where a profile is at block-page', async () => {
    const { code, err } = await gateway.cli('profiles', 'tls', 'lop-4-5', 'block-page');
    expect(code).toBe(0);
    expect(err).toContain('luytre ca init');
    expect(await statusOf('hitclub.com')).toBe(403);
  });

  it('inspects nothing without a reason and a second person', async () => {
    expect(await gateway.cli('profiles', 'tls', 'thcs', 'inspect')).toMatchObject({ code: 2 });
    expect(await gateway.cli('profiles', 'tls', 'thcs', 'inspect', '--reason', 'thử')).toMatchObject({ code: 0, err: expect.stringContaining('luytre ca init') as string });
    expect((await gateway.cli('profiles', 'list')).out).toMatch(/^thcs\t.*tls name$/m);
    expect(await gateway.cli('profiles', 'tls', 'nobody', 'name')).toMatchObject({ code: 2 });
  });
});

describe('with a CA', () => {
  it('is made once, beside a running gateway', async () => {
    const made = await gateway.cli('ca', 'init', '--address', '127.0.0.1', '--json');
    expect(made.code, made.err).toBe(0);
    const facts = JSON.parse(made.out) as { fingerprint: string; name: string; addresses: string[]; excluded: number };
    expect(facts).toMatchObject({ addresses: ['127.0.0.1'] });
    expect(facts.name).toContain('Trường THCS Lũy Tre');
    expect(facts.excluded).toBeGreaterThan(200);
    expect(statSync(join(gateway.data, 'ca')).mode & 0o777).toBe(0o700);
    expect(statSync(join(gateway.data, 'ca', 'current.pem')).mode & 0o777).toBe(0o600);
    expect(await gateway.cli('ca', 'init')).toMatchObject({ code: 1 });
    expect(await gateway.cli('ca', 'init', '--address', 'khong-phai')).toMatchObject({ code: 2 });
    const page = await until(async () => {
      const response = await pages('/ca');
      return response.status === 200 ? bare(await response.text()) : null;
    }, 2_500, '/ca');
    const certificate = new X509Certificate(await (await pages('/ca.crt')).arrayBuffer().then((bytes) => Buffer.from(bytes)));
    ca = certificate.toString();
    expect(certificate.fingerprint256.replaceAll(':', '').toLowerCase()).toBe(facts.fingerprint);
    expect(page).toContain(certificate.fingerprint256);
    for (const device of ['Windows', 'Android', 'iPhone', 'Chromebook', 'Firefox', 'Linux']) expect(page).toContain(device);
    expect((await pages('/ca.crt')).headers.get('content-type')).toBe('application/x-x509-ca-cert');
    const profile = await pages('/ca.mobileconfig');
    expect(profile.headers.get('content-type')).toBe('application/x-apple-aspen-config');
    expect(await profile.text()).toContain('Trường THCS Lũy Tre');
    expect(await (await pages('/')).text()).toContain('href="/ca"');
  });

  it('is exported in every form, never with its key', async () => {
    const pem = await gateway.cli('ca', 'export');
    expect(pem.code).toBe(0);
    expect(pem.out).toBe(ca);
    const file = join(gateway.dir, 'ca.der');
    expect(await gateway.cli('ca', 'export', '--format', 'der', '--out', file)).toMatchObject({ code: 0 });
    expect(new X509Certificate(readFileSync(file)).toString()).toBe(ca);
    for (const format of ['apple', 'windows', 'firefox', 'android']) {
      const { code, out } = await gateway.cli('ca', 'export', '--format', format);
      expect(code, format).toBe(0);
      expect(out).not.toContain('PRIVATE');
    }
    expect(await gateway.cli('ca', 'export', '--format', 'jks')).toMatchObject({ code: 2 });
    expect(await gateway.cli('ca', 'export', '--out', join(gateway.dir, 'none', 'x'))).toMatchObject({ code: 1 });
    const said = await gateway.cli('ca', 'status');
    expect(said.out).toContain(new X509Certificate(ca).fingerprint256);
  });

  it('is sound to openssl, and refuses what it excludes', () => {
    const file = join(gateway.dir, 'ca.pem');
    writeFileSync(file, ca);
    expect(execFileSync('openssl', ['verify', '-x509_strict', '-CAfile', file, file], { encoding: 'utf8' })).toContain('OK');
  });

  it('shows nothing at the level of names: a blocked CONNECT is 403 as ever', async () => {
    const { status, head, socket } = await connectTo('hitclub.com');
    socket.destroy();
    expect(status).toBe(403);
    expect(head).toMatch(/x-luytre-reason: hard-category/i);
  });

  it('shows the page over TLS at block-page, and dials nothing', async () => {
    expect(await gateway.cli('profiles', 'tls', 'lop-1-3', 'block-page')).toMatchObject({ code: 0 });
    await until(async () => (await statusOf('hitclub.com')) === 200, 2_500, 'the level');
    const before = origin.sockets.length;
    const { socket } = await connectTo('hitclub.com');
    const page = await overTls(socket, 'hitclub.com');
    expect(page.error).toBeNull();
    expect(page.certificate?.subjectAltName).toBe('DNS:hitclub.com');
    expect(page.certificate?.checkIssued(new X509Certificate(ca))).toBe(true);
    expect(page.text).toMatch(/^HTTP\/1\.1 403 /);
    expect(page.text).toMatch(/\r\nX-Luytre-Reason: hard-category\r\n/);
    expect(page.text).toMatch(/Cache-Control: no-store/i);
    expect(page.text).toContain('Trang này chưa dành cho em');
    expect(page.text).toContain('024 3999 8888');
    expect(page.text).toContain('action="/.luytre/yeu-cau"');
    expect(page.text).not.toContain('bi-mat');
    expect(origin.sockets).toHaveLength(before);
  });

  it('does the same for a device that knows no proxy', async () => {
    const socket = connect(gateway.transparentPort, '127.0.0.1');
    const page = await overTls(socket, 'hitclub.com');
    expect(page.text).toContain('Trang này chưa dành cho em');
    expect(page.certificate?.subjectAltName).toBe('DNS:hitclub.com');
  });

  it('fails cleanly where the CA is not installed', async () => {
    const { socket } = await connectTo('hitclub.com');
    const page = await overTls(socket, 'hitclub.com', undefined, { ca: [] });
    expect(page.error).toMatch(/UNABLE_TO|SELF_SIGNED/);
    expect(page.text).toBe('');
  });

  it('takes no other name than the one that was judged', async () => {
    for (const servername of ['khac.vn', 'momo.vn', '']) {
      const { status, socket } = await connectTo('hitclub.com');
      expect(status).toBe(200);
      const page = await overTls(socket, servername, 'GET / HTTP/1.1\r\nHost: hitclub.com\r\n\r\n', { checkServerIdentity: () => undefined });
      expect(page.error, servername).not.toBeNull();
      expect(page.certificate).toBeNull();
    }
  });

  it('never answers for a host that is never decrypted', async () => {
    const said = await gateway.cli('explain', 'momo.vn', 'mail.yahoo.com', '--profile', 'lop-1-3', '--json');
    for (const line of said.out.trim().split('\n')) expect(JSON.parse(line)).toMatchObject({ action: 'block' });
    for (const host of ['momo.vn', 'mail.yahoo.com']) expect(await statusOf(host), host).toBe(403);
    const page = await overTls(connect(gateway.transparentPort, '127.0.0.1'), 'momo.vn');
    expect(page.error).not.toBeNull();
    expect(page.certificate).toBeNull();
  });

  it('leaves what is open alone: an allowed site shows its own certificate', async () => {
    const { socket } = await connectTo('olm.vn');
    const page = await overTls(socket, 'olm.vn', undefined, { ca: origin.certificate.cert });
    expect(page.text).toContain('goc');
    expect(page.certificate?.toString()).toBe(new X509Certificate(origin.certificate.cert).toString());
  });

  it('takes the request form over the same TLS', async () => {
    const { socket } = await connectTo('facebook.com');
    const form = new URLSearchParams({ host: 'facebook.com', ref: 'ABC234', profile: 'lop-1-3', category: 'mxh', reason: 'bài 3' }).toString();
    const page = await overTls(socket, 'facebook.com', `POST /.luytre/yeu-cau HTTP/1.1\r\nHost: facebook.com\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n${form}`);
    expect(page.text).toContain('Đã gửi yêu cầu');
    const listed = await gateway.cli('requests', 'list', '--json');
    expect(listed.out).toContain('"facebook.com"');
    const help = await overTls((await connectTo('facebook.com')).socket, 'facebook.com', 'GET /.luytre/help HTTP/1.1\r\nHost: facebook.com\r\n\r\n');
    expect(help.text).toContain('>111</a>');
  });

  it('counts a page like any block, once', async () => {
    const day = new Date(Date.now() + 7 * 3_600_000).toISOString().slice(0, 10);
    const blocked = async (): Promise<number> => {
      const said = await gateway.cli('report', '--from', day, '--to', day, '--format', 'json');
      return (JSON.parse(said.out) as { totals: { blocked: number } }).totals.blocked;
    };
    await new Promise((resolve) => setTimeout(resolve, 2_500));
    const before = await blocked();
    await overTls((await connectTo('hitclub.com')).socket, 'hitclub.com');
    await until(async () => (await blocked()) === before + 1, 5_000, 'one more block');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await blocked()).toBe(before + 1);
  });

  it('keeps its key to its own folder: not in the database, a backup, the log', async () => {
    const backup = join(gateway.dir, 'backup.db');
    expect(await gateway.cli('backup', backup)).toMatchObject({ code: 0 });
    const lines = readFileSync(join(gateway.data, 'ca', 'current.pem'), 'latin1').split('-----END PRIVATE KEY-----')[0]?.split('\n').slice(1, -1) ?? [];
    expect(lines.length).toBeGreaterThan(1);
    // What comes before the number itself is the same in every key of this kind (RFC 5958), the console's own among them.
    const raw = Buffer.from(lines.join(''), 'base64').subarray(40, 66);
    const told = [lines.join('').slice(56, 88), ...lines.slice(1).map((line) => line.slice(0, 40))];
    for (const file of [...files(gateway.data), backup]) {
      const bytes = readFileSync(file);
      for (const text of told) expect(bytes.includes(text), file).toBe(false);
      expect(bytes.includes(raw), file).toBe(false);
    }
    expect(gateway.output()).not.toContain(lines[0]);
    const log = gateway.output().split('\n').filter((line) => line.startsWith('{')).join('\n');
    expect(log).toContain('policy in force');
    expect(log).not.toMatch(/PRIVATE|hitclub|facebook/);
    expect((await gateway.cli('audit', 'list', '--json')).out).toContain('ca.init');
  });

  it('is given up when others may read it, and taken up again', async () => {
    const file = join(gateway.data, 'ca', 'current.pem');
    chmodSync(file, 0o644);
    await until(async () => (await statusOf('hitclub.com')) === 403, 3_000, 'given up');
    expect((await pages('/ca')).status).toBe(404);
    expect(await gateway.cli('ca', 'status')).toMatchObject({ code: 1 });
    expect((await gateway.cli('ca', 'status')).err).toContain('chmod 600');
    expect(gateway.output()).toContain('file-mode');
    chmodSync(file, 0o600);
    await until(async () => (await statusOf('hitclub.com')) === 200, 3_000, 'taken up');
  });

  it('changes with an overlap: both are offered, the old one signs', async () => {
    const made = await gateway.cli('ca', 'rotate', '--address', '127.0.0.1', '--json');
    expect(made.code, made.err).toBe(0);
    expect(await gateway.cli('ca', 'rotate')).toMatchObject({ code: 1 });
    const coming = await until(async () => {
      const response = await pages('/ca-moi.crt');
      return response.status === 200 ? response.text() : null;
    }, 2_500, 'the coming CA');
    expect(coming).not.toBe(ca);
    expect((await gateway.cli('ca', 'export')).out).toBe(ca + coming);
    expect((await gateway.cli('ca', 'export', '--next')).out).toBe(coming);
    const page = bare(await (await pages('/ca')).text());
    for (const pem of [ca, coming]) expect(page).toContain(new X509Certificate(pem).fingerprint256);
    expect((await overTls((await connectTo('hitclub.com')).socket, 'hitclub.com')).error).toBeNull();
  });

  it('changes at once where it must', async () => {
    expect(await gateway.cli('ca', 'rotate', '--now', '--address', '127.0.0.1')).toMatchObject({ code: 0 });
    await until(async () => (await overTls((await connectTo('hitclub.com')).socket, 'hitclub.com')).error !== null, 3_000, 'the old CA is gone');
    ca = (await gateway.cli('ca', 'export')).out;
    expect((await overTls((await connectTo('hitclub.com')).socket, 'hitclub.com')).text).toContain('Trang này chưa dành cho em');
  });

  it('is there again after a restart, and back to names when told', async () => {
    expect(await gateway.stop()).toBe(0);
    await gateway.start();
    expect((await overTls((await connectTo('hitclub.com')).socket, 'hitclub.com')).text).toContain('Trang này chưa dành cho em');
    expect(await gateway.cli('profiles', 'tls', 'lop-1-3', 'name')).toMatchObject({ code: 0 });
    await until(async () => (await statusOf('hitclub.com')) === 403, 2_500, 'back to names');
  });
});
