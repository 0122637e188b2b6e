/**
 * A table as people send it (CSV of any of the usual kinds, or XLSX) → rows of texts with the line each came from, and back. Owns the bounds: how many
 * bytes, lines, columns. Refuses to know what the columns mean.
 */
import { Refused } from '../refused.js';
import { readWorkbook, WorkbookError } from './workbook.js';

export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly line: number; readonly cells: readonly string[] }[];
}

export const MOST_BYTES = 2 * 2 ** 20;
const MOST_ROWS = 2_000;
const MOST_COLUMNS = 40;
const MOST_CELL = 2_000;

/** @throws Refused with one sentence */
export async function readTable(bytes: Uint8Array): Promise<Table> {
  if (bytes.length === 0) throw no('Tệp rỗng.', 'The file is empty.');
  if (bytes.length > MOST_BYTES) throw no(`Tệp lớn quá ${MOST_BYTES / 2 ** 20} MiB.`, `The file is larger than ${MOST_BYTES / 2 ** 20} MiB.`);
  const lines = bytes[0] === 0x50 && bytes[1] === 0x4b ? await readXlsx(bytes) : readCsv(decodeText(bytes));
  const filled = lines.filter(({ cells }) => cells.some((cell) => cell !== ''));
  const [head, ...rows] = filled;
  if (head === undefined) throw no('Tệp không có dòng nào.', 'The file has no line.');
  if (rows.length > MOST_ROWS) throw no(`Tệp có quá ${MOST_ROWS} dòng.`, `The file has more than ${MOST_ROWS} lines.`);
  const wide = filled.find(({ cells }) => cells.length > MOST_COLUMNS);
  if (wide !== undefined) throw no(`Dòng ${wide.line} có quá ${MOST_COLUMNS} cột.`, `Line ${wide.line} has more than ${MOST_COLUMNS} columns.`);
  const long = filled.find(({ cells }) => cells.some((cell) => cell.length > MOST_CELL));
  if (long !== undefined) throw no(`Dòng ${long.line} có ô dài quá ${MOST_CELL} ký tự.`, `Line ${long.line} has a cell of more than ${MOST_CELL} characters.`);
  return { columns: head.cells, rows };
}

interface Line {
  readonly line: number;
  readonly cells: readonly string[];
}

/**
 * UTF-8 with or without a mark, UTF-16 with one (Excel's "Unicode text"), else Windows-1258, which old Vietnamese Excel writes: there the tones are signs of
 * their own that come after the letter, and NFC puts them back together.
 */
export function decodeText(bytes: Uint8Array): string {
  const [a, b, c] = bytes;
  const label = a === 0xff && b === 0xfe ? 'utf-16le' : a === 0xfe && b === 0xff ? 'utf-16be' : a === 0xef && b === 0xbb && c === 0xbf ? 'utf-8' : null;
  if (label !== null) return new TextDecoder(label).decode(bytes).normalize('NFC');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).normalize('NFC');
  } catch {
    return new TextDecoder('windows-1258').decode(bytes).normalize('NFC');
  }
}

/** RFC 4180 with the separator people's Excel chose: semicolon, comma or tab, told by the first line. */
export function readCsv(text: string): Line[] {
  const told = /^sep=(.)\r?\n/i.exec(text);
  const body = told === null ? text : text.slice(told[0].length);
  const separator = told?.[1] ?? separatorOf(body);
  const lines: Line[] = [];
  let cells: string[] = [];
  let cell = '';
  let quoted = false;
  let line = told === null ? 1 : 2;
  let began = line;
  const endCell = (): void => {
    cells.push(clean(cell));
    cell = '';
  };
  const endLine = (): void => {
    endCell();
    lines.push({ line: began, cells });
    cells = [];
  };
  for (let i = 0; i < body.length; i++) {
    const sign = body[i] ?? '';
    if (quoted) {
      if (sign === '\n') line += 1;
      if (sign !== '"') cell += sign;
      else if (body[i + 1] === '"') {
        cell += '"';
        i += 1;
      } else quoted = false;
    } else if (sign === '"' && cell.trim() === '') {
      quoted = true;
      cell = '';
    } else if (sign === separator) endCell();
    else if (sign === '\n' || (sign === '\r' && body[i + 1] !== '\n')) {
      endLine();
      line += 1;
      began = line;
      if (lines.length > MOST_ROWS + 1_000) break;
    } else if (sign !== '\r') cell += sign;
  }
  if (quoted) throw no(`Dòng ${began}: dấu ngoặc kép mở mà không đóng.`, `Line ${began}: a quotation mark is opened and never closed.`);
  if (cell !== '' || cells.length > 0) endLine();
  return lines;
}

function separatorOf(text: string): string {
  const head = text.slice(0, 4_000).split(/\r?\n/).find((line) => line.trim() !== '')?.replace(/"[^"]*"/g, '') ?? '';
  const count = (sign: string): number => head.split(sign).length - 1;
  return [';', ',', '\t'].reduce((best, sign) => (count(sign) > count(best) ? sign : best), ';');
}

/** Without the mark that keeps a spreadsheet from taking a text for a formula (see `csvText`). */
function clean(cell: string): string {
  return cell.replace(/^'(?=[=+\-@\t\r])/, '').replace(/[\u00a0\u200b\ufeff]/g, ' ').trim();
}

async function readXlsx(bytes: Uint8Array): Promise<Line[]> {
  try {
    const rows = await readWorkbook(bytes, MOST_ROWS + 2, MOST_COLUMNS + 1);
    if (rows === null) throw no('Tệp Excel không có trang tính nào.', 'The workbook has no sheet.');
    return rows.map(({ line, cells }) => ({ line, cells: cells.map((cell) => clean(cell.normalize('NFC'))) }));
  } catch (error) {
    if (!(error instanceof WorkbookError)) throw error;
    throw error.code === 'too-big' ? tooBig() : notAWorkbook();
  }
}

/** For Excel as it is set up in Vietnam: UTF-8 with its mark, semicolons. A text that a spreadsheet would run as a formula is marked as text (OWASP, CSV injection). */
export function csvText(rows: readonly (readonly string[])[]): string {
  const cell = (text: string): string => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return /[";\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
  };
  return `\ufeff${rows.map((row) => row.map(cell).join(';')).join('\r\n')}\r\n`;
}

/** Cells are texts, never formulas, whatever they begin with. */
export async function xlsxBytes(name: string, rows: readonly (readonly string[])[]): Promise<Uint8Array<ArrayBuffer>> {
  const { default: excel } = await import('exceljs');
  const workbook = new excel.Workbook();
  const sheet = workbook.addWorksheet(name);
  sheet.addRows(rows.map((row) => [...row]));
  sheet.getRow(1).font = { bold: true };
  sheet.columns.forEach((column, i) => {
    column.width = Math.min(48, Math.max(12, ...rows.map((row) => (row[i] ?? '').length + 2)));
    column.numFmt = '@';
  });
  return new Uint8Array(await workbook.xlsx.writeBuffer());
}

function no(vi: string, en: string): Refused {
  return new Refused('input', { vi, en }, new Map([['file', { vi, en }]]));
}

function notAWorkbook(): Refused {
  return no('Không đọc được tệp Excel này; hãy lưu lại dạng .xlsx hoặc .csv rồi thử lại.', 'This workbook could not be read; save it as .xlsx or .csv and try again.');
}

function tooBig(): Refused {
  return no('Tệp Excel mở ra lớn quá mức; hãy xóa trang tính, hình không cần rồi lưu lại.', 'The workbook unpacks to far too much; remove sheets and pictures that are not needed.');
}
