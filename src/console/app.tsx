/**
 * The console as one function from request to answer: what is turned away, coming in, pages, forms, undo, API, assets.
 * Routes of pages and actions come from their tables; nothing else may add one.
 */
import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { accessRoutes } from './access/routes.js';
import { answerHeaders, hostOf, turnAway, type Knock, type OwnNames } from './access/guard.js';
import type { Action, Who } from './action.js';
import { apiRoutes } from './api.js';
import { assetAt } from './assets.js';
import { goTo, isHtmx, isLive, isLoopback, langOf, localAddress, readForm, safePlace, sendFile, textOf, type Ctx, type Env, type Kit } from './http.js';
import type { FormState, Page, PageContext } from './page.js';
import { Frame, Gate } from './parts/layout.js';
import { menuOf } from './parts/menu.js';
import { fromForm, readInput, type FormValues } from './read-input.js';
import { TaskNow } from './pages/task.js';
import { followTask } from './follow-task.js';
import { asRefused, refused, Refused } from './refused.js';
import { ownerOf, proofStale, runAction } from './run-action.js';
import type { SessionRow } from '../store/access-rows.js';
import { needsSetup, SETUP } from './setup-steps.js';
import { formatsOf, wordsOf } from './words.js';

const MAX_FORM = 65_536;
const DONE = { kind: 'done', words: { vi: 'Đã hoàn tác.', en: 'Undone.' } } as const;
const LATE = { kind: 'refused', words: { vi: 'Quá mười giây nên không hoàn tác được nữa; hãy đổi lại bằng tay.', en: 'More than ten seconds have passed; change it back by hand.' } } as const;

export interface AppParts {
  readonly kit: Kit;
  readonly names: OwnNames;
  readonly actions: readonly Action[];
  readonly pages: readonly Page[];
}

export function createApp({ kit, names, actions, pages }: AppParts): Hono<Env> {
  const { env, sessions } = kit;
  const app = new Hono<Env>();
  const patterns = pages.map((page) => ({ page, pattern: patternOf(page.path) }));
  const byName = new Map(actions.map((action) => [action.name, action]));

  app.use('*', async (c, next) => {
    const knock = knockOf(c);
    const away = turnAway(knock, names);
    if (away === null) await next();
    else c.res = await tell(c, away);
    for (const [name, value] of Object.entries(answerHeaders(hostOf(knock), names))) if (!(name === 'Cache-Control' && c.res.headers.has(name))) c.res.headers.set(name, value);
  });
  app.onError((error, c) => tell(c, asRefused(error)));
  app.notFound((c) => tell(c, refused('not-found', 'Bảng điều khiển không có trang này.', 'The console has no such page.')));

  app.get('/assets/*', (c) => {
    const asset = assetAt(c.req.path);
    if (asset === null) return c.notFound();
    return c.body(asset.body, 200, { 'Content-Type': asset.type, 'Cache-Control': 'public, max-age=31536000, immutable' });
  });

  accessRoutes(app, kit);
  apiRoutes(app, kit, actions);

  app.get('/', (c) => {
    const who = signedIn(c);
    if (who instanceof Response) return who;
    return c.redirect(needsSetup(env, who) ? SETUP : (menuOf(pages, who.role)[0]?.path ?? '/tai-khoan'), 303);
  });
  for (const page of pages) app.get(page.path, (c) => show(c, page, null, null));

  app.post('/lam/:action', async (c) => {
    const who = signedIn(c);
    if (who instanceof Response) return who;
    const action = byName.get(c.req.param('action'));
    if (action === undefined || action.method === 'GET') throw refused('not-found', 'Không có thao tác này.', 'There is no such action.');
    if (mustSetPassword(who) && action.name !== 'account.password') return goTo(c, OWN_ACCOUNT);
    const values = await readForm(c, action.maxBytes ?? MAX_FORM).catch((error: unknown) => asRefused(error));
    if (values instanceof Refused) return refuseUnread(c, action, values);
    const back = safePlace(textOf(values, '_back') || '/');
    try {
      const ran = await runAction(kit.run, action, who, () => readInput(action.input, fromForm(action.input, values)), { password: textOf(values, '_password') || null, code: textOf(values, '_code') || null });
      if (who.session !== null && ran.say !== null) sessions.memory(who.session).flash = { kind: 'done', words: ran.say, undo: ran.undo, atMs: env.now() };
      if (ran.file !== null) return sendFile(c, ran.file);
      if (ran.next !== null) return goTo(c, ran.next);
      return c.redirect(back, 303);
    } catch (error) {
      return await giveBack(c, back, action, values, asRefused(error));
    }
  });

  /** Long work as server-sent events; the connection is of this origin or `turnAway` has refused it. */
  app.get('/viec/:id/tien-do', (c) => {
    const who = signedIn(c);
    if (who instanceof Response) return who;
    const id = c.req.param('id');
    if (kit.tasks.get(who.name, id) === null) throw refused('not-found', 'Không có việc này, hoặc việc đã xong từ lâu.', 'There is no such work, or it ended long ago.');
    const t = wordsOf(who.session?.lang ?? 'vi');
    return streamSSE(c, (stream) => followTask(stream, (onChange) => kit.tasks.watch(who.name, id, onChange), (state) => String(<TaskNow t={t} state={state} nowMs={env.now()} />)));
  });

  app.post('/hoan-tac', async (c) => {
    const who = signedIn(c);
    if (who instanceof Response) return who;
    const values = await readForm(c, MAX_FORM);
    const flash = await kit.undo.take(ownerOf(who), textOf(values, 'token')).then(
      (undone) => (undone ? DONE : LATE),
      (error: unknown) => ({ kind: 'refused' as const, words: asRefused(error).words }),
    );
    if (who.session !== null) sessions.memory(who.session).flash = { ...flash, undo: null, atMs: env.now() };
    return c.redirect(safePlace(textOf(values, '_back') || '/'), 303);
  });

  /** The person, or the way to the step of signing in that is due. */
  function signedIn(c: Ctx): Who | Response {
    const session = sessions.read(c.req.header('cookie'), { quiet: isLive(c) });
    if (session?.stage === 'full') return whoOf(session);
    if (env.store.accounts.users().length === 0) return goTo(c, '/khoi-dau');
    const url = new URL(c.req.url);
    const back = encodeURIComponent(c.req.method === 'GET' && !isLive(c) ? `${url.pathname}${url.search}` : '/');
    if (session !== null) return goTo(c, `${session.stage === 'code' ? '/ma-xac-thuc' : '/thiet-lap-xac-thuc'}?back=${back}`);
    return goTo(c, `/dang-nhap?back=${back}`);
  }

  /** @param at the page's own address, where it is shown in answer to a form */
  async function show(c: Ctx, page: Page, form: FormState | null, at: string | null): Promise<Response> {
    const who = signedIn(c);
    if (who instanceof Response) return who;
    if (mustSetPassword(who) && page.path !== OWN_ACCOUNT) return goTo(c, OWN_ACCOUNT);
    if (!page.roles.includes(who.role)) throw refused('forbidden', 'Vai trò của thầy/cô không xem được trang này.', 'Your role may not see this page.');
    const url = new URL(at ?? c.req.url, 'https://console');
    const asked = url.searchParams.get('lang');
    if (asked !== null && at === null && who.session !== null) {
      if (asked === 'vi' || asked === 'en') env.store.sessions.setLang(who.session.hash, asked);
      url.searchParams.delete('lang');
      return c.redirect(`${url.pathname}${url.search}`, 303);
    }
    const lang = who.session?.lang ?? 'vi';
    const nowMs = env.now();
    const memory = who.session === null ? null : sessions.memory(who.session);
    const ctx: PageContext = {
      env, tasks: kit.tasks, who, lang, t: wordsOf(lang), format: formatsOf(lang), nowMs,
      here: `${url.pathname}${url.search}`,
      query: url.searchParams,
      params: paramsOf(page, url.pathname),
      form,
      proofStale: proofStale(who, nowMs),
    };
    const body = await page.render(ctx);
    const flash = memory?.flash ?? null;
    // Said once; a part that is fetched by itself leaves it for the page.
    if (memory !== null && !isLive(c)) memory.flash = null;
    return c.html(<Frame ctx={ctx} page={page} menu={menuOf(pages, who.role)} flash={isLive(c) ? null : flash}>{body}</Frame>);
  }

  function paramsOf(page: Page, path: string): Record<string, string> {
    const found = patterns.find((entry) => entry.page === page)?.pattern.exec(path)?.groups ?? {};
    return Object.fromEntries(Object.entries(found).map(([name, value]) => [name, decoded(value)]));
  }

  /** The page the form stood on, with what was typed and what is wrong beside it. */
  async function giveBack(c: Ctx, back: string, action: Action, values: FormValues, wrong: Refused): Promise<Response> {
    const path = back.split('?', 1)[0] ?? '/';
    const page = patterns.find(({ pattern }) => pattern.test(path))?.page;
    if (page === undefined) throw wrong;
    const form: FormState = { action: action.name, key: textOf(values, '_key') || null, values, fields: wrong.fields, words: wrong.words };
    const answer = await show(c, page, form, back);
    return answer.status === 200 ? new Response(answer.body, { status: wrong.status, headers: answer.headers }) : answer;
  }

  /** A form of which nothing was read, because it was too large: its page again, with what to do about it. */
  async function refuseUnread(c: Ctx, action: Action, wrong: Refused): Promise<Response> {
    if (wrong.kind !== 'too-large' || action.tooLarge === undefined) throw wrong;
    const { page, field, words } = action.tooLarge;
    return giveBack(c, page, action, {}, new Refused('too-large', words, new Map([[field, words]])));
  }

  async function tell(c: Ctx, wrong: Refused): Promise<Response> {
    if (wrong.kind === 'fault') env.log.error('the console failed', { part: 'console' });
    const session = sessions.read(c.req.header('cookie'), { quiet: true });
    const lang = langOf(c, session);
    const t = wordsOf(lang);
    if (c.req.path.startsWith('/api/')) return c.json({ status: wrong.status, code: wrong.kind, detail: t(wrong.words.vi, wrong.words.en) }, wrong.status, { 'Content-Type': 'application/problem+json' });
    if (isHtmx(c) && !isLive(c)) c.header('HX-Retarget', 'body');
    const school = env.snapshot().data.school.name;
    return await c.html(
      <Gate lang={lang} t={t} title={t('Chưa được', 'Not done')} school={school} here="/">
        <p role="alert">{t(wrong.words.vi, wrong.words.en)}</p>
        <p><a class="button" href="/">{t('Về trang đầu', 'To the first page')}</a></p>
      </Gate>,
      wrong.status,
    );
  }

  return app;
}

const OWN_ACCOUNT = '/tai-khoan';

/** Whoever came in with a password that somebody else made sets their own before anything else. */
function mustSetPassword(who: Who): boolean {
  return who.session !== null && who.session.user.oneTimeUntilMs !== null;
}

function whoOf(session: SessionRow): Who {
  const { name, role } = session.user;
  return { name, role, actor: { kind: 'console', name }, session };
}

function knockOf(c: Ctx): Knock {
  const local = localAddress(c);
  return { method: c.req.method, path: c.req.path, header: (name) => c.req.header(name), localAddress: local, loopback: isLoopback(local) };
}

function patternOf(path: string): RegExp {
  return new RegExp(`^${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/:([a-z]+)/gi, '(?<$1>[^/]+)')}$`);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    throw refused('not-found', 'Địa chỉ trang không hợp lệ.', 'The address of the page is not valid.');
  }
}
