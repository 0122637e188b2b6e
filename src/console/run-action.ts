/** One way to run an action, for forms and for the API: role, proof, input, the work, the policy in force, the undo. */
import type { z } from 'zod';
import { PROOF_MS } from './access/session.js';
import type { Action, Done, FileAnswer, Who } from './action.js';
import { codeOf } from '../fault.js';
import type { ConsoleDeps } from './deps.js';
import { asRefused, refused, wrongField } from './refused.js';
import type { Tasks } from './tasks.js';
import type { UndoRegistry } from './undo.js';
import type { Words } from './words.js';

export interface Ran {
  readonly value: unknown;
  readonly say: Words | null;
  readonly undo: string | null;
  readonly next: string | null;
  /** Long work that was begun. */
  readonly task: string | null;
  readonly file: FileAnswer | null;
}

export interface RunParts {
  readonly env: ConsoleDeps;
  readonly undo: UndoRegistry;
  readonly tasks: Tasks;
  /** True when this is the person's password. */
  readonly passwordFits: (who: Who, password: string) => Promise<boolean>;
  /** True when this is a code of the person's second factor, not used before. */
  readonly codeFits: (who: Who, code: string) => boolean;
}

/** What was typed beside a dangerous act. */
export interface Shown {
  readonly password: string | null;
  readonly code: string | null;
}

export function proofStale(who: Who, nowMs: number): boolean {
  return who.session === null || nowMs - who.session.provedMs > PROOF_MS;
}

/** Whose undo it is: the session's, not the account's, so that two people at one account do not take back each other's. */
export function ownerOf(who: Who): string {
  return who.session === null ? `token:${who.actor.name}` : `session:${who.session.hash.toString('hex')}`;
}

/**
 * @param read gives the input; called after role and proof, so that a stranger learns nothing from its faults
 * @param shown what was typed beside a dangerous act
 * @throws Refused
 */
export async function runAction(parts: RunParts, action: Action, who: Who, read: () => unknown, shown: Shown | null): Promise<Ran> {
  const { env } = parts;
  try {
    mayRun(action, who);
    if (action.proof === true) await prove(parts, who, shown);
    const done = (await action.run(env, who, read() as z.output<typeof action.input>)) as Done<unknown>;
    if (action.bearsOnVerdicts === true) await env.apply();
    const offer = (inverse: () => void | Promise<void>): string => parts.undo.offer(ownerOf(who), async () => {
      await inverse();
      if (action.bearsOnVerdicts === true) await env.apply();
    });
    const undo = done.undo === undefined ? null : offer(done.undo);
    const task = done.work === undefined ? null : parts.tasks.start(who.name, done.work, offer);
    return { value: done.value, say: done.say ?? null, undo, next: task === null ? (done.next ?? null) : `/viec/${task}`, task, file: done.file ?? null };
  } catch (error) {
    const known = asRefused(error);
    // The code alone: a message may quote what was typed.
    if (known.kind === 'fault') env.log.error('an action of the console failed', { part: 'console', code: codeOf(error) });
    throw known;
  }
}

function mayRun(action: Action, who: Who): void {
  if (action.roles.includes(who.role)) return;
  throw refused('forbidden', 'Vai trò của thầy/cô không làm được việc này.', 'Your role may not do this.');
}

async function prove(parts: RunParts, who: Who, shown: Shown | null): Promise<void> {
  if (who.session === null) throw refused('forbidden', 'Việc này cần một người đăng nhập xác nhận, không làm bằng mã truy cập.', 'A person who is signed in must do this, not a token.');
  const nowMs = parts.env.now();
  if (!proofStale(who, nowMs)) return;
  const password = shown?.password ?? '';
  const code = shown?.code ?? '';
  const factor = who.session.user.totp;
  if (password === '') throw wrongField('_password', 'Hãy nhập lại mật khẩu của thầy/cô để xác nhận.', 'Type your password again to confirm.');
  if (factor && code === '') throw wrongField('_code', 'Hãy nhập mã sáu số trên điện thoại.', 'Type the six digits on your phone.');
  if (!(await parts.passwordFits(who, password))) throw wrongField('_password', 'Mật khẩu không đúng.', 'The password is not right.');
  if (factor && !parts.codeFits(who, code)) throw wrongField('_code', 'Mã không đúng hoặc đã dùng rồi; hãy đợi mã tiếp theo.', 'The code is wrong or was used already; wait for the next one.');
  parts.env.store.sessions.prove(who.session.hash, parts.env.now());
}
