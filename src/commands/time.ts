/** Times as people type them: ISO-8601 (Hà Nội time when no zone is given), `45m`, or `HH:MM` today. */
import { CommandError } from './env.js';

const HANOI_MS = 7 * 3_600_000;
const DAY_MS = 86_400_000;

/**
 * Reads an end time.
 * @param maxMs how far ahead it may lie
 * @returns epoch ms
 */
export function parseUntil(text: string, nowMs: number, maxMs: number): number {
  const minutes = /^(\d{1,5})m$/.exec(text);
  const at = minutes === null ? parseInstant(text, nowMs) : nowMs + Number(minutes[1]) * 60_000;
  if (at <= nowMs) throw new CommandError(2, `Giờ kết thúc «${text}» đã qua.`, `End time "${text}" is in the past.`);
  if (at - nowMs > maxMs) {
    const hours = Math.round(maxMs / 3_600_000);
    throw new CommandError(2, `Giờ kết thúc «${text}» quá xa; tối đa ${hours} giờ kể từ bây giờ.`, `End time "${text}" is too far ahead; at most ${hours} hours from now.`);
  }
  return at;
}

/** Reads an instant: ISO-8601 with or without zone, or HH:MM of today in Hà Nội. */
export function parseInstant(text: string, nowMs: number): number {
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (clock !== null) {
    const midnight = Math.floor((nowMs + HANOI_MS) / DAY_MS) * DAY_MS - HANOI_MS;
    return midnight + (Number(clock[1]) * 60 + Number(clock[2])) * 60_000;
  }
  if (/^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/.test(text)) {
    const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/.test(text) && text.length > 10;
    const full = text.length === 10 ? `${text}T00:00:00` : text.replace(' ', 'T');
    const at = Date.parse(zoned ? full : `${full}+07:00`);
    if (!Number.isNaN(at)) return at;
  }
  throw new CommandError(2, `Không hiểu thời điểm «${text}»; hãy viết như 45m, 10:15 hoặc 2026-11-23T10:15.`, `Can't read the time "${text}"; write it like 45m, 10:15 or 2026-11-23T10:15.`);
}

/** Start of a calendar day in Hà Nội given as YYYY-MM-DD. */
export function parseDay(text: string): number {
  if (/^\d{4}-\d{2}-\d{2}$/.test(text)) {
    const at = Date.parse(`${text}T00:00:00+07:00`);
    if (!Number.isNaN(at) && new Date(at + HANOI_MS).toISOString().slice(0, 10) === text) return at;
  }
  throw new CommandError(2, `«${text}» không phải ngày dạng NĂM-THÁNG-NGÀY, ví dụ 2026-11-23.`, `"${text}" is not a date like 2026-11-23.`);
}

/** `dd/MM/yyyy HH:mm` in Hà Nội, as people there write it. */
export function sayTime(ms: number): string {
  const iso = new Date(ms + HANOI_MS).toISOString();
  return `${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(0, 4)} ${iso.slice(11, 16)}`;
}
