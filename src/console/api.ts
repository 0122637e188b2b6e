/**
 * `/api/v1`: the same actions as JSON, for the schools' own scripts. A token names its actions and never does more than its maker may;
 * a page of the console may use its session, under the same checks of origin. Faults are problem details (RFC 9457) with the page's sentence.
 */
import type { Hono } from 'hono';
import { z } from 'zod';
import type { Action, Who } from './action.js';
import { isLoopback, langOf, readBytes, remoteAddress, sendFile, type Ctx, type Env, type Kit } from './http.js';
import { metricsText } from './metrics.js';
import { openApi } from './openapi.js';
import { fromForm, readInput } from './read-input.js';
import { asRefused, refused, Refused } from './refused.js';
import { ownerOf, runAction } from './run-action.js';
import { plainText } from '../store/audit.js';
import { TOKEN_PREFIX, tokenHash } from './tokens.js';
import { wordsOf, type Lang } from './words.js';

const MAX_BODY = 65_536;
const undoInput = z.strictObject({ token: z.string().min(1).max(64) });

export function apiRoutes(app: Hono<Env>, kit: Kit, actions: readonly Action[]): void {
  const { env, sessions } = kit;
  const document = openApi(actions);

  app.get('/api/v1/openapi.json', (c) => c.json(document));

  for (const action of actions) {
    app.on(action.method, `/api/v1${action.path.replace(/\{([a-zA-Z]+)\}/g, ':$1')}`, async (c) => {
      try {
        const who = whoAsks(c, action.name);
        const body = action.method === 'GET' || action.method === 'DELETE' ? null : await readJson(c, action.maxBytes ?? MAX_BODY);
        const input = (): unknown => {
          const params = c.req.param() as Record<string, string>;
          return readInput(action.input, body === null ? fromQuery(action, c, params) : { ...body, ...pathFields(action, params) });
        };
        const ran = await runAction(kit.run, action, who, input, null);
        if (ran.file !== null) return sendFile(c, ran.file);
        // Others may read what an action gives; what it would not give by its own schema is a fault of this program.
        const value = action.output.parse(ran.value);
        if (ran.undo !== null) c.header('Luytre-Undo', ran.undo);
        if (ran.task !== null) c.header('Luytre-Task', ran.task);
        return c.json(value as object);
      } catch (error) {
        return problem(c, asRefused(error));
      }
    });
  }

  app.post('/api/v1/undo', async (c) => {
    try {
      const who = whoAsks(c, null);
      const { token } = readInput(undoInput, await readJson(c, MAX_BODY));
      return c.json({ undone: await kit.undo.take(ownerOf(who), token) });
    } catch (error) {
      return problem(c, asRefused(error));
    }
  });

  app.get('/metrics', (c) => {
    try {
      // this machine's own Prometheus needs no token; whoever else asks names one
      if (!isLoopback(remoteAddress(c)) || c.req.header('authorization') !== undefined) {
        if (whoAsks(c, 'metrics.read').session !== null) throw refused('forbidden', 'Số đo chỉ dành cho máy này hoặc mã truy cập.', 'Metrics are for this machine or a token.');
      }
      return c.text(metricsText(env), 200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
    } catch (error) {
      return problem(c, asRefused(error));
    }
  });

  /** @param action what the token must name; null: what it did itself */
  function whoAsks(c: Ctx, action: string | null): Who {
    const given = /^bearer +(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
    if (given !== undefined) {
      const found = given.startsWith(TOKEN_PREFIX) && given.length < 100 ? env.store.tokens.use(tokenHash(given), env.now()) : null;
      if (found === null) throw refused('sign-in', 'Mã truy cập không đúng, đã hết hạn hoặc đã bị thu hồi.', 'The token is wrong, expired or revoked.');
      if (action !== null && !found.token.actions.includes(action)) throw refused('forbidden', `Mã truy cập này không được cấp cho việc «${action}».`, `This token is not for "${action}".`);
      return { name: found.user.name, role: found.user.role, actor: { kind: 'console', name: `${found.user.name} (token ${found.token.id})` }, session: null };
    }
    const session = sessions.read(c.req.header('cookie'));
    if (session?.stage !== 'full') throw refused('sign-in', 'Chưa đăng nhập: gửi mã truy cập ở Authorization: Bearer …', 'Not signed in: send a token as Authorization: Bearer …');
    if (session.user.oneTimeUntilMs !== null && action !== 'account.password') throw refused('forbidden', 'Hãy đặt mật khẩu của mình trước.', 'Set a password of your own first.');
    return { name: session.user.name, role: session.user.role, actor: { kind: 'console', name: session.user.name }, session };
  }
}

/** Parts of the path are texts; the schema may want numbers. */
function pathFields(action: Action, params: Record<string, string>): Record<string, unknown> {
  const fields = fromForm(action.input, params);
  return Object.fromEntries(Object.keys(params).map((name) => [name, fields[name]]));
}

function fromQuery(action: Action, c: Ctx, params: Record<string, string>): Record<string, unknown> {
  const query = c.req.queries();
  const unknown = Object.keys(query).find((name) => name !== 'lang' && !Object.hasOwn(action.input.shape, name));
  if (unknown !== undefined) {
    // a name somebody else may have made up: shown as it can't turn or fill the line
    const name = plainText(unknown, 40);
    throw new Refused('input', { vi: `Không có tham số «${name}».`, en: `There is no parameter "${name}".` });
  }
  return fromForm(action.input, { ...query, ...params });
}

async function readJson(c: Ctx, maxBytes: number): Promise<Record<string, unknown>> {
  const bytes = await readBytes(c, maxBytes);
  if (bytes.length === 0) return {};
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw refused('input', 'Nội dung gửi lên không phải JSON hợp lệ.', 'The body is not valid JSON.');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refused('input', 'Nội dung gửi lên phải là một đối tượng JSON.', 'The body must be a JSON object.');
  return value as Record<string, unknown>;
}

function problem(c: Ctx, wrong: Refused): Response {
  const lang: Lang = c.req.query('lang') === undefined && /^en/i.test(c.req.header('accept-language') ?? '') ? 'en' : langOf(c, null);
  const t = wordsOf(lang);
  if (wrong.retryAfterS !== null) c.header('Retry-After', String(wrong.retryAfterS));
  if (wrong.kind === 'sign-in') c.header('WWW-Authenticate', 'Bearer');
  const fields = Object.fromEntries([...wrong.fields].map(([name, words]) => [name, t(words.vi, words.en)]));
  return c.body(JSON.stringify({ type: 'about:blank', status: wrong.status, code: wrong.kind, detail: t(wrong.words.vi, wrong.words.en), fields }), wrong.status, { 'Content-Type': 'application/problem+json' });
}
