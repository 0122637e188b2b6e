/**
 * Reads list files whole: opens archives, picks the members, tells the format and feeds the list reader.
 * Refuses to know the store, categories' meaning and what the list will do.
 */
import { basename } from 'node:path';
import { detectFormat, type LineFormat } from '../matching/list-format.js';
import { createListReader, type BadLine, type ListReader } from '../matching/list-reader.js';
import { openMembers, type ArchiveLimits, type Member, type OpenOptions } from './archive.js';
import { formatOfFile, planLayout, type ImportFormat, type Layout } from './formats/layout.js';
import { readV2fly } from './formats/v2fly.js';
import { ListError } from './list-error.js';
import { readLines } from './lines.js';

/** Lines a list may have; the biggest public ones have four million. */
const MAX_LINES = 8_000_000;
/** Lines looked at to tell the format. */
const SAMPLE_LINES = 5_000;

export interface ReadFilesOptions {
  readonly format: ImportFormat;
  readonly category: string | null;
  readonly allow: boolean;
  readonly only: readonly string[] | null;
  readonly limits?: ArchiveLimits;
  readonly maxLines?: number;
  readonly onBytes?: (done: number, total: number) => void;
}

export interface ReadFiles {
  readonly reader: ListReader;
  /** Formats met, in order: `hosts`, `ut1`, `rpz` … */
  readonly formats: readonly string[];
  /** Parts taken out of collections (UT1 folders, v2fly files); empty for plain lists. */
  readonly parts: readonly string[];
  /** Archive members that were not read. */
  readonly ignored: number;
}

/** Reads all files into one list. Nothing is kept of the files but the reader's books. */
export async function readFiles(paths: readonly string[], options: ReadFilesOptions): Promise<ReadFiles> {
  const reader = createListReader({ allow: options.allow });
  const formats = new Set<string>();
  const parts: string[] = [];
  let ignored = 0;
  let lines = 0;
  const most = options.maxLines ?? MAX_LINES;
  const counted = countLines(reader, () => {
    if (++lines > most) throw tooManyLines(most);
  });
  for (const path of paths) {
    const layout = await readOne(path, options, counted, formats);
    if (layout === null) continue;
    ignored += layout.ignored;
    formats.add(layout.kind === 'bundle' ? 'archive' : layout.kind);
    parts.push(...layout.parts);
  }
  return { reader, formats: [...formats], parts, ignored };
}

function tooManyLines(most: number): ListError {
  return new ListError(
    'too-many-lines',
    `Danh sách dài hơn ${most.toLocaleString('vi-VN')} dòng; không nhập gì cả.`,
    `The list has more than ${most.toLocaleString('en-US')} lines; nothing was imported.`,
  );
}

function countLines(reader: ListReader, onLine: () => void): ListReader {
  return {
    ...reader,
    push(line) {
      onLine();
      reader.push(line);
    },
  };
}

/** @returns the layout of an archive, null for a file that stands alone */
async function readOne(path: string, options: ReadFilesOptions, reader: ListReader, formats: Set<string>): Promise<Layout | null> {
  const opening: OpenOptions = {
    ...(options.limits === undefined ? {} : { limits: options.limits }),
    ...(options.onBytes === undefined ? {} : { onBytes: options.onBytes }),
  };
  const names: string[] = [];
  for await (const member of openMembers(path, opening)) {
    if (member.alone) {
      formats.add(await readMember(member, formatOfFile(member.name, options.format), reader));
      return null;
    }
    names.push(member.name);
  }
  const layout = planLayout(names, { archive: basename(path), format: options.format, category: options.category, allow: options.allow, only: options.only });
  if (layout.members.size === 0) {
    throw new ListError('no-lists', `${basename(path)} không chứa danh sách tên nào.`, `${basename(path)} holds no list of hosts.`);
  }
  if (layout.kind === 'v2fly') await readV2flyFiles(path, opening, layout, reader);
  else {
    for await (const member of openMembers(path, opening)) {
      const format = layout.members.get(member.name);
      if (format === undefined) continue;
      const found = await readMember(member, format, reader);
      if (layout.kind === 'bundle') formats.add(found);
    }
  }
  return layout;
}

async function readMember(member: Member, known: LineFormat | null, reader: ListReader): Promise<LineFormat> {
  let format = known;
  let sample: (string | BadLine)[] = [];
  const start = (): LineFormat => {
    const found = known ?? detectFormat(sample.filter((line) => typeof line === 'string'));
    reader.open(member.name, found);
    for (const line of sample) reader.push(line);
    sample = [];
    return found;
  };
  if (format !== null) start();
  for await (const lines of readLines(member.bytes, member.name)) {
    if (format !== null) {
      for (const line of lines) reader.push(line);
      continue;
    }
    for (const line of lines) sample.push(line);
    if (sample.length >= SAMPLE_LINES) format = start();
  }
  return format ?? start();
}

/** v2fly's files refer to one another, so they are held in memory together (the whole collection is 3 MiB). */
async function readV2flyFiles(path: string, opening: OpenOptions, layout: Layout, reader: ListReader): Promise<void> {
  const files = new Map<string, (string | BadLine)[]>();
  let lines = 0;
  for await (const member of openMembers(path, opening)) {
    const all: (string | BadLine)[] = [];
    for await (const batch of readLines(member.bytes, member.name)) {
      for (const line of batch) all.push(line);
      lines += batch.length;
      if (lines > MAX_LINES) throw tooManyLines(MAX_LINES);
    }
    files.set(basename(member.name), all);
  }
  readV2fly([...layout.members.keys()].map((name) => basename(name)), files, reader);
}
