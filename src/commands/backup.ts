/** `luytre backup` and `luytre restore`: the whole of a gateway's state in one file, checked before it replaces anything. */
import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { isDataDirLocked, LockedError } from '../instance-lock.js';
import { ASIDE_FILE, restoreStore } from '../store/restore.js';
import { CommandError, type CommandEnv, type Run } from './env.js';

export function registerBackup(program: Command, run: Run): void {
  program.command('backup <file>').description('sao lưu toàn bộ, kể cả khi đang chạy (back everything up, also while running)').action(run((env, file: string) => backup(env, file)));
  program.command('restore <file>').description('phục hồi từ bản sao lưu; hãy dừng cổng lọc trước (restore; stop the gateway first)').action(run((env, file: string) => restore(env, file)));
}

async function backup(env: CommandEnv, name: string): Promise<void> {
  const file = resolve(name);
  if (existsSync(file)) throw new CommandError(1, `Tệp ${name} đã có; hãy chọn tên khác.`, `File ${name} exists; choose another name.`);
  const store = env.store();
  await store.backup(file);
  store.audit.record(env.actor, 'backup', 'database', null, null);
  const bytes = statSync(file).size;
  if (env.json) env.say.json({ file, bytes });
  else env.say.out(env.t(`Đã sao lưu vào ${name} (${(bytes / 2 ** 20).toFixed(1).replace('.', ',')} MiB). Hãy cất ở máy khác.`, `Backed up to ${name} (${(bytes / 2 ** 20).toFixed(1)} MiB). Keep it on another machine.`));
}

function restore(env: CommandEnv, name: string): void {
  if (isDataDirLocked(env.config.dataDir)) throw new LockedError();
  restoreStore(env.config.dataDir, resolve(name));
  env.store().audit.record(env.actor, 'restore', 'database', null, null);
  if (env.json) env.say.json({ restored: true, previous: ASIDE_FILE });
  else env.say.out(env.t(`Đã phục hồi từ ${name}. Dữ liệu trước đó được giữ trong ${ASIDE_FILE}.`, `Restored from ${name}. What was there before is kept in ${ASIDE_FILE}.`));
}
