/**
 * A small school for policy tests: the matrix of vietnam.md §3 as a fixture of its own, a few lists, two zones.
 * Lists are given as name → entries, so that a test reads as what the school has loaded.
 */
import { createIndexBuilder } from '../../src/matching/host-index-build.js';
import { createSnapshot } from '../../src/policy/create-snapshot.js';
import type { Category, Cell, Profile } from '../../src/policy/profile.js';
import type { ListMeta, ListRole, PolicyData, Snapshot, Zone } from '../../src/policy/snapshot.js';

export const PROFILES = ['lop-1-3', 'lop-4-5', 'thcs', 'thpt', 'giao-vien', 'thi'] as const;
export type ProfileId = (typeof PROFILES)[number];

/** vietnam.md §3, column by column: 1–3, 4–5, THCS, THPT, GV. */
export const MATRIX: Readonly<Record<string, string>> = {
  csam: 'XXXXX', khieudam: 'XXXXX', cobac: 'XXXXX', matuy: 'XXXXX', luadao: 'XXXXX', madoc: 'XXXXX', danhmuc: 'XXXXX',
  vukhi: 'XXXXK', hangcam: 'XXXXX', baoluc: 'XXKKM', tuhai: 'XXXXM', batnat: 'XXXXK', thuocla: 'XXXXK', ruoubia: 'XXXKM',
  henho: 'XXXXK', game18: 'XXXXK', game16: 'XXXKK', game12: 'XKKKM', game00: 'KKKMM', mxh: 'XXKKM', livestream: 'XXKKM',
  nhantin: 'XKKKM', videochung: 'HHHHM', timkiem: 'KHHHM', ai: 'XKKHM', philau: 'XXXXX', phimnhac: 'KKKKM', vpn: 'XXXXK',
  gianlan: 'XXXXM', taitep: 'XXKKK', muasam: 'KKKKM', taichinh: 'XXXXK', mantin: 'XXKKM', quangcao: 'XXXXK',
  chuaphanloai: 'KKKHM', baochi: 'KMMMM', suckhoe: 'KMMMM', hoclieu: 'MMMMM', nhanuoc: 'MMMMM', trogiup: 'MMMMM', hatang: 'MMMMM',
};

/** The exam column: X where all five are X, open for help lines and infrastructure, K everywhere else. */
export function examCell(code: string): Cell {
  if (code === 'trogiup' || code === 'hatang') return 'M';
  return MATRIX[code] === 'XXXXX' ? 'X' : 'K';
}

export const CATEGORIES: readonly Category[] = Object.entries(MATRIX).map(([code, row]) => ({
  code,
  name: code,
  nameEn: code,
  legal: '',
  privacy: code === 'trogiup' ? 'none' : 'domain',
  cells: [...(row.split('') as Cell[]), examCell(code)],
}));

export const PROFILE_TABLE: readonly Profile[] = PROFILES.map((id) => ({
  id,
  name: id,
  nameEn: id,
  voice: id.startsWith('lop') ? 'tieu-hoc' : id === 'thi' ? 'thpt' : (id as 'thcs' | 'thpt' | 'giao-vien'),
  tls: 'name',
  youtube: id === 'thpt' || id === 'giao-vien' ? 'moderate' : 'strict',
  listedOnly: id === 'thi',
}));

export const profileNumber = (id: ProfileId): number => PROFILES.indexOf(id);
export const categoryNumber = (code: string): number => CATEGORIES.findIndex((category) => category.code === code);
export const maskOf = (...ids: ProfileId[]): number => ids.reduce((mask, id) => mask | (1 << profileNumber(id)), 0);
export const ALL = maskOf(...PROFILES);
export const ALL_BUT_EXAM = ALL & ~maskOf('thi');

export interface ListFixture {
  readonly name: string;
  readonly category?: string;
  readonly role?: ListRole;
  readonly mask?: number;
  readonly shield?: boolean;
  readonly entries: readonly string[];
}

export function zone(name: string, profile: ProfileId, rest: Partial<Zone> = {}): Zone {
  return { name, profile: profileNumber(profile), cidrs: [], macs: [], port: null, login: null, timetable: [], ...rest };
}

export const NAME_SCORE: PolicyData['nameScore'] = {
  brands: ['kubet', 'sunwin', 'hitclub'],
  stems: ['nhacai', 'taixiu', 'soikeo'],
  exceptions: ['alphabet', 'tibet'],
  threshold: 3,
};

/** One list a category, `<code>.test`, speaking for every profile: enough to ask each cell of the matrix. */
export const LIST_A_CATEGORY: readonly ListFixture[] = CATEGORIES.map(({ code }) => ({ name: `l-${code}`, category: code, entries: [`${code}.test`] }));

export function policyData(lists: readonly ListFixture[], rest: Partial<PolicyData> = {}): PolicyData {
  const builder = createIndexBuilder(64);
  const metas: ListMeta[] = lists.map((list, number) => {
    for (const entry of list.entries) builder.add(number, entry);
    return {
      name: list.name,
      version: '2026-11-23',
      role: list.role ?? 'category',
      category: list.category === undefined ? -1 : categoryNumber(list.category),
      profileMask: list.mask ?? ALL,
      shield: list.shield ?? false,
    };
  });
  return {
    generation: 1,
    school: { name: 'Trường thử', hotline: null, counsellor: null },
    profiles: PROFILE_TABLE,
    categories: CATEGORIES,
    lists: metas,
    index: builder.finish(),
    rules: [],
    zones: PROFILES.map((id) => zone(`phong-${id}`, id)),
    lessons: [],
    openings: [],
    safeSearch: [],
    nameScore: NAME_SCORE,
    ...rest,
  };
}

export function snapshotOf(lists: readonly ListFixture[], rest: Partial<PolicyData> = {}): Snapshot {
  return createSnapshot(policyData(lists, rest));
}

