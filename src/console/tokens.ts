/** How a token looks and how it is kept: 256 random bits, so a plain hash keeps it. Pure. */
import { createHash } from 'node:crypto';

/** Scanners for leaked secrets know a token by its beginning. */
export const TOKEN_PREFIX = 'lt_';

export function tokenHash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
