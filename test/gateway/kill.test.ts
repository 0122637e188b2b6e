/**
 * kill -9 of the whole gateway at random instants, while requests, tunnels and commands are under way: what is on disk is whole each time
 * and it starts again within ten seconds. (The store alone is killed a hundred times in test/crash.)
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import net from 'node:net';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fingerprintOf } from '../../src/lists/compile.js';
import { loadIndex } from '../../src/lists/index-file.js';
import { openStore } from '../../src/store/database.js';
import { freePorts, startTestGateway, until, type TestGateway } from '../support/gateway.js';
import { seeded } from '../support/seeded.js';

const KILLS = 25;
const random = seeded(20_261_124);

let origin: Server;
let gateway: TestGateway;
let port = 0;
let served = 0;

beforeAll(async () => {
  origin = createServer((_request, response) => {
    served += 1;
    response.end('x'.repeat(2_000));
  });
  [port = 0] = await freePorts(1);
  await new Promise<void>((resolve) => origin.listen(port, '127.0.0.1', resolve));
  gateway = await startTestGateway({
    config: { proxy: { workers: 2 }, network: { hosts: { 'olm.vn': '127.0.0.1', 'hitclub.com': '127.0.0.1' }, dialPrivate: ['127.0.0.0/8'], ports: [80, 443, port] } },
  });
});
afterAll(async () => {
  await gateway.end();
  origin.closeAllConnections();
  await new Promise((resolve) => origin.close(resolve));
});

/** Kept-alive requests over a few connections until told to stop; every lost connection is made anew. */
function load(): { stop(): void } {
  let going = true;
  const one = (host: string): void => {
    if (!going) return;
    const socket = net.connect(gateway.proxyPort, '127.0.0.1');
    const ask = (): void => void socket.write(`GET http://${host}:${port}/ HTTP/1.1\r\nHost: ${host}:${port}\r\n\r\n`);
    socket.on('connect', ask);
    socket.on('data', (chunk: Buffer) => {
      if (!going) return void socket.destroy();
      // an answer ends with its page or its filler
      if (/<\/html>\s*$|x$/.test(chunk.toString('latin1'))) ask();
    });
    socket.on('error', () => undefined);
    socket.on('close', () => void setTimeout(() => one(host), 20));
  };
  for (const host of ['olm.vn', 'olm.vn', 'hitclub.com', 'hitclub.com']) one(host);
  return {
    stop() {
      going = false;
    },
  };
}

/** What a crash may not take back. */
interface Kept {
  readonly requests: number;
  readonly audit: number;
  readonly rules: number;
}

async function check(before: Kept): Promise<Kept> {
  const store = openStore(gateway.data);
  try {
    expect(store.integrity()).toEqual([]);
    expect(store.events.verify()).toEqual([]);
    const audit = store.audit.verify();
    expect(audit.firstBad).toBe(null);
    for (const list of store.policies.lists()) {
      for (const { version, entries } of store.policies.listVersions(list.name)) expect(store.policies.listEntries(list.name, version)).toHaveLength(entries);
    }
    // every index file under a real name is whole or will be compiled anew; the one of the current lists is never a wrong one
    for (const name of readdirSync(join(gateway.data, 'index')).filter((file) => file.endsWith('.idx'))) {
      expect(await loadIndex(gateway.data, name.slice(0, -4)), name).not.toBe(null);
    }
    const now = {
      requests: store.events.days(0, 1e15).reduce((sum, row) => sum + row.requests, 0),
      audit: audit.records,
      rules: store.policies.rules().length,
    };
    expect(now.requests).toBeGreaterThanOrEqual(before.requests);
    expect(now.audit).toBeGreaterThanOrEqual(before.audit);
    expect(now.rules).toBeGreaterThanOrEqual(before.rules);
    return now;
  } finally {
    store.close();
  }
}

describe('kill -9 of the gateway', () => {
  it(`${KILLS} times under load: database, roll-ups, index and lock survive, and it starts again`, { timeout: 420_000 }, async () => {
    const traffic = load();
    let kept: Kept = { requests: 0, audit: 0, rules: 0 };
    const starts: number[] = [];
    let promised = 0;
    try {
      for (let round = 0; round < KILLS; round++) {
        if (round > 0) {
          const from = performance.now();
          await gateway.start();
          starts.push(performance.now() - from);
        }
        const before = served;
        await until(() => served > before + 20, 10_000, 'traffic flows');
        // a command is under way in every other round: a rule, or a list whose index is being compiled
        const command = round % 2 === 0 ? Promise.resolve(null) : round % 4 === 1 ? gateway.cli('rules', 'block', `chan-${round}.vn`) : importList(round);
        await wait(random.int(round % 2 === 0 ? 1_000 : 2_000));
        const dead = gateway.stop('SIGKILL');
        await dead;
        const done = await command;
        if (done !== null && done.code === 0 && round % 4 === 1) promised += 1;
        expect(existsSync(join(gateway.data, 'gateway.lock'))).toBe(true);
        kept = await check(kept);
        // what a command answered with "done" is there
        expect(kept.rules).toBeGreaterThanOrEqual(promised);
      }
    } finally {
      traffic.stop();
    }
    await gateway.start();
    const lists = await gateway.cli('lists', 'status', '--json');
    const rows = lists.out.trim().split('\n').map((line) => JSON.parse(line) as { name: string; sha256: string });
    expect(await loadIndex(gateway.data, fingerprintOf(rows))).not.toBe(null);
    starts.sort((a, b) => a - b);
    const [median = Infinity, slowest = Infinity] = [starts[starts.length >> 1], starts.at(-1)];
    console.info(`${KILLS} kills; started again in ${(median / 1_000).toFixed(1)} s (median), ${(slowest / 1_000).toFixed(1)} s (slowest); ${kept.requests} events counted of ${served} served, ${kept.audit} audit records, ${promised} commands promised`);
    // the median: a test machine that is busy with other things may hold one start up
    expect(median).toBeLessThan(10_000);
    expect(kept.requests).toBeGreaterThan(KILLS * 20);
    expect(promised).toBeGreaterThan(2);
  });

  it('a lock left by the dead is passed over, one of the living is not', async () => {
    const lock = join(gateway.data, 'gateway.lock');
    expect((await gateway.cli('start')).code).toBe(1);
    const held = readFileSync(lock, 'utf8');
    expect(held).toMatch(new RegExp(`^${gateway.pid()} \\d+\\n$`));
    expect(await gateway.stop()).toBe(0);
    expect(existsSync(lock)).toBe(false);
    // the id went to another process since; a half-written lock; an empty one
    for (const left of [`${process.pid} 1\n`, held, `${gateway.pid()}`, '', 'noise\n']) {
      writeFileSync(lock, left);
      await gateway.start();
      expect(readFileSync(lock, 'utf8')).toMatch(new RegExp(`^${gateway.pid()} \\d+\\n$`));
      expect(await gateway.stop()).toBe(0);
    }
  });
});

async function importList(round: number): Promise<{ code: number }> {
  const file = join(gateway.dir, `list-${round}.txt`);
  writeFileSync(file, Array.from({ length: 30_000 }, (_, i) => `cobac-${round}-${i}.com`).join('\n'));
  return gateway.cli('lists', 'import', file, '--category', 'cobac', '--name', `l${round % 3}`, '--force');
}
