/** What the school says of itself: set by `luytre setup` or in the console; what the configuration file says stands above it. */
import { SCHOOL_LEVELS, type SchoolLevel } from '../policy/school-time.js';
import type { SettingStore } from './rows.js';
import { badValue } from './values.js';

export const SCHOOL_FACTS = ['name', 'hotline', 'counsellor', 'ward', 'code'] as const;
export type SchoolFact = (typeof SCHOOL_FACTS)[number];

export const FACT_WORDS: Readonly<Record<SchoolFact, readonly [string, string]>> = {
  name: ['Tên trường', 'Name of the school'],
  hotline: ['Đường dây nóng của trường', "The school's hotline"],
  counsellor: ['Điện thoại tư vấn học đường (để trống nếu chưa có)', 'Counsellor (may be empty)'],
  ward: ['Phường, xã', 'Ward or commune'],
  code: ['Mã trường', 'Code of the school'],
};

export function factKey(fact: SchoolFact): string {
  return `school.${fact}`;
}

/** One line of at most 200 signs; null where it was left empty. */
export function factText(fact: SchoolFact, text: string): string | null {
  const value = text.normalize('NFC').trim();
  const [vi, en] = FACT_WORDS[fact];
  if (value.length > 200 || /\p{Cc}/u.test(value)) throw badValue(`«${vi}» dài quá hoặc có ký tự lạ.`, `"${en}" is too long or holds control characters.`);
  if (fact === 'code' && value !== '' && !/^[A-Za-z0-9._-]{1,40}$/.test(value)) throw badValue('Mã trường gồm 1–40 chữ không dấu, số, . _ -.', 'A code is 1–40 of A–Z, a–z, 0–9, . _ -.');
  if ((fact === 'hotline' || fact === 'counsellor') && value !== '' && !/\d{3}/.test(value)) throw badValue(`«${vi}» cần có số điện thoại.`, `"${en}" needs a telephone number.`);
  return value === '' ? null : value;
}

/** @param given by the configuration file */
export function schoolFact(given: string | null, fact: SchoolFact, settings: Pick<SettingStore, 'get'>): string | null {
  return given ?? settings.get(factKey(fact));
}

/** Levels the school teaches; none where nobody has said. @param given by the configuration file */
export function schoolLevels(given: readonly string[], settings: Pick<SettingStore, 'get'>): readonly SchoolLevel[] {
  const said = given.length > 0 ? given : (settings.get('school.levels') ?? '').split(' ');
  return SCHOOL_LEVELS.filter((level) => said.includes(level));
}
