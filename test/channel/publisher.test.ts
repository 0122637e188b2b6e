/** The publisher's folder: keys that nobody else reads, a tree that is always whole, roles signed by who must. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { draftDeny, draftList, readCrlFiles, withCrls, type ListWish } from '../../src/channel/draft-item.js';
import { LIFE_DAYS } from '../../src/channel/metadata.js';
import { initChannel, openChannel } from '../../src/channel/publisher.js';
import { keyHash, makeCrl, makeX509 } from '../support/x509.js';

const NOW = Date.now();
const DAY = 86_400_000;
let folder = '';
let dir = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'luytre-phat-hanh-'));
  dir = join(folder, 'kenh');
  initChannel(dir, { title: 'Sở', rootKeys: 3, threshold: 2, nowMs: NOW });
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const metadata = (): string[] => readdirSync(join(dir, 'public/metadata')).sort();
const deny = (n: number) => draftDeny('revoked', `key ${n.toString(16).padStart(64, '0')}\n`, 'r.txt', String(n));
const put = (n: number): void => {
  const { item, bytes } = deny(n);
  openChannel(dir).put(item, bytes);
};
const code = (work: () => unknown): string => {
  try {
    work();
  } catch (error) {
    expect((error as { vi: string }).vi).toMatch(/\.$|: chmod|init\.$/);
    return (error as { code: string }).code;
  }
  return 'none';
};

describe('keys', () => {
  it('are 0600 in folders of 0700; what the server hands out is readable, whatever the umask', () => {
    const before = process.umask(0o077);
    try {
      openChannel(dir).publish(NOW);
    } finally {
      process.umask(before);
    }
    for (const part of ['offline', 'online']) {
      expect(statSync(join(dir, 'keys', part)).mode & 0o777).toBe(0o700);
      for (const name of readdirSync(join(dir, 'keys', part))) expect(statSync(join(dir, 'keys', part, name)).mode & 0o777).toBe(0o600);
    }
    expect(readdirSync(join(dir, 'keys/offline')).map((name) => name.split('-')[0]).sort()).toEqual(['root', 'root', 'root', 'targets']);
    expect(statSync(dir).mode & 0o777).toBe(0o711);
    expect(statSync(join(dir, 'draft')).mode & 0o777).toBe(0o700);
    expect(statSync(join(dir, 'public')).mode & 0o777).toBe(0o755);
    for (const part of ['metadata', 'targets']) for (const name of readdirSync(join(dir, 'public', part))) expect(statSync(join(dir, 'public', part, name)).mode & 0o777).toBe(0o644);
    const all = [...metadata().map((name) => readFileSync(join(dir, 'public/metadata', name), 'utf8'))].join('');
    expect(all).not.toContain('PRIVATE');
  });

  it('that others can read are refused, as is what is no key', () => {
    const [name = ''] = readdirSync(join(dir, 'keys/online'));
    const file = join(dir, 'keys/online', name);
    chmodSync(file, 0o640);
    expect(code(() => openChannel(dir).publish(NOW))).toBe('key-mode');
    chmodSync(file, 0o600);
    writeFileSync(join(dir, 'keys/online/x.pem'), 'x', { mode: 0o600 });
    expect(code(() => openChannel(dir).publish(NOW))).toBe('key-damaged');
  });

  it('lie apart: the daily signature needs the online one only, another version the targets key, from where it is', () => {
    put(1);
    openChannel(dir).publish(NOW);
    const stick = join(folder, 'usb');
    renameSync(join(dir, 'keys/offline'), stick);
    expect(openChannel(dir).publish(NOW + DAY)).toMatchObject({ targets: 1, snapshot: 1, timestamp: 2, signedTargets: false });
    put(2);
    expect(code(() => openChannel(dir).publish(NOW))).toBe('key-missing');
    expect(openChannel(dir).status(NOW)).toMatchObject({ pending: true });
    expect(openChannel(dir, { offlineDir: stick }).publish(NOW)).toMatchObject({ targets: 2, signedTargets: true });
    expect(openChannel(dir).status(NOW)).toMatchObject({ pending: false });
    // one root key of three is not enough for a new root
    const away = join(folder, 'khac');
    mkdirSync(away);
    for (const name of readdirSync(stick).filter((each) => each.startsWith('root')).slice(0, 2)) renameSync(join(stick, name), join(away, name));
    expect(code(() => openChannel(dir, { offlineDir: stick }).rotate('online', NOW))).toBe('key-missing');
    expect(metadata()).not.toContain('2.root.json');
  });
});

describe('the tree', () => {
  it('keeps what schools may be reading, and no more; roots for ever', () => {
    for (let n = 1; n <= 6; n++) {
      put(n);
      openChannel(dir).publish(NOW + n);
    }
    openChannel(dir).rotate('renew', NOW + 7);
    expect(metadata()).toEqual(['1.root.json', '2.root.json', '4.snapshot.json', '4.targets.json', '5.snapshot.json', '5.targets.json', '6.snapshot.json', '6.targets.json', 'timestamp.json']);
    expect(readdirSync(join(dir, 'public/targets'))).toHaveLength(6);
  });

  it('is signed anew before it runs out, and says how long it holds', () => {
    put(1);
    openChannel(dir).publish(NOW);
    const days = (nowMs: number): Record<string, number> => Object.fromEntries(openChannel(dir).status(nowMs).roles.map((role) => [role.role, role.days]));
    expect(days(NOW)).toEqual({ root: LIFE_DAYS.root - 1, targets: LIFE_DAYS.targets - 1, snapshot: LIFE_DAYS.snapshot - 1, timestamp: LIFE_DAYS.timestamp - 1 });
    expect(openChannel(dir).publish(NOW + 15 * DAY)).toMatchObject({ targets: 1, snapshot: 2 });
    expect(openChannel(dir).publish(NOW + 125 * DAY)).toMatchObject({ targets: 2, signedTargets: true });
    expect(days(NOW + 400 * DAY)['timestamp']).toBeLessThan(0);
  });

  it('stays what it was where the draft is refused', () => {
    put(1);
    const { item, bytes } = deny(2);
    expect(code(() => openChannel(dir).put({ ...item, role: 'distrusted' }, bytes))).toBe('manifest');
    expect(code(() => openChannel(dir).put({ ...item, target: '../x' } as never, bytes))).toBe('manifest');
    expect(Buffer.from(openChannel(dir).read('revoked') ?? []).toString()).toMatch(/1\n$/);
    expect(code(() => initChannel(dir, { title: 'x', rootKeys: 1, threshold: 1, nowMs: NOW }))).toBe('exists');
    expect(code(() => initChannel(join(folder, 'k'), { title: 'x', rootKeys: 1, threshold: 2, nowMs: NOW }))).toBe('bad-wish');
    expect(code(() => openChannel(folder))).toBe('not-a-channel');
  });
});

describe('drafts', () => {
  const wish: ListWish = { name: 'l', role: 'city-block', category: null, profiles: null, format: 'auto', version: '1', license: null, ends: null };
  const file = (text: string): string => {
    writeFileSync(join(folder, 'l.txt'), text);
    return join(folder, 'l.txt');
  };

  it('are put into one spelling; a line that is not understood is said, with its number', async () => {
    const draft = await draftList(file('0.0.0.0 B.example.org\n0.0.0.0 a.example.org\n'), wish);
    expect(Buffer.from(draft.bytes).toString()).toBe('a.example.org\nb.example.org\n');
    expect(draft).toMatchObject({ entries: 2, item: { format: 'domains', target: 'l.txt' } });
    await expect(draftList(file('a.example.org\ncom\n'), wish)).rejects.toMatchObject({ code: 'bad-line', vi: expect.stringMatching(/dòng 2: com/) as string });
    await expect(draftList(file('# không\n'), wish)).rejects.toMatchObject({ code: 'bad-list' });
    const big = await draftList(file(Array.from({ length: 8_000 }, (_, n) => `h${n}.example.org`).join('\n')), wish);
    expect(big.item.target).toBe('l.txt.gz');
    expect(big.bytes.length).toBeLessThan(40_000);
  });

  it('take CRLs, each line once', () => {
    const ca = makeX509({ subject: 'CA', ca: true }, null);
    writeFileSync(join(folder, 'ca.pem'), ca.pem);
    writeFileSync(join(folder, '1.crl'), makeCrl(ca, { serials: ['01', '02', '02'] }));
    writeFileSync(join(folder, '2.crl'), makeCrl(ca, { serials: ['02', '03'] }));
    const read = (name: string) => readCrlFiles([join(folder, name)], [join(folder, 'ca.pem')], NOW);
    const first = withCrls('# của Sở\n', read('1.crl'));
    expect(first.added).toBe(2);
    const second = withCrls(first.text, read('2.crl'));
    expect(second.added).toBe(1);
    expect(second.text.split('\n').filter((line) => line.startsWith('serial'))).toEqual(['01', '02', '03'].map((serial) => `serial ${keyHash(ca.key)} ${serial}`));
    expect(withCrls(second.text, read('1.crl'))).toEqual({ text: second.text, added: 0 });
    expect(deny(1).entries).toBe(1);
    expect(code(() => readCrlFiles([join(folder, 'ca.pem')], [join(folder, 'ca.pem')], NOW))).toBe('crl');
    expect(code(() => readCrlFiles([join(folder, 'khong.crl')], [join(folder, 'ca.pem')], NOW))).toBe('crl');
  });
});
