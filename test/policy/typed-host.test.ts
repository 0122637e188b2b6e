/** What people type where a site is asked for: one reading of it, whether a host, a page or a site is meant. */
import { describe, expect, it } from 'vitest';
import { refuseToClose, refuseToOpen, typedHost, typedPage, typedSite } from '../../src/policy/typed-host.js';

const PATH = 'path';
const three = (entry: string): [string, string, string] => [entry, entry, entry];
/** Typed → as a host, as a page, as a site; null: not understood. */
const CASES: readonly (readonly [typed: string, host: string | null, page: string | null, site: string | null])[] = [
  ['olm.vn', 'olm.vn', 'olm.vn', 'olm.vn'],
  ['  OLM.vn. ', 'olm.vn', 'olm.vn', 'olm.vn'],
  ['https://olm.vn/', 'olm.vn', 'olm.vn', 'olm.vn'],
  ['https://www.olm.vn/lop-6?x=1#y', PATH, 'www.olm.vn/lop-6', 'olm.vn'],
  ['www.olm.vn', 'www.olm.vn', 'www.olm.vn', 'olm.vn'],
  ['olm.vn:443', 'olm.vn', 'olm.vn', 'olm.vn'],
  ['olm.vn?x=1', 'olm.vn', 'olm.vn', 'olm.vn'],
  ['=www.olm.vn', '=www.olm.vn', '=www.olm.vn', '=www.olm.vn'],
  ['*.olm.vn', '*.olm.vn', '*.olm.vn', '*.olm.vn'],
  ['www.vn', 'www.vn', 'www.vn', 'www.vn'],
  ['trường-tôi.edu.vn'.normalize('NFD'), ...three(new URL('http://trường-tôi.edu.vn').host)],
  ['203.0.113.9', '203.0.113.9', '203.0.113.9', '203.0.113.9'],
  ['[2001:db8::1]', '2001:db8::1', '2001:db8::1', '2001:db8::1'],
  ['Toán lớp 6', null, null, null],
  ['', null, null, null],
  ['ftp://olm.vn', null, null, null],
  ['https://ten:mat-khau@olm.vn/', null, null, null],
  ['=olm.vn/x', null, null, null],
];

describe('what people type', () => {
  it.each(CASES)('%s', (typed, host, page, site) => {
    const read = ({ entry, refusal }: { entry: string | null; refusal: { vi: string } | null }): string | null => (refusal?.vi.includes('có đường dẫn') === true ? PATH : entry);
    expect([read(typedHost(typed)), read(typedPage(typed)), read(typedSite(typed))]).toEqual([host, page, site]);
  });

  it('says what was wrong, in both languages, and not at length', () => {
    const { refusal } = typedHost(`${'a'.repeat(5_000)} b`);
    expect(refusal?.vi).toMatch(/^Không hiểu «a+»: không phải tên trang/);
    expect(refusal?.en).toMatch(/is not a site/);
    expect(refusal?.vi.length).toBeLessThan(200);
  });

  it('opens no suffix that strangers share, and closes none with a protected site below it', () => {
    for (const suffix of ['vn', 'edu.vn', '=com', '*.com.vn']) expect(refuseToOpen(suffix)?.vi, suffix).toContain('đuôi chung');
    for (const entry of ['olm.vn', '203.0.113.9', 'olm.vn/x']) expect(refuseToOpen(entry), entry).toBeNull();
    expect(refuseToClose('edu.vn', ['moet.edu.vn'])?.vi).toContain('moet.edu.vn');
    expect(refuseToClose('xyz', ['moet.edu.vn'])).toBeNull();
    expect(refuseToClose('moet.edu.vn', ['moet.edu.vn'])).toBeNull();
  });
});
