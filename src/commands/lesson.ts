/** `luytre lesson` and `luytre openings`: what a teacher's switch does, from the command line. Both end by themselves. */
import type { Command } from 'commander';
import { decide } from '../policy/decide.js';
import { parseEntry } from '../matching/entry.js';
import { hostEntry, noSuffix, knownProfile, knownZone, wholeNumber } from './check.js';
import { currentSnapshot } from './current-policy.js';
import { CommandError, type CommandEnv, type Run } from './env.js';
import { parseUntil, sayTime } from './time.js';

const LESSON_MAX_MS = 7 * 86_400_000;
const OPENING_MAX_MS = 86_400_000;

export function registerLesson(program: Command, run: Run): void {
  const lesson = program.command('lesson').description('đổi hồ sơ của một phòng cho tiết học (switch a room for a lesson)');
  lesson.command('list').description('các tiết đang chạy (running lessons)').action(run((env) => listLessons(env)));
  lesson.command('start').description('bắt đầu (start)')
    .requiredOption('--zone <zone>', 'phòng (zone)')
    .requiredOption('--profile <profile>', 'hồ sơ lọc (profile)')
    .requiredOption('--until <time>', 'đến lúc: 45m, 10:15 hoặc ISO-8601 (end time)')
    .action(run((env, options: { zone: string; profile: string; until: string }) => start(env, options)));
  lesson.command('end').description('kết thúc sớm (end early)')
    .requiredOption('--zone <zone>', 'phòng (zone)')
    .action(run((env, options: { zone: string }) => end(env, options.zone)));

  const openings = program.command('openings').description('mở tạm một trang cho một phòng (temporary openings)');
  openings.command('list').description('các trang đang mở tạm (open now)').action(run((env) => listOpenings(env)));
  openings.command('add').description('mở tạm (open for a while)')
    .requiredOption('--zone <zone>', 'phòng (zone)')
    .requiredOption('--host <host>', 'tên trang (host)')
    .requiredOption('--until <time>', 'đến lúc: 45m, 10:15 hoặc ISO-8601 (end time)')
    .option('--reason <text>', 'lý do (reason)')
    .action(run((env, options: { zone: string; host: string; until: string; reason?: string }) => open(env, options)));
  openings.command('remove <id>').description('đóng lại (close)').action(run((env, id: string) => close(env, id)));
}

function listLessons(env: CommandEnv): void {
  const lessons = env.store().policies.lessons(env.now());
  for (const lesson of lessons) {
    if (env.json) env.say.json({ ...lesson, until: new Date(lesson.untilMs).toISOString() });
    else env.say.out(`${lesson.zone}\t${lesson.profile}\t${env.t('đến', 'until')} ${sayTime(lesson.untilMs)}`);
  }
  if (lessons.length === 0 && !env.json) env.say.out(env.t('Không có tiết nào đang chạy.', 'No lesson is running.'));
}

function start(env: CommandEnv, options: { zone: string; profile: string; until: string }): void {
  const now = env.now();
  const lesson = env.store().policies.startLesson(
    { zone: knownZone(env, options.zone), profile: knownProfile(env, options.profile), fromMs: now, untilMs: parseUntil(options.until, now, LESSON_MAX_MS), by: env.actor.name },
    env.actor,
  );
  if (env.json) env.say.json({ ...lesson, until: new Date(lesson.untilMs).toISOString() });
  else env.say.out(env.t(`${lesson.zone} đang dùng hồ sơ ${lesson.profile}, đến ${sayTime(lesson.untilMs)}.`, `${lesson.zone} is on profile ${lesson.profile} until ${sayTime(lesson.untilMs)}.`));
}

function end(env: CommandEnv, zone: string): void {
  knownZone(env, zone);
  const ended = env.store().policies.endLesson(zone, env.now(), env.actor);
  if (!ended) throw new CommandError(1, `Phòng ${zone} không có tiết nào đang chạy.`, `No lesson is running in ${zone}.`);
  if (env.json) env.say.json({ zone, ended: true });
  else env.say.out(env.t(`Đã kết thúc; ${zone} trở về hồ sơ của phòng.`, `Ended; ${zone} is back on its own profile.`));
}

function listOpenings(env: CommandEnv): void {
  const openings = env.store().policies.openings(env.now());
  for (const opening of openings) {
    if (env.json) env.say.json({ ...opening, host: opening.entry, until: new Date(opening.untilMs).toISOString() });
    else env.say.out(`${opening.id}\t${opening.zone}\t${opening.entry}\t${env.t('đến', 'until')} ${sayTime(opening.untilMs)}`);
  }
  if (openings.length === 0 && !env.json) env.say.out(env.t('Không có trang nào đang mở tạm.', 'Nothing is open for a while.'));
}

async function open(env: CommandEnv, options: { zone: string; host: string; until: string; reason?: string }): Promise<void> {
  const now = env.now();
  const zone = knownZone(env, options.zone);
  const entry = noSuffix(hostEntry(options.host));
  const untilMs = parseUntil(options.until, now, OPENING_MAX_MS);
  const snapshot = await currentSnapshot(env);
  const host = parseEntry(entry)?.host ?? '';
  const decision = decide({ host, zone: snapshot.zoneByName.get(zone) ?? -1, path: null, profile: -1 }, snapshot, now);
  if (decision.cell === 'X' && decision.action === 'block') {
    const category = snapshot.data.categories[decision.category];
    throw new CommandError(
      1,
      `Không mở được ${host}: trang thuộc nhóm «${category?.name ?? ''}» bị chặn cứng với hồ sơ của phòng ${zone}; chỉ Sở mới mở được.`,
      `${host} can't be opened: category "${category?.nameEn ?? ''}" is a hard block for ${zone}'s profile; only the department can open it.`,
    );
  }
  const row = env.store().policies.addOpening({ zone, entry, fromMs: now, untilMs, by: env.actor.name, reason: options.reason ?? null }, env.actor);
  if (env.json) env.say.json({ ...row, host: entry, until: new Date(untilMs).toISOString() });
  else env.say.out(env.t(`Đã mở tạm ${entry} cho ${zone}, đến ${sayTime(untilMs)}. Áp dụng trong vài giây.`, `${entry} is open for ${zone} until ${sayTime(untilMs)}; effective within seconds.`));
}

function close(env: CommandEnv, text: string): void {
  const id = wholeNumber(text, env.t('Số thứ tự', 'The id'), 1, 999_999_999);
  if (!env.store().policies.removeOpening(id, env.now(), env.actor)) throw new CommandError(1, `Không có lần mở tạm số ${id}.`, `No opening ${id}.`);
  if (env.json) env.say.json({ id, removed: true });
  else env.say.out(env.t(`Đã đóng lại số ${id}.`, `Opening ${id} closed.`));
}
