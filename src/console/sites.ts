/** Sites as teachers type or paste them: a host, a whole address, `*.host`; each to canonical list syntax or one clear sentence. Pure. */
import { isAddressLiteral } from '../matching/address.js';
import { formatEntry, parseEntry } from '../matching/entry.js';
import { hostFromUrl } from '../matching/hostname.js';
import { eventDomain } from '../matching/public-suffix.js';
import { wrongField } from './refused.js';
import type { Words } from './words.js';

export type ReadSite = { readonly entry: string; readonly host: string } | { readonly wrong: Words };

/** The path of a pasted address is left out: what is opened is the site. `www.` too, because sites send readers to and fro between the two. */
export function readSite(text: string): ReadSite {
  const typed = text.normalize('NFC').trim();
  const shown = typed.slice(0, 80);
  const marked = /^(?:=|\*\.)/.test(typed);
  const host = marked ? null : (hostFromUrl(typed)?.host ?? null);
  const entry = marked ? parseEntry(typed) : host === null ? null : parseEntry(bare(host));
  if (entry === null || entry.path !== null) {
    return { wrong: { vi: `Không hiểu «${shown}»; viết tên trang như olm.vn, hoặc dán địa chỉ của trang.`, en: `“${shown}” is not a site; write a name like olm.vn, or paste the page's address.` } };
  }
  if (!isAddressLiteral(entry.host) && eventDomain(entry.host) === null) {
    return { wrong: { vi: `«${shown}» là đuôi chung của rất nhiều trang; hãy nêu tên từng trang.`, en: `“${shown}” is a suffix that very many sites share; name the site.` } };
  }
  return { entry: formatEntry(entry), host: entry.host };
}

function bare(host: string): string {
  const rest = host.startsWith('www.') ? host.slice(4) : host;
  return eventDomain(rest) === null ? host : rest;
}

/** @throws Refused with a sentence for each line at fault */
export function readSites(field: string, lines: readonly string[]): string[] {
  const read = lines.flatMap(partsOf).map(readSite);
  const wrong = read.flatMap((site) => ('wrong' in site ? [site.wrong] : []));
  if (wrong.length > 0) {
    const first = wrong.slice(0, 10);
    const more = wrong.length - first.length;
    throw wrongField(field,
      [...first.map(({ vi }) => vi), ...(more > 0 ? [`Và ${more} dòng nữa.`] : [])].join('\n'),
      [...first.map(({ en }) => en), ...(more > 0 ? [`And ${more} more.`] : [])].join('\n'));
  }
  return [...new Set(read.flatMap((site) => ('entry' in site ? [site.entry] : [])))];
}

/** Several on a line are taken apart; a line of words, such as a title, is one fault and not many. */
function partsOf(line: string): string[] {
  const parts = line.split(/[\s,;]+/).filter((part) => part !== '');
  return parts.length > 1 && !parts.some((part) => part.includes('.')) ? [line.trim()] : parts;
}
