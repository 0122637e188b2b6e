import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { afterAll, describe, expect, it } from 'vitest';
import { ownThreadId, runAtOnce } from '../src/priority.js';

const ROUND_ROBIN = 2;
const allowed = spawnSync('chrt', ['--rr', '1', 'true'], { stdio: 'ignore' }).status === 0;
const worker = new Worker("import('node:fs').then(({ readlinkSync }) => { const { parentPort } = require('node:worker_threads'); parentPort.on('message', () => undefined); parentPort.postMessage(readlinkSync('/proc/thread-self')); });", { eval: true });
const told = once(worker, 'message') as Promise<[string]>;
afterAll(() => worker.terminate());

function policyOf(thread: number): number {
  return Number(readFileSync(`/proc/self/task/${thread}/stat`, 'latin1').replace(/^.*\) /s, '').split(' ')[38]);
}

describe.skipIf(process.platform !== 'linux')('which thread runs first', () => {
  it('knows the kernel’s number of the thread that asks', async () => {
    const [other] = await told;
    expect(other).toMatch(new RegExp(`^${process.pid}/task/\\d+$`));
    expect(other).not.toContain(`/${ownThreadId()}`);
  });

  it('leaves all as it is where proxy threads would fill every core, or the thread is not known', async () => {
    const id = Number((await told)[0].split('/').at(-1));
    expect(await runAtOnce(id, 2, 2)).toBe(false);
    expect(await runAtOnce(id, 1, 1)).toBe(false);
    expect(await runAtOnce(null, 1, 2)).toBe(false);
    expect(policyOf(id)).toBe(0);
  });

  it.skipIf(!allowed)('makes one thread real-time and no other', async () => {
    const id = Number((await told)[0].split('/').at(-1));
    expect(await runAtOnce(id, 1, 2)).toBe(true);
    expect(policyOf(id)).toBe(ROUND_ROBIN);
    expect(policyOf(ownThreadId() ?? 0)).toBe(0);
  });

  it('a thread that is no more is no fault', async () => {
    expect(await runAtOnce(2 ** 22 - 1, 1, 2)).toBe(false);
  });
});
