/**
 * The table of contents of a channel: one small target, `contents.json`, that says what the other targets are. Pure; the same schema checks
 * what a publisher writes and what a school reads. Owns the roles a channel may fill; refuses to know who signed it.
 */
import { z } from 'zod';
import { PROFILE_IDS } from '../store/values.js';
import { ChannelError } from './channel-error.js';

export const MANIFEST_FILE = 'contents.json';
export const MAX_MANIFEST_BYTES = 256 * 2 ** 10;
/** Raised when an older gateway could misread it. */
export const MANIFEST_FORMAT = 1;

/** Roles of hosts; `revoked` and `distrusted` are lists of certificates. */
export const LIST_ROLES = ['category', 'city-allow', 'city-block', 'emergency'] as const;
export const ROLES = ['revoked', 'distrusted', ...LIST_ROLES] as const;
export type ChannelRole = (typeof ROLES)[number];

/** An emergency is over within this, or it is no emergency. */
export const MAX_EMERGENCY_DAYS = 90;

const name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,59}$/);
const item = z.strictObject({
  name,
  /** File under `targets/`. */
  target: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,79}$/),
  role: z.enum(ROLES),
  category: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/).optional(),
  profiles: z.array(z.enum(PROFILE_IDS)).min(1).optional(),
  format: z.enum(['deny', 'hosts', 'domains', 'adblock', 'dnsmasq', 'unbound', 'rpz', 'wildcard']),
  version: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/),
  license: z.string().trim().min(1).max(200).optional(),
  /** When an emergency block ends by itself. */
  ends: z.iso.datetime({ offset: true }).optional(),
});
export type ChannelItem = z.output<typeof item>;

const manifest = z.strictObject({
  format: z.literal(MANIFEST_FORMAT),
  title: z.string().trim().min(1).max(120),
  items: z.array(item).max(64),
}).superRefine(({ items }, context) => {
  const twice = (of: (each: ChannelItem) => string): boolean => new Set(items.map(of)).size !== items.length;
  if (twice((each) => each.name) || twice((each) => each.target)) context.addIssue({ code: 'custom', message: 'a name or target twice' });
  for (const each of items) {
    const deny = each.role === 'revoked' || each.role === 'distrusted';
    if (deny !== (each.format === 'deny') || (deny && each.name !== each.role)) context.addIssue({ code: 'custom', message: `${each.name}: role and format` });
    if ((each.role === 'category') !== (each.category !== undefined)) context.addIssue({ code: 'custom', message: `${each.name}: category` });
    if ((each.role === 'emergency') !== (each.ends !== undefined)) context.addIssue({ code: 'custom', message: `${each.name}: ends` });
    if (deny && each.profiles !== undefined) context.addIssue({ code: 'custom', message: `${each.name}: profiles` });
  }
});
export type Manifest = z.output<typeof manifest>;

/** @throws ChannelError `manifest` */
export function parseManifest(bytes: Uint8Array): Manifest {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    throw notUnderstood('', error);
  }
  const parsed = manifest.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw notUnderstood(issue === undefined ? '' : [issue.path.map(String).join('.'), issue.message].filter((part) => part !== '').join(' '));
}

function notUnderstood(where: string, cause?: unknown): ChannelError {
  const at = where === '' ? '' : ` (${where.slice(0, 120)})`;
  return new ChannelError('manifest', `Bảng kê của kênh không đúng dạng mà bản này hiểu${at}.`, `The channel's table of contents is not of a form this version understands${at}.`, { cause });
}

/** What an item and the bytes of its target come down to: while it is the same, there is nothing to do. */
export function markOf(entry: ChannelItem, sha256: string): string {
  return `${sha256} ${JSON.stringify([entry.role, entry.category ?? null, entry.profiles ?? null, entry.format, entry.version, entry.license ?? null, entry.ends ?? null])}`;
}
