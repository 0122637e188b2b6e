/** `luytre report`: the school's internal figures of a period, as JSON or CSV. */
import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { codeOf } from '../fault.js';
import { DAY_MS } from '../local-time.js';
import { buildReport, type Report } from '../reporting/report.js';
import { toCsv } from '../reporting/render/csv.js';
import { toJson } from '../reporting/render/json.js';
import { schoolFact } from '../store/school-facts.js';
import { CommandError, type CommandEnv, type Run } from './env.js';
import { readDay } from './time.js';

const RENDER: Readonly<Record<string, (report: Report) => string>> = { json: toJson, csv: toCsv };

interface ReportOptions {
  from: string;
  to: string;
  format: string;
  out?: string;
}

export function registerReport(program: Command, run: Run): void {
  program
    .command('report')
    .description('số liệu nội bộ của trường trong một kỳ (the school\'s figures of a period)')
    .requiredOption('--from <day>', 'ngày đầu, 2026-11-01 (first day)')
    .requiredOption('--to <day>', 'ngày cuối, tính cả ngày ấy (last day, inclusive)')
    .option('--format <format>', Object.keys(RENDER).join(' | '), 'json')
    .option('--out <file>', 'ghi vào tệp (write to a file)')
    .action(run((env, options: ReportOptions) => report(env, options)));
}

function report(env: CommandEnv, options: ReportOptions): void {
  const render = RENDER[options.format];
  if (render === undefined) throw new CommandError(2, `Không có định dạng «${options.format}»; các định dạng: ${Object.keys(RENDER).join(', ')}.`, `No format "${options.format}"; formats: ${Object.keys(RENDER).join(', ')}.`);
  const fromMs = readDay(options.from);
  const toMs = readDay(options.to) + DAY_MS;
  if (toMs <= fromMs) throw new CommandError(2, 'Ngày cuối đứng trước ngày đầu.', 'The last day is before the first.');
  const store = env.store();
  const shipped = env.shipped();
  const { school } = env.config;
  const built = buildReport({
    school: { name: school.name ?? store.settings.get('school.name') ?? '', code: schoolFact(school.code, 'code', env.store().settings), ward: schoolFact(school.ward, 'ward', env.store().settings) },
    fromMs,
    toMs,
    generatedMs: env.now(),
    profiles: shipped.profiles,
    categories: shipped.categories,
    days: store.events.days(fromMs, toMs),
    devices: store.events.devices(fromMs, toMs),
    requests: store.policies.requestCounts(fromMs, toMs),
    overrides: store.policies.cells(),
  });
  const text = render(built);
  if (options.out === undefined) {
    process.stdout.write(text.endsWith('\n') ? text : `${text}\n`);
    return;
  }
  try {
    writeFileSync(options.out, text, { mode: 0o600 });
  } catch (error) {
    throw new CommandError(1, `Không ghi được tệp ${options.out} (${codeOf(error)}).`, `File ${options.out} can't be written (${codeOf(error)}).`);
  }
  if (env.json) env.say.json({ out: options.out, requests: built.totals.requests });
  else env.say.out(env.t(`Đã ghi ${options.out}: ${built.totals.requests} lượt.`, `Wrote ${options.out}: ${built.totals.requests} requests.`));
}
