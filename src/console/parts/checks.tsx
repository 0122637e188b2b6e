/** Several boxes to tick under one legend, and one list of profiles for every page. */
import type { PageContext } from '../page.js';

interface ChecksProps {
  readonly ctx: PageContext;
  readonly action: string;
  readonly key_?: string;
  readonly name: string;
  readonly legend: string;
  readonly hint?: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly ticked: readonly string[];
  /** Side by side, for short labels. */
  readonly short?: boolean;
}

export function Checks({ ctx, action, key_, name, legend, hint, options, ticked, short }: ChecksProps) {
  const back = ctx.form !== null && ctx.form.action === action && ctx.form.key === (key_ ?? null) ? ctx.form : null;
  const typed = back === null ? ticked : [back.values[name] ?? []].flat().filter((value) => typeof value === 'string');
  const wrong = back?.fields.get(name);
  const id = `c-${action}-${key_ ?? ''}-${name}`.replace(/[^A-Za-z0-9_-]/g, (letter) => `_${letter.codePointAt(0)?.toString(36) ?? ''}`);
  const notes = [hint === undefined ? null : `${id}-hint`, wrong === undefined ? null : `${id}-wrong`].filter((note) => note !== null).join(' ');
  return (
    <fieldset class={short === true ? 'checks short' : 'checks'} {...(notes === '' ? {} : { 'aria-describedby': notes })}>
      <legend>{legend}</legend>
      {options.map((option) => (
        <p><label><input type="checkbox" name={name} value={option.value} checked={typed.includes(option.value)} /> {option.label}</label></p>
      ))}
      {hint === undefined ? null : <p class="hint" id={`${id}-hint`}>{hint}</p>}
      {wrong === undefined ? null : <p class="wrong" id={`${id}-wrong`}>{ctx.t(wrong.vi, wrong.en)}</p>}
    </fieldset>
  );
}

export function profileOptions(ctx: PageContext): { readonly value: string; readonly label: string }[] {
  return ctx.env.snapshot().data.profiles.map((profile) => ({ value: profile.id, label: ctx.t(profile.name, profile.nameEn) }));
}

export function profileName(ctx: PageContext, id: string): string {
  return profileOptions(ctx).find((profile) => profile.value === id)?.label ?? id;
}

const DAYS = [['thứ Hai', 'Monday'], ['thứ Ba', 'Tuesday'], ['thứ Tư', 'Wednesday'], ['thứ Năm', 'Thursday'], ['thứ Sáu', 'Friday'], ['thứ Bảy', 'Saturday'], ['Chủ nhật', 'Sunday']] as const;

/** @param weekday 1 = Monday … 7 = Sunday */
export function dayName(ctx: PageContext, weekday: number): string {
  const [vi, en] = DAYS[weekday - 1] ?? ['?', '?'];
  return ctx.t(vi, en);
}

export function dayOptions(ctx: PageContext): { readonly value: string; readonly label: string }[] {
  return DAYS.map((_day, i) => ({ value: String(i + 1), label: capital(dayName(ctx, i + 1)) }));
}

export function capital(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

export const SESSION_NAMES = { sang: { vi: 'sáng', en: 'morning' }, chieu: { vi: 'chiều', en: 'afternoon' }, toi: { vi: 'tối', en: 'evening' } } as const;
export const LEVEL_NAMES = { 'tieu-hoc': { vi: 'Tiểu học', en: 'Primary' }, thcs: { vi: 'THCS', en: 'Lower secondary' }, thpt: { vi: 'THPT', en: 'Upper secondary' } } as const;
