/** A load process: one job in, one result out, over IPC. Each kind of load is a file that exports `run`. */
const KINDS = ['http', 'paced', 'tunnel', 'idle', 'cannon', 'prober', 'inspect', 'peek', 'console'];

process.on('message', (message) => {
  // Notes are for the job under way.
  if (message.note === undefined) void answer(message);
});
process.on('disconnect', () => process.exit(0));

async function answer({ kind, ...job }) {
  try {
    if (!KINDS.includes(kind)) throw new Error(`no load of kind ${kind}`);
    const { run } = await import(`./${kind}.mjs`);
    process.send(await run(job));
  } catch (error) {
    process.send({ error: error.stack ?? String(error) });
  }
}
