/** Debian's Squid under test: the same list, the same hosts, no cache, no log, one process. */
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, freePorts, PROXY_CORE, start, untilListening, work } from './machine.mjs';
import { ALLOWED } from './world.mjs';

export const SQUID = '/usr/sbin/squid';

export const hasSquid = existsSync(SQUID);

/** dstdomain refuses a name below another one of the list. */
function withoutNested(hosts) {
  return [...hosts].filter((host) => {
    for (let dot = host.indexOf('.'); dot >= 0; dot = host.indexOf('.', dot + 1)) if (hosts.has(host.slice(dot + 1))) return false;
    return true;
  });
}

/** One process that keeps nothing: what is peculiar to a workload stands in `rules`. */
export async function runSquid(port, dir, rules) {
  const config = join(dir, 'squid.conf');
  writeFileSync(config, [
    'acl loopback src 127.0.0.0/8',
    ...rules,
    'http_access allow loopback',
    'http_access deny all',
    'cache deny all',
    'cache_mem 8 MB',
    'access_log none',
    'cache_store_log none',
    'cache_log /dev/null',
    'pinger_enable off',
    'forwarded_for delete',
    'max_filedescriptors 20000',
    'shutdown_lifetime 0 seconds',
    'pid_filename none',
    `coredump_dir ${dir}`,
    '',
  ].join('\n'));
  const child = start(PROXY_CORE, SQUID, ['-N', '-f', config]);
  await untilListening(port, child);
  return child;
}

export async function startSquid({ origin, blocked }) {
  const [port] = await freePorts(1);
  const dir = join(work, 'squid');
  mkdirSync(dir);
  // Started by root, Squid becomes another user who must reach these.
  for (const path of [work, dir]) chmodSync(path, 0o755);
  writeFileSync(join(dir, 'hosts'), `${ALLOWED.map((host) => `127.0.0.1 ${host}`).join('\n')}\n`);
  writeFileSync(join(dir, 'blocked'), `${withoutNested(blocked).map((host) => `.${host}`).join('\n')}\n`);
  const child = await runSquid(port, dir, [
    `http_port 127.0.0.1:${port}`,
    `hosts_file ${join(dir, 'hosts')}`,
    `acl blocked dstdomain "${join(dir, 'blocked')}"`,
    `acl ports port 80 443 ${origin.http} ${origin.tls}`,
    'http_access deny !ports',
    'http_access deny blocked',
  ]);
  return { name: 'squid', child, port, pid: child.pid, blockedStatus: 403, stop: () => end(child) };
}
