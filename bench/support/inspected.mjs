/**
 * Proxies that end TLS, side by side: our gateway at level `inspect`, Debian's Squid with ssl_bump, one TLS origin behind both that proves
 * its names under a root both are told to trust. Started only where a workload asks for them.
 */
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { end, finish, freePorts, work } from './machine.mjs';
import { startGateway } from './gateway.mjs';
import { runSquid, SQUID } from './squid.mjs';
import { ALLOWED } from './world.mjs';

const CERTGEN = '/usr/lib/squid/security_file_certgen';
/** Squid as Debian builds it in `squid-openssl`; the other package knows no ssl_bump. */
export const hasBump = existsSync(SQUID) && existsSync(CERTGEN);

/** Enough names that a run meets each once a proxy: neither side may have the certificate already. */
export const NEW_HOSTS = Array.from({ length: 20_000 }, (_, i) => `h${i}.new.bench.example`);

/** A root for the outside and one certificate for all hosts, made anew each run. */
export async function makeOriginCertificate(name = 'origin-tls') {
  const dir = join(work, name);
  mkdirSync(dir);
  const file = (name) => join(dir, name);
  writeFileSync(file('ext'), 'subjectAltName=DNS:*.bench.example,DNS:*.new.bench.example\nbasicConstraints=critical,CA:FALSE\nkeyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\n');
  const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await finish('openssl', ['req', '-x509', ...curve, '-keyout', file('root.key'), '-out', file('root.pem'), '-days', '30', '-subj', '/CN=bench root', '-addext', 'keyUsage=critical,keyCertSign']);
  await finish('openssl', ['req', ...curve, '-keyout', file('leaf.key'), '-out', file('leaf.csr'), '-subj', '/CN=bench.example']);
  await finish('openssl', ['x509', '-req', '-in', file('leaf.csr'), '-CA', file('root.pem'), '-CAkey', file('root.key'), '-CAcreateserial', '-out', file('leaf.pem'), '-days', '29', '-extfile', file('ext')]);
  return { root: file('root.pem'), key: readFileSync(file('leaf.key'), 'utf8'), cert: readFileSync(file('leaf.pem'), 'utf8') };
}

/** What a command says, given this on its standard input. */
function feed(command, args, input) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk) => { out += chunk; });
    child.stderr.on('data', (chunk) => { err += chunk; });
    child.once('close', (code) => (code === 0 ? resolve(out) : reject(new Error(`${args.join(' ')} ended with ${code}:\n${err}`))));
    child.stdin.end(input);
  });
}

/** Two people switch the level on, here as in a school. */
export async function startInspecting({ origin, root, env = {}, tree, name = 'luytre-inspect' }) {
  const gateway = await startGateway({ origin: { ...origin, tls: origin.secure }, blockFile: null, name, hosts: NEW_HOSTS, env, trustedCa: root, ...(tree === undefined ? {} : { tree }) });
  const password = 'Mot-mat-khau-do-dac-2026';
  await gateway.run('ca', 'init', '--address', '127.0.0.1');
  await feed(gateway.luytre, ['users', 'add', 'hieu.truong', '--role', 'head', ...gateway.common], `${password}\n`);
  const asked = JSON.parse(await feed(gateway.luytre, ['profiles', 'tls', 'giao-vien', 'inspect', '--reason', 'bench', '--json', ...gateway.common], ''));
  await feed(gateway.luytre, ['approvals', 'approve', String(asked.proposal.id), '--as', 'hieu.truong', ...gateway.common], `${password}\n`);
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  return { ...gateway, name: 'luytre', ca: await feed(gateway.luytre, ['ca', 'export', ...gateway.common], '') };
}

/** Peek at the name, then bump: certificates made by the helper, kept in memory by Squid itself. */
export async function startBump({ origin, root }) {
  const [port] = await freePorts(1);
  const dir = join(work, 'squid-bump');
  mkdirSync(dir);
  for (const path of [work, dir, join(work, 'origin-tls')]) chmodSync(path, 0o755);
  await finish('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', join(dir, 'ca.key'), '-out', join(dir, 'ca.pem'), '-days', '30', '-subj', '/CN=bench squid CA', '-addext', 'keyUsage=critical,keyCertSign']);
  chmodSync(join(dir, 'ca.key'), 0o644);
  const store = join(dir, 'ssl_db');
  await finish(CERTGEN, ['-c', '-s', store, '-M', '64MB']);
  if (process.getuid?.() === 0) await finish('chown', ['-R', 'proxy', store]);
  writeFileSync(join(dir, 'hosts'), `${[...ALLOWED, ...NEW_HOSTS].map((host) => `127.0.0.1 ${host}`).join('\n')}\n`);
  const child = await runSquid(port, dir, [
    `http_port 127.0.0.1:${port} ssl-bump generate-host-certificates=on dynamic_cert_mem_cache_size=64MB tls-cert=${join(dir, 'ca.pem')} tls-key=${join(dir, 'ca.key')}`,
    `sslcrtd_program ${CERTGEN} -s ${store} -M 64MB`,
    'sslcrtd_children 8 startup=8',
    'acl step1 at_step SslBump1',
    'ssl_bump peek step1',
    'ssl_bump bump all',
    `tls_outgoing_options cafile=${root}`,
    `hosts_file ${join(dir, 'hosts')}`,
    `acl ports port 443 ${origin.secure}`,
    'http_access deny !ports',
  ]);
  return { name: 'squid', child, port, pid: child.pid, ca: readFileSync(join(dir, 'ca.pem'), 'utf8'), stop: () => end(child) };
}
