/** `luytre ca export-key` and `ca import`: the school's CA moves to another machine, once, sealed, with the head's leave. */
import { closeSync, fsyncSync, openSync, readFileSync, statSync, unlinkSync, writeSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { codeOf } from '../fault.js';
import { checkStrength } from '../store/passwords.js';
import { EXPORT_MS } from '../store/proposals.js';
import { sayProposal } from './approvals.js';
import { givenPassword } from './ask.js';
import { CommandError, type CommandEnv, type Run } from './env.js';

const MAX_BYTES = 65_536;

export function registerCaKey(ca: Command, run: Run): void {
  ca.command('export-key').description('xuất khóa CA ra một tệp có mật khẩu để chuyển sang máy khác; cần hiệu trưởng duyệt, dùng một lần trong 24 giờ (the key, sealed, to move to another machine)')
    .requiredOption('--out <file>', 'tệp sẽ ghi, chưa có sẵn (file to write, not there yet)')
    .option('--reason <text>', 'lý do, khi chưa được duyệt (reason, while it is not approved)')
    .action(run((env, options: { out: string; reason?: string }) => exportKey(env, options)));
  ca.command('import <file>').description('nhận CA từ tệp do export-key ghi, trên máy chưa có CA (take the CA over from such a file)').action(run((env, file: string) => importKey(env, file)));
}

async function exportKey(env: CommandEnv, options: { out: string; reason?: string }): Promise<void> {
  const { loadAuthority } = await import('../tls/authority.js');
  const { sealCa } = await import('../tls/key-transfer.js');
  const { proposals } = env.store();
  const authority = loadAuthority(env.config.dataDir, env.now());
  if (authority === null) throw new CommandError(1, 'Trường chưa có CA; tạo bằng: luytre ca init', 'There is no CA yet; make one: luytre ca init');
  const { fingerprint } = authority.signing.issuing;
  const granted = proposals.list(env.now(), 'approved').some(({ change, usedMs, decidedMs }) => change.kind === 'ca-export' && change.fingerprint === fingerprint && usedMs === null && env.now() < (decidedMs ?? 0) + EXPORT_MS);
  if (!granted) return ask(env, fingerprint, options.reason);

  const passphrase = await givenPassword(env.t('Mật khẩu cho tệp, ít nhất 14 ký tự đủ chữ thường, chữ hoa, số và ký tự khác', 'Passphrase of the file, at least 14 characters of four kinds'));
  checkStrength('\u0000', passphrase);
  if (process.stdin.isTTY && (await givenPassword(env.t('Gõ lại', 'Again'))) !== passphrase) throw new CommandError(1, 'Hai lần gõ không giống nhau; chưa xuất gì.', 'The two are not the same; nothing was exported.');
  const path = resolve(options.out);
  let handle: number;
  try {
    // the file first: a leave that is used up on a full disk or a wrong folder would send the school back to its head
    handle = openSync(path, 'wx', 0o600);
  } catch (error) {
    const there = codeOf(error) === 'EEXIST';
    throw new CommandError(1, there ? `Tệp ${options.out} đã có; hãy chọn tên khác.` : `Không ghi được tệp ${options.out}.`, there ? `${options.out} is there already; choose another name.` : `${options.out} can't be written.`);
  }
  let row;
  try {
    writeSync(handle, sealCa(authority.signing, passphrase));
    fsyncSync(handle);
    row = proposals.useExport(fingerprint, env.now(), env.actor);
  } catch (error) {
    unlinkSync(path);
    throw error;
  } finally {
    closeSync(handle);
  }
  if (env.json) env.say.json({ file: path, fingerprint, proposal: row.id });
  else env.say.out(env.t(`Đã ghi ${options.out}. Trên máy mới: luytre ca import ${options.out}. Rồi hủy tệp này.`, `${options.out} written. On the new machine: luytre ca import ${options.out}. Then destroy the file.`));
}

function ask(env: CommandEnv, fingerprint: string, reason: string | undefined): void {
  if (reason === undefined || reason.trim() === '') throw new CommandError(2, 'Xuất khóa CA cần hiệu trưởng duyệt trước; thêm --reason để gửi đề xuất.', 'The head must approve an export of the key first; add --reason to propose it.');
  const row = env.store().proposals.propose({ kind: 'ca-export', fingerprint }, reason, env.now(), env.shipped(), env.actor);
  sayProposal(env, row, { exported: false });
  if (!env.json) env.say.out(env.t(`Chưa xuất gì: đề xuất số ${row.id} chờ hiệu trưởng. Duyệt xong, chạy lại lệnh này trong 24 giờ.`, `Nothing was exported: proposal ${row.id} waits for the head. Once it is approved, run this again within 24 hours.`));
}

async function importKey(env: CommandEnv, file: string): Promise<void> {
  const { adoptSealed } = await import('../tls/key-transfer.js');
  // makes the data directory, or refuses it, before anything is put there
  env.store();
  let text: string;
  try {
    if (statSync(file).size > MAX_BYTES) throw new Error('too big');
    text = readFileSync(file, 'latin1');
  } catch {
    throw new CommandError(1, `Không đọc được tệp ${file}.`, `${file} can't be read.`);
  }
  const passphrase = await givenPassword(env.t('Mật khẩu của tệp', 'Passphrase of the file'));
  const { issuing } = adoptSealed(env.config.dataDir, text, passphrase);
  env.store().audit.record(env.actor, 'ca.import', issuing.fingerprint, null, { fingerprint: issuing.fingerprint });
  if (env.json) env.say.json({ fingerprint: issuing.fingerprint, imported: true });
  else env.say.out(env.t('Đã nhận CA của trường; máy đã cài chứng chỉ không phải cài lại. Hãy hủy tệp khóa.', 'The school’s CA is here; devices that trust it need nothing new. Destroy the key file.'));
}
