/** Second factors: the shared secret, the last step used, recovery codes as hashes. Each code is good once, also for two who send it at the same instant. */
import type { SecondFactorStore } from './access-rows.js';
import type { Changer } from './change.js';
import type { Connection } from './connection.js';
import type { Role } from './rows.js';
import type { SecondPerson } from './second-person.js';
import { StoreError } from './store-error.js';

export function createSecondFactor(db: Connection, changer: Changer, second: SecondPerson, now: () => number): SecondFactorStore {
  const read = db.prepare('SELECT secret, last_step AS lastStep FROM totp WHERE user = ?');
  const name = db.prepare('SELECT name FROM user WHERE name = ?').pluck();
  const put = db.prepare(
    `INSERT INTO totp (user, secret, last_step, since_ms) VALUES (?, ?, ?, ?)
     ON CONFLICT (user) DO UPDATE SET secret = excluded.secret, last_step = excluded.last_step, since_ms = excluded.since_ms`,
  );
  const step = db.prepare('UPDATE totp SET last_step = ? WHERE user = ? AND last_step < ?');
  const dropCodes = db.prepare('DELETE FROM recovery_code WHERE user = ?');
  const putCode = db.prepare('INSERT INTO recovery_code (user, hash) VALUES (?, ?)');
  const useCode = db.prepare('DELETE FROM recovery_code WHERE user = ? AND hash = ?');
  const left = db.prepare('SELECT count(*) FROM recovery_code WHERE user = ?').pluck();
  const drop = db.prepare('DELETE FROM totp WHERE user = ?');
  const roleOf = db.prepare('SELECT role FROM user WHERE name = ?').pluck();
  const raise = db.prepare('UPDATE user SET version = version + 1 WHERE name = ?');

  return {
    secret: (user) => (read.get(user) as { secret: string; lastStep: number } | undefined) ?? null,
    enrol(user, secret, usedStep, recovery, actor) {
      changer.change(false, actor, (note) => {
        const known = name.get(user) as string | undefined;
        if (known === undefined) throw new StoreError('unknown-user', `Không có tài khoản “${user}”.`, `There is no account “${user}”.`);
        put.run(known, secret, usedStep, Math.round(now()));
        dropCodes.run(known);
        for (const hash of recovery) putCode.run(known, hash);
        note('second-factor.enrol', known, null, { recoveryCodes: recovery.length });
      });
    },
    useStep: (user, wanted) => step.run(wanted, user, wanted).changes > 0,
    useRecovery(user, hash) {
      return changer.change(false, { kind: 'console', name: user }, (note) => {
        if (useCode.run(user, hash).changes === 0) return false;
        note('second-factor.recovery-used', user, null, { left: Number(left.get(user)) });
        return true;
      });
    },
    recoveryLeft: (user) => Number(left.get(user)),
    reset(user, actor) {
      return changer.change(false, actor, (note) => {
        const known = name.get(user) as string | undefined;
        if (known === undefined) throw new StoreError('unknown-user', `Không có tài khoản “${user}”.`, `There is no account “${user}”.`);
        const role = roleOf.get(known) as Role;
        second.guard(actor, { name: known, before: role, after: role, letsIn: true });
        const had = drop.run(known).changes > 0;
        dropCodes.run(known);
        raise.run(known);
        if (had) note('second-factor.reset', known, null, null);
        return had;
      });
    },
  };
}
