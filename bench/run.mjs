/**
 * `npm run bench`: every workload against our gateway, with `--peer squid` against Debian's Squid as well (or `--peer DIR`:
 * another clone of this project), in turns (A B A B), as ratios of the same round. README.md says how to read what it prints.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { ask, endAll, freePorts, LOAD_CORE, loadAverage, PROXY_CORE, startNode } from './support/machine.mjs';
import { startGateway } from './support/gateway.mjs';
import { hasBump, makeOriginCertificate, startBump, startInspecting } from './support/inspected.mjs';
import { report } from './support/report.mjs';
import { hasSquid, startSquid } from './support/squid.mjs';
import { ALLOWED, recordHello, writeBlockList } from './support/world.mjs';
import { WORKLOADS } from './workloads.mjs';

const { values: options } = parseArgs({
  options: {
    peer: { type: 'string' },
    smoke: { type: 'boolean' },
    json: { type: 'string' },
    only: { type: 'string', multiple: true },
    rounds: { type: 'string' },
    profile: { type: 'string' },
    patient: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (options.help) {
  console.log(`npm run bench -- [--peer squid|DIR] [--smoke] [--json FILE] [--rounds N] [--only NAME]… [--patient] [--profile DIR]\n\n${WORKLOADS.map(({ name, about }) => `  ${name.padEnd(12)}${about}`).join('\n')}`);
  process.exit(0);
}
const only = options.only?.flatMap((names) => names.split(',')) ?? null;
const unknown = only?.find((name) => !WORKLOADS.some((workload) => workload.name === name));
if (unknown !== undefined) {
  console.error(`bench: no workload ${unknown}; there are ${WORKLOADS.map(({ name }) => name).join(', ')}`);
  process.exit(2);
}
const peer = options.smoke === true ? undefined : options.peer;
if (peer !== undefined && peer !== 'squid' && !existsSync(join(peer, 'dist', 'main.js'))) {
  console.error('bench: a peer is squid or the directory of another clone, built');
  process.exit(2);
}
if (peer === 'squid' && !hasSquid) {
  console.error('bench: /usr/sbin/squid is not there; install the squid package or leave --peer out');
  process.exit(2);
}
const chosen = WORKLOADS.filter((workload) => (only === null ? options.smoke !== true || workload.smoke : only.includes(workload.name)));
const rounds = Number(options.rounds ?? (options.smoke ? 1 : 3));
const say = (text) => console.error(text);

const results = [];
const proxies = [];
const inspecting = [];
const startedMs = Date.now();
const loadBefore = loadAverage();
let failure = null;
try {
  const [http, tls] = await freePorts(2);
  const origin = { http, tls, child: startNode(LOAD_CORE, script('load/origin.mjs')) };
  await ask(origin.child, { kind: 'listen', http, tls });
  const load = startNode(LOAD_CORE, script('load/main.mjs'));
  const blockList = writeBlockList();
  const targets = await Promise.all(ALLOWED.map(async (host) => ({ target: `${host}:${tls}`, hello: await recordHello(host) })));
  if (chosen.some((workload) => workload.proxies)) {
    say(`gateway: importing ${blockList.hosts.size} hosts (${blockList.source}), starting`);
    proxies.push(await startGateway({ origin, blockFile: blockList.file, env: profiling(options.profile) }));
    if (peer === 'squid') proxies.push(await startSquid({ origin, blocked: blockList.hosts }));
    else if (peer !== undefined) proxies.push(await startGateway({ origin, blockFile: blockList.file, name: 'other', tree: resolve(peer) }));
  }
  if (chosen.some((workload) => workload.inspects)) {
    const certificate = await makeOriginCertificate();
    [origin.secure] = await freePorts(1);
    await ask(origin.child, { kind: 'listen-secure', port: origin.secure, key: certificate.key, cert: certificate.cert });
    say('gateway at level inspect: two people switch it on, starting');
    inspecting.push(await startInspecting({ origin, root: certificate.root, env: profiling(options.profile) }));
    if (peer === 'squid' && !hasBump) say('squid here knows no ssl_bump (package squid-openssl): measured without it');
    else if (peer === 'squid') inspecting.push(await startBump({ origin, root: certificate.root }));
    else if (peer !== undefined) inspecting.push({ ...(await startInspecting({ origin, root: certificate.root, tree: resolve(peer), name: 'other-inspect' })), name: 'other' });
  }
  for (const workload of chosen) {
    const world = { origin, load, proxies, inspecting, targets, rounds: workload.once ? 1 : rounds, smoke: options.smoke === true, patient: options.patient === true, say: (text) => say(`${workload.name}: ${text}`) };
    const result = await workload.run(world);
    results.push({ name: workload.name, about: workload.about, loadAverage: loadAverage(), ...result });
  }
} catch (error) {
  failure = error;
} finally {
  // Warnings and errors are all a quiet gateway says.
  for (const { name, child } of [...proxies, ...inspecting]) if (child.output.includes('"level"')) say(`${name} said:\n${child.output}`);
  await endAll();
}

const machine = {
  cpu: cpus()[0]?.model ?? 'unknown', cores: availableParallelism(), node: process.version, proxyCore: PROXY_CORE, loadCore: LOAD_CORE,
  loadAverage: [loadBefore, loadAverage()], at: new Date(startedMs).toISOString(), seconds: Math.round((Date.now() - startedMs) / 1_000), rounds, peer: peer ?? null,
};
const baseline = JSON.parse(readFileSync(script('baseline.json'), 'utf8'));
const { text, bars, broken } = report(machine, results, baseline);
console.log(text);
if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify({ machine, results, bars }, null, 2)}\n`);
if (failure !== null) console.error(`bench: ${failure.stack ?? failure}`);
// Speed is judged by people who read the load average beside it; wrong answers are judged here.
process.exitCode = broken || failure !== null ? 1 : 0;

/** Each thread leaves a .cpuprofile behind; `node bench/profile.mjs DIR` adds them up. */
function profiling(dir) {
  return dir === undefined ? {} : { NODE_OPTIONS: `--cpu-prof --cpu-prof-interval=500 --cpu-prof-dir=${resolve(dir)}` };
}

function script(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}
