/**
 * Password hashes: scrypt N=2^15, r=8, p=3 (OWASP's equal of N=2^17, p=1 at a quarter of the memory: 32 MiB, some 300 ms on
 * an old PC). Parameters are stored with the hash, so they can rise. Two at a time: all share libuv's four threads with
 * the disk (security.md §0 row 15).
 */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { StoreError } from './store-error.js';

const N = 2 ** 15;
const R = 8;
const P = 3;
const KEY_BYTES = 32;
/** scrypt needs 128·N·r bytes and a little; Node's own ceiling of 32 MiB would refuse just that. */
const MAX_MEMORY = 96 * 1024 * 1024;
const AT_ONCE = 2;
const MAX_WAITING = 20;
const MAX_PASSWORD = 1_024;

let running = 0;
const waiting: (() => void)[] = [];

/** `scrypt$N$r$p$salt$hash`, the last two in base64url. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  const key = await derive(password, salt, N, R, P);
  return `scrypt$${N}$${R}$${P}$${salt.toString('base64url')}$${key.toString('base64url')}`;
}

/** False for a wrong password and for a hash that is none. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const match = /^scrypt\$(\d{4,7})\$(\d{1,2})\$(\d{1,2})\$([\w-]+)\$([\w-]+)$/.exec(hash);
  if (match === null || password.length > MAX_PASSWORD) return false;
  const [, n = '', r = '', p = '', salt = '', key = ''] = match;
  const expected = Buffer.from(key, 'base64url');
  const actual = await derive(password, Buffer.from(salt, 'base64url'), Number(n), Number(r), Number(p));
  return actual.length === expected.length && timingSafeEqual(actual, expected);
}

/** True when the hash was made with other parameters than today's. */
export function isOutdated(hash: string): boolean {
  return !hash.startsWith(`scrypt$${N}$${R}$${P}$`);
}

/** Costs what a real check costs, so that an unknown name takes as long as a wrong password (ASVS 6.3.8). */
export async function pretendCheck(password: string): Promise<void> {
  await derive(password.slice(0, MAX_PASSWORD), Buffer.alloc(16), N, R, P);
}

/** Circular on system security, TCVN 14423 as summarised in vietnam.md §2.3: without a second factor 14 characters of four kinds. */
export function checkStrength(name: string, password: string): void {
  const kinds = [/\p{Ll}/u, /\p{Lu}/u, /\p{Nd}/u, /[^\p{L}\p{Nd}]/u].filter((kind) => kind.test(password)).length;
  const long = [...password].length >= 14 && password.length <= MAX_PASSWORD;
  if (long && kinds === 4 && !password.toLowerCase().includes(name.toLowerCase())) return;
  throw new StoreError(
    'weak-password',
    'Mật khẩu phải có ít nhất 14 ký tự, gồm chữ thường, chữ hoa, chữ số và ký tự khác, và không chứa tên tài khoản.',
    'A password needs at least 14 characters with lower and upper case letters, digits and other characters, and not the account’s name.',
  );
}

async function derive(password: string, salt: Buffer, n: number, r: number, p: number): Promise<Buffer> {
  await enter();
  try {
    return await new Promise((resolve, reject) => {
      scrypt(password.normalize('NFC'), salt, KEY_BYTES, { N: n, r, p, maxmem: MAX_MEMORY }, (error, key) => {
        if (error === null) resolve(key);
        else reject(error);
      });
    });
  } finally {
    leave();
  }
}

function enter(): Promise<void> | void {
  if (running < AT_ONCE) {
    running += 1;
    return;
  }
  if (waiting.length >= MAX_WAITING) {
    throw new StoreError('busy', 'Đang có quá nhiều lượt đăng nhập; hãy thử lại sau ít giây.', 'Too many logins at once; try again in a few seconds.');
  }
  return new Promise((resolve) => waiting.push(resolve));
}

function leave(): void {
  const next = waiting.shift();
  // The slot passes on as it is; only when nobody waits does it become free.
  if (next === undefined) running -= 1;
  else next();
}
