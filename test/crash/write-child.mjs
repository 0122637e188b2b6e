// Writes to a store as fast as it can until it is killed (kill.test.ts): event batches, lessons, lists, rules, retention, backups.
// Arguments: path of dist, data directory, a seed. Reports by IPC what was answered with "done".
const [dist, dir, seedText] = process.argv.slice(2);
const { openStore } = await import(`${dist}/store/database.js`);

let seed = Number(seedText);
const random = (below) => {
  seed = (Math.imul(seed, 1_103_515_245) + 12_345) & 0x7fffffff;
  return Math.floor((seed / 0x80000000) * below);
};
const actor = { kind: 'system', name: 'crash-test' };
const start = Date.UTC(2026, 10, 23, 1);
const reasons = ['category-open', 'category-blocked', 'connect-timeout'];

const store = openStore(dir);
const zones = ['A', 'B'];
for (const name of zones) {
  if (!store.policies.zones().some((zone) => zone.name === name)) {
    store.policies.addZone({ name, profile: 'thcs', cidrs: [], macs: [], port: null, login: null, timetable: [] }, actor);
  }
}
process.send({ type: 'ready' });

let batches = 0;
for (;;) {
  const minute = start / 60_000 + random(8 * 60);
  const events = Array.from({ length: 1 + random(200) }, () => ({
    minute: minute + random(3), zone: zones[random(3)] ?? null, profile: 'thcs', category: 'mxh', action: 'block', layer: 'category',
    reason: reasons[random(3)], domain: `d${random(50)}.vn`, channel: 'http', requests: 1 + random(3), bytesUp: random(1_000), bytesDown: random(100_000), ms: random(100),
  }));
  store.events.addBatch(events, [{ dayMs: start, profile: 'thcs', category: 'mxh', action: 'block', devices: random(60) }]);
  const what = random(12);
  if (what === 0) store.policies.startLesson({ zone: zones[random(2)], profile: random(2) ? 'thi' : 'thpt', fromMs: start, untilMs: start + 1 + random(1e6), by: 'crash' }, actor);
  else if (what === 1) store.policies.putList({ name: 'l', role: 'category', category: 'mxh', profiles: null, shield: false, origin: 'imported', source: 'x', license: null }, `v${seed}`, Array.from({ length: random(3_000) }, (_, i) => `h${i}-${random(1e6)}.vn`), Date.now(), actor);
  else if (what === 2) store.policies.addRule({ layer: 'school-block', entry: `r${seed}.vn`, profiles: null, note: null, by: 'crash', atMs: start }, actor);
  else if (what === 3) store.events.expire({ eventsBeforeMs: start + random(6 * 3_600_000), hoursBeforeMs: start + random(3_600_000), daysBeforeMs: 0, requestsBeforeMs: 0 });
  if (what <= 2) process.send({ type: 'changed', generation: store.policies.generation() });
  batches += 1;
  // Messages leave the process between turns of the loop only.
  if (batches % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
}
