/**
 * A host as people type or paste it (whole address, host, `=host`, `*.host`) → an entry in list syntax, or the one sentence about what is wrong.
 * One reader for the terminal, the forms and the API. Pure.
 */
import { isAddressLiteral } from '../matching/address.js';
import { formatEntry, parseEntry, type Entry } from '../matching/entry.js';
import { hostFromUrl } from '../matching/hostname.js';
import { eventDomain } from '../matching/public-suffix.js';
import type { Words } from './words.js';

export type TypedHost =
  | { readonly entry: string; readonly host: string; readonly refusal: null }
  | { readonly entry: null; readonly host: null; readonly refusal: Words };

/** Of a whole address the host alone; a path in it is refused, for it would not count. */
export function typedHost(text: string): TypedHost {
  return typed(text, (host, path) => (path === null ? parseEntry(host) : hasPath(text)));
}

/** The same, or `host/path`; what follows `?` or `#` is left out. */
export function typedPage(text: string): TypedHost {
  return typed(text, (host, path) => parseEntry(`${host}${path ?? ''}`));
}

/** A site as teachers paste it: its path is left out, and `www.` too, because sites send readers to and fro between the two. */
export function typedSite(text: string): TypedHost {
  return typed(text, (host) => parseEntry(withoutWww(host)));
}

function typed(text: string, entryFor: (host: string, path: string | null) => Entry | Words | null): TypedHost {
  const plain = text.normalize('NFC').trim();
  const marked = /^(?:=|\*\.)/.test(plain);
  const target = marked ? null : hostFromUrl(plain);
  const entry = marked ? parseEntry(plain) : target === null ? null : entryFor(target.host, target.path === '/' ? null : target.path);
  if (entry === null || 'vi' in entry) return { entry: null, host: null, refusal: entry ?? notAHost(plain) };
  return { entry: formatEntry(entry), host: entry.host, refusal: null };
}

export function notAHost(text: string): Words {
  const shown = text.slice(0, 80);
  return { vi: `Không hiểu «${shown}»: không phải tên trang; viết như olm.vn, hoặc dán địa chỉ của trang.`, en: `"${shown}" is not a site; write a name like olm.vn, or paste the page's address.` };
}

function hasPath(text: string): Words {
  const shown = text.slice(0, 80);
  return { vi: `«${shown}» có đường dẫn; ở đây chỉ nhận tên trang.`, en: `"${shown}" has a path; only a host is taken here.` };
}

function withoutWww(host: string): string {
  const rest = host.startsWith('www.') ? host.slice(4) : host;
  return eventDomain(rest) === null ? host : rest;
}

/** `vn`, `edu.vn`, `com`: to open one would open what strangers register under it, and nobody means that. */
export function refuseToOpen(entry: string): Words | null {
  const host = suffixOf(entry);
  return host === null ? null : { vi: `«${host}» là đuôi chung của rất nhiều trang; hãy nêu tên từng trang.`, en: `"${host}" is a public suffix that very many sites share; name the site.` };
}

/**
 * A suffix may be blocked (`xyz`) unless protected learning or help hosts lie under it.
 * @param shielded entries of the protected lists, in list syntax
 */
export function refuseToClose(entry: string, shielded: Iterable<string>): Words | null {
  const host = suffixOf(entry);
  if (host === null) return null;
  for (const text of shielded) {
    const name = parseEntry(text)?.host ?? '';
    if (name !== host && !name.endsWith(`.${host}`)) continue;
    return { vi: `«${host}» là đuôi chung, bên dưới có trang được bảo vệ như ${name}; hãy nêu tên từng trang.`, en: `"${host}" is a public suffix with protected sites such as ${name} under it; name the site.` };
  }
  return null;
}

function suffixOf(entry: string): string | null {
  const host = parseEntry(entry)?.host ?? '';
  return !isAddressLiteral(host) && eventDomain(host) === null ? host : null;
}
