/** The frame of every page: sidebar or top bar, what was just done and its undo, the main part. One style sheet, one script, nothing inline. */
import { raw } from 'hono/html';
import type { Child } from 'hono/jsx';
import { assetUrl } from '../assets.js';
import type { Flash } from '../access/session.js';
import type { Page, PageContext } from '../page.js';
import { UNDO_MS } from '../undo.js';
import type { Lang, T } from '../words.js';
import { Menu } from './menu.js';

/** htmx without its own style element and without anything it would have to evaluate. */
const HTMX_CONFIG = '{"includeIndicatorCSS":false,"history":false}';

export function Leaf() {
  return (
    <svg viewBox="0 0 24 24" width="28" height="28" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round">
      <path d="M7 22V3M12 22V2M17 22V3M4.5 9h5M4.5 15h5M9.5 7h5M9.5 13h5M14.5 9h5M14.5 15h5" />
    </svg>
  );
}

export function Document({ lang, title, school, children }: { readonly lang: Lang; readonly title: string; readonly school: string; readonly children?: Child }) {
  return (
    <>
    {raw('<!DOCTYPE html>')}
    <html lang={lang}>
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <meta name="htmx-config" content={HTMX_CONFIG} />
        <title>{`${title} · ${school}`}</title>
        <link rel="icon" href={assetUrl('leaf.svg')} type="image/svg+xml" />
        <link rel="stylesheet" href={assetUrl('console.css')} />
        <script src={assetUrl('htmx.js')} defer></script>
        <script src={assetUrl('sse.js')} defer></script>
      </head>
      <body>{children}</body>
    </html>
    </>
  );
}

/** A page before one is signed in. */
export function Gate({ lang, t, title, school, here, wide, children }: { readonly lang: Lang; readonly t: T; readonly title: string; readonly school: string; readonly here: string; readonly wide?: boolean; readonly children?: Child }) {
  return (
    <Document lang={lang} title={title} school={school}>
      <main id="main" class={wide === true ? 'gate wide' : 'gate'} tabindex={-1}>
        <p class="brand"><Leaf /> <span>Lũy Tre · {school}</span></p>
        <div class="card">
          <h1>{title}</h1>
          {children}
        </div>
        <p class="langs"><LangSwitch lang={lang} t={t} here={here} /></p>
      </main>
    </Document>
  );
}

function LangSwitch({ lang, t, here }: { readonly lang: Lang; readonly t: T; readonly here: string }) {
  const url = new URL(here, 'https://console');
  url.searchParams.set('lang', lang === 'vi' ? 'en' : 'vi');
  return <a href={`${url.pathname}${url.search}`} lang={lang === 'vi' ? 'en' : 'vi'} hreflang={lang === 'vi' ? 'en' : 'vi'}>{t('English', 'Tiếng Việt')}</a>;
}

const ROLE_WORDS = {
  'it-admin': ['Quản trị', 'Administrator'],
  teacher: ['Giáo viên', 'Teacher'],
  head: ['Ban giám hiệu', 'School leadership'],
  counsellor: ['Tư vấn học đường', 'Counsellor'],
  auditor: ['Kiểm tra', 'Auditor'],
} as const;

export function roleWords(t: T, role: keyof typeof ROLE_WORDS): string {
  const [vi, en] = ROLE_WORDS[role];
  return t(vi, en);
}

export function Frame({ ctx, page, menu, flash, children }: { readonly ctx: PageContext; readonly page: Page; readonly menu: readonly Page[]; readonly flash: Flash | null; readonly children?: Child }) {
  const { t, lang, who } = ctx;
  const school = ctx.env.snapshot().data.school.name;
  return (
    <Document lang={lang} title={t(page.title.vi, page.title.en)} school={school}>
      <a class="skip" href="#main">{t('Tới nội dung chính', 'Skip to the main part')}</a>
      <header class="side">
        <p class="brand"><Leaf /> <span>Lũy Tre<small>{school}</small></span></p>
        <Menu t={t} menu={menu} page={page} />
        <div class="me">
          <a href="/tai-khoan">{who.name}</a> <small>{roleWords(t, who.role)}</small>
          <form method="post" action="/dang-xuat"><button class="quiet">{t('Đăng xuất', 'Sign out')}</button></form>
          <LangSwitch lang={lang} t={t} here={ctx.here} />
        </div>
      </header>
      <main id="main" tabindex={-1}>
        {flash === null ? null : <FlashNote ctx={ctx} flash={flash} />}
        <h1>{t(page.title.vi, page.title.en)}</h1>
        {children}
      </main>
    </Document>
  );
}

function FlashNote({ ctx, flash }: { readonly ctx: PageContext; readonly flash: Flash }) {
  const left = flash.undo !== null && ctx.nowMs - flash.atMs < UNDO_MS;
  return (
    <div class={`flash ${flash.kind}`} role="status" tabindex={-1} autofocus>
      <span>{ctx.t(flash.words.vi, flash.words.en)}</span>
      {left ? (
        <UndoForm label={ctx.t('Hoàn tác', 'Undo')} token={flash.undo ?? ''} back={ctx.here} class="undo" />
      ) : null}
    </div>
  );
}

/** Stands for ten seconds; the style sheet lets it go. @param back page to come back to @param leads that is another page than this one */
export function UndoForm({ label, token, back, class: className, leads }: { readonly label: string; readonly token: string; readonly back: string; readonly class: string; readonly leads?: boolean }) {
  return (
    <form method="post" action="/hoan-tac" class={className} {...(leads === true ? {} : { 'hx-post': '/hoan-tac', 'hx-target': '#main', 'hx-select': '#main', 'hx-swap': 'outerHTML' })}>
      <input type="hidden" name="_back" value={back} />
      <input type="hidden" name="token" value={token} />
      <button>{label}</button>
    </form>
  );
}

/** Nothing here yet, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: Child }) {
  return (
    <div class="card empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}
