/** The small parts of the console by themselves: throttle, second factor, sessions' memory, undo, guard, input, coarse numbers, search. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { answerHeaders, turnAway, type Knock } from '../../src/console/access/guard.js';
import { createThrottle } from '../../src/console/access/throttle.js';
import { codeAt, newRecoveryCodes, newSecret, recoveryHash, stepOf } from '../../src/console/access/totp.js';
import { coarseDevices, sayDevices } from '../../src/console/devices.js';
import { safePlace } from '../../src/console/http.js';
import { fromForm, readInput } from '../../src/console/read-input.js';
import { asRefused, Refused } from '../../src/console/refused.js';
import { createUndo } from '../../src/console/undo.js';
import { untilMsOf } from '../../src/console/until.js';
import { both, byName, folded, formatsOf } from '../../src/console/words.js';
import { createPresence, PRESENCE_MS } from '../../src/activity/presence.js';
import { createSeenDevices } from '../../src/proxy/seen.js';
import { StoreError } from '../../src/store/store-error.js';
import { totp } from '../support/console.js';

/** 2026-11-25 08:00 in Hà Nội. */
const WEDNESDAY_8 = Date.UTC(2026, 10, 25, 1);

describe('throttle', () => {
  const failing = (times: number, name: string, address: string, at: { ms: number }, throttle = createThrottle(() => at.ms)): ReturnType<typeof createThrottle> => {
    for (let n = 0; n < times; n++) throttle.failed(name, address);
    return throttle;
  };

  it('lets five tries pass, then waits 1, 2, 4 … and never more than a minute', () => {
    const at = { ms: 0 };
    const throttle = failing(4, 'co-lan', 'a', at);
    expect(throttle.waitMs('co-lan', 'a')).toBe(0);
    const waits = Array.from({ length: 10 }, () => {
      throttle.failed('co-lan', 'a');
      return throttle.waitMs('co-lan', 'a');
    });
    expect(waits).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000]);
    at.ms += 60_000;
    expect(throttle.waitMs('co-lan', 'a')).toBe(0);
    at.ms += 15 * 60_000;
    throttle.failed('co-lan', 'a');
    expect(throttle.waitMs('co-lan', 'a')).toBe(0);
  });

  it('does not keep the one who came in before away, whatever others try on the account', () => {
    const at = { ms: 0 };
    const throttle = createThrottle(() => at.ms);
    throttle.succeeded('quantri', 'desk');
    failing(50, 'quantri', 'attic', at, throttle);
    expect(throttle.waitMs('quantri', 'attic')).toBe(60_000);
    expect(throttle.waitMs('QuanTri', 'elsewhere')).toBe(60_000);
    expect(throttle.waitMs('quantri', 'desk')).toBe(0);
  });

  it('bounds an address over all names, and its own memory', () => {
    const at = { ms: 0 };
    const throttle = createThrottle(() => at.ms);
    for (let n = 0; n < 21; n++) throttle.failed(`ten-${n}`, 'attic');
    expect(throttle.waitMs('moi', 'attic')).toBeGreaterThan(0);
    expect(throttle.waitMs('moi', 'desk')).toBe(0);
    for (let n = 0; n < 30_000; n++) throttle.failed(`flood-${n}`, `address-${n}`);
    expect(throttle.waitMs('flood-29999', 'address-29999')).toBe(0);
  });
});

describe('second factor', () => {
  it('takes the code of this step and of one either way, as RFC 6238 computes it', () => {
    const secret = newSecret();
    const step = Math.floor(WEDNESDAY_8 / 30_000);
    for (const off of [-1, 0, 1]) expect(stepOf(secret, totp(secret, WEDNESDAY_8 + off * 30_000), WEDNESDAY_8)).toBe(step + off);
    for (const off of [-2, 2, 10]) expect(stepOf(secret, totp(secret, WEDNESDAY_8 + off * 30_000), WEDNESDAY_8)).toBeNull();
    expect(codeAt(secret, WEDNESDAY_8)).toBe(totp(secret, WEDNESDAY_8));
    // RFC 6238 appendix B, SHA-1, T = 1111111109: 07081804
    expect(totp('GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ', 1_111_111_109_000)).toBe('081804');
    for (const bad of ['', '12345', '1234567', 'abcdef', '１２３４５６']) expect(stepOf(secret, bad, WEDNESDAY_8)).toBeNull();
  });

  it('makes ten recovery codes of 80 bits, read with or without their hyphens', () => {
    const codes = newRecoveryCodes();
    expect(new Set(codes).size).toBe(10);
    for (const code of codes) {
      expect(code).toMatch(/^[0-9a-f]{5}(?:-[0-9a-f]{5}){3}$/);
      expect(recoveryHash(code.replaceAll('-', ' ').toUpperCase())).toEqual(recoveryHash(code));
    }
  });
});

describe('undo', () => {
  it('runs once, for its owner, within ten seconds', async () => {
    let nowMs = 0;
    const undo = createUndo(() => nowMs);
    const done: string[] = [];
    const first = undo.offer('an', () => void done.push('an'));
    expect(await undo.take('binh', first)).toBe(false);
    expect(await undo.take('an', first)).toBe(true);
    expect(await undo.take('an', first)).toBe(false);
    const late = undo.offer('an', () => void done.push('late'));
    nowMs += 12_000;
    expect(await undo.take('an', late)).toBe(false);
    const replaced = undo.offer('an', () => void done.push('replaced'));
    undo.offer('an', () => void done.push('newer'));
    expect(await undo.take('an', replaced)).toBe(false);
    expect(done).toEqual(['an']);
  });
});

describe('guard', () => {
  const HOST = '192.168.1.5:8443';
  const names = { all: ['console.truong.vn', 'congloc.truong.vn'], alone: ['console.truong.vn'] };
  const knock = (method: string, path: string, fields: Record<string, string>): Knock => ({
    method, path, localAddress: '192.168.1.5', loopback: false,
    header: (name) => ({ host: HOST, ...fields })[name],
  });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  const json = { 'content-type': 'application/json' };
  const own = { 'sec-fetch-site': 'same-origin' };

  it.each<[string, Knock, string | null]>([
    // what a browser of ours sends
    ['a link', knock('GET', '/phong', { 'sec-fetch-site': 'none' }), null],
    ['a fetch of our page', knock('GET', '/phong', own), null],
    ['a link in a letter', knock('GET', '/phong', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' }), null],
    ['our form under no-referrer', knock('POST', '/lam/x', { ...form, ...own, origin: 'null' }), null],
    ['our form with an origin', knock('POST', '/lam/x', { ...form, ...own, origin: `https://${HOST}` }), null],
    ['our form from an older browser', knock('POST', '/lam/x', { ...form, origin: `https://${HOST}` }), null],
    ['our JSON', knock('POST', '/api/v1/x', { ...json, ...own, origin: `https://${HOST}` }), null],
    ['a script with a token', knock('POST', '/api/v1/x', { ...json, authorization: 'Bearer lt_x' }), null],
    ['a script without a body', knock('DELETE', '/api/v1/x', { authorization: 'Bearer lt_x' }), null],
    // another site's
    ['a form of another site', knock('POST', '/lam/x', { ...form, 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' }), 'cross-site'],
    ['a form of another port of the same host', knock('POST', '/lam/x', { ...form, 'sec-fetch-site': 'same-site', origin: 'http://192.168.1.5:8080' }), 'cross-site'],
    ['a form of another site, older browser', knock('POST', '/lam/x', { ...form, origin: 'https://evil.example' }), 'cross-site'],
    ['a sandboxed frame, older browser', knock('POST', '/lam/x', { ...form, origin: 'null' }), 'cross-site'],
    ['nothing to tell by', knock('POST', '/lam/x', form), 'cross-site'],
    ['metadata of ours with a foreign origin', knock('POST', '/lam/x', { ...form, ...own, origin: 'https://evil.example' }), 'cross-site'],
    ['http of our own name', knock('POST', '/lam/x', { ...form, origin: `http://${HOST}` }), 'cross-site'],
    ['an image of another site', knock('GET', '/phong', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'no-cors', 'sec-fetch-dest': 'image' }), 'cross-site'],
    ['a frame of another site', knock('GET', '/phong', { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'iframe' }), 'cross-site'],
    ['a token does not open the forms', knock('POST', '/lam/x', { ...form, authorization: 'Bearer lt_x' }), 'cross-site'],
    // types
    ['JSON as text', knock('POST', '/api/v1/x', { 'content-type': 'text/plain', ...own }), 'wrong-type'],
    ['a form to the API', knock('POST', '/api/v1/x', { ...form, ...own }), 'wrong-type'],
    ['JSON to a form', knock('POST', '/lam/x', { ...json, ...own }), 'wrong-type'],
    ['a look-alike type', knock('POST', '/api/v1/x', { 'content-type': 'application/jsonx', ...own }), 'wrong-type'],
    // names
    ['our name', knock('GET', '/', { host: 'console.truong.vn:8443' }), null],
    ['a foreign name that points here', knock('GET', '/', { host: 'rebind.example:8443' }), 'misdirected'],
    ['another address', knock('GET', '/', { host: '192.168.1.6:8443' }), 'misdirected'],
    ['localhost from outside', knock('GET', '/', { host: 'localhost:8443' }), 'misdirected'],
    ['no name', knock('GET', '/', { host: '' }), 'misdirected'],
    ['two names', knock('GET', '/', { host: 'console.truong.vn, evil.example' }), 'misdirected'],
    // proxies and methods
    ['through a proxy', knock('GET', '/', { via: '1.1 lt-x' }), 'forbidden'],
    ['with a forged address', knock('GET', '/', { 'x-forwarded-for': '127.0.0.1' }), 'forbidden'],
    ['TRACE', knock('TRACE', '/', {}), 'forbidden'],
    ['PATCH', knock('PATCH', '/', own), 'forbidden'],
    ['CONNECT', knock('CONNECT', '/', {}), 'forbidden'],
  ])('%s', (_name, given, kind) => {
    expect(turnAway(given, names)?.kind ?? null).toBe(kind);
  });

  it('remembers "TLS only" for a name of the console alone, since it would close the plain pages of any other', () => {
    expect(answerHeaders('console.truong.vn', names)['Strict-Transport-Security']).toBe('max-age=31536000');
    for (const host of ['congloc.truong.vn', '192.168.1.5', 'localhost', null]) expect(answerHeaders(host, names)).not.toHaveProperty('Strict-Transport-Security');
    const policy = answerHeaders(null, names)['Content-Security-Policy'] ?? '';
    expect(policy).not.toMatch(/unsafe|\*|data:|http/);
    for (const part of ["default-src 'none'", "form-action 'self'", "base-uri 'none'", "frame-ancestors 'none'"]) expect(policy).toContain(part);
  });

  it.each([
    ['/phong?x=1', '/phong?x=1'], ['/', '/'], ['//evil.example', '/'], ['https://evil.example', '/'], ['/\\evil.example', '/'], ['javascript:alert(1)', '/'], ['/a\r\nSet-Cookie: x', '/'], ['', '/'],
  ])('leads back to a place of its own only: %j', (given, place) => {
    expect(safePlace(given)).toBe(place);
  });
});

describe('input', () => {
  const schema = z.strictObject({
    name: z.string().min(1).max(5).meta({ vi: 'Tên', en: 'Name' }),
    n: z.int().min(1).max(9).optional(),
    on: z.boolean(),
    hosts: z.array(z.string().regex(/^[a-z.]+$/, both('Không phải tên trang.', 'Not a host.'))).max(3),
    kind: z.enum(['a', 'b']).optional(),
  });
  const wrong = (values: unknown): Refused => {
    try {
      readInput(schema, values);
    } catch (error) {
      if (error instanceof Refused) return error;
    }
    throw new Error('taken');
  };

  it('takes a form as it takes JSON', () => {
    expect(readInput(schema, fromForm(schema, { name: 'Le\u0302', n: '3', on: 'on', hosts: 'olm.vn\r\n\r\nvtv.vn\r\n', role: 'it-admin' }))).toEqual({ name: 'Lê', n: 3, on: true, hosts: ['olm.vn', 'vtv.vn'] });
    expect(readInput(schema, fromForm(schema, { name: 'A', hosts: ['olm.vn', 'vtv.vn'] }))).toEqual({ name: 'A', on: false, hosts: ['olm.vn', 'vtv.vn'] });
  });

  it.each<[string, unknown, string, string]>([
    ['nothing', {}, 'name', 'Chưa điền.'],
    ['too long', { name: 'abcdef', on: true, hosts: [] }, 'name', 'Dài quá 5 ký tự.'],
    ['no number', { name: 'a', n: 'ba', on: true, hosts: [] }, 'n', 'Cần là số.'],
    ['too large', { name: 'a', n: 10, on: true, hosts: [] }, 'n', 'Lớn nhất là 9.'],
    ['a fraction', { name: 'a', n: 1.5, on: true, hosts: [] }, 'n', 'Cần là số.'],
    ['own words inside a list', { name: 'a', on: true, hosts: ['olm.vn', 'BAD!'] }, 'hosts', 'Không phải tên trang.'],
    ['too many', { name: 'a', on: true, hosts: ['a', 'a', 'a', 'a'] }, 'hosts', 'Nhiều quá 3 mục.'],
    ['another value', { name: 'a', on: true, hosts: [], kind: 'c' }, 'kind', 'Hãy chọn một trong các giá trị có sẵn.'],
    ['a field that is none (mass assignment)', { name: 'a', on: true, hosts: [], role: 'it-admin' }, 'role', 'Không có trường này.'],
    ['another type', { name: ['a'], on: true, hosts: [] }, 'name', 'Giá trị không đúng kiểu.'],
  ])('says what is wrong with %s, beside its field', (_name, values, field, sentence) => {
    const refusal = wrong(values);
    expect(refusal.status).toBe(422);
    expect(refusal.fields.get(field)?.vi).toBe(sentence);
    expect(refusal.words.vi).toMatch(/[.]$/);
  });

  it('maps the store’s errors, and tells nothing of a fault', () => {
    expect(asRefused(new StoreError('unknown-zone', 'vi', 'en')).status).toBe(404);
    expect(asRefused(new StoreError('busy', 'vi', 'en')).status).toBe(503);
    expect(asRefused(new StoreError('name-taken', 'vi', 'en')).status).toBe(409);
    expect(asRefused(new StoreError('weak-password', 'vi', 'en')).status).toBe(422);
    expect(asRefused(new StoreError('disk-full', 'vi', 'en')).status).toBe(503);
    const fault = asRefused(new Error('secret text'));
    expect([fault.status, fault.words.vi.includes('secret')]).toEqual([500, false]);
  });

  it('until: the bell, minutes, a clock time, each refused with its field', () => {
    const bells = { bells: () => ({ period: null, session: { name: { vi: 'buổi sáng', en: 'the morning' }, untilMs: WEDNESDAY_8 + 3_600_000 } }) };
    expect(untilMsOf(bells, 'A', 'session', undefined, WEDNESDAY_8)).toBe(WEDNESDAY_8 + 3_600_000);
    expect(untilMsOf(bells, 'A', '45', undefined, WEDNESDAY_8)).toBe(WEDNESDAY_8 + 45 * 60_000);
    expect(untilMsOf(bells, 'A', 'clock', '11:15', WEDNESDAY_8)).toBe(WEDNESDAY_8 + 195 * 60_000);
    expect(untilMsOf(bells, 'A', 'clock', '8h05', WEDNESDAY_8)).toBe(WEDNESDAY_8 + 5 * 60_000);
    for (const [until, clock, field] of [['period', undefined, 'until'], ['clock', undefined, 'clock'], ['clock', '07:59', 'clock'], ['clock', '23:59', 'clock']] as const) {
      expect(() => untilMsOf(bells, 'A', until, clock, WEDNESDAY_8)).toThrowError(expect.objectContaining({ kind: 'input', fields: new Map([[field, expect.anything()]]) }) as Error);
    }
  });
});

describe('what is told of devices', () => {
  it('never lets one more or less show below ten, and rounds above', () => {
    expect(sayDevices(coarseDevices(0)).vi).toBe('chưa thấy máy nào');
    expect(new Set(Array.from({ length: 9 }, (_, n) => sayDevices(coarseDevices(n + 1)).vi))).toEqual(new Set(['dưới 10 máy']));
    expect([10, 12, 13, 34, 38].map((n) => sayDevices(coarseDevices(n)).vi)).toEqual(['khoảng 10 máy', 'khoảng 10 máy', 'khoảng 15 máy', 'khoảng 35 máy', 'khoảng 40 máy']);
  });

  it('counts a device once for a quarter of an hour, whichever thread saw it, and forgets it', () => {
    let nowMs = 0;
    const presence = createPresence(() => nowMs);
    presence.take([{ zone: 'A', devices: [1, 2] }, { zone: 'B', devices: [1] }]);
    presence.take([{ zone: 'A', devices: [2, 3] }]);
    expect([presence.count('A'), presence.count('B'), presence.count('C')]).toEqual([3, 1, 0]);
    nowMs += PRESENCE_MS - 1;
    presence.take([{ zone: 'A', devices: [3] }]);
    nowMs += 2;
    expect(presence.count('A')).toBe(1);
    presence.clear();
    expect(presence.count('A')).toBe(0);
    presence.take([{ zone: 'A', devices: Array.from({ length: 20_000 }, (_, n) => n) }]);
    expect(presence.count('A')).toBe(5_000);
  });

  it('lets tokens leave a proxy thread, never an address, and forgets what it told', () => {
    const seen = createSeenDevices((address) => address.length);
    seen.note(0, '10.0.0.1');
    seen.note(0, '10.0.0.1');
    seen.note(1, '10.0.0.22');
    seen.note(-1, '10.0.0.3');
    const report = seen.report((zone) => ['A', null][zone] ?? null);
    // those of no room come under no name
    expect(report).toEqual([{ zone: 'A', devices: [8] }, { zone: '', devices: [8] }]);
    expect(seen.report(() => 'A')).toEqual([]);
  });
});

describe('words', () => {
  it('finds without accents, sorts as a reader expects, writes dates and numbers as people do', () => {
    expect(folded('Đường Láng, Phòng máy Ế')).toBe('duong lang, phong may e');
    expect(['Phòng 10', 'Phòng 2', 'Ăn', 'An', 'Đô', 'Da'].sort(byName)).toEqual(['An', 'Ăn', 'Da', 'Đô', 'Phòng 2', 'Phòng 10']);
    const { moment, number } = formatsOf('vi');
    expect(moment(WEDNESDAY_8 + 195 * 60_000, WEDNESDAY_8)).toBe('11:15');
    expect(moment(WEDNESDAY_8 + 86_400_000, WEDNESDAY_8)).toBe('08:00 ngày 26/11/2026');
    expect(number(1_234_567)).toBe('1.234.567');
  });
});
