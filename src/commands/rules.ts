/** `luytre rules`: the school's own allow and block rules. */
import type { Command } from 'commander';
import { parseEntry } from '../matching/entry.js';
import { deadFor, noteDead, PATH_NOTE, refuseDead } from '../policy/rule-effect.js';
import type { RuleRow } from '../store/rows.js';
import { collect, knownProfile, pageEntry, noSuffix, noSuffixOfProtected, wholeNumber } from './check.js';
import { currentSnapshot } from './current-policy.js';
import { CommandError, type CommandEnv, type Run } from './env.js';

interface RuleOptions {
  profile?: string[];
  note?: string;
}

export function registerRules(program: Command, run: Run): void {
  const rules = program.command('rules').description('quy tắc riêng của trường (the school\'s own rules)');
  rules.command('list').description('liệt kê (list)').action(run((env) => list(env)));
  for (const verb of ['allow', 'block'] as const) {
    rules.command(`${verb} <host>`)
      .description(verb === 'allow' ? 'cho phép một trang và các tên con; =trang: đúng tên ấy (allow a host)' : 'chặn một trang và các tên con (block a host)')
      .option('--profile <profile>', 'chỉ cho hồ sơ này, lặp lại được (only for this profile, repeatable)', collect)
      .option('--note <text>', 'ghi chú, lý do (note)')
      .action(run((env, host: string, options: RuleOptions) => add(env, verb, host, options)));
  }
  rules.command('remove <id>').description('xóa (remove)').action(run((env, id: string) => remove(env, id)));
}

function list(env: CommandEnv): void {
  const rules = env.store().policies.rules();
  for (const rule of rules) {
    if (env.json) env.say.json({ ...rule, host: rule.entry, at: new Date(rule.atMs).toISOString() });
    else env.say.out(`${rule.id}\t${rule.layer}\t${rule.entry}\t${rule.profiles?.join(',') ?? env.t('mọi hồ sơ', 'all profiles')}\t${rule.note ?? ''}`);
  }
  if (rules.length === 0 && !env.json) env.say.out(env.t('Chưa có quy tắc riêng nào.', 'No rules of the school yet.'));
}

async function add(env: CommandEnv, verb: 'allow' | 'block', text: string, options: RuleOptions): Promise<void> {
  const entry = verb === 'allow' ? noSuffix(pageEntry(text)) : noSuffixOfProtected(env, pageEntry(text));
  const profiles = options.profile === undefined ? null : [...new Set(options.profile.map((id) => knownProfile(env, id)))];
  const layer: RuleRow['layer'] = verb === 'allow' ? 'school-allow' : 'school-block';
  const dead = deadFor(layer, entry, profiles, await currentSnapshot(env), env.now());
  const refusal = refuseDead(layer, entry, dead);
  if (refusal !== null) throw new CommandError(1, refusal.vi, refusal.en);
  const twin = env.store().policies.rules().find((rule) => rule.entry === entry && rule.layer === layer && String(rule.profiles) === String(profiles));
  const row = twin ?? env.store().policies.addRule({ layer, entry, profiles, note: options.note ?? null, by: env.actor.name, atMs: env.now() }, env.actor);
  if (env.json) env.say.json({ ...row, host: row.entry });
  else env.say.out(verb === 'allow' ? env.t(`Đã cho phép ${entry} (quy tắc số ${row.id}). Áp dụng trong vài giây.`, `${entry} allowed (rule ${row.id}); effective within seconds.`) : env.t(`Đã chặn ${entry} (quy tắc số ${row.id}). Áp dụng trong vài giây.`, `${entry} blocked (rule ${row.id}); effective within seconds.`));
  if (env.json) return;
  if (parseEntry(entry)?.path !== null) env.say.err(env.t(`Lưu ý: ${PATH_NOTE.vi}`, `Note: ${PATH_NOTE.en}`));
  if (dead !== null) env.say.err(env.t(`Lưu ý: ${noteDead(dead).vi}`, `Note: ${noteDead(dead).en}`));
}

function remove(env: CommandEnv, text: string): void {
  const id = wholeNumber(text, env.t('Số quy tắc', 'The rule id'), 1, 999_999_999);
  if (!env.store().policies.removeRule(id, env.actor)) throw new CommandError(1, `Không có quy tắc số ${id}.`, `No rule ${id}.`);
  if (env.json) env.say.json({ id, removed: true });
  else env.say.out(env.t(`Đã xóa quy tắc số ${id}.`, `Rule ${id} removed.`));
}
