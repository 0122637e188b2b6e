/**
 * A school in network namespaces: two rooms, the gateway machine, and the world, joined by veth pairs. Nothing leaves them. Needs root.
 * Owns making and removing all of it, whatever happens to the test, and running programs inside.
 */
import { execFile, execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { until } from './gateway.js';
import { makeCertificate } from './tls-origin.js';

const ROOT = join(import.meta.dirname, '../..');
const PATH = `${(process.env['PATH'] ?? '').split(':').filter((part) => !part.includes('node_modules')).join(':')}:/usr/sbin:/sbin`;
const ENV = { PATH, HOME: '/root', LANG: 'C.UTF-8' };

export const LAB = {
  /** A room by address range, and a device known by its MAC. */
  room: { v4: '10.77.0.2', v6: 'fd77::2', mac: '02:00:00:00:77:02' },
  device: { v4: '10.78.0.2', v6: 'fd78::2', mac: '02:00:00:00:78:02' },
  gateway: { room4: '10.77.0.1', room6: 'fd77::1', device4: '10.78.0.1', wan4: '93.184.216.1', wan6: '2606:4700:77::1' },
  dns: '93.184.216.53',
  /** Addresses of the world with a site on each. */
  sites: { olm: '93.184.216.10', hit: '93.184.216.11', google: '93.184.216.12', safe: '93.184.216.13', bare: '93.184.216.14', olm6: '2606:4700:77::10', hit6: '2606:4700:77::11' },
} as const;

const { sites } = LAB;
/** What the gateway's name server says. */
const RECORDS: Readonly<Record<string, readonly string[]>> = {
  'olm.vn': [sites.olm], 'vnedu.vn': [sites.olm6], 'hitclub.com': [sites.hit, sites.hit6], 'www.google.com': [sites.google], 'forcesafesearch.google.com': [sites.safe],
  // a name that leads back to the gateway
  'hocmai.vn': [LAB.gateway.wan4],
};
export const UDP_PORTS = [80, 123, 443, 500, 784, 853, 1194, 1701, 4500, 5353, 8443, 51820];
export const TCP_PORTS = [22, 853, 1194, 1723, 8443, 51820];

export interface Visit {
  readonly kind: 'http' | 'https' | 'tls' | 'udp' | 'tcp' | 'dns' | 'up';
  readonly address?: string;
  readonly from?: string;
  readonly host?: string;
  readonly sni?: string | null;
  readonly port?: number;
  readonly name?: string;
}

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
  readonly ms: number;
}

export type Place = 'room' | 'device' | 'gateway' | 'world';

export interface NetLab {
  /** Runs a program inside; resolves whatever its exit code. */
  run(place: Place, program: string, ...args: string[]): Promise<Ran>;
  curl(place: Place, ...args: string[]): Promise<Ran>;
  /** The gateway's command, inside its namespace. */
  cli(...args: string[]): Promise<Ran>;
  net(...args: string[]): Promise<Ran>;
  /** Everything the world has seen since `mark()`. */
  mark(): void;
  visits(kind?: Visit['kind']): readonly Visit[];
  startGateway(): Promise<void>;
  stopGateway(): Promise<void>;
  /** Writes net.conf (defaults of the lab, then these) and gives its path. */
  conf(lines?: readonly string[]): string;
  readonly output: () => string;
  certificate(address: string): string;
  /** A path in the lab's own directory. */
  file(name: string): string;
  end(): Promise<void>;
}

/** null: may run here; else why not. */
export function whyNoLab(): string | null {
  if (process.getuid?.() !== 0) return 'test:net needs root (sudo npm run test:net)';
  for (const tool of ['ip', 'nft', 'python3', 'curl', 'openssl', 'setpriv']) {
    try {
      execFileSync('/bin/sh', ['-c', `command -v ${tool}`], { env: ENV, stdio: 'ignore' });
    } catch {
      return `test:net needs the program ${tool}`;
    }
  }
  try {
    execFileSync('ip', ['netns', 'add', 'lt-probe'], { env: ENV, stdio: 'pipe' });
  } catch {
    return 'test:net may not make network namespaces here';
  }
  try {
    if (!existsSync('/proc/self/net/if_inet6')) return 'test:net needs a kernel with IPv6';
    execFileSync('ip', ['netns', 'exec', 'lt-probe', join(ROOT, 'deploy/luytre-net'), 'check', join(ROOT, 'deploy/net.example.conf')], { env: ENV, stdio: 'pipe' });
  } catch {
    return 'test:net needs a kernel with nftables and TPROXY (nft_tproxy, nft_fib, nft_reject)';
  } finally {
    execFileSync('ip', ['netns', 'del', 'lt-probe'], { env: ENV, stdio: 'pipe' });
  }
  return null;
}

/** Namespaces of runs that were killed before they could clean up. */
function sweepStale(): void {
  const listed = execFileSync('ip', ['netns', 'list'], { env: ENV, encoding: 'utf8' });
  for (const [, name = '', pid = ''] of listed.matchAll(/^(lt(\d+)-\w+)/gm)) {
    if (!existsSync(`/proc/${pid}`)) execFileSync('ip', ['netns', 'del', name], { env: ENV });
  }
}

export async function startNetLab(): Promise<NetLab> {
  sweepStale();
  const ns = (place: Place): string => `lt${process.pid}-${place}`;
  const dir = mkdtempSync(join(tmpdir(), 'luytre-net-'));
  const children = new Set<ChildProcess>();
  const ip = (...args: string[]): void => void execFileSync('ip', args, { env: ENV, stdio: 'pipe' });
  const inside = (place: Place, ...args: string[]): void => ip('netns', 'exec', ns(place), ...args);

  function sweep(): void {
    for (const child of children) child.kill('SIGKILL');
    for (const place of ['room', 'device', 'gateway', 'world'] as const) {
      try {
        ip('netns', 'del', ns(place));
      } catch {
        // not made, or gone already
        continue;
      }
    }
    rmSync(dir, { recursive: true, force: true });
  }
  process.once('exit', sweep);

  for (const place of ['room', 'device', 'gateway', 'world'] as const) {
    ip('netns', 'add', ns(place));
    inside(place, 'ip', 'link', 'set', 'lo', 'up');
  }
  /** One veth pair; the far end is `eth0` of its namespace. */
  function join2(place: Place, near: string, mac: string, addresses: readonly string[], far: readonly string[]): void {
    ip('link', 'add', near, 'netns', ns('gateway'), 'type', 'veth', 'peer', 'name', 'eth0', 'netns', ns(place));
    inside(place, 'ip', 'link', 'set', 'eth0', 'address', mac, 'up');
    inside('gateway', 'ip', 'link', 'set', near, 'up');
    for (const address of addresses) inside('gateway', 'ip', 'addr', 'add', address, 'dev', near, ...(address.includes(':') ? ['nodad'] : []));
    for (const address of far) inside(place, 'ip', 'addr', 'add', address, 'dev', 'eth0', ...(address.includes(':') ? ['nodad'] : []));
  }
  join2('room', 'lan0', LAB.room.mac, ['10.77.0.1/24', 'fd77::1/64'], ['10.77.0.2/24', '10.99.0.9/32', 'fd77::2/64']);
  join2('device', 'lan1', LAB.device.mac, ['10.78.0.1/24', 'fd78::1/64'], ['10.78.0.2/24', 'fd78::2/64']);
  join2('world', 'wan0', '02:00:00:00:99:02', ['93.184.216.1/24', '2606:4700:77::1/64'], [
    '93.184.216.2/24', `${LAB.dns}/24`, ...Object.values(sites).map((address) => (address.includes(':') ? `${address}/64` : `${address}/24`)),
  ]);
  for (const [place, v4, v6] of [['room', '10.77.0.1', 'fd77::1'], ['device', '10.78.0.1', 'fd78::1'], ['world', '93.184.216.1', '2606:4700:77::1']] as const) {
    inside(place, 'ip', 'route', 'add', 'default', 'via', v4);
    inside(place, 'ip', '-6', 'route', 'add', 'default', 'via', v6);
  }
  // A gateway that would forward everything if nothing stopped it: what is refused below is refused by the rules.
  inside('gateway', 'sysctl', '-qw', 'net.ipv4.ip_forward=1', 'net.ipv6.conf.all.forwarding=1');
  // the room's link is as narrow as IPv6 allows: a browser's ClientHello takes two packets
  inside('room', 'ip', 'link', 'set', 'eth0', 'mtu', '1280');
  inside('gateway', 'ip', 'link', 'set', 'lan0', 'mtu', '1280');

  const names = new Map<string, string[]>();
  for (const [name, addresses] of Object.entries(RECORDS)) for (const address of addresses) names.set(address, [...(names.get(address) ?? []), name]);
  names.set(sites.safe, ['www.google.com']);
  const certificates = new Map(Object.values(sites).map((address) => [address, makeCertificate(names.get(address) ?? ['bare.test'])]));
  for (const [address, { cert }] of certificates) writeFileSync(join(dir, `${address}.pem`), cert);
  const plan = {
    records: RECORDS, dns: [LAB.dns], udp: UDP_PORTS, tcp: TCP_PORTS,
    sites: [...certificates].map(([address, { key, cert }]) => ({ address, key, cert })),
  };
  writeFileSync(join(dir, 'world.json'), JSON.stringify(plan), { mode: 0o600 });

  function start(place: Place, program: string, args: readonly string[], take: (text: string) => void): ChildProcess {
    const child = spawn('ip', ['netns', 'exec', ns(place), program, ...args], { env: ENV, stdio: ['ignore', 'pipe', 'pipe'] });
    children.add(child);
    child.once('exit', () => children.delete(child));
    child.stdout.on('data', (chunk: Buffer) => take(chunk.toString('utf8')));
    child.stderr.on('data', (chunk: Buffer) => take(chunk.toString('utf8')));
    return child;
  }

  const seen: Visit[] = [];
  let pending = '';
  start('world', process.execPath, [join(ROOT, 'test/net/world.mjs'), join(dir, 'world.json')], (text) => {
    pending += text;
    const lines = pending.split('\n');
    pending = lines.pop() ?? '';
    for (const line of lines) if (line.startsWith('{')) seen.push(JSON.parse(line) as Visit);
  });
  await until(() => seen.some(({ kind }) => kind === 'up'), 15_000, 'the world');
  let marked = seen.length;

  const config = join(dir, 'luytre.yaml');
  const data = join(dir, 'data');
  writeFileSync(config, stringify({
    proxy: { workers: 2 },
    network: { clients: ['127.0.0.0/8', '10.77.0.0/24', '10.78.0.0/24', 'fd77::/64', 'fd78::/64'], dns: [LAB.dns] },
    school: { hotline: '024 3333 1111' },
  }));
  let gateway: ChildProcess | null = null;
  let output = '';

  const run = (place: Place, program: string, ...args: string[]): Promise<Ran> =>
    new Promise((resolve) => {
      const at = performance.now();
      execFile('ip', ['netns', 'exec', ns(place), program, ...args], { env: ENV, timeout: 60_000, maxBuffer: 2 ** 24 }, (error, out, err) => {
        resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 99, out, err, ms: performance.now() - at });
      });
    });

  const lab: NetLab = {
    run,
    curl: (place, ...args) => run(place, 'curl', '-sS', '-m', '8', '--noproxy', '*', ...args),
    cli: (...args) => run('gateway', join(ROOT, 'deploy/luytre'), ...args, '--config', config, '--data', data),
    net: (...args) => run('gateway', join(ROOT, 'deploy/luytre-net'), ...args),
    mark: () => void (marked = seen.length),
    visits: (kind) => seen.slice(marked).filter((visit) => kind === undefined || visit.kind === kind),
    async startGateway() {
      const from = output.length;
      // As in the long-term install: the opener has the right to open the socket, the program has none at all.
      const child = start('gateway', join(ROOT, 'deploy/luytre-socket'), [
        '--', 'setpriv', '--no-new-privs', '--bounding-set=-all', '--inh-caps=-all', join(ROOT, 'deploy/luytre'), 'start', '--config', config, '--data', data,
      ], (text) => (output += text));
      gateway = child;
      await until(() => {
        if (child.exitCode !== null) throw new Error(output);
        return output.slice(from).includes('curl -x');
      }, 60_000, 'the gateway');
    },
    async stopGateway() {
      const child = gateway;
      gateway = null;
      if (child === null || child.exitCode !== null) return;
      const over = new Promise((resolve) => child.once('exit', resolve));
      // `ip netns exec` has become the program
      child.kill('SIGTERM');
      await over;
    },
    conf(lines = []) {
      const file = join(dir, 'net.conf');
      writeFileSync(file, ['LAN=10.77.0.0/24 10.78.0.0/24 fd77::/64 fd78::/64', 'IF=lan0 lan1', ...lines, ''].join('\n'));
      return file;
    },
    output: () => output,
    certificate: (address) => join(dir, `${address}.pem`),
    file: (name) => join(dir, name),
    async end() {
      await lab.stopGateway();
      process.removeListener('exit', sweep);
      const over = [...children].map((child) => new Promise((resolve) => child.once('exit', resolve)));
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(over);
      sweep();
    },
  };
  return lab;
}
