/** What the store takes as a value: one check a kind, each a StoreError that says what was wrong. Pure. */
import { formatEntry, parseEntry } from '../matching/entry.js';
import { refuseToOpen } from '../policy/typed-host.js';
import { StoreError } from './store-error.js';

/** Stable profile codes (contract.md, vietnam.md §3), strictest first, the exam last. */
export const PROFILE_IDS = ['lop-1-3', 'lop-4-5', 'thcs', 'thpt', 'giao-vien', 'thi'] as const;

export function badValue(vi: string, en: string): StoreError {
  return new StoreError('bad-value', vi, en);
}

/** A name people gave: one line, trimmed, printable. Addresses a sentence in an error only as what it is for. */
export function nameText(value: string, max = 64): string {
  if (value.length === 0 || value.length > max || value !== value.trim() || /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u.test(value)) {
    throw badValue(
      `Tên phải có từ 1 đến ${max} ký tự in được, không có khoảng trắng ở hai đầu.`,
      `A name must have 1 to ${max} printable characters and no space at either end.`,
    );
  }
  return value;
}

export function keyText(value: string): string {
  if (!/^[a-z][a-z0-9.-]{0,99}$/.test(value)) throw badValue('Tên thiết lập không hợp lệ.', 'The name of the setting is not valid.');
  return value;
}

export function text(value: string, max: number): string {
  if (value.length > max) throw new StoreError('too-big', `Văn bản dài quá ${max} ký tự.`, `The text is longer than ${max} characters.`);
  return value;
}

export function note(value: string | null): string | null {
  return value === null ? null : text(value, 1_000);
}

/** A list entry or host: canonicalised by the caller; here only a bound on what may lie on disk. */
export function entryText(value: string): string {
  if (value.length === 0 || value.length > 2_048 || /[\s\p{Cc}]/u.test(value)) {
    throw badValue('Tên miền hoặc địa chỉ trang không hợp lệ.', 'The host or entry is not valid.');
  }
  return value;
}

/** More than any lesson needs; a list of thousands belongs into `lists import`. */
const MAX_SITES = 300;

/** Hosts of a saved list, a focus lesson or an exam: canonical, without doubles, none of them a suffix that strangers share. */
export function siteEntries(values: readonly string[]): string[] {
  const out = new Set<string>();
  for (const value of values) {
    const entry = parseEntry(value);
    const shown = value.slice(0, 100);
    if (entry === null || entry.path !== null) throw badValue(`Không hiểu tên trang “${shown}”; viết như olm.vn, =olm.vn hoặc *.olm.vn.`, `“${shown}” is not a host; write it like olm.vn, =olm.vn or *.olm.vn.`);
    const text = formatEntry(entry);
    if (refuseToOpen(text) !== null) throw badValue(`Đuôi “${shown}” là của rất nhiều trang; hãy nêu tên từng trang.`, `“${shown}” is a public suffix that very many sites share; name the site.`);
    out.add(text);
  }
  if (out.size > MAX_SITES) throw new StoreError('too-many', `Danh sách có quá ${MAX_SITES} trang.`, `The list has more than ${MAX_SITES} sites.`);
  return [...out];
}

export function profileId(value: string): string {
  if (!(PROFILE_IDS as readonly string[]).includes(value)) {
    throw new StoreError(
      'unknown-profile',
      `Không có hồ sơ lọc đó; các hồ sơ: ${PROFILE_IDS.join(', ')}.`,
      `There is no such profile; profiles: ${PROFILE_IDS.join(', ')}.`,
    );
  }
  return value;
}

/** Profiles as stored: sorted in table order, without doubles, so that equal sets have one spelling. */
export function profileSet(values: readonly string[] | null): string | null {
  if (values === null) return null;
  if (values.length === 0) throw badValue('Phải chọn ít nhất một hồ sơ lọc.', 'At least one profile must be chosen.');
  for (const value of values) profileId(value);
  return JSON.stringify(PROFILE_IDS.filter((id) => values.includes(id)));
}

export function categoryCode(value: string): string {
  if (!/^[a-z][a-z0-9-]{0,39}$/.test(value)) throw badValue('Mã nhóm nội dung không hợp lệ.', 'The category code is not valid.');
  return value;
}

export function timeMs(value: number): number {
  if (!Number.isFinite(value) || value < 0 || value > 8_640_000_000_000_000) throw badTime();
  return Math.round(value);
}

/** A span that begins before it ends. */
export function span(fromMs: number, untilMs: number): void {
  if (timeMs(untilMs) <= timeMs(fromMs)) throw badTime();
}

function badTime(): StoreError {
  return new StoreError('bad-time', 'Thời điểm kết thúc phải sau thời điểm bắt đầu.', 'The end must come after the beginning.');
}

/** JSON columns written by this program only; anything else in them is damage. */
export function parseStrings(json: string): string[] {
  const value: unknown = JSON.parse(json);
  return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
}
