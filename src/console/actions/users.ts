/** Staff accounts: added with a password that is good once, given a role and rooms, disabled, removed; never the last administrator, never oneself. */
import { randomInt } from 'node:crypto';
import { z } from 'zod';
import type { Role, UserRow } from '../../store/rows.js';
import { accountText } from '../../store/account-text.js';
import { action, type Who } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { inField, refused } from '../refused.js';
import { both, formatsOf } from '../words.js';

const ADMIN = ['it-admin'] as const;
export const ROLES = ['teacher', 'it-admin', 'head', 'counsellor', 'auditor'] as const satisfies readonly Role[];
/** Long enough for a slip of paper to reach a teacher after a weekend. */
export const ONE_TIME_MS = 72 * 3_600_000;

const name = z.string(both('Chưa điền tên tài khoản.', 'Fill in the account name.')).min(1, both('Chưa điền tên tài khoản.', 'Fill in the account name.')).max(64).meta({ vi: 'Tên tài khoản', en: 'Account name' });
const role = z.enum(ROLES, both('Hãy chọn vai trò.', 'Choose a role.')).meta({ vi: 'Vai trò', en: 'Role' });
const oneTime = z.object({ name: z.string(), password: z.string().meta({ description: 'Good once, until its owner sets their own' }), until: z.string() });
const row = z.object({ name: z.string(), role: z.string(), disabled: z.boolean(), secondFactor: z.boolean(), oneTimeUntil: z.string().nullable(), sessions: z.int(), rooms: z.array(z.object({ room: z.string(), until: z.string().nullable() })) });

/** Four kinds of signs as the rule asks, none that reads like another, 69 random bits. */
export function newOneTimePassword(): string {
  const letters = 'abcdefghjkmnpqrstuvwxyz23456789';
  const group = (): string => Array.from({ length: 4 }, () => letters[randomInt(letters.length)]).join('');
  return `Tre-${group()}-${group()}-${group()}-${randomInt(10, 100)}`;
}

export function userRow(env: ConsoleDeps, name: string): UserRow {
  const found = env.store.accounts.users().find((user) => user.name === name);
  if (found === undefined) throw refused('not-found', 'Không có tài khoản này.', 'There is no such account.');
  return found;
}

/** Whoever locks themselves out can't unlock themselves: another administrator does it. */
function other(env: ConsoleDeps, who: Who, name: string): UserRow {
  const user = userRow(env, name);
  if (user.name === who.name) throw refused('conflict', 'Đây là tài khoản thầy/cô đang dùng; hãy nhờ một quản trị khác.', 'This is the account you are using; ask another administrator.');
  return user;
}

function sayPassword(name: string, password: string, untilMs: number): { vi: string; en: string } {
  return {
    vi: `Mật khẩu dùng một lần của ${name} (chép ngay, chỉ hiện lúc này, dùng được đến ${formatsOf('vi').moment(untilMs, untilMs - ONE_TIME_MS)}): ${password} — đăng nhập xong phải đặt mật khẩu riêng.`,
    en: `One-time password of ${name} (copy it now, it is shown once, good until ${formatsOf('en').moment(untilMs, untilMs - ONE_TIME_MS)}): ${password} — its owner sets their own after signing in.`,
  };
}

export const userActions = [
  action({
    name: 'user.list',
    method: 'GET',
    path: '/users',
    about: { vi: 'Các tài khoản, vai trò, phòng, phiên đang mở', en: 'Accounts, roles, rooms, open sessions' },
    roles: ['it-admin'],
    input: z.strictObject({}),
    output: z.object({ users: z.array(row) }),
    run(env) {
      const rooms = env.store.rooms.rooms(env.now());
      return {
        value: {
          users: env.store.accounts.users().map((user) => ({
            name: user.name, role: user.role, disabled: user.disabled, secondFactor: user.totp,
            oneTimeUntil: user.oneTimeUntilMs === null ? null : new Date(user.oneTimeUntilMs).toISOString(),
            sessions: env.store.sessions.ofUser(user.name).length,
            rooms: rooms.filter((room) => room.user === user.name).map((room) => ({ room: room.zone, until: room.untilMs === null ? null : new Date(room.untilMs).toISOString() })),
          })),
        },
      };
    },
  }),
  action({
    name: 'user.add',
    method: 'POST',
    path: '/users',
    about: { vi: 'Thêm tài khoản; mật khẩu dùng một lần hiện một lần', en: 'Add an account; its one-time password is shown once' },
    roles: ADMIN,
    proof: true,
    input: z.strictObject({ name, role, rooms: z.array(z.string().max(64)).max(200).optional().meta({ vi: 'Phòng được giao', en: 'Rooms' }) }),
    output: oneTime,
    async run(env, who, input) {
      const account = inField('name', () => accountText(input.name));
      const password = newOneTimePassword();
      const untilMs = env.now() + ONE_TIME_MS;
      const prepared = await env.store.accounts.prepareUser(account, input.role, password, untilMs);
      env.store.together(() => {
        inField('name', () => env.store.accounts.addPrepared(prepared, who.actor));
        for (const room of input.rooms ?? []) inField('rooms', () => env.store.rooms.addRoom(account, room, who.actor));
      });
      return { value: { name: account, password, until: new Date(untilMs).toISOString() }, say: sayPassword(account, password, untilMs) };
    },
  }),
  action({
    name: 'user.role',
    method: 'PUT',
    path: '/users/{name}/role',
    about: { vi: 'Đổi vai trò; các phiên của tài khoản kết thúc', en: 'Change the role; the account’s sessions end' },
    roles: ADMIN,
    proof: true,
    input: z.strictObject({ name, role }),
    output: z.object({ name: z.string(), role: z.string() }),
    async run(env, who, input) {
      const before = other(env, who, input.name);
      await env.store.accounts.setUser(before.name, { role: input.role }, who.actor);
      return {
        value: { name: before.name, role: input.role },
        say: { vi: `Đã đổi vai trò của ${before.name}; các phiên đang mở đã kết thúc.`, en: `The role of ${before.name} has changed; its sessions have ended.` },
        undo: async () => void (await env.store.accounts.setUser(before.name, { role: before.role }, who.actor)),
      };
    },
  }),
  ...(['disable', 'enable'] as const).map((verb) => action({
    name: `user.${verb}`,
    method: 'POST',
    path: `/users/{name}/${verb}`,
    about: verb === 'disable' ? { vi: 'Khóa tài khoản; các phiên kết thúc', en: 'Disable an account; its sessions end' } : { vi: 'Mở khóa tài khoản', en: 'Enable an account' },
    roles: ADMIN,
    proof: verb === 'enable',
    input: z.strictObject({ name }),
    output: z.object({ name: z.string(), disabled: z.boolean() }),
    async run(env, who, input) {
      const before = other(env, who, input.name);
      const disabled = verb === 'disable';
      await env.store.accounts.setUser(before.name, { disabled }, who.actor);
      return {
        value: { name: before.name, disabled },
        say: disabled ? { vi: `Đã khóa ${before.name}; các phiên đang mở đã kết thúc.`, en: `${before.name} is disabled; its sessions have ended.` } : { vi: `Đã mở khóa ${before.name}.`, en: `${before.name} is enabled.` },
        undo: async () => void (await env.store.accounts.setUser(before.name, { disabled: before.disabled }, who.actor)),
      };
    },
  })),
  action({
    name: 'user.reset-password',
    method: 'POST',
    path: '/users/{name}/password',
    about: { vi: 'Đặt lại mật khẩu: cấp mật khẩu dùng một lần, các phiên kết thúc', en: 'Reset the password: a one-time password, sessions end' },
    roles: ADMIN,
    proof: true,
    input: z.strictObject({ name }),
    output: oneTime,
    async run(env, who, input) {
      const user = other(env, who, input.name);
      const password = newOneTimePassword();
      const untilMs = env.now() + ONE_TIME_MS;
      await env.store.accounts.setUser(user.name, { password, oneTimeUntilMs: untilMs }, who.actor);
      return { value: { name: user.name, password, until: new Date(untilMs).toISOString() }, say: sayPassword(user.name, password, untilMs) };
    },
  }),
  action({
    name: 'user.reset-totp',
    method: 'DELETE',
    path: '/users/{name}/second-factor',
    about: { vi: 'Bỏ xác thực hai bước khi mất điện thoại; lần sau thiết lập lại', en: 'Forget the second factor of a lost phone; it is set up anew' },
    roles: ADMIN,
    proof: true,
    input: z.strictObject({ name }),
    output: z.object({ name: z.string(), reset: z.boolean() }),
    run(env, who, input) {
      const user = other(env, who, input.name);
      const reset = env.store.secondFactor.reset(user.name, who.actor);
      return {
        value: { name: user.name, reset },
        say: reset
          ? { vi: `Đã bỏ xác thực hai bước của ${user.name}; các phiên đã kết thúc.`, en: `The second factor of ${user.name} is gone; its sessions have ended.` }
          : { vi: `${user.name} chưa bật xác thực hai bước; các phiên đã kết thúc.`, en: `${user.name} had no second factor; its sessions have ended.` },
      };
    },
  }),
  action({
    name: 'user.end-sessions',
    method: 'DELETE',
    path: '/users/{name}/sessions',
    about: { vi: 'Kết thúc mọi phiên của một tài khoản', en: 'End all sessions of an account' },
    roles: ADMIN,
    input: z.strictObject({ name }),
    output: z.object({ ended: z.int() }),
    run(env, who, input) {
      const user = userRow(env, input.name);
      const ended = env.store.sessions.endOthers(user.name, user.name === who.name ? (who.session?.hash ?? null) : null);
      env.store.audit.record(who.actor, 'sessions.end', user.name, null, { ended });
      return { value: { ended }, say: { vi: `Đã kết thúc ${ended} phiên của ${user.name}.`, en: `${ended} sessions of ${user.name} ended.` } };
    },
  }),
  action({
    name: 'user.rooms',
    method: 'PUT',
    path: '/users/{name}/rooms',
    about: { vi: 'Giao các phòng này cho giáo viên, thôi giao những phòng khác', en: 'Give a teacher these rooms and no others' },
    roles: ADMIN,
    input: z.strictObject({ name, rooms: z.array(z.string().max(64)).max(500).optional().meta({ vi: 'Phòng được giao', en: 'Rooms' }) }),
    output: z.object({ name: z.string(), rooms: z.array(z.string()) }),
    run(env, who, input) {
      const user = userRow(env, input.name);
      const held = (): string[] => env.store.rooms.rooms(env.now(), user.name).filter((room) => room.untilMs === null).map((room) => room.zone);
      const put = (wanted: readonly string[]): void => env.store.together(() => {
        const now = held();
        for (const room of now) if (!wanted.includes(room)) env.store.rooms.removeRoom(user.name, room, who.actor);
        for (const room of wanted) if (!now.includes(room)) inField('rooms', () => env.store.rooms.addRoom(user.name, room, who.actor));
      });
      const before = held();
      const wanted = [...new Set((input.rooms ?? []).map((room) => env.store.policies.zoneCalled(room) ?? room))];
      put(wanted);
      return {
        value: { name: user.name, rooms: wanted },
        say: { vi: `${user.name} được giao ${wanted.length} phòng.`, en: `${user.name} has ${wanted.length} rooms.` },
        undo: () => put(before),
      };
    },
  }),
  action({
    name: 'user.remove',
    method: 'DELETE',
    path: '/users/{name}',
    about: { vi: 'Xóa tài khoản, không hoàn tác được; nghỉ tạm thì khóa', en: 'Remove an account for good; disable one that only pauses' },
    roles: ADMIN,
    proof: true,
    input: z.strictObject({ name }),
    output: z.object({ removed: z.string() }),
    run(env, who, input) {
      const user = other(env, who, input.name);
      env.store.accounts.removeUser(user.name, who.actor);
      return { value: { removed: user.name }, say: { vi: `Đã xóa tài khoản ${user.name}.`, en: `Account ${user.name} removed.` }, next: '/quan-tri/tai-khoan' };
    },
  }),
];
