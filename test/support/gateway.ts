/**
 * A real gateway for black-box tests: the built program in a process of its own, on free ports, with its data in a
 * directory of its own. Ends with the test that started it.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';

const ROOT = join(import.meta.dirname, '../..');
const PROGRAM = join(ROOT, 'dist/main.js');

export interface TestGateway {
  readonly dir: string;
  readonly data: string;
  readonly config: string;
  readonly proxyPort: number;
  readonly transparentPort: number;
  readonly pagesPort: number;
  readonly consolePort: number;
  /** Everything printed so far, both streams. */
  output(): string;
  /** Runs a command on the same data; resolves whatever its exit code. */
  cli(...args: string[]): Promise<{ code: number; out: string; err: string }>;
  pid(): number;
  /** Ends the process (default SIGTERM) and resolves its exit code; the data stays. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  /** Starts it again on the same data and ports. */
  start(): Promise<void>;
  /** Stops and deletes everything. */
  end(): Promise<void>;
}

export interface GatewayOptions {
  /** Sections merged into the configuration. */
  readonly config?: Record<string, Record<string, unknown>>;
  readonly env?: Record<string, string>;
  /** The program, when not this tree's. */
  readonly program?: string;
  /** The data directory, when not a new one; it stays when the gateway ends. */
  readonly dataDir?: string;
  /** Do not start the process yet. */
  readonly idle?: boolean;
}

/** Ports nobody listens on right now. */
export async function freePorts(count: number): Promise<number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, () => new Promise<ReturnType<typeof createServer>>((resolve) => {
      const server = createServer().listen(0, '127.0.0.1', () => resolve(server));
    })),
  );
  const ports = servers.map((server) => (server.address() as { port: number }).port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

export function runCli(args: readonly string[], options: { env?: Record<string, string>; input?: string; program?: string } = {}): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [options.program ?? PROGRAM, ...args], { env: { ...cleanEnv(), ...options.env }, maxBuffer: 256 * 2 ** 20, timeout: 120_000 }, (error, out, err) => {
      resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 99, out, err });
    });
    // a command that refuses its input does not read it to the end
    child.stdin?.on('error', () => undefined);
    child.stdin?.end(options.input ?? '');
  });
}

export async function startTestGateway(options: GatewayOptions = {}): Promise<TestGateway> {
  const dir = mkdtempSync(join(tmpdir(), 'luytre-test-'));
  const data = options.dataDir ?? join(dir, 'data');
  const program = options.program ?? PROGRAM;
  const config = join(dir, 'luytre.yaml');
  const [proxyPort = 0, transparentPort = 0, pagesPort = 0, consolePort = 0] = await freePorts(4);
  const extra = options.config ?? {};
  writeFileSync(config, stringify({
    ...extra,
    proxy: { host: '127.0.0.1', port: proxyPort, transparentPort, ...extra['proxy'] },
    pages: { port: pagesPort, ...extra['pages'] },
    console: { host: '127.0.0.1', port: consolePort, ...extra['console'] },
  }));
  let child: ChildProcess | null = null;
  let output = '';

  const start = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const started = spawn(process.execPath, [program, 'start', '--config', config, '--data', data], { env: { ...cleanEnv(), ...options.env }, stdio: ['ignore', 'pipe', 'pipe'] });
      child = started;
      const from = output.length;
      const deadline = setTimeout(() => reject(new Error(`gateway did not start:\n${output}`)), 60_000);
      const take = (chunk: Buffer): void => {
        output += chunk.toString('utf8');
        if (/curl -x /.test(output.slice(from))) {
          clearTimeout(deadline);
          resolve();
        }
      };
      started.stdout?.on('data', take);
      started.stderr?.on('data', take);
      started.once('exit', (code) => {
        clearTimeout(deadline);
        reject(new Error(`gateway ended with ${code}:\n${output}`));
      });
    });

  const stop = (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> =>
    new Promise((resolve) => {
      if (child === null || child.exitCode !== null || child.signalCode !== null) return resolve(child?.exitCode ?? null);
      const guard = setTimeout(() => child?.kill('SIGKILL'), 20_000);
      child.once('exit', (code) => {
        clearTimeout(guard);
        resolve(code);
      });
      child.kill(signal);
    });

  const gateway: TestGateway = {
    dir, data, config, proxyPort, transparentPort, pagesPort, consolePort,
    output: () => output,
    cli: (...args) => runCli([...args, '--config', config, '--data', data], { env: options.env ?? {}, program }),
    pid: () => child?.pid ?? -1,
    stop,
    start,
    end: async () => {
      await stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  if (options.idle !== true) await start();
  return gateway;
}

function cleanEnv(): Record<string, string> {
  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) if (value !== undefined && !/^LUYTRE_|_proxy$/i.test(name)) env[name] = value;
  return env;
}

/** Polls until `check` gives something other than null/false, or fails after `ms`. */
export async function until<T>(check: () => Promise<T | null | false> | T | null | false, ms: number, what: string): Promise<T> {
  const end = Date.now() + ms;
  for (;;) {
    const value = await check();
    if (value !== null && value !== false) return value;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}
