/**
 * Time arithmetic of the roll-ups: where an hour, a day, a month begins in Asia/Ho_Chi_Minh. Pure.
 * Vietnam has kept UTC+7 without summer time since 1975-06-13, so a fixed offset is exact for everything stored here.
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
  return Math.floor((ms + OFFSET_MS) / DAY_MS) * DAY_MS - OFFSET_MS;
}

/** First millisecond of the local month. */
export function monthStart(ms: number): number {
  const local = new Date(ms + OFFSET_MS);
  return Date.UTC(local.getUTCFullYear(), local.getUTCMonth(), 1) - OFFSET_MS;
}

/** Local date, `YYYY-MM-DD`. */
export function formatDay(ms: number): string {
  return new Date(ms + OFFSET_MS).toISOString().slice(0, 10);
}

/** Local month, `YYYY-MM`. */
export function formatMonth(ms: number): string {
  return formatDay(ms).slice(0, 7);
}

/** Start of the local day named `YYYY-MM-DD`; null when there is no such day. */
export function parseDay(text: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return null;
  const utc = Date.parse(`${text}T00:00:00.000Z`);
  if (Number.isNaN(utc) || new Date(utc).toISOString().slice(0, 10) !== text) return null;
  return utc - OFFSET_MS;
}
