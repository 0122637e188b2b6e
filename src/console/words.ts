/** Words in both languages, dates and numbers as people in Vietnam write them, search that forgives accents. Pure. */
export interface Words {
  readonly vi: string;
  readonly en: string;
}
export type Lang = 'vi' | 'en';
/** Picks the text of the language in use. */
export type T = (vi: string, en: string) => string;

export function wordsOf(lang: Lang): T {
  return lang === 'vi' ? (vi) => vi : (_vi, en) => en;
}

/** Parts two languages in one message of a schema: `z.string().max(9, both('Dài quá', 'Too long'))`. */
const PARTING = '\u001f';
export function both(vi: string, en: string): string {
  return `${vi}${PARTING}${en}`;
}
export function parted(message: string): Words | null {
  const at = message.indexOf(PARTING);
  return at === -1 ? null : { vi: message.slice(0, at), en: message.slice(at + 1) };
}

const timeZone = 'Asia/Ho_Chi_Minh';
const FORMATS = {
  vi: {
    time: new Intl.DateTimeFormat('vi-VN', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
    day: new Intl.DateTimeFormat('vi-VN', { timeZone, day: '2-digit', month: '2-digit', year: 'numeric' }),
    number: new Intl.NumberFormat('vi-VN'),
  },
  en: {
    time: new Intl.DateTimeFormat('en-GB', { timeZone, hour: '2-digit', minute: '2-digit', hourCycle: 'h23' }),
    day: new Intl.DateTimeFormat('en-GB', { timeZone, day: '2-digit', month: 'short', year: 'numeric' }),
    number: new Intl.NumberFormat('en-GB'),
  },
} as const;

export interface Formats {
  /** 11:15 */
  time(ms: number): string;
  /** 25/11/2026 */
  day(ms: number): string;
  /** 11:15 for today, 11:15 ngày 26/11/2026 else */
  moment(ms: number, nowMs: number): string;
  /** 1.234 */
  number(n: number): string;
}

export function formatsOf(lang: Lang): Formats {
  const { time, day, number } = FORMATS[lang];
  return {
    time: (ms) => time.format(ms),
    day: (ms) => day.format(ms),
    moment: (ms, nowMs) => (day.format(ms) === day.format(nowMs) ? time.format(ms) : `${time.format(ms)} ${lang === 'vi' ? 'ngày' : 'on'} ${day.format(ms)}`),
    number: (n) => number.format(n),
  };
}

/** Order of names as a Vietnamese reader expects it; numbers in them count as numbers. */
export const byName = new Intl.Collator('vi', { numeric: true }).compare;

/** What is typed without accents finds what is written with them (đ = d). */
export function folded(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').replace(/[đĐ]/g, 'd').toLowerCase();
}
