/** The signed channel as a school gets it: published on loopback, taken by the running gateway, in force without a restart. */
import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { startChannel, type ChannelServer } from '../support/channel-server.js';
import { startTestGateway, until, type TestGateway } from '../support/gateway.js';
import { switchToInspect } from '../support/inspect-level.js';
import { keyHash, makeX509 } from '../support/x509.js';

// many commands, each a process of its own
vi.setConfig({ testTimeout: 90_000, hookTimeout: 120_000 });

const OPEN = 'olm.vn';
const OTHER = 'vtv7.vtv.vn';
const CHANNEL = 'kenh.so.test';
const root = makeX509({ subject: 'Gốc ngoài', ca: true }, null);
const site = makeX509({ dns: [OPEN] }, root);
const other = makeX509({ dns: [OTHER] }, root);
const serialOf = (raw: Buffer): string => new X509Certificate(raw).serialNumber;

let servers: Server[] = [];
let folder = '';
let gateway: TestGateway;
let channel: ChannelServer;
let port = 0;
let otherPort = 0;

async function serve(made: typeof site): Promise<number> {
  const server = createServer({ key: made.key.export({ type: 'pkcs8', format: 'pem' }), cert: made.pem }, (request, response) => {
    if (request.url === '/lau') {
      response.write('bắt đầu ');
      return;
    }
    response.end(`xin chào ${request.url ?? ''}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  servers.push(server);
  return (server.address() as AddressInfo).port;
}

interface Got { readonly code: number; readonly status: number; readonly head: string; readonly body: string }
function curl(url: string, ...args: string[]): Promise<Got> {
  return new Promise((resolve) => {
    const all = ['-sS', '-i', '-x', `http://127.0.0.1:${gateway.proxyPort}`, '--suppress-connect-headers', '--cacert', join(folder, 'truong.crt'), '--max-time', '20', ...args, url];
    execFile('curl', all, { env: { PATH: process.env['PATH'] ?? '' } }, (error, out) => {
      const cut = out.indexOf('\r\n\r\n');
      resolve({ code: error === null ? 0 : Number(error.code), status: Number(/^HTTP\/1\.1 (\d+)/.exec(out)?.[1] ?? 0), head: out.slice(0, cut), body: out.slice(cut + 4) });
    });
  });
}

async function run(...args: string[]): Promise<string> {
  const { code, out, err } = await gateway.cli(...args);
  if (code !== 0) throw new Error(`${args.join(' ')}: ${err}`);
  return out;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'luytre-kenh-cong-'));
  port = await serve(site);
  otherPort = await serve(other);
  writeFileSync(join(folder, 'ngoai.crt'), root.pem);
  channel = await startChannel({ host: CHANNEL });
  channel.publish();
  gateway = await startTestGateway({
    config: {
      network: {
        hosts: Object.fromEntries([OPEN, OTHER, CHANNEL, 'thoitiet-la.vn'].map((host) => [host, '127.0.0.1'])), dialPrivate: ['127.0.0.0/8'],
        ports: [80, 443, port, otherPort], trustedCa: join(folder, 'ngoai.crt'),
      },
      channel: { url: channel.url, root: channel.rootFile, everySeconds: 10 },
      school: { name: 'Trường THCS Lũy Tre', hotline: '024 3999 8888' },
    },
    // a proxy of the environment is none of the gateway's
    env: { http_proxy: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' },
  });
  await run('zones', 'add', 'Phòng 1', '--profile', 'thcs', '--cidr', '127.0.0.1/32');
  await run('ca', 'init', '--address', '127.0.0.1');
  writeFileSync(join(folder, 'truong.crt'), await run('ca', 'export'));
  await switchToInspect(gateway, 'thcs');
  await until(async () => (await curl(`https://${OPEN}:${port}/san-sang`)).status === 200, 10_000, 'the level in force');
});
afterAll(async () => {
  await gateway?.end();
  await channel?.close();
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  servers = [];
  rmSync(folder, { recursive: true, force: true });
});

describe('a gateway and its channel', () => {
  it('a certificate that the channel revokes is refused, without a restart, and an open connection to it is closed', async () => {
    const long = curl(`https://${OPEN}:${port}/lau`);
    expect((await curl(`https://${OTHER}:${otherPort}/`)).status).toBe(200);
    channel.deny('revoked', `# thử\nserial ${keyHash(root.key)} ${serialOf(site.raw)} thử\n`);
    channel.publish();
    // the poll may have come first
    await run('lists', 'update');
    const got = await until(async () => {
      const answer = await curl(`https://${OPEN}:${port}/bai-5`);
      return answer.status === 502 ? answer : null;
    }, 5_000, 'the revocation in force');
    expect(got.head).toContain('X-Luytre-Reason: site-certificate-revoked');
    expect(got.body).toMatch(/chứng chỉ/i);
    // curl: 18 (cut short) or another end of the transfer, and not its own time-out
    const ended = await long;
    expect(ended.body).toContain('bắt đầu');
    expect(ended.code).not.toBe(28);
    expect(ended.code).not.toBe(0);
    expect((await curl(`https://${OTHER}:${otherPort}/`)).status).toBe(200);
  });

  it('an emergency and a city block close within the poll, an allowed site opens; explain names the list, its version and its layer', async () => {
    const explain = async (host: string): Promise<Record<string, unknown>> => JSON.parse(await run('explain', host, '--profile', 'thcs', '--json')) as Record<string, unknown>;
    await channel.list('dong', 'city-block', [OTHER], { version: '2026-11-25' });
    await channel.list('khan', 'emergency', ['khan-cap.example.org'], { ends: new Date(Date.now() + 3_600_000).toISOString() });
    channel.publish();
    // the poll itself, nobody asks
    const got = await until(async () => {
      const answer = await curl(`https://${OTHER}:${otherPort}/`);
      return answer.status === 403 ? answer : null;
    }, 20_000, 'the city block in force by the poll');
    expect(got.head).toContain('X-Luytre-Reason: city-block');
    expect(await explain(OTHER)).toMatchObject({ action: 'block', layer: 'city-block', list: { name: 'so.dong', version: '2026-11-25+tuf3' } });
    expect(await explain('khan-cap.example.org')).toMatchObject({ action: 'block', layer: 'emergency' });
    expect(await run('lists', 'status')).toMatch(/so\.dong.*thành phố/);
    const removed = await gateway.cli('lists', 'remove', 'so.dong');
    expect(removed).toMatchObject({ code: 1, err: expect.stringContaining('danh sách của Sở') as string });
    channel.publisher().remove('dong');
    channel.publish();
    await run('lists', 'update');
    await until(async () => (await curl(`https://${OTHER}:${otherPort}/`)).status === 200, 5_000, 'the site open again');
  });

  it('an emergency block ends by itself, with no line to the channel', async () => {
    const endsMs = Date.now() + 20_000;
    await channel.list('ngan', 'emergency', [OTHER], { ends: new Date(endsMs).toISOString() });
    channel.publish();
    await run('lists', 'update');
    await until(async () => (await curl(`https://${OTHER}:${otherPort}/`)).head.includes('emergency-block'), 5_000, 'the emergency in force');
    expect(Date.now()).toBeLessThan(endsMs);
    channel.trick = (_, response) => response.writeHead(503).end() !== undefined;
    await until(async () => (await curl(`https://${OTHER}:${otherPort}/`)).status === 200, 60_000, 'its end');
    expect(Date.now()).toBeGreaterThanOrEqual(endsMs);
    channel.trick = null;
    channel.publisher().remove('ngan');
    channel.publish();
    await run('lists', 'update');
  });

  it('what is wrong is said by doctor, once in the log, and nothing in force goes', async () => {
    channel.trick = (path, response) => (path.includes('timestamp') ? (response.end('{}'), true) : false);
    const before = gateway.output().length;
    const update = await gateway.cli('lists', 'update');
    expect(update.code).toBe(1);
    expect(update.err).toMatch(/^luytre: Kênh bị từ chối: tệp thời điểm \(timestamp\) không đọc được\.\n$/);
    expect((await gateway.cli('lists', 'update', '--lang', 'en')).err).toMatch(/^luytre: The channel is refused: the timestamp can't be read\.\n$/);
    const doctor = await gateway.cli('doctor', '--json');
    const finding = doctor.out.split('\n').filter((line) => line.includes('"check":"channel"')).map((line) => JSON.parse(line) as Record<string, string>);
    expect(finding).toMatchObject([{ status: 'fail', finding: expect.stringMatching(/không đọc được\. Từ .* vẫn có hiệu lực/) as string }]);
    // two polls, of two questions each
    const count = channel.asked.length;
    await until(() => channel.asked.length >= count + 4, 40_000, 'two more polls');
    expect(gateway.output().slice(before).split('the channel was not taken').length - 1).toBe(1);
    expect((await curl(`https://${OPEN}:${port}/`)).head).toContain('site-certificate-revoked');
    channel.trick = null;
    expect(await run('lists', 'update')).toContain('không có gì mới');
    expect((await gateway.cli('doctor', '--json')).out).toMatch(/"check":"channel","status":"ok"/);
  });

  it('killed between the download and the use, and after: no half state, the revocation still there', async () => {
    await channel.list('moi', 'city-block', Array.from({ length: 3_000 }, (_, n) => `h${n}.example.org`));
    channel.deny('revoked', `serial ${keyHash(root.key)} ${serialOf(site.raw)}\nserial ${keyHash(root.key)} ${serialOf(other.raw)}\n`, '2');
    channel.publish();
    let met = 0;
    for (const cut of ['moi.txt', 'revoked.txt']) {
      channel.trick = (path, response) => {
        if (!path.endsWith(cut) && !path.endsWith(`${cut}.gz`)) return false;
        met++;
        response.write('#');
        return true;
      };
      const seen = met;
      // the first question comes within three seconds of the start
      await gateway.stop('SIGKILL');
      await gateway.start();
      await until(() => met > seen, 30_000, `the gateway in the middle of ${cut}`);
      await gateway.stop('SIGKILL');
      await gateway.start();
      expect((await curl(`https://${OPEN}:${port}/`)).head).toContain('site-certificate-revoked');
      expect((await curl(`https://${OTHER}:${otherPort}/`)).status).toBe(200);
      expect(await run('lists', 'status')).not.toContain('so.moi');
    }
    channel.trick = null;
    await run('lists', 'update');
    await gateway.stop('SIGKILL');
    await gateway.start();
    expect((await curl(`https://${OTHER}:${otherPort}/`)).head).toContain('site-certificate-revoked');
    expect(await run('lists', 'status')).toMatch(/so\.moi.*3000 mục/);
  });

  it('given up: all of it goes, in the running gateway', async () => {
    await run('channel', 'forget');
    // before the next poll takes it again
    const opened = await until(async () => ((await curl(`https://${OPEN}:${port}/`)).status === 200 ? true : null), 9_000, 'the site without its revocation');
    expect(opened).toBe(true);
  });

  it('its server has learnt nothing of the school', () => {
    expect(channel.asked.length).toBeGreaterThan(20);
    for (const { url, headers } of channel.asked) {
      expect(Object.keys(headers).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
      expect(JSON.stringify(headers) + url).not.toMatch(/Lũy Tre|THCS|3999|24\.\d|lt-/);
      expect(headers.host).toBe(`${CHANNEL}:${channel.port}`);
    }
  });
});
