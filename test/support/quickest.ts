/** The quickest of three runs, in milliseconds: what the code itself costs, on a machine that has other things to do too. */
export async function quickest(run: () => unknown): Promise<number> {
  let best = Infinity;
  for (let n = 0; n < 3; n++) {
    const startMs = performance.now();
    await run();
    best = Math.min(best, performance.now() - startMs);
  }
  return best;
}
