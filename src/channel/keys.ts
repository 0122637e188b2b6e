/**
 * The publisher's Ed25519 keys: made here, kept as PKCS#8 in files of 0600, found again by what the root metadata says of them.
 * Owns their files; refuses to know what is signed. A key is never printed, sent or copied.
 */
import { createHash, createPrivateKey, createPublicKey, generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ChannelError } from './channel-error.js';

/** A key as TUF metadata names it. */
export interface PublicKey {
  readonly keytype: 'ed25519';
  readonly scheme: 'ed25519';
  readonly keyval: { readonly public: string };
}

export interface SigningKey {
  readonly id: string;
  readonly public: PublicKey;
  readonly file: string;
  sign(bytes: Buffer): string;
}

export function makeKey(dir: string, purpose: string): SigningKey {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { privateKey } = generateKeyPairSync('ed25519');
  const id = idOf(publicOf(privateKey));
  const file = join(dir, `${purpose}-${id.slice(0, 12)}.pem`);
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600, flag: 'wx', flush: true });
  chmodSync(file, 0o600);
  return signing(privateKey, file);
}

/**
 * The keys of a folder whose ids are asked for.
 * @throws ChannelError where a key file is open to others than its owner, or is none
 */
export function loadKeys(dir: string, ids: ReadonlySet<string>): SigningKey[] {
  const found: SigningKey[] = [];
  for (const name of names(dir)) {
    const file = join(dir, name);
    if ((statSync(file).mode & 0o077) !== 0) throw new ChannelError('key-mode', `Khóa ${file} để lộ cho người khác đọc; hãy chạy: chmod 600 ${file}, và nếu máy có người dùng khác thì thay khóa (channel rotate).`, `Key ${file} is open to others; run: chmod 600 ${file}, and where the machine has other users replace the key (channel rotate).`);
    let key: KeyObject;
    try {
      key = createPrivateKey(readFileSync(file));
      if (key.asymmetricKeyType !== 'ed25519') throw new TypeError('type');
    } catch (cause) {
      throw new ChannelError('key-damaged', `Tệp ${file} không phải khóa Ed25519 dùng được.`, `File ${file} is not a usable Ed25519 key.`, { cause });
    }
    if (ids.has(idOf(publicOf(key)))) found.push(signing(key, file));
  }
  return found;
}

function names(dir: string): string[] {
  try {
    return readdirSync(dir).filter((name) => name.endsWith('.pem')).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw new ChannelError('key-missing', `Không đọc được thư mục khóa ${dir}.`, `The folder of keys ${dir} can't be read.`, { cause: error });
  }
}

function publicOf(key: KeyObject): PublicKey {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' });
  return { keytype: 'ed25519', scheme: 'ed25519', keyval: { public: spki.subarray(-32).toString('hex') } };
}

/** SHA-256 of the canonical JSON of the key (TUF §4.2). */
function idOf(key: PublicKey): string {
  return createHash('sha256').update(`{"keytype":"ed25519","keyval":{"public":"${key.keyval.public}"},"scheme":"ed25519"}`).digest('hex');
}

function signing(key: KeyObject, file: string): SigningKey {
  const shown = publicOf(key);
  return { id: idOf(shown), public: shown, file, sign: (bytes) => sign(null, bytes, key).toString('hex') };
}
