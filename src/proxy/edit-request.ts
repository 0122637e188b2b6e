/**
 * Makes a request say what policy asks for, whatever its client wrote: parameters of the URL, header fields. Pure.
 * Owns the form of the edit; what is asked for is a verdict's (`Decision.edits`). Refuses to know providers.
 */
import type { RequestEdits } from '../policy/decision.js';
import type { RequestHead } from './message.js';

export function edited(head: RequestHead, edits: RequestEdits | null): RequestHead {
  if (edits === null) return head;
  return { ...head, path: withParameters(head.path, edits), lines: withHeaders(head.lines, edits) };
}

/**
 * A parameter that the client set is taken out wherever it stands, and set anew; one it did not set is added where the URL is a search.
 * Every other byte of the target stays as it came.
 */
function withParameters(target: string, { parameters }: RequestEdits): string {
  const query = target.indexOf('?');
  if (query < 0 || parameters.length === 0) return target;
  const pairs = target.slice(query + 1).split('&');
  const names = pairs.map(nameOf);
  let kept = pairs;
  let added = '';
  for (const { name, value, searches } of parameters) {
    const lower = name.toLowerCase();
    if (!names.some((each) => each === lower || searches.includes(each))) continue;
    kept = kept.filter((pair) => nameOf(pair) !== lower);
    added += `&${name}=${value}`;
  }
  return added === '' ? target : `${target.slice(0, query)}?${[kept.join('&'), added.slice(1)].filter((part) => part !== '').join('&')}`;
}

/** As a server reads it: `%73afe`, `SAFE` and `+safe` must not pass beside `safe`. */
function nameOf(pair: string): string {
  const equals = pair.indexOf('=');
  const raw = equals < 0 ? pair : pair.slice(0, equals);
  return raw.replace(/%([0-9a-f]{2})/gi, (_whole, hex: string) => String.fromCharCode(parseInt(hex, 16))).replaceAll('+', ' ').trim().toLowerCase();
}

/** `lines` is one `Name: value CRLF` after the other, every byte checked by the parser. */
function withHeaders(lines: string, { headers }: RequestEdits): string {
  let out = lines;
  for (const [name, value] of headers) out = `${withoutField(out, name.toLowerCase())}${name}: ${value}\r\n`;
  return out;
}

function withoutField(lines: string, lower: string): string {
  return lines.split('\r\n').filter((line) => line !== '' && line.slice(0, line.indexOf(':')).toLowerCase() !== lower).map((line) => `${line}\r\n`).join('');
}
