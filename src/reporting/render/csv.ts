/**
 * The report as one flat CSV table (RFC 4180, UTF-8 with BOM so that Excel reads Vietnamese): one row a number, its table named in
 * the first column, to be filtered there. No cell can become a formula (ASVS 1.2.10).
 */
import { profileName, type Report, type Sums } from '../report.js';

const HEADS = ['Bảng', 'Thời gian', 'Hồ sơ lọc', 'Nhóm nội dung', 'Kết quả', 'Lý do', 'Số lượt', 'Byte gửi đi', 'Byte nhận về', 'Ghi chú'] as const;

const ACTIONS: Readonly<Record<string, string>> = { allow: 'cho phép', restrict: 'hạn chế', block: 'chặn', fail: 'lỗi kết nối', any: 'tất cả' };

interface Line {
  readonly table: string;
  readonly time?: string;
  readonly profile?: string;
  readonly category?: string;
  readonly action?: string;
  readonly reason?: string;
  readonly count?: number | string;
  readonly up?: number;
  readonly down?: number;
  readonly note?: string;
}

export function toCsv(report: Report): string {
  const time = `${report.period.from} – ${report.period.to}`;
  const lines: Line[] = [
    { table: 'Trường', time, note: report.school.name },
    ...sums('Tổng hợp', { time }, report.totals),
    ...report.profiles.flatMap((row) => sums('Theo hồ sơ lọc', { time, profile: row.name }, row)),
    ...report.cells.map((row): Line => ({
      table: 'Theo nhóm nội dung', time, profile: nameOf(report, row.profile), category: categoryText(row.category, row.name),
      action: actionText(row.action), count: row.requests, up: row.bytesUp, down: row.bytesDown,
    })),
    ...report.months.flatMap((row) => sums('Theo tháng', { time: row.month }, row)),
    ...report.days.flatMap((row) => sums('Theo ngày', { time: row.day }, row)),
    ...report.reasons.map((row): Line => ({ table: 'Theo lý do', time, action: actionText(row.action), reason: row.reason, count: row.requests })),
    {
      table: 'Khai thác học liệu', time, category: report.learning.category, count: report.learning.requests,
      note: report.learning.share === null ? '' : `${(report.learning.share * 100).toFixed(2).replace('.', ',')} % lượt được mở`,
    },
    ...unblock(report, time),
    ...report.devices.map((row): Line => ({
      table: 'Thiết bị trong ngày đông nhất', time, profile: nameOf(report, row.profile), category: row.category ?? '',
      action: actionText(row.action), count: row.busiestDay,
    })),
    ...report.overrides.map((row): Line => ({
      table: 'Ô nhà trường đã đổi', profile: nameOf(report, row.profile), category: row.category, action: row.cell, note: row.reason,
    })),
    ...report.leftOut.map((text): Line => ({ table: 'Không nêu trong báo cáo', note: text })),
  ];
  return `\uFEFF${[HEADS, ...lines.map(cells)].map((row) => row.map(csvCell).join(',')).join('\r\n')}\r\n`;
}

/** The total of a group and its four parts. */
function sums(table: string, what: Pick<Line, 'time' | 'profile'>, of: Sums): Line[] {
  return [
    { table, ...what, action: 'tất cả', count: of.requests, up: of.bytesUp, down: of.bytesDown },
    { table, ...what, action: 'cho phép', count: of.allowed },
    { table, ...what, action: 'hạn chế', count: of.restricted },
    { table, ...what, action: 'chặn', count: of.blocked },
    { table, ...what, action: 'lỗi kết nối', count: of.failed },
  ];
}

function unblock({ unblock: counts }: Report, time: string): Line[] {
  const table = 'Yêu cầu mở trang';
  return [
    { table, time, action: 'đã nhận', count: counts.received },
    { table, time, action: 'chấp thuận', count: counts.approved },
    { table, time, action: 'từ chối', count: counts.rejected },
    { table, time, action: 'hết hạn', count: counts.expired },
    { table, time, action: 'đang chờ', count: counts.open },
  ];
}

function nameOf(report: Report, profile: string | null): string {
  return profileName({ profiles: report.profiles.flatMap(({ profile: id, name }) => (id === null ? [] : [{ id, name }])) }, profile);
}

function categoryText(code: string | null, name: string): string {
  if (code === null) return '(không thuộc nhóm nào)';
  return name === '' ? code : `${name} (${code})`;
}

function actionText(action: string): string {
  return ACTIONS[action] ?? action;
}

function cells(line: Line): readonly (string | number)[] {
  return [
    line.table, line.time ?? '', line.profile ?? '', line.category ?? '', line.action ?? '', line.reason ?? '',
    line.count ?? '', line.up ?? '', line.down ?? '', line.note ?? '',
  ];
}

/** A text that a spreadsheet would take for a formula gets an apostrophe; quotes are doubled; line breaks become spaces. */
export function csvCell(value: string | number): string {
  if (typeof value === 'number') return String(value);
  const flat = value.replace(/[\r\n\t\u0000-\u001f\u007f]+/g, ' ');
  const safe = /^\s*[=+\-@＝＋－＠]/.test(flat) ? `'${flat}` : flat;
  return /[",;\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}
