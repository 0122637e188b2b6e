/**
 * Layouts of archives: UT1/squidGuard folders, v2fly's data folder, e2guardian's configuration, or simply several lists together.
 * Pure: from member names to which members are read, and as what. Refuses to know their bytes.
 */
import type { LineFormat } from '../../matching/list-format.js';
import { ListError } from '../list-error.js';
import { partsFor } from './parts.js';

/** What `--format` takes. */
export const IMPORT_FORMATS = ['auto', 'hosts', 'domains', 'adblock', 'dnsmasq', 'unbound', 'rpz', 'wildcard', 'ut1', 'v2fly', 'e2guardian'] as const;
export type ImportFormat = (typeof IMPORT_FORMATS)[number];

export interface LayoutAsk {
  /** File name of the archive, for messages. */
  readonly archive: string;
  readonly format: ImportFormat;
  readonly category: string | null;
  readonly allow: boolean;
  /** Parts the admin named (`--only`); `all` = every part. */
  readonly only: readonly string[] | null;
}

export interface Layout {
  readonly kind: 'ut1' | 'v2fly' | 'e2guardian' | 'bundle';
  /** Members to read, each with its line format (null: told by its content). For v2fly: the roots of the includes. */
  readonly members: ReadonlyMap<string, LineFormat | null>;
  /** Parts taken, for the report (folders, files). */
  readonly parts: readonly string[];
  /** Members that are no list of hosts or of another theme. */
  readonly ignored: number;
}

export function planLayout(names: readonly string[], ask: LayoutAsk): Layout {
  if (ask.format === 'ut1' || (ask.format === 'auto' && names.some(isUt1Domains))) return planUt1(names, ask);
  if (ask.format === 'v2fly' || (ask.format === 'auto' && names.filter((name) => V2FLY_FILE.test(name)).length * 2 > names.length)) return planV2fly(names, ask);
  if (ask.format === 'e2guardian' || (ask.format === 'auto' && names.some((name) => E2_SITES.test(name)))) return planE2guardian(names, ask);
  return planBundle(names, ask);
}

/** The line format of a single file for a format that is really a layout. */
export function formatOfFile(name: string, format: ImportFormat): LineFormat | null {
  if (format === 'ut1') return /expression/.test(base(name)) ? 'regex' : 'domains';
  if (format === 'e2guardian') return /regexp/.test(base(name)) ? 'regex' : 'e2guardian';
  return format === 'auto' ? null : format;
}

function base(name: string): string {
  return name.slice(name.lastIndexOf('/') + 1);
}

function folderOf(name: string): string {
  const parts = name.split('/');
  return parts[parts.length - 2] ?? '';
}

const UT1_FILES = /^(?:domains|urls|(?:\w+_)?expressions?)$/;

function isUt1Domains(name: string): boolean {
  return base(name) === 'domains' && name.includes('/');
}

function planUt1(names: readonly string[], ask: LayoutAsk): Layout {
  const lists = names.filter((name) => UT1_FILES.test(base(name)));
  const parts = choose('ut1', unique(lists.map(folderOf)), ask);
  const members = new Map<string, LineFormat | null>();
  for (const name of lists) if (parts.includes(folderOf(name))) members.set(name, formatOfFile(name, 'ut1'));
  return { kind: 'ut1', members, parts, ignored: names.length - members.size };
}

const V2FLY_FILE = /(?:^|\/)data\/[^./]+$/;

function planV2fly(names: readonly string[], ask: LayoutAsk): Layout {
  const lists = names.filter((name) => V2FLY_FILE.test(name));
  const files = lists.length > 0 ? lists : names.filter(isListLike);
  const parts = choose('v2fly', files.map(base), ask);
  const members = new Map<string, LineFormat | null>();
  for (const name of files) if (parts.includes(base(name))) members.set(name, 'v2fly');
  return { kind: 'v2fly', members, parts, ignored: names.length - members.size };
}

const E2_SITES = /(?:^|\/)(?:local)?(?:banned|exception)(?:ssl)?sitelist(?:\.in)?$/;
const E2_BANNED = /^(?:local)?banned(?:ssl)?(?:site|siteip|url|regexpurl)list(?:\.in)?$/;
const E2_EXCEPTIONS = /^(?:local)?exception(?:site|siteip|url|regexpurl)list(?:\.in)?$/;

function planE2guardian(names: readonly string[], ask: LayoutAsk): Layout {
  const wanted = ask.allow ? E2_EXCEPTIONS : E2_BANNED;
  const members = new Map<string, LineFormat | null>();
  for (const name of names) {
    if (wanted.test(base(name)) && (ask.only === null || ask.only.includes(base(name)))) members.set(name, formatOfFile(name, 'e2guardian'));
  }
  return { kind: 'e2guardian', members, parts: unique([...members.keys()].map(base)), ignored: names.length - members.size };
}

function isListLike(name: string): boolean {
  return !/^\./.test(base(name)) && !/^(?:readme|licen[cs]e|copying|changelog|notice|makefile|usage|global_usage)\b/i.test(base(name)) &&
    !/\.(?:md|html?|pdf|json|ya?ml|png|jpe?g|gif|svg|sh|py|js|sig|asc|md5|sha256)$/i.test(name) && !name.startsWith('__MACOSX/');
}

function planBundle(names: readonly string[], ask: LayoutAsk): Layout {
  const members = new Map<string, LineFormat | null>();
  for (const name of names) {
    if (isListLike(name) && (ask.only === null || ask.only.includes('all') || ask.only.includes(base(name)))) members.set(name, formatOfFile(name, ask.format));
  }
  return { kind: 'bundle', members, parts: [...members.keys()], ignored: names.length - members.size };
}

function choose(kind: 'ut1' | 'v2fly', parts: readonly string[], ask: LayoutAsk): string[] {
  if (ask.only !== null) {
    if (ask.only.includes('all')) return [...parts];
    const unknown = ask.only.filter((part) => !parts.includes(part));
    if (unknown.length > 0) throw choosePart(parts, ask, `không có phần ${unknown.join(', ')}`, `there is no part ${unknown.join(', ')}`);
    return [...ask.only];
  }
  if (parts.length === 1) return [...parts];
  const ours = partsFor(kind, parts, ask.category);
  if (ours.length > 0) return ours;
  throw choosePart(parts, ask, 'không rõ phần nào thuộc nhóm này', 'it is not clear which part belongs to this category');
}

function choosePart(parts: readonly string[], ask: LayoutAsk, vi: string, en: string): ListError {
  const shown = parts.length > 60 ? [...parts.filter((part) => part.startsWith('category-')).slice(0, 60), '…'] : parts;
  return new ListError(
    'choose-part',
    `${ask.archive} gồm ${parts.length} phần và ${vi}; hãy chọn bằng --only PHẦN (all: lấy hết). Các phần: ${shown.join(', ')}.`,
    `${ask.archive} has ${parts.length} parts and ${en}; choose with --only PART (all: every one). Parts: ${shown.join(', ')}.`,
  );
}

function unique(values: readonly string[]): string[] {
  return [...new Set(values)].sort();
}
