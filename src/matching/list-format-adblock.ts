/**
 * AdBlock network rules as far as they speak of whole hosts: `||host^` and its exceptions.
 * Refuses to know pages: cosmetic rules, paths, page-dependent options and expressions are refused, each with its reason.
 */
import { KIND_EXACT, KIND_SUBDOMAINS, KIND_SUFFIX } from './host-index.js';
import { claimName, parseMatchPattern, type LineSink } from './list-line.js';

/** Element hiding, scriptlets and the like: `##`, `#@#`, `#?#`, `#$#`, `#%#`, `$$`. */
const COSMETIC = /#(?:@?[?$%]{0,2}@?)#|\$\$|\$@\$/;

/** Options after which the rule still speaks of everything on the host. */
const WHOLE = new Set(['all', 'document', 'doc', 'important', 'network', 'match-case']);
/** Kinds of request: harmless beside `document` or `all`, and by themselves only a part of the host. */
const KINDS = new Set([
  'popup', 'subdocument', 'script', 'image', 'stylesheet', 'object', 'xmlhttprequest', 'xhr', 'media', 'font', 'websocket', 'ping', 'other', 'webrtc', 'popunder',
]);

/** One line of an AdBlock, AdGuard or uBlock Origin list. */
export function parseAdblockLine(raw: string, sink: LineSink): void {
  const line = raw.trim();
  if (line === '' || line.startsWith('!') || line.startsWith('[')) return sink.comment();
  if (COSMETIC.test(line)) return sink.refuse('cosmetic');
  if (line.startsWith('# ') || line === '#') return sink.comment();
  if (/^\*:\/\//.test(line)) return parseMatchPattern(line, sink);

  const excepts = line.startsWith('@@');
  const rule = excepts ? line.slice(2) : line;
  if (rule.startsWith('/') && (rule.endsWith('/') || rule.includes('/$'))) return sink.refuse('regex');
  const dollar = rule.lastIndexOf('$');
  const pattern = dollar === -1 ? rule : rule.slice(0, dollar);
  const as = excepts ? 'exception' : 'claim';

  const url = /^\|https?:\/\/([^/^|*?]+)(?:\^|\/|\/?\||\^\|)?$/i.exec(pattern);
  const host = /^\|\|([^/^|:]+)(?:\^|\^\||\|)$/.exec(pattern);
  if (host === null && url === null) return sink.refuse(/[/?=&]/.test(pattern) ? 'path-rule' : 'pattern');
  if (dollar !== -1 && !speaksOfWholeHost(rule.slice(dollar + 1))) return sink.refuse('partial');
  if (url !== null) return claimName(url[1] ?? '', KIND_EXACT, sink, as);
  const name = host?.[1] ?? '';
  if (name.startsWith('*.')) return claimName(name.slice(2), KIND_SUBDOMAINS, sink, as);
  claimName(name, KIND_SUFFIX, sink, as);
}

function speaksOfWholeHost(options: string): boolean {
  let whole = false;
  let kinds = false;
  for (const option of options.toLowerCase().split(',')) {
    const name = option.trim();
    if (WHOLE.has(name)) whole ||= name === 'all' || name === 'document' || name === 'doc';
    else if (KINDS.has(name)) kinds = true;
    else return false;
  }
  return whole || !kinds;
}
