/**
 * The school's own report: sums over whole local days, as a value with a versioned schema. Pure; knows no file and no clock.
 * It is for the school's administrator and is exact. What leaves the school is another report with its own suppression.
 *
 * Two promises hold for every report and are tested as properties:
 * - each table adds up to `totals`;
 * - categories of `WHOLE_PERIOD_ONLY` appear once, for the whole school and period, and their share of a profile is in no
 *   other table, so that no subtraction brings it back (vietnam.md §5.2).
 */
import { DAY_MS, formatDay, formatLocal, formatMonth } from '../local-time.js';
import type { CategoryPrivacy, Cell } from '../policy/profile.js';
import type { CellOverride, DeviceCountRow, RequestCounts, RollupRow } from '../store/rows.js';

const REPORT_SCHEMA = 'luytre.report/1';

/** Told only as one number of the whole school and period. */
export const WHOLE_PERIOD_ONLY: readonly string[] = ['csam', 'tuhai'];
const LEARNING = 'hoclieu';
/** Smaller device numbers are printed as "<10". */
const LEAST_DEVICES = 10;

export interface Sums {
  readonly requests: number;
  readonly allowed: number;
  readonly restricted: number;
  readonly blocked: number;
  readonly failed: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export interface ReportInput {
  readonly school: { readonly name: string; readonly code: string | null; readonly ward: string | null };
  /** Whole local days: first millisecond of the first day, and of the day after the last. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly generatedMs: number;
  readonly profiles: readonly { readonly id: string; readonly name: string }[];
  readonly categories: readonly { readonly code: string; readonly name: string; readonly privacy: CategoryPrivacy }[];
  /** Day roll-ups of the period (`EventStore.days`). */
  readonly days: readonly RollupRow[];
  readonly devices: readonly DeviceCountRow[];
  readonly requests: RequestCounts;
  /** Cells the school changed, with their reasons. */
  readonly overrides: readonly CellOverride[];
}

export interface Report {
  readonly schema: typeof REPORT_SCHEMA;
  readonly scope: 'internal';
  readonly generated: string;
  readonly school: ReportInput['school'];
  /** Both days inclusive. */
  readonly period: { readonly from: string; readonly to: string; readonly days: number };
  readonly totals: Sums;
  /** `profile` null: what is told only for the whole school. */
  readonly profiles: readonly (Sums & { readonly profile: string | null; readonly name: string })[];
  readonly cells: readonly ReportCell[];
  readonly months: readonly (Sums & { readonly month: string })[];
  readonly days: readonly (Sums & { readonly day: string })[];
  readonly reasons: readonly { readonly reason: string; readonly action: string; readonly requests: number }[];
  /** Share of the learning repositories in what was let through. */
  readonly learning: { readonly category: string; readonly requests: number; readonly share: number | null };
  /** Requests to open a page. */
  readonly unblock: RequestCounts;
  /** Distinct devices on the busiest day; category null and action `any`: of the profile as a whole. */
  readonly devices: readonly { readonly profile: string; readonly category: string | null; readonly action: string; readonly busiestDay: number | '<10' }[];
  readonly overrides: readonly { readonly profile: string; readonly category: string; readonly cell: Cell; readonly reason: string }[];
  /** What this report leaves out, and why. */
  readonly leftOut: readonly string[];
}

export interface ReportCell {
  readonly profile: string | null;
  readonly category: string | null;
  readonly name: string;
  readonly action: string;
  readonly requests: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
}

export function buildReport(input: ReportInput): Report {
  const rows = input.days.filter((row) => row.fromMs >= input.fromMs && row.fromMs < input.toMs);
  const totals = sum(rows);
  const letThrough = totals.allowed + totals.restricted;
  const learning = sum(rows.filter((row) => row.category === LEARNING));
  const learned = learning.allowed + learning.restricted;
  return {
    schema: REPORT_SCHEMA,
    scope: 'internal',
    generated: formatLocal(input.generatedMs),
    school: input.school,
    period: { from: formatDay(input.fromMs), to: formatDay(input.toMs - 1), days: Math.round((input.toMs - input.fromMs) / DAY_MS) },
    totals,
    profiles: profileTable(input, rows),
    cells: cellTable(input, rows),
    months: groups(rows, (row) => formatMonth(row.fromMs)).map(([month, part]) => ({ month, ...sum(part) })),
    days: groups(rows, (row) => formatDay(row.fromMs)).map(([day, part]) => ({ day, ...sum(part) })),
    reasons: groups(rows, (row) => `${row.reason} ${row.action}`)
      .map(([, part]) => ({ reason: part[0]?.reason ?? '', action: part[0]?.action ?? '', requests: sum(part).requests }))
      .sort((a, b) => b.requests - a.requests || compare(a.reason, b.reason) || compare(a.action, b.action)),
    learning: { category: LEARNING, requests: learned, share: letThrough === 0 ? null : round4(learned / letThrough) },
    unblock: input.requests,
    devices: deviceTable(input),
    overrides: input.overrides.map(({ profile, category, cell, reason }) => ({ profile, category, cell, reason })),
    leftOut: [
      'Tên miền: chưa có số thiết bị theo từng tên miền, mà tên miền chỉ được nêu khi có từ 10 thiết bị trở lên (domains: no device numbers per domain yet).',
      `Nhóm ${WHOLE_PERIOD_ONLY.join(', ')} chỉ nêu tổng của cả trường và cả kỳ (only as a total of the whole school and period).`,
    ],
  };
}

/** Who a row may be told for: null where only the whole school may be named. */
function toldProfile(row: RollupRow): string | null {
  return row.category !== null && WHOLE_PERIOD_ONLY.includes(row.category) ? null : row.profile;
}

/** A row for every profile, also one that saw no request; the whole school's row only where it has something to tell. */
function profileTable(input: ReportInput, rows: readonly RollupRow[]): Report['profiles'] {
  const order = ordering(input.profiles.map(({ id }) => id));
  const parts = new Map<string | null, readonly RollupRow[]>(input.profiles.map(({ id }) => [id, []]));
  for (const [id, part] of groups(rows, (row) => toldProfile(row) ?? '')) parts.set(id === '' ? null : id, part);
  return [...parts]
    .map(([profile, part]) => ({ profile, name: profileName(input, profile), ...sum(part) }))
    .sort((a, b) => order(a.profile, b.profile));
}

function cellTable(input: ReportInput, rows: readonly RollupRow[]): readonly ReportCell[] {
  const byProfile = ordering(input.profiles.map(({ id }) => id));
  const byCategory = ordering(input.categories.map(({ code }) => code));
  return groups(rows, (row) => `${toldProfile(row) ?? ''} ${row.category ?? ''} ${row.action}`)
    .map(([, part]) => {
      const { requests, bytesUp, bytesDown } = sum(part);
      const first = part[0];
      const category = first?.category ?? null;
      const name = input.categories.find(({ code }) => code === category)?.name ?? '';
      return { profile: first === undefined ? null : toldProfile(first), category, name, action: first?.action ?? '', requests, bytesUp, bytesDown };
    })
    .sort((a, b) => byProfile(a.profile, b.profile) || byCategory(a.category, b.category) || compare(a.action, b.action));
}

/** Busiest days of what is ordinary: visits to intimate categories are not counted by device below the school. */
function deviceTable(input: ReportInput): Report['devices'] {
  const ordinary = new Set(input.categories.filter(({ privacy }) => privacy === 'domain').map(({ code }) => code));
  const rows = input.devices.filter(
    (row) => row.dayMs >= input.fromMs && row.dayMs < input.toMs && (row.category === null || ordinary.has(row.category)),
  );
  const busiest = new Map<string, DeviceCountRow>();
  for (const row of rows) {
    const key = `${row.profile} ${row.category ?? ''} ${row.action}`;
    const known = busiest.get(key);
    if (known === undefined || known.devices < row.devices) busiest.set(key, row);
  }
  const byProfile = ordering(input.profiles.map(({ id }) => id));
  const byCategory = ordering(input.categories.map(({ code }) => code));
  return [...busiest.values()]
    .sort((a, b) => byProfile(a.profile, b.profile) || byCategory(a.category, b.category) || compare(a.action, b.action))
    .map(({ profile, category, action, devices }) => ({
      profile, category, action, busiestDay: devices < LEAST_DEVICES ? ('<10' as const) : devices,
    }));
}

export function profileName(input: Pick<ReportInput, 'profiles'>, id: string | null): string {
  if (id === null) return 'Toàn trường (không tách theo hồ sơ)';
  return input.profiles.find((profile) => profile.id === id)?.name ?? id;
}

function sum(rows: readonly RollupRow[]): Sums {
  const sums = { requests: 0, allowed: 0, restricted: 0, blocked: 0, failed: 0, bytesUp: 0, bytesDown: 0 };
  for (const row of rows) {
    sums.requests += row.requests;
    sums.bytesUp += row.bytesUp;
    sums.bytesDown += row.bytesDown;
    if (row.action === 'allow') sums.allowed += row.requests;
    else if (row.action === 'restrict') sums.restricted += row.requests;
    else if (row.action === 'block') sums.blocked += row.requests;
    else sums.failed += row.requests;
  }
  return sums;
}

/** Rows by key, keys sorted: equal input gives equal bytes. */
function groups(rows: readonly RollupRow[], key: (row: RollupRow) => string): (readonly [string, readonly RollupRow[]])[] {
  const map = new Map<string, RollupRow[]>();
  for (const row of rows) {
    const name = key(row);
    const part = map.get(name);
    if (part === undefined) map.set(name, [row]);
    else part.push(row);
  }
  return [...map].sort(([a], [b]) => compare(a, b));
}

/** Compares by place in a table; what is not in it comes after, null last. */
function ordering(table: readonly string[]): (a: string | null, b: string | null) => number {
  const place = (value: string | null): number => {
    if (value === null) return Infinity;
    const at = table.indexOf(value);
    return at === -1 ? table.length : at;
  };
  return (a, b) => {
    const [pa, pb] = [place(a), place(b)];
    return pa === pb ? compare(a ?? '', b ?? '') : pa - pb;
  };
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function round4(value: number): number {
  return Math.round(value * 10_000) / 10_000;
}
