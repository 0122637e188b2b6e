/**
 * The first sheet of an XLSX file as rows of texts. Owns the few elements of SpreadsheetML that hold what cells say, reads them in one pass
 * within bounds, and passes over all else in the file; the ZIP around them is yauzl's. A library that builds the whole workbook can't be let near a file
 * somebody sent: merged cells, drop-down lists and names are told as ranges, and one of 60 bytes names seventeen thousand million cells, each of which it visits.
 * Refuses to know columns, and words for people.
 */
import { fromBufferPromise, type Entry } from 'yauzl';

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
export async function readWorkbook(bytes: Uint8Array, mostRows: number, mostColumns: number): Promise<WorkbookRow[] | null> {
  const part = await partsOf(bytes);
  const book = await part('xl/workbook.xml');
  if (book === null) throw new WorkbookError('unreadable');
  const sheet = firstSheet(book, (await part('xl/_rels/workbook.xml.rels')) ?? '');
  if (sheet === null) return null;
  const cells = await part(sheet);
  if (cells === null) throw new WorkbookError('unreadable');
  return rowsOf(cells, sharedTexts((await part('xl/sharedStrings.xml')) ?? ''), mostRows, mostColumns);
}

/** What a part says of its own size is not believed (a bomb says little): it is unpacked under what is left of one cap for all. */
async function partsOf(bytes: Uint8Array): Promise<(name: string) => Promise<string | null>> {
  const zip = await orUnreadable(() => fromBufferPromise(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), { lazyEntries: true, decodeStrings: false, validateEntrySizes: false }));
  if (zip.entryCount > MOST_PARTS) throw new WorkbookError('too-big');
  const entries = new Map<string, Entry>();
  await orUnreadable(async () => {
    for await (const entry of zip.eachEntry()) entries.set(entry.fileNameRaw.toString('utf8'), entry);
  });
  let left = MOST_UNPACKED;
  return async (name) => {
    const entry = entries.get(name);
    if (entry === undefined) return null;
    return orUnreadable(async () => {
      const chunks: Buffer[] = [];
      for await (const chunk of await zip.openReadStreamPromise(entry)) {
        left -= (chunk as Buffer).length;
        if (left <= 0) throw new WorkbookError('too-big');
        chunks.push(chunk as Buffer);
      }
      return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks));
    });
  };
}

async function orUnreadable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (error instanceof WorkbookError) throw error;
    throw new WorkbookError('unreadable');
  }
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
