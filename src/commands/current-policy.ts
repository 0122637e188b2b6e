/** The policy as it stands on disk, for commands that judge hosts: shipped rules in step, index loaded (or compiled), snapshot built. */
import { ensureIndex } from '../lists/compile.js';
import { buildPolicyData } from '../lists/policy-data.js';
import { syncShipped } from '../lists/shipped-sync.js';
import { createSnapshot } from '../policy/create-snapshot.js';
import type { Snapshot } from '../policy/snapshot.js';
import type { CommandEnv } from './env.js';
import { compileBar } from './progress.js';

export async function currentSnapshot(env: CommandEnv): Promise<Snapshot> {
  const store = env.store();
  const shipped = env.shipped();
  syncShipped(store, shipped);
  const bar = compileBar(env);
  const image = await ensureIndex(store, env.config.dataDir, { onProgress: bar.update });
  bar.stop();
  return createSnapshot(buildPolicyData(store, shipped, env.config.school, image, env.now()));
}
