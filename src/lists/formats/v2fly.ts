/**
 * v2fly/domain-list-community: follows `include:` between the files of the data folder, with attribute filters (`@ads`, `@-cn`).
 * Refuses to know what the other lines say. Every file is read once for each filter, so a ring of includes ends.
 */
import type { BadLine, ListReader } from '../../matching/list-reader.js';

interface Wanted {
  readonly file: string;
  /** Attributes a line must have, and must not have. */
  readonly need: readonly string[];
  readonly not: readonly string[];
}

/** Feeds the reader with the roots and all they include. @param files file name → lines */
export function readV2fly(roots: readonly string[], files: ReadonlyMap<string, readonly (string | BadLine)[]>, reader: ListReader): void {
  const waiting: Wanted[] = roots.map((file) => ({ file, need: [], not: [] }));
  const seen = new Set<string>();
  for (let wanted = waiting.shift(); wanted !== undefined; wanted = waiting.shift()) {
    const id = `${wanted.file} @${wanted.need.join('@')} -${wanted.not.join('-')}`;
    const lines = files.get(wanted.file);
    if (seen.has(id) || lines === undefined) continue;
    seen.add(id);
    reader.open(wanted.file, 'v2fly');
    for (const line of lines) {
      if (typeof line !== 'string') {
        reader.push(line);
        continue;
      }
      const include = parseInclude(line);
      if (include !== null && files.has(include.file)) {
        // A filter on the way in holds for what is included further down as well.
        waiting.push({ file: include.file, need: [...new Set([...wanted.need, ...include.need])], not: [...new Set([...wanted.not, ...include.not])] });
        reader.push('# include');
      } else if (passes(line, wanted)) {
        reader.push(line);
      }
    }
  }
}

function parseInclude(line: string): Wanted | null {
  const words = line.replace(/#.*$/, '').trim().split(/\s+/);
  const first = words[0] ?? '';
  if (!first.startsWith('include:')) return null;
  const attributes = words.slice(1).filter((word) => word.startsWith('@')).map((word) => word.slice(1));
  return {
    file: first.slice(8),
    need: attributes.filter((attribute) => !attribute.startsWith('-')),
    not: attributes.filter((attribute) => attribute.startsWith('-')).map((attribute) => attribute.slice(1)),
  };
}

function passes(line: string, wanted: Wanted): boolean {
  if (wanted.need.length === 0 && wanted.not.length === 0) return true;
  const has = new Set(line.replace(/#.*$/, '').split(/\s+/).filter((word) => word.startsWith('@')).map((word) => word.slice(1)));
  return wanted.need.every((attribute) => has.has(attribute)) && !wanted.not.some((attribute) => has.has(attribute));
}
