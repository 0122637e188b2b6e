/** Dangerous acts: within five minutes of showing who one is nothing is asked; after that the password, and the code where the account has a second factor. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { action, type Who } from '../../src/console/action.js';
import type { ConsoleDeps } from '../../src/console/deps.js';
import { runAction, type RunParts, type Shown } from '../../src/console/run-action.js';
import { Refused } from '../../src/console/refused.js';
import { createTasks } from '../../src/console/tasks.js';
import { createUndo } from '../../src/console/undo.js';

const NOW = 1_800_000_000_000;

function who(totp: boolean, provedAgoMs: number): Who {
  const user = { name: 'hieutruong', role: 'head' as const, createdMs: 0, disabled: false, totp, oneTimeUntilMs: null };
  return { name: user.name, role: user.role, actor: { kind: 'console', name: user.name }, session: { hash: Buffer.alloc(32), user, stage: 'full', createdMs: NOW, seenMs: NOW, provedMs: NOW - provedAgoMs, lang: 'vi', device: '' } };
}

function bench(): { readonly run: (person: Who, shown: Shown | null) => Promise<string>; readonly done: () => number; readonly proved: () => number } {
  let done = 0;
  let proved = 0;
  const env = { now: () => NOW, log: { error: () => undefined }, store: { sessions: { prove: () => void proved++ } } } as unknown as ConsoleDeps;
  const parts: RunParts = {
    env, undo: createUndo(() => NOW), tasks: createTasks(() => NOW),
    passwordFits: (_who, password) => Promise.resolve(password === 'đúng'),
    codeFits: (_who, code) => code === '123456',
  };
  const act = action({ name: 'x.y', method: 'POST', path: '/x', about: { vi: '', en: '' }, roles: ['head'], proof: true, input: z.strictObject({}), output: z.object({}), run: () => ({ value: (done++, {}) }) });
  const run = (person: Who, shown: Shown | null): Promise<string> =>
    runAction(parts, act, person, () => ({}), shown).then(() => 'done', (error: unknown) => (error instanceof Refused ? [...error.fields.keys()].join() || error.kind : 'fault'));
  return { run, done: () => done, proved: () => proved };
}

describe('proof', () => {
  it.each([
    ['just shown', true, 60_000, null, 'done'],
    ['stale, nothing typed', true, 360_000, null, '_password'],
    ['stale, password alone with a second factor', true, 360_000, { password: 'đúng', code: null }, '_code'],
    ['stale, wrong password', true, 360_000, { password: 'sai', code: '123456' }, '_password'],
    ['stale, wrong code', true, 360_000, { password: 'đúng', code: '000000' }, '_code'],
    ['stale, both', true, 360_000, { password: 'đúng', code: '123456' }, 'done'],
    ['stale, no second factor', false, 360_000, { password: 'đúng', code: null }, 'done'],
  ] as const)('%s', async (_name, totp, agoMs, shown, outcome) => {
    const { run, done, proved } = bench();
    expect(await run(who(totp, agoMs), shown)).toBe(outcome);
    expect(done()).toBe(outcome === 'done' ? 1 : 0);
    expect(proved()).toBe(outcome === 'done' && shown !== null ? 1 : 0);
  });

  it('is never done with a token', async () => {
    const { run, done } = bench();
    expect(await run({ ...who(true, 0), session: null }, { password: 'đúng', code: '123456' })).toBe('forbidden');
    expect(done()).toBe(0);
  });
});
