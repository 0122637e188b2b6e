/** A channel's server that lies: whatever it does, what was in force stays, and the school is told in one sentence. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync, existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { TakeReport } from '../../src/channel/take.js';
import { initChannel, openChannel } from '../../src/channel/publisher.js';
import { isDenied, unpackDeny } from '../../src/tls/packed-deny.js';
import { startChannel, type ChannelServer } from '../support/channel-server.js';
import { openSchool, type School } from './fixture.js';

const DAY = 86_400_000;
const line = (n: number): string => `key ${n.toString(16).padStart(64, '0')}`;

let channel: ChannelServer;
let school: School;
beforeEach(async () => {
  channel = await startChannel();
  school = openSchool(channel);
});
afterEach(async () => {
  school.close();
  await channel.close();
});

/** The public tree as it is now, to be handed out again later. */
function keep(): string {
  const copy = mkdtempSync(join(tmpdir(), 'luytre-cu-'));
  cpSync(join(channel.dir, 'public'), copy, { recursive: true });
  return copy;
}
function serveFrom(dir: string, only: RegExp = /./): void {
  channel.trick = (path, response) => {
    if (!only.test(path)) return false;
    if (!existsSync(join(dir, path))) return void response.writeHead(404).end() === undefined;
    response.end(readFileSync(join(dir, path)));
    return true;
  };
}
const say = (test: RegExp, bytes: string | Buffer): void => {
  channel.trick = (path, response) => {
    if (!test.test(path)) return false;
    response.end(bytes);
    return true;
  };
};
/** Changes a signed file by hand. */
function forge(path: string, change: (signed: Record<string, unknown>) => void): void {
  const file = join(channel.dir, 'public/metadata', path);
  const value = JSON.parse(readFileSync(file, 'utf8')) as { signed: Record<string, unknown> };
  change(value.signed);
  writeFileSync(file, JSON.stringify(value));
}

function inForce(n: number): boolean {
  const row = school.store.channel.deny('revoked');
  const packed = row === null ? null : unpackDeny(row.packed);
  return packed !== null && isDenied(packed, line(n));
}

/** First a good version; then the attack; what was in force must be, and the fault be said in both languages, also in the store. */
async function good(): Promise<void> {
  channel.deny('revoked', line(1));
  await channel.list('chan', 'city-block', ['xau.example.org', 'xau2.example.org']);
  channel.publish();
  const report = await school.take();
  expect(report.fault).toBeNull();
  expect(inForce(1)).toBe(true);
}
function refused(report: TakeReport, code: string, words: RegExp): void {
  expect(report.fault?.vi ?? 'không có lỗi').toMatch(words);
  expect(report.fault?.code).toBe(code);
  expect(report.fault?.en).toMatch(/^[A-Z].*\.$/);
  expect(school.store.channel.row()?.state.fault).toMatchObject({ code, vi: report.fault?.vi });
  expect(inForce(1)).toBe(true);
  expect(inForce(2)).toBe(false);
  expect(school.store.policies.listEntries('so.chan')).toEqual(['xau.example.org', 'xau2.example.org']);
  expect(readdirSync(join(school.dataDir, 'channel-work'))).toEqual([]);
}
async function next(): Promise<void> {
  channel.deny('revoked', line(2), '2');
  channel.publish();
  channel.trick = null;
  const report = await school.take();
  expect(report.fault).toBeNull();
  expect(inForce(1)).toBe(false);
  expect(inForce(2)).toBe(true);
  expect(school.store.channel.row()?.state.fault).toBeNull();
}

describe('an honest channel', () => {
  it('brings what is new, and asks for two small files where nothing is', async () => {
    await good();
    channel.asked.length = 0;
    channel.publish();
    expect((await school.take()).put).toEqual([]);
    expect(channel.asked.map(({ url }) => url)).toEqual(['/metadata/2.root.json', '/metadata/timestamp.json', '/targets/' + readdirSync(join(channel.dir, 'public/targets')).filter((name) => name.endsWith('contents.json')).sort().at(-1)]);
    await next();
  });

  it('learns nothing of the school: the same head from every school', async () => {
    await good();
    for (const { headers } of channel.asked) {
      expect(Object.keys(headers).sort()).toEqual(['accept', 'accept-encoding', 'connection', 'host', 'user-agent']);
      expect(headers['user-agent']).toBe('luytre');
    }
  });

  it('on a stick is taken the same', async () => {
    const { folder } = await import('./fixture.js');
    channel.deny('revoked', line(1));
    channel.publish();
    expect((await school.take({ transport: folder(join(channel.dir, 'public')) })).fault).toBeNull();
    expect(inForce(1)).toBe(true);
    const empty = mkdtempSync(join(tmpdir(), 'luytre-usb-'));
    expect((await school.take({ transport: folder(empty) })).fault).toMatchObject({ code: 'not-there' });
    rmSync(empty, { recursive: true });
  });

  it('that goes on through new keys is followed, an offline key or the online one or the root’s', async () => {
    await good();
    for (const role of ['online', 'targets', 'root', 'renew'] as const) {
      openChannel(channel.dir).rotate(role, Date.now());
      expect((await school.take()).fault, role).toBeNull();
    }
    // another school that was away all the time begins with the first root
    const late = openSchool(channel);
    expect((await late.take()).fault).toBeNull();
    late.close();
    await next();
  });
});

describe('keys', () => {
  it('another channel’s tree under the same address', async () => {
    await good();
    const theirs = mkdtempSync(join(tmpdir(), 'luytre-la-'));
    initChannel(join(theirs, 'kenh'), { title: 'Giả', rootKeys: 1, threshold: 1, nowMs: Date.now() });
    const publisher = openChannel(join(theirs, 'kenh'));
    for (let n = 0; n < 9; n++) publisher.publish(Date.now());
    serveFrom(join(theirs, 'kenh/public'));
    refused(await school.take(), 'wrong-key', /không được ký bằng khóa mà trường tin/);
    // and a root of theirs in the place of the next one
    openChannel(join(theirs, 'kenh')).rotate('renew', Date.now());
    refused(await school.take(), 'wrong-key', /tệp gốc/);
    rmSync(theirs, { recursive: true });
    await next();
  });

  it('one root key where two must sign', async () => {
    await good();
    openChannel(channel.dir).rotate('renew', Date.now());
    const file = join(channel.dir, 'public/metadata/2.root.json');
    const root = JSON.parse(readFileSync(file, 'utf8')) as { signatures: unknown[] };
    writeFileSync(file, JSON.stringify({ ...root, signatures: root.signatures.slice(0, 1) }));
    refused(await school.take(), 'wrong-key', /tệp gốc/);
  });

  it('a changed byte anywhere', async () => {
    await good();
    channel.publish();
    forge('timestamp.json', (signed) => (signed['version'] = 99));
    refused(await school.take(), 'wrong-key', /tệp thời điểm/);
    channel.deny('revoked', line(2));
    channel.publish();
    forge('2.snapshot.json', (signed) => (signed['version'] = 99));
    refused(await school.take(), 'wrong-key', /tệp chụp/);
  });

  it('a stolen online key alone can bring nothing: the list of targets is signed by another', async () => {
    await good();
    channel.deny('revoked', line(2));
    // what a thief of the online key can do: a new snapshot and timestamp over targets of his own making
    const [pem] = readdirSync(join(channel.dir, 'keys/online'));
    const { loadKeys } = await import('../../src/channel/keys.js');
    const { snapshotMetadata, targetsMetadata, timestampMetadata, factsOf } = await import('../../src/channel/metadata.js');
    const ids = new Set((JSON.parse(readFileSync(channel.rootFile, 'utf8')) as { signed: { roles: { snapshot: { keyids: string[] } } } }).signed.roles.snapshot.keyids);
    const online = loadKeys(join(channel.dir, 'keys/online'), ids);
    expect(pem).toBeDefined();
    const evil = Buffer.from(`${line(2)}\n`);
    const targets = { version: 2, bytes: targetsMetadata(2, new Map([['revoked.txt', factsOf(evil)]]), online, Date.now()) };
    const snapshot = { version: 2, bytes: snapshotMetadata(2, targets, online, Date.now()) };
    const files: Record<string, Buffer> = { 'metadata/timestamp.json': timestampMetadata(2, snapshot, online, Date.now()), 'metadata/2.snapshot.json': snapshot.bytes, 'metadata/2.targets.json': targets.bytes };
    channel.trick = (path, response) => {
      const bytes = files[path];
      if (bytes === undefined) return false;
      response.end(bytes);
      return true;
    };
    refused(await school.take(), 'wrong-key', /tệp danh mục/);
  });
});

describe('old and mixed versions', () => {
  it('everything rolled back', async () => {
    await good();
    const old = keep();
    channel.deny('revoked', line(1), '2');
    channel.publish();
    expect((await school.take()).fault).toBeNull();
    serveFrom(old);
    refused(await school.take(), 'rollback', /cũ hơn bản trường đã có/);
    rmSync(old, { recursive: true });
    await next();
  });

  it('a new timestamp over an old snapshot, or old targets', async () => {
    await good();
    const old = keep();
    channel.deny('revoked', line(2));
    channel.publish();
    channel.trick = (path, response) => {
      if (!path.endsWith('.snapshot.json')) return false;
      response.end(readFileSync(join(old, 'metadata/1.snapshot.json')));
      return true;
    };
    refused(await school.take(), 'mixed', /không khớp/);
    channel.trick = (path, response) => {
      if (!path.endsWith('.targets.json')) return false;
      response.end(readFileSync(join(old, 'metadata/1.targets.json')));
      return true;
    };
    refused(await school.take(), 'mixed', /không khớp/);
    rmSync(old, { recursive: true });
    await next();
  });

  it('held still until it runs out (freeze); what was taken stays in force', async () => {
    await good();
    const old = keep();
    serveFrom(old);
    expect((await school.take()).fault).toBeNull();
    // signed eleven days ago and never since
    channel.trick = null;
    channel.deny('revoked', line(1), '3');
    channel.publish(Date.now() - 11 * DAY);
    refused(await school.take(), 'expired', /tệp thời điểm .*đã hết hạn/);
    rmSync(old, { recursive: true });
    await next();
  });

  it('a root that has run out', async () => {
    const late = await startChannel({ nowMs: Date.now() - 800 * DAY });
    late.publish();
    const other = openSchool(late);
    const { fault } = await other.take();
    expect(fault).toMatchObject({ code: 'expired' });
    expect(fault?.vi).toMatch(/tệp gốc .*hết hạn/);
    openChannel(late.dir).rotate('renew', Date.now());
    expect((await other.take()).fault).toBeNull();
    other.close();
    await late.close();
  });

  it('a fault of the same kind keeps the time since which it is there', async () => {
    await good();
    say(/timestamp/, '{');
    const first = await school.take({ nowMs: Date.now() - 5_000 });
    refused(first, 'malformed', /không đọc được/);
    const second = await school.take();
    expect(second.state.fault?.sinceMs).toBe(first.state.fault?.sinceMs);
    expect(second.state.goodMs).toBe(first.state.goodMs);
  });
});

describe('bytes', () => {
  const endless = (response: ServerResponse): void => {
    const send = (): void => {
      if (response.destroyed) return;
      response.write(Buffer.alloc(65_536, 0x20), () => setImmediate(send));
    };
    send();
  };

  it('without end, for metadata and for a target', async () => {
    await good();
    channel.trick = (path, response) => (path.includes('timestamp') ? (endless(response), true) : false);
    refused(await school.take(), 'too-big', /dài hơn 16384 byte/);
    channel.deny('revoked', line(2), '2');
    channel.publish();
    channel.trick = (path, response) => (path.endsWith('revoked.txt') ? (endless(response), true) : false);
    const report = await school.take();
    // one target that can't be had does not hold up the others, nor what is in force
    expect(report.held).toMatchObject([{ name: 'revoked', code: 'too-big' }]);
    expect(inForce(1)).toBe(true);
  });

  it('none at all, drop by drop, a broken line, another answer', async () => {
    await good();
    channel.trick = (path) => path.includes('timestamp');
    refused(await school.take(), 'too-slow', /quá chậm/);
    channel.trick = (path, response) => {
      if (!path.includes('timestamp')) return false;
      const timer = setInterval(() => response.write(' '), 50);
      response.on('close', () => clearInterval(timer));
      return true;
    };
    refused(await school.take(), 'too-slow', /quá chậm/);
    channel.trick = (path, response) => {
      if (!path.includes('timestamp')) return false;
      response.writeHead(200, { 'content-length': 900 });
      response.write('{"signed":');
      setTimeout(() => response.destroy(), 30);
      return true;
    };
    refused(await school.take(), 'cut-short', /đứt/);
    channel.trick = (path, response) => (path.includes('timestamp') ? (response.writeHead(302, { location: 'http://127.0.0.1:9/' }).end(), true) : false);
    refused(await school.take(), 'status', /302 .*không được đi theo/);
    channel.trick = (path, response) => (path.includes('timestamp') ? (response.writeHead(200, { 'content-encoding': 'gzip' }).end(), true) : false);
    refused(await school.take(), 'not-plain', /nén/);
    channel.trick = (path, response) => (path.includes('timestamp') ? (response.writeHead(404).end(), true) : false);
    refused(await school.take(), 'not-there', /không có tệp metadata\/timestamp.json/);
    await next();
  });

  it('a target of another content', async () => {
    await good();
    channel.deny('revoked', line(3), '2');
    channel.publish();
    say(/revoked\.txt$/, `${line(2)}\n`);
    const report = await school.take();
    expect(report.held).toMatchObject([{ name: 'revoked', code: 'mixed' }]);
    expect(inForce(1)).toBe(true);
    expect(inForce(2)).toBe(false);
    // asked for again as soon as the server is honest
    channel.trick = null;
    expect((await school.take()).held).toEqual([]);
    expect(inForce(3)).toBe(true);
  });

  it('a server that is not there', async () => {
    await good();
    const { createWebTransport } = await import('../../src/channel/transport.js');
    const { connect } = await import('node:net');
    refused(await school.take({ transport: createWebTransport('http://127.0.0.1:9/', { open: () => Promise.resolve({ socket: connect(9, '127.0.0.1'), absolute: false }) }) }), 'unreachable', /Không tới được kênh \(ECONNREFUSED\)/);
  });
});

describe('what is signed and still not good', () => {
  it('a bad line: nothing of the list is taken, the rest is', async () => {
    await good();
    const publisher = openChannel(channel.dir);
    publisher.put({ name: 'revoked', target: 'revoked.txt', role: 'revoked', format: 'deny', version: '2' }, Buffer.from(`${line(2)}\nkey 12\n`));
    await channel.list('them', 'city-block', ['them.example.org']);
    channel.publish();
    const report = await school.take();
    expect(report.fault).toBeNull();
    expect(report.held[0]?.vi).toBe('Danh sách chứng chỉ của kênh, revoked.txt, dòng 2: cần là «key», «cert» hoặc «serial» với mã băm SHA-256.');
    expect(inForce(1)).toBe(true);
    expect(inForce(2)).toBe(false);
    expect(school.store.policies.listEntries('so.them')).toEqual(['them.example.org']);
    // not fetched again each time while it is the same
    channel.asked.length = 0;
    expect((await school.take()).held).toHaveLength(1);
    expect(channel.asked.filter(({ url }) => url.includes('revoked'))).toEqual([]);
  });

  it('a bomb', async () => {
    await good();
    const { gzipSync } = await import('node:zlib');
    const publisher = openChannel(channel.dir);
    publisher.put({ name: 'revoked', target: 'revoked.txt.gz', role: 'revoked', format: 'deny', version: '2' }, gzipSync(Buffer.alloc(130 * 2 ** 20, 0x23)));
    channel.publish();
    const report = await school.take();
    expect(report.held).toMatchObject([{ code: 'bad-line' }]);
    expect(report.held[0]?.vi).toMatch(/quá lớn khi giải nén/);
    expect(inForce(1)).toBe(true);
  });

  it('contents that this version does not understand', async () => {
    await good();
    writeFileSync(join(channel.dir, 'draft/contents.json'), JSON.stringify({ format: 1, title: 'x', items: [] }));
    openChannel(channel.dir);
    // past the publisher's own check
    const { targetsMetadata, snapshotMetadata, timestampMetadata, factsOf } = await import('../../src/channel/metadata.js');
    const { loadKeys } = await import('../../src/channel/keys.js');
    const all = new Set(Object.keys((JSON.parse(readFileSync(channel.rootFile, 'utf8')) as { signed: { keys: object } }).signed.keys));
    const [offline, online] = [loadKeys(join(channel.dir, 'keys/offline'), all), loadKeys(join(channel.dir, 'keys/online'), all)];
    const contents = Buffer.from(JSON.stringify({ format: 2, title: 'Mới', items: [] }));
    const targets = { version: 2, bytes: targetsMetadata(2, new Map([['contents.json', factsOf(contents)]]), offline, Date.now()) };
    const snapshot = { version: 2, bytes: snapshotMetadata(2, targets, online, Date.now()) };
    const files: Record<string, Buffer> = { 'metadata/timestamp.json': timestampMetadata(2, snapshot, online, Date.now()), 'metadata/2.snapshot.json': snapshot.bytes, 'metadata/2.targets.json': targets.bytes, [`targets/${factsOf(contents).sha256}.contents.json`]: contents };
    channel.trick = (path, response) => {
      const bytes = files[path];
      if (bytes === undefined) return false;
      response.end(bytes);
      return true;
    };
    refused(await school.take(), 'manifest', /Bảng kê của kênh không đúng dạng/);
  });

  it('a trust root that is none', async () => {
    const file = join(channel.dir, 'goc.json');
    writeFileSync(file, '{"signed":{}}');
    expect((await school.take({ rootFile: file })).fault).toMatchObject({ code: 'root-file' });
    expect((await school.take({ rootFile: join(channel.dir, 'khong-co.json') })).fault).toMatchObject({ code: 'root-file' });
    await good();
  });
});
