/** Page: one screen as a value: where it lies, who may see it, what it says. The table is pages/all.ts. */
import type { Child } from 'hono/jsx';
import type { Role } from '../store/rows.js';
import type { Who } from './action.js';
import type { ConsoleDeps } from './deps.js';
import type { FormValues } from './read-input.js';
import type { Tasks } from './tasks.js';
import type { Formats, Lang, T, Words } from './words.js';

/** A form that came back: what was typed and what is wrong with it. */
export interface FormState {
  /** Name of the action, and which of several forms of it on the page (`key` field), if any. */
  readonly action: string;
  readonly key: string | null;
  readonly values: FormValues;
  readonly fields: ReadonlyMap<string, Words>;
  readonly words: Words;
}

export interface PageContext {
  readonly env: ConsoleDeps;
  /** Long work under way. */
  readonly tasks: Tasks;
  readonly who: Who;
  readonly lang: Lang;
  readonly t: T;
  readonly format: Formats;
  readonly nowMs: number;
  /** This page with its question mark part; forms come back here. */
  readonly here: string;
  readonly query: URLSearchParams;
  /** `:name` parts of the path. */
  readonly params: Readonly<Record<string, string>>;
  /** The form that was refused, if this page is shown because of one. */
  readonly form: FormState | null;
  /** True when a dangerous act needs the password again. */
  readonly proofStale: boolean;
}

/** Groups of the menu in their order; `own` is what everybody has and stands last, without a heading. */
export const NAV_GROUPS = {
  today: { vi: 'Hôm nay', en: 'Today' },
  filter: { vi: 'Lọc', en: 'Filtering' },
  school: { vi: 'Trường và phòng', en: 'School and rooms' },
  people: { vi: 'Người và quyền', en: 'People and access' },
  machine: { vi: 'Máy', en: 'Machine' },
  own: { vi: 'Của tôi', en: 'Mine' },
} as const satisfies Readonly<Record<string, Words>>;
export type NavGroup = keyof typeof NAV_GROUPS;

export interface NavPlace {
  readonly group: NavGroup;
  /** Within the group. */
  readonly order: number;
  /** Whose menu it stands in, where that is fewer than may see the page: an administrator has the larger page of the same kind. */
  readonly roles?: readonly Role[];
}

export interface Page {
  /** `/phong`, `/phong/:room`. */
  readonly path: `/${string}`;
  readonly title: Words;
  readonly roles: readonly Role[];
  /** Place in the menu; absent: reached from other pages. */
  readonly nav?: NavPlace;
  /** Path of the page in the menu that this one belongs to, where the address does not say so (`/quan-tri/phong/:room` lies under `/quan-tri/phong`). */
  readonly under?: `/${string}`;
  /** Seconds after which the main part is fetched again where there is script. */
  readonly refreshS?: number;
  /** @throws Refused (`not-found`) where the object is not there or not theirs */
  render(ctx: PageContext): Child | Promise<Child>;
}
