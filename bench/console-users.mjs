/**
 * Two hundred people at the console while pages are fetched through the proxy at an even rate: does what a pupil waits change? In turns: quiet, reading
 * (each opens a page every five seconds), the bell (the same, and every one of them switches a room). Not pinned: as in a school, console and proxy
 * share the machine's cores.
 */
import { fileURLToPath } from 'node:url';
import { startGateway } from './support/gateway.mjs';
import { ask, end, LOAD_CORE, startNode } from './support/machine.mjs';
import { median, round } from './support/stats.mjs';
import { ALLOWED, browserHead } from './support/world.mjs';

const USERS = 200;
const PASSWORD = 'Con tre xanh 2026!';
const ROOMS = Array.from({ length: 10 }, (_, i) => `Phong ${i + 1}`);
const SECONDS = 12;

export const consoleUsers = {
  name: 'console-200', about: 'p99 of a GET at 200 a second while 200 people use the console', smoke: false, proxies: false, once: false,
  async run(world) {
    const gateway = await startGateway({ origin: world.origin, blockFile: null, name: 'luytre-console', core: null });
    const people = startNode(LOAD_CORE, fileURLToPath(new URL('load/main.mjs', import.meta.url)));
    try {
      await gateway.run('users', 'add', 'co-lan', '--role', 'teacher', '--password', PASSWORD);
      for (const room of ROOMS) await gateway.run('zones', 'add', room, '--profile', 'thcs');
      const job = { kind: 'console', port: gateway.consolePort, users: USERS, name: 'co-lan', password: PASSWORD, rooms: ROOMS, everyMs: 5_000, paths: ['/phong', `/phong/${encodeURIComponent(ROOMS[0])}`, '/yeu-cau'] };
      world.say(`signing ${USERS} people in`);
      await ask(people, { ...job, seconds: 1, switches: 0 }, 300_000);
      const fetched = () => ask(world.load, {
        kind: 'paced', port: gateway.port, requests: ALLOWED.map((host) => browserHead(`http://${host}:${world.origin.http}/1k/page`, `${host}:${world.origin.http}`)),
        connections: 32, status: 200, rate: 200, warmMs: 1_000, measureMs: (SECONDS - 2) * 1_000,
      });
      const phases = { quiet: [], reading: [], bell: [] };
      const faults = [];
      for (let i = 0; i < world.rounds; i++) {
        for (const [phase, switches] of [['quiet', null], ['reading', 0], ['bell', USERS]]) {
          const [pupils, console] = await Promise.all([fetched(), switches === null ? null : ask(people, { ...job, seconds: SECONDS, switches })]);
          phases[phase].push({ p50: pupils.p50, p99: pupils.p99, max: pupils.max, ...(console ?? {}) });
          world.say(`round ${i + 1} ${phase}: ${JSON.stringify(phases[phase].at(-1))}`);
          for (const key of ['wrong', 'lost']) if (pupils[key] > 0) faults.push(`${phase}: ${pupils[key]} ${key} at the proxy`);
          if (console !== null && console.wrong > 0) faults.push(`${phase}: ${console.wrong} wrong at the console`);
        }
      }
      const ratio = (phase, key) => round(median(phases[phase].map((each, i) => each[key] / phases.quiet[i][key])), 3);
      const rows = Object.entries(phases).map(([phase, rounds]) => ({ proxy: phase, ...Object.fromEntries(Object.keys(rounds[0]).map((key) => [key, round(median(rounds.map((each) => each[key])), 3)])) }));
      return { rows, ratios: {}, faults, figures: [{ readingP99: ratio('reading', 'p99'), readingP50: ratio('reading', 'p50'), bellP99: ratio('bell', 'p99'), bellP50: ratio('bell', 'p50') }], rounds: phases };
    } finally {
      await end(people);
      await gateway.stop();
    }
  },
};
