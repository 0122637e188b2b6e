/** `luytre backup` and `luytre restore`: the whole of a gateway's state in one file, checked before it replaces anything. */
import { existsSync, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { isDataDirLocked, LockedError } from '../instance-lock.js';
import { ASIDE_FILE, restoreStore } from '../store/restore.js';
import { StoreError } from '../store/store-error.js';
import { CommandError, type CommandEnv, type Run } from './env.js';

export function registerBackup(program: Command, run: Run): void {
  program.command('backup <file>').description('sao lưu toàn bộ, kể cả khi đang chạy (back everything up, also while running)').action(run((env, file: string) => backup(env, file)));
  program.command('restore <file>').description('phục hồi từ bản sao lưu; hãy dừng cổng lọc trước (restore; stop the gateway first)').action(run((env, file: string) => restore(env, file)));
}

async function backup(env: CommandEnv, name: string): Promise<void> {
  const file = resolve(name);
  if (existsSync(file)) throw new CommandError(1, `Tệp ${name} đã có; hãy chọn tên khác.`, `File ${name} exists; choose another name.`);
  if (!existsSync(dirname(file))) throw new CommandError(1, `Không có thư mục ${dirname(file)} để ghi bản sao lưu.`, `There is no folder ${dirname(file)} to write the backup to.`);
  const store = env.store();
  await store.backup(file);
  store.audit.record(env.actor, 'backup', 'database', null, null);
  const bytes = statSync(file).size;
  if (env.json) env.say.json({ file, bytes });
  else env.say.out(env.t(`Đã sao lưu vào ${name} (${(bytes / 2 ** 20).toFixed(1).replace('.', ',')} MiB). Hãy cất ở máy khác.`, `Backed up to ${name} (${(bytes / 2 ** 20).toFixed(1)} MiB). Keep it on another machine.`));
}

function restore(env: CommandEnv, name: string): void {
  if (isDataDirLocked(env.config.dataDir)) throw new LockedError();
  const file = resolve(name);
  if (existsSync(file) && !statSync(file).isFile()) throw notABackup(name);
  try {
    restoreStore(env.config.dataDir, file);
  } catch (error) {
    // the store speaks of the database it checks; here that is the copy
    if (error instanceof StoreError && ['not-a-database', 'not-ours', 'corrupt'].includes(error.code)) throw notABackup(name);
    throw error;
  }
  env.store().audit.record(env.actor, 'restore', 'database', null, null);
  if (env.json) env.say.json({ restored: true, previous: ASIDE_FILE });
  else env.say.out(env.t(`Đã phục hồi từ ${name}. Dữ liệu trước đó được giữ trong ${ASIDE_FILE}.`, `Restored from ${name}. What was there before is kept in ${ASIDE_FILE}.`));
}

function notABackup(name: string): CommandError {
  return new CommandError(1, `${name} không phải bản sao lưu nguyên vẹn của Lũy Tre; dữ liệu hiện có được giữ nguyên.`, `${name} is not a whole backup of Lũy Tre; the data in place were left as they are.`);
}
