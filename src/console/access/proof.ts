/** Showing who one is: the password (and with it the throttle), the second factor. One place for signing in and for dangerous acts. */
import type { UserRow } from '../../store/rows.js';
import type { ConsoleDeps } from '../deps.js';
import { Refused } from '../refused.js';
import type { Throttle } from './throttle.js';
import { recoveryHash, stepOf } from './totp.js';

export interface Proof {
  /** The account, or null when name and password do not fit. @throws Refused when one must wait */
  password(name: string, password: string, address: string): Promise<UserRow | null>;
  /** A code of the app, or one of the ten for a lost phone; each good once. @throws Refused when one must wait */
  code(user: UserRow, code: string, address: string): boolean;
  /** All that was asked has been shown. Not before: a right password must not clear the count of wrong codes. */
  cameIn(user: UserRow, address: string): void;
}

export function createProof(env: Pick<ConsoleDeps, 'store' | 'now'>, throttle: Throttle): Proof {
  const admit = (name: string, address: string): void => mustWait(throttle.waitMs(name, address));
  const mustWait = (waitMs: number): void => {
    if (waitMs <= 0) return;
    const seconds = Math.ceil(waitMs / 1_000);
    throw new Refused('too-many', { vi: `Sai nhiều lần quá; hãy thử lại sau ${seconds} giây.`, en: `Too many wrong tries; try again in ${seconds} seconds.` }, new Map(), seconds);
  };
  /** What is typed as a name may be a password in the wrong box: only a name that exists is written down. */
  const record = (name: string, action: string): void => {
    const known = env.store.accounts.users().find((user) => user.name.toLowerCase() === name.toLowerCase())?.name;
    env.store.audit.record({ kind: 'console', name: known ?? '?' }, action, known ?? '?', null, null);
  };
  return {
    async password(name, password, address) {
      admit(name, address);
      const asked = name.slice(0, 128);
      if (throttle.knows(name, address)) {
        // Its owner's place: the wait that others have earned on the account is not asked.
        const user = await env.store.accounts.checkPassword(asked, password);
        if (user !== null) return user;
        record(name, 'login.fail');
      } else {
        const result = await env.store.accounts.login(asked, password, env.now(), { kind: 'console', name: '?' });
        if (result.outcome === 'ok') return result.user;
        if (result.outcome === 'wait') mustWait(result.waitMs);
      }
      throttle.failed(name, address);
      return null;
    },
    code(user, code, address) {
      admit(user.name, address);
      const factor = env.store.secondFactor.secret(user.name);
      if (factor === null) return false;
      const step = stepOf(factor.secret, code, env.now());
      const good = step === null ? /[0-9a-f]{5}/i.test(code) && env.store.secondFactor.useRecovery(user.name, recoveryHash(code)) : env.store.secondFactor.useStep(user.name, step);
      if (!good) {
        throttle.failed(user.name, address);
        record(user.name, 'login.code-fail');
      }
      return good;
    },
    cameIn: (user, address) => throttle.succeeded(user.name, address),
  };
}
