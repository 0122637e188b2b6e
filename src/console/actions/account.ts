/** Actions on one's own account: password, open sessions, second factor. */
import { z } from 'zod';
import type { SessionRow } from '../../store/access-rows.js';
import { action, type Who } from '../action.js';
import { refused, wrongField } from '../refused.js';
import { both } from '../words.js';

const EVERYBODY = ['it-admin', 'teacher', 'head', 'counsellor', 'auditor'] as const;

/** Names a session in a form without being of use to anyone who reads it. */
export function sessionId(session: Pick<SessionRow, 'hash'>): string {
  return session.hash.toString('hex').slice(0, 16);
}

function ofPerson(who: Who): SessionRow {
  if (who.session === null) throw refused('forbidden', 'Việc này chỉ làm được khi đăng nhập, không bằng mã truy cập.', 'Only a person who is signed in can do this, not a token.');
  return who.session;
}

export const accountActions = [
  action({
    name: 'account.show',
    method: 'GET',
    path: '/account',
    about: { vi: 'Tôi là ai', en: 'Who I am' },
    roles: EVERYBODY,
    input: z.strictObject({}),
    output: z.object({ name: z.string(), role: z.string() }),
    run: (_env, who) => ({ value: { name: who.name, role: who.role } }),
  }),
  action({
    name: 'account.password',
    method: 'PUT',
    path: '/account/password',
    about: { vi: 'Đổi mật khẩu của tôi; các phiên khác kết thúc', en: 'Change my password; my other sessions end' },
    roles: EVERYBODY,
    proof: true,
    input: z.strictObject({
      password: z.string(both('Chưa điền mật khẩu mới.', 'Fill in the new password.')).min(1).max(1_024).meta({ vi: 'Mật khẩu mới', en: 'New password' }),
      again: z.string(both('Hãy nhập lại mật khẩu mới.', 'Repeat the new password.')).max(1_024).meta({ vi: 'Nhập lại mật khẩu mới', en: 'New password again' }),
    }),
    output: z.object({ changed: z.boolean() }),
    async run(env, who, input) {
      ofPerson(who);
      if (input.password !== input.again) throw wrongField('again', 'Hai lần nhập không giống nhau.', 'The two are not the same.');
      if (ofPerson(who).user.oneTimeUntilMs !== null && (await env.store.accounts.checkPassword(who.name, input.password)) !== null) throw wrongField('password', 'Đây là mật khẩu dùng một lần; hãy đặt mật khẩu khác.', 'This is the one-time password; choose another.');
      await env.store.accounts.setUser(who.name, { password: input.password }, who.actor);
      return { value: { changed: true }, say: { vi: 'Đã đổi mật khẩu. Mọi phiên đã kết thúc; hãy đăng nhập lại.', en: 'Password changed. All sessions have ended; sign in again.' }, next: '/dang-nhap' };
    },
  }),
  action({
    name: 'account.end-session',
    method: 'DELETE',
    path: '/account/sessions/{id}',
    about: { vi: 'Kết thúc một phiên của tôi trên máy khác', en: 'End one of my sessions' },
    roles: EVERYBODY,
    input: z.strictObject({ id: z.string().regex(/^[0-9a-f]{16}$/, both('Không có phiên này.', 'There is no such session.')) }),
    output: z.object({ ended: z.boolean() }),
    run(env, who, input) {
      const found = env.store.sessions.ofUser(who.name).find((session) => sessionId(session) === input.id);
      if (found === undefined) throw refused('not-found', 'Không có phiên này, hoặc phiên đã kết thúc.', 'There is no such session, or it has ended.');
      env.store.sessions.end(found.hash);
      return { value: { ended: true }, say: { vi: `Đã kết thúc phiên trên ${found.device}.`, en: `Ended the session on ${found.device}.` } };
    },
  }),
  action({
    name: 'account.end-others',
    method: 'DELETE',
    path: '/account/sessions',
    about: { vi: 'Kết thúc mọi phiên khác của tôi', en: 'End all my other sessions' },
    roles: EVERYBODY,
    input: z.strictObject({}),
    output: z.object({ ended: z.int() }),
    run(env, who) {
      const ended = env.store.sessions.endOthers(who.name, who.session?.hash ?? null);
      return { value: { ended }, say: { vi: `Đã kết thúc ${ended} phiên khác.`, en: `${ended} other sessions ended.` } };
    },
  }),
];
