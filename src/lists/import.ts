/**
 * Imports a list: read, shield, gate, prepare the index, make it current — in that order, and nothing is changed before the last step.
 * Owns names, versions and sources of imported lists. Refuses to know commands and how a report is shown.
 */
import { basename, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { formatDay } from '../local-time.js';
import type { Refused } from '../matching/list-reader.js';
import type { Actor, ListRow, NewList, Store } from '../store/rows.js';
import type { ArchiveLimits } from './archive.js';
import { packContent, prepareIndex } from './compile.js';
import { IMPORT_FORMATS, type ImportFormat } from './formats/layout.js';
import { createShield, gate, type GateFinding } from './gate.js';
import { ListError } from './list-error.js';
import { readFiles } from './read.js';
import { shieldedEntries, type Shipped } from './shipped.js';

export interface ImportOptions {
  readonly category: string;
  readonly allow: boolean;
  /** Name of the list; null: made of category and file name. */
  readonly name: string | null;
  readonly format: ImportFormat;
  /** Parts of a collection to take; null: those that serve the category. */
  readonly only: readonly string[] | null;
  /** Profile ids it speaks for; null: the role's default. */
  readonly profiles: readonly string[] | null;
  /** Take it although the gate stops it. */
  readonly force: boolean;
  /** Read and weigh it, change nothing. */
  readonly preview?: boolean;
  /** Where it came from, when not from a file that stays where it is. */
  readonly source?: string;
}

export interface ImportDeps {
  readonly store: Store;
  readonly dataDir: string;
  readonly shipped: Shipped;
  readonly actor: Actor;
  readonly nowMs: number;
  readonly limits?: ArchiveLimits;
  readonly onRead?: (done: number, total: number) => void;
  readonly onCompile?: (done: number, total: number) => void;
  readonly onProblem?: (problem: ListError) => void;
}

export interface ImportReport {
  readonly name: string;
  readonly role: NewList['role'];
  readonly category: string;
  /** `imported`, `unchanged` (same content as before), `preview` (only looked at), or refused and nothing changed. */
  readonly outcome: 'imported' | 'unchanged' | 'preview' | 'refused-empty' | 'refused-by-gate';
  readonly version: string | null;
  /** Version that was current before, when there was one. */
  readonly replaces: string | null;
  readonly formats: readonly string[];
  readonly parts: readonly string[];
  readonly ignoredFiles: number;
  readonly lines: number;
  readonly taken: number;
  readonly folded: number;
  readonly comments: number;
  readonly refused: number;
  readonly foldedBy: { readonly duplicate: number; readonly covered: number; readonly excepted: number };
  readonly refusedBeside: number;
  readonly refusals: readonly Refused[];
  readonly entries: number;
  /** Protected hosts that stay open although an entry of the list is their parent. */
  readonly stillOpen: { readonly count: number; readonly first: readonly { readonly host: string; readonly under: string }[] };
  readonly gate: readonly GateFinding[];
  /** Against the version in force: what would be there anew, what would go. Only of a preview. */
  readonly changes: { readonly added: number; readonly removed: number; readonly firstAdded: readonly string[]; readonly firstRemoved: readonly string[] } | null;
}

export async function importList(files: readonly string[], options: ImportOptions, deps: ImportDeps): Promise<ImportReport> {
  const name = options.name ?? nameFor(files[0] ?? '', options);
  if (SEALED.includes(options.category)) {
    throw new ListError(
      'not-yours',
      `Nhóm ${options.category} mở trước mọi quy tắc nên chỉ nhận danh sách đi kèm hoặc của Sở; muốn mở một trang, dùng: luytre rules allow TRANG.`,
      `Category ${options.category} opens before every rule, so only shipped lists and the department's fill it; to open a site use: luytre rules allow HOST.`,
    );
  }
  const current = claimedName(name, options, deps);
  const read = await readFiles(files, {
    format: options.format,
    category: options.category,
    allow: options.allow,
    only: options.only,
    ...(deps.limits === undefined ? {} : { limits: deps.limits }),
    ...(deps.onRead === undefined ? {} : { onBytes: deps.onRead }),
  });
  const shield = createShield(options.allow ? [] : shieldedEntries(deps.shipped));
  const result = read.reader.finish((host, kind) => shield.covers(host, kind));
  const meta: NewList = {
    name,
    role: options.allow ? 'school-allow' : 'category',
    category: options.category,
    profiles: options.profiles,
    shield: false,
    origin: 'imported',
    source: options.source ?? sourceText(files, options),
    license: null,
  };
  const before = current === null ? null : deps.store.policies.listEntries(name);
  const findings = gate(before, result.entries, options.allow);
  const report: Omit<ImportReport, 'outcome' | 'version'> = {
    name,
    role: meta.role,
    category: options.category,
    replaces: current?.current.version ?? null,
    formats: read.formats,
    parts: read.parts,
    ignoredFiles: read.ignored,
    lines: result.lines,
    taken: result.taken,
    folded: result.folded,
    comments: result.comments,
    refused: result.refused,
    foldedBy: result.foldedBy,
    refusedBeside: result.refusedBeside,
    refusals: result.refusals,
    entries: result.entries.length,
    stillOpen: stillOpen(result.entries, (entry) => shield.below(entry)),
    gate: findings,
    changes: options.preview === true ? changesOf(before ?? [], result.entries) : null,
  };
  if (result.entries.length === 0) return { ...report, outcome: 'refused-empty', version: null };
  if (options.preview === true) return { ...report, outcome: 'preview', version: null };
  if (!options.force && findings.some((finding) => finding.stops)) return { ...report, outcome: 'refused-by-gate', version: null };

  const content = packContent(result.entries);
  await prepareIndex(deps.store, deps.dataDir, { kind: 'put', name, content }, {
    ...(deps.onCompile === undefined ? {} : { onProgress: deps.onCompile }),
    ...(deps.onProblem === undefined ? {} : { onProblem: deps.onProblem }),
  });
  const changed = deps.store.policies.putList(meta, versionText(content.sha256, deps.nowMs), result.entries, deps.nowMs, deps.actor);
  const version = deps.store.policies.lists().find((row) => row.name === name)?.current.version ?? null;
  return { ...report, outcome: changed ? 'imported' : 'unchanged', version };
}

const SHOWN_CHANGES = 20;

/** @param before, after sorted, unique */
export function changesOf(before: readonly string[], after: readonly string[]): NonNullable<ImportReport['changes']> {
  const missing = (these: readonly string[], those: readonly string[]): string[] => {
    const known = new Set(those);
    return these.filter((entry) => !known.has(entry));
  };
  const added = missing(after, before);
  const removed = missing(before, after);
  return { added: added.length, removed: removed.length, firstAdded: added.slice(0, SHOWN_CHANGES), firstRemoved: removed.slice(0, SHOWN_CHANGES) };
}

/** Names of the lists that come by the signed channel; nobody else gives a list such a name. */
export const CITY_PREFIX = 'so.';

/** Categories that open before every other rule: only shipped rules and the department fill them (vietnam.md §3, precedence). */
export const SEALED: readonly string[] = ['trogiup', 'hatang'];

/** The list that has this name now, when it may be replaced by this import. */
function claimedName(name: string, options: ImportOptions, deps: ImportDeps): ListRow | null {
  if (!/^[a-z0-9][a-z0-9._-]{0,63}$/.test(name)) {
    throw new ListError('bad-name', 'Tên danh sách chỉ gồm chữ thường không dấu, số, dấu chấm, gạch nối (tối đa 64 ký tự).', 'A list name has only lower-case letters, digits, dots and hyphens (64 at most).');
  }
  if (name.startsWith('luytre-') || name.startsWith(CITY_PREFIX) || deps.shipped.lists.some((list) => list.meta.name === name)) {
    throw new ListError('shipped', `Tên ${name} dành cho danh sách đi kèm hoặc của Sở; hãy đặt --name khác.`, `The name ${name} is kept for shipped lists and the department's; choose another --name.`);
  }
  const current = deps.store.policies.lists().find((row) => row.name === name) ?? null;
  const role = options.allow ? 'school-allow' : 'category';
  if (current !== null && (current.category !== options.category || current.role !== role)) {
    const kind = current.role === 'category' ? ['chặn', 'block'] : ['cho phép', 'allow'];
    throw new ListError(
      'name-taken',
      `Đã có danh sách ${kind[0] ?? ''} ${name} thuộc nhóm ${current.category ?? '—'}; hãy đặt --name khác hoặc xóa nó trước.`,
      `There is a list ${name} (${kind[1] ?? ''}, category ${current.category ?? '—'}); choose another --name or remove it first.`,
    );
  }
  return current;
}

/** `khieudam` + `/tmp/Adult_Hosts.txt.gz` → `khieudam-adult-hosts`. */
export function nameFor(file: string, options: { readonly category: string; readonly allow: boolean }): string {
  const stem = basename(file)
    .replace(/(?:\.(?:gz|zip|tgz|tar|txt|list|lst|conf|hosts|rpz|csv|zone))+$/i, '')
    .normalize('NFD').replace(/\p{M}/gu, '').replace(/đ/gi, 'd').toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-').replace(/^[-.]+|[-.]+$/g, '');
  const prefix = options.allow ? `mo-${options.category}` : options.category;
  const name = stem === '' || stem === options.category ? prefix : `${prefix}-${stem}`;
  return name.slice(0, 64).replace(/[-.]+$/, '');
}

/** The local day and the first of the content's hash: readable, and the same for the same content on a day. */
function versionText(sha256: string, nowMs: number): string {
  return `${formatDay(nowMs)}-${sha256.slice(0, 8)}`;
}

function stillOpen(entries: readonly string[], below: (entry: string) => readonly string[]): ImportReport['stillOpen'] {
  let count = 0;
  const first: { host: string; under: string }[] = [];
  for (const under of entries) {
    for (const host of below(under)) {
      count++;
      if (first.length < 10) first.push({ host, under });
    }
  }
  return { count, first };
}

/** Where the list came from and how it was read, so that `lists update` can read it again: file URLs with the options behind `#`. */
function sourceText(files: readonly string[], options: ImportOptions): string {
  const how = new URLSearchParams();
  if (options.format !== 'auto') how.set('format', options.format);
  if (options.only !== null) how.set('only', options.only.join(','));
  const hash = how.size === 0 ? '' : `#${how.toString()}`;
  const source = files.map((file) => `${pathToFileURL(resolve(file)).href}${hash}`).join(' ');
  // Cut short it would name another file; then better none.
  return source.length > 2_000 ? `${files.length} files` : source;
}

/** What `sourceText` wrote, or null for a source that is no local file. */
export function parseSource(source: string): { readonly files: string[]; readonly format: ImportFormat; readonly only: string[] | null } | null {
  const files: string[] = [];
  let how = new URLSearchParams();
  for (const word of source.split(' ')) {
    if (!word.startsWith('file://') || !URL.canParse(word)) return null;
    const url = new URL(word);
    how = new URLSearchParams(url.hash.slice(1));
    url.hash = '';
    files.push(fileURLToPath(url));
  }
  const format = IMPORT_FORMATS.find((known) => known === how.get('format')) ?? 'auto';
  return { files, format, only: how.get('only')?.split(',') ?? null };
}
