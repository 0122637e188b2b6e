/** Checks on what people type, shared by the command groups: known profiles and zones, entries in list syntax, ids. */
import { isAddressLiteral } from '../matching/address.js';
import { formatEntry, parseEntry, type Entry } from '../matching/entry.js';
import { eventDomain } from '../matching/public-suffix.js';
import { CommandError, type CommandEnv } from './env.js';

export function knownProfile(env: CommandEnv, id: string): string {
  const known = env.shipped().profiles.map((profile) => profile.id);
  if (known.includes(id)) return id;
  throw new CommandError(2, `Không có hồ sơ lọc «${id}»; các hồ sơ: ${known.join(', ')}.`, `No profile "${id}"; profiles: ${known.join(', ')}.`);
}

export function knownCategory(env: CommandEnv, code: string): string {
  const known = env.shipped().categories.map((category) => category.code);
  if (known.includes(code)) return code;
  throw new CommandError(2, `Không có nhóm nội dung «${code}»; các nhóm: ${known.join(', ')}.`, `No category "${code}"; categories: ${known.join(', ')}.`);
}

export function knownZone(env: CommandEnv, name: string): string {
  const known = env.store().policies.zones().map((zone) => zone.name);
  if (known.includes(name)) return name;
  const list = known.length === 0 ? env.t('chưa có phòng nào; thêm bằng «luytre zones add»', 'there is none yet; add one with "luytre zones add"') : known.join(', ');
  throw new CommandError(1, `Không có phòng «${name}» (${list}).`, `No zone "${name}" (${list}).`);
}

/** A host as typed (URL, host, `=host`, `*.host`) in canonical list syntax. */
export function hostEntry(text: string): string {
  const entry = typed(text);
  if (entry.path !== null) throw new CommandError(2, `«${text}» có đường dẫn; ở đây chỉ nhận tên trang.`, `"${text}" has a path; only a host is taken here.`);
  return formatEntry(entry);
}

/** The same, or `host/path`. */
export function pageEntry(text: string): string {
  return formatEntry(typed(text));
}

function typed(text: string): Entry {
  const entry = parseEntry(text.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[?#].*$/, '').replace(/\/$/, ''));
  if (entry === null) throw new CommandError(2, `«${text}» không phải tên trang hợp lệ.`, `"${text}" is not a valid host.`);
  return entry;
}

/** `vn`, `edu.vn`, `com`: to open one would open what strangers register under it, and nobody means that. */
export function noSuffix(entry: string): string {
  const host = suffixOf(entry);
  if (host === null) return entry;
  throw new CommandError(2, `«${host}» là đuôi chung của rất nhiều trang; hãy nêu tên từng trang.`, `"${host}" is a public suffix that very many sites share; name the site.`);
}

/** A suffix may be blocked (`xyz`) unless protected learning or help hosts lie under it. */
export function noSuffixOfProtected(env: CommandEnv, entry: string): string {
  const host = suffixOf(entry);
  if (host === null) return entry;
  const hosts = env.shipped().lists.filter((list) => list.meta.shield).flatMap((list) => list.entries.map((text) => parseEntry(text)?.host ?? ''));
  const under = hosts.find((name) => name === host || name.endsWith(`.${host}`));
  if (under === undefined) return entry;
  throw new CommandError(2, `«${host}» là đuôi chung, bên dưới có trang được bảo vệ như ${under}; hãy nêu tên từng trang.`, `"${host}" is a public suffix with protected sites such as ${under} under it; name the site.`);
}

function suffixOf(entry: string): string | null {
  const host = parseEntry(entry)?.host ?? '';
  return !isAddressLiteral(host) && eventDomain(host) === null ? host : null;
}

export function wholeNumber(text: string, what: string, min: number, max: number): number {
  const n = Number(text);
  if (/^\d{1,9}$/.test(text) && n >= min && n <= max) return n;
  throw new CommandError(2, `${what} phải là số từ ${min} đến ${max}, không phải «${text}».`, `${what} must be a number from ${min} to ${max}, not "${text}".`);
}

/** Commander's collector for options that may be repeated. */
export function collect(value: string, before: readonly string[] | undefined): string[] {
  return [...(before ?? []), value];
}
