/** Pupils' requests as a teacher sees them: those of the rooms they may switch. A request of no room is the administrators' alone. */
import type { RequestRow } from '../store/rows.js';
import type { Who } from './action.js';
import type { ConsoleDeps } from './deps.js';
import { refused } from './refused.js';
import { mayUse } from './rooms.js';
import type { Words } from './words.js';

/** Oldest first: whoever has waited longest. */
export function openRequestsOf(env: ConsoleDeps, who: Who): RequestRow[] {
  return env.store.policies.requests('open').filter(theirs(env, who));
}

/** Answered ones, newest first. */
export function answeredRequestsOf(env: ConsoleDeps, who: Who, most: number): RequestRow[] {
  return env.store.policies.requests()
    .filter((row) => row.state !== 'open')
    .filter(theirs(env, who))
    .sort((a, b) => (b.answeredMs ?? 0) - (a.answeredMs ?? 0))
    .slice(0, most);
}

/** @throws Refused: one that is not there and one of somebody else's room are told apart by nobody */
export function ownRequest(env: ConsoleDeps, who: Who, ref: string): RequestRow {
  const found = env.store.policies.requests().find((row) => row.ref === ref.toUpperCase());
  if (found !== undefined && theirs(env, who)(found)) return found;
  throw refused('not-found', 'Không có yêu cầu này, hoặc yêu cầu không thuộc phòng của thầy/cô.', 'There is no such request, or it is not of one of your rooms.');
}

function theirs(env: ConsoleDeps, who: Who): (row: RequestRow) => boolean {
  const own = mayUse(env, who);
  return ({ zone }) => (zone === null ? who.role === 'it-admin' : own(zone));
}

/** Ready-made reasons, kind and short; the pupil reads the Vietnamese one. */
export const REFUSALS = {
  'chua-lien-quan': { vi: 'Trang này chưa liên quan đến bài học hôm nay. Em hỏi lại thầy cô khi cần cho bài nhé.', en: "Not part of today's lesson." },
  'co-trang-khac': { vi: 'Em dùng trang khác trong danh sách của bài nhé, thầy cô đã chọn sẵn cho cả lớp.', en: 'Another site on the list of the lesson does it.' },
  'chua-hop-tuoi': { vi: 'Trang này có phần chưa hợp với lứa tuổi của em nên nhà trường chưa mở.', en: 'Parts of it do not fit the age.' },
  'sau-gio': { vi: 'Em để sau giờ học nhé, bây giờ cả lớp tập trung vào bài.', en: 'After the lesson.' },
  'chan-cung': { vi: 'Nhóm trang này nhà trường không mở được. Cảm ơn em đã hỏi; thầy cô sẽ tìm trang khác giúp em.', en: 'Nobody at the school can open this category.' },
} as const satisfies Readonly<Record<string, Words>>;
