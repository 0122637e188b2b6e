/** What the pages load: one style sheet, htmx, the leaf. Read once at start; their address holds their content's hash, so they may be kept for ever. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface Asset {
  readonly type: string;
  readonly body: Uint8Array<ArrayBuffer>;
  readonly url: string;
}

const TYPES = { 'console.css': 'text/css; charset=utf-8', 'leaf.svg': 'image/svg+xml', 'htmx.js': 'text/javascript; charset=utf-8', 'sse.js': 'text/javascript; charset=utf-8' } as const;
type Name = keyof typeof TYPES;
const PACKAGED: Partial<Record<Name, string>> = { 'htmx.js': 'htmx.org/dist/htmx.min.js', 'sse.js': 'htmx.org/dist/ext/hx-sse.min.js' };

function load(name: Name): Asset {
  const file = PACKAGED[name];
  const path = file !== undefined ? createRequire(import.meta.url).resolve(file) : new URL(`./assets/${name}`, import.meta.url);
  const body = new Uint8Array(readFileSync(path));
  return { type: TYPES[name], body, url: `/assets/${createHash('sha256').update(body).digest('base64url').slice(0, 10)}/${name}` };
}

const ASSETS: Readonly<Record<Name, Asset>> = { 'console.css': load('console.css'), 'leaf.svg': load('leaf.svg'), 'htmx.js': load('htmx.js'), 'sse.js': load('sse.js') };
const byUrl: ReadonlyMap<string, Asset> = new Map(Object.values(ASSETS).map((asset) => [asset.url, asset]));

export function assetUrl(name: Name): string {
  return ASSETS[name].url;
}

export function assetAt(path: string): Asset | null {
  return byUrl.get(path) ?? null;
}
