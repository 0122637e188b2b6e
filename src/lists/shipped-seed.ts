/**
 * The text form of a block seed (rules/block/<category>.txt): a header of comments, then one entry a line.
 * Pure; refuses to know what an entry means.
 */
import { ShippedError } from './shipped-file.js';

export interface Seed {
  readonly source: string;
  /** ISO date of the header. */
  readonly date: string;
  readonly license: string | null;
  readonly entries: readonly { readonly text: string; readonly line: number }[];
}

const HEADERS = ['Nhóm', 'Nguồn', 'Ngày'] as const;

export function parseSeed(file: string, category: string, body: string): Seed {
  const header = new Map<string, { value: string; line: number }>();
  const entries: { text: string; line: number }[] = [];
  for (const [index, raw] of body.split(/\r?\n/).entries()) {
    const line = index + 1;
    const row = raw.trim();
    if (row === '') continue;
    if (row.startsWith('#')) {
      const field = /^#\s*([^:]+?)\s*:\s*(.+)$/.exec(row);
      if (field?.[1] !== undefined && field[2] !== undefined && entries.length === 0 && !header.has(field[1])) header.set(field[1], { value: field[2], line });
      continue;
    }
    entries.push({ text: row.replace(/\s+#.*$/, ''), line });
  }
  for (const name of HEADERS) {
    if (!header.has(name)) {
      throw new ShippedError('header', { file }, `thiếu dòng "# ${name}:" ở đầu tệp.`, `the line "# ${name}:" is missing at the top.`);
    }
  }
  const group = header.get('Nhóm');
  if (group !== undefined && group.value.split(/[\s—-]/)[0] !== category) {
    throw new ShippedError('header', { file, line: group.line }, `"# Nhóm:" phải bắt đầu bằng mã ${category} như tên tệp.`, `"# Nhóm:" must start with the code ${category}, as the file name does.`);
  }
  const date = header.get('Ngày');
  if (date === undefined || !/^\d{4}-\d{2}-\d{2}$/.test(date.value) || Number.isNaN(Date.parse(date.value))) {
    throw new ShippedError('header', { file, line: date?.line ?? null }, '"# Ngày:" phải có dạng năm-tháng-ngày.', '"# Ngày:" must be written year-month-day.');
  }
  return { source: header.get('Nguồn')?.value ?? '', date: date.value, license: header.get('Giấy phép')?.value ?? null, entries };
}
