/** `luytre setup`: the guided first run. Idempotent; every question has a flag; asks only at a terminal. */
import type { Command } from 'commander';
import { checkStrength } from '../store/passwords.js';
import { FACT_WORDS, factKey, factText } from '../store/school-facts.js';
import { asUsage } from './check.js';
import { asker, askPassword, type Ask } from './ask.js';
import { CommandError, type CommandEnv, type Run } from './env.js';

interface SetupOptions {
  school?: string;
  hotline?: string;
  counsellor?: string;
  admin?: string;
  password?: string;
  code?: string;
}

/** Facts of the school that the block page and the report show; the config file, where it has them, wins. */
const FACTS = [
  { fact: 'name', option: 'school' },
  { fact: 'hotline', option: 'hotline' },
  { fact: 'counsellor', option: 'counsellor' },
] as const;

export function registerSetup(program: Command, run: Run): void {
  program
    .command('setup')
    .description('thiết lập lần đầu, chạy lại được nhiều lần (guided first run)')
    .option('--school <name>', 'tên trường (name of the school)')
    .option('--hotline <phone>', 'đường dây nóng của trường (school hotline)')
    .option('--counsellor <phone>', 'tư vấn học đường (counsellor)')
    .option('--admin <name>', 'tài khoản quản trị đầu tiên (first admin account)')
    .option('--password <password>', 'mật khẩu của tài khoản ấy (its password)')
    .option('--code <code>', 'mã dùng một lần in ra khi khởi động (one-time code printed at start)')
    .action(run((env, options: SetupOptions) => setup(env, options)));
}

async function setup(env: CommandEnv, options: SetupOptions): Promise<void> {
  const store = env.store();
  const ask = asker(env);
  try {
    for (const fact of FACTS) {
      const key = factKey(fact.fact);
      const given = options[fact.option] ?? (await ask(env.t(...FACT_WORDS[fact.fact]), store.settings.get(key)));
      if (given === null) continue;
      const value = asUsage(() => factText(fact.fact, given));
      if (value !== store.settings.get(key)) store.settings.set(key, value, env.actor);
    }
    const made = await firstAdmin(env, options, ask);
    if (made !== null && !env.json) env.say.out(env.t(`Đã tạo tài khoản quản trị «${made}».`, `Admin account "${made}" made.`));
  } finally {
    ask.close();
  }
  report(env);
}

/** @returns the name of the account when one was made */
async function firstAdmin(env: CommandEnv, options: SetupOptions, ask: Ask): Promise<string | null> {
  const { accounts } = env.store();
  const known = accounts.users();
  if (known.length > 0) {
    // the same command again says the same; another account is not made by the first-run command
    const same = options.admin === undefined || (known.some((user) => user.name === options.admin) && (options.password === undefined || (await accounts.checkPassword(options.admin, options.password)) !== null));
    if (!same) throw new CommandError(1, 'Đã có tài khoản quản trị; thêm người khác bằng «luytre users add», đổi mật khẩu bằng «luytre users set».', 'An admin account exists already; add others with "luytre users add", change a password with "luytre users set".');
    return null;
  }
  const name = options.admin ?? (options.code === undefined && !ask.interactive ? null : await ask(env.t('Tên tài khoản quản trị', 'Admin account name'), 'quantri')) ?? (options.code === undefined ? null : 'quantri');
  if (name === null || name === '') return null;
  if (!/^[a-z0-9][a-z0-9._-]{1,31}$/.test(name)) throw new CommandError(2, `Tên tài khoản «${name}» không dùng được: 2–32 chữ thường không dấu, số, . _ -.`, `Account name "${name}" can't be used: 2–32 of a–z, 0–9, . _ -.`);
  const password = options.password ?? (await askPassword(env, ask, name));
  if (password === null) throw new CommandError(2, `Tài khoản «${name}» cần mật khẩu: thêm --password, hoặc chạy ở cửa sổ dòng lệnh để được hỏi.`, `Account "${name}" needs a password: add --password, or run it in a terminal to be asked.`);
  checkStrength(name, password);
  // Whoever can write the data directory may make the first account; the code proves the same from elsewhere, and is used up.
  if (options.code !== undefined && !accounts.claimSetupCode(options.code, env.now())) {
    throw new CommandError(1, 'Mã dùng một lần sai, đã dùng hoặc đã hết hạn; khởi động lại cổng lọc để có mã mới.', 'The one-time code is wrong, used or expired; restart the gateway for a new one.');
  }
  await accounts.addUser(name, 'it-admin', password, env.actor);
  return name;
}

function report(env: CommandEnv): void {
  const { settings, policies, accounts } = env.store();
  const zones = policies.zones().length;
  const users = accounts.users().length;
  if (env.json) {
    env.say.json({ school: settings.get('school.name'), hotline: settings.get('school.hotline'), counsellor: settings.get('school.counsellor'), zones, users });
    return;
  }
  env.say.out(env.t('Đã lưu.', 'Saved.'));
  if (users === 0) env.say.out(env.t('Chưa có tài khoản quản trị: luytre setup --admin quantri --password …', 'No admin account yet: luytre setup --admin quantri --password …'));
  if ((env.config.school.hotline ?? settings.get('school.hotline')) === null) env.say.out(env.t('Còn thiếu: đường dây nóng của trường (bắt buộc theo CV 4411/SGDĐT-CTTTHSSV): luytre setup --hotline …', 'Missing: the school hotline (required): luytre setup --hotline …'));
  if (zones === 0) env.say.out(env.t('Bước tiếp: thêm phòng máy, ví dụ luytre zones add "Phòng máy 1" --profile thcs --cidr 192.168.10.0/24', 'Next: add a room, e.g. luytre zones add lab1 --profile thcs --cidr 192.168.10.0/24'));
}
