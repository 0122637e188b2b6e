/**
 * The school's CA on disk: `<data>/ca/current.pem` and, while a change is under way, `next.pem`; each holds key and certificate
 * together, so that no crash can part them. Owns modes, whole writes and the overlap; refuses to know leaves, pages and threads.
 *
 * The keys never leave this folder: not in the database, not in a backup, not in a log (security.md §4.5); the one way out is key-transfer.ts, sealed,
 * and with a second person's leave.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { closeSync, constants, existsSync, fstatSync, fsyncSync, linkSync, lstatSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, rmSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf } from '../fault.js';
import { DAY_MS } from '../local-time.js';
import { AuthorityError } from './authority-error.js';
import { makeCa, readCa, type CaWish } from './ca-certificate.js';
import { type IssuingAuthority } from './issuing.js';

/** One CA of the school. */
export interface SchoolCa {
  readonly issuing: IssuingAuthority;
  readonly certificate: X509Certificate;
}

/** What is in force. */
export interface Authority {
  /** Signs now. */
  readonly signing: SchoolCa;
  /** Will sign from `switchMs`; devices are to trust it before then. */
  readonly next: SchoolCa | null;
  readonly switchMs: number | null;
}

/** A school visits every classroom once a term: time enough to bring the new certificate to each device. */
export const OVERLAP_DAYS = 90;

const CURRENT = 'current.pem';
const NEXT = 'next.pem';

export function caFolder(dataDir: string): string {
  return join(dataDir, 'ca');
}

/** Makes the school's first CA. @throws AuthorityError `exists` when there is one, whatever its state */
export function initAuthority(dataDir: string, wish: CaWish): SchoolCa {
  const folder = secureFolder(dataDir);
  // a damaged file is still somebody's CA: it is never written over here
  if (existsSync(join(folder, CURRENT))) throw exists();
  const made = fresh(wish);
  writeWhole(folder, CURRENT, made, false);
  return made;
}

/**
 * Makes the CA that follows. With `atOnce` (a key that may have been read) it signs from now on and the old key is gone;
 * else both are to be trusted for 90 days, and then the new one takes over by itself.
 * @throws AuthorityError `rotating` when a change is already under way
 */
export function rotateAuthority(dataDir: string, wish: CaWish, atOnce: boolean): SchoolCa {
  settleAuthority(dataDir, wish.nowMs);
  const now = loadAuthority(dataDir, wish.nowMs);
  if (now === null) throw new AuthorityError('missing', 'Trường chưa có CA; tạo bằng: luytre ca init', 'There is no CA yet; make one: luytre ca init');
  if (now.next !== null && !atOnce) {
    const day = new Date(now.switchMs ?? 0).toISOString().slice(0, 10);
    throw new AuthorityError('rotating', `Đang đổi CA; CA mới sẽ ký từ ${day}. Muốn đổi ngay: luytre ca rotate --now`, `A change is under way; the new CA signs from ${day}. To change at once: luytre ca rotate --now`);
  }
  const folder = secureFolder(dataDir);
  const made = fresh(wish);
  writeWhole(folder, atOnce ? CURRENT : NEXT, made, true);
  if (atOnce) rmSync(join(folder, NEXT), { force: true });
  return made;
}

/** Takes over a CA that was made on another machine of the school; like `initAuthority` only where there is none. */
export function adoptAuthority(dataDir: string, key: KeyObject, certificate: X509Certificate): SchoolCa {
  const issuing = readCa(key, certificate);
  if (issuing === null) throw new AuthorityError('damaged', 'Tệp này không chứa một CA của Lũy Tre.', 'The file holds no CA of Lũy Tre.');
  const folder = secureFolder(dataDir);
  if (existsSync(join(folder, CURRENT))) throw exists();
  const adopted = { issuing, certificate };
  writeWhole(folder, CURRENT, adopted, false);
  return adopted;
}

/** What is in force at `nowMs`; null when the school has no CA. @throws AuthorityError for what can't be trusted or read */
export function loadAuthority(dataDir: string, nowMs: number): Authority | null {
  const folder = caFolder(dataDir);
  if (!folderExists(folder)) return null;
  const current = readCaFile(join(folder, CURRENT));
  if (current === null) return null;
  const next = readCaFile(join(folder, NEXT));
  if (next === null) return { signing: current, next: null, switchMs: null };
  const switchMs = switchOf(next, current);
  return nowMs >= switchMs ? { signing: next, next: null, switchMs: null } : { signing: current, next, switchMs };
}

/** When the overlap is over, the new CA takes the old one's place on disk. True when it did. */
export function settleAuthority(dataDir: string, nowMs: number): boolean {
  const folder = caFolder(dataDir);
  if (!existsSync(join(folder, NEXT)) || !folderExists(folder)) return false;
  const current = readCaFile(join(folder, CURRENT));
  const next = readCaFile(join(folder, NEXT));
  if (next === null || (current !== null && nowMs < switchOf(next, current))) return false;
  renameSync(join(folder, NEXT), join(folder, CURRENT));
  syncFolder(folder);
  return true;
}

/** Changes whenever the files do; cheap enough to ask every second. */
export function authorityStamp(dataDir: string): string {
  return ['', CURRENT, NEXT].map((name) => {
    try {
      const facts = statSync(join(caFolder(dataDir), name), { throwIfNoEntry: false });
      return facts === undefined ? '-' : `${facts.ino} ${facts.mtimeMs} ${facts.mode} ${facts.uid}`;
    } catch (error) {
      return codeOf(error);
    }
  }).join(' ');
}

/** 90 days after it was made (it is backdated by one), or when the old one ends. */
function switchOf(next: SchoolCa, current: SchoolCa): number {
  return Math.min(next.issuing.notBeforeMs + (1 + OVERLAP_DAYS) * DAY_MS, current.issuing.notAfterMs);
}

function fresh(wish: CaWish): SchoolCa {
  const { key, certificate } = makeCa(wish);
  const issuing = readCa(key, certificate);
  if (issuing === null) throw damaged('(mới)', '(new)');
  return { issuing, certificate };
}

/** Makes the folder (0700) or refuses one that others may enter. */
function secureFolder(dataDir: string): string {
  const folder = caFolder(dataDir);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw unusable(folder, error);
  }
  folderExists(folder);
  for (const name of readdirSync(folder)) {
    const pid = /\.pem\.(\d+)\.tmp$/.exec(name)?.[1];
    if (pid !== undefined && !alive(Number(pid))) rmSync(join(folder, name), { force: true });
  }
  return folder;
}

/** What a writer that was killed has left is a key, maybe the very one in force: it goes with the next write. */
function alive(pid: number): boolean {
  if (pid === process.pid) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === 'EPERM';
  }
}

function folderExists(folder: string): boolean {
  const facts = lstatSync(folder, { throwIfNoEntry: false });
  if (facts === undefined) return false;
  if (!facts.isDirectory()) throw new AuthorityError('not-a-file', `${folder} không phải thư mục thật; CA không được dùng.`, `${folder} is not a real directory; the CA is not used.`);
  if ((facts.mode & 0o077) !== 0) {
    throw new AuthorityError('dir-mode', `Thư mục ${folder} đang mở cho người khác trên máy nên CA không được dùng; hãy chạy: chmod 700 ${folder}`, `${folder} is open to other users of this machine, so the CA is not used; run: chmod 700 ${folder}`);
  }
  return true;
}

/** Null when it is not there. */
function readCaFile(path: string): SchoolCa | null {
  let handle: number;
  try {
    handle = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'ENOENT') return null;
    if (code === 'ELOOP') throw notAFile(path);
    throw unusable(path, error);
  }
  try {
    const facts = fstatSync(handle);
    if (!facts.isFile()) throw notAFile(path);
    if ((facts.mode & 0o077) !== 0) {
      throw new AuthorityError('file-mode', `Tệp ${path} đang mở cho người khác trên máy nên CA không được dùng; hãy chạy: chmod 600 ${path}`, `${path} is open to other users of this machine, so the CA is not used; run: chmod 600 ${path}`);
    }
    const own = process.geteuid?.() ?? facts.uid;
    if (facts.uid !== own && own !== 0) {
      throw new AuthorityError('owner', `Tệp ${path} thuộc về tài khoản khác nên CA không được dùng.`, `${path} belongs to another account, so the CA is not used.`);
    }
    if (facts.size > 1_048_576) throw damaged(path, path);
    return parseCaFile(readFileSync(handle, 'latin1'), path);
  } finally {
    closeSync(handle);
  }
}

/** Nothing of the text may get into an error: parse errors of node:crypto quote none, but they are not passed on either. */
function parseCaFile(text: string, path: string): SchoolCa {
  let key: KeyObject;
  let certificate: X509Certificate;
  try {
    key = createPrivateKey(block(text, 'PRIVATE KEY'));
    certificate = new X509Certificate(block(text, 'CERTIFICATE'));
  } catch {
    throw damaged(path, path);
  }
  if (!certificate.checkPrivateKey(key)) {
    throw new AuthorityError('mismatch', `Khóa và chứng chỉ trong ${path} không phải một cặp; CA không được dùng.`, `Key and certificate in ${path} are not a pair; the CA is not used.`);
  }
  let issuing: IssuingAuthority | null = null;
  try {
    issuing = readCa(key, certificate);
  } catch {
    throw damaged(path, path);
  }
  if (issuing === null) throw damaged(path, path);
  return { issuing, certificate };
}

function block(text: string, kind: string): string {
  return new RegExp(`-----BEGIN ${kind}-----[A-Za-z0-9+/=\\s]+-----END ${kind}-----`).exec(text)?.[0] ?? '';
}

/** Under a name of its own, flushed, then given its real name whole: by link where nothing may be replaced, else by rename. */
function writeWhole(folder: string, name: string, ca: SchoolCa, replace: boolean): void {
  const path = join(folder, name);
  const temporary = `${path}.${process.pid}.tmp`;
  const text = `${ca.issuing.key.export({ type: 'pkcs8', format: 'pem' }).toString()}${ca.certificate.toString()}`;
  try {
    rmSync(temporary, { force: true });
    const handle = openSync(temporary, constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW, 0o600);
    try {
      writeSync(handle, text);
      fsyncSync(handle);
    } finally {
      closeSync(handle);
    }
    if (replace) renameSync(temporary, path);
    else linkSync(temporary, path);
  } catch (error) {
    if (codeOf(error) === 'EEXIST') throw exists();
    throw unusable(path, error);
  } finally {
    if (existsSync(temporary)) unlinkSync(temporary);
  }
  syncFolder(folder);
}

/** A rename is on disk only when its folder is. */
function syncFolder(folder: string): void {
  const handle = openSync(folder, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function exists(): AuthorityError {
  return new AuthorityError('exists', 'Trường đã có CA; xem: luytre ca status, đổi: luytre ca rotate', 'There is a CA already; see: luytre ca status, change it: luytre ca rotate');
}

function damaged(vi: string, en: string): AuthorityError {
  return new AuthorityError('damaged', `Tệp CA ${vi} bị hỏng nên không được dùng; chuyển nó đi nơi khác rồi chạy: luytre ca init`, `The CA file ${en} is damaged and not used; move it away and run: luytre ca init`);
}

function notAFile(path: string): AuthorityError {
  return new AuthorityError('not-a-file', `${path} không phải tệp thường (liên kết hoặc thư mục); CA không được dùng.`, `${path} is not a regular file (a link or a directory); the CA is not used.`);
}

function unusable(path: string, cause: unknown): AuthorityError {
  return new AuthorityError('unusable', `Không đọc hoặc ghi được ${path}; hãy kiểm tra quyền và chỗ trống.`, `${path} can't be read or written; check permissions and free space.`, { cause });
}
