/**
 * Password hashes, one way for accounts and room logins: scrypt N=2^15, r=8, p=3 (OWASP's equal of N=2^17 at 32 MiB;
 * 311 ms on a school's old PC), stored with its parameters so that they can rise later.
 */
import { randomBytes, scrypt, scryptSync, timingSafeEqual, type ScryptOptions } from 'node:crypto';

const N = 2 ** 15;
const R = 8;
const P = 3;
const KEY_BYTES = 32;
/** Node refuses N=2^15, r=8, p=3 under its default of 32 MiB. */
const MAX_MEMORY = 128 * 2 ** 20;

/** `scrypt$N$r$p$salt$hash`, base64url. Blocks for about 0.3 s: for the command line; a server uses `hashPassword`. */
export function hashPasswordSync(password: string): string {
  const salt = randomBytes(16);
  return format(N, R, P, salt, scryptSync(password.normalize('NFC'), salt, KEY_BYTES, options(N, R, P)));
}

export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(16);
  return format(N, R, P, salt, await derive(password, salt, KEY_BYTES, options(N, R, P)));
}

/** True when the password fits; false for a damaged hash too. Takes as long as hashing. */
export async function checkPassword(password: string, stored: string): Promise<boolean> {
  const [kind, n, r, p, salt, hash] = stored.split('$');
  if (kind !== 'scrypt' || salt === undefined || hash === undefined) return false;
  const wanted = Buffer.from(hash, 'base64url');
  const params = [Number(n), Number(r), Number(p)] as const;
  if (wanted.length < 16 || !params.every((value) => Number.isSafeInteger(value) && value > 0 && value <= 2 ** 20)) return false;
  const got = await derive(password, Buffer.from(salt, 'base64url'), wanted.length, options(...params));
  return timingSafeEqual(got, wanted);
}

/** A hash that no password fits, so that an unknown name takes as long to refuse as a known one. */
export const NO_PASSWORD = format(N, R, P, Buffer.alloc(16), Buffer.alloc(KEY_BYTES));

function options(n: number, r: number, p: number): ScryptOptions {
  return { N: n, r, p, maxmem: MAX_MEMORY };
}

function derive(password: string, salt: Buffer, bytes: number, with_: ScryptOptions): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password.normalize('NFC'), salt, bytes, with_, (error, key) => (error === null ? resolve(key) : reject(error)));
  });
}

function format(n: number, r: number, p: number, salt: Buffer, hash: Buffer): string {
  return `scrypt$${n}$${r}$${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}
