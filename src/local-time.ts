/**
 * Time as it is in Vietnam (Asia/Ho_Chi_Minh): where an hour, a day, a month begins, and how they are written. Pure.
 * The country has kept UTC+7 without summer time since 1975-06-13, so a fixed offset is exact for everything told here, and no time-zone
 * database can be missing or stale on an old PC.
 */
export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 86_400_000;
const OFFSET_MS = 7 * HOUR_MS;

/** First millisecond of the hour. Hours of UTC+7 and of UTC begin together. */
export function hourStart(ms: number): number {
  return Math.floor(ms / HOUR_MS) * HOUR_MS;
}

/** First millisecond of the local day. */
export function dayStart(ms: number): number {
  return startOfDay(dayOf(ms));
}

/** The local day as a number, counted from 1970-01-01. */
export function dayOf(ms: number): number {
  return Math.floor((ms + OFFSET_MS) / DAY_MS);
}

/** First millisecond of the day of this number. */
export function startOfDay(day: number): number {
  return day * DAY_MS - OFFSET_MS;
}

/** `2026-11-23` */
export function formatDay(ms: number): string {
  return formatLocal(ms).slice(0, 10);
}

/** `2026-11` */
export function formatMonth(ms: number): string {
  return formatLocal(ms).slice(0, 7);
}

/** `2026-11-23T09:45:00+07:00` */
export function formatLocal(ms: number): string {
  return `${new Date(ms + OFFSET_MS).toISOString().slice(0, 19)}+07:00`;
}

/** Start of the local day named `YYYY-MM-DD`; null when there is no such day. */
export function parseDay(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const utc = Date.parse(`${text}T00:00:00.000Z`);
  // Date.parse lets 30 February roll over
  if (Number.isNaN(utc) || new Date(utc).toISOString().slice(0, 10) !== text) return null;
  return utc - OFFSET_MS;
}
