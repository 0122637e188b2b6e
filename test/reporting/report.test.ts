/** The report: every table adds up, what is told for the whole school only is told nowhere else, and no cell is a formula. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dayStart, parseDay } from '../../src/local-time.js';
import { buildReport, WHOLE_PERIOD_ONLY, type Report, type ReportInput, type Sums } from '../../src/reporting/report.js';
import { toCsv } from '../../src/reporting/render/csv.js';
import { toJson } from '../../src/reporting/render/json.js';
import type { RollupRow } from '../../src/store/rows.js';
import { event, MONDAY_8, tempStore } from '../store/fixture.js';

const DAY = 86_400_000;
const FROM = parseDay('2026-11-23') ?? 0;

const CATEGORIES: ReportInput['categories'] = [
  { code: 'csam', name: 'Xâm hại tình dục trẻ em', privacy: 'count' },
  { code: 'tuhai', name: 'Tự hại', privacy: 'count' },
  { code: 'khieudam', name: 'Khiêu dâm', privacy: 'count' },
  { code: 'mxh', name: 'Mạng xã hội', privacy: 'domain' },
  { code: 'hoclieu', name: 'Giáo dục', privacy: 'domain' },
];
const PROFILES = [{ id: 'lop-1-3', name: 'Lớp 1–3' }, { id: 'thcs', name: 'THCS' }, { id: 'thi', name: 'Bài thi' }];

function input(patch: Partial<ReportInput> = {}): ReportInput {
  return {
    school: { name: 'THCS Giảng Võ', code: null, ward: 'Giảng Võ' }, fromMs: FROM, toMs: FROM + 30 * DAY, generatedMs: MONDAY_8,
    profiles: PROFILES, categories: CATEGORIES, days: [], devices: [], requests: { received: 0, approved: 0, rejected: 0, expired: 0, open: 0 }, overrides: [], ...patch,
  };
}

function row(patch: Partial<RollupRow> = {}): RollupRow {
  return {
    fromMs: FROM, zone: null, profile: 'thcs', category: 'mxh', action: 'block', layer: 'category', reason: 'category-blocked', channel: 'http',
    requests: 1, bytesUp: 1, bytesDown: 1, ...patch,
  };
}

const anyRow: fc.Arbitrary<RollupRow> = fc.record({
  fromMs: fc.integer({ min: -3, max: 40 }).map((day) => FROM + day * DAY),
  zone: fc.constantFrom(null, 'A'),
  profile: fc.constantFrom('lop-1-3', 'thcs', 'khac'),
  category: fc.constantFrom(null, 'csam', 'tuhai', 'khieudam', 'mxh', 'hoclieu'),
  action: fc.constantFrom('allow', 'block', 'restrict', 'fail'),
  layer: fc.constant('category'),
  reason: fc.constantFrom('category-open', 'category-blocked'),
  channel: fc.constantFrom('http', 'tunnel'),
  requests: fc.integer({ min: 1, max: 1e6 }),
  bytesUp: fc.nat(1e9),
  bytesDown: fc.nat(1e9),
});

const total = (rows: readonly { readonly requests: number }[]): number => rows.reduce((sum, each) => sum + each.requests, 0);
const parts = (sums: Sums): number => sums.allowed + sums.restricted + sums.blocked + sums.failed;

describe('the report', () => {
  it('adds up in every table, and counts the period and nothing else (seeded property)', () => {
    let withWholeSchool = 0;
    fc.assert(
      fc.property(fc.array(anyRow, { maxLength: 60, size: 'max' }), (days) => {
        const report = buildReport(input({ days }));
        const inside = days.filter((each) => each.fromMs >= FROM && each.fromMs < FROM + 30 * DAY);
        expect(report.totals.requests).toBe(total(inside));
        for (const table of [report.profiles, report.cells, report.months, report.days, report.reasons]) expect(total(table)).toBe(report.totals.requests);
        for (const sums of [report.totals, ...report.profiles, ...report.months, ...report.days]) expect(parts(sums)).toBe(sums.requests);
        for (const key of ['bytesUp', 'bytesDown'] as const) {
          for (const table of [report.profiles, report.cells, report.months, report.days]) {
            expect(table.reduce((sum, each) => sum + each[key], 0)).toBe(report.totals[key]);
          }
        }
        // A profile's total is exactly its cells: nothing hidden can be had by subtraction.
        for (const each of report.profiles) expect(total(report.cells.filter((cell) => cell.profile === each.profile))).toBe(each.requests);
        for (const cell of report.cells) expect(cell.profile === null).toBe(cell.category !== null && WHOLE_PERIOD_ONLY.includes(cell.category));
        if (report.profiles.some((each) => each.profile === null)) withWholeSchool += 1;
      }),
      { seed: 11, numRuns: 200 },
    );
    expect(withWholeSchool).toBeGreaterThan(50);
  });

  it('equals a script of events replayed through the store', () => {
    const store = tempStore();
    const script = [
      ...Array.from({ length: 30 }, () => event({ category: 'hoclieu', action: 'allow' as const })),
      ...Array.from({ length: 12 }, () => event({ category: 'mxh', action: 'block' as const, reason: 'category-blocked' as const })),
      ...Array.from({ length: 10 }, () => event({ category: 'mxh', action: 'restrict' as const, reason: 'category-restricted' as const, profile: 'lop-1-3' })),
      ...Array.from({ length: 4 }, () => event({ category: 'tuhai', action: 'block' as const, reason: 'category-blocked' as const, domain: null })),
      event({ action: 'fail', reason: 'connect-timeout' }),
      event({ minute: (FROM - 60_000) / 60_000 }),
    ];
    for (const each of script) store.events.addBatch([each], []);
    const report = buildReport(input({ days: store.events.days(FROM, FROM + 30 * DAY) }));
    expect(report.totals).toMatchObject({ requests: 57, allowed: 30, restricted: 10, blocked: 16, failed: 1, bytesUp: 5_700, bytesDown: 114_000 });
    expect(report.learning).toEqual({ category: 'hoclieu', requests: 30, share: 0.75 });
    expect(report.profiles.map(({ profile, requests }) => [profile, requests])).toEqual([['lop-1-3', 10], ['thcs', 43], ['thi', 0], [null, 4]]);
    expect(report.days.map(({ day, requests }) => [day, requests])).toEqual([['2026-11-23', 57]]);
    expect(report.months.map(({ month }) => month)).toEqual(['2026-11']);
    expect(report.period).toEqual({ from: '2026-11-23', to: '2026-12-22', days: 30 });
    expect(report.generated).toBe('2026-11-23T08:00:00+07:00');
  });

  it('prints devices below ten as “<10”, and none of intimate categories', () => {
    const device = (category: string | null, devices: number, day = 0, action = 'block') => ({ dayMs: dayStart(FROM + day * DAY), profile: 'thcs', category, action, devices });
    const report = buildReport(input({ devices: [device('mxh', 9), device('mxh', 3, 1), device(null, 10, 0, 'any'), device(null, 41, 2, 'any'), device('tuhai', 60), device('khieudam', 60), device('mxh', 90, 31)] }));
    expect(report.devices).toEqual([
      { profile: 'thcs', category: 'mxh', action: 'block', busiestDay: '<10' },
      { profile: 'thcs', category: null, action: 'any', busiestDay: 41 },
    ]);
  });

  it('is the same bytes for the same rows in another order', () => {
    const days = [row(), row({ profile: 'lop-1-3' }), row({ category: 'tuhai' }), row({ fromMs: FROM + DAY, action: 'allow', reason: 'category-open' })];
    expect(toJson(buildReport(input({ days: [...days].reverse() })))).toBe(toJson(buildReport(input({ days }))));
  });

  it('of nothing is a report of nothing', () => {
    const report = buildReport(input());
    expect([report.totals.requests, report.learning.share, report.days, report.profiles.length]).toEqual([0, null, [], 3]);
  });

  it('as JSON says its schema and reads back', () => {
    const report = buildReport(input({ days: [row()] }));
    expect(JSON.parse(toJson(report))).toEqual(report);
    expect(report.schema).toBe('luytre.report/1');
    expect(toJson(report).endsWith('}\n')).toBe(true);
  });
});

/** RFC 4180, read strictly. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let field = '';
  let quoted = false;
  for (let i = 1; i < text.length; i++) {
    const char = text[i] ?? '';
    if (quoted) {
      if (char !== '"') field += char;
      else if (text[i + 1] === '"') {
        field += '"';
        i += 1;
      } else quoted = false;
    } else if (char === '"') quoted = true;
    else if (char === ',' || char === '\r') {
      rows.at(-1)?.push(field);
      field = '';
      if (char === '\r') {
        i += 1;
        rows.push([]);
      }
    } else field += char;
  }
  rows.pop();
  return rows;
}

describe('CSV', () => {
  const days = [row({ requests: 5 }), row({ category: 'hoclieu', action: 'allow', requests: 7, reason: 'category-open' }), row({ category: 'tuhai', requests: 2 }), row({ fromMs: FROM + DAY, action: 'fail', requests: 3 })];

  it('opens in a spreadsheet: BOM, Vietnamese heads, equal widths', () => {
    const text = toCsv(buildReport(input({ days })));
    expect(text.startsWith('\uFEFFBảng,Thời gian,Hồ sơ lọc,')).toBe(true);
    const rows = readCsv(text);
    expect(new Set(rows.map((cells) => cells.length))).toEqual(new Set([10]));
    expect(text.endsWith('\r\n')).toBe(true);
  });

  it('says the same numbers as the report', () => {
    const report: Report = buildReport(input({ days, requests: { received: 5, approved: 2, rejected: 1, expired: 1, open: 1 } }));
    const rows = readCsv(toCsv(report));
    const sum = (table: string, action: string): number => rows.filter((cells) => cells[0] === table && cells[4] === action).reduce((all, cells) => all + Number(cells[6]), 0);
    expect(['tất cả', 'cho phép', 'hạn chế', 'chặn', 'lỗi kết nối'].map((action) => sum('Tổng hợp', action))).toEqual([17, 7, 0, 7, 3]);
    for (const table of ['Theo hồ sơ lọc', 'Theo tháng', 'Theo ngày']) expect(sum(table, 'tất cả'), table).toBe(17);
    expect(['cho phép', 'chặn', 'lỗi kết nối'].map((action) => sum('Theo nhóm nội dung', action))).toEqual([7, 7, 3]);
    expect(sum('Yêu cầu mở trang', 'đã nhận')).toBe(5);
    expect(rows.find((cells) => cells[0] === 'Theo nhóm nội dung' && cells[3]?.includes('tuhai'))?.[2]).toBe('Toàn trường (không tách theo hồ sơ)');
  });

  it.each(['=1+1', '+1', '-1', '@SUM(A1)', '\t=1', ' =1', '\r\n=1', '＝1', 'a"b', 'a,b', 'a\nb'])('takes “%s” as text only', (name) => {
    const override = { profile: 'thcs', category: 'mxh', cell: 'M' as const, reason: name, by: 'x', atMs: 0 };
    const rows = readCsv(toCsv(buildReport(input({ school: { name, code: null, ward: null }, overrides: [override] }))));
    expect(new Set(rows.map((cells) => cells.length))).toEqual(new Set([10]));
    for (const cells of rows) for (const cell of cells) expect(cell).not.toMatch(/^\s*[=+\-@＝]|[\r\n\t]/);
  });

  it('tells nobody who changed a cell', () => {
    const override = { profile: 'thcs', category: 'mxh', cell: 'M' as const, reason: 'dự án', by: 'canary-name', atMs: 0 };
    const report = buildReport(input({ overrides: [override] }));
    expect(toCsv(report) + toJson(report)).not.toContain('canary-name');
  });
});
