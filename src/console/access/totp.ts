/** The second factor: six digits that change every thirty seconds (RFC 6238), a picture to scan, ten codes for a lost phone. */
import { createHash, randomBytes } from 'node:crypto';
import { Secret, TOTP } from 'otpauth';
import qrcode from 'qrcode';

const PERIOD_S = 30;
/** One step either way: a phone's clock is off by seconds. */
const WINDOW = 1;
const RECOVERY_CODES = 10;

export function newSecret(): string {
  return new Secret({ size: 20 }).base32;
}

function totpOf(secret: string, account: string): TOTP {
  return new TOTP({ issuer: 'Lũy Tre', label: account, algorithm: 'SHA1', digits: 6, period: PERIOD_S, secret: Secret.fromBase32(secret) });
}

/** The time step whose code this is; null when it is none of the three that may be sent now. */
export function stepOf(secret: string, code: string, nowMs: number): number | null {
  const digits = code.replace(/\s/g, '');
  if (!/^\d{6}$/.test(digits)) return null;
  const delta = totpOf(secret, '').validate({ token: digits, window: WINDOW, timestamp: nowMs });
  return delta === null ? null : Math.floor(nowMs / 1_000 / PERIOD_S) + delta;
}

/** The code of a moment, for tests and for nothing else a person would do. */
export function codeAt(secret: string, nowMs: number): string {
  return totpOf(secret, '').generate({ timestamp: nowMs });
}

/** SVG of the address an authenticator app scans; it holds paths only, no style and no script. */
export async function picture(secret: string, account: string): Promise<string> {
  const svg = await qrcode.toString(totpOf(secret, account).toString(), { type: 'svg', errorCorrectionLevel: 'M', margin: 2 });
  return svg.replace('<svg ', '<svg role="img" aria-label="QR" class="qr" ');
}

/** 80 bits each, shown once. */
export function newRecoveryCodes(): string[] {
  return Array.from({ length: RECOVERY_CODES }, () => randomBytes(10).toString('hex').replace(/(.{5})(?!$)/g, '$1-'));
}

/** 80 random bits need no slow hash. */
export function recoveryHash(code: string): Buffer {
  return createHash('sha256').update(code.toLowerCase().replace(/[^0-9a-f]/g, '')).digest();
}

/** Grouped for typing where no camera is at hand. */
export function spelled(secret: string): string {
  return secret.replace(/(.{4})(?!$)/g, '$1 ');
}
