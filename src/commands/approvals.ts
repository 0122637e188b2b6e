/** `luytre approvals`: what waits for a second person, with its difference, and that person's yes or no under their own password. */
import type { Command } from 'commander';
import { refuseApproval, type ProposalState } from '../policy/proposal.js';
import { diffOf, KIND_WORDS } from '../policy/proposal-diff.js';
import type { Actor, ProposalRow } from '../store/rows.js';
import { givenPassword } from './ask.js';
import { wholeNumber } from './check.js';
import { CommandError, type CommandEnv, type Run } from './env.js';
import { sayTime } from './time.js';

interface DecideOptions {
  as: string;
  note?: string;
  reason?: string;
}

export function registerApprovals(program: Command, run: Run): void {
  const approvals = program.command('approvals').description('đề xuất cần hai người: bật giải mã, nới ô, xuất khóa CA (what needs two people)');
  approvals.command('list').description('đang chờ duyệt (waiting)').option('--all', 'cả đã quyết định, đã rút, hết hạn (decided ones too)').action(run((env, options: { all?: boolean }) => list(env, options.all === true)));
  approvals.command('show <id>').description('một đề xuất: trước, sau, ảnh hưởng (one proposal and its difference)').action(
    run((env, text: string) => {
      const id = idOf(env, text);
      const row = env.store().proposals.get(id, env.now());
      if (row === null) throw new CommandError(1, `Không có đề xuất số ${id}.`, `There is no proposal ${id}.`);
      sayProposal(env, row);
    }),
  );
  approvals.command('approve <id>').description('duyệt, bằng mật khẩu của hiệu trưởng: hỏi ở cửa sổ dòng lệnh hoặc dòng đầu của stdin (approve, with the head’s password: asked, or the first line of stdin)')
    .requiredOption('--as <account>', 'tài khoản hiệu trưởng (the head’s account)')
    .option('--note <text>', 'ghi chú (note)')
    .action(run((env, text: string, options: DecideOptions) => approve(env, text, options)));
  approvals.command('reject <id>').description('từ chối, cũng bằng mật khẩu của hiệu trưởng (reject)')
    .requiredOption('--as <account>', 'tài khoản hiệu trưởng (the head’s account)')
    .requiredOption('--reason <text>', 'lý do (reason)')
    .action(run((env, text: string, options: DecideOptions) => reject(env, text, options)));
  approvals.command('withdraw <id>').description('rút đề xuất (withdraw)').action(
    run((env, text: string) => {
      const row = env.store().proposals.withdraw(idOf(env, text), env.now(), env.actor);
      said(env, row, `Đã rút đề xuất số ${row.id}.`, `Proposal ${row.id} withdrawn.`);
    }),
  );
}

function idOf(env: CommandEnv, text: string): number {
  return wholeNumber(text, env.t('Số đề xuất', 'The proposal’s number'), 1, 999_999_999);
}

function list(env: CommandEnv, everything: boolean): void {
  const rows = env.store().proposals.list(env.now(), everything ? undefined : 'open');
  for (const row of rows) {
    if (env.json) sayProposal(env, row);
    else {
      const { subject } = diffOf(row.change, env.shipped(), row.base);
      env.say.out(`${row.id}\t${stateWords(env, row.state)}\t${env.t(KIND_WORDS[row.change.kind].vi, KIND_WORDS[row.change.kind].en)}\t${env.t(subject.vi, subject.en)}\t${row.by}\t${sayTime(row.atMs)}`);
    }
  }
  if (rows.length === 0 && !env.json) env.say.out(env.t('Không có đề xuất nào đang chờ.', 'No proposal is waiting.'));
}

/** One proposal with its difference, as lines or as one object. */
export function sayProposal(env: CommandEnv, row: ProposalRow, more: Record<string, unknown> = {}): void {
  const diff = diffOf(row.change, env.shipped(), row.base);
  const stale = row.state === 'open' ? refuseApproval(row.change, row.base, env.store().proposals.standing(env.shipped())) : null;
  if (env.json) {
    const { atMs, expiresMs, decidedMs, usedMs, ...rest } = row;
    const proposal = { ...rest, at: iso(atMs), expires: iso(expiresMs), decided: iso(decidedMs), used: iso(usedMs), fits: row.state === 'open' ? stale === null : null, diff };
    return env.say.json(Object.keys(more).length === 0 ? proposal : { ...more, proposal });
  }
  const { out } = env.say;
  out(env.t(`Đề xuất số ${row.id} · ${KIND_WORDS[row.change.kind].vi} · ${stateWords(env, row.state)}`, `Proposal ${row.id} · ${KIND_WORDS[row.change.kind].en} · ${stateWords(env, row.state)}`));
  out(`  ${env.t(diff.subject.vi, diff.subject.en)}`);
  out(`  − ${env.t(diff.before.vi, diff.before.en)}`);
  out(`  + ${env.t(diff.after.vi, diff.after.en)}`);
  out(`  ${env.t(`Ảnh hưởng: ${diff.effect.vi}`, `Effect: ${diff.effect.en}`)}`);
  out(`  ${env.t(`Lý do: ${row.reason}`, `Reason: ${row.reason}`)}`);
  out(`  ${env.t(`Người đề xuất: ${row.by}, ${sayTime(row.atMs)}; chờ đến ${sayTime(row.expiresMs)}`, `Proposed by ${row.by}, ${sayTime(row.atMs)}; waits until ${sayTime(row.expiresMs)}`)}`);
  if (row.decidedBy !== null && row.decidedMs !== null) out(`  ${env.t(`Quyết định: ${row.decidedBy}, ${sayTime(row.decidedMs)}${row.note === null ? '' : `: ${row.note}`}`, `Decided by ${row.decidedBy}, ${sayTime(row.decidedMs)}${row.note === null ? '' : `: ${row.note}`}`)}`);
  if (stale !== null) out(`  ${env.t(stale.vi, stale.en)}`);
}

async function approve(env: CommandEnv, text: string, options: DecideOptions): Promise<void> {
  const id = idOf(env, text);
  const head = await asHead(env, id, options.as);
  const row = env.store().proposals.approve(id, options.note ?? null, env.now(), env.shipped(), head);
  said(env, row, `Đã duyệt đề xuất số ${id}; áp dụng trong hai giây.`, `Proposal ${id} approved; effective within two seconds.`);
}

async function reject(env: CommandEnv, text: string, options: DecideOptions): Promise<void> {
  const id = idOf(env, text);
  if (options.reason?.trim() === '') throw new CommandError(2, 'Từ chối thì cần --reason.', 'Rejecting needs --reason.');
  const head = await asHead(env, id, options.as);
  const row = env.store().proposals.reject(id, options.reason ?? '', env.now(), head);
  said(env, row, `Đã từ chối đề xuất số ${id}.`, `Proposal ${id} rejected.`);
}

/** Proves that the head's password is known here; who typed it stands in the record. */
async function asHead(env: CommandEnv, id: number, name: string): Promise<Actor> {
  const row = env.store().proposals.get(id, env.now());
  if (row === null) throw new CommandError(1, `Không có đề xuất số ${id}.`, `There is no proposal ${id}.`);
  // what is about to be decided, before the password is typed
  if (process.stdin.isTTY && !env.json) sayProposal(env, row);
  const password = await givenPassword(env.t(`Mật khẩu của ${name}`, `Password of ${name}`));
  const result = await env.store().accounts.login(name, password, env.now(), env.actor);
  if (result.outcome === 'ok') return { kind: 'cli', name: result.user.name };
  const seconds = Math.ceil(result.waitMs / 1_000);
  if (result.outcome === 'wait') throw new CommandError(1, `Sai mật khẩu nhiều lần; hãy thử lại sau ${seconds} giây.`, `Too many wrong passwords; try again in ${seconds} seconds.`);
  throw new CommandError(1, `Tài khoản hoặc mật khẩu không đúng${seconds > 0 ? `; lần thử sau cách ${seconds} giây` : ''}.`, `The account or the password is wrong${seconds > 0 ? `; the next try may be made in ${seconds} seconds` : ''}.`);
}

function said(env: CommandEnv, row: ProposalRow, vi: string, en: string): void {
  if (env.json) sayProposal(env, row);
  else env.say.out(env.t(vi, en));
}

const STATE_WORDS: Readonly<Record<ProposalState, readonly [vi: string, en: string]>> = {
  open: ['chờ duyệt', 'open'],
  approved: ['đã duyệt', 'approved'],
  rejected: ['đã từ chối', 'rejected'],
  withdrawn: ['đã rút', 'withdrawn'],
  expired: ['hết hạn', 'expired'],
};

function stateWords(env: CommandEnv, state: ProposalState): string {
  return env.t(...STATE_WORDS[state]);
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
