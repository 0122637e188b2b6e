/** Where the program lies: the folders shipped beside `dist/` (or `src/` in tests), and its version. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = new URL('../', import.meta.url);

/** Directory of the shipped rules. */
export function rulesDir(): string {
  return fileURLToPath(new URL('rules/', root));
}

/** Directory of what belongs to the school's CA: the never-decrypt list. No key is ever here. */
export function certsDir(): string {
  return fileURLToPath(new URL('certs/', root));
}

/** Version of package.json. */
export function version(): string {
  const { version: text } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as { version: string };
  return text;
}
