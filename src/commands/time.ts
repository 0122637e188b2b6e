/** Times as people type them: ISO-8601 (Hà Nội time when no zone is given), `45m`, or `HH:MM` today. */
import { dayStart, formatLocal, HOUR_MS, MINUTE_MS, parseDay } from '../local-time.js';
import { CommandError } from './env.js';


/**
 * Reads an end time.
 * @param maxMs how far ahead it may lie
 * @returns epoch ms
 */
export function parseUntil(text: string, nowMs: number, maxMs: number): number {
  const minutes = /^(\d{1,5})m$/.exec(text);
  const at = minutes === null ? parseInstant(text, nowMs) : nowMs + Number(minutes[1]) * MINUTE_MS;
  if (at <= nowMs) throw new CommandError(2, `Giờ kết thúc «${text}» đã qua.`, `End time "${text}" is in the past.`);
  if (at - nowMs > maxMs) {
    const hours = Math.round(maxMs / HOUR_MS);
    throw new CommandError(2, `Giờ kết thúc «${text}» quá xa; tối đa ${hours} giờ kể từ bây giờ.`, `End time "${text}" is too far ahead; at most ${hours} hours from now.`);
  }
  return at;
}

/** Reads an instant: ISO-8601 with or without zone, or HH:MM of today in Hà Nội. */
export function parseInstant(text: string, nowMs: number): number {
  const clock = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text);
  if (clock !== null) {
    return dayStart(nowMs) + (Number(clock[1]) * 60 + Number(clock[2])) * MINUTE_MS;
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
export function readDay(text: string): number {
  const at = parseDay(text);
  if (at !== null) return at;
  throw new CommandError(2, `«${text}» không phải ngày dạng NĂM-THÁNG-NGÀY, ví dụ 2026-11-23.`, `"${text}" is not a date like 2026-11-23.`);
}

/** `dd/MM/yyyy HH:mm` in Hà Nội, as people there write it. */
export function sayTime(ms: number): string {
  const iso = formatLocal(ms);
  return `${iso.slice(8, 10)}/${iso.slice(5, 7)}/${iso.slice(0, 4)} ${iso.slice(11, 16)}`;
}
