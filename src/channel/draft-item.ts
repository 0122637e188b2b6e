/**
 * Turns what a publisher has (a list in any format, lines of certificates, CRLs) into an item of the channel: read and put into one spelling
 * here, so that a school never meets a line it does not understand. Refuses to know keys.
 */
import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { gzipSync } from 'node:zlib';
import { SEALED } from '../lists/import.js';
import { ListError } from '../lists/list-error.js';
import { readFiles } from '../lists/read.js';
import type { ImportFormat } from '../lists/formats/layout.js';
import type { DenyKind } from '../store/channel-rows.js';
import { derOf, MAX_CRL_BYTES, readCrl, readIssuers, type Crl } from '../tls/crl.js';
import { parseDenyLines } from '../tls/distrusted.js';
import { TrustError } from '../tls/trust-error.js';
import { ChannelError } from './channel-error.js';
import type { ChannelItem, ChannelRole } from './manifest.js';

/** Bigger files are packed; smaller ones stay readable for who looks at the server. */
const PACK_FROM_BYTES = 65_536;

export interface ListWish {
  readonly name: string;
  readonly role: Exclude<ChannelRole, DenyKind>;
  readonly category: string | null;
  readonly profiles: readonly string[] | null;
  readonly format: ImportFormat;
  readonly version: string;
  readonly license: string | null;
  readonly ends: string | null;
}

export interface Draft {
  readonly item: ChannelItem;
  readonly bytes: Uint8Array;
  readonly entries: number;
}

/** @throws ChannelError where a line is not understood: the publisher mends it, not a thousand schools */
export async function draftList(file: string, wish: ListWish): Promise<Draft> {
  if (wish.category !== null && SEALED.includes(wish.category)) throw new ChannelError('sealed', `Nhóm ${wish.category} mở trước mọi quy tắc nên kênh không được thêm vào.`, `Category ${wish.category} opens before every rule, so the channel may not add to it.`);
  let result;
  try {
    const { reader } = await readFiles([file], { format: wish.format, category: wish.category, allow: wish.role === 'city-allow', only: null });
    result = reader.finish();
  } catch (error) {
    if (!(error instanceof ListError)) throw error;
    throw new ChannelError('bad-list', error.vi, error.en, { cause: error });
  }
  const bad = result.refusals[0];
  if (bad !== undefined) {
    const line = bad.first[0];
    throw new ChannelError('bad-line', `${basename(file)}: ${bad.lines} dòng không dùng được (${bad.why}), đầu tiên là dòng ${line?.line ?? 0}: ${line?.text ?? ''}.`, `${basename(file)}: ${bad.lines} line(s) can't be used (${bad.why}), the first is line ${line?.line ?? 0}: ${line?.text ?? ''}.`);
  }
  if (result.entries.length === 0) throw new ChannelError('bad-list', `${basename(file)} không có mục nào.`, `${basename(file)} has no entry.`);
  const item = {
    name: wish.name, role: wish.role, format: 'domains', version: wish.version,
    ...(wish.category === null ? {} : { category: wish.category }), ...(wish.profiles === null ? {} : { profiles: [...wish.profiles] }),
    ...(wish.license === null ? {} : { license: wish.license }), ...(wish.ends === null ? {} : { ends: wish.ends }),
  } as Omit<ChannelItem, 'target'>;
  return { ...packed(item, Buffer.from(`${result.entries.join('\n')}\n`)), entries: result.entries.length };
}

/** @throws ChannelError at the first line that is not understood */
export function draftDeny(kind: DenyKind, text: string, name: string, version: string): Draft {
  try {
    const lines = parseDenyLines(text, name);
    return { ...packed({ name: kind, role: kind, format: 'deny', version }, Buffer.from(text.endsWith('\n') ? text : `${text}\n`)), entries: lines.length };
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    throw new ChannelError('bad-line', error.vi, error.en, { cause: error });
  }
}

function packed(item: Omit<ChannelItem, 'target'>, text: Buffer): Omit<Draft, 'entries'> {
  const pack = text.length > PACK_FROM_BYTES;
  return { item: { ...item, target: `${item.name}.txt${pack ? '.gz' : ''}` }, bytes: pack ? gzipSync(text, { level: 9 }) : text };
}

export interface CrlFile {
  readonly file: string;
  readonly crl: Crl;
}

/** @throws ChannelError with one sentence that names the file */
export function readCrlFiles(files: readonly string[], issuerFiles: readonly string[], nowMs: number): CrlFile[] {
  try {
    const issuers = issuerFiles.flatMap((file) => readIssuers(readBounded(file), basename(file)));
    return files.flatMap((file) => {
      const lists = derOf(readBounded(file), 'X509 CRL');
      if (lists.length === 0) throw new TrustError(`${basename(file)}: không phải danh sách thu hồi (CRL) nguyên vẹn.`, `${basename(file)}: is not a whole revocation list (CRL).`);
      return lists.map((raw) => ({ file, crl: readCrl(raw, issuers, basename(file), nowMs) }));
    });
  } catch (error) {
    if (!(error instanceof TrustError)) throw error;
    throw new ChannelError('crl', error.vi, error.en, { cause: error });
  }
}

/** The text of a deny list with what CRLs add to it: each line once, those that were there first. */
export function withCrls(before: string, crls: readonly CrlFile[]): { readonly text: string; readonly added: number } {
  const known = new Set(before === '' ? [] : parseDenyLines(before, 'revoked.txt'));
  const added: string[] = [];
  for (const { file, crl } of crls) {
    const from = added.length;
    for (const serial of crl.serials) {
      const line = `serial ${crl.issuerKey} ${serial}`;
      if (known.has(line)) continue;
      known.add(line);
      added.push(line);
    }
    if (added.length > from) added.splice(from, 0, `# ${basename(file).replace(/[^\w.-]/g, '_')}, ${new Date(crl.issuedMs).toISOString().slice(0, 10)}`);
  }
  const lines = added.filter((line) => !line.startsWith('#')).length;
  return { text: added.length === 0 ? before : `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${added.join('\n')}\n`, added: lines };
}

function readBounded(file: string): Buffer {
  try {
    if (statSync(file).size > MAX_CRL_BYTES) throw new TrustError(`${basename(file)} lớn quá ${Math.round(MAX_CRL_BYTES / 2 ** 20)} MiB.`, `${basename(file)} is larger than ${Math.round(MAX_CRL_BYTES / 2 ** 20)} MiB.`);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof TrustError) throw error;
    throw new TrustError(`Không đọc được ${file}.`, `${file} can't be read.`, { cause: error });
  }
}
