/**
 * Passwords of accounts: how strong one must be, and that only two are hashed at a time, because hashing shares libuv's
 * four threads with the disk (security.md §0 row 15). The hash itself is src/password.ts.
 */
import { checkPassword, hashPassword, NO_PASSWORD } from '../password.js';
import { StoreError } from './store-error.js';

const AT_ONCE = 2;
const MAX_WAITING = 20;
const MAX_LENGTH = 1_024;

let running = 0;
const waiting: (() => void)[] = [];

export async function makeHash(password: string): Promise<string> {
  return inTurn(() => hashPassword(password));
}

/** @param hash null for an unknown name: takes as long as a real check and is never right (ASVS 6.3.8) */
export async function fits(password: string, hash: string | null): Promise<boolean> {
  const right = await inTurn(() => checkPassword(password.slice(0, MAX_LENGTH), hash ?? NO_PASSWORD));
  return right && hash !== null && password.length <= MAX_LENGTH;
}

/** Without a second factor 14 characters of four kinds (TCVN 14423 as summarised in vietnam.md §2.3). */
export function checkStrength(name: string, password: string): void {
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{L}\p{Nd}]/u].filter((kind) => kind.test(password)).length;
  const long = [...password].length >= 14 && password.length <= MAX_LENGTH;
  if (long && kinds === 4 && !password.toLowerCase().includes(name.toLowerCase())) return;
  throw new StoreError(
    'weak-password',
    'Mật khẩu phải có ít nhất 14 ký tự, gồm chữ thường, chữ hoa, chữ số và ký tự khác, và không chứa tên tài khoản.',
    'A password needs at least 14 characters with lower and upper case letters, digits and other characters, and not the account’s name.',
  );
}

async function inTurn<T>(work: () => Promise<T>): Promise<T> {
  if (running < AT_ONCE) running += 1;
  else if (waiting.length < MAX_WAITING) await new Promise<void>((resolve) => waiting.push(resolve));
  else {
    throw new StoreError('busy', 'Đang có quá nhiều lượt đăng nhập; hãy thử lại sau ít giây.', 'Too many logins at once; try again in a few seconds.');
  }
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    // The place passes on as it is; only when nobody waits does it become free.
    if (next === undefined) running -= 1;
    else next();
  }
}
