// A process that approves at the same moment as others, or everything there is until it is killed (proposals.test.ts).
// Arguments: path of dist, data directory, the proposal (or `all`), how many times, the moment to begin at, whose name, the matrix.
const [dist, dir, id, times, at, name, matrix] = process.argv.slice(2);
const { openStore } = await import(`${dist}/store/database.js`);
const rules = JSON.parse(matrix);
const actor = { kind: 'console', name };
const stores = Array.from({ length: Number(times) }, () => openStore(dir));
if (id === 'all') {
  process.send('ready');
  for (const row of stores[0].proposals.list(Date.now(), 'open')) stores[0].proposals.approve(row.id, null, Date.now(), rules, actor);
} else {
  while (Date.now() < Number(at));
  const answers = stores.map((store) => {
    try {
      return store.proposals.approve(Number(id), null, Date.now(), rules, actor).state;
    } catch (error) {
      return error.code;
    }
  });
  process.stdout.write(`${answers.join(' ')}\n`);
}
for (const store of stores) store.close();
