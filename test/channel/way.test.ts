/** The way to the channel is the gateway's own: its names, its judge of certificates, its parent proxy; and never its own doors. */
import { createServer as createHttp, type Server } from 'node:http';
import { createServer as createHttps } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { channelTransport } from '../../src/channel-way.js';
import { loadConfig } from '../../src/config.js';
import { makeX509 } from '../support/x509.js';

const dir = mkdtempSync(join(tmpdir(), 'luytre-duong-'));
const servers: Server[] = [];
afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections();
    server.close();
  }
  rmSync(dir, { recursive: true, force: true });
});

const HOST = 'kenh.so.test';
const root = makeX509({ subject: 'CA của Sở', ca: true }, null);
const good = makeX509({ dns: [HOST] }, root);
const wrong = makeX509({ dns: ['khac.so.test'] }, root);
writeFileSync(join(dir, 'so.pem'), root.pem);

async function listen(server: Server): Promise<number> {
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}
const answers = (made: typeof good): Server => createHttps({ key: made.key.export({ type: 'pkcs8', format: 'pem' }), cert: made.pem }, (request, response) => void response.end(`tệp ${request.url ?? ''}`));

let n = 0;
async function get(url: string, network: Record<string, unknown> = {}, more: Record<string, unknown> = {}): Promise<string> {
  const file = join(dir, `${++n}.yaml`);
  writeFileSync(file, stringify({ network: { hosts: { [HOST]: '127.0.0.1' }, trustedCa: 'so.pem', ...network }, channel: { url, root: 'x.json' }, ...more }));
  const config = loadConfig({ file, env: {} });
  const into = join(dir, `${n}.out`);
  try {
    await channelTransport(config, config.channel.url ?? '').fetch('metadata/timestamp.json', 1_000, into);
  } catch (error) {
    return (error as { code: string; vi: string }).code + ' ' + (error as { vi: string }).vi;
  }
  return readFileSync(into, 'utf8');
}

describe('the way to the channel', () => {
  it('knows network.hosts and trusts network.trustedCa, at any port', async () => {
    const port = await listen(answers(good));
    expect(await get(`https://${HOST}:${port}/kenh`)).toBe('tệp /kenh/metadata/timestamp.json');
    expect(await get(`https://${HOST}:${port}/`, { trustedCa: null })).toMatch(/^tls .*site-certificate-incomplete/);
  });

  it('takes no certificate of another name', async () => {
    expect(await get(`https://${HOST}:${await listen(answers(wrong))}/`)).toMatch(/^tls .*site-certificate-wrong-host/);
  });

  it('never leads to the gateway’s own doors', async () => {
    const port = await listen(createHttp((_, response) => void response.end('x')));
    for (const key of ['pages', 'console'] as const) expect(await get(`http://127.0.0.1:${port}/`, {}, { [key]: { port } })).toMatch(/^unreachable .*own-address/);
    expect(await get(`http://127.0.0.1:${port}/`)).toBe('x');
  });

  it('goes through the parent proxy where there is one: the whole address for http, a tunnel for https', async () => {
    const seen: string[] = [];
    const port = await listen(answers(good));
    const parent = createHttp((request, response) => {
      seen.push(`${request.method ?? ''} ${request.url ?? ''}`);
      response.end('qua cấp trên');
    });
    parent.on('connect', (request, socket) => {
      seen.push(`CONNECT ${request.url ?? ''}`);
      const out = connect(port, '127.0.0.1', () => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
      out.pipe(socket).pipe(out);
      for (const end of [out, socket]) end.on('error', () => undefined);
    });
    const parentProxy = `127.0.0.1:${await listen(parent)}`;
    expect(await get('http://xa.so.test/kenh/', { parentProxy })).toBe('qua cấp trên');
    expect(await get(`https://${HOST}/kenh/`, { parentProxy })).toBe('tệp /kenh/metadata/timestamp.json');
    expect(seen).toEqual(['GET http://xa.so.test/kenh/metadata/timestamp.json', `CONNECT ${HOST}:443`]);
  });

  it('asks for nothing outside the configured address', async () => {
    const port = await listen(createHttp((_, response) => void response.end('x')));
    const file = join(dir, 'ngoai.yaml');
    writeFileSync(file, stringify({ channel: { url: `http://127.0.0.1:${port}/kenh/`, root: 'x.json' } }));
    const config = loadConfig({ file, env: {} });
    for (const path of ['../khac', '/etc/passwd', 'http://127.0.0.1:9/', '//127.0.0.1:9/', 'a?b', 'a#b', '%2e%2e/x/../../../y']) {
      await expect(channelTransport(config, config.channel.url ?? '').fetch(path, 10, join(dir, 'ngoai')), path).rejects.toMatchObject({ code: 'outside' });
    }
    const folder = channelTransport(config, `file://${dir}/`);
    await expect(folder.fetch('../x', 10, join(dir, 'ngoai'))).rejects.toMatchObject({ code: 'outside' });
  });

  it('is refused in the configuration where it is none', () => {
    const fault = (channel: Record<string, unknown>): string => {
      const file = join(dir, `${++n}.yaml`);
      writeFileSync(file, stringify({ channel }));
      try {
        loadConfig({ file, env: {} });
      } catch (error) {
        return (error as { vi: string }).vi;
      }
      return 'nhận';
    };
    for (const url of ['ftp://x/', 'x', 'https://a:b@x/', 'https://x/?a', 'https://x/#a', 'file://may-chu/x', 'https:// /']) expect(fault({ url, root: 'x' }), url).toMatch(/dòng 2, khóa «channel\.url»/);
    expect(fault({ url: 'https://x/' })).toMatch(/cần thêm channel\.root/);
    expect(fault({ root: 'x' })).toMatch(/cần thêm channel\.url/);
    expect(fault({ url: 'https://x/', root: 'x', everySeconds: 1 })).toMatch(/everySeconds/);
    expect(fault({ url: 'file:///media/usb', root: 'x' })).toBe('nhận');
  });
});
