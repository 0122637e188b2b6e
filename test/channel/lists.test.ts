/** Lists of hosts that come by the channel: what they may be, what holds them back, how they go again. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureIndex } from '../../src/lists/compile.js';
import { importList } from '../../src/lists/import.js';
import { buildPolicyData } from '../../src/lists/policy-data.js';
import { openChannel } from '../../src/channel/publisher.js';
import { createSnapshot } from '../../src/policy/create-snapshot.js';
import { decide } from '../../src/policy/decide.js';
import { syncShipped } from '../../src/lists/shipped-sync.js';
import { shippedRules } from '../lists/fixture.js';
import { startChannel, type ChannelServer } from '../support/channel-server.js';
import { openSchool, type School } from './fixture.js';

const DAY = 86_400_000;
let channel: ChannelServer;
let school: School;
beforeEach(async () => {
  channel = await startChannel();
  school = openSchool(channel);
  syncShipped(school.store, shippedRules());
});
afterEach(async () => {
  school.close();
  await channel.close();
});

const names = (): string[] => school.store.policies.lists().filter((row) => row.origin === 'city').map(({ name }) => name).sort();
const many = (n: number): string[] => Array.from({ length: n }, (_, at) => `h${at}.example.org`);

/** What a room of a profile meets at a moment. */
async function verdict(host: string, profile = 'thcs', nowMs = Date.now()): Promise<string> {
  const index = await ensureIndex(school.store, school.dataDir);
  const data = buildPolicyData(school.store, shippedRules(), { name: null, hotline: null, counsellor: null, code: null, levels: [], ward: null }, index, nowMs);
  const snapshot = createSnapshot(data);
  const { action, layer } = decide({ host, path: null, zone: -1, profile: snapshot.profileById.get(profile) ?? 0 } as never, snapshot, nowMs);
  return `${action} ${layer}`;
}

describe('lists of the channel', () => {
  it('take their layer: category, city-allow, city-block, emergency, with the version and its TUF number', async () => {
    await channel.list('co-bac', 'category', ['danh-bac.example.org'], { category: 'cobac', version: '2026-11-25', license: 'CC0' });
    await channel.list('mo', 'city-allow', ['mo.example.org']);
    await channel.list('dong', 'city-block', ['dong.example.org']);
    await channel.list('khan', 'emergency', ['khan.example.org'], { ends: new Date(Date.now() + DAY).toISOString() });
    channel.publish();
    const report = await school.take();
    expect(report).toMatchObject({ fault: null, held: [], removed: [] });
    expect([...report.put].sort()).toEqual(['so.co-bac', 'so.dong', 'so.khan', 'so.mo']);
    const row = school.store.policies.lists().find(({ name }) => name === 'so.co-bac');
    expect(row).toMatchObject({ role: 'category', category: 'cobac', origin: 'city', shield: false, license: 'CC0', source: channel.url, current: { version: '2026-11-25+tuf1' } });
    expect(await verdict('danh-bac.example.org')).toBe('block hard');
    expect(await verdict('www.mo.example.org')).toBe('allow city-allow');
    expect(await verdict('dong.example.org')).toBe('block city-block');
    expect(await verdict('khan.example.org')).toBe('block emergency');
    expect(await verdict('khan.example.org', 'giao-vien')).toBe('block emergency');
    expect(school.store.audit.list(20).filter(({ action }) => action === 'list.put').map(({ object }) => object)).toContain('so.khan');
  });

  it('never loosen what is closed hard, and never fill what opens before every rule', async () => {
    await channel.list('xau', 'category', ['cam.example.org'], { category: 'cobac' });
    await channel.list('mo', 'city-allow', ['cam.example.org', 'khac.example.org']);
    channel.publish();
    await school.take();
    expect(await verdict('cam.example.org')).toBe('block hard');
    expect(await verdict('khac.example.org')).toBe('allow city-allow');
    await expect(channel.list('giup', 'category', ['giup.example.org'], { category: 'trogiup' })).rejects.toMatchObject({ code: 'sealed' });
    // past the publisher's check
    openChannel(channel.dir).put({ name: 'giup', target: 'giup.txt', role: 'category', category: 'hatang', format: 'domains', version: '1' }, Buffer.from('giup.example.org\n'));
    openChannel(channel.dir).put({ name: 'la', target: 'la.txt', role: 'category', category: 'khongco', format: 'domains', version: '1' }, Buffer.from('la.example.org\n'));
    openChannel(channel.dir).put({ name: 'trong', target: 'trong.txt', role: 'city-block', format: 'domains', version: '1' }, Buffer.from('# trống\n'));
    openChannel(channel.dir).put({ name: 'lau', target: 'lau.txt', role: 'emergency', format: 'domains', version: '1', ends: new Date(Date.now() + 200 * DAY).toISOString() }, Buffer.from('lau.example.org\n'));
    channel.publish();
    expect((await school.take()).held.map(({ name, code }) => `${name} ${code}`)).toEqual(['giup sealed', 'la unknown-category', 'lau ends', 'trong bad-list']);
    expect(names()).toEqual(['so.mo', 'so.xau']);
  });

  it('that lose a fifth, or newly close schools, are held back until somebody takes them; the rest comes', async () => {
    await channel.list('lon', 'city-block', many(50));
    channel.publish();
    await school.take();
    await channel.list('lon', 'city-block', many(30), { version: '2' });
    await channel.list('khac', 'city-block', ['khac.example.org']);
    channel.publish();
    const report = await school.take();
    expect(report.put).toEqual(['so.khac']);
    expect(report.held).toMatchObject([{ name: 'lon', code: 'held' }]);
    expect(report.held[0]?.vi).toBe('Danh sách lon của kênh mất 20 mục (hơn một phần năm) nên được giữ lại; bản trước vẫn có hiệu lực. Nếu đúng ý Sở: luytre lists update --force.');
    expect(school.store.policies.listEntries('so.lon')).toHaveLength(50);
    expect((await school.take({ again: true })).held).toHaveLength(1);
    expect(await school.take({ force: true })).toMatchObject({ held: [], put: ['so.lon'] });
    expect(school.store.policies.listEntries('so.lon')).toHaveLength(30);
    await channel.list('lon', 'city-block', [...many(30), 'thcs-abc.edu.vn'], { version: '3' });
    channel.publish();
    expect((await school.take()).held[0]?.vi).toMatch(/sẽ chặn thêm 1 trang của trường học, cơ quan nhà nước \(thcs-abc\.edu\.vn\)/);
    // in an emergency that is what is meant
    await channel.list('khan', 'emergency', ['thcs-abc.edu.vn'], { ends: new Date(Date.now() + DAY).toISOString() });
    channel.publish();
    await school.take();
    expect(await verdict('thcs-abc.edu.vn')).toBe('block emergency');
  });

  it('go when they are in the channel no longer, and an emergency ends by itself, also with no line', async () => {
    const endsMs = Date.now() + 3_600_000;
    await channel.list('dong', 'city-block', ['dong.example.org']);
    await channel.list('khan', 'emergency', ['khan.example.org'], { ends: new Date(endsMs).toISOString() });
    channel.publish();
    await school.take();
    expect(await verdict('khan.example.org', 'thcs', endsMs - 1)).toBe('block emergency');
    expect(await verdict('khan.example.org', 'thcs', endsMs)).not.toContain('emergency');
    expect((await school.take({ nowMs: endsMs + 1 })).removed).toEqual(['so.khan']);
    openChannel(channel.dir).remove('dong');
    channel.publish();
    const report = await school.take();
    expect(report.removed).toContain('so.dong');
    expect(names()).toEqual(['so.khan']);
    expect(await verdict('dong.example.org')).not.toContain('city-block');
  });

  it('have names that no list of the school can have', async () => {
    const file = join(school.dataDir, 'l.txt');
    writeFileSync(file, 'a.example.org\n');
    const deps = { store: school.store, dataDir: school.dataDir, shipped: shippedRules(), actor: { kind: 'cli', name: 'thu' } as const, nowMs: Date.now() };
    await expect(importList([file], { category: 'cobac', allow: false, name: 'so.dong', format: 'auto', only: null, profiles: null, force: false }, deps)).rejects.toMatchObject({ code: 'shipped' });
  });

  it('and their metadata and everything else change together or not at all', async () => {
    await channel.list('dong', 'city-block', ['dong.example.org']);
    channel.deny('revoked', `key ${'1'.repeat(64)}`);
    channel.publish();
    // another process takes in the middle: between this one's reading and its writing
    const other = school.store.channel.write.bind(school.store.channel);
    const report = await school.take({ compile: { onProgress: () => undefined }, transport: {
      fetch: async (path, max, into) => {
        const { direct } = await import('./fixture.js');
        await direct(channel).fetch(path, max, into);
        if (path.endsWith('dong.txt')) other({ rev: 0, rootSha256: 'x', state: { checkedMs: 1, goodMs: null, title: null, rootVersion: null, targetsVersion: null, expiresMs: null, fault: null, taken: [], held: [] }, metadata: new Map() }, { kind: 'cli', name: 'khac' });
      },
    } });
    expect(report.fault).toMatchObject({ code: 'busy' });
    expect(names()).toEqual([]);
    expect(school.store.channel.deny('revoked')).toBeNull();
    expect(school.store.channel.row()).toMatchObject({ rev: 1, rootSha256: 'x' });
    // and the same where what came could not be believed
    const { direct } = await import('./fixture.js');
    let raced = false;
    channel.trick = (path, response) => (path.includes('timestamp') ? (response.end('{}'), true) : false);
    const worse = await school.take({ transport: { fetch: async (path, max, into) => {
      await direct(channel).fetch(path, max, into);
      if (!raced) other({ rev: 1, rootSha256: 'y', state: { checkedMs: 2, goodMs: null, title: null, rootVersion: null, targetsVersion: null, expiresMs: null, fault: null, taken: [], held: [] }, metadata: new Map() }, { kind: 'cli', name: 'khac' });
      raced = true;
    } } });
    expect(worse.fault).toMatchObject({ code: 'busy' });
    expect(school.store.channel.row()).toMatchObject({ rev: 2, rootSha256: 'y', state: { fault: null } });
    channel.trick = null;
    expect((await school.take()).fault).toBeNull();
    expect(names()).toEqual(['so.dong']);
  });

  it('a new trust root begins anew, and what the old channel had goes', async () => {
    await channel.list('dong', 'city-block', ['dong.example.org']);
    channel.publish();
    await school.take();
    const second = await startChannel();
    await second.list('moi', 'city-block', ['moi.example.org']);
    second.publish();
    const { direct } = await import('./fixture.js');
    const report = await school.take({ rootFile: second.rootFile, url: second.url, transport: direct(second) });
    expect(report).toMatchObject({ fault: null, put: ['so.moi'], removed: ['so.dong'] });
    expect(readFileSync(second.rootFile).equals(Buffer.from(school.store.channel.metadata().get('root') ?? []))).toBe(true);
    await second.close();
  });
});
