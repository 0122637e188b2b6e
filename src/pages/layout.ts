/**
 * The HTML shell of every page that the gateway itself serves: escaping, one style sheet, headers.
 * No script, nothing from outside; the style's hash is in the policy, so that even a slip in escaping could not run.
 */
import { createHash } from 'node:crypto';

const STYLE = `
:root{color-scheme:light dark;--ink:#1f2a24;--soft:#5b6b62;--paper:#f4f7f2;--card:#ffffff;--leaf:#2f7d4f;--leaf-ink:#ffffff;--line:#d9e3da;--warm:#fff6e0}
@media (prefers-color-scheme:dark){:root{--ink:#e8efe9;--soft:#a9b8ae;--paper:#141a16;--card:#1d2620;--leaf:#5bb37f;--leaf-ink:#0d1510;--line:#33413a;--warm:#2c2a1c}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:18px/1.6 "Be Vietnam Pro","Noto Sans","Segoe UI",Roboto,system-ui,sans-serif}
main{max-width:40rem;margin:0 auto;padding:1.25rem 1rem 3rem}
header{display:flex;gap:.6rem;align-items:center;color:var(--soft);font-size:.95rem;padding:.5rem 0 1rem}
header svg{flex:none;width:2rem;height:2rem;color:var(--leaf)}
.card{background:var(--card);border:1px solid var(--line);border-radius:16px;padding:1.25rem 1.25rem 1.4rem;margin:0 0 1rem}
h1{font-size:1.55rem;line-height:1.3;margin:.1rem 0 .6rem;text-wrap:balance}
h2{font-size:1.1rem;margin:0 0 .4rem}
p{margin:.5rem 0}
.big h1{font-size:1.9rem}.big{font-size:1.15rem}
.what{color:var(--soft);overflow-wrap:anywhere}
.help{background:var(--warm)}
.card ul{margin:.4rem 0 0;padding-left:1.2rem}
label{display:block;margin:.6rem 0 .25rem}
input[type=text],textarea{width:100%;font:inherit;padding:.65rem .75rem;border:1px solid var(--line);border-radius:10px;background:var(--card);color:inherit}
button{font:inherit;font-weight:600;margin-top:.8rem;padding:.75rem 1.1rem;border:0;border-radius:10px;background:var(--leaf);color:var(--leaf-ink);cursor:pointer;min-height:48px;width:100%}
button:focus-visible,a:focus-visible,input:focus-visible,textarea:focus-visible{outline:3px solid var(--leaf);outline-offset:2px}
a.button{display:block;text-align:center;font-weight:600;text-decoration:none;margin-top:.6rem;padding:.75rem 1.1rem;border-radius:10px;background:var(--leaf);color:var(--leaf-ink);min-height:48px}
.wrong{font-weight:600;border-left:4px solid currentColor;padding-left:.7rem}
.said{margin:.8rem 0;padding:.4rem 0 .4rem 1rem;border-left:4px solid var(--leaf);overflow-wrap:anywhere}
a{color:var(--leaf)}
a.button{color:var(--leaf-ink)}
.tel{font-weight:700;white-space:nowrap}
.small{font-size:.9rem;color:var(--soft)}
footer{color:var(--soft);font-size:.9rem;border-top:1px solid var(--line);padding-top:.8rem;margin-top:1.2rem}
`.trim();

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

/** The bamboo hedge. Decorative only. */
const LEAF = '<svg viewBox="0 0 24 24" aria-hidden="true" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round"><path d="M7 22V3M12 22V2M17 22V3M4.5 9h5M4.5 15h5M9.5 7h5M9.5 13h5M14.5 9h5M14.5 15h5"/></svg>';

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Escapes text for HTML content and double-quoted attributes; control characters are dropped. */
export function escapeHtml(text: string): string {
  // almost every host and title needs no change
  if (!/[&<>"'\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/.test(text)) return text;
  return text.replace(/[&<>"']|[\u0000-\u001f\u007f\u202a-\u202e\u2066-\u2069]/g, (c) => ESCAPES[c] ?? ' ');
}

/** Content-Security-Policy of every page; `formOrigin` is where its one form may go. */
export function contentPolicy(formOrigin: string | null): string {
  return `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; form-action ${formOrigin ?? "'none'"}; base-uri 'none'; frame-ancestors 'none'`;
}

/** Headers of every page beside length and connection. */
export function pageHeaders(formOrigin: string | null): Readonly<Record<string, string>> {
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy': contentPolicy(formOrigin),
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
  };
}

export interface Shell {
  /** Already plain text; escaped here. */
  readonly title: string;
  readonly school: string;
  /** HTML, escaped by the caller. */
  readonly body: string;
  readonly big?: boolean;
}

/** A whole page. */
export function page(shell: Shell): string {
  return `<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="robots" content="noindex"><title>${escapeHtml(shell.title)}</title><style>${STYLE}</style></head>
<body${shell.big === true ? ' class="big"' : ''}><main><header>${LEAF}<span>${escapeHtml(shell.school)}</span></header>
${shell.body}
<footer>Lũy Tre · cổng lọc Internet của trường</footer></main></body></html>
`;
}
