/** A data folder, a small set of shipped rules and archives made by hand, for the tests of lists. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateRawSync, gzipSync } from 'node:zlib';
import { crc32 } from 'node:zlib';
import { pack } from 'tar-stream';
import type { Shipped, ShippedList } from '../../src/lists/shipped.js';
import type { Category, Cell, Profile } from '../../src/policy/profile.js';
import { openStore } from '../../src/store/database.js';
import type { Actor, Store } from '../../src/store/rows.js';

export const ACTOR: Actor = { kind: 'cli', name: 'thu' };
export const NOW = Date.UTC(2026, 10, 23, 12);

export interface Place {
  readonly dir: string;
  readonly dataDir: string;
  readonly store: Store;
  /** Writes a file beside the data folder and returns its path. */
  file(name: string, content: string | Uint8Array): string;
  close(): void;
}

export function createPlace(): Place {
  const dir = mkdtempSync(join(tmpdir(), 'luytre-lists-'));
  const dataDir = join(dir, 'data');
  const store = openStore(dataDir, { now: () => NOW });
  return {
    dir,
    dataDir,
    store,
    file(name, content) {
      const path = join(dir, name);
      writeFileSync(path, content);
      return path;
    },
    close() {
      store.close();
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

const IDS = ['lop-1-3', 'lop-4-5', 'thcs', 'thpt', 'giao-vien', 'thi'] as const;

export const PROFILES: readonly Profile[] = IDS.map((id) => ({ id, name: id, nameEn: id, voice: 'thcs', tls: 'name', youtube: 'strict', listedOnly: id === 'thi' }));

function category(code: string, cells: string): Category {
  return { code, name: code, nameEn: code, legal: '', privacy: 'domain', cells: cells.split('') as Cell[] };
}

export const CATEGORIES: readonly Category[] = [
  category('khieudam', 'XXXXXX'),
  category('cobac', 'XXXXXX'),
  category('vpn', 'XXXXKK'),
  category('mxh', 'XXKKMK'),
  category('quangcao', 'XXXXKK'),
  category('chuaphanloai', 'KKKHMK'),
  category('hoclieu', 'MMMMMK'),
  category('trogiup', 'MMMMMM'),
  category('hatang', 'MMMMMM'),
];

export function shippedList(name: string, code: string, entries: readonly string[], shield: boolean): ShippedList {
  return {
    meta: { name, role: 'category', category: code, profiles: null, shield, origin: 'shipped', source: 'rules/', license: 'MIT' },
    version: '2026-11-23.0001',
    entries: [...entries].sort(),
  };
}

export const PROTECTED = ['=accounts.example.com', 'hoclieu.example.vn', '*.khoahoc.example.edu', 'tongdai111.vn'];

export function shippedRules(lists?: readonly ShippedList[]): Shipped {
  return {
    version: 'thu',
    profiles: PROFILES,
    categories: CATEGORIES,
    lists: lists ?? [
      shippedList('luytre-hoclieu', 'hoclieu', PROTECTED.slice(0, 3), true),
      shippedList('luytre-trogiup', 'trogiup', PROTECTED.slice(3), true),
      shippedList('luytre-cobac', 'cobac', ['bet.example.net'], false),
    ],
    safeSearch: [],
    nameScore: { brands: [], stems: [], exceptions: [], threshold: 100 },
    helpChannels: [],
  };
}

export interface TarFile {
  readonly name: string;
  readonly content?: string | Uint8Array;
  readonly type?: 'file' | 'symlink' | 'directory' | 'link';
  readonly linkname?: string;
}

export async function tarOf(files: readonly TarFile[]): Promise<Buffer> {
  const tar = pack();
  for (const { name, content = '', type = 'file', linkname } of files) {
    tar.entry({ name, type, ...(linkname === undefined ? {} : { linkname }) }, type === 'file' ? Buffer.from(content as string) : '');
  }
  tar.finalize();
  const chunks: Buffer[] = [];
  for await (const chunk of tar) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}

export async function tarGzOf(files: readonly TarFile[]): Promise<Buffer> {
  return gzipSync(await tarOf(files));
}

export interface ZipFile {
  readonly name: string;
  readonly content: string | Uint8Array;
  /** What the directory claims, when it lies. */
  readonly declaredBytes?: number;
  readonly encrypted?: boolean;
  readonly mode?: number;
}

/** A zip by hand (APPNOTE 4.3): what a packer would not write can be written too. */
export function zipOf(files: readonly ZipFile[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const file of files) {
    const plain = Buffer.from(file.content as string);
    const packed = deflateRawSync(plain);
    const name = Buffer.from(file.name);
    const size = file.declaredBytes ?? plain.length;
    const flags = file.encrypted === true ? 1 : 0;
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x0403_4b50, 0);
    local.writeUInt16LE(20, 4);
    local.writeUInt16LE(flags, 6);
    local.writeUInt16LE(8, 8);
    local.writeUInt32LE(crc32(plain), 14);
    local.writeUInt32LE(packed.length, 18);
    local.writeUInt32LE(size, 22);
    local.writeUInt16LE(name.length, 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x0201_4b50, 0);
    central.writeUInt16LE(0x0314, 4);
    local.copy(central, 6, 4, 30);
    central.writeUInt16LE(0, 30);
    central.writeUInt32LE(((file.mode ?? 0o100644) << 16) >>> 0, 38);
    central.writeUInt32LE(at, 42);
    parts.push(local, name, packed);
    directory.push(central, name);
    at += local.length + name.length + packed.length;
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x0605_4b50, 0);
  end.writeUInt16LE(files.length, 8);
  end.writeUInt16LE(files.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(at, 16);
  return Buffer.concat([...parts, ...directory, end]);
}
