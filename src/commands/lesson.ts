/** `luytre lesson` and `luytre openings`: what a teacher's switch does, from the command line. Both end by themselves. */
import type { Command } from 'commander';
import { openable } from '../policy/openable.js';
import { parseEntry } from '../matching/entry.js';
import { collect, hostEntry, noSuffix, knownProfile, knownZone, wholeNumber } from './check.js';
import { currentSnapshot } from './current-policy.js';
import { CommandError, type CommandEnv, type Run } from './env.js';
import { knownList } from './sites.js';
import { sayTime } from './time.js';
import { profileNow, UNTIL, untilFor } from './until.js';
import type { LessonRow } from '../store/rows.js';
import type { NewLesson } from '../store/school-rows.js';

const LESSON_MAX_MS = 7 * 86_400_000;
const OPENING_MAX_MS = 86_400_000;

export function registerLesson(program: Command, run: Run): void {
  const lesson = program.command('lesson').description('đổi hồ sơ của một phòng cho tiết học (switch a room for a lesson)');
  lesson.command('list').description('các tiết đang chạy (running lessons)').action(run((env) => listLessons(env)));
  lesson.command('start').description('bắt đầu (start)')
    .requiredOption('--zone <zone>', 'phòng (zone)')
    .option('--profile <profile>', 'hồ sơ lọc; không nêu thì giữ hồ sơ đang dùng (profile; absent: the one in force)')
    .requiredOption('--until <time>', UNTIL)
    .option('--focus <list>', 'chỉ mở danh sách đã lưu này (only this saved list is open)')
    .option('--sites <hosts>', 'chỉ mở các trang này, cách nhau bằng dấu phẩy (only these hosts are open)', collect)
    .option('--learning', 'kèm các trang học liệu được bảo vệ (with the protected learning sites)')
    .option('--pause', 'tạm dừng Internet của phòng (pause the Internet of the room)')
    .option('--exam-hosts <hosts>', 'giờ thi, mở thêm các trang này (an exam that opens these hosts too)', collect)
    .action(run((env, options: StartOptions) => start(env, options)));
  lesson.command('end').description('kết thúc sớm (end early)')
    .requiredOption('--zone <zone>', 'phòng (zone)')
    .action(run((env, options: { zone: string }) => end(env, options.zone)));

  const openings = program.command('openings').description('mở tạm một trang cho một phòng (temporary openings)');
  openings.command('list').description('các trang đang mở tạm (open now)').action(run((env) => listOpenings(env)));
  openings.command('add').description('mở tạm (open for a while)')
    .requiredOption('--zone <zone>', 'phòng (zone)')
    .requiredOption('--host <host>', 'tên trang (host)')
    .requiredOption('--until <time>', UNTIL)
    .option('--reason <text>', 'lý do (reason)')
    .action(run((env, options: { zone: string; host: string; until: string; reason?: string }) => open(env, options)));
  openings.command('remove <id>').description('đóng lại (close)').action(run((env, id: string) => close(env, id)));
}

interface StartOptions {
  zone: string;
  profile?: string;
  until: string;
  focus?: string;
  sites?: string[];
  learning?: boolean;
  pause?: boolean;
  examHosts?: string[];
}

function lessonJson(lesson: LessonRow): unknown {
  const { id, zone, profile, kind, entries, list, learning, fromMs, untilMs, by } = lesson;
  return { id, zone, profile, kind, hosts: entries, list, learning, fromMs, untilMs, by, until: new Date(untilMs).toISOString() };
}

function listLessons(env: CommandEnv): void {
  const lessons = env.store().policies.lessons(env.now());
  for (const lesson of lessons) {
    if (env.json) env.say.json(lessonJson(lesson));
    else env.say.out(`${lesson.zone}\t${lesson.profile}\t${env.t('đến', 'until')} ${sayTime(lesson.untilMs)}${lesson.kind === 'profile' ? '' : `\t${sayKind(env, lesson)}`}`);
  }
  if (lessons.length === 0 && !env.json) env.say.out(env.t('Không có tiết nào đang chạy.', 'No lesson is running.'));
}

function sayKind(env: CommandEnv, lesson: LessonRow): string {
  const what = lesson.list ?? env.t(`${lesson.entries.length} trang`, `${lesson.entries.length} sites`);
  if (lesson.kind === 'pause') return env.t('tạm dừng Internet', 'Internet paused');
  return lesson.kind === 'focus' ? env.t(`chỉ mở danh sách: ${what}`, `only the list: ${what}`) : env.t(`giờ thi: ${what}`, `exam: ${what}`);
}

/** What the flags ask for; two kinds at once are nobody's wish. */
function kindOf(env: CommandEnv, options: StartOptions): Pick<NewLesson, 'kind' | 'entries' | 'list' | 'learning'> {
  const hosts = (texts: readonly string[]): string[] => texts.flatMap((text) => text.split(',')).map((text) => text.trim()).filter((text) => text !== '').map((text) => noSuffix(hostEntry(text)));
  const focus = options.focus !== undefined || options.sites !== undefined || options.learning === true;
  if ([focus, options.pause === true, options.examHosts !== undefined].filter(Boolean).length > 1) {
    throw new CommandError(2, 'Chỉ chọn một trong: danh sách (--focus, --sites, --learning), --pause, --exam-hosts.', 'Choose one of: a list (--focus, --sites, --learning), --pause, --exam-hosts.');
  }
  if (options.pause === true) return { kind: 'pause' };
  if (options.examHosts !== undefined) {
    if (options.profile !== undefined && options.profile !== 'thi') throw new CommandError(2, '--exam-hosts đi với hồ sơ thi.', '--exam-hosts goes with the profile thi.');
    return { kind: 'exam', entries: hosts(options.examHosts) };
  }
  if (!focus) return {};
  const saved = options.focus === undefined ? null : knownList(env, options.focus);
  return { kind: 'focus', entries: [...(saved?.entries ?? []), ...hosts(options.sites ?? [])], list: saved?.name ?? null, learning: options.learning === true };
}

function start(env: CommandEnv, options: StartOptions): void {
  const now = env.now();
  const zone = knownZone(env, options.zone);
  const kind = kindOf(env, options);
  if (options.profile === undefined && kind.kind === undefined) throw new CommandError(2, 'Thiếu tùy chọn bắt buộc --profile <profile>.', 'Option --profile <profile> is required.');
  const asked = kind.kind === 'exam' ? 'thi' : options.profile;
  const profile = asked === undefined ? profileNow(env, zone, now) : knownProfile(env, asked);
  const untilMs = untilFor(env, options.until, zone, now, LESSON_MAX_MS);
  const lesson = env.store().policies.startLesson({ zone, profile, fromMs: now, untilMs, by: env.actor.name, ...kind }, env.actor);
  const until = sayTime(lesson.untilMs);
  if (env.json) env.say.json(lessonJson(lesson));
  else if (kind.kind === undefined) env.say.out(env.t(`${zone} đang dùng hồ sơ ${profile}, đến ${until}.`, `${zone} is on profile ${profile} until ${until}.`));
  else env.say.out(env.t(`${zone}: ${sayKind(env, lesson)}, hồ sơ ${profile}, đến ${until}.`, `${zone}: ${sayKind(env, lesson)}, profile ${profile}, until ${until}.`));
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
  const untilMs = untilFor(env, options.until, zone, now, OPENING_MAX_MS);
  const snapshot = await currentSnapshot(env);
  const host = parseEntry(entry)?.host ?? '';
  const { state, decision } = openable(host, snapshot.zoneByName.get(zone) ?? -1, snapshot, now);
  if (state === 'emergency') {
    throw new CommandError(1, `Không mở được ${host}: Sở đang chặn khẩn cấp trang này; chỉ Sở mới mở được.`, `${host} can't be opened: the department has an emergency block on it; only the department can open it.`);
  }
  if (state === 'hard') {
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
