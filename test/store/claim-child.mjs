// One process that offers the same setup code several times at once with others (accounts.test.ts).
// Arguments: path of dist, data directory, the code, how many claims, the moment to begin at.
const [dist, dir, code, times, at] = process.argv.slice(2);
const { openStore } = await import(`${dist}/store/database.js`);
const stores = Array.from({ length: Number(times) }, () => openStore(dir));
while (Date.now() < Number(at));
const wins = stores.map((store) => store.accounts.claimSetupCode(code, Date.now())).filter(Boolean).length;
for (const store of stores) store.close();
process.stdout.write(`${wins}\n`);
