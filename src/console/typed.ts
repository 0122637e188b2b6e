/** Hosts typed into a form: canonical list syntax, or the sentence beside the field. The rules are policy/typed-host.ts's. */
import { z } from 'zod';
import { refuseToClose, refuseToOpen, typedHost } from '../policy/typed-host.js';
import type { ConsoleDeps } from './deps.js';
import { wrongField } from './refused.js';
import { both } from './words.js';

export const hostField = z.string(both('Chưa điền tên trang.', 'Fill in the host.')).trim().min(1, both('Chưa điền tên trang.', 'Fill in the host.')).max(512).meta({ vi: 'Tên trang', en: 'Host' });

/** @throws Refused naming the field */
export function entryOf(text: string, field = 'host'): string {
  const { entry, refusal } = typedHost(text);
  if (refusal !== null) throw wrongField(field, refusal.vi, refusal.en);
  return entry;
}

/** What would open more than a site is refused. @throws Refused naming the field */
export function openedEntry(text: string, field = 'host'): string {
  const entry = entryOf(text, field);
  const refusal = refuseToOpen(entry);
  if (refusal !== null) throw wrongField(field, refusal.vi, refusal.en);
  return entry;
}

/** What would close protected sites with it is refused. @throws Refused naming the field */
export function closedEntry(env: ConsoleDeps, text: string, field = 'host'): string {
  const entry = entryOf(text, field);
  const refusal = refuseToClose(entry, env.shipped().lists.filter((list) => list.meta.shield).flatMap((list) => [...list.entries]));
  if (refusal !== null) throw wrongField(field, refusal.vi, refusal.en);
  return entry;
}
