/** `luytre ca`: the school's own certificate authority. Made here, kept here; only its public half is ever given out. */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { formatAddress, parseAddress } from '../matching/address.js';
import { tlsSetting } from '../policy/profile.js';
import { PROFILE_IDS } from '../store/values.js';
import type * as AuthorityModule from '../tls/authority.js';
import type { Authority, SchoolCa } from '../tls/authority.js';
import type { CaWish } from '../tls/ca-certificate.js';
import { caSummary, caWish, NO_NAME } from '../tls/ca-wish.js';
import type { ExportFormat } from '../tls/export.js';
import { registerCaKey } from './ca-key.js';
import { collect } from './check.js';
import { CommandError, type CommandEnv, type Run } from './env.js';
import { sayTime } from './time.js';

interface AddressOptions {
  address?: string[];
}

/** The structures of X.509 are only read in for these commands. */
const authorityModule = (): Promise<typeof AuthorityModule> => import('../tls/authority.js');

export function registerCa(program: Command, run: Run): void {
  const ca = program.command('ca').description('chứng chỉ (CA) của trường, để trang chặn hiện được trên HTTPS (the school’s certificate authority)');
  withAddress(ca.command('init').description('tạo CA của trường, một lần (make it, once)')).action(run((env, options: AddressOptions) => init(env, options)));
  ca.command('export').description('xuất chứng chỉ để cài lên máy; không bao giờ xuất khóa (the public certificate; never the key)')
    .option('--format <format>', 'pem | der | apple | windows | firefox | android', 'pem')
    .option('--out <file>', 'ghi ra tệp thay vì màn hình (write to a file)')
    .option('--next', 'chỉ CA sắp dùng, trong thời gian đổi (only the coming one, during a change)')
    .action(run((env, options: { format: string; out?: string; next?: boolean }) => exportIt(env, options)));
  withAddress(ca.command('rotate').description('đổi CA: cũ và mới cùng được tin trong 90 ngày (change it, with an overlap of 90 days)'))
    .option('--now', 'đổi ngay, hủy khóa cũ; khi nghi khóa bị lộ (at once; when the key may have been read)')
    .action(run((env, options: AddressOptions & { now?: boolean }) => rotate(env, options)));
  registerCaKey(ca, run);
  ca.command('status').description('CA đang dùng, dấu vân tay, hạn (what is in force)').action(run((env) => status(env)));
}

function withAddress(command: Command): Command {
  return command.option('--address <ip>', 'địa chỉ của chính cổng lọc, lặp lại được; mặc định lấy các địa chỉ mạng của máy (the gateway’s own address, repeatable)', collect);
}

async function init(env: CommandEnv, options: AddressOptions): Promise<void> {
  const { initAuthority } = await authorityModule();
  // makes the data directory, or refuses it, before anything is put there
  env.store();
  const school = schoolName(env);
  if (school === NO_NAME) env.say.err(env.t('Chưa khai báo tên trường nên CA mang tên chung «Nhà trường»; nên chạy luytre setup trước, vì CA sống 5 năm.', 'The school has no name yet, so the CA is called «Nhà trường»; luytre setup should come first, since a CA lives five years.'));
  const made = initAuthority(env.config.dataDir, wish(env, school, options));
  env.store().audit.record(env.actor, 'ca.init', made.issuing.fingerprint, null, caSummary(made));
  if (env.json) return env.say.json({ ...caSummary(made), created: true });
  env.say.out(env.t(`Đã tạo CA cho ${school}.`, `CA made for ${school}.`));
  await sayOne(env, made);
  env.say.out(env.t(
    `Khóa nằm trong ${join(env.config.dataDir, 'ca')} và không rời máy này, kể cả khi sao lưu.\nCài lên máy của trường: mở http://ĐỊA-CHỈ-CỔNG-LỌC:${env.config.pages.port}/ca. Cho hiện trang chặn trên HTTPS: luytre profiles tls HỒ-SƠ block-page`,
    `The key stays in ${join(env.config.dataDir, 'ca')}, outside of every backup.\nTo install it on the school's devices: http://GATEWAY:${env.config.pages.port}/ca. To show the block page on HTTPS: luytre profiles tls PROFILE block-page`,
  ));
}

async function rotate(env: CommandEnv, options: AddressOptions & { now?: boolean }): Promise<void> {
  const { rotateAuthority, loadAuthority } = await authorityModule();
  const made = rotateAuthority(env.config.dataDir, wish(env, schoolName(env), options), options.now === true);
  env.store().audit.record(env.actor, options.now === true ? 'ca.replace' : 'ca.rotate', made.issuing.fingerprint, null, caSummary(made));
  const now = loadAuthority(env.config.dataDir, env.now());
  if (env.json) return env.say.json({ ...caSummary(made), signsFrom: new Date(now?.switchMs ?? env.now()).toISOString() });
  await sayOne(env, made);
  env.say.out(now?.switchMs == null
    ? env.t('CA mới ký ngay từ bây giờ; khóa cũ đã hủy. Hãy gỡ chứng chỉ cũ và cài chứng chỉ mới trên mọi máy.', 'The new CA signs from now on; the old key is destroyed. Remove the old certificate and install the new one on every device.')
    : env.t(`CA mới ký từ ${sayTime(now.switchMs)}. Trước ngày ấy hãy cài thêm chứng chỉ mới lên mọi máy của trường (trang /ca).`, `The new CA signs from ${sayTime(now.switchMs)}. Install its certificate on every device before then (page /ca).`));
}

async function status(env: CommandEnv): Promise<void> {
  const inspected = PROFILE_IDS.filter((id) => env.store().settings.get(tlsSetting(id)) === 'inspect');
  const authority = await inForce(env, inspected);
  const { signing, next, switchMs } = authority;
  if (env.json) {
    env.say.json({ ...caSummary(signing), inspected, next: next === null ? null : { ...caSummary(next), signsFrom: new Date(switchMs ?? 0).toISOString() } });
  } else {
    await sayOne(env, signing);
    if (inspected.length > 0) env.say.out(`  ${env.t('Hồ sơ ở mức inspect', 'Profiles at inspect')}: ${inspected.join(', ')}`);
    if (next !== null) {
      env.say.out(env.t(`\nĐang đổi; CA mới ký từ ${sayTime(switchMs ?? 0)}:`, `\nA change is under way; the new CA signs from ${sayTime(switchMs ?? 0)}:`));
      await sayOne(env, next);
    }
  }
  if (env.now() >= signing.issuing.notAfterMs) throw new CommandError(1, 'CA của trường đã hết hạn; tạo CA mới: luytre ca rotate --now', 'The CA has expired; make a new one: luytre ca rotate --now');
}

async function exportIt(env: CommandEnv, options: { format: string; out?: string; next?: boolean }): Promise<void> {
  const { EXPORT_FORMATS, exportCa, fileName, fingerprintText } = await import('../tls/export.js');
  const format = EXPORT_FORMATS.find((known): known is ExportFormat => known === options.format);
  if (format === undefined) throw new CommandError(2, `Không có dạng «${options.format}»; các dạng: ${EXPORT_FORMATS.join(', ')}.`, `No format "${options.format}"; formats: ${EXPORT_FORMATS.join(', ')}.`);
  const { signing, next } = await inForce(env);
  if (options.next === true && next === null) throw new CommandError(1, 'Không có CA nào sắp dùng.', 'There is no coming CA.');
  const chosen = options.next === true ? [next] : [signing, next];
  const certificates = chosen.flatMap((ca) => (ca === null ? [] : [ca.certificate]));
  const bytes = exportCa({ format, certificates, school: schoolName(env) });
  if (options.out === undefined) {
    process.stdout.write(bytes);
    return;
  }
  try {
    writeFileSync(resolve(options.out), bytes, { mode: 0o644 });
  } catch {
    throw new CommandError(1, `Không ghi được tệp ${options.out}.`, `${options.out} can't be written.`);
  }
  if (env.json) env.say.json({ file: resolve(options.out), format, fingerprints: chosen.flatMap((ca) => (ca === null ? [] : [ca.issuing.fingerprint])) });
  else {
    env.say.out(env.t(`Đã ghi ${options.out}.`, `${options.out} written.`));
    for (const ca of chosen) if (ca !== null) env.say.out(`SHA-256 ${fingerprintText(ca.issuing.fingerprint)}`);
    if (format === 'firefox') env.say.out(env.t(`Đặt tệp ${certificates.map(fileName).join(', ')} (dạng der) cạnh chính sách: /usr/lib/mozilla/certificates.`, `Put ${certificates.map(fileName).join(', ')} (format der) into /usr/lib/mozilla/certificates.`));
  }
}

/** @param inspected profiles that count on it, for the warning */
async function inForce(env: CommandEnv, inspected: readonly string[] = []): Promise<Authority> {
  const { loadAuthority, settleAuthority } = await authorityModule();
  settleAuthority(env.config.dataDir, env.now());
  const authority = loadAuthority(env.config.dataDir, env.now());
  if (authority === null && inspected.length > 0) {
    throw new CommandError(1, `Trường chưa có CA nên hồ sơ ${inspected.join(', ')} đặt mức inspect mà không giải mã gì; tạo bằng: luytre ca init`, `There is no CA, so ${inspected.join(', ')} is set to inspect and nothing is decrypted; make one: luytre ca init`);
  }
  if (authority === null) throw new CommandError(1, 'Trường chưa có CA; tạo bằng: luytre ca init', 'There is no CA yet; make one: luytre ca init');
  return authority;
}

async function sayOne(env: CommandEnv, ca: SchoolCa): Promise<void> {
  const { fingerprintText } = await import('../tls/export.js');
  const { issuing } = ca;
  env.say.out(`  ${env.t('Tên', 'Name')}:      ${caSummary(ca).name}`);
  env.say.out(`  SHA-256:  ${fingerprintText(issuing.fingerprint)}`);
  env.say.out(`  ${env.t('Hạn', 'Valid')}:      ${sayTime(issuing.notBeforeMs)} – ${sayTime(issuing.notAfterMs)}`);
  env.say.out(`  ${env.t('Không ký cho', 'Never signs for')}: ${issuing.excluded.length} ${env.t('tên (ngân hàng, y tế, thư…)', 'names (banks, health, mail …)')}`);
  env.say.out(`  ${env.t('Địa chỉ được ký', 'Own addresses')}: ${issuing.addresses.join(', ') || '–'}`);
}

function wish(env: CommandEnv, school: string, options: AddressOptions): CaWish {
  return caWish(school, env.now(), options.address?.map((text) => ownAddress(text)));
}

function ownAddress(text: string): string {
  const address = parseAddress(text);
  if (address === null) throw new CommandError(2, `«${text}» không phải địa chỉ IP.`, `"${text}" is not an IP address.`);
  return formatAddress(address);
}

function schoolName(env: CommandEnv): string {
  return env.config.school.name ?? env.store().settings.get('school.name') ?? NO_NAME;
}
