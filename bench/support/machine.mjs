/**
 * What a measurement needs of the machine: cores, pinned children, CPU time and memory of a process, free ports.
 * Everything started here is ended here. Refuses to know what is measured.
 */
import { fork, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { availableParallelism, loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';

const TICK_MS = 10;

const hasTaskset = spawnSync('taskset', ['--version']).status === 0;
/** The proxy under test has a core of its own where there are two. */
export const PROXY_CORE = hasTaskset && availableParallelism() > 1 ? '1' : null;
export const LOAD_CORE = PROXY_CORE === null ? null : '0';

export const work = mkdtempSync(join(tmpdir(), 'luytre-bench-'));

const children = new Set();

function pin(core, command, args) {
  return core === null ? [command, args] : ['taskset', ['-c', core, command, ...args]];
}

/** A long-running program; its output is kept for the error text when it dies early. */
export function start(core, command, args, env = {}) {
  const [file, all] = pin(core, command, args);
  const child = spawn(file, all, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
  child.output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => { child.output = (child.output + chunk).slice(-4_000); });
  return track(child);
}

/** A Node script of ours with an IPC channel. */
export function startNode(core, script, args = []) {
  const [file, execArgv] = pin(core, process.execPath, []);
  return track(fork(script, args, { execPath: file, execArgv }));
}

function track(child) {
  children.add(child);
  child.gone = new Promise((resolve) => child.once('exit', (code) => {
    children.delete(child);
    resolve(code);
  }));
  return child;
}

/** Runs to its end; throws with what it said when it fails. */
export async function finish(command, args, env = {}) {
  const child = start(null, command, args, env);
  const code = await child.gone;
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}:\n${child.output}`);
  return child.output;
}

export async function end(child, graceMs = 8_000) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await child.gone;
  clearTimeout(timer);
}

export async function endAll() {
  await Promise.all([...children].map((child) => end(child)));
  rmSync(work, { recursive: true, force: true });
}

/** When the benchmark itself is cut off, nothing may stay behind. */
process.once('exit', () => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(work, { recursive: true, force: true });
});
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, () => process.exit(130));

/** A child that answers one message with one message; `note`s beside it are for others. */
export function ask(child, message, timeoutMs = 120_000) {
  return new Promise((resolve, reject) => {
    const settle = (act, value) => {
      clearTimeout(timer);
      child.removeListener('message', onMessage);
      child.removeListener('exit', onExit);
      act(value);
    };
    const onMessage = (answer) => {
      if (answer.note !== undefined) return;
      if (answer.error === undefined) settle(resolve, answer);
      else settle(reject, new Error(answer.error));
    };
    const onExit = (code) => settle(reject, new Error(`a load process ended with ${code}`));
    const timer = setTimeout(() => settle(reject, new Error(`no answer to ${message.kind} within ${timeoutMs} ms`)), timeoutMs);
    child.on('message', onMessage);
    child.once('exit', onExit);
    child.send(message);
  });
}

/** CPU time of all threads of a process; by nanoseconds where the kernel counts them, else by ticks. */
export function cpuMs(pid) {
  const byThread = threadsMs(pid);
  if (byThread !== null) return [...byThread.values()].reduce((sum, ms) => sum + ms, 0);
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
}

/** CPU time of a process and of the helpers it has started: Squid's certificates are made by programs of their own. */
export function familyMs(pid) {
  let sum = cpuMs(pid);
  for (const tid of readdirSync(`/proc/${pid}/task`)) {
    for (const child of readFileSync(`/proc/${pid}/task/${tid}/children`, 'latin1').split(' ')) if (child !== '') sum += familyMs(Number(child));
  }
  return sum;
}

/** `name tid` → CPU ms. */
export function threadsMs(pid) {
  const found = new Map();
  try {
    for (const tid of readdirSync(`/proc/${pid}/task`)) {
      const name = readFileSync(`/proc/${pid}/task/${tid}/comm`, 'utf8').trim();
      const [ns] = readFileSync(`/proc/${pid}/task/${tid}/schedstat`, 'utf8').split(' ');
      found.set(`${name} ${tid}`, Number(ns) / 1e6);
    }
  } catch (error) {
    if (error.code === 'ENOENT') return null;
    throw error;
  }
  return found.size === 0 ? null : found;
}

/** µs a request of each thread that did something between two readings. */
export function perThreadUs(before, after, count) {
  if (before === null || after === null) return {};
  const found = {};
  for (const [name, ms] of after) {
    const us = ((ms - (before.get(name) ?? 0)) * 1_000) / count;
    if (us >= 0.05) found[name] = Number(us.toFixed(2));
  }
  return found;
}

export function rssKb(pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
}

export async function freePorts(count) {
  const servers = await Promise.all(Array.from({ length: count }, () => new Promise((resolve, reject) => {
    const server = net.createServer().once('error', reject).listen(0, '127.0.0.1', () => resolve(server));
  })));
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export async function untilListening(port, child, timeoutMs = 60_000) {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`the proxy ended before it listened:\n${child.output}`);
    const open = await new Promise((resolve) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(true)).once('error', () => resolve(false));
      socket.once('close', () => resolve(false));
      socket.setTimeout(500, () => socket.destroy());
      socket.once('connect', () => socket.destroy());
    });
    if (open) return;
    if (Date.now() > giveUpAt) throw new Error(`nothing listens on ${port} after ${timeoutMs} ms:\n${child.output}`);
    await sleep(50);
  }
}

/** Waits until nothing else keeps the machine busy; true when that came within the time. */
export async function untilQuiet(timeoutMs) {
  const giveUpAt = Date.now() + timeoutMs;
  for (;;) {
    const before = jiffies();
    await sleep(1_000);
    const after = jiffies();
    if ((after.idle - before.idle) / (after.all - before.all) >= QUIET) return true;
    if (Date.now() > giveUpAt) return false;
  }
}

const QUIET = 0.9;

function jiffies() {
  const fields = /^cpu +(.*)$/m.exec(readFileSync('/proc/stat', 'latin1'))[1].split(' ').map(Number);
  return { idle: fields[3] + fields[4], all: fields.slice(0, 8).reduce((sum, each) => sum + each, 0) };
}

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const loadAverage = () => Math.round(loadavg()[0] * 100) / 100;
