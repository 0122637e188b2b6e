/** What `luytre lists update` does about the signed channel: asks it at once, says what came and what did not. */
import { channelTransport } from '../channel-way.js';
import { ChannelError } from '../channel/channel-error.js';
import { takeFromChannel, type TakeReport } from '../channel/take.js';
import { CommandError, type CommandEnv } from './env.js';
import { compileBar } from './progress.js';

const AGAIN = 2;

/** @throws CommandError where nothing, or not everything, could be taken; what was in force stays */
export async function updateFromChannel(env: CommandEnv, force: boolean): Promise<void> {
  const { url, root } = env.config.channel;
  if (url === null || root === null) return;
  const bar = compileBar(env);
  const take = (): Promise<TakeReport> => takeFromChannel({
    store: env.store(), dataDir: env.config.dataDir, shipped: env.shipped(), transport: channelTransport(env.config, url), url, rootFile: root, actor: env.actor, nowMs: env.now(),
    force, again: true, compile: { onProgress: bar.update, onProblem: (problem) => env.say.err(`luytre: ${env.t(problem.vi, problem.en)}`) },
  });
  let report: TakeReport;
  try {
    report = await take();
    // the running gateway was at it too
    for (let n = 0; n < AGAIN && report.fault?.code === 'busy'; n++) report = await take();
  } finally {
    bar.stop();
  }
  const { fault, put, removed, held, state } = report;
  if (env.json) {
    env.say.json({
      channel: state.title, targets: state.targetsVersion, expires: state.expiresMs === null ? null : new Date(state.expiresMs).toISOString(), put, removed,
      held: held.map(({ name, code, vi, en }) => ({ name, code, reason: env.t(vi, en) })), fault: fault === null ? null : { code: fault.code, reason: env.t(fault.vi, fault.en) },
    });
  } else if (fault === null) {
    const what = put.length + removed.length === 0 ? env.t('không có gì mới', 'nothing new') : env.t(`nhận ${put.length} (${put.join(', ')}), gỡ ${removed.length}`, `${put.length} taken (${put.join(', ')}), ${removed.length} removed`);
    env.say.out(env.t(`Kênh «${state.title ?? ''}», bản ${state.targetsVersion ?? 0}: ${what}.`, `Channel “${state.title ?? ''}”, version ${state.targetsVersion ?? 0}: ${what}.`));
    for (const item of held) env.say.err(`luytre: ${env.t(item.vi, item.en)}`);
  }
  if (fault instanceof ChannelError) throw new CommandError(1, fault.vi, fault.en);
  if (held.length > 0) throw new CommandError(1, `Có ${held.length} mục của kênh chưa được nhận (xem trên); các mục khác đã xong.`, `${held.length} item(s) of the channel were not taken (see above); the others are done.`);
}
