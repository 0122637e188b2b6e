/** Our gateway under test: a data directory of its own, one proxy thread, the block list imported by its own command. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { end, finish, freePorts, PROXY_CORE, start, untilListening, work } from './machine.mjs';
import { ALLOWED } from './world.mjs';

const OWN_TREE = fileURLToPath(new URL('../..', import.meta.url));

/**
 * @param options {origin: {http, tls}, blockFile, name, core, hosts, env, tree}; `core` null: not pinned; `hosts`: further names
 * of the origin; `tree`: a clone of the project, built, other than this one
 */
export async function startGateway({ origin, blockFile, name = 'luytre', core = PROXY_CORE, hosts = [], env = {}, tree = OWN_TREE, trustedCa = null }) {
  const luytre = join(tree, 'deploy', 'luytre');
  const [proxy, pages, console] = await freePorts(3);
  const dir = join(work, name);
  mkdirSync(dir);
  const config = join(dir, 'luytre.yaml');
  // JSON is YAML.
  writeFileSync(config, JSON.stringify({
    proxy: { host: '127.0.0.1', port: proxy, transparentPort: null, workers: 1 },
    pages: { port: pages },
    console: { port: console },
    network: {
      hosts: Object.fromEntries([...ALLOWED, ...hosts].map((host) => [host, '127.0.0.1'])),
      dialPrivate: ['127.0.0.0/8'],
      ports: [80, 443, origin.http, origin.tls],
      trustedCa,
      connectionsPerClient: 20_000,
    },
  }));
  const common = ['--config', config, '--data', join(dir, 'data')];
  const run = (...args) => finish(luytre, [...args, ...common]);
  // The profile that sees most of the Web: what is not on a list is open.
  await run('zones', 'add', 'bench', '--profile', 'giao-vien', '--cidr', '127.0.0.0/8');
  if (blockFile !== null) await run('lists', 'import', blockFile, '--category', 'cobac', '--name', 'bench', '--format', 'domains', '--force');
  const child = start(core, luytre, ['start', '--quiet', ...common], env);
  await untilListening(proxy, child);
  await untilListening(pages, child);
  return { name, child, port: proxy, pagesPort: pages, consolePort: console, pid: child.pid, blockedStatus: 403, run, luytre, common, stop: () => end(child) };
}
