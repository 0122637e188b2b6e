/**
 * Figures for the overview, out of the roll-ups: requests and blocks of the last day by hour, blocks of the last week by category, requests to open.
 * A screen is a place where a child can be picked out too (security.md §5.2 item 10): only whole hours a quarter of an hour past are told, small numbers are not told.
 */
import { DAY_MS, dayStart, HOUR_MS, hourStart, MINUTE_MS } from '../local-time.js';
import type { RequestCounts } from '../store/rows.js';
import type { ConsoleDeps } from './deps.js';

const DELAY_MS = 15 * MINUTE_MS;
/** Fewer than this many requests, or devices, are told as "few". */
export const SMALL = 10;
const HOURS = 24;
const DAYS = 7;

/** Null: some, but too few to tell. */
export type Told = number | null;

export interface HourFigures {
  readonly fromMs: number;
  readonly requests: Told;
  readonly blocked: Told;
}

export interface CategoryFigures {
  /** Code; null: none. */
  readonly category: string | null;
  readonly blocked: Told;
}

export interface Figures {
  readonly hours: readonly HourFigures[];
  readonly categories: readonly CategoryFigures[];
  readonly requests: RequestCounts;
  readonly week: { readonly requests: Told; readonly blocked: Told };
}

export function told(n: number): Told {
  return n > 0 && n < SMALL ? null : n;
}

export function figuresOf(env: ConsoleDeps): Figures {
  const nowMs = env.now();
  // whole hours only, and none that ended less than fifteen minutes ago: a bar that grows while one looks tells of the moment
  const last = hourStart(nowMs - HOUR_MS - DELAY_MS);
  const from = last - (HOURS - 1) * HOUR_MS;
  const rows = env.store.events.hours(from, last + HOUR_MS);
  const hours = Array.from({ length: HOURS }, (_, i): HourFigures => {
    const fromMs = from + i * HOUR_MS;
    const own = rows.filter((row) => row.fromMs === fromMs);
    return { fromMs, requests: told(sum(own)), blocked: told(sum(own.filter(({ action }) => action === 'block'))) };
  });
  const today = dayStart(nowMs);
  const weekFrom = today - (DAYS - 1) * DAY_MS;
  const days = env.store.events.days(weekFrom, today + DAY_MS);
  const blocked = days.filter(({ action }) => action === 'block');
  const byCategory = new Map<string | null, number>();
  for (const row of blocked) byCategory.set(row.category, (byCategory.get(row.category) ?? 0) + row.requests);
  const devices = mostDevices(env, weekFrom, today + DAY_MS);
  const categories = [...byCategory]
    .map(([category, n]) => ({ category, n, blocked: (devices.get(category) ?? 0) < SMALL ? null : told(n) }))
    .sort((a, b) => (b.blocked ?? -1) - (a.blocked ?? -1) || String(a.category).localeCompare(String(b.category)));
  return {
    hours,
    categories: categories.map(({ category, blocked: n }) => ({ category, blocked: n })),
    requests: env.store.policies.requestCounts(weekFrom, today + DAY_MS),
    week: { requests: told(sum(days)), blocked: told(sum(blocked)) },
  };
}

/** Category → devices that met a block of it on the busiest day. */
function mostDevices(env: ConsoleDeps, fromMs: number, toMs: number): ReadonlyMap<string | null, number> {
  const byDay = new Map<string, number>();
  const most = new Map<string | null, number>();
  for (const row of env.store.events.devices(fromMs, toMs)) {
    if (row.action !== 'block') continue;
    const key = `${row.dayMs} ${row.category ?? ''}`;
    const n = (byDay.get(key) ?? 0) + row.devices;
    byDay.set(key, n);
    most.set(row.category, Math.max(most.get(row.category) ?? 0, n));
  }
  return most;
}

function sum(rows: readonly { readonly requests: number }[]): number {
  return rows.reduce((total, row) => total + row.requests, 0);
}
