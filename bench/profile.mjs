/**
 * Adds up .cpuprofile files: self time by function and by file, time with callees of our own functions, for each thread.
 * `node bench/profile.mjs DIR [TOP]`
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const [dir, top = '40'] = process.argv.slice(2);
if (dir === undefined) {
  console.error('usage: node bench/profile.mjs DIR [TOP]');
  process.exit(2);
}
for (const file of readdirSync(dir).filter((name) => name.endsWith('.cpuprofile'))) {
  const profile = JSON.parse(readFileSync(join(dir, file), 'utf8'));
  const nodes = new Map(profile.nodes.map((node) => [node.id, node]));
  const byFunction = new Map();
  const byFile = new Map();
  const withCallees = new Map();
  const parents = new Map(profile.nodes.flatMap((node) => (node.children ?? []).map((child) => [child, node.id])));
  let total = 0;
  for (const [i, id] of profile.samples.entries()) {
    const { functionName, url, lineNumber } = nodes.get(id).callFrame;
    const us = profile.timeDeltas[i];
    if (functionName === '(idle)') continue;
    total += us;
    const place = url.replace(/^.*\/(dist|node_modules)\//, '');
    add(byFunction, `${functionName || '(anonymous)'}  ${place}:${lineNumber + 1}`, us);
    add(byFile, place || functionName, us);
    const seen = new Set();
    for (let at = id; at !== undefined; at = parents.get(at)) {
      const frame = nodes.get(at).callFrame;
      if (!frame.url.includes('/dist/') || frame.url.includes('node_modules')) continue;
      const name = `${frame.functionName || '(anonymous)'}  ${frame.url.replace(/^.*\/dist\//, '')}:${frame.lineNumber + 1}`;
      if (seen.has(name)) continue;
      seen.add(name);
      add(withCallees, name, us);
    }
  }
  if (total < 100_000) continue;
  console.log(`\n${file}: ${Math.round(total / 1_000)} ms busy`);
  for (const [title, sums, count] of [['by file', byFile, 25], ['by function', byFunction, Number(top)], ['with callees', withCallees, Number(top)]]) {
    console.log(`  ${title}`);
    for (const [name, us] of [...sums].sort((a, b) => b[1] - a[1]).slice(0, count)) console.log(`    ${((us / total) * 100).toFixed(1).padStart(5)} %  ${name}`);
  }
}

function add(sums, key, us) {
  sums.set(key, (sums.get(key) ?? 0) + us);
}
