/**
 * What was sent → the input of an action, or one clear sentence for each field at fault. Forms and JSON meet the same schema;
 * a form's texts are first made what the schema wants. A field's name for people is its `.meta({ vi, en })`.
 */
import { z } from 'zod';
import { Refused } from './refused.js';
import { parted, type Words } from './words.js';

/** A form's fields as they came; several of one name as a list. */
export type FormValues = Readonly<Record<string, string | File | readonly (string | File)[]>>;

const EMPTY: Words = { vi: 'Chưa điền.', en: 'Required.' };

/** @throws Refused (`input`) naming each field */
export function readInput<I extends z.ZodObject>(schema: I, values: unknown): z.output<I> {
  const parsed = schema.safeParse(values, { reportInput: true });
  if (parsed.success) return parsed.data;
  const fields = new Map<string, Words>();
  for (const issue of parsed.error.issues) {
    const names = issue.code === 'unrecognized_keys' ? issue.keys : [String(issue.path[0] ?? '')];
    for (const name of names) if (!fields.has(name)) fields.set(name, sentence(issue, schema, issue.path));
  }
  const [name = '', first = EMPTY] = [...fields][0] ?? [];
  const label = labelOf(schema, name);
  throw new Refused('input', { vi: label === null ? first.vi : `${label.vi}: ${lower(first.vi)}`, en: label === null ? first.en : `${label.en}: ${lower(first.en)}` }, fields);
}

/** Texts of a form as the schema wants them: numbers, ticked boxes, lists, nothing for what was left empty. */
export function fromForm(schema: z.ZodObject, values: FormValues): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(schema.shape)) {
    const kind = bare(field as z.ZodType);
    const value = values[name];
    if (kind instanceof z.ZodBoolean) out[name] = value !== undefined && value !== '' && value !== 'false';
    else if (kind instanceof z.ZodArray) out[name] = lines(value, bare(kind.element as z.ZodType));
    else if (value === undefined || value === '') continue;
    else out[name] = scalar(Array.isArray(value) ? (value as readonly (string | File)[])[0] : (value as string | File), kind);
  }
  return out;
}

function lines(value: FormValues[string] | undefined, element: z.ZodType): unknown[] {
  if (value === undefined) return [];
  // one box with a line for each, or several fields of one name
  const parts = Array.isArray(value) ? (value as readonly (string | File)[]) : typeof value === 'string' ? value.split(/[\r\n]+/) : [value as File];
  return parts.filter((part) => typeof part !== 'string' || part.trim() !== '').map((part) => scalar(part, element));
}

function scalar(value: string | File | undefined, kind: z.ZodType): unknown {
  if (typeof value !== 'string') return value;
  if (kind instanceof z.ZodNumber) return /^-?\d+(?:\.\d+)?$/.test(value.trim()) ? Number(value) : value;
  // what is pasted comes decomposed from some systems; passwords are normalised where they are hashed
  return kind instanceof z.ZodString ? value.normalize('NFC').replace(/\r\n/g, '\n') : value;
}

function bare(schema: z.ZodType): z.ZodType {
  let at = schema;
  while (at instanceof z.ZodOptional || at instanceof z.ZodNullable || at instanceof z.ZodDefault || at instanceof z.ZodPipe) {
    at = (at instanceof z.ZodPipe ? at.in : at.unwrap()) as z.ZodType;
  }
  return at;
}

function labelOf(schema: z.ZodObject, name: string): Words | null {
  // `__proto__` and the like are no fields
  const field = Object.hasOwn(schema.shape, name) ? (schema.shape[name] as z.ZodType) : undefined;
  const meta = field?.meta();
  return typeof meta?.['vi'] === 'string' && typeof meta['en'] === 'string' ? { vi: meta['vi'], en: meta['en'] } : null;
}

function lower(text: string): string {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

type Issue = z.core.$ZodIssue;

function sentence(issue: Issue, schema: z.ZodObject, path: readonly PropertyKey[]): Words {
  const own = parted(issue.message);
  if (own !== null) return own;
  switch (issue.code) {
    case 'unrecognized_keys':
      return { vi: 'Không có trường này.', en: 'There is no such field.' };
    case 'invalid_type':
      if (issue.input === undefined) return EMPTY;
      return issue.expected === 'number' || issue.expected === 'int'
        ? { vi: 'Cần là số.', en: 'Must be a number.' }
        : { vi: 'Giá trị không đúng kiểu.', en: 'Of another type.' };
    case 'too_small':
      return issue.origin === 'string' ? (Number(issue.minimum) <= 1 ? EMPTY : { vi: `Cần ít nhất ${issue.minimum} ký tự.`, en: `At least ${issue.minimum} characters.` })
        : issue.origin === 'array' ? { vi: `Cần ít nhất ${issue.minimum} mục.`, en: `At least ${issue.minimum} items.` }
        : { vi: `Nhỏ nhất là ${issue.minimum}.`, en: `At least ${issue.minimum}.` };
    case 'too_big':
      return issue.origin === 'string' ? { vi: `Dài quá ${issue.maximum} ký tự.`, en: `Longer than ${issue.maximum} characters.` }
        : issue.origin === 'array' ? { vi: `Nhiều quá ${issue.maximum} mục.`, en: `More than ${issue.maximum} items.` }
        : { vi: `Lớn nhất là ${issue.maximum}.`, en: `At most ${issue.maximum}.` };
    case 'invalid_value':
      return { vi: 'Hãy chọn một trong các giá trị có sẵn.', en: `One of: ${issue.values.join(', ')}.` };
    default:
      return path.length > 0 && !Object.hasOwn(schema.shape, String(path[0])) ? { vi: 'Không có trường này.', en: 'There is no such field.' } : { vi: 'Giá trị không dùng được.', en: "Can't be used." };
  }
}
