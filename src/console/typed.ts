/** Hosts typed into a form: canonical list syntax, or the sentence beside the field. The rules are policy/typed-host.ts's. */
import { z } from 'zod';
import { refuseToClose, refuseToOpen, typedHost, typedPage, type HostRefusal, type TypedHost } from '../policy/typed-host.js';
import type { ConsoleDeps } from './deps.js';
import { wrongField } from './refused.js';
import { both } from './words.js';

export const hostField = z.string(both('Chưa điền tên trang.', 'Fill in the host.')).trim().min(1, both('Chưa điền tên trang.', 'Fill in the host.')).max(512).meta({ vi: 'Tên trang', en: 'Host' });

/** @throws Refused naming the field */
export function entryOf(text: string, field = 'host'): string {
  return taken(typedHost(text), field);
}

/** What would open more than a site is refused. @throws Refused naming the field */
export function openedEntry(text: string, field = 'host'): string {
  return kept(entryOf(text, field), refuseToOpen, field);
}

/** An entry of a rule, which may have a path. What would open more than a site is refused. @throws Refused naming the field */
export function openedPage(text: string, field = 'host'): string {
  return kept(taken(typedPage(text), field), refuseToOpen, field);
}

/** The same for what closes: not where protected sites would be closed with it. @throws Refused naming the field */
export function closedPage(env: ConsoleDeps, text: string, field = 'host'): string {
  return kept(taken(typedPage(text), field), (entry) => refuseToClose(entry, env.shipped().lists.filter((list) => list.meta.shield).flatMap((list) => [...list.entries])), field);
}

function taken({ entry, refusal }: TypedHost, field: string): string {
  if (refusal !== null) throw wrongField(field, refusal.vi, refusal.en);
  return entry;
}

function kept(entry: string, refuse: (entry: string) => HostRefusal | null, field: string): string {
  const refusal = refuse(entry);
  if (refusal !== null) throw wrongField(field, refusal.vi, refusal.en);
  return entry;
}
