/**
 * A host as people type or paste it (URL, host, `=host`, `*.host`) → an entry in list syntax, or the one sentence about what is wrong.
 * One place for the terminal and the pages. Pure.
 */
import { isAddressLiteral } from '../matching/address.js';
import { formatEntry, parseEntry } from '../matching/entry.js';
import { eventDomain } from '../matching/public-suffix.js';

export interface HostRefusal {
  readonly vi: string;
  readonly en: string;
}
export type TypedHost = { readonly entry: string; readonly refusal: null } | { readonly entry: null; readonly refusal: HostRefusal };

export function typedHost(text: string): TypedHost {
  return typed(text, false);
}

/** The same, or `host/path`; what follows `?` or `#` is left out. */
export function typedPage(text: string): TypedHost {
  return typed(text, true);
}

function typed(text: string, pages: boolean): TypedHost {
  const entry = parseEntry(text.trim().replace(/^[a-z][a-z0-9+.-]*:\/\//i, '').replace(/[?#].*$/, '').replace(/\/$/, ''));
  if (entry === null) return refuse(`«${text}» không phải tên trang hợp lệ.`, `"${text}" is not a valid host.`);
  if (entry.path !== null && !pages) return refuse(`«${text}» có đường dẫn; ở đây chỉ nhận tên trang.`, `"${text}" has a path; only a host is taken here.`);
  return { entry: formatEntry(entry), refusal: null };
}

/** `vn`, `edu.vn`, `com`: to open one would open what strangers register under it, and nobody means that. */
export function refuseToOpen(entry: string): HostRefusal | null {
  const host = suffixOf(entry);
  return host === null ? null : { vi: `«${host}» là đuôi chung của rất nhiều trang; hãy nêu tên từng trang.`, en: `"${host}" is a public suffix that very many sites share; name the site.` };
}

/**
 * A suffix may be blocked (`xyz`) unless protected learning or help hosts lie under it.
 * @param shielded entries of the protected lists, in list syntax
 */
export function refuseToClose(entry: string, shielded: Iterable<string>): HostRefusal | null {
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

function refuse(vi: string, en: string): TypedHost {
  return { entry: null, refusal: { vi, en } };
}
