/**
 * The shape of every YAML file in rules/ (rules/README.md says it in words). Refuses to know what entries mean.
 * Objects are strict: a misspelt key is a fault, not a silence.
 */
import { z } from 'zod';

const text = z.string().trim().min(1);
const code = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, 'a-z 0-9 -');
const date = z.iso.date();
const verified = z.enum(['seen', 'memory']);
const entries = z.array(text).min(1);
const cell = z.enum(['X', 'K', 'H', 'M']);

export const profilesSchema = z.strictObject({
  profiles: z.array(z.strictObject({
    id: code,
    name: text,
    nameEn: text,
    voice: z.enum(['tieu-hoc', 'thcs', 'thpt', 'giao-vien']),
    tls: z.enum(['name', 'block-page', 'inspect']),
    youtube: z.enum(['strict', 'moderate']),
    listedOnly: z.boolean(),
  })).min(2),
});

export const categoriesSchema = z.strictObject({
  categories: z.array(z.strictObject({
    code,
    name: text,
    nameEn: text,
    legal: text,
    privacy: z.enum(['domain', 'count', 'none']),
    cells: z.array(cell),
  })).min(1),
  exam: z.strictObject({ open: z.array(code).min(1) }),
});

export const allowSchema = z.strictObject({
  category: code,
  from: code,
  origin: z.enum(['VN', 'QT']),
  verified,
  lastVerified: date,
  source: text,
  entries: z.array(z.strictObject({
    operator: text,
    what: text,
    hosts: entries,
    from: code.optional(),
    origin: z.enum(['VN', 'QT']).optional(),
    verified: verified.optional(),
    lastVerified: date.optional(),
    source: text.optional(),
  })).min(1),
});

export const bypassSchema = z.strictObject({
  groups: z.array(z.strictObject({
    id: code,
    name: text,
    source: text,
    lastVerified: date,
    verified,
    profiles: z.array(code).min(1).optional(),
    hosts: entries.optional(),
    addresses: entries.optional(),
  })).min(1),
});

/** Written into requests as they are. */
const parameter = z.string().regex(/^[A-Za-z0-9_.-]+$/, 'A-Z a-z 0-9 _ . -');
const headerName = z.string().regex(/^[A-Za-z0-9-]+$/, 'A-Z a-z 0-9 -').refine((name) => !/^(?:host|connection|content-length|transfer-encoding|upgrade|te|trailer|expect|via|proxy-.*)$/i.test(name), 'framing');
const headerValue = z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/, 'ASCII');

export const safeSearchSchema = z.strictObject({
  rules: z.array(z.strictObject({
    name: text,
    category: z.enum(['timkiem', 'videochung']),
    dialStrict: text,
    dialModerate: text,
    parameters: z.array(z.strictObject({ name: parameter, value: parameter, searches: z.array(parameter).min(1) })).min(1).optional(),
    headers: z.array(z.strictObject({ name: headerName, strict: headerValue, moderate: headerValue })).min(1).optional(),
    source: text,
    lastVerified: date,
    verified,
    entries,
  })).min(1),
});

const word = z.string().regex(/^[a-z0-9]{3,}$/, 'a-z 0-9, ≥ 3');
export const nameScoreSchema = z.strictObject({
  threshold: z.int().min(1).max(200),
  thresholds: z.record(code, z.int().min(1).max(200)),
  brands: z.array(word).min(1),
  stems: z.array(word.min(4)).min(1),
  hints: z.array(word.min(4)),
  innocent: z.array(word.min(5)),
  endings: z.array(z.string().regex(/^[a-z0-9-]{2,}$/)),
  exceptions: z.array(z.string().regex(/^[a-z0-9-]+(\.[a-z0-9-]+)*$/)),
});

export const helpSchema = z.strictObject({
  channels: z.array(z.strictObject({
    id: code,
    name: text,
    nameEn: text,
    phone: z.string().regex(/^[0-9]{3,12}$/).nullable(),
    url: z.url({ protocol: /^https$/ }).nullable(),
    use: text,
    useEn: text,
    source: text,
    lastVerified: date,
    verified,
    pupils: z.boolean(),
  }).refine((channel) => channel.phone !== null || channel.url !== null, 'phone | url')).min(1),
});
