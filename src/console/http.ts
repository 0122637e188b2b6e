/** What every handler of the console is handed, and the few answers they all give. The types of Hono stay in here and in the routes. */
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { plainAddress } from '../matching/address.js';
import type { SessionRow } from '../store/access-rows.js';
import type { FileAnswer } from './action.js';
import type { Proof } from './access/proof.js';
import type { Sessions } from './access/session.js';
import type { ConsoleDeps } from './deps.js';
import { Refused } from './refused.js';
import type { RunParts } from './run-action.js';
import type { FormValues } from './read-input.js';
import type { Tasks } from './tasks.js';
import type { UndoRegistry } from './undo.js';
import type { Lang } from './words.js';

export type Env = { Bindings: HttpBindings };
export type Ctx = Context<Env>;

/** Parts that live as long as the console. */
export interface Kit {
  readonly env: ConsoleDeps;
  readonly sessions: Sessions;
  readonly proof: Proof;
  readonly undo: UndoRegistry;
  readonly tasks: Tasks;
  readonly run: RunParts;
}

export function remoteAddress(c: Ctx): string {
  return plainAddress(c.env.incoming.socket.remoteAddress);
}

export function localAddress(c: Ctx): string {
  return plainAddress(c.env.incoming.socket.localAddress);
}

export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** True where only a part of the page was asked for by itself, not by a person. */
export function isLive(c: Ctx): boolean {
  return c.req.header('x-live') !== undefined;
}

export function isHtmx(c: Ctx): boolean {
  return c.req.header('hx-request') === 'true';
}

/** The language asked for in the address, else the session's, else the reader's browser's, else Vietnamese. */
export function langOf(c: Ctx, session: SessionRow | null): Lang {
  const asked = c.req.query('lang');
  if (asked === 'vi' || asked === 'en') return asked;
  if (session !== null) return session.lang;
  return 'vi';
}

/** Fields of a form, bounded; `_…` fields are the console's own. */
export async function readForm(c: Ctx, maxBytes: number): Promise<FormValues> {
  const type = c.req.header('content-type') ?? '';
  if (type === '') return {};
  // handed on as it comes: sixty megabytes held once more here would be felt on an old PC
  let tooMuch: Refused | null = null;
  const body = ReadableStream.from(counted(c, maxBytes, (refusal) => (tooMuch = refusal)));
  const form = await new Response(body, { headers: { 'Content-Type': type } }).formData().catch(() => {
    throw tooMuch ?? new Refused('input', { vi: 'Không đọc được biểu mẫu gửi lên.', en: 'The form could not be read.' });
  });
  const values: Record<string, string | File | (string | File)[]> = {};
  for (const [name, value] of form.entries()) {
    const entry = value as string | File;
    const known = Object.hasOwn(values, name) ? values[name] : undefined;
    if (known === undefined) values[name] = entry;
    else values[name] = Array.isArray(known) ? [...known, entry] : [known, entry];
  }
  return values;
}

/** @throws Refused (`too-large`) as soon as more has come, whatever the length said */
export async function readBytes(c: Ctx, maxBytes: number): Promise<Uint8Array<ArrayBuffer>> {
  const parts: Uint8Array[] = [];
  for await (const part of counted(c, maxBytes)) parts.push(part);
  return new Uint8Array(Buffer.concat(parts));
}

async function* counted(c: Ctx, maxBytes: number, onTooMuch?: (refusal: Refused) => void): AsyncGenerator<Uint8Array> {
  const check = (bytes: number): void => {
    if (bytes <= maxBytes) return;
    const refusal = tooLarge(maxBytes);
    onTooMuch?.(refusal);
    throw refusal;
  };
  let bytes = 0;
  check(Number(c.req.header('content-length') ?? '0'));
  for await (const part of (c.req.raw.body ?? []) as AsyncIterable<Uint8Array>) {
    check((bytes += part.length));
    yield part;
  }
}

function tooLarge(maxBytes: number): Refused {
  const most = maxBytes < 2 ** 20 ? `${Math.floor(maxBytes / 1_024)} KB` : `${Math.floor(maxBytes / 2 ** 20)} MB`;
  return new Refused('too-large', { vi: `Nội dung gửi lên lớn quá; tối đa ${most}.`, en: `Too large; at most ${most}.` });
}

export function textOf(values: FormValues, name: string): string {
  const value = values[name];
  return typeof value === 'string' ? value : '';
}

/** A place of this console, never of another site; the sign-in page otherwise. */
export function safePlace(place: string): string {
  if (!place.startsWith('/') || place.startsWith('//') || place.includes('\\') || /[\r\n]/.test(place)) return '/';
  const url = new URL(place, 'https://console');
  return url.host === 'console' ? `${url.pathname}${url.search}` : '/';
}

/** Never shown in the console's own origin: always saved. */
export function sendFile(c: Ctx, { name, type, body }: FileAnswer): Response {
  return c.body(body, 200, { 'Content-Type': type, 'Content-Disposition': `attachment; filename="${name.replace(/[^A-Za-z0-9._-]/g, '_')}"` });
}

/** On to another page: plainly, or by telling htmx when the address must change. */
export function goTo(c: Ctx, place: string, cookie?: string): Response {
  if (cookie !== undefined) c.header('Set-Cookie', cookie);
  if (isHtmx(c)) {
    c.header('HX-Redirect', place);
    return c.body(null, 200);
  }
  return c.redirect(place, 303);
}
