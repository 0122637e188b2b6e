/** What `luytre doctor` says of the signed channel: whether it is taken, since when not, and what holds back. Pure. */
import type { ChannelState } from '../store/channel-rows.js';
import type { Finding } from '../finding.js';
import { sayTime } from './time.js';

export interface ChannelSight {
  /** A channel stands in the configuration. */
  readonly on: boolean;
  readonly everySeconds: number;
  /** Null: it was never asked here. */
  readonly state: ChannelState | null;
  readonly nowMs: number;
}

/** Somebody between here and the publisher may be at work, or the publisher has stopped: not a matter of a line that is down. */
const GRAVE: ReadonlySet<string> = new Set(['wrong-key', 'rollback', 'expired', 'mixed', 'malformed', 'outside', 'root-file']);
const LATE_MS = 86_400_000;
const MANY_PERIODS = 4;

export function channelFindings({ on, everySeconds, state, nowMs }: ChannelSight): Finding[] {
  const finding = (status: Finding['status'], vi: string, en: string, remedyVi = '', remedyEn = ''): Finding => ({ check: 'channel', status, vi, en, remedyVi, remedyEn });
  const taken = state?.taken.length ?? 0;
  if (!on) {
    if (taken === 0) return [];
    return [finding('warn', `Kênh có chữ ký đã tắt nhưng ${taken} mục nhận từ kênh vẫn có hiệu lực và không được cập nhật.`, `The signed channel is off, and ${taken} item(s) taken from it are in force still and get no updates.`, 'Bật lại channel.url, hoặc bỏ hết: luytre channel forget', 'Switch channel.url on again, or drop them: luytre channel forget')];
  }
  if (state === null) return [finding('warn', 'Chưa hỏi kênh có chữ ký lần nào.', 'The signed channel was never asked.', 'Chạy cổng lọc, hoặc: luytre lists update', 'Run the gateway, or: luytre lists update')];
  const held = state.held.map((item) => item.code === 'held'
    ? finding('warn', item.vi, item.en, 'Hỏi lại Sở; nếu đúng ý: luytre lists update --force', 'Ask the department; if they mean it: luytre lists update --force')
    : finding('warn', item.vi, item.en, 'Báo cho nơi phát hành kênh', 'Tell the publisher of the channel'));
  const kept = state.goodMs === null
    ? ['Chưa nhận được gì từ kênh.', 'Nothing has been taken from it yet.'] as const
    : [`Bản ${state.targetsVersion ?? 0}, nhận đủ lần cuối ${sayTime(state.goodMs)}, vẫn có hiệu lực.`, `Version ${state.targetsVersion ?? 0}, last verified ${new Date(state.goodMs).toISOString()}, stays in force.`] as const;
  if (state.fault !== null) {
    const { code, vi, en, sinceMs } = state.fault;
    const since = [` Từ ${sayTime(sinceMs)}. `, ` Since ${new Date(sinceMs).toISOString()}. `] as const;
    const [remedyVi, remedyEn] = code === 'root-file' ? ['Đặt lại tệp gốc nhận từ nơi phát hành vào channel.root', 'Put the root file of the publisher at channel.root']
      : GRAVE.has(code) ? ['Xem đồng hồ của máy có đúng không, rồi báo nơi phát hành kênh; đừng bỏ qua', 'See whether this machine’s clock is right, then tell the publisher of the channel; do not pass it over']
        : ['Kiểm tra đường truyền và channel.url, rồi chạy: luytre lists update', 'Check the line and channel.url, then run: luytre lists update'];
    return [finding(GRAVE.has(code) ? 'fail' : 'warn', `${vi}${since[0]}${kept[0]}`, `${en}${since[1]}${kept[1]}`, remedyVi, remedyEn), ...held];
  }
  const quietMs = nowMs - (state.checkedMs ?? 0);
  if (quietMs > Math.max(LATE_MS, MANY_PERIODS * everySeconds * 1_000)) return [finding('warn', `Đã ${Math.floor(quietMs / 3_600_000)} giờ chưa hỏi kênh có chữ ký. ${kept[0]}`, `The signed channel was not asked for ${Math.floor(quietMs / 3_600_000)} hours. ${kept[1]}`, 'Chạy: luytre lists update', 'Run: luytre lists update'), ...held];
  const until = state.expiresMs === null ? '' : sayTime(state.expiresMs).slice(0, 10);
  return [finding('ok', `Kênh «${state.title ?? ''}»: bản ${state.targetsVersion ?? 0}, ${taken} mục, chữ ký còn hạn tới ${until}.`, `Channel “${state.title ?? ''}”: version ${state.targetsVersion ?? 0}, ${taken} item(s), signed until ${until}.`), ...held];
}
