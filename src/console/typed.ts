/** Hosts and sites typed into a form: canonical list syntax, or the sentence beside the field. The rules are policy/typed-host.ts's. */
import { z } from 'zod';
import { shieldedEntries } from '../lists/shipped.js';
import { refuseToClose, refuseToOpen, typedHost, typedPage, typedSite, type TypedHost } from '../policy/typed-host.js';
import type { ConsoleDeps } from './deps.js';
import { wrongField } from './refused.js';
import { both, type Words } from './words.js';

export const hostField = z.string(both('Chưa điền tên trang.', 'Fill in the host.')).trim().min(1, both('Chưa điền tên trang.', 'Fill in the host.')).max(512).meta({ vi: 'Tên trang', en: 'Host' });

/** @throws Refused naming the field */
export function entryOf(text: string, field = 'host'): string {
  return taken(typedHost(text), field).entry;
}

/** What would open more than a site is refused. @throws Refused naming the field */
export function openedEntry(text: string, field = 'host'): string {
  return kept(entryOf(text, field), refuseToOpen, field);
}

/** An entry of a rule, which may have a path. What would open more than a site is refused. @throws Refused naming the field */
export function openedPage(text: string, field = 'host'): string {
  return kept(taken(typedPage(text), field).entry, refuseToOpen, field);
}

/** The same for what closes: not where protected sites would be closed with it. @throws Refused naming the field */
export function closedPage(env: ConsoleDeps, text: string, field = 'host'): string {
  return kept(taken(typedPage(text), field).entry, (entry) => refuseToClose(entry, shieldedEntries(env.shipped())), field);
}

/** One site that a teacher opens. @throws Refused naming the field */
export function openedSite(text: string, field = 'host'): { readonly entry: string; readonly host: string } {
  const site = taken(typedSite(text), field);
  kept(site.entry, refuseToOpen, field);
  return site;
}

/** Sites that people type or paste, several on a line too. @throws Refused with a sentence for each line at fault */
export function openedSites(lines: readonly string[], field: string): string[] {
  const entries = new Set<string>();
  const wrong: Words[] = [];
  for (const text of lines.flatMap(partsOf)) {
    const { entry, refusal } = typedSite(text);
    const no = refusal ?? refuseToOpen(entry);
    if (no !== null) wrong.push(no);
    else if (entry !== null) entries.add(entry);
  }
  if (wrong.length === 0) return [...entries];
  const first = wrong.slice(0, 10);
  const more = wrong.length - first.length;
  throw wrongField(field,
    [...first.map(({ vi }) => vi), ...(more > 0 ? [`Và ${more} dòng nữa.`] : [])].join('\n'),
    [...first.map(({ en }) => en), ...(more > 0 ? [`And ${more} more.`] : [])].join('\n'));
}

/** Several on a line are taken apart; a line of words, such as a title, is one fault and not many. */
function partsOf(line: string): string[] {
  const parts = line.split(/[\s,;]+/).filter((part) => part !== '');
  return parts.length > 1 && !parts.some((part) => part.includes('.')) ? [line.trim()] : parts;
}

function taken(typed: TypedHost, field: string): TypedHost & { readonly refusal: null } {
  if (typed.refusal !== null) throw wrongField(field, typed.refusal.vi, typed.refusal.en);
  return typed;
}

function kept(entry: string, refuse: (entry: string) => Words | null, field: string): string {
  const refusal = refuse(entry);
  if (refusal !== null) throw wrongField(field, refusal.vi, refusal.en);
  return entry;
}
