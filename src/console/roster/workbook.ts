/**
 * The first sheet of an XLSX file as rows of texts. Owns the two formats in it (the ZIP directory, the few elements of SpreadsheetML that hold what cells
 * say) and reads each in one pass within bounds; all else in the file is passed over. A library that builds the whole workbook can't be let near a file
 * somebody sent: merged cells, drop-down lists and names are told as ranges, and one of 60 bytes names seventeen thousand million cells, each of which it visits.
 * Refuses to know columns, and words for people.
 */
import { inflateRawSync } from 'node:zlib';

export class WorkbookError extends Error {
  constructor(readonly code: 'unreadable' | 'too-big') {
    super(code);
  }
}

export interface WorkbookRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A workbook of two thousand rows unpacks to well under this. */
const MOST_UNPACKED = 24 * 2 ** 20;
const MOST_PARTS = 400;

/**
 * @returns at most `mostRows` rows that hold anything, of at most `mostColumns` cells; null: the file has no sheet
 * @throws WorkbookError
 */
export function readWorkbook(bytes: Uint8Array, mostRows: number, mostColumns: number): WorkbookRow[] | null {
  const part = partsOf(bytes);
  const book = part('xl/workbook.xml');
  if (book === null) throw new WorkbookError('unreadable');
  const sheet = firstSheet(book, part('xl/_rels/workbook.xml.rels') ?? '');
  if (sheet === null) return null;
  const cells = part(sheet);
  if (cells === null) throw new WorkbookError('unreadable');
  return rowsOf(cells, sharedTexts(part('xl/sharedStrings.xml') ?? ''), mostRows, mostColumns);
}

/** What a part says of its own size is not believed (a bomb says little): it is unpacked under what is left of one cap for all. */
function partsOf(bytes: Uint8Array): (name: string) => string | null {
  const file = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const places = new Map<string, { readonly method: number; readonly packed: number; readonly local: number }>();
  let left = MOST_UNPACKED;
  const within = <T>(read: () => T): T => {
    try {
      return read();
    } catch (error) {
      if (error instanceof WorkbookError) throw error;
      throw new WorkbookError((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too-big' : 'unreadable');
    }
  };
  within(() => {
    const end = file.lastIndexOf(Buffer.from([0x50, 0x4b, 5, 6]));
    const count = file.readUInt16LE(end + 10);
    if (end < 0) throw new WorkbookError('unreadable');
    if (count > MOST_PARTS) throw new WorkbookError('too-big');
    let at = file.readUInt32LE(end + 16);
    for (let i = 0; i < count; i++) {
      if (file.readUInt32LE(at) !== 0x0201_4b50) throw new WorkbookError('unreadable');
      const nameEnd = at + 46 + file.readUInt16LE(at + 28);
      places.set(file.toString('utf8', at + 46, nameEnd), { method: file.readUInt16LE(at + 10), packed: file.readUInt32LE(at + 20), local: file.readUInt32LE(at + 42) });
      at = nameEnd + file.readUInt16LE(at + 30) + file.readUInt16LE(at + 32);
    }
  });
  return (name) => {
    const place = places.get(name);
    if (place === undefined) return null;
    const { method, packed, local } = place;
    return within(() => {
      const from = local + 30 + file.readUInt16LE(local + 26) + file.readUInt16LE(local + 28);
      const data = file.subarray(from, from + packed);
      if (method !== 0 && method !== 8) throw new WorkbookError('unreadable');
      const whole = method === 0 ? data : inflateRawSync(data, { maxOutputLength: Math.max(1, left) });
      left -= whole.length;
      if (left <= 0) throw new WorkbookError('too-big');
      return new TextDecoder('utf-8', { fatal: true }).decode(whole);
    });
  };
}

const ATTRIBUTES = {
  id: /\s(?:[\w.-]{1,64}:)?id=(?:"([^"]*)"|'([^']*)')/,
  Id: /\sId=(?:"([^"]*)"|'([^']*)')/,
  Target: /\sTarget=(?:"([^"]*)"|'([^']*)')/,
  r: /\sr=(?:"([^"]*)"|'([^']*)')/,
  t: /\st=(?:"([^"]*)"|'([^']*)')/,
} as const;

type Tag = (name: string, opens: boolean, closes: boolean, attribute: (name: keyof typeof ATTRIBUTES) => string | null, textBefore: () => string) => boolean;

/** Walks the tags of an XML text once; no entity is ever declared, so none can grow. `seen` says false to stop. */
function walk(xml: string, seen: Tag): void {
  let textFrom = 0;
  for (let at = xml.indexOf('<'); at >= 0; at = xml.indexOf('<', textFrom)) {
    const comment = xml.startsWith('<!--', at);
    if (!comment && xml[at + 1] === '!') throw new WorkbookError('unreadable');
    const end = xml.indexOf(comment ? '-->' : '>', at);
    if (end < 0) throw new WorkbookError('unreadable');
    const tag = xml.slice(at + 1, end);
    const before = textFrom;
    textFrom = end + (comment ? 3 : 1);
    if (comment || tag.startsWith('?')) continue;
    const name = /^\/?(?:[\w.-]{1,64}:)?([\w.-]{1,64})/.exec(tag)?.[1] ?? '';
    const attribute = (wanted: keyof typeof ATTRIBUTES): string | null => {
      const found = ATTRIBUTES[wanted].exec(tag.slice(0, 4_096));
      return found === null ? null : plain(found[1] ?? found[2] ?? '');
    };
    if (!seen(name, !tag.startsWith('/'), tag.startsWith('/') || tag.endsWith('/'), attribute, () => plain(xml.slice(before, at)))) return;
  }
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function plain(text: string): string {
  return text.replace(/&(?:#(\d{1,7})|#x([0-9a-f]{1,6})|(lt|gt|amp|quot|apos));/gi, (_all, decimal?: string, hex?: string, name?: string) => {
    if (name !== undefined) return ENTITIES[name.toLowerCase()] ?? '';
    const point = decimal === undefined ? parseInt(hex ?? '', 16) : Number(decimal);
    return point > 0 && point <= 0x10_ffff ? String.fromCodePoint(point) : '\ufffd';
  });
}

function firstSheet(book: string, relations: string): string | null {
  let id: string | null = null;
  let found = false;
  walk(book, (name, opens, _closes, attribute) => {
    found = name === 'sheet' && opens;
    if (found) id = attribute('id');
    return !found;
  });
  if (!found) return null;
  let target = 'worksheets/sheet1.xml';
  walk(relations, (name, opens, _closes, attribute) => {
    if (name !== 'Relationship' || !opens || attribute('Id') !== id) return true;
    target = attribute('Target') ?? target;
    return false;
  });
  return target.startsWith('/') ? target.slice(1) : `xl/${target.replace(/^\.\//, '')}`;
}

/** Texts that cells name by number; how a word is read out (`rPh`) is no part of it. */
function sharedTexts(xml: string): string[] {
  const texts: string[] = [];
  let text = '';
  let spoken = false;
  walk(xml, (name, opens, closes, _attribute, textBefore) => {
    if (name === 'rPh') spoken = opens && !closes;
    else if (name === 't' && !opens && !spoken) text += textBefore();
    else if (name === 'si' && closes) {
      texts.push(text);
      text = '';
    }
    return true;
  });
  return texts;
}

function rowsOf(xml: string, shared: readonly string[], mostRows: number, mostColumns: number): WorkbookRow[] {
  const rows: WorkbookRow[] = [];
  let line = 0;
  let cells: string[] = [];
  let column = -1;
  let type: string | null = null;
  let text = '';
  walk(xml, (name, opens, closes, attribute, textBefore) => {
    if (name === 'row' && opens) {
      const said = Number(attribute('r') ?? line + 1);
      line = Number.isSafeInteger(said) && said > line ? said : line + 1;
      cells = [];
      column = -1;
    }
    if (name === 'c' && opens) {
      column = columnOf(attribute('r')) ?? column + 1;
      type = attribute('t');
      text = '';
    }
    if ((name === 'v' || name === 't') && !opens) text += textBefore();
    if (name === 'c' && closes && column < mostColumns) {
      const value = shown(type, text, shared);
      if (value !== '') {
        while (cells.length < column) cells.push('');
        cells[column] = value;
      }
    }
    if (name === 'row' && closes && cells.some((cell) => cell.trim() !== '')) rows.push({ line, cells });
    return rows.length < mostRows && !(name === 'sheetData' && closes);
  });
  return rows;
}

/** "AB12" → 27. */
function columnOf(reference: string | null): number | null {
  const letters = /^([A-Z]{1,3})\d+$/.exec(reference ?? '')?.[1];
  if (letters === undefined) return null;
  let column = 0;
  for (const letter of letters) column = column * 26 + letter.charCodeAt(0) - 64;
  return column - 1;
}

function shown(type: string | null, text: string, shared: readonly string[]): string {
  if (type === 's') return shared[Number(text)] ?? '';
  if (type === 'b') return text === '1' ? 'TRUE' : 'FALSE';
  if (type !== null && type !== 'n') return text;
  // as it stands in the cell, not as it is stored: 3140, not 3.14E3
  const number = Number(text);
  return text.trim() === '' || !Number.isFinite(number) ? text : String(number);
}
