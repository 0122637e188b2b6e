/**
 * Hosts that are never decrypted (certs/never-decrypt.txt): read, checked, and asked by name.
 * The same list becomes the constraints of a new CA. Refuses to know what TLS is done with it.
 */
import { readFileSync } from 'node:fs';
import { parseEntry } from '../matching/entry.js';
import { KIND_EXACT, KIND_PATH, KIND_SUBDOMAINS } from '../matching/host-index.js';
import { AuthorityError } from './authority-error.js';

export interface NeverDecrypt {
  /** Canonical names for the constraints, sorted; a name below another one on the list is left out. */
  readonly names: readonly string[];
  /** Entries in canonical list syntax, as they cross threads. */
  readonly entries: readonly string[];
}

/** @throws AuthorityError when the file can't be read or a line is no entry: half a list would open what must stay shut */
export function loadNeverDecrypt(file: string): NeverDecrypt {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new AuthorityError('never-decrypt', `Không đọc được ${file}.`, `${file} can't be read.`, { cause: error });
  }
  const entries: string[] = [];
  const hosts = new Set<string>();
  for (const [at, row] of text.split(/\r?\n/).entries()) {
    const line = row.trim();
    if (line === '' || line.startsWith('#') || /^\[[a-z0-9-]+\]$/.test(line)) continue;
    const entry = parseEntry(line);
    if (entry === null || entry.kind === KIND_PATH) {
      throw new AuthorityError('never-decrypt', `${file}, dòng ${at + 1}: không phải tên trang.`, `${file}, line ${at + 1}: not a host.`);
    }
    entries.push(line.startsWith('=') ? `=${entry.host}` : line.startsWith('*.') ? `*.${entry.host}` : entry.host);
    hosts.add(entry.host);
  }
  const names = [...hosts].filter((host) => !parents(host).some((parent) => hosts.has(parent))).sort();
  return { names, entries };
}

/** Asks the list by canonical host. */
export function createNeverDecrypt(entries: readonly string[]): (host: string) => boolean {
  const exact = new Set<string>();
  const below = new Set<string>();
  for (const text of entries) {
    const entry = parseEntry(text);
    if (entry === null) continue;
    if (entry.kind !== KIND_SUBDOMAINS) exact.add(entry.host);
    if (entry.kind !== KIND_EXACT) below.add(entry.host);
  }
  return (host) => exact.has(host) || parents(host).some((parent) => below.has(parent));
}

function parents(host: string): string[] {
  const out: string[] = [];
  for (let dot = host.indexOf('.'); dot !== -1; dot = host.indexOf('.', dot + 1)) out.push(host.slice(dot + 1));
  return out;
}
