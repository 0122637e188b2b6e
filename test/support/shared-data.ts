/**
 * Public data sets for tests and benchmarks: they lie beside the repository and are never part of it.
 * Tests that need them run `describe.skipIf(path === null)`.
 */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

const ROOT = fileURLToPath(new URL('../../../shared/data', import.meta.url));

/** Path of a file or folder under ../shared/data, or null (with one clear line) where it is absent. */
export function sharedData(...parts: string[]): string | null {
  const path = join(ROOT, ...parts);
  if (existsSync(path)) return path;
  console.info(`skipped: ../shared/data/${parts.join('/')} is not there`);
  return null;
}
