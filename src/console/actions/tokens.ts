/** Tokens for the school's own scripts: made for a purpose, for named actions, until a day; shown once. */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { DAY_MS, formatDay } from '../../local-time.js';
import { action, type Action } from '../action.js';
import { TOKEN_PREFIX, tokenHash } from '../tokens.js';
import { refused, wrongField } from '../refused.js';
import { both, formatsOf } from '../words.js';

const LONGEST_DAYS = 366;
const MOST = 50;

const row = z.object({ id: z.int(), purpose: z.string(), actions: z.array(z.string()), by: z.string(), expires: z.string(), lastUsedDay: z.string().nullable() });

/** @param others the rest of the table: what a token may name */
export function tokenActions(others: readonly Action[]): readonly Action[] {
  const allowed = others.filter((known) => known.proof !== true);
  return [
    action({
      name: 'token.list',
      method: 'GET',
      path: '/tokens',
      about: { vi: 'Các mã truy cập đã cấp', en: 'Tokens in force' },
      roles: ['it-admin'],
      input: z.strictObject({}),
      output: z.object({ tokens: z.array(row) }),
      run: (env) => ({
        value: {
          tokens: env.store.tokens.list().map((token) => ({
            id: token.id, purpose: token.purpose, actions: [...token.actions], by: token.by,
            expires: new Date(token.expiresMs).toISOString(),
            lastUsedDay: token.usedDayMs === null ? null : formatDay(token.usedDayMs),
          })),
        },
      }),
    }),
    action({
      name: 'token.add',
      method: 'POST',
      path: '/tokens',
      about: { vi: 'Cấp mã truy cập cho một việc, chỉ hiện một lần', en: 'Make a token for a purpose; shown once' },
      roles: ['it-admin'],
      proof: true,
      input: z.strictObject({
        purpose: z.string().trim().min(3).max(100).meta({ vi: 'Dùng để làm gì', en: 'Purpose' }),
        actions: z.array(z.string().max(64)).min(1, both('Hãy chọn ít nhất một việc.', 'Choose at least one action.')).max(200).meta({ vi: 'Được làm những việc', en: 'Actions' }),
        days: z.int().min(1).max(LONGEST_DAYS).meta({ vi: 'Dùng được trong (ngày)', en: 'Days' }),
      }),
      output: z.object({ token: z.string(), id: z.int(), expires: z.string() }),
      run(env, who, input) {
        const unknown = input.actions.find((name) => !allowed.some((known) => known.name === name && known.roles.includes(who.role)));
        if (unknown !== undefined) throw wrongField('actions', `Không cấp được việc «${unknown}».`, `"${unknown}" can't be given to a token.`);
        if (env.store.tokens.list().length >= MOST) throw refused('conflict', `Đã có ${MOST} mã truy cập; hãy thu hồi mã không dùng nữa.`, `There are ${MOST} tokens; revoke those not in use.`);
        const secret = TOKEN_PREFIX + randomBytes(32).toString('base64url');
        const nowMs = env.now();
        const made = env.store.tokens.add(
          { hash: tokenHash(secret), purpose: input.purpose, actions: [...new Set(input.actions)], by: who.name, createdMs: nowMs, expiresMs: nowMs + input.days * DAY_MS },
          who.actor,
        );
        return {
          value: { token: secret, id: made.id, expires: new Date(made.expiresMs).toISOString() },
          say: {
            vi: `Mã truy cập (chép ngay, chỉ hiện một lần, dùng được đến ${formatsOf('vi').day(made.expiresMs)}): ${secret}`,
            en: `Token (copy it now, it is shown once, good until ${formatsOf('en').day(made.expiresMs)}): ${secret}`,
          },
        };
      },
    }),
    action({
      name: 'token.remove',
      method: 'DELETE',
      path: '/tokens/{id}',
      about: { vi: 'Thu hồi mã truy cập', en: 'Revoke a token' },
      roles: ['it-admin'],
      input: z.strictObject({ id: z.int().min(1) }),
      output: z.object({ removed: z.boolean() }),
      run(env, who, { id }) {
        if (!env.store.tokens.remove(id, who.actor)) throw refused('not-found', 'Không có mã truy cập này.', 'There is no such token.');
        return { value: { removed: true }, say: { vi: 'Đã thu hồi mã truy cập.', en: 'Token revoked.' } };
      },
    }),
  ];
}
