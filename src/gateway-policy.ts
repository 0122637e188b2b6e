/**
 * The policy in force: built from what the store says, swapped into every proxy thread whole, one swap at a time. Owns when a swap is due and
 * that one that can't be built leaves the last good one in force. Refuses to know what a policy says.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from './config.js';
import { codeOf } from './fault.js';
import { ensureIndex, fingerprintOf, type CompiledIndex } from './lists/compile.js';
import { buildPolicyData, type PolicyProblem } from './lists/policy-data.js';
import type { Shipped } from './lists/shipped.js';
import type { Log } from './log.js';
import { createSnapshot } from './policy/create-snapshot.js';
import type { Snapshot } from './policy/snapshot.js';
import { createZoneFinder } from './policy/zone.js';
import type { Store } from './store/rows.js';

/**
 * Swaps follow each other no faster: each is a new snapshot in every thread, an empty decision cache, and every open tunnel judged again. Who changes something
 * alone does not wait; at the bell half a second serves everybody, and fewer than one pupil's request in a hundred falls into a swap.
 */
const SWAP_GAP_MS = 500;

export interface PolicyKeeperDeps {
  readonly config: Config;
  readonly store: Store;
  readonly log: Log;
  shipped(): Shipped;
  /** Resolves when every proxy thread has it. */
  onSwap(snapshot: Snapshot): Promise<void>;
  /** Progress of a compile at start. */
  onProgress?(done: number, total: number): void;
}

export interface PolicyKeeper {
  snapshot(): Snapshot;
  /** Name of the room an address belongs to; null: none. Memory only. */
  roomOf(address: string, mac: string | null): string | null;
  /** The store has changed, or an emergency block is over. */
  refreshWhereDue(): Promise<void>;
  /** Swaps in what the store says now. @param anew even where the store has not changed: the shipped rules have */
  refresh(anew?: boolean): Promise<void>;
  /** Resolves when no swap is under way. */
  settled(): Promise<void>;
}

/** @throws where not even a first policy can be built */
export async function createPolicyKeeper(deps: PolicyKeeperDeps): Promise<PolicyKeeper> {
  const { config, store, log } = deps;
  let index: CompiledIndex | null = null;
  /** When the next emergency block of the department is over. */
  let endsMs = Infinity;
  let snapshot = await build(deps.onProgress);
  let findZone = createZoneFinder(snapshot);
  let swapping: Promise<void> = Promise.resolve();
  let swappedMs = -Infinity;

  async function build(onProgress?: (done: number, total: number) => void): Promise<Snapshot> {
    const wanted = fingerprintOf(store.policies.lists().map((list) => ({ name: list.name, sha256: list.current.sha256 })));
    if (index?.fingerprint !== wanted) index = await ensureIndex(store, config.dataDir, onProgress === undefined ? {} : { onProgress });
    const problems: PolicyProblem[] = [];
    const nowMs = Date.now();
    endsMs = Math.min(...store.policies.lists().map((list) => list.endsMs ?? Infinity).filter((ms) => ms > nowMs));
    const data = buildPolicyData(store, deps.shipped(), config.school, index, nowMs, (problem) => problems.push(problem));
    for (const problem of problems) log.warn('part of the policy names something that is gone', { part: 'policy', code: problem.what, list: problem.where });
    return createSnapshot(data);
  }

  const isBehind = (): boolean => store.policies.generation() !== snapshot.data.generation;

  function refresh(anew = false): Promise<void> {
    swapping = swapping.then(async () => {
      // Two hundred teachers switch at the bell: one swap serves all who made a change before it, and the pupils' requests have the time between.
      if (!anew && !isBehind()) return;
      await sleep(Math.max(0, swappedMs + SWAP_GAP_MS - performance.now()));
      swappedMs = performance.now();
      try {
        const next = await build();
        snapshot = next;
        findZone = createZoneFinder(next);
        await deps.onSwap(next);
        log.info('policy in force', { part: 'policy', generation: next.data.generation });
      } catch (error) {
        log.error('policy not built; the last good one stays in force', { part: 'policy', code: codeOf(error) });
      }
    });
    return swapping;
  }

  return {
    snapshot: () => snapshot,
    roomOf: (address, mac) => snapshot.data.zones[findZone({ address, port: 0, mac, login: null })]?.name ?? null,
    async refreshWhereDue() {
      if (Date.now() >= endsMs) await refresh(true);
      else if (isBehind()) await refresh();
    },
    refresh,
    settled: () => swapping,
  };
}
