/** What people type of school time → rows: a period's time, a weekday, the periods of a session. One rule for the command line and the console. */
import type { Session } from '../policy/school-time.js';
import type { BellRow } from './school-rows.js';
import { StoreError } from './store-error.js';
import { badValue } from './values.js';

const BELL = /^(\d{1,2})[:h]([0-5]\d)\s*[-–]\s*(\d{1,2})[:h]([0-5]\d)$/;

/** `07:15-08:00`; null where it is not that. */
export function bellOf(text: string, session: Session, period: number): BellRow | null {
  const match = BELL.exec(text.trim());
  if (match === null) return null;
  const [, h1, m1, h2, m2] = match;
  return { session, period, fromMinute: Number(h1) * 60 + Number(m1), toMinute: Number(h2) * 60 + Number(m2) };
}

/** The periods of a session in their order. */
export function bellsOfSession(texts: readonly string[], session: Session): BellRow[] {
  return texts.map((text, i) => {
    const bell = bellOf(text, session, i + 1);
    if (bell === null) throw new StoreError('bad-time', `Không hiểu giờ của tiết ${i + 1} «${text.slice(0, 40)}»; viết như 07:15-08:00.`, `Can't read period ${i + 1} "${text.slice(0, 40)}"; write it like 07:15-08:00.`);
    return bell;
  });
}

/** 1 = Monday: `1` … `7`, or as people say it, `t2` … `t7`, `cn`. */
export function weekdayOf(text: string): number {
  const word = text.trim().toLowerCase();
  const named = word === 'cn' ? 7 : /^t[2-7]$/.test(word) ? Number(word[1]) - 1 : Number(word);
  if (/^(?:[1-7]|t[2-7]|cn)$/.test(word)) return named;
  throw badValue(`«${text.slice(0, 20)}» không phải một thứ trong tuần; viết 1–7 (1 là thứ Hai) hoặc t2 … t7, cn.`, `"${text.slice(0, 20)}" is not a weekday; write 1–7 (1 is Monday) or t2 … t7, cn.`);
}
