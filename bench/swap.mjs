/**
 * A list of 3.3 million hosts imported into the running gateway while pages are being fetched: no request may fail, and the
 * second of the swap may be at most twice as slow as any other. Not pinned: the compile thread has the machine's other core, as in a school.
 */
import { createWriteStream } from 'node:fs';
import { join } from 'node:path';
import { once } from 'node:events';
import { ask, start, work } from './support/machine.mjs';
import { startGateway } from './support/gateway.mjs';
import { ALLOWED, bigList, browserHead, eachHost } from './support/world.mjs';

const CANARY = 'canary.swap.bench.example';

async function writeBigList(file) {
  const out = createWriteStream(file);
  let count = 1;
  let lines = `${CANARY}\n`;
  eachHost(bigList, (host) => {
    count++;
    lines += `${host}\n`;
    if (lines.length > 1 << 20) {
      out.write(lines);
      lines = '';
    }
  });
  out.end(lines);
  await once(out, 'finish');
  return count;
}

export const swap = {
  name: 'swap', about: 'import and swap of 3.3 million hosts under load', smoke: false, proxies: false, once: true,
  async run(world) {
    if (bigList === null) return { rows: [], ratios: {}, faults: [], skipped: '../shared/data/combined/public.tsv.gz is not there' };
    const file = join(work, 'public.txt');
    const hosts = await writeBigList(file);
    const gateway = await startGateway({ origin: world.origin, blockFile: null, name: 'luytre-swap', core: null, hosts: [CANARY] });
    try {
      const requests = ALLOWED.map((host) => browserHead(`http://${host}:${world.origin.http}/1k/page`, `${host}:${world.origin.http}`));
      let importing = null;
      const onMessage = (message) => {
        if (message.note !== 'base') return;
        world.say(`importing ${hosts} hosts`);
        importing = start(null, gateway.luytre, ['lists', 'import', file, '--category', 'khieudam', '--name', 'public', '--format', 'domains', '--force', ...gateway.common]);
        void importing.gone.then((code) => {
          world.say(`import ended with ${code}`);
          world.load.send({ note: 'changed' });
        });
      };
      world.load.on('message', onMessage);
      const result = await probe(world, gateway, requests);
      world.load.removeListener('message', onMessage);
      const code = await importing.gone;
      const faults = [];
      if (code !== 0) faults.push(`the import ended with ${code}: ${importing.output}`);
      for (const key of ['failed', 'blocked']) if (result[key] > 0) faults.push(`${result[key]} ${key}`);
      if (result.swap === null) faults.push('the new list never came into force');
      return { rows: [], ratios: {}, faults, figures: [{ hosts, ...result }] };
    } finally {
      await gateway.stop();
    }
  },
};

function probe(world, gateway, requests) {
  return ask(world.load, {
    kind: 'prober', port: gateway.port, requests, canary: browserHead(`http://${CANARY}:${world.origin.http}/1k/page`, `${CANARY}:${world.origin.http}`),
    rate: 200, connections: 64, baseMs: 6_000, afterMs: 4_000, timeoutMs: 200_000,
  }, 220_000);
}
