/**
 * The rules that ship with the gateway: reads rules/ whole, checks it, and hands it over as profiles, categories, lists,
 * SafeSearch rules, name-score words and help channels. Refuses to know the store, the index and the network.
 *
 * Whatever is wrong stops the start (ShippedError): a filter that starts on half its rules would not be noticed.
 */
import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { formatEntry, parseEntry } from '../matching/entry.js';
import { KIND_EXACT, KIND_PATH } from '../matching/host-index.js';
import { isPublicSuffix } from '../matching/public-suffix.js';
import { CELL_RANK, type Category, type Cell, type Profile } from '../policy/profile.js';
import type { NameScoreData, SafeSearchRule } from '../policy/snapshot.js';
import type { NewList } from '../store/rows.js';
import { MODEL_FILE, parseNameModel } from './shipped-model.js';
import { parseSeed } from './shipped-seed.js';
import { ShippedError, readText, readYaml, type Place } from './shipped-file.js';
import { allowSchema, bypassSchema, categoriesSchema, helpSchema, nameScoreSchema, profilesSchema, safeSearchSchema } from './shipped-schema.js';

export interface ShippedList {
  readonly meta: NewList;
  /** Date of the newest source, and a short content hash. */
  readonly version: string;
  /** Canonical, sorted, unique. */
  readonly entries: readonly string[];
}

export type HelpChannel = z.output<typeof helpSchema>['channels'][number];

export interface Shipped {
  /** Short hash of every file read. */
  readonly version: string;
  readonly profiles: readonly Profile[];
  readonly categories: readonly Category[];
  readonly lists: readonly ShippedList[];
  readonly safeSearch: readonly SafeSearchRule[];
  readonly nameScore: NameScoreData;
  readonly helpChannels: readonly HelpChannel[];
}

/** Categories whose hosts come from allow/ and are protected; everything else is seeded from block/. */
export const ALLOW_CATEGORIES = ['hoclieu', 'nhanuoc', 'baochi', 'suckhoe', 'trogiup', 'hatang'] as const;
/** Categories that also speak for the exam profile: they open before any other rule is asked. */
const ALWAYS_OPEN: readonly string[] = ['trogiup', 'hatang'];
/** The category of what is on no list; it has none of its own. */
const UNCATEGORISED = 'chuaphanloai';
const BYPASS_CATEGORY = 'vpn';
const LICENSE = 'MIT';

/** Bytes read so far, for the version. */
interface Files {
  readonly dir: string;
  readonly seen: Map<string, string>;
}

/** Entries of the protected lists, in list syntax: what no other list may close. */
export function shieldedEntries({ lists }: Pick<Shipped, 'lists'>): string[] {
  return lists.filter((list) => list.meta.shield).flatMap((list) => [...list.entries]);
}

export function loadShipped(rulesDir: string): Shipped {
  const files: Files = { dir: rulesDir, seen: new Map() };
  const profiles = loadProfiles(files);
  const categories = loadCategories(files, profiles);
  const safeSearch = loadSafeSearch(files);
  const lists = [
    ...loadAllow(files, profiles, categories),
    ...loadSeeds(files, categories),
    ...loadBypass(files, profiles, categories),
    ...safeSearchLists(safeSearch),
  ];
  const nameScore = loadNameScore(files, profiles, categories);
  const { value: help } = yaml(files, 'help.yaml', helpSchema);
  return {
    version: hash([...files.seen].sort(([a], [b]) => (a < b ? -1 : 1)).map(([file, body]) => `${file}\n${body}`), 12),
    profiles,
    categories,
    lists,
    safeSearch: safeSearch.map(({ rule }) => rule),
    nameScore,
    helpChannels: help.channels,
  };
}

function loadProfiles(files: Files): Profile[] {
  const { value, at } = yaml(files, 'profiles.yaml', profilesSchema);
  const { profiles } = value;
  unique(profiles.map((profile) => profile.id), (index) => at(['profiles', index, 'id']));
  // The exam profile stands last and alone: every table of cells is written for the tiers before it.
  const exams = profiles.filter((profile) => profile.listedOnly);
  if (exams.length !== 1 || profiles.at(-1)?.listedOnly !== true) {
    throw new ShippedError('conflict', at(['profiles']), 'phải có đúng một hồ sơ thi (listedOnly: true), đứng cuối.', 'exactly one exam profile (listedOnly: true) must stand last.');
  }
  return profiles;
}

function loadCategories(files: Files, profiles: readonly Profile[]): Category[] {
  const { value, at } = yaml(files, 'categories.yaml', categoriesSchema);
  const codes = value.categories.map((category) => category.code);
  unique(codes, (index) => at(['categories', index, 'code']));
  for (const needed of [...ALLOW_CATEGORIES, UNCATEGORISED, BYPASS_CATEGORY, 'timkiem', 'videochung']) {
    if (!codes.includes(needed)) {
      throw new ShippedError('unknown-category', at(['categories']), `thiếu nhóm ${needed}.`, `the category ${needed} is missing.`);
    }
  }
  for (const [index, open] of value.exam.open.entries()) {
    if (!codes.includes(open)) throw unknownCategory(at(['exam', 'open', index]), open);
  }
  const tiers = profiles.length - 1;
  return value.categories.map((category, index) => {
    const place = at(['categories', index, 'cells']);
    const { cells } = category;
    if (cells.length !== tiers) {
      throw new ShippedError('schema', place, `nhóm ${category.code} phải có đúng ${tiers} ô.`, `category ${category.code} must have exactly ${tiers} cells.`);
    }
    // What an older tier closes, every younger tier closes at least as hard (design.md, "Tiers are monotonic").
    for (let i = 1; i < cells.length; i++) {
      if (CELL_RANK[cells[i] ?? 'X'] > CELL_RANK[cells[i - 1] ?? 'M']) {
        throw new ShippedError('conflict', place, `nhóm ${category.code}: hồ sơ ${profiles[i]?.id ?? i} chặt hơn hồ sơ nhỏ tuổi hơn.`, `category ${category.code}: profile ${profiles[i]?.id ?? i} is stricter than a younger one.`);
      }
    }
    return { ...category, cells: [...cells, examCell(category.code, cells, value.exam.open)] };
  });
}

/** The exam profile opens help and infrastructure, keeps hard blocks hard, and everything else needs a rule that names it. */
function examCell(code: string, cells: readonly Cell[], open: readonly string[]): Cell {
  if (open.includes(code)) return 'M';
  return cells.every((cell) => cell === 'X') ? 'X' : 'K';
}

function loadAllow(files: Files, profiles: readonly Profile[], categories: readonly Category[]): ShippedList[] {
  const groups = new Map<string, { category: string; from: string; entries: string[]; date: string; names: Set<string> }>();
  for (const name of names(files, 'allow', '.yaml')) {
    const file = `allow/${name}`;
    const { value, at } = yaml(files, file, allowSchema);
    if (!(ALLOW_CATEGORIES as readonly string[]).includes(value.category)) throw unknownCategory(at(['category']), value.category);
    for (const [index, row] of value.entries.entries()) {
      const from = row.from ?? value.from;
      if (!profiles.some((profile) => profile.id === from && !profile.listedOnly)) throw unknownProfile(at(['entries', index, 'from']), from);
      const key = `${value.category} ${from}`;
      const group = groups.get(key) ?? { category: value.category, from, entries: [], date: '', names: new Set() };
      groups.set(key, group);
      group.entries.push(...row.hosts.map((host, i) => entry(host, () => at(['entries', index, 'hosts', i]))));
      const date = row.lastVerified ?? value.lastVerified;
      if (date > group.date) group.date = date;
      group.names.add(file);
    }
  }
  const order = new Map([...categories.map((category, i) => [category.code, i * 100] as const), ...profiles.map((profile, i) => [profile.id, i] as const)]);
  const rank = (group: { category: string; from: string }): number => (order.get(group.category) ?? 0) + (order.get(group.from) ?? 0);
  return [...groups.values()].sort((a, b) => rank(a) - rank(b)).map((group) => {
    const speaks = audience(group, profiles, categories);
    return list({
      name: `luytre-${group.category}-${group.from}`,
      category: group.category,
      profiles: speaks.map((profile) => profile.id),
      shield: true,
      source: `Lũy Tre, ${[...group.names].map((file) => `rules/${file}`).join(', ')}`,
    }, group.date, group.entries);
  });
}

/**
 * The profiles a protected list speaks for: its youngest and all older; the exam profile only for what is always open.
 * Where `from` is the very tier at which the category opens, the list names its hosts to the younger ones too: their cells
 * close it, and the pupil reads "Báo chí" instead of "Chưa phân loại".
 */
function audience(group: { category: string; from: string }, profiles: readonly Profile[], categories: readonly Category[]): Profile[] {
  const cells = categories.find((category) => category.code === group.category)?.cells ?? [];
  const from = profiles.findIndex((profile) => profile.id === group.from);
  const opens = cells.findIndex((cell) => CELL_RANK[cell] < CELL_RANK.K);
  const first = from === opens ? 0 : from;
  return profiles.filter((profile, i) => (profile.listedOnly ? ALWAYS_OPEN.includes(group.category) : i >= first));
}

function loadSeeds(files: Files, categories: readonly Category[]): ShippedList[] {
  const lists: ShippedList[] = [];
  for (const name of names(files, 'block', '.txt')) {
    const file = `block/${name}`;
    const code = name.slice(0, -'.txt'.length);
    const seeded = categories.some((category) => category.code === code) && code !== UNCATEGORISED && !(ALLOW_CATEGORIES as readonly string[]).includes(code);
    if (!seeded) throw unknownCategory({ file }, code);
    const body = readText(files.dir, file);
    files.seen.set(file, body);
    const seed = parseSeed(file, code, body);
    const entries = seed.entries.map(({ text, line }) => entry(text, () => ({ file, line, key: text })));
    // csam and danhmuc ship empty on purpose: their hosts come from the authorities alone.
    if (entries.length === 0) continue;
    lists.push(list({ name: `luytre-${code}`, category: code, profiles: null, shield: false, source: seed.source, license: seed.license }, seed.date, entries));
  }
  return lists;
}

function loadBypass(files: Files, profiles: readonly Profile[], categories: readonly Category[]): ShippedList[] {
  const file = 'bypass.yaml';
  const { value, at } = yaml(files, file, bypassSchema);
  if (!categories.some((category) => category.code === BYPASS_CATEGORY)) throw unknownCategory({ file }, BYPASS_CATEGORY);
  unique(value.groups.map((group) => group.id), (index) => at(['groups', index, 'id']));
  return value.groups.map((group, index) => {
    for (const [i, id] of (group.profiles ?? []).entries()) {
      if (!profiles.some((profile) => profile.id === id)) throw unknownProfile(at(['groups', index, 'profiles', i]), id);
    }
    const read = (key: 'hosts' | 'addresses'): string[] => (group[key] ?? []).map((text, i) => entry(text, () => at(['groups', index, key, i])));
    return list({
      name: `luytre-${BYPASS_CATEGORY}-${group.id}`,
      category: BYPASS_CATEGORY,
      profiles: group.profiles ?? null,
      shield: false,
      source: `${group.name}: ${group.source}`,
    }, group.lastVerified, [...read('hosts'), ...read('addresses')]);
  });
}

/** Words and weights; what they suspect must be a category, and who has a threshold a profile. */
function loadNameScore(files: Files, profiles: readonly Profile[], categories: readonly Category[]): NameScoreData {
  const { value, at } = yaml(files, 'name-score.yaml', nameScoreSchema);
  for (const id of Object.keys(value.thresholds)) {
    if (!profiles.some((profile) => profile.id === id)) throw unknownProfile(at(['thresholds', id]), id);
  }
  const body = readText(files.dir, MODEL_FILE);
  files.seen.set(MODEL_FILE, body);
  const model = parseNameModel(body);
  for (const { category } of model.classes) {
    if (!categories.some(({ code }) => code === category)) throw unknownCategory({ file: MODEL_FILE }, category);
  }
  return { ...value, model };
}

interface DatedRule {
  readonly rule: SafeSearchRule;
  readonly date: string;
}

function loadSafeSearch(files: Files): DatedRule[] {
  const { value, at } = yaml(files, 'safe-search.yaml', safeSearchSchema);
  return value.rules.map((rule, index) => {
    const target = (key: 'dialStrict' | 'dialModerate'): string => exactHost(rule[key], at(['rules', index, key]));
    return {
      rule: {
        entries: sorted(rule.entries.map((text, i) => entry(text, () => at(['rules', index, 'entries', i])))),
        category: rule.category,
        dialStrict: target('dialStrict'),
        dialModerate: target('dialModerate'),
        ...(rule.parameters === undefined ? {} : { parameters: rule.parameters }),
        ...(rule.headers === undefined ? {} : { headers: rule.headers }),
      },
      date: rule.lastVerified,
    };
  });
}

/** SafeSearch hosts belong to their category by being here, so a host can't be dialled safely and yet be on no list. */
function safeSearchLists(rules: readonly DatedRule[]): ShippedList[] {
  return (['timkiem', 'videochung'] as const).flatMap((category) => {
    const own = rules.filter(({ rule }) => rule.category === category);
    if (own.length === 0) return [];
    const date = own.map((rule) => rule.date).sort().at(-1) ?? '';
    return [list({ name: `luytre-safe-search-${category}`, category, profiles: null, shield: false, source: 'Lũy Tre, rules/safe-search.yaml' }, date, own.flatMap(({ rule }) => rule.entries))];
  });
}

/** One entry in canonical spelling; refuses what is none and what would speak for strangers. */
function entry(text: string, place: () => Place): string {
  const parsed = parseEntry(text);
  if (parsed === null) {
    throw new ShippedError('entry', place(), `"${text}" không phải một mục hợp lệ; xem cú pháp trong rules/README.md.`, `"${text}" is not a valid entry; see the syntax in rules/README.md.`);
  }
  if (parsed.kind !== KIND_EXACT && parsed.kind !== KIND_PATH && isPublicSuffix(parsed.host)) {
    throw new ShippedError('public-suffix', place(), `"${text}" là đuôi công cộng; ghi đúng tên máy (=…) hoặc tên miền của chủ.`, `"${text}" is a public suffix; name the exact host (=…) or the owner's domain.`);
  }
  return formatEntry(parsed);
}

function exactHost(text: string, place: Place): string {
  const parsed = parseEntry(`=${text}`);
  if (parsed === null || parsed.kind !== KIND_EXACT) {
    throw new ShippedError('entry', place, `"${text}" không phải tên máy.`, `"${text}" is not a host name.`);
  }
  return parsed.host;
}

function list(meta: Pick<NewList, 'name' | 'category' | 'profiles' | 'shield' | 'source'> & { license?: string | null }, date: string, raw: readonly string[]): ShippedList {
  const entries = sorted(raw);
  return {
    meta: { ...meta, role: 'category', origin: 'shipped', license: meta.license ?? LICENSE },
    version: `${date}-${hash(entries, 8)}`,
    entries,
  };
}

function yaml<S extends z.ZodType>(files: Files, file: string, schema: S): ReturnType<typeof readYaml<S>> {
  files.seen.set(file, readText(files.dir, file));
  return readYaml(files.dir, file, schema);
}

/** Files of one folder, sorted. */
function names(files: Files, folder: string, ending: string): string[] {
  try {
    return readdirSync(join(files.dir, folder)).filter((name) => name.endsWith(ending)).sort();
  } catch (cause) {
    throw new ShippedError('missing', { file: folder }, 'thiếu thư mục; cài lại gói hoặc chép lại thư mục rules.', 'the folder is missing; reinstall, or copy the rules folder again.', { cause });
  }
}

function unique(ids: readonly string[], place: (index: number) => Place): void {
  const again = ids.findIndex((id, i) => ids.indexOf(id) !== i);
  if (again >= 0) throw new ShippedError('conflict', place(again), `"${ids[again] ?? ''}" đã có ở trên.`, `"${ids[again] ?? ''}" is already above.`);
}

function sorted(entries: readonly string[]): string[] {
  return [...new Set(entries)].sort();
}

function hash(lines: readonly string[], digits: number): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex').slice(0, digits);
}

function unknownCategory(place: Place, code: string): ShippedError {
  return new ShippedError('unknown-category', place, `không có nhóm "${code}" ở chỗ này; xem rules/README.md.`, `there is no category "${code}" here; see rules/README.md.`);
}

function unknownProfile(place: Place, id: string): ShippedError {
  return new ShippedError('unknown-profile', place, `không có hồ sơ "${id}"; xem rules/profiles.yaml.`, `there is no profile "${id}"; see rules/profiles.yaml.`);
}
