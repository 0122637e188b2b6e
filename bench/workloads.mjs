/**
 * The workloads: what each asks of a proxy and what it keeps of the answer. A workload returns `rows` (one a proxy, medians
 * over the rounds), `ratios` (ours over the peer's, of each round, then the median), `best` (best round over best round: what
 * else the machine does only ever makes a round worse) and `faults` (answers that were wrong).
 */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { ask, untilQuiet } from './support/machine.mjs';
import { median, round } from './support/stats.mjs';
import { change } from './change.mjs';
import { consoleUsers } from './console-users.mjs';
import { swap } from './swap.mjs';
import { NEW_HOSTS } from './support/inspected.mjs';
import { ALLOWED, BLOCKED, browserHead } from './support/world.mjs';

const absolute = (world, path) => ALLOWED.map((host) => browserHead(`http://${host}:${world.origin.http}${path}`, `${host}:${world.origin.http}`));
const blocked = () => BLOCKED.map((host) => browserHead(`http://${host}/`, host));
const direct = (world, path) => ALLOWED.map((host) => browserHead(path, `${host}:${world.origin.http}`));

const PATIENCE_MS = 20_000;

/** Median of each number over the rounds. */
function medians(rounds) {
  const row = {};
  for (const [key, value] of Object.entries(rounds[0])) if (typeof value === 'number') row[key] = round(median(rounds.map((each) => each[key])), 3);
  return row;
}

/** Rounds of A B A B; ratios are of neighbours in time, so that what else the machine does hits both. */
async function inTurns(world, keys, measure) {
  const rounds = new Map(world.proxies.map(({ name }) => [name, []]));
  const faults = [];
  for (let i = 0; i < world.rounds; i++) {
    for (const proxy of world.proxies) {
      if (world.patient && !(await untilQuiet(PATIENCE_MS))) world.say('the machine does not become quiet; measuring all the same');
      const asked = await ask(world.origin.child, { kind: 'counts' });
      const result = await measure(proxy, i);
      const answered = await ask(world.origin.child, { kind: 'counts' });
      rounds.get(proxy.name).push({ ...result, originRequests: answered.requests - asked.requests, originTunnels: answered.tunnels - asked.tunnels });
      world.say(`round ${i + 1} ${proxy.name}: ${JSON.stringify(result)}`);
      for (const key of ['wrong', 'lost', 'failed', 'errors', 'dropped']) if (result[key] > 0) faults.push(`${proxy.name}: ${result[key]} ${key}`);
    }
  }
  const [ours, theirs] = world.proxies.map(({ name }) => rounds.get(name));
  const ratios = {};
  const best = {};
  if (theirs !== undefined) {
    for (const key of keys) {
      ratios[key] = round(median(ours.map((each, i) => each[key] / theirs[i][key])), 3);
      const pick = key === 'perSecond' ? Math.max : Math.min;
      best[key] = round(pick(...ours.map((each) => each[key])) / pick(...theirs.map((each) => each[key])), 3);
    }
    // What a full core could do, whoever else had a share of it.
    if (ratios.cpuUs !== undefined) [ratios.capacity, best.capacity] = [round(1 / ratios.cpuUs), round(1 / best.cpuUs)];
  }
  return { rows: world.proxies.map(({ name }) => ({ proxy: name, ...medians(rounds.get(name)) })), ratios, best, faults, rounds: Object.fromEntries(rounds) };
}

const times = (world, warmCount) => (world.smoke ? { warmMs: 1_000, warmCount: 0, measureMs: 1_500 } : { warmMs: 1_500, warmCount, measureMs: 3_000 });

function saturation(name, about, requests, status, smoke) {
  return {
    name, about, smoke, proxies: true,
    run: (world) => inTurns(world, ['perSecond', 'cpuUs', 'p50', 'p99'], (proxy) => ask(world.load, {
      kind: 'http', port: proxy.port, pid: proxy.pid, requests: requests(world), connections: 64, status, ...times(world, 25_000),
    })),
  };
}

/** Through the proxy minus straight to the origin, measured in the same round. */
function added(name, about, smoke, job) {
  return {
    name, about, smoke, proxies: true,
    async run(world) {
      const straight = [];
      const result = await inTurns(world, ['addedP50', 'addedP99', 'p50', 'p99'], async (proxy, i) => {
        straight[i] ??= await ask(world.load, job(world, world.origin.http, true));
        const through = await ask(world.load, job(world, proxy.port, false));
        return { ...through, addedP50: round(through.p50 - straight[i].p50, 3), addedP99: round(through.p99 - straight[i].p99, 3) };
      });
      result.rows.push({ proxy: '(direct)', ...medians(straight) });
      return result;
    },
  };
}

/** @param take how many of the new names a round may use up on each proxy */
function inspected(name, about, mode, connections, warmCount, smoke) {
  let used = 0;
  return {
    name, about, smoke, inspects: true,
    run: (world) => inTurns({ ...world, proxies: world.inspecting }, ['perSecond', 'cpuUs', 'p50', 'p99'], async (proxy) => {
      const hosts = mode === 'requests' ? ALLOWED : [...NEW_HOSTS.slice(used % NEW_HOSTS.length), ...NEW_HOSTS.slice(0, used % NEW_HOSTS.length)];
      const result = await ask(world.load, {
        kind: 'inspect', mode, port: proxy.port, pid: proxy.pid, ca: proxy.ca, originPort: world.origin.secure, hosts, connections,
        head: browserHead('/1k/page', '@').replace('Proxy-Connection: keep-alive\r\n', ''), ...times(world, warmCount),
      });
      if (mode === 'handshakes' && proxy === world.inspecting.at(-1)) used += result.used;
      return result;
    }),
  };
}

const peek = (world, port, isDirect) => ({
  kind: 'peek', port: isDirect ? world.origin.tls : port, direct: isDirect, targets: world.targets, rate: 100, warmMs: world.smoke ? 1_000 : 2_000, measureMs: world.smoke ? 2_000 : 6_000,
});

const paced = (world, port, isDirect) => ({
  kind: 'paced', port, requests: isDirect ? direct(world, '/1k/page') : absolute(world, '/1k/page'), connections: 32, status: 200, rate: 200,
  warmMs: world.smoke ? 1_000 : 2_000, measureMs: world.smoke ? 2_000 : 6_000,
});

const cannon = (rate, connections) => (world, port, isDirect) => ({
  kind: 'cannon', port, connections, seconds: world.smoke ? 2 : 4, ...(rate === null ? {} : { rate }),
  requests: ALLOWED.slice(0, 8).map((host) => ({ path: isDirect ? '/1k/page' : `http://${host}:${world.origin.http}/1k/page`, host: `${host}:${world.origin.http}` })),
});

const tunnel = {
  name: 'tunnels', about: 'new CONNECT tunnels, 32 at a time: real ClientHello, TLS-shaped session, one answer', smoke: true, proxies: true,
  run: (world) => inTurns(world, ['perSecond', 'cpuUs', 'p50', 'p99'], (proxy) => ask(world.load, {
    kind: 'tunnel', port: proxy.port, pid: proxy.pid, targets: world.targets, concurrency: 32, ...times(world, 20_000),
  })),
};

const idle = {
  name: 'idle', about: 'memory of 5,000 tunnels that say nothing', smoke: false, proxies: true, once: true,
  run: (world) => inTurns(world, ['kbPerTunnel'], (proxy) => ask(world.load, { kind: 'idle', port: proxy.port, pid: proxy.pid, targets: world.targets, count: 5_000, settleMs: 2_000 })),
};

/** The small benchmarks of the pure parts run as programs of their own. */
function program(name, about, file, args) {
  return {
    name, about, smoke: false, proxies: false, once: true,
    async run() {
      const script = fileURLToPath(new URL(file, import.meta.url));
      const output = await new Promise((resolve, reject) => {
        const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'inherit'], timeout: 240_000 });
        let text = '';
        child.stdout.on('data', (chunk) => { text += chunk; });
        child.once('exit', (code) => (code === 0 ? resolve(text) : reject(new Error(`${file} ended with ${code}`))));
      });
      return { rows: [], ratios: {}, faults: [], figures: output.trim().split('\n').map((line) => JSON.parse(line)) };
    },
  };
}

export const WORKLOADS = [
  saturation('http-1k', 'GET 1 KB, keep-alive, 64 connections', (world) => absolute(world, '/1k/page'), 200, true),
  saturation('http-20k', 'GET 20 KB, keep-alive, 64 connections', (world) => absolute(world, '/20k/page'), 200, false),
  saturation('blocked', 'GET of a listed host: the block page, 64 connections', blocked, 403, true),
  tunnel,
  inspected('inspect-requests', 'GET 1 KB inside TLS that the proxy ends, keep-alive, 32 connections', 'requests', 32, 8_000, false),
  inspected('inspect-handshakes', 'a name never met: CONNECT, TLS with a certificate made for it, one GET, 8 at a time', 'handshakes', 8, 300, false),
  added('peek', 'what the proxy adds to a new tunnel at an even 100 a second: CONNECT, the look at the name, the splice', false, peek),
  added('rate-200', 'what the proxy adds to a GET at an even 200 a second', true, paced),
  added('cannon-200', 'autocannon, 200 a second over 10 connections', false, cannon(200, 10)),
  added('cannon-full', 'autocannon at saturation, 64 connections', false, cannon(null, 64)),
  idle,
  program('matcher', 'host index of 3.3 million hosts', 'matcher.mjs', ['--json']),
  program('message', 'heads and bodies read and written', 'message.mjs', []),
  program('decision', 'price of a verdict', 'decision.mjs', ['--json']),
  swap,
  change,
  consoleUsers,
];
