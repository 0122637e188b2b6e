/** Checks on what people type, shared by the command groups: known profiles and zones, entries in list syntax, ids. */
import { shieldedEntries } from '../lists/shipped.js';
import { refuseToClose, refuseToOpen, typedHost, typedPage, type TypedHost } from '../policy/typed-host.js';
import type { Words } from '../policy/words.js';
import { StoreError } from '../store/store-error.js';
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
  // scripts may still say a name the room had before
  const called = env.store().policies.zoneCalled(name);
  if (called !== null) return called;
  const known = env.store().policies.zones().map((zone) => zone.name);
  const list = known.length === 0 ? env.t('chưa có phòng nào; thêm bằng «luytre zones add»', 'there is none yet; add one with "luytre zones add"') : known.join(', ');
  throw new CommandError(1, `Không có phòng «${name}» (${list}).`, `No zone "${name}" (${list}).`);
}

/** A host as typed (URL, host, `=host`, `*.host`) in canonical list syntax. */
export function hostEntry(text: string): string {
  return entryOf(typedHost(text));
}

/** The same, or `host/path`. */
export function pageEntry(text: string): string {
  return entryOf(typedPage(text));
}

function entryOf({ entry, refusal }: TypedHost): string {
  if (refusal !== null) throw new CommandError(2, refusal.vi, refusal.en);
  return entry;
}

export function noSuffix(entry: string): string {
  return taken(entry, refuseToOpen(entry));
}

export function noSuffixOfProtected(env: CommandEnv, entry: string): string {
  return taken(entry, refuseToClose(entry, shieldedEntries(env.shipped())));
}

function taken(entry: string, refusal: Words | null): string {
  if (refusal !== null) throw new CommandError(2, refusal.vi, refusal.en);
  return entry;
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

/** What is typed and can't be read is wrong usage, whoever says so. */
export function asUsage<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof StoreError) throw new CommandError(2, error.vi, error.en);
    throw error;
  }
}
