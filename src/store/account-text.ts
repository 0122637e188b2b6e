/** An account's name as people type it: one rule for the command line, the console and imports. */
import { badValue } from './values.js';

export function accountText(text: string): string {
  const name = text.normalize('NFC').trim();
  if (!/^[a-z0-9][a-z0-9._-]{1,31}$/.test(name)) throw badValue(`Tên tài khoản «${name.replace(/\p{Cc}/gu, ' ').slice(0, 40)}» không dùng được: 2–32 chữ thường không dấu, số, . _ -.`, `Account name "${name.replace(/\p{Cc}/gu, ' ').slice(0, 40)}" can't be used: 2–32 of a–z, 0–9, . _ -.`);
  return name;
}
