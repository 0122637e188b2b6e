/** docs/asvs.md against the tests it names, and the rules that hold for the whole source. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '..');

const ASKED = [
  '1.2.1', '1.2.2', '1.2.3', '1.2.4', '1.2.5', '1.2.10', '1.3.6', '1.3.12', '1.5.3', '2.3.3', '2.3.5', '3.2.1', '3.3.1', '3.3.2', '3.3.3', '3.3.4',
  '3.4.1', '3.4.2', '3.4.3', '3.4.4', '3.4.5', '3.4.6', '3.5.1', '3.5.2', '3.5.3', '4.1.3', '4.1.4', '4.2.1', '4.2.2', '4.2.3', '4.4.2', '5.2.1',
  '6.1.1', ...Array.from({ length: 12 }, (_, n) => `6.2.${n + 1}`), '6.3.1', '6.3.2', '6.3.3', '6.3.8', '6.4.1', '6.4.3', '6.4.6', '6.5.1',
  '7.1.1', '7.2.1', '7.2.2', '7.2.3', '7.2.4', '7.3.1', '7.3.2', '7.4.1', '7.4.2', '7.4.3', '7.5.1', '7.5.2', '7.5.3', '8.2.1', '8.2.2', '8.2.3', '8.3.1', '8.3.2', '8.4.1',
  '11.4.2', '11.5.1', '12.1.1', '12.1.5', '12.2.2', '12.3.2', '12.3.4', '13.2.3', '13.3.1', '13.3.2', '13.3.3', '13.3.4', '13.4.2', '13.4.4', '13.4.5',
  '14.2.1', '14.2.4', '14.2.7', '14.3.2', '15.1.1', '15.2.1', '16.1.1', '16.2.1', '16.2.5', '16.3.1', '16.3.2', '16.3.3', '16.3.4', '16.4.1', '16.4.2', '16.5.1', '16.5.3', '16.5.4',
];

const rows = readFileSync(join(ROOT, 'docs/asvs.md'), 'utf8').split('\n').map((line) => /^\| (\d[\d.]*) \| ([^|]+) \| (.+) \|$/.exec(line)).filter((match) => match !== null);

function sources(dir: string): string[] {
  return readdirSync(dir, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? sources(join(dir, entry.name)) : /\.tsx?$/.test(entry.name) ? [join(dir, entry.name)] : []));
}
const code = sources(join(ROOT, 'src')).map((path) => ({ path: path.slice(ROOT.length + 1), text: readFileSync(path, 'utf8') }));

describe('the table of ASVS requirements', () => {
  it('has one row for each that is asked for', () => {
    expect(rows.map((row) => row[1]).sort()).toEqual([...ASKED].sort());
  });

  it('names tests and files that are there', () => {
    const wrong: string[] = [];
    for (const [, id = '', , proof = ''] of rows) {
      if (proof.trim().length < 10) wrong.push(`${id}: says nothing`);
      for (const [, file = '', title = ''] of proof.matchAll(/`(test\/[^` ]+) › ([^`]+)`/g)) {
        const path = join(ROOT, file);
        if (!existsSync(path)) wrong.push(`${id}: no ${file}`);
        // titles are written with whatever quotes their file needs
        else if (!readFileSync(path, 'utf8').replaceAll("\\'", "'").includes(title)) wrong.push(`${id}: no "${title}" in ${file}`);
      }
      for (const [, file = ''] of proof.matchAll(/`((?:src|docs)\/[^` ]+)`/g)) if (!existsSync(join(ROOT, file))) wrong.push(`${id}: no ${file}`);
    }
    expect(wrong).toEqual([]);
  });
});

describe('the whole source', () => {
  it('no SQL is put together from what was sent', () => {
    // only fixed parts of our own may stand in a statement: columns, placeholders, table names of a closed list
    const wrong = code.filter(({ path }) => !path.startsWith('src/store/')).filter(({ text }) => /\.prepare\(|\.exec\(`(?:SELECT|INSERT|UPDATE|DELETE)/.test(text));
    expect(wrong.map(({ path }) => path)).toEqual([]);
    expect(code.filter(({ path, text }) => path.startsWith('src/store/') && /\$\{(?:name|value|user|host|text|key|actor)[^}]*\}[^`]*`\s*\)?\.(?:run|get|all)/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('no shell is called', () => {
    // programs are started by their path with a list of arguments, which no shell reads
    const started = code.filter(({ text }) => text.includes("'node:child_process'"));
    expect(started.filter(({ text }) => /import \{[^}]*\b(?:exec|execSync|fork)\b[^}]*\} from 'node:child_process'|shell:\s*true/.test(text)).map(({ path }) => path)).toEqual([]);
  });

  it('no secret comes from Math.random', () => {
    expect(code.filter(({ path, text }) => /Math\.random\(/.test(text) && /^src\/(?:console|store|tls|password|gateway)/.test(path)).map(({ path }) => path)).toEqual([]);
  });

  it('raw HTML stands in few files', () => {
    const raw = code.filter(({ path, text }) => path.startsWith('src/console/') && /\braw\(/.test(text)).map(({ path }) => path);
    expect(raw.filter((path) => !/^src\/console\/(?:access\/routes|parts\/layout|pages\/task|charts[/.].*)/.test(path))).toEqual([]);
  });
});
