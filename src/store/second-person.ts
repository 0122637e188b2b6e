/**
 * The second person is not the first one's to make. Where a head's account is in use, an administrator at the console neither makes nor changes a head,
 * nor gets into a counsellor's account by giving it a password: with a one-time password in hand one would be both people whom decision 0010 wants, and read
 * what pupils wrote to the counsellor. Whoever holds the machine itself may (no gateway is kept from its own root); so may a school that has no head yet.
 */
import type { Connection } from './connection.js';
import type { Actor, Role } from './rows.js';
import { StoreError } from './store-error.js';

export interface AccountChange {
  readonly name: string;
  /** null: there was none. */
  readonly before: Role | null;
  /** null: removed. */
  readonly after: Role | null;
  /** Somebody else gets in by it: a new account, a password, an account opened again. */
  readonly letsIn: boolean;
}

export interface SecondPerson {
  /** A head who has a password of their own. */
  inUse(): boolean;
  /** @throws StoreError (`second-person`) */
  guard(actor: Actor, change: AccountChange): void;
}

export function createSecondPerson(db: Connection): SecondPerson {
  const heads = db.prepare("SELECT count(*) FROM user WHERE role = 'head' AND disabled = 0 AND one_time_until IS NULL").pluck();
  const inUse = (): boolean => Number(heads.get()) > 0;
  return {
    inUse,
    guard(actor, { name, before, after, letsIn }) {
      const own = actor.name.toLowerCase() === name.toLowerCase();
      const touchesHead = before === 'head' || after === 'head';
      const intoCounsellor = after === 'counsellor' && (letsIn || before !== 'counsellor');
      if (actor.kind !== 'console' || own || !(touchesHead || intoCounsellor) || !inUse()) return;
      throw new StoreError(
        'second-person',
        'Trường đang có tài khoản hiệu trưởng, nên tài khoản hiệu trưởng và cán bộ tư vấn chỉ thêm, đổi hay đặt lại được ngay trên máy cổng lọc, bằng lệnh luytre users.',
        'The school has a head’s account in use, so accounts of heads and counsellors are added, changed and reset on the gateway machine itself only, by luytre users.',
      );
    },
  };
}
