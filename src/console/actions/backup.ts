/** Backup to keep elsewhere, and restore: a backup is sent, looked at, told what it would replace, and only then put in the place of everything. */
import { randomBytes } from 'node:crypto';
import { createReadStream, existsSync, openSync, readdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { z } from 'zod';
import { formatLocal } from '../../local-time.js';
import type { BackupFacts } from '../../store/replace.js';
import { action } from '../action.js';
import type { ConsoleDeps } from '../deps.js';
import { refused, wrongField } from '../refused.js';
import { both } from '../words.js';

const ADMIN = ['it-admin'] as const;
/** What a form may carry: it lies in memory while it is read. A larger one goes in by the machine's own terminal. */
export const MOST_UPLOAD = 64 * 2 ** 20;
/** A backup that was sent and not put in place is a whole copy of the school's accounts: it does not lie about. */
const STAGED_MS = 30 * 60_000;

const STAGED = 'luytre.db.staged';
const facts = z.object({ zones: z.array(z.string()), users: z.array(z.string()), lists: z.int(), rules: z.int(), last: z.string().nullable(), older: z.boolean() });

function stagedPath(env: ConsoleDeps): string {
  return join(env.premises.dataDir, STAGED);
}

function drop(path: string): void {
  for (const suffix of ['', '-wal', '-shm', '-journal']) if (existsSync(path + suffix)) unlinkSync(path + suffix);
}

/** The backup that waits to be put in place, and what is in it. */
export function stagedBackup(env: ConsoleDeps): { readonly facts: BackupFacts; readonly atMs: number } | null {
  const path = stagedPath(env);
  const notes = `${path}.json`;
  if (!existsSync(path) || !existsSync(notes)) return null;
  const atMs = statSync(path).mtimeMs;
  if (env.now() - atMs > STAGED_MS) {
    dropStaged(env);
    return null;
  }
  return { facts: JSON.parse(readFileSync(notes, 'utf8')) as BackupFacts, atMs };
}

/** What a process that died in the middle has left: whole copies of the school's accounts. */
function sweep(env: ConsoleDeps): void {
  for (const name of readdirSync(env.premises.dataDir)) {
    const path = join(env.premises.dataDir, name);
    if (/^luytre\.db\.(?:download-|staged\.part-)[0-9a-f]{12}/.test(name) && env.now() - statSync(path).mtimeMs > STAGED_MS) unlinkSync(path);
  }
}

function dropStaged(env: ConsoleDeps): void {
  drop(stagedPath(env));
  if (existsSync(`${stagedPath(env)}.json`)) unlinkSync(`${stagedPath(env)}.json`);
}

function plain({ zones, users, lists, rules, lastMs, older }: BackupFacts): z.output<typeof facts> {
  return { zones: [...zones], users: [...users], lists, rules, last: lastMs === null ? null : new Date(lastMs).toISOString(), older };
}

export const backupActions = [
  action({
    name: 'backup.download',
    method: 'POST',
    path: '/backup',
    about: { vi: 'Tải bản sao lưu toàn bộ (trừ khóa CA)', en: 'Download a whole backup (but the CA key)' },
    roles: ADMIN,
    proof: true,
    files: ['application/vnd.sqlite3'],
    input: z.strictObject({}),
    output: z.object({}),
    async run(env, who) {
      const path = join(env.premises.dataDir, `luytre.db.download-${randomBytes(6).toString('hex')}`);
      sweep(env);
      await env.store.backup(path, { withoutMessages: true });
      // open and gone: the copy lives as long as it is being sent, whatever becomes of the browser
      const handle = openSync(path, 'r');
      unlinkSync(path);
      env.store.audit.record(who.actor, 'backup', 'database', null, null);
      const stamp = formatLocal(env.now()).slice(0, 16).replace('T', '-').replace(':', '');
      return { value: {}, file: { name: `luytre-${stamp}.db`, type: 'application/vnd.sqlite3', body: Readable.toWeb(createReadStream('', { fd: handle })) as ReadableStream<Uint8Array> } };
    },
  }),
  action({
    name: 'restore.check',
    method: 'POST',
    path: '/restore/check',
    about: { vi: 'Gửi một bản sao lưu lên để xem trong đó có gì; chưa thay gì', en: 'Send a backup to see what is in it; nothing is replaced' },
    roles: ADMIN,
    proof: true,
    maxBytes: MOST_UPLOAD + 65_536,
    input: z.strictObject({ file: z.instanceof(File, { error: both('Hãy chọn tệp sao lưu trong biểu mẫu của bảng điều khiển.', 'Choose the backup file in the form of the console.') }).meta({ vi: 'Tệp sao lưu', en: 'Backup file' }) }),
    output: facts,
    async run(env, who, input) {
      if (input.file.size === 0) throw wrongField('file', 'Chưa chọn tệp, hoặc tệp rỗng.', 'No file was chosen, or it is empty.');
      if (input.file.size > MOST_UPLOAD) throw wrongField('file', `Tệp lớn quá ${MOST_UPLOAD / 2 ** 20} MiB; hãy phục hồi trên chính máy này: luytre restore TỆP`, `Larger than ${MOST_UPLOAD / 2 ** 20} MiB; restore on the machine itself: luytre restore FILE`);
      const path = stagedPath(env);
      const part = `${path}.part-${randomBytes(6).toString('hex')}`;
      try {
        writeFileSync(part, new Uint8Array(await input.file.arrayBuffer()), { mode: 0o600, flag: 'wx' });
        const found = env.store.inspectBackup(part);
        dropStaged(env);
        renameSync(part, path);
        writeFileSync(`${path}.json`, JSON.stringify(found), { mode: 0o600 });
        env.store.audit.record(who.actor, 'restore.check', 'database', null, { zones: found.zones.length, users: found.users.length });
        return { value: plain(found), say: { vi: 'Bản sao lưu còn nguyên vẹn. Hãy xem nó thay những gì rồi xác nhận ở dưới.', en: 'The backup is whole. See what it replaces, then confirm below.' } };
      } finally {
        drop(part);
      }
    },
  }),
  action({
    name: 'restore.apply',
    method: 'POST',
    path: '/restore',
    about: { vi: 'Phục hồi từ bản sao lưu vừa xem; mọi phiên kết thúc', en: 'Put the backup just looked at in place; all sessions end' },
    roles: ADMIN,
    proof: true,
    input: z.strictObject({ understood: z.boolean().meta({ vi: 'Tôi hiểu', en: 'I understand' }) }),
    output: z.object({ restored: z.boolean() }),
    async run(env, who, input) {
      if (!input.understood) throw wrongField('understood', 'Hãy đánh dấu là thầy/cô hiểu dữ liệu hiện nay sẽ bị thay.', 'Tick that you understand that what is there now is replaced.');
      if (stagedBackup(env) === null) throw refused('not-found', 'Không có bản sao lưu nào đang chờ; hãy gửi tệp lên lại.', 'No backup is waiting; send the file again.');
      await env.restore(stagedPath(env), who.actor);
      dropStaged(env);
      return { value: { restored: true }, next: '/dang-nhap' };
    },
  }),
  action({
    name: 'restore.cancel',
    method: 'DELETE',
    path: '/restore',
    about: { vi: 'Bỏ bản sao lưu đang chờ', en: 'Drop the backup that waits' },
    roles: ADMIN,
    input: z.strictObject({}),
    output: z.object({ dropped: z.boolean() }),
    run(env) {
      const waiting = stagedBackup(env) !== null;
      dropStaged(env);
      return { value: { dropped: waiting }, say: { vi: 'Đã bỏ bản sao lưu đang chờ; dữ liệu hiện có không đổi.', en: 'Dropped; what is there was not changed.' } };
    },
  }),
];
