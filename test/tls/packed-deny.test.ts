/** Deny lists in eight bytes a line: the same answers as the lines themselves. */
import { describe, expect, it } from 'vitest';
import { canonicalDenyLine } from '../../src/tls/deny-line.js';
import { createDeny, parseDenyLines } from '../../src/tls/distrusted.js';
import { denyBytes, EMPTY_DENY, isDenied, packDenyText, unpackDeny } from '../../src/tls/packed-deny.js';
import { seeded } from '../support/seeded.js';

const hash = (n: number): string => n.toString(16).padStart(64, '0');
const bytes = (text: string): Uint8Array => Buffer.from(text);

describe('packed deny lists', () => {
  it('answer as the lines do, for 20,000 of them and as many that are not there', async () => {
    const random = seeded(9);
    const row = (n: number): string => {
      const kind = n % 3;
      return kind === 0 ? `serial ${hash(n % 7)} ${random.int(2 ** 32).toString(16).padStart(14, '0')}${n.toString(16).padStart(6, '0')}` : kind === 1 ? `key ${hash(n)}` : `cert ${hash(n)}`;
    };
    const rows = Array.from({ length: 40_000 }, (_, n) => row(n));
    const on = rows.slice(0, 20_000);
    const packed = await packDenyText(bytes(`# đầu\r\n${on.join('  ghi chú\n')}\n\n${on[0] ?? ''}\n`), 'x.txt');
    expect(packed.count).toBe(20_000);
    expect(packed.pairs.byteLength).toBe(20_000 * 8);
    expect(packed.pairs.buffer).toBeInstanceOf(SharedArrayBuffer);
    const back = unpackDeny(denyBytes(packed));
    for (const table of [packed, back ?? EMPTY_DENY]) {
      expect(rows.filter((each) => isDenied(table, canonicalDenyLine(each) ?? ''))).toEqual(on);
    }
  });

  it('have one spelling for case, odd digits and leading zeros', async () => {
    const packed = await packDenyText(bytes(`SERIAL ${'AB'.repeat(32)} 00F1a`), 'x');
    expect(isDenied(packed, `serial ${'ab'.repeat(32)} 0f1a`)).toBe(true);
    expect(isDenied(EMPTY_DENY, `serial ${'ab'.repeat(32)} 0f1a`)).toBe(false);
  });

  it('refuse the first line that is not understood, by its number', async () => {
    for (const bad of ['key 12', 'khóa abc', `serial ${hash(1)}`, `key ${hash(1)}x`, 'k'.repeat(2_000), '\u0000']) {
      await expect(packDenyText(bytes(`# a\nkey ${hash(1)}\n${bad}\n`), 'revoked.txt')).rejects.toMatchObject({ vi: expect.stringContaining('revoked.txt, dòng 3:') as string });
    }
    expect((await packDenyText(bytes(''), 'x')).count).toBe(0);
  });

  it('that are damaged on disk are none', async () => {
    const whole = denyBytes(await packDenyText(bytes(`key ${hash(1)}\nkey ${hash(2)}\nkey ${hash(3)}`), 'x'));
    expect(unpackDeny(whole)?.count).toBe(3);
    expect(unpackDeny(whole.subarray(0, 20))).toBeNull();
    expect(unpackDeny(Uint8Array.from(whole).reverse())).toBeNull();
    expect(unpackDeny(new Uint8Array(0))?.count).toBe(0);
  });

  it('stand beside the shipped ones, each with its own reason', async () => {
    const certificate = { key: hash(1), fingerprint: hash(2), serial: '0f' };
    const line = `serial ${hash(9)} 0f`;
    const packed = await packDenyText(bytes(line), 'x');
    const shipped = createDeny(parseDenyLines('', 'a'), parseDenyLines('', 'b'));
    expect(shipped.of(certificate, hash(9))).toBeNull();
    expect(createDeny([], [], { distrusted: EMPTY_DENY, revoked: packed }).of(certificate, hash(9))).toBe('site-certificate-revoked');
    expect(createDeny([], [], { distrusted: packed, revoked: packed }).of(certificate, hash(9))).toBe('site-certificate-distrusted');
    expect(createDeny([], [], { distrusted: EMPTY_DENY, revoked: packed }).of(certificate, hash(8))).toBeNull();
    expect(createDeny([], [], { distrusted: EMPTY_DENY, revoked: packed }).of(certificate, null)).toBeNull();
  });
});
