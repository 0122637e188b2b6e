/**
 * The transparent socket as a service manager hands it over: deploy/luytre makes the handles, every proxy thread accepts on it, and a
 * restart loses nobody, since the socket outlives the process. A plain socket here; the IP_TRANSPARENT one is in test/net.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import net from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts, startTestGateway, until, type TestGateway } from '../support/gateway.js';
import { rawClient, type RawClient } from '../support/raw-client.js';

const HERE = import.meta.dirname;
const LAUNCHER = join(HERE, '../../deploy/luytre');
const python = ((): boolean => {
  try {
    execFileSync('python3', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    console.warn('python3 is not on this machine: the handed-over socket is not tested');
    return false;
  }
})();

let gateway: TestGateway;
let holder: ChildProcess;
let printed = '';
let port = 0;
const clients: RawClient[] = [];

const pid = (): number => Number([...printed.matchAll(/^pid (\d+)$/gm)].at(-1)?.[1] ?? 0);
const started = (): number => (printed.match(/curl -x/g) ?? []).length;

describe.skipIf(!python)('a socket that was handed over', () => {
  beforeAll(async () => {
    [port = 0] = await freePorts(1);
    // only its configuration and data: the process is started below, by the holder of the socket
    gateway = await startTestGateway({ idle: true, config: { proxy: { workers: 2, transparentPort: port } } });
    holder = spawn('python3', [join(HERE, '../support/hand-over.py'), String(port), LAUNCHER, 'start', '--config', gateway.config, '--data', gateway.data], { stdio: ['pipe', 'pipe', 'pipe'] });
    for (const stream of [holder.stdout, holder.stderr]) stream?.on('data', (chunk: Buffer) => (printed += chunk.toString('utf8')));
    await until(() => started() === 1, 60_000, 'the banner');
  }, 120_000);
  afterAll(async () => {
    for (const client of clients) client.reset();
    const over = new Promise((resolve) => holder.once('exit', resolve));
    holder.stdin?.end();
    await over;
    await gateway.end();
  }, 60_000);

  const healthy = async (): Promise<Record<string, unknown>> => (await fetch(`http://127.0.0.1:${gateway.pagesPort}/healthz`)).json() as Promise<Record<string, unknown>>;

  it('is used, said so, and its handles go to no child process', async () => {
    expect(await healthy()).toMatchObject({ ok: true, workers: 2, transparent: 'handed-over' });
    expect(printed).toContain('(TPROXY)');
    const dir = `/proc/${pid()}/fd`;
    const target = readlinkSync(`${dir}/3`);
    const handles = readdirSync(dir).filter((fd) => readlinkSync(`${dir}/${fd}`) === target);
    expect(handles.map(Number)).toEqual([3, 4, 5, 6, 7, 8, 9]);
    for (const fd of handles) expect(Number.parseInt(/flags:\s+(\d+)/.exec(readFileSync(`/proc/${pid()}/fdinfo/${fd}`, 'utf8'))?.[1] ?? '0', 8) & 0o2000000, `close-on-exec of ${fd}`).toBe(0o2000000);
  });

  it('keeps the backlog of a class that switches on at once', () => {
    const room = Math.min(2_048, Number(readFileSync('/proc/sys/net/core/somaxconn', 'latin1')));
    expect(execFileSync('ss', ['-ltnH', `sport = :${port}`], { encoding: 'utf8' })).toMatch(new RegExp(`^LISTEN\\s+\\d+\\s+${room}\\s`));
  });

  it('serves both kinds of traffic', async () => {
    const blocked = await rawClient(port);
    clients.push(blocked);
    blocked.send('GET / HTTP/1.1\r\nHost: hitclub.com\r\n\r\n');
    const [answer] = await blocked.responses(1);
    expect([answer?.status, answer?.header('x-luytre-reason')]).toEqual([403, 'hard-category']);
  });

  it('every thread accepts on it, and what comes while the gateway starts again waits and is served', async () => {
    const held = await Promise.all(Array.from({ length: 60 }, () => rawClient(port)));
    clients.push(...held);
    for (const client of held) {
      client.send('GET / HTTP/1.1\r\nHost: hitclub.com\r\n\r\n');
      expect((await client.responses(1))[0]?.status).toBe(403);
    }
    holder.stdin?.write('stop\n');
    await until(() => printed.includes('ended'), 20_000, 'the end');
    // nobody accepts now, and nobody is refused
    const early = await rawClient(port);
    clients.push(early);
    early.send('GET / HTTP/1.1\r\nHost: hitclub.com\r\n\r\n');
    holder.stdin?.write('start\n');
    await until(() => started() === 2, 60_000, 'the second banner');
    expect((await early.responses(1, 10_000))[0]?.status).toBe(403);
  });

  it('a socket that is none is refused in one sentence', async () => {
    const other = await startTestGateway({ idle: true });
    const faulty = spawn('/bin/sh', ['-c', `LISTEN_PID=$$ LISTEN_FDS=1 LISTEN_FDNAMES=transparent LANG=vi_VN.UTF-8 exec '${LAUNCHER}' start --config '${other.config}' --data '${other.data}' 3</dev/null`], { stdio: ['ignore', 'ignore', 'pipe'] });
    let said = '';
    faulty.stderr.on('data', (chunk: Buffer) => (said += chunk.toString('utf8')));
    const code = await new Promise((resolve) => faulty.once('exit', resolve));
    await other.end();
    const sentences = said.split('\n').filter((line) => line.startsWith('luytre:'));
    expect([code, sentences]).toEqual([1, [expect.stringMatching(/^luytre: Ổ cắm cổng trong suốt .*LISTEN_FDS/)]]);
  });

  it('whoever is free accepts: connections spread over the threads of one process', async () => {
    const [shared = 0] = await freePorts(1);
    const child = spawn('python3', [join(HERE, '../support/hand-over.py'), String(shared), '/bin/sh', '-c', 'exec 4<&3; exec "$0" "$1"', process.execPath, join(HERE, '../support/shared-socket.mjs')], { stdio: ['pipe', 'pipe', 'inherit'] });
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString('utf8')));
    await until(() => /^up$/m.test(out), 10_000, 'both threads');
    // in waves, as browsers do: in a single burst one thread may well take them all, which is no harm
    for (let wave = 0; wave < 40; wave++) {
      await Promise.all(Array.from({ length: 10 }, () => new Promise<void>((resolve, reject) => {
        const socket = net.connect(shared, '127.0.0.1').on('error', reject);
        socket.on('data', () => socket.end()).on('close', () => resolve());
      })));
    }
    const over = new Promise((resolve) => child.once('exit', resolve));
    child.stdin.end();
    await over;
    const counts = JSON.parse(/^counts (.*)$/m.exec(out)?.[1] ?? '[]') as number[];
    expect(counts).toHaveLength(2);
    expect(counts.reduce((a, b) => a + b, 0)).toBe(400);
    for (const count of counts) expect(count, JSON.stringify(counts)).toBeGreaterThan(20);
  });
});
