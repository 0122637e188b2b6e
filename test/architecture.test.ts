/** The house, enforced: who may import whom, one library in one place, 400 lines a file, the map names every folder. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { loadConfig } from '../src/config.js';

const ROOT = join(import.meta.dirname, '..');

function walk(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? walk(join(dir, entry.name)) : [join(dir, entry.name)]));
}

interface Source {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly { readonly target: string; readonly typeOnly: boolean }[];
}

const sources: Source[] = walk(join(ROOT, 'src'))
  .filter((path) => /\.tsx?$/.test(path))
  .map((path) => {
    const text = readFileSync(path, 'utf8');
    const imports = [...text.matchAll(/^(?:import|export)\s+(type\s+)?[^'";]*?from\s+'([^']+)'|^import\s+'([^']+)'/gm)].map((match) => ({ target: match[2] ?? match[3] ?? '', typeOnly: match[1] !== undefined }));
    const name = relative(join(ROOT, 'src'), path);
    return { path: name, folder: name.includes('/') ? (name.split('/')[0] ?? '') : '', text, imports };
  });

/** Folder a relative import leads to; null for packages. */
function folderOf(source: Source, target: string): string | null {
  if (!target.startsWith('.')) return null;
  const full = join('/', source.path, '..', target).slice(1);
  return full.includes('/') ? (full.split('/')[0] ?? '') : '';
}

/** What each folder may import (values; types may come from anywhere the table says `types`). */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  matching: ['matching'],
  policy: ['policy', 'matching'],
  activity: ['activity', 'policy', 'matching'],
  proxy: ['proxy', 'policy', 'matching', 'activity', 'pages', 'tls'],
  tls: ['tls', 'matching'],
  pages: ['pages', 'policy', 'matching'],
  store: ['store', 'matching', 'activity', 'policy'],
  lists: ['lists', 'matching', 'policy'],
  reporting: ['reporting', 'activity'],
  channel: ['channel', 'lists', 'matching', 'policy', 'store', 'tls'],
  console: ['console', 'matching', 'policy', 'activity', 'lists', 'reporting', 'store', 'tls'],
  commands: ['commands', 'channel', 'matching', 'policy', 'lists', 'pages', 'reporting', 'store', 'activity', 'tls'],
};

/** One npm library in one place (style.md). */
const OWNERS: Readonly<Record<string, RegExp>> = {
  'http-proxy': /^proxy\/forward\.ts$/,
  'better-sqlite3': /^store\//,
  'node-forge': /^tls\//,
  pino: /^log\.ts$/,
  commander: /^(?:main\.ts|commands\/)/,
  tldts: /^matching\/public-suffix\.ts$/,
  'lru-cache': /^(?:policy\/decision-cache\.ts|proxy\/|tls\/)/,
  'tar-stream': /^lists\//,
  yauzl: /^(?:lists\/|console\/roster\/workbook\.ts$)/,
  'cli-progress': /^commands\//,
  hono: /^console\//,
  '@hono/node-server': /^console\//,
  'htmx.org': /^console\/assets\.ts$/,
  echarts: /^console\/charts/,
  'tuf-js': /^channel\/trusted\.ts$/,
  '@tufjs/models': /^channel\/(?:trusted|metadata)\.ts$/,
  exceljs: /^(?:console|reporting)\//,
  otpauth: /^console\/access\/totp\.ts$/,
  qrcode: /^console\/access\/totp\.ts$/,
};

describe('architecture', () => {
  it('finds the sources', () => {
    expect(sources.length).toBeGreaterThan(50);
  });

  it('keeps every file under 400 lines', () => {
    expect(sources.filter((source) => source.text.split('\n').length > 401).map((source) => source.path)).toEqual([]);
  });

  it('lets each folder import only what the map allows', () => {
    const wrong: string[] = [];
    for (const source of sources) {
      const allowed = MAY_IMPORT[source.folder];
      if (allowed === undefined) continue;
      for (const { target, typeOnly } of source.imports) {
        const folder = folderOf(source, target);
        if (folder === null || folder === '' || typeOnly) continue;
        if (!allowed.includes(folder)) wrong.push(`${source.path} imports ${target}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('never lets proxy know the store, nor matching and policy do I/O', () => {
    const wrong: string[] = [];
    for (const source of sources) {
      for (const { target } of source.imports) {
        if (source.folder === 'proxy' && ['store', 'console'].includes(folderOf(source, target) ?? '')) wrong.push(`${source.path} imports ${target}`);
        if ((source.folder === 'matching' || source.folder === 'policy') && /^node:(?:fs|net|http|https|tls|dns|child_process|worker_threads|os)/.test(target)) wrong.push(`${source.path} imports ${target}`);
      }
      if ((source.folder === 'matching' || source.folder === 'policy') && /\bDate\.now\(|\bconsole\.|\bprocess\./.test(source.text)) wrong.push(`${source.path} reads the clock, the process or prints`);
    }
    expect(wrong).toEqual([]);
  });

  it('uses each library in its one place', () => {
    const wrong: string[] = [];
    for (const source of sources) {
      for (const { target } of source.imports) {
        const name = target.startsWith('@') ? target.split('/').slice(0, 2).join('/') : (target.split('/')[0] ?? '');
        const owner = OWNERS[name];
        if (owner !== undefined && !owner.test(source.path)) wrong.push(`${source.path} imports ${name}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  it('mints permits in decide.ts alone and reads the environment in config.ts alone', () => {
    expect(sources.filter((source) => /as unknown as Permit|as Permit\b/.test(source.text) && source.path !== 'policy/decide.ts').map((source) => source.path)).toEqual([]);
    expect(sources.filter((source) => /process\.env/.test(source.text) && source.path !== 'config.ts').map((source) => source.path)).toEqual([]);
  });

  it('has no escape hatches', () => {
    const wrong = sources.filter((source) => /\bas any\b|eslint-disable|@ts-(?:ignore|nocheck|expect-error)|\bTODO\b|\bFIXME\b|catch\s*(?:\([^)]*\))?\s*\{\s*\}/.test(source.text));
    expect(wrong.map((source) => source.path)).toEqual([]);
  });

  it('has a map that names every folder, and every file at the top', () => {
    const map = readFileSync(join(ROOT, 'src/README.md'), 'utf8');
    const folders = readdirSync(join(ROOT, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => `${entry.name}/`);
    const top = sources.filter(({ folder }) => folder === '').map(({ path }) => path);
    expect([...folders, ...top].filter((name) => !map.includes(`\`${name}\``))).toEqual([]);
    expect(map.split('\n').length).toBeLessThanOrEqual(150);
  });

  it('holds every config key in the example config, with its default', () => {
    const example = parse(readFileSync(join(ROOT, 'deploy/luytre.example.yaml'), 'utf8')) as Record<string, Record<string, unknown>>;
    const defaults = loadConfig({ env: {} });
    for (const section of ['proxy', 'pages', 'console', 'network', 'school', 'channel', 'retention'] as const) {
      expect(Object.keys(example[section] ?? {}).sort(), section).toEqual(Object.keys(defaults[section]).sort());
      for (const [key, value] of Object.entries(defaults[section])) if (key !== 'workers') expect(example[section]?.[key], `${section}.${key}`).toEqual(value);
    }
    expect(() => loadConfig({ file: join(ROOT, 'deploy/luytre.example.yaml'), env: {} })).not.toThrow();
  });
});
