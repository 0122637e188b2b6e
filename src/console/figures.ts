/**
 * Figures for the overview, out of the roll-ups: requests and blocks of the last day by hour, blocks of the last week by category, requests to open.
 * A screen is a place where a child can be picked out too (security.md §5.2 items 4, 5 and 10), so what stands on it follows four rules:
 *
 * - whole hours only, told a quarter of an hour after they end: a number that grows while one looks tells of the moment;
 * - an hour, and within it the blocked and the open ones apart, only where ten devices or none were behind it;
 * - a category only where ten devices met it on one day; those of a category that is not told are left out of every other number too,
 *   or one subtraction would bring them back;
 * - what is intimate is known by the day alone, and a day is told when it is over.
 */
import { DAY_MS, dayStart, HOUR_MS, hourStart, MINUTE_MS } from '../local-time.js';
import { ANY_ACTION } from '../activity/device-count.js';
import type { HourDevicesRow, RequestCounts, RollupRow } from '../store/rows.js';
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
  /** Null also where the hour is told but not how many of it were blocked. */
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
  const last = hourStart(nowMs - HOUR_MS - DELAY_MS);
  const from = last - (HOURS - 1) * HOUR_MS;
  const today = dayStart(nowMs);
  const weekFrom = today - (DAYS - 1) * DAY_MS;
  const { events } = env.store;
  const intimate = new Set<string | null>(env.shipped().categories.filter(({ privacy }) => privacy !== 'domain').map(({ code }) => code));
  const isTold = toldCategories(env, weekFrom, today + DAY_MS);
  const isOpen = (row: RollupRow): boolean => row.action !== 'block';
  const kept = (row: RollupRow): boolean => isOpen(row) || isTold.has(row.category);

  const hourRows = events.hours(Math.min(from, today), last + HOUR_MS).filter((row) => !intimate.has(row.category));
  const devices = events.hourDevices(from, last + HOUR_MS);
  const hours = Array.from({ length: HOURS }, (_, i) => hourOf(from + i * HOUR_MS, hourRows.filter(kept), devices));

  // days that are over whole, and of today the hours that may be told
  const week = [...events.days(weekFrom, today), ...hourRows.filter(({ fromMs }) => fromMs >= today)];
  const blocked = week.filter((row) => !isOpen(row));
  const byCategory = new Map<string | null, number>();
  for (const row of blocked) byCategory.set(row.category, (byCategory.get(row.category) ?? 0) + row.requests);
  const categories = [...byCategory]
    .map(([category, n]): CategoryFigures => ({ category, blocked: isTold.has(category) ? told(n) : null }))
    .sort((a, b) => (b.blocked ?? -1) - (a.blocked ?? -1) || String(a.category).localeCompare(String(b.category)));
  const enough = events.devices(weekFrom, today + DAY_MS).some(({ action, devices: n }) => action === ANY_ACTION && n >= SMALL);
  return {
    hours,
    categories,
    requests: env.store.policies.requestCounts(weekFrom, today + DAY_MS),
    week: { requests: enough || week.length === 0 ? told(sum(week.filter(kept))) : null, blocked: enough || blocked.length === 0 ? told(sum(blocked.filter(kept))) : null },
  };
}

function hourOf(fromMs: number, rows: readonly RollupRow[], devices: readonly HourDevicesRow[]): HourFigures {
  const own = rows.filter((row) => row.fromMs === fromMs);
  const requests = sum(own);
  const blocked = sum(own.filter(({ action }) => action === 'block'));
  const behind = (action: HourDevicesRow['action']): number => devices.find((row) => row.fromMs === fromMs && row.action === action)?.devices ?? 0;
  const apart = (n: number, action: HourDevicesRow['action']): boolean => n === 0 || (n >= SMALL && behind(action) >= SMALL);
  if (requests > 0 && !apart(requests, 'any')) return { fromMs, requests: null, blocked: null };
  return { fromMs, requests, blocked: apart(blocked, 'block') && apart(requests - blocked, 'open') ? blocked : null };
}

/** Categories whose blocks ten devices met on one day. A device that changes its profile is counted in each, so profiles are not added up. */
function toldCategories(env: ConsoleDeps, fromMs: number, toMs: number): ReadonlySet<string | null> {
  return new Set(env.store.events.devices(fromMs, toMs).filter(({ action, devices }) => action === 'block' && devices >= SMALL).map(({ category }) => category));
}

function sum(rows: readonly { readonly requests: number }[]): number {
  return rows.reduce((total, row) => total + row.requests, 0);
}
