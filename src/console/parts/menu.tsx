/**
 * The menu: which pages stand in whose, in what groups, and which of them one is on. A few pages are one row, which a phone pushes aside with a
 * finger; many are folded into their groups, the one in use open, so that a school's small screen shows all of them. Folding is `<details>`: it works
 * without script, by keyboard, and a screen reader says what is open.
 */
import { NAV_GROUPS, type NavGroup, type Page } from '../page.js';
import type { Role } from '../../store/rows.js';
import type { T } from '../words.js';

/** More than these, beside what everybody has, are grouped: seven fit a glance. */
const MOST_IN_A_ROW = 7;
const GROUPS = Object.keys(NAV_GROUPS) as NavGroup[];

/** The pages of a role's menu in their order; the first is where one comes in. */
export function menuOf(pages: readonly Page[], role: Role): Page[] {
  const place = (page: Page): number => GROUPS.indexOf(page.nav?.group ?? 'own') * 1_000 + (page.nav?.order ?? 0);
  return pages.filter((page) => page.roles.includes(role) && page.nav !== undefined && (page.nav.roles?.includes(role) ?? true)).sort((a, b) => place(a) - place(b));
}

/** The entry one is on or below; null where the page belongs to none. */
export function entryOf(menu: readonly Page[], page: Page): Page | null {
  const path = page.under ?? page.path;
  return menu.filter((entry) => path === entry.path || path.startsWith(`${entry.path}/`)).sort((a, b) => b.path.length - a.path.length)[0] ?? null;
}

interface MenuProps {
  readonly t: T;
  readonly menu: readonly Page[];
  /** The page that is shown. */
  readonly page: Page;
}

export function Menu({ t, menu, page }: MenuProps) {
  const here = entryOf(menu, page);
  const at = { t, page, here };
  const own = menu.filter((entry) => entry.nav?.group === 'own');
  if (menu.length - own.length <= MOST_IN_A_ROW) return <nav aria-label={t('Trang', 'Pages')}><Links {...at} entries={menu} /></nav>;
  const groups = <><Groups {...at} menu={menu} /><Links {...at} entries={own} /></>;
  const group = here?.nav === undefined || here.nav.group === 'own' ? null : NAV_GROUPS[here.nav.group];
  return (
    <nav aria-label={t('Trang', 'Pages')} class="grouped">
      <div class="wide">{groups}</div>
      <details class="menu narrow">
        <summary><b>{t('Mục lục', 'Menu')}</b> <span>{group !== null ? t(group.vi, group.en) : here === null ? '' : t(here.title.vi, here.title.en)}</span></summary>
        {groups}
      </details>
    </nav>
  );
}

function Groups({ t, menu, page, here }: MenuProps & { readonly here: Page | null }) {
  return (
    <>
      {GROUPS.filter((group) => group !== 'own' && menu.some((entry) => entry.nav?.group === group)).map((group) => {
        const current = here?.nav?.group === group;
        return (
          <details class={current ? 'group current' : 'group'} {...(current ? { open: true } : {})}>
            <summary><h2>{t(NAV_GROUPS[group].vi, NAV_GROUPS[group].en)}</h2></summary>
            <Links t={t} page={page} here={here} entries={menu.filter((entry) => entry.nav?.group === group)} />
          </details>
        );
      })}
    </>
  );
}

/** `page` for the page itself, `true` for the entry that a deeper page lies under. */
function Links({ t, entries, page, here }: { readonly t: T; readonly entries: readonly Page[]; readonly page: Page; readonly here: Page | null }) {
  return (
    <ul>
      {entries.map((entry) => (
        <li><a href={entry.path} {...(entry === page ? { 'aria-current': 'page' as const } : entry === here ? { 'aria-current': 'true' as const } : {})}>{t(entry.title.vi, entry.title.en)}</a></li>
      ))}
    </ul>
  );
}
