/**
 * Two hundred people at the console while pages are fetched through the proxy at an even rate: does what a pupil waits change? In turns: quiet; away (the same
 * two hundred ask a bare server that has nothing to do with the gateway: what moves then is this machine, which plays all the parts); reading (each opens a page of
 * the console every five seconds); the bell (the same, and every one of them switches a room). The gateway is not pinned: as in a school, console and proxy share its cores.
 */
import { fileURLToPath } from 'node:url';
import { startGateway } from './support/gateway.mjs';
import { makeOriginCertificate } from './support/inspected.mjs';
import { ask, end, freePorts, LOAD_CORE, startNode } from './support/machine.mjs';
import { policyOf, runAsAll, runFirst, runLast, sharesBySession } from './support/order.mjs';
import { median, round } from './support/stats.mjs';
import { ALLOWED, browserHead } from './support/world.mjs';

const USERS = 200;
const PASSWORD = 'Con tre xanh 2026!';
const ROOMS = Array.from({ length: 10 }, (_, i) => `Phong ${i + 1}`);
const SECONDS = 12;
/** The bare server's page of 20 KB: as much as one of the console's. */
const AWAY = ['/20k'];

export const consoleUsers = {
  name: 'console-200', about: 'p99 of a GET at 200 a second while 200 people use the console', smoke: false, proxies: false, once: false,
  async run(world) {
    const gateway = await startGateway({ origin: world.origin, blockFile: null, name: 'luytre-console', core: null });
    const people = startNode(LOAD_CORE, script('load/main.mjs'));
    const bare = startNode(LOAD_CORE, script('load/origin.mjs'));
    try {
      await gateway.run('users', 'add', 'co-lan', '--role', 'teacher', '--password', PASSWORD);
      for (const room of ROOMS) await gateway.run('zones', 'add', room, '--profile', 'thcs');
      const [barePort] = await freePorts(1);
      const certificate = await makeOriginCertificate('bare-tls');
      await ask(bare, { kind: 'listen-secure', port: barePort, key: certificate.key, cert: certificate.cert });
      const job = { kind: 'console', port: gateway.consolePort, users: USERS, rooms: ROOMS, everyMs: 5_000, paths: ['/phong', `/phong/${encodeURIComponent(ROOMS[0])}`, '/yeu-cau'], cookies: await signIn(gateway) };
      const jobs = { quiet: null, away: { ...job, port: barePort, paths: AWAY, switches: 0 }, reading: { ...job, switches: 0 }, bell: { ...job, switches: USERS } };

      const ordered = [world.load, world.origin.child].map(runFirst).every(Boolean) && [people, bare].map(runLast).every(Boolean);
      const rig = { meterAndOrigin: ordered ? 'real-time' : 'as all (chrt is not allowed here: they wait too, and the figures with them)', proxyThread: policyOf(gateway.pid, 'proxy-0'), ...(sharesBySession() ? { autogroup: 'on' } : {}) };
      world.say(JSON.stringify(rig));
      const fetched = () => ask(world.load, {
        kind: 'paced', port: gateway.port, requests: ALLOWED.map((host) => browserHead(`http://${host}:${world.origin.http}/1k/page`, `${host}:${world.origin.http}`)),
        connections: 32, status: 200, rate: 200, warmMs: 1_000, measureMs: (SECONDS - 2) * 1_000,
      });
      const phases = Object.fromEntries(Object.keys(jobs).map((phase) => [phase, []]));
      const faults = [];
      for (let i = 0; i < world.rounds; i++) {
        for (const [phase, staff] of Object.entries(jobs)) {
          const [pupils, console] = await Promise.all([fetched(), staff === null ? null : ask(people, { ...staff, seconds: SECONDS })]);
          phases[phase].push({ p50: pupils.p50, p99: pupils.p99, max: pupils.max, ...(console ?? {}) });
          world.say(`round ${i + 1} ${phase}: ${JSON.stringify(phases[phase].at(-1))}`);
          for (const key of ['wrong', 'lost']) if (pupils[key] > 0) faults.push(`${phase}: ${pupils[key]} ${key} at the proxy`);
          if (console !== null && console.wrong > 0) faults.push(`${phase}: ${console.wrong} wrong at the console`);
        }
      }
      const ratio = (phase, key, to = 'quiet') => round(median(phases[phase].map((each, i) => each[key] / phases[to][i][key])), 3);
      const rows = Object.entries(phases).map(([phase, rounds]) => ({ proxy: phase, ...Object.fromEntries(Object.keys(rounds[0]).map((key) => [key, round(median(rounds.map((each) => each[key])), 3)])) }));
      const figures = {
        readingP99: ratio('reading', 'p99'), readingP50: ratio('reading', 'p50'), bellP99: ratio('bell', 'p99'), bellP50: ratio('bell', 'p50'),
        awayP99: ratio('away', 'p99'), readingToAwayP99: ratio('reading', 'p99', 'away'), bellToAwayP99: ratio('bell', 'p99', 'away'), ...rig,
      };
      return { rows, ratios: {}, faults, figures: [figures], rounds: phases };
    } finally {
      for (const child of [world.load, world.origin.child]) runAsAll(child);
      for (const child of [people, bare]) await end(child);
      await gateway.stop();
    }
  },
};

/** Sessions as signing in makes them, put into the store: a password's hash is 0.3 s of CPU, two hundred are a minute that nobody measures. @returns their cookies */
async function signIn(gateway) {
  const [{ openStore }, { createSessions }] = await Promise.all(['store/database.js', 'console/access/session.js'].map((file) => import(new URL(`../dist/${file}`, import.meta.url))));
  const store = openStore(gateway.common[gateway.common.indexOf('--data') + 1]);
  try {
    const sessions = createSessions(store.sessions, Date.now);
    const [user] = store.accounts.users();
    return Array.from({ length: USERS }, () => sessions.open(user, 'full', { lang: 'vi', device: 'bench', from: null }).split(';')[0]);
  } finally {
    store.close();
  }
}

function script(path) {
  return fileURLToPath(new URL(path, import.meta.url));
}
